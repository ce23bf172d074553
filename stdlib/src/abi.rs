//! Small words for writing natives.
#![allow(unsafe_code)]

use gol_bytecode::program::desc;
use gol_vm::native::{Cursor, Cx, Fault, InPlace, Native, NativeFn, Quick, Slice, Window};
use gol_vm::object::{self, string};

/// What a native returns.
pub type Done = Result<(), Fault>;

/// A row for a native that neither parks nor calls back.
pub const fn leaf(name: &'static str, run: fn(&mut Cx) -> Done) -> Native {
    Native { name, run: NativeFn::Leaf(run) }
}

/// A row for a native that only computes words from words.
pub const fn direct(name: &'static str, run: fn(Window)) -> Native {
    Native { name, run: NativeFn::Direct(run) }
}

/// A row for a native of `gol_bytecode::in_place`.
pub const fn in_place(name: &'static str, run: InPlace) -> Native {
    Native { name, run: NativeFn::InPlace(run, None) }
}

/// The same with a handler for what it mostly does.
pub const fn quick(name: &'static str, quick: Quick, run: InPlace) -> Native {
    Native { name, run: NativeFn::InPlace(run, Some(quick)) }
}

/// A row for one that works on a buffer. The handler does it or nobody: the native itself answers that it was not done.
pub const fn on_buffer(name: &'static str, cursor: Cursor) -> Native {
    quick(name, Quick::Cursor(cursor), |_, _, _| (0, 0))
}

/// The answer of such a native that is true or false.
#[inline(always)]
pub fn yes(holds: bool) -> (u64, u64) {
    (u64::from(holds), 0)
}

/// One that is a number.
#[inline(always)]
pub fn number(n: i64) -> (u64, u64) {
    (n as u64, 0)
}

/// One that is where a part begins and ends.
#[inline(always)]
pub fn bounds((lo, hi): (usize, usize)) -> (u64, u64) {
    (lo as u64, hi as u64)
}

/// A row for a native that may park.
pub const fn parking(name: &'static str, run: fn(&mut Cx) -> Result<gol_runtime::Op, Fault>) -> Native {
    Native { name, run: NativeFn::Parking(run) }
}

/// The string `s[lo..hi]` of a string word, sharing its bytes.
pub fn substr(cx: &Cx, s: u64, lo: usize, hi: usize) -> Result<u64, Fault> {
    debug_assert!(lo <= hi && hi <= cx.str_bytes(s).len());
    if lo == 0 && hi == cx.str_bytes(s).len() {
        return Ok(s);
    }
    // SAFETY: `s` is a string word and the bounds lie in it.
    unsafe { string::substr(cx.p(), s, lo, hi) }
}

/// Strings up to this long are copied: a view would keep the whole buffer alive for little.
const VIEW_MIN: usize = 64;

/// A string over the bytes of a `[]byte` that nobody writes to any more (a Builder only appends behind them). A program whose goroutines
/// race for the Builder may write them all the same: see [`utf8`].
pub fn view(cx: &Cx, bytes: Slice) -> Result<u64, Fault> {
    if bytes.len < VIEW_MIN {
        // SAFETY: the slice's bytes, which its reference keeps alive.
        return cx.new_str(unsafe { std::slice::from_raw_parts(bytes.ptr.max(1) as *const u8, bytes.len) });
    }
    // SAFETY: a view's one word points into an object, here the slice's backing array, and is traced as any reference.
    unsafe {
        let view = object::alloc(cx.p(), desc::STRVIEW, bytes.len as u64)?;
        *view = bytes.ptr;
        Ok(view as u64)
    }
}

/// A text of the program as UTF-8, or what it is instead. Other goroutines may be writing the bytes that a native is given, by a race
/// even those of a string: what must stay UTF-8 is looked at in a copy.
pub fn utf8(bytes: &[u8]) -> Result<String, Vec<u8>> {
    String::from_utf8(bytes.to_vec()).map_err(std::string::FromUtf8Error::into_bytes)
}

/// The same, with U+FFFD for what is no UTF-8.
pub fn lossy(bytes: &[u8]) -> String {
    utf8(bytes).unwrap_or_else(|own| String::from_utf8_lossy(&own).into_owned())
}

/// Results up to this long are made without asking.
const ROOM_FREE: usize = 64 << 10;

/// Fails as an allocation does when a result of `len` bytes will not fit, before Rust memory is taken for it: it lies there
/// first and in the heap afterwards.
pub fn check_room(cx: &Cx, len: usize) -> Result<(), Fault> {
    if len > ROOM_FREE && !cx.runtime().heap.has_room(len.saturating_mul(2)) {
        return Err(Fault::out_of_memory());
    }
    Ok(())
}

/// Writes the words of a fresh slice.
pub fn fill(slice: [u64; 3], words: impl Iterator<Item = u64>) {
    for (k, word) in words.enumerate().take(slice[1] as usize) {
        // SAFETY: a fresh slice of whole words; `k` is below its length.
        unsafe { *(slice[0] as *mut u64).add(k) = word };
    }
}

/// A `[]string` of parts of the string `s`.
pub fn substrings(cx: &Cx, s: u64, parts: &[(usize, usize)]) -> Result<[u64; 3], Fault> {
    let out = cx.new_slice(cx.known().strings, parts.len())?;
    for (k, &(lo, hi)) in parts.iter().enumerate() {
        let word = substr(cx, s, lo, hi)?;
        // SAFETY: `k` is below the length of the fresh slice.
        unsafe { *(out[0] as *mut u64).add(k) = word };
    }
    Ok(out)
}

/// Writes the elements of a fresh `[]rune`.
pub fn fill_runes(slice: [u64; 3], runes: impl Iterator<Item = u32>) {
    for (k, rune) in runes.enumerate().take(slice[1] as usize) {
        // SAFETY: a fresh slice of packed 32-bit elements; `k` is below its length.
        unsafe { *(slice[0] as *mut u32).add(k) = rune };
    }
}

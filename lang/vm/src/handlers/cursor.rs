//! Natives in place on a buffer in memory, for what needs nothing but the buffer: the next byte, rune or line of what was read ahead, and
//! bytes for which there is room. They are package bufio's, whose Reader and Writer begin with the words below, and package bytes', whose
//! Reader does. *(unsafe: see `code.rs`; the argument is the address of such an object, or 0)*
//!
//! Each answers that it did its work, or else leaves everything as it was: there is too little in the buffer, or, when other
//! goroutines run, this processor does not know yet that the slice is whole (`object::torn`). The function of the package that
//! called it then does all of it, and learns about the slice. The form for one goroutine (`sharing.rs`) does not look. A branch
//! behind the call that is taken for want of an answer is left out when there is one: forms of their own ([`is_test`]), as a number of units
//! to go on by would have to be waited for.
use crate::code::*;
use crate::handlers::call::{CallD, CallD2, in_place, in_place2};
use crate::handlers::quick::{Text, decode};
use crate::native::Cursor;
use crate::object::torn::{is_inside, word};
use crate::vm::shared;
use gol_bytecode::{Ins, Op};
use gol_runtime::P;

/// Words behind the slice of a Reader: what is unread begins and ends there, and what may be unread again: nothing (-1), or the byte
/// read last and from bit 8 on how many bytes the rune had that it ended.
const R: usize = 3;
const W: usize = 4;
const LAST: usize = 5;
const RUNE_SHIFT: u32 = 8;
const NOTHING: u64 = u64::MAX;

/// Word of a Writer: the error that it met, an interface.
const ERR: usize = 3;

/// A Reader and its slice, as one look found them.
struct Reader {
    at: *mut u64,
    ptr: u64,
    r: u64,
    w: u64,
}

impl Reader {
    /// Of the object at an address, if something is unread.
    #[inline(always)]
    unsafe fn at<const LOOK: bool>(p: *mut P, at: u64) -> Option<Reader> {
        // SAFETY: the words of a Reader; its slice is whole when nobody else runs, or as far as was looked.
        unsafe {
            if at == 0 {
                return None;
            }
            let at = at as *mut u64;
            let (ptr, len) = (word(at), word(at.add(1)));
            let (r, w) = (word(at.add(R)), word(at.add(W)));
            let whole = r < w && w <= len && (!LOOK || is_inside(p, ptr, w, 1));
            whole.then_some(Reader { at, ptr, r, w })
        }
    }
    #[inline(always)]
    fn unread(&self) -> Text {
        ((self.ptr + self.r) as *const u8, (self.w - self.r) as usize)
    }
    /// `n` bytes are read, and `last` may be unread.
    #[inline(always)]
    unsafe fn read(&self, n: u64, last: u64) {
        // SAFETY: words of the Reader that are no references.
        unsafe {
            *self.at.add(R) = self.r + n;
            *self.at.add(LAST) = last;
        }
    }
}

#[inline(always)]
unsafe fn next_byte<const LOOK: bool>(p: *mut P, at: u64) -> Option<(u64, u64)> {
    // SAFETY: something is unread.
    unsafe {
        let b = Reader::at::<LOOK>(p, at)?;
        let byte = *b.unread().0 as u64;
        b.read(1, byte);
        Some((byte, 1))
    }
}

#[inline(always)]
unsafe fn next_rune<const LOOK: bool>(p: *mut P, at: u64) -> Option<(u64, u64)> {
    // SAFETY: so many bytes are unread.
    unsafe {
        let b = Reader::at::<LOOK>(p, at)?;
        let text = b.unread();
        let (rune, size) = decode(text)?;
        b.read(size, *text.0.add(size as usize - 1) as u64 | size << RUNE_SHIFT);
        Some((rune, size))
    }
}

/// Bounds in the buffer of what is unread up to a byte.
#[inline(never)]
unsafe fn next_line<const LOOK: bool>(p: *mut P, at: u64, delim: u64) -> Option<(u64, u64)> {
    // SAFETY: so many bytes are unread.
    unsafe {
        let b = Reader::at::<LOOK>(p, at)?;
        let (text, n) = b.unread();
        let found = memchr::memchr(delim as u8, std::slice::from_raw_parts(text, n))? as u64 + 1;
        b.read(found, delim & 0xff);
        Some((b.r, b.r + found))
    }
}

/// Bounds of the next `n` bytes.
#[inline(always)]
unsafe fn ahead<const LOOK: bool>(p: *mut P, at: u64, n: u64) -> Option<(u64, u64)> {
    // SAFETY: a word of the Reader.
    unsafe {
        let b = Reader::at::<LOOK>(p, at)?;
        if n > b.w - b.r {
            return None;
        }
        *b.at.add(LAST) = NOTHING;
        Some((b.r, b.r + n))
    }
}

#[inline(always)]
unsafe fn skip<const LOOK: bool>(p: *mut P, at: u64, n: u64) -> Option<u64> {
    // SAFETY: the caller's.
    unsafe {
        let b = Reader::at::<LOOK>(p, at)?;
        if n == 0 || n > b.w - b.r {
            return None;
        }
        b.read(n, NOTHING);
        Some(1)
    }
}

/// Appends a byte to the slice of a Writer that met no error and has room.
#[inline(always)]
unsafe fn put<const LOOK: bool>(p: *mut P, at: u64, byte: u64) -> Option<u64> {
    // SAFETY: the words of a Writer; the byte lies below the capacity of a slice that is whole as far as was looked.
    unsafe {
        if at == 0 {
            return None;
        }
        let b = at as *mut u64;
        let (ptr, len, cap) = (word(b), word(b.add(1)), word(b.add(2)));
        let room = len < cap && (!LOOK || is_inside(p, ptr, len + 1, 1));
        if !room || *b.add(ERR) != 0 {
            return None;
        }
        *(ptr as *mut u8).add(len as usize) = byte as u8;
        *b.add(1) = len + 1;
        Some(1)
    }
}

/// Is the instruction behind a call a branch that is not taken when there is an answer? The last word of that is more than 0.
pub(crate) fn is_test(call: Ins, next: Ins) -> bool {
    let answer = call.a + (call.op == Op::CallD2) as u16;
    next.a == answer && (next.op == Op::Jz || next.op == Op::JleK && next.b == 0)
}

/// Handlers with one word of result or two: beside other goroutines and for the time of one, both also for a call with a test behind it.
/// `None` goes to the native, which has nothing to say.
macro_rules! natives {
    ([$base:ident $p:ident $i:ident] $($call:ident: $($name:ident [$($form:ident $look:literal $units:literal)*] $work:ident $args:tt |$v:pat_param| $write:block)*;)*) => {
        $($(natives! { @forms [$base $p $i] $call $work $args |$v| $write $($form $look $units)* })*)*
        $($(natives! { @work [$base $p $i] $call $name $work $args |$v| $write })*)*
        /// What does such a native for machine code.
        pub(crate) fn work(cursor: Cursor) -> usize {
            match cursor { $($(Cursor::$name => $name::work as *const () as usize,)*)* }
        }
        /// The handler for calls of such a native: as long as there is one goroutine or also beside others, with a test behind it or not.
        pub(crate) fn handler(cursor: Cursor, alone: bool, tested: bool) -> Handler {
            let forms: [Handler; 4] = match cursor { $($(Cursor::$name => [$($form),*],)*)* };
            forms[alone as usize + 2 * tested as usize]
        }
    };
    (@work [$base:ident $p:ident $i:ident] CallD $name:ident $work:ident ($($arg:ident)*) |$v:pat_param| $write:block) => {
        natives! { @work_by [$base $p $i] in_place $name $work ($($arg)*) |$v| $write }
    };
    (@work [$base:ident $p:ident $i:ident] CallD2 $name:ident $work:ident ($($arg:ident)*) |$v:pat_param| $write:block) => {
        natives! { @work_by [$base $p $i] in_place2 $name $work ($($arg)*) |$v| $write }
    };
    (@work_by [$base:ident $p:ident $i:ident] $native:ident $name:ident $work:ident ($($arg:ident)*) |$v:pat_param| $write:block) => {
        /// For machine code: see `gol_jit::Helper::Work`.
        #[allow(non_snake_case)]
        mod $name {
            use super::*;
            pub(super) unsafe extern "C" fn work(pc: Pc, $base: Base, $p: *mut P) -> bool {
                // SAFETY: `pc` is a verified call of this native.
                unsafe {
                    let $i = &*pc;
                    let answer = match shared($p).sharing.has_begun() {
                        true => $work::<true>($p, $(r($base, $i.$arg)),*),
                        false => $work::<false>($p, $(r($base, $i.$arg)),*),
                    };
                    let Some($v) = answer else { return $native(pc, $base, $p) };
                    $write
                    true
                }
            }
        }
    };
    (@forms [$base:ident $p:ident $i:ident] $call:ident $work:ident $args:tt |$v:pat_param| $write:block) => {};
    (@forms [$base:ident $p:ident $i:ident] $call:ident $work:ident ($($arg:ident)*) |$v:pat_param| $write:block
        $form:ident $look:literal $units:literal $($more:tt)*) => {
        handlers! { [pc $base $p $i]
            $form {
                let Some($v) = $work::<$look>($p, $(r($base, $i.$arg)),*) else {
                    std::hint::cold_path();
                    return $call(pc.sub(1), $base, $p)
                };
                $write
                pc = pc.add($units);
            }
        }
        natives! { @forms [$base $p $i] $call $work ($($arg)*) |$v| $write $($more)* }
    };
}
natives! { [base p i]
    CallD:
        Skip [Skip true 1 SkipAlone false 1 SkipTest true 2 SkipAloneTest false 2] skip(b c) |v| { w(base, i.a, v); }
        Put [Put true 1 PutAlone false 1 PutTest true 2 PutAloneTest false 2] put(b c) |v| { w(base, i.a, v); };
    CallD2:
        Byte [Byte true 1 ByteAlone false 1 ByteTest true 2 ByteAloneTest false 2] next_byte(b) |(x, y)| { two(base, i.a, x, y); }
        Rune [Rune true 1 RuneAlone false 1 RuneTest true 2 RuneAloneTest false 2] next_rune(b) |(x, y)| { two(base, i.a, x, y); }
        Line [Line true 1 LineAlone false 1 LineTest true 2 LineAloneTest false 2] next_line(b c) |(x, y)| { two(base, i.a, x, y); }
        Ahead [Ahead true 1 AheadAlone false 1 AheadTest true 2 AheadAloneTest false 2] ahead(b c) |(x, y)| { two(base, i.a, x, y); };
}

/// Two words of result.
#[inline(always)]
unsafe fn two(base: Base, a: u16, x: u64, y: u64) {
    // SAFETY: registers are verified.
    unsafe { *(at(base, a) as *mut [u64; 2]) = [x, y] }
}

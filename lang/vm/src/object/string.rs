//! Strings: one word, 0 for "" or a reference to an immutable object whose header has the length and whose word 0 has the
//! address of the bytes. The bytes lie behind word 0 (STR) or in another string (STRVIEW, never a view of a view).

use super::{alloc, next_cell, publish, slice, types, zero_base};
use crate::fault::Fault;
use crate::types::TypeId;
use gol_bytecode::program::desc::{STR, STRVIEW};
use gol_runtime::{Header, P};
use std::cmp::Ordering;
use std::{ptr, slice as rust_slice};

/// Substrings up to this length are copied: a view of 16 bytes would keep the whole string alive to save little.
const COPY_MAX: usize = 32;

/// What stands for bytes that are not UTF-8.
pub const RUNE_ERROR: i32 = 0xfffd;

/// Address of the first byte, and the length.
///
/// # Safety
/// `s` is a string word.
#[inline(always)]
pub unsafe fn str_parts(s: u64) -> (*const u8, usize) {
    if s == 0 {
        return (ptr::dangling(), 0);
    }
    // SAFETY: a string object has its header before word 0, and word 0 is the address of its bytes.
    unsafe { (*(s as *const *const u8), str_len_nonempty(s)) }
}

/// # Safety
/// `s` is a string word other than 0.
#[inline(always)]
unsafe fn str_len_nonempty(s: u64) -> usize {
    // SAFETY: the header lies before the payload.
    unsafe { (*(s as *const Header).sub(1)).len() as usize }
}

/// # Safety
/// `s` is a string word.
#[inline(always)]
pub unsafe fn str_len(s: u64) -> usize {
    // SAFETY: not nil.
    if s == 0 { 0 } else { unsafe { str_len_nonempty(s) } }
}

/// # Safety
/// `s` is a string word that stays reachable (no safepoint) for `'a`.
#[inline(always)]
pub unsafe fn str_bytes<'a>(s: u64) -> &'a [u8] {
    // SAFETY: string bytes never change once the string is known to more than its maker.
    unsafe {
        let (at, len) = str_parts(s);
        rust_slice::from_raw_parts(at, len)
    }
}

/// # Safety
/// `p` is the caller's P.
#[inline]
pub unsafe fn new_str(p: *mut P, bytes: &[u8]) -> Result<u64, Fault> {
    match bytes {
        [] => Ok(0),
        [byte] => Ok(byte_str(*byte)),
        // SAFETY: the string is new and has room for so many bytes.
        _ => unsafe {
            if bytes.len() <= FEW {
                let s = few_uninit(p, bytes.len());
                if s != 0 {
                    copy_few(bytes.as_ptr(), (s as *mut u64).add(1).cast(), bytes.len());
                    return Ok(s);
                }
            }
            let (s, at) = new_str_uninit(p, bytes.len())?;
            ptr::copy_nonoverlapping(bytes.as_ptr(), at, bytes.len());
            Ok(s)
        },
    }
}

/// A string of `len` > 0 zero bytes and their address, to fill in before anyone else sees the string.
///
/// # Safety
/// `p` is the caller's P.
#[inline]
pub unsafe fn new_str_uninit(p: *mut P, len: usize) -> Result<(u64, *mut u8), Fault> {
    debug_assert!(len > 0);
    // SAFETY: STR has a prefix of one word before its bytes.
    unsafe {
        let obj = alloc(p, STR, len as u64)?;
        let at = obj.add(1).cast::<u8>();
        *obj = at as u64;
        Ok((obj as u64, at))
    }
}

/// A string of `len` bytes, 1 to [`FEW`], which are zero and lie behind the word that is given; 0 when the processor has no cell at hand.
///
/// # Safety
/// `p` is the caller's P.
#[inline(always)]
pub(crate) unsafe fn few_uninit(p: *mut P, len: usize) -> u64 {
    // SAFETY: the loaded types know the cell; its first two words are the header and the address of the bytes.
    unsafe {
        let (kind, words) = types(p).few(len);
        let cell = next_cell(p, kind, words);
        if cell.is_null() {
            return 0;
        }
        *cell = Header::new(STR, len as u64).0;
        *cell.add(1) = cell.add(2) as u64;
        publish();
        cell.add(1) as u64
    }
}

/// A view of `len` bytes at an address in another string; 0 when the processor has no cell at hand.
///
/// # Safety
/// `p` is the caller's P; the bytes are a string's, and no more than a string has.
#[inline(always)]
pub(crate) unsafe fn view_at_hand(p: *mut P, at: *const u8, len: usize) -> u64 {
    // SAFETY: as in `few_uninit`.
    unsafe {
        let (kind, words) = types(p).view();
        let cell = next_cell(p, kind, words);
        if cell.is_null() {
            return 0;
        }
        *cell = Header::new(STRVIEW, len as u64).0;
        *cell.add(1) = at as u64;
        publish();
        cell.add(1) as u64
    }
}

/// # Safety
/// `strs` are `n` string words.
pub unsafe fn concat(p: *mut P, strs: *const u64, n: usize) -> Result<u64, Fault> {
    // SAFETY: the caller's words; the new string has room for their sum.
    unsafe {
        let strs = rust_slice::from_raw_parts(strs, n);
        let mut total = 0u64;
        let (mut nonempty, mut last) = (0, 0);
        for &s in strs {
            if s != 0 {
                // Each length has 40 bits, so the sum cannot wrap.
                total += str_len_nonempty(s) as u64;
                nonempty += 1;
                last = s;
            }
        }
        if nonempty <= 1 {
            return Ok(last);
        }
        if total > Header::LEN_MAX {
            return Err(Fault::string_too_long());
        }
        let (out, mut at) = new_str_uninit(p, total as usize)?;
        for &s in strs {
            let (from, len) = str_parts(s);
            if len > 0 {
                copy_apart(from, at, len);
            }
            at = at.add(len);
        }
        Ok(out)
    }
}

/// `s[lo:hi]`.
///
/// # Safety
/// `s` is a string word, `lo <= hi <= len`.
pub unsafe fn substr(p: *mut P, s: u64, lo: usize, hi: usize) -> Result<u64, Fault> {
    // SAFETY: the bounds are checked by the caller; a view's word 0 points into the root's bytes, before their end.
    unsafe {
        let (at, len) = str_parts(s);
        debug_assert!(lo <= hi && hi <= len);
        if hi - lo == len {
            return Ok(s);
        }
        if hi - lo <= COPY_MAX {
            return new_str(p, rust_slice::from_raw_parts(at.add(lo), hi - lo));
        }
        let view = view_at_hand(p, at.add(lo), hi - lo);
        if view != 0 {
            return Ok(view);
        }
        let obj = alloc(p, STRVIEW, (hi - lo) as u64)?;
        *obj = at.add(lo) as u64;
        Ok(obj as u64)
    }
}

/// # Safety
/// String words.
#[inline]
pub unsafe fn str_eq(a: u64, b: u64) -> bool {
    // SAFETY: the lengths are equal where bytes are compared.
    unsafe {
        if a == b {
            return true;
        }
        let ((a, n), (b, m)) = (str_parts(a), str_parts(b));
        n == m && bytes_eq(a, b, n)
    }
}

/// What [`copy_few`] copies at most.
pub const FEW: usize = 32;

/// A value that lies anywhere. Read as a place and not by a function, so that nothing gets an address on the stack: handlers do this.
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub(crate) struct Loose<T>(pub T);

/// Copies `n` bytes, 1 to [`FEW`], without a call.
///
/// # Safety
/// Both have `n` bytes.
#[inline(always)]
pub(crate) unsafe fn copy_few(from: *const u8, to: *mut u8, n: usize) {
    /// Two pieces that may overlap; both are read before the first is written.
    #[inline(always)]
    unsafe fn ends<T: Copy>(from: *const u8, to: *mut u8, n: usize) {
        // SAFETY: a piece is no longer than `n`.
        unsafe {
            let at = n - size_of::<T>();
            let (first, last) = ((*from.cast::<Loose<T>>()).0, (*from.add(at).cast::<Loose<T>>()).0);
            (*to.cast::<Loose<T>>()).0 = first;
            (*to.add(at).cast::<Loose<T>>()).0 = last;
        }
    }
    debug_assert!((1..=FEW).contains(&n));
    // SAFETY: size <= n <= 2 * size in each.
    unsafe {
        match n {
            16.. => ends::<u128>(from, to, n),
            8.. => ends::<u64>(from, to, n),
            4.. => ends::<u32>(from, to, n),
            2.. => ends::<u16>(from, to, n),
            _ => *to = *from,
        }
    }
}

/// Equality of `n` bytes, up to [`FEW`], without a call.
///
/// # Safety
/// Both have `n` bytes.
#[inline(always)]
pub(crate) unsafe fn eq_few(a: *const u8, b: *const u8, n: usize) -> bool {
    /// Two pieces that may overlap.
    #[inline(always)]
    unsafe fn ends<T: Copy + PartialEq>(a: *const u8, b: *const u8, n: usize) -> bool {
        // SAFETY: a piece is no longer than `n`.
        unsafe {
            let at = n - size_of::<T>();
            let word = |p: *const u8| (*p.cast::<Loose<T>>()).0;
            word(a) == word(b) && word(a.add(at)) == word(b.add(at))
        }
    }
    debug_assert!(n <= FEW);
    // SAFETY: size <= n <= 2 * size in each.
    unsafe {
        match n {
            16.. => ends::<u128>(a, b, n),
            8.. => ends::<u64>(a, b, n),
            4.. => ends::<u32>(a, b, n),
            2.. => ends::<u16>(a, b, n),
            1 => *a == *b,
            0 => true,
        }
    }
}

/// Copies `n` bytes that do not overlap, few ones without a call.
///
/// # Safety
/// Both have `n` > 0 bytes.
#[inline(always)]
unsafe fn copy_apart(from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: the caller's.
    unsafe {
        match n <= FEW {
            true => copy_few(from, to, n),
            false => ptr::copy_nonoverlapping(from, to, n),
        }
    }
}

/// Equality of `n` bytes; short ones without a call.
///
/// # Safety
/// Both have `n` bytes.
#[inline(always)]
pub(super) unsafe fn bytes_eq(a: *const u8, b: *const u8, n: usize) -> bool {
    // SAFETY: the caller's.
    unsafe {
        match n <= FEW {
            true => eq_few(a, b, n),
            false => rust_slice::from_raw_parts(a, n) == rust_slice::from_raw_parts(b, n),
        }
    }
}

/// # Safety
/// String words.
#[inline]
pub unsafe fn str_cmp(a: u64, b: u64) -> Ordering {
    // SAFETY: string words.
    unsafe { str_bytes(a).cmp(str_bytes(b)) }
}

/// `[]byte(s)`.
///
/// # Safety
/// `s` is a string word, `out` has three words.
pub unsafe fn str_to_bytes(p: *mut P, s: u64, backing: TypeId, out: *mut u64) -> Result<(), Fault> {
    // SAFETY: the new array has room for the string's bytes.
    unsafe {
        let (at, len) = str_parts(s);
        let array = new_array(p, len as u64, 1, backing, out)?;
        ptr::copy_nonoverlapping(at, array, len);
        Ok(())
    }
}

/// A slice of `len` packed elements of `size` bytes, with the capacity that Go's allocator leaves.
///
/// # Safety
/// `backing` is the packed descriptor for that size, `out` has three words.
unsafe fn new_array(p: *mut P, len: u64, size: u64, backing: TypeId, out: *mut u64) -> Result<*mut u8, Fault> {
    // SAFETY: as the caller promises.
    unsafe {
        let cap = if len == 0 { 0 } else { slice::round_up_size(len * size, false) / size };
        let array = if len == 0 { zero_base() as *mut u64 } else { alloc(p, backing, cap)? };
        out.write(array as u64);
        out.add(1).write(len);
        out.add(2).write(cap);
        Ok(array.cast())
    }
}

/// `string(b)`.
///
/// # Safety
/// `slice` are the three words of a []byte.
pub unsafe fn bytes_to_str(p: *mut P, slice: *const u64) -> Result<u64, Fault> {
    // SAFETY: a slice's first word is the address of so many bytes; they are copied before anything else runs here. Another
    // goroutine may write them meanwhile: then some bytes are old and some new.
    unsafe {
        let (at, len) = (*slice as *const u8, *slice.add(1) as usize);
        if len == 0 {
            return Ok(0);
        }
        new_str(p, rust_slice::from_raw_parts(at, len))
    }
}

/// `[]rune(s)`.
///
/// # Safety
/// `s` is a string word, `out` has three words.
pub unsafe fn str_to_runes(p: *mut P, s: u64, backing: TypeId, out: *mut u64) -> Result<(), Fault> {
    // SAFETY: the array has room for as many runes as were counted.
    unsafe {
        let bytes = str_bytes(s);
        let count = count_runes(bytes);
        let array = new_array(p, count as u64, 4, backing, out)?.cast::<i32>();
        if count == bytes.len() {
            // Each byte is a rune: a character, or one that is none.
            for (i, &b) in bytes.iter().enumerate() {
                array.add(i).write(if b < 0x80 { b as i32 } else { RUNE_ERROR });
            }
            return Ok(());
        }
        let (mut rest, mut k) = (bytes, 0);
        // Somebody may be writing the bytes of a Builder's string: never more than were counted.
        while k < count {
            if let Some((piece, behind)) = ascii_piece(rest)
                && k + PIECE <= count
            {
                for (i, &b) in piece.iter().enumerate() {
                    array.add(k + i).write(b as i32);
                }
                (rest, k) = (behind, k + PIECE);
                continue;
            }
            let (rune, width) = decode_rune(rest);
            array.add(k).write(rune);
            (rest, k) = (&rest[width..], k + 1);
        }
        Ok(())
    }
}

const PIECE: usize = size_of::<u64>();

/// The first eight bytes and what is behind them, when they are ASCII.
#[inline(always)]
fn ascii_piece(bytes: &[u8]) -> Option<(&[u8; PIECE], &[u8])> {
    let (piece, behind) = bytes.split_first_chunk()?;
    (u64::from_ne_bytes(*piece) & 0x8080_8080_8080_8080 == 0).then_some((piece, behind))
}

/// How many runes bytes have, each that is none counted.
fn count_runes(mut bytes: &[u8]) -> usize {
    let mut n = 0;
    loop {
        if let Some((_, behind)) = ascii_piece(bytes) {
            (bytes, n) = (behind, n + PIECE);
            continue;
        }
        let (_, width) = decode_rune(bytes);
        if width == 0 {
            return n;
        }
        (bytes, n) = (&bytes[width..], n + 1);
    }
}

/// `string(r)` of a []rune.
///
/// # Safety
/// `slice` are the three words of a []rune.
pub unsafe fn runes_to_str(p: *mut P, slice: *const u64) -> Result<u64, Fault> {
    // SAFETY: the slice has so many packed runes. They are read twice and may change between, so the second pass writes no
    // more than the first made room for.
    unsafe {
        let (runes, len) = (*slice as *const i32, *slice.add(1) as usize);
        let rune = |i: usize| encode_rune(runes.add(i).read_volatile() as i64);
        let total: usize = (0..len).map(|i| rune(i).1).sum();
        if total == 0 {
            return Ok(0);
        }
        let (s, at) = new_str_uninit(p, total)?;
        let mut done = 0;
        for i in 0..len {
            let (bytes, n) = rune(i);
            let n = n.min(total - done);
            ptr::copy_nonoverlapping(bytes.as_ptr(), at.add(done), n);
            done += n;
        }
        Ok(s)
    }
}

/// `string(r)` of an integer.
///
/// # Safety
/// `p` is the caller's P.
pub unsafe fn rune_to_str(p: *mut P, r: i64) -> Result<u64, Fault> {
    let (bytes, n) = encode_rune(r);
    // SAFETY: the caller's P.
    unsafe { new_str(p, &bytes[..n]) }
}

/// The rune at byte `i`, and the index behind it.
///
/// # Safety
/// `s` is a string word, `i` is below its length.
#[inline]
pub unsafe fn range_str(s: u64, i: usize) -> (i32, usize) {
    // SAFETY: a string word.
    let bytes = unsafe { str_bytes(s) };
    debug_assert!(i < bytes.len());
    let first = bytes[i];
    if first < 0x80 {
        return (first as i32, i + 1);
    }
    let (rune, width) = decode_rune(&bytes[i..]);
    (rune, i + width)
}

/// The first rune of `bytes` and its width; (U+FFFD, 1) where they are not UTF-8, (U+FFFD, 0) when there is none.
pub fn decode_rune(bytes: &[u8]) -> (i32, usize) {
    let Some(&first) = bytes.first() else { return (RUNE_ERROR, 0) };
    // What the second byte may be excludes overlong forms, surrogates, and what lies above U+10FFFF.
    let (width, second) = match first {
        0..=0x7f => return (first as i32, 1),
        0xc2..=0xdf => (2, 0x80..=0xbf),
        0xe0 => (3, 0xa0..=0xbf),
        0xed => (3, 0x80..=0x9f),
        0xe1..=0xef => (3, 0x80..=0xbf),
        0xf0 => (4, 0x90..=0xbf),
        0xf1..=0xf3 => (4, 0x80..=0xbf),
        0xf4 => (4, 0x80..=0x8f),
        0x80..=0xc1 | 0xf5..=0xff => return (RUNE_ERROR, 1),
    };
    let valid =
        bytes.len() >= width && second.contains(&bytes[1]) && bytes[2..width].iter().all(|b| (0x80..=0xbf).contains(b));
    if !valid {
        return (RUNE_ERROR, 1);
    }
    let lead = (first as i32) & (0x7f >> width);
    (bytes[1..width].iter().fold(lead, |rune, &b| rune << 6 | (b & 0x3f) as i32), width)
}

/// The UTF-8 of `r` (of U+FFFD when it is no rune), and its length.
pub fn encode_rune(r: i64) -> ([u8; 4], usize) {
    let rune = u32::try_from(r).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let mut bytes = [0; 4];
    let n = rune.encode_utf8(&mut bytes).len();
    (bytes, n)
}

/// Layout of a string object without its own bytes, for the static ones.
#[repr(C)]
struct StaticStr {
    header: Header,
    bytes: *const u8,
}

// SAFETY: immutable, and points to immutable bytes.
unsafe impl Sync for StaticStr {}

static BYTES: [u8; 256] = {
    let mut bytes = [0; 256];
    let mut i = 0;
    while i < 256 {
        bytes[i] = i as u8;
        i += 1;
    }
    bytes
};

static BYTE_STRS: [StaticStr; 256] = {
    let mut strs = [const { StaticStr { header: Header(STR as u64 | 1 << 24), bytes: ptr::null() } }; 256];
    let mut i = 0;
    while i < 256 {
        strs[i].bytes = &raw const BYTES[i];
        i += 1;
    }
    strs
};

/// The string of one byte: all 256 are permanent.
#[inline]
pub fn byte_str(byte: u8) -> u64 {
    &raw const BYTE_STRS[byte as usize].bytes as u64
}

/// A string outside the heap that lives for ever.
pub fn permanent_str(bytes: &[u8]) -> u64 {
    match bytes {
        [] => return 0,
        [byte] => return byte_str(*byte),
        _ => {}
    }
    let mut words = vec![0u64; 2 + bytes.len().div_ceil(8)];
    words[0] = Header::new(STR, bytes.len() as u64).0;
    let object: &'static mut [u64] = words.leak();
    let base = object.as_mut_ptr();
    // SAFETY: the object has two words before its bytes and room for them.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), base.add(2).cast(), bytes.len());
        *base.add(1) = base.add(2) as u64;
        base.add(1) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Go's rule in terms of Rust's validator: a rune where a prefix of up to four bytes is UTF-8, else one bad byte.
    fn reference(bytes: &[u8]) -> (i32, usize) {
        for n in 1..=bytes.len().min(4) {
            if let Ok(s) = std::str::from_utf8(&bytes[..n]) {
                return (s.chars().next().unwrap() as i32, n);
            }
        }
        (RUNE_ERROR, bytes.len().min(1))
    }

    #[test]
    fn decodes_as_go_does() {
        assert_eq!(decode_rune(b""), (RUNE_ERROR, 0));
        let edges = [0u8, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
        for first in 0..=255u8 {
            assert_eq!(decode_rune(&[first]), reference(&[first]));
            for second in 0..=255u8 {
                assert_eq!(decode_rune(&[first, second]), reference(&[first, second]));
                for third in edges {
                    let three = [first, second, third];
                    assert_eq!(decode_rune(&three), reference(&three), "{three:x?}");
                    for fourth in edges {
                        let four = [first, second, third, fourth];
                        assert_eq!(decode_rune(&four), reference(&four), "{four:x?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_rune_survives_and_others_become_the_replacement() {
        for r in 0..0x11_0000i64 {
            let (bytes, n) = encode_rune(r);
            let want = if (0xd800..0xe000).contains(&r) { RUNE_ERROR } else { r as i32 };
            assert_eq!(decode_rune(&bytes[..n]), (want, n));
        }
        for r in [-1, 0x11_0000, i64::MAX, i64::MIN, 1 << 32, (1 << 32) + 65] {
            assert_eq!(encode_rune(r), ([0xef, 0xbf, 0xbd, 0], 3));
        }
    }

    #[test]
    fn permanent_strings_read_like_others() {
        for text in [&b""[..], b"a", b"\xff", b"ab", b"a long text of more than sixteen bytes"] {
            let s = permanent_str(text);
            // SAFETY: a string word.
            unsafe {
                assert_eq!(str_bytes(s), text);
                assert_eq!(str_len(s), text.len());
                assert!(str_eq(s, permanent_str(text)));
                assert!(!str_eq(s, permanent_str(b"other")));
            }
        }
        // SAFETY: string words.
        unsafe { assert_eq!(str_cmp(permanent_str(b"ab"), permanent_str(b"b")), Ordering::Less) };
    }
}

//! Strings.
use crate::fault::Fault;
use crate::types::TypeId;
use gol_runtime::P;
use std::cmp::Ordering;

/// # Safety
/// `s` is a string word.
#[inline(always)]
pub unsafe fn str_parts(_s: u64) -> (*const u8, usize) {
    unimplemented!()
}
/// # Safety
/// `s` is a string word
#[inline(always)]
pub unsafe fn str_len(_s: u64) -> usize {
    unimplemented!()
}
/// # Safety
/// `s` is a string word that stays reachable (no safepoint) for `'a`.
#[inline(always)]
pub unsafe fn str_bytes<'a>(_s: u64) -> &'a [u8] {
    unimplemented!()
}
/// # Safety
/// `p` is the caller's P.
pub unsafe fn new_str(_p: *mut P, _bytes: &[u8]) -> Result<u64, Fault> {
    unimplemented!()
}
/// A string of `len` > 0 zero bytes and the address to fill in before anyone else sees it.
/// # Safety
/// `p` is the caller's P.
pub unsafe fn new_str_uninit(_p: *mut P, _len: usize) -> Result<(u64, *mut u8), Fault> {
    unimplemented!()
}
/// # Safety
/// `strs` are `n` string words.
pub unsafe fn concat(_p: *mut P, _strs: *const u64, _n: usize) -> Result<u64, Fault> {
    unimplemented!()
}
/// `s[lo:hi]`, bounds already checked.
/// # Safety
/// `s` is a string word, `lo <= hi <= len`.
pub unsafe fn substr(_p: *mut P, _s: u64, _lo: usize, _hi: usize) -> Result<u64, Fault> {
    unimplemented!()
}
/// # Safety
/// String words.
pub unsafe fn str_eq(_a: u64, _b: u64) -> bool {
    unimplemented!()
}
/// # Safety
/// String words.
pub unsafe fn str_cmp(_a: u64, _b: u64) -> Ordering {
    unimplemented!()
}
/// `[]byte(s)`.
/// # Safety
/// `s` is a string word, `out` has three words.
pub unsafe fn str_to_bytes(_p: *mut P, _s: u64, _backing: TypeId, _out: *mut u64) -> Result<(), Fault> {
    unimplemented!()
}
/// `string(b)`.
/// # Safety
/// `slice` are the three words of a []byte.
pub unsafe fn bytes_to_str(_p: *mut P, _slice: *const u64) -> Result<u64, Fault> {
    unimplemented!()
}
/// `[]rune(s)`.
/// # Safety
/// `s` is a string word, `out` has three words.
pub unsafe fn str_to_runes(_p: *mut P, _s: u64, _backing: TypeId, _out: *mut u64) -> Result<(), Fault> {
    unimplemented!()
}
/// `string(r)` of a []rune.
/// # Safety
/// `slice` are the three words of a []rune.
pub unsafe fn runes_to_str(_p: *mut P, _slice: *const u64) -> Result<u64, Fault> {
    unimplemented!()
}
/// `string(r)` of an integer.
/// # Safety
/// `p` is the caller's P.
pub unsafe fn rune_to_str(_p: *mut P, _r: i64) -> Result<u64, Fault> {
    unimplemented!()
}
/// The rune at byte `i` < len, and the index behind it.
/// # Safety
/// `s` is a string word, `i` < its length.
pub unsafe fn range_str(_s: u64, _i: usize) -> (i32, usize) {
    unimplemented!()
}
/// The first rune of `b` and its width; (U+FFFD, 1) when it is not UTF-8, (U+FFFD, 0) when empty.
pub fn decode_rune(_b: &[u8]) -> (i32, usize) {
    unimplemented!()
}
/// The UTF-8 of `r` (U+FFFD's when it is no rune) and its length.
pub fn encode_rune(_r: i64) -> ([u8; 4], usize) {
    unimplemented!()
}
/// A string outside the heap that lives for ever.
pub fn permanent_str(_bytes: &[u8]) -> u64 {
    unimplemented!()
}

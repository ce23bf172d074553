//! Slices.
use crate::fault::Fault;
use crate::types::{TypeId, Types};
use gol_runtime::P;

/// `s = append(s, v)`: `slice` (three words) is read and written, `val` are the words of one element.
/// # Safety
/// As said; `backing` is the slice's backing descriptor.
pub unsafe fn append_value(_p: *mut P, _slice: *mut u64, _val: *const u64, _backing: TypeId) -> Result<(), Fault> {
    unimplemented!()
}
/// `s = append(s, t...)`.
/// # Safety
/// As said.
pub unsafe fn append_slice(_p: *mut P, _slice: *mut u64, _src: *const u64, _backing: TypeId) -> Result<(), Fault> {
    unimplemented!()
}
/// `b = append(b, str...)`.
/// # Safety
/// As said.
pub unsafe fn append_str(_p: *mut P, _slice: *mut u64, _s: u64, _backing: TypeId) -> Result<(), Fault> {
    unimplemented!()
}
/// `append(b, bytes...)` from Rust memory, for natives.
/// # Safety
/// As said.
pub unsafe fn append_bytes(_p: *mut P, _slice: *mut u64, _bytes: &[u8], _backing: TypeId) -> Result<(), Fault> {
    unimplemented!()
}
/// # Safety
/// Three words each.
pub unsafe fn copy_slice(_types: &Types, _dst: *const u64, _src: *const u64, _backing: TypeId) -> u64 {
    unimplemented!()
}
/// # Safety
/// `dst`: the three words of a []byte; `s`: a string word.
pub unsafe fn copy_str(_dst: *const u64, _s: u64) -> u64 {
    unimplemented!()
}
/// # Safety
/// `out` has three words.
pub unsafe fn make_slice(_p: *mut P, _len: i64, _cap: i64, _backing: TypeId, _out: *mut u64) -> Result<(), Fault> {
    unimplemented!()
}
/// # Safety
/// `slice` are the three words of a slice.
pub unsafe fn clear_slice(_types: &Types, _slice: *const u64, _backing: TypeId) {
    unimplemented!()
}
/// The capacity that Go's append gives.
pub fn grow_cap(_old_cap: u64, _new_len: u64, _go_size: u64) -> u64 {
    unimplemented!()
}

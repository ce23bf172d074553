//! Interfaces, equality and hashing.
use crate::fault::Fault;
use crate::types::{TypeId, Types};
use gol_runtime::P;

/// # Safety
/// `val` are the words of a value of type `ty` (normalised when it is a scalar).
pub unsafe fn make_iface(_p: *mut P, _ty: TypeId, _val: *const u64) -> Result<u64, Fault> {
    unimplemented!()
}
/// The dynamic type of a non-nil interface.
/// # Safety
/// `w` is an interface word other than 0.
#[inline(always)]
pub unsafe fn iface_type(_w: u64) -> TypeId {
    unimplemented!()
}
/// The value's words: in the box, or in `buf` when it lies in place.
/// # Safety
/// `w` is an interface word other than 0.
pub unsafe fn iface_payload(_types: &Types, _w: u64, _buf: &mut u64) -> *const u64 {
    unimplemented!()
}
/// Copies the value of dynamic type `ty` to `out`.
/// # Safety
/// `w` is an interface of dynamic type `ty`.
pub unsafe fn iface_load(_types: &Types, _w: u64, _ty: TypeId, _out: *mut u64) {
    unimplemented!()
}
/// # Safety
/// Interface words.
pub unsafe fn iface_eq(_types: &Types, _a: u64, _b: u64) -> Result<bool, Fault> {
    unimplemented!()
}
/// # Safety
/// Words of two values of type `ty`.
pub unsafe fn value_eq(_types: &Types, _ty: TypeId, _a: *const u64, _b: *const u64) -> Result<bool, Fault> {
    unimplemented!()
}
/// # Safety
/// Words of a value of type `ty`.
pub unsafe fn value_hash(_types: &Types, _ty: TypeId, _a: *const u64, _seed: u64) -> Result<u64, Fault> {
    unimplemented!()
}

//! Maps.
use crate::fault::Fault;
use crate::types::TypeId;
use gol_runtime::P;
use std::ptr;

/// # Safety
/// `ty` is a map type.
pub unsafe fn map_new(_p: *mut P, _ty: TypeId, _hint: i64) -> Result<u64, Fault> {
    unimplemented!()
}
/// Address of the value's words, null when missing. `m` may be nil.
/// # Safety
/// `m` is a map of type `ty`, `key` the words of a key.
pub unsafe fn map_get(_p: *mut P, _m: u64, _key: *const u64, _ty: TypeId) -> Result<*const u64, Fault> {
    Ok(ptr::null())
}
/// [`map_get`] for maps whose `LoadedType::map_key` is `MapKey::Word`.
/// # Safety
/// As there.
pub unsafe fn map_get_int(_p: *mut P, _m: u64, _key: u64) -> Result<*const u64, Fault> {
    unimplemented!()
}
/// [`map_get`] for maps with string keys.
/// # Safety
/// As there.
pub unsafe fn map_get_str(_p: *mut P, _m: u64, _key: u64) -> Result<*const u64, Fault> {
    unimplemented!()
}
/// Address of the value's words, entered (zero) when missing; nil map panics.
/// # Safety
/// As [`map_get`].
pub unsafe fn map_set(_p: *mut P, _m: u64, _key: *const u64, _ty: TypeId) -> Result<*mut u64, Fault> {
    unimplemented!()
}
/// # Safety
/// As [`map_get_int`].
pub unsafe fn map_set_int(_p: *mut P, _m: u64, _key: u64) -> Result<*mut u64, Fault> {
    unimplemented!()
}
/// # Safety
/// As [`map_get_str`].
pub unsafe fn map_set_str(_p: *mut P, _m: u64, _key: u64) -> Result<*mut u64, Fault> {
    unimplemented!()
}
/// # Safety
/// As [`map_get`].
pub unsafe fn map_delete(_p: *mut P, _m: u64, _key: *const u64, _ty: TypeId) -> Result<(), Fault> {
    unimplemented!()
}
/// # Safety
/// `m` is a map or nil.
#[inline(always)]
pub unsafe fn map_len(_m: u64) -> u64 {
    unimplemented!()
}
/// # Safety
/// `m` is a map or nil.
pub unsafe fn map_clear(_p: *mut P, _m: u64) -> Result<(), Fault> {
    unimplemented!()
}
/// An iterator; 0 for an empty map, which [`map_next`] understands.
/// # Safety
/// `m` is a map of type `ty` or nil.
pub unsafe fn map_iter(_p: *mut P, _m: u64, _ty: TypeId) -> Result<u64, Fault> {
    unimplemented!()
}
/// Next entry; `key_out` and `val_out` may be null. False at the end.
/// # Safety
/// `it` is from [`map_iter`]; the outs have room for a key, a value.
pub unsafe fn map_next(_p: *mut P, _it: u64, _key_out: *mut u64, _val_out: *mut u64) -> Result<bool, Fault> {
    unimplemented!()
}

//! Objects: how strings, slices, interfaces and maps lie in the heap, and the operations on them.
//!
//! Everything here takes raw words and references. Nothing collects: allocation goes on past a pending collection, so a
//! reference held in a Rust local is good until the caller's next safepoint. *(unsafe)* throughout; each function says what
//! its words must be.

pub mod chan;
pub(crate) mod hash;
pub mod iface;
pub mod map;
pub mod slice;
pub mod string;
pub(crate) mod table;
#[cfg(test)]
mod tests;
pub mod torn;

use crate::fault::Fault;
use crate::types::{TypeId, Types};
use gol_runtime::P;

/// Address that zero-size objects and empty non-nil slices use: not nil, never dereferenced.
pub fn zero_base() -> u64 {
    static BASE: [u64; 2] = [0; 2];
    &raw const BASE as u64
}

/// A zeroed object of `len` elements.
///
/// # Safety
/// `p` is the caller's P; `desc` is loaded.
#[inline(always)]
pub unsafe fn alloc(p: *mut P, desc: TypeId, len: u64) -> Result<*mut u64, Fault> {
    // SAFETY: the P belongs to the caller, and `Types::load` registered `desc` with this heap.
    let obj = unsafe { (*(*p).heap).alloc(&mut (*p).cache, desc, len) };
    if obj.is_null() { Err(Fault::out_of_memory()) } else { Ok(obj) }
}

/// The loaded types.
///
/// # Safety
/// `P::engine` points to a live struct whose **first field** is a `*const Types` that lives as long as the P.
#[inline(always)]
pub unsafe fn types<'a>(p: *mut P) -> &'a Types {
    // SAFETY: as above.
    unsafe { &**((*p).engine as *const *const Types) }
}

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
pub(crate) mod texts;
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

/// Free cells of one kind in the processor's allocation cache, which begins with such pairs (see `gol_runtime::heap`).
#[repr(C)]
pub(crate) struct Run {
    pub cur: *mut u64,
    pub lim: *mut u64,
}

/// The next cell of a kind, of so many words, where the cache has one; else null. The header is still to be written.
///
/// # Safety
/// `p` is the caller's P; the heap gave kind and size.
#[inline(always)]
pub(crate) unsafe fn next_cell(p: *mut P, kind: usize, words: usize) -> *mut u64 {
    // SAFETY: the cache begins with a run for each kind.
    unsafe {
        let run = (&raw mut (*p).cache as *mut Run).add(kind);
        let cell = (*run).cur;
        let next = cell.wrapping_add(words);
        if next > (*run).lim {
            return std::ptr::null_mut();
        }
        (*run).cur = next;
        cell
    }
}

/// Where in P the run of a kind is: the next free cell, and behind that the limit.
pub(crate) fn run_offset(kind: usize) -> i32 {
    (std::mem::offset_of!(P, cache) + kind * size_of::<Run>()) as i32
}

/// Zeros and header are visible before the reference is.
#[inline(always)]
pub(crate) fn publish() {
    #[cfg(not(target_arch = "x86_64"))]
    std::sync::atomic::fence(std::sync::atomic::Ordering::Release);
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

//! Making goroutines.
//!
//! Stack layout of a new one: slot 0 is the link (`link_pc`), the base is slot 1, the arguments lie from the base on. It is
//! complete before its state becomes Runnable, so a collector that runs later scans it like any other.
use super::g::G;
use super::p::P;
use super::{Sched, hook, queue, slab, stack};
use crate::heap::Heap;
use crate::sync::atomic::Ordering::*;
use std::ptr::null_mut;

/// Ids that a P takes at once.
const IDS: u64 = 64;

/// Where a goroutine begins, and what its first frame needs.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub pc: *const u8,
    pub link_pc: u64,
    pub frame_slots: usize,
}

/// `go`: a new goroutine, put into run-next. False: the limit on memory is reached. `place` is the engine's number for the
/// statement; 0 when it is none, and then the goroutine has no parent.
///
/// # Safety
/// `p` is the caller's; `pc` is the entry of a function with `frame_slots >= nargs` registers; `args` are `nargs` words.
#[inline]
pub unsafe fn spawn(
    p: *mut P,
    pc: *const u8,
    link_pc: u64,
    frame_slots: usize,
    args: *const u64,
    nargs: usize,
    place: u32,
) -> bool {
    // SAFETY: says the caller.
    unsafe {
        let g = slab::take_g(p);
        if g.is_null() {
            return false;
        }
        if (*p).next_id == (*p).end_id {
            let s = &*(*p).sched;
            (*p).next_id = s.next_id.fetch_add(IDS, Relaxed);
            (*p).end_id = (*p).next_id + IDS;
        }
        if !fill(p, &*(*p).heap, g, Entry { pc, link_pc, frame_slots }, args, nargs) {
            slab::give_g(p, g);
            return false;
        }
        (*g).place = place;
        (*g).parent = if place == 0 { 0 } else { (*(*p).g).id };
        (*g).id = (*p).next_id;
        (*p).next_id += 1;
        let born = &(*p).shared.born;
        born.store(born.load(Relaxed) + 1, Relaxed);
        (*g).born();
        if (*p).listened {
            hook::spawned(&*(*p).sched, p, g);
        }
        queue::submit(p, g);
        true
    }
}

/// A goroutine for a thread without P, Runnable; null: out of memory.
///
/// # Safety
/// As [`spawn`]; the caller holds `Sched::idle` and the world is not stopped.
pub(super) unsafe fn spawn_outside(s: &Sched, entry: Entry, args: &[u64], flags: u8) -> *mut G {
    // SAFETY: says the caller.
    unsafe {
        let heap = &*(*s.runtime.get()).heap;
        let g = s.slabs.take(heap);
        if g.is_null() || !fill(null_mut(), heap, g, entry, args.as_ptr(), args.len()) {
            return null_mut();
        }
        (*g).flags = flags;
        (*g).place = 0;
        (*g).parent = 0;
        (*g).id = s.next_id.fetch_add(1, Relaxed);
        s.born_outside.fetch_add(1, Relaxed);
        (*g).born();
        if s.trace.is_some() {
            hook::spawned(s, null_mut(), g);
        }
        g
    }
}

#[inline(always)]
unsafe fn fill(p: *mut P, heap: &Heap, g: *mut G, entry: Entry, args: *const u64, nargs: usize) -> bool {
    debug_assert!(nargs <= entry.frame_slots);
    // SAFETY: the G is dead and ours, the stack has room for link and arguments.
    unsafe {
        if !stack::init(p, heap, g, 1 + entry.frame_slots) {
            return false;
        }
        (*g).pc = entry.pc;
        (*g).base = 1;
        (*g).native = null_mut();
        (*g).roots = [0; 2];
        (*g).flags = 0;
        // Its arguments come from a stack that was scanned.
        (*g).scanned.renew(heap.cycle_number());
        (*g).waiter.g = g;
        (*g).waiter.sel = 0;
        (*g).waiter.tries = 0;
        let stack = (*g).stack;
        *stack = entry.link_pc;
        for i in 0..nargs {
            *stack.add(1 + i) = *args.add(i);
        }
        true
    }
}

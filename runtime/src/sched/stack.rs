//! Stacks of goroutines that outgrow their inline slots: powers of two, reused through free lists of the P.
//!
//! Invariants:
//! - Only the goroutine's owner allocates, grows and frees its stack. A parked one never moves.
//! - What is allocated counts against the heap's limit, kept free stacks too.
//! - Stacks from 2^15 slots on are mappings of their own: they grow by moving pages, not bytes, and are given back to the system at once.
//! - `Sched::max_stack` bounds every stack, counted in powers of two; bytes in use are summed over the Ps (one P may free what another allocated, so a
//!   single P's count may be negative).
use super::g::{G, INLINE_SLOTS};
use super::p::P;
use crate::heap::Heap;
use crate::sync::atomic::Ordering::*;
use std::ptr::null_mut;

/// Smallest separate stack: 2^5 slots.
const MIN_SHIFT: u32 = 5;
/// Largest that is kept for reuse: 2^13 slots, 64 KiB.
const MAX_KEPT_SHIFT: u32 = 13;
/// Smallest that is a mapping of its own: 2^15 slots, 256 KiB.
const MIN_MAPPED_SHIFT: u32 = 15;
/// From this size on huge pages are asked for: 4 MiB. A fault for each small page costs more than all else.
const HUGE_BYTES: usize = 4 << 20;
/// So many slots of a first frame are cleared.
const CLEARED_MAX: usize = 64;
const CLASSES: usize = (MAX_KEPT_SHIFT - MIN_SHIFT + 1) as usize;
/// Bytes that a P keeps in each class.
const KEEP_BYTES: usize = 256 << 10;

pub(super) struct StackCache {
    head: [*mut u64; CLASSES],
    n: [u32; CLASSES],
}

impl StackCache {
    pub const fn new() -> StackCache {
        StackCache { head: [null_mut(); CLASSES], n: [0; CLASSES] }
    }
    /// # Safety
    /// The P is not used any more.
    pub unsafe fn release(&mut self) {
        for head in &mut self.head {
            while !head.is_null() {
                let next = {
                    // SAFETY: a free stack's first word links the list.
                    unsafe { **head as *mut u64 }
                };
                // SAFETY: from `malloc`, in no other place.
                unsafe { libc::free(*head as *mut libc::c_void) };
                *head = next;
            }
        }
    }
}

/// Memory of `cap` slots, a power of two from 32 on; null when out of memory. `p` may be null (a thread without P).
unsafe fn alloc(p: *mut P, heap: &Heap, cap: usize) -> *mut u64 {
    debug_assert!(cap.is_power_of_two() && cap >= 1 << MIN_SHIFT);
    let class = (cap.trailing_zeros() - MIN_SHIFT) as usize;
    // SAFETY: the caller's P.
    unsafe {
        let kept = if p.is_null() || class >= CLASSES { null_mut() } else { (*p).stacks.head[class] };
        let stack = if kept.is_null() {
            if !heap.account_external((cap * 8) as isize) {
                return null_mut();
            }
            let stack = fresh(cap);
            if stack.is_null() {
                heap.account_external(-((cap * 8) as isize));
                return null_mut();
            }
            stack
        } else {
            (*p).stacks.head[class] = *kept as *mut u64;
            (*p).stacks.n[class] -= 1;
            kept
        };
        if !p.is_null() {
            count(p, (cap * 8) as i64);
        }
        stack
    }
}

fn mapped(cap: usize) -> bool {
    cap >= 1 << MIN_MAPPED_SHIFT
}

/// Memory of the system; null when there is none.
fn fresh(cap: usize) -> *mut u64 {
    if !mapped(cap) {
        // SAFETY: no precondition.
        return unsafe { libc::malloc(cap * 8) } as *mut u64;
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a fresh private mapping.
    let at = unsafe { libc::mmap(null_mut(), cap * 8, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return null_mut();
    }
    advise(at as *mut u64, cap);
    at as *mut u64
}

fn advise(stack: *mut u64, cap: usize) {
    #[cfg(target_os = "linux")]
    if cap * 8 >= HUGE_BYTES {
        // SAFETY: a mapping of ours. A refusal only costs time.
        unsafe { libc::madvise(stack as *mut libc::c_void, cap * 8, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stack, cap);
}

/// Back to the system.
///
/// # Safety
/// `stack` is of `cap` slots; nobody refers to it.
pub(super) unsafe fn give_back(stack: *mut u64, cap: usize) {
    // SAFETY: from `fresh` with this `cap`; nobody refers to it.
    unsafe {
        if mapped(cap) {
            libc::munmap(stack as *mut libc::c_void, cap * 8);
        } else {
            libc::free(stack as *mut libc::c_void);
        }
    }
}

/// Moves a mapped stack's pages to a larger mapping; null: there is none, and the old one stays.
#[cfg(target_os = "linux")]
unsafe fn remap(p: *mut P, old: *mut u64, old_cap: usize, cap: usize) -> *mut u64 {
    let more = (cap - old_cap) * 8;
    // SAFETY: the caller's P; `old` is a mapping of `old_cap` slots that only its goroutine uses.
    unsafe {
        let heap = &*(*p).heap;
        if !heap.account_external(more as isize) {
            return null_mut();
        }
        let at = libc::mremap(old as *mut libc::c_void, old_cap * 8, cap * 8, libc::MREMAP_MAYMOVE);
        if at == libc::MAP_FAILED {
            heap.account_external(-(more as isize));
            return null_mut();
        }
        advise(at as *mut u64, cap);
        count(p, more as i64);
        at as *mut u64
    }
}

unsafe fn count(p: *mut P, bytes: i64) {
    // SAFETY: the caller's P.
    unsafe {
        let sum = &(*p).shared.stack_bytes;
        sum.store(sum.load(Relaxed) + bytes, Relaxed);
    }
}

unsafe fn free(p: *mut P, stack: *mut u64, cap: usize) {
    let class = (cap.trailing_zeros() - MIN_SHIFT) as usize;
    // SAFETY: the caller's P; `stack` came from `alloc` with this `cap` and nobody refers to it.
    unsafe {
        count(p, -((cap * 8) as i64));
        if class < CLASSES && ((*p).stacks.n[class] as usize) < KEEP_BYTES / (cap * 8) {
            *stack = (*p).stacks.head[class] as u64;
            (*p).stacks.head[class] = stack;
            (*p).stacks.n[class] += 1;
        } else {
            give_back(stack, cap);
            (*(*p).heap).account_external(-((cap * 8) as isize));
        }
    }
}

/// Gives a new goroutine a stack of at least `slots`. False: out of memory. What a dead one left in its first frame is gone, so that it keeps
/// nothing alive while this one waits.
///
/// # Safety
/// `g` is dead and the caller's; `p` is the caller's, or null.
#[inline(always)]
pub(super) unsafe fn init(p: *mut P, heap: &Heap, g: *mut G, slots: usize) -> bool {
    // SAFETY: says the caller.
    unsafe {
        if slots <= INLINE_SLOTS {
            (*g).stack = (&raw mut (*g).inline) as *mut u64;
            (*g).cap = INLINE_SLOTS as u32;
            (*g).inline = [0; INLINE_SLOTS];
            return true;
        }
        init_large(p, heap, g, slots)
    }
}

#[inline(never)]
unsafe fn init_large(p: *mut P, heap: &Heap, g: *mut G, slots: usize) -> bool {
    // SAFETY: as `init`.
    unsafe {
        let cap = slots.next_power_of_two().max(1 << MIN_SHIFT);
        let stack = alloc(p, heap, cap);
        (*g).stack = stack;
        (*g).cap = cap as u32;
        if stack.is_null() {
            return false;
        }
        stack.write_bytes(0, slots.min(CLEARED_MAX));
        true
    }
}

/// Frees the stack of a goroutine that ends.
///
/// # Safety
/// `g` is the caller's.
#[inline(always)]
pub(super) unsafe fn drop_stack(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        if (*g).cap as usize > INLINE_SLOTS {
            free(p, (*g).stack, (*g).cap as usize);
        }
    }
}

/// The goroutine's stack with room for `cap` slots, its old memory given up; null: out of memory, nothing changed.
unsafe fn larger(p: *mut P, g: *mut G, cap: usize) -> *mut u64 {
    // SAFETY: as `grow_stack`.
    unsafe {
        let old = (*g).cap as usize;
        #[cfg(target_os = "linux")]
        if mapped(old) {
            return remap(p, (*g).stack, old, cap);
        }
        let stack = alloc(p, &*(*p).heap, cap);
        if !stack.is_null() {
            std::ptr::copy_nonoverlapping((*g).stack, stack, old);
            drop_stack(p, g);
        }
        stack
    }
}

/// Slots that a stack of `old` gets for `need`; `None`: too many.
unsafe fn next_cap(p: *mut P, old: usize, need: usize) -> Option<usize> {
    let cap = need.next_power_of_two().max(2 * old);
    // As in Go the size after the doubling counts: of 1,000,000,000 bytes a stack gets 512 MiB.
    // SAFETY: the caller's P.
    let most = unsafe { (*(*p).sched).max_stack.load(Relaxed) };
    (cap <= most / 8 && cap <= u32::MAX as usize).then_some(cap)
}

/// After a refusal of [`grow_stack`]: whether the stack may be as large, so that only memory was short.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn stack_may_grow(p: *mut P, need_slots: usize) -> bool {
    // SAFETY: says the caller.
    unsafe {
        let g = (*p).g;
        next_cap(p, (*g).cap as usize, (*g).base as usize + need_slots).is_some()
    }
}

/// Doubles the stack of `p.g` until `base + need_slots` fits; `p.g.base` must be saved. The stack has moved then. False:
/// over the limit, nothing changed.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn grow_stack(p: *mut P, need_slots: usize) -> bool {
    // SAFETY: a running goroutine is in no wait queue, so nothing points into its stack.
    unsafe {
        let g = (*p).g;
        let need = (*g).base as usize + need_slots;
        let old = (*g).cap as usize;
        if need > old {
            let Some(cap) = next_cap(p, old, need) else { return false };
            let stack = larger(p, g, cap);
            if stack.is_null() {
                return false;
            }
            (*g).stack = stack;
            (*g).cap = cap as u32;
        }
        super::p::set_limit(p, g);
        true
    }
}

/// Calls are counted: no more than are allowed fit into `slots` slots above the base of `p.g`, which is saved. Until the goroutine
/// is scheduled again.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; nothing has been asked of it since its last poll that must be seen at once.
pub unsafe fn allow_depth(p: *mut P, slots: usize) {
    // SAFETY: says the caller.
    unsafe {
        let g = (*p).g;
        let end = ((*g).base as usize).saturating_add(slots).min((*g).cap as usize);
        (*p).limit = (*g).stack as usize + end * 8;
        (*p).guard.store((*p).limit & !(*p).veto, Relaxed);
    }
}

//! Native stacks for coroutines: slabs with a guard page each, never given back. *(unsafe)*
//!
//! Invariant: slabs are listed before a stack of theirs is used and stay so: a handler of signals walks the list.
use corosensei::stack::{Stack, StackPointer};
use std::sync::atomic::{AtomicPtr, Ordering::*};
use std::sync::{Mutex, PoisonError};

/// Address space of one stack, guard page included. Natives that run under a callback have this much.
pub(crate) const STACK_BYTES: usize = 256 << 10;
const SLAB_STACKS: usize = 64;
const PAGE: usize = 4096;
/// `madvise` advice of Linux 6.13: a guard page without a mapping of its own.
const MADV_GUARD_INSTALL: i32 = 102;
/// Stacks when every guard page costs mappings (`vm.max_map_count` is 65530 by default, two for each).
const MAX_MPROTECT: usize = 16_000;

/// One stack of a slab.
pub(crate) struct SlabStack {
    limit: usize,
}

impl SlabStack {
    pub fn limit_address(&self) -> usize {
        self.limit
    }
}

// SAFETY: `STACK_BYTES` of private memory above a page that faults.
unsafe impl Stack for SlabStack {
    fn base(&self) -> StackPointer {
        StackPointer::new(self.limit + STACK_BYTES).unwrap_or(StackPointer::MIN)
    }
    fn limit(&self) -> StackPointer {
        StackPointer::new(self.limit).unwrap_or(StackPointer::MIN)
    }
}

struct Slabs {
    next: usize,
    end: usize,
    made: usize,
    /// The cheap guard works: not known, or probed.
    cheap_guard: Option<bool>,
}

/// One slab in the list of all.
struct Listed {
    start: usize,
    next: *mut Listed,
}

/// The newest slab.
static LIST: AtomicPtr<Listed> = AtomicPtr::new(std::ptr::null_mut());

/// Whether an address lies in the guard page below a stack. Takes no lock and allocates nothing.
pub(crate) fn is_guard(address: usize) -> bool {
    let mut at = LIST.load(Acquire);
    // SAFETY: null, or an entry that is complete and stays.
    while let Some(slab) = unsafe { at.as_ref() } {
        let offset = address.wrapping_sub(slab.start);
        if offset < STACK_BYTES * SLAB_STACKS {
            return offset % STACK_BYTES < PAGE;
        }
        at = slab.next;
    }
    false
}

static SLABS: Mutex<Slabs> = Mutex::new(Slabs { next: 0, end: 0, made: 0, cheap_guard: None });

/// A stack, or `None` when there is no memory for one more.
pub(crate) fn new_stack() -> Option<SlabStack> {
    let mut slabs = SLABS.lock().unwrap_or_else(PoisonError::into_inner);
    if slabs.next == slabs.end {
        let bytes = STACK_BYTES * SLAB_STACKS;
        // SAFETY: a fresh private mapping.
        unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            let at = libc::mmap(std::ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0);
            if at == libc::MAP_FAILED {
                return None;
            }
            #[cfg(target_os = "linux")]
            libc::madvise(at, bytes, libc::MADV_NOHUGEPAGE);
            slabs.next = at as usize;
        }
        slabs.end = slabs.next + bytes;
        // Under the lock nobody else adds.
        let listed = Listed { start: slabs.next, next: LIST.load(Relaxed) };
        LIST.store(Box::into_raw(Box::new(listed)), Release);
    }
    let limit = slabs.next;
    // SAFETY: the first page of a stack that nobody uses yet.
    let guarded = unsafe {
        let page = limit as *mut libc::c_void;
        if slabs.cheap_guard != Some(false) {
            slabs.cheap_guard = Some(libc::madvise(page, PAGE, MADV_GUARD_INSTALL) == 0);
        }
        slabs.cheap_guard == Some(true)
            || (slabs.made < MAX_MPROTECT && libc::mprotect(page, PAGE, libc::PROT_NONE) == 0)
    };
    if !guarded {
        return None;
    }
    slabs.next += STACK_BYTES;
    slabs.made += 1;
    Some(SlabStack { limit })
}

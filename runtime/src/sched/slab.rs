//! Memory of goroutines: mapped slabs, a central free list, and a small free list in each P.
//!
//! Invariants:
//! - Slabs are never unmapped before the runtime ends, and hold nothing but Gs: a stale pointer is a G.
//! - A carved G is either alive or in exactly one free list. Carved ones are visited for roots and reports.
//! - Fresh memory is zero, which is `Dead`.
use super::g::G;
use super::p::P;
use crate::heap::Heap;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering::*};
use std::ptr::null_mut;

/// Gs that move between a P and the centre at once.
const BATCH: u32 = 64;
/// A P gives a batch back when it holds so many.
const P_MAX: u32 = 2 * BATCH;
const SLAB_FIRST: usize = 256 << 10;
const SLAB_NEXT: usize = 4 << 20;
/// From so many goroutines on, slabs are large and ask for huge pages.
const MANY: usize = 16_000;
const SLAB_MANY: usize = 32 << 20;
const HUGE_PAGE: usize = 2 << 20;

pub(super) struct Slabs {
    centre: Mutex<Centre>,
    /// Gs carved so far.
    carved: AtomicUsize,
}

struct Centre {
    free: *mut G,
    slabs: Vec<Slab>,
}

struct Slab {
    map: *mut libc::c_void,
    map_len: usize,
    first: *mut G,
    used: usize,
    cap: usize,
}

// SAFETY: the lists are only touched under the mutex.
unsafe impl Send for Centre {}

impl Slabs {
    pub fn new() -> Slabs {
        Slabs { centre: Mutex::new(Centre { free: null_mut(), slabs: Vec::new() }), carved: AtomicUsize::new(0) }
    }

    /// A dead G for a thread that has no P; null when memory is out.
    pub fn take(&self, heap: &Heap) -> *mut G {
        let mut centre = self.centre.lock();
        let (g, _) = self.take_batch(&mut centre, heap, 1);
        g
    }

    /// A list of up to `n` dead Gs.
    fn take_batch(&self, centre: &mut Centre, heap: &Heap, n: u32) -> (*mut G, u32) {
        let mut head = null_mut();
        let mut got = 0;
        while got < n {
            let g = centre.free;
            let g = if g.is_null() { self.carve(centre, heap) } else { g };
            if g.is_null() {
                break;
            }
            // SAFETY: `g` is dead and taken out of the central list.
            unsafe {
                if g == centre.free {
                    centre.free = (*g).link;
                }
                (*g).link = head;
            }
            head = g;
            got += 1;
        }
        (head, got)
    }

    fn carve(&self, centre: &mut Centre, heap: &Heap) -> *mut G {
        let accounted = self.carved.load(Relaxed).is_multiple_of(BATCH as usize);
        if accounted && !heap.account_external((BATCH as usize * size_of::<G>()) as isize) {
            return null_mut();
        }
        if centre.slabs.last().is_none_or(|s| s.used == s.cap) {
            let carved = self.carved.load(Relaxed);
            let len = match carved {
                0 => SLAB_FIRST,
                _ if carved < MANY => SLAB_NEXT,
                _ => SLAB_MANY,
            };
            match map_slab(len) {
                Some(slab) => centre.slabs.push(slab),
                None => return null_mut(),
            }
        }
        let Some(slab) = centre.slabs.last_mut() else { return null_mut() };
        // SAFETY: below `cap`.
        let g = unsafe { slab.first.add(slab.used) };
        slab.used += 1;
        self.carved.fetch_add(1, Relaxed);
        g
    }

    /// Bytes of goroutine records in use at the peak.
    pub fn bytes(&self) -> usize {
        self.carved.load(Relaxed) * size_of::<G>()
    }

    /// Visits every carved G, dead ones too.
    pub fn for_each(&self, f: &mut dyn FnMut(*mut G)) {
        let centre = self.centre.lock();
        for slab in &centre.slabs {
            for i in 0..slab.used {
                // SAFETY: below `used`.
                f(unsafe { slab.first.add(i) });
            }
        }
    }

    /// Carved Gs by number: the first of `from..from + n` that lie in one slab, and how many there are. `None` behind the last.
    /// A G keeps its number.
    pub fn range(&self, from: usize, n: usize) -> Option<(*mut G, usize)> {
        let centre = self.centre.lock();
        let mut from = from;
        for slab in &centre.slabs {
            if from < slab.used {
                // SAFETY: below `used`.
                return Some((unsafe { slab.first.add(from) }, n.min(slab.used - from)));
            }
            from -= slab.used;
        }
        None
    }

    /// # Safety
    /// No goroutine is used any more.
    pub unsafe fn release(&self) {
        for slab in self.centre.lock().slabs.drain(..) {
            // SAFETY: mapped by `map_slab`, unused now.
            unsafe { libc::munmap(slab.map, slab.map_len) };
        }
    }
}

fn map_slab(len: usize) -> Option<Slab> {
    let huge = len >= SLAB_MANY;
    let map_len = if huge { len + HUGE_PAGE } else { len };
    // SAFETY: a fresh private mapping; the kernel chooses the place.
    let map = unsafe {
        libc::mmap(
            null_mut(),
            map_len,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if map == libc::MAP_FAILED {
        return None;
    }
    let mut first = map as usize;
    if huge {
        first = first.next_multiple_of(HUGE_PAGE);
        #[cfg(target_os = "linux")]
        // SAFETY: inside the mapping; advice only.
        unsafe {
            libc::madvise(first as *mut libc::c_void, len, libc::MADV_HUGEPAGE);
        }
    }
    Some(Slab { map, map_len, first: first as *mut G, used: 0, cap: len / size_of::<G>() })
}

/// The free list of a P.
pub(super) struct GCache {
    head: *mut G,
    n: u32,
}

impl GCache {
    pub const fn new() -> GCache {
        GCache { head: null_mut(), n: 0 }
    }
}

/// A dead G; null when memory is out.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub(super) unsafe fn take_g(p: *mut P) -> *mut G {
    // SAFETY: the list is the P's own.
    unsafe {
        if (*p).gs.head.is_null() {
            refill(p);
        }
        let g = (*p).gs.head;
        if !g.is_null() {
            (*p).gs.head = (*g).link;
            (*p).gs.n -= 1;
        }
        g
    }
}

#[cold]
#[inline(never)]
unsafe fn refill(p: *mut P) {
    // SAFETY: as `take_g`.
    unsafe {
        let slabs = &(*(*p).sched).slabs;
        let (head, n) = slabs.take_batch(&mut slabs.centre.lock(), &*(*p).heap, BATCH);
        (*p).gs.head = head;
        (*p).gs.n = n;
    }
}

/// # Safety
/// `p` is the caller's; `g` is dead and owned by the caller.
#[inline(always)]
pub(super) unsafe fn give_g(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        (*g).link = (*p).gs.head;
        (*p).gs.head = g;
        (*p).gs.n += 1;
        if (*p).gs.n >= P_MAX {
            spill(p);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn spill(p: *mut P) {
    // SAFETY: as `give_g`.
    unsafe {
        let mut centre = (*(*p).sched).slabs.centre.lock();
        for _ in 0..BATCH {
            let g = (*p).gs.head;
            (*p).gs.head = (*g).link;
            (*g).link = centre.free;
            centre.free = g;
        }
        (*p).gs.n -= BATCH;
    }
}

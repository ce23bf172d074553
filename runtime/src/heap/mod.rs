//! The heap: non-moving, size-class spans, per-P allocation caches, mark bytes with epochs, lazy sweep.
//!
//! An object is a [`Header`] word followed by its payload; a *reference* is the address of the payload, or of any byte
//! inside it (interior). Allocation never collects: it asks for a collection (`want_gc`) and goes on, so native code may
//! hold raw references until its next safepoint. Marking accepts any word: what does not lie in an allocated cell is ignored,
//! so stacks are scanned conservatively.
//!
//! In reading order: `size` (classes), `region` (address space), `page` (page table, marks, page allocator), `desc`
//! (descriptor table), `cache` (allocation and sweep), `mark`, `pool` (workers of a stopped marking), `collect`, `pace` (triggers, limit, figures),
//! `cycle` (concurrent marking), `team` (who marks then), `finals` (finalizers, cleanups, weak handles), `reach` and `census` (for reports), `poison` and `verify` (debugging modes).
//!
//! Who may touch what: page entries and mark bytes of a span change only in its maker's hands or while the world is stopped;
//! a run belongs to one cache; everything that several threads share is an atomic or behind a lock of its own, and no lock is
//! held while another one of the heap is taken, except the page allocator's (taken before those of the unswept lists)
//! and, at a collection, the quarantine's.
//! Atomics overlay zeroed memory, as those of `crate::sync` may in both of its forms.
//!
//! Rejected: moving collectors (two-word interior pointers, stale registers), a header word for the collector (mark bytes
//! beside the heap let dead pages go untouched), counting allocations on the fast path.

mod cache;
mod census;
mod collect;
mod cycle;
mod desc;
mod finals;
mod mark;
mod pace;
mod page;
mod poison;
mod pool;
mod reach;
mod region;
mod size;
mod team;
mod verify;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use cache::{AllocKey, Cache};
pub use census::{Live, LiveHook};
pub use collect::{Roots, Visit};
pub use finals::Due;
pub use pace::{HeapStats, Pauses};
pub use reach::Reach;

use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering::*};
use collect::Unswept;
use cycle::Cycle;
use desc::Descs;
use finals::Finals;
use pace::Pacer;
use page::{Page, Pages};
use poison::Quarantine;
use region::Region;
use size::{KINDS, MARKS_PER_PAGE, PAGE};
use std::sync::OnceLock;

/// Index into the append-only descriptor table. 0 is "free cell or nothing to scan".
pub type DescId = u32;

/// `desc` in the low 24 bits, `len` (number of elements) in the high 40. Written once, before the object is reachable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Header(pub u64);

impl Header {
    pub const LEN_MAX: u64 = (1 << 40) - 1;
    #[inline(always)]
    pub fn new(desc: DescId, len: u64) -> Header {
        Header(desc as u64 | len << 24)
    }
    #[inline(always)]
    pub fn desc(self) -> DescId {
        (self.0 & 0xff_ffff) as u32
    }
    #[inline(always)]
    pub fn len(self) -> u64 {
        self.0 >> 24
    }
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Which words may hold references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PtrMap {
    None,
    All,
    /// Bit `i` of word `i / 64`: word `i` of the element.
    Bits(Box<[u64]>),
}

impl PtrMap {
    /// Whether word `i` may hold a reference.
    pub fn has(&self, i: usize) -> bool {
        match self {
            PtrMap::None => false,
            PtrMap::All => true,
            PtrMap::Bits(bits) => bits.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1),
        }
    }
    /// The map of `words` words, 64 of them in each.
    fn masks(&self, words: u32) -> impl Iterator<Item = u64> + '_ {
        (0..words.div_ceil(64)).map(move |k| {
            let mask = match self {
                PtrMap::None => 0,
                PtrMap::All => u64::MAX,
                PtrMap::Bits(bits) => bits.get(k as usize).copied().unwrap_or(0),
            };
            match words - 64 * k {
                left @ 0..64 => mask & ((1 << left) - 1),
                _ => mask,
            }
        })
    }
}

/// How to measure and trace an object: `8 (header) + 8 * prefix_words + len * stride` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desc {
    pub prefix_words: u32,
    pub prefix_ptrs: PtrMap,
    /// Bytes an element: 0, 1, 2, 4 or a multiple of 8.
    pub stride: u32,
    pub ptrs: PtrMap,
    /// Of an object whose elements are words, all of them traced: `Some(n)` when its first words are no references after all, `n` of
    /// them and as many again as the first one says. That one is written once, before the object is reachable. What is no reference is
    /// overwritten without the barrier, so nobody may take it for one.
    pub lead: Option<u32>,
}

impl Desc {
    /// A descriptor without [`Desc::lead`].
    pub fn new(prefix_words: u32, prefix_ptrs: PtrMap, stride: u32, ptrs: PtrMap) -> Desc {
        Desc { prefix_words, prefix_ptrs, stride, ptrs, lead: None }
    }
}

#[derive(Clone, Debug)]
pub struct HeapConfig {
    /// Hard limit in bytes over spans and accounted outside memory.
    pub limit: usize,
    /// Percent of live bytes to allocate before the next collection; `None` is off.
    pub gogc: Option<u32>,
    /// Ask for a collection at every n-th allocation refill or allocation (stress mode).
    pub stress_every: Option<u32>,
    /// Test mode: the n-th allocation and all later ones fail as at the limit.
    pub fail_from: Option<u64>,
    /// A line on standard error for each stop.
    pub trace: bool,
    /// Fill freed cells with 0xdb.
    pub poison: bool,
    /// In poison mode, keep so many bytes of freed cells from being used again for some collections.
    pub quarantine: usize,
    /// Check the marking with a second, simple marker.
    pub verify: bool,
}

impl Default for HeapConfig {
    /// No limit, Go's growth, no test mode.
    fn default() -> HeapConfig {
        HeapConfig {
            limit: usize::MAX,
            gogc: Some(100),
            stress_every: None,
            fail_from: None,
            trace: false,
            poison: false,
            quarantine: 0,
            verify: false,
        }
    }
}

/// The heap of one runtime.
pub struct Heap {
    descs: Descs,
    pages: Pages,
    unswept: Box<[Unswept; KINDS]>,
    pacer: Pacer,
    cycle: Cycle,
    finals: Finals,
    quarantine: Mutex<Quarantine>,
    live_hook: OnceLock<Box<LiveHook>>,
    /// Number of the last collection, see `page`.
    epoch: AtomicU8,
    /// Threads that mark a large heap.
    workers: AtomicUsize,
    config: HeapConfig,
}

/// The most address space that is reserved for objects; it is halved until the system agrees.
const RESERVE_MOST: usize = 256 << 30;
const RESERVE_LEAST: usize = 64 << 20;

impl Heap {
    /// Fails when no address space can be reserved.
    pub fn new(config: HeapConfig) -> Result<Heap, String> {
        let reserve = |bytes: usize| Heap::with_regions(&config, bytes, Descs::MAX.min(bytes >> 12), Region::reserve);
        let mut bytes = RESERVE_MOST;
        while bytes >= RESERVE_LEAST {
            match reserve(bytes) {
                Some(heap) if bytes == RESERVE_MOST => return Ok(heap),
                // Address space is short: leave some for threads and libraries.
                Some(heap) => {
                    drop(heap);
                    return reserve(bytes / 2).ok_or_else(|| String::from("address space was taken meanwhile"));
                }
                None => bytes /= 2,
            }
        }
        Err(String::from("cannot reserve address space for the heap"))
    }

    /// A heap of `bytes` bytes and `descs` descriptors in regions from `source`.
    fn with_regions(
        config: &HeapConfig,
        bytes: usize,
        descs: usize,
        source: impl Fn(usize) -> Option<Region>,
    ) -> Option<Heap> {
        let count = bytes / PAGE;
        let cells = source(count * PAGE)?;
        let table = source(count * size_of::<Page>())?;
        let marks = source(count * MARKS_PER_PAGE)?;
        Some(Heap {
            descs: Descs::new(source(Descs::bytes(descs))?),
            pages: Pages::new(cells, table, marks),
            unswept: Box::new(std::array::from_fn(|_| Unswept::new())),
            pacer: Pacer::new(config.limit, config.gogc, config.stress_every).failing(config.fail_from),
            cycle: Cycle::new(),
            finals: Finals::default(),
            quarantine: Mutex::default(),
            live_hook: OnceLock::new(),
            epoch: AtomicU8::new(1),
            workers: AtomicUsize::new(1),
            config: config.clone(),
        })
    }

    /// Appends to the descriptor table (callable while goroutines run: the prompt adds types). Id 0 exists from the start; the
    /// first call returns 1.
    pub fn add_desc(&self, desc: Desc) -> DescId {
        self.descs.add(desc)
    }

    pub fn new_cache(&self) -> Cache {
        Cache::new()
    }

    /// A collection is due: the caller's next safepoint should stop the world.
    #[inline(always)]
    pub fn want_gc(&self) -> bool {
        self.want_gc_flag().load(Relaxed)
    }

    /// An allocation has failed without which the caller can go on: no collection for its sake. Who needs one asks again.
    pub fn withdraw(&self) {
        self.pacer.take_pressed();
        self.pacer.served();
    }

    /// What [`Heap::want_gc`] reads. Set by allocation, cleared by a collection.
    #[inline(always)]
    pub fn want_gc_flag(&self) -> &AtomicBool {
        self.pacer.want_flag()
    }

    /// Calls `hook` whenever the flag becomes set, on the allocating thread, which must not wait for a collection there. Only
    /// the first hook counts; false when there was one.
    pub fn set_gc_hook(&self, hook: Box<dyn Fn() + Send + Sync>) -> bool {
        self.pacer.set_hook(hook)
    }

    /// Threads that mark together when much is alive (the collecting one and helpers started for the collection).
    pub fn set_mark_workers(&self, n: usize) {
        self.workers.store(n, Relaxed);
    }

    /// Sets the growth percentage (`None`: off) and returns the old one.
    pub fn set_gogc(&self, gogc: Option<u32>) -> Option<u32> {
        let old = self.pacer.set_gogc(gogc);
        self.retrigger();
        old
    }

    /// What collections try to keep the memory below; `usize::MAX`: nothing.
    pub fn soft_limit(&self) -> usize {
        self.pacer.soft_limit()
    }

    pub fn set_soft_limit(&self, limit: usize) {
        self.pacer.set_soft_limit(limit);
        self.retrigger();
    }

    fn retrigger(&self) {
        // The end of a cycle looks at the settings anyway.
        if !self.cycle.marking() {
            self.pacer.retrigger(self.pages.inuse() * PAGE);
        }
    }

    /// The pauses of the last collections.
    pub fn pauses(&self) -> Box<Pauses> {
        self.pacer.pauses.lock().clone()
    }

    /// Sets the hard limit and returns the old one.
    pub fn set_limit(&self, limit: usize) -> usize {
        self.pacer.set_limit(limit)
    }

    /// Memory outside of the heap (goroutine stacks, native buffers) that counts against the limit and for pacing. False, and
    /// nothing is added, when the limit would be passed; a collection is asked for then. Giving back never fails.
    pub fn account_external(&self, delta: isize) -> bool {
        self.pacer.account_external(delta, self.pages.inuse())
    }

    /// Whether `bytes` more would fit below the limit now. What a native takes from Rust's allocator is asked for here before, and
    /// a no is to be answered like a failed allocation; a collection is asked for then.
    pub fn has_room(&self, bytes: usize) -> bool {
        let fits = !self.pacer.refuses() && bytes <= self.pacer.room(self.pages.inuse());
        if !fits {
            self.pacer.press();
        }
        fits
    }

    /// The header of the object that a reference points into, and the address of its payload; `None` when the word is no
    /// reference into an allocated cell. A dead object that was not swept yet is still found.
    pub fn resolve(&self, word: u64) -> Option<(Header, *mut u64)> {
        let (_, _, cell) = self.pages.locate(word as usize)?;
        let cell = cell.cast::<u64>();
        // SAFETY: `locate` gives the first byte of a cell; an atomic, because another P may be writing its header.
        let header = Header(unsafe { AtomicU64::from_ptr(cell) }.load(Relaxed));
        (header.desc() != 0).then(|| (header, cell.wrapping_add(1)))
    }

    /// The end of the object that a reference points into, when that is an array of elements of `stride` bytes and nothing else. A
    /// reference that somebody has loaded for such elements is aligned to them there.
    pub fn array_end(&self, at: u64, stride: u32) -> Option<u64> {
        let (header, payload) = self.resolve(at)?;
        let entry = self.descs.get(header.desc())?;
        let plain = entry.stride == stride && entry.fixed as usize == size_of::<Header>();
        plain.then(|| payload as u64 + header.len() * stride as u64)
    }

    pub fn stats(&self) -> HeapStats {
        let inuse = self.pages.inuse();
        HeapStats {
            heap_sys: (self.pages.used() * PAGE) as u64,
            heap_inuse: (inuse * PAGE) as u64,
            heap_released: (self.pages.released() * PAGE) as u64,
            page_table: (self.pages.used() * size_of::<Page>()) as u64,
            page_table_inuse: (inuse * size_of::<Page>()) as u64,
            marks: (self.pages.used() * MARKS_PER_PAGE) as u64,
            ..self.pacer.stats()
        }
    }

    /// As [`Heap::stats`], where caches count what they have handed out. The world is stopped, or only the caller allocates.
    pub fn exact_stats<'c>(&self, caches: impl Iterator<Item = &'c Cache>) -> HeapStats {
        let mut stats = self.stats();
        for (bytes, objects) in caches.map(|cache| cache.unreported()) {
            stats.caches += size_of::<Cache>() as u64;
            for (sum, more) in [(&mut stats.heap_alloc, bytes), (&mut stats.total_alloc, bytes)] {
                *sum = sum.saturating_add_signed(more);
            }
            for (sum, more) in [(&mut stats.mallocs, objects), (&mut stats.heap_objects, objects)] {
                *sum = sum.saturating_add_signed(more);
            }
        }
        stats
    }

    /// Gives all free runs of pages back to the system (`debug.FreeOSMemory`); returns the bytes. May take long.
    pub fn release_free(&self) -> usize {
        self.pages.release_free(0, usize::MAX) * PAGE
    }
}

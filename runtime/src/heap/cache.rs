//! Allocation: a cache of runs of free cells for each P, its fast path, and the sweep that refills it.
//!
//! Invariants: a run `[cur, lim)` is a whole number of zeroed cells of its kind that only this cache hands out; the span a
//! cursor stands in is in no list. In stress mode a run is one cell, so that every allocation takes the slow path.
//! A cell is *free* when its mark byte is not the current epoch: sweeping is finding the next run of such cells. Collections
//! flush all caches first, so no run outlives an epoch. Headers in a run are 0 until the cell is allocated.

use super::page::{LARGE, NO_PAGE, SMALL, Span};
use super::size::{KINDS, PAGE, SMALL_MAX, class_of, magic, size_of_kind, span_cells, span_pages};
use super::{DescId, Header, Heap};
use crate::sync::atomic::{AtomicU64, Ordering::*};

/// Free cells in a row.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Run {
    pub cur: *mut u8,
    pub lim: *mut u8,
}

const EMPTY: Run = Run { cur: std::ptr::null_mut(), lim: std::ptr::null_mut() };

/// The span that a kind is allocated from, and the next cell to look at.
#[derive(Clone, Copy)]
struct Cursor {
    first: u32,
    next: u16,
    /// The span was never allocated from: its cells are zero and free.
    fresh: bool,
}

const NOWHERE: Cursor = Cursor { first: NO_PAGE, next: 0, fresh: false };

/// Number of the run that is always empty: objects that have no class.
const NO_KIND: usize = KINDS;

/// Per-P allocation cache, embedded in `P`. Compiled code may read `runs` at offset 0.
#[repr(C)]
pub struct Cache {
    runs: [Run; KINDS + 1],
    cursors: [Cursor; KINDS],
    /// Granted, but not reported to the pacer yet.
    bytes: usize,
    objects: usize,
    /// 1 while a concurrent cycle marks: the barrier is on. Set while the world is stopped.
    marking: u32,
    /// Number of the last concurrent cycle.
    cycle: u8,
    /// Overwritten words that were not handed to the marker yet.
    shaded: Vec<usize>,
    /// Where arrays end, since the last stop of the world: by address and stride, lossy. Empty until there is something to keep.
    ends: Vec<End>,
    has_ends: bool,
}

/// The address and stride of an array of elements ([`key_of`]), and where it ends; zeros: nothing.
type End = [u64; 2];

/// A power of two: the rows of a large matrix have their places.
const ENDS: usize = 4096;

/// Addresses have 48 bits, strides that are asked for 16. Never 0.
#[inline(always)]
fn key_of(at: u64, stride: u32) -> u64 {
    at ^ (stride as u64) << 48
}

#[inline(always)]
fn place_of(key: u64) -> usize {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    // The product alone would lay arrays at certain distances onto each other, all of them.
    ((key ^ key >> 7).wrapping_mul(SPREAD) >> (64 - ENDS.trailing_zeros())) as usize
}

// SAFETY: the runs' memory belongs to whoever owns the cache, on any thread.
unsafe impl Send for Cache {}

/// Words that a cache collects for the marker.
const SHADED: usize = 512;
/// Granted bytes after which a cache reports.
const REPORT: usize = 8 << 10;

/// Where an object of known size is allocated: made once by [`Heap::class_of`], used by [`Heap::alloc_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocKey {
    pub kind: u32,
    pub size: u32,
    pub header: Header,
}

impl Cache {
    pub(super) fn new() -> Cache {
        Cache {
            runs: [EMPTY; KINDS + 1],
            cursors: [NOWHERE; KINDS],
            bytes: 0,
            objects: 0,
            marking: 0,
            cycle: 0,
            shaded: Vec::new(),
            ends: Vec::new(),
            has_ends: false,
        }
    }

    /// Bytes and objects that the pacer does not know of, less those that it knows of and nobody got.
    pub(super) fn unreported(&self) -> (i64, i64) {
        let (mut bytes, mut objects) = (self.bytes as i64, self.objects as i64);
        for (kind, run) in self.runs[..KINDS].iter().enumerate() {
            let left = run.lim as usize - run.cur as usize;
            bytes -= left as i64;
            objects -= (left / size_of_kind(kind)) as i64;
        }
        (bytes, objects)
    }

    /// Where the word of [`Cache::marking`] lies.
    pub const MARKING: usize = std::mem::offset_of!(Cache, marking);
    /// The barrier is on.
    #[inline(always)]
    pub fn marking(&self) -> bool {
        self.marking != 0
    }

    /// Number of the last concurrent cycle.
    #[inline(always)]
    pub fn cycle(&self) -> u8 {
        self.cycle
    }

    /// The state of the heap's cycle, after every stop of the world.
    pub fn follow(&mut self, heap: &Heap) {
        // Other objects may lie there from now on.
        if std::mem::take(&mut self.has_ends) {
            self.ends.fill([0; 2]);
        }
        self.marking = heap.marking() as u32;
        self.cycle = heap.cycle_number();
    }

    /// Whether the `bytes` bytes from a reference on are known to lie in an array of elements of `stride` (1 to 65535) bytes.
    #[inline(always)]
    pub fn is_inside(&self, at: u64, bytes: u64, stride: u32) -> bool {
        let key = key_of(at, stride);
        let place = self.ends.get(place_of(key));
        place.is_some_and(|[known, end]| *known == key && at.wrapping_add(bytes) <= *end)
    }

    /// Keeps where the array ends that a reference to a live object, or to memory that is never freed, points into.
    pub fn learn_end(&mut self, at: u64, stride: u32, end: u64) {
        let key = key_of(at, stride);
        if self.ends.is_empty() {
            self.ends = vec![[0; 2]; ENDS];
        }
        self.ends[place_of(key)] = [key, end];
        self.has_ends = true;
    }

    /// Gives words to the marker that are about to be overwritten, or that it has to look at anyway. They need not be references.
    ///
    /// # Safety
    /// `len` words can be read from `at`.
    pub unsafe fn shade(&mut self, heap: &Heap, at: *const u64, len: usize) {
        for i in 0..len {
            // SAFETY: the caller's range; other goroutines may write there.
            let word = unsafe { AtomicU64::from_ptr(at.add(i).cast_mut()) }.load(Relaxed) as usize;
            if heap.in_range(word) {
                self.shaded.push(word);
            }
        }
        if self.shaded.len() >= SHADED {
            heap.hand_over(self);
        }
    }

    pub(super) fn take_shaded(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.shaded)
    }
}

impl Heap {
    /// Precomputes the allocation of an object, for [`Heap::alloc_key`]. Lengths that no object can have give a key that
    /// always answers null.
    pub fn class_of(&self, desc: DescId, len: u64) -> AllocKey {
        let large = |header| AllocKey { kind: NO_KIND as u32, size: 1, header };
        match self.descs.get(desc) {
            Some(entry) if len < entry.small_lens => {
                let kind = class_of(entry.small_size(len)) * 2 + entry.noscan() as usize;
                AllocKey { kind: kind as u32, size: size_of_kind(kind) as u32, header: Header::new(desc, len) }
            }
            Some(_) if len <= Header::LEN_MAX => large(Header::new(desc, len)),
            Some(_) | None => large(Header(0)),
        }
    }

    /// As [`Heap::alloc`], with the class and header computed before.
    ///
    /// # Safety
    /// `cache` belongs to this heap and to the calling P; `key` was made by this heap's [`Heap::class_of`].
    #[inline(always)]
    pub unsafe fn alloc_key(&self, cache: &mut Cache, key: AllocKey) -> *mut u64 {
        // SAFETY: keys are made with a kind of at most NO_KIND and with its size.
        unsafe { self.bump(cache, key.kind as usize, key.size as usize, key.header) }
    }

    /// A zeroed object; null when the limit is reached or `len` is absurd. Never collects.
    ///
    /// # Safety
    /// `cache` belongs to this heap and to the calling P; `desc` is in the table.
    #[inline(always)]
    pub unsafe fn alloc(&self, cache: &mut Cache, desc: DescId, len: u64) -> *mut u64 {
        // SAFETY: the caller's promise.
        let entry = unsafe { self.descs.get_unchecked(desc) };
        if len >= entry.small_lens {
            return self.alloc_large(cache, desc, len);
        }
        let kind = class_of(entry.small_size(len)) * 2 + entry.noscan() as usize;
        // SAFETY: `class_of` gives a class of the table.
        unsafe { self.bump(cache, kind, size_of_kind(kind), Header::new(desc, len)) }
    }

    /// # Safety
    /// `cache` is the caller's; `kind <= NO_KIND` and `size` is its cell size (any but 0 for NO_KIND).
    #[inline(always)]
    unsafe fn bump(&self, cache: &mut Cache, kind: usize, size: usize, header: Header) -> *mut u64 {
        debug_assert!(kind <= NO_KIND && size > 0);
        // SAFETY: the caller's bound of `kind`.
        let run = unsafe { cache.runs.get_unchecked_mut(kind) };
        let cell = run.cur;
        let next = cell.wrapping_add(size);
        if next as usize > run.lim as usize {
            return self.alloc_slow(cache, kind, header);
        }
        run.cur = next;
        // SAFETY: the cell lies in a run, which is this cache's zeroed memory.
        unsafe { publish(cell, header) }
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&self, cache: &mut Cache, kind: usize, header: Header) -> *mut u64 {
        if kind == NO_KIND {
            // A key of an absurd length has no header.
            return if header.0 == 0 {
                std::ptr::null_mut()
            } else {
                self.alloc_large(cache, header.desc(), header.len())
            };
        }
        self.pacer.tick();
        if self.pacer.refuses() || !self.refill(cache, kind) {
            self.pacer.press();
            return std::ptr::null_mut();
        }
        let run = &mut cache.runs[kind];
        let cell = run.cur;
        run.cur = cell.wrapping_add(size_of_kind(kind));
        debug_assert!(run.cur <= run.lim);
        // SAFETY: `refill` has left at least one cell in the run.
        unsafe { publish(cell, header) }
    }

    /// An object with a span of its own.
    #[cold]
    #[inline(never)]
    fn alloc_large(&self, cache: &mut Cache, desc: DescId, len: u64) -> *mut u64 {
        let null = std::ptr::null_mut();
        let Some(entry) = self.descs.get(desc) else { return null };
        let Some(size) = entry.size(len).filter(|_| len <= Header::LEN_MAX) else { return null };
        debug_assert!(size > SMALL_MAX);
        self.pacer.tick();
        let npages = size.div_ceil(PAGE);
        let allowed = if self.pacer.refuses() { 0 } else { self.pacer.allowed_pages() };
        let Some(first) = self.pages.take(npages, allowed) else {
            self.pacer.press();
            return null;
        };
        self.check_poisoned_pages(first, npages);
        let kind = entry.noscan() as usize;
        self.pages.make_span(Span {
            first,
            npages,
            size: 0,
            magic: 0,
            ncells: 1,
            kind,
            state: LARGE,
            mark: self.newborn(),
        });
        self.pacer.grant(npages * PAGE, 1);
        if cache.marking() {
            self.assist(cache);
        }
        // SAFETY: the span is fresh and this call's own.
        unsafe { publish(self.pages.address(first), Header::new(desc, len)) }
    }

    /// Fills the run of a kind with at least one cell; false when the limit is reached.
    fn refill(&self, cache: &mut Cache, kind: usize) -> bool {
        loop {
            if let Some((run, cells, fresh)) = self.next_run(&mut cache.cursors[kind]) {
                self.clean(run, size_of_kind(kind), fresh);
                cache.runs[kind] = run;
                cache.bytes += run.lim as usize - run.cur as usize;
                cache.objects += cells;
                if cache.bytes >= REPORT || self.pacer.stressed() {
                    self.report(cache);
                }
                return true;
            }
            let swept = self.unswept[kind].pop(&self.pages).map(|first| (first, false));
            let Some((first, fresh)) = swept.or_else(|| self.new_span(kind).map(|first| (first, true))) else {
                return false;
            };
            cache.cursors[kind] = Cursor { first: first as u32, next: 0, fresh };
        }
    }

    /// The next run of free cells of the cursor's span; `None` leaves the span.
    fn next_run(&self, cursor: &mut Cursor) -> Option<(Run, usize, bool)> {
        if cursor.first == NO_PAGE {
            return None;
        }
        let first = cursor.first as usize;
        let page = self.pages.page(first);
        let ncells = page.ncells.load(Relaxed) as usize;
        let size = page.size.load(Relaxed) as usize;
        let most = if self.pacer.stressed() { 1 } else { ncells };
        let epoch = self.epoch.load(Relaxed);
        let is_free = |cell: usize| cursor.fresh || self.pages.mark(first, cell).load(Relaxed) != epoch;
        let from = cursor.next as usize;
        let Some(start) = (from..ncells).find(|&cell| is_free(cell)) else {
            cursor.first = NO_PAGE;
            return None;
        };
        let stop = ncells.min(start + most);
        let end = (start + 1..stop).find(|&cell| !is_free(cell)).unwrap_or(stop);
        let fresh = cursor.fresh;
        cursor.next = end as u16;
        let base = self.pages.address(first);
        let run = Run { cur: base.wrapping_add(start * size), lim: base.wrapping_add(end * size) };
        Some((run, end - start, fresh))
    }

    /// Zeroes a run that was swept; in poison mode checks first that nobody wrote to its cells.
    fn clean(&self, run: Run, size: usize, fresh: bool) {
        if fresh {
            return;
        }
        let bytes = run.lim as usize - run.cur as usize;
        if self.config.poison {
            self.check_poisoned_cells(run.cur, bytes / size, size);
        }
        // SAFETY: no live object lies in a run of free cells, and the span is this cache's.
        unsafe { std::ptr::write_bytes(run.cur, 0, bytes) };
    }

    /// What cells of a new span are marked with: they are alive in the cycle that marks now.
    fn newborn(&self) -> u8 {
        if self.cycle.marking() { self.epoch.load(Relaxed) } else { 0 }
    }

    /// A span of zeroed cells from free pages.
    fn new_span(&self, kind: usize) -> Option<usize> {
        let size = size_of_kind(kind);
        let npages = span_pages(size);
        let first = self.pages.take(npages, self.pacer.allowed_pages())?;
        self.check_poisoned_pages(first, npages);
        let ncells = span_cells(size);
        let mark = self.newborn();
        self.pages.make_span(Span { first, npages, size, magic: magic(size), ncells, kind, state: SMALL, mark });
        Some(first)
    }

    fn report(&self, cache: &mut Cache) {
        self.pacer.grant(cache.bytes, cache.objects);
        (cache.bytes, cache.objects) = (0, 0);
        if cache.marking() {
            self.assist(cache);
        }
    }

    /// Empties a cache: what it did not hand out is free again. World stopped, before the epoch advances or before a cycle ends.
    pub(super) fn flush(&self, cache: &mut Cache) {
        self.pacer.grant_quietly(cache.bytes, cache.objects);
        (cache.bytes, cache.objects) = (0, 0);
        let marking = self.cycle.marking();
        for (kind, run) in cache.runs[..KINDS].iter_mut().enumerate() {
            let size = size_of_kind(kind);
            let bytes = run.lim as usize - run.cur as usize;
            self.pacer.ungrant(bytes, bytes / size);
            if marking && bytes > 0 {
                self.unmark_run(run.cur, bytes / size);
            }
            *run = EMPTY;
        }
        for cursor in cache.cursors.iter_mut().filter(|cursor| marking && cursor.first != NO_PAGE && cursor.fresh) {
            let first = cursor.first as usize;
            let ncells = self.pages.page(first).ncells.load(Relaxed) as usize;
            self.pages.set_marks(first, cursor.next as usize, ncells, 0);
        }
        cache.cursors = [NOWHERE; KINDS];
    }

    /// Cells of a span that was born marked, and which nobody got.
    fn unmark_run(&self, start: *const u8, cells: usize) {
        if let Some((page, cell, _)) = self.pages.locate(start as usize) {
            self.pages.set_marks(page.first.load(Relaxed) as usize, cell, cell + cells, 0);
        }
    }
}

/// Writes the header of a new object and returns its payload.
///
/// # Safety
/// `cell` is the caller's zeroed cell.
#[inline(always)]
unsafe fn publish(cell: *mut u8, header: Header) -> *mut u64 {
    let cell = cell.cast::<u64>();
    // SAFETY: the caller's cell; cells are multiples of 8 bytes from a page's start.
    unsafe { cell.write(header.0) };
    // A reference may be published by a plain store: zeros and header must be visible before it.
    #[cfg(not(target_arch = "x86_64"))]
    crate::sync::atomic::fence(Release);
    cell.wrapping_add(1)
}

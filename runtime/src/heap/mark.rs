//! Marking: from root words to mark bytes, with explicit work lists and any number of workers.
//!
//! The stack holds *words* that lie in the heap's range and were not looked at. A worker pops a word, finds its cell,
//! prefetches the cell's mark byte and header into a ring of [`RING`] entries, and only when an entry leaves the ring tests and
//! sets the mark and scans the object. So the cache misses of eight objects overlap.
//!
//! Invariants: the world is stopped, or the concurrent cycle's barrier is on (see `cycle`). An object is scanned and counted once: by
//! the worker that has set its mark byte. Any word is accepted; a cell without a header (free, or never allocated) has nothing to scan. Objects
//! above [`SPLIT_WORDS`] are scanned in pieces through `ranges`, so the stack stays short. When a stopped marking is over, `pool` says.

use super::desc::{Entry, Map, Scan};
use super::page::Page;
use super::pool::{Pool, claim};
use super::{DescId, Header, Heap};
use crate::sync::atomic::{AtomicU8, AtomicU64, Ordering::*};

/// Objects in flight between prefetch and scan.
const RING: usize = 8;
/// Larger objects are split into pieces of this many words.
const SPLIT_WORDS: usize = 1024;
/// A worker looks after so many objects (a power of two) whether others wait for work.
const SHARE_EVERY: usize = 256;
/// Root words that may wait before they are followed.
const ROOTS_AT_ONCE: usize = 1 << 14;

/// A found cell on its way through the ring.
#[derive(Clone, Copy)]
struct Slot<'h> {
    cell: *mut u8,
    mark: &'h AtomicU8,
    page: &'h Page,
}

/// What is left of a large object.
#[derive(Clone, Copy)]
pub enum Range {
    /// Every word is a candidate.
    Words { at: *const u64, len: usize },
    /// Elements by the map of a descriptor.
    Elements { at: *const u64, len: u64, desc: DescId },
}

pub enum Work {
    Words(Vec<usize>),
    Range(Range),
}

// SAFETY: ranges point into marked objects, which all workers may read until the cycle ends.
unsafe impl Send for Work {}

/// One worker.
pub struct Marker<'h> {
    heap: &'h Heap,
    pool: &'h Pool<Work>,
    epoch: u8,
    /// No other worker marks.
    alone: bool,
    base: usize,
    /// Bytes from `base` that can hold objects.
    span: usize,
    stack: Vec<usize>,
    ranges: Vec<Range>,
    pub objects: usize,
    pub bytes: usize,
}

impl<'h> Marker<'h> {
    pub fn new(heap: &'h Heap, pool: &'h Pool<Work>, epoch: u8) -> Marker<'h> {
        Marker {
            heap,
            pool,
            epoch,
            alone: pool.is_of_one(),
            base: heap.pages.base() as usize,
            span: heap.pages.used() * super::size::PAGE,
            stack: Vec::new(),
            ranges: Vec::new(),
            objects: 0,
            bytes: 0,
        }
    }

    /// Takes root words; follows them when many wait.
    ///
    /// # Safety
    /// `len` words can be read from `at`.
    pub unsafe fn roots(&mut self, at: *const u64, len: usize) {
        let mut done = 0;
        while done < len {
            let now = (len - done).min(ROOTS_AT_ONCE);
            // SAFETY: the caller's range.
            unsafe { self.push_words(at.add(done), now) };
            done += now;
            if self.stack.len() > ROOTS_AT_ONCE {
                self.drain();
            }
        }
    }

    /// As [`Marker::roots`], following nothing.
    ///
    /// # Safety
    /// `len` words can be read from `at`.
    pub unsafe fn push_range(&mut self, at: *const u64, len: usize) {
        // SAFETY: the caller's range.
        unsafe { self.push_words(at, len) };
    }

    /// Whether something waits to be marked.
    pub fn waiting(&self) -> bool {
        !self.stack.is_empty() || !self.ranges.is_empty()
    }

    /// Marks until no worker has work.
    pub fn work(&mut self) {
        self.drain();
        while let Some(work) = self.pool.next() {
            self.take(work);
            self.drain();
        }
    }

    #[inline(always)]
    pub fn push(&mut self, word: u64) {
        if (word as usize).wrapping_sub(self.base) < self.span {
            self.stack.push(word as usize);
        }
    }

    /// # Safety
    /// `len` words can be read from `at`.
    #[inline(always)]
    unsafe fn push_words(&mut self, at: *const u64, len: usize) {
        for i in 0..len {
            // SAFETY: the caller's range.
            self.push(unsafe { load(at.add(i)) });
        }
    }

    /// Empties stack and ranges.
    fn drain(&mut self) {
        self.drain_for(usize::MAX);
    }

    /// Marks about `budget` objects more; true when nothing is left.
    pub fn drain_for(&mut self, budget: usize) -> bool {
        let until = self.objects.saturating_add(budget);
        // Pieces of large objects count too: a piece of small integers would else be free.
        let mut pieces = budget;
        loop {
            self.drain_stack(until);
            if self.objects >= until || pieces == 0 {
                return self.stack.is_empty() && self.ranges.is_empty();
            }
            let Some(range) = self.ranges.pop() else { return true };
            pieces = pieces.saturating_sub(SPLIT_WORDS / 8);
            // SAFETY: ranges are made from whole objects, which stay while they are marked.
            unsafe { self.scan_piece(range) };
        }
    }

    /// Takes work of the pool over.
    pub fn take(&mut self, work: Work) {
        match work {
            Work::Words(words) if self.stack.is_empty() => self.stack = words,
            Work::Words(words) => self.stack.extend(words),
            Work::Range(range) => self.ranges.push(range),
        }
    }

    /// Gives everything that is left to `put`.
    pub fn give_back(&mut self, put: &mut dyn FnMut(Work)) {
        if !self.stack.is_empty() {
            put(Work::Words(std::mem::take(&mut self.stack)));
        }
        for range in self.ranges.drain(..) {
            put(Work::Range(range));
        }
    }

    /// Half of the words, the oldest: they lead to the largest parts of the graph. `None` when they are few.
    pub fn split(&mut self) -> Option<Work> {
        const FEW: usize = 16;
        (self.stack.len() > FEW).then(|| Work::Words(self.stack.drain(..self.stack.len() / 2).collect()))
    }

    fn drain_stack(&mut self, until: usize) {
        let mut ring: [Option<Slot<'h>>; RING] = [None; RING];
        let (mut head, mut n) = (0, 0);
        loop {
            while n < RING
                && self.objects < until
                && let Some(word) = self.stack.pop()
            {
                if let Some(slot) = self.find(word) {
                    ring[(head + n) % RING] = Some(slot);
                    n += 1;
                }
            }
            let Some(slot) = ring[head].take() else { return };
            head = (head + 1) % RING;
            n -= 1;
            self.visit(slot);
            if self.objects.is_multiple_of(SHARE_EVERY) && self.stack.len() > 1 && self.pool.is_hungry() {
                // The oldest words lead to the largest parts of the graph.
                let words = self.stack.drain(..self.stack.len() / 2).collect();
                self.pool.put(Work::Words(words));
            }
        }
    }

    #[inline(always)]
    fn find(&self, word: usize) -> Option<Slot<'h>> {
        let (page, index, cell) = self.heap.pages.locate(word)?;
        let mark = self.heap.pages.mark(page.first.load(Relaxed) as usize, index);
        prefetch(mark.as_ptr());
        if !page.noscan() {
            prefetch(cell);
        }
        Some(Slot { cell, mark, page })
    }

    #[inline(always)]
    fn visit(&mut self, slot: Slot<'h>) {
        if !claim(slot.mark, self.epoch, self.alone) {
            return;
        }
        let first = self.heap.pages.page(slot.page.first.load(Relaxed) as usize);
        if first.live.load(Relaxed) != self.epoch {
            first.live.store(self.epoch, Relaxed);
        }
        self.objects += 1;
        self.bytes += slot.page.cell_bytes();
        if !slot.page.noscan() {
            // SAFETY: `locate` gave the first byte of a cell, which holds a header or zeros.
            unsafe { self.scan(slot.cell) };
        }
    }

    /// # Safety
    /// `cell` is the first byte of a cell; its header is 0 or belongs to the object in it.
    #[inline(always)]
    unsafe fn scan(&mut self, cell: *const u8) {
        let payload = cell.cast::<u64>().wrapping_add(1);
        // SAFETY: the caller's cell.
        let header = Header(unsafe { load(cell.cast::<u64>()) });
        let Some(entry) = self.heap.descs.get(header.desc()) else { return };
        // SAFETY: header and entry give the object's extent, which lies in the cell.
        unsafe {
            match entry.scan {
                Scan::None => {}
                Scan::Words => self.scan_words(payload, entry, header.len(), entry.skip as usize),
                Scan::Behind => self.scan_words(payload, entry, header.len(), entry.skipped(payload)),
                Scan::Elements => self.scan_elements(payload, entry, header),
                Scan::General => {
                    self.scan_map(payload, &entry.prefix);
                    self.scan_elements(cell.wrapping_add(entry.fixed as usize).cast(), entry, header);
                }
            }
        }
    }

    /// # Safety
    /// `payload` is that of an object of `len` elements of `entry`, whose first `skip` words are no references.
    #[inline(always)]
    unsafe fn scan_words(&mut self, payload: *const u64, entry: &Entry, len: u64, skip: usize) {
        let words = (entry.fixed as usize + len as usize * entry.stride as usize) / 8 - 1;
        let skip = skip.min(words);
        let (at, len) = (payload.wrapping_add(skip), words - skip);
        if len > SPLIT_WORDS {
            self.ranges.push(Range::Words { at, len });
        } else {
            // SAFETY: the words are the object's.
            unsafe { self.push_words(at, len) };
        }
    }

    /// # Safety
    /// At `at` lie the elements of an object with this header.
    #[inline(always)]
    unsafe fn scan_elements(&mut self, at: *const u64, entry: &Entry, header: Header) {
        let words = entry.stride as usize / 8;
        let len = header.len();
        if words == 0 {
            return;
        }
        if words * len as usize > SPLIT_WORDS && len > 1 {
            self.ranges.push(Range::Elements { at, len, desc: header.desc() });
            return;
        }
        for i in 0..len as usize {
            // SAFETY: the elements are the object's.
            unsafe { self.scan_map(at.add(i * words), &entry.ptrs) };
        }
    }

    /// # Safety
    /// The words that `map` describes begin at `at`.
    #[inline(always)]
    unsafe fn scan_map(&mut self, at: *const u64, map: &Map) {
        for (i, mask) in map.masks().iter().enumerate() {
            let mut mask = *mask;
            while mask != 0 {
                // SAFETY: set bits number words of the described part.
                self.push(unsafe { load(at.add(i * 64 + mask.trailing_zeros() as usize)) });
                mask &= mask - 1;
            }
        }
    }

    /// Scans a piece of a large object and puts the rest back, into the pool if others have nothing to do.
    ///
    /// # Safety
    /// The range lies in an object.
    unsafe fn scan_piece(&mut self, range: Range) {
        match range {
            Range::Words { at, len } => {
                let now = len.min(SPLIT_WORDS);
                self.put_back(len > now, Range::Words { at: at.wrapping_add(now), len: len - now });
                // SAFETY: the caller's range.
                unsafe { self.push_words(at, now) };
            }
            Range::Elements { at, len, desc } => {
                let Some(entry) = self.heap.descs.get(desc) else { return };
                let words = entry.stride as usize / 8;
                let now = len.min((SPLIT_WORDS / words.max(1)).max(1) as u64);
                let rest = at.wrapping_add(now as usize * words);
                self.put_back(len > now, Range::Elements { at: rest, len: len - now, desc });
                for i in 0..now as usize {
                    // SAFETY: the caller's range.
                    unsafe { self.scan_map(at.add(i * words), &entry.ptrs) };
                }
            }
        }
    }

    fn put_back(&mut self, is_left: bool, rest: Range) {
        if !is_left {
            return;
        }
        if self.pool.is_hungry() {
            self.pool.put(Work::Range(rest));
        } else {
            self.ranges.push(rest);
        }
    }
}

/// A word that a goroutine may be writing: whatever is read is a candidate, and the barrier has what was there before.
///
/// # Safety
/// The word can be read.
#[inline(always)]
unsafe fn load(at: *const u64) -> u64 {
    // SAFETY: the caller's word, which is aligned.
    unsafe { AtomicU64::from_ptr(at.cast_mut()) }.load(Relaxed)
}

/// Starts loading a cache line.
#[inline(always)]
fn prefetch<T>(at: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a prefetch never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast())
    };
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = at;
}

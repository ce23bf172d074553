//! The page table, the mark bytes and the page allocator.
//!
//! A **span** is a run of pages that holds cells of one kind, or one large object. Its page entry is repeated for each of
//! its pages, so that one load resolves an interior reference; `live`, `next` are those of the first page only.
//!
//! Invariants: `state` is stored last (Release) when a span is made and first when it is freed; the entries of a free page
//! are its allocator's. Spans are freed only while the world is stopped. A free page that is not `dirty` is all zeros. The
//! mark byte of a cell holds the epoch of the last collection that reached it (0: none since the span was made).

use super::region::Region;
use super::size::{MARKS_PER_PAGE, PAGE, PAGE_SHIFT, index};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering::*};

/// No page: end of a list, empty cursor.
pub const NO_PAGE: u32 = u32::MAX;

pub const FREE: u8 = 0;
pub const SMALL: u8 = 1;
pub const LARGE: u8 = 2;

/// What a page belongs to. All zeros is a free, clean page.
#[repr(C, align(32))]
#[derive(Default)]
pub struct Page {
    /// First page of the span.
    pub first: AtomicU32,
    pub npages: AtomicU32,
    /// Cell size in bytes; 0 for a large object.
    pub size: AtomicU32,
    pub magic: AtomicU32,
    /// Next span of the list of unswept spans.
    pub next: AtomicU32,
    pub ncells: AtomicU16,
    /// `class * 2 + noscan`; for large objects only the last bit counts.
    pub kind: AtomicU8,
    pub state: AtomicU8,
    /// Epoch of the last collection that reached a cell of the span.
    pub live: AtomicU8,
    /// The free page may hold something else than zeros. Kept for each page, also in a span.
    pub dirty: AtomicBool,
}

impl Page {
    #[inline(always)]
    pub fn noscan(&self) -> bool {
        self.kind.load(Relaxed) & 1 == 1
    }
    /// Bytes of a cell.
    #[inline(always)]
    pub fn cell_bytes(&self) -> usize {
        match self.size.load(Relaxed) {
            0 => self.npages.load(Relaxed) as usize * PAGE,
            size => size as usize,
        }
    }
}

/// The description of a span to be made.
pub struct Span {
    pub first: usize,
    pub npages: usize,
    pub size: usize,
    pub magic: u32,
    pub ncells: usize,
    pub kind: usize,
    pub state: u8,
    /// Epoch that all cells are born with: 0, or the one being marked.
    pub mark: u8,
}

/// The memory of the heap and its side tables.
pub struct Pages {
    /// `count` pages.
    cells: Region,
    /// `count` entries.
    table: Region,
    /// `count * MARKS_PER_PAGE` bytes.
    marks: Region,
    count: usize,
    /// Pages that were ever in use: those above are untouched.
    used: AtomicUsize,
    /// Pages in spans; changes under the lock of `free`.
    inuse: AtomicUsize,
    pub free: Mutex<FreePages>,
}

/// Which pages below `used` are free.
#[derive(Default)]
pub struct FreePages {
    bits: Vec<u64>,
    nfree: usize,
    /// Words of `bits` before this one are 0.
    lowest: usize,
}

impl Pages {
    pub fn new(cells: Region, table: Region, marks: Region) -> Pages {
        let count = cells.len() / PAGE;
        assert!(table.len() >= count * size_of::<Page>() && marks.len() >= count * MARKS_PER_PAGE);
        assert!(count < NO_PAGE as usize);
        Pages {
            cells,
            table,
            marks,
            count,
            used: AtomicUsize::new(0),
            inuse: AtomicUsize::new(0),
            free: Mutex::default(),
        }
    }

    #[inline(always)]
    pub fn base(&self) -> *mut u8 {
        self.cells.base()
    }

    /// Pages that were ever in use.
    #[inline(always)]
    pub fn used(&self) -> usize {
        self.used.load(Acquire)
    }

    #[inline(always)]
    pub fn page(&self, i: usize) -> &Page {
        debug_assert!(i < self.count);
        // SAFETY: the table has `count` entries, zeroed memory is a valid entry, and entries are only atomics.
        unsafe { &*self.table.base().cast::<Page>().add(i) }
    }

    /// Address of a page's first byte.
    #[inline(always)]
    pub fn address(&self, page: usize) -> *mut u8 {
        self.cells.base().wrapping_add(page << PAGE_SHIFT)
    }

    /// The mark byte of a cell of the span that begins at page `first`.
    #[inline(always)]
    pub fn mark(&self, first: usize, cell: usize) -> &AtomicU8 {
        debug_assert!(first < self.count && cell < MARKS_PER_PAGE);
        // SAFETY: every page has MARKS_PER_PAGE bytes in the table, and no span has more cells than that.
        unsafe { &*self.marks.base().cast::<AtomicU8>().add(first * MARKS_PER_PAGE + cell) }
    }

    /// The cell that an address lies in: its page entry, its number, its first byte. `None` outside of spans' cells.
    #[inline(always)]
    pub fn locate(&self, word: usize) -> Option<(&Page, usize, *mut u8)> {
        let offset = word.wrapping_sub(self.base() as usize);
        if offset >= self.count << PAGE_SHIFT {
            return None;
        }
        let page = self.page(offset >> PAGE_SHIFT);
        if page.state.load(Acquire) == FREE {
            return None;
        }
        let start = (page.first.load(Relaxed) as usize) << PAGE_SHIFT;
        let cell = index(offset - start, page.magic.load(Relaxed));
        if cell >= page.ncells.load(Relaxed) as usize {
            return None;
        }
        let at = self.base().wrapping_add(start + cell * page.size.load(Relaxed) as usize);
        Some((page, cell, at))
    }

    /// `n` pages in a row for a new span while `allowed` pages may be in use, or `None`.
    pub fn take(&self, n: usize, allowed: usize) -> Option<usize> {
        let mut free = self.free.lock();
        if n == 0 || n > allowed.saturating_sub(self.inuse()) {
            return None;
        }
        let first = match free.find(n) {
            Some(first) => first,
            None => {
                let used = self.used.load(Relaxed);
                if n > self.count - used || !free.grow(used + n) {
                    return None;
                }
                self.used.store(used + n, Release);
                used
            }
        };
        self.inuse.fetch_add(n, Relaxed);
        Some(first)
    }

    /// Fills the entries of a span whose pages the caller has taken, and makes its memory and marks zero.
    pub fn make_span(&self, span: Span) {
        let Span { first, npages, size, magic, ncells, kind, state, mark } = span;
        self.zero(first, npages);
        self.set_marks(first, 0, ncells, mark);
        for i in first..first + npages {
            let page = self.page(i);
            debug_assert_eq!(page.state.load(Relaxed), FREE);
            page.first.store(first as u32, Relaxed);
            page.npages.store(npages as u32, Relaxed);
            page.size.store(size as u32, Relaxed);
            page.magic.store(magic, Relaxed);
            page.next.store(NO_PAGE, Relaxed);
            page.ncells.store(ncells as u16, Relaxed);
            page.kind.store(kind as u8, Relaxed);
            page.live.store(mark, Relaxed);
            page.state.store(state, Release);
        }
    }

    /// Sets the mark bytes of cells in a row.
    pub fn set_marks(&self, first: usize, from: usize, to: usize, mark: u8) {
        for cell in from..to {
            self.mark(first, cell).store(mark, Relaxed);
        }
    }

    /// Zeroes taken pages: the dirty ones, or all of them through the system when they are many.
    fn zero(&self, first: usize, n: usize) {
        let dirty = |i: &usize| self.page(*i).dirty.load(Relaxed);
        if n >= RELEASE_TO_ZERO && (first..first + n).any(|i| dirty(&i)) {
            // SAFETY: the pages are taken and in no span yet, so they are the caller's.
            unsafe { self.cells.release(first * PAGE, n * PAGE) };
        } else {
            for i in (first..first + n).filter(dirty) {
                // SAFETY: as above.
                unsafe { std::ptr::write_bytes(self.address(i), 0, PAGE) };
            }
        }
        for i in first..first + n {
            self.page(i).dirty.store(false, Relaxed);
        }
    }

    /// Frees a span's pages. World stopped.
    pub fn free_span(&self, free: &mut FreePages, first: usize) {
        let n = self.page(first).npages.load(Relaxed) as usize;
        for i in first..first + n {
            let page = self.page(i);
            page.state.store(FREE, Relaxed);
            page.dirty.store(true, Relaxed);
        }
        free.give(first, n);
        self.inuse.fetch_sub(n, Relaxed);
    }

    /// Gives runs of free pages back to the system, from the top, until `keep` dirty free pages are left or `most` were
    /// given. Returns the number of pages.
    pub fn release_free(&self, keep: usize, most: usize) -> usize {
        let free = self.free.lock();
        if free.nfree <= keep {
            return 0;
        }
        let releasable = |i: usize| free.is_free(i) && self.page(i).dirty.load(Relaxed);
        let used = self.used.load(Relaxed);
        let dirty = (0..used).filter(|&i| releasable(i)).count();
        let wanted = dirty.saturating_sub(keep).min(most);
        let (mut done, mut end) = (0, used);
        while end > 0 && done < wanted {
            let mut start = end;
            while start > 0 && end - start < wanted - done && releasable(start - 1) {
                start -= 1;
            }
            if end - start >= RELEASE_MIN {
                // SAFETY: the pages are free, and the lock keeps them so.
                unsafe { self.cells.release(start * PAGE, (end - start) * PAGE) };
                for i in start..end {
                    self.page(i).dirty.store(false, Relaxed);
                }
                done += end - start;
            }
            end = if start == end { end - 1 } else { start };
        }
        done
    }

    /// Pages in spans.
    pub fn inuse(&self) -> usize {
        self.inuse.load(Relaxed)
    }

    /// Pages below `used` that hold no memory of the system any more.
    pub fn released(&self) -> usize {
        let free = self.free.lock();
        (0..self.used()).filter(|&i| free.is_free(i) && !self.page(i).dirty.load(Relaxed)).count()
    }
}

/// From this many pages on, dirty pages are zeroed by giving them back (1 MiB).
const RELEASE_TO_ZERO: usize = 64;
/// The shortest run worth a system call (64 KiB).
const RELEASE_MIN: usize = 4;

impl FreePages {
    pub fn is_free(&self, i: usize) -> bool {
        self.bits[i / 64] >> (i % 64) & 1 == 1
    }

    fn set(&mut self, first: usize, n: usize, free: bool) {
        for i in first..first + n {
            debug_assert_ne!(self.is_free(i), free);
            self.bits[i / 64] ^= 1 << (i % 64);
        }
    }

    /// Makes room for the bits of `pages` pages; false when there is no memory.
    fn grow(&mut self, pages: usize) -> bool {
        let need = pages.div_ceil(64);
        let more = need.saturating_sub(self.bits.len());
        if self.bits.try_reserve(more).is_err() {
            return false;
        }
        self.bits.resize(self.bits.len() + more, 0);
        true
    }

    fn give(&mut self, first: usize, n: usize) {
        self.set(first, n, true);
        self.nfree += n;
        self.lowest = self.lowest.min(first / 64);
    }

    fn find(&mut self, n: usize) -> Option<usize> {
        if self.nfree < n {
            return None;
        }
        let first = if n == 1 { self.find_one()? } else { self.find_run(n)? };
        self.set(first, n, false);
        self.nfree -= n;
        Some(first)
    }

    /// The lowest: what is long-lived fills holes at the bottom, and runs stay whole above.
    fn find_one(&mut self) -> Option<usize> {
        let at = self.lowest + self.bits[self.lowest..].iter().position(|w| *w != 0)?;
        self.lowest = at;
        Some(at * 64 + self.bits[at].trailing_zeros() as usize)
    }

    /// First fit from the bottom.
    fn find_run(&self, n: usize) -> Option<usize> {
        let (mut run, mut i) = (0, self.lowest * 64);
        while i < self.bits.len() * 64 {
            let rest = self.bits[i / 64] >> (i % 64);
            let left = 64 - i % 64;
            // Bits of `rest` above `left` are zero, so `taken` must be cut, and `open` cannot be too long.
            let taken = (rest.trailing_zeros() as usize).min(left);
            if taken > 0 {
                run = 0;
                i += taken;
                continue;
            }
            let open = rest.trailing_ones() as usize;
            run += open;
            i += open;
            if run >= n {
                return Some(i - run);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(count: usize) -> Pages {
        let arena = |len| Region::arena(len).unwrap();
        Pages::new(arena(count * PAGE), arena(count * size_of::<Page>()), arena(count * MARKS_PER_PAGE))
    }

    fn span(pages: &Pages, n: usize) -> Option<usize> {
        let first = pages.take(n, usize::MAX)?;
        let span = Span { first, npages: n, size: 0, magic: 0, ncells: 1, kind: 0, state: LARGE, mark: 0 };
        pages.make_span(span);
        Some(first)
    }

    fn free(pages: &Pages, first: usize) {
        let mut free = pages.free.lock();
        pages.free_span(&mut free, first);
    }

    #[test]
    fn freed_runs_join_and_are_found_again() {
        let p = pages(200);
        let spans: Vec<_> = (0..20).map(|_| span(&p, 10).unwrap()).collect();
        assert_eq!(span(&p, 1), None);
        for &s in &spans[5..8] {
            free(&p, s);
        }
        assert_eq!(span(&p, 31), None);
        assert_eq!(span(&p, 30), Some(50));
        free(&p, spans[19]);
        assert_eq!(span(&p, 1), Some(190));
        assert_eq!(span(&p, 9), Some(191));
    }

    #[test]
    fn single_pages_come_from_the_bottom() {
        let p = pages(200);
        let spans: Vec<_> = (0..20).map(|_| span(&p, 10).unwrap()).collect();
        free(&p, spans[15]);
        assert_eq!(span(&p, 1), Some(150));
        free(&p, spans[3]);
        assert_eq!(span(&p, 1), Some(30));
        assert_eq!(span(&p, 10), None);
        assert_eq!(span(&p, 9), Some(31));
    }

    #[test]
    fn allowed_pages_are_a_limit() {
        let p = pages(16);
        assert_eq!(p.take(5, 4), None);
        assert_eq!(p.take(4, 4), Some(0));
        assert_eq!(p.take(1, 4), None);
        assert_eq!(p.take(usize::MAX, usize::MAX), None);
    }

    #[test]
    fn pages_are_zero_again_and_release_keeps_what_it_is_told() {
        let p = pages(100);
        let s = span(&p, 80).unwrap();
        // SAFETY: the span is this test's.
        unsafe { std::ptr::write_bytes(p.address(s), 7, 80 * PAGE) };
        free(&p, s);
        assert_eq!(p.release_free(30, usize::MAX), 50);
        assert_eq!(p.released(), 50);
        assert_eq!(p.release_free(30, usize::MAX), 0);
        let s = span(&p, 40).unwrap();
        // SAFETY: the span is this test's.
        let bytes = unsafe { std::slice::from_raw_parts(p.address(s), 40 * PAGE) };
        assert!(bytes.iter().all(|b| *b == 0));
    }

    #[test]
    fn locate_finds_the_large_object_from_every_page() {
        let p = pages(20);
        span(&p, 3).unwrap();
        let s = span(&p, 5).unwrap();
        for i in 0..5 {
            let (_, cell, at) = p.locate(p.address(s + i) as usize + 99).unwrap();
            assert_eq!((cell, at), (0, p.address(s)));
        }
        assert!(p.locate(p.address(s + 5) as usize).is_none());
        assert!(p.locate(p.base() as usize - 1).is_none());
    }
}

//! Poison mode: what is free is filled with 0xdb as soon as a collection finds it dead, and checked by every later collection and when
//! it is handed out again, so that a use after free reads nonsense and a write after free is reported. With a **quarantine**, dead
//! cells are kept from being handed out for some collections: in between they belong to nobody, and who still writes there is found.
//!
//! Invariants (only in this mode): after a collection every free cell of a span, and every kept one, has header 0 and a poisoned payload;
//! every dirty free page is poisoned as a whole. A kept cell counts as marked, and its span as reached, from one collection's end to the
//! next one's begin: so nobody sweeps or frees it, while markers see it as the free cell it is. All changes are made while the world
//! is stopped.

use super::Heap;
use super::page::Page;
use super::size::PAGE;
use crate::sync::atomic::Ordering::*;
use std::collections::VecDeque;

const POISON: u8 = 0xdb;
const WORD: u64 = u64::from_ne_bytes([POISON; 8]);
/// Collections for which a dead cell is kept.
const ROUNDS: u32 = 8;

/// Dead cells that are not handed out yet, the oldest first.
#[derive(Default)]
pub struct Quarantine {
    cells: VecDeque<Kept>,
    bytes: usize,
    /// Number of the last collection.
    round: u32,
    /// Memory is short: nothing is kept.
    closed: bool,
}

struct Kept {
    first: u32,
    cell: u16,
    /// Since which collection.
    round: u32,
}

/// Fills a dead cell.
///
/// # Safety
/// The `size` bytes at `cell` are a cell that nobody uses.
unsafe fn fill(cell: *mut u8, size: usize) {
    // SAFETY: says the caller.
    unsafe {
        cell.cast::<u64>().write(0);
        std::ptr::write_bytes(cell.add(8), POISON, size - 8);
    }
}

/// The first word of a cell without header, and its number, that is not `want`.
///
/// # Safety
/// The `size` bytes at `cell` are a cell that nobody uses.
unsafe fn written(cell: *const u8, size: usize, want: u64) -> Option<(usize, u64)> {
    let words = cell.cast::<u64>();
    // SAFETY: says the caller.
    let word = |i: usize| (i, unsafe { words.add(i).read() });
    (0..size / 8).map(word).find(|&(i, found)| found != if i == 0 { 0 } else { want })
}

fn fault(what: &str, at: *const u8, size: usize, (word, found): (usize, u64)) -> ! {
    crate::fault(&format!("heap poison: {what} {at:p} of {size} bytes was written: word {word} is {found:#x}"))
}

impl Heap {
    /// Poisons the pages of a dead span. World stopped.
    pub(super) fn poison_span(&self, first: usize, page: &Page) {
        let bytes = page.npages.load(Relaxed) as usize * PAGE;
        // SAFETY: no cell of the span is reachable, and the world is stopped.
        unsafe { std::ptr::write_bytes(self.pages.address(first), POISON, bytes) };
    }

    /// Before a collection for want of memory (`closed`), or another one: kept cells leave, or may become more.
    pub(super) fn close_quarantine(&self, closed: bool) {
        let quarantine = &mut *self.quarantine.lock();
        quarantine.closed = closed;
        while closed && let Some(kept) = quarantine.cells.pop_front() {
            self.let_out(quarantine, &kept);
        }
    }

    /// Poisons what this epoch did not reach, and keeps what has just died. World stopped, before anything is freed.
    pub(super) fn poison_dead(&self, epoch: u8) {
        let quarantine = &mut *self.quarantine.lock();
        quarantine.round = quarantine.round.wrapping_add(1);
        let round = quarantine.round;
        while let Some(kept) = quarantine.cells.pop_front_if(|kept| round.wrapping_sub(kept.round) >= ROUNDS) {
            self.let_out(quarantine, &kept);
        }
        for kept in &quarantine.cells {
            self.keep_marked(kept, epoch);
        }
        for first in self.spans() {
            let page = self.pages.page(first);
            let size = page.cell_bytes();
            for cell in 0..page.ncells.load(Relaxed) as usize {
                if self.pages.mark(first, cell).load(Relaxed) == epoch {
                    continue;
                }
                let at = self.pages.address(first).wrapping_add(cell * size);
                // SAFETY: the cell is not reachable, and the world is stopped.
                let has_died = unsafe { at.cast::<u64>().read() } != 0;
                if !has_died {
                    self.check_free_cell(at, size);
                }
                // SAFETY: as above.
                unsafe { fill(at, size) };
                if has_died {
                    self.keep(quarantine, Kept { first: first as u32, cell: cell as u16, round }, size, epoch);
                }
            }
        }
    }

    /// Takes a cell into the quarantine, if it is small beside that; older ones make room, and are free at the next collection.
    fn keep(&self, quarantine: &mut Quarantine, kept: Kept, size: usize, epoch: u8) {
        if quarantine.closed || size > self.config.quarantine / 4 {
            return;
        }
        while quarantine.bytes + size > self.config.quarantine
            && let Some(oldest) = quarantine.cells.pop_front()
        {
            self.let_out(quarantine, &oldest);
        }
        quarantine.bytes += size;
        self.keep_marked(&kept, epoch);
        quarantine.cells.push_back(kept);
    }

    fn keep_marked(&self, kept: &Kept, epoch: u8) {
        self.pages.mark(kept.first as usize, kept.cell as usize).store(epoch, Relaxed);
        self.pages.page(kept.first as usize).live.store(epoch, Relaxed);
    }

    /// The cell has left the quarantine: a fault when it was written.
    fn let_out(&self, quarantine: &mut Quarantine, kept: &Kept) {
        let size = self.pages.page(kept.first as usize).cell_bytes();
        let at = self.pages.address(kept.first as usize).wrapping_add(kept.cell as usize * size);
        quarantine.bytes -= size;
        // SAFETY: the cell belongs to nobody, and the world is stopped.
        if let Some(found) = unsafe { written(at, size, WORD) } {
            fault("dead cell", at, size, found);
        }
    }

    /// A fault when a free cell that a collection comes to is neither poisoned nor fresh.
    fn check_free_cell(&self, at: *const u8, size: usize) {
        // SAFETY: the cell is free, and the world is stopped; all cells have a payload.
        let fresh = unsafe { at.cast::<u64>().add(1).read() } == 0;
        // SAFETY: as above.
        if let Some(found) = unsafe { written(at, size, if fresh { 0 } else { WORD }) } {
            fault("free cell", at, size, found);
        }
    }

    /// A fault when a cell of a swept run was written after it was freed.
    pub(super) fn check_poisoned_cells(&self, start: *const u8, cells: usize, size: usize) {
        for cell in 0..cells {
            let at = start.wrapping_add(cell * size);
            // SAFETY: the run is the calling cache's, nobody else may use it.
            if let Some(found) = unsafe { written(at, size, WORD) } {
                fault("free cell", at, size, found);
            }
        }
    }

    /// A fault when dirty pages that were just taken for a span were written after they were freed.
    pub(super) fn check_poisoned_pages(&self, first: usize, npages: usize) {
        if !self.config.poison {
            return;
        }
        for i in (first..first + npages).filter(|&i| self.pages.page(i).dirty.load(Relaxed)) {
            let at = self.pages.address(i).cast::<u64>();
            for word in 0..PAGE / 8 {
                // SAFETY: the caller has taken the page.
                let found = unsafe { at.add(word).read() };
                if found != WORD {
                    crate::fault(&format!("heap poison: free page {at:p} was written: word {word} is {found:#x}"));
                }
            }
        }
    }
}

//! Poison mode: what is free is filled with 0xdb as soon as a collection finds it dead, and checked when it is handed out
//! again, so that a use after free reads nonsense and a write after free is reported.
//!
//! Invariants (only in this mode): after a collection every free cell of a swept span has header 0 and a poisoned payload;
//! every dirty free page is poisoned as a whole.

use super::Heap;
use super::page::Page;
use super::size::PAGE;
use crate::sync::atomic::Ordering::*;

const POISON: u8 = 0xdb;
const WORD: u64 = u64::from_ne_bytes([POISON; 8]);

impl Heap {
    /// Poisons the pages of a dead span. World stopped.
    pub(super) fn poison_span(&self, first: usize, page: &Page) {
        let bytes = page.npages.load(Relaxed) as usize * PAGE;
        // SAFETY: no cell of the span is reachable, and the world is stopped.
        unsafe { std::ptr::write_bytes(self.pages.address(first), POISON, bytes) };
    }

    /// Poisons the cells of a span that this epoch did not reach. World stopped.
    pub(super) fn poison_cells(&self, first: usize, page: &Page, epoch: u8) {
        let size = page.cell_bytes();
        for cell in 0..page.ncells.load(Relaxed) as usize {
            if self.pages.mark(first, cell).load(Relaxed) != epoch {
                let at = self.pages.address(first).wrapping_add(cell * size);
                // SAFETY: the cell is not reachable, and the world is stopped.
                unsafe {
                    at.cast::<u64>().write(0);
                    std::ptr::write_bytes(at.add(8), POISON, size - 8);
                }
            }
        }
    }

    /// A fault when a cell of a swept run was written after it was freed.
    pub(super) fn check_poisoned_cells(&self, start: *const u8, cells: usize, size: usize) {
        for cell in 0..cells {
            let at = start.wrapping_add(cell * size).cast::<u64>();
            for word in 0..size / 8 {
                // SAFETY: the run is the calling cache's, nobody else may use it.
                let found = unsafe { at.add(word).read() };
                let want = if word == 0 { 0 } else { WORD };
                if found != want {
                    crate::fault(&format!(
                        "heap poison: free cell {at:p} of {size} bytes was written: word {word} is {found:#x}"
                    ));
                }
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

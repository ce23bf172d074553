//! Verify mode: a second marker, as simple as possible, whose result must equal the mark bytes.
//!
//! It shares nothing with the first but page entries and headers: cells are found by division, objects are walked word by
//! word with the descriptor as it was given, the visited set is a hash set. Only for small heaps.

use super::page::FREE;
use super::size::{PAGE, PAGE_SHIFT};
use super::{Header, Heap};
use crate::sync::atomic::Ordering::*;
use std::collections::HashSet;

impl Heap {
    /// A fault when the marking of `epoch` is not what these root words reach. World stopped, before anything is freed.
    pub(super) fn verify(&self, epoch: u8, roots: &[u64]) {
        let reached = self.reach(roots);
        let marked = self.marked(epoch);
        if let Some(cell) = reached.difference(&marked).min() {
            crate::fault(&format!("heap verify: reachable cell {cell:#x} ({}) is not marked", self.describe(*cell)));
        }
        if let Some(cell) = marked.difference(&reached).min() {
            crate::fault(&format!("heap verify: unreachable cell {cell:#x} ({}) is marked", self.describe(*cell)));
        }
    }

    /// After a concurrent marking: a fault when something of the snapshot is not marked, or what `fixed` or a marked object refers to.
    /// Stacks are not asked: a new frame may have old words in slots that were never written, which nobody reads. What died
    /// meanwhile may be marked.
    pub(super) fn verify_cycle(&self, epoch: u8, snapshot: &HashSet<usize>, fixed: &[u64]) {
        let marked = self.marked(epoch);
        if let Some(cell) = snapshot.difference(&marked).min() {
            crate::fault(&format!(
                "heap verify: cell {cell:#x} ({}) was reachable and is not marked",
                self.describe(*cell)
            ));
        }
        let must_be = |word: u64, by: &dyn Fn() -> String| {
            if let Some(cell) = self.cell_of(word).filter(|cell| !marked.contains(cell)) {
                crate::fault(&format!(
                    "heap verify: cell {cell:#x} ({}) is not marked, but referred to by {}",
                    self.describe(cell),
                    by()
                ));
            }
        };
        for &word in fixed {
            must_be(word, &|| String::from("a root"));
        }
        for &cell in &marked {
            self.each_word(cell, &mut |word| must_be(word, &|| format!("{cell:#x} ({})", self.describe(cell))));
        }
    }

    /// The cells that these root words lead to, those without an object included: a word that leads to one is no reference, but is
    /// overwritten with the barrier as every word that is traced.
    pub(super) fn reach(&self, roots: &[u64]) -> HashSet<usize> {
        let mut reached = HashSet::new();
        let mut todo: Vec<usize> = roots.iter().filter_map(|&word| self.cell_of(word)).collect();
        while let Some(cell) = todo.pop() {
            if reached.insert(cell) {
                self.each_word(cell, &mut |word| todo.extend(self.cell_of(word)));
            }
        }
        reached
    }

    fn cell_of(&self, word: u64) -> Option<usize> {
        let offset = (word as usize).checked_sub(self.pages.base() as usize)?;
        if offset >= self.pages.used() * PAGE {
            return None;
        }
        let page = self.pages.page(offset >> PAGE_SHIFT);
        if page.state.load(Relaxed) == FREE {
            return None;
        }
        let first = page.first.load(Relaxed) as usize;
        let start = self.pages.address(first) as usize;
        let number = (word as usize - start) / page.cell_bytes();
        (number < page.ncells.load(Relaxed) as usize).then_some(start + number * page.cell_bytes())
    }

    /// Calls `f` with every word of an object that may be a reference.
    fn each_word(&self, cell: usize, f: &mut dyn FnMut(u64)) {
        let (page, _, at) = self.pages.locate(cell).expect("cell_of gives cells");
        // SAFETY: `at` is the first byte of a cell.
        let header = Header(unsafe { at.cast::<u64>().read() });
        let Some(desc) = self.descs.original(header.desc()) else {
            crate::fault(&format!("heap verify: cell {cell:#x} has unknown descriptor {}", header.desc()));
        };
        let prefix = desc.prefix_words as usize;
        let stride = desc.stride as usize / 8;
        if header.desc() == 0 {
            return;
        }
        let words = prefix + stride * header.len() as usize;
        if 8 + words * 8 > page.cell_bytes() {
            crate::fault(&format!("heap verify: object {cell:#x} is longer than its cell"));
        }
        // SAFETY: an object with a lead has a first word.
        let lead = desc.lead.map_or(0, |n| n as usize + unsafe { at.cast::<u64>().add(1).read() } as usize);
        let is_traced = |word: usize| {
            if word < lead {
                return false;
            }
            if word < prefix { desc.prefix_ptrs.has(word) } else { desc.ptrs.has((word - prefix) % stride) }
        };
        for word in (0..words).filter(|&word| is_traced(word)) {
            if page.noscan() {
                crate::fault(&format!("heap verify: traced object {cell:#x} in an untraced span"));
            }
            // SAFETY: the word lies in the cell, see above.
            f(unsafe { at.cast::<u64>().add(1 + word).read() });
        }
    }

    pub(super) fn marked(&self, epoch: u8) -> HashSet<usize> {
        let mut marked = HashSet::new();
        for first in self.spans() {
            let page = self.pages.page(first);
            let size = page.cell_bytes();
            let cells = 0..page.ncells.load(Relaxed) as usize;
            let mut live = cells.filter(|&cell| self.pages.mark(first, cell).load(Relaxed) == epoch).peekable();
            let is_live = page.live.load(Relaxed) == epoch;
            if live.peek().is_some() != is_live {
                crate::fault(&format!("heap verify: epoch of the span at page {first}"));
            }
            marked.extend(live.map(|cell| self.pages.address(first) as usize + cell * size));
        }
        marked
    }

    fn describe(&self, cell: usize) -> String {
        match self.pages.locate(cell) {
            // SAFETY: `at` is the first byte of a cell.
            Some((page, _, at)) => {
                let header = Header(unsafe { at.cast::<u64>().read() });
                format!("{} bytes, descriptor {}, len {}", page.cell_bytes(), header.desc(), header.len())
            }
            None => String::from("in no span"),
        }
    }
}

//! What is alive, object by object: for who counts after each collection.
//!
//! Invariants: the hook is called while the world is stopped, when a collection has freed what is dead and before anybody allocates;
//! only then [`Live::each`] can be had. Objects that wait for their finalizer count as alive.

use super::page::LARGE;
use super::{Header, Heap};
use crate::sync::atomic::{AtomicU64, Ordering::*};

/// The heap right after a collection.
pub struct Live<'h> {
    heap: &'h Heap,
    epoch: u8,
    /// Number of the collection.
    pub number: u32,
    /// Bytes of all cells that hold an object.
    pub bytes: u64,
}

/// Called after every collection.
pub type LiveHook = dyn Fn(&Live) + Send + Sync;

impl Live<'_> {
    /// Header, payload and bytes of every object's cell, in the order of addresses.
    pub fn each(&self, f: &mut dyn FnMut(Header, *const u64, usize)) {
        let pages = &self.heap.pages;
        for first in self.heap.spans() {
            let page = pages.page(first);
            if page.live.load(Relaxed) != self.epoch {
                continue;
            }
            let size = if page.state.load(Relaxed) == LARGE { 0 } else { page.cell_bytes() };
            for cell in 0..page.ncells.load(Relaxed) as usize {
                if pages.mark(first, cell).load(Relaxed) != self.epoch {
                    continue;
                }
                let at = pages.address(first).wrapping_add(cell * size).cast::<u64>();
                // SAFETY: the first word of a cell.
                let header = Header(unsafe { AtomicU64::from_ptr(at) }.load(Relaxed));
                if header.desc() != 0 {
                    f(header, at.wrapping_add(1), page.cell_bytes());
                }
            }
        }
    }
}

impl Heap {
    /// Only the first hook counts.
    pub fn set_live_hook(&self, hook: Box<LiveHook>) -> bool {
        self.live_hook.set(hook).is_ok()
    }

    /// A collection has ended. World stopped.
    pub(super) fn count_live(&self) {
        let Some(hook) = self.live_hook.get() else { return };
        let (number, bytes) = {
            let totals = self.pacer.totals.lock();
            (totals.num_gc, totals.live_bytes as u64)
        };
        hook(&Live { heap: self, epoch: self.epoch.load(Relaxed), number, bytes });
    }
}

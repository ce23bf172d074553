//! What goroutines do for a concurrent cycle: they help as far as their allocations are ahead of it, and `runtime.GC` helps until it is over.

use super::super::Heap;
use super::super::cache::Cache;
use super::super::mark::{Marker, Work};
use super::{CONCURRENT_FROM, QUANTUM, no_pool};
use crate::sync::atomic::Ordering::*;

/// Objects after which an assist ends.
const ASSIST_MOST: usize = 4096;

impl Heap {
    /// A P that allocates while marking helps in proportion: what was granted, of what may be granted until the end, must not be
    /// more than what was marked, of all that is to be marked.
    #[cold]
    #[inline(never)]
    pub(in crate::heap) fn assist(&self, cache: &mut Cache) {
        let cycle = &self.cycle;
        self.hand_over(cache);
        let granted = self.pacer.granted().0.saturating_sub(cycle.begun_at.load(Relaxed)) as u128;
        let due = granted * cycle.expected.load(Relaxed) as u128 / cycle.slack.load(Relaxed) as u128;
        let behind = due.saturating_sub(cycle.bytes.load(Relaxed) as u128);
        if behind == 0 || cycle.team.holding() {
            return;
        }
        self.help(usize::try_from(behind).unwrap_or(usize::MAX));
    }

    /// Marks about `bytes` bytes, at most as much as one assist may, or waits a moment for those who mark.
    fn help(&self, bytes: usize) {
        let cycle = &self.cycle;
        let mark = || {
            let mut marker = Marker::new(self, no_pool(), self.epoch.load(Relaxed));
            self.pacer.timed(|| {
                while marker.objects < ASSIST_MOST && marker.bytes < bytes && self.next_work(&mut marker) {
                    marker.drain_for(QUANTUM);
                }
            });
            cycle.count(&mut marker);
            marker
        };
        if cycle.team.assist(mark, |mut marker, put| marker.give_back(put)) {
            self.pacer.request();
        }
    }

    /// Marks about so many objects, as the thread does that marks in the background.
    #[cfg(test)]
    pub(in crate::heap) fn mark_objects(&self, objects: usize) {
        if !self.cycle.team.join() {
            return;
        }
        let mut marker = Marker::new(self, no_pool(), self.epoch.load(Relaxed));
        if self.next_work(&mut marker) {
            marker.drain_for(objects);
        }
        let _asks_later = self.cycle.leave(&mut marker);
    }

    /// Number of the first collection that begins from now on, if it is one beside the program; 0: only a stopped one will do.
    pub fn full_target(&self) -> u32 {
        let totals = *self.pacer.totals.lock();
        let large = totals.live_bytes + self.pacer.granted().0 + self.pacer.external() >= CONCURRENT_FROM;
        if !large || self.pacer.stressed() || !self.pacer.is_on() || self.cycle.stacks.get().is_none() {
            return 0;
        }
        self.ensure_background();
        let marking = u32::from(self.marking());
        if self.cycle.background.lock().is_some() { totals.num_gc + 1 + marking } else { 0 }
    }

    /// Works towards the end of that collection for a moment; true: it has ended. In between the caller comes to a safepoint.
    pub fn advance(&self, cache: &mut Cache, target: u32) -> bool {
        {
            let mut totals = self.pacer.totals.lock();
            if totals.num_gc >= target {
                totals.num_forced += 1;
                return true;
            }
        }
        if self.marking() {
            self.hand_over(cache);
            self.help(usize::MAX);
        } else {
            self.pacer.request();
        }
        false
    }

    /// Gives what barrier and scanned stacks have left in a cache to whoever marks.
    pub fn hand_over(&self, cache: &mut Cache) {
        let words = cache.take_shaded();
        if !words.is_empty() {
            self.cycle.team.put(Work::Words(words));
        }
    }
}

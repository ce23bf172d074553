//! The world seen from outside: a thread without P stops it, looks at the goroutines, and lets it go on.
//!
//! Invariants:
//! - The thread holds no P: it is no M, or its goroutine is in a blocking native. So every P comes to rest, and the
//!   invariants of `world.rs` hold with a leader that has none.
//! - Whoever went to sleep meanwhile could not see a deadlock (the world was stopped); so it is looked for afterwards.
use super::g::{G, GState};
use super::{Runtime, SHUTDOWN, Sched, deadlock, timer, world};
use crate::heap::HeapStats;
use crate::sync::atomic::Ordering::*;
use std::time::Instant;

/// A stopped world.
pub struct Stopped<'a> {
    sched: &'a Sched,
    runtime: &'a Runtime,
}

impl Stopped<'_> {
    /// All goroutines that have not ended, oldest first. They are saved: pc and base are where they go on.
    pub fn goroutines(&self) -> Vec<*const G> {
        let mut all: Vec<*const G> = Vec::new();
        self.sched.slabs.for_each(&mut |g| {
            // SAFETY: carved Gs are valid.
            if unsafe { (*g).state() } != GState::Dead {
                all.push(g);
            }
        });
        // SAFETY: as above.
        all.sort_by_key(|&g| unsafe { (*g).id });
        all
    }
    /// What timers hold: they wake and make goroutines.
    pub fn timer_roots(&self, visit: &mut dyn FnMut(*const u64, usize)) {
        for p in self.sched.all() {
            // SAFETY: the world is stopped.
            unsafe { timer::roots(p, visit) };
        }
    }
    /// The heap's figures, exact.
    pub fn heap_stats(&self) -> HeapStats {
        // SAFETY: the world is stopped: nobody else uses a cache.
        self.runtime.heap.exact_stats(self.sched.all().map(|p| unsafe { &(*p).cache }))
    }
    pub fn runtime(&self) -> &Runtime {
        self.runtime
    }
}

impl Runtime {
    /// A full collection, not from a thread that has a P; false: the runtime ends.
    pub fn collect_from_outside(&self) -> bool {
        let s = self.sched();
        if !world::stop_from_outside(s) {
            return false;
        }
        // SAFETY: the world is stopped, by this thread.
        unsafe { world::collect_stopped(s, &self.heap, true, Instant::now()) };
        world::resume(s);
        true
    }

    /// Calls `f` while the world is stopped; `None`: the runtime ends. Not from a thread that has a P.
    pub fn inspect<T>(&self, f: impl FnOnce(&Stopped) -> T) -> Option<T> {
        let s = self.sched();
        if !world::stop_from_outside(s) {
            return None;
        }
        let seen = f(&Stopped { sched: s, runtime: self });
        world::resume(s);
        if s.halt.load(Relaxed) & SHUTDOWN == 0 {
            deadlock::check(s);
        }
        Some(seen)
    }
}

//! What workers of a stopped marking share: work that somebody has too much of, and the end of it all.
//!
//! Invariants:
//! - A worker is *active* while it has work; marking is over when, under the lock, no item is left and nobody is active. Who finds that
//!   wakes the others: each hears of it once.
//! - Work is put by active workers only, so nothing can come when it is over.
//! - A mark byte is set by an exchange ([`claim`]), so that of all who reach an object one scans and counts it; a plain store will do
//!   where one worker marks alone. The order is relaxed: what an object holds was written before the stop, or by a goroutine
//!   whose barrier keeps what it overwrites.
//!
//! `tests/loom_marking.rs` runs this file under loom.

use crate::sync::atomic::{AtomicU8, AtomicUsize, Ordering::*};
use crate::sync::{Condvar, Mutex};

/// Work that workers share.
pub struct Pool<W> {
    state: Mutex<State<W>>,
    change: Condvar,
    /// Workers that wait and for which no item lies in the pool: a hint, read without the lock.
    hungry: AtomicUsize,
    workers: usize,
}

struct State<W> {
    items: Vec<W>,
    active: usize,
    waiting: usize,
}

impl<W> Pool<W> {
    /// For so many workers, all of which count as active from the start.
    pub fn new(workers: usize) -> Pool<W> {
        let state = Mutex::new(State { items: Vec::new(), active: workers, waiting: 0 });
        Pool { state, change: Condvar::new(), hungry: AtomicUsize::new(0), workers }
    }

    /// No other worker marks.
    pub fn is_of_one(&self) -> bool {
        self.workers == 1
    }

    #[inline(always)]
    pub fn is_hungry(&self) -> bool {
        self.hungry.load(Relaxed) > 0
    }

    /// Renews the hint. The lock is held.
    fn hint(&self, state: &State<W>) {
        self.hungry.store(state.waiting.saturating_sub(state.items.len()), Relaxed);
    }

    pub fn put(&self, work: W) {
        let mut state = self.state.lock();
        state.items.push(work);
        self.hint(&state);
        self.change.notify_one();
    }

    /// Waits for work as an idle worker; `None` when marking is over.
    pub fn next(&self) -> Option<W> {
        let mut state = self.state.lock();
        state.active -= 1;
        loop {
            if let Some(work) = state.items.pop() {
                state.active += 1;
                self.hint(&state);
                return Some(work);
            }
            if state.active == 0 {
                self.change.notify_all();
                return None;
            }
            state.waiting += 1;
            self.hint(&state);
            self.change.wait(&mut state);
            state.waiting -= 1;
        }
    }

    /// A worker could not be started.
    pub fn leave(&self) {
        let mut state = self.state.lock();
        state.active -= 1;
        if state.active == 0 {
            self.change.notify_all();
        }
    }
}

/// Sets a mark byte; true for the one who has set it, which scans the object.
#[inline(always)]
pub fn claim(mark: &AtomicU8, epoch: u8, alone: bool) -> bool {
    if mark.load(Relaxed) == epoch {
        return false;
    }
    if alone {
        mark.store(epoch, Relaxed);
        return true;
    }
    mark.swap(epoch, Relaxed) != epoch
}

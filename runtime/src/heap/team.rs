//! Who marks for a concurrent cycle, and the work that nobody has: joining, sharing, leaving, stopping, the end.
//!
//! Invariants:
//! - `active` counts who holds work outside of the pool, or stacks taken from `next_stack` and not scanned yet. Who marks has joined and gives
//!   what it has left back in the same step in which it leaves. So marking is *exhausted* when, under the lock, the pool is empty,
//!   no stack is left and nobody is active.
//! - A leader holds while the world is stopped (goroutines put nothing then): who gets the lock afterwards does not join any more, those
//!   who have joined see it soon and leave, and the leader goes on when `active` is 0. It is alone with pool and mark bytes until
//!   [`Team::release`], which changes `holding` under the lock: else who looks just then would wait for something that has been told.
//! - Somebody asks for the end of exhausted marking: the last one to leave is told so by [`Team::leave`]; unless a leader holds, who sees
//!   for itself. What is put later wakes the background thread, which leaves again. An assist that finds neither work nor anybody who has
//!   some ([`Team::assist`]) asks, too: it allocates ahead of a cycle that only waits for its end.
//! - Who says that no stack is left may say so while others still scan the last ones: they have joined and not left.
//! - A new item and the end of `hold` are told to the background thread: `put` by itself, `release` by [`Team::go_on`], after the stop.
//!
//! `tests/loom_marking.rs` runs this file under loom.

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use crate::sync::{Condvar, Mutex};
use std::time::Duration;

/// How long an assist waits for work of others.
const ASSIST_WAIT: Duration = Duration::from_micros(200);

/// Markers of a cycle and what they share.
pub struct Team<W> {
    /// The barrier is on; changes while the world is stopped.
    marking: AtomicBool,
    state: Mutex<State<W>>,
    /// The background thread waits for work, the leader for `active == 0`, who assists for shared work.
    work: Condvar,
    idle: Condvar,
    shared: Condvar,
    /// Nobody may take work.
    holding: AtomicBool,
    /// Number of the first goroutine whose stack nobody has looked at, and whether there was none such.
    next_stack: AtomicUsize,
    stacks_done: AtomicBool,
}

struct State<W> {
    items: Vec<W>,
    active: usize,
    quit: bool,
}

/// What somebody who has joined gets to do.
pub enum Next<W> {
    Item(W),
    /// The stacks of goroutines from this number on.
    Stacks(usize),
    Nothing,
}

impl<W> Team<W> {
    pub fn new() -> Team<W> {
        Team {
            marking: AtomicBool::new(false),
            state: Mutex::new(State { items: Vec::new(), active: 0, quit: false }),
            work: Condvar::new(),
            idle: Condvar::new(),
            shared: Condvar::new(),
            holding: AtomicBool::new(false),
            next_stack: AtomicUsize::new(0),
            stacks_done: AtomicBool::new(true),
        }
    }

    #[inline(always)]
    pub fn marking(&self) -> bool {
        self.marking.load(Relaxed)
    }

    /// A leader waits: who marks has to leave.
    pub fn holding(&self) -> bool {
        self.holding.load(Relaxed)
    }

    /// Marking begins with these items and all stacks; with `hold` nobody marks before the leader of a later stop. World stopped.
    pub fn begin(&self, items: Vec<W>, hold: bool) {
        let mut state = self.state.lock();
        debug_assert!(state.items.is_empty() && state.active == 0);
        state.items = items;
        self.holding.store(hold, Relaxed);
        self.next_stack.store(0, Relaxed);
        self.stacks_done.store(false, Relaxed);
        self.marking.store(true, Relaxed);
    }

    /// Marking is over. World stopped, and the caller holds.
    pub fn finish(&self) {
        self.marking.store(false, Relaxed);
    }

    /// Work of somebody who does not mark.
    pub fn put(&self, work: W) {
        self.state.lock().items.push(work);
        self.work.notify_one();
    }

    /// Is there something that a marker could take?
    fn useful(&self, state: &State<W>) -> bool {
        let open = self.marking() && !self.holding();
        open && (!state.items.is_empty() || !self.stacks_done())
    }

    /// The caller will mark; false, and it must not, when there is nothing to do.
    pub fn join(&self) -> bool {
        let mut state = self.state.lock();
        let useful = self.useful(&state);
        state.active += useful as usize;
        useful
    }

    /// Waits for work and joins; false: the thread ends.
    pub fn wait_for_work(&self) -> bool {
        let mut state = self.state.lock();
        loop {
            if state.quit {
                return false;
            }
            if self.useful(&state) {
                state.active += 1;
                return true;
            }
            self.work.wait(&mut state);
        }
    }

    /// Somebody else has all the work: gives the others the processor for a moment. False: nobody has any.
    fn wait_for_others(&self) -> bool {
        let mut state = self.state.lock();
        if !self.holding() && state.active > 0 && self.marking() {
            self.shared.wait_for(&mut state, ASSIST_WAIT);
            return true;
        }
        state.active > 0
    }

    /// An assist: joins, marks, leaves; without anything to mark it waits a moment for those who have all the work. True: nobody has any, and the
    /// caller asks for the end.
    #[must_use]
    pub fn assist<M>(&self, mark: impl FnOnce() -> M, give_back: impl FnOnce(M, &mut dyn FnMut(W))) -> bool {
        if !self.join() {
            return !self.wait_for_others();
        }
        let marked = mark();
        self.leave(|put| give_back(marked, put))
    }

    /// The next thing to do for somebody who has joined.
    pub fn next(&self, stacks: usize) -> Next<W> {
        let item = self.state.lock().items.pop();
        match item {
            Some(work) => Next::Item(work),
            None if self.stacks_done() => Next::Nothing,
            None => Next::Stacks(self.next_stack.fetch_add(stacks, Relaxed)),
        }
    }

    /// There are no goroutines with the numbers that [`Team::next`] gave.
    pub fn no_more_stacks(&self) {
        self.stacks_done.store(true, Relaxed);
    }

    /// Nobody will look for more stacks, though some may not be scanned yet.
    pub fn stacks_done(&self) -> bool {
        self.stacks_done.load(Relaxed)
    }

    /// A part of a marker's work for others when the pool is empty: its thread may lose its core at any time.
    pub fn share(&self, part: impl FnOnce() -> Option<W>) {
        let mut state = self.state.lock();
        if state.items.is_empty()
            && let Some(work) = part()
        {
            state.items.push(work);
            self.shared.notify_one();
        }
    }

    /// Who has joined leaves, and gives the rest of its work back. True: marking is exhausted, and the caller asks for its end.
    #[must_use]
    pub fn leave(&self, give_back: impl FnOnce(&mut dyn FnMut(W))) -> bool {
        let mut state = self.state.lock();
        give_back(&mut |work| state.items.push(work));
        state.active -= 1;
        if state.active == 0 {
            self.idle.notify_all();
        }
        self.shared.notify_all();
        if !state.items.is_empty() {
            self.work.notify_one();
        }
        let exhausted = state.items.is_empty() && self.stacks_done();
        exhausted && state.active == 0 && !self.holding() && self.marking()
    }

    /// World stopped: nobody marks until [`Team::release`].
    pub fn hold(&self) {
        self.holding.store(true, Relaxed);
        let mut state = self.state.lock();
        while state.active > 0 {
            self.idle.wait(&mut state);
        }
    }

    /// What lies in the pool, to the leader that holds.
    pub fn take_all(&self) -> Vec<W> {
        std::mem::take(&mut self.state.lock().items)
    }

    /// What the leader has left, and it is going to release.
    pub fn give_back(&self, work: W) {
        self.state.lock().items.push(work);
    }

    pub fn release(&self) {
        let _state = self.state.lock();
        self.holding.store(false, Relaxed);
    }

    /// Wakes the background thread, when goroutines run again: inside of the stop it might take the leader's core.
    pub fn go_on(&self) {
        if self.marking() {
            self.work.notify_one();
        }
    }

    /// The background thread ends, and nobody joins any more.
    pub fn quit(&self) {
        self.holding.store(true, Relaxed);
        let mut state = self.state.lock();
        state.quit = true;
        self.work.notify_all();
    }
}

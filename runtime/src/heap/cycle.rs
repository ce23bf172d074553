//! Concurrent marking: a cycle that begins and ends in short stops and marks while goroutines run.
//!
//! **Protocol** (snapshot at the beginning).
//! 1. *Begin*, world stopped: caches are flushed, the epoch advances, lists of unswept spans are emptied, the fixed roots (globals,
//!    timers, engine) become work. From here on the barrier is on and spans are born marked.
//! 2. *Marking*: the background thread takes the stacks of goroutines that have not run since the beginning, then work of the
//!    pool; a P that allocates faster than marking advances helps ([`Heap::assist`]). A goroutine's stack is scanned before it
//!    first runs, by the background thread or by the P that begins it (see `sched::world`).
//! 3. *End*, world stopped: the background thread lets go; what the barriers kept is marked. If that is more than a few hundred
//!    microseconds of work, or stacks are left, the cycle goes on with 2. Else everything that is not marked is dead.
//!
//! **Invariants**
//! - What was reachable at the beginning is marked at the end: a word that is overwritten in the heap while marking is given to
//!   [`Cache::shade`] before ([barrier](crate::sched::ops::barrier)); words of stacks are scanned before the goroutine can change them.
//! - What is allocated while marking is marked: only fresh spans are allocated from, and their cells are born with the epoch.
//!   So the marker never looks into an object that is being made.
//! - A stack that was scanned, and the globals, need no barrier: what is put there was reachable at the beginning or is new.
//! - The marker takes any word: a torn or stale one costs retention, never memory safety.
//! - `State::active` counts who holds work outside of the pool; marking is exhausted when the pool is empty and nobody is active.
//!   `hold` is set only while the world is stopped, and the leader goes on when `active` is 0: nobody marks beside it then.
//! - An allocator that runs too far ahead ends the cycle at once, stopped (a *degenerate* end): memory stays bounded.

use super::cache::Cache;
use super::collect::Roots;
use super::mark::{Marker, Pool, Work};
use super::{Heap, size::PAGE};
use parking_lot::{Condvar, Mutex};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::*};

/// Below so many live bytes a stopped collection is over sooner than a thread has woken up.
const CONCURRENT_FROM: usize = 1 << 20;
/// Objects that a thread marks before it looks around: some tens of microseconds.
const QUANTUM: usize = 1024;
/// Objects that are marked in the final stop before the cycle rather goes on.
const LAST_STOP: usize = 8192;
/// Words that one item of the pool has at most when they come from roots.
const CHUNK: usize = 4096;
/// Cycles have numbers of 7 bits, and the largest of those means something else.
const NUMBERS: u8 = 100;
/// Most objects that one assist marks.
const ASSIST_MOST: usize = 4096;

/// Visits the stacks of goroutines that were not scanned in the cycle of this number until the visitor refuses; true when it got through.
pub type StackHook = dyn Fn(u8, &mut dyn FnMut(*const u64, usize) -> bool) -> bool + Send + Sync;

/// A cycle's shared state.
pub struct Cycle {
    /// The barrier is on; changes while the world is stopped.
    marking: AtomicBool,
    /// Number of the cycle, 1..=[`NUMBERS`] and again: goroutines carry that of their last scan.
    number: AtomicU8,
    state: Mutex<State>,
    /// The background thread waits for work, the leader for `active == 0`.
    work: Condvar,
    idle: Condvar,
    /// `state.hold`, to be seen in the middle of marking.
    holding: AtomicBool,
    /// Somebody found the pool empty: the background thread shares.
    hungry: AtomicBool,
    objects: AtomicUsize,
    bytes: AtomicUsize,
    /// Where the cycle began and what may be granted until it is ended stopped.
    begun_at: AtomicUsize,
    begun_objects: AtomicUsize,
    slack: AtomicUsize,
    expected: AtomicUsize,
    stacks: OnceLock<Box<StackHook>>,
    background: Mutex<Option<std::thread::JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    items: Vec<Work>,
    active: usize,
    /// Nobody may take work.
    hold: bool,
    stacks_done: bool,
    quit: bool,
}

/// How a stop of a cycle ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Finished,
    /// Too much is left: marking goes on.
    GoesOn,
}

impl Cycle {
    pub fn new() -> Cycle {
        Cycle {
            marking: AtomicBool::new(false),
            number: AtomicU8::new(0),
            state: Mutex::default(),
            work: Condvar::new(),
            idle: Condvar::new(),
            holding: AtomicBool::new(false),
            hungry: AtomicBool::new(false),
            objects: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            begun_at: AtomicUsize::new(0),
            begun_objects: AtomicUsize::new(0),
            slack: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
            stacks: OnceLock::new(),
            background: Mutex::new(None),
        }
    }

    #[inline(always)]
    pub fn marking(&self) -> bool {
        self.marking.load(Relaxed)
    }

    pub fn number(&self) -> u8 {
        self.number.load(Relaxed)
    }

    fn put(&self, work: Work) {
        self.state.lock().items.push(work);
        self.work.notify_one();
    }

    /// Words from a barrier or a stack.
    pub fn put_words(&self, words: Vec<usize>) {
        self.put(Work::Words(words));
    }

    /// Gives work back, counts what was marked.
    fn leave(&self, marker: &mut Marker) {
        self.objects.fetch_add(std::mem::take(&mut marker.objects), Relaxed);
        self.bytes.fetch_add(std::mem::take(&mut marker.bytes), Relaxed);
        let mut state = self.state.lock();
        marker.give_back(&mut |work| state.items.push(work));
        state.active -= 1;
        if state.active == 0 {
            self.idle.notify_all();
        }
        if !state.items.is_empty() {
            self.work.notify_one();
        }
    }

    /// World stopped: nobody marks until [`Cycle::release`].
    fn hold(&self) {
        self.holding.store(true, Relaxed);
        let mut state = self.state.lock();
        state.hold = true;
        while state.active > 0 {
            self.idle.wait(&mut state);
        }
    }

    fn release(&self) {
        self.holding.store(false, Relaxed);
        self.state.lock().hold = false;
    }

    /// Wakes the background thread, when goroutines run again: inside of the stop it might take the leader's core.
    pub fn go_on(&self) {
        if self.marking() {
            self.work.notify_one();
        }
    }
}

/// A pool that a marker of the cycle does not use: it shares through the cycle.
fn no_pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(2))
}

impl Heap {
    /// Only the first hook counts. With one, collections of larger heaps are concurrent.
    pub fn set_stack_hook(&self, hook: Box<StackHook>) -> bool {
        self.cycle.stacks.set(hook).is_ok()
    }

    /// The barrier is on.
    #[inline(always)]
    pub fn marking(&self) -> bool {
        self.cycle.marking()
    }

    /// Number of the present or last concurrent cycle.
    pub fn cycle_number(&self) -> u8 {
        self.cycle.number()
    }

    /// Is the next collection better done concurrently?
    pub(super) fn wants_cycle(&self) -> bool {
        let live = self.pacer.totals.lock().live_bytes + self.pacer.external();
        let enough = live >= CONCURRENT_FROM || self.pacer.stressed();
        enough && self.cycle.stacks.get().is_some() && self.pacer.gogc_on()
    }

    /// Begins a cycle. World stopped, caches flushed. False: there is no background thread to be had.
    pub(super) fn begin_cycle(&self, roots: &mut Roots) -> bool {
        if !self.ensure_background() {
            return false;
        }
        let cycle = &self.cycle;
        self.next_epoch();
        for list in self.unswept.iter() {
            list.clear();
        }
        let number = cycle.number();
        cycle.number.store(if number >= NUMBERS { 1 } else { number + 1 }, Relaxed);
        cycle.objects.store(0, Relaxed);
        cycle.bytes.store(0, Relaxed);
        let (granted, objects) = self.pacer.granted();
        cycle.begun_at.store(granted, Relaxed);
        cycle.begun_objects.store(objects, Relaxed);
        let (live, slack) = self.pacer.begin_cycle(self.pages.inuse());
        cycle.slack.store(slack.max(1), Relaxed);
        cycle.expected.store(live, Relaxed);
        let mut items = Vec::new();
        let mut words: Vec<usize> = Vec::new();
        (roots.fixed)(&mut |at, len| {
            for i in 0..len {
                // SAFETY: the caller gives ranges that can be read.
                let word = unsafe { at.add(i).read() } as usize;
                if self.in_range(word) {
                    words.push(word);
                    if words.len() == CHUNK {
                        items.push(Work::Words(std::mem::take(&mut words)));
                    }
                }
            }
        });
        items.push(Work::Words(words));
        let mut state = cycle.state.lock();
        debug_assert!(state.items.is_empty() && state.active == 0);
        state.items = items;
        state.stacks_done = false;
        // Half of the cycles under the verifier mark nothing before the end: all depends on the barrier then.
        state.hold = self.config.verify && cycle.number().is_multiple_of(2);
        cycle.holding.store(state.hold, Relaxed);
        cycle.marking.store(true, Relaxed);
        true
    }

    /// May a word be a reference?
    #[inline(always)]
    pub(super) fn in_range(&self, word: usize) -> bool {
        word.wrapping_sub(self.pages.base() as usize) < self.pages.used() * PAGE
    }

    /// Ends the cycle if what is left is little, or in any case (`now`). World stopped, caches flushed when it returns
    /// [`End::Finished`].
    pub(super) fn end_cycle(&self, caches: &mut [&mut Cache], roots: &mut Roots, now: bool) -> End {
        let cycle = &self.cycle;
        cycle.hold();
        let epoch = self.epoch.load(Relaxed);
        let pool = Pool::new(1);
        let mut marker = Marker::new(self, &pool, epoch);
        for cache in caches.iter_mut() {
            for word in cache.take_shaded() {
                marker.push(word as u64);
            }
        }
        let mut words = Vec::new();
        {
            let mut state = cycle.state.lock();
            for work in std::mem::take(&mut state.items) {
                match work {
                    Work::Words(more) => more.into_iter().for_each(|word| marker.push(word as u64)),
                    Work::Range(range) => marker.take(Work::Range(range)),
                }
            }
            if now && !state.stacks_done {
                // SAFETY: the world is stopped, the ranges can be read.
                (roots.stacks)(&mut |at, len| unsafe { marker.roots(at, len) });
                state.stacks_done = true;
            }
        }
        let stacks_done = cycle.state.lock().stacks_done;
        let through = if now { marker.drain_for(usize::MAX) } else { marker.drain_for(LAST_STOP) };
        cycle.objects.fetch_add(std::mem::take(&mut marker.objects), Relaxed);
        cycle.bytes.fetch_add(std::mem::take(&mut marker.bytes), Relaxed);
        if !through || !stacks_done {
            let mut state = cycle.state.lock();
            marker.give_back(&mut |work| state.items.push(work));
            drop(state);
            self.pacer.served();
            cycle.release();
            return End::GoesOn;
        }
        if self.config.verify {
            let mut keep = |at: *const u64, len: usize| {
                // SAFETY: as above.
                words.extend((0..len).map(|i| unsafe { at.add(i).read() }));
            };
            (roots.fixed)(&mut keep);
            (roots.stacks)(&mut keep);
            self.verify_reachable(epoch, &words);
        }
        for cache in caches.iter_mut() {
            self.flush(cache);
        }
        cycle.marking.store(false, Relaxed);
        let (granted, objects) = self.pacer.granted();
        let black = granted.saturating_sub(cycle.begun_at.load(Relaxed));
        let born = objects.saturating_sub(cycle.begun_objects.load(Relaxed));
        self.finish(epoch);
        let live = (cycle.objects.load(Relaxed) + born, cycle.bytes.load(Relaxed) + black);
        self.pacer.collected(live.0, live.1, self.pages.inuse() * PAGE);
        cycle.release();
        End::Finished
    }

    /// A P that was granted `bytes` while marking helps when marking is behind.
    #[cold]
    pub(super) fn assist(&self) {
        let cycle = &self.cycle;
        let granted = self.pacer.granted().0.saturating_sub(cycle.begun_at.load(Relaxed)) as u128;
        let due = granted * cycle.expected.load(Relaxed) as u128 / cycle.slack.load(Relaxed) as u128;
        let behind = due.saturating_sub(cycle.bytes.load(Relaxed) as u128);
        if behind == 0 || cycle.holding.load(Relaxed) {
            return;
        }
        let work = {
            let mut state = cycle.state.lock();
            match state.items.pop() {
                Some(work) if !state.hold => {
                    state.active += 1;
                    work
                }
                Some(work) => return state.items.push(work),
                None => return cycle.hungry.store(true, Relaxed),
            }
        };
        let mut marker = Marker::new(self, no_pool(), self.epoch.load(Relaxed));
        marker.take(work);
        marker.drain_for((behind / 32).min(ASSIST_MOST as u128) as usize + 1);
        cycle.leave(&mut marker);
    }

    fn ensure_background(&self) -> bool {
        let mut background = self.cycle.background.lock();
        if background.is_none() {
            struct Shared(*const Heap);
            // SAFETY: the heap is shared by design and joins the thread before it goes.
            unsafe impl Send for Shared {}
            let shared = Shared(self);
            let builder = std::thread::Builder::new().name(String::from("gol-mark")).stack_size(256 << 10);
            let started = builder.spawn(move || {
                let Shared(heap) = { shared };
                // SAFETY: see `Shared`.
                unsafe { &*heap }.mark_in_background();
            });
            *background = started.ok();
        }
        background.is_some()
    }

    /// Ends the background thread. No cycle begins afterwards.
    pub fn stop_background(&self) {
        self.cycle.holding.store(true, Relaxed);
        {
            let mut state = self.cycle.state.lock();
            state.quit = true;
            state.hold = true;
            self.cycle.work.notify_all();
        }
        if let Some(thread) = self.cycle.background.lock().take() {
            // A marker does not panic; if it did, the message is out.
            let _ = thread.join();
        }
    }

    fn mark_in_background(&self) {
        let cycle = &self.cycle;
        loop {
            let stacks = {
                let mut state = cycle.state.lock();
                loop {
                    if state.quit {
                        return;
                    }
                    let useful = cycle.marking() && (!state.items.is_empty() || !state.stacks_done);
                    if useful && !state.hold {
                        break;
                    }
                    cycle.work.wait(&mut state);
                }
                state.active += 1;
                !state.stacks_done
            };
            let mut marker = Marker::new(self, no_pool(), self.epoch.load(Relaxed));
            let mut done = !stacks || self.mark_stacks(&mut marker);
            if done {
                if stacks {
                    cycle.state.lock().stacks_done = true;
                }
                self.mark_items(&mut marker);
            }
            cycle.leave(&mut marker);
            let state = cycle.state.lock();
            done &= state.items.is_empty() && state.active == 0 && !state.hold && cycle.marking();
            drop(state);
            if done {
                // Exhausted: the next stop ends the cycle.
                self.pacer.request();
            }
        }
    }

    /// True when no stack is left.
    fn mark_stacks(&self, marker: &mut Marker) -> bool {
        let Some(hook) = self.cycle.stacks.get() else { return true };
        let holding = || self.cycle.holding.load(Relaxed);
        hook(self.cycle.number(), &mut |at, len| {
            // SAFETY: the hook gives stacks that nobody runs on.
            unsafe { marker.push_range(at, len) };
            // What was pushed of this stack lies in the marker and is given back.
            while marker.waiting() > CHUNK && !holding() {
                marker.drain_for(QUANTUM);
            }
            !holding()
        })
    }

    fn mark_items(&self, marker: &mut Marker) {
        let cycle = &self.cycle;
        while !cycle.holding.load(Relaxed) {
            if marker.drain_for(QUANTUM) {
                match cycle.state.lock().items.pop() {
                    Some(work) => marker.take(work),
                    None => return,
                }
            }
            cycle.objects.fetch_add(std::mem::take(&mut marker.objects), Relaxed);
            cycle.bytes.fetch_add(std::mem::take(&mut marker.bytes), Relaxed);
            if cycle.hungry.load(Relaxed)
                && let Some(half) = marker.split()
            {
                cycle.hungry.store(false, Relaxed);
                cycle.state.lock().items.push(half);
            }
        }
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.stop_background();
    }
}

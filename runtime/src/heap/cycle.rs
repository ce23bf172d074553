//! Concurrent marking: a cycle that begins and ends in short stops and marks while goroutines run.
//!
//! **Protocol** (snapshot at the beginning).
//! 1. *Begin*, world stopped: caches are flushed, the epoch advances, lists of unswept spans are emptied, the fixed roots (globals,
//!    timers, engine) become work. From here on the barrier is on and spans are born marked.
//! 2. *Marking*: the background thread takes work of the pool, and the stacks of goroutines that have not run since the beginning; a
//!    P that allocates helps as far as marking is behind ([`Heap::assist`]). A goroutine's stack is scanned before it first runs,
//!    by a marker or by the P that begins it (see `sched::world`).
//! 3. *End*, world stopped: the background thread lets go; what the barriers kept is marked. If that is more than a few hundred
//!    microseconds of work, or stacks are left, the cycle goes on with 2. Else everything that is not marked is dead.
//!
//! **Invariants**
//! - What was reachable at the beginning is marked at the end: a word that is overwritten in the heap while marking is given to
//!   [`Cache::shade`] before ([barrier](crate::sched::ops::barrier)); words of stacks are scanned before the goroutine can change
//!   them, and who hands a value to a parked receiver gives the marker what was in its slots.
//! - What is allocated while marking is marked: only fresh spans are allocated from, and their cells are born with the epoch.
//!   So the marker never looks into an object that is being made.
//! - A stack that was scanned, and the globals, need no barrier: what is put there was reachable at the beginning or is new.
//! - The marker takes any word: a torn or stale one costs retention, never memory safety.
//! - Who marks, and that nobody does beside a leader, is the [`Team`]'s business.
//! - An allocator that runs too far ahead ends the cycle at once, stopped (a *degenerate* end): memory stays bounded.

mod assist;

use super::cache::Cache;
use super::collect::{Roots, Visit};
use super::mark::{Marker, Work};
use super::pool::Pool;
use super::team::{Next, Team};
use super::{Heap, size::PAGE};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU8, AtomicUsize, Ordering::*};
use std::collections::HashSet;
use std::sync::OnceLock;

/// Below so many live bytes a stopped collection is over sooner than a thread has woken up.
const CONCURRENT_FROM: usize = 1 << 20;
/// Objects that a thread marks before it looks around: some tens of microseconds.
const QUANTUM: usize = 1024;
/// Objects that are marked in the final stop before the cycle rather goes on.
const LAST_STOP: usize = 4096;
/// Words that one item of the pool has at most when they come from roots.
const CHUNK: usize = 4096;
/// Cycles have numbers of 7 bits, and the largest of those means something else.
const NUMBERS: u8 = 100;
/// Stacks that are scanned in a row.
const STACKS: usize = 32;

/// Of the goroutines with numbers in `from..from + n`, visits the stacks that were not scanned in this cycle; false when all have
/// smaller numbers.
pub type StackHook = dyn Fn(u8, usize, usize, &mut dyn FnMut(*const u64, usize)) -> bool + Send + Sync;

/// A cycle's shared state.
pub struct Cycle {
    team: Team<Work>,
    /// Number of the cycle, 1..=[`NUMBERS`] and again: goroutines carry that of their last scan.
    number: AtomicU8,
    objects: AtomicUsize,
    bytes: AtomicUsize,
    /// Where the cycle began and what may be granted until it is ended stopped.
    begun_at: AtomicUsize,
    begun_objects: AtomicUsize,
    slack: AtomicUsize,
    expected: AtomicUsize,
    /// Verify mode: what was reachable at the beginning.
    snapshot: Mutex<HashSet<usize>>,
    stacks: OnceLock<Box<StackHook>>,
    background: Mutex<Option<crate::sync::thread::JoinHandle<()>>>,
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
            team: Team::new(),
            number: AtomicU8::new(0),
            objects: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            begun_at: AtomicUsize::new(0),
            begun_objects: AtomicUsize::new(0),
            slack: AtomicUsize::new(0),
            expected: AtomicUsize::new(0),
            snapshot: Mutex::default(),
            stacks: OnceLock::new(),
            background: Mutex::new(None),
        }
    }

    #[inline(always)]
    pub fn marking(&self) -> bool {
        self.team.marking()
    }

    pub fn number(&self) -> u8 {
        self.number.load(Relaxed)
    }

    /// Counts what a marker has marked since the last time.
    fn count(&self, marker: &mut Marker) {
        self.objects.fetch_add(std::mem::take(&mut marker.objects), Relaxed);
        self.bytes.fetch_add(std::mem::take(&mut marker.bytes), Relaxed);
    }

    /// Half of a marker's work, when the pool is empty.
    fn share(&self, marker: &mut Marker) {
        self.count(marker);
        self.team.share(|| marker.split());
    }

    /// Gives work back, counts what was marked. True: the caller asks for the end.
    fn leave(&self, marker: &mut Marker) -> bool {
        self.count(marker);
        self.team.leave(|put| marker.give_back(put))
    }

    /// Wakes the background thread, when goroutines run again.
    pub fn go_on(&self) {
        self.team.go_on();
    }
}

/// A pool that a marker of the cycle does not use: it shares through the cycle.
fn no_pool() -> &'static Pool<Work> {
    static POOL: OnceLock<Pool<Work>> = OnceLock::new();
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

    /// Is the next collection better done concurrently? Under stress every third is not.
    fn wants_cycle(&self) -> bool {
        let totals = *self.pacer.totals.lock();
        let enough = match self.pacer.stressed() {
            true => !totals.num_gc.is_multiple_of(3),
            false => totals.num_gc == 0 || totals.live_bytes + self.pacer.external() >= CONCURRENT_FROM,
        };
        enough && self.cycle.stacks.get().is_some() && self.pacer.is_on()
    }

    /// Before a stop: starts the thread that marks, when it will be needed.
    pub fn prepare(&self) {
        if !self.marking() && self.wants_cycle() {
            self.ensure_background();
        }
    }

    /// Whether the collection that is due begins as a cycle.
    pub(super) fn can_begin(&self) -> bool {
        self.wants_cycle() && self.cycle.background.lock().is_some()
    }

    /// Begins a cycle. World stopped, caches flushed.
    pub(super) fn begin_cycle(&self, roots: &mut Roots) {
        let cycle = &self.cycle;
        if self.config.verify {
            // Before the number changes: whoever is visited here still counts as not scanned.
            let mut words = gather(roots.fixed);
            words.extend(gather(&mut |visit| self.final_roots(visit)));
            words.extend(gather(roots.stacks));
            *cycle.snapshot.lock() = self.reach(&words);
        }
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
        let mut keep = |at: *const u64, len: usize| {
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
        };
        (roots.fixed)(&mut keep);
        self.final_roots(&mut keep);
        items.push(Work::Words(words));
        // Half of the cycles under the verifier mark nothing before the end: all depends on the barrier then.
        cycle.team.begin(items, self.config.verify && cycle.number().is_multiple_of(2));
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
        cycle.team.hold();
        let epoch = self.epoch.load(Relaxed);
        if now {
            self.mark_rest(caches, roots, epoch);
        } else if !self.mark_little(caches, epoch) {
            self.pacer.served();
            cycle.team.release();
            return End::GoesOn;
        }
        if self.config.verify {
            let fixed = gather(roots.fixed);
            self.verify_cycle(epoch, &cycle.snapshot.lock(), &fixed);
        }
        self.find_dead(epoch);
        for cache in caches.iter_mut() {
            self.flush(cache);
        }
        cycle.team.finish();
        let (granted, objects) = self.pacer.granted();
        let black = granted.saturating_sub(cycle.begun_at.load(Relaxed));
        let born = objects.saturating_sub(cycle.begun_objects.load(Relaxed));
        self.finish(epoch);
        let live = (cycle.objects.load(Relaxed) + born, cycle.bytes.load(Relaxed) + black);
        self.pacer.collected(live.0, live.1, self.pages.inuse() * PAGE);
        self.count_live();
        cycle.team.release();
        End::Finished
    }

    /// Marks what is left if that is little; false: it is not. World stopped, nobody marks.
    fn mark_little(&self, caches: &mut [&mut Cache], epoch: u8) -> bool {
        let cycle = &self.cycle;
        let pool = Pool::new(1);
        let mut marker = Marker::new(self, &pool, epoch);
        self.take_over(&mut marker, caches);
        let through = marker.drain_for(LAST_STOP) && cycle.team.stacks_done();
        cycle.count(&mut marker);
        marker.give_back(&mut |work| cycle.team.give_back(work));
        through
    }

    /// Marks all that is left, with several threads when it may be much. World stopped, nobody marks.
    fn mark_rest(&self, caches: &mut [&mut Cache], roots: &mut Roots, epoch: u8) {
        let cycle = &self.cycle;
        let workers = self.workers_for(cycle.expected.load(Relaxed).saturating_sub(cycle.bytes.load(Relaxed)));
        let mut lead = |pool: &Pool<Work>| {
            let mut marker = Marker::new(self, pool, epoch);
            self.take_over(&mut marker, caches);
            if !cycle.team.stacks_done() {
                cycle.team.no_more_stacks();
                // SAFETY: the world is stopped, the ranges can be read.
                (roots.stacks)(&mut |at, len| unsafe { marker.roots(at, len) });
            }
            marker.work();
            (marker.objects, marker.bytes)
        };
        let (objects, bytes) = self.mark_with(workers, epoch, &mut lead);
        cycle.objects.fetch_add(objects, Relaxed);
        cycle.bytes.fetch_add(bytes, Relaxed);
    }

    /// All work that lies in caches and in the pool of the cycle becomes the marker's.
    fn take_over(&self, marker: &mut Marker, caches: &mut [&mut Cache]) {
        for cache in caches.iter_mut() {
            for word in cache.take_shaded() {
                marker.push(word as u64);
            }
        }
        for work in self.cycle.team.take_all() {
            match work {
                Work::Words(more) => more.into_iter().for_each(|word| marker.push(word as u64)),
                Work::Range(range) => marker.take(Work::Range(range)),
            }
        }
    }

    /// Sees to it that a marker without work gets some: an item of the pool, or stacks. False: there is none. The caller has joined.
    fn next_work(&self, marker: &mut Marker) -> bool {
        let cycle = &self.cycle;
        loop {
            if marker.waiting() {
                return true;
            }
            match cycle.team.next(STACKS) {
                Next::Item(work) => marker.take(work),
                Next::Stacks(from) => self.scan_stacks(marker, from),
                Next::Nothing => return false,
            }
        }
    }

    /// Pushes the words of a few stacks.
    fn scan_stacks(&self, marker: &mut Marker, from: usize) {
        let cycle = &self.cycle;
        // SAFETY: the hook gives stacks that nobody runs on.
        let mut push = |at, len| unsafe { marker.push_range(at, len) };
        let more = cycle.stacks.get().is_some_and(|hook| hook(cycle.number(), from, STACKS, &mut push));
        if !more {
            cycle.team.no_more_stacks();
        }
    }

    fn ensure_background(&self) {
        let mut background = self.cycle.background.lock();
        if background.is_none() {
            struct Shared(*const Heap);
            // SAFETY: the heap is shared by design and joins the thread before it goes.
            unsafe impl Send for Shared {}
            let shared = Shared(self);
            let builder = crate::sync::thread::Builder::new().name(String::from("gol-mark")).stack_size(256 << 10);
            let started = builder.spawn(move || {
                let Shared(heap) = { shared };
                let _ends = crate::EndsProgram;
                // SAFETY: see `Shared`.
                unsafe { &*heap }.mark_in_background();
            });
            *background = started.ok();
        }
    }

    /// Ends the background thread. No cycle begins afterwards.
    pub fn stop_background(&self) {
        self.cycle.team.quit();
        if let Some(thread) = self.cycle.background.lock().take() {
            // A marker does not panic; if it did, the message is out.
            let _ = thread.join();
        }
    }

    fn mark_in_background(&self) {
        while self.cycle.team.wait_for_work() {
            let mut marker = Marker::new(self, no_pool(), self.epoch.load(Relaxed));
            self.pacer.timed(|| {
                while !self.cycle.team.holding() && self.next_work(&mut marker) {
                    marker.drain_for(QUANTUM);
                    self.cycle.share(&mut marker);
                }
            });
            if self.cycle.leave(&mut marker) {
                // Exhausted: the next stop ends the cycle.
                self.pacer.request();
            }
        }
    }
}

/// All words of some roots.
fn gather(roots: &mut dyn FnMut(Visit)) -> Vec<u64> {
    let mut words = Vec::new();
    // SAFETY: roots are ranges that can be read.
    roots(&mut |at, len| words.extend((0..len).map(|i| unsafe { at.add(i).read() })));
    words
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.stop_background();
    }
}

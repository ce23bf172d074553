//! The deterministic world: one worker whose clock and choices come from a seed, so that a program does the same in every run.
//!
//! Invariants (of a seeded runtime):
//! - There is one P for ever, and a native keeps it: nobody else decides anything. Its guard is always 0, so every function
//!   entry and every backward jump polls. Time is counted in polls; preemption happens at a drawn number of them.
//! - Everything runnable is gathered into the P's pool in a fixed order, and one is drawn.
//! - A collection changes nothing: it neither draws nor counts (`Place::Entry` polls are executed again after a stop and
//!   count then; a loop's poll that would have yielded yields after the stop).
//! - While no main goroutine is waited for, nothing runs and time stands still (`frozen`): what others would have done
//!   between the end of main and the end of the process is no part of a run.
//! - When all sleep, the clock goes to the first timer: after a real wait of that length, or at once (`fake_time`).
use super::g::{G, GRef};
use super::p::{P, Poll, random};
use super::{Sched, poll as poller, timer};
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::ptr::null_mut;

/// What a check costs on the clock of a seeded run, and what reading that clock costs.
const POLL_NS: u64 = 10;
const READ_NS: u64 = 100;
/// A time slice is up to two to the power of this many checks, all powers being equally likely.
const SLICE_POWERS: u32 = 10;
/// Where the clock of a seeded run begins: monotonic, and on the wall (2009-11-10 23:00 UTC, as Go's playground).
/// Every so many schedules the network is looked at.
const LOOK_TICK: u32 = 64;
/// The processors that the program sees: the same number on every machine.
pub(super) const SAID_PROCS: usize = 4;
const CLOCK_START: u64 = 1_000_000_000;
const WALL_START: u64 = 1_257_894_000_000_000_000;

/// Where a runtime's clock and choices come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum World {
    /// The machine's clock, threads and chance.
    #[default]
    Real,
    /// All of it from a seed; see the module.
    Seeded {
        seed: u64,
        /// Sleeping takes no time.
        fake_time: bool,
        /// What the wall clock shows at the start, in unix nanoseconds; `None`: always the same.
        start_wall_ns: Option<u64>,
    },
}

/// The shared part of a world.
pub(super) struct Choices {
    pub seeded: bool,
    fake_time: bool,
    start_wall_ns: u64,
    clock: AtomicU64,
    frozen: AtomicBool,
}

/// Where a check stands. At an entry the call is executed again when the goroutine leaves at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Entry,
    Loop,
}

impl Choices {
    pub fn new(world: World) -> Choices {
        let (seeded, fake_time, start) = match world {
            World::Real => (false, false, None),
            World::Seeded { fake_time, start_wall_ns, .. } => (true, fake_time, start_wall_ns),
        };
        let start_wall_ns = start.unwrap_or(WALL_START);
        Choices {
            seeded,
            fake_time,
            start_wall_ns,
            clock: AtomicU64::new(CLOCK_START),
            frozen: AtomicBool::new(seeded),
        }
    }
    /// The monotonic clock.
    #[inline(always)]
    pub fn now_ns(&self) -> u64 {
        if self.seeded { self.clock.load(Relaxed) } else { timer::now_ns() }
    }
    pub fn wall_ns(&self) -> u64 {
        if self.seeded { self.clock.load(Relaxed) - CLOCK_START + self.start_wall_ns } else { timer::wall_ns() }
    }
    /// The program has read the clock: a loop that waits for a time comes to its end.
    pub fn was_read(&self) {
        if self.seeded {
            self.clock.fetch_add(READ_NS, Relaxed);
        }
    }
    /// Something outside of the run has taken time.
    pub fn passed(&self, ns: u64) {
        if self.seeded {
            self.clock.fetch_add(ns, Relaxed);
        }
    }
    /// Nothing may run: no main goroutine is waited for.
    pub fn frozen(&self) -> bool {
        self.frozen.load(Relaxed)
    }
    /// Under `Sched::idle`, whenever the list of runs has changed.
    pub fn runs_are(&self, n: usize) {
        if self.seeded {
            self.frozen.store(n == 0, Relaxed);
        }
    }
    /// The keeper is about to wait for the clock to come to `until` (`u64::MAX`: for something else).
    pub fn wait_begins(&self, until: u64) -> Wait {
        if !self.seeded {
            return Wait { deadline: until, until, begin: 0 };
        }
        let begin = timer::now_ns();
        let left = if self.fake_time { 0 } else { until.saturating_sub(self.clock.load(Relaxed)) };
        let deadline = if until == u64::MAX { until } else { begin.saturating_add(left) };
        Wait { deadline, until, begin }
    }
    /// `early`: something else has ended it.
    pub fn wait_ends(&self, wait: Wait, early: bool) {
        if !self.seeded || wait.until == u64::MAX {
            return;
        }
        let real = if self.fake_time { 0 } else { timer::now_ns() - wait.begin };
        let clock = self.clock.load(Relaxed);
        let to = if early { (clock + real).min(wait.until) } else { wait.until };
        self.clock.fetch_max(to, Relaxed);
    }
}

/// The keeper's wait: `deadline` is on the machine's clock.
pub(super) struct Wait {
    pub deadline: u64,
    until: u64,
    begin: u64,
}

/// Two words that differ in one bit give unrelated ones.
pub(super) fn mix(word: u64) -> u64 {
    let z = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// 64 random bits from the P's generator.
///
/// # Safety
/// `p` is the caller's.
pub unsafe fn random64(p: *mut P) -> u64 {
    // SAFETY: says the caller.
    unsafe { mix((random(p) as u64) << 32 | random(p) as u64) }
}

/// Is this a seeded runtime?
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub unsafe fn is_seeded(p: *mut P) -> bool {
    // SAFETY: says the caller.
    unsafe { (*p).seeded }
}

/// A check in a seeded run.
///
/// # Safety
/// As `p::poll`.
pub(super) unsafe fn poll(p: *mut P, place: Place) -> Poll {
    // SAFETY: says the caller.
    unsafe {
        let s = &*(*p).sched;
        let stop = s.halt.load(Relaxed) != 0 || (*(*p).heap).want_gc();
        if stop && place == Place::Entry {
            return Poll::Stop;
        }
        let clock = &s.choices.clock;
        let now = clock.load(Relaxed) + POLL_NS;
        clock.store(now, Relaxed);
        (*p).left = (*p).left.saturating_sub(1);
        let over = (*p).left == 0 || (*p).shared.timers.next() <= now;
        let yields = over && s.preempt.allows(place);
        if stop {
            (*p).overdue = yields;
            Poll::Stop
        } else if yields {
            Poll::Yield
        } else {
            Poll::Go
        }
    }
}

/// The next goroutine of a seeded run, with a time slice; null: nothing is runnable.
///
/// # Safety
/// `p` is the caller's.
pub(super) unsafe fn pick(p: *mut P) -> *mut G {
    // SAFETY: says the caller.
    unsafe {
        let s = &*(*p).sched;
        gather(s, p);
        if s.choices.frozen() {
            return null_mut();
        }
        let now = s.choices.now_ns();
        let ms = ((now - s.start_ns) / 1_000_000) as u32;
        s.clock_ms.store(ms, Relaxed);
        (*p).shared.clock_ms.store(ms, Relaxed);
        if timer::run_due(p, p, now) {
            gather(s, p);
        }
        if (*p).pool.is_empty() || (*p).tick.is_multiple_of(LOOK_TICK) {
            let g = poller::look(s, p);
            if !g.is_null() {
                (*p).pool.push(GRef(g));
                gather(s, p);
            }
        }
        let n = (*p).pool.len();
        if n == 0 {
            return null_mut();
        }
        let chosen = if n == 1 { 0 } else { (random64(p) % n as u64) as usize };
        let power = random(p) % SLICE_POWERS;
        (*p).left = 2 + (random(p) >> 8) % (2 << power);
        let pool = &mut (*p).pool;
        let g = pool.swap_remove(chosen).0;
        if let Some(tape) = &s.tape
            && !tape.picked((*g).id, (*p).left)
        {
            (*s.runtime.get()).interrupt();
        }
        g
    }
}

unsafe fn gather(s: &Sched, p: *mut P) {
    // SAFETY: as `pick`.
    unsafe {
        let pool = &mut (*p).pool;
        let next = (*p).shared.runnext.swap(null_mut(), AcqRel);
        if !next.is_null() {
            pool.push(GRef(next));
        }
        while let Some(g) = (*p).queue.pop() {
            pool.push(g);
        }
        while let Some(g) = s.injector.steal().success() {
            pool.push(g);
        }
    }
}

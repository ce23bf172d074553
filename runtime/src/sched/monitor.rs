//! The monitor: a thread without P that asks for preemption, retakes Ps from natives, and watches timers.
//!
//! Invariants:
//! - It runs no goroutine and touches no heap object, so it needs no stop.
//! - It asks again at each tick, so a poison that the owner has overwritten is only late.
//! - Ticks are 20 us after it had to act, and grow to 10 ms (1 ms while nobody sleeps in the poller and goroutines wait for it); short
//!   natives do not count as activity. With all Ps idle and nothing to watch it sleeps without a deadline; `idle::take_p` wakes it.
use super::p::{P, Status};
use super::{SHUTDOWN, STOP, Sched, blocking, deadlock, idle, m, queue, runtime, timer};
use crate::sync::MutexGuard;
use crate::sync::atomic::Ordering::*;
use std::time::Duration;

const TICK_MIN_NS: u64 = 20_000;
const TICK_MAX_NS: u64 = 10_000_000;
/// Ticks without action before the tick grows.
const CALM: u32 = 50;
/// A native may keep its P so long while others wait for one.
const NATIVE_NS: u64 = 20_000;
/// And so long while nobody does.
const NATIVE_MAX_NS: u64 = 10_000_000;
/// Events may wait so long for a P to look at them.
const TICK_POLL_NS: u64 = 1_000_000;
/// A timer may be so late before its P is asked.
pub(super) const LATE_NS: u64 = 50_000;
/// What the thread asks the system for at once: it works for microseconds, and shall not wait for those who compute.
const OWN_SLICE_NS: u64 = 100_000;

/// What the monitor saw of a P last.
#[derive(Clone, Copy, Default)]
struct Seen {
    slice: u32,
    slice_since: u64,
    status: u64,
    status_since: u64,
}

pub(super) fn spawn_thread(s: &Sched) -> std::io::Result<()> {
    struct Start(*const Sched);
    // SAFETY: the scheduler outlives its threads.
    unsafe impl Send for Start {}
    let start = Start(s);
    crate::sync::thread::Builder::new().name("gol-monitor".into()).stack_size(256 << 10).spawn(move || {
        let Start(s) = { start };
        // SAFETY: see `Start`.
        let s = unsafe { &*s };
        m::short_sleeps();
        short_slice();
        run(s);
        m::thread_ends(s);
    })?;
    s.idle.lock().threads += 1;
    Ok(())
}

/// Asks the system to run this thread soon after it wakes, for a short time, though all processors are busy (Linux 6.12; others refuse).
fn short_slice() {
    #[cfg(target_os = "linux")]
    {
        /// `struct sched_attr` as of its first version.
        #[repr(C)]
        #[derive(Default)]
        struct Attr {
            size: u32,
            policy: u32,
            flags: u64,
            nice: i32,
            priority: u32,
            runtime: u64,
            deadline: u64,
            period: u64,
        }
        let size = size_of::<Attr>() as u32;
        let mut attr = Attr::default();
        // SAFETY: both calls concern this thread and a record of the size they are told.
        unsafe {
            if libc::syscall(libc::SYS_sched_getattr, 0, &mut attr, size, 0) == 0
                && attr.policy == libc::SCHED_OTHER as u32
            {
                attr.runtime = OWN_SLICE_NS;
                libc::syscall(libc::SYS_sched_setattr, 0, &attr, 0);
            }
        }
    }
}

/// A timer was added that is due before the monitor looks next.
#[cold]
#[inline(never)]
pub(super) fn timer_added(s: &Sched) {
    // Under the mutex it is asleep or will read the deadlines again.
    let _idle = s.idle.lock();
    s.monitor_until.store(0, Relaxed);
    s.monitor_cv.notify_one();
}

fn run(s: &Sched) {
    let mut seen = vec![Seen::default(); super::MAX_PROCS];
    let mut looks = 0;
    let mut tick = TICK_MIN_NS;
    let mut calm = 0;
    let mut watch = Watch::new(s);
    loop {
        if !pause(s, tick.min(watch.look(s))) {
            return;
        }
        watch_poller(s, &mut looks);
        if look(s, &mut seen) {
            tick = TICK_MIN_NS;
            calm = 0;
        } else {
            calm += 1;
            if calm > CALM {
                tick = (tick * 2).min(TICK_MAX_NS);
            }
        }
    }
}

/// Sleeps for a tick, shorter when a timer is due before, for ever when there is nothing to watch. False: the runtime ends.
fn pause(s: &Sched, tick: u64) -> bool {
    let mut guard = s.idle.lock();
    if s.halt.load(Relaxed) & SHUTDOWN != 0 {
        return false;
    }
    let all_idle = guard.ps.len() == guard.live;
    let now = s.choices.now_ns();
    // Before the deadlines are read: see `timer_added`.
    s.monitor_until.store(if s.choices.seeded { 0 } else { now + tick }, SeqCst);
    // SAFETY: all Ps are idle, under the mutex.
    let first_timer = if all_idle && unsafe { !timer::promising(s) } { u64::MAX } else { timer::earliest(s) };
    let polled = s.poller.waiters() == 0 || guard.keeper_polls && !guard.keeper.is_null();
    let watched = polled && (first_timer == u64::MAX || !guard.keeper.is_null());
    let watched = watched && s.profile.is_none() && s.schedtrace_ms == 0;
    if all_idle && watched && guard.runs.iter().all(|r| !r.interrupted) {
        if deadlock::nothing_left(s, &guard) && !guard.runs.is_empty() {
            MutexGuard::unlocked(&mut guard, || deadlock::check(s));
        }
        if guard.ps.len() == guard.live {
            guard.monitor_asleep = true;
            s.monitor_until.store(0, Relaxed);
            s.monitor_cv.wait(&mut guard);
            guard.monitor_asleep = false;
        }
    } else {
        let mut ns = if polled { tick } else { tick.min(TICK_POLL_NS) };
        if first_timer != u64::MAX {
            ns = ns.min(first_timer.saturating_sub(now) + LATE_NS);
        }
        s.monitor_cv.wait_for(&mut guard, Duration::from_nanos(ns));
    }
    s.monitor_until.store(0, Relaxed);
    s.halt.load(Relaxed) & SHUTDOWN == 0
}

/// One look at everything. True when it had to retake a P.
fn look(s: &Sched, seen: &mut [Seen]) -> bool {
    let now = s.choices.now_ns();
    let clock = ((now - s.start_ns) / 1_000_000) as u32;
    if !s.choices.seeded {
        s.clock_ms.store(clock, Relaxed);
    }
    if s.halt.load(Relaxed) & STOP != 0 {
        return false;
    }
    runtime::settle_interrupted(s);
    let some_idle = s.npidle.load(Relaxed) != 0;
    let mut acted = false;
    let mut unserved = false;
    for (i, seen) in seen.iter_mut().enumerate().take(s.nps.load(Acquire)) {
        let p = s.p_at(i);
        // SAFETY: Ps stay; only `guard`, `shared` and the stealer are touched.
        let shared = unsafe { &(*p).shared };
        if !s.choices.seeded {
            shared.clock_ms.store(clock, Relaxed);
        }
        let late = now > shared.timers.next().saturating_add(LATE_NS);
        let word = shared.status.load(Acquire);
        match Status::of(word) {
            Status::Running => {
                watch_slice(s, p, seen, now);
                if late && !some_idle {
                    poison(p);
                }
                let queued = !shared.runnext.load(Relaxed).is_null();
                unserved |= late || queued;
            }
            Status::Syscall => acted |= watch_native(s, p, seen, word, now, late),
            Status::Idle | Status::Retired => unserved |= late,
            Status::Stopped | Status::SyscallStopped => {}
        }
    }
    if some_idle && (unserved || queue::anything(s)) {
        idle::wake_one(s);
    } else if unserved && s.nps.load(Relaxed) > s.procs.load(Relaxed) {
        poison(s.p_at(0));
    }
    acted
}

/// Nobody has looked at the poller since the last tick, and there are events: somebody must.
fn watch_poller(s: &Sched, looks: &mut u64) {
    let seen = std::mem::replace(looks, s.poller.looks());
    if s.poller.waiters() == 0 || seen != *looks || s.halt.load(Relaxed) & STOP != 0 {
        return;
    }
    {
        let idle = s.idle.lock();
        if !idle.keeper.is_null() && idle.keeper_polls {
            return;
        }
        if !idle.ps.is_empty() {
            drop(idle);
            return idle::wake_one(s);
        }
    }
    if !s.poller.pending() {
        return;
    }
    for p in s.all() {
        // SAFETY: Ps stay; only `guard` and `shared` are touched.
        let shared = unsafe { &(*p).shared };
        if shared.state() == Status::Running {
            shared.look.store(true, Relaxed);
            return poison(p);
        }
    }
}

fn poison(p: *mut P) {
    // SAFETY: anyone may poison.
    unsafe { (*p).guard.store(0, Relaxed) }
}

/// Ends a time slice that is over.
fn watch_slice(s: &Sched, p: *mut P, seen: &mut Seen, now: u64) {
    // SAFETY: Ps stay.
    let shared = unsafe { &(*p).shared };
    let slice = shared.slice.load(Relaxed);
    if slice != seen.slice {
        seen.slice = slice;
        seen.slice_since = now;
    } else if s.slice_ns != 0 && now - seen.slice_since > s.slice_ns {
        shared.preempt.store(slice, Relaxed);
        poison(p);
    }
}

/// Takes the P of a native that lasts. The P's late timers need an M.
fn watch_native(s: &Sched, p: *mut P, seen: &mut Seen, word: u64, now: u64, late: bool) -> bool {
    if word != seen.status {
        seen.status = word;
        seen.status_since = now;
        return false;
    }
    let inside = now - seen.status_since;
    // SAFETY: Ps stay; the run-next and the stealer are shared.
    let queued = unsafe { !(*p).stealer.is_empty() || !(*p).shared.runnext.load(Relaxed).is_null() };
    let needed = queued || late || s.npidle.load(Relaxed) + s.nspin.load(Relaxed) == 0;
    if inside < NATIVE_NS || !needed && inside < NATIVE_MAX_NS {
        return false;
    }
    // SAFETY: `p` is one of `s`.
    unsafe { blocking::retake(s, p, word) }
}

/// Time between two samples of a profile.
const SAMPLE_NS: u64 = 1_000_000;

/// Time between two slow polls for an engine that wants them: for so many of them, then more.
const HOT_NS: [u64; 2] = [1_000_000, 4_000_000];
const HOT_FIRST: u32 = 400;

/// What is done at times of the machine's clock: samples, slow polls, and lines about the scheduler.
struct Watch {
    start: u64,
    next_sample: u64,
    next_hot: u64,
    asked: u32,
    next_line: u64,
}

impl Watch {
    fn new(s: &Sched) -> Watch {
        let start = timer::now_ns();
        let at = |wanted| if wanted { start } else { u64::MAX };
        Watch {
            start,
            next_sample: at(s.profile.is_some()),
            next_hot: at(s.hot),
            asked: 0,
            next_line: at(s.schedtrace_ms != 0),
        }
    }
    /// Does what is due; nanoseconds until the next.
    fn look(&mut self, s: &Sched) -> u64 {
        if self.next_sample == u64::MAX && self.next_hot == u64::MAX && self.next_line == u64::MAX {
            return u64::MAX;
        }
        let now = timer::now_ns();
        if now >= self.next_sample {
            self.next_sample = now + SAMPLE_NS;
            ask_samples(s);
        }
        if now >= self.next_hot {
            let asked = ask_polls(s);
            self.asked = self.asked.saturating_add(asked.into());
            self.next_hot = now + HOT_NS[usize::from(self.asked >= HOT_FIRST)];
        }
        if now >= self.next_line {
            let ms = (now - self.start) / 1_000_000;
            crate::tell(&format!("{}\n", line(s, ms)));
            self.next_line = self.start + (ms / s.schedtrace_ms + 1) * s.schedtrace_ms * 1_000_000;
        }
        self.next_sample.min(self.next_hot).min(self.next_line).saturating_sub(now)
    }
}

/// Goroutines that wait in the queues of `p`.
fn queued(p: *mut P) -> usize {
    // SAFETY: Ps stay; run-next and stealer are shared.
    unsafe { (*p).stealer.len() + usize::from(!(*p).shared.runnext.load(Relaxed).is_null()) }
}

/// Asks every P that runs to poll for a sample; did one run?
fn ask_polls(s: &Sched) -> bool {
    let mut some = false;
    for p in s.all() {
        // SAFETY: Ps stay; only `guard` and `shared` are touched.
        let shared = unsafe { &(*p).shared };
        if Status::of(shared.status.load(Acquire)) == Status::Running {
            shared.hot.store(true, Relaxed);
            poison(p);
            some = true;
        }
    }
    some
}

/// While there is a main goroutine: asks every P that runs for a sample, and counts how many run and wait.
fn ask_samples(s: &Sched) {
    let Some(profile) = &s.profile else { return };
    if s.idle.lock().runs.is_empty() {
        return;
    }
    let running = |i: &usize| {
        let p = s.p_at(*i);
        // SAFETY: Ps stay; only `guard` and `shared` are touched.
        let shared = unsafe { &(*p).shared };
        let runs = Status::of(shared.status.load(Acquire)) == Status::Running;
        if runs {
            shared.samples.fetch_add(1, Relaxed);
            poison(p);
        }
        runs
    };
    let waiting = s.injector.len() + s.all().map(queued).sum::<usize>();
    profile.tick((0..s.nps.load(Acquire)).filter(running), s.nspin.load(Relaxed), waiting);
}

/// Go's line about the scheduler.
fn line(s: &Sched, ms: u64) -> String {
    let (threads, idle_threads) = {
        let idle = s.idle.lock();
        (idle.threads, idle.ms.len())
    };
    let procs = s.procs.load(Relaxed);
    let queues: String = s.all().take(procs).map(|p| format!(" {}", queued(p))).collect();
    // SAFETY: Ps stay; `shared` may be read.
    let ticks: String =
        s.all().take(procs).map(|p| format!(" {}", unsafe { (*p).shared.slice.load(Relaxed) })).collect();
    format!(
        "SCHED {ms}ms: gomaxprocs={procs} idleprocs={} threads={threads} spinningthreads={} needspinning=0 \
         idlethreads={idle_threads} runqueue={} [{queues} ] schedticks=[{ticks} ]",
        s.npidle.load(Relaxed),
        s.nspin.load(Relaxed),
        s.injector.len(),
    )
}

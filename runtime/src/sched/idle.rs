//! Idle Ps and Ms: waking one, going to sleep, and never missing work in between.
//!
//! Invariants:
//! - `npidle` is the length of `Idle::ps`, changed under the mutex, read without. `nspin` counts Ms (or a waker on behalf
//!   of one) that search and have found nothing yet.
//! - Waker: work published, full fence, `npidle != 0 && nspin == 0`, claim `nspin` 0 to 1, start an M that searches. Sleeper: P
//!   into the list, `nspin -= 1`, full fence, look at every queue once more (every M, also one that did not search). A
//!   searching M that finds work and leaves `nspin` wakes another, so a burst is spread without the producer's help.
//! - While the world is stopped nobody takes a P out of the list. A refused waker may forget it: the one who resumes the
//!   world wakes again. A refused M without P waits for the end of the stop and tries again.
//! - **The keeper**: one M without P that sleeps until the earliest timer, and, once the poller exists, inside of that. It keeps watch
//!   while there is a timer (one that can change anything, if all is idle) or somebody waits for a descriptor. A P that goes idle
//!   with an earlier timer wakes it.
//! - Deadlock is tested under the mutex by whoever makes the last P idle or goes to sleep last (`deadlock.rs`).
use super::g::G;
use super::m::M;
use super::p::{P, Status};
use super::{Sched, deadlock, m, poll, queue, timer};
use crate::sync::MutexGuard;
use crate::sync::atomic::{Ordering::*, fence};
use std::collections::HashMap;
use std::ptr::null_mut;

/// Guarded by `Sched::idle`.
pub(super) struct Idle {
    pub ps: Vec<*mut P>,
    pub ms: Vec<*mut M>,
    /// Ps that are not retired: idle, running or in a native.
    pub live: usize,
    /// The M that waits for the earliest timer and for events.
    pub keeper: *mut M,
    /// It sleeps in the poller.
    pub keeper_polls: bool,
    pub monitor_asleep: bool,
    /// Threads that have not ended, the monitor too.
    pub threads: usize,
    pub all_ms: Vec<*mut M>,
    /// Goroutines bound to a thread, and theirs.
    pub bound: HashMap<*mut G, *mut M>,
    pub runs: Vec<super::runtime::Run>,
}

// SAFETY: only touched under the mutex.
unsafe impl Send for Idle {}

impl Idle {
    pub fn new() -> Idle {
        Idle {
            ps: Vec::new(),
            ms: Vec::new(),
            live: 0,
            keeper: null_mut(),
            keeper_polls: false,
            monitor_asleep: false,
            threads: 0,
            all_ms: Vec::new(),
            bound: HashMap::new(),
            runs: Vec::new(),
        }
    }
}

/// Takes an idle P, Running from now on; null when there is none or the world is stopped.
pub(super) fn take_p(s: &Sched, idle: &mut Idle) -> *mut P {
    if s.halt.load(Relaxed) != 0 {
        return null_mut();
    }
    let Some(p) = idle.ps.pop() else { return null_mut() };
    s.npidle.fetch_sub(1, SeqCst);
    // SAFETY: an idle P belongs to the list.
    unsafe { (*p).shared.set(Status::Running) };
    if idle.monitor_asleep {
        idle.monitor_asleep = false;
        s.monitor_cv.notify_one();
    }
    p
}

/// Puts a P into the list. Its queues are empty.
pub(super) fn give_p(s: &Sched, idle: &mut Idle, p: *mut P) {
    // SAFETY: the caller owned `p` until now.
    let first_timer = unsafe {
        debug_assert!((*p).shared.runnext.load(Relaxed).is_null());
        (*p).m = null_mut();
        (*p).g = null_mut();
        (*p).shared.set(Status::Idle);
        (*p).shared.timers.next()
    };
    idle.ps.push(p);
    s.npidle.fetch_add(1, SeqCst);
    if first_timer < s.keeper_until.load(Relaxed) {
        wake_keeper_of(s, idle);
    }
}

/// Makes the keeper, if there is one, look again at what it waits for.
pub(super) fn wake_keeper_of(s: &Sched, idle: &Idle) {
    if idle.keeper.is_null() {
        return;
    }
    // SAFETY: the keeper is an M; they are freed last.
    unsafe { m::wake(idle.keeper, null_mut()) };
    if idle.keeper_polls {
        s.poller.interrupt();
    }
}

pub(super) fn wake_keeper(s: &Sched) {
    wake_keeper_of(s, &s.idle.lock());
}

/// After work was published and a full fence: starts an M that searches when a P is idle and nobody searches.
#[inline(always)]
pub(super) fn wake_one(s: &Sched) {
    if s.npidle.load(SeqCst) != 0 && s.nspin.load(SeqCst) == 0 {
        wake_one_slow(s);
    }
}

#[cold]
#[inline(never)]
fn wake_one_slow(s: &Sched) {
    if s.nspin.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
        return;
    }
    let mut idle = s.idle.lock();
    let p = take_p(s, &mut idle);
    if p.is_null() {
        s.nspin.fetch_sub(1, SeqCst);
    } else {
        start_m(s, idle, p, true);
    }
}

/// Gives `p` to a sleeping M or a new thread. `spinning`: the claim on `nspin` goes with it.
pub(super) fn start_m(s: &Sched, mut idle: MutexGuard<Idle>, p: *mut P, spinning: bool) {
    if let Some(m) = idle.ms.pop() {
        // SAFETY: a sleeping M is the list's; now ours until it is woken.
        unsafe {
            (*m).set_spinning(spinning);
            (*p).m = m;
            drop(idle);
            m::wake(m, p);
        }
        return;
    }
    if m::spawn_thread(s, &mut idle, p, spinning).is_err() {
        // No thread: the P stays idle, others do the work. The first thread exists since the runtime was made.
        give_p(s, &mut idle, p);
        if spinning {
            s.nspin.fetch_sub(1, SeqCst);
        }
    }
}

/// An M stops searching because it found work.
///
/// # Safety
/// `m` is the calling thread's.
#[inline(always)]
pub(super) unsafe fn found(s: &Sched, m: *mut M) {
    // SAFETY: says the caller.
    unsafe {
        if (*m).spinning() {
            (*m).set_spinning(false);
            s.nspin.fetch_sub(1, SeqCst);
            wake_one(s);
        }
    }
}

/// Gives up `m`'s P and sleeps until there is work. False: the runtime ends. True with `m.p` null: look again.
///
/// # Safety
/// `m` is the calling thread's, with a P that has found nothing.
pub(super) unsafe fn sleep(s: &Sched, m: *mut M) -> bool {
    // SAFETY: as said.
    unsafe {
        let p = (*m).p;
        let mut idle = s.idle.lock();
        if s.halt.load(Relaxed) != 0 || !s.injector.is_empty() || (*p).shared.retired.load(Relaxed) {
            return true;
        }
        (*m).p = null_mut();
        give_p(s, &mut idle, p);
        drop(idle);
        if (*m).spinning() {
            (*m).set_spinning(false);
            s.nspin.fetch_sub(1, SeqCst);
        }
        fence(SeqCst);
        if queue::anything(s) && take_searching(s, m) {
            return true;
        }
        if keep(s, m) {
            return true;
        }
        m::stop(s, m)
    }
}

/// Gets an idle P for `m`, to search with. Waits while the world is stopped.
unsafe fn take_searching(s: &Sched, m: *mut M) -> bool {
    let mut idle = s.idle.lock();
    while s.halt.load(Relaxed) & (super::STOP | super::SHUTDOWN) == super::STOP {
        s.resumed.wait(&mut idle);
    }
    let p = take_p(s, &mut idle);
    if p.is_null() {
        return false;
    }
    // SAFETY: the calling thread's M, and the P is ours now.
    unsafe {
        m::attach(m, p);
        (*m).set_spinning(true);
    }
    s.nspin.fetch_add(1, SeqCst);
    true
}

/// Sleeps until the earliest timer or event when nobody else does. True: `m` has a P again.
unsafe fn keep(s: &Sched, m: *mut M) -> bool {
    // SAFETY: `m` is the calling thread's.
    unsafe {
        loop {
            let mut idle = s.idle.lock();
            let until = timer::earliest(s);
            let all_idle = idle.ps.len() == idle.live && s.nretaken.load(SeqCst) == 0;
            let timers = until != u64::MAX && (!all_idle || timer::promising(s));
            let nothing = !timers && s.poller.waiters() == 0 || s.choices.frozen();
            if nothing || !idle.keeper.is_null() || s.halt.load(Relaxed) & super::SHUTDOWN != 0 {
                return false;
            }
            let polls = s.poller.exists();
            idle.keeper = m;
            idle.keeper_polls = polls;
            s.keeper_until.store(until, Relaxed);
            (*m).arm();
            drop(idle);
            let wait = s.choices.wait_begins(until);
            let woken = if polls {
                Some(s.poller.wait(wait.deadline, || (*m).woken())).filter(|w| !w.is_empty())
            } else {
                m::wait_until(m, wait.deadline);
                None
            };
            s.choices.wait_ends(wait, woken.is_some() || (*m).woken());
            s.idle.lock().keeper = null_mut();
            if let Some(woken) = woken {
                return serve(s, m, woken);
            }
            if timer::earliest(s) <= s.choices.now_ns() || queue::anything(s) {
                return take_searching(s, m);
            }
            // Woken for an earlier timer, or to keep in the poller: once more.
        }
    }
}

/// The keeper has events: with an idle P it runs the first goroutine itself, without searching; else others will. True: `m` has a P.
unsafe fn serve(s: &Sched, m: *mut M, woken: poll::Woken) -> bool {
    // SAFETY: `m` is the calling thread's; an idle P that was taken is ours.
    unsafe {
        let mut idle = s.idle.lock();
        while s.halt.load(Relaxed) & (super::STOP | super::SHUTDOWN) == super::STOP {
            s.resumed.wait(&mut idle);
        }
        let p = take_p(s, &mut idle);
        drop(idle);
        if p.is_null() {
            poll::inject(s, woken);
            return false;
        }
        m::attach(m, p);
        let first = poll::serve(p, woken);
        queue::submit(p, first);
        true
    }
}

/// A P whose M is stuck in a native: to a new M when there is work, else idle.
///
/// # Safety
/// The caller has taken `p` out of Syscall (it is Running now) and holds the mutex through `idle`.
pub(super) unsafe fn hand_off(s: &Sched, mut idle: MutexGuard<Idle>, p: *mut P) {
    // SAFETY: the caller's P.
    unsafe {
        let shared = &(*p).shared;
        if !(*p).stealer.is_empty()
            || !shared.runnext.load(SeqCst).is_null()
            || !s.injector.is_empty()
            || shared.retired.load(Relaxed)
            || s.halt.load(Relaxed) != 0
        {
            return start_m(s, idle, p, false);
        }
        if s.npidle.load(SeqCst) + s.nspin.load(SeqCst) == 0 && s.nspin.compare_exchange(0, 1, SeqCst, SeqCst).is_ok() {
            // Everybody else is busy: one searches, so that what they submit now finds a taker.
            return start_m(s, idle, p, true);
        }
        give_p(s, &mut idle, p);
        drop(idle);
        fence(SeqCst);
        let unkept = s.poller.waiters() != 0 && s.idle.lock().keeper.is_null();
        if unkept || queue::anything(s) || timer::earliest(s) <= s.choices.now_ns() {
            wake_one(s);
        }
        deadlock::check(s);
    }
}

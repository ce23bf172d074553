//! "All goroutines are asleep": when nothing can ever run again.
//!
//! Invariants:
//! - Tested under `Sched::idle`: every live P idle, nobody searching, no keeper, every queue empty, no timer that can change
//!   anything, nobody waiting for a descriptor, no goroutine out in a native
//!   without P, the world not stopped. Each of these is left only by somebody who is counted by another one of them.
//! - Whoever makes the last of them true tests: an M that goes to sleep, the one that hands an idle P off, and (as a net) the
//!   monitor before it falls asleep.
//! - It is reported only while somebody waits in `Runtime::run`. The engine is called without the mutex: nothing runs
//!   meanwhile but what that thread may start.
use super::g::{ABANDONED, G, GState, WaitReason};
use super::idle::Idle;
use super::{Outcome, Sched, queue, runtime, timer};
use crate::sync::atomic::Ordering::*;

/// Reports a deadlock if there is one.
pub(super) fn check(s: &Sched) {
    // The cheap half first: almost always somebody runs.
    if s.npidle.load(SeqCst) < s.procs.load(Relaxed).min(s.nps.load(Relaxed)) || s.nspin.load(SeqCst) != 0 {
        return;
    }
    let mut idle = s.idle.lock();
    if idle.runs.is_empty() || !nothing_left(s, &idle) {
        return;
    }
    let runs = std::mem::take(&mut idle.runs);
    s.choices.runs_are(0);
    drop(idle);
    let mut asleep: Vec<*const G> = Vec::new();
    s.slabs.for_each(&mut |g| {
        // SAFETY: carved Gs are valid.
        if unsafe { (*g).state() == GState::Waiting && (*g).flags & ABANDONED == 0 && !(*g).is_killed() } {
            asleep.push(g);
        }
    });
    // SAFETY: as above. Oldest first, which puts the main goroutine of a program at the head.
    asleep.sort_by_key(|&g| unsafe { (*g).id });
    s.engine().deadlock(&asleep);
    for run in runs {
        // SAFETY: parked, and nothing runs.
        unsafe { abandon(s, run.g) };
        runtime::settle(run, Outcome::Deadlock);
    }
}

/// Takes the main goroutine of a hopeless run out of its queue, so that it takes nothing from those of later runs. It stays
/// parked for ever.
unsafe fn abandon(s: &Sched, g: *mut G) {
    // SAFETY: parked, and nothing runs; so nobody holds a lock.
    unsafe {
        (*g).flags |= ABANDONED;
        if (*g).is_pinned() {
            super::pin::abandon(s, g);
        }
        match (*g).reason {
            WaitReason::ChanReceive | WaitReason::ChanSend => super::chan::forget(g),
            // Its waiters are passed over from now on.
            WaitReason::Select => (*g).sel_done.store(1, Relaxed),
            WaitReason::MutexLock
            | WaitReason::WaitGroupWait
            | WaitReason::CondWait
            | WaitReason::Semacquire
            | WaitReason::RwMutexRLock
            | WaitReason::RwMutexLock => s.sema.forget(g),
            WaitReason::None
            | WaitReason::ChanReceiveNil
            | WaitReason::ChanSendNil
            | WaitReason::SelectNoCases
            | WaitReason::Sleep
            | WaitReason::GarbageCollection
            | WaitReason::IoWait => {}
        }
    }
}

/// Nothing runs and nothing will.
pub(super) fn nothing_left(s: &Sched, idle: &Idle) -> bool {
    idle.ps.len() == idle.live
        && idle.keeper.is_null()
        && s.nspin.load(SeqCst) == 0
        && s.nretaken.load(SeqCst) == 0
        && s.halt.load(SeqCst) == 0
        && !queue::anything(s)
        && s.poller.waiters() == 0
        // SAFETY: all Ps are idle, and the caller holds the mutex.
        && unsafe { !timer::promising(s) }
}

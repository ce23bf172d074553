//! Blocking natives: the P can be taken while the thread is in the kernel.
//!
//! Invariants:
//! - The goroutine is saved (state Syscall) and the native touches no heap object, so the world may stop meanwhile.
//! - `enter` publishes the P as `(tick, Syscall)`; coming back is one CAS from exactly that word. The monitor takes it by CAS to
//!   Running (and hands it off), the stopper to SyscallStopped: one winner.
//! - `nretaken` counts goroutines inside natives that have lost their P. It is raised before the CAS that takes it, and lowered
//!   only when the goroutine is in a queue or its M has a P: else a moment without work looks like a deadlock.
//! - Without an idle P the goroutine waits its turn in the global queue like any other; who picks it hands his P to this M.
use super::g::{G, INSIDE};
use super::m::{self, M};
use super::p::{P, Status, next_status, set_limit};
use super::{EventKind, SHUTDOWN, STOP, Sched, hook, idle, queue};
use crate::sync::atomic::{Ordering::*, fence};
use std::ptr::null_mut;

/// Made by [`enter_blocking`], given back to [`exit_blocking`].
#[derive(Debug)]
#[must_use]
pub struct Blocking {
    sched: *const Sched,
    p: *mut P,
    m: *mut M,
    g: *mut G,
    /// The P's status word while inside.
    word: u64,
}

/// Before a blocking native; pc and base are saved, and the native touches no heap until [`exit_blocking`].
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn enter_blocking(p: *mut P) -> Blocking {
    // SAFETY: says the caller.
    unsafe {
        let (g, m) = ((*p).g, (*p).m);
        (*g).link = m as *mut G;
        (*g).enter();
        if (*p).listened {
            hook::event(p, EventKind::Block, 0, 0);
        }
        let status = &(*p).shared.status;
        let word = next_status(status.load(Relaxed), Status::Syscall);
        let inside = Blocking { sched: (*p).sched, p, m, g, word };
        // Publishes everything above to whoever takes the P.
        status.store(word, Release);
        inside
    }
}

/// As [`enter_blocking`] when it is known to take long (standard input): the P goes on at once.
///
/// # Safety
/// As [`enter_blocking`].
pub unsafe fn enter_blocking_long(p: *mut P) -> Blocking {
    // SAFETY: says the caller.
    unsafe {
        let inside = enter_blocking(p);
        retake(&*inside.sched, p, inside.word);
        inside
    }
}

/// Takes `p` from its native if it is still in the visit `word`, and hands it off.
///
/// # Safety
/// `p` is a P of `s`.
pub(super) unsafe fn retake(s: &Sched, p: *mut P, word: u64) -> bool {
    // SAFETY: after the CAS the P is ours.
    unsafe {
        let idle = s.idle.lock();
        if s.choices.seeded || s.halt.load(Relaxed) & (STOP | SHUTDOWN) != 0 {
            return false;
        }
        s.nretaken.fetch_add(1, SeqCst);
        let to = next_status(word, Status::Running);
        if (*p).shared.status.compare_exchange(word, to, SeqCst, SeqCst).is_err() {
            s.nretaken.fetch_sub(1, SeqCst);
            return false;
        }
        (*p).m = null_mut();
        (*p).g = null_mut();
        idle::hand_off(s, idle, p);
        true
    }
}

/// After it: the P to go on with, which may be another one, with the goroutine running on it.
///
/// # Safety
/// The token of this thread's `enter_blocking`.
pub unsafe fn exit_blocking(inside: Blocking) -> *mut P {
    // SAFETY: a successful CAS makes the P ours again.
    unsafe {
        let s = &*inside.sched;
        let running = next_status(inside.word, Status::Running);
        if (*inside.p).shared.status.compare_exchange(inside.word, running, SeqCst, SeqCst).is_ok() {
            resume_on(s, inside.p, inside.g);
            return inside.p;
        }
        exit_slow(s, inside)
    }
}

unsafe fn resume_on(s: &Sched, p: *mut P, g: *mut G) {
    // SAFETY: both are the caller's.
    unsafe {
        super::world::scan_first(p, g);
        (*g).leave();
        (*p).g = g;
        set_limit(p, g);
        if (*p).listened {
            hook::event(p, EventKind::Unblock, 0, 0);
        }
        if s.halt.load(Relaxed) != 0 || (*g).is_killed() {
            (*p).guard.store(0, Relaxed);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn exit_slow(s: &Sched, inside: Blocking) -> *mut P {
    // SAFETY: `m` and `g` are this thread's; the P only after a CAS.
    unsafe {
        let mut idle = s.idle.lock();
        while s.halt.load(Relaxed) & STOP != 0 {
            s.resumed.wait(&mut idle);
        }
        if s.halt.load(Relaxed) & SHUTDOWN != 0 {
            drop(idle);
            // The engine may be gone: this thread must not return to it.
            loop {
                crate::sync::thread::park();
            }
        }
        let running = next_status(inside.word, Status::Running);
        if (*inside.p).shared.status.compare_exchange(inside.word, running, SeqCst, SeqCst).is_ok() {
            drop(idle);
            resume_on(s, inside.p, inside.g);
            return inside.p;
        }
        let (m, g) = (inside.m, inside.g);
        (*m).p = null_mut();
        (*m).arm();
        let p = idle::take_p(s, &mut idle);
        if p.is_null() {
            (*g).flags |= INSIDE;
            s.injector.push(super::g::GRef(g));
            drop(idle);
            s.nretaken.fetch_sub(1, SeqCst);
            fence(SeqCst);
            idle::wake_one(s);
            if !m::wait_for_p(m) {
                loop {
                    crate::sync::thread::park();
                }
            }
            (*g).flags &= !INSIDE;
        } else {
            m::attach(m, p);
            s.nretaken.fetch_sub(1, SeqCst);
            drop(idle);
        }
        let p = (*m).p;
        queue::new_slice(p);
        resume_on(s, p, g);
        p
    }
}

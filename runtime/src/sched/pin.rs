//! Goroutines bound to a thread (`runtime.LockOSThread`).
//!
//! Invariants:
//! - A bound pair is `M::bound`, [`PINNED`] in the goroutine's flags and an entry of `Idle::bound`. It is made and dissolved by the
//!   goroutine itself, on that M. While it lasts nobody else runs the goroutine, and the M runs nothing else.
//! - From binding on the M is armed whenever it is not woken: before the goroutine can be seen in any queue.
//! - When its goroutine has left it (parked, yielded), the M gives its P away and waits. Whoever picks the goroutine from a
//!   queue gives his P to the M and sleeps. That happens under `Sched::idle`, so a wake-up by the end of the runtime is not overwritten.
//! - A goroutine that ends bound takes the thread with it: what it did to the thread nobody else shall see.
//! - A seeded world has one worker for ever, so nothing is bound there.
use super::g::{G, INSIDE, PINNED};
use super::m::{self, M};
use super::p::P;
use super::{SHUTDOWN, Sched, idle};
use crate::sync::atomic::Ordering::*;
use std::ptr::null_mut;

/// Binds the running goroutine to its thread, once more.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn lock_thread(p: *mut P) {
    // SAFETY: says the caller; the M is the calling thread's.
    unsafe {
        let (m, g, s) = ((*p).m, (*p).g, &*(*p).sched);
        if (*p).seeded {
            return;
        }
        if (*m).bound.is_null() {
            (*m).arm();
            (*m).bound = g;
            (*m).flags |= m::PINNED;
            (*g).flags |= PINNED;
            s.idle.lock().bound.insert(g, m);
        }
        (*m).depth += 1;
    }
}

/// Undoes one [`lock_thread`]; without one it does nothing.
///
/// # Safety
/// As [`lock_thread`].
pub unsafe fn unlock_thread(p: *mut P) {
    // SAFETY: as above.
    unsafe {
        let (m, g) = ((*p).m, (*p).g);
        if (*m).bound != g {
            return;
        }
        (*m).depth -= 1;
        if (*m).depth == 0 {
            (*g).flags &= !PINNED;
            (*m).flags &= !m::PINNED;
            (*m).bound = null_mut();
            (&*(*p).sched).idle.lock().bound.remove(&g);
        }
    }
}

/// The bound goroutine of `m` ends: its thread will, in [`give_way`].
///
/// # Safety
/// `m` is the calling thread's; `g` is over.
pub(super) unsafe fn ends(s: &Sched, m: *mut M, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        debug_assert_eq!((*m).bound, g);
        (*m).bound = null_mut();
        s.idle.lock().bound.remove(&g);
    }
}

/// The goroutine will never run again: its thread may end.
///
/// # Safety
/// It is parked and nothing runs.
pub(super) unsafe fn abandon(s: &Sched, g: *mut G) {
    // SAFETY: says the caller; the M of a parked bound goroutine waits, or is about to.
    unsafe {
        (*g).flags &= !PINNED;
        if let Some(m) = s.idle.lock().bound.remove(&g) {
            m::wake(m, null_mut());
        }
    }
}

/// Gives the P of a bound M away and waits until its goroutine has been picked. The goroutine, begun; null: the thread ends.
///
/// # Safety
/// `m` is the calling thread's, with a P that runs nothing.
pub(super) unsafe fn give_way(s: &Sched, m: *mut M) -> *mut G {
    // SAFETY: says the caller.
    unsafe {
        let p = (*m).p;
        (*m).p = null_mut();
        let mut idle = s.idle.lock();
        if (*m).bound.is_null() {
            idle.all_ms.retain(|&other| other != m);
            idle::hand_off(s, idle, p);
            m::release(m);
            return null_mut();
        }
        idle::hand_off(s, idle, p);
        if !m::wait_for_p(m) {
            return null_mut();
        }
        let g = (*m).bound;
        m::begin_loudly((*m).p, g);
        g
    }
}

/// Gives `p` to the M that waits for `g`: bound to it, or inside of a native's end.
///
/// # Safety
/// Both are the caller's, `g` from a queue with one of the flags `AWAITED`.
pub(super) unsafe fn hand_over(s: &Sched, p: *mut P, g: *mut G) {
    // SAFETY: says the caller; who waits is armed.
    unsafe {
        let idle = s.idle.lock();
        if s.halt.load(Relaxed) & SHUTDOWN != 0 {
            return;
        }
        let owner = if (*g).flags & INSIDE != 0 { Some((*g).link as *mut M) } else { idle.bound.get(&g).copied() };
        let Some(owner) = owner else { unreachable!("nobody waits for a bound goroutine") };
        (*p).m = owner;
        m::wake(owner, p);
    }
}

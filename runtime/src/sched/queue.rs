//! Run queues: readying a goroutine, and finding the next one.
//!
//! A P has a run-next slot and a FIFO deque; the injector is the global queue. Invariants:
//! - Submit: publish the goroutine, full fence, then look at the idle counts (`idle::wake_one`). An M that goes idle does
//!   it the other way round (`idle.rs`), so one of the two sees the other.
//! - **Deferred wake-up**: a goroutine readied into an empty run-next wakes nobody. Its P is running and comes back to
//!   `schedule` or to a poll: when some P is idle the guard is poisoned and the `PENDING`th slow poll wakes one. What
//!   slips through (a P that goes idle just after we looked) the monitor finds. Waking eagerly costs twice the CPU in
//!   every ping-pong. A *displaced* run-next goes to the deque and wakes at once.
//! - Run-next inherits the time slice, at most `CHAIN_MAX` times in a row while others wait in the deque.
//! - Queue memory is bounded by the number of goroutines, 8 bytes each.
use super::g::{AWAITED, COMPUTES, G, GRef};
use super::p::{P, random};
use super::{Op, Sched, choice, hook, idle, poll, timer};
use crate::sync::atomic::{Ordering::*, fence};
use crossbeam_deque::Steal;
use std::ptr::null_mut;

/// Slow polls before a deferred wake-up happens.
const PENDING: u8 = 16;
const CHAIN_MAX: u8 = 128;
/// Goroutines moved at once by a thief.
const STEAL_MAX: usize = 128;
/// Every so many picks the global queue is asked first.
pub(super) const GLOBAL_TICK: u32 = 61;
/// With timers set, every so many picks the clock is read (and whenever the own queues are empty). A power of two.
pub(super) const CLOCK_TICK: u32 = 8;

/// Makes `g` run next on `p`; it was taken from its wait queue and is Runnable already.
///
/// # Safety
/// `p` and `g` are the caller's.
#[inline(always)]
pub(super) unsafe fn submit(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        let runnext = &(*p).shared.runnext;
        if runnext.load(Relaxed).is_null() {
            // Only the owner stores a goroutine here, so nothing can be lost between load and store.
            runnext.store(g, Release);
            if !(*p).alone {
                defer_wake(p);
            }
        } else {
            displace(p, g);
        }
    }
}

#[inline(always)]
unsafe fn defer_wake(p: *mut P) {
    // SAFETY: as `submit`.
    unsafe {
        if (*(*p).sched).npidle.load(Relaxed) != 0 {
            (*p).pending = PENDING;
            (*p).guard.store(0, Relaxed);
        }
    }
}

#[inline(never)]
unsafe fn displace(p: *mut P, g: *mut G) {
    // SAFETY: as `submit`. The swap may find null: a thief was faster.
    unsafe {
        let old = (*p).shared.runnext.swap(g, AcqRel);
        if !old.is_null() {
            submit_tail(p, old);
        }
    }
}

/// Puts `g` (Runnable) at the tail of `p`'s queue.
///
/// # Safety
/// `p` and `g` are the caller's.
#[inline(always)]
pub(super) unsafe fn submit_tail(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        (*p).queue.push(GRef(g));
        if !(*p).alone {
            fence(SeqCst);
            idle::wake_one(&*(*p).sched);
        }
    }
}

/// Waiting to Runnable, next on `p`.
///
/// # Safety
/// The caller dequeued `g` and has released the lock.
#[inline(always)]
pub(super) unsafe fn ready(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        (*g).wake();
        if (*p).listened {
            hook::readied(p, g);
        }
        submit(p, g);
    }
}

/// Lets others run: Yield, or Done when this P knows of nothing else to do.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn yield_now(p: *mut P) -> Op {
    // SAFETY: says the caller.
    unsafe {
        let shared = &(*p).shared;
        let nothing = (*p).queue.is_empty()
            && (*p).pool.is_empty()
            && shared.runnext.load(Relaxed).is_null()
            && shared.timers.next() == u64::MAX
            && (*(*p).sched).injector.is_empty();
        if nothing { Op::Done } else { Op::Yield }
    }
}

/// Puts `g` (Runnable, or Syscall) into the global queue; from any thread.
pub(super) fn inject(s: &Sched, g: *mut G) {
    s.injector.push(GRef(g));
    fence(SeqCst);
    idle::wake_one(s);
}

/// The next goroutine of `p`'s own places.
#[inline(always)]
unsafe fn local(p: *mut P) -> *mut G {
    // SAFETY: as `next`.
    unsafe {
        let runnext = &(*p).shared.runnext;
        if !runnext.load(Relaxed).is_null() {
            let g = if (*p).alone {
                let g = runnext.load(Relaxed);
                runnext.store(null_mut(), Relaxed);
                g
            } else {
                runnext.swap(null_mut(), AcqRel)
            };
            if !g.is_null() {
                (*p).chain += 1;
                if (*p).chain < CHAIN_MAX {
                    return g;
                }
                (*p).queue.push(GRef(g));
            }
        }
        new_slice(p);
        match (*p).queue.pop() {
            Some(g) => g.0,
            None => null_mut(),
        }
    }
}

/// The next pick begins a time slice of its own.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub(super) unsafe fn new_slice(p: *mut P) {
    // SAFETY: says the caller.
    unsafe {
        (*p).chain = 0;
        let slice = &(*p).shared.slice;
        slice.store(slice.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

/// The fast path of scheduling: own timers not set, own queues not empty, no request, nobody watches. Else null.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub(super) unsafe fn next_fast(p: *mut P) -> *mut G {
    // SAFETY: says the caller.
    unsafe { if asks_for_more(p) { null_mut() } else { local(p) } }
}

/// Counts a pick; true when more than the own queues has to be looked at.
#[inline(always)]
unsafe fn asks_for_more(p: *mut P) -> bool {
    // SAFETY: as `next_fast`.
    unsafe {
        (*p).tick = (*p).tick.wrapping_add(1);
        let shared = &(*p).shared;
        (*p).watched
            || (*p).tick.is_multiple_of(GLOBAL_TICK)
            || shared.timers.next() != u64::MAX && (*p).tick.is_multiple_of(CLOCK_TICK)
            || (*(*p).sched).halt.load(Relaxed) != 0
            || shared.retired.load(Relaxed)
            || (*(*p).heap).want_gc()
    }
}

/// `g`, which gets the turn of one that has just parked, may run at once, within its time slice, as if it had been run-next.
///
/// # Safety
/// Both are the caller's.
#[inline(always)]
pub(super) unsafe fn may_follow(p: *mut P, g: *mut G) -> bool {
    // SAFETY: says the caller.
    unsafe {
        if asks_for_more(p) || (*g).flags & (AWAITED | COMPUTES) != 0 || (*p).chain + 1 >= CHAIN_MAX {
            return false;
        }
        (*p).chain += 1;
        true
    }
}

/// Everything but stealing: due timers, the global queue at its tick (and the poller when asked), own queues, the global queue. `now` is filled in
/// when the clock was read.
///
/// # Safety
/// `p` is the caller's.
pub(super) unsafe fn next_own(p: *mut P, now: &mut u64) -> *mut G {
    // SAFETY: says the caller.
    unsafe {
        let s = &*(*p).sched;
        if (*p).seeded {
            return choice::pick(p);
        }
        if (*p).shared.timers.next() != u64::MAX {
            *now = s.choices.now_ns();
            timer::run_due(p, p, *now);
        }
        if (*p).tick.is_multiple_of(GLOBAL_TICK) {
            timer::run_retired(p);
            if (*p).shared.look.load(Relaxed) {
                (*p).shared.look.store(false, Relaxed);
                let g = poll::look(s, p);
                if !g.is_null() {
                    new_slice(p);
                    return g;
                }
            }
            let g = from_injector(s, p, 1);
            if !g.is_null() {
                return g;
            }
        }
        let g = local(p);
        if !g.is_null() {
            return g;
        }
        let g = from_injector(s, p, STEAL_MAX);
        if !g.is_null() {
            return g;
        }
        poll::look(s, p)
    }
}

unsafe fn from_injector(s: &Sched, p: *mut P, most: usize) -> *mut G {
    if s.injector.is_empty() {
        return null_mut();
    }
    loop {
        // SAFETY: the owner's worker.
        let got = unsafe {
            new_slice(p);
            if most == 1 { s.injector.steal() } else { s.injector.steal_batch_with_limit_and_pop(&(*p).queue, most) }
        };
        match got {
            Steal::Success(g) => return g.0,
            Steal::Empty => return null_mut(),
            Steal::Retry => {}
        }
    }
}

/// One round over the other Ps from a random start. In the last round also their due timers and their run-next.
///
/// # Safety
/// `p` is the caller's.
pub(super) unsafe fn steal_round(p: *mut P, now: &mut u64, last: bool) -> *mut G {
    // SAFETY: Ps are never freed while threads run; of others only `shared` and the stealer are touched.
    unsafe {
        let s = &*(*p).sched;
        let n = s.nps.load(Acquire);
        let start = random(p) as usize % n;
        for i in 0..n {
            let v = s.p_at((start + i) % n);
            if v == p {
                continue;
            }
            if last && (*v).shared.timers.next() != u64::MAX {
                if *now == 0 {
                    *now = s.choices.now_ns();
                }
                timer::run_due(p, v, *now);
                let g = local(p);
                if !g.is_null() {
                    return g;
                }
            }
            let g = steal_from(p, v);
            if !g.is_null() {
                new_slice(p);
                return g;
            }
            if last {
                let g = steal_runnext(v);
                if !g.is_null() {
                    new_slice(p);
                    return g;
                }
            }
        }
        null_mut()
    }
}

unsafe fn steal_from(p: *mut P, v: *mut P) -> *mut G {
    // SAFETY: as `steal_round`.
    unsafe {
        // The test is cheaper than the epoch pin of a steal from an empty victim.
        while !(*v).stealer.is_empty() {
            match (*v).stealer.steal_batch_with_limit_and_pop(&(*p).queue, STEAL_MAX) {
                Steal::Success(g) => return g.0,
                Steal::Empty => break,
                Steal::Retry => {}
            }
        }
        null_mut()
    }
}

/// Takes a run-next that its owner has left alone for a few microseconds.
unsafe fn steal_runnext(v: *mut P) -> *mut G {
    // SAFETY: as `steal_round`.
    let shared = unsafe { &(*v).shared };
    let g = shared.runnext.load(Relaxed);
    if g.is_null() {
        return g;
    }
    crate::sync::thread::sleep(std::time::Duration::from_nanos(3_000));
    if shared.runnext.load(Relaxed) == g && shared.runnext.compare_exchange(g, null_mut(), AcqRel, Relaxed).is_ok() {
        return g;
    }
    null_mut()
}

/// Whether any queue that a thief can reach holds something.
pub(super) fn anything(s: &Sched) -> bool {
    if !s.injector.is_empty() {
        return true;
    }
    (0..s.nps.load(Acquire)).any(|i| {
        // SAFETY: Ps stay; the stealer is shared.
        unsafe { !(*s.p_at(i)).stealer.is_empty() }
    })
}

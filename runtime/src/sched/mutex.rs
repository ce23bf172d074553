//! Mutexes over words in gol objects; who waits lies in the table of `sema.rs`.
//!
//! The word: `HELD`, `WAITERS`, `HUNGRY`, and above them the id of the goroutine that holds it, for reports. Zero is free.
//!
//! Invariants:
//! - Only 0 is taken without the bucket's lock, and only `HELD` without `WAITERS` is released without it. So while `WAITERS` is
//!   set, who has the bucket's lock is the only one to write.
//! - Who has slept, or takes it under the bucket's lock, takes it with `WAITERS`: taking it without loses wake-ups.
//! - An unlock wakes one waiter, which competes with those that come running by (a hand-over at every unlock would cost a
//!   switch each). Who was woken `TRIES` times and came too late waits at the head from then on and makes the mutex `HUNGRY`:
//!   the next unlock makes it the holder, and nobody gets between. So everybody gets the mutex after finitely many unlocks.
//! - Only owners of a P touch the words, so a P that is alone may use plain loads and stores (as for locks, `lock.rs`).
use super::Op;
use super::chan::park_on;
use super::g::{G, RETRIES, WaitReason};
use super::p::P;
use super::queue;
use super::sema::{sched, word};
use crate::sync::atomic::{AtomicU64, Ordering::*};
use std::ptr::null_mut;

const HELD: u64 = 1;
const WAITERS: u64 = 2;
const HUNGRY: u64 = 4;
/// Bits below the holder's id.
const FLAGS: u32 = 3;
/// Rounds of spinning before a mutex parks its goroutine; each is twice as long as the one before, from 4 pauses.
const SPIN_ROUNDS: u32 = 5;
/// So often a waiter may come too late. Counted and not timed, so that a run can be repeated exactly.
const TRIES: u32 = 3;

#[inline(always)]
unsafe fn held_by(g: *mut G) -> u64 {
    // SAFETY: the caller's goroutine, or one that waits under the bucket's lock.
    unsafe { (*g).id << FLAGS | HELD }
}

/// Who holds a mutex with this word.
pub fn mutex_holder(word: u64) -> Option<u64> {
    (word & HELD != 0).then_some(word >> FLAGS)
}

/// Stores `new` over `old`, plainly when no other P exists; false: it was not `old` any more.
#[inline(always)]
fn replace(alone: bool, word: &AtomicU64, old: u64, new: u64) -> bool {
    if alone {
        debug_assert_eq!(word.load(Relaxed), old);
        word.store(new, Relaxed);
        true
    } else {
        word.compare_exchange(old, new, AcqRel, Relaxed).is_ok()
    }
}

/// Takes a mutex that is free; false: it is not, nothing changed. Not for one who has slept on it (the engine's native does that).
///
/// # Safety
/// As [`mutex_lock`].
#[inline(always)]
pub unsafe fn mutex_lock_free(p: *mut P, m: *mut u64) -> bool {
    // SAFETY: says the caller.
    unsafe {
        debug_assert!((*(*p).g).flags & RETRIES == 0);
        let alone = (*p).alone;
        (!alone || word(m).load(Relaxed) == 0) && replace(alone, word(m), 0, held_by((*p).g))
    }
}

/// Releases a mutex that nobody waits for; false: it is not so, nothing changed.
///
/// # Safety
/// As [`mutex_lock`].
#[inline(always)]
pub unsafe fn mutex_unlock_unwaited(p: *mut P, m: *mut u64) -> bool {
    // SAFETY: says the caller.
    unsafe {
        let now = word(m).load(Relaxed);
        now & (HELD | WAITERS) == HELD && replace((*p).alone, word(m), now, 0)
    }
}

/// Done or Retry.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; `m` is a live word, zero at first.
#[inline]
pub unsafe fn mutex_lock(p: *mut P, m: *mut u64) -> Op {
    // SAFETY: says the caller.
    unsafe {
        if (*(*p).g).flags & RETRIES == 0 {
            if mutex_lock_free(p, m) {
                return Op::Done;
            }
        } else if mutex_holder(word(m).load(Acquire)) == Some((*(*p).g).id) {
            // The unlock that woke it has made it the holder.
            return taken((*p).g);
        }
        mutex_lock_slow(p, m)
    }
}

unsafe fn taken(g: *mut G) -> Op {
    // SAFETY: the caller's goroutine.
    unsafe {
        (*g).flags &= !RETRIES;
        (*g).waiter.tries = 0;
        Op::Done
    }
}

#[inline(never)]
unsafe fn mutex_lock_slow(p: *mut P, m: *mut u64) -> Op {
    // SAFETY: as `mutex_lock`.
    unsafe {
        let state = word(m);
        let g = (*p).g;
        let slept = (*g).flags & RETRIES != 0;
        if !(*p).alone && spin(state, held_by(g) | if slept { WAITERS } else { 0 }) {
            return taken(g);
        }
        let bucket = sched(p).sema.bucket(m);
        bucket.lock.lock((*p).alone);
        let hungry = if slept && (*g).waiter.tries + 1 >= TRIES { HUNGRY } else { 0 };
        loop {
            let now = state.load(Relaxed);
            let held = now & HELD != 0;
            let new = if held { now | WAITERS | hungry } else { held_by(g) | WAITERS };
            if !replace((*p).alone, state, now, new) {
                continue;
            }
            if !held {
                bucket.lock.unlock();
                return taken(g);
            }
            break;
        }
        if slept {
            (*g).waiter.tries += 1;
            bucket.push_front(p, m);
        } else {
            (*g).flags |= RETRIES;
            bucket.push(p, m);
        }
        let _ = park_on(p, &bucket.lock, WaitReason::MutexLock, m as usize);
        Op::Retry
    }
}

/// Waits a little for the mutex to become free, and takes it then.
fn spin(state: &AtomicU64, new: u64) -> bool {
    let mut pauses = 4;
    for _ in 0..SPIN_ROUNDS {
        for _ in 0..pauses {
            crate::sync::hint::spin_loop();
        }
        pauses *= 2;
        let now = state.load(Relaxed);
        if now & HUNGRY != 0 {
            return false;
        }
        if now == 0 && state.compare_exchange(0, new, Acquire, Relaxed).is_ok() {
            return true;
        }
    }
    false
}

/// # Safety
/// As [`mutex_lock`].
#[inline]
pub unsafe fn mutex_try_lock(p: *mut P, m: *mut u64) -> bool {
    // SAFETY: says the caller.
    unsafe { word(m).compare_exchange(0, held_by((*p).g), Acquire, Relaxed).is_ok() }
}

/// False: it was not locked.
///
/// # Safety
/// As [`mutex_lock`].
#[inline]
pub unsafe fn mutex_unlock(p: *mut P, m: *mut u64) -> bool {
    // SAFETY: says the caller.
    unsafe {
        loop {
            let now = word(m).load(Relaxed);
            if now & HELD == 0 {
                return false;
            }
            if now & WAITERS != 0 {
                return unlock_waited(p, m);
            }
            if replace((*p).alone, word(m), now, 0) {
                return true;
            }
        }
    }
}

#[inline(never)]
unsafe fn unlock_waited(p: *mut P, m: *mut u64) -> bool {
    // SAFETY: as `mutex_lock`; `WAITERS` stays set until this thread has the bucket's lock, or somebody unlocks twice.
    unsafe {
        let bucket = sched(p).sema.bucket(m);
        bucket.lock.lock((*p).alone);
        let now = word(m).load(Relaxed);
        let held = now & HELD != 0;
        let mut g = null_mut();
        if held {
            g = bucket.pop_first(m);
            let next = if now & HUNGRY == 0 || g.is_null() { 0 } else { handed(g, bucket.first(m)) };
            word(m).store(next, Release);
        }
        bucket.lock.unlock();
        if !g.is_null() {
            queue::ready(p, g);
        }
        held
    }
}

/// The word that makes `g` the holder, with `next` first behind it.
unsafe fn handed(g: *mut G, next: *mut super::g::Waiter) -> u64 {
    // SAFETY: both wait, under the bucket's lock.
    unsafe {
        let rest = if next.is_null() {
            0
        } else if (*next).tries >= TRIES {
            WAITERS | HUNGRY
        } else {
            WAITERS
        };
        held_by(g) | rest
    }
}

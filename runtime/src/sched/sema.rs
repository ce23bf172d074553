//! Semaphores, wait groups and conditions over words in gol objects (and the mutexes of `mutex.rs`): waiting goroutines lie
//! in a table keyed by the word's address.
//!
//! Invariants:
//! - A word's waiters are in its bucket's list, under the bucket's lock. Within a bucket the first waiter of each address is
//!   linked through `next` (heads); behind a head its FIFO runs through `prev`, and the head's `elem` is the last.
//!   `G::link` is the address (it is also the wait object of reports).
//! - Only owners of a P touch the words, so a P that is alone may use plain loads and stores (as for locks, `lock.rs`).
//! - **Semaphore**: the releaser adds first and then takes on behalf of a waiter, so a waiter wakes owning its unit.
//!   `nwait` is raised under the lock *before* the counter is looked at again; the releaser adds before it reads `nwait`.
//! - **Wait group**: bit 0 says that somebody waits, the rest is the counter; both change by atomic operations on the one
//!   word, so the last `Done` sees the bit or the waiter sees zero.
//! - **Condition**: low half the next ticket, high half the next to notify; tickets compare by wrapping difference.
use super::chan::{park_on, ready_all};
use super::g::{G, WaitReason, Waiter};
use super::lock::Lock;
use super::p::P;
use super::{Op, Sched, queue};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering::*};
use crossbeam_utils::CachePadded;
use std::cell::UnsafeCell;
use std::ptr::null_mut;

const BUCKET_BITS: u32 = 8;
/// Marks the one waiter that is to be taken out.
const NO_TICKET: u32 = u32::MAX;

pub(super) struct SemaTable {
    buckets: Box<[CachePadded<Bucket>]>,
}

pub(super) struct Bucket {
    pub lock: Lock,
    nwait: AtomicU32,
    heads: UnsafeCell<*mut Waiter>,
}

// SAFETY: `heads` is only touched under `lock`.
unsafe impl Sync for SemaTable {}
// SAFETY: it owns nothing of a thread.
unsafe impl Send for SemaTable {}

/// A wait group's counter would be negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Negative;

impl SemaTable {
    pub fn new() -> SemaTable {
        let bucket = || {
            CachePadded::new(Bucket { lock: Lock::new(), nwait: AtomicU32::new(0), heads: UnsafeCell::new(null_mut()) })
        };
        SemaTable { buckets: (0..1 << BUCKET_BITS).map(|_| bucket()).collect() }
    }
    #[inline(always)]
    pub fn bucket(&self, addr: *mut u64) -> &Bucket {
        let hash = (addr as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &self.buckets[(hash >> (64 - BUCKET_BITS)) as usize]
    }
}

impl SemaTable {
    /// Takes a goroutine out of the list that it is parked in.
    ///
    /// # Safety
    /// It is, and nothing runs.
    pub unsafe fn forget(&self, g: *mut G) {
        // SAFETY: says the caller.
        unsafe {
            let addr = (*g).link as *mut u64;
            (*g).waiter.sel = NO_TICKET;
            let _ = self.bucket(addr).pop_ticket(addr, NO_TICKET);
        }
    }
}

impl Bucket {
    /// The link that points at the head for `addr`, or at the end of the heads.
    ///
    /// # Safety
    /// The lock is held.
    unsafe fn find(&self, addr: *mut u64) -> *mut *mut Waiter {
        // SAFETY: under the lock all listed waiters are parked.
        unsafe {
            let mut link = self.heads.get();
            while !(*link).is_null() && (*(**link).g).link as *mut u64 != addr {
                link = &raw mut (**link).next;
            }
            link
        }
    }
    /// Queues the goroutine of `p` for `addr`.
    ///
    /// # Safety
    /// The lock is held.
    pub unsafe fn push(&self, p: *mut P, addr: *mut u64) {
        // SAFETY: as said; the goroutine is the caller's.
        unsafe {
            let g = (*p).g;
            (*g).link = addr as *mut G;
            let w = &raw mut (*g).waiter;
            (*w).next = null_mut();
            (*w).prev = null_mut();
            (*w).elem = w as *mut u64;
            let link = self.find(addr);
            let head = *link;
            if head.is_null() {
                *link = w;
            } else {
                let last = (*head).elem as *mut Waiter;
                (*last).prev = w;
                (*head).elem = w as *mut u64;
            }
            self.nwait.store(self.nwait.load(Relaxed) + 1, SeqCst);
        }
    }
    /// As `push`, before all others.
    ///
    /// # Safety
    /// The lock is held.
    pub unsafe fn push_front(&self, p: *mut P, addr: *mut u64) {
        // SAFETY: as in `push`.
        unsafe {
            let g = (*p).g;
            (*g).link = addr as *mut G;
            let w = &raw mut (*g).waiter;
            let link = self.find(addr);
            let head = *link;
            if head.is_null() {
                return self.push(p, addr);
            }
            (*w).next = (*head).next;
            (*w).prev = head;
            (*w).elem = (*head).elem;
            *link = w;
            self.nwait.store(self.nwait.load(Relaxed) + 1, SeqCst);
        }
    }
    /// The waiter that is the next to be taken, or null.
    ///
    /// # Safety
    /// The lock is held.
    pub unsafe fn first(&self, addr: *mut u64) -> *mut Waiter {
        // SAFETY: as said.
        unsafe { *self.find(addr) }
    }
    /// Takes the head that `link` points at.
    ///
    /// # Safety
    /// The lock is held; the link points at a head.
    unsafe fn pop(&self, link: *mut *mut Waiter) -> *mut G {
        // SAFETY: as said.
        unsafe {
            let head = *link;
            let second = (*head).prev;
            if second.is_null() {
                *link = (*head).next;
            } else {
                (*second).next = (*head).next;
                (*second).elem = (*head).elem;
                *link = second;
            }
            self.nwait.store(self.nwait.load(Relaxed) - 1, Relaxed);
            (*head).g
        }
    }
    /// The first waiter's goroutine, or null.
    pub unsafe fn pop_first(&self, addr: *mut u64) -> *mut G {
        // SAFETY: the lock is held.
        unsafe {
            let link = self.find(addr);
            if (*link).is_null() { null_mut() } else { self.pop(link) }
        }
    }
    /// All waiters of `addr`, linked through `G::link` in order.
    unsafe fn pop_all(&self, addr: *mut u64) -> *mut G {
        // SAFETY: the lock is held.
        unsafe {
            let link = self.find(addr);
            let head = *link;
            if head.is_null() {
                return null_mut();
            }
            *link = (*head).next;
            let mut n = 0;
            let mut w = head;
            while !w.is_null() {
                let next = (*w).prev;
                (*(*w).g).link = if next.is_null() { null_mut() } else { (*next).g };
                n += 1;
                w = next;
            }
            self.nwait.store(self.nwait.load(Relaxed) - n, Relaxed);
            (*head).g
        }
    }
    /// The waiter of `addr` with `ticket` (in `Waiter::sel`), or null.
    unsafe fn pop_ticket(&self, addr: *mut u64, ticket: u32) -> *mut G {
        // SAFETY: the lock is held.
        unsafe {
            let link = self.find(addr);
            let head = *link;
            if head.is_null() {
                return null_mut();
            }
            if (*head).sel == ticket {
                return self.pop(link);
            }
            let mut before = head;
            while !(*before).prev.is_null() {
                let w = (*before).prev;
                if (*w).sel == ticket {
                    (*before).prev = (*w).prev;
                    if (*head).elem == w as *mut u64 {
                        (*head).elem = before as *mut u64;
                    }
                    self.nwait.store(self.nwait.load(Relaxed) - 1, Relaxed);
                    return (*w).g;
                }
                before = w;
            }
            null_mut()
        }
    }
}

#[inline(always)]
pub(super) unsafe fn word<'a>(addr: *mut u64) -> &'a AtomicU64 {
    // SAFETY: a live, aligned word that is only used through these operations.
    unsafe { AtomicU64::from_ptr(addr) }
}

/// Adds and gives the new value; plainly when no other P exists.
#[inline(always)]
fn add(alone: bool, word: &AtomicU64, change: u64) -> u64 {
    if alone {
        let new = word.load(Relaxed).wrapping_add(change);
        word.store(new, Relaxed);
        new
    } else {
        word.fetch_add(change, SeqCst).wrapping_add(change)
    }
}

#[inline(always)]
pub(super) unsafe fn sched<'a>(p: *mut P) -> &'a Sched {
    // SAFETY: the scheduler outlives its Ps.
    unsafe { &*(*p).sched }
}

unsafe fn take_unit(counter: &AtomicU64) -> bool {
    let mut n = counter.load(SeqCst);
    while n > 0 {
        match counter.compare_exchange_weak(n, n - 1, SeqCst, SeqCst) {
            Ok(_) => return true,
            Err(now) => n = now,
        }
    }
    false
}

/// Takes one from the counter at `addr`: Done or Park, and then `reason` says what for.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; `addr` is a live word, zero at first.
pub unsafe fn sema_acquire(p: *mut P, addr: *mut u64, reason: WaitReason) -> Op {
    // SAFETY: says the caller.
    unsafe {
        let counter = word(addr);
        if take_unit(counter) {
            return Op::Done;
        }
        let bucket = sched(p).sema.bucket(addr);
        bucket.lock.lock((*p).alone);
        bucket.push(p, addr);
        if take_unit(counter) {
            // Ours is the last place of the address; nobody saw it, the lock being held.
            (*(*p).g).waiter.sel = NO_TICKET;
            let _ = bucket.pop_ticket(addr, NO_TICKET);
            (*(*p).g).waiter.sel = 0;
            bucket.lock.unlock();
            return Op::Done;
        }
        park_on(p, &bucket.lock, reason, addr as usize)
    }
}

/// # Safety
/// As [`sema_acquire`].
pub unsafe fn sema_release(p: *mut P, addr: *mut u64) {
    // SAFETY: says the caller.
    unsafe {
        let counter = word(addr);
        counter.fetch_add(1, SeqCst);
        let bucket = sched(p).sema.bucket(addr);
        if bucket.nwait.load(SeqCst) == 0 {
            return;
        }
        bucket.lock.lock((*p).alone);
        let link = bucket.find(addr);
        let g = if !(*link).is_null() && take_unit(counter) { bucket.pop(link) } else { null_mut() };
        bucket.lock.unlock();
        if !g.is_null() {
            queue::ready(p, g);
        }
    }
}

/// # Safety
/// As [`sema_acquire`].
#[inline]
pub unsafe fn wg_add(p: *mut P, w: *mut u64, delta: i64) -> Result<(), Negative> {
    // SAFETY: says the caller.
    unsafe {
        let change = (delta as u64) << 1;
        let now = add((*p).alone, word(w), change);
        if (now as i64) < 0 {
            return Err(Negative);
        }
        if now == 1 {
            let bucket = sched(p).sema.bucket(w);
            bucket.lock.lock((*p).alone);
            word(w).fetch_and(!1, SeqCst);
            let first = bucket.pop_all(w);
            bucket.lock.unlock();
            ready_all(p, first);
        }
        Ok(())
    }
}

/// Done or Park.
///
/// # Safety
/// As [`sema_acquire`].
pub unsafe fn wg_wait(p: *mut P, w: *mut u64) -> Op {
    // SAFETY: says the caller.
    unsafe {
        if word(w).load(SeqCst) >> 1 == 0 {
            return Op::Done;
        }
        let bucket = sched(p).sema.bucket(w);
        bucket.lock.lock((*p).alone);
        if word(w).fetch_or(1, SeqCst) >> 1 == 0 {
            // The bit may stay: at worst the next zero looks into an empty list.
            bucket.lock.unlock();
            return Op::Done;
        }
        bucket.push(p, w);
        park_on(p, &bucket.lock, WaitReason::WaitGroupWait, w as usize)
    }
}

const NOTIFIED: u64 = 1 << 32;

fn tickets(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// Takes a ticket, before the user's lock is released.
///
/// # Safety
/// As [`sema_acquire`].
pub unsafe fn cond_ticket(c: *mut u64) -> u32 {
    // SAFETY: says the caller. The low half wraps without carrying into the high one.
    unsafe {
        let mut now = word(c).load(Relaxed);
        loop {
            let (next, _) = tickets(now);
            let then = now & !0xffff_ffff | next.wrapping_add(1) as u64;
            match word(c).compare_exchange_weak(now, then, SeqCst, Relaxed) {
                Ok(_) => return next,
                Err(seen) => now = seen,
            }
        }
    }
}

/// Done (signalled already) or Park.
///
/// # Safety
/// As [`sema_acquire`]; `ticket` is the goroutine's from [`cond_ticket`].
pub unsafe fn cond_wait(p: *mut P, c: *mut u64, ticket: u32) -> Op {
    // SAFETY: says the caller.
    unsafe {
        let bucket = sched(p).sema.bucket(c);
        bucket.lock.lock((*p).alone);
        let (_, notified) = tickets(word(c).load(SeqCst));
        if (ticket.wrapping_sub(notified) as i32) < 0 {
            bucket.lock.unlock();
            return Op::Done;
        }
        (*(*p).g).waiter.sel = ticket;
        bucket.push(p, c);
        park_on(p, &bucket.lock, WaitReason::CondWait, c as usize)
    }
}

/// # Safety
/// As [`sema_acquire`].
pub unsafe fn cond_signal(p: *mut P, c: *mut u64) {
    // SAFETY: says the caller.
    unsafe {
        let (next, notified) = tickets(word(c).load(SeqCst));
        if next == notified {
            return;
        }
        let bucket = sched(p).sema.bucket(c);
        bucket.lock.lock((*p).alone);
        let (next, notified) = tickets(word(c).load(SeqCst));
        let mut g = null_mut();
        if next != notified {
            word(c).fetch_add(NOTIFIED, SeqCst);
            g = bucket.pop_ticket(c, notified);
        }
        bucket.lock.unlock();
        if !g.is_null() {
            (*g).waiter.sel = 0;
            queue::ready(p, g);
        }
    }
}

/// # Safety
/// As [`sema_acquire`].
pub unsafe fn cond_broadcast(p: *mut P, c: *mut u64) {
    // SAFETY: says the caller.
    unsafe {
        let (next, notified) = tickets(word(c).load(SeqCst));
        if next == notified {
            return;
        }
        let bucket = sched(p).sema.bucket(c);
        bucket.lock.lock((*p).alone);
        let mut now = word(c).load(SeqCst);
        loop {
            let then = (now as u32 as u64) << 32 | now as u32 as u64;
            match word(c).compare_exchange_weak(now, then, SeqCst, SeqCst) {
                Ok(_) => break,
                Err(seen) => now = seen,
            }
        }
        let first = bucket.pop_all(c);
        let mut g = first;
        while !g.is_null() {
            (*g).waiter.sel = 0;
            g = (*g).link;
        }
        bucket.lock.unlock();
        ready_all(p, first);
    }
}

//! Channels: a heap object with a lock, two wait queues and a ring of elements.
//!
//! Invariants (under the lock):
//! - At most one of `receivers` and `senders` holds goroutines, except that one select may wait in both.
//! - Receivers wait only while the ring is empty, senders only while it is full.
//! - After `closed` is set nobody waits; the ring may still hold values.
//! - Values go straight into the slots of a parked goroutine, or out of them; its stack does not move meanwhile.
//! - Slots of the ring that hold no value are zero, so the collector keeps nothing alive for them.
//!
//! The prefix holds pointers to waiters only, which lie outside the heap. A channel with waiters is kept alive by their
//! frames.
use super::g::{G, WaitQueue, WaitReason, Waiter};
use super::lock::Lock;
use super::p::{Commit, P};
use super::{Op, hook, queue};
use crate::heap::DescId;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::*};

/// The prefix of a channel object; the elements follow, `elem_words` each.
#[repr(C)]
pub struct Chan {
    pub(super) lock: Lock,
    elem_words: u32,
    cap: u32,
    /// Read without the lock by `chan_len`.
    count: AtomicU32,
    send_at: u32,
    recv_at: u32,
    closed: u16,
    /// Timers send here: for the program it has no buffer.
    clock: AtomicBool,
    /// The engine's number for the place where it was made; never changes.
    place: u32,
    pub(super) receivers: WaitQueue,
    pub(super) senders: WaitQueue,
}

/// Words of a channel object before its elements; they hold no references into the heap.
pub const CHAN_PREFIX_WORDS: usize = size_of::<Chan>() / 8;

const _: () = assert!(size_of::<Chan>() == 64);

/// What a try under the lock came to. `Value`/`End` come with the goroutine to make ready (or null).
pub(super) enum Tried {
    Done(*mut G),
    /// Receive from a closed channel, or send to one.
    Closed,
    Wait,
}

/// Makes a channel: an object of `desc` with `cap * elem_words` elements; null: out of memory or `cap` too large. The descriptor
/// has a prefix of [`CHAN_PREFIX_WORDS`] words without references and stride 8, so two serve all channel types: one
/// whose elements are traced, one without. `place` is the engine's number for where this happens.
///
/// # Safety
/// `p` is the caller's; `desc` is as said.
pub unsafe fn chan_make(p: *mut P, desc: DescId, elem_words: u32, cap: u64, place: u32) -> *mut Chan {
    if cap > u32::MAX as u64 {
        return std::ptr::null_mut();
    }
    // 32 bits times 32 bits.
    let words = cap * elem_words as u64;
    // SAFETY: a zeroed object of the right size; a zeroed channel differs from an empty one only in what is written.
    unsafe {
        let ch = (*(*p).heap).alloc(&mut (*p).cache, desc, words) as *mut Chan;
        if !ch.is_null() {
            (&raw mut (*ch).lock).write(Lock::new());
            (*ch).elem_words = elem_words;
            (*ch).cap = cap as u32;
            (*ch).place = place;
        }
        ch
    }
}

/// Writes a word that a concurrent marker may be reading.
#[inline(always)]
unsafe fn put_word(dst: *mut u64, word: u64) {
    // SAFETY: the caller's word, which is aligned.
    unsafe { AtomicU64::from_ptr(dst) }.store(word, Relaxed)
}

/// Copies `n` words; `n` is 1 almost always.
#[inline(always)]
unsafe fn copy(src: *const u64, dst: *mut u64, n: u32) {
    // SAFETY: the callers' slots do not overlap.
    unsafe {
        if n == 1 {
            put_word(dst, *src);
        } else {
            copy_many(src, dst, n as usize);
        }
    }
}

#[inline(never)]
unsafe fn copy_many(src: *const u64, dst: *mut u64, n: usize) {
    for i in 0..n {
        // SAFETY: as `copy`.
        unsafe { put_word(dst.add(i), *src.add(i)) }
    }
}

/// Copies out of `src` into `dst` unless that is null.
#[inline(always)]
unsafe fn give(src: *const u64, dst: *mut u64, n: u32) {
    if !dst.is_null() {
        // SAFETY: as `copy`.
        unsafe { copy(src, dst, n) }
    }
}

#[inline(always)]
unsafe fn clear(dst: *mut u64, n: u32) {
    // SAFETY: `n` words of the caller's, or null.
    unsafe {
        if !dst.is_null() {
            for i in 0..n as usize {
                put_word(dst.add(i), 0);
            }
        }
    }
}

/// The slots of a parked receiver are about to be written: a cycle may not have scanned its stack yet.
///
/// # Safety
/// `p` is the caller's, who has dequeued `w` from this channel.
#[inline(always)]
unsafe fn replaces(p: *mut P, ch: *const Chan, w: *const Waiter) {
    // SAFETY: says the caller.
    unsafe {
        if !(*w).elem.is_null() {
            super::world::barrier(p, (*w).elem, (*ch).elem_words as usize);
        }
    }
}

/// The goroutine of a dequeued waiter, told how it was woken.
#[inline(always)]
unsafe fn told(w: *mut Waiter, ok: u8) -> *mut G {
    // SAFETY: the caller dequeued `w` and so owns its goroutine.
    unsafe {
        let g = (*w).g;
        (*g).wake_ok = ok;
        (*g).wake_case = (*w).sel.wrapping_sub(1) as u16;
        g
    }
}

impl Chan {
    pub(super) fn elem_words(&self) -> u32 {
        self.elem_words
    }
    #[inline(always)]
    unsafe fn slot(ch: *mut Chan, at: u32) -> *mut u64 {
        // SAFETY: `at < cap`; the elements follow the prefix.
        unsafe { (ch as *mut u64).add(CHAN_PREFIX_WORDS + at as usize * (*ch).elem_words as usize) }
    }
    #[inline(always)]
    unsafe fn put(ch: *mut Chan, src: *const u64) {
        // SAFETY: the lock is held and the ring is not full.
        unsafe {
            copy(src, Self::slot(ch, (*ch).send_at), (*ch).elem_words);
            (*ch).send_at = if (*ch).send_at + 1 == (*ch).cap { 0 } else { (*ch).send_at + 1 };
            (*ch).count.store((*ch).count.load(Relaxed) + 1, Relaxed);
        }
    }
    #[inline(always)]
    unsafe fn get(p: *mut P, ch: *mut Chan, dst: *mut u64) {
        // SAFETY: the lock is held and the ring is not empty.
        unsafe {
            let slot = Self::slot(ch, (*ch).recv_at);
            super::world::barrier(p, slot, (*ch).elem_words as usize);
            give(slot, dst, (*ch).elem_words);
            clear(slot, (*ch).elem_words);
            (*ch).recv_at = if (*ch).recv_at + 1 == (*ch).cap { 0 } else { (*ch).recv_at + 1 };
            (*ch).count.store((*ch).count.load(Relaxed) - 1, Relaxed);
        }
    }
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub(super) unsafe fn try_send(p: *mut P, ch: *mut Chan, src: *const u64) -> Tried {
        // SAFETY: as said; a parked receiver's slots are valid.
        unsafe {
            if (*ch).closed != 0 {
                return Tried::Closed;
            }
            let w = WaitQueue::pop(&raw mut (*ch).receivers);
            if !w.is_null() {
                replaces(p, ch, w);
                give(src, (*w).elem, (*ch).elem_words);
                return Tried::Done(told(w, 1));
            }
            if (*ch).count.load(Relaxed) < (*ch).cap {
                Self::put(ch, src);
                return Tried::Done(std::ptr::null_mut());
            }
            Tried::Wait
        }
    }
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub(super) unsafe fn try_recv(p: *mut P, ch: *mut Chan, dst: *mut u64) -> Tried {
        // SAFETY: as said; a parked sender's slots are valid.
        unsafe {
            if (*ch).count.load(Relaxed) > 0 {
                Self::get(p, ch, dst);
                let w = WaitQueue::pop(&raw mut (*ch).senders);
                if w.is_null() {
                    return Tried::Done(std::ptr::null_mut());
                }
                Self::put(ch, (*w).elem);
                return Tried::Done(told(w, 1));
            }
            let w = WaitQueue::pop(&raw mut (*ch).senders);
            if !w.is_null() {
                give((*w).elem, dst, (*ch).elem_words);
                return Tried::Done(told(w, 1));
            }
            if (*ch).closed != 0 {
                clear(dst, (*ch).elem_words);
                return Tried::Closed;
            }
            Tried::Wait
        }
    }
}

/// Ends an operation that parks with one lock held: the M's loop releases it.
///
/// # Safety
/// `lock` is held and the goroutine of `p` queued under it.
#[inline(always)]
pub(super) unsafe fn park_on(p: *mut P, lock: *const Lock, reason: WaitReason, object: usize) -> Op {
    // SAFETY: says the caller.
    unsafe {
        let g = (*p).g;
        (*g).reason = reason;
        (*g).link = object as *mut G;
        (*p).unlock = lock;
        (*p).commit = Commit::Unlock;
        Op::Park
    }
}

/// Parks for ever.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn park_forever(p: *mut P, reason: WaitReason) -> Op {
    // SAFETY: says the caller.
    unsafe {
        let _ = park_on(p, std::ptr::null(), reason, 0);
        (*p).commit = Commit::Forever;
        Op::Park
    }
}

/// Sends `elem_words` words from `src` (slots of the frame). After a park: `g.wake_ok == 0` means closed meanwhile: panic.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; `ch` is a channel or null.
#[inline]
pub unsafe fn chan_send(p: *mut P, ch: *mut Chan, src: *const u64) -> Op {
    // SAFETY: says the caller.
    unsafe {
        if ch.is_null() {
            return park_forever(p, WaitReason::ChanSendNil);
        }
        (*ch).lock.lock((*p).alone);
        match Chan::try_send(p, ch, src) {
            Tried::Done(g) => {
                if (*p).listened {
                    hook::sent(p, ch, src, g);
                }
                (*ch).lock.unlock();
                if !g.is_null() {
                    queue::ready(p, g);
                }
                Op::Done
            }
            Tried::Closed => {
                (*ch).lock.unlock();
                Op::Closed
            }
            Tried::Wait => {
                let w = &raw mut (*(*p).g).waiter;
                (*w).elem = src as *mut u64;
                WaitQueue::push(&raw mut (*ch).senders, w);
                park_on(p, &(*ch).lock, WaitReason::ChanSend, ch as usize)
            }
        }
    }
}

/// Receives into `dst` (slots of the frame, or null: discard). `ok` may be null; after a park it is `g.wake_ok`.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; `ch` is a channel or null.
#[inline]
pub unsafe fn chan_recv(p: *mut P, ch: *mut Chan, dst: *mut u64, ok: *mut bool) -> Op {
    // SAFETY: says the caller.
    unsafe {
        if ch.is_null() {
            return park_forever(p, WaitReason::ChanReceiveNil);
        }
        (*ch).lock.lock((*p).alone);
        let tried = Chan::try_recv(p, ch, dst);
        if let Tried::Wait = tried {
            let w = &raw mut (*(*p).g).waiter;
            (*w).elem = dst;
            WaitQueue::push(&raw mut (*ch).receivers, w);
            return park_on(p, &(*ch).lock, WaitReason::ChanReceive, ch as usize);
        }
        if (*p).listened
            && let Tried::Done(g) = tried
        {
            hook::received(p, ch, dst, g);
        }
        (*ch).lock.unlock();
        let mut received = false;
        if let Tried::Done(g) = tried {
            received = true;
            if !g.is_null() {
                queue::ready(p, g);
            }
        }
        if !ok.is_null() {
            *ok = received;
        }
        Op::Done
    }
}

/// Where a goroutine waits to receive from `ch`, a channel of empty elements that nobody closes: a send to it and a receive in one, so
/// that the two change places. The other one goes on when this one is parked and may hand the turn back at once, from any thread. Done:
/// nobody waits, nothing has happened.
///
/// # Safety
/// `p` is the caller's and runs `p.g`; `ch` is such a channel.
pub unsafe fn chan_hand_over(p: *mut P, ch: *mut Chan) -> Op {
    // SAFETY: says the caller.
    unsafe {
        (*ch).lock.lock((*p).alone);
        let other = WaitQueue::pop(&raw mut (*ch).receivers);
        if other.is_null() {
            (*ch).lock.unlock();
            return Op::Done;
        }
        let own = &raw mut (*(*p).g).waiter;
        (*own).elem = std::ptr::null_mut();
        WaitQueue::push(&raw mut (*ch).receivers, own);
        let heir = told(other, 1);
        if (*p).listened {
            hook::sent(p, ch, std::ptr::null(), heir);
        }
        let _ = park_on(p, std::ptr::null(), WaitReason::ChanReceive, ch as usize);
        ((*p).commit, (*p).heir) = (Commit::HandOver, heir);
        Op::Park
    }
}

/// Done, Closed (already) or Nil.
///
/// # Safety
/// `p` is the caller's; `ch` is a channel or null.
pub unsafe fn chan_close(p: *mut P, ch: *mut Chan) -> Op {
    // SAFETY: says the caller. The woken are linked through `link`: they are ours from the dequeue on.
    unsafe {
        if ch.is_null() {
            return Op::Nil;
        }
        (*ch).lock.lock((*p).alone);
        if (*ch).closed != 0 {
            (*ch).lock.unlock();
            return Op::Closed;
        }
        (*ch).closed = 1;
        let mut first: *mut G = std::ptr::null_mut();
        let mut last: *mut G = std::ptr::null_mut();
        loop {
            let mut w = WaitQueue::pop(&raw mut (*ch).receivers);
            if w.is_null() {
                w = WaitQueue::pop(&raw mut (*ch).senders);
                if w.is_null() {
                    break;
                }
            } else {
                replaces(p, ch, w);
                clear((*w).elem, (*ch).elem_words);
            }
            let g = told(w, 0);
            (*g).link = std::ptr::null_mut();
            if first.is_null() {
                first = g;
            } else {
                (*last).link = g;
            }
            last = g;
        }
        (*ch).lock.unlock();
        ready_all(p, first);
        Op::Done
    }
}

/// Readies a list linked through `link`; the first runs next, the others queue up behind.
///
/// # Safety
/// `p` and all of the list are the caller's, and no lock is held.
pub(super) unsafe fn ready_all(p: *mut P, first: *mut G) {
    // SAFETY: says the caller; `link` is read before the goroutine is given away.
    unsafe {
        let mut g = first;
        while !g.is_null() {
            let next = (*g).link;
            (*g).wake();
            if (*p).listened {
                hook::readied(p, g);
            }
            if g == first {
                queue::submit(p, g);
            } else {
                queue::submit_tail(p, g);
            }
            g = next;
        }
    }
}

/// Takes a goroutine out of the queue that it is parked in.
///
/// # Safety
/// It is parked in a plain send or receive, and nothing runs.
pub(super) unsafe fn forget(g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        let ch = (*g).link as *mut Chan;
        let receives = (*g).reason == WaitReason::ChanReceive;
        let q = if receives { &raw mut (*ch).receivers } else { &raw mut (*ch).senders };
        WaitQueue::remove(q, &raw mut (*g).waiter);
    }
}

/// # Safety
/// `ch` is a channel or null.
pub unsafe fn chan_len(ch: *const Chan) -> u64 {
    // SAFETY: says the caller; the count is atomic.
    unsafe { if ch.is_null() || (*ch).clock.load(Relaxed) { 0 } else { (*ch).count.load(Relaxed) as u64 } }
}

/// A send would have to wait: nobody receives either.
///
/// # Safety
/// `ch` is a channel that nobody uses meanwhile.
pub(super) unsafe fn is_full(ch: *const Chan) -> bool {
    // SAFETY: says the caller.
    unsafe { (*ch).cap > 0 && (*ch).count.load(Relaxed) == (*ch).cap }
}

/// The number that [`chan_make`] got.
///
/// # Safety
/// `ch` is a channel.
pub unsafe fn chan_place(ch: *const Chan) -> u32 {
    // SAFETY: says the caller; it never changes.
    unsafe { (*ch).place }
}

/// # Safety
/// `ch` is a channel or null.
pub unsafe fn chan_cap(ch: *const Chan) -> u64 {
    // SAFETY: says the caller; the capacity never changes.
    unsafe { if ch.is_null() || (*ch).clock.load(Relaxed) { 0 } else { (*ch).cap as u64 } }
}

/// Timers will send to `ch`.
///
/// # Safety
/// `ch` is a channel.
pub(super) unsafe fn mark_clock(ch: *const Chan) {
    // SAFETY: says the caller; the mark is atomic.
    unsafe { (*ch).clock.store(true, Relaxed) }
}

/// A timer's send: without blocking, lost when the ring is full or the channel closed. The goroutine to make ready, or null.
///
/// # Safety
/// `p` is the caller's; `ch` is a channel.
pub(super) unsafe fn send_time(p: *mut P, ch: *mut Chan, wall: u64, mono: u64) -> *mut G {
    // SAFETY: the buffer has as many words as an element may ask for: more are not sent.
    unsafe {
        let words = [wall, mono, 0, 0, 0, 0, 0, 0];
        assert!((*ch).elem_words as usize <= words.len());
        (*ch).lock.lock((*p).alone);
        let tried = Chan::try_send(p, ch, words.as_ptr());
        if (*p).listened
            && let Tried::Done(g) = tried
        {
            hook::sent(p, ch, words.as_ptr(), g);
        }
        (*ch).lock.unlock();
        match tried {
            Tried::Done(g) => g,
            Tried::Closed | Tried::Wait => std::ptr::null_mut(),
        }
    }
}

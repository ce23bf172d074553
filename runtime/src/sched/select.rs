//! Select: all channels locked in address order, a random ready case, else a waiter in every channel.
//!
//! Invariants:
//! - The locks of a parked select are listed in the P (`sel_order`), so that the M releases them without touching the
//!   frame, which a waker may already run in when the last ones are still held.
//! - `G::sel_done` is 0 before the first waiter is queued; whoever makes it 1 owns the goroutine. A waiter that was taken
//!   out, by winner or loser, has `prev == self`.
//! - Losing waiters stay in their queues until `select_finish` has taken each lock once; the frame must not be left before.
use super::chan::Tried;
use super::g::{G, WaitQueue, WaitReason, Waiter};
use super::p::{Commit, P, random};
use super::{Chan, Op, chan, hook, queue};
use crate::sync::atomic::Ordering::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Dir {
    Send = 0,
    Recv = 1,
}

/// One case of a select: three words, built by the engine before the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SelectCase {
    /// Null: never ready.
    pub ch: *mut Chan,
    /// Where the value lies (send) or goes (receive; null: discard).
    pub elem: *mut u64,
    pub dir: Dir,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum SelectOp {
    /// Case `case` was done. `ok` is false when it received from a closed channel.
    Ready {
        case: usize,
        ok: bool,
    },
    Default,
    /// Parked; when woken, call [`select_finish`].
    Park,
    /// Case `case` sends on a closed channel: the engine panics.
    Closed {
        case: usize,
    },
}

/// `waiters`: `n` waiters in slots of the frame. Cases, elements and waiters must stay until [`select_finish`].
///
/// # Safety
/// `p` is the caller's and runs `p.g`; the cases are valid.
pub unsafe fn select(
    p: *mut P,
    cases: *const SelectCase,
    n: usize,
    waiters: *mut Waiter,
    has_default: bool,
) -> SelectOp {
    // SAFETY: says the caller; each channel's state is used under its lock.
    unsafe {
        lock_all(p, cases, n);
        if !(*p).sel_order.is_empty() {
            let start = random(p) as usize % n;
            for k in 0..n {
                let case = if start + k < n { start + k } else { start + k - n };
                let SelectCase { ch, elem, dir } = *cases.add(case);
                if ch.is_null() {
                    continue;
                }
                let tried = match dir {
                    Dir::Send => Chan::try_send(p, ch, elem),
                    Dir::Recv => Chan::try_recv(p, ch, elem),
                };
                match tried {
                    Tried::Wait => {}
                    Tried::Done(g) => {
                        if (*p).listened {
                            match dir {
                                Dir::Send => hook::sent(p, ch, elem, g),
                                Dir::Recv => hook::received(p, ch, elem, g),
                            }
                        }
                        unlock_all(p);
                        if !g.is_null() {
                            queue::ready(p, g);
                        }
                        return SelectOp::Ready { case, ok: true };
                    }
                    Tried::Closed => {
                        unlock_all(p);
                        return match dir {
                            Dir::Send => SelectOp::Closed { case },
                            Dir::Recv => SelectOp::Ready { case, ok: false },
                        };
                    }
                }
            }
        }
        if has_default {
            unlock_all(p);
            return SelectOp::Default;
        }
        if (*p).sel_order.is_empty() {
            let _: Op = chan::park_forever(p, WaitReason::SelectNoCases);
            return SelectOp::Park;
        }
        enqueue(p, cases, n, waiters);
        SelectOp::Park
    }
}

unsafe fn enqueue(p: *mut P, cases: *const SelectCase, n: usize, waiters: *mut Waiter) {
    // SAFETY: all locks are held; the waiters are the frame's.
    unsafe {
        let g = (*p).g;
        (*g).sel_done.store(0, Relaxed);
        for k in 0..n {
            let SelectCase { ch, elem, dir } = *cases.add(k);
            if ch.is_null() {
                continue;
            }
            let w = waiters.add(k);
            (*w).g = g;
            (*w).elem = elem;
            (*w).sel = k as u32 + 1;
            let q = match dir {
                Dir::Send => &raw mut (*ch).senders,
                Dir::Recv => &raw mut (*ch).receivers,
            };
            WaitQueue::push(q, w);
        }
        (*g).reason = WaitReason::Select;
        (*g).link = (&(*p).sel_order)[0] as *mut G;
        (*p).unlock = std::ptr::null();
        (*p).commit = Commit::Select;
    }
}

/// After a parked select was woken: dequeues the losers; (case, ok). `ok == false` on a send case: closed, the engine panics.
///
/// # Safety
/// `p` runs the goroutine; the arguments are those of the [`select`] that parked.
pub unsafe fn select_finish(p: *mut P, cases: *const SelectCase, n: usize, waiters: *mut Waiter) -> (usize, bool) {
    // SAFETY: says the caller. Nobody else can win any more, so one lock at a time will do.
    unsafe {
        let g = (*p).g;
        let won = (*g).wake_case as usize;
        for k in 0..n {
            let SelectCase { ch, dir, .. } = *cases.add(k);
            if k == won || ch.is_null() {
                continue;
            }
            let q = match dir {
                Dir::Send => &raw mut (*ch).senders,
                Dir::Recv => &raw mut (*ch).receivers,
            };
            (*ch).lock.lock((*p).alone);
            WaitQueue::remove(q, waiters.add(k));
            (*ch).lock.unlock();
        }
        (won, (*g).wake_ok != 0)
    }
}

/// Locks the channels of the cases in address order, each once.
unsafe fn lock_all(p: *mut P, cases: *const SelectCase, n: usize) {
    // SAFETY: the list is the P's own.
    unsafe {
        let order = &mut (*p).sel_order;
        order.clear();
        for k in 0..n {
            let ch = (*cases.add(k)).ch;
            if !ch.is_null() {
                order.push(ch);
            }
        }
        if order.len() > 1 {
            order.sort_unstable();
            order.dedup();
        }
        for &ch in order.iter() {
            (*ch).lock.lock((*p).alone);
        }
    }
}

/// # Safety
/// `lock_all` has locked them.
pub(super) unsafe fn unlock_all(p: *mut P) {
    // SAFETY: says the caller; the channels live at least until the M's next safepoint.
    unsafe {
        let order = &(*p).sel_order;
        for &ch in order.iter() {
            (*ch).lock.unlock();
        }
    }
}

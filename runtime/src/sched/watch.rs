//! What the poller knows of one file descriptor, and the protocol by which goroutines wait for it.
//!
//! A watch has two sides (`Way`), for reading and for writing. Invariants:
//! - **One waiter a side**: the library holds a lock of its own over each read and each write. So NIL and READY become WAIT by
//!   one goroutine only, and WAIT becomes `*mut G` only by the M that completes its park.
//! - The word of a side: NIL, READY (an edge came that nobody has used), WAIT (a goroutine is about to park), else the parked
//!   goroutine. Whoever swaps a goroutine out owns it. *Commit, then publish*: the goroutine is saved and Waiting before
//!   its address is in the word; a commit that finds something else than WAIT goes on instead of parking.
//! - Readiness is edge-triggered: who parks has tried after it forgot READY (`begin`), and got EAGAIN. An edge that comes
//!   between shows as READY, and the park does not happen. A needless READY costs one more try.
//! - A read of a stream that gave less than there was room for has emptied it (`drains`): until the next edge the next one parks
//!   without a try. What can lie behind the bytes without an edge of its own (the end, an error, urgent data) was in an edge
//!   before, and marks the side `over`: from then on every read is tried.
//! - Closing and expiry are published before the word is looked at; a parker publishes WAIT before it looks at them, with a full
//!   fence between in both. So one of the two sees the other.
//! - `life` is generation, CLOSING and the operations inside. The descriptor is closed and the watch reused by the last one
//!   that leaves after CLOSING: nobody's system call hits a number that has been given to another file. A parker is inside until
//!   its park is committed, a parked goroutine is not.
//! - Watches are type-stable: a stale handle finds another generation, a stale event another generation's READY.
//! - A deadline's timer acts only while its `seq` is the side's: each change of the deadline and the close count it up.
use super::g::G;
use super::timer::TimerId;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering::*, fence};
use std::ptr::null_mut;

/// What a goroutine wants to do with a descriptor; the index of a side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Way {
    Read = 0,
    Write = 1,
}

/// Why an operation does not happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IoEnd {
    /// The descriptor is closed, or is being closed.
    Closed,
    /// The deadline of this side has passed.
    Expired,
}

const NIL: usize = 0;
const READY: usize = 1;
const WAIT: usize = 2;

/// Bit of `life`; below it the operations inside, above it the generation.
const CLOSING: u64 = 1 << 31;
const GENERATION: u64 = 1 << 32;
/// A handle is `generation << 42 | address >> 6`: user addresses have 48 bits at most.
const ADDRESS_BITS: u32 = 42;

#[repr(align(128))]
pub(super) struct Watch {
    life: AtomicU64,
    fd: AtomicI32,
    /// A short read says that nothing is left.
    drains: AtomicBool,
    sides: [Side; 2],
    pub times: Mutex<[Timing; 2]>,
}

struct Side {
    word: AtomicUsize,
    /// The deadline has passed.
    expired: AtomicBool,
    /// Nothing was left when the last operation ended; its goroutine's.
    drained: AtomicBool,
    /// An edge told of something else than bytes.
    over: AtomicBool,
}

/// The deadline of a side.
#[derive(Default)]
pub(super) struct Timing {
    pub seq: u64,
    pub timer: Option<TimerId>,
}

impl Side {
    const fn new() -> Side {
        Side {
            word: AtomicUsize::new(NIL),
            expired: AtomicBool::new(false),
            drained: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }
}

impl Watch {
    pub fn new() -> Watch {
        Watch {
            life: AtomicU64::new(CLOSING),
            fd: AtomicI32::new(-1),
            drains: AtomicBool::new(false),
            sides: [Side::new(), Side::new()],
            times: Mutex::default(),
        }
    }
    /// From the free list to a descriptor: the next generation.
    pub fn open(&self, fd: i32, drains: bool) -> u64 {
        self.fd.store(fd, Relaxed);
        self.drains.store(drains, Relaxed);
        for side in &self.sides {
            side.word.store(NIL, Relaxed);
            for mark in [&side.expired, &side.drained, &side.over] {
                mark.store(false, Relaxed);
            }
        }
        let life = self.life.load(Relaxed);
        debug_assert_eq!(life & (GENERATION - 1), CLOSING);
        let next = (life & !(GENERATION - 1)).wrapping_add(GENERATION);
        self.life.store(next, Release);
        (next >> 32) << ADDRESS_BITS | (self as *const Watch as u64) >> 6
    }
    /// The watch of a handle that came from [`Watch::open`]; it may have another generation by now.
    pub fn of(handle: u64) -> *const Watch {
        ((handle & ((1 << ADDRESS_BITS) - 1)) << 6) as *const Watch
    }
    pub fn fd(&self) -> i32 {
        self.fd.load(Relaxed)
    }
    /// Begins an operation on the handle's generation; `leave` ends it.
    pub fn enter(&self, handle: u64) -> Result<(), IoEnd> {
        self.count_up(handle, 0)
    }
    /// The one that closes; inside as well.
    pub fn enter_to_close(&self, handle: u64) -> Result<(), IoEnd> {
        self.count_up(handle, CLOSING)?;
        fence(SeqCst);
        Ok(())
    }
    fn count_up(&self, handle: u64, mark: u64) -> Result<(), IoEnd> {
        let mut life = self.life.load(Relaxed);
        loop {
            let same = (life >> 32) << ADDRESS_BITS == handle & !((1 << ADDRESS_BITS) - 1);
            if !same || life & CLOSING != 0 {
                return Err(IoEnd::Closed);
            }
            match self.life.compare_exchange_weak(life, (life + 1) | mark, AcqRel, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => life = now,
            }
        }
    }
    /// True: the caller was the last one of a closed watch, closes the descriptor and may give the watch to the free list.
    #[must_use]
    pub fn leave(&self) -> bool {
        let before = self.life.fetch_sub(1, AcqRel);
        before & (GENERATION - 1) == CLOSING | 1
    }

    /// Forgets an edge, before the operation is tried.
    pub fn begin(&self, way: Way) -> Result<(), IoEnd> {
        let side = &self.sides[way as usize];
        if side.word.load(Relaxed) == READY {
            // Acquire: what made it ready happened before. No goroutine can be lost: nobody else waits on this side.
            side.word.swap(NIL, AcqRel);
            side.drained.store(false, Relaxed);
        }
        if side.expired.load(Acquire) { Err(IoEnd::Expired) } else { Ok(()) }
    }
    /// After `begin`: nothing has come since the last operation, a try is in vain.
    pub fn is_drained(&self, way: Way) -> bool {
        let side = &self.sides[way as usize];
        side.drained.load(Relaxed) && !side.over.load(Acquire)
    }
    /// An operation that was begun has taken less than it could have.
    pub fn short(&self, way: Way) {
        if self.drains.load(Relaxed) {
            self.sides[way as usize].drained.store(true, Relaxed);
        }
    }
    /// Before the edge that tells of it: more than bytes.
    pub fn mark_over(&self, way: Way) {
        self.sides[way as usize].over.store(true, Release);
    }
    /// The caller got EAGAIN, or is drained, and wants to park. False: an edge came, try again.
    pub fn announce(&self, way: Way) -> Result<bool, IoEnd> {
        let side = &self.sides[way as usize];
        if side.word.compare_exchange(NIL, WAIT, AcqRel, Acquire).is_err() {
            // READY stays for `begin`.
            return Ok(false);
        }
        fence(SeqCst);
        let end = if self.life.load(Acquire) & CLOSING != 0 {
            IoEnd::Closed
        } else if side.expired.load(Acquire) {
            IoEnd::Expired
        } else {
            return Ok(true);
        };
        // An edge that came meanwhile stays.
        let _ = side.word.compare_exchange(WAIT, NIL, AcqRel, Acquire);
        Err(end)
    }
    /// After `announce`, the goroutine being Waiting. False: it must go on.
    pub fn commit(&self, way: Way, g: *mut G) -> bool {
        let word = &self.sides[way as usize].word;
        word.compare_exchange(WAIT, g as usize, AcqRel, Acquire).is_ok()
    }
    /// An edge. The goroutine that waited for it, the caller's now, or null.
    pub fn edge(&self, way: Way) -> *mut G {
        self.wake(way, READY)
    }
    /// Something else than readiness: the waiter looks again. The caller has published why, and a full fence.
    pub fn unblock(&self, way: Way) -> *mut G {
        self.wake(way, NIL)
    }
    fn wake(&self, way: Way, state: usize) -> *mut G {
        let word = &self.sides[way as usize].word;
        let mut old = word.load(Acquire);
        loop {
            let new = match old {
                READY => return null_mut(),
                NIL if state == NIL => return null_mut(),
                // The goroutine tries again in any case; READY tells it of the edge.
                _ => state,
            };
            match word.compare_exchange(old, new, AcqRel, Acquire) {
                Ok(NIL | WAIT) => return null_mut(),
                Ok(g) => return g as *mut G,
                Err(now) => old = now,
            }
        }
    }
    /// The deadline passes, or (false) is taken back.
    pub fn expire(&self, way: Way, expired: bool) {
        self.sides[way as usize].expired.store(expired, Release);
        fence(SeqCst);
    }
}

//! The lock of channels, semaphore buckets and timer heaps: test-and-set with exponential back-off.
//!
//! Invariants:
//! - Only the owner of a P takes one, and says whether its P is the only one (`P::alone`). Then nobody else can hold or want a lock, and
//!   taking it needs no atomic exchange: a P passes from thread to thread by operations that synchronise. `alone` changes
//!   only while that P holds no lock (`runtime.rs`).
//! - Held for tens of instructions, or across a park: taken by the operation, released by the M's loop after the
//!   goroutine is completely saved (see `m.rs`). Never across a safepoint, never while another of these locks is taken,
//!   except by select, which takes channel locks in address order.
//! - It lies in zeroed memory: zero is free.
//!
//! Rejected: locks whose waiters sleep in the kernel (releasing them is a second atomic exchange, a quarter of a whole
//! hop, and holders are only descheduled by accident: then the waiters yield their time), a lock-free ring (saves less alone,
//! costs much more contended).
use crate::sync::atomic::{AtomicU32, Ordering::*};

#[repr(transparent)]
pub(crate) struct Lock(AtomicU32);

impl Lock {
    pub const fn new() -> Lock {
        Lock(AtomicU32::new(0))
    }
    #[inline(always)]
    pub fn lock(&self, alone: bool) {
        if alone {
            debug_assert_eq!(self.0.load(Relaxed), 0);
            self.0.store(1, Relaxed);
        } else if self.0.swap(1, Acquire) != 0 {
            self.contended();
        }
    }
    #[cold]
    #[inline(never)]
    fn contended(&self) {
        let mut pauses = 2;
        loop {
            if pauses <= 512 {
                for _ in 0..pauses {
                    crate::sync::hint::spin_loop();
                }
                pauses *= 2;
            } else {
                crate::sync::thread::yield_now();
            }
            if self.0.load(Relaxed) == 0 && self.0.swap(1, Acquire) == 0 {
                return;
            }
        }
    }
    /// # Safety
    /// The caller's operation holds the lock.
    #[inline(always)]
    pub unsafe fn unlock(&self) {
        debug_assert_eq!(self.0.load(Relaxed), 1);
        self.0.store(0, Release);
    }
}

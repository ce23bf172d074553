//! The lock of channels, semaphore buckets and timer heaps: parking_lot's one-byte mutex behind exponential back-off.
//!
//! Invariants:
//! - Held for tens of instructions, or across a park: taken by the operation, released by the M's loop after the
//!   goroutine is completely saved (see `m.rs`). Never across a safepoint, never while another of these locks is taken,
//!   except by select, which takes channel locks in address order.
//! - It lies in memory that is zeroed first and then written with [`Lock::new`].
//!
//! Rejected: waiting in the kernel after a short fixed spin (two to three times slower under contention), a lock-free
//! ring (saves 4 ns alone, costs 200 contended).
use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

#[repr(transparent)]
pub(crate) struct Lock(RawMutex);

impl Lock {
    pub const fn new() -> Lock {
        Lock(RawMutex::INIT)
    }
    #[inline(always)]
    pub fn lock(&self) {
        if !self.0.try_lock() {
            self.contended();
        }
    }
    #[cold]
    #[inline(never)]
    fn contended(&self) {
        let mut pauses = 2;
        while pauses <= 256 {
            for _ in 0..pauses {
                std::hint::spin_loop();
            }
            if self.0.try_lock() {
                return;
            }
            pauses *= 2;
        }
        self.0.lock();
    }
    /// # Safety
    /// The caller's operation holds the lock.
    #[inline(always)]
    pub unsafe fn unlock(&self) {
        debug_assert!(self.0.is_locked());
        // SAFETY: held, says the caller.
        unsafe { self.0.unlock() }
    }
}

//! Whether a second goroutine was ever made. Before that nobody writes memory behind the main goroutine's back, so the operations of
//! `handlers::shared` run in their *alone* form, without looking whether a slice is whole; the first `go`, timer or finalizer gives the
//! units of code loaded so far the handlers of the op table, and what is loaded later has them from the start.
//!
//! Invariant: the goroutine that makes the second one does it itself, before the other exists; so the change is made
//! between two instructions of the only thread that runs code. It stays for ever.
use crate::code::{Handler, Unit};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Sharing {
    begun: AtomicBool,
    alone: Mutex<Vec<Alone>>,
}

/// A unit with an alone form, and its operation's handler.
struct Alone {
    unit: *mut Unit,
    handler: usize,
}

// SAFETY: units are never freed, and are written under the lock by the only thread that runs code.
unsafe impl Send for Alone {}

impl Sharing {
    /// Somebody will run beside the caller.
    #[inline(always)]
    pub fn begin(&self) {
        if !self.begun.load(Ordering::Acquire) {
            self.begin_now();
        }
    }
    /// The byte that tells.
    pub fn flag(&self) -> *const u8 {
        self.begun.as_ptr().cast_const().cast()
    }
    /// Somebody may.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }
    #[cold]
    fn begin_now(&self) {
        let mut alone = self.units();
        for Alone { unit, handler } in alone.drain(..) {
            // SAFETY: a loaded unit; only its handler changes, to one that does the same.
            unsafe { AtomicUsize::from_ptr(&raw mut (*unit).h) }.store(handler, Ordering::Relaxed);
        }
        self.begun.store(true, Ordering::Release);
    }
    fn units(&self) -> MutexGuard<'_, Vec<Alone>> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// The handler that a unit, which will lie at `unit`, is loaded with: the alone form while nobody runs beside the main goroutine.
    pub fn choose(&self, form: Handler, handler: usize, unit: *mut Unit) -> usize {
        let mut alone = self.units();
        if self.begun.load(Ordering::Acquire) {
            return handler;
        }
        alone.push(Alone { unit, handler });
        form as usize
    }
}

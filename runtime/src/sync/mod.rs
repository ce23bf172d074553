//! The only door to atomics, locks, threads and the machine's clock of this crate.
//!
//! Usually they are std's and parking_lot's. With feature `shuttle` they are those of `model`: then the whole runtime runs under
//! shuttle, which decides at each of these operations who goes on, so that a schedule is a seed (`tests/shuttle.rs`). The protocols that
//! need weak-memory care are restated as small loom models in `tests/loom_models.rs`.

#[cfg(feature = "shuttle")]
mod model;
#[cfg(feature = "shuttle")]
pub use model::*;

#[cfg(not(feature = "shuttle"))]
pub use parking_lot::{Condvar, Mutex, MutexGuard};
#[cfg(not(feature = "shuttle"))]
pub use std::{hint, sync::atomic, thread};

/// Monotonic nanoseconds of the machine.
#[cfg(not(feature = "shuttle"))]
#[inline]
pub fn now_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

//! Timers.
use super::*;

/// What a timer does when it is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerAction {
    /// Makes a parked goroutine runnable.
    Wake(*mut G),
    /// Sends the time without blocking: word 0 is the wall clock in unix nanoseconds, word 1 (when the element has it)
    /// the monotonic clock, further words are 0.
    SendTime { chan: *mut Chan },
    /// A new goroutine with `closure` as its register 0.
    Spawn { pc: *const u8, link_pc: u64, frame_slots: usize, closure: u64 },
}

/// Names a started timer; never reused within 2^30 timers of one slot, so a stale one is harmless.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerId(pub u64);

/// Monotonic nanoseconds.
pub fn now_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

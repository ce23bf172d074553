//! Alarms: interrupt a goroutine that computes at the moment when a timer of its P is due. *(unsafe)*
//!
//! The monitor asks such goroutines too, but it must first be given a processor, and while all of them compute that takes the system
//! milliseconds. So each M that runs a goroutine known to compute ([`super::g::COMPUTES`]) has a timer of the system whose signal goes to
//! the M's own thread. That thread is running, so nothing has to be scheduled first.
//!
//! Invariants:
//! - The handler runs on the M's thread, between two instructions of it, and does one thing: it poisons the guard of the M's P. Anybody
//!   may do so at any time, so a needless alarm costs one slow poll, and an alarm that the owner overwrites, or that the system
//!   refuses, leaves the goroutine to the monitor.
//! - Only the M's own thread makes and sets its alarm. It is deleted with the M: by that thread, or when all threads have ended.
//! - [`system::SIGNAL`] is nobody else's: package os/signal does not let programs have it.
use super::m::M;

/// A timer of the system for one M; made when it is first wanted.
pub(super) struct Alarm {
    timer: Timer,
    /// What it was set for last.
    at: u64,
}

enum Timer {
    Unmade,
    Made(system::Timer),
    Refused,
}

impl Alarm {
    pub const fn new() -> Alarm {
        Alarm { timer: Timer::Unmade, at: u64::MAX }
    }
}

/// At `when` on the machine's clock, `m`'s P is asked to poll.
///
/// # Safety
/// `m` is the calling thread's.
pub(super) unsafe fn set(m: *mut M, when: u64) {
    // SAFETY: the alarm is this thread's; the handler does not touch it.
    let alarm = unsafe { &mut (*m).alarm };
    if alarm.at == when {
        return;
    }
    alarm.at = when;
    if let Timer::Unmade = alarm.timer {
        // SAFETY: says the caller.
        alarm.timer = unsafe { system::Timer::new(m) }.map_or(Timer::Refused, Timer::Made);
    }
    if let Timer::Made(timer) = &alarm.timer {
        timer.set(when);
    }
}

#[cfg(all(target_os = "linux", not(feature = "shuttle"), not(miri)))]
mod system {
    use super::super::m::M;
    use super::super::p::{P, poll_soon};
    use std::ptr::null_mut;
    use std::sync::Once;

    /// The last of the real-time signals.
    pub const SIGNAL: i32 = 64;

    pub struct Timer(libc::timer_t);

    impl Timer {
        /// Its signals go to the calling thread.
        ///
        /// # Safety
        /// `m` is the calling thread's and outlives the timer.
        pub unsafe fn new(m: *mut M) -> Option<Timer> {
            static HANDLER: Once = Once::new();
            // SAFETY: valid records; the handler is async-signal-safe.
            unsafe {
                HANDLER.call_once(|| {
                    let mut action: libc::sigaction = std::mem::zeroed();
                    libc::sigemptyset(&mut action.sa_mask);
                    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
                    action.sa_sigaction = on_alarm as *const () as usize;
                    libc::sigaction(SIGNAL, &action, null_mut());
                });
                let mut event: libc::sigevent = std::mem::zeroed();
                event.sigev_notify = libc::SIGEV_THREAD_ID;
                event.sigev_signo = SIGNAL;
                event.sigev_value = libc::sigval { sival_ptr: m.cast() };
                event.sigev_notify_thread_id = libc::syscall(libc::SYS_gettid) as i32;
                let mut timer: libc::timer_t = null_mut();
                (libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) == 0).then_some(Timer(timer))
            }
        }
        /// Once, at `when`.
        pub fn set(&self, when: u64) {
            let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            let value =
                libc::timespec { tv_sec: (when / 1_000_000_000) as i64, tv_nsec: (when % 1_000_000_000) as i64 };
            let once = libc::itimerspec { it_interval: never, it_value: value };
            // SAFETY: a timer of ours that exists.
            unsafe { libc::timer_settime(self.0, libc::TIMER_ABSTIME, &once, null_mut()) };
        }
    }

    impl Drop for Timer {
        fn drop(&mut self) {
            // SAFETY: a timer of ours that exists. A signal on its way to this thread is delivered before the call returns, to another one that
            // has ended never.
            unsafe { libc::timer_delete(self.0) };
        }
    }

    extern "C" fn on_alarm(_: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
        // SAFETY: a timer's signal of this number carries the M of the thread that it interrupts, so a volatile read sees what
        // the thread has written. Ps stay as long as threads do.
        unsafe {
            if (*info).si_code != libc::SI_TIMER {
                return;
            }
            let m: *mut M = (*info).si_value().sival_ptr.cast();
            let p: *mut P = (&raw const (*m).p).read_volatile();
            if !p.is_null() {
                poll_soon(p);
            }
        }
    }
}

/// Without such timers all is left to the monitor.
#[cfg(not(all(target_os = "linux", not(feature = "shuttle"), not(miri))))]
mod system {
    use super::super::m::M;

    pub enum Timer {}

    impl Timer {
        /// # Safety
        /// None.
        pub unsafe fn new(_: *mut M) -> Option<Timer> {
            None
        }
        pub fn set(&self, _: u64) {}
    }
}

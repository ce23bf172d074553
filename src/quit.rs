//! SIGQUIT (Ctrl-\\) and SIGINT (Ctrl-C): the signals that gol attends to by itself, on the main thread, which has nothing else to
//! do. *(unsafe)*
//!
//! Invariants: SIGQUIT is blocked before the process has a second thread ([`block`]), so that every thread inherits that and only
//! [`wait`] takes it, as an ordinary thread that may lock and print. SIGINT has a handler, which a program may replace; all it does is
//! to note the interrupt and send SIGQUIT to the main thread.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::{Mutex, PoisonError};

type Answer = Mutex<Option<Box<dyn Fn() + Send>>>;

static ON_QUIT: Answer = Mutex::new(None);
static ON_INTERRUPT: Answer = Mutex::new(None);
/// SIGINT came, and nobody has attended to it yet.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// The thread that waits.
static WAITS: AtomicU64 = AtomicU64::new(0);

/// SIGQUIT alone.
fn quit_set() -> libc::sigset_t {
    // SAFETY: an empty set is made before a signal is added.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGQUIT);
        set
    }
}

/// From now on SIGQUIT is for this thread's [`wait`]. Called by `main` before anything else.
pub fn block() {
    // SAFETY: a valid set; the old mask is not asked for.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &quit_set(), std::ptr::null_mut());
        WAITS.store(libc::pthread_self() as u64, Release);
    }
}

/// Attends to signals until the process ends.
pub fn wait() -> ! {
    let set = quit_set();
    loop {
        let mut signal = 0;
        // SAFETY: both are valid, and the signal is blocked in this thread.
        let came = unsafe { libc::sigwait(&set, &mut signal) } == 0;
        let answer = if INTERRUPTED.swap(false, AcqRel) { &ON_INTERRUPT } else { &ON_QUIT };
        if came && (std::ptr::eq(answer, &ON_INTERRUPT) || !gol_stdlib::os::signal::deliver(signal)) {
            match &*answer.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(f) => f(),
                // Nothing runs yet that could tell anything.
                None => std::process::exit(crate::commands::status::PANIC.into()),
            }
        }
    }
}

/// Calls `f` at every SIGQUIT from now on.
pub fn on_quit(f: impl Fn() + Send + 'static) {
    *ON_QUIT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(f));
}

extern "C" fn on_sigint(_: libc::c_int) {
    INTERRUPTED.store(true, Release);
    // SAFETY: async-signal-safe; the main thread lives as long as the process. errno stays as it is: the call does not set it.
    unsafe { libc::pthread_kill(WAITS.load(Acquire) as libc::pthread_t, libc::SIGQUIT) };
}

/// Calls `f` at every SIGINT from now on.
pub fn on_interrupt(f: impl Fn() + Send + 'static) {
    *ON_INTERRUPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(f));
    // SAFETY: a valid action; the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigemptyset(&mut action.sa_mask);
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        action.sa_sigaction = on_sigint as *const () as usize;
        libc::sigaction(libc::SIGINT, &action, std::ptr::null_mut());
    }
}

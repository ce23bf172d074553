//! SIGQUIT (Ctrl-\\): the only signal that gol waits for by itself. *(unsafe)*
//!
//! Invariant: it is blocked before the process has a second thread ([`block`]), so that every thread inherits that and only the
//! one of [`on_quit`] takes it, as an ordinary thread that may lock and print.
#![allow(unsafe_code)]

/// SIGQUIT alone.
#[cfg(unix)]
fn quit_set() -> libc::sigset_t {
    // SAFETY: an empty set is made before a signal is added.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGQUIT);
        set
    }
}

/// From now on SIGQUIT waits for [`on_quit`]. Called by `main` before anything else.
pub fn block() {
    #[cfg(unix)]
    // SAFETY: a valid set; the old mask is not asked for.
    unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, &quit_set(), std::ptr::null_mut());
    }
}

/// Calls `f` at every SIGQUIT, on a thread of its own. Without a thread the signal is ignored.
pub fn on_quit(f: impl Fn() + Send + 'static) {
    #[cfg(unix)]
    {
        let wait = move || {
            let set = quit_set();
            let mut signal = 0;
            // SAFETY: both are valid, and the signal is blocked in this thread.
            while unsafe { libc::sigwait(&set, &mut signal) } == 0 {
                if !gol_stdlib::os::signal::deliver(signal) {
                    f();
                }
            }
        };
        let thread = std::thread::Builder::new().name("gol-quit".into()).stack_size(512 << 10);
        // Nothing else needs this thread.
        let _ = thread.spawn(wait);
    }
}

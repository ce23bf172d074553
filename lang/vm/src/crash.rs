//! Signals that only a mistake of ours raises: told in our own words before they end the process. *(unsafe)*
//!
//! A fault in a guard page below a coroutine is a native that has called itself too often: a stack overflow of the program's, status
//! 2. For all others the signal's own end follows, so that the status (and a core file) is the system's.
//!
//! Invariants: handlers run on the alternative stack that std gives to each of its threads, allocate nothing, take no lock and call only
//! what POSIX allows there. std's own handler, which tells of a thread's overflowed stack, comes after ours.

use crate::stack;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// What such signals are called.
const SIGNALS: [(i32, &str); 5] = [
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGABRT, "SIGABRT"),
];

/// The exit status of Go's stack overflow.
const OVERFLOW_STATUS: i32 = 2;

/// The first crash has been told; what follows is its consequence.
static TOLD: AtomicBool = AtomicBool::new(false);

/// std's handlers, written before ours are installed.
static mut BEFORE: [Option<libc::sigaction>; SIGNALS.len()] = [None; SIGNALS.len()];

/// From now on crashes are told. Called once, before the process has a second thread.
pub fn tell_crashes() {
    for (k, (signal, _)) in SIGNALS.iter().enumerate() {
        // SAFETY: a handler of the right kind; nobody reads `BEFORE` before it is there, and this is the only thread.
        unsafe {
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = on_crash as *const () as usize;
            new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigemptyset(&mut new.sa_mask);
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(*signal, std::ptr::null(), &mut old) == 0 {
                BEFORE[k] = Some(old);
                libc::sigaction(*signal, &new, std::ptr::null_mut());
            }
        }
    }
}

extern "C" fn on_crash(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the system's own record; a signal that somebody has sent tells who.
    let (code, address, sender) = unsafe { ((*info).si_code, (*info).si_addr() as usize, (*info).si_pid()) };
    let from_system = code > 0;
    // What `abort` does.
    // SAFETY: no precondition.
    let own = code == libc::SI_TKILL && sender == unsafe { libc::getpid() };
    let fault = from_system && (signal == libc::SIGSEGV || signal == libc::SIGBUS);
    if fault && stack::is_guard(address) {
        write(&[b"runtime: a native function has used up its stack\nfatal error: stack overflow\n"]);
        // SAFETY: runs nothing of ours.
        unsafe { libc::_exit(OVERFLOW_STATUS) }
    }
    // Signals that somebody sends are no mistake of ours.
    if (from_system || own) && !TOLD.swap(true, Relaxed) {
        let name = SIGNALS.iter().find(|s| s.0 == signal).map_or("a signal", |s| s.1);
        let mut digits = [0; 16];
        let at: &[u8] = if fault { hex(address, &mut digits) } else { b"" };
        let before: &[u8] = if fault { b" at address 0x" } else { b"" };
        write(&[b"gol: internal error: ", name.as_bytes(), before, at, b"; please report this\n"]);
    }
    hand_on(signal, from_system);
}

/// What would have happened without us: what std does where the instruction that failed is executed again, else the signal's end.
fn hand_on(signal: i32, again: bool) {
    // SAFETY: `BEFORE` is not written any more; all calls are allowed in a handler.
    unsafe {
        let before = &raw const BEFORE;
        let known = SIGNALS.iter().position(|s| s.0 == signal).and_then(|k| (*before)[k]);
        match known {
            Some(old) if again && signal != libc::SIGABRT => {
                libc::sigaction(signal, &old, std::ptr::null_mut());
            }
            Some(_) | None => {
                libc::signal(signal, libc::SIG_DFL);
                // It is blocked until the handler returns.
                libc::raise(signal);
            }
        }
    }
}

fn write(parts: &[&[u8]]) {
    let mut text = [0; 256];
    let mut len = 0;
    for byte in parts.iter().copied().flatten().take(text.len()) {
        text[len] = *byte;
        len += 1;
    }
    // SAFETY: the text is valid for its length. Who cannot be told is not.
    unsafe { libc::write(2, text.as_ptr().cast(), len) };
}

/// The digits of a number, without memory of its own.
fn hex(mut n: usize, digits: &mut [u8; 16]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[n % 16];
        n /= 16;
        if n == 0 || at == 0 {
            return &digits[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_in_hexadecimal() {
        assert_eq!(hex(0, &mut [0; 16]), b"0");
        assert_eq!(hex(0x7fff_01a0, &mut [0; 16]), b"7fff01a0");
        assert_eq!(hex(usize::MAX, &mut [0; 16]), b"ffffffffffffffff");
    }
}

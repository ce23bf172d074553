//! Natives of package os/signal. A signal handler may do next to nothing: it writes the signal's number to a pipe, which the
//! runtime's poller watches like a socket.
//!
//! Invariants:
//! - `PIPE` is the writing end of the pipe opened last, or -1; it is non-blocking, so a full pipe loses signals, as a full channel does.
//! - `BEFORE` keeps what was there before a signal was first treated, to be put back.
//! - SIGQUIT is never delivered to a handler: the process waits for it on a thread, which asks [`deliver`] first.
#![allow(unsafe_code)]

use crate::abi::{leaf, parking};
use crate::net::{Tried, attempt};
use crate::stdio::errno;
use gol_runtime::{Op, Way, ops};
use gol_vm::native::{Cx, Native};
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering::*};

const AS_BEFORE: i64 = 0;
const CAUGHT: i64 = 1;

static PIPE: AtomicI32 = AtomicI32::new(-1);
/// Bit n: signal n goes to the pipe.
static WANTED: AtomicU64 = AtomicU64::new(0);
static BEFORE: Mutex<Vec<(i32, libc::sigaction)>> = Mutex::new(Vec::new());

pub const NATIVES: &[Native] = &[
    leaf("os/signal.treat", |cx| {
        let (signal, how) = (cx.arg_i64(0) as i32, cx.arg_i64(1));
        cx.set_bool(0, treat(signal, how));
        Ok(())
    }),
    leaf("os/signal.open", |cx| {
        let (handle, errno) = match open(cx) {
            Ok(handle) => (handle, 0),
            Err(errno) => (0, errno),
        };
        cx.set(0, handle);
        cx.set_i64(1, i64::from(errno));
        Ok(())
    }),
    parking("os/signal.receive", |cx| {
        let mut signal = 0u8;
        // SAFETY: one byte of ours.
        let mut read = |fd| match unsafe { libc::read(fd, (&raw mut signal).cast(), 1) } {
            1 => Ok(()),
            _ => Err(errno()),
        };
        match attempt(cx, Way::Read, |io| read(io.fd())) {
            Tried::Park(op) => Ok(op),
            Tried::Done(_) => {
                cx.set(0, u64::from(signal));
                Ok(Op::Done)
            }
        }
    }),
];

/// Sends a signal to the program; false when it does not want it.
pub fn deliver(signal: i32) -> bool {
    let wanted = WANTED.load(Acquire) & bit(signal) != 0;
    if wanted {
        on_signal(signal);
    }
    wanted
}

fn bit(signal: i32) -> u64 {
    1 << (signal & 63)
}

extern "C" fn on_signal(signal: i32) {
    let byte = signal as u8;
    // SAFETY: async-signal-safe calls; errno is what it was for the code that was interrupted.
    unsafe {
        let kept = *libc::__errno_location();
        libc::write(PIPE.load(Acquire), (&raw const byte).cast(), 1);
        *libc::__errno_location() = kept;
    }
}

/// Faults are the machine's, and two signals can be had by nobody.
fn is_free(signal: i32) -> bool {
    let kept = [libc::SIGILL, libc::SIGTRAP, libc::SIGBUS, libc::SIGFPE, libc::SIGKILL, libc::SIGSEGV, libc::SIGSTOP];
    // Those below the real-time signals belong to the system's library.
    (1..32).contains(&signal) && !kept.contains(&signal) || (34..64).contains(&signal)
}

fn treat(signal: i32, how: i64) -> bool {
    if !is_free(signal) {
        return false;
    }
    if how == CAUGHT {
        WANTED.fetch_or(bit(signal), AcqRel);
    } else {
        WANTED.fetch_and(!bit(signal), AcqRel);
    }
    if signal == libc::SIGQUIT {
        return true;
    }
    let mut before = BEFORE.lock().unwrap_or_else(|e| e.into_inner());
    // SAFETY: valid actions; the handler is async-signal-safe.
    unsafe {
        let mut new: libc::sigaction = std::mem::zeroed();
        libc::sigemptyset(&mut new.sa_mask);
        new.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        new.sa_sigaction = if how == CAUGHT { on_signal as *const () as usize } else { libc::SIG_IGN };
        let kept = before.iter().position(|b| b.0 == signal);
        if how == AS_BEFORE {
            return kept.is_none_or(|at| libc::sigaction(signal, &before[at].1, std::ptr::null_mut()) == 0);
        }
        let mut old: libc::sigaction = std::mem::zeroed();
        let done = libc::sigaction(signal, &new, &mut old) == 0;
        if done && kept.is_none() {
            before.push((signal, old));
        }
        done
    }
}

fn open(cx: &Cx) -> Result<u64, i32> {
    let mut ends = [0; 2];
    // SAFETY: two valid descriptors are written; they are ours.
    unsafe {
        if libc::pipe2(ends.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC) != 0 {
            return Err(errno());
        }
        match ops::io_open(cx.p(), ends[0], false) {
            Ok(handle) => {
                PIPE.store(ends[1], Release);
                Ok(handle)
            }
            Err(e) => {
                libc::close(ends[0]);
                libc::close(ends[1]);
                Err(e.raw_os_error().unwrap_or(libc::EIO))
            }
        }
    }
}

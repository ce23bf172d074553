//! The runtime of gol: scheduler (G, M, P), channels, select, timers, semaphores, and the garbage-collected heap.
//!
//! It knows no gol type and no bytecode: it moves words, traces them by descriptor, and calls an [`Engine`] to run a
//! goroutine. See ARCHITECTURE.md for the protocols.

use std::cell::Cell;
use std::io::Write as _;

/// Writes to standard error. A closed or full one is no reason to fail: who cannot be told is not.
pub fn tell(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Exit status of a program that a fault of gol itself has ended.
pub const FAULT_STATUS: u8 = 125;

/// On a thread of the runtime: a panic there leaves others waiting for ever, so it ends the program. The panic's message is out then.
pub(crate) struct EndsProgram;

impl Drop for EndsProgram {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // SAFETY: only ends the process; what others have not written yet is lost either way.
            unsafe { libc::_exit(i32::from(FAULT_STATUS)) }
        }
    }
}

thread_local! {
    /// This thread runs handlers, which no panic may unwind.
    static RUNS_HANDLERS: Cell<bool> = const { Cell::new(false) };
}

/// Says so of this thread.
pub(crate) fn runs_handlers() {
    RUNS_HANDLERS.set(true);
}

/// A check of the runtime itself has failed, perhaps under a handler: ends the program, and is a panic on any other thread.
#[cold]
pub(crate) fn fault(text: &str) -> ! {
    if RUNS_HANDLERS.get() {
        tell(&format!("gol: internal error: {text}; please report this\n"));
        // SAFETY: as above.
        unsafe { libc::_exit(i32::from(FAULT_STATUS)) }
    }
    panic!("{text}")
}

pub mod heap;
pub mod native;
pub mod sched;
pub mod sync;

pub use heap::{Desc, DescId, Header, Heap, HeapConfig, PtrMap};
pub use sched::{
    Blocking, CHAN_PREFIX_WORDS, Chan, Dir, Engine, Event, EventKind, Exit, G, GState, Head, Input, Io, IoEnd, Load,
    Negative, Op, Outcome, P, Place, Poll, Preempt, Runtime, RuntimeConfig, SelectCase, SelectOp, Stopped, Tape,
    TimerAction, TimerId, WAITER_WORDS, WaitReason, Waiter, Way, World, cores, hash_of, ops,
};

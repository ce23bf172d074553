//! The runtime of gol: scheduler (G, M, P), channels, select, timers, semaphores, and the garbage-collected heap.
//!
//! It knows no gol type and no bytecode: it moves words, traces them by descriptor, and calls an [`Engine`] to run a
//! goroutine. See ARCHITECTURE.md for the protocols.

pub mod heap;
pub mod native;
pub mod sched;
pub mod sync;

pub use heap::{Desc, DescId, Header, Heap, HeapConfig, PtrMap};
pub use sched::{
    Blocking, CHAN_PREFIX_WORDS, Chan, Dir, Engine, Exit, G, GState, Io, IoEnd, Negative, Op, Outcome, P, Poll,
    Runtime, RuntimeConfig, SelectCase, SelectOp, Stopped, TimerAction, TimerId, WAITER_WORDS, WaitReason, Waiter, Way,
    now_ns, ops, wall_ns,
};

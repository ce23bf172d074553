//! The runtime of gol: scheduler (G, M, P), channels, select, timers, semaphores, and the garbage-collected heap.
//!
//! It knows no gol type and no bytecode: it moves words, traces them by descriptor, and calls an [`Engine`] to run a
//! goroutine. See ARCHITECTURE.md for the protocols.

pub mod heap;
pub mod sched;
pub mod sync;

pub use heap::{Desc, DescId, Header, Heap, HeapConfig, PtrMap};
pub use sched::{Engine, Exit, G, Op, Outcome, P, Runtime, RuntimeConfig};

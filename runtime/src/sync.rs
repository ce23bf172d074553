//! The only door to atomics, locks and threads: under `--cfg loom` they are loom's, so that models run the real code.

#[cfg(loom)]
pub use loom::sync::atomic;
#[cfg(not(loom))]
pub use std::sync::atomic;

//! The only door to atomics, locks and threads: under `--cfg loom` they are loom's, so that models run the real code.

#[cfg(not(loom))]
pub use std::sync::atomic;
#[cfg(loom)]
pub use loom::sync::atomic;

//! The only door to atomics, locks and threads of this crate.
//!
//! The protocols that need weak-memory care are restated as small loom models in `tests/loom_models.rs`.

pub use std::sync::atomic;

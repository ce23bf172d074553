//! The virtual machine of gol: loading, handlers, calls, panics, types at run time, objects, natives.
//!
//! Reading order: `code` (expanded code, the two back ends), `handlers`, `unwind` (panics and defer), `callback` (natives that call
//! back), `load` and `expand`, `profile` (samples of stacks), `census` (objects by type), `op_profile` (counting handlers), `vm`.
#![allow(clippy::missing_safety_doc)] // handlers and their helpers: see `code`

mod blocked;
mod callback;
pub mod census;
mod code;
pub mod crash;
mod expand;
pub mod fault;
mod frames;
mod handlers;
pub mod handles;
mod jit;
mod load;
pub mod native;
pub mod object;
mod op_profile;
pub mod profile;
mod region;
pub mod report;
mod sharing;
mod stack;
pub mod trace;
pub mod types;
mod unwind;
mod vm;

pub use fault::Fault;
pub use jit::Stage;
pub use native::{CallCx, Cx, Native, NativeFn};
pub use op_profile::{OpProfile, op_profile};
pub use vm::{Functions, Hooks, RunResult, Vm, VmConfig};

#[cfg(test)]
mod tests;

//! The virtual machine of gol: loading, handlers, calls, panics, types at run time, objects, natives.

mod callback;
pub mod fault;
pub mod native;
pub mod object;
pub mod types;
mod vm;

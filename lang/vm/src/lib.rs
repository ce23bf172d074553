//! The virtual machine of gol: types at run time, objects, loading, handlers, natives.

pub mod fault;
pub mod object;
pub mod types;

//! The machine's language: op table, program, verifier, disassembler. Depends on nothing of gol.
#![deny(unsafe_code)]

mod disasm;
pub mod effects;
pub mod in_place;
pub mod ops;
pub mod program;
mod verify;

pub use disasm::{disasm, disasm_with};
pub use ops::{Ins, Op, Role};
pub use program::*;
pub use verify::{verify, verify_function, verify_tables};

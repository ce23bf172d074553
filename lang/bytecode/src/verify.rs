//! verify
use crate::program::Program;
pub fn verify(_p: &Program, _first: u32) -> Result<(), String> { Ok(()) }

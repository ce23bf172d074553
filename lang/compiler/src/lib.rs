//! The compiler: types, checks, emission, and the session that keeps them over many texts. It runs nothing.
#![deny(unsafe_code)]

pub mod check;
pub mod constant;
pub mod emit;
mod huge;
pub mod info;
pub mod instance;
mod literal_text;
mod opt;
pub mod session;
pub mod sizes;
pub mod type_text;
pub mod types;
pub mod typeset;
pub mod universe;

pub use opt::Functions;

//! The compiler: types, checks, emission, and the session that keeps them over many texts. It runs nothing.
#![deny(unsafe_code)]

pub mod constant;
pub mod emit;
pub mod info;
pub mod session;
pub mod types;

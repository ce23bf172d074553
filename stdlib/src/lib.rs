//! Skeleton.
mod abi;
mod stdio;
pub mod format;
pub mod text;
pub mod errors;
pub mod fmt;
pub mod math;
pub mod os;
pub mod sort;
pub mod strconv;
pub mod sync;
pub mod unicode;
pub mod strings;

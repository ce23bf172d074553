//! Skeleton.
mod abi;
mod stdio;
pub mod format;
pub mod text;
pub mod errors;
pub mod fmt;
pub mod os;
pub mod strconv;
pub mod unicode;
pub mod strings;

//! Skeleton.
mod abi;
pub mod format;
pub mod strings;
pub mod text;

//! Exact constants of any size (Go spec, "Constants"): arithmetic, comparison, conversion, rounding.

use num_bigint::BigInt;
use num_rational::BigRational;
use std::sync::Arc;

/// The value of a constant, independent of its type.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    Bool(bool),
    /// Go strings are bytes.
    Str(Arc<[u8]>),
    Int(BigInt),
    /// Exact; huge exponents are refused before they get here.
    Float(BigRational),
    Complex(BigRational, BigRational),
}

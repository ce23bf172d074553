//! Natives of package math/bits.

use crate::abi::{in_place, quick};
use gol_vm::native::{Native, Quick};

pub const NATIVES: &[Native] = &[
    quick("math/bits.LeadingZeros64", Quick::LeadingZeros, |x, _, _| (x.word().leading_zeros().into(), 0)),
    quick("math/bits.TrailingZeros64", Quick::TrailingZeros, |x, _, _| (x.word().trailing_zeros().into(), 0)),
    quick("math/bits.OnesCount64", Quick::Ones, |x, _, _| (x.word().count_ones().into(), 0)),
    in_place("math/bits.Reverse64", |x, _, _| (x.word().reverse_bits(), 0)),
    quick("math/bits.ReverseBytes64", Quick::ReverseBytes, |x, _, _| (x.word().swap_bytes(), 0)),
    quick("math/bits.Mul64", Quick::Mul, |x, y, _| {
        let wide = u128::from(x.word()) * u128::from(y.word());
        ((wide >> 64) as u64, wide as u64)
    }),
    in_place("math/bits.div64", |hi, lo, y| {
        // The callers in gol have checked that the quotient fits.
        let (wide, y) = (u128::from(hi.word()) << 64 | u128::from(lo.word()), u128::from(y.word().max(1)));
        ((wide / y) as u64, (wide % y) as u64)
    }),
];

//! Natives of package math/bits.

use crate::abi::in_place;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[
    in_place("math/bits.LeadingZeros64", |x, _, _| (x.word().leading_zeros().into(), 0)),
    in_place("math/bits.TrailingZeros64", |x, _, _| (x.word().trailing_zeros().into(), 0)),
    in_place("math/bits.OnesCount64", |x, _, _| (x.word().count_ones().into(), 0)),
    in_place("math/bits.Reverse64", |x, _, _| (x.word().reverse_bits(), 0)),
    in_place("math/bits.ReverseBytes64", |x, _, _| (x.word().swap_bytes(), 0)),
    in_place("math/bits.Mul64", |x, y, _| {
        let wide = u128::from(x.word()) * u128::from(y.word());
        ((wide >> 64) as u64, wide as u64)
    }),
    in_place("math/bits.div64", |hi, lo, y| {
        // The callers in gol have checked that the quotient fits.
        let (wide, y) = (u128::from(hi.word()) << 64 | u128::from(lo.word()), u128::from(y.word().max(1)));
        ((wide / y) as u64, (wide % y) as u64)
    }),
];

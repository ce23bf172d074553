//! Natives of package math/bits.

use crate::abi::direct;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[
    direct("math/bits.LeadingZeros64", |w| w.set(0, u64::from(w.arg(0).leading_zeros()))),
    direct("math/bits.TrailingZeros64", |w| w.set(0, u64::from(w.arg(0).trailing_zeros()))),
    direct("math/bits.OnesCount64", |w| w.set(0, u64::from(w.arg(0).count_ones()))),
    direct("math/bits.Reverse64", |w| w.set(0, w.arg(0).reverse_bits())),
    direct("math/bits.ReverseBytes64", |w| w.set(0, w.arg(0).swap_bytes())),
    direct("math/bits.Mul64", |w| {
        let wide = u128::from(w.arg(0)) * u128::from(w.arg(1));
        w.set_words(0, &[(wide >> 64) as u64, wide as u64]);
    }),
    direct("math/bits.div64", |w| {
        // The callers in gol have checked that the quotient fits.
        let (wide, y) = (u128::from(w.arg(0)) << 64 | u128::from(w.arg(1)), u128::from(w.arg(2).max(1)));
        w.set_words(0, &[(wide / y) as u64, (wide % y) as u64]);
    }),
];

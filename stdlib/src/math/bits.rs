//! Natives of package math/bits.

use crate::abi::leaf;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[
    leaf("math/bits.LeadingZeros64", |cx| {
        cx.set(0, u64::from(cx.arg(0).leading_zeros()));
        Ok(())
    }),
    leaf("math/bits.TrailingZeros64", |cx| {
        cx.set(0, u64::from(cx.arg(0).trailing_zeros()));
        Ok(())
    }),
    leaf("math/bits.OnesCount64", |cx| {
        cx.set(0, u64::from(cx.arg(0).count_ones()));
        Ok(())
    }),
    leaf("math/bits.Reverse64", |cx| {
        cx.set(0, cx.arg(0).reverse_bits());
        Ok(())
    }),
    leaf("math/bits.ReverseBytes64", |cx| {
        cx.set(0, cx.arg(0).swap_bytes());
        Ok(())
    }),
    leaf("math/bits.Mul64", |cx| {
        let wide = u128::from(cx.arg(0)) * u128::from(cx.arg(1));
        cx.set_words(0, &[(wide >> 64) as u64, wide as u64]);
        Ok(())
    }),
    leaf("math/bits.div64", |cx| {
        // The callers in gol have checked that the quotient fits.
        let (wide, y) = (u128::from(cx.arg(0)) << 64 | u128::from(cx.arg(1)), u128::from(cx.arg(2).max(1)));
        cx.set_words(0, &[(wide / y) as u64, (wide % y) as u64]);
        Ok(())
    }),
];

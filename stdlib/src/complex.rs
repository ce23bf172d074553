//! The division of complex numbers, which emitted code calls: everything else about them is a few operations.
//!
//! Smith's method, which does not overflow where the quotient does not; where it finds no number at all, the infinities and zeros that C99's
//! annex G asks for, as Go has them.

use crate::abi::leaf;
use gol_vm::native::Native;

pub const NATIVES: &[Native] = &[leaf("complex.div", |cx| {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| f64::from_bits(cx.arg(i)));
    let (re, im) = div((a, b), (c, d));
    cx.set(0, re.to_bits());
    cx.set(1, im.to_bits());
    Ok(())
})];

/// `(a + bi) / (c + di)`.
fn div((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    let (re, im) = if c.abs() >= d.abs() {
        let ratio = d / c;
        let denominator = c + ratio * d;
        ((a + b * ratio) / denominator, (b - a * ratio) / denominator)
    } else {
        let ratio = c / d;
        let denominator = d + ratio * c;
        ((a * ratio + b) / denominator, (b * ratio - a) / denominator)
    };
    if !(re.is_nan() && im.is_nan()) {
        return (re, im);
    }
    if c == 0.0 && d == 0.0 && !(a.is_nan() && b.is_nan()) {
        let infinity = f64::INFINITY.copysign(c);
        return (infinity * a, infinity * b);
    }
    if (a.is_infinite() || b.is_infinite()) && c.is_finite() && d.is_finite() {
        let (a, b) = (infinity_as_one(a), infinity_as_one(b));
        return (f64::INFINITY * (a * c + b * d), f64::INFINITY * (b * c - a * d));
    }
    if (c.is_infinite() || d.is_infinite()) && a.is_finite() && b.is_finite() {
        let (c, d) = (infinity_as_one(c), infinity_as_one(d));
        return (0.0 * (a * c + b * d), 0.0 * (b * c - a * d));
    }
    (re, im)
}

/// One for an infinity, else zero, with the sign kept.
fn infinity_as_one(x: f64) -> f64 {
    f64::from(u8::from(x.is_infinite())).copysign(x)
}

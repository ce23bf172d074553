//! Natives on complex numbers that emitted code calls.

use crate::abi::{Done, leaf};
use gol_vm::native::{Cx, Native};

pub const NATIVES: &[Native] = &[leaf("complex.div", div)];

fn div(cx: &mut Cx) -> Done {
    let [a, b, c, d] = [0, 1, 2, 3].map(|i| cx.arg_f64(i));
    let (re, im) = quotient(a, b, c, d);
    cx.set_f64(0, re);
    cx.set_f64(1, im);
    Ok(())
}

/// `(a + bi) / (c + di)`: Smith's method, which scales by the larger part of the divisor; a result that is NaN in both parts is looked at
/// again by the rules of C99, annex G.
pub fn quotient(a: f64, b: f64, c: f64, d: f64) -> (f64, f64) {
    let (re, im) = if c.abs() >= d.abs() {
        let ratio = d / c;
        let scale = c + ratio * d;
        ((a + b * ratio) / scale, (b - a * ratio) / scale)
    } else {
        let ratio = c / d;
        let scale = d + ratio * c;
        ((a * ratio + b) / scale, (b * ratio - a) / scale)
    };
    if !(re.is_nan() && im.is_nan()) {
        return (re, im);
    }
    let infinite = |x: f64, y: f64| x.is_infinite() || y.is_infinite();
    let finite = |x: f64, y: f64| x.is_finite() && y.is_finite();
    // 1 for an infinity, else 0, with the sign of the number.
    let one = |x: f64| f64::from(u8::from(x.is_infinite())).copysign(x);
    if c == 0.0 && d == 0.0 && !(a.is_nan() && b.is_nan()) {
        let inf = f64::INFINITY.copysign(c);
        return (inf * a, inf * b);
    }
    if infinite(a, b) && finite(c, d) {
        let (a, b) = (one(a), one(b));
        return (f64::INFINITY * (a * c + b * d), f64::INFINITY * (b * c - a * d));
    }
    if infinite(c, d) && finite(a, b) {
        let (c, d) = (one(c), one(d));
        return (0.0 * (a * c + b * d), 0.0 * (b * c - a * d));
    }
    (re, im)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_knows_infinities() {
        assert_eq!(quotient(1.0, 2.0, 3.0, 4.0), (0.44, 0.08));
        assert_eq!(quotient(1.0, 1.0, 0.0, 0.0), (f64::INFINITY, f64::INFINITY));
        assert_eq!(quotient(1.0, 1.0, f64::INFINITY, f64::INFINITY), (0.0, 0.0));
    }
}

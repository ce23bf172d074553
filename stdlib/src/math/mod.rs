//! Natives of package math: Rust's and the C library's functions.
#![allow(unsafe_code)]

pub mod bits;
pub mod rand;

use crate::abi::{Done, leaf};
use gol_vm::native::{Cx, Native};

unsafe extern "C" {
    safe fn erf(x: f64) -> f64;
    safe fn erfc(x: f64) -> f64;
    safe fn tgamma(x: f64) -> f64;
    fn lgamma_r(x: f64, sign: *mut i32) -> f64;
    safe fn j0(x: f64) -> f64;
    safe fn j1(x: f64) -> f64;
    safe fn jn(n: i32, x: f64) -> f64;
    safe fn y0(x: f64) -> f64;
    safe fn y1(x: f64) -> f64;
    safe fn yn(n: i32, x: f64) -> f64;
    safe fn remainder(x: f64, y: f64) -> f64;
    safe fn nextafter(x: f64, y: f64) -> f64;
    safe fn nextafterf(x: f32, y: f32) -> f32;
    safe fn acosh(x: f64) -> f64;
    safe fn asinh(x: f64) -> f64;
    safe fn atanh(x: f64) -> f64;
    safe fn scalbn(x: f64, n: i32) -> f64;
}

/// The result has the bits of the argument.
fn same_bits(_: &mut Cx) -> Done {
    Ok(())
}

fn one(cx: &Cx, f: impl FnOnce(f64) -> f64) -> Done {
    cx.set_f64(0, f(cx.arg_f64(0)));
    Ok(())
}

fn two(cx: &Cx, f: impl FnOnce(f64, f64) -> f64) -> Done {
    cx.set_f64(0, f(cx.arg_f64(0), cx.arg_f64(1)));
    Ok(())
}

/// `int` orders of Bessel functions, as C has them.
fn order(cx: &Cx) -> i32 {
    cx.arg_i64(0).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

pub const NATIVES: &[Native] = &[
    leaf("math.Abs", |cx| one(cx, f64::abs)),
    leaf("math.Acos", |cx| one(cx, f64::acos)),
    leaf("math.Acosh", |cx| one(cx, |x| acosh(x))),
    leaf("math.Asin", |cx| one(cx, f64::asin)),
    leaf("math.Asinh", |cx| one(cx, |x| asinh(x))),
    leaf("math.Atan", |cx| one(cx, f64::atan)),
    leaf("math.Atan2", |cx| two(cx, f64::atan2)),
    leaf("math.Atanh", |cx| one(cx, |x| atanh(x))),
    leaf("math.Cbrt", |cx| one(cx, f64::cbrt)),
    leaf("math.Ceil", |cx| one(cx, f64::ceil)),
    leaf("math.Copysign", |cx| two(cx, f64::copysign)),
    leaf("math.Cos", |cx| one(cx, f64::cos)),
    leaf("math.Cosh", |cx| one(cx, f64::cosh)),
    leaf("math.Erf", |cx| one(cx, |x| erf(x))),
    leaf("math.Erfc", |cx| one(cx, |x| erfc(x))),
    leaf("math.Erfinv", |cx| one(cx, erfinv)),
    leaf("math.Exp", |cx| one(cx, f64::exp)),
    leaf("math.Exp2", |cx| one(cx, f64::exp2)),
    leaf("math.Expm1", |cx| one(cx, f64::exp_m1)),
    leaf("math.FMA", |cx| {
        cx.set_f64(0, cx.arg_f64(0).mul_add(cx.arg_f64(1), cx.arg_f64(2)));
        Ok(())
    }),
    leaf("math.Float32bits", same_bits),
    leaf("math.Float32frombits", same_bits),
    leaf("math.Float64bits", same_bits),
    leaf("math.Float64frombits", same_bits),
    leaf("math.Floor", |cx| one(cx, f64::floor)),
    leaf("math.Frexp", |cx| {
        let (frac, exp) = frexp(cx.arg_f64(0));
        cx.set_f64(0, frac);
        cx.set_i64(1, exp);
        Ok(())
    }),
    leaf("math.Gamma", |cx| one(cx, gamma)),
    leaf("math.Hypot", |cx| two(cx, f64::hypot)),
    leaf("math.J0", |cx| one(cx, |x| j0(x))),
    leaf("math.J1", |cx| one(cx, |x| if x == 0.0 || x.is_infinite() { 0.0 } else { j1(x) })),
    leaf("math.Jn", |cx| {
        cx.set_f64(0, jn(order(cx), cx.arg_f64(1)));
        Ok(())
    }),
    leaf("math.Ldexp", |cx| {
        cx.set_f64(0, scalbn(cx.arg_f64(0), cx.arg_i64(1).clamp(-5000, 5000) as i32));
        Ok(())
    }),
    leaf("math.Lgamma", |cx| {
        let mut sign = 1;
        let x = cx.arg_f64(0);
        // SAFETY: `sign` is a valid place.
        let v = unsafe { lgamma_r(x, &mut sign) };
        cx.set_f64(0, v);
        cx.set_i64(1, if sign < 0 && x != 0.0 { -1 } else { 1 });
        Ok(())
    }),
    leaf("math.Log", |cx| one(cx, f64::ln)),
    leaf("math.Log10", |cx| one(cx, f64::log10)),
    leaf("math.Log1p", |cx| one(cx, f64::ln_1p)),
    leaf("math.Log2", |cx| one(cx, f64::log2)),
    leaf("math.Max", |cx| two(cx, max)),
    leaf("math.Min", |cx| two(cx, |x, y| -max(-x, -y))),
    leaf("math.Mod", |cx| two(cx, |x, y| x % y)),
    leaf("math.Nextafter", |cx| two(cx, |x, y| if x == y { x } else { nextafter(x, y) })),
    leaf("math.Nextafter32", |cx| {
        let (x, y) = (f32::from_bits(cx.arg(0) as u32), f32::from_bits(cx.arg(1) as u32));
        let r = if x == y { x } else { nextafterf(x, y) };
        cx.set(0, u64::from(r.to_bits()));
        Ok(())
    }),
    leaf("math.Pow", |cx| two(cx, f64::powf)),
    leaf("math.Remainder", |cx| two(cx, |x, y| remainder(x, y))),
    leaf("math.Round", |cx| one(cx, f64::round)),
    leaf("math.RoundToEven", |cx| one(cx, f64::round_ties_even)),
    leaf("math.Sin", |cx| one(cx, f64::sin)),
    leaf("math.Sinh", |cx| one(cx, f64::sinh)),
    leaf("math.Sqrt", |cx| one(cx, f64::sqrt)),
    leaf("math.Tan", |cx| one(cx, f64::tan)),
    leaf("math.Tanh", |cx| one(cx, f64::tanh)),
    leaf("math.Trunc", |cx| one(cx, f64::trunc)),
    leaf("math.Y0", |cx| one(cx, |x| y0(x))),
    leaf("math.Y1", |cx| one(cx, |x| y1(x))),
    leaf("math.Yn", |cx| {
        cx.set_f64(0, yn(order(cx), cx.arg_f64(1)));
        Ok(())
    }),
];

/// Infinity wins over NaN, NaN over numbers, +0 over -0.
fn max(x: f64, y: f64) -> f64 {
    if x == f64::INFINITY || y == f64::INFINITY {
        f64::INFINITY
    } else if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if x == y {
        if x.is_sign_negative() { y } else { x }
    } else if x > y {
        x
    } else {
        y
    }
}

fn frexp(f: f64) -> (f64, i64) {
    if f == 0.0 || !f.is_finite() {
        return (f, 0);
    }
    // A subnormal is made normal first.
    let (f, shift) = if f.abs() < f64::MIN_POSITIVE { (f * 2f64.powi(60), -60) } else { (f, 0) };
    let bits = f.to_bits();
    let exp = (bits >> 52 & 0x7ff) as i64 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exp + shift)
}

/// At negative integers Go has NaN, and the sign of zero decides the infinity.
fn gamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY || (x < 0.0 && x.fract() == 0.0) { f64::NAN } else { tgamma(x) }
}

/// Newton's iteration on erf from a rational start.
fn erfinv(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 1.0 {
        return f64::NAN;
    }
    if x.abs() == 1.0 {
        return x * f64::INFINITY;
    }
    if x == 0.0 {
        return x;
    }
    let log = (-x * x).ln_1p();
    let a = 2.0 / (std::f64::consts::PI * 0.147) + log / 2.0;
    let mut y = ((a * a - log / 0.147).sqrt() - a).sqrt().copysign(x);
    for _ in 0..4 {
        // Far out erfc keeps the digits that erf loses.
        let miss = if y.abs() < 1.0 { erf(y) - x } else { residual(y, x) };
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp();
        if slope == 0.0 {
            break;
        }
        let step = miss / slope;
        y -= step / (1.0 + y * step);
    }
    y
}

/// erf(y) - x through the complement.
fn residual(y: f64, x: f64) -> f64 {
    let diff = (1.0 - x.abs()) - erfc(y.abs());
    if x < 0.0 { -diff } else { diff }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges() {
        assert_eq!(frexp(8.0), (0.5, 4));
        assert_eq!(frexp(5e-324), (0.5, -1073));
        assert_eq!(max(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert!(max(0.0, -0.0).is_sign_positive() && max(-0.0, 0.0).is_sign_positive());
        assert!((erfinv(0.5) - 0.4769362762044699).abs() < 1e-15);
        assert!((erfinv(-0.999) + 2.326753765513525).abs() < 1e-13);
        assert!(gamma(-1.0).is_nan());
    }
}

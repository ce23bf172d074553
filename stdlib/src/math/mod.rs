//! Natives of package math: Rust's and the C library's functions.
#![allow(unsafe_code)]

pub mod bits;
pub mod rand;

use crate::abi::{direct, in_place, quick};
use gol_vm::native::{Arg, Native, Quick, Window};

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

fn one(w: Window, f: impl FnOnce(f64) -> f64) {
    w.set_f64(0, f(w.arg_f64(0)));
}

fn two(w: Window, f: impl FnOnce(f64, f64) -> f64) {
    w.set_f64(0, f(w.arg_f64(0), w.arg_f64(1)));
}

fn of_one(x: Arg, f: impl FnOnce(f64) -> f64) -> (u64, u64) {
    (f(x.f64()).to_bits(), 0)
}

fn of_two(x: Arg, y: Arg, f: impl FnOnce(f64, f64) -> f64) -> (u64, u64) {
    (f(x.f64(), y.f64()).to_bits(), 0)
}

/// `int` orders of Bessel functions, as C has them.
fn order(w: Window) -> i32 {
    w.arg_i64(0).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

pub const NATIVES: &[Native] = &[
    direct("math.Abs", |w| one(w, f64::abs)),
    in_place("math.Acos", |x, _, _| of_one(x, f64::acos)),
    direct("math.Acosh", |w| one(w, |x| acosh(x))),
    in_place("math.Asin", |x, _, _| of_one(x, f64::asin)),
    direct("math.Asinh", |w| one(w, |x| asinh(x))),
    in_place("math.Atan", |x, _, _| of_one(x, f64::atan)),
    in_place("math.Atan2", |x, y, _| of_two(x, y, f64::atan2)),
    direct("math.Atanh", |w| one(w, |x| atanh(x))),
    in_place("math.Cbrt", |x, _, _| of_one(x, f64::cbrt)),
    direct("math.Ceil", |w| one(w, f64::ceil)),
    in_place("math.Copysign", |x, y, _| of_two(x, y, f64::copysign)),
    in_place("math.Cos", |x, _, _| of_one(x, f64::cos)),
    in_place("math.Cosh", |x, _, _| of_one(x, f64::cosh)),
    direct("math.Erf", |w| one(w, |x| erf(x))),
    direct("math.Erfc", |w| one(w, |x| erfc(x))),
    direct("math.Erfinv", |w| one(w, erfinv)),
    in_place("math.Exp", |x, _, _| of_one(x, f64::exp)),
    in_place("math.Exp2", |x, _, _| of_one(x, f64::exp2)),
    in_place("math.Expm1", |x, _, _| of_one(x, f64::exp_m1)),
    direct("math.FMA", |w| w.set_f64(0, w.arg_f64(0).mul_add(w.arg_f64(1), w.arg_f64(2)))),
    in_place("math.Float32bits", |x, _, _| (x.word(), 0)),
    in_place("math.Float32frombits", |x, _, _| (x.word(), 0)),
    quick("math.Float64bits", Quick::Same, |x, _, _| (x.word(), 0)),
    quick("math.Float64frombits", Quick::Same, |x, _, _| (x.word(), 0)),
    direct("math.Floor", |w| one(w, f64::floor)),
    direct("math.Frexp", |w| {
        let (frac, exp) = frexp(w.arg_f64(0));
        w.set_f64(0, frac);
        w.set_i64(1, exp);
    }),
    direct("math.Gamma", |w| one(w, gamma)),
    in_place("math.Hypot", |x, y, _| of_two(x, y, f64::hypot)),
    direct("math.J0", |w| one(w, |x| j0(x))),
    direct("math.J1", |w| one(w, |x| if x == 0.0 || x.is_infinite() { 0.0 } else { j1(x) })),
    direct("math.Jn", |w| w.set_f64(0, jn(order(w), w.arg_f64(1)))),
    direct("math.Ldexp", |w| w.set_f64(0, scalbn(w.arg_f64(0), w.arg_i64(1).clamp(-5000, 5000) as i32))),
    direct("math.Lgamma", |w| {
        let mut sign = 1;
        let x = w.arg_f64(0);
        // SAFETY: `sign` is a valid place.
        let v = unsafe { lgamma_r(x, &mut sign) };
        w.set_f64(0, v);
        w.set_i64(1, if sign < 0 && x != 0.0 { -1 } else { 1 });
    }),
    in_place("math.Log", |x, _, _| of_one(x, f64::ln)),
    in_place("math.Log10", |x, _, _| of_one(x, f64::log10)),
    in_place("math.Log1p", |x, _, _| of_one(x, f64::ln_1p)),
    in_place("math.Log2", |x, _, _| of_one(x, f64::log2)),
    in_place("math.Max", |x, y, _| of_two(x, y, max)),
    in_place("math.Min", |x, y, _| of_two(x, y, |x, y| -max(-x, -y))),
    in_place("math.Mod", |x, y, _| of_two(x, y, |x, y| x % y)),
    direct("math.Nextafter", |w| two(w, |x, y| if x == y { x } else { nextafter(x, y) })),
    direct("math.Nextafter32", |w| {
        let (x, y) = (f32::from_bits(w.arg(0) as u32), f32::from_bits(w.arg(1) as u32));
        let r = if x == y { x } else { nextafterf(x, y) };
        w.set(0, u64::from(r.to_bits()));
    }),
    in_place("math.Pow", |x, y, _| of_two(x, y, f64::powf)),
    in_place("math.Remainder", |x, y, _| of_two(x, y, |x, y| remainder(x, y))),
    in_place("math.Round", |x, _, _| of_one(x, f64::round)),
    in_place("math.RoundToEven", |x, _, _| of_one(x, f64::round_ties_even)),
    in_place("math.Sin", |x, _, _| of_one(x, f64::sin)),
    in_place("math.Sinh", |x, _, _| of_one(x, f64::sinh)),
    direct("math.Sqrt", |w| one(w, f64::sqrt)),
    in_place("math.Tan", |x, _, _| of_one(x, f64::tan)),
    in_place("math.Tanh", |x, _, _| of_one(x, f64::tanh)),
    direct("math.Trunc", |w| one(w, f64::trunc)),
    direct("math.Y0", |w| one(w, |x| y0(x))),
    direct("math.Y1", |w| one(w, |x| y1(x))),
    direct("math.Yn", |w| w.set_f64(0, yn(order(w), w.arg_f64(1)))),
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

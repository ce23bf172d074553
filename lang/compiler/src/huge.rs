//! Floating-point constants whose exponents are beyond what exact fractions can carry: `1e646456992`.
//!
//! A number is a mantissa of [`BITS`] bits times a power of two, as in Go's compiler, which rounds such constants too. Never
//! zero. Exponents stop where Go's do; what lies beyond overflows, or vanishes.

use crate::constant::{Arith, Misfit, Value, mantissa};
use crate::types::Basic;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

const BITS: u64 = 512;
/// Bits carried in between, so that powers of ten come out right.
const GUARD: u64 = 640;
/// Greatest exponent of the first bit.
const MAX_TOP: i64 = i32::MAX as i64;

/// `m × 2^e`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Huge {
    m: BigInt,
    e: i64,
}

/// What a computation gives that may leave the range.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    Zero,
    Number(Huge),
    Overflow,
}

impl Huge {
    /// `None` for zero.
    pub fn of(r: &BigRational) -> Option<Huge> {
        if r.is_zero() {
            return None;
        }
        let (m, e) = mantissa(r, BITS);
        let sign = if r.is_negative() { Sign::Minus } else { Sign::Plus };
        Some(Huge { m: BigInt::from_biguint(sign, m), e })
    }
    /// `digits × base^exponent`.
    pub fn scaled(digits: BigInt, base: u32, exponent: i64) -> Outcome {
        // Beyond this nothing in range is left, and the powers need not be computed.
        if exponent.abs() > MAX_TOP + GUARD as i64 {
            return if exponent > 0 { Outcome::Overflow } else { Outcome::Zero };
        }
        let power = power(base, exponent.unsigned_abs());
        let digits = Huge { m: digits, e: 0 };
        if exponent >= 0 { times(&digits, &power) } else { over(&digits, &power) }.finish()
    }
    /// The exponent of the first bit.
    pub fn top(&self) -> i64 {
        self.m.bits() as i64 + self.e
    }
    pub fn is_negative(&self) -> bool {
        self.m.is_negative()
    }
    pub fn neg(&self) -> Huge {
        Huge { m: -&self.m, e: self.e }
    }
    /// As a fraction; only for exponents that fractions can carry.
    pub fn ratio(&self) -> BigRational {
        let power = BigInt::one() << self.e.unsigned_abs();
        if self.e >= 0 { BigRational::from_integer(&self.m * power) } else { BigRational::new(self.m.clone(), power) }
    }
    /// As a constant of a basic type other than untyped float.
    pub fn represent(&self, b: Basic) -> Result<Value, Misfit> {
        let zero = || Value::float(BigRational::zero());
        let part = || if self.top() < 0 { Ok(zero()) } else { Err(Misfit::Overflows) };
        match b {
            Basic::Float32 | Basic::Float64 => part(),
            Basic::Complex64 | Basic::Complex128 => {
                part().map(|_| Value::complex(BigRational::zero(), BigRational::zero()))
            }
            Basic::UntypedComplex => Err(Misfit::Overflows),
            _ => Err(Misfit::Truncated),
        }
    }
    /// `None` where the operation is not one of floats.
    pub fn arith(op: Arith, a: Option<&Huge>, b: Option<&Huge>) -> Option<Outcome> {
        let lone = |x: Option<&Huge>| x.map_or(Outcome::Zero, |x| Outcome::Number(x.clone()));
        Some(match (op, a, b) {
            (Arith::Add, Some(a), Some(b)) => plus(a, b).map_or(Outcome::Zero, Huge::finish),
            (Arith::Sub, Some(a), Some(b)) => plus(a, &b.neg()).map_or(Outcome::Zero, Huge::finish),
            (Arith::Add | Arith::Sub, a, None) => lone(a),
            (Arith::Add, None, b) => lone(b),
            (Arith::Sub, None, Some(b)) => Outcome::Number(b.neg()),
            (Arith::Mul, Some(a), Some(b)) => times(a, b).finish(),
            (Arith::Div { .. }, Some(a), Some(b)) => over(a, b).finish(),
            (Arith::Mul, ..) | (Arith::Div { .. }, None, Some(_)) => Outcome::Zero,
            (Arith::Div { .. }, _, None) => return None,
            (Arith::Rem | Arith::And | Arith::Or | Arith::Xor | Arith::AndNot, ..) => return None,
        })
    }
    /// The order of two numbers, `None` being zero.
    pub fn compare(a: Option<&Huge>, b: Option<&Huge>) -> Ordering {
        let sign = |x: Option<&Huge>| x.map_or(0, |x| if x.is_negative() { -1 } else { 1 });
        match (a, b) {
            (Some(a), Some(b)) if a.is_negative() == b.is_negative() => {
                plus(a, &b.neg()).map_or(Ordering::Equal, |d| d.m.cmp(&BigInt::zero()))
            }
            _ => sign(a).cmp(&sign(b)),
        }
    }
    /// Rounded, and looked at whether it is in range.
    fn finish(self) -> Outcome {
        if self.m.is_zero() {
            return Outcome::Zero;
        }
        let h = self.rounded(BITS);
        match h.top() {
            t if t > MAX_TOP => Outcome::Overflow,
            t if t < -MAX_TOP => Outcome::Zero,
            _ => Outcome::Number(h),
        }
    }
    /// With a mantissa of at most `bits` bits, rounded half to even; trailing zeros are kept off, so equal numbers are equal.
    fn rounded(self, bits: u64) -> Huge {
        let extra = self.m.bits().saturating_sub(bits);
        let mut h = self;
        if extra > 0 {
            let half = BigInt::one() << (extra - 1);
            let rest = h.m.magnitude() & ((BigInt::one() << extra) - 1u32).magnitude();
            let mut q = h.m.magnitude() >> extra;
            let order = rest.cmp(half.magnitude());
            if order.is_gt() || order.is_eq() && q.bit(0) {
                q += 1u32;
            }
            h = Huge { m: BigInt::from_biguint(h.m.sign(), q), e: h.e + extra as i64 };
        }
        let zeros = h.m.trailing_zeros().unwrap_or(0);
        Huge { m: h.m >> zeros, e: h.e + zeros as i64 }
    }
}

fn times(a: &Huge, b: &Huge) -> Huge {
    Huge { m: &a.m * &b.m, e: a.e + b.e }.rounded(GUARD)
}

fn over(a: &Huge, b: &Huge) -> Huge {
    let shift = (GUARD + b.m.bits()).saturating_sub(a.m.bits()) + 1;
    Huge { m: (&a.m << shift) / &b.m, e: a.e - b.e - shift as i64 }.rounded(GUARD)
}

/// `None` when nothing is left.
fn plus(a: &Huge, b: &Huge) -> Option<Huge> {
    let (big, small) = if a.top() >= b.top() { (a, b) } else { (b, a) };
    if big.top() - small.top() > 2 * GUARD as i64 {
        return Some(big.clone());
    }
    let e = a.e.min(b.e);
    let m = (&a.m << (a.e - e) as u64) + (&b.m << (b.e - e) as u64);
    (!m.is_zero()).then_some(Huge { m, e })
}

fn power(base: u32, mut n: u64) -> Huge {
    let mut out = Huge { m: BigInt::one(), e: 0 };
    let mut square = Huge { m: BigInt::from(base), e: 0 };
    while n > 0 {
        if n & 1 == 1 {
            out = times(&out, &square);
        }
        n >>= 1;
        if n > 0 {
            square = times(&square, &square);
        }
    }
    out
}

/// `%.6g`.
impl std::fmt::Display for Huge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bits = self.m.bits();
        let first: f64 = (self.m.magnitude() >> bits.saturating_sub(60)).to_string().parse().unwrap_or(1.0);
        let exponent = self.e + bits.saturating_sub(60) as i64;
        let log = first.log10() + exponent as f64 * std::f64::consts::LOG10_2;
        let whole = log.floor();
        let digits = format!("{:.5}", 10f64.powf(log - whole));
        let digits = digits.trim_end_matches('0').trim_end_matches('.');
        let sign = if self.is_negative() { "-" } else { "" };
        write!(f, "{sign}{digits}e{}{:02}", if whole < 0.0 { '-' } else { '+' }, whole.abs())
    }
}

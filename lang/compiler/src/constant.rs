//! Exact constants of any size (Go spec, "Constants"): literals, arithmetic, comparison, conversion, rounding.
//!
//! Integers are exact. Floats are exact rationals while they are small; when a numerator or denominator outgrows
//! [`EXACT_BITS`] the value is rounded to a mantissa of [`MANTISSA_BITS`], as Go's compiler does.
//! All but small integers is shared, so that a value is small. Values are canonical: a `Float` is in lowest terms, a `Big` is none that `Int` holds;
//! kinds do not change silently (`Float(2)` is not `Int(2)`).

use crate::huge::{Huge, Outcome};
use crate::types::Basic;
use num_bigint::{BigInt, BigUint, Sign};
use num_rational::BigRational;
use num_traits::float::FloatCore;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::sync::Arc;

pub use crate::literal_text::{parse_duration, parse_imaginary, parse_number, parse_rune, parse_string};

/// The value of a constant, independent of its type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    Bool(bool),
    /// Go strings are bytes.
    Str(Arc<Vec<u8>>),
    Int(i64),
    /// An integer beyond `Int`.
    Big(Arc<BigInt>),
    /// Exact while it is small.
    Float(Arc<BigRational>),
    /// A float beyond the exponents of `Float`.
    Huge(Arc<Huge>),
    /// Real and imaginary part.
    Complex(Arc<(BigRational, BigRational)>),
}

/// Above this size of numerator or denominator a float is rounded.
const EXACT_BITS: u64 = 4096;
const MANTISSA_BITS: u64 = 512;
/// Floats with binary exponents beyond this are `Huge`.
const MAX_BITS: i64 = 100_000;
/// Untyped integers may not outgrow this, as in Go.
pub const MAX_INT_BITS: u64 = 512;
/// Constant strings are at most this long.
pub const MAX_STR_BYTES: usize = 64 << 20;

/// Why a constant cannot be a value of a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    Truncated,
    Overflows,
    /// Not a number, string or bool of that sort at all.
    Kind,
}

/// Arithmetic on constants, after shifts and comparisons are taken out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    /// Of floats, or with `int` truncated.
    Div {
        int: bool,
    },
    Rem,
    And,
    Or,
    Xor,
    AndNot,
}

impl Value {
    pub fn int(i: impl Copy + TryInto<i64> + Into<BigInt>) -> Value {
        i.try_into().map_or_else(|_| Value::Big(Arc::new(i.into())), Value::Int)
    }
    pub fn big(i: BigInt) -> Value {
        i.to_i64().map_or_else(|| Value::Big(Arc::new(i)), Value::Int)
    }
    pub fn str(s: &str) -> Value {
        Value::Str(Arc::new(s.into()))
    }
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Int(i) => Some(*i),
            _ => self.to_int()?.to_i64(),
        }
    }
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(i) => u64::try_from(*i).ok(),
            _ => self.to_int()?.to_u64(),
        }
    }
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }
    /// The nearest float64; infinite when out of range.
    pub fn to_f64(&self) -> Option<f64> {
        if let Value::Huge(h) = self {
            return Some(if h.top() < 0 {
                0.0
            } else {
                f64::INFINITY.copysign(if h.is_negative() { -1.0 } else { 1.0 })
            });
        }
        Some(ratio_to_f64(&self.to_float()?))
    }
    pub fn float(r: BigRational) -> Value {
        Value::Float(Arc::new(r))
    }
    pub fn complex(re: BigRational, im: BigRational) -> Value {
        Value::Complex(Arc::new((re, im)))
    }
    pub fn to_f32(&self) -> Option<f32> {
        Some(ratio_to_f32(&self.to_float()?))
    }
    /// As an integer, when it is one.
    pub fn to_int(&self) -> Option<BigInt> {
        match self {
            Value::Int(i) => Some((*i).into()),
            Value::Big(i) => Some((**i).clone()),
            Value::Float(r) if r.is_integer() => Some(r.to_integer()),
            Value::Complex(c) if c.1.is_zero() && c.0.is_integer() => Some(c.0.to_integer()),
            _ => None,
        }
    }
    /// The same number as an integer constant, when it is one.
    pub fn to_whole(&self) -> Option<Value> {
        match self {
            Value::Int(_) | Value::Big(_) => Some(self.clone()),
            _ => self.to_int().map(Value::big),
        }
    }
    pub fn to_float(&self) -> Option<BigRational> {
        match self {
            Value::Int(i) => Some(BigRational::from_integer((*i).into())),
            Value::Big(i) => Some(BigRational::from_integer((**i).clone())),
            Value::Float(r) => Some((**r).clone()),
            Value::Complex(c) if c.1.is_zero() => Some(c.0.clone()),
            _ => None,
        }
    }
    pub fn to_complex(&self) -> Option<(BigRational, BigRational)> {
        match self {
            Value::Complex(c) => Some((**c).clone()),
            _ => Some((self.to_float()?, BigRational::zero())),
        }
    }
    pub fn is_zero(&self) -> bool {
        match self {
            Value::Int(i) => *i == 0,
            Value::Float(r) => r.is_zero(),
            Value::Complex(c) => c.0.is_zero() && c.1.is_zero(),
            Value::Big(_) | Value::Huge(_) | Value::Bool(_) | Value::Str(_) => false,
        }
    }
    pub fn is_negative(&self) -> bool {
        match self {
            Value::Int(i) => *i < 0,
            Value::Big(i) => i.is_negative(),
            Value::Float(r) => r.is_negative(),
            Value::Huge(h) => h.is_negative(),
            Value::Bool(_) | Value::Str(_) | Value::Complex(..) => false,
        }
    }
    /// An untyped integer that has grown too large.
    pub fn too_large(&self) -> bool {
        matches!(self, Value::Big(i) if i.bits() > MAX_INT_BITS)
    }
    /// A string that has grown longer than programs need; two of them fit into memory.
    pub fn too_long(&self) -> bool {
        matches!(self, Value::Str(s) if s.len() > MAX_STR_BYTES)
    }

    /// The value as a constant of this basic type: in range and rounded.
    pub fn represent(&self, b: Basic) -> Result<Value, Misfit> {
        use Basic::*;
        if let (Value::Int(i), Some((signed, bits))) = (self, int_range(b)) {
            return if small_fits(*i, signed, bits) { Ok(Value::Int(*i)) } else { Err(Misfit::Overflows) };
        }
        let numeric = !matches!(self, Value::Bool(_) | Value::Str(_));
        match b {
            Bool | UntypedBool if matches!(self, Value::Bool(_)) => Ok(self.clone()),
            String | UntypedString if matches!(self, Value::Str(_)) => Ok(self.clone()),
            _ if !numeric => Err(Misfit::Kind),
            UntypedFloat if matches!(self, Value::Huge(_)) => Ok(self.clone()),
            _ if let Value::Huge(h) = self => h.represent(b),
            _ if self.is_exact(b) => Ok(self.clone()),
            Float32 | Float64 | UntypedFloat => {
                let r = self.to_float().ok_or(Misfit::Truncated)?;
                Ok(Value::float(round(&r, b)?))
            }
            Complex64 | Complex128 | UntypedComplex => {
                let (r, i) = self.to_complex().ok_or(Misfit::Kind)?;
                let part = match b {
                    Complex64 => Float32,
                    Complex128 => Float64,
                    _ => UntypedFloat,
                };
                Ok(Value::complex(round(&r, part)?, round(&i, part)?))
            }
            _ => {
                let (lo, bits) = int_range(b).ok_or(Misfit::Kind)?;
                let i = self.to_int().ok_or(Misfit::Truncated)?;
                if let Some(bits) = bits {
                    let fits = if lo { fits_signed(&i, bits) } else { !i.is_negative() && i.bits() <= bits };
                    if !fits {
                        return Err(Misfit::Overflows);
                    }
                }
                Ok(Value::big(i))
            }
        }
    }

    /// A float of few bits, which every float type holds: what most programs write.
    fn is_exact(&self, b: Basic) -> bool {
        let bits = match b {
            Basic::Float32 => 24,
            Basic::Float64 => 53,
            Basic::UntypedFloat => u64::MAX,
            _ => return false,
        };
        let Value::Float(r) = self else { return false };
        let (n, d) = (r.numer(), r.denom());
        let plain = || d.is_one() || d.bits() <= 64 && d.trailing_zeros() == Some(d.bits() - 1);
        bits == u64::MAX || n.bits() <= bits && plain()
    }

    /// Both operands in the larger of their kinds. `None` for kinds that do not mix.
    fn matched(&self, other: &Value) -> Option<(Value, Value)> {
        let rank = |v: &Value| match v {
            Value::Bool(_) | Value::Str(_) => 0,
            Value::Int(_) | Value::Big(_) => 1,
            Value::Float(_) | Value::Huge(_) => 2,
            Value::Complex(..) => 3,
        };
        let up = |v: &Value, to| match to {
            2 if matches!(v, Value::Huge(_)) => Some(v.clone()),
            2 if matches!(v, Value::Float(_)) => Some(v.clone()),
            2 => v.to_float().map(Value::float),
            3 => v.to_complex().map(|(r, i)| Value::complex(r, i)),
            _ => Some(v.clone()),
        };
        let to = rank(self).max(rank(other));
        if rank(self).min(rank(other)) == 0 && to != 0 {
            return None;
        }
        Some((up(self, to)?, up(other, to)?))
    }

    /// The number that a computation with huge exponents gave; `None` when it left the range.
    pub(crate) fn of_outcome(o: Outcome) -> Option<Value> {
        match o {
            Outcome::Overflow => None,
            Outcome::Zero => Some(Value::float(BigRational::zero())),
            Outcome::Number(h) if h.top().abs() > MAX_BITS => Some(Value::Huge(Arc::new(h))),
            Outcome::Number(h) => Some(Value::float(h.ratio())),
        }
    }

    /// `None` when the operation is not defined for the kinds (the types were checked before) or divides by zero.
    pub fn arith(op: Arith, a: &Value, b: &Value) -> Option<Value> {
        if let (Value::Int(a), Value::Int(b)) = (a, b)
            && let Some(v) = small_arith(op, *a, *b)
        {
            return Some(Value::Int(v));
        }
        Some(match Value::matched(a, b)? {
            (a @ (Value::Int(_) | Value::Big(_)), b) => {
                let (a, b) = (a.to_int()?, b.to_int()?);
                Value::big(match op {
                    Arith::Add => a + b,
                    Arith::Sub => a - b,
                    Arith::Mul => a * b,
                    Arith::Div { .. } | Arith::Rem if b.is_zero() => return None,
                    // Truncated division, as Go's.
                    Arith::Div { int: true } => a / b,
                    Arith::Div { int: false } => return Some(Value::float(BigRational::new(a, b))),
                    Arith::Rem => a % b,
                    Arith::And => a & b,
                    Arith::Or => a | b,
                    Arith::Xor => a ^ b,
                    Arith::AndNot => a & !b,
                })
            }
            (Value::Float(a), Value::Float(b)) => float_arith(op, &a, &b)?,
            (Value::Huge(a), Value::Huge(b)) => Value::of_outcome(Huge::arith(op, Some(&a), Some(&b))?)?,
            (Value::Huge(a), Value::Float(b)) => Value::of_outcome(Huge::arith(op, Some(&a), Huge::of(&b).as_ref())?)?,
            (Value::Float(a), Value::Huge(b)) => Value::of_outcome(Huge::arith(op, Huge::of(&a).as_ref(), Some(&b))?)?,
            (Value::Complex(x), Value::Complex(y)) => {
                let ((a, b), (c, d)) = (&*x, &*y);
                let (r, i) = match op {
                    Arith::Add => (a + c, b + d),
                    Arith::Sub => (a - c, b - d),
                    Arith::Mul => (a * c - b * d, b * c + a * d),
                    Arith::Div { .. } => {
                        let s = c * c + d * d;
                        if s.is_zero() {
                            return None;
                        }
                        ((a * c + b * d) / &s, (b * c - a * d) / &s)
                    }
                    _ => return None,
                };
                Value::complex(shrink(r), shrink(i))
            }
            (Value::Str(a), Value::Str(b)) if op == Arith::Add => Value::Str(Arc::new([&a[..], &b[..]].concat())),
            _ => return None,
        })
    }

    /// Order of numbers and strings; equality alone for the other kinds.
    pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
        match Value::matched(a, b)? {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
            (a @ (Value::Int(_) | Value::Big(_)), b) => Some(a.to_int()?.cmp(&b.to_int()?)),
            (Value::Float(a), Value::Float(b)) => Some(a.cmp(&b)),
            (Value::Huge(a), Value::Huge(b)) => Some(Huge::compare(Some(&a), Some(&b))),
            (Value::Huge(a), Value::Float(b)) => Some(Huge::compare(Some(&a), Huge::of(&b).as_ref())),
            (Value::Float(a), Value::Huge(b)) => Some(Huge::compare(Huge::of(&a).as_ref(), Some(&b))),
            (Value::Str(a), Value::Str(b)) => Some(a.cmp(&b)),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
            (Value::Complex(a), Value::Complex(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    /// `x << n` and `x >> n` of an integer.
    pub fn shift(&self, left: bool, n: u32) -> Option<Value> {
        let i = self.to_int()?;
        Some(Value::big(if left { i << n } else { i >> n }))
    }
    pub fn neg(&self) -> Option<Value> {
        Some(match self {
            Value::Int(i) => i.checked_neg().map_or_else(|| Value::big(-BigInt::from(*i)), Value::Int),
            Value::Big(i) => Value::big(-&**i),
            Value::Float(r) => Value::float(-&**r),
            Value::Huge(h) => Value::Huge(Arc::new(h.neg())),
            Value::Complex(c) => Value::complex(-&c.0, -&c.1),
            Value::Bool(_) | Value::Str(_) => return None,
        })
    }
    /// `^x`; unsigned types give their width.
    pub fn complement(&self, unsigned_bits: Option<u64>) -> Option<Value> {
        let i = !self.to_int()?;
        Some(Value::big(match unsigned_bits {
            Some(n) => i & ((BigInt::one() << n) - 1),
            None => i,
        }))
    }
}

/// Integer arithmetic that stays small; `None` also where there is no integer.
fn small_arith(op: Arith, a: i64, b: i64) -> Option<i64> {
    match op {
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Div { int: true } => a.checked_div(b),
        Arith::Div { int: false } => None,
        Arith::Rem => a.checked_rem(b),
        Arith::And => Some(a & b),
        Arith::Or => Some(a | b),
        Arith::Xor => Some(a ^ b),
        Arith::AndNot => Some(a & !b),
    }
}

fn float_arith(op: Arith, a: &BigRational, b: &BigRational) -> Option<Value> {
    let ((n, d), (m, e)) = ((a.numer(), a.denom()), (b.numer(), b.denom()));
    let r = match op {
        Arith::Add => lowest(n * e + m * d, d * e),
        Arith::Sub => lowest(n * e - m * d, d * e),
        Arith::Mul => lowest(n * m, d * e),
        Arith::Div { .. } if b.is_zero() => return None,
        Arith::Div { .. } => a / b,
        Arith::Rem | Arith::And | Arith::Or | Arith::Xor | Arith::AndNot => return None,
    };
    let exponent = r.numer().bits() as i64 - r.denom().bits() as i64;
    if exponent.abs() <= MAX_BITS {
        return Some(Value::float(shrink(r)));
    }
    Value::of_outcome(Huge::of(&r).map_or(Outcome::Zero, Outcome::Number))
}

/// The quotient in lowest terms. What is written in decimal, and what becomes of it but by division, has denominators of twos and
/// fives alone, which are quicker to look for than any factor.
pub(crate) fn lowest(mut n: BigInt, mut d: BigInt) -> BigRational {
    debug_assert!(d.is_positive());
    let twos = n.trailing_zeros().unwrap_or(u64::MAX).min(d.trailing_zeros().unwrap_or(0));
    (n, d) = (n >> twos, d >> twos);
    let odd = &d >> d.trailing_zeros().unwrap_or(0);
    let fives = ((odd.bits() - 1) as f64 / 5f64.log2()).ceil() as u32;
    let five = BigInt::from(5);
    if odd != five.pow(fives) {
        return BigRational::new(n, d);
    }
    let mut shared = 0;
    while shared < fives && (&n % &five).is_zero() {
        n /= &five;
        shared += 1;
    }
    if shared > 0 {
        d /= five.pow(shared);
    }
    BigRational::new_raw(n, d)
}

/// Whether signed, and the width of an integer type; no width: any size. `None` for other types.
fn int_range(b: Basic) -> Option<(bool, Option<u64>)> {
    use Basic::*;
    Some(match b {
        Int | Int64 => (true, Some(64)),
        Int8 => (true, Some(8)),
        Int16 => (true, Some(16)),
        Int32 => (true, Some(32)),
        Uint | Uint64 | Uintptr => (false, Some(64)),
        Uint8 => (false, Some(8)),
        Uint16 => (false, Some(16)),
        Uint32 => (false, Some(32)),
        UntypedInt | UntypedRune | UntypedDuration => (true, None),
        _ => return None,
    })
}

/// Width in bits of an unsigned integer type.
pub fn unsigned_bits(b: Basic) -> Option<u64> {
    match int_range(b)? {
        (false, bits) => bits,
        (true, _) => None,
    }
}

fn small_fits(i: i64, signed: bool, bits: Option<u64>) -> bool {
    match bits {
        Some(bits) if bits < 64 => {
            let (lo, hi) = if signed { (-1 << (bits - 1), 1 << (bits - 1)) } else { (0, 1 << bits) };
            lo <= i && i < hi
        }
        Some(_) => signed || i >= 0,
        None => true,
    }
}

fn fits_signed(i: &BigInt, bits: u64) -> bool {
    let used = if i.is_negative() { (i + 1u32).bits() } else { i.bits() };
    used < bits
}

/// Rounds to the precision of a float type; an untyped float stays as it is.
fn round(r: &BigRational, b: Basic) -> Result<BigRational, Misfit> {
    let bits = if b == Basic::Float32 { 24 } else { 53 };
    if r.denom().is_one() && r.numer().bits() <= bits {
        return Ok(r.clone());
    }
    let f = match b {
        Basic::Float32 => f64::from(ratio_to_f32(r)),
        Basic::Float64 => ratio_to_f64(r),
        _ => return Ok(r.clone()),
    };
    of_float(f).ok_or(Misfit::Overflows)
}

/// The number that a float is, in lowest terms at once; `None` for those that are no number.
fn of_float(f: f64) -> Option<BigRational> {
    if !f.is_finite() {
        return None;
    }
    let (m, e, sign) = f.integer_decode();
    if m == 0 {
        return Some(BigRational::zero());
    }
    let zeros = m.trailing_zeros();
    let (m, e) = (BigInt::from(i64::from(sign) * (m >> zeros) as i64), i32::from(e) + zeros as i32);
    let power = BigInt::one() << e.unsigned_abs();
    Some(if e >= 0 { BigRational::from_integer(m * power) } else { BigRational::new_raw(m, power) })
}

/// Limits the size of a float: beyond [`EXACT_BITS`] to a mantissa of [`MANTISSA_BITS`].
pub(crate) fn shrink(r: BigRational) -> BigRational {
    if r.numer().bits() <= EXACT_BITS && r.denom().bits() <= EXACT_BITS || r.is_zero() {
        return r;
    }
    let (m, e) = mantissa(&r, MANTISSA_BITS);
    let m = BigInt::from_biguint(if r.is_negative() { Sign::Minus } else { Sign::Plus }, m);
    if e >= 0 { BigRational::from_integer(m << e as u64) } else { BigRational::new(m, BigInt::one() << (-e) as u64) }
}

/// |r| ≈ m × 2^e with m of exactly `bits` bits, or `bits + 1` after a carry; rounded half to even.
pub(crate) fn mantissa(r: &BigRational, bits: u64) -> (BigUint, i64) {
    let (n, d) = (r.numer().magnitude(), r.denom().magnitude());
    let mut shift = bits as i64 + d.bits() as i64 - n.bits() as i64;
    let divide = |shift: i64| {
        let (n, d) = if shift >= 0 { (n << shift as u64, d.clone()) } else { (n.clone(), d << (-shift) as u64) };
        let q = &n / &d;
        let rest = n - &q * &d;
        (q, rest, d)
    };
    let (mut q, mut rest, mut d2) = divide(shift);
    if q.bits() > bits {
        shift -= 1;
        (q, rest, d2) = divide(shift);
    }
    let half = (rest << 1u32).cmp(&d2);
    if half == Ordering::Greater || half == Ordering::Equal && q.bit(0) {
        q += 1u32;
    }
    (q, -shift)
}

/// Rounds half to even to a float with `prec` bits of mantissa and the least exponent `emin` (of the last bit).
fn to_float_bits(r: &BigRational, prec: u64, emin: i64) -> f64 {
    if r.is_zero() {
        return 0.0;
    }
    // Exponent of the first bit, at most one too small.
    let top = r.numer().bits() as i64 - r.denom().bits() as i64;
    if top > 2000 {
        return if r.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let (mut m, mut e) = mantissa(r, prec);
    if e < emin {
        // Subnormal: fewer bits, rounded once from the exact value.
        let keep = prec as i64 - (emin - e);
        if keep < 0 {
            return 0.0;
        }
        let scaled = r.abs() / BigRational::new(BigInt::one(), BigInt::one() << (-emin) as u64);
        m = round_half_even(&scaled);
        e = emin;
    }
    let f = m.to_f64().unwrap_or(f64::INFINITY);
    // Two steps keep the power of two in range.
    let f = f * 2f64.powi((e / 2) as i32) * 2f64.powi((e - e / 2) as i32);
    if r.is_negative() { -f } else { f }
}

fn round_half_even(r: &BigRational) -> BigUint {
    let q = r.floor().to_integer();
    let twice = (r - BigRational::from_integer(q.clone())) * BigInt::from(2);
    let up = match twice.cmp(&BigRational::one()) {
        Ordering::Greater => true,
        Ordering::Equal => q.bit(0),
        Ordering::Less => false,
    };
    (if up { q + 1 } else { q }).magnitude().clone()
}

/// The integer when a float of `prec` bits with exponents below `max` is exactly that.
fn exact(i: &BigInt, prec: u64, max: u64) -> Option<f64> {
    let bits = i.bits();
    if bits > max || bits > prec && bits - i.trailing_zeros()? > prec {
        return None;
    }
    i.to_f64()
}

pub(crate) fn ratio_to_f64(r: &BigRational) -> f64 {
    // The quotient of two floats is rounded as it shall be.
    if let (Some(n), Some(d)) = (exact(r.numer(), 53, 1023), exact(r.denom(), 53, 1023)) {
        return n / d;
    }
    to_float_bits(r, 53, -1074)
}

fn ratio_to_f32(r: &BigRational) -> f32 {
    if let (Some(n), Some(d)) = (exact(r.numer(), 24, 127), exact(r.denom(), 24, 127)) {
        return n as f32 / d as f32;
    }
    // Already of 24 bits, so the cast is exact; beyond the range it gives infinity.
    to_float_bits(r, 24, -149) as f32
}

/// As messages show it: strings quoted and cut, floats in a short form.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            Value::Big(i) => write!(f, "{i}"),
            Value::Str(s) => {
                let text = std::string::String::from_utf8_lossy(s);
                let mut shown: std::string::String = text.chars().take(69).collect();
                if shown.len() < text.len() {
                    shown.push_str("...");
                }
                write!(f, "{}", quote(&shown))
            }
            Value::Float(r) => write!(f, "{}", show_float(r)),
            Value::Huge(h) => write!(f, "{h}"),
            Value::Complex(c) => write!(f, "({} + {}i)", show_float(&c.0), show_float(&c.1)),
        }
    }
}

/// A Go string literal for a text.
pub fn quote(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// `%.6g`.
fn show_float(r: &BigRational) -> String {
    if r.is_integer() && r.numer().bits() < 64 {
        let i = r.to_integer();
        if i.abs() < BigInt::from(1_000_000) {
            return i.to_string();
        }
    }
    let f = ratio_to_f64(r);
    if f == 0.0 || f.is_infinite() {
        return if f == 0.0 { "0".into() } else { format!("{f}") };
    }
    let s = format!("{f:.5e}");
    let (m, e) = s.split_once('e').unwrap_or((&s, "0"));
    let exp: i32 = e.parse().unwrap_or(0);
    if (-4..21).contains(&exp) && exp < 6 {
        let places = (5 - exp).max(0) as usize;
        let t = format!("{f:.places$}");
        return if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').to_string() } else { t };
    }
    let m = if m.contains('.') { m.trim_end_matches('0').trim_end_matches('.') } else { m };
    format!("{m}e{}{:02}", if exp < 0 { '-' } else { '+' }, exp.abs())
}

#[cfg(test)]
#[path = "constant_tests.rs"]
mod tests;

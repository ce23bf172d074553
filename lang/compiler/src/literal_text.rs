//! Literals as written in the source, decoded: numbers, durations, strings, runes.

use crate::constant::{Value, lowest, shrink};
use crate::huge::Huge;
use num_bigint::BigInt;
use num_rational::{BigRational, Ratio};
use num_traits::{One, Zero};
use std::borrow::Cow;

/// Decimal exponents beyond this are too large for exact fractions.
const MAX_EXPONENT: i64 = 20_000;

/// Decodes an integer or floating-point literal as written in the source.
pub fn parse_number(text: &str) -> Option<Value> {
    if (1..19).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
    {
        // What most programs write; it cannot overflow.
        return Some(Value::Int(text.bytes().fold(0, |n, c| 10 * n + i64::from(c - b'0'))));
    }
    let plain = |c: u8| c != b'_' && !c.is_ascii_uppercase();
    let lower = match text.bytes().all(plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.replace('_', "").to_ascii_lowercase()),
    };
    if let Some(hex) = lower.strip_prefix("0x") {
        return if hex.contains(['.', 'p']) { hex_float(hex) } else { radix_int(hex, 16) };
    }
    if let Some(t) = lower.strip_prefix("0b") {
        return radix_int(t, 2);
    }
    if let Some(t) = lower.strip_prefix("0o") {
        return radix_int(t, 8);
    }
    if lower.contains(['.', 'e']) {
        return decimal_float(&lower);
    }
    if lower.len() > 1 && lower.starts_with('0') {
        return radix_int(&lower[1..], 8);
    }
    radix_int(&lower, 10)
}

/// The number before the `i` of an imaginary literal; there, a leading zero does not mean octal.
pub fn parse_imaginary(text: &str) -> Option<Value> {
    let body = text.strip_suffix('i')?;
    let digits = body.bytes().all(|c| c.is_ascii_digit() || c == b'_');
    let v = if digits { decimal_float(&body.replace('_', ""))? } else { parse_number(body)? };
    Some(Value::complex(BigRational::zero(), v.to_float()?))
}

fn radix_int(digits: &str, radix: u32) -> Option<Value> {
    match i64::from_str_radix(digits, radix) {
        Ok(i) => Some(Value::Int(i)),
        Err(_) => BigInt::parse_bytes(digits.as_bytes(), radix).map(Value::big),
    }
}

fn decimal_float(t: &str) -> Option<Value> {
    let (mant, exp) = t.split_once('e').unwrap_or((t, "0"));
    let exp: i64 = exp.parse().ok()?;
    let (whole, frac) = mant.split_once('.').unwrap_or((mant, ""));
    let e = exp.checked_sub(frac.len() as i64)?;
    if let Some(r) = short_decimal(whole, frac, e) {
        return Some(Value::float(r));
    }
    let digits = BigInt::parse_bytes(format!("0{whole}{frac}").as_bytes(), 10)?;
    if digits.is_zero() {
        return Some(Value::float(BigRational::zero()));
    }
    if e.abs() > MAX_EXPONENT {
        return Value::of_outcome(Huge::scaled(digits, 10, e));
    }
    let ten = BigInt::from(10).pow(e.unsigned_abs() as u32);
    Some(Value::float(shrink(if e >= 0 { BigRational::from_integer(digits * ten) } else { lowest(digits, ten) })))
}

/// The digits of both parts times ten to the `e`, when words hold all of that: what most programs write.
fn short_decimal(whole: &str, frac: &str, e: i64) -> Option<BigRational> {
    let digit = |n: u64, c: char| n.checked_mul(10)?.checked_add(c.to_digit(10)?.into());
    let digits = whole.chars().chain(frac.chars()).try_fold(0, digit)?;
    let ten = 10u64.checked_pow(e.unsigned_abs().try_into().ok()?)?;
    if e >= 0 {
        return Some(BigRational::from_integer(digits.checked_mul(ten)?.into()));
    }
    let (n, d) = Ratio::new(digits, ten).into_raw();
    Some(BigRational::new_raw(n.into(), d.into()))
}

fn hex_float(t: &str) -> Option<Value> {
    let (mant, exp) = t.split_once('p')?;
    let exp: i64 = exp.parse().ok()?;
    let (whole, frac) = mant.split_once('.').unwrap_or((mant, ""));
    let digits = BigInt::parse_bytes(format!("0{whole}{frac}").as_bytes(), 16)?;
    let e = exp.checked_sub(4 * frac.len() as i64)?;
    if e.abs() > 4 * MAX_EXPONENT {
        return Value::of_outcome(Huge::scaled(digits, 2, e));
    }
    let two = BigInt::one() << e.unsigned_abs();
    Some(Value::float(shrink(if e >= 0 { BigRational::from_integer(digits * two) } else { lowest(digits, two) })))
}

/// `1h30m`, `1.5s`: nanoseconds. `None` when a number is malformed; fractions of a nanosecond are cut off.
pub fn parse_duration(text: &str) -> Option<Value> {
    let mut total = BigRational::zero();
    let mut rest = text;
    while !rest.is_empty() {
        let n = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
        let number = decimal_float(&rest[..n].replace('_', ""))?.to_float()?;
        let unit_len = rest[n..].find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len() - n);
        let ns: i64 = match &rest[n..n + unit_len] {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        total += number * BigInt::from(ns);
        rest = &rest[n + unit_len..];
    }
    Some(Value::big(total.to_integer()))
}

/// Decodes a string literal with its quotes.
pub fn parse_string(text: &str) -> Option<Vec<u8>> {
    if let Some(raw) = text.strip_prefix('`') {
        let raw = raw.strip_suffix('`').unwrap_or(raw);
        return Some(raw.bytes().filter(|&b| b != b'\r').collect());
    }
    let body = text.strip_prefix('"')?;
    let body = body.strip_suffix('"').unwrap_or(body);
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let n = rest.find('\\').unwrap_or(rest.len());
        out.extend_from_slice(&rest.as_bytes()[..n]);
        rest = &rest[n..];
        if !rest.is_empty() {
            let (c, byte, n) = unescape(rest)?;
            if byte {
                out.push(c as u8);
            } else {
                out.extend_from_slice(char::from_u32(c)?.encode_utf8(&mut [0; 4]).as_bytes());
            }
            rest = &rest[n..];
        }
    }
    Some(out)
}

/// Decodes a rune literal with its quotes.
pub fn parse_rune(text: &str) -> Option<u32> {
    let body = text.strip_prefix('\'')?;
    let body = body.strip_suffix('\'').unwrap_or(body);
    if body.starts_with('\\') { Some(unescape(body)?.0) } else { Some(body.chars().next()? as u32) }
}

/// The escape at the beginning of `s`: its value, whether it is one byte (`\x`, octal), its length.
fn unescape(s: &str) -> Option<(u32, bool, usize)> {
    let c = s.as_bytes().get(1)?;
    let simple = |c: u8| Some((u32::from(c), false, 2));
    let digits = |from: usize, n: usize, radix: u32| {
        let v = u32::from_str_radix(s.get(from..from + n)?, radix).ok()?;
        Some((v, from + n))
    };
    match c {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'v' => simple(11),
        b'\\' | b'\'' | b'"' => simple(*c),
        b'x' => digits(2, 2, 16).map(|(v, n)| (v, true, n)),
        b'u' => digits(2, 4, 16).map(|(v, n)| (v, false, n)),
        b'U' => digits(2, 8, 16).map(|(v, n)| (v, false, n)),
        b'0'..=b'7' => digits(1, 3, 8).map(|(v, n)| (v, true, n)),
        _ => None,
    }
}

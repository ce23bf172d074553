//! Floats as text: the formats of strconv.FormatFloat, and parsing.
//!
//! `zmij` gives the shortest digits (of two equally near texts the even one, as Go; Rust's `{:e}` takes the other) and Rust's
//! `{:.*e}`, `{:.*}` the correctly rounded exact ones; this module only lays them out as Go does.

use super::number;

/// Decimal digits of a finite number: value = 0.d1d2d3… × 10^point; no digits means zero.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

/// Beyond this many digits every further one is zero (a float64 has at most 1074 after the point).
const DIGITS_MAX: usize = 1100;

fn shortest(f: f64, bits: u32) -> Decimal {
    let mut buffer = zmij::Buffer::new();
    from_text(if bits == 32 { buffer.format_finite(f as f32) } else { buffer.format_finite(f) })
}

/// Reads `ddd`, `ddd.ddd` and both with `e±x` behind.
fn from_text(text: &str) -> Decimal {
    let (mantissa, exp) = text.split_once('e').unwrap_or((text, "0"));
    let exp: i32 = exp.parse().unwrap_or(0);
    let point = mantissa.find('.').unwrap_or(mantissa.len()) as i32;
    let all = mantissa.bytes().filter(u8::is_ascii_digit);
    let leading = all.clone().take_while(|d| *d == b'0').count();
    let mut digits = Vec::with_capacity(mantissa.len());
    digits.extend(all.skip(leading));
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    let point = if digits.is_empty() { 0 } else { exp + point - leading as i32 };
    Decimal { digits, point }
}

/// Rounded to `n` significant digits (at least one).
fn significant(f: f64, n: usize) -> Decimal {
    from_text(&format!("{:.*e}", n.clamp(1, DIGITS_MAX) - 1, f))
}

/// Rounded to `n` digits after the point.
fn after_point(f: f64, n: usize) -> Decimal {
    from_text(&format!("{:.*}", n.min(DIGITS_MAX), f))
}

/// Appends `f` in format `fmt` (`b e E f g G x X`); `prec < 0` is the shortest that reads back; `bits` is 32 or 64.
pub fn format(out: &mut Vec<u8>, f: f64, fmt: u8, prec: i64, bits: u32) {
    let f = if bits == 32 { f64::from(f as f32) } else { f };
    if f.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if f.is_infinite() {
        out.extend_from_slice(if f > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if f.is_sign_negative() {
        out.push(b'-');
    }
    let f = f.abs();
    match fmt {
        b'b' => return binary(out, f, bits),
        b'x' | b'X' => return hex(out, f, fmt, prec, bits),
        b'e' | b'E' | b'f' | b'g' | b'G' => {}
        _ => {
            if out.last() == Some(&b'-') {
                out.pop();
            }
            out.extend_from_slice(&[b'%', fmt]);
            return;
        }
    }
    let is_short = prec < 0;
    let n = prec.max(0) as usize;
    match fmt {
        b'e' | b'E' => {
            let d = if is_short { shortest(f, bits) } else { significant(f, n + 1) };
            let n = if is_short { d.digits.len().saturating_sub(1) } else { n };
            scientific(out, &d, n, fmt);
        }
        b'f' => {
            // The usual %.2f is integer arithmetic, and up to the most digits what Rust prints.
            if !is_short && n <= DIGITS_MAX {
                if !push_fixed(out, f, n) {
                    push_fmt(out, format_args!("{f:.n$}"));
                }
                return;
            }
            let d = if is_short { shortest(f, bits) } else { after_point(f, n) };
            let n = if is_short { (d.digits.len() as i64 - i64::from(d.point)).max(0) as usize } else { n };
            fixed(out, &d, n);
        }
        _ => general(out, f, fmt, prec, bits),
    }
}

/// Appends `f`, which is not negative, rounded half to even to `n` digits after the point, when integers of 128 bits can hold it times 10^n:
/// `f` is m × 2^-s with m below 2^53, so the product is exact. False: they cannot, and nothing was appended.
fn push_fixed(out: &mut Vec<u8>, f: f64, n: usize) -> bool {
    let Some(power) = u32::try_from(n).ok().and_then(|n| 10u64.checked_pow(n)) else { return false };
    let (fraction, exponent) = (f.to_bits() & ((1 << 52) - 1), (f.to_bits() >> 52) as i32);
    let m = if exponent == 0 { fraction } else { fraction | 1 << 52 };
    let shift = 1075 - exponent.max(1);
    let product = u128::from(m) * u128::from(power);
    let rounded = match shift {
        ..0 => return false,
        0 => product,
        1..=126 => {
            let (whole, rest, half) = (product >> shift, product & ((1 << shift) - 1), 1 << (shift - 1));
            whole + u128::from(rest > half || rest == half && whole & 1 == 1)
        }
        // Less than half of the last digit.
        127.. => 0,
    };
    let Ok(rounded) = u64::try_from(rounded) else { return false };
    number::push_u64(out, rounded / power);
    if n > 0 {
        out.push(b'.');
        let mut rest = rounded % power;
        let start = out.len();
        out.resize(start + n, b'0');
        for digit in out[start..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    true
}

/// Appends formatted text; writing to a `Vec` cannot fail.
pub fn push_fmt(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    let _ = std::io::Write::write_fmt(out, args);
}

fn general(out: &mut Vec<u8>, f: f64, fmt: u8, prec: i64, bits: u32) {
    if prec < 0 && f < 1e6 && f.fract() == 0.0 {
        // Small whole numbers are common and need no float printer.
        number::push_u64(out, f as u64);
        return;
    }
    let d = if prec < 0 { shortest(f, bits) } else { significant(f, prec.max(1) as usize) };
    let (len, point) = (d.digits.len() as i64, i64::from(d.point));
    // Exponents from here on are written; the shortest form decides as if its precision were 6.
    let limit = match prec {
        p if p < 0 => 6,
        p if p.max(1) > len && len >= point => len,
        p => p.max(1),
    };
    let exp = point - 1;
    if exp < -4 || exp >= limit {
        scientific(out, &d, (len - 1).max(0) as usize, fmt + b'e' - b'g');
    } else {
        fixed(out, &d, (len - point).max(0) as usize);
    }
}

/// `d.ddde±xx` with `n` digits after the point.
fn scientific(out: &mut Vec<u8>, d: &Decimal, n: usize, e: u8) {
    out.push(*d.digits.first().unwrap_or(&b'0'));
    if n > 0 {
        out.push(b'.');
        let tail = d.digits.get(1..).unwrap_or(&[]);
        let tail = &tail[..tail.len().min(n)];
        out.extend_from_slice(tail);
        out.resize(out.len() + n - tail.len(), b'0');
    }
    let exp = if d.digits.is_empty() { 0 } else { d.point - 1 };
    exponent(out, e, exp);
}

/// `e±xx`, two digits at least.
fn exponent(out: &mut Vec<u8>, e: u8, exp: i32) {
    out.push(e);
    out.push(if exp < 0 { b'-' } else { b'+' });
    push_fmt(out, format_args!("{:02}", exp.unsigned_abs()));
}

/// `ddd.ddd` with `n` digits after the point.
fn fixed(out: &mut Vec<u8>, d: &Decimal, n: usize) {
    let len = d.digits.len();
    if d.point > 0 {
        let whole = d.point as usize;
        let have = whole.min(len);
        out.extend_from_slice(&d.digits[..have]);
        out.resize(out.len() + whole - have, b'0');
    } else {
        out.push(b'0');
    }
    if n > 0 {
        out.push(b'.');
        for k in 0..n as i64 {
            let at = i64::from(d.point) + k;
            let digit = usize::try_from(at).ok().and_then(|at| d.digits.get(at));
            out.push(*digit.unwrap_or(&b'0'));
        }
    }
}

/// Mantissa and exponent: f = mantissa × 2^exp, the mantissa with `width` fraction bits below its leading one when normal.
fn parts(f: f64, bits: u32) -> (u64, i32, u32) {
    let (raw, width, bias) =
        if bits == 32 { (u64::from((f as f32).to_bits()), 23, 127) } else { (f.to_bits(), 52, 1023) };
    let exp = (raw >> width) as i32;
    let fraction = raw & ((1 << width) - 1);
    if exp == 0 { (fraction, 1 - bias, width) } else { (fraction | 1 << width, exp - bias, width) }
}

fn binary(out: &mut Vec<u8>, f: f64, bits: u32) {
    let (mantissa, exp, width) = parts(f, bits);
    push_fmt(out, format_args!("{mantissa}p{:+}", exp - width as i32));
}

/// `0x1.yyyp±dd`.
fn hex(out: &mut Vec<u8>, f: f64, fmt: u8, prec: i64, bits: u32) {
    let (mut mantissa, mut exp, width) = parts(f, bits);
    if mantissa == 0 {
        exp = 0;
    }
    // The leading one goes to bit 60: fifteen hexadecimal digits follow it.
    mantissa <<= 60 - width;
    while mantissa != 0 && mantissa & 1 << 60 == 0 {
        mantissa <<= 1;
        exp -= 1;
    }
    if (0..15).contains(&prec) {
        let shift = 60 - prec as u32 * 4;
        let extra = mantissa & ((1 << shift) - 1);
        mantissa >>= shift;
        let half = 1 << (shift - 1);
        if extra > half || (extra == half && mantissa & 1 == 1) {
            mantissa += 1;
        }
        mantissa <<= shift;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exp += 1;
        }
    }
    let upper = fmt == b'X';
    out.extend_from_slice(&[b'0', fmt, b'0' + ((mantissa >> 60) as u8 & 1)]);
    let mut rest = mantissa << 4;
    if if prec < 0 { rest != 0 } else { prec > 0 } {
        out.push(b'.');
        let mut k = 0;
        while if prec < 0 { rest != 0 } else { k < prec } {
            let digit = char::from_digit((rest >> 60) as u32, 16).unwrap_or('0');
            out.push(if upper { digit.to_ascii_uppercase() } else { digit } as u8);
            rest <<= 4;
            k += 1;
        }
    }
    exponent(out, if upper { b'P' } else { b'p' }, exp);
}

/// Why a number could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseError {
    Syntax,
    /// Out of range; the number nearest to it is still given.
    Range,
}

/// As strconv.ParseFloat: decimal, hexadecimal (`0x1p-2`), underscores between digits, Inf and NaN in any case.
pub fn parse(s: &[u8], bits: u32) -> (f64, Option<ParseError>) {
    let syntax = (0.0, Some(ParseError::Syntax));
    let (negative, body) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    let mut lower = body.to_ascii_lowercase();
    if lower == b"inf" || lower == b"infinity" {
        return (sign * f64::INFINITY, None);
    }
    if lower == b"nan" && body.len() == s.len() {
        return (f64::NAN, None);
    }
    if lower.starts_with(b"0x") {
        return match parse_hex(&lower[2..], bits) {
            Some(f) if f.is_infinite() => (sign * f, Some(ParseError::Range)),
            Some(f) => (sign * f, None),
            None => syntax,
        };
    }
    if lower.contains(&b'_') {
        let between =
            |i: usize| i > 0 && lower[i - 1].is_ascii_digit() && lower.get(i + 1).is_some_and(u8::is_ascii_digit);
        if !(0..lower.len()).all(|i| lower[i] != b'_' || between(i)) {
            return syntax;
        }
        lower.retain(|&b| b != b'_');
    }
    let shaped = lower.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'+' | b'-'))
        && lower.iter().any(u8::is_ascii_digit)
        && !matches!(lower.first(), None | Some(b'e' | b'+' | b'-'));
    let Some(text) = std::str::from_utf8(&lower).ok().filter(|_| shaped) else { return syntax };
    let value = if bits == 32 { text.parse::<f32>().map(f64::from) } else { text.parse::<f64>() };
    match value {
        Ok(f) if f.is_infinite() => (sign * f, Some(ParseError::Range)),
        Ok(f) => (sign * f, None),
        Err(_) => syntax,
    }
}

/// `1.8p3` (without the prefix), rounded to nearest even; the exponent must be there.
fn parse_hex(s: &[u8], bits: u32) -> Option<f64> {
    let p = s.iter().position(|&b| b == b'p')?;
    let exp: i64 = std::str::from_utf8(&s[p + 1..]).ok()?.parse().ok()?;
    let (mut mantissa, mut sticky, mut scale, mut seen_point, mut any) = (0u64, false, 0i64, false, false);
    let mut last_underscore = false;
    for &b in &s[..p] {
        if b == b'.' && !seen_point {
            seen_point = true;
            continue;
        }
        if b == b'_' && !last_underscore {
            last_underscore = true;
            continue;
        }
        last_underscore = false;
        let digit = u64::from((b as char).to_digit(16)?);
        any = true;
        if mantissa >> 59 == 0 {
            mantissa = mantissa << 4 | digit;
            if seen_point {
                scale -= 4;
            }
        } else {
            sticky |= digit != 0;
            if !seen_point {
                scale += 4;
            }
        }
    }
    if !any {
        return None;
    }
    if mantissa == 0 {
        return Some(0.0);
    }
    let exp = exp.clamp(-100_000, 100_000) + scale;
    Some(round_binary(mantissa, sticky, exp, bits))
}

/// mantissa × 2^exp (plus something below when `sticky`) as a float of 32 or 64 bits.
fn round_binary(mantissa: u64, sticky: bool, exp: i64, bits: u32) -> f64 {
    let (width, least, most) = if bits == 32 { (24, -149, 128) } else { (53, -1074, 1024) };
    let len = i64::from(64 - mantissa.leading_zeros());
    let drop = (len - width).max(least - exp);
    let (mut kept, mut exp) = (mantissa, exp);
    if drop > 0 {
        let below = if drop > 64 { 0 } else { u128::from(mantissa) & ((1 << drop) - 1) };
        let half = if drop > 64 { u128::MAX } else { 1 << (drop - 1) };
        kept = if drop >= 64 { 0 } else { mantissa >> drop };
        if below > half || (below == half && (sticky || kept & 1 == 1)) {
            kept += 1;
        }
        exp += drop;
    }
    if kept == 0 {
        return 0.0;
    }
    if i64::from(64 - kept.leading_zeros()) + exp > most {
        return f64::INFINITY;
    }
    // Two exact steps: the powers alone could be below the least normal number.
    let half = exp / 2;
    kept as f64 * 2f64.powi(half as i32) * 2f64.powi((exp - half) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(f: f64, fmt: u8, prec: i64) -> String {
        let mut out = vec![];
        format(&mut out, f, fmt, prec, 64);
        String::from_utf8(out).expect("digits are ASCII")
    }

    /// Against Rust's own digits: random numbers of all sizes, and halves of the last digit.
    #[test]
    fn fixed_digits() {
        let (mut x, mut compared) = (1u64, 0);
        for round in 0..200_000u64 {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            let f = match round % 4 {
                0 => f64::from_bits(x >> 1),
                1 => (x >> 40) as f64 / 16.0,
                2 => (x >> 30) as f64 / 1000.0,
                _ => f64::from_bits((900 + x % 200) << 52 | x >> 12),
            };
            let n = (x >> 20) as usize % 21;
            let mut out = vec![];
            if f.is_finite() && push_fixed(&mut out, f, n) {
                assert_eq!(String::from_utf8(out).expect("digits are ASCII"), std::format!("{f:.n$}"), "{f:?} to {n}");
                compared += 1;
            }
        }
        assert!(compared > 100_000, "{compared}");
        assert_eq!([s(0.5, b'f', 0), s(1.5, b'f', 0), s(2.5, b'f', 0), s(0.125, b'f', 2)], ["0", "2", "2", "0.12"]);
    }

    #[test]
    fn shortest_forms() {
        for (f, want) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (100000.0, "100000"),
            (1e6, "1e+06"),
            (1e20, "1e+20"),
            (123456789.0, "1.23456789e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (3.25, "3.25"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(s(f, b'g', -1), want);
        }
        assert_eq!(s(1e21, b'f', -1), "1000000000000000000000");
        assert_eq!(s(1.5, b'e', -1), "1.5e+00");
        assert_eq!(s(f64::NAN, b'e', -1), "NaN");
    }

    /// 2.33203125 lies in the middle between the two shortest texts that read back.
    #[test]
    fn of_two_shortest_forms_the_even_one() {
        for (f, want) in
            [(2.33203125, "2.3320312"), (16777216.0 * 4.0 + 8.0, "6.710887e+07"), (1.1920929e-7, "1.1920929e-07")]
        {
            let mut out = vec![];
            format(&mut out, f, b'g', -1, 32);
            assert_eq!(String::from_utf8(out).expect("digits are ASCII"), want);
        }
    }

    #[test]
    fn with_precision() {
        assert_eq!(s(2.345678, b'f', 2), "2.35");
        assert_eq!(s(2.5, b'f', 0), "2");
        assert_eq!(s(1234.5678, b'e', 3), "1.235e+03");
        assert_eq!(s(0.0, b'e', 3), "0.000e+00");
        assert_eq!(s(1234.5678, b'g', 3), "1.23e+03");
        assert_eq!(s(100.0, b'g', 5), "100");
        assert_eq!(s(1.0, b'f', 1200).len(), 1202);
        assert_eq!(s(1.0, b'x', -1), "0x1p+00");
        assert_eq!(s(123456789.0, b'x', 3), "0x1.d6fp+26");
        assert_eq!(s(1e21, b'b', -1), "7629394531250000p+17");
    }

    #[test]
    fn parses() {
        assert_eq!(parse(b"1e400", 64), (f64::INFINITY, Some(ParseError::Range)));
        assert_eq!(parse(b"-0x1.8p1", 64), (-3.0, None));
        assert_eq!(parse(b".5", 64), (0.5, None));
        assert_eq!(parse(b"5.", 64), (5.0, None));
        assert_eq!(parse(b"1_0", 64), (10.0, None));
        assert_eq!(parse(b"1__0", 64).1, Some(ParseError::Syntax));
        assert_eq!(parse(b"", 64).1, Some(ParseError::Syntax));
        assert_eq!(parse(b"0x1p-1074", 64), (5e-324, None));
        assert_eq!(parse(b"-inf", 64), (f64::NEG_INFINITY, None));
    }
}

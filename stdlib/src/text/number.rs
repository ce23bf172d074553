//! Integers as text: bases 2 to 36, and parsing with Go's rules for prefixes and underscores.

use super::float::ParseError;

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Appends `v` in base 10.
#[inline]
pub fn push_i64(out: &mut Vec<u8>, v: i64) {
    if v < 0 {
        out.push(b'-');
    }
    push_u64(out, v.unsigned_abs());
}

#[inline]
pub fn push_u64(out: &mut Vec<u8>, v: u64) {
    if v < 10 {
        out.push(b'0' + v as u8);
        return;
    }
    out.extend_from_slice(decimal(&mut [0; 64], v));
}

/// The texts of 0 to 99, two digits each.
static PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut i = 0;
    while i < 200 {
        pairs[i] = b'0' + if i % 2 == 0 { i / 20 } else { i / 2 % 10 } as u8;
        i += 1;
    }
    pairs
};

fn decimal(buf: &mut [u8; 64], mut v: u64) -> &mut [u8] {
    let mut at = buf.len();
    while v >= 10 {
        let pair = (v % 100) as usize * 2;
        v /= 100;
        at -= 2;
        buf[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
        if v == 0 {
            // A pair may begin with a zero that is none.
            return &mut buf[at + usize::from(pair < 20)..];
        }
    }
    at -= 1;
    buf[at] = b'0' + v as u8;
    &mut buf[at..]
}

/// `v` in base 10.
pub fn signed(buf: &mut [u8; 64], v: i64) -> &[u8] {
    let mut at = buf.len() - decimal(buf, v.unsigned_abs()).len();
    if v < 0 {
        at -= 1;
        buf[at] = b'-';
    }
    &buf[at..]
}

/// Appends `v` in base 2..=36, lower case.
pub fn push_base(out: &mut Vec<u8>, v: u64, base: u32) {
    out.extend_from_slice(in_base(&mut [0; 64], v, base));
}

/// The digits of `v` in base 2..=36, lower case.
pub fn in_base(buf: &mut [u8; 64], mut v: u64, base: u32) -> &mut [u8] {
    if base == 10 {
        return decimal(buf, v);
    }
    let mut at = buf.len();
    if base.is_power_of_two() {
        let (bits, mask) = (base.trailing_zeros(), u64::from(base) - 1);
        loop {
            at -= 1;
            buf[at] = DIGITS[(v & mask) as usize];
            v >>= bits;
            if v == 0 {
                return &mut buf[at..];
            }
        }
    }
    let base = u64::from(base);
    loop {
        at -= 1;
        buf[at] = DIGITS[(v % base) as usize];
        v /= base;
        if v == 0 {
            return &mut buf[at..];
        }
    }
}

/// As strconv.ParseUint with a valid base (0, or 2..=36) and bit size (1..=64).
pub fn parse_uint(s: &[u8], base: u32, bits: u32) -> (u64, Option<ParseError>) {
    let syntax = (0, Some(ParseError::Syntax));
    if s.is_empty() {
        return syntax;
    }
    let (radix, body, prefixed) = if base == 0 { prefix(s) } else { (base, s, false) };
    let underscores = base == 0 && body.contains(&b'_');
    if underscores && !underscores_ok(body, prefixed) {
        return syntax;
    }
    let most = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
    let (mut value, mut any, mut over) = (0u64, false, false);
    for &b in body {
        if b == b'_' && base == 0 {
            continue;
        }
        let Some(digit) = (b as char).to_digit(36).filter(|&d| d < radix) else { return syntax };
        any = true;
        let next = value.checked_mul(u64::from(radix)).and_then(|v| v.checked_add(u64::from(digit)));
        match next {
            Some(v) if v <= most => value = v,
            _ => {
                over = true;
                break;
            }
        }
    }
    if over {
        return (most, Some(ParseError::Range));
    }
    if any { (value, None) } else { syntax }
}

/// Base, digits and whether there was a prefix. A leading `0` alone is the prefix of octal.
fn prefix(s: &[u8]) -> (u32, &[u8], bool) {
    if s[0] != b'0' || s.len() == 1 {
        return (10, s, false);
    }
    match s[1] {
        b'x' | b'X' if s.len() > 2 => (16, &s[2..], true),
        b'b' | b'B' if s.len() > 2 => (2, &s[2..], true),
        b'o' | b'O' if s.len() > 2 => (8, &s[2..], true),
        _ => (8, &s[1..], true),
    }
}

/// Underscores stand only between digits, or between prefix and digit.
fn underscores_ok(body: &[u8], prefixed: bool) -> bool {
    let mut last = if prefixed { b'0' } else { b'_' };
    for &b in body {
        if b == b'_' && last == b'_' {
            return false;
        }
        last = b;
    }
    last != b'_'
}

/// Digits, perhaps with a sign, that no 64 bits are too few for.
fn short_decimal(s: &[u8]) -> Option<i64> {
    const DIGITS_SURE: usize = 18;
    let (negative, digits) = match s.first()? {
        b'-' => (true, &s[1..]),
        b'+' => (false, &s[1..]),
        _ => (false, s),
    };
    if digits.is_empty() || digits.len() > DIGITS_SURE {
        return None;
    }
    let mut value = 0;
    for b in digits {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + i64::from(digit);
    }
    Some(if negative { -value } else { value })
}

/// As strconv.ParseInt with a valid base and bit size.
pub fn parse_int(s: &[u8], base: u32, bits: u32) -> (i64, Option<ParseError>) {
    if base == 10
        && bits == 64
        && let Some(value) = short_decimal(s)
    {
        return (value, None);
    }
    let (negative, body) = match s.first() {
        Some(b'-') => (true, &s[1..]),
        Some(b'+') => (false, &s[1..]),
        _ => (false, s),
    };
    let (value, err) = parse_uint(body, base, bits);
    if err == Some(ParseError::Syntax) {
        return (0, err);
    }
    let cut = 1u64 << (bits - 1);
    if negative && value > cut {
        return ((cut as i64).wrapping_neg(), Some(ParseError::Range));
    }
    if !negative && value >= cut {
        return ((cut - 1) as i64, Some(ParseError::Range));
    }
    // The range of the unsigned value is wider, so a range error of it is one here too.
    (if negative { (value as i64).wrapping_neg() } else { value as i64 }, err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses() {
        assert_eq!(parse_int(b"-128", 10, 8), (-128, None));
        assert_eq!(parse_int(b"128", 10, 8), (127, Some(ParseError::Range)));
        assert_eq!(parse_int(b"-9223372036854775809", 10, 64), (i64::MIN, Some(ParseError::Range)));
        assert_eq!(parse_int(b"0x_1F", 0, 64), (31, None));
        assert_eq!(parse_int(b"1_000", 0, 64), (1000, None));
        assert_eq!(parse_int(b"1_000", 10, 64).1, Some(ParseError::Syntax));
        assert_eq!(parse_int(b"1__0", 0, 64).1, Some(ParseError::Syntax));
        assert_eq!(parse_int(b"017", 0, 64), (15, None));
        assert_eq!(parse_uint(b"", 10, 64).1, Some(ParseError::Syntax));
        assert_eq!(parse_int(b"z", 36, 64), (35, None));
    }

    #[test]
    fn prints() {
        let mut out = vec![];
        push_i64(&mut out, i64::MIN);
        assert_eq!(out, b"-9223372036854775808");
        out.clear();
        push_base(&mut out, 255, 16);
        assert_eq!(out, b"ff");
    }

    #[test]
    fn every_length_of_a_number_prints_as_rust_prints_it() {
        let edges = (0..20).flat_map(|n| [10u64.pow(n) - 1, 10u64.pow(n), 10u64.pow(n) + 1, 2 * (10u64.pow(n) / 3)]);
        for v in (0..1000).chain(edges).chain([u64::MAX]) {
            let mut out = vec![];
            push_u64(&mut out, v);
            assert_eq!(String::from_utf8_lossy(&out), v.to_string());
            let mut buf = [0; 64];
            assert_eq!(in_base(&mut buf, v, 2), format!("{v:b}").as_bytes());
            assert_eq!(in_base(&mut buf, v, 8), format!("{v:o}").as_bytes());
            assert_eq!(in_base(&mut buf, v, 16), format!("{v:x}").as_bytes());
        }
    }
}

//! Number literals as Go scans them, and gol's durations.

use crate::ast::{Lit, LitKind};
use crate::scan::LexErrorKind;
use crate::token::Lex;

/// A number, of which the lexer has matched the first digit (or the point and a digit).
pub fn number(l: &mut Lex) -> Lit {
    let lo = l.span().start;
    let b = &l.source().as_bytes()[lo..];
    let (n, kind, error) = if let Some(n) = plain(b) {
        (n, LitKind::Int, None)
    } else if let Some(n) = duration(b) {
        (n, LitKind::Duration, None)
    } else {
        let mut s = Scan::new(b);
        s.run();
        (s.i, s.kind, s.error)
    };
    if let Some(e) = error {
        l.extras.error(LexErrorKind::BadNumber(e), lo, lo + n);
    }
    let matched = l.span().end - lo;
    l.bump(n - matched);
    let text = l.source();
    Lit { kind, sym: l.extras.names.intern_in(text, lo, n) }
}

/// The length of decimal digits that nothing follows which could belong to the number: most numbers.
fn plain(b: &[u8]) -> Option<usize> {
    let n = b.iter().position(|c| !c.is_ascii_digit()).unwrap_or(b.len());
    let ends = b.get(n).is_none_or(|&c| !c.is_ascii_alphabetic() && c != b'.' && c != b'_' && c < 0x80);
    (ends && (n == 1 || b[0] != b'0')).then_some(n)
}

/// The units of durations; a longer one stands before its own beginning.
const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

/// The length of a duration at the beginning of `b`: `500ms`, `1.5s`, `1h30m`.
/// Not one: `0x1h`, `010s`, `5mx`, which stay what they are in Go.
fn duration(b: &[u8]) -> Option<usize> {
    if b[0] == b'0' && b.get(1).is_some_and(|c| c.is_ascii_digit() || *c == b'_') {
        return None;
    }
    let mut i = 0;
    loop {
        i += digits(&b[i..])?;
        let unit = UNITS.iter().find(|u| b[i..].starts_with(u.as_bytes()))?;
        i += unit.len();
        match b.get(i) {
            Some(b'0'..=b'9') => {}
            Some(b'.') if b.get(i + 1).is_some_and(u8::is_ascii_digit) => {}
            Some(c) if c.is_ascii_alphabetic() || *c == b'_' || *c >= 0x80 => return None,
            _ => return Some(i),
        }
    }
}

/// The length of decimal digits with at most one point; underscores only between digits.
fn digits(b: &[u8]) -> Option<usize> {
    let (mut i, mut point, mut last) = (0, false, b'_');
    while let Some(&c) = b.get(i) {
        match c {
            b'0'..=b'9' => {}
            b'_' if last.is_ascii_digit() => {}
            b'.' if !point && last != b'_' || i == 0 && c == b'.' => point = true,
            _ => break,
        }
        last = c;
        i += 1;
    }
    last.is_ascii_digit().then_some(i)
}

/// What was seen among digits.
#[derive(Default, Clone, Copy)]
struct Seen {
    digit: bool,
    underscore: bool,
}

struct Scan<'a> {
    b: &'a [u8],
    i: usize,
    kind: LitKind,
    /// `x`, `o`, `b`, `0` for a leading zero alone, or 0.
    prefix: u8,
    seen: Seen,
    /// A digit too large for the base.
    large: bool,
    error: Option<&'static str>,
}

impl<'a> Scan<'a> {
    fn new(b: &'a [u8]) -> Scan<'a> {
        Scan { b, i: 0, kind: LitKind::Int, prefix: 0, seen: Seen::default(), large: false, error: None }
    }

    fn at(&self, i: usize) -> u8 {
        self.b.get(i).copied().unwrap_or(0)
    }

    fn fail(&mut self, message: &'static str) {
        self.error.get_or_insert(message);
    }

    /// Passes over digits of the base; decimal digits too large for it are noted.
    fn digits(&mut self, base: u8) -> Seen {
        let mut seen = Seen::default();
        loop {
            let c = self.at(self.i);
            match c {
                b'_' => seen.underscore = true,
                _ if base == 16 && c.is_ascii_hexdigit() => seen.digit = true,
                _ if c.is_ascii_digit() => {
                    self.large |= c >= b'0' + base.min(10);
                    seen.digit = true;
                }
                _ => return seen,
            }
            self.i += 1;
        }
    }

    fn run(&mut self) {
        let mut base = 10;
        if self.at(0) != b'.' {
            base = self.prefix();
            let s = self.digits(base);
            self.add(s);
            if self.at(self.i) == b'.' {
                match self.prefix {
                    b'o' => self.fail("invalid radix point in octal literal"),
                    b'b' => self.fail("invalid radix point in binary literal"),
                    _ => {}
                }
            }
        }
        let large = self.large;
        if self.at(self.i) == b'.' {
            self.kind = LitKind::Float;
            self.i += 1;
            let s = self.digits(base.max(10));
            self.add(s);
        }
        if !self.seen.digit {
            self.fail(match self.prefix {
                b'x' => "hexadecimal literal has no digits",
                b'o' => "octal literal has no digits",
                b'b' => "binary literal has no digits",
                _ => "literal has no digits",
            });
        }
        self.exponent();
        if self.at(self.i) == b'i' {
            self.kind = LitKind::Imag;
            self.i += 1;
        }
        if self.kind == LitKind::Int && large {
            let binary = self.prefix == b'b';
            self.fail(if binary { "invalid digit in binary literal" } else { "invalid digit in octal literal" });
        }
        if self.seen.underscore && !self.underscores_separate() {
            self.fail("'_' must separate successive digits");
        }
    }

    fn add(&mut self, s: Seen) {
        self.seen.digit |= s.digit;
        self.seen.underscore |= s.underscore;
    }

    /// Passes over the prefix and gives the base.
    fn prefix(&mut self) -> u8 {
        if self.at(0) != b'0' {
            return 10;
        }
        let (prefix, base) = match self.at(1) | 0x20 {
            b'x' => (b'x', 16),
            b'o' => (b'o', 8),
            b'b' => (b'b', 2),
            _ => (b'0', 8),
        };
        self.prefix = prefix;
        self.i = if prefix == b'0' { 1 } else { 2 };
        self.seen.digit = prefix == b'0';
        base
    }

    fn exponent(&mut self) {
        let e = self.at(self.i) | 0x20;
        let hex = self.prefix == b'x';
        if !(e == b'e' && !hex || e == b'p') {
            if hex && self.kind == LitKind::Float {
                self.fail("hexadecimal mantissa requires a 'p' exponent");
            }
            return;
        }
        if e == b'e' && !matches!(self.prefix, 0 | b'0') {
            self.fail("'e' exponent requires decimal mantissa");
        }
        if e == b'p' && !hex {
            self.fail("'p' exponent requires hexadecimal mantissa");
        }
        self.i += 1;
        self.kind = LitKind::Float;
        if matches!(self.at(self.i), b'+' | b'-') {
            self.i += 1;
        }
        let s = self.digits(10);
        self.seen.underscore |= s.underscore;
        if !s.digit {
            self.fail("exponent has no digits");
        }
    }

    /// Does every underscore stand between two digits? The prefix counts as one.
    fn underscores_separate(&self) -> bool {
        let skip = match self.prefix {
            0 | b'0' => 0,
            _ => 2,
        };
        let hex = self.prefix == b'x';
        let mut last = if skip == 2 { b'0' } else { b'.' };
        for &c in &self.b[skip..self.i] {
            let class = match c {
                b'_' => b'_',
                _ if c.is_ascii_digit() || hex && c.is_ascii_hexdigit() => b'0',
                _ => b'.',
            };
            if class == b'_' && last != b'0' || class == b'.' && last == b'_' {
                return false;
            }
            last = class;
        }
        last != b'_'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_end_where_no_letter_follows() {
        for (text, want) in [
            ("500ms", Some(5)),
            ("1h30m+1", Some(5)),
            ("1.5s)", Some(4)),
            (".5s", Some(3)),
            ("2µs", Some(4)),
            ("0s", Some(2)),
            ("1_000ns ", Some(7)),
            ("5mx", None),
            ("010s", None),
            ("0x1h", None),
            ("1.2.3s", None),
            ("1h30", None),
            ("1__0s", None),
            ("1e3s", None),
            ("12", None),
        ] {
            assert_eq!(duration(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn numbers_have_gos_mistakes() {
        for (text, want) in [
            ("0b102", Some("invalid digit in binary literal")),
            ("089", Some("invalid digit in octal literal")),
            ("089.5", None),
            ("0x1.8", Some("hexadecimal mantissa requires a 'p' exponent")),
            ("0x1.8p1", None),
            ("1e", Some("exponent has no digits")),
            ("1_", Some("'_' must separate successive digits")),
            ("0_1", None),
            ("0x_1", None),
            ("0x", Some("hexadecimal literal has no digits")),
            ("0b1e3", Some("'e' exponent requires decimal mantissa")),
            ("08i", None),
        ] {
            let mut s = Scan::new(text.as_bytes());
            s.run();
            assert_eq!((s.error, s.i), (want, text.len()), "{text}");
        }
    }
}

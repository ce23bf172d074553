//! Flags, width and precision, and the formatting of scalars under them.

use crate::text::{float, number, quote, rune};

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Spec {
    pub width: Option<usize>,
    pub precision: Option<usize>,
    pub minus: bool,
    pub plus: bool,
    pub sharp: bool,
    pub space: bool,
    pub zero: bool,
    /// `%+v` and `%#v`: the flags mean something else there.
    pub plus_v: bool,
    pub sharp_v: bool,
}

impl Spec {
    /// For `%v` the flags `+` and `#` change their meaning.
    pub fn for_v(&mut self) {
        self.sharp_v |= self.sharp;
        self.sharp = false;
        self.plus_v |= self.plus;
        self.plus = false;
    }

    /// The flags as package fmt's State sees them.
    pub fn bits(&self) -> i64 {
        i64::from(self.minus)
            | i64::from(self.plus || self.plus_v) << 1
            | i64::from(self.sharp || self.sharp_v) << 2
            | i64::from(self.space) << 3
            | i64::from(self.zero) << 4
    }

    fn padding(&self, out: &mut Vec<u8>, n: usize) {
        // Zeros are only for the left side.
        let fill = if self.zero && !self.minus { b'0' } else { b' ' };
        out.resize(out.len() + n, fill);
    }

    /// Pads what `write` appends to the width, counted in runes.
    pub fn padded(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(width) = self.width.filter(|&w| w > 0) else { return write(out) };
        let start = out.len();
        write(out);
        let have = rune::count(&out[start..]);
        if have >= width {
            return;
        }
        let text_len = out.len() - start;
        self.padding(out, width - have);
        if !self.minus {
            let pad_len = out.len() - start - text_len;
            out[start..].rotate_right(pad_len);
        }
    }

    /// Appends a text of so many runes, padded to the width.
    fn place(&self, out: &mut Vec<u8>, text: &[u8], runes: usize) {
        let missing = self.width.unwrap_or(0).saturating_sub(runes);
        if missing > 0 && !self.minus {
            self.padding(out, missing);
        }
        out.extend_from_slice(text);
        if missing > 0 && self.minus {
            self.padding(out, missing);
        }
    }

    fn truncate<'s>(&self, s: &'s [u8]) -> &'s [u8] {
        let Some(most) = self.precision else { return s };
        if s.len() <= most {
            return s;
        }
        match rune::runes(s).nth(most) {
            Some((at, _, _)) => &s[..at],
            None => s,
        }
    }

    pub fn string(&self, out: &mut Vec<u8>, s: &[u8]) {
        let s = self.truncate(s);
        if self.width.is_none() {
            out.extend_from_slice(s);
        } else {
            self.place(out, s, rune::count(s));
        }
    }

    pub fn quoted(&self, out: &mut Vec<u8>, s: &[u8]) {
        let s = self.truncate(s);
        self.padded(out, |out| {
            if self.sharp && quote::can_backquote(s) {
                out.push(b'`');
                out.extend_from_slice(s);
                out.push(b'`');
            } else {
                quote::quote(out, s, self.keep());
            }
        });
    }

    fn keep(&self) -> quote::Keep {
        if self.plus { quote::Keep::Ascii } else { quote::Keep::Printable }
    }

    /// `%x` and `%X` of strings and bytes.
    pub fn hex_bytes(&self, out: &mut Vec<u8>, s: &[u8], upper: bool) {
        let s = &s[..self.precision.unwrap_or(s.len()).min(s.len())];
        let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let push = |out: &mut Vec<u8>, b: u8| out.extend([digits[usize::from(b >> 4)], digits[usize::from(b & 15)]]);
        let prefix: &[u8] = if upper { b"0X" } else { b"0x" };
        self.padded(out, |out| {
            if self.sharp && !self.space && !s.is_empty() {
                out.extend_from_slice(prefix);
            }
            for (k, &b) in s.iter().enumerate() {
                if self.space {
                    if k > 0 {
                        out.push(b' ');
                    }
                    if self.sharp {
                        out.extend_from_slice(prefix);
                    }
                }
                push(out, b);
            }
        });
    }

    pub fn bool(&self, out: &mut Vec<u8>, v: bool) {
        let text: &[u8] = if v { b"true" } else { b"false" };
        self.place(out, text, text.len());
    }

    pub fn char(&self, out: &mut Vec<u8>, v: u64) {
        self.padded(out, |out| rune::push(out, as_rune(v)));
    }

    pub fn quoted_char(&self, out: &mut Vec<u8>, v: u64) {
        self.padded(out, |out| quote::quote_rune(out, as_rune(v), self.keep()));
    }

    /// `%U`, with the character behind it for `%#U`.
    pub fn unicode(&self, out: &mut Vec<u8>, v: u64) {
        let spec = Spec { zero: false, ..*self };
        spec.padded(out, |out| {
            let digits = self.precision.unwrap_or(4).max(4);
            float::push_fmt(out, format_args!("U+{v:0digits$X}"));
            let c = u32::try_from(v).ok().and_then(char::from_u32);
            if let Some(c) = c.filter(|&c| self.sharp && crate::text::category::is_print(c)) {
                float::push_fmt(out, format_args!(" '{c}'"));
            }
        });
    }

    /// An integer; `verb` is `d v` or one of `b o O x X`.
    pub fn integer(&self, out: &mut Vec<u8>, v: u64, signed: bool, verb: char) {
        let negative = signed && (v as i64) < 0;
        let magnitude = if negative { (v as i64).unsigned_abs() } else { v };
        if self.width.is_none() && self.precision.is_none() && matches!(verb, 'd' | 'v') && !self.plus && !self.space {
            if negative {
                out.push(b'-');
            }
            number::push_u64(out, magnitude);
            return;
        }
        if self.precision == Some(0) && v == 0 {
            // No digits at all: only the width, in spaces.
            Spec { zero: false, ..*self }.padding(out, self.width.unwrap_or(0));
            return;
        }
        let sign: &[u8] = match (negative, self.plus, self.space) {
            (true, _, _) => b"-",
            (_, true, _) => b"+",
            (_, _, true) => b" ",
            (false, false, false) => b"",
        };
        // Zero padding goes between sign and digits, that is, it is a precision.
        let least = match (self.precision, self.width) {
            (Some(p), _) => p,
            (None, Some(w)) if self.zero && !self.minus => w.saturating_sub(sign.len()),
            _ => 0,
        };
        let mut buf = [0; 64];
        let digits = number::in_base(&mut buf, magnitude, base(verb));
        if verb == 'X' {
            digits.make_ascii_uppercase();
        }
        let zeros = least.saturating_sub(digits.len());
        let prefix = self.prefix(verb, zeros == 0 && digits.first() != Some(&b'0'));
        let length = sign.len() + prefix.len() + zeros + digits.len();
        let spaces = self.width.unwrap_or(0).saturating_sub(length);
        if !self.minus {
            push_many(out, spaces, b' ');
        }
        out.extend_from_slice(sign);
        out.extend_from_slice(prefix);
        push_many(out, zeros, b'0');
        out.extend_from_slice(digits);
        if self.minus {
            push_many(out, spaces, b' ');
        }
    }

    /// What stands between sign and digits; `bare`: an octal number has no zero in front yet.
    fn prefix(&self, verb: char, bare: bool) -> &'static [u8] {
        match verb {
            'O' if self.sharp && bare => b"0o0",
            'O' => b"0o",
            'b' if self.sharp => b"0b",
            'x' if self.sharp => b"0x",
            'X' if self.sharp => b"0X",
            'o' if self.sharp && bare => b"0",
            _ => b"",
        }
    }

    /// An address or a `%#v` unsigned: `0x…` whatever the flags say, or without the prefix.
    pub fn hex64(&self, out: &mut Vec<u8>, v: u64, prefix: bool) {
        Spec { sharp: prefix, ..*self }.integer(out, v, false, 'x');
    }

    /// A float; `verb` is one of strconv's formats, `prec` the verb's own precision (-1: shortest).
    pub fn float(&self, out: &mut Vec<u8>, v: f64, bits: u32, verb: u8, prec: i64) {
        let prec = self.precision.map_or(prec, |p| p as i64);
        let plain = !(self.plus || self.space || self.sharp || self.sharp_v || self.zero);
        if plain && !v.is_infinite() {
            self.padded(out, |out| float::format(out, v, verb, prec, bits));
            return;
        }
        let mut num = Vec::with_capacity(32);
        float::format(&mut num, v, verb, prec, bits);
        if num[0] != b'-' && num[0] != b'+' {
            num.insert(0, b'+');
        }
        if self.space && num[0] == b'+' && !self.plus {
            num[0] = b' ';
        }
        let mut spec = *self;
        if num[1] == b'I' || num[1] == b'N' {
            spec.zero = false;
            if num[1] == b'N' && !self.space && !self.plus {
                num.remove(0);
            }
            return spec.padded(out, |out| out.extend_from_slice(&num));
        } else if self.sharp && verb != b'b' {
            keep_point(&mut num, verb, prec);
        }
        if !(self.plus || num[0] != b'+') {
            return spec.padded(out, |out| out.extend_from_slice(&num[1..]));
        }
        match spec.width {
            // The sign comes before the zeros.
            Some(width) if spec.zero && !spec.minus && width > num.len() => {
                out.push(num[0]);
                spec.padding(out, width - num.len());
                out.extend_from_slice(&num[1..]);
            }
            _ => spec.padded(out, |out| out.extend_from_slice(&num)),
        }
    }

    /// A complex number: both parts under the same flags, the second always signed.
    pub fn complex(&self, out: &mut Vec<u8>, v: (f64, f64), bits: u32, verb: u8, prec: i64) {
        out.push(b'(');
        self.float(out, v.0, bits, verb, prec);
        Spec { plus: true, ..*self }.float(out, v.1, bits, verb, prec);
        out.extend_from_slice(b"i)");
    }
}

fn push_many(out: &mut Vec<u8>, n: usize, byte: u8) {
    if n > 0 {
        out.resize(out.len() + n, byte);
    }
}

/// Of an integer verb.
fn base(verb: char) -> u32 {
    match verb {
        'b' => 2,
        'o' | 'O' => 8,
        'x' | 'X' => 16,
        _ => 10,
    }
}

/// `%#g` and the like: a decimal point always, and trailing zeros up to the precision.
fn keep_point(num: &mut Vec<u8>, verb: u8, prec: i64) {
    let hex = matches!(verb, b'x' | b'X');
    let mut missing = match verb {
        b'g' | b'G' | b'x' if prec < 0 => 6,
        b'g' | b'G' | b'x' => prec,
        _ => 0,
    };
    let exp = num.iter().position(|&b| matches!(b, b'p' | b'P') || (!hex && matches!(b, b'e' | b'E')));
    let tail = num.split_off(exp.unwrap_or(num.len()));
    let (mut point, mut significant) = (false, false);
    for &b in &num[1..] {
        if b == b'.' {
            point = true;
            continue;
        }
        significant |= b != b'0';
        if significant {
            missing -= 1;
        }
    }
    if !point {
        if num.len() == 2 && num[1] == b'0' {
            missing -= 1;
        }
        num.push(b'.');
    }
    num.resize(num.len() + missing.max(0) as usize, b'0');
    num.extend_from_slice(&tail);
}

fn as_rune(v: u64) -> i64 {
    if v > 0x10_ffff { i64::from(rune::ERROR as u32) } else { v as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(f: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = vec![];
        f(&mut out);
        String::from_utf8(out).expect("formatted text is UTF-8 here")
    }

    #[test]
    fn integers() {
        let wide = Spec { width: Some(6), ..Spec::default() };
        assert_eq!(text(|o| wide.integer(o, 42, true, 'd')), "    42");
        assert_eq!(text(|o| Spec { minus: true, ..wide }.integer(o, 42, true, 'd')), "42    ");
        assert_eq!(text(|o| Spec { zero: true, ..wide }.integer(o, -42i64 as u64, true, 'd')), "-00042");
        assert_eq!(text(|o| Spec { precision: Some(3), ..wide }.integer(o, 7, true, 'd')), "   007");
        assert_eq!(text(|o| Spec { sharp: true, ..Spec::default() }.integer(o, 255, true, 'X')), "0XFF");
        assert_eq!(text(|o| Spec { sharp: true, ..Spec::default() }.integer(o, 8, true, 'O')), "0o010");
    }

    #[test]
    fn strings() {
        let spec = Spec { width: Some(5), precision: Some(2), ..Spec::default() };
        assert_eq!(text(|o| spec.string(o, "héllo".as_bytes())), "   hé");
        assert_eq!(text(|o| Spec { zero: true, ..spec }.string(o, b"ab")), "000ab");
        assert_eq!(
            text(|o| Spec { sharp: true, space: true, ..Spec::default() }.hex_bytes(o, b"hi", false)),
            "0x68 0x69"
        );
    }

    #[test]
    fn floats() {
        let spec = Spec { width: Some(8), precision: Some(2), zero: true, plus: true, ..Spec::default() };
        assert_eq!(text(|o| spec.float(o, 1.0, 64, b'f', 6)), "+0001.00");
        assert_eq!(text(|o| spec.float(o, f64::NAN, 64, b'f', 6)), "    +NaN");
        assert_eq!(text(|o| Spec { sharp: true, ..Spec::default() }.float(o, 100000.0, 64, b'g', -1)), "100000.");
        assert_eq!(text(|o| Spec { sharp: true, ..Spec::default() }.float(o, 0.0, 64, b'g', -1)), "0.00000");
        assert_eq!(text(|o| Spec::default().float(o, f64::INFINITY, 64, b'g', -1)), "+Inf");
        assert_eq!(text(|o| Spec::default().complex(o, (1.0, -2.0), 64, b'g', -1)), "(1-2i)");
    }
}

//! Quoting of strings and runes, as strconv does it.

use super::{category, rune};

/// Which runes go out as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// All that `unicode.IsPrint` accepts.
    Printable,
    /// Printable ASCII only.
    Ascii,
    /// All that `unicode.IsGraphic` accepts.
    Graphic,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `s` between double quotes.
pub fn quote(out: &mut Vec<u8>, s: &[u8], keep: Keep) {
    out.push(b'"');
    for (at, c, width) in rune::runes(s) {
        if width == 1 && c == rune::ERROR {
            push_hex_byte(out, s[at]);
        } else {
            escape(out, c, b'"', keep);
        }
    }
    out.push(b'"');
}

/// A rune between single quotes; an invalid one is quoted as U+FFFD.
pub fn quote_rune(out: &mut Vec<u8>, r: i64, keep: Keep) {
    let c = u32::try_from(r).ok().and_then(char::from_u32).unwrap_or(rune::ERROR);
    out.push(b'\'');
    escape(out, c, b'\'', keep);
    out.push(b'\'');
}

fn push_hex_byte(out: &mut Vec<u8>, b: u8) {
    out.extend_from_slice(&[b'\\', b'x', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
}

fn escape(out: &mut Vec<u8>, c: char, delim: u8, keep: Keep) {
    if c == '\\' || c as u32 == u32::from(delim) {
        out.extend_from_slice(&[b'\\', c as u8]);
        return;
    }
    let as_is = match keep {
        Keep::Printable => category::is_print(c),
        Keep::Ascii => (' '..='~').contains(&c),
        Keep::Graphic => category::is_graphic(c),
    };
    if as_is {
        rune::push(out, i64::from(c as u32));
        return;
    }
    let short = match c {
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        _ => 0,
    };
    let v = c as u32;
    if short != 0 {
        out.extend_from_slice(&[b'\\', short]);
    } else if v < 0x20 || v == 0x7f {
        push_hex_byte(out, v as u8);
    } else if v < 0x10000 {
        out.extend_from_slice(format!("\\u{v:04x}").as_bytes());
    } else {
        out.extend_from_slice(format!("\\U{v:08x}").as_bytes());
    }
}

/// May `s` stand unchanged between back quotes on one line?
pub fn can_backquote(s: &[u8]) -> bool {
    rune::runes(s).all(|(_, c, width)| {
        if width > 1 {
            return c != '\u{feff}';
        }
        c != rune::ERROR && !(c < ' ' && c != '\t') && c != '`' && c != '\x7f'
    })
}

/// What one escaped or plain character of a quoted literal means.
pub struct Unquoted {
    /// A rune, or a byte when `byte` is set.
    pub value: u32,
    /// The value is a byte of the result, not a rune.
    pub byte: bool,
    /// Bytes of the literal that were read.
    pub width: usize,
}

/// Reads one character of a literal quoted by `quote` (0: neither quote may be escaped); `None`: a syntax error.
pub fn unquote_char(s: &[u8], quote: u8) -> Option<Unquoted> {
    let &b = s.first()?;
    if b == quote && (quote == b'\'' || quote == b'"') {
        return None;
    }
    if b >= 0x80 {
        let (c, width) = rune::decode(s);
        return Some(Unquoted { value: c as u32, byte: false, width });
    }
    if b != b'\\' {
        return Some(Unquoted { value: u32::from(b), byte: true, width: 1 });
    }
    let &e = s.get(1)?;
    let simple = |v: u8| Some(Unquoted { value: u32::from(v), byte: true, width: 2 });
    match e {
        b'a' => simple(7),
        b'b' => simple(8),
        b'f' => simple(12),
        b'n' => simple(b'\n'),
        b'r' => simple(b'\r'),
        b't' => simple(b'\t'),
        b'v' => simple(11),
        b'\\' => simple(b'\\'),
        b'\'' | b'"' => {
            if e != quote {
                return None;
            }
            simple(e)
        }
        b'x' => hex(s, 2, true),
        b'u' => hex(s, 4, false),
        b'U' => hex(s, 8, false),
        b'0'..=b'7' => octal(s),
        _ => None,
    }
}

fn hex(s: &[u8], digits: usize, byte: bool) -> Option<Unquoted> {
    let text = s.get(2..2 + digits)?;
    let mut value = 0u32;
    for &d in text {
        value = value << 4 | (d as char).to_digit(16)?;
    }
    if !byte && char::from_u32(value).is_none() {
        return None;
    }
    Some(Unquoted { value, byte, width: 2 + digits })
}

fn octal(s: &[u8]) -> Option<Unquoted> {
    let mut value = 0u32;
    for &d in s.get(1..4)? {
        value = value << 3 | (d as char).to_digit(8)?;
    }
    if value > 255 {
        return None;
    }
    Some(Unquoted { value, byte: true, width: 4 })
}

/// The bytes of the quoted literal that `s` starts with: `None` when there is none.
pub fn quoted_prefix(s: &[u8]) -> Option<usize> {
    let &quote = s.first()?;
    match quote {
        b'`' => s[1..].iter().position(|&b| b == b'`').map(|i| i + 2),
        b'"' | b'\'' => {
            let mut at = 1;
            let mut chars = 0;
            loop {
                let &b = s.get(at)?;
                if b == quote {
                    return if quote == b'\'' && chars > 1 { None } else { Some(at + 1) };
                }
                if b == b'\n' {
                    return None;
                }
                at += unquote_char(&s[at..], quote)?.width;
                chars += 1;
            }
        }
        _ => None,
    }
}

/// The value of a whole quoted literal: `None` is a syntax error.
pub fn unquote(s: &[u8]) -> Option<Vec<u8>> {
    if quoted_prefix(s)? != s.len() {
        return None;
    }
    let (quote, body) = (s[0], &s[1..s.len() - 1]);
    if quote == b'`' {
        return Some(body.iter().copied().filter(|&b| b != b'\r').collect());
    }
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while at < body.len() {
        let c = unquote_char(&body[at..], quote)?;
        // A byte escape in a rune literal is that rune.
        if c.byte && quote == b'"' {
            out.push(c.value as u8)
        } else {
            rune::push(&mut out, i64::from(c.value))
        }
        at += c.width;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(s: &[u8], keep: Keep) -> String {
        let mut out = vec![];
        quote(&mut out, s, keep);
        String::from_utf8(out).expect("quoted text is UTF-8")
    }

    #[test]
    fn quotes() {
        assert_eq!(q(b"a\"\\\n\x01\xff", Keep::Printable), r#""a\"\\\n\x01\xff""#);
        assert_eq!(q("世\u{ad}\u{1f600}".as_bytes(), Keep::Ascii), r#""\u4e16\u00ad\U0001f600""#);
        let mut r = vec![];
        quote_rune(&mut r, 0x27, Keep::Printable);
        assert_eq!(r, br"'\''");
    }

    #[test]
    fn unquotes() {
        assert_eq!(unquote(br#""a\tb\x41\u4e16""#).as_deref(), Some("a\tbA世".as_bytes()));
        assert_eq!(unquote(b"`a\\n`").as_deref(), Some(&b"a\\n"[..]));
        assert_eq!(unquote(br"'\xff'").as_deref(), Some("ÿ".as_bytes()));
        assert_eq!(unquote(br#""a"b"#), None);
        // Go's own quirk.
        assert_eq!(unquote(b"''").as_deref(), Some(&b""[..]));
        assert!(can_backquote(b"abc") && !can_backquote(b"a`"));
    }
}

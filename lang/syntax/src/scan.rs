//! Names, literals and comments scanned by hand, as Go's scanner does, so that what is wrong is told exactly.
//!
//! The lexer matches the first character; a function here finds the end, checks the rest and bumps the lexer.

use crate::ast::{Lit, LitKind, Sym};
use crate::token::{Cx, Lex};
use crate::unicode;
use memchr::{memchr, memchr3};

/// Something wrong within a token. Offsets are in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LexError {
    pub kind: LexErrorKind,
    pub lo: u32,
    pub hi: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexErrorKind {
    UnterminatedComment,
    UnterminatedString,
    UnterminatedRaw,
    UnterminatedRune,
    NewlineInString,
    NewlineInRune,
    EmptyRune,
    LongRune,
    BadEscape,
    EscapeRange,
    SurrogateEscape,
    /// An escape for a byte that is no character, in an interpolated string.
    ByteEscape,
    BadNameChar(char),
    LeadingDigit(char),
    BadChar(char),
    SmartQuote(char),
    Nul,
    Bom,
    Utf8,
    BadNumber(&'static str),
    /// Of a `//line` comment.
    LineNumber,
    ColumnNumber,
    /// A `}` alone in an interpolated string.
    LoneBrace,
    /// A hole that does not end.
    OpenHole,
    /// What stands after the colon of a hole is no verb.
    BadVerb,
    /// Interpolated strings in the holes of others, too deep.
    DeepHole,
}

/// The ASCII bytes that a name goes on with.
static NAME_BYTES: [bool; 256] = {
    let mut t = [false; 256];
    let mut b = 0;
    while b < 256 {
        t[b] = matches!(b as u8, b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'0'..=b'9');
        b += 1;
    }
    t
};

/// The length of the name or keyword that the text begins with, if all of it is ASCII. The first byte is a letter.
pub fn ascii_name(text: &[u8]) -> Option<usize> {
    let ends = |&c: &u8| !NAME_BYTES[c as usize];
    match text[1..].iter().position(ends) {
        Some(n) => text[n + 1].is_ascii().then_some(n + 1),
        None => Some(text.len()),
    }
}

/// A name or a keyword, of which the lexer has matched the first character. Any character beyond ASCII is taken; a wrong one is
/// reported and the whole stays one name, so that the parser sees an operand.
pub fn word(l: &mut Lex) -> Sym {
    let rest = l.remainder().as_bytes();
    let n = rest.iter().position(|&c| c.is_ascii() && !NAME_BYTES[c as usize]).unwrap_or(rest.len());
    l.bump(n);
    check_name(l);
    let s = l.slice();
    l.extras.names.intern(s)
}

/// Complains about the first character of a name that Go does not have in names.
fn check_name(l: &mut Lex) {
    let s = l.slice();
    let lo = l.span().start;
    let fits = |i: usize, c: char| {
        c == '_' || c.is_ascii_alphanumeric() || unicode::is_letter(c) || i > 0 && unicode::is_digit(c)
    };
    let Some((i, c)) = s.char_indices().find(|&(i, c)| !fits(i, c)) else { return };
    let kind = match c {
        '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => LexErrorKind::SmartQuote(c),
        '\u{feff}' => LexErrorKind::Bom,
        _ if unicode::is_digit(c) => LexErrorKind::LeadingDigit(c),
        _ if i > 0 => LexErrorKind::BadNameChar(c),
        _ => LexErrorKind::BadChar(c),
    };
    l.extras.error(kind, lo + i, lo + i + c.len_utf8());
}

/// A block comment, the opening of which is matched. Tells whether it contains a newline.
pub fn block_comment(l: &mut Lex) -> bool {
    let rest = l.remainder();
    let n = match memchr::memmem::find(rest.as_bytes(), b"*/") {
        Some(n) => n + 2,
        None => {
            let lo = l.span().start;
            l.extras.error(LexErrorKind::UnterminatedComment, lo, lo + 2);
            rest.len()
        }
    };
    let newline = memchr(b'\n', &rest.as_bytes()[..n]).is_some();
    l.bump(n);
    newline
}

pub fn raw_string(l: &mut Lex) -> Sym {
    let rest = l.remainder();
    match memchr(b'`', rest.as_bytes()) {
        Some(n) => l.bump(n + 1),
        None => {
            let lo = l.span().start;
            l.extras.error(LexErrorKind::UnterminatedRaw, lo, lo + 1);
            l.bump(rest.len());
        }
    }
    let s = l.slice();
    l.extras.names.intern(s)
}

pub fn string(l: &mut Lex) -> Sym {
    let rest = l.remainder();
    let b = rest.as_bytes();
    let lo = l.span().start;
    let base = lo + 1;
    let mut i = 0;
    let end = loop {
        let Some(n) = memchr3(b'"', b'\\', b'\n', &b[i..]) else {
            l.extras.error(LexErrorKind::UnterminatedString, lo, base + b.len());
            break b.len();
        };
        i += n;
        match b[i] {
            b'"' => break i + 1,
            b'\n' => {
                l.extras.error(LexErrorKind::NewlineInString, lo, base + i);
                break i;
            }
            _ => i = escape(&mut l.extras, rest, base, i, b'"').end,
        }
    };
    l.bump(end);
    let s = l.slice();
    l.extras.names.intern(s)
}

/// What an escape stands for.
pub struct Escape {
    /// The index after it.
    pub end: usize,
    /// A character, or nothing when the escape is wrong.
    pub value: Option<char>,
}

/// Checks the escape at `i` (a backslash) of `s`, which stands at `base` in the text.
pub fn escape(cx: &mut Cx, s: &str, base: usize, i: usize, quote: u8) -> Escape {
    let b = s.as_bytes();
    let simple = |c: char| Escape { end: i + 2, value: Some(c) };
    let Some(&c) = b.get(i + 1) else { return Escape { end: i + 1, value: None } };
    let (n, radix, max) = match c {
        b'a' => return simple('\x07'),
        b'b' => return simple('\x08'),
        b'f' => return simple('\x0c'),
        b'n' => return simple('\n'),
        b'r' => return simple('\r'),
        b't' => return simple('\t'),
        b'v' => return simple('\x0b'),
        b'\\' => return simple('\\'),
        c if c == quote => return simple(c as char),
        b'0'..=b'7' => (3, 8, 255),
        b'x' => (2, 16, 255),
        b'u' => (4, 16, 0x10ffff),
        b'U' => (8, 16, 0x10ffff),
        b'\n' => return Escape { end: i + 1, value: None },
        _ => {
            let n = s[i + 1..].chars().next().map_or(0, char::len_utf8);
            cx.error(LexErrorKind::BadEscape, base + i, base + i + 1 + n);
            return Escape { end: i + 1 + n, value: None };
        }
    };
    let start = if radix == 8 { i + 1 } else { i + 2 };
    let mut v: u64 = 0;
    for k in start..start + n {
        match b.get(k).and_then(|&c| (c as char).to_digit(radix)) {
            Some(d) => v = v * u64::from(radix) + u64::from(d),
            None => {
                cx.error(LexErrorKind::BadEscape, base + i, base + k);
                return Escape { end: k, value: None };
            }
        }
    }
    let end = start + n;
    if v > max {
        cx.error(LexErrorKind::EscapeRange, base + i, base + end);
    } else if max > 255 && (0xd800..0xe000).contains(&v) {
        cx.error(LexErrorKind::SurrogateEscape, base + i, base + end);
    } else if max == 255 && v > 127 {
        // A byte, not a character; strings hold it, texts that must be UTF-8 do not.
        return Escape { end, value: None };
    }
    Escape { end, value: u32::try_from(v).ok().and_then(char::from_u32) }
}

pub fn rune(l: &mut Lex) -> Lit {
    let rest = l.remainder();
    let b = rest.as_bytes();
    let lo = l.span().start;
    let base = lo + 1;
    let (mut i, mut chars) = (0, 0);
    loop {
        match b.get(i) {
            None => {
                l.extras.error(LexErrorKind::UnterminatedRune, lo, base + i);
                break;
            }
            Some(b'\n') => {
                l.extras.error(LexErrorKind::NewlineInRune, lo, base + i);
                break;
            }
            Some(b'\'') => {
                i += 1;
                match chars {
                    0 => l.extras.error(LexErrorKind::EmptyRune, lo, base + i),
                    1 => {}
                    _ => l.extras.error(LexErrorKind::LongRune, lo, base + i),
                }
                break;
            }
            Some(b'\\') => i = escape(&mut l.extras, rest, base, i, b'\'').end,
            Some(_) => i += rest[i..].chars().next().map_or(1, char::len_utf8),
        }
        chars += 1;
    }
    l.bump(i);
    let s = l.slice();
    Lit { kind: LitKind::Rune, sym: l.extras.names.intern(s) }
}

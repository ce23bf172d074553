//! Interpolated strings: `$"x = {x}, {y:%5.2f}, {{braces}}"`.
//!
//! The lexer takes the whole literal as one token; [`expand`] then puts its pieces into the token list: the texts, and
//! between the marks of each hole the tokens of its expression, at their own positions. So the one grammar parses the
//! expressions, and whatever it says about them points into the string. A literal never extends over lines.

use crate::ast::Sym;
use crate::scan::{self, LexErrorKind};
use crate::token::{Lex, Tok, Token, lex_into};
use logos::Logos;

/// How deep interpolated strings may stand in the holes of others. Each level is scanned once more.
const MAX_DEPTH: u32 = 8;

/// Moves the lexer over a literal, of which it has matched the opening; no errors yet.
pub fn skip(l: &mut Lex) {
    let n = literal_len(l.remainder().as_bytes(), 0).0;
    l.bump(n);
}

/// The length of the rest of a literal and whether it has its closing quote; without one it ends with the line.
fn literal_len(b: &[u8], depth: u32) -> (usize, bool) {
    let mut i = 0;
    while let Some(&c) = b.get(i) {
        i += match c {
            b'"' => return (i + 1, true),
            b'\n' => return (i, false),
            b'\\' if b.get(i + 1).is_some_and(|&c| c != b'\n') => 2,
            b'{' if b.get(i + 1) == Some(&b'{') => 2,
            b'{' => 1 + hole_len(&b[i + 1..], depth).len,
            _ => 1,
        };
    }
    (b.len(), false)
}

/// A hole's extent: from behind its opening brace to behind its closing one.
struct Hole {
    len: usize,
    /// The index of the colon before a verb.
    colon: Option<usize>,
    closed: bool,
}

fn hole_len(b: &[u8], depth: u32) -> Hole {
    let (mut i, mut open) = (0, 0usize);
    let mut colon = None;
    while let Some(&c) = b.get(i) {
        match c {
            b'\n' => break,
            b'}' if open == 0 => return Hole { len: i + 1, colon, closed: true },
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b':' if open == 0 && colon.is_none() => colon = Some(i),
            // A verb holds no quotes; in an expression they open literals.
            b'"' if colon.is_some() => break,
            b'$' if b.get(i + 1) == Some(&b'"') && depth < MAX_DEPTH => i += 1 + literal_len(&b[i + 2..], depth + 1).0,
            b'"' | b'\'' | b'`' => match quoted_len(&b[i + 1..], c) {
                Some(n) => i += n,
                None => break,
            },
            _ => {}
        }
        i += 1;
    }
    Hole { len: i.min(b.len()), colon, closed: false }
}

/// The length of the rest of a plain literal with its closing quote, on one line.
fn quoted_len(b: &[u8], quote: u8) -> Option<usize> {
    let mut i = 0;
    while let Some(&c) = b.get(i) {
        match c {
            _ if c == quote => return Some(i + 1),
            b'\n' => return None,
            b'\\' if quote != b'`' => i += 1,
            _ => {}
        }
        i += 1;
    }
    None
}

/// Puts the pieces of the literal that the lexer has just matched into the token list.
pub fn expand(l: &mut Lex, out: &mut Vec<Token>, depth: u32) {
    let (lo, hi) = (l.span().start, l.span().end);
    let text = l.source();
    let closed = literal_len(&text.as_bytes()[lo + 2..hi], 0).1;
    let end = if closed { hi - 1 } else { hi };
    let mut push = |tok, lo: usize, hi: usize| out.push(Token { tok, lo: lo as u32, hi: hi as u32 });
    push(Tok::InterpOpen, lo, lo + 2);
    if depth >= MAX_DEPTH {
        l.extras.error(LexErrorKind::DeepHole, lo, hi);
        push(Tok::InterpClose, end, hi);
        return;
    }
    let errors = l.extras.errors.len();
    let mut i = lo + 2;
    while i < end {
        i = if text.as_bytes()[i] == b'{' && text.as_bytes().get(i + 1) != Some(&b'{') {
            hole(l, out, i, end, depth)
        } else {
            plain(l, out, i, end)
        };
    }
    if !closed && l.extras.errors.len() == errors {
        let newline = text.as_bytes().get(hi) == Some(&b'\n');
        let kind = if newline { LexErrorKind::NewlineInString } else { LexErrorKind::UnterminatedString };
        l.extras.error(kind, lo, hi);
    }
    out.push(Token { tok: Tok::InterpClose, lo: end as u32, hi: hi as u32 });
}

/// Text up to the next hole or the end: doubled braces are one, escapes are resolved.
fn plain(l: &mut Lex, out: &mut Vec<Token>, lo: usize, end: usize) -> usize {
    let text = &l.source()[..end];
    let mut decoded = String::new();
    let mut i = lo;
    while i < end {
        let rest = &text[i..];
        let twin = rest.as_bytes().get(1) == rest.as_bytes().first();
        match rest.as_bytes()[0] {
            b'{' if !twin => break,
            c @ (b'{' | b'}') => {
                if !twin {
                    l.extras.error(LexErrorKind::LoneBrace, i, i + 1);
                }
                decoded.push(c as char);
                i += 1 + usize::from(twin);
            }
            b'\\' => {
                let errors = l.extras.errors.len();
                let e = scan::escape(&mut l.extras, rest, i, 0, b'"');
                match e.value {
                    Some(c) => decoded.push(c),
                    // A backslash alone is the end of a literal without an end.
                    None if e.end == 1 => {}
                    None if l.extras.errors.len() == errors => l.extras.error(LexErrorKind::ByteEscape, i, i + e.end),
                    None => {}
                }
                i += e.end;
            }
            _ => {
                let n = rest.find(['{', '}', '\\']).unwrap_or(rest.len());
                decoded.push_str(&rest[..n]);
                i += n;
            }
        }
    }
    let tok = Tok::InterpText(l.extras.names.intern(&decoded));
    out.push(Token { tok, lo: lo as u32, hi: i as u32 });
    i
}

/// A hole, the opening brace of which is at `lo`.
fn hole(l: &mut Lex, out: &mut Vec<Token>, lo: usize, end: usize, depth: u32) -> usize {
    let text = l.source();
    let h = hole_len(&text.as_bytes()[lo + 1..end], depth);
    let close = lo + 1 + h.len - usize::from(h.closed);
    let expr_end = h.colon.map_or(close, |c| lo + 1 + c);
    out.push(Token { tok: Tok::HoleOpen, lo: lo as u32, hi: lo as u32 + 1 });

    let mut inner = Tok::lexer_with_extras(&text[..expr_end], l.extras.take());
    inner.bump(lo + 1);
    inner.extras.need_semi = false;
    lex_into(&mut inner, out, depth + 1);
    l.extras = inner.extras;

    if h.colon.is_some() {
        let verb = &text[expr_end + 1..close];
        if h.closed && !is_verb(verb) {
            l.extras.error(LexErrorKind::BadVerb, expr_end + 1, close);
        }
        let tok = Tok::HoleVerb(verb_sym(l, verb));
        out.push(Token { tok, lo: expr_end as u32, hi: close as u32 });
    }
    if !h.closed {
        l.extras.error(LexErrorKind::OpenHole, lo, lo + 1);
    }
    out.push(Token { tok: Tok::HoleClose, lo: close as u32, hi: (lo + 1 + h.len) as u32 });
    lo + 1 + h.len
}

/// A wrong verb becomes `%v`, so that later passes only see good ones.
fn verb_sym(l: &mut Lex, verb: &str) -> Sym {
    l.extras.names.intern(if is_verb(verb) { verb } else { "%v" })
}

/// `%`, flags, width, precision, one letter.
fn is_verb(s: &str) -> bool {
    let Some(s) = s.strip_prefix('%') else { return false };
    let s = s.trim_start_matches(['+', '-', '#', ' ', '0']).trim_start_matches(|c: char| c.is_ascii_digit());
    let s = s.strip_prefix('.').map_or(s, |s| s.trim_start_matches(|c: char| c.is_ascii_digit()));
    s.len() == 1 && s.as_bytes()[0].is_ascii_alphabetic()
}

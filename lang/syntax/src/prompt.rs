//! What a prompt asks before it runs a line: is the text complete, and how is it coloured?

use crate::ast::{Ast, Interner, LitKind};
use crate::token::{self, Tok};
use crate::{layout, spell};
use std::ops::Range;

/// Would more lines make the text complete? True when the first thing wrong with it is that it ends too early.
pub fn incomplete(text: &str) -> bool {
    let whole = 0..text.len();
    let parsed = crate::driver::parse_text(&mut Ast::default(), text, 1, &[], &[whole]);
    parsed.diagnostics.first().is_some_and(|d| d.incomplete)
}

/// What a piece of text is, for colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum TokenClass {
    Keyword,
    Name,
    String,
    Number,
    Comment,
    Operator,
}

/// The pieces of a text in order, whatever is wrong with it. White space belongs to none.
pub fn tokens(text: &str) -> Vec<(TokenClass, Range<usize>)> {
    let whole = 0..text.len();
    let mut lexed = token::lex(text, Interner::default(), &[whole]);
    layout::layout(text, &mut lexed.tokens, &lexed.names);
    let mut out = vec![];
    let mut at = 0;
    for t in &lexed.tokens {
        let (lo, hi) = (t.lo as usize, t.hi as usize);
        // The layout pass puts in closers of no width; a newline may be that of a comment.
        if lo < at || lo == hi || matches!(t.tok, Tok::Semi(k) if k != token::SemiKind::Explicit) {
            continue;
        }
        comments(text, at, lo, &mut out);
        out.push((class(t.tok), lo..hi));
        at = hi;
    }
    comments(text, at, text.len(), &mut out);
    out
}

fn class(t: Tok) -> TokenClass {
    match t {
        Tok::Ident(_) => TokenClass::Name,
        Tok::Lit(l) => match l.kind {
            LitKind::Rune => TokenClass::String,
            LitKind::Int | LitKind::Float | LitKind::Imag | LitKind::Duration => TokenClass::Number,
        },
        Tok::Str(_) | Tok::InterpOpen | Tok::InterpText(_) | Tok::InterpClose => TokenClass::String,
        t if spell::is_keyword(t) => TokenClass::Keyword,
        _ => TokenClass::Operator,
    }
}

/// The comments between two tokens.
fn comments(text: &str, mut lo: usize, hi: usize, out: &mut Vec<(TokenClass, Range<usize>)>) {
    let hash_bang = lo == 0 && text.starts_with("#!");
    while let Some(rest) = text.get(lo..hi) {
        let start =
            if hash_bang && lo == 0 { Some(0) } else { rest.find("//").into_iter().chain(rest.find("/*")).min() };
        let Some(start) = start else { return };
        let body = &rest[start..];
        let len = match body.strip_prefix("/*") {
            Some(inner) => inner.find("*/").map_or(body.len(), |n| n + "/**/".len()),
            None => body.find('\n').unwrap_or(body.len()),
        };
        out.push((TokenClass::Comment, lo + start..lo + start + len));
        lo += (start + len).max(1);
    }
}

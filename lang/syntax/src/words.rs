//! The words that gol adds to Go, `par` and `after`. They are names everywhere but where Go has no use for a name.

use crate::ast::{Interner, Sym};
use crate::layout::skip;
use crate::token::{Tok, Token};

/// The symbols of the words, as far as the text has them.
pub struct Words {
    par: Option<Sym>,
    after: Option<Sym>,
}

impl Words {
    pub fn new(names: &Interner) -> Words {
        Words { par: names.find("par"), after: names.find("after") }
    }

    /// Is the name spelled like one of the words?
    pub fn has(&self, name: Sym) -> bool {
        self.par == Some(name) || self.after == Some(name)
    }

    /// The word that the name at `i` is there, if it is one. `brace` is the innermost open bracket.
    pub fn contextual(&self, t: &[Token], i: usize, name: Sym, brace: Option<usize>) -> Option<Tok> {
        if self.par == Some(name) && is_par(t, i, brace) {
            return Some(Tok::Par);
        }
        if self.after == Some(name) && is_after(t, i) {
            return Some(Tok::After);
        }
        None
    }
}

/// `case after d:` — a name directly before an operand that begins with a name or a literal is nothing in Go.
fn is_after(t: &[Token], i: usize) -> bool {
    let tok = |j: usize| t.get(j).map(|t| t.tok);
    i > 0 && tok(i - 1) == Some(Tok::Case) && matches!(tok(i + 1), Some(Tok::Ident(_) | Tok::Lit(_)))
}

/// `par for` and `par {` where a statement can begin. `par{…}.m()` is a literal, so nothing may follow the closing brace.
fn is_par(t: &[Token], i: usize, brace: Option<usize>) -> bool {
    let tok = |j: usize| t.get(j).map(|t| t.tok);
    match tok(i + 1) {
        Some(Tok::For) => {}
        Some(Tok::LBrace) => {
            let end = skip(t, i + 1);
            if !end.is_none_or(|j| matches!(tok(j), None | Some(Tok::Semi(_) | Tok::RBrace))) {
                return false;
            }
        }
        _ => return false,
    }
    match i.checked_sub(1).map(|j| t[j].tok) {
        None | Some(Tok::Semi(_)) => true,
        Some(Tok::LBrace) => opens_block(t, i - 1),
        // Behind `case …:`, `default:` or a label.
        Some(Tok::Colon) => brace.is_none_or(|b| t[b].tok == Tok::LBrace && opens_block(t, b)),
        _ => false,
    }
}

/// Does the brace at `i` open a block (or the clauses of a switch), or a composite literal?
fn opens_block(t: &[Token], i: usize) -> bool {
    let Some(before) = i.checked_sub(1).map(|j| t[j].tok) else { return true };
    match before {
        Tok::Ident(_) | Tok::RBrack | Tok::RBrace => match header_before(t, i) {
            Some(Tok::Func | Tok::FuncDecl) => true,
            Some(_) => !literal_type_before(t, i),
            None => false,
        },
        Tok::Comma => false,
        Tok::LBrace => opens_block(t, i - 1),
        Tok::Colon => !in_literal(t, i - 1),
        _ => true,
    }
}

/// Is the colon at `i` one between key and value?
fn in_literal(t: &[Token], i: usize) -> bool {
    match enclosing(t, i) {
        Some(j) => t[j].tok == Tok::LBrace && !opens_block(t, j),
        None => false,
    }
}

/// The innermost bracket that is open before `i`.
fn enclosing(t: &[Token], i: usize) -> Option<usize> {
    let mut depth = 0usize;
    for j in (0..i).rev() {
        if t[j].tok.is_close() {
            depth += 1;
        } else if t[j].tok.is_open() {
            if depth == 0 {
                return Some(j);
            }
            depth -= 1;
        }
    }
    None
}

/// Does a type that only a literal can follow end before `i`, such as `[]T`?
fn literal_type_before(t: &[Token], i: usize) -> bool {
    let mut j = i;
    while j > 0 && matches!(t[j - 1].tok, Tok::Ident(_) | Tok::Dot) {
        j -= 1;
    }
    if j == 0 || t[j - 1].tok != Tok::RBrack {
        return false;
    }
    let open = enclosing(t, j - 1);
    open.is_some_and(|k| k == 0 || !t[k - 1].tok.ends_operand())
}

/// The `if`, `for`, `switch` or `func` to which the brace at `i` can belong: it begins before it on the same level.
fn header_before(t: &[Token], i: usize) -> Option<Tok> {
    let mut comma = false;
    let mut depth = 0usize;
    for j in (0..i).rev() {
        let tok = t[j].tok;
        if tok.is_close() {
            depth += 1;
        } else if tok.is_open() {
            if depth == 0 {
                return None;
            }
            depth -= 1;
        } else if depth == 0 {
            match tok {
                Tok::If | Tok::For | Tok::Switch | Tok::FuncDecl => return Some(tok),
                Tok::Func if !comma => return Some(tok),
                // A header's own semicolons are written; a newline ends the search.
                Tok::Semi(k) if k != crate::token::SemiKind::Explicit => return None,
                Tok::Comma => comma = true,
                _ => {}
            }
        }
    }
    None
}

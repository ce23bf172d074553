//! Where in the text a syntax error is: the innermost open bracket and what it is for, and the header that has not got its
//! block yet. Found by one walk over the tokens before the error, and only when there is one.

use crate::token::{SemiKind, Tok, Token};

/// What an open bracket is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Where {
    Top,
    Call,
    Params,
    Group,
    Paren,
    Index,
    TypeParams,
    Struct,
    Interface,
    Switch,
    Block,
    Literal,
    Hole,
}

pub struct Place {
    /// The token of the innermost open bracket.
    pub open: Option<usize>,
    pub at: Where,
    /// What the bracket around that one is for.
    pub around: Where,
    /// The keyword of the header in force.
    pub header: Option<usize>,
    /// The token of the outermost open bracket.
    pub outermost: Option<usize>,
}

struct OpenBracket {
    token: usize,
    at: Where,
    /// The header around it, which goes on when it is closed.
    header: Option<usize>,
}

struct Walk<'a> {
    t: &'a [Token],
    stack: Vec<OpenBracket>,
    /// `if`, `for`, `switch`, `select` or `func`, the block of which is still to come on this level.
    header: Option<usize>,
    /// An array, slice or map type has begun, which a literal may follow.
    pending_type: bool,
}

/// The surroundings of token `i`.
pub fn place(t: &[Token], i: usize) -> Place {
    let mut w = Walk { t, stack: vec![], header: None, pending_type: false };
    for j in 0..i.min(t.len()) {
        w.step(j, j + 1 == i);
    }
    let last = w.stack.last();
    Place {
        open: last.map(|x| x.token),
        at: last.map_or(Where::Top, |x| x.at),
        around: w.stack.iter().rev().nth(1).map_or(Where::Top, |x| x.at),
        header: w.header,
        outermost: w.stack.first().map(|x| x.token),
    }
}

impl Walk<'_> {
    fn step(&mut self, j: usize, last: bool) {
        let prev = j.checked_sub(1).map(|k| self.t[k].tok);
        let operand = prev.is_some_and(Tok::ends_operand);
        match self.t[j].tok {
            Tok::If | Tok::For | Tok::Switch | Tok::Select => {
                self.header = Some(j);
                self.pending_type = false;
            }
            Tok::FuncDecl => self.header = Some(j),
            Tok::Func if self.header.is_none() => self.header = Some(j),
            Tok::LParen => {
                let at = self.paren(j, prev, operand);
                self.push(j, at);
            }
            Tok::ResultParen => self.push(j, Where::Params),
            Tok::LBrack => {
                self.pending_type |= !operand;
                self.push(j, Where::Index);
            }
            Tok::TypeParamBrack => self.push(j, Where::TypeParams),
            Tok::HoleOpen => self.push(j, Where::Hole),
            Tok::LBrace => {
                let at = self.brace(prev, operand);
                self.pending_type = false;
                if matches!(at, Where::Block | Where::Switch) {
                    self.header = None;
                }
                self.push(j, at);
            }
            close if close.is_close() => {
                self.pending_type &= close != Tok::RParen;
                self.header = self.stack.pop().and_then(|x| x.header);
            }
            Tok::Semi(SemiKind::Newline) if !last && self.holds_statements() => self.header = None,
            _ => {}
        }
    }

    fn push(&mut self, token: usize, at: Where) {
        let header = self.header.take();
        self.stack.push(OpenBracket { token, at, header });
    }

    fn innermost(&self) -> Where {
        self.stack.last().map_or(Where::Top, |x| x.at)
    }

    fn holds_statements(&self) -> bool {
        use Where::*;
        matches!(self.innermost(), Top | Block | Switch | Group | Struct | Interface)
    }

    fn paren(&self, j: usize, prev: Option<Tok>, operand: bool) -> Where {
        let before = j.checked_sub(2).map(|k| self.t[k].tok);
        let in_declaration = self.stack.is_empty() && self.header.is_some_and(|h| self.t[h].tok == Tok::FuncDecl);
        match prev {
            Some(Tok::Func | Tok::FuncDecl) => Where::Params,
            Some(Tok::Import | Tok::Var | Tok::Const | Tok::Type) => Where::Group,
            Some(Tok::Ident(_)) if before == Some(Tok::FuncDecl) => Where::Params,
            Some(Tok::Ident(_)) if self.innermost() == Where::Interface => Where::Params,
            Some(Tok::Ident(_)) if before == Some(Tok::RParen) && in_declaration => Where::Params,
            Some(Tok::RBrack) if in_declaration => Where::Params,
            _ if operand => Where::Call,
            _ => Where::Paren,
        }
    }

    fn brace(&self, prev: Option<Tok>, operand: bool) -> Where {
        match prev {
            Some(Tok::Struct) => return Where::Struct,
            Some(Tok::Interface) => return Where::Interface,
            _ => {}
        }
        let in_literal = self.innermost() == Where::Literal;
        match self.header.map(|h| self.t[h].tok) {
            // `[]T{` and `map[K]V{` are literals in a header too.
            Some(_) if self.pending_type => Where::Literal,
            Some(Tok::Switch | Tok::Select) => Where::Switch,
            Some(_) => Where::Block,
            None if operand => Where::Literal,
            None if in_literal && matches!(prev, Some(Tok::Comma | Tok::Colon | Tok::LBrace)) => Where::Literal,
            None => Where::Block,
        }
    }
}

/// The first token of the statement that token `i` is in.
pub fn statement_start(t: &[Token], i: usize) -> usize {
    let mut depth = 0i64;
    let mut j = i;
    while j > 0 {
        match t[j - 1].tok {
            Tok::LBrace if depth <= 0 => return j,
            Tok::Semi(_) if depth <= 0 => return j,
            tok if tok.is_close() => depth += 1,
            tok if tok.is_open() => depth -= 1,
            _ => {}
        }
        j -= 1;
    }
    j
}

/// Of the braces opened from token `from` on: the one that seems to lack its closing brace, judging by the indentation.
/// A closing brace that is less indented than the line of the brace it closes has closed the wrong one.
pub fn unclosed_brace(text: &str, t: &[Token], from: usize, end: usize) -> Option<usize> {
    let mut open: Vec<usize> = vec![];
    for (j, x) in t.iter().enumerate().take(end).skip(from) {
        match x.tok {
            Tok::LBrace => open.push(j),
            Tok::RBrace => {
                let o = open.pop()?;
                if x.lo < x.hi && indent(text, x.lo) < indent(text, t[o].lo) {
                    return Some(o);
                }
            }
            _ => {}
        }
    }
    None
}

fn indent(text: &str, pos: u32) -> usize {
    let before = &text.as_bytes()[..pos as usize];
    let line = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    text.as_bytes()[line..].iter().take_while(|b| matches!(b, b'\t' | b' ')).count()
}

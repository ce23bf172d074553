//! The layout pass: it settles with unlimited lookahead what the grammar's one token of lookahead cannot.
//!
//! One walk over the tokens with a stack of open brackets. It marks the `(` of a result list, the `[` of type parameters
//! and the `func` of a declaration, and makes words of `par` and `after` where they are words (see [`crate::words`]).
//! It also finds brackets that are still open where a new declaration begins, closes them, and bounds the nesting.

use crate::ast::Interner;
use crate::token::{SemiKind, Tok, Token};
use crate::words::Words;

/// The deepest nesting of brackets. The parser's error recovery looks at every open one, and later passes recurse.
pub const MAX_BRACKETS: usize = 1000;

/// So many unclosed brackets are repaired; each costs a walk in the error recovery.
const MAX_REPAIRS: usize = 10;

/// What a bracket was opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Open {
    Paren,
    /// The parameters of a function or of an interface method.
    FuncParams,
    Receiver,
    Brack,
    TypeParams,
    Brace,
    Interface,
    /// `type ( … )`
    TypeGroup,
    Hole,
}

impl Open {
    fn closer(self) -> Tok {
        match self {
            Open::Paren | Open::FuncParams | Open::Receiver | Open::TypeGroup => Tok::RParen,
            Open::Brack | Open::TypeParams => Tok::RBrack,
            Open::Brace | Open::Interface => Tok::RBrace,
            Open::Hole => Tok::HoleClose,
        }
    }
}

/// Brackets that were open at the beginning of a declaration and have been closed before it.
pub struct Repair {
    /// The offset of the innermost of them.
    pub open: u32,
    /// The declaration's first two tokens.
    pub at: (u32, u32),
}

/// What the pass has to say beside the changed tokens.
#[derive(Default)]
pub struct Layout {
    pub repairs: Vec<Repair>,
    /// The bracket that was one too deep. The tokens end before it, and nothing but this is worth telling.
    pub too_deep: Option<Token>,
    /// Every `case` and `default` behind a statement on its line.
    pub late: Vec<Token>,
}

struct Pass<'a> {
    t: &'a mut [Token],
    /// The open brackets, each with the index of its token.
    stack: Vec<(Open, usize)>,
    /// In the head of a function declaration that began at this depth.
    head: Option<usize>,
    file: bool,
}

pub fn layout(text: &str, tokens: &mut Vec<Token>, names: &Interner) -> Layout {
    let words = Words::new(names);
    let mut result = Layout::default();
    let mut inserts: Vec<(usize, Vec<(Open, usize)>)> = vec![];
    let file = tokens.first().is_some_and(|t| t.tok == Tok::Package);
    let mut p = Pass { t: tokens, stack: Vec::with_capacity(32), head: None, file };
    let concerns = |t: &Token| match t.tok {
        Tok::Ident(s) => words.has(s),
        other => other.concerns_layout(),
    };
    let mut next = 0;
    // Most tokens are names and operators, and passed over.
    while let Some(n) = p.t[next..].iter().position(concerns) {
        let i = next + n;
        next = i + 1;
        let tok = p.t[i].tok;
        if p.stack.len() >= MAX_BRACKETS && tok.is_open() {
            result.too_deep = Some(p.t[i]);
            tokens.truncate(i);
            return result;
        }
        match tok {
            Tok::Func if p.begins_declaration(i) => {
                if let Some(&(_, open)) = p.stack.last()
                    && starts_line(text, p.t[i].lo)
                    && result.repairs.len() < MAX_REPAIRS
                {
                    let name = p.t.get(i + 1).map_or(p.t[i].hi, |t| t.hi);
                    result.repairs.push(Repair { open: p.t[open].lo, at: (p.t[i].lo, name) });
                    inserts.push((i, std::mem::take(&mut p.stack)));
                }
                p.t[i].tok = Tok::FuncDecl;
                p.head = Some(p.stack.len());
            }
            Tok::LParen => p.paren(i),
            Tok::LBrack => p.bracket(i),
            Tok::LBrace => {
                if p.in_head() {
                    p.head = None;
                }
                let interface = p.before(i) == Some(Tok::Interface);
                p.stack.push((if interface { Open::Interface } else { Open::Brace }, i));
            }
            Tok::ResultParen => p.stack.push((Open::Paren, i)),
            Tok::HoleOpen => p.stack.push((Open::Hole, i)),
            Tok::RParen | Tok::RBrack | Tok::RBrace | Tok::HoleClose => p.close(i, tok),
            Tok::Semi(_) if p.in_head() => p.head = None,
            Tok::Case | Tok::Default if p.before(i).is_some_and(Tok::ends_statement) => result.late.push(p.t[i]),
            Tok::Ident(s) => {
                let brace = p.stack.last().map(|&(_, open)| open);
                if let Some(tok) = words.contextual(p.t, i, s, brace) {
                    p.t[i].tok = tok;
                }
            }
            _ => {}
        }
    }
    insert_closers(tokens, inserts);
    result
}

impl Pass<'_> {
    fn before(&self, i: usize) -> Option<Tok> {
        i.checked_sub(1).map(|j| self.t[j].tok)
    }

    fn in_head(&self) -> bool {
        self.head == Some(self.stack.len())
    }

    /// `func` at the beginning of a statement: a declaration, or the type of a literal?
    fn begins_declaration(&self, i: usize) -> bool {
        let first = matches!(self.before(i), None | Some(Tok::Semi(_) | Tok::LBrace));
        first && (self.file && self.stack.is_empty() || names_a_function(self.t, i))
    }

    fn paren(&mut self, i: usize) {
        let open = match self.before(i) {
            Some(Tok::Func) => Open::FuncParams,
            Some(Tok::FuncDecl) => Open::Receiver,
            Some(Tok::Ident(_) | Tok::RBrack) if self.in_head() => {
                self.head = None;
                Open::FuncParams
            }
            Some(Tok::Ident(_)) if matches!(self.stack.last(), Some((Open::Interface, _))) => Open::FuncParams,
            Some(Tok::Type) => Open::TypeGroup,
            _ => Open::Paren,
        };
        self.stack.push((open, i));
    }

    fn bracket(&mut self, i: usize) {
        let after_name = matches!(self.before(i), Some(Tok::Ident(_)));
        let in_group = matches!(self.stack.last(), Some((Open::TypeGroup, _)));
        let type_params = after_name
            && (self.in_head()
                || match i.checked_sub(2).map(|j| self.t[j].tok) {
                    Some(Tok::Type) => type_params_follow(self.t, i),
                    Some(Tok::LParen | Tok::Semi(_)) if in_group => type_params_follow(self.t, i),
                    _ => false,
                });
        if type_params {
            self.t[i].tok = Tok::TypeParamBrack;
        }
        self.stack.push((if type_params { Open::TypeParams } else { Open::Brack }, i));
    }

    /// A closing bracket closes the innermost one of its kind. A brace gives up unclosed parentheses inside it; a
    /// parenthesis never reaches over a brace, and nothing reaches out of a hole.
    fn close(&mut self, i: usize, tok: Tok) {
        for k in (0..self.stack.len()).rev() {
            let open = self.stack[k].0;
            if open.closer() == tok {
                self.stack.truncate(k);
                if open == Open::FuncParams
                    && let Some(next) = self.t.get_mut(i + 1)
                    && next.tok == Tok::LParen
                {
                    next.tok = Tok::ResultParen;
                }
                return;
            }
            if open == Open::Hole || tok != Tok::HoleClose && open.closer() == Tok::RBrace {
                return;
            }
        }
    }
}

fn starts_line(text: &str, lo: u32) -> bool {
    lo == 0 || text.as_bytes()[lo as usize - 1] == b'\n'
}

/// Closes the brackets that were open before each declaration.
fn insert_closers(tokens: &mut Vec<Token>, inserts: Vec<(usize, Vec<(Open, usize)>)>) {
    if inserts.is_empty() {
        return;
    }
    let mut out = Vec::with_capacity(tokens.len() + 8);
    let mut from = 0;
    for (i, stack) in inserts {
        out.extend_from_slice(&tokens[from..i]);
        from = i;
        let at = tokens[i].lo;
        out.extend(stack.iter().rev().map(|(o, _)| Token { tok: o.closer(), lo: at, hi: at }));
        out.push(Token { tok: Tok::Semi(SemiKind::Newline), lo: at, hi: at });
    }
    out.extend_from_slice(&tokens[from..]);
    *tokens = out;
}

/// `func Name`, or `func (r T) Name(` and `func (r T) Name[`.
fn names_a_function(t: &[Token], i: usize) -> bool {
    let tok = |j: usize| t.get(j).map(|t| t.tok);
    match tok(i + 1) {
        Some(Tok::LParen) => skip(t, i + 1).is_some_and(|j| {
            matches!(tok(j), Some(Tok::Ident(_))) && matches!(tok(j + 1), Some(Tok::LParen | Tok::LBrack))
        }),
        _ => true,
    }
}

/// The index behind the bracket that closes the one at `i`.
pub fn skip(t: &[Token], i: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (j, x) in t.iter().enumerate().skip(i) {
        if x.tok.is_open() {
            depth += 1;
        } else if x.tok.is_close() {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(j + 1);
            }
        }
    }
    None
}

/// `type T [` at `i`: type parameters, or an array or slice type? Go's rule: a comma at the top, or a name and what can
/// only begin or be a constraint.
fn type_params_follow(t: &[Token], i: usize) -> bool {
    use Tok::*;
    let tok = |j: usize| t.get(j).map(|t| t.tok);
    let (Some(Ident(_)), Some(end)) = (tok(i + 1), skip(t, i)) else { return false };
    let inside = inside_brackets(&t[i + 1..end - 1]);
    if inside.comma {
        return true;
    }
    match tok(i + 2) {
        Some(Ident(_) | Interface | Struct | Func | Map | Chan | Tilde | Arrow | LBrack) => true,
        Some(Star | LParen) => inside.type_like,
        _ => false,
    }
}

#[derive(Default)]
struct Inside {
    /// A comma outside inner brackets, which an array's length cannot have.
    comma: bool,
    /// Something that only a type can contain.
    type_like: bool,
}

fn inside_brackets(t: &[Token]) -> Inside {
    use Tok::*;
    let type_word = |t: Tok| matches!(t, Interface | Struct | Func | Map | Chan | Tilde);
    let mut found = Inside::default();
    let mut j = 0;
    while j < t.len() {
        let tok = t[j].tok;
        found.type_like |= type_word(tok);
        match tok {
            Comma => found.comma = true,
            LParen | LBrack | LBrace => {
                let end = skip(t, j).unwrap_or(t.len());
                // `[]T` and `[N]T`, but not an index.
                found.type_like |= tok == LBrack && (j == 0 || !t[j - 1].tok.ends_operand());
                if tok == LParen {
                    found.type_like |= t[j..end].iter().any(|x| type_word(x.tok));
                    found.type_like |= t.get(j + 1).is_some_and(|t| t.tok == LBrack);
                }
                j = end;
                continue;
            }
            _ => {}
        }
        j += 1;
    }
    found
}

//! Tokens and the lexer: Go's tokens, Go's rule for semicolons, and what gol adds.
//!
//! A source is lexed to the end before anything is parsed, because the layout pass and the messages look ahead.
//! A token is never an error: what is wrong goes into [`Lexed::errors`], and the parser sees a token that fits.
//! Positions here are offsets in the text; the parser's driver adds the base of the source.

use crate::ast::{BinOp, Interner, Lit, Sym};
use crate::line::{self, LineMark};
use crate::scan::{self, LexError, LexErrorKind};
use crate::{interp, number};
use logos::{Filter, Lexer, Logos};
use std::ops::Range;

/// Where a semicolon comes from: a message says "newline" or "EOF" for the ones that are not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SemiKind {
    Explicit,
    Newline,
    Eof,
}

/// So many are kept; a text with more is no program.
const MAX_ERRORS: usize = 1000;

/// What the callbacks know beside the text.
pub struct Cx {
    pub names: Interner,
    pub errors: Vec<LexError>,
    pub marks: Vec<LineMark>,
    /// The previous token ends a statement if a newline follows.
    pub need_semi: bool,
}

impl Cx {
    fn new(names: Interner) -> Cx {
        Cx { names, errors: vec![], marks: vec![], need_semi: false }
    }

    /// What was known so far, for another lexer; nothing stays here.
    pub fn take(&mut self) -> Cx {
        std::mem::replace(self, Cx::new(Interner::empty()))
    }

    pub fn error(&mut self, kind: LexErrorKind, lo: usize, hi: usize) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(LexError { kind, lo: lo as u32, hi: hi as u32 });
        }
    }
}

pub type Lex<'s> = Lexer<'s, Tok>;

/// In the order of the grammar's terminals, so that a terminal's number is cheap to tell.
#[derive(Logos, Clone, Copy, Debug, PartialEq)]
#[logos(extras = Cx)]
#[logos(skip r"[ \t\r]+")]
#[rustfmt::skip]
pub enum Tok {
    /// Also the keywords, until [`lex_into`] looks at them.
    #[regex(r"[A-Za-z_\u{80}-\u{10FFFF}]", scan::word)]
    Ident(Sym),

    #[regex(r"[0-9]|\.[0-9]", number::number)]
    #[token("'", scan::rune)]
    Lit(Lit),
    #[token("\"", scan::string)]
    #[token("`", scan::raw_string)]
    Str(Sym),

    #[token("/", |_| BinOp::Div)]
    #[token("%", |_| BinOp::Rem)]
    #[token("<<", |_| BinOp::Shl)]
    #[token(">>", |_| BinOp::Shr)]
    #[token("&^", |_| BinOp::AndNot)]
    #[token("==", |_| BinOp::Eq)]
    #[token("!=", |_| BinOp::Ne)]
    #[token("<", |_| BinOp::Lt)]
    #[token("<=", |_| BinOp::Le)]
    #[token(">", |_| BinOp::Gt)]
    #[token(">=", |_| BinOp::Ge)]
    #[token("&&", |_| BinOp::LAnd)]
    #[token("||", |_| BinOp::LOr)]
    BinOp(BinOp),
    #[token("+")] Plus,
    #[token("-")] Minus,
    #[token("*")] Star,
    #[token("&")] Amp,
    #[token("^")] Caret,
    #[token("|")] Pipe,
    #[token("!")] Not,
    #[token("~")] Tilde,
    #[token("<-")] Arrow,

    #[token("+=", |_| BinOp::Add)]
    #[token("-=", |_| BinOp::Sub)]
    #[token("*=", |_| BinOp::Mul)]
    #[token("/=", |_| BinOp::Div)]
    #[token("%=", |_| BinOp::Rem)]
    #[token("&=", |_| BinOp::And)]
    #[token("|=", |_| BinOp::Or)]
    #[token("^=", |_| BinOp::Xor)]
    #[token("<<=", |_| BinOp::Shl)]
    #[token(">>=", |_| BinOp::Shr)]
    #[token("&^=", |_| BinOp::AndNot)]
    OpAssign(BinOp),
    #[token("++", |_| BinOp::Add)]
    #[token("--", |_| BinOp::Sub)]
    IncDec(BinOp),
    #[token("=")] Assign,
    #[token(":=")] Define,

    #[token("...")] Ellipsis,
    #[token("(")] LParen,
    /// The `(` that opens a result list. Like the other tokens without a text here, the layout pass makes it, never the lexer.
    ResultParen,
    #[token(")")] RParen,
    #[token("[")] LBrack,
    /// The `[` that opens type parameters.
    TypeParamBrack,
    #[token("]")] RBrack,
    #[token("{")] LBrace,
    #[token("}")] RBrace,
    #[token(",")] Comma,
    #[token(".")] Dot,
    #[token("\n", newline)]
    #[token("//", line_comment)]
    #[token("/*", comment)]
    #[token(";", |_| SemiKind::Explicit)]
    Semi(SemiKind),
    #[token(":")] Colon,

    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    /// `func` of a declaration.
    FuncDecl,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
    Par,
    After,

    // The pieces of an interpolated string. The lexer takes the whole of `$"…"` as the first, and [`lex_into`] puts all in its place.
    #[token("$\"", interp::skip)]
    InterpOpen,
    InterpText(Sym),
    InterpClose,
    HoleOpen,
    HoleVerb(Sym),
    HoleClose,
}

/// The keywords. They are the first names of every [`Interner`], in this order.
pub const KEYWORDS: [(&str, Tok); 25] = [
    ("break", Tok::Break),
    ("case", Tok::Case),
    ("chan", Tok::Chan),
    ("const", Tok::Const),
    ("continue", Tok::Continue),
    ("default", Tok::Default),
    ("defer", Tok::Defer),
    ("else", Tok::Else),
    ("fallthrough", Tok::Fallthrough),
    ("for", Tok::For),
    ("func", Tok::Func),
    ("go", Tok::Go),
    ("goto", Tok::Goto),
    ("if", Tok::If),
    ("import", Tok::Import),
    ("interface", Tok::Interface),
    ("map", Tok::Map),
    ("package", Tok::Package),
    ("range", Tok::Range),
    ("return", Tok::Return),
    ("select", Tok::Select),
    ("struct", Tok::Struct),
    ("switch", Tok::Switch),
    ("type", Tok::Type),
    ("var", Tok::Var),
];

impl Tok {
    /// The name or text of a token that has one.
    pub fn sym(self) -> Sym {
        match self {
            Tok::Ident(s) | Tok::Str(s) | Tok::InterpText(s) | Tok::HoleVerb(s) => s,
            _ => unreachable!("the token has no name"),
        }
    }

    /// The literal of a token that is one.
    pub fn lit(self) -> Lit {
        match self {
            Tok::Lit(l) => l,
            _ => unreachable!("the token is no literal"),
        }
    }

    /// The operator of a token that has one.
    pub fn op(self) -> BinOp {
        match self {
            Tok::BinOp(op) | Tok::OpAssign(op) | Tok::IncDec(op) => op,
            _ => unreachable!("the token has no operator"),
        }
    }

    /// A newline after this token becomes a semicolon.
    pub fn ends_statement(self) -> bool {
        use Tok::*;
        matches!(
            self,
            Ident(_)
                | Lit(_)
                | Str(_)
                | Break
                | Continue
                | Fallthrough
                | Return
                | IncDec(_)
                | RParen
                | RBrack
                | RBrace
                | InterpClose
        )
    }

    /// An operand or a part of it may end with this token.
    pub fn ends_operand(self) -> bool {
        use Tok::*;
        matches!(self, Ident(_) | Lit(_) | Str(_) | InterpClose | RParen | RBrack | RBrace)
    }

    /// The layout pass may have something to do here, as at some names.
    pub fn concerns_layout(self) -> bool {
        use Tok::*;
        self.is_open() || self.is_close() || matches!(self, Semi(_) | Func | Case | Default)
    }

    pub fn is_open(self) -> bool {
        use Tok::*;
        matches!(self, LParen | ResultParen | LBrack | TypeParamBrack | LBrace | HoleOpen)
    }

    pub fn is_close(self) -> bool {
        use Tok::*;
        matches!(self, RParen | RBrack | RBrace | HoleClose)
    }
}

fn newline(l: &mut Lex) -> Filter<SemiKind> {
    if std::mem::take(&mut l.extras.need_semi) { Filter::Emit(SemiKind::Newline) } else { Filter::Skip }
}

fn line_comment(l: &mut Lex) -> Filter<SemiKind> {
    line::line_comment(l);
    Filter::Skip
}

/// A block comment; one that contains a newline counts as a newline.
fn comment(l: &mut Lex) -> Filter<SemiKind> {
    if line::comment(l) { newline(l) } else { Filter::Skip }
}

/// A token with its place.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    pub tok: Tok,
    pub lo: u32,
    pub hi: u32,
}

/// A text as tokens.
pub struct Lexed {
    pub tokens: Vec<Token>,
    pub names: Interner,
    pub errors: Vec<LexError>,
    /// In the order of their places.
    pub marks: Vec<LineMark>,
}

/// Lexes parts of a text, in its order. A byte order mark and a `#!` line at the beginning are passed over.
pub fn lex(text: &str, names: Interner, parts: &[Range<usize>]) -> Lexed {
    let mut cx = Cx::new(names);
    let bytes: usize = parts.iter().map(Range::len).sum();
    let mut tokens = Vec::with_capacity(bytes / 3 + 8);
    for part in parts {
        let own = &text[..part.end];
        let mut lexer = Tok::lexer_with_extras(own, cx);
        lexer.bump(if part.start == 0 { preface(own) } else { part.start });
        lex_into(&mut lexer, &mut tokens, 0);
        cx = lexer.extras;
    }
    if cx.need_semi {
        let end = parts.last().map_or(0, |p| p.end) as u32;
        tokens.push(Token { tok: Tok::Semi(SemiKind::Eof), lo: end, hi: end });
    }
    let Cx { names, errors, marks, .. } = cx;
    Lexed { tokens, names, errors, marks }
}

/// The length of what stands before a program: a byte order mark, a `#!` line.
fn preface(text: &str) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if text[mark..].starts_with("#!") {
        return memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
    }
    mark
}

/// Lexes up to the end of the lexer's text. `depth` is the number of interpolated strings around it.
///
/// Most of a text are blanks, line ends, names, brackets and commas, which one byte tells apart. Logos is asked for the rest.
pub fn lex_into(lexer: &mut Lex, out: &mut Vec<Token>, depth: u32) {
    let text = lexer.source();
    let mut at = lexer.span().end;
    while let Some(&first) = text.as_bytes().get(at) {
        let mut len = 1;
        let mut push = |cx: &mut Cx, tok: Tok, len: usize| {
            out.push(Token { tok, lo: at as u32, hi: (at + len) as u32 });
            cx.need_semi = tok.ends_statement();
        };
        match first {
            b' ' | b'\t' | b'\r' => {}
            b'\n' if lexer.extras.need_semi => push(&mut lexer.extras, Tok::Semi(SemiKind::Newline), 1),
            b'\n' => {}
            b'(' => push(&mut lexer.extras, Tok::LParen, 1),
            b')' => push(&mut lexer.extras, Tok::RParen, 1),
            b'[' => push(&mut lexer.extras, Tok::LBrack, 1),
            b']' => push(&mut lexer.extras, Tok::RBrack, 1),
            b'{' => push(&mut lexer.extras, Tok::LBrace, 1),
            b'}' => push(&mut lexer.extras, Tok::RBrace, 1),
            b',' => push(&mut lexer.extras, Tok::Comma, 1),
            b'A'..=b'Z' | b'a'..=b'z' | b'_' if let Some(n) = scan::ascii_name(&text.as_bytes()[at..]) => {
                len = n;
                let name = lexer.extras.names.intern_in(text, at, n);
                push(&mut lexer.extras, word(name), n);
            }
            _ => {
                lexer.bump(at - lexer.span().end);
                if !lex_other(lexer, out, depth) {
                    return;
                }
                at = lexer.span().end;
                continue;
            }
        }
        at += len;
    }
}

/// The keyword that a name is, or the name.
fn word(name: Sym) -> Tok {
    KEYWORDS.get(name.0 as usize).map_or(Tok::Ident(name), |&(_, keyword)| keyword)
}

/// Lexes the next token, whatever it is. Tells whether there was one.
fn lex_other(lexer: &mut Lex, out: &mut Vec<Token>, depth: u32) -> bool {
    let Some(t) = lexer.next() else { return false };
    let span = lexer.span();
    let (lo, mut hi) = (span.start as u32, span.end as u32);
    let tok = match t {
        Ok(Tok::Ident(name)) => word(name),
        Ok(Tok::InterpOpen) => {
            interp::expand(lexer, out, depth);
            lexer.extras.need_semi = true;
            return true;
        }
        // A newline token stands where its newline is.
        Ok(tok @ Tok::Semi(SemiKind::Newline)) => {
            hi = lo + 1;
            tok
        }
        Ok(tok) => tok,
        Err(()) => {
            let c = lexer.slice().chars().next().unwrap_or('\0');
            let kind = if c == '\0' { LexErrorKind::Nul } else { LexErrorKind::BadChar(c) };
            lexer.extras.error(kind, span.start, span.end);
            // A name in its place keeps the consequences on its line.
            Tok::Ident(lexer.extras.names.intern(lexer.slice()))
        }
    };
    out.push(Token { tok, lo, hi });
    lexer.extras.need_semi = tok.ends_statement();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told by one byte must be what the rules say that Logos has.
    #[test]
    fn quick_tokens_are_those_of_the_rules() {
        let ascii = || (0..128u8).map(char::from);
        let pairs = ascii().flat_map(|a| ascii().map(move |b| [format!("{a}{b}"), format!("x{a}{b}y\n")]));
        for text in pairs.flatten().chain(["été x\n".into(), "xé\n)\n".into(), "break\n".into()]) {
            let (mut quick, mut by_rules) = (vec![], vec![]);
            let lexer = || Tok::lexer_with_extras(&text, Cx::new(Interner::default()));
            lex_into(&mut lexer(), &mut quick, 0);
            let mut rules = lexer();
            while lex_other(&mut rules, &mut by_rules, 0) {}
            let plain = |v: &[Token]| v.iter().map(|t| (t.tok, t.lo, t.hi)).collect::<Vec<_>>();
            assert_eq!(plain(&quick), plain(&by_rules), "{text:?}");
        }
    }
}

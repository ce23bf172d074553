//! Syntax errors in Go's words: from the token that did not fit and the tokens that would have.
//!
//! The set that LALRPOP gives is exact, since it tries every terminal. Together with the place (see [`crate::place`])
//! it tells which of Go's messages fits. The rules are tried in order, each in a function of its own.

use crate::ast::Interner;
use crate::diag::{Code, Diagnostic};
use crate::foreign;
use crate::layout::{Repair, skip};
use crate::place::{Place, Where, place, statement_start, unclosed_brace};
use crate::span::Span;
use crate::spell::{describe, spell, terminal};
use crate::token::{SemiKind, Tok, Token};
use lalrpop_util::ParseError;

pub type SyntaxError = ParseError<u32, Tok, ()>;

/// The tokens of a text and what is needed to talk about them.
pub struct Reporter<'a> {
    pub text: &'a str,
    pub base: u32,
    pub tokens: &'a [Token],
    pub names: &'a Interner,
}

/// The expected set as flags.
#[derive(Default, Debug)]
struct Want {
    name: bool,
    literal: bool,
    binop: bool,
    comma: bool,
    semi: bool,
    colon: bool,
    lparen: bool,
    rparen: bool,
    rbrack: bool,
    lbrace: bool,
    rbrace: bool,
    hole_close: bool,
    assign: bool,
    define: bool,
    /// A statement's keyword.
    statement: bool,
    /// A type's keyword.
    ty: bool,
    count: usize,
}

impl Want {
    fn of(expected: &[String]) -> Want {
        let has = |s: &str| expected.iter().any(|x| x.trim_matches('"') == s);
        Want {
            name: has("ident"),
            literal: has("lit"),
            binop: has("binop"),
            comma: has(","),
            semi: has(";"),
            colon: has(":"),
            lparen: has("(") || has("(res"),
            rparen: has(")"),
            rbrack: has("]"),
            lbrace: has("{"),
            rbrace: has("}"),
            hole_close: has("}hole"),
            assign: has("="),
            define: has(":="),
            statement: has("if"),
            ty: has("map"),
            count: expected.len(),
        }
    }
}

/// A token that did not fit, with all that the rules look at.
struct Misfit<'e> {
    /// Its index; the number of tokens at the end.
    i: usize,
    tok: Tok,
    name: String,
    want: Want,
    expected: &'e [String],
    place: Place,
    /// The first token of its statement.
    start: usize,
}

impl Reporter<'_> {
    /// The first errors, by position: the first on each line, and not many more than are told in the end, for each costs a
    /// walk over the tokens before it.
    pub fn parse_errors(&self, errors: &[SyntaxError]) -> Vec<Diagnostic> {
        let mut end_of_line = None;
        let mut out = vec![];
        for (i, expected) in self.sorted(errors) {
            let at = self.span(i).lo;
            if end_of_line.is_some_and(|end| at < end) {
                continue;
            }
            let rest = self.text.as_bytes().get((at - self.base) as usize..).unwrap_or_default();
            end_of_line = Some(at + memchr::memchr(b'\n', rest).unwrap_or(rest.len()) as u32);
            out.push(self.misfit(i, expected));
            if out.len() >= 4 * crate::MAX_ERRORS {
                break;
            }
        }
        out
    }

    fn sorted<'e>(&self, errors: &'e [SyntaxError]) -> Vec<(usize, &'e [String])> {
        let mut v: Vec<_> = errors.iter().map(|e| self.misplaced(e)).collect();
        v.sort_by_key(|p| p.0);
        v
    }

    /// The first newline in a list where a comma should be, if the list is closed and holds nothing that only statements
    /// have, so that a comma makes it good; and what there is to say about it.
    pub fn missing_comma(&self, errors: &[SyntaxError]) -> Option<(usize, Diagnostic)> {
        let newline = |p: &(usize, &[String])| self.tok(p.0) == Some(Tok::Semi(SemiKind::Newline));
        let found = self.sorted(errors).into_iter().filter(newline).take(crate::MAX_ERRORS).find(|&(i, _)| {
            let p = place(self.tokens, i);
            let list = matches!(p.at, Where::Literal | Where::Call | Where::Params | Where::Index | Where::TypeParams);
            list && p.open.is_some_and(|o| is_list(self.tokens, o))
        });
        found.map(|(i, expected)| (i, self.misfit(i, expected)))
    }

    /// The token that did not fit, and what would have.
    fn misplaced<'e>(&self, e: &'e SyntaxError) -> (usize, &'e [String]) {
        let index = |pos: u32| self.tokens.partition_point(|t| t.lo < pos - self.base);
        match e {
            ParseError::UnrecognizedToken { token, expected } => (index(token.0), expected),
            ParseError::ExtraToken { token } => (index(token.0), &[]),
            ParseError::UnrecognizedEof { expected, .. } => (self.tokens.len(), expected),
            ParseError::InvalidToken { .. } | ParseError::User { .. } => (self.tokens.len(), &[]),
        }
    }

    fn span(&self, i: usize) -> Span {
        let end = self.text.len() as u32;
        let (lo, hi) = self.tokens.get(i).map_or((end, end), |t| (t.lo, t.hi));
        Span::new(self.base + lo, self.base + hi)
    }

    fn tok(&self, i: usize) -> Option<Tok> {
        self.tokens.get(i).map(|t| t.tok)
    }

    /// The name at `i`, or nothing.
    fn word(&self, i: usize) -> &str {
        match self.tok(i) {
            Some(Tok::Ident(s)) => self.names.get(s),
            _ => "",
        }
    }

    fn keyword(&self, i: usize) -> &'static str {
        self.tok(i).map_or("", spell)
    }

    fn misfit(&self, i: usize, expected: &[String]) -> Diagnostic {
        let want = Want::of(expected);
        let place = place(self.tokens, i);
        let Some(tok) = self.tok(i).filter(|&t| t != Tok::Semi(SemiKind::Eof)) else {
            return self.at_end(i, &want, &place);
        };
        let name = describe(tok, self.names);
        let m = Misfit { i, tok, name, want, expected, place, start: statement_start(self.tokens, i) };
        self.foreign_word(&m)
            .or_else(|| self.stray(&m))
            .or_else(|| self.header(&m))
            .or_else(|| self.interface_method(&m))
            .or_else(|| self.after_keyword(&m))
            .or_else(|| self.declaration(&m))
            .or_else(|| self.list(&m))
            .or_else(|| self.operand_or_end(&m))
            .unwrap_or_else(|| self.expected_tokens(&m))
    }

    fn error(&self, m: &Misfit, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(Code::Syntax, self.span(m.i), message)
    }

    /// The text ends here. At the prompt more lines may complete it, but not behind an inserted semicolon.
    fn at_end(&self, i: usize, want: &Want, p: &Place) -> Diagnostic {
        let end = |message: String| Diagnostic::error(Code::UnexpectedEnd, self.span(i), message);
        if i > 0 && self.tok(i - 1) == Some(Tok::Semi(SemiKind::Eof)) && self.tok(i).is_none() {
            let header = p.header.filter(|&h| matches!(self.tok(h), Some(Tok::If | Tok::For | Tok::Switch)));
            if let Some(h) = header {
                let message = format!("unexpected newline, expected {{ after {} clause", self.keyword(h));
                return Diagnostic::error(Code::Syntax, self.span(i - 1), message);
            }
        }
        let detached = |o: &usize| {
            let newline = *o > 0 && self.tok(*o - 1) == Some(Tok::Semi(SemiKind::Newline));
            newline && self.tok(*o) == Some(Tok::LBrace) && self.tok(0) == Some(Tok::Package)
        };
        if let Some(o) = p.outermost.filter(detached) {
            let message = "unexpected semicolon or newline before {";
            let d = Diagnostic::error(Code::Syntax, self.span(o), message);
            return d.help("the opening brace must be on the same line");
        }
        let mut d = match p.open {
            Some(o) => {
                let close = match self.tok(o) {
                    Some(Tok::LBrace | Tok::HoleOpen) => "}",
                    Some(Tok::LBrack | Tok::TypeParamBrack) => "]",
                    _ => ")",
                };
                let d = end(format!("unexpected EOF, expected {close}"));
                d.related(self.span(o), format!("this {} is never closed", self.keyword(o)))
            }
            None if want.literal => end("unexpected EOF, expected expression".into()),
            None => end("unexpected EOF".into()),
        };
        let unclosed = p.outermost.and_then(|o| unclosed_brace(self.text, self.tokens, o, i));
        if let Some(g) = unclosed.filter(|&g| Some(g) != p.open) {
            d = d.related(self.span(g), "judging by the indentation, this one lacks its closing brace");
        }
        d.incomplete = self.tok(i).is_none();
        d.label("the text ends here")
    }

    fn foreign_word(&self, m: &Misfit) -> Option<Diagnostic> {
        let k = self.foreign_candidate(m)?;
        let help = foreign::help(self.word(k))?;
        let message = format!("{} is not a keyword", self.word(k));
        Some(Diagnostic::error(Code::ForeignWord, self.span(k), message).help(help))
    }

    /// Where a word of another language would be: first in the statement with the misfit next to it, first in the statement
    /// with braces behind it that then were a literal's, or behind a closing brace.
    fn foreign_candidate(&self, m: &Misfit) -> Option<usize> {
        if m.i <= m.start + 1 {
            return Some(m.start);
        }
        if matches!(self.tok(m.i), Some(Tok::Ident(_))) && self.tok(m.i - 1) == Some(Tok::RBrace) {
            return Some(m.i);
        }
        let brace = m.place.open.filter(|_| m.place.at == Where::Literal)?;
        let word = brace.checked_sub(1)?;
        (statement_start(self.tokens, brace) == word).then_some(word)
    }

    /// A closing brace or an `else` with nothing before it.
    fn stray(&self, m: &Misfit) -> Option<Diagnostic> {
        match m.tok {
            Tok::RBrace if m.place.open.is_none() => {
                Some(self.error(m, "unexpected } without an opening {").label("nothing to close"))
            }
            Tok::Else => {
                let help = "`else` must be on the line of the closing brace: `} else {`";
                Some(self.error(m, "unexpected keyword else").help(help))
            }
            _ => None,
        }
    }

    fn header(&self, m: &Misfit) -> Option<Diagnostic> {
        const SAME_LINE: &str = "the opening brace must be on the same line";
        let newline = m.tok == Tok::Semi(SemiKind::Newline);
        if let Some(h) = m.place.header {
            let clause = match self.tok(h) {
                Some(Tok::Func | Tok::FuncDecl) => None,
                _ => Some(self.keyword(h)),
            };
            if newline && self.tok(m.i + 1) == Some(Tok::LBrace) {
                if clause == Some("for") && self.first_semicolon(h, m.i) {
                    return Some(self.loop_condition(m.i + 1));
                }
                let message = match clause {
                    Some(c) => format!("unexpected newline, expected {{ after {c} clause"),
                    None => "unexpected semicolon or newline before {".into(),
                };
                return Some(self.error(m, message).label("the line ends here").help(SAME_LINE));
            }
            if let Some(c) = clause {
                if c == "for" && self.word(m.i) == "in" {
                    let d = self.error(m, "unexpected name in, expected { after for clause");
                    return Some(d.help("write `for i, x := range xs { … }`"));
                }
                if m.want.lbrace && m.want.binop {
                    let d = self.error(m, format!("unexpected {}, expected {{ after {c} clause", m.name));
                    let d = d.related(self.span(h), format!("this {c}"));
                    let help = "the body is written in braces that open on the same line";
                    return Some(if newline || m.tok == Tok::Colon { d.help(help) } else { d });
                }
            }
        }
        let after_newline = m.i > 0 && self.tok(m.i - 1) == Some(Tok::Semi(SemiKind::Newline));
        if m.tok != Tok::LBrace || !after_newline {
            return None;
        }
        if let Some(h) = m.place.header.filter(|&h| self.tok(h) == Some(Tok::For)) {
            if self.first_semicolon(h, m.i - 1) {
                return Some(self.loop_condition(m.i));
            }
            let message = "unexpected newline, expected { after for clause";
            let d = Diagnostic::error(Code::Syntax, self.span(m.i - 1), message);
            return Some(d.label("the line ends here").help(SAME_LINE));
        }
        let top = m.place.at == Where::Top;
        top.then(|| self.error(m, "unexpected semicolon or newline before {").help(SAME_LINE))
    }

    /// Only the first part of a `for` has ended there.
    fn first_semicolon(&self, header: usize, semi: usize) -> bool {
        !self.tokens[header..semi].iter().any(|t| matches!(t.tok, Tok::Semi(_)))
    }
    /// `for x` and a newline before the brace: the newline ends the first of three parts.
    fn loop_condition(&self, brace: usize) -> Diagnostic {
        let message = "unexpected {, expected for loop condition";
        let d = Diagnostic::error(Code::Syntax, self.span(brace), message);
        d.help("the opening brace must be on the same line as `for`")
    }

    /// A `case` or `default` behind a statement on its line. The grammar, in which a clause's last statement needs no end, takes it.
    pub fn late_clause(&self, clause: &Token) -> Diagnostic {
        let message = format!("unexpected keyword {} at end of statement", spell(clause.tok));
        let span = Span::new(self.base + clause.lo, self.base + clause.hi);
        Diagnostic::error(Code::Syntax, span, message).label("expected a newline or ;")
    }

    /// `m[T any](x T)` in an interface: what was read is the type `m[T]`.
    fn interface_method(&self, m: &Misfit) -> Option<Diagnostic> {
        let named = |k: usize| k > 0 && matches!(self.tok(k - 1), Some(Tok::Ident(_)));
        let bracket = match (m.place.at, m.place.around) {
            (Where::Index, Where::Interface) => m.place.open.filter(|&o| named(o))?,
            (Where::Interface, _) if m.tok == Tok::LParen && self.tok(m.i - 1) == Some(Tok::RBrack) => m.i,
            _ => return None,
        };
        let message = "interface method must have no type parameters";
        let d = Diagnostic::error(Code::Syntax, self.span(bracket), message);
        Some(d.help("methods of concrete types may have them, but no interface asks for such a method"))
    }

    /// What the token before says about what is missing.
    fn after_keyword(&self, m: &Misfit) -> Option<Diagnostic> {
        let prev = self.tok(m.i.checked_sub(1)?)?;
        let w = &m.want;
        let name = &m.name;
        let message = match prev {
            Tok::If | Tok::For | Tok::Switch if m.tok == Tok::Var => {
                let message = format!("var declaration not allowed in {} initializer", spell(prev));
                return Some(self.error(m, message).help("use `name := value`"));
            }
            Tok::Comma if m.place.at == Where::Call && m.i >= 2 && self.tok(m.i - 2) == Some(Tok::Ellipsis) => {
                "can only use ... with final argument in list".into()
            }
            Tok::Else => "else must be followed by if or statement block".into(),
            Tok::Ellipsis if w.ty => "... is missing type".into(),
            Tok::Chan | Tok::Arrow if w.ty && !w.literal => "missing channel element type".into(),
            Tok::Func if m.tok == Tok::LBrack => "function type must have no type parameters".into(),
            _ if m.place.at == Where::TypeParams && w.name && w.count <= 2 => "missing type parameter name".into(),
            _ if w.ty
                && w.name
                && !w.literal
                && self.tok(m.start) == Some(Tok::Type)
                && matches!(m.tok, Tok::Semi(_)) =>
            {
                format!("unexpected {name} in type declaration")
            }
            _ => return None,
        };
        Some(self.error(m, message))
    }

    fn declaration(&self, m: &Misfit) -> Option<Diagnostic> {
        if m.tok == Tok::Define && !m.want.define {
            let in_var = matches!(self.tok(m.start), Some(Tok::Var | Tok::Const));
            if in_var || m.place.at == Where::Group {
                return Some(self.error(m, "unexpected :=, expected =").help("`var x = 1` or `x := 1`, not both"));
            }
        }
        let list = m.want.define && m.want.assign && m.want.comma && matches!(m.tok, Tok::Semi(_));
        list.then(|| self.error(m, format!("unexpected {}, expected := or = or comma", m.name)))
    }

    fn list(&self, m: &Misfit) -> Option<Diagnostic> {
        let w = &m.want;
        if w.semi {
            return None;
        }
        if w.hole_close {
            let d = self.error(m, format!("unexpected {}, expected }}", m.name));
            return Some(self.with_opening(d, m, "opened here"));
        }
        let close = if w.rparen {
            ")"
        } else if w.rbrack {
            "]"
        } else {
            "}"
        };
        if w.comma && (w.rparen || w.rbrack || w.rbrace) {
            let what = match m.place.at {
                Where::Call => "argument list",
                Where::Params => "parameter list",
                Where::Index => "index or type arguments",
                Where::TypeParams => "type parameter list",
                Where::Literal => "composite literal",
                Where::Paren => "parentheses",
                Where::Top | Where::Group | Where::Struct | Where::Interface => "list",
                Where::Switch | Where::Block | Where::Hole => "list",
            };
            let d = self.error(m, format!("unexpected {} in {what}; possibly missing comma or {close}", m.name));
            let d = self.with_opening(d, m, "the list opens here");
            if m.tok != Tok::Semi(SemiKind::Newline) {
                return Some(d);
            }
            return Some(d.help(format!(
                "in a list over several lines every line ends with a comma, or with the closing {close}"
            )));
        }
        if (w.binop || w.count == 1) && (w.rparen || w.rbrack) {
            let d = self.error(m, format!("unexpected {}, expected {close}", m.name));
            return Some(self.with_opening(d, m, "opened here"));
        }
        (w.colon && w.comma).then(|| self.error(m, format!("unexpected {}, expected :", m.name)))
    }

    fn with_opening(&self, d: Diagnostic, m: &Misfit, text: &str) -> Diagnostic {
        match m.place.open {
            Some(o) => d.related(self.span(o), text),
            None => d,
        }
    }

    fn operand_or_end(&self, m: &Misfit) -> Option<Diagnostic> {
        let w = &m.want;
        if w.literal && w.name {
            let what = if w.statement { "statement" } else { "expression" };
            let d = self.error(m, format!("unexpected {}, expected {what}", m.name));
            let help = "++ and -- are statements and come after the operand: `x++`";
            return Some(if matches!(m.tok, Tok::IncDec(_)) { d.help(help) } else { d });
        }
        let group = match m.place.at {
            Where::Struct => Some(("struct type", "}")),
            Where::Interface => Some(("interface type", "}")),
            Where::Group => Some(("grouped declaration", ")")),
            _ => None,
        };
        if let Some((what, close)) = group.filter(|_| w.semi) {
            let message = format!("unexpected {} in {what}; possibly missing semicolon or newline or {close}", m.name);
            return Some(self.error(m, message));
        }
        if w.semi && w.binop {
            let d = self.error(m, format!("unexpected {} at end of statement", m.name));
            return Some(match m.tok {
                // `int q`
                Tok::Ident(_) if m.i > 0 && m.start == m.i - 1 && !self.word(m.start).is_empty() => {
                    let (ty, name) = (self.word(m.start), self.word(m.i));
                    d.help(format!("a declaration has the type after the name: `var {name} {ty}`"))
                }
                Tok::IncDec(_) | Tok::OpAssign(_) => d.help("an assignment is a statement, not an expression"),
                _ => d,
            });
        }
        if w.semi && !w.name {
            let top = m.place.at == Where::Top && self.tok(0) == Some(Tok::Package);
            let after = if top { "after top level declaration" } else { "at end of statement" };
            return Some(self.error(m, format!("unexpected {} {after}", m.name)).label("expected a newline or ;"));
        }
        (w.ty && w.name).then(|| self.error(m, format!("unexpected {}, expected type", m.name)))
    }

    /// Nothing better to say: what would have fitted, if that is not too much.
    fn expected_tokens(&self, m: &Misfit) -> Diagnostic {
        if m.want.name && m.want.count <= 2 {
            let or = if m.want.lparen { " or (" } else { "" };
            return self.error(m, format!("unexpected {}, expected name{or}", m.name));
        }
        if (1..=4).contains(&m.want.count) {
            let v: Vec<&str> = m.expected.iter().map(|s| terminal(s)).collect();
            return self.error(m, format!("unexpected {}, expected {}", m.name, v.join(" or ")));
        }
        self.error(m, format!("unexpected {}", m.name))
    }

    /// A bracket that was still open where a declaration begins.
    pub fn repair(&self, r: &Repair) -> Diagnostic {
        let global = |lo: u32, hi: u32| Span::new(self.base + lo, self.base + hi);
        let message = "unexpected func: something before it is not closed";
        let d =
            Diagnostic::error(Code::Unclosed, global(r.at.0, r.at.1), message).label("a new declaration starts here");
        let i = self.tokens.partition_point(|t| t.lo < r.at.0);
        let p = place(self.tokens, i);
        match p.outermost.and_then(|o| unclosed_brace(self.text, self.tokens, o, i)) {
            Some(g) => d.related(self.span(g), "judging by the indentation, this is never closed"),
            None => d.related(global(r.open, r.open + 1), "this is never closed"),
        }
    }

    /// A bracket too many, or the token at which the parser gave up.
    pub fn too_deep(&self, at: Token) -> Diagnostic {
        let span = Span::new(self.base + at.lo, self.base + at.hi);
        Diagnostic::error(Code::TooDeep, span, "nested too deeply")
            .help(format!("at most {} levels; name a part of it", crate::layout::MAX_BRACKETS))
    }
}

/// Is the bracket at `open` closed by its like, with nothing directly within it that only statements have?
fn is_list(t: &[Token], open: usize) -> bool {
    use Tok::*;
    let Some(end) = skip(t, open) else { return false };
    let close = match t[open].tok {
        LBrace => RBrace,
        LBrack | TypeParamBrack => RBrack,
        _ => RParen,
    };
    let mut depth = 0usize;
    t[end - 1].tok == close
        && t[open + 1..end - 1].iter().all(|x| {
            if x.tok.is_open() {
                depth += 1;
            } else if x.tok.is_close() {
                depth -= 1;
            }
            let statement = matches!(x.tok, Define | Assign | OpAssign(_) | IncDec(_) | Semi(SemiKind::Explicit))
                || matches!(
                    x.tok,
                    If | For | Switch | Select | Return | Var | Const | Type | Case | Default | Go | Defer
                );
            depth > 0 || !statement
        })
}

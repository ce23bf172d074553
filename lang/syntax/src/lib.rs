//! The front of gol: sources, tokens, layout, grammar, tree, syntax diagnostics. Knows no types and no bytecode.
//!
//! [`parse`] turns one source into statements of an [`ast::Ast`] and never fails: it returns what could be understood and
//! the diagnostics. In reading order: [`token`] (with [`scan`], [`number`], [`interp`]), [`layout`] (with [`words`]), the
//! grammar, [`builder`] (with [`depth`], [`check`], [`branches`]), [`errors`] (with [`place`], [`lexical`]).
#![deny(unsafe_code)]

pub mod ast;
pub mod diag;
pub mod dump;
pub mod prompt;
pub mod span;

mod branches;
mod builder;
mod check;
mod decode;
mod depth;
mod errors;
mod foreign;
mod interp;
mod layout;
mod lexical;
mod number;
mod patience;
mod place;
mod scan;
mod spell;
mod token;
mod unicode;
mod words;

lalrpop_util::lalrpop_mod!(
    #[allow(clippy::all, unused)]
    grammar
);

pub use decode::decode;
pub use dump::dump;
pub use prompt::{TokenClass, incomplete, tokens};
pub use scan::{LexError, LexErrorKind};

use ast::{Ast, StmtId};
use builder::Builder;
use diag::{Code, Diagnostic};
use errors::{Reporter, SyntaxError};
use layout::Layout;
use patience::Patience;
use scan::LexErrorKind::BadChar;
use span::Source;
use token::{Lexed, Tok, Token};

/// At most so many syntax errors are told about one source.
pub const MAX_ERRORS: usize = 10;

/// What one source text became.
pub struct Parsed {
    /// Top-level statements in order: package clause, imports, declarations, and in scripts any statement.
    pub items: Vec<StmtId>,
    /// Sorted by position.
    pub diagnostics: Vec<Diagnostic>,
    /// The text has no package clause.
    pub script: bool,
}

/// Parses a source. Nesting is bounded, so later passes may recurse over the tree.
pub fn parse(ast: &mut Ast, source: &Source) -> Parsed {
    parse_decoded(ast, source, &[])
}

/// Parses a source whose text came from [`decode`], with the problems found there.
pub fn parse_decoded(ast: &mut Ast, source: &Source, problems: &[LexError]) -> Parsed {
    parse_text(ast, &source.text, source.base, problems)
}

fn parse_text(ast: &mut Ast, text: &str, base: u32, problems: &[LexError]) -> Parsed {
    let Lexed { mut tokens, names, errors } = token::lex(text, std::mem::take(&mut ast.names));
    let layout = layout::layout(text, &mut tokens, &names);
    ast.names = names;
    let script = tokens.first().is_none_or(|t| t.tok != Tok::Package);

    let mut diagnostics: Vec<Diagnostic> = problems.iter().map(|e| lexical::diagnostic(text, base, e)).collect();
    // Where bytes were invalid, the lexer complains about their stand-ins.
    let stand_in = |e: &&LexError| problems.is_empty() || e.kind != BadChar(decode::STAND_IN);
    diagnostics.extend(errors.iter().filter(stand_in).map(|e| lexical::diagnostic(text, base, e)));

    let items = if let Some(open) = layout.too_deep {
        let r = Reporter { text, base, tokens: &tokens, names: &ast.names };
        diagnostics.push(r.too_deep(open));
        vec![]
    } else {
        parse_tokens(ast, text, base, &tokens, &layout, script, &mut diagnostics)
    };
    diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
    Parsed { items, diagnostics: filter(text, base, diagnostics), script }
}

#[allow(clippy::too_many_arguments)] // the one step between tokens and tree
fn parse_tokens(
    ast: &mut Ast,
    text: &str,
    base: u32,
    tokens: &[Token],
    layout: &Layout,
    script: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<StmtId> {
    let patience = Patience::default();
    let mut b = Builder::new(ast, text, base, &patience);
    let placed = tokens.iter().map(|t| (base + t.lo, t.tok, base + t.hi)).take_while(|_| patience.lasts());
    let (items, fatal) = match grammar::FileParser::new().parse(&mut b, placed) {
        Ok(items) => {
            b.check_top(&items, script);
            if script {
                b.check_top_branches(&items);
            }
            (items, None)
        }
        Err(e) => (vec![], Some(e)),
    };
    let Builder { errors, recoveries, .. } = b;
    let r = Reporter { text, base, tokens, names: &ast.names };
    diagnostics.extend(layout.repairs.iter().map(|x| r.repair(x)));
    // The end is no error where the tokens were ended.
    let given_up = patience.given_up_at();
    let real = |e: &&SyntaxError| given_up.is_none() || !matches!(e, SyntaxError::UnrecognizedEof { .. });
    diagnostics.extend(r.parse_errors(recoveries.iter().map(|(_, e)| &e.error).chain(&fatal).filter(real)));
    diagnostics.extend(errors);
    if let Some(&stopped) = given_up.and_then(|i| tokens.get(i))
        && diagnostics.is_empty()
    {
        diagnostics.push(r.too_deep(stopped));
    }
    items
}

/// One error a line, no consequences of earlier ones, not too many. The list is sorted.
fn filter(text: &str, base: u32, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = vec![];
    let mut line_of_last = None;
    let (mut line, mut at) = (0usize, 0usize);
    let mut last_message = String::new();
    for d in diagnostics {
        let follows = |m: &str| m.ends_with("after top level declaration") || m.ends_with("expected statement");
        let again = d.message == last_message && follows(&d.message);
        let stray = d.message.starts_with("unexpected }") && !d.message.ends_with("expected expression")
            || ["unexpected )", "unexpected keyword case", "unexpected keyword default"]
                .iter()
                .any(|s| d.message.starts_with(s) && d.message.ends_with("expected statement"));
        let consequence = d.code == Code::Syntax && (again || stray);
        let drop = !last_message.is_empty() && consequence;
        last_message.clone_from(&d.message);
        if drop {
            continue;
        }
        let pos = (d.span.lo.saturating_sub(base) as usize).min(text.len());
        if pos > at {
            line += memchr::memchr_iter(b'\n', &text.as_bytes()[at..pos]).count();
            at = pos;
        }
        if line_of_last.replace(line) != Some(line) {
            kept.push(d);
            if kept.len() == MAX_ERRORS {
                break;
            }
        }
    }
    kept
}

//! From a text to a tree and its diagnostics: the passes in their order.
//!
//! A list that lacks a comma at the end of a line would be given up by the parser's error recovery, with a complaint for
//! each line of the rest. So the comma is put in and the tokens are parsed again; nodes of the first parse stay unused.

use crate::MAX_ERRORS;
use crate::ast::{Ast, StmtId};
use crate::builder::Builder;
use crate::diag::{Code, Diagnostic};
use crate::errors::{Reporter, SyntaxError};
use crate::patience::Patience;
use crate::scan::LexErrorKind::BadChar;
use crate::span::Span;
use crate::token::{Lexed, Tok, Token};
use crate::{LexError, Mentions, Parsed, decode, grammar, layout, lexical, recovery, token};
use std::ops::Range;

/// So many commas are put in; each costs another parse.
const MAX_COMMAS: usize = MAX_ERRORS;

#[derive(Clone, Copy)]
struct Input<'a> {
    text: &'a str,
    base: u32,
    script: bool,
}

/// What one parse of the tokens gave.
struct Attempt {
    items: Vec<StmtId>,
    /// What broke the grammar, in the order of the recoveries.
    misfits: Vec<SyntaxError>,
    /// What broke the rules beside it.
    errors: Vec<Diagnostic>,
    /// The token before which the parser gave up.
    given_up: Option<usize>,
    mentions: Mentions,
}

/// Parses the parts of a text, which lie in its order; the rest of it is passed over.
pub fn parse_text(ast: &mut Ast, text: &str, base: u32, problems: &[LexError], parts: &[Range<usize>]) -> Parsed {
    let first = ast.expr_count();
    let Lexed { mut tokens, names, errors, marks } = token::lex(text, ast.take_names(), parts);
    let layout = layout::layout(text, &mut tokens, &names);
    ast.names = names;
    ast.reserve(tokens.len());
    let script = tokens.first().is_none_or(|t| t.tok != Tok::Package);
    let input = Input { text, base, script };

    let mut diagnostics: Vec<Diagnostic> = problems.iter().map(|e| lexical::diagnostic(text, base, e)).collect();
    // Where bytes were invalid, the lexer complains about their stand-ins.
    let stand_in = |e: &&LexError| problems.is_empty() || e.kind != BadChar(decode::STAND_IN);
    diagnostics.extend(errors.iter().filter(stand_in).map(|e| lexical::diagnostic(text, base, e)));

    let r = Reporter { text, base, tokens: &tokens, names: &ast.names };
    diagnostics.extend(layout.repairs.iter().map(|x| r.repair(x)));
    diagnostics.extend(layout.too_deep.map(|open| r.too_deep(open)));
    let (items, mentions) = match layout.too_deep {
        Some(_) => Default::default(),
        None => parse_tokens(ast, input, &mut tokens, &layout.late, &mut diagnostics),
    };
    let place = |r: &Range<usize>| Span::new(base + r.start as u32, base + r.end as u32);
    ast.add_parts(first, parts.iter().map(place));
    diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
    Parsed { items, diagnostics: filter(text, base, diagnostics), script, marks, mentions }
}

fn parse_tokens(
    ast: &mut Ast,
    input: Input,
    tokens: &mut Vec<Token>,
    late: &[Token],
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<StmtId>, Mentions) {
    let mut commas = 0;
    loop {
        let a = attempt(ast, input, tokens);
        let r = Reporter { text: input.text, base: input.base, tokens, names: &ast.names };
        if commas < MAX_COMMAS
            && let Some((i, d)) = r.missing_comma(&a.misfits)
        {
            commas += 1;
            diagnostics.push(d);
            if tokens.get(i + 1).is_some_and(|t| t.tok.is_close()) {
                tokens.remove(i);
            } else {
                tokens[i].tok = Tok::Comma;
            }
            continue;
        }
        diagnostics.extend(r.parse_errors(&a.misfits));
        diagnostics.extend(late.iter().map(|t| r.late_clause(t)));
        diagnostics.extend(a.errors);
        if let Some(&stopped) = a.given_up.and_then(|i| tokens.get(i))
            && diagnostics.is_empty()
        {
            diagnostics.push(r.too_deep(stopped));
        }
        return (a.items, a.mentions);
    }
}

fn attempt(ast: &mut Ast, input: Input, tokens: &[Token]) -> Attempt {
    if let Some(found) = without_errors(ast, input, tokens) {
        return found;
    }
    let base = input.base;
    let patience = Patience::default();
    let mut b = Builder::new(ast, input.text, base, &patience);
    let placed = tokens.iter().map(|t| (base + t.lo, t.tok, base + t.hi)).take_while(|_| patience.lasts());
    let (items, fatal) = match recovery::FileParser::new().parse(&mut b, placed) {
        Ok(items) => (b.end_items(items, input.script), None),
        Err(e) => (vec![], Some(e)),
    };
    let (errors, recoveries, mentions) = b.end();
    let given_up = patience.given_up_at();
    // The end is no error where the tokens were ended.
    let real = |e: &SyntaxError| given_up.is_none() || !matches!(e, SyntaxError::UnrecognizedEof { .. });
    let misfits = recoveries.into_iter().map(|(_, e)| e.error).chain(fatal).filter(real).collect();
    Attempt { items, misfits, errors, given_up, mentions }
}

/// What tokens give that follow the grammar. Of others nothing stays but nodes that nothing refers to.
fn without_errors(ast: &mut Ast, input: Input, tokens: &[Token]) -> Option<Attempt> {
    let base = input.base;
    let patience = Patience::default();
    let mut b = Builder::new(ast, input.text, base, &patience);
    let placed = tokens.iter().map(|t| (base + t.lo, t.tok, base + t.hi));
    let items = grammar::FileParser::new().parse(&mut b, placed).ok();
    let items = items.map(|items| b.end_items(items, input.script));
    let (errors, _, mentions) = b.end();
    Some(Attempt { items: items?, misfits: vec![], errors, given_up: None, mentions })
}

/// One error a line, no consequences of earlier ones, not too many. The list is sorted.
fn filter(text: &str, base: u32, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = vec![];
    let mut line_of_last = None;
    let (mut line, mut at) = (0usize, 0usize);
    let mut last_message = String::new();
    let mut syntax = 0;
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
            // A rule that is broken often is told of every time: it leads to no further errors.
            syntax += usize::from(!d.code.text().starts_with("E02"));
            kept.push(d);
            if syntax == MAX_ERRORS {
                break;
            }
        }
    }
    kept
}

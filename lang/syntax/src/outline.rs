//! Outlines: a text of the library is parsed without the bodies of its functions; each is parsed when something needs it.
//!
//! Where a body lies is told by the layout that the library keeps: the line of a function begins with `func` and ends in `{`, and the
//! first line after it that begins with `}` ends the function. Other functions (in one line, or with a head of several lines) are
//! parsed with the text. In the outline a body is an empty block with the span that the whole one has.

use crate::Parsed;
use crate::ast::{Ast, BlockId, Stmt, StmtId};
use crate::diag::Diagnostic;
use crate::driver;
use crate::span::Source;
use memchr::memmem;
use rustc_hash::FxHashSet;
use std::ops::Range;

/// The insides of bodies that are passed over, as offsets, in order.
fn insides(text: &str) -> Vec<Range<usize>> {
    let mut found = vec![];
    let mut at = 0;
    while let Some(n) = memmem::find(&text.as_bytes()[at..], b"\nfunc ") {
        let head = at + n + 1;
        let end = memchr::memchr(b'\n', &text.as_bytes()[head..]).map_or(text.len(), |n| head + n);
        at = end;
        if text[..end].ends_with('{')
            && let Some(n) = memmem::find(&text.as_bytes()[end..], b"\n}")
        {
            at = end + n + 1;
            found.push(end..at);
        }
    }
    found
}

/// Parses a text but for the bodies of its functions; [`parse_body`] gives those to the tree.
pub fn parse_outline(ast: &mut Ast, source: &Source) -> Parsed {
    let holes = insides(&source.text);
    let parsed = driver::parse_text(ast, &source.text, source.base, &[], &holes);
    let begins: FxHashSet<u32> = holes.iter().map(|r| source.base + r.start as u32).collect();
    for &s in &parsed.items {
        if let Some(b) = body(ast, s)
            && begins.contains(&(ast.block(b).span.lo + 1))
        {
            ast.put_off(b);
        }
    }
    parsed
}

fn body(ast: &Ast, s: StmtId) -> Option<BlockId> {
    match ast.stmt(s) {
        Stmt::Func(f) => f.body,
        _ => None,
    }
}

/// Parses a body that was put off; nothing is done when the tree has it. `source` is the text that it belongs to.
pub fn parse_body(ast: &mut Ast, source: &Source, block: BlockId) -> Vec<Diagnostic> {
    if !ast.is_put_off(block) {
        return vec![];
    }
    let span = ast.block(block).span;
    let at = |pos: u32| (pos - source.base) as usize;
    let parsed = driver::parse_text(ast, &source.text[at(span.lo)..at(span.hi)], span.lo, &[], &[]);
    if let [s] = parsed.items[..]
        && let Stmt::Block(inner) = *ast.stmt(s)
    {
        ast.complete(block, inner);
    }
    parsed.diagnostics
}

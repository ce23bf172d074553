//! Outlines: of a text of the library those declarations are parsed that something names, and of functions the head only; the body
//! follows when something needs it.
//!
//! Where declarations and bodies lie is told by the layout that the library keeps (as gofmt does): what begins at the first column
//! of a line with a letter is a declaration and goes on to the next line that begins with a letter or a comment. Names of a group
//! have a line with one tab each. A function whose first line ends in `{` has its body up to the first line that begins with `}`;
//! other functions (in one line, or with a head of several lines) are parsed with their bodies. In the outline a body is an empty block
//! with the span that the whole one has.

use crate::Parsed;
use crate::ast::{Ast, BlockId, Stmt, StmtId};
use crate::diag::Diagnostic;
use crate::driver;
use crate::span::Source;
use memchr::{memchr, memchr_iter, memmem};
use rustc_hash::FxHashSet;
use std::ops::Range;

/// A declaration of a text of the library, or a clause before the declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it lies in the text, with the end of its last line.
    pub place: Range<usize>,
}

/// The declarations of a text of the library, and the clauses before them, in order.
pub fn pieces(text: &str) -> Vec<Piece> {
    let bytes = text.as_bytes();
    let mut found = vec![];
    let mut begin = None;
    let starts = std::iter::once(0).chain(memchr_iter(b'\n', bytes).map(|n| n + 1));
    for at in starts {
        let first = bytes.get(at).copied().unwrap_or(b'/');
        if first.is_ascii_alphabetic() || first == b'/' {
            found.extend(begin.map(|b| Piece { place: b..at }));
            begin = first.is_ascii_alphabetic().then_some(at);
        }
    }
    found
}

impl Piece {
    /// `package` or `import`.
    pub fn is_clause(&self, text: &str) -> bool {
        let own = &text[self.place.clone()];
        own.starts_with("package ") || own.starts_with("import ")
    }
    /// Calls `see` with each name that the piece declares; a method counts as a part of its type.
    pub fn names<'t>(&self, text: &'t str, mut see: impl FnMut(&'t str)) {
        let own = &text[self.place.clone()];
        let Some((word, rest)) = own.split_once(' ') else { return };
        if word == "func" {
            return match rest.strip_prefix('(') {
                Some(receiver) => see(receiver_type(receiver)),
                None => see(leading_name(rest)),
            };
        }
        if !rest.starts_with('(') {
            return list(rest, see);
        }
        for n in memchr_iter(b'\n', rest.as_bytes()) {
            if let Some(line) = rest[n + 1..].strip_prefix('\t')
                && line.starts_with(|c: char| c == '_' || c.is_alphabetic())
            {
                list(line, &mut see);
            }
        }
    }
    /// The inside of the function's body, if it can be put off.
    fn body(&self, text: &str) -> Option<Range<usize>> {
        let own = &text[self.place.clone()];
        let line = memchr(b'\n', own.as_bytes()).filter(|_| own.starts_with("func "))?;
        let end = memmem::find(&own.as_bytes()[line..], b"\n}").filter(|_| own[..line].ends_with('{'))?;
        let from = self.place.start + line;
        Some(from..from + end + 1)
    }
}

fn leading_name(text: &str) -> &str {
    let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
    &text[..end]
}

/// `a, b` at the beginning.
fn list<'t>(mut text: &'t str, mut see: impl FnMut(&'t str)) {
    loop {
        let name = leading_name(text);
        see(name);
        match text[name.len()..].strip_prefix(", ") {
            Some(rest) => text = rest,
            None => return,
        }
    }
}

/// `T` of `r *T[K]) Name(…`
fn receiver_type(text: &str) -> &str {
    let end = text.find([')', '[']).unwrap_or(text.len());
    let own = &text[..end];
    own.rsplit([' ', '*']).next().unwrap_or(own)
}

/// Parses pieces of a text, given in its order, but for the bodies of functions; [`parse_body`] gives those to the tree.
pub fn parse_pieces(ast: &mut Ast, source: &Source, pieces: &[Piece]) -> Parsed {
    let mut parts = Vec::with_capacity(2 * pieces.len());
    let mut begins: FxHashSet<u32> = FxHashSet::default();
    for p in pieces {
        match p.body(&source.text) {
            Some(body) => {
                begins.insert(source.base + body.start as u32);
                parts.extend([p.place.start..body.start, body.end..p.place.end]);
            }
            None => parts.push(p.place.clone()),
        }
    }
    let parsed = driver::parse_text(ast, &source.text, source.base, &[], &parts);
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
    let part = (span.lo - source.base) as usize..(span.hi - source.base) as usize;
    let parsed = driver::parse_text(ast, &source.text, source.base, &[], &[part]);
    if let [s] = parsed.items[..]
        && let Stmt::Block(inner) = *ast.stmt(s)
    {
        ast.complete(block, inner);
    }
    parsed.diagnostics
}

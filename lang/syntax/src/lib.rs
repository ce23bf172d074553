//! The front of gol: sources, tokens, layout, grammar, tree, syntax diagnostics. Knows no types and no bytecode.
//!
//! [`parse`] turns one source into statements of an [`ast::Ast`] and never fails: it returns what could be understood and
//! the diagnostics.
#![deny(unsafe_code)]

pub mod ast;
pub mod diag;
pub mod span;

use ast::{Ast, StmtId};
use diag::Diagnostic;
use span::Source;

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
pub fn parse(_ast: &mut Ast, _source: &Source) -> Parsed {
    Parsed { items: vec![], diagnostics: vec![], script: true }
}

//! The front of gol: sources, tokens, layout, grammar, tree, syntax diagnostics. Knows no types and no bytecode.
//!
//! [`parse`] turns one source into statements of an [`ast::Ast`] and never fails: it returns what could be understood and
//! the diagnostics. Trees are at most [`MAX_DEPTH`] deep, but for the left spines of binary operators.
//!
//! In reading order: [`decode`](decode()), `names`, `token` (with `scan`, `number`, `interp`, `unicode`), `layout` (with `words`), the
//! grammar with its `driver`, `builder` (with `lists`, `depth`, `check`, `branches`, `patience`), `errors` (with `place`, `spell`, `foreign`,
//! `lexical`), `outline`, [`prompt`], [`dump`](mod@dump).
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
mod driver;
mod errors;
mod foreign;
mod interp;
mod layout;
mod lexical;
mod line;
mod lists;
mod names;
mod number;
mod outline;
mod patience;
mod place;
mod scan;
mod spell;
mod token;
mod unicode;
mod words;

lalrpop_util::lalrpop_mod!(
    #[allow(clippy::all, unused)]
    grammar,
    "/plain/grammar.rs"
);
// The same language for texts with errors.
lalrpop_util::lalrpop_mod!(
    #[allow(clippy::all, unused)]
    recovery,
    "/recovery/grammar.rs"
);

pub use decode::decode;
pub use depth::MAX_DEPTH;
pub use dump::dump;
pub use line::LineMark;
pub use outline::{Piece, parse_body, parse_pieces, pieces};
pub use prompt::{TokenClass, incomplete, tokens};
pub use scan::{LexError, LexErrorKind};

use ast::{Ast, StmtId};
use diag::Diagnostic;
use span::Source;

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
    /// For [`span::SourceMap::set_marks`].
    pub marks: Vec<LineMark>,
    pub mentions: Mentions,
}

/// What the constructs of a text need beside its imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Package time: durations and `after`.
    pub time: bool,
    /// Package fmt: interpolated strings.
    pub fmt: bool,
    /// The tags of structs, with their quotes.
    pub tags: Vec<ast::Sym>,
}

impl Mentions {
    /// Adds those of another text.
    pub fn add(&mut self, other: Mentions) {
        self.time |= other.time;
        self.fmt |= other.fmt;
        self.tags.extend(other.tags);
    }
}

/// Parses a source. Nesting is bounded, so later passes may recurse over the tree.
pub fn parse(ast: &mut Ast, source: &Source) -> Parsed {
    parse_decoded(ast, source, &[])
}

/// Parses a source whose text came from [`decode`], with the problems found there.
pub fn parse_decoded(ast: &mut Ast, source: &Source, problems: &[LexError]) -> Parsed {
    let whole = 0..source.text.len();
    driver::parse_text(ast, &source.text, source.base, problems, &[whole])
}

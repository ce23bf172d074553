//! A session: everything that outlives one text. Parses, checks and emits texts one after another into one growing program.

use gol_bytecode::{Program, Unit};
use gol_syntax::diag::Diagnostic;
use gol_syntax::span::SourceMap;

/// Where library packages come from.
pub trait Library: Send + Sync {
    /// The gol source of a standard package (`"strings"`, `"math/rand"`), with bodiless functions for natives.
    fn source(&self, path: &str) -> Option<&'static str>;
    /// Every package path, for implicit imports and "did you mean".
    fn paths(&self) -> Vec<&'static str>;
}

/// What kind of text is compiled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextKind {
    /// A file: package main, or a script when it has no package clause.
    File,
    /// A line of the prompt: a script whose declarations stay and may replace earlier ones; the value of a last expression
    /// statement is printed.
    Prompt,
}

/// The result of compiling a text: warnings are in `diagnostics` too.
pub struct Compiled {
    /// `None` when there was an error.
    pub unit: Option<Unit>,
    pub diagnostics: Vec<Diagnostic>,
}

/// All state of the compiler.
pub struct Session {
    pub sources: SourceMap,
    /// Grows with every text that compiled.
    pub program: Program,
}

impl Session {
    pub fn new(_library: &'static dyn Library) -> Session {
        Session { sources: SourceMap::default(), program: Program::default() }
    }
    /// Parses, checks and emits a text. A text with errors leaves no trace but its source.
    pub fn compile(&mut self, _name: &str, _text: Vec<u8>, _kind: TextKind) -> Compiled {
        Compiled { unit: None, diagnostics: vec![] }
    }
    /// Parses and checks only.
    pub fn check(&mut self, _name: &str, _text: Vec<u8>) -> Vec<Diagnostic> {
        vec![]
    }
}

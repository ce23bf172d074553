//! A session: everything that outlives one text. Parses, checks and emits texts one after another into one growing program.

use crate::check::world::{MAIN, World};
use crate::check::{Role, check_items};
use crate::emit::{EmitState, emit_package};
use crate::info::Info;
use crate::types::{PkgId, Types};
use gol_bytecode::{Func, FuncId, Ins, Op, Program, Unit};
use gol_syntax::ast::{Ast, Expr, ExprId, LitKind, Stmt, StmtId};
use gol_syntax::diag::{Code, Diagnostic, Severity};
use gol_syntax::span::SourceMap;
use rustc_hash::FxHashSet;
use std::sync::Arc;

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
    pub ast: Ast,
    pub types: Types,
    pub info: Info,
    world: World,
    library: &'static dyn Library,
    /// Library packages that are checked, imported ones first.
    loaded: Vec<PkgId>,
    /// Those of them that are in the program.
    emitted: FxHashSet<PkgId>,
    emission: EmitState,
}

/// A place in the arenas of the tree.
#[derive(Clone, Copy)]
struct Mark {
    expr: usize,
    stmt: usize,
}

/// A text after parsing and checking.
pub struct Checked {
    pub diagnostics: Vec<Diagnostic>,
    pub ok: bool,
    pub role: Role,
}

impl Session {
    pub fn new(library: &'static dyn Library) -> Session {
        let (mut ast, mut types, mut info) = (Ast::default(), Types::default(), Info::default());
        let world = World::new(&mut ast.names, &mut types, &mut info, library);
        Session {
            sources: SourceMap::default(),
            program: Program::default(),
            ast,
            types,
            info,
            world,
            library,
            loaded: vec![],
            emitted: FxHashSet::default(),
            emission: EmitState::default(),
        }
    }
    /// Parses, checks and emits a text. A text with errors leaves no trace but its source.
    pub fn compile(&mut self, name: &str, text: Vec<u8>, kind: TextKind) -> Compiled {
        let before = (self.world.scopes[MAIN.0 as usize].clone(), self.types.journal());
        let Checked { mut diagnostics, ok, role } = self.check_text(name, text, kind);
        if !ok {
            return Compiled { unit: None, diagnostics };
        }
        let unit = match self.emit(role) {
            Ok(entry) => Some(Unit { entry }),
            Err(d) => {
                diagnostics.push(d);
                self.world.scopes[MAIN.0 as usize] = before.0;
                self.types.undo(before.1);
                None
            }
        };
        Compiled { unit, diagnostics }
    }

    /// Emits what is new: library packages that the main package needs, then the main package itself.
    fn emit(&mut self, role: Role) -> Result<Vec<FuncId>, Diagnostic> {
        let mut entry = vec![];
        for pkg in self.needed() {
            entry.extend(self.emit_one(pkg, Role::Library)?);
            self.emitted.insert(pkg);
        }
        entry.extend(self.emit_one(MAIN, role)?);
        Ok(vec![self.start(entry)])
    }
    /// One function that calls all others in order: a program's initialisation and its main are one goroutine.
    fn start(&mut self, entry: Vec<FuncId>) -> FuncId {
        let call = |f: FuncId| [Ins::wide(Op::Call, 0, 0, f), Ins::new(Op::Data, 0, 0, 0, 0)];
        let mut code: Vec<Ins> = entry.into_iter().flat_map(call).collect();
        code.push(Ins::new(Op::Ret, 0, 0, 0, 0));
        let name = "gol.start".to_string();
        let (pos, lines) = (0, vec![(0, 0)]);
        let f = Func { name, code, regs: 1, params: 0, results: 0, epilogue: None, pos, lines, hidden: true };
        self.program.funcs.push(f);
        self.program.funcs.len() as FuncId - 1
    }
    fn emit_one(&mut self, pkg: PkgId, role: Role) -> Result<Vec<FuncId>, Diagnostic> {
        let st = &mut self.emission;
        st.script = role.script();
        st.prompt = role == Role::Prompt;
        emit_package(&self.ast, &mut self.types, &self.info, st, &mut self.program, pkg)
    }
    /// Library packages that the main package imports, directly or not, and that are not in the program yet.
    fn needed(&self) -> Vec<PkgId> {
        let mut seen: FxHashSet<PkgId> = FxHashSet::default();
        let mut work = self.info.pkgs[MAIN.0 as usize].imports.clone();
        work.extend(self.world.packages.get("runtime").copied().flatten());
        while let Some(p) = work.pop() {
            if seen.insert(p) {
                work.extend(&self.info.pkgs[p.0 as usize].imports);
            }
        }
        self.loaded.iter().copied().filter(|p| seen.contains(p) && !self.emitted.contains(p)).collect()
    }
    /// Parses and checks only.
    pub fn check(&mut self, name: &str, text: Vec<u8>) -> Vec<Diagnostic> {
        self.check_text(name, text, TextKind::File).diagnostics
    }
    /// Name, line and column of a position.
    pub fn locate(&self, pos: u32) -> Option<(Arc<str>, u32, u32)> {
        self.sources.locate(pos)
    }

    /// Parses and checks a text as package main; `info.pkgs[1]` describes it afterwards.
    pub fn check_text(&mut self, name: &str, text: Vec<u8>, kind: TextKind) -> Checked {
        let decoded = gol_syntax::decode(text);
        let first = self.mark();
        let Some(source) = self.sources.add(name, decoded.0.into()) else {
            let d = Diagnostic::error(Code::Syntax, Default::default(), "the session has read more than 4 GiB of text");
            return Checked { diagnostics: vec![d], ok: false, role: Role::Package };
        };
        let parsed = gol_syntax::parse_decoded(&mut self.ast, &source, &decoded.1);
        let mut diagnostics = parsed.diagnostics;
        let role = match (kind, parsed.script) {
            (TextKind::Prompt, true) => Role::Prompt,
            (TextKind::File, true) => Role::Script,
            (_, false) => Role::Package,
        };
        if diagnostics.iter().any(stops_checking) {
            return Checked { diagnostics, ok: false, role };
        }
        // Run-time errors are values of its types.
        self.load("runtime", &mut vec![], &mut diagnostics);
        self.load_imports(&parsed.items, first, role.script(), &mut vec![], &mut diagnostics);
        diagnostics.extend(self.check_list(MAIN, role, &parsed.items));
        diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
        let ok = diagnostics.iter().all(|d| d.severity != Severity::Error);
        Checked { diagnostics, ok, role }
    }

    fn check_list(&mut self, pkg: PkgId, role: Role, items: &[StmtId]) -> Vec<Diagnostic> {
        check_items(&self.ast, &mut self.types, &mut self.info, &mut self.world, pkg, role, items)
    }

    /// Where the next text's nodes begin in the tree.
    fn mark(&self) -> Mark {
        Mark { expr: self.ast.expr_count(), stmt: self.ast.stmt_count() }
    }

    /// Loads the packages that a text imports or, in a script, may use without import.
    fn load_imports(
        &mut self,
        items: &[StmtId],
        first: Mark,
        implicit: bool,
        stack: &mut Vec<String>,
        diags: &mut Vec<Diagnostic>,
    ) {
        let mut paths: Vec<(String, gol_syntax::span::Span)> = vec![];
        for &s in items {
            if let Stmt::Import(specs) = self.ast.stmt(s) {
                for spec in specs {
                    let path = crate::constant::parse_string(self.ast.name(spec.path)).unwrap_or_default();
                    paths.push((String::from_utf8_lossy(&path).into_owned(), spec.span));
                }
            }
        }
        let mut tags = vec![];
        for i in first.expr..self.ast.expr_count() {
            let e = ExprId::new(i);
            let path = match self.ast.expr(e) {
                Expr::Select(x, _) if implicit => match self.ast.expr(*x) {
                    Expr::Name(s) => self.world.implicit.get(s).cloned(),
                    _ => None,
                },
                Expr::Lit(l) if l.kind == LitKind::Duration => Some("time".to_string()),
                Expr::Interp(_) => Some("fmt".to_string()),
                Expr::Struct(fields) => {
                    tags.extend(fields.iter().filter_map(|f| f.tag));
                    None
                }
                _ => None,
            };
            paths.extend(path.map(|p| (p, self.ast.expr_span(e))));
        }
        for i in first.stmt..self.ast.stmt_count() {
            let s = StmtId::new(i);
            if let Stmt::After(_) = self.ast.stmt(s) {
                paths.push(("time".to_string(), self.ast.stmt_span(s)));
            }
        }
        // The checker reads the tree only; decoded tags must be names already.
        for t in tags {
            let text = crate::constant::parse_string(self.ast.name(t)).unwrap_or_default();
            self.ast.names.intern(&String::from_utf8_lossy(&text));
        }
        for (path, span) in paths {
            if stack.contains(&path) {
                let own = stack.last().is_some_and(|s| *s == path);
                if !own && span != Default::default() {
                    diags.push(Diagnostic::error(Code::ImportCycle, span, "import cycle not allowed"));
                }
                continue;
            }
            self.load(&path, stack, diags);
        }
    }

    /// Parses and checks a library package, once a session.
    fn load(&mut self, path: &str, stack: &mut Vec<String>, diags: &mut Vec<Diagnostic>) {
        if self.world.packages.contains_key(path) {
            return;
        }
        let Some(text) = self.library.source(path) else { return };
        let first = self.mark();
        let name = format!("std/{path}.gol");
        let Some(source) = self.sources.add(&name, text.into()) else { return };
        let parsed = gol_syntax::parse(&mut self.ast, &source);
        let before = diags.len();
        diags.extend(parsed.diagnostics);
        stack.push(path.to_string());
        self.load_imports(&parsed.items, first, false, stack, diags);
        stack.pop();
        let pkg = self.world.add_package(&mut self.info, path);
        diags.extend(self.check_list(pkg, Role::Library, &parsed.items));
        let ok = diags[before..].iter().all(|d| d.severity != Severity::Error);
        self.world.packages.insert(path.to_string(), ok.then_some(pkg));
        if ok {
            self.loaded.push(pkg);
            if path == "time" {
                self.world.note_time(&self.info, pkg);
            }
        }
    }
}

/// The tree is not what was meant; its names and types say nothing. (Broken rules beyond the grammar do not count.)
fn stops_checking(d: &Diagnostic) -> bool {
    d.severity == Severity::Error && !d.code.text().starts_with("E02")
}

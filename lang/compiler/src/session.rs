//! A session: everything that outlives one text. Parses, checks and emits texts one after another into one growing program.

use crate::check::contents::Due;
use crate::check::later::{self, Later};
use crate::check::world::{MAIN, World};
use crate::check::{Role, check_items};
use crate::emit::{self, Emission, EmitState, Tables};
use crate::info::{Info, ObjId};
use crate::opt::Functions;
use crate::types::{PkgId, Types};
use gol_bytecode::{Func, FuncId, Ins, Op, Program, Unit};
use gol_syntax::Mentions;
use gol_syntax::ast::{Ast, Expr, ExprId, Ident, ImportName, Stmt, StmtId, Sym};
use gol_syntax::diag::{Code, Diagnostic, Severity};
use gol_syntax::span::{SourceMap, Span, Text};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// Where library packages come from.
pub trait Library: Send + Sync {
    /// The gol source of a standard package (`"strings"`, `"math/rand"`), with bodiless functions for natives.
    fn source(&self, path: &str) -> Option<&'static str>;
    /// Every package path, for implicit imports and "did you mean".
    fn paths(&self) -> Vec<&'static str>;
}

/// A file of a package: its name as messages show it, and what is in it.
pub type File = (String, Vec<u8>);

/// Where packages of the user come from. The compiler itself reads nothing.
pub trait Loader: Send {
    /// What an import path means to the package `from` (the program's own package is `""`): the path that names the package
    /// everywhere, or `None` when this loader knows of no such package.
    ///
    /// # Errors
    /// The import is not allowed: the message.
    fn resolve(&self, path: &str, from: &str) -> Result<Option<String>, String>;
    /// The files of a package that `resolve` named, sorted by name.
    ///
    /// # Errors
    /// There are none: the message.
    fn files(&self, path: &str) -> Result<Vec<File>, String>;
}

/// No packages but those of the library.
struct NoLoader;

impl Loader for NoLoader {
    fn resolve(&self, _: &str, _: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
    fn files(&self, path: &str) -> Result<Vec<File>, String> {
        Err(format!("no package {path}"))
    }
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
    program: Arc<RwLock<Program>>,
    pub ast: Ast,
    pub types: Types,
    pub info: Info,
    world: World,
    library: &'static dyn Library,
    loader: Box<dyn Loader>,
    /// Imported packages that are checked, those that they import first.
    loaded: Vec<PkgId>,
    /// Those of them that are in the program.
    emitted: FxHashSet<PkgId>,
    emission: EmitState,
    /// What initialises packages that are in the program and was not handed out yet.
    owed: Owed,
}

/// Functions to run.
#[derive(Default)]
struct Owed {
    /// They make variables that are objects of their own, and come first.
    large: Vec<FuncId>,
    inits: FxHashMap<PkgId, Inits>,
}

/// What initialises a package: functions to run, and the initial values that they compute.
struct Inits {
    run: Vec<FuncId>,
    values: Vec<ExprId>,
}

/// The files of a package after parsing.
#[derive(Default)]
struct Parsed {
    items: Vec<StmtId>,
    diagnostics: Vec<Diagnostic>,
    /// One file without package clause.
    script: bool,
    /// What the package clauses say.
    name: String,
    mentions: Mentions,
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
            program: Arc::default(),
            ast,
            types,
            info,
            world,
            library,
            loader: Box::new(NoLoader),
            loaded: vec![],
            emitted: FxHashSet::default(),
            emission: EmitState::default(),
            owed: Owed::default(),
        }
    }
    /// The process ends: what the compiler knows is not given back piece by piece.
    pub fn abandon(&mut self) {
        std::mem::forget((
            std::mem::take(&mut self.ast),
            std::mem::take(&mut self.types),
            std::mem::take(&mut self.info),
            std::mem::take(&mut self.emission),
        ));
    }
    /// From now on imports find the packages of this loader too.
    pub fn set_loader(&mut self, loader: Box<dyn Loader>) {
        self.loader = loader;
    }
    /// From now on nothing is optimised, as of the next [`Session::functions`] too: the code is what the text says, step by step.
    pub fn without_optimisation(&mut self) {
        self.emission.plain = true;
    }
    /// From now on every call is made: none is replaced by the body of what it calls.
    pub fn keep_calls(&mut self) {
        self.emission.keep_calls = true;
    }
    /// What was compiled so far, as it was emitted.
    pub fn program(&self) -> RwLockReadGuard<'_, Program> {
        self.program.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// The final form of what was compiled and will be.
    pub fn functions(&self) -> Functions {
        Functions::new(self.program.clone(), self.emission.plain)
    }
    /// Parses, checks and emits a text. A text with errors leaves no trace but its source.
    pub fn compile(&mut self, name: &str, text: Vec<u8>, kind: TextKind) -> Compiled {
        self.compile_package(vec![(name.to_string(), text)], kind)
    }
    /// The same for the files of one package.
    pub fn compile_package(&mut self, files: Vec<File>, kind: TextKind) -> Compiled {
        let before = (self.world.scopes[MAIN.0 as usize].clone(), self.types.journal());
        let Checked { mut diagnostics, ok, role } = self.check_files(files, kind);
        if !ok {
            self.emission.types_seen = self.types.count();
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
        let needed = self.needed();
        self.check_wanted()?;
        self.emit_packages(&needed)?;
        let main = self.emit_one(MAIN, role)?;
        // Bodies that only emission asked for may mention variables that nothing else does.
        self.emit_packages(&needed)?;
        let mut run = std::mem::take(&mut self.owed.large);
        for pkg in needed {
            run.extend(self.owed.inits.remove(&pkg).into_iter().flat_map(|i| i.run));
            self.info.pkgs[pkg.0 as usize].init_funcs = vec![];
        }
        run.extend(main);
        Ok(vec![self.start(run)])
    }
    /// Emits packages that are not in the program, and what initialises variables of those that are, until nothing is missing.
    fn emit_packages(&mut self, needed: &[PkgId]) -> Result<(), Diagnostic> {
        let mut missing = true;
        while std::mem::take(&mut missing) {
            for &pkg in needed {
                let later = self.world.later.get(&pkg);
                let new = later.is_some_and(|l| l.has_new_inits(&self.world.settled));
                if self.emitted.contains(&pkg) && !new {
                    continue;
                }
                if later.is_some() {
                    // What is still to run is put in one order with what is new.
                    for value in self.owed.inits.get(&pkg).into_iter().flat_map(|i| &i.values) {
                        self.world.settled.remove(value);
                    }
                    self.emission.on_demand.insert(pkg);
                    first_error(later::order_inits(&self.ast, &mut self.types, &mut self.info, &mut self.world, pkg))?;
                }
                let run = self.emit_one(pkg, Role::Library)?;
                let values = std::mem::take(&mut self.info.pkgs[pkg.0 as usize].inits);
                self.owed.inits.insert(pkg, Inits { run, values: values.iter().map(|i| i.rhs).collect() });
                self.emitted.insert(pkg);
                missing = true;
            }
        }
        Ok(())
    }
    /// One function that calls all others in order: a program's initialisation and its main are one goroutine.
    fn start(&mut self, entry: Vec<FuncId>) -> FuncId {
        let call = |f: FuncId| [Ins::wide(Op::Call, 0, 0, f), Ins::new(Op::Data, 0, 0, 0, 0)];
        let mut code: Vec<Ins> = entry.iter().copied().flat_map(call).collect();
        code.push(Ins::new(Op::Ret, 0, 0, 0, 0));
        let name = "gol.start".to_string();
        let (pos, lines) = (0, vec![(0, 0)]);
        let f = Func {
            name,
            code,
            regs: 1,
            spare: 0,
            params: 0,
            results: 0,
            epilogue: None,
            pos,
            lines,
            hidden: true,
            once: true,
            inlined: vec![],
        };
        let mut program = self.program.write().unwrap_or_else(PoisonError::into_inner);
        for id in entry {
            program.funcs[id as usize].once = true;
        }
        program.funcs.push(f);
        program.funcs.len() as FuncId - 1
    }
    fn emit_one(&mut self, pkg: PkgId, role: Role) -> Result<Vec<FuncId>, Diagnostic> {
        self.emission.script = role.script();
        self.emission.prompt = role == Role::Prompt;
        let mut e = self.with_tables(|t| emit::begin(t, pkg))?;
        self.emit_rest(&e)?;
        self.with_tables(|t| emit::end(t, &mut e))?;
        self.emit_rest(&e)?;
        self.owed.large.extend(e.large);
        Ok(e.entry)
    }
    /// Emits functions that only tables of methods name, once their bodies are checked.
    fn emit_rest(&mut self, e: &Emission) -> Result<(), Diagnostic> {
        loop {
            let unchecked = self.emission.unchecked();
            if unchecked.is_empty() {
                return Ok(());
            }
            self.world.wanted.extend(unchecked);
            self.check_wanted()?;
            self.with_tables(|t| emit::go_on(t, e))?;
        }
    }
    fn with_tables<R>(&mut self, work: impl FnOnce(Tables) -> R) -> R {
        let mut program = self.program.write().unwrap_or_else(PoisonError::into_inner);
        let (ast, types, info, state) = (&self.ast, &mut self.types, &self.info, &mut self.emission);
        work(Tables { ast, types, info, state, program: &mut program })
    }
    /// Parses and checks the bodies of library functions that something refers to, and of those that they refer to.
    fn check_wanted(&mut self) -> Result<(), Diagnostic> {
        while !self.world.wanted.is_empty() {
            let mut bodies: BTreeMap<PkgId, Vec<ObjId>> = BTreeMap::new();
            for obj in std::mem::take(&mut self.world.wanted) {
                let pkg = self.info.obj(obj).pkg;
                let Some(decl) = self.world.later.get(&pkg).and_then(|l| l.decl(obj)) else { continue };
                self.parse_body(decl)?;
                bodies.entry(pkg).or_default().push(obj);
            }
            first_error(self.declare_mentioned())?;
            for (pkg, objs) in bodies {
                let (ast, types, info) = (&self.ast, &mut self.types, &mut self.info);
                first_error(later::check_bodies(ast, types, info, &mut self.world, pkg, &objs))?;
            }
        }
        Ok(())
    }
    /// Checks everything of a library package that is left out as long as nothing needs it.
    pub fn check_library(&mut self, path: &str) -> Vec<Diagnostic> {
        let mut diagnostics = vec![];
        self.load(path, Span::default(), &mut vec![String::new()], &mut diagnostics);
        let Some(pkg) = self.world.packages.get(path).copied().flatten() else { return diagnostics };
        self.world.contents.want_all(pkg);
        diagnostics.extend(self.declare_mentioned());
        self.world.wanted.extend(self.world.later.get(&pkg).map_or(vec![], Later::rest));
        diagnostics.extend(self.check_wanted().err());
        diagnostics
    }
    /// Parses and checks the declarations of library packages whose names were mentioned in anything that was parsed.
    fn declare_mentioned(&mut self) -> Vec<Diagnostic> {
        let mut diagnostics = vec![];
        let mut items: FxHashMap<PkgId, Vec<StmtId>> = FxHashMap::default();
        loop {
            let due = self.world.contents.due(&self.ast.names);
            if due.is_empty() {
                break;
            }
            for Due { pkg, base, pieces } in due {
                let Some(source) = self.sources.source(base) else { continue };
                let parsed = gol_syntax::parse_pieces(&mut self.ast, source, &pieces);
                diagnostics.extend(parsed.diagnostics);
                items.entry(pkg).or_default().extend(parsed.items);
                self.intern_tags(&parsed.mentions.tags);
            }
        }
        for pkg in self.loaded.iter().filter(|_| !items.is_empty()) {
            let Some(list) = items.get(pkg) else { continue };
            let (ast, types, info) = (&self.ast, &mut self.types, &mut self.info);
            diagnostics.extend(later::declare(ast, types, info, &mut self.world, *pkg, list));
        }
        diagnostics
    }
    /// The checker reads the tree only; decoded tags of structs must be names already.
    fn intern_tags(&mut self, tags: &[Sym]) {
        for &t in tags {
            let text = crate::constant::parse_string(self.ast.name(t)).unwrap_or_default();
            self.ast.names.intern(&String::from_utf8_lossy(&text));
        }
    }
    fn parse_body(&mut self, decl: StmtId) -> Result<(), Diagnostic> {
        let Stmt::Func(f) = self.ast.stmt(decl) else { return Ok(()) };
        let (Some(body), at) = (f.body, f.name.span.lo) else { return Ok(()) };
        match self.sources.source(at) {
            Some(source) => first_error(gol_syntax::parse_body(&mut self.ast, source, body)),
            None => Ok(()),
        }
    }
    /// Packages that the main package imports, directly or not, in the order of Go's initialisation: always the first by import path whose own imports are done.
    fn needed(&self) -> Vec<PkgId> {
        let mut seen: FxHashSet<PkgId> = FxHashSet::default();
        let mut work = self.info.pkgs[MAIN.0 as usize].imports.clone();
        work.extend(self.world.packages.get("runtime").copied().flatten());
        while let Some(p) = work.pop() {
            if seen.insert(p) {
                work.extend(&self.info.pkgs[p.0 as usize].imports);
            }
        }
        let mut rest: Vec<PkgId> = self.loaded.iter().copied().filter(|p| seen.contains(p)).collect();
        let facts = |p: PkgId| &self.info.pkgs[p.0 as usize];
        rest.sort_by_key(|&p| &facts(p).path);
        let mut out = vec![];
        while !rest.is_empty() {
            let ready = rest.iter().position(|&p| !facts(p).imports.iter().any(|i| *i != p && rest.contains(i)));
            out.push(rest.remove(ready.unwrap_or(0)));
        }
        out
    }
    /// Parses and checks only.
    pub fn check(&mut self, name: &str, text: Vec<u8>) -> Vec<Diagnostic> {
        self.check_package(vec![(name.to_string(), text)])
    }
    /// The same for the files of one package.
    pub fn check_package(&mut self, files: Vec<File>) -> Vec<Diagnostic> {
        self.check_files(files, TextKind::File).diagnostics
    }
    /// Name, line and column of a position.
    pub fn locate(&self, pos: u32) -> Option<(Arc<str>, u32, u32)> {
        self.sources.locate(pos)
    }

    /// Parses and checks a text as package main; `info.pkgs[1]` describes it afterwards.
    pub fn check_text(&mut self, name: &str, text: Vec<u8>, kind: TextKind) -> Checked {
        self.check_files(vec![(name.to_string(), text)], kind)
    }
    fn check_files(&mut self, files: Vec<File>, kind: TextKind) -> Checked {
        // At the prompt a package that had errors may be better now.
        self.world.packages.retain(|_, p| p.is_some());
        let first = self.ast.expr_count();
        let mut parsed = self.parse_files(files);
        let (mut diagnostics, script) = (std::mem::take(&mut parsed.diagnostics), parsed.script);
        let role = match (kind, script) {
            (TextKind::Prompt, true) => Role::Prompt,
            (TextKind::File, true) => Role::Script,
            (_, false) => Role::Package,
        };
        if diagnostics.iter().any(stops_checking) {
            return Checked { diagnostics, ok: false, role };
        }
        // Run-time errors are values of its types.
        self.load("runtime", Span::default(), &mut vec![String::new()], &mut diagnostics);
        let mut implied = implied(&parsed.mentions);
        if role.script() {
            self.imply_selected(first, &mut implied);
        }
        self.load_imports(&parsed, &implied, &mut vec![String::new()], &mut diagnostics);
        diagnostics.extend(self.declare_mentioned());
        diagnostics.extend(self.check_list(MAIN, role, &parsed.items));
        diagnostics.sort_by_key(|d| (d.span.lo, d.span.hi));
        let ok = diagnostics.iter().all(|d| d.severity != Severity::Error);
        Checked { diagnostics, ok, role }
    }

    /// Parses the files of one package; each must say the same package, and only a single file may say none.
    fn parse_files(&mut self, files: Vec<File>) -> Parsed {
        let mut out = Parsed::default();
        let several = files.len() > 1;
        let mut clause: Option<(Ident, String)> = None;
        for (name, bytes) in files {
            let (text, problems) = gol_syntax::decode(bytes);
            let Some(source) = self.sources.add(&name, text.into()) else {
                out.diagnostics.push(too_much());
                return out;
            };
            let mut parsed = gol_syntax::parse_decoded(&mut self.ast, &source, &problems);
            self.sources.set_marks(source.base, std::mem::take(&mut parsed.marks));
            out.diagnostics.extend(parsed.diagnostics);
            if parsed.script && several {
                let at = Span::new(source.base, source.base);
                let m = format!("{name} has no package clause: a folder with several files is one package");
                out.diagnostics.push(Diagnostic::error(Code::PackageClause, at, m));
            }
            out.script |= parsed.script;
            let own = parsed.items.iter().find_map(|&s| match self.ast.stmt(s) {
                Stmt::Package(n) => Some(*n),
                _ => None,
            });
            match (&clause, own) {
                (Some((first, at)), Some(n)) if first.sym != n.sym => {
                    let (a, b) = (self.ast.name(first.sym), self.ast.name(n.sym));
                    let m = format!("found packages {a} ({at}) and {b} ({name}) in one folder");
                    let d = Diagnostic::error(Code::PackageClause, n.span, m);
                    out.diagnostics.push(d.related(first.span, format!("package {a} here")));
                }
                (None, Some(n)) => clause = Some((n, name)),
                _ => {}
            }
            out.items.extend(parsed.items);
            out.mentions.add(parsed.mentions);
        }
        out.script &= !several;
        out.name = clause.map_or(String::new(), |(n, _)| self.ast.name(n.sym).to_string());
        out
    }

    fn check_list(&mut self, pkg: PkgId, role: Role, items: &[StmtId]) -> Vec<Diagnostic> {
        check_items(&self.ast, &mut self.types, &mut self.info, &mut self.world, pkg, role, items)
    }

    /// Adds the packages that a script, whose expressions begin at an index, may use without import.
    fn imply_selected(&self, first: usize, implied: &mut Vec<String>) {
        for i in first..self.ast.expr_count() {
            if let Expr::Select(x, _) = self.ast.expr(ExprId::new(i))
                && let Expr::Name(s) = self.ast.expr(*x)
                && let Some(path) = self.world.implicit.get(s)
                && !implied.contains(path)
            {
                implied.push(path.clone());
            }
        }
    }

    /// Loads the packages that a text imports and those that it needs without import.
    fn load_imports(
        &mut self,
        parsed: &Parsed,
        implied: &[String],
        stack: &mut Vec<String>,
        diags: &mut Vec<Diagnostic>,
    ) {
        let mut written: Vec<(String, Span)> = vec![];
        let mut dots: Vec<String> = vec![];
        for &s in &parsed.items {
            if let Stmt::Import(specs) = self.ast.stmt(s) {
                for spec in specs {
                    let path = crate::constant::parse_string(self.ast.name(spec.path)).unwrap_or_default();
                    let path = String::from_utf8_lossy(&path).into_owned();
                    if matches!(spec.name, ImportName::Dot) {
                        dots.push(path.clone());
                    }
                    written.push((path, spec.span));
                }
            }
        }
        self.intern_tags(&parsed.mentions.tags);
        for (path, span) in written {
            self.load_written(&path, span, stack, diags);
        }
        // All of its names are taken over.
        for path in dots {
            if let Some(Some(pkg)) = self.world.packages.get(&path) {
                self.world.contents.want_all(*pkg);
            }
        }
        for path in implied {
            if !stack.contains(path) {
                self.load(path, Span::default(), stack, diags);
            }
        }
    }

    /// Finds out what an import means and loads the package. What is refused here is told and noted in the world; a package
    /// that nobody knows is left to the checker.
    fn load_written(&mut self, path: &str, span: Span, stack: &mut Vec<String>, diags: &mut Vec<Diagnostic>) {
        let from = stack.last().map_or("", String::as_str);
        let key = match self.resolve(path, from) {
            Ok(Some(key)) => key,
            Ok(None) => return,
            Err(m) => {
                diags.push(Diagnostic::error(Code::BadImport, span, m));
                self.world.imports.insert(span.lo, None);
                return;
            }
        };
        if let Some(i) = stack.iter().position(|p| *p == key) {
            let chain = format!("{} imports {key}", stack[i..].join(" imports "));
            let m = format!("import cycle not allowed: {chain}");
            diags.push(Diagnostic::error(Code::ImportCycle, span, m));
            self.world.imports.insert(span.lo, None);
            return;
        }
        self.load(&key, span, stack, diags);
        self.world.imports.insert(span.lo, Some(key));
    }
    fn resolve(&self, path: &str, from: &str) -> Result<Option<String>, String> {
        if self.library.source(path).is_some() {
            let hidden = path.split('/').any(|p| p == "internal") && self.library.source(from).is_none();
            let refused = format!("use of internal package {path} not allowed");
            return if hidden { Err(refused) } else { Ok(Some(path.to_string())) };
        }
        match path {
            "" | "C" | "unsafe" => Ok(None),
            _ => self.loader.resolve(path, from),
        }
    }

    /// Parses and checks an imported package, once a session. `at` is where it is imported. Of a library package these are only its
    /// imports.
    fn load(&mut self, path: &str, at: Span, stack: &mut Vec<String>, diags: &mut Vec<Diagnostic>) {
        if self.world.packages.contains_key(path) {
            return;
        }
        let library = self.library.source(path);
        let pkg = self.world.add_package(&mut self.info, path);
        let (mut parsed, role) = match library {
            Some(text) => (self.parse_clauses(pkg, path, text), Role::Library),
            None => (self.parse_own(path, at), Role::Package),
        };
        let before = diags.len();
        let broken = parsed.diagnostics.iter().any(stops_checking);
        diags.append(&mut parsed.diagnostics);
        if broken {
            self.world.packages.insert(path.to_string(), None);
            return;
        }
        stack.push(path.to_string());
        let implied = implied(&parsed.mentions);
        self.load_imports(&parsed, &implied, stack, diags);
        stack.pop();
        if role == Role::Package {
            diags.extend(self.declare_mentioned());
        }
        diags.extend(self.check_list(pkg, role, &parsed.items));
        // A package whose imports have errors is no better than they are, whoever was told of them.
        let whole = self.imports_are_good(&parsed.items);
        let ok = whole && diags[before..].iter().all(|d| d.severity != Severity::Error);
        self.world.packages.insert(path.to_string(), ok.then_some(pkg));
        if ok {
            self.loaded.push(pkg);
            if role == Role::Package {
                self.world.own.insert(pkg);
            }
        }
    }
    fn imports_are_good(&self, items: &[StmtId]) -> bool {
        let specs = items.iter().flat_map(|&s| match self.ast.stmt(s) {
            Stmt::Import(specs) => specs.as_slice(),
            _ => &[],
        });
        let mut known = specs.filter_map(|spec| self.world.imports.get(&spec.span.lo));
        known.all(|key| key.as_ref().is_some_and(|k| matches!(self.world.packages.get(k), Some(Some(_)))))
    }
    /// Makes the declarations of a library package known and parses what stands before them.
    fn parse_clauses(&mut self, pkg: PkgId, path: &str, text: &'static str) -> Parsed {
        let Some(source) = self.sources.add(&format!("std/{path}.gol"), Text::Library(text)) else {
            return Parsed { diagnostics: vec![too_much()], ..Parsed::default() };
        };
        let clauses = self.world.contents.add(&self.ast.names, pkg, source.base, text);
        let p = gol_syntax::parse_pieces(&mut self.ast, &source, &clauses);
        Parsed { items: p.items, diagnostics: p.diagnostics, mentions: p.mentions, ..Parsed::default() }
    }
    /// The files of a package of the user, which must be one that can be imported.
    fn parse_own(&mut self, path: &str, at: Span) -> Parsed {
        let mut parsed = match self.loader.files(path) {
            Ok(files) => self.parse_files(files),
            Err(m) => Parsed { diagnostics: vec![Diagnostic::error(Code::NoPackage, at, m)], ..Parsed::default() },
        };
        if parsed.diagnostics.iter().any(stops_checking) {
            return parsed;
        }
        if parsed.script || parsed.name == "main" {
            let m = match parsed.script {
                true => format!("import \"{path}\" is a script, not an importable package"),
                false => format!("import \"{path}\" is a program, not an importable package"),
            };
            parsed.diagnostics.push(Diagnostic::error(Code::BadImport, at, m));
        }
        parsed
    }
}

/// The packages that constructs of a text need.
fn implied(mentions: &Mentions) -> Vec<String> {
    let packages = [("time", mentions.time), ("fmt", mentions.fmt)];
    packages.iter().filter(|p| p.1).map(|p| p.0.to_string()).collect()
}

/// The library has no errors: one that is found in it is as bad as any other.
fn first_error(diagnostics: Vec<Diagnostic>) -> Result<(), Diagnostic> {
    diagnostics.into_iter().find(|d| d.severity == Severity::Error).map_or(Ok(()), Err)
}

fn too_much() -> Diagnostic {
    Diagnostic::error(Code::Syntax, Span::default(), "the session has read more than 4 GiB of text")
}

/// The tree is not what was meant; its names and types say nothing. (Broken rules beyond the grammar do not count.)
fn stops_checking(d: &Diagnostic) -> bool {
    d.severity == Severity::Error && !d.code.text().starts_with("E02")
}

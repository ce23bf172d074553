//! The checker: resolves names, types expressions, evaluates constants, and fills the side tables of `info.rs`.
//!
//! Read in this order: `resolve` (collects the objects of a package), `decl` and `tparams` (type them on demand), `typexpr`,
//! `generic` and `infer`, `expr` and its parts (one noun a file), `stmt` and its parts, then what looks at a whole package:
//! `init_order`, `monomorph`, `unused`.
//! Shape of the functions that check expressions: they take an `ExprId` and give an [`operand::Operand`]. A mistake is
//! reported once, where it is found, and gives an operand of mode `Invalid` (or type `Ty::Error`), which every
//! rule accepts in silence. Nothing here fails or panics on a wrong program.

mod assign;
mod binary;
mod builtin;
mod call;
mod complex;
mod conc;
pub mod contents;
mod convert;
mod decl;
mod describe;
mod expr;
mod expr_text;
mod func;
mod generic;
mod index;
mod infer;
mod init_order;
mod instantiate;
pub mod later;
mod literal;
pub mod lookup;
mod monomorph;
mod operand;
mod range;
pub mod relation;
mod resolve;
mod returns;
mod satisfy;
pub mod scope;
mod script;
mod select;
mod stmt;
mod switch;
mod tparams;
pub(crate) mod twin;
mod typexpr;
mod unary;
mod unify;
mod unsafety;
mod untyped;
mod unused;
pub mod world;

use crate::info::{Info, Mode, Obj, ObjId, ObjKind, PkgFacts};
use crate::type_text::{TypeText, type_string};
use crate::types::{NamedId, PkgId, TParamId, TyId, Types};
use decl::Decl;
use func::FuncCtx;
use gol_syntax::ast::{Ast, BinOp, ExprId, Ident, StmtId, Sym};
use gol_syntax::diag::{Code, Diagnostic, Severity};
use gol_syntax::span::Span;
use operand::Operand;
use rustc_hash::{FxHashMap, FxHashSet};
use scope::{Locals, Scope};
use world::World;

/// What a list of top-level statements is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// `package main`, or any package of the user.
    Package,
    /// A standard package: bodiless functions are natives.
    Library,
    Script,
    Prompt,
}

impl Role {
    /// Statements run at top level.
    pub fn script(self) -> bool {
        matches!(self, Role::Script | Role::Prompt)
    }
}

/// Checks the items of a package, script or prompt line and fills `info.pkgs[pkg]`. Diagnostics are sorted by position.
/// Imported packages are in the world already. Of a library package only the clauses before its declarations come here; the others
/// follow in [`later`]. When there is an error nothing of the package may be used, and
/// [`World`] is as before.
pub fn check_items(
    ast: &Ast,
    types: &mut Types,
    info: &mut Info,
    world: &mut World,
    pkg: PkgId,
    role: Role,
    items: &[StmtId],
) -> Vec<Diagnostic> {
    let journal = types.journal();
    let mut c = Checker::new(ast, types, info, world, pkg, role);
    c.package(items);
    let (facts, mut diags, top) = c.end();
    diags.sort_by_key(|d| (d.span.lo, d.span.hi));
    diags.dedup_by(|a, b| a.span == b.span && a.message == b.message);
    if diags.iter().any(|d| d.severity == Severity::Error) {
        types.undo(journal);
    } else {
        info.pkgs[pkg.0 as usize] = facts;
        let scope = &mut world.scopes[pkg.0 as usize];
        match top {
            Some(top) if role == Role::Prompt => scope.absorb(top),
            Some(top) => *scope = top,
            None => {}
        }
    }
    diags
}

type Action<'a> = Box<dyn FnOnce(&mut Checker<'a>) + 'a>;

/// The state of checking one list of items.
pub(crate) struct Checker<'a> {
    ast: &'a Ast,
    types: &'a mut Types,
    info: &'a mut Info,
    world: &'a mut World,
    pkg: PkgId,
    role: Role,
    diags: Vec<Diagnostic>,
    facts: PkgFacts,
    /// Imported packages by name, and dot-imported names: one scope for each file.
    imports: Vec<Scope>,
    /// Packages whose names a file has taken over.
    dots: Vec<resolve::DotImport>,
    /// Where the files begin.
    starts: Vec<u32>,
    /// The file around the current place.
    file: usize,
    /// Packages that a script uses without import; the user's own names win.
    implicit: Scope,
    /// Top-level statements of a script.
    items: Vec<StmtId>,
    /// The package's (or the prompt line's) own names.
    top: Scope,
    /// Blocks around the current place.
    locals: Locals,
    /// Functions around the current place, innermost last.
    funcs: Vec<FuncCtx>,
    /// Package-level objects whose type is not known yet.
    pending: FxHashMap<ObjId, Decl<'a>>,
    /// Objects being resolved.
    path: Vec<ObjId>,
    /// The same as a set.
    resolving: FxHashSet<ObjId>,
    /// Defined types whose underlying type is not known yet.
    unresolved: FxHashMap<NamedId, decl::TypeState<'a>>,
    /// Each with the file that it belongs to.
    later: Vec<(usize, Action<'a>)>,
    iota: Option<u32>,
    /// The package-level function or variable being checked, for the order of initialisation.
    decl: Option<ObjId>,
    /// What each refers to, in the order of the text.
    deps: FxHashMap<ObjId, Vec<ObjId>>,
    /// The same as pairs.
    dep_pairs: FxHashSet<(ObjId, ObjId)>,
    /// Package-level variables in source order: their index in `inits`, if they have an initial value.
    var_order: Vec<(ObjId, Option<usize>)>,
    inits: Vec<crate::info::Init>,
    local_types: u32,
    /// Expressions recorded with an untyped type, which wait for a context.
    untyped: Vec<ExprId>,
    /// Untyped constants that are shifted by a variable count.
    lhs_of_shift: FxHashMap<ExprId, ()>,
    /// Binary operators on the way to the leftmost operand, of all chains around the current place.
    spine: Vec<(ExprId, BinOp, ExprId)>,
    /// Lists of operands that are not in use.
    lists: Vec<Vec<Operand>>,
    /// The top level of a script calls `main` itself.
    calls_main: bool,
    /// Defined types whose underlying type is being found, outermost first.
    completing: Vec<NamedId>,
    /// Defined types that are wrong and reported.
    broken: FxHashSet<NamedId>,
    /// Types that do not contain themselves by value.
    finite: FxHashSet<TyId>,
    /// The type that a defined type is declared as.
    written: FxHashMap<NamedId, TyId>,
    /// Type parameters of the declared function around the current place.
    around: Vec<TParamId>,
    /// The methods of this text by type and name.
    methods: FxHashMap<(NamedId, Sym), ObjId>,
    /// The objects of the type parameters of a function, or of a method's receiver.
    tparam_objs: FxHashMap<ObjId, Vec<ObjId>>,
    /// Type arguments that mention type parameters, with what they are arguments for.
    flows: Vec<(TParamId, TyId, Span)>,
    /// Signatures around the current place in a type.
    signatures: u32,
    /// The first expression that is invalid: then something must have been reported.
    gave_up: Option<ExprId>,
    /// Something is wrong that is reported elsewhere: by the parser, or for an import.
    hidden: bool,
    /// Functions of a library package whose bodies are not checked yet.
    put_off: FxHashMap<ObjId, later::PutOff>,
}

impl<'a> Checker<'a> {
    /// What came out: facts, diagnostics, and the names of the package when they are not in the world yet.
    fn end(mut self) -> (PkgFacts, Vec<Diagnostic>, Option<Scope>) {
        let facts = std::mem::take(&mut self.facts);
        match self.role {
            Role::Library => (facts, self.put_back(), None),
            Role::Package | Role::Script | Role::Prompt => {
                self.world.locals = self.locals.emptied();
                (facts, self.diags, Some(self.top))
            }
        }
    }
    fn new(
        ast: &'a Ast,
        types: &'a mut Types,
        info: &'a mut Info,
        world: &'a mut World,
        pkg: PkgId,
        role: Role,
    ) -> Checker<'a> {
        info.make_room(ast.expr_count());
        let locals = std::mem::take(&mut world.locals);
        Checker {
            ast,
            types,
            info,
            world,
            pkg,
            role,
            diags: vec![],
            facts: PkgFacts::default(),
            imports: vec![],
            dots: vec![],
            starts: vec![],
            file: 0,
            implicit: Scope::default(),
            items: vec![],
            top: Scope::default(),
            locals,
            funcs: vec![],
            pending: FxHashMap::default(),
            path: vec![],
            resolving: FxHashSet::default(),
            unresolved: FxHashMap::default(),
            later: vec![],
            iota: None,
            decl: None,
            deps: FxHashMap::default(),
            dep_pairs: FxHashSet::default(),
            var_order: vec![],
            inits: vec![],
            local_types: 0,
            untyped: vec![],
            lhs_of_shift: FxHashMap::default(),
            spine: vec![],
            lists: vec![],
            calls_main: false,
            completing: vec![],
            written: FxHashMap::default(),
            broken: Default::default(),
            finite: FxHashSet::default(),
            around: vec![],
            methods: FxHashMap::default(),
            tparam_objs: FxHashMap::default(),
            flows: vec![],
            signatures: 0,
            gave_up: None,
            hidden: false,
            put_off: FxHashMap::default(),
        }
    }
    fn report(&mut self, d: Diagnostic) {
        self.diags.push(d);
    }
    fn err(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }
    /// An error in programs, a warning in scripts.
    fn lax(&mut self, code: Code, warn: Code, span: Span, message: String) {
        if self.role.script() {
            self.report(Diagnostic::warning(warn, span, message));
        } else {
            self.err(code, span, message);
        }
    }
    fn not_yet(&mut self, span: Span, what: &str) {
        self.err(Code::NotYet, span, format!("not in gol yet: {what}"));
    }
    fn name(&self, s: Sym) -> &'a str {
        self.ast.name(s)
    }
    fn span(&self, e: ExprId) -> Span {
        self.ast.expr_span(e)
    }
    fn sym(&self, text: &str) -> Option<Sym> {
        self.ast.names.find(text)
    }
    fn is_blank(&self, s: Sym) -> bool {
        s == self.world.blank
    }
    fn ty_text(&self, ty: TyId) -> String {
        type_string(self.types, self.info, &self.ast.names, ty, TypeText::Message(self.pkg))
    }
    /// The package that an unexported name belongs to here; PkgId(0) for exported ones.
    fn name_pkg(&self, s: Sym) -> PkgId {
        world::name_pkg(&self.ast.names, s, self.pkg)
    }

    fn new_obj(&mut self, kind: ObjKind, name: Ident, ty: TyId) -> ObjId {
        let id = self.info.add_obj(self.obj(kind, name, ty));
        self.info.defs.insert(name.span.lo, id);
        id
    }
    fn obj(&self, kind: ObjKind, name: Ident, ty: TyId) -> Obj {
        Obj {
            name: name.sym,
            kind,
            ty,
            pkg: self.pkg,
            span: name.span,
            addr_taken: false,
            captured: false,
            reassigned: false,
            used: false,
        }
    }

    /// What a name means here, from the innermost block outwards.
    #[inline]
    fn find(&self, name: Sym) -> Option<ObjId> {
        self.locals.get(name).or_else(|| self.find_top(name))
    }
    /// What a name means outside all functions.
    #[inline(never)]
    fn find_top(&self, name: Sym) -> Option<ObjId> {
        self.imports[self.file]
            .get(name)
            .or_else(|| self.top.get(name))
            .or_else(|| match self.role {
                Role::Prompt => self.world.scopes[self.pkg.0 as usize].get(name),
                Role::Package | Role::Library | Role::Script => None,
            })
            .or_else(|| self.world.universe.scope.get(name))
    }
    fn at_top(&self) -> bool {
        self.locals.is_empty()
    }

    fn open_block(&mut self) {
        self.locals.open();
    }
    fn close_block(&mut self) {
        for i in self.locals.here() {
            self.report_if_unused(self.locals.at(i));
        }
        self.locals.close();
    }

    /// Declares an object in the innermost block, or at top level. The blank identifier declares nothing.
    fn declare(&mut self, obj: ObjId) {
        let (name, span) = (self.info.obj(obj).name, self.info.obj(obj).span);
        if self.is_blank(name) {
            return;
        }
        let other = match self.at_top() {
            true => self.top.get(name).or_else(|| self.imports.iter().find_map(|s| s.get(name))),
            false => self.locals.get_here(name),
        };
        if let Some(other) = other {
            return self.redeclared(name, span, other);
        }
        match self.at_top() {
            true => self.top.insert(name, obj),
            false => self.locals.insert(name, obj),
        }
    }
    fn redeclared(&mut self, name: Sym, span: Span, other: ObjId) {
        let name = self.name(name);
        let at = self.info.obj(other).span;
        let mut d = Diagnostic::error(Code::Redeclared, span, format!("{name} redeclared in this block"));
        if at != Span::default() {
            d = d.related(at, format!("other declaration of {name}"));
        }
        self.report(d);
    }

    /// Writes down what is known of an expression.
    fn record(&mut self, x: &Operand) {
        match &x.value {
            None => self.info.set_expr(x.expr, x.mode, x.ty, None),
            Some(v) => self.info.set_constant(x.expr, x.mode, x.ty, v.clone()),
        }
        if x.mode == Mode::Invalid && self.gave_up.is_none() {
            self.gave_up = Some(x.expr);
        }
        if self.types.is_untyped(x.ty) && !matches!(x.mode, Mode::Invalid | Mode::Type) {
            self.untyped.push(x.expr);
        }
    }
    fn set_info(&mut self, e: ExprId, mode: Mode, ty: TyId, value: Option<crate::constant::Value>) {
        self.info.set_expr(e, mode, ty, value);
    }

    fn put_off(&mut self, action: Action<'a>) {
        self.later.push((self.file, action));
    }
    /// The file that holds a position; its imports are what counts there.
    fn file_of(&self, pos: u32) -> usize {
        self.starts.partition_point(|&s| s <= pos).saturating_sub(1)
    }
    fn enter_file(&mut self, pos: u32) {
        self.file = self.file_of(pos);
    }

    /// Runs what was put off until declarations are complete.
    fn run_later(&mut self) {
        while !self.later.is_empty() {
            for (file, action) in std::mem::take(&mut self.later) {
                self.file = file;
                action(self);
            }
        }
    }
}

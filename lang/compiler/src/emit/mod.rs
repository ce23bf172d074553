//! Emission: walks a checked tree and appends functions, constants, types and globals to the program.
//!
//! Runs only after a check without errors, so every side-table entry it needs is there. It refuses nothing that the checker
//! accepted except what does not fit into the machine's limits. Reading order: `layout` (words of types), `func` (the function under
//! construction), `generic` (instances of generic functions), `place` (where values live), `escape` and `lift` (what needs no object),
//! `expr`, `call`, then statements.

mod assign;
mod builtin;
mod call;
mod clones;
mod closure;
mod compare;
mod conc;
mod cond;
mod consts;
mod convert;
mod declare;
mod defer;
mod dynamic;
mod escape;
mod expr;
mod func;
mod generic;
mod hoist;
mod iface;
mod index;
mod init;
mod inline;
mod known;
mod layout;
mod lift;
mod literal;
mod loops;
mod methods;
mod natives;
mod ops;
mod passing;
mod place;
mod range;
mod range_func;
mod readonly;
mod rows;
mod select;
mod stmt;
mod switch;
mod thunk;
mod typedesc;
mod typename;
mod vars;

use crate::info::{FuncFacts, Info, ObjId, ObjKind};
use crate::types::{PkgId, TyId, Types};
use func::Fun;
use generic::{Generics, Inst};
use gol_bytecode::{FuncId, Program, TypeId};
use gol_syntax::ast::{Ast, BlockId, ExprId, Sym};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use layout::Words;
use natives::Intrinsic;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use thunk::ThunkKey;

/// A register of the function under construction. Wider than the field of an instruction: a function that needs more than
/// 65,535 is refused when it is finished.
pub(crate) type Reg = u32;

/// What emission keeps between texts of a session.
#[derive(Default)]
pub struct EmitState {
    /// The text being emitted is a script: `print` writes to standard output.
    pub script: bool,
    /// The text is a line of the prompt: the value of a last expression statement is printed.
    pub prompt: bool,
    /// Nothing is optimised: every value gets registers of its own, every operation stands alone, what cannot be reached is
    /// emitted. Slow on purpose: the other side of comparisons.
    pub plain: bool,
    /// No body replaces its call: for machines that look for requests at entries of functions alone.
    pub keep_calls: bool,
    /// Packages whose functions are emitted when something emitted needs them.
    pub on_demand: FxHashSet<PkgId>,
    funcs: FxHashMap<Inst, FuncId>,
    generics: Generics,
    globals: FxHashMap<ObjId, u32>,
    /// Types below this id were there before this text.
    pub types_seen: usize,
    types: FxHashMap<TyId, TypeId>,
    packed: FxHashMap<TyId, TypeId>,
    words: Words,
    words_k: FxHashMap<u64, u32>,
    strings: FxHashMap<Arc<[u8]>, u32>,
    func_ks: FxHashMap<FuncId, u32>,
    natives: FxHashMap<String, u32>,
    methods: FxHashMap<String, u32>,
    method_ids: FxHashMap<(Sym, PkgId), u32>,
    intrinsics: FxHashMap<ObjId, Option<Intrinsic>>,
    thunks: FxHashMap<ThunkKey, FuncId>,
    /// What was found out about variables and literals of function bodies.
    escapes: escape::Escapes,
    /// Bodies that were measured: whether they replace calls.
    small: FxHashMap<inline::Body, bool>,
    clones: clones::Clones,
    /// Globals of this package that are objects of their own and have to be made.
    large: Vec<ObjId>,
    /// Types whose descriptor is reserved but not filled in yet.
    pending: Vec<TyId>,
}

impl EmitState {
    /// Functions whose bodies must be checked before emission can go on.
    pub fn unchecked(&mut self) -> Vec<ObjId> {
        self.generics.unchecked()
    }
}

/// Lengths of the program's tables, to undo an emission that failed.
struct Marks {
    funcs: usize,
    consts: usize,
    types: usize,
    globals: u32,
    natives: usize,
    methods: usize,
}

/// The emission of one package.
pub(crate) struct Em<'a> {
    ast: &'a Ast,
    types: &'a mut Types,
    info: &'a Info,
    st: &'a mut EmitState,
    prog: &'a mut Program,
    pkg: PkgId,
    /// The function under construction.
    f: Box<Fun>,
    /// Functions that are finished: their room is used again.
    #[allow(clippy::vec_box)]
    spare: Vec<Box<Fun>>,
    /// The declared function around it.
    root: Option<(BlockId, &'a FuncFacts)>,
    /// Its local functions.
    lifts: lift::Lifts,
    /// Types that it mentions and what they stand for, when it is an instance of a generic function.
    map: generic::TypeMap,
    /// What its parameters are known to be, when it is a clone.
    knowns: known::Knowns,
    /// Names of functions that were asked for.
    names: FxHashMap<ObjId, String>,
    err: Option<Diagnostic>,
}

/// A package that is being emitted. On failure the program is as it was.
pub struct Emission {
    pkg: PkgId,
    marks: Marks,
    /// The functions to run, in order: package initialisation, then `main.main` or the script's body.
    pub entry: Vec<FuncId>,
    /// Makes variables that are objects of their own, of any package; runs before everything else.
    pub large: Option<FuncId>,
}

/// What emission reads and writes.
pub struct Tables<'a> {
    pub ast: &'a Ast,
    pub types: &'a mut Types,
    pub info: &'a Info,
    pub state: &'a mut EmitState,
    pub program: &'a mut Program,
}

/// Begins the emission of a checked package (or script, or prompt line): all of it but for functions whose bodies are not
/// checked yet ([`EmitState::unchecked`]). Those have to be checked before [`go_on`] is called, until there are none; then
/// comes [`end`].
///
/// # Errors
/// Something does not fit.
pub fn begin(t: Tables, pkg: PkgId) -> Result<Emission, Diagnostic> {
    // What an earlier text was refused for does not count against this one.
    let first = std::mem::replace(&mut t.state.types_seen, t.types.count());
    if let Some(ty) = layout::too_large(t.types, first) {
        let place = place_of_type(t.types, t.info, t.ast, ty);
        return Err(Diagnostic::error(Code::NotYet, place, "this type is too large"));
    }
    let mut e = Emission { pkg, marks: Marks::take(t.program), entry: vec![], large: None };
    e.entry = e.step(t, |em| {
        em.reserve_known();
        em.package()
    })?;
    Ok(e)
}

/// Emits what was waiting for bodies.
///
/// # Errors
/// Something does not fit.
pub fn go_on(t: Tables, e: &Emission) -> Result<(), Diagnostic> {
    e.step(t, |_| ())
}

/// Ends the emission: variables that are objects of their own. When this leaves unchecked bodies (the methods of a type that is
/// only made now) they have to be checked and [`go_on`] called, as before.
///
/// # Errors
/// Something does not fit.
pub fn end(t: Tables, e: &mut Emission) -> Result<(), Diagnostic> {
    e.large = e.step(t, |em| em.large())?;
    Ok(())
}

impl Emission {
    /// Does a piece of work, and what that makes necessary.
    fn step<R>(&self, t: Tables, work: impl FnOnce(&mut Em) -> R) -> Result<R, Diagnostic> {
        let Tables { ast, types, info, state, program } = t;
        let mut em = Em {
            ast,
            types,
            info,
            st: state,
            prog: program,
            pkg: self.pkg,
            f: Box::default(),
            spare: vec![],
            root: None,
            lifts: Default::default(),
            map: None,
            knowns: Default::default(),
            names: FxHashMap::default(),
            err: None,
        };
        let done = work(&mut em);
        em.complete();
        match em.err.take() {
            None => Ok(done),
            Some(d) => {
                self.marks.undo(state, program);
                Err(d)
            }
        }
    }
}

/// Where a type is declared, or where something has it.
fn place_of_type(types: &Types, info: &Info, ast: &Ast, ty: TyId) -> Span {
    let made = info.objs.iter().filter(|o| o.span != Span::default());
    let same = |t: TyId| t == ty || types.under_id(t) == ty;
    let named = made.clone().find(|o| o.kind == ObjKind::Type && same(o.ty));
    let used = || (0..ast.expr_count()).map(ExprId::new).find(|e| info.expr(*e).is_some_and(|i| same(i.ty)));
    match named.or_else(|| made.clone().find(|o| same(o.ty))) {
        Some(o) => o.span,
        None => used().map_or(Span::default(), |e| ast.expr_span(e)),
    }
}

impl Marks {
    fn take(p: &Program) -> Marks {
        Marks {
            funcs: p.funcs.len(),
            consts: p.consts.len(),
            types: p.types.len(),
            globals: p.globals,
            natives: p.natives.len(),
            methods: p.methods.len(),
        }
    }
    fn undo(&self, s: &mut EmitState, p: &mut Program) {
        p.funcs.truncate(self.funcs);
        p.consts.truncate(self.consts);
        p.types.truncate(self.types);
        p.natives.truncate(self.natives);
        p.methods.truncate(self.methods);
        p.globals = self.globals;
        p.global_names.retain(|n| n.first < self.globals);
        let (funcs, consts, types) = (self.funcs as u32, self.consts as u32, self.types as u32);
        s.funcs.retain(|_, v| *v < funcs);
        s.thunks.retain(|_, v| *v < funcs);
        s.globals.retain(|_, v| *v < self.globals);
        s.types.retain(|_, v| *v < types);
        s.packed.retain(|_, v| *v < types);
        s.words_k.retain(|_, v| *v < consts);
        s.strings.retain(|_, v| *v < consts);
        s.func_ks.retain(|_, v| *v < consts);
        s.natives.retain(|_, v| (*v as usize) < self.natives);
        s.methods.retain(|_, v| (*v as usize) < self.methods);
        s.method_ids.retain(|_, v| (*v as usize) < self.methods);
        // Type ids of a text that failed are given out again.
        s.words = Words::default();
        s.pending.clear();
        s.large.clear();
        s.generics.clear();
        s.clones.undo(funcs);
    }
}

impl Em<'_> {
    /// A new function under construction.
    fn fun(&mut self, name: String, pos: u32) -> Box<Fun> {
        let mut f = self.spare.pop().unwrap_or_default();
        f.begin(name, pos);
        f.plain = self.st.plain;
        f
    }
    /// Remembers the first thing that does not fit.
    fn refuse(&mut self, code: Code, span: Span, message: impl Into<String>) {
        if self.err.is_none() {
            self.err = Some(Diagnostic::error(code, span, message));
        }
    }
    fn refuse_expr(&mut self, e: ExprId, message: impl Into<String>) {
        let span = self.ast.expr_span(e);
        self.refuse(Code::NotYet, span, message);
    }
}

//! Generic functions: one copy for each list of type arguments (monomorphisation).
//!
//! Functions of library packages wait in the same queue: they are emitted when something needs them, and only then.
//!
//! A generic body is never emitted by itself. A use of it with type arguments is an [`Inst`]: its function id is reserved on first
//! use and its body is emitted later, from a queue, with a map from every type that the body mentions to the type that it
//! stands for there. Whoever reads a type from the side tables does it through [`Em::ty`], [`Em::obj_ty`], [`Em::sub`] or
//! [`Em::selection`]; everything derived from those is concrete. Types nest at most as deep as `Types::too_deep` says, so a
//! function that needs ever larger instances of itself is refused.

use super::Em;
use super::known::Knowns;
use super::methods::MethodSel;
use crate::check::lookup::{Lookup, Member, lookup_field_or_method};
use crate::info::{FieldPath, Obj, ObjId, ObjKind, SelKind, Selection};
use crate::instance::Subst;
use crate::types::{Ty, TyId, Types};
use gol_bytecode::FuncId;
use gol_syntax::ast::{Expr, ExprId};
use gol_syntax::diag::Code;
use gol_syntax::span::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::Arc;

/// A function or method with its type arguments: none when it is not generic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Inst {
    pub obj: ObjId,
    pub targs: Vec<TyId>,
}

/// An instance, or a function of a library package, whose body has to be emitted.
pub(super) struct Job {
    inst: Inst,
    /// Where it was used first.
    pos: Span,
    /// Not the method itself is wanted, but how this interface method reaches it.
    boxed: Option<(FuncId, TyId, MethodSel)>,
    /// It is a clone: its own function, and what is known of its parameters.
    clone: Option<(FuncId, Knowns)>,
}

/// What types with type parameters stand for; `None` outside of generic functions.
pub(super) type TypeMap = Option<Arc<FxHashMap<TyId, TyId>>>;

/// What instances need between texts.
#[derive(Default)]
pub(super) struct Generics {
    pub todo: Vec<Job>,
    /// Those whose bodies are not checked yet: nobody but a table of methods knows of them.
    unchecked: Vec<Job>,
    /// Clones that can take over bodies of those.
    waiting: Vec<Job>,
    /// The types with type parameters in the side tables of a generic function.
    mentioned: FxHashMap<ObjId, Arc<[TyId]>>,
    maps: FxHashMap<Inst, Arc<FxHashMap<TyId, TyId>>>,
    /// The objects whose types have type parameters, by position; so many objects were looked at.
    objs: Vec<(u32, TyId)>,
    objs_seen: usize,
}

impl Generics {
    /// Functions whose bodies must be checked before emission can go on.
    pub fn unchecked(&mut self) -> Vec<ObjId> {
        let objs = self.unchecked.iter().map(|job| job.inst.obj).collect();
        self.todo.append(&mut self.unchecked);
        self.todo.append(&mut self.waiting);
        objs
    }
    pub fn clear(&mut self) {
        self.todo.clear();
        self.waiting.clear();
        self.unchecked.clear();
        self.maps.clear();
    }
}

/// More instances than any program needs that was not meant to exhaust the machine.
const INSTANCES_MAX: usize = 100_000;

impl<'a> Em<'a> {
    // ---- types as the function under construction sees them

    /// A type from a side table, with the type arguments of the function under construction.
    pub(super) fn sub(&self, ty: TyId) -> TyId {
        match &self.map {
            None => ty,
            Some(map) => map.get(&ty).copied().unwrap_or(ty),
        }
    }
    pub(super) fn ty(&self, e: ExprId) -> TyId {
        self.info.expr(e).map_or(Types::ERROR, |i| self.sub(i.ty))
    }
    pub(super) fn obj_ty(&self, o: ObjId) -> TyId {
        self.sub(self.info.obj(o).ty)
    }
    /// The selection of a selector expression; a method of a type parameter is one of its argument.
    #[inline]
    pub(super) fn selection(&self, e: ExprId) -> Option<Cow<'a, Selection>> {
        let info = self.info;
        let s = info.selections.get(&e)?;
        Some(if self.map.is_none() { Cow::Borrowed(s) } else { Cow::Owned(self.selection_here(s)) })
    }
    /// The selection with the type arguments of the function under construction.
    #[inline(never)]
    fn selection_here(&self, s: &Selection) -> Selection {
        let mut s = Selection {
            kind: s.kind.clone(),
            path: FieldPath::from_slice(&s.path),
            recv: self.sub(s.recv),
            name: s.name,
            name_pkg: s.name_pkg,
            targs: s.targs.iter().map(|t| self.sub(*t)).collect(),
        };
        let expr = match s.kind {
            SelKind::TypeParamMethod => false,
            SelKind::TypeParamMethodExpr => true,
            SelKind::Field
            | SelKind::Method(_)
            | SelKind::IfaceMethod
            | SelKind::MethodExpr(_)
            | SelKind::IfaceMethodExpr => return s,
        };
        let Lookup::Found(f) = lookup_field_or_method(self.types, self.info, s.recv, s.name, s.name_pkg) else {
            return s;
        };
        s.path = f.path;
        s.kind = match (f.member, expr) {
            (Member::Method { obj, .. }, false) => SelKind::Method(obj),
            (Member::Method { obj, .. }, true) => SelKind::MethodExpr(obj),
            (Member::IfaceMethod(_), false) => SelKind::IfaceMethod,
            (Member::IfaceMethod(_), true) => SelKind::IfaceMethodExpr,
            (Member::Field(_), _) => SelKind::Field,
        };
        s
    }

    /// `x.m[int]` is the selector `x.m`, whose selection has the type arguments.
    #[inline]
    pub(super) fn selector(&self, e: ExprId) -> ExprId {
        match *self.ast.expr(e) {
            Expr::Index(x, _) => self.selector_of(e, x),
            _ => e,
        }
    }
    #[inline(never)]
    fn selector_of(&self, e: ExprId, x: ExprId) -> ExprId {
        let x = self.strip(x);
        if self.info.selections.get(&x).is_some_and(|s| !s.targs.is_empty()) { x } else { e }
    }

    // ---- instances

    /// The function that an expression without parentheses names, with its type arguments.
    #[inline]
    pub(super) fn named_func(&self, e: ExprId) -> Option<Inst> {
        match self.info.uses.get(&e).map(|o| &self.info.obj(*o).kind) {
            Some(ObjKind::Local) if self.f.known.is_empty() => None,
            None if !matches!(self.ast.expr(e), Expr::Index(..)) => None,
            _ => self.name_of_func(e),
        }
    }
    #[inline(never)]
    fn name_of_func(&self, e: ExprId) -> Option<Inst> {
        let name = match *self.ast.expr(e) {
            Expr::Index(x, _) if self.info.instances.contains_key(&e) => self.strip(x),
            _ => e,
        };
        let obj = *self.info.uses.get(&name)?;
        match self.info.obj(obj).kind {
            ObjKind::Func => {}
            ObjKind::Local => return self.known_named(obj).cloned(),
            ObjKind::Global
            | ObjKind::Const(_)
            | ObjKind::Type
            | ObjKind::Method { .. }
            | ObjKind::Builtin(_)
            | ObjKind::Nil
            | ObjKind::Pkg(_) => return None,
        }
        let targs = self.info.instances.get(&e);
        Some(Inst { obj, targs: targs.map_or(vec![], |l| l.iter().map(|t| self.sub(*t)).collect()) })
    }
    /// The selected method, with the type arguments of its receiver and its own.
    pub(super) fn method_inst(&mut self, obj: ObjId, s: &Selection) -> Inst {
        if !self.is_generic(obj) {
            return Inst { obj, targs: vec![] };
        }
        let recv = self.static_walk(s.recv, &s.path);
        let base = match *self.types.get(recv) {
            Ty::Pointer(t) => t,
            _ => recv,
        };
        let mut targs = match *self.types.get(base) {
            Ty::Named(n) => self.types.named(n).targs.clone(),
            _ => vec![],
        };
        targs.extend(&s.targs);
        Inst { obj, targs }
    }
    pub(super) fn is_generic(&self, o: ObjId) -> bool {
        self.info.tparams.get(&o).is_some_and(|list| !list.is_empty())
    }
    fn subst_of(&self, inst: &Inst) -> Subst {
        let Some(tparams) = self.info.tparams.get(&inst.obj) else { return Subst::default() };
        tparams.iter().copied().zip(inst.targs.iter().copied()).collect()
    }
    /// The signature, without receiver.
    pub(super) fn inst_sig(&mut self, inst: &Inst) -> TyId {
        let sig = match self.info.funcs.get(&inst.obj) {
            Some(f) => f.sig,
            None => self.info.obj(inst.obj).ty,
        };
        let map = self.subst_of(inst);
        self.types.subst(sig, &map)
    }
    pub(super) fn func_id(&mut self, inst: &Inst) -> FuncId {
        if let Some(&f) = self.st.funcs.get(inst) {
            return f;
        }
        let f = self.reserve_func();
        self.st.funcs.insert(inst.clone(), f);
        if !inst.targs.is_empty() || self.st.on_demand.contains(&self.info.obj(inst.obj).pkg) {
            self.queue(inst);
        }
        f
    }
    fn queue(&mut self, inst: &Inst) {
        let pos = self.f.span();
        if inst.targs.iter().any(|t| self.types.too_deep(*t)) {
            let name = self.ast.name(self.info.obj(inst.obj).name);
            let m = format!("{name} needs ever larger instances of itself (instantiation cycle)");
            return self.refuse(Code::NotYet, pos, m);
        }
        if self.st.funcs.len() > INSTANCES_MAX {
            return self.refuse(Code::NotYet, pos, "program needs more than 100,000 instances of generic functions");
        }
        self.st.generics.todo.push(Job { inst: inst.clone(), pos, boxed: None, clone: None });
    }
    /// The function `id` will be the instance for what is known of its parameters.
    pub(super) fn queue_clone(&mut self, inst: Inst, id: FuncId, known: Knowns) {
        let pos = self.f.span();
        self.st.generics.todo.push(Job { inst, pos, boxed: None, clone: Some((id, known)) });
    }
    /// The function `id` will be how an interface reaches method `m` of type `ty`, which is `inst`, in a box.
    pub(super) fn queue_boxed(&mut self, inst: &Inst, id: FuncId, ty: TyId, m: &MethodSel) {
        let pos = self.f.span();
        self.st.generics.todo.push(Job { inst: inst.clone(), pos, boxed: Some((id, ty, m.clone())), clone: None });
    }
    /// Emits bodies of instances and fills in descriptors until nothing is missing.
    pub(super) fn complete(&mut self) {
        while self.err.is_none() {
            if let Some(job) = self.st.generics.todo.pop() {
                self.instance(job);
            } else if self.st.pending.is_empty() {
                break;
            } else {
                self.fill_types();
            }
        }
    }
    fn instance(&mut self, job: Job) {
        let info = self.info;
        let Some(facts) = info.funcs.get(&job.inst.obj) else { return self.st.generics.unchecked.push(job) };
        if let Some((id, ty, m)) = &job.boxed {
            return self.method_in_box(*id, *ty, m, job.inst.obj);
        }
        let Some(block) = facts.body else { return };
        if let Some((_, known)) = &job.clone
            && self.needs_bodies(known)
        {
            return self.st.generics.waiting.push(job);
        }
        self.map = self.type_map(&job.inst);
        let script = self.st.script;
        self.st.script &= info.obj(job.inst.obj).pkg == self.pkg;
        let id = match job.clone {
            None => self.func_id(&job.inst),
            Some((id, known)) => {
                self.knowns = known;
                id
            }
        };
        let name = self.func_name(job.inst.obj);
        self.outermost(id, name, facts, job.inst.obj, block);
        self.map = None;
        self.knowns = Knowns::default();
        self.st.script = script;
        // What does not fit is said where the instance is made, too.
        if let Some(d) = &mut self.err
            && d.span == Span::default()
        {
            d.span = job.pos;
        }
    }
    /// What the types that a function mentions stand for in an instance.
    pub(super) fn type_map(&mut self, inst: &Inst) -> TypeMap {
        if inst.targs.is_empty() {
            return None;
        }
        if let Some(map) = self.st.generics.maps.get(inst) {
            return Some(map.clone());
        }
        let subst = self.subst_of(inst);
        let mentioned = self.mentioned(inst.obj);
        let map = mentioned.iter().map(|t| (*t, self.types.subst(*t, &subst))).collect();
        let map = Arc::new(map);
        self.st.generics.maps.insert(inst.clone(), Arc::clone(&map));
        Some(map)
    }
    /// Every type with type parameters that the function's entries in the side tables have.
    fn mentioned(&mut self, o: ObjId) -> Arc<[TyId]> {
        if let Some(list) = self.st.generics.mentioned.get(&o) {
            return list.clone();
        }
        let mut found = FxHashSet::default();
        if let Some(facts) = self.info.funcs.get(&o)
            && let Some(b) = facts.body
        {
            found.insert(facts.sig);
            let outer = facts.recv.iter().chain(&facts.params).chain(&facts.results);
            found.extend(outer.map(|o| self.info.obj(*o).ty));
            let body = self.ast.block(b).span;
            for e in self.ast.exprs_in(body).map(ExprId::new) {
                found.extend(self.info.expr(e).map(|i| i.ty));
                found.extend(self.info.selections.get(&e).into_iter().flat_map(|s| s.targs.iter().chain([&s.recv])));
                found.extend(self.info.instances.get(&e).into_iter().flatten());
                found.extend(self.info.lits.get(&e).map(|f| f.sig));
            }
            found.extend(self.generic_objs_in(body));
        }
        found.retain(|t| self.types.mentions_tparam(*t));
        let list: Arc<[TyId]> = found.into_iter().collect();
        self.st.generics.mentioned.insert(o, list.clone());
        list
    }
    /// The types with type parameters that objects declared in a body have.
    fn generic_objs_in(&mut self, body: Span) -> Vec<TyId> {
        let g = &mut self.st.generics;
        let new = self.info.objs.get(g.objs_seen..).unwrap_or_default();
        let generic = |o: &&Obj| self.types.mentions_tparam(o.ty);
        let known = g.objs.len();
        g.objs.extend(new.iter().filter(generic).map(|o| (o.span.lo, o.ty)));
        g.objs_seen = self.info.objs.len();
        if g.objs.len() > known {
            g.objs.sort_unstable();
        }
        let from = |pos: u32| g.objs.partition_point(|o| o.0 < pos);
        g.objs[from(body.lo)..from(body.hi)].iter().map(|o| o.1).collect()
    }
}

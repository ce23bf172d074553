//! Clones: a function once more, for what is passed to it.
//!
//! A call `F(…, func(…) {…}, …)` makes a **clone** of F, in which that parameter is known (`known`). The closure is made and passed as
//! ever, so a clone is called just as F is. An argument that becomes an interface makes one, too: the parameter's dynamic type is
//! known there (`dynamic`), and it is passed as the value that it is.
//!
//! There is a clone when all of this holds:
//! - F is a function or method with a body that the call names, not a function value, and the call is no `go` or `defer`;
//! - the argument is a literal, a variable that keeps the literal that it was declared with, a function, or a parameter that is known
//!   itself, and the body is one that `inline` takes over (or it is a native); or the parameter is an interface with methods, and the
//!   argument a value of another type that registers hold;
//! - F never assigns to the parameter nor takes its address;
//! - F calls it, or a method of it, in a loop, or passes it to itself or to a parameter of which this holds; in a clone it is enough that it is called at all;
//! - the limits below are not reached.
//!
//! The same function with the same known parameters is the same clone, so functions that call each other end in clones that call each
//! other. A literal that a clone makes is another one than that of the original: [`DEPTH_MAX`] ends what would go on for ever.

use super::Em;
use super::call::{Plan, Target};
use super::dynamic::Dynamic;
use super::generic::Inst;
use super::known::{Known, Knowns, Literal};
use crate::info::{FuncFacts, ObjId, ObjKind, SelKind, Selection};
use crate::types::{FuncTy, Ty, TyId, Types};
use gol_bytecode::FuncId;
use gol_syntax::ast::{BlockId, Clause, Expr, ExprId, ForHeader, Stmt, StmtId};
use gol_syntax::span::Span;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// Clones of one function.
const CLONES_MAX: u32 = 10;
/// Expressions in all clones together: so many, and one for so many expressions of the whole program.
const BUDGET: usize = 6000;
const BUDGET_SHARE: usize = 200;
/// Expressions in a body that is cloned.
const SIZE_MAX: usize = 1500;
/// Clones for literals of clones.
const DEPTH_MAX: u32 = 2;
/// Functions that pass a parameter on to each other are followed so far.
const CHAIN_MAX: usize = 32;

/// What tells known functions apart.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Id {
    Named(Inst),
    Literal(FuncId),
    Type(TyId),
}

/// How a function uses a parameter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Use {
    None,
    /// It is called, here or in a function that it is passed to.
    Called,
    /// Many times.
    Hot,
}

#[derive(Default)]
pub(super) struct Clones {
    ids: FxHashMap<(Inst, Vec<(usize, Id)>), FuncId>,
    count: FxHashMap<ObjId, u32>,
    /// Expressions in clones.
    size: usize,
    /// Of the parameters of functions that were looked at.
    uses: FxHashMap<ObjId, Arc<[Use]>>,
}

impl Clones {
    /// Functions from this one on are gone.
    pub fn undo(&mut self, funcs: u32) {
        self.ids.retain(|_, f| *f < funcs);
    }
    /// A type got other methods.
    pub fn forget_types(&mut self) {
        self.ids.retain(|(_, known), _| !known.iter().any(|(_, id)| matches!(id, Id::Type(_))));
    }
}

/// Operand and selection of a method.
type Receiver<'a> = Option<(ExprId, Cow<'a, Selection>)>;

/// A call of what may become a clone.
pub(super) struct CloneCall<'a> {
    pub inst: Inst,
    method: Receiver<'a>,
    /// Parameters and arguments that are known functions.
    funcs: Vec<(usize, ExprId)>,
    /// The same for interfaces of known types.
    pub types: Vec<(usize, Dynamic)>,
    /// A method of this argument complains when it is nil: then the function itself is called.
    pub plain: Option<usize>,
}

impl<'a> CloneCall<'a> {
    /// The type that its parameter is known to have.
    pub fn type_of(&self, i: usize) -> TyId {
        self.types.iter().find(|t| t.0 == i).map_or(Types::ERROR, |t| t.1.ty)
    }
    /// What is known before the arguments are there.
    fn key(&self) -> (Inst, Vec<(usize, Id)>) {
        (self.inst.clone(), self.types.iter().map(|(i, d)| (*i, Id::Type(d.ty))).collect())
    }
    /// What is called; the target is known when the arguments are there.
    pub fn plan(&self) -> Plan<'a> {
        let target = Target::Func(0);
        match &self.method {
            Some((x, s)) => Plan::Method(target, *x, s.clone(), self.inst.clone()),
            None => Plan::Static(target),
        }
    }
}

impl<'a> Em<'a> {
    /// The function may be one that is cloned.
    pub(super) fn takes_func(&self, sig: &FuncTy) -> bool {
        sig.params.iter().any(|t| matches!(self.types.under(*t), Ty::Func(_)) || self.has_methods(*t))
    }
    /// The function calls its parameter number `i`, or methods of it.
    pub(super) fn is_used(&mut self, o: ObjId, i: usize) -> bool {
        self.uses_of(o, &mut vec![]).is_some_and(|u| u.get(i).is_some_and(|u| *u > Use::None))
    }
    /// The call is one of a function that may be cloned for what it gets.
    pub(super) fn clone_call(&mut self, fun: ExprId, sig: &FuncTy, args: &[ExprId]) -> Option<Box<CloneCall<'a>>> {
        let fun = self.strip(fun);
        if self.f.given.contains_key(&fun) {
            return None;
        }
        let (inst, method) = self.cloneable(fun)?;
        let full = self.is_full(inst.obj);
        // What is known already may have its clone.
        if full && self.knows_own_only() && !sig.params.iter().any(|t| self.has_methods(*t)) {
            return None;
        }
        let uses = self.uses_of(inst.obj, &mut vec![])?;
        let enough = if self.knowns.depth > 0 { Use::Called } else { Use::Hot };
        let mut c = CloneCall { inst, method, funcs: vec![], types: vec![], plain: None };
        let fixed = sig.params.len() - usize::from(sig.variadic);
        for (i, (&x, &ty)) in args.iter().zip(&sig.params).enumerate().take(fixed) {
            if uses.get(i).is_none_or(|u| *u < enough) {
                continue;
            }
            if self.has_methods(ty) {
                c.types.extend(self.dynamic(x).map(|d| (i, d)));
            } else if matches!(self.types.under(ty), Ty::Func(_)) && self.may_be_known(x) {
                c.funcs.push((i, x));
            }
        }
        // Their values are passed as they are, so it is settled now that there will be a clone.
        if full && (!c.funcs.is_empty() || !self.st.clones.ids.contains_key(&c.key())) {
            c.types.clear();
        }
        self.may_be_nil(&mut c, sig);
        if c.funcs.is_empty() && c.types.is_empty() {
            return None;
        }
        c.funcs.iter().for_each(|(_, x)| self.want(*x));
        Some(Box::new(c))
    }
    /// Nil pointers whose methods would complain are told from others in front of the call, when there is one such argument.
    fn may_be_nil(&mut self, c: &mut CloneCall, sig: &FuncTy) {
        let mut list = c.types.clone();
        list.retain(|(i, d)| self.may_complain(d, sig.params[*i]));
        match (&list[..], &c.types[..]) {
            ([], _) => {}
            (&[(i, _)], [_]) => c.plain = Some(i),
            _ => c.types.retain(|(i, _)| !list.iter().any(|(k, _)| k == i)),
        }
    }
    fn cloneable(&mut self, fun: ExprId) -> Option<(Inst, Receiver<'a>)> {
        if let Some(f) = self.named_func(fun) {
            return Some((f, None));
        }
        let fun = self.selector(fun);
        let Expr::Select(x, _) = *self.ast.expr(fun) else { return None };
        let s = self.selection(fun)?;
        let SelKind::Method(o) = s.kind else { return None };
        Some((self.method_inst(o, &s), Some((x, s))))
    }
    /// The code to call, when the arguments were evaluated.
    pub(super) fn clone_target(&mut self, c: CloneCall) -> Target {
        let mut knowns = Knowns { params: vec![], depth: self.knowns.depth };
        let params = self.info.funcs.get(&c.inst.obj).map_or(&[][..], |f| &f.params);
        let (_, mut key) = c.key();
        for (i, d) in &c.types {
            knowns.params.extend(params.get(*i).map(|o| (*o, Known::Type(d.ty))));
            knowns.depth = knowns.depth.max(1);
        }
        let mut seen = vec![];
        for (i, x) in c.funcs {
            let (Some(b), Some(&o)) = (self.bound(x), params.get(i)) else { continue };
            let (id, depth) = match &b.known {
                Known::Named(f) => (Id::Named(f.clone()), 0),
                Known::Literal(l) => (Id::Literal(l.id), l.depth),
                Known::Type(_) => continue,
            };
            if depth >= DEPTH_MAX {
                continue;
            }
            if let Known::Literal(l) = &b.known {
                // One body with two meanings is too much for one function.
                if seen.iter().any(|s: &Arc<Literal>| s.expr == l.expr && s.id != l.id) {
                    continue;
                }
                seen.push(l.clone());
            }
            knowns.depth = knowns.depth.max(depth + 1);
            knowns.params.push((o, b.known));
            key.push((i, id));
        }
        let key = (c.inst, key);
        if let Some(&id) = self.st.clones.ids.get(&key) {
            return Target::Func(id);
        }
        if key.1.is_empty() || c.types.is_empty() && self.is_full(key.0.obj) {
            return self.target(&key.0);
        }
        let id = self.reserve_func();
        self.st.clones.size += self.size_of(key.0.obj);
        *self.st.clones.count.entry(key.0.obj).or_default() += 1;
        self.queue_clone(key.0.clone(), id, knowns);
        self.st.clones.ids.insert(key, id);
        Target::Func(id)
    }

    /// There are as many clones of the function as there may be, or no room for one more.
    fn is_full(&self, o: ObjId) -> bool {
        let c = &self.st.clones;
        c.count.get(&o).is_some_and(|n| *n >= CLONES_MAX)
            || c.size + self.size_of(o) > BUDGET + self.ast.expr_count() / BUDGET_SHARE
    }
    /// Expressions in a function's body.
    fn size_of(&self, o: ObjId) -> usize {
        let body = self.info.funcs.get(&o).and_then(|f| f.body);
        body.map_or(0, |b| self.ast.exprs_in(self.ast.block(b).span).len())
    }

    // ---- what functions do with their parameters

    fn uses_of(&mut self, o: ObjId, chain: &mut Vec<ObjId>) -> Option<Arc<[Use]>> {
        if let Some(u) = self.st.clones.uses.get(&o) {
            return Some(u.clone());
        }
        let info = self.info;
        let facts = info.funcs.get(&o)?;
        let body = self.ast.block(facts.body?);
        if chain.len() >= CHAIN_MAX {
            return None;
        }
        let exprs = self.ast.exprs_in(body.span);
        let mut uses = vec![Use::None; facts.params.len()];
        if exprs.len() <= SIZE_MAX && facts.params.iter().any(|p| self.is_callable(*p)) {
            chain.push(o);
            let mut loops = vec![];
            self.loops(&body.stmts, &mut loops);
            for e in exprs.clone().map(ExprId::new) {
                if let Expr::FuncLit(_, b) = *self.ast.expr(e) {
                    self.loops(&self.ast.block(b).stmts, &mut loops);
                }
            }
            for e in exprs.map(ExprId::new) {
                if let Expr::Call(fun, ref args, _) = *self.ast.expr(e) {
                    let at = self.ast.expr_span(e);
                    let often = loops.iter().any(|l| l.lo <= at.lo && at.hi <= l.hi);
                    self.uses_in(facts, fun, args, often, chain, &mut uses);
                }
            }
            chain.pop();
        }
        let uses: Arc<[Use]> = uses.into();
        self.st.clones.uses.insert(o, uses.clone());
        Some(uses)
    }
    fn is_callable(&self, p: ObjId) -> bool {
        let obj = self.info.obj(p);
        let func = matches!(self.types.under(obj.ty), Ty::Func(_) | Ty::TypeParam(_));
        (func || self.has_methods(obj.ty)) && self.is_steady(p)
    }
    /// What one call in a body does with the function's parameters.
    fn uses_in(
        &mut self,
        facts: &FuncFacts,
        fun: ExprId,
        args: &[ExprId],
        often: bool,
        chain: &mut Vec<ObjId>,
        uses: &mut [Use],
    ) {
        let param = |em: &Self, e: ExprId| {
            let o = em.info.uses.get(&em.strip(e))?;
            facts.params.iter().position(|p| p == o).filter(|_| em.is_callable(*o))
        };
        let this = if often { Use::Hot } else { Use::Called };
        let called = match *self.ast.expr(self.strip(fun)) {
            Expr::Select(x, _) => x,
            _ => fun,
        };
        if let Some(p) = param(self, called) {
            uses[p] = uses[p].max(this);
        }
        let passed: Vec<(usize, usize)> =
            args.iter().enumerate().filter_map(|(i, x)| Some((i, param(self, *x)?))).collect();
        if passed.is_empty() {
            return;
        }
        let Some(callee) = self.callee_obj(fun) else { return };
        let there = match chain.contains(&callee) {
            // It comes back to where it was.
            true => None,
            false => match self.uses_of(callee, chain) {
                Some(u) => Some(u),
                None => return,
            },
        };
        for (i, p) in passed {
            let u = there.as_ref().map_or(Use::Hot, |u| u.get(i).copied().unwrap_or(Use::None));
            let u = if u == Use::Called { this } else { u };
            uses[p] = uses[p].max(u);
        }
    }
    /// The function or method that an expression names.
    fn callee_obj(&self, fun: ExprId) -> Option<ObjId> {
        let mut fun = self.strip(fun);
        if let Expr::Index(x, _) = *self.ast.expr(fun) {
            fun = self.strip(x);
        }
        if let Some(&o) = self.info.uses.get(&fun) {
            return matches!(self.info.obj(o).kind, ObjKind::Func).then_some(o);
        }
        match self.info.selections.get(&fun)?.kind {
            SelKind::Method(o) => Some(o),
            SelKind::Field
            | SelKind::IfaceMethod
            | SelKind::MethodExpr(_)
            | SelKind::IfaceMethodExpr
            | SelKind::TypeParamMethod
            | SelKind::TypeParamMethodExpr => None,
        }
    }
    /// The spans of the loops in statements; what is within expressions apart.
    fn loops(&self, list: &[StmtId], out: &mut Vec<Span>) {
        list.iter().for_each(|s| self.loops_in(*s, out));
    }
    fn loops_in(&self, s: StmtId, out: &mut Vec<Span>) {
        let block = |b: &BlockId, out: &mut Vec<Span>| self.loops(&self.ast.block(*b).stmts, out);
        let clauses = |list: &[Clause], out: &mut Vec<Span>| list.iter().for_each(|c| self.loops(&c.body, out));
        match self.ast.stmt(s) {
            Stmt::For(header, b) => {
                // What is gone through is evaluated once.
                let once = match header {
                    ForHeader::Range { over, .. } => self.ast.expr_span(*over).hi,
                    ForHeader::Cond(_) | ForHeader::Three(..) => self.ast.stmt_span(s).lo,
                };
                out.push(Span::new(once, self.ast.block(*b).span.hi));
            }
            Stmt::ParFor(s) | Stmt::Labeled(_, Some(s)) => self.loops_in(*s, out),
            Stmt::GoBlock(b) | Stmt::DeferBlock(b) | Stmt::Par(b) | Stmt::Block(b) => block(b, out),
            Stmt::If(_, then, els) => {
                block(then, out);
                els.iter().for_each(|s| self.loops_in(*s, out));
            }
            Stmt::Switch(_, list) | Stmt::Select(list) => clauses(list, out),
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Var(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Exprs(_)
            | Stmt::Send(..)
            | Stmt::IncDec(..)
            | Stmt::OpAssign(..)
            | Stmt::Assign(..)
            | Stmt::Define(..)
            | Stmt::Labeled(_, None)
            | Stmt::Go(_)
            | Stmt::Defer(_)
            | Stmt::After(_)
            | Stmt::Return(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Goto(_)
            | Stmt::Fallthrough => {}
        }
    }
}

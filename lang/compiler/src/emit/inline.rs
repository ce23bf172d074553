//! Calls of small functions, methods and function literals that a variable keeps are replaced by their bodies.
//!
//! A body may be taken over when it is straight or branches forward only: no loop, no literal, no `defer`, `recover`, `go`, and
//! few nodes. It may be that of an instance of a generic function, or one from elsewhere (`known`). Its parameters become variables of the caller: the argument's own register when neither side can change it, else a copy.
//! A range table in the function ([`Inlined`]) lets tracebacks name what was taken over. A loop around the call still polls at its
//! back-edge; what is gone is the callee's entry, so `--preempt=entry` keeps all calls.

use super::dynamic::{Dynamic, KnownMethod};
use super::func::{Label, Loc};
use super::generic::Inst;
use super::known::Origin;
use super::{Em, Reg};
use crate::info::{Builtin, FuncFacts, Mode, ObjId, SelKind, Selection};
use crate::types::{FuncTy, Ty, TyId};
use gol_bytecode::{Inlined, Op};
use gol_syntax::ast::{BlockId, ClauseKind, Expr, ExprId, Header, Stmt, StmtId, UnOp};
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::sync::Arc;

/// Nodes of a body that is worth it: about as many operations as a call with its arguments costs, a few times over.
const NODES_MAX: i32 = 60;
/// A call in a body counts as so many nodes.
const CALL_NODES: i32 = 9;
/// Bodies within bodies.
pub(super) const DEPTH_MAX: usize = 3;

/// A body that is being emitted in the place of its call.
#[derive(Clone, Copy)]
pub(super) struct Inlining {
    body: Body,
    end: Label,
    /// Where results go.
    results: Reg,
}

/// What a body is the body of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Body {
    Func(ObjId),
    Lit(ExprId),
}

/// A call that can be replaced.
struct Candidate<'a> {
    body: Body,
    recv: Option<(ExprId, Cow<'a, Selection>)>,
    /// A method of an interface whose type is known.
    known: Option<Box<KnownMethod>>,
    /// It is not of the function under construction, or of an instance.
    origin: Option<Box<Origin>>,
}

impl<'a> Em<'a> {
    /// The call's body in its place; the results' first register. `None`: it has to be a call.
    pub(super) fn inline_call(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool) -> Option<Reg> {
        let (mut c, facts) = self.candidate(fun, args, spread)?;
        self.find_types(&mut c.origin);
        Some(self.inline_candidate(e, &c, facts, args))
    }
    fn inline_candidate(&mut self, e: ExprId, c: &Candidate, facts: &FuncFacts, args: &[ExprId]) -> Reg {
        let sig = self.body_sig(c, facts);
        let n = self.sum_words(&sig.results);
        let results = self.f.alloc(n);
        let mark = self.f.next;
        self.in_its_place(e, c, facts, &sig, args, results, |em| match em.only_result(c, facts) {
            Some(x) => em.expr_conv_to(x, sig.results[0], results),
            None => em.inline_body(c.body, &sig),
        });
        self.f.next = mark;
        results
    }
    /// The same into a destination that may be an operand's register.
    pub(super) fn inline_call_to(
        &mut self,
        e: ExprId,
        fun: ExprId,
        args: &[ExprId],
        spread: bool,
        dst: Reg,
    ) -> Option<()> {
        let (mut c, facts) = self.candidate(fun, args, spread)?;
        self.find_types(&mut c.origin);
        let fresh = self.f.dst_fresh;
        let mark = self.f.next;
        match self.only_result(&c, facts) {
            Some(x) if fresh || self.with_types(c.origin.as_deref(), |em| em.in_place(x)) => {
                let sig = self.body_sig(&c, facts);
                let ty = sig.results[0];
                self.in_its_place(e, &c, facts, &sig, args, dst, |em| {
                    em.f.fresh = fresh.then_some(dst);
                    em.expr_conv_to(x, ty, dst);
                });
            }
            _ => {
                let r = self.inline_candidate(e, &c, facts, args);
                let n = self.words(self.ty(e));
                self.mov(dst, r, n);
            }
        }
        self.f.next = mark;
        Some(())
    }
    /// A call as a condition; false when it has to be a call.
    pub(super) fn inline_jump(&mut self, e: ExprId, label: Label, sense: bool) -> bool {
        let Expr::Call(fun, ref args, spread) = *self.ast.expr(e) else { return false };
        if !matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Value | Mode::Var)) {
            return false;
        }
        let Some((mut c, facts)) = self.candidate(fun, args, spread) else { return false };
        self.find_types(&mut c.origin);
        let Some(x) = self.only_result(&c, facts) else { return false };
        let sig = self.body_sig(&c, facts);
        self.in_its_place(e, &c, facts, &sig, args, 0, |em| em.cond_jump(x, label, sense));
        true
    }
    /// The call will be replaced by a body.
    pub(super) fn is_inlined(&mut self, fun: ExprId, args: &[ExprId], spread: bool) -> bool {
        self.candidate(fun, args, spread).is_some()
    }

    /// The body that will replace the call.
    pub(super) fn inlined_block(&mut self, fun: ExprId, args: &[ExprId], spread: bool) -> Option<BlockId> {
        if matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Type | Mode::Builtin(_))) {
            return None;
        }
        let (c, _) = self.candidate(fun, args, spread)?;
        // Its types may be others than those here.
        self.block_of(c.body).filter(|_| c.origin.is_none_or(|o| !o.is_instance()))
    }

    // ---- which calls

    fn candidate(&mut self, fun: ExprId, args: &[ExprId], spread: bool) -> Option<(Candidate<'a>, &'a FuncFacts)> {
        if self.st.plain || self.st.keep_calls || spread || self.f.inlining.len() >= DEPTH_MAX {
            return None;
        }
        let fun = self.strip(fun);
        if self.f.given.contains_key(&fun) || self.intrinsic(fun).is_some() {
            return None;
        }
        let c = self.callee(fun, args)?;
        let again = match c.body {
            Body::Func(o) => self.f.obj == Some(o),
            Body::Lit(e) => self.f.local == Some(e),
        };
        if again || self.f.inlining.iter().any(|i| i.body == c.body) || !self.is_small(c.body) {
            return None;
        }
        let facts = self.facts(c.body)?;
        // One call may give several arguments.
        if facts.params.len() != args.len() {
            return None;
        }
        Some((c, facts))
    }
    fn callee(&mut self, fun: ExprId, args: &[ExprId]) -> Option<Candidate<'a>> {
        let candidate = |body| Candidate { body, recv: None, known: None, origin: None };
        if let Some(f) = self.named_func(fun) {
            let obj = f.obj;
            return Some(Candidate { origin: Origin::instance(f), ..candidate(Body::Func(obj)) });
        }
        if let Some(o) = self.info.uses.get(&fun) {
            if let Some((lit, origin)) = self.known_literal(*o) {
                return Some(Candidate { origin: Some(origin), ..candidate(Body::Lit(lit)) });
            }
            let lit = self.literal_of(*o)?;
            return Some(candidate(Body::Lit(lit)));
        }
        let fun = self.selector(fun);
        if let Some(m) = self.known_method(fun) {
            let (origin, body) = (Origin::instance(m.inst.clone()), Body::Func(m.inst.obj));
            let early = self.may_come_first(&m, args);
            return early.then(|| Candidate { known: Some(Box::new(m)), origin, ..candidate(body) });
        }
        let Expr::Select(x, _) = *self.ast.expr(fun) else { return None };
        let s = self.selection(fun)?;
        let SelKind::Method(o) = s.kind else { return None };
        let f = self.method_inst(o, &s);
        Some(Candidate { recv: Some((x, s)), origin: Origin::instance(f), ..candidate(Body::Func(o)) })
    }
    fn facts(&self, body: Body) -> Option<&'a FuncFacts> {
        let info = self.info;
        match body {
            Body::Func(o) => info.funcs.get(&o),
            Body::Lit(e) => info.lits.get(&e),
        }
    }
    pub(super) fn is_small(&mut self, body: Body) -> bool {
        if let Some(&small) = self.st.small.get(&body) {
            return small;
        }
        let small = self.measure(body).is_some();
        // Of a method that a type argument gives, the body may be checked later.
        if self.facts(body).is_some() {
            self.st.small.insert(body, small);
        }
        small
    }
    pub(super) fn is_short(&self, m: ObjId) -> bool {
        !self.is_generic(m) && self.measure(Body::Func(m)).is_some()
    }
    fn measure(&self, of: Body) -> Option<()> {
        let facts = self.facts(of)?;
        if let Body::Func(o) = of
            && self.pkg_path(self.info.obj(o).pkg) == "sync"
        {
            // The machine has shortcuts for calls of it (the methods of locks).
            return None;
        }
        let body = self.block_of(of)?;
        let sig = self.sig_of(self.sub(facts.sig));
        if sig.variadic || facts.named_results || facts.has_defer || facts.has_recover {
            return None;
        }
        Size { em: self, left: NODES_MAX }.block(body)
    }

    // ---- the body

    /// The expression of a body that only returns it.
    fn only_result(&self, c: &Candidate, facts: &FuncFacts) -> Option<ExprId> {
        let one = self.sig_of(self.sub(facts.sig)).results.len() == 1;
        match self.ast.block(self.block_of(c.body)?).stmts[..] {
            [s] => match self.ast.stmt(s) {
                Stmt::Return(list) => match list[..] {
                    [x] if one => Some(x),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }
    pub(super) fn block_of(&self, body: Body) -> Option<BlockId> {
        match body {
            Body::Func(o) => self.info.funcs.get(&o)?.body,
            Body::Lit(e) => match *self.ast.expr(e) {
                Expr::FuncLit(_, b) => Some(b),
                _ => None,
            },
        }
    }
    fn body_sig(&mut self, c: &Candidate, facts: &FuncFacts) -> Arc<FuncTy> {
        self.with_types(c.origin.as_deref(), |em| em.sig_of(em.sub(facts.sig)))
    }
    /// The parameters as variables of the caller, and what `make` emits of the body. All arguments are evaluated before the first
    /// parameter exists.
    #[allow(clippy::too_many_arguments)]
    fn in_its_place(
        &mut self,
        e: ExprId,
        c: &Candidate,
        facts: &FuncFacts,
        sig: &FuncTy,
        args: &[ExprId],
        results: Reg,
        make: impl FnOnce(&mut Self),
    ) {
        let mut bound: SmallVec<[_; 4]> = smallvec![];
        // Parameters that are elements of slices, and where these are.
        let mut there: Vec<(ObjId, Reg)> = vec![];
        let mut bound_ref = None;
        if let (Some((x, s)), Body::Func(m)) = (&c.recv, c.body) {
            if let Some(r) = self.held_receiver(*x, &s.path, m) {
                bound_ref = facts.recv.map(|o| (o, r));
            } else {
                let shared = facts.recv.filter(|_| s.path.is_empty()).and_then(|o| self.shared_var(c, o, *x));
                let slot = match shared {
                    Some(r) => r,
                    None => {
                        let n = match c.origin.as_ref().and_then(|o| o.inst()) {
                            Some(f) => self.recv_words(f),
                            None => self.recv_words(&Inst { obj: m, targs: vec![] }),
                        };
                        let slot = self.f.alloc(n);
                        self.receiver_to(*x, s, m, slot);
                        slot
                    }
                };
                if let Some(o) = facts.recv {
                    bound.push((o, slot, None));
                }
            }
        }
        if let Some(m) = &c.known {
            self.f.pos = self.ast.expr_span(e).lo;
            let r = self.known_receiver(m, facts.recv);
            if let Some(o) = facts.recv {
                bound.push((o, r, None));
            }
        }
        for (i, ((&o, &x), &ty)) in facts.params.iter().zip(args).zip(&sig.params).enumerate() {
            if let Some(d) = self.dynamic_arg(c.body, i, o, x, ty) {
                let (slot, known) = self.bind_dynamic(d);
                bound.push((o, slot, Some(Box::new(known))));
                continue;
            }
            if let Some(r) = self.element_in_place(c.body, o, x, ty, args) {
                there.push((o, r));
                continue;
            }
            let func = matches!(self.types.under(ty), Ty::Func(_)) && self.is_steady(o);
            if func {
                self.want(x);
            }
            let slot = match self.shared_var(c, o, x) {
                Some(r) => r,
                None => {
                    let n = self.words(ty);
                    let slot = self.f.alloc(n);
                    let mark = self.f.next;
                    self.f.fresh = Some(slot);
                    self.expr_conv_to(x, ty, slot);
                    self.f.next = mark;
                    slot
                }
            };
            let known = if func { self.bound(x).map(Box::new) } else { None };
            bound.push((o, slot, known));
        }
        // Most bodies have nothing to do with what is known here.
        let alone = c.origin.is_none() && self.f.known.is_empty() && bound.iter().all(|b| b.2.is_none());
        if alone {
            bound.into_iter().for_each(|(o, r, _)| self.adopt(o, r));
            for (o, r) in there {
                self.f.vars.insert(o, Loc::Box(r));
            }
            self.hold_receiver(facts, bound_ref);
            return self.taken_over(e, c, results, make);
        }
        let scope = self.enter_scope(c.origin.as_deref(), matches!(c.body, Body::Lit(_)));
        for (o, r, known) in bound {
            self.adopt(o, r);
            self.f.known.retain(|k| k.0 != o);
            self.f.known.extend(known.map(|k| (o, *k)));
        }
        for (o, r) in there {
            self.f.vars.insert(o, Loc::Box(r));
        }
        self.hold_receiver(facts, bound_ref);
        self.taken_over(e, c, results, make);
        self.leave_scope(scope);
    }
    /// The argument is an interface of known type whose methods the body calls.
    fn dynamic_arg(&mut self, body: Body, i: usize, param: ObjId, x: ExprId, ty: TyId) -> Option<Dynamic> {
        let Body::Func(o) = body else { return None };
        let wanted = self.has_methods(ty) && self.is_steady(param) && self.is_used(o, i);
        if wanted { self.dynamic(x) } else { None }
    }
    /// The receiver is a pointer to what lies in registers, or not.
    fn hold_receiver(&mut self, facts: &FuncFacts, bound_ref: Option<(ObjId, Reg)>) {
        // The same method may have been taken over before, with another kind of receiver.
        if let Some(o) = facts.recv {
            self.f.held.remove(&o);
        }
        if let Some((o, r)) = bound_ref {
            self.f.vars.remove(o);
            self.f.held.insert(o, r);
        }
    }
    /// The register of a variable that a parameter can share: neither is written while the body runs. (The caller's cannot be: what
    /// others write lives in an object.)
    fn shared_var(&mut self, c: &Candidate, param: ObjId, arg: ExprId) -> Option<Reg> {
        let (boxed, ty) = self.with_types(c.origin.as_deref(), |em| (em.is_boxed(param), em.obj_ty(param)));
        if boxed || self.is_passed(arg) || self.info.obj(param).reassigned || self.value(arg).is_some() {
            return None;
        }
        (self.ty(arg) == ty).then(|| self.reg_var(arg)).flatten()
    }
    /// Emits a body with the caller's state of returning put aside, and notes where it lies.
    fn taken_over(&mut self, e: ExprId, c: &Candidate, results: Reg, make: impl FnOnce(&mut Self)) {
        let body = c.body;
        let pos = self.ast.expr_span(e).lo;
        let from = self.f.here() as u32;
        let end = self.f.label();
        self.f.inlining.push(Inlining { body, end, results });
        let sig = self.f.sig.take();
        let range = self.f.range.take();
        make(self);
        self.f.range = range;
        self.f.sig = sig;
        self.f.inlining.pop();
        let to = self.f.here() as u32;
        if to > from {
            let name = match (body, c.origin.as_ref().and_then(|o| o.literal())) {
                (_, Some(f)) => self.prog.funcs[f as usize].name.clone(),
                (Body::Func(o), None) => self.inlined_name(o),
                (Body::Lit(e), None) => self.literal_name(e),
            };
            self.f.inlined.push(Inlined { from, to, name, call: pos });
        }
        self.f.pos = pos;
    }
    /// Most of these are taken over more than once.
    fn inlined_name(&mut self, o: ObjId) -> String {
        if let Some(name) = self.names.get(&o) {
            return name.clone();
        }
        let name = self.func_name(o);
        self.names.insert(o, name.clone());
        name
    }
    fn literal_name(&self, e: ExprId) -> String {
        let known = self.f.literals.values().find(|l| l.0 == e);
        known.map(|l| &l.1).or_else(|| self.lifted_name(e)).cloned().unwrap_or_default()
    }
    fn inline_body(&mut self, body: Body, sig: &Arc<FuncTy>) {
        let Some(block) = self.block_of(body) else { return };
        self.f.sig = Some(sig.clone());
        let end = self.f.inlining.last().map(|i| i.end);
        self.block(block);
        if !sig.results.is_empty() && !self.f.dead {
            self.f.end(Op::Trap, 0, 0);
        }
        if let Some(end) = end {
            self.f.bind(end);
        }
    }
    /// A return statement of a body that was taken over; false when the statement is the function's own.
    pub(super) fn inline_return(&mut self, list: &[ExprId]) -> bool {
        let Some(&Inlining { end, results, .. }) = self.f.inlining.last() else { return false };
        let sig = self.f.sig();
        if let ([x], [ty]) = (list, &sig.results[..]) {
            self.f.fresh = Some(results);
            self.expr_conv_to(*x, *ty, results);
        } else if !list.is_empty() {
            let values = self.result_values(list);
            let mut at = results;
            for (&v, &ty) in values.iter().zip(&sig.results) {
                let n = self.words(ty);
                self.mov(at, v, n);
                at += n;
            }
        }
        self.f.goto(end);
        true
    }
}

/// Counts the nodes of a body down; `None` when there are too many, or one that may not be taken over.
struct Size<'e, 'a> {
    em: &'e Em<'a>,
    left: i32,
}

impl Size<'_, '_> {
    fn take(&mut self, n: i32) -> Option<()> {
        self.left -= n;
        (self.left >= 0).then_some(())
    }
    fn block(&mut self, b: BlockId) -> Option<()> {
        self.stmts(&self.em.ast.block(b).stmts)
    }
    fn stmts(&mut self, list: &[StmtId]) -> Option<()> {
        list.iter().try_for_each(|s| self.stmt(*s))
    }
    fn exprs(&mut self, list: &[ExprId]) -> Option<()> {
        list.iter().try_for_each(|e| self.expr(*e))
    }
    fn header(&mut self, h: Header) -> Option<()> {
        h.init.into_iter().chain(h.cond).try_for_each(|s| self.stmt(s))
    }
    fn stmt(&mut self, s: StmtId) -> Option<()> {
        self.take(1)?;
        match self.em.ast.stmt(s) {
            Stmt::Const(_) | Stmt::Break(None) | Stmt::Fallthrough => Some(()),
            Stmt::Var(specs) => specs.iter().try_for_each(|s| self.exprs(&s.values)),
            Stmt::Exprs(list) | Stmt::Return(list) => self.exprs(list),
            Stmt::IncDec(_, x) => self.expr(*x),
            Stmt::OpAssign(_, l, r) => self.exprs(&[*l, *r]),
            Stmt::Assign(l, r) | Stmt::Define(l, r) => {
                self.exprs(l)?;
                self.exprs(r)
            }
            Stmt::Block(b) => self.block(*b),
            Stmt::If(h, then, els) => {
                self.header(*h)?;
                self.block(*then)?;
                els.map_or(Some(()), |s| self.stmt(s))
            }
            Stmt::Switch(h, clauses) => {
                self.header(*h)?;
                clauses.iter().try_for_each(|c| {
                    if let ClauseKind::Case(s) = c.kind {
                        self.stmt(s)?;
                    }
                    self.stmts(&c.body)
                })
            }
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Type(_)
            | Stmt::Send(..)
            | Stmt::Labeled(..)
            | Stmt::Go(_)
            | Stmt::GoBlock(_)
            | Stmt::Defer(_)
            | Stmt::DeferBlock(_)
            | Stmt::Par(_)
            | Stmt::ParFor(_)
            | Stmt::After(_)
            | Stmt::Break(Some(_))
            | Stmt::Continue(_)
            | Stmt::Goto(_)
            | Stmt::For(..)
            | Stmt::Select(_) => None,
        }
    }
    fn expr(&mut self, e: ExprId) -> Option<()> {
        self.take(1)?;
        if self.em.value(e).is_some() {
            return Some(());
        }
        match self.em.ast.expr(e) {
            Expr::Bad | Expr::Interp(_) | Expr::FuncLit(..) | Expr::Unary(UnOp::Recv, _) => None,
            Expr::Call(fun, args, _) => {
                match self.em.info.expr(*fun)?.mode {
                    // In a script they write elsewhere.
                    Mode::Builtin(Builtin::Print | Builtin::Println | Builtin::Recover) => return None,
                    Mode::Builtin(_) | Mode::Type => {}
                    _ => {
                        self.take(CALL_NODES)?;
                        self.expr(*fun)?;
                    }
                }
                self.exprs(args)
            }
            Expr::CompLit(_, elems) => {
                // The keys of structs are names of fields; of others, constants or more nodes.
                elems.iter().try_for_each(|x| self.expr(x.value))
            }
            Expr::Index(x, ix) => {
                self.expr(*x)?;
                self.exprs(ix)
            }
            Expr::SliceExpr(x, ix, _) => {
                self.expr(*x)?;
                ix.iter().flatten().try_for_each(|e| self.expr(*e))
            }
            Expr::Binary(_, l, r) => self.exprs(&[*l, *r]),
            Expr::Paren(x) | Expr::Select(x, _) | Expr::TypeAssert(x, _) | Expr::Unary(_, x) => self.expr(*x),
            Expr::Name(_)
            | Expr::Lit(_)
            | Expr::Str(_)
            | Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => Some(()),
        }
    }
}

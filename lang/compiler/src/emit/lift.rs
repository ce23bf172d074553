//! Local functions: literals that need no closure (`escape`). Captured variables follow the parameters, those that the function may
//! change come back behind the results, and the caller puts them where they live.
//!
//! Such a function is emitted when it is called for the first time: often all its calls are replaced by its body.

use super::closure::Body;
use super::escape::{Kept, Local};
use super::func::Loc;
use super::place::Place;
use super::{Em, Reg};
use crate::info::{FuncFacts, ObjId, ObjKind};
use crate::types::{Ty, TyId};
use gol_bytecode::FuncId;
use gol_syntax::ast::{BlockId, Expr, ExprId, UnOp};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Words of a captured variable that may travel in registers when it is changed.
const WORDS_MAX: u32 = 4;

/// The local functions of the declared function under construction.
#[derive(Default)]
pub(super) struct Lifts {
    names: FxHashMap<ObjId, String>,
    ids: FxHashMap<ObjId, FuncId>,
    todo: Vec<ObjId>,
}

/// What is called, and which of the variables around go there and come back.
#[derive(Clone, Debug)]
pub(super) struct Lifted {
    pub id: FuncId,
    passed: Arc<Local>,
}

impl<'a> Em<'a> {
    /// The local function that a variable stands for.
    pub(super) fn local(&mut self, o: ObjId) -> Option<Arc<Local>> {
        if self.st.plain {
            return None;
        }
        self.look();
        self.st.escapes.locals.get(&o).cloned()
    }
    /// Why a captured variable is no object.
    pub(super) fn kept(&mut self, o: ObjId) -> Option<Kept> {
        if self.st.plain {
            return None;
        }
        self.look();
        let kept = *self.st.escapes.kept.get(&o)?;
        let ty = self.obj_ty(o);
        (kept == Kept::Copied || self.words(ty) <= WORDS_MAX).then_some(kept)
    }
    // ---- what has an address that nobody needs

    /// The variable has an address, or points to an object, and yet all of it can live in registers.
    pub(super) fn is_held(&mut self, o: ObjId) -> bool {
        if self.st.plain || !self.f.inlining.is_empty() {
            return false;
        }
        self.look();
        let home = self.root.map(|r| r.0);
        home.is_some() && self.st.escapes.held.get(&o).copied() == home
    }
    /// The registers that a variable stands for which would be a pointer.
    pub(super) fn held(&self, e: ExprId) -> Option<Reg> {
        if self.f.held.is_empty() {
            return None;
        }
        self.f.held.get(self.info.uses.get(&self.strip(e))?).copied()
    }
    /// The registers of the receiver of a method with a pointer receiver. What an embedded pointer leads to is elsewhere.
    pub(super) fn held_receiver(&mut self, x: ExprId, path: &[u32], m: ObjId) -> Option<Reg> {
        let ObjKind::Method { ptr: true, .. } = self.info.obj(m).kind else { return None };
        if !path.is_empty() {
            return None;
        }
        if let Some(r) = self.held(x) {
            return Some(r);
        }
        match self.ty(x) {
            t if matches!(self.types.get(t), Ty::Pointer(_)) => None,
            _ => self.reg_var(x),
        }
    }
    /// `p := &T{…}` without an object.
    pub(super) fn define_held(&mut self, o: ObjId, v: ExprId) -> bool {
        let Expr::Unary(UnOp::Addr, x) = *self.ast.expr(self.strip(v)) else { return false };
        let ty = self.ty(x);
        if self.in_memory(ty) || !matches!(self.types.under(self.obj_ty(o)), Ty::Pointer(_)) || !self.is_held(o) {
            return false;
        }
        let n = self.words(ty);
        let r = self.f.alloc(n);
        self.f.fresh = Some(r);
        self.expr_to(self.strip(x), r);
        self.f.keep(r + n);
        self.f.held.insert(o, r);
        true
    }
    /// Where the path of a selector starts: the operand, or what is behind it.
    pub(super) fn start(&mut self, x: ExprId, recv: TyId) -> (Place, TyId) {
        match (self.held(x), self.types.under(recv)) {
            (Some(r), &Ty::Pointer(t)) => (Place::Reg(r), t),
            _ => (self.operand_place(x), recv),
        }
    }

    /// A variable in registers that a call may change.
    pub(super) fn is_passed(&mut self, e: ExprId) -> bool {
        let root = self.root(e);
        self.info.uses.get(&root).is_some_and(|&o| self.is_passed_var(o))
    }
    pub(super) fn is_passed_var(&mut self, o: ObjId) -> bool {
        let obj = self.info.obj(o);
        if obj.addr_taken || !self.f.held.is_empty() && self.f.held.contains_key(&o) {
            return true;
        }
        obj.captured && obj.reassigned && self.kept(o) == Some(Kept::Passed)
    }
    /// The variable gets its literal, when it is a local function: nothing to do.
    pub(super) fn define_lifted(&mut self, o: ObjId, value: ExprId) -> bool {
        let Some(local) = self.local(o) else { return false };
        if local.lit != self.strip(value) {
            return false;
        }
        let name = self.lit_name();
        self.lifts.names.insert(o, name);
        true
    }
    /// The literal that a variable keeps for good, as far as the function under construction can take over its body.
    pub(super) fn literal_of(&mut self, o: ObjId) -> Option<ExprId> {
        match self.f.literals.get(&o) {
            Some(l) => Some(l.0),
            None => self.local(o).filter(|_| self.lifts.names.contains_key(&o)).map(|l| l.lit),
        }
    }
    pub(super) fn lifted_name(&self, lit: ExprId) -> Option<&String> {
        let of = |o: &&ObjId| self.st.escapes.locals.get(o).is_some_and(|l| l.lit == lit);
        self.lifts.names.get(self.lifts.names.keys().find(of)?)
    }
    /// The call of a local function.
    pub(super) fn lifted(&mut self, fun: ExprId) -> Option<Lifted> {
        let Expr::Name(_) = self.ast.expr(fun) else { return None };
        let o = *self.info.uses.get(&fun)?;
        let passed = self.local(o)?;
        let id = match self.lifts.ids.get(&o) {
            Some(&id) => id,
            None => {
                let id = self.reserve_func();
                self.lifts.ids.insert(o, id);
                self.lifts.todo.push(o);
                id
            }
        };
        Some(Lifted { id, passed })
    }
    /// Words and kind of a variable that is passed.
    fn passed_as(&mut self, o: ObjId) -> (bool, u32) {
        if self.is_boxed(o) {
            return (true, 1);
        }
        let ty = self.obj_ty(o);
        (false, self.words(ty))
    }
    /// Fills the window behind the arguments, from `at` on; the end.
    pub(super) fn pass(&mut self, l: &Lifted, mut at: Reg) -> Reg {
        for &(o, _) in &l.passed.passed {
            let (_, n) = self.passed_as(o);
            self.f.keep(at + n);
            if let Some(Loc::Reg(r) | Loc::Box(r)) = self.f.vars.get(o) {
                self.mov(at, r, n);
            }
            at += n;
        }
        at
    }
    /// What comes back, from `at` on, goes to the variables.
    pub(super) fn take_back(&mut self, l: &Lifted, mut at: Reg) {
        for &(o, changed) in &l.passed.passed {
            let (boxed, n) = self.passed_as(o);
            if boxed || !changed {
                continue;
            }
            if let Some(Loc::Reg(r)) = self.f.vars.get(o) {
                self.mov(r, at, n);
            }
            at += n;
        }
    }
    /// Words of what comes back.
    pub(super) fn back_words(&mut self, l: &Lifted) -> u32 {
        let mut sum = 0;
        for &(o, changed) in &l.passed.passed {
            let (boxed, n) = self.passed_as(o);
            sum += if changed && !boxed { n } else { 0 };
        }
        sum
    }

    // ---- bodies

    /// A declared function, and the local ones that it needs.
    pub(super) fn outermost(&mut self, id: FuncId, name: String, facts: &'a FuncFacts, o: ObjId, block: BlockId) {
        let pos = self.info.obj(o).span.lo;
        self.root = Some((block, facts));
        self.build(id, name, pos, facts, &[], false, |em| {
            em.f.obj = Some(o);
            em.body(Body::Block(block));
        });
        while let Some(o) = self.lifts.todo.pop() {
            self.lifted_body(o);
        }
        self.root = None;
        self.lifts = Lifts::default();
    }
    fn lifted_body(&mut self, o: ObjId) {
        let info = self.info;
        let Some(local) = self.local(o) else { return };
        let Some(&id) = self.lifts.ids.get(&o) else { return };
        let Expr::FuncLit(_, block) = *self.ast.expr(local.lit) else { return };
        let Some(facts) = info.lits.get(&local.lit) else { return };
        let name = self.lifts.names.get(&o).cloned().unwrap_or_default();
        let pos = self.ast.expr_span(local.lit).lo;
        let next = self.fun(name, pos);
        let outer = std::mem::replace(&mut self.f, next);
        self.f.is_lit = true;
        self.f.local = Some(local.lit);
        self.prologue(facts, &[], Some(&local));
        self.body(Body::Block(block));
        self.epilogue();
        self.finish(id, outer);
    }
    /// The variables around a local function are its last parameters.
    pub(super) fn passed_params(&mut self, lit: &Local) {
        for &(o, changed) in &lit.passed {
            let (boxed, n) = self.passed_as(o);
            let r = self.f.alloc(n);
            self.f.vars.insert(o, if boxed { Loc::Box(r) } else { Loc::Reg(r) });
            if changed && !boxed {
                self.f.back.push((r, n));
            }
        }
    }
}

//! `defer` and `go` with a call: operands now, the call later, from a closure that the compiler makes.

use super::call::{Callee, Plan, Target};
use super::closure::Body;
use super::{Em, Reg};
use crate::info::Mode;
use crate::types::FuncTy;
use gol_bytecode::{FuncId, Op};
use gol_syntax::ast::{BlockId, Expr, ExprId};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A call whose operands lie in a row of registers, to be captured.
struct Prepared {
    first: Reg,
    words: u32,
    /// What is called, with registers relative to `first`.
    callee: Option<(Callee, Arc<FuncTy>)>,
    /// Arguments, relative to `first`.
    args: Vec<(ExprId, Reg)>,
}

impl Em<'_> {
    pub(super) fn defer_call(&mut self, e: ExprId) {
        let mark = self.f.next;
        let r = self.f.alloc(1);
        self.later(e, r, false);
        self.push_defer(r);
        self.f.next = mark;
    }
    pub(super) fn defer_block(&mut self, b: BlockId) {
        let mark = self.f.next;
        let r = self.f.alloc(1);
        let info = self.info;
        if let Some(facts) = info.block_funcs.get(&b) {
            let pos = self.ast.block(b).span.lo;
            self.closure_to(facts, Body::Block(b), pos, r);
            self.push_defer(r);
        }
        self.f.next = mark;
    }
    /// A closure without parameters and results that makes the call.
    pub(super) fn later(&mut self, e: ExprId, dst: Reg, results_allowed: bool) {
        let e = self.strip(e);
        let Expr::Call(fun, ref args, spread) = *self.ast.expr(e) else { return };
        let sig = self.sig_of(self.ty(fun));
        let value = !matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Builtin(_) | Mode::Type));
        if value && args.is_empty() && (results_allowed || sig.results.is_empty()) && sig.params.is_empty() {
            match self.plan(fun) {
                Plan::Static(Target::Func(f)) => return self.load_func(dst, f),
                Plan::Closure(x) => return self.expr_to(x, dst),
                Plan::Static(Target::Native(_)) | Plan::Method(..) | Plan::Iface(..) | Plan::Lifted(_) => {}
            }
        }
        let p = self.prepare(fun, args, value);
        let id = self.reserve_func();
        let name = format!("{}.later", self.f.name);
        self.later_thunk(id, name, &p, e, fun, args, spread);
        self.bind(dst, id, p.first, p.words);
    }
    #[allow(clippy::too_many_arguments)]
    fn later_thunk(
        &mut self,
        id: FuncId,
        name: String,
        p: &Prepared,
        e: ExprId,
        fun: ExprId,
        args: &[ExprId],
        spread: bool,
    ) {
        let pos = self.f.pos;
        self.hidden(id, name, |em| {
            em.f.pos = pos;
            let closure = em.f.alloc(1);
            let at = em.f.alloc(p.words);
            em.load_words(closure, 1, at, p.words);
            let given: FxHashMap<ExprId, Reg> = p.args.iter().map(|&(x, off)| (x, at + off)).collect();
            em.f.given = given;
            let Some((callee, sig)) = &p.callee else {
                if let Some(Mode::Builtin(b)) = em.info.expr(fun).map(|i| i.mode) {
                    let n = em.words(em.ty(e));
                    let dst = em.f.alloc(n.max(3));
                    em.builtin_to(e, b, args, spread, dst);
                }
                return;
            };
            let w = em.f.alloc(1);
            let callee = match callee.clone() {
                Callee::Closure(r) => Callee::Closure(at + r),
                Callee::Iface(r, id) => {
                    em.f.alloc(1);
                    Callee::Iface(at + r, id)
                }
                Callee::Method(t, r, n) => {
                    let to = em.f.alloc(n);
                    em.mov(to, at + r, n);
                    Callee::Method(t, to, n)
                }
                Callee::Static(t) => Callee::Static(t),
                Callee::Lifted(l) => Callee::Lifted(l),
            };
            em.args(sig, args, spread, w);
            em.f.pos = pos;
            em.finish_call(&callee, sig, w);
        });
    }
    /// Evaluates everything that the call needs into a row of registers.
    fn prepare(&mut self, fun: ExprId, args: &[ExprId], value: bool) -> Prepared {
        let first = self.f.next;
        let mut callee = None;
        if value {
            let sig = self.sig_of(self.ty(fun));
            let c = match self.plan(fun) {
                Plan::Static(t) => Callee::Static(t),
                Plan::Lifted(l) => Callee::Lifted(l),
                Plan::Method(t, x, s, f) => {
                    let n = self.recv_words(&f);
                    let r = self.f.alloc(n);
                    self.receiver_to(x, &s, f.obj, r);
                    Callee::Method(t, r - first, n)
                }
                Plan::Iface(x, s) => {
                    let r = self.f.alloc(1);
                    let mark = self.f.next;
                    let v = self.iface_operand(x, &s);
                    self.mov(r, v, 1);
                    self.f.emit(Op::ChkNil, r, 0, 0, 0);
                    self.f.next = mark;
                    let id = self.method_id(s.name, s.name_pkg);
                    Callee::Iface(r - first, id)
                }
                Plan::Closure(x) => {
                    let r = self.f.alloc(1);
                    self.expr_to(x, r);
                    Callee::Closure(r - first)
                }
            };
            callee = Some((c, sig));
        }
        let mut given = vec![];
        for (i, &x) in args.iter().enumerate() {
            let builtin_type = !value && i == 0 && self.is_type(x);
            if self.value(x).is_some() || self.is_nil(x) || builtin_type {
                continue;
            }
            let n = self.words(self.ty(x));
            let r = self.f.alloc(n);
            self.expr_to(x, r);
            given.push((self.strip(x), r - first));
        }
        Prepared { first, words: self.f.next - first, callee, args: given }
    }
    fn is_type(&self, e: ExprId) -> bool {
        matches!(self.info.expr(e).map(|i| i.mode), Some(Mode::Type))
    }

    // ---- go

    pub(super) fn go_call(&mut self, e: ExprId) {
        let mark = self.f.next;
        let e = self.strip(e);
        if !self.go_direct(e) {
            let r = self.f.alloc(1);
            self.later(e, r, true);
            self.f.emit(Op::GoC, r, 1, 0, 0);
        }
        self.f.next = mark;
    }
    /// The arguments are the new goroutine's first registers; behind them comes the closure of a function that is a value.
    fn go_direct(&mut self, e: ExprId) -> bool {
        let Expr::Call(fun, ref args, spread) = *self.ast.expr(e) else { return false };
        if matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Builtin(_) | Mode::Type)) {
            return false;
        }
        let sig = self.sig_of(self.ty(fun));
        let n = self.sum_words(&sig.params);
        match self.plan(fun) {
            Plan::Static(Target::Func(f)) => {
                let w = self.f.alloc(1);
                self.args(&sig, args, spread, w);
                self.f.wide(Op::Go, w + 1, n, f);
            }
            Plan::Closure(x) => {
                let closure = self.f.alloc(1);
                self.expr_to(x, closure);
                let w = self.f.alloc(1);
                self.args(&sig, args, spread, w);
                self.f.keep(w + 1 + n);
                let last = self.f.alloc(1);
                self.mov(last, closure, 1);
                self.f.emit(Op::GoC, w + 1, n + 1, 0, 0);
            }
            Plan::Static(Target::Native(_)) | Plan::Method(..) | Plan::Iface(..) | Plan::Lifted(_) => return false,
        }
        true
    }
    pub(super) fn go_block(&mut self, b: BlockId) {
        let mark = self.f.next;
        let r = self.f.alloc(1);
        let info = self.info;
        if let Some(facts) = info.block_funcs.get(&b) {
            let pos = self.ast.block(b).span.lo;
            self.closure_to(facts, Body::Block(b), pos, r);
            self.f.emit(Op::GoC, r, 1, 0, 0);
        }
        self.f.next = mark;
    }
}

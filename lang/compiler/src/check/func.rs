//! Functions: bodies of declarations and literals, parameters, captured variables.

use super::Checker;
use super::operand::Operand;
use crate::info::{FuncFacts, ObjId, ObjKind};
use crate::types::{FuncTy, Ty, TyId, Types};
use gol_syntax::ast::{BlockId, ExprId, Ident, Param, Sig, StmtId};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// What kind of function body is being checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FuncKind {
    Func,
    /// The top level of a script.
    Script,
    /// A statement of `par` or a body of `par for`: cannot return.
    Par,
    /// The body of a loop over a function: part of the function around it, for `return` and `defer`.
    Range,
}

/// A function whose body is being checked.
pub(super) struct FuncCtx {
    pub kind: FuncKind,
    pub results: Vec<ObjId>,
    /// Of a function with a signature of its own.
    pub sig: Option<Arc<FuncTy>>,
    pub named_results: bool,
    /// Its local variables, and those of the functions in it, have ids from here on.
    first: u32,
    pub captures: Vec<ObjId>,
    seen: FxHashSet<ObjId>,
    pub has_defer: bool,
    pub has_recover: bool,
}

impl FuncCtx {
    /// `first`: the next object's id.
    fn new(kind: FuncKind, first: u32) -> FuncCtx {
        FuncCtx {
            kind,
            first,
            results: vec![],
            sig: None,
            named_results: false,
            captures: vec![],
            seen: FxHashSet::default(),
            has_defer: false,
            has_recover: false,
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn func_lit(&mut self, e: ExprId, sig: &'a Sig, body: BlockId) -> Operand {
        let ty = self.sig_type(sig);
        if ty == Types::ERROR {
            return Operand::invalid(e);
        }
        if self.funcs.is_empty() {
            // In the initial value of a package-level variable: its type is known before the body is checked.
            let (decl, iota) = (self.decl, self.iota);
            self.put_off(Box::new(move |c| {
                let saved = (std::mem::replace(&mut c.decl, decl), std::mem::replace(&mut c.iota, iota));
                let facts = c.func_body(sig, ty, None, &[], Some(body));
                c.info.lits.insert(e, facts);
                (c.decl, c.iota) = saved;
            }));
        } else {
            let facts = self.func_body(sig, ty, None, &[], Some(body));
            self.info.lits.insert(e, facts);
        }
        Operand::value(ty, e)
    }

    /// Checks a body with its parameters.
    pub(super) fn func_body(
        &mut self,
        sig: &'a Sig,
        ty: TyId,
        recv: Option<(&'a Param, TyId)>,
        tparams: &[ObjId],
        body: Option<BlockId>,
    ) -> FuncFacts {
        let fty = self.types.func(ty).cloned().unwrap_or_default();
        self.enter_func(FuncKind::Func);
        self.open_block();
        tparams.iter().for_each(|&p| self.declare(p));
        let recv = recv.map(|(p, t)| self.parameter(p, t));
        let params: Vec<ObjId> = sig.params.iter().zip(&fty.params).map(|(p, &t)| self.parameter(p, t)).collect();
        let results: Vec<ObjId> = sig.results.iter().zip(&fty.results).map(|(p, &t)| self.parameter(p, t)).collect();
        let named_results = sig.results.iter().any(|p| p.name.is_some());
        if let Some(f) = self.funcs.last_mut() {
            f.results = results;
            f.sig = Some(fty.clone());
            f.named_results = named_results;
        }
        if let Some(b) = body {
            self.body(b, !fty.results.is_empty());
        }
        self.close_block();
        let ctx = self.leave_func();
        FuncFacts {
            sig: ty,
            recv,
            tparams: vec![],
            params,
            results: ctx.results,
            named_results,
            body,
            captures: ctx.captures,
            has_defer: ctx.has_defer,
            has_recover: ctx.has_recover,
        }
    }

    /// The statements of a body in the current block, with what holds for whole bodies.
    fn body(&mut self, b: BlockId, has_results: bool) {
        let block = self.ast.block(b);
        self.stmt_list(&block.stmts);
        if has_results && !self.block_terminates(&block.stmts) {
            let at = Span::new(block.span.hi.saturating_sub(1), block.span.hi);
            let d = Diagnostic::error(Code::MissingReturn, at, "missing return");
            self.report(
                d.label("the function can end here").help("it has results, so every way through it must return"),
            );
        }
    }

    fn parameter(&mut self, p: &Param, ty: TyId) -> ObjId {
        let obj = match p.name {
            Some(n) => self.new_obj(ObjKind::Local, n, ty),
            None => {
                let span = p.ty.map_or(Span::default(), |t| self.span(t));
                self.anonymous(span, ty)
            }
        };
        self.info.obj_mut(obj).used = true;
        if p.name.is_some() {
            self.declare(obj);
        }
        obj
    }
    /// A variable without a name.
    fn anonymous(&mut self, span: Span, ty: TyId) -> ObjId {
        let obj = self.obj(ObjKind::Local, Ident { sym: self.world.blank, span }, ty);
        self.info.add_obj(obj)
    }

    /// A body that is a function without parameters and results: of `go {}`, `defer {}`, `par`.
    pub(super) fn block_func(&mut self, kind: FuncKind, stmts: &'a [StmtId], body: Option<BlockId>) -> FuncFacts {
        self.enter_func(kind);
        self.open_block();
        self.stmt_list(stmts);
        self.close_block();
        let ctx = self.leave_func();
        let sig = self.types.intern(Ty::Func(Arc::default()));
        FuncFacts {
            sig,
            recv: None,
            tparams: vec![],
            params: vec![],
            results: vec![],
            named_results: false,
            body,
            captures: ctx.captures,
            has_defer: ctx.has_defer,
            has_recover: ctx.has_recover,
        }
    }

    pub(super) fn enter_func(&mut self, kind: FuncKind) {
        self.funcs.push(FuncCtx::new(kind, self.info.objs.len() as u32));
    }
    fn leave_func(&mut self) -> FuncCtx {
        self.funcs.pop().expect("a function was entered")
    }

    /// The function that a `return` here leaves and that runs what is deferred here.
    pub(super) fn own_func(&mut self) -> Option<&mut FuncCtx> {
        self.funcs.iter_mut().rev().find(|f| f.kind != FuncKind::Range)
    }

    /// The body of a loop over a function: a function with the parameters of `yields`, whose variables are declared in it.
    pub(super) fn range_func(&mut self, s: StmtId, yields: TyId, body: impl FnOnce(&mut Self)) {
        self.enter_func(FuncKind::Range);
        body(self);
        let ctx = self.leave_func();
        let facts = FuncFacts {
            sig: yields,
            recv: None,
            tparams: vec![],
            params: vec![],
            results: vec![],
            named_results: false,
            body: None,
            captures: ctx.captures,
            has_defer: ctx.has_defer,
            has_recover: ctx.has_recover,
        };
        self.info.stmt_funcs.insert(s, facts);
    }

    /// A use of a local variable: every function between here and its declaration captures it.
    pub(super) fn capture(&mut self, obj: ObjId) {
        let inner = self.funcs.iter().rev().take_while(|f| f.first > obj.0).count();
        if inner == 0 || inner == self.funcs.len() {
            return;
        }
        self.info.obj_mut(obj).captured = true;
        let outer = self.funcs.len() - inner;
        for f in &mut self.funcs[outer..] {
            if f.seen.insert(obj) {
                f.captures.push(obj);
            }
        }
    }

    /// In a script: `main` used at the top level is not called again at the end.
    pub(super) fn note_main(&mut self, obj: ObjId) {
        let script = self.funcs.first().is_some_and(|f| f.kind == FuncKind::Script);
        if script && self.info.obj(obj).name == self.world.main && self.info.obj(obj).pkg == self.pkg {
            self.calls_main = true;
        }
    }
}

//! Bodies that write no memory. An element of a slice that is passed to one need not be copied: the parameter is where the element is.

use super::inline::{Body, DEPTH_MAX};
use super::{Em, Reg};
use crate::info::{Builtin, Mode, ObjId, SelKind};
use crate::types::{Ty, TyId};
use gol_syntax::ast::{BlockId, ClauseKind, Expr, ExprId, Header, Stmt, StmtId, UnOp};

/// Smaller values are copied as fast.
const WORDS_MIN: u32 = 3;

impl Em<'_> {
    /// The address of the argument `x` of type `ty`, an element of a slice that the body only reads.
    /// No other argument writes there meanwhile.
    pub(super) fn element_in_place(
        &mut self,
        body: Body,
        param: ObjId,
        x: ExprId,
        ty: TyId,
        args: &[ExprId],
    ) -> Option<Reg> {
        let x = self.strip(x);
        let Expr::Index(s, ref ix) = *self.ast.expr(x) else { return None };
        let slice = ix.len() == 1 && matches!(self.types.under(self.ty(s)), Ty::Slice(_));
        if !slice || self.f.given.contains_key(&x) || self.ty(x) != ty || self.words(ty) < WORDS_MIN {
            return None;
        }
        let block = self.block_of(body)?;
        if !self.is_steady(param) || !self.only_reads(block, 0) || !args.iter().all(|a| self.expr_reads(*a, 0)) {
            return None;
        }
        let p = self.operand_place(x);
        let at = self.f.alloc(1);
        self.addr_to(p, ty, at);
        Some(at)
    }
    fn only_reads(&self, b: BlockId, depth: usize) -> bool {
        self.ast.block(b).stmts.iter().all(|s| self.stmt_reads(*s, depth))
    }
    fn header_reads(&self, h: Header, depth: usize) -> bool {
        h.init.into_iter().chain(h.cond).all(|s| self.stmt_reads(s, depth))
    }
    fn stmt_reads(&self, s: StmtId, depth: usize) -> bool {
        let all = |list: &[ExprId]| list.iter().all(|e| self.expr_reads(*e, depth));
        match self.ast.stmt(s) {
            Stmt::Return(list) | Stmt::Define(_, list) | Stmt::Exprs(list) => all(list),
            Stmt::Block(b) => self.only_reads(*b, depth),
            Stmt::If(h, then, els) => {
                self.header_reads(*h, depth)
                    && self.only_reads(*then, depth)
                    && els.is_none_or(|s| self.stmt_reads(s, depth))
            }
            Stmt::Switch(h, clauses) => {
                let case = |k: &ClauseKind| !matches!(k, ClauseKind::Case(s) if !self.stmt_reads(*s, depth));
                self.header_reads(*h, depth)
                    && clauses.iter().all(|c| case(&c.kind) && c.body.iter().all(|s| self.stmt_reads(*s, depth)))
            }
            _ => false,
        }
    }
    fn expr_reads(&self, e: ExprId, depth: usize) -> bool {
        let e = self.strip(e);
        if self.value(e).is_some() {
            return true;
        }
        let reads = |x: &ExprId| self.expr_reads(*x, depth);
        match self.ast.expr(e) {
            Expr::Name(_) | Expr::Lit(_) | Expr::Str(_) => true,
            Expr::Select(x, _) => self.info.uses.contains_key(&e) || self.is_field(e) && reads(x),
            Expr::Unary(op, x) => !matches!(op, UnOp::Recv | UnOp::Addr) && reads(x),
            Expr::Binary(_, l, r) => reads(l) && reads(r),
            Expr::Index(x, ix) => reads(x) && ix.iter().all(reads),
            Expr::Call(fun, args, _) => args.iter().all(reads) && self.call_reads(*fun, depth),
            _ => false,
        }
    }
    fn is_field(&self, e: ExprId) -> bool {
        self.info.selections.get(&e).is_some_and(|s| s.kind == SelKind::Field)
    }
    fn call_reads(&self, fun: ExprId, depth: usize) -> bool {
        match self.info.expr(fun).map(|i| i.mode) {
            Some(Mode::Type | Mode::Builtin(Builtin::Len | Builtin::Cap | Builtin::Min | Builtin::Max)) => return true,
            Some(Mode::Builtin(_)) | None => return false,
            _ => {}
        }
        let fun = self.strip(fun);
        let callee = match self.named_func(fun) {
            Some(f) => f.obj,
            None => match (self.ast.expr(fun), self.info.selections.get(&fun).map(|s| &s.kind)) {
                (Expr::Select(x, _), Some(SelKind::Method(o))) if self.expr_reads(*x, depth) => *o,
                _ => return false,
            },
        };
        let Some(facts) = self.info.funcs.get(&callee) else { return false };
        match facts.body {
            Some(b) => depth < DEPTH_MAX && self.only_reads(b, depth + 1),
            None => gol_bytecode::in_place::only_reads(&self.native_name(callee)),
        }
    }
}

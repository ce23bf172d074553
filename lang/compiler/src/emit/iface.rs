//! Type assertions.

use super::{Em, Reg};
use crate::info::Mode;
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{Expr, ExprId};

impl Em<'_> {
    /// `x.(T)`, also with `, ok`.
    pub(super) fn assert_to(&mut self, e: ExprId, x: ExprId, dst: Reg) {
        let mark = self.f.next;
        let (ty, ok) = match self.types.get(self.ty(e)) {
            Ty::Tuple(parts) => (parts[0], true),
            _ => (self.ty(e), false),
        };
        if let Some(value) = self.boxed_value(x).filter(|v| !ok && self.concrete(self.ty(*v)) == ty) {
            return self.expr_to(value, dst);
        }
        let from = self.ty(x);
        let r = self.expr(x);
        self.f.pos = self.ast.expr_span(e).lo;
        self.assert_reg(r, from, ty, ok, dst);
        self.f.next = mark;
    }
    /// The value in `any(value)`, whose type is known without looking: generic functions ask this way what their arguments are.
    pub(super) fn boxed_value(&self, x: ExprId) -> Option<ExprId> {
        let Expr::Call(fun, args, _) = self.ast.expr(self.strip(x)) else { return None };
        let value = *args.first()?;
        let converts = matches!(self.info.expr(*fun).map(|i| i.mode), Some(Mode::Type)) && self.is_iface(self.ty(x));
        let other = self.is_nil(value) || self.is_iface(self.ty(value)) || self.value(value).is_some();
        (converts && !other && !self.st.plain).then_some(value)
    }
    /// The interface in `r` as a value of type `ty`, followed by `ok` when asked for.
    pub(super) fn assert_reg(&mut self, r: Reg, from: TyId, ty: TyId, ok: bool, dst: Reg) {
        let t = self.type_id(ty);
        let op = match (self.is_iface(ty), ok) {
            (true, true) => Op::AssertIOk,
            (true, false) => Op::AssertI,
            (false, true) => Op::AssertOk,
            (false, false) => Op::Assert,
        };
        self.f.wide(op, dst, r, t);
        if !ok {
            let s = self.type_id(from);
            self.f.data2(s, 0);
        }
    }
}

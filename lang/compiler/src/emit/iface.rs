//! Type assertions.

use super::{Em, Reg};
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::ExprId;

impl Em<'_> {
    /// `x.(T)`, also with `, ok`.
    pub(super) fn assert_to(&mut self, e: ExprId, x: ExprId, dst: Reg) {
        let mark = self.f.next;
        let (ty, ok) = match self.types.get(self.ty(e)) {
            Ty::Tuple(parts) => (parts[0], true),
            _ => (self.ty(e), false),
        };
        let from = self.ty(x);
        let r = self.expr(x);
        self.f.pos = self.ast.expr_span(e).lo;
        self.assert_reg(r, from, ty, ok, dst);
        self.f.next = mark;
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

//! Comparisons: as values and as branches.

use super::func::Label;
use super::layout::Num;
use super::{Em, Reg};
use crate::info::Mode;
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, ExprId};

/// How two operands of a type are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cmp {
    Signed,
    Unsigned,
    /// One word, equality only.
    Word,
    F64,
    F32,
    Complex,
    Str,
    Iface,
    /// By the descriptor.
    Typed,
}

fn invert(op: BinOp) -> BinOp {
    match op {
        BinOp::Eq => BinOp::Ne,
        BinOp::Ne => BinOp::Eq,
        BinOp::Lt => BinOp::Ge,
        BinOp::Ge => BinOp::Lt,
        BinOp::Le => BinOp::Gt,
        BinOp::Gt => BinOp::Le,
        _ => op,
    }
}
/// The operator with its operands exchanged.
fn mirror(op: BinOp) -> BinOp {
    match op {
        BinOp::Lt => BinOp::Gt,
        BinOp::Gt => BinOp::Lt,
        BinOp::Le => BinOp::Ge,
        BinOp::Ge => BinOp::Le,
        _ => op,
    }
}

pub(super) fn is_comparison(op: BinOp) -> bool {
    matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge)
}

impl Em<'_> {
    fn cmp_kind(&self, ty: TyId) -> Cmp {
        match self.num(ty) {
            Num::Int(_) => Cmp::Signed,
            // A word with room for the sign.
            Num::Uint(8 | 16 | 32) if !self.st.plain => Cmp::Signed,
            Num::Uint(_) => Cmp::Unsigned,
            Num::F64 => Cmp::F64,
            Num::F32 => Cmp::F32,
            Num::Complex(_) => Cmp::Complex,
            Num::Str => Cmp::Str,
            Num::Other => match self.types.under(ty) {
                Ty::Interface(_) => Cmp::Iface,
                Ty::Struct(_) | Ty::Array(..) => Cmp::Typed,
                _ => Cmp::Word,
            },
        }
    }
    pub(super) fn is_nil(&self, e: ExprId) -> bool {
        self.info.expr(self.strip(e)).is_some_and(|i| i.mode == Mode::Nil)
    }
    /// The type in which two operands are compared: the interface type when one is an interface.
    pub(super) fn common_type(&self, l: ExprId, r: ExprId) -> TyId {
        let (lt, rt) = (self.ty(l), self.ty(r));
        if self.is_nil(l) || self.is_iface(rt) && !self.is_nil(r) && !self.is_iface(lt) { rt } else { lt }
    }

    /// Jumps to `label` when `l op r` is `sense`, falls through otherwise.
    pub(super) fn compare_jump(&mut self, op: BinOp, l: ExprId, r: ExprId, label: Label, sense: bool) {
        if self.is_nil(l) {
            return self.nil_jump(op, r, label, sense);
        }
        if self.is_nil(r) {
            return self.nil_jump(op, l, label, sense);
        }
        let ty = self.common_type(l, r);
        let kind = self.cmp_kind(ty);
        if let Cmp::Signed | Cmp::Unsigned | Cmp::Word = kind {
            let op = if sense { op } else { invert(op) };
            if self.const_jump(op, kind, l, r, label) {
                return;
            }
            let (a, b) = (self.expr(l), self.expr(r));
            return self.word_jump(op, kind, a, b, label);
        }
        let (a, b) = self.operands(l, r, ty, kind);
        self.regs_jump(op, ty, a, b, label, sense);
    }
    /// Both operands in registers.
    fn operands(&mut self, l: ExprId, r: ExprId, ty: TyId, kind: Cmp) -> (Reg, Reg) {
        match kind {
            Cmp::Str if self.still(r) => (self.passing(l), self.passing(r)),
            Cmp::Str => (self.expr(l), self.passing(r)),
            _ => (self.expr_conv(l, ty), self.expr_conv(r, ty)),
        }
    }
    fn nil_jump(&mut self, op: BinOp, x: ExprId, label: Label, sense: bool) {
        let r = self.expr(x);
        let op = if (op == BinOp::Eq) == sense { Op::JeqK } else { Op::JneK };
        self.f.jump(op, r, 0, label);
    }
    /// Comparison with a small constant.
    fn const_jump(&mut self, op: BinOp, kind: Cmp, l: ExprId, r: ExprId, label: Label) -> bool {
        let (op, x, k) = match (self.small_const(l), self.small_const(r)) {
            (_, Some(k)) => (op, l, k),
            (Some(k), None) => (mirror(op), r, k),
            (None, None) => return false,
        };
        let code = match op {
            BinOp::Eq => Op::JeqK,
            BinOp::Ne => Op::JneK,
            _ if kind != Cmp::Signed => return false,
            BinOp::Lt => Op::JltK,
            BinOp::Le => Op::JleK,
            BinOp::Gt => Op::JgtK,
            _ => Op::JgeK,
        };
        let x = self.expr(x);
        self.f.jump(code, x, k as u16 as u32, label);
        true
    }
    fn word_jump(&mut self, op: BinOp, kind: Cmp, a: Reg, b: Reg, label: Label) {
        let (lt, le) = if kind == Cmp::Signed { (Op::JltI, Op::JleI) } else { (Op::JltU, Op::JleU) };
        let (code, a, b) = match op {
            BinOp::Eq => (Op::JeqW, a, b),
            BinOp::Ne => (Op::JneW, a, b),
            BinOp::Lt => (lt, a, b),
            BinOp::Le => (le, a, b),
            BinOp::Gt => (lt, b, a),
            _ => (le, b, a),
        };
        self.f.jump(code, a, b, label);
    }
    /// The same for operands in registers, of any type.
    pub(super) fn regs_jump(&mut self, op: BinOp, ty: TyId, a: Reg, b: Reg, label: Label, sense: bool) {
        match self.cmp_kind(ty) {
            kind @ (Cmp::Signed | Cmp::Unsigned | Cmp::Word) => {
                self.word_jump(if sense { op } else { invert(op) }, kind, a, b, label);
            }
            Cmp::F64 => self.float_jump(op, a, b, label, sense),
            Cmp::F32 => {
                let (a, b) = self.widen(a, b);
                self.float_jump(op, a, b, label, sense);
            }
            Cmp::Str if matches!(op, BinOp::Eq | BinOp::Ne) => {
                let code = if (op == BinOp::Eq) == sense { Op::JeqS } else { Op::JneS };
                self.f.jump(code, a, b, label);
            }
            Cmp::Str | Cmp::Complex | Cmp::Iface | Cmp::Typed => {
                let t = self.f.alloc(1);
                let negated = self.compare_raw(op, ty, t, a, b);
                self.f.jump(if sense != negated { Op::Jnz } else { Op::Jz }, t, 0, label);
            }
        }
    }
    fn widen(&mut self, a: Reg, b: Reg) -> (Reg, Reg) {
        let t = self.f.alloc(2);
        self.f.emit(Op::F32ToF, t, a, 0, 0);
        self.f.emit(Op::F32ToF, t + 1, b, 0, 0);
        (t, t + 1)
    }
    fn float_jump(&mut self, op: BinOp, a: Reg, b: Reg, label: Label, sense: bool) {
        let (code, a, b) = match (op, sense) {
            (BinOp::Eq, true) | (BinOp::Ne, false) => (Op::JeqF, a, b),
            (BinOp::Ne, true) | (BinOp::Eq, false) => (Op::JneF, a, b),
            (BinOp::Lt, true) => (Op::JltF, a, b),
            (BinOp::Lt, false) => (Op::JnltF, a, b),
            (BinOp::Le, true) => (Op::JleF, a, b),
            (BinOp::Le, false) => (Op::JnleF, a, b),
            (BinOp::Gt, true) => (Op::JltF, b, a),
            (BinOp::Gt, false) => (Op::JnltF, b, a),
            (_, true) => (Op::JleF, b, a),
            (_, false) => (Op::JnleF, b, a),
        };
        self.f.jump(code, a, b, label);
    }

    /// `dst = l op r`, a bool.
    pub(super) fn compare_to(&mut self, op: BinOp, l: ExprId, r: ExprId, dst: Reg) {
        if self.is_nil(l) || self.is_nil(r) {
            let a = self.expr(if self.is_nil(l) { r } else { l });
            let z = self.f.alloc(1);
            self.load_word(z, 0);
            let code = if op == BinOp::Eq { Op::EqW } else { Op::NeW };
            return self.f.emit(code, dst, a, z, 0);
        }
        let ty = self.common_type(l, r);
        let (a, b) = self.operands(l, r, ty, self.cmp_kind(ty));
        if self.compare_raw(op, ty, dst, a, b) {
            self.f.emit(Op::Not, dst, dst, 0, 0);
        }
    }
    /// Compares registers; true when the answer in `dst` is the negation of what was asked.
    fn compare_raw(&mut self, op: BinOp, ty: TyId, dst: Reg, a: Reg, b: Reg) -> bool {
        let kind = self.cmp_kind(ty);
        let (a, b) = if kind == Cmp::F32 { self.widen(a, b) } else { (a, b) };
        let (lt, le) = match kind {
            Cmp::Signed => (Op::LtI, Op::LeI),
            Cmp::F64 | Cmp::F32 => (Op::LtF, Op::LeF),
            Cmp::Str => (Op::LtS, Op::LeS),
            Cmp::Unsigned | Cmp::Word | Cmp::Complex | Cmp::Iface | Cmp::Typed => (Op::LtU, Op::LeU),
        };
        let (code, a, b) = match op {
            BinOp::Lt => (lt, a, b),
            BinOp::Le => (le, a, b),
            BinOp::Gt => (lt, b, a),
            BinOp::Ge => (le, b, a),
            _ => return self.equal_raw(op, kind, ty, dst, a, b),
        };
        self.f.emit(code, dst, a, b, 0);
        false
    }
    fn equal_raw(&mut self, op: BinOp, kind: Cmp, ty: TyId, dst: Reg, a: Reg, b: Reg) -> bool {
        let negated = op == BinOp::Ne;
        match kind {
            Cmp::Signed | Cmp::Unsigned | Cmp::Word => {
                self.f.emit(if negated { Op::NeW } else { Op::EqW }, dst, a, b, 0);
                false
            }
            Cmp::F64 | Cmp::F32 => {
                self.f.emit(if negated { Op::NeF } else { Op::EqF }, dst, a, b, 0);
                false
            }
            Cmp::Str => {
                self.f.emit(Op::EqS, dst, a, b, 0);
                negated
            }
            Cmp::Iface => {
                self.f.emit(Op::EqIface, dst, a, b, 0);
                negated
            }
            Cmp::Complex => {
                let t = self.f.alloc(1);
                self.f.emit(Op::EqF, t, a + 1, b + 1, 0);
                self.f.emit(Op::EqF, dst, a, b, 0);
                self.f.emit(Op::And, dst, dst, t, 0);
                negated
            }
            Cmp::Typed => {
                if self.words(ty) == 0 {
                    self.load_word(dst, 1);
                } else {
                    let t = self.type_id(ty);
                    self.f.emit(Op::EqT, dst, a, b, t);
                }
                negated
            }
        }
    }
}

//! Arithmetic on registers: operation by operand kind, narrow types normalised where an operation can leave the width.

use super::layout::Num;
use super::{Em, Reg};
use crate::types::TyId;
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, ExprId};

impl Em<'_> {
    /// Brings a word back into the width of an integer type.
    pub(super) fn normalise(&mut self, dst: Reg, src: Reg, kind: Num) {
        let op = match kind {
            Num::Int(8) => Op::Sext8,
            Num::Int(16) => Op::Sext16,
            Num::Int(32) => Op::Sext32,
            Num::Uint(8) => Op::Zext8,
            Num::Uint(16) => Op::Zext16,
            Num::Uint(32) => Op::Zext32,
            Num::Int(_) | Num::Uint(_) | Num::F64 | Num::F32 | Num::Complex(_) | Num::Str | Num::Other => {
                return self.mov(dst, src, 1);
            }
        };
        self.f.emit(op, dst, src, 0, 0);
    }

    /// `dst = l op r` with the right operand still to evaluate; `dst` may be the register of an operand.
    pub(super) fn arith(&mut self, op: BinOp, ty: TyId, dst: Reg, l: Reg, r: ExprId) {
        let kind = self.num(ty);
        if matches!(op, BinOp::Shl | BinOp::Shr) {
            return self.shift(op, kind, dst, l, r);
        }
        if let Num::Int(_) | Num::Uint(_) = kind
            && let Some(k) = self.small_const(r)
            && self.arith_const(op, kind, dst, l, k)
        {
            return;
        }
        let r = self.expr(r);
        self.arith_regs(op, ty, dst, l, r);
    }

    /// The immediate forms; false when there is none.
    pub(super) fn arith_const(&mut self, op: BinOp, kind: Num, dst: Reg, l: Reg, k: i16) -> bool {
        let signed = matches!(kind, Num::Int(_));
        let (code, k) = match op {
            BinOp::Add => (Op::AddK, k),
            BinOp::Sub if k != i16::MIN => (Op::AddK, -k),
            BinOp::Mul => (Op::MulK, k),
            BinOp::And => (Op::AndK, k),
            BinOp::Div if signed && k != 0 && k != -1 => (Op::DivK, k),
            BinOp::Rem if signed && k != 0 && k != -1 => (Op::RemK, k),
            _ => return false,
        };
        self.f.emit(code, dst, l, k as u16 as u32, 0);
        if matches!(op, BinOp::Add | BinOp::Sub | BinOp::Mul) {
            self.renormalise(dst, kind);
        }
        true
    }
    fn renormalise(&mut self, dst: Reg, kind: Num) {
        if !matches!(kind, Num::Int(64) | Num::Uint(64)) {
            self.normalise(dst, dst, kind);
        }
    }

    pub(super) fn arith_regs(&mut self, op: BinOp, ty: TyId, dst: Reg, l: Reg, r: Reg) {
        match self.num(ty) {
            kind @ (Num::Int(_) | Num::Uint(_)) => self.int_op(op, kind, dst, l, r),
            Num::F64 => {
                let op = match op {
                    BinOp::Sub => Op::SubF,
                    BinOp::Mul => Op::MulF,
                    BinOp::Div => Op::DivF,
                    _ => Op::AddF,
                };
                self.f.emit(op, dst, l, r, 0);
            }
            Num::F32 => {
                let op = match op {
                    BinOp::Sub => Op::SubF32,
                    BinOp::Mul => Op::MulF32,
                    BinOp::Div => Op::DivF32,
                    _ => Op::AddF32,
                };
                self.f.emit(op, dst, l, r, 0);
            }
            Num::Complex(narrow) => self.complex_op(op, narrow, dst, l, r),
            Num::Str => {
                let t = self.f.alloc(2);
                self.mov(t, l, 1);
                self.mov(t + 1, r, 1);
                self.f.emit(Op::Concat, dst, t, 2, 0);
            }
            Num::Other => {}
        }
    }
    fn int_op(&mut self, op: BinOp, kind: Num, dst: Reg, l: Reg, r: Reg) {
        let signed = matches!(kind, Num::Int(_));
        let (code, overflows) = match op {
            BinOp::Sub => (Op::SubI, true),
            BinOp::Mul => (Op::MulI, true),
            BinOp::Div if signed => (Op::DivI, true),
            BinOp::Div => (Op::DivU, false),
            BinOp::Rem if signed => (Op::RemI, false),
            BinOp::Rem => (Op::RemU, false),
            BinOp::And => (Op::And, false),
            BinOp::Or => (Op::Or, false),
            BinOp::Xor => (Op::Xor, false),
            BinOp::AndNot => (Op::AndNot, false),
            _ => (Op::AddI, true),
        };
        self.f.emit(code, dst, l, r, 0);
        if overflows {
            self.renormalise(dst, kind);
        }
    }
    fn shift(&mut self, op: BinOp, kind: Num, dst: Reg, l: Reg, count: ExprId) {
        let signed = matches!(kind, Num::Int(_));
        if let Some(n) = self.int_const(count).filter(|_| !self.st.plain) {
            let n = if n < 0 { 64 } else { n };
            let (code, n) = match op {
                BinOp::Shl if n >= 64 => return self.load_word(dst, 0),
                BinOp::Shl => (Op::ShlK, n),
                _ if signed => (Op::ShrIK, n.min(63)),
                _ if n >= 64 => return self.load_word(dst, 0),
                _ => (Op::ShrUK, n),
            };
            self.f.emit(code, dst, l, n as u32, 0);
        } else {
            let n = self.expr(count);
            if matches!(self.num(self.ty(count)), Num::Int(_)) {
                self.f.emit(Op::ChkShift, n, 0, 0, 0);
            }
            let code = match op {
                BinOp::Shl => Op::Shl,
                _ if signed => Op::ShrI,
                _ => Op::ShrU,
            };
            self.f.emit(code, dst, l, n, 0);
        }
        if op == BinOp::Shl {
            self.renormalise(dst, kind);
        }
    }

    fn complex_op(&mut self, op: BinOp, narrow: bool, dst: Reg, l: Reg, r: Reg) {
        let mark = self.f.next;
        match op {
            BinOp::Mul => {
                let t = self.f.alloc(4);
                self.f.emit(Op::MulF, t, l, r, 0);
                self.f.emit(Op::MulF, t + 1, l + 1, r + 1, 0);
                self.f.emit(Op::MulF, t + 2, l, r + 1, 0);
                self.f.emit(Op::MulF, t + 3, l + 1, r, 0);
                self.f.emit(Op::SubF, dst, t, t + 1, 0);
                self.f.emit(Op::AddF, dst + 1, t + 2, t + 3, 0);
            }
            BinOp::Div => {
                let w = self.f.alloc(5);
                self.mov(w + 1, l, 2);
                self.mov(w + 3, r, 2);
                self.call_native("complex.div", w, 4);
                self.mov(dst, w + 1, 2);
            }
            _ => {
                let op = if op == BinOp::Sub { Op::SubF } else { Op::AddF };
                self.f.emit(op, dst, l, r, 0);
                self.f.emit(op, dst + 1, l + 1, r + 1, 0);
            }
        }
        if narrow {
            self.round_complex(dst);
        }
        self.f.next = mark;
    }
    /// Rounds both parts to float32.
    pub(super) fn round_complex(&mut self, r: Reg) {
        for r in [r, r + 1] {
            self.f.emit(Op::FToF32, r, r, 0, 0);
            self.f.emit(Op::F32ToF, r, r, 0, 0);
        }
    }
    /// `-x`, `^x`.
    pub(super) fn negate(&mut self, ty: TyId, dst: Reg, x: Reg) {
        match self.num(ty) {
            Num::F64 => self.f.emit(Op::NegF, dst, x, 0, 0),
            Num::F32 => self.f.emit(Op::NegF32, dst, x, 0, 0),
            Num::Complex(_) => {
                self.f.emit(Op::NegF, dst, x, 0, 0);
                self.f.emit(Op::NegF, dst + 1, x + 1, 0, 0);
            }
            kind @ (Num::Int(_) | Num::Uint(_)) => {
                self.f.emit(Op::NegI, dst, x, 0, 0);
                self.renormalise(dst, kind);
            }
            Num::Str | Num::Other => {}
        }
    }
    pub(super) fn complement(&mut self, ty: TyId, dst: Reg, x: Reg) {
        self.f.emit(Op::Com, dst, x, 0, 0);
        let kind = self.num(ty);
        if matches!(kind, Num::Uint(_)) {
            self.renormalise(dst, kind);
        }
    }
}

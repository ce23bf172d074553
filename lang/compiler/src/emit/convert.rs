//! Conversions, explicit and implied by assignment.

use super::layout::Num;
use super::{Em, Reg};
use crate::types::{Basic, Ty, TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::ExprId;

impl Em<'_> {
    /// The value needs to be boxed to become one of the target type.
    pub(super) fn needs_box(&self, from: TyId, to: TyId) -> bool {
        from != to && self.is_iface(to) && !self.is_iface(from)
    }
    pub(super) fn mk_iface(&mut self, dst: Reg, src: Reg, from: TyId) {
        let t = self.type_id(from);
        self.f.wide(Op::MkIface, dst, src, t);
    }
    /// Evaluates `e` as assigned to a variable of type `to`.
    pub(super) fn expr_conv_to(&mut self, e: ExprId, to: TyId, dst: Reg) {
        let from = self.ty(e);
        if self.is_nil(e) {
            let n = self.words(to);
            self.zero(dst, n);
        } else if self.needs_box(from, to) {
            let mark = self.f.next;
            let r = self.expr(e);
            self.mk_iface(dst, r, from);
            self.f.next = mark;
        } else {
            self.expr_to(e, dst);
        }
    }
    pub(super) fn expr_conv(&mut self, e: ExprId, to: TyId) -> Reg {
        if !self.is_nil(e) && !self.needs_box(self.ty(e), to) {
            return self.expr(e);
        }
        let n = self.words(to);
        let dst = self.f.alloc(n);
        self.expr_conv_to(e, to, dst);
        dst
    }
    /// The same for a value in registers.
    pub(super) fn reg_conv(&mut self, r: Reg, from: TyId, to: TyId) -> Reg {
        if !self.needs_box(from, to) {
            return r;
        }
        let dst = self.f.alloc(1);
        self.mk_iface(dst, r, from);
        dst
    }

    /// `T(x)`; the operand is not constant, or the target is no constant type.
    pub(super) fn convert_to(&mut self, x: ExprId, to: TyId, dst: Reg) {
        if self.is_nil(x) {
            let n = self.words(to);
            return self.zero(dst, n);
        }
        let from = self.ty(x);
        if self.is_iface(to) {
            return self.expr_conv_to(x, to, dst);
        }
        match (self.num(from), self.num(to)) {
            (Num::Int(_) | Num::Uint(_), Num::Str) => {
                let r = self.expr(x);
                self.f.emit(Op::RuneToStr, dst, r, 0, 0);
            }
            (Num::Str, Num::Str) => self.expr_to(x, dst),
            (Num::Complex(_), Num::Complex(narrow)) => {
                self.expr_to(x, dst);
                if narrow {
                    self.round_complex(dst);
                }
            }
            (_, Num::Str) => {
                let r = self.expr(x);
                let op = if self.elem_is(from, Basic::Uint8) { Op::BytesToStr } else { Op::RunesToStr };
                self.f.emit(op, dst, r, 0, 0);
            }
            (Num::Str, _) => self.string_to_slice(x, to, dst),
            (Num::Other, _) | (_, Num::Other) => self.convert_other(x, from, to, dst),
            (_, Num::Complex(_)) | (Num::Complex(_), _) => self.expr_to(x, dst),
            (a, b) => {
                let r = self.expr(x);
                self.convert_num(r, a, b, dst);
            }
        }
    }
    fn elem_is(&self, slice: TyId, b: Basic) -> bool {
        match *self.types.under(slice) {
            Ty::Slice(e) => *self.types.under(e) == Ty::Basic(b),
            _ => false,
        }
    }
    fn string_to_slice(&mut self, x: ExprId, to: TyId, dst: Reg) {
        let Ty::Slice(elem) = *self.types.under(to) else { return self.expr_to(x, dst) };
        let op = if self.elem_is(to, Basic::Uint8) { Op::StrToBytes } else { Op::StrToRunes };
        let r = self.expr(x);
        let back = self.backing(elem);
        self.f.emit(op, dst, r, 0, back);
    }
    /// Between numbers; `dst` may be `r`.
    fn convert_num(&mut self, r: Reg, from: Num, to: Num, dst: Reg) {
        match (from, to) {
            (Num::Int(a), Num::Int(b)) | (Num::Uint(a), Num::Uint(b)) if a <= b => self.mov(dst, r, 1),
            (Num::Uint(a), Num::Int(b)) if a < b => self.mov(dst, r, 1),
            (Num::Int(_) | Num::Uint(_), Num::Int(_) | Num::Uint(_)) => self.normalise(dst, r, to),
            (Num::Uint(64), Num::F64) => self.f.emit(Op::UToF, dst, r, 0, 0),
            (Num::Int(_) | Num::Uint(_), Num::F64) => self.f.emit(Op::IToF, dst, r, 0, 0),
            (Num::Uint(64), Num::F32) => self.f.emit(Op::UToF32, dst, r, 0, 0),
            (Num::Int(_) | Num::Uint(_), Num::F32) => self.f.emit(Op::IToF32, dst, r, 0, 0),
            (Num::F64, Num::F32) => self.f.emit(Op::FToF32, dst, r, 0, 0),
            (Num::F32, Num::F64) => self.f.emit(Op::F32ToF, dst, r, 0, 0),
            (Num::F32, Num::Int(_) | Num::Uint(_)) => {
                let t = self.f.alloc(1);
                self.f.emit(Op::F32ToF, t, r, 0, 0);
                self.convert_num(t, Num::F64, to, dst);
            }
            (Num::F64, Num::Uint(64)) => self.f.emit(Op::FToU, dst, r, 0, 0),
            (Num::F64, Num::Int(64)) => self.f.emit(Op::FToI, dst, r, 0, 0),
            (Num::F64, Num::Int(_) | Num::Uint(_)) => {
                self.f.emit(Op::FToI, dst, r, 0, 0);
                self.normalise(dst, dst, to);
            }
            _ => self.mov(dst, r, 1),
        }
    }
    fn convert_other(&mut self, x: ExprId, from: TyId, to: TyId, dst: Reg) {
        let (len, pointer) = match (self.types.under(from), self.types.under(to)) {
            (Ty::Slice(_), Ty::Array(n, _)) => (*n, false),
            (Ty::Slice(_), Ty::Pointer(p)) => match self.types.under(*p) {
                Ty::Array(n, _) => (*n, true),
                _ => return self.expr_to(x, dst),
            },
            _ => return self.expr_to(x, dst),
        };
        let s = self.expr(x);
        let ok = self.f.label();
        let want = self.f.alloc(1);
        self.load_word(want, len);
        self.f.jump(Op::JleI, want, s + 1, ok);
        let w = self.f.alloc(3);
        self.mov(w + 1, s + 1, 1);
        self.mov(w + 2, want, 1);
        self.call_native("runtime.panicSliceConvert", w, 2);
        self.f.bind(ok);
        if pointer {
            self.mov(dst, s, 1);
        } else if self.words(to) > 0 {
            let p = self.deref(s, to);
            self.load_to(p, to, dst);
        }
    }
    /// The type of a value whose constant type may still be untyped.
    pub(super) fn concrete(&self, ty: TyId) -> TyId {
        match ty {
            Types::UNTYPED_BOOL => Types::BOOL,
            Types::UNTYPED_INT | Types::UNTYPED_DURATION => Types::INT,
            Types::UNTYPED_RUNE => Types::INT32,
            Types::UNTYPED_FLOAT => Types::FLOAT64,
            Types::UNTYPED_COMPLEX => Types::COMPLEX128,
            Types::UNTYPED_STRING => Types::STRING,
            Types::UNTYPED_NIL => Types::UNSAFE_POINTER,
            _ => ty,
        }
    }
}

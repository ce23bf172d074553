//! Indexing and slicing.

use super::layout::Mem;
use super::place::Place;
use super::{Em, Reg};
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{Expr, ExprId};

impl Em<'_> {
    /// The array type behind an operand that is an array or a pointer to one.
    pub(super) fn array_behind(&self, ty: TyId) -> Option<(TyId, u64, TyId)> {
        let array = match *self.types.under(ty) {
            Ty::Pointer(p) => p,
            _ => ty,
        };
        match *self.types.under(array) {
            Ty::Array(n, elem) => Some((array, n, elem)),
            _ => None,
        }
    }
    /// `x[i]` as a place: slices, arrays, pointers to arrays. Strings and maps are values in fresh registers.
    pub(super) fn index_place(&mut self, e: ExprId, x: ExprId, i: ExprId) -> Place {
        let xt = self.ty(x);
        if let Ty::Slice(_) = self.types.under(xt) {
            let s = self.expr(x);
            let i = self.expr(i);
            self.f.pos = self.ast.expr_span(e).lo;
            return Place::Elem(s, i);
        }
        let Some((array, len, elem)) = self.array_behind(xt) else {
            let n = self.words(self.ty(e));
            let dst = self.f.alloc(n);
            self.index_to(e, x, i, dst);
            return Place::Reg(dst);
        };
        let place = self.array_place(x, xt, array);
        self.array_elem(e, place, array, len, elem, i)
    }
    /// An array operand in memory.
    pub(super) fn array_place(&mut self, x: ExprId, xt: TyId, array: TyId) -> Place {
        if let Ty::Pointer(_) = self.types.under(xt) {
            return Place::Mem(self.expr(x), 0);
        }
        match self.operand_place(x) {
            p @ Place::Reg(_) => Place::Mem(self.addr(p, array), 0),
            p => p,
        }
    }
    fn array_elem(&mut self, e: ExprId, p: Place, array: TyId, len: u64, elem: TyId, i: ExprId) -> Place {
        if let Some(k) = self.int_const(i) {
            let k = k as u64;
            if super::layout::packed(self.types, elem).is_none() {
                let off = (k * self.words(elem) as u64).min(u32::MAX as u64) as u32;
                return self.part(p, array, off);
            }
        }
        let addr = self.addr(p, array);
        let i = self.expr(i);
        self.f.pos = self.ast.expr_span(e).lo;
        Place::Arr(addr, i, len)
    }
    pub(super) fn index_to(&mut self, e: ExprId, x: ExprId, i: ExprId, dst: Reg) {
        let mark = self.f.next;
        let xt = self.ty(x);
        match *self.types.under(xt) {
            Ty::Map(k, value) => {
                let m = self.expr(x);
                let key = if self.needs_box(self.ty(i), k) { self.expr_conv(i, k) } else { self.passing(i) };
                self.f.pos = self.ast.expr_span(e).lo;
                let op = if matches!(self.types.get(self.ty(e)), Ty::Tuple(_)) { Op::MapGetOk } else { Op::MapGet };
                let t = self.type_id(xt);
                self.f.emit(op, dst, m, key, t);
                self.cut(dst, value);
            }
            Ty::Basic(_) => {
                let s = self.expr(x);
                let i = self.expr(i);
                self.f.pos = self.ast.expr_span(e).lo;
                self.f.emit(Op::LdIdxS, dst, s, i, 0);
            }
            _ => {
                if !self.index_2d(e, x, i, dst) {
                    let p = self.index_place(e, x, i);
                    let ty = self.ty(e);
                    self.load_to(p, ty, dst);
                }
            }
        }
        self.f.next = mark;
    }
    /// `rows[j][i]` in one operation, where nothing is evaluated between the two look-ups.
    fn index_2d(&mut self, e: ExprId, x: ExprId, i: ExprId, dst: Reg) -> bool {
        let x = self.strip(x);
        let Expr::Index(rows, ref at) = *self.ast.expr(x) else { return false };
        let [j] = at[..] else { return false };
        let slices = |em: &Self, e: ExprId| matches!(em.types.under(em.ty(e)), Ty::Slice(_));
        if self.st.plain || self.f.given.contains_key(&x) || !slices(self, x) || !slices(self, rows) || !self.calm(i) {
            return false;
        }
        let op = match self.mem(self.ty(e)) {
            Mem::Word | Mem::Ptr => Op::LdIdx2W,
            Mem::U8 => Op::LdIdx2U8,
            Mem::I8 | Mem::U16 | Mem::I16 | Mem::U32 | Mem::I32 | Mem::Block(..) => return false,
        };
        let rows = self.expr(rows);
        let j = self.expr(j);
        let i = self.expr(i);
        self.f.pos = self.ast.expr_span(e).lo;
        self.f.emit(op, dst, rows, j, i);
        true
    }
    /// `x[i:j:k]`.
    pub(super) fn slice_to(&mut self, e: ExprId, x: ExprId, ix: [Option<ExprId>; 3], dst: Reg) {
        let mark = self.f.next;
        let xt = self.ty(x);
        let flags = (ix[1].is_some() as u32) | (ix[2].is_some() as u32) << 1 | (ix[0].is_some() as u32) << 2;
        if let Some((array, len, elem)) = self.array_behind(xt) {
            let p = self.array_place(x, xt, array);
            let a = self.addr(p, array);
            let at = self.bounds(ix);
            let stride = self.stride(elem);
            self.f.pos = self.ast.expr_span(e).lo;
            self.f.emit(Op::SliceArr, dst, a, at, flags);
            self.f.data2(stride, len.min(u32::MAX as u64) as u32);
        } else {
            let s = self.expr(x);
            let at = self.bounds(ix);
            self.f.pos = self.ast.expr_span(e).lo;
            match *self.types.under(xt) {
                Ty::Slice(elem) => {
                    let stride = self.stride(elem);
                    self.f.emit(Op::SliceS, dst, s, at, flags);
                    self.f.data2(stride, 0);
                }
                _ => self.f.emit(Op::SliceStr, dst, s, at, flags),
            }
        }
        self.f.next = mark;
    }
    /// A part of a string by one of the operations for it.
    pub(super) fn slice_str_to(&mut self, e: ExprId, op: Op, s: ExprId, ix: [Option<ExprId>; 3], dst: Reg) {
        let mark = self.f.next;
        let flags = (ix[1].is_some() as u32) | (ix[0].is_some() as u32) << 2;
        let s = self.expr(s);
        let at = self.bounds(ix);
        self.f.pos = self.ast.expr_span(e).lo;
        self.f.emit(op, dst, s, at, flags);
        self.f.next = mark;
    }
    fn bounds(&mut self, ix: [Option<ExprId>; 3]) -> Reg {
        let at = self.f.alloc(3);
        for (i, x) in ix.into_iter().enumerate() {
            if let Some(x) = x {
                self.expr_to(x, at + i as u32);
            }
        }
        at
    }
    /// The operand is a composite literal, perhaps in parentheses.
    pub(super) fn is_literal(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        matches!(self.ast.expr(e), Expr::CompLit(..)) && !self.f.given.contains_key(&e)
    }
}

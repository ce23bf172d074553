//! Composite literals: in registers, or built in place in memory.

use super::layout::{REG_WORDS_MAX, packed};
use super::place::Place;
use super::{Em, Reg};
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{Elem, Expr, ExprId};
use smallvec::{SmallVec, smallvec};

impl<'a> Em<'a> {
    fn elems(&self, e: ExprId) -> &'a [Elem] {
        let ast = self.ast;
        match ast.expr(self.strip(e)) {
            Expr::CompLit(_, elems) => elems,
            _ => &[],
        }
    }
    /// A literal as a value. `ty` is the type that the place has: for an elided `&T` the pointer type.
    pub(super) fn literal_to(&mut self, e: ExprId, ty: TyId, dst: Reg) {
        let mark = self.f.next;
        match *self.types.under(ty) {
            Ty::Pointer(t) => {
                let r = self.object_of(e, t);
                self.mov(dst, r, 1);
            }
            Ty::Struct(_) => {
                let n = self.words(ty);
                if n > REG_WORDS_MAX || self.in_memory(ty) {
                    let r = self.object_of(e, ty);
                    self.load_to(Place::Mem(r, 0), ty, dst);
                } else {
                    self.struct_regs(e, ty, dst, n);
                }
            }
            Ty::Array(..) => {
                let r = self.object_of(e, ty);
                if self.words(ty) > 0 {
                    self.load_to(Place::Mem(r, 0), ty, dst);
                }
            }
            Ty::Slice(elem) => self.slice_literal(e, elem, dst),
            Ty::Map(k, v) => self.map_literal(e, ty, k, v, dst),
            _ => {}
        }
        self.f.next = mark;
    }
    /// A new object that holds a literal of struct or array type (or of another type: `&[]int{}`); its address.
    pub(super) fn literal_object(&mut self, e: ExprId) -> Reg {
        let e = self.strip(e);
        let ty = match *self.types.under(self.ty(e)) {
            Ty::Pointer(t) => t,
            _ => self.ty(e),
        };
        self.object_of(e, ty)
    }
    fn object_of(&mut self, e: ExprId, ty: TyId) -> Reg {
        let r = self.new_object(ty);
        let mark = self.f.next;
        self.fill(e, ty, r, 0);
        self.f.next = mark;
        r
    }
    fn struct_regs(&mut self, e: ExprId, ty: TyId, dst: Reg, words: u32) {
        let fields = self.struct_elems(e, ty);
        let set: u32 = fields.iter().map(|&(_, fty, _)| self.words(fty)).sum();
        if set < words {
            self.zero(dst, words);
        }
        for (off, fty, x) in fields {
            let mark = self.f.next;
            self.elem_to(x, fty, dst + off);
            self.f.next = mark;
        }
    }
    /// An element: a nested literal takes the type of its place.
    fn elem_to(&mut self, x: ExprId, ty: TyId, dst: Reg) {
        if self.is_elided(x) { self.literal_to(x, ty, dst) } else { self.expr_conv_to(x, ty, dst) }
    }
    fn is_elided(&self, x: ExprId) -> bool {
        matches!(self.ast.expr(x), Expr::CompLit(None, _))
    }
    /// Offset, type and value of the fields that a struct literal sets, in source order.
    fn struct_elems(&mut self, e: ExprId, ty: TyId) -> SmallVec<[(u32, TyId, ExprId); 8]> {
        let mut out = smallvec![];
        let Ty::Struct(fields) = self.types.under(ty) else { return out };
        let fields = fields.clone();
        for (i, &Elem { key, value }) in self.elems(e).iter().enumerate() {
            if let Some(sel) = key.and_then(|k| self.info.selections.get(&k)) {
                let (off, fty) = self.promoted(ty, &sel.path);
                out.push((off, fty, value));
                continue;
            }
            let ix = match key.map(|k| self.ast.expr(self.strip(k))) {
                Some(Expr::Name(sym)) => fields.iter().position(|f| f.name == *sym),
                Some(_) => None,
                None => Some(i),
            };
            if let Some(ix) = ix {
                let (off, fty) = self.field(ty, ix as u32);
                out.push((off, fty, value));
            }
        }
        out
    }
    /// Offset and type of a field of embedded structs.
    fn promoted(&mut self, ty: TyId, path: &[u32]) -> (u32, TyId) {
        path.iter().fold((0, ty), |(at, t), &i| {
            let (off, field) = self.field(t, i);
            (at.saturating_add(off), field)
        })
    }
    /// Index of every element of an array or slice literal, and the length it needs.
    fn indexed(&self, e: ExprId) -> (Vec<(u64, ExprId)>, u64) {
        let (mut at, mut len) = (0u64, 0u64);
        let elems = self.elems(e);
        let mut out = Vec::with_capacity(elems.len());
        for x in elems {
            if let Some(k) = x.key.and_then(|k| self.int_const(k)) {
                at = k as u64;
            }
            out.push((at, x.value));
            at += 1;
            len = len.max(at);
        }
        (out, len)
    }

    /// Stores a literal of type `ty` into zeroed memory.
    fn fill(&mut self, e: ExprId, ty: TyId, addr: Reg, off: u32) {
        match *self.types.under(ty) {
            Ty::Struct(_) => {
                for (o, fty, x) in self.struct_elems(e, ty) {
                    self.fill_value(x, fty, addr, off.saturating_add(o));
                }
            }
            Ty::Array(_, elem) => {
                let (elems, _) = self.indexed(e);
                self.fill_elems(&elems, elem, addr, off);
            }
            _ => {
                let n = self.words(ty);
                let r = self.f.alloc(n);
                self.literal_to(e, ty, r);
                self.store(Place::Mem(addr, off), ty, r);
            }
        }
    }
    fn fill_value(&mut self, x: ExprId, ty: TyId, addr: Reg, off: u32) {
        let mark = self.f.next;
        let aggregate = matches!(self.types.under(ty), Ty::Struct(_) | Ty::Array(..));
        if aggregate && self.is_literal(x) {
            self.fill(self.strip(x), ty, addr, off);
        } else if self.words(ty) > 0 {
            let r = if self.is_elided(x) {
                let n = self.words(ty);
                let r = self.f.alloc(n);
                self.literal_to(x, ty, r);
                r
            } else if self.words(ty) > REG_WORDS_MAX && self.is_place(x) {
                let src = self.operand_place(x);
                self.copy(Place::Mem(addr, off), src, ty);
                self.f.next = mark;
                return;
            } else {
                self.expr_conv(x, ty)
            };
            self.store(Place::Mem(addr, off), ty, r);
        } else {
            self.discard(x);
        }
        self.f.next = mark;
    }
    fn fill_elems(&mut self, elems: &[(u64, ExprId)], elem: TyId, addr: Reg, off: u32) {
        let Some(size) = packed(self.types, elem) else {
            let n = self.words(elem) as u64;
            for &(i, x) in elems {
                let at = (off as u64).saturating_add(i.saturating_mul(n)).min(u32::MAX as u64);
                self.fill_value(x, elem, addr, at as u32);
            }
            return;
        };
        if elems.iter().all(|&(_, x)| self.value(x).is_some()) {
            return self.fill_packed_consts(elems, elem, size, addr, off);
        }
        let base = self.addr(Place::Mem(addr, off), elem);
        for &(i, x) in elems {
            let mark = self.f.next;
            let r = self.expr(x);
            let at = self.f.alloc(1);
            self.add_bytes(at, base, i * size as u64);
            self.store(Place::Mem(at, 0), elem, r);
            self.f.next = mark;
        }
    }
    fn add_bytes(&mut self, dst: Reg, base: Reg, bytes: u64) {
        if let Ok(k) = i16::try_from(bytes) {
            self.f.emit(Op::AddK, dst, base, k as u32, 0);
        } else {
            self.load_word(dst, bytes);
            self.f.emit(Op::AddI, dst, base, dst, 0);
        }
    }
    /// Constant packed elements are stored a word at a time.
    fn fill_packed_consts(&mut self, elems: &[(u64, ExprId)], elem: TyId, size: u32, addr: Reg, off: u32) {
        let per = 8 / size as u64;
        let mask = if size == 4 { u32::MAX as u64 } else { (1u64 << (8 * size)) - 1 };
        let mut words: Vec<(u64, u64)> = vec![];
        for &(i, x) in elems {
            let Some(v) = self.value(x) else { continue };
            let v = self.const_words(v, elem)[0] & mask;
            let (at, bits) = (i / per, v << (8 * size as u64 * (i % per)));
            match words.last_mut() {
                Some(w) if w.0 == at => w.1 |= bits,
                _ => words.push((at, bits)),
            }
        }
        let mut merged: std::collections::BTreeMap<u64, u64> = Default::default();
        for (at, bits) in words {
            *merged.entry(at).or_default() |= bits;
        }
        for (at, w) in merged {
            if w == 0 {
                continue;
            }
            let mark = self.f.next;
            let r = self.f.alloc(1);
            self.load_word(r, w);
            let at = (off as u64 + at).min(u32::MAX as u64) as u32;
            self.store(Place::Mem(addr, at), crate::types::Types::UINT64, r);
            self.f.next = mark;
        }
    }
    fn slice_literal(&mut self, e: ExprId, elem: TyId, dst: Reg) {
        let (elems, len) = self.indexed(self.strip(e));
        self.new_backing(dst, elem, len);
        self.fill_elems(&elems, elem, dst, 0);
        self.load_word(dst + 1, len);
        self.load_word(dst + 2, len);
    }
    /// A backing array of `len` elements.
    pub(super) fn new_backing(&mut self, dst: Reg, elem: TyId, len: u64) {
        let back = self.backing(elem);
        self.f.wide(Op::NewArr, dst, 0, back);
        self.f.data2(len.min(u32::MAX as u64) as u32, 0);
    }
    fn map_literal(&mut self, e: ExprId, ty: TyId, k: TyId, v: TyId, dst: Reg) {
        let t = self.type_id(ty);
        let elems = self.elems(e);
        let m = dst;
        self.load_word(m, elems.len() as u64);
        self.f.emit(Op::MakeMap, m, m, 0, t);
        let (kw, vw) = (self.words(k), self.words(v));
        for &Elem { key, value } in elems {
            let mark = self.f.next;
            let kr = self.f.alloc(kw);
            if let Some(key) = key {
                self.elem_to(key, k, kr);
            }
            let vr = self.f.alloc(vw);
            self.elem_to(value, v, vr);
            self.f.emit(Op::MapSet, m, kr, vr, t);
            self.f.next = mark;
        }
    }
    /// A `[]any` of the values, in three registers.
    pub(super) fn pack_ifaces(&mut self, values: &[ExprId], dst: Reg) {
        let any = crate::types::Types::ANY;
        self.pack(values, any, dst);
    }
    /// A slice of the values: the variadic argument of a call.
    pub(super) fn pack(&mut self, values: &[ExprId], elem: TyId, dst: Reg) {
        if values.is_empty() {
            return self.zero(dst, 3);
        }
        let mark = self.f.next;
        self.new_backing(dst, elem, values.len() as u64);
        let elems: Vec<(u64, ExprId)> = values.iter().enumerate().map(|(i, &x)| (i as u64, x)).collect();
        self.fill_elems(&elems, elem, dst, 0);
        self.load_word(dst + 1, values.len() as u64);
        self.load_word(dst + 2, values.len() as u64);
        self.f.next = mark;
    }
}

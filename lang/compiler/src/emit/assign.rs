//! Assignments: operands first, then values, then stores.

use super::layout::{Mem, Num, REG_WORDS_MAX};
use super::place::Place;
use super::{Em, Reg};
use crate::info::{Builtin, Mode, SelKind};
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, Expr, ExprId, Ids, UnOp};

/// An assignable operand, evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lhs {
    Blank,
    Place(Place, TyId),
    /// Map, key, type of the map, type of its values.
    Map(Reg, Reg, TyId, TyId),
}

impl Em<'_> {
    pub(super) fn is_blank(&self, e: ExprId) -> bool {
        matches!(self.ast.expr(self.strip(e)), Expr::Name(s) if self.ast.name(*s) == "_")
    }
    pub(super) fn lhs(&mut self, e: ExprId) -> Lhs {
        if self.is_blank(e) {
            return Lhs::Blank;
        }
        let e = self.strip(e);
        if let Expr::Index(x, ix) = self.ast.expr(e) {
            let mt = self.ty(*x);
            if let Ty::Map(k, v) = *self.types.under(mt) {
                let m = self.expr(*x);
                let key = self.expr_conv(ix[0], k);
                return Lhs::Map(m, key, mt, v);
            }
        }
        let ty = self.ty(e);
        Lhs::Place(self.operand_place(e), ty)
    }
    pub(super) fn lhs_type(&self, l: &Lhs) -> Option<TyId> {
        match l {
            Lhs::Blank => None,
            Lhs::Place(_, ty) => Some(*ty),
            Lhs::Map(_, _, _, v) => Some(*v),
        }
    }
    /// Stores registers that hold a value of the operand's type.
    pub(super) fn store_lhs(&mut self, l: &Lhs, src: Reg) {
        match *l {
            Lhs::Blank => {}
            Lhs::Place(p, ty) => self.store(p, ty, src),
            Lhs::Map(m, key, mt, _) => {
                let t = self.type_id(mt);
                self.f.emit(Op::MapSet, m, key, src, t);
            }
        }
    }

    // ---- one operand

    pub(super) fn assign_one(&mut self, l: ExprId, r: ExprId) {
        let pos = self.f.pos;
        if let Expr::FuncLit(..) = self.ast.expr(self.strip(r))
            && let Some(&o) = self.info.uses.get(&self.strip(l))
            && self.define_lifted(o, r)
        {
            return;
        }
        match self.lhs(l) {
            Lhs::Blank => self.discard_value(r),
            Lhs::Place(p, ty) => {
                self.store_expr(p, ty, r, pos);
            }
            m @ Lhs::Map(_, _, _, v) => {
                let src = self.expr_conv(r, v);
                self.f.pos = pos;
                self.store_lhs(&m, src);
            }
        }
    }
    /// `_ = x`: nil and constants are not evaluated.
    fn discard_value(&mut self, r: ExprId) {
        self.discard(r);
    }
    /// Evaluates `e` into a place of type `ty`.
    pub(super) fn store_expr(&mut self, p: Place, ty: TyId, e: ExprId, pos: u32) {
        if let Place::Reg(r) = p {
            if self.in_place(e) || self.is_append_to(e, r) {
                return self.expr_conv_to(e, ty, r);
            }
            let v = self.expr_conv(e, ty);
            let n = self.words(ty);
            return self.mov(r, v, n);
        }
        if self.words(ty) > REG_WORDS_MAX && !self.needs_box(self.ty(e), ty) {
            if self.is_literal(e) {
                let obj = self.literal_object(e);
                return self.copy(p, Place::Mem(obj, 0), ty);
            }
            if self.is_place(e) {
                let from = self.operand_place(e);
                return self.copy(p, from, ty);
            }
        }
        let v = self.expr_conv(e, ty);
        self.f.pos = pos;
        self.store(p, ty, v);
    }
    fn is_append_to(&self, e: ExprId, r: Reg) -> bool {
        if self.st.plain {
            return false;
        }
        match self.ast.expr(self.strip(e)) {
            Expr::Call(fun, args, _) => {
                matches!(self.info.expr(*fun).map(|i| i.mode), Some(Mode::Builtin(Builtin::Append)))
                    && self.append_in_place(args, r)
            }
            _ => false,
        }
    }

    // ---- several operands

    pub(super) fn assign(&mut self, l: &[ExprId], r: &[ExprId]) {
        let mark = self.f.next;
        let pos = self.f.pos;
        match (l, r) {
            ([l], [r]) => self.assign_one(*l, *r),
            (_, [r]) => {
                let places = self.places(l);
                self.assign_tuple(&places, *r);
            }
            ([a, b], [c, d]) if self.swap(*a, *b, *c, *d) => {}
            _ => self.assign_many(l, r),
        }
        self.f.pos = pos;
        self.f.next = mark;
    }
    /// `x[i], x[j] = x[j], x[i]` of a slice of references or of values of several words is one operation. As in Go's code `i` is checked
    /// first. (Of other words `opt` makes one, too.)
    fn swap(&mut self, a: ExprId, b: ExprId, c: ExprId, d: ExprId) -> bool {
        if !self.same(a, d) || !self.same(b, c) {
            return false;
        }
        let (Some((x, i)), Some((y, j))) = (self.subscript(a), self.subscript(b)) else { return false };
        let Ty::Slice(elem) = *self.types.under(self.ty(x)) else { return false };
        let stride = self.stride(elem);
        if !self.is_swappable(elem) || !self.same(x, y) {
            return false;
        }
        if self.st.plain {
            self.expr(a);
            return false;
        }
        let s = self.expr(x);
        let (i, j) = (self.expr(i), self.expr(j));
        self.f.pos = self.ast.expr_span(a).lo;
        let s = match self.f.swappable.iter().find(|e| e.0 == s) {
            Some(e) => e.1,
            None => self.swappable(s, stride),
        };
        self.f.emit(Op::SwpElem, s, i, j, 0);
        true
    }
    pub(super) fn is_swappable(&mut self, elem: TyId) -> bool {
        match self.mem(elem) {
            Mem::Ptr | Mem::Block(1, true) => true,
            Mem::Block(n, _) => n > 1,
            Mem::Word | Mem::U8 | Mem::I8 | Mem::U16 | Mem::I16 | Mem::U32 | Mem::I32 => false,
        }
    }
    /// What `SwpElem` takes of a slice.
    pub(super) fn swappable(&mut self, s: Reg, stride: u32) -> Reg {
        let t = self.f.alloc(3);
        self.mov(t, s, 2);
        self.load_word(t + 2, stride as u64);
        t
    }
    fn subscript(&self, e: ExprId) -> Option<(ExprId, ExprId)> {
        match *self.ast.expr(self.strip(e)) {
            Expr::Index(x, ref ix) if ix.len() == 1 => Some((x, ix[0])),
            _ => None,
        }
    }
    /// The same text of variables, fields, elements and sums, whose evaluation changes nothing.
    fn same(&self, a: ExprId, b: ExprId) -> bool {
        let (a, b) = (self.strip(a), self.strip(b));
        if self.f.given.contains_key(&a) || self.f.given.contains_key(&b) {
            return false;
        }
        if let (Some(x), Some(y)) = (self.int_const(a), self.int_const(b)) {
            return x == y;
        }
        match (self.ast.expr(a), self.ast.expr(b)) {
            (Expr::Name(_), Expr::Name(_)) => {
                let (x, y) = (self.info.uses.get(&a), self.info.uses.get(&b));
                x.is_some() && x == y
            }
            (Expr::Select(x, _), Expr::Select(y, _)) => {
                let field = |e| self.info.selections.get(e).filter(|s| s.kind == SelKind::Field).map(|s| &s.path);
                let (p, q) = (field(&a), field(&b));
                p.is_some() && p == q && self.same(*x, *y)
            }
            (Expr::Index(x, i), Expr::Index(y, j)) => match (&i[..], &j[..]) {
                ([i], [j]) => self.array_or_slice(*x) && self.same(*x, *y) && self.same(*i, *j),
                _ => false,
            },
            (Expr::Binary(BinOp::Add, x, y), Expr::Binary(BinOp::Add, v, w))
            | (Expr::Binary(BinOp::Sub, x, y), Expr::Binary(BinOp::Sub, v, w)) => {
                matches!(self.num(self.ty(a)), Num::Int(_) | Num::Uint(_)) && self.same(*x, *v) && self.same(*y, *w)
            }
            (Expr::Unary(UnOp::Deref, x), Expr::Unary(UnOp::Deref, y)) => self.same(*x, *y),
            _ => false,
        }
    }
    fn array_or_slice(&self, x: ExprId) -> bool {
        matches!(self.types.under(self.ty(x)), Ty::Slice(_) | Ty::Array(..))
    }
    /// From an expression with several values.
    pub(super) fn assign_tuple(&mut self, places: &[Lhs], e: ExprId) {
        let Ty::Tuple(tys) = self.types.get(self.ty(e)).clone() else { return };
        let mut r = self.expr(e);
        for (l, &from) in places.iter().zip(&tys) {
            if let Some(to) = self.lhs_type(l) {
                let v = self.reg_conv(r, from, to);
                self.store_lhs(l, v);
            }
            r += self.words(from);
        }
    }
    /// Operands first, then the stores: `for a[i], i = range …`.
    pub(super) fn assign_regs(&mut self, l: &[ExprId], values: &[(Reg, TyId)]) {
        let mark = self.f.next;
        let places = self.places(l);
        for (p, &(r, from)) in places.iter().zip(values) {
            if let Some(to) = self.lhs_type(p) {
                let v = self.reg_conv(r, from, to);
                self.store_lhs(p, v);
            }
        }
        self.f.next = mark;
    }
    /// The operands of an assignment; what they read of variables that it writes is saved.
    fn places(&mut self, l: &[ExprId]) -> Vec<Lhs> {
        let mut places: Vec<Lhs> = l.iter().map(|x| self.lhs(*x)).collect();
        let written = self.written(&places);
        for p in &mut places {
            self.save_operands(p, &written);
        }
        places
    }
    /// Registers of variables that an assignment writes.
    fn written(&mut self, places: &[Lhs]) -> Vec<(Reg, Reg)> {
        let mut written = vec![];
        for p in places {
            if let Lhs::Place(Place::Reg(r), ty) = *p {
                written.push((r, r + self.words(ty)));
            }
        }
        written
    }
    fn assign_many(&mut self, l: &[ExprId], r: &[ExprId]) {
        let mark = self.f.next;
        let places = self.places(l);
        let written = self.written(&places);
        if self.one_by_one(&places, r) {
            return;
        }
        let mut values = vec![];
        for (i, &x) in r.iter().enumerate() {
            let ty = self.lhs_type(&places[i]).unwrap_or(self.ty(x));
            // The last value can go to its variable at once where no earlier store can fail or write the same variable: the others
            // are in temporaries.
            if i + 1 == r.len()
                && let Lhs::Place(Place::Reg(dst), _) = places[i]
                && places[..i].iter().all(|p| match p {
                    Lhs::Blank => true,
                    Lhs::Place(Place::Reg(r), t) => *r + self.words(*t) <= dst || dst + self.words(ty) <= *r,
                    Lhs::Place(..) | Lhs::Map(..) => false,
                })
                && self.in_place(x)
            {
                self.expr_conv_to(x, ty, dst);
                values.push(dst);
                continue;
            }
            let v = self.expr_conv(x, ty);
            let n = self.words(ty);
            let v = if v < mark { self.save(v, n, &written) } else { v };
            values.push(v);
        }
        for (p, v) in places.iter().zip(values) {
            self.store_lhs(p, v);
        }
    }
    /// `i, j = i+1, j-1`: arithmetic that reads none of the variables written before can be done one after the other.
    fn one_by_one(&mut self, places: &[Lhs], r: &[ExprId]) -> bool {
        if self.st.plain {
            return false;
        }
        let mut before = vec![];
        for (p, &x) in places.iter().zip(r) {
            let Lhs::Place(Place::Reg(to), ty) = *p else { return false };
            if ty != self.ty(x) || self.words(ty) != 1 || !self.is_sum_without(x, &before) {
                return false;
            }
            before.push(to);
        }
        for (p, &x) in places.iter().zip(r) {
            if let Lhs::Place(Place::Reg(to), ty) = *p {
                self.expr_conv_to(x, ty, to);
            }
        }
        true
    }
    /// Sums and products of constants and variables in registers, none of them in these.
    fn is_sum_without(&self, e: ExprId, regs: &[Reg]) -> bool {
        let e = self.strip(e);
        if self.value(e).is_some() {
            return true;
        }
        match *self.ast.expr(e) {
            Expr::Name(_) => self.reg_var(e).is_some_and(|v| !regs.contains(&v)),
            Expr::Binary(BinOp::Add | BinOp::Sub | BinOp::Mul, x, y) => {
                !matches!(self.num(self.ty(e)), Num::Other | Num::Complex(_))
                    && self.is_sum_without(x, regs)
                    && self.is_sum_without(y, regs)
            }
            _ => false,
        }
    }
    /// A copy of registers that are about to be written.
    fn save(&mut self, r: Reg, n: u32, written: &[(Reg, Reg)]) -> Reg {
        if !written.iter().any(|&(a, b)| r < b && a < r + n) {
            return r;
        }
        let t = self.f.alloc(n);
        self.mov(t, r, n);
        t
    }
    fn save_operands(&mut self, l: &mut Lhs, written: &[(Reg, Reg)]) {
        if written.is_empty() {
            return;
        }
        match l {
            Lhs::Blank | Lhs::Place(Place::Reg(_) | Place::Global(_), _) => {}
            Lhs::Place(Place::Mem(a, _) | Place::Packed(a), _) => *a = self.save(*a, 1, written),
            Lhs::Place(Place::Elem(s, i), _) => {
                *s = self.save(*s, 3, written);
                *i = self.save(*i, 1, written);
            }
            Lhs::Place(Place::Arr(a, i, _), _) => {
                *a = self.save(*a, 1, written);
                *i = self.save(*i, 1, written);
            }
            Lhs::Map(m, key, mt, _) => {
                let n = match *self.types.under(*mt) {
                    Ty::Map(k, _) => self.words(k),
                    _ => 1,
                };
                *m = self.save(*m, 1, written);
                *key = self.save(*key, n, written);
            }
        }
    }

    // ---- x op= y

    pub(super) fn op_assign(&mut self, op: BinOp, l: ExprId, r: ExprId) {
        let mark = self.f.next;
        let pos = self.f.pos;
        let place = self.lhs(l);
        let ty = self.ty(l);
        if let Lhs::Place(Place::Reg(x), _) = place {
            self.op_assign_reg(op, ty, x, r);
        } else {
            let n = self.words(ty);
            if self.num(ty) == Num::F64 && self.calm(r) {
                let cur = self.f.alloc(n);
                self.f.pos = pos;
                self.load_lhs(&place, cur);
                if !self.mul_add(op, ty, cur, r) {
                    self.arith(op, ty, cur, cur, r);
                }
                self.store_lhs(&place, cur);
                self.f.next = mark;
                return;
            }
            // The value of y first: a call in it may change x.
            let v = if self.value(r).is_none() { Some(self.expr(r)) } else { None };
            let cur = self.f.alloc(n);
            self.f.pos = pos;
            self.load_lhs(&place, cur);
            let key = self.strip(r);
            if let Some(v) = v {
                self.f.given.insert(key, v);
            }
            self.arith(op, ty, cur, cur, r);
            if v.is_some() {
                self.f.given.remove(&key);
            }
            self.store_lhs(&place, cur);
        }
        self.f.next = mark;
    }
    /// Evaluating it changes nothing: variables, fields, elements and arithmetic on them.
    pub(super) fn calm(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        if self.value(e).is_some() || self.f.given.contains_key(&e) {
            return true;
        }
        match *self.ast.expr(e) {
            Expr::Name(_) => true,
            Expr::Select(x, _) => self.calm(x),
            Expr::Index(x, ref ix) => self.calm(x) && ix.iter().all(|i| self.calm(*i)),
            Expr::Unary(op, x) => op != gol_syntax::ast::UnOp::Recv && self.calm(x),
            Expr::Binary(_, l, r) => self.calm(l) && self.calm(r),
            _ => false,
        }
    }
    fn load_lhs(&mut self, l: &Lhs, dst: Reg) {
        match *l {
            Lhs::Blank => {}
            Lhs::Place(p, ty) => self.load_to(p, ty, dst),
            Lhs::Map(m, key, mt, value) => {
                let t = self.type_id(mt);
                self.f.emit(Op::MapGet, dst, m, key, t);
                self.cut(dst, value);
            }
        }
    }
    fn op_assign_reg(&mut self, op: BinOp, ty: TyId, x: Reg, r: ExprId) {
        match self.num(ty) {
            Num::F64 if self.mul_add(op, ty, x, r) => {}
            Num::Str => {
                let parts = self.string_parts(r);
                let n = parts.len() as u32 + 1;
                let t = self.f.alloc(n);
                for (i, e) in parts.into_iter().enumerate() {
                    self.expr_to(e, t + 1 + i as u32);
                }
                self.mov(t, x, 1);
                self.f.emit(Op::Concat, x, t, n, 0);
            }
            _ => self.arith(op, ty, x, x, r),
        }
    }
    fn string_parts(&self, r: ExprId) -> Ids {
        let inner = self.strip(r);
        if !self.st.plain && self.value(inner).is_none() && matches!(self.ast.expr(inner), Expr::Binary(BinOp::Add, ..))
        {
            self.spine(BinOp::Add, inner)
        } else {
            Ids::from_slice(&[r])
        }
    }
    /// `x++`, `x--`.
    pub(super) fn inc_dec(&mut self, op: BinOp, l: ExprId) {
        let mark = self.f.next;
        let place = self.lhs(l);
        let ty = self.ty(l);
        let kind = self.num(ty);
        let cur = match place {
            Lhs::Place(Place::Reg(x), _) => x,
            _ => {
                let n = self.words(ty);
                let cur = self.f.alloc(n);
                self.load_lhs(&place, cur);
                cur
            }
        };
        if let (Num::Int(_) | Num::Uint(_), false) = (kind, self.st.plain) {
            self.arith_const(op, kind, cur, cur, 1);
        } else {
            let n = self.words(ty);
            let one = self.f.alloc(n);
            self.load_const(one, &crate::constant::Value::Int(1), ty);
            self.arith_regs(op, ty, cur, cur, one);
        }
        if !matches!(place, Lhs::Place(Place::Reg(_), _)) {
            self.store_lhs(&place, cur);
        }
        self.f.next = mark;
    }
}

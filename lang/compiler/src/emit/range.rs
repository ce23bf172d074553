//! `for … range`.

use super::func::Label;
use super::layout::Num;
use super::loops::LoopBody;
use super::place::Place;
use super::{Em, Reg};
use crate::types::{Ty, TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::ExprId;

impl Em<'_> {
    pub(super) fn range_loop(&mut self, vars: &[ExprId], define: bool, over: ExprId, body: LoopBody) {
        let ty = self.ty(over);
        let key = vars.first().copied().filter(|e| !self.is_blank(*e));
        let value = vars.get(1).copied().filter(|e| !self.is_blank(*e));
        let v = Vars { define, key, value };
        match *self.types.under(ty) {
            Ty::Slice(elem) => self.range_slice(&v, over, elem, body),
            Ty::Map(k, e) => self.range_map(&v, over, ty, k, e, body),
            Ty::Chan(_, e) => self.range_chan(&v, over, e, body),
            Ty::Func(ref sig) => {
                let sig = sig.clone();
                self.range_func(&v, over, &sig, body);
            }
            Ty::Basic(_) if self.num(ty) == Num::Str => self.range_string(&v, over, body),
            Ty::Basic(_) => self.range_int(&v, over, ty, body),
            _ => self.range_array(&v, over, body),
        }
    }
    /// Gives the iteration's values to the variables of the loop.
    pub(super) fn bind_vars(&mut self, v: &Vars, key: Item, value: Option<Item>) {
        if !v.define {
            let (mut l, mut values) = (vec![], vec![]);
            for (e, item) in [(v.key, Some(key)), (v.value, value)] {
                if let (Some(e), Some(i)) = (e, item) {
                    l.push(e);
                    values.push((i.reg, i.ty));
                }
            }
            return self.assign_regs(&l, &values);
        }
        for (e, item) in [(v.key, Some(key)), (v.value, value)] {
            if let (Some(e), Some(i)) = (e, item) {
                self.bind_new(e, i);
            }
        }
    }
    fn bind_new(&mut self, e: ExprId, i: Item) {
        let Some(&o) = self.info.defs.get(&self.ast.expr_span(e).lo) else { return };
        let mut r = i.reg;
        if !i.fresh && (self.info.obj(o).reassigned || self.st.plain) && !self.is_boxed(o) {
            let n = self.words(i.ty);
            r = self.f.alloc(n);
            self.mov(r, i.reg, n);
        }
        self.adopt(o, r);
    }
    fn labels(&mut self) -> (Label, Label, Label) {
        let (top, cont, end) = (self.f.label(), self.f.label(), self.f.label());
        self.enter_loop(end, cont);
        (top, cont, end)
    }
    /// A counting loop from 0 to below `limit` (`enters`: which is known to be positive); `each` sets the variables up from the counter.
    fn counted(&mut self, limit: Reg, enters: bool, body: LoopBody, each: impl FnOnce(&mut Self, Reg)) {
        let (top, cont, end) = self.labels();
        let i = self.f.alloc(1);
        self.load_word(i, 0);
        if !enters {
            self.f.jump(Op::JleK, limit, 0, end);
        }
        self.f.bind(top);
        let mark = self.f.next;
        each(self, i);
        self.loop_body(body);
        self.f.next = mark;
        self.f.bind(cont);
        self.count_up(i, limit, top);
        self.leave_loop();
        self.f.bind(end);
    }
    fn range_int(&mut self, v: &Vars, over: ExprId, ty: TyId, body: LoopBody) {
        // Evaluated once: a copy, unless nothing can change it.
        let limit = self.f.alloc(1);
        self.expr_to(over, limit);
        let ty = match v.key {
            Some(k) => self.ty_of_var(k, v.define).unwrap_or(ty),
            None => ty,
        };
        let v = *v;
        if self.num(ty) == Num::Uint(64) {
            // A limit of 2^63 and above is negative as a signed word: counted down to 0 by the difference.
            return self.range_uint(&v, limit, ty, body);
        }
        let enters = self.int_const(over).is_some_and(|n| n > 0);
        self.counted(limit, enters, body, |em, i| em.bind_vars(&v, Item { reg: i, ty, fresh: false }, None));
    }
    fn range_uint(&mut self, v: &Vars, limit: Reg, ty: TyId, body: LoopBody) {
        let (top, cont, end) = self.labels();
        let i = self.f.alloc(1);
        self.load_word(i, 0);
        self.f.jump(Op::JeqK, limit, 0, end);
        self.f.bind(top);
        let mark = self.f.next;
        self.bind_vars(v, Item { reg: i, ty, fresh: false }, None);
        self.loop_body(body);
        self.f.next = mark;
        self.f.bind(cont);
        self.f.emit(Op::AddK, i, i, 1, 0);
        self.f.jump(Op::JltU, i, limit, top);
        self.leave_loop();
        self.f.bind(end);
    }
    fn ty_of_var(&self, e: ExprId, define: bool) -> Option<TyId> {
        if define {
            let o = self.info.defs.get(&self.ast.expr_span(e).lo)?;
            Some(self.obj_ty(*o))
        } else {
            Some(self.ty(e))
        }
    }
    fn range_slice(&mut self, v: &Vars, over: ExprId, elem: TyId, body: LoopBody) {
        let s = self.f.alloc(3);
        let fixed = self.reg_var(over).filter(|_| self.is_fixed(over));
        let s = match fixed {
            Some(r) => r,
            None => {
                self.expr_to(over, s);
                s
            }
        };
        let v = *v;
        self.counted(s + 1, false, body, |em, i| {
            let value = em.element(&v, Place::Elem(s, i), elem);
            em.bind_vars(&v, Item { reg: i, ty: Types::INT, fresh: false }, value);
        });
    }
    /// A local that keeps its value.
    fn is_fixed(&self, e: ExprId) -> bool {
        let var = self.info.uses.get(&self.strip(e));
        !self.st.plain && var.is_some_and(|o| !self.info.obj(*o).reassigned)
    }
    fn element(&mut self, v: &Vars, p: Place, elem: TyId) -> Option<Item> {
        v.value?;
        let n = self.words(elem);
        let r = self.f.alloc(n);
        self.load_to(p, elem, r);
        Some(Item { reg: r, ty: elem, fresh: true })
    }
    fn range_array(&mut self, v: &Vars, over: ExprId, body: LoopBody) {
        let xt = self.ty(over);
        let Some((array, len, elem)) = self.array_behind(xt) else { return };
        let pointer = matches!(self.types.under(xt), Ty::Pointer(_));
        let v = *v;
        let limit = self.f.alloc(1);
        let addr = self.f.alloc(1);
        if v.value.is_some() && self.words(array) > 0 {
            let p = self.array_place(over, xt, array);
            if pointer || self.is_fixed_array(over) || !self.is_place(over) {
                self.addr_into(p, array, addr);
            } else {
                // The range expression is a copy of the array.
                self.new_object_to(array, addr);
                self.copy(Place::Mem(addr, 0), p, array);
            }
        } else if self.has_effects(over) {
            self.discard(over);
        }
        self.load_word(limit, len);
        self.counted(limit, len > 0, body, |em, i| {
            let value = em.element(&v, Place::Arr(addr, i, len), elem);
            em.bind_vars(&v, Item { reg: i, ty: Types::INT, fresh: false }, value);
        });
    }
    fn addr_into(&mut self, p: Place, ty: TyId, dst: Reg) {
        match p {
            Place::Mem(r, 0) => self.mov(dst, r, 1),
            _ => self.addr_to(p, ty, dst),
        }
    }
    fn is_fixed_array(&self, e: ExprId) -> bool {
        self.info.uses.get(&self.strip(e)).is_some_and(|o| {
            let o = self.info.obj(*o);
            !self.st.plain && !o.reassigned && !o.addr_taken && matches!(o.kind, crate::info::ObjKind::Local)
        })
    }
    fn has_effects(&self, e: ExprId) -> bool {
        !self.is_name(e)
    }
    fn range_string(&mut self, v: &Vars, over: ExprId, body: LoopBody) {
        let s = self.f.alloc(1);
        self.expr_to(over, s);
        let i = self.f.alloc(1);
        // Behind the rune lies the index of the next one.
        let rune = self.f.alloc(2);
        let next = rune + 1;
        let (top, cont, end) = self.labels();
        self.load_word(next, 0);
        if v.key.is_some() {
            self.load_word(i, 0);
        }
        self.f.emit(Op::RangeStr, s, next, rune, 0);
        self.f.data_jump(end);
        self.f.bind(top);
        let mark = self.f.next;
        let value = Item { reg: rune, ty: Types::INT32, fresh: true };
        self.bind_vars(v, Item { reg: i, ty: Types::INT, fresh: false }, Some(value));
        self.loop_body(body);
        self.f.next = mark;
        self.f.bind(cont);
        if v.key.is_some() {
            self.mov(i, next, 1);
        }
        self.f.emit(Op::RangeStrB, s, next, rune, 0);
        self.f.data_jump(top);
        self.leave_loop();
        self.f.bind(end);
    }
    fn range_map(&mut self, v: &Vars, over: ExprId, ty: TyId, k: TyId, e: TyId, body: LoopBody) {
        let t = self.type_id(ty);
        let it = self.f.alloc(1);
        let m = self.expr(over);
        self.f.emit(Op::MapIter, it, m, 0, t);
        let (kn, en) = (self.words(k), self.words(e));
        let (top, cont, end) = self.labels();
        self.f.bind(top);
        let mark = self.f.next;
        let kr = self.f.alloc(kn);
        let er = self.f.alloc(en);
        let a = if v.key.is_some() { kr } else { Self::NONE };
        let b = if v.value.is_some() { er } else { Self::NONE };
        self.f.emit(Op::MapNext, it, a, b, t);
        self.f.data_jump(end);
        if v.value.is_some() {
            self.cut(er, e);
        }
        self.bind_vars(v, Item { reg: kr, ty: k, fresh: true }, Some(Item { reg: er, ty: e, fresh: true }));
        self.loop_body(body);
        self.f.next = mark;
        self.f.bind(cont);
        self.f.goto(top);
        self.leave_loop();
        self.f.bind(end);
    }
    fn range_chan(&mut self, v: &Vars, over: ExprId, e: TyId, body: LoopBody) {
        let c = self.f.alloc(1);
        self.expr_to(over, c);
        let n = self.words(e);
        let (top, cont, end) = self.labels();
        self.f.bind(top);
        let mark = self.f.next;
        let r = self.f.alloc(n);
        let ok = self.f.alloc(1);
        self.f.emit(Op::RecvOk, r, c, n, ok);
        self.f.emit(Op::RecvWake, ok, 0, 0, 0);
        self.f.jump(Op::Jz, ok, 0, end);
        self.bind_vars(v, Item { reg: r, ty: e, fresh: true }, None);
        self.loop_body(body);
        self.f.next = mark;
        self.f.bind(cont);
        self.f.goto(top);
        self.leave_loop();
        self.f.bind(end);
    }
}

/// A value of an iteration.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub reg: Reg,
    pub ty: TyId,
    /// The register belongs to this iteration: the variable may live in it even when it is reassigned.
    pub fresh: bool,
}

/// The variables of a range clause; blank ones are none.
#[derive(Clone, Copy)]
pub(super) struct Vars {
    pub define: bool,
    pub key: Option<ExprId>,
    pub value: Option<ExprId>,
}

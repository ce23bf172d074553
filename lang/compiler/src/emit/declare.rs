//! Declarations of variables: values first, then the variables, which keep the registers of their values where they can.

use super::assign::Lhs;
use super::func::Loc;
use super::layout::REG_WORDS_MAX;
use super::place::Place;
use super::{Em, Reg};
use crate::info::{ObjId, ObjKind};
use crate::types::{Ty, TyId};
use gol_syntax::ast::{Expr, ExprId, VarSpec};

/// What a name on the left of `:=` or in `var` is.
#[derive(Clone, Copy)]
pub(super) enum Def {
    Blank,
    New(ObjId),
    /// Already declared: assigned.
    Old(ExprId),
}

impl Em<'_> {
    pub(super) fn var_specs(&mut self, specs: &[VarSpec]) {
        for s in specs {
            self.f.pos = s.span.lo;
            let defs: Vec<Def> = s
                .names
                .iter()
                .map(|n| match self.info.defs.get(&n.span.lo) {
                    Some(&o) if self.ast.name(n.sym) != "_" => Def::New(o),
                    _ => Def::Blank,
                })
                .collect();
            // The declared type decides about conversions for blank names, too, but a discarded value needs none.
            self.define(&defs, &s.values);
        }
    }
    pub(super) fn def_of(&self, e: ExprId) -> Def {
        if self.is_blank(e) {
            return Def::Blank;
        }
        match self.info.defs.get(&self.ast.expr_span(e).lo) {
            Some(&o) => Def::New(o),
            None => Def::Old(e),
        }
    }
    /// Declares variables with their values, or zero values.
    pub(super) fn define(&mut self, defs: &[Def], values: &[ExprId]) {
        match (defs, values) {
            (_, []) => {
                for d in defs {
                    if let Def::New(o) = *d {
                        self.declare_var(o);
                    }
                }
            }
            ([d], [v]) => self.define_one(*d, *v),
            (_, [v]) => self.define_tuple(defs, *v),
            _ => self.define_many(defs, values),
        }
    }
    fn is_global(&self, o: ObjId) -> bool {
        matches!(self.info.obj(o).kind, ObjKind::Global)
    }
    fn is_func(&self, ty: TyId) -> bool {
        matches!(self.types.under(ty), Ty::Func(_))
    }
    fn declare_var(&mut self, o: ObjId) {
        let ty = self.obj_ty(o);
        if !self.is_global(o) && self.is_func(ty) && self.local(o).is_some() {
            return;
        }
        if self.is_global(o) {
            // Zero already, unless the statement is executed again.
            let n = self.words(ty);
            if n > 0 && n <= REG_WORDS_MAX {
                let mark = self.f.next;
                let r = self.f.alloc(n);
                self.zero(r, n);
                let p = self.var_place(o);
                self.store(p, ty, r);
                self.f.next = mark;
            }
        } else {
            self.declare_zero(Some(o), ty);
        }
    }
    fn define_one(&mut self, d: Def, v: ExprId) {
        let mark = self.f.next;
        match d {
            Def::Blank => self.discard(v),
            Def::Old(e) => {
                self.assign_one(e, v);
                self.f.next = mark;
            }
            Def::New(o) if self.is_global(o) => {
                let ty = self.obj_ty(o);
                let p = self.var_place(o);
                let pos = self.f.pos;
                self.store_expr(p, ty, v, pos);
                self.f.next = mark;
            }
            Def::New(o) => self.define_local(o, v),
        }
    }
    pub(super) fn define_local(&mut self, o: ObjId, v: ExprId) {
        let mark = self.f.next;
        let literal = matches!(self.ast.expr(self.strip(v)), Expr::FuncLit(..));
        if literal && !self.info.obj(o).reassigned && !self.info.obj(o).addr_taken {
            let name = self.next_lit_name();
            self.f.literals.insert(o, (self.strip(v), name));
        }
        if literal && self.define_lifted(o, v) {
            return;
        }
        if self.define_held(o, v) {
            return;
        }
        let ty = self.obj_ty(o);
        if self.is_boxed(o) {
            let b = self.f.alloc(1);
            if self.is_literal(v) && self.ty(v) == ty && matches!(self.types.under(ty), Ty::Struct(_) | Ty::Array(..)) {
                let r = self.literal_object(v);
                self.mov(b, r, 1);
            } else if self.words(ty) > REG_WORDS_MAX && self.is_place(v) {
                let from = self.operand_place(v);
                let r = self.new_object(ty);
                self.copy(Place::Mem(r, 0), from, ty);
                self.mov(b, r, 1);
            } else {
                let r = self.expr_conv(v, ty);
                self.new_object_to(ty, b);
                if self.words(ty) > 0 {
                    self.store(Place::Mem(b, 0), ty, r);
                }
            }
            self.f.vars.insert(o, Loc::Box(b));
            self.f.keep(b + 1);
            return;
        }
        let r = self.expr_conv(v, ty);
        let n = self.words(ty);
        let home = self.own(r, n, mark);
        self.f.vars.insert(o, Loc::Reg(home));
        self.f.keep(home + n);
    }
    /// Registers that only this value uses: its own when they are temporaries.
    fn own(&mut self, r: Reg, n: u32, mark: Reg) -> Reg {
        if r >= mark {
            return r;
        }
        let home = self.f.alloc(n);
        self.mov(home, r, n);
        home
    }
    fn define_tuple(&mut self, defs: &[Def], v: ExprId) {
        let places: Vec<Option<Lhs>> = defs
            .iter()
            .map(|d| match *d {
                Def::Old(e) => Some(self.lhs(e)),
                Def::Blank | Def::New(_) => None,
            })
            .collect();
        let Ty::Tuple(tys) = self.types.get(self.ty(v)).clone() else { return };
        let mark = self.f.next;
        let r = self.expr(v);
        let mut values = vec![];
        let mut at = r;
        for from in &tys {
            values.push((at, *from));
            at += self.words(*from);
        }
        self.f.keep(self.f.next.max(at));
        self.settle(defs, &places, &values, mark);
    }
    fn define_many(&mut self, defs: &[Def], values: &[ExprId]) {
        let places: Vec<Option<Lhs>> = defs
            .iter()
            .map(|d| match *d {
                Def::Old(e) => Some(self.lhs(e)),
                Def::Blank | Def::New(_) => None,
            })
            .collect();
        let mark = self.f.next;
        let mut regs = vec![];
        for (i, (d, &v)) in defs.iter().zip(values).enumerate() {
            let to = match (d, &places[i]) {
                (Def::New(o), _) => self.obj_ty(*o),
                (_, Some(l)) => self.lhs_type(l).unwrap_or(self.ty(v)),
                _ => self.concrete(self.ty(v)),
            };
            let r = self.expr_conv(v, to);
            let n = self.words(to);
            regs.push((self.own(r, n, mark), to));
        }
        self.settle(defs, &places, &regs, mark);
    }
    /// Gives values in registers to the variables; new ones keep the registers.
    fn settle(&mut self, defs: &[Def], places: &[Option<Lhs>], values: &[(Reg, TyId)], mark: Reg) {
        for (i, (d, &(r, from))) in defs.iter().zip(values).enumerate() {
            match *d {
                Def::Blank => {}
                Def::Old(_) => {
                    if let Some(l) = &places[i] {
                        let to = self.lhs_type(l).unwrap_or(from);
                        let v = self.reg_conv(r, from, to);
                        self.store_lhs(l, v);
                    }
                }
                Def::New(o) => {
                    let ty = self.obj_ty(o);
                    let v = self.reg_conv(r, from, ty);
                    if self.is_global(o) {
                        let p = self.var_place(o);
                        self.store(p, ty, v);
                    } else {
                        let n = self.words(ty);
                        let v = self.own(v, n, mark);
                        self.adopt(o, v);
                    }
                }
            }
        }
    }
}

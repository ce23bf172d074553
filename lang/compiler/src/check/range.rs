//! `for … range`.

use super::Checker;
use super::operand::Operand;
use crate::info::ObjKind;
use crate::types::{Class, Ty, TyId, Types};
use gol_syntax::ast::{Dir, Expr, ExprId, Ident};
use gol_syntax::diag::Code;

/// What a range gives: the types of its two variables, as far as it has them.
enum Ranged {
    Values(Option<TyId>, Option<TyId>),
    /// With a reason.
    No(Option<String>),
    NotYet,
}

impl<'a> Checker<'a> {
    pub(super) fn range(&mut self, vars: &[ExprId], define: bool, over: ExprId, body: impl FnOnce(&mut Self)) {
        let mut x = self.expr(over);
        let (mut key, mut value) = (Types::ERROR, Types::ERROR);
        let at = self.at(&x);
        let ranged = if x.ok() { self.ranged(x.ty) } else { Ranged::Values(None, None) };
        match ranged {
            Ranged::NotYet => {
                self.not_yet(at, "range over a function");
                x.invalidate();
            }
            Ranged::No(cause) => {
                let cause = cause.map_or(String::new(), |c| format!(": {c}"));
                let m = format!("cannot range over {}{cause}", self.describe(&x));
                self.err(Code::BadRange, at, m);
                x.invalidate();
            }
            Ranged::Values(k, v) => {
                if let (true, Some(&extra), None) = (x.ok(), vars.get(1), v) {
                    let m = format!("range over {} permits only one iteration variable", self.describe(&x));
                    let at = self.span(extra);
                    self.err(Code::BadRange, at, m);
                }
                (key, value) = (k.unwrap_or(Types::ERROR), v.unwrap_or(Types::ERROR));
            }
        }
        let int = x.ok() && self.types.is(x.ty, Class::Integer);
        if int {
            key = self.range_int(&mut x, vars.first().copied().filter(|_| !define));
        } else {
            self.default_operand(&mut x);
        }
        self.open_block();
        let types = [key, value];
        if define {
            self.range_vars(vars, types);
        } else {
            for (&v, ty) in vars.iter().zip(types) {
                if ty == Types::ERROR {
                    self.target(v);
                } else if !int {
                    self.store_value(v, ty);
                }
            }
        }
        body(self);
        self.close_block();
    }

    /// The type of the numbers of `range n`: that of `n`, or of the variable assigned to when `n` is untyped.
    fn range_int(&mut self, x: &mut Operand, var: Option<ExprId>) -> TyId {
        match var.map(|v| (v, self.target(v))) {
            Some((v, super::assign::Target::Of(ty))) => {
                self.assignment(x, Some(ty), "range clause");
                if x.ok() && !self.types.is(x.ty, Class::Integer) {
                    let m = format!("cannot use iteration variable of type {}", self.ty_text(x.ty));
                    let at = self.span(v);
                    self.err(Code::BadRange, at, m);
                }
            }
            Some((_, super::assign::Target::Bad)) => x.invalidate(),
            Some((v, super::assign::Target::Blank)) => {
                self.assignment(x, None, "range clause");
                self.set_info(v, crate::info::Mode::Var, x.ty, None);
            }
            None => self.assignment(x, None, "range clause"),
        }
        if x.ok() { x.ty } else { Types::ERROR }
    }

    fn range_vars(&mut self, vars: &[ExprId], types: [TyId; 2]) {
        let mut objs = vec![];
        for (&v, ty) in vars.iter().zip(types) {
            let Expr::Name(sym) = *self.ast.expr(v) else {
                self.use_exprs(&[v]);
                continue;
            };
            let o = self.new_obj(ObjKind::Local, Ident { sym, span: self.span(v) }, ty);
            self.own_local(o);
            self.set_info(v, crate::info::Mode::Var, ty, None);
            if ty == Types::ERROR {
                self.info.obj_mut(o).used = true;
            }
            objs.push(o);
        }
        let blank = self.world.blank;
        if !objs.is_empty() && objs.iter().all(|&o| self.info.obj(o).name == blank) {
            let at = self.span(vars[0]);
            self.err(Code::NoNewVars, at, "no new variables on left side of :=");
        }
        objs.into_iter().for_each(|o| self.declare(o));
    }

    fn ranged(&self, ty: TyId) -> Ranged {
        let under = match self.types.core_ty(ty) {
            Ty::Pointer(p) if matches!(self.types.under(*p), Ty::Array(..)) => self.types.under(*p),
            u => u,
        };
        match under {
            Ty::Basic(b) if b.is(Class::String) => Ranged::Values(Some(Types::INT), Some(Types::INT32)),
            Ty::Basic(b) if b.is(Class::Integer) => Ranged::Values(Some(ty), None),
            Ty::Array(_, t) | Ty::Slice(t) => Ranged::Values(Some(Types::INT), Some(*t)),
            Ty::Map(k, v) => Ranged::Values(Some(*k), Some(*v)),
            Ty::Chan(Dir::Send, _) => Ranged::No(Some(format!("receive from send-only channel {}", self.ty_text(ty)))),
            Ty::Chan(_, t) => Ranged::Values(Some(*t), None),
            Ty::Func(_) => Ranged::NotYet,
            Ty::TypeParam(_) => Ranged::No(Some(match self.types.type_set(ty)[..] {
                [] => "no specific type".into(),
                _ => "no common underlying type".into(),
            })),
            _ => Ranged::No(None),
        }
    }
}

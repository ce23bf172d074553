//! `for … range`.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::info::{ObjId, ObjKind};
use crate::types::{Class, FuncTy, Ty, TyId, Types};
use gol_syntax::ast::{Dir, Expr, ExprId, Ident};
use gol_syntax::diag::Code;
use smallvec::{SmallVec, smallvec};

/// What a range gives: the types of its two variables, as far as it has them.
enum Ranged {
    Values(Option<TyId>, Option<TyId>),
    /// A function that calls one of this type.
    Func(TyId),
    /// With a reason.
    No(Option<String>),
}

/// What stands after `range`.
#[derive(Clone)]
pub(super) struct RangeOperand {
    x: Operand,
    types: [TyId; 2],
    /// Over a function: the type of the function that it calls with the values of an iteration.
    pub yields: Option<TyId>,
}

impl<'a> Checker<'a> {
    pub(super) fn range_operand(&mut self, over: ExprId, vars: &[ExprId]) -> RangeOperand {
        let mut x = self.expr(over);
        let at = self.at(&x);
        let mut yields = None;
        let ranged = if x.ok() { self.ranged(x.ty) } else { Ranged::Values(None, None) };
        let (key, value) = match ranged {
            Ranged::Values(k, v) => (k, v),
            Ranged::Func(y) => {
                yields = Some(y);
                let params = self.types.func(y).map_or(vec![], |f| f.params.clone());
                (params.first().copied(), params.get(1).copied())
            }
            Ranged::No(cause) => {
                let cause = cause.map_or(String::new(), |c| format!(": {c}"));
                let m = format!("cannot range over {}{cause}", self.describe(&x));
                self.err(Code::BadRange, at, m);
                x.invalidate();
                (None, None)
            }
        };
        if x.ok() {
            let extra = match (key, value) {
                (None, _) => vars.first().map(|&v| (v, "no iteration variables")),
                (_, None) => vars.get(1).map(|&v| (v, "only one iteration variable")),
                (Some(_), Some(_)) => None,
            };
            if let Some((v, what)) = extra {
                let m = format!("range over {} permits {what}", self.describe(&x));
                let at = self.span(v);
                self.err(Code::BadRange, at, m);
            }
        }
        RangeOperand { x, types: [key.unwrap_or(Types::ERROR), value.unwrap_or(Types::ERROR)], yields }
    }

    pub(super) fn range_body(
        &mut self,
        vars: &[ExprId],
        define: bool,
        over: RangeOperand,
        body: impl FnOnce(&mut Self),
    ) {
        let RangeOperand { mut x, mut types, .. } = over;
        let int = x.ok() && self.types.is(x.ty, Class::Integer);
        if int {
            types[0] = self.range_int(&mut x, vars.first().copied().filter(|_| !define));
        } else {
            self.default_operand(&mut x);
        }
        self.open_block();
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
                self.assignment(x, Some(ty), Context::Named("range clause"));
                if x.ok() && !self.types.is(x.ty, Class::Integer) {
                    let m = format!("cannot use iteration variable of type {}", self.ty_text(x.ty));
                    let at = self.span(v);
                    self.err(Code::BadRange, at, m);
                }
            }
            Some((_, super::assign::Target::Bad)) => x.invalidate(),
            Some((v, super::assign::Target::Blank)) => {
                self.assignment(x, None, Context::Named("range clause"));
                self.set_info(v, crate::info::Mode::Var, x.ty, None);
            }
            None => self.assignment(x, None, Context::Named("range clause")),
        }
        if x.ok() { x.ty } else { Types::ERROR }
    }

    fn range_vars(&mut self, vars: &[ExprId], types: [TyId; 2]) {
        let mut objs: SmallVec<[ObjId; 2]> = smallvec![];
        for (&v, ty) in vars.iter().zip(types) {
            let Expr::Name(sym) = *self.ast.expr(v) else {
                self.use_exprs(&[v]);
                continue;
            };
            let o = self.new_obj(ObjKind::Local, Ident { sym, span: self.span(v) }, ty);
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
            Ty::Func(f) => match self.yield_type(f) {
                Ok(y) => Ranged::Func(y),
                Err(cause) => Ranged::No(Some(cause.into())),
            },
            Ty::TypeParam(_) => Ranged::No(Some(match self.types.type_set(ty)[..] {
                [] => "no specific type".into(),
                _ => "no common underlying type".into(),
            })),
            _ => Ranged::No(None),
        }
    }

    /// The type of the function that an iterator function calls, or why it is no iterator.
    fn yield_type(&self, f: &FuncTy) -> Result<TyId, &'static str> {
        let [y] = f.params[..] else { return Err("func must be func(yield func(...) bool): wrong argument count") };
        if !f.results.is_empty() {
            return Err("func must be func(yield func(...) bool): unexpected result(s)");
        }
        let Ty::Func(g) = self.types.core_ty(y) else {
            return Err("func must be func(yield func(...) bool): argument is not func");
        };
        if g.params.len() > 2 {
            return Err("func must be func(yield func(...) bool): yield func has too many parameters");
        }
        match g.results[..] {
            [Types::BOOL] => Ok(y),
            [b] if self.types.is(b, Class::Boolean) => {
                Err("func must be func(yield func(...) bool): yield func returns user-defined boolean, not bool")
            }
            _ => Err("func must be func(yield func(...) bool): yield func does not return bool"),
        }
    }
}

//! Conversions `T(x)` and type assertions `x.(T)`.

use super::Checker;
use super::operand::Operand;
use crate::check::relation::{convertible, missing_method};
use crate::constant::Value;
use crate::info::Mode;
use crate::types::{Class, TyId, Types};
use gol_syntax::ast::ExprId;
use gol_syntax::diag::Code;

impl Checker<'_> {
    pub(super) fn conversion(&mut self, e: ExprId, ty: TyId, args: &[ExprId], dots: bool) -> Operand {
        let [arg] = args else {
            self.use_exprs(args);
            let (at, text) = (self.span(e), self.ty_text(ty));
            let m = match args.len() {
                0 => format!("missing argument in conversion to {text}"),
                _ => format!("too many arguments in conversion to {text}"),
            };
            let at = args.get(1).map_or(at, |&a| self.span(a));
            self.err(Code::ArgCount, at, m);
            return Operand::invalid(e);
        };
        let mut x = self.expr_hint(*arg, None);
        if dots {
            let m = format!("invalid use of ... in conversion to {}", self.ty_text(ty));
            let at = self.span(*arg);
            self.err(Code::BadDots, at, m);
            return Operand::invalid(e);
        }
        if !x.ok() || ty == Types::ERROR {
            return Operand::invalid(e);
        }
        let constant = x.value.is_some() && self.types.is(ty, Class::Constant);
        if constant {
            return self.constant_conversion(e, x, ty);
        }
        let from = if x.is_nil() { x.ty } else { self.default_type(x.ty) };
        let fits = if x.value.is_some() && self.types.is_tparam(ty) {
            self.types.every(ty, |t| self.constant_converts(&x, t))
        } else if x.is_nil() {
            self.types.has_nil(ty)
        } else {
            convertible(self.types, self.info, from, ty)
        };
        if !fits {
            let cause =
                if self.types.is_interface(ty) && !x.is_nil() { self.why_not_implements(from, ty) } else { None };
            let cause = cause.map_or(String::new(), |c| format!(": {c}"));
            let m = format!("cannot convert {} to type {}{cause}", self.describe(&x), self.ty_text(ty));
            let at = self.at(&x);
            self.err(Code::BadConversion, at, m);
            return Operand::invalid(e);
        }
        if self.follows_unsafe(e, &x, ty) {
            return Operand::invalid(e);
        }
        if self.types.is_untyped(x.ty) {
            // Untyped bools and shifts take the target's type, constants their own default.
            let final_ty = match x.mode {
                Mode::Nil => ty,
                _ if x.value.is_none() && !self.types.is_interface(ty) => ty,
                _ if self.types.is_tparam(ty) && self.implicit(&x, ty).is_ok() => ty,
                _ => from,
            };
            self.convert_untyped(&mut x, final_ty);
            if !x.ok() {
                return Operand::invalid(e);
            }
        }
        Operand::value(ty, e)
    }

    /// Can the constant become a value of this type of a type parameter's set?
    fn constant_converts(&self, x: &Operand, ty: TyId) -> bool {
        let Some(v) = &x.value else { return false };
        match self.types.basic(ty) {
            Some(_) if self.types.is(x.ty, Class::Integer) && self.types.is(ty, Class::String) => true,
            Some(b) => v.represent(b).is_ok(),
            None => convertible(self.types, self.info, self.default_type(x.ty), ty),
        }
    }

    fn constant_conversion(&mut self, e: ExprId, x: Operand, ty: TyId) -> Operand {
        let (Some(v), Some(b)) = (x.value.clone(), self.types.basic(ty)) else { return Operand::invalid(e) };
        let from_int = self.types.is(x.ty, Class::Integer);
        let value = match v.represent(b) {
            Ok(v) => v,
            Err(_) if from_int && self.types.is(ty, Class::String) => {
                let c = v.as_u64().and_then(|u| char::from_u32(u32::try_from(u).ok()?));
                return Operand::constant(Value::str(c.unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4])), ty, e);
            }
            Err(_) => {
                let text = self.ty_text(ty);
                let overflows = from_int && self.types.is(ty, Class::Integer);
                let m = if overflows {
                    format!("constant {v} overflows {text}")
                } else {
                    format!("cannot convert {} to type {text}", self.describe(&x))
                };
                let at = self.at(&x);
                self.err(if overflows { Code::ConstOverflow } else { Code::BadConversion }, at, m);
                return Operand::invalid(e);
            }
        };
        if self.types.is_untyped(x.ty) {
            self.finalize(x.expr, ty);
        }
        Operand::constant(value, ty, e)
    }

    pub(super) fn type_assert(&mut self, e: ExprId, arg: ExprId, ty: Option<ExprId>) -> Operand {
        let x = self.expr(arg);
        let at = self.span(e);
        let Some(ty) = ty else {
            // The parser has complained.
            self.hidden = true;
            return Operand::invalid(e);
        };
        let target = self.type_expr(ty);
        if !x.ok() || target == Types::ERROR {
            return Operand::invalid(e);
        }
        if self.types.is_tparam(x.ty) {
            let what = self.describe(&x);
            let m = format!("invalid operation: cannot use type assertion on type parameter value {what}");
            let at = self.at(&x);
            self.err(Code::ImpossibleAssert, at, m);
            return Operand::invalid(e);
        }
        if !self.types.is_interface(x.ty) {
            let m = format!("invalid operation: {} is not an interface", self.describe(&x));
            let at = self.at(&x);
            self.err(Code::ImpossibleAssert, at, m);
            return Operand::invalid(e);
        }
        if let Some(cause) = self.never_dynamic(x.ty, target) {
            let (t, i) = (self.ty_text(target), self.ty_text(x.ty));
            let text = self.expr_text(e);
            let m = format!("impossible type assertion: {text}\n\t{t} does not implement {i} {cause}");
            self.err(Code::ImpossibleAssert, at, m);
            return Operand::invalid(e);
        }
        Operand::new(Mode::CommaOk, target, e)
    }

    /// Why a value of interface type `iface` can never hold a `ty`.
    pub(super) fn never_dynamic(&self, iface: TyId, ty: TyId) -> Option<String> {
        if self.types.is_interface(ty)
            || self.types.is_tparam(ty)
            || missing_method(self.types, self.info, ty, iface).is_none()
        {
            return None;
        }
        self.missing_cause(ty, iface)
    }
}

//! Untyped values: what type they take from their context, and how that type goes down into the expression.
//!
//! An untyped expression is recorded with its untyped type first. When its context is known, [`Checker::finalize`] walks
//! down and records the final type; what never gets a context takes its default type at the end.

use super::Checker;
use super::operand::Operand;
use crate::constant::{Misfit, Value};
use crate::info::{Builtin, Mode};
use crate::types::{Basic, Class, Ty, TyId, Types};
use gol_syntax::ast::{BinOp, Expr, ExprId, UnOp};
use gol_syntax::diag::{Code, Diagnostic};

/// Where a value goes, as messages name it.
#[derive(Clone, Copy)]
pub(super) enum Context {
    Named(&'static str),
    /// Of a call of this expression.
    Argument(ExprId),
    BuiltinArgument(Builtin),
    /// Of a function of package unsafe.
    UnsafeArgument(Builtin),
}

impl Checker<'_> {
    /// The type and value that an untyped operand takes where `target` is wanted. Typed operands stay as they are.
    pub(super) fn implicit(&self, x: &Operand, target: TyId) -> Result<(TyId, Option<Value>), Misfit> {
        if !x.ok() || !self.types.is_untyped(x.ty) || target == Types::ERROR {
            return Ok((x.ty, None));
        }
        if self.types.is_untyped(target) {
            return self.larger(x.ty, target).map(|t| (t, None)).ok_or(Misfit::Kind);
        }
        if x.is_nil() {
            return if self.types.has_nil(target) { Ok((target, None)) } else { Err(Misfit::Kind) };
        }
        match self.types.under(target) {
            Ty::Basic(b) => {
                let b = *b;
                // A duration goes where an int64 is.
                if x.ty == Types::UNTYPED_DURATION && b != Basic::Int64 {
                    return Err(Misfit::Kind);
                }
                if let Some(v) = &x.value {
                    return v.represent(b).map(|v| (target, Some(v)));
                }
                let fits = match x.ty {
                    Types::UNTYPED_BOOL => b.is(Class::Boolean),
                    Types::UNTYPED_STRING => b.is(Class::String),
                    _ => b.is(Class::Numeric),
                };
                if fits { Ok((target, None)) } else { Err(Misfit::Kind) }
            }
            // It fits every type of the set; what it is then, emission knows.
            Ty::TypeParam(_) => {
                let set = self.types.type_set(target);
                let misfit = set.iter().find_map(|&t| self.implicit(x, t).err());
                match misfit.or(set.is_empty().then_some(Misfit::Kind)) {
                    Some(m) => Err(m),
                    None => Ok((target, None)),
                }
            }
            // The value in the interface is of the default type.
            Ty::Interface(i) if i.methods.is_empty() => Ok((self.default_type(x.ty), None)),
            _ => Err(Misfit::Kind),
        }
    }

    /// The larger of two untyped types, if they mix.
    pub(super) fn larger(&self, a: TyId, b: TyId) -> Option<TyId> {
        if a == b {
            return Some(a);
        }
        let numeric = |t| self.types.is(t, Class::Numeric);
        (numeric(a) && numeric(b)).then_some(a.max(b))
    }

    /// Converts an untyped operand for `target`, with an error when it does not fit.
    pub(super) fn convert_untyped(&mut self, x: &mut Operand, target: TyId) {
        match self.implicit(x, target) {
            Ok((ty, value)) => self.set_type(x, ty, value),
            Err(m) => {
                let (what, ty) = (self.describe(x), self.ty_text(target));
                let (code, text) = match m {
                    Misfit::Truncated => (Code::ConstTruncated, format!("{what} truncated to {ty}")),
                    Misfit::Overflows => (Code::ConstOverflow, format!("{what} overflows {ty}")),
                    Misfit::Kind => (Code::Mismatch, format!("cannot convert {what} to type {ty}")),
                };
                let at = self.at(x);
                self.err(code, at, text);
                x.invalidate();
            }
        }
    }

    pub(super) fn set_type(&mut self, x: &mut Operand, ty: TyId, value: Option<Value>) {
        if x.ty != ty {
            x.ty = ty;
            self.finalize_as(x.expr, ty, value.clone());
        }
        if value.is_some() {
            x.value = value;
        }
    }

    /// Gives an untyped operand its default type.
    pub(super) fn default_operand(&mut self, x: &mut Operand) {
        if x.ok() && self.types.is_untyped(x.ty) && !x.is_nil() {
            let ty = self.default_type(x.ty);
            self.convert_untyped(x, ty);
        }
    }

    /// Records the type that an expression got from its context, in it and its operands.
    pub(super) fn finalize(&mut self, e: ExprId, ty: TyId) {
        self.finalize_as(e, ty, None);
    }
    /// The same; `known` is the expression's value as one of the type, if that was found out already.
    fn finalize_as(&mut self, e: ExprId, ty: TyId, known: Option<Value>) {
        // Most are constants by themselves.
        if let Some(v) = &known
            && self.lhs_of_shift.is_empty()
            && !matches!(self.ast.expr(e), Expr::Paren(_))
            && self.info.expr(e).is_some_and(|i| i.is_constant() && self.types.is_untyped(i.ty))
        {
            return self.info.retype(e, ty, v);
        }
        let mut parts = self.finalize_one(e, ty, known);
        let mut work = vec![];
        while let Some(e) = parts.0.or_else(|| work.pop()) {
            work.extend(parts.1);
            parts = self.finalize_one(e, ty, None);
        }
    }
    /// Records the type in one expression; the operands that are of the same type, if they wait for one.
    fn finalize_one(&mut self, e: ExprId, ty: TyId, known: Option<Value>) -> (Option<ExprId>, Option<ExprId>) {
        let Some(info) = self.info.expr(e) else { return (None, None) };
        if !self.types.is_untyped(info.ty) {
            return (None, None);
        }
        let (mode, old, constant) = (info.mode, info.ty, info.is_constant());
        let parts = match self.ast.expr(e) {
            Expr::Paren(x) => (Some(*x), None),
            // Operands of a constant are never computed.
            Expr::Unary(op, x) if !constant && *op != UnOp::Recv => (Some(*x), None),
            Expr::Binary(op, x, y) if !constant => match op {
                BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => (None, None),
                BinOp::Shl | BinOp::Shr => (Some(*x), None),
                _ => (Some(*y), Some(*x)),
            },
            _ => (None, None),
        };
        self.finalize_info(e, mode, old, ty, known.filter(|_| constant));
        parts
    }

    fn finalize_info(&mut self, e: ExprId, mode: Mode, old: TyId, ty: TyId, known: Option<Value>) {
        let shifted = !self.lhs_of_shift.is_empty() && !self.types.is_untyped(ty);
        if shifted && self.lhs_of_shift.remove(&e).is_some() && !self.types.is(ty, Class::Integer) {
            let (text, t, at) = (self.expr_text(e), self.ty_text(ty), self.span(e));
            let m = format!("invalid operation: shifted operand {text} (type {t}) must be integer");
            return self.err(Code::BadShift, at, m);
        }
        let value = match (known, self.info.value(e)) {
            (None, Some(v)) => match self.types.basic(ty).map(|b| v.represent(b)) {
                None => Some(v.clone()),
                Some(Ok(v)) => Some(v),
                Some(Err(_)) => {
                    let mut x = Operand { value: Some(v.clone()), ..Operand::new(mode, old, e) };
                    return self.convert_untyped_leaf(&mut x, ty);
                }
            },
            (known, _) => known,
        };
        self.set_info(e, mode, ty, value);
    }
    /// Reports a constant operand that its context cannot hold; nothing to walk down any more.
    fn convert_untyped_leaf(&mut self, x: &mut Operand, ty: TyId) {
        self.set_info(x.expr, Mode::Invalid, Types::ERROR, None);
        self.convert_untyped(x, ty);
    }

    /// What never got a context takes its default type.
    pub(super) fn finalize_rest(&mut self) {
        for e in std::mem::take(&mut self.untyped) {
            let Some(info) = self.info.expr(e) else { continue };
            if !self.types.is_untyped(info.ty) {
                continue;
            }
            let ty = self.default_type(info.ty);
            match (self.info.value(e), self.types.basic(ty)) {
                _ if ty == info.ty => {}
                (Some(v), Some(b)) => {
                    if let Ok(v) = v.represent(b) {
                        self.finalize_as(e, ty, Some(v));
                    }
                }
                _ => self.finalize(e, ty),
            }
        }
    }

    fn context_text(&self, context: Context) -> String {
        match context {
            Context::Named(text) => text.to_string(),
            Context::Argument(callee) => format!("argument to {}", self.expr_text(callee)),
            Context::BuiltinArgument(b) => format!("argument to {}", super::builtin::name_of(b)),
            Context::UnsafeArgument(b) => format!("argument to unsafe.{}", super::builtin::name_of(b)),
        }
    }

    /// Prepares `x` to be a value of type `target` (`None`: of any type) in the named context; invalid when it cannot.
    pub(super) fn assignment(&mut self, x: &mut Operand, target: Option<TyId>, context: Context) {
        self.single_value(x);
        self.generic_for(x, target);
        if !x.ok() {
            return x.invalidate();
        }
        if self.types.is_untyped(x.ty) {
            self.assign_untyped(x, target, context);
            if !x.ok() {
                return;
            }
        }
        let Some(target) = target else { return };
        if crate::check::relation::assignable(self.types, self.info, x.ty, target) {
            return;
        }
        let (context, cause) = (self.context_text(context), self.why_not_assignable(x.ty, target));
        let m = format!("cannot use {} as {} value in {context}{cause}", self.describe(x), self.ty_text(target));
        let mut d = Diagnostic::error(Code::Mismatch, self.at(x), m);
        if self.types.is(x.ty, Class::Numeric) && self.types.is(target, Class::Numeric) {
            d.help = Some(format!("convert it: `{}({})`", self.ty_text(target), self.expr_text(x.expr)));
        }
        self.report(d);
        x.invalidate();
    }

    fn assign_untyped(&mut self, x: &mut Operand, target: Option<TyId>, context: Context) {
        let at = self.at(x);
        let target = match target {
            None if x.is_nil() => {
                self.err(Code::BadNil, at, format!("use of untyped nil in {}", self.context_text(context)));
                return x.invalidate();
            }
            None => self.default_type(x.ty),
            Some(t) if !x.is_nil() && self.types.is_interface(t) => self.default_type(x.ty),
            Some(t) => t,
        };
        match self.implicit(x, target) {
            Ok((ty, value)) => self.set_type(x, ty, value),
            Err(m) => {
                let (what, context) = (self.describe(x), self.context_text(context));
                let mut text = format!("cannot use {what} as {} value in {context}", self.ty_text(target));
                let code = match m {
                    Misfit::Truncated => Code::ConstTruncated,
                    Misfit::Overflows => Code::ConstOverflow,
                    Misfit::Kind => Code::Mismatch,
                };
                text.push_str(match m {
                    Misfit::Truncated => " (truncated)",
                    Misfit::Overflows => " (overflows)",
                    Misfit::Kind => "",
                });
                self.err(code, at, text);
                x.invalidate();
            }
        }
    }

    /// `: T does not implement I (missing method M)`, or nothing.
    fn why_not_assignable(&mut self, from: TyId, to: TyId) -> String {
        if self.types.is_interface(to) {
            return self.why_not_implements(from, to).map_or(String::new(), |w| format!(": {w}"));
        }
        if self.types.is_interface(from)
            && crate::check::relation::missing_method(self.types, self.info, to, from).is_none()
        {
            return ": need type assertion".into();
        }
        String::new()
    }
}

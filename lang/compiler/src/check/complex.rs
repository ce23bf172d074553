//! Calls of `complex`, `real` and `imag`.

use super::Checker;
use super::operand::Operand;
use crate::constant::Value;
use crate::info::Builtin;
use crate::types::{Basic, Class, TyId, Types};
use gol_syntax::ast::ExprId;

impl Checker<'_> {
    pub(super) fn complex(&mut self, e: ExprId, xs: Vec<Operand>) -> Option<Operand> {
        let mut parts = xs.into_iter();
        let (mut x, mut y) = (parts.next()?, parts.next()?);
        if self.types.is_untyped(x.ty) && self.types.is_untyped(y.ty) && (x.value.is_none() || y.value.is_none()) {
            self.convert_untyped(&mut x, Types::FLOAT64);
        }
        if self.types.is_untyped(x.ty) != self.types.is_untyped(y.ty) || !self.types.is_untyped(x.ty) {
            self.match_pair(&mut x, &mut y)?;
        }
        if let (Some(a), Some(b)) = (&x.value, &y.value)
            && let (Some(a), Some(b)) = (a.to_float(), b.to_float())
        {
            let ty = match self.types.basic(x.ty) {
                Some(Basic::Float32) => Types::COMPLEX64,
                Some(Basic::Float64) => Types::COMPLEX128,
                _ => Types::UNTYPED_COMPLEX,
            };
            return Some(Operand::constant(Value::complex(a, b), ty, e));
        }
        if self.types.is_tparam(x.ty) && self.types.is(x.ty, Class::Float) {
            let at = self.at(&x);
            self.not_yet(at, "complex numbers of parts whose type is a type parameter");
            return None;
        }
        let ty = match self.types.basic(x.ty) {
            Some(Basic::Float32) => Types::COMPLEX64,
            Some(Basic::Float64) => Types::COMPLEX128,
            _ => {
                let m =
                    format!("invalid argument: arguments have type {}, expected floating-point", self.ty_text(x.ty));
                self.bad_argument(&x, m);
                return None;
            }
        };
        Some(Operand::value(ty, e))
    }

    pub(super) fn part_of_complex(&mut self, e: ExprId, b: Builtin, xs: &mut [Operand]) -> Option<Operand> {
        let x = &mut xs[0];
        if self.types.is_untyped(x.ty) && x.value.is_none() {
            self.convert_untyped(x, Types::COMPLEX128);
        }
        if let Some((re, im)) = x.value.as_ref().and_then(Value::to_complex)
            && self.types.is(x.ty, Class::Numeric)
        {
            let ty = self.part_type(x.ty).unwrap_or(Types::UNTYPED_FLOAT);
            return Some(Operand::constant(Value::float(if b == Builtin::Real { re } else { im }), ty, e));
        }
        if self.types.is_tparam(x.ty) && self.types.is(x.ty, Class::Complex) {
            let at = self.at(x);
            self.not_yet(at, "parts of complex numbers whose type is a type parameter");
            return None;
        }
        let Some(ty) = self.part_type(x.ty) else {
            let m = format!("invalid argument: {} not of complex type", self.describe(x));
            let x = x.clone();
            self.bad_argument(&x, m);
            return None;
        };
        Some(Operand::value(ty, e))
    }
    fn part_type(&self, ty: TyId) -> Option<TyId> {
        match self.types.basic(ty)? {
            Basic::Complex64 => Some(Types::FLOAT32),
            Basic::Complex128 => Some(Types::FLOAT64),
            _ => None,
        }
    }
}

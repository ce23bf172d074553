//! Unary operators: `+ - ! ^ * & <-`.

use super::Checker;
use super::expr_text::unary_text;
use super::operand::Operand;
use crate::constant::unsigned_bits;
use crate::info::Mode;
use crate::types::{Class, Ty, TyId, Types};
use gol_syntax::ast::{Dir, Expr, ExprId, UnOp};
use gol_syntax::diag::Code;

impl Checker<'_> {
    pub(super) fn unary(&mut self, e: ExprId, op: UnOp, arg: ExprId) -> Operand {
        match op {
            UnOp::Deref => return self.deref(e, arg),
            UnOp::Addr => return self.address(e, arg),
            UnOp::Tilde => {
                let at = self.span(e);
                self.use_exprs(&[arg]);
                let m = "cannot use ~ outside of interface or type constraint (use ^ for bitwise complement)";
                self.err(Code::BadOperand, at, m);
                return Operand::invalid(e);
            }
            UnOp::Plus | UnOp::Neg | UnOp::Not | UnOp::Xor | UnOp::Recv => {}
        }
        let mut x = self.expr(arg);
        if !x.ok() {
            return Operand::invalid(e);
        }
        let class = match op {
            UnOp::Not => Class::Boolean,
            UnOp::Xor => Class::Integer,
            UnOp::Recv => return self.receive(e, x),
            _ => Class::Numeric,
        };
        if !self.types.is(x.ty, class) {
            let m = format!("invalid operation: operator {} not defined on {}", unary_text(op), self.describe(&x));
            let at = self.at(&x);
            self.err(Code::BadOperand, at, m);
            return Operand::invalid(e);
        }
        if let Some(v) = x.value.take() {
            let bits = self.types.basic(x.ty).and_then(unsigned_bits);
            let value = match op {
                UnOp::Neg => v.neg(),
                UnOp::Xor => v.complement(bits),
                UnOp::Not => v.as_bool().map(|b| crate::constant::Value::Bool(!b)),
                _ => Some(v),
            };
            x.expr = e;
            let Some(value) = value else { return Operand::invalid(e) };
            x.value = Some(value);
            self.check_overflow(&mut x, unary_name(op));
            return x;
        }
        Operand { mode: Mode::Value, expr: e, ..x }
    }

    fn deref(&mut self, e: ExprId, arg: ExprId) -> Operand {
        let x = self.expr_or_type(arg);
        if !x.ok() {
            return Operand::invalid(e);
        }
        if x.mode == Mode::Type {
            self.refuse_constraint(arg, x.ty);
            let ty = self.types.pointer_to(x.ty);
            return Operand::new(Mode::Type, ty, e);
        }
        if let Ty::Pointer(base) = *self.types.core_ty(x.ty) {
            return Operand::new(Mode::Var, base, e);
        }
        let m = if x.is_nil() {
            "invalid operation: cannot indirect nil".to_string()
        } else {
            format!("invalid operation: cannot indirect {}", self.describe(&x))
        };
        let at = self.at(&x);
        self.err(Code::BadOperand, at, m);
        Operand::invalid(e)
    }

    fn address(&mut self, e: ExprId, arg: ExprId) -> Operand {
        let x = self.expr(arg);
        if !x.ok() {
            return Operand::invalid(e);
        }
        let literal = matches!(self.ast.expr(self.unparen(arg)), Expr::CompLit(..));
        if !literal && x.mode != Mode::Var {
            let m = format!("invalid operation: cannot take address of {}", self.describe(&x));
            let at = self.at(&x);
            self.err(Code::NotAddressable, at, m);
            return Operand::invalid(e);
        }
        if !literal {
            self.mark_addressed(arg);
        }
        let ty = self.types.pointer_to(x.ty);
        Operand::value(ty, e)
    }

    fn receive(&mut self, e: ExprId, x: Operand) -> Operand {
        let at = self.at(&x);
        match self.chan_elem(&x, Dir::Recv) {
            Ok(elem) => Operand::new(Mode::CommaOk, elem, e),
            Err(cause) => {
                let m = format!("invalid operation: cannot receive from {cause} {}", self.describe(&x));
                self.err(Code::BadChanOp, at, m);
                Operand::invalid(e)
            }
        }
    }
    /// Element type of a channel operand that is used in the direction `want`.
    pub(super) fn chan_elem(&self, x: &Operand, want: Dir) -> Result<TyId, &'static str> {
        match self.types.core_ty(x.ty) {
            Ty::Chan(Dir::Send, _) if want == Dir::Recv => Err("send-only channel"),
            Ty::Chan(Dir::Recv, _) if want == Dir::Send => Err("receive-only channel"),
            Ty::Chan(_, elem) => Ok(*elem),
            Ty::Error => Ok(Types::ERROR),
            _ => Err("non-channel"),
        }
    }
}

fn unary_name(op: UnOp) -> &'static str {
    match op {
        UnOp::Xor => "bitwise complement ",
        _ => "",
    }
}

//! Binary operators: arithmetic, comparison, logic, shifts.

use super::Checker;
use super::operand::Operand;
use crate::check::relation::{assignable, comparable};
use crate::constant::{Arith, MAX_STR_BYTES, Value};
use crate::info::Mode;
use crate::types::{Class, Ty, Types};
use gol_syntax::ast::{BinOp, Expr, ExprId};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use std::cmp::Ordering;

/// Constants may not be shifted further.
const MAX_SHIFT: u64 = 1023 - 1 + 52;

/// Where an operation stands: an expression, or `x op= y`.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Expr(ExprId),
    /// The left and the right side.
    Assign(ExprId, ExprId),
}

/// The operands of a concatenation of constants.
fn constant_strings<'a>(op: BinOp, x: &'a Operand, y: &'a Operand) -> Option<(&'a [u8], &'a [u8])> {
    match (op, &x.value, &y.value) {
        (BinOp::Add, Some(Value::Str(a)), Some(Value::Str(b))) => Some((a, b)),
        _ => None,
    }
}

impl Checker<'_> {
    /// A chain of binary operators; the left spine is walked in a loop.
    pub(super) fn binary(&mut self, e: ExprId) -> Operand {
        let around = self.spine.len();
        let mut left = e;
        while let Expr::Binary(op, l, r) = self.ast.expr(left) {
            self.spine.push((left, *op, *r));
            left = *l;
        }
        let mut x = self.expr(left);
        let mut joined: Option<Vec<u8>> = None;
        while self.spine.len() > around
            && let Some((id, op, right)) = self.spine.pop()
        {
            let y = self.expr(right);
            match constant_strings(op, &x, &y) {
                // What comes out in between is not kept, or long chains would take space without end.
                Some((a, b)) if joined.as_ref().map_or(a.len(), Vec::len) + b.len() <= MAX_STR_BYTES => {
                    joined.get_or_insert_with(|| a.to_vec()).extend(b);
                    x.value = Some(Value::str(""));
                }
                _ => self.end_chain(&mut x, joined.take()),
            }
            x = self.operation(Place::Expr(id), op, x, y);
            x.expr = id;
            if !x.ok() {
                joined = None;
            }
            if id != e {
                let value = x.value.take_if(|_| joined.is_some());
                self.record(&x);
                x.value = value.or(x.value);
            }
        }
        if let Some(s) = joined {
            x.value = Some(Value::Str(s.into()));
        }
        x
    }
    /// A chain of constant strings has come to its end: its value is known.
    fn end_chain(&mut self, x: &mut Operand, joined: Option<Vec<u8>>) {
        if let Some(s) = joined {
            x.value = Some(Value::Str(s.into()));
            self.set_info(x.expr, x.mode, x.ty, x.value.clone());
        }
    }

    fn place_span(&self, at: Place) -> Span {
        match at {
            Place::Expr(e) => self.span(e),
            Place::Assign(l, r) => self.span(l).to(self.span(r)),
        }
    }
    fn place_text(&self, at: Place, op: BinOp) -> String {
        match at {
            Place::Expr(e) => self.expr_text(e),
            Place::Assign(l, r) => format!("{} {}= {}", self.expr_text(l), op.text(), self.expr_text(r)),
        }
    }

    pub(super) fn operation(&mut self, at: Place, op: BinOp, mut x: Operand, mut y: Operand) -> Operand {
        let e = match at {
            Place::Expr(e) => e,
            Place::Assign(l, _) => l,
        };
        if !x.ok() || !y.ok() {
            return Operand::invalid(e);
        }
        if matches!(op, BinOp::Shl | BinOp::Shr) {
            return self.shift(e, op, x, y);
        }
        if self.may_convert(&x, &y) {
            let xt = y.ty;
            self.convert_untyped(&mut x, xt);
            if !x.ok() {
                return Operand::invalid(e);
            }
            let yt = x.ty;
            self.convert_untyped(&mut y, yt);
            if !y.ok() {
                return Operand::invalid(e);
            }
        }
        if matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge) {
            return self.comparison(Comparing::Operator(at, op), e, x, y);
        }
        if x.ty != y.ty {
            let m = format!(
                "invalid operation: {} (mismatched types {} and {})",
                self.place_text(at, op),
                self.ty_text(x.ty),
                self.ty_text(y.ty)
            );
            let mut d = Diagnostic::error(Code::OpMismatch, self.place_span(at), m);
            if self.types.is(x.ty, Class::Numeric) && self.types.is(y.ty, Class::Numeric) {
                d.help = Some("numbers of different types do not mix: convert one of them".into());
            }
            self.report(d);
            return Operand::invalid(e);
        }
        if !self.types.every(x.ty, |t| self.types.basic(t).is_some_and(|b| has_operator(b, op))) {
            let m = format!("invalid operation: operator {} not defined on {}", op.text(), self.describe(&x));
            let span = self.at(&x);
            self.err(Code::BadOperand, span, m);
            return Operand::invalid(e);
        }
        if matches!(op, BinOp::Div | BinOp::Rem)
            && (x.mode == Mode::Const || self.types.is(x.ty, Class::Integer))
            && y.value.as_ref().is_some_and(Value::is_zero)
        {
            let span = self.at(&y);
            self.err(Code::DivByZero, span, "invalid operation: division by zero");
            return Operand::invalid(e);
        }
        if let (Some(a), Some(b)) = (&x.value, &y.value) {
            let value = self.constant_operation(op, a, b, &x);
            x.expr = e;
            let Some(value) = value else {
                let span = self.place_span(at);
                let m = match self.types.is(x.ty, Class::Integer) {
                    true => format!("constant {}overflow", operation_name(op)),
                    false => "constant result is not representable".to_string(),
                };
                self.err(Code::ConstOverflow, span, m);
                return Operand::invalid(e);
            };
            x.value = Some(value);
            self.check_overflow(&mut x, operation_name(op));
            return x;
        }
        Operand { mode: Mode::Value, expr: e, value: None, ..x }
    }

    fn constant_operation(&self, op: BinOp, a: &Value, b: &Value, x: &Operand) -> Option<Value> {
        let arith = match op {
            BinOp::LAnd => return Some(Value::Bool(a.as_bool()? && b.as_bool()?)),
            BinOp::LOr => return Some(Value::Bool(a.as_bool()? || b.as_bool()?)),
            BinOp::Add => Arith::Add,
            BinOp::Sub => Arith::Sub,
            BinOp::Mul => Arith::Mul,
            BinOp::Div => Arith::Div { int: self.types.is(x.ty, Class::Integer) },
            BinOp::Rem => Arith::Rem,
            BinOp::And => Arith::And,
            BinOp::Or => Arith::Or,
            BinOp::Xor => Arith::Xor,
            BinOp::AndNot => Arith::AndNot,
            BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::Shl | BinOp::Shr => {
                return None;
            }
        };
        let v = match (arith, x.ty) {
            // A typed or untyped integer constant written as `2.0` divides as an integer.
            (Arith::Div { int: true } | Arith::Rem, Types::UNTYPED_DURATION) => {
                Value::arith(arith, &a.to_whole()?, &b.to_whole()?)?
            }
            _ => Value::arith(arith, a, b)?,
        };
        // `1.5 * 1s` is a whole number of nanoseconds.
        if x.ty == Types::UNTYPED_DURATION { Some(Value::big(v.to_float()?.to_integer())) } else { Some(v) }
    }

    /// May an untyped operand be converted to the other's type at all? If not, the mismatch is the better message.
    fn may_convert(&self, x: &Operand, y: &Operand) -> bool {
        let t = &*self.types;
        if !t.is_untyped(x.ty) && !t.is_untyped(y.ty) {
            return false;
        }
        if t.is_interface(x.ty) || t.is_interface(y.ty) {
            return true;
        }
        let differ = |c| t.is(x.ty, c) != t.is(y.ty, c);
        if differ(Class::Boolean) || differ(Class::String) {
            return false;
        }
        if x.is_nil() || y.is_nil() {
            return t.has_nil(if x.is_nil() { y.ty } else { x.ty });
        }
        let mixes = |ty| matches!(t.under(ty), Ty::Basic(_) | Ty::TypeParam(_));
        mixes(x.ty) && mixes(y.ty)
    }

    /// Typed constants must fit their type after each operation; untyped integers may not grow without end.
    pub(super) fn check_overflow(&mut self, x: &mut Operand, what: &str) {
        let Some(v) = &x.value else { return };
        let at = self.span(x.expr);
        if v.too_long() {
            self.err(Code::ConstOverflow, at, "constant string too long");
            return x.invalidate();
        }
        if !self.types.is_untyped(x.ty) {
            let Some(b) = self.types.basic(x.ty) else { return };
            match v.represent(b) {
                Ok(v) => x.value = Some(v),
                Err(_) => {
                    let (text, ty) = (self.expr_text(x.expr), self.ty_text(x.ty));
                    let m = if self.types.is(x.ty, Class::Integer) {
                        format!("{text} (constant {v} of type {ty}) overflows {ty}")
                    } else {
                        format!("constant {v} overflows {ty}")
                    };
                    self.err(Code::ConstOverflow, at, m);
                    x.invalidate();
                }
            }
        } else if v.too_large() {
            self.err(Code::ConstOverflow, at, format!("constant {what}overflow"));
            x.invalidate();
        }
    }

    fn shift(&mut self, e: ExprId, op: BinOp, mut x: Operand, mut y: Operand) -> Operand {
        let whole = x.value.as_ref().and_then(Value::to_whole);
        let untyped = self.types.is_untyped(x.ty);
        if !(untyped && whole.is_some() || self.types.is(x.ty, Class::Integer)) {
            let m = format!("invalid operation: shifted operand {} must be integer", self.describe(&x));
            let at = self.at(&x);
            self.err(Code::BadShift, at, m);
            return Operand::invalid(e);
        }
        // Between constants the count's value matters, not its type.
        let typed = !self.types.is_untyped(y.ty) && whole.is_some();
        let count = y.value.as_ref().filter(|n| typed && n.as_u64().is_some());
        if count.is_none() && !self.shift_count(&mut y) {
            return Operand::invalid(e);
        }
        if let Some(whole) = whole {
            if let Some(n) = &y.value {
                let Some(n) = n.as_u64().filter(|n| *n <= MAX_SHIFT) else {
                    let m = format!("invalid shift count {}", self.describe(&y));
                    let at = self.at(&y);
                    self.err(Code::BadShift, at, m);
                    return Operand::invalid(e);
                };
                if untyped && !self.types.is(x.ty, Class::Integer) {
                    x.ty = Types::UNTYPED_INT;
                }
                x.value = whole.shift(op == BinOp::Shl, n as u32);
                x.expr = e;
                self.check_overflow(&mut x, "shift ");
                return x;
            }
            if untyped {
                // The type comes from the context, as if the shift were not there.
                self.lhs_of_shift.insert(x.expr, ());
                return Operand { mode: Mode::Value, expr: e, value: None, ..x };
            }
        }
        Operand { mode: Mode::Value, expr: e, value: None, ..x }
    }

    fn shift_count(&mut self, y: &mut Operand) -> bool {
        let at = self.at(y);
        if let Some(n) = &y.value {
            if n.to_whole().is_some() && n.is_negative() {
                let m = format!("invalid operation: negative shift count {}", self.describe(y));
                self.err(Code::BadShift, at, m);
                return false;
            }
            if self.types.is_untyped(y.ty) && self.types.is(y.ty, Class::Numeric) {
                self.convert_untyped(y, Types::UINT);
                return y.ok();
            }
        } else if self.types.is_untyped(y.ty) && self.types.is(y.ty, Class::Numeric) {
            self.convert_untyped(y, Types::UINT);
            return y.ok();
        }
        if !self.types.is(y.ty, Class::Integer) {
            let m = format!("invalid operation: shift count {} must be integer", self.describe(y));
            self.err(Code::BadShift, at, m);
            return false;
        }
        true
    }

    pub(super) fn comparison(&mut self, what: Comparing, e: ExprId, mut x: Operand, mut y: Operand) -> Operand {
        let op = match what {
            Comparing::Operator(_, op) => op,
            Comparing::Case => BinOp::Eq,
        };
        if let Some((at, code, cause)) = self.comparison_error(op, &x, &y) {
            let m = match what {
                Comparing::Operator(place, op) => {
                    format!("invalid operation: {} ({cause})", self.place_text(place, op))
                }
                Comparing::Case => {
                    format!("invalid case {} in switch on {} ({cause})", self.expr_text(x.expr), self.expr_text(y.expr))
                }
            };
            let at = if let Comparing::Case = what { self.at(&x) } else { at };
            self.err(code, at, m);
            return Operand::invalid(e);
        }
        if let (Some(a), Some(b)) = (&x.value, &y.value) {
            let Some(order) = Value::compare(a, b) else { return Operand::invalid(e) };
            return Operand::constant(Value::Bool(holds(op, order)), Types::UNTYPED_BOOL, e);
        }
        self.default_operand(&mut x);
        self.default_operand(&mut y);
        Operand::value(Types::UNTYPED_BOOL, e)
    }

    /// Where and why two operands cannot be compared.
    fn comparison_error(&self, op: BinOp, x: &Operand, y: &Operand) -> Option<(Span, Code, String)> {
        let fits = |a: &Operand, b: &Operand| match self.implicit(a, b.ty) {
            Ok((t, _)) if self.types.is_untyped(b.ty) => self.types.is_untyped(a.ty) || t == b.ty,
            Ok((t, _)) => assignable(self.types, self.info, t, b.ty),
            Err(_) => false,
        };
        if !fits(x, y) && !fits(y, x) {
            let cause = format!("mismatched types {} and {}", self.ty_text(x.ty), self.ty_text(y.ty));
            return Some((self.at(y), Code::OpMismatch, cause));
        }
        if matches!(op, BinOp::Eq | BinOp::Ne) {
            if x.is_nil() || y.is_nil() {
                let other = if x.is_nil() { y } else { x };
                if other.is_nil() {
                    let cause = format!("operator {} not defined on untyped nil", op.text());
                    return Some((self.at(y), Code::BadOperand, cause));
                }
                return None;
            }
            let bad = [x, y].into_iter().find(|o| !comparable(self.types, o.ty))?;
            return Some((self.at(bad), Code::NotComparable, self.incomparable_cause(bad.ty)));
        }
        let bad = [x, y].into_iter().find(|o| !self.types.is(o.ty, Class::Ordered))?;
        let cause = match self.types.is_tparam(bad.ty) {
            true => format!("type parameter {} cannot use operator {}", self.ty_text(bad.ty), op.text()),
            false => format!("operator {} not defined on {}", op.text(), self.kind_of(bad.ty)),
        };
        Some((self.at(bad), Code::BadOperand, cause))
    }
}

/// What compares: an operator, or a case of a switch with the switch's value.
#[derive(Clone, Copy)]
pub(super) enum Comparing {
    Operator(Place, BinOp),
    Case,
}

fn holds(op: BinOp, order: Ordering) -> bool {
    match op {
        BinOp::Eq => order.is_eq(),
        BinOp::Ne => order.is_ne(),
        BinOp::Lt => order.is_lt(),
        BinOp::Le => order.is_le(),
        BinOp::Gt => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn has_operator(b: crate::types::Basic, op: BinOp) -> bool {
    match op {
        BinOp::Add => b.is(Class::Numeric) || b.is(Class::String),
        BinOp::Sub | BinOp::Mul | BinOp::Div => b.is(Class::Numeric),
        BinOp::Rem | BinOp::And | BinOp::Or | BinOp::Xor | BinOp::AndNot => b.is(Class::Integer),
        BinOp::LAnd | BinOp::LOr => b.is(Class::Boolean),
        BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge | BinOp::Shl | BinOp::Shr => true,
    }
}

fn operation_name(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "addition ",
        BinOp::Sub => "subtraction ",
        BinOp::Xor => "bitwise XOR ",
        BinOp::Mul => "multiplication ",
        _ => "",
    }
}

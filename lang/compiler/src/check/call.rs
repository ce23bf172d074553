//! Calls of functions and methods.

use super::Checker;
use super::operand::Operand;
use crate::info::Mode;
use crate::types::{Class, FuncTy, Ty, TyId, Types};
use gol_syntax::ast::ExprId;
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

impl Checker<'_> {
    pub(super) fn call(&mut self, e: ExprId, callee: ExprId, args: &[ExprId], dots: bool) -> Operand {
        let f = self.expr_or_type(callee);
        match f.mode {
            Mode::Type if f.ty != Types::ERROR => return self.conversion(e, f.ty, args, dots),
            Mode::Builtin(b) => return self.builtin(e, b, args, dots),
            _ => {}
        }
        if !f.ok() {
            self.use_exprs(args);
            return Operand::invalid(e);
        }
        let Some(sig) = self.types.func(f.ty).cloned() else {
            let m = format!(
                "invalid operation: cannot call {}: {} is not a function",
                self.describe(&f),
                self.ty_text(f.ty)
            );
            let at = self.at(&f);
            self.err(Code::NotCallable, at, m);
            self.use_exprs(args);
            return Operand::invalid(e);
        };
        let operands = self.arguments(args);
        self.pass(e, callee, &sig, operands, args, dots);
        match &sig.results[..] {
            [] => Operand::new(Mode::NoValue, Types::VOID, e),
            [one] if *one == Types::ERROR => Operand::invalid(e),
            [one] => Operand::value(*one, e),
            many => {
                let ty = self.types.intern(Ty::Tuple(many.to_vec()));
                Operand::value(ty, e)
            }
        }
    }

    /// The values of an argument list: one call with several results may stand for all of them.
    pub(super) fn arguments(&mut self, args: &[ExprId]) -> Vec<Operand> {
        match args {
            [one] => self.multi_expr(*one, false),
            many => many.iter().map(|&a| self.expr(a)).collect(),
        }
    }

    fn pass(
        &mut self,
        e: ExprId,
        callee: ExprId,
        sig: &FuncTy,
        mut operands: Vec<Operand>,
        args: &[ExprId],
        dots: bool,
    ) {
        let n = sig.params.len();
        if dots {
            let last = args.last().map_or(self.span(e), |&a| self.span(a));
            if !sig.variadic {
                let m = format!("cannot use ... in call to non-variadic {}", self.expr_text(callee));
                return self.err(Code::BadDots, last, m);
            }
            if args.len() == 1 && operands.len() > 1 {
                let m = format!("cannot use ... with multi-valued expression {}", self.expr_text(args[0]));
                return self.err(Code::BadDots, last, m);
            }
        }
        if operands.iter().any(|o| !o.ok()) && operands.len() != n {
            return;
        }
        let spread = sig.variadic && !dots;
        let fits = if spread { operands.len() + 1 >= n } else { operands.len() == n };
        if !fits {
            return self.wrong_count(e, callee, sig, &operands, dots);
        }
        let context = format!("argument to {}", self.expr_text(callee));
        for (i, x) in operands.iter_mut().enumerate() {
            let ty = match sig.params.get(i.min(n.saturating_sub(1))) {
                Some(&t) if spread && i + 1 >= n => match self.types.get(t) {
                    Ty::Slice(elem) => *elem,
                    _ => t,
                },
                Some(&t) => t,
                None => return,
            };
            self.assignment(x, Some(ty), &context);
        }
    }

    fn wrong_count(&mut self, e: ExprId, callee: ExprId, sig: &FuncTy, operands: &[Operand], dots: bool) {
        let few = operands.len() < sig.params.len();
        let hi = self.span(e).hi;
        let at = match operands.get(sig.params.len()) {
            Some(x) if !few => self.at(x),
            _ => Span::new(hi.saturating_sub(1), hi),
        };
        let have: Vec<TyId> = operands.iter().map(|o| o.ty).collect();
        let word = if few { "not enough" } else { "too many" };
        let m = format!(
            "{word} arguments in call to {}\n\thave {}\n\twant {}",
            self.expr_text(callee),
            self.list_text(&have, false, dots),
            self.list_text(&sig.params, sig.variadic, false)
        );
        self.report(Diagnostic::error(Code::ArgCount, at, m));
    }

    /// `(int, ...string)`; untyped numbers are shown as `number`.
    pub(super) fn list_text(&self, list: &[TyId], variadic: bool, dots: bool) -> String {
        let mut out = String::from("(");
        for (i, &t) in list.iter().enumerate() {
            out.push_str(if i > 0 { ", " } else { "" });
            let last = i + 1 == list.len();
            match self.types.get(t) {
                Ty::Slice(elem) if variadic && last => {
                    out.push_str("...");
                    out.push_str(&self.ty_text(*elem));
                }
                Ty::Basic(b) if b.untyped() => out.push_str(match b {
                    b if b.is(Class::Numeric) => "number",
                    b => b.text().strip_prefix("untyped ").unwrap_or(b.text()),
                }),
                _ => out.push_str(&self.ty_text(t)),
            }
            out.push_str(if dots && last { "..." } else { "" });
        }
        out.push(')');
        out
    }
}

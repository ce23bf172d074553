//! Calls of functions and methods.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::info::Mode;
use crate::types::{Class, FuncTy, Ty, TyId, Types};
use gol_syntax::ast::ExprId;
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use std::sync::Arc;

impl Checker<'_> {
    pub(super) fn call(&mut self, e: ExprId, callee: ExprId, args: &[ExprId], dots: bool) -> Operand {
        let wanted = self.world.wanted.len();
        let mut f = self.generic_or_type(callee);
        match f.mode {
            Mode::Type if f.ty != Types::ERROR => {
                if self.refuse_generic(callee, f.ty) {
                    self.use_exprs(args);
                    return Operand::invalid(e);
                }
                return self.conversion(e, f.ty, args, dots);
            }
            Mode::Builtin(b) => return self.builtin(e, b, args, dots),
            _ => {}
        }
        if !f.ok() {
            self.use_exprs(args);
            return Operand::invalid(e);
        }
        let Ty::Func(sig) = self.types.core_ty(f.ty).clone() else {
            let what = self.describe(&f);
            let m = match self.types.is_tparam(f.ty) {
                true => format!("invalid operation: cannot call {what}: no specific type"),
                false => {
                    format!("invalid operation: cannot call {what}: {} is not a function", self.ty_text(f.ty))
                }
            };
            let at = self.at(&f);
            self.err(Code::NotCallable, at, m);
            self.use_exprs(args);
            return Operand::invalid(e);
        };
        let operands = self.arguments(args);
        if !dots {
            self.prefer_twin(callee, &sig, &operands, wanted);
        }
        let Some(sig) = self.pass(e, &mut f, sig, operands, args, dots) else { return Operand::invalid(e) };
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
            many => {
                let mut out = self.lists.pop().unwrap_or_default();
                for &a in many {
                    let x = self.generic_expr(a);
                    out.push(x);
                }
                out
            }
        }
    }

    /// Passes the arguments. Gives the signature with inferred type arguments in place; `None` when it stays unknown.
    fn pass(
        &mut self,
        e: ExprId,
        f: &mut Operand,
        mut sig: Arc<FuncTy>,
        mut operands: Vec<Operand>,
        args: &[ExprId],
        dots: bool,
    ) -> Option<Arc<FuncTy>> {
        let callee = f.expr;
        let generic = f.generic.is_some();
        // What a generic function would give is not known after a mistake.
        let known = |sig: Arc<FuncTy>| (!generic).then_some(sig);
        let n = sig.params.len();
        if dots {
            let last = args.last().map_or(self.span(e), |&a| self.span(a));
            if !sig.variadic {
                let m = format!("cannot use ... in call to non-variadic {}", self.expr_text(callee));
                self.err(Code::BadDots, last, m);
                return known(sig);
            }
            if args.len() == 1 && operands.len() > 1 {
                let m = format!("cannot use ... with multi-valued expression {}", self.expr_text(args[0]));
                self.err(Code::BadDots, last, m);
                return known(sig);
            }
        }
        if operands.iter().any(|o| !o.ok()) && operands.len() != n {
            return known(sig);
        }
        let spread = sig.variadic && !dots;
        let fits = if spread { operands.len() + 1 >= n } else { operands.len() == n };
        if !fits {
            self.wrong_count(e, callee, &sig, &operands, dots);
            return known(sig);
        }
        if generic {
            let params: Vec<TyId> = (0..operands.len()).map(|i| self.param_type(&sig, i, spread)).collect();
            let at = Span::new(self.span(callee).hi, self.span(e).hi);
            sig = self.infer_call(f, &params, &mut operands, at)?;
        }
        for (i, x) in operands.iter_mut().enumerate() {
            let ty = self.param_type(&sig, i, spread);
            self.assignment(x, Some(ty), Context::Argument(callee));
        }
        self.done_with(operands);
        Some(sig)
    }
    /// The type that an argument must have; `spread`: the last parameter takes any number of them.
    fn param_type(&self, sig: &FuncTy, i: usize, spread: bool) -> TyId {
        let i = i.min(sig.params.len() - 1);
        match self.types.get(sig.params[i]) {
            Ty::Slice(elem) if spread && i + 1 == sig.params.len() => *elem,
            _ => sig.params[i],
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

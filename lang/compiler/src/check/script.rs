//! The top level of scripts and prompt lines: statements that run in order, over objects that were collected before.

use super::func::FuncKind;
use super::{Checker, Role};
use crate::info::ObjKind;
use gol_syntax::ast::{Expr, Stmt, StmtId, Sym};

impl Checker<'_> {
    pub(super) fn script(&mut self, items: &[StmtId]) {
        self.enter_func(FuncKind::Script);
        self.items = items.to_vec();
        for &s in items {
            match self.ast.stmt(s) {
                Stmt::Package(_) | Stmt::Import(_) | Stmt::Func(_) | Stmt::Const(_) | Stmt::Type(_) => continue,
                _ => {}
            }
            self.facts.script.push(s);
            if self.role == Role::Prompt && items.last() == Some(&s) && self.printed(s) {
                continue;
            }
            self.stmt(s);
        }
        if let Some(ctx) = self.funcs.pop() {
            self.facts.script_has_defer = ctx.has_defer;
        }
        if self.calls_main || self.role == Role::Prompt {
            self.facts.main = None;
        }
    }

    /// The last expression of a prompt line is printed, unless it gives nothing.
    fn printed(&mut self, s: StmtId) -> bool {
        let Stmt::Exprs(list) = self.ast.stmt(s) else { return false };
        let [e] = list[..] else { return false };
        if matches!(self.ast.expr(e), Expr::Bad) {
            return false;
        }
        let mut x = self.raw_expr(e, None);
        match x.mode {
            crate::info::Mode::Invalid => true,
            crate::info::Mode::NoValue => {
                self.expr_stmt_result(e, &x);
                true
            }
            crate::info::Mode::Type | crate::info::Mode::Builtin(_) | crate::info::Mode::Pkg(_) => {
                self.expr_stmt_result(e, &x);
                true
            }
            _ => {
                if !matches!(self.types.get(x.ty), crate::types::Ty::Tuple(_)) && !x.is_nil() {
                    self.default_operand(&mut x);
                }
                self.facts.print_last = Some(s);
                true
            }
        }
    }

    /// A variable of the top level that a statement further down declares.
    pub(super) fn declared_later(&self, name: Sym, items: &[StmtId]) -> bool {
        items.iter().any(|&s| match self.ast.stmt(s) {
            Stmt::Define(lhs, _) => lhs.iter().any(|&l| matches!(self.ast.expr(l), Expr::Name(n) if *n == name)),
            Stmt::Var(specs) => specs.iter().any(|v| v.names.iter().any(|n| n.sym == name)),
            _ => false,
        })
    }

    pub(super) fn unused_globals(&mut self) {
        let unused: Vec<_> = self.top.objects().collect();
        for o in unused {
            let obj = self.info.obj(o);
            if matches!(obj.kind, ObjKind::Global) && !obj.used {
                self.report_unused_var(o);
            }
        }
    }
}

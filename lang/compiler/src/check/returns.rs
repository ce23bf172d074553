//! Terminating statements (Go spec): does a function's body end in one?

use super::Checker;
use crate::info::{Builtin, ObjKind};
use gol_syntax::ast::{BlockId, Clause, ClauseKind, Expr, ExprId, ForHeader, Ident, Stmt, StmtId, Sym};

impl Checker<'_> {
    pub(super) fn block_terminates(&self, list: &[StmtId]) -> bool {
        list.last().is_some_and(|&s| self.terminates(s, None))
    }
    fn body_terminates(&self, b: BlockId) -> bool {
        self.block_terminates(&self.ast.block(b).stmts)
    }

    fn terminates(&self, s: StmtId, label: Option<Sym>) -> bool {
        match self.ast.stmt(s) {
            // What did not parse is given the benefit of the doubt.
            Stmt::Bad => true,
            Stmt::Return(_) | Stmt::Goto(_) => true,
            Stmt::Exprs(list) => matches!(list[..], [e] if self.is_panic(e)),
            Stmt::Block(b) => self.body_terminates(*b),
            Stmt::If(_, then, otherwise) => {
                otherwise.is_some_and(|o| self.body_terminates(*then) && self.terminates(o, None))
            }
            Stmt::For(h, body) => {
                let endless = match h {
                    ForHeader::Cond(c) | ForHeader::Three(_, c, _) => c.is_none(),
                    ForHeader::Range { .. } => false,
                };
                endless && !self.breaks_in(&self.ast.block(*body).stmts, label, true)
            }
            Stmt::Switch(_, clauses) => {
                let default = clauses.iter().any(|c| c.kind == ClauseKind::Default);
                default && self.clauses_terminate(clauses, label)
            }
            Stmt::Select(clauses) => self.clauses_terminate(clauses, label),
            Stmt::Labeled(name, inner) => inner.is_some_and(|i| self.terminates(i, Some(name.sym))),
            Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Var(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Send(..)
            | Stmt::IncDec(..)
            | Stmt::OpAssign(..)
            | Stmt::Assign(..)
            | Stmt::Define(..)
            | Stmt::Go(_)
            | Stmt::GoBlock(_)
            | Stmt::Defer(_)
            | Stmt::DeferBlock(_)
            | Stmt::Par(_)
            | Stmt::ParFor(_)
            | Stmt::After(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Fallthrough => false,
        }
    }

    fn clauses_terminate(&self, clauses: &[Clause], label: Option<Sym>) -> bool {
        clauses.iter().all(|c| {
            let falls = matches!(c.body.last().map(|&s| self.ast.stmt(s)), Some(Stmt::Fallthrough));
            (falls || self.block_terminates(&c.body)) && !self.breaks_in(&c.body, label, true)
        })
    }

    /// A call of the predeclared `panic`.
    fn is_panic(&self, e: ExprId) -> bool {
        let Expr::Call(f, ..) = self.ast.expr(self.unparen(e)) else { return false };
        let f = self.unparen(*f);
        let obj = self.info.uses.get(&f).map(|&o| &self.info.obj(o).kind);
        matches!(obj, Some(ObjKind::Builtin(Builtin::Panic)))
    }

    /// Does a `break` in the list leave the statement around it, by its label or (`plain`) without one?
    fn breaks_in(&self, list: &[StmtId], label: Option<Sym>, plain: bool) -> bool {
        list.iter().any(|&s| self.breaks(s, label, plain))
    }
    fn breaks(&self, s: StmtId, label: Option<Sym>, plain: bool) -> bool {
        let named = |l: &Ident| Some(l.sym) == label;
        let in_block = |b: &BlockId, plain| self.breaks_in(&self.ast.block(*b).stmts, label, plain);
        match self.ast.stmt(s) {
            Stmt::Break(None) => plain,
            Stmt::Break(Some(l)) => named(l),
            Stmt::Block(b) => in_block(b, plain),
            Stmt::If(_, then, otherwise) => {
                in_block(then, plain) || otherwise.is_some_and(|o| self.breaks(o, label, plain))
            }
            Stmt::Labeled(_, inner) => inner.is_some_and(|i| self.breaks(i, label, plain)),
            // A plain break belongs to the inner statement.
            Stmt::For(_, b) => label.is_some() && in_block(b, false),
            Stmt::Switch(_, clauses) | Stmt::Select(clauses) => {
                label.is_some() && clauses.iter().any(|c| self.breaks_in(&c.body, label, false))
            }
            _ => false,
        }
    }
}

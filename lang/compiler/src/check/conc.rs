//! Concurrency: send, select, time-out cases, and the bodies of `go {}`, `defer {}`, `par` and `par for`.

use super::Checker;
use super::func::FuncKind;
use super::untyped::Context;
use crate::types::Types;
use gol_syntax::ast::{BlockId, Clause, ClauseKind, Dir, ExprId, Stmt, StmtId};
use gol_syntax::diag::Code;

impl<'a> Checker<'a> {
    pub(super) fn send(&mut self, ch: ExprId, v: ExprId) {
        let c = self.expr(ch);
        let mut x = self.expr(v);
        if !c.ok() || !x.ok() {
            return;
        }
        match self.chan_elem(&c, Dir::Send) {
            Ok(elem) => self.assignment(&mut x, Some(elem), Context::Named("send")),
            Err(cause) => {
                let m = format!("invalid operation: cannot send to {cause} {}", self.describe(&c));
                let at = self.at(&c);
                self.err(Code::BadChanOp, at, m);
            }
        }
    }

    pub(super) fn select_stmt(&mut self, clauses: &'a [Clause]) {
        for c in clauses {
            self.open_block();
            if let ClauseKind::Case(s) = c.kind {
                self.stmt(s);
            }
            self.stmt_list(&c.body);
            self.close_block();
        }
    }

    /// `case after d`.
    pub(super) fn after(&mut self, d: ExprId) {
        self.need_time();
        let mut x = self.expr(d);
        let duration = self.world.duration.unwrap_or(Types::INT64);
        self.assignment(&mut x, Some(duration), Context::Named("time-out case"));
    }
    /// Something of the language needs package time.
    pub(super) fn need_time(&mut self) {
        self.need_package("time");
    }
    pub(super) fn need_package(&mut self, path: &str) {
        if let Some(Some(p)) = self.world.packages.get(path)
            && *p != self.pkg
            && !self.facts.imports.contains(p)
        {
            self.facts.imports.push(*p);
        }
    }

    pub(super) fn detached_block(&mut self, b: BlockId) {
        let facts = self.block_func(FuncKind::Func, &self.ast.block(b).stmts, Some(b));
        self.info.block_funcs.insert(b, facts);
    }

    pub(super) fn par(&mut self, b: BlockId) {
        for s in &self.ast.block(b).stmts {
            let facts = self.block_func(FuncKind::Par, std::slice::from_ref(s), None);
            self.info.stmt_funcs.insert(*s, facts);
        }
    }
    pub(super) fn par_for(&mut self, s: StmtId, inner: StmtId) {
        if let Stmt::For(h, body) = self.ast.stmt(inner) {
            self.for_stmt(inner, h, *body, Some(s));
        }
    }
}

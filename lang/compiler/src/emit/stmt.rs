//! Statements.

use super::Em;
use super::func::Label;
use super::range_func::Exit;
use crate::types::Ty;
use gol_syntax::ast::{BlockId, Expr, ExprId, Header, Stmt, StmtId, Sym};

impl Em<'_> {
    pub(super) fn block(&mut self, b: BlockId) {
        let ast = self.ast;
        self.stmts(&ast.block(b).stmts);
    }
    /// Statements of a block; its variables' registers are given back at the end.
    pub(super) fn stmts(&mut self, stmts: &[StmtId]) {
        let mark = self.f.next;
        for &s in stmts {
            self.stmt(s);
        }
        self.f.next = mark;
    }
    pub(super) fn stmt(&mut self, s: StmtId) {
        let ast = self.ast;
        self.f.pos = ast.stmt_span(s).lo;
        match ast.stmt(s) {
            Stmt::Bad | Stmt::Package(_) | Stmt::Import(_) | Stmt::Func(_) | Stmt::Const(_) | Stmt::Type(_) => {}
            Stmt::Var(specs) => self.var_specs(specs),
            Stmt::Exprs(list) => {
                for e in list {
                    self.discard(*e);
                }
            }
            Stmt::Send(c, v) => self.send(*c, *v),
            Stmt::IncDec(op, x) => self.inc_dec(*op, *x),
            Stmt::OpAssign(op, l, r) => self.op_assign(*op, *l, *r),
            Stmt::Assign(l, r) => self.assign(l, r),
            Stmt::Define(l, r) if let [one] = l[..] => {
                let def = self.def_of(one);
                self.define(&[def], r);
            }
            Stmt::Define(l, r) => {
                let defs: Vec<_> = l.iter().map(|e| self.def_of(*e)).collect();
                self.define(&defs, r);
            }
            Stmt::Labeled(name, inner) => self.labeled(name.sym, *inner),
            Stmt::Go(e) => self.go_call(*e),
            Stmt::GoBlock(b) => self.go_block(*b),
            Stmt::Defer(e) => self.defer_call(*e),
            Stmt::DeferBlock(b) => self.defer_block(*b),
            Stmt::Par(b) => self.par(*b),
            Stmt::ParFor(inner) => self.par_for(s, *inner),
            Stmt::After(_) => {}
            Stmt::Return(list) => self.return_stmt(list),
            Stmt::Break(l) => self.leave(l.map(|l| l.sym), false),
            Stmt::Continue(l) => self.leave(l.map(|l| l.sym), true),
            Stmt::Goto(l) => self.goto(l.sym),
            Stmt::Fallthrough => {
                if let Some(&Some(l)) = self.f.fallthrough.last() {
                    self.f.goto(l);
                }
            }
            Stmt::Block(b) => self.block(*b),
            Stmt::If(h, then, els) => self.if_stmt(*h, *then, *els),
            Stmt::For(h, body) => self.for_stmt(s, h, *body),
            Stmt::Switch(h, clauses) => self.switch_stmt(*h, clauses),
            Stmt::Select(clauses) => self.select_stmt(clauses),
        }
    }
    fn goto_label(&mut self, name: Sym) -> Label {
        if let Some(&l) = self.f.gotos.get(&name) {
            return l;
        }
        let l = self.f.label();
        self.f.gotos.insert(name, l);
        l
    }
    fn labeled(&mut self, name: Sym, inner: Option<StmtId>) {
        let l = self.goto_label(name);
        self.f.bind_live(l);
        if let Some(s) = inner {
            self.f.pending_label = Some(name);
            self.stmt(s);
            self.f.pending_label = None;
        }
    }
    pub(super) fn goto(&mut self, name: Sym) {
        if self.is_outside(name) {
            self.exit(Exit::Goto(name));
        } else {
            let l = self.goto_label(name);
            self.f.goto(l);
        }
    }
    /// `break` and `continue`.
    pub(super) fn leave(&mut self, label: Option<Sym>, cont: bool) {
        let found = self.f.targets.iter().rev().find(|t| match label {
            Some(l) => t.label == Some(l),
            None => !cont || t.cont.is_some(),
        });
        if let Some(Some(l)) = found.map(|t| if cont { t.cont } else { Some(t.brk) }) {
            self.f.goto(l);
        } else if let Some(l) = label {
            self.exit(if cont { Exit::Continue(l) } else { Exit::Break(l) });
        }
    }
    /// The condition of an `if` or `for`.
    pub(super) fn header_expr(&self, s: Option<StmtId>) -> Option<ExprId> {
        match self.ast.stmt(s?) {
            Stmt::Exprs(list) => list.first().copied(),
            _ => None,
        }
    }
    fn if_stmt(&mut self, h: Header, then: BlockId, els: Option<StmtId>) {
        let mark = self.f.next;
        if let Some(s) = h.init {
            self.stmt(s);
        }
        let Some(cond) = self.header_expr(h.cond) else { return };
        match self.bool_const(cond) {
            Some(true) => self.block(then),
            Some(false) => {
                if let Some(e) = els {
                    self.stmt(e);
                }
            }
            None => {
                let (no, end) = (self.f.label(), self.f.label());
                self.cond_jump(cond, no, false);
                self.block(then);
                if let Some(e) = els {
                    self.f.goto(end);
                    self.f.bind(no);
                    self.stmt(e);
                } else {
                    self.f.bind(no);
                }
                self.f.bind(end);
            }
        }
        self.f.next = mark;
    }

    // ---- return

    pub(super) fn return_stmt(&mut self, list: &[ExprId]) {
        let mark = self.f.next;
        if self.inline_return(list) {
            self.f.next = mark;
            return;
        }
        if let Some(vars) = self.exit_results() {
            if list.is_empty() {
                self.exit(Exit::ReturnBare);
            } else {
                self.set_results(list, &vars);
                self.exit(Exit::Return);
            }
            self.f.next = mark;
            return;
        }
        match (list, self.f.epilogue) {
            ([], None) => {
                if self.f.result_vars.is_empty() {
                    self.ret(&[], &[]);
                } else {
                    self.return_vars();
                }
            }
            ([], Some(l)) => self.f.goto(l),
            (_, None) => self.return_values(list),
            (_, Some(l)) => {
                let vars = self.f.result_vars.clone();
                self.set_results(list, &vars);
                self.f.goto(l);
            }
        }
        self.f.next = mark;
    }
    fn return_values(&mut self, list: &[ExprId]) {
        let sig = self.f.sig();
        if let ([e], [ty]) = (list, &sig.results[..]) {
            let pos = self.f.pos;
            let value = self.expr_conv(*e, *ty);
            self.f.pos = pos;
            return self.ret(&[value], &sig.results);
        }
        let values = self.result_values(list);
        self.ret(&values, &sig.results);
    }
    /// Values of a return statement in registers, converted to the result types, in a row when there are several.
    pub(super) fn result_values(&mut self, list: &[ExprId]) -> Vec<super::Reg> {
        let sig = self.f.sig();
        let tys = &sig.results;
        let pos = self.f.pos;
        let mut values = vec![];
        match list {
            [e] if tys.len() != 1 => {
                let Ty::Tuple(from) = self.types.get(self.ty(*e)).clone() else { return values };
                let mut r = self.expr(*e);
                for (&f, &to) in from.iter().zip(tys) {
                    values.push(self.reg_conv(r, f, to));
                    r += self.words(f);
                }
            }
            [e] => values.push(self.expr_conv(*e, tys[0])),
            _ if let Some(row) = self.row_of_vars(list, tys) => values = row,
            _ => {
                let total = self.sum_words(tys);
                let mut at = self.f.alloc(total);
                for (&e, &ty) in list.iter().zip(tys) {
                    self.expr_conv_to(e, ty, at);
                    values.push(at);
                    at += self.words(ty);
                }
            }
        }
        self.f.pos = pos;
        values
    }
    /// The registers of variables that lie in a row already.
    fn row_of_vars(&mut self, list: &[ExprId], tys: &[crate::types::TyId]) -> Option<Vec<super::Reg>> {
        let mut row: Vec<super::Reg> = vec![];
        let mut next = None;
        for (&e, &ty) in list.iter().zip(tys) {
            if self.st.plain || self.value(e).is_some() || self.needs_box(self.ty(e), ty) {
                return None;
            }
            let r = self.reg_var(e)?;
            if next.is_some_and(|n| n != r) {
                return None;
            }
            next = Some(r + self.words(ty));
            row.push(r);
        }
        Some(row)
    }
    /// Evaluates results, then stores them into the result variables.
    pub(super) fn set_results(&mut self, list: &[ExprId], vars: &[super::func::Loc]) {
        let values = self.result_values(list);
        self.store_results(&values, vars);
    }
    /// Returns values that lie in registers, from wherever the statement stands.
    pub(super) fn return_regs(&mut self, values: &[super::Reg]) {
        if let Some(vars) = self.exit_results() {
            self.store_results(values, &vars);
            self.exit(Exit::Return);
        } else if let Some(l) = self.f.epilogue {
            let vars = self.f.result_vars.clone();
            self.store_results(values, &vars);
            self.f.goto(l);
        } else {
            let sig = self.f.sig();
            self.ret(values, &sig.results);
        }
    }
    fn store_results(&mut self, values: &[super::Reg], vars: &[super::func::Loc]) {
        let sig = self.f.sig();
        for ((loc, &v), &ty) in vars.iter().zip(values).zip(&sig.results) {
            let p = match *loc {
                super::func::Loc::Reg(r) => super::place::Place::Reg(r),
                super::func::Loc::Box(b) => super::place::Place::Mem(b, 0),
            };
            self.store(p, ty, v);
        }
    }
    pub(super) fn is_name(&self, e: ExprId) -> bool {
        matches!(self.ast.expr(self.strip(e)), Expr::Name(_))
    }
}

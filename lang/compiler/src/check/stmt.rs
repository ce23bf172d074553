//! Statements: dispatch, blocks, if, for, return, expression statements.

use super::Checker;
use super::builtin::is_statement;
use super::func::FuncKind;
use super::operand::Operand;
use super::untyped::Context;
use crate::info::Mode;
use crate::types::{Class, TyId};
use gol_syntax::ast::{BlockId, Expr, ExprId, ForHeader, Header, Stmt, StmtId, UnOp};
use gol_syntax::diag::{Code, Diagnostic};

impl<'a> Checker<'a> {
    pub(super) fn stmt_list(&mut self, list: &'a [StmtId]) {
        for &s in list {
            self.stmt(s);
        }
    }
    pub(super) fn block(&mut self, b: BlockId) {
        self.open_block();
        self.stmt_list(&self.ast.block(b).stmts);
        self.close_block();
    }

    pub(super) fn stmt(&mut self, s: StmtId) {
        let ast = self.ast;
        match ast.stmt(s) {
            // Reported by the parser, or collected before.
            Stmt::Bad | Stmt::Package(_) | Stmt::Import(_) | Stmt::Func(_) => {}
            Stmt::Break(_) | Stmt::Continue(_) | Stmt::Goto(_) | Stmt::Fallthrough => {}
            Stmt::Var(specs) => self.var_specs(specs),
            Stmt::Const(specs) => self.local_consts(specs),
            Stmt::Type(specs) => self.local_types(specs),
            Stmt::Exprs(list) => list.iter().for_each(|&e| self.expr_stmt(e)),
            Stmt::Send(ch, v) => self.send(*ch, *v),
            Stmt::IncDec(op, x) => self.inc_dec(*op, *x),
            Stmt::OpAssign(op, x, y) => self.op_assign(*op, *x, *y),
            Stmt::Assign(lhs, rhs) => self.assign(lhs, rhs),
            Stmt::Define(lhs, rhs) => self.define(lhs, rhs),
            Stmt::Labeled(_, inner) => {
                if let Some(i) = inner {
                    self.stmt(*i);
                }
            }
            Stmt::Go(e) => self.suspended(*e, "go"),
            Stmt::Defer(e) => {
                self.note_defer();
                self.suspended(*e, "defer");
            }
            Stmt::GoBlock(b) => self.detached_block(*b),
            Stmt::DeferBlock(b) => {
                self.note_defer();
                self.detached_block(*b);
            }
            Stmt::Par(b) => self.par(*b),
            Stmt::ParFor(inner) => self.par_for(s, *inner),
            Stmt::After(d) => self.after(*d),
            Stmt::Return(list) => self.return_stmt(s, list),
            Stmt::Block(b) => self.block(*b),
            Stmt::If(h, then, otherwise) => self.if_stmt(h, *then, *otherwise),
            Stmt::For(h, body) => self.for_stmt(s, h, *body, None),
            Stmt::Switch(h, clauses) => self.switch(h, clauses),
            Stmt::Select(clauses) => self.select_stmt(clauses),
        }
    }

    fn if_stmt(&mut self, h: &Header, then: BlockId, otherwise: Option<StmtId>) {
        self.open_block();
        self.header_init(h);
        if let Some(c) = h.cond {
            self.condition(c, "if");
        }
        self.block(then);
        if let Some(o) = otherwise {
            self.stmt(o);
        }
        self.close_block();
    }
    pub(super) fn header_init(&mut self, h: &Header) {
        if let Some(i) = h.init {
            self.stmt(i);
        }
    }
    fn condition(&mut self, s: StmtId, what: &str) {
        let Stmt::Exprs(list) = self.ast.stmt(s) else { return };
        let Some(&e) = list.first() else { return };
        let mut x = self.expr(e);
        if x.ok() && !self.types.is(x.ty, Class::Boolean) {
            let at = self.span(e);
            let mut d = Diagnostic::error(Code::BadCondition, at, format!("non-boolean condition in {what} statement"));
            d.label = format!("this is of type {}", self.ty_text(x.ty));
            if self.types.is(x.ty, Class::Numeric) {
                d.help = Some(format!("compare it: `{} != 0`", self.expr_text(e)));
            }
            self.report(d);
        } else {
            self.default_operand(&mut x);
        }
    }

    /// The loop `s`; `par`: the statement whose function the body is.
    pub(super) fn for_stmt(&mut self, s: StmtId, h: &'a ForHeader, body: BlockId, par: Option<StmtId>) {
        match h {
            ForHeader::Cond(c) => {
                if let Some(c) = c {
                    self.condition(*c, "for");
                }
                self.loop_body(body, par);
            }
            ForHeader::Three(init, cond, post) => {
                self.open_block();
                if let Some(i) = init {
                    self.stmt(*i);
                }
                if let Some(c) = cond {
                    self.condition(*c, "for");
                }
                if let Some(p) = post {
                    self.stmt(*p);
                }
                self.loop_body(body, par);
                self.close_block();
            }
            ForHeader::Range { vars, define, over } => {
                let ranged = self.range_operand(*over, vars);
                if par.is_some() && ranged.yields.is_some() {
                    let at = self.span(*over);
                    return self.not_yet(at, "par for over a function");
                }
                let yields = ranged.yields;
                let run = |c: &mut Self| c.range_body(vars, *define, ranged, |c| c.loop_body(body, par));
                match yields {
                    Some(yields) => self.range_func(s, yields, run),
                    None => run(self),
                }
            }
        }
    }
    fn loop_body(&mut self, body: BlockId, par: Option<StmtId>) {
        match par {
            None => self.block(body),
            Some(s) => {
                let stmts = &self.ast.block(body).stmts;
                let facts = self.block_func(FuncKind::Par, stmts, Some(body));
                self.info.stmt_funcs.insert(s, facts);
            }
        }
    }

    // ---- expression statements

    fn expr_stmt(&mut self, e: ExprId) {
        let x = self.raw_expr(e, None);
        self.expr_stmt_result(e, &x);
    }
    /// Reports an expression that cannot stand as a statement.
    pub(super) fn expr_stmt_result(&mut self, e: ExprId, x: &Operand) {
        let (code, what) = match x.mode {
            Mode::Invalid => return,
            Mode::Builtin(_) => (Code::UncalledBuiltin, "must be called"),
            Mode::Type => (Code::NotExpr, "is not an expression"),
            _ if self.stands_alone(e) => return,
            _ => (Code::UnusedValue, "is not used"),
        };
        let (m, at) = (format!("{} {what}", self.describe(x)), self.span(e));
        let mut d = Diagnostic::error(code, at, m);
        if let (Expr::Binary(gol_syntax::ast::BinOp::Eq, l, r), Code::UnusedValue) = (self.ast.expr(e), code) {
            d.help = Some(format!("to assign, write `{} = {}`", self.expr_text(*l), self.expr_text(*r)));
        }
        self.report(d);
    }
    fn stands_alone(&self, e: ExprId) -> bool {
        match self.ast.expr(self.unparen(e)) {
            Expr::Unary(UnOp::Recv, _) => true,
            Expr::Call(f, ..) => match self.info.expr(*f).map(|i| i.mode) {
                Some(Mode::Type) => false,
                Some(Mode::Builtin(b)) => is_statement(b),
                _ => true,
            },
            _ => false,
        }
    }

    /// The call of `go` and `defer`.
    fn suspended(&mut self, e: ExprId, word: &str) {
        let x = self.raw_expr(e, None);
        if x.mode == Mode::Invalid {
            return;
        }
        let Expr::Call(f, ..) = self.ast.expr(self.unparen(e)) else { return };
        let m = match self.info.expr(*f).map(|i| i.mode) {
            Some(Mode::Type) => format!("{word} requires function call, not conversion {}", self.describe(&x)),
            Some(Mode::Builtin(b)) if !is_statement(b) => format!("{word} discards result of {}", self.describe(&x)),
            _ => return,
        };
        let at = self.span(e);
        self.err(Code::BadDefer, at, m);
    }
    fn note_defer(&mut self) {
        if let Some(f) = self.own_func() {
            f.has_defer = true;
        }
    }

    // ---- return

    fn return_stmt(&mut self, s: StmtId, list: &'a [ExprId]) {
        let at = self.ast.stmt_span(s);
        let Some(f) = self.own_func() else { return };
        let (kind, sig, named) = (f.kind, f.sig.clone().unwrap_or_default(), f.named_results);
        let results = if named { f.results.clone() } else { vec![] };
        if kind == FuncKind::Par {
            self.use_exprs(list);
            let d = Diagnostic::error(Code::BadReturn, at, "cannot return out of par");
            return self.report(d.help("each statement of par, and each iteration of par for, runs on its own"));
        }
        if list.is_empty() && named {
            for r in results {
                let name = self.info.obj(r).name;
                let here = self.find(name);
                if let Some(inner) = here.filter(|&o| o != r && !self.is_blank(name)) {
                    let n = self.name(name);
                    let d =
                        Diagnostic::error(Code::BadReturn, at, format!("result parameter {n} not in scope at return"));
                    let inner = self.info.obj(inner).span;
                    self.report(d.related(inner, format!("inner declaration of {n}")));
                }
            }
            return;
        }
        if named {
            results.iter().for_each(|&r| self.info.obj_mut(r).reassigned = true);
        }
        let mut xs = self.arguments(list);
        if xs.len() != sig.results.len() {
            if xs.iter().all(Operand::ok) {
                self.wrong_results(at, &xs, &sig.results);
            }
            return;
        }
        for (x, &t) in xs.iter_mut().zip(&sig.results) {
            self.assignment(x, Some(t), Context::Named("return statement"));
        }
        self.done_with(xs);
    }
    fn wrong_results(&mut self, at: gol_syntax::span::Span, xs: &[Operand], types: &[TyId]) {
        let few = xs.len() < types.len();
        let at = match (few, xs.last()) {
            (false, _) => self.at(&xs[types.len()]),
            (true, Some(last)) => self.at(last),
            (true, None) => at,
        };
        let have: Vec<TyId> = xs.iter().map(|x| x.ty).collect();
        let word = if few { "not enough" } else { "too many" };
        let (have, want) = (self.list_text(&have, false, false), self.list_text(types, false, false));
        self.err(Code::BadReturn, at, format!("{word} return values\n\thave {have}\n\twant {want}"));
    }
}

//! `select`.

use super::func::{Label, Target};
use super::{Em, Reg};
use crate::info::{ObjId, ObjKind};
use crate::types::{Ty, TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::{Clause, ClauseKind, Expr, ExprId, Stmt, UnOp};

/// A communication clause after its operands were evaluated.
struct Case<'c> {
    clause: &'c Clause,
    send: bool,
    value: Reg,
    ok: Reg,
    elem: TyId,
    body: Label,
}

impl Em<'_> {
    pub(super) fn select_stmt(&mut self, clauses: &[Clause]) {
        let mark = self.f.next;
        let label = self.f.pending_label.take();
        let end = self.f.label();
        let n = clauses.iter().filter(|c| matches!(c.kind, ClauseKind::Case(_))).count() as u32;
        let default = clauses.iter().find(|c| c.kind == ClauseKind::Default);
        let chans = self.f.alloc(n);
        let waiters = self.f.alloc(n.saturating_mul(5));
        let mut cases = vec![];
        for (i, c) in clauses.iter().filter(|c| matches!(c.kind, ClauseKind::Case(_))).enumerate() {
            cases.push(self.select_case(c, chans + i as u32));
        }
        self.f.emit(Op::Select, chans, waiters, n, default.is_some() as u32);
        for c in &cases {
            self.f.data(c.send as u32, c.value, c.ok, 0);
        }
        self.f.emit(Op::SelectWake, chans, waiters, n, default.is_some() as u32);
        for c in &cases {
            self.f.table_jump(c.body);
        }
        let other = self.f.label();
        if default.is_some() {
            self.f.table_jump(other);
        }
        if n == 0 && default.is_none() {
            // Never reached: nothing wakes this goroutine.
            self.f.end(Op::Trap, 0, 0);
        }
        self.f.dead = true;
        self.f.targets.push(Target { label, brk: end, cont: None });
        for c in &cases {
            self.f.bind(c.body);
            let inner = self.f.next;
            self.receive_vars(c);
            self.stmts(&c.clause.body);
            self.f.next = inner;
            self.f.goto(end);
        }
        if let Some(d) = default {
            self.f.bind(other);
            self.stmts(&d.body);
            self.f.goto(end);
        }
        self.f.targets.pop();
        self.f.bind(end);
        self.f.next = mark;
    }
    /// The receive expression of a clause and what it is assigned to.
    fn receive(&self, s: &Stmt) -> Option<ExprId> {
        let e = match s {
            Stmt::Exprs(list) => *list.first()?,
            Stmt::Assign(_, r) | Stmt::Define(_, r) => *r.first()?,
            _ => return None,
        };
        match *self.ast.expr(self.strip(e)) {
            Expr::Unary(UnOp::Recv, c) => Some(c),
            _ => None,
        }
    }
    /// Variables that a receive clause assigns: value and ok.
    fn targets_of(&self, s: &Stmt) -> (Option<ExprId>, Option<ExprId>) {
        match s {
            Stmt::Assign(l, _) | Stmt::Define(l, _) => {
                (l.first().copied().filter(|e| !self.is_blank(*e)), l.get(1).copied().filter(|e| !self.is_blank(*e)))
            }
            _ => (None, None),
        }
    }
    fn select_case<'c>(&mut self, clause: &'c Clause, chan: Reg) -> Case<'c> {
        let body = self.f.label();
        let mut case = Case { clause, send: false, value: Self::NONE, ok: Self::NONE, elem: Types::VOID, body };
        let ClauseKind::Case(s) = clause.kind else { return case };
        let ast = self.ast;
        self.f.pos = ast.stmt_span(s).lo;
        match ast.stmt(s) {
            Stmt::Send(c, v) => {
                self.expr_to(*c, chan);
                case.send = true;
                case.elem = self.chan_elem(*c);
                let n = self.words(case.elem);
                let r = self.f.alloc(n);
                self.expr_conv_to(*v, case.elem, r);
                case.value = if n == 0 { Self::NONE } else { r };
            }
            Stmt::After(d) => {
                let mark = self.f.next;
                let w = self.f.alloc(2);
                self.expr_to(*d, w + 1);
                self.call_library("time", "After", w, 1);
                self.mov(chan, w + 1, 1);
                self.f.next = mark;
            }
            stmt => {
                let Some(c) = self.receive(stmt) else { return case };
                self.expr_to(c, chan);
                case.elem = self.chan_elem(c);
                let (v, ok) = self.targets_of(stmt);
                let n = self.words(case.elem);
                if v.is_some() {
                    let r = self.f.alloc(n);
                    case.value = if n == 0 { Self::NONE } else { r };
                }
                if ok.is_some() {
                    case.ok = self.f.alloc(1);
                }
            }
        }
        case
    }
    pub(super) fn chan_elem(&self, c: ExprId) -> TyId {
        match *self.types.under(self.ty(c)) {
            Ty::Chan(_, e) => e,
            _ => Types::VOID,
        }
    }
    fn receive_vars(&mut self, c: &Case) {
        let ClauseKind::Case(s) = c.clause.kind else { return };
        let ast = self.ast;
        let stmt = ast.stmt(s);
        if c.send {
            return;
        }
        let define = matches!(stmt, Stmt::Define(..));
        let (v, ok) = self.targets_of(stmt);
        let value = if c.value == Self::NONE { self.f.next } else { c.value };
        let given =
            [(v, value, c.elem), (ok, c.ok, Types::BOOL)].into_iter().filter_map(|(e, r, ty)| Some((e?, r, ty)));
        if define {
            for (e, r, _) in given {
                if let Some(&o) = self.info.defs.get(&self.ast.expr_span(e).lo) {
                    self.adopt(o, r);
                }
            }
            return;
        }
        let (l, values): (Vec<_>, Vec<_>) = given.map(|(e, r, ty)| (e, (r, ty))).unzip();
        self.assign_regs(&l, &values);
    }
    /// Calls a function of a library package, wherever its body is. Arguments are in the window.
    pub(super) fn call_library(&mut self, path: &str, name: &str, window: Reg, arg_words: u32) {
        let found = self.library_func(path, name);
        match found.map(|o| self.plain_target(o)) {
            Some(super::call::Target::Func(f)) => {
                self.f.wide(Op::Call, window, 0, f);
                self.f.data(window, 0, 0, 0);
            }
            Some(super::call::Target::Native(n)) => self.call_native(&n, window, arg_words),
            None => self.call_native(&format!("{path}.{name}"), window, arg_words),
        }
    }
    /// A function that is declared in a package of the library.
    pub(super) fn library_func(&self, path: &str, name: &str) -> Option<ObjId> {
        let pkg = self.info.pkgs.iter().find(|p| p.path == path)?;
        let is = |o: &ObjId| {
            let o = self.info.obj(*o);
            o.kind == ObjKind::Func && self.ast.name(o.name) == name
        };
        pkg.funcs.iter().copied().find(is)
    }
}

//! Expression and type switches.

use super::Em;
use super::Reg;
use super::func::{Label, Target};
use super::layout::Num;
use crate::constant::Value;
use crate::types::{TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, Clause, ClauseKind, Expr, ExprId, Header, Stmt, StmtId};
use std::sync::Arc;

/// A switch gets a jump table from this many cases on: numbers when they lie close together, texts always.
const TABLE_MIN: usize = 5;
/// From so many cases on they may lie scattered, as characters do, in a table up to this long. For fewer, comparisons are foreseen better by the processor
/// than one jump to anywhere.
const MANY: usize = 12;
const SCATTERED_MAX: usize = 256;
/// The longest table; more values get several.
const TABLE_MAX: usize = 0x8000;

impl Em<'_> {
    pub(super) fn switch_stmt(&mut self, h: Header, clauses: &[Clause]) {
        let mark = self.f.next;
        let label = self.f.pending_label.take();
        if let Some(i) = h.init {
            self.stmt(i);
        }
        let end = self.f.label();
        self.f.targets.push(Target { label, brk: end, cont: None });
        match self.type_switch_operand(h.cond) {
            Some((name, x)) => self.type_switch(name, x, clauses, end),
            None => self.expr_switch(self.header_expr(h.cond), clauses, end),
        }
        self.f.targets.pop();
        self.f.bind(end);
        self.f.next = mark;
    }
    /// `switch v := x.(type)`: whether a variable is declared, and x.
    fn type_switch_operand(&self, cond: Option<StmtId>) -> Option<(bool, ExprId)> {
        let (named, e) = match self.ast.stmt(cond?) {
            Stmt::Exprs(list) => (false, *list.first()?),
            Stmt::Define(_, r) => (true, *r.first()?),
            _ => return None,
        };
        match *self.ast.expr(self.strip(e)) {
            Expr::TypeAssert(x, None) => Some((named, x)),
            _ => None,
        }
    }
    /// The expressions of a case; none for default.
    fn case_exprs(&self, c: &Clause) -> &[ExprId] {
        match c.kind {
            ClauseKind::Case(s) => match self.ast.stmt(s) {
                Stmt::Exprs(list) => list,
                _ => &[],
            },
            ClauseKind::Default | ClauseKind::Bad => &[],
        }
    }

    // ---- expression switches

    fn expr_switch(&mut self, tag: Option<ExprId>, clauses: &[Clause], end: Label) {
        let bodies: Vec<Label> = clauses.iter().map(|_| self.f.label()).collect();
        let default = clauses.iter().position(|c| c.kind == ClauseKind::Default);
        let other = default.map_or(end, |d| bodies[d]);
        let mut given = None;
        if let Some(t) = tag {
            let t = self.strip(t);
            if self.value(t).is_none() && !self.f.given.contains_key(&t) {
                let constant = clauses.iter().all(|c| self.case_exprs(c).iter().all(|&x| self.value(x).is_some()));
                let r = if constant { self.passing(t) } else { self.expr(t) };
                self.f.given.insert(t, r);
                given = Some(t);
            }
        }
        let table = tag.is_some_and(|t| {
            self.jump_table(t, clauses, &bodies, other) || self.text_table(t, clauses, &bodies, other)
        });
        if !table {
            for (c, &body) in clauses.iter().zip(&bodies) {
                for &x in self.case_exprs(c).to_vec().iter() {
                    self.case_jump(tag, x, body);
                }
            }
            self.f.goto(other);
        }
        if let Some(t) = given {
            self.f.given.remove(&t);
        }
        for (i, c) in clauses.iter().enumerate() {
            self.f.bind(bodies[i]);
            self.f.fallthrough.push(bodies.get(i + 1).copied());
            self.stmts(&c.body);
            self.f.fallthrough.pop();
            self.f.goto(end);
        }
    }
    fn case_jump(&mut self, tag: Option<ExprId>, x: ExprId, body: Label) {
        let mark = self.f.next;
        self.f.pos = self.ast.expr_span(x).lo;
        match tag {
            Some(t) if self.st.plain => {
                let equal = self.f.alloc(1);
                self.compare_to(BinOp::Eq, t, x, equal);
                self.f.jump(Op::Jnz, equal, 0, body);
            }
            Some(t) => self.compare_jump(BinOp::Eq, t, x, body, true),
            None if self.is_iface(self.ty(x)) => {
                let t = self.f.alloc(1);
                self.load_word(t, 1);
                let yes = self.reg_conv(t, Types::BOOL, self.ty(x));
                let r = self.expr(x);
                self.regs_jump(BinOp::Eq, self.ty(x), yes, r, body, true);
            }
            None => self.cond_jump(x, body, true),
        }
        self.f.next = mark;
    }
    /// Constant cases that lie close together: one indexed jump.
    fn jump_table(&mut self, tag: ExprId, clauses: &[Clause], bodies: &[Label], other: Label) -> bool {
        let (Num::Int(_) | Num::Uint(_)) = self.num(self.ty(tag)) else { return false };
        if self.st.plain {
            return false;
        }
        let mut cases: Vec<(i64, Label)> = vec![];
        for (c, &body) in clauses.iter().zip(bodies) {
            for &x in self.case_exprs(c) {
                match self.int_const(x) {
                    Some(k) => cases.push((k, body)),
                    None => return false,
                }
            }
        }
        let (Some(min), Some(max)) = (cases.iter().map(|c| c.0).min(), cases.iter().map(|c| c.0).max()) else {
            return false;
        };
        let span = max.wrapping_sub(min);
        let most = if cases.len() < MANY { cases.len() * 2 } else { (cases.len() * 2).max(SCATTERED_MAX) };
        if cases.len() < TABLE_MIN || span < 0 || span as usize > most || self.value(tag).is_some() {
            return false;
        }
        let mark = self.f.next;
        let r = self.expr(tag);
        let mut labels = vec![other; span as usize + 1];
        for &(k, body) in cases.iter().rev() {
            labels[(k - min) as usize] = body;
        }
        let mut first = min;
        for part in labels.chunks(TABLE_MAX) {
            let (at, from) = match i16::try_from(first) {
                Ok(k) => (r, k),
                Err(_) => {
                    let at = self.f.alloc(1);
                    self.load_word(at, first as u64);
                    self.f.emit(Op::SubI, at, r, at, 0);
                    (at, 0)
                }
            };
            self.f.emit(Op::JmpTab, at, part.len() as u32, from as u16 as u32, 0);
            part.iter().for_each(|&l| self.f.table_jump(l));
            first += part.len() as i64;
        }
        self.f.goto(other);
        self.f.next = mark;
        true
    }

    /// Constant texts: the place of the one that it is, and a jump by that.
    fn text_table(&mut self, tag: ExprId, clauses: &[Clause], bodies: &[Label], other: Label) -> bool {
        if self.st.plain || self.num(self.ty(tag)) != Num::Str || self.value(tag).is_some() {
            return false;
        }
        let mut cases: Vec<(Arc<[u8]>, Label)> = vec![];
        for (c, &body) in clauses.iter().zip(bodies) {
            for &x in self.case_exprs(c) {
                match self.value(x) {
                    Some(Value::Str(s)) => cases.push((s[..].into(), body)),
                    _ => return false,
                }
            }
        }
        if cases.len() < TABLE_MIN || cases.len() > TABLE_MAX {
            return false;
        }
        let mark = self.f.next;
        let r = self.expr(tag);
        let at = self.f.alloc(1);
        let texts = self.k_texts(cases.iter().map(|c| c.0.clone()).collect());
        self.f.wide(Op::FindS, at, r, texts);
        self.f.emit(Op::JmpTab, at, cases.len() as u32, 0, 0);
        cases.iter().for_each(|c| self.f.table_jump(c.1));
        self.f.goto(other);
        self.f.next = mark;
        true
    }

    // ---- type switches

    fn type_switch(&mut self, named: bool, x: ExprId, clauses: &[Clause], end: Label) {
        if let Some(value) = self.known_operand(x, clauses) {
            return self.known_type_switch(named, value, clauses, end);
        }
        let from = self.ty(x);
        let r = self.f.alloc(1);
        self.expr_to(x, r);
        let default = self.f.label();
        for c in clauses {
            let ClauseKind::Case(_) = c.kind else { continue };
            let types = self.case_exprs(c).to_vec();
            let (body, next) = (self.f.label(), self.f.label());
            for (i, &t) in types.iter().enumerate() {
                let last = i + 1 == types.len();
                self.type_case(t, r, body, next, last);
            }
            self.f.bind(body);
            self.type_body(named, c, &types, r, from, end);
            self.f.bind(next);
        }
        self.f.goto(default);
        self.f.bind(default);
        if let Some(c) = clauses.iter().find(|c| c.kind == ClauseKind::Default) {
            self.type_body(named, c, &[], r, from, end);
        }
    }
    /// The value of a switch on `any(value)` whose type decides here which case it is, as in an instance of a generic function.
    fn known_operand(&self, x: ExprId, clauses: &[Clause]) -> Option<ExprId> {
        let decided = |t: &ExprId| !self.is_nil(*t) && !self.is_iface(self.ty(*t));
        let all = clauses.iter().all(|c| self.case_exprs(c).iter().all(decided));
        self.boxed_value(x).filter(|_| all)
    }
    fn known_type_switch(&mut self, named: bool, value: ExprId, clauses: &[Clause], end: Label) {
        let ty = self.concrete(self.ty(value));
        let n = self.words(ty);
        let v = self.f.alloc(n);
        self.expr_to(value, v);
        let is_its = |c: &&Clause| self.case_exprs(c).iter().any(|t| self.ty(*t) == ty);
        let other = || clauses.iter().find(|c| c.kind == ClauseKind::Default);
        if let Some(c) = clauses.iter().find(is_its).or_else(other) {
            if let Some(&o) = self.info.implicits.get(&c.span.lo).filter(|_| named) {
                let to = self.obj_ty(o);
                let r = if self.is_iface(to) { self.reg_conv(v, ty, to) } else { v };
                self.adopt(o, r);
            }
            self.stmts(&c.body);
        }
        self.f.goto(end);
    }
    /// Goes to `body` when the dynamic type matches; the last type of a case goes on to `next` otherwise and falls into the body.
    fn type_case(&mut self, t: ExprId, r: Reg, body: Label, next: Label, last: bool) {
        let mark = self.f.next;
        let ty = self.ty(t);
        if self.is_nil(t) {
            if last { self.f.jump(Op::JneK, r, 0, next) } else { self.f.jump(Op::JeqK, r, 0, body) }
        } else if self.is_iface(ty) {
            let id = self.type_id(ty);
            let ok = self.f.alloc(1);
            self.f.wide(Op::Implements, ok, r, id);
            if last { self.f.jump(Op::Jz, ok, 0, next) } else { self.f.jump(Op::Jnz, ok, 0, body) }
        } else {
            let id = self.type_id(ty);
            if last {
                self.f.jump(Op::JneType, r, id, next);
            } else {
                let other = self.f.label();
                self.f.jump(Op::JneType, r, id, other);
                self.f.goto(body);
                self.f.bind(other);
            }
        }
        self.f.next = mark;
    }
    fn type_body(&mut self, named: bool, c: &Clause, types: &[ExprId], r: Reg, from: TyId, end: Label) {
        let mark = self.f.next;
        if named && let Some(&o) = self.info.implicits.get(&c.span.lo) {
            let ty = self.obj_ty(o);
            let n = self.words(ty);
            let v = self.f.alloc(n);
            match types {
                [t] if !self.is_nil(*t) && !self.is_iface(ty) => self.assert_reg(r, from, ty, false, v),
                _ => self.mov(v, r, 1),
            }
            self.adopt(o, v);
        }
        self.stmts(&c.body);
        self.f.next = mark;
        self.f.goto(end);
    }
}

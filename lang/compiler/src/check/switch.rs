//! Switches over values and over types.

use super::Checker;
use super::binary::Comparing;
use super::operand::Operand;
use super::untyped::Context;
use crate::check::relation::{assignable, comparable};
use crate::constant::Value;
use crate::info::{Mode, ObjId, ObjKind};
use crate::types::{TyId, Types};
use gol_syntax::ast::{Clause, ClauseKind, Expr, ExprId, Header, Ident, Stmt, StmtId};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use rustc_hash::FxHashMap;
use std::collections::hash_map::Entry;

impl<'a> Checker<'a> {
    pub(super) fn switch(&mut self, h: &Header, clauses: &'a [Clause]) {
        self.open_block();
        self.header_init(h);
        match h.cond.and_then(|c| self.type_guard(c)) {
            Some((name, x)) => self.type_switch(name, x, clauses),
            None => self.value_switch(h.cond, clauses),
        }
        self.close_block();
    }

    /// `x := y.(type)` or `y.(type)`: the name, and `y`.
    fn type_guard(&self, s: StmtId) -> Option<(Option<Ident>, ExprId)> {
        let guard = |e: ExprId| match self.ast.expr(e) {
            Expr::TypeAssert(x, None) => Some(*x),
            _ => None,
        };
        match self.ast.stmt(s) {
            Stmt::Exprs(list) => match list[..] {
                [e] => Some((None, guard(e)?)),
                _ => None,
            },
            Stmt::Define(lhs, rhs) => match (&lhs[..], &rhs[..]) {
                ([l], [r]) => {
                    let Expr::Name(sym) = *self.ast.expr(*l) else { return None };
                    Some((Some(Ident { sym, span: self.span(*l) }), guard(*r)?))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn case_list(&self, c: &Clause) -> &'a [ExprId] {
        match c.kind {
            ClauseKind::Case(s) => match self.ast.stmt(s) {
                Stmt::Exprs(list) => list,
                _ => &[],
            },
            ClauseKind::Default | ClauseKind::Bad => &[],
        }
    }

    fn value_switch(&mut self, cond: Option<StmtId>, clauses: &'a [Clause]) {
        let tag = cond.and_then(|c| match self.ast.stmt(c) {
            Stmt::Exprs(list) => list.first().copied(),
            _ => None,
        });
        let x = tag.map(|t| self.switch_value(t));
        let mut seen: FxHashMap<(TyId, Value), Span> = FxHashMap::default();
        for c in clauses {
            for &e in self.case_list(c) {
                self.case_value(x.as_ref(), e, &mut seen);
            }
            self.open_block();
            self.stmt_list(&c.body);
            self.close_block();
        }
    }

    fn switch_value(&mut self, t: ExprId) -> Operand {
        let mut x = self.expr(t);
        self.assignment(&mut x, None, Context::Named("switch expression"));
        if x.ok() && !comparable(self.types, x.ty) && !self.types.has_nil(x.ty) {
            let m = format!("cannot switch on {} ({} is not comparable)", self.describe(&x), self.ty_text(x.ty));
            let at = self.at(&x);
            self.err(Code::NotComparable, at, m);
            x.invalidate();
        }
        x
    }

    fn case_value(&mut self, x: Option<&Operand>, e: ExprId, seen: &mut FxHashMap<(TyId, Value), Span>) {
        let mut v = self.expr(e);
        if !v.ok() {
            return;
        }
        let Some(x) = x else {
            if matches!(v.ty, Types::BOOL | Types::UNTYPED_BOOL) {
                return self.default_operand(&mut v);
            }
            // `true == v`
            if self.types.is_interface(v.ty) && assignable(self.types, self.info, Types::BOOL, v.ty) {
                return;
            }
            let m = format!(
                "invalid case {} in switch on true (mismatched types {} and bool)",
                self.expr_text(e),
                self.ty_text(v.ty)
            );
            let at = self.span(e);
            return self.err(Code::OpMismatch, at, m);
        };
        if !x.ok() {
            return;
        }
        self.convert_untyped(&mut v, x.ty);
        if !v.ok() {
            return;
        }
        let result = self.comparison(Comparing::Case, e, v.clone(), x.clone());
        if !result.ok() {
            return;
        }
        let Some(value) = v.value.clone().filter(|v| !matches!(v, Value::Bool(_))) else { return };
        let at = self.span(e);
        match seen.entry((v.ty, value)) {
            Entry::Occupied(first) => {
                let m = format!("duplicate case {} in expression switch", self.describe(&v));
                self.report(Diagnostic::error(Code::DuplicateCase, at, m).related(*first.get(), "previous case"));
            }
            Entry::Vacant(place) => {
                place.insert(at);
            }
        }
    }

    fn type_switch(&mut self, name: Option<Ident>, arg: ExprId, clauses: &'a [Clause]) {
        let name = name.filter(|n| {
            let blank = self.is_blank(n.sym);
            if blank {
                self.err(Code::NoNewVars, n.span, "no new variable on left side of :=");
            }
            !blank
        });
        let mut x = self.expr(arg);
        if x.ok() && !self.types.is_interface(x.ty) {
            let m = match self.types.is_tparam(x.ty) {
                true => format!("cannot use type switch on type parameter value {}", self.describe(&x)),
                false => format!("{} is not an interface", self.describe(&x)),
            };
            let at = self.at(&x);
            self.err(Code::BadTypeSwitch, at, m);
            x.invalidate();
        }
        let mut seen: FxHashMap<Option<TyId>, Span> = FxHashMap::default();
        let mut vars: Vec<ObjId> = vec![];
        for c in clauses {
            let ty = self.case_types(&x, self.case_list(c), &mut seen);
            self.open_block();
            if let Some(n) = name {
                let old = self.info.defs.get(&n.span.lo).copied();
                let o = self.new_obj(ObjKind::Local, n, ty);
                self.info.defs.insert(n.span.lo, old.unwrap_or(o));
                self.declare(o);
                self.info.implicits.insert(c.span.lo, o);
                vars.push(o);
            }
            self.stmt_list(&c.body);
            if let (Some(_), Some(&o)) = (name, vars.last()) {
                let used = std::mem::replace(&mut self.info.obj_mut(o).used, true);
                self.close_block();
                self.info.obj_mut(o).used = used;
            } else {
                self.close_block();
            }
        }
        if let Some(n) = name {
            let used = vars.iter().any(|&o| self.info.obj(o).used);
            vars.iter().for_each(|&o| self.info.obj_mut(o).used = true);
            if !used {
                let m = format!("{} declared and not used", self.name(n.sym));
                self.lax(Code::UnusedVar, Code::WarnUnusedVar, n.span, m);
            }
        }
    }

    /// Checks the types of a case; gives the type that the variable has in it.
    fn case_types(&mut self, x: &Operand, list: &[ExprId], seen: &mut FxHashMap<Option<TyId>, Span>) -> TyId {
        let mut only = None;
        for &e in list {
            let at = self.span(e);
            let ty = if self.is_nil(e) {
                self.set_info(e, Mode::Nil, Types::UNTYPED_NIL, None);
                None
            } else {
                match self.type_expr(e) {
                    Types::ERROR => {
                        only = Some(Types::ERROR);
                        continue;
                    }
                    t => Some(t),
                }
            };
            only = ty;
            if let Some(&first) = seen.get(&ty) {
                let text = ty.map_or("nil".to_string(), |t| self.ty_text(t));
                let m = format!("duplicate case {text} in type switch");
                self.report(Diagnostic::error(Code::DuplicateCase, at, m).related(first, "previous case"));
                continue;
            }
            seen.insert(ty, at);
            if let (Some(t), true) = (ty, x.ok())
                && let Some(cause) = self.never_dynamic(x.ty, t)
            {
                let m = format!(
                    "impossible type switch case: {}\n\t{} cannot have dynamic type {} {cause}",
                    self.expr_text(e),
                    self.describe(x),
                    self.ty_text(t)
                );
                self.err(Code::ImpossibleAssert, at, m);
            }
        }
        match only {
            Some(t) if list.len() == 1 => t,
            _ => x.ty,
        }
    }
    fn is_nil(&self, e: ExprId) -> bool {
        match self.ast.expr(self.unparen(e)) {
            Expr::Name(s) => self.find(*s) == Some(self.world.universe.nil),
            _ => false,
        }
    }
}

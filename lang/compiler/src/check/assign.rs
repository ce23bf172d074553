//! Assignments: `=`, `:=`, `op=`, `++`, and the initial values of variables.

use super::Checker;
use super::binary::Place;
use super::operand::{Operand, Part};
use super::untyped::Context;
use crate::constant::Value;
use crate::info::{Mode, ObjId, ObjKind};
use crate::types::{Class, TyId, Types};
use gol_syntax::ast::{BinOp, Expr, ExprId, Ident};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use smallvec::{SmallVec, smallvec};

/// The left side of an assignment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// `_`
    Blank,
    Of(TyId),
    /// Already reported.
    Bad,
}

impl Checker<'_> {
    /// Checks that an expression can be assigned to. Being assigned to is not a use.
    pub(super) fn target(&mut self, e: ExprId) -> Target {
        self.checked_target(e, None)
    }
    /// The same of an expression that may be checked already: then it is used for its value too.
    fn checked_target(&mut self, e: ExprId, checked: Option<Operand>) -> Target {
        let inner = self.unparen(e);
        let mut variable = None;
        if let Expr::Name(s) = self.ast.expr(inner) {
            if self.is_blank(*s) {
                self.set_info(e, Mode::Var, Types::VOID, None);
                self.set_info(inner, Mode::Var, Types::VOID, None);
                return Target::Blank;
            }
            variable = self.find(*s).map(|o| (o, self.info.obj(o).used));
        }
        let x = checked.unwrap_or_else(|| self.expr(e));
        if let Some((o, used)) = variable
            && matches!(self.info.obj(o).kind, ObjKind::Local | ObjKind::Global)
        {
            self.info.obj_mut(o).used = used;
        }
        if !x.ok() {
            return Target::Bad;
        }
        if matches!(x.mode, Mode::Var | Mode::MapIndex) {
            if let Some(root) = self.root_variable(e) {
                self.info.obj_mut(root).reassigned = true;
            }
            return Target::Of(x.ty);
        }
        let at = self.at(&x);
        let text = self.expr_text(e);
        if let Expr::Select(base, _) = self.ast.expr(inner)
            && self.info.expr(*base).is_some_and(|i| i.mode == Mode::MapIndex)
        {
            let d = Diagnostic::error(Code::NotAssignable, at, format!("cannot assign to struct field {text} in map"));
            self.report(d.help("assign the whole struct: read it into a variable, change that, and store it back"));
            return Target::Bad;
        }
        let m = format!("cannot assign to {text} (neither addressable nor a map index expression)");
        let mut d = Diagnostic::error(Code::NotAssignable, at, m);
        if let Expr::Index(base, _) = self.ast.expr(inner)
            && self.info.expr(*base).is_some_and(|i| self.types.is(i.ty, Class::String))
        {
            d.help = Some("a string never changes: convert it to []byte or []rune, and back".into());
        }
        self.report(d);
        Target::Bad
    }

    fn store_to(&mut self, target: Target, lhs: ExprId, x: &mut Operand, context: &'static str) {
        match target {
            Target::Bad => x.invalidate(),
            Target::Blank => {
                let context = if context == "assignment" { "assignment to _ identifier" } else { context };
                self.assignment(x, None, Context::Named(context));
                if x.ok() {
                    self.set_info(lhs, Mode::Var, x.ty, None);
                }
            }
            Target::Of(ty) => self.assignment(x, Some(ty), Context::Named(context)),
        }
    }
    /// `for lhs = range …`.
    pub(super) fn store_value(&mut self, lhs: ExprId, ty: TyId) {
        let mut x = Operand::value(ty, lhs);
        match self.target(lhs) {
            Target::Bad => {}
            Target::Blank => self.set_info(lhs, Mode::Var, ty, None),
            Target::Of(t) => self.assignment(&mut x, Some(t), Context::Named("assignment")),
        }
    }

    pub(super) fn assign(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        let context = if lhs.len() > 1 { "multiple assignment" } else { "assignment" };
        let call = matches!(rhs, [r] if matches!(self.ast.expr(self.unparen(*r)), Expr::Call(..)));
        if lhs.len() == rhs.len() && !call {
            for (&l, &r) in lhs.iter().zip(rhs) {
                let target = self.target(l);
                let mut x = self.generic_expr(r);
                self.store_to(target, l, &mut x, context);
            }
            return;
        }
        let [one] = rhs else {
            self.use_targets(lhs);
            let errors = self.diags.len();
            self.use_exprs(rhs);
            if self.diags.len() == errors {
                self.mismatch(lhs.len(), rhs, rhs.len());
            }
            return;
        };
        let mut xs = self.multi_expr(*one, lhs.len() == 2);
        if xs.len() != lhs.len() {
            self.use_targets(lhs);
            if xs[0].ok() {
                self.mismatch(lhs.len(), rhs, xs.len());
            }
            return;
        }
        for (&l, x) in lhs.iter().zip(&mut xs) {
            let target = self.target(l);
            self.store_to(target, l, x, context);
        }
        self.note_comma_ok(*one, &xs);
        self.done_with(xs);
    }

    /// Left sides whose values are wrong.
    fn use_targets(&mut self, lhs: &[ExprId]) {
        for &l in lhs {
            self.target(l);
            if let Some(o) = self.root_variable(l) {
                self.info.obj_mut(o).used = true;
            }
        }
    }

    fn note_comma_ok(&mut self, e: ExprId, xs: &[Operand]) {
        if let [x, ok] = xs
            && ok.part == Part::Ok
            && self.info.expr(e).is_some_and(|i| matches!(i.mode, Mode::MapIndex | Mode::CommaOk))
        {
            let ty = self.info.expr(e).map_or(x.ty, |i| i.ty);
            self.record_comma_ok(e, ty);
        }
    }

    /// `assignment mismatch: 2 variables but f returns 1 value`.
    fn mismatch(&mut self, vars: usize, rhs: &[ExprId], values: usize) {
        let s = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let (vars, values) = (s(vars, "variable"), s(values, "value"));
        let m = match rhs {
            [r] => match self.ast.expr(self.unparen(*r)) {
                Expr::Call(f, ..) => format!("assignment mismatch: {vars} but {} returns {values}", self.expr_text(*f)),
                _ => format!("assignment mismatch: {vars} but {values}"),
            },
            _ => format!("assignment mismatch: {vars} but {values}"),
        };
        let at = self.span(rhs[0]);
        self.err(Code::ValueCount, at, m);
    }

    /// Initial values of several variables.
    pub(super) fn init_vars(
        &mut self,
        objs: &[ObjId],
        typed: bool,
        values: &[ExprId],
        context: &'static str,
        _at: Span,
    ) {
        let context = if objs.len() > 1 { "multiple assignment" } else { context };
        let call = matches!(values, [v] if matches!(self.ast.expr(self.unparen(*v)), Expr::Call(..)));
        if objs.len() == values.len() && !call {
            for (&o, &v) in objs.iter().zip(values) {
                let mut x = self.generic_expr(v);
                self.init_var(o, &mut x, typed || self.has_type(o), context);
            }
            return;
        }
        let [one] = values else {
            let errors = self.diags.len();
            self.use_exprs(values);
            if self.diags.len() == errors {
                self.mismatch(objs.len(), values, values.len());
            }
            objs.iter().for_each(|&o| self.info.obj_mut(o).used = true);
            return;
        };
        let mut xs = self.multi_expr(*one, objs.len() == 2);
        if xs.len() != objs.len() {
            if xs[0].ok() {
                self.mismatch(objs.len(), values, xs.len());
            }
            objs.iter().for_each(|&o| self.info.obj_mut(o).used = true);
            return;
        }
        for (&o, x) in objs.iter().zip(&mut xs) {
            self.init_var(o, x, typed || self.has_type(o), context);
        }
        self.note_comma_ok(*one, &xs);
        self.done_with(xs);
    }
    fn has_type(&self, o: ObjId) -> bool {
        self.info.obj(o).ty != Types::ERROR
    }

    /// `lhs := rhs`.
    pub(super) fn define(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        let mut objs: SmallVec<[ObjId; 4]> = smallvec![];
        let mut new: SmallVec<[(ExprId, ObjId); 4]> = smallvec![];
        let mut bad = false;
        for (i, &l) in lhs.iter().enumerate() {
            let Expr::Name(sym) = *self.ast.expr(l) else {
                bad = true;
                self.use_exprs(&[l]);
                continue;
            };
            let name = Ident { sym, span: self.span(l) };
            let twice = lhs[..i].iter().any(|&o| matches!(self.ast.expr(o), Expr::Name(s) if *s == sym));
            if twice && !self.is_blank(sym) {
                bad = true;
                let m = format!("{} repeated on left side of :=", self.name(sym));
                self.err(Code::Redeclared, name.span, m);
                continue;
            }
            match self.declared_here(sym) {
                Some(o) => {
                    self.info.uses.insert(l, o);
                    let ty = self.info.obj(o).ty;
                    if matches!(self.info.obj(o).kind, ObjKind::Local | ObjKind::Global) {
                        self.info.obj_mut(o).reassigned = true;
                        self.capture(o);
                        self.set_info(l, Mode::Var, ty, None);
                        objs.push(o);
                    } else {
                        bad = true;
                        let m = format!("cannot assign to {}", self.name(sym));
                        self.err(Code::NotAssignable, name.span, m);
                    }
                }
                None => {
                    let kind = if self.at_top() && !self.is_blank(sym) { ObjKind::Global } else { ObjKind::Local };
                    let o = self.new_obj(kind, name, Types::ERROR);
                    objs.push(o);
                    new.push((l, o));
                }
            }
        }
        if bad {
            self.use_exprs(rhs);
            new.iter().for_each(|&(_, o)| self.info.obj_mut(o).used = true);
        } else {
            let at = lhs.first().map_or(Span::default(), |&l| self.span(l));
            self.init_vars(&objs, false, rhs, "assignment", at);
        }
        let blank = self.world.blank;
        let names = new.iter().filter(|&&(_, o)| self.info.obj(o).name != blank).count();
        if names == 0 && !bad {
            let at = lhs.first().map_or(Span::default(), |&l| self.span(l));
            let mut d = Diagnostic::error(Code::NoNewVars, at, "no new variables on left side of :=");
            d.help = Some("use = to assign to a variable that is declared already".into());
            self.report(d);
        }
        for (l, o) in new {
            let ty = self.info.obj(o).ty;
            self.set_info(l, Mode::Var, ty, None);
            self.declare(o);
        }
    }
    /// An object of this name in the innermost block.
    fn declared_here(&self, sym: gol_syntax::ast::Sym) -> Option<ObjId> {
        if self.is_blank(sym) {
            return None;
        }
        if self.at_top() { self.top.get(sym) } else { self.locals.get_here(sym) }
    }

    pub(super) fn inc_dec(&mut self, op: BinOp, e: ExprId) {
        let x = self.expr(e);
        if !x.ok() {
            return;
        }
        if !self.types.is(x.ty, Class::Numeric) {
            let sign = if op == BinOp::Add { "++" } else { "--" };
            let m = format!("invalid operation: {}{sign} (non-numeric type {})", self.expr_text(e), self.ty_text(x.ty));
            let at = self.span(e);
            return self.err(Code::BadOperand, at, m);
        }
        self.checked_target(e, Some(x));
    }

    pub(super) fn op_assign(&mut self, op: BinOp, l: ExprId, r: ExprId) {
        let left = self.expr(l);
        let y = self.expr(r);
        let mut x = self.operation(Place::Assign(l, r), op, left.clone(), y);
        if !x.ok() {
            return;
        }
        // The value belongs to no expression of the tree.
        x.expr = r;
        x.value = None::<Value>;
        match self.checked_target(l, Some(left)) {
            Target::Bad => {}
            Target::Blank => {
                let at = self.span(l);
                self.err(Code::BadBlank, at, "cannot use _ as value");
            }
            Target::Of(ty) => {
                if x.ty != ty && self.types.is_untyped(x.ty) {
                    self.finalize(r, ty);
                }
            }
        }
    }
}

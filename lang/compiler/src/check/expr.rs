//! Expressions: dispatch, names, basic literals, and the forms in which the rest of the checker asks for a value.

use super::Checker;
use super::instantiate::Generic;
use super::operand::{Operand, Part};
use super::untyped::Context;
use super::world::MAIN;
use crate::constant::{self, Value};
use crate::info::{Mode, ObjId, ObjKind};
use crate::types::{Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId, InterpPart, Lit, LitKind, Sym};
use gol_syntax::diag::{Code, Diagnostic};

/// Literals may not be longer, as in Go.
const MAX_LITERAL: usize = 10_000;

impl Checker<'_> {
    /// One value.
    pub(super) fn expr(&mut self, e: ExprId) -> Operand {
        let mut x = self.generic_expr(e);
        self.refuse_generic_func(&mut x);
        x
    }
    /// One value, which may be a generic function that has not got its type arguments.
    pub(super) fn generic_expr(&mut self, e: ExprId) -> Operand {
        let mut x = self.raw_expr(e, None);
        self.need_value(&mut x);
        self.single_value(&mut x);
        x
    }
    /// One value; `hint` is the type of an enclosing literal's elements, for literals without type.
    pub(super) fn expr_hint(&mut self, e: ExprId, hint: Option<TyId>) -> Operand {
        let mut x = self.raw_expr(e, hint);
        self.need_value(&mut x);
        self.single_value(&mut x);
        self.refuse_generic_func(&mut x);
        x
    }
    /// One value, or a type (mode `Type`), or a predeclared function.
    pub(super) fn expr_or_type(&mut self, e: ExprId) -> Operand {
        let mut x = self.generic_or_type(e);
        self.refuse_generic_func(&mut x);
        if x.mode == Mode::Type && self.refuse_generic(e, x.ty) {
            x.invalidate();
        }
        x
    }
    /// As `expr_or_type`; functions and types may be generic.
    pub(super) fn generic_or_type(&mut self, e: ExprId) -> Operand {
        let mut x = self.raw_expr(e, None);
        if x.mode == Mode::NoValue {
            let m = format!("{} used as value or type", self.describe(&x));
            let at = self.at(&x);
            self.err(Code::NoValue, at, m);
            x.invalidate();
        }
        self.single_value(&mut x);
        x
    }
    /// All values: a call may give several; with `comma_ok`, so may an index, a receive, an assertion. One may be a generic
    /// function.
    pub(super) fn multi_expr(&mut self, e: ExprId, comma_ok: bool) -> Vec<Operand> {
        let mut out = self.lists.pop().unwrap_or_default();
        let mut x = self.raw_expr(e, None);
        self.need_value(&mut x);
        if x.mode != Mode::Invalid
            && let Ty::Tuple(list) = self.types.get(x.ty)
        {
            let result = |(i, &t)| Operand { part: Part::Result(i as u32 + 1), ..Operand::value(t, e) };
            out.extend(list.iter().enumerate().map(result));
            return out;
        }
        let ok = comma_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk);
        out.push(x);
        if ok {
            out.push(Operand { part: Part::Ok, ..Operand::value(Types::UNTYPED_BOOL, e) });
        }
        out
    }
    /// Takes back a list of operands that is of no use any more: the next one needs no room of its own.
    pub(super) fn done_with(&mut self, mut list: Vec<Operand>) {
        list.clear();
        if list.capacity() > 0 {
            self.lists.push(list);
        }
    }
    /// Records that a comma-ok form is used for both its values.
    pub(super) fn record_comma_ok(&mut self, mut e: ExprId, ty: TyId) {
        let tuple = self.types.intern(Ty::Tuple(vec![ty, Types::BOOL]));
        loop {
            self.info.set_type(e, tuple);
            match self.ast.expr(e) {
                Expr::Paren(x) => e = *x,
                _ => return,
            }
        }
    }

    #[inline]
    fn need_value(&mut self, x: &mut Operand) {
        if matches!(x.mode, Mode::NoValue | Mode::Builtin(_) | Mode::Type) {
            self.no_value(x);
        }
    }
    #[cold]
    fn no_value(&mut self, x: &mut Operand) {
        let (code, what) = match x.mode {
            Mode::NoValue => (Code::NoValue, "used as value"),
            Mode::Builtin(_) => (Code::UncalledBuiltin, "must be called"),
            _ => (Code::NotExpr, "is not an expression"),
        };
        if x.mode != Mode::Type || x.ty != Types::ERROR {
            let m = format!("{} {what}", self.describe(x));
            let at = self.at(x);
            self.err(code, at, m);
        }
        x.invalidate();
    }
    #[inline]
    pub(super) fn single_value(&mut self, x: &mut Operand) {
        if x.mode == Mode::Value && matches!(self.types.get(x.ty), Ty::Tuple(_)) {
            self.several_values(x);
        }
    }
    #[cold]
    fn several_values(&mut self, x: &mut Operand) {
        let m = format!("multiple-value {} in single-value context", self.describe(x));
        let at = self.at(x);
        self.err(Code::ValueCount, at, m);
        x.invalidate();
    }
    /// Checks expressions whose values no longer matter, so that what they use counts as used.
    pub(super) fn use_exprs(&mut self, list: &[ExprId]) {
        for &e in list {
            if !matches!(self.ast.expr(e), Expr::Name(s) if self.is_blank(*s)) {
                self.raw_expr(e, None);
            }
        }
    }
    pub(super) fn unparen(&self, mut e: ExprId) -> ExprId {
        while let Expr::Paren(x) = self.ast.expr(e) {
            e = *x;
        }
        e
    }

    /// Any expression or type, recorded.
    pub(super) fn raw_expr(&mut self, e: ExprId, hint: Option<TyId>) -> Operand {
        let mut x = match self.ast.expr(e) {
            Expr::Name(s) => self.ident(e, *s),
            _ => self.dispatch(e, hint),
        };
        x.expr = e;
        if x.mode == Mode::Invalid {
            x.ty = Types::ERROR;
        }
        self.record(&x);
        x
    }

    #[inline(never)]
    fn dispatch(&mut self, e: ExprId, hint: Option<TyId>) -> Operand {
        let ast = self.ast;
        match ast.expr(e) {
            Expr::Bad => Operand::invalid(e),
            Expr::Name(s) => self.ident(e, *s),
            Expr::Lit(l) => self.literal(e, *l),
            Expr::Str(s) => match constant::parse_string(self.name(*s)) {
                Some(b) => Operand::constant(Value::Str(b.into()), Types::UNTYPED_STRING, e),
                None => Operand::invalid(e),
            },
            Expr::Interp(parts) => self.interpolation(e, parts),
            Expr::Paren(x) => {
                let x = self.raw_expr(*x, None);
                Operand { expr: e, ..x }
            }
            Expr::FuncLit(sig, body) => self.func_lit(e, sig, *body),
            Expr::CompLit(ty, elems) => self.composite(e, *ty, elems, hint),
            Expr::Select(x, name) => self.select(e, *x, *name),
            Expr::Index(x, list) => self.index_expr(e, *x, list),
            Expr::SliceExpr(x, parts, three) => self.slice_expr(e, *x, parts, *three),
            Expr::TypeAssert(x, ty) => self.type_assert(e, *x, *ty),
            Expr::Call(f, args, dots) => self.call(e, *f, args, *dots),
            Expr::Unary(op, x) => self.unary(e, *op, *x),
            Expr::Binary(..) => self.binary(e),
            Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => {
                let ty = self.type_expr(e);
                Operand::new(if ty == Types::ERROR { Mode::Invalid } else { Mode::Type }, ty, e)
            }
        }
    }

    fn literal(&mut self, e: ExprId, l: Lit) -> Operand {
        let text = self.name(l.sym);
        let at = self.span(e);
        if text.len() > MAX_LITERAL {
            let m = format!("excessively long constant: {}... ({} chars)", &text[..10], text.len());
            self.err(Code::ConstOverflow, at, m);
            return Operand::invalid(e);
        }
        let (value, ty) = match l.kind {
            LitKind::Int => (constant::parse_number(text), Types::UNTYPED_INT),
            LitKind::Float => (constant::parse_number(text), Types::UNTYPED_FLOAT),
            LitKind::Imag => (constant::parse_imaginary(text), Types::UNTYPED_COMPLEX),
            LitKind::Rune => (constant::parse_rune(text).map(Value::int), Types::UNTYPED_RUNE),
            LitKind::Duration => (constant::parse_duration(text), Types::UNTYPED_DURATION),
        };
        let Some(value) = value else {
            self.err(Code::ConstOverflow, at, format!("malformed constant: {text} (its exponent is too large)"));
            return Operand::invalid(e);
        };
        let mut x = Operand::constant(value, ty, e);
        if l.kind == LitKind::Duration {
            self.need_time();
        }
        self.check_overflow(&mut x, "");
        x
    }

    fn interpolation(&mut self, e: ExprId, parts: &[InterpPart]) -> Operand {
        self.need_formatter();
        let mut ok = true;
        for p in parts {
            if let InterpPart::Value(v, _) = p {
                let mut x = self.expr(*v);
                self.assignment(&mut x, Some(Types::ANY), Context::Named("string interpolation"));
                ok &= x.ok();
            }
        }
        if ok { Operand::value(Types::STRING, e) } else { Operand::invalid(e) }
    }

    fn ident(&mut self, e: ExprId, name: Sym) -> Operand {
        if self.is_blank(name) {
            self.err(Code::BadBlank, self.span(e), "cannot use _ as value or type");
            return Operand::invalid(e);
        }
        let Some(obj) = self.find(name) else {
            let at = self.span(e);
            let mut d = Diagnostic::error(Code::Undefined, at, format!("undefined: {}", self.name(name)));
            d.help = self.undefined_help(name);
            self.report(d);
            return Operand::invalid(e);
        };
        self.note_dot(obj);
        self.denote(e, obj)
    }

    /// Notes that a name without qualifier comes from an import.
    pub(super) fn note_dot(&mut self, obj: ObjId) {
        if self.dots.is_empty() {
            return;
        }
        let (pkg, file) = (self.info.obj(obj).pkg, self.file);
        if let Some(d) = self.dots.iter_mut().find(|d| d.gives(file, pkg)) {
            d.used = true;
        }
    }

    fn undefined_help(&self, name: Sym) -> Option<String> {
        if self.declared_later(name, &self.items) {
            return Some("it is declared further down: variables can be used only after their declaration".into());
        }
        if let Some(path) = self.world.implicit.get(&name)
            && !self.role.script()
        {
            return Some(format!("import \"{path}\" to use it"));
        }
        self.did_you_mean(name)
    }

    /// What a use of an object gives.
    pub(super) fn denote(&mut self, e: ExprId, obj: ObjId) -> Operand {
        self.info.uses.insert(e, obj);
        self.resolve(obj);
        if self.role.script() || !matches!(self.info.obj(obj).kind, ObjKind::Pkg(_)) {
            self.info.obj_mut(obj).used = true;
        }
        let o = self.info.obj(obj);
        let (ty, own) = (o.ty, o.pkg == self.pkg);
        match &o.kind {
            ObjKind::Pkg(_) => {
                let (at, name) = (self.span(e), self.name(o.name));
                self.err(Code::BadPkgUse, at, format!("use of package {name} not in selector"));
                Operand::invalid(e)
            }
            ObjKind::Const(_) if ty == Types::ERROR => Operand::invalid(e),
            ObjKind::Const(_) if obj == self.world.universe.iota => match self.iota {
                Some(i) => Operand::constant(Value::int(i), Types::UNTYPED_INT, e),
                None => {
                    self.err(Code::NotConstant, self.span(e), "cannot use iota outside constant declaration");
                    Operand::invalid(e)
                }
            },
            ObjKind::Const(v) => Operand::constant(v.clone(), ty, e),
            ObjKind::Type if ty == Types::ERROR => Operand::invalid(e),
            ObjKind::Type => Operand::new(Mode::Type, ty, e),
            ObjKind::Local => {
                self.capture(obj);
                if ty == Types::ERROR { Operand::invalid(e) } else { Operand::new(Mode::Var, ty, e) }
            }
            ObjKind::Global => {
                self.depends_on(obj, own);
                if ty == Types::ERROR { Operand::invalid(e) } else { Operand::new(Mode::Var, ty, e) }
            }
            ObjKind::Func | ObjKind::Method { .. } => {
                self.depends_on(obj, own);
                self.note_main(obj);
                let generic = self.info.tparams.get(&obj).map(|l| Box::new(Generic::new(l.clone())));
                if ty == Types::ERROR { Operand::invalid(e) } else { Operand { generic, ..Operand::value(ty, e) } }
            }
            ObjKind::Builtin(b) => Operand::new(Mode::Builtin(*b), Types::VOID, e),
            ObjKind::Nil => Operand::new(Mode::Nil, Types::UNTYPED_NIL, e),
        }
    }

    /// Notes a dependency for the order of initialisation, and functions whose bodies may be wanted.
    pub(super) fn depends_on(&mut self, obj: ObjId, own: bool) {
        if self.info.obj(obj).pkg != MAIN {
            self.world.wanted.push(obj);
        }
        if let (Some(decl), true) = (self.decl, own)
            && self.dep_pairs.insert((decl, obj))
        {
            self.deps.entry(decl).or_default().push(obj);
        }
    }
}

//! Selectors `x.f`: qualified names, fields, methods, method values and method expressions.

use super::Checker;
use super::instantiate::Generic;
use super::lookup::{Found, Lookup, Member, lookup_field_or_method, method_set};
use super::operand::Operand;
use super::relation::{method_subst, own_tparams};
use super::world::exported;
use crate::info::{FieldPath, Mode, ObjId, ObjKind, SelKind, Selection};
use crate::types::{FuncTy, PkgId, Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId, Ident, Sym};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

impl Checker<'_> {
    pub(super) fn select(&mut self, e: ExprId, base: ExprId, name: Ident) -> Operand {
        if let Expr::Name(s) = self.ast.expr(base)
            && let Some(pkg) = self.package_named(base, *s)
        {
            return self.qualified(e, base, pkg, name);
        }
        let x = self.expr_or_type(base);
        if !x.ok() {
            return Operand::invalid(e);
        }
        if self.is_blank(name.sym) {
            self.err(Code::BadBlank, name.span, "cannot refer to blank field or method");
            return Operand::invalid(e);
        }
        if let Mode::Builtin(_) = x.mode {
            let m = format!("invalid use of {} in selector expression", self.describe(&x));
            let at = self.at(&x);
            self.err(Code::UncalledBuiltin, at, m);
            return Operand::invalid(e);
        }
        let base_ty = self.types.pointee(x.ty).unwrap_or(x.ty);
        self.complete(x.ty);
        self.complete(base_ty);
        let mut x = x;
        if x.is_nil() {
            let at = self.at(&x);
            self.err(Code::BadNil, at, "invalid use of nil in selector expression");
            return Operand::invalid(e);
        }
        self.default_operand(&mut x);
        let pkg = self.name_pkg(name.sym);
        let found = match lookup_field_or_method(self.types, self.info, x.ty, name.sym, pkg) {
            Lookup::Found(f) => f,
            Lookup::Ambiguous => {
                let m = format!("ambiguous selector {}", self.expr_text(e));
                self.err(Code::AmbiguousMember, name.span, m);
                return Operand::invalid(e);
            }
            Lookup::Missing => {
                let base = self.types.pointee(x.ty).unwrap_or(x.ty);
                if self.types.under_id(base) != Types::ERROR {
                    self.no_member(e, &x, name);
                }
                return Operand::invalid(e);
            }
        };
        if let Member::Method { obj, .. } = found.member {
            self.resolve(obj);
            self.info.obj_mut(obj).used = true;
            let own = self.info.obj(obj).pkg == self.pkg;
            self.depends_on(obj, own);
        }
        if x.mode == Mode::Type { self.method_expr(e, &x, name, found) } else { self.member(e, base, &x, name, found) }
    }

    /// The package that a name stands for here; in scripts also one that is not imported.
    fn package_named(&mut self, e: ExprId, name: Sym) -> Option<PkgId> {
        if let Some(obj) = self.find(name) {
            let ObjKind::Pkg(p) = self.info.obj(obj).kind else { return None };
            self.info.obj_mut(obj).used = true;
            self.info.uses.insert(e, obj);
            return Some(p);
        }
        if !self.role.script() {
            return None;
        }
        let path = self.world.implicit.get(&name)?;
        let pkg = (*self.world.packages.get(path)?)?;
        let obj = match self.implicit.get(name) {
            Some(o) => o,
            None => {
                let o = self.import_object(Ident { sym: name, span: Span::default() }, pkg);
                self.implicit.insert(name, o);
                o
            }
        };
        self.info.uses.insert(e, obj);
        Some(pkg)
    }

    fn qualified(&mut self, e: ExprId, base: ExprId, pkg: PkgId, name: Ident) -> Operand {
        self.set_info(base, Mode::Pkg(pkg), Types::VOID, None);
        let found = self.world.scopes[pkg.0 as usize].get(name.sym);
        if let Some(obj) = found.filter(|_| exported(&self.ast.names, name.sym)) {
            let x = self.denote(e, obj);
            return Operand { expr: e, ..x };
        }
        let scope = &self.world.scopes[pkg.0 as usize];
        let text = self.name(name.sym);
        let qualifier = self.expr_text(base);
        match found {
            Some(_) => {
                let m = format!("name {text} not exported by package {qualifier}");
                self.err(Code::NotExported, name.span, m);
            }
            None => {
                let left = self.world.contents.names_left(pkg).map(|n| n as &str);
                let names: Vec<&str> = scope.symbols().map(|s| self.name(s)).chain(left).collect();
                let public = || names.iter().copied().filter(|n| n.starts_with(char::is_uppercase));
                let other = public().find(|n| n.to_lowercase() == text.to_lowercase());
                let m = format!("undefined: {qualifier}.{text}");
                let facts = &self.info.pkgs[pkg.0 as usize];
                let mut d = match other {
                    Some(o) => Diagnostic::error(Code::Undefined, name.span, format!("{m} (but have {o})")),
                    None if self.world.own.contains(&pkg) => Diagnostic::error(Code::Undefined, name.span, m),
                    None => Diagnostic::error(Code::NotInPackage, name.span, m),
                };
                if other.is_none() {
                    let near = self.nearest(text, public());
                    d.help = match near {
                        Some(n) => Some(format!("did you mean `{qualifier}.{n}`?")),
                        None if self.world.own.contains(&pkg) => None,
                        None => Some(format!("not in gol's {} yet, or not in Go's either", facts.path)),
                    };
                }
                self.report(d);
            }
        }
        Operand::invalid(e)
    }

    fn member(&mut self, e: ExprId, base: ExprId, x: &Operand, name: Ident, f: Found) -> Operand {
        let mut generic = None;
        let (kind, mode, ty) = match f.member {
            Member::Field(ty) => {
                let addressable = x.mode == Mode::Var || f.indirect;
                (SelKind::Field, if addressable { Mode::Var } else { Mode::Value }, ty)
            }
            Member::IfaceMethod(sig) if self.types.is_tparam(f.owner) => (SelKind::TypeParamMethod, Mode::Value, sig),
            Member::IfaceMethod(sig) => (SelKind::IfaceMethod, Mode::Value, sig),
            Member::Method { obj, ptr } => {
                if ptr && !f.indirect {
                    if x.mode != Mode::Var {
                        let m = format!("cannot call pointer method {} on {}", self.name(name.sym), self.ty_text(x.ty));
                        self.err(Code::NotAddressable, name.span, m);
                        return Operand::invalid(e);
                    }
                    // `x.m()` is `(&x).m()`.
                    self.mark_addressed(base);
                }
                let (sig, own) = self.method_sig(obj, f.owner);
                generic = own;
                (SelKind::Method(obj), Mode::Value, sig)
            }
        };
        self.note_selection(e, kind, f.path, x.ty, name);
        if ty == Types::ERROR { Operand::invalid(e) } else { Operand { generic, ..Operand::new(mode, ty, e) } }
    }

    fn note_selection(&mut self, e: ExprId, kind: SelKind, path: FieldPath, recv: TyId, name: Ident) {
        let name_pkg = self.name_pkg(name.sym);
        self.info.selections.insert(e, Selection { kind, path, recv, name: name.sym, name_pkg, targs: vec![] });
    }

    fn method_expr(&mut self, e: ExprId, x: &Operand, name: Ident, f: Found) -> Operand {
        let mut generic = None;
        let (kind, sig) = match f.member {
            Member::Field(_) => {
                let (t, n) = (self.expr_text(x.expr), self.name(name.sym));
                let m = format!("{t}.{n} undefined (type {t} has no method {n})");
                self.err(Code::NoMember, name.span, m);
                return Operand::invalid(e);
            }
            Member::IfaceMethod(sig) if self.types.is_tparam(f.owner) => (SelKind::TypeParamMethodExpr, sig),
            Member::IfaceMethod(sig) => (SelKind::IfaceMethodExpr, sig),
            Member::Method { obj, ptr } => {
                if ptr && !f.indirect {
                    let (t, n) = (self.expr_text(x.expr), self.name(name.sym));
                    let m = format!("invalid method expression {t}.{n} (needs pointer receiver (*{t}).{n})");
                    self.err(Code::NoMember, name.span, m);
                    return Operand::invalid(e);
                }
                let (sig, own) = self.method_sig(obj, f.owner);
                generic = own;
                (SelKind::MethodExpr(obj), sig)
            }
        };
        let Some(sig) = self.types.func(sig).cloned() else { return Operand::invalid(e) };
        let mut params = vec![x.ty];
        params.extend(&sig.params);
        let ty = self.types.intern(Ty::Func(FuncTy { params, ..(*sig).clone() }.into()));
        self.note_selection(e, kind, f.path, x.ty, name);
        Operand { generic, ..Operand::value(ty, e) }
    }
    /// The signature of a method as its receiver's type arguments make it, and its own type parameters.
    fn method_sig(&mut self, obj: ObjId, owner: TyId) -> (TyId, Option<Box<Generic>>) {
        let mut map = method_subst(self.types, self.info, obj, owner);
        let own = own_tparams(self.types, self.info, obj).to_vec();
        let generic = match (own.is_empty(), map.is_empty()) {
            (true, _) => None,
            (false, true) => Some(Box::new(Generic::new(own))),
            // What bounds them may mention the receiver's.
            (false, false) => Some(Box::new(Generic::copy(self.renamed(&own, &mut map), own))),
        };
        (self.types.subst(self.info.obj(obj).ty, &map), generic)
    }

    fn no_member(&mut self, e: ExprId, x: &Operand, name: Ident) {
        let text = self.expr_text(e);
        let n = self.name(name.sym);
        let ty = self.ty_text(x.ty);
        if matches!(self.types.get(x.ty), Ty::Pointer(b) if self.types.is_tparam(*b)) {
            let m = format!("{text} undefined (type {ty} is pointer to type parameter, not type parameter)");
            return self.err(Code::NoMember, name.span, m);
        }
        if matches!(self.types.get(x.ty), Ty::Pointer(b) if self.types.is_interface(*b)) {
            let m = format!("{text} undefined (type {ty} is pointer to interface, not interface)");
            return self.err(Code::NoMember, name.span, m);
        }
        let what = "field or method";
        let members = self.member_names(x.ty);
        let other = members.iter().find(|(s, _)| self.name(*s).to_lowercase() == n.to_lowercase());
        let hidden = other.is_some_and(|(s, _)| *s == name.sym);
        let m = match other {
            Some((_, method)) if hidden => {
                let what = if *method { "method" } else { "field" };
                format!("{text} undefined (cannot refer to unexported {what} {n})")
            }
            Some((s, method)) => {
                let kind = if *method { "method" } else { "field" };
                format!("{text} undefined (type {ty} has no {what} {n}, but does have {kind} {})", self.name(*s))
            }
            None => format!("{text} undefined (type {ty} has no {what} {n})"),
        };
        let mut d = Diagnostic::error(Code::NoMember, name.span, m);
        if other.is_none()
            && let Some(near) = self.nearest(n, members.iter().map(|(s, _)| self.name(*s)))
        {
            d.help = Some(format!("did you mean `{near}`?"));
        }
        self.report(d);
    }
    /// Names of fields (at the first depth) and methods of a type; the flag says method.
    fn member_names(&self, ty: TyId) -> Vec<(Sym, bool)> {
        let base = self.types.pointee(ty).unwrap_or(ty);
        let mut out: Vec<(Sym, bool)> = match self.types.under(base) {
            Ty::Struct(fields) => fields.iter().map(|f| (f.name, false)).collect(),
            _ => vec![],
        };
        let set = method_set(self.types, self.info, &self.ast.names, base);
        out.extend(set.iter().map(|m| (m.name, true)));
        out
    }

    /// The variable in which an addressable expression lies gets an address: it must live in the heap.
    pub(super) fn mark_addressed(&mut self, e: ExprId) {
        if let Some(obj) = self.root_variable(e) {
            self.info.obj_mut(obj).addr_taken = true;
        }
    }
    /// The variable whose own words an addressable expression denotes, if it is one.
    pub(super) fn root_variable(&self, e: ExprId) -> Option<ObjId> {
        let mut e = e;
        loop {
            let ty = |e: ExprId| self.info.expr(e).map(|i| i.ty);
            match self.ast.expr(e) {
                Expr::Paren(x) => e = *x,
                Expr::Select(x, _) => {
                    if !self.info.selections.contains_key(&e) || self.types.pointee(ty(*x)?).is_some() {
                        return None;
                    }
                    e = *x;
                }
                Expr::Index(x, _) => {
                    if !matches!(self.types.under(ty(*x)?), Ty::Array(..)) {
                        return None;
                    }
                    e = *x;
                }
                Expr::Name(_) => return self.info.uses.get(&e).copied(),
                _ => return None,
            }
        }
    }
}

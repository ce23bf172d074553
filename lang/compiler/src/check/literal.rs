//! Composite literals.
//!
//! A literal whose type is elided takes the element type of the literal around it; for an element type `*T` its recorded
//! type is `*T`, though it is written as a `T`.

use super::Checker;
use super::lookup::{Lookup, Member, lookup_field_or_method};
use super::operand::Operand;
use super::untyped::Context;
use crate::constant::Value;
use crate::info::{FieldPath, SelKind, Selection};
use crate::types::{FieldTy, PkgId, Ty, TyId, Types};
use gol_syntax::ast::{Elem, Expr, ExprId, Sym};
use gol_syntax::diag::Code;
use gol_syntax::span::Span;
use rustc_hash::FxHashSet;
use smallvec::smallvec;
use std::cmp::Ordering;

impl Checker<'_> {
    pub(super) fn composite(&mut self, e: ExprId, ty: Option<ExprId>, elems: &[Elem], hint: Option<TyId>) -> Operand {
        if let Some(t) = ty
            && let Expr::Array(None, elem) = self.ast.expr(t)
        {
            let elem = self.type_expr(*elem);
            let n = self.elements(elems, elem, None);
            let array = self.types.intern(Ty::Array(n, elem));
            self.set_info(t, crate::info::Mode::Type, array, None);
            return if elem == Types::ERROR { Operand::invalid(e) } else { Operand::value(array, e) };
        }
        let (ty, base) = match (ty, hint) {
            (Some(t), _) => {
                let t = self.type_expr(t);
                self.complete(t);
                (t, t)
            }
            (None, Some(h)) => match *self.types.core_ty(h) {
                Ty::Pointer(base) => (h, base),
                _ => (h, h),
            },
            (None, None) => {
                let at = self.span(e);
                self.err(Code::BadLiteral, at, "invalid composite literal type: missing type");
                (Types::ERROR, Types::ERROR)
            }
        };
        match self.types.core_ty(base).clone() {
            Ty::Struct(fields) => self.struct_literal(e, base, &fields, elems),
            Ty::Array(n, elem) => {
                self.elements(elems, elem, Some(n));
            }
            Ty::Slice(elem) => {
                self.elements(elems, elem, None);
            }
            Ty::Map(key, value) => self.map_literal(elems, key, value),
            other => {
                // A key may be a field's name, of which nothing is known.
                let values: Vec<ExprId> = elems.iter().map(|el| el.value).collect();
                self.use_elided(&values);
                if other != Ty::Error {
                    let at = self.span(e);
                    let cause = if self.types.is_tparam(base) { " (no common underlying type)" } else { "" };
                    let m = format!("invalid composite literal type {}{cause}", self.ty_text(ty));
                    self.err(Code::BadLiteral, at, m);
                }
                return Operand::invalid(e);
            }
        }
        Operand::value(ty, e)
    }

    /// Uses values of a literal of unknown type; inner literals without type are not worth a message.
    fn use_elided(&mut self, list: &[ExprId]) {
        for &v in list {
            match self.ast.expr(v) {
                Expr::CompLit(None, inner) => {
                    let inner: Vec<ExprId> = inner.iter().map(|el| el.value).collect();
                    self.use_elided(&inner);
                }
                _ => self.use_exprs(&[v]),
            }
        }
    }

    fn struct_literal(&mut self, e: ExprId, ty: TyId, fields: &[FieldTy], elems: &[Elem]) {
        let Some(first) = elems.first() else { return };
        if first.key.is_some() {
            return self.keyed_fields(ty, fields, elems);
        }
        for (i, el) in elems.iter().enumerate() {
            if let Some(k) = el.key {
                let at = self.span(k);
                self.err(Code::BadLiteral, at, "mixture of field:value and value elements in struct literal");
                self.use_elided(&[el.value]);
                continue;
            }
            let Some(f) = fields.get(i) else {
                let at = self.span(el.value);
                let m = format!("too many values in struct literal of type {}", self.ty_text(ty));
                let rest: Vec<ExprId> = elems[i..].iter().map(|el| el.value).collect();
                self.use_elided(&rest);
                return self.err(Code::BadLiteral, at, m);
            };
            let mut x = self.expr(el.value);
            if f.pkg != PkgId(0) && f.pkg != self.pkg {
                let m = format!(
                    "implicit assignment to unexported field {} in struct literal of type {}",
                    self.name(f.name),
                    self.ty_text(ty)
                );
                let at = self.span(el.value);
                self.err(Code::NotExported, at, m);
                continue;
            }
            self.assignment(&mut x, Some(f.ty), Context::Named("struct literal"));
        }
        if elems.len() < fields.len() {
            let hidden = fields.iter().any(|f| f.pkg != PkgId(0) && f.pkg != self.pkg);
            let hint = if hidden { " (type has unexported fields - use key:value pairs)" } else { "" };
            let m = format!("too few values in struct literal of type {}{hint}", self.ty_text(ty));
            let hi = self.span(e).hi;
            self.err(Code::BadLiteral, Span::new(hi.saturating_sub(1), hi), m);
        }
    }

    fn keyed_fields(&mut self, ty: TyId, fields: &[FieldTy], elems: &[Elem]) {
        let mut seen: Vec<(FieldPath, Sym)> = vec![];
        for el in elems {
            let Some(key) = el.key else {
                let at = self.span(el.value);
                self.err(Code::BadLiteral, at, "mixture of field:value and value elements in struct literal");
                self.use_elided(&[el.value]);
                continue;
            };
            let at = self.span(key);
            let Expr::Name(name) = *self.ast.expr(key) else {
                let m = format!("invalid field name {} in struct literal", self.expr_text(key));
                self.err(Code::BadLiteral, at, m);
                self.use_elided(&[el.value]);
                continue;
            };
            if self.is_blank(name) {
                self.err(Code::BadLiteral, at, "invalid field name _ in struct literal");
                self.use_elided(&[el.value]);
                continue;
            }
            let Some((field, path)) = self.literal_field(ty, fields, name, key) else {
                self.use_elided(&[el.value]);
                continue;
            };
            let mut x = self.expr(el.value);
            self.assignment(&mut x, Some(field), Context::Named("struct literal"));
            self.check_overlap(&seen, &path, name, at);
            seen.push((path, name));
        }
    }

    /// The field that a key names, perhaps one of an embedded struct: its type and the way to it.
    fn literal_field(&mut self, ty: TyId, fields: &[FieldTy], name: Sym, key: ExprId) -> Option<(TyId, FieldPath)> {
        let pkg = self.name_pkg(name);
        if let Some(i) = fields.iter().position(|f| f.name == name && f.pkg == pkg) {
            return Some((fields[i].ty, smallvec![i as u32]));
        }
        let at = self.span(key);
        let Lookup::Found(f) = lookup_field_or_method(self.types, self.info, ty, name, pkg) else {
            self.unknown_field(ty, fields, name, at);
            return None;
        };
        let Member::Field(field) = f.member else {
            self.unknown_field(ty, fields, name, at);
            return None;
        };
        if f.indirect {
            let m = format!("invalid implicit pointer indirection to reach {}", self.name(name));
            self.err(Code::BadLiteral, at, m);
            return None;
        }
        let selection =
            Selection { kind: SelKind::Field, path: f.path.clone(), recv: ty, name, name_pkg: pkg, targs: vec![] };
        self.info.selections.insert(key, selection);
        Some((field, f.path))
    }

    /// No part of a struct is given twice.
    fn check_overlap(&mut self, seen: &[(FieldPath, Sym)], path: &[u32], name: Sym, at: Span) {
        let Some((other, sym)) = seen.iter().find(|(p, _)| p.starts_with(path) || path.starts_with(p)) else { return };
        let (n, o) = (self.name(name), self.name(*sym));
        let m = match other.len().cmp(&path.len()) {
            Ordering::Equal => format!("duplicate field name {n} in struct literal"),
            Ordering::Less => format!("cannot specify promoted field {n} and enclosing embedded field {o}"),
            Ordering::Greater => format!("cannot specify embedded field {n} and enclosed promoted field {o}"),
        };
        self.err(Code::BadLiteral, at, m);
    }

    fn unknown_field(&mut self, ty: TyId, fields: &[FieldTy], name: Sym, at: Span) {
        let n = self.name(name);
        let ty = self.ty_text(ty);
        if fields.iter().any(|f| f.name == name) {
            let m = format!("cannot refer to unexported field {n} in struct literal of type {ty}");
            return self.err(Code::NotExported, at, m);
        }
        let other = fields.iter().map(|f| self.name(f.name)).find(|f| f.to_lowercase() == n.to_lowercase());
        let m = match other {
            Some(o) => format!("unknown field {n} in struct literal of type {ty}, but does have {o}"),
            None => format!("unknown field {n} in struct literal of type {ty}"),
        };
        let mut d = gol_syntax::diag::Diagnostic::error(Code::BadLiteral, at, m);
        d.help = self.nearest(n, fields.iter().map(|f| self.name(f.name))).map(|f| format!("did you mean `{f}`?"));
        self.report(d);
    }

    /// Elements of an array or slice literal; gives the length that they need.
    fn elements(&mut self, elems: &[Elem], elem: TyId, length: Option<u64>) -> u64 {
        let mut seen: FxHashSet<u64> = FxHashSet::default();
        // Without keys they are counted.
        let keyed = elems.iter().any(|el| el.key.is_some());
        let (mut index, mut max) = (0u64, 0u64);
        for el in elems {
            let mut valid = true;
            if let Some(k) = el.key {
                let errors = self.diags.len();
                match self.index_value(k, length) {
                    Some(i) => index = i,
                    None => {
                        valid = false;
                        if self.diags.len() == errors && self.info.expr(k).is_some_and(|i| i.ty != Types::ERROR) {
                            let (m, at) =
                                (format!("index {} must be integer constant", self.expr_text(k)), self.span(k));
                            self.err(Code::BadLiteral, at, m);
                        }
                    }
                }
            } else if let Some(n) = length.filter(|&n| index >= n) {
                valid = false;
                let at = self.span(el.value);
                self.err(Code::BadLiteral, at, format!("index {index} is out of bounds (>= {n})"));
            }
            if valid && keyed && !seen.insert(index) {
                let at = self.span(el.key.unwrap_or(el.value));
                self.err(Code::BadLiteral, at, format!("duplicate index {index} in array or slice literal"));
            }
            index = index.saturating_add(1);
            max = max.max(index);
            let mut x = self.expr_hint(el.value, Some(elem));
            self.assignment(&mut x, Some(elem), Context::Named("array or slice literal"));
        }
        max
    }

    fn map_literal(&mut self, elems: &[Elem], key: TyId, value: TyId) {
        let mut seen: FxHashSet<(TyId, Value)> = FxHashSet::default();
        for el in elems {
            let Some(k) = el.key else {
                let at = self.span(el.value);
                self.err(Code::BadLiteral, at, "missing key in map literal");
                self.use_elided(&[el.value]);
                continue;
            };
            let mut x = self.expr_hint(k, Some(key));
            // A constant of a type parameter's type is no constant any more, but the same key still.
            let written = x.value.clone().filter(|_| self.types.is_tparam(key));
            self.assignment(&mut x, Some(key), Context::Named("map literal"));
            let known = written.map(|v| v.to_whole().unwrap_or(v)).or_else(|| x.value.clone());
            if let (true, Some(v)) = (x.ok(), known)
                && !seen.insert((x.ty, v))
            {
                let (m, at) = (format!("duplicate key {} in map literal", self.expr_text(k)), self.span(k));
                self.err(Code::BadLiteral, at, m);
            }
            let mut x = self.expr_hint(el.value, Some(value));
            self.assignment(&mut x, Some(value), Context::Named("map literal"));
        }
    }
}

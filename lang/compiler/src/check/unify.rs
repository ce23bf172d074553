//! Unification of types: finds types for type parameters so that two types become identical, or assignable.
//!
//! Follows Go's rules ("Type unification" in the spec): exact unification wants identical types; inexact unification
//! looks through names of defined types and ignores directions of channels; for assignments only the outermost
//! types are matched inexactly.

use super::Checker;
use super::lookup::{Lookup, Member, lookup_field_or_method};
use crate::check::relation::{method_subst, own_tparams};
use crate::types::{IfaceTy, MethodTy, TParamId, Ty, TyId, Types};
use gol_syntax::ast::Dir;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Types nest no deeper than this in unification: cyclic constraints end here.
const MAX_DEPTH: u32 = 100;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Match {
    Exact,
    Inexact,
    /// Inexact at the outermost types, exact inside.
    Assign,
}

impl Match {
    fn inside(self) -> Match {
        match self {
            Match::Exact | Match::Assign => Match::Exact,
            Match::Inexact => Match::Inexact,
        }
    }
}

/// What is known of the type parameters that are sought; joined parameters share a place.
pub(super) struct Unifier {
    places: FxHashMap<TParamId, usize>,
    found: Vec<Option<TyId>>,
    depth: u32,
}

impl Unifier {
    pub fn new(tparams: &[TParamId], given: &[Option<TyId>]) -> Unifier {
        let places = tparams.iter().enumerate().map(|(i, &p)| (p, i)).collect();
        let found = (0..tparams.len()).map(|i| given.get(i).copied().flatten()).collect();
        Unifier { places, found, depth: 0 }
    }
    pub fn at(&self, p: TParamId) -> Option<TyId> {
        self.found[*self.places.get(&p)?]
    }
    pub fn set(&mut self, p: TParamId, ty: TyId) {
        if let Some(&i) = self.places.get(&p) {
            self.found[i] = Some(ty);
        }
    }
    pub fn unknown(&self) -> usize {
        self.places.values().filter(|&&i| self.found[i].is_none()).count()
    }
    fn bound(&self, types: &Types, ty: TyId) -> Option<TParamId> {
        match types.get(ty) {
            Ty::TypeParam(p) if self.places.contains_key(p) => Some(*p),
            _ => None,
        }
    }
    /// Makes two parameters one; not possible when both have a type already.
    fn join(&mut self, a: TParamId, b: TParamId) -> bool {
        let (i, j) = (self.places[&a], self.places[&b]);
        if i != j {
            if self.found[i].is_some() && self.found[j].is_some() {
                return false;
            }
            let known = self.found[i].or(self.found[j]);
            self.found[i] = known;
            for place in self.places.values_mut().filter(|p| **p == j) {
                *place = i;
            }
        }
        true
    }
}

impl Checker<'_> {
    pub(super) fn unify(&mut self, u: &mut Unifier, x: TyId, y: TyId, mode: Match) -> bool {
        if x == y {
            return true;
        }
        u.depth += 1;
        let same = u.depth < MAX_DEPTH && self.unify_types(u, x, y, mode);
        u.depth -= 1;
        same
    }

    fn unify_types(&mut self, u: &mut Unifier, mut x: TyId, mut y: TyId, mode: Match) -> bool {
        let named = |c: &Self, t: TyId| matches!(c.types.get(t), Ty::Named(_));
        // A defined type stands in y, a parameter that is sought in x.
        if named(self, x) || u.bound(self.types, y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        let literal = !matches!(self.types.get(x), Ty::Named(_) | Ty::TypeParam(_));
        if mode != Match::Exact && named(self, y) && literal && !self.types.is_interface(x) {
            self.complete(y);
            y = self.types.under_id(y);
        }
        match (u.bound(self.types, x), u.bound(self.types, y)) {
            (Some(p), Some(q)) => {
                return u.join(p, q) || {
                    let (a, b) = (u.at(p), u.at(q));
                    a.zip(b).is_some_and(|(a, b)| self.unify(u, a, b, mode))
                };
            }
            (Some(p), None) => return self.unify_parameter(u, p, y, mode),
            (None, _) => {}
        }
        if x == y {
            return true;
        }
        if mode != Match::Exact
            && let Some(same) = self.unify_interfaces(u, x, y)
        {
            return same;
        }
        if self.types.is_tparam(y) {
            std::mem::swap(&mut x, &mut y);
        }
        if self.types.is_tparam(x) {
            return match self.types.core(x) {
                Some(core) if core != x => self.unify(u, core, y, Match::Assign),
                _ => false,
            };
        }
        self.unify_parts(u, x, y, mode)
    }

    /// A parameter that is sought, and a type.
    fn unify_parameter(&mut self, u: &mut Unifier, p: TParamId, y: TyId, mode: Match) -> bool {
        let Some(x) = u.at(p) else {
            u.set(p, y);
            return true;
        };
        if !self.unify(u, x, y, mode) {
            return false;
        }
        if mode == Match::Exact {
            return true;
        }
        match (self.iface_of(x), self.iface_of(y)) {
            (None, None) => {}
            // Methods unified already, so their number tells whether they are the same.
            (Some(a), Some(b)) => {
                let (xn, yn) = (self.types.has_name(x), self.types.has_name(y));
                if xn && yn {
                    return x == y;
                }
                if a.methods.len() != b.methods.len() {
                    return false;
                }
            }
            // Either could be meant, and the order must not matter.
            (Some(_), None) | (None, Some(_)) => return false,
        }
        // A defined type is the better answer, and a channel with a direction.
        let named = |t: TyId| matches!(self.types.get(t), Ty::Named(_));
        let directed = |t: TyId| matches!(self.types.get(t), Ty::Chan(Dir::Send | Dir::Recv, _));
        if named(y) && !named(x) || !named(x) && directed(y) {
            u.set(p, y);
        }
        true
    }

    /// Inexact unification of interfaces, by methods; `None` when neither type is one.
    fn unify_interfaces(&mut self, u: &mut Unifier, x: TyId, y: TyId) -> Option<bool> {
        match (self.iface_of(x), self.iface_of(y)) {
            (Some(a), Some(b)) => Some(self.unify_two_interfaces(u, &a, &b)),
            (Some(a), None) => Some(self.unify_methods(u, &a.methods, y)),
            (None, Some(b)) => Some(self.unify_methods(u, &b.methods, x)),
            (None, None) => None,
        }
    }
    fn iface_of(&mut self, ty: TyId) -> Option<Arc<IfaceTy>> {
        self.complete(ty);
        match self.types.under(ty) {
            Ty::Interface(i) => Some(i.clone()),
            _ => None,
        }
    }
    fn unify_two_interfaces(&mut self, u: &mut Unifier, a: &IfaceTy, b: &IfaceTy) -> bool {
        if a.comparable != b.comparable || a.unions != b.unions {
            return false;
        }
        let (few, many) = if a.methods.len() <= b.methods.len() { (a, b) } else { (b, a) };
        few.methods.iter().all(|m| {
            let other = many.methods.iter().find(|n| (n.name, n.pkg) == (m.name, m.pkg));
            other.is_some_and(|n| self.unify(u, m.sig, n.sig, Match::Exact))
        })
    }
    /// The type has these methods, with signatures that unify.
    pub(super) fn unify_methods(&mut self, u: &mut Unifier, methods: &[MethodTy], ty: TyId) -> bool {
        methods.iter().all(|m| {
            let Lookup::Found(f) = lookup_field_or_method(self.types, self.info, ty, m.name, m.pkg) else {
                return false;
            };
            let sig = match f.member {
                Member::Field(_) => return false,
                Member::IfaceMethod(sig) => sig,
                Member::Method { obj, .. } => {
                    self.resolve(obj);
                    if !own_tparams(self.types, self.info, obj).is_empty() {
                        return false;
                    }
                    let map = method_subst(self.types, self.info, obj, f.owner);
                    self.types.subst(self.info.obj(obj).ty, &map)
                }
            };
            self.unify(u, m.sig, sig, Match::Exact)
        })
    }

    fn unify_parts(&mut self, u: &mut Unifier, x: TyId, y: TyId, mode: Match) -> bool {
        let inside = mode.inside();
        match (self.types.get(x).clone(), self.types.get(y).clone()) {
            (Ty::Pointer(a), Ty::Pointer(b)) | (Ty::Slice(a), Ty::Slice(b)) => self.unify(u, a, b, inside),
            (Ty::Array(n, a), Ty::Array(m, b)) => n == m && self.unify(u, a, b, inside),
            (Ty::Map(k, v), Ty::Map(l, w)) => self.unify(u, k, l, inside) && self.unify(u, v, w, inside),
            (Ty::Chan(d, a), Ty::Chan(e, b)) => (mode != Match::Exact || d == e) && self.unify(u, a, b, inside),
            (Ty::Func(f), Ty::Func(g)) => {
                f.variadic == g.variadic
                    && self.unify_lists(u, &f.params, &g.params, inside)
                    && self.unify_lists(u, &f.results, &g.results, inside)
            }
            (Ty::Tuple(a), Ty::Tuple(b)) => self.unify_lists(u, &a, &b, inside),
            (Ty::Struct(f), Ty::Struct(g)) => {
                f.len() == g.len()
                    && f.iter().zip(&*g).all(|(f, g)| {
                        (f.name, f.pkg, f.embedded, f.tag) == (g.name, g.pkg, g.embedded, g.tag)
                            && self.unify(u, f.ty, g.ty, inside)
                    })
            }
            (Ty::Interface(a), Ty::Interface(b)) => {
                a.methods.len() == b.methods.len() && self.unify_two_interfaces(u, &a, &b)
            }
            (Ty::Named(n), Ty::Named(m)) => {
                let (n, m) = (self.types.named(n).clone(), self.types.named(m).clone());
                n.origin.is_some() && n.origin == m.origin && self.unify_lists(u, &n.targs, &m.targs, inside)
            }
            _ => false,
        }
    }
    fn unify_lists(&mut self, u: &mut Unifier, a: &[TyId], b: &[TyId], mode: Match) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| self.unify(u, a, b, mode))
    }
}

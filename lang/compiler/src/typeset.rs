//! Type sets: what is known of a type parameter through its constraint.
//!
//! A constraint's unions are kept as they were declared, with interfaces in them replaced by their terms; their intersection
//! is computed when it is asked for. "All types" is no list: a rule that asks for a property of every type of the set
//! does not hold then.

use crate::types::{IfaceTy, Term, Ty, TyId, Types};
use gol_syntax::ast::Dir;
use rustc_hash::FxHashSet;
use smallvec::{SmallVec, smallvec};

impl Types {
    pub fn is_tparam(&self, ty: TyId) -> bool {
        matches!(self.get(ty), Ty::TypeParam(_))
    }
    /// The interface that constrains a type parameter, or the interface that a type is.
    pub fn constraint(&self, ty: TyId) -> Option<&IfaceTy> {
        let iface = match self.get(ty) {
            Ty::TypeParam(p) => self.tparam(*p).constraint,
            _ => ty,
        };
        match self.under(iface) {
            Ty::Interface(i) => Some(i),
            _ => None,
        }
    }
    /// The specific types of an interface; `None`: all types.
    pub fn terms(&self, i: &IfaceTy) -> Option<Vec<Term>> {
        let mut unions = i.unions.iter();
        let mut all = unions.next()?.clone();
        for u in unions {
            let mut seen: FxHashSet<Term> = FxHashSet::default();
            let pairs = all.iter().flat_map(|a| u.iter().filter_map(|b| self.both(a, b)));
            all = pairs.filter(|t| seen.insert(*t)).collect();
        }
        if i.comparable {
            all.retain(|t| self.strictly_comparable(t.ty));
        }
        Some(all)
    }
    /// Can values of the type be compared without a panic? Interfaces cannot; type parameters only if all their types can.
    pub fn strictly_comparable(&self, ty: TyId) -> bool {
        self.strict(ty, &mut FxHashSet::default())
    }
    fn strict(&self, ty: TyId, seen: &mut FxHashSet<TyId>) -> bool {
        if !seen.insert(ty) {
            return true;
        }
        match self.under(ty) {
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(_) | Ty::Interface(_) => false,
            Ty::Array(_, elem) => self.strict(*elem, seen),
            Ty::Struct(fields) => fields.iter().all(|f| self.strict(f.ty, seen)),
            Ty::TypeParam(_) => {
                let Some(i) = self.constraint(ty) else { return true };
                match self.terms(i) {
                    None => i.comparable,
                    Some(terms) => !terms.is_empty() && terms.iter().all(|t| self.strict(t.ty, seen)),
                }
            }
            Ty::Error | Ty::Basic(_) | Ty::Named(_) | Ty::Pointer(_) | Ty::Chan(..) | Ty::Tuple(_) => true,
        }
    }
    /// The intersection of two terms.
    fn both(&self, a: &Term, b: &Term) -> Option<Term> {
        let same = self.under_id(a.ty) == self.under_id(b.ty);
        match (a.tilde, b.tilde) {
            (true, _) if same => Some(*b),
            (false, true) if same => Some(*a),
            _ => (a.ty == b.ty).then_some(*a),
        }
    }
    /// Is the type in the set of a term?
    pub fn in_term(&self, ty: TyId, t: &Term) -> bool {
        ty == t.ty || t.tilde && self.under_id(ty) == self.under_id(t.ty)
    }

    /// The types of a type parameter's set, as declared; of any other type: itself. Empty: no specific types.
    pub fn type_set(&self, ty: TyId) -> SmallVec<[TyId; 4]> {
        match self.get(ty) {
            Ty::TypeParam(_) => {
                let terms = self.constraint(ty).and_then(|i| self.terms(i));
                terms.unwrap_or_default().into_iter().map(|t| t.ty).collect()
            }
            _ => smallvec![ty],
        }
    }
    /// Does `rule` hold for the type, or for every type of a type parameter's set (which is not empty then)?
    pub fn every(&self, ty: TyId, rule: impl Fn(TyId) -> bool) -> bool {
        if !self.is_tparam(ty) {
            return rule(ty);
        }
        let set = self.type_set(ty);
        !set.is_empty() && set.into_iter().all(rule)
    }
    /// The one underlying type of all types of a type parameter's set; of any other type: its own.
    pub fn core(&self, ty: TyId) -> Option<TyId> {
        if !self.is_tparam(ty) {
            return Some(self.under_id(ty));
        }
        let mut set = self.type_set(ty).into_iter().map(|t| self.under_id(t));
        let mut core = set.next()?;
        for t in set {
            core = self.common(core, t)?;
        }
        Some(core)
    }
    /// The core type itself; the type parameter where there is none.
    pub fn core_ty(&self, ty: TyId) -> &Ty {
        if !self.is_tparam(ty) {
            return self.under(ty);
        }
        self.core(ty).map_or(self.get(ty), |c| self.get(c))
    }
    /// Channels may differ in direction as long as one direction is left.
    fn common(&self, a: TyId, b: TyId) -> Option<TyId> {
        match (self.get(a), self.get(b)) {
            _ if a == b => Some(a),
            (Ty::Chan(Dir::Both, x), Ty::Chan(_, y)) if x == y => Some(b),
            (Ty::Chan(_, x), Ty::Chan(Dir::Both, y)) if x == y => Some(a),
            _ => None,
        }
    }
    /// As `core`, but strings and byte slices mix and count as strings.
    pub fn core_bytes(&self, ty: TyId) -> Option<TyId> {
        if let Some(c) = self.core(ty) {
            return Some(c);
        }
        let bytes = |t: TyId| match self.under(t) {
            Ty::Slice(e) => self.under_id(*e) == Types::UINT8,
            _ => self.under_id(t) == Types::STRING,
        };
        self.every(ty, bytes).then_some(Types::STRING)
    }
    /// The single specific type of a type parameter's set, and whether it stands with a tilde.
    pub fn core_term(&self, ty: TyId) -> Option<(Term, bool)> {
        let terms = self.constraint(ty).and_then(|i| self.terms(i))?;
        match &terms[..] {
            [one] => Some((*one, true)),
            [] => None,
            _ => self.core(ty).map(|c| (Term { tilde: true, ty: c }, false)),
        }
    }
}

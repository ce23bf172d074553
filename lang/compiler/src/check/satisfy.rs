//! Does a type satisfy a constraint? If not, why, in Go's words.

use super::Checker;
use crate::check::relation::comparable;
use crate::type_text::{TypeText, union_string};
use crate::types::{Term, Ty, TyId, Types};

impl Checker<'_> {
    /// `T does not satisfy C (missing method M)`; `None` when it does.
    pub(super) fn unsatisfied(&self, ty: TyId, constraint: TyId) -> Option<String> {
        if ty == Types::ERROR || self.types.under_id(ty) == Types::ERROR {
            return None;
        }
        let i = self.types.constraint(constraint)?;
        let (t, c) = (self.ty_text(ty), self.ty_text(constraint));
        let terms = self.types.terms(i);
        if terms.as_ref().is_some_and(Vec::is_empty) {
            return Some(format!("cannot satisfy {c} (empty type set)"));
        }
        if let Some(cause) = self.missing_cause_of_methods(ty, constraint) {
            return Some(format!("{t} does not satisfy {c} {cause}"));
        }
        if i.comparable && !comparable(self.types, ty) {
            return Some(format!("{t} does not satisfy comparable"));
        }
        let terms = terms?;
        let within = |ty: TyId| terms.iter().any(|w| self.types.in_term(ty, w));
        if matches!(self.types.under(ty), Ty::Interface(_) | Ty::TypeParam(_)) {
            let own = self.types.constraint(ty).and_then(|i| self.types.terms(i));
            let Some(own) = own else { return Some(format!("{t} does not satisfy {c}")) };
            let missing = own.iter().find(|o| !terms.iter().any(|w| self.included(o, w)))?;
            let (missing, all) = (self.terms_text(std::slice::from_ref(missing)), self.terms_text(&terms));
            return Some(format!("{t} does not satisfy {c} ({missing} missing in {all})"));
        }
        if within(ty) {
            return None;
        }
        if i.unions.iter().flatten().any(|w| self.types.in_term(ty, w)) {
            return Some(format!("{t} does not satisfy {c} ({c} mentions {t}, but {t} is not in the type set of {c})"));
        }
        let near = terms.iter().find(|w| !w.tilde && self.types.under_id(w.ty) == self.types.under_id(ty));
        Some(match near {
            Some(w) => format!("{t} does not satisfy {c} (possibly missing ~ for {} in {c})", self.ty_text(w.ty)),
            None => format!("{t} does not satisfy {c} ({t} missing in {})", self.terms_text(&terms)),
        })
    }
    fn included(&self, a: &Term, b: &Term) -> bool {
        match (a.tilde, b.tilde) {
            (true, false) => false,
            _ => self.types.in_term(a.ty, b),
        }
    }
    pub(super) fn terms_text(&self, terms: &[Term]) -> String {
        union_string(self.types, self.info, &self.ast.names, terms, TypeText::Message(self.pkg))
    }
    fn missing_cause_of_methods(&self, ty: TyId, constraint: TyId) -> Option<String> {
        match super::relation::missing_method(self.types, self.info, ty, constraint)? {
            super::relation::Missing::Constraint => None,
            _ => self.missing_cause(ty, constraint),
        }
    }
}

//! Inference of type arguments (Go spec, "Type inference"): from typed arguments, from constraints, then from untyped
//! constants.

use super::Checker;
use super::operand::Operand;
use super::unify::{Match, Unifier};
use crate::instance::Subst;
use crate::types::{TParam, TParamId, Ty, TyId};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

/// What is asked.
pub(super) struct Inference {
    pub tparams: Vec<TParamId>,
    pub given: Vec<Option<TyId>>,
    /// Types of parameters, and what is passed for them.
    pub pairs: Vec<(TyId, Operand)>,
    /// `in call to f, `, or nothing.
    pub context: String,
    pub at: Span,
}

impl Checker<'_> {
    /// Copies of type parameters under new identities, so that a function can be used inside itself.
    /// Their bounds are substituted with `map`, to which the new identities are added.
    pub(super) fn renamed(&mut self, tparams: &[TParamId], map: &mut Subst) -> Vec<TParamId> {
        let mut new = vec![];
        for &p in tparams {
            let copy = self.types.tparam(p).clone();
            let (id, ty) = self.types.add_tparam(copy);
            map.insert(p, ty);
            new.push(id);
        }
        for &p in &new {
            let TParam { constraint, .. } = *self.types.tparam(p);
            self.types.tparams[p.0 as usize].constraint = self.types.subst(constraint, map);
        }
        new
    }

    /// The type arguments, one a parameter; `None` after a message.
    pub(super) fn infer(&mut self, q: &Inference) -> Option<Vec<TyId>> {
        let mut u = Unifier::new(&q.tparams, &q.given);
        let mut untyped: Vec<(TParamId, &Operand)> = vec![];
        for (param, arg) in &q.pairs {
            if !self.types.mentions_tparam(*param) {
                continue;
            }
            if !arg.ok() {
                return None;
            }
            if !self.types.is_untyped(arg.ty) {
                if !self.unify(&mut u, *param, arg.ty, Match::Assign) {
                    self.mismatched_argument(q, &u, *param, arg);
                    return None;
                }
            } else if let Ty::TypeParam(p) = self.types.get(*param)
                && !arg.is_nil()
            {
                untyped.push((*p, arg));
            }
        }
        self.use_constraints(q, &mut u)?;
        self.use_untyped(q, &mut u, &untyped)?;
        self.simplify(q, &u)
    }

    fn mismatched_argument(&mut self, q: &Inference, u: &Unifier, param: TyId, arg: &Operand) {
        let known: Subst = q.tparams.iter().filter_map(|&p| Some((p, u.at(p)?))).collect();
        let (have, what, want) = (self.ty_text(arg.ty), self.expr_text(arg.expr), self.ty_text(param));
        let inferred = self.types.subst(param, &known);
        let m = if known.is_empty() {
            let names: Vec<&str> = q.tparams.iter().map(|&p| self.name(self.types.tparam(p).name)).collect();
            format!("type {have} of {what} does not match {want} (cannot infer {})", listed(&names))
        } else if inferred != param {
            format!("type {have} of {what} does not match inferred type {} for {want}", self.ty_text(inferred))
        } else {
            format!("type {have} of {what} does not match {want}")
        };
        let at = self.at(arg);
        self.err(Code::CannotInfer, at, format!("{}{m}", q.context));
    }

    /// What the constraints say, until nothing new comes out.
    fn use_constraints(&mut self, q: &Inference, u: &mut Unifier) -> Option<()> {
        loop {
            let unknown = u.unknown();
            for &p in &q.tparams {
                let ty = self.types.intern(Ty::TypeParam(p));
                let known = u.at(p);
                if let Some((term, single)) = self.types.core_term(ty) {
                    // `~string` is met by every type with that underlying type.
                    let bare =
                        |t: TyId| if term.tilde && !self.types.is_tparam(t) { self.types.under_id(t) } else { t };
                    match known.map(|t| (t, bare(t))) {
                        Some((t, bare)) if !self.unify(u, bare, term.ty, Match::Inexact) => {
                            self.unsatisfied_core(q, p, t);
                            return None;
                        }
                        None if single && !term.tilde => u.set(p, term.ty),
                        _ => {}
                    }
                } else if let Some(t) = known {
                    let methods = self.types.constraint(ty).map(|i| i.methods.clone()).unwrap_or_default();
                    if !self.unify_methods(u, &methods, t) {
                        // A method that is missing is told with its reason by whoever verifies the arguments.
                        if self.unsatisfied(t, self.types.tparam(p).constraint).is_some() {
                            self.unsatisfied_core(q, p, t);
                            return None;
                        }
                    }
                }
            }
            if u.unknown() == unknown {
                return Some(());
            }
        }
    }
    fn unsatisfied_core(&mut self, q: &Inference, p: TParamId, t: TyId) {
        let TParam { name, constraint, .. } = *self.types.tparam(p);
        let (name, c) = (self.name(name), self.ty_text(constraint));
        let cause = self.missing_cause(t, constraint).map_or(String::new(), |c| format!(" {c}"));
        let m = format!("{}{name} (type {}) does not satisfy {c}{cause}", q.context, self.ty_text(t));
        self.err(Code::BadTypeArg, q.at, m);
    }

    /// Parameters that only untyped constants are passed for take the default type of the largest.
    fn use_untyped(&mut self, q: &Inference, u: &mut Unifier, untyped: &[(TParamId, &Operand)]) -> Option<()> {
        let mut largest: Vec<(TParamId, TyId)> = vec![];
        for (p, arg) in untyped.iter().filter(|(p, _)| u.at(*p).is_none()) {
            match largest.iter_mut().find(|l| l.0 == *p) {
                None => largest.push((*p, arg.ty)),
                Some(l) => match self.larger(l.1, arg.ty) {
                    Some(t) => l.1 = t,
                    None => {
                        let name = self.name(self.types.tparam(*p).name);
                        let (a, b) = (self.ty_text(l.1), self.ty_text(arg.ty));
                        let m = format!("{}mismatched types {a} and {b} (cannot infer {name})", q.context);
                        let at = self.at(arg);
                        self.err(Code::CannotInfer, at, m);
                        return None;
                    }
                },
            }
        }
        for (p, t) in largest {
            let t = self.default_type(t);
            u.set(p, t);
        }
        self.use_constraints(q, u)
    }

    /// Puts what was found into each other; what stays unknown cannot be inferred.
    fn simplify(&mut self, q: &Inference, u: &Unifier) -> Option<Vec<TyId>> {
        let mut found: Vec<Option<TyId>> = q.tparams.iter().map(|&p| u.at(p)).collect();
        for _ in 0..=q.tparams.len() {
            let map: Subst = q.tparams.iter().zip(&found).filter_map(|(&p, &t)| Some((p, t?))).collect();
            let mut changed = false;
            for t in found.iter_mut().flatten() {
                let new = self.types.subst(*t, &map);
                changed |= new != *t;
                *t = new;
            }
            if !changed {
                break;
            }
        }
        let open = |c: &Self, t: TyId| {
            let marks: Subst = q.tparams.iter().map(|&p| (p, crate::types::Types::ERROR)).collect();
            c.types.mentions_tparam(t) && !c.types.identical_after(t, &marks, t)
        };
        for (&p, t) in q.tparams.iter().zip(&found) {
            if t.is_none_or(|t| open(self, t)) {
                let TParam { name, pos, .. } = *self.types.tparam(p);
                let n = self.name(name);
                let m = format!("{}cannot infer {n}", q.context);
                self.report(
                    Diagnostic::error(Code::CannotInfer, q.at, m).related(pos, format!("{n} is declared here")),
                );
                return None;
            }
        }
        Some(found.into_iter().flatten().collect())
    }
}

/// `A`, `A and B`, `A, B, and C`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [a] => (*a).to_string(),
        [a, b] => format!("{a} and {b}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

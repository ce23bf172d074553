//! Constraints and unions; instances of generic types and aliases.

use super::Checker;
use super::world::UNIVERSE;
use crate::info::{Mode, ObjKind};
use crate::instance::Subst;
use crate::types::{IfaceTy, TParamId, Term, Ty, TyId, Types};
use gol_syntax::ast::{BinOp, Expr, ExprId, UnOp};
use gol_syntax::diag::Code;
use gol_syntax::span::Span;
use rustc_hash::FxHashSet;

/// Unions may not have more terms, as in Go.
const MAX_TERMS: usize = 100;

impl<'a> Checker<'a> {
    /// The interface that a constraint denotes; `~int|string` stands for `interface{ ~int|string }`.
    pub(super) fn constraint_type(&mut self, e: ExprId) -> TyId {
        let at = self.span(e);
        if self.is_union(e) {
            let union = self.union(e);
            let unions = union.into_iter().collect();
            let ty = self.types.intern(Ty::Interface(IfaceTy { unions, ..IfaceTy::default() }.into()));
            self.set_info(e, Mode::Type, ty, None);
            return ty;
        }
        let ty = self.type_expr_any(e);
        if let Ty::Named(n) = self.types.get(ty)
            && self.unresolved.get(&self.types.origin(*n)).is_some_and(|s| s.busy.is_some())
        {
            // `type C[T C[T]] interface{ … }`
            self.put_off(Box::new(move |c: &mut Checker<'a>| c.busy_constraint(e, ty)));
            return ty;
        }
        self.complete(ty);
        match self.types.under(ty) {
            Ty::Interface(_) | Ty::Error => ty,
            Ty::TypeParam(_) => {
                self.err(Code::BadConstraint, at, "cannot use a type parameter as constraint");
                Types::ERROR
            }
            _ => {
                let unions = vec![vec![Term { tilde: false, ty }]];
                self.types.intern(Ty::Interface(IfaceTy { unions, ..IfaceTy::default() }.into()))
            }
        }
    }

    fn busy_constraint(&mut self, e: ExprId, ty: TyId) {
        if !self.types.is_interface(ty) && self.types.under_id(ty) != Types::ERROR {
            let m = format!("cannot use type {} as its own constraint: it is not an interface", self.ty_text(ty));
            let at = self.span(e);
            self.err(Code::BadConstraint, at, m);
        }
    }

    // ---- unions

    pub(super) fn is_union(&self, e: ExprId) -> bool {
        matches!(self.ast.expr(e), Expr::Binary(BinOp::Or, ..) | Expr::Unary(UnOp::Tilde, _))
    }
    /// The terms of a union; `None` when it holds all types (or is wrong).
    pub(super) fn union(&mut self, e: ExprId) -> Option<Vec<Term>> {
        let mut parts = vec![];
        let mut left = e;
        while let Expr::Binary(BinOp::Or, l, r) = self.ast.expr(left) {
            parts.push(*r);
            left = *l;
        }
        parts.push(left);
        parts.reverse();
        if parts.len() > MAX_TERMS {
            let at = self.span(e);
            self.err(
                Code::BadConstraint,
                at,
                format!("cannot handle more than {MAX_TERMS} union terms (implementation limitation)"),
            );
            return None;
        }
        let alone = parts.len() == 1;
        let (mut all, mut everything): (Vec<Term>, bool) = (vec![], false);
        let mut seen: FxHashSet<Term> = FxHashSet::default();
        for p in parts {
            match self.term(p, alone) {
                Some(Some(terms)) => {
                    if let [t] = &terms[..]
                        && let Some(o) = all.iter().find(|o| self.overlap(o, t))
                    {
                        let (at, mode) = (self.span(p), crate::type_text::TypeText::Message(self.pkg));
                        let text = |t: &Term| {
                            crate::type_text::union_string(
                                self.types,
                                self.info,
                                &self.ast.names,
                                std::slice::from_ref(t),
                                mode,
                            )
                        };
                        let m = format!("overlapping terms {} and {}", text(t), text(o));
                        self.err(Code::BadConstraint, at, m);
                        continue;
                    }
                    // A few declarations could name one exponentially often.
                    all.extend(terms.into_iter().filter(|t| seen.insert(*t)));
                }
                Some(None) => everything = true,
                None => {}
            }
        }
        (!everything).then_some(all)
    }
    fn overlap(&self, a: &Term, b: &Term) -> bool {
        self.types.in_term(a.ty, b) || self.types.in_term(b.ty, a)
    }
    /// One term: the types that it stands for (`Some(None)`: all); `None` after a message.
    fn term(&mut self, e: ExprId, alone: bool) -> Option<Option<Vec<Term>>> {
        let (tilde, inner) = match self.ast.expr(e) {
            Expr::Unary(UnOp::Tilde, x) => (true, *x),
            _ => (false, e),
        };
        let ty = self.type_expr_any(inner);
        if tilde {
            self.set_info(e, Mode::Type, ty, None);
        }
        self.complete(ty);
        let at = self.span(inner);
        let text = self.ty_text(ty);
        let under = self.types.under_id(ty);
        let m = match self.types.get(under) {
            Ty::Error => return None,
            Ty::TypeParam(_) if tilde => "type in term cannot be a type parameter".into(),
            Ty::TypeParam(_) => "term cannot be a type parameter".into(),
            Ty::Interface(_) if tilde => format!("invalid use of ~ ({text} is an interface)"),
            Ty::Interface(i) if !alone && !i.methods.is_empty() => {
                format!("cannot use {text} in union ({text} contains methods)")
            }
            Ty::Interface(i) if !alone && i.comparable && i.unions.is_empty() => {
                format!("cannot use {text} in union")
            }
            Ty::Interface(i) if !alone && i.comparable => {
                format!("cannot use {text} in union ({text} embeds comparable)")
            }
            Ty::Interface(i) => return Some(self.types.terms(i)),
            _ if tilde && under != ty => {
                format!("invalid use of ~ (underlying type of {text} is {})", self.ty_text(under))
            }
            _ => return Some(Some(vec![Term { tilde, ty }])),
        };
        self.err(Code::BadConstraint, at, m);
        None
    }

    // ---- uses of generic types

    /// Refuses a constraint where the type of a value is needed.
    pub(super) fn refuse_constraint(&mut self, e: ExprId, ty: TyId) {
        match *self.types.get(ty) {
            Ty::Interface(_) => {}
            Ty::Named(n) if self.unresolved.contains_key(&self.types.origin(n)) => {
                self.put_off(Box::new(move |c: &mut Checker<'a>| c.refuse_constraint(e, ty)));
                return;
            }
            Ty::Named(_) => {}
            _ => return,
        }
        let Ty::Interface(i) = self.types.under(ty) else { return };
        let cause = match (i.comparable, i.unions.is_empty()) {
            (_, false) => "interface contains type constraints",
            (true, true) => "interface is (or embeds) comparable",
            (false, true) => return,
        };
        let m = format!("cannot use type {} outside a type constraint: {cause}", self.ty_text(ty));
        let at = self.span(e);
        self.err(Code::BadConstraint, at, m);
    }

    /// Refuses a generic type that stands without arguments; gives whether it did.
    pub(super) fn refuse_generic(&mut self, e: ExprId, ty: TyId) -> bool {
        let Some(tparams) = self.generic_params(e, ty) else { return false };
        if let Ty::Named(n) = self.types.get(ty)
            && self.unresolved.get(n).is_some_and(|s| s.busy.is_none())
        {
            self.complete(ty);
        }
        let name = self.expr_text(e);
        let m = format!("cannot use generic type {name}{} without instantiation", self.tparam_list(&tparams));
        let at = self.span(e);
        self.err(Code::NotInstantiated, at, m);
        true
    }
    /// The parameters of a generic type or alias that stands without arguments.
    fn generic_params(&self, e: ExprId, ty: TyId) -> Option<Vec<TParamId>> {
        if let Some(o) = self.info.uses.get(&self.unparen(e))
            && let obj = self.info.obj(*o)
            && matches!(obj.kind, ObjKind::Type)
            && obj.pkg != UNIVERSE
            && let Some(list) = self.info.tparams.get(o)
        {
            return Some(list.clone());
        }
        match self.types.get(ty) {
            Ty::Named(n) if self.types.is_generic(ty) => {
                let n = self.types.named(*n);
                Some(n.tparams[n.implicit as usize..].to_vec())
            }
            _ => None,
        }
    }

    /// `base[args]` in a type.
    pub(super) fn instance_type(&mut self, e: ExprId, base: ExprId, args: &[ExprId]) -> TyId {
        let errors = self.diags.len();
        let b = self.generic_or_type(base);
        if b.mode == Mode::Type && b.ok() {
            return self.type_instance(e, base, b.ty, args);
        }
        self.use_exprs(args);
        if self.diags.len() == errors && b.ok() {
            let (m, at) = (format!("{} is not a type", self.expr_text(e)), self.span(e));
            self.err(Code::NotType, at, m);
        }
        Types::ERROR
    }
    /// The instance of the generic type `ty`, which `base` denotes.
    pub(super) fn type_instance(&mut self, e: ExprId, base: ExprId, ty: TyId, args: &[ExprId]) -> TyId {
        let targs: Vec<TyId> = args.iter().map(|&a| self.type_expr(a)).collect();
        let text = self.expr_text(base);
        let at = self.span(e);
        let Some(tparams) = self.generic_params(base, ty) else {
            let at = self.span(base);
            self.err(Code::NotType, at, format!("{text} is not a generic type"));
            return Types::ERROR;
        };
        let (have, want) = (targs.len(), tparams.len());
        if have != want {
            let (word, at) = match args.get(want) {
                Some(&extra) => ("too many", self.span(extra)),
                None => ("not enough", Span::new(at.hi.saturating_sub(1), at.hi)),
            };
            let m = format!("{word} type arguments for type {text}: have {have}, want {want}");
            self.err(Code::TypeArgCount, at, m);
            return Types::ERROR;
        }
        if targs.contains(&Types::ERROR) {
            return Types::ERROR;
        }
        let spans: Vec<Span> = args.iter().map(|&a| self.span(a)).collect();
        self.note_instance(&tparams, &targs, at);
        let made = match *self.types.get(ty) {
            Ty::Named(n) if self.types.is_generic(ty) => {
                let implicit = self.types.named(n).implicit as usize;
                let around = self.types.named(n).tparams[..implicit].to_vec();
                let mut all = self.tparam_types(&around);
                all.extend(&targs);
                self.types.instantiate(n, all)
            }
            _ => {
                let map: Subst = tparams.iter().copied().zip(targs.iter().copied()).collect();
                self.types.subst(ty, &map)
            }
        };
        self.soon(Box::new(move |c: &mut Checker<'a>| {
            c.verify(&tparams, &targs, &spans);
        }));
        made
    }

    /// Checks that type arguments satisfy the constraints of their parameters.
    pub(super) fn verify(&mut self, tparams: &[TParamId], targs: &[TyId], at: &[Span]) -> bool {
        let map: Subst = tparams.iter().copied().zip(targs.iter().copied()).collect();
        for (i, (&p, &t)) in tparams.iter().zip(targs).enumerate() {
            let constraint = self.types.tparam(p).constraint;
            let constraint = self.types.subst(constraint, &map);
            self.complete(t);
            self.complete(constraint);
            if let Some(m) = self.unsatisfied(t, constraint) {
                if let Some(&at) = at.get(i).or(at.last()) {
                    self.err(Code::BadTypeArg, at, m);
                }
                return false;
            }
        }
        true
    }
}

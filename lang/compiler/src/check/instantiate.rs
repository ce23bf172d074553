//! Uses of generic functions: explicit, partial and inferred instantiation.

use super::Checker;
use super::infer::Inference;
use super::operand::Operand;
use crate::info::Mode;
use crate::instance::Subst;
use crate::types::{FuncTy, TParamId, Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId};
use gol_syntax::diag::Code;
use gol_syntax::span::Span;
use std::sync::Arc;

/// A generic function without all its type arguments.
#[derive(Clone, Debug, Default)]
pub(super) struct Generic {
    pub tparams: Vec<TParamId>,
    /// The same as they are declared: those of a method of a generic type are copies, with the receiver's type arguments in
    /// their bounds.
    declared: Vec<TParamId>,
    /// Arguments that are written, with their places.
    given: Vec<TyId>,
    spans: Vec<Span>,
}

impl Generic {
    pub fn new(tparams: Vec<TParamId>) -> Generic {
        Generic { declared: tparams.clone(), tparams, ..Generic::default() }
    }
    pub fn copy(tparams: Vec<TParamId>, declared: Vec<TParamId>) -> Generic {
        Generic { tparams, declared, ..Generic::default() }
    }
    fn known(&self) -> Vec<Option<TyId>> {
        self.given.iter().map(|&t| Some(t)).collect()
    }
}

impl Checker<'_> {
    /// `f[A, B]`: all type arguments, or the first ones.
    pub(super) fn func_instance(&mut self, e: ExprId, mut x: Operand, args: &[ExprId]) -> Operand {
        let Some(mut g) = x.generic.take() else { return Operand::invalid(e) };
        let targs: Vec<TyId> = args.iter().map(|&a| self.type_expr(a)).collect();
        let (have, want) = (targs.len(), g.tparams.len());
        if let Some(&extra) = args.get(want) {
            let m = format!("got {have} type arguments but {} has {want} type parameters", self.expr_text(x.expr));
            let at = self.span(extra);
            self.err(Code::TypeArgCount, at, m);
            return Operand::invalid(e);
        }
        if targs.contains(&Types::ERROR) {
            return Operand::invalid(e);
        }
        g.given = targs;
        g.spans = args.iter().map(|&a| self.span(a)).collect();
        x.expr = e;
        if have < want {
            return Operand { generic: Some(g), ..x };
        }
        let targs = g.given.clone();
        self.instantiate(&mut x, &g, &targs);
        x
    }

    /// Gives a generic function its type arguments; invalid when they do not satisfy their constraints.
    fn instantiate(&mut self, x: &mut Operand, g: &Generic, targs: &[TyId]) {
        x.generic = None;
        let whole = self.span(x.expr);
        let spans: Vec<Span> = (0..targs.len()).map(|i| g.spans.get(i).copied().unwrap_or(whole)).collect();
        if !self.verify(&g.tparams, targs, &spans) {
            return x.invalidate();
        }
        self.note_instance(&g.declared, targs, whole);
        let map: Subst = g.tparams.iter().copied().zip(targs.iter().copied()).collect();
        x.ty = self.types.subst(x.ty, &map);
        let mut e = x.expr;
        let mut key = self.unparen(e);
        if let Expr::Index(f, _) = self.ast.expr(key)
            && self.info.selections.contains_key(&self.unparen(*f))
        {
            self.set_info(key, Mode::Value, x.ty, None);
            (e, key) = (*f, self.unparen(*f));
        }
        match self.info.selections.get_mut(&key) {
            Some(s) => s.targs = targs.to_vec(),
            None => {
                self.info.instances.insert(key, targs.to_vec());
            }
        }
        loop {
            self.set_info(e, Mode::Value, x.ty, None);
            let Expr::Paren(inner) = self.ast.expr(e) else { break };
            e = *inner;
        }
    }

    /// A generic function where a value is needed and no type is known: constraints must tell what is missing.
    #[inline]
    pub(super) fn refuse_generic_func(&mut self, x: &mut Operand) {
        if let Some(g) = x.generic.clone() {
            self.refuse_generic_value(x, &g);
        }
    }
    fn refuse_generic_value(&mut self, x: &mut Operand, g: &Generic) {
        if g.given.is_empty() {
            let m = format!("cannot use generic function {} without instantiation", self.expr_text(x.expr));
            let at = self.at(x);
            self.err(Code::NotInstantiated, at, m);
            return x.invalidate();
        }
        self.infer_value(x, g, vec![]);
    }
    /// A generic function that is assigned to something of type `target`.
    #[inline]
    pub(super) fn generic_for(&mut self, x: &mut Operand, target: Option<TyId>) {
        if let Some(g) = x.generic.clone() {
            self.infer_for(x, &g, target);
        }
    }
    fn infer_for(&mut self, x: &mut Operand, g: &Generic, target: Option<TyId>) {
        match target {
            Some(t) if matches!(self.types.core_ty(t), Ty::Func(_)) => {
                let to = Operand::value(t, x.expr);
                self.infer_value(x, g, vec![to]);
            }
            _ => self.refuse_generic_func(x),
        }
    }
    fn infer_value(&mut self, x: &mut Operand, g: &Generic, targets: Vec<Operand>) {
        let mut map = Subst::default();
        let tparams = self.renamed(&g.tparams, &mut map);
        let sig = self.types.subst(x.ty, &map);
        let at = self.at(x);
        let pairs = targets.into_iter().map(|t| (sig, t)).collect();
        let context = format!("in use of {}, ", self.expr_text(x.expr));
        match self.infer(&Inference { tparams, given: g.known(), pairs, context, at }) {
            Some(targs) => self.instantiate(x, g, &targs),
            None => x.invalidate(),
        }
    }

    /// A call: infers the type arguments of the function, and of generic functions among its arguments.
    /// `params`: one type for each argument. Gives the function's signature.
    pub(super) fn infer_call(
        &mut self,
        f: &mut Operand,
        params: &[TyId],
        args: &mut [Operand],
        at: Span,
    ) -> Option<Arc<FuncTy>> {
        let g = f.generic.clone()?;
        let mut map = Subst::default();
        let mut tparams = self.renamed(&g.tparams, &mut map);
        let own = tparams.len();
        let mut given = g.known();
        given.resize(own, None);
        let mut pairs = vec![];
        let mut inner: Vec<(usize, Box<Generic>, usize)> = vec![];
        for (i, (&p, a)) in params.iter().zip(args.iter()).enumerate() {
            let mut a = a.clone();
            if let Some(h) = a.generic.take() {
                let mut map = Subst::default();
                let fresh = self.renamed(&h.tparams, &mut map);
                a.ty = self.types.subst(a.ty, &map);
                let first = tparams.len();
                tparams.extend(&fresh);
                given.extend(h.known());
                given.resize(tparams.len(), None);
                inner.push((i, h, first));
            }
            pairs.push((self.types.subst(p, &map), a));
        }
        let context = format!("in call to {}, ", self.expr_text(f.expr));
        let targs = self.infer(&Inference { tparams, given, pairs, context, at })?;
        for (i, h, first) in inner {
            let n = h.tparams.len();
            self.instantiate(&mut args[i], &h, &targs[first..first + n]);
        }
        self.instantiate(f, &g, &targs[..own]);
        self.types.func(f.ty).cloned().filter(|_| f.ok())
    }

    /// Notes which type parameters are given which types.
    pub(super) fn note_instance(&mut self, tparams: &[TParamId], targs: &[TyId], at: Span) {
        for (&p, &t) in tparams.iter().zip(targs) {
            if self.types.mentions_tparam(t) {
                self.flows.push((p, t, at));
            }
        }
    }
}

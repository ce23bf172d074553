//! Function values (and interfaces, see `dynamic`) that are known where they are called, and bodies that are not of the function under construction.
//!
//! Known are the parameters of clones (`clones`) and those of bodies that take the place of their calls, as far as nothing assigns to them: a
//! literal whose body can be taken over, or a named function. Calls of them are replaced by the body, or are calls of the function. The
//! closure is there as ever, so everything else that is done with the value stays what it is.
//!
//! The body of a literal finds what it captures in registers: those of the function that made it, when that is the one under
//! construction; else the prologue loads them from the closure ([`Em::bind_knowns`]). It is emitted in its own [`Scope`]: with the type
//! arguments and the captured variables of where it was made. The same variable of the text may be there twice, of two activations.

use super::closure::Capture;
use super::func::Loc;
use super::generic::{Inst, TypeMap};
use super::inline::Body;
use super::vars::Vars;
use super::{Em, Reg};
use crate::info::ObjId;
use crate::types::TyId;
use gol_bytecode::FuncId;
use gol_syntax::ast::{BlockId, Expr, ExprId};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a value is known to be: a function, or an interface of this dynamic type.
#[derive(Clone, Debug)]
pub(super) enum Known {
    Named(Inst),
    Literal(Arc<Literal>),
    Type(TyId),
}

/// A literal whose body can be taken over.
#[derive(Debug)]
pub(super) struct Literal {
    pub expr: ExprId,
    /// Its function, which is another one in each instance or clone of what is around.
    pub id: FuncId,
    caps: Vec<Capture>,
    map: TypeMap,
    /// The outermost body that it is in.
    home: Option<BlockId>,
    /// That of the clone that it is in.
    pub depth: u32,
}

/// What is known of a variable in the function under construction, and where there that is what it captures.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub known: Known,
    vars: Arc<[(ObjId, Loc)]>,
    /// The literal was made in this function: its variables are those of the function.
    here: bool,
    /// What is in the interface, and whether that is no nil pointer.
    pub value: Reg,
    pub sure: bool,
}

impl Bound {
    pub fn of_type(ty: TyId, value: Reg, sure: bool) -> Bound {
        Bound { known: Known::Type(ty), vars: Arc::default(), here: true, value, sure }
    }
    fn of_func(known: Known, vars: Arc<[(ObjId, Loc)]>, here: bool) -> Bound {
        Bound { known, vars, here, value: 0, sure: false }
    }
}

/// What is known of a clone's parameters.
#[derive(Clone, Default)]
pub(super) struct Knowns {
    pub params: Vec<(ObjId, Known)>,
    pub depth: u32,
}

/// What was put aside for a body from elsewhere.
pub(super) struct Scope {
    map: Option<TypeMap>,
    known: Vec<(ObjId, Bound)>,
    literals: Option<FxHashMap<ObjId, (ExprId, String)>>,
    given: Option<FxHashMap<ExprId, Reg>>,
    vars: Vec<(ObjId, Option<Loc>)>,
    all_vars: Option<Vars>,
}

/// Where a body comes from that is not of the function under construction, or of an instance.
#[derive(Clone, Default, Debug)]
pub(super) struct Origin {
    map: TypeMap,
    vars: Arc<[(ObjId, Loc)]>,
    home: Option<BlockId>,
    /// What is known here is known there.
    own: bool,
    inst: Option<Inst>,
    literal: Option<Arc<Literal>>,
}

impl Origin {
    /// The origin of a function's body; `None` when it is not generic. Its types are found later.
    pub fn instance(f: Inst) -> Option<Box<Origin>> {
        if f.targs.is_empty() {
            return None;
        }
        Some(Box::new(Origin { inst: Some(f), ..Origin::default() }))
    }
    pub fn inst(&self) -> Option<&Inst> {
        self.inst.as_ref()
    }
    pub fn literal(&self) -> Option<FuncId> {
        self.literal.as_ref().map(|l| l.id)
    }
    /// Its types are not those that the text says.
    pub fn is_instance(&self) -> bool {
        self.inst.is_some() || self.map.is_some()
    }
}

impl<'a> Em<'a> {
    // ---- what is known

    /// The function under construction is a clone, or in one.
    pub(super) fn knows(&self) -> bool {
        !self.knowns.params.is_empty()
    }
    pub(super) fn known(&self, o: ObjId) -> Option<&Bound> {
        self.f.known.iter().find(|k| k.0 == o).map(|k| &k.1)
    }
    /// Nothing is known but literals of this function: no other one knows them.
    pub(super) fn knows_own_only(&self) -> bool {
        self.f.known.iter().all(|(_, b)| b.here && matches!(b.known, Known::Literal(_)))
    }
    /// The type of the interface that the clone's parameter is.
    pub(super) fn known_param(&self, o: ObjId) -> Option<TyId> {
        self.knowns.params.iter().find_map(|(p, k)| match k {
            Known::Type(ty) if *p == o => Some(*ty),
            Known::Type(_) | Known::Named(_) | Known::Literal(_) => None,
        })
    }
    fn made(&self, e: ExprId) -> Option<&Arc<Literal>> {
        self.f.made.iter().rev().find(|l| l.expr == e)
    }
    /// The function that a variable is known to be.
    pub(super) fn known_named(&self, o: ObjId) -> Option<&Inst> {
        match &self.known(o)?.known {
            Known::Named(f) => Some(f),
            Known::Literal(_) | Known::Type(_) => None,
        }
    }
    /// The literal that a variable is known to be.
    pub(super) fn known_literal(&self, o: ObjId) -> Option<(ExprId, Box<Origin>)> {
        let b = self.known(o)?;
        match &b.known {
            Known::Literal(l) => {
                let home = l.home.filter(|_| !b.here);
                let (map, vars, literal) = (l.map.clone(), b.vars.clone(), Some(l.clone()));
                Some((l.expr, Box::new(Origin { map, vars, home, own: b.here, inst: None, literal })))
            }
            Known::Named(_) | Known::Type(_) => None,
        }
    }
    /// What the types of an instance are.
    pub(super) fn find_types(&mut self, o: &mut Option<Box<Origin>>) {
        if let Some(o) = o
            && let Some(f) = &o.inst
        {
            o.map = self.type_map(f);
        }
    }
    /// A literal got its function.
    pub(super) fn note_literal(&mut self, e: ExprId, id: FuncId, caps: Vec<Capture>) {
        let (map, depth) = (self.map.clone(), self.knowns.depth);
        let home = self.root.map(|r| r.0);
        self.f.made.push(Arc::new(Literal { expr: e, id, caps, map, home, depth }));
    }
    /// The literal `x` will be asked for.
    pub(super) fn want(&mut self, x: ExprId) {
        let x = self.strip(x);
        if let Expr::FuncLit(..) = self.ast.expr(x) {
            self.f.wanted.push(x);
        }
    }
    /// The literal is worth a note when it gets its function.
    pub(super) fn is_wanted(&mut self, e: ExprId) -> bool {
        let asked = self.f.wanted.iter().position(|x| *x == e).map(|i| self.f.wanted.swap_remove(i)).is_some();
        (asked || self.f.literals.values().any(|l| l.0 == e)) && !self.st.plain && self.is_small(Body::Lit(e))
    }
    /// The value of `x` may be known when it was evaluated.
    pub(super) fn may_be_known(&mut self, x: ExprId) -> bool {
        let x = self.strip(x);
        match self.ast.expr(x) {
            Expr::FuncLit(..) => self.is_small(Body::Lit(x)),
            Expr::Name(_) | Expr::Select(..) | Expr::Index(..) => {
                if let Some(f) = self.named_func(x) {
                    return self.info.funcs.get(&f.obj).is_some_and(|f| f.body.is_none())
                        || self.is_small(Body::Func(f.obj));
                }
                let Some(o) = self.info.uses.get(&x) else { return false };
                self.known(*o).is_some() || self.kept_literal(*o).is_some()
            }
            _ => false,
        }
    }
    /// The literal that a variable of this function keeps.
    fn kept_literal(&self, o: ObjId) -> Option<&Arc<Literal>> {
        self.made(self.f.literals.get(&o)?.0)
    }
    /// What the value of `x`, which was evaluated, is known to be.
    pub(super) fn bound(&mut self, x: ExprId) -> Option<Bound> {
        if !self.may_be_known(x) {
            return None;
        }
        let x = self.strip(x);
        if let Some(f) = self.named_func(x) {
            return Some(Bound::of_func(Known::Named(f), Arc::default(), true));
        }
        let here = |l: &Arc<Literal>| Bound::of_func(Known::Literal(l.clone()), Arc::default(), true);
        if let Some(l) = self.made(x) {
            return Some(here(l));
        }
        let o = self.info.uses.get(&x)?;
        self.known(*o).cloned().or_else(|| self.kept_literal(*o).map(here))
    }
    /// In the prologue of a clone and of literals in it: known parameters, and what they capture, in registers.
    pub(super) fn bind_knowns(&mut self) {
        for (o, known) in self.knowns.params.clone() {
            if let Known::Type(_) = known {
                continue;
            }
            let Some(Loc::Reg(r)) = self.f.vars.get(o) else { continue };
            let mut vars = vec![];
            if let Known::Literal(l) = &known {
                let outer = std::mem::take(&mut self.f.vars);
                self.load_captures(r, &l.caps);
                vars = std::mem::replace(&mut self.f.vars, outer).list();
            }
            self.f.known.push((o, Bound::of_func(known, vars.into(), false)));
        }
    }

    // ---- bodies from elsewhere

    /// What follows belongs to a body from elsewhere, until [`Em::leave_scope`].
    /// Without an origin, `own` says whether it is a literal of the function under construction.
    pub(super) fn enter_scope(&mut self, origin: Option<&Origin>, own: bool) -> Scope {
        let mut scope = Scope { map: None, known: vec![], literals: None, given: None, vars: vec![], all_vars: None };
        let own = origin.map_or(own, |o| o.own);
        scope.known = if own { self.f.known.clone() } else { std::mem::take(&mut self.f.known) };
        let Some(o) = origin else { return scope };
        let same = match (&o.map, &self.map) {
            (None, _) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (Some(_), None) => false,
        };
        if !same {
            // Constants of loops have the words of another instance.
            scope.given = Some(std::mem::take(&mut self.f.given));
        }
        scope.map = Some(std::mem::replace(&mut self.map, o.map.clone()));
        if o.home.is_some() && o.home == self.root.map(|r| r.0) {
            // Another activation's variables have the same names.
            scope.all_vars = Some(self.f.vars.clone());
        }
        if !o.vars.is_empty() {
            scope.literals = Some(std::mem::take(&mut self.f.literals));
            scope.vars.extend(o.vars.iter().map(|&(v, loc)| (v, self.f.vars.insert(v, loc))));
        }
        scope
    }
    pub(super) fn leave_scope(&mut self, scope: Scope) {
        self.f.known = scope.known;
        if let Some(map) = scope.map {
            self.map = map;
        }
        if let Some(literals) = scope.literals {
            self.f.literals = literals;
        }
        if let Some(given) = scope.given {
            self.f.given = given;
        }
        for (o, loc) in scope.vars {
            match loc {
                Some(loc) => drop(self.f.vars.insert(o, loc)),
                None => self.f.vars.remove(o),
            }
        }
        if let Some(vars) = scope.all_vars {
            self.f.vars = vars;
        }
    }
    /// Does something with the types as a body from elsewhere sees them.
    pub(super) fn with_types<R>(&mut self, origin: Option<&Origin>, work: impl FnOnce(&mut Self) -> R) -> R {
        let Some(o) = origin else { return work(self) };
        let outer = std::mem::replace(&mut self.map, o.map.clone());
        let done = work(self);
        self.map = outer;
        done
    }
}

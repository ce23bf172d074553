//! Instances of generic types, and substitution of type parameters.
//!
//! An instance is a defined type of its own, interned by (origin, arguments), so equal instances are one `TyId`. Its
//! underlying type is the origin's with the arguments put in: at once, or as soon as the origin's is known. Instances of
//! instances wait in a queue, so a type may mention itself. Arguments nested deeper than [`MAX_DEPTH`] are left without
//! underlying type: only types that expand for ever get there, and the checker refuses those.

use crate::types::{FieldTy, FuncTy, IfaceTy, MethodTy, Named, NamedId, TParamId, Term, Ty, TyId, Types};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::sync::Arc;

/// Type arguments by parameter: a list, for there are few.
#[derive(Clone, Default, Debug)]
pub struct Subst(SmallVec<[(TParamId, TyId); 4]>);

impl Subst {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn get(&self, p: TParamId) -> Option<TyId> {
        self.0.iter().find(|(q, _)| *q == p).map(|a| a.1)
    }
    /// The parameter has no argument yet.
    pub fn insert(&mut self, p: TParamId, ty: TyId) {
        self.0.push((p, ty));
    }
}

impl FromIterator<(TParamId, TyId)> for Subst {
    fn from_iter<I: IntoIterator<Item = (TParamId, TyId)>>(list: I) -> Subst {
        Subst(list.into_iter().collect())
    }
}

/// How deep types may nest through type arguments.
const MAX_DEPTH: u16 = 100;

/// What holds for a type as it is written, without looking through defined types.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Shape {
    /// A type parameter occurs in it.
    mentions: bool,
    depth: u16,
    /// Words of its text, roughly: a few declarations can make it astronomical.
    size: u32,
}

/// Types longer than this when written out are refused before anything is emitted.
const SIZE_MAX: u32 = 1 << 20;

/// The instances of a session.
#[derive(Default)]
pub(crate) struct Instances {
    by_args: FxHashMap<(NamedId, Vec<TyId>), TyId>,
    /// Instances whose origin has no underlying type yet.
    waiting: FxHashMap<NamedId, Vec<NamedId>>,
    /// Instances that get their underlying type now.
    queue: Vec<NamedId>,
    busy: bool,
}

impl Types {
    /// Does a type parameter occur in the type?
    pub fn mentions_tparam(&self, ty: TyId) -> bool {
        self.shapes[ty.0 as usize].mentions
    }
    /// Is the type deeper than programs that end can make it?
    pub fn too_deep(&self, ty: TyId) -> bool {
        self.shapes[ty.0 as usize].depth > MAX_DEPTH
    }
    /// Is the type's text longer than anyone writes?
    pub fn too_long(&self, ty: TyId) -> bool {
        self.shapes[ty.0 as usize].size > SIZE_MAX
    }
    /// The types that a type is written with.
    fn each_part(&self, ty: &Ty, mut f: impl FnMut(TyId)) {
        match ty {
            Ty::Error | Ty::Basic(_) | Ty::TypeParam(_) => {}
            Ty::Named(n) => self.named(*n).targs.iter().for_each(|&t| f(t)),
            Ty::Pointer(t) | Ty::Slice(t) | Ty::Array(_, t) | Ty::Chan(_, t) => f(*t),
            Ty::Map(k, v) => [*k, *v].into_iter().for_each(f),
            Ty::Func(sig) => sig.params.iter().chain(&sig.results).for_each(|&t| f(t)),
            Ty::Struct(fields) => fields.iter().for_each(|field| f(field.ty)),
            Ty::Interface(i) => {
                i.methods.iter().for_each(|m| f(m.sig));
                i.unions.iter().flatten().for_each(|t| f(t.ty));
            }
            Ty::Tuple(list) => list.iter().for_each(|&t| f(t)),
        }
    }
    pub(crate) fn shape_of(&self, ty: &Ty) -> Shape {
        if let Ty::TypeParam(_) = ty {
            return Shape { mentions: true, depth: 0, size: 1 };
        }
        let mut shape = Shape { mentions: false, depth: 0, size: 1 };
        self.each_part(ty, |t| {
            let part = self.shapes[t.0 as usize];
            shape.mentions |= part.mentions;
            shape.depth = shape.depth.max(part.depth.saturating_add(1));
            shape.size = shape.size.saturating_add(part.size);
        });
        shape
    }

    /// A defined type with parameters, without arguments.
    pub fn is_generic(&self, ty: TyId) -> bool {
        matches!(self.get(ty), Ty::Named(n) if !self.named(*n).tparams.is_empty())
    }
    /// The declared type that an instance comes from; other types are their own origin.
    pub fn origin(&self, n: NamedId) -> NamedId {
        self.named(n).origin.unwrap_or(n)
    }

    /// The instance of a generic type.
    pub fn instantiate(&mut self, origin: NamedId, targs: Vec<TyId>) -> TyId {
        let key = (origin, targs);
        if let Some(&id) = self.instances.by_args.get(&key) {
            return id;
        }
        let Named { name, pkg, obj, underlying, local, implicit, .. } = *self.named(origin);
        let named = Named {
            name,
            pkg,
            obj,
            underlying: Types::ERROR,
            methods: vec![],
            local,
            tparams: vec![],
            targs: key.1.clone(),
            origin: Some(origin),
            implicit,
        };
        let (id, ty) = self.add_named(named);
        self.instances.by_args.insert(key, ty);
        if underlying == Types::ERROR || self.too_deep(ty) {
            self.instances.waiting.entry(origin).or_default().push(id);
        } else {
            self.instances.queue.push(id);
            self.expand();
        }
        ty
    }

    /// Fills in the underlying type of a declared type and of the instances that wait for it.
    pub fn set_underlying(&mut self, id: NamedId, underlying: TyId) {
        self.named[id.0 as usize].underlying = underlying;
        let ready = |t: &Types, n: &NamedId| {
            let ty = t.map_named(*n);
            !ty.is_some_and(|ty| t.too_deep(ty))
        };
        let waiting = self.instances.waiting.remove(&id).unwrap_or_default();
        let (now, never): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|n| ready(self, n));
        if !never.is_empty() {
            self.instances.waiting.insert(id, never);
        }
        self.instances.queue.extend(now);
        self.expand();
    }
    fn map_named(&self, n: NamedId) -> Option<TyId> {
        let named = self.named(n);
        self.instances.by_args.get(&(named.origin?, named.targs.clone())).copied()
    }

    fn expand(&mut self) {
        if std::mem::replace(&mut self.instances.busy, true) {
            return;
        }
        while let Some(id) = self.instances.queue.pop() {
            let n = self.named(id);
            let Some(origin) = n.origin else { continue };
            let map = self.subst_of(origin, &n.targs.clone());
            let underlying = self.subst(self.named(origin).underlying, &map);
            self.named[id.0 as usize].underlying = underlying;
        }
        self.instances.busy = false;
    }

    /// The arguments of an instance by the parameters of its origin.
    pub fn subst_of(&self, origin: NamedId, targs: &[TyId]) -> Subst {
        self.named(origin).tparams.iter().copied().zip(targs.iter().copied()).collect()
    }

    /// The type with type parameters replaced, in all its parts.
    pub fn subst(&mut self, ty: TyId, map: &Subst) -> TyId {
        if map.is_empty() || !self.mentions_tparam(ty) {
            return ty;
        }
        let new = match self.get(ty).clone() {
            Ty::TypeParam(p) => return map.get(p).unwrap_or(ty),
            Ty::Named(n) => {
                let Named { origin, targs, .. } = self.named(n);
                let (Some(origin), targs) = (*origin, targs.clone()) else { return ty };
                let targs = self.subst_list(&targs, map);
                return self.instantiate(origin, targs);
            }
            Ty::Pointer(t) => Ty::Pointer(self.subst(t, map)),
            Ty::Slice(t) => Ty::Slice(self.subst(t, map)),
            Ty::Array(n, t) => Ty::Array(n, self.subst(t, map)),
            Ty::Map(k, v) => Ty::Map(self.subst(k, map), self.subst(v, map)),
            Ty::Chan(d, t) => Ty::Chan(d, self.subst(t, map)),
            Ty::Func(f) => Ty::Func(Arc::new(FuncTy {
                params: self.subst_list(&f.params, map),
                variadic: f.variadic,
                results: self.subst_list(&f.results, map),
            })),
            Ty::Struct(fields) => {
                Ty::Struct(fields.iter().map(|f| FieldTy { ty: self.subst(f.ty, map), ..*f }).collect())
            }
            Ty::Interface(i) => Ty::Interface(Arc::new(IfaceTy {
                methods: i.methods.iter().map(|m| MethodTy { sig: self.subst(m.sig, map), ..*m }).collect(),
                unions: i
                    .unions
                    .iter()
                    .map(|u| u.iter().map(|t| Term { ty: self.subst(t.ty, map), ..*t }).collect())
                    .collect(),
                comparable: i.comparable,
            })),
            Ty::Tuple(list) => Ty::Tuple(self.subst_list(&list, map)),
            Ty::Error | Ty::Basic(_) => return ty,
        };
        self.intern(new)
    }
    pub fn subst_list(&mut self, list: &[TyId], map: &Subst) -> Vec<TyId> {
        list.iter().map(|&t| self.subst(t, map)).collect()
    }

    /// The type parameters that occur in a type.
    pub fn tparams_in(&self, ty: TyId, out: &mut FxHashSet<TParamId>) {
        if !self.mentions_tparam(ty) {
            return;
        }
        if let Ty::TypeParam(p) = self.get(ty) {
            out.insert(*p);
        }
        self.each_part(self.get(ty), |t| self.tparams_in(t, out));
    }

    /// Is `a`, with type parameters replaced, the type `b`?
    pub fn identical_after(&self, a: TyId, map: &Subst, b: TyId) -> bool {
        if map.is_empty() || !self.mentions_tparam(a) {
            return a == b;
        }
        let same = |a: TyId, b: TyId| self.identical_after(a, map, b);
        let all = |a: &[TyId], b: &[TyId]| a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| same(a, b));
        match (self.get(a), self.get(b)) {
            (Ty::TypeParam(p), _) => map.get(*p).map_or(a == b, |t| t == b),
            (Ty::Named(n), Ty::Named(m)) => {
                let (n, m) = (self.named(*n), self.named(*m));
                n.origin.is_some() && n.origin == m.origin && all(&n.targs, &m.targs)
            }
            (Ty::Pointer(a), Ty::Pointer(b)) | (Ty::Slice(a), Ty::Slice(b)) => same(*a, *b),
            (Ty::Array(n, a), Ty::Array(m, b)) => n == m && same(*a, *b),
            (Ty::Map(k, v), Ty::Map(l, w)) => same(*k, *l) && same(*v, *w),
            (Ty::Chan(d, a), Ty::Chan(e, b)) => d == e && same(*a, *b),
            (Ty::Func(f), Ty::Func(g)) => {
                f.variadic == g.variadic && all(&f.params, &g.params) && all(&f.results, &g.results)
            }
            (Ty::Tuple(a), Ty::Tuple(b)) => all(a, b),
            (Ty::Struct(f), Ty::Struct(g)) => {
                let like = |f: &FieldTy, g: &FieldTy| {
                    (f.name, f.pkg, f.embedded, f.tag) == (g.name, g.pkg, g.embedded, g.tag) && same(f.ty, g.ty)
                };
                f.len() == g.len() && f.iter().zip(&**g).all(|(f, g)| like(f, g))
            }
            (Ty::Interface(i), Ty::Interface(j)) => {
                let method = |m: &MethodTy, n: &MethodTy| (m.name, m.pkg) == (n.name, n.pkg) && same(m.sig, n.sig);
                let term = |t: &Term, u: &Term| t.tilde == u.tilde && same(t.ty, u.ty);
                let union =
                    |u: &Vec<Term>, v: &Vec<Term>| u.len() == v.len() && u.iter().zip(v).all(|(t, w)| term(t, w));
                i.comparable == j.comparable
                    && i.methods.len() == j.methods.len()
                    && i.unions.len() == j.unions.len()
                    && i.methods.iter().zip(&j.methods).all(|(m, n)| method(m, n))
                    && i.unions.iter().zip(&j.unions).all(|(u, v)| union(u, v))
            }
            _ => false,
        }
    }
}

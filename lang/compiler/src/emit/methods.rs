//! Method sets: declared and promoted methods of a type, as interfaces see them.

use super::Em;
use super::generic::Inst;
use crate::check::relation::own_tparams;
use crate::info::{FieldPath, ObjId, ObjKind};
use crate::types::{NamedId, PkgId, Ty, TyId};
use gol_syntax::ast::Sym;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::smallvec;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Via {
    Concrete(Inst),
    /// A method of an embedded interface.
    Iface,
}

#[derive(Clone, Debug)]
pub(super) struct MethodSel {
    pub name: Sym,
    pub id: u32,
    /// Field indices to the embedded receiver.
    pub path: FieldPath,
    pub via: Via,
    pub sig: TyId,
}

/// An embedded type at some depth.
struct Step {
    ty: TyId,
    path: FieldPath,
    /// Reached through a pointer: methods with pointer receivers count.
    addressable: bool,
}

impl Em<'_> {
    /// The methods of an interface type.
    pub(super) fn iface_methods(&mut self, ty: TyId) -> Vec<MethodSel> {
        let Ty::Interface(i) = self.types.under(ty) else { return vec![] };
        let methods = i.methods.clone();
        methods
            .into_iter()
            .map(|m| MethodSel {
                name: m.name,
                id: self.method_id(m.name, m.pkg),
                path: smallvec![],
                via: Via::Iface,
                sig: m.sig,
            })
            .collect()
    }
    /// The method set of a dynamic type.
    pub(super) fn method_set(&mut self, ty: TyId) -> Vec<MethodSel> {
        let (base, addressable) = match *self.types.get(ty) {
            Ty::Pointer(b) => (b, true),
            _ => (ty, false),
        };
        if addressable && matches!(self.types.under(base), Ty::Interface(_) | Ty::Pointer(_)) {
            return vec![];
        }
        let mut found: FxHashMap<(Sym, PkgId), Option<MethodSel>> = FxHashMap::default();
        let mut seen: FxHashSet<TyId> = FxHashSet::default();
        let mut level = vec![Step { ty: base, path: smallvec![], addressable }];
        while !level.is_empty() {
            let mut here: FxHashMap<(Sym, PkgId), (u32, Option<MethodSel>)> = FxHashMap::default();
            let mut next = vec![];
            for step in &level {
                if !seen.insert(step.ty) {
                    continue;
                }
                self.level_methods(step, &mut here);
                // Fields of a type alone hide nothing but what lies deeper.
                if level.len() > 1 || self.embeds(step.ty) {
                    self.level_fields(step, &mut here, &mut next);
                }
            }
            // Most types have their own methods or none.
            if found.is_empty() && next.is_empty() {
                return in_order(here.into_values().filter(|h| h.0 == 1).filter_map(|h| h.1));
            }
            for (key, (count, m)) in here {
                found.entry(key).or_insert(if count == 1 { m } else { None });
            }
            level = next;
        }
        in_order(found.into_values().flatten())
    }
    fn level_methods(&mut self, step: &Step, here: &mut FxHashMap<(Sym, PkgId), (u32, Option<MethodSel>)>) {
        if let Ty::Interface(_) = self.types.under(step.ty) {
            let pkgs: Vec<(Sym, PkgId)> = match self.types.under(step.ty) {
                Ty::Interface(i) => i.methods.iter().map(|m| (m.name, m.pkg)).collect(),
                _ => vec![],
            };
            for (m, (name, pkg)) in self.iface_methods(step.ty).into_iter().zip(pkgs) {
                let key = self.name_key(name, pkg);
                let m = MethodSel { path: step.path.clone(), ..m };
                let slot = here.entry(key).or_insert((0, None));
                *slot = (slot.0 + 1, Some(m));
            }
            return;
        }
        let Ty::Named(n) = *self.types.get(step.ty) else { return };
        // At the prompt a later line may replace a method: the last one of a name counts.
        let (origin, targs) = (self.types.origin(n), self.types.named(n).targs.clone());
        let all = self.types.named(origin).methods.clone();
        let last = |o: &ObjId| all.iter().rfind(|x| self.info.obj(**x).name == self.info.obj(*o).name) == Some(o);
        for o in all.iter().copied().filter(last).collect::<Vec<_>>() {
            let obj = self.info.obj(o);
            let ObjKind::Method { ptr, .. } = obj.kind else { continue };
            let key = self.name_key(obj.name, obj.pkg);
            let usable = (!ptr || step.addressable) && own_tparams(self.types, self.info, o).is_empty();
            let m = usable.then(|| {
                let f = Inst { obj: o, targs: targs.clone() };
                MethodSel {
                    name: obj.name,
                    id: self.method_id(obj.name, obj.pkg),
                    path: step.path.clone(),
                    sig: self.inst_sig(&f),
                    via: Via::Concrete(f),
                }
            });
            let slot = here.entry(key).or_insert((0, None));
            *slot = (slot.0 + 1, m);
        }
    }
    fn embeds(&self, ty: TyId) -> bool {
        matches!(self.types.under(ty), Ty::Struct(fields) if fields.iter().any(|f| f.embedded))
    }
    fn level_fields(
        &mut self,
        step: &Step,
        here: &mut FxHashMap<(Sym, PkgId), (u32, Option<MethodSel>)>,
        next: &mut Vec<Step>,
    ) {
        let Ty::Struct(fields) = self.types.under(step.ty) else { return };
        for (i, f) in fields.clone().iter().enumerate() {
            let key = self.name_key(f.name, f.pkg);
            let slot = here.entry(key).or_insert((0, None));
            *slot = (slot.0 + 1, None);
            if f.embedded {
                let (ty, pointer) = match *self.types.get(f.ty) {
                    Ty::Pointer(t) => (t, true),
                    _ => (f.ty, false),
                };
                let mut path = step.path.clone();
                path.push(i as u32);
                next.push(Step { ty, path, addressable: step.addressable || pointer });
            }
        }
    }
    pub(super) fn name_key(&self, name: Sym, pkg: PkgId) -> (Sym, PkgId) {
        let exported = self.ast.name(name).chars().next().is_some_and(char::is_uppercase);
        (name, if exported { PkgId(0) } else { pkg })
    }
    /// A prompt line that declares methods of an earlier type: what is boxed from now on gets new descriptors, for descriptors never change.
    pub(super) fn revise(&mut self, funcs: &[ObjId]) {
        let mut revised: FxHashSet<NamedId> = FxHashSet::default();
        for &o in funcs {
            if let ObjKind::Method { recv, .. } = self.info.obj(o).kind {
                let ty = self.types.intern(Ty::Named(recv));
                if self.st.types.contains_key(&ty) || self.types.is_generic(ty) {
                    revised.insert(recv);
                }
            }
        }
        if revised.is_empty() {
            return;
        }
        self.st.clones.forget_types();
        let known: Vec<TyId> = self.st.types.keys().chain(self.st.packed.keys()).copied().collect();
        for ty in known {
            if self.mentions(ty, &revised, &mut FxHashSet::default()) {
                self.st.types.remove(&ty);
                self.st.packed.remove(&ty);
                self.st.thunks.retain(|k, _| !matches!(k, super::thunk::ThunkKey::Method(t, _) if *t == ty));
            }
        }
    }
    fn mentions(&self, ty: TyId, set: &FxHashSet<NamedId>, seen: &mut FxHashSet<TyId>) -> bool {
        if !seen.insert(ty) {
            return false;
        }
        match self.types.get(ty) {
            Ty::Error | Ty::Basic(_) | Ty::TypeParam(_) => false,
            Ty::Named(n) => {
                set.contains(&self.types.origin(*n)) || self.mentions(self.types.named(*n).underlying, set, seen)
            }
            Ty::Pointer(t) | Ty::Slice(t) | Ty::Array(_, t) | Ty::Chan(_, t) => self.mentions(*t, set, seen),
            Ty::Map(k, v) => self.mentions(*k, set, seen) || self.mentions(*v, set, seen),
            Ty::Func(f) => f.params.iter().chain(&f.results).any(|t| self.mentions(*t, set, seen)),
            Ty::Struct(fields) => fields.iter().any(|f| self.mentions(f.ty, set, seen)),
            Ty::Interface(i) => i.methods.iter().any(|m| self.mentions(m.sig, set, seen)),
            Ty::Tuple(tys) => tys.iter().any(|t| self.mentions(*t, set, seen)),
        }
    }
    /// The type that a path of fields leads to.
    pub(super) fn static_walk(&mut self, mut ty: TyId, path: &[u32]) -> TyId {
        for &i in path {
            if let Ty::Pointer(t) = *self.types.under(ty) {
                ty = t;
            }
            ty = self.field(ty, i).1;
        }
        ty
    }
}

fn in_order(methods: impl Iterator<Item = MethodSel>) -> Vec<MethodSel> {
    let mut out: Vec<MethodSel> = methods.collect();
    out.sort_by_key(|m| m.id);
    out
}

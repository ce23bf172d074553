//! Finding fields and methods: selectors through embedded fields, and method sets. Reads tables only; emission uses it too.

use crate::check::world::name_pkg;
use crate::info::{FieldPath, Info, ObjId, ObjKind};
use crate::types::{NamedId, PkgId, Ty, TyId, Types};
use gol_syntax::ast::{Interner, Sym};
use rustc_hash::FxHashSet;
use smallvec::smallvec;

/// What a selector found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Member {
    Field(TyId),
    /// A declared method; `ptr`: with pointer receiver.
    Method {
        obj: ObjId,
        ptr: bool,
    },
    /// A method of an interface type or of a type parameter's constraint, with its signature.
    IfaceMethod(TyId),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub member: Member,
    /// Field indices from the type that was searched; for a field its own index is the last.
    pub path: FieldPath,
    /// The type that has the member itself: a defined type (an instance, when it is generic), a struct, an interface.
    pub owner: TyId,
    /// A pointer is followed on the way (the searched type itself being a pointer counts).
    pub indirect: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    Found(Found),
    /// Several at the same depth.
    Ambiguous,
    Missing,
}

/// One place where the search goes on: an embedded type and the way to it.
struct Place {
    ty: TyId,
    path: FieldPath,
    indirect: bool,
    /// The same type is embedded several times at this depth.
    multiples: bool,
}

/// Finds the field or method `name` (`pkg`: PkgId(0) for exported names, see [`name_pkg`]) of a type.
pub fn lookup_field_or_method(types: &Types, info: &Info, ty: TyId, name: Sym, pkg: PkgId) -> Lookup {
    // Pointers to structs select fields too; a defined pointer type has no methods, but has the fields.
    if let (Ty::Named(_), Some(base)) = (types.get(ty), types.pointee(ty)) {
        return match search(types, info, base, true, name, pkg) {
            Lookup::Found(Found { member: Member::Method { .. } | Member::IfaceMethod(_), .. }) => Lookup::Missing,
            other => other,
        };
    }
    match types.get(ty) {
        Ty::Pointer(base) if types.is_interface(*base) || types.is_tparam(*base) => Lookup::Missing,
        Ty::Pointer(base) => search(types, info, *base, true, name, pkg),
        _ => search(types, info, ty, false, name, pkg),
    }
}

fn search(types: &Types, info: &Info, ty: TyId, indirect: bool, name: Sym, pkg: PkgId) -> Lookup {
    if let Some(f) = members_here(types, info, ty, &[], indirect, name, pkg) {
        return Lookup::Found(f);
    }
    let start = Place { ty, path: smallvec![], indirect, multiples: false };
    let mut level = vec![];
    embedded(types, &start, &mut level);
    let mut seen: FxHashSet<NamedId> = FxHashSet::default();
    if let (Ty::Named(n), false) = (types.get(ty), level.is_empty()) {
        seen.insert(*n);
    }
    level = consolidate(level);
    while !level.is_empty() {
        let mut found: Option<Found> = None;
        let mut next = vec![];
        for place in &level {
            if let Ty::Named(n) = types.get(place.ty)
                && !seen.insert(*n)
            {
                continue;
            }
            let here = members_here(types, info, place.ty, &place.path, place.indirect, name, pkg);
            if let Some(f) = here {
                if found.is_some() || place.multiples {
                    return Lookup::Ambiguous;
                }
                found = Some(f);
            } else if found.is_none() {
                embedded(types, place, &mut next);
            }
        }
        if let Some(f) = found {
            return Lookup::Found(f);
        }
        level = consolidate(next);
    }
    Lookup::Missing
}

/// The member that the type, to which `path` leads, has itself, without embedding.
fn members_here(
    types: &Types,
    info: &Info,
    ty: TyId,
    path: &[u32],
    indirect: bool,
    name: Sym,
    pkg: PkgId,
) -> Option<Found> {
    let found = |member| Some(Found { member, path: FieldPath::from_slice(path), owner: ty, indirect });
    if let Ty::Named(n) = types.get(ty)
        && let Some(obj) = declared_method(types, info, *n, name, pkg)
    {
        let ptr = matches!(info.obj(obj).kind, ObjKind::Method { ptr: true, .. });
        return found(Member::Method { obj, ptr });
    }
    match types.under(ty) {
        Ty::Struct(fields) => {
            let i = fields.iter().position(|f| f.name == name && f.pkg == pkg)?;
            let mut f = found(Member::Field(fields[i].ty))?;
            f.path.push(i as u32);
            Some(f)
        }
        Ty::Interface(_) | Ty::TypeParam(_) => {
            let m = types.constraint(ty)?.methods.iter().find(|m| m.name == name && m.pkg == pkg)?;
            found(Member::IfaceMethod(m.sig))
        }
        _ => None,
    }
}

/// The method that is declared with this receiver type. The latest wins: the prompt may declare it again.
pub fn declared_method(types: &Types, info: &Info, n: NamedId, name: Sym, pkg: PkgId) -> Option<ObjId> {
    let same = |&&m: &&ObjId| {
        let o = info.obj(m);
        o.name == name && (pkg == PkgId(0) || o.pkg == pkg)
    };
    types.named(types.origin(n)).methods.iter().rev().find(same).copied()
}

fn embedded(types: &Types, place: &Place, next: &mut Vec<Place>) {
    let Ty::Struct(fields) = types.under(place.ty) else { return };
    for (i, f) in fields.iter().enumerate().filter(|(_, f)| f.embedded) {
        let (ty, indirect) = match types.get(f.ty) {
            Ty::Pointer(base) => (*base, true),
            _ => (f.ty, place.indirect),
        };
        let mut path = place.path.clone();
        path.push(i as u32);
        next.push(Place { ty, path, indirect, multiples: place.multiples });
    }
}

/// The same type reached twice at one depth is searched once, and what it has is ambiguous.
fn consolidate(places: Vec<Place>) -> Vec<Place> {
    let mut out: Vec<Place> = vec![];
    for p in places {
        match out.iter_mut().find(|q| q.ty == p.ty) {
            Some(q) => q.multiples = true,
            None => out.push(p),
        }
    }
    out
}

/// A method of a method set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetMethod {
    pub name: Sym,
    /// PkgId(0) for exported names.
    pub pkg: PkgId,
    pub member: Member,
    /// Way to the embedded receiver.
    pub path: FieldPath,
    /// The type that declares it, as in [`Found`].
    pub owner: TyId,
    /// Only in the set of `*T`: pointer receiver, and no pointer on the way.
    pub needs_ptr: bool,
    /// A pointer is followed on the way.
    pub indirect: bool,
}

/// All methods of `ty`, promoted ones included, sorted by name text and package. For a non-pointer type those that need
/// an addressable operand are in it too, marked `needs_ptr`.
pub fn method_set(types: &Types, info: &Info, names: &Interner, ty: TyId) -> Vec<SetMethod> {
    let mut candidates: FxHashSet<(Sym, PkgId)> = FxHashSet::default();
    let mut seen = FxHashSet::default();
    let base = match types.get(ty) {
        Ty::Pointer(b) => *b,
        _ => ty,
    };
    collect_names(types, info, names, base, &mut seen, &mut candidates);
    let mut out = vec![];
    for (name, pkg) in candidates {
        let Lookup::Found(f) = lookup_field_or_method(types, info, ty, name, pkg) else { continue };
        let needs_ptr = match f.member {
            Member::Field(_) => continue,
            Member::Method { ptr, .. } => ptr && !f.indirect,
            Member::IfaceMethod(_) => false,
        };
        let Found { member, path, owner, indirect } = f;
        out.push(SetMethod { name, pkg, member, path, owner, needs_ptr, indirect });
    }
    out.sort_by(|a, b| (names.get(a.name), a.pkg).cmp(&(names.get(b.name), b.pkg)));
    out
}

fn collect_names(
    types: &Types,
    info: &Info,
    names: &Interner,
    ty: TyId,
    seen: &mut FxHashSet<TyId>,
    out: &mut FxHashSet<(Sym, PkgId)>,
) {
    if !seen.insert(ty) {
        return;
    }
    if let Ty::Named(n) = types.get(ty) {
        for &m in &types.named(types.origin(*n)).methods {
            let o = info.obj(m);
            out.insert((o.name, name_pkg(names, o.name, o.pkg)));
        }
    }
    match types.under(ty) {
        Ty::Interface(i) => out.extend(i.methods.iter().map(|m| (m.name, m.pkg))),
        Ty::TypeParam(_) => {
            let methods = types.constraint(ty).map(|i| i.methods.iter().map(|m| (m.name, m.pkg)));
            out.extend(methods.into_iter().flatten());
        }
        Ty::Struct(fields) => {
            for f in fields.iter().filter(|f| f.embedded) {
                let base = match types.get(f.ty) {
                    Ty::Pointer(b) => *b,
                    _ => f.ty,
                };
                collect_names(types, info, names, base, seen, out);
            }
        }
        _ => {}
    }
}

//! Relations between types: comparable, implements, assignable, convertible. Reads tables only; emission uses it too.

use crate::check::lookup::{Lookup, Member, lookup_field_or_method};
use crate::info::{Info, ObjId, ObjKind};
use crate::instance::Subst;
use crate::types::{Basic, Class, TParamId, Ty, TyId, Types};
use gol_syntax::ast::{Dir, Sym};
use rustc_hash::FxHashSet;

/// Equal ids are identical types.
pub fn identical(a: TyId, b: TyId) -> bool {
    a == b
}

/// `==` is defined (it may still panic when an interface holds a value that cannot be compared).
pub fn comparable(types: &Types, ty: TyId) -> bool {
    incomparable_part(types, ty, &mut FxHashSet::default()).is_none()
}

/// The innermost type that makes `ty` incomparable.
pub fn incomparable(types: &Types, ty: TyId) -> Option<TyId> {
    incomparable_part(types, ty, &mut FxHashSet::default())
}

fn incomparable_part(types: &Types, ty: TyId, seen: &mut FxHashSet<TyId>) -> Option<TyId> {
    match types.under(ty) {
        Ty::Slice(_) | Ty::Map(..) | Ty::Func(_) => Some(ty),
        Ty::Array(_, elem) => incomparable_part(types, *elem, seen),
        Ty::Struct(fields) if seen.insert(ty) => fields.iter().find_map(|f| incomparable_part(types, f.ty, seen)),
        Ty::Struct(_) => None,
        Ty::Error | Ty::Basic(_) | Ty::Named(_) | Ty::Pointer(_) | Ty::Chan(..) | Ty::Interface(_) | Ty::Tuple(_) => {
            None
        }
        Ty::TypeParam(_) => (!types.strictly_comparable(ty)).then_some(ty),
    }
}

/// Why a type does not implement an interface.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missing {
    /// No such method.
    Absent(Sym),
    /// It has the method with another signature: has, wants.
    WrongSig(Sym, TyId, TyId),
    /// The method has type parameters of its own: method, wants.
    Generic(ObjId, TyId),
    /// Only the pointer type has it.
    PointerReceiver(Sym),
    /// The type is a pointer to an interface.
    PointerToInterface,
    /// The interface is a constraint (has unions or `comparable`).
    Constraint,
}

/// The first method (in the order of their names) of the interface type `iface` that `ty` lacks.
pub fn missing_method(types: &Types, info: &Info, ty: TyId, iface: TyId) -> Option<Missing> {
    let Ty::Interface(i) = types.under(iface) else { return None };
    if matches!(types.get(ty), Ty::Error) {
        return None;
    }
    for m in &i.methods {
        match lookup_field_or_method(types, info, ty, m.name, m.pkg) {
            Lookup::Found(f) => {
                let (sig, map) = match f.member {
                    Member::Field(_) => return Some(Missing::Absent(m.name)),
                    Member::Method { obj, .. } if !own_tparams(types, info, obj).is_empty() => {
                        return Some(Missing::Generic(obj, m.sig));
                    }
                    Member::Method { obj, .. } => (info.obj(obj).ty, method_subst(types, info, obj, f.owner)),
                    Member::IfaceMethod(sig) => (sig, Subst::default()),
                };
                let same = types.identical_after(sig, &map, m.sig);
                if !same && !has_error(types, sig) && !has_error(types, m.sig) {
                    return Some(Missing::WrongSig(m.name, sig, m.sig));
                }
                if let Member::Method { ptr: true, .. } = f.member
                    && !f.indirect
                {
                    return Some(Missing::PointerReceiver(m.name));
                }
            }
            Lookup::Ambiguous => return Some(Missing::Absent(m.name)),
            Lookup::Missing => {
                if matches!(types.get(ty), Ty::Pointer(b) if types.is_interface(*b)) {
                    return Some(Missing::PointerToInterface);
                }
                return Some(Missing::Absent(m.name));
            }
        }
    }
    (i.comparable && !comparable(types, ty)).then_some(Missing::Constraint)
}

/// Type arguments for the signature of a method whose receiver is of type `owner`.
pub fn method_subst(types: &Types, info: &Info, obj: ObjId, owner: TyId) -> Subst {
    match (types.get(owner), info.tparams.get(&obj)) {
        (Ty::Named(n), Some(list)) => list.iter().copied().zip(types.named(*n).targs.iter().copied()).collect(),
        _ => Subst::default(),
    }
}

/// The type parameters of a function, or those that a method has besides its receiver's.
pub fn own_tparams<'a>(types: &Types, info: &'a Info, obj: ObjId) -> &'a [TParamId] {
    let all = info.tparams.get(&obj).map_or(&[][..], |l| &l[..]);
    match info.obj(obj).kind {
        ObjKind::Method { recv, .. } => all.get(types.named(recv).tparams.len()..).unwrap_or_default(),
        ObjKind::Func
        | ObjKind::Global
        | ObjKind::Local
        | ObjKind::Const(_)
        | ObjKind::Type
        | ObjKind::Builtin(_)
        | ObjKind::Nil
        | ObjKind::Pkg(_) => all,
    }
}

/// A signature that was wrong and has been reported.
fn has_error(types: &Types, sig: TyId) -> bool {
    match types.get(sig) {
        Ty::Func(f) => f.params.iter().chain(&f.results).any(|&t| t == Types::ERROR),
        _ => sig == Types::ERROR,
    }
}

/// `ty` has all methods of `iface`.
pub fn implements(types: &Types, info: &Info, ty: TyId, iface: TyId) -> bool {
    missing_method(types, info, ty, iface).is_none()
}

/// A value of the typed type `from` can be assigned to `to`. (Untyped operands: see `check::untyped`.)
#[inline]
pub fn assignable(types: &Types, info: &Info, from: TyId, to: TyId) -> bool {
    from == to || from == Types::ERROR || to == Types::ERROR || assignable_other(types, info, from, to)
}

#[inline(never)]
fn assignable_other(types: &Types, info: &Info, from: TyId, to: TyId) -> bool {
    let (fu, tu) = (types.under_id(from), types.under_id(to));
    if fu == Types::ERROR || tu == Types::ERROR {
        return true;
    }
    if fu == tu && (!types.has_name(from) || !types.has_name(to)) {
        return true;
    }
    if types.is_interface(to) && implements(types, info, from, to) {
        return true;
    }
    match (types.get(fu), types.get(tu)) {
        (Ty::Chan(Dir::Both, a), Ty::Chan(_, b)) => a == b && (!types.has_name(from) || !types.has_name(to)),
        (_, Ty::TypeParam(_)) if !types.has_name(from) => types.every(to, |t| assignable(types, info, from, t)),
        (Ty::TypeParam(_), _) if !types.has_name(to) => types.every(from, |f| assignable(types, info, f, to)),
        _ => false,
    }
}

/// Identical when struct tags are ignored.
pub fn identical_but_tags(types: &Types, a: TyId, b: TyId) -> bool {
    let all =
        |a: &[TyId], b: &[TyId]| a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| identical_but_tags(types, a, b));
    a == b
        || match (types.get(a), types.get(b)) {
            (Ty::Pointer(a), Ty::Pointer(b)) | (Ty::Slice(a), Ty::Slice(b)) => identical_but_tags(types, *a, *b),
            (Ty::Array(n, a), Ty::Array(m, b)) => n == m && identical_but_tags(types, *a, *b),
            (Ty::Map(k, v), Ty::Map(l, w)) => identical_but_tags(types, *k, *l) && identical_but_tags(types, *v, *w),
            (Ty::Chan(d, a), Ty::Chan(e, b)) => d == e && identical_but_tags(types, *a, *b),
            (Ty::Func(f), Ty::Func(g)) => {
                f.variadic == g.variadic && all(&f.params, &g.params) && all(&f.results, &g.results)
            }
            (Ty::Struct(f), Ty::Struct(g)) => {
                f.len() == g.len()
                    && f.iter().zip(&**g).all(|(f, g)| {
                        f.name == g.name
                            && f.pkg == g.pkg
                            && f.embedded == g.embedded
                            && identical_but_tags(types, f.ty, g.ty)
                    })
            }
            _ => false,
        }
}

/// `[]byte` or `[]rune`, or defined as one.
pub fn bytes_or_runes(types: &Types, ty: TyId) -> bool {
    match types.under(ty) {
        Ty::Slice(e) => matches!(types.basic(*e), Some(Basic::Uint8 | Basic::Int32)),
        _ => false,
    }
}

/// A non-constant value of type `from` can be converted to `to`.
pub fn convertible(types: &Types, info: &Info, from: TyId, to: TyId) -> bool {
    if assignable(types, info, from, to) {
        return true;
    }
    if types.is_tparam(from) || types.is_tparam(to) {
        return types.every(from, |f| types.every(to, |t| convertible(types, info, f, t)));
    }
    let (fu, tu) = (types.under_id(from), types.under_id(to));
    let address = |t| matches!(types.get(t), Ty::Pointer(_) | Ty::Basic(Basic::Uintptr | Basic::UnsafePointer));
    let raw = |t| matches!(types.get(t), Ty::Basic(Basic::UnsafePointer));
    if (raw(fu) || raw(tu)) && address(fu) && address(tu) {
        return true;
    }
    if identical_but_tags(types, fu, tu) {
        return true;
    }
    if let (Ty::Pointer(a), Ty::Pointer(b)) = (types.get(from), types.get(to))
        && identical_but_tags(types, types.under_id(*a), types.under_id(*b))
    {
        return true;
    }
    let real = |t| types.is(t, Class::Integer) || types.is(t, Class::Float);
    if real(fu) && real(tu) || types.is(fu, Class::Complex) && types.is(tu, Class::Complex) {
        return true;
    }
    if types.is(tu, Class::String) && (types.is(fu, Class::Integer) || bytes_or_runes(types, fu)) {
        return true;
    }
    if types.is(fu, Class::String) && bytes_or_runes(types, tu) {
        return true;
    }
    match (types.get(fu), types.get(tu)) {
        (Ty::Slice(a), Ty::Array(_, b)) => a == b,
        (Ty::Slice(a), Ty::Pointer(p)) => matches!(types.under(*p), Ty::Array(_, b) if a == b),
        _ => false,
    }
}

//! What `unsafe.Sizeof`, `Alignof` and `Offsetof` tell: the layout that Go's compiler gives values on a 64-bit machine.
//!
//! It says nothing about gol's own layout (`emit::layout`), which programs cannot see. Types must be complete; sizes beyond
//! 64 bits stick at the greatest one.

use crate::types::{Basic, FieldTy, Ty, TyId, Types};

const WORD: u64 = 8;

pub fn size_of(types: &Types, ty: TyId) -> u64 {
    match types.under(ty) {
        Ty::Basic(b) => basic_size(*b),
        Ty::Array(n, elem) => n.saturating_mul(size_of(types, *elem)),
        Ty::Struct(fields) => struct_size(types, fields),
        Ty::Slice(_) => 3 * WORD,
        Ty::Interface(_) | Ty::TypeParam(_) => 2 * WORD,
        Ty::Pointer(_) | Ty::Map(..) | Ty::Chan(..) | Ty::Func(_) => WORD,
        Ty::Error | Ty::Named(_) | Ty::Tuple(_) => 0,
    }
}

pub fn align_of(types: &Types, ty: TyId) -> u64 {
    match types.under(ty) {
        Ty::Array(_, elem) => align_of(types, *elem),
        Ty::Struct(fields) => fields.iter().map(|f| align_of(types, f.ty)).max().unwrap_or(1),
        // Its parts are two floats.
        Ty::Basic(Basic::Complex64) => 4,
        Ty::Basic(b) => basic_size(*b).clamp(1, WORD),
        Ty::Error | Ty::Named(_) | Ty::Tuple(_) => 1,
        Ty::Slice(_)
        | Ty::Interface(_)
        | Ty::TypeParam(_)
        | Ty::Pointer(_)
        | Ty::Map(..)
        | Ty::Chan(..)
        | Ty::Func(_) => WORD,
    }
}

/// Where the field begins that `path` leads to through embedded structs; `None` behind a pointer.
pub fn offset_of(types: &Types, ty: TyId, path: &[u32]) -> Option<u64> {
    let mut ty = ty;
    let mut at = 0u64;
    for &i in path {
        let Ty::Struct(fields) = types.under(ty) else { return None };
        at = at.saturating_add(*offsets(types, fields).get(i as usize)?);
        ty = fields.get(i as usize)?.ty;
    }
    Some(at)
}

fn basic_size(b: Basic) -> u64 {
    match b {
        Basic::Bool | Basic::Int8 | Basic::Uint8 | Basic::UntypedBool => 1,
        Basic::Int16 | Basic::Uint16 => 2,
        Basic::Int32 | Basic::Uint32 | Basic::Float32 | Basic::UntypedRune => 4,
        Basic::Int
        | Basic::Int64
        | Basic::Uint
        | Basic::Uint64
        | Basic::Uintptr
        | Basic::Float64
        | Basic::Complex64
        | Basic::UnsafePointer
        | Basic::UntypedInt
        | Basic::UntypedFloat
        | Basic::UntypedNil
        | Basic::UntypedDuration => WORD,
        Basic::Complex128 | Basic::String | Basic::UntypedComplex | Basic::UntypedString => 2 * WORD,
    }
}

fn aligned(at: u64, to: u64) -> u64 {
    at.checked_next_multiple_of(to).unwrap_or(u64::MAX)
}

fn offsets(types: &Types, fields: &[FieldTy]) -> Vec<u64> {
    let mut at = 0u64;
    let mut out = vec![];
    for f in fields {
        at = aligned(at, align_of(types, f.ty));
        out.push(at);
        at = at.saturating_add(size_of(types, f.ty));
    }
    out
}

fn struct_size(types: &Types, fields: &[FieldTy]) -> u64 {
    let (Some(&at), Some(last)) = (offsets(types, fields).last(), fields.last()) else { return 0 };
    let mut size = size_of(types, last.ty);
    // The address of an empty last field must lie within the struct.
    if size == 0 && at > 0 {
        size = 1;
    }
    let align = fields.iter().map(|f| align_of(types, f.ty)).max().unwrap_or(1);
    aligned(at.saturating_add(size), align)
}

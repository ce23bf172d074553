//! Layout of values: words, packed elements, which words are references. See ARCHITECTURE.md, "Values".

use super::Em;
use crate::types::{Basic, Ty, TyId, Types};
use rustc_hash::{FxHashMap, FxHashSet};

/// How a value is loaded and stored through an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mem {
    /// One word without reference.
    Word,
    /// One word that is a reference.
    Ptr,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    /// Several words, or none, or an aggregate of one: may hold references when the flag says so.
    Block(u32, bool),
}

/// How values are compared and calculated with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Num {
    /// Bits of the width, 8 to 64.
    Int(u8),
    Uint(u8),
    F64,
    F32,
    /// The flag: complex64, rounded to float32 parts.
    Complex(bool),
    Str,
    /// Everything else.
    Other,
}

/// What was found out about types, by id; it outlives texts.
#[derive(Default)]
pub(super) struct Words(Vec<Option<Known>>);

#[derive(Clone, Copy)]
struct Known {
    words: u64,
    /// There is an array, perhaps of no elements, in its own words.
    array: bool,
}

/// Words of a type.
pub(super) fn words_of(types: &Types, memo: &mut Words, ty: TyId) -> u64 {
    known(types, memo, ty).words
}

#[inline]
fn known(types: &Types, memo: &mut Words, ty: TyId) -> Known {
    match memo.0.get(ty.0 as usize) {
        Some(&Some(known)) => known,
        _ => find_out(types, memo, ty),
    }
}
fn find_out(types: &Types, memo: &mut Words, ty: TyId) -> Known {
    let plain = |words| Known { words, array: false };
    let k = match types.under(ty) {
        Ty::Basic(Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex) => plain(2),
        Ty::Basic(_)
        | Ty::Pointer(_)
        | Ty::Map(..)
        | Ty::Chan(..)
        | Ty::Func(_)
        | Ty::Interface(_)
        | Ty::Error
        | Ty::TypeParam(_)
        | Ty::Named(_) => plain(1),
        Ty::Slice(_) => plain(3),
        Ty::Struct(fields) => fields.iter().fold(plain(0), |sum, f| {
            let k = known(types, memo, f.ty);
            Known { words: sum.words.saturating_add(k.words), array: sum.array || k.array }
        }),
        Ty::Tuple(tys) => plain(tys.iter().fold(0u64, |n, t| n.saturating_add(words_of(types, memo, *t)))),
        Ty::Array(len, elem) => {
            let words = match packed(types, *elem) {
                Some(size) => len.saturating_mul(size as u64).div_ceil(8),
                None => len.saturating_mul(words_of(types, memo, *elem)),
            };
            Known { words, array: true }
        }
    };
    if memo.0.len() < types.count() {
        memo.0.resize(types.count(), None);
    }
    memo.0[ty.0 as usize] = Some(k);
    k
}

/// Size in bytes of an element that arrays and slices pack.
pub(super) fn packed(types: &Types, elem: TyId) -> Option<u32> {
    match types.under(elem) {
        Ty::Basic(b) => match b {
            Basic::Bool | Basic::Int8 | Basic::Uint8 | Basic::UntypedBool => Some(1),
            Basic::Int16 | Basic::Uint16 => Some(2),
            Basic::Int32 | Basic::Uint32 | Basic::Float32 | Basic::UntypedRune => Some(4),
            Basic::Int
            | Basic::Int64
            | Basic::Uint
            | Basic::Uint64
            | Basic::Uintptr
            | Basic::Float64
            | Basic::Complex64
            | Basic::Complex128
            | Basic::String
            | Basic::UnsafePointer
            | Basic::UntypedInt
            | Basic::UntypedFloat
            | Basic::UntypedComplex
            | Basic::UntypedString
            | Basic::UntypedNil
            | Basic::UntypedDuration => None,
        },
        Ty::Error
        | Ty::Named(_)
        | Ty::Pointer(_)
        | Ty::Slice(_)
        | Ty::Array(..)
        | Ty::Map(..)
        | Ty::Chan(..)
        | Ty::Func(_)
        | Ty::Struct(_)
        | Ty::Interface(_)
        | Ty::TypeParam(_)
        | Ty::Tuple(_) => None,
    }
}

/// A value of the type holds a reference somewhere. (An `unsafe.Pointer` is never followed.)
pub(super) fn has_ptrs(types: &Types, ty: TyId) -> bool {
    some_ptr(types, ty, &mut FxHashSet::default())
}

/// The structs in `seen` hold none: a struct can occur in another exponentially often.
fn some_ptr(types: &Types, ty: TyId, seen: &mut FxHashSet<TyId>) -> bool {
    match types.under(ty) {
        Ty::Basic(b) => matches!(b, Basic::String | Basic::UntypedString | Basic::UntypedNil),
        Ty::Struct(fields) => seen.insert(ty) && fields.iter().any(|f| some_ptr(types, f.ty, seen)),
        Ty::Tuple(tys) => tys.iter().any(|t| some_ptr(types, *t, seen)),
        Ty::Array(n, elem) => *n > 0 && some_ptr(types, *elem, seen),
        Ty::Pointer(_) | Ty::Slice(_) | Ty::Map(..) | Ty::Chan(..) | Ty::Func(_) | Ty::Interface(_) => true,
        Ty::Error | Ty::Named(_) | Ty::TypeParam(_) => true,
    }
}

/// A value of the type holds a slice in its own words.
pub(super) fn has_slices(types: &Types, ty: TyId) -> bool {
    some_part(types, ty, &|t| matches!(t, Ty::Slice(_)), &mut FxHashSet::default())
}

/// A value of the type holds an array in its own words.
pub(super) fn has_arrays(types: &Types, ty: TyId) -> bool {
    some_part(types, ty, &|t| matches!(t, Ty::Array(n, _) if *n > 0), &mut FxHashSet::default())
}

/// It, or a part of it in its own words, is as wanted. The structs in `seen` hold no such part.
fn some_part(types: &Types, ty: TyId, wanted: &dyn Fn(&Ty) -> bool, seen: &mut FxHashSet<TyId>) -> bool {
    match types.under(ty) {
        t if wanted(t) => true,
        Ty::Slice(_) => false,
        Ty::Struct(fields) => seen.insert(ty) && fields.iter().any(|f| some_part(types, f.ty, wanted, seen)),
        Ty::Tuple(tys) => tys.iter().any(|t| some_part(types, *t, wanted, seen)),
        Ty::Array(n, elem) => *n > 0 && some_part(types, *elem, wanted, seen),
        Ty::Basic(_) | Ty::Pointer(_) | Ty::Map(..) | Ty::Chan(..) | Ty::Func(_) | Ty::Interface(_) => false,
        Ty::Error | Ty::Named(_) | Ty::TypeParam(_) => false,
    }
}

/// Appends the reference map of one value.
pub(super) fn ptr_map(types: &Types, memo: &mut Words, ty: TyId, out: &mut Vec<bool>) {
    match types.under(ty) {
        Ty::Slice(_) => out.extend([true, false, false]),
        Ty::Struct(fields) => {
            for f in fields.iter() {
                ptr_map(types, memo, f.ty, out);
            }
        }
        Ty::Array(n, elem) => {
            if has_ptrs(types, *elem) {
                let at = out.len();
                ptr_map(types, memo, *elem, out);
                let one: Vec<bool> = out[at..].to_vec();
                for _ in 1..*n {
                    out.extend_from_slice(&one);
                }
                if *n == 0 {
                    out.truncate(at);
                }
            } else {
                let n = words_of(types, memo, ty);
                out.extend(std::iter::repeat_n(false, n as usize));
            }
        }
        _ => {
            let p = has_ptrs(types, ty);
            let n = words_of(types, memo, ty);
            out.extend(std::iter::repeat_n(p, n as usize));
        }
    }
}

pub(super) fn num(types: &Types, ty: TyId) -> Num {
    match types.basic(ty) {
        Some(b) => match b {
            Basic::Int8 => Num::Int(8),
            Basic::Int16 => Num::Int(16),
            Basic::Int32 | Basic::UntypedRune => Num::Int(32),
            Basic::Int | Basic::Int64 | Basic::UntypedInt | Basic::UntypedDuration => Num::Int(64),
            Basic::Uint8 => Num::Uint(8),
            Basic::Uint16 => Num::Uint(16),
            Basic::Uint32 => Num::Uint(32),
            Basic::Uint | Basic::Uint64 | Basic::Uintptr => Num::Uint(64),
            Basic::Float32 => Num::F32,
            Basic::Float64 | Basic::UntypedFloat => Num::F64,
            Basic::Complex64 => Num::Complex(true),
            Basic::Complex128 | Basic::UntypedComplex => Num::Complex(false),
            Basic::String | Basic::UntypedString => Num::Str,
            Basic::Bool | Basic::UntypedBool | Basic::UnsafePointer | Basic::UntypedNil => Num::Other,
        },
        None => Num::Other,
    }
}

pub(super) fn mem(types: &Types, memo: &mut Words, ty: TyId) -> Mem {
    match types.under(ty) {
        Ty::Basic(b) => match b {
            Basic::Bool | Basic::Uint8 | Basic::UntypedBool => Mem::U8,
            Basic::Int8 => Mem::I8,
            Basic::Int16 => Mem::I16,
            Basic::Uint16 => Mem::U16,
            Basic::Int32 | Basic::UntypedRune => Mem::I32,
            Basic::Uint32 | Basic::Float32 => Mem::U32,
            Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex => Mem::Block(2, false),
            Basic::String | Basic::UntypedString | Basic::UntypedNil => Mem::Ptr,
            Basic::Int
            | Basic::Int64
            | Basic::Uint
            | Basic::Uint64
            | Basic::Uintptr
            | Basic::Float64
            | Basic::UnsafePointer
            | Basic::UntypedInt
            | Basic::UntypedFloat
            | Basic::UntypedDuration => Mem::Word,
        },
        Ty::Slice(_) => Mem::Block(3, true),
        Ty::Struct(_) | Ty::Array(..) | Ty::Tuple(_) => {
            Mem::Block(clamp(words_of(types, memo, ty)), has_ptrs(types, ty))
        }
        _ => Mem::Ptr,
    }
}

/// Aggregates beyond this many words cannot be handled, for their bytes are counted in 32 bits; `words` refuses them.
pub(super) const WORDS_MAX: u64 = (1 << 29) - 1;

fn clamp(n: u64) -> u32 {
    n.min(WORDS_MAX) as u32
}

/// More fields than this, counted through all structs, make no value: code and plans that go by fields would never end.
const FIELDS_MAX: u64 = 1 << 20;

/// A type, of those with ids from `first` on, that is too large to be handled at all: in its text, or in the number of its fields.
pub(super) fn too_large(types: &Types, first: usize) -> Option<TyId> {
    let mut memo = FxHashMap::default();
    let mut ids = (first..types.count()).map(|i| TyId(i as u32));
    ids.find(|&t| types.too_long(t) || fields_of(types, &mut memo, t) > FIELDS_MAX)
}

fn fields_of(types: &Types, memo: &mut FxHashMap<TyId, u64>, ty: TyId) -> u64 {
    match types.under(ty) {
        Ty::Struct(fields) => {
            if let Some(&n) = memo.get(&ty) {
                return n;
            }
            // Invalid types may contain themselves.
            memo.insert(ty, 1);
            let n = fields.iter().fold(0u64, |n, f| n.saturating_add(fields_of(types, memo, f.ty)));
            memo.insert(ty, n);
            n
        }
        Ty::Array(_, elem) => fields_of(types, memo, *elem),
        _ => 1,
    }
}

impl Em<'_> {
    #[inline]
    pub(super) fn words(&mut self, ty: TyId) -> u32 {
        let n = known(self.types, &mut self.st.words, ty).words;
        if n > WORDS_MAX { self.refuse_type() } else { n as u32 }
    }
    #[cold]
    fn refuse_type(&mut self) -> u32 {
        let span = self.f.span();
        self.refuse(gol_syntax::diag::Code::NotYet, span, "type is too large");
        WORDS_MAX as u32
    }
    pub(super) fn mem(&mut self, ty: TyId) -> Mem {
        mem(self.types, &mut self.st.words, ty)
    }
    pub(super) fn num(&self, ty: TyId) -> Num {
        num(self.types, ty)
    }
    /// Bytes between elements of arrays and slices.
    pub(super) fn stride(&mut self, elem: TyId) -> u32 {
        match packed(self.types, elem) {
            Some(n) => n,
            None => self.words(elem).saturating_mul(8),
        }
    }
    pub(super) fn is_iface(&self, ty: TyId) -> bool {
        matches!(self.types.under(ty), Ty::Interface(_))
    }
    /// Word offset of field `i` and its type.
    pub(super) fn field(&mut self, strct: TyId, i: u32) -> (u32, TyId) {
        let Ty::Struct(fields) = self.types.under(strct) else { return (0, Types::ERROR) };
        let Some(field) = fields.get(i as usize) else { return (0, Types::ERROR) };
        let (mut off, mut most) = (0u32, 0);
        for f in &fields[..i as usize] {
            let n = known(self.types, &mut self.st.words, f.ty).words;
            off = off.saturating_add(clamp(n));
            most = most.max(n);
        }
        let ty = field.ty;
        if most > WORDS_MAX {
            self.refuse_type();
        }
        (off, ty)
    }
    /// Variables of the type live in memory even when nothing takes their address: arrays are indexed, large values are copied as blocks.
    pub(super) fn in_memory(&mut self, ty: TyId) -> bool {
        let k = known(self.types, &mut self.st.words, ty);
        k.words > REG_WORDS_MAX.into() && self.words(ty) > REG_WORDS_MAX || k.array
    }
}

/// Largest variable that lives in registers.
pub(super) const REG_WORDS_MAX: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::FieldTy;
    use gol_syntax::ast::Sym;

    fn field(ty: TyId) -> FieldTy {
        FieldTy { name: Sym(0), pkg: crate::types::PkgId(0), ty, embedded: false, tag: None }
    }

    #[test]
    fn words_of_types() {
        let mut t = Types::default();
        let mut memo = Words::default();
        let bytes5 = t.intern(Ty::Array(5, Types::UINT8));
        let ints3 = t.intern(Ty::Array(3, Types::INT));
        let runes3 = t.intern(Ty::Array(3, Types::INT32));
        let empty = t.intern(Ty::Struct([].into()));
        let s =
            t.intern(Ty::Struct([field(Types::INT8), field(Types::BYTES), field(bytes5), field(Types::STRING)].into()));
        for (ty, n) in [
            (Types::INT8, 1),
            (Types::STRING, 1),
            (Types::ANY, 1),
            (Types::BYTES, 3),
            (Types::COMPLEX64, 2),
            (bytes5, 1),
            (ints3, 3),
            (runes3, 2),
            (empty, 0),
            (s, 6),
        ] {
            assert_eq!(words_of(&t, &mut memo, ty), n);
        }
        let mut map = vec![];
        ptr_map(&t, &mut memo, s, &mut map);
        assert_eq!(map, [false, true, false, false, false, true]);
    }

    #[test]
    fn huge_arrays_saturate() {
        let mut t = Types::default();
        let mut memo = Words::default();
        let a = t.intern(Ty::Array(u64::MAX, Types::STRING));
        let b = t.intern(Ty::Array(u64::MAX, a));
        assert_eq!(words_of(&t, &mut memo, b), u64::MAX);
    }
}

//! Types, interned: equal ids are identical types (Go spec, "Type identity").
//!
//! Owns every type of a session. A defined type gets a [`NamedId`] of its own; its underlying type and methods are filled
//! in while declarations are resolved. Nothing here looks at the tree.

use crate::info::ObjId;
use gol_syntax::ast::{Dir, Sym};
use gol_syntax::span::Span;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct TyId(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct NamedId(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct TParamId(pub u32);

/// A package of the session; 0 is the universe, 1 the main package or script.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct PkgId(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Basic {
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
    /// gol's `500ms`: default type time.Duration.
    UntypedDuration,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FieldTy {
    pub name: Sym,
    /// Package that declares the struct, for unexported names (identity!); exported names have PkgId(0).
    pub pkg: PkgId,
    pub ty: TyId,
    pub embedded: bool,
    /// Decoded tag text.
    pub tag: Option<Sym>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct FuncTy {
    pub params: Vec<TyId>,
    /// The last parameter is `...T`; its type here is `[]T`.
    pub variadic: bool,
    pub results: Vec<TyId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MethodTy {
    pub name: Sym,
    /// As in `FieldTy`.
    pub pkg: PkgId,
    pub sig: TyId,
}

/// One `~T` or `T` of a union.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    pub tilde: bool,
    pub ty: TyId,
}

/// Flattened: methods of embedded interfaces are included, sorted by (name text, pkg).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct IfaceTy {
    pub methods: Vec<MethodTy>,
    /// Intersection of unions; empty: all types. Only constraints have any.
    pub unions: Vec<Vec<Term>>,
    /// `comparable` is embedded.
    pub comparable: bool,
}

/// A type parameter of a function, a method's receiver or a type.
#[derive(Clone, Debug)]
pub struct TParam {
    pub name: Sym,
    /// An interface type; `Ty::Error` until the declaration is resolved.
    pub constraint: TyId,
    /// Its place in the list that declares it.
    pub index: u32,
    /// Where it is declared.
    pub pos: Span,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Ty {
    /// Something was wrong and has been reported; compatible with everything.
    Error,
    Basic(Basic),
    Named(NamedId),
    Pointer(TyId),
    Slice(TyId),
    Array(u64, TyId),
    Map(TyId, TyId),
    Chan(Dir, TyId),
    Func(Arc<FuncTy>),
    Struct(Arc<[FieldTy]>),
    Interface(Arc<IfaceTy>),
    TypeParam(TParamId),
    /// Several results of a call, or none.
    Tuple(Vec<TyId>),
}

/// A defined type.
#[derive(Clone, Debug)]
pub struct Named {
    pub name: Sym,
    pub pkg: PkgId,
    pub obj: Option<ObjId>,
    /// `Ty::Error` until resolved; never itself a Named.
    pub underlying: TyId,
    /// Declared methods, in source order: their function objects. Those of an instance are its origin's.
    pub methods: Vec<ObjId>,
    /// Declared inside a function: index that tells equal names apart, 0 at package level.
    pub local: u32,
    /// Generic types: parameters of the origin, arguments of an instance. A type that is declared in a generic function is
    /// an instance too: of a hidden origin, whose first `implicit` parameters are those of the function.
    pub tparams: Vec<TParamId>,
    pub targs: Vec<TyId>,
    pub origin: Option<NamedId>,
    /// How many of the parameters (and arguments) belong to the function around the declaration.
    pub implicit: u32,
}

pub struct Types {
    tys: Vec<Ty>,
    /// The same by what they are.
    ids: HashTable<TyId>,
    /// One a type: what [`crate::instance`] asks often.
    pub(crate) shapes: Vec<crate::instance::Shape>,
    pub named: Vec<Named>,
    pub tparams: Vec<TParam>,
    pub(crate) instances: crate::instance::Instances,
}

macro_rules! predeclared { ($($name:ident = $n:literal: $ty:expr;)*) => {
    impl Types {
        $(pub const $name: TyId = TyId($n);)*
        fn predeclare(&mut self) {
            $(let id = self.intern($ty); debug_assert_eq!(id, Types::$name);)*
        }
    }
} }
predeclared! {
    ERROR = 0: Ty::Error;
    BOOL = 1: Ty::Basic(Basic::Bool);
    INT = 2: Ty::Basic(Basic::Int);
    INT8 = 3: Ty::Basic(Basic::Int8);
    INT16 = 4: Ty::Basic(Basic::Int16);
    INT32 = 5: Ty::Basic(Basic::Int32);
    INT64 = 6: Ty::Basic(Basic::Int64);
    UINT = 7: Ty::Basic(Basic::Uint);
    UINT8 = 8: Ty::Basic(Basic::Uint8);
    UINT16 = 9: Ty::Basic(Basic::Uint16);
    UINT32 = 10: Ty::Basic(Basic::Uint32);
    UINT64 = 11: Ty::Basic(Basic::Uint64);
    UINTPTR = 12: Ty::Basic(Basic::Uintptr);
    FLOAT32 = 13: Ty::Basic(Basic::Float32);
    FLOAT64 = 14: Ty::Basic(Basic::Float64);
    COMPLEX64 = 15: Ty::Basic(Basic::Complex64);
    COMPLEX128 = 16: Ty::Basic(Basic::Complex128);
    STRING = 17: Ty::Basic(Basic::String);
    UNSAFE_POINTER = 18: Ty::Basic(Basic::UnsafePointer);
    UNTYPED_BOOL = 19: Ty::Basic(Basic::UntypedBool);
    UNTYPED_INT = 20: Ty::Basic(Basic::UntypedInt);
    UNTYPED_RUNE = 21: Ty::Basic(Basic::UntypedRune);
    UNTYPED_FLOAT = 22: Ty::Basic(Basic::UntypedFloat);
    UNTYPED_COMPLEX = 23: Ty::Basic(Basic::UntypedComplex);
    UNTYPED_STRING = 24: Ty::Basic(Basic::UntypedString);
    UNTYPED_NIL = 25: Ty::Basic(Basic::UntypedNil);
    UNTYPED_DURATION = 26: Ty::Basic(Basic::UntypedDuration);
    // No result.
    VOID = 27: Ty::Tuple(vec![]);
    // `interface{}`.
    ANY = 28: Ty::Interface(Arc::default());
    BYTES = 29: Ty::Slice(Types::UINT8);
    RUNES = 30: Ty::Slice(Types::INT32);
}

/// Room for the types that every program has.
const IDS_MIN: usize = 112;

impl Default for Types {
    fn default() -> Types {
        let mut t = Types {
            tys: vec![],
            ids: HashTable::with_capacity(IDS_MIN),
            shapes: vec![],
            named: vec![],
            tparams: vec![],
            instances: Default::default(),
        };
        t.predeclare();
        t
    }
}

impl Types {
    pub fn intern(&mut self, ty: Ty) -> TyId {
        let hash = FxBuildHasher.hash_one(&ty);
        if let Some(&id) = self.ids.find(hash, |&id| *self.get(id) == ty) {
            return id;
        }
        let id = TyId(self.tys.len() as u32);
        self.shapes.push(self.shape_of(&ty));
        self.tys.push(ty);
        self.ids.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(&self.tys[id.0 as usize]));
        id
    }
    /// How many there are; ids count from 0.
    pub fn count(&self) -> usize {
        self.tys.len()
    }
    pub fn get(&self, id: TyId) -> &Ty {
        &self.tys[id.0 as usize]
    }
    pub fn add_named(&mut self, named: Named) -> (NamedId, TyId) {
        let id = NamedId(self.named.len() as u32);
        self.named.push(named);
        (id, self.intern(Ty::Named(id)))
    }
    pub fn named(&self, id: NamedId) -> &Named {
        &self.named[id.0 as usize]
    }
    /// A new type parameter and the type that its name stands for.
    pub fn add_tparam(&mut self, p: TParam) -> (TParamId, TyId) {
        let id = TParamId(self.tparams.len() as u32);
        self.tparams.push(p);
        (id, self.intern(Ty::TypeParam(id)))
    }
    pub fn tparam(&self, id: TParamId) -> &TParam {
        &self.tparams[id.0 as usize]
    }
    /// The underlying type's id: follows a defined type.
    pub fn under_id(&self, id: TyId) -> TyId {
        match self.get(id) {
            Ty::Named(n) => self.named(*n).underlying,
            _ => id,
        }
    }
    /// The underlying type.
    pub fn under(&self, id: TyId) -> &Ty {
        self.get(self.under_id(id))
    }
    pub fn len(&self) -> usize {
        self.tys.len()
    }
    pub fn is_empty(&self) -> bool {
        self.tys.is_empty()
    }

    /// The basic type that `id` is or is defined as.
    #[inline]
    pub fn basic(&self, id: TyId) -> Option<Basic> {
        if let Some(&b) = PREDECLARED.get((id.0 as usize).wrapping_sub(1)) {
            return Some(b);
        }
        match self.under(id) {
            Ty::Basic(b) => Some(*b),
            _ => None,
        }
    }
    /// Is the type of the class, or every type that a type parameter may stand for?
    pub fn is(&self, id: TyId, class: Class) -> bool {
        if let Some(b) = PREDECLARED.get((id.0 as usize).wrapping_sub(1)) {
            return b.is(class);
        }
        match self.under(id) {
            Ty::Basic(b) => b.is(class),
            // There are no constants whose type is a type parameter.
            Ty::TypeParam(_) => class != Class::Constant && self.every(id, |t| self.is(t, class)),
            _ => false,
        }
    }
    pub fn is_untyped(&self, id: TyId) -> bool {
        (Types::UNTYPED_BOOL..=Types::UNTYPED_DURATION).contains(&id)
    }
    pub fn is_interface(&self, id: TyId) -> bool {
        matches!(self.under(id), Ty::Interface(_))
    }
    /// `nil` is a value of this type.
    pub fn has_nil(&self, id: TyId) -> bool {
        match self.under(id) {
            Ty::Pointer(_) | Ty::Slice(_) | Ty::Map(..) | Ty::Chan(..) | Ty::Func(_) | Ty::Interface(_) => true,
            Ty::Basic(b) => matches!(b, Basic::UnsafePointer | Basic::UntypedNil),
            Ty::TypeParam(_) => self.every(id, |t| self.has_nil(t)),
            Ty::Error | Ty::Named(_) | Ty::Array(..) | Ty::Struct(_) | Ty::Tuple(_) => false,
        }
    }
    /// The type that a pointer type (or a defined one) points to.
    pub fn pointee(&self, id: TyId) -> Option<TyId> {
        match self.under(id) {
            Ty::Pointer(t) => Some(*t),
            _ => None,
        }
    }
    /// The signature of a function type or a type defined as one.
    pub fn func(&self, id: TyId) -> Option<&Arc<FuncTy>> {
        match self.under(id) {
            Ty::Func(f) => Some(f),
            _ => None,
        }
    }
    pub fn pointer_to(&mut self, id: TyId) -> TyId {
        self.intern(Ty::Pointer(id))
    }
    /// The element types of a tuple; any other type is a list of one.
    pub fn list(&self, id: TyId) -> Vec<TyId> {
        match self.get(id) {
            Ty::Tuple(l) => l.clone(),
            _ => vec![id],
        }
    }
    /// Has a name: predeclared, defined, or a type parameter.
    pub fn has_name(&self, id: TyId) -> bool {
        matches!(self.get(id), Ty::Basic(_) | Ty::Named(_) | Ty::TypeParam(_))
    }
}

/// The basic types in the order of their ids, which begin at 1.
const PREDECLARED: [Basic; 26] = {
    use Basic::*;
    [
        Bool,
        Int,
        Int8,
        Int16,
        Int32,
        Int64,
        Uint,
        Uint8,
        Uint16,
        Uint32,
        Uint64,
        Uintptr,
        Float32,
        Float64,
        Complex64,
        Complex128,
        String,
        UnsafePointer,
        UntypedBool,
        UntypedInt,
        UntypedRune,
        UntypedFloat,
        UntypedComplex,
        UntypedString,
        UntypedNil,
        UntypedDuration,
    ]
};

/// Sets of basic types that rules speak of; untyped ones belong to them too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Boolean,
    Integer,
    Unsigned,
    Float,
    Complex,
    Numeric,
    String,
    /// `<` is defined.
    Ordered,
    /// Constants of it exist.
    Constant,
}

/// A set of basic types, a bit for each.
const fn set(list: &[Basic]) -> u32 {
    let (mut bits, mut i) = (0, 0);
    while i < list.len() {
        bits |= 1 << list[i] as u32;
        i += 1;
    }
    bits
}

impl Class {
    const fn members(self) -> u32 {
        use Basic::*;
        const BOOLEAN: u32 = set(&[Bool, UntypedBool]);
        const UNSIGNED: u32 = set(&[Uint, Uint8, Uint16, Uint32, Uint64, Uintptr]);
        const SIGNED: u32 = set(&[Int, Int8, Int16, Int32, Int64, UntypedInt, UntypedRune, UntypedDuration]);
        const INTEGER: u32 = UNSIGNED | SIGNED;
        const FLOAT: u32 = set(&[Float32, Float64, UntypedFloat]);
        const COMPLEX: u32 = set(&[Complex64, Complex128, UntypedComplex]);
        const STRING: u32 = set(&[String, UntypedString]);
        match self {
            Class::Boolean => BOOLEAN,
            Class::Integer => INTEGER,
            Class::Unsigned => UNSIGNED,
            Class::Float => FLOAT,
            Class::Complex => COMPLEX,
            Class::Numeric => INTEGER | FLOAT | COMPLEX,
            Class::String => STRING,
            Class::Ordered => INTEGER | FLOAT | STRING,
            Class::Constant => BOOLEAN | INTEGER | FLOAT | COMPLEX | STRING,
        }
    }
}

impl Basic {
    pub fn untyped(self) -> bool {
        self >= Basic::UntypedBool
    }
    pub fn is(self, class: Class) -> bool {
        class.members() & 1 << self as u32 != 0
    }
    /// As Go names it.
    pub fn text(self) -> &'static str {
        use Basic::*;
        match self {
            Bool => "bool",
            Int => "int",
            Int8 => "int8",
            Int16 => "int16",
            Int32 => "int32",
            Int64 => "int64",
            Uint => "uint",
            Uint8 => "uint8",
            Uint16 => "uint16",
            Uint32 => "uint32",
            Uint64 => "uint64",
            Uintptr => "uintptr",
            Float32 => "float32",
            Float64 => "float64",
            Complex64 => "complex64",
            Complex128 => "complex128",
            String => "string",
            UnsafePointer => "unsafe.Pointer",
            UntypedBool => "untyped bool",
            UntypedInt => "untyped int",
            UntypedRune => "untyped rune",
            UntypedFloat => "untyped float",
            UntypedComplex => "untyped complex",
            UntypedString => "untyped string",
            UntypedNil => "untyped nil",
            UntypedDuration => "untyped duration",
        }
    }
}

/// A point to which defined types can be taken back: a text with errors leaves no trace.
pub struct Journal {
    methods: Vec<usize>,
}

impl Types {
    /// Methods are added to types of earlier prompt lines; everything else only grows.
    pub fn journal(&self) -> Journal {
        Journal { methods: self.named.iter().map(|n| n.methods.len()).collect() }
    }
    pub fn undo(&mut self, j: Journal) {
        for (n, len) in self.named.iter_mut().zip(j.methods) {
            n.methods.truncate(len);
        }
    }
}

//! The predeclared names (Go spec, "Predeclared identifiers"), made once a session.

use crate::check::scope::Scope;
use crate::constant::Value;
use crate::info::{Builtin, Info, Obj, ObjId, ObjKind};
use crate::types::{FuncTy, IfaceTy, MethodTy, Named, PkgId, Ty, TyId, Types};
use gol_syntax::ast::{Interner, Sym};
use gol_syntax::span::Span;

/// Predeclared functions by name.
pub const BUILTINS: &[(&str, Builtin)] = &[
    ("append", Builtin::Append),
    ("cap", Builtin::Cap),
    ("clear", Builtin::Clear),
    ("close", Builtin::Close),
    ("complex", Builtin::Complex),
    ("copy", Builtin::Copy),
    ("delete", Builtin::Delete),
    ("imag", Builtin::Imag),
    ("len", Builtin::Len),
    ("make", Builtin::Make),
    ("max", Builtin::Max),
    ("min", Builtin::Min),
    ("new", Builtin::New),
    ("panic", Builtin::Panic),
    ("print", Builtin::Print),
    ("println", Builtin::Println),
    ("real", Builtin::Real),
    ("recover", Builtin::Recover),
];

/// Functions of package unsafe.
pub const UNSAFE: &[(&str, Builtin)] = &[
    ("Sizeof", Builtin::Sizeof),
    ("Alignof", Builtin::Alignof),
    ("Offsetof", Builtin::Offsetof),
    ("Add", Builtin::UnsafeAdd),
    ("Slice", Builtin::UnsafeSlice),
    ("SliceData", Builtin::UnsafeSliceData),
    ("String", Builtin::UnsafeString),
    ("StringData", Builtin::UnsafeStringData),
];

const TYPES: &[(&str, TyId)] = &[
    ("bool", Types::BOOL),
    ("int", Types::INT),
    ("int8", Types::INT8),
    ("int16", Types::INT16),
    ("int32", Types::INT32),
    ("int64", Types::INT64),
    ("uint", Types::UINT),
    ("uint8", Types::UINT8),
    ("uint16", Types::UINT16),
    ("uint32", Types::UINT32),
    ("uint64", Types::UINT64),
    ("uintptr", Types::UINTPTR),
    ("float32", Types::FLOAT32),
    ("float64", Types::FLOAT64),
    ("complex64", Types::COMPLEX64),
    ("complex128", Types::COMPLEX128),
    ("string", Types::STRING),
    ("byte", Types::UINT8),
    ("rune", Types::INT32),
    ("any", Types::ANY),
];

/// The scope of predeclared names and what the checker must know of it.
pub struct Universe {
    pub scope: Scope,
    pub iota: ObjId,
    pub nil: ObjId,
    /// `error`.
    pub error: TyId,
}

impl Universe {
    pub fn new(names: &mut Interner, types: &mut Types, info: &mut Info) -> Universe {
        let mut scope = Scope::default();
        let mut add = |info: &mut Info, name: &str, kind, ty| {
            let sym = names.intern(name);
            let id = predeclare(info, sym, kind, ty);
            scope.insert(sym, id);
            id
        };
        for &(name, ty) in TYPES {
            add(info, name, ObjKind::Type, ty);
        }
        for &(name, b) in BUILTINS {
            add(info, name, ObjKind::Builtin(b), Types::ERROR);
        }
        for (name, b) in [("true", true), ("false", false)] {
            add(info, name, ObjKind::Const(Value::Bool(b)), Types::UNTYPED_BOOL);
        }
        let iota = add(info, "iota", ObjKind::Const(Value::int(0)), Types::UNTYPED_INT);
        let nil = add(info, "nil", ObjKind::Nil, Types::UNTYPED_NIL);
        let comparable = types.intern(Ty::Interface(IfaceTy { comparable: true, ..IfaceTy::default() }.into()));
        add(info, "comparable", ObjKind::Type, comparable);
        let error = add(info, "error", ObjKind::Type, Types::ERROR);
        let method = names.intern("Error");
        let sig = types.intern(Ty::Func(FuncTy { results: vec![Types::STRING], ..FuncTy::default() }.into()));
        let methods = vec![MethodTy { name: method, pkg: PkgId(0), sig }];
        let underlying = types.intern(Ty::Interface(IfaceTy { methods, ..IfaceTy::default() }.into()));
        let (_, ty) = types.add_named(Named {
            name: names.intern("error"),
            pkg: PkgId(0),
            obj: Some(error),
            underlying,
            methods: vec![],
            local: 0,
            tparams: vec![],
            targs: vec![],
            origin: None,
            implicit: 0,
        });
        info.objs[error.0 as usize].ty = ty;
        Universe { scope, iota, nil, error: ty }
    }
}

/// The names of package unsafe, which no source declares.
pub fn unsafe_scope(names: &mut Interner, info: &mut Info, pkg: PkgId) -> Scope {
    let mut scope = Scope::default();
    let pointer = names.intern("Pointer");
    scope.insert(pointer, predeclare(info, pointer, ObjKind::Type, Types::UNSAFE_POINTER));
    for &(name, b) in UNSAFE {
        let sym = names.intern(name);
        scope.insert(sym, predeclare(info, sym, ObjKind::Builtin(b), Types::ERROR));
    }
    for o in scope.objects() {
        info.obj_mut(o).pkg = pkg;
    }
    scope
}

fn predeclare(info: &mut Info, name: Sym, kind: ObjKind, ty: TyId) -> ObjId {
    info.add_obj(Obj {
        name,
        kind,
        ty,
        pkg: PkgId(0),
        span: Span::default(),
        addr_taken: false,
        captured: false,
        reassigned: false,
        used: true,
    })
}

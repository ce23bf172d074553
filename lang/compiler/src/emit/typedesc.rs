//! Type descriptors. An id is reserved on first use; the descriptor is filled in at the end of the package, without recursion.

use super::layout::{has_ptrs, packed, ptr_map};
use super::methods::MethodSel;
use super::{Em, Reg};
use crate::types::{Basic, Ty, TyId, Types};
use gol_bytecode::{Field, Kind, Method, Recv, TypeDesc, TypeId, desc};
use gol_syntax::ast::Dir;
use gol_syntax::diag::Code;

/// Descriptors fit into 16-bit fields of instructions.
const TYPES_MAX: usize = 0xffff;

fn blank() -> TypeDesc {
    TypeDesc {
        name: String::new(),
        kind: Kind::Placeholder,
        named: false,
        words: 0,
        stride: 0,
        ptrs: vec![],
        elem: 0,
        backing: 0,
        key: 0,
        len: 0,
        dir: 0,
        fields: vec![],
        params: vec![],
        results: vec![],
        variadic: false,
        methods: vec![],
        comparable: false,
        pkg: String::new(),
    }
}

fn basic_kind(b: Basic) -> Kind {
    match b {
        Basic::Bool | Basic::UntypedBool => Kind::Bool,
        Basic::Int | Basic::UntypedInt | Basic::UntypedDuration => Kind::Int,
        Basic::Int8 => Kind::Int8,
        Basic::Int16 => Kind::Int16,
        Basic::Int32 | Basic::UntypedRune => Kind::Int32,
        Basic::Int64 => Kind::Int64,
        Basic::Uint => Kind::Uint,
        Basic::Uint8 => Kind::Uint8,
        Basic::Uint16 => Kind::Uint16,
        Basic::Uint32 => Kind::Uint32,
        Basic::Uint64 => Kind::Uint64,
        Basic::Uintptr => Kind::Uintptr,
        Basic::Float32 => Kind::Float32,
        Basic::Float64 | Basic::UntypedFloat => Kind::Float64,
        Basic::Complex64 => Kind::Complex64,
        Basic::Complex128 | Basic::UntypedComplex => Kind::Complex128,
        Basic::String | Basic::UntypedString => Kind::String,
        Basic::UnsafePointer | Basic::UntypedNil => Kind::UnsafePointer,
    }
}

impl Em<'_> {
    /// The descriptor of a type.
    pub(super) fn type_id(&mut self, ty: TyId) -> TypeId {
        let ty = self.concrete(ty);
        if let Some(&t) = self.st.types.get(&ty) {
            return t;
        }
        let t = self.add_type(blank());
        self.st.types.insert(ty, t);
        self.st.pending.push(ty);
        t
    }
    fn add_type(&mut self, d: TypeDesc) -> TypeId {
        if self.prog.types.len() >= TYPES_MAX {
            let span = self.f.span();
            self.refuse(Code::NotYet, span, "program has more than 65,535 types");
            return 0;
        }
        self.prog.types.push(d);
        self.prog.types.len() as u32 - 1
    }
    /// The descriptor for backing arrays of elements of a type.
    pub(super) fn backing(&mut self, elem: TyId) -> TypeId {
        let elem = self.concrete(elem);
        let Some(size) = packed(self.types, elem) else { return self.type_id(elem) };
        if let Some(&t) = self.st.packed.get(&elem) {
            return t;
        }
        let e = self.type_id(elem);
        let name = format!("[...]{}", self.type_name(elem));
        let t = self.add_type(TypeDesc { name, kind: Kind::Packed, stride: size, elem: e, words: 1, ..blank() });
        if let Some(d) = self.prog.types.get_mut(t as usize) {
            d.backing = t;
        }
        self.st.packed.insert(elem, t);
        t
    }
    /// Fills in all reserved descriptors, and those that they need.
    pub(super) fn fill_types(&mut self) {
        while let Some(ty) = self.st.pending.pop() {
            let Some(&id) = self.st.types.get(&ty) else { continue };
            let d = self.describe(ty);
            if let Some(slot) = self.prog.types.get_mut(id as usize) {
                *slot = d;
            }
        }
    }
    fn describe(&mut self, ty: TyId) -> TypeDesc {
        let mut d = blank();
        d.name = self.type_name(ty);
        d.words = self.words(ty);
        d.stride = d.words.saturating_mul(8);
        // A map of references only where there are some: huge arrays of plain words need none.
        if d.words <= 4096 || has_ptrs(self.types, ty) {
            ptr_map(self.types, &mut self.st.words, ty, &mut d.ptrs);
        }
        d.comparable = self.comparable(ty);
        if let Ty::Named(n) = *self.types.get(ty) {
            d.named = true;
            d.pkg = self.pkg_label(self.types.named(n).pkg).to_string();
        }
        self.describe_structure(ty, &mut d);
        if d.kind != Kind::Interface {
            d.methods = self.describe_methods(ty);
        }
        d
    }
    fn describe_structure(&mut self, ty: TyId, d: &mut TypeDesc) {
        match self.types.under(ty).clone() {
            Ty::Basic(b) => {
                d.kind = basic_kind(b);
                d.named = true;
                if d.kind == Kind::String {
                    d.elem = self.type_id(Types::UINT8);
                    d.backing = self.backing(Types::UINT8);
                }
            }
            Ty::Pointer(t) => {
                d.kind = Kind::Pointer;
                d.elem = self.type_id(t);
            }
            Ty::Slice(t) => {
                d.kind = Kind::Slice;
                d.elem = self.type_id(t);
                d.backing = self.backing(t);
            }
            Ty::Array(n, t) => {
                d.kind = Kind::Array;
                d.elem = self.type_id(t);
                d.backing = self.backing(t);
                d.len = n;
            }
            Ty::Map(k, v) => {
                d.kind = Kind::Map;
                d.key = self.type_id(k);
                d.elem = self.type_id(v);
            }
            Ty::Chan(dir, t) => {
                d.kind = Kind::Chan;
                d.elem = self.type_id(t);
                d.dir = match dir {
                    Dir::Both => 0,
                    Dir::Send => 1,
                    Dir::Recv => 2,
                };
            }
            Ty::Func(f) => {
                d.kind = Kind::Func;
                d.params = f.params.iter().map(|t| self.type_id(*t)).collect();
                d.results = f.results.iter().map(|t| self.type_id(*t)).collect();
                d.variadic = f.variadic;
            }
            Ty::Struct(fields) => {
                d.kind = Kind::Struct;
                let mut offset = 0u32;
                for f in fields.iter() {
                    let name = self.ast.name(f.name).to_string();
                    let exported = name.chars().next().is_some_and(char::is_uppercase);
                    let tag = f.tag.map_or(String::new(), |t| self.ast.name(t).to_string());
                    let t = self.type_id(f.ty);
                    d.fields.push(Field { name, ty: t, offset, embedded: f.embedded, exported, tag });
                    offset = offset.saturating_add(self.words(f.ty));
                }
            }
            Ty::Interface(_) => {
                d.kind = Kind::Interface;
                for m in self.iface_methods(ty) {
                    let sig = self.type_id(m.sig);
                    d.methods.push(Method { id: m.id, func: 0, recv: Recv::Word, sig });
                }
                d.methods.sort_by_key(|m| m.id);
            }
            Ty::Error | Ty::Named(_) | Ty::TypeParam(_) | Ty::Tuple(_) => {}
        }
    }
    fn describe_methods(&mut self, ty: TyId) -> Vec<Method> {
        let set: Vec<MethodSel> = self.method_set(ty);
        set.into_iter()
            .map(|m| {
                let (func, recv) = self.iface_method(ty, &m);
                Method { id: m.id, func, recv, sig: self.type_id(m.sig) }
            })
            .collect()
    }
    fn comparable(&self, ty: TyId) -> bool {
        match self.types.under(ty) {
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(_) => false,
            Ty::Array(_, t) => self.comparable(*t),
            Ty::Struct(fields) => fields.iter().all(|f| self.comparable(f.ty)),
            _ => true,
        }
    }

    /// Descriptors that the VM makes values of.
    pub(super) fn reserve_known(&mut self) {
        while self.prog.types.len() < desc::FIRST as usize {
            self.prog.types.push(blank());
        }
        if self.prog.known.bool_ != 0 {
            return;
        }
        let known = gol_bytecode::WellKnown {
            bool_: self.type_id(Types::BOOL),
            int: self.type_id(Types::INT),
            int64: self.type_id(Types::INT64),
            uint64: self.type_id(Types::UINT64),
            uint8: self.type_id(Types::UINT8),
            rune: self.type_id(Types::INT32),
            float64: self.type_id(Types::FLOAT64),
            string: self.type_id(Types::STRING),
            bytes: self.backing(Types::UINT8),
            runes: self.backing(Types::INT32),
            strings: self.backing(Types::STRING),
            anys: self.backing(Types::ANY),
            ints: self.backing(Types::INT),
            error_string: 0,
            wrap_error: 0,
        };
        self.prog.known = known;
    }
    /// Types of library packages that the VM must know.
    pub(super) fn known_of_package(&mut self) {
        let path = self.pkg_path(self.pkg).to_string();
        match path.as_str() {
            "runtime" => {
                if let Some(t) = self.find_named("rtError") {
                    self.prog.runtime_error = self.type_id(t);
                }
            }
            "errors" => {
                if let Some(t) = self.find_named("errorString") {
                    let p = self.types.intern(Ty::Pointer(t));
                    self.prog.known.error_string = self.type_id(p);
                }
            }
            "fmt" => {
                if let Some(t) = self.find_named("wrapError") {
                    let p = self.types.intern(Ty::Pointer(t));
                    self.prog.known.wrap_error = self.type_id(p);
                }
            }
            _ => {}
        }
    }
    fn find_named(&mut self, name: &str) -> Option<TyId> {
        let i = self.types.named.iter().position(|n| n.pkg == self.pkg && self.ast.name(n.name) == name)?;
        Some(self.types.intern(Ty::Named(crate::types::NamedId(i as u32))))
    }
    /// A register holds nothing of use: `MapNext` and `Select` do not want it.
    pub(super) const NONE: Reg = 0xffff;
}

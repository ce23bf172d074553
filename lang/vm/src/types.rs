//! The type table at run time.
use crate::fault::Fault;
pub use gol_bytecode::program::TypeId;
use gol_bytecode::program::{FuncId, Program, Recv, TypeDesc};
use gol_runtime::Heap;

/// Descriptor ids of the VM's own objects; all are registered by [`Types::load`].
pub mod desc {
    use gol_bytecode::program::desc as d;
    /// A map: see `object::map`.
    pub const MAP: u32 = d::VM0;
    /// A map's table whose keys or values hold references: all words traced.
    pub const MAP_TABLE: u32 = d::VM1;
    /// A map's table without references.
    pub const MAP_TABLE_NOSCAN: u32 = d::VM2;
    /// A map iterator.
    pub const MAP_ITER: u32 = d::VM3;
    /// Any record of the VM: `len` words, all traced conservatively (defer and panic records).
    pub const WORDS: u32 = d::VM4;
    /// `len` words, none traced.
    pub const WORDS_NOSCAN: u32 = d::VM5;
}

/// How two values of a type compare and hash.
#[derive(Clone, PartialEq, Debug)]
pub enum Plan {
    /// One word, compared as it is.
    Word,
    /// `n` words, all compared as they are (0: always equal).
    Words(u32),
    /// Signed scalar of 1, 2 or 4 bytes: only the low bytes of the word count.
    Narrow(u8),
    Str,
    F64,
    F32,
    Iface,
    /// (word offset, plan) of the fields that count.
    Fields(Box<[(u32, Plan)]>),
    /// `n` elements of `words` words.
    Array {
        n: u64,
        words: u32,
        elem: Box<Plan>,
    },
    /// Packed elements compared as bytes.
    Bytes(u64),
    /// Packed float32.
    PackedF32(u64),
    Uncomparable,
}

/// How an interface holds a value of the type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inline {
    /// Always boxed.
    No,
    /// In place when it sign-extends from 40 bits.
    Signed,
    /// In place when it zero-extends from 40 bits.
    Unsigned,
}

/// Which map operations serve a map type (and any other type: `General`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapKey {
    /// One-word keys compared as words: the `_int` operations.
    Word,
    /// The `_str` operations.
    Str,
    General,
}

/// A method of a dynamic type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodEntry {
    pub func: FuncId,
    pub recv: Recv,
}

/// A type as the VM uses it.
#[derive(Debug)]
pub struct LoadedType {
    pub words: u32,
    /// Bytes between elements of an object with this descriptor.
    pub stride: u32,
    /// Go's `unsafe.Sizeof`, `unsafe.Alignof` (for Packed descriptors: of one element).
    pub go_size: u64,
    pub go_align: u32,
    /// Some word may hold a reference.
    pub scan: bool,
    pub inline: Inline,
    pub plan: Plan,
    /// Of a map type: by its key.
    pub map_key: MapKey,
    /// Everything else.
    pub desc: TypeDesc,
}

/// The loaded type table.
pub struct Types {}

impl Types {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Types {
        unimplemented!()
    }
    /// Loads what is new in `program` (types and method names) and registers one heap descriptor for each type. One thread at
    /// a time; readers go on meanwhile.
    pub fn load(&self, _program: &Program, _heap: &Heap) {
        unimplemented!()
    }
    pub fn len(&self) -> u32 {
        unimplemented!()
    }
    pub fn is_empty(&self) -> bool {
        unimplemented!()
    }
    /// `ty` must be loaded.
    #[inline(always)]
    pub fn get(&self, _ty: TypeId) -> &LoadedType {
        unimplemented!()
    }
    pub fn name(&self, _ty: TypeId) -> &str {
        unimplemented!()
    }
    pub fn find_method(&self, _ty: TypeId, _method: u32) -> Option<MethodEntry> {
        unimplemented!()
    }
    /// Concurrent cache in front.
    pub fn implements(&self, _ty: TypeId, _iface: TypeId) -> bool {
        unimplemented!()
    }
    /// The first method of `iface` (by name) that `ty` lacks.
    pub fn missing_method(&self, _ty: TypeId, _iface: TypeId) -> Option<String> {
        unimplemented!()
    }
    pub fn method_id(&self, _name: &str) -> Option<u32> {
        unimplemented!()
    }
    pub fn method_name(&self, _id: u32) -> String {
        unimplemented!()
    }
    /// Why `x.(want)` failed: `word` is the interface, `iface` its static type, `want` a concrete or interface type.
    ///
    /// # Safety
    /// `word` is an interface word.
    pub unsafe fn assert_fault(&self, _word: u64, _iface: TypeId, _want: TypeId) -> Fault {
        unimplemented!()
    }
}

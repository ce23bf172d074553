//! The type table at run time: what natives, equality, hashing, maps and method calls need to know of a type.
//!
//! Invariants: a type's id is also its heap descriptor's id, so types are loaded in order and every id gets a descriptor. Entries
//! are written once and never move: readers take no lock, also while the prompt loads more. An entry is published by the
//! count (Release), and whoever holds an id got it from code or objects made after that.

use crate::fault::Fault;
use crate::object::iface::iface_type;
use crate::object::string::FEW;
pub use gol_bytecode::program::TypeId;
use gol_bytecode::program::{FuncId, Kind, Method, Program, Recv, TypeDesc, desc as reserved};
use gol_runtime::{Desc, Heap, PtrMap};
use rustc_hash::FxHashMap;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::*};
use std::sync::{Mutex, PoisonError};

/// Descriptor ids of the VM's own objects; all are registered by [`Types::load`].
pub mod desc {
    use gol_bytecode::program::desc as reserved;
    /// A map: see `object::map`.
    pub const MAP: u32 = reserved::VM0;
    /// A map's table whose keys or values hold references: all words traced.
    pub const MAP_TABLE: u32 = reserved::VM1;
    /// A map's table without references.
    pub const MAP_TABLE_NOSCAN: u32 = reserved::VM2;
    /// A map iterator.
    pub const MAP_ITER: u32 = reserved::VM3;
    /// Any record of the VM: `len` words, all traced (defer and panic records).
    pub const WORDS: u32 = reserved::VM4;
    /// `len` words, none traced.
    pub const WORDS_NOSCAN: u32 = reserved::VM5;
    /// A channel whose elements hold references: the runtime's prefix, then `len` words. One descriptor serves all element sizes, so
    /// `len` is capacity times words of an element.
    pub const CHAN: u32 = 10;
    /// A channel without references.
    pub const CHAN_NOSCAN: u32 = 11;
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
    /// (word offset, plan) of the fields that count: blank ones don't.
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
    /// Keys of two or three words compared as words: points, pairs of references.
    Words2,
    Words3,
    Float,
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
    /// Of a map type: words of a key and of a value.
    pub map_words: (u32, u32),
    /// Of a map type: keys or values may hold references.
    pub map_scan: bool,
    /// Everything else.
    pub desc: TypeDesc,
}

/// Chunk `c` holds `FIRST_CHUNK << c` entries, so entries never move and an id is found without a search.
const FIRST_CHUNK: u32 = 256;
const CHUNKS: usize = 16;
/// Entries of the cache of [`Types::implements`]; a power of two. Lossy, so the size bounds nothing but speed.
const CACHE: usize = 1024;
/// Interface words have 23 bits for the type.
const MAX_TYPES: u32 = 1 << 23;

/// The loaded type table.
pub struct Types {
    chunks: [AtomicPtr<MaybeUninit<LoadedType>>; CHUNKS],
    /// Entries published; written under `loading` with Release.
    count: AtomicU32,
    /// Answers of `implements`: type 23 bits, interface 23 bits, answer, valid bit; each entry is one word, so it can't tear.
    cache: Box<[AtomicU64]>,
    loading: Mutex<()>,
    /// Method names, newest first.
    names: AtomicPtr<Names>,
    /// Where strings of so many bytes are allocated: the kind of cell, and its words from bit 32 on.
    few: [AtomicU64; FEW + 1],
    /// The same for views, which are all of one size.
    view: AtomicU64,
}

/// The method names of one load. Never written to once it is published, so readers take no lock.
struct Names {
    /// Id of the first of `list`.
    first: u32,
    list: Vec<String>,
    ids: FxHashMap<String, u32>,
    /// Those of the loads before, or null.
    older: *mut Names,
}

impl Default for Types {
    fn default() -> Types {
        Types::new()
    }
}

#[inline(always)]
fn cell_of(packed: &AtomicU64) -> (usize, usize) {
    let cell = packed.load(Relaxed);
    debug_assert!(cell != 0, "loaded");
    (cell as u32 as usize, (cell >> 32) as usize)
}

impl Types {
    pub fn new() -> Types {
        Types {
            chunks: [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS],
            count: AtomicU32::new(0),
            cache: (0..CACHE).map(|_| AtomicU64::new(0)).collect(),
            loading: Mutex::new(()),
            names: AtomicPtr::new(std::ptr::null_mut()),
            few: [const { AtomicU64::new(0) }; FEW + 1],
            view: AtomicU64::new(0),
        }
    }

    /// The kind of cell for a string of `len` bytes, at most [`FEW`], and the cell's words.
    #[inline(always)]
    pub(crate) fn few(&self, len: usize) -> (usize, usize) {
        cell_of(&self.few[len])
    }
    /// The same for a view of a string.
    #[inline(always)]
    pub(crate) fn view(&self) -> (usize, usize) {
        cell_of(&self.view)
    }

    /// Loads what is new in `program` (types and method names) and registers one heap descriptor for each type. The table and the
    /// heap must have been made for each other: nobody else adds descriptors.
    pub fn load(&self, program: &Program, heap: &Heap) {
        let _one = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        self.load_names(&program.methods);
        let first = self.len();
        for id in first..program.types.len().max(reserved::FIRST as usize) as u32 {
            assert!(id < MAX_TYPES, "more than {MAX_TYPES} types");
            let loaded = match program.types.get(id as usize) {
                Some(desc) => load_type(&program.types, desc),
                None => load_type(&program.types, &placeholder()),
            };
            // Id 0 is the heap's own.
            if id > 0 {
                let added = heap.add_desc(heap_desc(id, &loaded.desc));
                assert_eq!(added, id, "a type's id is its descriptor's id");
            }
            self.push(id, loaded);
        }
        let pack = |desc, len| {
            let key = heap.class_of(desc, len);
            u64::from(key.kind) | u64::from(key.size / 8) << 32
        };
        for (len, few) in self.few.iter().enumerate() {
            few.store(pack(reserved::STR, len as u64), Relaxed);
        }
        self.view.store(pack(reserved::STRVIEW, 1), Relaxed);
    }

    fn load_names(&self, methods: &[String]) {
        let older = self.names().next().map_or(0, |n| n.first as usize + n.list.len());
        let list = methods[older..].to_vec();
        if list.is_empty() {
            return;
        }
        let first = older as u32;
        let ids = list.iter().enumerate().map(|(k, name)| (name.clone(), first + k as u32)).collect();
        let names = Names { first, list, ids, older: self.names.load(Relaxed) };
        // `loading` is held; Release publishes the list, pairing with `names`.
        self.names.store(Box::into_raw(Box::new(names)), Release);
    }
    /// The lists of method names, newest first.
    fn names(&self) -> impl Iterator<Item = &Names> {
        let mut at = self.names.load(Acquire);
        std::iter::from_fn(move || {
            // SAFETY: null, or a list that lives as long as the table and is not written to.
            let names = unsafe { at.as_ref() }?;
            at = names.older;
            Some(names)
        })
    }

    fn push(&self, id: TypeId, loaded: LoadedType) {
        let (chunk, at) = place(id);
        if at == 0 {
            let entries: Box<[MaybeUninit<LoadedType>]> = Box::new_uninit_slice((FIRST_CHUNK << chunk) as usize);
            self.chunks[chunk].store(Box::into_raw(entries).cast(), Release);
        }
        // SAFETY: the chunk was made when its first entry was pushed; `loading` is held and nobody reads past `count`.
        unsafe { self.chunks[chunk].load(Relaxed).add(at).write(MaybeUninit::new(loaded)) };
        self.count.store(id + 1, Release);
    }

    /// Number of types.
    pub fn len(&self) -> u32 {
        self.count.load(Acquire)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `ty` must be loaded: ids come from verified code and from object headers.
    #[inline(always)]
    pub fn get(&self, ty: TypeId) -> &LoadedType {
        debug_assert!(ty < self.len(), "type {ty} of {}", self.len());
        let (chunk, at) = place(ty);
        // SAFETY: entries below `count` are written, and their chunks never move or go.
        unsafe { (*self.chunks[chunk].load(Acquire).add(at)).assume_init_ref() }
    }

    pub fn name(&self, ty: TypeId) -> &str {
        &self.get(ty).desc.name
    }

    /// The method of dynamic type `ty` with this id.
    pub fn find_method(&self, ty: TypeId, method: u32) -> Option<MethodEntry> {
        let m = method_of(&self.get(ty).desc, method)?;
        Some(MethodEntry { func: m.func, recv: m.recv })
    }

    /// Whether dynamic type `ty` has the methods of `iface`.
    #[inline]
    pub fn implements(&self, ty: TypeId, iface: TypeId) -> bool {
        let key = (ty as u64) << 32 | (iface as u64) << 2;
        let entry = &self.cache[(ty.wrapping_mul(31) ^ iface) as usize % CACHE];
        let cached = entry.load(Relaxed);
        if cached & !3 == key && cached & 1 != 0 {
            return cached & 2 != 0;
        }
        let answer = self.lacks(ty, iface).next().is_none();
        entry.store(key | (answer as u64) << 1 | 1, Relaxed);
        answer
    }

    /// The first method of `iface` (by name) that `ty` lacks.
    pub fn missing_method(&self, ty: TypeId, iface: TypeId) -> Option<String> {
        let mut names: Vec<String> = self.lacks(ty, iface).map(|id| self.method_name(id)).collect();
        names.sort_unstable();
        names.into_iter().next()
    }

    fn lacks(&self, ty: TypeId, iface: TypeId) -> impl Iterator<Item = u32> {
        let have = &self.get(ty).desc;
        let want = &self.get(iface).desc.methods;
        want.iter().filter(|w| method_of(have, w.id).is_none_or(|m| m.sig != w.sig)).map(|w| w.id)
    }

    pub fn method_id(&self, name: &str) -> Option<u32> {
        self.names().find_map(|names| names.ids.get(name).copied())
    }

    /// The method's name without its package.
    pub fn method_name(&self, id: u32) -> String {
        let name =
            self.names().find(|names| names.first <= id).map_or("?", |names| &names.list[(id - names.first) as usize]);
        name.rsplit('.').next().unwrap_or(name).to_string()
    }

    /// Why `x.(want)` failed: `word` is `x`, `iface` its static type, `want` a concrete or an interface type.
    ///
    /// # Safety
    /// `word` is an interface word.
    #[cold]
    pub unsafe fn assert_fault(&self, word: u64, iface: TypeId, want: TypeId) -> Fault {
        let to_iface = self.get(want).desc.kind == Kind::Interface;
        let want_name = self.name(want);
        if word == 0 {
            return Fault::assert_nil(if to_iface { "interface" } else { self.name(iface) }, want_name);
        }
        // SAFETY: not nil.
        let have = unsafe { iface_type(word) };
        match self.missing_method(have, want) {
            Some(method) if to_iface => Fault::assert_method(self.name(have), want_name, &method),
            _ => Fault::assert_type(self.name(iface), self.name(have), want_name),
        }
    }
}

impl Drop for Types {
    fn drop(&mut self) {
        let mut names = *self.names.get_mut();
        while !names.is_null() {
            // SAFETY: made by `load_names` from a box; nobody else has the table any more.
            names = unsafe { Box::from_raw(names) }.older;
        }
        for id in 0..self.len() {
            let (chunk, at) = place(id);
            // SAFETY: entries below `count` are written; nobody else has the table any more.
            unsafe { (*self.chunks[chunk].get_mut().add(at)).assume_init_drop() };
        }
        for (c, chunk) in self.chunks.iter_mut().enumerate() {
            let entries = *chunk.get_mut();
            if !entries.is_null() {
                let len = (FIRST_CHUNK << c) as usize;
                // SAFETY: made by `push` from a box of so many entries.
                drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(entries, len)) });
            }
        }
    }
}

/// Chunk and index in it.
#[inline(always)]
fn place(id: TypeId) -> (usize, usize) {
    let n = id + FIRST_CHUNK;
    let chunk = n.ilog2() - FIRST_CHUNK.ilog2();
    (chunk as usize, (n - (FIRST_CHUNK << chunk)) as usize)
}

fn method_of(desc: &TypeDesc, id: u32) -> Option<&Method> {
    desc.methods.binary_search_by_key(&id, |m| m.id).ok().map(|i| &desc.methods[i])
}

/// What stands for a reserved id that the program does not describe.
pub fn placeholder() -> TypeDesc {
    TypeDesc {
        name: String::new(),
        kind: Kind::Placeholder,
        named: false,
        words: 0,
        stride: 0,
        ptrs: Vec::new(),
        elem: 0,
        backing: 0,
        key: 0,
        len: 0,
        dir: 0,
        fields: Vec::new(),
        params: Vec::new(),
        results: Vec::new(),
        variadic: false,
        methods: Vec::new(),
        comparable: false,
        pkg: String::new(),
    }
}

fn load_type(all: &[TypeDesc], desc: &TypeDesc) -> LoadedType {
    let (go_size, go_align) = go_layout(all, desc);
    let (mut map_key, mut map_words, mut map_scan) = (MapKey::General, (0, 0), false);
    if desc.kind == Kind::Map {
        let (key, val) = (&all[desc.key as usize], &all[desc.elem as usize]);
        map_key = match plan(all, key) {
            Plan::Words(2) if key.words == 2 => MapKey::Words2,
            Plan::Words(3) if key.words == 3 => MapKey::Words3,
            _ if key.words != 1 => MapKey::General,
            Plan::F64 => MapKey::Float,
            // Scalars are normalised words; a struct of a narrow field is not.
            Plan::Word => MapKey::Word,
            Plan::Narrow(_) if !matches!(key.kind, Kind::Struct | Kind::Array) => MapKey::Word,
            Plan::Str => MapKey::Str,
            _ => MapKey::General,
        };
        map_words = (key.words, val.words);
        map_scan = key.ptrs.contains(&true) || val.ptrs.contains(&true);
    }
    LoadedType {
        words: desc.words,
        stride: desc.stride,
        go_size,
        go_align,
        scan: desc.ptrs.contains(&true),
        inline: inline(desc.kind),
        plan: plan(all, desc),
        map_key,
        map_words,
        map_scan,
        desc: desc.clone(),
    }
}

fn heap_desc(id: TypeId, desc: &TypeDesc) -> Desc {
    let object = Desc::new;
    match id {
        reserved::STR => object(1, PtrMap::None, 1, PtrMap::None),
        reserved::STRVIEW => object(1, PtrMap::All, 0, PtrMap::None),
        reserved::CLOSURE => object(1, PtrMap::None, 8, PtrMap::All),
        desc::MAP => crate::object::map::map_desc(),
        desc::MAP_ITER => crate::object::map::iter_desc(),
        desc::MAP_TABLE => crate::object::table::table_desc(),
        desc::WORDS => object(0, PtrMap::None, 8, PtrMap::All),
        desc::MAP_TABLE_NOSCAN | desc::WORDS_NOSCAN => object(0, PtrMap::None, 8, PtrMap::None),
        desc::CHAN => object(gol_runtime::sched::CHAN_PREFIX_WORDS as u32, PtrMap::None, 8, PtrMap::All),
        desc::CHAN_NOSCAN => object(gol_runtime::sched::CHAN_PREFIX_WORDS as u32, PtrMap::None, 8, PtrMap::None),
        _ => object(0, PtrMap::None, desc.stride, ptr_map(&desc.ptrs)),
    }
}

fn ptr_map(ptrs: &[bool]) -> PtrMap {
    if !ptrs.contains(&true) {
        return PtrMap::None;
    }
    if !ptrs.contains(&false) {
        return PtrMap::All;
    }
    let mut bits = vec![0u64; ptrs.len().div_ceil(64)];
    for i in (0..ptrs.len()).filter(|&i| ptrs[i]) {
        bits[i / 64] |= 1 << (i % 64);
    }
    PtrMap::Bits(bits.into())
}

fn inline(kind: Kind) -> Inline {
    use Kind::*;
    match kind {
        Int | Int8 | Int16 | Int32 | Int64 => Inline::Signed,
        Bool | Uint | Uint8 | Uint16 | Uint32 | Uint64 | Uintptr => Inline::Unsigned,
        Placeholder | Float32 | Float64 | Complex64 | Complex128 | String | UnsafePointer | Pointer | Slice | Array
        | Struct | Map | Chan | Func | Interface | Packed => Inline::No,
    }
}

/// Bytes of a scalar that arrays and slices pack; `None` for other types.
pub fn packed_size(kind: Kind) -> Option<u32> {
    use Kind::*;
    match kind {
        Bool | Int8 | Uint8 => Some(1),
        Int16 | Uint16 => Some(2),
        Int32 | Uint32 | Float32 => Some(4),
        Placeholder | Int | Int64 | Uint | Uint64 | Uintptr | Float64 | Complex64 | Complex128 | String
        | UnsafePointer | Pointer | Slice | Array | Struct | Map | Chan | Func | Interface | Packed => None,
    }
}

/// Size and alignment of Go's own layout on 64-bit machines: `cap` and `unsafe.Sizeof` show them.
fn go_layout(all: &[TypeDesc], desc: &TypeDesc) -> (u64, u32) {
    use Kind::*;
    match desc.kind {
        Placeholder => (0, 1),
        Bool | Int8 | Uint8 => (1, 1),
        Int16 | Uint16 => (2, 2),
        Int32 | Uint32 | Float32 => (4, 4),
        Int | Int64 | Uint | Uint64 | Uintptr | Float64 | UnsafePointer | Pointer | Map | Chan | Func => (8, 8),
        Complex64 => (8, 4),
        Complex128 => (16, 8),
        String | Interface => (16, 8),
        Slice => (24, 8),
        Packed => go_layout(all, &all[desc.elem as usize]),
        Array => {
            let (size, align) = go_layout(all, &all[desc.elem as usize]);
            (size.saturating_mul(desc.len), align)
        }
        Struct => go_struct(all, desc),
    }
}

fn go_struct(all: &[TypeDesc], desc: &TypeDesc) -> (u64, u32) {
    let (mut end, mut align, mut last) = (0u64, 1u32, 1u64);
    for field in &desc.fields {
        let (size, field_align) = go_layout(all, &all[field.ty as usize]);
        end = end.next_multiple_of(field_align as u64).saturating_add(size);
        align = align.max(field_align);
        last = size;
    }
    // A pointer to a last field of size 0 must not leave the struct.
    if last == 0 && end > 0 {
        end += 1;
    }
    (end.next_multiple_of(align as u64), align)
}

fn plan(all: &[TypeDesc], desc: &TypeDesc) -> Plan {
    use Kind::*;
    match desc.kind {
        Bool | Int | Int64 | Uint | Uint8 | Uint16 | Uint32 | Uint64 | Uintptr | UnsafePointer | Pointer | Chan => {
            Plan::Word
        }
        Int8 => Plan::Narrow(1),
        Int16 => Plan::Narrow(2),
        Int32 => Plan::Narrow(4),
        Float32 => Plan::F32,
        Float64 => Plan::F64,
        Complex64 | Complex128 => Plan::Fields([(0, Plan::F64), (1, Plan::F64)].into()),
        String => Plan::Str,
        Interface => Plan::Iface,
        Struct => plan_struct(all, desc),
        Array => plan_array(all, desc),
        Placeholder | Slice | Map | Func | Packed => Plan::Uncomparable,
    }
}

fn plan_struct(all: &[TypeDesc], desc: &TypeDesc) -> Plan {
    let mut steps: Vec<(u32, Plan)> = Vec::new();
    for field in &desc.fields {
        let next = plan(all, &all[field.ty as usize]);
        if next == Plan::Uncomparable {
            return next;
        }
        if field.name == "_" || next == Plan::Words(0) {
            continue;
        }
        // Plain words behind plain words are one run.
        if let (Some(n), Some((at, last))) = (plain(&next), steps.last_mut())
            && let Some(before) = plain(last)
            && *at + before == field.offset
        {
            *last = Plan::Words(before + n);
            continue;
        }
        steps.push((field.offset, next));
    }
    match steps.len() {
        0 => Plan::Words(0),
        1 if steps[0].0 == 0 => steps.remove(0).1,
        _ => Plan::Fields(steps.into()),
    }
}

fn plan_array(all: &[TypeDesc], desc: &TypeDesc) -> Plan {
    let elem = &all[desc.elem as usize];
    match plan(all, elem) {
        Plan::Uncomparable => Plan::Uncomparable,
        _ if desc.len == 0 => Plan::Words(0),
        Plan::F32 if elem.kind == Kind::Float32 => Plan::PackedF32(desc.len),
        each => match (packed_size(elem.kind), plain(&each)) {
            (Some(size), _) => Plan::Bytes(desc.len * size as u64),
            // A plan of fewer words than the element has leaves blank fields out.
            (None, Some(n)) if n == elem.words => Plan::Words(desc.words),
            (None, _) => Plan::Array { n: desc.len, words: elem.words, elem: Box::new(each) },
        },
    }
}

/// How many words a plan compares as they are.
fn plain(plan: &Plan) -> Option<u32> {
    match plan {
        Plan::Word => Some(1),
        Plan::Words(n) => Some(*n),
        Plan::Narrow(_)
        | Plan::Str
        | Plan::F64
        | Plan::F32
        | Plan::Iface
        | Plan::Fields(_)
        | Plan::Array { .. }
        | Plan::Bytes(_)
        | Plan::PackedF32(_)
        | Plan::Uncomparable => None,
    }
}

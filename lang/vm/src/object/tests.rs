//! The object layer over a heap, against Rust's own collections.
use super::iface::*;
use super::map::*;
use super::slice::*;
use super::string::*;
use super::*;
use crate::types::placeholder;
use gol_bytecode::program::{Field, Kind, Method, Program, Recv, TypeDesc, desc as reserved};
use gol_runtime::{Desc, Header};
use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::sync::Mutex;

static DESCS: Mutex<Vec<Desc>> = Mutex::new(Vec::new());

pub(super) fn stub_alloc(_p: *mut P, d: TypeId, len: u64) -> Result<*mut u64, Fault> {
    let (prefix, stride) = {
        let descs = DESCS.lock().unwrap();
        (descs[d as usize - 1].prefix_words as u64, descs[d as usize - 1].stride as u64)
    };
    let bytes = 8 + 8 * prefix + len * stride;
    let v = vec![0u64; bytes.div_ceil(8) as usize].leak();
    v[0] = Header::new(d, len).0;
    Ok(unsafe { v.as_mut_ptr().add(1) })
}

/// A P over types and a heap.
struct World {
    p: *mut P,
    _types: Box<Types>,
    _engine: Box<*const Types>,
    ty: HashMap<&'static str, TypeId>,
}

fn basic(name: &str, kind: Kind, words: u32, ptr: bool) -> TypeDesc {
    TypeDesc {
        name: name.into(),
        kind,
        named: true,
        words,
        stride: 8 * words,
        ptrs: vec![ptr; words as usize],
        comparable: true,
        ..placeholder()
    }
}

/// Builds a type table as the compiler would.
#[derive(Default)]
struct Builder {
    program: Program,
    ids: HashMap<&'static str, TypeId>,
}

impl Builder {
    fn new() -> Builder {
        let mut b = Builder::default();
        b.program.types = (0..reserved::FIRST).map(|_| placeholder()).collect();
        for (name, kind) in [
            ("bool", Kind::Bool),
            ("int", Kind::Int),
            ("int8", Kind::Int8),
            ("int16", Kind::Int16),
            ("int32", Kind::Int32),
            ("uint8", Kind::Uint8),
            ("uint32", Kind::Uint32),
            ("uint64", Kind::Uint64),
            ("float32", Kind::Float32),
            ("float64", Kind::Float64),
        ] {
            b.add(name, basic(name, kind, 1, false));
        }
        b.add("complex128", basic("complex128", Kind::Complex128, 2, false));
        b.add("string", basic("string", Kind::String, 1, true));
        b.add("any", basic("interface {}", Kind::Interface, 1, true));
        let int = b.id("int");
        b.add("*int", TypeDesc { elem: int, ..basic("*int", Kind::Pointer, 1, true) });
        b.add("func()", basic("func()", Kind::Func, 1, true));
        for elem in ["uint8", "int32", "float32"] {
            let stride = if elem == "uint8" { 1 } else { 4 };
            let desc = TypeDesc { elem: b.id(elem), stride, ..basic("packed", Kind::Packed, 0, false) };
            b.add(
                ["pack8", "pack32", "packf"][["uint8", "int32", "float32"].iter().position(|e| *e == elem).unwrap()],
                desc,
            );
        }
        for (name, elem, backing) in [("[]int", "int", "int"), ("[]uint8", "uint8", "pack8")] {
            let desc = TypeDesc {
                elem: b.id(elem),
                backing: b.id(backing),
                ptrs: vec![true, false, false],
                ..basic(name, Kind::Slice, 3, false)
            };
            b.add(name, desc);
        }
        b.structure("struct{}", &[]);
        b.structure("point", &[("x", "int"), ("y", "int")]);
        b.structure("narrow", &[("a", "int8"), ("_", "int"), ("b", "string")]);
        b.structure("mixed", &[("a", "any"), ("f", "float64"), ("p", "point"), ("s", "string")]);
        b.structure("bad", &[("a", "int"), ("b", "[]int")]);
        b.structure("small", &[("a", "uint8"), ("b", "int"), ("c", "uint8"), ("d", "struct{}")]);
        b.array("[3]int", "int", 3, 3, false);
        b.array("[5]uint8", "uint8", 5, 1, false);
        b.array("[3]float32", "float32", 3, 2, false);
        b.array("[2]mixed", "mixed", 2, 10, true);
        for (name, key, val) in [
            ("map[int]int", "int", "int"),
            ("map[string]int", "string", "int"),
            ("map[int]string", "int", "string"),
            ("map[any]int", "any", "int"),
            ("map[float64]int", "float64", "int"),
            ("map[point][3]int", "point", "[3]int"),
            ("map[int8]struct{}", "int8", "struct{}"),
            ("map[mixed]string", "mixed", "string"),
        ] {
            let desc = TypeDesc { key: b.id(key), elem: b.id(val), ..basic(name, Kind::Map, 1, true) };
            b.add(name, desc);
        }
        b
    }
    fn id(&self, name: &str) -> TypeId {
        self.ids[name]
    }
    fn add(&mut self, name: &'static str, desc: TypeDesc) {
        self.ids.insert(name, self.program.types.len() as TypeId);
        self.program.types.push(desc);
    }
    fn structure(&mut self, name: &'static str, fields: &[(&str, &str)]) {
        let mut desc = basic(name, Kind::Struct, 0, false);
        for (field, ty) in fields {
            let of = &self.program.types[self.id(ty) as usize];
            let field = Field {
                name: field.to_string(),
                ty: self.id(ty),
                offset: desc.words,
                embedded: false,
                exported: false,
                tag: String::new(),
            };
            desc.words += of.words;
            desc.ptrs.extend(&of.ptrs);
            desc.fields.push(field);
        }
        desc.stride = 8 * desc.words;
        self.add(name, desc);
    }
    fn array(&mut self, name: &'static str, elem: &str, len: u64, words: u32, ptr: bool) {
        let desc = TypeDesc { elem: self.id(elem), len, ..basic(name, Kind::Array, words, ptr) };
        self.add(name, desc);
    }
    fn build(self) -> World {
        let types = Box::new(Types::new());
        {
            let mut descs = DESCS.lock().unwrap();
            let fresh = descs.is_empty();
            let mut n = 0;
            types.load_with(&self.program, &mut |desc| {
                if fresh || n as usize >= descs.len() {
                    descs.push(desc);
                }
                n += 1;
                n
            });
        }
        let engine = Box::new(&raw const *types);
        let p = Box::leak(Box::new(MaybeUninit::<P>::zeroed())).as_mut_ptr();
        unsafe { (&raw mut (*p).engine).write(&raw const *engine as *const u8) };
        World { p, _types: types, _engine: engine, ty: self.ids }
    }
}

/// Small deterministic generator.
struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[test]
#[ignore]
fn bench() {
    let w = Builder::new().build();
    let p = w.p;
    for n in [1000u64, 100_000, 1_000_000] {
        let rounds = 4_000_000 / n;
        let keys: Vec<u64> = {
            let mut r = Rng(1);
            (0..n).map(|_| r.next()).collect()
        };
        unsafe {
            for (what, keys) in [("seq", (0..n).collect::<Vec<u64>>()), ("random", keys.clone())] {
                let (mut ins, mut get, mut miss, mut hins, mut hget, mut hmiss, mut iter) = (0, 0, 0, 0, 0, 0, 0);
                let mut sum = 0u64;
                for _ in 0..rounds {
                    let m = map_new(p, w.ty["map[int]int"], 0).unwrap();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        *map_set_int(p, m, k).unwrap() = k;
                    }
                    ins += t.elapsed().as_nanos();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        sum += *map_get_int(p, m, k).unwrap();
                    }
                    get += t.elapsed().as_nanos();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        sum += map_get_int(p, m, !k).unwrap().is_null() as u64;
                    }
                    miss += t.elapsed().as_nanos();
                    let t = std::time::Instant::now();
                    let it = map_iter(p, m, 0).unwrap();
                    let (mut k, mut v) = (0, 0);
                    while map_next(p, it, &mut k, &mut v).unwrap() {
                        sum += k ^ v;
                    }
                    iter += t.elapsed().as_nanos();
                    let mut h: HashMap<u64, u64, rustc_hash::FxBuildHasher> = HashMap::default();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        *h.entry(k).or_insert(0) = k;
                    }
                    hins += t.elapsed().as_nanos();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        sum += h[&k];
                    }
                    hget += t.elapsed().as_nanos();
                    let t = std::time::Instant::now();
                    for &k in &keys {
                        sum += h.get(&!k).is_none() as u64;
                    }
                    hmiss += t.elapsed().as_nanos();
                }
                let per = |t: u128| t as f64 / (n * rounds) as f64;
                eprintln!(
                    "int {what} n={n}: insert {:.1} get {:.1} miss {:.1} iter {:.1} | hashbrown+fx insert {:.1} get {:.1} miss {:.1} ({sum})",
                    per(ins),
                    per(get),
                    per(miss),
                    per(iter),
                    per(hins),
                    per(hget),
                    per(hmiss)
                );
            }
            let texts: Vec<String> = keys.iter().map(|k| format!("key{}", k % 100_000_000)).collect();
            let strs: Vec<u64> = texts.iter().map(|t| new_str(p, t.as_bytes()).unwrap()).collect();
            let strs2: Vec<u64> = texts.iter().map(|t| new_str(p, t.as_bytes()).unwrap()).collect();
            let (mut ins, mut get, mut hins, mut hget) = (0, 0, 0, 0);
            let mut sum = 0;
            for _ in 0..rounds {
                let m = map_new(p, w.ty["map[string]int"], 0).unwrap();
                let t = std::time::Instant::now();
                for &k in &strs {
                    *map_set_str(p, m, k).unwrap() = k;
                }
                ins += t.elapsed().as_nanos();
                let t = std::time::Instant::now();
                for &k in &strs2 {
                    sum ^= *map_get_str(p, m, k).unwrap();
                }
                get += t.elapsed().as_nanos();
                let mut h: HashMap<&str, u64, rustc_hash::FxBuildHasher> = HashMap::default();
                let t = std::time::Instant::now();
                for k in &texts {
                    *h.entry(k).or_insert(0) = 1;
                }
                hins += t.elapsed().as_nanos();
                let t = std::time::Instant::now();
                for k in &texts {
                    sum += h[&**k];
                }
                hget += t.elapsed().as_nanos();
            }
            let per = |t: u128| t as f64 / (n * rounds) as f64;
            eprintln!(
                "str n={n}: insert {:.1} get {:.1} | hashbrown+fx insert {:.1} get {:.1} ({sum})",
                per(ins),
                per(get),
                per(hins),
                per(hget)
            );
        }
    }
}

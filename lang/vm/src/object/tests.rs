//! The object layer over a real heap, against Rust's own collections. Every block is `unsafe` for one reason: the words handed
//! over are of the types that the tests made them with, and nothing is collected while they are in use.
use super::iface::*;
use super::map::*;
use super::slice::*;
use super::string::*;
use super::*;
use crate::fault::Cause;
use crate::types::{MethodEntry, placeholder};
use gol_bytecode::program::{Field, Kind, Method, Program, Recv, TypeDesc, desc as reserved};
use gol_runtime::{Heap, HeapConfig};
use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;

/// A P over types and a heap.
struct World {
    p: *mut P,
    heap: Box<Heap>,
    types: Box<Types>,
    _engine: Box<*const Types>,
    _p: Box<MaybeUninit<P>>,
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
            ("map[struct{}]struct{}", "struct{}", "struct{}"),
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
        let config = HeapConfig {
            limit: 4 << 30,
            gogc: None,
            stress_every: None,
            poison: true,
            verify: true,
            ..HeapConfig::default()
        };
        let heap = Box::new(Heap::new(config).unwrap());
        let types = Box::new(Types::new());
        types.load(&self.program, &heap);
        let engine = Box::new(&raw const *types);
        let mut room = Box::new(MaybeUninit::<P>::zeroed());
        let p = room.as_mut_ptr();
        // SAFETY: the object layer uses these three fields alone.
        unsafe {
            (&raw mut (*p).engine).write((&raw const *engine).cast());
            (&raw mut (*p).heap).write(&raw const *heap);
            (&raw mut (*p).cache).write(heap.new_cache());
        }
        World { p, heap, types, _engine: engine, _p: room, ty: self.ids }
    }
}

impl World {
    /// Collects all that `roots` do not reach.
    fn collect(&self, roots: &[u64]) {
        // SAFETY: one thread; the P's cache is the only one.
        unsafe {
            let mut caches = std::iter::once(&mut (*self.p).cache);
            self.heap.collect(&mut caches, &mut |visit| visit(roots.as_ptr(), roots.len()));
        }
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

/// The words of key number `id` of a type, in fresh objects.
unsafe fn key(w: &World, ty: &str, id: u64) -> Vec<u64> {
    unsafe {
        match ty {
            "int" => vec![id],
            "float64" => vec![((id as f64) - 2.0).to_bits()],
            "point" => vec![id % 10, id],
            "string" => vec![text(w, id)],
            // Numbers in place, boxed ones, strings, structs.
            "any" => match id % 4 {
                0 => vec![iface(w, "int", &[id])],
                1 => vec![iface(w, "int", &[id << 45])],
                2 => vec![iface(w, "string", &[text(w, id)])],
                _ => vec![iface(w, "point", &[id, 7])],
            },
            "mixed" => {
                vec![iface(w, "string", &[text(w, id)]), 1.5f64.to_bits(), 3, id % 3, text(w, id / 3)]
            }
            _ => panic!("no keys for {ty}"),
        }
    }
}

unsafe fn text(w: &World, id: u64) -> u64 {
    let text = match id % 3 {
        0 => format!("{id}"),
        1 => format!("key number {id}"),
        _ => format!("a key that is rather longer than most of the keys are, number {id}"),
    };
    unsafe { new_str(w.p, text.as_bytes()).unwrap() }
}

unsafe fn iface(w: &World, ty: &str, words: &[u64]) -> u64 {
    unsafe { make_iface(w.p, w.ty[ty], words.as_ptr()).unwrap() }
}

/// A map under test: values are numbers, as words or as strings.
struct Tested<'a> {
    w: &'a World,
    m: u64,
    ty: TypeId,
    key: &'static str,
    str_values: bool,
    val_words: usize,
}

impl Tested<'_> {
    fn new<'a>(w: &'a World, key: &'static str, map: &str) -> Tested<'a> {
        let ty = w.ty[map];
        let loaded = w.types.get(ty);
        let m = unsafe { map_new(w.p, ty, 0).unwrap() };
        let str_values = w.types.get(loaded.desc.elem).plan == crate::types::Plan::Str;
        Tested { w, m, ty, key, str_values, val_words: loaded.map_words.1 as usize }
    }
    fn set(&self, id: u64, value: u64) {
        unsafe {
            let key = key(self.w, self.key, id);
            let word = if self.str_values { text(self.w, value) } else { value };
            let at = map_set(self.w.p, self.m, key.as_ptr(), self.ty).unwrap();
            (0..self.val_words).for_each(|i| *at.add(i) = word);
        }
    }
    fn value(&self, words: &[u64]) -> String {
        if self.str_values {
            return String::from_utf8_lossy(unsafe { str_bytes(words[0]) }).into_owned();
        }
        assert!(words.iter().all(|&word| word == words[0]));
        words[0].to_string()
    }
    fn want(&self, value: u64) -> String {
        if self.str_values { self.value(&[unsafe { text(self.w, value) }]) } else { value.to_string() }
    }
    fn get(&self, id: u64) -> Option<String> {
        unsafe {
            let key = key(self.w, self.key, id);
            let at = map_get(self.w.p, self.m, key.as_ptr(), self.ty).unwrap();
            if at.is_null() {
                return None;
            }
            Some(self.value(std::slice::from_raw_parts(at, self.val_words)))
        }
    }
    fn delete(&self, id: u64) {
        unsafe { map_delete(self.w.p, self.m, key(self.w, self.key, id).as_ptr(), self.ty).unwrap() }
    }
    /// Entries left in an iteration, by the text of their values.
    fn drain(&self, it: u64) -> Vec<String> {
        std::iter::from_fn(|| self.next(it)).collect()
    }
    fn next(&self, it: u64) -> Option<String> {
        let (mut k, mut v) = ([0; 8], [0; 8]);
        let more = unsafe { map_next(self.w.p, it, k.as_mut_ptr(), v.as_mut_ptr()).unwrap() };
        more.then(|| self.value(&v[..self.val_words]))
    }
    fn iter(&self) -> u64 {
        unsafe { map_iter(self.w.p, self.m, self.ty).unwrap() }
    }
    fn len(&self) -> u64 {
        unsafe { map_len(self.m) }
    }
}

const MAPS: [(&str, &str); 6] = [
    ("int", "map[int]int"),
    ("int", "map[int]string"),
    ("string", "map[string]int"),
    ("any", "map[any]int"),
    ("point", "map[point][3]int"),
    ("mixed", "map[mixed]string"),
];

#[test]
fn maps_do_what_hash_maps_do() {
    let w = Builder::new().build();
    for (seed, (key, map)) in MAPS.into_iter().enumerate() {
        let mut rng = Rng(seed as u64);
        let t = Tested::new(&w, key, map);
        let mut model: HashMap<u64, u64> = HashMap::new();
        for step in 0..6000u64 {
            // Phases of growth, of churn in place, and of decline.
            let (range, delete) = [(2000, 1), (300, 5), (2000, 8), (20, 5)][(step / 1500) as usize];
            let id = rng.below(range);
            if rng.below(10) < delete {
                t.delete(id);
                model.remove(&id);
            } else {
                t.set(id, step);
                model.insert(id, step);
            }
            let probe = rng.below(range + 10);
            assert_eq!(t.get(probe), model.get(&probe).map(|&v| t.want(v)), "{map} step {step} key {probe}");
            assert_eq!(t.len(), model.len() as u64);
            if step % 997 == 0 {
                w.collect(&[t.m]);
                let mut seen = t.drain(t.iter());
                let mut want: Vec<String> = model.values().map(|&v| t.want(v)).collect();
                seen.sort();
                want.sort();
                assert_eq!(seen, want, "{map} step {step}");
            }
        }
        unsafe { map_clear(w.p, t.m).unwrap() };
        assert_eq!((t.len(), t.drain(t.iter()).len(), t.get(1)), (0, 0, None));
        t.set(1, 2);
        assert_eq!(t.get(1), Some(t.want(2)));
    }
}

/// What stays is visited once, what goes before its turn is not, whatever else happens.
#[test]
fn iteration_goes_on_under_changes() {
    let w = Builder::new().build();
    for seed in 0..300u64 {
        let (key, map) = MAPS[seed as usize % MAPS.len()];
        let mut rng = Rng(seed);
        let t = Tested::new(&w, key, map);
        let n = 1 + rng.below([8, 40, 400][(seed / 6) as usize % 3]);
        // Values tell the keys.
        (0..n).for_each(|id| t.set(id, id));
        let ids: HashMap<String, u64> = (0..20_000).map(|id| (t.want(id), id)).collect();
        let it = t.iter();
        let (mut fresh, mut gone, mut seen) = (n, HashSet::new(), HashSet::new());
        let growth = rng.below(4);
        loop {
            match rng.below(12) {
                0..3 => {
                    let id = rng.below(n);
                    t.delete(id);
                    gone.insert(id);
                }
                3..6 => (0..growth * growth).for_each(|_| {
                    t.set(fresh, fresh);
                    fresh += 1;
                }),
                6 => w.collect(&[t.m, it]),
                _ => {}
            }
            let Some(value) = t.next(it) else { break };
            let id = ids[&value];
            assert!(seen.insert(id), "{map} seed {seed}: {id} twice");
            assert!(!gone.contains(&id), "{map} seed {seed}: {id} was deleted");
            assert!(id < fresh);
        }
        let missed: Vec<u64> = (0..n).filter(|id| !seen.contains(id) && !gone.contains(id)).collect();
        assert!(missed.is_empty(), "{map} seed {seed}: {missed:?}");
    }
}

#[test]
fn iteration_sees_present_values_and_stops_at_a_clear() {
    let w = Builder::new().build();
    let t = Tested::new(&w, "int", "map[int]int");
    (0..100).for_each(|id| t.set(id, id));
    let it = t.iter();
    t.next(it).unwrap();
    // The map gets a new table and new values.
    (0..1000).for_each(|id| t.set(id, 7 + id / 100));
    // New entries may or may not be visited.
    assert_eq!(t.drain(it).iter().filter(|v| *v == "7").count(), 99);
    for grow in [0, 1000] {
        let it = t.iter();
        t.next(it).unwrap();
        (5000..5000 + grow).for_each(|id| t.set(id, 1));
        unsafe { map_clear(w.p, t.m).unwrap() };
        assert!(t.drain(it).is_empty());
        (0..1000).for_each(|id| t.set(id, 7));
    }
}

#[test]
fn iterations_start_anywhere() {
    let w = Builder::new().build();
    for n in [3u64, 8, 100] {
        let t = Tested::new(&w, "int", "map[int]int");
        (0..n).for_each(|id| t.set(id, id));
        let first: HashSet<String> = (0..2000).map(|_| t.next(t.iter()).unwrap()).collect();
        assert_eq!(first.len() as u64, n);
    }
}

#[test]
fn float_keys_are_equal_as_numbers() {
    let w = Builder::new().build();
    let (m, ty) = unsafe { (map_new(w.p, w.ty["map[float64]int"], 0).unwrap(), w.ty["map[float64]int"]) };
    let get = |x: f64| unsafe {
        let at = map_get(w.p, m, &x.to_bits(), ty).unwrap();
        (!at.is_null()).then(|| *at)
    };
    let set = |x: f64, v: u64| unsafe { *map_set(w.p, m, &x.to_bits(), ty).unwrap() = v };
    set(0.0, 1);
    set(-0.0, 2);
    assert_eq!((get(0.0), unsafe { map_len(m) }), (Some(2), 1));
    (0..20).for_each(|i| set(f64::NAN, i));
    assert_eq!((get(f64::NAN), unsafe { map_len(m) }), (None, 21));
    unsafe { map_delete(w.p, m, &f64::NAN.to_bits(), ty).unwrap() };
    assert_eq!(unsafe { map_len(m) }, 21);
    let count = |it: u64| {
        let mut k = 0;
        let mut next = || {
            let more = unsafe { map_next(w.p, it, &mut k, ptr()).unwrap() };
            more.then(|| f64::from_bits(k).is_nan())
        };
        std::iter::from_fn(&mut next).filter(|&nan| nan).count()
    };
    unsafe {
        assert_eq!(count(map_iter(w.p, m, ty).unwrap()), 20);
        // NaNs of the table that the iteration began with are there until a clear.
        let (it, cleared) = (map_iter(w.p, m, ty).unwrap(), map_iter(w.p, m, ty).unwrap());
        (1..1000).for_each(|i| set(i as f64, 0));
        assert_eq!(count(it), 20);
        map_clear(w.p, m).unwrap();
        assert_eq!((count(cleared), map_len(m)), (0, 0));
    }
}

fn ptr() -> *mut u64 {
    std::ptr::null_mut()
}

#[test]
fn nil_maps_read_as_empty_and_refuse_entries() {
    let w = Builder::new().build();
    let (ty, any) = (w.ty["map[int]int"], w.ty["map[any]int"]);
    unsafe {
        assert!(map_get(w.p, 0, &1, ty).unwrap().is_null());
        assert!(map_get_int(w.p, 0, 1).unwrap().is_null());
        assert_eq!(map_set(w.p, 0, &1, ty), Err(Fault::nil_map()));
        assert_eq!(map_set_str(w.p, 0, 0), Err(Fault::nil_map()));
        map_delete(w.p, 0, &1, ty).unwrap();
        map_clear(w.p, 0).unwrap();
        assert_eq!((map_len(0), map_iter(w.p, 0, ty).unwrap()), (0, 0));
        assert!(!map_next(w.p, 0, ptr(), ptr()).unwrap());
        let bad = iface(&w, "bad", &[1, 0, 0, 0]);
        let fault = Fault::runtime("runtime error: hash of unhashable type bad");
        for m in [0, map_new(w.p, any, 0).unwrap()] {
            assert_eq!(map_get(w.p, m, &bad, any), Err(fault.clone()));
            assert_eq!(map_delete(w.p, m, &bad, any), Err(fault.clone()));
        }
        let m = map_new(w.p, any, 100).unwrap();
        assert_eq!(map_set(w.p, m, &bad, any), Err(fault));
        // A fault leaves no writer behind.
        assert!(map_set(w.p, m, &iface(&w, "int", &[1]), any).is_ok());
    }
}

#[test]
fn sets_and_wide_hints_work() {
    let w = Builder::new().build();
    let ty = w.ty["map[int8]struct{}"];
    unsafe {
        let m = map_new(w.p, ty, 3).unwrap();
        for i in -128i64..128 {
            map_set(w.p, m, &(i as u64), ty).unwrap();
        }
        assert_eq!(map_len(m), 256);
        assert!((-128i64..128).all(|i| !map_get(w.p, m, &(i as u64), ty).unwrap().is_null()));
        let (m, ty) = (map_new(w.p, w.ty["map[struct{}]struct{}"], 20).unwrap(), w.ty["map[struct{}]struct{}"]);
        for _ in 0..3 {
            map_set(w.p, m, std::ptr::dangling(), ty).unwrap();
            assert_eq!(map_len(m), 1);
        }
        map_delete(w.p, m, std::ptr::dangling(), ty).unwrap();
        assert_eq!(map_len(m), 0);
        for hint in [-1, i64::MIN, 9, 1000, i64::MAX] {
            assert_eq!(map_len(map_new(w.p, w.ty["map[int]int"], hint).unwrap()), 0);
        }
    }
}

/// Threads that use one map without a lock get wrong answers or the fatal error, and reach no wrong memory.
#[test]
fn races_on_a_map_corrupt_nothing() {
    struct Shared(*const Heap, *const *const Types, u64, TypeId);
    unsafe impl Sync for Shared {}
    let w = Builder::new().build();
    for map in ["map[int]int", "map[int]string"] {
        let ty = w.ty[map];
        let m = unsafe { map_new(w.p, ty, 0).unwrap() };
        let shared = Shared(&raw const *w.heap, &raw const *w._engine, m, ty);
        std::thread::scope(|scope| {
            for seed in 0..4 {
                let shared = &shared;
                scope.spawn(move || unsafe {
                    let mut room = Box::new(MaybeUninit::<P>::zeroed());
                    let p = room.as_mut_ptr();
                    (&raw mut (*p).engine).write(shared.1.cast());
                    (&raw mut (*p).heap).write(shared.0);
                    (&raw mut (*p).cache).write((*shared.0).new_cache());
                    hammer(p, shared.2, shared.3, seed);
                });
            }
        });
        // Whatever the entries are now, they can be walked and traced.
        w.collect(&[m]);
    }
}

unsafe fn hammer(p: *mut P, m: u64, ty: TypeId, seed: u64) {
    let mut rng = Rng(seed);
    let strings = unsafe { types(p).get(ty).map_scan };
    for _ in 0..20_000 {
        let (key, what) = (rng.below(500), rng.below(40));
        unsafe {
            match what {
                0 => drop(map_clear(p, m)),
                1 => {
                    let Ok(it) = map_iter(p, m, ty) else { continue };
                    let mut v = 0;
                    while let Ok(true) = map_next(p, it, ptr(), &mut v) {
                        assert!(!strings || str_len(v) < 10);
                    }
                }
                2..10 => drop(map_delete(p, m, &key, ty)),
                10..25 => {
                    let value = if strings { new_str(p, b"a string").unwrap() } else { key };
                    if let Ok(at) = map_set(p, m, &key, ty) {
                        *at = value;
                    }
                }
                _ => {
                    if let Ok(at) = map_get(p, m, &key, ty)
                        && !at.is_null()
                    {
                        assert!(!strings || str_len(*at) < 10);
                    }
                }
            }
        }
    }
}

#[test]
fn small_scalars_lie_in_interfaces_and_are_canonical() {
    let w = Builder::new().build();
    let edge = 1i64 << 39;
    for (x, in_place) in [(0, true), (-1, true), (edge - 1, true), (-edge, true), (edge, false), (-edge - 1, false)] {
        check_iface(&w, "int", x as u64, in_place);
    }
    for (x, in_place) in [(0, true), ((1 << 40) - 1, true), (1 << 40, false), (u64::MAX, false)] {
        check_iface(&w, "uint64", x, in_place);
    }
    check_iface(&w, "bool", 1, true);
    check_iface(&w, "int8", -128i64 as u64, true);
    check_iface(&w, "uint32", u32::MAX as u64, true);
    check_iface(&w, "float64", 0, false);
    unsafe {
        assert_ne!(iface(&w, "int", &[1]), iface(&w, "int8", &[1]));
        assert!(!iface_eq(&w.types, iface(&w, "int", &[1]), iface(&w, "int8", &[1])).unwrap());
        assert!(!iface_eq(&w.types, iface(&w, "int", &[1]), iface(&w, "int", &[1 << 50])).unwrap());
    }
}

fn check_iface(w: &World, ty: &str, x: u64, in_place: bool) {
    unsafe {
        let (a, b) = (iface(w, ty, &[x]), iface(w, ty, &[x]));
        assert_eq!((a & 1 == 1, iface_type(a)), (in_place, w.ty[ty]), "{ty} {x:x}");
        assert!(!in_place || a == b);
        let (mut buf, mut out) = (0, 0);
        assert_eq!(*iface_payload(&w.types, a, &mut buf), x);
        iface_load(&w.types, a, w.ty[ty], &mut out);
        assert_eq!(out, x);
        assert!(iface_eq(&w.types, a, b).unwrap() && !iface_eq(&w.types, a, 0).unwrap());
    }
}

#[test]
fn values_compare_by_their_types() {
    let w = Builder::new().build();
    let same = |ty: &str, a: &[u64], b: &[u64]| unsafe {
        let equal = value_eq(&w.types, w.ty[ty], a.as_ptr(), b.as_ptr()).unwrap();
        let hash = |v: &[u64]| value_hash(&w.types, w.ty[ty], v.as_ptr(), 5).unwrap();
        assert!(!equal || hash(a) == hash(b), "{ty}: equal values, other hashes");
        equal
    };
    let (s, t) = unsafe { (text(&w, 5), text(&w, 5)) };
    assert!(s != t && same("string", &[s], &[t]) && !same("string", &[s], &[0]));
    assert!(same("float64", &[0], &[1 << 63]) && !same("float64", &[f64::NAN.to_bits()], &[f64::NAN.to_bits()]));
    assert!(same("float32", &[0], &[1 << 31]));
    assert!(same("complex128", &[0, 1 << 63], &[1 << 63, 0]) && !same("complex128", &[0, 0], &[0, 1]));
    // A narrow field's upper bytes mean nothing, a blank field nothing at all.
    assert!(same("narrow", &[0xffff_ff80, 1, s], &[0x80, 2, t]) && !same("narrow", &[0x81, 1, s], &[0x80, 1, s]));
    assert!(same("[3]int", &[1, 2, 3], &[1, 2, 3]) && !same("[3]int", &[1, 2, 3], &[1, 2, 4]));
    assert!(same("[5]uint8", &[0x01_0203_0405], &[0xff_0001_0203_0405 & 0xff_ffff_ffff]));
    assert!(!same("[5]uint8", &[0x01_0203_0405], &[0x02_0203_0405]));
    let nan = f32::NAN.to_bits() as u64;
    assert!(same("[3]float32", &[1 << 63, 0], &[0, 1 << 31]) && !same("[3]float32", &[nan, 0], &[nan, 0]));
    assert!(same("struct{}", &[], &[]));
    let mixed = |x: u64, t: u64| [unsafe { iface(&w, "point", &[x, x]) }, 0, 1, 2, t];
    assert!(same("mixed", &mixed(1, s), &mixed(1, t)) && !same("mixed", &mixed(1, s), &mixed(2, s)));
    let two = |a: [u64; 5], b: [u64; 5]| [a, b].concat();
    assert!(same("[2]mixed", &two(mixed(1, s), mixed(2, t)), &two(mixed(1, t), mixed(2, s))));
    assert!(!same("[2]mixed", &two(mixed(1, s), mixed(2, t)), &two(mixed(1, t), mixed(3, s))));
    unsafe {
        let bad = iface(&w, "bad", &[1, 0, 0, 0]);
        let fault = Fault::runtime("runtime error: comparing uncomparable type bad");
        assert_eq!(iface_eq(&w.types, bad, bad), Err(fault));
        assert_eq!(iface_eq(&w.types, bad, iface(&w, "int", &[1])), Ok(false));
        let nan = iface(&w, "float64", &[f64::NAN.to_bits()]);
        assert_eq!(iface_eq(&w.types, nan, nan), Ok(false));
    }
}

#[test]
fn strings_are_cut_joined_and_survive_collections() {
    let w = Builder::new().build();
    let mut rng = Rng(3);
    let mut pool: Vec<(u64, Vec<u8>)> = vec![(0, vec![])];
    for step in 0..3000 {
        let (s, bytes) = &pool[rng.below(pool.len() as u64) as usize];
        let made = unsafe {
            match rng.below(4) {
                0 => {
                    let bytes: Vec<u8> = (0..rng.below(100)).map(|_| rng.below(256) as u8).collect();
                    (new_str(w.p, &bytes).unwrap(), bytes)
                }
                1 => {
                    let hi = rng.below(bytes.len() as u64 + 1) as usize;
                    let lo = rng.below(hi as u64 + 1) as usize;
                    (substr(w.p, *s, lo, hi).unwrap(), bytes[lo..hi].to_vec())
                }
                2 => {
                    let (t, more) = &pool[rng.below(pool.len() as u64) as usize];
                    let all = [*s, 0, *t];
                    (concat(w.p, all.as_ptr(), 3).unwrap(), [&bytes[..], more].concat())
                }
                _ => {
                    let mut slice = [0; 3];
                    str_to_bytes(w.p, *s, w.ty["pack8"], slice.as_mut_ptr()).unwrap();
                    assert_ne!(slice[0], 0);
                    (bytes_to_str(w.p, slice.as_ptr()).unwrap(), bytes.clone())
                }
            }
        };
        if made.1.len() < 10_000 {
            pool.push(made);
        }
        if step % 300 == 299 {
            let keep = rng.below(50) as usize;
            pool = pool.split_off(pool.len() - 1 - keep);
            w.collect(&pool.iter().map(|(s, _)| *s).collect::<Vec<_>>());
            pool.iter().for_each(|(s, bytes)| unsafe { assert_eq!(str_bytes(*s), &bytes[..]) });
        }
    }
    for (a, x) in &pool {
        for (b, y) in &pool {
            unsafe { assert_eq!((str_eq(*a, *b), str_cmp(*a, *b)), (x == y, x.cmp(y))) };
        }
    }
}

#[test]
fn runes_go_in_and_out() {
    let w = Builder::new().build();
    let bytes = b"h\xc3\xa4\xff\xe2\x82\xac\xf0\x9f\x99\x82\xe2\x82";
    let want = ['h' as i32, 'ä' as i32, RUNE_ERROR, '€' as i32, '🙂' as i32, RUNE_ERROR, RUNE_ERROR];
    unsafe {
        let s = new_str(w.p, bytes).unwrap();
        let mut slice = [0; 3];
        str_to_runes(w.p, s, w.ty["pack32"], slice.as_mut_ptr()).unwrap();
        assert_eq!(std::slice::from_raw_parts(slice[0] as *const i32, slice[1] as usize), want);
        let (mut i, mut runes) = (0, vec![]);
        while i < bytes.len() {
            let (rune, next) = range_str(s, i);
            runes.push(rune);
            i = next;
        }
        assert_eq!(runes, want);
        let back = runes_to_str(w.p, slice.as_ptr()).unwrap();
        assert_eq!(str_bytes(back), "hä\u{fffd}€🙂\u{fffd}\u{fffd}".as_bytes());
        assert_eq!(str_bytes(rune_to_str(w.p, 0x20ac).unwrap()), "€".as_bytes());
        assert_eq!(str_bytes(rune_to_str(w.p, -1).unwrap()), "\u{fffd}".as_bytes());
    }
}

#[test]
fn appends_keep_their_elements_and_go_s_capacities() {
    let w = Builder::new().build();
    unsafe {
        let mut caps = vec![];
        let mut slice = [0u64; 3];
        for i in 0..1000 {
            append_value(w.p, slice.as_mut_ptr(), &i, 0, w.ty["int"]).unwrap();
            caps.push(slice[2]);
            if i % 100 == 0 {
                w.collect(&slice);
            }
        }
        caps.dedup();
        assert_eq!(caps, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280]);
        assert!((0..1000).all(|i| *(slice[0] as *const u64).add(i) == i as u64));

        // append(s, s...) of packed elements, within the capacity and beyond it; the tail must be zero.
        let mut b = [0u64; 3];
        append_bytes(w.p, b.as_mut_ptr(), b"abc", w.ty["pack8"]).unwrap();
        append_slice(w.p, b.as_mut_ptr(), b.clone().as_ptr(), w.ty["pack8"]).unwrap();
        append_str(w.p, b.as_mut_ptr(), new_str(w.p, b"defgh").unwrap(), w.ty["pack8"]).unwrap();
        append_value(w.p, b.as_mut_ptr(), &0xff69, 0, w.ty["pack8"]).unwrap();
        assert_eq!(std::slice::from_raw_parts(b[0] as *const u8, 16), b"abcabcdefghi\0\0\0\0");
        assert_eq!((b[1], b[2]), (12, 16));

        let mut points = [0u64; 3];
        append_value(w.p, points.as_mut_ptr(), [1, 2].as_ptr(), 0, w.ty["point"]).unwrap();
        append_value(w.p, points.as_mut_ptr(), [3, 4].as_ptr(), 0, w.ty["point"]).unwrap();
        assert_eq!(std::slice::from_raw_parts(points[0] as *const u64, 4), [1, 2, 3, 4]);
        clear_slice(w.p, points.as_ptr(), w.ty["point"]);
        assert_eq!(std::slice::from_raw_parts(points[0] as *const u64, 4), [0; 4]);

        let mut empty = [0u64; 3];
        append_slice(w.p, empty.as_mut_ptr(), [0; 3].as_ptr(), w.ty["int"]).unwrap();
        assert_eq!(empty, [0; 3]);
        append_value(w.p, empty.as_mut_ptr(), std::ptr::dangling(), 0, w.ty["struct{}"]).unwrap();
        assert_eq!(empty, [zero_base(), 1, 1]);
    }
}

#[test]
fn copies_overlap_and_makes_are_checked() {
    let w = Builder::new().build();
    unsafe {
        let mut s = [0u64; 3];
        make_slice(w.p, 5, 8, w.ty["pack8"], s.as_mut_ptr()).unwrap();
        assert_eq!((s[1], s[2]), (5, 8));
        assert_eq!(copy_str(s.as_ptr(), new_str(w.p, b"abcdefgh").unwrap()), 5);
        let up = [s[0] + 1, 4, 7];
        assert_eq!(copy_slice(w.p, up.as_ptr(), s.as_ptr(), w.ty["pack8"]), 4);
        assert_eq!(std::slice::from_raw_parts(s[0] as *const u8, 8), b"aabcd\0\0\0");
        make_slice(w.p, 0, 0, w.ty["int"], s.as_mut_ptr()).unwrap();
        assert_eq!(s, [zero_base(), 0, 0]);
        let mut make = |len, cap| make_slice(w.p, len, cap, w.ty["int"], s.as_mut_ptr());
        assert_eq!(make(-1, -1), Err(Fault::makeslice_len()));
        assert_eq!(make(1 << 62, 1 << 62), Err(Fault::makeslice_len()));
        assert_eq!(make(2, 1), Err(Fault::makeslice_cap()));
        assert_eq!(make(2, i64::MAX), Err(Fault::makeslice_cap()));
        assert_eq!(make(1 << 40, 1 << 40), Err(Fault::out_of_memory()));
    }
}

#[test]
fn types_have_go_s_sizes() {
    let w = Builder::new().build();
    let size = |ty: &str| (w.types.get(w.ty[ty]).go_size, w.types.get(w.ty[ty]).go_align);
    for (ty, want) in [
        ("bool", (1, 1)),
        ("int32", (4, 4)),
        ("complex128", (16, 8)),
        ("string", (16, 8)),
        ("any", (16, 8)),
        ("[]int", (24, 8)),
        ("pack8", (1, 1)),
        ("pack32", (4, 4)),
        ("[5]uint8", (5, 1)),
        ("point", (16, 8)),
        ("narrow", (32, 8)),
        ("struct{}", (0, 1)),
        // A byte behind the last field of size 0, and padding.
        ("small", (24, 8)),
        ("[2]mixed", (112, 8)),
    ] {
        assert_eq!(size(ty), want, "{ty}");
    }
}

#[test]
fn method_sets_answer_and_explain() {
    let mut b = Builder::new();
    let (int, string) = (b.id("int"), b.id("string"));
    b.program.methods = ["Close", "Read", "main.hidden"].map(String::from).into();
    let method = |id, sig| Method { id, func: 10 + id, recv: Recv::Word, sig };
    // `sig` may be any type here: only its identity counts.
    for (name, methods) in [("main.File", vec![method(0, int), method(1, int)]), ("main.Odd", vec![method(1, string)])]
    {
        b.add(name, TypeDesc { methods, ..basic(name, Kind::Int, 1, false) });
    }
    for (name, methods) in [
        ("main.Reader", vec![method(1, int)]),
        ("main.Both", vec![method(0, int), method(1, int)]),
        ("main.Own", vec![method(2, int)]),
    ] {
        b.add(name, TypeDesc { methods, ..basic(name, Kind::Interface, 1, true) });
    }
    let w = b.build();
    let (t, id) = (&w.types, |name: &str| w.ty[name]);
    for _ in 0..2 {
        assert!(t.implements(id("main.File"), id("main.Both")) && t.implements(id("int"), id("any")));
        assert!(!t.implements(id("main.Odd"), id("main.Reader")) && !t.implements(id("int"), id("main.Reader")));
    }
    assert_eq!(t.find_method(id("main.File"), 1), Some(MethodEntry { func: 11, recv: Recv::Word }));
    assert_eq!((t.find_method(id("int"), 1), t.method_id("Read"), t.method_id("Write")), (None, Some(1), None));
    let text = |word, from: &str, want: &str| match unsafe { t.assert_fault(word, id(from), id(want)) }.cause() {
        Cause::Runtime(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let file = unsafe { iface(&w, "main.File", &[1]) };
    let int = unsafe { iface(&w, "int", &[1]) };
    assert_eq!(text(0, "any", "int"), "interface conversion: interface {} is nil, not int");
    assert_eq!(text(0, "any", "main.Both"), "interface conversion: interface is nil, not main.Both");
    assert_eq!(text(int, "any", "string"), "interface conversion: interface {} is int, not string");
    assert_eq!(text(file, "main.Reader", "int"), "interface conversion: main.Reader is main.File, not int");
    assert_eq!(text(int, "any", "main.Both"), "interface conversion: int is not main.Both: missing method Close");
    assert_eq!(text(int, "any", "main.Own"), "interface conversion: int is not main.Own: missing method hidden");
}

#[test]
fn the_table_grows_while_others_read() {
    let mut program = Builder::new().program;
    let heap = Heap::new(HeapConfig {
        limit: 64 << 20,
        gogc: None,
        stress_every: None,
        poison: false,
        verify: false,
        ..HeapConfig::default()
    });
    let (heap, types) = (heap.unwrap(), Types::new());
    types.load(&program, &heap);
    std::thread::scope(|scope| {
        let types = &types;
        scope.spawn(move || {
            while types.len() < 5000 {
                let last = types.len() - 1;
                assert!(types.get(last).words <= 10 && types.get(last / 2).words <= 10);
            }
        });
        while program.types.len() < 5000 {
            let n = program.types.len();
            program.types.push(basic(&format!("t{n}"), Kind::Int, 1, false));
            if n.is_multiple_of(7) {
                types.load(&program, &heap);
            }
        }
        types.load(&program, &heap);
    });
    assert!((100..5000).all(|id| types.name(id) == format!("t{id}") && id > 0));
}

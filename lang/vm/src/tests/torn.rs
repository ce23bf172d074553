//! Mixed words of slices are cut to the array that the address lies in, whole ones stay.
use super::bare::Bare;
use super::machine::*;
use super::*;
use crate::object::{self, torn};
use gol_bytecode::{Field, GlobalName, Kind, TypeDesc, TypeId};

/// The types that the tests add: `[4]int`, `[13]uint8`, `struct{ a int; b [4]int; none struct{}; c [13]uint8; d int }`, `[2]` of that, and
/// `struct{ n int; s []int; t [2][]int }`.
const FOUR: i32 = MORE;
const OCTETS: i32 = MORE + 1;
const NONE: i32 = MORE + 2;
const MIXED: i32 = MORE + 3;
const TWO: i32 = MORE + 4;
const PAIR: i32 = MORE + 5;
const SLICES: i32 = MORE + 6;

fn array(name: &str, elem: i32, backing: i32, len: u64, words: u32) -> TypeDesc {
    let (elem, backing) = (elem as TypeId, backing as TypeId);
    TypeDesc { elem, backing, len, ..plain_type(name, Kind::Array, words) }
}

fn structure(name: &str, fields: &[(i32, u32)], words: u32) -> TypeDesc {
    let field = |&(ty, offset): &(i32, u32)| Field {
        name: String::new(),
        ty: ty as TypeId,
        offset,
        embedded: false,
        exported: false,
        tag: String::new(),
    };
    TypeDesc { fields: fields.iter().map(field).collect(), ..plain_type(name, Kind::Struct, words) }
}

/// A machine with these types, and a variable of type MIXED at global word 2.
fn machine() -> Bare {
    let mut p = full(vec![func("main.main", 0, 0, 4, vec![i(Op::Ret, 0, 0, 0, 0)])]);
    p.types.push(array("[4]int", INT, INT, 4, 4));
    p.types.push(array("[13]uint8", INT, BYTES, 13, 2));
    p.types.push(structure("struct{}", &[], 0));
    p.types.push(structure("mixed", &[(INT, 0), (FOUR, 1), (NONE, 5), (OCTETS, 5), (INT, 7)], 8));
    p.types.push(array("[2]mixed", MIXED, MIXED, 2, 16));
    p.types.push(array("[2][]int", SLICE, SLICE, 2, 6));
    p.types.push(structure("slices", &[(INT, 0), (SLICE, 1), (PAIR, 4)], 10));
    let ty = MIXED as TypeId;
    p.global_names.push(GlobalName { first: 2, words: 8, name: "main.v".into(), pos: 0, ty });
    p.global_names.push(GlobalName { first: 10, words: 1, name: "main.w".into(), pos: 0, ty: 0 });
    p.natives.clear();
    Bare::new(&p)
}

fn object(m: &Bare, ty: i32, len: u64) -> u64 {
    // SAFETY: a loaded type.
    unsafe { object::alloc(m.p, ty as TypeId, len).expect("memory") as u64 }
}

/// Length and capacity of what is left of a slice with this address, length and capacity.
fn cut(m: &Bare, at: u64, len: u64, cap: u64, stride: u32) -> (u64, u64) {
    // SAFETY: the tests give addresses of elements.
    let [to, len, cap] = unsafe { torn::cut(m.p, [at, len, cap], stride) };
    assert_eq!(to, at);
    (len, cap)
}

#[test]
fn slices_of_objects() {
    let m = machine();
    let ints = object(&m, INT, 10);
    assert_eq!(cut(&m, ints, 3, 10, 8), (3, 10));
    assert_eq!(cut(&m, ints + 16, 3, 8, 8), (3, 8));
    assert_eq!(cut(&m, ints + 16, 9, 9, 8), (8, 8));
    assert_eq!(cut(&m, ints, 4, 3, 8), (3, 3));
    assert_eq!(cut(&m, ints, 1, 1 << 40, 8), (1, 10));
    let bytes = object(&m, BYTES, 21);
    assert_eq!(cut(&m, bytes + 5, 16, 16, 1), (16, 16));
    assert_eq!(cut(&m, bytes + 5, 17, 20, 1), (16, 16));
    // A large one, which has pages of its own.
    let large = object(&m, INT, 100_000);
    assert_eq!(cut(&m, large + 8 * 99_999, 1, 1, 8), (1, 1));
    assert_eq!(cut(&m, large + 8 * 99_999, 2, 2, 8), (1, 1));
    // Nothing, and elements without size.
    assert_eq!(cut(&m, 0, 0, 0, 8), (0, 0));
    assert_eq!(cut(&m, 0, 3, 4, 8), (0, 0));
    assert_eq!(cut(&m, object::zero_base(), 1, 1, 8), (0, 0));
    assert_eq!(cut(&m, object::zero_base(), 5, 9, 0), (5, 9));
}

#[test]
fn slices_of_arrays_within() {
    let m = machine();
    let mixed = object(&m, MIXED, 3);
    // b and c of element 1.
    let (b, c) = (mixed + 64 + 8, mixed + 64 + 40);
    assert_eq!(cut(&m, b, 4, 4, 8), (4, 4));
    assert_eq!(cut(&m, b + 8, 4, 4, 8), (3, 3));
    assert_eq!(cut(&m, c, 13, 13, 1), (13, 13));
    assert_eq!(cut(&m, c + 3, 11, 300, 1), (10, 10));
    // The whole elements.
    assert_eq!(cut(&m, mixed + 64, 2, 2, 64), (2, 2));
    assert_eq!(cut(&m, mixed + 64, 2, 3, 64), (2, 2));
    // An array of them in one object.
    let two = object(&m, TWO, 1);
    assert_eq!(cut(&m, two, 2, 2, 64), (2, 2));
    assert_eq!(cut(&m, two + 64, 2, 2, 64), (1, 1));
    assert_eq!(cut(&m, two + 64 + 8, 5, 5, 8), (4, 4));
    // Elements that the object has none of.
    assert_eq!(cut(&m, two, 1, 1, 4), (0, 0));
}

#[test]
fn slices_of_package_variables() {
    let m = machine();
    let v = m.shared.globals.base() as u64 + 2 * 8;
    assert_eq!(cut(&m, v + 8, 4, 4, 8), (4, 4));
    assert_eq!(cut(&m, v + 16, 4, 4, 8), (3, 3));
    assert_eq!(cut(&m, v + 40, 14, 14, 1), (13, 13));
    assert_eq!(cut(&m, v - 8, 1, 1, 8), (0, 0));
    assert_eq!(cut(&m, v + 8 * 8, 1, 1, 4), (0, 0));
}

#[test]
fn slices_within_a_value() {
    let m = machine();
    let ints = object(&m, INT, 10);
    let mut value = [7, ints, 11, 11, ints, 2, 10, ints + 40, 5, 6];
    // SAFETY: a value of the type.
    unsafe { torn::cut_value(m.p, SLICES as TypeId, value.as_mut_ptr()) };
    assert_eq!(value, [7, ints, 10, 10, ints, 2, 10, ints + 40, 5, 5]);
}

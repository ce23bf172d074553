//! Interfaces, and equality and hashing of values by type.
//!
//! An interface is one word: 0, a small scalar in place (bit 0 set, 23 bits of type, 40 bits of value), or a reference to an
//! immutable box whose header names the type. In-place words are canonical: a scalar that fits is never boxed.

use super::alloc;
use super::hash::{hash_bytes, hash_word, random_next};
use super::string::{str_bytes, str_eq};
use crate::fault::Fault;
use crate::types::{Inline, LoadedType, Plan, TypeId, Types};
use gol_runtime::{Header, P};
use std::{ptr, slice};

/// Position of an in-place value; the type lies between it and bit 0.
const VALUE_SHIFT: u32 = 24;
const TYPE_MASK: u64 = (1 << 23) - 1;

/// The interface of a value.
///
/// # Safety
/// `val` are the words of a value of type `ty`, normalised when it is a scalar.
#[inline]
pub unsafe fn make_iface(p: *mut P, ty: TypeId, val: *const u64) -> Result<u64, Fault> {
    // SAFETY: the caller's P.
    let loaded = unsafe { super::types(p) }.get(ty);
    // SAFETY: a scalar has one word; a box has room for one value of its type.
    unsafe {
        if let Some(word) = in_place(loaded.inline, ty, val) {
            return Ok(word);
        }
        let payload = alloc(p, ty, 1)?;
        ptr::copy_nonoverlapping(val, payload, loaded.words as usize);
        Ok(payload as u64)
    }
}

/// # Safety
/// As [`make_iface`].
#[inline(always)]
unsafe fn in_place(inline: Inline, ty: TypeId, val: *const u64) -> Option<u64> {
    // SAFETY: scalars have one word; only they are looked at.
    let (value, fits) = unsafe {
        match inline {
            Inline::No => return None,
            Inline::Signed => (*val, ((*val << VALUE_SHIFT) as i64 >> VALUE_SHIFT) as u64 == *val),
            Inline::Unsigned => (*val, *val >> (64 - VALUE_SHIFT) == 0),
        }
    };
    fits.then_some(value << VALUE_SHIFT | (ty as u64) << 1 | 1)
}

/// The value of an in-place word.
#[inline(always)]
fn in_place_value(inline: Inline, w: u64) -> u64 {
    match inline {
        Inline::Signed => (w as i64 >> VALUE_SHIFT) as u64,
        Inline::Unsigned | Inline::No => w >> VALUE_SHIFT,
    }
}

/// The dynamic type.
///
/// # Safety
/// `w` is an interface word other than 0.
#[inline(always)]
pub unsafe fn iface_type(w: u64) -> TypeId {
    debug_assert!(w != 0);
    if w & 1 != 0 {
        return (w >> 1 & TYPE_MASK) as TypeId;
    }
    // SAFETY: a box has its header before its payload.
    unsafe { (*(w as *const Header).sub(1)).desc() }
}

/// The value's words: in the box, or in `buf` when the value lies in place.
///
/// # Safety
/// `w` is an interface word other than 0.
#[inline]
pub unsafe fn iface_payload(types: &Types, w: u64, buf: &mut u64) -> *const u64 {
    if w & 1 == 0 {
        return w as *const u64;
    }
    // SAFETY: not nil.
    *buf = in_place_value(types.get(unsafe { iface_type(w) }).inline, w);
    buf
}

/// Copies the value of dynamic type `ty` to `out`.
///
/// # Safety
/// `w` is an interface of dynamic type `ty`; `out` has room for a value.
#[inline]
pub unsafe fn iface_load(types: &Types, w: u64, ty: TypeId, out: *mut u64) {
    let loaded = types.get(ty);
    // SAFETY: a box holds the words of its type.
    unsafe {
        if w & 1 != 0 {
            *out = in_place_value(loaded.inline, w);
        } else {
            ptr::copy_nonoverlapping(w as *const u64, out, loaded.words as usize);
        }
    }
}

/// `a == b`; an uncomparable dynamic type that both have is a fault.
///
/// # Safety
/// Interface words.
pub unsafe fn iface_eq(types: &Types, a: u64, b: u64) -> Result<bool, Fault> {
    // SAFETY: the caller's promise.
    unsafe { nested_iface_eq(types, a, b, 0) }
}

/// Values nest as deep as a program likes, and native stacks are small: deeper than this, work waits in a list instead.
const NATIVE_DEPTH_MAX: u32 = 64;

/// # Safety
/// Interface words.
#[inline]
unsafe fn nested_iface_eq(types: &Types, a: u64, b: u64, depth: u32) -> Result<bool, Fault> {
    // SAFETY: the plan belongs to the boxes' type.
    unsafe {
        match boxes(types, a, b)? {
            Boxes::Answer(equal) => Ok(equal),
            Boxes::Compare(plan) => plan_eq(types, plan, a as *const u64, b as *const u64, depth),
        }
    }
}

/// What decides whether two interfaces are equal.
enum Boxes<'a> {
    Answer(bool),
    /// Both are boxes of one type with this plan.
    Compare(&'a Plan),
}

/// # Safety
/// Interface words.
#[inline]
unsafe fn boxes(types: &Types, a: u64, b: u64) -> Result<Boxes<'_>, Fault> {
    // Equal words are not yet equal values: the box may hold a NaN or a slice.
    if a == 0 || b == 0 || a & b & 1 != 0 {
        return Ok(Boxes::Answer(a == b));
    }
    // SAFETY: neither is nil, and of one type exactly when the values can be equal.
    unsafe {
        let ty = iface_type(a);
        if ty != iface_type(b) {
            return Ok(Boxes::Answer(false));
        }
        if (a | b) & 1 != 0 {
            // One fits in place and the other does not.
            return Ok(Boxes::Answer(false));
        }
        Ok(Boxes::Compare(comparable_plan(types, ty)?))
    }
}

#[inline]
fn comparable_plan(types: &Types, ty: TypeId) -> Result<&Plan, Fault> {
    let loaded = types.get(ty);
    if matches!(loaded.plan, Plan::Uncomparable) {
        return Err(Fault::uncomparable(&loaded.desc.name));
    }
    Ok(&loaded.plan)
}

/// `a == b` for two values of type `ty`.
///
/// # Safety
/// Words of two values of that type.
#[inline]
pub unsafe fn value_eq(types: &Types, ty: TypeId, a: *const u64, b: *const u64) -> Result<bool, Fault> {
    let plan = comparable_plan(types, ty)?;
    // SAFETY: the plan belongs to the type.
    unsafe { plan_eq(types, plan, a, b, 0) }
}

/// # Safety
/// Words that the plan is for.
unsafe fn plan_eq(types: &Types, plan: &Plan, a: *const u64, b: *const u64, depth: u32) -> Result<bool, Fault> {
    // SAFETY: each step reads the words that its plan covers.
    unsafe {
        if depth > NATIVE_DEPTH_MAX {
            return deep_eq(types, plan, a, b);
        }
        Ok(match plan {
            Plan::Word => *a == *b,
            Plan::Words(n) => words(a, *n as usize) == words(b, *n as usize),
            Plan::Narrow(size) => narrow(*a, *size) == narrow(*b, *size),
            Plan::Str => str_eq(*a, *b),
            Plan::F64 => f64::from_bits(*a) == f64::from_bits(*b),
            Plan::F32 => f32::from_bits(*a as u32) == f32::from_bits(*b as u32),
            Plan::Iface => return nested_iface_eq(types, *a, *b, depth + 1),
            Plan::Fields(fields) => {
                for (at, field) in fields {
                    if !plan_eq(types, field, a.add(*at as usize), b.add(*at as usize), depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            Plan::Array { n, words, elem } => {
                for i in 0..*n as usize {
                    let at = i * *words as usize;
                    if !plan_eq(types, elem, a.add(at), b.add(at), depth + 1)? {
                        return Ok(false);
                    }
                }
                true
            }
            Plan::Bytes(n) => bytes(a, *n) == bytes(b, *n),
            Plan::PackedF32(n) => floats(a, *n).iter().zip(floats(b, *n)).all(|(x, y)| x == y),
            Plan::Uncomparable => unreachable!("uncomparable types are refused by their own name"),
        })
    }
}

/// As [`plan_eq`] without recursion.
///
/// # Safety
/// As for [`plan_eq`].
#[cold]
unsafe fn deep_eq<'a>(types: &'a Types, plan: &'a Plan, a: *const u64, b: *const u64) -> Result<bool, Fault> {
    let mut todo = vec![(plan, a, b)];
    while let Some((plan, a, b)) = todo.pop() {
        // SAFETY: as in `plan_eq`.
        unsafe {
            match plan {
                Plan::Iface => match boxes(types, *a, *b)? {
                    Boxes::Answer(true) => {}
                    Boxes::Answer(false) => return Ok(false),
                    Boxes::Compare(inner) => todo.push((inner, *a as *const u64, *b as *const u64)),
                },
                // The first field is compared first.
                Plan::Fields(fields) => {
                    todo.extend(fields.iter().rev().map(|(at, f)| (f, a.add(*at as usize), b.add(*at as usize))));
                }
                Plan::Array { n, words, elem } => {
                    let places = (0..*n as usize).rev().map(|i| i * *words as usize);
                    todo.extend(places.map(|at| (&**elem, a.add(at), b.add(at))));
                }
                Plan::Word
                | Plan::Words(_)
                | Plan::Narrow(_)
                | Plan::Str
                | Plan::F64
                | Plan::F32
                | Plan::Bytes(_)
                | Plan::PackedF32(_)
                | Plan::Uncomparable => {
                    if !plan_eq(types, plan, a, b, 0)? {
                        return Ok(false);
                    }
                }
            }
        }
    }
    Ok(true)
}

/// The hash of a value: equal values have equal hashes, NaNs random ones.
///
/// # Safety
/// Words of a value of type `ty`.
#[inline]
pub unsafe fn value_hash(types: &Types, ty: TypeId, a: *const u64, seed: u64) -> Result<u64, Fault> {
    let plan = hashable_plan(types, ty)?;
    // SAFETY: the plan belongs to the type.
    unsafe { plan_hash(types, plan, a, seed, 0) }
}

#[inline]
fn hashable_plan(types: &Types, ty: TypeId) -> Result<&Plan, Fault> {
    let loaded = types.get(ty);
    if matches!(loaded.plan, Plan::Uncomparable) {
        return Err(unhashable(loaded));
    }
    Ok(&loaded.plan)
}

#[cold]
fn unhashable(loaded: &LoadedType) -> Fault {
    Fault::unhashable(&loaded.desc.name)
}

/// # Safety
/// Words that the plan is for.
unsafe fn plan_hash(types: &Types, plan: &Plan, a: *const u64, seed: u64, depth: u32) -> Result<u64, Fault> {
    // SAFETY: each step reads the words that its plan covers.
    unsafe {
        if depth > NATIVE_DEPTH_MAX {
            return deep_hash(types, plan, a, seed);
        }
        Ok(match plan {
            Plan::Word => hash_word(*a, seed),
            Plan::Words(n) => words(a, *n as usize).iter().fold(seed, |hash, &word| hash_word(word, hash)),
            Plan::Narrow(size) => hash_word(narrow(*a, *size) as u64, seed),
            Plan::Str => hash_bytes(str_bytes(*a), seed),
            Plan::F64 => hash_float(f64::from_bits(*a), seed),
            Plan::F32 => hash_float(f32::from_bits(*a as u32) as f64, seed),
            Plan::Iface => return iface_hash(types, *a, seed, depth + 1),
            Plan::Fields(fields) => {
                let mut hash = seed;
                for (at, field) in fields {
                    hash = plan_hash(types, field, a.add(*at as usize), hash, depth + 1)?;
                }
                hash
            }
            Plan::Array { n, words, elem } => {
                let mut hash = seed;
                for i in 0..*n as usize {
                    hash = plan_hash(types, elem, a.add(i * *words as usize), hash, depth + 1)?;
                }
                hash
            }
            Plan::Bytes(n) => hash_bytes(bytes(a, *n), seed),
            Plan::PackedF32(n) => floats(a, *n).iter().fold(seed, |hash, &x| hash_float(x as f64, hash)),
            Plan::Uncomparable => unreachable!("uncomparable types are refused by their own name"),
        })
    }
}

/// As [`plan_hash`] without recursion, and with the same result.
///
/// # Safety
/// As for [`plan_hash`].
#[cold]
unsafe fn deep_hash<'a>(types: &'a Types, plan: &'a Plan, a: *const u64, seed: u64) -> Result<u64, Fault> {
    let (mut todo, mut hash) = (vec![(plan, a)], seed);
    while let Some((plan, a)) = todo.pop() {
        // SAFETY: as in `plan_hash`.
        unsafe {
            match plan {
                Plan::Iface if *a == 0 || *a & 1 != 0 => hash = hash_word(*a, hash),
                Plan::Iface => {
                    let ty = iface_type(*a);
                    todo.push((hashable_plan(types, ty)?, *a as *const u64));
                    hash = box_seed(ty, hash);
                }
                Plan::Fields(fields) => {
                    todo.extend(fields.iter().rev().map(|(at, f)| (f, a.add(*at as usize))));
                }
                Plan::Array { n, words, elem } => {
                    todo.extend((0..*n as usize).rev().map(|i| (&**elem, a.add(i * *words as usize))));
                }
                Plan::Word
                | Plan::Words(_)
                | Plan::Narrow(_)
                | Plan::Str
                | Plan::F64
                | Plan::F32
                | Plan::Bytes(_)
                | Plan::PackedF32(_)
                | Plan::Uncomparable => hash = plan_hash(types, plan, a, hash, 0)?,
            }
        }
    }
    Ok(hash)
}

/// # Safety
/// An interface word.
unsafe fn iface_hash(types: &Types, w: u64, seed: u64, depth: u32) -> Result<u64, Fault> {
    if w == 0 || w & 1 != 0 {
        return Ok(hash_word(w, seed));
    }
    // SAFETY: a box holds a value of its dynamic type.
    unsafe {
        let ty = iface_type(w);
        plan_hash(types, hashable_plan(types, ty)?, w as *const u64, box_seed(ty, seed), depth)
    }
}

/// Boxes of different types with the same words shall differ.
fn box_seed(ty: TypeId, seed: u64) -> u64 {
    seed ^ (ty as u64) << 40
}

/// The hash of a number: zeros have one, every NaN another each time.
#[inline]
pub(super) fn hash_float(x: f64, seed: u64) -> u64 {
    if x == 0.0 {
        hash_word(0, seed)
    } else if x.is_nan() {
        hash_word(random_next(), seed)
    } else {
        hash_word(x.to_bits(), seed)
    }
}

/// The value of a signed scalar of `size` bytes in a field, whose upper bytes mean nothing.
#[inline(always)]
fn narrow(word: u64, size: u8) -> i64 {
    let unused = 64 - 8 * size as u32;
    (word << unused) as i64 >> unused
}

/// # Safety
/// `n` words from `a` on.
#[inline(always)]
unsafe fn words<'a>(a: *const u64, n: usize) -> &'a [u64] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(a, n) }
}

/// # Safety
/// `n` bytes from `a` on.
#[inline(always)]
unsafe fn bytes<'a>(a: *const u64, n: u64) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(a.cast(), n as usize) }
}

/// # Safety
/// `n` packed float32 from `a` on.
#[inline(always)]
unsafe fn floats<'a>(a: *const u64, n: u64) -> &'a [f32] {
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(a.cast(), n as usize) }
}

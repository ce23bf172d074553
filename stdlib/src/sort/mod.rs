//! Natives of package sort.
#![allow(unsafe_code)]

use crate::abi::{Done, direct, leaf};
use gol_bytecode::program::Kind;
use gol_vm::native::{Cx, Fault, Native, Window};
use gol_vm::object::slice;
use std::cmp::Ordering;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub const NATIVES: &[Native] = &[
    leaf("sort.Ints", ints),
    leaf("sort.Float64s", float64s),
    leaf("sort.Strings", strings),
    direct("sort.SearchInts", |w| w.set(0, search(w, |v| v as i64 >= w.arg_i64(3)))),
    // Nothing is as large as NaN, and NaN is as large as nothing.
    direct("sort.SearchFloat64s", |w| w.set(0, search(w, |v| f64::from_bits(v) >= f64::from_bits(w.arg(3))))),
    direct("sort.SearchStrings", |w| w.set(0, search(w, |v| w.str_bytes(v) >= w.arg_str(3)))),
    leaf("sort.ofSlice", |cx| {
        let slice = cx.iface(cx.arg(0)).filter(|(ty, _)| cx.types().get(*ty).desc.kind == Kind::Slice);
        let Some((ty, s)) = slice else {
            let kind = cx.iface(cx.arg(0)).map(|(ty, _)| cx.types().get(ty).desc.kind);
            let name = match kind {
                None => "zero".into(),
                Some(Kind::Pointer) => "ptr".into(),
                Some(kind) => format!("{kind:?}").to_lowercase(),
            };
            let name = cx.new_str(name.as_bytes())?;
            cx.set_words(0, &[0, 0, 0, name]);
            return Ok(());
        };
        let backing = cx.types().get(ty).desc.backing;
        cx.set_words(0, &[s[0], s[1], cx.types().get(backing).stride.into(), 0]);
        Ok(())
    }),
    leaf("sort.swapElems", |cx| {
        let elems = [cx.arg(0), cx.arg(1), cx.arg(2)];
        // SAFETY: what `ofSlice` gave; the address lies on the stack of the caller, which keeps the array alive.
        unsafe { slice::swap_elements(cx.p(), elems, cx.arg(3), cx.arg(4)) }
    }),
];

pub fn ints(cx: &mut Cx) -> Done {
    sort(cx, |&a, &b| (a as i64).cmp(&(b as i64)))
}

pub fn float64s(cx: &mut Cx) -> Done {
    sort(cx, |&a, &b| floats(f64::from_bits(a), f64::from_bits(b)))
}

pub fn strings(cx: &mut Cx) -> Done {
    let s = cx.arg_slice(0);
    // SAFETY: the slice's words.
    unsafe { cx.overwrite(s.ptr as *const u64, s.len) };
    sort(cx, |&a, &b| cx.str_bytes(a).cmp(cx.str_bytes(b)))
}

/// Sorts the one-word elements of the slice in the first slots. When other goroutines may write them meanwhile, what is sorted is a copy: an
/// order that changes under Rust's sort makes it panic.
fn sort(cx: &Cx, order: impl Fn(&u64, &u64) -> Ordering) -> Done {
    let s = cx.arg_slice(0);
    if s.len == 0 {
        return Ok(());
    }
    if !cx.is_shared() {
        // SAFETY: a slice of the machine, which nobody else uses meanwhile.
        unsafe { std::slice::from_raw_parts_mut(s.ptr as *mut u64, s.len) }.sort_unstable_by(order);
        return Ok(());
    }
    let mut words = Vec::new();
    words.try_reserve_exact(s.len).map_err(|_| Fault::out_of_memory())?;
    // SAFETY: the elements of a slice of the machine.
    let elements = (0..s.len).map(|i| unsafe { AtomicU64::from_ptr((s.ptr as *mut u64).add(i)) });
    words.extend(elements.clone().map(|e| e.load(Relaxed)));
    words.sort_unstable_by(order);
    elements.zip(words).for_each(|(e, word)| e.store(word, Relaxed));
    Ok(())
}

/// The first of the words in the first slots that is large enough, if they are in order. Looks at the same elements as `sort.Search`, whatever
/// their order is.
pub fn search(w: Window, enough: impl Fn(u64) -> bool) -> u64 {
    let words = w.arg_words(0);
    let (mut low, mut high) = (0, words.len());
    while low < high {
        let mid = (low + high) / 2;
        if enough(words[mid]) { high = mid } else { low = mid + 1 }
    }
    low as u64
}

/// NaN comes first.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

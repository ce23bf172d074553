//! Natives of package sort.
#![allow(unsafe_code)]

use crate::abi::{Done, leaf};
use gol_bytecode::program::Kind;
use gol_vm::native::{Cx, Fault, Native};
use std::cmp::Ordering;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub const NATIVES: &[Native] = &[
    leaf("sort.Ints", ints),
    leaf("sort.Float64s", float64s),
    leaf("sort.Strings", strings),
    leaf("sort.lenOf", |cx| {
        let len = cx.iface(cx.arg(0)).filter(|(ty, _)| cx.types().get(*ty).desc.kind == Kind::Slice).map(|(_, s)| s[1]);
        match len {
            Some(len) => cx.set(0, len),
            None => return Err(not_a_slice(cx)),
        }
        Ok(())
    }),
    leaf("sort.swapElems", swap),
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

/// NaN comes first.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

fn not_a_slice(cx: &Cx) -> Fault {
    let have = cx.iface(cx.arg(0)).map_or("nil", |(ty, _)| cx.types().name(ty));
    Fault::plain(format!("reflect: call of Swapper on {have} Value"))
}

fn swap(cx: &mut Cx) -> Done {
    let (i, j) = (cx.arg(1), cx.arg(2));
    let Some((ty, s)) = cx.iface(cx.arg(0)) else { return Err(not_a_slice(cx)) };
    let t = &cx.types().get(ty).desc;
    let stride = cx.types().get(t.backing).stride as usize;
    for k in [i, j] {
        if k >= s[1] {
            return Err(Fault::index(k as i64, s[1] as i64));
        }
    }
    let (a, b) = (s[0] as usize + i as usize * stride, s[0] as usize + j as usize * stride);
    if a == b {
        return Ok(());
    }
    // SAFETY: both elements lie in the slice and do not overlap; they are whole words or 1, 2, 4 bytes.
    unsafe {
        match stride {
            1 | 2 | 4 => std::ptr::swap_nonoverlapping(a as *mut u8, b as *mut u8, stride),
            _ => {
                cx.overwrite(a as *const u64, stride / 8);
                cx.overwrite(b as *const u64, stride / 8);
                std::ptr::swap_nonoverlapping(a as *mut u64, b as *mut u64, stride / 8);
            }
        }
    }
    Ok(())
}

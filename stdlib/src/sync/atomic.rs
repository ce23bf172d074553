//! Natives of package sync/atomic. A pointer to a 32-bit type may point at a packed element, so those operate on 4 bytes.
#![allow(unsafe_code)]

use crate::abi::{Done, leaf};
use gol_vm::native::{Cx, Fault, Native};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

/// The 8 bytes that argument 0 points to.
fn long(cx: &Cx) -> Result<&AtomicU64, Fault> {
    if cx.arg(0) == 0 {
        return Err(Fault::nil());
    }
    // SAFETY: the address of a live variable of one word, which lies at a multiple of 8.
    Ok(unsafe { AtomicU64::from_ptr(cx.arg(0) as *mut u64) })
}

/// The 4 bytes that argument 0 points to.
fn short(cx: &Cx) -> Result<&AtomicU32, Fault> {
    if cx.arg(0) == 0 {
        return Err(Fault::nil());
    }
    // SAFETY: the address of a live 32-bit variable or element, which lies at a multiple of 4.
    Ok(unsafe { AtomicU32::from_ptr(cx.arg(0) as *mut u32) })
}

/// How a 32-bit result is widened to a word.
type Widen = fn(u32) -> u64;

fn signed(v: u32) -> u64 {
    v as i32 as i64 as u64
}

fn load32(cx: &Cx, widen: Widen) -> Done {
    let v = short(cx)?.load(SeqCst);
    cx.set(0, widen(v));
    Ok(())
}

fn store32(cx: &mut Cx) -> Done {
    short(cx)?.store(cx.arg(1) as u32, SeqCst);
    Ok(())
}

fn add32(cx: &Cx, widen: Widen) -> Done {
    let delta = cx.arg(1) as u32;
    let v = short(cx)?.fetch_add(delta, SeqCst).wrapping_add(delta);
    cx.set(0, widen(v));
    Ok(())
}

fn swap32(cx: &Cx, widen: Widen) -> Done {
    let v = short(cx)?.swap(cx.arg(1) as u32, SeqCst);
    cx.set(0, widen(v));
    Ok(())
}

fn cas32(cx: &mut Cx) -> Done {
    let done = short(cx)?.compare_exchange(cx.arg(1) as u32, cx.arg(2) as u32, SeqCst, SeqCst);
    cx.set_bool(0, done.is_ok());
    Ok(())
}

fn and32(cx: &Cx, widen: Widen) -> Done {
    let v = short(cx)?.fetch_and(cx.arg(1) as u32, SeqCst);
    cx.set(0, widen(v));
    Ok(())
}

fn or32(cx: &Cx, widen: Widen) -> Done {
    let v = short(cx)?.fetch_or(cx.arg(1) as u32, SeqCst);
    cx.set(0, widen(v));
    Ok(())
}

fn load64(cx: &mut Cx) -> Done {
    let v = long(cx)?.load(SeqCst);
    cx.set(0, v);
    Ok(())
}

fn store64(cx: &mut Cx) -> Done {
    long(cx)?.store(cx.arg(1), SeqCst);
    Ok(())
}

/// [`long`] for a variable that may hold a reference, which is about to be replaced.
fn reference(cx: &Cx) -> Result<&AtomicU64, Fault> {
    let word = long(cx)?;
    // SAFETY: the variable's one word.
    unsafe { cx.overwrite(word.as_ptr(), 1) };
    Ok(word)
}

fn store_any(cx: &mut Cx) -> Done {
    reference(cx)?.store(cx.arg(1), SeqCst);
    Ok(())
}

fn swap_any(cx: &mut Cx) -> Done {
    let v = reference(cx)?.swap(cx.arg(1), SeqCst);
    cx.set(0, v);
    Ok(())
}

fn cas_any(cx: &mut Cx) -> Done {
    let done = reference(cx)?.compare_exchange(cx.arg(1), cx.arg(2), SeqCst, SeqCst);
    cx.set_bool(0, done.is_ok());
    Ok(())
}

fn add64(cx: &mut Cx) -> Done {
    let v = long(cx)?.fetch_add(cx.arg(1), SeqCst).wrapping_add(cx.arg(1));
    cx.set(0, v);
    Ok(())
}

fn swap64(cx: &mut Cx) -> Done {
    let v = long(cx)?.swap(cx.arg(1), SeqCst);
    cx.set(0, v);
    Ok(())
}

fn cas64(cx: &mut Cx) -> Done {
    let done = long(cx)?.compare_exchange(cx.arg(1), cx.arg(2), SeqCst, SeqCst);
    cx.set_bool(0, done.is_ok());
    Ok(())
}

fn and64(cx: &mut Cx) -> Done {
    let v = long(cx)?.fetch_and(cx.arg(1), SeqCst);
    cx.set(0, v);
    Ok(())
}

fn or64(cx: &mut Cx) -> Done {
    let v = long(cx)?.fetch_or(cx.arg(1), SeqCst);
    cx.set(0, v);
    Ok(())
}

fn same_type(cx: &mut Cx) -> Done {
    let ty = |word| cx.iface(word).map(|x| x.0);
    cx.set_bool(0, ty(cx.arg(0)) == ty(cx.arg(1)));
    Ok(())
}

pub const NATIVES: &[Native] = &[
    leaf("sync/atomic.LoadInt32", |cx| load32(cx, signed)),
    leaf("sync/atomic.StoreInt32", store32),
    leaf("sync/atomic.AddInt32", |cx| add32(cx, signed)),
    leaf("sync/atomic.SwapInt32", |cx| swap32(cx, signed)),
    leaf("sync/atomic.CompareAndSwapInt32", cas32),
    leaf("sync/atomic.AndInt32", |cx| and32(cx, signed)),
    leaf("sync/atomic.OrInt32", |cx| or32(cx, signed)),
    leaf("sync/atomic.LoadInt64", load64),
    leaf("sync/atomic.StoreInt64", store64),
    leaf("sync/atomic.AddInt64", add64),
    leaf("sync/atomic.SwapInt64", swap64),
    leaf("sync/atomic.CompareAndSwapInt64", cas64),
    leaf("sync/atomic.AndInt64", and64),
    leaf("sync/atomic.OrInt64", or64),
    leaf("sync/atomic.LoadUint32", |cx| load32(cx, u64::from)),
    leaf("sync/atomic.StoreUint32", store32),
    leaf("sync/atomic.AddUint32", |cx| add32(cx, u64::from)),
    leaf("sync/atomic.SwapUint32", |cx| swap32(cx, u64::from)),
    leaf("sync/atomic.CompareAndSwapUint32", cas32),
    leaf("sync/atomic.AndUint32", |cx| and32(cx, u64::from)),
    leaf("sync/atomic.OrUint32", |cx| or32(cx, u64::from)),
    leaf("sync/atomic.LoadUint64", load64),
    leaf("sync/atomic.StoreUint64", store64),
    leaf("sync/atomic.AddUint64", add64),
    leaf("sync/atomic.SwapUint64", swap64),
    leaf("sync/atomic.CompareAndSwapUint64", cas64),
    leaf("sync/atomic.AndUint64", and64),
    leaf("sync/atomic.OrUint64", or64),
    leaf("sync/atomic.LoadUintptr", load64),
    leaf("sync/atomic.StoreUintptr", store64),
    leaf("sync/atomic.AddUintptr", add64),
    leaf("sync/atomic.SwapUintptr", swap64),
    leaf("sync/atomic.CompareAndSwapUintptr", cas64),
    leaf("sync/atomic.AndUintptr", and64),
    leaf("sync/atomic.OrUintptr", or64),
    leaf("sync/atomic.loadAny", load64),
    leaf("sync/atomic.storeAny", store_any),
    leaf("sync/atomic.swapAny", swap_any),
    leaf("sync/atomic.casAny", cas_any),
    leaf("sync/atomic.sameType", same_type),
];

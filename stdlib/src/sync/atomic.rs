//! Natives of package sync/atomic: operations of the machine, but for variables that may hold a reference, of whose changes the
//! collector must hear.
#![allow(unsafe_code)]

use crate::abi::{Done, leaf};
use gol_vm::native::Atomic::{self, *};
use gol_vm::native::Width::{self, *};
use gol_vm::native::{Cx, Fault, Native, NativeFn};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

const fn atomic(name: &'static str, op: Atomic, width: Width) -> Native {
    Native { name, run: NativeFn::Atomic(op, width) }
}

/// The variable that argument 0 points to, which holds a word that is about to be replaced.
fn reference(cx: &Cx) -> Result<&AtomicU64, Fault> {
    let address = cx.arg(0) as *mut u64;
    if address.is_null() {
        return Err(Fault::nil());
    }
    // SAFETY: the address of a live variable of one word, which lies at a multiple of 8.
    unsafe {
        cx.overwrite(address, 1);
        Ok(AtomicU64::from_ptr(address))
    }
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

fn same_type(cx: &mut Cx) -> Done {
    let ty = |word| cx.iface(word).map(|x| x.0);
    cx.set_bool(0, ty(cx.arg(0)) == ty(cx.arg(1)));
    Ok(())
}

pub const NATIVES: &[Native] = &[
    atomic("sync/atomic.LoadInt32", Load, Int32),
    atomic("sync/atomic.StoreInt32", Store, Int32),
    atomic("sync/atomic.AddInt32", Add, Int32),
    atomic("sync/atomic.SwapInt32", Swap, Int32),
    atomic("sync/atomic.CompareAndSwapInt32", CompareAndSwap, Int32),
    atomic("sync/atomic.AndInt32", And, Int32),
    atomic("sync/atomic.OrInt32", Or, Int32),
    atomic("sync/atomic.LoadInt64", Load, Word),
    atomic("sync/atomic.StoreInt64", Store, Word),
    atomic("sync/atomic.AddInt64", Add, Word),
    atomic("sync/atomic.SwapInt64", Swap, Word),
    atomic("sync/atomic.CompareAndSwapInt64", CompareAndSwap, Word),
    atomic("sync/atomic.AndInt64", And, Word),
    atomic("sync/atomic.OrInt64", Or, Word),
    atomic("sync/atomic.LoadUint32", Load, Uint32),
    atomic("sync/atomic.StoreUint32", Store, Uint32),
    atomic("sync/atomic.AddUint32", Add, Uint32),
    atomic("sync/atomic.SwapUint32", Swap, Uint32),
    atomic("sync/atomic.CompareAndSwapUint32", CompareAndSwap, Uint32),
    atomic("sync/atomic.AndUint32", And, Uint32),
    atomic("sync/atomic.OrUint32", Or, Uint32),
    atomic("sync/atomic.LoadUint64", Load, Word),
    atomic("sync/atomic.StoreUint64", Store, Word),
    atomic("sync/atomic.AddUint64", Add, Word),
    atomic("sync/atomic.SwapUint64", Swap, Word),
    atomic("sync/atomic.CompareAndSwapUint64", CompareAndSwap, Word),
    atomic("sync/atomic.AndUint64", And, Word),
    atomic("sync/atomic.OrUint64", Or, Word),
    atomic("sync/atomic.LoadUintptr", Load, Word),
    atomic("sync/atomic.StoreUintptr", Store, Word),
    atomic("sync/atomic.AddUintptr", Add, Word),
    atomic("sync/atomic.SwapUintptr", Swap, Word),
    atomic("sync/atomic.CompareAndSwapUintptr", CompareAndSwap, Word),
    atomic("sync/atomic.AndUintptr", And, Word),
    atomic("sync/atomic.OrUintptr", Or, Word),
    atomic("sync/atomic.loadAny", Load, Word),
    leaf("sync/atomic.storeAny", store_any),
    leaf("sync/atomic.swapAny", swap_any),
    leaf("sync/atomic.casAny", cas_any),
    leaf("sync/atomic.sameType", same_type),
];

//! Natives of package weak: the heap knows who has died. *(unsafe)*
#![allow(unsafe_code)]

use crate::abi::leaf;
use gol_vm::native::Native;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

pub const NATIVES: &[Native] = &[
    leaf("weak.handleOf", |cx| {
        let address = cx.iface(cx.arg(0)).map_or(0, |(_, words)| words[0]);
        let handle = if address == 0 { 0 } else { cx.runtime().heap.weak_handle(address, cx.arg(1)) };
        cx.set(0, handle);
        Ok(())
    }),
    leaf("weak.strong", |cx| {
        // SAFETY: a handle, whose only word a collection may clear while the world is stopped.
        let address = unsafe { AtomicU64::from_ptr(cx.arg(0) as *mut u64) }.load(Relaxed);
        let like = cx.arg(1);
        if address != 0
            && let Some((ty, _)) = cx.iface(like)
        {
            // Nothing leads to the object: a cycle that marks now would not find it.
            // SAFETY: a word of this frame.
            unsafe { cx.overwrite(&raw const address, 1) };
            let pointer = cx.new_iface(ty, &[address])?;
            cx.set(0, pointer);
        } else {
            cx.set(0, like);
        }
        Ok(())
    }),
];

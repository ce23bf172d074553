//! Natives of package sync: the runtime's locks, wait groups and condition variables on words of gol objects.
#![allow(unsafe_code)]

pub mod atomic;

use crate::abi::{leaf, parking};
use gol_runtime::{WaitReason, ops};
use gol_vm::native::{Cx, Fault, Native, NativeFn, Shortcut};

/// The word that argument 0 points to.
fn word(cx: &Cx) -> Result<*mut u64, Fault> {
    match cx.arg(0) {
        0 => Err(Fault::nil()),
        address => Ok(address as *mut u64),
    }
}

/// Methods whose calls need no frame in the common case; `Mutex` is nothing but its word.
pub const SHORTCUTS: &[Native] = &[
    Native { name: "sync.(*Mutex).Lock", run: NativeFn::Shortcut(Shortcut::MutexLock) },
    Native { name: "sync.(*Mutex).Unlock", run: NativeFn::Shortcut(Shortcut::MutexUnlock) },
];

// SAFETY, for all of them: the P is the running one and the word lies in a live object, since its address is in the window.
pub const NATIVES: &[Native] = &[
    parking("sync.lock", |cx| Ok(unsafe { ops::mutex_lock(cx.p(), word(cx)?) })),
    leaf("sync.tryLock", |cx| {
        let done = unsafe { ops::mutex_try_lock(cx.p(), word(cx)?) };
        cx.set_bool(0, done);
        Ok(())
    }),
    leaf("sync.unlock", |cx| {
        let done = unsafe { ops::mutex_unlock(cx.p(), word(cx)?) };
        cx.set_bool(0, done);
        Ok(())
    }),
    parking("sync.waitReader", |cx| Ok(unsafe { ops::sema_acquire(cx.p(), word(cx)?, WaitReason::RwMutexRLock) })),
    parking("sync.waitWriter", |cx| Ok(unsafe { ops::sema_acquire(cx.p(), word(cx)?, WaitReason::RwMutexLock) })),
    leaf("sync.semRelease", |cx| {
        unsafe { ops::sema_release(cx.p(), word(cx)?) };
        Ok(())
    }),
    leaf("sync.groupAdd", |cx| {
        let done = unsafe { ops::wg_add(cx.p(), word(cx)?, cx.arg_i64(1)) };
        cx.set_bool(0, done.is_ok());
        Ok(())
    }),
    parking("sync.groupWait", |cx| Ok(unsafe { ops::wg_wait(cx.p(), word(cx)?) })),
    leaf("sync.condTicket", |cx| {
        let ticket = unsafe { ops::cond_ticket(word(cx)?) };
        cx.set(0, u64::from(ticket));
        Ok(())
    }),
    parking("sync.condWait", |cx| Ok(unsafe { ops::cond_wait(cx.p(), word(cx)?, cx.arg(1) as u32) })),
    leaf("sync.condSignal", |cx| {
        unsafe { ops::cond_signal(cx.p(), word(cx)?) };
        Ok(())
    }),
    leaf("sync.condBroadcast", |cx| {
        unsafe { ops::cond_broadcast(cx.p(), word(cx)?) };
        Ok(())
    }),
    leaf("sync.fatal", |cx| Err(Fault::fatal(crate::abi::lossy(cx.arg_str(0))))),
];

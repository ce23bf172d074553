//! Natives of packages runtime and runtime/debug.
#![allow(unsafe_code)]

mod figures;
mod finals;

use crate::abi::{fill, leaf, parking};
use crate::stdio;
use gol_runtime::ops;
use gol_vm::native::{Fault, Native};

pub const NATIVES: &[Native] = &[
    leaf("runtime.gomaxprocs", |cx| {
        let old = cx.runtime().set_procs(cx.arg(0) as usize);
        cx.set(0, old as u64);
        Ok(())
    }),
    leaf("runtime.NumGoroutine", |cx| {
        cx.set(0, cx.runtime().num_goroutine() as u64);
        Ok(())
    }),
    leaf("runtime.NumCPU", |cx| {
        cx.set(0, cx.runtime().num_cpu() as u64);
        Ok(())
    }),
    // SAFETY: the running P.
    parking("runtime.Gosched", |cx| Ok(unsafe { ops::yield_now(cx.p()) })),
    leaf("runtime.LockOSThread", |cx| {
        // SAFETY: the running P.
        unsafe { ops::lock_thread(cx.p()) };
        Ok(())
    }),
    leaf("runtime.UnlockOSThread", |cx| {
        // SAFETY: as above.
        unsafe { ops::unlock_thread(cx.p()) };
        Ok(())
    }),
    leaf("runtime.Goexit", |_| Err(Fault::goexit())),
    // Emitted code calls it where a slice that became an array was too short.
    leaf("runtime.panicSliceConvert", |cx| Err(Fault::slice_to_array(cx.arg_i64(0), cx.arg(1)))),
    // SAFETY: the running P.
    parking("runtime.gcStopped", |cx| Ok(unsafe { ops::gc_now(cx.p()) })),
    leaf("runtime.gcTarget", |cx| {
        // SAFETY: as above.
        let target = unsafe { ops::gc_target(cx.p()) };
        cx.set(0, u64::from(target));
        Ok(())
    }),
    leaf("runtime.gcAdvance", |cx| {
        // SAFETY: as above.
        let done = unsafe { ops::gc_advance(cx.p(), cx.arg(0) as u32) };
        cx.set_bool(0, done);
        Ok(())
    }),
    leaf("runtime.ReadMemStats", figures::read_mem_stats),
    leaf("runtime.callFinalsBy", finals::call_finals_by),
    leaf("runtime.KeepAlive", |_| Ok(())),
    leaf("runtime.setFinalizer", finals::set_finalizer),
    leaf("runtime.nextFinal", finals::next_final),
    leaf("runtime.pointerOf", finals::pointer_of),
    leaf("runtime.addCleanup", finals::add_cleanup),
    leaf("runtime.stopCleanup", finals::stop_cleanup),
    leaf("runtime.sameObject", finals::same_object),
    leaf("runtime.stackText", |cx| {
        let text = if cx.arg_bool(0) { cx.dump() } else { cx.traceback() };
        cx.set_str(0, text.as_bytes())
    }),
    leaf("runtime.callers", |cx| {
        let skip = cx.arg_i64(0).max(0) as usize;
        let pcs = cx.callers();
        let shown = pcs.get(skip..).unwrap_or_default();
        let out = cx.new_slice(cx.known().ints, shown.len())?;
        fill(out, shown.iter().copied());
        cx.set_words(0, &out);
        Ok(())
    }),
    leaf("runtime.place", |cx| {
        let (name, place) = cx.place(cx.arg(0)).unwrap_or_default();
        let (file, line) = place.rsplit_once(':').unwrap_or((&place, "0"));
        cx.set_str(0, name.as_bytes())?;
        cx.set_str(1, file.as_bytes())?;
        cx.set_i64(2, line.parse().unwrap_or(0));
        Ok(())
    }),
];

pub const DEBUG: &[Native] = &[
    leaf("runtime/debug.setGCPercent", |cx| {
        let percent = u32::try_from(cx.arg_i64(0)).ok();
        let old = cx.runtime().heap.set_gogc(percent);
        cx.set_i64(0, old.map_or(-1, i64::from));
        Ok(())
    }),
    // A negative limit only asks.
    leaf("runtime/debug.setMemoryLimit", |cx| {
        let heap = &cx.runtime().heap;
        let (limit, old) = (cx.arg_i64(0), heap.soft_limit());
        if limit >= 0 {
            heap.set_soft_limit(if limit == i64::MAX { usize::MAX } else { limit as usize });
        }
        cx.set_i64(0, i64::try_from(old).unwrap_or(i64::MAX));
        Ok(())
    }),
    leaf("runtime/debug.SetMaxThreads", |cx| {
        let most = usize::try_from(cx.arg_i64(0)).unwrap_or(0);
        let old = cx.runtime().set_max_threads(most);
        cx.set_i64(0, old as i64);
        Ok(())
    }),
    leaf("runtime/debug.setMaxStack", |cx| {
        // A negative number is a large one, as in Go.
        let old = cx.runtime().set_max_stack(cx.arg_i64(0) as usize);
        cx.set_i64(0, i64::try_from(old).unwrap_or(i64::MAX));
        Ok(())
    }),
    leaf("runtime/debug.freeOSMemory", |cx| {
        cx.runtime().heap.release_free();
        Ok(())
    }),
    leaf("runtime/debug.printText", |cx| {
        let text = cx.arg_str(0).to_vec();
        stdio::write(cx, 2, &text)?.ok();
        Ok(())
    }),
];

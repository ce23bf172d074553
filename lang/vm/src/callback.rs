//! Natives that call back into gol, on pooled coroutines. *(unsafe)*
//!
//! A callback native runs on a coroutine; what it calls runs in a nested run of handlers on the same coroutine. When the goroutine must
//! park (or is preempted, or stopped) in there, the coroutine is suspended and stays with the goroutine (`G::native`); the outer [`run`]
//! returns the reason to the scheduler's loop, which only then releases what the goroutine waits on. [`resume`] goes on later,
//! on any thread. So nothing under a callback may keep thread-locals or a processor over a call: both come from [`Co::p`].
//!
//! A goroutine has at most one coroutine: natives called below the first run on the same stack.
use crate::code::*;
use crate::fault::{Cause, Fault};
use crate::frames::Stub;
use crate::native::{CallCx, Cx, NativeFn, Window};
use crate::object::iface;
use crate::stack::{STACK_BYTES, SlabStack, new_stack};
use crate::unwind::{enter_machine, frame_top, raise_saved, stash};
use crate::vm::shared;
use corosensei::{Coroutine, Yielder};
use gol_bytecode::Recv;
use gol_runtime::{G, P};
use std::sync::{Mutex, PoisonError};

/// `scratch` words: the coroutine that runs on this processor's thread, and the head of the processor's pool.
const CO: usize = 0;
const POOL: usize = 2;
/// Coroutines that a processor keeps for itself.
const POOL_MAX: usize = 64;
/// A native is not started on a coroutine with less stack than this left.
const STACK_RESERVE: usize = 64 << 10;
/// What corosensei pushes below the suspended frame, generously.
const SWITCH_BYTES: usize = 512;

type Coro = Coroutine<*mut Co, (), (), SlabStack>;

/// A coroutine and what belongs to its goroutine while it is in use.
pub(crate) struct Co {
    coroutine: Option<Coro>,
    yielder: *const Yielder<*mut Co, ()>,
    /// The processor that the goroutine runs on now.
    p: *mut P,
    /// The outermost native's call instruction and its frame.
    pc: Pc,
    base: u32,
    /// Why it is suspended.
    code: u64,
    finished: bool,
    result: Result<(), Fault>,
    /// Base index of the gol function that the innermost native called: panics stop there.
    boundary: usize,
    /// The goroutine ends: every native on the way out returns at once.
    killed: bool,
    /// A panic is on its way through a native.
    propagating: bool,
    limit: usize,
    /// Stack pointer when suspended, roughly from below.
    sp: usize,
    next: *mut Co,
    pooled: usize,
}

/// Coroutines that no processor keeps.
static SPARE: Mutex<Vec<SpareCo>> = Mutex::new(Vec::new());
struct SpareCo(*mut Co);
// SAFETY: an unused coroutine: suspended in `body` with nothing but its own frame on the stack.
unsafe impl Send for SpareCo {}

/// The coroutine that this processor's thread is on; null on the thread's own stack.
#[inline(always)]
unsafe fn current(p: *mut P) -> *mut Co {
    // SAFETY: only this module writes the word.
    unsafe { (*p).scratch[CO] as *mut Co }
}

/// Every exit of the handlers comes through here: a nested run must learn which processor it is on.
#[inline(always)]
pub(crate) unsafe fn left(p: *mut P, code: u64) -> u64 {
    // SAFETY: as `current`.
    unsafe {
        let co = current(p);
        if !co.is_null() {
            (*co).p = p;
        }
    }
    code
}

/// Panics run deferred closures only of frames from this base index on.
pub(crate) unsafe fn boundary(p: *mut P) -> u64 {
    // SAFETY: as `current`.
    unsafe {
        let co = current(p);
        if co.is_null() { 0 } else { (*co).boundary as u64 }
    }
}

/// The goroutine runs no more gol code: how the handlers leave.
pub(crate) unsafe fn end_goroutine(p: *mut P) -> u64 {
    // SAFETY: as `current`.
    unsafe {
        (*(*p).g).roots = [0; 2];
        let co = current(p);
        if co.is_null() {
            return DONE;
        }
        (*co).killed = true;
        PROPAGATE
    }
}

pub(crate) unsafe fn on_coroutine(p: *mut P) -> bool {
    // SAFETY: as `current`.
    unsafe { !current(p).is_null() }
}

pub(crate) unsafe fn is_killed(p: *mut P) -> bool {
    // SAFETY: as `current`.
    unsafe {
        let co = current(p);
        !co.is_null() && (*co).killed
    }
}

/// The coroutine of this thread is not on a thread's processor while a native blocks; the stack from here up stays a root.
pub(crate) unsafe fn before_blocking(p: *mut P) -> *mut Co {
    // SAFETY: as `current`.
    unsafe {
        let co = current(p);
        if !co.is_null() {
            (*p).scratch[CO] = 0;
            (*co).sp = here();
            (*(*p).g).native = co as *mut u8;
        }
        co
    }
}

pub(crate) unsafe fn after_blocking(p: *mut P, co: *mut Co) {
    // SAFETY: `co` is what `before_blocking` gave for this goroutine.
    unsafe {
        if !co.is_null() {
            (*p).scratch[CO] = co as u64;
            (*co).p = p;
            (*(*p).g).native = std::ptr::null_mut();
        }
    }
}

/// An address in the caller's frame or below.
#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    std::hint::black_box(&raw const mark as usize)
}

/// Runs a native; a Rust panic in it is our mistake, and ends the program with a message instead of unwinding through handlers.
/// What a native has done already cannot be done again, so running out of memory in it is final.
pub(crate) fn guarded<T>(f: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    last_chance(caught(f))
}

/// The same for a native that is called again after a collection when it ran out of memory before it did anything.
#[inline(always)]
pub(crate) fn guarded_leaf(cx: &mut Cx, f: impl FnOnce(&mut Cx) -> Result<(), Fault>) -> Result<(), Fault> {
    let result = caught(|| f(cx));
    if cx.is_touched() { last_chance(result) } else { result }
}

/// The same for a direct native.
#[inline(always)]
pub(crate) fn guarded_direct(f: fn(Window), window: Window) -> Result<(), Fault> {
    caught(|| {
        f(window);
        Ok(())
    })
}

/// The same for one that is called in place.
#[inline(always)]
pub(crate) fn guarded_in_place(f: impl FnOnce()) -> Result<(), Fault> {
    caught(|| {
        f();
        Ok(())
    })
}

#[inline(always)]
fn caught<T>(f: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
        .unwrap_or_else(|_| Err(Fault::fatal("internal error: a native function panicked")))
}

fn last_chance<T>(result: Result<T, Fault>) -> Result<T, Fault> {
    match result {
        Err(fault) if *fault.cause() == Cause::OutOfMemory => Err(Fault::fatal("runtime: out of memory")),
        other => other,
    }
}

/// Starts the callback native of the `CallNC` at `pc`: `GO` with the state behind it in the goroutine, or how to leave; and the processor.
#[inline(never)]
pub(crate) unsafe fn start(pc: Pc, base: Base, p: *mut P) -> (u64, *mut P) {
    // SAFETY: the running instruction.
    unsafe {
        save(pc.add(1), base, p);
        let on = current(p);
        if on.is_null() {
            let Some(co) = take(p) else {
                stash(p, Err(Fault::fatal("out of memory (coroutine stack)")));
                return (raise_saved(p), p);
            };
            (*co).pc = pc;
            (*co).base = (*(*p).g).base;
            (*co).boundary = 0;
            (*co).killed = false;
            (*co).propagating = false;
            return drive(p, co);
        }
        if here() < (*on).limit + STACK_RESERVE {
            stash(p, Err(Fault::stack_overflow()));
            return (raise_saved(p), p);
        }
        let base = (*(*p).g).base;
        let result = call_native(on, pc, base);
        settle(on, result, pc, base)
    }
}

/// The native has returned on processor `co.p`.
unsafe fn settle(co: *mut Co, result: Result<(), Fault>, pc: Pc, base: u32) -> (u64, *mut P) {
    // SAFETY: the goroutine of `co` runs on `co.p`; `pc`, `base` are its native's call.
    unsafe {
        let p = (*co).p;
        let g = (*p).g;
        (*g).base = base;
        (*g).pc = pc.add(1) as *const u8;
        let result =
            if std::mem::take(&mut (*co).propagating) || (*co).killed { Err(Fault::propagate()) } else { result };
        if (*co).killed && current(p).is_null() {
            return (DONE, p);
        }
        if !stash(p, result) {
            return (raise_saved(p), p);
        }
        (*g).pc = pc.add(2) as *const u8;
        (GO, p)
    }
}

/// Goes on with the goroutine's coroutine on this processor, then with the goroutine itself.
pub(crate) unsafe fn resume(p: *mut P) -> u64 {
    // SAFETY: the scheduler gave the goroutine to this processor.
    unsafe {
        let g = (*p).g;
        let co = (*g).native as *mut Co;
        (*g).native = std::ptr::null_mut();
        let (code, p) = drive(p, co);
        if code != GO {
            return code;
        }
        enter((*g).pc as Pc, (*g).stack.add((*g).base as usize), p)
    }
}

/// Switches to the coroutine until its native is done or it is suspended.
unsafe fn drive(p: *mut P, co: *mut Co) -> (u64, *mut P) {
    // SAFETY: `co` belongs to the goroutine of `p` and is not running.
    unsafe {
        let g: *mut G = (*p).g;
        (*co).p = p;
        (*p).scratch[CO] = co as u64;
        (*co).finished = false;
        if let Some(coroutine) = &mut (*co).coroutine {
            // The body never returns, so the result is always a suspension.
            let _ = coroutine.resume(co);
        }
        let p = (*co).p;
        (*p).scratch[CO] = 0;
        if !(*co).finished {
            (*g).native = co as *mut u8;
            return ((*co).code, p);
        }
        let result = std::mem::replace(&mut (*co).result, Ok(()));
        let (pc, base) = ((*co).pc, (*co).base);
        let out = settle(co, result, pc, base);
        give_back(out.1, co);
        out
    }
}

/// What a coroutine does: one native after the other.
fn body(yielder: &Yielder<*mut Co, ()>, co: *mut Co) {
    loop {
        // SAFETY: `drive` passes the coroutine's own record, which outlives it.
        unsafe {
            (*co).yielder = yielder;
            (*co).result = call_native(co, (*co).pc, (*co).base);
            (*co).finished = true;
        }
        yielder.suspend(());
    }
}

/// Calls the native of the `CallNC` at `pc`.
unsafe fn call_native(co: *mut Co, pc: Pc, base: u32) -> Result<(), Fault> {
    // SAFETY: the loader checked the native; the goroutine of `co` runs on `co.p`.
    unsafe {
        let p = (*co).p;
        let NativeFn::Callback(f) = shared(p).native((*pc).cd()) else { unreachable!("loader checks natives") };
        let mut cx = CallCx { cx: Cx::new(p, std::ptr::null_mut()), co, pc, base, top: frame_top(p) };
        cx.refresh();
        guarded(|| f(&mut cx))
    }
}

impl CallCx {
    /// After anything that may have moved the goroutine or its stack.
    fn refresh(&mut self) {
        // SAFETY: the goroutine runs on `co.p`.
        unsafe {
            self.cx.p = (*self.co).p;
            let g = (*self.cx.p).g;
            self.cx.window = Window((*g).stack.add(self.base as usize + (*self.pc).a as usize + 1));
        }
    }
}

pub(crate) fn call(cx: &mut CallCx, closure: u64, args: &[u64], results: &mut [u64]) -> Result<(), Fault> {
    if closure == 0 {
        return Err(Fault::nil());
    }
    // SAFETY: a closure's first word is its code.
    unsafe { call_code(cx, *(closure as *const u64) as Pc, args, closure, results) }
}

pub(crate) fn call_method(
    cx: &mut CallCx,
    word: u64,
    method: &str,
    args: &[u64],
    results: &mut [u64],
) -> Result<bool, Fault> {
    // SAFETY: an interface word of the machine.
    unsafe {
        let shared = cx.shared();
        if word == 0 {
            return Ok(false);
        }
        let ty = iface::iface_type(word);
        let Some(entry) = shared.types.method_id(method).and_then(|id| shared.types.find_method(ty, id)) else {
            return Ok(false);
        };
        let code = shared.code_of(entry.func);
        let mut all = vec![0; args.len() + 1];
        all[1..].copy_from_slice(args);
        match entry.recv {
            Recv::Box => all[0] = word,
            Recv::Word => {
                all[0] = {
                    let mut small = 0;
                    *iface::iface_payload(&shared.types, word, &mut small)
                }
            }
        }
        call_code(cx, code, &all, 0, results)?;
        Ok(true)
    }
}

/// Runs a gol function to its end on this coroutine.
unsafe fn call_code(cx: &mut CallCx, code: Pc, args: &[u64], closure: u64, results: &mut [u64]) -> Result<(), Fault> {
    // SAFETY: the coroutine's own goroutine; `enter_machine` makes room.
    unsafe {
        let co = cx.co;
        if (*co).killed || (*co).propagating {
            return Err(Fault::propagate());
        }
        let g = (*cx.cx.p).g;
        (*co).p = cx.cx.p;
        (*g).pc = cx.pc.add(1) as *const u8;
        (*g).base = cx.base;
        let outer = (*co).boundary;
        let mut code = enter_machine((*co).p, cx.top, Stub::NativeRet, code, args, closure);
        let base = (*g).base as usize;
        if code == GO {
            (*co).boundary = base;
        }
        loop {
            match code {
                GO => code = enter((*g).pc as Pc, (*g).stack.add((*g).base as usize), (*co).p),
                NATIVE_DONE => break,
                PROPAGATE => {
                    (*co).boundary = outer;
                    (*co).propagating = true;
                    cx.refresh();
                    return Err(Fault::propagate());
                }
                reason => {
                    suspend(co, reason);
                    code = GO;
                }
            }
        }
        (*co).boundary = outer;
        let from = (*g).stack.add(base);
        for (k, out) in results.iter_mut().enumerate() {
            *out = *from.add(k);
        }
        (*g).pc = cx.pc.add(1) as *const u8;
        (*g).base = cx.base;
        cx.refresh();
        Ok(())
    }
}

/// Leaves the thread to its scheduler; comes back perhaps on another one.
#[inline(never)]
unsafe fn suspend(co: *mut Co, code: u64) {
    // SAFETY: running on the coroutine of `co`.
    unsafe {
        (*co).code = code;
        (*co).sp = here();
        (*(*co).yielder).suspend(());
    }
}

/// The used part of a suspended coroutine's stack: address and words.
pub(crate) unsafe fn stack_range(native: *const u8) -> (*const u64, usize) {
    // SAFETY: a suspended coroutine.
    unsafe {
        let co = native as *const Co;
        let low = ((*co).sp - SWITCH_BYTES).max((*co).limit + 4096) & !7;
        let high = (*co).limit + STACK_BYTES;
        (low as *const u64, (high - low) / 8)
    }
}

/// A coroutine from the processor's pool, the shared one, or a new one.
unsafe fn take(p: *mut P) -> Option<*mut Co> {
    // SAFETY: the pool's words belong to the processor.
    unsafe {
        let head = (*p).scratch[POOL] as *mut Co;
        if !head.is_null() {
            (*p).scratch[POOL] = (*head).next as u64;
            return Some(head);
        }
        if let Some(SpareCo(co)) = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Some(co);
        }
        let stack = new_stack()?;
        let limit = stack.limit_address();
        Some(Box::into_raw(Box::new(Co {
            coroutine: Some(Coroutine::with_stack(stack, body)),
            yielder: std::ptr::null(),
            p,
            pc: std::ptr::null(),
            base: 0,
            code: 0,
            finished: false,
            result: Ok(()),
            boundary: 0,
            killed: false,
            propagating: false,
            limit,
            sp: 0,
            next: std::ptr::null_mut(),
            pooled: 0,
        })))
    }
}

unsafe fn give_back(p: *mut P, co: *mut Co) {
    // SAFETY: as `take`; `co` is unused from here on.
    unsafe {
        let head = (*p).scratch[POOL] as *mut Co;
        let pooled = if head.is_null() { 0 } else { (*head).pooled };
        if pooled >= POOL_MAX {
            SPARE.lock().unwrap_or_else(PoisonError::into_inner).push(SpareCo(co));
            return;
        }
        (*co).next = head;
        (*co).pooled = pooled + 1;
        (*p).scratch[POOL] = co as u64;
    }
}

//! Faults, panics, defer, recover, Goexit. *(unsafe)*
//!
//! **Records** are heap objects of words, chained from the goroutine's root words: `roots[0]` the deferred closures, newest first;
//! `roots[1]` the panics, newest first. A panic runs deferred closures *above* the frame that panicked, so that a traceback still sees it.
//! When one recovered, the stack is cut to the frame that deferred it, and that function goes on at its epilogue. Panics raised at
//! or above that frame are gone then; a Goexit among them goes on.
//!
//! **Callbacks.** The chain of a gol function called by a native ends at the native: the panic leaves the inner run of handlers with `PROPAGATE`, the
//! native returns, and the instruction that called it goes on with the same panic.
//!
//! Nothing here polls, so no collection happens between reading a record and using it.
mod defer;
mod panic;

pub(crate) use defer::{Defer, DeferNext, GoExit, NativeRet, RunDefers, enter_machine, frame_top};
pub(crate) use panic::{FatalNext, PanicNext, Panicking, Recover};

use crate::callback;
use crate::code::*;
use crate::fault::{Cause, Fault};
use crate::frames::Walk;
use crate::jit;
use crate::object::{iface, string};
use crate::vm::{RunResult, shared};
use gol_runtime::{P, Place, Poll, ops};
use panic::{GOEXIT, start, step};

/// `scratch` word: the fault on its way to `raise` ([`Fault::into_raw`]).
const STASH: usize = 1;
/// How often an allocation is tried again after a collection. The scratch words 3 and 4 count: instruction, tries.
const OOM_TRIES: u64 = 3;
/// What the program ends with when they did not help.
const NO_MEMORY: &str = "runtime: out of memory";

/// Keeps a fault for `raise`; true when there is none.
#[inline(always)]
pub(crate) unsafe fn stash(p: *mut P, result: Result<(), Fault>) -> bool {
    match result {
        Ok(()) => true,
        Err(fault) => {
            // SAFETY: `p` is the running processor.
            unsafe { keep(p, fault) };
            false
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn keep(p: *mut P, fault: Fault) {
    // SAFETY: `p` is the running processor; nothing else is kept there until `raise` takes it.
    unsafe { (*p).scratch[STASH] = fault.into_raw() };
}

unsafe fn take_stash(p: *mut P) -> Fault {
    // SAFETY: written by `stash` on this processor just before.
    unsafe {
        let kept = std::mem::take(&mut (*p).scratch[STASH]);
        debug_assert!(kept != 0);
        Fault::from_raw(kept)
    }
}

/// Failures that hot handlers find.
#[derive(Clone, Copy)]
enum Kind {
    Nil,
    Div,
    Shift,
    IndexLd,
    Index2d,
    IndexSt,
    IndexStr,
    IndexArrC,
    IndexArrB,
    IndexChk,
    IndexLdK,
    IndexStK,
    IndexStrK,
    IndexFldStr,
    IndexCd,
    Index2dSt,
    IndexArr2Ld,
    IndexArr2St,
    IndexLdC,
    IndexStC,
    IndexFldLd,
    IndexFldSt,
    IndexFldTest,
    IndexGLd,
    IndexGSt,
}

/// `pc` is behind the first unit of the instruction that failed.
#[inline(never)]
unsafe fn stash_kind(pc: Pc, base: Base, p: *mut P, kind: Kind) {
    // SAFETY: the instruction is one that fails this way, so its operands are what is read here.
    unsafe {
        let i = &*pc.sub(1);
        let fault = match kind {
            Kind::Nil => Fault::nil(),
            Kind::Div => Fault::divide(),
            Kind::Shift => Fault::shift(),
            Kind::IndexLd => Fault::index(ri(base, i.c), *at(base, i.b).add(1) as i64),
            Kind::Index2d => {
                // The row is there: the first index was in range.
                let row = (r(base, i.b) as *const u64).add(r(base, i.c) as usize * 3);
                Fault::index(ri(base, i.d), *row.add(1) as i64)
            }
            Kind::IndexSt => Fault::index(ri(base, i.b), *at(base, i.a).add(1) as i64),
            Kind::IndexStr => Fault::index(ri(base, i.c), string::str_len(r(base, i.b)) as i64),
            Kind::IndexArrC => Fault::index(ri(base, i.c), i.d as i64),
            Kind::IndexArrB => Fault::index(ri(base, i.b), i.d as i64),
            Kind::IndexChk => Fault::index(ri(base, i.a), (*pc).ab() as i64),
            Kind::IndexLdK => Fault::index(ri(base, i.c).wrapping_add(i.d as i16 as i64), *at(base, i.b).add(1) as i64),
            Kind::IndexStK => Fault::index(ri(base, i.b).wrapping_add(i.d as i16 as i64), *at(base, i.a).add(1) as i64),
            Kind::IndexStrK => {
                Fault::index(ri(base, i.c).wrapping_add(i.d as i16 as i64), string::str_len(r(base, i.b)) as i64)
            }
            // What another goroutine has stored there meanwhile may be told: whatever it is, the index was wrong.
            Kind::IndexFldStr => {
                let at = r(base, i.b) as *const u64;
                Fault::index(*at.add(i.d as usize) as i64, string::str_len(*at.add(i.c as usize)) as i64)
            }
            Kind::IndexCd => Fault::index(ri(base, i.d), *at(base, i.c).add(1) as i64),
            Kind::Index2dSt => {
                // As for `Index2d`.
                let row = (r(base, i.a) as *const u64).add(r(base, i.b) as usize * 3);
                Fault::index(ri(base, i.c), *row.add(1) as i64)
            }
            Kind::IndexLdC => Fault::index(i.c as i64, *at(base, i.b).add(1) as i64),
            Kind::IndexStC => Fault::index(i.b as i64, *at(base, i.a).add(1) as i64),
            // The address is one: it was followed.
            Kind::IndexFldLd => index_at(ri(base, i.c), (r(base, i.b) as *const u64).add(i.d as usize)),
            Kind::IndexFldSt => index_at(ri(base, i.b), (r(base, i.a) as *const u64).add(i.d as usize)),
            Kind::IndexFldTest => index_at(ri(base, i.b), (r(base, i.a) as *const u64).add(i.c as usize)),
            Kind::IndexGLd => index_at(ri(base, i.b), shared(p).globals.base().add(i.cd() as usize)),
            Kind::IndexGSt => index_at(ri(base, i.a), shared(p).globals.base().add(i.cd() as usize)),
            Kind::IndexArr2Ld => index_arr2(ri(base, i.c), ri(base, i.d), &*pc),
            Kind::IndexArr2St => index_arr2(ri(base, i.b), ri(base, i.c), &*pc),
        };
        stash(p, Err(fault));
    }
}

/// An index that is out of range of the slice in memory.
unsafe fn index_at(k: i64, slice: *const u64) -> Fault {
    // SAFETY: three words of a slice.
    Fault::index(k, unsafe { *slice.add(1) } as i64)
}

/// The first of two indices that is out of range, into arrays of the lengths that the data unit tells.
fn index_arr2(outer: i64, inner: i64, data: &Unit) -> Fault {
    match outer as u64 >= data.a as u64 {
        true => Fault::index(outer, data.a as i64),
        false => Fault::index(inner, data.c as i64),
    }
}

macro_rules! faults {
    ([$pc:ident $base:ident $p:ident] $($name:ident $kind:ident)*) => {
        raw_handlers! { [$pc $base $p] $(#[cold] $name {
            stash_kind($pc, $base, $p, Kind::$kind);
            return raise($pc, $base, $p)
        })* }
    };
}
faults! { [pc base p]
    fault_nil Nil
    fault_div Div
    fault_shift Shift
    fault_index_ld IndexLd
    fault_index_2d Index2d
    fault_index_st IndexSt
    fault_index_str IndexStr
    fault_index_arr_c IndexArrC
    fault_index_arr_b IndexArrB
    fault_index_chk IndexChk
    fault_index_ldk IndexLdK
    fault_index_stk IndexStK
    fault_index_strk IndexStrK
    fault_index_fld_str IndexFldStr
    fault_index_cd IndexCd
    fault_index_2d_st Index2dSt
    fault_index_arr2_ld IndexArr2Ld
    fault_index_arr2_st IndexArr2St
    fault_index_ldc IndexLdC
    fault_index_stc IndexStC
    fault_index_fld_ld IndexFldLd
    fault_index_fld_st IndexFldSt
    fault_index_fld_test IndexFldTest
    fault_index_g_ld IndexGLd
    fault_index_g_st IndexGSt
}

raw_handlers! { [pc base p]
    /// The stashed fault happens at the instruction before `pc`.
    #[cold]
    raise {
        let code = raise_at(pc, base, p);
        transfer!(p, code)
    }
    /// A backward branch met a poisoned guard; `pc` is its target.
    #[cold]
    poll_back {
        let code = poll_here(pc, base, p);
        transfer!(p, code)
    }
    Panic {
        let code = panic_op(pc, base, p);
        transfer!(p, code)
    }
    Trap {
        trap_op(pc, p);
        return raise(pc.add(1), base, p)
    }
}

#[inline(never)]
unsafe fn poll_here(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: pc and base are the goroutine's state.
    unsafe {
        save(pc, base, p);
        match ops::poll(p, Place::Loop) {
            Poll::Go => {
                if ops::take_sample(p) {
                    jit::sample(p, pc);
                }
                GO
            }
            Poll::Yield => YIELD,
            Poll::Stop => STOP,
            Poll::Killed => callback::end_goroutine(p),
        }
    }
}

/// Turns the stashed fault into a panic or an end; `pc` is behind the instruction.
#[inline(never)]
unsafe fn raise_at(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: pc and base are the goroutine's state.
    unsafe {
        save(pc, base, p);
        raise_saved(p)
    }
}

/// The same with pc and base in the goroutine.
pub(crate) unsafe fn raise_saved(p: *mut P) -> u64 {
    // SAFETY: as above.
    unsafe {
        let g = (*p).g;
        let fault = take_stash(p);
        match fault.cause() {
            Cause::Panic(value) => start(p, *value, 0),
            Cause::Runtime(text) | Cause::Plain(text) => match error_value(p, text) {
                Ok(value) => start(p, value, 0),
                Err(fault) => match fault.cause() {
                    Cause::Fatal(text) => fatal(p, text),
                    _ => throw(p, NO_MEMORY),
                },
            },
            Cause::Fatal(text) => fatal(p, text),
            Cause::OutOfMemory => out_of_memory(p),
            Cause::Exit(code) => {
                shared(p).exit(p, *code);
                callback::end_goroutine(p)
            }
            Cause::Goexit => start(p, 0, GOEXIT),
            Cause::Propagate => {
                if callback::is_killed(p) {
                    return callback::end_goroutine(p);
                }
                let panic = (*g).roots[1] as *mut Panicking;
                if panic.is_null() {
                    return fatal(p, "internal error: a native failed without a panic");
                }
                // The native's frames are gone: the panic goes on from the instruction that called it.
                (*panic).base = (*g).base as u64;
                (*panic).pc = (*g).pc as u64;
                (*panic).running = 0;
                step(p)
            }
        }
    }
}

/// An allocation failed: the instruction is executed again after a collection (it has changed nothing yet), a few times.
unsafe fn out_of_memory(p: *mut P) -> u64 {
    // SAFETY: the running processor; pc is behind the instruction.
    unsafe {
        let g = (*p).g;
        try_again(p, ((*g).pc as Pc).sub(1))
    }
}

/// Collects and goes on at `again`; after several tries there the program ends. The goroutine goes on as soon as the collection is over, with the
/// very instruction that failed, so nobody else fails on this processor in between.
unsafe fn try_again(p: *mut P, again: Pc) -> u64 {
    // SAFETY: the running processor; the base is saved.
    unsafe {
        let g = (*p).g;
        let [_, _, _, last, tries, _] = &mut (*p).scratch;
        *tries = if *last == again as u64 { *tries + 1 } else { 0 };
        *last = again as u64;
        if *tries >= OOM_TRIES {
            *last = 0;
            return throw(p, NO_MEMORY);
        }
        (*g).pc = again as *const u8;
        STOP
    }
}

/// The stack of the running goroutine cannot have `slots` more: it is too deep, or memory is short. The saved pc is executed again
/// in the second case.
pub(crate) unsafe fn no_stack(p: *mut P, slots: usize) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe { if may_grow(p, slots) { try_again(p, (*(*p).g).pc as Pc) } else { stack_overflow(p) } }
}

/// A `runtime.Error` with this text.
unsafe fn error_value(p: *mut P, text: &str) -> Result<u64, Fault> {
    // SAFETY: the running processor.
    unsafe {
        let known = shared(p).known();
        let ty = if known.runtime_error != 0 { known.runtime_error } else { known.known.string };
        if ty == 0 {
            // A program without strings.
            return Err(Fault::fatal(text));
        }
        let s = string::new_str(p, text.as_bytes())?;
        iface::make_iface(p, ty, &s)
    }
}

#[inline(never)]
unsafe fn panic_op(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: the running instruction.
    unsafe {
        let value = r(base, (*pc).a);
        let fault = if value == 0 {
            Fault::runtime("runtime error: panic called with nil argument")
        } else {
            Fault::panic(value)
        };
        stash(p, Err(fault));
        raise_at(pc.add(1), base, p)
    }
}

#[inline(never)]
unsafe fn trap_op(pc: Pc, p: *mut P) {
    // SAFETY: the running instruction.
    unsafe {
        let fault = match (*pc).a {
            0 => Fault::fatal("internal error: missing return"),
            2 => Fault::nil_map(),
            3 => Fault::divide(),
            _ => Fault::nil(),
        };
        stash(p, Err(fault));
    }
}

/// Makes room for `slots` above the current base where the limit was met; pc and base are saved. False: [`no_stack`].
pub(crate) unsafe fn grow(p: *mut P, slots: usize) -> bool {
    // SAFETY: the running processor.
    unsafe {
        let Some(left) = depth_left(p) else { return ops::grow_stack(p, slots) };
        if left == 0 || !ops::grow_stack(p, slots) {
            return false;
        }
        // A frame takes a slot at least: before so many are used nobody can be too deep.
        ops::allow_depth(p, slots.max(left));
        true
    }
}

/// Calls that the goroutine may nest beyond those that it is within, which are the ones a traceback shows; `None`: any number.
unsafe fn depth_left(p: *mut P) -> Option<usize> {
    // SAFETY: the running processor, pc and base saved.
    unsafe {
        let (g, shared) = ((*p).g, shared(p));
        let most = shared.runtime().max_depth();
        let frames = || Walk::new(&shared.code, &shared.stubs, g, (*g).pc as Pc, (*g).base as usize);
        let within = || frames().filter(|f| !f.func.hidden).map(|f| 1 + f.func.depth(f.pc)).sum();
        (most != 0).then(|| most.saturating_sub(within()))
    }
}

/// Whether only memory was short.
unsafe fn may_grow(p: *mut P, slots: usize) -> bool {
    // SAFETY: the running processor, pc and base saved.
    unsafe { depth_left(p) != Some(0) && ops::stack_may_grow(p, slots) }
}

/// The same where the machine makes a frame itself and cannot begin again.
unsafe fn no_machine_stack(p: *mut P, slots: usize) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe { if may_grow(p, slots) { throw(p, NO_MEMORY) } else { stack_overflow(p) } }
}

unsafe fn stack_overflow(p: *mut P) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe {
        let shared = shared(p);
        let (bytes, most) = (shared.runtime().max_stack(), shared.runtime().max_depth());
        let what = if depth_left(p) == Some(0) {
            format!("runtime: goroutine calls are nested more than {most} deep\n")
        } else {
            format!("runtime: goroutine stack exceeds {bytes}-byte limit\n")
        };
        end_program(p, &what, "stack overflow")
    }
}

/// The program has done what cannot be answered by a panic: prints the panics whose deferred functions run, `fatal error: ...` and
/// the goroutine's frames; the program ends.
pub(crate) unsafe fn fatal(p: *mut P, text: &str) -> u64 {
    // SAFETY: the caller's; the chain is the goroutine's.
    unsafe {
        let mut before = crate::trace::panics(shared(p), (*(*p).g).roots[1] as *const panic::Panicking);
        if !before.is_empty() {
            before.push('\t');
        }
        end_program(p, &before, text)
    }
}

/// The machine itself cannot go on; as [`fatal`], without the panics.
pub(crate) unsafe fn throw(p: *mut P, text: &str) -> u64 {
    // SAFETY: the caller's.
    unsafe { end_program(p, "", text) }
}

#[cold]
unsafe fn end_program(p: *mut P, before: &str, text: &str) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe {
        let g = (*p).g;
        let shared = shared(p);
        shared.finish(p, RunResult::Fatal(text.into()), || {
            let frames = shared.traceback(g, (*g).pc as Pc, (*g).base as usize);
            format!("{before}fatal error: {text}\n\n{frames}")
        });
        callback::end_goroutine(p)
    }
}

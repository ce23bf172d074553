//! Calls, returns, natives, defer. *(unsafe: see `code.rs`; code pointers come from the loader, closures and method entries)*
//!
//! A check that fails against the guard takes a slow path that polls or grows the stack and executes the call again.
use crate::callback;
use crate::code::*;
use crate::fault::Fault;
use crate::handlers::branch::dyn_type;
use crate::jit;
use crate::load::NATIVE_RESULTS;
use crate::native::{Arg, Cx, InPlace, NativeFn, Window};
use crate::object::iface::iface_load;
use crate::unwind::{self, fault_nil, stash};
use crate::vm::{MethodSite, shared};
use gol_runtime::{Op, P, Place, Poll, ops};
use std::sync::atomic::{AtomicPtr, Ordering};

type Leaf = fn(&mut Cx) -> Result<(), Fault>;
type Direct = fn(Window);

/// The cache word in a `CallI`'s data unit.
#[inline(always)]
unsafe fn site<'a>(data: Pc) -> &'a AtomicPtr<MethodSite> {
    // SAFETY: the loader put a pointer to an immortal `MethodSite` there, and it is only ever replaced by another one.
    unsafe { &*(&raw const (*data).h as *const AtomicPtr<MethodSite>) }
}

handlers! { [pc base p i]
    Call {
        // The loader put the callee's code address into the data unit.
        let code = (*pc).h as Pc;
        let nb = at(base, i.a).add(1);
        if nb.byte_add(frame_bytes(code)) as usize > guard(p) {
            std::hint::cold_path();
            return enter_call(pc, base, p)
        }
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = code;
    }
    // The loader puts the next two in the place of Call when the callee has a shortcut: window slot 0 holds its receiver.
    CallLock {
        let m = *at(base, i.a).add(1) as *mut u64;
        if m.is_null() || !ops::mutex_lock_free(p, m) {
            std::hint::cold_path();
            return Call(pc.sub(1), base, p)
        }
        pc = pc.add(1);
    }
    CallUnlock {
        let m = *at(base, i.a).add(1) as *mut u64;
        if m.is_null() || !ops::mutex_unlock_unwaited(p, m) {
            std::hint::cold_path();
            return Call(pc.sub(1), base, p)
        }
        pc = pc.add(1);
    }
    CallC {
        let f = r(base, i.b);
        if f == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let code = *(f as *const u64) as Pc;
        let nb = at(base, i.a).add(1);
        if nb.byte_add(frame_bytes(code)) as usize > guard(p) {
            std::hint::cold_path();
            return enter_callc(pc, base, p)
        }
        *at(nb, i.c) = f;
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = code;
    }
    CallI {
        let word = r(base, i.b);
        let site = &*site(pc).load(Ordering::Acquire);
        if word == 0 || word & 1 == 1 || *(word as *const u64).sub(1) & 0xff_ffff != site.ty as u64 {
            std::hint::cold_path();
            return calli_other(pc, base, p)
        }
        let nb = at(base, i.a).add(1);
        if nb.byte_add(frame_bytes(site.code)) as usize > guard(p) {
            std::hint::cold_path();
            return calli_slow(pc, base, p)
        }
        *nb = if site.boxed { word } else { *(word as *const u64) };
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = site.code;
    }
    Ret {
        pc = *base.sub(1) as Pc;
        base = base.sub((*pc.sub(1)).a as usize + 1);
    }
    Ret1 {
        let v = r(base, i.a);
        pc = *base.sub(1) as Pc;
        *base = v;
        base = base.sub((*pc.sub(1)).a as usize + 1);
    }
    // The loader puts it in the place of RetN with two words.
    Ret2 {
        let (x, y) = (r(base, i.a), *at(base, i.a).add(1));
        pc = *base.sub(1) as Pc;
        *base = x;
        *base.add(1) = y;
        base = base.sub((*pc.sub(1)).a as usize + 1);
    }
    RetN {
        std::ptr::copy(at(base, i.a), base, i.b as usize);
        pc = *base.sub(1) as Pc;
        base = base.sub((*pc.sub(1)).a as usize + 1);
    }
}

/// Polls and grows so that `slots` fit above the current base; pc and base are saved. `GO` (the stack may have moved), or how to leave.
pub(crate) unsafe fn make_room(p: *mut P, slots: usize) -> u64 {
    // SAFETY: `p` runs the goroutine.
    unsafe {
        if guard(p) == 0 {
            match ops::poll(p, Place::Entry) {
                // The guard may still be 0: only the limit says whether there is room.
                Poll::Go => {}
                Poll::Yield => return YIELD,
                Poll::Stop => return STOP,
                Poll::Killed => return callback::end_goroutine(p),
            }
        }
        let g = (*p).g;
        let base = (*g).stack.add((*g).base as usize);
        if base.add(slots) as usize <= (*p).limit || unwind::grow(p, slots) {
            return GO;
        }
        unwind::no_stack(p, slots)
    }
}

/// Room for the frame of the call at `pc`, which is executed again when the goroutine leaves here.
#[inline(never)]
unsafe fn enter_work(pc: Pc, base: Base, p: *mut P, callee: Pc) -> u64 {
    // SAFETY: `pc` is the call instruction.
    unsafe {
        save(pc, base, p);
        let code = make_room(p, (*pc).a as usize + 1 + frame_bytes(callee) / size_of::<u64>());
        if code == GO && ops::take_sample(p) {
            jit::sample(p, pc);
            jit::sample(p, callee);
        }
        code
    }
}

/// The base after `enter_work`.
#[inline(always)]
unsafe fn moved_base(p: *mut P) -> Base {
    // SAFETY: saved just before.
    unsafe { (*(*p).g).stack.add((*(*p).g).base as usize) }
}

raw_handlers! { [pc base p]
    #[cold]
    enter_call {
        let code = enter_work(pc.sub(1), base, p, (*pc).h as Pc);
        if code != GO {
            leave!(p, code)
        }
        base = moved_base(p).add((*pc.sub(1)).a as usize + 1);
        *base.sub(1) = pc.add(1) as u64;
        pc = (*pc).h as Pc;
        next!(pc, base, p)
    }
    #[cold]
    enter_callc {
        let i = &*pc.sub(1);
        let f = r(base, i.b);
        let to = *(f as *const u64) as Pc;
        let code = enter_work(pc.sub(1), base, p, to);
        if code != GO {
            leave!(p, code)
        }
        base = moved_base(p).add(i.a as usize + 1);
        *at(base, i.c) = f;
        *base.sub(1) = pc.add(1) as u64;
        pc = to;
        next!(pc, base, p)
    }
    /// Another dynamic type than the first one here: tries the cache of the machine, without leaving registers.
    calli_other {
        let i = &*pc.sub(1);
        let word = r(base, i.b);
        if word == 0 || word & 1 == 1 {
            return calli_slow(pc, base, p)
        }
        let ty = (*(word as *const u64).sub(1) & 0xff_ffff) as u32;
        let found = shared(p).cached_method(ty, i.d as u32);
        let nb = at(base, i.a).add(1);
        if found.is_null() || nb.byte_add(frame_bytes((*found).code)) as usize > guard(p) {
            return calli_slow(pc, base, p)
        }
        *nb = if (*found).boxed { word } else { *(word as *const u64) };
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = (*found).code;
        next!(pc, base, p)
    }
    /// Nil receiver, receiver in the word itself, another type than last time, or no room.
    #[cold]
    calli_slow {
        let i = &*pc.sub(1);
        let word = r(base, i.b);
        if word == 0 {
            return fault_nil(pc, base, p);
        }
        let found = lookup(pc.sub(1), base, p);
        if found.is_null() {
            return unwind::raise(pc, base, p);
        }
        let code = enter_work(pc.sub(1), base, p, (*found).code);
        if code != GO {
            leave!(p, code)
        }
        base = moved_base(p);
        let nb = at(base, i.a).add(1);
        if word & 1 == 1 {
            small_receiver(pc.sub(1), base, p);
        } else {
            *nb = if (*found).boxed { word } else { *(word as *const u64) };
        }
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = (*found).code;
        next!(pc, base, p)
    }
}

/// The method of the receiver's type, put into the cache; null with a fault stashed.
#[inline(never)]
unsafe fn lookup(pc: Pc, base: Base, p: *mut P) -> *const MethodSite {
    // SAFETY: `pc` is a `CallI` with a receiver.
    unsafe {
        let i = &*pc;
        let ty = dyn_type(r(base, i.b));
        let mut found = shared(p).cached_method(ty, i.d as u32);
        if found.is_null() {
            found = match shared(p).method_site(ty, i.d as u32) {
                Some(site) => site,
                None => {
                    let types = &shared(p).types;
                    let (name, method) = (types.name(ty), types.method_name(i.d as u32));
                    stash(p, Err(Fault::fatal(format!("internal error: {name} has no method {method}"))));
                    return found;
                }
            };
        }
        // The first type stays: sites with several would make their cache line wander between threads.
        let first = site(pc.add(1));
        if (*first.load(Ordering::Acquire)).ty == u32::MAX {
            first.store(found as *mut MethodSite, Ordering::Release);
        }
        found
    }
}

/// Unboxes a receiver that lies in the interface word into the callee's register 0.
#[inline(never)]
unsafe fn small_receiver(pc: Pc, base: Base, p: *mut P) {
    // SAFETY: the room was checked.
    unsafe {
        let word = r(base, (*pc).b);
        let ty = dyn_type(word);
        iface_load(&shared(p).types, word, ty, at(base, (*pc).a).add(1));
    }
}

/// Runs a native that is a piece, as `leaf`.
#[inline(never)]
unsafe fn piece(pc: Pc, base: Base, p: *mut P, more: bool) -> usize {
    // SAFETY: as `leaf`.
    unsafe {
        let i = &*pc;
        save(pc.add(1), base, p);
        let NativeFn::Piece(f) = shared(p).native(i.cd()) else { unreachable!("loader checks natives") };
        let mut cx = Cx::new(p, at(base, i.a).add(1));
        let result = callback::guarded(|| f(&mut cx, more));
        let ok = stash(cx.p, result);
        cx.p as usize | !ok as usize
    }
}

/// Runs a leaf native: the processor to go on with, with bit 0 set when it failed (fault stashed).
#[inline(never)]
unsafe fn leaf(pc: Pc, base: Base, p: *mut P, f: Leaf) -> usize {
    // SAFETY: the window is verified.
    unsafe {
        save(pc.add(1), base, p);
        let mut cx = Cx::new(p, at(base, (*pc).a).add(1));
        let result = callback::guarded_leaf(&mut cx, f);
        let ok = stash(cx.p, result);
        cx.p as usize | !ok as usize
    }
}

/// The same for the number in the call.
#[inline(never)]
unsafe fn numbered(pc: Pc, base: Base, p: *mut P) -> usize {
    // SAFETY: as in `leaf`; the loader checked kind and number.
    unsafe {
        match shared(p).native((*pc).cd()) {
            NativeFn::Leaf(f) => leaf(pc, base, p, f),
            NativeFn::Direct(f) => {
                let ok = stash(p, callback::guarded_direct(f, Window(at(base, (*pc).a).add(1))));
                p as usize | !ok as usize
            }
            NativeFn::Parking(_)
            | NativeFn::HandOver
            | NativeFn::Callback(_)
            | NativeFn::Piece(_)
            | NativeFn::InPlace(..)
            | NativeFn::Atomic(..)
            | NativeFn::Shortcut(_) => unreachable!("loader checks natives"),
        }
    }
}

/// Codes of `native`, beside those of `code.rs`.
const NEXT: u64 = 40;
const FAULT: u64 = 41;

/// A parking native.
#[inline(never)]
unsafe fn parking(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: as in `leaf`.
    unsafe {
        let i = &*pc;
        save(pc.add(1), base, p);
        let NativeFn::Parking(f) = shared(p).native(i.cd()) else { unreachable!("loader checks natives") };
        // What others left where the results will lie keeps nothing alive while the goroutine waits.
        let results = at(base, i.a + 1 + i.b);
        match i.b {
            0 => *(results as *mut [u64; NATIVE_RESULTS]) = [0; NATIVE_RESULTS],
            1 => *(results as *mut [u64; NATIVE_RESULTS - 1]) = [0; NATIVE_RESULTS - 1],
            n => results.write_bytes(0, NATIVE_RESULTS.saturating_sub(n as usize)),
        }
        let mut cx = Cx::new(p, at(base, i.a).add(1));
        match callback::guarded(|| f(&mut cx)) {
            Ok(Op::Done) => NEXT,
            Ok(Op::Park) => {
                save(pc.add(2), base, p);
                PARKED
            }
            Ok(Op::Retry) => {
                save(pc, base, p);
                PARKED
            }
            Ok(Op::Yield) => {
                save(pc.add(2), base, p);
                YIELD
            }
            Ok(Op::Closed) => {
                stash(p, Err(Fault::send_closed()));
                FAULT
            }
            Ok(Op::Nil) => {
                stash(p, Err(Fault::close_nil()));
                FAULT
            }
            Err(fault) => {
                stash(p, Err(fault));
                FAULT
            }
        }
    }
}

/// Natives that compute words from words, as operations: false when one failed, with the fault stashed. `pc` is the call's. Each twice: as a part of its
/// handler, and for machine code.
macro_rules! computing {
    ([$pc:ident $base:ident $p:ident] $($inner:ident $work:ident $result:expr;)*) => { $(
        #[inline(always)]
        unsafe fn $inner($pc: Pc, $base: Base, $p: *mut P) -> bool {
            // SAFETY: the loader put the native into the data unit; the verifier bounds its registers.
            unsafe { stash($p, $result) }
        }
        pub(crate) unsafe extern "C" fn $work(pc: Pc, base: Base, p: *mut P) -> bool {
            // SAFETY: as above.
            unsafe { $inner(pc, base, p) }
        }
    )* };
}
computing! { [pc base p]
    direct_now direct {
        let f = std::mem::transmute::<usize, Direct>((*pc.add(1)).h);
        callback::guarded_direct(f, Window(at(base, (*pc).a).add(1)))
    };
    in_place_now in_place {
        let i = &*pc;
        let f = std::mem::transmute::<usize, InPlace>((*pc.add(1)).h);
        callback::guarded_in_place(|| {
            let (x, _) = f(Arg::new(at(base, i.b)), Arg::new(at(base, i.c)), Arg::new(at(base, i.d)));
            w(base, i.a, x);
        })
    };
    in_place2_now in_place2 {
        let i = &*pc;
        let f = std::mem::transmute::<usize, InPlace>((*pc.add(1)).h);
        callback::guarded_in_place(|| {
            let (x, y) = f(Arg::new(at(base, i.b)), Arg::new(at(base, i.c)), Arg::new(at(base, i.d)));
            w(base, i.a, x);
            *at(base, i.a).add(1) = y;
        })
    };
}

/// Natives that need the machine, for machine code: P, with bit 0 set when one failed. `pc` is the call's.
macro_rules! leaves {
    ([$pc:ident $base:ident $p:ident] $($name:ident $body:expr;)*) => { $(
        pub(crate) unsafe extern "C" fn $name($pc: Pc, $base: Base, $p: *mut P) -> usize {
            // SAFETY: the loader put what it found of the native into the data unit; the window is verified.
            unsafe { $body }
        }
    )* };
}
leaves! { [pc base p]
    leaf_code leaf(pc, base, p, std::mem::transmute::<usize, Leaf>((*pc.add(1)).h));
    numbered_code numbered(pc, base, p);
    piece_more piece(pc, base, p, true);
    piece_last piece(pc, base, p, false);
}

/// Goes on behind a native's call of two units, or raises its fault.
macro_rules! behind {
    ($result:expr, $pc:ident $base:ident $p:ident) => {{
        if !$result {
            return unwind::raise($pc.add(1), $base, $p);
        }
        $pc = $pc.add(2);
        next!($pc, $base, $p)
    }};
}

raw_handlers! { [pc base p]
    CallN {
        let q = numbered(pc, base, p);
        p = (q & !1) as *mut P;
        if q & 1 == 1 {
            return unwind::raise(pc.add(1), base, p);
        }
        pc = pc.add(1);
        next!(pc, base, p)
    }
    /// A leaf or direct native called by `CallNC` where operations are counted: the data unit has another use there.
    CallNCNumbered {
        let q = numbered(pc, base, p);
        p = (q & !1) as *mut P;
        if q & 1 == 1 {
            return unwind::raise(pc.add(1), base, p);
        }
        pc = pc.add(2);
        next!(pc, base, p)
    }
    /// A leaf native called by `CallNC`: the loader put it into the data unit, as in the next one.
    CallNCLeaf {
        let f = std::mem::transmute::<usize, Leaf>((*pc.add(1)).h);
        let q = leaf(pc, base, p, f);
        p = (q & !1) as *mut P;
        if q & 1 == 1 {
            return unwind::raise(pc.add(1), base, p);
        }
        pc = pc.add(2);
        next!(pc, base, p)
    }
    CallNCDirect {
        behind!(direct_now(pc, base, p), pc base p)
    }
    CallD {
        behind!(in_place_now(pc, base, p), pc base p)
    }
    CallD2 {
        behind!(in_place2_now(pc, base, p), pc base p)
    }
    /// A piece behind which another one follows.
    CallNCMore {
        let q = piece(pc, base, p, true);
        p = (q & !1) as *mut P;
        if q & 1 == 1 {
            return unwind::raise(pc.add(1), base, p);
        }
        pc = pc.add(2);
        next!(pc, base, p)
    }
    CallNCLast {
        let q = piece(pc, base, p, false);
        p = (q & !1) as *mut P;
        if q & 1 == 1 {
            return unwind::raise(pc.add(1), base, p);
        }
        pc = pc.add(2);
        next!(pc, base, p)
    }
    CallNCPark {
        let code = parking(pc, base, p);
        if code == NEXT {
            pc = pc.add(2);
            next!(pc, base, p)
        }
        if code == FAULT {
            return unwind::raise(pc.add(1), base, p);
        }
        leave!(p, code)
    }
    /// A callback native; the loader replaces the handler for the other kinds.
    CallNC {
        let (code, q) = callback::start(pc, base, p);
        transfer!(q, code)
    }
}

//! Expanded code and the two back ends. *(unsafe)*
//!
//! A function's expanded code is a header unit ([`FuncHead`] in disguise: its address, and the frame's size in `b`) followed by one
//! [`Unit`] for each unit of the canonical form. It never moves and is never freed, so return addresses and closures hold raw pointers.
//!
//! **Back ends.** Under `cfg(gol_tail)` a handler leaves by a sibling call of the next handler: same signature, everything in
//! registers, so LLVM makes it a jump from opt-level 1 on. What would break that is a live stack temporary whose address was taken, so
//! handlers hold scalars only: work that needs Rust values lies in separate functions that are not inlined ([`slow_ops!`]).
//! Otherwise a handler returns pc, base and processor to the loop in [`enter`]. Both come from one source: `next!` and `leave!`.
//!
//! **Why register access is unchecked.** `gol_bytecode::verify` bounds every register, span and window by the function's `regs`, and
//! the entry check (`Call`, `CallC`, `CallI`, `enter_machine`) makes `regs` slots available above the base before the first instruction.
use gol_runtime::{Exit, P};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) type Base = *mut u64;
pub(crate) type Pc = *const Unit;

/// 16 bytes of expanded code.
#[repr(C)]
pub(crate) struct Unit {
    /// The handler's address; in data units a word of the instruction (code pointer, cache).
    pub h: usize,
    pub a: u16,
    pub b: u16,
    pub c: u16,
    pub d: u16,
}

/// Bytes of a function's frame, from the header before its code: fields a and b together. Loading the function makes it smaller.
///
/// # Safety
/// `code` is a function's entry.
#[inline(always)]
pub(crate) unsafe fn frame_bytes(code: Pc) -> usize {
    // SAFETY: the header's word is written by `set_frame` only, once it is there.
    unsafe { AtomicU32::from_ptr((&raw mut (*(code as *mut Unit).sub(1)).a).cast()).load(Ordering::Relaxed) as usize }
}
/// What [`frame_bytes`] tells from now on, in registers: no more than before, as some have looked already.
///
/// # Safety
/// As above.
pub(crate) unsafe fn set_frame(code: Pc, regs: u16) {
    // SAFETY: as above; a unit is aligned to eight bytes.
    unsafe {
        let word = AtomicU32::from_ptr((&raw mut (*(code as *mut Unit).sub(1)).a).cast());
        word.store(u32::from(regs) * size_of::<u64>() as u32, Ordering::Relaxed)
    }
}

impl Unit {
    /// The 32-bit operand of c and d.
    #[inline(always)]
    pub fn cd(&self) -> u32 {
        // SAFETY: c and d are adjacent (repr(C)) and 4-byte aligned at offset 12.
        unsafe { *(&raw const self.c as *const u32) }
    }
    /// The 32-bit operand of a and b: e and f of a data unit.
    #[inline(always)]
    pub fn ab(&self) -> u32 {
        // SAFETY: a and b are adjacent (repr(C)) and 4-byte aligned at offset 8.
        unsafe { *(&raw const self.a as *const u32) }
    }
}

/// Results of control-transfer helpers: an [`Exit`], or one of these.
pub(crate) const GO: u64 = 16;
/// A gol function called by a native returned.
pub(crate) const NATIVE_DONE: u64 = 17;
/// A panic (or Goexit, or kill) goes through the native that called.
pub(crate) const PROPAGATE: u64 = 18;

pub(crate) const DONE: u64 = Exit::Done as u64;
pub(crate) const PARKED: u64 = Exit::Parked as u64;
pub(crate) const YIELD: u64 = Exit::Yield as u64;
pub(crate) const STOP: u64 = Exit::Stop as u64;

#[inline(always)]
pub(crate) unsafe fn r(base: Base, k: u16) -> u64 {
    // SAFETY: registers are verified; see the module.
    unsafe { *base.add(k as usize) }
}
#[inline(always)]
pub(crate) unsafe fn ri(base: Base, k: u16) -> i64 {
    // SAFETY: registers are verified; see the module.
    unsafe { *base.add(k as usize) as i64 }
}
#[inline(always)]
pub(crate) unsafe fn rf(base: Base, k: u16) -> f64 {
    // SAFETY: registers are verified; see the module.
    unsafe { f64::from_bits(*base.add(k as usize)) }
}
#[inline(always)]
pub(crate) unsafe fn rf32(base: Base, k: u16) -> f32 {
    // SAFETY: registers are verified; see the module.
    unsafe { f32::from_bits(*base.add(k as usize) as u32) }
}
#[inline(always)]
pub(crate) unsafe fn w(base: Base, k: u16, v: u64) {
    // SAFETY: registers are verified; see the module.
    unsafe { *base.add(k as usize) = v }
}
#[inline(always)]
pub(crate) unsafe fn wf(base: Base, k: u16, v: f64) {
    // SAFETY: registers are verified; see the module.
    unsafe { *base.add(k as usize) = v.to_bits() }
}
#[inline(always)]
pub(crate) unsafe fn wf32(base: Base, k: u16, v: f32) {
    // SAFETY: registers are verified; see the module.
    unsafe { *base.add(k as usize) = v.to_bits() as u64 }
}
#[inline(always)]
pub(crate) unsafe fn at(base: Base, k: u16) -> Base {
    // SAFETY: registers are verified; see the module.
    unsafe { base.add(k as usize) }
}
#[inline(always)]
pub(crate) unsafe fn guard(p: *mut P) -> usize {
    // SAFETY: the running processor.
    unsafe { (*p).guard.load(Ordering::Relaxed) }
}
/// Stores pc and base in the goroutine.
#[inline(always)]
pub(crate) unsafe fn save(pc: Pc, base: Base, p: *mut P) {
    // SAFETY: the running processor; the base lies in the goroutine's stack.
    unsafe {
        let g = (*p).g;
        debug_assert!(base > (*g).stack && base <= (*g).stack.add((*g).cap as usize));
        (*g).pc = pc as *const u8;
        (*g).base = base.offset_from((*g).stack) as u32;
    }
}

#[cfg(gol_tail)]
pub(crate) use tail::*;
#[cfg(gol_tail)]
mod tail {
    use super::*;

    pub(crate) type Ret = u64;
    pub(crate) type Handler = unsafe extern "sysv64" fn(Pc, Base, *mut P) -> Ret;

    #[inline(always)]
    pub(crate) unsafe fn handler(pc: Pc) -> Handler {
        // SAFETY: the loader puts a handler's address into every unit that can be reached by execution.
        unsafe { std::mem::transmute::<usize, Handler>((*pc).h) }
    }

    macro_rules! next {
        ($pc:expr, $base:expr, $p:expr) => {
            return $crate::code::handler($pc)($pc, $base, $p)
        };
    }
    macro_rules! leave {
        ($p:expr, $code:expr) => {
            return $crate::callback::left($p, $code)
        };
    }
    /// Functions with a handler's signature.
    macro_rules! raw_handlers {
        ([$pc:ident $base:ident $p:ident] $($(#[$m:meta])* $name:ident $body:block)*) => {$(
            $(#[$m])*
            #[allow(non_snake_case, unused_mut, unused_assignments, unused_variables, unreachable_code)]
            pub(crate) unsafe extern "sysv64" fn $name(
                mut $pc: $crate::code::Pc,
                mut $base: $crate::code::Base,
                mut $p: *mut gol_runtime::P,
            ) -> $crate::code::Ret {
                // SAFETY: a handler is reached by the dispatch of a verified instruction only; see the module.
                unsafe { $body }
            }
        )*};
    }
    pub(crate) use {leave, next, raw_handlers};

    /// Runs from `pc` on until a handler leaves.
    #[inline(never)]
    pub(crate) unsafe fn enter(pc: Pc, base: Base, p: *mut P) -> u64 {
        // SAFETY: pc and base are a consistent state of `p.g`.
        unsafe { handler(pc)(pc, base, p) }
    }
}

#[cfg(not(gol_tail))]
pub(crate) use portable::*;
#[cfg(not(gol_tail))]
mod portable {
    use super::*;

    #[repr(C)]
    pub(crate) struct Ret {
        /// Null: the code is in `base`.
        pub pc: Pc,
        pub base: Base,
        pub p: *mut P,
    }
    pub(crate) type Handler = unsafe fn(Pc, Base, *mut P) -> Ret;

    #[inline(always)]
    pub(crate) unsafe fn handler(pc: Pc) -> Handler {
        // SAFETY: the loader puts a handler's address into every unit that can be reached by execution.
        unsafe { std::mem::transmute::<usize, Handler>((*pc).h) }
    }

    macro_rules! next {
        ($pc:expr, $base:expr, $p:expr) => {
            return $crate::code::Ret { pc: $pc, base: $base, p: $p }
        };
    }
    macro_rules! leave {
        ($p:expr, $code:expr) => {
            return $crate::code::Ret {
                pc: std::ptr::null(),
                base: $crate::callback::left($p, $code) as usize as *mut u64,
                p: $p,
            }
        };
    }
    macro_rules! raw_handlers {
        ([$pc:ident $base:ident $p:ident] $($(#[$m:meta])* $name:ident $body:block)*) => {$(
            $(#[$m])*
            #[allow(non_snake_case, unused_mut, unused_assignments, unused_variables, unreachable_code)]
            pub(crate) unsafe fn $name(
                mut $pc: $crate::code::Pc,
                mut $base: $crate::code::Base,
                mut $p: *mut gol_runtime::P,
            ) -> $crate::code::Ret {
                // SAFETY: a handler is reached by the dispatch of a verified instruction only; see the module.
                unsafe { $body }
            }
        )*};
    }
    pub(crate) use {leave, next, raw_handlers};

    /// Runs from `pc` on until a handler leaves.
    #[inline(never)]
    pub(crate) unsafe fn enter(mut pc: Pc, mut base: Base, mut p: *mut P) -> u64 {
        // SAFETY: pc and base are a consistent state of `p.g`.
        unsafe {
            loop {
                let next = handler(pc)(pc, base, p);
                if next.pc.is_null() {
                    return next.base as u64;
                }
                (pc, base, p) = (next.pc, next.base, next.p);
            }
        }
    }
}

/// Hot handlers. The body sees the instruction as `i` and `pc` already behind it; when it falls through, the next one is dispatched.
macro_rules! handlers {
    ([$pc:ident $base:ident $p:ident $i:ident] $($name:ident $body:block)*) => {
        $crate::code::raw_handlers! { [$pc $base $p] $($name {
            let $i = &*$pc;
            $pc = $pc.add(1);
            $body
            $crate::code::next!($pc, $base, $p)
        })* }
    };
}

/// Handlers that do real work in a function of their own, `Result<(), Fault>` by `?`; `pc` is behind the instruction's first
/// unit and goes on `$units` units behind its start.
macro_rules! slow_ops {
    ([$pc:ident $base:ident $p:ident $i:ident] $($name:ident $(+ $extra:literal)? $body:block)*) => {
        $(
            /// The work of the handler with this name: false when it failed, with the fault stashed. `pc` is the instruction's.
            #[allow(non_snake_case)]
            pub(crate) mod $name {
                #[allow(unused_imports)]
                use super::*;
                #[inline(always)]
                #[allow(unused_variables)]
                unsafe fn body($pc: $crate::code::Pc, $base: $crate::code::Base, $p: *mut gol_runtime::P, $i: &$crate::code::Unit) -> Result<(), $crate::fault::Fault> {
                    // SAFETY: a verified instruction; see the module.
                    unsafe { $body }
                    Ok(())
                }
                #[inline(never)]
                pub(crate) unsafe extern "C" fn work(pc: $crate::code::Pc, base: $crate::code::Base, p: *mut gol_runtime::P) -> bool {
                    // SAFETY: as above.
                    unsafe { $crate::unwind::stash(p, body(pc.add(1), base, p, &*pc)) }
                }
            }
            $crate::code::raw_handlers! { [$pc $base $p] $name {
                if !$name::work($pc, $base, $p) {
                    return $crate::unwind::raise($pc.add(1), $base, $p);
                }
                $crate::code::next!($pc.add(1 $(+ $extra)?), $base, $p)
            } }
        )*
    };
}

/// Goes on with the pc and base that a helper left in the goroutine, or leaves with its code.
macro_rules! transfer {
    ($p:expr, $code:expr) => {{
        let p = $p;
        let code: u64 = $code;
        if code != $crate::code::GO {
            $crate::code::leave!(p, code)
        }
        let g = (*p).g;
        let pc = (*g).pc as $crate::code::Pc;
        let base = (*g).stack.add((*g).base as usize);
        $crate::code::next!(pc, base, p)
    }};
}
pub(crate) use {handlers, slow_ops, transfer};

//! Calls of package sync/atomic's functions: each is one operation of the machine, so they are done in place, without the frame of a
//! native. The loader puts these handlers in the place of `CallNC`.
//!
//! Window slot 0 holds the address and takes the result, 1 and 2 the other arguments. All are sequentially consistent. A pointer to a
//! 32-bit type may point at a packed element, so those operate on 4 bytes.
use crate::code::*;
use crate::native::{Atomic, Width};
use crate::unwind::fault_nil;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

fn signed(v: u32) -> u64 {
    v as i32 as u64
}

/// A handler for each width of each operation, and the function that knows them. `v`, `x`, `y`: the variable and the arguments.
macro_rules! atomics {
    ($($op:ident($int32:ident $uint32:ident $word:ident) |$v:ident, $x:ident, $y:ident| $do:expr;)*) => {
        $(
            one! { $int32: AtomicU32, u32, signed, |$v, $x, $y| $do }
            one! { $uint32: AtomicU32, u32, u64::from, |$v, $x, $y| $do }
            one! { $word: AtomicU64, u64, std::convert::identity, |$v, $x, $y| $do }
        )*
        /// The handler for calls of such a native.
        pub(crate) fn handler(op: Atomic, width: Width) -> Handler {
            match (op, width) {
                $(
                    (Atomic::$op, Width::Int32) => $int32,
                    (Atomic::$op, Width::Uint32) => $uint32,
                    (Atomic::$op, Width::Word) => $word,
                )*
            }
        }
    };
}

macro_rules! one {
    ($name:ident: $cell:ident, $int:ty, $widen:path, |$v:ident, $x:ident, $y:ident| $do:expr) => {
        handlers! { [pc base p i]
            $name {
                let window = at(base, i.a).add(1);
                let address = *window;
                if address == 0 {
                    std::hint::cold_path();
                    return fault_nil(pc, base, p)
                }
                // The address of a live variable, aligned to its size.
                let $v = $cell::from_ptr(address as *mut $int);
                let ($x, $y) = (*window.add(1) as $int, *window.add(2) as $int);
                let result: $int = $do;
                *window = $widen(result);
                pc = pc.add(1);
            }
        }
    };
}

atomics! {
    Load(LoadI32 LoadU32 Load64) |v, _x, _y| v.load(SeqCst);
    Store(StoreI32 StoreU32 Store64) |v, x, _y| { v.store(x, SeqCst); x };
    Add(AddI32 AddU32 Add64) |v, x, _y| v.fetch_add(x, SeqCst).wrapping_add(x);
    Swap(SwapI32 SwapU32 Swap64) |v, x, _y| v.swap(x, SeqCst);
    CompareAndSwap(CasI32 CasU32 Cas64) |v, x, y| v.compare_exchange(x, y, SeqCst, SeqCst).is_ok().into();
    And(AndI32 AndU32 And64) |v, x, _y| v.fetch_and(x, SeqCst);
    Or(OrI32 OrU32 Or64) |v, x, _y| v.fetch_or(x, SeqCst);
}

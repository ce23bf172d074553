//! What the operations do. One file a family; see `code.rs` for the shape of handlers and the two back ends.
pub(crate) mod atomic;
pub(crate) mod branch;
pub(crate) mod call;
pub(crate) mod chan;
pub(crate) mod cursor;
mod float;
mod fused;
pub(crate) mod int;
pub(crate) mod memory;
pub(crate) mod pairs;
pub(crate) mod quick;
pub(crate) mod shared;
pub(crate) mod slice;
pub(crate) mod table;

use crate::code::Handler;
use gol_bytecode::{Op, for_each_op};

/// Data units are never executed; the verifier sees to it.
mod never {
    use crate::code::*;
    raw_handlers! { [pc base p]
        Data {
            debug_assert!(false, "a data unit was executed");
            leave!(p, DONE)
        }
    }
}

/// The handler of each operation, under its name.
pub(crate) mod all {
    pub(crate) use super::branch::*;
    pub(crate) use super::call::*;
    pub(crate) use super::chan::*;
    pub(crate) use super::float::*;
    pub(crate) use super::fused::*;
    pub(crate) use super::int::*;
    pub(crate) use super::memory::*;
    pub(crate) use super::never::*;
    pub(crate) use super::shared::*;
    pub(crate) use super::slice::*;
    pub(crate) use super::table::*;
    pub(crate) use crate::unwind::{Defer, GoExit, NativeRet, Panic, PanicNext, Recover, RunDefers, Trap};
}

macro_rules! table {
    ($($(#[doc = $doc:literal])+ $name:ident($a:ident $b:ident $c:ident $d:ident) $(+($e:ident $f:ident $g:ident $h:ident))?;)*) => {
        /// The handler of an operation; the loader may choose a special one instead.
        pub(crate) fn handler_of(op: Op) -> usize {
            let handler: Handler = match op { $(Op::$name => all::$name,)* };
            handler as usize
        }
    };
}
for_each_op!(table);

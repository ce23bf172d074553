//! What the operations do. One file a family; see `code.rs` for the shape of handlers and the two back ends.
pub(crate) mod branch;
pub(crate) mod call;
pub(crate) mod chan;
mod float;
pub(crate) mod int;
pub(crate) mod memory;
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

mod all {
    pub(super) use super::branch::*;
    pub(super) use super::call::*;
    pub(super) use super::chan::*;
    pub(super) use super::float::*;
    pub(super) use super::int::*;
    pub(super) use super::memory::*;
    pub(super) use super::never::*;
    pub(super) use super::slice::*;
    pub(super) use super::table::*;
    pub(super) use crate::unwind::{Defer, GoExit, NativeRet, Panic, PanicNext, Recover, RunDefers, Trap};
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

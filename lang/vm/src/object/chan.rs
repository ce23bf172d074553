//! Making channels: the runtime's objects, described by two descriptors for all element types.

use super::types;
use crate::code::Pc;
use crate::fault::Fault;
use crate::types::{TypeId, desc};
use crate::vm::shared;
use gol_runtime::P;
use gol_runtime::sched::ops;

/// `make(chan T, size)` by the instruction before `pc`.
///
/// # Safety
/// `ty` is a channel type.
pub(crate) unsafe fn make_chan(p: *mut P, ty: TypeId, size: i64, pc: Pc) -> Result<u64, Fault> {
    const MAX_BYTES: u64 = 1 << 48;
    // SAFETY: the descriptor traces what the element holds; a channel's own prefix holds no references.
    unsafe {
        let types = types(p);
        let elem = types.get(types.get(ty).desc.elem);
        if size < 0 || (size as u64).checked_mul(elem.go_size.max(1)).is_none_or(|bytes| bytes > MAX_BYTES) {
            return Err(Fault::makechan_size());
        }
        let id = if elem.scan { desc::CHAN } else { desc::CHAN_NOSCAN };
        let chan = ops::chan_make(p, id, elem.words, size as u64, shared(p).place_of(pc));
        if chan.is_null() { Err(Fault::out_of_memory()) } else { Ok(chan as u64) }
    }
}

//! The engine's shared state.
use crate::types::Types;
use gol_bytecode::WellKnown;
use gol_runtime::P;

/// What `P::engine` points to.
#[repr(C)]
pub struct Shared {
    types_ptr: *const Types,
    pub(crate) types: Box<Types>,
    known: std::sync::RwLock<WellKnown>,
}

impl Shared {
    pub(crate) fn known(&self) -> WellKnown {
        *self.known.read().unwrap_or_else(|e| e.into_inner())
    }
}

/// The engine of a processor.
///
/// # Safety
/// `p` is a processor of a runtime whose engine is a [`Shared`].
#[inline(always)]
pub(crate) unsafe fn shared<'a>(p: *mut P) -> &'a Shared {
    // SAFETY: see above.
    unsafe { &*((*p).engine as *const Shared) }
}

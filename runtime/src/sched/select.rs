//! Select.
use super::*;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Dir {
    Send = 0,
    Recv = 1,
}

/// One case of a select: three words, built by the engine before the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SelectCase {
    /// Null: never ready.
    pub ch: *mut Chan,
    /// Where the value lies (send) or goes (receive; null: discard).
    pub elem: *mut u64,
    pub dir: Dir,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum SelectOp {
    /// Case `case` was done. `ok` is false when it received from a closed channel.
    Ready {
        case: usize,
        ok: bool,
    },
    Default,
    /// Parked; when woken, call [`ops::select_finish`].
    Park,
    /// Case `case` sends on a closed channel: the engine panics.
    Closed {
        case: usize,
    },
}

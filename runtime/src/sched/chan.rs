//! Channels.
use super::*;

/// The prefix of a channel object; the elements follow, `elem_words` each.
#[repr(C)]
pub struct Chan {
    pub(crate) words: [u64; 8],
}

/// Words of a channel object before its elements; they hold no references into the heap.
pub const CHAN_PREFIX_WORDS: usize = size_of::<Chan>() / 8;

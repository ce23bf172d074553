//! The table of a map: geometry, control words, probing. What a slot's words mean is the map's business.
//!
//! An object of header words (mask, room), one control word for each group, then the slots. Zero memory is an empty table.
//! All bounds come from the mask, which is written once before the table is reachable, and every walk ends after as many groups as
//! there are; so racing writers can make a table wrong, but nothing that leaves its object.

use super::{alloc, torn};
use crate::fault::Fault;
use crate::types::TypeId;
use gol_runtime::{Desc, P, PtrMap};

/// Slots of a group: a control word has a byte for each.
pub(super) const GROUP: u64 = 8;
/// Words of a table before the control words.
const TABLE_HEADER: u64 = 2;

/// Descriptor of tables whose slots are traced. The control words, as many as the mask says and one, are not: some of them look like addresses.
pub(crate) fn table_desc() -> Desc {
    Desc { lead: Some(TABLE_HEADER as u32 + 1), ..Desc::new(0, PtrMap::None, 8, PtrMap::All) }
}

/// A control word. A byte is 0 (empty), 1 (deleted), or 0x80 and seven bits of the hash (full).
#[derive(Clone, Copy)]
pub(super) struct Control(u64);

/// Bytes of a control word: the high bit of each is set.
#[derive(Clone, Copy)]
pub(super) struct Matches(u64);

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// Control bytes of slots that are not full.
pub(super) const EMPTY: u8 = 0;
pub(super) const DELETED: u8 = 1;

impl Control {
    /// Slots whose byte is `tag`; now and then also one above a match, whose key differs then.
    #[inline(always)]
    pub(super) fn matches(self, tag: u8) -> Matches {
        let x = self.0 ^ (LOW * tag as u64);
        Matches(x.wrapping_sub(LOW) & !x & HIGH)
    }
    #[inline(always)]
    pub(super) fn empty(self) -> Matches {
        Matches(!(self.0 | self.0 << 7) & HIGH)
    }
    /// Empty or deleted.
    #[inline(always)]
    pub(super) fn free(self) -> Matches {
        Matches(!self.0 & HIGH)
    }
    #[inline(always)]
    pub(super) fn full(self) -> Matches {
        Matches(self.0 & HIGH)
    }
}

impl Matches {
    #[inline(always)]
    pub(super) fn any(self) -> bool {
        self.0 != 0
    }
    /// Index of the first; 8 when there is none.
    #[inline(always)]
    pub(super) fn first(self) -> u64 {
        (self.0.trailing_zeros() / 8) as u64
    }
}

impl Iterator for Matches {
    type Item = u64;
    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        if self.0 == 0 {
            return None;
        }
        let i = self.first();
        self.0 &= self.0 - 1;
        Some(i)
    }
}

/// The control byte of a full slot.
#[inline(always)]
pub(super) fn tag_of(hash: u64) -> u8 {
    (hash >> 57) as u8 | 0x80
}

/// A table with its geometry read once.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) words: *mut u64,
    /// Number of groups minus one; the number is a power of two.
    pub(super) mask: u64,
}

impl Table {
    /// # Safety
    /// `words` is a table object.
    #[inline(always)]
    pub(super) unsafe fn at(words: *mut u64) -> Table {
        // SAFETY: word 0 is the mask.
        Table { words, mask: unsafe { *words } }
    }

    fn words_for(groups: u64, slot_words: u32) -> u64 {
        TABLE_HEADER + groups + groups * GROUP * slot_words as u64
    }

    /// An empty table of `groups` (a power of two) groups.
    ///
    /// # Safety
    /// `p` is the caller's P; `desc` is one of the two tables' descriptors.
    pub(super) unsafe fn new(p: *mut P, desc: TypeId, groups: u64, slot_words: u32) -> Result<Table, Fault> {
        // SAFETY: the object has its two header words.
        unsafe {
            let words = alloc(p, desc, Table::words_for(groups, slot_words))?;
            *words = groups - 1;
            *words.add(1) = max_load(groups);
            Ok(Table { words, mask: groups - 1 })
        }
    }

    /// Empties all slots.
    ///
    /// # Safety
    /// A live table with slots of this size.
    pub(super) unsafe fn clear(self, slot_words: u32) {
        // SAFETY: what lies behind the header is control words and slots.
        unsafe {
            let (at, words) = self.content(slot_words);
            torn::zero_words(at, words);
            *self.room() = max_load(self.mask + 1);
        }
    }

    /// Control words and slots.
    ///
    /// # Safety
    /// A live table with slots of this size.
    pub(super) unsafe fn content(self, slot_words: u32) -> (*mut u64, usize) {
        let words = Table::words_for(self.mask + 1, slot_words) - TABLE_HEADER;
        // SAFETY: they lie behind the header.
        (unsafe { self.words.add(TABLE_HEADER as usize) }, words as usize)
    }

    /// The first full slot in a group from `slot` on, as a distance; [`GROUP`] or more when there is none.
    ///
    /// # Safety
    /// `slot < slots()`.
    #[inline(always)]
    pub(super) unsafe fn full_from(self, slot: u64) -> u64 {
        // SAFETY: the caller's slot.
        let full = unsafe { self.control(slot / GROUP) }.full();
        Matches(full.0 >> (slot % GROUP * 8)).first()
    }

    #[inline(always)]
    pub(super) fn slots(self) -> u64 {
        (self.mask + 1) * GROUP
    }

    /// # Safety
    /// `group <= mask`.
    #[inline(always)]
    pub(super) unsafe fn control(self, group: u64) -> Control {
        debug_assert!(group <= self.mask);
        // SAFETY: the control words lie behind the header.
        Control(unsafe { *self.words.add((TABLE_HEADER + group) as usize) })
    }

    /// # Safety
    /// `slot < slots()`.
    #[inline(always)]
    pub(super) unsafe fn set_control(self, slot: u64, byte: u8) {
        debug_assert!(slot < self.slots());
        // SAFETY: byte `slot` of the control words (the first slot's is the lowest byte of its word, on all machines).
        unsafe {
            let word = self.words.add((TABLE_HEADER + slot / GROUP) as usize);
            let shift = slot % GROUP * 8;
            *word = *word & !(0xff << shift) | (byte as u64) << shift;
        }
    }

    /// Address of a slot's key.
    ///
    /// # Safety
    /// `slot < slots()`, `slot_words` is the map's.
    #[inline(always)]
    pub(super) unsafe fn slot(self, slot: u64, slot_words: u32) -> *mut u64 {
        debug_assert!(slot < self.slots());
        let at = TABLE_HEADER + self.mask + 1 + slot * slot_words as u64;
        // SAFETY: the slots lie behind the control words.
        unsafe { self.words.add(at as usize) }
    }

    /// Asks for a group's slots while its control word is still on the way.
    ///
    /// # Safety
    /// `group <= mask`.
    #[inline(always)]
    pub(super) unsafe fn prefetch(self, group: u64, slot_words: u32) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint.
        unsafe {
            use std::arch::x86_64::*;
            let at = self.slot(group * GROUP, slot_words).cast::<i8>();
            _mm_prefetch::<_MM_HINT_T0>(at);
            _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(64));
        }
    }

    /// Entries that still may go into empty slots.
    ///
    /// # Safety
    /// A live table.
    #[inline(always)]
    pub(super) unsafe fn room(self) -> *mut u64 {
        // SAFETY: word 1.
        unsafe { self.words.add(1) }
    }

    /// The first free slot in the probe sequence of a hash, and whether it is empty (not deleted).
    ///
    /// # Safety
    /// A live table.
    pub(super) unsafe fn find_free(self, hash: u64) -> Option<(u64, bool)> {
        for group in self.probe(hash) {
            // SAFETY: probes stay below the mask.
            let control = unsafe { self.control(group) };
            if control.free().any() {
                let i = control.free().first();
                return Some((group * GROUP + i, control.0 >> (i * 8) & 0xff == EMPTY as u64));
            }
        }
        None
    }

    /// Every group once, from the hash's own on.
    #[inline(always)]
    pub(super) fn probe(self, hash: u64) -> impl Iterator<Item = u64> {
        Probe { group: hash & self.mask, step: 0, mask: self.mask }
    }
}

/// Triangular steps visit all groups of a power of two.
struct Probe {
    group: u64,
    step: u64,
    mask: u64,
}

impl Iterator for Probe {
    type Item = u64;
    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        if self.step > self.mask {
            return None;
        }
        let group = self.group;
        self.step += 1;
        self.group = (group + self.step) & self.mask;
        Some(group)
    }
}

/// Entries that a table of so many groups takes: seven eighths; all eight when there is one group, as a search ends there anyway.
fn max_load(groups: u64) -> u64 {
    if groups == 1 { GROUP } else { groups * 7 }
}

pub(super) fn groups_for(entries: u64) -> u64 {
    if entries <= GROUP { 1 } else { entries.div_ceil(7).next_power_of_two() }
}

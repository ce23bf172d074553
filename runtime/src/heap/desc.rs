//! The descriptor table: append-only, read without locks by index.
//!
//! Invariants: an entry is written once, before `len` (Release) covers it; the table lies in a region of its own, so it
//! never moves. Entry 0 is "free cell, nothing to scan" and exists from the start; memory above `len` is zero, which reads
//! as that too. Long maps point to the boxed words in `originals`, which only grows.

use super::region::Region;
use super::size::SMALL_MAX;
use super::{Desc, DescId, Header, PtrMap};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering::*};

/// How the marker walks an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Scan {
    /// No references.
    None = 0,
    /// Every word from word `skip` on.
    Words = 1,
    /// Every word from word `skip` on, and as many more left out as the first one says.
    Behind = 4,
    /// No prefix; elements of at most 64 words with the map in `ptrs.word`.
    Elements = 2,
    /// Prefix and elements by their maps.
    General = 3,
}

/// A compiled map. `word` is the map's only word unless `long` is set.
#[derive(Clone, Copy)]
pub struct Map {
    pub word: u64,
    /// The map's words when one does not suffice, else null.
    pub long: *const u64,
    pub words: u32,
}

/// A descriptor as allocation and marking read it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Bytes of header and prefix.
    pub fixed: u32,
    pub stride: u32,
    /// Objects with fewer elements than this lie in cells.
    pub small_lens: u64,
    pub scan: Scan,
    /// Words before the first that is scanned (`Scan::Words`, `Scan::Behind`).
    pub skip: u32,
    pub prefix: Map,
    pub ptrs: Map,
}

impl Entry {
    #[inline(always)]
    pub fn noscan(&self) -> bool {
        matches!(self.scan, Scan::None)
    }
    /// Words of an object's payload before the first that is scanned, when all behind them are.
    ///
    /// # Safety
    /// `payload` is that of an object of this descriptor.
    #[inline(always)]
    pub unsafe fn skipped(&self, payload: *const u64) -> usize {
        let more = match self.scan {
            // SAFETY: the caller's object, which has a first word.
            Scan::Behind => (unsafe { payload.read() }) as usize,
            Scan::None | Scan::Words | Scan::Elements | Scan::General => 0,
        };
        more.saturating_add(self.skip as usize)
    }
    /// Bytes of an object that lies in a cell.
    #[inline(always)]
    pub fn small_size(&self, len: u64) -> usize {
        debug_assert!(len < self.small_lens);
        self.fixed as usize + (len as usize).wrapping_mul(self.stride as usize)
    }
    /// Bytes of an object; `None` when they are more than an address can count.
    pub fn size(&self, len: u64) -> Option<usize> {
        let elements = (len as usize).checked_mul(self.stride as usize)?;
        elements.checked_add(self.fixed as usize)
    }
}

/// The table.
pub struct Descs {
    entries: Region,
    capacity: usize,
    len: AtomicUsize,
    originals: Mutex<Originals>,
}

/// What entries were made from, and what they point to.
#[derive(Default)]
struct Originals {
    descs: Vec<Desc>,
    masks: Vec<Box<[u64]>>,
}

// SAFETY: entries are immutable once `len` covers them; the raw pointers in them lead to immutable boxed words.
unsafe impl Send for Descs {}
// SAFETY: as above; appending takes the lock.
unsafe impl Sync for Descs {}

impl Descs {
    /// Ids have 24 bits.
    pub const MAX: usize = 1 << 24;

    pub fn bytes(capacity: usize) -> usize {
        capacity * size_of::<Entry>()
    }

    pub fn new(entries: Region) -> Descs {
        let capacity = (entries.len() / size_of::<Entry>()).min(Descs::MAX);
        let descs = Descs { entries, capacity, len: AtomicUsize::new(0), originals: Mutex::default() };
        descs.add(Desc::new(0, PtrMap::None, 0, PtrMap::None));
        descs
    }

    /// Appends. Panics when all ids are taken or the descriptor is malformed: the loader checks both.
    pub fn add(&self, desc: Desc) -> DescId {
        assert!(matches!(desc.stride, 0 | 1 | 2 | 4) || desc.stride.is_multiple_of(8), "stride {}", desc.stride);
        let plain = desc.prefix_words == 0 && desc.stride == 8 && desc.ptrs == PtrMap::All;
        assert!(desc.lead.is_none() || plain, "a lead in front of something else than words");
        let originals = &mut *self.originals.lock();
        let id = originals.descs.len();
        assert!(id < self.capacity, "more than {} descriptors", self.capacity);
        let entry = compile(&desc, &mut originals.masks);
        originals.descs.push(desc);
        // SAFETY: `id` is below the capacity, nobody reads the entry before `len` covers it, the lock keeps writers out.
        unsafe { self.entries.base().cast::<Entry>().add(id).write(entry) };
        self.len.store(id + 1, Release);
        id as DescId
    }

    /// # Safety
    /// `id` is in the table.
    #[inline(always)]
    pub unsafe fn get_unchecked(&self, id: DescId) -> &Entry {
        debug_assert!((id as usize) < self.len.load(Acquire), "descriptor {id} of {}", self.len.load(Acquire));
        // SAFETY: the caller's promise; entries below `len` are written and never change.
        unsafe { &*self.entries.base().cast::<Entry>().add(id as usize) }
    }

    pub fn get(&self, id: DescId) -> Option<&Entry> {
        // SAFETY: checked against `len` first.
        ((id as usize) < self.len.load(Acquire)).then(|| unsafe { self.get_unchecked(id) })
    }

    /// The descriptor as it was given.
    pub fn original(&self, id: DescId) -> Option<Desc> {
        self.originals.lock().descs.get(id as usize).cloned()
    }
}

/// Compiles a descriptor; maps too long for a word are kept in `masks`.
fn compile(desc: &Desc, masks: &mut Vec<Box<[u64]>>) -> Entry {
    let fixed = desc.prefix_words.checked_mul(8).and_then(|n| n.checked_add(8)).expect("a prefix below 4 GiB");
    let small_lens = match (SMALL_MAX as u32).checked_sub(fixed) {
        None => 0,
        Some(_) if desc.stride == 0 => Header::LEN_MAX + 1,
        Some(room) => (room / desc.stride) as u64 + 1,
    };
    let words = desc.stride / 8;
    let skip = match (desc.lead, cover(&desc.prefix_ptrs, desc.prefix_words)) {
        (Some(n), _) => n,
        (None, Cover::Nothing) => desc.prefix_words,
        (None, Cover::All | Cover::Some) => 0,
    };
    let scan = match (cover(&desc.prefix_ptrs, desc.prefix_words), cover(&desc.ptrs, words)) {
        (Cover::Nothing, Cover::Nothing) => Scan::None,
        _ if desc.lead.is_some() => Scan::Behind,
        (Cover::Nothing | Cover::All, Cover::All) => Scan::Words,
        (Cover::Nothing, Cover::Some) if desc.prefix_words == 0 && words <= 64 => Scan::Elements,
        (Cover::All, Cover::Nothing) if desc.stride == 0 => Scan::Words,
        (Cover::Nothing | Cover::All | Cover::Some, Cover::Nothing | Cover::All | Cover::Some) => Scan::General,
    };
    let prefix = Map::new(&desc.prefix_ptrs, desc.prefix_words, masks);
    let ptrs = Map::new(&desc.ptrs, words, masks);
    Entry { fixed, stride: desc.stride, small_lens, scan, skip, prefix, ptrs }
}

enum Cover {
    Nothing,
    Some,
    All,
}

/// How much of `words` words a map covers. Nothing covers no words.
fn cover(map: &PtrMap, words: u32) -> Cover {
    match map.masks(words).map(u64::count_ones).sum() {
        0 => Cover::Nothing,
        n if n == words => Cover::All,
        _ => Cover::Some,
    }
}

impl Map {
    fn new(map: &PtrMap, words: u32, masks: &mut Vec<Box<[u64]>>) -> Map {
        if words <= 64 {
            return Map { word: map.masks(words).next().unwrap_or(0), long: std::ptr::null(), words };
        }
        masks.push(match map {
            // Zeroes that nobody has touched: a large array's take no memory.
            PtrMap::None => vec![0; words.div_ceil(64) as usize].into(),
            PtrMap::All | PtrMap::Bits(_) => map.masks(words).collect(),
        });
        Map { word: 0, long: masks[masks.len() - 1].as_ptr(), words }
    }

    /// The map's words: bit `i` of word `i / 64` for word `i` of what it describes.
    #[inline(always)]
    pub fn masks(&self) -> &[u64] {
        if self.long.is_null() {
            std::slice::from_ref(&self.word)
        } else {
            // SAFETY: `Map::new` made a long mask of so many words, and `Originals::masks` keeps it.
            unsafe { std::slice::from_raw_parts(self.long, self.words.div_ceil(64) as usize) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan_of(prefix_words: u32, prefix_ptrs: PtrMap, stride: u32, ptrs: PtrMap) -> Scan {
        let desc = Desc::new(prefix_words, prefix_ptrs, stride, ptrs);
        compile(&desc, &mut Vec::new()).scan
    }

    fn bits(words: &[u64]) -> PtrMap {
        PtrMap::Bits(words.into())
    }

    #[test]
    fn the_cheapest_walk_is_chosen() {
        use PtrMap::{All, None};
        assert_eq!(scan_of(0, None, 24, None), Scan::None);
        assert_eq!(scan_of(0, None, 24, bits(&[0])), Scan::None);
        assert_eq!(scan_of(1, None, 1, None), Scan::None);
        assert_eq!(scan_of(0, All, 1, All), Scan::None);
        assert_eq!(scan_of(0, None, 24, All), Scan::Words);
        assert_eq!(scan_of(0, None, 24, bits(&[7])), Scan::Words);
        assert_eq!(scan_of(1, None, 8, All), Scan::Words);
        assert_eq!(scan_of(1, All, 0, None), Scan::Words);
        assert_eq!(scan_of(0, None, 24, bits(&[5])), Scan::Elements);
        assert_eq!(scan_of(1, All, 1, None), Scan::General);
        assert_eq!(scan_of(2, bits(&[2]), 8, All), Scan::General);
        assert_eq!(scan_of(0, None, 65 * 8, bits(&[1, 0])), Scan::General);
    }

    #[test]
    fn maps_are_cut_to_their_words() {
        let masks = |map: PtrMap, words| map.masks(words).collect::<Vec<_>>();
        assert_eq!(masks(PtrMap::All, 0), []);
        assert_eq!(masks(PtrMap::All, 3), [7]);
        assert_eq!(masks(PtrMap::All, 64), [u64::MAX]);
        assert_eq!(masks(PtrMap::All, 66), [u64::MAX, 3]);
        assert_eq!(masks(PtrMap::None, 66), [0, 0]);
        assert_eq!(masks(bits(&[6, u64::MAX]), 130), [6, u64::MAX, 0]);
        assert_eq!(masks(bits(&[6, u64::MAX]), 65), [6, 1]);
        for words in [1, 63, 64, 65, 130] {
            for map in [PtrMap::None, PtrMap::All, bits(&[5, 1, 3])] {
                let set = (0..words as usize).filter(|&i| map.has(i)).count();
                assert_eq!(map.masks(words).map(|m| m.count_ones() as usize).sum::<usize>(), set, "{map:?} of {words}");
                let mut kept = Vec::new();
                assert_eq!(Map::new(&map, words, &mut kept).masks(), &masks(map, words)[..]);
            }
        }
    }

    #[test]
    fn small_lengths_are_those_that_fit_a_cell() {
        let entry = |prefix_words, stride| {
            let desc = Desc::new(prefix_words, PtrMap::None, stride, PtrMap::None);
            compile(&desc, &mut Vec::new())
        };
        assert_eq!(entry(0, 1).small_lens, 16384 - 8 + 1);
        assert_eq!(entry(1, 24).small_lens, (16384 - 16) / 24 + 1);
        assert_eq!(entry(1, 0).small_lens, Header::LEN_MAX + 1);
        assert_eq!(entry(2047, 8).small_lens, 1);
        assert_eq!(entry(2048, 8).small_lens, 0);
        assert_eq!(entry(0, u32::MAX - 7).size(Header::LEN_MAX), None);
    }

    #[test]
    fn entries_are_found_by_id_and_the_first_is_the_free_cell() {
        let descs = Descs::new(Region::arena(Descs::bytes(10)).unwrap());
        let long: Box<[u64]> = [1, 1 << 63].into();
        let desc = Desc::new(0, PtrMap::None, 1024, PtrMap::Bits(long.clone()));
        assert_eq!(descs.add(desc.clone()), 1);
        assert_eq!(descs.original(1), Some(desc));
        assert_eq!(descs.get(1).unwrap().ptrs.masks(), &long[..]);
        assert_eq!(descs.get(0).unwrap().scan, Scan::None);
        assert!(descs.get(2).is_none());
    }
}

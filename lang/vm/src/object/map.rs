//! Maps: open addressing over groups of eight slots, one control byte a slot (after Abseil's and Go's "Swiss tables").
//!
//! Two kinds of heap objects. [`Map`] is what a map word refers to; it stays, so the word is the map's identity. Its table (see
//! `table`) is an object of its own that is replaced when it grows; a slot holds the key's words, then the value's.
//!
//! **Iteration**: an iterator keeps the table that it began with and walks its slots from a random one on. Entries never move inside
//! a table. When the map has got another table, the old one (which nobody writes any more) still says which keys were there, and
//! each is looked up in the map: gone ones are skipped, others give their present value. So an entry that is there throughout is
//! visited exactly once.
//!
//! **Races**: a program that uses a map from two goroutines without a lock may see wrong entries and gets a fatal error when a flag
//! catches it, but reaches no wrong memory: the bounds come from the table's own first word, which is written once, and every slot
//! of a table holds words of the map's own types. Every search ends after as many groups as there are, whatever the control words say.

use super::hash::{hash_bytes, hash_word, random};
use super::iface::{hash_float, value_eq, value_hash};
use super::string::{bytes_eq, str_parts};
use super::table::{DELETED, EMPTY, GROUP, Table, groups_for, tag_of};
use super::{alloc, torn, types};
use crate::fault::Fault;
use crate::types::{MapKey, TypeId, Types, desc};
use gol_runtime::{Desc, P, PtrMap, ops};
use std::ptr;
use std::sync::atomic::{
    AtomicPtr, AtomicU64,
    Ordering::{Relaxed, Release},
};

/// A map's own object. The length in its header is the number of its type.
#[repr(C)]
struct Map {
    /// Null until the first entry; the only traced word.
    table: *mut u64,
    count: u64,
    /// 1 while an operation changes the map. Not a lock: it only catches races. Atomic, so that no store of it is taken for needless.
    writing: AtomicU64,
    seed: u64,
    key_ty: u32,
    key_kind: MapKey,
    scan: bool,
    key_words: u32,
    /// Words of key and value together.
    slot_words: u32,
    /// Bumped by `clear`: an iterator must not give NaN keys of before, which no lookup finds.
    clears: u32,
    /// Bumped by each iteration: salt of its random start.
    iterations: u32,
}

const MAP_WORDS: u32 = (size_of::<Map>() / 8) as u32;

/// An iterator.
#[repr(C)]
struct Iter {
    map: *mut Map,
    /// The table that the iteration began with.
    table: *mut u64,
    start: u64,
    /// Slots done.
    done: u64,
    clears: u64,
}

const ITER_WORDS: u32 = (size_of::<Iter>() / 8) as u32;

/// The address of a map's table; 0: it has none.
///
/// # Safety
/// `map` is a map's object that nobody changes.
pub(crate) unsafe fn table_of(map: *const u64) -> usize {
    // SAFETY: says the caller.
    unsafe { (*map.cast::<Map>()).table as usize }
}

/// Descriptor of [`Map`] objects.
pub(crate) fn map_desc() -> Desc {
    Desc::new(MAP_WORDS, PtrMap::Bits([0b1].into()), 0, PtrMap::None)
}

/// Descriptor of [`Iter`] objects.
pub(crate) fn iter_desc() -> Desc {
    Desc::new(ITER_WORDS, PtrMap::Bits([0b11].into()), 0, PtrMap::None)
}

/// Go refuses to reserve more for a hint.
const MAX_BYTES: u64 = 1 << 48;

/// A key to look for: how it hashes, compares with a slot's key, and is stored.
trait Key: Copy {
    fn hash(self, seed: u64) -> Result<u64, Fault>;
    /// # Safety
    /// `slot` is the address of a key of the same map.
    unsafe fn is(self, slot: *const u64) -> bool;
    /// # Safety
    /// As `is`.
    unsafe fn store(self, slot: *mut u64);
    /// What a store into an existing entry does to its key.
    ///
    /// # Safety
    /// As `is`.
    unsafe fn restore(self, slot: *mut u64);
}

/// One word, equal when the words are.
#[derive(Clone, Copy)]
struct WordKey(u64);

impl Key for WordKey {
    #[inline(always)]
    fn hash(self, seed: u64) -> Result<u64, Fault> {
        Ok(hash_word(self.0, seed))
    }
    #[inline(always)]
    unsafe fn is(self, slot: *const u64) -> bool {
        // SAFETY: the key has one word.
        unsafe { *slot == self.0 }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the key has one word.
        unsafe { *slot = self.0 }
    }
    #[inline(always)]
    unsafe fn restore(self, _slot: *mut u64) {}
}

#[derive(Clone, Copy)]
struct StrKey {
    word: u64,
    bytes: *const u8,
    len: usize,
}

impl StrKey {
    /// # Safety
    /// A string word that stays reachable.
    #[inline(always)]
    unsafe fn new(word: u64) -> StrKey {
        // SAFETY: the caller's promise.
        let (bytes, len) = unsafe { str_parts(word) };
        StrKey { word, bytes, len }
    }
}

impl Key for StrKey {
    #[inline(always)]
    fn hash(self, seed: u64) -> Result<u64, Fault> {
        // SAFETY: `new` took them from a live string.
        Ok(hash_bytes(unsafe { std::slice::from_raw_parts(self.bytes, self.len) }, seed))
    }
    #[inline(always)]
    unsafe fn is(self, slot: *const u64) -> bool {
        // SAFETY: the slot holds a string word; bytes are compared when the lengths are equal.
        unsafe {
            let word = *slot;
            if word == self.word {
                return true;
            }
            let (bytes, len) = str_parts(word);
            len == self.len && bytes_eq(bytes, self.bytes, len)
        }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the key has one word.
        unsafe { *slot = self.word }
    }
    #[inline(always)]
    unsafe fn restore(self, _slot: *mut u64) {}
}

/// Several words, equal when the words are.
#[derive(Clone, Copy)]
struct WordsKey<const N: usize>([u64; N]);

impl<const N: usize> Key for WordsKey<N> {
    #[inline(always)]
    fn hash(self, seed: u64) -> Result<u64, Fault> {
        Ok(self.0.iter().fold(seed, |hash, &word| hash_word(word, hash)))
    }
    #[inline(always)]
    unsafe fn is(self, slot: *const u64) -> bool {
        // SAFETY: the key has so many words.
        unsafe { *slot.cast::<[u64; N]>() == self.0 }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the key has so many words.
        unsafe { *slot.cast::<[u64; N]>() = self.0 }
    }
    #[inline(always)]
    unsafe fn restore(self, _slot: *mut u64) {}
}

/// A float64.
#[derive(Clone, Copy)]
struct FloatKey(u64);

impl Key for FloatKey {
    #[inline(always)]
    fn hash(self, seed: u64) -> Result<u64, Fault> {
        Ok(hash_float(f64::from_bits(self.0), seed))
    }
    #[inline(always)]
    unsafe fn is(self, slot: *const u64) -> bool {
        // SAFETY: the key has one word.
        unsafe { f64::from_bits(*slot) == f64::from_bits(self.0) }
    }
    #[inline(always)]
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: the key has one word.
        unsafe { *slot = self.0 }
    }
    #[inline(always)]
    unsafe fn restore(self, slot: *mut u64) {
        // Zeros may differ: Go keeps the last one's sign.
        // SAFETY: as `store`.
        unsafe { self.store(slot) }
    }
}

/// Does something with the key whose words lie at an address, by the map's kind of keys.
macro_rules! with_key {
    ($map:ident, $types:expr, $at:expr, |$key:ident| $do:expr) => {{
        let at: *const u64 = $at;
        match (*$map).key_kind {
            MapKey::Word => {
                let $key = WordKey(*at);
                $do
            }
            MapKey::Str => {
                let $key = StrKey::new(*at);
                $do
            }
            MapKey::Words2 => {
                let $key = WordsKey(*at.cast::<[u64; 2]>());
                $do
            }
            MapKey::Words3 => {
                let $key = WordsKey(*at.cast::<[u64; 3]>());
                $do
            }
            MapKey::Float => {
                let $key = FloatKey(*at);
                $do
            }
            MapKey::General => {
                let $key = AnyKey::new($types, $map, at);
                $do
            }
        }
    }};
}

/// Any other key, by its type's plan.
#[derive(Clone, Copy)]
struct AnyKey<'a> {
    types: &'a Types,
    ty: TypeId,
    words: u32,
    at: *const u64,
}

impl<'a> AnyKey<'a> {
    /// # Safety
    /// `at` are the words of a key of `map`, which stay during the operation.
    unsafe fn new(types: &'a Types, map: *const Map, at: *const u64) -> AnyKey<'a> {
        // SAFETY: a live map.
        unsafe { AnyKey { types, ty: (*map).key_ty, words: (*map).key_words, at } }
    }
}

impl Key for AnyKey<'_> {
    fn hash(self, seed: u64) -> Result<u64, Fault> {
        // SAFETY: `new`'s promise.
        unsafe { value_hash(self.types, self.ty, self.at, seed) }
    }
    unsafe fn is(self, slot: *const u64) -> bool {
        // Both have been hashed, so their dynamic types are comparable and no fault is lost.
        // SAFETY: both are keys of this type.
        unsafe { matches!(value_eq(self.types, self.ty, self.at, slot), Ok(true)) }
    }
    unsafe fn store(self, slot: *mut u64) {
        // SAFETY: a key has so many words. A range statement may store a key over itself.
        unsafe { ptr::copy(self.at, slot, self.words as usize) }
    }
    unsafe fn restore(self, slot: *mut u64) {
        // Equal floats may differ: Go keeps the last zero's sign.
        // SAFETY: as `store`.
        unsafe { self.store(slot) }
    }
}

/// The slot of a key.
///
/// # Safety
/// A live map and a key of it.
#[inline(always)]
unsafe fn find<K: Key>(map: *const Map, table: Table, key: K, hash: u64) -> Option<u64> {
    // SAFETY: groups from the probe, slots from their groups.
    unsafe {
        let slot_words = (*map).slot_words;
        table.prefetch(hash & table.mask, slot_words);
        for group in table.probe(hash) {
            let control = table.control(group);
            for i in control.matches(tag_of(hash)) {
                let slot = group * GROUP + i;
                if key.is(table.slot(slot, slot_words)) {
                    return Some(slot);
                }
            }
            if control.empty().any() {
                return None;
            }
        }
        None
    }
}

/// # Safety
/// A live map and a key of it.
#[inline(always)]
unsafe fn get<K: Key>(map: *const Map, key: K) -> Result<*const u64, Fault> {
    // SAFETY: the value lies behind the key.
    unsafe {
        if (*map).writing.load(Relaxed) != 0 {
            return Err(Fault::map_read_write());
        }
        if (*map).table.is_null() {
            // Only a key that cannot be hashed matters.
            return key.hash(0).map(|_| ptr::null());
        }
        let table = Table::at((*map).table);
        let hash = key.hash((*map).seed)?;
        Ok(match find(map, table, key, hash) {
            Some(slot) => table.slot(slot, (*map).slot_words).add((*map).key_words as usize),
            None => ptr::null(),
        })
    }
}

/// # Safety
/// A live map and a key of it.
#[inline(always)]
unsafe fn set<K: Key>(p: *mut P, map: *mut Map, key: K) -> Result<*mut u64, Fault> {
    // SAFETY: as `get`; new entries go to free slots.
    unsafe {
        let hash = key.hash((*map).seed)?;
        begin(map)?;
        let value = match entry(p, map, key, hash) {
            Ok(at) => at,
            Err(fault) => {
                (*map).writing.store(0, Relaxed);
                return Err(fault);
            }
        };
        end(map)?;
        Ok(value)
    }
}

/// # Safety
/// A live map.
#[inline(always)]
unsafe fn begin(map: *mut Map) -> Result<(), Fault> {
    // SAFETY: a live map.
    unsafe {
        if (*map).writing.load(Relaxed) != 0 {
            return Err(Fault::map_writes());
        }
        (*map).writing.store(1, Relaxed);
        Ok(())
    }
}

/// # Safety
/// A live map, after [`begin`].
#[inline(always)]
unsafe fn end(map: *mut Map) -> Result<(), Fault> {
    // SAFETY: a live map.
    unsafe {
        if (*map).writing.load(Relaxed) == 0 {
            return Err(Fault::map_writes());
        }
        (*map).writing.store(0, Relaxed);
        Ok(())
    }
}

/// The value of a key's entry, made when missing.
///
/// # Safety
/// As [`set`].
#[inline(always)]
unsafe fn entry<K: Key>(p: *mut P, map: *mut Map, key: K, hash: u64) -> Result<*mut u64, Fault> {
    // SAFETY: slots come from `find` and `find_free`.
    unsafe {
        let (slot_words, key_words) = ((*map).slot_words, (*map).key_words as usize);
        if !(*map).table.is_null() {
            let table = Table::at((*map).table);
            if let Some(slot) = find(map, table, key, hash) {
                let at = table.slot(slot, slot_words);
                // The key may be replaced by an equal one, and the caller writes the value.
                ops::barrier(p, at, slot_words as usize);
                key.restore(at);
                return Ok(at.add(key_words));
            }
            if let Some((slot, empty)) = table.find_free(hash)
                && (!empty || *table.room() > 0)
            {
                let at = enter(map, table, slot, empty, hash);
                key.store(at);
                return Ok(at.add(key_words));
            }
        }
        let table = grow(p, map)?;
        let at = match table.find_free(hash) {
            Some((slot, empty)) => enter(map, table, slot, empty, hash),
            // A fresh table has room; only a racing writer can have filled it.
            None => return Err(Fault::map_writes()),
        };
        key.store(at);
        Ok(at.add(key_words))
    }
}

/// Makes a free slot full and gives its address.
///
/// # Safety
/// `slot` is a free slot of the map's table.
#[inline(always)]
unsafe fn enter(map: *mut Map, table: Table, slot: u64, empty: bool, hash: u64) -> *mut u64 {
    // SAFETY: the caller's slot.
    unsafe {
        table.set_control(slot, tag_of(hash));
        *table.room() = (*table.room()).saturating_sub(empty as u64);
        (*map).count += 1;
        table.slot(slot, (*map).slot_words)
    }
}

/// Gives the map a table with room for its entries and half as many again: a larger one, or one of the same size (or smaller) when
/// deleted slots filled the old. The old one stays as it is, for iterators.
///
/// # Safety
/// A live map.
#[cold]
unsafe fn grow(p: *mut P, map: *mut Map) -> Result<Table, Fault> {
    // SAFETY: full slots of the old table hold keys of the map.
    unsafe {
        let count = (*map).count;
        let new = new_table(p, map, (count + 1).max(count + count / 2))?;
        if !(*map).table.is_null() {
            let old = Table::at((*map).table);
            let seed = (*map).seed;
            match (*map).key_kind {
                MapKey::Word => refill(map, old, new, |key| hash_word(*key, seed)),
                MapKey::Str => refill(map, old, new, |key| StrKey::new(*key).hash(seed).unwrap_or(0)),
                _ => {
                    let types = types(p);
                    refill(map, old, new, |at| with_key!(map, types, at, |key| key.hash(seed).unwrap_or(0)));
                }
            }
        }
        ops::barrier(p, (&raw const (*map).table).cast(), 1);
        // A racing reader that finds the new table must find it filled.
        AtomicPtr::from_ptr(&raw mut (*map).table).store(new.words, Release);
        Ok(new)
    }
}

/// # Safety
/// A live map.
unsafe fn new_table(p: *mut P, map: *const Map, entries: u64) -> Result<Table, Fault> {
    // SAFETY: the descriptor traces what the map's slots hold.
    unsafe {
        let id = if (*map).scan { desc::MAP_TABLE } else { desc::MAP_TABLE_NOSCAN };
        Table::new(p, id, groups_for(entries), (*map).slot_words)
    }
}

/// Copies all entries.
///
/// # Safety
/// Tables of this map, the new one empty.
#[inline(always)]
unsafe fn refill(map: *const Map, old: Table, new: Table, hash_of: impl Fn(*const u64) -> u64) {
    // SAFETY: slots from `find_free`; both tables have slots of this size.
    unsafe {
        let slot_words = (*map).slot_words;
        let mut used = 0;
        for group in 0..=old.mask {
            for i in old.control(group).full() {
                let from = old.slot(group * GROUP + i, slot_words);
                let hash = hash_of(from);
                // Only a racing writer can have made the old table fuller than `count` says.
                let Some((slot, _)) = new.find_free(hash) else { return };
                new.set_control(slot, tag_of(hash));
                torn::move_words(from, new.slot(slot, slot_words), slot_words as usize);
                used += 1;
            }
        }
        *new.room() = (*new.room()).saturating_sub(used);
    }
}

/// # Safety
/// A live map and a key of it.
#[inline(always)]
unsafe fn delete<K: Key>(p: *mut P, map: *mut Map, key: K) -> Result<(), Fault> {
    // SAFETY: the slot comes from `find`.
    unsafe {
        let hash = key.hash((*map).seed)?;
        begin(map)?;
        if !(*map).table.is_null() {
            let table = Table::at((*map).table);
            if let Some(slot) = find(map, table, key, hash) {
                remove(p, map, table, slot);
            }
        }
        end(map)
    }
}

/// # Safety
/// A full slot of the map's table.
unsafe fn remove(p: *mut P, map: *mut Map, table: Table, slot: u64) {
    // SAFETY: the caller's slot.
    unsafe {
        // No search has ever gone past a group with an empty slot, so none needs a mark here.
        if table.control(slot / GROUP).empty().any() || table.mask == 0 {
            table.set_control(slot, EMPTY);
            *table.room() += 1;
        } else {
            table.set_control(slot, DELETED);
        }
        let slot_words = (*map).slot_words;
        ops::barrier(p, table.slot(slot, slot_words), slot_words as usize);
        torn::zero_words(table.slot(slot, slot_words), slot_words as usize);
        (*map).count = (*map).count.saturating_sub(1);
    }
}

/// A random word, or the next one of a seeded run.
#[inline(always)]
unsafe fn chance(p: *mut P, salt: u64) -> u64 {
    // SAFETY: the running processor.
    unsafe { if ops::is_seeded(p) { ops::random64(p) } else { random(salt) } }
}

/// The map behind a word that is not nil.
#[inline(always)]
fn map_at(m: u64) -> *mut Map {
    m as *mut Map
}

/// `make(map[K]V, hint)`.
///
/// # Safety
/// `ty` is a map type.
pub unsafe fn map_new(p: *mut P, ty: TypeId, hint: i64) -> Result<u64, Fault> {
    // SAFETY: MAP has room for a `Map`.
    unsafe {
        let loaded = types(p).get(ty);
        let map = alloc(p, desc::MAP, ty as u64)?.cast::<Map>();
        (*map).seed = chance(p, map as u64);
        (*map).key_ty = loaded.desc.key;
        (*map).key_kind = loaded.map_key;
        (*map).scan = loaded.map_scan;
        (*map).key_words = loaded.map_words.0;
        (*map).slot_words = loaded.map_words.0 + loaded.map_words.1;
        let slot_bytes = 8 * (*map).slot_words.max(1) as u64;
        let hint = hint.max(0) as u64;
        // An absurd hint is ignored, as in Go; the first group comes with the first entry.
        if hint > GROUP && hint <= MAX_BYTES / 2 / slot_bytes {
            (*map).table = new_table(p, map, hint)?.words;
        }
        Ok(map as u64)
    }
}

/// Address of the value's words, null when the key is missing; good until the next operation on the map or safepoint. `m` may be nil.
///
/// # Safety
/// `m` is a map of type `ty`, `key` the words of a key.
pub unsafe fn map_get(p: *mut P, m: u64, key: *const u64, ty: TypeId) -> Result<*const u64, Fault> {
    // SAFETY: as said.
    unsafe {
        let types = types(p);
        if m == 0 {
            let key_ty = types.get(ty).desc.key;
            return value_hash(types, key_ty, key, 0).map(|_| ptr::null());
        }
        let map = map_at(m);
        with_key!(map, types, key, |key| get(map, key))
    }
}

/// [`map_get`] where `LoadedType::map_key` is `MapKey::Word`.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn map_get_int(_p: *mut P, m: u64, key: u64) -> Result<*const u64, Fault> {
    // SAFETY: as said.
    if m == 0 { Ok(ptr::null()) } else { unsafe { get(map_at(m), WordKey(key)) } }
}

/// [`map_get`] where `LoadedType::map_key` is `MapKey::Str`.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn map_get_str(_p: *mut P, m: u64, key: u64) -> Result<*const u64, Fault> {
    // SAFETY: as said.
    if m == 0 { Ok(ptr::null()) } else { unsafe { get(map_at(m), StrKey::new(key)) } }
}

/// Address of the value's words, to be written at once; the entry is made (zero) when missing. A nil map panics.
///
/// # Safety
/// `m` is a map of type `_ty` or nil, `key` the words of a key.
pub unsafe fn map_set(p: *mut P, m: u64, key: *const u64, _ty: TypeId) -> Result<*mut u64, Fault> {
    if m == 0 {
        return Err(Fault::nil_map());
    }
    let map = map_at(m);
    // SAFETY: as said.
    unsafe { with_key!(map, types(p), key, |key| set(p, map, key)) }
}

/// [`map_set`] where `LoadedType::map_key` is `MapKey::Word`.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn map_set_int(p: *mut P, m: u64, key: u64) -> Result<*mut u64, Fault> {
    // SAFETY: as said.
    if m == 0 { Err(Fault::nil_map()) } else { unsafe { set(p, map_at(m), WordKey(key)) } }
}

/// [`map_set`] where `LoadedType::map_key` is `MapKey::Str`.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn map_set_str(p: *mut P, m: u64, key: u64) -> Result<*mut u64, Fault> {
    // SAFETY: as said.
    if m == 0 { Err(Fault::nil_map()) } else { unsafe { set(p, map_at(m), StrKey::new(key)) } }
}

/// `delete(m, key)`.
///
/// # Safety
/// `m` is a map of type `ty` or nil, `key` the words of a key.
pub unsafe fn map_delete(p: *mut P, m: u64, key: *const u64, ty: TypeId) -> Result<(), Fault> {
    // SAFETY: as said.
    unsafe {
        if m == 0 {
            return map_get(p, m, key, ty).map(|_| ());
        }
        let map = map_at(m);
        with_key!(map, types(p), key, |key| delete(p, map, key))
    }
}

/// # Safety
/// `m` is a map or nil.
#[inline(always)]
pub unsafe fn map_len(m: u64) -> u64 {
    // SAFETY: as said.
    if m == 0 { 0 } else { unsafe { (*map_at(m)).count } }
}

/// `clear(m)`. The table stays.
///
/// # Safety
/// `m` is a map or nil.
pub unsafe fn map_clear(p: *mut P, m: u64) -> Result<(), Fault> {
    if m == 0 {
        return Ok(());
    }
    let map = map_at(m);
    // SAFETY: all words behind the header are zeroed: empty slots.
    unsafe {
        begin(map)?;
        if !(*map).table.is_null() {
            let table = Table::at((*map).table);
            let (at, words) = table.content((*map).slot_words);
            ops::barrier(p, at, words);
            table.clear((*map).slot_words);
        }
        (*map).count = 0;
        (*map).clears = (*map).clears.wrapping_add(1);
        end(map)
    }
}

/// An iterator; 0 for an empty map, which [`map_next`] understands.
///
/// # Safety
/// `m` is a map or nil.
pub unsafe fn map_iter(p: *mut P, m: u64, _ty: TypeId) -> Result<u64, Fault> {
    // SAFETY: MAP_ITER has room for an `Iter`.
    unsafe {
        if map_len(m) == 0 {
            return Ok(0);
        }
        let map = map_at(m);
        let table = (*map).table;
        if table.is_null() {
            // Another goroutine makes the first entry just now.
            return Ok(0);
        }
        let it = alloc(p, desc::MAP_ITER, 1)?.cast::<Iter>();
        (*map).iterations = (*map).iterations.wrapping_add(1);
        (*it).map = map;
        (*it).table = table;
        (*it).start = chance(p, it as u64 ^ ((*map).iterations as u64) << 32) & (Table::at(table).slots() - 1);
        (*it).clears = (*map).clears as u64;
        Ok(it as u64)
    }
}

/// The next entry; false at the end. `key_out` and `val_out` may be null.
///
/// # Safety
/// `it` is from [`map_iter`]; the outs have room for a key, a value.
pub unsafe fn map_next(p: *mut P, it: u64, key_out: *mut u64, val_out: *mut u64) -> Result<bool, Fault> {
    if it == 0 {
        return Ok(false);
    }
    let it = it as *mut Iter;
    // SAFETY: an iterator keeps its map and table alive.
    unsafe {
        let map = (*it).map;
        if (*map).writing.load(Relaxed) != 0 {
            return Err(Fault::map_iter_write());
        }
        let table = Table::at((*it).table);
        while let Some(slot) = next_full(it, table) {
            let mut at: *const u64 = table.slot(slot, (*map).slot_words);
            if (*it).table != (*map).table {
                match look_again(p, it, at) {
                    Some(present) => at = present,
                    None => continue,
                }
            }
            let (key_words, slot_words) = ((*map).key_words as usize, (*map).slot_words as usize);
            if !key_out.is_null() {
                torn::move_words(at, key_out, key_words);
            }
            if !val_out.is_null() {
                torn::move_words(at.add(key_words), val_out, slot_words - key_words);
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Steps to the next full slot.
///
/// # Safety
/// The iterator's table.
#[inline(always)]
unsafe fn next_full(it: *mut Iter, table: Table) -> Option<u64> {
    // SAFETY: slots are masked, so they lie in the table.
    unsafe {
        let slots = table.slots();
        while (*it).done < slots {
            let slot = ((*it).start + (*it).done) & (slots - 1);
            // What is left of this slot's group; the first group may be met twice, its upper part first.
            let left = (GROUP - slot % GROUP).min(slots - (*it).done);
            let skip = table.full_from(slot);
            if skip < left {
                (*it).done += skip + 1;
                return Some(slot + skip);
            }
            (*it).done += left;
        }
        None
    }
}

/// The present slot of an entry of the iterator's table, which the map has left.
///
/// # Safety
/// `at` is a full slot of that table.
#[cold]
unsafe fn look_again(p: *mut P, it: *const Iter, at: *const u64) -> Option<*const u64> {
    // SAFETY: keys of the map; the value that `get` finds lies behind its key.
    unsafe {
        let map = (*it).map;
        let found = with_key!(map, types(p), at, |key| {
            // A key that differs from itself cannot be found, deleted or changed: only `clear` takes it away.
            if !key.is(at) {
                return ((*it).clears == (*map).clears as u64).then_some(at);
            }
            get(map, key)
        });
        match found {
            Ok(value) if !value.is_null() => Some(value.sub((*map).key_words as usize)),
            _ => None,
        }
    }
}

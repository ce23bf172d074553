//! Slices: three words, address of element 0, length, capacity. The array behind is an object of the *backing* descriptor
//! (packed, or the element's own), and the stride is that descriptor's.
//!
//! A slice of capacity 0 keeps an address inside its old array, or has [`zero_base`]; so no slice points past its object.
//! Callers load the three words from shared memory into registers first; the words here belong to the goroutine.

use super::string::str_parts;
use super::{alloc, torn, types, zero_base};
use crate::fault::Fault;
use crate::types::{LoadedType, TypeId};
use gol_runtime::{P, ops};
use std::ptr;

/// `s = append(s, v)`: `slice` is read and written, `val` are the words of one element; there will be room for `more` behind it.
///
/// # Safety
/// `slice` has three words, a slice with this backing descriptor.
#[inline]
pub unsafe fn append_value(
    p: *mut P,
    slice: *mut u64,
    val: *const u64,
    more: u64,
    backing: TypeId,
) -> Result<(), Fault> {
    // SAFETY: element `len` lies inside the array once the capacity suffices.
    unsafe {
        let loaded = types(p).get(backing);
        let len = *slice.add(1);
        if len + more >= *slice.add(2) {
            grow(p, slice, 1 + more, loaded, backing)?;
        }
        // Another slice of the array may have something there.
        overwrite(p, *slice + len * loaded.stride as u64, 1, loaded);
        store_element(*slice + len * loaded.stride as u64, val, loaded.stride);
        *slice.add(1) = len + 1;
        Ok(())
    }
}

/// Elements `i` and `j` of a slice change places.
///
/// # Safety
/// `slice`: the address of `len` elements, `len`, bytes between them.
pub unsafe fn swap_elements(p: *mut P, slice: [u64; 3], i: u64, j: u64) -> Result<(), Fault> {
    let [ptr, len, stride] = slice;
    if i >= len || j >= len {
        return Err(Fault::index(if i >= len { i } else { j } as i64, len as i64));
    }
    let (a, b) = (ptr + i * stride, ptr + j * stride);
    // SAFETY: both elements lie in the slice: whole words, or 1, 2, 4 bytes.
    unsafe {
        match stride {
            1 => ptr::swap(a as *mut u8, b as *mut u8),
            2 => ptr::swap(a as *mut u16, b as *mut u16),
            4 => ptr::swap(a as *mut u32, b as *mut u32),
            bytes => {
                let words = bytes as usize / 8;
                ops::barrier(p, a as *const u64, words);
                ops::barrier(p, b as *const u64, words);
                for k in 0..words {
                    ptr::swap((a as *mut u64).add(k), (b as *mut u64).add(k));
                }
            }
        }
    }
    Ok(())
}

/// The barrier for `n` elements from `at` on.
///
/// # Safety
/// They lie in an array of this backing type.
#[inline(always)]
unsafe fn overwrite(p: *mut P, at: u64, n: u64, loaded: &LoadedType) {
    // SAFETY: `p` is the running P; elements with references are whole words.
    unsafe {
        if ops::is_marking(p) {
            std::hint::cold_path();
            if loaded.scan {
                ops::barrier(p, at as *const u64, n as usize * loaded.stride as usize / 8)
            }
        }
    }
}

/// Copies `n` elements; references as whole words, for others may use them meanwhile.
///
/// # Safety
/// So many elements of this backing type lie at both addresses.
#[inline(always)]
unsafe fn move_elements(from: *const u8, to: u64, n: u64, loaded: &LoadedType) {
    let bytes = (n * loaded.stride as u64) as usize;
    // SAFETY: the caller's elements; those with references are whole words.
    unsafe {
        if loaded.scan {
            torn::move_words(from.cast(), to as *mut u64, bytes / 8);
        } else {
            ptr::copy(from, to as *mut u8, bytes);
        }
    }
}

/// Stores one element as words or packed.
///
/// # Safety
/// `at` is the element's address.
#[inline(always)]
unsafe fn store_element(at: u64, val: *const u64, stride: u32) {
    // SAFETY: the element has `stride` bytes; `val` has a word, or as many words as the stride says.
    unsafe {
        match stride {
            8 => *(at as *mut u64) = *val,
            1 => *(at as *mut u8) = *val as u8,
            2 => *(at as *mut u16) = *val as u16,
            4 => *(at as *mut u32) = *val as u32,
            0 => {}
            _ => ptr::copy_nonoverlapping(val, at as *mut u64, stride as usize / 8),
        }
    }
}

/// `s = append(s, t...)`.
///
/// # Safety
/// `slice` and `src` have three words each, slices with this backing descriptor.
pub unsafe fn append_slice(p: *mut P, slice: *mut u64, src: *const u64, backing: TypeId) -> Result<(), Fault> {
    // SAFETY: as said.
    unsafe { append_raw::<false>(p, slice, *src as *const u8, *src.add(1), backing) }
}

/// `b = append(b, s...)`.
///
/// # Safety
/// `slice` has the three words of a []byte, `s` is a string word.
pub unsafe fn append_str(p: *mut P, slice: *mut u64, s: u64, backing: TypeId) -> Result<(), Fault> {
    // SAFETY: as said.
    unsafe {
        let (at, len) = str_parts(s);
        append_raw::<true>(p, slice, at, len as u64, backing)
    }
}

/// `b = append(b, bytes...)` from memory of Rust, for natives.
///
/// # Safety
/// `slice` has the three words of a []byte.
pub unsafe fn append_bytes(p: *mut P, slice: *mut u64, bytes: &[u8], backing: TypeId) -> Result<(), Fault> {
    // SAFETY: as said.
    unsafe { append_raw::<true>(p, slice, bytes.as_ptr(), bytes.len() as u64, backing) }
}

/// `BYTES`: the elements are bytes, which need no barrier.
///
/// # Safety
/// `from` has `n` elements; they may lie in the slice's own array.
#[inline(always)]
unsafe fn append_raw<const BYTES: bool>(
    p: *mut P,
    slice: *mut u64,
    from: *const u8,
    n: u64,
    backing: TypeId,
) -> Result<(), Fault> {
    if n == 0 {
        return Ok(());
    }
    // SAFETY: behind `grow` the array has room for `n` elements more.
    unsafe {
        let loaded = types(p).get(backing);
        let len = *slice.add(1);
        // A slice's length is at most 2^48, so the sum cannot wrap.
        if len + n > *slice.add(2) {
            grow(p, slice, n, loaded, backing)?;
        }
        debug_assert!(!BYTES || loaded.stride == 1 && !loaded.scan);
        if BYTES {
            ptr::copy(from, (*slice + len) as *mut u8, n as usize);
        } else {
            let to = *slice + len * loaded.stride as u64;
            overwrite(p, to, n, loaded);
            move_elements(from, to, n, loaded);
        }
        *slice.add(1) = len + n;
        Ok(())
    }
}

/// A new array with room for `more` elements; the length stays.
///
/// # Safety
/// As [`append_value`]; `loaded` is the backing type.
#[cold]
unsafe fn grow(p: *mut P, slice: *mut u64, more: u64, loaded: &LoadedType, backing: TypeId) -> Result<(), Fault> {
    // SAFETY: the new array has `cap` >= `len` elements.
    unsafe {
        let (len, old_cap) = (*slice.add(1), *slice.add(2));
        let new_len = len.checked_add(more).filter(|&n| fits(n, loaded)).ok_or_else(Fault::growslice)?;
        if loaded.stride == 0 {
            if *slice == 0 {
                *slice = zero_base();
            }
            *slice.add(2) = new_len;
            return Ok(());
        }
        let cap = grow_cap(old_cap, new_len, loaded.go_size, loaded.scan);
        let array = alloc(p, backing, cap)?;
        move_elements(*slice as *const u8, array as u64, len, loaded);
        *slice = array as u64;
        *slice.add(2) = cap;
        Ok(())
    }
}

/// Whether so many elements could have addresses at all: Go's limit, and ours.
fn fits(n: u64, loaded: &LoadedType) -> bool {
    const MAX_BYTES: u64 = 1 << 48;
    let size = loaded.go_size.max(loaded.stride as u64);
    n <= MAX_BYTES && n.checked_mul(size).is_some_and(|bytes| bytes <= MAX_BYTES)
}

/// `copy(dst, src)`.
///
/// # Safety
/// Three words each, slices with this backing descriptor.
pub unsafe fn copy_slice(p: *mut P, dst: *const u64, src: *const u64, backing: TypeId) -> u64 {
    // SAFETY: both have at least `n` elements.
    unsafe {
        let n = (*dst.add(1)).min(*src.add(1));
        let loaded = types(p).get(backing);
        overwrite(p, *dst, n, loaded);
        move_elements(*src as *const u8, *dst, n, loaded);
        n
    }
}

/// `copy(dst, s)` from a string.
///
/// # Safety
/// `dst` has the three words of a []byte; `s` is a string word.
pub unsafe fn copy_str(dst: *const u64, s: u64) -> u64 {
    // SAFETY: both have at least `n` bytes; strings are never written.
    unsafe {
        let (at, len) = str_parts(s);
        let n = len.min(*dst.add(1) as usize);
        ptr::copy(at, *dst as *mut u8, n);
        n as u64
    }
}

/// `make([]T, len, cap)`.
///
/// # Safety
/// `out` has three words.
pub unsafe fn make_slice(p: *mut P, len: i64, cap: i64, backing: TypeId, out: *mut u64) -> Result<(), Fault> {
    // SAFETY: the caller's P.
    let loaded = unsafe { types(p) }.get(backing);
    if len < 0 || !fits(len as u64, loaded) {
        return Err(Fault::makeslice_len());
    }
    if cap < len || !fits(cap as u64, loaded) {
        return Err(Fault::makeslice_cap());
    }
    // SAFETY: as said.
    unsafe {
        let empty = cap == 0 || loaded.stride == 0;
        let array = if empty { zero_base() } else { alloc(p, backing, cap as u64)? as u64 };
        out.write(array);
        out.add(1).write(len as u64);
        out.add(2).write(cap as u64);
        Ok(())
    }
}

/// `clear(s)`.
///
/// # Safety
/// `slice` has the three words of a slice with this backing descriptor.
pub unsafe fn clear_slice(p: *mut P, slice: *const u64, backing: TypeId) {
    // SAFETY: the array has so many elements; zero is a value of every type.
    unsafe {
        let loaded = types(p).get(backing);
        let bytes = (*slice.add(1) * loaded.stride as u64) as usize;
        overwrite(p, *slice, *slice.add(1), loaded);
        if loaded.scan {
            torn::zero_words(*slice as *mut u64, bytes / 8);
        } else {
            ptr::write_bytes(*slice as *mut u8, 0, bytes);
        }
    }
}

/// The capacity that Go's append gives: the old one doubled, more gently from 256 on, rounded up to what Go's allocator would
/// hand out for elements of `go_size` bytes (`scan`: holding pointers).
pub fn grow_cap(old_cap: u64, new_len: u64, go_size: u64, scan: bool) -> u64 {
    let cap = next_cap(old_cap, new_len);
    match go_size {
        0 => new_len,
        _ => (round_up_size(cap * go_size, scan) / go_size).max(new_len),
    }
}

fn next_cap(old_cap: u64, new_len: u64) -> u64 {
    const GENTLE: u64 = 256;
    if new_len > old_cap * 2 {
        return new_len;
    }
    if old_cap < GENTLE {
        return old_cap * 2;
    }
    let mut cap = old_cap;
    while cap < new_len {
        cap += (cap + 3 * GENTLE) >> 2;
    }
    cap
}

/// Go's size classes.
const GO_CLASSES: [u16; 67] = [
    8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480,
    512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864,
    5120, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072,
    20480, 21760, 24576, 27264, 28672,
];
const GO_LARGEST: u64 = 32768;

const WORD: u64 = 8;
/// The class of sizes up to 1024, by words.
const SMALL_CLASSES: [u16; 129] = {
    let (mut all, mut words, mut at) = ([0; 129], 0, 0);
    while words < all.len() {
        if (GO_CLASSES[at] as usize) < words * WORD as usize {
            at += 1;
        }
        all[words] = GO_CLASSES[at];
        words += 1;
    }
    all
};

/// Bytes that Go's allocator reserves for `size`: from 512 bytes on, memory with pointers has a header of 8 in its cell.
pub fn round_up_size(size: u64, scan: bool) -> u64 {
    const PAGE: u64 = 8192;
    const HEADER: u64 = 8;
    if size > GO_LARGEST - HEADER {
        return size.next_multiple_of(PAGE);
    }
    let header = if scan && size > 512 { HEADER } else { 0 };
    if let Some(&class) = SMALL_CLASSES.get((size + header).div_ceil(WORD) as usize) {
        return class as u64 - header;
    }
    let at = GO_CLASSES.partition_point(|&class| (class as u64) < size + header);
    GO_CLASSES.get(at).map_or(GO_LARGEST, |&class| class as u64) - header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The capacities that appending one element at a time goes through.
    fn steps(go_size: u64, scan: bool, n: usize) -> Vec<u64> {
        let grow = |&cap: &u64| Some(grow_cap(cap, cap + 1, go_size, scan));
        std::iter::successors(Some(0), grow).skip(1).take(n).collect()
    }

    #[test]
    fn small_sizes_have_the_class_that_is_searched_for() {
        for size in 0..2000 {
            let at = GO_CLASSES.partition_point(|&class| (class as u64) < size);
            assert_eq!(round_up_size(size, false), GO_CLASSES[at] as u64, "{size}");
        }
    }

    #[test]
    fn capacities_are_those_of_go() {
        assert_eq!(steps(8, false, 14), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280, 1792, 2560]);
        assert_eq!(steps(1, false, 8), [8, 16, 32, 64, 128, 256, 512, 896]);
        assert_eq!(steps(4, false, 9), [2, 4, 8, 16, 32, 64, 128, 256, 512]);
        assert_eq!(steps(16, true, 6), [1, 2, 4, 8, 16, 32]);
        assert_eq!(steps(24, true, 4), [1, 2, 4, 8]);
        // append([]int{1, 2, 3}, 4), append([]byte("hello"), " world"...), append([]int{}, 1, 2, 3, 4, 5).
        assert_eq!(grow_cap(3, 4, 8, false), 6);
        assert_eq!(grow_cap(5, 11, 1, false), 16);
        assert_eq!(grow_cap(0, 5, 8, false), 6);
        assert_eq!(grow_cap(0, 5000, 8, false), 5120);
        assert_eq!(grow_cap(7, 9, 0, false), 9);
    }

    #[test]
    fn sizes_round_up_to_classes_and_pages() {
        assert_eq!(round_up_size(1, false), 8);
        assert_eq!(round_up_size(33, false), 48);
        assert_eq!(round_up_size(512, true), 512);
        assert_eq!(round_up_size(1024, false), 1024);
        assert_eq!(round_up_size(1024, true), 1144);
        assert_eq!(round_up_size(28673, false), 32768);
        assert_eq!(round_up_size(32760, true), 32760);
        assert_eq!(round_up_size(32768, false), 32768);
        assert_eq!(round_up_size(40000, false), 40960);
    }
}

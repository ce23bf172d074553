//! Slices read from memory that other goroutines may write at the same time: three words, of which a reader may get some from before and
//! some from after, or which two writers have mixed for good.
//!
//! Each of the words was one of a slice of the same type once, so the address is a reference to an element of the right size; only length
//! and capacity may be another's. They are cut down to the array that the address lies in: a program with such a race sees wrong
//! values, never wrong memory. Registers are their goroutine's own, so a slice is looked at once, when it is loaded.
//!
//! **Which array**: an object of elements of the slice's stride, in nearly all cases. An array in a struct, in an element of another
//! array or in a package variable is found by the type of what it lies in: the outermost one whose elements have that stride.

use crate::types::{TypeId, Types};
use crate::vm::shared;
use gol_bytecode::Kind;
use gol_runtime::P;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A word of memory that others may write.
///
/// # Safety
/// `at` is the address of a word.
#[inline(always)]
pub(crate) unsafe fn word(at: *const u64) -> u64 {
    // SAFETY: the caller's.
    unsafe { AtomicU64::from_ptr(at.cast_mut()) }.load(Relaxed)
}

/// From so many words on the C library's copying may go by bytes (`rep movsb`), which a word is not safe from.
const LONG: usize = 256;

/// Copies words, each as a whole: references that another goroutine reads or writes meanwhile are not torn. Overlapping is allowed.
///
/// # Safety
/// `n` words can be read there and written here.
pub(crate) unsafe fn move_words(from: *const u64, to: *mut u64, n: usize) {
    // SAFETY: the caller's words.
    unsafe {
        if n < LONG {
            // Short copies are done in aligned pieces of whole words.
            return std::ptr::copy(from, to, n);
        }
        let one = |i| AtomicU64::from_ptr(to.add(i)).store(word(from.add(i)), Relaxed);
        if (to as usize).wrapping_sub(from as usize) < n * 8 {
            (0..n).rev().for_each(one);
        } else {
            (0..n).for_each(one);
        }
    }
}

/// Zeroes words, each as a whole.
///
/// # Safety
/// `n` words can be written there.
pub(crate) unsafe fn zero_words(at: *mut u64, n: usize) {
    // SAFETY: the caller's words.
    unsafe {
        if n < LONG {
            return std::ptr::write_bytes(at, 0, n);
        }
        (0..n).for_each(|i| AtomicU64::from_ptr(at.add(i)).store(0, Relaxed));
    }
}

/// Whether `n` elements of `stride` bytes from `at` on lie in one array, as far as the processor knows; else [`look`].
///
/// # Safety
/// The running P; `stride` is below 2^16.
#[inline(always)]
pub(crate) unsafe fn is_inside(p: *mut P, at: u64, n: u64, stride: u32) -> bool {
    // SAFETY: the caller's. Counts are below 2^48 divided by the size of an element.
    unsafe { (*p).cache.is_inside(at, n.wrapping_mul(stride as u64), stride) }
}

/// Where the array of elements of `stride` bytes ends that `at` lies in: `at` itself when there is none.
///
/// # Safety
/// `at` is the address word of a slice of such elements; the running P.
#[inline(never)]
unsafe fn look(p: *mut P, at: u64, stride: u32) -> u64 {
    // SAFETY: the caller's.
    unsafe {
        let end = (*(*p).heap).array_end(at, stride).unwrap_or_else(|| at + room(p, at, stride));
        if stride >> 16 == 0 {
            (*p).cache.learn_end(at, stride, end);
        }
        end
    }
}

/// The slice at `from`, whole.
///
/// # Safety
/// Three words of a slice type of elements of `stride` bytes; the running P.
pub unsafe fn read(p: *mut P, from: *const u64, stride: u32) -> [u64; 3] {
    // SAFETY: the caller's.
    unsafe { cut(p, [word(from), word(from.add(1)), word(from.add(2))], stride) }
}

/// What of these words, read from memory one by one, is a slice.
///
/// # Safety
/// As [`read`].
pub unsafe fn cut(p: *mut P, slice: [u64; 3], stride: u32) -> [u64; 3] {
    let [at, len, cap] = slice;
    if stride == 0 {
        return slice;
    }
    // SAFETY: the caller's.
    let cap = cap.min(unsafe { look(p, at, stride) - at } / stride as u64);
    [at, len.min(cap), cap]
}

/// The same for all slices of a value of type `ty`.
///
/// # Safety
/// `at` are the words of such a value, the caller's own; the running P.
pub unsafe fn cut_value(p: *mut P, ty: TypeId, at: *mut u64) {
    // SAFETY: the running P; parts lie in the value.
    unsafe {
        let types = super::types(p);
        each_slice(types, ty, 0, &mut |offset, stride| {
            let slice = at.add(offset).cast::<[u64; 3]>();
            *slice = cut(p, *slice, stride);
        });
    }
}

/// Calls `f` with word offset and stride of every slice in a value; false when a value of the type can hold none.
fn each_slice(types: &Types, ty: TypeId, offset: usize, f: &mut dyn FnMut(usize, u32)) -> bool {
    let desc = &types.get(ty).desc;
    match desc.kind {
        Kind::Slice => {
            f(offset, types.get(desc.backing).stride);
            true
        }
        Kind::Struct => {
            let mut any = false;
            for x in &desc.fields {
                any |= each_slice(types, x.ty, offset + x.offset as usize, f);
            }
            any
        }
        Kind::Array => {
            let words = types.get(desc.elem).words as usize;
            (0..desc.len as usize).all(|i| each_slice(types, desc.elem, offset + i * words, f)) && desc.len > 0
        }
        _ => false,
    }
}

/// Bytes from `at` to the end of the array of elements of `stride` bytes that it lies in; 0 when there is none.
///
/// # Safety
/// As [`look`].
#[cold]
unsafe fn room(p: *mut P, at: u64, stride: u32) -> u64 {
    // SAFETY: the running P.
    let (types, engine, heap) = unsafe { (super::types(p), shared(p), &*(*p).heap) };
    if let Some((header, payload)) = heap.resolve(at) {
        let offset = at - payload as u64;
        let object = types.get(header.desc());
        return room_in(types, header.desc(), object.stride, header.len(), offset, stride);
    }
    let word = at.wrapping_sub(engine.globals.base() as u64) / 8;
    let names = engine.global_names();
    let next = names.partition_point(|g| g.first as u64 <= word);
    let Some(variable) = next.checked_sub(1).map(|k| &names[k]).filter(|g| word - (g.first as u64) < g.words as u64)
    else {
        return 0;
    };
    let offset = at - engine.globals.base() as u64 - variable.first as u64 * 8;
    room_in(types, variable.ty, variable.words * 8, 1, offset, stride)
}

/// The same in `n` elements of type `ty`, which are `size` bytes apart, at a distance from the first.
fn room_in(types: &Types, ty: TypeId, size: u32, n: u64, offset: u64, stride: u32) -> u64 {
    if size == 0 || offset >= n * size as u64 {
        return 0;
    }
    if size == stride {
        return n * size as u64 - offset;
    }
    let offset = offset % size as u64;
    let desc = &types.get(ty).desc;
    match desc.kind {
        Kind::Array => {
            let elem = types.get(desc.backing);
            room_in(types, desc.elem, elem.stride, desc.len, offset, stride)
        }
        Kind::Struct => {
            let at = desc.fields.partition_point(|f| f.offset as u64 * 8 <= offset);
            // Fields without words lie where the next one does.
            let field = desc.fields[..at].iter().rev().find(|f| types.get(f.ty).words > 0);
            field
                .map_or(0, |f| room_in(types, f.ty, types.get(f.ty).words * 8, 1, offset - f.offset as u64 * 8, stride))
        }
        _ => 0,
    }
}

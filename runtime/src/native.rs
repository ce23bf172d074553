//! Memory that Rust code takes (the binary makes this its global allocator): large pieces are counted, so that the heap's limit
//! covers them too, and a refusal of the system ends the program with gol's own message instead of an abort.
//!
//! Natives ask the heap before they take much ([`crate::heap::Heap::has_room`]) and fail as an allocation does; what is left for here is
//! what nobody could ask for: tables that grow, and a system that has less than the limit says.
//!
//! Who takes a large piece will soon take more (the trees and tables of a large program), so from then on the pieces lie in large
//! pages, where the system has such: a first touch of each small page cost a sixth of what compiling takes.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

/// Smaller pieces are not counted: a shared counter at each of them would cost more than they weigh.
const LARGE: usize = 32 << 10;
/// The exit status for a reached limit.
const STATUS: i32 = 124;

/// A piece of so many bytes is the first sign of a large program; a sixteen times larger one is the next.
const FIRST_ROOM: usize = 256 << 10;

static LARGE_BYTES: AtomicUsize = AtomicUsize::new(0);

/// Bytes of large pieces in use, of the whole process.
pub fn large_bytes() -> usize {
    LARGE_BYTES.load(Relaxed)
}

/// The system's allocator, with a count.
pub struct NativeMemory;

fn added(bytes: usize) {
    if bytes >= LARGE {
        LARGE_BYTES.fetch_add(bytes, Relaxed);
        if bytes >= FIRST_ROOM {
            room::make(bytes);
        }
    }
}

fn removed(bytes: usize) {
    if bytes >= LARGE {
        LARGE_BYTES.fetch_sub(bytes, Relaxed);
    }
}

/// Has all threads share the C library's first heap. Each would else make one of its own, which is some 25 calls of the system and 40 pages at
/// the start; Rust code here allocates too little for the threads to meet. Before the second thread.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod room {
    use super::{AtomicU32, FIRST_ROOM, Relaxed};

    /// So much of the C library's heap is asked for at a time. Untouched, it costs nothing.
    const BYTES: i32 = 64 << 20;
    /// Larger pieces are mappings of their own; the C library comes to the same limits by itself, one freed piece after the other.
    const MAPPED: i32 = 32 << 20;
    const KEPT: i32 = 2 * BYTES;
    const PADDING: i32 = 128 << 10;

    static SIGNS: AtomicU32 = AtomicU32::new(0);

    /// Extends the heap by what a program that takes such a piece may need, and asks for large pages there.
    pub fn make(piece: usize) {
        let signs = SIGNS.load(Relaxed);
        let next = FIRST_ROOM << (4 * signs).min(32);
        if piece >= next && SIGNS.compare_exchange(signs, signs + 1, Relaxed, Relaxed).is_ok() {
            extend();
        }
    }

    #[cold]
    fn extend() {
        // SAFETY: sets numbers; takes a piece and gives it back; the advice concerns what lies between it and the end of the heap, which
        // is the C library's, and changes no contents.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_TOP_PAD, BYTES);
            let piece = libc::malloc(FIRST_ROOM);
            let end = libc::sbrk(0);
            libc::mallopt(libc::M_TOP_PAD, PADDING);
            let from = (piece as usize).next_multiple_of(4096);
            if !piece.is_null() && from < end as usize {
                libc::madvise(from as *mut libc::c_void, end as usize - from, libc::MADV_HUGEPAGE);
            }
            libc::free(piece);
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod room {
    pub fn make(_piece: usize) {}
}

#[cold]
fn refused(bytes: usize) -> ! {
    // Nothing here may allocate.
    let mut text = *b"fatal error: runtime: out of memory: the system refuses                      bytes\n";
    let mut at = text.len() - 7;
    let mut rest = bytes;
    loop {
        text[at - 1] = b'0' + (rest % 10) as u8;
        at -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    // SAFETY: the text is valid for its length, and `_exit` runs nothing of ours.
    unsafe {
        libc::write(2, text.as_ptr().cast(), text.len());
        libc::_exit(STATUS)
    }
}

// SAFETY: everything is the system allocator's; the count is only a count.
unsafe impl GlobalAlloc for NativeMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout.
        let at = unsafe { System.alloc(layout) };
        if at.is_null() {
            refused(layout.size());
        }
        added(layout.size());
        at
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's layout.
        let at = unsafe { System.alloc_zeroed(layout) };
        if at.is_null() {
            refused(layout.size());
        }
        added(layout.size());
        at
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's piece.
        unsafe { System.dealloc(at, layout) };
        removed(layout.size());
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's piece.
        let to = unsafe { System.realloc(at, layout, size) };
        if to.is_null() {
            refused(size);
        }
        removed(layout.size());
        added(size);
        to
    }
}

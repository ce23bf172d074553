//! Memory that Rust code takes (the binary makes this its global allocator): large pieces are counted, so that the heap's limit
//! covers them too, and a refusal of the system ends the program with gol's own message instead of an abort.
//!
//! Natives ask the heap before they take much ([`crate::heap::Heap::has_room`]) and fail as an allocation does; what is left for here is
//! what nobody could ask for: tables that grow, and a system that has less than the limit says.
//!
//! Small pieces come from [`small`], without a lock and without a call of the system.

mod small;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Smaller pieces are not counted: a shared counter at each of them would cost more than they weigh.
const LARGE: usize = 32 << 10;
/// The exit status for a reached limit.
const STATUS: i32 = 124;

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
    }
}

fn removed(bytes: usize) {
    if bytes >= LARGE {
        LARGE_BYTES.fetch_sub(bytes, Relaxed);
    }
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

/// Has all threads share the system allocator's one heap, which grows in large steps: what is left for it are large pieces, and a heap
/// for each thread would be several calls of the system at its start and one for every few pages. Before the first thread.
pub fn share() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Pages of zeros from the system; null when it has no more.
fn map(bytes: usize) -> *mut u8 {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: new memory, wherever the system puts it.
    let at = unsafe { libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0) };
    if at == libc::MAP_FAILED { std::ptr::null_mut() } else { at.cast() }
}

/// Whether [`small`] has pieces for this.
fn is_small(layout: Layout) -> bool {
    layout.size() <= small::MAX && layout.align() <= 16
}

// SAFETY: a layout is served by one of two allocators, always the same; the count is only a count.
unsafe impl GlobalAlloc for NativeMemory {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let at = if is_small(layout) {
            small::take(layout.size())
        } else {
            added(layout.size());
            // SAFETY: the caller's layout.
            unsafe { System.alloc(layout) }
        };
        if at.is_null() {
            refused(layout.size());
        }
        at
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let at = if is_small(layout) {
            // SAFETY: the caller's layout, and a new piece of that size.
            unsafe {
                let at = self.alloc(layout);
                at.write_bytes(0, layout.size());
                at
            }
        } else {
            added(layout.size());
            // SAFETY: the caller's layout.
            unsafe { System.alloc_zeroed(layout) }
        };
        if at.is_null() {
            refused(layout.size());
        }
        at
    }
    #[inline]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        if is_small(layout) {
            // SAFETY: the caller's piece; its layout was small when it was taken.
            return unsafe { small::give(at, layout.size()) };
        }
        // SAFETY: the caller's piece.
        unsafe { System.dealloc(at, layout) };
        removed(layout.size());
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller says that it is a size.
        let new = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (is_small(layout), is_small(new)) {
            (true, true) if small::same(layout.size(), size) => return at,
            (false, false) => {}
            // SAFETY: the caller's piece, and another of the new size.
            _ => unsafe {
                let to = self.alloc(new);
                std::ptr::copy_nonoverlapping(at, to, size.min(layout.size()));
                self.dealloc(at, layout);
                return to;
            },
        }
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

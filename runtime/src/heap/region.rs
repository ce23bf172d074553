//! Where the heap's memory comes from: one reservation of address space, or a small arena of the global allocator, which
//! lets the tests of the page and sweep logic run without system calls (and under Miri).
//!
//! Invariants: a region is zeroed when it is made, never moves, and lives as long as the heap that owns it.

use super::size::PAGE;
#[cfg(test)]
use std::alloc::Layout;

/// Where a region is wished to lie: far from what the system places by itself.
const HINT: usize = 0xc0_0000_0000;

/// A zeroed, page-aligned piece of address space.
pub struct Region {
    base: *mut u8,
    len: usize,
    origin: Origin,
}

/// How to give a region back.
enum Origin {
    /// Start and length of the mapping (it is larger than the region, for alignment).
    Mapped(*mut u8, usize),
    #[cfg(test)]
    Arena,
}

// SAFETY: a region is only an owned piece of memory; who may touch which part is decided by its users.
unsafe impl Send for Region {}
// SAFETY: as above; the region's own methods that write are unsafe.
unsafe impl Sync for Region {}

impl Region {
    /// Reserves address space; memory comes with the first touch. `None` when the system refuses. The first region of a
    /// process lies at [`HINT`]: programs see the same addresses in every run (an order of maps may hang on them).
    pub fn reserve(len: usize) -> Option<Region> {
        let total = len.checked_add(PAGE)?;
        // SAFETY: a fresh anonymous mapping; the address is only a wish.
        let raw = unsafe {
            libc::mmap(
                std::ptr::without_provenance_mut(HINT),
                total,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if raw == libc::MAP_FAILED {
            return None;
        }
        let raw = raw.cast::<u8>();
        let base = raw.wrapping_add(raw.align_offset(PAGE));
        Some(Region { base, len, origin: Origin::Mapped(raw, total) })
    }

    /// A region of ordinary memory, for tests.
    #[cfg(test)]
    pub fn arena(len: usize) -> Option<Region> {
        let layout = Layout::from_size_align(len, PAGE).ok()?;
        // SAFETY: the callers' regions are not empty.
        let base = unsafe { std::alloc::alloc_zeroed(layout) };
        (!base.is_null()).then_some(Region { base, len, origin: Origin::Arena })
    }

    pub fn base(&self) -> *mut u8 {
        self.base
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// Gives the memory of `[offset, offset + len)` back to the system; it reads as zeros afterwards.
    ///
    /// # Safety
    /// Nobody else uses these bytes; both bounds are multiples of the system's page size and lie in the region.
    pub unsafe fn release(&self, offset: usize, len: usize) {
        debug_assert!(offset + len <= self.len);
        let at = self.base.wrapping_add(offset);
        // SAFETY: the range lies in the region and is the caller's.
        unsafe {
            match self.origin {
                Origin::Mapped(..) => {
                    if libc::madvise(at.cast(), len, libc::MADV_DONTNEED) != 0 {
                        std::ptr::write_bytes(at, 0, len);
                    }
                }
                #[cfg(test)]
                Origin::Arena => std::ptr::write_bytes(at, 0, len),
            }
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the region was made by the matching call, and its owner drops it last.
        unsafe {
            match self.origin {
                Origin::Mapped(raw, total) => {
                    libc::munmap(raw.cast(), total);
                }
                #[cfg(test)]
                Origin::Arena => std::alloc::dealloc(self.base, Layout::from_size_align_unchecked(self.len, PAGE)),
            }
        }
    }
}

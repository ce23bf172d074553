//! Append-only tables that never move: handlers hold their base address. *(unsafe)*
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reserved address space for `capacity` items, committed by touching.
pub(crate) struct Region<T> {
    base: *mut T,
    len: AtomicUsize,
    capacity: usize,
    items: PhantomData<T>,
}

// SAFETY: a table of `T`s behind a shared pointer; appending is synchronised by its owner.
unsafe impl<T: Send> Send for Region<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Region<T> {}

impl<T> Region<T> {
    pub fn new(capacity: usize) -> Result<Region<T>, String> {
        let bytes = capacity * size_of::<T>();
        // SAFETY: a fresh private mapping.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(format!("cannot reserve {bytes} bytes: {}", std::io::Error::last_os_error()));
        }
        Ok(Region { base: at as *mut T, len: AtomicUsize::new(0), capacity, items: PhantomData })
    }
    #[inline(always)]
    pub fn base(&self) -> *mut T {
        self.base
    }
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }
    /// One thread at a time.
    pub fn push(&self, item: T) -> Result<(), String> {
        let n = self.len();
        self.grow(n + 1)?;
        // SAFETY: slot `n` is inside the region, and nobody reads it before code that names it is loaded.
        unsafe { self.base.add(n).write(item) };
        Ok(())
    }
    /// Appends all; the address of the first. One thread at a time.
    pub fn append(&self, items: Vec<T>) -> Result<*mut T, String> {
        let first = self.reserve(items.len())?;
        for (k, item) in items.into_iter().enumerate() {
            // SAFETY: inside the region, and nobody reads them yet.
            unsafe { first.add(k).write(item) };
        }
        Ok(first)
    }
    /// Room for `n` more, which the caller writes; until then they are zero bytes. One thread at a time.
    pub fn reserve(&self, n: usize) -> Result<*mut T, String> {
        let first = self.len();
        self.grow(first + n)?;
        // SAFETY: at most the end of the region.
        Ok(unsafe { self.base.add(first) })
    }
    /// Makes the first `n` slots used; new ones are zero bytes (only for words).
    pub fn grow(&self, n: usize) -> Result<(), String> {
        if n > self.capacity {
            return Err("the program is too large: a table of the machine is full".into());
        }
        self.len.fetch_max(n, Ordering::Release);
        Ok(())
    }
}

impl<T> Drop for Region<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`; items own nothing (words, code pointers, natives).
        unsafe { libc::munmap(self.base as *mut libc::c_void, self.capacity * size_of::<T>()) };
    }
}

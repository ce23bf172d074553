//! Small pieces of memory for Rust code: lists of free pieces by size, one set for each thread. *(unsafe)*
//!
//! Who gives a piece back says how large it is, so a piece needs no header and belongs to no thread: it goes into the list of the
//! thread that gives it back. A list that grows too long hands a bundle of pieces to all threads ([`SHARED`]); a thread whose list is
//! empty takes a bundle from there before it takes new memory. So what one thread makes and another drops goes round. Pieces stay in
//! their size: memory that was used for small pieces is not given back to the system.
//!
//! Invariants: every piece of a class is `BYTES` long, aligned to 16, and in one list at most; a piece in a list is nobody's. The
//! first word of a piece in a list is the next one; the second word of a bundle's first piece is the next bundle.

use std::cell::UnsafeCell;
use std::ptr::{addr_of_mut, null_mut};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Pieces up to here are in steps of [`STEP`], larger ones in powers of two.
const FINE: usize = 1 << 10;
const STEP: usize = 16;
/// Larger pieces are the system's.
pub(super) const MAX: usize = 2 << 10;
const FINE_CLASSES: usize = FINE / STEP;
const CLASSES: usize = FINE_CLASSES + (MAX / FINE).ilog2() as usize;
/// What is taken from the system at once; untouched pages cost nothing.
const CHUNK: usize = 1 << 20;

/// A free piece.
struct Piece {
    next: *mut Piece,
    bundle: *mut Piece,
}

struct Local {
    free: [*mut Piece; CLASSES],
    count: [u32; CLASSES],
    /// New memory.
    from: usize,
    to: usize,
    /// The thread's end gives back what it has.
    watched: bool,
}

thread_local! {
    static LOCAL: UnsafeCell<Local> = const {
        UnsafeCell::new(Local { free: [null_mut(); CLASSES], count: [0; CLASSES], from: 0, to: 0, watched: false })
    };
}

/// The first bundle of each class.
struct Shared([Mutex<usize>; CLASSES]);
static SHARED: Shared = Shared([const { Mutex::new(0) }; CLASSES]);

/// The class of pieces that hold so many bytes, at most `MAX`.
fn class(bytes: usize) -> usize {
    match bytes {
        0..=FINE => bytes.saturating_sub(1) / STEP,
        _ => FINE_CLASSES + ((bytes - 1) / FINE).ilog2() as usize,
    }
}

/// The size of the pieces of a class.
const fn bytes_of(class: usize) -> usize {
    if class < FINE_CLASSES { (class + 1) * STEP } else { FINE << (class - FINE_CLASSES + 1) }
}

/// So many pieces go from hand to hand at once.
const fn bundle(class: usize) -> u32 {
    let fit = CHUNK / 32 / bytes_of(class);
    if fit > 256 { 256 } else { fit as u32 }
}

fn with<T>(f: impl FnOnce(*mut Local) -> T) -> T {
    LOCAL.with(|l| f(l.get()))
}

/// A piece of at least so many bytes, aligned to 16; null when the system has no more. `bytes` is at most `MAX`.
pub(super) fn take(bytes: usize) -> *mut u8 {
    let c = class(bytes);
    // SAFETY: the lists are this thread's, and nothing else looks at them meanwhile; a piece in a list is nobody's.
    with(|l| unsafe {
        let piece = (*l).free[c];
        if piece.is_null() {
            return more(l, c);
        }
        (*l).free[c] = (*piece).next;
        (*l).count[c] -= 1;
        piece.cast()
    })
}

/// Gives back a piece that [`take`] gave for so many bytes.
///
/// # Safety
/// It is that, and nobody uses it any more.
pub(super) unsafe fn give(at: *mut u8, bytes: usize) {
    let c = class(bytes);
    let piece = at.cast::<Piece>();
    // SAFETY: the piece is the caller's to give, long enough for the two words and aligned; the lists are this thread's.
    with(|l| unsafe {
        (*piece).next = (*l).free[c];
        (*l).free[c] = piece;
        (*l).count[c] += 1;
        if (*l).count[c] > 2 * bundle(c) {
            hand_over(l, c, bundle(c));
        }
    })
}

/// Whether two sizes are served by the same pieces.
pub(super) fn same(a: usize, b: usize) -> bool {
    class(a) == class(b)
}

/// The list is empty: a bundle of other threads, or new memory.
///
/// # Safety
/// `l` is this thread's.
#[cold]
unsafe fn more(l: *mut Local, c: usize) -> *mut u8 {
    // SAFETY: as the caller; bundles are nobody's, and the lock orders who takes them.
    unsafe {
        if !(*l).watched {
            (*l).watched = true;
            watch();
        }
        let mut first = SHARED.0[c].lock().unwrap_or_else(PoisonError::into_inner);
        let taken = *first as *mut Piece;
        if !taken.is_null() {
            *first = (*taken).bundle as usize;
            drop(first);
            let mut n = 0;
            let mut p = (*taken).next;
            while !p.is_null() {
                n += 1;
                p = (*p).next;
            }
            (*l).free[c] = (*taken).next;
            (*l).count[c] = n;
            return taken.cast();
        }
        drop(first);
        fresh(l, bytes_of(c))
    }
}

/// New memory. What is left of a chunk that is too short is lost: less than a piece.
///
/// # Safety
/// `l` is this thread's.
unsafe fn fresh(l: *mut Local, bytes: usize) -> *mut u8 {
    // SAFETY: as the caller.
    let (from, to) = unsafe { ((*l).from, (*l).to) };
    if to - from >= bytes {
        // SAFETY: as above.
        unsafe { (*l).from = from + bytes };
        return from as *mut u8;
    }
    let chunk = super::map(CHUNK);
    if !chunk.is_null() {
        // SAFETY: as above.
        unsafe { ((*l).from, (*l).to) = (chunk as usize + bytes, chunk as usize + CHUNK) };
    }
    chunk
}

/// Hands pieces of a list to all threads.
///
/// # Safety
/// `l` is this thread's, and the list is at least so long; `n` is not 0.
#[cold]
unsafe fn hand_over(l: *mut Local, c: usize, n: u32) {
    // SAFETY: as the caller; the pieces are nobody's.
    unsafe {
        let first = (*l).free[c];
        let mut last = first;
        for _ in 1..n {
            last = (*last).next;
        }
        (*l).free[c] = (*last).next;
        (*l).count[c] -= n;
        (*last).next = null_mut();
        let mut shared = SHARED.0[c].lock().unwrap_or_else(PoisonError::into_inner);
        (*first).bundle = *shared as *mut Piece;
        *shared = first as usize;
    }
}

/// Has the thread's lists handed over when it ends. Not a destructor of Rust's: those may allocate to be noted.
fn watch() {
    extern "C" fn end(_: *mut libc::c_void) {
        // SAFETY: this thread's lists; it ends, and what is given back after this is lost.
        with(|l| unsafe {
            for c in 0..CLASSES {
                if (*l).count[c] > 0 {
                    hand_over(l, c, (*l).count[c]);
                }
            }
            (*l).watched = false;
        });
    }
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: a place for the key, and a function that lives as long as the process.
        (unsafe { libc::pthread_key_create(addr_of_mut!(key), Some(end)) } == 0).then_some(key)
    });
    if let Some(key) = *key {
        // SAFETY: the key is made; any value but null has the function called.
        unsafe { libc::pthread_setspecific(key, std::ptr::dangling()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_say() {
        for bytes in 0..=MAX {
            let c = class(bytes);
            assert!(c < CLASSES && bytes_of(c) >= bytes);
            assert!(c == 0 || bytes_of(c - 1) < bytes, "{bytes} fits into less than {}", bytes_of(c));
            assert!(bundle(c) > 0);
        }
    }

    /// What one thread takes and another gives back, with a mark in every piece: no piece is in two hands.
    #[test]
    fn pieces_go_round() {
        let (send, receive) = std::sync::mpsc::channel::<Vec<(usize, usize)>>();
        let giver = std::thread::spawn(move || {
            for list in receive {
                for (at, bytes) in list {
                    let p = at as *mut u8;
                    // SAFETY: the piece came from `take`, and nobody else has it.
                    unsafe {
                        assert_eq!((*p, *p.add(bytes - 1)), (bytes as u8, bytes as u8));
                        give(p, bytes);
                    }
                }
            }
        });
        for round in 0..64usize {
            let sizes = (0..2000usize).map(|k| 1 + (k * 37 + round * 101) % if k % 16 == 0 { MAX } else { 300 });
            let list = sizes.map(|bytes| {
                let p = take(bytes);
                // SAFETY: a new piece of so many bytes.
                unsafe { (*p, *p.add(bytes - 1)) = (bytes as u8, bytes as u8) };
                (p as usize, bytes)
            });
            send.send(list.collect()).unwrap();
        }
        drop(send);
        giver.join().unwrap();
    }
}

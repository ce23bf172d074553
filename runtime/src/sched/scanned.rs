//! Which cycle has scanned a goroutine's stack, and who does it now: the protocol of scan before run.
//!
//! Invariants:
//! - A stack is scanned once a cycle, before the goroutine runs in that cycle for the first time: by a marker, or by the P that begins it. Who has
//!   the claim ([`ScanMark::claim`]) is alone with the stack until it says so ([`ScanMark::set_scanned`]); the P that begins it waits for that.
//! - What the scanner has read happens before the goroutine goes on (release and acquire at `set_scanned` and [`ScanMark::is_scanned`]).
//!   What the goroutine has written when it ran last happens before the scan by the stop between (or, for one that is picked from a queue, by the queue).
//! - A goroutine that is born while a cycle marks counts as scanned: what it is given is on its maker's stack, which was scanned.
//! - The number of a cycle comes again after at least 100 cycles, each of which changes the marks of all that live.
//! - Killing is another bit of the same byte and is lost by no claim.
//!
//! `tests/loom_marking.rs` runs this file under loom.
use crate::sync::atomic::{AtomicU8, Ordering::*};

/// Bit 0: was killed. The others: the concurrent cycle that has the stack, or [`SCANNING`].
#[repr(transparent)]
pub struct ScanMark(pub(super) AtomicU8);

/// Instead of a cycle's number, while somebody scans the stack. Numbers are smaller.
const SCANNING: u8 = 127;
const KILLED: u8 = 1;

impl ScanMark {
    /// A new goroutine's: not killed, and its stack is known to the cycle.
    pub fn renew(&self, cycle: u8) {
        self.0.store(cycle << 1, Relaxed);
    }
    #[inline(always)]
    pub fn is_killed(&self) -> bool {
        self.0.load(Relaxed) & KILLED != 0
    }
    pub fn kill(&self) {
        self.0.fetch_or(KILLED, SeqCst);
    }
    #[inline(always)]
    pub fn is_scanned(&self, cycle: u8) -> bool {
        self.0.load(Acquire) >> 1 == cycle
    }
    /// True for the one who scans the stack in this cycle.
    pub fn claim(&self, cycle: u8) -> bool {
        let claim = |marks: u8| {
            let by = marks >> 1;
            (by != cycle && by != SCANNING).then_some(SCANNING << 1 | marks & KILLED)
        };
        self.0.fetch_update(Acquire, Acquire, claim).is_ok()
    }
    /// The stack was scanned, by the one who had the claim or while the world is stopped.
    pub fn set_scanned(&self, cycle: u8) {
        let _ = self.0.fetch_update(Release, Relaxed, |marks| Some(cycle << 1 | marks & KILLED));
    }
}

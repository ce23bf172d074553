//! When to collect, what may be allocated, and the figures that both need.
//!
//! Invariants: `granted` counts the bytes of runs and large objects handed out since the last collection (caches report in
//! steps of a few KiB); reaching `trigger` sets `want`, which only a collection clears. The limit counts pages in spans and
//! accounted outside memory. Nothing here allocates or blocks.

use super::size::PAGE;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::*};
use std::sync::OnceLock;

/// A collection is never asked for before so many bytes were allocated (a smaller figure near the limit).
pub const MIN_GROWTH: usize = 8 << 20;
/// Near the limit the heap may grow by so much between two collections, or what is left.
const LEAST_GROWTH: usize = 4 * PAGE;
/// A concurrent cycle may take this part of the growth: it begins as much earlier.
const SLACK_PART: usize = 4;
/// Free bytes beyond the growth that a heap keeps at least, if it grows by so much.
const KEPT: usize = 16 << 20;
/// Free bytes that are kept in any case.
const KEPT_LEAST: usize = 1 << 20;
/// What none of so many collections had in use is given back.
const PEAKS: usize = 16;
/// `gogc` when collections by growth are off.
const OFF: u32 = u32::MAX;

/// Figures of the heap, named as in Go's `runtime.MemStats`.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct HeapStats {
    /// Bytes of live cells at the last collection and of runs handed out since.
    pub heap_alloc: u64,
    /// Bytes of cells ever allocated.
    pub total_alloc: u64,
    /// Objects ever allocated: exact after a collection, else too large by what lies unused in caches.
    pub mallocs: u64,
    /// Objects found dead by collections.
    pub frees: u64,
    /// Bytes of pages that were ever in use.
    pub heap_sys: u64,
    /// Bytes of pages in spans.
    pub heap_inuse: u64,
    /// Bytes of `heap_sys` that were given back to the system.
    pub heap_released: u64,
    pub heap_objects: u64,
    /// Bytes of the page table, and of it those of pages in spans; of mark bytes; of allocation caches (exact figures only).
    pub page_table: u64,
    pub page_table_inuse: u64,
    pub marks: u64,
    pub caches: u64,
    /// Accounted memory outside of the heap.
    pub external: u64,
    pub num_gc: u32,
    /// Of `num_gc`, those that somebody has asked for.
    pub num_forced: u32,
    pub pause_total_ns: u64,
    pub last_pause_ns: u64,
    /// Processor time that collections have taken, marking beside the program included.
    pub cpu_ns: u64,
    /// `heap_alloc` at which the next collection is due.
    pub next_gc: u64,
}

/// Processor time of this thread or of the process.
pub fn cpu_ns(clock: libc::clockid_t) -> u64 {
    let mut at = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a valid place; a clock that is not there leaves zeros.
    unsafe { libc::clock_gettime(clock, &mut at) };
    at.tv_sec as u64 * 1_000_000_000 + at.tv_nsec as u64
}

/// What collections have counted.
#[derive(Clone, Copy, Default)]
pub struct Totals {
    /// Objects and bytes that the last collection reached.
    pub live_objects: usize,
    pub live_bytes: usize,
    /// Objects and bytes allocated before the last collection.
    pub objects: usize,
    pub bytes: usize,
    pub frees: usize,
    pub num_gc: u32,
    pub num_forced: u32,
    pub pause_total_ns: u64,
    /// Of the last collection, all its stops together.
    pub last_pause_ns: u64,
    /// Of the one that goes on.
    pending_ns: u64,
}

/// So many pauses are remembered.
pub const PAUSES: usize = 256;

/// Time stopped, and the wall clock at the end, of the last collections: number `n` at `(n - 1) % PAUSES`.
#[derive(Clone, Debug)]
pub struct Pauses {
    pub ns: [u64; PAUSES],
    pub end: [u64; PAUSES],
}

pub struct Pacer {
    granted: AtomicUsize,
    granted_objects: AtomicUsize,
    trigger: AtomicUsize,
    want: AtomicBool,
    /// An allocation failed: only a full collection will do.
    pressed: AtomicBool,
    hook: OnceLock<Box<dyn Fn() + Send + Sync>>,
    gogc: AtomicU32,
    limit: AtomicUsize,
    /// Collections come more often rather than that the heap passes this (`SetMemoryLimit`); nothing fails.
    soft_limit: AtomicUsize,
    external: AtomicUsize,
    /// Stress mode: ask at every so many allocations (0: off).
    stress: u32,
    stress_count: AtomicU32,
    /// Test mode: this and all later ones of the counted allocations fail (0: off).
    fail_from: u64,
    tried: AtomicU64,
    cpu_ns: AtomicU64,
    /// Pages that were in spans at most, before each of the last collections.
    peaks: Mutex<[usize; PEAKS]>,
    pub totals: Mutex<Totals>,
    pub pauses: Mutex<Box<Pauses>>,
}

impl Pacer {
    pub fn new(limit: usize, gogc: Option<u32>, stress_every: Option<u32>) -> Pacer {
        let pacer = Pacer {
            granted: AtomicUsize::new(0),
            granted_objects: AtomicUsize::new(0),
            trigger: AtomicUsize::new(0),
            want: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            hook: OnceLock::new(),
            gogc: AtomicU32::new(gogc.unwrap_or(OFF)),
            limit: AtomicUsize::new(limit),
            soft_limit: AtomicUsize::new(usize::MAX),
            external: AtomicUsize::new(0),
            stress: stress_every.map_or(0, |n| n.max(1)),
            stress_count: AtomicU32::new(0),
            fail_from: 0,
            tried: AtomicU64::new(0),
            cpu_ns: AtomicU64::new(0),
            peaks: Mutex::new([0; PEAKS]),
            totals: Mutex::default(),
            pauses: Mutex::new(Box::new(Pauses { ns: [0; PAUSES], end: [0; PAUSES] })),
        };
        pacer.trigger.store(pacer.growth(0, 0), Relaxed);
        pacer
    }

    pub fn failing(self, from: Option<u64>) -> Pacer {
        Pacer { fail_from: from.unwrap_or(0), ..self }
    }

    #[inline(always)]
    pub fn want_flag(&self) -> &AtomicBool {
        &self.want
    }

    pub fn set_hook(&self, hook: Box<dyn Fn() + Send + Sync>) -> bool {
        self.hook.set(hook).is_ok()
    }

    /// Asks for a collection.
    #[cold]
    pub fn request(&self) {
        if !self.want.swap(true, AcqRel)
            && let Some(hook) = self.hook.get()
        {
            hook();
        }
    }

    /// Asks for a collection, again if somebody has asked before: a P that was just setting its guard may have missed that.
    #[cold]
    fn insist(&self) {
        self.want.store(true, Release);
        if let Some(hook) = self.hook.get() {
            hook();
        }
    }

    /// Something did not fit: asks for a full collection.
    #[cold]
    pub fn press(&self) {
        self.pressed.store(true, Relaxed);
        self.request();
    }

    /// Whether [`Pacer::press`] was called since the last time.
    pub fn take_pressed(&self) -> bool {
        self.pressed.swap(false, Relaxed)
    }

    /// A test mode wants to see every allocation.
    pub fn stressed(&self) -> bool {
        self.stress != 0 || self.fail_from != 0
    }

    /// Test mode: fails this allocation, as at the limit?
    pub fn refuses(&self) -> bool {
        self.fail_from != 0 && self.tried.fetch_add(1, Relaxed) + 1 >= self.fail_from
    }

    /// One allocation on the slow path.
    pub fn tick(&self) {
        if self.stress != 0 && (self.stress_count.fetch_add(1, Relaxed) + 1).is_multiple_of(self.stress) {
            self.request();
        }
    }

    /// Cells were handed out, and nobody asks for a collection. World stopped.
    pub fn grant_quietly(&self, bytes: usize, objects: usize) {
        self.granted_objects.fetch_add(objects, Relaxed);
        self.granted.fetch_add(bytes, Relaxed);
    }

    /// Cells were handed out.
    pub fn grant(&self, bytes: usize, objects: usize) {
        self.granted_objects.fetch_add(objects, Relaxed);
        if self.granted.fetch_add(bytes, Relaxed) + bytes >= self.trigger.load(Relaxed) {
            self.insist();
        }
    }

    /// Bytes and objects handed out since the last collection.
    pub fn granted(&self) -> (usize, usize) {
        (self.granted.load(Relaxed), self.granted_objects.load(Relaxed))
    }

    pub fn external(&self) -> usize {
        self.external.load(Relaxed)
    }

    /// Collections come by growth.
    pub fn is_on(&self) -> bool {
        self.gogc.load(Relaxed) != OFF || self.soft_limit.load(Relaxed) != usize::MAX
    }

    /// A concurrent cycle begins: gives the bytes that may be alive and those that may be granted until it has to be over, when
    /// the next request comes.
    pub fn begin_cycle(&self, inuse: usize) -> (usize, usize) {
        let totals = self.totals.lock();
        let slack = (self.growth(totals.live_bytes, inuse * PAGE) / SLACK_PART).max(LEAST_GROWTH);
        let granted = self.granted.load(Relaxed);
        self.trigger.store(granted.saturating_add(slack + slack / 2), Relaxed);
        self.want.store(false, Release);
        (totals.live_bytes + granted, slack)
    }

    /// So much was granted that the cycle must end now.
    pub fn is_late(&self) -> bool {
        self.stressed() || self.granted.load(Relaxed) >= self.trigger.load(Relaxed)
    }

    /// Bytes that may be granted until the next request.
    pub fn growth_left(&self) -> usize {
        self.trigger.load(Relaxed).saturating_sub(self.granted.load(Relaxed))
    }

    /// Bytes of `free` pages that will be taken again soon, after a collection before which `peak` pages were in use and which has
    /// left `inuse`. At most those until the next request, and a part of the growth for what is taken on the way to the stop and lies in
    /// spans that are not swept; small heaps keep more: what is given back costs a fault to get again. And not more than was needed at
    /// some time lately: a request that was answered late once must not stay in memory for ever.
    pub fn wanted_until_next(&self, peak: usize, inuse: usize) -> usize {
        let growth = self.trigger.load(Relaxed);
        let soon = self.growth_left() + (growth / 4).max(growth.min(KEPT));
        let lately = {
            let mut peaks = self.peaks.lock();
            peaks.rotate_right(1);
            peaks[0] = peak;
            peaks.iter().copied().max().unwrap_or(peak)
        };
        let lately = (lately + lately / 16).saturating_sub(inuse) * PAGE;
        soon.min(lately.max(KEPT_LEAST))
    }

    /// A request was answered without a collection.
    pub fn served(&self) {
        self.want.store(false, Release);
    }

    /// Handed-out cells came back unused. World stopped.
    pub fn ungrant(&self, bytes: usize, objects: usize) {
        self.granted.fetch_sub(bytes, Relaxed);
        self.granted_objects.fetch_sub(objects, Relaxed);
    }

    /// Pages that spans may take up together.
    pub fn allowed_pages(&self) -> usize {
        self.room(0) / PAGE
    }

    /// What the limit leaves to `heap_pages` pages, accounted memory and what Rust code has taken.
    pub fn room(&self, heap_pages: usize) -> usize {
        let taken = self.external.load(Relaxed).saturating_add(crate::native::large_bytes());
        self.limit.load(Relaxed).saturating_sub(taken).saturating_sub(heap_pages * PAGE)
    }

    /// Adds to the outside memory; false (and nothing changed) when that would pass the limit.
    pub fn account_external(&self, delta: isize, heap_pages: usize) -> bool {
        if delta <= 0 {
            let back = delta.unsigned_abs();
            let update = self.external.fetch_update(Relaxed, Relaxed, |now| Some(now.saturating_sub(back)));
            return update.is_ok();
        }
        let room =
            self.limit.load(Relaxed).saturating_sub(heap_pages * PAGE).saturating_sub(crate::native::large_bytes());
        let fits = |now: usize| now.checked_add(delta as usize).filter(|sum| *sum <= room);
        let done = !self.refuses() && self.external.fetch_update(Relaxed, Relaxed, fits).is_ok();
        if !done {
            self.press();
        }
        done
    }

    /// Sets the percentage and returns the old one; counts from the next collection on.
    pub fn set_gogc(&self, gogc: Option<u32>) -> Option<u32> {
        let old = self.gogc.swap(gogc.unwrap_or(OFF), Relaxed);
        (old != OFF).then_some(old)
    }

    pub fn set_limit(&self, limit: usize) -> usize {
        self.limit.swap(limit, Relaxed)
    }

    pub fn soft_limit(&self) -> usize {
        self.soft_limit.load(Relaxed)
    }

    pub fn set_soft_limit(&self, limit: usize) {
        self.soft_limit.store(limit, Relaxed);
    }

    /// Takes new settings into account, between collections.
    pub fn retrigger(&self, inuse: usize) {
        let totals = self.totals.lock();
        let growth = self.growth(totals.live_bytes, inuse);
        self.trigger.store(growth - growth / SLACK_PART, Relaxed);
    }

    /// Bytes to allocate before the next collection, with `live` bytes alive in `inuse` bytes of spans.
    fn growth(&self, live: usize, inuse: usize) -> usize {
        let external = self.external.load(Relaxed);
        let wanted = match self.gogc.load(Relaxed) {
            OFF => usize::MAX,
            percent => {
                let share = (live as u128 + external as u128) * percent as u128 / 100;
                usize::try_from(share).unwrap_or(usize::MAX).max(MIN_GROWTH)
            }
        };
        let used = inuse.saturating_add(external).saturating_add(crate::native::large_bytes());
        let soft = self.soft_limit.load(Relaxed).saturating_sub(used);
        let wanted = wanted.min(soft.max(MIN_GROWTH));
        // The room left below the limit is never used up without a collection before: natives cannot wait for one.
        let room = self.room(inuse / PAGE);
        wanted.min((room / 4 * 3).max(LEAST_GROWTH))
    }

    /// A collection has ended: counts, and sets the next trigger. Returns the growth until then.
    pub fn collected(&self, live_objects: usize, live_bytes: usize, inuse: usize) -> usize {
        let mut totals = self.totals.lock();
        let objects = self.granted_objects.swap(0, Relaxed);
        totals.bytes += self.granted.swap(0, Relaxed);
        totals.objects += objects;
        totals.frees = totals.objects.saturating_sub(live_objects);
        totals.live_objects = live_objects;
        totals.live_bytes = live_bytes;
        totals.num_gc += 1;
        let growth = self.growth(live_bytes, inuse);
        self.trigger.store(growth - growth / SLACK_PART, Relaxed);
        self.want.store(false, Release);
        growth
    }

    /// A stop of `ns` is over, with which a collection has ended if their number was `before`.
    pub fn paused(&self, ns: u64, before: u32) {
        let mut totals = self.totals.lock();
        totals.pause_total_ns += ns;
        totals.pending_ns += ns;
        if totals.num_gc != before {
            totals.last_pause_ns = std::mem::take(&mut totals.pending_ns);
            let mut pauses = self.pauses.lock();
            let at = (totals.num_gc as usize + PAUSES - 1) % PAUSES;
            pauses.ns[at] = totals.last_pause_ns;
            let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            pauses.end[at] = wall.map_or(0, |time| time.as_nanos() as u64);
        }
    }

    /// Counts the processor time that `work` takes as the collector's.
    pub fn timed<T>(&self, work: impl FnOnce() -> T) -> T {
        let begin = cpu_ns(libc::CLOCK_THREAD_CPUTIME_ID);
        let out = work();
        self.cpu_ns.fetch_add(cpu_ns(libc::CLOCK_THREAD_CPUTIME_ID).saturating_sub(begin), Relaxed);
        out
    }

    /// The figures that do not need the page allocator.
    pub fn stats(&self) -> HeapStats {
        let totals = self.totals.lock();
        let granted = self.granted.load(Relaxed);
        let mallocs = (totals.objects + self.granted_objects.load(Relaxed)) as u64;
        HeapStats {
            heap_alloc: (totals.live_bytes + granted) as u64,
            total_alloc: (totals.bytes + granted) as u64,
            mallocs,
            frees: totals.frees as u64,
            heap_objects: mallocs - totals.frees as u64,
            external: self.external.load(Relaxed) as u64,
            num_gc: totals.num_gc,
            num_forced: totals.num_forced,
            pause_total_ns: totals.pause_total_ns,
            last_pause_ns: totals.last_pause_ns,
            cpu_ns: self.cpu_ns.load(Relaxed),
            next_gc: totals.live_bytes.saturating_add(self.trigger.load(Relaxed)) as u64,
            ..HeapStats::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_follows_live_bytes_and_stays_below_the_limit() {
        let pacer = Pacer::new(usize::MAX, Some(100), None);
        assert_eq!(pacer.growth(0, 0), MIN_GROWTH);
        assert_eq!(pacer.growth(100 << 20, 100 << 20), 100 << 20);
        pacer.set_gogc(Some(50));
        assert_eq!(pacer.growth(100 << 20, 100 << 20), 50 << 20);
        pacer.set_limit(120 << 20);
        assert_eq!(pacer.growth(100 << 20, 100 << 20), 15 << 20);
        assert!(pacer.account_external(20 << 20, 6400));
        assert!(!pacer.account_external(1, 6400));
        assert_eq!(pacer.growth(100 << 20, 100 << 20), LEAST_GROWTH);
        assert_eq!(pacer.set_gogc(None), Some(50));
        pacer.set_limit(usize::MAX);
        assert!(pacer.growth(1, 1) > 1 << 60);
    }

    #[test]
    fn what_no_collection_lately_needed_is_not_kept() {
        let pacer = Pacer::new(usize::MAX, Some(100), None);
        let (usual, once) = (2048, 8192);
        pacer.collected(0, 0, 0);
        // Large as the free part is, the growth bounds it; it is forgotten by and by.
        let at_once = pacer.wanted_until_next(once, usual);
        for _ in 1..PEAKS {
            assert!(pacer.wanted_until_next(usual, usual) == at_once);
        }
        assert!(at_once >= MIN_GROWTH);
        assert_eq!(pacer.wanted_until_next(usual, usual), (usual / 16 * PAGE).max(KEPT_LEAST));
        let small = Pacer::new(usize::MAX, Some(100), None);
        assert_eq!(small.wanted_until_next(10, 5), KEPT_LEAST);
    }

    #[test]
    fn the_hook_is_called_once_a_request() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let pacer = Pacer::new(usize::MAX, Some(100), Some(3));
        assert!(pacer.set_hook(Box::new(|| {
            CALLS.fetch_add(1, Relaxed);
        })));
        for _ in 0..6 {
            pacer.tick();
        }
        assert_eq!(CALLS.load(Relaxed), 1);
        pacer.collected(0, 0, 0);
        assert!(!pacer.want_flag().load(Relaxed));
        pacer.grant(MIN_GROWTH, 1);
        assert_eq!(CALLS.load(Relaxed), 2);
    }
}

//! A collection: flush, mark, free, pace. The world is stopped from begin to end.
//!
//! Invariants: the epoch advances exactly once a collection, in 1..=[`LAST_EPOCH`]; when it wraps, all mark bytes are
//! cleared. After marking, a span whose `live` is not the epoch holds no live object and is freed as a whole, without
//! touching its memory; every other span of cells is put into the list of its kind and swept when a cache takes it.

use super::Heap;
use super::cache::Cache;
use super::cycle::End;
use super::mark::{Marker, Work};
use super::pace::cpu_ns;
use super::page::{FREE, FreePages, LARGE, NO_PAGE, Pages};
use super::pool::Pool;
use super::size::{KINDS, PAGE};
use crate::sync::Mutex;
use crate::sync::atomic::Ordering::*;
use std::time::Instant;

/// What passes root ranges on.
pub type Visit<'a> = &'a mut dyn FnMut(*const u64, usize);

const LAST_EPOCH: u8 = 250;
/// Live bytes below which one worker marks alone: starting a thread costs more than it saves.
const PARALLEL_FROM: usize = 16 << 20;
/// Pages that one collection gives back at most.
const RELEASE_MOST: usize = (32 << 20) / PAGE;
/// And with one lock of the page allocator.
const RELEASE_STEP: usize = (2 << 20) / PAGE;

/// Spans of one kind that the last collection reached and nobody has swept.
pub struct Unswept {
    head: Mutex<u32>,
}

impl Unswept {
    pub fn new() -> Unswept {
        Unswept { head: Mutex::new(NO_PAGE) }
    }

    pub fn clear(&self) {
        *self.head.lock() = NO_PAGE;
    }

    pub fn pop(&self, pages: &Pages) -> Option<usize> {
        let mut head = self.head.lock();
        let first = *head;
        if first == NO_PAGE {
            return None;
        }
        *head = pages.page(first as usize).next.load(Relaxed);
        Some(first as usize)
    }
}

/// Where marking begins.
pub struct Roots<'a> {
    /// What is no goroutine's: globals, timers, the engine's own.
    pub fixed: &'a mut dyn FnMut(Visit),
    /// Stacks of all live goroutines, which count as scanned afterwards.
    pub stacks: &'a mut dyn FnMut(Visit),
}

impl Heap {
    /// A full collection. The world is stopped; `roots` is called once with the marker's visitor, which takes ranges of
    /// words that are scanned conservatively. All caches must be passed to be flushed.
    ///
    /// # Safety
    /// No other thread touches the heap during the call, `caches` gives every cache of this heap, and the ranges can be read.
    pub unsafe fn collect(&self, caches: &mut dyn Iterator<Item = &mut Cache>, roots: &mut dyn FnMut(Visit)) {
        let begin = Instant::now();
        let before = self.pacer.totals.lock().num_gc;
        let mut roots = Roots { fixed: roots, stacks: &mut |_| {} };
        self.close_quarantine(false);
        // SAFETY: says the caller.
        unsafe { self.collect_now(&mut caches.collect::<Vec<_>>(), &mut roots) };
        self.pacer.paused(begin.elapsed().as_nanos() as u64, before);
        self.after_stop();
    }

    /// Answers a request: begins or ends a concurrent cycle, or collects at once. `full`: everything that is dead now is
    /// free afterwards. `asked`: when the stop began.
    ///
    /// # Safety
    /// As [`Heap::collect`]. The heap does not move afterwards.
    pub unsafe fn step(&self, caches: &mut [&mut Cache], roots: &mut Roots, full: bool, asked: Instant) {
        let before = self.pacer.totals.lock().num_gc;
        // SAFETY: says the caller.
        let what = self.pacer.timed(|| unsafe { self.answer(caches, roots, full) });
        let ns = asked.elapsed().as_nanos() as u64;
        self.pacer.paused(ns, before);
        if full {
            self.pacer.totals.lock().num_forced += 1;
        }
        if self.config.trace {
            let stats = self.pacer.stats();
            let (live, goal) = (stats.heap_alloc >> 10, stats.next_gc >> 10);
            let (own, all) = (stats.cpu_ns / 1000, cpu_ns(libc::CLOCK_PROCESS_CPUTIME_ID) / 1000);
            let percent = 100 * own / all.max(1);
            crate::tell(&format!(
                "gc {} {what}: {} us stopped, {live} KiB used, {goal} KiB goal, {own} us of {all} ({percent}%) by the collector\n",
                stats.num_gc,
                ns / 1000
            ));
        }
    }

    /// What the stop is for, done. World stopped.
    ///
    /// # Safety
    /// As [`Heap::step`].
    unsafe fn answer(&self, caches: &mut [&mut Cache], roots: &mut Roots, full: bool) -> &'static str {
        let pressed = self.pacer.take_pressed();
        let full = pressed || full;
        self.close_quarantine(pressed);
        if self.cycle.marking() {
            let late = full || self.pacer.is_late();
            match self.end_cycle(caches, roots, late) {
                End::GoesOn => return "goes on",
                End::Finished if !full && late => return "ends late",
                End::Finished if !full => return "ends",
                End::Finished => {}
            }
        } else if !full && self.can_begin() {
            for cache in caches.iter_mut() {
                self.flush(cache);
            }
            self.begin_cycle(roots);
            return "begins";
        }
        // SAFETY: says the caller.
        unsafe { self.collect_now(caches, roots) };
        "stopped"
    }

    /// # Safety
    /// As [`Heap::collect`].
    unsafe fn collect_now(&self, caches: &mut [&mut Cache], roots: &mut Roots) {
        for cache in caches.iter_mut() {
            self.flush(cache);
        }
        let epoch = self.next_epoch();
        let (objects, bytes) = self.mark(epoch, roots);
        self.finish(epoch);
        self.pacer.collected(objects, bytes, self.pages.inuse() * PAGE);
        self.count_live();
    }

    /// After a stop, when goroutines run again: marking goes on, or memory that is not needed until the next collection goes back to
    /// the system.
    pub fn after_stop(&self) {
        if self.cycle.marking() {
            return self.cycle.go_on();
        }
        let keep = self.pacer.wanted_until_next(self.pages.take_peak(), self.pages.inuse()) / PAGE;
        let mut left = RELEASE_MOST;
        self.pacer.timed(|| {
            while left > 0 && self.pages.release_free(keep, RELEASE_STEP) == RELEASE_STEP {
                left -= RELEASE_STEP.min(left);
            }
        });
    }

    /// First pages of all spans.
    pub(super) fn spans(&self) -> impl Iterator<Item = usize> + '_ {
        let (mut at, used) = (0, self.pages.used());
        std::iter::from_fn(move || {
            while at < used {
                let first = at;
                let page = self.pages.page(first);
                if page.state.load(Relaxed) == FREE {
                    at += 1;
                } else {
                    at += page.npages.load(Relaxed) as usize;
                    return Some(first);
                }
            }
            None
        })
    }

    pub(super) fn next_epoch(&self) -> u8 {
        let mut epoch = self.epoch.load(Relaxed) + 1;
        if epoch > LAST_EPOCH {
            epoch = 1;
            for first in self.spans() {
                self.pages.set_marks(first, 0, self.pages.page(first).ncells.load(Relaxed) as usize, 0);
            }
        }
        self.epoch.store(epoch, Relaxed);
        epoch
    }

    /// Marks what the roots reach; returns the number of objects and their bytes.
    fn mark(&self, epoch: u8, roots: &mut Roots) -> (usize, usize) {
        let was_live = self.pacer.totals.lock().live_bytes;
        let mut words = Vec::new();
        let mut lead = |pool: &Pool<Work>| {
            let mut marker = Marker::new(self, pool, epoch);
            // SAFETY: the caller of `collect` gives ranges that can be read.
            let mut follow = |at: *const u64, len: usize| unsafe {
                marker.roots(at, len);
                if self.config.verify {
                    words.extend((0..len).map(|i| at.add(i).read()));
                }
            };
            (roots.fixed)(&mut follow);
            self.final_roots(&mut follow);
            (roots.stacks)(&mut follow);
            marker.work();
            (marker.objects, marker.bytes)
        };
        let sum = self.mark_with(self.workers_for(was_live), epoch, &mut lead);
        if self.config.verify {
            self.verify(epoch, &words);
        }
        self.find_dead(epoch);
        sum
    }

    /// How many threads are worth it when about so many bytes are to be marked.
    pub(super) fn workers_for(&self, bytes: usize) -> usize {
        if bytes < PARALLEL_FROM { 1 } else { self.workers.load(Relaxed).max(1) }
    }

    /// Runs `lead` beside `workers - 1` threads; objects and bytes that all together have marked.
    pub(super) fn mark_with(
        &self,
        workers: usize,
        epoch: u8,
        lead: &mut dyn FnMut(&Pool<Work>) -> (usize, usize),
    ) -> (usize, usize) {
        let pool = &Pool::new(workers);
        if workers == 1 {
            return lead(pool);
        }
        std::thread::scope(|scope| {
            let mut helpers = Vec::new();
            for _ in 1..workers {
                let builder = std::thread::Builder::new().name(String::from("gol-mark"));
                let help = || {
                    let mut marker = Marker::new(self, pool, epoch);
                    self.pacer.timed(|| marker.work());
                    (marker.objects, marker.bytes)
                };
                match builder.spawn_scoped(scope, help) {
                    Ok(helper) => helpers.push(helper),
                    Err(_) => pool.leave(),
                }
            }
            let (mut objects, mut bytes) = lead(pool);
            for helper in helpers {
                let (o, b) = helper.join().expect("a marker does not panic");
                objects += o;
                bytes += b;
            }
            (objects, bytes)
        })
    }

    /// Frees dead spans and lists the others as unswept.
    pub(super) fn finish(&self, epoch: u8) {
        if self.config.poison {
            self.poison_dead(epoch);
        }
        let mut free = self.pages.free.lock();
        let mut tails = [NO_PAGE; KINDS];
        for list in self.unswept.iter() {
            list.clear();
        }
        for first in self.spans() {
            let page = self.pages.page(first);
            if page.live.load(Relaxed) != epoch {
                self.free_dead(&mut free, first);
            } else if page.state.load(Relaxed) != LARGE {
                let kind = page.kind.load(Relaxed) as usize;
                page.next.store(NO_PAGE, Relaxed);
                match std::mem::replace(&mut tails[kind], first as u32) {
                    NO_PAGE => *self.unswept[kind].head.lock() = first as u32,
                    last => self.pages.page(last as usize).next.store(first as u32, Relaxed),
                }
            }
        }
    }

    fn free_dead(&self, free: &mut FreePages, first: usize) {
        if self.config.poison {
            self.poison_span(first, self.pages.page(first));
        }
        self.pages.free_span(free, first);
    }
}

//! A collection: flush, mark, free, pace. The world is stopped from begin to end.
//!
//! Invariants: the epoch advances exactly once a collection, in 1..=[`LAST_EPOCH`]; when it wraps, all mark bytes are
//! cleared. After marking, a span whose `live` is not the epoch holds no live object and is freed as a whole, without
//! touching its memory; every other span of cells is put into the list of its kind and swept when a cache takes it.

use super::Heap;
use super::cache::Cache;
use super::mark::{Marker, Pool};
use super::page::{FREE, FreePages, LARGE, NO_PAGE, Pages};
use super::size::{KINDS, PAGE};
use parking_lot::Mutex;
use std::sync::atomic::Ordering::*;
use std::time::Instant;

/// What passes root ranges on.
pub type Visit<'a> = &'a mut dyn FnMut(*const u64, usize);

const LAST_EPOCH: u8 = 250;
/// Live bytes below which one worker marks alone: starting a thread costs more than it saves.
const PARALLEL_FROM: usize = 16 << 20;
/// Pages that one collection gives back at most (32 MiB): the system's work is part of the pause.
const RELEASE_MOST: usize = (32 << 20) / PAGE;

/// Spans of one kind that the last collection reached and nobody has swept.
pub struct Unswept {
    head: Mutex<u32>,
}

impl Unswept {
    pub fn new() -> Unswept {
        Unswept { head: Mutex::new(NO_PAGE) }
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

impl Heap {
    /// A full collection. The world is stopped; `roots` is called once with the marker's visitor, which takes ranges of
    /// words that are scanned conservatively. All caches must be passed to be flushed.
    ///
    /// # Safety
    /// No other thread touches the heap during the call, `caches` gives every cache of this heap, and the ranges can be read.
    pub unsafe fn collect(&self, caches: &mut dyn Iterator<Item = &mut Cache>, roots: &mut dyn FnMut(Visit)) {
        let begin = Instant::now();
        for cache in caches {
            self.flush(cache);
        }
        let epoch = self.next_epoch();
        let (objects, bytes) = self.mark(epoch, roots);
        self.finish(epoch);
        let growth = self.pacer.collected(objects, bytes, self.pages.inuse() * PAGE);
        self.pages.release_free(growth / PAGE, RELEASE_MOST);
        self.pacer.paused(begin.elapsed().as_nanos() as u64);
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

    fn next_epoch(&self) -> u8 {
        let mut epoch = self.epoch.load(Relaxed) + 1;
        if epoch > LAST_EPOCH {
            epoch = 1;
            for first in self.spans() {
                for cell in 0..self.pages.page(first).ncells.load(Relaxed) as usize {
                    self.pages.mark(first, cell).store(0, Relaxed);
                }
            }
        }
        self.epoch.store(epoch, Relaxed);
        epoch
    }

    /// Marks what the roots reach; returns the number of objects and their bytes.
    fn mark(&self, epoch: u8, roots: &mut dyn FnMut(Visit)) -> (usize, usize) {
        let was_live = self.pacer.totals.lock().live_bytes;
        let workers = if was_live < PARALLEL_FROM { 1 } else { self.workers.load(Relaxed).max(1) };
        let pool = Pool::new(workers);
        let mut words = Vec::new();
        let mut lead = |pool: &Pool| {
            let mut marker = Marker::new(self, pool, epoch);
            roots(&mut |at, len| {
                // SAFETY: the caller of `collect` gives ranges that can be read.
                unsafe {
                    marker.roots(at, len);
                    if self.config.verify {
                        words.extend((0..len).map(|i| at.add(i).read()));
                    }
                }
            });
            marker.work();
            (marker.objects, marker.bytes)
        };
        let sum = if workers == 1 { lead(&pool) } else { self.mark_with(workers, epoch, &pool, &mut lead) };
        if self.config.verify {
            self.verify(epoch, &words);
        }
        sum
    }

    /// Runs `lead` beside `workers - 1` threads.
    fn mark_with(
        &self,
        workers: usize,
        epoch: u8,
        pool: &Pool,
        lead: &mut dyn FnMut(&Pool) -> (usize, usize),
    ) -> (usize, usize) {
        std::thread::scope(|scope| {
            let mut helpers = Vec::new();
            for _ in 1..workers {
                let builder = std::thread::Builder::new().name(String::from("gol-mark"));
                let help = || {
                    let mut marker = Marker::new(self, pool, epoch);
                    marker.work();
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
    fn finish(&self, epoch: u8) {
        let mut free = self.pages.free.lock();
        let mut tails = [NO_PAGE; KINDS];
        for list in self.unswept.iter() {
            *list.head.lock() = NO_PAGE;
        }
        for first in self.spans() {
            let page = self.pages.page(first);
            if page.live.load(Relaxed) != epoch {
                self.free_dead(&mut free, first);
            } else if page.state.load(Relaxed) != LARGE {
                if self.config.poison {
                    self.poison_cells(first, page, epoch);
                }
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

//! Allocator and collector against a model, by random programs that shrink when they fail.
//!
//! A program is a list of [`Step`]s that goroutines take in turn, on two caches; a concurrent cycle is marked in the same
//! thread, a few objects at a time between them, so that a failure comes again. The model knows every object that no collection
//! has found dead: where it lies, what it holds, what it counts for. After a collection it knows exactly what must be marked: what can
//! be reached, or after a cycle what could be reached at its beginning and what was allocated since.
//!
//! `PROPTEST_CASES=n` runs other programs every time, and so many.

use super::cycle::End;
use super::size::{SIZES, SMALL_MAX, span_pages};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// Programs in CI.
const CASES: u32 = if cfg!(miri) { 2 } else { 300 };
const STEPS: usize = if cfg!(miri) { 60 } else { 400 };
/// More than a program allocates.
const ARENA: usize = if cfg!(miri) { 64 << 20 } else { 4 << 30 };
const LARGE: u32 = 150_000;
const MOST: u32 = if cfg!(miri) { LARGE } else { 3_000_000 };
const STACKS: usize = 3;
const CACHES: usize = 2;
const GLOBALS: usize = 4;
/// Goroutines have numbers so far apart that a marker takes one stack at a time.
const APART: usize = 32;
/// Collections after which numbers have begun again.
const EPOCHS: usize = 260;
/// Collections after which nothing is in quarantine.
const FORGOTTEN: usize = 10;

#[derive(Clone, Debug)]
struct Setup {
    poison: bool,
    quarantine: usize,
    verify: bool,
    stress: Option<u32>,
    /// Pages.
    limit: Option<usize>,
    /// Behind this step so many collections that their numbers begin again.
    wraps: Option<usize>,
    /// Words that are no references are roots too, so dead and free cells are marked.
    noise: bool,
}

/// Objects are told by their places on the goroutine's stack, taken modulo its length; so are words by those of the object.
#[derive(Clone, Debug)]
enum Step {
    New {
        shape: usize,
        bytes: u32,
        by_key: bool,
        fill: u16,
    },
    /// So many objects that nobody keeps.
    Litter {
        objects: u32,
        bytes: u32,
    },
    Store {
        object: u16,
        word: u16,
        value: Option<u16>,
        inside: u16,
    },
    Load {
        object: u16,
        word: u16,
    },
    SetGlobal {
        slot: usize,
        object: Option<u16>,
    },
    GetGlobal {
        slot: usize,
    },
    Drop {
        object: u16,
    },
    DropHalf,
    Begin,
    Mark {
        objects: usize,
    },
    End {
        now: bool,
    },
    Collect,
    Release,
    Account {
        bytes: isize,
    },
    LookUp {
        object: u16,
    },
}

fn setup() -> impl Strategy<Value = Setup> {
    let quarantine = prop_oneof![Just(0), Just(2000), Just(100_000)];
    let stress = prop_oneof![3 => Just(None), 1 => Just(Some(7))];
    let limit = prop_oneof![3 => Just(None), 1 => (8..200usize).prop_map(Some)];
    let parts = (
        any::<bool>(),
        quarantine,
        any::<bool>(),
        stress,
        limit,
        prop_oneof![9 => Just(None), 1 => (0..STEPS / 2).prop_map(Some)],
        any::<bool>(),
    );
    parts.prop_map(|(poison, quarantine, verify, stress, limit, wraps, noise)| Setup {
        poison,
        quarantine,
        verify,
        stress,
        limit,
        wraps,
        noise,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = prop_oneof![600 => 0..80u32, 300 => 0..600u32, 90 => 0..20_000u32, 10 => 0..LARGE, 3 => 0..MOST];
    let new = (0..SHAPES, bytes, any::<bool>(), any::<u16>());
    let store = (any::<u16>(), any::<u16>(), any::<Option<u16>>(), any::<u16>());
    prop_oneof![
        60 => new.prop_map(|(shape, bytes, by_key, fill)| Step::New { shape, bytes, by_key, fill }),
        1 => (1..400u32, 0..100u32).prop_map(|(objects, bytes)| Step::Litter { objects, bytes }),
        25 => store.prop_map(|(object, word, value, inside)| Step::Store { object, word, value, inside }),
        12 => any::<(u16, u16)>().prop_map(|(object, word)| Step::Load { object, word }),
        4 => (0..GLOBALS, any::<Option<u16>>()).prop_map(|(slot, object)| Step::SetGlobal { slot, object }),
        3 => (0..GLOBALS).prop_map(|slot| Step::GetGlobal { slot }),
        20 => any::<u16>().prop_map(|object| Step::Drop { object }),
        2 => Just(Step::DropHalf),
        4 => Just(Step::Begin),
        10 => (1..40usize).prop_map(|objects| Step::Mark { objects }),
        3 => any::<bool>().prop_map(|now| Step::End { now }),
        3 => Just(Step::Collect),
        1 => Just(Step::Release),
        2 => (-100_000..100_000isize).prop_map(|bytes| Step::Account { bytes }),
        3 => any::<u16>().prop_map(|object| Step::LookUp { object }),
    ]
}

const SHAPES: usize = 8;

fn shapes() -> [Desc; SHAPES] {
    use PtrMap::{All, None};
    let bits = |words: &[u64]| PtrMap::Bits(words.into());
    [
        (0, None, 1, None),
        (1, None, 2, None),
        (0, None, 24, bits(&[0b101])),
        (0, None, 8, All),
        (1, None, 8, All),
        (2, bits(&[0b10]), 16, bits(&[0b01])),
        (1, All, 0, None),
        (0, None, 70 * 8, bits(&[1 << 63 | 5, 9])),
    ]
    .map(|(prefix_words, prefix_ptrs, stride, ptrs)| Desc::new(prefix_words, prefix_ptrs, stride, ptrs))
}

fn traces(desc: &Desc, word: usize) -> bool {
    match word.checked_sub(desc.prefix_words as usize) {
        None => desc.prefix_ptrs.has(word),
        Some(_) if desc.stride < 8 => false,
        Some(i) => desc.ptrs.has(i % (desc.stride as usize / 8)),
    }
}

/// Bytes of the cell for an object of so many, and pages of its span.
fn cell(bytes: usize) -> (usize, usize) {
    let size = bytes + 8;
    match SIZES.iter().map(|s| *s as usize).find(|s| *s >= size) {
        Some(class) => (class, span_pages(class)),
        None => (size.next_multiple_of(PAGE), size.div_ceil(PAGE)),
    }
}

struct Object {
    shape: usize,
    len: u64,
    bytes: usize,
    /// What its memory holds.
    words: Vec<u64>,
}

#[derive(Default)]
struct Stack {
    words: Vec<u64>,
    /// Number of the last cycle that has scanned it.
    scanned: u8,
}

/// What markers take stacks from.
type Stacks = Arc<std::sync::Mutex<[Stack; STACKS]>>;

struct Model {
    heap: Heap,
    caches: [Cache; CACHES],
    setup: Setup,
    shapes: [Desc; SHAPES],
    stacks: Stacks,
    globals: [u64; GLOBALS],
    /// By the address of the payload.
    objects: BTreeMap<u64, Object>,
    /// Of this collection or cycle.
    noise: Vec<u64>,
    /// While a cycle marks: what could be reached at its beginning, and what was allocated since.
    cycle: Option<BTreeSet<u64>>,
    mallocs: u64,
    frees: u64,
    total: u64,
    external: usize,
    collections: u32,
    /// The largest `heap_sys`.
    sys: u64,
}

impl Model {
    fn new(setup: Setup) -> Model {
        let config = HeapConfig {
            limit: setup.limit.map_or(usize::MAX, |pages| pages * PAGE),
            stress_every: setup.stress,
            poison: setup.poison,
            quarantine: setup.quarantine,
            verify: setup.verify,
            ..HeapConfig::default()
        };
        let region = if cfg!(miri) { Region::arena } else { Region::reserve };
        let heap = Heap::with_regions(&config, ARENA, 64, region).expect("memory");
        let shapes = shapes();
        for (i, desc) in shapes.iter().enumerate() {
            assert_eq!(heap.add_desc(desc.clone()), 1 + i as DescId);
        }
        let stacks = Stacks::default();
        let parked = stacks.clone();
        let hook = move |number: u8, from: usize, n: usize, visit: &mut dyn FnMut(*const u64, usize)| {
            for (k, stack) in parked.lock().expect("no panic").iter_mut().enumerate() {
                if (from..from + n).contains(&(k * APART)) && stack.scanned != number {
                    visit(stack.words.as_ptr(), stack.words.len());
                    stack.scanned = number;
                }
            }
            from <= (STACKS - 1) * APART
        };
        assert!(heap.set_stack_hook(Box::new(hook)));
        let caches = std::array::from_fn(|_| heap.new_cache());
        let (objects, globals, noise, cycle) = (BTreeMap::new(), [0; GLOBALS], Vec::new(), None);
        let (mallocs, frees, total, external, collections, sys) = (0, 0, 0, 0, 0, 0);
        Model {
            heap,
            caches,
            setup,
            shapes,
            stacks,
            globals,
            objects,
            noise,
            cycle,
            mallocs,
            frees,
            total,
            external,
            collections,
            sys,
        }
    }

    fn run(mut self, steps: &[(usize, Step)]) {
        for (i, (stack, step)) in steps.iter().enumerate() {
            self.enter(*stack);
            self.take(*stack, step);
            self.check_figures();
            if self.setup.wraps == Some(i) {
                (0..EPOCHS).for_each(|_| self.collect());
            }
        }
        for stack in 0..STACKS {
            self.enter(stack);
            self.stacks.lock().expect("no panic")[stack].words.clear();
        }
        self.globals = [0; GLOBALS];
        for _ in 0..FORGOTTEN {
            self.collect();
        }
        assert!(self.objects.is_empty());
        assert_eq!(self.heap.stats().heap_inuse, 0);
        self.reuse_all();
    }

    /// When nothing is in use, what was ever used is one run.
    fn reuse_all(&mut self) {
        let sys = self.heap.stats().heap_sys;
        self.account(-(self.external as isize));
        if sys > SMALL_MAX as u64 && self.setup.limit.is_none_or(|pages| sys as usize <= pages * PAGE) {
            self.new_object(0, 0, sys as u32 - 8, false, 7);
            assert_eq!((self.heap.stats().heap_sys, self.heap.stats().heap_inuse), (sys, sys));
        }
    }

    /// A goroutine goes on: its stack is scanned first.
    fn enter(&mut self, stack: usize) {
        let cache = &mut self.caches[stack % CACHES];
        let own = &mut self.stacks.lock().expect("no panic")[stack];
        if cache.marking() && own.scanned != cache.cycle() {
            own.scanned = cache.cycle();
            // SAFETY: the words are there.
            unsafe { cache.shade(&self.heap, own.words.as_ptr(), own.words.len()) };
            self.heap.hand_over(cache);
        }
    }

    fn take(&mut self, stack: usize, step: &Step) {
        match *step {
            Step::New { shape, bytes, by_key, fill } => self.new_object(stack, shape, bytes, by_key, fill),
            Step::Litter { objects, bytes } => {
                for i in 0..objects {
                    let before = self.stacks.lock().expect("no panic")[stack].words.len();
                    self.new_object(stack, 0, bytes, i % 2 == 0, 1);
                    self.stacks.lock().expect("no panic")[stack].words.truncate(before);
                }
            }
            Step::Store { object, word, value, inside } => self.store(stack, object, word, value, inside),
            Step::Load { object, word } => {
                let Some(at) = self.pick(stack, object).and_then(|word| self.object_of(word)) else { return };
                let object = &self.objects[&at];
                let word = word as usize % object.words.len().max(1);
                if word < object.words.len() && traces(&self.shapes[object.shape], word) {
                    self.push(stack, object.words[word]);
                }
            }
            Step::SetGlobal { slot, object } => {
                self.globals[slot] = object.and_then(|object| self.pick(stack, object)).unwrap_or(0);
            }
            Step::GetGlobal { slot } => self.push(stack, self.globals[slot]),
            Step::Drop { object } => {
                let words = &mut self.stacks.lock().expect("no panic")[stack].words;
                if !words.is_empty() {
                    words.swap_remove(object as usize % words.len());
                }
            }
            Step::DropHalf => {
                let words = &mut self.stacks.lock().expect("no panic")[stack].words;
                words.truncate(words.len() / 2);
            }
            Step::Begin => self.begin(),
            Step::Mark { objects } => self.heap.mark_objects(objects),
            Step::End { now } => self.end(now),
            Step::Collect => self.collect(),
            Step::Release => {
                let before = self.heap.stats().heap_released;
                let given = self.heap.release_free() as u64;
                assert_eq!(self.heap.stats().heap_released, before + given);
            }
            Step::Account { bytes } => self.account(bytes),
            Step::LookUp { object } => self.look_up(stack, object),
        }
    }

    fn push(&self, stack: usize, word: u64) {
        if word != 0 {
            self.stacks.lock().expect("no panic")[stack].words.push(word);
        }
    }

    fn pick(&self, stack: usize, object: u16) -> Option<u64> {
        let words = &self.stacks.lock().expect("no panic")[stack].words;
        (!words.is_empty()).then(|| words[object as usize % words.len()])
    }

    /// The object that a reference points into.
    fn object_of(&self, word: u64) -> Option<u64> {
        let (at, object) = self.objects.range(..=word).next_back()?;
        (word < at + object.bytes.max(1) as u64).then_some(*at)
    }

    fn new_object(&mut self, stack: usize, shape: usize, bytes: u32, by_key: bool, fill: u16) {
        let (id, desc) = (1 + shape as DescId, self.shapes[shape].clone());
        let len = if desc.stride == 0 { bytes as u64 } else { bytes as u64 / desc.stride as u64 };
        let bytes = desc.prefix_words as usize * 8 + len as usize * desc.stride as usize;
        let (size, npages) = cell(bytes);
        let cache = &mut self.caches[stack % CACHES];
        // SAFETY: descriptor, key and cache are this heap's.
        let at = unsafe {
            match by_key {
                true => self.heap.alloc_key(cache, self.heap.class_of(id, len)),
                false => self.heap.alloc(cache, id, len),
            }
        };
        if at.is_null() {
            let limit = self.setup.limit.expect("memory");
            assert!(
                self.heap.pages.inuse() + npages + self.external.div_ceil(PAGE) > limit,
                "{npages} pages would fit"
            );
            assert!(self.heap.want_gc());
            return;
        }
        let first = at as u64 - 8;
        assert_eq!(first % if size > SMALL_MAX { PAGE as u64 } else { 8 }, 0);
        if let Some((other, object)) = self.objects.range(..first + size as u64 + 8).next_back() {
            assert!(other - 8 + cell(object.bytes).0 as u64 <= first, "{at:p} overlaps {other:#x}");
        }
        assert_eq!(self.heap.resolve(at as u64), Some((Header::new(id, len), at)));
        // SAFETY: the cell is the new object's.
        let payload = unsafe { std::slice::from_raw_parts(at, size / 8 - 1) };
        assert!(payload.iter().all(|word| *word == 0), "{at:p} is not zero");
        let words: Vec<u64> =
            (0..bytes as u64 / 8).map(|i| if traces(&desc, i as usize) { 0 } else { i << 16 | fill as u64 }).collect();
        for (i, word) in words.iter().enumerate() {
            // SAFETY: the object has so many words, and nobody else knows it.
            unsafe { at.add(i).write(*word) };
        }
        self.mallocs += 1;
        self.total += size as u64;
        self.objects.insert(at as u64, Object { shape, len, bytes, words });
        if let Some(kept) = &mut self.cycle {
            kept.insert(at as u64);
        }
        self.push(stack, at as u64);
    }

    /// References are stored everywhere, also where nobody looks for them.
    fn store(&mut self, stack: usize, object: u16, word: u16, value: Option<u16>, inside: u16) {
        let Some(at) = self.pick(stack, object).and_then(|word| self.object_of(word)) else { return };
        let value = value.and_then(|value| self.pick(stack, value)).and_then(|word| self.object_of(word));
        let value = value.map_or(0, |at| at + inside as u64 % self.objects[&at].bytes.max(1) as u64);
        let object = self.objects.get_mut(&at).expect("object_of");
        if object.words.is_empty() {
            return;
        }
        let word = word as usize % object.words.len();
        let cache = &mut self.caches[stack % CACHES];
        let place = (at as *mut u64).wrapping_add(word);
        // SAFETY: a word of a live object.
        unsafe {
            if cache.marking() && traces(&self.shapes[object.shape], word) {
                cache.shade(&self.heap, place, 1);
            }
            place.write(value);
        }
        object.words[word] = value;
    }

    fn account(&mut self, bytes: isize) {
        let room = self.setup.limit.map_or(usize::MAX, |pages| pages * PAGE) - self.heap.pages.inuse() * PAGE;
        let fits = bytes <= 0 || self.external + bytes as usize <= room;
        assert_eq!(self.heap.account_external(bytes), fits);
        if fits {
            self.external = self.external.saturating_add_signed(bytes);
        }
    }

    fn look_up(&self, stack: usize, object: u16) {
        let Some(at) = self.pick(stack, object).and_then(|word| self.object_of(word)) else { return };
        let object = &self.objects[&at];
        let expected = Some((Header::new(1 + object.shape as DescId, object.len), at as *mut u64));
        let bytes = object.bytes.max(1) as u64;
        for offset in (0..bytes.min(3000)).chain([bytes - 1]) {
            assert_eq!(self.heap.resolve(at + offset), expected);
        }
    }

    /// What stacks and globals reach.
    fn reachable(&self) -> BTreeSet<u64> {
        let stacks = self.stacks.lock().expect("no panic");
        let roots = stacks.iter().flat_map(|stack| &stack.words).chain(&self.globals);
        let mut todo: Vec<u64> = roots.filter_map(|word| self.object_of(*word)).collect();
        let mut reached = BTreeSet::new();
        while let Some(at) = todo.pop() {
            if reached.insert(at) {
                let object = &self.objects[&at];
                let desc = &self.shapes[object.shape];
                let traced = object.words.iter().enumerate().filter(|(i, _)| traces(desc, *i));
                todo.extend(traced.filter_map(|(_, word)| self.object_of(*word)));
            }
        }
        reached
    }

    /// Stops the world.
    fn stop<T>(&mut self, f: impl FnOnce(&Heap, &mut [&mut Cache], &mut Roots) -> T) -> T {
        let stacks = self.stacks.clone();
        if self.setup.noise && !self.caches[0].marking() {
            let all = stacks.lock().expect("no panic");
            let roots = all.iter().flat_map(|stack| &stack.words).take(50).enumerate();
            self.noise = roots.map(|(i, word)| word.wrapping_add(i as u64 * 9973).wrapping_sub(200_000)).collect();
        }
        let fixed = [&self.globals[..], &self.noise].concat();
        let heap = &self.heap;
        let mut caches: Vec<&mut Cache> = self.caches.iter_mut().collect();
        let mut roots = Roots {
            fixed: &mut |visit| visit(fixed.as_ptr(), fixed.len()),
            stacks: &mut |visit| {
                for stack in stacks.lock().expect("no panic").iter_mut() {
                    visit(stack.words.as_ptr(), stack.words.len());
                    stack.scanned = heap.cycle_number();
                }
            },
        };
        let out = f(heap, &mut caches, &mut roots);
        for cache in &mut self.caches {
            cache.follow(&self.heap);
        }
        out
    }

    fn begin(&mut self) {
        if self.cycle.is_some() {
            return;
        }
        self.cycle = Some(self.reachable());
        self.stop(|heap, caches, roots| {
            for cache in caches {
                heap.flush(cache);
            }
            heap.begin_cycle(roots);
        });
    }

    fn end(&mut self, now: bool) {
        if self.cycle.is_none() {
            return;
        }
        let end = self.stop(|heap, caches, roots| heap.end_cycle(caches, roots, now));
        assert!(end == End::Finished || !now);
        if end == End::Finished {
            let kept = self.cycle.take().expect("a cycle");
            self.collected(kept, 1);
        }
    }

    fn collect(&mut self) {
        let more = self.cycle.take().is_some() as u32;
        // SAFETY: one thread, all caches; the ranges are there.
        self.stop(|heap, caches, roots| unsafe { heap.step(caches, roots, true, Instant::now()) });
        self.collected(self.reachable(), 1 + more);
    }

    /// A collection that must have kept these objects has ended, and perhaps one before it.
    fn collected(&mut self, kept: BTreeSet<u64>, collections: u32) {
        self.collections += collections;
        let before = self.objects.len();
        self.objects.retain(|at, _| kept.contains(at));
        self.frees += (before - self.objects.len()) as u64;
        for (at, object) in &self.objects {
            for (i, word) in object.words.iter().enumerate() {
                // SAFETY: a word of a live object.
                assert_eq!(unsafe { (*at as *const u64).add(i).read() }, *word, "word {i} of {at:#x}");
            }
        }
        // SAFETY: the first words of cells.
        let has_header = |cell: &usize| unsafe { (*cell as *const u64).read() } != 0;
        let (marked, empty): (Vec<_>, Vec<_>) =
            self.heap.marked(self.heap.epoch.load(Relaxed)).into_iter().partition(has_header);
        // What was handed out to a cache and allocated by nobody is free again.
        let kept_back = self.setup.noise || self.setup.poison && self.setup.quarantine > 0;
        assert!(
            kept_back || empty.is_empty(),
            "{} cells are marked without an object, one at {:x?}",
            empty.len(),
            empty.first()
        );
        let marked: BTreeSet<u64> = marked.into_iter().map(|cell| cell as u64 + 8).collect();
        let lost: Vec<_> = kept.difference(&marked).collect();
        assert!(lost.is_empty(), "not marked: {lost:x?}");
        let more: Vec<_> = marked.difference(&kept).collect();
        assert!(self.setup.noise || more.is_empty(), "marked in vain: {more:x?}");
        self.heap.after_stop();
        self.check_figures();
    }

    fn check_figures(&mut self) {
        let stats = self.heap.exact_stats(self.caches.iter());
        assert_eq!((stats.mallocs, stats.total_alloc), (self.mallocs, self.total));
        assert_eq!(stats.heap_objects, stats.mallocs - stats.frees);
        assert_eq!((stats.external, stats.num_gc), (self.external as u64, self.collections));
        if !self.setup.noise {
            let alive = self.objects.values().map(|object| cell(object.bytes).0 as u64).sum::<u64>();
            assert_eq!((stats.frees, stats.heap_alloc), (self.frees, alive));
            assert!(stats.heap_alloc <= stats.heap_inuse);
        }
        assert!(stats.heap_inuse + stats.heap_released <= stats.heap_sys);
        assert!(stats.heap_sys >= self.sys);
        self.sys = stats.heap_sys;
        let limit = self.setup.limit.map_or(usize::MAX, |pages| pages * PAGE);
        assert!(stats.heap_inuse as usize + self.external <= limit);
    }
}

fn config() -> Config {
    // The usual one is slow without optimisation.
    let rng_algorithm = RngAlgorithm::XorShift;
    let config = Config { rng_algorithm, failure_persistence: None, ..Config::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => config,
        None => Config { cases: CASES, rng_seed: RngSeed::Fixed(5), ..config },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_heap_agrees_with_the_model(setup in setup(), steps in prop::collection::vec((0..STACKS, step()), 0..STEPS)) {
        Model::new(setup).run(&steps);
    }
}

//! The protocol of concurrent marking (`heap/cycle.rs`, `sched/world.rs`) as a loom model: a goroutine is scanned before it runs and moves
//! references about, markers join, give back and leave, and a stop ends the cycle. What was reachable at the beginning must be marked.
//! Behind it two smaller ones: how new spans and cells become public (`heap/page.rs`, `heap/cache.rs`), and lazy sweeping.
#[allow(dead_code, reason = "each test binary uses a part")]
mod model;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::*, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use model::check;

/// What the model may leave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bug {
    None,
    /// A store does not keep what it overwrites.
    NoBarrier,
    /// A goroutine that somebody else scans is begun at once.
    NoWait,
    /// A goroutine is begun unscanned.
    NoScan,
    /// The leader does not wait for the markers.
    NoHold,
    /// A marker that must stop forgets what it had left.
    NoGiveBack,
    /// A marker that takes stacks does not count as one that has work.
    NotCounted,
    /// A span can be seen before the marks of its cells are set.
    StateFirst,
    /// What makes a span public orders nothing.
    StateRelaxed,
    /// A reference to a new object is stored without the fence.
    NoFence,
    /// A span is taken from the list in two steps.
    PopsInTwoSteps,
    /// A cache goes on with its span when a cycle has begun.
    NoFlush,
}

const NULL: usize = 0;
const OBJECTS: usize = 4;
const SCANNING: u8 = 127;
const CYCLE: u8 = 1;

struct State {
    items: Vec<usize>,
    active: usize,
    hold: bool,
}

struct Shared {
    /// One reference an object; objects count from 1.
    fields: [AtomicUsize; OBJECTS],
    marks: [AtomicU8; OBJECTS],
    /// A parked goroutine: its only slot, and who has scanned it.
    stack: UnsafeCell<usize>,
    scanned: AtomicU8,
    state: Mutex<State>,
    idle: Condvar,
    holding: AtomicBool,
    next_stack: AtomicUsize,
    stacks_done: AtomicBool,
    /// Touched by who marks beside others and by the leader who thinks that nobody does.
    alone: [UnsafeCell<()>; 2],
    bug: Bug,
}

impl Shared {
    fn claim(&self) -> bool {
        let free = |by| (by != CYCLE && by != SCANNING).then_some(SCANNING);
        self.scanned.fetch_update(Acquire, Acquire, free).is_ok()
    }

    /// Marks an object and gives what it refers to.
    fn mark(&self, object: usize) -> Option<usize> {
        if object == NULL || self.marks[object].swap(CYCLE, Relaxed) == CYCLE {
            return None;
        }
        Some(self.fields[object].load(Relaxed))
    }

    /// One who marks beside the goroutine: number 0 or 1.
    fn marker(&self, me: usize) {
        {
            let mut state = self.state.lock().unwrap();
            let useful = !state.items.is_empty() || !self.stacks_done.load(Relaxed);
            if state.hold || !useful {
                return;
            }
            state.active += 1;
        }
        let mut own = Vec::new();
        while !self.holding.load(Relaxed) && self.next_work(&mut own) {
            // SAFETY: only to show that the leader does not mark now.
            self.alone[me].with_mut(|_| ());
            let object = own.pop().unwrap();
            own.extend(self.mark(object));
        }
        let mut state = self.state.lock().unwrap();
        if self.bug != Bug::NoGiveBack {
            state.items.append(&mut own);
        }
        state.active -= 1;
        if state.active == 0 {
            self.idle.notify_all();
        }
    }

    fn next_work(&self, own: &mut Vec<usize>) -> bool {
        loop {
            if !own.is_empty() {
                return true;
            }
            let item = self.state.lock().unwrap().items.pop();
            match item {
                Some(object) => own.push(object),
                None if self.stacks_done.load(Relaxed) => return false,
                None => self.scan_stack(own),
            }
        }
    }

    fn scan_stack(&self, own: &mut Vec<usize>) {
        if self.next_stack.fetch_add(1, Relaxed) > 0 {
            return self.stacks_done.store(true, Relaxed);
        }
        if self.bug == Bug::NotCounted {
            self.state.lock().unwrap().active -= 1;
        }
        if self.claim() {
            // SAFETY: loom reports a concurrent access.
            own.push(self.stack.with(|slot| unsafe { *slot }));
            self.scanned.store(CYCLE, Release);
        }
        if self.bug == Bug::NotCounted {
            self.state.lock().unwrap().active += 1;
        }
    }

    /// The P that begins the goroutine.
    fn begin(&self) {
        if self.bug == Bug::NoScan {
            // As if it had been: nobody else shall race with the goroutine.
            self.scanned.store(CYCLE, Release);
            return;
        }
        if self.scanned.load(Acquire) == CYCLE {
            return;
        }
        if self.claim() {
            // SAFETY: as above.
            let word = self.stack.with(|slot| unsafe { *slot });
            self.scanned.store(CYCLE, Release);
            self.state.lock().unwrap().items.push(word);
        }
        while self.bug != Bug::NoWait && self.scanned.load(Acquire) != CYCLE {
            thread::yield_now();
        }
    }

    fn store(&self, object: usize, value: usize, shaded: &mut Vec<usize>) {
        if self.bug != Bug::NoBarrier {
            shaded.push(self.fields[object].load(Relaxed));
        }
        self.fields[object].store(value, Relaxed);
    }

    /// The stop that ends the cycle, led by the P.
    fn end(&self, shaded: Vec<usize>) {
        self.holding.store(true, Relaxed);
        let mut state = self.state.lock().unwrap();
        state.hold = true;
        while self.bug != Bug::NoHold && state.active > 0 {
            state = self.idle.wait(state).unwrap();
        }
        let mut own: Vec<usize> = state.items.drain(..).chain(shaded).collect();
        drop(state);
        for cell in &self.alone {
            // SAFETY: loom reports a concurrent access.
            cell.with_mut(|_| ());
        }
        if !self.stacks_done.load(Relaxed) && self.scanned.load(Relaxed) != CYCLE {
            // SAFETY: as above.
            own.push(self.stack.with(|slot| unsafe { *slot }));
        }
        while let Some(object) = own.pop() {
            own.extend(self.mark(object));
        }
    }
}

/// The goroutine's slot refers to 1, and 1 → 2 → 3. It takes 3 out of 2 and keeps it in its slot, which held the only way to 1,
/// while so many markers look on.
fn model(markers: usize, bug: Bug) {
    check(Some(2), move || {
        let s = Arc::new(Shared {
            fields: [NULL, 2, 3, NULL].map(AtomicUsize::new),
            marks: [0; OBJECTS].map(AtomicU8::new),
            stack: UnsafeCell::new(1),
            scanned: AtomicU8::new(0),
            state: Mutex::new(State { items: vec![], active: 0, hold: false }),
            idle: Condvar::new(),
            holding: AtomicBool::new(false),
            next_stack: AtomicUsize::new(0),
            stacks_done: AtomicBool::new(false),
            alone: [UnsafeCell::new(()), UnsafeCell::new(())],
            bug,
        });
        let markers: Vec<_> = (0..markers)
            .map(|me| {
                let s = s.clone();
                thread::spawn(move || s.marker(me))
            })
            .collect();
        s.begin();
        let mut shaded = vec![];
        // SAFETY: loom reports a concurrent access.
        let top = s.stack.with(|slot| unsafe { *slot });
        let next = s.fields[top].load(Relaxed);
        let last = s.fields[next].load(Relaxed);
        s.stack.with_mut(|slot| unsafe { *slot = last });
        s.store(next, NULL, &mut shaded);
        s.end(shaded);
        for object in 1..OBJECTS {
            assert_eq!(s.marks[object].load(Relaxed), CYCLE, "{object}");
        }
        for marker in markers {
            marker.join().unwrap();
        }
    });
}

/// `Pages::make_span` and `Cache::publish` beside a marker that has some word into the span: it finds no span, or cells that are marked, and
/// never reads an object that is being made. Another P that gets the reference sees the object whole.
fn publication(bug: Bug) {
    const EPOCH: u8 = 2;
    check(None, move || {
        struct Shared {
            state: AtomicU8,
            mark: AtomicU8,
            header: UnsafeCell<u64>,
            word: AtomicUsize,
        }
        let s = Arc::new(Shared {
            state: AtomicU8::new(0),
            mark: AtomicU8::new(0),
            header: UnsafeCell::new(0),
            word: AtomicUsize::new(0),
        });
        let marker = thread::spawn({
            let s = s.clone();
            move || {
                if s.state.load(Acquire) != 0 && s.mark.load(Relaxed) != EPOCH {
                    // SAFETY: loom reports a concurrent access.
                    s.header.with(|header| unsafe { *header });
                }
            }
        });
        let reader = thread::spawn({
            let s = s.clone();
            move || {
                // The code has an address dependency here, which loom does not know.
                if s.word.load(Acquire) != 0 {
                    // SAFETY: as above.
                    assert_eq!(s.header.with(|header| unsafe { *header }), 9);
                }
            }
        });
        let public = if bug == Bug::StateRelaxed { Relaxed } else { Release };
        if bug == Bug::StateFirst {
            s.state.store(1, public);
        }
        s.mark.store(EPOCH, Relaxed);
        s.state.store(1, public);
        // SAFETY: as above.
        s.header.with_mut(|header| unsafe { *header = 9 });
        if bug != Bug::NoFence {
            fence(Release);
        }
        s.word.store(1, Relaxed);
        marker.join().unwrap();
        reader.join().unwrap();
    });
}

/// `Unswept::pop` and `Heap::next_run`: two caches sweep the spans of a list as they allocate, each cell is handed out once; when a cycle has
/// begun, no cell is that a marker may still look at.
fn lazy_sweep(cycle: bool, bug: Bug) {
    const SPANS: usize = 2;
    const NONE: usize = SPANS;
    check(Some(3), move || {
        struct Shared {
            head: Mutex<usize>,
            next: [AtomicUsize; SPANS],
            /// The only cell of each span.
            cells: [UnsafeCell<u64>; SPANS],
            handed_out: AtomicUsize,
        }
        fn pop(s: &Shared, bug: Bug) -> Option<usize> {
            let mut head = s.head.lock().unwrap();
            let first = *head;
            if first == NONE {
                return None;
            }
            if bug == Bug::PopsInTwoSteps {
                drop(head);
                head = s.head.lock().unwrap();
            }
            *head = s.next[first].load(Relaxed);
            Some(first)
        }
        fn allocate(s: &Shared, span: usize) {
            // SAFETY: loom reports a concurrent access: `clean` zeroes the cell, the goroutine writes.
            s.cells[span].with_mut(|cell| unsafe { *cell = 1 });
            s.handed_out.fetch_add(1, Relaxed);
        }
        let s = Arc::new(Shared {
            head: Mutex::new(0),
            next: [1, NONE].map(AtomicUsize::new),
            cells: std::array::from_fn(|_| UnsafeCell::new(0)),
            handed_out: AtomicUsize::new(0),
        });
        if cycle {
            // The cursor of the cache stands in a span; the stop that begins a cycle empties cursors and lists.
            let cursor = pop(&s, bug);
            *s.head.lock().unwrap() = NONE;
            let marker = thread::spawn({
                let s = s.clone();
                // SAFETY: as above. Some word leads there, whatever it is.
                move || s.cells[0].with(|cell| unsafe { *cell })
            });
            if let Some(span) = cursor.filter(|_| bug == Bug::NoFlush).or_else(|| pop(&s, bug)) {
                allocate(&s, span);
            }
            marker.join().unwrap();
            return;
        }
        let other = thread::spawn({
            let s = s.clone();
            move || pop(&s, bug).into_iter().for_each(|span| allocate(&s, span))
        });
        while let Some(span) = pop(&s, bug) {
            allocate(&s, span);
        }
        other.join().unwrap();
        assert_eq!(s.handed_out.load(Relaxed), SPANS);
    });
}

#[test]
fn one_marker() {
    model(1, Bug::None);
}
#[test]
fn two_markers() {
    model(2, Bug::None);
}

#[test]
fn caches_sweep_other_spans() {
    lazy_sweep(false, Bug::None);
    lazy_sweep(true, Bug::None);
}
#[test]
fn nobody_looks_into_what_is_being_made() {
    publication(Bug::None);
}

/// The models that must fail, each in a process of its own.
const SEEDED: &[(&str, fn())] = &[
    ("no barrier", || model(1, Bug::NoBarrier)),
    ("no wait for the scan", || model(1, Bug::NoWait)),
    ("no scan", || model(1, Bug::NoScan)),
    ("no hold", || model(1, Bug::NoHold)),
    ("nothing given back", || model(1, Bug::NoGiveBack)),
    ("stacks are not counted", || model(1, Bug::NotCounted)),
    ("span before its marks", || publication(Bug::StateFirst)),
    ("span without order", || publication(Bug::StateRelaxed)),
    ("pops in two steps", || lazy_sweep(false, Bug::PopsInTwoSteps)),
    ("goes on with its span", || lazy_sweep(true, Bug::NoFlush)),
    ("reference without order", || publication(Bug::NoFence)),
];

#[test]
fn seeded_child() {
    model::seeded_child(SEEDED);
}

#[test]
fn seeded_bugs_are_found() {
    model::seeded_bugs_are_found(SEEDED);
}

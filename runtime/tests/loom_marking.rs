//! The collector's own protocols under loom. Three files of the runtime are compiled into these models as they are: `heap/team.rs` (who
//! marks for a concurrent cycle), `heap/pool.rs` (workers of a stopped marking), `sched/scanned.rs` (scan before run). What lies on
//! zeroed memory and cannot be compiled so is restated in `loom_cycle.rs`.
//!
//! To see that a model says something, take a step out of one of those files; faults that need no change there are planted below.
#[allow(dead_code, reason = "each test binary uses a part")]
mod model;
#[allow(dead_code, reason = "the models use a part")]
#[path = "../src/heap/pool.rs"]
mod pool;
#[allow(dead_code, reason = "the models use a part")]
#[path = "../src/sched/scanned.rs"]
mod scanned;
#[allow(dead_code, reason = "the files use a part")]
#[path = "model/sync.rs"]
mod sync;
#[allow(dead_code, reason = "the models use a part")]
#[path = "../src/heap/team.rs"]
mod team;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::*};
use loom::thread;
use marking::Plan;
use model::{Note, check};
use std::sync::atomic::Ordering;

/// A step that a caller leaves out, or an order that is too weak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bug {
    None,
    /// What is told to ask for the end of marking does not.
    AsksNothing,
    /// A leader marks without holding the others.
    NoHold,
    /// A leader that goes on wakes nobody.
    NoGoOn,
    /// A marker leaves, and gives its work back afterwards.
    LeavesFirst,
    /// A worker that finds an object marked by its own load marks it by a store.
    StoresMark,
    /// A goroutine that somebody else scans is begun at once.
    NoWait,
}

mod marking {
    use super::team::{Next, Team};
    use super::*;

    /// Objects are numbers, and each refers to the one below it. 0 is none.
    const OBJECTS: usize = 2;

    struct Cycle {
        team: Team<usize>,
        /// Set by markers that have joined, looked at by a leader that holds.
        marks: [UnsafeCell<bool>; OBJECTS],
        claims: [sync::atomic::AtomicU8; OBJECTS],
        asked: Note,
        /// What that stack refers to.
        on_stack: usize,
        bug: Bug,
    }

    impl Cycle {
        fn new(on_stack: usize, bug: Bug) -> Arc<Cycle> {
            Arc::new(Cycle {
                team: Team::new(),
                marks: std::array::from_fn(|_| UnsafeCell::new(false)),
                claims: std::array::from_fn(|_| sync::atomic::AtomicU8::new(0)),
                asked: Note::new(),
                on_stack,
                bug,
            })
        }

        fn visit(&self, object: usize, own: &mut Vec<usize>) {
            if object > 0 && pool::claim(&self.claims[object - 1], 1, false) {
                // SAFETY: loom reports a concurrent access.
                self.marks[object - 1].with_mut(|mark| unsafe { *mark = true });
                own.push(object - 1);
            }
        }

        /// As `Heap::next_work`: there are two goroutines, and the second one's stack refers to something.
        fn next_work(&self, own: &mut Vec<usize>) -> bool {
            loop {
                if !own.is_empty() {
                    return true;
                }
                match self.team.next(1) {
                    Next::Item(object) => own.push(object),
                    Next::Stacks(0) => {}
                    Next::Stacks(1) => own.push(self.on_stack),
                    Next::Stacks(_) => self.team.no_more_stacks(),
                    Next::Nothing => return false,
                }
            }
        }

        fn ask(&self, exhausted: bool) {
            // What is put later is no reason not to ask.
            if exhausted && self.on_stack == OBJECTS {
                assert!(self.claims.iter().all(|mark| mark.load(Relaxed) == 1));
            }
            if self.bug != Bug::AsksNothing {
                self.asked.wake();
            }
        }

        fn leave(&self, mut own: Vec<usize>) -> bool {
            if self.bug == Bug::LeavesFirst {
                let exhausted = self.team.leave(|_| ());
                own.into_iter().for_each(|object| self.team.put(object));
                return exhausted;
            }
            self.team.leave(|put| own.drain(..).for_each(put))
        }

        /// As `Heap::mark_in_background`.
        fn background(&self) {
            while self.team.wait_for_work() {
                let mut own = Vec::new();
                while !self.team.holding() && self.next_work(&mut own) {
                    if let Some(object) = own.pop() {
                        self.visit(object, &mut own);
                    }
                    self.team.share(|| (own.len() > 1).then(|| own.remove(0)));
                }
                if self.leave(own) {
                    self.ask(true);
                }
            }
        }

        /// As `Heap::help`, for one object.
        fn help(&self) {
            let mark = || {
                let mut own = Vec::new();
                if self.next_work(&mut own)
                    && let Some(object) = own.pop()
                {
                    self.visit(object, &mut own);
                }
                own
            };
            if self.team.assist(mark, |own, put| own.into_iter().for_each(put)) {
                self.ask(false);
            }
        }

        fn hold(&self) {
            if self.bug != Bug::NoHold {
                self.team.hold();
            }
        }

        /// Objects that are marked, and those that lie in the pool. The caller holds.
        fn look(&self) -> (usize, Vec<usize>) {
            // SAFETY: loom reports a concurrent access.
            let marked = self.marks.iter().filter(|mark| mark.with(|mark| unsafe { *mark })).count();
            (marked, self.team.take_all())
        }

        /// A stop: ends it when nothing is left, else it goes on. As `Heap::end_cycle`.
        fn stop(&self) -> bool {
            self.hold();
            let (marked, items) = self.look();
            let through = items.is_empty() && self.team.stacks_done();
            // Each object is marked, or lies in the pool or behind what does, or the stack is still to be looked at.
            assert!(!through || marked == OBJECTS);
            if through {
                self.team.finish();
            }
            items.into_iter().for_each(|object| self.team.give_back(object));
            self.team.release();
            if self.bug != Bug::NoGoOn {
                self.team.go_on();
            }
            through
        }
    }

    /// What happens beside the background thread.
    #[derive(Clone, Copy)]
    pub struct Plan {
        /// Stops that come before somebody has asked for the end.
        pub early: usize,
        /// The last object is not on the stack, but put by a P while the others mark.
        pub put: bool,
        /// The P helps, too.
        pub helps: bool,
        /// Others that help.
        pub helpers: usize,
        /// Nobody may mark before the first stop.
        pub held: bool,
        /// Threads change at so many places where none has to.
        pub changes: usize,
    }

    pub fn model(plan: Plan, bug: Bug) {
        check(Some(plan.changes), move || {
            let cycle = Cycle::new(if plan.put { 0 } else { OBJECTS }, bug);
            let background = thread::spawn({
                let cycle = cycle.clone();
                move || cycle.background()
            });
            cycle.team.begin(vec![], plan.held);
            cycle.team.go_on();
            if plan.put {
                cycle.team.put(OBJECTS);
            }
            if plan.helps {
                cycle.help();
            }
            let helpers: Vec<_> = (0..plan.helpers)
                .map(|_| {
                    let cycle = cycle.clone();
                    thread::spawn(move || cycle.help())
                })
                .collect();
            helpers.into_iter().for_each(|helper| helper.join().unwrap());
            if !(0..plan.early).any(|_| cycle.stop()) {
                loop {
                    cycle.asked.wait();
                    if cycle.stop() {
                        break;
                    }
                }
            }
            cycle.team.quit();
            background.join().unwrap();
        });
    }
}

mod stopped {
    use super::pool::Pool;
    use super::*;

    /// Workers that make two items of each; the first has all the work.
    pub fn model(workers: usize, levels: usize, not_started: usize) {
        check(Some(2), move || {
            let pool = Arc::new(Pool::new(workers + not_started));
            let done = Arc::new(AtomicUsize::new(0));
            let work = move |pool: &Pool<usize>, done: &AtomicUsize, first: Option<usize>| {
                let mut own: Vec<usize> = first.into_iter().collect();
                loop {
                    while let Some(level) = own.pop() {
                        done.fetch_add(1, Relaxed);
                        if level > 0 {
                            own.push(level - 1);
                            if pool.is_hungry() { pool.put(level - 1) } else { own.push(level - 1) }
                        }
                    }
                    match pool.next() {
                        Some(item) => own.push(item),
                        None => return,
                    }
                }
            };
            let others: Vec<_> = (1..workers)
                .map(|_| {
                    let (pool, done) = (pool.clone(), done.clone());
                    thread::spawn(move || work(&pool, &done, None))
                })
                .collect();
            (0..not_started).for_each(|_| pool.leave());
            work(&pool, &done, Some(levels));
            others.into_iter().for_each(|other| other.join().unwrap());
            assert_eq!(done.load(Relaxed), (2 << levels) - 1);
        });
    }
}

/// Two markers reach the same object: one scans it.
fn claims(bug: Bug) {
    check(None, move || {
        let mark = Arc::new(sync::atomic::AtomicU8::new(0));
        let claim = move |mark: &sync::atomic::AtomicU8| pool::claim(mark, 1, bug == Bug::StoresMark);
        let other = thread::spawn({
            let mark = mark.clone();
            move || claim(&mark)
        });
        assert!(claim(&mark) != other.join().unwrap());
    });
}

/// A goroutine is begun by a P while a marker comes to its stack and somebody kills it.
fn scan_before_run(bug: Bug) {
    check(Some(3), move || {
        struct Shared {
            mark: scanned::ScanMark,
            stack: UnsafeCell<usize>,
            scans: AtomicUsize,
        }
        let mark = scanned::ScanMark(sync::atomic::AtomicU8::new(0));
        let s = Arc::new(Shared { mark, stack: UnsafeCell::new(7), scans: AtomicUsize::new(0) });
        fn scan(s: &Shared) {
            // SAFETY: loom reports a concurrent access.
            assert_eq!(s.stack.with(|stack| unsafe { *stack }), 7);
            s.scans.fetch_add(1, Relaxed);
            s.mark.set_scanned(1);
        }
        let marker = thread::spawn({
            let s = s.clone();
            move || {
                if s.mark.claim(1) {
                    scan(&s);
                }
            }
        });
        let killer = thread::spawn({
            let s = s.clone();
            move || s.mark.kill()
        });
        if !s.mark.is_scanned(1) {
            if s.mark.claim(1) {
                scan(&s);
            }
            while bug != Bug::NoWait && !s.mark.is_scanned(1) {
                thread::yield_now();
            }
        }
        // It runs.
        // SAFETY: as above.
        s.stack.with_mut(|stack| unsafe { *stack = 8 });
        marker.join().unwrap();
        killer.join().unwrap();
        assert!(s.mark.is_killed() && s.mark.is_scanned(1) && !s.mark.claim(1));
        assert_eq!(s.scans.load(Relaxed), 1);
    });
}

/// A stop that comes while the background thread marks what was put.
const LATE: Plan = Plan { early: 1, put: true, changes: 3, ..PLAN };
const HELD: Plan = Plan { held: true, helps: true, ..PLAN };
const PLAN: Plan = Plan { early: 0, put: false, helps: false, helpers: 0, held: false, changes: 2 };

#[test]
fn a_leader_is_alone_and_goes_on() {
    marking::model(Plan { early: 1, ..PLAN }, Bug::None);
}
#[test]
fn a_leader_finds_what_others_gave_back() {
    marking::model(LATE, Bug::None);
}
#[test]
fn somebody_asks_for_the_end_of_what_was_put() {
    marking::model(Plan { put: true, ..PLAN }, Bug::None);
    marking::model(Plan { put: true, helps: true, ..PLAN }, Bug::None);
}
#[test]
fn assists_beside_the_background_thread() {
    marking::model(Plan { helpers: 1, ..PLAN }, Bug::None);
}
#[test]
fn an_assist_asks_when_nobody_may_mark() {
    marking::model(HELD, Bug::None);
}
#[test]
fn a_stop_after_an_assist() {
    marking::model(Plan { early: 1, put: true, helps: true, ..PLAN }, Bug::None);
}
#[test]
fn workers_end_together() {
    stopped::model(2, 2, 0);
    stopped::model(3, 1, 0);
    stopped::model(2, 1, 1);
}
#[test]
fn one_scans_an_object() {
    claims(Bug::None);
}
#[test]
fn a_stack_is_scanned_before_it_changes() {
    scan_before_run(Bug::None);
}
fn weakened(model: impl Fn()) {
    sync::WEAKEN.store(true, Ordering::Relaxed);
    model();
}

fn deaf(model: impl Fn()) {
    sync::DEAF.store(true, Ordering::Relaxed);
    model();
}

/// The models that must fail, each in a process of its own.
const SEEDED: &[(&str, fn())] = &[
    ("asks for nothing", || marking::model(HELD, Bug::AsksNothing)),
    ("no hold", || marking::model(Plan { early: 1, ..PLAN }, Bug::NoHold)),
    ("wakes nobody", || marking::model(Plan { early: 1, ..PLAN }, Bug::NoGoOn)),
    ("leaves first", || marking::model(LATE, Bug::LeavesFirst)),
    ("marking without notifications", || deaf(|| marking::model(Plan { put: true, helps: true, ..PLAN }, Bug::None))),
    ("workers without notifications", || deaf(|| stopped::model(2, 1, 0))),
    ("marks by a store", || claims(Bug::StoresMark)),
    ("no wait for the scan", || scan_before_run(Bug::NoWait)),
    ("scans in any order", || weakened(|| scan_before_run(Bug::None))),
];

#[test]
fn seeded_child() {
    model::seeded_child(SEEDED);
}

#[test]
fn seeded_bugs_are_found() {
    model::seeded_bugs_are_found(SEEDED);
}

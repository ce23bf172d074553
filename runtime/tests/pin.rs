//! Goroutines bound to a thread: nobody else runs there, and it is theirs until they let go or end.
mod toy;

use gol_runtime::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;
use toy::{Ctl, Cx, PROCS, Prog, Toy, start};

const MS: i64 = 1_000_000;

fn lock(c: &Cx) {
    // SAFETY: the running P.
    unsafe { ops::lock_thread(c.p()) }
}
fn unlock(c: &Cx) {
    // SAFETY: the running P.
    unsafe { ops::unlock_thread(c.p()) }
}
fn here() -> ThreadId {
    std::thread::current().id()
}
fn sleep(c: &Cx, ns: i64) -> Ctl {
    // SAFETY: the running P.
    Ctl::Op(unsafe { ops::sleep(c.p(), ns) })
}

/// Which goroutine a thread belongs to.
#[derive(Default)]
struct Owners(Mutex<HashMap<ThreadId, u64>>);

impl Owners {
    fn lock(&self, c: &Cx) {
        lock(c);
        self.0.lock().unwrap().insert(here(), c.g().id);
    }
    fn unlock(&self, c: &Cx) {
        assert_eq!(self.0.lock().unwrap().remove(&here()), Some(c.g().id));
        unlock(c);
    }
    /// The running goroutine is bound or not, and may be where it is.
    fn check(&self, c: &Cx, bound: bool) {
        let owner = self.0.lock().unwrap().get(&here()).copied();
        assert_eq!(owner, bound.then_some(c.g().id));
        assert_eq!(c.g().is_pinned(), bound);
    }
}

/// Does everything that can leave a thread, `rounds` times (r0 counts them): yields, sleeps, blocks, collects, takes turns over
/// the channel r1.
fn busy(owners: &Arc<Owners>, bound: bool, rounds: u64, done: &'static AtomicU64) -> Prog {
    let [o0, o1, o2, o3, o4, o5, o6] = std::array::from_fn(|_| owners.clone());
    steps![
        move |c: &Cx| {
            if bound {
                o0.lock(c);
            }
            Ctl::Next
        },
        // 1
        move |c: &Cx| {
            o1.check(c, bound);
            Ctl::Yield
        },
        move |c: &Cx| {
            o2.check(c, bound);
            c.send(*c.r(1), 0)
        },
        move |c: &Cx| {
            o3.check(c, bound);
            c.recv(*c.r(1), 2)
        },
        move |c: &Cx| {
            o4.check(c, bound);
            match *c.r(0) % 16 {
                0 => sleep(c, 50_000),
                1 => {
                    c.block(Duration::from_micros(30), c.g().id.is_multiple_of(2));
                    Ctl::Next
                }
                // SAFETY: the running P.
                2 => Ctl::Op(unsafe { ops::gc_now(c.p()) }),
                _ => Ctl::Next,
            }
        },
        move |c: &Cx| {
            o5.check(c, bound);
            *c.r(0) += 1;
            if *c.r(0) < rounds { Ctl::Jump(1) } else { Ctl::Next }
        },
        move |c: &Cx| {
            if bound {
                o6.unlock(c);
            }
            done.fetch_add(1, SeqCst);
            Ctl::Done
        }
    ]
}

fn counter() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}

#[test]
fn a_bound_thread_is_its_goroutines_alone() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let owners = Arc::new(Owners::default());
        let done = counter();
        let (bound, free) = (busy(&owners, true, 100, done), busy(&owners, false, 100, done));
        let main = steps![
            move |c: &Cx| {
                // There is room for everybody's one value.
                *c.r(0) = c.make(desc, 1, 16);
                for _ in 0..4 {
                    c.go(bound, 3, &[0, *c.r(0)]);
                    c.go(free, 3, &[0, *c.r(0)]);
                    c.go(free, 3, &[0, *c.r(0)]);
                }
                Ctl::Next
            },
            |c: &Cx| sleep(c, MS),
            move |_: &Cx| if done.load(SeqCst) < 12 { Ctl::Jump(1) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert!(owners.0.lock().unwrap().is_empty());
    }
}

thread_local! {
    static AT_END: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

/// Counts the end of the thread that holds it.
struct AtEnd(&'static AtomicU64);

impl Drop for AtEnd {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// `main` that runs `prog` in `n` goroutines and then waits until `ended` says `n` or the time is over.
fn run_all(t: &Toy, prog: Prog, n: u64, ended: &'static AtomicU64) {
    let main = steps![
        move |c: &Cx| {
            for _ in 0..n {
                c.go(prog, 2, &[0]);
            }
            *c.r(0) = 0;
            Ctl::Next
        },
        |c: &Cx| sleep(c, MS),
        move |c: &Cx| {
            *c.r(0) += 1;
            if ended.load(SeqCst) < n && *c.r(0) < 20_000 { Ctl::Jump(1) } else { Ctl::Done }
        },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    assert_eq!(ended.load(SeqCst), n);
}

#[test]
fn a_bound_goroutine_takes_its_thread_with_it() {
    for procs in PROCS {
        let t = start(procs);
        let ended = counter();
        let prog = steps![
            move |c: &Cx| {
                lock(c);
                AT_END.set(Some(AtEnd(ended)));
                Ctl::Yield
            },
            |c: &Cx| sleep(c, 10_000),
            |_: &Cx| Ctl::Done,
        ];
        run_all(&t, prog, 20, ended);
    }
}

#[test]
fn locks_are_counted() {
    for procs in PROCS {
        let t = start(procs);
        let done = counter();
        let prog = steps![
            |c: &Cx| {
                unlock(c);
                assert!(!c.g().is_pinned());
                lock(c);
                lock(c);
                unlock(c);
                Ctl::Yield
            },
            |c: &Cx| {
                assert!(c.g().is_pinned());
                unlock(c);
                assert!(!c.g().is_pinned());
                unlock(c);
                lock(c);
                Ctl::Yield
            },
            move |c: &Cx| {
                assert!(c.g().is_pinned());
                unlock(c);
                assert!(!c.g().is_pinned());
                done.fetch_add(1, SeqCst);
                Ctl::Done
            },
        ];
        run_all(&t, prog, 20, done);
    }
}

/// The end of a runtime, a deadlock and an interrupt find bound goroutines that are parked.
#[test]
fn parked_bound_goroutines_hold_nothing_up() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let parked = steps![
            move |c: &Cx| {
                lock(c);
                *c.r(0) = c.make(desc, 1, 0);
                Ctl::Next
            },
            |c: &Cx| c.recv(*c.r(0), 1),
            |_: &Cx| Ctl::Done,
        ];
        assert_eq!(t.run(parked, 2, &[]), Outcome::Deadlock);
        let ended = counter();
        let main = steps![
            move |c: &Cx| {
                c.go(parked, 2, &[]);
                Ctl::Yield
            },
            move |c: &Cx| {
                AT_END.set(Some(AtEnd(ended)));
                lock(c);
                sleep(c, MS)
            },
            |_: &Cx| Ctl::Done,
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert_eq!(t.run(parked, 2, &[]), Outcome::Deadlock);
        let begin = std::time::Instant::now();
        drop(t);
        // It waits so long when a thread does not come.
        assert!(begin.elapsed() < Duration::from_millis(400), "{:?}", begin.elapsed());
        // The thread is counted as ended before its own data are dropped.
        while ended.load(SeqCst) == 0 && begin.elapsed() < Duration::from_secs(60) {
            std::thread::yield_now();
        }
        assert_eq!(ended.load(SeqCst), 1);
    }
}

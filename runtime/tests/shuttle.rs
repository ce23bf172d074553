//! The whole scheduler under shuttle, with the toy engine: each schedule is a seed, and every atomic operation, lock and wait is a
//! place where threads may change. What a model of one protocol cannot see is how they meet.
//!
//! `GOL_SOAK=n` runs n times as many schedules. A failure prints the seed of its schedule.
mod toy;

use gol_runtime::*;
use shuttle::rand::RngCore;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::*};
use toy::soup::{Soup, soup};
use toy::{Ctl, Cx, start, start_with};

/// A coroutine of shuttle stands for a thread.
const STACK: usize = 1 << 20;
/// What exceeds it hangs.
const STEPS: usize = 3_000_000;

fn schedules(n: usize) -> usize {
    n * std::env::var("GOL_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn explore(scheduler: impl Scheduler + 'static, f: impl Fn() + Send + Sync + Copy + 'static) {
    let mut config = Config::new();
    config.stack_size = STACK;
    config.max_steps = MaxSteps::FailAfter(STEPS);
    config.failure_persistence = FailurePersistence::Print;
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(move || gol_runtime::sync::run(f));
}

/// As often by chance as by few, well-placed changes of thread.
fn both(n: usize, f: impl Fn() + Send + Sync + Copy + 'static) {
    explore(RandomScheduler::new_from_seed(1, schedules(n)), f);
    explore(PctScheduler::new_from_seed(2, 3, schedules(n)), f);
}

/// Part of the schedule: a replay draws the same.
fn seed() -> u64 {
    1 + shuttle::rand::thread_rng().next_u64() % (1 << 20)
}

#[test]
fn two_ps() {
    both(20, || soup(Soup { procs: 2, seed: seed(), stress: None, workers: 3, limit: 60, odds: 26 }));
}

#[test]
fn three_ps() {
    both(20, || soup(Soup { procs: 3, seed: seed(), stress: None, workers: 4, limit: 60, odds: 40 }));
}

#[test]
fn two_ps_that_collect() {
    both(10, || soup(Soup { procs: 2, seed: seed(), stress: Some(3), workers: 3, limit: 40, odds: 26 }));
}

const NODES: u64 = 6;
/// So much is alive that a collection is one beside the program.
const BALLAST: u64 = 1100 << 10;

fn alloc(c: &Cx, desc: DescId, len: u64) -> u64 {
    // SAFETY: the running P's own heap and cache.
    let at = unsafe { (*(*c.p()).heap).alloc(&mut (*c.p()).cache, desc, len) };
    assert!(!at.is_null());
    at as u64
}

/// The word `i` of an object.
fn word<'a>(object: u64, i: u64) -> &'a AtomicU64 {
    // SAFETY: the object is referred to by a slot of the caller, and has two words.
    unsafe { AtomicU64::from_ptr((object as *mut u64).add(i as usize)) }
}

/// One goroutine turns a list round again and again, through words that only the barrier knows of, while another one waits for
/// collections beside it. The verifier compares with what was alive when each began.
fn collections_beside_a_list() {
    let mut config = toy::config(2);
    config.heap.poison = true;
    config.heap.verify = true;
    let t = start_with(config);
    let desc = |stride, ptrs| t.rt.heap.add_desc(Desc::new(0, PtrMap::None, stride, ptrs));
    let (node, bytes) = (desc(16, PtrMap::Bits([1].into())), desc(1, PtrMap::None));
    let done: Arc<[AtomicU64; 2]> = Arc::default();
    let [done0, done1, done2] = std::array::from_fn(|_| done.clone());
    // Slots: 0 head, 1 what is left to turn, 2 rounds, 3 the next one.
    let turner = steps![
        |c: &Cx| {
            (*c.r(1), *c.r(0)) = (*c.r(0), 0);
            Ctl::Next
        },
        |c: &Cx| {
            let at = *c.r(1);
            *c.r(3) = word(at, 0).load(Relaxed);
            // SAFETY: the running P, and no safepoint before the store.
            unsafe { ops::barrier(c.p(), word(at, 0).as_ptr(), 1) };
            word(at, 0).store(*c.r(0), Relaxed);
            (*c.r(0), *c.r(1), *c.r(3)) = (at, *c.r(3), 0);
            if *c.r(1) != 0 { Ctl::Jump(1) } else { Ctl::Next }
        },
        move |c: &Cx| {
            let (mut at, mut sum) = (*c.r(0), 0);
            while at != 0 {
                sum += word(at, 1).load(Relaxed);
                at = word(at, 0).load(Relaxed);
            }
            assert_eq!(sum, NODES * (NODES + 1) / 2);
            *c.r(2) += 1;
            if *c.r(2) < 200 && done0[0].load(Relaxed) == 0 { Ctl::Jump(0) } else { Ctl::Next }
        },
        move |_: &Cx| {
            done1[1].store(1, Relaxed);
            Ctl::Done
        },
    ];
    // Slots: 0 list, 1 ballast, 2 number of a collection, 3 rounds.
    let main = steps![
        move |c: &Cx| {
            *c.r(1) = alloc(c, bytes, BALLAST);
            for k in 1..=NODES {
                let at = alloc(c, node, 1);
                word(at, 0).store(*c.r(0), Relaxed);
                word(at, 1).store(k, Relaxed);
                *c.r(0) = at;
            }
            c.go(turner, 4, &[*c.r(0), 0, 0, 0]);
            *c.r(0) = 0;
            Ctl::Next
        },
        |c: &Cx| {
            // SAFETY: the running P, here and below.
            *c.r(2) = u64::from(unsafe { ops::gc_target(c.p()) });
            assert_ne!(*c.r(2), 0);
            Ctl::Next
        },
        |c: &Cx| if unsafe { ops::gc_advance(c.p(), *c.r(2) as u32) } { Ctl::Jump(4) } else { Ctl::Yield },
        |_: &Cx| Ctl::Jump(2),
        move |c: &Cx| {
            *c.r(3) += 1;
            if *c.r(3) < 2 {
                return Ctl::Jump(1);
            }
            done2[0].store(1, Relaxed);
            Ctl::Next
        },
        {
            let done = done.clone();
            move |_: &Cx| if done[1].load(Relaxed) == 0 { Ctl::Yield } else { Ctl::Done }
        },
        |_: &Cx| Ctl::Jump(5),
    ];
    assert_eq!(t.run(main, 4, &[]), Outcome::Done);
    assert!(t.rt.heap.stats().num_gc >= 2);
}

/// By chance only: who waits for a collection asks again and again, and must not be the one that always runs.
#[test]
fn full_collections_go_on_beside_goroutines() {
    explore(RandomScheduler::new_from_seed(1, schedules(20)), collections_beside_a_list);
}

const CASES: usize = 2;

/// Receives from the channels in slots 0 and 1 into slot 2; waiters from slot 3 on.
fn cases(c: &Cx) -> [SelectCase; CASES] {
    std::array::from_fn(|k| SelectCase { ch: *c.r(k) as *mut Chan, elem: c.at(2), dir: Dir::Recv })
}

/// Two goroutines send to a channel each; a third one selects until it has both values.
fn select_between_senders() {
    let t = start(2);
    let desc = t.chan;
    let sender = steps![|c: &Cx| c.send(*c.r(0), 1), |_: &Cx| Ctl::Done];
    let sum = Arc::new(AtomicU64::new(0));
    let total = sum.clone();
    let main = steps![
        move |c: &Cx| {
            for k in 0..CASES {
                *c.r(k) = c.make(desc, 1, 0);
                c.go(sender, 2, &[*c.r(k), 1 + k as u64]);
            }
            Ctl::Next
        },
        |c: &Cx| match c.select(&cases(c), 3) {
            SelectOp::Ready { .. } => Ctl::Jump(3),
            SelectOp::Park => Ctl::Op(Op::Park),
            other => panic!("{other:?}"),
        },
        |c: &Cx| {
            c.select_finish(&cases(c), 3);
            Ctl::Next
        },
        move |c: &Cx| {
            let sum = total.fetch_add(*c.r(2), Relaxed) + *c.r(2);
            if sum == 3 { Ctl::Done } else { Ctl::Jump(1) }
        },
    ];
    assert_eq!(t.run(main, 3 + CASES * WAITER_WORDS, &[]), Outcome::Done);
    assert_eq!(sum.load(Relaxed), 3);
}

#[test]
fn select_has_one_winner() {
    both(150, select_between_senders);
}

/// Three goroutines count under a mutex, with a change of thread inside.
fn mutex_of_three() {
    let t = start(3);
    let words: Arc<[AtomicU64; 3]> = Arc::default();
    let word = |w: &Arc<[AtomicU64; 3]>, i: usize| w[i].as_ptr();
    let [w0, w1, w2, w3, w4] = std::array::from_fn(|_| words.clone());
    let worker = steps![
        move |c: &Cx| c.lock(word(&w0, 0)),
        move |c: &Cx| {
            let seen = w1[1].load(Relaxed);
            gol_runtime::sync::atomic::fence(SeqCst);
            w1[1].store(seen + 1, Relaxed);
            c.unlock(word(&w1, 0));
            *c.r(0) += 1;
            if *c.r(0) < 3 { Ctl::Jump(0) } else { Ctl::Next }
        },
        move |c: &Cx| {
            c.wg_add(word(&w2, 2), -1);
            Ctl::Done
        },
    ];
    let main = steps![
        move |c: &Cx| {
            c.wg_add(word(&w3, 2), 3);
            for _ in 0..3 {
                c.go(worker, 1, &[0]);
            }
            Ctl::Next
        },
        move |c: &Cx| c.wg_wait(word(&w4, 2)),
        |_: &Cx| Ctl::Done,
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    assert_eq!(words[1].load(Relaxed), 9);
    assert_eq!(words[0].load(Relaxed), 0);
}

#[test]
fn mutex_wakes_everybody() {
    both(100, mutex_of_three);
}

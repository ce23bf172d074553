//! Concurrent marking under fire: goroutines on several Ps build, move and drop references in one shared graph without locks and hand
//! them to each other, while cycles begin and end all the time. The verifier compares each of them with a snapshot; freed cells are
//! poisoned, so a lost object is also seen by who still has it.
mod toy;

use gol_runtime::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use toy::{Ctl, Cx, Prog, Toy, config, start_with};

const CANARY: u64 = 0x00c0_ffee_0000_0001;
/// Words of a node: canary and references.
const FIELDS: u64 = 3;
const TABLE: u64 = 64;
const MUTATORS: usize = 4;
const PAIRS: usize = 2;

/// The descriptors of nodes and of the table.
#[derive(Clone, Copy)]
struct Kinds {
    node: DescId,
    table: DescId,
}

fn alloc(c: &Cx, desc: DescId) -> u64 {
    // SAFETY: the running P's own heap and cache.
    let at = unsafe { (*(*c.p()).heap).alloc(&mut (*c.p()).cache, desc, 1) };
    assert!(!at.is_null());
    at as u64
}

fn node(c: &Cx, kinds: Kinds, next: u64) -> u64 {
    let at = alloc(c, kinds.node);
    word(at, 0).store(CANARY, Relaxed);
    word(at, 1).store(next, Relaxed);
    at
}

/// A word of an object, which others may use as well.
fn word<'a>(object: u64, i: u64) -> &'a AtomicU64 {
    // SAFETY: the object is referred to by a slot of the caller or by the table, and has the word.
    unsafe { AtomicU64::from_ptr((object as *mut u64).add(i as usize)) }
}

fn store(c: &Cx, object: u64, i: u64, value: u64) {
    let at = word(object, i);
    // SAFETY: the running P, and no safepoint before the store.
    unsafe { ops::barrier(c.p(), at.as_ptr(), 1) };
    at.store(value, Relaxed);
}

fn check(object: u64) {
    if object != 0 {
        assert_eq!(word(object, 0).load(Relaxed), CANARY, "{object:#x}");
    }
}

// Slots: 0 table or channel, 1 seed, 2 and 3 references, 4 steps left, 5 table of a receiver.
const SLOTS: usize = 6;

fn step(c: &Cx, kinds: Kinds) {
    let (table, a, b) = (*c.r(0), *c.r(2), *c.r(3));
    let (k, i) = (c.random(1, TABLE), 1 + c.random(1, FIELDS));
    match c.random(1, 9) {
        0 | 1 => *c.r(2) = node(c, kinds, b),
        2 => store(c, table, k, a),
        3 => *c.r(2) = word(table, k).load(Relaxed),
        4 if a != 0 => store(c, a, i, b),
        5 if a != 0 => *c.r(3) = word(a, i).load(Relaxed),
        6 if a != 0 => store(c, a, i, 0),
        7 => (*c.r(2), *c.r(3)) = (b, a),
        _ => store(c, table, k, 0),
    }
    check(*c.r(2));
    check(*c.r(3));
}

fn mutator(kinds: Kinds, done: Arc<AtomicUsize>) -> Prog {
    steps![
        move |c: &Cx| {
            for _ in 0..8 {
                step(c, kinds);
            }
            *c.r(4) -= 1;
            match c.random(1, 24) {
                0 => Ctl::Yield,
                // SAFETY: the running P.
                1 if c.random(1, 40) == 0 => Ctl::Op(unsafe { ops::gc_now(c.p()) }),
                2 if c.random(1, 8) == 0 => Ctl::Op(unsafe { ops::sleep(c.p(), 20_000) }),
                _ => Ctl::Next,
            }
        },
        |c: &Cx| if *c.r(4) > 0 { Ctl::Jump(0) } else { Ctl::Next },
        move |_: &Cx| {
            done.fetch_add(1, SeqCst);
            Ctl::Done
        },
    ]
}

/// Hands lists over that nobody else has, and keeps nothing.
fn sender(kinds: Kinds) -> Prog {
    steps![
        move |c: &Cx| {
            let last = node(c, kinds, 0);
            *c.r(3) = last;
            *c.r(2) = node(c, kinds, last);
            *c.r(3) = 0;
            c.send(*c.r(0), 2)
        },
        |c: &Cx| {
            *c.r(2) = 0;
            *c.r(4) -= 1;
            if *c.r(4) > 0 { Ctl::Jump(0) } else { Ctl::Done }
        },
    ]
}

fn receiver(done: Arc<AtomicUsize>) -> Prog {
    steps![
        |c: &Cx| c.recv(*c.r(0), 2),
        |c: &Cx| {
            let list = *c.r(2);
            check(list);
            let last = word(list, 1).load(Relaxed);
            check(last);
            // The first node lets go of the second, which goes into the table.
            store(c, list, 1, 0);
            let k = c.random(1, TABLE);
            store(c, *c.r(5), k, last);
            *c.r(4) -= 1;
            if *c.r(4) > 0 { Ctl::Jump(0) } else { Ctl::Next }
        },
        move |_: &Cx| {
            done.fetch_add(1, SeqCst);
            Ctl::Done
        },
    ]
}

fn kinds(t: &Toy) -> Kinds {
    let desc = |stride: u64, ptrs| Desc::new(0, PtrMap::None, stride as u32 * 8, ptrs);
    Kinds {
        node: t.rt.heap.add_desc(desc(1 + FIELDS, PtrMap::Bits([0b1110].into()))),
        table: t.rt.heap.add_desc(desc(TABLE, PtrMap::All)),
    }
}

fn soup(seed: u64, procs: usize, steps: u64, change: impl Fn(&mut HeapConfig)) {
    let mut config = config(procs);
    change(&mut config.heap);
    let t = start_with(config);
    let kinds = kinds(&t);
    let done = Arc::new(AtomicUsize::new(0));
    let chan = t.chan;
    let (mutator, sender, receiver) = (mutator(kinds, done.clone()), sender(kinds), receiver(done.clone()));
    let main = steps![
        move |c: &Cx| {
            let table = alloc(c, kinds.table);
            *c.r(0) = table;
            for k in 0..MUTATORS as u64 {
                c.go(mutator, SLOTS, &[table, seed * 100 + k + 1, 0, 0, steps, 0]);
            }
            for k in 0..PAIRS as u64 {
                *c.r(1) = c.make(chan, 1, k);
                c.go(sender, SLOTS, &[*c.r(1), 0, 0, 0, steps, 0]);
                c.go(receiver, SLOTS, &[*c.r(1), seed * 100 + 50 + k, 0, 0, steps, table]);
            }
            Ctl::Next
        },
        // SAFETY: the running P.
        |c: &Cx| Ctl::Op(unsafe { ops::sleep(c.p(), 200_000) }),
        move |_: &Cx| if done.load(SeqCst) < MUTATORS + PAIRS { Ctl::Jump(1) } else { Ctl::Done },
    ];
    assert_eq!(t.run(main, 2, &[]), Outcome::Done);
    assert!(t.rt.heap.stats().num_gc > 5, "{:?}", t.rt.heap.stats());
}

/// GOL_SOUPS: how many seeds, for a longer run by hand.
fn soups() -> u64 {
    std::env::var("GOL_SOUPS").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

#[test]
fn nothing_reachable_is_lost() {
    for seed in 1..=soups() {
        for (procs, every) in [(1, 5), (2, 61), (4, 211)] {
            soup(seed, procs, 400, |heap| {
                heap.stress_every = Some(every);
                heap.poison = true;
                heap.verify = true;
            });
        }
    }
}

/// As it runs in earnest, with freed cells poisoned.
#[test]
fn nothing_reachable_is_lost_at_full_speed() {
    for seed in 1..=soups() {
        soup(seed, 4, 150_000 / 4, |heap| {
            heap.gogc = Some(10);
            heap.poison = true;
        });
    }
}

/// A full collection in the middle of a cycle of a large heap, of which every second has marked nothing by then (the verifier sees to that):
/// several threads mark the rest.
#[test]
fn what_a_cycle_has_left_is_marked_by_several() {
    const LISTS: u64 = 60;
    const LENGTH: u64 = 6_500;
    let mut config = config(2);
    config.heap.poison = true;
    config.heap.verify = true;
    let t = start_with(config);
    let kinds = kinds(&t);
    // Slots: 0 table, 1 lists built, then cycles ended; 2 a list.
    let main = steps![
        move |c: &Cx| {
            *c.r(0) = alloc(c, kinds.table);
            Ctl::Next
        },
        move |c: &Cx| {
            *c.r(2) = 0;
            for _ in 0..LENGTH {
                *c.r(2) = node(c, kinds, *c.r(2));
            }
            store(c, *c.r(0), *c.r(1), *c.r(2));
            *c.r(1) += 1;
            if *c.r(1) < LISTS { Ctl::Jump(1) } else { Ctl::Next }
        },
        // SAFETY: the running P.
        |c: &Cx| Ctl::Op(unsafe { ops::gc_now(c.p()) }),
        |c: &Cx| {
            *c.r(1) = 0;
            Ctl::Next
        },
        // Garbage until the next cycle has begun.
        move |c: &Cx| {
            for _ in 0..1000 {
                node(c, kinds, 0);
            }
            // SAFETY: the running P.
            if unsafe { ops::is_marking(c.p()) } { Ctl::Next } else { Ctl::Jump(4) }
        },
        // SAFETY: the running P.
        |c: &Cx| Ctl::Op(unsafe { ops::gc_now(c.p()) }),
        move |c: &Cx| {
            for k in 0..LISTS {
                let (mut at, mut length) = (word(*c.r(0), k).load(Relaxed), 0);
                while at != 0 {
                    check(at);
                    at = word(at, 1).load(Relaxed);
                    length += 1;
                }
                assert_eq!(length, LENGTH);
            }
            *c.r(1) += 1;
            if *c.r(1) < 2 { Ctl::Jump(4) } else { Ctl::Done }
        },
    ];
    assert_eq!(t.run(main, 3, &[]), Outcome::Done);
    assert!(t.rt.heap.stats().num_gc >= 5, "{:?}", t.rt.heap.stats());
}

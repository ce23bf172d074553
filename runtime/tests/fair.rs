//! Nobody waits for ever while others run; tested by counts. One P unless said otherwise, so that the counts are exact.
mod toy;

use gol_runtime::*;
use std::sync::atomic::{AtomicU64, Ordering::*};
use toy::{Ctl, Cx, start};

fn counter() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}

/// Two goroutines that wake each other through run-next do not keep the queue waiting: it is served after a bounded number of hops.
#[test]
fn ping_pong_does_not_starve_the_queue() {
    let t = start(1);
    let (hops, seen) = (counter(), counter());
    let desc = t.chan;
    // r0 receives, r1 sends; r2 the value.
    let player = steps![
        |c: &Cx| c.recv(*c.r(0), 2),
        move |c: &Cx| {
            hops.fetch_add(1, Relaxed);
            c.send(*c.r(1), 2)
        },
        |_: &Cx| Ctl::Jump(0),
    ];
    let queued = steps![move |_: &Cx| {
        seen.store(hops.load(Relaxed) + 1, Relaxed);
        Ctl::Done
    }];
    let main = steps![
        move |c: &Cx| {
            let (a, b) = (c.make(desc, 1, 0), c.make(desc, 1, 0));
            *c.r(0) = a;
            c.go(player, 3, &[a, b]);
            c.go(player, 3, &[b, a]);
            Ctl::Next
        },
        // Both wait; what is spawned then is displaced from run-next by the first hop.
        |_: &Cx| Ctl::Yield,
        move |c: &Cx| {
            c.go(queued, 1, &[]);
            c.send(*c.r(0), 1)
        },
        |_: &Cx| Ctl::Yield,
        move |_: &Cx| if seen.load(Relaxed) == 0 { Ctl::Jump(3) } else { Ctl::Done },
    ];
    assert_eq!(t.run(main, 2, &[]), Outcome::Done);
    let seen = seen.load(Relaxed) - 1;
    assert!(seen < 300, "{seen} hops before the queue was served");
}

/// Of four ready cases each is chosen equally often, whatever came before: chi-square over choices and over pairs of choices.
#[test]
fn select_is_uniform() {
    const CASES: usize = 4;
    const ROUNDS: usize = 20_000;
    for seed in [1, 7, 99] {
        let t = toy::start_with(RuntimeConfig { seed: Some(seed), ..toy::config(1) });
        let desc = t.chan;
        let chosen: &'static std::sync::Mutex<Vec<usize>> = Box::leak(Box::default());
        let main = steps![
            move |c: &Cx| {
                for k in 0..CASES {
                    *c.r(1 + k) = c.make(desc, 1, 1);
                }
                Ctl::Next
            },
            move |c: &Cx| {
                // SAFETY: slots of the frame; the waiters lie behind the channels.
                unsafe {
                    for k in 0..CASES {
                        // Full ones stay full.
                        let full = ops::chan_len(*c.r(1 + k) as *const Chan) == 1;
                        assert!(full || ops::chan_send(c.p(), *c.r(1 + k) as *mut Chan, c.at(0)) == Op::Done);
                    }
                    let cases: [SelectCase; CASES] = std::array::from_fn(|k| SelectCase {
                        ch: *c.r(1 + k) as *mut Chan,
                        elem: c.at(0),
                        dir: Dir::Recv,
                    });
                    let w = c.at(1 + CASES) as *mut Waiter;
                    let SelectOp::Ready { case, ok: true } = ops::select(c.p(), cases.as_ptr(), CASES, w, false) else {
                        panic!("no case was ready");
                    };
                    let mut chosen = chosen.lock().unwrap();
                    chosen.push(case);
                    if chosen.len() < ROUNDS { Ctl::Jump(1) } else { Ctl::Done }
                }
            },
        ];
        assert_eq!(t.run(main, 1 + CASES + CASES * WAITER_WORDS, &[]), Outcome::Done);
        let chosen = chosen.lock().unwrap();
        let single = chi_square(CASES, chosen.iter().copied());
        let pairs = chi_square(CASES * CASES, chosen.chunks_exact(2).map(|p| p[0] * CASES + p[1]));
        // The 0.1 % points for 3 and 15 degrees of freedom.
        assert!(single < 16.27, "seed {seed}: {single}");
        assert!(pairs < 37.70, "seed {seed}: {pairs}");
    }
}

fn chi_square(classes: usize, values: impl Iterator<Item = usize>) -> f64 {
    let mut counts = vec![0.0; classes];
    values.for_each(|v| counts[v] += 1.0);
    let expected = counts.iter().sum::<f64>() / classes as f64;
    counts.iter().map(|n| (n - expected) * (n - expected) / expected).sum()
}

fn mutex() -> &'static AtomicU64 {
    counter()
}

/// Who holds a mutex nearly always, and takes it again at once, gives it up to one who waits after a few unlocks.
#[test]
fn mutexes_do_not_starve() {
    let t = start(1);
    let (m, rounds, got) = (mutex(), counter(), counter());
    // SAFETY, here and below: a word that outlives the run.
    let hog = steps![
        move |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), m.as_ptr()) }),
        // Others run and find it held.
        |_: &Cx| Ctl::Yield,
        move |c: &Cx| {
            assert!(unsafe { ops::mutex_unlock(c.p(), m.as_ptr()) });
            rounds.fetch_add(1, Relaxed);
            if got.load(Relaxed) == 0 { Ctl::Jump(0) } else { Ctl::Done }
        },
    ];
    let main = steps![
        move |c: &Cx| {
            c.go(hog, 1, &[]);
            Ctl::Next
        },
        |_: &Cx| Ctl::Yield,
        move |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), m.as_ptr()) }),
        move |c: &Cx| {
            got.store(rounds.load(Relaxed), Relaxed);
            assert!(unsafe { ops::mutex_unlock(c.p(), m.as_ptr()) });
            Ctl::Done
        },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    let got = got.load(Relaxed);
    assert!((1..=5).contains(&got), "{got} unlocks before the waiter had it");
}

/// An unlock wakes one waiter and not all: each of many takes the mutex in about two attempts.
#[test]
fn an_unlock_wakes_one() {
    const N: u64 = 500;
    for procs in [1, 2, 4] {
        let t = start(procs);
        let (m, attempts, done) = (mutex(), counter(), counter());
        let waiter = steps![
            move |c: &Cx| {
                attempts.fetch_add(1, Relaxed);
                Ctl::Op(unsafe { ops::mutex_lock(c.p(), m.as_ptr()) })
            },
            |_: &Cx| Ctl::Yield,
            move |c: &Cx| {
                assert!(unsafe { ops::mutex_unlock(c.p(), m.as_ptr()) });
                done.fetch_add(1, Relaxed);
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| {
                for _ in 0..N {
                    c.go(waiter, 1, &[]);
                }
                Ctl::Next
            },
            |_: &Cx| Ctl::Yield,
            move |_: &Cx| if done.load(Relaxed) < N { Ctl::Jump(1) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        let attempts = attempts.load(Relaxed);
        assert!(attempts <= 3 * N, "{attempts} attempts of {N} goroutines on {procs} Ps");
    }
}

/// A signal wakes one of many that wait for a condition.
#[test]
fn a_signal_wakes_one() {
    const N: u64 = 100;
    let t = start(2);
    let (cond, waiting, woken) = (mutex(), counter(), counter());
    let waiter = steps![
        move |c: &Cx| {
            *c.r(0) = unsafe { ops::cond_ticket(cond.as_ptr()) } as u64;
            waiting.fetch_add(1, SeqCst);
            Ctl::Op(unsafe { ops::cond_wait(c.p(), cond.as_ptr(), *c.r(0) as u32) })
        },
        move |_: &Cx| {
            woken.fetch_add(1, SeqCst);
            Ctl::Done
        },
    ];
    let main = steps![
        move |c: &Cx| {
            for _ in 0..N {
                c.go(waiter, 1, &[]);
            }
            *c.r(0) = 0;
            Ctl::Next
        },
        |_: &Cx| Ctl::Yield,
        move |c: &Cx| {
            if waiting.load(SeqCst) < N {
                return Ctl::Jump(1);
            }
            // As many are awake as were signalled, at every step.
            let awake = woken.load(SeqCst);
            assert!(awake <= *c.r(0), "{awake} woken by {} signals", *c.r(0));
            if awake < *c.r(0) {
                return Ctl::Jump(1);
            }
            if *c.r(0) == N {
                return Ctl::Done;
            }
            *c.r(0) += 1;
            unsafe { ops::cond_signal(c.p(), cond.as_ptr()) };
            Ctl::Jump(1)
        },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    assert_eq!(woken.load(SeqCst), N);
}

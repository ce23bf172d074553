//! Everything at once, by seeds: tokens wander through channels while goroutines select, lock, sleep, block, spawn and collect.
//! No token may get lost and everybody must come to the end.
use super::{Ctl, Cx, Prog, config, start_with};
use crate::steps;
use gol_runtime::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::*};
use std::time::Duration;

const CHANNELS: usize = 5;
const TOKENS: u64 = 12;

#[derive(Default)]
struct Shared {
    steps: AtomicU64,
    limit: u64,
    odds: u64,
    /// {mutex, counter, wait group}
    words: [AtomicU64; 3],
    channels: [AtomicU64; CHANNELS],
    quit: AtomicU64,
}

impl Shared {
    fn word(&self, i: usize) -> *mut u64 {
        self.words[i].as_ptr()
    }
}

// Slots of a worker: 0 seed, 1 token (and the element of all receives), 2 channel, 3 waiters.
const W: usize = 3;
const CASES: usize = CHANNELS + 1;
const FRAME: usize = W + CASES * WAITER_WORDS;

/// A receive from every channel, the last one the end's.
fn cases(c: &Cx, s: &Shared) -> [SelectCase; CASES] {
    std::array::from_fn(|k| {
        let ch = s.channels.get(k).unwrap_or(&s.quit).load(Relaxed);
        SelectCase { ch: ch as *mut Chan, elem: c.at(1), dir: Dir::Recv }
    })
}

/// Passes its token (r1) on to channel r2 and ends.
fn courier(s: &Arc<Shared>) -> Prog {
    let s = s.clone();
    steps![|c: &Cx| c.send(*c.r(2), 1), move |c: &Cx| {
        c.wg_add(s.word(2), -1);
        Ctl::Done
    }]
}

fn worker(s: &Arc<Shared>) -> Prog {
    let courier = courier(s);
    let all: [Arc<Shared>; 6] = std::array::from_fn(|_| s.clone());
    let [s0, s1, s2, s3, s4, s5] = all;
    // After the select: 2 goes on with a token, 7 is the end.
    let chosen = |case: usize, ok: bool| {
        if case == CHANNELS {
            assert!(!ok);
            Ctl::Jump(7)
        } else {
            assert!(ok);
            Ctl::Jump(2)
        }
    };
    steps![
        // 0: wait for a token, or the end.
        move |c: &Cx| {
            match c.select(&cases(c, &s0), W) {
                SelectOp::Ready { case, ok } => chosen(case, ok),
                SelectOp::Park => Ctl::Op(Op::Park),
                other => panic!("{other:?}"),
            }
        },
        // 1
        move |c: &Cx| {
            let (case, ok) = c.select_finish(&cases(c, &s1), W);
            chosen(case, ok)
        },
        // 2: count, under the mutex.
        move |c: &Cx| c.lock(s2.word(0)),
        // 3: do something.
        move |c: &Cx| {
            let seen = s3.words[1].load(Relaxed);
            if c.random(0, 32) == 0 {
                gol_runtime::sync::thread::yield_now();
            }
            s3.words[1].store(seen + 1, Relaxed);
            c.unlock(s3.word(0));
            *c.r(2) = s3.channels[c.random(0, CHANNELS as u64) as usize].load(Relaxed);
            match c.random(0, s3.odds) {
                0 => {
                    let time = c.random(0, 200_000) as i64;
                    c.sleep(time)
                }
                1 => {
                    c.block(Duration::from_micros(c.random(0, 100)), c.random(0, 2) == 0);
                    Ctl::Yield
                }
                2 => c.collect(),
                3..20 => Ctl::Yield,
                20 => {
                    c.runtime().set_procs(1 + c.random(0, 8) as usize);
                    Ctl::Yield
                }
                21 if c.random(0, 8) == 0 => {
                    c.lock_thread();
                    Ctl::Next
                }
                22..26 => {
                    c.unlock_thread();
                    Ctl::Next
                }
                _ => Ctl::Next,
            }
        },
        // 4: pass the token on, oneself or by a courier.
        move |c: &Cx| {
            if c.random(0, 8) == 0 {
                c.wg_add(s4.word(2), 1);
                let large = c.random(0, 2) as usize * 40;
                c.go(courier, 3 + large, &[0, *c.r(1), *c.r(2)]);
                Ctl::Jump(6)
            } else {
                Ctl::Next
            }
        },
        // 5
        |c: &Cx| c.send(*c.r(2), 1),
        // 6: the last one calls the end.
        move |c: &Cx| {
            if s5.steps.fetch_add(1, Relaxed) + 1 == s5.limit {
                let closed = c.close(s5.quit.load(Relaxed));
                assert_eq!(closed, Op::Done);
            }
            Ctl::Jump(0)
        },
        // 7
        {
            let s = s.clone();
            move |c: &Cx| {
                c.wg_add(s.word(2), -1);
                Ctl::Done
            }
        },
    ]
}

/// One run.
pub struct Soup {
    pub procs: usize,
    pub seed: u64,
    /// Collect at every n-th allocation.
    pub stress: Option<u32>,
    pub workers: u64,
    /// Steps of all workers together before the end is called.
    pub limit: u64,
    /// Of so many steps one sleeps, one blocks, one collects and so on; at least 26.
    pub odds: u64,
}

/// Every token must be there at the end.
pub fn soup(Soup { procs, seed, stress, workers, limit, odds }: Soup) {
    let mut config = config(procs);
    config.seed = Some(seed);
    config.heap.stress_every = stress;
    config.slice_ns = 500_000;
    let t = start_with(config);
    let desc = t.chan;
    let shared = Arc::new(Shared { limit, odds, ..Shared::default() });
    let work = worker(&shared);
    let left = Arc::new(AtomicU64::new(0));
    let [s0, s1, s2] = std::array::from_fn(|_| shared.clone());
    let counted = left.clone();
    let main = steps![
        // Slots: channels, so that the collector sees them; then the token.
        move |c: &Cx| {
            for k in 0..CHANNELS {
                // Each has room for all: a courier or worker never waits for ever.
                *c.r(k) = c.make(desc, 1, TOKENS);
                s0.channels[k].store(*c.r(k), Relaxed);
            }
            *c.r(CHANNELS) = c.make(desc, 1, 0);
            s0.quit.store(*c.r(CHANNELS), Relaxed);
            for token in 1..=TOKENS {
                *c.r(CHANNELS + 1) = token;
                // SAFETY: there is room.
                let sent = unsafe { ops::chan_send(c.p(), *c.r(0) as *mut Chan, c.at(CHANNELS + 1)) };
                assert_eq!(sent, Op::Done);
            }
            c.wg_add(s0.word(2), workers as i64);
            for w in 0..workers {
                c.go(work, FRAME, &[seed * 1_000_003 + w + 1]);
            }
            Ctl::Next
        },
        move |c: &Cx| c.wg_wait(s1.word(2)),
        move |c: &Cx| {
            for k in 0..CHANNELS {
                // SAFETY: the channel in the slot has something.
                while unsafe { ops::chan_len(*c.r(k) as *const Chan) } > 0 {
                    // SAFETY: as above.
                    let got = unsafe {
                        ops::chan_recv(c.p(), *c.r(k) as *mut Chan, c.at(CHANNELS + 1), std::ptr::null_mut())
                    };
                    assert_eq!(got, Op::Done);
                    counted.fetch_add(*c.r(CHANNELS + 1), Relaxed);
                }
            }
            assert!(s2.words[1].load(Relaxed) >= limit);
            Ctl::Done
        },
    ];
    assert_eq!(t.run(main, CHANNELS + 2, &[]), Outcome::Done, "{procs} Ps, seed {seed}");
    assert_eq!(left.load(Relaxed), TOKENS * (TOKENS + 1) / 2, "{procs} Ps, seed {seed}");
}

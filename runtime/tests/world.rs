//! Time, preemption, collections, deadlock, interrupts, blocking natives, GOMAXPROCS, and the end, under a toy engine.
mod toy;

use gol_runtime::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::time::{Duration, Instant};
use toy::{Ctl, Cx, PROCS, Prog, config, start, start_with};

fn counter() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}

const MS: i64 = 1_000_000;

/// SAFETY: called by steps on their own P.
fn sleep(c: &Cx, ns: i64) -> Ctl {
    // SAFETY: as said.
    Ctl::Op(unsafe { ops::sleep(c.p(), ns) })
}

/// Loops for ever, polling.
fn spinner() -> Prog {
    steps![|_: &Cx| Ctl::Jump(0)]
}

/// Waits until `n` reaches `to`.
fn await_count(n: &'static AtomicU64, to: u64) -> Prog {
    steps![move |c: &Cx| sleep(c, MS / 10), move |_: &Cx| if n.load(SeqCst) < to { Ctl::Jump(0) } else { Ctl::Done }]
}

#[test]
fn sleepers_wake_in_order() {
    for procs in PROCS {
        let t = start(procs);
        let (n, disorder) = (counter(), counter());
        // r0: milliseconds
        let sleeper = steps![|c: &Cx| sleep(c, *c.r(0) as i64 * 4 * MS), move |c: &Cx| {
            if n.fetch_add(1, SeqCst) != *c.r(0) {
                disorder.fetch_add(1, SeqCst);
            }
            Ctl::Done
        }];
        let begin = Instant::now();
        let main = steps![
            move |c: &Cx| {
                for i in (0..10).rev() {
                    c.go(sleeper, 1, &[i]);
                }
                Ctl::Next
            },
            |c: &Cx| sleep(c, MS),
            move |_: &Cx| if n.load(SeqCst) < 10 { Ctl::Jump(1) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert!(begin.elapsed() >= Duration::from_millis(36));
        // A loaded machine may wake two late ones together.
        assert!(disorder.load(SeqCst) <= 4, "{procs} Ps: {}", disorder.load(SeqCst));
    }
}

#[test]
fn timers_fire_stop_and_repeat() {
    for procs in [1, 2] {
        let t = start(procs);
        let desc = t.chan;
        let called = counter();
        let closure = steps![move |c: &Cx| {
            called.fetch_add(*c.r(0), SeqCst);
            Ctl::Done
        }];
        let main = steps![
            move |c: &Cx| {
                let spawn = |closure_word| TimerAction::Spawn {
                    pc: closure.entry(),
                    link_pc: 0,
                    frame_slots: 1,
                    closure: closure_word,
                };
                *c.r(0) = c.make(desc, 1, 1);
                *c.r(1) = c.make(desc, 2, 1);
                let (tick, once) = (*c.r(0) as *mut Chan, *c.r(1) as *mut Chan);
                // SAFETY: channels with room for the time.
                unsafe {
                    let now = now_ns();
                    let a = ops::timer_start(c.p(), now + 1_000_000, 0, spawn(1));
                    let b = ops::timer_start(c.p(), now + 2_000_000, 0, spawn(100));
                    assert!(ops::timer_stop(c.p(), b));
                    assert!(!ops::timer_stop(c.p(), b));
                    // The slot of `b` is reused; its old name still finds nothing.
                    let d = ops::timer_start(c.p(), now + 3_000_000, 0, spawn(10));
                    assert!(!ops::timer_stop(c.p(), b));
                    assert_ne!(a, d);
                    let ticker =
                        ops::timer_start(c.p(), now + 1_000_000, 1_000_000, TimerAction::SendTime { chan: tick });
                    *c.r(4) = ticker.0;
                    let _ = ops::timer_start(c.p(), now + 4_000_000, 0, TimerAction::SendTime { chan: once });
                }
                *c.r(5) = 0;
                Ctl::Next
            },
            |c: &Cx| c.recv(*c.r(0), 2),
            |c: &Cx| {
                *c.r(5) += 1;
                if *c.r(5) < 5 { Ctl::Jump(1) } else { Ctl::Next }
            },
            |c: &Cx| c.recv(*c.r(1), 2),
            move |c: &Cx| {
                let (wall, mono) = (*c.r(2), *c.r(3));
                assert!(wall_ns() >= wall && wall_ns() - wall < 1_000_000_000);
                assert!(now_ns() >= mono && now_ns() - mono < 1_000_000_000);
                // SAFETY: an id of this runtime.
                assert!(unsafe { ops::timer_stop(c.p(), TimerId(*c.r(4))) });
                Ctl::Next
            },
            |c: &Cx| sleep(c, MS),
            move |_: &Cx| if called.load(SeqCst) < 11 { Ctl::Jump(5) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 6, &[]), Outcome::Done);
        assert_eq!(called.load(SeqCst), 11);
    }
}

#[test]
fn many_sleepers() {
    let t = start(2);
    let n = counter();
    let sleeper = steps![|c: &Cx| sleep(c, *c.r(0) as i64), move |_: &Cx| {
        n.fetch_add(1, SeqCst);
        Ctl::Done
    }];
    let main = steps![
        move |c: &Cx| {
            for i in 0..20_000u64 {
                c.go(sleeper, 1, &[1_000_000 + i * 7919 % 20_000_000]);
            }
            Ctl::Next
        },
        |c: &Cx| sleep(c, MS),
        move |_: &Cx| if n.load(SeqCst) < 20_000 { Ctl::Jump(1) } else { Ctl::Done },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
}

#[test]
fn busy_goroutines_are_preempted() {
    for procs in [1, 2] {
        let t = start(procs);
        let spin = spinner();
        let main = steps![
            move |c: &Cx| {
                for _ in 0..4 {
                    c.go(spin, 1, &[]);
                }
                Ctl::Next
            },
            |_: &Cx| Ctl::Yield,
            |c: &Cx| sleep(c, 5 * MS),
            |_: &Cx| Ctl::Yield,
            |_: &Cx| Ctl::Done,
        ];
        let begin = Instant::now();
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert!(begin.elapsed() < Duration::from_secs(3));
        // The spinners still run: the end of the runtime stops them.
    }
}

/// A sleeper is not served behind four whole time slices.
#[test]
fn sleepers_beside_busy_goroutines() {
    let t = start(1);
    let spin = spinner();
    let main = steps![
        move |c: &Cx| {
            for _ in 0..4 {
                c.go(spin, 1, &[]);
            }
            *c.r(0) = 0;
            Ctl::Next
        },
        |c: &Cx| sleep(c, 10 * MS),
        |c: &Cx| {
            *c.r(0) += 1;
            if *c.r(0) < 10 { Ctl::Jump(1) } else { Ctl::Done }
        },
    ];
    let begin = Instant::now();
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    // 100 ms on a quiet machine; with the sleepers queued at the tail it would be 500.
    assert!(begin.elapsed() < Duration::from_millis(350), "{:?}", begin.elapsed());
}

/// A deferred wake-up: the one goroutine that was readied gets its own P although the first never parks.
#[test]
fn second_p_helps() {
    let t = start(2);
    let flag = counter();
    let child = steps![move |_: &Cx| {
        flag.store(1, SeqCst);
        Ctl::Done
    }];
    let main = steps![
        move |c: &Cx| {
            c.go(child, 1, &[]);
            Ctl::Next
        },
        move |_: &Cx| if flag.load(SeqCst) == 0 { Ctl::Jump(1) } else { Ctl::Done },
    ];
    let mut best = Duration::MAX;
    for _ in 0..20 {
        flag.store(0, SeqCst);
        let begin = Instant::now();
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        best = best.min(begin.elapsed());
    }
    assert!(best < Duration::from_millis(5), "{best:?}");
}

#[test]
fn collections_under_load() {
    for procs in PROCS {
        let mut config = config(procs);
        config.heap.stress_every = Some(97);
        let t = start_with(config);
        let desc = t.chan;
        let done = counter();
        // Makes a channel, sends and receives through it, again and again.
        let work = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 1);
                c.send(*c.r(0), 1)
            },
            |c: &Cx| c.recv(*c.r(0), 1),
            |c: &Cx| {
                *c.r(1) += 1;
                if (*c.r(1)).is_multiple_of(50) { sleep(c, 20_000) } else { Ctl::Next }
            },
            |c: &Cx| if *c.r(1) < 1000 { Ctl::Jump(0) } else { Ctl::Next },
            move |_: &Cx| {
                done.fetch_add(1, SeqCst);
                Ctl::Done
            },
        ];
        let native = steps![
            |c: &Cx| {
                c.block(Duration::from_micros(*c.r(0) % 300), false);
                *c.r(0) += 37;
                Ctl::Yield
            },
            move |_: &Cx| if done.load(SeqCst) < 8 { Ctl::Jump(0) } else { Ctl::Done },
        ];
        let main = steps![
            move |c: &Cx| {
                for _ in 0..8 {
                    c.go(work, 2, &[0, 0]);
                }
                c.go(native, 1, &[0]);
                c.go(native, 1, &[100]);
                Ctl::Next
            },
            // SAFETY: the main goroutine.
            |c: &Cx| Ctl::Op(unsafe { ops::gc_now(c.p()) }),
            |c: &Cx| sleep(c, 100_000),
            move |_: &Cx| if done.load(SeqCst) < 8 { Ctl::Jump(1) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert!(t.engine.scanned.load(SeqCst) > 100);
    }
}

#[test]
fn deadlock_is_reported_once_per_run() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let child = steps![|c: &Cx| c.recv(*c.r(0), 0)];
        let main = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 0);
                c.go(child, 1, &[*c.r(0)]);
                *c.r(1) = 0;
                Ctl::Next
            },
            // SAFETY: parks in a nil channel.
            |c: &Cx| Ctl::Op(unsafe { ops::chan_send(c.p(), std::ptr::null_mut(), c.at(0)) }),
        ];
        assert_eq!(t.run(main, 2, &[]), Outcome::Deadlock);
        assert_eq!(t.run(main, 2, &[]), Outcome::Deadlock);
        let seen = t.engine.deadlocks.lock().unwrap().clone();
        assert_eq!(seen[0], [WaitReason::ChanSendNil, WaitReason::ChanReceive]);
        // The main goroutine of the first run is not told again: nobody waits for it.
        assert_eq!(seen[1], [WaitReason::ChanReceive, WaitReason::ChanSendNil, WaitReason::ChanReceive]);
        assert_eq!(t.rt.num_goroutine(), 4);
        let mut waiting = 0;
        // SAFETY: the goroutines are parked for ever.
        t.rt.for_each_goroutine(&mut |g| unsafe { waiting += usize::from((*g).state() == GState::Waiting) });
        assert_eq!(waiting, 4);
    }
}

#[test]
fn no_deadlock_while_something_may_come() {
    for procs in [1, 2, 4] {
        let t = start(procs);
        let desc = t.chan;
        let waker = steps![
            |c: &Cx| {
                c.block(Duration::from_millis(30), true);
                Ctl::Yield
            },
            |c: &Cx| sleep(c, 20 * MS),
            |c: &Cx| c.send(*c.r(0), 1),
            |_: &Cx| Ctl::Done,
        ];
        let main = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 0);
                c.go(waker, 2, &[*c.r(0), 5]);
                Ctl::Next
            },
            |c: &Cx| c.recv(*c.r(0), 1),
            |c: &Cx| {
                assert_eq!(*c.r(1), 5);
                Ctl::Done
            },
        ];
        assert_eq!(t.run(main, 2, &[]), Outcome::Done);
    }
}

#[test]
fn blocking_natives_give_up_their_p() {
    let t = start(1);
    let n = counter();
    let native = steps![
        |c: &Cx| {
            c.block(Duration::from_millis(40), false);
            Ctl::Yield
        },
        move |_: &Cx| {
            n.fetch_add(1, SeqCst);
            Ctl::Done
        },
    ];
    let main = steps![
        move |c: &Cx| {
            for _ in 0..10 {
                c.go(native, 1, &[]);
            }
            Ctl::Next
        },
        |c: &Cx| sleep(c, MS),
        move |_: &Cx| if n.load(SeqCst) < 10 { Ctl::Jump(1) } else { Ctl::Done },
    ];
    let begin = Instant::now();
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    // One after the other they would take 400 ms.
    assert!(begin.elapsed() < Duration::from_millis(390), "{:?}", begin.elapsed());
}

#[test]
fn interrupts() {
    for procs in [1, 2, 4] {
        let t = start(procs);
        let desc = t.chan;
        let busy = spinner();
        let parked = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 0);
                Ctl::Next
            },
            |c: &Cx| sleep(c, 3_600_000 * MS),
            |_: &Cx| Ctl::Done,
        ];
        for main in [busy, parked] {
            let stop = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(20));
                    t.rt.interrupt();
                    while !stop.load(SeqCst) {
                        std::thread::yield_now();
                    }
                });
                assert_eq!(t.run(main, 1, &[]), Outcome::Interrupted);
                stop.store(true, SeqCst);
            });
        }
        // The runtime goes on.
        let n = counter();
        n.store(1, SeqCst);
        assert_eq!(t.run(await_count(n, 1), 1, &[]), Outcome::Done);
    }
}

#[test]
fn procs_change_under_load() {
    let t = start(1);
    let n = counter();
    let work = steps![
        |c: &Cx| {
            *c.r(0) += 1;
            if (*c.r(0)).is_multiple_of(16) { sleep(c, 50_000) } else { Ctl::Yield }
        },
        move |c: &Cx| if *c.r(0) < 2000 {
            Ctl::Jump(0)
        } else {
            n.fetch_add(1, SeqCst);
            Ctl::Done
        },
    ];
    let main = steps![
        move |c: &Cx| {
            for _ in 0..20 {
                c.go(work, 1, &[0]);
            }
            *c.r(0) = 0;
            Ctl::Next
        },
        |c: &Cx| {
            let n = [4, 2, 1, 8, 3][*c.r(0) as usize % 5];
            c.runtime().set_procs(n);
            assert_eq!(c.runtime().procs(), n);
            *c.r(0) += 1;
            sleep(c, 300_000)
        },
        move |_: &Cx| if n.load(SeqCst) < 20 { Ctl::Jump(1) } else { Ctl::Done },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    assert_eq!(t.rt.set_procs(0), t.rt.procs());
    // Everything is idle again: a deadlock is still found.
    // SAFETY: parks for ever.
    let stuck = steps![|c: &Cx| Ctl::Op(unsafe { ops::park_forever(c.p(), WaitReason::SelectNoCases) })];
    assert_eq!(t.run(stuck, 1, &[]), Outcome::Deadlock);
}

#[test]
fn many_runs_from_many_threads() {
    let t = Arc::new(start(4));
    let main = steps![|c: &Cx| sleep(c, 50_000), |_: &Cx| Ctl::Yield, |_: &Cx| Ctl::Done];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
                }
            });
        }
    });
    assert_eq!(t.rt.num_goroutine(), 0);
}

#[test]
fn runtimes_end() {
    for i in 0..40 {
        let t = start(1 + i % 4);
        let spin = spinner();
        let main = steps![
            move |c: &Cx| {
                if i % 3 == 0 {
                    c.go(spin, 1, &[]);
                }
                Ctl::Next
            },
            |c: &Cx| sleep(c, 10_000),
            |_: &Cx| Ctl::Done
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        let begin = Instant::now();
        drop(t);
        assert!(begin.elapsed() < Duration::from_millis(400));
    }
}

/// A goroutine sits in a native for longer than the end waits, then makes an object.
#[test]
fn a_late_goroutine_finds_its_heap() {
    let t = start(2);
    let (inside, made) = (counter(), counter());
    let desc = t.chan;
    let late = steps![
        move |c: &Cx| {
            inside.fetch_add(1, SeqCst);
            std::thread::sleep(Duration::from_millis(800));
            for _ in 0..1000 {
                c.make(desc, 1, 100);
            }
            made.fetch_add(1, SeqCst);
            Ctl::Yield
        },
        |_: &Cx| Ctl::Done
    ];
    let main = steps![
        move |c: &Cx| {
            c.go(late, 1, &[]);
            Ctl::Next
        },
        |c: &Cx| sleep(c, MS),
        move |_: &Cx| if inside.load(SeqCst) == 0 { Ctl::Jump(1) } else { Ctl::Done },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    drop(t);
    while made.load(SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Nothing runs: no CPU time is used.
#[test]
fn idle_costs_nothing() {
    let t = start(4);
    let main = steps![|_: &Cx| Ctl::Done];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    std::thread::sleep(Duration::from_millis(50));
    let mut asleep = false;
    for _ in 0..20 {
        let before = wake_ups();
        std::thread::sleep(Duration::from_millis(50));
        asleep |= wake_ups() == before;
    }
    assert!(asleep, "threads of an idle runtime keep waking");
}

/// Voluntary context switches of this process' threads named as the runtime's.
fn wake_ups() -> u64 {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if !read("comm").starts_with("gol-") {
            continue;
        }
        for line in read("status").lines() {
            if let Some(n) = line.strip_prefix("voluntary_ctxt_switches:") {
                sum += n.trim().parse::<u64>().unwrap_or(0);
            }
        }
    }
    sum
}

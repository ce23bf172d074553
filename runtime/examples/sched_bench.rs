//! Figures of the scheduler under the toy engine of the tests: CPU and wall nanoseconds per operation.
//!
//! `cargo run --release -p gol-runtime --example sched_bench [procs] [name]`
#[path = "../tests/toy/mod.rs"]
mod toy;

use gol_runtime::*;
use std::time::Instant;
use toy::{Ctl, Cx, Prog, Toy, start};

fn cpu_ns() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

fn measure(t: &Toy, name: &str, per: u64, slots: usize, main: Prog) {
    if std::env::args().nth(2).is_some_and(|only| !name.contains(&only)) {
        return;
    }
    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..5 {
        let (wall, cpu) = (Instant::now(), cpu_ns());
        assert_eq!(t.run(main, slots, &[]), Outcome::Done);
        let figures = ((cpu_ns() - cpu) as f64 / per as f64, wall.elapsed().as_nanos() as f64 / per as f64);
        if figures.0 < best.0 {
            best = figures;
        }
    }
    println!("{name:28} {:8.1} CPU ns {:8.1} wall ns", best.0, best.1);
}

fn ping_pong(desc: DescId, n: u64) -> Prog {
    let echo = steps![|c: &Cx| c.recv(*c.r(0), 2), |c: &Cx| c.send(*c.r(1), 2), |_: &Cx| Ctl::Jump(0)];
    steps![
        move |c: &Cx| {
            *c.r(0) = c.make(desc, 1, 0);
            *c.r(1) = c.make(desc, 1, 0);
            *c.r(3) = 0;
            c.go(echo, 3, &[*c.r(0), *c.r(1)]);
            Ctl::Next
        },
        |c: &Cx| c.send(*c.r(0), 2),
        |c: &Cx| c.recv(*c.r(1), 2),
        move |c: &Cx| {
            *c.r(3) += 1;
            if *c.r(3) < n { Ctl::Jump(1) } else { Ctl::Done }
        },
    ]
}

fn ring(desc: DescId, nodes: u64, laps: u64) -> Prog {
    let node = steps![|c: &Cx| c.recv(*c.r(0), 2), |c: &Cx| c.send(*c.r(1), 2), |_: &Cx| Ctl::Jump(0)];
    steps![
        move |c: &Cx| {
            *c.r(0) = c.make(desc, 1, 0);
            *c.r(1) = *c.r(0);
            for _ in 0..nodes {
                let next = c.make(desc, 1, 0);
                c.go(node, 3, &[*c.r(1), next]);
                *c.r(1) = next;
            }
            *c.r(3) = 0;
            Ctl::Next
        },
        |c: &Cx| c.send(*c.r(0), 2),
        |c: &Cx| c.recv(*c.r(1), 2),
        move |c: &Cx| {
            *c.r(3) += 1;
            if *c.r(3) < laps { Ctl::Jump(1) } else { Ctl::Done }
        },
    ]
}

fn buffered(desc: DescId, n: u64) -> Prog {
    let producer = steps![|c: &Cx| c.send(*c.r(0), 1), move |c: &Cx| {
        *c.r(1) += 1;
        if *c.r(1) < n { Ctl::Jump(0) } else { Ctl::Done }
    }];
    steps![
        move |c: &Cx| {
            *c.r(0) = c.make(desc, 1, 128);
            c.go(producer, 2, &[*c.r(0), 0]);
            *c.r(1) = 0;
            Ctl::Next
        },
        |c: &Cx| c.recv(*c.r(0), 2),
        move |c: &Cx| {
            *c.r(1) += 1;
            if *c.r(1) < n { Ctl::Jump(1) } else { Ctl::Done }
        },
    ]
}

fn word() -> u64 {
    Box::leak(Box::new(0u64)) as *mut u64 as u64
}

fn spawn_join(n: u64, batch: u64) -> Prog {
    let wg = word();
    let child = steps![|c: &Cx| {
        // SAFETY: a leaked word.
        unsafe { ops::wg_add(c.p(), *c.r(0) as *mut u64, -1).unwrap() };
        Ctl::Done
    }];
    steps![
        |c: &Cx| {
            *c.r(0) = 0;
            Ctl::Next
        },
        move |c: &Cx| {
            // SAFETY: as above.
            unsafe { ops::wg_add(c.p(), wg as *mut u64, batch as i64).unwrap() };
            for _ in 0..batch {
                c.go(child, 1, &[wg]);
            }
            Ctl::Next
        },
        // SAFETY: as above.
        move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), wg as *mut u64) }),
        move |c: &Cx| {
            *c.r(0) += batch;
            if *c.r(0) < n { Ctl::Jump(1) } else { Ctl::Done }
        },
    ]
}

fn yields(goroutines: u64, n: u64) -> Prog {
    let wg = word();
    let child = steps![|_: &Cx| Ctl::Yield, move |c: &Cx| {
        *c.r(1) += 1;
        if *c.r(1) < n {
            return Ctl::Jump(0);
        }
        // SAFETY: a leaked word.
        unsafe { ops::wg_add(c.p(), *c.r(0) as *mut u64, -1).unwrap() };
        Ctl::Done
    }];
    steps![
        move |c: &Cx| {
            // SAFETY: as above.
            unsafe { ops::wg_add(c.p(), wg as *mut u64, goroutines as i64).unwrap() };
            for _ in 0..goroutines {
                c.go(child, 2, &[wg, 0]);
            }
            Ctl::Next
        },
        // SAFETY: as above.
        move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), wg as *mut u64) }),
        |_: &Cx| Ctl::Done,
    ]
}

fn mutex(goroutines: u64, n: u64) -> Prog {
    let (wg, m) = (word(), word());
    let child = steps![
        // SAFETY: leaked words, here and below.
        move |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), m as *mut u64) }),
        move |c: &Cx| {
            unsafe { ops::mutex_unlock(c.p(), m as *mut u64) };
            *c.r(1) += 1;
            if *c.r(1) < n {
                return Ctl::Jump(0);
            }
            unsafe { ops::wg_add(c.p(), *c.r(0) as *mut u64, -1).unwrap() };
            Ctl::Done
        }
    ];
    steps![
        move |c: &Cx| {
            unsafe { ops::wg_add(c.p(), wg as *mut u64, goroutines as i64).unwrap() };
            for _ in 0..goroutines {
                c.go(child, 2, &[wg, 0]);
            }
            Ctl::Next
        },
        move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), wg as *mut u64) }),
        |_: &Cx| Ctl::Done,
    ]
}

fn selects(desc: DescId, n: u64) -> Prog {
    // r0, r1 channels; r2, r3 elements; r4 count; r5 waiters
    let producer = steps![|c: &Cx| c.send(*c.r(0), 1), |_: &Cx| Ctl::Jump(0)];
    let cases = |c: &Cx| [0, 1].map(|k| SelectCase { ch: *c.r(k) as *mut Chan, elem: c.at(2 + k), dir: Dir::Recv });
    let count = move |c: &Cx| {
        *c.r(4) += 1;
        if *c.r(4) < n { Ctl::Jump(1) } else { Ctl::Done }
    };
    steps![
        move |c: &Cx| {
            for k in 0..2 {
                *c.r(k) = c.make(desc, 1, 0);
                c.go(producer, 2, &[*c.r(k), 1]);
            }
            *c.r(4) = 0;
            Ctl::Next
        },
        move |c: &Cx| {
            let cases = cases(c);
            // SAFETY: the waiters are slots of the frame.
            match unsafe { ops::select(c.p(), cases.as_ptr(), 2, c.at(5) as *mut Waiter, false) } {
                SelectOp::Ready { .. } => count(c),
                SelectOp::Park => Ctl::Op(Op::Park),
                SelectOp::Default | SelectOp::Closed { .. } => unreachable!(),
            }
        },
        move |c: &Cx| {
            let cases = cases(c);
            // SAFETY: as above.
            let _ = unsafe { ops::select_finish(c.p(), cases.as_ptr(), 2, c.at(5) as *mut Waiter) };
            count(c)
        },
    ]
}

fn native(n: u64) -> Prog {
    steps![
        |c: &Cx| {
            *c.r(0) = 0;
            Ctl::Next
        },
        move |c: &Cx| {
            // SAFETY: nothing between.
            unsafe {
                let inside = ops::enter_blocking(c.p());
                let _ = ops::exit_blocking(inside);
            }
            *c.r(0) += 1;
            if *c.r(0) < n { Ctl::Jump(1) } else { Ctl::Done }
        }
    ]
}

fn main() {
    let procs = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    let t = start(procs);
    println!("{procs} Ps");
    measure(&t, "ping-pong, hop", 2_000_000, 4, ping_pong(t.chan, 1_000_000));
    measure(&t, "ring of 503, hop", 503 * 2000, 4, ring(t.chan, 502, 2000));
    measure(&t, "buffered 128, message", 2_000_000, 3, buffered(t.chan, 2_000_000));
    measure(&t, "select of 2, message", 1_000_000, 5 + 2 * WAITER_WORDS, selects(t.chan, 1_000_000));
    measure(&t, "spawn 1e6, join all", 1_000_000, 1, spawn_join(1_000_000, 1_000_000));
    measure(&t, "spawn one, join one", 1_000_000, 1, spawn_join(1_000_000, 1));
    measure(&t, "yield, 2 goroutines", 2_000_000, 1, yields(2, 1_000_000));
    measure(&t, "yield, 1000 goroutines", 2_000_000, 1, yields(1000, 2000));
    measure(&t, "mutex, 8 goroutines", 4_000_000, 1, mutex(8, 500_000));
    measure(&t, "blocking native, empty", 2_000_000, 1, native(2_000_000));
    println!("goroutine memory {} KiB", t.rt.stack_bytes() >> 10);
    std::process::exit(0);
}

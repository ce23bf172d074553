//! The scheduler under a toy engine: what each operation promises, on 1 to 8 Ps.
mod toy;

use gol_runtime::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::*};
use std::time::{Duration, Instant};
use toy::{Ctl, Cx, PROCS, start};

/// A shared word that steps count in.
fn counter() -> &'static AtomicU64 {
    Box::leak(Box::new(AtomicU64::new(0)))
}

#[test]
fn ping_pong() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let sum = counter();
        let echo = steps![
            |c: &Cx| c.recv(*c.r(0), 2),
            |c: &Cx| {
                *c.r(2) += 1;
                c.send(*c.r(1), 2)
            },
            |_: &Cx| Ctl::Jump(0),
        ];
        let main = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 0);
                *c.r(1) = c.make(desc, 1, 0);
                *c.r(2) = 0;
                c.go(echo, 3, &[*c.r(0), *c.r(1)]);
                Ctl::Next
            },
            |c: &Cx| c.send(*c.r(0), 2),
            |c: &Cx| c.recv(*c.r(1), 2),
            move |c: &Cx| if *c.r(2) < 20_000 {
                Ctl::Jump(1)
            } else {
                sum.store(*c.r(2), Relaxed);
                Ctl::Done
            },
        ];
        assert_eq!(t.run(main, 3, &[]), Outcome::Done);
        assert_eq!(sum.load(Relaxed), 20_000);
    }
}

#[test]
fn ring() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let sum = counter();
        // r0 in, r1 out
        let node = steps![
            |c: &Cx| c.recv(*c.r(0), 2),
            |c: &Cx| {
                *c.r(2) += 1;
                c.send(*c.r(1), 2)
            },
            |_: &Cx| Ctl::Jump(0),
        ];
        let main = steps![
            move |c: &Cx| {
                let first = c.make(desc, 1, 0);
                let mut prev = first;
                for _ in 0..100 {
                    let next = c.make(desc, 1, 0);
                    c.go(node, 3, &[prev, next]);
                    prev = next;
                }
                (*c.r(0), *c.r(1), *c.r(2)) = (first, prev, 0);
                Ctl::Next
            },
            |c: &Cx| c.send(*c.r(0), 2),
            |c: &Cx| c.recv(*c.r(1), 2),
            move |c: &Cx| if *c.r(2) < 30_000 {
                Ctl::Jump(1)
            } else {
                sum.store(*c.r(2), Relaxed);
                Ctl::Done
            },
        ];
        assert_eq!(t.run(main, 3, &[]), Outcome::Done);
        assert_eq!(sum.load(Relaxed), 30_000);
    }
}

/// Sends 1..=n to r0, then one to the wait group r1.
fn producer(n: u64) -> toy::Prog {
    steps![
        |c: &Cx| {
            *c.r(2) = 1;
            Ctl::Next
        },
        |c: &Cx| c.send(*c.r(0), 2),
        move |c: &Cx| {
            *c.r(2) += 1;
            if *c.r(2) <= n { Ctl::Jump(1) } else { Ctl::Done }
        },
    ]
}

#[test]
fn fan_in_with_select() {
    const N: u64 = 3000;
    const K: usize = 4;
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let (sum, seen) = (counter(), Arc::new([const { AtomicUsize::new(0) }; K]));
        let produce = producer(N);
        let seen_in = seen.clone();
        // r0..r3 channels, r4..r7 elements, r8 count, r9 waiters
        const W: usize = 9;
        let cases = |c: &Cx| -> [SelectCase; K] {
            std::array::from_fn(|k| SelectCase { ch: *c.r(k) as *mut Chan, elem: c.at(4 + k), dir: Dir::Recv })
        };
        let got = move |c: &Cx, case: usize, ok: bool| {
            assert!(ok);
            seen_in[case].fetch_add(1, Relaxed);
            sum.fetch_add(*c.r(4 + case), Relaxed);
            *c.r(8) += 1;
            if *c.r(8) == N * K as u64 { Ctl::Done } else { Ctl::Jump(1) }
        };
        let got2 = got.clone();
        let main = steps![
            move |c: &Cx| {
                for k in 0..K {
                    *c.r(k) = c.make(desc, 1, if k % 2 == 0 { 0 } else { 3 });
                    c.go(produce, 3, &[*c.r(k)]);
                }
                *c.r(8) = 0;
                Ctl::Next
            },
            move |c: &Cx| {
                let cases = cases(c);
                // SAFETY: the waiters are slots of the frame.
                match unsafe { ops::select(c.p(), cases.as_ptr(), K, c.at(W) as *mut Waiter, false) } {
                    SelectOp::Ready { case, ok } => got(c, case, ok),
                    SelectOp::Park => Ctl::Op(Op::Park),
                    other => panic!("{other:?}"),
                }
            },
            move |c: &Cx| {
                let cases = cases(c);
                // SAFETY: as above.
                let (case, ok) = unsafe { ops::select_finish(c.p(), cases.as_ptr(), K, c.at(W) as *mut Waiter) };
                got2(c, case, ok)
            },
        ];
        assert_eq!(t.run(main, W + K * WAITER_WORDS, &[]), Outcome::Done);
        assert_eq!(sum.load(Relaxed), K as u64 * N * (N + 1) / 2);
        for s in seen.iter() {
            assert_eq!(s.load(Relaxed), N as usize);
        }
    }
}

/// Two goroutines select on sending and receiving over the same two channels: every value arrives once.
#[test]
fn select_against_select() {
    const N: u64 = 4000;
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let (sent, received, finished) = (counter(), counter(), counter());
        // r0, r1 channels; r2 value out, r3 value in, r4 rounds, r5 waiters; r0 is sent to and r1 received from, or the
        // other way round.
        let cases = |c: &Cx| {
            [
                SelectCase { ch: *c.r(0) as *mut Chan, elem: c.at(2), dir: Dir::Send },
                SelectCase { ch: *c.r(1) as *mut Chan, elem: c.at(3), dir: Dir::Recv },
                SelectCase { ch: std::ptr::null_mut(), elem: c.at(3), dir: Dir::Recv },
            ]
        };
        let after = move |c: &Cx, case: usize, ok: bool| {
            if case == 0 {
                assert!(ok);
                sent.fetch_add(*c.r(2), Relaxed);
                *c.r(2) += 1;
            } else if ok {
                received.fetch_add(*c.r(3), Relaxed);
            }
            *c.r(4) += 1;
            if *c.r(4) < N { Ctl::Jump(0) } else { Ctl::Next }
        };
        let peer = steps![
            move |c: &Cx| {
                let cases = cases(c);
                // SAFETY: the waiters are slots of the frame.
                match unsafe { ops::select(c.p(), cases.as_ptr(), 3, c.at(5) as *mut Waiter, false) } {
                    SelectOp::Ready { case, ok } => match after(c, case, ok) {
                        Ctl::Next => Ctl::Jump(2),
                        other => other,
                    },
                    SelectOp::Park => Ctl::Op(Op::Park),
                    other => panic!("{other:?}"),
                }
            },
            move |c: &Cx| {
                let cases = cases(c);
                // SAFETY: as above.
                let (case, ok) = unsafe { ops::select_finish(c.p(), cases.as_ptr(), 3, c.at(5) as *mut Waiter) };
                after(c, case, ok)
            },
            move |_: &Cx| {
                finished.fetch_add(1, Relaxed);
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| {
                let (a, b) = (c.make(desc, 1, 0), c.make(desc, 1, 0));
                c.go(peer, 5 + 3 * WAITER_WORDS, &[a, b, 1, 0, 0]);
                c.go(peer, 5 + 3 * WAITER_WORDS, &[b, a, 1, 0, 0]);
                Ctl::Next
            },
            |c: &Cx| {
                // SAFETY: parks the main goroutine for ever.
                Ctl::Op(unsafe { ops::park_forever(c.p(), WaitReason::SelectNoCases) })
            }
        ];
        // The last round of one may stay without a partner: a deadlock of main and at most one peer ends the test.
        assert_eq!(t.run(main, 1, &[]), Outcome::Deadlock);
        assert!(finished.load(Relaxed) >= 1);
        assert_eq!(sent.load(Relaxed), received.load(Relaxed));
    }
}

#[test]
fn select_default_and_closed() {
    let t = start(1);
    let desc = t.chan;
    let main = steps![move |c: &Cx| {
        let ch = c.make(desc, 1, 1) as *mut Chan;
        let recv = [SelectCase { ch, elem: c.at(0), dir: Dir::Recv }];
        let send = [SelectCase { ch, elem: c.at(0), dir: Dir::Send }];
        let w = c.at(1) as *mut Waiter;
        // SAFETY: slots of the frame.
        unsafe {
            assert_eq!(ops::select(c.p(), recv.as_ptr(), 1, w, true), SelectOp::Default);
            assert_eq!(ops::select(c.p(), recv.as_ptr(), 0, w, true), SelectOp::Default);
            *c.r(0) = 9;
            assert_eq!(ops::select(c.p(), send.as_ptr(), 1, w, true), SelectOp::Ready { case: 0, ok: true });
            assert_eq!(ops::select(c.p(), send.as_ptr(), 1, w, true), SelectOp::Default);
            assert_eq!((ops::chan_len(ch), ops::chan_cap(ch)), (1, 1));
            assert_eq!(ops::chan_close(c.p(), ch), Op::Done);
            assert_eq!(ops::chan_close(c.p(), ch), Op::Closed);
            assert_eq!(ops::chan_close(c.p(), std::ptr::null_mut()), Op::Nil);
            assert_eq!(ops::chan_send(c.p(), ch, c.at(0)), Op::Closed);
            assert_eq!(ops::select(c.p(), send.as_ptr(), 1, w, true), SelectOp::Closed { case: 0 });
            *c.r(0) = 0;
            assert_eq!(ops::select(c.p(), recv.as_ptr(), 1, w, true), SelectOp::Ready { case: 0, ok: true });
            assert_eq!(*c.r(0), 9);
            assert_eq!(ops::select(c.p(), recv.as_ptr(), 1, w, true), SelectOp::Ready { case: 0, ok: false });
            assert_eq!(*c.r(0), 0);
        }
        Ctl::Done
    }];
    assert_eq!(t.run(main, 1 + WAITER_WORDS, &[]), Outcome::Done);
}

#[test]
fn buffered_many_to_many() {
    const N: u64 = 3000;
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let sum = counter();
        let produce = producer(N);
        // r0 channel, r1 results
        let consume = steps![
            |c: &Cx| c.recv(*c.r(0), 2),
            move |c: &Cx| if *c.r(2) == 0 {
                c.send(*c.r(1), 2)
            } else {
                sum.fetch_add(*c.r(2), Relaxed);
                Ctl::Jump(0)
            },
            |_: &Cx| Ctl::Done,
        ];
        let main = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 7);
                *c.r(1) = c.make(desc, 1, 0);
                for _ in 0..4 {
                    c.go(produce, 3, &[*c.r(0)]);
                    c.go(consume, 3, &[*c.r(0), *c.r(1)]);
                }
                *c.r(3) = 0;
                Ctl::Next
            },
            // Wait until everything is sent: the sum says so.
            move |_: &Cx| if sum.load(Relaxed) == 4 * N * (N + 1) / 2 { Ctl::Next } else { Ctl::Yield },
            move |_: &Cx| if sum.load(Relaxed) == 4 * N * (N + 1) / 2 { Ctl::Next } else { Ctl::Jump(1) },
            |c: &Cx| {
                *c.r(2) = 0;
                c.send(*c.r(0), 2)
            },
            |c: &Cx| c.recv(*c.r(1), 2),
            |c: &Cx| {
                *c.r(3) += 1;
                if *c.r(3) < 4 { Ctl::Jump(3) } else { Ctl::Done }
            },
        ];
        assert_eq!(t.run(main, 4, &[]), Outcome::Done);
        assert_eq!(sum.load(Relaxed), 4 * N * (N + 1) / 2);
    }
}

#[test]
fn wide_and_empty_elements() {
    let t = start(2);
    let desc = t.chan;
    let sender = steps![
        |c: &Cx| {
            (*c.r(2), *c.r(3), *c.r(4)) = (1, 2, 3);
            c.send(*c.r(0), 2)
        },
        |c: &Cx| c.send(*c.r(0), 2),
        |c: &Cx| c.send(*c.r(1), 2),
        |_: &Cx| Ctl::Done,
    ];
    let main = steps![
        move |c: &Cx| {
            *c.r(0) = c.make(desc, 3, 0);
            *c.r(1) = c.make(desc, 0, 1 << 20);
            c.go(sender, 5, &[*c.r(0), *c.r(1)]);
            Ctl::Next
        },
        |c: &Cx| c.recv(*c.r(0), 2),
        |c: &Cx| {
            assert_eq!((*c.r(2), *c.r(3), *c.r(4)), (1, 2, 3));
            // SAFETY: a discarded value.
            Ctl::Op(unsafe { ops::chan_recv(c.p(), *c.r(0) as *mut Chan, std::ptr::null_mut(), std::ptr::null_mut()) })
        },
        |c: &Cx| c.recv(*c.r(1), 2),
        |c: &Cx| {
            assert_eq!((*c.r(2), *c.r(3), *c.r(4)), (1, 2, 3));
            Ctl::Done
        },
    ];
    assert_eq!(t.run(main, 5, &[]), Outcome::Done);
}

#[test]
fn close_wakes_all() {
    for procs in PROCS {
        let t = start(procs);
        let desc = t.chan;
        let (parked, woken) = (counter(), counter());
        let wait = steps![
            move |c: &Cx| {
                *c.r(1) = 77;
                parked.fetch_add(1, Relaxed);
                c.recv(*c.r(0), 1)
            },
            move |c: &Cx| {
                assert_eq!((*c.r(1), c.g().wake_ok), (0, 0));
                woken.fetch_add(1, Relaxed);
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| {
                *c.r(0) = c.make(desc, 1, 0);
                for _ in 0..200 {
                    c.go(wait, 2, &[*c.r(0)]);
                }
                Ctl::Next
            },
            |_: &Cx| Ctl::Yield,
            move |_: &Cx| if parked.load(Relaxed) < 200 { Ctl::Jump(1) } else { Ctl::Next },
            // SAFETY: sleeps so that the last receiver is really parked on more than one P.
            |c: &Cx| Ctl::Op(unsafe { ops::sleep(c.p(), 2_000_000) }),
            |c: &Cx| {
                // SAFETY: a channel.
                assert_eq!(unsafe { ops::chan_close(c.p(), *c.r(0) as *mut Chan) }, Op::Done);
                Ctl::Next
            },
            |_: &Cx| Ctl::Yield,
            move |_: &Cx| if woken.load(Relaxed) < 200 { Ctl::Jump(5) } else { Ctl::Done },
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert_eq!(woken.load(Relaxed), 200);
    }
}

/// r0 is the address of {mutex, counter, wait group}.
fn leak_words(n: usize) -> u64 {
    Box::leak(vec![0u64; n].into_boxed_slice()).as_mut_ptr() as u64
}

fn word(base: u64, i: usize) -> *mut u64 {
    (base as *mut u64).wrapping_add(i)
}

#[test]
fn mutex_and_wait_group() {
    for procs in PROCS {
        let t = start(procs);
        let words = leak_words(3);
        let work = steps![
            |c: &Cx| {
                *c.r(1) = 0;
                Ctl::Next
            },
            // SAFETY: leaked words, here and below.
            |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), word(*c.r(0), 0)) }),
            |c: &Cx| {
                *c.r(2) = unsafe { *word(*c.r(0), 1) };
                Ctl::Next
            },
            |c: &Cx| if (*c.r(1)).is_multiple_of(7) { Ctl::Yield } else { Ctl::Next },
            |c: &Cx| {
                unsafe {
                    *word(*c.r(0), 1) = *c.r(2) + 1;
                    assert!(ops::mutex_unlock(c.p(), word(*c.r(0), 0)));
                }
                *c.r(1) += 1;
                if *c.r(1) < 1500 { Ctl::Jump(1) } else { Ctl::Next }
            },
            |c: &Cx| {
                unsafe { ops::wg_add(c.p(), word(*c.r(0), 2), -1).unwrap() };
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| {
                unsafe { ops::wg_add(c.p(), word(words, 2), 8).unwrap() };
                for _ in 0..8 {
                    c.go(work, 3, &[words]);
                }
                Ctl::Next
            },
            move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), word(words, 2)) }),
            move |c: &Cx| {
                unsafe {
                    assert_eq!(*word(words, 1), 8 * 1500);
                    assert!(ops::mutex_try_lock(c.p(), word(words, 0)));
                    assert!(!ops::mutex_try_lock(c.p(), word(words, 0)));
                    assert!(ops::mutex_unlock(c.p(), word(words, 0)));
                    assert!(!ops::mutex_unlock(c.p(), word(words, 0)));
                    assert_eq!(ops::wg_add(c.p(), word(words, 2), -1), Err(Negative));
                }
                Ctl::Done
            },
        ];
        assert_eq!(t.run(main, 3, &[]), Outcome::Done);
    }
}

#[test]
fn semaphore_bounds() {
    for procs in PROCS {
        let t = start(procs);
        let words = leak_words(2);
        // SAFETY: leaked words, here and below.
        unsafe { *word(words, 0) = 3 };
        let (inside, most) = (counter(), counter());
        let work = steps![
            |c: &Cx| Ctl::Op(unsafe { ops::sema_acquire(c.p(), word(*c.r(0), 0), WaitReason::Semacquire) }),
            move |_: &Cx| {
                most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
                Ctl::Yield
            },
            move |c: &Cx| {
                inside.fetch_sub(1, SeqCst);
                unsafe { ops::sema_release(c.p(), word(*c.r(0), 0)) };
                *c.r(1) += 1;
                if *c.r(1) < 1000 { Ctl::Jump(0) } else { Ctl::Next }
            },
            |c: &Cx| {
                unsafe { ops::wg_add(c.p(), word(*c.r(0), 1), -1).unwrap() };
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| {
                unsafe { ops::wg_add(c.p(), word(words, 1), 10).unwrap() };
                for _ in 0..10 {
                    c.go(work, 2, &[words, 0]);
                }
                Ctl::Next
            },
            move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), word(words, 1)) }),
            |_: &Cx| Ctl::Done,
        ];
        assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        assert!(most.load(Relaxed) <= 3);
        assert_eq!(unsafe { *word(words, 0) }, 3);
    }
}

#[test]
fn condition_signal_and_broadcast() {
    for procs in PROCS {
        let t = start(procs);
        // 0 mutex, 1 condition, 2 tokens, 3 wait group
        let words = leak_words(4);
        let taken = counter();
        // SAFETY: leaked words, here and below.
        let wait = steps![
            |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), word(*c.r(0), 0)) }),
            |c: &Cx| unsafe {
                if *word(*c.r(0), 2) > 0 {
                    return Ctl::Jump(3);
                }
                *c.r(1) = ops::cond_ticket(word(*c.r(0), 1)) as u64;
                assert!(ops::mutex_unlock(c.p(), word(*c.r(0), 0)));
                Ctl::Op(ops::cond_wait(c.p(), word(*c.r(0), 1), *c.r(1) as u32))
            },
            |_: &Cx| Ctl::Jump(0),
            move |c: &Cx| unsafe {
                *word(*c.r(0), 2) -= 1;
                taken.fetch_add(1, Relaxed);
                assert!(ops::mutex_unlock(c.p(), word(*c.r(0), 0)));
                ops::wg_add(c.p(), word(*c.r(0), 3), -1).unwrap();
                Ctl::Done
            },
        ];
        let main = steps![
            move |c: &Cx| unsafe {
                ops::wg_add(c.p(), word(words, 3), 100).unwrap();
                for _ in 0..100 {
                    c.go(wait, 2, &[words]);
                }
                (*c.r(0), *c.r(1)) = (words, 0);
                Ctl::Next
            },
            |_: &Cx| Ctl::Yield,
            |c: &Cx| Ctl::Op(unsafe { ops::mutex_lock(c.p(), word(*c.r(0), 0)) }),
            |c: &Cx| unsafe {
                let last = *c.r(1) == 50;
                *word(*c.r(0), 2) += if last { 50 } else { 1 };
                assert!(ops::mutex_unlock(c.p(), word(*c.r(0), 0)));
                if last {
                    ops::cond_broadcast(c.p(), word(*c.r(0), 1));
                    return Ctl::Next;
                }
                ops::cond_signal(c.p(), word(*c.r(0), 1));
                *c.r(1) += 1;
                Ctl::Jump(1)
            },
            |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), word(*c.r(0), 3)) }),
            |_: &Cx| Ctl::Done,
        ];
        assert_eq!(t.run(main, 2, &[]), Outcome::Done);
        assert_eq!(taken.load(Relaxed), 100);
    }
}

#[test]
fn spawn_and_join_many() {
    for procs in [1, 2, 8] {
        let t = start(procs);
        let words = leak_words(1);
        let count = counter();
        let child = steps![move |c: &Cx| {
            count.fetch_add(*c.r(1), Relaxed);
            // SAFETY: a leaked word.
            unsafe { ops::wg_add(c.p(), *c.r(0) as *mut u64, -1).unwrap() };
            Ctl::Done
        }];
        let main = steps![
            move |c: &Cx| {
                // SAFETY: as above.
                unsafe { ops::wg_add(c.p(), words as *mut u64, 100_000).unwrap() };
                for i in 0..100_000u64 {
                    // Some have a separate stack.
                    c.go(child, if i % 10 == 0 { 40 } else { 2 }, &[words, 1]);
                }
                Ctl::Next
            },
            // SAFETY: as above.
            move |c: &Cx| Ctl::Op(unsafe { ops::wg_wait(c.p(), words as *mut u64) }),
            |_: &Cx| Ctl::Done,
        ];
        for _ in 0..3 {
            assert_eq!(t.run(main, 1, &[]), Outcome::Done);
        }
        assert_eq!(count.load(Relaxed), 300_000);
        let end = Instant::now() + Duration::from_secs(5);
        while t.rt.num_goroutine() > 0 && Instant::now() < end {
            std::thread::yield_now();
        }
        assert_eq!(t.rt.num_goroutine(), 0);
    }
}

fn t_stack_bytes(c: &Cx) -> usize {
    // SAFETY: the runtime outlives its goroutines.
    unsafe { (*(*c.p()).runtime).stack_bytes() }
}

#[test]
fn stack_grows() {
    let t = start(1);
    let main = steps![
        |c: &Cx| {
            *c.r(0) = 42;
            // SAFETY: the base is saved at spawn.
            unsafe {
                assert!(ops::grow_stack(c.p(), 1000));
                let g = c.g();
                assert!(g.cap as usize >= 1001);
                assert_eq!(*g.stack.add(1), 42);
                assert_eq!((*c.p()).limit, g.stack as usize + g.cap as usize * 8);
                assert!(ops::grow_stack(c.p(), 100_000));
                // The stack is a mapping by now: it moves with its pages.
                *g.stack.add(100_000) = 43;
                assert!(ops::grow_stack(c.p(), 900_000));
                assert_eq!((*g.stack.add(1), *g.stack.add(100_000)), (42, 43));
                assert!(t_stack_bytes(c) >= 900_000 * 8);
                assert!(!ops::grow_stack(c.p(), 1 << 21));
            }
            // The frame has moved: go through the loop to get it anew.
            Ctl::Yield
        },
        |c: &Cx| {
            assert_eq!(*c.r(0), 42);
            Ctl::Done
        },
    ];
    assert_eq!(t.run(main, 4, &[]), Outcome::Done);
    assert!(t.rt.stack_bytes() < 1 << 20);
}

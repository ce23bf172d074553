//! Natives that call back: parking, panics, ends and collections inside.
use super::bare::config;
use super::machine::*;
use super::*;
use crate::vm::RunResult;

#[test]
fn a_thousand_goroutines_park_inside_callbacks() {
    // 1 worker(in, out): out <- call(waiter, in)   2 waiter(in): return (<-in) + (<-in)
    let worker = func(
        "main.worker",
        2,
        0,
        12,
        vec![
            k(Op::LoadK, 3, 0, closure(2)),
            i(Op::Mov, 4, 0, 0, 0),
            k(Op::CallNC, 2, 2, CALL),
            data(),
            i(Op::Send, 1, 3, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let waiter = func(
        "main.waiter",
        1,
        1,
        6,
        vec![i(Op::Recv, 2, 0, 1, 0), i(Op::Recv, 3, 0, 1, 0), i(Op::AddI, 0, 2, 3, 0), i(Op::Ret1, 0, 0, 0, 0)],
    );
    let main = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::LoadI, 2, 0, 0),
            i(Op::MakeChan, 0, 2, 0, CHAN_INT),
            i(Op::MakeChan, 1, 2, 0, CHAN_INT),
            k(Op::LoadI, 7, 0, 1000),
            // 4: start
            k(Op::Go, 0, 2, 1),
            i(Op::AddKJltB, 2, 7, 1, -2),
            // all are parked in the callback before the first value comes
            k(Op::LoadI, 9, 0, 20_000_000),
            k(Op::CallNC, 8, 1, SLEEP),
            data(),
            k(Op::LoadI, 2, 0, 0),
            k(Op::LoadI, 7, 0, 2000),
            k(Op::LoadI, 3, 0, 7),
            i(Op::Send, 0, 3, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::AddKJltB, 2, 7, 1, -3),
            k(Op::LoadI, 2, 0, 0),
            k(Op::LoadI, 7, 0, 1000),
            k(Op::LoadI, 5, 0, 0),
            i(Op::Recv, 4, 1, 1, 0),
            i(Op::AddI, 5, 5, 4, 0),
            i(Op::AddKJltB, 2, 7, 1, -3),
            k(Op::StG, 5, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let m = Machine::new(&full(vec![main, worker, waiter]));
    m.ok(0);
    assert_eq!(m.global(0), 14_000);
}

/// main defers a recovering closure, then calls native `call` with a function that panics (or does what `inner` says).
pub(crate) fn through_native(inner: Vec<Ins>) -> Program {
    let main = with_epilogue(
        func(
            "main.main",
            0,
            0,
            16,
            vec![
                k(Op::LoadK, 0, 0, closure(1)),
                i(Op::Defer, 0, 0, 0, 0),
                k(Op::LoadK, 2, 0, closure(2)),
                k(Op::LoadI, 3, 0, 1),
                k(Op::CallNC, 1, 2, CALL),
                data(),
                k(Op::LoadI, 4, 0, 1),
                k(Op::StG, 4, 0, 1),
                i(Op::RunDefers, 5, 0, 0, 0),
                data(),
                i(Op::Ret, 0, 0, 0, 0),
            ],
        ),
        8,
    );
    let deferred = func(
        "main.main.func1",
        0,
        0,
        4,
        vec![
            i(Op::Recover, 1, 0, 0, 0),
            k(Op::LoadI, 2, 0, 5),
            k(Op::Jz, 1, 0, 1),
            k(Op::LoadI, 2, 0, 6),
            k(Op::StG, 2, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    // Nests one native deeper first.
    let mid = func(
        "main.mid",
        1,
        1,
        12,
        vec![
            k(Op::LoadK, 2, 0, closure(3)),
            i(Op::Mov, 3, 0, 0, 0),
            k(Op::CallNC, 1, 2, CALL),
            data(),
            i(Op::Ret1, 2, 0, 0, 0),
        ],
    );
    let inner = func("main.inner", 1, 1, 12, inner);
    full(vec![main, deferred, mid, inner])
}

#[test]
fn panics_go_through_natives() {
    let m = Machine::new(&through_native(panics(1)));
    m.ok(0);
    assert_eq!((m.global(0), m.global(1)), (6, 0));
}

#[test]
fn goexit_runs_defers_through_natives() {
    let code = vec![k(Op::LoadI, 2, 0, 1), k(Op::CallN, 1, 1, FAIL), i(Op::Ret, 0, 0, 0, 0)];
    let m = Machine::new(&through_native(code));
    let RunResult::Deadlock(report) = m.run(0) else { panic!("main went on: {}", m.printed()) };
    assert!(report.text.contains("main called runtime.Goexit"), "{}", report.text);
    assert_eq!((m.global(0), m.global(1)), (5, 0));
}

#[test]
fn exit_in_a_callback() {
    let code = vec![k(Op::LoadI, 2, 0, 2), k(Op::CallN, 1, 1, FAIL), i(Op::Ret, 0, 0, 0, 0)];
    let m = Machine::new(&through_native(code));
    assert_eq!(m.run(0), RunResult::Exit(7));
    assert_eq!(m.global(0), 0);
}

#[test]
fn uncaught_in_a_callback_shows_all_frames() {
    let mut p = through_native(panics(1));
    p.funcs[0].code[1] = i(Op::Nop, 0, 0, 0, 0);
    let m = Machine::new(&p);
    assert_eq!(m.run(0), RunResult::Panicked);
    let text = m.printed();
    for f in ["main.inner(...)", "main.mid(...)", "main.main(...)"] {
        assert!(text.contains(f), "{text}");
    }
}

#[test]
fn the_collector_sees_what_callbacks_hold() {
    // Allocates in a loop under a callback while other goroutines are parked with live slices.
    let inner = vec![
        k(Op::LoadI, 1, 0, 16),
        k(Op::LoadI, 5, 0, 0),
        k(Op::LoadI, 6, 0, 20_000),
        k(Op::LoadI, 7, 0, 77),
        k(Op::LoadI, 8, 0, 3),
        i(Op::MakeSlice, 2, 1, 1, INT),
        i(Op::StIdxW, 2, 8, 7, 0),
        // 7: garbage
        i(Op::MakeSlice, 9, 1, 1, INT),
        i(Op::AddKJltB, 5, 6, 1, -2),
        i(Op::LdIdxW, 0, 2, 8, 0),
        i(Op::Ret1, 0, 0, 0, 0),
    ];
    let mut p = through_native(inner);
    p.funcs[0].code[6] = k(Op::StG, 2, 0, 1);
    p.funcs[0].code[7] = i(Op::Nop, 0, 0, 0, 0);
    let mut c = config();
    c.runtime.heap.gogc = Some(100);
    c.runtime.heap.stress_every = Some(100);
    c.runtime.heap.poison = true;
    let m = Machine::with(&p, c);
    m.ok(0);
    assert_eq!(m.global(1), 77);
}

#[test]
fn callbacks_move_between_threads_under_collections() {
    // 1 worker(in, out, n): for n times: sum += call(waiter, in); out <- sum      2 waiter(in): allocates, return <-in
    // 3 feeder(in, n): n times in <- 3
    let worker = func(
        "main.worker",
        3,
        0,
        16,
        vec![
            k(Op::LoadI, 3, 0, 0),
            k(Op::LoadI, 4, 0, 0),
            k(Op::LoadK, 6, 0, closure(2)),
            i(Op::Mov, 7, 0, 0, 0),
            k(Op::CallNC, 5, 2, CALL),
            data(),
            i(Op::AddI, 4, 4, 6, 0),
            i(Op::AddKJltB, 3, 2, 1, -6),
            i(Op::Send, 1, 4, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let waiter = func(
        "main.waiter",
        1,
        1,
        10,
        vec![
            k(Op::LoadI, 2, 0, 20),
            i(Op::MakeSlice, 3, 2, 2, INT),
            i(Op::Recv, 6, 0, 1, 0),
            k(Op::LoadI, 7, 0, 11),
            i(Op::StIdxW, 3, 7, 6, 0),
            i(Op::LdIdxW, 0, 3, 7, 0),
            i(Op::Ret1, 0, 0, 0, 0),
        ],
    );
    let feeder = func(
        "main.feeder",
        2,
        0,
        6,
        vec![
            k(Op::LoadI, 2, 0, 0),
            k(Op::LoadI, 3, 0, 3),
            i(Op::Send, 0, 3, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::AddKJltB, 2, 1, 1, -3),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let main = func(
        "main.main",
        0,
        0,
        14,
        vec![
            k(Op::LoadI, 5, 0, 0),
            i(Op::MakeChan, 0, 5, 0, CHAN_INT),
            i(Op::MakeChan, 1, 5, 0, CHAN_INT),
            k(Op::LoadI, 2, 0, 300),
            k(Op::LoadI, 6, 0, 40),
            k(Op::Go, 0, 3, 1),
            i(Op::AddKJltB, 5, 6, 1, -2),
            i(Op::Mov, 3, 0, 0, 0),
            k(Op::LoadI, 4, 0, 6000),
            k(Op::Go, 3, 2, 3),
            k(Op::Go, 3, 2, 3),
            k(Op::LoadI, 5, 0, 0),
            k(Op::LoadI, 8, 0, 0),
            i(Op::Recv, 7, 1, 1, 0),
            i(Op::AddI, 8, 8, 7, 0),
            i(Op::AddKJltB, 5, 6, 1, -3),
            k(Op::StG, 8, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let mut c = config();
    c.runtime.procs = 3;
    c.runtime.slice_ns = 100_000;
    c.runtime.heap.stress_every = Some(50);
    c.runtime.heap.poison = true;
    let m = Machine::with(&full(vec![main, worker, waiter, feeder]), c);
    m.ok(0);
    assert_eq!(m.global(0), 36_000);
}

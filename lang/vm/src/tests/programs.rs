//! Calls, channels, natives, limits, and programs that grow.
use super::bare::config;
use super::machine::*;
use super::single::fib;
use super::*;
use crate::vm::{RunResult, Vm};
use gol_bytecode::Const;

#[test]
fn calls_and_globals() {
    let main = func(
        "main.main",
        0,
        0,
        4,
        vec![k(Op::LoadI, 1, 0, 20), k(Op::Call, 0, 0, 1), data(), k(Op::StG, 1, 0, 0), i(Op::Ret, 0, 0, 0, 0)],
    );
    let mut f = fib();
    for ins in &mut f.code {
        if ins.op == Op::Call {
            *ins = k(Op::Call, ins.a as i32, 0, 1);
        }
    }
    let m = Machine::new(&full(vec![main, f]));
    m.ok(0);
    assert_eq!(m.global(0), 6765);
}

#[test]
fn deep_recursion_grows_the_stack() {
    // sum(n) = n == 0 ? 0 : n + sum(n - 1)
    let sum = func(
        "main.sum",
        1,
        1,
        4,
        vec![
            k(Op::JneK, 0, 0, 1),
            i(Op::Ret1, 0, 0, 0, 0),
            i(Op::AddK, 2, 0, -1, 0),
            k(Op::Call, 1, 0, 1),
            data(),
            i(Op::AddI, 0, 0, 2, 0),
            i(Op::Ret1, 0, 0, 0, 0),
        ],
    );
    let main = |n: i32| {
        func(
            "main.main",
            0,
            0,
            4,
            vec![k(Op::LoadI, 1, 0, n), k(Op::Call, 0, 0, 1), data(), k(Op::StG, 1, 0, 0), i(Op::Ret, 0, 0, 0, 0)],
        )
    };
    let m = Machine::new(&full(vec![main(100_000), sum.clone()]));
    m.ok(0);
    assert_eq!(m.global(0), 5_000_050_000);
    let m = Machine::new(&full(vec![main(100_000_000), sum]));
    assert_eq!(m.run(0), RunResult::Fatal("stack overflow".into()));
    let text = m.printed();
    assert!(
        text.starts_with(
            "runtime: goroutine stack exceeds 8388608-byte limit\nfatal error: stack overflow\n\ngoroutine"
        ),
        "{text}"
    );
    assert!(text.contains("frames elided"), "{text}");
}

#[test]
fn goroutines_talk_over_channels() {
    // main: c := make(chan int); go producer(c, n); sum over range c -> global 0
    let producer = func(
        "main.producer",
        2,
        0,
        4,
        vec![
            k(Op::LoadI, 2, 0, 0),
            // loop
            i(Op::Send, 0, 2, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::AddKJltB, 2, 1, 1, -3),
            i(Op::Close, 0, 0, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    for cap in [0, 5] {
        let main = func(
            "main.main",
            0,
            0,
            8,
            vec![
                k(Op::LoadI, 0, 0, cap),
                i(Op::MakeChan, 0, 0, 0, CHAN_INT),
                k(Op::LoadI, 1, 0, 10_000),
                k(Op::Go, 0, 2, 1),
                k(Op::LoadI, 4, 0, 0),
                // 5: loop
                i(Op::RecvOk, 2, 0, 1, 3),
                i(Op::RecvWake, 3, 0, 0, 0),
                k(Op::Jz, 3, 0, 2),
                i(Op::AddI, 4, 4, 2, 0),
                k(Op::JmpB, 0, 0, -5),
                k(Op::StG, 4, 0, 0),
                i(Op::Ret, 0, 0, 0, 0),
            ],
        );
        let m = Machine::new(&full(vec![main, producer.clone()]));
        m.ok(0);
        assert_eq!(m.global(0), 49_995_000);
    }
}

#[test]
fn select_takes_what_is_ready() {
    // go producer(c, 100); go producer(d, 200); receive 300 values by select; sum
    let producer = func(
        "main.producer",
        2,
        0,
        4,
        vec![
            k(Op::LoadI, 2, 0, 0),
            i(Op::Send, 0, 2, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(Op::AddKJltB, 2, 1, 1, -3),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let main = func(
        "main.main",
        0,
        0,
        24,
        vec![
            k(Op::LoadI, 2, 0, 0),
            i(Op::MakeChan, 0, 2, 0, CHAN_INT),
            i(Op::MakeChan, 1, 2, 0, CHAN_INT),
            i(Op::Mov, 3, 0, 0, 0),
            k(Op::LoadI, 4, 0, 100),
            k(Op::Go, 3, 2, 1),
            i(Op::Mov, 3, 1, 0, 0),
            k(Op::LoadI, 4, 0, 200),
            k(Op::Go, 3, 2, 1),
            k(Op::LoadI, 5, 0, 0),
            k(Op::LoadI, 6, 0, 0),
            k(Op::LoadI, 7, 0, 300),
            // 12: select { case x := <-c: sum += x; case y, ok := <-d: sum += y }
            i(Op::Select, 0, 10, 2, 0),
            i(Op::Data, 0, 8, -1, 0),
            i(Op::Data, 0, 8, 9, 0),
            i(Op::SelectWake, 0, 10, 2, 0),
            k(Op::Jmp, 0, 0, 1),
            k(Op::Jmp, 0, 0, 1),
            // 18: case 0
            k(Op::Jmp, 0, 0, 0),
            // 19
            i(Op::AddI, 5, 5, 8, 0),
            i(Op::AddKJltB, 6, 7, 1, -9),
            k(Op::StG, 5, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let m = Machine::new(&full(vec![main, producer]));
    m.ok(0);
    assert_eq!(m.global(0), 99 * 50 + 199 * 100);
}

#[test]
fn deadlock_is_reported() {
    let main = func(
        "main.main",
        0,
        0,
        4,
        vec![
            k(Op::LoadI, 0, 0, 0),
            i(Op::MakeChan, 0, 0, 0, CHAN_INT),
            i(Op::Recv, 1, 0, 1, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let m = Machine::new(&full(vec![main]));
    let RunResult::Deadlock(report) = m.run(0) else { panic!("no deadlock") };
    assert_eq!(report.goroutines.len(), 1);
    let first = &report.goroutines[0];
    assert_eq!((first.function.as_str(), first.reason), ("main.main", "chan receive"));
    assert!(report.text.contains("no other goroutine refers to it"), "{}", report.text);
}

#[test]
fn natives_of_all_kinds() {
    // g0 = add(2, 3); g1 = call(double, 21); sleep(1ms); block(2)
    let double = func("main.double", 1, 1, 4, vec![i(Op::AddI, 0, 0, 0, 0), i(Op::Ret1, 0, 0, 0, 0)]);
    let main = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::LoadI, 1, 0, 2),
            k(Op::LoadI, 2, 0, 3),
            k(Op::CallN, 0, 2, ADD),
            k(Op::StG, 1, 0, 0),
            k(Op::LoadK, 1, 0, closure(1)),
            k(Op::LoadI, 2, 0, 21),
            k(Op::CallNC, 0, 2, CALL),
            data(),
            k(Op::StG, 1, 0, 1),
            k(Op::LoadI, 1, 0, 1_000_000),
            k(Op::CallNC, 0, 1, SLEEP),
            data(),
            k(Op::LoadI, 1, 0, 2),
            k(Op::CallN, 0, 1, BLOCK),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let m = Machine::new(&full(vec![main, double]));
    m.ok(0);
    assert_eq!((m.global(0), m.global(1)), (5, 42));
}

#[test]
fn endless_loops_can_be_interrupted() {
    let main = func("main.main", 0, 0, 2, vec![k(Op::JmpB, 0, 0, -1)]);
    let m = Machine::new(&full(vec![main]));
    std::thread::scope(|s| {
        s.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            m.vm.interrupt();
        });
        assert_eq!(m.run(0), RunResult::Interrupted);
    });
}

#[test]
fn programs_grow_line_by_line() {
    let first = func("main.f", 0, 1, 4, vec![k(Op::LoadI, 0, 0, 11), i(Op::Ret1, 0, 0, 0, 0)]);
    let mut p = full(vec![first]);
    let m = Machine::new(&p);
    m.ok(0);
    p.funcs.push(func(
        "main.line2",
        0,
        0,
        4,
        vec![k(Op::LoadK, 2, 0, 2), i(Op::CallC, 0, 2, 0, 0), data(), k(Op::StG, 1, 0, 16), i(Op::Ret, 0, 0, 0, 0)],
    ));
    p.consts.push(Const::Func(0));
    p.globals += 1;
    m.vm.load(&p).expect("load");
    m.ok(1);
    assert_eq!(m.global(16), 11);
}

#[test]
fn unknown_natives_are_refused() {
    let mut p = full(vec![fib()]);
    p.natives.push("t.nothing".into());
    let vm = Vm::new(&[NATIVES], config()).expect("machine");
    assert!(vm.load(&p).expect_err("refused").contains("t.nothing"));
}

#[test]
fn memory_that_runs_out_is_collected_or_fatal() {
    // Garbage without end under a small limit is fine; a growing list is not.
    let garbage = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::LoadI, 0, 0, 100_000),
            k(Op::LoadI, 1, 0, 0),
            k(Op::LoadI, 2, 0, 2000),
            i(Op::MakeSlice, 3, 0, 0, INT),
            i(Op::AddKJltB, 1, 2, 1, -2),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let hoard = func(
        "main.hoard",
        0,
        0,
        12,
        vec![
            i(Op::ZeroN, 3, 3, 0, 0),
            k(Op::LoadI, 0, 0, 1_000_000),
            i(Op::MakeSlice, 6, 0, 0, SLICE),
            i(Op::AppendS, 3, 6, 0, SLICE),
            k(Op::JmpB, 0, 0, -2),
        ],
    );
    let mut c = config();
    c.runtime.heap.limit = 64 << 20;
    let m = Machine::with(&full(vec![garbage, hoard]), c);
    m.ok(0);
    assert_eq!(m.run(1), RunResult::Fatal("runtime: out of memory".into()));
}

#[test]
fn loops_are_preempted_or_only_at_entries() {
    // main: go spin(); sleep(1ms); g0 = 1
    let main = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::Go, 0, 0, 1),
            k(Op::LoadI, 1, 0, 1_000_000),
            k(Op::CallNC, 0, 1, SLEEP),
            data(),
            k(Op::LoadI, 1, 0, 1),
            k(Op::StG, 1, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let spin = func("main.spin", 0, 0, 2, vec![k(Op::JmpB, 0, 0, -1)]);
    let with = |preempt_entry| {
        let mut c = config();
        c.runtime.procs = 1;
        c.runtime.slice_ns = 2_000_000;
        c.preempt_entry = preempt_entry;
        Machine::with(&full(vec![main.clone(), spin.clone()]), c)
    };
    let m = with(false);
    m.ok(0);
    assert_eq!(m.global(0), 1);
    // The spinning goroutine never gives the only processor back; the interrupt finds main parked.
    let m = with(true);
    std::thread::scope(|s| {
        s.spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            m.vm.interrupt();
        });
        assert_eq!(m.run(0), RunResult::Interrupted);
    });
    assert_eq!(m.global(0), 0);
}

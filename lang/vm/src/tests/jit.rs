//! Machine code does what the interpreter does: each operation in a loop, with several operands, both alone and beside others.
use super::bare::config;
use super::every_op::{ELSEWHERE, K, N, OUT, body, looped};
use super::machine::*;
use super::*;
use crate::Stage;
use crate::vm::RunResult;
use gol_bytecode::Role;

/// Rounds of a loop.
const ROUNDS: i32 = 40;
/// Registers from OUT on that are looked at, and the global words where they go.
const KEPT: i32 = 12;
const RESULTS: u32 = 64;
/// What the registers N and K begin with.
const OPERANDS: [(i32, i32); 6] = [(7, 3), (-7, 3), (7, -3), (0, 7), (1 << 30, 5), (i32::MIN, -1)];

/// How a run ended, what was printed, what was left, and whether the loop is machine code.
fn outcome(p: &Program, stage: Stage, shared: bool) -> (RunResult, String, Vec<u64>, bool) {
    let mut c = config();
    c.stage = stage;
    let m = Machine::with(p, c);
    if shared {
        m.vm.shared.sharing.begin();
    }
    let ended = m.run(0);
    let left = m.vm.globals(RESULTS, KEPT as usize).to_vec();
    let code = m.vm.shared.code.find(m.vm.shared.code_of(0)).expect("loaded");
    (ended, m.printed(), left, code.body.load(std::sync::atomic::Ordering::Relaxed) != 0)
}

/// The same word, or both addresses: heaps lie where they lie.
fn alike(a: u64, b: u64) -> bool {
    let address = |v: u64| (1 << 28..1 << 47).contains(&v);
    a == b || address(a) && address(b)
}

#[test]
fn each_operation_does_the_same_as_machine_code() {
    let (mut compiled, mut all) = (0, 0);
    for op in Op::ALL.iter().copied().filter(|op| !ELSEWHERE.contains(op)) {
        for (pre, ins) in body(op) {
            // Branches back are not taken with the first ones: with others they might be for ever.
            let few = op.name().ends_with('B');
            for (n, k) in OPERANDS.into_iter().take(if few { 1 } else { OPERANDS.len() }) {
                let mut p = looped(&ins, &pre);
                p.globals = RESULTS + KEPT as u32;
                let main = &mut p.funcs[0].code;
                main[0] = super::k(Op::LoadI, 1, 0, ROUNDS);
                main[1] = super::k(Op::LoadI, N, 0, n);
                main[2] = super::k(Op::LoadI, K, 0, k);
                main.insert(0, i(Op::ZeroN, OUT, 30, 0, 0));
                main.pop();
                main.push(super::k(Op::StGN, OUT, KEPT, RESULTS as i32));
                main.push(i(Op::Ret, 0, 0, 0, 0));
                for shared in [false, true] {
                    let plain = outcome(&p, Stage::Never, shared);
                    let code = outcome(&p, Stage::Always, shared);
                    let what = format!("{} of {n}, {k}, shared: {shared}", op.name());
                    assert_eq!((&plain.0, &plain.1), (&code.0, &code.1), "{what}");
                    // Behind a call lies what the callee left; its results are looked at below.
                    let kept = if op.roles().contains(&Role::A) { 1 } else { KEPT as usize };
                    let same = plain.2.iter().zip(&code.2).take(kept).all(|(a, b)| alike(*a, *b));
                    assert!(same, "{what}: {:x?} {:x?}", plain.2, code.2);
                    all += 1;
                    compiled += usize::from(code.3);
                }
            }
        }
    }
    if crate::jit::CAN {
        assert!(compiled * 10 > all * 9, "{compiled} of {all} are machine code");
    }
}

/// Calls, one after the other: of a function, itself many times over, a closure, a method, one that fails.
#[test]
fn calls_nest_and_come_back() {
    // fib(n): registers n, -, window..
    let fib = func(
        "main.fib",
        1,
        1,
        8,
        vec![
            k(Op::JgeK, 0, 2, 1),
            i(Op::Ret1, 0, 0, 0, 0),
            i(Op::AddK, 3, 0, -1, 0),
            k(Op::Call, 2, 0, 1),
            data(),
            i(Op::AddK, 5, 0, -2, 0),
            k(Op::Call, 4, 0, 1),
            data(),
            i(Op::AddI, 1, 3, 5, 0),
            i(Op::Ret1, 1, 0, 0, 0),
        ],
    );
    // down(n): n is 0, or one more than down(n - 1); deeper than the processor's stack may go at once.
    let down = func(
        "main.down",
        1,
        1,
        8,
        vec![
            k(Op::JneK, 0, 0, 1),
            i(Op::Ret1, 0, 0, 0, 0),
            i(Op::AddK, 3, 0, -1, 0),
            k(Op::Call, 2, 0, 2),
            data(),
            i(Op::AddK, 3, 3, 1, 0),
            i(Op::Ret1, 3, 0, 0, 0),
        ],
    );
    // divide(a, b): fails in the middle of machine code that was called by such.
    let divide = func("main.divide", 2, 1, 6, vec![i(Op::DivI, 2, 0, 1, 0), i(Op::Ret1, 2, 0, 0, 0)]);
    let main = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::LoadI, 1, 0, 20),
            k(Op::Call, 0, 0, 1),
            data(),
            k(Op::StG, 1, 0, 0),
            k(Op::LoadI, 1, 0, 100_000),
            k(Op::Call, 0, 0, 2),
            data(),
            k(Op::StG, 1, 0, 1),
            k(Op::LoadI, 2, 0, 84),
            k(Op::LoadI, 3, 0, 2),
            k(Op::Call, 1, 0, 3),
            data(),
            k(Op::StG, 2, 0, 2),
            k(Op::LoadI, 2, 0, 84),
            k(Op::LoadI, 3, 0, 0),
            k(Op::Call, 1, 0, 3),
            data(),
            k(Op::StG, 2, 0, 3),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let mut p = full(vec![main, fib, down, divide]);
    p.globals = 8;
    for stage in [Stage::Never, Stage::Always] {
        let mut c = config();
        c.stage = stage;
        let m = Machine::with(&p, c);
        assert_eq!(m.run(0), RunResult::Panicked, "{}", m.printed());
        assert_eq!(m.vm.globals(0, 4), [6765, 100_000, 42, 0], "{stage:?}");
        let text = m.printed();
        assert!(text.contains("divide by zero") && text.contains("main.divide"), "{text}");
    }
}

/// A function that goes on computing is met by samples, and compiled: how soon is the clock's affair, so it is called until it is.
#[test]
fn what_runs_long_becomes_machine_code() {
    let code = vec![
        k(Op::LoadI, 0, 0, 0),
        k(Op::LoadI, 1, 0, 3_000_000),
        i(Op::AddI, 2, 2, 0, 0),
        i(Op::AddI, 3, 3, 2, 0),
        i(Op::AddKJltB, 0, 1, 1, -3),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    let p = full(vec![func("main.main", 0, 0, 8, code)]);
    let mut c = config();
    c.stage = Stage::Hot;
    let kept = p.clone();
    c.hooks.functions = Some(Box::new(move |id, visit| visit(&kept, kept.funcs[id as usize].clone())));
    let m = Machine::with(&p, c);
    let code = m.vm.shared.code.find(m.vm.shared.code_of(0)).expect("loaded");
    let compiled = || code.body.load(std::sync::atomic::Ordering::Relaxed) != 0;
    let most = if crate::jit::CAN { 2000 } else { 1 };
    let ran = (0..most).take_while(|_| !compiled()).inspect(|_| m.ok(0)).count();
    assert_eq!(compiled(), crate::jit::CAN, "after {ran} calls");
}

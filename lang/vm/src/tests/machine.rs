//! Programs on a whole machine: scheduler, channels, panics, natives.
use super::bare::config;
use super::single::fib;
use super::*;
use crate::native::{Cx, Fault, Native, NativeFn};
use crate::vm::{RunResult, Vm};
use gol_bytecode::{Const, Kind, Method, Recv, TypeId, Unit, WellKnown};
use gol_runtime::Op as Did;
use std::sync::{Arc, Mutex};

/// A machine whose messages are kept.
pub(crate) struct Machine {
    pub vm: Vm,
    printed: Arc<Mutex<String>>,
}

impl Machine {
    pub fn new(program: &Program) -> Machine {
        Machine::with(program, config())
    }
    pub fn with(program: &Program, mut config: crate::VmConfig) -> Machine {
        let printed = Arc::new(Mutex::new(String::new()));
        let to = printed.clone();
        config.hooks.print = Box::new(move |text| to.lock().expect("not poisoned").push_str(text));
        config.hooks.position = Box::new(|pos| format!("t.go:{pos}"));
        let vm = Vm::new(&[NATIVES], config).expect("machine");
        vm.load(program).expect("load");
        Machine { vm, printed }
    }
    pub fn run(&self, f: u32) -> RunResult {
        self.vm.run_unit(&Unit { entry: vec![f] })
    }
    pub fn ok(&self, f: u32) {
        assert_eq!(self.run(f), RunResult::Done, "{}", self.printed());
    }
    pub fn global(&self, k: u32) -> u64 {
        self.vm.globals(k, 1)[0]
    }
    pub fn printed(&self) -> String {
        self.printed.lock().expect("not poisoned").clone()
    }
}

/// `t.call(f func(int) int, x int) int`.
fn call(cx: &mut crate::CallCx) -> Result<(), Fault> {
    let mut out = [0];
    let (f, x) = (cx.arg(0), cx.arg(1));
    cx.call(f, &[x], &mut out)?;
    cx.set(0, out[0]);
    Ok(())
}
fn add(cx: &mut Cx) -> Result<(), Fault> {
    cx.set_i64(0, cx.arg_i64(0).wrapping_add(cx.arg_i64(1)));
    Ok(())
}
fn fail(cx: &mut Cx) -> Result<(), Fault> {
    Err(match cx.arg(0) {
        0 => Fault::Runtime("runtime error: by hand".into()),
        1 => Fault::Goexit,
        2 => Fault::Exit(7),
        _ => Fault::Fatal("by hand".into()),
    })
}
fn sleep(cx: &mut Cx) -> Result<Did, Fault> {
    // SAFETY: the running processor.
    Ok(unsafe { gol_runtime::ops::sleep(cx.p(), cx.arg_i64(0)) })
}
fn block(cx: &mut Cx) -> Result<(), Fault> {
    let ms = cx.arg(0);
    cx.blocking(|| std::thread::sleep(std::time::Duration::from_millis(ms)));
    Ok(())
}
fn text(cx: &mut crate::CallCx) -> Result<(), Fault> {
    let mut out = [0];
    let word = cx.arg(0);
    let had = cx.call_method(word, "Error", &[], &mut out)?;
    let len = cx.str_bytes(out[0]).len() as u64;
    cx.set(0, had as u64 * 100 + len);
    Ok(())
}
static NATIVES: &[Native] = &[
    Native { name: "t.call", run: NativeFn::Callback(call) },
    Native { name: "t.add", run: NativeFn::Leaf(add) },
    Native { name: "t.fail", run: NativeFn::Leaf(fail) },
    Native { name: "t.sleep", run: NativeFn::Parking(sleep) },
    Native { name: "t.block", run: NativeFn::Leaf(block) },
    Native { name: "t.text", run: NativeFn::Callback(text) },
];
pub(crate) const CALL: i32 = 0;
pub(crate) const ADD: i32 = 1;
pub(crate) const FAIL: i32 = 2;
pub(crate) const SLEEP: i32 = 3;
pub(crate) const BLOCK: i32 = 4;
pub(crate) const TEXT: i32 = 5;

pub(crate) const INT: i32 = 16;
pub(crate) const STRING: i32 = 17;
pub(crate) const CHAN_INT: i32 = 18;
pub(crate) const MAP: i32 = 19;
pub(crate) const ERROR: i32 = 20;
pub(crate) const SLICE: i32 = 21;
pub(crate) const ANY: i32 = 22;
/// Backing of []byte, before the types that a test adds.
pub(crate) const BYTES: i32 = 23;
/// The first type that a test adds.
pub(crate) const MORE: i32 = 24;

/// Types, natives and globals for everybody; constant 0 is "boom", 1.. the permanent closures of the functions.
pub(crate) fn full(funcs: Vec<Func>) -> Program {
    let mut p = program(funcs);
    p.types.push(plain_type("int", Kind::Int, 1));
    let mut string = plain_type("string", Kind::String, 1);
    string.ptrs = vec![true];
    p.types.push(string.clone());
    let one = |name: &str, kind, elem: i32| {
        let mut t = plain_type(name, kind, 1);
        t.named = false;
        t.elem = elem as TypeId;
        t.backing = elem as TypeId;
        t.ptrs = vec![true];
        t
    };
    p.types.push(one("chan int", Kind::Chan, INT));
    let mut map = one("map[int]int", Kind::Map, INT);
    map.key = INT as TypeId;
    p.types.push(map);
    string.name = "runtime.rtError".into();
    string.pkg = "runtime".into();
    p.types.push(string);
    let mut slice = plain_type("[]int", Kind::Slice, 3);
    slice.named = false;
    slice.elem = INT as TypeId;
    slice.backing = INT as TypeId;
    slice.ptrs = vec![true, false, false];
    p.types.push(slice);
    p.types.push(one("interface {}", Kind::Interface, 0));
    let mut bytes = plain_type("uint8", Kind::Packed, 1);
    bytes.stride = 1;
    bytes.elem = INT as TypeId;
    p.types.push(bytes);
    p.runtime_error = ERROR as TypeId;
    p.known = WellKnown { int: INT as TypeId, string: STRING as TypeId, ..WellKnown::default() };
    p.natives = NATIVES.iter().map(|n| n.name.to_string()).collect();
    p.methods = vec!["Error".into()];
    p.globals = 16;
    p.consts.push(Const::Str((*b"boom").into()));
    for f in 0..p.funcs.len() {
        p.consts.push(Const::Func(f as u32));
    }
    p
}
/// The constant that holds the permanent closure of a function.
pub(crate) fn closure(f: i32) -> i32 {
    1 + f
}

/// `type E int` with the method `Error`.
pub(crate) fn method_type(f: u32) -> gol_bytecode::TypeDesc {
    let mut e = plain_type("main.E", Kind::Int, 1);
    e.methods = vec![Method { id: 0, func: f, recv: Recv::Word, sig: 0 }];
    e
}

/// `panic("boom")` with register `a` for the value.
fn panics(a: i32) -> Vec<Ins> {
    vec![k(Op::LoadK, a, 0, 0), k(Op::MkIface, a, a, STRING), i(Op::Panic, a, 0, 0, 0)]
}

pub(crate) fn with_epilogue(mut f: Func, at: u32) -> Func {
    f.epilogue = Some(at);
    f
}

fn join(parts: Vec<Vec<Ins>>) -> Vec<Ins> {
    parts.into_iter().flatten().collect()
}

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

/// `func f() (r int) { defer func() { recover... }(); panic("boom") }`: the deferred closure gets a box for r.
fn recovering() -> Program {
    // 0 main, 1 f, 2 deferred (captures a box), 3 panicker
    let main =
        func("main.main", 0, 0, 4, vec![k(Op::Call, 0, 0, 1), data(), k(Op::StG, 1, 0, 0), i(Op::Ret, 0, 0, 0, 0)]);
    let f = with_epilogue(
        func(
            "main.f",
            0,
            1,
            6,
            vec![
                k(Op::New, 0, 0, INT),
                k(Op::MkClosure, 1, 0, 2),
                i(Op::Data, 1, 0, 0, 0),
                i(Op::Defer, 1, 0, 0, 0),
                k(Op::Call, 2, 0, 3),
                data(),
                // epilogue
                i(Op::RunDefers, 2, 0, 0, 0),
                data(),
                i(Op::LdW, 1, 0, 0, 0),
                i(Op::Ret1, 1, 0, 0, 0),
            ],
        ),
        6,
    );
    let deferred = func(
        "main.f.func1",
        0,
        0,
        4,
        vec![
            i(Op::LdW, 1, 0, 1, 0),
            i(Op::Recover, 2, 0, 0, 0),
            k(Op::Jz, 2, 0, 2),
            k(Op::LoadI, 3, 0, 42),
            i(Op::StW, 1, 3, 0, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ],
    );
    let panicker = func("main.p", 0, 0, 4, panics(0));
    full(vec![main, f, deferred, panicker])
}

#[test]
fn recovered_functions_return_named_results() {
    let m = Machine::new(&recovering());
    m.ok(0);
    assert_eq!(m.global(0), 42);
}

#[test]
fn uncaught_panics_print_like_go() {
    let mut p = recovering();
    p.funcs[3].lines = vec![(0, 33)];
    p.funcs[3].code.insert(0, i(Op::Nop, 0, 0, 0, 0));
    let m = Machine::new(&p);
    assert_eq!(m.run(3), RunResult::Panicked);
    let text = m.printed();
    assert!(text.starts_with("panic: boom\n\ngoroutine "), "{text}");
    assert!(text.ends_with(" [running]:\nmain.p(...)\n\tt.go:33\n"), "{text}");
}

#[test]
fn runtime_errors_have_gos_texts() {
    let cases: Vec<(Vec<Ins>, &str)> = vec![
        (vec![k(Op::LoadI, 0, 0, 0), i(Op::DivI, 0, 0, 0, 0)], "runtime error: integer divide by zero"),
        (
            vec![k(Op::LoadI, 0, 0, 0), i(Op::LdW, 0, 0, 0, 0)],
            "runtime error: invalid memory address or nil pointer dereference",
        ),
        (vec![k(Op::LoadI, 0, 0, -1), i(Op::ChkShift, 0, 0, 0, 0)], "runtime error: negative shift amount"),
        (
            vec![
                k(Op::LoadI, 0, 0, 3),
                i(Op::MakeSlice, 1, 0, 0, INT),
                k(Op::LoadI, 0, 0, 5),
                i(Op::LdIdxW, 0, 1, 0, 0),
            ],
            "runtime error: index out of range [5] with length 3",
        ),
        (
            vec![
                k(Op::LoadI, 0, 0, 3),
                i(Op::MakeSlice, 1, 0, 0, INT),
                k(Op::LoadI, 4, 0, 2),
                k(Op::LoadI, 5, 0, 9),
                i(Op::SliceS, 1, 1, 4, 5),
                i(Op::Data, 8, 0, 0, 0),
            ],
            "runtime error: slice bounds out of range [:9] with capacity 3",
        ),
        (
            vec![k(Op::LoadK, 0, 0, 0), k(Op::LoadI, 4, 0, 9), i(Op::SliceStr, 1, 0, 4, 4)],
            "runtime error: slice bounds out of range [9:4]",
        ),
        (vec![k(Op::LoadI, 0, 0, 0), i(Op::MapSet, 0, 0, 0, MAP)], "assignment to entry in nil map"),
        (vec![k(Op::LoadI, 0, 0, -1), i(Op::MakeSlice, 1, 0, 0, INT)], "runtime error: makeslice: len out of range"),
        (vec![k(Op::LoadI, 0, 0, 0), i(Op::Close, 0, 0, 0, 0)], "close of nil channel"),
        (
            vec![
                k(Op::LoadI, 0, 0, 0),
                i(Op::MakeChan, 1, 0, 0, CHAN_INT),
                i(Op::Close, 1, 0, 0, 0),
                i(Op::Close, 1, 0, 0, 0),
            ],
            "close of closed channel",
        ),
        (
            vec![
                k(Op::LoadI, 0, 0, 0),
                i(Op::MakeChan, 1, 0, 0, CHAN_INT),
                i(Op::Close, 1, 0, 0, 0),
                i(Op::Send, 1, 0, 1, 0),
                i(Op::SendWake, 0, 0, 0, 0),
            ],
            "send on closed channel",
        ),
        (
            vec![
                k(Op::LoadI, 0, 0, 7),
                k(Op::MkIface, 0, 0, INT),
                k(Op::Assert, 1, 0, STRING),
                i(Op::Data, ANY, 0, 0, 0),
            ],
            "interface conversion: interface {} is int, not string",
        ),
        (vec![k(Op::LoadI, 0, 0, 0), i(Op::CallC, 1, 0, 0, 0), data()], "nil pointer dereference"),
        (vec![k(Op::LoadI, 0, 0, 0), i(Op::Panic, 0, 0, 0, 0)], "panic called with nil argument"),
        (vec![k(Op::LoadI, 1, 0, 0), k(Op::CallN, 0, 1, FAIL)], "runtime error: by hand"),
        (vec![k(Op::LoadI, 0, 0, 9), i(Op::LdRegW, 1, 2, 0, 3)], "index out of range [9] with length 3"),
    ];
    for (mut code, want) in cases {
        code.push(i(Op::Ret, 0, 0, 0, 0));
        let m = Machine::new(&full(vec![func("main.main", 0, 0, 10, code)]));
        assert_eq!(m.run(0), RunResult::Panicked);
        assert!(m.printed().contains(want), "{want}: {}", m.printed());
    }
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
    assert_eq!(report.len(), 1);
    assert_eq!((report[0].function.as_str(), report[0].reason), ("main.main", "chan receive"));
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
fn through_native(inner: Vec<Ins>) -> Program {
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
    assert!(crate::trace::deadlock_text(&report, &|_| String::new()).contains("main called runtime.Goexit"));
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
fn repanics_and_nested_panics() {
    // f defers func() { recover(); panic("boom") }: `panic: boom [recovered, repanicked]` only for the same value
    let mut p = through_native(panics(1));
    p.funcs[1].code = join(vec![vec![i(Op::Recover, 1, 0, 0, 0), i(Op::Panic, 1, 0, 0, 0)]]);
    let m = Machine::new(&p);
    assert_eq!(m.run(0), RunResult::Panicked);
    assert!(m.printed().starts_with("panic: boom [recovered, repanicked]\n\ngoroutine"), "{}", m.printed());

    let mut p = through_native(panics(1));
    p.funcs[1].code = panics(1);
    let m = Machine::new(&p);
    assert_eq!(m.run(0), RunResult::Panicked);
    assert!(m.printed().starts_with("panic: boom\n\tpanic: boom\n\ngoroutine"), "{}", m.printed());
}

#[test]
fn methods_are_found_by_dynamic_type() {
    // type E int with Error() string; also a thunk-less call through CallI and by a native
    let error = func("main.E.Error", 1, 1, 4, vec![k(Op::LoadK, 0, 0, 0), i(Op::Ret1, 0, 0, 0, 0)]);
    let main = func(
        "main.main",
        0,
        0,
        12,
        vec![
            k(Op::LoadI, 0, 0, 3),
            k(Op::MkIface, 0, 0, MORE),
            i(Op::CallI, 1, 0, 0, 0),
            data(),
            i(Op::LenS, 3, 2, 0, 0),
            k(Op::StG, 3, 0, 0),
            i(Op::Mov, 2, 0, 0, 0),
            k(Op::CallNC, 1, 1, TEXT),
            data(),
            k(Op::StG, 2, 0, 1),
            k(Op::LoadI, 4, 0, 1),
            i(Op::ShlK, 4, 4, 50, 0),
            k(Op::MkIface, 0, 4, MORE),
            i(Op::CallI, 1, 0, 0, 0),
            data(),
            i(Op::LenS, 3, 2, 0, 0),
            k(Op::StG, 3, 0, 2),
            i(Op::Panic, 0, 0, 0, 0),
        ],
    );
    let mut p = full(vec![main, error]);
    p.types.push(method_type(1));
    let m = Machine::new(&p);
    assert_eq!(m.run(0), RunResult::Panicked);
    assert_eq!((m.global(0), m.global(1), m.global(2)), (4, 104, 4));
    assert!(m.printed().starts_with("panic: boom\n"), "{}", m.printed());
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

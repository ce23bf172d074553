//! Panics, recovery and the texts of run-time errors.
use super::callbacks::through_native;
use super::machine::*;
use super::*;
use crate::vm::RunResult;

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

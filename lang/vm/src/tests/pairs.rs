//! Two neighbours in one handler do what they do one after the other, and fail where they would.
use super::machine::*;
use super::*;

/// Operations whose result is returned at once, with a word that stands between so that it is not.
const RETURNED: [Op; 10] =
    [Op::LtI, Op::LeI, Op::LtU, Op::EqW, Op::NeW, Op::LtF, Op::AddI, Op::SubI, Op::MulI, Op::AddK];

#[test]
fn results_returned_at_once_are_those_returned_later() {
    for op in RETURNED {
        let direct = vec![i(op, 2, 0, 1, 0), i(Op::Ret1, 2, 0, 0, 0)];
        let later = vec![i(op, 2, 0, 1, 0), i(Op::Nop, 0, 0, 0, 0), i(Op::Ret1, 2, 0, 0, 0)];
        // The result is not the one that is returned.
        let other = vec![i(op, 2, 0, 1, 0), i(Op::Ret1, 1, 0, 0, 0)];
        let mut code = vec![];
        let values = [(3, 5), (5, 3), (4, 4), (-1, 1), (0, -7)];
        for (n, (x, y)) in values.into_iter().enumerate() {
            for f in 1..=3 {
                code.extend([
                    k(Op::LoadI, 1, 0, x),
                    k(Op::LoadI, 2, 0, y),
                    k(Op::Call, 0, 0, f),
                    data(),
                    k(Op::StG, 1, 0, n as i32 * 3 + f - 1),
                ]);
            }
        }
        code.push(i(Op::Ret, 0, 0, 0, 0));
        let m = Machine::new(&full(vec![
            func("main.main", 0, 0, 8, code),
            func("main.direct", 2, 1, 4, direct),
            func("main.later", 2, 1, 4, later),
            func("main.other", 2, 1, 4, other),
        ]));
        m.ok(0);
        for (n, (_, y)) in values.into_iter().enumerate() {
            let at = n as u32 * 3;
            assert_eq!(m.global(at), m.global(at + 1), "{op:?} of {:?}", values[n]);
            assert_eq!(m.global(at + 2), y as i64 as u64, "{op:?}");
        }
    }
}

/// A slice of eight words that the object in register 0 holds, and element 9 of it; the same of a nil pointer.
#[test]
fn an_element_behind_a_pointer_fails_as_its_two_instructions_do() {
    let load = || vec![i(Op::LdN, 4, 0, 0, 3), i(Op::LdIdxW, 7, 4, 3, 0), i(Op::Ret, 0, 0, 0, 0)];
    let with = |pre: Vec<Ins>| {
        let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, join(vec![pre, load()]))]));
        (m.run(0), m.printed())
    };
    let object = |index| {
        vec![
            k(Op::LoadI, 3, 0, 8),
            i(Op::MakeSlice, 4, 3, 3, INT),
            k(Op::NewArr, 0, 0, INT),
            i(Op::Data, 3, 0, 0, 0),
            i(Op::StN, 0, 4, 0, 3),
            k(Op::LoadI, 3, 0, index),
        ]
    };
    assert_eq!(with(object(7)).0, crate::vm::RunResult::Done);
    let (_, text) = with(object(9));
    assert!(text.contains("index out of range [9] with length 8"), "{text}");
    let (_, text) = with(vec![k(Op::LoadI, 0, 0, 0)]);
    assert!(text.contains("nil pointer"), "{text}");
}

/// Words that are loaded, stored and added to in one handler, against the same with something between.
#[test]
fn neighbours_do_what_they_do_apart() {
    let run = |apart: bool, first: Ins, second: Ins, third: Option<Ins>| {
        let mut code = vec![
            k(Op::NewArr, 0, 0, INT),
            i(Op::Data, 4, 0, 0, 0),
            k(Op::LoadI, 1, 0, 40),
            k(Op::LoadI, 2, 0, 2),
            i(Op::StW, 0, 1, 1, 0),
            i(Op::Nop, 0, 0, 0, 0),
            i(Op::StW, 0, 2, 2, 0),
            k(Op::StG, 1, 0, 7),
            k(Op::StG, 2, 0, 8),
        ];
        for ins in [Some(first), Some(second), third].into_iter().flatten() {
            code.push(ins);
            if apart {
                code.push(i(Op::Nop, 0, 0, 0, 0));
            }
        }
        code.extend([i(Op::LdW, 3, 0, 1, 0), i(Op::Nop, 0, 0, 0, 0), i(Op::LdW, 4, 0, 2, 0)]);
        code.extend([1, 2, 3, 4, 5].map(|n| k(Op::StG, n, 0, n)));
        code.push(i(Op::Ret, 0, 0, 0, 0));
        let m = Machine::new(&full(vec![func("main.main", 0, 0, 8, code)]));
        m.run(0);
        ([1, 2, 3, 4, 5, 7, 8].map(|n| m.global(n)), m.printed())
    };
    let load = |to, at, word| i(Op::LdW, to, at, word, 0);
    let store = |at, from, word| i(Op::StW, at, from, word, 0);
    let mut cases = vec![
        (load(1, 0, 2), load(2, 0, 1), None),
        (load(5, 0, 1), load(5, 0, 2), None),
        (store(0, 2, 1), store(0, 1, 2), None),
        (store(0, 2, 1), store(0, 1, 1), None),
        (i(Op::AddK, 2, 1, 7, 0), store(0, 2, 1), None),
        (i(Op::AddK, 2, 2, -7, 0), store(0, 1, 1), None),
        // Nil in the first, or the second, which the first may make so.
        (load(1, 6, 0), load(2, 0, 1), None),
        (load(1, 0, 0), load(2, 1, 0), None),
        (store(6, 1, 0), store(0, 1, 1), None),
        (store(0, 1, 1), store(6, 1, 0), None),
        (i(Op::AddK, 0, 6, 0, 0), store(0, 1, 1), None),
    ];
    for (at, to) in [(7, 7), (7, 8)] {
        for sum in [i(Op::AddI, 5, 5, 1, 0), i(Op::AddI, 5, 2, 5, 0), i(Op::AddI, 1, 1, 2, 0), i(Op::AddK, 5, 5, -3, 0)]
        {
            for from in [5, 1] {
                cases.push((k(Op::LdG, 5, 0, at), sum, Some(k(Op::StG, from, 0, to))));
            }
        }
    }
    for (first, second, third) in cases {
        assert_eq!(run(false, first, second, third), run(true, first, second, third), "{first:?} {second:?} {third:?}");
    }
}

/// A nil function after the move of its argument, and one that needs a larger stack than there is.
#[test]
fn calls_behind_moves_fail_and_grow_as_others() {
    for by in [vec![i(Op::Mov, 5, 1, 0, 0)], vec![i(Op::Mov2, 5, 1, 6, 1)]] {
        let call = |load| {
            let code = join(vec![
                vec![k(Op::LoadI, 1, 0, 5), load],
                by.clone(),
                vec![i(Op::CallC, 4, 2, 1, 0), data(), k(Op::StG, 5, 0, 0), i(Op::Ret, 0, 0, 0, 0)],
            ]);
            let large = func("main.large", 1, 1, 60_000, vec![i(Op::AddK, 3, 0, 1, 0), i(Op::Ret1, 3, 0, 0, 0)]);
            Machine::new(&full(vec![func("main.main", 0, 0, 12, code), large]))
        };
        let m = call(k(Op::LoadI, 2, 0, 0));
        m.run(0);
        assert!(m.printed().contains("nil pointer"), "{}", m.printed());
        let m = call(k(Op::LoadK, 2, 0, closure(1)));
        m.ok(0);
        assert_eq!(m.global(0), 6);
    }
}

#[test]
fn natives_in_place_give_a_word_or_two() {
    let code = vec![
        k(Op::LoadI, 1, 0, 6),
        k(Op::LoadI, 2, 0, 7),
        i(Op::CallD, 3, 1, 2, 0),
        i(Op::Data, BOTH, 0, TWO, 0),
        k(Op::StG, 3, 0, 0),
        // Over its own arguments.
        i(Op::CallD2, 1, 1, 2, 0),
        i(Op::Data, BOTH, 0, TWO, 0),
        k(Op::StG, 1, 0, 1),
        k(Op::StG, 2, 0, 2),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    let m = Machine::new(&full(vec![func("main.main", 0, 0, 8, code)]));
    m.ok(0);
    assert_eq!([0, 1, 2].map(|g| m.global(g)), [13, 13, 42]);
}

#[test]
fn a_native_in_place_that_panics_ends_the_program() {
    let code = vec![i(Op::CallD, 1, 1, 2, 0), i(Op::Data, BROKEN, 0, TWO, 0), i(Op::Ret, 0, 0, 0, 0)];
    let m = Machine::new(&full(vec![func("main.main", 0, 0, 8, code)]));
    let result = m.run(0);
    assert!(m.printed().contains("internal error: a native function panicked"), "{result:?}: {}", m.printed());
}

#[test]
fn only_natives_for_it_are_called_in_place() {
    let code = vec![i(Op::CallD, 1, 1, 2, 0), i(Op::Data, ADD, 0, TWO, 0), i(Op::Ret, 0, 0, 0, 0)];
    let load = |code| {
        let vm = crate::vm::Vm::new(&[NATIVES], super::bare::config()).expect("machine");
        vm.load(&full(vec![func("main.main", 0, 0, 8, code)])).expect_err("refused")
    };
    assert!(load(code).contains("in place"));
    // And not in a window.
    let code = vec![k(Op::CallNC, 1, 2, BOTH), data(), i(Op::Ret, 0, 0, 0, 0)];
    assert!(load(code).contains("window"));
}

/// A byte that is loaded, and a test in front of a jump over one instruction: of the byte, of another register; and counts at the end of a loop, fallen into
/// and jumped to.
#[test]
fn tests_and_counts_behind_loads_are_their_own() {
    // Whether 6, and 5, pass the test against 5.
    for (test, six, five) in
        [(Op::JeqK, false, true), (Op::JneK, true, false), (Op::JltK, false, false), (Op::JgtK, true, false)]
    {
        for (asked, taken) in [(7, six), (3, five)] {
            let code = vec![
                k(Op::LoadI, 3, 0, 5),
                i(Op::MakeSlice, 4, 3, 3, BYTES),
                k(Op::LoadI, 8, 0, 6),
                k(Op::LoadI, 9, 0, 2),
                i(Op::StIdx8, 4, 9, 8, 0),
                // Register 7 becomes 6, register 3 stays 5.
                i(Op::LdIdxU8, 7, 4, 9, 0),
                k(test, asked, 5, 1),
                k(Op::LoadI, 9, 0, 100),
                k(Op::StG, 9, 0, 0),
                k(Op::StG, 7, 0, 1),
                i(Op::Ret, 0, 0, 0, 0),
            ];
            let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, code)]));
            m.ok(0);
            assert_eq!([m.global(0), m.global(1)], [if taken { 2 } else { 100 }, 6], "{test:?} of {asked}");
        }
    }
    let code = vec![
        k(Op::LoadI, 1, 0, 0),
        k(Op::LoadI, 2, 0, 10),
        k(Op::LoadI, 3, 0, 0),
        // Even ones jump to the count, odd ones add and fall into it.
        k(Op::JntstK, 1, 1, 2),
        i(Op::AddI, 3, 3, 1, 0),
        k(Op::Jmp, 0, 0, 1),
        i(Op::AddI, 3, 3, 2, 0),
        i(Op::AddKJltB, 1, 2, 1, -5),
        k(Op::StG, 3, 0, 0),
        k(Op::StG, 1, 0, 1),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, code)]));
    m.ok(0);
    assert_eq!([m.global(0), m.global(1)], [1 + 3 + 5 + 7 + 9 + 5 * 10, 10]);
}

/// A field of an object, and a branch on it; the same with something between them; and of a nil pointer.
#[test]
fn fields_are_asked_for_as_if_they_had_been_loaded_before() {
    for op in [Op::JeqW, Op::JneW, Op::JltI, Op::JleI, Op::JeqK, Op::JneK] {
        for (x, y) in [(3, 3), (3, 5), (5, 3), (-1, 0), (0, -1)] {
            let against = if matches!(op, Op::JeqK | Op::JneK) { y } else { 4 };
            let outcome = |between: Vec<Ins>| {
                let pre = vec![
                    k(Op::NewArr, 0, 0, INT),
                    i(Op::Data, 3, 0, 0, 0),
                    k(Op::LoadI, 3, 0, x),
                    i(Op::StW, 0, 3, 1, 0),
                    k(Op::LoadI, 4, 0, y),
                    k(Op::LoadI, 6, 0, 2),
                    i(Op::LdW, 5, 0, 1, 0),
                ];
                let post = vec![
                    k(op, 5, against, 1),
                    k(Op::LoadI, 6, 0, 100),
                    k(Op::StG, 6, 0, 0),
                    k(Op::StG, 5, 0, 1),
                    i(Op::Ret, 0, 0, 0, 0),
                ];
                let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, join(vec![pre, between, post]))]));
                m.ok(0);
                [m.global(0), m.global(1)]
            };
            let later = outcome(vec![i(Op::Nop, 0, 0, 0, 0)]);
            assert_eq!(outcome(vec![]), later, "{op:?} of {x} and {y}");
            assert_eq!(later[1], x as i64 as u64);
        }
        let code = vec![
            k(Op::LoadI, 0, 0, 0),
            k(Op::LoadI, 4, 0, 0),
            i(Op::LdW, 5, 0, 1, 0),
            k(op, 5, 4, 0),
            i(Op::Ret, 0, 0, 0, 0),
        ];
        let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, code)]));
        assert_eq!(m.run(0), crate::RunResult::Panicked, "{op:?}");
        assert!(m.printed().contains("nil pointer dereference"), "{op:?}: {}", m.printed());
    }
}

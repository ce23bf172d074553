//! Special calls: pieces of output, functions with a shortcut.
use super::machine::*;
use super::*;

#[test]
fn pieces_know_whether_another_one_follows_at_once() {
    let piece = |w| vec![k(Op::CallNC, w, 1, PIECE), data()];
    // Window 2: the pointer goes into register 3.
    let code = join(vec![
        vec![k(Op::LeaG, 0, 0, 0), i(Op::Mov, 3, 0, 0, 0)],
        piece(2),
        vec![i(Op::Mov, 3, 0, 0, 0), i(Op::Mov, 4, 0, 0, 0)],
        piece(2),
        vec![k(Op::LoadI, 4, 0, 1), i(Op::Mov, 3, 0, 0, 0)],
        piece(2),
        vec![i(Op::Ret, 0, 0, 0, 0)],
    ]);
    let m = Machine::new(&full(vec![func("main.main", 0, 0, 12, code)]));
    m.ok(0);
    assert_eq!((m.global(0), m.global(1)), (2, 1));
}

/// The bodies of t.Lock and t.Unlock here only count their calls, in global 1.
#[test]
fn a_shortcut_stands_for_its_function_when_it_can_do_all_of_it() {
    let counts = || {
        vec![
            k(Op::LdG, 1, 0, 1),
            k(Op::LoadI, 2, 0, 1),
            i(Op::AddI, 1, 1, 2, 0),
            k(Op::StG, 1, 0, 1),
            i(Op::Ret, 0, 0, 0, 0),
        ]
    };
    let call = |f| vec![k(Op::LeaG, 3, 0, 0), k(Op::Call, 2, 0, f), data()];
    let keep = |to| vec![k(Op::LdG, 0, 0, 0), k(Op::StG, 0, 0, to)];
    let (lock, unlock) = (1, 2);
    let code = join(vec![
        call(lock),
        keep(2),
        call(lock),
        call(unlock),
        keep(3),
        call(unlock),
        // Held, and somebody waits: not the shortcut's.
        vec![k(Op::LoadI, 0, 0, 3), k(Op::StG, 0, 0, 0)],
        call(unlock),
        keep(4),
        vec![i(Op::Ret, 0, 0, 0, 0)],
    ]);
    let functions =
        vec![func("main.main", 0, 0, 12, code), func("t.Lock", 1, 0, 4, counts()), func("t.Unlock", 1, 0, 4, counts())];
    let m = Machine::new(&full(functions));
    m.ok(0);
    let [word, calls, held, free, waited] = [0, 1, 2, 3, 4].map(|k| m.global(k));
    // The main goroutine holds it.
    assert_eq!((gol_runtime::ops::mutex_holder(held), free, waited, word, calls), (Some(1), 0, 3, 3, 3));
}

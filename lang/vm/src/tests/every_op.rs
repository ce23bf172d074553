//! Every operation a million times: a lost sibling call would overflow the stack of the machine's thread. On a 64 KiB stack the
//! operations that need no scheduler.
use super::bare::{Bare, config};
use super::machine::*;
use super::*;
use crate::vm::RunResult;
use gol_bytecode::{Const, Op, Role};

const TIMES: i32 = 1_000_000;
/// Registers of the set-up below.
pub(super) const N: i32 = 2; // 7
pub(super) const K: i32 = 3; // 3
const SL: i32 = 4; // a slice of 8 ints
const STR: i32 = 7;
const PTR: i32 = 8; // an object of an int
const MAPR: i32 = 9; // map[int]int with 3: 3
const CH: i32 = 10; // chan int, room for 8
const IF: i32 = 11; // interface of int 7
const F: i32 = 12; // 1.5
const CL: i32 = 13; // closure of `leaf`
const ARR: i32 = 14; // array object of 8 ints
const TEN: i32 = 15; // ten, a type with a method, in an interface
pub(super) const OUT: i32 = 20;
/// The constant that holds texts: behind "boom" and the closures.
const TEXTS: i32 = 9;

fn set_up() -> Vec<Ins> {
    vec![
        k(Op::LoadI, 1, 0, TIMES),
        k(Op::LoadI, N, 0, 7),
        k(Op::LoadI, K, 0, 3),
        k(Op::LoadI, OUT, 0, 8),
        i(Op::MakeSlice, SL, OUT, OUT, INT),
        k(Op::LoadK, STR, 0, 0),
        k(Op::New, PTR, 0, INT),
        i(Op::MakeMap, MAPR, OUT, 0, MAP),
        i(Op::MapSet, MAPR, K, K, MAP),
        i(Op::MakeChan, CH, OUT, 0, CHAN_INT),
        k(Op::MkIface, IF, N, INT),
        i(Op::IToF, F, K, 0, 0),
        k(Op::LoadK, CL, 0, closure(1)),
        k(Op::NewArr, ARR, 0, INT),
        i(Op::Data, 8, 0, 0, 0),
        k(Op::MkIface, TEN, N, MORE),
        k(Op::LoadI, 0, 0, 0),
    ]
}

/// A loop around `body`.
pub(super) fn looped(body: &[Ins], pre: &[Ins]) -> Program {
    let mut code = set_up();
    code.extend_from_slice(pre);
    let top = code.len();
    code.extend_from_slice(body);
    let back = top as i32 - (code.len() as i32 + 1);
    code.push(i(Op::AddKJltB, 0, 1, 1, back));
    code.push(i(Op::Ret, 0, 0, 0, 0));
    let mut main = func("main.main", 0, 0, 60, code);
    let leaf = func("main.leaf", 1, 1, 4, vec![i(Op::Ret1, 0, 0, 0, 0)]);
    let nothing = func("main.nothing", 0, 0, 4, vec![i(Op::Ret, 0, 0, 0, 0)]);
    let two = func("main.two", 2, 2, 4, vec![i(Op::RetN, 0, 2, 0, 0)]);
    let deferring = with_epilogue(
        func(
            "main.deferring",
            0,
            0,
            6,
            vec![
                k(Op::LoadK, 0, 0, closure(2)),
                i(Op::Defer, 0, 0, 0, 0),
                i(Op::RunDefers, 1, 0, 0, 0),
                data(),
                i(Op::Ret, 0, 0, 0, 0),
            ],
        ),
        2,
    );
    let recovering = func("main.recovering", 0, 0, 4, vec![i(Op::Recover, 0, 0, 0, 0), i(Op::Ret, 0, 0, 0, 0)]);
    let panicking = with_epilogue(
        func(
            "main.panicking",
            0,
            0,
            6,
            vec![
                k(Op::LoadK, 0, 0, closure(5)),
                i(Op::Defer, 0, 0, 0, 0),
                k(Op::LoadI, 0, 0, 5),
                k(Op::MkIface, 0, 0, INT),
                i(Op::Panic, 0, 0, 0, 0),
                i(Op::RunDefers, 1, 0, 0, 0),
                data(),
                i(Op::Ret, 0, 0, 0, 0),
            ],
        ),
        5,
    );
    let mut trapping = panicking.clone();
    trapping.code[4] = i(Op::Trap, 1, 0, 0, 0);
    main.name = "main.main".into();
    let mut p = full(vec![main, leaf, nothing, two, deferring, recovering, panicking, trapping]);
    p.types.push(method_type(1));
    assert_eq!(p.consts.len() as i32, TEXTS);
    p.consts.push(Const::Texts([*b"boom", *b"text"].map(|t| t[..].into()).into()));
    p
}

/// Operations that others contain, or that end the loop.
pub(super) const ELSEWHERE: &[Op] = &[
    Op::Data,
    Op::SendWake,
    Op::RecvWake,
    Op::SelectWake,
    Op::GoExit,
    Op::PanicNext,
    Op::NativeRet,
    Op::Ret,
    Op::Ret1,
    Op::RetN,
    Op::Defer,
    Op::RunDefers,
    Op::Recover,
    Op::Panic,
    Op::Trap,
    Op::AddKJltB,
    Op::RetK,
];

/// A slice of elements as the operation has them, in registers OUT + 6.
fn elements(op: Op) -> Ins {
    let narrow = op.name().ends_with('8');
    i(Op::MakeSlice, OUT + 6, N, N, if narrow { BYTES } else { INT })
}
/// It as the only element of a slice of slices, OUT; number 0 is in OUT + 4.
fn rows(op: Op) -> Vec<Ins> {
    vec![
        elements(op),
        i(Op::StN, ARR, OUT + 6, 0, 3),
        i(Op::Mov, OUT, ARR, 0, 0),
        k(Op::LoadI, OUT + 1, 0, 1),
        k(Op::LoadI, OUT + 2, 0, 1),
        k(Op::LoadI, OUT + 4, 0, 0),
    ]
}
/// It at word 1 of the array object.
fn in_array(op: Op) -> Vec<Ins> {
    vec![elements(op), i(Op::StN, ARR, OUT + 6, 1, 3)]
}
/// It at global word 1.
fn in_globals(op: Op) -> Vec<Ins> {
    vec![elements(op), k(Op::StGN, OUT + 6, 3, 1)]
}

/// (instructions before the loop, instructions of the loop) for an operation.
pub(super) fn body(op: Op) -> Vec<(Vec<Ins>, Vec<Ins>)> {
    let just = |ins: Vec<Ins>| vec![(vec![], ins)];
    let d = |a: i32, b: i32| i(Op::Data, a, b, 0, 0);
    match op {
        Op::Nop => just(vec![i(op, 0, 0, 0, 0)]),
        Op::Mov3 => just(vec![i(op, OUT, SL, 0, 0)]),
        Op::MovN => [1, 2, 3, 4, 5, 6, 9].map(|n| (vec![], vec![i(op, OUT, N, n, 0)])).to_vec(),
        Op::LoadI => just(vec![k(op, OUT, 0, -5)]),
        Op::LoadK => just(vec![k(op, OUT, 0, 0)]),
        Op::ZeroN => just(vec![i(op, OUT, 5, 0, 0)]),
        Op::LdG | Op::StG | Op::LeaG => just(vec![k(op, OUT, 0, 3)]),
        Op::LdGN | Op::StGN => just(vec![k(op, OUT, 3, 3)]),
        Op::ChkShift | Op::ChkNil => just(vec![i(op, N, 0, 0, 0)]),
        Op::DivK | Op::RemK => [3, 4].map(|by| (vec![], vec![i(op, OUT, N, by, 0)])).to_vec(),
        Op::ShlK | Op::ShrIK | Op::ShrUK => just(vec![i(op, OUT, N, 3, 0)]),
        Op::EqS | Op::LtS | Op::LeS | Op::EqIface if op == Op::EqIface => just(vec![i(op, OUT, IF, TEN, 0)]),
        Op::EqS | Op::LtS | Op::LeS => vec![
            (vec![], vec![i(op, OUT, STR, STR, 0)]),
            (vec![k(Op::LoadK, OUT + 1, 0, 1)], vec![i(op, OUT, STR, OUT + 1, 0)]),
            // Another string of the same bytes
            (
                vec![i(Op::StrToBytes, OUT + 1, STR, 0, BYTES), i(Op::BytesToStr, OUT + 1, OUT + 1, 0, 0)],
                vec![i(op, OUT, STR, OUT + 1, 0)],
            ),
        ],
        Op::JeqS | Op::JneS => vec![
            (vec![], vec![k(op, STR, STR, 0)]),
            (
                vec![i(Op::StrToBytes, OUT + 1, STR, 0, BYTES), i(Op::BytesToStr, OUT + 1, OUT + 1, 0, 0)],
                vec![k(op, STR, OUT + 1, 0)],
            ),
        ],
        Op::EqT => just(vec![i(op, OUT, N, K, INT)]),
        Op::JmpB => just(vec![k(Op::Jmp, 0, 0, 1), k(Op::Jmp, 0, 0, 1), k(op, 0, 0, -2)]),
        Op::AddKJleB | Op::AddJltB | Op::AddJleB => {
            // Never taken: the limit is below; and taken once a round.
            let c = if op == Op::AddKJleB { 1 } else { OUT + 1 };
            let b = if op == Op::AddKJleB { OUT + 1 } else { K };
            just(vec![k(Op::LoadI, OUT, 0, 0), k(Op::LoadI, OUT + 1, 0, 2), i(op, OUT, b, c, -1)])
        }
        Op::JmpTab => just(vec![i(op, K, 2, 0, 0), k(Op::Jmp, 0, 0, 1), k(Op::Jmp, 0, 0, 0)]),
        Op::LdW | Op::LdU8 | Op::LdI8 | Op::LdU16 | Op::LdI16 | Op::LdU32 | Op::LdI32 | Op::Lea => {
            just(vec![i(op, OUT, PTR, 0, 0)])
        }
        Op::LdN => {
            let mut all = [1, 2, 3, 4, 7].map(|n| (vec![], vec![i(op, OUT, ARR, 1, n)])).to_vec();
            all.push((in_array(Op::LdIdxW), vec![i(op, OUT, ARR, 1, 3), i(Op::LdIdxW, OUT + 3, OUT, K, 0)]));
            all
        }
        Op::StW | Op::StP | Op::St8 | Op::St16 | Op::St32 => just(vec![i(op, PTR, N, 0, 0)]),
        Op::StN | Op::StNP => [1, 2, 3, 4, 7].map(|n| (vec![], vec![i(op, ARR, OUT, 1, n)])).to_vec(),
        Op::CopyMem => just(vec![i(op, ARR, ARR, 0, 0), d(8, 0)]),
        Op::LdIdxW | Op::LdIdxU8 | Op::LdIdxI8 | Op::LdIdxU16 | Op::LdIdxI16 | Op::LdIdxU32 | Op::LdIdxI32 => {
            just(vec![i(op, OUT, SL, K, 0)])
        }
        Op::LdIdx2W | Op::LdIdx2U8 => vec![(rows(op), vec![i(op, OUT + 3, OUT, OUT + 4, K)])],
        Op::LdSl => vec![(in_array(op), vec![i(op, OUT, ARR, 1, 8)])],
        Op::LdGSl => vec![(vec![k(Op::StGN, SL, 3, 1)], vec![k(op, OUT, 8, 1)])],
        Op::LdIdxSl => vec![(rows(op), vec![i(op, OUT + 9, OUT, OUT + 4, 8)])],
        Op::CutT => just(vec![i(op, SL, 0, 0, SLICE)]),
        Op::LdIdxN => just(vec![i(op, OUT, SL, K, 1)]),
        Op::StIdxW | Op::StIdxP | Op::StIdx8 | Op::StIdx16 | Op::StIdx32 => just(vec![i(op, SL, K, N, 0)]),
        Op::StIdxN => just(vec![i(op, SL, K, N, 1)]),
        Op::LeaIdx => just(vec![i(op, OUT, SL, K, 8)]),
        Op::SliceS => just(vec![i(op, OUT, SL, N, 4), d(8, 0)]),
        Op::SliceStr | Op::PartS => just(vec![i(op, OUT, STR, K, 4)]),
        Op::SliceArr => just(vec![i(op, OUT, ARR, K, 4), i(Op::Data, 8, 0, 8, 0)]),
        Op::AppendV => vec![
            (vec![i(Op::Mov3, OUT, SL, 0, 0)], vec![i(op, OUT, 0, N, INT)]),
            (vec![], vec![i(Op::Mov3, OUT, SL, 0, 0), i(op, OUT, 0, N, INT)]),
            (vec![], vec![i(Op::Mov3, OUT, SL, 0, 0), i(op, OUT, 1, N, INT), i(op, OUT, 0, N, INT)]),
        ],
        Op::AppendS => just(vec![i(Op::Mov3, OUT, SL, 0, 0), i(op, OUT, SL, 0, INT)]),
        Op::AppendStr => vec![
            (vec![], vec![i(Op::ZeroN, OUT, 3, 0, 0), i(op, OUT, STR, 0, BYTES)]),
            (
                vec![i(Op::MakeSlice, OUT, N, N, BYTES)],
                vec![k(Op::LoadI, OUT + 1, 0, 0), i(op, OUT, STR, 0, BYTES), i(op, OUT, STR, 0, BYTES)],
            ),
        ],
        Op::AppendRune => just(vec![i(Op::ZeroN, OUT, 3, 0, 0), i(op, OUT, N, 0, BYTES)]),
        Op::SwpElem => {
            [8, 2, 4].map(|stride| (vec![k(Op::LoadI, SL + 2, 0, stride)], vec![i(op, SL, K, K, 0)])).to_vec()
        }
        Op::CopyS => just(vec![i(op, OUT, SL, SL, INT)]),
        Op::CopyStr => vec![(vec![i(Op::StrToBytes, OUT, STR, 0, BYTES)], vec![i(op, OUT + 3, OUT, STR, 0)])],
        Op::MakeSlice => just(vec![i(op, OUT, K, N, INT)]),
        Op::ClearS => just(vec![i(op, SL, 0, 0, INT)]),
        Op::LdArrW => just(vec![i(op, OUT, ARR, K, 8)]),
        Op::StArrW => just(vec![i(op, ARR, K, N, 8)]),
        Op::LeaArr => just(vec![i(op, OUT, ARR, K, 8), d(8, 0)]),
        Op::LdRegW => just(vec![i(op, OUT, OUT, K, 8)]),
        Op::StRegW => just(vec![i(op, OUT, K, N, 8)]),
        Op::ChkIdx => just(vec![i(op, K, 0, 0, 0), d(8, 0)]),
        Op::LenS | Op::StrToBytes | Op::StrToRunes => {
            just(vec![i(op, OUT, STR, 0, if op == Op::StrToRunes { INT } else { BYTES })])
        }
        Op::FindS => just(vec![k(op, OUT, STR, TEXTS)]),
        Op::LdIdxS => just(vec![i(op, OUT, STR, K, 0)]),
        Op::Concat => vec![(
            vec![i(Op::Mov, OUT + 1, STR, 0, 0), i(Op::Mov, OUT + 2, STR, 0, 0)],
            vec![i(op, OUT, OUT + 1, 2, 0)],
        )],
        Op::BytesToStr => vec![(vec![i(Op::StrToBytes, OUT, STR, 0, BYTES)], vec![i(op, OUT + 3, OUT, 0, 0)])],
        Op::ViewS => just(vec![i(op, OUT, STR, 0, 0)]),
        Op::PartB => vec![(vec![i(Op::StrToBytes, OUT, STR, 0, BYTES)], vec![i(op, OUT + 3, OUT, 0, 0)])],
        Op::RunesToStr => vec![(vec![i(Op::ZeroN, OUT, 3, 0, 0)], vec![i(op, OUT + 3, OUT, 0, 0)])],
        Op::RuneToStr => just(vec![i(op, OUT, N, 0, 0)]),
        Op::RangeStr | Op::RangeStrB => just(vec![i(op, STR, K, OUT, 0), d(0, 0)]),
        Op::New => just(vec![k(op, OUT, 0, INT)]),
        Op::NewArr => just(vec![k(op, OUT, 0, INT), d(3, 0)]),
        Op::MkClosure => just(vec![k(op, OUT, N, 1), d(2, 0)]),
        Op::Call => vec![
            (vec![], vec![k(op, OUT, 0, 1), data()]),
            (vec![], vec![k(op, OUT, 0, 2), data()]),
            (vec![], vec![k(op, OUT, 0, 3), data()]),
            (vec![], vec![k(op, OUT, 0, 4), data()]),
            (vec![], vec![k(op, OUT, 0, 6), data()]),
            (vec![], vec![k(op, OUT, 0, 7), data()]),
        ],
        Op::CallC => {
            let call = || vec![i(op, OUT, CL, 1, 0), data()];
            vec![
                (vec![], call()),
                (vec![], join(vec![vec![i(Op::Mov, OUT + 1, N, 0, 0)], call()])),
                (vec![], join(vec![vec![i(Op::Mov2, OUT + 1, N, OUT + 2, K)], call()])),
                (vec![], join(vec![vec![i(Op::LdIdxW, OUT + 1, SL, K, 0)], call()])),
            ]
        }
        Op::CallD | Op::CallD2 => just(vec![i(op, OUT, N, K, 0), i(Op::Data, BOTH, 0, TWO, 0)]),
        Op::CallI => {
            let call = || vec![i(op, OUT, TEN, 0, 0), data()];
            vec![
                (vec![], call()),
                (vec![], join(vec![vec![i(Op::Mov, OUT + 1, N, 0, 0)], call()])),
                (vec![], join(vec![vec![i(Op::Mov2, OUT + 1, N, OUT + 2, K)], call()])),
            ]
        }
        Op::CallN => just(vec![k(op, OUT, 2, ADD)]),
        Op::CallNC => vec![
            (vec![], vec![k(op, OUT, 2, ADD), data()]),
            (vec![], vec![i(Op::Mov, OUT + 1, CL, 0, 0), k(op, OUT, 2, CALL), data()]),
            (vec![], vec![k(Op::LoadI, OUT + 1, 0, 0), k(op, OUT, 2, SLEEP), data()]),
        ],
        Op::Go => just(vec![k(op, OUT, 0, 2)]),
        Op::GoC => vec![(vec![k(Op::LoadK, OUT, 0, closure(2))], vec![i(op, OUT, 1, 0, 0)])],
        Op::MkIface => vec![
            (vec![], vec![k(op, OUT, N, INT)]),
            (vec![i(Op::ShlK, OUT + 1, N, 50, 0)], vec![k(op, OUT, OUT + 1, INT)]),
            (vec![], vec![k(op, OUT, STR, STRING)]),
            (vec![], vec![k(op, OUT, SL, SLICE)]),
        ],
        Op::Assert => vec![
            (vec![], vec![k(op, OUT, IF, INT), d(ANY, 0)]),
            (vec![k(Op::MkIface, OUT + 1, STR, STRING)], vec![k(op, OUT, OUT + 1, STRING), d(ANY, 0)]),
        ],
        Op::AssertOk => vec![
            (vec![], vec![k(op, OUT, IF, INT)]),
            (vec![], vec![k(op, OUT, IF, STRING)]),
            (vec![k(Op::MkIface, OUT + 1, STR, STRING)], vec![k(op, OUT + 2, OUT + 1, STRING)]),
        ],
        Op::AssertI => just(vec![k(op, OUT, TEN, ANY), d(ANY, 0)]),
        Op::AssertIOk | Op::Implements => just(vec![k(op, OUT, TEN, ANY)]),
        Op::JneType => just(vec![k(op, IF, INT, 0), k(op, IF, STRING, 0)]),
        Op::MakeMap => just(vec![i(op, OUT, K, 0, MAP)]),
        Op::MapGet | Op::MapGetOk => just(vec![i(op, OUT, MAPR, K, MAP)]),
        Op::MapSet => just(vec![i(op, MAPR, K, N, MAP)]),
        Op::MapDel => just(vec![i(op, MAPR, K, 0, MAP)]),
        Op::MapLen => just(vec![i(op, OUT, MAPR, 0, 0)]),
        Op::MapClear => just(vec![i(op, MAPR, 0, 0, MAP)]),
        Op::MapIter => just(vec![i(op, OUT, MAPR, 0, MAP)]),
        Op::MapNext => just(vec![i(Op::MapIter, OUT, MAPR, 0, MAP), i(op, OUT, OUT + 1, OUT + 2, MAP), d(0, 0)]),
        Op::MakeChan => just(vec![i(op, OUT, K, 0, CHAN_INT)]),
        Op::Send | Op::Recv => {
            just(vec![i(Op::Send, CH, N, 1, 0), i(Op::SendWake, 0, 0, 0, 0), i(Op::Recv, OUT, CH, 1, 0)])
        }
        Op::RecvOk => just(vec![
            i(Op::Send, CH, N, 1, 0),
            i(Op::SendWake, 0, 0, 0, 0),
            i(op, OUT, CH, 1, OUT + 1),
            i(Op::RecvWake, OUT + 1, 0, 0, 0),
        ]),
        Op::Close => just(vec![i(Op::MakeChan, OUT, K, 0, CHAN_INT), i(op, OUT, 0, 0, 0)]),
        Op::ChanLen | Op::ChanCap => just(vec![i(op, OUT, CH, 0, 0)]),
        Op::Select => just(vec![
            i(op, CH, OUT, 1, 1),
            i(Op::Data, 0, OUT + 5, -1, 0),
            i(Op::SelectWake, CH, OUT, 1, 0),
            k(Op::Jmp, 0, 0, 1),
            k(Op::Jmp, 0, 0, 0),
        ]),
        Op::Mov2 => just(vec![i(op, OUT, N, OUT + 1, K)]),
        Op::JtstK | Op::JtstKB | Op::JntstK | Op::JntstKB => just(vec![k(op, N, 6, 0)]),
        Op::JgeLenS | Op::JgeLenSB | Op::JltLenS | Op::JltLenSB => just(vec![k(op, K, STR, 0)]),
        Op::JzM | Op::JzMB | Op::JnzM | Op::JnzMB => just(vec![k(op, ARR, 1, 0)]),
        Op::LdWW => vec![(vec![i(Op::StW, ARR, ARR, 1, 0)], vec![i(op, OUT, ARR, 1, 2)])],
        Op::IncM | Op::AddM | Op::AddMF => just(vec![i(op, ARR, N, 1, 0)]),
        Op::AddLdW | Op::SubLdW | Op::AddLdF | Op::SubLdF | Op::MulLdF => just(vec![i(op, OUT, N, ARR, 1)]),
        Op::LdIdxKW | Op::LdIdxKU8 => just(vec![i(op, OUT, SL, K, 0)]),
        Op::LdIdxKS => just(vec![i(op, OUT, STR, K, 0)]),
        Op::LdFldIdxS => {
            vec![(vec![i(Op::StP, ARR, STR, 1, 0), i(Op::StW, ARR, K, 2, 0)], vec![i(op, OUT, ARR, 1, 2)])]
        }
        Op::StIdxKW => just(vec![i(op, SL, K, N, 0)]),
        Op::AddIdx | Op::AddIdxU8 | Op::AddIdxF | Op::MulIdxF | Op::MulAddIdxF => just(vec![i(op, OUT, N, SL, K)]),
        Op::IncIdx | Op::AddIdxM | Op::AddIdxMF => just(vec![i(op, SL, K, N, 0)]),
        Op::LdIdxFld => just(vec![i(op, OUT, SL, K, 1 << 8)]),
        Op::StIdxFld => just(vec![i(op, SL, K, N, 1 << 8)]),
        Op::StIdx2W => vec![(rows(op), vec![i(op, OUT, OUT + 4, K, N)])],
        Op::LdArrU8 | Op::LdArrU32 | Op::LdArrI32 => just(vec![i(op, OUT, ARR, K, 8)]),
        Op::StArr8 | Op::StArr32 => just(vec![i(op, ARR, K, N, 8)]),
        Op::LdArr2W | Op::LdArr2U8 => just(vec![i(op, OUT, ARR, K, K), i(Op::Data, 4, 8, 4, 0)]),
        Op::StArr2W | Op::StArr28 => just(vec![i(op, ARR, K, K, N), i(Op::Data, 4, 8, 4, 0)]),
        Op::LdIdxC => just(vec![i(op, OUT, SL, 3, 0)]),
        Op::StIdxC => just(vec![i(op, SL, 3, N, 0)]),
        Op::JnzIdx8 | Op::JzIdx8 => just(vec![i(op, SL, K, 0, 0), d(0, 0)]),
        Op::JnzGIdx8 | Op::JzGIdx8 => vec![(in_globals(op), vec![k(op, K, 0, 1), d(0, 0)])],
        Op::JnzFldIdx8 | Op::JzFldIdx8 => vec![(in_array(op), vec![i(op, ARR, K, 1, 0), d(0, 0)])],
        Op::CpyIdxW | Op::SwpIdxW | Op::SwpIdx8 => just(vec![i(op, SL, K, SL, K)]),
        Op::LdFldIdxW | Op::LdFldIdxU8 => vec![(in_array(op), vec![i(op, OUT, ARR, K, 1)])],
        Op::AppFldV => vec![(in_array(op), vec![i(op, ARR, 1, N, INT)])],
        Op::AppFldS => vec![(in_array(op), vec![i(op, ARR, 1, SL, INT)])],
        Op::AppFldStr => vec![(in_array(op), vec![i(op, ARR, 1, STR, BYTES)])],
        Op::StFldIdxW | Op::StFldIdx8 => vec![(in_array(op), vec![i(op, ARR, K, N, 1)])],
        Op::LdGIdxW | Op::LdGIdxU8 => vec![(in_globals(op), vec![k(op, OUT, K, 1)])],
        Op::StGIdxW | Op::StGIdx8 => vec![(in_globals(op), vec![k(op, K, N, 1)])],
        Op::MulAddMF | Op::MulSubMF => just(vec![i(op, ARR, F, F, 1)]),
        Op::CallMov => just(vec![k(op, OUT, 0, 1), i(Op::Data, 0, N, OUT + 1, 0)]),
        // Register to register, and branches to the next instruction.
        op => {
            let float = op.name().contains('F');
            let x = if float { F } else { N };
            let roles = op.roles();
            if roles.contains(&Role::JJ) {
                let b = if roles[1] == Role::R && float { F } else { K };
                return just(vec![k(op, x, b, 0)]);
            }
            just(vec![i(op, OUT, x, if float { F } else { K }, 0)])
        }
    }
}

fn config_without_slices() -> crate::VmConfig {
    let mut c = config();
    c.runtime.slice_ns = 0;
    c.runtime.heap.gogc = Some(100);
    c
}

#[test]
fn a_million_of_each_on_the_machine() {
    for op in Op::ALL.iter().copied().filter(|op| !ELSEWHERE.contains(op)) {
        for (pre, ins) in body(op) {
            assert!(ins.iter().any(|x| x.op == op), "{}", op.name());
            let forms = if crate::handlers::shared::alone(op).is_some() { 2 } else { 1 };
            for form in 0..forms {
                let m = Machine::with(&looped(&ins, &pre), config_without_slices());
                if form == 1 {
                    m.vm.shared.sharing.begin();
                }
                assert_eq!(m.run(0), RunResult::Done, "{}: {}", op.name(), m.printed());
            }
        }
    }
}

/// Handlers that need no scheduler, on a thread with 64 KiB of stack.
#[test]
fn a_million_of_each_on_a_small_stack() {
    let needs_more = |ins: &[Ins]| {
        ins.iter().any(|x| {
            matches!(
                x.op,
                Op::Send
                    | Op::Recv
                    | Op::RecvOk
                    | Op::Close
                    | Op::Select
                    | Op::Go
                    | Op::GoC
                    | Op::CallN
                    | Op::CallNC
                    | Op::CallD
                    | Op::CallD2
            )
        })
    };
    let run = move || {
        for op in Op::ALL.iter().copied().filter(|op| !ELSEWHERE.contains(op)) {
            for (pre, ins) in body(op) {
                let allocates =
                    ins.iter().any(|x| x.op == Op::MakeChan || x.op == Op::MakeMap || x.op == Op::StrToBytes);
                if needs_more(&ins) || allocates {
                    continue;
                }
                let mut p = looped(&ins, &pre);
                p.natives.clear();
                let mut bare = Bare::new(&p);
                bare.run(0, &[]);
            }
        }
    };
    std::thread::Builder::new().stack_size(64 << 10).spawn(run).expect("thread").join().expect("no overflow");
}

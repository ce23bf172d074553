//! The verifier refuses what would break the machine, and survives anything.
use gol_bytecode::{Const, Func, Ins, Kind, Op, Program, TypeDesc, disasm, verify};

fn ty(kind: Kind, words: u32) -> TypeDesc {
    TypeDesc {
        name: format!("{kind:?}"),
        kind,
        named: false,
        words,
        stride: words * 8,
        ptrs: Vec::new(),
        elem: 1,
        backing: 1,
        key: 1,
        len: 0,
        dir: 0,
        fields: Vec::new(),
        params: Vec::new(),
        results: Vec::new(),
        variadic: false,
        methods: Vec::new(),
        comparable: true,
        pkg: String::new(),
    }
}

fn program(code: Vec<Ins>) -> Program {
    let f = Func {
        name: "main.f".into(),
        code,
        regs: 8,
        spare: 0,
        params: 1,
        results: 1,
        epilogue: None,
        pos: 0,
        lines: vec![(0, 7)],
        hidden: false,
        once: false,
        inlined: vec![],
    };
    Program {
        funcs: vec![f],
        consts: vec![
            Const::Word(1),
            Const::Str((*b"text").into()),
            Const::Func(0),
            Const::Texts([b"a".as_slice().into(), b"".as_slice().into()].into()),
        ],
        types: vec![ty(Kind::Placeholder, 0), ty(Kind::Int, 1), ty(Kind::Map, 1), ty(Kind::Chan, 1)],
        globals: 4,
        natives: vec!["os.Exit".into()],
        methods: vec!["Error".into()],
        ..Program::default()
    }
}

fn refused(code: Vec<Ins>, why: &str) {
    let error = verify(&program(code), 0).expect_err(why);
    assert!(error.contains(why), "{error}");
}

fn i(op: Op, a: u16, b: u16, c: u16, d: u16) -> Ins {
    Ins::new(op, a, b, c, d)
}

#[test]
fn refuses_what_the_machine_trusts() {
    let ret = i(Op::Ret, 0, 0, 0, 0);
    refused(vec![], "no code");
    refused(vec![i(Op::Mov, 0, 8, 0, 0), ret], "register 8");
    refused(vec![i(Op::Mov3, 0, 6, 0, 0), ret], "register 6");
    refused(vec![i(Op::MovN, 0, 4, 5, 0), ret], "register 4");
    refused(vec![i(Op::Mov, 0, 1, 0, 0)], "off the end");
    refused(vec![Ins::wide(Op::Jmp, 0, 0, 7), ret], "branch to 8");
    refused(vec![Ins::wide(Op::Jmp, 0, 0, u32::MAX)], "backward");
    refused(vec![i(Op::Call, 7, 0, 0, 0), i(Op::Data, 0, 0, 0, 0), ret], "window 7");
    refused(vec![i(Op::Call, 0, 0, 0, 0), ret], "data unit is missing");
    refused(vec![i(Op::Data, 0, 0, 0, 0), ret], "without an instruction");
    refused(vec![Ins::wide(Op::LoadK, 0, 0, 4), ret], "no constant 4");
    refused(vec![Ins::wide(Op::LoadK, 0, 0, 3), ret], "of another kind");
    refused(vec![Ins::wide(Op::FindS, 0, 0, 1), ret], "of another kind");
    refused(vec![Ins::wide(Op::CallN, 0, 0, 1), ret], "no native 1");
    refused(vec![Ins::wide(Op::LdG, 0, 0, 4), ret], "no global word 4");
    refused(vec![Ins::wide(Op::New, 0, 0, 4), ret], "no type 4");
    refused(vec![i(Op::Defer, 0, 0, 0, 0), ret], "no epilogue");
    refused(vec![i(Op::MakeMap, 0, 0, 0, 1), ret], "not a map");
    refused(vec![i(Op::DivK, 0, 0, 0, 0), ret], "divisor");
    refused(vec![i(Op::Send, 0, 0, 1, 0), ret], "SendWake is missing");
}

#[test]
fn accepts_and_shows() {
    let p = program(vec![
        Ins::wide(Op::JgeK, 0, 2, 1),
        i(Op::Ret1, 0, 0, 0, 0),
        Ins::wide(Op::LoadK, 1, 0, 1),
        Ins::wide(Op::FindS, 4, 1, 3),
        Ins::wide(Op::Call, 2, 0, 0),
        i(Op::Data, 0, 0, 0, 0),
        i(Op::Ret1, 3, 0, 0, 0),
    ]);
    assert_eq!(verify(&p, 0), Ok(()));
    let expected = "\
main.f: params 1, results 1, regs 8
    0  JgeK       r0 2 ->2                   ; @7
    1  Ret1       r0
    2  LoadK      r1 \"text\"
    3  FindS      r4 r1 [\"a\" \"\"]
    4  Call       w2 main.f
    6  Ret1       r3
";
    assert_eq!(disasm(&p, 0), expected);
}

struct Rng(u64);
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn survives_random_code() {
    let mut rng = Rng(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for round in 0..80_000 {
        let n = 1 + rng.next() as usize % 12;
        // Small operands are often valid, large ones test the arithmetic.
        let mask = if round % 2 == 0 { 7 } else { 0xffff };
        let code = (0..n)
            .map(|_| {
                let op = Op::ALL[rng.next() as usize % Op::ALL.len()];
                let mut field = || (rng.next() & mask) as u16;
                Ins::new(op, field(), field(), field(), field())
            })
            .collect();
        let mut p = program(code);
        if round % 3 == 0 {
            p.funcs[0].epilogue = Some(rng.next() as u32 % 16);
        }
        accepted += verify(&p, 0).is_ok() as u32;
        disasm(&p, 0);
    }
    assert!(accepted > 100, "only {accepted} programs were accepted: the test reaches too little");
}

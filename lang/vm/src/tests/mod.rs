//! Hand-assembled programs.
mod bare;
mod callbacks;
mod crash;
mod every_op;
mod jit;
mod machine;
#[cfg(target_arch = "x86_64")]
mod machine_code;
mod natives;
mod pairs;
mod panics;
mod programs;
mod single;
mod torn;

use gol_bytecode::{Func, Ins, Op, Program};

/// One instruction.
pub(crate) fn i(op: Op, a: i32, b: i32, c: i32, d: i32) -> Ins {
    Ins::new(op, a as u16, b as u16, c as u16, d as u16)
}
/// With a 32-bit operand in c and d.
pub(crate) fn k(op: Op, a: i32, b: i32, cd: i32) -> Ins {
    Ins::wide(op, a as u16, b as u16, cd as u32)
}
/// A data unit.
pub(crate) fn data() -> Ins {
    i(Op::Data, 0, 0, 0, 0)
}
pub(crate) fn func(name: &str, params: u16, results: u16, regs: u16, code: Vec<Ins>) -> Func {
    let (epilogue, lines, inlined) = (None, Vec::new(), Vec::new());
    Func {
        name: name.into(),
        code,
        regs,
        spare: 0,
        params,
        results,
        epilogue,
        pos: 0,
        lines,
        hidden: false,
        once: false,
        inlined,
    }
}
pub(crate) fn program(funcs: Vec<Func>) -> Program {
    let mut p = Program { funcs, ..Program::default() };
    for _ in 0..gol_bytecode::desc::FIRST {
        p.types.push(plain_type("", gol_bytecode::Kind::Placeholder, 0));
    }
    p
}
pub(crate) fn plain_type(name: &str, kind: gol_bytecode::Kind, words: u32) -> gol_bytecode::TypeDesc {
    gol_bytecode::TypeDesc {
        name: name.into(),
        kind,
        named: true,
        words,
        stride: words * 8,
        ptrs: vec![false; words as usize],
        elem: 0,
        backing: 0,
        key: 0,
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

//! The machine code of the handlers that programs spend their time in, as the compiler made it.
//!
//! From the entry to the next handler: nothing on the stack (no frame, no spills), no call, a jump through the next unit at the
//! end, and not more instructions than the table says. Only where handlers leave by jumps and assertions are off:
//! `cargo test --release -p gol-vm machine_code`.
use crate::handlers::handler_of;
use gol_bytecode::Op;
use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// Operations, with the most instructions that the way through one may have when nothing is unusual: one or two more than rustc
/// 1.95 makes, for other versions.
const HOT: &[(Op, usize)] = &[
    (Op::Mov, 9),
    (Op::LoadI, 8),
    (Op::AddI, 11),
    (Op::SubI, 11),
    (Op::MulI, 11),
    (Op::AddK, 10),
    (Op::And, 11),
    (Op::ShlK, 11),
    (Op::AddF, 11),
    (Op::MulF, 11),
    (Op::MulAddF, 13),
    (Op::LdW, 13),
    (Op::StW, 13),
    (Op::LdIdxW, 15),
    (Op::StIdxW, 15),
    (Op::LdIdxU8, 15),
    (Op::JltI, 14),
    (Op::JltIB, 17),
    (Op::JltKB, 16),
    (Op::JeqK, 13),
    (Op::Jz, 9),
    (Op::Jmp, 8),
    (Op::Call, 17),
    (Op::Ret, 8),
    (Op::Ret1, 11),
];

/// No handler is longer.
const BYTES_MAX: usize = 512;

fn instructions(op: Op) -> Vec<Instruction> {
    let at = handler_of(op);
    // SAFETY: code is readable, and behind every handler there is more of it.
    let bytes = unsafe { std::slice::from_raw_parts(at as *const u8, BYTES_MAX) };
    Decoder::with_ip(64, bytes, at as u64, DecoderOptions::NONE).into_iter().collect()
}

fn on_stack(i: &Instruction) -> bool {
    let memory = (0..i.op_count()).any(|k| i.op_kind(k) == OpKind::Memory);
    memory && matches!(i.memory_base(), Register::RSP | Register::RBP)
        || matches!(i.mnemonic(), Mnemonic::Push | Mnemonic::Pop)
        || (0..i.op_count()).any(|k| i.op_kind(k) == OpKind::Register && i.op_register(k) == Register::RSP)
}

/// What is wrong with a handler, or the number of its instructions.
fn way_through(op: Op) -> Result<usize, String> {
    for (n, i) in instructions(op).iter().enumerate() {
        if on_stack(i) {
            return Err(format!("touches the stack at instruction {n}"));
        }
        match i.flow_control() {
            FlowControl::Next | FlowControl::ConditionalBranch => {}
            FlowControl::IndirectBranch => return Ok(n + 1),
            other => return Err(format!("{other:?} at instruction {n}")),
        }
    }
    Err("has no end".into())
}

#[test]
fn hot_handlers_are_short_and_leave_the_stack_alone() {
    if !cfg!(gol_tail) || cfg!(debug_assertions) {
        println!("skipped: handlers with assertions, or without jumps to each other");
        return;
    }
    let mut wrong = vec![];
    for &(op, most) in HOT {
        match way_through(op) {
            Ok(n) if n <= most => println!("{op:?} {n}"),
            Ok(n) => wrong.push(format!("{op:?}: {n} instructions, at most {most} are allowed")),
            Err(e) => wrong.push(format!("{op:?}: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What does its work in a function is seen to do so.
    assert!(way_through(Op::MakeMap).is_err() && way_through(Op::MapGet).is_err());
}

//! Disassembly: one line a unit, operands by their roles in the op table, comments for what ids mean.

use crate::ops::{Ins, Op, Role};
use crate::program::{Const, FuncId, Program, TypeId};
use std::fmt::Write as _;

/// The text of one function; an unknown id gives an empty text.
pub fn disasm(program: &Program, id: FuncId) -> String {
    disasm_with(program, id, &|_| None)
}

/// The same with source lines: `line` tells the line number of a position.
pub fn disasm_with(program: &Program, id: FuncId, line: &dyn Fn(u32) -> Option<u32>) -> String {
    let Some(f) = program.funcs.get(id as usize) else { return String::new() };
    let mut out = String::new();
    let _ = writeln!(out, "func {} (f{id}): {} regs, {} params, {} results", f.name, f.regs, f.params, f.results);
    let mut lines = f.lines.iter().peekable();
    let mut last = None;
    let mut at = 0;
    while at < f.code.len() {
        while lines.peek().is_some_and(|(unit, _)| *unit as usize <= at) {
            if let Some((_, pos)) = lines.next() {
                let here = line(*pos);
                if here.is_some() && here != last {
                    let _ = writeln!(out, "; line {}", here.unwrap_or(0));
                    last = here;
                }
            }
        }
        if f.epilogue == Some(at as u32) {
            let _ = writeln!(out, "; epilogue");
        }
        let units = unit(&mut out, program, &f.code, at);
        at += units;
    }
    out
}

/// Writes the instruction at `at` and gives the number of its units.
fn unit(out: &mut String, program: &Program, code: &[Ins], at: usize) -> usize {
    let ins = code[at];
    let data = ins.op.data_roles().and_then(|roles| Some((roles, *code.get(at + 1)?)));
    let units = 1 + usize::from(data.is_some());
    let mut notes = vec![];
    let mut text = vec![];
    operands(program, ins.op.roles(), ins, at + units, &mut text, &mut notes);
    if let Some((roles, d)) = data {
        let before = text.len();
        operands(program, roles, d, at + units, &mut text, &mut notes);
        if text.len() > before {
            text.insert(before, "|".into());
        }
    }
    match ins.op {
        Op::CallI => notes.push(program.methods.get(ins.d as usize).cloned().unwrap_or_default()),
        Op::CallN | Op::CallNC => {
            if let Some(c) = text.last_mut().filter(|_| ins.op == Op::CallN) {
                *c = format!("n{}", ins.cd());
            }
            notes.pop();
            notes.push(program.natives.get(ins.cd() as usize).cloned().unwrap_or_default());
        }
        _ => {}
    }
    let note = if notes.is_empty() { String::new() } else { format!("  ; {}", notes.join(", ")) };
    let _ = writeln!(out, "{}", format!("{at:5}  {:<10} {}{note}", ins.op.name(), text.join(" ")).trim_end());
    units
}

fn operands(p: &Program, roles: [Role; 4], ins: Ins, next: usize, text: &mut Vec<String>, notes: &mut Vec<String>) {
    let fields = [ins.a, ins.b, ins.c, ins.d];
    let mut i = 0;
    while i < 4 {
        let (role, v) = (roles[i], fields[i]);
        let wide = v as u32 | (fields.get(i + 1).copied().unwrap_or(0) as u32) << 16;
        match role {
            Role::Z => {}
            Role::W | Role::R | Role::M => text.push(format!("r{v}")),
            Role::W2 => text.push(format!("r{v}:2")),
            Role::W3 | Role::R3 | Role::M3 => text.push(format!("r{v}:3")),
            Role::Ws | Role::Rs | Role::Rt => text.push(format!("r{v}..")),
            Role::A => text.push(format!("w{v}")),
            Role::I => text.push(format!("{}", v as i16)),
            Role::U | Role::N | Role::X => text.push(format!("{v}")),
            Role::T => {
                text.push(format!("t{v}"));
                notes.push(type_name(p, v as u32));
            }
            Role::J => text.push(format!("-> {}", next as i64 + (v as i16) as i64)),
            Role::JJ => text.push(format!("-> {}", next as i64 + (wide as i32) as i64)),
            Role::II => text.push(format!("{}", wide as i32)),
            Role::GG => text.push(format!("g{wide}")),
            Role::KK => {
                text.push(format!("k{wide}"));
                notes.push(match p.consts.get(wide as usize) {
                    Some(Const::Word(w)) => word(*w),
                    Some(Const::Str(s)) => format!("{:?}", String::from_utf8_lossy(s)),
                    Some(Const::Func(f)) => func_name(p, *f),
                    None => "?".into(),
                });
            }
            Role::FF => {
                text.push(format!("f{wide}"));
                notes.push(func_name(p, wide));
            }
            Role::TT => {
                text.push(format!("t{wide}"));
                notes.push(type_name(p, wide));
            }
        }
        i += if matches!(role, Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT) { 2 } else { 1 };
    }
}

/// A constant's word as an integer, and as a float where it looks like one.
fn word(w: u64) -> String {
    let f = f64::from_bits(w);
    if (1 << 52..0x7ff0 << 48).contains(&(w & !(1 << 63))) && (1e-100..1e100).contains(&f.abs()) {
        return format!("{f:?}");
    }
    format!("{}", w as i64)
}

fn type_name(p: &Program, t: TypeId) -> String {
    p.types.get(t as usize).map_or_else(|| "?".into(), |t| t.name.clone())
}

fn func_name(p: &Program, f: FuncId) -> String {
    p.funcs.get(f as usize).map_or_else(|| "?".into(), |f| f.name.clone())
}

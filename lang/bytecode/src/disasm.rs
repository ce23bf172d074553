//! The disassembler: a function as text, one instruction a line. Names stand where the code has ids, so the text of a function
//! depends on nothing but the function.
use crate::ops::{Ins, Op, Role};
use crate::program::{Const, FuncId, Program};
use crate::verify::data_units;
use std::fmt::Write;

/// Position, operation, operands, and what their numbers mean. Never panics: what does not exist is shown as `?`.
pub fn disasm(program: &Program, id: FuncId) -> String {
    disasm_with(program, id, &|pos| format!("@{pos}"))
}

/// The same; `place` says how a source position is shown.
pub fn disasm_with(program: &Program, id: FuncId, place: &dyn Fn(u32) -> String) -> String {
    let Some(f) = program.funcs.get(id as usize) else {
        return format!("there is no function {id}\n");
    };
    let mut out = format!("{}: params {}, results {}, regs {}", f.name, f.params, f.results, f.regs);
    if let Some(e) = f.epilogue {
        let _ = write!(out, ", epilogue {e}");
    }
    out.push_str(if f.hidden { ", hidden\n" } else { "\n" });
    let mut at = 0;
    let mut shown = None;
    while let Some(ins) = f.code.get(at).copied() {
        let units = 1 + data_units(ins);
        let mut line = format!("{at:5}  {:<10}", ins.op.name());
        let mut notes = Vec::new();
        let mut operands = Vec::new();
        let next = at + units;
        show(program, ins, ins.op.roles(), [ins.a, ins.b, ins.c, ins.d], next, &mut operands);
        for k in 1..units {
            let Some(u) = f.code.get(at + k) else { break };
            let roles = match ins.op {
                Op::Select => [Role::U, Role::X, Role::X, Role::Z],
                op => op.data_roles().unwrap_or([Role::Z; 4]),
            };
            let mut more = Vec::new();
            show(program, ins, roles, [u.a, u.b, u.c, u.d], next, &mut more);
            if !more.is_empty() && !is_call(ins.op) {
                operands.push(format!("[{}]", more.join(" ")));
            }
        }
        let _ = write!(line, " {}", operands.join(" "));
        let k = f.lines.partition_point(|l| l.0 <= at as u32);
        let pos = k.checked_sub(1).map(|k| place(f.lines[k].1));
        if pos.is_some() && pos != shown {
            shown.clone_from(&pos);
            notes.extend(pos);
        }
        if notes.is_empty() {
            out.push_str(line.trim_end());
        } else {
            let _ = write!(out, "{line:<44} ; {}", notes.join(", "));
        }
        out.push('\n');
        at = next;
    }
    out
}

fn is_call(op: Op) -> bool {
    matches!(op, Op::Call | Op::CallC | Op::CallI | Op::CallNC | Op::RunDefers)
}

fn show(program: &Program, ins: Ins, roles: [Role; 4], fields: [u16; 4], next: usize, operands: &mut Vec<String>) {
    let mut skip = false;
    for (k, role) in roles.into_iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let v = fields[k];
        let wide = v as u32 | (fields.get(k + 1).copied().unwrap_or(0) as u32) << 16;
        let type_name = |id: u32| program.types.get(id as usize).map_or("?", |t| &t.name).to_string();
        match role {
            Role::Z => {}
            Role::W | Role::R | Role::M => operands.push(format!("r{v}")),
            Role::W2 | Role::W3 | Role::R3 | Role::M3 | Role::Ws | Role::Rs | Role::Rt => {
                operands.push(format!("r{v}.."));
            }
            Role::A => operands.push(format!("w{v}")),
            Role::I => operands.push(format!("{}", v as i16)),
            Role::U | Role::N => operands.push(v.to_string()),
            Role::X if v == 0xffff => operands.push("-".into()),
            Role::X => operands.push(format!("x{v}")),
            Role::T => {
                operands.push(type_name(v as u32));
            }
            Role::J => operands.push(format!("->{}", next as i64 + v as i16 as i64)),
            Role::JJ => operands.push(format!("->{}", next as i64 + wide as i32 as i64)),
            Role::KK => {
                operands.push(match ins.op {
                    Op::CallN | Op::CallNC | Op::CallD | Op::CallD2 => {
                        program.natives.get(wide as usize).cloned().unwrap_or("?".into())
                    }
                    _ => constant(program, wide),
                });
            }
            Role::FF => {
                operands.push(program.funcs.get(wide as usize).map_or("?", |f| &f.name).to_string());
            }
            Role::GG => operands.push(format!("g{wide}")),
            Role::II => operands.push(format!("{}", wide as i32)),
            Role::TT => {
                operands.push(type_name(wide));
            }
        }
        skip = matches!(role, Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT);
    }
    if ins.op == Op::CallI && roles == ins.op.roles() {
        operands.pop();
        operands.push(program.methods.get(ins.d as usize).map_or("?", |m| m).to_string());
    }
}

fn constant(program: &Program, id: u32) -> String {
    let quoted = |s: &[u8]| {
        let text = String::from_utf8_lossy(s);
        let short: String = text.chars().take(24).collect();
        if short.len() < text.len() { format!("{short:?}...") } else { format!("{text:?}") }
    };
    match program.consts.get(id as usize) {
        Some(Const::Word(w)) => format!("{} = {:?}", *w as i64, f64::from_bits(*w)),
        Some(Const::Str(s)) => quoted(s),
        Some(Const::Texts(list)) => format!("[{}]", list.iter().map(|s| quoted(s)).collect::<Vec<_>>().join(" ")),
        Some(Const::Func(f)) => program.funcs.get(*f as usize).map_or("?", |f| &f.name).to_string(),
        None => "?".into(),
    }
}

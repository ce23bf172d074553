//! The verifier: what it lets through, the VM executes without checks.
//!
//! For every function: each register operand and span lies below `regs`, each branch lands on an instruction of the function (never on a data
//! unit), each window has room for its link and arguments, each id exists, and the last instruction does not fall off the end. It
//! looks at one instruction at a time and never panics, whatever the code is.

use crate::ops::{Ins, Op, Role};
use crate::program::{Const, Func, FuncId, Kind, Program, TypeId};

/// Words that a waiting select case takes in the frame.
pub const WAITER_WORDS: u32 = 5;
/// "No register" in the operands of `MapNext` and of select's cases.
pub const NO_REG: u16 = u16::MAX;

/// Verifies the functions from `first` on, and the constants that name functions.
///
/// # Errors
/// Says function, position and what is wrong.
pub fn verify(program: &Program, first: usize) -> Result<(), String> {
    for (id, f) in program.funcs.iter().enumerate().skip(first) {
        verify_func(program, f).map_err(|(at, what)| format!("{} (f{id}) at {at}: {what}", f.name))?;
    }
    match program.consts.iter().find(|c| matches!(c, Const::Func(f) if *f as usize >= program.funcs.len())) {
        Some(c) => Err(format!("constant {c:?} names no function")),
        None => Ok(()),
    }
}

type Wrong = (usize, String);

struct Cx<'a> {
    p: &'a Program,
    f: &'a Func,
    /// Units where an instruction begins.
    starts: Vec<bool>,
}

fn verify_func(p: &Program, f: &Func) -> Result<(), Wrong> {
    let mut starts = vec![false; f.code.len()];
    let mut at = 0;
    let mut last = None;
    while at < f.code.len() {
        starts[at] = true;
        last = Some(at);
        at += units(&f.code, at).ok_or((at, "data unit missing".to_string()))?;
    }
    if at != f.code.len() {
        return Err((at, "the last instruction is cut".into()));
    }
    let cx = Cx { p, f, starts };
    if f.params > f.regs || f.results > f.regs.max(f.params) && f.results as u32 > u16::MAX as u32 {
        return Err((0, "parameters exceed the registers".into()));
    }
    match last.map(|l| f.code[l].op) {
        Some(
            Op::Ret
            | Op::Ret1
            | Op::RetN
            | Op::Jmp
            | Op::JmpB
            | Op::Panic
            | Op::Trap
            | Op::GoExit
            | Op::PanicNext
            | Op::NativeRet,
        ) => {}
        _ => return Err((last.unwrap_or(0), "the code falls off its end".into())),
    }
    if let Some(e) = f.epilogue
        && !cx.starts.get(e as usize).copied().unwrap_or(false)
    {
        return Err((e as usize, "the epilogue is no instruction".into()));
    }
    for at in 0..f.code.len() {
        if cx.starts[at] {
            instruction(&cx, at).map_err(|what| (at, format!("{}: {what}", f.code[at].op.name())))?;
        }
    }
    Ok(())
}

/// Units of the instruction at `at`, `None` when its data units are not there.
fn units(code: &[Ins], at: usize) -> Option<usize> {
    let ins = code[at];
    let n = match ins.op {
        Op::Data => return None,
        Op::Select => 1 + ins.c as usize,
        op => 1 + usize::from(op.data_roles().is_some()),
    };
    let data = code.get(at + 1..at + n)?;
    data.iter().all(|d| d.op == Op::Data).then_some(n)
}

impl Cx<'_> {
    fn regs(&self, first: u16, n: u32) -> Result<(), String> {
        if first as u32 + n <= self.f.regs as u32 {
            return Ok(());
        }
        Err(format!("registers {first}+{n} of {}", self.f.regs))
    }
    fn target(&self, at: i64) -> Result<(), String> {
        let ok = usize::try_from(at).ok().and_then(|t| self.starts.get(t)).copied().unwrap_or(false);
        if ok { Ok(()) } else { Err(format!("branch to {at}")) }
    }
    fn ty(&self, t: u32) -> Result<&crate::program::TypeDesc, String> {
        self.p.types.get(t as usize).ok_or(format!("type {t}"))
    }
    fn words(&self, t: TypeId) -> Result<u32, String> {
        Ok(self.ty(t)?.words)
    }
    /// Words of one element when this descriptor backs a slice.
    fn element(&self, t: TypeId) -> Result<u32, String> {
        let d = self.ty(t)?;
        Ok(if d.kind == Kind::Packed { 1 } else { d.words })
    }
    fn func(&self, f: FuncId) -> Result<&Func, String> {
        self.p.funcs.get(f as usize).ok_or(format!("function {f}"))
    }
    fn fits<T>(&self, list: &[T], i: u32, what: &str) -> Result<(), String> {
        if (i as usize) < list.len() { Ok(()) } else { Err(format!("{what} {i}")) }
    }
}

fn instruction(cx: &Cx, at: usize) -> Result<(), String> {
    let ins = cx.f.code[at];
    let next = at + units(&cx.f.code, at).ok_or("data unit missing")?;
    let data = if next > at + 1 { cx.f.code[at + 1] } else { Ins::new(Op::Data, 0, 0, 0, 0) };
    let roles = ins.op.roles();
    let count = count(roles, ins).or_else(|| ins.op.data_roles().and_then(|r| count(r, data)));
    fields(cx, roles, ins, next, count)?;
    if let Some(r) = ins.op.data_roles() {
        fields(cx, r, data, next, count)?;
    }
    special(cx, ins, data, at)
}

/// The value of the count field, where the row has one.
fn count(roles: [Role; 4], ins: Ins) -> Option<u32> {
    let fields = [ins.a, ins.b, ins.c, ins.d];
    roles.iter().position(|r| *r == Role::N).map(|i| fields[i] as u32)
}

fn fields(cx: &Cx, roles: [Role; 4], ins: Ins, next: usize, count: Option<u32>) -> Result<(), String> {
    let v = [ins.a, ins.b, ins.c, ins.d];
    let of_type = roles.iter().position(|r| *r == Role::T).map(|i| v[i] as u32);
    let mut i = 0;
    while i < 4 {
        let wide = v[i] as u32 | (v.get(i + 1).copied().unwrap_or(0) as u32) << 16;
        match roles[i] {
            Role::Z | Role::I | Role::U | Role::N | Role::X | Role::II => {}
            Role::W | Role::R | Role::M => cx.regs(v[i], 1)?,
            Role::W2 => cx.regs(v[i], 2)?,
            Role::W3 | Role::R3 | Role::M3 => cx.regs(v[i], 3)?,
            Role::Ws | Role::Rs => {
                if let Some(n) = count {
                    cx.regs(v[i], n)?;
                }
            }
            Role::Rt => cx.regs(v[i], cx.words(of_type.unwrap_or(0))?)?,
            Role::T => drop(cx.ty(v[i] as u32)?),
            Role::TT => drop(cx.ty(wide)?),
            Role::J => cx.target(next as i64 + (v[i] as i16) as i64)?,
            Role::JJ => cx.target(next as i64 + (wide as i32) as i64)?,
            Role::FF => drop(cx.func(wide)?),
            Role::GG => {
                let n = if matches!(ins.op, Op::LdGN | Op::StGN) { count.unwrap_or(1) } else { 1 };
                if wide as u64 + n as u64 > cx.p.globals as u64 {
                    return Err(format!("global {wide}+{n} of {}", cx.p.globals));
                }
            }
            Role::KK => match ins.op {
                Op::CallN | Op::CallNC => cx.fits(&cx.p.natives, wide, "native")?,
                _ => cx.fits(&cx.p.consts, wide, "constant")?,
            },
            Role::A => cx.regs(v[i], 1)?,
        }
        i += if matches!(roles[i], Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT) { 2 } else { 1 };
    }
    Ok(())
}

/// What the roles cannot say.
fn special(cx: &Cx, ins: Ins, data: Ins, at: usize) -> Result<(), String> {
    let Ins { a, b, c, d, .. } = ins;
    match ins.op {
        Op::SliceS | Op::SliceStr | Op::SliceArr => {
            // bit 0: high, bit 1: max, bit 2: low; their registers are c+1, c+2, c
            for (bit, k) in [(4, 0), (1, 1), (2, 2)] {
                if d & bit != 0 {
                    cx.regs(c.saturating_add(k), 1)?;
                }
            }
            Ok(())
        }
        Op::AppendV => cx.regs(c, cx.element(d as u32)?),
        Op::LdRegW => cx.regs(b, d as u32),
        Op::StRegW => cx.regs(a, d as u32),
        Op::MkClosure => cx.regs(b, data.a as u32),
        Op::MkIface => cx.regs(b, cx.words(ins.cd())?),
        Op::Assert => cx.regs(a, cx.words(ins.cd())?),
        Op::AssertOk => cx.regs(a, cx.words(ins.cd())? + 1),
        Op::DivK | Op::RemK if matches!(c as i16, 0 | -1) => Err("divisor 0 or -1".into()),
        Op::MapGet | Op::MapGetOk | Op::MapSet | Op::MapDel | Op::MapNext => map(cx, ins),
        Op::Call => {
            let f = cx.func(ins.cd())?;
            cx.regs(a, 1 + f.params as u32)
        }
        Op::CallC => cx.regs(a, 1 + c as u32),
        Op::CallI => {
            cx.fits(&cx.p.methods, d as u32, "method")?;
            cx.regs(a, 2 + c as u32)
        }
        Op::CallN | Op::CallNC => cx.regs(a, 1 + b as u32),
        Op::Go => {
            let f = cx.func(ins.cd())?;
            if f.params == b { Ok(()) } else { Err(format!("{b} words for {} parameters", f.params)) }
        }
        Op::JmpTab => jumps(cx, at + 1, b as usize),
        Op::Select => {
            cx.regs(a, c as u32)?;
            cx.regs(b, WAITER_WORDS * c as u32)?;
            for k in 0..c as usize {
                let case = cx.f.code[at + 1 + k];
                if case.b != NO_REG {
                    cx.regs(case.b, 1)?;
                }
                if case.c != NO_REG {
                    cx.regs(case.c, 1)?;
                }
            }
            let wake = at + 1 + c as usize;
            match cx.f.code.get(wake) {
                Some(w) if w.op == Op::SelectWake && (w.a, w.b, w.c) == (a, b, c) => {}
                _ => return Err("no matching SelectWake".into()),
            }
            jumps(cx, wake + 1, c as usize + (d & 1) as usize)
        }
        Op::SelectWake => match cx.f.code.get(at.wrapping_sub(1 + c as usize)) {
            Some(s) if s.op == Op::Select && (s.a, s.b, s.c) == (a, b, c) => Ok(()),
            _ => Err("no Select in front".into()),
        },
        Op::Send if cx.f.code.get(at + 1).is_none_or(|w| w.op != Op::SendWake) => Err("no SendWake behind".into()),
        Op::RecvOk if cx.f.code.get(at + 1).is_none_or(|w| w.op != Op::RecvWake) => Err("no RecvWake behind".into()),
        _ => Ok(()),
    }
}

/// `n` plain jumps from `at` on.
fn jumps(cx: &Cx, at: usize, n: usize) -> Result<(), String> {
    let there = cx.f.code.get(at..at + n).is_some_and(|v| v.iter().all(|i| matches!(i.op, Op::Jmp | Op::JmpB)));
    if there { Ok(()) } else { Err(format!("{n} jumps do not follow")) }
}

fn map(cx: &Cx, ins: Ins) -> Result<(), String> {
    let m = cx.ty(ins.d as u32)?;
    let (key, value) = (cx.words(m.key)?, cx.words(m.elem)?);
    let Ins { a, b, c, .. } = ins;
    match ins.op {
        Op::MapGet | Op::MapGetOk => {
            cx.regs(a, value + u32::from(ins.op == Op::MapGetOk))?;
            cx.regs(c, key)
        }
        Op::MapSet => {
            cx.regs(b, key)?;
            cx.regs(c, value)
        }
        Op::MapDel => cx.regs(b, key),
        _ => {
            if b != NO_REG {
                cx.regs(b, key)?;
            }
            if c != NO_REG {
                cx.regs(c, value)?;
            }
            Ok(())
        }
    }
}

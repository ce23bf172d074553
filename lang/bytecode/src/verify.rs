//! The verifier: bounds everything that handlers trust, so that register access, code addresses and tables need no checks at run time.
//!
//! Checked: registers and spans below the function's `regs`; branch targets inside the function and never a data unit; call windows
//! (link and arguments; a callee's results lie in its own frame); ids of functions, constants, globals, types, methods, natives; the shape of two-unit and
//! longer instructions; that control never runs off the end. Not checked: types of values, which the compiler guarantees.
//! It must not panic, whatever it is given.
use crate::in_place;
use crate::ops::{Ins, Op, Role};
use crate::program::{Const, Func, Kind, Program};

/// Words of frame slots that a select case's waiter takes.
const WAITER_WORDS: usize = 5;
/// "Not wanted" in `MapNext` and in the cases of a select.
const NONE: u16 = 0xffff;

/// Checks functions from `first` on (earlier ones were checked when they were loaded) and the tables they use.
pub fn verify(program: &Program, first: u32) -> Result<(), String> {
    verify_tables(program)?;
    let new = program.funcs.get(first as usize..).unwrap_or_default();
    new.iter().try_for_each(|f| verify_function(program, f))
}

/// Checks a function that the program has, or another form of one.
pub fn verify_function(program: &Program, f: &Func) -> Result<(), String> {
    let checker = Checker { program, f };
    checker.function().map_err(|e| format!("function {}: {e}", f.name))
}

/// Checks the tables that functions use.
pub fn verify_tables(p: &Program) -> Result<(), String> {
    for c in &p.consts {
        match c {
            Const::Func(f) if *f as usize >= p.funcs.len() => return Err(format!("constant names function {f}")),
            Const::Func(_) | Const::Word(_) | Const::Str(_) | Const::Texts(_) => {}
        }
    }
    let types = p.types.len();
    for (id, t) in p.types.iter().enumerate() {
        let refs = t.fields.iter().map(|f| f.ty).chain([t.elem, t.backing, t.key]);
        for r in refs.chain(t.params.iter().copied()).chain(t.results.iter().copied()) {
            if r as usize >= types && r != 0 {
                return Err(format!("type {id} ({}) names type {r}", t.name));
            }
        }
        for m in &t.methods {
            let known = m.id as usize <= p.methods.len() && (m.func as usize) < p.funcs.len().max(1);
            if !known {
                return Err(format!("type {id} ({}) has a method that does not exist", t.name));
            }
        }
    }
    Ok(())
}

struct Checker<'a> {
    program: &'a Program,
    f: &'a Func,
}

/// What an instruction is, beside its operands.
type Check = Result<(), String>;

impl Checker<'_> {
    fn function(&self) -> Check {
        let f = self.f;
        if f.params as usize > f.regs as usize {
            return Err("more parameters than registers".into());
        }
        if f.code.is_empty() {
            return Err("no code".into());
        }
        let starts = self.starts()?;
        for at in starts.iter().enumerate().filter(|(_, s)| **s).map(|(at, _)| at) {
            self.instruction(at, &starts).map_err(|e| format!("position {at} ({}): {e}", f.code[at].op.name()))?;
        }
        if let Some(epilogue) = f.epilogue
            && !starts.get(epilogue as usize).copied().unwrap_or(false)
        {
            return Err(format!("epilogue {epilogue} is no instruction"));
        }
        Ok(())
    }

    /// Which units begin an instruction; also that data units stand where they belong, and that control cannot run off the end.
    fn starts(&self) -> Result<Vec<bool>, String> {
        let code = &self.f.code;
        let mut starts = vec![false; code.len()];
        let mut at = 0;
        let mut last = 0;
        while at < code.len() {
            let ins = code[at];
            if ins.op == Op::Data {
                return Err(format!("position {at}: a data unit without an instruction"));
            }
            starts[at] = true;
            last = at;
            let extra = data_units(ins);
            for k in 1..=extra {
                if code.get(at + k).map(|u| u.op) != Some(Op::Data) {
                    return Err(format!("position {at} ({}): a data unit is missing", ins.op.name()));
                }
            }
            at += 1 + extra;
        }
        let ends = code[last].op.ends();
        if !ends {
            return Err(format!("position {last} ({}): control runs off the end", code[last].op.name()));
        }
        Ok(starts)
    }

    fn instruction(&self, at: usize, starts: &[bool]) -> Check {
        let ins = self.f.code[at];
        let fields = [ins.a, ins.b, ins.c, ins.d];
        self.operands(ins, ins.op.roles(), fields, at + 1 + data_units(ins), starts)?;
        if let Some(roles) = ins.op.data_roles() {
            let u = self.f.code[at + 1];
            self.operands(ins, roles, [u.a, u.b, u.c, u.d], at + 2, starts)?;
        }
        self.special(at, ins, starts)
    }

    /// One unit's operands by their roles. `next`: the position behind the instruction, from which branches count.
    fn operands(&self, ins: Ins, roles: [Role; 4], fields: [u16; 4], next: usize, starts: &[bool]) -> Check {
        let p = self.program;
        let mut skip = false;
        for (k, role) in roles.into_iter().enumerate() {
            if std::mem::take(&mut skip) {
                continue;
            }
            let v = fields[k];
            let wide = || v as u32 | (fields.get(k + 1).copied().unwrap_or(0) as u32) << 16;
            match role {
                Role::Z | Role::X | Role::I | Role::U | Role::N => {}
                Role::W | Role::R | Role::M => self.span(v, 1)?,
                Role::W2 => self.span(v, 2)?,
                Role::W3 | Role::R3 | Role::M3 => self.span(v, 3)?,
                Role::Ws | Role::Rs => self.span(v, self.count(ins)?)?,
                Role::Rt => self.span(v, self.words(ins.d as u32)?)?,
                Role::T => {
                    self.words(v as u32)?;
                }
                Role::J => self.target(next, v as i16 as i64, starts)?,
                Role::JJ => {
                    self.target(next, wide() as i32 as i64, starts)?;
                    skip = true;
                }
                Role::KK => {
                    let id = wide() as usize;
                    match ins.op {
                        Op::CallN | Op::CallNC | Op::CallD | Op::CallD2 if id < p.natives.len() => {}
                        Op::CallN | Op::CallNC | Op::CallD | Op::CallD2 => {
                            return Err(format!("there is no native {id}"));
                        }
                        op => match p.consts.get(id) {
                            None => return Err(format!("there is no constant {id}")),
                            Some(c) if matches!(c, Const::Texts(_)) != (op == Op::FindS) => {
                                return Err(format!("constant {id} is of another kind"));
                            }
                            Some(_) => {}
                        },
                    }
                    skip = true;
                }
                Role::FF => {
                    if wide() as usize >= p.funcs.len() {
                        return Err(format!("there is no function {}", wide()));
                    }
                    skip = true;
                }
                Role::GG => {
                    let n = match ins.op {
                        Op::LdGN | Op::StGN => ins.b as u64,
                        Op::LdGSl
                        | Op::LdGIdxW
                        | Op::LdGIdxU8
                        | Op::StGIdxW
                        | Op::StGIdx8
                        | Op::JnzGIdx8
                        | Op::JzGIdx8 => 3,
                        _ => 1,
                    };
                    if wide() as u64 + n > p.globals as u64 {
                        return Err(format!("there is no global word {}", wide()));
                    }
                    skip = true;
                }
                Role::TT => {
                    self.words(wide())?;
                    skip = true;
                }
                Role::II => skip = true,
                Role::A => self.window(v, 0)?,
            }
        }
        Ok(())
    }

    /// What the table's roles do not say.
    fn special(&self, at: usize, ins: Ins, starts: &[bool]) -> Check {
        let p = self.program;
        let ty = |id: u32| &p.types[id as usize];
        match ins.op {
            Op::Call | Op::CallMov => {
                let callee = &p.funcs[ins.cd() as usize];
                self.window(ins.a, callee.params as usize)
            }
            Op::CallC => self.window(ins.a, ins.c as usize),
            Op::CallI => {
                if ins.d as usize >= p.methods.len() {
                    return Err(format!("there is no method {}", ins.d));
                }
                self.window(ins.a, ins.c as usize + 1)
            }
            Op::CallN | Op::CallNC => self.window(ins.a, ins.b as usize),
            Op::CallD | Op::CallD2 => {
                let shape = self.f.code[at + 1].c;
                let args = [ins.b, ins.c, ins.d].into_iter().enumerate();
                args.into_iter().try_for_each(|(k, reg)| self.span(reg, in_place::words(shape, k)))
            }
            Op::GoC if ins.b == 0 => Err("no closure".into()),
            Op::Go if p.funcs[ins.cd() as usize].params != ins.b => Err("wrong number of argument words".into()),
            Op::DivK | Op::RemK if matches!(ins.c as i16, 0 | -1) => Err("divisor 0 or -1".into()),
            Op::ShlK | Op::ShrIK | Op::ShrUK if ins.c > 63 => Err("shift count above 63".into()),
            Op::JmpTab => {
                for k in 1..=ins.b as usize {
                    if self.f.code.get(at + k).map(|u| u.op) != Some(Op::Jmp) {
                        return Err(format!("entry {} of the table is no Jmp", k - 1));
                    }
                }
                self.lands(at + 1 + ins.b as usize, starts)
            }
            Op::MkClosure => self.span(ins.b, self.f.code[at + 1].a as usize),
            Op::SliceS | Op::SliceStr | Op::PartS | Op::SliceArr => self.bounds(ins),
            Op::CutT => self.span(ins.a, self.words(ins.d as u32)?),
            Op::LdRegW => self.span(ins.b, ins.d as usize),
            Op::StRegW => self.span(ins.a, ins.d as usize),
            Op::AppendV => self.span(ins.c, self.element_words(ins.d as u32)?),
            Op::AppFldV if self.element_words(ins.d as u32)? != 1 => Err("an element of several registers".into()),
            Op::MkIface => self.span(ins.b, self.words(ins.cd())?),
            Op::Assert => {
                let u = self.f.code[at + 1];
                self.words(u.ab())?;
                self.span(ins.a, self.words(ins.cd())?)
            }
            Op::AssertI => self.words(self.f.code[at + 1].ab()).map(|_| ()),
            Op::AssertOk => self.span(ins.a, self.words(ins.cd())? + 1),
            Op::MapGet | Op::MapGetOk | Op::MapSet | Op::MapDel | Op::MapNext => self.map(ins),
            Op::MakeMap | Op::MapIter | Op::MapClear if ty(ins.d as u32).kind != Kind::Map => {
                Err("not a map type".into())
            }
            Op::MakeChan if ty(ins.d as u32).kind != Kind::Chan => Err("not a channel type".into()),
            Op::Send | Op::RecvOk => {
                let wake = if ins.op == Op::Send { Op::SendWake } else { Op::RecvWake };
                if self.f.code.get(at + 1).map(|u| u.op) != Some(wake) {
                    return Err(format!("{} is missing behind it", wake.name()));
                }
                self.lands(at + 2, starts)
            }
            Op::Select => self.select(at, ins, starts),
            Op::SelectWake => {
                let from = at.checked_sub(ins.c as usize + 1).map(|k| self.f.code[k]);
                match from {
                    Some(s) if s.op == Op::Select && (s.a, s.b, s.c) == (ins.a, ins.b, ins.c) => Ok(()),
                    _ => Err("it does not belong to a Select".into()),
                }
            }
            Op::Defer if self.f.epilogue.is_none() => Err("the function has no epilogue".into()),
            Op::PanicNext | Op::NativeRet => Err("only the machine has this".into()),
            op if is_forward(op) && offset(ins) < 0 => Err("a branch that does not poll goes backward".into()),
            _ => Ok(()),
        }
    }

    fn select(&self, at: usize, ins: Ins, starts: &[bool]) -> Check {
        let n = ins.c as usize;
        self.span(ins.a, n)?;
        self.span(ins.b, WAITER_WORDS * n)?;
        for k in 1..=n {
            let u = self.f.code[at + k];
            for reg in [u.b, u.c] {
                if reg != NONE {
                    self.span(reg, 1)?;
                }
            }
        }
        if self.f.code.get(at + n + 1).map(|u| u.op) != Some(Op::SelectWake) {
            return Err("SelectWake is missing behind it".into());
        }
        let jumps = n + (ins.d & 1) as usize;
        for k in 0..jumps {
            let to = at + n + 2 + k;
            if self.f.code.get(to).map(|u| u.op) != Some(Op::Jmp) || !starts[to] {
                return Err(format!("the Jmp of case {k} is missing"));
            }
        }
        Ok(())
    }

    fn map(&self, ins: Ins) -> Check {
        let t = &self.program.types[ins.d as usize];
        if t.kind != Kind::Map {
            return Err("not a map type".into());
        }
        let (key, value) = (self.words(t.key)?, self.words(t.elem)?);
        match ins.op {
            Op::MapGet => self.span(ins.a, value).and(self.span(ins.c, key)),
            Op::MapGetOk => self.span(ins.a, value + 1).and(self.span(ins.c, key)),
            Op::MapSet => self.span(ins.b, key).and(self.span(ins.c, value)),
            Op::MapDel => self.span(ins.b, key),
            _ => {
                let wanted = |reg: u16, n| if reg == NONE { Ok(()) } else { self.span(reg, n) };
                wanted(ins.b, key).and(wanted(ins.c, value))
            }
        }
    }

    /// Slice expressions: registers c.. as far as the flags in d name them.
    fn bounds(&self, ins: Ins) -> Check {
        let n = match (ins.d & 1, ins.d & 2, ins.d & 4) {
            (_, m, _) if m != 0 => 3,
            (h, _, _) if h != 0 => 2,
            (_, _, l) if l != 0 => 1,
            _ => 0,
        };
        self.span(ins.c, n)
    }

    /// The count that `Ws` and `Rs` operands take.
    fn count(&self, ins: Ins) -> Result<usize, String> {
        if ins.op == Op::AppendV {
            return self.element_words(ins.d as u32);
        }
        let roles = ins.op.roles();
        let at = roles.iter().position(|r| *r == Role::N);
        Ok(at.map_or(0, |k| [ins.a, ins.b, ins.c, ins.d][k] as usize))
    }

    fn span(&self, reg: u16, n: usize) -> Check {
        if n > 0 && reg as usize + n > self.f.regs as usize {
            return Err(format!("register {reg} (and {} behind it) of {}", n - 1, self.f.regs));
        }
        Ok(())
    }

    /// The link at slot `a` and `words` slots behind it.
    fn window(&self, a: u16, words: usize) -> Check {
        if a as usize + 1 + words > self.f.regs as usize {
            return Err(format!("window {a} with {words} words in {} registers", self.f.regs));
        }
        Ok(())
    }

    /// Words of a type, which must exist.
    fn words(&self, ty: u32) -> Result<usize, String> {
        match self.program.types.get(ty as usize) {
            Some(t) => Ok(t.words as usize),
            None => Err(format!("there is no type {ty}")),
        }
    }

    /// Words that one element takes in registers, for a backing descriptor.
    fn element_words(&self, backing: u32) -> Result<usize, String> {
        match self.program.types.get(backing as usize) {
            Some(t) if t.kind == Kind::Packed => Ok(1),
            Some(t) => Ok(t.words as usize),
            None => Err(format!("there is no type {backing}")),
        }
    }

    fn target(&self, next: usize, offset: i64, starts: &[bool]) -> Check {
        let to = next as i64 + offset;
        match usize::try_from(to) {
            Ok(to) => self.lands(to, starts),
            Err(_) => Err(format!("branch to {to}")),
        }
    }

    fn lands(&self, to: usize, starts: &[bool]) -> Check {
        if starts.get(to).copied().unwrap_or(false) {
            Ok(())
        } else {
            Err(format!("branch to {to}, which is no instruction"))
        }
    }
}

/// Data units behind an instruction's first unit.
pub(crate) fn data_units(ins: Ins) -> usize {
    match ins.op {
        Op::Select => ins.c as usize,
        op => op.data_roles().is_some() as usize,
    }
}

/// Branches that do not poll.
fn is_forward(op: Op) -> bool {
    op.roles().contains(&Role::JJ) && !op.name().ends_with('B')
}

/// A branch's offset.
fn offset(ins: Ins) -> i32 {
    ins.cd() as i32
}

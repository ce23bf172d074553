//! What an instruction does to registers: the one place that knows it, for everything that rewrites code.
//!
//! Follows the roles of the op table; what the roles leave open (`X`) is told here. Registers that an instruction may leave as they
//! are (the entry of a `MapNext` at the end of the map) are `unsure`.

use crate::in_place;
use crate::ops::{Ins, Op, Role};
use crate::program::{Kind, Program};

/// Consecutive registers: the first, and how many.
pub type Span = (u16, u16);

/// At most `N` spans.
#[derive(Clone, Copy, Debug)]
pub struct Spans<const N: usize> {
    list: [Span; N],
    len: u8,
}

impl<const N: usize> Default for Spans<N> {
    fn default() -> Spans<N> {
        Spans { list: [(0, 0); N], len: 0 }
    }
}

impl<const N: usize> Spans<N> {
    fn push(&mut self, first: u16, n: usize) {
        if n > 0 {
            self.list[self.len as usize] = (first, n as u16);
            self.len += 1;
        }
    }
    /// What a shape says of an instruction's fields.
    fn told(shape: &[(u8, u8); N], len: u8, fields: [u16; 4]) -> Spans<N> {
        let list = shape.map(|(k, n)| (fields[k as usize & 3], n as u16));
        Spans { list, len }
    }
    /// They.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = Span> + '_ {
        self.list[..self.len as usize].iter().copied()
    }
    /// Does one of them touch the register?
    pub fn hits(&self, reg: u16) -> bool {
        self.iter().any(|(first, n)| reg >= first && reg - first < n)
    }
}

/// What an instruction reads and writes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Effects {
    pub reads: Spans<4>,
    /// What may be written.
    pub writes: Spans<2>,
    /// The writes may also be left out.
    pub unsure: bool,
    /// A call: registers from here on hold anything afterwards.
    pub clobbers: Option<u16>,
    /// Reads and writes that are not told: any register.
    pub opaque: bool,
}

impl Effects {
    /// What is written for sure.
    #[inline]
    pub fn sure_writes(&self) -> impl Iterator<Item = Span> + '_ {
        self.writes.iter().filter(|_| !self.unsure)
    }
}

/// "Not wanted" in `MapNext`.
const NONE: u16 = 0xffff;

/// What the roles of an op say of its fields, found once for each op.
#[derive(Clone, Copy)]
struct Shape {
    /// Fields with the number of registers from there on.
    reads: [(u8, u8); 4],
    writes: [(u8, u8); 2],
    /// How many of them there are.
    n_reads: u8,
    n_writes: u8,
    clobbers: Option<u8>,
    /// The first field's register is written for sure, and nothing else.
    makes_word: bool,
    /// A number of registers depends on the instruction.
    counted: bool,
    /// `special` has more to say.
    special: bool,
}

/// The ops that `special` tells of.
const fn is_special(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        CallMov
            | Call
            | CallC
            | CallI
            | CallN
            | CallNC
            | CallD
            | CallD2
            | MkClosure
            | SliceS
            | SliceStr
            | PartS
            | SliceArr
            | CutT
            | LdRegW
            | StRegW
            | MkIface
            | Assert
            | AssertOk
            | MapGet
            | MapGetOk
            | MapSet
            | MapDel
            | MapNext
            | RangeStr
            | RangeStrB
            | RecvWake
            | Recv
            | RecvOk
            | Select
            | SelectWake
    )
}

const fn shape(op: Op) -> Shape {
    let roles = op.roles();
    let mut s = Shape {
        reads: [(0, 0); 4],
        writes: [(0, 0); 2],
        n_reads: 0,
        n_writes: 0,
        clobbers: None,
        makes_word: false,
        counted: false,
        special: is_special(op),
    };
    let mut k = 0;
    while k < 4 {
        let (reads, writes) = match roles[k] {
            Role::R => (1, 0),
            Role::W => (0, 1),
            Role::M => (1, 1),
            Role::W2 => (0, 2),
            Role::W3 => (0, 3),
            Role::R3 => (3, 0),
            Role::M3 => (3, 3),
            Role::Ws | Role::Rs | Role::Rt => {
                s.counted = true;
                (0, 0)
            }
            Role::A => {
                s.clobbers = Some(k as u8);
                (0, 0)
            }
            Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT => break,
            Role::Z | Role::I | Role::U | Role::N | Role::T | Role::J | Role::X => (0, 0),
        };
        if reads > 0 {
            s.reads[s.n_reads as usize] = (k as u8, reads);
            s.n_reads += 1;
        }
        if writes > 0 {
            s.writes[s.n_writes as usize] = (k as u8, writes);
            s.n_writes += 1;
        }
        k += 1;
    }
    let first = matches!(roles[0], Role::W) && s.n_writes == 1;
    s.makes_word = first && s.clobbers.is_none() && !s.counted && !s.special;
    s
}

static SHAPES: [Shape; Op::ALL.len()] = {
    let mut all = [shape(Op::Nop); Op::ALL.len()];
    let mut k = 0;
    while k < all.len() {
        all[k] = shape(Op::ALL[k]);
        k += 1;
    }
    all
};

impl Op {
    /// Writes the register of its first field, and no other.
    #[inline]
    pub fn makes_word(self) -> bool {
        SHAPES[self as usize].makes_word
    }
}

/// The effects of a verified instruction; `data` is the unit behind it when it has one.
pub fn effects(p: &Program, ins: Ins, data: Ins) -> Effects {
    let mut e = Effects::default();
    let fields = [ins.a, ins.b, ins.c, ins.d];
    let shape = &SHAPES[ins.op as usize];
    e.reads = Spans::told(&shape.reads, shape.n_reads, fields);
    e.writes = Spans::told(&shape.writes, shape.n_writes, fields);
    e.clobbers = shape.clobbers.map(|k| fields[k as usize]);
    if shape.counted {
        for (v, role) in fields.into_iter().zip(ins.op.roles()) {
            if role == Role::Ws {
                e.writes.push(v, count(p, ins));
            } else if role == Role::Rs {
                e.reads.push(v, count(p, ins));
            } else if role == Role::Rt {
                e.reads.push(v, words(p, ins.d as u32));
            }
        }
    }
    if shape.special {
        special(p, ins, data, &mut e);
    }
    e
}

/// What the roles do not say, for the ops of `is_special`.
fn special(p: &Program, ins: Ins, data: Ins, e: &mut Effects) {
    match ins.op {
        Op::CallMov => {
            let words = p.funcs.get(ins.cd() as usize).map_or(0, |f| f.params as usize);
            e.reads.push(ins.a + 1, words);
            e.reads.push(data.b, 1);
        }
        Op::Call => e.reads.push(ins.a + 1, p.funcs.get(ins.cd() as usize).map_or(0, |f| f.params as usize)),
        Op::CallC => e.reads.push(ins.a + 1, ins.c as usize),
        Op::CallI => e.reads.push(ins.a + 2, ins.c as usize),
        Op::CallN | Op::CallNC => e.reads.push(ins.a + 1, ins.b as usize),
        Op::CallD | Op::CallD2 => {
            for (k, reg) in [ins.b, ins.c, ins.d].into_iter().enumerate() {
                e.reads.push(reg, in_place::words(data.c, k));
            }
        }
        Op::MkClosure => e.reads.push(ins.b, data.a as usize),
        Op::SliceS | Op::SliceStr | Op::PartS | Op::SliceArr => {
            for (bit, k) in [(4, 0), (1, 1), (2, 2)] {
                if ins.d & bit != 0 {
                    e.reads.push(ins.c + k, 1);
                }
            }
        }
        Op::CutT => {
            let n = words(p, ins.d as u32);
            e.reads.push(ins.a, n);
            e.writes.push(ins.a, n);
        }
        Op::LdRegW => e.reads.push(ins.b, ins.d as usize),
        Op::StRegW => {
            e.reads.push(ins.a, ins.d as usize);
            e.writes.push(ins.a, ins.d as usize);
        }
        Op::MkIface => e.reads.push(ins.b, words(p, ins.cd())),
        Op::Assert => e.writes.push(ins.a, words(p, ins.cd())),
        Op::AssertOk => e.writes.push(ins.a, words(p, ins.cd()) + 1),
        Op::MapGet | Op::MapGetOk | Op::MapSet | Op::MapDel | Op::MapNext => map(p, ins, e),
        Op::RangeStr | Op::RangeStrB | Op::RecvWake => e.unsure = true,
        // Written by the sender, after the goroutine parked.
        Op::Recv | Op::RecvOk => e.unsure = true,
        Op::Select | Op::SelectWake => e.opaque = true,
        _ => {}
    }
}

fn map(p: &Program, ins: Ins, e: &mut Effects) {
    let Some(t) = p.types.get(ins.d as usize) else { return };
    let (key, value) = (words(p, t.key), words(p, t.elem));
    match ins.op {
        Op::MapGet | Op::MapGetOk => {
            e.writes.push(ins.a, value + (ins.op == Op::MapGetOk) as usize);
            e.reads.push(ins.c, key);
        }
        Op::MapSet => {
            e.reads.push(ins.b, key);
            e.reads.push(ins.c, value);
        }
        Op::MapDel => e.reads.push(ins.b, key),
        _ => {
            e.unsure = true;
            for (reg, n) in [(ins.b, key), (ins.c, value)] {
                if reg != NONE {
                    e.writes.push(reg, n);
                }
            }
        }
    }
}

/// The count that `Ws` and `Rs` operands take.
fn count(p: &Program, ins: Ins) -> usize {
    if ins.op == Op::AppendV {
        return match p.types.get(ins.d as usize) {
            Some(t) if t.kind == Kind::Packed => 1,
            Some(t) => t.words as usize,
            None => 0,
        };
    }
    let at = ins.op.roles().iter().position(|r| *r == Role::N);
    at.map_or(0, |k| [ins.a, ins.b, ins.c, ins.d][k] as usize)
}

fn words(p: &Program, ty: u32) -> usize {
    p.types.get(ty as usize).map_or(0, |t| t.words as usize)
}

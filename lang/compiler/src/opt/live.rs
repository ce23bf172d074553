//! What of each register is still wanted: liveness that knows widths.
//!
//! Per register: 0 nothing, else the number of low bits that a later instruction looks at. Sums, products and most logic pass the
//! width of their result on to their operands, so the normalisation of a narrow integer goes when only its low bits count. A
//! function with an epilogue can go there from everything that fails, so what the epilogue reads is wanted at all of them.

use super::code::{NONE, Node};
use gol_bytecode::effects::{Effects, effects};
use gol_bytecode::{Ins, Op, Program, Role};

const ALL: u8 = 64;

pub(super) struct Block {
    pub from: usize,
    /// Behind its last instruction.
    pub to: usize,
}

pub(super) struct Live<'p> {
    pub p: &'p Program,
    pub regs: usize,
    pub blocks: Vec<Block>,
    /// The block that begins at an instruction.
    block_at: Vec<u32>,
    /// One more than the last block that branches back to a block; 0 when none does.
    comes_back: Vec<u32>,
    /// Wanted at the beginning of each block.
    at_start: Vec<u8>,
    /// Wanted by the epilogue.
    epilogue: Vec<u8>,
    /// Where that begins.
    pub epilogue_at: Option<usize>,
    known: Known,
}

/// The effects of each instruction, and what they were found for: most instructions stay as they are from pass to pass.
#[derive(Default)]
pub(super) struct Known(Vec<(Ins, Ins, Effects)>);

impl Known {
    pub fn new(nodes: usize) -> Known {
        let nop = Ins::new(Op::Nop, 0, 0, 0, 0);
        Known(vec![(nop, nop, Effects::default()); nodes])
    }
    /// Of an instruction and its place.
    pub fn of(&mut self, p: &Program, k: usize, n: &Node) -> &Effects {
        let known = &mut self.0[k];
        if known.0 != n.ins || known.1 != n.data {
            *known = (n.ins, n.data, effects(p, n.ins, n.data));
        }
        &known.2
    }
}

/// Does nothing but write its registers, and cannot fail.
pub(super) fn is_pure(n: &Node) -> bool {
    use Op::*;
    match n.ins.op {
        Mov | Mov3 | MovN | LoadI | LoadK | ZeroN | LdG | LdGN | LdGSl | LeaG | CutT | MkIface => true,
        AddI | SubI | MulI | And | Or | Xor | AndNot | Shl | ShrI | ShrU | AddK | MulK | DivK | RemK | AndK | ShlK
        | ShrIK | ShrUK | NegI | Com | Not | Sext8 | Sext16 | Sext32 | Zext8 | Zext16 | Zext32 => true,
        AddF | SubF | MulF | DivF | NegF | MulAddF | MulSubF | AddF32 | SubF32 | MulF32 | DivF32 | NegF32 | SqrtF
        | AbsF | FloorF | CeilF | TruncF => true,
        IToF | UToF | FToI | FToU | FToF32 | F32ToF | IToF32 | UToF32 => true,
        EqW | NeW | LtI | LeI | LtU | LeU | EqF | NeF | LtF | LeF | EqS | LtS | LeS | LenS => true,
        Mov2 | AddZ32 | SubZ32 | MulZ32 | AddKZ32 | ShlKZ32 | AddKZ8 | RotLK | RotLK32 | MulAddI | MulKAddI | AddI3
        | AddIK | SubIK | MulFAddF | MulFAddF32 | MulFSubF | MinI | MaxI | IncNz | IncZ | IncEqK | IncNeK | IncLtI
        | IncLeI => true,
        LdW | LdU8 | LdI8 | LdU16 | LdI16 | LdU32 | LdI32 | LdN | LdSl | Lea => n.safe,
        _ => false,
    }
}

/// The last instruction has one way on at least, the next block, unless it ends there.
impl<'p> Live<'p> {
    /// `None`: too much to do.
    pub fn new(
        p: &'p Program,
        nodes: &[Node],
        regs: usize,
        epilogue: Option<usize>,
        mut known: Known,
    ) -> Option<Live<'p>> {
        let mut live = Live::blocks(p, nodes, regs, epilogue)?;
        for (k, n) in nodes.iter().enumerate().filter(|(_, n)| !n.gone) {
            known.of(p, k, n);
        }
        if let Some(e) = epilogue {
            // Found first without itself, then for good: it can fail, too.
            live.solve(nodes, &known);
            live.epilogue = live.start(e).to_vec();
        }
        live.solve(nodes, &known);
        live.known = known;
        Some(live)
    }
    /// Where blocks begin and end, and nothing else.
    pub fn blocks(p: &'p Program, nodes: &[Node], regs: usize, epilogue: Option<usize>) -> Option<Live<'p>> {
        let mut blocks = vec![];
        let mut block_at = vec![NONE; nodes.len() + 1];
        let mut from = 0;
        for (k, n) in nodes.iter().enumerate() {
            if k > from && n.leader {
                blocks.push(Block { from, to: k });
                from = k;
            }
            if !n.gone && (n.branches() || n.ends()) {
                blocks.push(Block { from, to: k + 1 });
                from = k + 1;
            }
        }
        if from < nodes.len() {
            blocks.push(Block { from, to: nodes.len() });
        }
        for (k, b) in blocks.iter().enumerate() {
            block_at[b.from] = k as u32;
        }
        if blocks.len() * regs > super::WORK_MAX {
            return None;
        }
        let mut comes_back = vec![0; blocks.len()];
        for (k, b) in blocks.iter().enumerate() {
            let last = &nodes[b.to - 1];
            if !last.gone && last.to != NONE && last.to as usize <= b.from {
                let target = block_at[last.to as usize];
                debug_assert_ne!(target, NONE, "branches lead to beginnings of blocks");
                comes_back[target as usize] = k as u32 + 1;
            }
        }
        let at_start = vec![0; blocks.len() * regs];
        let (epilogue, epilogue_at) = (vec![], epilogue);
        Some(Live { p, regs, blocks, block_at, comes_back, at_start, epilogue, epilogue_at, known: Known::default() })
    }
    fn solve(&mut self, nodes: &[Node], known: &Known) {
        let mut wanted = vec![0u8; self.regs];
        // What a block wants tells blocks before it at once; those behind that branch back to it have to be looked at again.
        let mut last = self.blocks.len();
        while last > 0 {
            let mut again = 0;
            for b in (0..last).rev() {
                self.at_end(nodes, b, &mut wanted);
                for k in (self.blocks[b].from..self.blocks[b].to).rev() {
                    if !nodes[k].gone {
                        self.step(&nodes[k], &known.0[k].2, &mut wanted);
                    }
                }
                let start = &mut self.at_start[b * self.regs..][..self.regs];
                if start != wanted {
                    start.copy_from_slice(&wanted);
                    again = again.max(self.comes_back[b] as usize);
                }
            }
            last = again;
        }
    }
    /// The block that begins at an instruction.
    pub fn block_of(&self, node: usize) -> u32 {
        self.block_at[node]
    }
    pub fn start(&self, node: usize) -> &[u8] {
        match self.block_at[node] {
            NONE => &[],
            b => &self.at_start[b as usize * self.regs..][..self.regs],
        }
    }
    /// What is wanted behind a block.
    pub fn at_end(&self, nodes: &[Node], b: usize, wanted: &mut [u8]) {
        wanted.fill(0);
        let to = self.blocks[b].to;
        let last = &nodes[to - 1];
        let mut join = |from: &[u8]| from.iter().zip(wanted.iter_mut()).for_each(|(f, w)| *w = (*w).max(*f));
        if !last.gone && last.to != NONE {
            join(self.start(last.to as usize));
        }
        if !last.gone && last.ins.op == Op::JmpTab {
            for k in 0..=last.ins.b as usize {
                join(self.start(to + k));
            }
        }
        if (last.gone || !last.ends()) && to < nodes.len() {
            join(self.start(to));
        }
    }
    /// The effects of an instruction by its place, after [`Live::new`].
    pub fn known(&self, k: usize) -> &Effects {
        &self.known.0[k].2
    }
    /// The instruction at a place is another one now.
    pub fn changed(&mut self, k: usize, n: &Node) {
        self.known.of(self.p, k, n);
    }
    /// The effects for the next pass.
    pub fn end(self) -> Known {
        self.known
    }
    /// The register must not be touched beyond what the code does: an epilogue may look at it at any time.
    pub fn is_fixed(&self, reg: u16) -> bool {
        self.epilogue.get(reg as usize).is_some_and(|w| *w > 0)
    }
    /// From behind an instruction to before it.
    pub fn step(&self, n: &Node, e: &Effects, wanted: &mut [u8]) {
        if e.opaque {
            return wanted.fill(ALL);
        }
        let dst = match n.ins.op.roles()[0] {
            Role::W => wanted[n.ins.a as usize],
            _ => ALL,
        };
        let pure = is_pure(n);
        if pure && !self.is_wanted(e, wanted) {
            return;
        }
        for (first, k) in e.writes.iter() {
            wanted[first as usize..][..k as usize].fill(0);
        }
        if let Some(from) = e.clobbers {
            let from = (from as usize).min(self.regs);
            wanted[from..].fill(0);
        }
        read(self.p, n.ins, dst, e, wanted);
        if !pure {
            self.epilogue.iter().zip(wanted.iter_mut()).for_each(|(f, w)| *w = (*w).max(*f));
        }
    }
    /// Something looks at a register that the instruction writes.
    pub fn is_wanted(&self, e: &Effects, wanted: &[u8]) -> bool {
        e.writes.iter().any(|(first, k)| wanted[first as usize..][..k as usize].iter().any(|w| *w > 0))
    }
}

/// The smallest width of ours that holds so many bits.
fn width(bits: u32) -> u8 {
    match bits {
        0..=8 => 8,
        9..=16 => 16,
        17..=32 => 32,
        _ => ALL,
    }
}

/// How much of its operands an instruction looks at when so much of its result is wanted.
fn read(p: &Program, i: Ins, dst: u8, e: &Effects, wanted: &mut [u8]) {
    use Op::*;
    let mut want = |reg: u16, bits: u8| wanted[reg as usize] = wanted[reg as usize].max(bits);
    match i.op {
        AddI | SubI | MulI | And | Or | Xor | AndNot => {
            want(i.b, dst);
            want(i.c, dst);
        }
        MulAddI | AddI3 => {
            want(i.b, dst);
            want(i.c, dst);
            want(i.d, dst);
        }
        MulKAddI | AddIK | SubIK => {
            want(i.b, dst);
            want(i.c, dst);
        }
        Mov | AddK | MulK | ShlK | NegI | Com => want(i.b, dst),
        AndK if i.c as i16 >= 0 => want(i.b, dst.min(width(16 - i.c.leading_zeros()))),
        AndK => want(i.b, dst),
        Zext8 | Sext8 => want(i.b, dst.min(8)),
        Zext16 | Sext16 => want(i.b, dst.min(16)),
        Zext32 | Sext32 => want(i.b, dst.min(32)),
        St8 | St16 | St32 => {
            want(i.a, ALL);
            want(i.b, stored(i.op));
        }
        StIdx8 | StIdx16 | StIdx32 => {
            for k in 0..3 {
                want(i.a + k, ALL);
            }
            want(i.b, ALL);
            want(i.c, stored(i.op));
        }
        AddZ32 | SubZ32 | MulZ32 => {
            want(i.b, dst.min(32));
            want(i.c, dst.min(32));
        }
        AddKZ32 | ShlKZ32 | RotLK32 => want(i.b, 32),
        AddKZ8 => want(i.b, 8),
        AppendV | AppFldV => {
            let element = p.types.get(i.d as usize).map_or(ALL, |t| width(t.stride.saturating_mul(8)));
            for (first, k) in e.reads.iter() {
                let bits = if first == i.c { element } else { ALL };
                (first..first + k).for_each(|r| want(r, bits));
            }
        }
        _ => e.reads.iter().for_each(|(first, k)| wanted[first as usize..][..k as usize].fill(ALL)),
    }
}

/// Bits that a store keeps.
fn stored(op: Op) -> u8 {
    match op {
        Op::St8 | Op::StIdx8 => 8,
        Op::St16 | Op::StIdx16 => 16,
        Op::St32 | Op::StIdx32 => 32,
        _ => ALL,
    }
}

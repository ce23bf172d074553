//! What of each register is still wanted: liveness that knows widths.
//!
//! Per register: 0 nothing, else the number of low bits that a later instruction looks at. Sums, products and most logic pass the
//! width of their result on to their operands, so the normalisation of a narrow integer goes when only its low bits count. A
//! function with an epilogue can go there from everything that fails, so what the epilogue reads is wanted at all of them.

use super::code::{NONE, Node};
use gol_bytecode::effects::{Effects, Span, effects};
use gol_bytecode::{Ins, Op, Program, Role};

const ALL: u8 = 64;

/// Registers are counted in groups of so many, so that all of them are joined alike.
const GROUP: usize = 16;

#[derive(Clone, Copy)]
pub(super) struct Block {
    pub from: usize,
    /// Behind its last instruction.
    pub to: usize,
    /// One more than the last block that branches back to it; 0 when none does.
    comes_back: u32,
}

pub(super) struct Live<'p> {
    pub p: &'p Program,
    pub regs: usize,
    /// The same, filled up to whole groups.
    width: usize,
    pub blocks: Vec<Block>,
    /// The block that begins at an instruction.
    block_at: Vec<u32>,
    /// Wanted at the beginning of each block.
    at_start: Vec<u8>,
    /// When that changed last, and when the block was looked at.
    changed_at: Vec<u32>,
    seen_at: Vec<u32>,
    /// Wanted by the epilogue.
    epilogue: Vec<u8>,
    /// Where that begins.
    pub epilogue_at: Option<usize>,
    /// Wanted where somebody stands.
    wanted: Vec<u8>,
    pub known: Known,
}

/// Memory that goes from function to function.
#[derive(Default)]
pub(super) struct Room {
    blocks: Vec<Block>,
    block_at: Vec<u32>,
    at_start: Vec<u8>,
    changed_at: Vec<u32>,
    seen_at: Vec<u32>,
    epilogue: Vec<u8>,
    wanted: Vec<u8>,
    known: Known,
}

/// The effects of each instruction, and what they were found for: most instructions stay as they are from pass to pass.
#[derive(Default)]
pub(super) struct Known(Vec<(Ins, Ins, Effects)>);

impl Known {
    /// Nothing is known of so many instructions.
    fn reset(&mut self, nodes: usize) {
        let nop = Ins::new(Op::Nop, 0, 0, 0, 0);
        self.0.clear();
        self.0.resize(nodes, (nop, nop, Effects::default()));
    }
    /// Of an instruction and its place.
    #[inline]
    pub fn of(&mut self, p: &Program, k: usize, n: &Node) -> &Effects {
        let known = &mut self.0[k];
        if !known.0.is(n.ins) || n.extra > 0 && !known.1.is(n.data) {
            *known = (n.ins, n.data, effects(p, n.ins, n.data));
        }
        &known.2
    }
}

/// Does nothing but write its registers, and cannot fail.
#[inline]
pub(super) fn is_pure(n: &Node) -> bool {
    match PURE[n.ins.op as usize] {
        Pure::Always => true,
        Pure::Safe => n.safe,
        Pure::Never => false,
    }
}

#[derive(Clone, Copy)]
enum Pure {
    Never,
    Always,
    /// When the pointer that it follows is not nil, or the index is known to be in range.
    Safe,
}

static PURE: [Pure; Op::ALL.len()] = {
    let mut all = [Pure::Never; Op::ALL.len()];
    let mut k = 0;
    while k < all.len() {
        all[k] = pure(Op::ALL[k]);
        k += 1;
    }
    all
};

const fn pure(op: Op) -> Pure {
    use Op::*;
    match op {
        // A value in an interface that nobody looks at need not be made.
        MkIface => Pure::Always,
        Mov | Mov3 | MovN | LoadI | LoadK | ZeroN | LdG | LdGN | LdGSl | LeaG | CutT => Pure::Always,
        AddI | SubI | MulI | And | Or | Xor | AndNot | Shl | ShrI | ShrU | AddK | MulK | DivK | RemK | AndK | ShlK
        | ShrIK | ShrUK | NegI | Com | Not | Sext8 | Sext16 | Sext32 | Zext8 | Zext16 | Zext32 => Pure::Always,
        AddF | SubF | MulF | DivF | NegF | MulAddF | MulSubF | AddF32 | SubF32 | MulF32 | DivF32 | NegF32 | SqrtF
        | AbsF | FloorF | CeilF | TruncF => Pure::Always,
        IToF | UToF | FToI | FToU | FToF32 | F32ToF | IToF32 | UToF32 => Pure::Always,
        EqW | NeW | LtI | LeI | LtU | LeU | EqF | NeF | LtF | LeF | EqS | LtS | LeS | LenS => Pure::Always,
        Mov2 | AddZ32 | SubZ32 | MulZ32 | AddKZ32 | ShlKZ32 | AddKZ8 | RotLK | RotLK32 | MulAddI | MulKAddI | AddI3
        | AddIK | SubIK | MulFAddF | MulFAddF32 | MulFSubF | MinI | MaxI | IncNz | IncZ | IncEqK | IncNeK | IncLtI
        | IncLeI => Pure::Always,
        LdW | LdU8 | LdI8 | LdU16 | LdI16 | LdU32 | LdI32 | LdN | LdSl | Lea | LeaIdx | LeaArr => Pure::Safe,
        _ => Pure::Never,
    }
}

/// The last instruction has one way on at least, the next block, unless it ends there.
impl<'p> Live<'p> {
    /// For a function of so many instructions, with the blocks that it has; `None`: too much to do.
    pub fn new(
        p: &'p Program,
        nodes: &[Node],
        regs: usize,
        epilogue_at: Option<usize>,
        room: &mut Room,
    ) -> Option<Live<'p>> {
        let Room { blocks, block_at, at_start, changed_at, seen_at, epilogue, wanted, known } = std::mem::take(room);
        let width = regs.next_multiple_of(GROUP);
        let mut live = Live {
            p,
            regs,
            width,
            blocks,
            block_at,
            at_start,
            changed_at,
            seen_at,
            epilogue,
            epilogue_at,
            wanted,
            known,
        };
        live.known.reset(nodes.len());
        live.wanted.clear();
        live.wanted.resize(width, 0);
        if live.find_blocks(nodes) {
            return Some(live);
        }
        *room = live.end();
        None
    }
    /// What is still wanted, for instructions that others may have changed; false: too much to do.
    pub fn find(&mut self, nodes: &[Node]) -> bool {
        if !self.find_blocks(nodes) {
            return false;
        }
        for (k, n) in nodes.iter().enumerate().filter(|(_, n)| !n.gone) {
            self.known.of(self.p, k, n);
        }
        self.at_start.clear();
        self.at_start.resize(self.blocks.len() * self.width, 0);
        self.epilogue.clear();
        if let Some(e) = self.epilogue_at {
            // Found first without itself, then for good: it can fail, too.
            self.solve(nodes);
            let mut epilogue = std::mem::take(&mut self.epilogue);
            epilogue.extend_from_slice(self.start(e));
            self.epilogue = epilogue;
        }
        self.solve(nodes);
        true
    }
    /// Where blocks begin and end, and nothing else; false: too much to do.
    pub fn find_blocks(&mut self, nodes: &[Node]) -> bool {
        let blocks = &mut self.blocks;
        blocks.clear();
        self.block_at.clear();
        self.block_at.resize(nodes.len() + 1, NONE);
        let mut from = 0;
        let mut add = |from: usize, to: usize| {
            self.block_at[from] = blocks.len() as u32;
            blocks.push(Block { from, to, comes_back: 0 });
        };
        for (k, n) in nodes.iter().enumerate() {
            if k > from && n.leader {
                add(from, k);
                from = k;
            }
            if !n.gone && (n.branches() || n.ends()) {
                add(from, k + 1);
                from = k + 1;
            }
        }
        if from < nodes.len() {
            add(from, nodes.len());
        }
        if blocks.len() * self.regs > super::WORK_MAX {
            return false;
        }
        for k in 0..blocks.len() {
            let Block { from, to, .. } = blocks[k];
            let last = &nodes[to - 1];
            if !last.gone && last.to != NONE && last.to as usize <= from {
                let target = self.block_at[last.to as usize];
                debug_assert_ne!(target, NONE, "branches lead to beginnings of blocks");
                blocks[target as usize].comes_back = k as u32 + 1;
            }
        }
        true
    }
    fn solve(&mut self, nodes: &[Node]) {
        let mut wanted = std::mem::take(&mut self.wanted);
        let n = self.blocks.len();
        self.changed_at.clear();
        self.changed_at.resize(n, 0);
        self.seen_at.clear();
        self.seen_at.resize(n, 0);
        // What a block wants tells blocks before it at once; those behind that branch back to it have to be looked at again.
        let (mut last, mut now) = (n, 0);
        while last > 0 {
            let mut again = 0;
            for b in (0..last).rev() {
                now += 1;
                let seen = std::mem::replace(&mut self.seen_at[b], now);
                if seen > 0 && !self.has_news(nodes, b, seen) {
                    continue;
                }
                self.at_end(nodes, b, &mut wanted);
                for k in (self.blocks[b].from..self.blocks[b].to).rev() {
                    if !nodes[k].gone {
                        self.step(&nodes[k], &self.known.0[k].2, &mut wanted);
                    }
                }
                let start = &mut self.at_start[b * self.width..][..self.width];
                if start != wanted {
                    start.copy_from_slice(&wanted);
                    self.changed_at[b] = now;
                    again = again.max(self.blocks[b].comes_back as usize);
                }
            }
            last = again;
        }
        self.wanted = wanted;
    }
    /// Has a block that follows this one, or it itself, changed when it was looked at or since?
    fn has_news(&self, nodes: &[Node], b: usize, since: u32) -> bool {
        let mut news = false;
        self.ways_on(nodes, b, |s| news |= self.changed_at[s as usize] >= since);
        news
    }
    /// The blocks that lie behind this one, but for those that `SelectWake` leads to, which wants everything.
    fn ways_on(&self, nodes: &[Node], b: usize, mut see: impl FnMut(u32)) {
        let to = self.blocks[b].to;
        let last = &nodes[to - 1];
        let mut at = |k: usize| {
            debug_assert_ne!(self.block_at[k], NONE, "control goes on at beginnings of blocks");
            see(self.block_at[k]);
        };
        if !last.gone && last.to != NONE {
            at(last.to as usize);
        }
        if !last.gone && last.ins.op == Op::JmpTab {
            (0..=last.ins.b as usize).for_each(|k| at(to + k));
        }
        if (last.gone || !last.ends()) && to < nodes.len() {
            at(to);
        }
    }
    /// The block that begins at an instruction.
    pub fn block_of(&self, node: usize) -> u32 {
        self.block_at[node]
    }
    /// What is wanted at an instruction, when a block begins there.
    pub fn start(&self, node: usize) -> &[u8] {
        match self.block_at[node] {
            NONE => &[],
            b => self.start_of(b),
        }
    }
    fn start_of(&self, b: u32) -> &[u8] {
        &self.at_start[b as usize * self.width..][..self.width]
    }
    /// What is wanted behind a block.
    pub fn at_end(&self, nodes: &[Node], b: usize, wanted: &mut [u8]) {
        let mut first = true;
        self.ways_on(nodes, b, |s| {
            let start = self.start_of(s);
            let groups = wanted.as_chunks_mut::<GROUP>().0.iter_mut().zip(start.as_chunks::<GROUP>().0);
            if std::mem::take(&mut first) {
                groups.for_each(|(w, s)| *w = *s);
            } else {
                groups.for_each(|(w, s)| (0..GROUP).for_each(|k| w[k] = w[k].max(s[k])));
            }
        });
        if first {
            wanted.fill(0);
        }
    }
    /// For [`Live::at_end`] and [`Live::step`]; to be given back.
    pub fn take_wanted(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wanted)
    }
    pub fn give_wanted(&mut self, wanted: Vec<u8>) {
        self.wanted = wanted;
    }
    /// The effects of an instruction by its place, as it was found or [changed](Live::changed) last.
    #[inline]
    pub fn known(&self, k: usize) -> &Effects {
        &self.known.0[k].2
    }
    /// The effects of an instruction that may have become another one.
    #[inline]
    pub fn changed(&mut self, k: usize, n: &Node) -> &Effects {
        self.known.of(self.p, k, n)
    }
    /// The memory, for the next function.
    pub fn end(self) -> Room {
        let Live { blocks, block_at, at_start, changed_at, seen_at, epilogue, wanted, known, .. } = self;
        Room { blocks, block_at, at_start, changed_at, seen_at, epilogue, wanted, known }
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
        let pure = is_pure(n);
        let mut dst = ALL;
        if n.ins.op.makes_word() {
            dst = wanted[n.ins.a as usize];
            if pure && dst == 0 {
                return;
            }
            wanted[n.ins.a as usize] = 0;
        } else {
            if n.ins.op.roles()[0] == Role::W {
                dst = wanted[n.ins.a as usize];
            }
            if pure && !self.is_wanted(e, wanted) {
                return;
            }
            e.sure_writes().for_each(|span| fill(wanted, span, 0));
        }
        if let Some(from) = e.clobbers {
            let from = (from as usize).min(self.width);
            wanted[from..].fill(0);
        }
        read(self.p, n.ins, dst, e, wanted);
        if !pure {
            self.epilogue.iter().zip(wanted.iter_mut()).for_each(|(f, w)| *w = (*w).max(*f));
        }
    }
    /// Something looks at a register that the instruction writes.
    #[inline]
    pub fn is_wanted(&self, e: &Effects, wanted: &[u8]) -> bool {
        e.sure_writes().any(|(first, k)| wanted[first as usize..][..k as usize].iter().any(|w| *w > 0))
    }
}

/// Mostly it is one register.
#[inline]
fn fill(wanted: &mut [u8], (first, k): Span, bits: u8) {
    match k {
        1 => wanted[first as usize] = bits,
        _ => wanted[first as usize..][..k as usize].fill(bits),
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
        _ => e.reads.iter().for_each(|span| fill(wanted, span, ALL)),
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

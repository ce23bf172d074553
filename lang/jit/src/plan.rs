//! What of a function becomes machine code, and which registers of its frame are where.
//!
//! - A **block** is a run of instructions that are done here, up to a branch or to one that is left to the interpreter (which gets
//!   an empty block of its own where something jumps to it).
//! - **Entries**: heads of loops, the function's first instruction, and what follows an instruction that was left to the interpreter.
//! - A register is **live** where the interpreter could read it before it is written (as `effects` tells, and the epilogue wherever something may fail).
//! - It is **dirty** where its slot in the frame may be older than its value here. Whoever leaves stores what is dirty and live.
//! - It is **wanted** at the beginning of a block when the block, or one behind it, reads the value here, or may have to store it. An
//!   entry loads what is wanted where it goes to.
use crate::bits::{Sets, join, members, put, take};
use crate::ops::{self, Flow};
use crate::{Fast, Helper, Source};
use gol_bytecode::effects::{Effects, effects};
use gol_bytecode::{Ins, Op};

/// Functions with more units stay as they are.
const UNITS_MAX: usize = 1500;
/// Instructions that must be done in a row for an entry to pay: coming and going costs as much as some of them.
const RUN: usize = 8;
/// Words that are moved one by one here.
const WORDS_MAX: u32 = 32;
pub(crate) const NONE: u32 = u32::MAX;

/// Who does an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// The interpreter.
    Left,
    /// Code of its own.
    Done,
    /// A function of the machine, on the frame.
    Helped(Helper),
}

/// Words that an instruction moves, where that is as many as it says.
fn words(ins: Ins, data: Ins) -> u32 {
    match ins.op {
        Op::CopyMem => data.ab(),
        Op::MovN => ins.c.into(),
        Op::ZeroN | Op::LdGN | Op::StGN | Op::RetN => ins.b.into(),
        Op::LdN | Op::StN | Op::StNP | Op::LdIdxN | Op::StIdxN | Op::LdRegW | Op::StRegW => ins.d.into(),
        _ => 0,
    }
}

fn how(source: &Source, k: usize) -> How {
    let ins = source.code[k];
    match ins.op {
        _ if words(ins, data(source.code, k)) > WORDS_MAX => How::Left,
        Op::Call | Op::CallMov if !(source.plain_call)(ins.cd()) => How::Left,
        // What others may write is looked at by the machine, once there are others.
        Op::AppFldV | Op::CutT if source.shared => (source.helper)(k).map_or(How::Left, How::Helped),
        op if ops::is_done(op) => How::Done,
        _ => match (source.fast)(k) {
            Fast::No => (source.helper)(k).map_or(How::Left, How::Helped),
            Fast::Buffer(_) if source.shared => (source.helper)(k).map_or(How::Left, How::Helped),
            _ => How::Done,
        },
    }
}

pub(crate) struct Block {
    /// The first unit, and that behind the last instruction.
    pub from: usize,
    pub to: usize,
    /// The unit that is left to the interpreter at the end.
    pub leaves: bool,
}

pub(crate) struct Plan {
    /// In the order of their units.
    pub blocks: Vec<Block>,
    /// The block that begins at a unit.
    pub block_at: Vec<u32>,
    /// Units whose handler is replaced, and these with the first unit, to which calls come; ascending.
    pub entries: Vec<usize>,
    pub ways: Vec<usize>,
    /// By unit.
    pub how: Vec<How>,
    /// By unit: before the instruction.
    pub live: Sets,
    /// By block: at its beginning.
    pub dirty: Sets,
    pub wanted: Sets,
    /// Registers that mostly hold floats.
    pub float: Vec<bool>,
}

/// The unit behind an instruction and its data.
pub(crate) fn behind(code: &[Ins], k: usize) -> usize {
    let mut next = k + 1;
    while code.get(next).is_some_and(|i| i.op == Op::Data) {
        next += 1;
    }
    next
}

impl Plan {
    pub fn new(source: &Source) -> Option<Plan> {
        let code = source.code;
        if code.is_empty() || code.len() > UNITS_MAX {
            return None;
        }
        let starts: Vec<usize> =
            std::iter::successors(Some(0), |&k| Some(behind(code, k)).filter(|&n| n < code.len())).collect();
        let all: Vec<Effects> = (0..code.len()).map(|k| effects(source.program, code[k], data(code, k))).collect();
        let flows: Vec<Flow> = (0..code.len()).map(|k| ops::flow(code, k)).collect();
        let live = liveness(source, &starts, &all, &flows);
        let how: Vec<How> = (0..code.len()).map(|k| how(source, k)).collect();
        let done: Vec<bool> = how.iter().map(|h| *h != How::Left).collect();
        let entries = entries(code, &done, &starts, &flows);
        let mut ways = entries.clone();
        if done[0] && ways.first() != Some(&0) {
            ways.insert(0, 0);
        }
        if ways.is_empty() {
            return None;
        }
        let (blocks, block_at) = blocks(code, &done, &ways, &flows);
        let regs = source.regs as usize;
        let mut plan = Plan {
            dirty: Sets::new(blocks.len(), regs),
            wanted: Sets::new(blocks.len(), regs),
            blocks,
            block_at,
            entries,
            ways,
            how,
            live,
            float: ops::floats(code, regs),
        };
        plan.find_dirty(code, &all, &flows);
        plan.find_wanted(code, &all, &flows);
        Some(plan)
    }

    fn after(&self, code: &[Ins], flows: &[Flow], b: usize) -> Vec<usize> {
        let block = &self.blocks[b];
        if block.leaves {
            return Vec::new();
        }
        let last = last_of(code, block);
        flows[last].all().map(|unit| self.block_at[unit] as usize).collect()
    }

    /// Does the block end in a call?
    fn calls(&self, code: &[Ins], b: usize) -> bool {
        let block = &self.blocks[b];
        !block.leaves && ops::calls(code[last_of(code, block)].op)
    }

    fn find_dirty(&mut self, code: &[Ins], all: &[Effects], flows: &[Flow]) {
        let mut todo: Vec<usize> = (0..self.blocks.len()).rev().collect();
        while let Some(b) = todo.pop() {
            // Behind a call all that is kept is in the frame.
            let calls = self.calls(code, b);
            let mut out = self.dirty.row(b).to_vec();
            for k in instructions(code, &self.blocks[b]) {
                if matches!(self.how[k], How::Helped(_)) {
                    // All that is kept is in the frame, and so is what it makes.
                    out.fill(0);
                    continue;
                }
                for (first, n) in all[k].writes.iter() {
                    (first..first + n).for_each(|r| put(&mut out, r as usize));
                }
            }
            for next in self.after(code, flows, b) {
                if calls {
                    continue;
                }
                let live = self.live.row(self.blocks[next].from);
                let kept: Vec<u64> = out.iter().zip(live).map(|(d, l)| d & l).collect();
                if join(self.dirty.row_mut(next), &kept) {
                    todo.push(next);
                }
            }
        }
    }

    fn find_wanted(&mut self, code: &[Ins], all: &[Effects], flows: &[Flow]) {
        loop {
            let mut changed = false;
            for b in (0..self.blocks.len()).rev() {
                let mut set = vec![0; self.wanted.row(b).len()];
                let calls = self.calls(code, b);
                for next in self.after(code, flows, b).into_iter().filter(|_| !calls) {
                    join(&mut set, self.wanted.row(next));
                }
                let list: Vec<usize> = instructions(code, &self.blocks[b]).collect();
                for k in list.into_iter().rev() {
                    for (first, n) in all[k].sure_writes() {
                        (first..first + n).for_each(|r| take(&mut set, r as usize));
                    }
                    if let Some(first) = all[k].clobbers {
                        (first as usize..self.float.len()).for_each(|r| take(&mut set, r));
                    }
                    // A helper reads the frame.
                    if self.how[k] == How::Done {
                        for (first, n) in all[k].reads.iter() {
                            (first..first + n).for_each(|r| put(&mut set, r as usize));
                        }
                    }
                }
                join(&mut set, self.dirty.row(b));
                changed |= join(self.wanted.row_mut(b), &set);
            }
            if !changed {
                return;
            }
        }
    }
}

pub(crate) fn data(code: &[Ins], k: usize) -> Ins {
    match code.get(k + 1) {
        Some(&next) if next.op == Op::Data => next,
        _ => Ins::new(Op::Nop, 0, 0, 0, 0),
    }
}

/// The instructions of a block that are done here.
pub(crate) fn instructions<'a>(code: &'a [Ins], block: &Block) -> impl Iterator<Item = usize> + use<'a> {
    let to = block.to;
    std::iter::successors(Some(block.from), move |&k| Some(behind(code, k))).take_while(move |&k| k < to)
}

pub(crate) fn last_of(code: &[Ins], block: &Block) -> usize {
    instructions(code, block).last().expect("a block that does not leave has an instruction")
}

/// What the interpreter may read, before each instruction.
fn liveness(source: &Source, starts: &[usize], all: &[Effects], flows: &[Flow]) -> Sets {
    let (code, regs) = (source.code, source.regs as usize);
    let mut live = Sets::new(code.len(), regs);
    let mut set = live.row(0).to_vec();
    loop {
        let mut changed = false;
        for &k in starts.iter().rev() {
            set.fill(0);
            for next in flows[k].all() {
                join(&mut set, live.row(next));
            }
            let e = &all[k];
            for (first, n) in e.sure_writes() {
                (first..first + n).for_each(|r| take(&mut set, r as usize));
            }
            if let Some(first) = e.clobbers {
                (first as usize..regs).for_each(|r| take(&mut set, r));
            }
            for (first, n) in e.reads.iter() {
                (first..first + n).for_each(|r| put(&mut set, r as usize));
            }
            if e.opaque {
                (0..regs).for_each(|r| put(&mut set, r));
            }
            if let Some(epilogue) = source.epilogue {
                let row = live.row(epilogue as usize);
                join(&mut set, row);
            }
            changed |= join(live.row_mut(k), &set);
        }
        if !changed {
            return live;
        }
    }
}

/// Where code is entered.
fn entries(code: &[Ins], done: &[bool], starts: &[usize], flows: &[Flow]) -> Vec<usize> {
    let mut candidates = vec![0];
    for &k in starts {
        if !done[k] || ops::calls(code[k].op) {
            candidates.extend(flows[k].all());
        } else {
            candidates.extend(flows[k].all().filter(|&to| to <= k));
        }
    }
    let mut chosen: Vec<usize> = candidates
        .into_iter()
        .filter_map(|k| enterable(code, done, k))
        .filter(|&k| pays(code, done, flows, k) || k == 0 && nests(code, done))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// The first instruction from `k` on at which code may be entered, when nothing that branches or leaves lies between.
fn enterable(code: &[Ins], done: &[bool], mut k: usize) -> Option<usize> {
    loop {
        let ins = code.get(k)?;
        if !done[k] || ops::branches(ins.op) && !ops::may_enter(ins.op) {
            return None;
        }
        if ops::may_enter(ins.op) {
            return Some(k);
        }
        k = behind(code, k);
    }
}

/// Does it call others from machine code?
fn nests(code: &[Ins], done: &[bool]) -> bool {
    code.iter().zip(done).any(|(i, &done)| done && ops::calls(i.op))
}

/// Does the way from `k` on come round in a loop, or far enough, before the interpreter is needed? Branches are taken when they go back.
fn pays(code: &[Ins], done: &[bool], flows: &[Flow], mut k: usize) -> bool {
    let mut seen = Vec::new();
    while seen.len() < RUN {
        if !done[k] {
            return false;
        }
        if seen.contains(&k) {
            return true;
        }
        seen.push(k);
        let flow = &flows[k];
        let back = flow.jumps.iter().copied().find(|&to| to <= k);
        match back.or(flow.next).or(flow.jumps.first().copied()) {
            Some(next) if next < code.len() => k = next,
            _ => return false,
        }
    }
    true
}

/// What is reached from entries, in blocks.
fn blocks(code: &[Ins], done: &[bool], entries: &[usize], flows: &[Flow]) -> (Vec<Block>, Vec<u32>) {
    let mut leader = vec![false; code.len()];
    let mut seen = vec![false; code.len()];
    let mut todo = entries.to_vec();
    entries.iter().for_each(|&e| leader[e] = true);
    while let Some(first) = todo.pop() {
        let mut k = first;
        while !std::mem::replace(&mut seen[k], true) {
            if !done[k] {
                break;
            }
            let flow = &flows[k];
            if ops::branches(code[k].op) {
                for to in flow.all() {
                    leader[to] = true;
                    todo.push(to);
                }
                break;
            }
            match flow.next {
                Some(next) => k = next,
                None => break,
            }
        }
    }
    let mut list = Vec::new();
    let mut block_at = vec![NONE; code.len()];
    for from in (0..code.len()).filter(|&k| leader[k] && seen[k]) {
        let mut k = from;
        let leaves = loop {
            if !done[k] {
                break true;
            }
            let last = ops::branches(code[k].op);
            k = behind(code, k);
            if last || k >= code.len() || leader[k] {
                break false;
            }
        };
        block_at[from] = list.len() as u32;
        list.push(Block { from, to: k, leaves });
    }
    (list, block_at)
}

/// The members that both have.
pub(crate) fn list(set: &[u64], also: &[u64]) -> Vec<usize> {
    let both: Vec<u64> = set.iter().zip(also).map(|(a, b)| a & b).collect();
    members(&both).collect()
}

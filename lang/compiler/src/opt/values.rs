//! Forward: which registers hold the same value, which values are known.
//!
//! Every value has a number; what a number stands for (a constant, how many bits, not nil) is a fact. A block begins with what held at
//! the end of its dominator, less what was written on any way from there. An operand is replaced by the register that had the value first, an operation on known numbers by a
//! simpler one, one that was done before by a move. Loads count as done before until something may write memory.

mod memory;

use super::code::{NONE, Node};
use super::flow::Flow;
use super::live::{Known, Live};
use super::widths;
use super::{fold, fuse};
use gol_bytecode::effects::Effects;
use gol_bytecode::program::{Kind, TypeDesc};
use gol_bytecode::{Ins, Op, Program, Role};
use memory::{LOADED_MAX, Loaded, is_load, keeps_memory, survives};

/// What is known of a value.
#[derive(Clone, Copy)]
pub(super) struct Fact {
    pub known: Option<i64>,
    /// Below 2 to the power of this, as an unsigned number.
    pub bits: u8,
    pub not_nil: bool,
    /// The register that had it first.
    pub home: u16,
}

impl Fact {
    pub const UNKNOWN: Fact = Fact { known: None, bits: 64, not_nil: false, home: 0 };
}

/// The home of what is in registers only for the operation that will take it in. No register has this number.
const NOWHERE: u16 = u16::MAX;

/// No value is known, nor how wide it is.
const LOST: u32 = NONE - 1;

/// The state at the end of a block is to be kept.
const WANTED: u32 = NONE - 1;

/// What holds in one place of the code.
#[derive(Default)]
struct State {
    /// Value of each register; `NONE` before it is asked for, `LOST` when this block wrote it in some way.
    of: Vec<u32>,
    loaded: Vec<Loaded>,
    /// What branches and accesses on the way here told.
    not_nil: Vec<u32>,
    is: Vec<(u32, i64)>,
}

impl State {
    /// A copy into the memory that it has.
    fn become_like(&mut self, other: &State) {
        self.of.clone_from(&other.of);
        self.loaded.clone_from(&other.loaded);
        self.not_nil.clone_from(&other.not_nil);
        self.is.clone_from(&other.is);
    }
    /// Notes what is written: `NONE` when that happens before the block begins, else `LOST`.
    fn writes(&mut self, e: &Effects, mark: u32) {
        for (first, k) in e.writes.iter() {
            match k {
                1 => self.of[first as usize] = mark,
                _ => self.of[first as usize..][..k as usize].fill(mark),
            }
        }
        if let Some(from) = e.clobbers {
            let from = (from as usize).min(self.of.len());
            self.of[from..].fill(mark);
        }
    }
}

/// A value: how it was made, and what that says of it.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub op: Op,
    pub from: u32,
    pub by: u16,
    /// The instruction that made it; `NONE` for what was there.
    at: u32,
    fact: Fact,
}

/// Operations that were done, each with its value, by op and operands.
#[derive(Default)]
struct Done {
    /// As many as a power of two; at most half of them are in use.
    slots: Vec<Operation>,
    used: usize,
    /// What other functions left does not count.
    function: u32,
}

#[derive(Clone, Copy)]
struct Operation {
    function: u32,
    op: Op,
    from: [u32; 2],
    value: u32,
}

impl Done {
    const NOTHING: Operation = Operation { function: 0, op: Op::Nop, from: [0; 2], value: 0 };
    const LEAST: usize = 256;

    /// Another function begins.
    fn reset(&mut self) {
        self.used = 0;
        self.function = self.function.wrapping_add(1);
        if self.function == 0 || self.slots.is_empty() {
            self.slots.clear();
            self.slots.resize(Done::LEAST, Done::NOTHING);
            self.function = 1;
        }
    }
    /// The place of an operation, or the one where it is to be put.
    fn slot(&self, op: Op, from: [u32; 2]) -> usize {
        let mask = self.slots.len() - 1;
        let key = (from[0] as u64 | (from[1] as u64) << 32).wrapping_add(op as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (key >> 32) as usize & mask;
        loop {
            let s = &self.slots[at];
            if s.function != self.function || s.op == op && s.from == from {
                return at;
            }
            at = (at + 1) & mask;
        }
    }
    fn get(&self, slot: usize) -> Option<u32> {
        let s = &self.slots[slot];
        (s.function == self.function).then_some(s.value)
    }
    /// At a place that nothing has.
    fn put(&mut self, slot: usize, op: Op, from: [u32; 2], value: u32) {
        self.slots[slot] = Operation { function: self.function, op, from, value };
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            let twice = vec![Done::NOTHING; self.slots.len() * 2];
            let old = std::mem::replace(&mut self.slots, twice);
            for s in old.into_iter().filter(|s| s.function == self.function) {
                let at = self.slot(s.op, s.from);
                self.slots[at] = s;
            }
        }
    }
}

/// Memory that goes from function to function.
#[derive(Default)]
pub(super) struct Room {
    now: State,
    states: Vec<State>,
    made: Vec<Made>,
    done: Done,
    kept: Vec<u32>,
    seen: Vec<u32>,
    todo: Vec<u32>,
    /// Instructions whose value was made again later, as its register had gone to another.
    pub missed: Vec<u32>,
    flow: Flow,
}

pub(super) struct Values<'p> {
    p: &'p Program,
    known: &'p mut Known,
    now: State,
    /// The states at the end of blocks that others begin with come first; so many are in use.
    states: Vec<State>,
    states_used: usize,
    /// Which of them a block has, or [`WANTED`].
    kept: Vec<u32>,
    made: Vec<Made>,
    done: Done,
    /// Steps that may still be spent on looking at what lies between two places.
    patience: usize,
    /// Blocks that were looked at, by the look, and those that are to be.
    seen: Vec<u32>,
    todo: Vec<u32>,
    /// How wide registers are where blocks begin, if anybody has looked; and where the block's own begin in that.
    widths: Vec<u8>,
    widths_at: usize,
    /// The instruction that is looked at, and the last call before it.
    here: u32,
    called: u32,
    missed: Vec<u32>,
    /// The slice that is loaded here will be taken in by the operation on it.
    taken: bool,
}

impl<'p> Values<'p> {
    pub fn run(p: &'p Program, nodes: &mut [Node], live: &mut Live, given: Option<usize>, room: &mut Room) {
        let mut known = std::mem::take(&mut live.known);
        Values::look(p, nodes, live, &mut known, given, room);
        live.known = known;
    }
    fn look(
        p: &'p Program,
        nodes: &mut [Node],
        live: &Live,
        known: &'p mut Known,
        given: Option<usize>,
        room: &mut Room,
    ) {
        let n = live.blocks.len();
        let mut flow = std::mem::take(&mut room.flow);
        flow.find(live, nodes);
        let widths = given
            .filter(|_| widths::pay(nodes))
            .map(|given| widths::at_starts(p, nodes, live, &flow, known, given))
            .unwrap_or_default();
        let Room { now, states, made, done, kept, seen, todo, missed, flow: _ } = std::mem::take(room);
        let patience = super::WORK_MAX / 8;
        let mut v = Values {
            p,
            known,
            now,
            states,
            states_used: 0,
            kept,
            made,
            done,
            patience,
            seen,
            todo,
            widths,
            widths_at: 0,
            here: 0,
            called: NONE,
            missed,
            taken: false,
        };
        v.missed.clear();
        for blocks in [&mut v.kept, &mut v.seen] {
            blocks.clear();
            blocks.resize(n, NONE);
        }
        v.made.clear();
        v.done.reset();
        v.now.of.resize(live.regs, NONE);
        v.forget();
        let resumes = |b: usize| live.epilogue_at == Some(live.blocks[b].from);
        let falls = |b: usize| b > 0 && flow.preds(b) == [b as u32 - 1] && !resumes(b);
        for b in (0..n).filter(|&b| !falls(b) && flow.idom[b] != NONE) {
            v.kept[flow.idom[b] as usize] = WANTED;
        }
        for b in 0..n {
            if !falls(b) {
                v.begin(nodes, live, &flow, b);
            } else if let Some(k) = live.blocks[b].from.checked_sub(1) {
                v.branch_taught(&nodes[k], k + 1, live.blocks[b].from);
            }
            v.begins(b);
            let (from, to) = (live.blocks[b].from, live.blocks[b].to);
            for k in from..to {
                if matches!(nodes[k].ins.op, Op::LdSl | Op::LdGSl) && !nodes[k].gone {
                    v.taken = fuse::takes_slice(v.p, v.known, &nodes[k..to], k);
                }
                if !nodes[k].gone {
                    v.node(k, &mut nodes[k]);
                }
            }
            if v.kept[b] == WANTED {
                v.keep(b);
            }
        }
        let Values { now, states, made, done, kept, seen, todo, missed, .. } = v;
        *room = Room { now, states, made, done, kept, seen, todo, missed, flow };
    }
    /// The state at the end of a block, for others.
    fn keep(&mut self, b: usize) {
        self.kept[b] = self.states_used as u32;
        if self.states_used == self.states.len() {
            self.states.push(State::default());
        }
        self.states[self.states_used].become_like(&self.now);
        self.states_used += 1;
    }
    /// The state at the beginning of a block: that of its dominator, but for what may have happened since.
    fn begin(&mut self, nodes: &[Node], live: &Live, flow: &Flow, b: usize) {
        let d = flow.idom[b];
        // A failure goes to the epilogue from anywhere.
        let resumes = live.epilogue_at == Some(live.blocks[b].from);
        let state = self.kept.get(d as usize).copied().filter(|s| *s < WANTED && !resumes);
        let Some(state) = state else { return self.forget() };
        self.now.become_like(&self.states[state as usize]);
        if flow.preds(b) == [d] {
            let next = live.blocks[d as usize].to;
            return self.branch_taught(&nodes[next - 1], next, live.blocks[b].from);
        }
        self.todo.clear();
        self.todo.extend(flow.preds(b).iter().filter(|p| **p != d));
        while let Some(x) = self.todo.pop() {
            if std::mem::replace(&mut self.seen[x as usize], b as u32) == b as u32 {
                continue;
            }
            let block = &live.blocks[x as usize];
            if self.patience < block.to - block.from {
                return self.forget();
            }
            self.patience -= block.to - block.from;
            for k in (block.from..block.to).filter(|k| !nodes[*k].gone) {
                let n = &nodes[k];
                let e = self.known.of(self.p, k, n);
                if e.opaque {
                    return self.forget();
                }
                self.now.writes(e, NONE);
                if !is_operation(n.ins.op) && !is_load(n.ins.op) && !keeps_memory(n.ins.op) && n.ins.op != Op::Mov {
                    self.now.loaded.retain(|l| survives(l.op, n.ins.op));
                }
            }
            self.todo.extend(flow.preds(x as usize).iter().filter(|p| **p != d));
        }
    }
    /// What was lost has a width again.
    fn begins(&mut self, b: usize) {
        if !self.widths.is_empty() {
            self.widths_at = b * self.now.of.len();
            self.now.of.iter_mut().filter(|v| **v == LOST).for_each(|v| *v = NONE);
        }
    }
    fn forget(&mut self) {
        self.now.of.fill(NONE);
        self.now.loaded.clear();
        self.now.not_nil.clear();
        self.now.is.clear();
    }

    // ---- values

    fn fresh(&mut self, home: u16) -> u32 {
        let fact = Fact { home, ..Fact::UNKNOWN };
        self.made.push(Made { op: Op::Nop, from: NONE, by: 0, at: NONE, fact });
        self.made.len() as u32 - 1
    }
    pub fn value(&mut self, reg: u16) -> u32 {
        match self.now.of[reg as usize] {
            at @ (NONE | LOST) => {
                let v = self.fresh(reg);
                if let Some(bits) = self.widths.get(self.widths_at + reg as usize).filter(|_| at == NONE) {
                    self.made[v as usize].fact.bits = *bits;
                }
                self.now.of[reg as usize] = v;
                v
            }
            v => v,
        }
    }
    /// How a value was made.
    pub fn made(&self, v: u32) -> Made {
        self.made[v as usize]
    }
    fn fact_of(&self, v: u32) -> Fact {
        let mut fact = self.made[v as usize].fact;
        fact.not_nil |= self.now.not_nil.contains(&v);
        if let Some(is) = self.now.is.iter().find(|x| x.0 == v) {
            fact.known = Some(is.1);
        }
        fact
    }
    pub fn fact(&mut self, reg: u16) -> Fact {
        let v = self.value(reg);
        self.fact_of(v)
    }
    pub fn value_bits(&self, v: u32) -> u8 {
        self.made[v as usize].fact.bits
    }
    pub fn known(&mut self, reg: u16) -> Option<i64> {
        self.fact(reg).known
    }
    fn teach_not_nil(&mut self, v: u32) {
        if self.now.not_nil.len() < LOADED_MAX && !self.fact_of(v).not_nil {
            self.now.not_nil.push(v);
        }
    }
    fn teach_is(&mut self, v: u32, k: i64) {
        if self.now.is.len() < LOADED_MAX {
            self.now.is.push((v, k));
        }
    }
    /// The register that had this one's value first, if it still has it.
    fn home(&mut self, reg: u16) -> u16 {
        let v = self.value(reg);
        self.holder(v).unwrap_or(reg)
    }
    pub fn holder(&self, v: u32) -> Option<u16> {
        let home = self.made[v as usize].fact.home;
        (self.now.of.get(home as usize) == Some(&v)).then_some(home)
    }
    fn set(&mut self, reg: u16, v: u32) {
        self.now.of[reg as usize] = v;
        if self.holder(v).is_none() && self.made[v as usize].fact.home != NOWHERE {
            self.made[v as usize].fact.home = reg;
        }
    }

    // ---- instructions

    fn node(&mut self, k: usize, n: &mut Node) {
        self.here = k as u32;
        self.operands(k, n);
        fold::simplify(self, n);
        if n.gone {
            return;
        }
        match n.ins.op {
            Op::Mov => {
                let v = self.value(n.ins.b);
                return self.moved(n, v);
            }
            Op::Mov3 => {
                let v = [0, 1, 2].map(|k| self.value(n.ins.b + k));
                return (0..3).for_each(|k| self.set(n.ins.a + k, v[k as usize]));
            }
            op if is_operation(op) => return self.operation(n),
            op if is_load(op) => return self.load(n),
            Op::LeaIdx | Op::LeaArr => return self.element_address(n),
            Op::LdSl | Op::LdGSl => return self.slice(n),
            _ => {}
        }
        if self.known.of(self.p, k, n).opaque {
            return self.forget();
        }
        if matches!(n.ins.op, Op::LdN | Op::Lea) {
            let at = self.value(n.ins.b);
            n.safe |= self.fact_of(at).not_nil;
            self.teach_not_nil(at);
        }
        self.memory(n);
        let e = self.known.of(self.p, k, n);
        if e.clobbers.is_some() {
            self.called = k as u32;
        }
        self.now.writes(e, LOST);
        if n.ins.op == Op::New {
            let v = self.value(n.ins.a);
            self.made[v as usize].fact.not_nil = true;
        }
    }
    /// A move, or what became one.
    fn moved(&mut self, n: &mut Node, v: u32) {
        if self.now.of[n.ins.a as usize] == v {
            n.delete();
        } else {
            self.set(n.ins.a, v);
        }
    }
    /// Reads from where the value was first, so that the copies become needless.
    fn operands(&mut self, k: usize, n: &mut Node) {
        let fields = OPERANDS[n.ins.op as usize];
        if fields & SPANS != 0 {
            return self.any_operands(k, n);
        }
        let ins = &mut n.ins;
        for (k, reg) in [&mut ins.a, &mut ins.b, &mut ins.c, &mut ins.d].into_iter().enumerate() {
            if fields & 1 << k != 0 {
                *reg = self.home(*reg);
            }
        }
    }
    fn any_operands(&mut self, at: usize, n: &mut Node) {
        let roles = n.ins.op.roles();
        let untold = reads_untold(n.ins.op);
        if matches!(n.ins.op, Op::SliceS | Op::SliceStr) {
            self.bound(&mut n.ins);
        }
        for (k, role) in roles.into_iter().enumerate() {
            let reg = [n.ins.a, n.ins.b, n.ins.c, n.ins.d][k];
            let new = match role {
                Role::R => self.home(reg),
                Role::R3 => self.home3(reg),
                Role::Rs if self.appends_word(n.ins) => self.home(reg),
                Role::X if untold & 1 << k != 0 => {
                    let reads = self.known.of(self.p, at, n).reads.iter().filter(|r| r.0 == reg);
                    // Where one field's words begin another's may, too: what moves all of them is right for both.
                    match reads.map(|r| r.1).max() {
                        Some(1) => self.home(reg),
                        Some(3) => self.home3(reg),
                        _ => continue,
                    }
                }
                Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT => return,
                _ => continue,
            };
            match k {
                0 => n.ins.a = new,
                1 => n.ins.b = new,
                2 => n.ins.c = new,
                _ => n.ins.d = new,
            }
        }
    }
    /// The one bound of a part, if it has one: register c, or one behind it.
    fn bound(&mut self, i: &mut Ins) {
        let behind = match i.d {
            4 => 0,
            1 => 1,
            2 => 2,
            _ => return,
        };
        if let Some(c) = self.home(i.c + behind).checked_sub(behind) {
            i.c = c;
        }
    }
    /// An element of one register is appended.
    fn appends_word(&self, i: Ins) -> bool {
        let one = |t: &TypeDesc| t.kind == Kind::Packed || t.words == 1;
        i.op == Op::AppendV && self.p.types.get(i.d as usize).is_some_and(one)
    }
    fn home3(&mut self, reg: u16) -> u16 {
        let h = self.home(reg);
        let same = |s: &mut Self, k: u16| {
            h.checked_add(k).is_some_and(|r| (r as usize) < s.now.of.len()) && s.value(reg + k) == s.value(h + k)
        };
        if same(self, 1) && same(self, 2) { h } else { reg }
    }
    /// An operation on values: one that was done before is a move.
    fn operation(&mut self, n: &mut Node) {
        let i = n.ins;
        let roles = i.op.roles();
        let mut key = [i.b as u32, i.c as u32];
        for (k, reg) in [(1, i.b), (2, i.c)] {
            if roles[k] == Role::R {
                key[k - 1] = self.value(reg);
            }
        }
        if matches!(i.op, Op::LoadI | Op::LoadK | Op::LeaG) {
            key = [i.cd(), 0];
        }
        if commutes(i.op) && key[0] > key[1] {
            key.swap(0, 1);
        }
        let slot = self.done.slot(i.op, key);
        if let Some(v) = self.done.get(slot) {
            if let Some(home) = self.holder(v) {
                // A constant is as cheap as a move, and needs no other register.
                if !matches!(i.op, Op::LoadI | Op::LoadK | Op::LeaG) || home == i.a {
                    (n.ins, n.extra) = (Ins::new(Op::Mov, i.a, home, 0, 0), 0);
                    return self.moved(n, v);
                }
            }
            self.missed(v);
            return self.set(i.a, v);
        }
        let fact = fold::result(self, i);
        let v = self.fresh(i.a);
        self.made[v as usize] =
            Made { op: i.op, from: key[0], by: i.c, at: self.here, fact: Fact { home: i.a, ..fact } };
        self.done.put(slot, i.op, key, v);
        self.set(i.a, v);
    }
    /// The value is made again, as another took its register.
    fn missed(&mut self, v: u32) {
        let m = &self.made[v as usize];
        // Not across calls, which use the registers behind.
        if m.at != NONE && (m.at > self.called || self.called == NONE) {
            self.missed.push(m.at);
        }
    }
    pub fn constant(&self, id: u32) -> Option<i64> {
        fold::word(self.p, id)
    }

    /// What a branch tells the place that it leads to, `here`; nothing when both of its ways lead there.
    fn branch_taught(&mut self, n: &Node, next: usize, here: usize) {
        use Op::*;
        let taken = n.to as usize == here;
        if n.gone || n.to == NONE || taken && next == here {
            return;
        }
        let zero = match n.ins.op {
            Jz | JzB => taken,
            Jnz | JnzB => !taken,
            JeqK | JeqKB if n.ins.b == 0 => taken,
            JneK | JneKB if n.ins.b == 0 => !taken,
            JeqK | JeqKB if taken => return self.told(n),
            JneK | JneKB if !taken => return self.told(n),
            _ => return,
        };
        let v = self.value(n.ins.a);
        if zero { self.teach_is(v, 0) } else { self.teach_not_nil(v) }
    }
    fn told(&mut self, n: &Node) {
        let v = self.value(n.ins.a);
        self.teach_is(v, n.ins.b as i16 as i64);
    }
}

/// Of each op, the fields that are operands of one register, as bits; [`SPANS`] when it has others.
static OPERANDS: [u8; Op::ALL.len()] = {
    let mut all = [0; Op::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        let roles = Op::ALL[at].roles();
        let mut k = 0;
        while k < 4 {
            match roles[k] {
                Role::R => all[at] |= 1 << k,
                Role::R3 | Role::Rs | Role::X => all[at] |= SPANS,
                Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT => break,
                _ => {}
            }
            k += 1;
        }
        at += 1;
    }
    all
};
const SPANS: u8 = 1 << 7;

/// The fields, as bits, whose registers are read; how many of them something else says.
const fn reads_untold(op: Op) -> u8 {
    match op {
        Op::CallD | Op::CallD2 => 0b1110,
        Op::MkIface | Op::MapDel => 0b0010,
        Op::MapGet | Op::MapGetOk => 0b0100,
        Op::MapSet => 0b0110,
        _ => 0,
    }
}

/// One result that hangs on nothing but the operands' values.
pub(super) fn is_operation(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        LoadI
            | LoadK
            | LeaG
            | AddI
            | SubI
            | MulI
            | And
            | Or
            | Xor
            | AndNot
            | Shl
            | ShrI
            | ShrU
            | AddK
            | MulK
            | DivK
            | RemK
            | AndK
            | ShlK
            | ShrIK
            | ShrUK
            | RotLK
            | RotLK32
            | NegI
            | Com
            | Not
            | Sext8
            | Sext16
            | Sext32
            | Zext8
            | Zext16
            | Zext32
            | AddF
            | SubF
            | MulF
            | DivF
            | NegF
            | SqrtF
            | AbsF
            | FloorF
            | CeilF
            | TruncF
            | IToF
            | UToF
            | FToI
            | FToU
            | EqW
            | NeW
            | LtI
            | LeI
            | LtU
            | LeU
            | EqF
            | NeF
            | LtF
            | LeF
            | LenS
    )
}
fn commutes(op: Op) -> bool {
    use Op::*;
    matches!(op, AddI | MulI | And | Or | Xor | EqW | NeW | EqF | NeF)
}

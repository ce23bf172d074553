//! A function's code as a list of instructions that can be deleted and replaced, and back again.
//!
//! Invariants: instructions keep their order; a branch names its target by index, so deleting what lies between needs no care; an
//! instruction that is deleted but jumped to stands for the next one that is left.

use gol_bytecode::{Func, Ins, Op, Role};

/// No target.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy)]
pub(super) struct Node {
    pub ins: Ins,
    /// The data unit behind it; of several, only the original code knows them.
    pub data: Ins,
    /// Data units.
    pub extra: u16,
    /// Position in the original code.
    pub at: u32,
    /// The branch's target.
    pub to: u32,
    pub gone: bool,
    /// Its place behind the instruction before it has a meaning (tables of jumps).
    pub pinned: bool,
    /// Something jumps here.
    pub leader: bool,
    /// The pointer that it follows is known not to be nil, the index to be in range: it cannot fail.
    pub safe: bool,
}

/// Where a branch's offset lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offset {
    None,
    Wide,
    Short,
    Data,
}

fn offset_of(op: Op) -> Offset {
    let roles = op.roles();
    if roles.contains(&Role::JJ) {
        Offset::Wide
    } else if roles.contains(&Role::J) {
        Offset::Short
    } else if op.data_roles().is_some_and(|d| d[0] == Role::JJ) {
        Offset::Data
    } else {
        Offset::None
    }
}

fn extra(ins: Ins) -> u16 {
    match ins.op {
        Op::Select => ins.c,
        op => op.data_roles().is_some() as u16,
    }
}

const NO_DATA: Ins = Ins { op: Op::Data, a: 0, b: 0, c: 0, d: 0 };

impl Node {
    /// Does nothing, and nobody comes by.
    pub const EMPTY: Node = Node {
        ins: Ins { op: Op::Nop, a: 0, b: 0, c: 0, d: 0 },
        data: NO_DATA,
        extra: 0,
        at: 0,
        to: NONE,
        gone: false,
        pinned: false,
        leader: false,
        safe: false,
    };
    /// Control does not go on behind it.
    pub fn ends(&self) -> bool {
        self.ins.op.ends()
    }
    /// It may go somewhere else than to the next instruction.
    pub fn branches(&self) -> bool {
        self.to != NONE || matches!(self.ins.op, Op::JmpTab | Op::SelectWake)
    }
    pub fn delete(&mut self) {
        if !self.pinned {
            self.gone = true;
        }
    }
}

/// The instructions of a verified function, in the memory that is given.
pub(super) fn decode(f: &Func, nodes: &mut Vec<Node>) {
    let code = &f.code;
    nodes.clear();
    nodes.reserve(code.len());
    let mut index = vec![NONE; code.len() + 1];
    let mut at = 0;
    let (mut pinned, mut behind) = (0usize, false);
    while at < code.len() {
        let ins = code[at];
        let extra = extra(ins);
        index[at] = nodes.len() as u32;
        let node = Node {
            ins,
            data: if extra > 0 { code[at + 1] } else { NO_DATA },
            extra,
            at: at as u32,
            to: NONE,
            gone: ins.op == Op::Nop,
            pinned: pinned > 0,
            leader: pinned > 0 || behind,
            safe: false,
        };
        behind = pinned == 1;
        pinned = pinned.saturating_sub(1);
        match ins.op {
            Op::JmpTab => pinned = ins.b as usize,
            Op::SelectWake => pinned = ins.c as usize + (ins.d & 1) as usize,
            _ => {}
        }
        split(nodes, node);
        at += 1 + extra as usize;
    }
    for n in nodes.iter_mut() {
        let next = n.at as i64 + 1 + n.extra as i64;
        let off = match offset_of(n.ins.op) {
            Offset::None => continue,
            Offset::Wide => n.ins.cd() as i32 as i64,
            Offset::Short => n.ins.d as i16 as i64,
            Offset::Data => n.data.ab() as i32 as i64,
        };
        n.to = index[(next + off) as usize];
    }
    for k in 0..nodes.len() {
        if nodes[k].to != NONE {
            let to = nodes[k].to as usize;
            nodes[to].leader = true;
        }
    }
    if let Some(e) = f.epilogue {
        nodes[index[e as usize] as usize].leader = true;
    }
}

/// Does some branch of the function lead back?
pub(super) fn has_loops(f: &Func) -> bool {
    let mut at = 0;
    while at < f.code.len() {
        let ins = f.code[at];
        let back = match offset_of(ins.op) {
            Offset::None => false,
            Offset::Wide => (ins.cd() as i32) < 0,
            Offset::Short => (ins.d as i16) < 0,
            Offset::Data => (f.code[at + 1].ab() as i32) < 0,
        };
        if back {
            return true;
        }
        at += 1 + extra(ins) as usize;
    }
    false
}

/// Moves of several words become moves of one.
fn split(nodes: &mut Vec<Node>, node: Node) {
    let (a, b) = (node.ins.a, node.ins.b);
    let n = match node.ins.op {
        Op::Mov3 => 3,
        Op::MovN if node.ins.c <= Func::SPLIT_MAX => node.ins.c,
        _ => return nodes.push(node),
    };
    // Overlapping words the other way round, as one move of all would do it.
    let up = a <= b || a - b >= n;
    let first = nodes.len();
    for k in 0..n {
        let k = if up { k } else { n - 1 - k };
        nodes.push(Node { ins: Ins::new(Op::Mov, a + k, b + k, 0, 0), leader: false, ..node });
    }
    match nodes.get_mut(first) {
        Some(n) => n.leader = node.leader,
        None => nodes.push(Node { gone: true, ..node }),
    }
}

/// Puts moves of neighbouring words together again.
fn join(nodes: &mut [Node]) {
    let mut k = 0;
    while k < nodes.len() {
        let first = nodes[k];
        if first.gone || first.ins.op != Op::Mov {
            k += 1;
            continue;
        }
        // So many follow each other, and the last one's place.
        let (mut run, mut last, mut last_at) = (1u16, first.ins, k);
        let mut next = k + 1;
        while next < nodes.len() && !nodes[next].leader {
            let n = nodes[next];
            if !n.gone {
                let up = n.ins.a == last.a.wrapping_add(1) && n.ins.b == last.b.wrapping_add(1);
                // One after the other must be the same as all at once.
                let apart = n.ins.b < first.ins.a || n.ins.b - first.ins.a >= run;
                if n.ins.op != Op::Mov || !up || !apart {
                    break;
                }
                run += 1;
                (last, last_at) = (n.ins, next);
            }
            next += 1;
        }
        if run > 1 {
            let (a, b) = (first.ins.a, first.ins.b);
            nodes[k].ins = if run == 3 { Ins::new(Op::Mov3, a, b, 0, 0) } else { Ins::new(Op::MovN, a, b, run, 0) };
            // Between the first and the last there is nothing else.
            nodes[k + 1..=last_at].iter_mut().for_each(|n| n.gone = true);
        }
        k = next;
    }
}

/// Two moves that follow each other.
fn join_pairs(nodes: &mut [Node]) {
    let mut last: Option<usize> = None;
    for k in 0..nodes.len() {
        let n = nodes[k];
        if n.gone && !n.leader {
            continue;
        }
        let single = !n.gone && n.ins.op == Op::Mov;
        match last {
            Some(j) if single && !n.leader => {
                let first = nodes[j].ins;
                nodes[j].ins = Ins::new(Op::Mov2, first.a, first.b, n.ins.a, n.ins.b);
                nodes[k].gone = true;
                last = None;
            }
            _ => last = single.then_some(k),
        }
    }
}

/// Writes the instructions that are left into the function.
pub(super) fn encode(f: &mut Func, nodes: &mut [Node]) {
    join(nodes);
    join_pairs(nodes);
    // Position of the first instruction left at or behind each.
    let mut place = vec![0u32; nodes.len() + 1];
    let mut at = 0u32;
    for (k, n) in nodes.iter().enumerate() {
        place[k] = at;
        if !n.gone {
            at += 1 + n.extra as u32;
        }
    }
    place[nodes.len()] = at;
    let mut code = Vec::with_capacity(at as usize);
    let mut lines: Vec<(u32, u32)> = Vec::with_capacity(f.lines.len());
    let mut old = f.lines.iter().peekable();
    let mut pos = None;
    for (k, n) in nodes.iter().enumerate() {
        if n.gone {
            continue;
        }
        while let Some(l) = old.next_if(|l| l.0 <= n.at) {
            pos = Some(l.1);
        }
        if let Some(pos) = pos.filter(|p| lines.last().is_none_or(|l| l.1 != *p)) {
            lines.push((code.len() as u32, pos));
        }
        let (mut ins, mut data) = (n.ins, n.data);
        if n.to != NONE {
            let next = place[k] as i64 + 1 + n.extra as i64;
            let off = (place[n.to as usize] as i64 - next) as i32 as u32;
            match offset_of(ins.op) {
                Offset::None => {}
                Offset::Wide => (ins.c, ins.d) = (off as u16, (off >> 16) as u16),
                Offset::Short => ins.d = off as u16,
                Offset::Data => (data.a, data.b) = (off as u16, (off >> 16) as u16),
            }
        }
        code.push(ins);
        if n.extra == 1 {
            code.push(data);
        } else {
            code.extend((1..=n.extra as usize).map(|u| f.code[n.at as usize + u]));
        }
    }
    // Positions of the original code.
    let moved = |old: u32| place[nodes.partition_point(|n| n.at < old)];
    for i in &mut f.inlined {
        (i.from, i.to) = (moved(i.from), moved(i.to));
    }
    f.inlined.retain(|i| i.from < i.to);
    f.epilogue = f.epilogue.map(moved);
    f.lines = lines;
    f.code = code;
}

//! Who comes before whom: predecessors and dominators of blocks.

use super::code::{NONE, Node};
use super::live::Live;
use gol_bytecode::Op;

/// Of one function after the other, in the same memory.
#[derive(Default)]
pub(super) struct Flow {
    next: Lists,
    preds: Lists,
    /// The block that every way to a block ends its common part with; `NONE` for the first and for what nothing leads to.
    pub idom: Vec<u32>,
    walk: Walk,
}

/// A list of blocks for each block, one behind the other.
#[derive(Default)]
struct Lists {
    /// Where each begins, and where the last ends.
    at: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    fn of(&self, b: u32) -> &[u32] {
        &self.all[self.at[b as usize] as usize..self.at[b as usize + 1] as usize]
    }
    /// The blocks that each block may be followed by, every one once.
    fn successors(&mut self, live: &Live, nodes: &[Node]) {
        let Lists { at, all } = self;
        at.clear();
        all.clear();
        at.push(0);
        for b in 0..live.blocks.len() {
            let from = all.len();
            successors(live, nodes, b, |s| {
                if s != NONE && !all[from..].contains(&s) {
                    all.push(s);
                }
            });
            at.push(all.len() as u32);
        }
    }
    /// From whom to whom, the other way round.
    fn turned(&mut self, of: &Lists) {
        let Lists { at, all } = self;
        let n = of.at.len() - 1;
        at.clear();
        at.resize(n + 2, 0);
        // Each list ends where the next begins: first where it begins, until it is full.
        for &to in &of.all {
            at[to as usize + 2] += 1;
        }
        for b in 2..n + 2 {
            at[b] += at[b - 1];
        }
        all.clear();
        all.resize(of.all.len(), 0);
        for b in 0..n as u32 {
            for &to in of.of(b) {
                let next = &mut at[to as usize + 1];
                all[*next as usize] = b;
                *next += 1;
            }
        }
        at.pop();
    }
}

/// Blocks that a block may be followed by.
pub(super) fn successors(live: &Live, nodes: &[Node], b: usize, mut see: impl FnMut(u32)) {
    let to = live.blocks[b].to;
    let last = &nodes[to - 1];
    if !last.gone && last.to != NONE {
        see(live.block_of(last.to as usize));
    }
    if !last.gone && last.ins.op == Op::JmpTab {
        (0..=last.ins.b as usize).for_each(|k| see(live.block_of(to + k)));
    }
    if !last.gone && last.ins.op == Op::SelectWake {
        (to..nodes.len()).take_while(|&k| nodes[k].pinned).for_each(|k| see(live.block_of(k)));
    }
    if (last.gone || !last.ends()) && to < nodes.len() {
        see(live.block_of(to));
    }
    // A failure anywhere goes there; that it comes from the first block makes that one its dominator.
    if let Some(e) = live.epilogue_at.filter(|_| b == 0) {
        see(live.block_of(e));
    }
}

impl Flow {
    /// The blocks that may come before a block.
    pub fn preds(&self, b: usize) -> &[u32] {
        self.preds.of(b as u32)
    }
    /// Of the blocks of another function.
    pub fn find(&mut self, live: &Live, nodes: &[Node]) {
        let Flow { next, preds, idom, walk } = self;
        let n = live.blocks.len();
        next.successors(live, nodes);
        preds.turned(next);
        walk.all(next, n);
        idom.clear();
        idom.resize(n, NONE);
        if n > 0 {
            idom[0] = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in walk.order.iter().rev().filter(|b| **b != 0) {
                let mut new = NONE;
                for &p in preds.of(b).iter().filter(|p| idom[**p as usize] != NONE) {
                    new = if new == NONE { p } else { common(idom, &walk.number, new, p) };
                }
                changed |= idom[b as usize] != new;
                idom[b as usize] = new;
            }
        }
        if n > 0 {
            idom[0] = NONE;
        }
    }
}

/// A walk over the blocks.
#[derive(Default)]
struct Walk {
    /// Blocks in postorder.
    order: Vec<u32>,
    /// Their numbers in it; `NONE` for what nothing leads to.
    number: Vec<u32>,
    /// Blocks on the way, each with the number of its successors that are left.
    stack: Vec<(u32, u32)>,
}

impl Walk {
    /// On the way, and not numbered yet.
    const SEEN: u32 = NONE - 1;

    fn all(&mut self, next: &Lists, n: usize) {
        let Walk { order, number, stack } = self;
        order.clear();
        number.clear();
        number.resize(n, NONE);
        if n > 0 {
            number[0] = Walk::SEEN;
            stack.push((0, next.of(0).len() as u32));
        }
        while let Some((b, left)) = stack.last_mut() {
            match left.checked_sub(1) {
                Some(rest) => {
                    *left = rest;
                    let s = next.of(*b)[rest as usize];
                    if number[s as usize] == NONE {
                        number[s as usize] = Walk::SEEN;
                        stack.push((s, next.of(s).len() as u32));
                    }
                }
                None => {
                    number[*b as usize] = order.len() as u32;
                    order.push(*b);
                    stack.pop();
                }
            }
        }
    }
}

fn common(idom: &[u32], number: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while number[a as usize] < number[b as usize] {
            a = idom[a as usize];
        }
        while number[b as usize] < number[a as usize] {
            b = idom[b as usize];
        }
    }
    a
}

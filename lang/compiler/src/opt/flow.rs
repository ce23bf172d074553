//! Who comes before whom: predecessors and dominators of blocks.

use super::code::{NONE, Node};
use super::live::Live;
use gol_bytecode::Op;

pub(super) struct Flow {
    preds: Lists,
    /// The block that every way to a block ends its common part with; `NONE` for the first and for what nothing leads to.
    pub idom: Vec<u32>,
}

/// A list of blocks for each block, one behind the other.
struct Lists {
    /// Where each begins, and where the last ends.
    at: Vec<u32>,
    all: Vec<u32>,
}

impl Lists {
    fn of(&self, b: u32) -> &[u32] {
        &self.all[self.at[b as usize] as usize..self.at[b as usize + 1] as usize]
    }
    /// From whom to whom, the other way round.
    fn turned(&self) -> Lists {
        let n = self.at.len() - 1;
        let mut at = vec![0u32; n + 1];
        for &to in &self.all {
            at[to as usize + 1] += 1;
        }
        for b in 0..n {
            at[b + 1] += at[b];
        }
        let (mut all, mut next) = (vec![0; self.all.len()], at.clone());
        for b in 0..n as u32 {
            for &to in self.of(b) {
                all[next[to as usize] as usize] = b;
                next[to as usize] += 1;
            }
        }
        Lists { at, all }
    }
}

/// Blocks that a block may be followed by.
fn successors(live: &Live, nodes: &[Node], b: usize, mut see: impl FnMut(u32)) {
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

/// The blocks that each block may be followed by, every one once.
fn all_successors(live: &Live, nodes: &[Node]) -> Lists {
    let mut lists = Lists { at: vec![0], all: Vec::with_capacity(2 * live.blocks.len()) };
    for b in 0..live.blocks.len() {
        let from = lists.all.len();
        successors(live, nodes, b, |s| {
            if s != NONE && !lists.all[from..].contains(&s) {
                lists.all.push(s);
            }
        });
        lists.at.push(lists.all.len() as u32);
    }
    lists
}

impl Flow {
    /// The blocks that may come before a block.
    pub fn preds(&self, b: usize) -> &[u32] {
        self.preds.of(b as u32)
    }
    pub fn new(live: &Live, nodes: &[Node]) -> Flow {
        let n = live.blocks.len();
        let next = all_successors(live, nodes);
        let preds = next.turned();
        let mut order = Vec::with_capacity(n);
        let mut number = vec![NONE; n];
        walk(&next, &mut order, &mut number);
        let mut idom = vec![NONE; n];
        if n > 0 {
            idom[0] = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in order.iter().rev().filter(|b| **b != 0) {
                let mut new = NONE;
                for &p in preds.of(b).iter().filter(|p| idom[**p as usize] != NONE) {
                    new = if new == NONE { p } else { common(&idom, &number, new, p) };
                }
                changed |= idom[b as usize] != new;
                idom[b as usize] = new;
            }
        }
        if n > 0 {
            idom[0] = NONE;
        }
        Flow { preds, idom }
    }
}

/// Blocks in postorder, and their numbers in it.
fn walk(next: &Lists, order: &mut Vec<u32>, number: &mut [u32]) {
    let mut seen = vec![false; number.len()];
    // Blocks on the way, each with those of its successors that are left.
    let mut stack: Vec<(u32, &[u32])> = vec![];
    if !number.is_empty() {
        seen[0] = true;
        stack.push((0, next.of(0)));
    }
    while let Some((b, left)) = stack.last_mut() {
        match left.split_last() {
            Some((&s, rest)) => {
                *left = rest;
                if !std::mem::replace(&mut seen[s as usize], true) {
                    stack.push((s, next.of(s)));
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

//! Who comes before whom: predecessors and dominators of blocks.

use super::code::{NONE, Node};
use super::live::Live;
use gol_bytecode::Op;

pub(super) struct Flow {
    pub preds: Vec<Vec<u32>>,
    /// The block that every way to a block ends its common part with; `NONE` for the first and for what nothing leads to.
    pub idom: Vec<u32>,
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

impl Flow {
    pub fn new(live: &Live, nodes: &[Node]) -> Flow {
        let n = live.blocks.len();
        let mut preds: Vec<Vec<u32>> = vec![vec![]; n];
        for b in 0..n {
            successors(live, nodes, b, |s| {
                if s != NONE && !preds[s as usize].contains(&(b as u32)) {
                    preds[s as usize].push(b as u32);
                }
            });
        }
        let mut order = vec![];
        let mut number = vec![NONE; n];
        walk(live, nodes, &mut order, &mut number);
        let mut idom = vec![NONE; n];
        if n > 0 {
            idom[0] = 0;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for &b in order.iter().rev().filter(|b| **b != 0) {
                let mut new = NONE;
                for &p in preds[b as usize].iter().filter(|p| idom[**p as usize] != NONE) {
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
fn walk(live: &Live, nodes: &[Node], order: &mut Vec<u32>, number: &mut [u32]) {
    let mut seen = vec![false; number.len()];
    let mut stack: Vec<(u32, Vec<u32>)> = vec![];
    let enter = |b: u32, seen: &mut Vec<bool>| {
        seen[b as usize] = true;
        let mut next = vec![];
        successors(live, nodes, b as usize, |s| next.push(s));
        (b, next)
    };
    if !number.is_empty() {
        stack.push(enter(0, &mut seen));
    }
    while let Some((b, next)) = stack.last_mut() {
        match next.pop() {
            Some(s) if s == NONE || seen[s as usize] => {}
            Some(s) => {
                let e = enter(s, &mut seen);
                stack.push(e);
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

//! Between two rounds: the registers that emission left alone are given to constants of loops and operations on what they do not change,
//! which are done in front of them then, and to values that were made once more because their register had gone to another.
//!
//! Only instructions are put in; that later ones read the new registers, and that the old ones become needless, is for the next round
//! to find. Calls use the registers behind their window, so a loop with calls keeps what it has.

use super::code::{NONE, Node};
use super::live::Live;
use super::values::is_operation;
use gol_bytecode::{Func, Ins, Op};
use std::cmp::Reverse;
use std::ops::Range;

/// Functions of more instructions stay as they are.
const NODES_MAX: usize = 1 << 13;

/// Loops of a function that are looked at.
const LOOPS_MAX: usize = 64;

/// A stretch of instructions that its last one branches back to.
struct Loop {
    from: usize,
    last: usize,
    /// Every way in from above leads by this place; what is put there runs once.
    front: usize,
    /// Up to where a branch before skips instructions, for each one of them.
    skipped: Vec<usize>,
}

impl Loop {
    fn has(&self, k: usize) -> bool {
        (self.from..=self.last).contains(&k)
    }
    /// Does each round come by? An inner loop that ends at `to` may have been left out for want of rounds.
    fn always_runs(&self, k: usize, to: usize) -> bool {
        let near = k.saturating_sub(2).max(self.from);
        self.has(k) && (self.skipped[k - self.from] <= k || to > k && self.skipped[near - self.from] <= near)
    }
}

/// An instruction that is to be put in front of another.
struct New {
    before: usize,
    ins: Ins,
    /// It belongs to what is in front of it: who jumps to `before` does not come by.
    behind: bool,
    /// For what runs in front of a loop: the loop's instructions, from which the way back does not come by.
    within: (usize, usize),
}

/// The registers that are in use when something was put in. `missed`: instructions whose value was made again later.
pub(super) fn give(f: &Func, live: &Live, nodes: &mut Vec<Node>, missed: &mut [u32]) -> Option<u16> {
    if f.spare == 0 || nodes.len() > NODES_MAX {
        return None;
    }
    let mut regs = f.regs..f.regs + f.spare;
    let mut new: Vec<New> = vec![];
    let loops = loops(nodes);
    let repeats = |k: usize| loops.iter().any(|l| l.has(k));
    // What is done once is not worth a register that keeps alive what it held.
    missed.sort_unstable();
    let missed: Vec<usize> = missed.chunk_by(u32::eq).map(|once| once[0] as usize).filter(|&k| repeats(k)).collect();
    repeated(live, nodes, loops, &mut regs, &mut new);
    for k in missed {
        let n = &mut nodes[k];
        let (words, mov) = match n.ins.op {
            Op::LdSl | Op::LdGSl => (3, Op::Mov3),
            op if op.makes_word() => (1, Op::Mov),
            _ => continue,
        };
        let fixed = (0..words).any(|w| live.is_fixed(n.ins.a + w));
        // A constant is made again as cheaply as it is moved.
        if n.gone || n.pinned || fixed || is_constant(n.ins.op) || regs.len() < words as usize {
            continue;
        }
        let old = std::mem::replace(&mut n.ins.a, regs.start);
        new.push(New { before: k + 1, ins: Ins::new(mov, old, regs.start, 0, 0), behind: true, within: (0, 0) });
        regs.start += words;
    }
    if new.is_empty() {
        return None;
    }
    put_in(nodes, new);
    Some(regs.start)
}

fn is_constant(op: Op) -> bool {
    matches!(op, Op::LoadI | Op::LoadK)
}

/// The function's loops; none when there are too many.
fn loops(nodes: &[Node]) -> Vec<Loop> {
    let mut loops: Vec<Loop> = vec![];
    for (k, n) in nodes.iter().enumerate().filter(|(k, n)| !n.gone && n.to as usize <= *k) {
        match loops.iter_mut().find(|l| l.from == n.to as usize) {
            Some(l) => l.last = k,
            None => loops.push(Loop { from: n.to as usize, last: k, front: 0, skipped: vec![] }),
        }
    }
    if loops.len() > LOOPS_MAX {
        loops.clear();
    }
    loops
}

/// What every round of a loop does again, with the same result.
fn repeated(live: &Live, nodes: &[Node], mut loops: Vec<Loop>, regs: &mut Range<u16>, new: &mut Vec<New>) {
    loops.retain_mut(|l| enter(live, nodes, l));
    loops.sort_by_key(|l| l.last - l.from);
    let same_each_time =
        |n: &Node| is_constant(n.ins.op) || is_operation(n.ins.op) && n.ins.op.makes_word() && n.extra == 0;
    for (k, n) in nodes.iter().enumerate().filter(|(_, n)| !n.gone && !n.pinned && same_each_time(n)) {
        let changes = |l: &Loop| {
            let mut read = live.known(k).reads.iter().flat_map(|(first, words)| first..first + words);
            read.any(|r| (l.from..=l.last).any(|k| !nodes[k].gone && live.known(k).writes.hits(r)))
        };
        // Out of one loop after the other, as long as all rounds come by.
        let (mut at, mut to, mut out) = (k, 0, None);
        for l in loops.iter().filter(|l| l.has(k)) {
            if !l.always_runs(at, to) || changes(l) {
                break;
            }
            out = Some(l);
            (at, to) = (l.front, l.last);
        }
        let Some(l) = out else { continue };
        let ins = Ins { a: 0, ..n.ins };
        if new.iter().any(|x| x.before == l.front && Ins { a: 0, ..x.ins }.is(ins)) {
            continue;
        }
        let Some(r) = regs.next() else { return };
        new.push(New { before: l.front, ins: Ins { a: r, ..ins }, behind: false, within: (l.from, l.last) });
    }
}

/// Finds the place in front of a loop; there may be none, or calls in the loop.
fn enter(live: &Live, nodes: &[Node], l: &mut Loop) -> bool {
    let calls = |k: usize| live.known(k).opaque || live.known(k).clobbers.is_some();
    if (l.from..=l.last).any(|k| !nodes[k].gone && calls(k)) {
        return false;
    }
    let outside = || nodes.iter().enumerate().filter(|(k, n)| !n.gone && n.to != NONE && !l.has(*k));
    let mut inside = outside().filter(|(_, n)| n.to as usize > l.from && l.has(n.to as usize));
    l.front = match (inside.next(), inside.next()) {
        (None, _) => l.from,
        // The loop begins with its condition, which stands at its end.
        (Some((k, n)), None) if n.ins.op == Op::Jmp && k < l.from => {
            let nothing = (k + 1..l.from).all(|k| nodes[k].gone);
            if !nothing || outside().any(|(_, n)| n.to as usize > k && n.to as usize <= l.from) {
                return false;
            }
            k
        }
        _ => return false,
    };
    if nodes[l.front].pinned || l.front > 0 && nodes[l.front - 1].pinned || nodes[l.from].pinned {
        return false;
    }
    let mut skipped = 0;
    l.skipped = (l.from..=l.last)
        .map(|k| {
            let before = skipped;
            let n = &nodes[k];
            if !n.gone && n.to != NONE && n.to as usize > k && n.to as usize <= l.last {
                skipped = skipped.max(n.to as usize);
            }
            if matches!(n.ins.op, Op::JmpTab | Op::SelectWake) && !n.gone {
                skipped = l.last;
            }
            before
        })
        .collect();
    true
}

/// Puts instructions in front of others, and leads the branches on.
fn put_in(nodes: &mut Vec<Node>, mut new: Vec<New>) {
    // What runs less often comes first.
    new.sort_by_key(|x| (x.before, !x.behind, x.within.0, Reverse(x.within.1)));
    let old = std::mem::take(nodes);
    nodes.reserve(old.len() + new.len());
    // Where each instruction is now.
    let mut place = Vec::with_capacity(old.len());
    let mut next = new.iter().peekable();
    for (k, n) in old.iter().enumerate() {
        let mut leader = n.leader;
        while let Some(x) = next.next_if(|x| x.before == k) {
            let at = if x.behind { old[k - 1].at } else { n.at };
            // The first one in front of a loop is what others jump to.
            let leads = !x.behind && std::mem::take(&mut leader);
            nodes.push(Node { ins: x.ins, at, leader: leads, ..Node::EMPTY });
        }
        place.push(nodes.len());
        nodes.push(*n);
    }
    for (k, n) in old.iter().enumerate().filter(|(_, n)| n.to != NONE) {
        let to = n.to as usize;
        let runs = |x: &&New| x.before == to && !x.behind && !(x.within.0..=x.within.1).contains(&k);
        let skipped = new.iter().filter(runs).count();
        nodes[place[k]].to = (place[to] - skipped) as u32;
    }
}

//! Jumps to jumps, jumps to what comes next anyway, and what cannot be reached any more.

use super::code::{NONE, Node};
use super::flow::successors;
use super::live::{Block, Live};
use gol_bytecode::{Ins, Op};

/// Jumps that are followed.
const HOPS: usize = 4;

/// Whether control goes other ways now, between other beginnings of blocks. `live` knows the blocks; what branches is the last instruction of one.
pub(super) fn shorten(nodes: &mut [Node], live: &Live, epilogue: Option<usize>) -> bool {
    let mut changed = false;
    let branches = || live.blocks.iter().map(|b| b.to - 1);
    for k in branches() {
        changed |= larger(nodes, k) || counted(nodes, k);
    }
    for k in branches() {
        if nodes[k].gone || nodes[k].to == NONE {
            continue;
        }
        let to = nodes[k].to;
        for _ in 0..HOPS {
            if !follow(nodes, k) {
                break;
            }
        }
        changed |= nodes[k].to != to;
    }
    for k in branches() {
        changed |= turn_round(nodes, k);
    }
    changed |= unreachable(nodes, live, epilogue);
    for k in branches() {
        let n = nodes[k];
        if n.ins.op == Op::Jmp && !n.gone && n.to as usize > k && !nodes[k + 1..n.to as usize].iter().any(|n| !n.gone) {
            nodes[k].delete();
            changed |= nodes[k].gone;
        }
    }
    leaders(nodes, live, epilogue) || changed
}

/// The first instruction that is left from here on.
fn real(nodes: &[Node], mut k: usize) -> Option<usize> {
    while nodes.get(k)?.gone {
        k += 1;
    }
    Some(k)
}

/// One step further than the branch goes now.
fn follow(nodes: &mut [Node], k: usize) -> bool {
    let n = nodes[k];
    let Some(to) = real(nodes, n.to as usize) else { return false };
    let t = nodes[to];
    if to <= k {
        return false;
    }
    match t.ins.op {
        Op::Jmp if t.to as usize > k => {
            nodes[k].to = t.to;
            true
        }
        // Leaving is as short as going there.
        Op::Ret | Op::Ret1 | Op::RetN if n.ins.op == Op::Jmp && !n.pinned => {
            (nodes[k].ins, nodes[k].to) = (t.ins, NONE);
            false
        }
        Op::JmpB if n.ins.op == Op::Jmp && !n.pinned && t.to as usize <= k => {
            (nodes[k].ins, nodes[k].to) = (t.ins, t.to);
            false
        }
        _ => false,
    }
}

/// `x = k` in front of a test of `x` that others come to as well, as when a result that is nil here is asked for: goes on where the test leads.
/// Whether there was one.
pub(super) fn foreseen(live: &mut Live, nodes: &mut [Node]) -> bool {
    let mut found = false;
    for b in 0..live.blocks.len() {
        found |= foreseen_behind(live, nodes, b).is_some();
    }
    found
}

fn foreseen_behind(live: &mut Live, nodes: &mut [Node], b: usize) -> Option<()> {
    let Block { from, to, .. } = live.blocks[b];
    let last = (from..to).rev().find(|&k| !nodes[k].gone)?;
    let jumps = nodes[last].ins.op == Op::Jmp;
    let at = real(nodes, if jumps { nodes[last].to as usize } else { to })?;
    let test = nodes[at];
    if test.to == NONE {
        return None;
    }
    let (load, read) = if jumps { maker(live, nodes, from, last, test.ins.a)? } else { (last, false) };
    let (n, l) = (nodes[load], nodes[last]);
    if n.ins.op != Op::LoadI || n.ins.a != test.ins.a || n.pinned || l.pinned {
        return None;
    }
    let way = if holds(test.ins, n.ins.cd() as i32 as i64)? { test.to as usize } else { at + 1 };
    if way <= last || way >= nodes.len() {
        return None;
    }
    let dead = live.start(way).get(n.ins.a as usize) == Some(&0) && !live.is_fixed(n.ins.a) && !read;
    if !dead && !jumps {
        return None;
    }
    if dead && jumps {
        nodes[load].delete();
    }
    nodes[last].ins = Ins::wide(Op::Jmp, 0, 0, 0);
    nodes[last].to = way as u32;
    nodes[way].leader = true;
    live.changed(last, &nodes[last]);
    Some(())
}

/// So far the maker of a value is looked for in front of a jump.
const NEAR: usize = 6;

/// What writes a register last in front of `last` in its block, and whether it is read behind that.
fn maker(live: &Live, nodes: &[Node], from: usize, last: usize, reg: u16) -> Option<(usize, bool)> {
    let mut read = false;
    for k in (from..last).rev().filter(|&k| !nodes[k].gone).take(NEAR) {
        let e = live.known(k);
        if e.opaque || e.clobbers.is_some_and(|first| first <= reg) || e.unsure && e.writes.hits(reg) {
            return None;
        }
        if e.writes.hits(reg) {
            return Some((k, read));
        }
        read |= e.reads.hits(reg);
    }
    None
}

/// Is a branch on this value taken? `None` when it asks for something else.
fn holds(test: Ins, v: i64) -> Option<bool> {
    let k = test.b as i16 as i64;
    Some(match test.op {
        Op::Jz => v == 0,
        Op::Jnz => v != 0,
        Op::JeqK => v == k,
        Op::JneK => v != k,
        Op::JltK => v < k,
        Op::JleK => v <= k,
        Op::JgtK => v > k,
        Op::JgeK => v >= k,
        _ => return None,
    })
}

/// A branch over a jump becomes the opposite branch. Whether there was one.
fn turn_round(nodes: &mut [Node], k: usize) -> bool {
    let n = nodes[k];
    if n.gone || n.to == NONE || n.to as usize <= k {
        return false;
    }
    let Some(j) = real(nodes, k + 1) else { return false };
    let jump = nodes[j];
    let over = real(nodes, n.to as usize) == real(nodes, j + 1);
    let entered = nodes[k + 1..=j].iter().any(|n| n.leader);
    if jump.ins.op != Op::Jmp || jump.pinned || jump.to as usize <= j || !over || entered {
        return false;
    }
    let Some((op, swap)) = opposite(n.ins.op) else { return false };
    let ins = &mut nodes[k].ins;
    ins.op = op;
    if swap {
        std::mem::swap(&mut ins.a, &mut ins.b);
    }
    nodes[k].to = jump.to;
    nodes[j].delete();
    true
}

/// `if a < b { x = a } else { x = b }` and `if a < x { x = a }`, which need no branch.
fn larger(nodes: &mut [Node], k: usize) -> bool {
    let n = nodes[k];
    if n.gone || !matches!(n.ins.op, Op::JltI | Op::JleI) || n.to as usize <= k {
        return false;
    }
    let (Some(j), Some(taken)) = (real(nodes, k + 1), real(nodes, n.to as usize)) else { return false };
    let first = nodes[j];
    let Some(behind) = real(nodes, j + 1) else { return false };
    if first.ins.op != Op::Mov || nodes[k + 1..=j].iter().any(|n| n.leader) {
        return false;
    }
    let (dst, not) = (first.ins.a, first.ins.b);
    let second = nodes[taken];
    let both = nodes[behind].ins.op == Op::Jmp
        && !nodes[behind].pinned
        && !nodes[j + 1..=behind].iter().any(|n| n.leader)
        && second.ins.op == Op::Mov
        && second.ins.a == dst
        && real(nodes, taken + 1) == real(nodes, nodes[behind].to as usize);
    // What the destination is when the branch is taken, that is, when a is the smaller one.
    let yes = if both {
        second.ins.b
    } else if behind == taken {
        dst
    } else {
        return false;
    };
    let (a, b) = (n.ins.a, n.ins.b);
    let op = match (yes, not) {
        (y, x) if y == a && x == b => Op::MinI,
        (y, x) if y == b && x == a => Op::MaxI,
        _ => return false,
    };
    nodes[k].ins = Ins::new(op, dst, a, b, 0);
    nodes[k].to = NONE;
    nodes[j].delete();
    true
}

/// `if cond { n += k }`. Whether it was one.
fn counted(nodes: &mut [Node], k: usize) -> bool {
    let n = nodes[k];
    if n.gone || n.to == NONE || n.to as usize <= k {
        return false;
    }
    let Some(j) = real(nodes, k + 1) else { return false };
    let sum = nodes[j].ins;
    let alone = real(nodes, j + 1) == real(nodes, n.to as usize) && !nodes[k + 1..=j].iter().any(|n| n.leader);
    if sum.op != Op::AddK || sum.a != sum.b || !alone {
        return false;
    }
    let (a, by, i) = (sum.a, sum.c, n.ins);
    // The branch is taken when nothing is to be added.
    let new = match i.op {
        Op::Jz => Ins::new(Op::IncNz, a, i.a, by, 0),
        Op::Jnz => Ins::new(Op::IncZ, a, i.a, by, 0),
        Op::JneK => Ins::new(Op::IncEqK, a, i.a, i.b, by),
        Op::JeqK => Ins::new(Op::IncNeK, a, i.a, i.b, by),
        Op::JltI => Ins::new(Op::IncLeI, a, i.b, i.a, by),
        Op::JleI => Ins::new(Op::IncLtI, a, i.b, i.a, by),
        _ => return false,
    };
    nodes[k].ins = new;
    nodes[k].to = NONE;
    nodes[j].delete();
    true
}

/// The branch that is taken when this one is not, and whether its operands change places.
fn opposite(op: Op) -> Option<(Op, bool)> {
    Some(match op {
        Op::Jz => (Op::Jnz, false),
        Op::Jnz => (Op::Jz, false),
        Op::JeqW => (Op::JneW, false),
        Op::JneW => (Op::JeqW, false),
        Op::JltI => (Op::JleI, true),
        Op::JleI => (Op::JltI, true),
        Op::JltU => (Op::JleU, true),
        Op::JleU => (Op::JltU, true),
        Op::JeqK => (Op::JneK, false),
        Op::JneK => (Op::JeqK, false),
        Op::JltK => (Op::JgeK, false),
        Op::JgeK => (Op::JltK, false),
        Op::JleK => (Op::JgtK, false),
        Op::JgtK => (Op::JleK, false),
        Op::JeqF => (Op::JneF, false),
        Op::JneF => (Op::JeqF, false),
        Op::JltF => (Op::JnltF, false),
        Op::JnltF => (Op::JltF, false),
        Op::JleF => (Op::JnleF, false),
        Op::JnleF => (Op::JleF, false),
        Op::JeqS => (Op::JneS, false),
        Op::JneS => (Op::JeqS, false),
        _ => return None,
    })
}

/// What no way leads to goes. Whether there was something.
fn unreachable(nodes: &mut [Node], live: &Live, epilogue: Option<usize>) -> bool {
    let mut seen = vec![false; live.blocks.len()];
    let mut todo = vec![0];
    todo.extend(epilogue.map(|e| live.block_of(e)));
    while let Some(b) = todo.pop() {
        if !std::mem::replace(&mut seen[b as usize], true) {
            successors(live, nodes, b as usize, |s| todo.push(s));
        }
    }
    let mut found = false;
    for (block, _) in live.blocks.iter().zip(seen).filter(|(_, seen)| !seen) {
        for n in nodes[block.from..block.to].iter_mut().filter(|n| !n.gone) {
            n.delete();
            found |= n.gone;
        }
    }
    found
}

/// Who is jumped to now. Whether it is others than before.
fn leaders(nodes: &mut [Node], live: &Live, epilogue: Option<usize>) -> bool {
    let mut now = vec![false; live.blocks.len()];
    for (b, block) in live.blocks.iter().enumerate() {
        now[b] |= nodes[block.from].pinned;
        let last = &nodes[block.to - 1];
        if last.gone {
            continue;
        }
        if last.to != NONE {
            now[live.block_of(last.to as usize) as usize] = true;
        }
        if last.ins.op == Op::JmpTab {
            now[live.block_of(block.to + last.ins.b as usize) as usize] = true;
        }
    }
    if let Some(e) = epilogue {
        now[live.block_of(e) as usize] = true;
    }
    let mut others = false;
    for (block, now) in live.blocks.iter().zip(now) {
        others |= nodes[block.from].leader != now;
        nodes[block.from].leader = now;
    }
    others
}

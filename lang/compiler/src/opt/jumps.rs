//! Jumps to jumps, jumps to what comes next anyway, and what cannot be reached any more.

use super::code::{NONE, Node};
use gol_bytecode::Op;

/// Jumps that are followed.
const HOPS: usize = 4;

pub(super) fn shorten(nodes: &mut [Node], epilogue: Option<usize>) {
    for k in 0..nodes.len() {
        if nodes[k].gone || nodes[k].to == NONE {
            continue;
        }
        for _ in 0..HOPS {
            if !follow(nodes, k) {
                break;
            }
        }
    }
    for k in 0..nodes.len() {
        turn_round(nodes, k);
    }
    unreachable(nodes, epilogue);
    for k in 0..nodes.len() {
        let n = nodes[k];
        if n.ins.op == Op::Jmp && !n.gone && n.to as usize > k && !nodes[k + 1..n.to as usize].iter().any(|n| !n.gone) {
            nodes[k].delete();
        }
    }
    leaders(nodes, epilogue);
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

/// A branch over a jump becomes the opposite branch.
fn turn_round(nodes: &mut [Node], k: usize) {
    let n = nodes[k];
    if n.gone || n.to == NONE || n.to as usize <= k {
        return;
    }
    let Some(j) = real(nodes, k + 1) else { return };
    let jump = nodes[j];
    let over = real(nodes, n.to as usize) == real(nodes, j + 1);
    let entered = nodes[k + 1..=j].iter().any(|n| n.leader);
    if jump.ins.op != Op::Jmp || jump.pinned || jump.to as usize <= j || !over || entered {
        return;
    }
    let Some((op, swap)) = opposite(n.ins.op) else { return };
    let ins = &mut nodes[k].ins;
    ins.op = op;
    if swap {
        std::mem::swap(&mut ins.a, &mut ins.b);
    }
    nodes[k].to = jump.to;
    nodes[j].delete();
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

fn unreachable(nodes: &mut [Node], epilogue: Option<usize>) {
    let mut seen = vec![false; nodes.len() + 1];
    let mut todo = vec![0];
    todo.extend(epilogue);
    while let Some(k) = todo.pop() {
        let mut k = k;
        while k < nodes.len() && !seen[k] {
            seen[k] = true;
            let n = &nodes[k];
            if !n.gone {
                if n.to != NONE {
                    todo.push(n.to as usize);
                }
                match n.ins.op {
                    Op::JmpTab => todo.extend(k + 1..k + 2 + n.ins.b as usize),
                    Op::SelectWake => todo.extend((k + 1..nodes.len()).take_while(|&j| nodes[j].pinned)),
                    _ => {}
                }
                if n.ends() {
                    break;
                }
            }
            k += 1;
        }
    }
    for (k, n) in nodes.iter_mut().enumerate() {
        if !seen[k] {
            n.delete();
        }
    }
}

/// Who is jumped to now.
fn leaders(nodes: &mut [Node], epilogue: Option<usize>) {
    for n in nodes.iter_mut() {
        n.leader = n.pinned;
    }
    for k in 0..nodes.len() {
        if !nodes[k].gone && nodes[k].to != NONE {
            let to = nodes[k].to as usize;
            nodes[to].leader = true;
        }
        if nodes[k].ins.op == Op::JmpTab && !nodes[k].gone {
            let behind = k + 1 + nodes[k].ins.b as usize;
            nodes[behind].leader = true;
        }
    }
    if let Some(e) = epilogue {
        nodes[e].leader = true;
    }
}

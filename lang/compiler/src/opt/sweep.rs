//! Backward over each block with what is wanted behind each instruction: deletes what nobody looks at, lets results be made where
//! they are moved to, and hands pairs of instructions to `fuse`.

use super::code::Node;
use super::live::{Live, is_pure};
use gol_bytecode::{Ins, Op, Role};

/// How far the maker of a value is looked for.
const FAR: usize = 48;

/// Whether something changed.
pub(super) fn sweep(live: &Live, nodes: &mut [Node], fuse: bool) -> bool {
    let mut wanted = vec![0u8; live.regs];
    let mut changed = false;
    for b in 0..live.blocks.len() {
        let (from, to) = (live.blocks[b].from, live.blocks[b].to);
        live.at_end(nodes, b, &mut wanted);
        for k in (from..to).rev() {
            if nodes[k].gone {
                continue;
            }
            changed |= narrow(&mut nodes[k], &wanted);
            let e = live.effects(&nodes[k]);
            if is_pure(&nodes[k]) && !live.is_wanted(&e, &wanted) {
                nodes[k].delete();
                changed = true;
                continue;
            }
            let is_move = nodes[k].ins.op == Op::Mov && !nodes[k].pinned;
            if is_move && (nodes[k].ins.a == nodes[k].ins.b || make_there(live, nodes, from, k, &wanted)) {
                nodes[k].delete();
                changed = true;
                continue;
            }
            let mut fused = false;
            while fuse && super::fuse::fuse(live, nodes, from, k, &wanted) {
                fused = true;
            }
            let e = if fused { live.effects(&nodes[k]) } else { e };
            changed |= fused;
            live.step(&nodes[k], &e, &mut wanted);
        }
    }
    changed
}

/// Bits that nobody looks at need no normalisation. Whether there are some.
fn narrow(n: &mut Node, wanted: &[u8]) -> bool {
    let bits = match n.ins.op {
        Op::Zext8 | Op::Sext8 => 8,
        Op::Zext16 | Op::Sext16 => 16,
        Op::Zext32 | Op::Sext32 => 32,
        Op::AndK if (n.ins.c as i16) > 0 && (n.ins.c + 1).is_power_of_two() => n.ins.c.trailing_ones() as u8,
        _ => return false,
    };
    let needless = wanted[n.ins.a as usize] <= bits;
    if needless {
        n.ins = Ins::new(Op::Mov, n.ins.a, n.ins.b, 0, 0);
    }
    needless
}

/// `t = …; …; a = t` with t dead behind: everything in between uses a instead of t, and the move goes.
fn make_there(live: &Live, nodes: &mut [Node], from: usize, k: usize, wanted: &[u8]) -> bool {
    let (a, t) = (nodes[k].ins.a, nodes[k].ins.b);
    if wanted[t as usize] > 0 || live.is_fixed(a) || live.is_fixed(t) {
        return false;
    }
    let Some(maker) = maker(live, nodes, from, k, a, t) else { return false };
    nodes[maker].ins.a = a;
    for n in &mut nodes[maker + 1..k] {
        if !n.gone {
            rename(&mut n.ins, t, a);
        }
    }
    true
}

/// The instruction that makes `t`, when `t` can be `a` from there on.
fn maker(live: &Live, nodes: &[Node], from: usize, k: usize, a: u16, t: u16) -> Option<usize> {
    for j in (from.max(k.saturating_sub(FAR))..k).rev() {
        let n = &nodes[j];
        if n.gone {
            continue;
        }
        let e = live.effects(n);
        if e.opaque || e.may_write.hits(a) || e.may_write.hits(t) || e.clobbers.is_some_and(|c| c <= a.max(t)) {
            return None;
        }
        // It reads everything before it writes: its operands may be `a`.
        let makes = n.ins.op.roles()[0] == Role::W && n.ins.a == t;
        if e.writes.hits(a) || e.reads.hits(a) && !makes {
            return None;
        }
        if makes {
            return Some(j);
        }
        if (e.writes.hits(t) || e.reads.hits(t)) && !only_single(n, t) {
            return None;
        }
    }
    None
}

/// Every mention of the register is an operand of its own, none lies in a span.
fn only_single(n: &Node, t: u16) -> bool {
    let fields = [n.ins.a, n.ins.b, n.ins.c, n.ins.d];
    let roles = n.ins.op.roles();
    let spans = |w: u16, first: u16| t >= first && t - first < w;
    let mut k = 0;
    while k < 4 {
        match roles[k] {
            Role::R3 | Role::M3 | Role::W3 if spans(3, fields[k]) => return false,
            Role::W2 if spans(2, fields[k]) => return false,
            Role::Ws | Role::Rs | Role::Rt | Role::X | Role::A => return false,
            Role::JJ | Role::KK | Role::FF | Role::GG | Role::II | Role::TT => return true,
            _ => {}
        }
        k += 1;
    }
    true
}

/// Gives a register that stands alone in operands another name.
fn rename(ins: &mut Ins, t: u16, a: u16) {
    let roles = ins.op.roles();
    let single = |r: Role| matches!(r, Role::W | Role::R | Role::M);
    if single(roles[0]) && ins.a == t {
        ins.a = a;
    }
    if single(roles[1]) && ins.b == t {
        ins.b = a;
    }
    if single(roles[2]) && ins.c == t {
        ins.c = a;
    }
    if single(roles[3]) && ins.d == t {
        ins.d = a;
    }
}

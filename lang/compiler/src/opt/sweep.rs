//! Backward over each block with what is wanted behind each instruction: deletes what nobody looks at, lets results be made where
//! they are moved to, and hands pairs of instructions to `fuse`.

use super::code::Node;
use super::live::{Live, is_pure};
use gol_bytecode::{Ins, Op, Role};

/// How far the maker of a value is looked for.
const FAR: usize = 48;

/// Whether something changed.
pub(super) fn sweep(live: &mut Live, nodes: &mut [Node], fuse: bool) -> bool {
    let mut wanted = live.take_wanted();
    let mut changed = false;
    for b in 0..live.blocks.len() {
        let (from, to) = (live.blocks[b].from, live.blocks[b].to);
        live.at_end(nodes, b, &mut wanted);
        for k in (from..to).rev() {
            if nodes[k].gone {
                continue;
            }
            if narrow(&mut nodes[k], &wanted) {
                live.changed(k, &nodes[k]);
                changed = true;
            }
            if is_pure(&nodes[k]) && !live.is_wanted(live.known(k), &wanted) {
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
            while fuse && super::fuse::fuse(live, nodes, from, k, &wanted) {
                live.changed(k, &nodes[k]);
                changed = true;
            }
            live.step(&nodes[k], live.known(k), &mut wanted);
        }
    }
    live.give_wanted(wanted);
    super::jumps::foreseen(live, nodes) || changed
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
fn make_there(live: &mut Live, nodes: &mut [Node], from: usize, k: usize, wanted: &[u8]) -> bool {
    let (a, t) = (nodes[k].ins.a, nodes[k].ins.b);
    if wanted[t as usize] > 0 || live.is_fixed(a) || live.is_fixed(t) {
        return false;
    }
    let Some(maker) = maker(live, nodes, from, k, a, t) else { return false };
    nodes[maker].ins.a = a;
    live.changed(maker, &nodes[maker]);
    for (j, n) in nodes.iter_mut().enumerate().take(k).skip(maker + 1) {
        if !n.gone && rename(&mut n.ins, t, a) {
            live.changed(j, n);
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
        let e = live.known(j);
        let unsure = e.unsure && (e.writes.hits(a) || e.writes.hits(t));
        if e.opaque || unsure || e.clobbers.is_some_and(|c| c <= a.max(t)) {
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

/// Gives a register that stands alone in operands another name. Whether it was there.
fn rename(ins: &mut Ins, t: u16, a: u16) -> bool {
    let roles = ins.op.roles();
    let mut found = false;
    for (role, field) in roles.into_iter().zip([&mut ins.a, &mut ins.b, &mut ins.c, &mut ins.d]) {
        if matches!(role, Role::W | Role::R | Role::M) && *field == t {
            *field = a;
            found = true;
        }
    }
    found
}

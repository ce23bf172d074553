//! How wide the values of registers are at the beginnings of blocks, whatever way led there.
//!
//! Found upward from nothing, as unsigned numbers; what goes on growing in a loop counts as unknown.

use super::code::Node;
use super::flow::Flow;
use super::fold;
use super::live::{Block, Known, Live};
use gol_bytecode::{Op, Program};

/// Rounds after which a width that grows is unknown.
const ROUNDS: usize = 3;
const UNKNOWN: u8 = 64;

/// Does it say anything that is worth the search? What asks for widths are shifts that stand for rotations, and narrow divisions.
pub(super) fn pay(nodes: &[Node]) -> bool {
    let (mut narrow, mut asks) = (false, false);
    for n in nodes.iter().filter(|n| !n.gone) {
        narrow |= matches!(n.ins.op, Op::Zext8 | Op::Zext16 | Op::Zext32);
        asks |= matches!(n.ins.op, Op::ShrUK | Op::DivU | Op::RemU | Op::Zext8 | Op::Zext16 | Op::Zext32);
    }
    narrow && asks
}

/// Bits of each register's value where each block begins; the first `given` registers may hold anything at the beginning of the function.
pub(super) fn at_starts(
    p: &Program,
    nodes: &[Node],
    live: &Live,
    flow: &Flow,
    known: &mut Known,
    given: usize,
) -> Vec<u8> {
    let regs = live.regs;
    let mut ends = vec![0; live.blocks.len() * regs];
    let mut starts = ends.clone();
    for round in 0.. {
        let mut settled = true;
        for (b, block) in live.blocks.iter().enumerate() {
            let now = &mut starts[b * regs..][..regs];
            if live.epilogue_at == Some(block.from) {
                // A failure goes there from anywhere.
                now.fill(UNKNOWN);
            } else if b == 0 {
                now[..given].fill(UNKNOWN);
            }
            for &from in flow.preds(b) {
                let end = &ends[from as usize * regs..][..regs];
                now.iter_mut().zip(end).for_each(|(w, e)| *w = (*w).max(*e));
            }
            let mut now = now.to_vec();
            if !through(p, nodes, block, known, &mut now) {
                return vec![UNKNOWN; starts.len()];
            }
            for (end, now) in ends[b * regs..][..regs].iter_mut().zip(now) {
                if now > *end {
                    *end = if round < ROUNDS { now } else { UNKNOWN };
                    settled = false;
                }
            }
        }
        if settled {
            break;
        }
    }
    starts
}

/// From the beginning of a block to its end; false when it does who knows what.
fn through(p: &Program, nodes: &[Node], block: &Block, known: &mut Known, now: &mut [u8]) -> bool {
    for (k, n) in (block.from..).zip(&nodes[block.from..block.to]).filter(|(_, n)| !n.gone) {
        let e = known.of(p, k, n);
        if e.opaque {
            return false;
        }
        if fold::makes_one(n.ins.op) {
            let bits = fold::bits(n.ins, |r| now[r as usize], |id| fold::word(p, id));
            now[n.ins.a as usize] = bits;
            continue;
        }
        for (first, n) in e.writes.iter() {
            now[first as usize..][..n as usize].fill(UNKNOWN);
        }
        if let Some(from) = e.clobbers {
            let from = (from as usize).min(now.len());
            now[from..].fill(UNKNOWN);
        }
    }
    true
}

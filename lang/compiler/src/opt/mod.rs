//! After emission: functions are made shorter by what can be seen in their code alone.
//!
//! Reading order: `code` (a function as a list that can be edited), `live` (what is still wanted, backward), `values` and `fold`
//! (what is known, forward), `sweep` (deletes, joins, fuses), `jumps`. The order of instructions never changes, so
//! positions, stretches of inlined bodies and the order of failures stay as they were. `--no-opt` leaves all this out.

mod code;
mod flow;
mod fold;
mod fuse;
mod jumps;
mod live;
mod sweep;
mod values;

use gol_bytecode::{Func, Op, Program};

/// Blocks times registers that one function may have; larger ones stay as they are.
const WORK_MAX: usize = 1 << 21;

/// A register that became free in one round gives its room to a value of the next.
const ROUNDS: usize = 2;

/// Shortens the program's functions from `first` on.
pub(crate) fn optimise(program: &mut Program, first: usize) {
    let mut room = values::Room::default();
    for id in first..program.funcs.len() {
        let mut f = std::mem::take(&mut program.funcs[id]);
        // What others see of it while it is away.
        (program.funcs[id].params, program.funcs[id].results) = (f.params, f.results);
        function(program, &mut f, &mut room);
        program.funcs[id] = f;
    }
}

fn function(p: &Program, f: &mut Func, room: &mut values::Room) {
    if f.code.is_empty() {
        return;
    }
    let mut nodes = code::decode(f);
    let regs = f.regs as usize;
    let epilogue = f.epilogue.map(|e| nodes.partition_point(|n| n.at < e));
    let mut known = live::Known::new(nodes.len());
    let loops = nodes.iter().enumerate().any(|(k, n)| n.to as usize <= k);
    for round in 1..=ROUNDS {
        let Some(blocks) = live::Live::blocks(p, &nodes, regs, epilogue) else { return };
        values::Values::run(p, &mut nodes, &blocks, &mut known, room);
        let way = |nodes: &[code::Node]| nodes.iter().map(|n| (n.to, n.gone, n.leader)).collect::<Vec<_>>();
        let before = way(&nodes);
        jumps::shorten(&mut nodes, epilogue);
        let settled = before == way(&nodes);
        let Some(mut live) = live::Live::new(p, &nodes, regs, epilogue, known) else { return };
        let last = round == ROUNDS;
        let changed = sweep::sweep(&mut live, &mut nodes, last);
        let moves = || nodes.iter().any(|n| !n.gone && n.ins.op == Op::Mov);
        if !last && (!changed && settled || !loops && !moves()) {
            // Another round would find what this one found, or what is not worth it.
            sweep::sweep(&mut live, &mut nodes, true);
            break;
        }
        known = live.end();
    }
    code::encode(f, &mut nodes);
}

//! After emission: functions are made shorter by what can be seen in their code alone, when they are first asked for.
//!
//! Reading order: `code` (a function as a list that can be edited), `live` (what is still wanted, backward), `values`, `fold` and `widths`
//! (what is known, forward), `spare` (registers of their own), `sweep` (deletes, joins, fuses), `jumps`. The order of instructions never changes, so
//! positions, stretches of inlined bodies and the order of failures stay as they were. `--no-opt` leaves all this out.

mod code;
mod flow;
mod fold;
mod fuse;
mod jumps;
mod live;
mod spare;
mod sweep;
mod values;
mod widths;

use gol_bytecode::{Func, FuncId, Op, Program};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Blocks times registers that one function may have; larger ones stay as they are.
const WORK_MAX: usize = 1 << 21;

/// A register that became free in one round gives its room to a value of the next.
const ROUNDS: usize = 2;

/// A session's functions in their final form, from any thread. Functions are optimised when somebody asks for them, so those that are
/// never called cost nothing, and those that are called once, without loops, next to nothing.
#[derive(Clone)]
pub struct Functions {
    program: Arc<RwLock<Program>>,
    /// Nothing is optimised.
    plain: bool,
    /// One function after the other is optimised in it.
    room: Arc<Mutex<Room>>,
}

impl Functions {
    pub(crate) fn new(program: Arc<RwLock<Program>>, plain: bool) -> Functions {
        Functions { program, plain, room: Arc::default() }
    }
    /// Calls `visit` with the program and the function as it is to run, which has no more registers than in the program and fits into
    /// [`Func::room`]. The program waits for the visitor when it is to grow.
    ///
    /// # Panics
    /// There is no such function.
    pub fn with<R>(&self, id: FuncId, visit: impl FnOnce(&Program, Func) -> R) -> R {
        let program = self.program.read().unwrap_or_else(PoisonError::into_inner);
        let f = &program.funcs[id as usize];
        // What runs once, from the top to the bottom, is done sooner than it is made shorter.
        let plain = self.plain || f.once && !code::has_loops(f);
        visit(&program, self.finished(&program, f, plain))
    }
    /// The program with all functions optimised, to be read: those that run once, too, which [`Functions::with`] leaves as they were emitted.
    pub fn all(&self) -> Program {
        let program = self.program.read().unwrap_or_else(PoisonError::into_inner);
        let funcs = program.funcs.iter().map(|f| self.finished(&program, f, self.plain)).collect();
        Program { funcs, ..program.clone() }
    }
    fn finished(&self, program: &Program, f: &Func, plain: bool) -> Func {
        let mut f = f.clone();
        f.regs -= f.spare;
        if !plain {
            let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
            function(program, &mut f, &mut room);
        }
        f.spare = 0;
        f
    }
}

/// Memory that goes from function to function.
#[derive(Default)]
struct Room {
    nodes: Vec<code::Node>,
    live: live::Room,
    values: values::Room,
}

fn function(p: &Program, f: &mut Func, room: &mut Room) {
    if f.code.is_empty() {
        return;
    }
    let mut nodes = std::mem::take(&mut room.nodes);
    code::decode(f, &mut nodes);
    if let Some(live) = shorten(p, f, &mut nodes, room) {
        let units = f.room();
        f.regs = live.regs as u16;
        room.live = live.end();
        code::encode(f, &mut nodes);
        debug_assert!(f.code.len() <= units, "{} has outgrown its room", f.name);
    }
    room.nodes = nodes;
}

/// `None`: there would be too much to do, the function stays as it is.
fn shorten<'p>(p: &'p Program, f: &Func, nodes: &mut Vec<code::Node>, room: &mut Room) -> Option<live::Live<'p>> {
    let regs = f.regs as usize;
    let place = |nodes: &[code::Node]| f.epilogue.map(|e| nodes.partition_point(|n| n.at < e));
    let mut epilogue = place(nodes);
    let loops = nodes.iter().enumerate().any(|(k, n)| n.to as usize <= k);
    // Parameters, and behind them the closure that was called.
    let given = loops.then(|| (f.params as usize + 1).min(regs));
    let mut live = live::Live::new(p, nodes, regs, epilogue, &mut room.live)?;
    for round in 1..=ROUNDS {
        if round > 1 && !live.find_blocks(nodes) {
            return None;
        }
        values::Values::run(p, nodes, &mut live, given, &mut room.values);
        let settled = !jumps::shorten(nodes, &live, epilogue);
        if !live.find(nodes) {
            return None;
        }
        let last = round == ROUNDS;
        let changed = sweep::sweep(&mut live, nodes, last);
        if !last && let Some(used) = spare::give(f, &live, nodes, &mut room.values.missed) {
            room.live = live.end();
            epilogue = place(nodes);
            live = live::Live::new(p, nodes, used as usize, epilogue, &mut room.live)?;
            continue;
        }
        let moves = || nodes.iter().any(|n| !n.gone && n.ins.op == Op::Mov);
        if !last && (!changed && settled || !loops && !moves()) {
            // Another round would find what this one found, or what is not worth it.
            sweep::sweep(&mut live, nodes, true);
            break;
        }
    }
    Some(live)
}

//! The function under construction: code, registers, labels, line table.
//!
//! Registers are a stack: locals keep theirs until their block ends, temporaries lie above and are given back by resetting to a mark.
//! A label that is bound when it is jumped to makes the branch a backward one (`…B`), which polls.

use super::Reg;
use super::known::{Bound, Literal};
use super::range_func::RangeBody;
use super::vars::Vars;
use crate::info::ObjId;
use crate::types::FuncTy;
use gol_bytecode::{Inlined, Ins, Op};
use gol_syntax::ast::{ExprId, Sym};
use gol_syntax::span::Span;
use rustc_hash::FxHashMap;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Label(u32);

/// Where a variable lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Loc {
    Reg(Reg),
    /// The register holds the address of the variable's object.
    Box(Reg),
}

#[derive(Clone, Copy)]
enum Field {
    /// The offset is in c and d of the branch, relative to the unit behind it.
    Wide,
    /// 16 bits in d.
    Short,
    /// In e and f of the data unit behind the instruction; relative to the unit behind that.
    Data,
}

struct Patch {
    at: usize,
    label: Label,
    field: Field,
}

/// What `break` and `continue` leave, and what happens on the way out.
pub(super) struct Target {
    pub label: Option<Sym>,
    pub brk: Label,
    pub cont: Option<Label>,
}

#[derive(Default)]
pub(super) struct Fun {
    pub code: Vec<Ins>,
    pub lines: Vec<(u32, u32)>,
    /// Source position of what is emitted next.
    pub pos: u32,
    pub next: Reg,
    pub max: Reg,
    labels: Vec<Option<u32>>,
    /// Labels that something jumps to.
    jumped: Vec<bool>,
    patches: Vec<Patch>,
    /// The last jump that `goto` made, when nothing was emitted and no label bound since.
    last_goto: Option<Label>,
    /// What follows cannot be reached: nothing is emitted until a label that is jumped to.
    pub dead: bool,
    /// Unreachable code is emitted like any other.
    pub plain: bool,
    pub vars: Vars,
    /// Pointers that are none: the registers of what they point to.
    pub held: FxHashMap<ObjId, Reg>,
    /// Variables that keep the function literal that they were declared with, and its name.
    pub literals: FxHashMap<ObjId, (ExprId, String)>,
    /// Literals of which it is to be noted what they become.
    pub wanted: Vec<ExprId>,
    pub made: Vec<Arc<Literal>>,
    /// Slices that nothing changes, and what `SwpElem` takes of them.
    pub swappable: Vec<(Reg, Reg)>,
    /// Parameters that are known functions.
    pub known: Vec<(ObjId, Bound)>,
    /// Expressions whose value is in registers already (arguments of deferred calls).
    pub given: FxHashMap<ExprId, Reg>,
    /// Rows whose addresses lie in registers (`rows`).
    pub kept: FxHashMap<ExprId, Reg>,
    /// The destination that the next expression may write before it has read everything: nothing else uses it.
    pub fresh: Option<Reg>,
    /// The same for the expression being emitted, until it evaluates an operand.
    pub dst_fresh: bool,
    /// A loop around has its constants in registers.
    pub hoisting: bool,
    pub targets: Vec<Target>,
    pub gotos: FxHashMap<Sym, Label>,
    /// The label of the statement that comes next, for `break L` and `continue L`.
    pub pending_label: Option<Sym>,
    /// Bodies of the clauses that a `fallthrough` may go to, innermost last.
    pub fallthrough: Vec<Option<Label>>,
    /// The literal of a local function.
    pub local: Option<ExprId>,
    /// The declared function, when it is one.
    pub obj: Option<ObjId>,
    /// Bodies under construction in the places of their calls, innermost last.
    pub inlining: Vec<super::inline::Inlining>,
    /// Where such bodies lie, inner ones first.
    pub inlined: Vec<Inlined>,
    pub name: String,
    pub file_pos: u32,
    pub lits: u32,
    pub is_lit: bool,
    pub params: u32,
    pub results: u32,
    /// Its results are what the statements `return` here give.
    pub sig: Option<Arc<FuncTy>>,
    /// Of a local function: variables around it that come back behind the results.
    pub back: Vec<(Reg, u32)>,
    /// Result variables, when they are named or there are defers.
    pub result_vars: Vec<Loc>,
    pub named_results: bool,
    pub epilogue: Option<Label>,
    pub epilogue_at: Option<u32>,
    pub hidden: bool,
    /// The receiver comes in the box of an interface.
    pub in_box: bool,
    /// An operand did not fit into its field.
    pub cut: bool,
    /// Set in bodies of loops over functions.
    pub range: Option<RangeBody>,
    /// Such loops so far.
    pub ranges: u32,
}

/// Registers that a function has for the optimiser.
pub(super) const SPARE: u32 = 12;

impl Fun {
    /// Begins a function in the room that another one, which is finished, took up.
    pub fn begin(&mut self, name: String, pos: u32) {
        let mut room = Fun { name, file_pos: pos, pos, ..Fun::default() };
        std::mem::swap(&mut room.code, &mut self.code);
        std::mem::swap(&mut room.lines, &mut self.lines);
        std::mem::swap(&mut room.labels, &mut self.labels);
        std::mem::swap(&mut room.jumped, &mut self.jumped);
        std::mem::swap(&mut room.patches, &mut self.patches);
        std::mem::swap(&mut room.vars, &mut self.vars);
        std::mem::swap(&mut room.given, &mut self.given);
        room.code.clear();
        room.lines.clear();
        room.labels.clear();
        room.jumped.clear();
        room.patches.clear();
        room.vars.clear();
        room.given.clear();
        *self = room;
    }
    pub fn sig(&self) -> Arc<FuncTy> {
        self.sig.clone().unwrap_or_default()
    }
    pub fn span(&self) -> Span {
        Span::new(self.pos, self.pos)
    }
    pub fn here(&self) -> usize {
        self.code.len()
    }

    // ---- registers

    pub fn alloc(&mut self, words: u32) -> Reg {
        let r = self.next;
        self.next = self.next.saturating_add(words);
        self.max = self.max.max(self.next);
        r
    }
    /// The registers up to `end` (not included) are in use.
    pub fn keep(&mut self, end: Reg) {
        self.next = end;
        self.max = self.max.max(end);
    }

    // ---- code

    fn push(&mut self, i: Ins) {
        if self.dead {
            return;
        }
        if self.lines.last().is_none_or(|l| l.1 != self.pos) {
            match self.lines.last_mut() {
                Some(l) if l.0 as usize == self.code.len() => l.1 = self.pos,
                _ => self.lines.push((self.code.len() as u32, self.pos)),
            }
        }
        self.code.push(i);
        self.last_goto = None;
    }
    pub fn emit(&mut self, op: Op, a: u32, b: u32, c: u32, d: u32) {
        if (a | b | c | d) > 0xffff {
            self.cut |= [a, b, c, d].iter().any(|&x| x > 0xffff && x < 0xffff_8000);
        }
        self.push(Ins::new(op, a as u16, b as u16, c as u16, d as u16));
    }
    pub fn wide(&mut self, op: Op, a: u32, b: u32, cd: u32) {
        self.cut |= a.max(b) > 0xffff;
        self.push(Ins::wide(op, a as u16, b as u16, cd));
    }
    pub fn data(&mut self, e: u32, f: u32, g: u32, h: u32) {
        self.emit(Op::Data, e, f, g, h);
    }
    /// A data unit of two 32-bit operands.
    pub fn data2(&mut self, ef: u32, gh: u32) {
        self.emit(Op::Data, ef & 0xffff, ef >> 16, gh & 0xffff, gh >> 16);
    }
    /// Ends a stretch of code: what follows is reached by labels only.
    pub fn end(&mut self, op: Op, a: u32, b: u32) {
        self.emit(op, a, b, 0, 0);
        self.dead = !self.plain;
    }

    // ---- labels

    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        self.jumped.push(false);
        Label(self.labels.len() as u32 - 1)
    }
    pub fn is_bound(&self, l: Label) -> bool {
        self.labels[l.0 as usize].is_some()
    }
    /// The label is here. Code behind it is live when it was live before or something jumps here already.
    pub fn bind(&mut self, l: Label) {
        self.drop_jump(l);
        // A label in dead code that nothing has jumped to is no reason to keep a jump over it.
        if self.jumped[l.0 as usize] || !self.dead {
            self.last_goto = None;
        }
        self.labels[l.0 as usize] = Some(self.code.len() as u32);
        if self.jumped[l.0 as usize] {
            self.dead = false;
        }
    }
    /// A jump to the place right behind it is taken back.
    fn drop_jump(&mut self, l: Label) {
        if self.last_goto != Some(l) || !self.dead {
            return;
        }
        self.patches.pop();
        self.code.pop();
        if self.lines.last().is_some_and(|x| x.0 as usize == self.code.len()) {
            self.lines.pop();
        }
        self.dead = false;
    }
    /// The same for labels that later code may jump back to from anywhere.
    pub fn bind_live(&mut self, l: Label) {
        self.dead = false;
        self.bind(l);
    }
    /// A branch with operands a and b to a label.
    pub fn jump(&mut self, op: Op, a: u32, b: u32, l: Label) {
        if self.dead {
            return;
        }
        if self.is_bound(l) {
            match backward(op) {
                Some(op) => self.branch(op, a, b, l),
                None => {
                    let over = self.label();
                    self.branch(op, a, b, over);
                    let skip = self.label();
                    self.branch(Op::Jmp, 0, 0, skip);
                    self.bind(over);
                    self.branch(Op::JmpB, 0, 0, l);
                    self.bind(skip);
                    return;
                }
            }
        } else {
            self.branch(op, a, b, l);
        }
        if op == Op::Jmp {
            self.dead = !self.plain;
        }
    }
    pub fn goto(&mut self, l: Label) {
        if self.dead {
            return;
        }
        self.jump(Op::Jmp, 0, 0, l);
        self.last_goto = Some(l).filter(|l| !self.is_bound(*l));
    }
    fn branch(&mut self, op: Op, a: u32, b: u32, label: Label) {
        if self.dead {
            return;
        }
        self.refer(label, Field::Wide);
        self.wide(op, a, b, 0);
    }
    /// One `Jmp` of a table: code behind it stays live, for the table goes on.
    pub fn table_jump(&mut self, l: Label) {
        self.branch(if self.is_bound(l) { Op::JmpB } else { Op::Jmp }, 0, 0, l);
    }
    /// `AddKJltB` and its like; the caller has seen that `fits_short` holds.
    pub fn short_back(&mut self, op: Op, a: u32, b: u32, c: u32, label: Label) {
        if self.dead {
            return;
        }
        self.refer(label, Field::Short);
        self.emit(op, a, b, c, 0);
    }
    pub fn fits_short(&self, label: Label) -> bool {
        self.labels[label.0 as usize].is_some_and(|at| self.code.len() - at as usize <= 32_000)
    }
    /// The data unit of a two-unit branch.
    pub fn data_jump(&mut self, label: Label) {
        if self.dead {
            return;
        }
        self.refer(label, Field::Data);
        self.data(0, 0, 0, 0);
    }

    fn refer(&mut self, label: Label, field: Field) {
        self.jumped[label.0 as usize] = true;
        self.patches.push(Patch { at: self.code.len(), label, field });
    }

    /// Writes the branch offsets. Every label that is jumped to has been bound.
    pub fn patch(&mut self) {
        for p in &self.patches {
            let to = self.labels[p.label.0 as usize].unwrap_or(p.at as u32 + 1) as i64;
            let off = (to - (p.at as i64 + 1)) as i32 as u32;
            let i = &mut self.code[p.at];
            match p.field {
                Field::Wide => (i.c, i.d) = (off as u16, (off >> 16) as u16),
                Field::Short => i.d = off as u16,
                Field::Data => (i.a, i.b) = (off as u16, (off >> 16) as u16),
            }
        }
    }
}

/// The polling form of a branch.
fn backward(op: Op) -> Option<Op> {
    Some(match op {
        Op::Jmp => Op::JmpB,
        Op::Jnz => Op::JnzB,
        Op::Jz => Op::JzB,
        Op::JeqW => Op::JeqWB,
        Op::JneW => Op::JneWB,
        Op::JltI => Op::JltIB,
        Op::JleI => Op::JleIB,
        Op::JltU => Op::JltUB,
        Op::JleU => Op::JleUB,
        Op::JeqK => Op::JeqKB,
        Op::JneK => Op::JneKB,
        Op::JltK => Op::JltKB,
        Op::JleK => Op::JleKB,
        Op::JgtK => Op::JgtKB,
        Op::JgeK => Op::JgeKB,
        Op::JeqF => Op::JeqFB,
        Op::JneF => Op::JneFB,
        Op::JltF => Op::JltFB,
        Op::JleF => Op::JleFB,
        Op::JnltF => Op::JnltFB,
        Op::JnleF => Op::JnleFB,
        _ => return None,
    })
}

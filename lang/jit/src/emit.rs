//! A function's machine code: blocks, ways out, and access to registers. What single operations do is in `words.rs`, `memory.rs` and `jumps.rs`.
use crate::bits::{members, put};
use crate::plan::{self, How, Plan, behind, data};
use crate::{Fast, Machine, Source};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I32, I64};
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, ExtFuncData, ExternalName, FuncRef, InstBuilder, JumpTableData, MemFlagsData, SigRef,
    Signature, StackSlot, Type, UserExternalName, Value,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use gol_bytecode::{Ins, Op};
use std::collections::HashSet;

mod calls;
mod helped;
mod jumps;
mod memory;
mod words;

/// Memory that goes from function to function.
pub(crate) struct Room {
    builder: FunctionBuilderContext,
    context: Context,
}

impl Default for Room {
    fn default() -> Room {
        Room { builder: FunctionBuilderContext::new(), context: Context::new() }
    }
}

/// Memory whose addresses are good and aligned.
pub(super) fn plain() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// A signed immediate.
pub(super) fn imm16(v: u16) -> i64 {
    i64::from(v as i16)
}

/// A way back to the interpreter that is seldom taken.
struct Exit {
    block: Block,
    stores: Vec<(usize, Value)>,
    to: Goal,
}

#[derive(Clone, Copy)]
enum Goal {
    /// The dispatch of a unit.
    Unit(usize),
    /// The poll of a backward branch to a unit.
    Poll(usize),
    /// The failure of the instruction at a unit, in which nothing is kept.
    Raise(usize),
}

/// What was looked at in the block that is being emitted.
#[derive(Default)]
struct Seen {
    /// Words that are not 0.
    good: HashSet<Value>,
    /// Numbers that are below others.
    below: HashSet<(Value, Value)>,
    /// No collection marks, nobody else runs: so it stays until something is called.
    unmarked: bool,
    alone: bool,
    /// The way back of the present instruction.
    exit: Option<Block>,
}

pub(super) struct Emit<'a, 'b> {
    pub b: FunctionBuilder<'b>,
    pub source: &'a Source<'a>,
    pub machine: &'a Machine<'a>,
    plan: &'a Plan,
    /// By register.
    vars: Vec<Variable>,
    /// By block of the plan.
    blocks: Vec<Block>,
    exits: Vec<Exit>,
    /// Where all of them end.
    out: Block,
    sig: SigRef,
    /// Of helpers.
    work: SigRef,
    native: SigRef,
    /// Of what compares texts.
    texts: SigRef,
    /// Of what orders texts.
    orders: SigRef,
    /// Of what finds methods, and texts.
    methods: SigRef,
    /// Of what finds characters.
    runes: SigRef,
    /// Of what reads whole slices, and where it puts them.
    whole: SigRef,
    slice: Option<StackSlot>,
    /// The function itself.
    own: FuncRef,
    base: Variable,
    pub p: Variable,
    /// Of the place that is being emitted.
    dirty: Vec<u64>,
    seen: Seen,
    pub at: usize,
}

/// Of a body: pc, base, P; a handler (0: the function returned), its pc, its base, its P.
pub(crate) fn signature() -> Signature {
    let mut sig = Signature::new(CallConv::Tail);
    sig.params = vec![AbiParam::new(I64); 3];
    sig.returns = vec![AbiParam::new(I64); 4];
    sig
}

/// What is called in the same piece of code: the body.
pub(crate) fn this(b: &mut FunctionBuilder, sig: SigRef) -> FuncRef {
    let name = b.func.declare_imported_user_function(UserExternalName::new(0, 0));
    b.import_function(ExtFuncData { name: ExternalName::user(name), signature: sig, colocated: true, patchable: false })
}

pub(crate) fn emit(
    isa: &dyn TargetIsa,
    room: &mut Room,
    source: &Source,
    machine: &Machine,
    plan: Plan,
) -> Option<(Vec<u8>, u32, Vec<u32>)> {
    let Room { builder, context } = room;
    context.clear();
    let sig = signature();
    context.func.signature = sig.clone();
    let mut b = FunctionBuilder::new(&mut context.func, builder);
    let sig = b.import_signature(sig);
    let mut rust = |params: usize, result: Option<Type>| {
        let mut sig = Signature::new(CallConv::SystemV);
        sig.params = vec![AbiParam::new(I64); params];
        sig.returns.extend(result.map(AbiParam::new));
        b.import_signature(sig)
    };
    let (byte, wide) = (Some(I8), Some(I64));
    let (work, native, texts, orders) = (rust(3, byte), rust(3, wide), rust(2, byte), rust(2, wide));
    let (methods, whole, runes) = (rust(3, wide), rust(4, None), rust(3, None));
    let own = this(&mut b, sig);
    let vars = plan.float.iter().map(|&float| b.declare_var(if float { F64 } else { I64 })).collect();
    let (base, p) = (b.declare_var(I64), b.declare_var(I64));
    let blocks = plan.blocks.iter().map(|_| b.create_block()).collect();
    let out = b.create_block();
    (0..4).for_each(|_| {
        b.append_block_param(out, I64);
    });
    let mut emit = Emit {
        b,
        source,
        machine,
        plan: &plan,
        vars,
        blocks,
        exits: Vec::new(),
        out,
        sig,
        work,
        native,
        texts,
        orders,
        methods,
        runes,
        whole,
        slice: None,
        own,
        base,
        p,
        dirty: Vec::new(),
        seen: Seen::default(),
        at: 0,
    };
    emit.head();
    for k in 0..plan.blocks.len() {
        emit.block(k);
    }
    emit.all_exits();
    emit.b.seal_all_blocks();
    emit.b.finalize(isa.frontend_config());
    let code = context.compile(isa, &mut ControlPlane::default()).ok()?;
    let mut bytes = code.buffer.data().to_vec();
    for call in code.buffer.relocs() {
        // Of itself: its own distance, from behind the four bytes that tell it.
        let own = matches!(call.target, FinalizedRelocTarget::ExternalName(ExternalName::User(_)));
        if call.kind != Reloc::X86CallPCRel4 || !own {
            return None;
        }
        let at = call.offset as usize;
        bytes[at..at + 4].copy_from_slice(&(-(at as i32 + 4)).to_le_bytes());
    }
    let frame = code.buffer.frame_layout().map_or(u32::MAX, |f| f.frame_to_fp_offset);
    Some((bytes, frame, plan.entries.iter().map(|&k| k as u32).collect()))
}

impl Emit<'_, '_> {
    /// Finds the entry that pc names, and loads what is wanted there.
    fn head(&mut self) {
        let head = self.b.create_block();
        self.b.append_block_params_for_function_params(head);
        self.b.switch_to_block(head);
        let [pc, base, p] = *self.b.block_params(head) else { unreachable!("three parameters") };
        self.b.def_var(self.base, base);
        self.b.def_var(self.p, p);
        let entries: Vec<(usize, Block)> = self.plan.ways.iter().map(|&unit| (unit, self.b.create_block())).collect();
        if let [(_, only)] = entries[..] {
            self.b.ins().jump(only, &[]);
        } else {
            let code = self.word(self.machine.code);
            if let (0, first) = entries[0] {
                // What calls come to.
                let (start, rest) = (self.b.ins().icmp(IntCC::Equal, pc, code), self.b.create_block());
                self.b.ins().brif(start, first, &[], rest, &[]);
                self.b.switch_to_block(rest);
            }
            let bytes = self.b.ins().isub(pc, code);
            let unit = self.b.ins().ushr_imm_s(bytes, i64::from(self.machine.unit.trailing_zeros()));
            let unit = self.b.ins().ireduce(I32, unit);
            // Units in between are never looked for. Each place has a list of its own: they are edited.
            let last = entries.last().map_or(0, |e| e.0);
            let mut blocks = vec![entries[0].1; last + 1];
            entries.iter().for_each(|&(unit, block)| blocks[unit] = block);
            let mut call = |block| self.b.func.dfg.block_call(block, &[]);
            let (other, table): (_, Vec<_>) = (call(entries[0].1), blocks.into_iter().map(call).collect());
            let table = self.b.create_jump_table(JumpTableData::new(other, &table));
            self.b.ins().br_table(unit, table);
        }
        for (unit, block) in entries {
            self.b.switch_to_block(block);
            let to = self.plan.block_at[unit] as usize;
            self.load_wanted(to);
            self.b.ins().jump(self.blocks[to], &[]);
        }
    }

    /// What a block wants goes from the frame to the processor.
    fn load_wanted(&mut self, block: usize) {
        for r in members(self.plan.wanted.row(block)) {
            self.reload(r);
        }
    }
    /// A register as the frame has it.
    fn reload(&mut self, r: usize) {
        let (ty, base) = (self.kind(r), self.base());
        let v = self.b.ins().load(ty, plain(), base, r as i32 * 8);
        self.b.def_var(self.vars[r], v);
    }

    fn block(&mut self, k: usize) {
        let block = &self.plan.blocks[k];
        self.b.switch_to_block(self.blocks[k]);
        self.dirty = self.plan.dirty.row(k).to_vec();
        self.seen = Seen::default();
        let list: Vec<usize> = plan::instructions(self.source.code, block).collect();
        let mut ended = false;
        for unit in list {
            self.at = unit;
            self.seen.exit = None;
            let ins = self.source.code[unit];
            ended = self.instruction(ins, data(self.source.code, unit));
        }
        if block.leaves {
            self.leave(block.to);
        } else if !ended {
            let next = self.target(block.to);
            self.b.ins().jump(next, &[]);
        }
    }

    /// Does the instruction end the block?
    fn instruction(&mut self, ins: Ins, data: Ins) -> bool {
        if let How::Helped(helper) = self.plan.how[self.at] {
            self.helped(helper, ins, data);
            return ins.op == Op::MapNext;
        }
        if matches!(ins.op, Op::CutT | Op::AppFldV) {
            self.unless_shared();
        }
        let fast = (self.source.fast)(self.at);
        if fast != Fast::No && !crate::ops::is_done(ins.op) {
            self.fast(fast, ins);
            return false;
        }
        if self.words(ins) || self.memory(ins, data) {
            return false;
        }
        match ins.op {
            op if crate::ops::calls(op) => self.call(ins, data),
            Op::Ret | Op::Ret1 | Op::RetN | Op::RetK => self.ret(ins),
            _ => self.jump(ins, data),
        }
        true
    }

    /// The block that begins at a unit.
    pub fn target(&self, unit: usize) -> Block {
        self.blocks[self.plan.block_at[unit] as usize]
    }
    pub fn behind(&self) -> usize {
        behind(self.source.code, self.at)
    }

    // ---- constants and registers

    pub fn word(&mut self, v: u64) -> Value {
        self.b.ins().iconst(I64, v as i64)
    }
    pub fn imm(&mut self, v: i64) -> Value {
        self.b.ins().iconst(I64, v)
    }
    pub fn kind(&self, r: usize) -> Type {
        if self.plan.float[r] { F64 } else { I64 }
    }
    /// A register as a word.
    pub fn i(&mut self, r: u16) -> Value {
        let v = self.b.use_var(self.vars[r as usize]);
        if self.plan.float[r as usize] { self.b.ins().bitcast(I64, MemFlagsData::new(), v) } else { v }
    }
    /// A register as a float64.
    pub fn f(&mut self, r: u16) -> Value {
        let v = self.b.use_var(self.vars[r as usize]);
        if self.plan.float[r as usize] { v } else { self.b.ins().bitcast(F64, MemFlagsData::new(), v) }
    }
    /// A register in the kind that it has.
    pub fn any(&mut self, r: u16) -> Value {
        self.b.use_var(self.vars[r as usize])
    }
    pub fn set_i(&mut self, r: u16, v: Value) {
        let v = if self.plan.float[r as usize] { self.b.ins().bitcast(F64, MemFlagsData::new(), v) } else { v };
        self.set_any(r, v);
    }
    pub fn set_f(&mut self, r: u16, v: Value) {
        let v = if self.plan.float[r as usize] { v } else { self.b.ins().bitcast(I64, MemFlagsData::new(), v) };
        self.set_any(r, v);
    }
    /// A value of the register's kind.
    pub fn set_any(&mut self, r: u16, v: Value) {
        self.b.def_var(self.vars[r as usize], v);
        put(&mut self.dirty, r as usize);
    }

    // ---- ways out

    /// What the frame lacks of what is live at a unit.
    fn stores(&mut self, unit: usize) -> Vec<(usize, Value)> {
        let list = plan::list(&self.dirty, self.plan.live.row(unit));
        list.into_iter().map(|r| (r, self.b.use_var(self.vars[r]))).collect()
    }
    /// A block from which the interpreter does the present instruction, of which nothing is done yet.
    pub fn exit(&mut self) -> Block {
        if let Some(block) = self.seen.exit {
            return block;
        }
        let block = self.exit_to(Goal::Unit(self.at));
        *self.seen.exit.insert(block)
    }
    fn exit_to(&mut self, to: Goal) -> Block {
        let stores = match to {
            Goal::Unit(unit) | Goal::Poll(unit) => self.stores(unit),
            Goal::Raise(_) => Vec::new(),
        };
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.exits.push(Exit { block, stores, to });
        block
    }
    /// The interpreter does the present instruction when the condition holds.
    pub fn leave_if(&mut self, condition: Value) {
        let (exit, on) = (self.exit(), self.b.create_block());
        self.b.ins().brif(condition, exit, &[], on, &[]);
        self.b.switch_to_block(on);
    }
    /// ... when the word is 0.
    pub fn leave_if_nil(&mut self, word: Value) {
        if self.seen.good.insert(word) {
            let nil = self.b.ins().icmp_imm_s(IntCC::Equal, word, 0);
            self.leave_if(nil);
        }
    }
    /// ... unless `k` is below `len`.
    pub fn leave_unless_below(&mut self, k: Value, len: Value) {
        if self.seen.below.insert((k, len)) {
            let out = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, k, len);
            self.leave_if(out);
        }
    }
    /// ... while a collection marks.
    pub fn unless_marking(&mut self) {
        if !std::mem::replace(&mut self.seen.unmarked, true) {
            let p = self.b.use_var(self.p);
            let marking = self.b.ins().load(I32, plain(), p, self.machine.marking);
            self.leave_if(marking);
        }
    }
    /// ... when there is a second goroutine.
    fn unless_shared(&mut self) {
        if !std::mem::replace(&mut self.seen.alone, true) {
            let at = self.word(self.machine.shared);
            let shared = self.b.ins().load(I8, plain(), at, 0);
            self.leave_if(shared);
        }
    }
    /// Something was called.
    fn look_again(&mut self) {
        (self.seen.unmarked, self.seen.alone) = (false, false);
    }
    /// Goes to a unit in front of the present one, which polls.
    pub fn go_back(&mut self, unit: usize) {
        let p = self.b.use_var(self.p);
        let guard = self.b.ins().iadd_imm_s(p, i64::from(self.machine.guard));
        let guard = self.b.ins().atomic_load(I64, plain(), guard);
        let (exit, to) = (self.exit_to(Goal::Poll(unit)), self.target(unit));
        self.b.ins().brif(guard, to, &[], exit, &[]);
    }
    /// Leaves for good.
    fn leave(&mut self, unit: usize) {
        let stores = self.stores(unit);
        self.go(&stores, Goal::Unit(unit));
    }
    fn put_back(&mut self, stores: &[(usize, Value)]) {
        let base = self.base();
        for &(r, v) in stores {
            self.b.ins().store(plain(), v, base, r as i32 * 8);
        }
    }
    fn go(&mut self, stores: &[(usize, Value)], to: Goal) {
        let base = self.base();
        self.put_back(stores);
        let pc = self.unit(match to {
            Goal::Unit(unit) | Goal::Poll(unit) => unit,
            Goal::Raise(unit) => unit + 1,
        });
        let handler = match to {
            Goal::Poll(_) => self.word(self.machine.poll),
            Goal::Raise(_) => self.word(self.machine.raise),
            Goal::Unit(unit) if self.plan.entries.binary_search(&unit).is_ok() => {
                self.word((self.machine.handler)(unit))
            }
            Goal::Unit(_) => self.b.ins().load(I64, plain(), pc, 0),
        };
        let p = self.b.use_var(self.p);
        let all = [handler, pc, base, p].map(BlockArg::Value);
        self.b.ins().jump(self.out, &all);
    }
    fn all_exits(&mut self) {
        for Exit { block, stores, to } in std::mem::take(&mut self.exits) {
            self.b.switch_to_block(block);
            self.go(&stores, to);
        }
        self.b.switch_to_block(self.out);
        let left = self.b.block_params(self.out).to_vec();
        self.b.ins().return_(&left);
    }

    pub fn base(&mut self) -> Value {
        self.b.use_var(self.base)
    }
    /// Words of a global variable.
    pub fn global(&mut self, word: u32) -> Value {
        self.word(self.machine.globals + u64::from(word) * 8)
    }
}

fn unknown(op: Op) -> ! {
    unreachable!("{} is not done here", op.name())
}

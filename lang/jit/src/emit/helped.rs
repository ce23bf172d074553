//! Instructions that a function of the machine does, and those that are short for the types that they have.
use super::{Emit, Goal, plain};
use crate::bits::has;
use crate::{Buffer, Fast, Helper};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use gol_bytecode::effects::effects;
use gol_bytecode::{Ins, Op};

/// Where the value is in an interface word that holds it, and the bits of a type's number.
const VALUE: i64 = 24;
const TYPE: i64 = 0xff_ffff;

impl Emit<'_, '_> {
    /// What it reads has to be in the frame, where it leaves what it makes.
    pub(super) fn helped(&mut self, helper: Helper, ins: Ins, data: Ins) {
        let (base, p) = (self.base(), self.b.use_var(self.p));
        let stores = self.stores(self.at);
        self.put_back(&stores);
        self.dirty.fill(0);
        self.look_again();
        let (sig, at) = match helper {
            Helper::Work(at) => (self.work, at),
            Helper::Native(at) => (self.native, at),
        };
        let (pc, at) = (self.unit(self.at), self.word(at));
        let call = self.b.ins().call_indirect(sig, at, &[pc, base, p]);
        let answer = self.b.inst_results(call)[0];
        let on = self.b.create_block();
        match helper {
            Helper::Work(_) if ins.op == Op::MapNext => {
                let failed = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThan, answer, 1);
                let exit = self.exit_to(Goal::Raise(self.at));
                self.b.ins().brif(failed, exit, &[], on, &[]);
                self.b.switch_to_block(on);
                self.load_made(ins, data);
                let next = self.behind();
                let end = (next as i64 + i64::from(data.ab() as i32)) as usize;
                let (next, end) = (self.target(next), self.target(end));
                self.b.ins().brif(answer, next, &[], end, &[]);
                return;
            }
            Helper::Work(_) => {
                let exit = self.exit_to(Goal::Raise(self.at));
                self.b.ins().brif(answer, on, &[], exit, &[]);
            }
            Helper::Native(_) => {
                let same = self.b.ins().icmp(IntCC::Equal, answer, p);
                let other = self.b.create_block();
                self.b.set_cold_block(other);
                self.b.ins().brif(same, on, &[], other, &[]);
                // It failed, or the goroutine got another P: the callers have that of before.
                self.b.switch_to_block(other);
                let failed = self.b.ins().band_imm_s(answer, 1);
                let got = self.b.ins().band_imm_s(answer, -2);
                self.b.def_var(self.p, got);
                let (raise, next) = (self.exit_to(Goal::Raise(self.at)), self.exit_to(Goal::Unit(self.behind())));
                self.b.ins().brif(failed, raise, &[], next, &[]);
            }
        }
        self.b.switch_to_block(on);
        self.load_made(ins, data);
    }

    fn load_made(&mut self, ins: Ins, data: Ins) {
        let e = effects(self.source.program, ins, data);
        let mut made: Vec<usize> = e.writes.iter().flat_map(|(r, n)| (r as usize)..(r + n) as usize).collect();
        if let Some(first) = e.clobbers {
            made.extend(first as usize..self.source.regs as usize);
        }
        let next = self.behind();
        for r in made {
            if has(self.plan.live.row(next), r) {
                self.reload(r);
            }
        }
    }

    pub(super) fn fast(&mut self, fast: Fast, i: Ins) {
        let ty = i64::from(i.cd());
        match (fast, i.op) {
            (Fast::Cell { run, words, header }, _) => {
                let cell = self.cell(run, words);
                let header = self.word(header);
                self.b.ins().store(plain(), header, cell, 0);
                let at = self.b.ins().iadd_imm_s(cell, 8);
                self.set_i(i.a, at);
            }
            (Fast::Box { run, header }, _) => {
                let cell = self.cell(run, 2);
                let (header, v) = (self.word(header), self.any(i.b));
                self.b.ins().store(plain(), header, cell, 0);
                self.b.ins().store(plain(), v, cell, 8);
                let at = self.b.ins().iadd_imm_s(cell, 8);
                self.set_i(i.a, at);
            }
            (Fast::Signed | Fast::Unsigned, Op::MkIface) => {
                let v = self.i(i.b);
                let high = self.b.ins().ishl_imm_s(v, VALUE);
                let back = if fast == Fast::Signed {
                    self.b.ins().sshr_imm_s(high, VALUE)
                } else {
                    self.b.ins().ushr_imm_s(high, VALUE)
                };
                let large = self.b.ins().icmp(IntCC::NotEqual, back, v);
                self.leave_if(large);
                let word = self.b.ins().bor_imm_s(high, ty << 1 | 1);
                self.set_i(i.a, word);
            }
            (Fast::Signed | Fast::Unsigned, _) => {
                let word = self.i(i.b);
                let low = self.b.ins().band_imm_s(word, TYPE);
                let other = self.b.ins().icmp_imm_s(IntCC::NotEqual, low, ty << 1 | 1);
                self.leave_if(other);
                let v = if fast == Fast::Signed {
                    self.b.ins().sshr_imm_s(word, VALUE)
                } else {
                    self.b.ins().ushr_imm_s(word, VALUE)
                };
                self.set_i(i.a, v);
            }
            (Fast::Boxed, op) => {
                let word = self.i(i.b);
                let found = self.type_of(word);
                if op == Op::Assert {
                    let other = self.b.ins().icmp_imm_s(IntCC::NotEqual, found, ty);
                    self.leave_if(other);
                    let v = self.b.ins().load(I64, plain(), word, 0);
                    return self.set_i(i.a, v);
                }
                let same = self.b.ins().icmp_imm_s(IntCC::Equal, found, ty);
                let none = self.word(self.machine.empty);
                // A word that is 0 stands for the value of another type.
                let from = self.b.ins().iadd_imm_s(none, -8);
                let from = self.b.ins().select(same, word, from);
                let v = self.b.ins().load(I64, plain(), from, 0);
                let ok = self.b.ins().uextend(I64, same);
                self.set_i(i.a, v);
                self.set_i(i.a + 1, ok);
            }
            (Fast::Buffer(what), _) => self.buffer(what, i),
            (Fast::No, _) => {}
        }
    }

    /// The next free cell of a kind; the interpreter finds more.
    fn cell(&mut self, run: i32, words: u32) -> Value {
        let p = self.b.use_var(self.p);
        let cell = self.b.ins().load(I64, plain(), p, run);
        let limit = self.b.ins().load(I64, plain(), p, run + 8);
        let next = self.b.ins().iadd_imm_s(cell, i64::from(words) * 8);
        let full = self.b.ins().icmp(IntCC::UnsignedGreaterThan, next, limit);
        self.leave_if(full);
        self.b.ins().store(plain(), next, p, run);
        cell
    }

    /// The number of the type of what is in an interface: 0 when it is nil.
    pub(super) fn type_of(&mut self, word: Value) -> Value {
        let small = self.b.ins().band_imm_s(word, 1);
        let nil = self.b.ins().icmp_imm_s(IntCC::Equal, word, 0);
        let none = self.word(self.machine.empty);
        let boxed = self.b.ins().select(nil, none, word);
        let boxed = self.b.ins().select(small, none, boxed);
        let header = self.b.ins().load(I64, plain(), boxed, -8);
        let inside = self.b.ins().ushr_imm_s(word, 1);
        let inside = self.b.ins().band_imm_s(inside, TYPE >> 1);
        let header = self.b.ins().band_imm_s(header, TYPE);
        self.b.ins().select(small, inside, header)
    }

    /// Are two texts the same? 0 or 1.
    pub(super) fn text_equal(&mut self, x: Value, y: Value) -> Value {
        let (other, compare, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let answer = self.b.append_block_param(end, I8);
        let (yes, no) = (self.b.ins().iconst(I8, 1), self.b.ins().iconst(I8, 0));
        let same = self.b.ins().icmp(IntCC::Equal, x, y);
        self.b.ins().brif(same, end, &[BlockArg::Value(yes)], other, &[]);
        self.b.switch_to_block(other);
        let (n, m) = (self.text_len(x), self.text_len(y));
        let same = self.b.ins().icmp(IntCC::Equal, n, m);
        self.b.ins().brif(same, compare, &[], end, &[BlockArg::Value(no)]);
        self.b.switch_to_block(compare);
        let at = self.word(self.machine.same_text);
        let call = self.b.ins().call_indirect(self.texts, at, &[x, y]);
        let found = self.b.inst_results(call)[0];
        self.b.ins().jump(end, &[BlockArg::Value(found)]);
        self.b.switch_to_block(end);
        answer
    }

    /// A byte of a buffer, or for one: where there is none, and for what is not ASCII, the interpreter finds out.
    fn buffer(&mut self, what: Buffer, i: Ins) {
        self.unless_shared();
        let at = self.pointer(i.b);
        let word = |k: i32| k * 8;
        let bytes = self.b.ins().load(I64, plain(), at, 0);
        let len = self.b.ins().load(I64, plain(), at, word(1));
        if what == Buffer::Put {
            let cap = self.b.ins().load(I64, plain(), at, word(2));
            self.leave_unless_below(len, cap);
            let error = self.b.ins().load(I64, plain(), at, word(3));
            self.leave_if(error);
            let (byte, to) = (self.i(i.c), self.b.ins().iadd(bytes, len));
            self.b.ins().istore8(plain(), byte, to, 0);
            let len = self.b.ins().iadd_imm_s(len, 1);
            self.b.ins().store(plain(), len, at, word(1));
            let done = self.imm(1);
            return self.set_i(i.a, done);
        }
        let from = self.b.ins().load(I64, plain(), at, word(3));
        let to = self.b.ins().load(I64, plain(), at, word(4));
        self.leave_unless_below(from, to);
        let torn = self.b.ins().icmp(IntCC::UnsignedGreaterThan, to, len);
        self.leave_if(torn);
        let place = self.b.ins().iadd(bytes, from);
        let byte = self.b.ins().uload8(I64, plain(), place, 0);
        let mut last = byte;
        if what == Buffer::NextRune {
            let wide = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, byte, 0x80);
            self.leave_if(wide);
            last = self.b.ins().bor_imm_s(byte, 1 << 8);
        }
        let from = self.b.ins().iadd_imm_s(from, 1);
        self.b.ins().store(plain(), from, at, word(3));
        self.b.ins().store(plain(), last, at, word(5));
        let one = self.imm(1);
        self.set_i(i.a, byte);
        self.set_i(i.a + 1, one);
    }
}

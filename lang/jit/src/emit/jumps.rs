//! Branches: each ends its block.
use super::{Emit, imm16, plain};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, JumpTableData, Value};
use gol_bytecode::Ins;
use gol_bytecode::Op::{self, *};

impl Emit<'_, '_> {
    pub(super) fn jump(&mut self, i: Ins, data: Ins) {
        let next = self.behind();
        let far = (next as i64 + i64::from(i.cd() as i32)) as usize;
        if let Some(holds) = self.condition(i) {
            return self.branch(holds, far, next);
        }
        match i.op {
            Jmp | JmpB => {
                if far <= self.at {
                    return self.go_back(far);
                }
                let to = self.target(far);
                self.b.ins().jump(to, &[]);
            }
            AddKJltB | AddKJleB | AddJltB | AddJleB => {
                let to = (next as i64 + imm16(i.d)) as usize;
                let x = self.i(i.a);
                let (v, limit) = if matches!(i.op, AddKJltB | AddKJleB) {
                    (self.b.ins().iadd_imm_s(x, imm16(i.c)), i.b)
                } else {
                    let by = self.i(i.b);
                    (self.b.ins().iadd(x, by), i.c)
                };
                self.set_i(i.a, v);
                let limit = self.i(limit);
                let cc = if matches!(i.op, AddKJltB | AddJltB) {
                    IntCC::SignedLessThan
                } else {
                    IntCC::SignedLessThanOrEqual
                };
                let holds = self.b.ins().icmp(cc, v, limit);
                self.branch(holds, to, next);
            }
            JmpTab => {
                let x = self.i(i.a);
                let k = self.b.ins().iadd_imm_s(x, -imm16(i.c));
                let over = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, k, i64::from(i.b));
                let (on, rest) = (self.b.create_block(), self.target(self.at + 1 + i.b as usize));
                self.b.ins().brif(over, rest, &[], on, &[]);
                self.b.switch_to_block(on);
                let all: Vec<_> = (0..i.b as usize).map(|n| self.target(self.at + 1 + n)).collect();
                let calls: Vec<_> = all.iter().map(|&block| self.b.func.dfg.block_call(block, &[])).collect();
                let other = self.b.func.dfg.block_call(rest, &[]);
                let table = self.b.create_jump_table(JumpTableData::new(other, &calls));
                let k = self.b.ins().ireduce(I32, k);
                self.b.ins().br_table(k, table);
            }
            JnzIdx8 | JzIdx8 | JnzGIdx8 | JzGIdx8 | JnzFldIdx8 | JzFldIdx8 => {
                let at = match i.op {
                    JnzIdx8 | JzIdx8 => {
                        let k = self.i(i.b);
                        self.element(i.a, k, 1)
                    }
                    JnzGIdx8 | JzGIdx8 => {
                        let (from, k) = (self.global(i.cd()), self.i(i.a));
                        self.element_at(from, 0, k, 1)
                    }
                    _ => {
                        let (from, k) = (self.pointer(i.a), self.i(i.b));
                        self.element_at(from, i.c, k, 1)
                    }
                };
                let v = self.b.ins().uload8(I64, plain(), at, 0);
                let cc = if matches!(i.op, JnzIdx8 | JnzGIdx8 | JnzFldIdx8) { IntCC::NotEqual } else { IntCC::Equal };
                let holds = self.b.ins().icmp_imm_s(cc, v, 0);
                self.branch(holds, (next as i64 + i64::from(data.ab() as i32)) as usize, next);
            }
            RangeStr | RangeStrB => self.next_rune(i, (next as i64 + i64::from(data.ab() as i32)) as usize, next),
            _ => super::unknown(i.op),
        }
    }

    /// Jumps to a unit, polling when it lies in front, or goes on.
    fn branch(&mut self, holds: Value, to: usize, next: usize) {
        let on = self.target(next);
        if to <= self.at {
            let back = self.b.create_block();
            self.b.ins().brif(holds, back, &[], on, &[]);
            self.b.switch_to_block(back);
            return self.go_back(to);
        }
        let to = self.target(to);
        self.b.ins().brif(holds, to, &[], on, &[]);
    }

    /// The next character of a text; a function of the machine finds what is not ASCII.
    fn next_rune(&mut self, i: Ins, to: usize, next: usize) {
        let (s, k) = (self.i(i.a), self.i(i.b));
        let len = self.text_len(s);
        let (there, end) = (self.b.create_block(), if i.op == RangeStr { to } else { next });
        let end = self.target(end);
        let more = self.b.ins().icmp(IntCC::UnsignedLessThan, k, len);
        self.b.ins().brif(more, there, &[], end, &[]);
        self.b.switch_to_block(there);
        let bytes = self.b.ins().load(I64, plain(), s, 0);
        let at = self.b.ins().iadd(bytes, k);
        let byte = self.b.ins().uload8(I64, plain(), at, 0);
        let behind = self.b.ins().iadd_imm_s(k, 1);
        let (other, found) = (self.b.create_block(), self.b.create_block());
        let words = [(); 2].map(|()| self.b.append_block_param(found, I64));
        let wide = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, byte, 0x80);
        self.b.ins().brif(wide, other, &[], found, &[byte, behind].map(BlockArg::Value));
        self.b.switch_to_block(other);
        let base = self.base();
        let (place, call) = (self.b.ins().iadd_imm_s(base, i64::from(i.c) * 8), self.word(self.machine.next_rune));
        self.b.ins().call_indirect(self.runes, call, &[s, k, place]);
        let all = [0, 8].map(|off| self.b.ins().load(I64, plain(), place, off));
        self.b.ins().jump(found, &all.map(BlockArg::Value));
        self.b.switch_to_block(found);
        self.set_i(i.c, words[0]);
        self.set_i(i.c + 1, words[1]);
        if i.op == RangeStrB {
            return self.go_back(to);
        }
        let on = self.target(next);
        self.b.ins().jump(on, &[]);
    }

    /// Of a branch that compares; `None` for others.
    fn condition(&mut self, i: Ins) -> Option<Value> {
        use IntCC::*;
        Some(match i.op {
            Jnz | JnzB => self.with_imm(NotEqual, i.a, 0),
            Jz | JzB => self.with_imm(Equal, i.a, 0),
            JeqW | JeqWB => self.with(Equal, i),
            JneW | JneWB => self.with(NotEqual, i),
            JltI | JltIB => self.with(SignedLessThan, i),
            JleI | JleIB => self.with(SignedLessThanOrEqual, i),
            JltU | JltUB => self.with(UnsignedLessThan, i),
            JleU | JleUB => self.with(UnsignedLessThanOrEqual, i),
            JeqK | JeqKB => self.with_imm(Equal, i.a, imm16(i.b)),
            JneK | JneKB => self.with_imm(NotEqual, i.a, imm16(i.b)),
            JltK | JltKB => self.with_imm(SignedLessThan, i.a, imm16(i.b)),
            JleK | JleKB => self.with_imm(SignedLessThanOrEqual, i.a, imm16(i.b)),
            JgtK | JgtKB => self.with_imm(SignedGreaterThan, i.a, imm16(i.b)),
            JgeK | JgeKB => self.with_imm(SignedGreaterThanOrEqual, i.a, imm16(i.b)),
            JeqF | JeqFB | JneF | JneFB | JltF | JltFB | JleF | JleFB | JnltF | JnltFB | JnleF | JnleFB => {
                let (x, y) = (self.f(i.a), self.f(i.b));
                self.b.ins().fcmp(float(i.op), x, y)
            }
            JtstK | JtstKB | JntstK | JntstKB => {
                let x = self.i(i.a);
                let bits = self.b.ins().band_imm_s(x, imm16(i.b));
                let cc = if matches!(i.op, JtstK | JtstKB) { NotEqual } else { Equal };
                self.b.ins().icmp_imm_s(cc, bits, 0)
            }
            JgeLenS | JgeLenSB | JltLenS | JltLenSB => {
                let (k, s) = (self.i(i.a), self.i(i.b));
                let len = self.text_len(s);
                let cc = if matches!(i.op, JgeLenS | JgeLenSB) { SignedGreaterThanOrEqual } else { SignedLessThan };
                self.b.ins().icmp(cc, k, len)
            }
            JzM | JzMB | JnzM | JnzMB => {
                let at = self.pointer(i.a);
                let v = self.b.ins().load(I64, plain(), at, i32::from(i.b) * 8);
                self.b.ins().icmp_imm_s(if matches!(i.op, JzM | JzMB) { Equal } else { NotEqual }, v, 0)
            }
            JeqS | JneS => {
                let (x, y) = (self.i(i.a), self.i(i.b));
                let same = self.text_equal(x, y);
                self.b.ins().icmp_imm_s(if i.op == JeqS { NotEqual } else { Equal }, same, 0)
            }
            JneType => {
                let word = self.i(i.a);
                let found = self.type_of(word);
                self.b.ins().icmp_imm_s(NotEqual, found, i64::from(i.b))
            }
            _ => return None,
        })
    }
    fn with(&mut self, cc: IntCC, i: Ins) -> Value {
        let (x, y) = (self.i(i.a), self.i(i.b));
        self.b.ins().icmp(cc, x, y)
    }
    fn with_imm(&mut self, cc: IntCC, a: u16, imm: i64) -> Value {
        let x = self.i(a);
        self.b.ins().icmp_imm_s(cc, x, imm)
    }
}

fn float(op: Op) -> FloatCC {
    match op {
        JeqF | JeqFB => FloatCC::Equal,
        JneF | JneFB => FloatCC::NotEqual,
        JltF | JltFB => FloatCC::LessThan,
        JleF | JleFB => FloatCC::LessThanOrEqual,
        // Also for what is not a number.
        JnltF | JnltFB => FloatCC::UnorderedOrGreaterThanOrEqual,
        _ => FloatCC::UnorderedOrGreaterThan,
    }
}

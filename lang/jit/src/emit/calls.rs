//! Calls and returns. A call of a function that has machine code is a call of the processor: everything that is live lies in the frame
//! before it, so when something behind it leaves to the interpreter, every caller returns with what it left with, and nothing is lost.
use super::{Emit, plain};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value};
use gol_bytecode::Ins;
use gol_bytecode::Op::*;

/// The code that is called.
enum Body {
    /// This function's.
    Own,
    At(Value),
}

impl Emit<'_, '_> {
    pub(super) fn call(&mut self, i: Ins, data: Ins) {
        let p = self.b.use_var(self.p);
        let stack = self.b.ins().get_stack_pointer(I64);
        let limit = self.b.ins().load(I64, plain(), p, self.machine.limit);
        let deep = self.b.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
        self.leave_if(deep);
        // The callee's first unit, its machine code, the bytes of its frame, and a register of its frame that the call sets.
        let (code, body, frame, given) = match i.op {
            CallC => {
                let f = self.pointer(i.b);
                let code = self.b.ins().load(I64, plain(), f, 0);
                let (body, frame) = self.found(code);
                (code, Body::At(body), frame, Some((i.c, f)))
            }
            CallI => {
                let (code, receiver) = self.method(i);
                let (body, frame) = self.found(code);
                (code, Body::At(body), frame, Some((0, receiver)))
            }
            _ => {
                let address = (self.machine.handler)(self.at + 1);
                let (body, frame) = self.known(address);
                (self.word(address), body, frame, None)
            }
        };
        let base = self.b.use_var(self.base);
        let to = self.b.ins().iadd_imm_s(base, (i64::from(i.a) + 1) * 8);
        let top = self.b.ins().iadd(to, frame);
        let guard = self.b.ins().load(I64, plain(), p, self.machine.guard);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, top, guard);
        self.leave_if(over);

        let moved = (i.op == CallMov).then(|| (data.c, self.any(data.b)));
        let stores = self.stores(self.at);
        self.put_back(&stores);
        if let Some((r, v)) = moved {
            self.b.ins().store(plain(), v, base, i32::from(r) * 8);
        }
        let next = self.behind();
        let link = self.unit(next);
        self.b.ins().store(plain(), link, base, i32::from(i.a) * 8);
        if let Some((r, v)) = given {
            self.b.ins().store(plain(), v, to, i32::from(r) * 8);
        }
        let call = match body {
            Body::Own => self.b.ins().call(self.own, &[code, to, p]),
            Body::At(body) => self.b.ins().call_indirect(self.sig, body, &[code, to, p]),
        };
        let left: Vec<Value> = self.b.inst_results(call).to_vec();
        let (on, out) = (self.b.create_block(), self.b.create_block());
        self.b.set_cold_block(out);
        self.b.ins().brif(left[0], out, &[], on, &[]);
        self.b.switch_to_block(out);
        let left: Vec<BlockArg> = left.into_iter().map(BlockArg::Value).collect();
        self.b.ins().jump(self.out, &left);
        self.b.switch_to_block(on);
        let next = self.plan.block_at[next] as usize;
        self.load_wanted(next);
        self.b.ins().jump(self.blocks[next], &[]);
    }

    /// Machine code and frame of the function whose first unit is at a constant address.
    fn known(&mut self, code: u64) -> (Body, Value) {
        let callee = (self.machine.callee)(code);
        let frame = match callee.frame {
            Some(bytes) => self.imm(bytes.into()),
            None => {
                let at = self.word(code);
                self.b.ins().uload32(plain(), at, self.machine.frame)
            }
        };
        if code == self.machine.code {
            return (Body::Own, frame);
        }
        let body = match callee.body {
            Some(body) => self.word(body),
            None => {
                let cell = self.word(callee.cell);
                let body = self.b.ins().load(I64, plain(), cell, 0);
                self.leave_if_nil(body);
                body
            }
        };
        (Body::At(body), frame)
    }
    /// The same for an address that is found now.
    fn found(&mut self, code: Value) -> (Value, Value) {
        let info = self.b.ins().load(I64, plain(), code, -(self.machine.unit as i32));
        let body = self.b.ins().load(I64, plain(), info, self.machine.body);
        self.leave_if_nil(body);
        (body, self.b.ins().uload32(plain(), code, self.machine.frame))
    }

    /// The method of a receiver that is no small scalar, and the receiver as the method gets it.
    fn method(&mut self, i: Ins) -> (Value, Value) {
        let word = self.pointer(i.b);
        let small = self.b.ins().band_imm_s(word, 1);
        self.leave_if(small);
        let header = self.b.ins().load(I64, plain(), word, -8);
        let ty = self.b.ins().band_imm_s(header, 0xff_ffff);
        let site = self.unit(self.at + 1);
        let site = self.b.ins().load(I64, plain(), site, 0);
        let wanted = self.b.ins().uload32(plain(), site, self.machine.site.ty);
        let same = self.b.ins().icmp(IntCC::Equal, ty, wanted);
        let (other, found) = (self.b.create_block(), self.b.create_block());
        let met = self.b.append_block_param(found, I64);
        self.b.ins().brif(same, found, &[BlockArg::Value(site)], other, &[]);
        self.b.switch_to_block(other);
        let p = self.b.use_var(self.p);
        let (at, name) = (self.word(self.machine.method), self.imm(i.d.into()));
        let call = self.b.ins().call_indirect(self.methods, at, &[p, ty, name]);
        let site = self.b.inst_results(call)[0];
        self.leave_if_nil(site);
        self.b.ins().jump(found, &[BlockArg::Value(site)]);
        self.b.switch_to_block(found);
        let site = met;
        let boxed = self.b.ins().uload8(I32, plain(), site, self.machine.site.boxed);
        let inner = self.b.ins().load(I64, plain(), word, 0);
        let receiver = self.b.ins().select(boxed, word, inner);
        (self.b.ins().load(I64, plain(), site, self.machine.site.code), receiver)
    }

    /// Results go to the first registers of the frame.
    pub(super) fn ret(&mut self, i: Ins) {
        let base = self.b.use_var(self.base);
        let results: Vec<Value> = match i.op {
            Ret1 => vec![self.any(i.a)],
            RetN => (i.a..i.a + i.b).map(|r| self.any(r)).collect(),
            RetK => vec![self.imm(i64::from(i.cd() as i32))],
            _ => Vec::new(),
        };
        for (k, v) in results.into_iter().enumerate() {
            self.b.ins().store(plain(), v, base, k as i32 * 8);
        }
        let (none, p) = (self.imm(0), self.b.use_var(self.p));
        let all = [none, none, base, p].map(BlockArg::Value);
        self.b.ins().jump(self.out, &all);
    }
    /// The address of a unit.
    pub(super) fn unit(&mut self, k: usize) -> Value {
        self.word(self.machine.code + k as u64 * self.machine.unit)
    }
}

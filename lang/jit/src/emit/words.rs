//! Operations on words in registers.
use super::{Emit, imm16, plain};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};
use gol_bytecode::Ins;
use gol_bytecode::Op::*;

impl Emit<'_, '_> {
    /// Is it one of these?
    pub(super) fn words(&mut self, i: Ins) -> bool {
        macro_rules! int {
            ($name:ident) => {{
                let (x, y) = (self.i(i.b), self.i(i.c));
                let v = self.b.ins().$name(x, y);
                self.set_i(i.a, v)
            }};
        }
        macro_rules! int_imm {
            ($name:ident $imm:expr) => {{
                let x = self.i(i.b);
                let v = self.b.ins().$name(x, $imm);
                self.set_i(i.a, v)
            }};
        }
        macro_rules! float {
            ($name:ident) => {{
                let (x, y) = (self.f(i.b), self.f(i.c));
                let v = self.b.ins().$name(x, y);
                self.set_f(i.a, v)
            }};
        }
        macro_rules! float1 {
            ($name:ident) => {{
                let x = self.f(i.b);
                let v = self.b.ins().$name(x);
                self.set_f(i.a, v)
            }};
        }
        macro_rules! float32 {
            ($name:ident) => {{
                let (x, y) = (self.f32(i.b), self.f32(i.c));
                let v = self.b.ins().$name(x, y);
                self.set_f32(i.a, v)
            }};
        }
        match i.op {
            // Only where others write.
            Nop | CutT => {}
            Mov => self.mov(i.a, i.b),
            Mov2 => {
                self.mov(i.a, i.b);
                self.mov(i.c, i.d);
            }
            Mov3 => self.movs(i.a, i.b, 3),
            MovN => self.movs(i.a, i.b, i.c),
            LoadI => {
                let v = self.imm(i.cd() as i32 as i64);
                self.set_i(i.a, v);
            }
            LoadK => {
                let word = (self.machine.constant)(i.cd());
                if self.kind(i.a as usize) == F64 {
                    let v = self.b.ins().f64const(f64::from_bits(word));
                    self.set_f(i.a, v);
                } else {
                    let v = self.word(word);
                    self.set_i(i.a, v);
                }
            }
            ZeroN => {
                for k in 0..i.b {
                    let v = self.imm(0);
                    self.set_i(i.a + k, v);
                }
            }
            LdG => {
                let at = self.global(i.cd());
                self.load_any(i.a, at, 0);
            }
            StG => {
                let (at, v) = (self.global(i.cd()), self.any(i.a));
                self.b.ins().store(plain(), v, at, 0);
            }
            LdGN => {
                let at = self.global(i.cd());
                self.load_words(i.a, at, 0, i.b);
            }
            StGN => {
                let at = self.global(i.cd());
                self.store_words(i.a, at, 0, i.b);
            }
            LdGSl => {
                let at = self.global(i.cd());
                self.load_slice(i.a, at, 0, i.b.into());
            }
            LeaG => {
                let v = self.global(i.cd());
                self.set_i(i.a, v);
            }
            AddI => int!(iadd),
            SubI => int!(isub),
            MulI => int!(imul),
            And => int!(band),
            Or => int!(bor),
            Xor => int!(bxor),
            AndNot => int!(band_not),
            DivI | RemI => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                // By 0, and by -1, which the processor does not do for the smallest number.
                let next = self.b.ins().iadd_imm_s(y, 1);
                let odd = self.b.ins().icmp_imm_s(IntCC::UnsignedLessThanOrEqual, next, 1);
                self.leave_if(odd);
                let v = if i.op == DivI { self.b.ins().sdiv(x, y) } else { self.b.ins().srem(x, y) };
                self.set_i(i.a, v);
            }
            DivU | RemU => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                self.leave_if_nil(y);
                let v = if i.op == DivU { self.b.ins().udiv(x, y) } else { self.b.ins().urem(x, y) };
                self.set_i(i.a, v);
            }
            DivK | RemK => self.divide(i),
            Shl | ShrU => {
                let (x, n) = (self.i(i.b), self.i(i.c));
                let v = if i.op == Shl { self.b.ins().ishl(x, n) } else { self.b.ins().ushr(x, n) };
                let (small, zero) = (self.b.ins().icmp_imm_s(IntCC::UnsignedLessThan, n, 64), self.imm(0));
                let v = self.b.ins().select(small, v, zero);
                self.set_i(i.a, v);
            }
            ShrI => {
                let (x, n, most) = (self.i(i.b), self.i(i.c), self.imm(63));
                let n = self.b.ins().umin(n, most);
                let v = self.b.ins().sshr(x, n);
                self.set_i(i.a, v);
            }
            ChkShift => {
                let n = self.i(i.a);
                let wrong = self.b.ins().icmp_imm_s(IntCC::SignedLessThan, n, 0);
                self.leave_if(wrong);
            }
            AddK => int_imm!(iadd_imm_s imm16(i.c)),
            MulK => int_imm!(imul_imm_s imm16(i.c)),
            AndK => int_imm!(band_imm_s imm16(i.c)),
            ShlK => int_imm!(ishl_imm_s i64::from(i.c & 63)),
            ShrIK => int_imm!(sshr_imm_s i64::from(i.c & 63)),
            ShrUK => int_imm!(ushr_imm_s i64::from(i.c & 63)),
            RotLK => int_imm!(rotl_imm_s i64::from(i.c & 63)),
            NegI => {
                let x = self.i(i.b);
                let v = self.b.ins().ineg(x);
                self.set_i(i.a, v);
            }
            Com => {
                let x = self.i(i.b);
                let v = self.b.ins().bnot(x);
                self.set_i(i.a, v);
            }
            Not => {
                let (x, one) = (self.i(i.b), self.imm(1));
                let v = self.b.ins().isub(one, x);
                self.set_i(i.a, v);
            }
            Sext8 => self.extend(i, I8, true),
            Sext16 => self.extend(i, I16, true),
            Sext32 => self.extend(i, I32, true),
            Zext8 => self.extend(i, I8, false),
            Zext16 => self.extend(i, I16, false),
            Zext32 => self.extend(i, I32, false),
            AddZ32 | SubZ32 | MulZ32 => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let v = match i.op {
                    AddZ32 => self.b.ins().iadd(x, y),
                    SubZ32 => self.b.ins().isub(x, y),
                    _ => self.b.ins().imul(x, y),
                };
                self.set_low(i.a, v, I32);
            }
            AddKZ32 | AddKZ8 => {
                let x = self.i(i.b);
                let v = self.b.ins().iadd_imm_s(x, imm16(i.c));
                self.set_low(i.a, v, if i.op == AddKZ8 { I8 } else { I32 });
            }
            ShlKZ32 => {
                let x = self.i(i.b);
                let v = self.b.ins().ishl_imm_s(x, i64::from(i.c & 63));
                self.set_low(i.a, v, I32);
            }
            RotLK32 => {
                let x = self.i(i.b);
                let x = self.b.ins().ireduce(I32, x);
                let v = self.b.ins().rotl_imm_s(x, i64::from(i.c & 31));
                let v = self.b.ins().uextend(I64, v);
                self.set_i(i.a, v);
            }
            MulAddI => {
                let (x, y, z) = (self.i(i.b), self.i(i.c), self.i(i.d));
                let v = self.b.ins().imul(x, y);
                let v = self.b.ins().iadd(v, z);
                self.set_i(i.a, v);
            }
            MulKAddI => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let v = self.b.ins().imul_imm_s(x, imm16(i.d));
                let v = self.b.ins().iadd(v, y);
                self.set_i(i.a, v);
            }
            AddI3 => {
                let (x, y, z) = (self.i(i.b), self.i(i.c), self.i(i.d));
                let v = self.b.ins().iadd(x, y);
                let v = self.b.ins().iadd(v, z);
                self.set_i(i.a, v);
            }
            AddIK | SubIK => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let v = if i.op == AddIK { self.b.ins().iadd(x, y) } else { self.b.ins().isub(x, y) };
                let v = self.b.ins().iadd_imm_s(v, imm16(i.d));
                self.set_i(i.a, v);
            }
            MinI => int!(smin),
            MaxI => int!(smax),
            IncNz | IncZ => {
                let x = self.i(i.b);
                let cc = if i.op == IncNz { IntCC::NotEqual } else { IntCC::Equal };
                let holds = self.b.ins().icmp_imm_s(cc, x, 0);
                self.add_if(i.a, holds, imm16(i.c));
            }
            IncEqK | IncNeK => {
                let x = self.i(i.b);
                let cc = if i.op == IncEqK { IntCC::Equal } else { IntCC::NotEqual };
                let holds = self.b.ins().icmp_imm_s(cc, x, imm16(i.c));
                self.add_if(i.a, holds, imm16(i.d));
            }
            IncLtI | IncLeI => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let cc = if i.op == IncLtI { IntCC::SignedLessThan } else { IntCC::SignedLessThanOrEqual };
                let holds = self.b.ins().icmp(cc, x, y);
                self.add_if(i.a, holds, imm16(i.d));
            }
            EqW => self.compare(i, IntCC::Equal),
            NeW => self.compare(i, IntCC::NotEqual),
            LtI => self.compare(i, IntCC::SignedLessThan),
            LeI => self.compare(i, IntCC::SignedLessThanOrEqual),
            LtU => self.compare(i, IntCC::UnsignedLessThan),
            LeU => self.compare(i, IntCC::UnsignedLessThanOrEqual),
            LtS | LeS => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let at = self.word(self.machine.order_text);
                let call = self.b.ins().call_indirect(self.orders, at, &[x, y]);
                let order = self.b.inst_results(call)[0];
                let cc = if i.op == LtS { IntCC::SignedLessThan } else { IntCC::SignedLessThanOrEqual };
                let holds = self.b.ins().icmp_imm_s(cc, order, 0);
                let v = self.b.ins().uextend(I64, holds);
                self.set_i(i.a, v);
            }
            EqS => {
                let (x, y) = (self.i(i.b), self.i(i.c));
                let holds = self.text_equal(x, y);
                let v = self.b.ins().uextend(I64, holds);
                self.set_i(i.a, v);
            }
            EqF => self.compare_f(i, FloatCC::Equal),
            NeF => self.compare_f(i, FloatCC::NotEqual),
            LtF => self.compare_f(i, FloatCC::LessThan),
            LeF => self.compare_f(i, FloatCC::LessThanOrEqual),

            AddF => float!(fadd),
            SubF => float!(fsub),
            MulF => float!(fmul),
            DivF => float!(fdiv),
            NegF => float1!(fneg),
            SqrtF => float1!(sqrt),
            AbsF => float1!(fabs),
            FloorF => float1!(floor),
            CeilF => float1!(ceil),
            TruncF => float1!(trunc),
            MulAddF | MulSubF => {
                let (x, y) = (self.f(i.b), self.f(i.c));
                let product = self.b.ins().fmul(x, y);
                let sum = self.f(i.a);
                let v = if i.op == MulAddF { self.b.ins().fadd(sum, product) } else { self.b.ins().fsub(sum, product) };
                self.set_f(i.a, v);
            }
            MulFAddF | MulFSubF => {
                let (x, y, z) = (self.f(i.b), self.f(i.c), self.f(i.d));
                let product = self.b.ins().fmul(x, y);
                let v = if i.op == MulFAddF { self.b.ins().fadd(product, z) } else { self.b.ins().fsub(product, z) };
                self.set_f(i.a, v);
            }
            AddF32 => float32!(fadd),
            SubF32 => float32!(fsub),
            MulF32 => float32!(fmul),
            DivF32 => float32!(fdiv),
            NegF32 => {
                let x = self.f32(i.b);
                let v = self.b.ins().fneg(x);
                self.set_f32(i.a, v);
            }
            MulFAddF32 => {
                let (x, y, z) = (self.f32(i.b), self.f32(i.c), self.f32(i.d));
                let product = self.b.ins().fmul(x, y);
                let v = self.b.ins().fadd(product, z);
                self.set_f32(i.a, v);
            }
            IToF => {
                let x = self.i(i.b);
                let v = self.b.ins().fcvt_from_sint(F64, x);
                self.set_f(i.a, v);
            }
            UToF => {
                let x = self.i(i.b);
                let v = self.b.ins().fcvt_from_uint(F64, x);
                self.set_f(i.a, v);
            }
            IToF32 => {
                let x = self.i(i.b);
                let v = self.b.ins().fcvt_from_sint(F32, x);
                self.set_f32(i.a, v);
            }
            UToF32 => {
                let x = self.i(i.b);
                let v = self.b.ins().fcvt_from_uint(F32, x);
                self.set_f32(i.a, v);
            }
            FToI => {
                let x = self.f(i.b);
                let v = self.truncated(x);
                self.set_i(i.a, v);
            }
            FToU => {
                let x = self.f(i.b);
                let limit = self.b.ins().f64const(TWO_63);
                let small = self.b.ins().fcmp(FloatCC::LessThan, x, limit);
                let low = self.truncated(x);
                let rest = self.b.ins().fsub(x, limit);
                let high = self.truncated(rest);
                let high = self.b.ins().bxor_imm_s(high, i64::MIN);
                let v = self.b.ins().select(small, low, high);
                self.set_i(i.a, v);
            }
            FToF32 => {
                let x = self.f(i.b);
                let v = self.b.ins().fdemote(F32, x);
                self.set_f32(i.a, v);
            }
            F32ToF => {
                let x = self.f32(i.b);
                let v = self.b.ins().fpromote(F64, x);
                self.set_f(i.a, v);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn mov(&mut self, a: u16, b: u16) {
        match (self.kind(a as usize) == F64, self.kind(b as usize) == F64) {
            (true, true) | (false, false) => {
                let v = self.any(b);
                self.set_any(a, v);
            }
            (true, false) => {
                let v = self.f(b);
                self.set_f(a, v);
            }
            (false, true) => {
                let v = self.i(b);
                self.set_i(a, v);
            }
        }
    }
    /// As if through a temporary.
    fn movs(&mut self, a: u16, b: u16, n: u16) {
        let all: Vec<Value> = (0..n).map(|k| self.i(b + k)).collect();
        for (k, v) in all.into_iter().enumerate() {
            self.set_i(a + k as u16, v);
        }
    }
    fn extend(&mut self, i: Ins, from: Type, signed: bool) {
        let x = self.i(i.b);
        let low = self.b.ins().ireduce(from, x);
        let v = if signed { self.b.ins().sextend(I64, low) } else { self.b.ins().uextend(I64, low) };
        self.set_i(i.a, v);
    }
    /// The low bits, zero-extended.
    pub(super) fn set_low(&mut self, a: u16, v: Value, ty: Type) {
        let low = self.b.ins().ireduce(ty, v);
        let v = self.b.ins().uextend(I64, low);
        self.set_i(a, v);
    }
    fn add_if(&mut self, a: u16, holds: Value, by: i64) {
        let (x, by, none) = (self.i(a), self.imm(by), self.imm(0));
        let by = self.b.ins().select(holds, by, none);
        let v = self.b.ins().iadd(x, by);
        self.set_i(a, v);
    }
    fn compare(&mut self, i: Ins, cc: IntCC) {
        let (x, y) = (self.i(i.b), self.i(i.c));
        let holds = self.b.ins().icmp(cc, x, y);
        let v = self.b.ins().uextend(I64, holds);
        self.set_i(i.a, v);
    }
    fn compare_f(&mut self, i: Ins, cc: FloatCC) {
        let (x, y) = (self.f(i.b), self.f(i.c));
        let holds = self.b.ins().fcmp(cc, x, y);
        let v = self.b.ins().uextend(I64, holds);
        self.set_i(i.a, v);
    }
    pub(super) fn f32(&mut self, r: u16) -> Value {
        let x = self.i(r);
        let low = self.b.ins().ireduce(I32, x);
        self.b.ins().bitcast(F32, MemFlagsData::new(), low)
    }
    pub(super) fn set_f32(&mut self, r: u16, v: Value) {
        let low = self.b.ins().bitcast(I32, MemFlagsData::new(), v);
        let v = self.b.ins().uextend(I64, low);
        self.set_i(r, v);
    }
    /// As `cvttsd2si`: out of range and NaN give the smallest integer.
    fn truncated(&mut self, x: Value) -> Value {
        let v = self.b.ins().fcvt_to_sint_sat(I64, x);
        let (high, low, least) = (self.b.ins().f64const(TWO_63), self.b.ins().f64const(-TWO_63), self.imm(i64::MIN));
        let (above, below) =
            (self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, x, low), self.b.ins().fcmp(FloatCC::LessThan, x, high));
        let inside = self.b.ins().band(above, below);
        self.b.ins().select(inside, v, least)
    }
    /// By a constant that is neither 0 nor -1.
    fn divide(&mut self, i: Ins) {
        let (x, d) = (self.i(i.b), imm16(i.c));
        if d > 1 && (d as u64).is_power_of_two() {
            // What is added to a negative number rounds to zero.
            let bits = i64::from(d.trailing_zeros());
            let sign = self.b.ins().sshr_imm_s(x, 63);
            let round = self.b.ins().ushr_imm_s(sign, 64 - bits);
            let sum = self.b.ins().iadd(x, round);
            let v = if i.op == DivK {
                self.b.ins().sshr_imm_s(sum, bits)
            } else {
                let low = self.b.ins().band_imm_s(sum, d - 1);
                self.b.ins().isub(low, round)
            };
            return self.set_i(i.a, v);
        }
        if d == 0 || d == -1 {
            let exit = self.exit();
            self.b.ins().jump(exit, &[]);
            let on = self.b.create_block();
            return self.b.switch_to_block(on);
        }
        let d = self.imm(d);
        let v = if i.op == DivK { self.b.ins().sdiv(x, d) } else { self.b.ins().srem(x, d) };
        self.set_i(i.a, v);
    }
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

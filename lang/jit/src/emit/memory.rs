//! Operations on memory: fields, elements, package variables, texts. Addresses are good where the checks passed, as for the interpreter.
use super::{Emit, imm16, plain};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{BlockArg, InstBuilder, StackSlotData, StackSlotKind, Type, Value};
use gol_bytecode::Ins;
use gol_bytecode::Op::*;

/// Bytes of a word, and words of a slice.
const WORD: i64 = 8;
const SLICE: i64 = 3;

/// How a narrow value becomes a word.
#[derive(Clone, Copy)]
struct Width {
    ty: Type,
    signed: bool,
}

const W: Width = Width { ty: I64, signed: false };
const U8: Width = Width { ty: I8, signed: false };
const S8: Width = Width { ty: I8, signed: true };
const U16: Width = Width { ty: I16, signed: false };
const S16: Width = Width { ty: I16, signed: true };
const U32: Width = Width { ty: I32, signed: false };
const S32: Width = Width { ty: I32, signed: true };

impl Emit<'_, '_> {
    /// Is it one of these?
    pub(super) fn memory(&mut self, i: Ins, data: Ins) -> bool {
        match i.op {
            LdW => self.load_field(i, W),
            LdU8 => self.load_field(i, U8),
            LdI8 => self.load_field(i, S8),
            LdU16 => self.load_field(i, U16),
            LdI16 => self.load_field(i, S16),
            LdU32 => self.load_field(i, U32),
            LdI32 => self.load_field(i, S32),
            LdN => {
                let at = self.pointer(i.b);
                self.load_words(i.a, at, i.c, i.d);
            }
            LdSl => {
                let at = self.pointer(i.b);
                self.load_slice(i.a, at, i.c, i.d.into());
            }
            LdWW => {
                let at = self.pointer(i.b);
                let row = self.b.ins().load(I64, plain(), at, i32::from(i.c) * 8);
                self.leave_if_nil(row);
                self.load_any(i.a, row, i.d);
            }
            StW => {
                let at = self.pointer(i.a);
                let v = self.any(i.b);
                self.b.ins().store(plain(), v, at, i32::from(i.c) * 8);
            }
            StP => {
                let at = self.pointer(i.a);
                self.unless_marking();
                let v = self.any(i.b);
                self.b.ins().store(plain(), v, at, i32::from(i.c) * 8);
            }
            St8 => self.store_field(i, I8),
            St16 => self.store_field(i, I16),
            St32 => self.store_field(i, I32),
            StN | StNP => {
                let at = self.pointer(i.a);
                if i.op == StNP {
                    self.unless_marking();
                }
                self.store_words(i.b, at, i.c, i.d);
            }
            Lea => {
                let at = self.pointer(i.b);
                let v = self.b.ins().iadd_imm_s(at, i64::from(i.c) * WORD);
                self.set_i(i.a, v);
            }
            ChkNil => {
                self.pointer(i.a);
            }
            IncM | AddM => {
                let at = self.pointer(i.a);
                let by = if i.op == IncM { self.imm(imm16(i.b)) } else { self.i(i.b) };
                let old = self.b.ins().load(I64, plain(), at, i32::from(i.c) * 8);
                let new = self.b.ins().iadd(old, by);
                self.b.ins().store(plain(), new, at, i32::from(i.c) * 8);
            }
            AddMF => {
                let at = self.pointer(i.a);
                let by = self.f(i.b);
                let old = self.b.ins().load(F64, plain(), at, i32::from(i.c) * 8);
                let new = self.b.ins().fadd(old, by);
                self.b.ins().store(plain(), new, at, i32::from(i.c) * 8);
            }
            MulAddMF | MulSubMF => {
                let at = self.pointer(i.a);
                let (x, y) = (self.f(i.b), self.f(i.c));
                let product = self.b.ins().fmul(x, y);
                let old = self.b.ins().load(F64, plain(), at, i32::from(i.d) * 8);
                let new =
                    if i.op == MulAddMF { self.b.ins().fadd(old, product) } else { self.b.ins().fsub(old, product) };
                self.b.ins().store(plain(), new, at, i32::from(i.d) * 8);
            }
            AddLdW | SubLdW => {
                let at = self.pointer(i.c);
                let (x, y) = (self.i(i.b), self.b.ins().load(I64, plain(), at, i32::from(i.d) * 8));
                let v = if i.op == AddLdW { self.b.ins().iadd(x, y) } else { self.b.ins().isub(x, y) };
                self.set_i(i.a, v);
            }
            AddLdF | SubLdF | MulLdF => {
                let at = self.pointer(i.c);
                let (x, y) = (self.f(i.b), self.b.ins().load(F64, plain(), at, i32::from(i.d) * 8));
                let v = match i.op {
                    AddLdF => self.b.ins().fadd(x, y),
                    SubLdF => self.b.ins().fsub(x, y),
                    _ => self.b.ins().fmul(x, y),
                };
                self.set_f(i.a, v);
            }

            LdIdxW => self.load_element(i, W),
            LdIdxU8 => self.load_element(i, U8),
            LdIdxI8 => self.load_element(i, S8),
            LdIdxU16 => self.load_element(i, U16),
            LdIdxI16 => self.load_element(i, S16),
            LdIdxU32 => self.load_element(i, U32),
            LdIdxI32 => self.load_element(i, S32),
            LdIdxKW | LdIdxKU8 => {
                let k = self.i(i.c);
                let k = self.b.ins().iadd_imm_s(k, imm16(i.d));
                let width = if i.op == LdIdxKW { W } else { U8 };
                let at = self.element(i.b, k, i64::from(width.ty.bytes()));
                self.load(i.a, at, 0, width);
            }
            LdIdxC => {
                let k = self.imm(i64::from(i.c));
                let at = self.element(i.b, k, WORD);
                self.load_any(i.a, at, 0);
            }
            LdIdxN => {
                let k = self.i(i.c);
                let at = self.element(i.b, k, i64::from(i.d) * WORD);
                self.load_words(i.a, at, 0, i.d);
            }
            LdIdxSl => {
                let k = self.i(i.c);
                let at = self.element(i.b, k, SLICE * WORD);
                self.load_slice(i.a, at, 0, i.d.into());
            }
            LdIdxFld => {
                let k = self.i(i.c);
                let at = self.element(i.b, k, i64::from(i.d >> 8) * WORD);
                self.load_any(i.a, at, i.d & 255);
            }
            LeaIdx => {
                let k = self.i(i.c);
                let at = self.element(i.b, k, i64::from(i.d));
                self.set_i(i.a, at);
            }
            LdIdx2W | LdIdx2U8 => {
                let k = self.i(i.c);
                let row = self.element(i.b, k, SLICE * WORD);
                let width = if i.op == LdIdx2W { W } else { U8 };
                let j = self.i(i.d);
                let at = self.element_at(row, 0, j, i64::from(width.ty.bytes()));
                self.load(i.a, at, 0, width);
            }
            LdFldIdxW | LdFldIdxU8 => {
                let from = self.pointer(i.b);
                let width = if i.op == LdFldIdxW { W } else { U8 };
                let k = self.i(i.c);
                let at = self.element_at(from, i.d, k, i64::from(width.ty.bytes()));
                self.load(i.a, at, 0, width);
            }
            LdGIdxW | LdGIdxU8 => {
                let from = self.global(i.cd());
                let width = if i.op == LdGIdxW { W } else { U8 };
                let k = self.i(i.b);
                let at = self.element_at(from, 0, k, i64::from(width.ty.bytes()));
                self.load(i.a, at, 0, width);
            }
            StIdxW | StIdxP => {
                let k = self.i(i.b);
                let at = self.element(i.a, k, WORD);
                if i.op == StIdxP {
                    self.unless_marking();
                }
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, 0);
            }
            StIdx8 => self.store_element(i, I8),
            StIdx16 => self.store_element(i, I16),
            StIdx32 => self.store_element(i, I32),
            StIdxKW => {
                let k = self.i(i.b);
                let k = self.b.ins().iadd_imm_s(k, imm16(i.d));
                let at = self.element(i.a, k, WORD);
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, 0);
            }
            StIdxC => {
                let k = self.imm(i64::from(i.b));
                let at = self.element(i.a, k, WORD);
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, 0);
            }
            StIdxN => {
                let k = self.i(i.b);
                let at = self.element(i.a, k, i64::from(i.d) * WORD);
                self.unless_marking();
                self.store_words(i.c, at, 0, i.d);
            }
            StIdxFld => {
                let k = self.i(i.b);
                let at = self.element(i.a, k, i64::from(i.d >> 8) * WORD);
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, i32::from(i.d & 255) * 8);
            }
            StIdx2W => {
                let k = self.i(i.b);
                let row = self.element(i.a, k, SLICE * WORD);
                let j = self.i(i.c);
                let at = self.element_at(row, 0, j, WORD);
                let v = self.any(i.d);
                self.b.ins().store(plain(), v, at, 0);
            }
            StFldIdxW | StFldIdx8 => {
                let from = self.pointer(i.a);
                let k = self.i(i.b);
                if i.op == StFldIdxW {
                    let at = self.element_at(from, i.d, k, WORD);
                    let v = self.any(i.c);
                    self.b.ins().store(plain(), v, at, 0);
                } else {
                    let at = self.element_at(from, i.d, k, 1);
                    self.store_low(i.c, at, 0, I8);
                }
            }
            StGIdxW | StGIdx8 => {
                let from = self.global(i.cd());
                let k = self.i(i.a);
                if i.op == StGIdxW {
                    let at = self.element_at(from, 0, k, WORD);
                    let v = self.any(i.b);
                    self.b.ins().store(plain(), v, at, 0);
                } else {
                    let at = self.element_at(from, 0, k, 1);
                    self.store_low(i.b, at, 0, I8);
                }
            }
            AddIdx | AddIdxU8 => {
                let k = self.i(i.d);
                let width = if i.op == AddIdx { W } else { U8 };
                let at = self.element(i.c, k, i64::from(width.ty.bytes()));
                let (x, y) = (self.i(i.b), self.value_at(at, 0, width));
                let v = self.b.ins().iadd(x, y);
                self.set_i(i.a, v);
            }
            AddIdxF | MulIdxF | MulAddIdxF => {
                let k = self.i(i.d);
                let at = self.element(i.c, k, WORD);
                let (x, y) = (self.f(i.b), self.b.ins().load(F64, plain(), at, 0));
                let v = match i.op {
                    AddIdxF => self.b.ins().fadd(x, y),
                    MulIdxF => self.b.ins().fmul(x, y),
                    _ => {
                        let (sum, product) = (self.f(i.a), self.b.ins().fmul(x, y));
                        self.b.ins().fadd(sum, product)
                    }
                };
                self.set_f(i.a, v);
            }
            IncIdx | AddIdxM => {
                let k = self.i(i.b);
                let at = self.element(i.a, k, WORD);
                let by = if i.op == IncIdx { self.imm(imm16(i.c)) } else { self.i(i.c) };
                let old = self.b.ins().load(I64, plain(), at, 0);
                let new = self.b.ins().iadd(old, by);
                self.b.ins().store(plain(), new, at, 0);
            }
            AddIdxMF => {
                let k = self.i(i.b);
                let at = self.element(i.a, k, WORD);
                let by = self.f(i.c);
                let old = self.b.ins().load(F64, plain(), at, 0);
                let new = self.b.ins().fadd(old, by);
                self.b.ins().store(plain(), new, at, 0);
            }
            CpyIdxW => {
                let (j, k) = (self.i(i.d), self.i(i.b));
                let from = self.element(i.c, j, WORD);
                let to = self.element(i.a, k, WORD);
                let v = self.b.ins().load(I64, plain(), from, 0);
                self.b.ins().store(plain(), v, to, 0);
            }
            SwpIdxW | SwpIdx8 => {
                let ty = if i.op == SwpIdxW { I64 } else { I8 };
                let (j, k) = (self.i(i.b), self.i(i.d));
                let x = self.element(i.a, j, i64::from(ty.bytes()));
                let y = self.element(i.c, k, i64::from(ty.bytes()));
                let (u, v) = (self.b.ins().load(ty, plain(), x, 0), self.b.ins().load(ty, plain(), y, 0));
                self.b.ins().store(plain(), v, x, 0);
                self.b.ins().store(plain(), u, y, 0);
            }

            LdArrW => self.load_array(i, W),
            LdArrU8 => self.load_array(i, U8),
            LdArrU32 => self.load_array(i, U32),
            LdArrI32 => self.load_array(i, S32),
            StArrW => {
                let (at, k) = (self.pointer(i.a), self.i(i.b));
                let at = self.in_array(at, k, i.d, WORD);
                self.unless_marking();
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, 0);
            }
            StArr8 | StArr32 => {
                let ty = if i.op == StArr8 { I8 } else { I32 };
                let (at, k) = (self.pointer(i.a), self.i(i.b));
                let at = self.in_array(at, k, i.d, i64::from(ty.bytes()));
                self.store_low(i.c, at, 0, ty);
            }
            LeaArr => {
                let (at, k) = (self.pointer(i.b), self.i(i.c));
                let at = self.in_array(at, k, i.d, i64::from(data.ab()));
                self.set_i(i.a, at);
            }
            LdArr2W | LdArr2U8 => {
                let width = if i.op == LdArr2W { W } else { U8 };
                let at = self.in_arrays(i.b, i.c, i.d, data, i64::from(width.ty.bytes()));
                self.load(i.a, at, 0, width);
            }
            StArr2W | StArr28 => {
                let ty = if i.op == StArr2W { I64 } else { I8 };
                let at = self.in_arrays(i.a, i.b, i.c, data, i64::from(ty.bytes()));
                self.store_low(i.d, at, 0, ty);
            }
            ChkIdx => {
                let k = self.i(i.a);
                let len = self.imm(i64::from(data.ab()));
                self.leave_unless_below(k, len);
            }

            LenS => {
                let s = self.i(i.b);
                let v = self.text_len(s);
                self.set_i(i.a, v);
            }
            LdIdxS | LdIdxKS => {
                let (s, k) = (self.i(i.b), self.i(i.c));
                let k = if i.op == LdIdxKS { self.b.ins().iadd_imm_s(k, imm16(i.d)) } else { k };
                let v = self.byte_of_text(s, k);
                self.set_i(i.a, v);
            }
            LdFldIdxS => {
                let at = self.pointer(i.b);
                let s = self.b.ins().load(I64, plain(), at, i32::from(i.c) * 8);
                let k = self.b.ins().load(I64, plain(), at, i32::from(i.d) * 8);
                let v = self.byte_of_text(s, k);
                self.set_i(i.a, v);
            }

            CopyMem => {
                let (to, from) = (self.pointer(i.a), self.pointer(i.b));
                self.unless_marking();
                let all: Vec<Value> =
                    (0..data.ab() as i32).map(|k| self.b.ins().load(I64, plain(), from, k * 8)).collect();
                for (k, v) in all.into_iter().enumerate() {
                    self.b.ins().store(plain(), v, to, k as i32 * 8);
                }
            }
            LdRegW => {
                let at = self.in_registers(i.b, i.c, i.d);
                self.load_any(i.a, at, 0);
            }
            StRegW => {
                let at = self.in_registers(i.a, i.b, i.d);
                let v = self.any(i.c);
                self.b.ins().store(plain(), v, at, 0);
                let base = self.base();
                for r in i.a..i.a + i.d {
                    let ty = self.kind(r as usize);
                    let v = self.b.ins().load(ty, plain(), base, i32::from(r) * 8);
                    self.set_any(r, v);
                }
            }
            FindS => {
                let (at, constant, s) = (self.word(self.machine.find_text), self.imm(i.cd().into()), self.i(i.b));
                let p = self.b.use_var(self.p);
                let call = self.b.ins().call_indirect(self.methods, at, &[p, constant, s]);
                let v = self.b.inst_results(call)[0];
                self.set_i(i.a, v);
            }
            SliceS => self.slice(i, data),
            PartS => self.part_of_text(i),
            PartB => {
                let (at, n) = (self.i(i.b), self.i(i.b + 1));
                self.view(i.a, at, n);
            }
            ViewS => {
                let s = self.i(i.b);
                let n = self.text_len(s);
                let at = self.text_bytes(s);
                self.set_i(i.a, at);
                self.set_i(i.a + 1, n);
                self.set_i(i.a + 2, n);
            }
            AppendV => self.append(i),
            AppFldV => self.append_to_field(i),
            _ => return false,
        }
        true
    }

    // ---- addresses

    /// A register that is not nil.
    pub(super) fn pointer(&mut self, r: u16) -> Value {
        let at = self.i(r);
        self.leave_if_nil(at);
        at
    }
    /// `at + k * stride`.
    fn scaled(&mut self, at: Value, k: Value, stride: i64) -> Value {
        let bytes = match stride {
            1 => k,
            s if s > 0 && (s as u64).is_power_of_two() => self.b.ins().ishl_imm_s(k, i64::from(s.trailing_zeros())),
            s => self.b.ins().imul_imm_s(k, s),
        };
        self.b.ins().iadd(at, bytes)
    }
    /// The address of element `k` of the slice in registers.
    pub(super) fn element(&mut self, slice: u16, k: Value, stride: i64) -> Value {
        let (at, len) = (self.i(slice), self.i(slice + 1));
        self.leave_unless_below(k, len);
        self.scaled(at, k, stride)
    }
    /// The address of element `k` of the slice at word `off` behind an address.
    pub(super) fn element_at(&mut self, from: Value, off: u16, k: Value, stride: i64) -> Value {
        let [at, len, _] = self.slice_at(from, off, stride);
        self.leave_unless_below(k, len);
        self.scaled(at, k, stride)
    }
    /// The slice at word `off` behind an address, of elements of so many bytes. When others run, who may be writing there, a function
    /// of the machine reads it as a whole.
    fn slice_at(&mut self, from: Value, off: u16, stride: i64) -> [Value; 3] {
        let (alone, others, end) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let words = [(); 3].map(|()| self.b.append_block_param(end, I64));
        let flag = self.word(self.machine.shared);
        let shared = self.b.ins().load(I8, plain(), flag, 0);
        self.b.ins().brif(shared, others, &[], alone, &[]);
        self.b.switch_to_block(alone);
        let all = [0, 1, 2].map(|k| self.b.ins().load(I64, plain(), from, (i32::from(off) + k) * 8));
        self.b.ins().jump(end, &all.map(BlockArg::Value));
        self.b.switch_to_block(others);
        let slot = match self.slice {
            Some(slot) => slot,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, (SLICE * WORD) as u32, 3);
                *self.slice.insert(self.b.create_sized_stack_slot(data))
            }
        };
        let p = self.b.use_var(self.p);
        let place = self.b.ins().stack_addr(I64, slot, 0);
        let (at, from, stride) =
            (self.word(self.machine.whole), self.b.ins().iadd_imm_s(from, i64::from(off) * WORD), self.imm(stride));
        self.b.ins().call_indirect(self.whole, at, &[p, from, stride, place]);
        let all = [0, 1, 2].map(|k| self.b.ins().load(I64, plain(), place, k * 8));
        self.b.ins().jump(end, &all.map(BlockArg::Value));
        self.b.switch_to_block(end);
        words
    }
    pub(super) fn load_slice(&mut self, a: u16, from: Value, off: u16, stride: i64) {
        for (k, v) in self.slice_at(from, off, stride).into_iter().enumerate() {
            self.set_i(a + k as u16, v);
        }
    }
    fn in_array(&mut self, at: Value, k: Value, len: u16, stride: i64) -> Value {
        let len = self.imm(i64::from(len));
        self.leave_unless_below(k, len);
        self.scaled(at, k, stride)
    }
    /// The address of register `first + k`, `k` below `n`; all of them are in the frame then.
    fn in_registers(&mut self, first: u16, k: u16, n: u16) -> Value {
        let k = self.i(k);
        let len = self.imm(n.into());
        self.leave_unless_below(k, len);
        let base = self.base();
        for r in first..first + n {
            let v = self.any(r);
            self.b.ins().store(plain(), v, base, i32::from(r) * 8);
        }
        let at = self.b.ins().iadd_imm_s(base, i64::from(first) * WORD);
        self.scaled(at, k, WORD)
    }
    fn in_arrays(&mut self, array: u16, k: u16, j: u16, data: Ins, stride: i64) -> Value {
        let (at, k, j) = (self.pointer(array), self.i(k), self.i(j));
        let row = self.in_array(at, k, data.a, i64::from(data.b));
        self.in_array(row, j, data.c, stride)
    }

    // ---- loads and stores

    fn value_at(&mut self, at: Value, off: i32, width: Width) -> Value {
        match (width.ty, width.signed) {
            (I8, false) => self.b.ins().uload8(I64, plain(), at, off),
            (I8, true) => self.b.ins().sload8(I64, plain(), at, off),
            (I16, false) => self.b.ins().uload16(I64, plain(), at, off),
            (I16, true) => self.b.ins().sload16(I64, plain(), at, off),
            (I32, false) => self.b.ins().uload32(plain(), at, off),
            (I32, true) => self.b.ins().sload32(plain(), at, off),
            _ => self.b.ins().load(I64, plain(), at, off),
        }
    }
    fn load(&mut self, a: u16, at: Value, off: u16, width: Width) {
        if width.ty == I64 {
            return self.load_any(a, at, off);
        }
        let v = self.value_at(at, i32::from(off) * 8, width);
        self.set_i(a, v);
    }
    /// A word, in the register's kind; the offset is in words.
    pub(super) fn load_any(&mut self, a: u16, at: Value, off: u16) {
        let ty = self.kind(a as usize);
        let v = self.b.ins().load(ty, plain(), at, i32::from(off) * 8);
        self.set_any(a, v);
    }
    pub(super) fn load_words(&mut self, a: u16, at: Value, off: u16, n: u16) {
        // As a whole: the address may lie in one of the registers.
        let all: Vec<Value> = (0..n)
            .map(|k| {
                let ty = self.kind((a + k) as usize);
                self.b.ins().load(ty, plain(), at, i32::from(off + k) * 8)
            })
            .collect();
        for (k, v) in all.into_iter().enumerate() {
            self.set_any(a + k as u16, v);
        }
    }
    pub(super) fn store_words(&mut self, from: u16, at: Value, off: u16, n: u16) {
        for k in 0..n {
            let v = self.any(from + k);
            self.b.ins().store(plain(), v, at, i32::from(off + k) * 8);
        }
    }
    fn store_low(&mut self, r: u16, at: Value, off: i32, ty: Type) {
        let v = self.i(r);
        match ty {
            I8 => self.b.ins().istore8(plain(), v, at, off),
            I16 => self.b.ins().istore16(plain(), v, at, off),
            I32 => self.b.ins().istore32(plain(), v, at, off),
            _ => self.b.ins().store(plain(), v, at, off),
        };
    }
    fn load_field(&mut self, i: Ins, width: Width) {
        let at = self.pointer(i.b);
        self.load(i.a, at, i.c, width);
    }
    fn store_field(&mut self, i: Ins, ty: Type) {
        let at = self.pointer(i.a);
        self.store_low(i.b, at, i32::from(i.c) * 8, ty);
    }
    fn load_element(&mut self, i: Ins, width: Width) {
        let k = self.i(i.c);
        let at = self.element(i.b, k, i64::from(width.ty.bytes()));
        self.load(i.a, at, 0, width);
    }
    fn store_element(&mut self, i: Ins, ty: Type) {
        let k = self.i(i.b);
        let at = self.element(i.a, k, i64::from(ty.bytes()));
        self.store_low(i.c, at, 0, ty);
    }
    fn load_array(&mut self, i: Ins, width: Width) {
        let (at, k) = (self.pointer(i.b), self.i(i.c));
        let at = self.in_array(at, k, i.d, i64::from(width.ty.bytes()));
        self.load(i.a, at, 0, width);
    }

    // ---- texts: the header, the word in front of one, holds the length above 24 bits; the first word the address of the bytes

    pub(super) fn text_len(&mut self, s: Value) -> Value {
        // The empty text is 0: some word that is 0 stands for its header.
        let none = self.word(self.machine.empty);
        let empty = self.b.ins().icmp_imm_s(IntCC::Equal, s, 0);
        let s = self.b.ins().select(empty, none, s);
        let header = self.b.ins().load(I64, plain(), s, -8);
        self.b.ins().ushr_imm_s(header, 24)
    }
    /// The address of the bytes; of the empty text, some address.
    fn text_bytes(&mut self, s: Value) -> Value {
        let none = self.word(self.machine.empty);
        let none = self.b.ins().iadd_imm_s(none, -8);
        let empty = self.b.ins().icmp_imm_s(IntCC::Equal, s, 0);
        let s = self.b.ins().select(empty, none, s);
        self.b.ins().load(I64, plain(), s, 0)
    }
    /// A text in the frame, in the two registers behind that which refers to it: they have to be in memory.
    fn view(&mut self, a: u16, at: Value, n: Value) {
        let base = self.base();
        let header = self.b.ins().ishl_imm_s(n, 24);
        let header = self.b.ins().bor_imm_s(header, i64::from(gol_bytecode::desc::STRVIEW));
        for (k, v) in [(a + 1, header), (a + 2, at)] {
            self.b.ins().store(plain(), v, base, i32::from(k) * 8);
            self.set_i(k, v);
        }
        let text = self.b.ins().iadd_imm_s(base, i64::from(a + 2) * 8);
        let (empty, none) = (self.b.ins().icmp_imm_s(IntCC::Equal, n, 0), self.imm(0));
        let text = self.b.ins().select(empty, none, text);
        self.set_i(a, text);
    }
    fn part_of_text(&mut self, i: Ins) {
        let s = self.i(i.b);
        let len = self.text_len(s);
        let low = if i.d & 4 != 0 { self.i(i.c) } else { self.imm(0) };
        let high = if i.d & 1 != 0 { self.i(i.c + 1) } else { len };
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, high, len);
        self.leave_if(over);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, low, high);
        self.leave_if(over);
        let bytes = self.text_bytes(s);
        let (at, n) = (self.b.ins().iadd(bytes, low), self.b.ins().isub(high, low));
        self.view(i.a, at, n);
    }
    fn byte_of_text(&mut self, s: Value, k: Value) -> Value {
        let len = self.text_len(s);
        self.leave_unless_below(k, len);
        let bytes = self.b.ins().load(I64, plain(), s, 0);
        let at = self.b.ins().iadd(bytes, k);
        self.b.ins().uload8(I64, plain(), at, 0)
    }

    // ---- slices as a whole

    fn slice(&mut self, i: Ins, data: Ins) {
        let (at, len, cap) = (self.i(i.b), self.i(i.b + 1), self.i(i.b + 2));
        let low = if i.d & 4 != 0 { self.i(i.c) } else { self.imm(0) };
        let high = if i.d & 1 != 0 { self.i(i.c + 1) } else { len };
        let max = if i.d & 2 != 0 { self.i(i.c + 2) } else { cap };
        if i.d & 2 != 0 {
            let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, max, cap);
            self.leave_if(over);
        }
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, high, max);
        self.leave_if(over);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThan, low, high);
        self.leave_if(over);
        // One without room keeps its address, so that it does not point behind its object.
        let room = self.b.ins().isub(max, low);
        let moved = if i.d & 4 != 0 {
            let moved = self.scaled(at, low, i64::from(data.ab()));
            let none = self.b.ins().icmp_imm_s(IntCC::Equal, room, 0);
            self.b.ins().select(none, at, moved)
        } else {
            at
        };
        let n = self.b.ins().isub(high, low);
        self.set_i(i.a, moved);
        self.set_i(i.a + 1, n);
        self.set_i(i.a + 2, room);
    }

    /// One element where there is room.
    fn append(&mut self, i: Ins) {
        let ty = &self.source.program.types[i.d as usize];
        let (packed, words, bytes) = (ty.kind == gol_bytecode::Kind::Packed, ty.words as u16, i64::from(ty.stride));
        let (at, len, cap) = (self.i(i.a), self.i(i.a + 1), self.i(i.a + 2));
        // There must be room for those that follow, too.
        let last = self.b.ins().iadd_imm_s(len, i64::from(i.b));
        self.leave_unless_below(last, cap);
        if !packed {
            self.unless_marking();
        }
        let to = self.scaled(at, len, bytes);
        if packed {
            self.store_low(i.c, to, 0, narrow(bytes));
        } else {
            self.store_words(i.c, to, 0, words);
        }
        let n = self.b.ins().iadd_imm_s(len, 1);
        self.set_i(i.a + 1, n);
    }

    /// One element of one register, where there is room.
    fn append_to_field(&mut self, i: Ins) {
        let ty = &self.source.program.types[i.d as usize];
        let (packed, bytes) = (ty.kind == gol_bytecode::Kind::Packed, i64::from(ty.stride));
        let from = self.pointer(i.a);
        let off = i32::from(i.b) * 8;
        let len = self.b.ins().load(I64, plain(), from, off + 8);
        let cap = self.b.ins().load(I64, plain(), from, off + 16);
        self.leave_unless_below(len, cap);
        if !packed {
            self.unless_marking();
        }
        let at = self.b.ins().load(I64, plain(), from, off);
        let to = self.scaled(at, len, bytes);
        self.store_low(i.c, to, 0, if packed { narrow(bytes) } else { I64 });
        let n = self.b.ins().iadd_imm_s(len, 1);
        self.b.ins().store(plain(), n, from, off + 8);
    }
}

fn narrow(bytes: i64) -> Type {
    match bytes {
        1 => I8,
        2 => I16,
        _ => I32,
    }
}

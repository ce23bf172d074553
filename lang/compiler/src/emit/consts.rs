//! Constants: the pool, and loading values into registers.

use super::layout::Num;
use super::{Em, Reg};
use crate::constant::{Value, ratio_to_f64};
use crate::types::{TyId, Types};
use gol_bytecode::{Const, FuncId, Op};
use gol_syntax::ast::ExprId;
use num_traits::ToPrimitive;
use std::sync::Arc;

/// The word of an integer: two's complement, as registers hold it.
fn int_word(v: &Value) -> Option<u64> {
    let i = match v {
        Value::Int(i) => return Some(*i as u64),
        Value::Big(i) => return Some(i.to_u64().unwrap_or(0)),
        Value::Float(f) => f.to_integer(),
        Value::Complex(c) => c.0.to_integer(),
        Value::Huge(_) | Value::Bool(_) | Value::Str(_) => return None,
    };
    Some(i.to_i64().map(|v| v as u64).or_else(|| i.to_u64()).unwrap_or(0))
}

fn to_float(v: &Value) -> f64 {
    match v {
        Value::Int(i) => *i as f64,
        Value::Big(i) => i.to_f64().unwrap_or(0.0),
        Value::Float(f) => ratio_to_f64(f),
        Value::Complex(c) => ratio_to_f64(&c.0),
        Value::Huge(_) | Value::Bool(_) | Value::Str(_) => 0.0,
    }
}

impl Em<'_> {
    pub(super) fn k_word(&mut self, w: u64) -> u32 {
        if let Some(&k) = self.st.words_k.get(&w) {
            return k;
        }
        let k = self.add_const(Const::Word(w));
        self.st.words_k.insert(w, k);
        k
    }
    pub(super) fn k_str(&mut self, s: &[u8]) -> u32 {
        if let Some(&k) = self.st.strings.get(s) {
            return k;
        }
        let k = self.add_const(Const::Str(s.into()));
        self.st.strings.insert(s.into(), k);
        k
    }
    fn k_func(&mut self, f: FuncId) -> u32 {
        if let Some(&k) = self.st.func_ks.get(&f) {
            return k;
        }
        let k = self.add_const(Const::Func(f));
        self.st.func_ks.insert(f, k);
        k
    }
    /// Texts that differ, among which one is found.
    pub(super) fn k_texts(&mut self, list: Vec<Arc<[u8]>>) -> u32 {
        self.add_const(Const::Texts(list.into()))
    }
    fn add_const(&mut self, c: Const) -> u32 {
        self.prog.consts.push(c);
        self.prog.consts.len() as u32 - 1
    }

    pub(super) fn load_word(&mut self, dst: Reg, w: u64) {
        let v = w as i64;
        if i32::try_from(v).is_ok() {
            self.f.wide(Op::LoadI, dst, 0, v as u32);
        } else {
            let k = self.k_word(w);
            self.f.wide(Op::LoadK, dst, 0, k);
        }
    }
    pub(super) fn load_str(&mut self, dst: Reg, s: &[u8]) {
        if s.is_empty() {
            self.load_word(dst, 0);
        } else {
            let k = self.k_str(s);
            self.f.wide(Op::LoadK, dst, 0, k);
        }
    }
    /// The permanent closure of a function without captures.
    pub(super) fn load_func(&mut self, dst: Reg, f: FuncId) {
        let k = self.k_func(f);
        self.f.wide(Op::LoadK, dst, 0, k);
    }
    pub(super) fn zero(&mut self, dst: Reg, words: u32) {
        match words {
            0 => {}
            1 => self.load_word(dst, 0),
            n => self.f.emit(Op::ZeroN, dst, n, 0, 0),
        }
    }

    /// The words of a constant other than a string.
    pub(super) fn const_words(&self, v: &Value, ty: TyId) -> [u64; 2] {
        words_as(v, self.num(ty))
    }
    pub(super) fn load_const(&mut self, dst: Reg, v: &Value, ty: TyId) {
        let num = self.num(ty);
        if num == Num::Other && self.is_iface(ty) {
            let default = default_type(v);
            let r = self.f.alloc(2);
            self.load_const(r, v, default);
            self.mk_iface(dst, r, default);
            return;
        }
        if let Value::Str(s) = v {
            return self.load_str(dst, s);
        }
        let [a, b] = words_as(v, num);
        self.load_word(dst, a);
        if matches!(num, Num::Complex(_)) {
            self.load_word(dst + 1, b);
        }
    }

    /// The value of a constant expression.
    pub(super) fn value(&self, e: ExprId) -> Option<&Value> {
        self.info.value(e)
    }
    /// The word of a constant integer (bool, too).
    pub(super) fn int_const(&self, e: ExprId) -> Option<i64> {
        let v = self.value(e)?;
        match self.num(self.ty(e)) {
            Num::Int(_) | Num::Uint(_) => int_word(v).map(|w| w as i64),
            Num::Other => match v {
                Value::Bool(b) => Some(*b as i64),
                Value::Str(_)
                | Value::Int(_)
                | Value::Big(_)
                | Value::Float(_)
                | Value::Huge(_)
                | Value::Complex(..) => None,
            },
            Num::F64 | Num::F32 | Num::Complex(_) | Num::Str => None,
        }
    }
    /// A constant integer that fits an instruction's immediate field, when it may go there.
    pub(super) fn small_const(&self, e: ExprId) -> Option<i16> {
        if self.st.plain {
            return None;
        }
        i16::try_from(self.int_const(e)?).ok()
    }
    pub(super) fn bool_const(&self, e: ExprId) -> Option<bool> {
        if self.st.plain {
            return None;
        }
        match self.value(e)? {
            Value::Bool(b) => Some(*b),
            Value::Str(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) | Value::Huge(_) | Value::Complex(..) => {
                None
            }
        }
    }
}

fn words_as(v: &Value, num: Num) -> [u64; 2] {
    match num {
        Num::Int(_) | Num::Uint(_) => [int_word(v).unwrap_or(0), 0],
        Num::F64 => [to_float(v).to_bits(), 0],
        Num::F32 => [(to_float(v) as f32).to_bits() as u64, 0],
        Num::Complex(_) => {
            let im = match v {
                Value::Complex(c) => ratio_to_f64(&c.1),
                Value::Bool(_) | Value::Str(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) | Value::Huge(_) => {
                    0.0
                }
            };
            [to_float(v).to_bits(), im.to_bits()]
        }
        Num::Str => [0, 0],
        Num::Other => match v {
            Value::Bool(b) => [*b as u64, 0],
            Value::Int(_) | Value::Big(_) => [int_word(v).unwrap_or(0), 0],
            Value::Str(_) | Value::Float(_) | Value::Huge(_) | Value::Complex(..) => [0, 0],
        },
    }
}

fn default_type(v: &Value) -> TyId {
    match v {
        Value::Bool(_) => Types::BOOL,
        Value::Str(_) => Types::STRING,
        Value::Int(_) | Value::Big(_) => Types::INT,
        Value::Float(_) | Value::Huge(_) => Types::FLOAT64,
        Value::Complex(..) => Types::COMPLEX128,
    }
}

//! Calls of predeclared functions.

use super::layout::Num;
use super::place::Place;
use super::{Em, Reg};
use crate::info::{Builtin, Mode};
use crate::sizes;
use crate::types::{Ty, TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, Expr, ExprId};
use smallvec::{SmallVec, smallvec};

/// `append` of several operands that have so many words has them in registers; more are put into an array first.
const APPEND_WORDS: usize = 32;

/// The natives that print values of a kind: to standard error, and for scripts to standard output.
macro_rules! printers {
    ($kind:literal) => {
        [concat!("print.", $kind), concat!("printout.", $kind)]
    };
}
const FLOAT32: [&str; 2] = printers!("float32");

impl Em<'_> {
    pub(super) fn builtin_to(&mut self, e: ExprId, b: Builtin, args: &[ExprId], spread: bool, dst: Reg) {
        if let [x] = *args
            && let Ty::Tuple(tys) = self.types.get(self.ty(x))
        {
            let tys = tys.clone();
            let mut r = self.expr(x);
            let mut parts = vec![];
            for ty in tys {
                parts.push((r, ty));
                r += self.words(ty);
            }
            return self.builtin_tuple(e, b, &parts, dst);
        }
        match b {
            Builtin::Append => self.append_to(args, spread, dst),
            Builtin::Len | Builtin::Cap => self.len_to(b, args[0], dst),
            Builtin::Clear => self.clear(args[0]),
            Builtin::Close => {
                let c = self.expr(args[0]);
                self.f.emit(Op::Close, c, 0, 0, 0);
            }
            Builtin::Complex => self.complex_to(e, args, dst),
            Builtin::Real | Builtin::Imag => {
                let x = self.expr(args[0]);
                let part = x + (b == Builtin::Imag) as u32;
                match self.num(self.ty(e)) {
                    Num::F32 => self.f.emit(Op::FToF32, dst, part, 0, 0),
                    _ => self.mov(dst, part, 1),
                }
            }
            Builtin::Copy => self.copy_to(args, dst),
            Builtin::Delete => self.delete(args),
            Builtin::Make => self.make_to(self.ty(e), args, dst),
            Builtin::Max | Builtin::Min => self.min_max_to(e, b == Builtin::Min, args, dst),
            Builtin::New => {
                if let Ty::Pointer(t) = *self.types.under(self.ty(e)) {
                    self.new_to(args[0], t, dst);
                }
            }
            Builtin::Panic => {
                let r = self.expr_conv(args[0], Types::ANY);
                self.f.pos = self.ast.expr_span(e).lo;
                self.f.end(Op::Panic, r, 0);
            }
            Builtin::Print | Builtin::Println => self.print(b == Builtin::Println, args),
            Builtin::Recover => self.f.emit(Op::Recover, dst, 0, 0, 0),
            Builtin::Sizeof | Builtin::Alignof | Builtin::Offsetof => {
                let n = self.layout_of(b, args[0]);
                self.load_word(dst, n);
            }
            // Refused by the checker.
            Builtin::UnsafeAdd
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData => {}
        }
    }

    /// A builtin whose arguments are the results of one call.
    fn builtin_tuple(&mut self, e: ExprId, b: Builtin, parts: &[(Reg, TyId)], dst: Reg) {
        match b {
            Builtin::Print | Builtin::Println => self.print_values(b == Builtin::Println, parts),
            Builtin::Copy => self.copy_regs(parts[0], parts[1], dst),
            Builtin::Delete => self.delete_regs(parts[0], parts[1]),
            Builtin::Complex => {
                let narrow = self.num(self.ty(e)) == Num::Complex(true);
                for (i, &(r, _)) in parts.iter().enumerate() {
                    if narrow {
                        self.f.emit(Op::F32ToF, dst + i as u32, r, 0, 0);
                    } else {
                        self.mov(dst + i as u32, r, 1);
                    }
                }
            }
            Builtin::Append => {
                let Ty::Slice(elem) = *self.types.under(parts[0].1) else { return };
                let t = self.f.alloc(3);
                self.pack_regs(&parts[1..], elem, t);
                self.mov(dst, parts[0].0, 3);
                let back = self.backing(elem);
                self.f.emit(Op::AppendS, dst, t, 0, back);
            }
            Builtin::Min | Builtin::Max => {
                let ty = self.ty(e);
                let kind = self.num(ty);
                let acc = self.f.alloc(1);
                self.mov(acc, parts[0].0, 1);
                for &(r, _) in &parts[1..] {
                    self.pick(acc, r, ty, kind, b == Builtin::Min);
                }
                self.mov(dst, acc, 1);
            }
            // The others take one argument, or types.
            Builtin::Cap
            | Builtin::Clear
            | Builtin::Close
            | Builtin::Imag
            | Builtin::Len
            | Builtin::Make
            | Builtin::New
            | Builtin::Panic
            | Builtin::Real
            | Builtin::Recover
            | Builtin::Sizeof
            | Builtin::Alignof
            | Builtin::Offsetof
            | Builtin::UnsafeAdd
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData => {}
        }
    }

    /// `new(T)`, or `new(x)` for a value of type `t`.
    fn new_to(&mut self, arg: ExprId, t: TyId, dst: Reg) {
        if self.info.expr(arg).is_some_and(|i| i.mode == Mode::Type) {
            return self.new_object_to(t, dst);
        }
        let n = self.words(t);
        let r = self.f.alloc(n);
        match self.value(arg).cloned() {
            Some(v) => self.load_const(r, &v, t),
            None => self.expr_conv_to(arg, t, r),
        }
        let p = self.new_object(t);
        if n > 0 {
            self.store(Place::Mem(p, 0), t, r);
        }
        self.mov(dst, p, 1);
    }

    /// What depends on type arguments is known only here; the operand is not evaluated.
    fn layout_of(&mut self, b: Builtin, x: ExprId) -> u64 {
        let mut x = x;
        while let Expr::Paren(inner) = self.ast.expr(x) {
            x = *inner;
        }
        match (b, self.info.selections.get(&x)) {
            (Builtin::Offsetof, Some(sel)) => {
                let recv = self.sub(sel.recv);
                let base = self.types.pointee(recv).unwrap_or(recv);
                sizes::offset_of(self.types, base, &sel.path).unwrap_or(0)
            }
            (Builtin::Alignof, _) => sizes::align_of(self.types, self.ty(x)),
            _ => sizes::size_of(self.types, self.ty(x)),
        }
    }

    // ---- len and cap

    /// The length of a slice in registers is one of them.
    pub(super) fn len_in_place(&mut self, b: Builtin, x: ExprId) -> Option<Reg> {
        let Ty::Slice(_) = self.types.under(self.ty(x)) else { return None };
        let r = self.f.given.get(&self.strip(x)).copied().or_else(|| self.reg_var(x))?;
        Some(if b == Builtin::Len { r + 1 } else { r + 2 })
    }
    /// The length of what a conversion of a string, or to one, would make.
    fn len_of_conversion(&mut self, x: ExprId, dst: Reg) -> bool {
        let x = self.strip(x);
        let Expr::Call(fun, ref args, _) = *self.ast.expr(x) else { return false };
        let [from] = args[..] else { return false };
        let conversion = self.info.expr(fun).is_some_and(|i| i.mode == Mode::Type);
        if !conversion || self.st.plain || self.f.given.contains_key(&x) || self.value(x).is_some() {
            return false;
        }
        match (self.num(self.ty(from)), self.num(self.ty(x))) {
            (Num::Str, Num::Other) => {
                let s = self.passing(from);
                if self.is_bytes(x) {
                    self.f.emit(Op::LenS, dst, s, 0, 0);
                } else {
                    let count = self.native("unicode/utf8.RuneCountInString");
                    self.f.emit(Op::CallD, dst, s, 0, 0);
                    self.f.data2(count, 1);
                }
            }
            (Num::Other, Num::Str) if self.is_bytes(from) => {
                let s = self.expr(from);
                self.mov(dst, s + 1, 1);
            }
            _ => return false,
        }
        true
    }
    fn len_to(&mut self, b: Builtin, x: ExprId, dst: Reg) {
        if b == Builtin::Len && self.len_of_conversion(x, dst) {
            return;
        }
        let ty = self.ty(x);
        if let Some((_, n, _)) = self.array_behind(ty) {
            self.discard(x);
            return self.load_word(dst, n);
        }
        if let Ty::Slice(_) = self.types.under(ty) {
            // One word is enough when the slice is in memory.
            if self.is_place(x) && !self.st.plain {
                let p = self.operand_place(x);
                let part = self.part(p, ty, if b == Builtin::Len { 1 } else { 2 });
                return self.load_to(part, Types::INT, dst);
            }
            let r = self.expr(x);
            return self.mov(dst, r + if b == Builtin::Len { 1 } else { 2 }, 1);
        }
        let op = match self.types.under(ty) {
            Ty::Map(..) => Op::MapLen,
            Ty::Chan(..) if b == Builtin::Len => Op::ChanLen,
            Ty::Chan(..) => Op::ChanCap,
            _ => Op::LenS,
        };
        let r = self.expr(x);
        self.f.emit(op, dst, r, 0, 0);
    }

    // ---- slices and maps

    fn append_to(&mut self, args: &[ExprId], spread: bool, dst: Reg) {
        let Ty::Slice(elem) = *self.types.under(self.ty(args[0])) else { return };
        let back = self.backing(elem);
        // The slice is read before the other operands are evaluated; a local in registers cannot change meanwhile, unless they call
        // a local function.
        let calm = args[1..].iter().all(|x| self.calm(*x));
        let s = if self.f.dst_fresh && self.reg_var(args[0]).is_none() {
            self.expr_to(args[0], dst);
            dst
        } else if let Some(r) = self.reg_var(args[0]).filter(|_| calm) {
            r
        } else {
            self.expr(args[0])
        };
        match args[1..] {
            [] => self.mov(dst, s, 3),
            [x] if spread => {
                let from = self.ty(x);
                if self.is_nil(x) {
                    return self.mov(dst, s, 3);
                }
                if let Some(rune) = self.rune_of(x) {
                    let r = self.expr(rune);
                    let r = self.apart(r, 1, dst);
                    self.mov(dst, s, 3);
                    return self.f.emit(Op::AppendRune, dst, r, 0, back);
                }
                let r = self.expr(x);
                let n = self.words(from);
                let r = self.apart(r, n, dst);
                self.mov(dst, s, 3);
                if self.num(from) == Num::Str {
                    self.f.emit(Op::AppendStr, dst, r, 0, back);
                } else {
                    self.f.emit(Op::AppendS, dst, r, 0, back);
                }
            }
            [x] => {
                let r = self.expr_conv(x, elem);
                let n = self.words(elem);
                let r = self.apart(r, n, dst);
                self.mov(dst, s, 3);
                self.f.emit(Op::AppendV, dst, 0, r, back);
            }
            ref many if many.len() * self.words(elem) as usize <= APPEND_WORDS && !self.st.plain => {
                // All operands come first, and the array grows once for all.
                let n = self.words(elem);
                let r = self.f.alloc(n * many.len() as u32);
                for (k, &x) in (0..).zip(many) {
                    self.expr_conv_to(x, elem, r + k * n);
                }
                self.mov(dst, s, 3);
                for k in 0..many.len() as u32 {
                    let more = if k == 0 { many.len() as u32 - 1 } else { 0 };
                    self.f.emit(Op::AppendV, dst, more, r + k * n, back);
                }
            }
            ref many => {
                let t = self.f.alloc(3);
                self.pack(many, elem, t);
                self.mov(dst, s, 3);
                self.f.emit(Op::AppendS, dst, t, 0, back);
            }
        }
    }
    /// The integer that an expression makes a string of.
    fn rune_of(&self, x: ExprId) -> Option<ExprId> {
        let x = self.strip(x);
        if self.st.plain || self.value(x).is_some() || self.f.given.contains_key(&x) {
            return None;
        }
        let Expr::Call(fun, ref args, _) = *self.ast.expr(x) else { return None };
        let is_type = matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Type));
        let &[rune] = &args[..] else { return None };
        (is_type && matches!(self.num(self.ty(rune)), Num::Int(_) | Num::Uint(_)) && self.value(rune).is_none())
            .then_some(rune)
    }
    /// A copy of an operand that lies in the slice's own registers: `s = append(s, s)`.
    fn apart(&mut self, r: Reg, n: u32, dst: Reg) -> Reg {
        if r >= dst + 3 || r + n <= dst {
            return r;
        }
        let t = self.f.alloc(n);
        self.mov(t, r, n);
        t
    }
    /// `s = append(s, …)` for a slice in registers works on them directly.
    pub(super) fn append_in_place(&self, args: &[ExprId], dst: Reg) -> bool {
        // Operands that mention the slice are read before it is written, by construction of `append_to`.
        args.first().is_some_and(|x| self.reg_var(*x) == Some(dst))
    }
    fn copy_to(&mut self, args: &[ExprId], dst: Reg) {
        let (at, bt) = (self.ty(args[0]), self.ty(args[1]));
        let a = self.expr(args[0]);
        let b = self.expr(args[1]);
        self.copy_regs((a, at), (b, bt), dst);
    }
    fn copy_regs(&mut self, (d, ty): (Reg, TyId), (s, from): (Reg, TyId), dst: Reg) {
        let Ty::Slice(elem) = *self.types.under(ty) else { return };
        if self.num(from) == Num::Str {
            self.f.emit(Op::CopyStr, dst, d, s, 0);
        } else {
            let back = self.backing(elem);
            self.f.emit(Op::CopyS, dst, d, s, back);
        }
    }
    fn delete(&mut self, args: &[ExprId]) {
        let ty = self.ty(args[0]);
        let Ty::Map(k, _) = *self.types.under(ty) else { return };
        let m = self.expr(args[0]);
        let key = self.expr_conv(args[1], k);
        self.delete_regs((m, ty), (key, k));
    }
    fn delete_regs(&mut self, (m, ty): (Reg, TyId), (key, from): (Reg, TyId)) {
        let Ty::Map(k, _) = *self.types.under(ty) else { return };
        let key = self.reg_conv(key, from, k);
        let t = self.type_id(ty);
        self.f.emit(Op::MapDel, m, key, 0, t);
    }
    fn clear(&mut self, x: ExprId) {
        let ty = self.ty(x);
        let r = self.expr(x);
        match *self.types.under(ty) {
            Ty::Slice(elem) => {
                let back = self.backing(elem);
                self.f.emit(Op::ClearS, r, 0, 0, back);
            }
            _ => {
                let t = self.type_id(ty);
                self.f.emit(Op::MapClear, r, 0, 0, t);
            }
        }
    }
    fn make_to(&mut self, ty: TyId, args: &[ExprId], dst: Reg) {
        let mut sizes = vec![];
        for &x in args.iter().skip(1) {
            sizes.push(self.size(x));
        }
        match *self.types.under(ty) {
            Ty::Slice(elem) => {
                let len = sizes.first().copied().unwrap_or(0);
                let cap = sizes.get(1).copied().unwrap_or(len);
                let back = self.backing(elem);
                self.f.emit(Op::MakeSlice, dst, len, cap, back);
            }
            Ty::Map(..) | Ty::Chan(..) => {
                let t = self.type_id(ty);
                let n = match sizes.first() {
                    Some(&n) => n,
                    None => {
                        let r = self.f.alloc(1);
                        self.load_word(r, 0);
                        r
                    }
                };
                let op = if matches!(self.types.under(ty), Ty::Map(..)) { Op::MakeMap } else { Op::MakeChan };
                self.f.emit(op, dst, n, 0, t);
            }
            _ => {}
        }
    }
    fn size(&mut self, x: ExprId) -> Reg {
        // A constant may have a float type: `make([]int, 1e3)`.
        if self.value(x).is_some() && !matches!(self.num(self.ty(x)), Num::Int(_) | Num::Uint(_)) {
            let r = self.f.alloc(1);
            if let Some(v) = self.value(x) {
                let w = self.const_words(v, Types::INT)[0];
                self.load_word(r, w);
            }
            return r;
        }
        self.expr(x)
    }

    // ---- numbers

    fn complex_to(&mut self, e: ExprId, args: &[ExprId], dst: Reg) {
        let narrow = self.num(self.ty(e)) == Num::Complex(true);
        let part = if narrow { Types::FLOAT32 } else { Types::FLOAT64 };
        let t = self.f.alloc(2);
        for (i, &x) in args.iter().take(2).enumerate() {
            let r = t + i as u32;
            if let Some(v) = self.value(x) {
                let w = self.const_words(v, part)[0];
                self.load_word(r, w);
            } else {
                self.expr_to(x, r);
            }
            if narrow {
                self.f.emit(Op::F32ToF, r, r, 0, 0);
            }
        }
        self.mov(dst, t, 2);
    }
    fn min_max_to(&mut self, e: ExprId, min: bool, args: &[ExprId], dst: Reg) {
        let ty = self.ty(e);
        let kind = self.num(ty);
        let acc = self.f.alloc(1);
        for (i, &x) in args.iter().enumerate() {
            let mark = self.f.next;
            let r = self.f.alloc(1);
            match self.value(x) {
                // A constant operand may still have another (untyped) type.
                Some(v) => self.load_const(r, &v.clone(), ty),
                None => self.expr_to(x, r),
            }
            if i == 0 {
                self.mov(acc, r, 1);
            } else {
                self.pick(acc, r, ty, kind, min);
            }
            self.f.next = mark;
        }
        self.mov(dst, acc, 1);
    }
    /// `acc = min(acc, r)`, or max.
    fn pick(&mut self, acc: Reg, r: Reg, ty: TyId, kind: Num, min: bool) {
        let (take, end) = (self.f.label(), self.f.label());
        if matches!(kind, Num::F64 | Num::F32) {
            // A NaN stays; of two zeros min takes the negative one: equal floats differ at most in the sign.
            self.regs_jump(BinOp::Ne, ty, acc, acc, end, true);
            self.regs_jump(BinOp::Ne, ty, r, r, take, true);
            let differ = self.f.label();
            self.regs_jump(BinOp::Ne, ty, r, acc, differ, true);
            self.f.emit(if min { Op::Or } else { Op::And }, acc, acc, r, 0);
            self.f.goto(end);
            self.f.bind(differ);
        }
        let op = if min { BinOp::Ge } else { BinOp::Le };
        self.regs_jump(op, ty, r, acc, end, true);
        self.f.bind(take);
        self.mov(acc, r, 1);
        self.f.bind(end);
    }

    // ---- print

    fn print(&mut self, line: bool, args: &[ExprId]) {
        // All arguments are evaluated before anything is written.
        let mut values: SmallVec<[_; 4]> = smallvec![];
        for &x in args {
            let ty = self.concrete(self.ty(x));
            values.push((self.expr(x), ty));
        }
        self.print_values(line, &values);
    }
    fn print_values(&mut self, line: bool, values: &[(Reg, TyId)]) {
        for (i, &(r, ty)) in values.iter().enumerate() {
            if line && i > 0 {
                self.print_value(printers!("space"), 0, 0);
            }
            let mut words = self.words(ty).min(2);
            let kind = match self.num(ty) {
                Num::Int(_) => printers!("int"),
                Num::Uint(_) => printers!("uint"),
                Num::F64 => printers!("float64"),
                Num::F32 => FLOAT32,
                Num::Complex(true) => printers!("complex64"),
                Num::Complex(false) => printers!("complex128"),
                Num::Str => printers!("string"),
                Num::Other => match self.types.under(ty) {
                    Ty::Basic(crate::types::Basic::Bool) => printers!("bool"),
                    Ty::Interface(_) => printers!("iface"),
                    Ty::Slice(_) => {
                        words = 3;
                        printers!("slice")
                    }
                    _ => printers!("pointer"),
                },
            };
            self.print_value(kind, r, words);
        }
        if line {
            self.print_value(printers!("newline"), 0, 0);
        }
    }
    fn print_value(&mut self, kind: [&str; 2], r: Reg, words: u32) {
        let mark = self.f.next;
        let w = self.f.alloc(1 + words);
        if kind == FLOAT32 {
            self.f.emit(Op::F32ToF, w + 1, r, 0, 0);
        } else {
            self.mov(w + 1, r, words);
        }
        self.call_native(kind[usize::from(self.st.script)], w, words);
        self.f.next = mark;
    }
}

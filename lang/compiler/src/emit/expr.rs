//! Expressions: `expr` gives a register (a local's own without a move), `expr_to` fills a destination.
//!
//! The destination of `expr_to` may be a register of the operands when [`Em::in_place`] says that the expression writes it once, at
//! the end; otherwise it is fresh.

use super::compare::is_comparison;
use super::func::Loc;
use super::layout::Num;
use super::place::Place;
use super::{Em, Reg};
use crate::check::twin::has_no_methods;
use crate::info::{Builtin, Mode, SelKind};
use crate::types::{Ty, TyId, Types};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, Expr, ExprId, InterpPart, UnOp};
use smallvec::{SmallVec, smallvec};

impl Em<'_> {
    /// The value of `e` in registers: a local's own, a part of another value, or fresh ones.
    #[inline(never)]
    pub(super) fn expr(&mut self, e: ExprId) -> Reg {
        match self.steady_var(e) {
            Some(r) => r,
            None => self.other_expr(e),
        }
    }
    /// The register of a name that stands for a variable of the function that nothing but its statements changes: most operands.
    #[inline]
    fn steady_var(&self, e: ExprId) -> Option<Reg> {
        let o = match self.ast.expr(e) {
            Expr::Name(_) if !self.st.plain && !self.f.given.contains_key(&e) => *self.info.uses.get(&e)?,
            _ => return None,
        };
        if self.f.held.contains_key(&o) {
            return None;
        }
        let obj = self.info.obj(o);
        match self.f.vars.get(o)? {
            Loc::Reg(r) if !(obj.addr_taken || obj.captured && obj.reassigned) => Some(r),
            Loc::Reg(_) | Loc::Box(_) => None,
        }
    }
    #[inline(never)]
    fn other_expr(&mut self, e: ExprId) -> Reg {
        let e = self.strip(e);
        if let Some(&r) = self.f.given.get(&e) {
            return r;
        }
        let info = self.info;
        if let Some(v) = info.value(e) {
            let ty = self.ty(e);
            let n = self.words(ty);
            let dst = self.f.alloc(n);
            let mark = self.f.next;
            (self.f.fresh, self.f.dst_fresh) = (None, !self.st.plain);
            self.load_const(dst, v, ty);
            self.f.next = mark;
            return dst;
        }
        if !self.st.plain {
            if let Some(r) = self.reg_var(e) {
                let passed = match self.info.uses.get(&e) {
                    Some(&o) => self.is_passed_var(o),
                    None => self.is_passed(e),
                };
                if !passed {
                    return r;
                }
                // What is evaluated next may call what changes it.
                let n = self.words(self.ty(e));
                let copy = self.f.alloc(n);
                self.mov(copy, r, n);
                return copy;
            }
            match *self.ast.expr(e) {
                Expr::Call(fun, ref args, spread) => {
                    if let Some(r) = self.call_expr(e, fun, args, spread) {
                        return r;
                    }
                }
                Expr::Select(x, _) if self.is_reg_field(e) && !self.is_passed(e) => {
                    if let Some(s) = self.selection(e) {
                        let (p, ty) = self.start(x, s.recv);
                        let (p, ty) = self.walk(p, ty, &s.path);
                        return self.load(p, ty);
                    }
                }
                _ => {}
            }
        }
        let n = self.words(self.ty(e));
        let dst = self.f.alloc(n);
        let mark = self.f.next;
        self.f.fresh = Some(dst);
        self.expr_to(e, dst);
        self.f.next = mark;
        dst
    }
    /// The variable that a field is of, or that points there.
    pub(super) fn root(&self, e: ExprId) -> ExprId {
        let mut e = self.strip(e);
        while let Expr::Select(x, _) | Expr::Unary(UnOp::Deref, x) = *self.ast.expr(e) {
            e = self.strip(x);
        }
        e
    }
    fn is_reg_field(&self, e: ExprId) -> bool {
        self.info.selections.get(&e).is_some_and(|s| s.kind == SelKind::Field)
    }
    /// A call, conversion or builtin whose value may be had without a move.
    fn call_expr(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool) -> Option<Reg> {
        match self.info.expr(fun).map(|i| i.mode) {
            Some(Mode::Type) => {
                let x = *args.first()?;
                (self.same_words(self.ty(x), self.ty(e)) && !self.is_nil(x) && self.value(x).is_none())
                    .then(|| self.expr(x))
            }
            Some(Mode::Builtin(b @ (Builtin::Len | Builtin::Cap))) => self.len_in_place(b, *args.first()?),
            Some(Mode::Builtin(_)) => None,
            _ => Some(self.call(e, fun, args, spread)),
        }
    }
    /// A conversion between the types changes nothing.
    fn same_words(&self, from: TyId, to: TyId) -> bool {
        match (self.num(from), self.num(to)) {
            (Num::Other, Num::Other) => {
                let slice = matches!(self.types.under(from), Ty::Slice(_));
                !self.needs_box(from, to) && (!slice || matches!(self.types.under(to), Ty::Slice(_) | Ty::Interface(_)))
            }
            (Num::Int(a), Num::Int(b)) | (Num::Uint(a), Num::Uint(b)) => a <= b,
            (Num::Uint(a), Num::Int(b)) => a < b || a == 64 && b == 64,
            (Num::Int(a), Num::Uint(b)) => a == 64 && b == 64,
            (a, b) => a == b && !matches!(a, Num::Complex(_)),
        }
    }
    /// `expr_to` writes its destination once, after everything has been read.
    pub(super) fn in_place(&self, e: ExprId) -> bool {
        if self.st.plain {
            return false;
        }
        let e = self.strip(e);
        if self.value(e).is_some() || self.f.given.contains_key(&e) {
            return true;
        }
        if matches!(self.num(self.ty(e)), Num::Complex(_)) {
            return false;
        }
        match self.ast.expr(e) {
            Expr::CompLit(..) => false,
            Expr::Call(fun, args, _) => match self.info.expr(*fun).map(|i| i.mode) {
                Some(Mode::Type) => args.first().is_none_or(|x| self.in_place(*x)),
                Some(Mode::Builtin(b)) => !matches!(b, Builtin::Min | Builtin::Max | Builtin::Append),
                _ => true,
            },
            Expr::Binary(op, ..) => is_comparison(*op) || !matches!(self.num(self.ty(e)), Num::Other | Num::Complex(_)),
            _ => true,
        }
    }

    /// Fills the registers at `dst` with the value of `e` (a tuple's parts one after another).
    pub(super) fn expr_to(&mut self, e: ExprId, dst: Reg) {
        self.f.dst_fresh = self.f.fresh.take() == Some(dst) && !self.st.plain;
        let e = self.selector(self.strip(e));
        let info = self.info;
        let (ty, value, mode) = match info.expr(e) {
            Some(i) => (self.sub(i.ty), info.value_of(i), Some(i.mode)),
            None => (Types::ERROR, None, None),
        };
        if let Some(&r) = self.f.given.get(&e) {
            let n = self.words(ty);
            return self.mov(dst, r, n);
        }
        if let Some(v) = value {
            return self.load_const(dst, v, ty);
        }
        if mode == Some(Mode::Nil) {
            let n = self.words(ty);
            return self.zero(dst, n);
        }
        let pos = self.ast.expr_span(e).lo;
        self.f.pos = pos;
        match *self.ast.expr(e) {
            Expr::Name(_) => self.name_to(e, dst),
            Expr::FuncLit(..) => self.func_lit_to(e, dst),
            Expr::CompLit(..) => self.literal_to(e, ty, dst),
            Expr::Select(x, _) => self.select_to(e, x, dst),
            Expr::Index(..) if self.info.instances.contains_key(&e) => self.name_to(e, dst),
            Expr::Index(x, ref ix) if ix.len() == 1 => self.index_to(e, x, ix[0], dst),
            Expr::SliceExpr(x, ix, _) => self.slice_to(e, x, ix, dst),
            Expr::TypeAssert(x, Some(_)) => self.assert_to(e, x, dst),
            Expr::Call(fun, ref args, spread) => self.call_to(e, fun, args, spread, dst),
            Expr::Unary(op, x) => self.unary_to(op, e, x, dst),
            Expr::Binary(op, l, r) => self.binary_to(op, e, l, r, dst),
            Expr::Interp(ref parts) => self.interp_to(parts, dst),
            Expr::Bad
            | Expr::Lit(_)
            | Expr::Str(_)
            | Expr::Paren(_)
            | Expr::Index(..)
            | Expr::TypeAssert(_, None)
            | Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => {}
        }
    }
    fn name_to(&mut self, e: ExprId, dst: Reg) {
        if let Some(f) = self.named_func(e) {
            return self.func_value_to(&f, dst);
        }
        let Some(&o) = self.info.uses.get(&e) else { return };
        let ty = self.obj_ty(o);
        match self.var_place(o) {
            Place::Reg(r) => {
                let n = self.words(ty);
                self.mov(dst, r, n);
            }
            p => self.load_to(p, ty, dst),
        }
    }
    fn select_to(&mut self, e: ExprId, x: ExprId, dst: Reg) {
        if self.info.uses.contains_key(&e) {
            return self.name_to(e, dst);
        }
        let Some(s) = self.selection(e) else { return };
        let mark = self.f.next;
        match s.kind {
            SelKind::Field => {
                let (p, ty) = self.start(x, s.recv);
                let (p, ty) = self.walk(p, ty, &s.path);
                self.load_to(p, ty, dst);
            }
            SelKind::Method(_) | SelKind::IfaceMethod | SelKind::TypeParamMethod => self.method_value_to(x, &s, dst),
            SelKind::MethodExpr(_) | SelKind::IfaceMethodExpr | SelKind::TypeParamMethodExpr => {
                self.method_expr_to(e, &s, dst)
            }
        }
        self.f.next = mark;
    }
    fn call_to(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool, dst: Reg) {
        let mark = self.f.next;
        match self.info.expr(fun).map(|i| i.mode) {
            Some(Mode::Type) => {
                if let Some(&x) = args.first() {
                    self.convert_to(x, self.ty(e), dst);
                }
            }
            Some(Mode::Builtin(b)) => self.builtin_to(e, b, args, spread, dst),
            _ => {
                let done = match self.intrinsic(fun) {
                    Some(i) => self.intrinsic_to(&i, fun, args, dst),
                    None => false,
                };
                if !done && self.inline_call_to(e, fun, args, spread, dst).is_none() {
                    let r = self.window_call(e, fun, args, spread);
                    let n = self.words(self.ty(e));
                    self.mov(dst, r, n);
                }
            }
        }
        self.f.next = mark;
    }
    fn unary_to(&mut self, op: UnOp, e: ExprId, x: ExprId, dst: Reg) {
        let mark = self.f.next;
        let ty = self.ty(e);
        match op {
            UnOp::Plus | UnOp::Tilde => self.expr_to(x, dst),
            UnOp::Neg => {
                let r = self.expr(x);
                self.negate(ty, dst, r);
            }
            UnOp::Xor => {
                let r = self.expr(x);
                self.complement(ty, dst, r);
            }
            UnOp::Not => {
                if matches!(self.ast.expr(self.strip(x)), Expr::Binary(..)) && !self.st.plain {
                    self.cond_to(e, dst);
                } else {
                    let r = self.expr(x);
                    self.f.emit(Op::Not, dst, r, 0, 0);
                }
            }
            UnOp::Deref if let Some(r) = self.held(x) => {
                let n = self.words(ty);
                self.mov(dst, r, n);
            }
            UnOp::Deref => {
                let r = self.expr(x);
                self.f.pos = self.ast.expr_span(e).lo;
                let p = self.deref(r, ty);
                self.load_to(p, ty, dst);
            }
            UnOp::Addr => self.address_to(x, dst),
            UnOp::Recv => self.recv_to(e, x, dst),
        }
        self.f.next = mark;
    }
    /// `&x`.
    fn address_to(&mut self, x: ExprId, dst: Reg) {
        let x = self.strip(x);
        if let Expr::CompLit(..) = self.ast.expr(x) {
            let r = self.literal_object(x);
            return self.mov(dst, r, 1);
        }
        let ty = self.ty(x);
        let p = self.operand_place(x);
        match p {
            // The address of a variable of its own: no check needed.
            Place::Mem(r, 0) if matches!(self.ast.expr(x), Expr::Name(_)) => self.mov(dst, r, 1),
            _ => self.addr_to(p, ty, dst),
        }
    }
    fn binary_to(&mut self, op: BinOp, e: ExprId, l: ExprId, r: ExprId, dst: Reg) {
        let mark = self.f.next;
        let ty = self.ty(e);
        if matches!(op, BinOp::LAnd | BinOp::LOr) {
            self.cond_to(e, dst);
        } else if is_comparison(op) {
            self.compare_to(op, l, r, dst);
        } else if self.num(ty) == Num::Str {
            self.concat_to(e, dst);
        } else if let Some((code, x, n)) = self.rotation(e) {
            self.f.emit(code, dst, x, n, 0);
        } else {
            self.arith_chain(e, dst);
        }
        self.f.next = mark;
    }
    /// `x<<k | x>>(width-k)` of an unsigned variable in a register: operation, variable, k.
    fn rotation(&self, e: ExprId) -> Option<(Op, Reg, u32)> {
        let Expr::Binary(BinOp::Or | BinOp::Xor | BinOp::Add, l, r) = *self.ast.expr(e) else { return None };
        let (l, r) = (self.strip(l), self.strip(r));
        let (left, right) = match (self.ast.expr(l), self.ast.expr(r)) {
            (Expr::Binary(BinOp::Shl, ..), Expr::Binary(BinOp::Shr, ..)) => (l, r),
            (Expr::Binary(BinOp::Shr, ..), Expr::Binary(BinOp::Shl, ..)) => (r, l),
            _ => return None,
        };
        let (code, width) = match self.num(self.ty(e)) {
            Num::Uint(32) => (Op::RotLK32, 32),
            Num::Uint(64) => (Op::RotLK, 64),
            Num::Uint(_) | Num::Int(_) | Num::F64 | Num::F32 | Num::Complex(_) | Num::Str | Num::Other => return None,
        };
        let part = |x: ExprId| match *self.ast.expr(x) {
            Expr::Binary(_, v, n) if self.value(x).is_none() && !self.f.given.contains_key(&x) => {
                Some((self.reg_var(v)?, self.int_const(n)?))
            }
            _ => None,
        };
        let ((x, up), (y, down)) = (part(left)?, part(right)?);
        let turns = x == y && up > 0 && down > 0 && up + down == width;
        (turns && !self.st.plain).then_some((code, x, up as u32))
    }
    /// Left-deep arithmetic, iteratively: everything but the last step goes to one temporary.
    fn arith_chain(&mut self, e: ExprId, dst: Reg) {
        let mut steps: SmallVec<[_; 4]> = smallvec![];
        let mut x = e;
        while let Expr::Binary(op, l, r) = *self.ast.expr(x) {
            let whole = !steps.is_empty() && self.rotation(x).is_some();
            if whole || self.value(x).is_some() || self.f.given.contains_key(&x) {
                break;
            }
            steps.push((op, x, r));
            x = self.strip(l);
        }
        let ty = self.ty(e);
        let n = self.words(ty);
        let Some((op0, e0, r0)) = steps.pop() else { return };
        let mut acc = dst;
        if !steps.is_empty() && !self.f.dst_fresh {
            acc = self.f.alloc(n);
        }
        self.first_step(op0, e0, x, r0, acc);
        while let Some((op, at, r)) = steps.pop() {
            let to = if steps.is_empty() { dst } else { acc };
            let mark = self.f.next;
            let pos = self.ast.expr_span(at).lo;
            if to != acc || !self.mul_add(op, ty, acc, r) {
                self.arith_at(op, ty, to, acc, r, pos);
            }
            self.f.next = mark;
        }
    }
    /// `acc += a * b` and `acc -= a * b` on float64 in one operation, when `r` is such a product.
    pub(super) fn mul_add(&mut self, op: BinOp, ty: TyId, acc: Reg, r: ExprId) -> bool {
        let code = match op {
            BinOp::Add => Op::MulAddF,
            BinOp::Sub => Op::MulSubF,
            _ => return false,
        };
        let inner = self.strip(r);
        let Expr::Binary(BinOp::Mul, a, b) = *self.ast.expr(inner) else { return false };
        if self.st.plain || self.num(ty) != Num::F64 || self.value(inner).is_some() || self.f.given.contains_key(&inner)
        {
            return false;
        }
        let a = self.expr(a);
        let b = self.expr(b);
        self.f.emit(code, acc, a, b, 0);
        true
    }
    fn arith_at(&mut self, op: BinOp, ty: TyId, dst: Reg, l: Reg, r: ExprId, pos: u32) {
        self.f.pos = pos;
        if matches!(op, BinOp::Div | BinOp::Rem | BinOp::Shl | BinOp::Shr) && self.value(r).is_none() {
            // The operation can panic: its position is its own, not the operand's.
            let v = self.expr(r);
            self.f.pos = pos;
            let mut given = false;
            if !self.f.given.contains_key(&self.strip(r)) {
                given = true;
                self.f.given.insert(self.strip(r), v);
            }
            self.arith(op, ty, dst, l, r);
            if given {
                self.f.given.remove(&self.strip(r));
            }
        } else {
            self.arith(op, ty, dst, l, r);
        }
    }
    fn first_step(&mut self, op: BinOp, at: ExprId, l: ExprId, r: ExprId, dst: Reg) {
        let ty = self.ty(at);
        let pos = self.ast.expr_span(at).lo;
        let mark = self.f.next;
        let kind = self.num(ty);
        let commutes = matches!(op, BinOp::Add | BinOp::Mul | BinOp::And);
        if commutes
            && matches!(kind, Num::Int(_) | Num::Uint(_))
            && let Some(k) = self.small_const(l)
        {
            let x = self.expr(r);
            if self.arith_const(op, kind, dst, x, k) {
                self.f.next = mark;
                return;
            }
        }
        let l = self.expr(l);
        self.arith_at(op, ty, dst, l, r, pos);
        self.f.next = mark;
    }
    /// A chain of `+` on strings is one operation.
    fn concat_to(&mut self, e: ExprId, dst: Reg) {
        let mut parts = vec![];
        self.concat_parts(e, &mut parts);
        if self.st.plain {
            return self.concat_pairs(&parts, dst);
        }
        let n = parts.len() as u32;
        let t = self.f.alloc(n);
        for (i, x) in parts.into_iter().enumerate() {
            self.expr_to(x, t + i as u32);
        }
        self.f.emit(Op::Concat, dst, t, n, 0);
    }
    fn concat_pairs(&mut self, parts: &[ExprId], dst: Reg) {
        let t = self.f.alloc(2);
        for (i, x) in parts.iter().enumerate() {
            self.expr_to(*x, t + (i > 0) as u32);
            if i > 0 {
                self.f.emit(Op::Concat, t, t, 2, 0);
            }
        }
        self.mov(dst, t, 1);
    }
    fn concat_parts(&self, e: ExprId, out: &mut Vec<ExprId>) {
        for x in self.spine(BinOp::Add, e) {
            let inner = self.strip(x);
            let splits = matches!(self.ast.expr(inner), Expr::Binary(BinOp::Add, ..))
                && self.value(inner).is_none()
                && !self.f.given.contains_key(&inner);
            if splits { self.concat_parts(inner, out) } else { out.push(x) }
        }
    }
    /// `$"…"`: a format string and the values.
    fn interp_to(&mut self, parts: &[InterpPart], dst: Reg) {
        let mut format = String::new();
        let mut values = vec![];
        for p in parts {
            match p {
                InterpPart::Text(s) => format.push_str(&self.ast.name(*s).replace('%', "%%")),
                InterpPart::Value(e, verb) => {
                    format.push_str(verb.map_or("%v", |v| self.ast.name(v)));
                    values.push(*e);
                }
            }
        }
        let mark = self.f.next;
        let w = self.f.alloc(5);
        self.load_str(w + 1, format.as_bytes());
        self.pack_ifaces(&values, w + 2);
        let plain = values.iter().all(|&v| has_no_methods(self.types, self.ty(v)));
        let twin = Some("plainSprintf").filter(|name| plain && self.library_func("fmt", name).is_some());
        self.call_library("fmt", twin.unwrap_or("Sprintf"), w, 4);
        self.mov(dst, w + 1, 1);
        self.f.next = mark;
    }
    /// Evaluates for effect.
    pub(super) fn discard(&mut self, e: ExprId) {
        let mark = self.f.next;
        if self.value(e).is_none() && !self.is_nil(e) {
            self.expr(e);
        }
        self.f.next = mark;
    }
}

//! Constants of loops: those that operations cannot hold in themselves are loaded once, in front of the outermost loop.
//!
//! Only what every iteration uses counts: operands in statements of the body and of loops within, not in branches. Function literals
//! and other bodies that become functions of their own are left alone.

use super::inline::DEPTH_MAX;
use super::layout::Num;
use super::{Em, Reg};
use crate::types::Ty;
use gol_syntax::ast::{BinOp, BlockId, Expr, ExprId, ForHeader, Stmt, StmtId};

/// Registers that one loop may keep for constants.
const KEPT_MAX: usize = 12;

/// The constants of a loop.
#[derive(Default)]
struct Found {
    /// Operands and their words, in order.
    uses: Vec<(ExprId, u64)>,
    words: Vec<u64>,
    /// Bodies of calls that are being looked at, outermost first: functions may call themselves.
    bodies: Vec<BlockId>,
}

impl Em<'_> {
    /// Loads the constants of a loop and notes their operands; the notes, for [`Em::unhoist`].
    pub(super) fn hoist(&mut self, h: &ForHeader, body: BlockId) -> Vec<ExprId> {
        if self.st.plain || self.f.hoisting || !self.f.inlining.is_empty() {
            return vec![];
        }
        let mut found = Found::default();
        self.in_loop(h, body, &mut found);
        // In a row, as the words are.
        let first = self.f.next;
        for &w in &found.words {
            let r = self.f.alloc(1);
            self.load_word(r, w);
        }
        let mut noted = vec![];
        for (e, w) in found.uses {
            if let Some(i) = found.words.iter().position(|x| *x == w)
                && !self.f.given.contains_key(&e)
            {
                self.f.given.insert(e, first + i as Reg);
                noted.push(e);
            }
        }
        noted
    }
    pub(super) fn unhoist(&mut self, noted: Vec<ExprId>) {
        for e in noted {
            self.f.given.remove(&e);
        }
    }

    // ---- what a loop uses

    fn in_loop(&mut self, h: &ForHeader, body: BlockId, out: &mut Found) {
        if let ForHeader::Range { over, .. } = h
            && let Ty::Func(_) = self.types.under(self.ty(*over))
        {
            return;
        }
        if let ForHeader::Cond(c) = h
            && let Some(c) = self.header_expr(*c)
        {
            self.in_expr(c, out);
        }
        self.in_stmts(&self.ast.block(body).stmts, out);
    }
    fn in_stmts(&mut self, list: &[StmtId], out: &mut Found) {
        for &s in list {
            self.in_stmt(s, out);
        }
    }
    fn in_stmt(&mut self, s: StmtId, out: &mut Found) {
        let ast = self.ast;
        match ast.stmt(s) {
            Stmt::Exprs(list) | Stmt::Return(list) => self.in_exprs(list, out),
            Stmt::Define(_, r) => self.in_exprs(r, out),
            Stmt::Var(specs) => specs.iter().for_each(|s| self.in_exprs(&s.values, out)),
            Stmt::Assign(l, r) => {
                self.in_exprs(l, out);
                for (i, &x) in r.iter().enumerate() {
                    // A variable is filled as fast from a constant.
                    match l.get(i).filter(|_| l.len() == r.len()) {
                        Some(&to) if !self.is_name(to) && self.value(x).is_some() => self.note(x, true, out),
                        _ => self.in_expr(x, out),
                    }
                }
            }
            Stmt::OpAssign(op, l, r) => {
                self.in_expr(*l, out);
                self.in_operand(*op, *r, out);
            }
            Stmt::IncDec(_, x) => self.in_expr(*x, out),
            Stmt::Block(b) => self.in_stmts(&ast.block(*b).stmts, out),
            Stmt::If(h, ..) => {
                if let Some(s) = h.init {
                    self.in_stmt(s, out);
                }
                if let Some(c) = self.header_expr(h.cond) {
                    self.in_expr(c, out);
                }
            }
            Stmt::For(h, body) => self.in_loop(h, *body, out),
            Stmt::Labeled(_, Some(s)) => self.in_stmt(*s, out),
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Send(..)
            | Stmt::Labeled(_, None)
            | Stmt::Go(_)
            | Stmt::GoBlock(_)
            | Stmt::Defer(_)
            | Stmt::DeferBlock(_)
            | Stmt::Par(_)
            | Stmt::ParFor(_)
            | Stmt::After(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Goto(_)
            | Stmt::Fallthrough
            | Stmt::Switch(..)
            | Stmt::Select(_) => {}
        }
    }
    fn in_exprs(&mut self, list: &[ExprId], out: &mut Found) {
        for &e in list {
            self.in_expr(e, out);
        }
    }
    fn in_expr(&mut self, e: ExprId, out: &mut Found) {
        if self.value(e).is_some() {
            return;
        }
        let ast = self.ast;
        match *ast.expr(e) {
            Expr::Binary(last, ..) => {
                let (mut op, mut x) = (last, e);
                // Left-deep chains can be long.
                while let Expr::Binary(o, l, r) = *ast.expr(x)
                    && self.value(x).is_none()
                {
                    self.in_operand(o, r, out);
                    (op, x) = (o, l);
                }
                match op {
                    // What is shifted by something that is not known.
                    BinOp::Shl | BinOp::Shr if self.value(x).is_some() => self.note(x, true, out),
                    _ => self.in_operand(op, x, out),
                }
            }
            Expr::Paren(x) | Expr::Unary(_, x) | Expr::Select(x, _) => self.in_expr(x, out),
            Expr::Index(x, ref ix) => {
                self.in_expr(x, out);
                self.in_exprs(ix, out);
            }
            Expr::Call(fun, ref args, spread) => {
                self.in_exprs(args, out);
                if out.bodies.len() < DEPTH_MAX
                    && let Some(body) = self.inlined_block(fun, args, spread)
                    && !out.bodies.contains(&body)
                {
                    out.bodies.push(body);
                    self.in_stmts(&ast.block(body).stmts, out);
                    out.bodies.pop();
                }
            }
            Expr::Bad
            | Expr::Name(_)
            | Expr::Lit(_)
            | Expr::Str(_)
            | Expr::Interp(_)
            | Expr::FuncLit(..)
            | Expr::CompLit(..)
            | Expr::SliceExpr(..)
            | Expr::TypeAssert(..)
            | Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => {}
        }
    }
    fn in_operand(&mut self, op: BinOp, e: ExprId, out: &mut Found) {
        if self.value(e).is_none() {
            self.in_expr(e, out);
        } else if !matches!(op, BinOp::Shl | BinOp::Shr | BinOp::LAnd | BinOp::LOr) {
            self.note(e, matches!(op, BinOp::Or | BinOp::Xor | BinOp::AndNot), out);
        }
    }
    /// A constant of one numeric word; small integers only where operations cannot hold them.
    fn note(&mut self, e: ExprId, small: bool, out: &mut Found) {
        let e = self.strip(e);
        let ty = self.ty(e);
        let Some(v) = self.value(e) else { return };
        match self.num(ty) {
            Num::F64 | Num::F32 => {}
            Num::Int(_) | Num::Uint(_) if small || self.small_const(e).is_none() => {}
            Num::Other if small && self.bool_const(e).is_some() && !self.is_iface(ty) => {}
            Num::Int(_) | Num::Uint(_) | Num::Complex(_) | Num::Str | Num::Other => return,
        }
        let w = self.const_words(v, ty)[0];
        if !out.words.contains(&w) {
            if out.words.len() >= KEPT_MAX {
                return;
            }
            out.words.push(w);
        }
        out.uses.push((e, w));
    }
}

//! Conditions as jump code: `&&`, `||`, `!` and comparisons become branches.

use super::compare::is_comparison;
use super::func::Label;
use super::{Em, Reg};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, Expr, ExprId, Ids, UnOp};

impl Em<'_> {
    /// Jumps to `label` when the condition is `sense`, falls through otherwise. Temporaries are given back.
    pub(super) fn cond_jump(&mut self, e: ExprId, label: Label, sense: bool) {
        let mark = self.f.next;
        self.cond_jump_inner(e, label, sense);
        self.f.next = mark;
    }
    fn cond_jump_inner(&mut self, e: ExprId, label: Label, sense: bool) {
        let e = self.strip(e);
        if let Some(b) = self.bool_const(e) {
            if b == sense {
                self.f.goto(label);
            }
            return;
        }
        self.f.pos = self.ast.expr_span(e).lo;
        if !self.f.given.contains_key(&e) {
            match *self.ast.expr(e) {
                Expr::Unary(UnOp::Not, x) if !self.st.plain => return self.cond_jump(x, label, !sense),
                // Unoptimised code has constants as values.
                Expr::Binary(op @ (BinOp::LAnd | BinOp::LOr), ..) if self.value(e).is_none() => {
                    return self.logic_jump(op, e, label, sense);
                }
                Expr::Binary(op, l, r) if is_comparison(op) && !self.st.plain => {
                    return self.compare_jump(op, l, r, label, sense);
                }
                _ if self.inline_jump(e, label, sense) => return,
                _ => {}
            }
        }
        let r = self.expr(e);
        self.f.jump(if sense { Op::Jnz } else { Op::Jz }, r, 0, label);
    }
    fn logic_jump(&mut self, op: BinOp, e: ExprId, label: Label, sense: bool) {
        let mut parts = self.spine(op, e);
        // `a && b` is false, `a || b` is true, as soon as one of the operands is.
        if (op == BinOp::LOr) == sense {
            for x in parts {
                self.cond_jump(x, label, sense);
            }
            return;
        }
        let Some(last) = parts.pop() else { return };
        let skip = self.f.label();
        for x in parts {
            self.cond_jump(x, skip, !sense);
        }
        self.cond_jump(last, label, sense);
        self.f.bind(skip);
    }
    /// The operands of a left-deep chain of one operator, left to right; iterative, for chains can be long.
    pub(super) fn spine(&self, op: BinOp, e: ExprId) -> Ids {
        let mut parts = Ids::new();
        let mut x = self.strip(e);
        while let Expr::Binary(o, l, r) = *self.ast.expr(x) {
            if o != op || self.value(x).is_some() || self.f.given.contains_key(&x) {
                break;
            }
            parts.push(r);
            x = l;
            // Parentheses group the right side only; on the left they change nothing for one operator.
            if matches!(op, BinOp::LAnd | BinOp::LOr) {
                x = self.strip(x);
            }
        }
        parts.push(x);
        parts.reverse();
        parts
    }
    /// A condition as a value.
    pub(super) fn cond_to(&mut self, e: ExprId, dst: Reg) {
        let (no, end) = (self.f.label(), self.f.label());
        self.cond_jump(e, no, false);
        self.load_word(dst, 1);
        self.f.goto(end);
        self.f.bind(no);
        self.load_word(dst, 0);
        self.f.bind(end);
    }
}

//! Strings that are read at once and kept by nobody: parts of strings and texts of bytes that are compared, looked up or given to a native in place need
//! no object (`PartS`, `PartB`). The string lies in the frame, so nothing may be called, and no memory asked for, until it was read. In the same way
//! the bytes of a string that are only read are no copy (`ViewS`).

use super::layout::Num;
use super::{Em, Reg};
use crate::info::Mode;
use crate::types::{Basic, Ty};
use gol_bytecode::Op;
use gol_syntax::ast::{Expr, ExprId};

impl Em<'_> {
    /// The value of `e`, which the next instruction reads. What is evaluated between must be [`Em::still`].
    pub(super) fn passing(&mut self, e: ExprId) -> Reg {
        let x = self.strip(e);
        if let Some(s) = self.bytes_of(x) {
            let dst = self.f.alloc(3);
            let mark = self.f.next;
            let r = self.expr(s);
            self.f.emit(Op::ViewS, dst, r, 0, 0);
            self.f.next = mark;
            return dst;
        }
        if self.st.plain || self.value(x).is_some() || self.f.given.contains_key(&x) || self.num(self.ty(x)) != Num::Str
        {
            return self.expr(e);
        }
        match *self.ast.expr(x) {
            Expr::SliceExpr(s, ix, _) if self.num(self.ty(s)) == Num::Str => {
                let dst = self.f.alloc(3);
                self.slice_str_to(x, Op::PartS, s, ix, dst);
                dst
            }
            Expr::Call(fun, ref args, _) if self.info.expr(fun).is_some_and(|i| i.mode == Mode::Type) => match args[..]
            {
                [bytes] if self.is_bytes(bytes) => {
                    let dst = self.f.alloc(3);
                    let mark = self.f.next;
                    let r = self.expr(bytes);
                    self.f.emit(Op::PartB, dst, r, 0, 0);
                    self.f.next = mark;
                    dst
                }
                _ => self.expr(e),
            },
            _ => self.expr(e),
        }
    }
    /// The string of `[]byte(s)`, when it lies in a variable or is a constant: it is there until the bytes are read.
    fn bytes_of(&self, e: ExprId) -> Option<ExprId> {
        let Expr::Call(fun, ref args, _) = *self.ast.expr(self.strip(e)) else { return None };
        let [s] = args[..] else { return None };
        let conversion = !self.st.plain
            && !self.f.given.contains_key(&e)
            && self.info.expr(fun).is_some_and(|i| i.mode == Mode::Type)
            && self.is_bytes(e)
            && self.num(self.ty(s)) == Num::Str
            && self.still(s);
        conversion.then_some(s)
    }
    /// A value that is a `[]byte`.
    pub(super) fn is_bytes(&self, e: ExprId) -> bool {
        !self.is_nil(e)
            && match *self.types.under(self.ty(e)) {
                Ty::Slice(elem) => *self.types.under(elem) == Ty::Basic(Basic::Uint8),
                _ => false,
            }
    }
    /// Constants and variables: no more than loads.
    pub(super) fn still(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        self.value(e).is_some()
            || self.f.given.contains_key(&e)
            || match *self.ast.expr(e) {
                Expr::Name(_) => true,
                Expr::Select(x, _) => self.still(x),
                Expr::Call(..) => self.bytes_of(e).is_some(),
                _ => false,
            }
    }
}

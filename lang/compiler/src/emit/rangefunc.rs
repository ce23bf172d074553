//! `for … range f` over a function: the body becomes a function that f calls.
//!
//! Leaving the body early (break, continue of an outer loop, return, goto) sets a code in a cell that the loop looks at when
//! f has returned.

use super::Em;
use super::loops::LoopBody;
use super::range::Vars;
use gol_syntax::ast::{ExprId, StmtId, Sym};

/// Where a body function came from.
pub(super) struct Outer {}

impl Em<'_> {
    pub(super) fn range_func(&mut self, _s: StmtId, _v: &Vars, over: ExprId, _body: LoopBody) {
        self.refuse_expr(over, "range over a function is not in gol yet");
    }
    /// `break`, `continue` that leave a body function.
    pub(super) fn leave_body(&mut self, _label: Option<Sym>, _cont: bool) {}
    pub(super) fn return_from_body(&mut self, _list: &[ExprId]) {}
}

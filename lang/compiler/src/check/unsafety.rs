//! Package unsafe: sizes, and the uses of `unsafe.Pointer` that cannot break memory safety.
//!
//! An `unsafe.Pointer` keeps nothing alive and is never followed. It comes from any pointer or number and can be compared,
//! stored and shown; only a conversion of a conversion, `(*T)(unsafe.Pointer(p))` where the types agree word for word,
//! gives a pointer again.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::info::{Builtin, Mode, SelKind};
use crate::sizes::{align_of, offset_of, size_of};
use crate::types::{Basic, Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

/// Sizes are ints.
const MAX_SIZE: u64 = i64::MAX as u64;

impl Checker<'_> {
    /// `unsafe.Sizeof(x)` and `unsafe.Alignof(x)`.
    pub(super) fn size(&mut self, e: ExprId, b: Builtin, x: &mut Operand) -> Option<Operand> {
        self.assignment(x, None, Context::UnsafeArgument(b));
        if !x.ok() {
            return None;
        }
        if !self.fixed_size(x.ty) {
            return Some(Operand::value(Types::UINTPTR, e));
        }
        let n = if b == Builtin::Sizeof { size_of(self.types, x.ty) } else { align_of(self.types, x.ty) };
        if n > MAX_SIZE {
            let m = format!("{} is too large", self.describe(x));
            self.bad_argument(x, m);
            return None;
        }
        Some(Operand::constant(crate::constant::Value::int(n), Types::UINTPTR, e))
    }

    /// `unsafe.Offsetof(x.f)`.
    pub(super) fn offset(&mut self, e: ExprId, arg: ExprId) -> Option<Operand> {
        let x = self.expr(arg);
        if !x.ok() {
            return None;
        }
        let inner = self.unparen(arg);
        let selection = self.info.selections.get(&inner).cloned();
        let Some(sel) = selection.filter(|_| matches!(self.ast.expr(inner), Expr::Select(..))) else {
            let m = format!("invalid argument: {} is not a selector expression", self.expr_text(arg));
            self.bad_argument(&x, m);
            return None;
        };
        if sel.kind != SelKind::Field {
            let m = format!("invalid argument: {} is a method value", self.expr_text(arg));
            self.bad_argument(&x, m);
            return None;
        }
        let base = self.types.pointee(sel.recv).unwrap_or(sel.recv);
        if !self.fixed_size(base) {
            return Some(Operand::value(Types::UINTPTR, e));
        }
        match offset_of(self.types, base, &sel.path) {
            Some(n) if n > MAX_SIZE => {
                let m = format!("{} is too large", self.ty_text(base));
                self.bad_argument(&x, m);
                None
            }
            Some(n) => Some(Operand::constant(crate::constant::Value::int(n), Types::UINTPTR, e)),
            None => {
                let (field, ty) = (self.name(sel.name), self.ty_text(base));
                let m = format!("invalid argument: field {field} is embedded via a pointer in {ty}");
                self.bad_argument(&x, m);
                None
            }
        }
    }

    /// Completes the types whose size is asked for. False when it depends on a type argument.
    fn fixed_size(&mut self, ty: TyId) -> bool {
        self.complete(ty);
        match self.types.under(ty).clone() {
            Ty::TypeParam(_) => false,
            Ty::Array(_, elem) => self.fixed_size(elem),
            Ty::Struct(fields) => {
                // All of them are completed, also behind the first that depends.
                let fixed: Vec<bool> = fields.iter().map(|f| self.fixed_size(f.ty)).collect();
                !fixed.contains(&false)
            }
            _ => true,
        }
    }

    /// What would break memory safety.
    pub(super) fn refuse_unsafe(&mut self, at: Span, what: &str) {
        let d = Diagnostic::error(Code::Unsafe, at, format!("not in gol: {what}"));
        self.report(
            d.help("gol keeps memory safe whatever a program does; say it with types, slices or encoding/binary"),
        );
    }

    /// Refuses a conversion from `unsafe.Pointer` that gives a pointer to something else than was put in.
    pub(super) fn follows_unsafe(&mut self, e: ExprId, x: &Operand, to: TyId) -> bool {
        let is_unsafe = |t: TyId| matches!(self.types.basic(t), Some(Basic::UnsafePointer));
        let from_unsafe = self.types.type_set(x.ty).into_iter().any(is_unsafe);
        let to_pointer = self.types.type_set(to).into_iter().find_map(|t| self.types.pointee(t));
        let (true, Some(want)) = (from_unsafe, to_pointer) else { return false };
        if let Expr::Call(f, args, _) = self.ast.expr(self.unparen(x.expr))
            && let [arg] = args[..]
            && self.info.expr(*f).is_some_and(|i| i.mode == Mode::Type)
            && let Some(i) = self.info.expr(arg)
            && (i.mode == Mode::Nil || self.types.pointee(i.ty).is_some_and(|has| self.same_words(has, want)))
        {
            return false;
        }
        let m = format!("a conversion of unsafe.Pointer to {}", self.ty_text(to));
        let at = self.span(e);
        self.refuse_unsafe(at, &m);
        true
    }

    /// Do values of both types consist of the same words, so that a pointer to one may be a pointer to the other?
    fn same_words(&self, a: TyId, b: TyId) -> bool {
        let plain = |t: TyId| match self.types.basic(t) {
            Some(Basic::Int | Basic::Int64 | Basic::Uint | Basic::Uint64 | Basic::Uintptr | Basic::Float64) => Some(8),
            Some(Basic::Int32 | Basic::Uint32 | Basic::Float32) => Some(4),
            _ => None,
        };
        self.types.under_id(a) == self.types.under_id(b) || plain(a).is_some() && plain(a) == plain(b)
    }
}

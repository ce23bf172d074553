//! Calls of predeclared functions.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::constant::Value;
use crate::info::{Builtin, Mode};
use crate::types::{Basic, Class, Ty, TyId, Types};
use crate::universe::{BUILTINS, UNSAFE};
use gol_syntax::ast::{Dir, Expr, ExprId, UnOp};
use gol_syntax::diag::Code;

/// Least number of arguments, and whether more may follow (or how many at most).
fn arity(b: Builtin) -> (usize, usize) {
    const ANY: usize = usize::MAX;
    match b {
        Builtin::Append | Builtin::Max | Builtin::Min => (1, ANY),
        Builtin::Cap
        | Builtin::Clear
        | Builtin::Close
        | Builtin::Imag
        | Builtin::Len
        | Builtin::New
        | Builtin::Panic
        | Builtin::Real
        | Builtin::Sizeof
        | Builtin::Alignof
        | Builtin::Offsetof
        | Builtin::UnsafeSliceData
        | Builtin::UnsafeStringData => (1, 1),
        Builtin::Complex
        | Builtin::Copy
        | Builtin::Delete
        | Builtin::UnsafeAdd
        | Builtin::UnsafeSlice
        | Builtin::UnsafeString => (2, 2),
        Builtin::Make => (1, 3),
        Builtin::Print | Builtin::Println => (0, ANY),
        Builtin::Recover => (0, 0),
    }
}

/// May the call stand as a statement?
pub(super) fn is_statement(b: Builtin) -> bool {
    match b {
        Builtin::Clear
        | Builtin::Close
        | Builtin::Copy
        | Builtin::Delete
        | Builtin::Panic
        | Builtin::Print
        | Builtin::Println
        | Builtin::Recover => true,
        Builtin::Append
        | Builtin::Cap
        | Builtin::Complex
        | Builtin::Imag
        | Builtin::Len
        | Builtin::Make
        | Builtin::Max
        | Builtin::Min
        | Builtin::New
        | Builtin::Real
        | Builtin::Sizeof
        | Builtin::Alignof
        | Builtin::Offsetof
        | Builtin::UnsafeAdd
        | Builtin::UnsafeSlice
        | Builtin::UnsafeSliceData
        | Builtin::UnsafeString
        | Builtin::UnsafeStringData => false,
    }
}

pub(super) fn name_of(b: Builtin) -> &'static str {
    BUILTINS.iter().chain(UNSAFE).find(|x| x.1 == b).map_or("", |x| x.0)
}

impl Checker<'_> {
    pub(super) fn builtin(&mut self, e: ExprId, b: Builtin, args: &[ExprId], dots: bool) -> Operand {
        if dots && b != Builtin::Append {
            let at = self.span(e);
            self.use_exprs(args);
            let m = format!("invalid operation: invalid use of ... with built-in {}", name_of(b));
            self.err(Code::BadDots, at, m);
            return Operand::invalid(e);
        }
        let takes_type = matches!(b, Builtin::Make | Builtin::New | Builtin::Offsetof);
        let mut xs = if takes_type { vec![] } else { self.arguments(args) };
        let count = if takes_type { args.len() } else { xs.len() };
        xs.iter_mut().for_each(|x| self.refuse_generic_func(x));
        if xs.iter().any(|x| !x.ok()) {
            return Operand::invalid(e);
        }
        let (least, most) = arity(b);
        if count < least || count > most && b != Builtin::Make {
            let word = if count < least { "not enough" } else { "too many" };
            let bound = if count < least { least } else { most };
            let text = self.expr_text(e);
            let m = format!("invalid operation: {word} arguments for {text} (expected {bound}, found {count})");
            let at = self.span(e);
            self.err(Code::ArgCount, at, m);
            if takes_type && count > 1 {
                self.use_exprs(&args[1..]);
            }
            return Operand::invalid(e);
        }
        let result = match b {
            Builtin::Append => self.append(e, &mut xs, dots),
            Builtin::Len | Builtin::Cap => self.length(e, b, &mut xs),
            Builtin::Clear => self.clear(e, &xs[0]),
            Builtin::Close => self.close(e, &xs[0]),
            Builtin::Copy => self.copy(e, &mut xs),
            Builtin::Delete => self.delete(e, &mut xs),
            Builtin::Make => self.make(e, args),
            Builtin::New => self.new_value(e, args[0]),
            Builtin::Max | Builtin::Min => self.extreme(e, b, std::mem::take(&mut xs)),
            Builtin::Complex => self.complex(e, std::mem::take(&mut xs)),
            Builtin::Real | Builtin::Imag => self.part_of_complex(e, b, &mut xs),
            Builtin::Panic => {
                self.assignment(&mut xs[0], Some(Types::ANY), Context::Named("argument to panic"));
                xs[0].ok().then(|| Operand::new(Mode::NoValue, Types::VOID, e))
            }
            Builtin::Print | Builtin::Println => {
                for x in &mut xs {
                    self.assignment(x, None, Context::BuiltinArgument(b));
                }
                Some(Operand::new(Mode::NoValue, Types::VOID, e))
            }
            Builtin::Recover => {
                if let Some(f) = self.own_func() {
                    f.has_recover = true;
                }
                Some(Operand::value(Types::ANY, e))
            }
            Builtin::Sizeof | Builtin::Alignof => self.size(e, b, &mut xs[0]),
            Builtin::Offsetof => self.offset(e, args[0]),
            Builtin::UnsafeAdd
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData => {
                let at = self.span(e);
                self.refuse_unsafe(at, &format!("unsafe.{}", name_of(b)));
                None
            }
        };
        self.done_with(xs);
        result.unwrap_or_else(|| Operand::invalid(e))
    }

    pub(super) fn bad_argument(&mut self, x: &Operand, message: String) {
        let at = self.at(x);
        self.err(Code::BadBuiltin, at, message);
    }

    fn append(&mut self, e: ExprId, xs: &mut [Operand], dots: bool) -> Option<Operand> {
        let first = &xs[0];
        if first.is_nil() {
            let x = first.clone();
            self.bad_argument(&x, "first argument to append must be a typed slice; have untyped nil".into());
            return None;
        }
        let ty = first.ty;
        let Ty::Slice(elem) = *self.types.core_ty(ty) else {
            let m = format!("invalid append: argument must be a slice; have {}", self.describe(first));
            self.bad_argument(&xs[0], m);
            return None;
        };
        if dots {
            let [_, rest] = xs else {
                let at = self.span(e);
                let m = if xs.len() < 2 {
                    "not enough arguments in call to append"
                } else {
                    "too many arguments in call to append"
                };
                self.err(Code::ArgCount, at, m);
                return None;
            };
            let string = self.types.core_bytes(rest.ty) == Some(Types::STRING) || self.types.is(rest.ty, Class::String);
            if matches!(self.types.basic(elem), Some(Basic::Uint8)) && string {
                self.default_operand(rest);
            } else {
                let slice = self.types.intern(Ty::Slice(elem));
                self.assignment(rest, Some(slice), Context::Named("argument to append"));
            }
        } else {
            for x in &mut xs[1..] {
                self.assignment(x, Some(elem), Context::Named("argument to append"));
            }
        }
        Some(Operand::value(ty, e))
    }

    fn length(&mut self, e: ExprId, b: Builtin, xs: &mut [Operand]) -> Option<Operand> {
        let x = &mut xs[0];
        let under = match self.types.under(x.ty) {
            Ty::Pointer(p) if matches!(self.types.under(*p), Ty::Array(..)) => self.types.under(*p),
            t => t,
        };
        let known = match under {
            Ty::TypeParam(_) if self.types.every(x.ty, |t| self.has_length(b, t)) => None,
            Ty::Basic(t) if t.is(Class::String) && b == Builtin::Len => {
                match x.value.as_ref().and_then(Value::as_bytes) {
                    Some(s) => Some(s.len() as u64),
                    None => {
                        self.default_operand(x);
                        None
                    }
                }
            }
            // Not constant when something would have to be computed.
            Ty::Array(n, _) => {
                let n = *n;
                (!self.has_call(x.expr)).then_some(n)
            }
            Ty::Slice(_) | Ty::Chan(..) => None,
            Ty::Map(..) if b == Builtin::Len => None,
            _ => {
                let m = format!("invalid argument: {} for built-in {}", self.describe(x), name_of(b));
                let x = x.clone();
                self.bad_argument(&x, m);
                return None;
            }
        };
        if self.types.is_untyped(x.ty) {
            self.default_operand(x);
        }
        Some(match known {
            Some(n) => Operand::constant(Value::int(n), Types::INT, e),
            None => Operand::value(Types::INT, e),
        })
    }

    /// Is `len` or `cap` defined for values of the type?
    fn has_length(&self, b: Builtin, ty: TyId) -> bool {
        match self.types.under(ty) {
            Ty::Array(..) | Ty::Slice(_) | Ty::Chan(..) => true,
            Ty::Pointer(p) => matches!(self.types.under(*p), Ty::Array(..)),
            Ty::Map(..) => b == Builtin::Len,
            Ty::Basic(t) => t.is(Class::String) && b == Builtin::Len,
            _ => false,
        }
    }

    /// Does the expression call a function or receive from a channel?
    fn has_call(&self, e: ExprId) -> bool {
        let any = |list: &[ExprId]| list.iter().any(|&x| self.has_call(x));
        match self.ast.expr(e) {
            Expr::Paren(x) | Expr::Select(x, _) | Expr::TypeAssert(x, _) => self.has_call(*x),
            Expr::Unary(UnOp::Recv, _) => true,
            Expr::Unary(_, x) => self.has_call(*x),
            Expr::Binary(_, x, y) => self.has_call(*x) || self.has_call(*y),
            Expr::Index(x, list) => self.has_call(*x) || any(list),
            Expr::SliceExpr(x, parts, _) => self.has_call(*x) || parts.iter().flatten().any(|&p| self.has_call(p)),
            Expr::CompLit(_, elems) => {
                elems.iter().any(|el| self.has_call(el.value) || el.key.is_some_and(|k| self.has_call(k)))
            }
            Expr::Call(f, args, _) => {
                let constant = self.info.expr(e).is_some_and(|i| i.mode == Mode::Const);
                let conversion = self.info.expr(*f).is_some_and(|i| i.mode == Mode::Type);
                !constant && (!conversion || any(args))
            }
            _ => false,
        }
    }

    fn clear(&mut self, e: ExprId, x: &Operand) -> Option<Operand> {
        if !self.types.every(x.ty, |t| matches!(self.types.under(t), Ty::Map(..) | Ty::Slice(_))) {
            let m = format!(
                "invalid argument: clear {}: argument must be (or constrained by) map or slice",
                self.describe(x)
            );
            self.bad_argument(x, m);
            return None;
        }
        Some(Operand::new(Mode::NoValue, Types::VOID, e))
    }

    fn close(&mut self, e: ExprId, x: &Operand) -> Option<Operand> {
        let any_recv =
            self.types.type_set(x.ty).into_iter().find(|&t| matches!(self.types.under(t), Ty::Chan(Dir::Recv, _)));
        let channels = self.types.every(x.ty, |t| matches!(self.types.under(t), Ty::Chan(..)));
        match any_recv {
            Some(_) if channels => {
                let m = format!("invalid operation: cannot close receive-only channel {}", self.describe(x));
                self.bad_argument(x, m);
                None
            }
            _ if channels => Some(Operand::new(Mode::NoValue, Types::VOID, e)),
            _ => {
                let m = format!("invalid operation: cannot close non-channel {}", self.describe(x));
                self.bad_argument(x, m);
                None
            }
        }
    }

    fn copy(&mut self, e: ExprId, xs: &mut [Operand]) -> Option<Operand> {
        self.default_operand(&mut xs[1]);
        let (to, from) = (xs[0].clone(), xs[1].clone());
        let Ty::Slice(elem) = *self.types.core_ty(to.ty) else {
            let m = format!("invalid copy: argument must be a slice; have {}", self.describe(&to));
            self.bad_argument(&to, m);
            return None;
        };
        let source = match self.types.get(self.types.core_bytes(from.ty).unwrap_or(from.ty)) {
            Ty::Slice(t) => *t,
            Ty::Basic(Basic::String) => Types::UINT8,
            _ => {
                let m = format!("invalid copy: argument must be a slice; have {}", self.describe(&from));
                self.bad_argument(&from, m);
                return None;
            }
        };
        if source != elem {
            let m = format!(
                "invalid argument: arguments to copy {} and {} have different element types {} and {}",
                self.describe(&to),
                self.describe(&from),
                self.ty_text(elem),
                self.ty_text(source)
            );
            self.bad_argument(&to, m);
            return None;
        }
        Some(Operand::value(Types::INT, e))
    }

    fn delete(&mut self, e: ExprId, xs: &mut [Operand]) -> Option<Operand> {
        let key = self.map_key(xs[0].ty);
        let Some(key) = key else {
            let m = format!("invalid argument: {} is not a map", self.describe(&xs[0]));
            let x = xs[0].clone();
            self.bad_argument(&x, m);
            return None;
        };
        self.assignment(&mut xs[1], Some(key), Context::Named("argument to delete"));
        xs[1].ok().then(|| Operand::new(Mode::NoValue, Types::VOID, e))
    }

    /// The key type of a map; the same one for all maps of a type parameter's set.
    fn map_key(&self, ty: TyId) -> Option<TyId> {
        let key = |t: TyId| match self.types.under(t) {
            Ty::Map(k, _) => Some(*k),
            _ => None,
        };
        let first = key(*self.types.type_set(ty).first()?)?;
        self.types.every(ty, |t| key(t) == Some(first)).then_some(first)
    }

    fn make(&mut self, e: ExprId, args: &[ExprId]) -> Option<Operand> {
        let ty = self.type_expr(args[0]);
        if ty == Types::ERROR {
            self.use_exprs(&args[1..]);
            return None;
        }
        let at = self.span(e);
        let least = match self.types.core_ty(ty) {
            Ty::Slice(_) => 2,
            Ty::Map(..) | Ty::Chan(..) => 1,
            _ => {
                let text = self.expr_text(args[0]);
                let at = self.span(args[0]);
                let cause = match (self.types.is_tparam(ty), self.types.type_set(ty).is_empty()) {
                    (true, true) => "no specific type",
                    (true, false) => "no common underlying type",
                    (false, _) => "type must be slice, map, or channel",
                };
                let m = format!("invalid argument: cannot make {text}: {cause}");
                self.err(Code::BadBuiltin, at, m);
                self.use_exprs(&args[1..]);
                return None;
            }
        };
        let n = args.len();
        if n < least || n > least + 1 {
            let text = self.expr_text(e);
            let m = format!("invalid operation: {text} expects {least} or {} arguments; found {n}", least + 1);
            self.err(Code::ArgCount, at, m);
            self.use_exprs(&args[1..]);
            return None;
        }
        let sizes: Vec<Option<u64>> = args[1..].iter().map(|&a| self.index_value(a, None)).collect();
        if let [Some(len), Some(cap)] = sizes[..]
            && len > cap
        {
            let at = self.span(args[1]);
            self.err(Code::BadBuiltin, at, "invalid argument: length and capacity swapped");
        }
        Some(Operand::value(ty, e))
    }

    fn new_value(&mut self, e: ExprId, arg: ExprId) -> Option<Operand> {
        let mut x = self.expr_or_type(arg);
        match x.mode {
            Mode::Type => self.refuse_constraint(arg, x.ty),
            Mode::Builtin(_) => {
                let m = format!("{} must be called", self.describe(&x));
                let at = self.at(&x);
                self.err(Code::UncalledBuiltin, at, m);
                return None;
            }
            _ => self.assignment(&mut x, None, Context::Named("argument to new")),
        }
        if !x.ok() {
            return None;
        }
        let ty = self.types.pointer_to(x.ty);
        Some(Operand::value(ty, e))
    }

    fn extreme(&mut self, e: ExprId, b: Builtin, xs: Vec<Operand>) -> Option<Operand> {
        for x in &xs {
            if !self.types.is(x.ty, Class::Ordered) {
                let m = format!("invalid argument: {} cannot be ordered", self.describe(x));
                let x = x.clone();
                self.bad_argument(&x, m);
                return None;
            }
        }
        let mut rest = xs.into_iter();
        let mut all = vec![];
        let mut best = rest.next()?;
        all.push(best.expr);
        for mut x in rest {
            all.push(x.expr);
            self.match_pair(&mut best, &mut x)?;
            best = match (&best.value, &x.value) {
                (Some(p), Some(q)) => {
                    let order = Value::compare(p, q)?;
                    let first = if b == Builtin::Min { order.is_le() } else { order.is_ge() };
                    if first { best } else { x }
                }
                _ => Operand::value(best.ty, e),
            };
        }
        if best.value.is_none() && !self.types.is_untyped(best.ty) {
            for a in all {
                self.finalize(a, best.ty);
            }
        }
        Some(Operand { expr: e, mode: if best.value.is_some() { Mode::Const } else { Mode::Value }, ..best })
    }

    /// Gives two operands one type.
    pub(super) fn match_pair(&mut self, x: &mut Operand, y: &mut Operand) -> Option<()> {
        let (a, b) = (self.implicit(x, y.ty), self.implicit(y, x.ty));
        match (a, b) {
            (Ok((t, v)), _) if self.types.is_untyped(x.ty) => self.set_type(x, t, v),
            (_, Ok((t, v))) if self.types.is_untyped(y.ty) => self.set_type(y, t, v),
            _ => {}
        }
        if self.types.is_untyped(y.ty) && x.ty != y.ty {
            let t = x.ty;
            self.convert_untyped(y, t);
            if !y.ok() {
                return None;
            }
        }
        if x.ty != y.ty {
            let m = format!(
                "invalid argument: mismatched types {} (previous argument) and {} (type of {})",
                self.ty_text(x.ty),
                self.ty_text(y.ty),
                self.expr_text(y.expr)
            );
            let y = y.clone();
            self.bad_argument(&y, m);
            return None;
        }
        Some(())
    }
}

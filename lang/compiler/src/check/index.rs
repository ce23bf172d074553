//! Index and slice expressions.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::constant::Value;
use crate::info::Mode;
use crate::types::{Basic, Class, Ty, TyId, Types};
use gol_syntax::ast::ExprId;
use gol_syntax::diag::Code;

/// What indexing gives: an element with its mode, and a length that is known; or a map's key and value.
enum Indexed {
    Elem(Mode, TyId, Option<u64>),
    Map(TyId, TyId),
}

impl Checker<'_> {
    pub(super) fn index_expr(&mut self, e: ExprId, base: ExprId, list: &[ExprId]) -> Operand {
        let x = self.generic_or_type(base);
        let at = self.span(e);
        if x.generic.is_some() {
            return self.func_instance(e, x, list);
        }
        if x.mode == Mode::Type && x.ok() {
            let ty = self.type_instance(e, base, x.ty, list);
            return Operand::new(if ty == Types::ERROR { Mode::Invalid } else { Mode::Type }, ty, e);
        }
        if !x.ok() {
            self.use_exprs(list);
            return Operand::invalid(e);
        }
        if let Mode::Builtin(_) = x.mode {
            self.use_exprs(list);
            let m = format!("{} must be called", self.describe(&x));
            self.err(Code::UncalledBuiltin, at, m);
            return Operand::invalid(e);
        }
        let (mode, elem, length) = match self.types.under(x.ty) {
            Ty::Basic(b) if b.is(Class::String) => {
                let n = x.value.as_ref().and_then(Value::as_bytes).map(|s| s.len() as u64);
                (Mode::Value, Types::UINT8, n)
            }
            Ty::Array(n, t) => (if x.mode == Mode::Var { Mode::Var } else { Mode::Value }, *t, Some(*n)),
            Ty::Slice(t) => (Mode::Var, *t, None),
            Ty::Pointer(p) if matches!(self.types.under(*p), Ty::Array(..)) => match self.types.under(*p) {
                Ty::Array(n, t) => (Mode::Var, *t, Some(*n)),
                _ => return Operand::invalid(e),
            },
            Ty::Map(k, v) => {
                let (k, v) = (*k, *v);
                if let Some(index) = self.single_index(list) {
                    let mut key = self.expr(index);
                    self.assignment(&mut key, Some(k), Context::Named("map index"));
                }
                return Operand::new(Mode::MapIndex, v, e);
            }
            Ty::TypeParam(_) => match self.tparam_index(&x) {
                Some(Indexed::Map(k, v)) => {
                    if let Some(index) = self.single_index(list) {
                        let mut key = self.expr(index);
                        self.assignment(&mut key, Some(k), Context::Named("map index"));
                    }
                    return Operand::new(Mode::MapIndex, v, e);
                }
                Some(Indexed::Elem(mode, elem, length)) => (mode, elem, length),
                None => {
                    self.use_exprs(list);
                    self.err(Code::NotIndexable, at, format!("cannot index {}", self.describe(&x)));
                    return Operand::invalid(e);
                }
            },
            _ => {
                self.use_exprs(list);
                let m = match self.types.func(x.ty) {
                    Some(_) => format!("invalid operation: {} is not a generic function", self.expr_text(base)),
                    None => format!("cannot index {}", self.describe(&x)),
                };
                self.err(Code::NotIndexable, at, m);
                return Operand::invalid(e);
            }
        };
        let mut x = x;
        self.default_operand(&mut x);
        if let Some(index) = self.single_index(list) {
            self.index_value(index, length);
        }
        if elem == Types::ERROR { Operand::invalid(e) } else { Operand::new(mode, elem, e) }
    }

    /// What indexing a value of a type parameter's type gives: the same for all types of the set.
    fn tparam_index(&self, x: &Operand) -> Option<Indexed> {
        let mut all: Option<Indexed> = None;
        for t in self.types.type_set(x.ty) {
            let var = if x.mode == Mode::Var { Mode::Var } else { Mode::Value };
            let one = match self.types.under(t) {
                Ty::Basic(b) if b.is(Class::String) => Indexed::Elem(Mode::Value, Types::UINT8, None),
                Ty::Array(n, t) => Indexed::Elem(var, *t, Some(*n)),
                Ty::Slice(t) => Indexed::Elem(Mode::Var, *t, None),
                Ty::Map(k, v) => Indexed::Map(*k, *v),
                Ty::Pointer(p) => match self.types.under(*p) {
                    Ty::Array(n, t) => Indexed::Elem(Mode::Var, *t, Some(*n)),
                    _ => return None,
                },
                _ => return None,
            };
            all = Some(match (all, one) {
                (None, one) => one,
                (Some(Indexed::Map(k, v)), Indexed::Map(l, w)) if (k, v) == (l, w) => Indexed::Map(k, v),
                (Some(Indexed::Elem(m, t, n)), Indexed::Elem(o, u, k)) if t == u => {
                    // Assignable only if all are.
                    let mode = if m == Mode::Var { o } else { m };
                    let least = match (n, k) {
                        (Some(n), Some(k)) => Some(n.min(k)),
                        (n, k) => n.or(k),
                    };
                    Indexed::Elem(mode, t, least)
                }
                _ => return None,
            });
        }
        all
    }

    fn single_index(&mut self, list: &[ExprId]) -> Option<ExprId> {
        if let Some(&second) = list.get(1) {
            let at = self.span(second);
            self.err(Code::BadIndex, at, "invalid operation: more than one index");
            self.use_exprs(&list[1..]);
        }
        list.first().copied()
    }

    /// An index below `max`. Gives its value when it is constant and valid.
    pub(super) fn index_value(&mut self, e: ExprId, max: Option<u64>) -> Option<u64> {
        let mut x = self.expr(e);
        if !self.valid_index(&mut x, "index", false) {
            return None;
        }
        let v = x.value.as_ref()?.as_u64()?;
        if let Some(max) = max.filter(|&m| v >= m) {
            let at = self.span(e);
            self.err(Code::BadIndex, at, format!("invalid argument: index {v} out of bounds [0:{max}]"));
            return None;
        }
        Some(v)
    }

    /// Is the operand an integer that can be an index, a length, a size? Untyped ones become int.
    pub(super) fn valid_index(&mut self, x: &mut Operand, what: &str, negative: bool) -> bool {
        if !x.ok() {
            return false;
        }
        self.convert_untyped(x, Types::INT);
        if !x.ok() {
            return false;
        }
        let at = self.at(x);
        if !self.types.is(x.ty, Class::Integer) {
            let m = format!("invalid argument: {what} {} must be integer", self.describe(x));
            self.err(Code::BadIndex, at, m);
            return false;
        }
        if let Some(v) = &x.value {
            let bad = if !negative && v.is_negative() {
                Some("must not be negative")
            } else if v.represent(Basic::Int).is_err() {
                Some("overflows int")
            } else {
                None
            };
            if let Some(bad) = bad {
                let m = format!("invalid argument: {what} {} {bad}", self.describe(x));
                self.err(Code::BadIndex, at, m);
                return false;
            }
        }
        true
    }

    pub(super) fn slice_expr(&mut self, e: ExprId, base: ExprId, parts: &[Option<ExprId>; 3], three: bool) -> Operand {
        let mut x = self.expr(base);
        let given: Vec<ExprId> = parts.iter().flatten().copied().collect();
        if !x.ok() {
            self.use_exprs(&given);
            return Operand::invalid(e);
        }
        let Some((ty, length)) = self.sliced(&mut x, base, three) else {
            self.use_exprs(&given);
            return Operand::invalid(e);
        };
        if three && (parts[1].is_none() || parts[2].is_none()) {
            // The parser has complained.
            self.hidden = true;
            self.use_exprs(&given);
            return Operand::invalid(e);
        }
        let mut known: Vec<(u64, Option<ExprId>)> = vec![];
        for (i, p) in parts.iter().enumerate() {
            match (p, length) {
                (Some(p), _) => {
                    if let Some(v) = self.index_value(*p, length.map(|n| n.saturating_add(1))) {
                        known.push((v, Some(*p)));
                    }
                }
                (None, _) if i == 0 => known.push((0, None)),
                (None, Some(n)) => known.push((n, None)),
                (None, None) => {}
            }
        }
        let swapped = known.windows(2).find(|w| w[0].0 > w[1].0);
        if let Some([(low, _), (high, Some(p))]) = swapped {
            let (m, at) = (format!("invalid slice indices: {high} < {low}"), self.span(*p));
            self.err(Code::BadIndex, at, m);
        }
        Operand::value(ty, e)
    }

    /// The type of a slice of `x`, and its length when it is known.
    fn sliced(&mut self, x: &mut Operand, base: ExprId, three: bool) -> Option<(TyId, Option<u64>)> {
        let at = self.at(x);
        let under = self.types.core_bytes(x.ty).unwrap_or(x.ty);
        match self.types.get(under) {
            Ty::Basic(b) if b.is(Class::String) => {
                if three {
                    self.err(Code::NotIndexable, at, "invalid operation: 3-index slice of string");
                    return None;
                }
                let n = x.value.as_ref().and_then(Value::as_bytes).map(|s| s.len() as u64);
                self.default_operand(x);
                Some((x.ty, n))
            }
            Ty::Array(n, t) => {
                let (n, t) = (*n, *t);
                if x.mode != Mode::Var {
                    let m = format!("cannot slice unaddressable value {}", self.describe(x));
                    self.err(Code::NotAddressable, at, m);
                    return None;
                }
                self.mark_addressed(base);
                Some((self.types.intern(Ty::Slice(t)), Some(n)))
            }
            Ty::Pointer(p) if matches!(self.types.under(*p), Ty::Array(..)) => match self.types.under(*p) {
                Ty::Array(n, t) => {
                    let (n, t) = (*n, *t);
                    Some((self.types.intern(Ty::Slice(t)), Some(n)))
                }
                _ => None,
            },
            Ty::Slice(_) => Some((x.ty, None)),
            _ => {
                let cause = match (self.types.is_tparam(x.ty), self.types.type_set(x.ty).is_empty()) {
                    (true, true) => format!(": no specific type in {}", self.ty_text(x.ty)),
                    (true, false) => format!(": {} has no common underlying type", self.ty_text(x.ty)),
                    (false, _) => String::new(),
                };
                let m = format!("cannot slice {}{cause}", self.describe(x));
                self.err(Code::NotIndexable, at, m);
                None
            }
        }
    }
}

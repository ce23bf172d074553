//! The operand: what checking an expression gives, and how messages describe it.

use super::Checker;
use crate::constant::Value;
use crate::info::Mode;
use crate::types::{Basic, Ty, TyId, Types};
use gol_syntax::ast::ExprId;
use gol_syntax::span::Span;

#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub mode: Mode,
    pub ty: TyId,
    pub value: Option<Value>,
    pub expr: ExprId,
    pub part: Part,
    /// A generic function that has not got its type arguments; its type mentions the type parameters.
    pub generic: Option<Box<super::instantiate::Generic>>,
}

/// Which part of the expression's value the operand is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Whole,
    /// A call's result, from 1.
    Result(u32),
    /// The second value of a comma-ok form.
    Ok,
}

impl Operand {
    pub fn new(mode: Mode, ty: TyId, expr: ExprId) -> Operand {
        Operand { mode, ty, value: None, expr, part: Part::Whole, generic: None }
    }
    pub fn invalid(expr: ExprId) -> Operand {
        Operand::new(Mode::Invalid, Types::ERROR, expr)
    }
    pub fn value(ty: TyId, expr: ExprId) -> Operand {
        Operand::new(Mode::Value, ty, expr)
    }
    pub fn constant(value: Value, ty: TyId, expr: ExprId) -> Operand {
        Operand { value: Some(value), ..Operand::new(Mode::Const, ty, expr) }
    }
    pub fn ok(&self) -> bool {
        self.mode != Mode::Invalid && self.ty != Types::ERROR
    }
    pub fn is_nil(&self) -> bool {
        self.mode == Mode::Nil
    }
    pub fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
        self.ty = Types::ERROR;
        self.value = None;
    }
}

impl Checker<'_> {
    pub(super) fn at(&self, x: &Operand) -> Span {
        self.span(x.expr)
    }
    /// As Go describes operands: `x (variable of type int)`.
    pub(super) fn describe(&self, x: &Operand) -> String {
        let text = match x.part {
            Part::Whole => self.expr_text(x.expr),
            Part::Result(n) => {
                let th = ["th", "st", "nd", "rd"][if n < 4 { n as usize } else { 0 }];
                format!("{n}{th} function result")
            }
            Part::Ok => "ok value of (comma, ok) expression".into(),
        };
        if x.mode == Mode::Nil {
            return match x.ty {
                Types::UNTYPED_NIL => "nil".into(),
                ty => format!("nil (of type {})", self.ty_text(ty)),
            };
        }
        let mode = match x.mode {
            Mode::Invalid => "invalid operand",
            Mode::NoValue => "no value",
            Mode::Builtin(_) => "built-in",
            Mode::Type => "type",
            Mode::Const => "constant",
            Mode::Var => "variable",
            Mode::MapIndex => "map index expression",
            Mode::Value | Mode::Nil => "value",
            Mode::CommaOk => "comma, ok expression",
            Mode::Pkg(_) => "package",
        };
        let mut what = String::new();
        let mut of_type = String::new();
        if matches!(x.mode, Mode::Const | Mode::Var | Mode::MapIndex | Mode::Value | Mode::CommaOk) {
            match self.types.get(x.ty) {
                Ty::Basic(b) if b.untyped() => what = format!("{} ", b.text()),
                Ty::Error => {}
                Ty::TypeParam(p) => {
                    let c = self.types.tparam(*p).constraint;
                    of_type = format!(" of type {} constrained by {}", self.ty_text(x.ty), self.ty_text(c));
                }
                _ => of_type = format!(" of {}type {}", self.kind_word(x.ty), self.ty_text(x.ty)),
            }
        }
        what.push_str(mode);
        if let Some(v) = &x.value {
            let v = v.to_string();
            if v != text {
                what = format!("{what} {v}");
            }
        }
        format!("{text} ({what}{of_type})")
    }
    /// `struct ` for a defined struct type: what kind of type a name stands for.
    pub(super) fn kind_word(&self, ty: TyId) -> String {
        if !matches!(self.types.get(ty), Ty::Named(_)) {
            return String::new();
        }
        let word = match self.types.under(ty) {
            Ty::Basic(b) => b.text(),
            Ty::Array(..) => "array",
            Ty::Slice(_) => "slice",
            Ty::Struct(_) => "struct",
            Ty::Pointer(_) => "pointer",
            Ty::Func(_) => "func",
            Ty::Interface(_) => "interface",
            Ty::Map(..) => "map",
            Ty::Chan(..) => "chan",
            Ty::Error | Ty::Named(_) | Ty::TypeParam(_) | Ty::Tuple(_) => return String::new(),
        };
        format!("{word} ")
    }
    /// The type that an untyped value takes where nothing asks for another.
    pub(super) fn default_type(&self, ty: TyId) -> TyId {
        let Ty::Basic(b) = self.types.get(ty) else { return ty };
        match b {
            Basic::UntypedBool => Types::BOOL,
            Basic::UntypedInt => Types::INT,
            Basic::UntypedRune => Types::INT32,
            Basic::UntypedFloat => Types::FLOAT64,
            Basic::UntypedComplex => Types::COMPLEX128,
            Basic::UntypedString => Types::STRING,
            Basic::UntypedDuration => self.world.duration.unwrap_or(Types::INT64),
            _ => ty,
        }
    }
}

//! Calls of library functions for any operands, with operands that are known to have no methods.
//!
//! fmt calls methods of what it prints, and what that takes is most of fmt. So `Println` has a twin `plainPrintln` that knows no methods, and
//! calls go there when the static types allow it: what a program that prints numbers and strings has to compile is a fraction. The twin's name
//! makes it; it is declared when the other's name is mentioned (`contents.rs`), and tracebacks show it as the other.

use super::Checker;
use super::operand::Operand;
use crate::check::world::MAIN;
use crate::info::ObjId;
use crate::types::{FuncTy, Ty, TyId, Types};
use gol_syntax::ast::ExprId;

/// What the name of a twin begins with.
const PREFIX: &str = "plain";

/// The name of the function whose twin has this name.
pub(super) fn twin_of(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX).filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

impl Checker<'_> {
    /// Makes the callee its twin if it has one and these operands may go there. `wanted`: so many bodies were before the callee was
    /// checked.
    pub(super) fn prefer_twin(&mut self, callee: ExprId, sig: &FuncTy, operands: &[Operand], wanted: usize) {
        let Some(&obj) = self.info.uses.get(&callee) else { return };
        let pkg = self.info.obj(obj).pkg;
        let any = |ty: TyId| matches!(self.types.get(ty), Ty::Slice(elem) if *elem == Types::ANY);
        if pkg == MAIN || self.world.own.contains(&pkg) || !sig.variadic || !sig.params.last().is_some_and(|&p| any(p))
        {
            return;
        }
        let rest = operands.iter().skip(sig.params.len() - 1);
        if !rest.map(|o| o.ty).all(|ty| has_no_methods(self.types, ty)) {
            return;
        }
        let Some(twin) = self.twin(obj) else { return };
        if let Some(k) = self.world.wanted.iter().rposition(|&o| o == obj).filter(|&k| k >= wanted) {
            self.world.wanted.remove(k);
        }
        self.depends_on(twin, false);
        self.info.uses.insert(callee, twin);
    }

    /// The twin of a function, if it has one of its type.
    fn twin(&mut self, obj: ObjId) -> Option<ObjId> {
        let (pkg, name) = (self.info.obj(obj).pkg, self.info.obj(obj).name);
        let name = self.ast.names.find(&format!("{PREFIX}{}", self.name(name)))?;
        let twin = self.world.scopes.get(pkg.0 as usize)?.get(name)?;
        self.resolve(twin);
        if self.info.obj(twin).ty != self.info.obj(obj).ty {
            return None;
        }
        self.info.twins.insert(twin, obj);
        Some(twin)
    }

    /// Prepares what interpolated strings are made by: `fmt.Sprintf`, or its twin.
    pub(super) fn need_formatter(&mut self) {
        self.need_package("fmt");
        let fmt = self.world.packages.get("fmt").copied().flatten();
        let scope = fmt.and_then(|p| self.world.scopes.get(p.0 as usize));
        let sprintf = self.ast.names.find("Sprintf").and_then(|name| scope?.get(name));
        sprintf.map(|f| self.twin(f));
    }
}

/// Neither the values of the type nor their parts can have methods.
pub(crate) fn has_no_methods(types: &Types, ty: TyId) -> bool {
    match types.get(ty) {
        Ty::Basic(_) => true,
        Ty::Slice(elem) | Ty::Array(_, elem) => has_no_methods(types, *elem),
        Ty::Map(key, elem) => has_no_methods(types, *key) && has_no_methods(types, *elem),
        Ty::Error
        | Ty::Named(_)
        | Ty::Pointer(_)
        | Ty::Chan(..)
        | Ty::Struct(_)
        | Ty::Func(_)
        | Ty::Interface(_)
        | Ty::Tuple(_)
        | Ty::TypeParam(_) => false,
    }
}

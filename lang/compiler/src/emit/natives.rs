//! Natives: their names and ids, and functions that are operations of the machine.

use super::{Em, Reg};
use crate::info::{ObjId, ObjKind};
use gol_bytecode::Op;

impl Em<'_> {
    pub(super) fn native(&mut self, name: &str) -> u32 {
        if let Some(&n) = self.st.natives.get(name) {
            return n;
        }
        let n = self.prog.natives.len() as u32;
        self.prog.natives.push(name.to_string());
        self.st.natives.insert(name.to_string(), n);
        n
    }
    /// Calls a native with its arguments in the window already.
    pub(super) fn call_native(&mut self, name: &str, window: Reg, arg_words: u32) {
        let n = self.native(name);
        // The loader knows the native's kind and replaces this by the leaf form where it can.
        self.f.wide(Op::CallNC, window, arg_words, n);
        self.f.data(window, 0, 0, 0);
    }
    /// A function that is one operation.
    pub(super) fn intrinsic(&self, fun: gol_syntax::ast::ExprId) -> Option<Op> {
        let o = *self.info.uses.get(&self.strip(fun))?;
        let obj = self.info.obj(o);
        if self.st.plain || obj.kind != ObjKind::Func || self.pkg_path(obj.pkg) != "math" {
            return None;
        }
        Some(match self.ast.name(obj.name) {
            "Sqrt" => Op::SqrtF,
            "Abs" => Op::AbsF,
            "Floor" => Op::FloorF,
            "Ceil" => Op::CeilF,
            "Trunc" => Op::TruncF,
            _ => return None,
        })
    }
    /// `"pkg.Func"` or `"pkg.Type.Method"`.
    pub(super) fn native_name(&self, o: ObjId) -> String {
        let obj = self.info.obj(o);
        let path = self.pkg_path(obj.pkg);
        let name = self.ast.name(obj.name);
        match obj.kind {
            ObjKind::Method { recv, .. } => {
                format!("{path}.{}.{name}", self.ast.name(self.types.named(recv).name))
            }
            _ => format!("{path}.{name}"),
        }
    }
    pub(super) fn pkg_path(&self, pkg: crate::types::PkgId) -> &str {
        self.info.pkgs.get(pkg.0 as usize).map_or("", |p| p.path.as_str())
    }
}

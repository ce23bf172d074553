//! Natives: which packages hold only leaf natives, which functions are operations of the machine.

use super::{Em, Reg};
use crate::info::{ObjId, ObjKind};
use gol_bytecode::Op;

/// Packages whose natives neither call back nor park, except those in [`CALLBACK`].
const LEAF: &[&str] = &[
    "complex",
    "math",
    "math/bits",
    "print",
    "printout",
    "runtime",
    "strconv",
    "strings",
    "bytes",
    "sync/atomic",
    "time.leaf",
    "unicode",
    "unicode/utf8",
    "unicode/utf16",
];
/// Natives of leaf packages that may call back into gol, or park.
const CALLBACK: &[&str] = &[
    "runtime.Gosched",
    "runtime.Goexit",
    "runtime.GC",
    "strings.Map",
    "strings.FieldsFunc",
    "strings.IndexFunc",
    "strings.LastIndexFunc",
    "strings.TrimFunc",
    "strings.TrimLeftFunc",
    "strings.TrimRightFunc",
    "strings.ContainsFunc",
    "bytes.Map",
    "bytes.FieldsFunc",
    "bytes.IndexFunc",
    "bytes.TrimFunc",
    "print.iface",
    "printout.iface",
];

pub(super) fn is_leaf(name: &str) -> bool {
    let package = match name.rfind('/') {
        Some(slash) => name[slash..].find('.').map_or(name, |dot| &name[..slash + dot]),
        None => name.split('.').next().unwrap_or(name),
    };
    LEAF.contains(&package) && !CALLBACK.contains(&name)
}

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
        let op = if is_leaf(name) { Op::CallN } else { Op::CallNC };
        self.f.wide(op, window, arg_words, n);
    }
    /// A function that is one operation.
    pub(super) fn intrinsic(&self, fun: gol_syntax::ast::ExprId) -> Option<Op> {
        let o = *self.info.uses.get(&self.strip(fun))?;
        let obj = self.info.obj(o);
        if obj.kind != ObjKind::Func || self.pkg_path(obj.pkg) != "math" {
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

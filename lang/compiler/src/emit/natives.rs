//! Natives: their names and ids, and functions that are operations of the machine.

use super::{Em, Reg};
use crate::check::world::MAIN;
use crate::info::{ObjId, ObjKind};
use crate::types::{FuncTy, TyId};
use gol_bytecode::Op;
use gol_bytecode::in_place::{is_in_place, shape};
use gol_syntax::ast::ExprId;
use std::sync::Arc;

/// What a function is that needs no call.
#[derive(Clone)]
pub(super) enum Intrinsic {
    Op(Op),
    /// A native that reads its arguments where they lie.
    InPlace(Arc<str>),
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
        // The loader knows the native's kind and replaces this by the leaf form where it can.
        self.f.wide(Op::CallNC, window, arg_words, n);
        self.f.data(window, 0, 0, 0);
    }
    /// A function that is one operation.
    #[inline]
    pub(super) fn intrinsic(&mut self, fun: ExprId) -> Option<Intrinsic> {
        let o = *self.info.uses.get(&self.strip(fun))?;
        let obj = self.info.obj(o);
        // No function of the program itself is one.
        if obj.pkg == MAIN && self.f.known.is_empty() { None } else { self.library_intrinsic(o) }
    }
    #[inline(never)]
    fn library_intrinsic(&mut self, mut o: ObjId) -> Option<Intrinsic> {
        let mut obj = self.info.obj(o);
        if let (ObjKind::Local, Some(f)) = (&obj.kind, self.known_named(o)) {
            o = f.obj;
            obj = self.info.obj(o);
        }
        if self.st.plain || obj.pkg == MAIN || !matches!(obj.kind, ObjKind::Func) {
            return None;
        }
        if let Some(known) = self.st.intrinsics.get(&o) {
            return known.clone();
        }
        let found = self.find_intrinsic(self.pkg_path(obj.pkg), self.ast.name(obj.name));
        self.st.intrinsics.insert(o, found.clone());
        found
    }
    fn find_intrinsic(&self, path: &str, name: &str) -> Option<Intrinsic> {
        let op = match (path, name) {
            ("sort", "swapElems") => Op::SwpElem,
            ("math", "Sqrt") => Op::SqrtF,
            ("math", "Abs") => Op::AbsF,
            ("math", "Floor") => Op::FloorF,
            ("math", "Ceil") => Op::CeilF,
            ("math", "Trunc") => Op::TruncF,
            ("bufio" | "bytes" | "math" | "math/bits" | "strconv" | "strings" | "unicode" | "unicode/utf8", _) => {
                let native = format!("{path}.{name}");
                return is_in_place(&native).then(|| Intrinsic::InPlace(native.into()));
            }
            _ => return None,
        };
        Some(Intrinsic::Op(op))
    }
    /// The operation with its arguments, its results at `dst`; false when one call gives all the arguments.
    pub(super) fn intrinsic_to(&mut self, i: &Intrinsic, fun: ExprId, args: &[ExprId], dst: Reg) -> bool {
        let sig = self.sig_of(self.ty(fun));
        if sig.params.len() != args.len() {
            return false;
        }
        let mark = self.f.next;
        let mut regs = vec![];
        for (k, (&x, &ty)) in args.iter().zip(&sig.params).enumerate() {
            let reads = matches!(i, Intrinsic::InPlace(_)) && args[k + 1..].iter().all(|&later| self.still(later));
            regs.push(self.operand(x, ty, reads));
        }
        match i {
            Intrinsic::Op(Op::SwpElem) => self.f.emit(Op::SwpElem, regs[0], regs[1], regs[2], 0),
            Intrinsic::Op(op) => self.f.emit(*op, dst, regs[0], 0, 0),
            Intrinsic::InPlace(name) => self.call_in_place(name, &sig, &regs, dst),
        }
        self.f.next = mark;
        true
    }
    /// An argument where it lies, when it has the parameter's form; `reads`: at once behind it the operation only reads it.
    fn operand(&mut self, x: ExprId, ty: TyId, reads: bool) -> Reg {
        let n = self.words(ty);
        if !self.is_nil(x) && !self.needs_box(self.ty(x), ty) && self.words(self.ty(x)) == n {
            return if reads { self.passing(x) } else { self.expr(x) };
        }
        let slot = self.f.alloc(n);
        self.expr_conv_to(x, ty, slot);
        slot
    }
    /// A native of `gol_bytecode::in_place` with its arguments at registers.
    pub(super) fn call_in_place(&mut self, name: &str, sig: &FuncTy, regs: &[Reg], dst: Reg) {
        let words: Vec<u32> = sig.params.iter().map(|&t| self.words(t)).collect();
        let results = self.sum_words(&sig.results);
        let op = if results == 2 { Op::CallD2 } else { Op::CallD };
        debug_assert!(matches!(results, 1 | 2));
        let n = self.native(name);
        let at = |k: usize| regs.get(k).copied().unwrap_or(0);
        self.f.emit(op, dst, at(0), at(1), at(2));
        self.f.data2(n, shape(&words).map_or(0, u32::from));
    }
    /// `"pkg.Func"` or `"pkg.Type.Method"`.
    pub(super) fn native_name(&self, o: ObjId) -> Arc<str> {
        let obj = self.info.obj(o);
        let path = self.pkg_path(obj.pkg);
        let name = self.ast.name(obj.name);
        match obj.kind {
            ObjKind::Method { recv, .. } => {
                format!("{path}.{}.{name}", self.ast.name(self.types.named(recv).name)).into()
            }
            _ => [path, ".", name].concat().into(),
        }
    }
    pub(super) fn pkg_path(&self, pkg: crate::types::PkgId) -> &str {
        self.info.pkgs.get(pkg.0 as usize).map_or("", |p| p.path.as_str())
    }
}

//! Interface values whose dynamic type is known: parameters of clones (`clones`) and of bodies that take the place of their calls.
//!
//! The value lies in registers as it was before it became an interface, and nothing writes them: an interface's value never changes. A method
//! call of the parameter is one of the type's own method, so it may be replaced by the body. What has to hold as for the call through the
//! interface: what the method gets is read from memory (`*p` for a value method of a pointer, a field on the way to a promoted
//! method) when the arguments were evaluated, and a value method of a nil pointer says so.
//!
//! The interface is made as ever, for everything else that is done with the parameter; the optimiser deletes it when there is nothing else.

use super::generic::Inst;
use super::known::{Bound, Known, Knowns};
use super::place::Place;
use super::{Em, Reg};
use crate::check::lookup::{Found, Lookup, Member, lookup_field_or_method};
use crate::info::{Builtin, FieldPath, Mode, ObjId, ObjKind, SelKind, Selection};
use crate::types::{PkgId, Ty, TyId};
use gol_syntax::ast::{Expr, ExprId, Sym, UnOp};

/// A larger value stays in its box.
const WORDS_MAX: u32 = 8;

/// Where a value of known type is.
#[derive(Clone, Copy, Debug)]
enum From {
    /// The expression becomes an interface.
    Expr(ExprId),
    Reg(Reg),
}

/// An argument that becomes an interface, or that is one whose type is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dynamic {
    pub ty: TyId,
    from: From,
    /// It is no nil pointer.
    sure: bool,
}

/// A call of a method through an interface whose type is known.
#[derive(Debug)]
pub(super) struct KnownMethod {
    pub inst: Inst,
    value: Reg,
    ty: TyId,
    sure: bool,
    path: FieldPath,
}

impl Em<'_> {
    /// The type is an interface with methods.
    pub(super) fn has_methods(&self, ty: TyId) -> bool {
        matches!(self.types.under(ty), Ty::Interface(i) if !i.methods.is_empty())
    }
    /// Nothing changes the parameter.
    pub(super) fn is_steady(&self, o: ObjId) -> bool {
        let obj = self.info.obj(o);
        !obj.reassigned && !obj.addr_taken
    }
    /// What the argument `x` of an interface type is, when that is known.
    pub(super) fn dynamic(&mut self, x: ExprId) -> Option<Dynamic> {
        let mut x = self.strip(x);
        while let Some(value) = self.boxed_value(x) {
            x = self.strip(value);
        }
        if self.is_nil(x) {
            return None;
        }
        if let Some(Bound { known: Known::Type(ty), value, sure, .. }) =
            self.info.uses.get(&x).and_then(|o| self.known(*o))
        {
            return Some(Dynamic { ty: *ty, from: From::Reg(*value), sure: *sure });
        }
        let ty = self.concrete(self.ty(x));
        let other = self.is_iface(ty) || matches!(self.types.get(ty), Ty::Tuple(_));
        if other || self.in_memory(ty) || self.words(ty) > WORDS_MAX {
            return None;
        }
        let made = matches!(self.ast.expr(x), Expr::Unary(UnOp::Addr, _));
        let sure = made || !matches!(self.types.get(ty), Ty::Pointer(_));
        Some(Dynamic { ty, from: From::Expr(x), sure })
    }
    /// The value of the argument, before it becomes an interface, at `dst`.
    pub(super) fn dynamic_to(&mut self, d: Dynamic, dst: Reg) {
        match d.from {
            From::Expr(x) => self.expr_to(x, dst),
            From::Reg(r) => {
                let n = self.words(d.ty);
                self.mov(dst, r, n);
            }
        }
    }
    /// The argument of a body that takes the place of its call: the register of the interface, and what is known of it.
    pub(super) fn bind_dynamic(&mut self, d: Dynamic) -> (Reg, Bound) {
        let value = match d.from {
            From::Expr(x) => self.dynamic_value(x, d.ty),
            From::Reg(r) => r,
        };
        let slot = self.f.alloc(1);
        self.mk_iface(slot, value, d.ty);
        (slot, Bound::of_type(d.ty, value, d.sure))
    }
    /// A value that nothing changes while a body runs.
    fn dynamic_value(&mut self, x: ExprId, ty: TyId) -> Reg {
        if self.value(x).is_none()
            && !self.is_passed(x)
            && let Some(r) = self.reg_var(x)
        {
            return r;
        }
        let n = self.words(ty);
        let slot = self.f.alloc(n);
        let mark = self.f.next;
        self.f.fresh = Some(slot);
        self.expr_to(x, slot);
        self.f.next = mark;
        slot
    }
    /// In the prologue of a clone: its parameter `o` comes as a value of this type.
    pub(super) fn adopt_dynamic(&mut self, o: ObjId, value: Reg, ty: TyId) {
        let (iface, bound) = self.bind_dynamic(Dynamic { ty, from: From::Reg(value), sure: true });
        self.adopt(o, iface);
        self.f.known.push((o, bound));
        self.steady_slice(value, ty);
    }
    /// A parameter that nothing changes, if it is a slice: what swaps of its elements need, once.
    pub(super) fn steady_slice(&mut self, r: Reg, ty: TyId) {
        if let Ty::Slice(elem) = *self.types.under(ty)
            && self.is_swappable(elem)
        {
            let stride = self.stride(elem);
            let s = self.swappable(r, stride);
            self.f.swappable.push((r, s));
        }
    }
    /// A nil pointer may be passed, and a method of the interface `iface` would complain of it.
    pub(super) fn may_complain(&mut self, d: &Dynamic, iface: TyId) -> bool {
        let Ty::Interface(i) = self.types.under(iface) else { return false };
        !d.sure
            && i.methods.iter().any(|m| {
                let (name, pkg) = self.name_key(m.name, m.pkg);
                self.method_of(d.ty, name, pkg).is_none_or(|(o, path)| self.complains(d.ty, o, &path))
            })
    }
    /// A value method, called through a nil pointer.
    fn complains(&self, ty: TyId, o: ObjId, path: &[u32]) -> bool {
        let by_value = matches!(self.info.obj(o).kind, ObjKind::Method { ptr: false, .. });
        by_value && path.is_empty() && matches!(self.types.get(ty), Ty::Pointer(_))
    }
    /// The declared method of a type, and the way to it through embedded fields.
    fn method_of(&self, ty: TyId, name: Sym, pkg: PkgId) -> Option<(ObjId, FieldPath)> {
        match lookup_field_or_method(self.types, self.info, ty, name, pkg) {
            Lookup::Found(Found { member: Member::Method { obj, .. }, path, .. }) => Some((obj, path)),
            Lookup::Found(_) | Lookup::Ambiguous | Lookup::Missing => None,
        }
    }
    /// Methods that a clone would take over are not checked yet. From now on they will be.
    pub(super) fn needs_bodies(&mut self, known: &Knowns) -> bool {
        let mut missing = vec![];
        for (o, k) in &known.params {
            let (&Known::Type(ty), Ty::Interface(i)) = (k, self.types.under(self.info.obj(*o).ty)) else { continue };
            for m in &i.methods {
                let (name, pkg) = self.name_key(m.name, m.pkg);
                if let Some((o, path)) = self.method_of(ty, name, pkg)
                    && !self.info.funcs.contains_key(&o)
                {
                    missing.push((o, path, ty, m.name, pkg));
                }
            }
        }
        for (o, path, recv, name, name_pkg) in &missing {
            let (kind, path, targs) = (SelKind::Method(*o), path.clone(), vec![]);
            let f =
                self.method_inst(*o, &Selection { kind, path, recv: *recv, name: *name, name_pkg: *name_pkg, targs });
            self.func_id(&f);
        }
        !missing.is_empty()
    }

    // ---- calls

    /// The method that `fun` names, when it is one of a variable of known type.
    pub(super) fn known_method(&mut self, fun: ExprId) -> Option<KnownMethod> {
        if self.f.known.is_empty() {
            return None;
        }
        let Expr::Select(x, _) = *self.ast.expr(fun) else { return None };
        let b = self.known(*self.info.uses.get(&self.strip(x))?)?;
        let Known::Type(ty) = b.known else { return None };
        let (value, sure) = (b.value, b.sure);
        let s = self.selection(fun)?;
        if s.kind != SelKind::IfaceMethod || !s.path.is_empty() {
            return None;
        }
        let (o, path) = self.method_of(ty, s.name, s.name_pkg)?;
        let s = Selection { kind: SelKind::Method(o), path, recv: ty, targs: vec![], ..s.into_owned() };
        let inst = self.method_inst(o, &s);
        Some(KnownMethod { inst, value, ty, sure, path: s.path })
    }
    /// The body may take the place of the call: what the method gets is there already, or the arguments change nothing of it.
    pub(super) fn may_come_first(&mut self, m: &KnownMethod, args: &[ExprId]) -> bool {
        match m.path.is_empty() {
            true if self.recv_type(&m.inst) == m.ty => true,
            true if m.sure => args.iter().all(|x| self.is_quiet(*x)),
            _ => args.iter().all(|x| self.still(*x)),
        }
    }
    /// Evaluating it calls nothing and waits for nothing.
    fn is_quiet(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        if self.still(e) {
            return true;
        }
        match self.ast.expr(e) {
            Expr::Select(x, _) | Expr::Unary(UnOp::Deref | UnOp::Neg | UnOp::Not | UnOp::Xor, x) => self.is_quiet(*x),
            Expr::Binary(_, l, r) => self.is_quiet(*l) && self.is_quiet(*r),
            Expr::Index(x, ix) => self.is_quiet(*x) && ix.iter().all(|i| self.is_quiet(*i)),
            Expr::Call(fun, args, _) => {
                let plain = matches!(
                    self.info.expr(*fun).map(|i| i.mode),
                    Some(Mode::Type | Mode::Builtin(Builtin::Len | Builtin::Cap))
                );
                plain && args.iter().all(|x| self.is_quiet(*x))
            }
            _ => false,
        }
    }
    /// What the method gets, where it is already when nobody writes there.
    pub(super) fn known_receiver(&mut self, m: &KnownMethod, recv: Option<ObjId>) -> Reg {
        let there = m.path.is_empty() && self.recv_type(&m.inst) == m.ty;
        if there && recv.is_none_or(|o| self.is_steady(o)) {
            return m.value;
        }
        let n = self.recv_words(&m.inst);
        let r = self.f.alloc(n);
        self.known_receiver_to(m, r);
        r
    }
    pub(super) fn known_receiver_to(&mut self, m: &KnownMethod, dst: Reg) {
        let mark = self.f.next;
        let p = Place::Reg(m.value);
        if !m.sure && self.complains(m.ty, m.inst.obj, &m.path) {
            self.nil_wrapper(p, m.ty, &m.path, m.inst.obj);
        }
        self.adjust_receiver(p, m.ty, &m.path, m.inst.obj, dst);
        self.f.next = mark;
    }
}

//! Functions that the compiler makes: methods as interfaces call them, bound methods, method expressions, natives as values.
//! All are hidden from tracebacks.

use super::call::{Callee, Target};
use super::closure::Body;
use super::generic::Inst;
use super::methods::{MethodSel, Via};
use super::place::Place;
use super::{Em, Reg};
use crate::info::{ObjId, ObjKind, Selection};
use crate::types::{FuncTy, TyId};
use gol_bytecode::{FuncId, Op, Recv};
use gol_syntax::ast::ExprId;
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum ThunkKey {
    /// Dynamic type, method id.
    Method(TyId, u32),
    /// Receiver type as written, method id, type arguments of the method's own.
    Expr(TyId, u32, Vec<TyId>),
    Bound(Inst),
    BoundIface(u32, TyId),
    Native(Arc<str>),
    ParRun,
    ParDone,
    RangeMisuse,
    RangeDefers,
}

impl Em<'_> {
    /// The thunk of a key, made on first use.
    pub(super) fn thunk(&mut self, key: ThunkKey, name: String, make: impl FnOnce(&mut Self)) -> FuncId {
        if let Some(&f) = self.st.thunks.get(&key) {
            return f;
        }
        let id = self.reserve_func();
        self.st.thunks.insert(key, id);
        self.hidden(id, name, make);
        id
    }
    pub(super) fn hidden(&mut self, id: FuncId, name: String, make: impl FnOnce(&mut Self)) {
        let pos = self.f.pos;
        let next = self.fun(name, pos);
        let outer = std::mem::replace(&mut self.f, next);
        self.f.hidden = true;
        make(self);
        if !self.f.dead {
            self.f.end(Op::Ret, 0, 0);
        }
        self.finish(id, outer);
    }
    /// Parameters of the thunk under construction: the receiver's words, then those of the signature, then the closure.
    fn thunk_params(&mut self, recv: u32, sig: &Arc<FuncTy>) -> Reg {
        self.f.alloc(recv);
        let n = self.sum_words(&sig.params);
        let params = self.f.alloc(n);
        self.f.params = self.f.next;
        self.f.results = self.sum_words(&sig.results);
        self.f.sig = Some(sig.clone());
        self.f.alloc(1);
        params
    }
    /// Calls on with the parameters of the thunk behind what the window holds, and returns the results.
    fn pass_on(&mut self, callee: &Callee, sig: &FuncTy, w: Reg, params: Reg) {
        let n = self.sum_words(&sig.params);
        let at = self.f.alloc(n);
        self.mov(at, params, n);
        let r = self.finish_call(callee, sig, w);
        let results = self.sum_words(&sig.results);
        match results {
            0 => self.f.end(Op::Ret, 0, 0),
            1 => self.f.end(Op::Ret1, r, 0),
            n => self.f.end(Op::RetN, r, n),
        }
    }
    /// Calls the selected method on a value at a place.
    fn invoke(&mut self, p: Place, ty: TyId, m: &MethodSel, sig: &FuncTy, params: Reg) {
        match &m.via {
            Via::Concrete(f) => {
                let target = self.target(f);
                let n = self.recv_words(f);
                let w = self.f.alloc(1);
                let r = self.f.alloc(n);
                let mark = self.f.next;
                self.nil_wrapper(p, ty, &m.path, f.obj);
                self.adjust_receiver(p, ty, &m.path, f.obj, r);
                self.f.next = mark;
                self.pass_on(&Callee::Method(target, r, n), sig, w, params);
            }
            Via::Iface => {
                let (p, ty) = self.walk(p, ty, &m.path);
                let r = self.load(p, ty);
                let w = self.f.alloc(2);
                self.pass_on(&Callee::Iface(r, m.id), sig, w, params);
            }
        }
    }

    /// A value method called through a nil pointer says so.
    pub(super) fn nil_wrapper(&mut self, p: Place, ty: TyId, path: &[u32], o: ObjId) {
        let Place::Reg(r) = p else { return };
        let crate::types::Ty::Pointer(base) = *self.types.get(ty) else { return };
        let ptr = matches!(self.info.obj(o).kind, ObjKind::Method { ptr: true, .. });
        if ptr || !path.is_empty() || self.prog.runtime_error == 0 {
            return;
        }
        let crate::types::Ty::Named(n) = *self.types.get(base) else { return };
        let ok = self.f.label();
        self.f.jump(Op::JneK, r, 0, ok);
        let short = self.recv_name(self.types.origin(n));
        let text = format!("value method {} called using nil *{short} pointer", self.func_name(o));
        let t = self.f.alloc(1);
        self.load_str(t, text.as_bytes());
        self.f.wide(Op::MkIface, t, t, self.prog.runtime_error);
        self.f.end(Op::Panic, t, 0);
        self.f.bind(ok);
    }
    /// How the method of a dynamic type is reached through an interface.
    pub(super) fn iface_method(&mut self, ty: TyId, m: &MethodSel) -> (FuncId, Recv) {
        let one = self.words(ty) == 1;
        let recv = if one { Recv::Word } else { Recv::Box };
        if one
            && m.path.is_empty()
            && let Via::Concrete(f) = &m.via
            && self.recv_type(f) == ty
            && let Target::Func(f) = self.target(f)
        {
            return (f, recv);
        }
        let key = ThunkKey::Method(ty, m.id);
        if let Some(&f) = self.st.thunks.get(&key) {
            return (f, recv);
        }
        let id = self.reserve_func();
        self.st.thunks.insert(key, id);
        match &m.via {
            Via::Concrete(f) if !one && !self.st.plain && m.path.is_empty() && f.targs.is_empty() => {
                self.queue_boxed(f, id, ty, m);
            }
            Via::Concrete(_) | Via::Iface => self.method_thunk(id, ty, m),
        }
        (id, recv)
    }
    fn method_thunk(&mut self, id: FuncId, ty: TyId, m: &MethodSel) {
        let one = self.words(ty) == 1;
        let sig = self.sig_of(m.sig);
        let name = format!("{}.{}", self.type_name(ty), self.ast.name(m.name));
        self.hidden(id, name, |em| {
            let params = em.thunk_params(1, &sig);
            let p = if one { Place::Reg(0) } else { Place::Mem(0, 0) };
            em.invoke(p, ty, m, &sig, params);
        });
    }
    /// The interface's way to a method whose receiver lies in the box. A small method takes it out itself: that costs less than a thunk
    /// that passes it on.
    pub(super) fn method_in_box(&mut self, id: FuncId, ty: TyId, m: &MethodSel, o: ObjId) {
        let Some(facts) = self.info.funcs.get(&o) else { return };
        let Some(block) = facts.body.filter(|_| self.is_short(o)) else { return self.method_thunk(id, ty, m) };
        let name = self.func_name(o);
        let next = self.fun(name, self.info.obj(o).span.lo);
        let outer = std::mem::replace(&mut self.f, next);
        let script = self.st.script;
        self.st.script &= self.info.obj(o).pkg == self.pkg;
        self.root = Some((block, facts));
        self.f.obj = Some(o);
        self.f.in_box = true;
        self.prologue(facts, &[], None);
        self.body(Body::Block(block));
        self.epilogue();
        self.finish(id, outer);
        self.root = None;
        self.st.script = script;
    }
    pub(super) fn native_wrapper(&mut self, name: Arc<str>, sig: TyId) -> FuncId {
        let sig = self.sig_of(sig);
        self.thunk(ThunkKey::Native(name.clone()), name.to_string(), |em| {
            let params = em.thunk_params(0, &sig);
            let w = em.f.alloc(1);
            em.pass_on(&Callee::Static(Target::Native(name)), &sig, w, params);
        })
    }

    // ---- method values and expressions

    /// `x.m` without a call: the receiver is bound.
    pub(super) fn method_value_to(&mut self, x: ExprId, s: &Selection, dst: Reg) {
        let name = format!("{}.{}-fm", self.type_name(s.recv), self.ast.name(s.name));
        match s.kind {
            crate::info::SelKind::Method(o) => {
                let inst = self.method_inst(o, s);
                let n = self.recv_words(&inst);
                let r = self.f.alloc(n);
                self.receiver_to(x, s, o, r);
                let target = self.target(&inst);
                let sig = self.inst_sig(&inst);
                let sig = self.sig_of(sig);
                let f = self.thunk(ThunkKey::Bound(inst), name, |em| {
                    let params = em.thunk_params(0, &sig);
                    let closure = em.f.params;
                    let w = em.f.alloc(1);
                    let r = em.f.alloc(n);
                    em.load_words(closure, 1, r, n);
                    em.pass_on(&Callee::Method(target, r, n), &sig, w, params);
                });
                self.bind(dst, f, r, n);
            }
            _ => {
                let r = self.iface_operand(x, s);
                self.f.emit(Op::ChkNil, r, 0, 0, 0);
                let id = self.method_id(s.name, s.name_pkg);
                let m = self.iface_sig(s, id);
                let sig = self.sig_of(m);
                let f = self.thunk(ThunkKey::BoundIface(id, m), name, |em| {
                    let params = em.thunk_params(0, &sig);
                    let closure = em.f.params;
                    let r = em.f.alloc(1);
                    em.load_words(closure, 1, r, 1);
                    let w = em.f.alloc(2);
                    em.pass_on(&Callee::Iface(r, id), &sig, w, params);
                });
                self.bind(dst, f, r, 1);
            }
        }
    }
    pub(super) fn load_words(&mut self, addr: Reg, off: u32, dst: Reg, words: u32) {
        match words {
            0 => {}
            1 => self.f.emit(Op::LdW, dst, addr, off, 0),
            n => self.f.emit(Op::LdN, dst, addr, off, n),
        }
    }
    pub(super) fn bind(&mut self, dst: Reg, f: FuncId, r: Reg, words: u32) {
        if words == 0 {
            self.load_func(dst, f);
        } else {
            self.f.wide(Op::MkClosure, dst, r, f);
            self.f.data(words, 0, 0, 0);
        }
    }
    /// The signature of the interface method that a selection names.
    fn iface_sig(&mut self, s: &Selection, id: u32) -> TyId {
        let ty = self.static_walk(s.recv, &s.path);
        self.iface_methods(ty).into_iter().find(|m| m.id == id).map_or(crate::types::Types::VOID, |m| m.sig)
    }
    /// `T.m`: a function whose first parameter is the receiver.
    pub(super) fn method_expr_to(&mut self, e: ExprId, s: &Selection, dst: Reg) {
        let id = self.method_id(s.name, s.name_pkg);
        if let crate::info::SelKind::MethodExpr(o) = s.kind
            && s.path.is_empty()
            && let inst = self.method_inst(o, s)
            && self.recv_type(&inst) == s.recv
            && let Target::Func(f) = self.target(&inst)
        {
            return self.load_func(dst, f);
        }
        let full = self.sig_of(self.ty(e));
        let Some((_, rest)) = full.params.split_first() else { return };
        let sig = Arc::new(FuncTy { params: rest.to_vec(), ..(*full).clone() });
        let via = match s.kind {
            crate::info::SelKind::MethodExpr(o) => Via::Concrete(self.method_inst(o, s)),
            _ => Via::Iface,
        };
        let m = MethodSel { name: s.name, id, path: s.path.clone(), via, sig: self.ty(e) };
        let name = format!("{}.{}", self.type_name(s.recv), self.ast.name(s.name));
        let recv = s.recv;
        let words = self.words(recv);
        let f = self.thunk(ThunkKey::Expr(recv, id, s.targs.clone()), name, |em| {
            let params = em.thunk_params(words, &sig);
            em.invoke(Place::Reg(0), recv, &m, &sig, params);
        });
        self.load_func(dst, f);
    }
}

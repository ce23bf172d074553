//! Calls: the callee, its window, arguments built in place, results used in place.

use super::dynamic::{Dynamic, KnownMethod};
use super::generic::Inst;
use super::lift::Lifted;
use super::place::Place;
use super::{Em, Reg};
use crate::info::{Mode, ObjId, ObjKind, SelKind, Selection};
use crate::types::{FuncTy, PkgId, Ty, TyId};
use gol_bytecode::in_place::is_in_place;
use gol_bytecode::{FuncId, Op};
use gol_syntax::ast::{Expr, ExprId, Sym};
use std::borrow::Cow;
use std::sync::Arc;

/// Code that a call reaches directly.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Func(FuncId),
    Native(Arc<str>),
}

/// What a call calls; operands not evaluated yet.
#[derive(Clone)]
pub(super) enum Plan<'a> {
    Static(Target),
    /// A concrete method: operand and selection.
    Method(Target, ExprId, Cow<'a, Selection>, Inst),
    Iface(ExprId, Cow<'a, Selection>),
    Closure(ExprId),
    Lifted(Lifted),
}

/// The same with the operands in registers.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    Static(Target),
    /// Receiver words at a register.
    Method(Target, Reg, u32),
    /// Interface, method id.
    Iface(Reg, u32),
    Closure(Reg),
    Lifted(Lifted),
}

impl Callee {
    /// What is called is this function.
    fn reach(&mut self, to: Target) {
        if let Callee::Static(t) | Callee::Method(t, ..) = self {
            *t = to;
        }
    }
}

impl<'a> Em<'a> {
    pub(super) fn sig_of(&self, ty: TyId) -> Arc<FuncTy> {
        match self.types.under(ty) {
            Ty::Func(f) => f.clone(),
            _ => Arc::default(),
        }
    }
    pub(super) fn sum_words(&mut self, tys: &[TyId]) -> u32 {
        tys.iter().fold(0u32, |n, t| n.saturating_add(self.words(*t)))
    }
    pub(super) fn target(&mut self, f: &Inst) -> Target {
        let native = self.info.funcs.get(&f.obj).is_some_and(|f| f.body.is_none());
        if native { Target::Native(self.native_name(f.obj)) } else { Target::Func(self.func_id(f)) }
    }
    pub(super) fn plain_target(&mut self, obj: ObjId) -> Target {
        self.target(&Inst { obj, targs: vec![] })
    }

    pub(super) fn plan(&mut self, fun: ExprId) -> Plan<'a> {
        let fun = self.strip(fun);
        if self.f.given.contains_key(&fun) {
            return Plan::Closure(fun);
        }
        if let Some(f) = self.named_func(fun) {
            return Plan::Static(self.target(&f));
        }
        if let Some(l) = self.lifted(fun) {
            return Plan::Lifted(l);
        }
        let fun = self.selector(fun);
        if let Expr::Select(x, _) = *self.ast.expr(fun)
            && let Some(s) = self.selection(fun)
        {
            return match s.kind {
                SelKind::Method(o) => {
                    let f = self.method_inst(o, &s);
                    Plan::Method(self.target(&f), x, s, f)
                }
                SelKind::IfaceMethod => Plan::Iface(x, s),
                SelKind::Field
                | SelKind::MethodExpr(_)
                | SelKind::IfaceMethodExpr
                | SelKind::TypeParamMethod
                | SelKind::TypeParamMethodExpr => Plan::Closure(fun),
            };
        }
        Plan::Closure(fun)
    }
    /// Id of a method name; unexported ones belong to their package.
    pub(super) fn method_id(&mut self, name: Sym, pkg: PkgId) -> u32 {
        if let Some(&id) = self.st.method_ids.get(&(name, pkg)) {
            return id;
        }
        let id = self.method_id_of_text(name, pkg);
        self.st.method_ids.insert((name, pkg), id);
        id
    }
    fn method_id_of_text(&mut self, name: Sym, pkg: PkgId) -> u32 {
        let text = self.ast.name(name);
        let exported = text.chars().next().is_some_and(char::is_uppercase);
        let key = if exported { text.to_string() } else { format!("{}.{text}", self.pkg_path(pkg)) };
        if let Some(&id) = self.st.methods.get(&key) {
            return id;
        }
        let id = self.prog.methods.len() as u32;
        self.prog.methods.push(key.clone());
        self.st.methods.insert(key, id);
        id
    }
    /// Words of a method's receiver.
    pub(super) fn recv_words(&mut self, f: &Inst) -> u32 {
        let t = self.recv_type(f);
        self.words(t)
    }
    pub(super) fn recv_type(&mut self, f: &Inst) -> TyId {
        match self.info.obj(f.obj).kind {
            ObjKind::Method { recv, ptr } => {
                let t = match self.types.named(recv).tparams.len() {
                    0 => self.types.intern(Ty::Named(recv)),
                    n => self.types.instantiate(recv, f.targs[..n].to_vec()),
                };
                if ptr { self.types.intern(Ty::Pointer(t)) } else { t }
            }
            _ => crate::types::Types::VOID,
        }
    }
    /// Evaluates the receiver of a concrete method into `dst`: the value, or its address for a pointer method.
    pub(super) fn receiver_to(&mut self, x: ExprId, s: &Selection, o: ObjId, dst: Reg) {
        let mark = self.f.next;
        let (p, ty) = self.start(x, s.recv);
        self.f.pos = self.ast.expr_span(x).lo;
        if matches!(p, Place::Reg(_)) && (self.held(x).is_some() || self.reg_var(x).is_some()) {
            self.must_copy(x, &s.path, o, ty);
        }
        self.adjust_receiver(p, ty, &s.path, o, dst);
        self.f.next = mark;
    }
    /// A method that wants an address gets none of a variable in registers: `escape` sees to it that there is no such call.
    fn must_copy(&mut self, x: ExprId, path: &[u32], o: ObjId, ty: TyId) {
        let by_address = matches!(self.info.obj(o).kind, ObjKind::Method { ptr: true, .. });
        if by_address && path.is_empty() && !matches!(self.types.get(ty), Ty::Pointer(_)) {
            self.refuse_expr(x, "the address of a variable in registers is wanted: a defect of gol");
        }
    }
    /// From an operand of type `ty` to the receiver of method `o`, which `path` leads to.
    pub(super) fn adjust_receiver(&mut self, p: Place, ty: TyId, path: &[u32], o: ObjId, dst: Reg) {
        let (p, ty) = self.walk(p, ty, path);
        let ptr = matches!(self.info.obj(o).kind, ObjKind::Method { ptr: true, .. });
        let behind = match *self.types.get(ty) {
            Ty::Pointer(t) => Some(t),
            _ => None,
        };
        match (ptr, behind) {
            (true, Some(_)) => self.load_to(p, ty, dst),
            (true, None) => self.addr_to(p, ty, dst),
            (false, Some(t)) => {
                let r = self.load(p, ty);
                let p = self.deref(r, t);
                self.load_to(p, t, dst);
            }
            (false, None) => self.load_to(p, ty, dst),
        }
    }
    pub(super) fn iface_operand(&mut self, x: ExprId, s: &Selection) -> Reg {
        let (p, ty) = self.start(x, s.recv);
        let (p, ty) = self.walk(p, ty, &s.path);
        self.load(p, ty)
    }

    /// A call of a function (no builtin, no conversion). The results stay in the window; their first register.
    pub(super) fn call(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool) -> Reg {
        if let Some(i) = self.intrinsic(fun) {
            let results = &self.sig_of(self.ty(fun)).results;
            let n = self.sum_words(results);
            let dst = self.f.alloc(n);
            if self.intrinsic_to(&i, fun, args, dst) {
                return dst;
            }
        }
        if let Some(r) = self.inline_call(e, fun, args, spread) {
            return r;
        }
        self.window_call(e, fun, args, spread)
    }
    /// The same without a body or an operation in its place.
    pub(super) fn window_call(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool) -> Reg {
        let below = self.f.next;
        let w = self.f.alloc(1);
        self.call_at(e, fun, args, spread, w, below)
    }
    /// The same with a given window, which is the top of the registers in use.
    fn call_at(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], spread: bool, mut w: Reg, below: Reg) -> Reg {
        let sig = self.sig_of(self.ty(fun));
        let clone = match spread || self.st.plain || self.st.keep_calls || !self.takes_func(&sig) {
            true => None,
            false => self.clone_call(fun, &sig, args),
        };
        let known = match clone {
            Some(_) => None,
            None => self.known_method(self.selector(self.strip(fun))),
        };
        if let Some(m) = known {
            return self.known_call(e, &m, &sig, args, spread, w);
        }
        let plan = match &clone {
            Some(c) => c.plan(),
            None => self.plan(fun),
        };
        let mut callee = match plan {
            Plan::Static(t) => Callee::Static(t),
            Plan::Lifted(l) => Callee::Lifted(l),
            Plan::Method(t, x, s, f) => {
                let n = self.recv_words(&f);
                let r = self.f.alloc(n);
                self.receiver_to(x, &s, f.obj, r);
                Callee::Method(t, r, n)
            }
            Plan::Iface(x, s) => {
                self.f.next = below;
                let r = self.iface_operand(x, &s);
                w = self.f.alloc(1).max(w);
                self.f.keep(w + 1);
                let id = self.method_id(s.name, s.name_pkg);
                Callee::Iface(r, id)
            }
            Plan::Closure(x) => {
                self.f.next = below;
                let r = self.expr(x);
                w = self.f.alloc(1).max(w);
                self.f.keep(w + 1);
                Callee::Closure(r)
            }
        };
        if let Callee::Iface(..) = callee {
            self.f.alloc(1);
        }
        let at = self.f.next;
        let types = clone.as_ref().map_or(&[][..], |c| &c.types);
        self.args_of_types(&sig, args, spread, w, types);
        self.f.pos = self.ast.expr_span(e).lo;
        let Some(c) = clone else { return self.finish_call(&callee, &sig, w) };
        let mut original = callee.clone();
        let plain = c.plain.map(|i| (at + self.sum_words(&sig.params[..i]), c.type_of(i), self.target(&c.inst)));
        callee.reach(self.clone_target(*c));
        match plain {
            None => self.finish_call(&callee, &sig, w),
            Some((arg, ty, target)) => {
                original.reach(target);
                self.clone_or_not(&callee, &original, &sig, w, arg, ty)
            }
        }
    }
    /// A method of an interface of known type: the receiver is read when the arguments are there.
    fn known_call(&mut self, e: ExprId, m: &KnownMethod, sig: &FuncTy, args: &[ExprId], spread: bool, w: Reg) -> Reg {
        let target = self.target(&m.inst);
        let n = self.recv_words(&m.inst);
        let r = self.f.alloc(n);
        self.args(sig, args, spread, w);
        self.f.pos = self.ast.expr_span(e).lo;
        self.known_receiver_to(m, r);
        self.finish_call(&Callee::Method(target, r, n), sig, w)
    }
    /// Calls the clone, which gets the pointer `arg` as it is; when that is nil, the function itself.
    fn clone_or_not(&mut self, clone: &Callee, original: &Callee, sig: &FuncTy, w: Reg, arg: Reg, ty: TyId) -> Reg {
        let (some, end) = (self.f.label(), self.f.label());
        let mark = self.f.next;
        self.f.jump(Op::JneK, arg, 0, some);
        self.mk_iface(arg, arg, ty);
        self.finish_call(original, sig, w);
        self.f.goto(end);
        self.f.bind(some);
        self.f.keep(mark);
        let r = self.finish_call(clone, sig, w);
        self.f.bind(end);
        r
    }
    /// The call instruction; arguments (and the receiver of a method) are in the window.
    pub(super) fn finish_call(&mut self, callee: &Callee, sig: &FuncTy, w: Reg) -> Reg {
        let mut params = self.sum_words(&sig.params);
        let results = self.sum_words(&sig.results);
        let mut back = 0;
        match callee {
            Callee::Lifted(l) => {
                params = self.pass(l, w + 1 + params) - w - 1;
                back = self.back_words(l);
                self.f.wide(Op::Call, w, 0, l.id);
                self.f.data(w, 0, 0, 0);
            }
            Callee::Static(Target::Native(name)) if is_in_place(name) => {
                // They lie in the window here, one behind the other.
                let mut regs = vec![w + 1];
                for &t in &sig.params {
                    let n = self.words(t);
                    regs.push(regs[regs.len() - 1] + n);
                }
                self.call_in_place(name, sig, &regs, w + 1);
            }
            Callee::Static(t) => self.direct(t, w, params),
            Callee::Method(t, _, n) => self.direct(t, w, params + n),
            Callee::Iface(r, id) => {
                self.f.emit(Op::CallI, w, *r, params, *id);
                self.f.data(w, 0, 0, 0);
            }
            Callee::Closure(r) => {
                self.f.emit(Op::CallC, w, *r, params, 0);
                self.f.data(w, 0, 0, 0);
            }
        }
        // The callee may have had more parameters than results, or fewer.
        self.f.keep(w + 1 + params.max(results + back) + 2);
        if let Callee::Lifted(l) = callee {
            self.take_back(l, w + 1 + results);
        }
        self.f.keep(w + 1 + results);
        w + 1
    }
    fn direct(&mut self, t: &Target, w: Reg, arg_words: u32) {
        match t {
            Target::Func(f) => {
                self.f.wide(Op::Call, w, 0, *f);
                self.f.data(w, 0, 0, 0);
            }
            Target::Native(name) => self.call_native(name, w, arg_words),
        }
    }

    // ---- arguments

    /// Builds the arguments behind what the window holds already (link and receiver).
    pub(super) fn args(&mut self, sig: &FuncTy, args: &[ExprId], spread: bool, w: Reg) {
        self.args_of_types(sig, args, spread, w, &[]);
    }
    /// The same; those of `types` do not become interfaces.
    fn args_of_types(&mut self, sig: &FuncTy, args: &[ExprId], spread: bool, w: Reg, types: &[(usize, Dynamic)]) {
        if let [x] = *args
            && let Ty::Tuple(tys) = self.types.get(self.ty(x))
        {
            let tys = tys.clone();
            return self.tuple_args(sig, x, &tys, w);
        }
        let fixed = if sig.variadic && !spread { sig.params.len() - 1 } else { sig.params.len() };
        for (i, (&x, &ty)) in args.iter().zip(&sig.params).take(fixed).enumerate() {
            if let Some(&(_, d)) = types.iter().find(|t| t.0 == i) {
                let n = self.words(d.ty);
                let slot = self.f.alloc(n);
                self.dynamic_to(d, slot);
                continue;
            }
            // The first argument can be the result of a call in the same window.
            if i == 0 && self.f.next == w + 1 && self.is_plain_call(x) && !self.needs_box(self.ty(x), ty) {
                if let Expr::Call(fun, ref inner, spread) = *self.ast.expr(self.strip(x)) {
                    let below = w;
                    let r = self.call_at(x, fun, inner, spread, w, below);
                    let n = self.words(ty);
                    self.mov(w + 1, r, n);
                    self.f.keep(w + 1 + n);
                }
                continue;
            }
            let n = self.words(ty);
            let slot = self.f.alloc(n);
            self.expr_conv_to(x, ty, slot);
        }
        if sig.variadic
            && !spread
            && let Some(&last) = sig.params.last()
            && let Ty::Slice(elem) = *self.types.under(last)
        {
            let slot = self.f.alloc(3);
            self.pack(args.get(fixed..).unwrap_or(&[]), elem, slot);
        }
    }
    /// A call of a function with a window of its own: no builtin, conversion or intrinsic, no value at hand.
    fn is_plain_call(&mut self, x: ExprId) -> bool {
        let x = self.strip(x);
        if self.st.plain || self.f.given.contains_key(&x) || self.value(x).is_some() {
            return false;
        }
        match *self.ast.expr(x) {
            Expr::Call(fun, ref args, spread) => {
                !matches!(self.info.expr(fun).map(|i| i.mode), Some(Mode::Type | Mode::Builtin(_)))
                    && self.intrinsic(fun).is_none()
                    && !self.is_inlined(fun, args, spread)
            }
            _ => false,
        }
    }
    /// `f(g())` where g has several results.
    fn tuple_args(&mut self, sig: &FuncTy, x: ExprId, tys: &[TyId], w: Reg) {
        let first = self.f.next;
        let fixed = if sig.variadic { sig.params.len() - 1 } else { sig.params.len() };
        let room = self.sum_words(&sig.params);
        self.f.alloc(room);
        let mark = self.f.next;
        let mut r = self.expr(x);
        let mut slot = first;
        for (&from, &to) in tys.iter().zip(&sig.params).take(fixed) {
            let v = self.reg_conv(r, from, to);
            let n = self.words(to);
            self.mov(slot, v, n);
            slot += n;
            r += self.words(from);
        }
        if sig.variadic
            && let Some(&last) = sig.params.last()
            && let Ty::Slice(elem) = *self.types.under(last)
        {
            let mut rest = vec![];
            for &ty in tys.get(fixed..).unwrap_or(&[]) {
                rest.push((r, ty));
                r += self.words(ty);
            }
            self.pack_regs(&rest, elem, slot);
        }
        self.f.keep(mark);
        debug_assert!(first > w);
    }
    pub(super) fn pack_regs(&mut self, parts: &[(Reg, TyId)], elem: TyId, dst: Reg) {
        if parts.is_empty() {
            return self.zero(dst, 3);
        }
        let t = self.f.alloc(4);
        self.new_backing(t, elem, parts.len() as u64);
        self.load_word(t + 1, parts.len() as u64);
        self.load_word(t + 2, parts.len() as u64);
        for (i, &(r, from)) in parts.iter().enumerate() {
            let v = self.reg_conv(r, from, elem);
            self.load_word(t + 3, i as u64);
            self.store(Place::Elem(t, t + 3), elem, v);
        }
        self.mov(dst, t, 3);
    }
}

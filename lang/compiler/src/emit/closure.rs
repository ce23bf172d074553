//! Functions: ids, bodies, captures, results, epilogue.

use super::call::Target;
use super::escape::Local;
use super::func::{Fun, Loc, SPARE};
use super::generic::Inst;
use super::place::Place;
use super::{Em, Reg};
use crate::check::relation::own_tparams;
use crate::info::{FuncFacts, ObjId, ObjKind};
use crate::types::{NamedId, TyId};
use gol_bytecode::{Func, FuncId, Op};
use gol_syntax::ast::{BlockId, Expr, ExprId, StmtId};
use gol_syntax::diag::Code;
use gol_syntax::span::Span;
use std::borrow::Cow;

/// What a function runs.
#[derive(Clone, Copy)]
pub(super) enum Body {
    Block(BlockId),
    Stmt(StmtId),
}

/// A captured variable: whether its words are copied or the address of its object is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capture {
    pub obj: ObjId,
    pub from: Loc,
    pub words: u32,
}

impl Em<'_> {
    // ---- ids and names

    pub(super) fn reserve_func(&mut self) -> FuncId {
        self.prog.funcs.push(Func {
            name: String::new(),
            code: vec![],
            regs: 1,
            spare: 0,
            params: 0,
            results: 0,
            epilogue: None,
            pos: 0,
            lines: vec![],
            hidden: true,
            once: false,
            inlined: vec![],
        });
        self.prog.funcs.len() as u32 - 1
    }
    /// `main.f`, `main.T.m`, `main.(*T).m`; of generic functions `main.f[...]`, `main.(*T[...]).m`.
    pub(super) fn func_name(&self, o: ObjId) -> String {
        let o = *self.info.twins.get(&o).unwrap_or(&o);
        let obj = self.info.obj(o);
        let path = self.pkg_label(obj.pkg);
        let name = self.ast.name(obj.name);
        let args = if own_tparams(self.types, self.info, o).is_empty() { "" } else { "[...]" };
        match obj.kind {
            ObjKind::Method { recv, ptr } => {
                let t = self.recv_name(recv);
                if ptr {
                    [path, ".(*", &t, ").", name, args].concat()
                } else {
                    [path, ".", &t, ".", name, args].concat()
                }
            }
            _ => [path, ".", name, args].concat(),
        }
    }
    pub(super) fn recv_name(&self, recv: NamedId) -> Cow<'_, str> {
        let n = self.types.named(recv);
        let name = self.ast.name(n.name);
        if n.tparams.is_empty() { name.into() } else { [name, "[...]"].concat().into() }
    }
    /// How a package is called in names of functions: its path, `main` for programs and scripts.
    pub(super) fn pkg_label(&self, pkg: crate::types::PkgId) -> &str {
        match self.info.pkgs.get(pkg.0 as usize) {
            Some(p) if !p.path.is_empty() && p.name != "main" => &p.path,
            _ => "main",
        }
    }
    pub(super) fn lit_name(&mut self) -> String {
        let name = self.next_lit_name();
        self.f.lits += 1;
        name
    }
    /// The name that the next literal will get.
    pub(super) fn next_lit_name(&self) -> String {
        let n = self.f.lits + 1;
        if self.f.is_lit { format!("{}.{n}", self.f.name) } else { format!("{}.func{n}", self.f.name) }
    }

    // ---- function literals

    pub(super) fn func_lit_to(&mut self, e: ExprId, dst: Reg) {
        let Expr::FuncLit(_, block) = *self.ast.expr(e) else { return };
        let info = self.info;
        if let Some(facts) = info.lits.get(&e) {
            let pos = self.ast.expr_span(e).lo;
            let wanted = self.is_wanted(e);
            let (id, caps) = self.closure_to(facts, Body::Block(block), pos, dst);
            if wanted {
                self.note_literal(e, id, caps);
            }
        }
    }
    /// A closure of a body that is a function of its own; the function, and what the closure holds.
    pub(super) fn closure_to(&mut self, facts: &FuncFacts, body: Body, pos: u32, dst: Reg) -> (FuncId, Vec<Capture>) {
        let name = self.lit_name();
        let caps = self.captures(&facts.captures);
        let id = self.reserve_func();
        self.build(id, name, pos, facts, &caps, true, |em| em.body(body));
        self.mk_closure(dst, id, &caps);
        (id, caps)
    }
    pub(super) fn captures(&mut self, objs: &[ObjId]) -> Vec<Capture> {
        let mut out = vec![];
        for &obj in objs {
            if let Some(from) = self.f.vars.get(obj) {
                let words = match from {
                    Loc::Reg(_) => self.words(self.obj_ty(obj)),
                    Loc::Box(_) => 1,
                };
                out.push(Capture { obj, from, words });
            }
        }
        out
    }
    pub(super) fn mk_closure(&mut self, dst: Reg, id: FuncId, caps: &[Capture]) {
        let n: u32 = caps.iter().map(|c| c.words).sum();
        if n == 0 {
            return self.load_func(dst, id);
        }
        let mark = self.f.next;
        let mut at = self.f.alloc(n);
        let first = match *caps {
            // One variable's registers are in a row already.
            [Capture { from: Loc::Reg(r) | Loc::Box(r), .. }] if !self.st.plain => r,
            _ => at,
        };
        if first == at {
            for c in caps {
                let (Loc::Reg(r) | Loc::Box(r)) = c.from;
                self.mov(at, r, c.words);
                at += c.words;
            }
        }
        self.f.wide(Op::MkClosure, dst, first, id);
        self.f.data(n, 0, 0, 0);
        self.f.next = mark;
    }

    // ---- bodies

    pub(super) fn body(&mut self, body: Body) {
        match body {
            Body::Block(b) => {
                self.block(b);
                if !self.f.dead {
                    // What is deferred runs there.
                    self.f.pos = self.ast.block(b).span.hi.saturating_sub(1);
                }
            }
            Body::Stmt(s) => self.stmt(s),
        }
    }
    /// A declared function or method.
    pub(super) fn declared(&mut self, o: ObjId) {
        let info = self.info;
        let Some(facts) = info.funcs.get(&o) else { return };
        let Some(block) = facts.body else { return };
        if self.is_generic(o) {
            return;
        }
        let id = self.func_id(&Inst { obj: o, targs: vec![] });
        let name = self.func_name(o);
        self.outermost(id, name, facts, o, block);
    }
    /// Builds function `id` while the current one waits.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn build(
        &mut self,
        id: FuncId,
        name: String,
        pos: u32,
        facts: &FuncFacts,
        caps: &[Capture],
        is_lit: bool,
        body: impl FnOnce(&mut Self),
    ) {
        let next = self.fun(name, pos);
        let outer = std::mem::replace(&mut self.f, next);
        self.f.is_lit = is_lit;
        self.prologue(facts, caps, None);
        body(self);
        self.epilogue();
        self.finish(id, outer);
    }
    /// Words of a parameter as it is passed.
    fn param_words(&mut self, facts: &FuncFacts, o: ObjId) -> u32 {
        let ty = self.known_param(o).unwrap_or_else(|| self.obj_ty(o));
        if self.f.in_box && facts.recv == Some(o) { 1 } else { self.words(ty) }
    }
    /// `local`: it is a local function.
    pub(super) fn prologue(&mut self, facts: &FuncFacts, caps: &[Capture], local: Option<&Local>) {
        let sig = self.sig_of(self.sub(facts.sig));
        let start = self.f.next;
        for &o in facts.recv.iter().chain(&facts.params) {
            let n = self.param_words(facts, o);
            self.f.alloc(n);
        }
        if let Some(l) = local {
            self.passed_params(l);
        }
        self.f.params = self.f.next;
        self.f.results = self.sum_words(&sig.results) + self.f.back.iter().map(|b| b.1).sum::<u32>();
        self.f.sig = Some(sig.clone());
        let closure = self.f.alloc(1);
        if !caps.is_empty() {
            self.load_captures(closure, caps);
        } else {
            self.f.next = closure;
        }
        let unboxed = facts.recv.filter(|_| self.f.in_box).map(|o| {
            let n = self.words(self.obj_ty(o));
            let r = self.f.alloc(n);
            self.load_words(start, 0, r, n);
            (o, r)
        });
        let mut at = start;
        for &o in facts.recv.iter().chain(&facts.params) {
            let n = self.param_words(facts, o);
            match (unboxed, self.known_param(o)) {
                (Some((recv, r)), _) if recv == o => self.adopt(o, r),
                (_, Some(ty)) => self.adopt_dynamic(o, at, ty),
                _ => {
                    self.adopt(o, at);
                    if self.knows() && self.is_steady(o) {
                        let ty = self.obj_ty(o);
                        self.steady_slice(at, ty);
                    }
                }
            }
            at += n;
        }
        if self.knows() {
            self.bind_knowns();
        }
        self.f.named_results = facts.named_results;
        if facts.named_results || facts.has_defer {
            for (i, &ty) in sig.results.iter().enumerate() {
                let obj = facts.results.get(i).copied().filter(|_| facts.named_results);
                let loc = self.declare_zero(obj, ty);
                self.f.result_vars.push(loc);
            }
        }
        if facts.has_defer {
            self.f.epilogue = Some(self.f.label());
        }
    }
    pub(super) fn load_captures(&mut self, closure: Reg, caps: &[Capture]) {
        let mut off = 1;
        for c in caps {
            let r = self.f.alloc(c.words);
            match c.words {
                0 => {}
                1 => self.f.emit(Op::LdW, r, closure, off, 0),
                n => self.f.emit(Op::LdN, r, closure, off, n),
            }
            off += c.words;
            let loc = match c.from {
                Loc::Reg(_) => Loc::Reg(r),
                Loc::Box(_) => Loc::Box(r),
            };
            self.f.vars.insert(c.obj, loc);
        }
    }
    pub(super) fn is_boxed(&mut self, o: ObjId) -> bool {
        let obj = self.info.obj(o);
        if obj.boxed() && if obj.addr_taken { !self.is_held(o) } else { self.kept(o).is_none() } {
            return true;
        }
        matches!(obj.kind, ObjKind::Local) && self.in_memory(self.sub(obj.ty))
    }
    /// The variable `o` gets the value that is in registers `r`, and these registers when it can live in them.
    pub(super) fn adopt(&mut self, o: ObjId, r: Reg) {
        let loc = if self.is_boxed(o) {
            let ty = self.obj_ty(o);
            let b = self.new_object(ty);
            if self.words(ty) > 0 {
                self.store(Place::Mem(b, 0), ty, r);
            }
            Loc::Box(b)
        } else {
            Loc::Reg(r)
        };
        self.f.vars.insert(o, loc);
    }
    /// A new variable with the zero value; without object for unnamed results.
    pub(super) fn declare_zero(&mut self, o: Option<ObjId>, ty: TyId) -> Loc {
        let boxed = match o {
            Some(o) => self.is_boxed(o),
            None => false,
        };
        let loc = if boxed {
            Loc::Box(self.new_object(ty))
        } else {
            let n = self.words(ty);
            let r = self.f.alloc(n);
            self.zero(r, n);
            Loc::Reg(r)
        };
        if let Some(o) = o {
            self.f.vars.insert(o, loc);
        }
        loc
    }
    pub(super) fn epilogue(&mut self) {
        if let Some(l) = self.f.epilogue {
            self.f.bind_live(l);
            self.f.epilogue_at = Some(self.f.here() as u32);
            let w = self.f.alloc(3);
            self.f.emit(Op::RunDefers, w, 0, 0, 0);
            self.f.data(w, 0, 0, 0);
            self.return_vars();
        } else if !self.f.dead {
            if self.f.sig().results.is_empty() {
                self.ret(&[], &[]);
            } else {
                self.f.end(Op::Trap, 0, 0);
            }
        }
    }
    /// Returns what the result variables hold.
    pub(super) fn return_vars(&mut self) {
        let sig = self.f.sig();
        let locs = self.f.result_vars.clone();
        let mut values = vec![];
        for (loc, &ty) in locs.iter().zip(&sig.results) {
            values.push(match *loc {
                Loc::Reg(r) => r,
                Loc::Box(b) => self.load(Place::Mem(b, 0), ty),
            });
        }
        self.ret(&values, &sig.results);
    }
    /// Returns values that lie in registers.
    pub(super) fn ret(&mut self, values: &[Reg], tys: &[TyId]) {
        if let ([r], [ty], true) = (values, tys, self.f.back.is_empty() && !self.st.plain) {
            let n = self.words(*ty);
            return self.ret_row(*r, n);
        }
        let mut parts: Vec<(Reg, u32)> = values.iter().zip(tys).map(|(&r, &ty)| (r, self.words(ty))).collect();
        parts.extend(&self.f.back);
        let total = parts.iter().fold(0u32, |n, p| n.saturating_add(p.1));
        let mut row = !self.st.plain;
        let mut at = parts.first().map_or(0, |p| p.0);
        let first = at;
        for &(r, n) in &parts {
            row &= r == at;
            at += n;
        }
        let from = if row {
            first
        } else {
            let t = self.f.alloc(total);
            let mut at = t;
            for (r, n) in parts {
                self.mov(at, r, n);
                at += n;
            }
            t
        };
        self.ret_row(from, total);
    }
    /// Returns words that lie in a row.
    fn ret_row(&mut self, from: Reg, words: u32) {
        match words {
            0 => self.f.end(Op::Ret, 0, 0),
            1 => self.f.end(Op::Ret1, from, 0),
            n => self.f.end(Op::RetN, from, n),
        }
    }
    /// Hands the finished function to the program and goes on with the one around it.
    pub(super) fn finish(&mut self, id: FuncId, outer: Box<Fun>) {
        self.f.patch();
        let need = self.f.max.max(self.f.params + 1).max(self.f.results).max(1);
        let mut f = std::mem::replace(&mut self.f, outer);
        if need > 0xffff || f.cut {
            let span = Span::new(f.file_pos, f.file_pos);
            let what = if need > 0xffff { "it needs more than 65,535 registers" } else { "an operand has no room" };
            self.refuse(Code::NotYet, span, format!("function {} is too large: {what}", f.name));
        }
        if f.code.len() > i32::MAX as usize {
            let span = f.span();
            self.refuse(Code::NotYet, span, "function is too large");
        }
        let spare = if need + SPARE > 0xffff { 0 } else { SPARE };
        self.prog.funcs[id as usize] = Func {
            name: std::mem::take(&mut f.name),
            code: f.code.clone(),
            regs: (need + spare) as u16,
            spare: spare as u16,
            params: f.params as u16,
            results: f.results as u16,
            epilogue: f.epilogue_at,
            pos: f.file_pos,
            lines: f.lines.clone(),
            hidden: f.hidden,
            once: false,
            inlined: std::mem::take(&mut f.inlined),
        };
        self.spare.push(f);
    }

    // ---- functions as values

    pub(super) fn func_value_to(&mut self, f: &Inst, dst: Reg) {
        let id = match self.target(f) {
            Target::Func(f) => f,
            Target::Native(name) => {
                let sig = self.inst_sig(f);
                self.native_wrapper(name, sig)
            }
        };
        self.load_func(dst, id);
    }
}

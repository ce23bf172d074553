//! Declarations: the types of package-level objects, found on demand; declarations in blocks.
//!
//! A defined type gets its identity when it is declared and its underlying type when that is asked for
//! ([`Checker::complete`]), so types may refer to each other in any order. Everything else at package level waits in
//! `pending` until [`Checker::resolve`] is called for it.

use super::Checker;
use super::operand::Operand;
use super::untyped::Context;
use crate::constant::Value;
use crate::info::{Init, ObjId, ObjKind};
use crate::types::{Named, NamedId, TParamId, Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId, FuncDecl, Ident, IfaceElem, Param, TypeSpec, VarSpec};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

/// What a package-level object is declared as.
#[derive(Clone, Copy)]
pub(super) enum Decl<'a> {
    Const(ConstDecl),
    /// The object is the n-th name of the line; the objects of the line begin at this id.
    Var(&'a VarSpec, usize, ObjId),
    /// Declared in a block?
    Alias(&'a TypeSpec, bool),
    Func(&'a FuncDecl),
}

#[derive(Clone, Copy)]
pub(super) struct ConstDecl {
    pub ty: Option<ExprId>,
    pub value: Option<ExprId>,
    pub iota: u32,
    /// The expression is repeated from a line above: messages belong to this name.
    pub repeated: Option<Span>,
}

/// How far a defined type is.
#[derive(Clone)]
pub(super) struct TypeState<'a> {
    pub spec: &'a TypeSpec,
    /// Its own type parameters.
    pub tparams: Vec<ObjId>,
    /// Being found, with this many signatures around.
    pub busy: Option<u32>,
}

/// So many declarations may depend on each other in a row: they are resolved recursively.
const MAX_CHAIN: usize = 3000;

impl<'a> Checker<'a> {
    /// Makes sure that the type (and value) of an object is known.
    #[inline]
    pub(super) fn resolve(&mut self, obj: ObjId) {
        if !(self.pending.is_empty() && self.path.is_empty()) {
            self.resolve_pending(obj);
        }
    }
    #[inline(never)]
    fn resolve_pending(&mut self, obj: ObjId) {
        let Some(decl) = self.pending.remove(&obj) else {
            if self.resolving.contains(&obj) {
                self.in_progress(obj);
            }
            return;
        };
        if self.path.len() >= MAX_CHAIN {
            return self.chain_too_long(obj);
        }
        self.path.push(obj);
        self.resolving.insert(obj);
        let saved = (self.decl.take(), self.iota.take(), self.file);
        let locals = match decl {
            Decl::Alias(_, true) => None,
            _ => Some(self.locals.leave()),
        };
        self.enter_file(self.info.obj(obj).span.lo);
        match decl {
            Decl::Const(c) => self.const_value(obj, c),
            Decl::Var(spec, n, first) => self.package_var(obj, spec, n, first),
            Decl::Alias(spec, _) => self.alias(obj, spec),
            Decl::Func(f) => {
                let ty = self.func_type(obj, f);
                self.info.obj_mut(obj).ty = ty;
            }
        }
        if let Some(l) = locals {
            self.locals.enter(l);
        }
        (self.decl, self.iota, self.file) = saved;
        self.path.pop();
        self.resolving.remove(&obj);
    }

    fn chain_too_long(&mut self, obj: ObjId) {
        let name = self.name(self.info.obj(obj).name);
        let m = format!("too many declarations depend on each other up to {name}");
        let d = Diagnostic::error(Code::TooDeep, self.info.obj(obj).span, m);
        self.report(d.help(format!("at most {MAX_CHAIN} of them may follow each other")));
    }

    /// An object is needed while it is being resolved.
    fn in_progress(&mut self, obj: ObjId) {
        let o = self.info.obj(obj);
        let ready = matches!(o.kind, ObjKind::Global | ObjKind::Func) && o.ty != Types::ERROR;
        if ready {
            return;
        }
        let from = self.path.iter().position(|&p| p == obj).unwrap_or(0);
        let cycle: Vec<ObjId> = self.path[from..].to_vec();
        let all_types = cycle.iter().all(|&c| matches!(self.info.obj(c).kind, ObjKind::Type));
        self.report_cycle(&cycle, all_types);
        self.info.obj_mut(obj).ty = Types::ERROR;
    }

    /// `initialization cycle for a` with the chain of references; told once, at the first object of the cycle.
    pub(super) fn report_cycle(&mut self, cycle: &[ObjId], types: bool) {
        if let Some(start) = (0..cycle.len()).min_by_key(|&i| self.info.obj(cycle[i]).span.lo) {
            self.report_cycle_from(cycle, start, types);
        }
    }
    pub(super) fn report_cycle_from(&mut self, cycle: &[ObjId], start: usize, types: bool) {
        let names: Vec<(&str, Span)> = cycle[start..]
            .iter()
            .chain(&cycle[..start])
            .map(|&c| (self.name(self.info.obj(c).name), self.info.obj(c).span))
            .collect();
        let (what, code) = if types {
            ("invalid recursive type", Code::InvalidRecursive)
        } else {
            ("initialization cycle", Code::InitCycle)
        };
        let d = if let [(name, at)] = names[..] {
            Diagnostic::error(code, at, format!("{what}: {name} refers to itself"))
        } else {
            let joint = if types { "" } else { " for" };
            let mut d = Diagnostic::error(code, names[0].1, format!("{what}{joint} {}", names[0].0));
            for (i, (name, at)) in names.iter().enumerate() {
                let next = names[(i + 1) % names.len()].0;
                d = d.related(*at, format!("{name} refers to {next}"));
            }
            d
        };
        if !self.diags.iter().any(|o| o.span == d.span && o.code == code) {
            self.report(d);
        }
    }

    // ---- constants

    fn const_value(&mut self, obj: ObjId, c: ConstDecl) {
        let errors = self.diags.len();
        self.iota = Some(c.iota);
        let mut ty = c.ty.map(|t| self.type_expr(t));
        if let (Some(t), Some(e)) = (ty, c.ty)
            && t != Types::ERROR
            && !self.types.is(t, crate::types::Class::Constant)
        {
            let (m, at) = (format!("invalid constant type {}", self.ty_text(t)), self.span(e));
            self.err(Code::NotConstant, at, m);
            ty = Some(Types::ERROR);
        }
        let value = match c.value {
            Some(v) => {
                let mut x = self.expr(v);
                self.const_init(&mut x, ty)
            }
            None => None,
        };
        self.iota = None;
        if let Some(at) = c.repeated {
            for d in &mut self.diags[errors..] {
                d.span = at;
            }
        }
        let o = self.info.obj_mut(obj);
        match value {
            Some((v, t)) => (o.kind, o.ty) = (ObjKind::Const(v), t),
            None => o.ty = Types::ERROR,
        }
    }

    fn const_init(&mut self, x: &mut Operand, ty: Option<TyId>) -> Option<(Value, TyId)> {
        if !x.ok() || ty == Some(Types::ERROR) {
            return None;
        }
        if x.value.is_none() {
            let (m, at) = (format!("{} is not constant", self.describe(x)), self.at(x));
            self.err(Code::NotConstant, at, m);
            return None;
        }
        if let Some(t) = ty {
            self.assignment(x, Some(t), Context::Named("constant declaration"));
        }
        Some((x.value.clone()?, x.ty)).filter(|_| x.ok())
    }

    /// Constants of one `const` declaration, with repeated lines filled in: name, declaration.
    pub(super) fn const_group(&mut self, specs: &'a [VarSpec]) -> Vec<(Ident, ConstDecl)> {
        let mut out = vec![];
        let mut last: Option<&VarSpec> = None;
        for (iota, spec) in specs.iter().enumerate() {
            let own = spec.ty.is_some() || !spec.values.is_empty();
            if own {
                last = Some(spec);
            }
            let source = last.unwrap_or(spec);
            for (i, &n) in spec.names.iter().enumerate() {
                let value = source.values.get(i).copied();
                if value.is_none() {
                    self.err(Code::ConstInit, n.span, "missing init expr for const declaration");
                }
                let repeated = (!own).then_some(n.span);
                out.push((n, ConstDecl { ty: source.ty, value, iota: iota as u32, repeated }));
            }
            if let Some(&extra) = source.values.get(spec.names.len()) {
                let at = if own { self.span(extra) } else { spec.span };
                self.err(Code::ConstInit, at, "extra init expr");
            }
        }
        out
    }

    /// `const` in a block.
    pub(super) fn local_consts(&mut self, specs: &'a [VarSpec]) {
        let mut line: Vec<ObjId> = vec![];
        let mut iota = 0;
        for (name, c) in self.const_group(specs) {
            // The scope of a constant begins after its line.
            if c.iota != iota {
                std::mem::take(&mut line).into_iter().for_each(|o| self.declare(o));
                iota = c.iota;
            }
            let obj = self.new_obj(ObjKind::Const(Value::Bool(false)), name, Types::ERROR);
            let saved = self.iota;
            self.const_value(obj, c);
            self.iota = saved;
            self.info.obj_mut(obj).used = true;
            line.push(obj);
        }
        line.into_iter().for_each(|o| self.declare(o));
    }

    // ---- variables

    fn package_var(&mut self, obj: ObjId, spec: &'a VarSpec, n: usize, first: ObjId) {
        self.decl = Some(obj);
        let nth = |i: usize| ObjId(first.0 + i as u32);
        let all: Vec<ObjId> = (0..spec.names.len()).map(nth).collect();
        if let Some(t) = spec.ty {
            let ty = self.type_expr(t);
            self.info.obj_mut(obj).ty = ty;
        }
        let (names, values) = (spec.names.len(), spec.values.len());
        if values == 0 {
            if n == 0 {
                all.iter().for_each(|&o| self.var_order.push((o, None)));
            }
            return;
        }
        if names == values {
            let mut x = self.generic_expr(spec.values[n]);
            self.init_var(obj, &mut x, spec.ty.is_some(), "variable declaration");
            return self.add_init(vec![obj], spec.values[n]);
        }
        // One call for all, or a wrong number: all names at once.
        let decl = self.decl.replace(nth(0));
        for &o in &all {
            self.pending.remove(&o);
            if let Some(t) = spec.ty {
                let ty = self.type_expr(t);
                self.info.obj_mut(o).ty = ty;
            }
        }
        self.path.extend(all.iter().filter(|&&o| o != obj));
        self.init_vars(&all, spec.ty.is_some(), &spec.values, "variable declaration", spec.names[0].span);
        self.path.truncate(self.path.len() + 1 - all.len());
        self.decl = decl;
        if values == 1 {
            self.add_init(all, spec.values[0]);
        }
    }

    fn add_init(&mut self, objs: Vec<ObjId>, rhs: ExprId) {
        let index = self.inits.len();
        for &o in &objs {
            self.var_order.push((o, Some(index)));
        }
        let blank = self.world.blank;
        let lhs = objs.into_iter().map(|o| (self.info.obj(o).name != blank).then_some(o)).collect();
        self.inits.push(Init { lhs, rhs });
    }

    /// Gives a variable its initial value, and its type when it has none.
    pub(super) fn init_var(&mut self, obj: ObjId, x: &mut Operand, typed: bool, context: &'static str) {
        let ty = self.info.obj(obj).ty;
        if !x.ok() || typed && ty == Types::ERROR {
            return;
        }
        if typed {
            return self.assignment(x, Some(ty), Context::Named(context));
        }
        if x.is_nil() {
            let at = self.at(x);
            return self.err(Code::BadNil, at, format!("use of untyped nil in {context}"));
        }
        self.assignment(x, None, Context::Named(context));
        if x.ok() {
            self.info.obj_mut(obj).ty = x.ty;
        }
    }

    /// `var` in a block, or at the top level of a script.
    pub(super) fn var_specs(&mut self, specs: &'a [VarSpec]) {
        for spec in specs {
            let ty = spec.ty.map(|t| self.type_expr(t));
            let kind = if self.at_top() { ObjKind::Global } else { ObjKind::Local };
            let new = |&n: &Ident| self.new_obj(kind.clone(), n, ty.unwrap_or(Types::ERROR));
            let objs: Vec<ObjId> = spec.names.iter().map(new).collect();
            if !spec.values.is_empty() {
                let at = spec.names.first().map_or(spec.span, |n| n.span);
                self.init_vars(&objs, ty.is_some(), &spec.values, "variable declaration", at);
            }
            objs.into_iter().for_each(|o| self.declare(o));
        }
    }

    // ---- types

    /// Declares a type; a defined one gets its identity here. Gives the object when an alias is still to be resolved.
    pub(super) fn type_object(&mut self, spec: &'a TypeSpec) -> ObjId {
        let obj = self.new_obj(ObjKind::Type, spec.name, Types::ERROR);
        self.info.obj_mut(obj).used = true;
        let inside = !(self.funcs.is_empty() || self.at_top());
        if spec.alias {
            self.pending.insert(obj, Decl::Alias(spec, inside));
            return obj;
        }
        let own = self.new_tparams(spec.tparams.as_deref().unwrap_or_default());
        let around = if inside { self.around.clone() } else { vec![] };
        let tparams: Vec<TParamId> = around.iter().copied().chain(self.tparam_ids(&own)).collect();
        let local = if inside { self.local_types + 1 } else { 0 };
        self.local_types = self.local_types.max(local);
        let (id, ty) = self.types.add_named(Named {
            name: spec.name.sym,
            pkg: self.pkg,
            obj: Some(obj),
            underlying: Types::ERROR,
            methods: vec![],
            local,
            tparams,
            targs: vec![],
            origin: None,
            implicit: around.len() as u32,
        });
        let generic = !own.is_empty();
        self.unresolved.insert(id, TypeState { spec, tparams: own, busy: None });
        let ty = if around.is_empty() || generic {
            ty
        } else {
            let targs = self.tparam_types(&around);
            self.types.instantiate(id, targs)
        };
        self.info.obj_mut(obj).ty = ty;
        obj
    }

    /// `type` in a block.
    pub(super) fn local_types(&mut self, specs: &'a [TypeSpec]) {
        for spec in specs {
            let obj = self.type_object(spec);
            // The scope of a type begins at its name.
            self.declare(obj);
            self.resolve(obj);
            let ty = self.info.obj(obj).ty;
            self.complete(ty);
            self.check_finite(ty);
        }
        self.run_later();
    }

    /// Makes sure that the underlying type of a type is known.
    pub(super) fn complete(&mut self, ty: TyId) {
        let Ty::Named(id) = *self.types.get(ty) else { return };
        let id = self.types.origin(id);
        let Some(state) = self.unresolved.get_mut(&id) else { return };
        if let Some(depth) = state.busy {
            if self.signatures > depth {
                return self.interface_cycle();
            }
            let from = self.completing.iter().position(|&c| c == id).unwrap_or(0);
            let cycle: Vec<ObjId> = self.completing[from..].iter().filter_map(|&n| self.types.named(n).obj).collect();
            self.broken.extend(&self.completing[from..]);
            return self.report_cycle(&cycle, true);
        }
        state.busy = Some(self.signatures);
        let TypeState { spec, tparams, .. } = state.clone();
        let local = self.types.named(id).local > 0;
        let locals = if local { None } else { Some(self.locals.leave()) };
        self.completing.push(id);
        let file = self.file;
        self.enter_file(self.span(spec.ty).lo);
        self.open_block();
        tparams.iter().for_each(|&p| self.declare(p));
        self.bounds(spec.tparams.as_deref().unwrap_or_default(), &tparams);
        let t = self.type_expr_any(spec.ty);
        self.close_block();
        self.file = file;
        self.complete(t);
        let mut under = self.types.under_id(t);
        if self.types.is_tparam(under) {
            let at = self.span(spec.ty);
            self.err(Code::BadConstraint, at, "cannot use a type parameter as RHS in type declaration");
            under = Types::ERROR;
        }
        let under = if self.broken.contains(&id) { Types::ERROR } else { under };
        self.written.insert(id, t);
        self.types.set_underlying(id, under);
        if let Some(l) = locals {
            self.locals.enter(l);
        }
        self.completing.pop();
        self.unresolved.remove(&id);
    }

    /// An interface without name, in a signature of an interface, that embeds what it is a part of.
    pub(super) fn interface_cycle(&mut self) {
        let Some(state) = self.completing.first().and_then(|n| self.unresolved.get(n)) else { return };
        let at = self.span(state.spec.ty);
        self.broken.extend(&self.completing);
        self.err(Code::InvalidRecursive, at, "invalid recursive type: anonymous interface refers to itself");
    }

    /// Does finding the methods of an embedded type need a type that is being completed further out?
    pub(super) fn leads_to_busy(&self, e: ExprId, seen: &mut Vec<NamedId>) -> bool {
        let obj = match self.ast.expr(self.unparen(e)) {
            Expr::Name(s) => self.find(*s),
            Expr::Index(x, _) => return self.leads_to_busy(*x, seen),
            _ => None,
        };
        let Some(Ty::Named(id)) = obj.map(|o| self.types.get(self.info.obj(o).ty)) else { return false };
        let Some(state) = self.unresolved.get(id) else { return false };
        if let Some(depth) = state.busy {
            return self.signatures > depth;
        }
        if seen.contains(id) {
            return false;
        }
        seen.push(*id);
        match self.ast.expr(self.unparen(state.spec.ty)) {
            Expr::Name(_) => self.leads_to_busy(state.spec.ty, seen),
            Expr::Interface(elems) => elems.iter().any(|el| match el {
                IfaceElem::Embed(t) => self.leads_to_busy(*t, seen),
                IfaceElem::Method(..) => false,
            }),
            _ => false,
        }
    }

    /// Reports a type that contains itself by value.
    pub(super) fn check_finite(&mut self, ty: TyId) {
        if let Some(cycle) = self.value_cycle(ty, &mut vec![]) {
            self.report_value_cycle(&cycle);
            for n in cycle {
                self.types.named[n.0 as usize].underlying = Types::ERROR;
            }
        }
    }

    /// The chain begins at the first type that is declared, not at an instance of a generic one.
    fn report_value_cycle(&mut self, cycle: &[NamedId]) {
        let objs: Vec<(NamedId, ObjId)> = cycle.iter().filter_map(|&n| Some((n, self.types.named(n).obj?))).collect();
        let rank = |i: &usize| {
            let (n, obj) = objs[*i];
            (self.types.named(n).origin.is_some(), self.info.obj(obj).span.lo)
        };
        if let Some(start) = (0..objs.len()).min_by_key(rank) {
            let objs: Vec<ObjId> = objs.iter().map(|o| o.1).collect();
            self.report_cycle_from(&objs, start, true);
        }
    }

    /// `path`: the defined types around.
    fn value_cycle(&mut self, ty: TyId, path: &mut Vec<NamedId>) -> Option<Vec<NamedId>> {
        if self.finite.contains(&ty) {
            return None;
        }
        let found = match self.types.get(ty) {
            &Ty::Named(n) => {
                if let Some(i) = path.iter().position(|p| *p == n) {
                    return Some(path[i..].to_vec());
                }
                if self.types.named(n).pkg != self.pkg {
                    return None;
                }
                if self.types.too_deep(ty) {
                    return Some(vec![n]);
                }
                if path.len() >= MAX_CHAIN {
                    self.finite.insert(ty);
                    if let Some(obj) = self.types.named(n).obj {
                        self.chain_too_long(obj);
                    }
                    return None;
                }
                path.push(n);
                let next = self.written.get(&n).copied().unwrap_or(self.types.named(n).underlying);
                let found = self.value_cycle(next, path);
                path.pop();
                found
            }
            &Ty::Array(_, elem) => self.value_cycle(elem, path),
            Ty::Struct(fields) => {
                let fields = fields.clone();
                fields.iter().find_map(|f| self.value_cycle(f.ty, path))
            }
            Ty::Interface(i) => {
                let parts: Vec<TyId> = i.unions.iter().flatten().map(|t| t.ty).collect();
                parts.into_iter().find_map(|t| self.value_cycle(t, path))
            }
            _ => return None,
        };
        if found.is_none() {
            self.finite.insert(ty);
        }
        found
    }

    // ---- functions

    /// Checks the body of a declared function and files its facts.
    pub(super) fn check_func(&mut self, obj: ObjId, recv: Option<(&'a Param, TyId)>, f: &'a FuncDecl) {
        let ty = self.info.obj(obj).ty;
        self.enter_file(self.info.obj(obj).span.lo);
        let saved = self.decl.replace(obj);
        self.around = self.info.tparams.get(&obj).cloned().unwrap_or_default();
        let tparams = self.tparam_objs.get(&obj).cloned().unwrap_or_default();
        let mut facts = self.func_body(&f.sig, ty, recv, &tparams, f.body);
        facts.tparams = std::mem::take(&mut self.around);
        self.decl = saved;
        self.info.funcs.insert(obj, facts);
    }
}

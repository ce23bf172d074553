//! A whole package: imports, collecting its objects, and the order in which everything is checked.

use super::decl::Decl;
use super::later::PutOff;
use super::scope::Scope;
use super::{Checker, Role};
use crate::constant::Value;
use crate::info::{Obj, ObjId, ObjKind};
use crate::types::{Basic, NamedId, PkgId, Ty, TyId, Types};
use gol_syntax::ast::{
    Expr, ExprId, FuncDecl, Ident, ImportName, ImportSpec, Param, Stmt, StmtId, Sym, TypeSpec, UnOp, VarSpec,
};
use gol_syntax::diag::{Code, Diagnostic, Severity};
use gol_syntax::span::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::hash_map::Entry;

/// `import . "p"`.
pub(super) struct DotImport {
    file: usize,
    pkg: PkgId,
    pub span: Span,
    pub used: bool,
}

impl DotImport {
    pub fn package(&self) -> PkgId {
        self.pkg
    }
    pub fn gives(&self, file: usize, pkg: PkgId) -> bool {
        self.file == file && self.pkg == pkg
    }
}

/// A declared function or method.
struct Func<'a> {
    obj: ObjId,
    stmt: StmtId,
    decl: &'a FuncDecl,
    /// The receiver with its type.
    recv: Option<(&'a Param, TyId)>,
}

impl<'a> Checker<'a> {
    pub(super) fn package(&mut self, items: &[StmtId]) {
        let own = &self.info.pkgs[self.pkg.0 as usize];
        self.facts.path = own.path.clone();
        self.facts.name = own.name.clone();
        self.find_files(items);
        self.import_all(items);
        let funcs = self.declarations(items);
        if self.role.script() {
            self.script(items);
        }
        for f in &funcs {
            self.check_func(f.obj, f.recv, f.decl);
        }
        self.run_later();
        if self.role == Role::Script {
            self.unused_globals();
        }
        self.finalize_rest();
        if self.role != Role::Library {
            self.unused_imports();
            self.order_inits();
        }
        self.told_at_all();
        if !self.failed() {
            self.check_main(items);
            self.check_instance_cycles();
        }
    }

    /// Further declarations of a library package. The bodies of its functions are left for later.
    pub(super) fn library(&mut self, items: &[StmtId]) {
        let funcs = self.declarations(items);
        // Emission may ask of any function whether it is native.
        let (bodies, natives): (Vec<_>, Vec<_>) = funcs.iter().partition(|f| f.decl.body.is_some());
        natives.iter().for_each(|f| self.check_func(f.obj, f.recv, f.decl));
        let put_off = |f: &Func| (f.obj, PutOff { decl: f.stmt, recv: f.recv.map(|r| r.1) });
        self.put_off.extend(bodies.into_iter().map(put_off));
        self.finalize_rest();
        self.told_at_all();
        self.check_instance_cycles();
    }

    /// Collects the declarations of a list and gives them their types; the functions.
    fn declarations(&mut self, items: &[StmtId]) -> Vec<Func<'a>> {
        let mut consts = vec![];
        let mut types = vec![];
        let mut vars = vec![];
        let mut funcs = vec![];
        for &s in items {
            match self.ast.stmt(s) {
                Stmt::Package(name) if !self.role.script() => {
                    self.facts.name = self.name(name.sym).to_string();
                    if self.is_blank(name.sym) {
                        self.err(Code::BadBlank, name.span, "invalid package name _");
                    }
                }
                Stmt::Const(specs) => consts.extend(self.collect_consts(specs)),
                Stmt::Type(specs) => types.extend(self.collect_types(specs)),
                Stmt::Var(specs) if !self.role.script() => vars.extend(self.collect_vars(specs)),
                Stmt::Func(f) => funcs.push((self.collect_func(f), s, &**f)),
                _ => {}
            }
        }
        let attach = |(obj, stmt, decl)| Func { obj, stmt, decl, recv: self.attach(obj, decl) };
        let funcs: Vec<Func<'a>> = funcs.into_iter().map(attach).collect();
        self.resolve_types(&types);
        for f in &funcs {
            self.resolve(f.obj);
        }
        self.check_methods(&funcs);
        for &o in consts.iter().chain(&vars) {
            self.resolve(o);
        }
        self.run_later();
        self.facts.funcs = funcs.iter().map(|f| f.obj).collect();
        funcs
    }

    /// What has no meaning was reported, or it is now.
    pub(super) fn told_at_all(&mut self) {
        if let Some(e) = self.gave_up.filter(|_| !self.hidden && !self.failed()) {
            let (at, text) = (self.span(e), self.expr_text(e));
            self.not_yet(at, &format!("the meaning of {text} here"));
        }
    }

    /// Every package clause begins a file; a script is one.
    fn find_files(&mut self, items: &[StmtId]) {
        let clauses = items.iter().filter(|&&s| matches!(self.ast.stmt(s), Stmt::Package(_)));
        self.starts = clauses.map(|&s| self.ast.stmt_span(s).lo).collect();
        self.imports = vec![Scope::default(); self.starts.len().max(1)];
    }

    // ---- imports

    fn import_all(&mut self, items: &[StmtId]) {
        for &s in items {
            if let Stmt::Import(specs) = self.ast.stmt(s) {
                for spec in specs {
                    self.enter_file(spec.span.lo);
                    self.import(spec);
                }
            }
        }
    }

    fn import(&mut self, spec: &ImportSpec) {
        let path = crate::constant::parse_string(self.name(spec.path)).unwrap_or_default();
        let path = String::from_utf8_lossy(&path).into_owned();
        let key = match self.world.imports.get(&spec.span.lo) {
            Some(Some(key)) => key,
            Some(None) => return self.hide_import(spec, &path),
            None => &path,
        };
        let pkg = match self.world.packages.get(key) {
            Some(Some(p)) => *p,
            Some(None) => return self.hide_import(spec, &path),
            None => {
                self.no_package(spec, &path);
                return self.hide_import(spec, &path);
            }
        };
        let name = match spec.name {
            ImportName::Dot => return self.dot_import(spec, pkg),
            ImportName::Name(n) => n,
            ImportName::None => {
                let own = &self.info.pkgs[pkg.0 as usize].name;
                let Some(sym) = self.sym(own) else { return };
                Ident { sym, span: spec.span }
            }
        };
        if self.is_blank(name.sym) {
            self.note_import(pkg);
            return;
        }
        if name.sym == self.world.init {
            return self.err(Code::BadMain, name.span, "cannot import package as init - init must be a func");
        }
        let obj = self.import_object(name, pkg);
        if let Some(other) = self.imports[self.file].get(name.sym) {
            return self.redeclared(name.sym, name.span, other);
        }
        self.imports[self.file].insert(name.sym, obj);
    }

    pub(super) fn import_object(&mut self, name: Ident, pkg: PkgId) -> ObjId {
        self.note_import(pkg);
        self.info.add_obj(Obj {
            name: name.sym,
            kind: ObjKind::Pkg(pkg),
            ty: Types::VOID,
            pkg: self.pkg,
            span: name.span,
            addr_taken: false,
            captured: false,
            reassigned: false,
            used: false,
        })
    }
    fn note_import(&mut self, pkg: PkgId) {
        if !self.facts.imports.contains(&pkg) {
            self.facts.imports.push(pkg);
        }
    }

    /// A package that could not be loaded still has its name, of which nothing more is said.
    fn hide_import(&mut self, spec: &ImportSpec, path: &str) {
        let last = path.rsplit('/').next().unwrap_or(path);
        let sym = match spec.name {
            ImportName::Name(n) => Some(n.sym),
            ImportName::None => self.sym(last),
            ImportName::Dot => None,
        };
        self.hidden = true;
        if let Some(sym) = sym.filter(|&s| self.imports[self.file].get(s).is_none()) {
            let span = spec.span;
            let obj = self.new_obj(ObjKind::Type, Ident { sym, span }, Types::ERROR);
            self.info.obj_mut(obj).used = true;
            self.imports[self.file].insert(sym, obj);
        }
    }

    fn no_package(&mut self, spec: &ImportSpec, path: &str) {
        let m = match path {
            "C" => format!("not in gol yet: package {path}"),
            "" => "invalid import path (empty string)".to_string(),
            _ => format!("package {path} is not in std"),
        };
        let code = if m.starts_with("not in gol") { Code::NotYet } else { Code::NoPackage };
        let mut d = Diagnostic::error(code, spec.span, m);
        d.help = self.nearest_package(path).map(|n| format!("did you mean \"{n}\"?"));
        self.report(d);
    }

    fn dot_import(&mut self, spec: &ImportSpec, pkg: PkgId) {
        self.note_import(pkg);
        self.dots.push(DotImport { file: self.file, pkg, span: spec.span, used: false });
        let scope = self.world.scopes[pkg.0 as usize].clone();
        for sym in scope.symbols().collect::<Vec<_>>() {
            if !super::world::exported(&self.ast.names, sym) {
                continue;
            }
            let Some(obj) = scope.get(sym) else { continue };
            if self.imports[self.file].get(sym).is_some() {
                self.redeclared(sym, spec.span, obj);
            } else {
                self.imports[self.file].insert(sym, obj);
            }
        }
    }

    fn failed(&self) -> bool {
        self.diags.iter().any(|d| d.severity == Severity::Error)
    }

    // ---- collecting

    /// `init`, and `main` in package main, can be functions only.
    fn declare_top(&mut self, obj: ObjId) {
        let (name, span) = (self.info.obj(obj).name, self.info.obj(obj).span);
        let main = name == self.world.main && self.facts.name == "main" && !self.role.script();
        if name == self.world.init || main {
            let n = self.name(name);
            return self.err(Code::BadMain, span, format!("cannot declare {n} - must be func"));
        }
        self.declare(obj);
    }

    fn collect_consts(&mut self, specs: &'a [VarSpec]) -> Vec<ObjId> {
        let group = self.const_group(specs);
        group
            .into_iter()
            .map(|(name, c)| {
                let obj = self.new_obj(ObjKind::Const(Value::Bool(false)), name, Types::ERROR);
                self.info.obj_mut(obj).used = true;
                self.pending.insert(obj, Decl::Const(c));
                self.declare_top(obj);
                obj
            })
            .collect()
    }

    fn collect_types(&mut self, specs: &'a [TypeSpec]) -> Vec<ObjId> {
        let objects: Vec<ObjId> = specs.iter().map(|s| self.type_object(s)).collect();
        objects.iter().for_each(|&o| self.declare_top(o));
        objects
    }

    fn collect_vars(&mut self, specs: &'a [VarSpec]) -> Vec<ObjId> {
        let mut out = vec![];
        for spec in specs {
            let first = ObjId(self.info.objs.len() as u32);
            for (i, &name) in spec.names.iter().enumerate() {
                let obj = self.new_obj(ObjKind::Global, name, Types::ERROR);
                self.info.obj_mut(obj).used = true;
                self.pending.insert(obj, Decl::Var(spec, i, first));
                self.declare_top(obj);
                out.push(obj);
            }
        }
        out
    }

    fn collect_func(&mut self, f: &'a FuncDecl) -> ObjId {
        let name = f.name;
        if f.body.is_none() && self.role != Role::Library {
            self.err(Code::MissingBody, name.span, "missing function body");
        }
        let obj = self.new_obj(ObjKind::Func, name, Types::ERROR);
        self.info.obj_mut(obj).used = true;
        self.pending.insert(obj, Decl::Func(f));
        if f.recv.is_some() {
            return obj;
        }
        let init = name.sym == self.world.init;
        let main = name.sym == self.world.main && (self.facts.name == "main" || self.role.script());
        if init || main {
            if f.tparams.is_some() {
                let n = self.name(name.sym);
                self.err(Code::BadMain, name.span, format!("func {n} must have no type parameters"));
            }
            if !f.sig.params.is_empty() || !f.sig.results.is_empty() {
                let n = self.name(name.sym);
                self.err(Code::BadMain, name.span, format!("func {n} must have no arguments and no return values"));
            }
            if init {
                self.facts.init_funcs.push(obj);
                return obj;
            }
            self.facts.main = Some(obj);
        }
        self.declare(obj);
        obj
    }

    /// Finds the receiver's type of a method and files the method with it. The receiver.
    fn attach(&mut self, obj: ObjId, decl: &'a FuncDecl) -> Option<(&'a Param, TyId)> {
        self.enter_file(decl.name.span.lo);
        let recv = decl.recv.as_ref()?;
        let Some(ty) = recv.ty else { return Some((recv, Types::ERROR)) };
        let (base, star) = self.receiver_base(ty);
        let recv_ty = match self.receiver_type(base, !star) {
            Some((id, alias)) => {
                let ptr = star || alias;
                self.info.obj_mut(obj).kind = ObjKind::Method { recv: id, ptr };
                self.file_method(id, obj);
                let named = self.receiver_instance(obj, id, base);
                if ptr { self.types.pointer_to(named) } else { named }
            }
            None => Types::ERROR,
        };
        Some((recv, recv_ty))
    }

    /// `T[A, B]` of a receiver: the names are new type parameters.
    fn receiver_instance(&mut self, obj: ObjId, id: NamedId, base: ExprId) -> TyId {
        let generic = self.types.intern(Ty::Named(id));
        let want = self.types.named(id).tparams.len();
        let at = self.span(base);
        let Expr::Index(of, args) = self.ast.expr(base) else {
            if want > 0 {
                self.refuse_generic(base, generic);
                return Types::ERROR;
            }
            return generic;
        };
        if want == 0 {
            let m = format!("{} is not a generic type", self.expr_text(*of));
            self.err(Code::NotType, at, m);
            return Types::ERROR;
        }
        let mut own = vec![];
        for (i, &a) in args.iter().enumerate() {
            let Expr::Name(sym) = *self.ast.expr(a) else {
                let m = format!("receiver type parameter {} must be an identifier", self.expr_text(a));
                let at = self.span(a);
                self.err(Code::BadReceiver, at, m);
                return Types::ERROR;
            };
            let p = self.new_tparam(Ident { sym, span: self.span(a) }, i);
            let ty = self.info.obj(p).ty;
            self.set_info(a, crate::info::Mode::Type, ty, None);
            own.push(p);
        }
        let have = own.len();
        if have != want {
            let m = format!("receiver declares {have} type parameters, but receiver base type declares {want}");
            self.err(Code::TypeArgCount, at, m);
            return Types::ERROR;
        }
        let ids = self.tparam_ids(&own);
        self.tparam_objs.insert(obj, own);
        let targs = self.tparam_types(&ids);
        // An instance of the type is one of its methods too.
        let of = self.types.named(id).tparams.clone();
        let of = self.tparam_types(&of);
        self.note_instance(&ids, &of, at);
        self.info.tparams.insert(obj, ids);
        let ty = self.types.instantiate(id, targs);
        self.set_info(base, crate::info::Mode::Type, ty, None);
        ty
    }

    /// The base of `T` or `*T`, with parentheses taken off, and whether there was a star.
    fn receiver_base(&self, e: ExprId) -> (ExprId, bool) {
        match self.ast.expr(self.unparen(e)) {
            Expr::Unary(UnOp::Deref, x) => (self.unparen(*x), true),
            _ => (self.unparen(e), false),
        }
    }

    /// The defined type of a receiver; an alias may stand for a pointer to it.
    fn receiver_type(&mut self, base: ExprId, may_point: bool) -> Option<(NamedId, bool)> {
        let base = match self.ast.expr(base) {
            Expr::Index(x, _) => *x,
            _ => base,
        };
        let x = self.generic_or_type(base);
        let ty = if x.mode == crate::info::Mode::Type { x.ty } else { self.type_expr(base) };
        let at = self.span(base);
        match self.types.get(ty) {
            Ty::Error => None,
            Ty::Named(id) if self.types.named(*id).origin.is_some() => {
                let m = format!("cannot define new methods on instantiated type {}", self.ty_text(ty));
                self.err(Code::BadReceiver, at, m);
                None
            }
            Ty::Named(id) if self.types.named(*id).pkg == self.pkg => Some((*id, false)),
            Ty::Pointer(t) if may_point && self.own_named(*t).is_some() => Some((self.own_named(*t)?, true)),
            Ty::Named(_) | Ty::Basic(_) => {
                let m = format!("cannot define new methods on non-local type {}", self.ty_text(ty));
                self.err(Code::BadReceiver, at, m);
                None
            }
            _ => {
                let m = format!("invalid receiver type {}", self.ty_text(ty));
                self.err(Code::BadReceiver, at, m);
                None
            }
        }
    }

    fn own_named(&self, ty: TyId) -> Option<NamedId> {
        match self.types.get(ty) {
            Ty::Named(id) if self.types.named(*id).pkg == self.pkg => Some(*id),
            _ => None,
        }
    }

    // ---- types and methods

    fn resolve_types(&mut self, objects: &[ObjId]) {
        for &o in objects {
            self.resolve(o);
            let ty = self.info.obj(o).ty;
            self.complete(ty);
        }
        for &o in objects {
            let ty = self.info.obj(o).ty;
            self.check_finite(ty);
        }
    }

    /// Files a method with its type, unless the type has one of that name in this text: then it is only checked. (The prompt may
    /// replace the methods of earlier lines.)
    fn file_method(&mut self, id: NamedId, obj: ObjId) {
        let (name, span) = (self.info.obj(obj).name, self.info.obj(obj).span);
        if self.is_blank(name) {
            return;
        }
        match self.methods.entry((id, name)) {
            Entry::Vacant(e) => {
                e.insert(obj);
                self.types.named[id.0 as usize].methods.push(obj);
            }
            Entry::Occupied(e) => {
                let at = self.info.obj(*e.get()).span;
                let text = self.name(name);
                let m = format!("method {}.{text} already declared", self.name(self.types.named(id).name));
                let d = Diagnostic::error(Code::DuplicateMember, span, m);
                self.report(d.related(at, format!("other declaration of {text}")));
            }
        }
    }

    /// Methods that are declared like a field, or for a type that has none.
    fn check_methods(&mut self, funcs: &[Func<'a>]) {
        let mut fields: FxHashMap<NamedId, FxHashSet<Sym>> = FxHashMap::default();
        for f in funcs {
            let ObjKind::Method { recv, .. } = self.info.obj(f.obj).kind else { continue };
            let (name, span) = (self.info.obj(f.obj).name, self.info.obj(f.obj).span);
            let named = self.types.named(recv);
            match self.types.get(named.underlying) {
                Ty::Pointer(_) | Ty::Interface(_) | Ty::Basic(Basic::UnsafePointer) => {
                    let m = format!("invalid receiver type {} (pointer or interface type)", self.name(named.name));
                    self.err(Code::BadReceiver, span, m);
                }
                Ty::Struct(list) if !self.is_blank(name) => {
                    let names = fields.entry(recv).or_insert_with(|| list.iter().map(|f| f.name).collect());
                    if names.contains(&name) {
                        let m = format!("field and method with the same name {}", self.name(name));
                        self.err(Code::DuplicateMember, span, m);
                    }
                }
                _ => {}
            }
        }
    }

    fn check_main(&mut self, items: &[StmtId]) {
        if self.role != Role::Package || self.facts.name != "main" || self.facts.main.is_some() {
            return;
        }
        let at = items.first().map_or(Span::default(), |&s| self.ast.stmt_span(s));
        self.err(Code::NoMain, at, "function main is undeclared in the main package");
    }
}

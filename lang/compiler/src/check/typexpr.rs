//! Type expressions.

use super::Checker;
use super::scope::Names;
use crate::check::relation::comparable;
use crate::info::{Mode, ObjKind};
use crate::sizes::size_of;
use crate::types::{Class, FieldTy, FuncTy, IfaceTy, MethodTy, Term, Ty, TyId, Types};
use gol_syntax::ast::{Expr, ExprId, Field, Ident, IfaceElem, Sig, Sym, UnOp};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;

/// Arrays of more words than this could not be made.
const MAX_ARRAY: u64 = 1 << 40;
/// Where names were declared.
type Places = Names<Span>;

/// Elements of channels are smaller than this, in bytes.
const CHAN_ELEM_END: u64 = 1 << 16;

impl<'a> Checker<'a> {
    /// The type that an expression denotes, as a variable can have it; `Ty::Error` after a message.
    pub(super) fn type_expr(&mut self, e: ExprId) -> TyId {
        let ty = self.type_expr_any(e);
        self.refuse_constraint(e, ty);
        ty
    }
    /// The type that an expression denotes; it may be a constraint.
    pub(super) fn type_expr_any(&mut self, e: ExprId) -> TyId {
        let mut ty = self.type_of(e);
        if self.refuse_generic(e, ty) {
            ty = Types::ERROR;
        }
        let mode = if ty == Types::ERROR { Mode::Invalid } else { Mode::Type };
        self.set_info(e, mode, ty, None);
        ty
    }

    fn type_of(&mut self, e: ExprId) -> TyId {
        let ast = self.ast;
        match ast.expr(e) {
            Expr::Bad => Types::ERROR,
            Expr::Name(_) | Expr::Select(..) => self.named_type(e),
            Expr::Paren(x) => self.type_expr_any(*x),
            Expr::Unary(UnOp::Deref, x) => {
                let t = self.type_expr(*x);
                self.wrap(t, Ty::Pointer(t))
            }
            Expr::Slice(x) => {
                let t = self.type_expr(*x);
                self.wrap(t, Ty::Slice(t))
            }
            Expr::Array(n, x) => self.array_type(*n, *x),
            Expr::Map(k, v) => self.map_type(*k, *v),
            Expr::Chan(dir, x) => {
                let t = self.type_expr(*x);
                self.check_chan_elem(e, t);
                self.wrap(t, Ty::Chan(*dir, t))
            }
            Expr::Func(sig) => self.sig_type(sig),
            Expr::Struct(fields) => self.struct_type(fields),
            Expr::Interface(elems) => self.interface_type(elems),
            Expr::Index(base, args) => self.instance_type(e, *base, args),
            _ => {
                let errors = self.diags.len();
                let x = self.raw_expr(e, None);
                if self.diags.len() == errors && x.mode != Mode::Invalid {
                    let (m, at) = (format!("{} is not a type", self.expr_text(e)), self.span(e));
                    self.err(Code::NotType, at, m);
                }
                Types::ERROR
            }
        }
    }

    /// A type made from another one, unless that is wrong.
    fn wrap(&mut self, of: TyId, ty: Ty) -> TyId {
        if of == Types::ERROR { Types::ERROR } else { self.types.intern(ty) }
    }

    fn named_type(&mut self, e: ExprId) -> TyId {
        if let Expr::Name(s) = self.ast.expr(e)
            && let Some(obj) = self.find(*s)
            && matches!(self.info.obj(obj).kind, ObjKind::Type)
        {
            // The common case; the type itself may be incomplete still.
            self.info.uses.insert(e, obj);
            self.note_dot(obj);
            self.resolve(obj);
            self.info.obj_mut(obj).used = true;
            return self.info.obj(obj).ty;
        }
        let x = self.raw_expr(e, None);
        match x.mode {
            Mode::Type => x.ty,
            Mode::Invalid => Types::ERROR,
            _ => {
                let (m, at) = (format!("{} is not a type", self.expr_text(e)), self.span(e));
                self.err(Code::NotType, at, m);
                Types::ERROR
            }
        }
    }

    fn array_type(&mut self, n: Option<ExprId>, elem: ExprId) -> TyId {
        let Some(n) = n else {
            // The parser has complained.
            self.hidden = true;
            self.type_expr(elem);
            return Types::ERROR;
        };
        let len = self.array_length(n);
        let elem = self.type_expr(elem);
        match len {
            Some(len) => self.wrap(elem, Ty::Array(len, elem)),
            None => Types::ERROR,
        }
    }

    fn array_length(&mut self, n: ExprId) -> Option<u64> {
        let at = self.span(n);
        if let Expr::Name(s) = self.ast.expr(n)
            && self.find(*s).is_none()
            && !self.is_blank(*s)
        {
            let m = format!("undefined array length {} or missing type constraint", self.name(*s));
            self.err(Code::Undefined, at, m);
            return None;
        }
        let mut x = self.expr(n);
        if !x.ok() {
            return None;
        }
        let Some(v) = x.value.clone() else {
            let m = format!("invalid array length {}", self.expr_text(n));
            self.report(Diagnostic::error(Code::NotConstant, at, m).help("the length of an array must be constant"));
            return None;
        };
        let whole = v.to_whole().is_some();
        if whole && (self.types.is_untyped(x.ty) || self.types.is(x.ty, Class::Integer)) {
            if self.types.is_untyped(x.ty) {
                self.convert_untyped(&mut x, Types::INT);
            }
            return match v.as_u64().filter(|&n| n < MAX_ARRAY) {
                Some(n) if x.ok() => Some(n),
                _ => {
                    if x.ok() {
                        let m = format!("invalid array length {}", self.describe(&x));
                        self.err(Code::NotConstant, at, m);
                    }
                    None
                }
            };
        }
        let m = format!("array length {} must be integer", self.describe(&x));
        self.err(Code::NotConstant, at, m);
        None
    }

    /// Go's channels copy elements of less than 64 KiB.
    fn check_chan_elem(&mut self, e: ExprId, elem: TyId) {
        let at = self.span(e);
        self.soon(Box::new(move |c: &mut Checker<'a>| {
            if !c.types.mentions_tparam(elem) && size_of(c.types, elem) >= CHAN_ELEM_END {
                c.err(Code::ChanElem, at, "channel element type too large (>64kB)");
            }
        }));
    }

    fn map_type(&mut self, key: ExprId, value: ExprId) -> TyId {
        let k = self.type_expr(key);
        let v = self.type_expr(value);
        if k == Types::ERROR || v == Types::ERROR {
            return Types::ERROR;
        }
        let at = self.span(key);
        // The key type may be incomplete now.
        self.soon(Box::new(move |c: &mut Checker<'a>| {
            if !comparable(c.types, k) {
                let m = format!("invalid map key type {}", c.ty_text(k));
                c.err(Code::BadMapKey, at, m);
            }
        }));
        self.types.intern(Ty::Map(k, v))
    }

    /// Runs at once in a body, where all types are complete, else after the declarations.
    pub(super) fn soon(&mut self, action: super::Action<'a>) {
        if self.unresolved.is_empty() && self.path.is_empty() {
            action(self);
        } else {
            self.put_off(action);
        }
    }

    /// The type of a signature.
    pub(super) fn sig_type(&mut self, sig: &'a Sig) -> TyId {
        self.signatures += 1;
        let ty = self.signature(sig);
        self.signatures -= 1;
        self.check_params(sig);
        ty
    }
    /// Parameters and results have different names.
    fn check_params(&mut self, sig: &Sig) {
        if sig.params.len() + sig.results.len() < 2 {
            return;
        }
        let mut places = Places::default();
        for n in sig.params.iter().chain(&sig.results).filter_map(|p| p.name) {
            if let Some(other) = self.named_before(&mut places, n) {
                let text = self.name(n.sym);
                let d = Diagnostic::error(Code::Redeclared, n.span, format!("{text} redeclared in this block"));
                self.report(d.related(other, format!("other declaration of {text}")));
            }
        }
    }
    /// Where a name of a list that allows each once occurred before.
    fn named_before(&self, places: &mut Places, n: Ident) -> Option<Span> {
        if self.is_blank(n.sym) {
            return None;
        }
        let other = places.get(n.sym);
        if other.is_none() {
            places.insert(n.sym, n.span);
        }
        other
    }
    fn signature(&mut self, sig: &'a Sig) -> TyId {
        let (params, results) = (Vec::with_capacity(sig.params.len()), Vec::with_capacity(sig.results.len()));
        let mut f = FuncTy { params, variadic: false, results };
        for (i, p) in sig.params.iter().enumerate() {
            let Some(t) = p.ty else { return Types::ERROR };
            let mut ty = self.type_expr(t);
            if p.dots {
                if i + 1 == sig.params.len() {
                    f.variadic = true;
                    ty = self.types.intern(Ty::Slice(ty));
                } else {
                    // The parser has complained.
                    ty = Types::ERROR;
                }
            }
            f.params.push(ty);
        }
        for p in &sig.results {
            let Some(t) = p.ty else { return Types::ERROR };
            let ty = self.type_expr(t);
            f.results.push(if p.dots { Types::ERROR } else { ty });
        }
        // Wrong parts stay in the signature as `Ty::Error`, so that the body can be checked.
        self.types.intern(Ty::Func(f.into()))
    }

    fn struct_type(&mut self, list: &[Field]) -> TyId {
        let mut fields: Vec<FieldTy> = vec![];
        let mut places = Places::default();
        for f in list {
            let ty = self.type_expr(f.ty);
            let tag = f.tag.and_then(|t| self.decoded_tag(t));
            let own = if f.names.is_empty() {
                self.check_embedded(f.ty, ty);
                self.embedded_name(f.ty)
            } else {
                None
            };
            for &n in f.names.iter().chain(&own) {
                if let Some(other) = self.named_before(&mut places, n) {
                    let name = self.name(n.sym);
                    let d = Diagnostic::error(Code::DuplicateMember, n.span, format!("{name} redeclared"));
                    self.report(d.related(other, format!("other declaration of {name}")));
                    continue;
                }
                let (pkg, embedded) = (self.name_pkg(n.sym), f.names.is_empty());
                fields.push(FieldTy { name: n.sym, pkg, ty, embedded, tag });
            }
        }
        self.types.intern(Ty::Struct(fields.into()))
    }

    fn decoded_tag(&self, literal: Sym) -> Option<Sym> {
        let bytes = crate::constant::parse_string(self.name(literal)).filter(|b| !b.is_empty())?;
        self.sym(&String::from_utf8_lossy(&bytes))
    }

    /// The field name of an embedded type: its own name without package and pointer.
    fn embedded_name(&self, e: ExprId) -> Option<Ident> {
        match self.ast.expr(e) {
            Expr::Name(sym) => Some(Ident { sym: *sym, span: self.span(e) }),
            Expr::Select(_, name) => Some(*name),
            Expr::Paren(x) | Expr::Unary(UnOp::Deref, x) | Expr::Index(x, _) => self.embedded_name(*x),
            _ => None,
        }
    }

    fn check_embedded(&mut self, e: ExprId, ty: TyId) {
        let at = self.span(e);
        if self.embedded_name(e).is_none() {
            if !matches!(self.ast.expr(e), Expr::Bad) {
                let m = format!("invalid embedded field type {}", self.expr_text(e));
                self.err(Code::BadEmbed, at, m);
            }
            return;
        }
        self.soon(Box::new(move |c: &mut Checker<'a>| {
            let m = match c.types.get(ty) {
                Ty::TypeParam(_) => "embedded field type cannot be a (pointer to a) type parameter",
                _ if c.types.basic(ty) == Some(crate::types::Basic::UnsafePointer) => {
                    "embedded field type cannot be unsafe.Pointer"
                }
                Ty::Pointer(base) if c.types.is_tparam(*base) => {
                    "embedded field type cannot be a (pointer to a) type parameter"
                }
                Ty::Pointer(base) if c.types.is_interface(*base) => {
                    "embedded field type cannot be a pointer to an interface"
                }
                Ty::Pointer(base) if c.types.pointee(*base).is_some() => "embedded field type cannot be a pointer",
                Ty::Named(_) if c.types.pointee(ty).is_some() => "embedded field type cannot be a pointer",
                _ => return,
            };
            c.err(Code::BadEmbed, at, m);
        }));
    }

    fn interface_type(&mut self, elems: &'a [IfaceElem]) -> TyId {
        let waits = self.signatures > 0
            && elems.iter().any(|el| matches!(el, IfaceElem::Embed(t) if self.leads_to_busy(*t, &mut vec![])));
        if waits {
            self.interface_cycle();
            return Types::ERROR;
        }
        let mut iface = IfaceTy::default();
        let mut at: Vec<Span> = vec![];
        for el in elems {
            match el {
                IfaceElem::Method(name, sig) => {
                    let sig = self.sig_type(sig);
                    if self.is_blank(name.sym) {
                        self.err(Code::BadBlank, name.span, "methods must have a unique non-blank name");
                        continue;
                    }
                    let m = MethodTy { name: name.sym, pkg: self.name_pkg(name.sym), sig };
                    self.add_method(&mut iface, &mut at, m, name.span, true);
                }
                IfaceElem::Embed(t) => self.embed_interface(&mut iface, &mut at, *t),
            }
        }
        let names = &self.ast.names;
        iface.methods.sort_by(|a, b| (names.get(a.name), a.pkg).cmp(&(names.get(b.name), b.pkg)));
        self.types.intern(Ty::Interface(iface.into()))
    }

    fn add_method(&mut self, iface: &mut IfaceTy, at: &mut Vec<Span>, m: MethodTy, span: Span, own: bool) {
        let same = iface.methods.iter().position(|o| o.name == m.name && o.pkg == m.pkg);
        if let Some(i) = same {
            if own || iface.methods[i].sig != m.sig {
                let n = self.name(m.name);
                let d = Diagnostic::error(Code::DuplicateMember, span, format!("duplicate method {n}"));
                self.report(d.related(at[i], format!("other declaration of method {n}")));
            }
            return;
        }
        iface.methods.push(m);
        at.push(span);
    }

    fn embed_interface(&mut self, iface: &mut IfaceTy, at: &mut Vec<Span>, e: ExprId) {
        let span = self.span(e);
        if self.is_union(e) {
            iface.unions.extend(self.union(e));
            return;
        }
        let ty = self.type_expr_any(e);
        if ty == Types::ERROR {
            return;
        }
        self.complete(ty);
        match self.types.under(ty).clone() {
            Ty::Interface(inner) => {
                for m in inner.methods.iter().copied() {
                    self.add_method(iface, at, m, span, false);
                }
                iface.unions.extend(inner.unions.iter().cloned());
                iface.comparable |= inner.comparable;
            }
            Ty::Error => {}
            Ty::TypeParam(_) => self.err(Code::BadConstraint, span, "term cannot be a type parameter"),
            _ => iface.unions.push(vec![Term { tilde: false, ty }]),
        }
    }
}

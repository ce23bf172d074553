//! Types as text: in messages (`[]T`, `time.Duration`, `any`) and at run time as package reflect prints them
//! (`[]main.T`, `interface {}`).

use crate::info::Info;
use crate::types::{FieldTy, FuncTy, IfaceTy, NamedId, PkgId, Term, Ty, TyId, Types};
use gol_syntax::ast::{Dir, Interner};

/// Who reads the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeText {
    /// A message about this package: its own types are not qualified.
    Message(PkgId),
    /// `%T` and `%v`: every defined type is qualified by its package's name.
    Runtime,
}

/// The text of a union.
pub fn union_string(types: &Types, info: &Info, names: &Interner, terms: &[Term], mode: TypeText) -> String {
    let mut w = Writer { types, info, names, mode, out: String::new() };
    w.union(terms);
    w.out
}

/// A text this long says enough: types can be exponentially longer than the program that makes them.
const TEXT_MAX: usize = 10_000;

struct Writer<'a> {
    types: &'a Types,
    info: &'a Info,
    names: &'a Interner,
    mode: TypeText,
    out: String,
}

/// The text of a type.
pub fn type_string(types: &Types, info: &Info, names: &Interner, ty: TyId, mode: TypeText) -> String {
    let mut w = Writer { types, info, names, mode, out: String::new() };
    w.ty(ty);
    w.out
}

impl Writer<'_> {
    fn put(&mut self, s: &str) {
        self.out.push_str(s);
    }
    fn runtime(&self) -> bool {
        self.mode == TypeText::Runtime
    }
    fn ty(&mut self, id: TyId) {
        if self.out.len() > TEXT_MAX {
            return self.put("…");
        }
        match self.types.get(id) {
            Ty::Error => self.put("invalid type"),
            Ty::Basic(b) => self.put(b.text()),
            Ty::Named(n) => self.named(*n),
            Ty::Pointer(t) => {
                self.put("*");
                self.ty(*t);
            }
            // As programs write them; the types themselves have one name only.
            Ty::Slice(Types::UINT8) if !self.runtime() => self.put("[]byte"),
            Ty::Slice(Types::INT32) if !self.runtime() => self.put("[]rune"),
            Ty::Slice(t) => {
                self.put("[]");
                self.ty(*t);
            }
            Ty::Array(n, t) => {
                self.put(&format!("[{n}]"));
                self.ty(*t);
            }
            Ty::Map(k, v) => {
                self.put("map[");
                self.ty(*k);
                self.put("]");
                self.ty(*v);
            }
            Ty::Chan(dir, t) => self.chan(*dir, *t),
            Ty::Func(f) => {
                self.put("func");
                self.signature(f);
            }
            Ty::Struct(fields) => self.fields(fields),
            Ty::Interface(i) => self.interface(i),
            Ty::TypeParam(p) => {
                let name = self.names.get(self.types.tparam(*p).name).to_string();
                self.put(&name);
            }
            Ty::Tuple(list) => {
                self.put("(");
                self.list(list, false);
                self.put(")");
            }
        }
    }
    fn named(&mut self, id: NamedId) {
        let n = self.types.named(id);
        let qualified = match self.mode {
            TypeText::Message(own) => n.pkg != own,
            TypeText::Runtime => true,
        };
        if qualified && n.pkg != PkgId(0) {
            let pkg = self.info.pkgs.get(n.pkg.0 as usize).map_or("main", |p| p.name.as_str());
            self.put(if pkg.is_empty() { "main" } else { pkg });
            self.put(".");
        }
        let name = self.names.get(n.name).to_string();
        self.put(&name);
        let (implicit, runtime) = (n.implicit as usize, self.runtime());
        let targs = n.targs.get(if runtime { 0 } else { implicit }..).unwrap_or_default();
        if !targs.is_empty() {
            self.put("[");
            for (i, &t) in targs.iter().enumerate() {
                self.put(match i {
                    0 => "",
                    _ if !runtime => ", ",
                    _ if i == implicit => ";",
                    _ => ",",
                });
                self.ty(t);
            }
            self.put("]");
        }
    }
    fn chan(&mut self, dir: Dir, elem: TyId) {
        let receive_only = matches!(self.types.get(elem), Ty::Chan(Dir::Recv, _));
        match dir {
            Dir::Both => self.put("chan "),
            Dir::Send => self.put("chan<- "),
            Dir::Recv => self.put("<-chan "),
        }
        // `chan (<-chan T)` would read as `chan<- chan T` without parentheses.
        if dir == Dir::Both && receive_only {
            self.put("(");
            self.ty(elem);
            self.put(")");
        } else {
            self.ty(elem);
        }
    }
    fn list(&mut self, list: &[TyId], variadic: bool) {
        for (i, &t) in list.iter().enumerate() {
            self.put(if i > 0 { ", " } else { "" });
            match self.types.get(t) {
                Ty::Slice(elem) if variadic && i + 1 == list.len() => {
                    self.put("...");
                    self.ty(*elem);
                }
                _ => self.ty(t),
            }
        }
    }
    fn signature(&mut self, f: &FuncTy) {
        self.put("(");
        self.list(&f.params, f.variadic);
        self.put(")");
        match &f.results[..] {
            [] => {}
            [one] => {
                self.put(" ");
                self.ty(*one);
            }
            many => {
                self.put(" (");
                self.list(many, false);
                self.put(")");
            }
        }
    }
    fn fields(&mut self, fields: &[FieldTy]) {
        let (open, close) = match (self.runtime(), fields.is_empty()) {
            (true, true) => ("struct {", "}"),
            (true, false) => ("struct { ", " }"),
            (false, _) => ("struct{", "}"),
        };
        self.put(open);
        for (i, f) in fields.iter().enumerate() {
            self.put(if i > 0 { "; " } else { "" });
            if !f.embedded {
                let name = self.names.get(f.name).to_string();
                self.put(&name);
                self.put(" ");
            }
            self.ty(f.ty);
            if let Some(tag) = f.tag {
                let tag = crate::constant::quote(self.names.get(tag));
                self.put(" ");
                self.put(&tag);
            }
        }
        self.put(close);
    }
    fn interface(&mut self, i: &IfaceTy) {
        if i.methods.is_empty() && i.unions.is_empty() {
            self.put(match (self.runtime(), i.comparable) {
                (_, true) => "comparable",
                (true, false) => "interface {}",
                (false, false) => "any",
            });
            return;
        }
        // A constraint without methods is shown as it is mostly written.
        let bare = i.methods.is_empty() && i.unions.len() == 1 && !i.comparable && !self.runtime();
        let (open, close) = match (bare, self.runtime()) {
            (true, _) => ("", ""),
            (false, true) => ("interface { ", " }"),
            (false, false) => ("interface{", "}"),
        };
        self.put(open);
        if i.comparable {
            self.put("comparable; ");
        }
        let mut first = true;
        for m in &i.methods {
            self.put(if first { "" } else { "; " });
            first = false;
            let name = self.names.get(m.name).to_string();
            self.put(&name);
            if let Ty::Func(f) = self.types.get(m.sig) {
                self.signature(f);
            }
        }
        for u in &i.unions {
            self.put(if first { "" } else { "; " });
            first = false;
            self.union(u);
        }
        self.put(close);
    }
    fn union(&mut self, terms: &[Term]) {
        for (k, t) in terms.iter().enumerate() {
            self.put(if k > 0 { " | " } else { "" });
            self.put(if t.tilde { "~" } else { "" });
            self.ty(t.ty);
        }
    }
}

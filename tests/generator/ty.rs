//! Types of generated programs, and the declarations of named ones with their methods.

use super::Gen;

/// Integer types: name, bits, signed.
pub const INTS: [(&str, u32, bool); 11] = [
    ("int", 64, true),
    ("int8", 8, true),
    ("int16", 16, true),
    ("int32", 32, true),
    ("int64", 64, true),
    ("uint", 64, false),
    ("uint8", 8, false),
    ("uint16", 16, false),
    ("uint32", 32, false),
    ("uint64", 64, false),
    ("uintptr", 64, false),
];

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ty {
    /// Index into `INTS`.
    Int(usize),
    F32,
    F64,
    Complex,
    Bool,
    Str,
    Array(usize, Box<Ty>),
    Slice(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Ptr(Box<Ty>),
    Struct(usize),
    /// A named integer type with methods.
    Named(usize),
    Func(Vec<Ty>, Box<Ty>),
    /// The interface of `Sum(int) int`, which every struct (by pointer) and named integer (by value) has.
    Summer,
    Any,
}

pub struct Struct {
    pub name: String,
    pub fields: Vec<(String, Ty)>,
}

#[derive(Clone)]
pub struct Func {
    pub name: String,
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
    pub pure: bool,
}

impl Gen {
    pub fn name(&self, t: &Ty) -> String {
        match t {
            Ty::Int(i) => INTS[*i].0.into(),
            Ty::F32 => "float32".into(),
            Ty::F64 => "float64".into(),
            Ty::Complex => "complex128".into(),
            Ty::Bool => "bool".into(),
            Ty::Str => "string".into(),
            Ty::Array(n, t) => format!("[{n}]{}", self.name(t)),
            Ty::Slice(t) => format!("[]{}", self.name(t)),
            Ty::Map(k, v) => format!("map[{}]{}", self.name(k), self.name(v)),
            Ty::Ptr(t) => format!("*{}", self.name(t)),
            Ty::Struct(i) => self.structs[*i].name.clone(),
            Ty::Named(i) => format!("{}N{i}", self.prefix),
            Ty::Func(p, r) => {
                let p: Vec<String> = p.iter().map(|t| self.name(t)).collect();
                format!("func({}) {}", p.join(", "), self.name(r))
            }
            Ty::Summer => format!("{}Summer", self.prefix),
            Ty::Any => "any".into(),
        }
    }

    /// The bits and sign of an integer type, also of a named one.
    pub fn int(&self, t: &Ty) -> Option<(u32, bool)> {
        match t {
            Ty::Int(i) => Some((INTS[*i].1, INTS[*i].2)),
            Ty::Named(i) => self.int(&self.named[*i]),
            _ => None,
        }
    }

    /// Whether printing shows no address and order does not matter.
    pub fn printable(&self, t: &Ty) -> bool {
        match t {
            Ty::Int(_) | Ty::F32 | Ty::F64 | Ty::Complex | Ty::Bool | Ty::Str | Ty::Named(_) => true,
            Ty::Array(_, t) | Ty::Slice(t) => self.printable(t),
            Ty::Map(k, v) => self.printable(k) && self.printable(v),
            Ty::Struct(i) => self.structs[*i].fields.iter().all(|f| self.printable(&f.1)),
            Ty::Any => true,
            Ty::Ptr(_) | Ty::Func(..) | Ty::Summer => false,
        }
    }

    pub fn comparable(&self, t: &Ty) -> bool {
        match t {
            Ty::Array(_, t) => self.comparable(t),
            Ty::Struct(i) => self.structs[*i].fields.iter().all(|f| self.comparable(&f.1)),
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) => false,
            _ => true,
        }
    }

    pub fn int_ty(&mut self) -> Ty {
        Ty::Int(self.rng.below(INTS.len()))
    }

    pub fn scalar(&mut self) -> Ty {
        match self.rng.below(12) {
            0 => Ty::F32,
            1 => Ty::F64,
            2 => Ty::Bool,
            3 | 4 => Ty::Str,
            5 if !self.named.is_empty() => Ty::Named(self.rng.below(self.named.len())),
            6 if self.rng.one_in(3) => Ty::Complex,
            _ => self.int_ty(),
        }
    }

    /// A type that copies share nothing of.
    pub fn value_ty(&mut self, depth: usize) -> Ty {
        match self.rng.below(8) {
            0 | 1 if depth > 0 => Ty::Array(self.rng.range(1, 5), Box::new(self.value_ty(depth - 1))),
            2 | 3 if self.structs.iter().any(|s| !s.fields.is_empty()) => {
                let i = self.rng.below(self.structs.len());
                if self.flat(&Ty::Struct(i)) { Ty::Struct(i) } else { self.scalar() }
            }
            4 => Ty::Any,
            _ => self.scalar(),
        }
    }

    fn flat(&self, t: &Ty) -> bool {
        match t {
            Ty::Array(_, t) => self.flat(t),
            Ty::Struct(i) => self.structs[*i].fields.iter().all(|f| self.flat(&f.1)),
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) | Ty::Ptr(_) | Ty::Summer => false,
            _ => true,
        }
    }

    pub fn key_ty(&mut self) -> Ty {
        match self.rng.below(7) {
            0 | 1 => Ty::Str,
            2 => Ty::Array(2, Box::new(self.int_ty())),
            3 => Ty::Bool,
            _ => self.int_ty(),
        }
    }

    pub fn any_ty(&mut self, depth: usize) -> Ty {
        if depth == 0 {
            return self.scalar();
        }
        match self.rng.below(16) {
            0 | 1 => Ty::Array(self.rng.range(1, 6), Box::new(self.any_ty(depth - 1))),
            2..=4 => Ty::Slice(Box::new(self.any_ty(depth - 1))),
            5 => Ty::Map(Box::new(self.key_ty()), Box::new(self.any_ty(depth - 1))),
            6 | 7 => Ty::Ptr(Box::new(self.any_ty(depth - 1))),
            8..=10 if !self.structs.is_empty() => Ty::Struct(self.rng.below(self.structs.len())),
            11 => Ty::Func(vec![self.scalar()], Box::new(self.scalar())),
            12 if !self.named.is_empty() => Ty::Summer,
            13 => Ty::Any,
            _ => self.scalar(),
        }
    }

    pub fn declarations(&mut self) {
        let summer = self.name(&Ty::Summer);
        self.line(&format!("type {summer} interface {{ Sum(int) int }}"));
        for i in 0..self.rng.range(1, 4) {
            let t = self.int_ty();
            let (u, name) = (self.name(&t), self.name(&Ty::Named(i)));
            self.line(&format!("type {name} {u}"));
            self.line(&format!("func (n {name}) Sum(x int) int {{ return int(n)*3 + x }}"));
            self.line(&format!("func (n *{name}) Bump() {{ *n += 3; *n *= 5 }}"));
            self.named.push(t);
        }
        for i in 0..self.rng.range(2, 5) {
            self.structure(i);
        }
        for _ in 0..self.rng.range(1, 5) {
            let (name, ty) = (self.global("g"), self.any_ty(2));
            // Made of nothing but itself, so that no initialisation panics.
            let others = std::mem::take(&mut self.scope);
            let e = self.expr(&ty, 1).text;
            self.scope = others;
            self.line(&format!("var {name} {} = {e}", self.name(&ty)));
            self.scope.push(super::Var { name, ty, fixed: false });
        }
    }

    fn structure(&mut self, i: usize) {
        let name = format!("{}S{i}", self.prefix);
        let embeds = (i > 0 && self.rng.one_in(2)).then(|| self.rng.below(i));
        let mut fields = vec![];
        for k in 0..self.rng.range(1, 6) {
            let t = if self.rng.one_in(3) { self.any_ty(1) } else { self.value_ty(1) };
            fields.push((format!("f{i}{k}"), t));
        }
        if let Some(e) = embeds {
            let at = self.rng.below(fields.len() + 1);
            fields.insert(at, (self.structs[e].name.clone(), Ty::Struct(e)));
        }
        self.open(&format!("type {name} struct"));
        for (f, t) in &fields {
            let t = self.name(t);
            let text = if *f == t { t } else { format!("{f} {t}") };
            self.line(&text);
        }
        self.close("");
        let ints: Vec<String> =
            fields.iter().filter(|(_, t)| self.int(t).is_some()).map(|(f, _)| format!("int(s.{f})")).collect();
        let total = ints.iter().map(|s| format!(" + {s}")).collect::<String>();
        // Without its own method the struct has the embedded one's.
        if embeds.is_none() || self.rng.one_in(2) {
            self.line(&format!("func (s *{name}) Sum(x int) int {{ return x{total} }}"));
            self.line(&format!("func (s {name}) Val(x int) int {{ return x*2{total} }}"));
        }
        if let Some((f, t)) = fields.iter().find(|(_, t)| self.int(t).is_some()) {
            let t = self.name(t);
            self.line(&format!("func (s *{name}) Set{i}(x int) *{name} {{ s.{f} = {t}(x); return s }}"));
            self.line(&format!("func (s {name}) With{i}(x int) {name} {{ s.{f} -= {t}(x); return s }}"));
        }
        self.structs.push(Struct { name, fields });
    }
}

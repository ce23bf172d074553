//! Expressions of a wanted type. An expression has no effects, so the order of operands says nothing.

use super::ty::Ty;
use super::{Calls, Gen};

pub struct Expr {
    pub text: String,
    /// A constant in Go's sense: its operations must not overflow, so it is taken out of the constant world before it is an operand.
    pub constant: bool,
}

fn val(text: String) -> Expr {
    Expr { text, constant: false }
}

fn lit(text: String) -> Expr {
    Expr { text, constant: true }
}

impl Gen {
    pub fn expr(&mut self, t: &Ty, depth: usize) -> Expr {
        if depth == 0 || self.rng.one_in(4) {
            return self.leaf(t);
        }
        match t {
            Ty::Int(_) | Ty::Named(_) => self.integer(t, depth - 1),
            Ty::F32 | Ty::F64 => self.float(t, depth - 1),
            Ty::Complex => self.complex(depth - 1),
            Ty::Bool => self.boolean(depth - 1),
            Ty::Str => self.string(depth - 1),
            Ty::Slice(e) => self.slice(t, e, depth - 1),
            Ty::Func(..) | Ty::Map(..) | Ty::Ptr(_) | Ty::Summer => self.leaf(t),
            Ty::Struct(_) | Ty::Array(..) => self.aggregate(t, depth - 1),
            Ty::Any => {
                let t = self.value_ty(1);
                let name = self.name(&t);
                let e = self.expr(&t, depth - 1).text;
                val(format!("any({name}({e}))"))
            }
        }
    }

    /// As `expr`, but never a constant.
    pub fn value(&mut self, t: &Ty, depth: usize) -> String {
        let e = self.expr(t, depth);
        if e.constant {
            let name = self.name(t);
            format!("func() {name} {{ return {} }}()", e.text)
        } else {
            e.text
        }
    }

    fn leaf(&mut self, t: &Ty) -> Expr {
        if !self.rng.one_in(5)
            && let Some(p) = self.path(t, false)
        {
            return val(p);
        }
        self.literal(t, 1)
    }

    /// A variable, or a part of one, of type `t`; `assign`: one that can be assigned to.
    pub fn path(&mut self, t: &Ty, assign: bool) -> Option<String> {
        let mut found: Vec<(String, Vec<String>)> = vec![];
        for v in &self.scope {
            if !(assign && v.fixed) {
                self.walk(&v.name, &v.ty, t, 3, &mut vec![], &mut found);
            }
        }
        if found.is_empty() {
            return None;
        }
        let n = found.len();
        let (text, lens) = found.swap_remove(self.rng.below(n));
        let mut parts = text.split('@');
        let mut out = parts.next().unwrap_or_default().to_string();
        for (len, rest) in lens.into_iter().zip(parts) {
            out += &self.index(&len);
            out += rest;
        }
        Some(out)
    }

    /// Collects paths below `text`; `@` stands for an index expression below the length noted in `lens`.
    #[allow(clippy::too_many_arguments)] // a recursion's state
    fn walk(
        &self,
        text: &str,
        have: &Ty,
        want: &Ty,
        depth: usize,
        lens: &mut Vec<String>,
        found: &mut Vec<(String, Vec<String>)>,
    ) {
        if have == want {
            found.push((text.to_string(), lens.clone()));
        }
        if depth == 0 {
            return;
        }
        match have {
            Ty::Struct(i) => {
                for (f, t) in &self.structs[*i].fields {
                    self.walk(&format!("{text}.{f}"), t, want, depth - 1, lens, found);
                }
            }
            Ty::Array(n, t) => {
                lens.push(n.to_string());
                self.walk(&format!("{text}[@]"), t, want, depth - 1, lens, found);
                lens.pop();
            }
            // The length is asked of the same path, so it must not hold an index itself.
            Ty::Slice(t) if !text.contains('@') => {
                lens.push(format!("len({text})"));
                self.walk(&format!("{text}[@]"), t, want, depth - 1, lens, found);
                lens.pop();
            }
            Ty::Ptr(t) => self.walk(&format!("(*{text})"), t, want, depth - 1, lens, found),
            _ => {}
        }
    }

    /// An index below a length given as text.
    fn index(&mut self, len: &str) -> String {
        match len.parse::<usize>() {
            Ok(n) if self.rng.one_in(3) => self.rng.below(n).to_string(),
            Ok(n) if self.rng.one_in(60) => format!("ix({}, {n})+{}", self.simple("int"), self.rng.below(2)),
            Ok(n) if self.rng.one_in(2) => format!("{}%{n}", self.simple("uint")),
            _ => format!("ix({}, {len})", self.simple("int")),
        }
    }

    /// A plain variable of some integer type, converted, or a number that is not constant.
    fn simple(&mut self, to: &str) -> String {
        let found: Vec<String> =
            self.scope.iter().filter(|v| self.int(&v.ty).is_some()).map(|v| v.name.clone()).collect();
        if found.is_empty() {
            return format!("{to}(lines)");
        }
        format!("{to}({})", found[self.rng.below(found.len())])
    }

    pub fn literal(&mut self, t: &Ty, depth: usize) -> Expr {
        let name = self.name(t);
        match t {
            Ty::Int(_) | Ty::Named(_) => {
                let v = self.number(t);
                lit(format!("{name}({v})"))
            }
            Ty::F32 | Ty::F64 => lit(format!(
                "{name}({})",
                self.rng.pick(&["0.5", "1.25", "-3", "0.1", "1e10", "7.0 / 3", "1e-5", "100"])
            )),
            Ty::Complex => lit(format!("complex128({})", self.rng.pick(&["1+2i", "0.5i", "-3", "2.5-1i"]))),
            Ty::Bool => lit(self.rng.pick(&["true", "false"]).into()),
            Ty::Str => lit(self
                .rng
                .pick(&[
                    "\"\"",
                    "\"a\"",
                    "\"hello\"",
                    "\"héllo, 世界\"",
                    "\"\\xff\\x00z\"",
                    "`raw\\n`",
                    "\"\\u00e9\\t\"",
                ])
                .into()),
            Ty::Array(n, e) => {
                let n = *n;
                if n > 1 && self.rng.one_in(4) {
                    let v = self.expr(e, depth).text;
                    return val(format!("{name}{{{}: {v}}}", self.rng.below(n)));
                }
                let v: Vec<String> = (0..n).map(|_| self.expr(e, depth / 2).text).collect();
                val(format!("{name}{{{}}}", v.join(", ")))
            }
            Ty::Slice(e) => {
                let v: Vec<String> = (0..self.rng.range(1, 5)).map(|_| self.expr(e, depth / 2).text).collect();
                val(format!("{name}{{{}}}", v.join(", ")))
            }
            Ty::Map(k, e) => {
                // Keys that are equal are assigned in no certain order.
                let keys: Vec<String> = match &**k {
                    Ty::Int(_) => (0..3).map(|i| self.case_number(k, i)).collect(),
                    Ty::Str => ["\"a\"", "\"é\"", "\"hello\""].map(String::from).to_vec(),
                    _ => vec![self.value(k, 1)],
                };
                let v: Vec<String> =
                    keys.iter().map(|key| format!("{key}: {}", self.expr(e, depth / 2).text)).collect();
                val(format!("{name}{{{}}}", v.join(", ")))
            }
            Ty::Ptr(e) => match &**e {
                Ty::Struct(_) => val(format!("&{}", self.literal(e, depth / 2).text)),
                _ => {
                    let (v, e) = (self.expr(e, depth / 2).text, self.name(e));
                    val(format!("func() *{e} {{ var v {e} = {v}; return &v }}()"))
                }
            },
            Ty::Struct(i) => self.struct_literal(*i, depth),
            Ty::Func(p, r) => {
                let arg = self.fresh("a");
                let (pt, rt) = (self.name(&p[0]), self.name(r));
                let n = self.scope.len();
                let calls = std::mem::replace(&mut self.calls, Calls::None);
                self.scope.push(super::Var { name: arg.clone(), ty: p[0].clone(), fixed: true });
                let body = self.expr(r, 2).text;
                self.scope.truncate(n);
                self.calls = calls;
                val(format!("func({arg} {pt}) {rt} {{ return {body} }}"))
            }
            Ty::Summer => {
                let e = if self.structs.is_empty() || self.rng.one_in(2) {
                    self.literal(&Ty::Named(0), 0).text
                } else {
                    let i = self.rng.below(self.structs.len());
                    // Empty: a struct may hold this interface in its turn.
                    format!("&{}{{}}", self.structs[i].name)
                };
                val(format!("{name}({e})"))
            }
            Ty::Any => {
                let t = self.scalar();
                let e = self.expr(&t, 0).text;
                val(format!("any({}({e}))", self.name(&t)))
            }
        }
    }

    fn struct_literal(&mut self, i: usize, depth: usize) -> Expr {
        let (name, fields) = (self.structs[i].name.clone(), self.structs[i].fields.clone());
        let named = self.rng.one_in(2);
        let mut v = vec![];
        for (f, t) in &fields {
            let e = self.expr(t, depth / 2).text;
            if !named {
                v.push(e);
            } else if !self.rng.one_in(3) || matches!(t, Ty::Ptr(_) | Ty::Func(..) | Ty::Summer | Ty::Struct(_)) {
                v.push(format!("{f}: {e}"));
            }
        }
        val(format!("({name}{{{}}})", v.join(", ")))
    }

    /// A number in the range of an integer type, often at an edge.
    pub fn number(&mut self, t: &Ty) -> String {
        let (bits, signed) = self.int(t).unwrap_or((64, true));
        let max: i128 = (1i128 << (bits - u32::from(signed))) - 1;
        let min: i128 = if signed { -max - 1 } else { 0 };
        let v = match self.rng.below(8) {
            0 => max,
            1 => min,
            2 => max - 1,
            3 => i128::from(self.rng.next()) & max,
            4 if signed => -(self.rng.below(100) as i128),
            _ => self.rng.below(100) as i128,
        };
        match self.rng.below(6) {
            0 => format!("({v} + 1000 - 1000)"),
            1 => format!("{v}<<70>>70"),
            2 if v >= 0 => format!("{v:#x}"),
            3 => format!("({v}*7+3)/7 - {}", (v * 7 + 3) / 7 - v),
            _ => v.to_string(),
        }
    }

    fn integer(&mut self, t: &Ty, d: usize) -> Expr {
        let name = self.name(t);
        let (bits, _) = self.int(t).unwrap_or((64, true));
        let out = match self.rng.below(20) {
            0..=5 => {
                let op = self.rng.pick(&["+", "-", "*", "&", "|", "^", "&^"]);
                format!("({} {op} {})", self.value(t, d), self.expr(t, d).text)
            }
            6 | 7 => {
                let op = self.rng.pick(&["/", "%"]);
                if self.rng.one_in(2) {
                    let n = self.rng.pick(&["1", "2", "3", "7", "8", "10", "64", "100"]);
                    format!("({} {op} {n})", self.value(t, d))
                } else {
                    format!("({} {op} ({}|1))", self.value(t, d), self.value(t, d))
                }
            }
            8 | 9 => self.shift(t, d, bits),
            10 => format!("({}{})", self.rng.pick(&["-", "^", "+"]), self.value(t, d)),
            11 | 12 => {
                let from = if self.rng.one_in(6) { Ty::Named(0) } else { self.int_ty() };
                format!("{name}({})", self.value(&from, d))
            }
            13 => {
                let from = if self.rng.one_in(2) { Ty::F32 } else { Ty::F64 };
                format!("{name}(small(float64({})))", self.value(&from, d))
            }
            14 => {
                let from = match self.rng.below(3) {
                    0 => Ty::Str,
                    1 => Ty::Slice(Box::new(self.scalar())),
                    _ => Ty::Array(3, Box::new(self.scalar())),
                };
                // The length of an array is a constant.
                format!("func() {name} {{ n := len({}); return {name}(n) }}()", self.value(&from, d))
            }
            15 => {
                let f = self.rng.pick(&["min", "max"]);
                format!("{f}({}, {})", self.value(t, d), self.expr(t, d).text)
            }
            16 => self.called(t, d),
            17 if self.calls == Calls::Pure => {
                format!("{name}({}.Sum({}))", self.value(&Ty::Summer, d), self.expr(&Ty::Int(0), 0).text)
            }
            18 => {
                let s = self.value(&Ty::Str, 0);
                format!("func(s string) {name} {{ if len(s) == 0 {{ return 1 }}; return {name}(s[len(s)/2]) }}({s})")
            }
            _ => self.map_read(t),
        };
        val(out)
    }

    fn shift(&mut self, t: &Ty, d: usize, bits: u32) -> String {
        let op = self.rng.pick(&["<<", ">>"]);
        let count = self.int_ty();
        let left = self.value(t, d);
        match self.rng.below(5) {
            0 => format!("({left} {op} {})", self.rng.below(bits as usize + 3)),
            1 => format!("({left} {op} ({}&127))", self.value(&count, d)),
            2 => format!("({left} {op} uint8({}))", self.value(&Ty::Int(6), d)),
            3 => {
                let name = self.name(t);
                let c = self.value(&count, d);
                format!("func() {name} {{ var v {name} = {} << ({c} & 7); return v }}()", self.rng.below(100))
            }
            _ => {
                let t = Ty::Int(self.rng.range(5, 10));
                format!("({left} {op} ({}%{bits}))", self.value(&t, d))
            }
        }
    }

    /// A call of a function without effects, of a function value, or a plain value.
    fn called(&mut self, t: &Ty, d: usize) -> String {
        if self.calls == Calls::None {
            return self.value(t, d);
        }
        let fits: Vec<_> =
            self.funcs.iter().filter(|f| f.pure && f.results.len() == 1 && f.results[0] == *t).cloned().collect();
        if !fits.is_empty() && self.rng.one_in(2) {
            let f = &fits[self.rng.below(fits.len())];
            let args: Vec<String> = f.params.iter().map(|t| self.expr(t, d.min(1)).text).collect();
            return format!("{}({})", f.name, args.join(", "));
        }
        let p = self.scalar();
        let arg = self.expr(&p, d).text;
        let ft = Ty::Func(vec![p], Box::new(t.clone()));
        format!("{}({arg})", self.expr(&ft, d).text)
    }

    fn map_read(&mut self, t: &Ty) -> String {
        let maps: Vec<(String, Ty)> = self
            .scope
            .iter()
            .filter_map(|v| match &v.ty {
                Ty::Map(k, e) if **e == *t => Some((v.name.clone(), (**k).clone())),
                _ => None,
            })
            .collect();
        if maps.is_empty() {
            return self.value(t, 0);
        }
        let (m, k) = maps[self.rng.below(maps.len())].clone();
        format!("{m}[{}]", self.expr(&k, 1).text)
    }

    fn float(&mut self, t: &Ty, d: usize) -> Expr {
        let name = self.name(t);
        val(match self.rng.below(10) {
            0..=5 => {
                let op = self.rng.pick(&["+", "-", "*", "/"]);
                let right = if op == "/" { self.value(t, d) } else { self.expr(t, d).text };
                format!("({} {op} {right})", self.value(t, d))
            }
            6 => {
                let from = self.int_ty();
                format!("{name}({})", self.value(&from, d))
            }
            7 => {
                let from = if *t == Ty::F32 { Ty::F64 } else { Ty::F32 };
                format!("{name}({})", self.value(&from, d))
            }
            8 => format!("(-{})", self.value(t, d)),
            _ => self.called(t, d),
        })
    }

    fn complex(&mut self, d: usize) -> Expr {
        val(match self.rng.below(4) {
            0 => format!("complex({}, {})", self.value(&Ty::F64, d), self.value(&Ty::F64, d)),
            _ => {
                let op = self.rng.pick(&["+", "-", "*"]);
                format!("({} {op} {})", self.value(&Ty::Complex, d), self.expr(&Ty::Complex, d).text)
            }
        })
    }

    fn boolean(&mut self, d: usize) -> Expr {
        val(match self.rng.below(10) {
            0..=3 => {
                let t = self.scalar();
                let op = if t == Ty::Bool || t == Ty::Complex {
                    self.rng.pick(&["==", "!="])
                } else {
                    self.rng.pick(&["<", "<=", ">", ">=", "==", "!="])
                };
                format!("({} {op} {})", self.value(&t, d), self.expr(&t, d).text)
            }
            4 => {
                let t = self.value_ty(1);
                let t = if self.comparable(&t) { t } else { Ty::Str };
                let op = self.rng.pick(&["==", "!="]);
                format!("({} {op} {})", self.value(&t, d), self.expr(&t, d).text)
            }
            5 | 6 => {
                let op = self.rng.pick(&["&&", "||"]);
                format!("({} {op} {})", self.value(&Ty::Bool, d), self.expr(&Ty::Bool, d).text)
            }
            7 => format!("!{}", self.value(&Ty::Bool, d)),
            8 => {
                let t = self.scalar();
                let name = self.name(&t);
                format!("func(v any) bool {{ x, ok := v.({name}); return ok && x == x }}({})", self.value(&Ty::Any, d))
            }
            _ => self.called(&Ty::Bool, d),
        })
    }

    fn string(&mut self, d: usize) -> Expr {
        val(match self.rng.below(12) {
            0..=2 => format!("cut({} + {})", self.value(&Ty::Str, d), self.expr(&Ty::Str, d).text),
            3 => format!("string(rune({}))", self.value(&Ty::Int(3), d)),
            4 => format!("strconv.Itoa({})", self.expr(&Ty::Int(0), d).text),
            5 => format!("string({})", self.value(&Ty::Slice(Box::new(Ty::Int(6))), d)),
            6 => format!("string([]rune({}))", self.value(&Ty::Str, d)),
            7 => {
                let (s, i) = (self.value(&Ty::Str, d), self.expr(&Ty::Int(0), d).text);
                let form = self
                    .rng
                    .pick(&["s[ix(i, len(s)+1):]", "s[:ix(i, len(s)+1)]", "s[ix(i, len(s)+1):len(s):]"])
                    .replace(":len(s):", ":len(s)");
                format!("func(s string, i int) string {{ return {form} }}({s}, {i})")
            }
            8 => {
                let t = self.scalar();
                format!("cut(fmt.Sprint({}))", self.value(&t, d))
            }
            9 => format!(
                "strings.Repeat(cut({}), 2)[:len({})%3]",
                "\"abcd\" + strconv.Itoa(lines)",
                self.value(&Ty::Str, 0)
            ),
            10 => format!(
                "cut(strings.{}({}))",
                self.rng.pick(&["ToUpper", "TrimSpace", "ToLower"]),
                self.value(&Ty::Str, d)
            ),
            _ => self.called(&Ty::Str, d),
        })
    }

    fn slice(&mut self, t: &Ty, e: &Ty, d: usize) -> Expr {
        let name = self.name(t);
        val(match self.rng.below(6) {
            0 => format!("append({name}(nil), {}, {})", self.expr(e, d).text, self.expr(e, 0).text),
            1 => format!("append({name}(nil), {}...)", self.value(t, d)),
            2 => format!("make({name}, {}, {})", self.rng.below(5), self.rng.range(5, 9)),
            3 if *e == Ty::Int(6) => format!("[]byte({})", self.value(&Ty::Str, d)),
            4 => {
                let (s, i) = (self.value(t, d), self.value(&Ty::Int(0), 0));
                let form = self.rng.pick(&["s[ix(i, len(s)+1):]", "s[:ix(i, len(s)+1)]", "s[:ix(i, len(s)+1):len(s)]"]);
                format!("func(s {name}, i int) {name} {{ return {form} }}({s}, {i})")
            }
            _ => return self.leaf(t),
        })
    }

    fn aggregate(&mut self, t: &Ty, d: usize) -> Expr {
        if let Ty::Struct(i) = t {
            let has = self.structs[*i].fields.iter().any(|(_, t)| matches!(t, Ty::Int(_) | Ty::Named(_)));
            if has && self.rng.one_in(3) {
                return val(format!("({}).With{i}({})", self.value(t, d), self.expr(&Ty::Int(0), d).text));
            }
        }
        if self.rng.one_in(3) && self.calls == Calls::Pure {
            return val(self.called(t, d));
        }
        self.literal(t, d)
    }

    /// The `k`-th of numbers that differ and fit every integer type.
    pub fn case_number(&mut self, t: &Ty, k: usize) -> String {
        let (bits, _) = self.int(t).unwrap_or((64, true));
        if bits == 8 { (k * 9).to_string() } else { (k * 13).to_string() }
    }
}

//! Statements and function bodies.

use super::ty::{Func, Ty};
use super::{Calls, Gen, Var};

impl Gen {
    /// Prints a value if it has no addresses in it, else a part of it.
    pub fn show(&mut self, text: &str, t: &Ty) {
        if self.pure {
            return;
        }
        let tag = self.fresh("t");
        match t {
            t if self.printable(t) => self.line(&format!("show(\"{tag}\", {text})")),
            Ty::Ptr(e) if self.printable(e) => self.line(&format!("if {text} != nil {{ show(\"{tag}\", *{text}) }}")),
            Ty::Slice(_) | Ty::Map(..) => self.line(&format!("show(\"{tag}\", len({text}))")),
            Ty::Struct(i) => {
                for (f, t) in self.structs[*i].fields.clone() {
                    if self.printable(&t) {
                        self.line(&format!("show(\"{tag}\", ({text}).{f})"));
                    }
                }
            }
            Ty::Summer => self.line(&format!("if {text} != nil {{ show(\"{tag}\", {text}.Sum(1)) }}")),
            Ty::Func(..) | Ty::Array(..) | Ty::Ptr(_) => {}
            Ty::Int(_) | Ty::F32 | Ty::F64 | Ty::Complex | Ty::Bool | Ty::Str | Ty::Named(_) | Ty::Any => {}
        }
    }

    pub fn function(&mut self, pure: bool) {
        let name = self.global("f");
        let outer = std::mem::take(&mut self.scope);
        if !pure {
            self.scope.clone_from(&outer);
        }
        self.pure = pure;
        let n = self.rng.range(1, 4);
        let params: Vec<Ty> = (0..n).map(|_| if pure { self.value_ty(1) } else { self.any_ty(2) }).collect();
        let results: Vec<Ty> =
            if pure { vec![self.value_ty(1)] } else { (0..self.rng.range(1, 4)).map(|_| self.any_ty(1)).collect() };
        let mut text = vec![];
        for t in &params {
            let p = self.fresh("p");
            text.push(format!("{p} {}", self.name(t)));
            self.scope.push(Var { name: p, ty: t.clone(), fixed: false });
        }
        let named: Vec<String> = results.iter().map(|t| format!("{} {}", self.fresh("r"), self.name(t))).collect();
        for (r, t) in named.iter().zip(&results) {
            let name = r.split(' ').next().unwrap_or_default().to_string();
            // A nil pointer is no operand.
            if self.printable(t) && !matches!(t, Ty::Map(..)) {
                self.scope.push(Var { name, ty: t.clone(), fixed: false });
            }
        }
        self.open(&format!("func {name}({}) ({})", text.join(", "), named.join(", ")));
        self.line("if !step() { return }");
        self.budget = if pure { 6 } else { 34 };
        self.results.clone_from(&results);
        let stmts = if pure { 3 } else { 9 };
        self.block(stmts);
        self.give_back();
        self.close("");
        self.scope = outer;
        self.pure = false;
        self.funcs.push(Func { name, params, results, pure });
    }

    fn give_back(&mut self) {
        let results = self.results.clone();
        let v: Vec<String> = results.iter().map(|t| self.expr(t, 2).text).collect();
        self.line(&format!("return {}", v.join(", ")));
    }

    pub fn block(&mut self, n: usize) {
        self.scoped(|g| {
            for _ in 0..n {
                g.stmt();
            }
        });
    }

    pub fn declare(&mut self, name: String, ty: Ty) {
        self.line(&format!("_ = {name}"));
        self.scope.push(Var { name, ty, fixed: false });
    }

    fn stmt(&mut self) {
        if self.budget == 0 {
            return self.assign();
        }
        self.budget -= 1;
        match self.rng.below(46) {
            0..=6 => self.variable(),
            7..=12 => self.assign(),
            13 | 14 => self.op_assign(),
            15 | 16 => self.several(),
            17 | 18 => self.if_stmt(),
            19 | 20 => self.for_stmt(),
            21 | 22 => self.range_stmt(),
            23 => self.switch_stmt(),
            24 => self.type_switch(),
            25 => self.grow(),
            26 => self.map_stmt(),
            27 => self.pointer(),
            28 => self.leave(),
            29 if !self.pure => self.closure(),
            30 if !self.pure => self.defer_stmt(),
            31 if !self.pure => self.call(),
            32 if !self.pure => self.channel(),
            33 if !self.pure => self.goroutines(),
            34 => self.methods(),
            35 => self.constants(),
            36 => self.copying(),
            37..=43 => self.pattern(),
            _ => self.print_some(),
        }
    }

    fn variable(&mut self) {
        let ty = if self.pure { self.value_ty(2) } else { self.any_ty(2) };
        let (e, t) = (self.expr(&ty, 3).text, self.name(&ty));
        let shadow: Vec<String> =
            self.scope.iter().filter(|v| v.ty == ty && !v.name.contains('_')).map(|v| v.name.clone()).collect();
        if !shadow.is_empty() && self.rng.one_in(6) && self.budget > 2 {
            let x = shadow[self.rng.below(shadow.len())].clone();
            self.open("");
            self.line(&format!("{x} := {x}"));
            self.line(&format!("_ = {x}"));
            self.block(2);
            self.show(&x, &ty);
            self.close("");
            return;
        }
        let name = self.fresh("v");
        match self.rng.below(3) {
            0 => self.line(&format!("{name} := {}", convert(&ty, &t, &e))),
            1 => self.line(&format!("var {name} {t} = {e}")),
            _ => self.line(&format!("var {name} = {}", convert(&ty, &t, &e))),
        }
        self.declare(name.clone(), ty.clone());
        if self.rng.one_in(3) {
            self.show(&name, &ty);
        }
    }

    fn target(&mut self) -> Option<(String, Ty)> {
        for _ in 0..6 {
            let depth = self.rng.below(3);
            let ty = self.any_ty(depth);
            if let Some(p) = self.path(&ty, true) {
                return Some((p, ty));
            }
        }
        None
    }

    fn assign(&mut self) {
        let Some((p, t)) = self.target() else { return };
        let e = self.expr(&t, 3).text;
        self.line(&format!("{p} = {e}"));
        if self.rng.one_in(4) {
            self.show(&p, &t);
        }
    }

    fn op_assign(&mut self) {
        let t = if self.rng.one_in(4) { Ty::F64 } else { self.int_ty() };
        let Some(p) = self.path(&t, true) else { return };
        if t == Ty::F64 {
            let op = self.rng.pick(&["+=", "-=", "*="]);
            let e = self.expr(&t, 1).text;
            return self.line(&format!("{p} {op} {e}"));
        }
        match self.rng.below(4) {
            0 => {
                let op = self.rng.pick(&["++", "--"]);
                self.line(&format!("{p}{op}"));
            }
            1 => {
                let op = self.rng.pick(&["<<=", ">>="]);
                let c = self.value(&Ty::Int(6), 1);
                self.line(&format!("{p} {op} {c}&15"));
            }
            2 => {
                let op = self.rng.pick(&["/=", "%="]);
                let e = self.value(&t, 1);
                self.line(&format!("{p} {op} {e}|1"));
            }
            _ => {
                let op = self.rng.pick(&["+=", "-=", "*=", "&=", "|=", "^=", "&^="]);
                let e = self.expr(&t, 2).text;
                self.line(&format!("{p} {op} {e}"));
            }
        }
        self.show(&p, &t);
    }

    /// Several targets at once, also ones that index by each other.
    fn several(&mut self) {
        let mut left = vec![];
        let mut right = vec![];
        for _ in 0..self.rng.range(2, 4) {
            let Some((p, t)) = self.target() else { return };
            left.push(p);
            right.push(self.expr(&t, 2).text);
        }
        self.line(&format!("{} = {}", left.join(", "), right.join(", ")));
        let t = self.any_ty(1);
        if let (Some(a), Some(b)) = (self.path(&t, true), self.path(&t, true)) {
            self.line(&format!("{a}, {b} = {b}, {a}"));
            self.show(&a, &t);
        }
    }

    fn if_stmt(&mut self) {
        let c = self.expr(&Ty::Bool, 3).text;
        if self.rng.one_in(3) {
            let t = self.scalar();
            let (v, e) = (self.fresh("v"), self.value(&t, 1));
            self.open(&format!("if {v} := {e}; {v} == {v} && {c}"));
        } else {
            self.open(&format!("if {c}"));
        }
        self.block(2);
        if self.rng.one_in(2) {
            let c = self.value(&Ty::Bool, 2);
            let other = self.rng.one_in(2);
            self.close(&if other { " else {".to_string() } else { format!(" else if {c} {{") });
            self.indent += 1;
            self.block(2);
        }
        self.close("");
    }

    /// The body of a loop, with its fuel.
    pub fn body(&mut self, label: &str) {
        self.line("if !step() { break }");
        self.loops.push(label.into());
        self.block(3);
        if !label.is_empty() {
            let word = self.rng.pick(&["break", "continue"]);
            let c = self.value(&Ty::Bool, 2);
            self.line(&format!("if {c} {{ {word} {label} }}"));
        }
        self.loops.pop();
        self.close("");
    }

    pub fn label(&mut self) -> String {
        if self.rng.one_in(2) {
            return String::new();
        }
        let l = self.fresh("L");
        self.line(&format!("{l}:"));
        l
    }

    fn for_stmt(&mut self) {
        let label = self.label();
        let i = self.fresh("i");
        let n = self.rng.range(1, 6);
        let t = self.int_ty();
        let tn = self.name(&t);
        self.scoped(|g| {
            match g.rng.below(4) {
                0 => g.open(&format!("for {i} := {tn}({n}); {i} > 0; {i}--")),
                1 => g.open(&format!("for {i} := range {n}")),
                2 => {
                    let c = g.value(&Ty::Bool, 2);
                    g.open(&format!("for {i} := {tn}(0); {i} < {n} && ({i} < 2 || {c}); {i} += 1"));
                }
                _ => g.open(&format!("for {i} := {tn}(0); {i} < {n}; {i}++")),
            }
            let ty = if g.out.trim_end().ends_with(&format!("range {n} {{")) { Ty::Int(0) } else { t.clone() };
            g.line(&format!("_ = {i}"));
            g.scope.push(Var { name: i.clone(), ty, fixed: true });
            g.body(&label);
        });
    }

    fn range_stmt(&mut self) {
        let (k, v) = (self.fresh("k"), self.fresh("e"));
        let (over, kt, vt) = match self.rng.below(6) {
            0 => (self.value(&Ty::Str, 2), Ty::Int(0), Ty::Int(3)),
            1 | 2 => {
                let e = self.any_ty(1);
                let t = Ty::Array(self.rng.range(1, 5), Box::new(e.clone()));
                let x = self.value(&t, 1);
                (if x.contains('{') { format!("({x})") } else { x }, Ty::Int(0), e)
            }
            5 => {
                let n = self.rng.range(1, 4);
                let (a, b) = (self.int_ty(), self.scalar());
                let (ea, eb) = (self.expr(&a, 1).text, self.expr(&b, 1).text);
                let (an, bn) = (self.name(&a), self.name(&b));
                let f = format!(
                    "func(yield func({an}, {bn}) bool) {{ for range {n} {{ if !yield({ea}, {eb}) {{ return }} }} }}"
                );
                (format!("({f})"), a, b)
            }
            _ => {
                let e = self.any_ty(1);
                (format!("({})", self.value(&Ty::Slice(Box::new(e.clone())), 2)), Ty::Int(0), e)
            }
        };
        let label = self.label();
        self.scoped(|g| {
            g.open(&format!("for {k}, {v} := range {over}"));
            g.line(&format!("_, _ = {k}, {v}"));
            g.scope.push(Var { name: k, ty: kt, fixed: true });
            g.scope.push(Var { name: v, ty: vt, fixed: false });
            g.body(&label);
        });
    }

    fn switch_stmt(&mut self) {
        let t = self.int_ty();
        let strings = self.rng.one_in(4);
        let tagless = self.rng.one_in(3);
        if tagless {
            self.open("switch");
        } else if strings {
            let e = self.value(&Ty::Str, 2);
            self.open(&format!("switch {e}"));
        } else {
            let e = self.value(&t, 2);
            self.open(&format!("switch {e} % 40"));
        }
        let n = self.rng.range(2, 5);
        for i in 0..n {
            if tagless {
                let c = self.value(&Ty::Bool, 2);
                self.line(&format!("case {c}:"));
            } else if strings {
                let c = ["\"\"", "\"a\", \"hello\"", "\"zz\"", "\"q\""][i];
                self.line(&format!("case {c}:"));
            } else {
                let (a, b) = (self.case_number(&t, 2 * i), self.case_number(&t, 2 * i + 1));
                let e = self.value(&t, 1);
                self.line(&format!("case {a}, {b}, {e}:"));
            }
            self.indent += 1;
            self.block(2);
            match self.rng.below(6) {
                0 => {
                    let c = self.value(&Ty::Bool, 1);
                    self.line(&format!("if {c} {{ break }}"));
                }
                1 | 2 if i + 1 < n => self.line("fallthrough"),
                _ => {}
            }
            self.indent -= 1;
        }
        if self.rng.one_in(2) {
            self.line("default:");
            self.indent += 1;
            self.block(1);
            self.indent -= 1;
        }
        self.close("");
    }

    fn type_switch(&mut self) {
        let e = self.value(&Ty::Any, 2);
        let x = self.fresh("x");
        self.open(&format!("switch {x} := ({e}).(type)"));
        let mut seen = vec![];
        for _ in 0..4 {
            let t = self.value_ty(1);
            if t == Ty::Any || seen.contains(&t) {
                continue;
            }
            self.line(&format!("case {}:", self.name(&t)));
            self.indent += 1;
            self.line(&format!("_ = {x}"));
            self.scoped(|g| {
                g.scope.push(Var { name: x.clone(), ty: t.clone(), fixed: false });
                g.show(&x, &t);
                g.assign();
            });
            self.indent -= 1;
            seen.push(t);
        }
        let summer = self.name(&Ty::Summer);
        self.line(&format!("case {summer}:"));
        self.line(&format!("\t_ = {x}.Sum(2)"));
        self.line("case nil, error:");
        self.line(&format!("\t_ = {x}"));
        self.close("");
    }

    /// Appending: in place where the capacity is known, else into fresh memory.
    fn grow(&mut self) {
        let e = if self.pure { self.value_ty(1) } else { self.any_ty(1) };
        let t = Ty::Slice(Box::new(e.clone()));
        let Some(p) = self.path(&t, true) else { return };
        let (a, b) = (self.expr(&e, 1).text, self.expr(&e, 1).text);
        let full = format!("{p}[:len({p}):len({p})]");
        match self.rng.below(3) {
            0 => self.line(&format!("if len({p}) < 40 {{ {p} = append({full}, {a}, {b}) }}")),
            1 => {
                let o = self.value(&t, 1);
                self.line(&format!("if len({p}) < 40 {{ {p} = append({full}, {o}...) }}"));
            }
            _ => {
                let (v, tn) = (self.fresh("v"), self.name(&t));
                self.line(&format!("{v} := make({tn}, 2, 4)"));
                self.line(&format!("{v}[1] = {a}"));
                self.line(&format!("{p} = append({v}, {b})"));
                self.declare(v, t.clone());
            }
        }
        self.show(&p, &t);
    }

    fn copying(&mut self) {
        let e = if self.pure { Ty::Int(6) } else { self.any_ty(1) };
        let t = Ty::Slice(Box::new(e));
        let (Some(a), Some(b)) = (self.path(&t, true), self.path(&t, false)) else { return };
        match self.rng.below(3) {
            0 => self.line(&format!("copy({a}, {b})")),
            1 => self.line(&format!("if len({a}) > 1 {{ copy({a}[1:], {b}) }}")),
            _ => self.line(&format!("if len({a}) > 1 {{ copy({a}, {a}[1:]) }}")),
        }
        self.show(&a, &t);
    }

    fn map_stmt(&mut self) {
        let (k, e) = (self.key_ty(), if self.pure { self.value_ty(1) } else { self.any_ty(1) });
        let t = Ty::Map(Box::new(k.clone()), Box::new(e.clone()));
        let (m, l) = (self.fresh("m"), self.literal(&t, 2).text);
        self.line(&format!("{m} := {l}"));
        self.declare(m.clone(), t.clone());
        for _ in 0..self.rng.range(1, 4) {
            let key = self.value(&k, 1);
            match self.rng.below(5) {
                0 => self.line(&format!("delete({m}, {key})")),
                1 if self.int(&e).is_some() => self.line(&format!("{m}[{key}] += 7")),
                2 if matches!(e, Ty::Int(_)) => {
                    let key2 = self.value(&k, 1);
                    self.line(&format!("{m}[{key}], {m}[{key2}] = {m}[{key2}]+1, {m}[{key}]"));
                }
                3 => {
                    let (v, ok) = (self.fresh("v"), self.fresh("v"));
                    self.line(&format!("{v}, {ok} := {m}[{key}]"));
                    if !matches!(e, Ty::Map(..)) && self.printable(&e) {
                        self.declare(v, e.clone());
                    } else {
                        self.line(&format!("_ = {v}"));
                    }
                    self.declare(ok, Ty::Bool);
                }
                _ => {
                    let v = self.expr(&e, 1).text;
                    self.line(&format!("{m}[{key}] = {v}"));
                }
            }
        }
        if self.printable(&t) || matches!(e, Ty::Int(_)) {
            self.show(&m, &t);
        } else {
            self.show(&format!("len({m})"), &Ty::Int(0));
        }
    }

    fn pointer(&mut self) {
        let t = if self.pure { self.scalar() } else { self.any_ty(1) };
        // The address of a map's element cannot be taken; paths hold none.
        let Some(p) = self.path(&t, true) else { return };
        if self.rng.one_in(4) {
            let n = self.name(&t);
            let v = self.fresh("q");
            if self.printable(&t) {
                self.line(&format!("{v} := new({n})"));
                self.declare(v, Ty::Ptr(Box::new(t)));
            }
            return;
        }
        let v = self.fresh("q");
        self.line(&format!("{v} := &{p}"));
        self.declare(v.clone(), Ty::Ptr(Box::new(t.clone())));
        let e = self.expr(&t, 2).text;
        self.line(&format!("*{v} = {e}"));
        if self.int(&t).is_some() {
            self.line(&format!("*{v} -= 3"));
        }
        self.show(&p, &t);
    }

    fn leave(&mut self) {
        let c = self.value(&Ty::Bool, 2);
        match self.rng.below(5) {
            0 if !self.pure => {
                let t = self.scalar();
                let e = self.expr(&t, 1).text;
                self.line(&format!("if {c} {{ panic({}) }}", convert(&t, &self.name(&t), &e)));
            }
            1 => {
                self.open(&format!("if {c}"));
                self.give_back();
                self.close("");
            }
            _ if !self.loops.is_empty() => {
                let l = self.loops[self.rng.below(self.loops.len())].clone();
                let word = self.rng.pick(&["break", "continue"]);
                self.line(&format!("if {c} {{ {word} {l} }}"));
            }
            _ => {}
        }
    }

    fn in_closure(&mut self, results: Vec<Ty>, f: impl FnOnce(&mut Gen)) {
        let loops = std::mem::take(&mut self.loops);
        let results = std::mem::replace(&mut self.results, results);
        self.scoped(f);
        self.loops = loops;
        self.results = results;
    }

    /// A closure with effects, called at once a few times.
    fn closure(&mut self) {
        let (name, p) = (self.fresh("c"), self.fresh("p"));
        let (pt, rt) = (self.any_ty(1), self.any_ty(1));
        let (pn, rn) = (self.name(&pt), self.name(&rt));
        self.open(&format!("{name} := func({p} {pn}) (_ {rn})"));
        self.line("if !step() { return }");
        self.in_closure(vec![rt.clone()], |g| {
            g.scope.push(Var { name: p, ty: pt.clone(), fixed: false });
            g.block(3);
            g.give_back();
        });
        self.close("");
        let v = self.fresh("v");
        let e = self.expr(&pt, 1).text;
        self.line(&format!("{v} := {name}({e})"));
        if self.printable(&rt) {
            self.declare(v.clone(), rt.clone());
            let e = self.expr(&pt, 1).text;
            self.line(&format!("{v} = {name}({e})"));
            self.show(&v, &rt);
        } else {
            self.line(&format!("_ = {v}"));
        }
    }

    fn defer_stmt(&mut self) {
        if self.rng.one_in(3) {
            let t = self.scalar();
            let tag = self.fresh("t");
            let e = self.expr(&t, 1).text;
            return self.line(&format!("defer show(\"{tag}\", {})", convert(&t, &self.name(&t), &e)));
        }
        self.open("defer func()");
        let tag = self.fresh("t");
        if self.rng.one_in(2) {
            self.line(&format!("if r := recover(); r != nil {{ show(\"{tag}\", r) }}"));
        }
        self.in_closure(vec![], |g| g.block(2));
        self.close("()");
    }

    fn call(&mut self) {
        let Some(f) = (!self.funcs.is_empty()).then(|| self.funcs[self.rng.below(self.funcs.len())].clone()) else {
            return;
        };
        let args: Vec<String> = f.params.iter().map(|t| self.expr(t, 2).text).collect();
        let vars: Vec<String> = f.results.iter().map(|_| self.fresh("v")).collect();
        self.line(&format!("{} := {}({})", vars.join(", "), f.name, args.join(", ")));
        for (v, t) in vars.into_iter().zip(f.results) {
            if self.printable(&t) {
                self.declare(v.clone(), t.clone());
                self.show(&v, &t);
            } else {
                self.line(&format!("_ = {v}"));
            }
        }
    }

    fn channel(&mut self) {
        let t = self.any_ty(1);
        let (c, tn) = (self.fresh("ch"), self.name(&t));
        let n = self.rng.range(1, 4);
        self.line(&format!("{c} := make(chan {tn}, {n})"));
        let (v, ok) = (self.fresh("v"), self.fresh("v"));
        let send = self.rng.below(n + 1);
        for _ in 0..send {
            let e = self.expr(&t, 2).text;
            self.line(&format!("{c} <- {e}"));
        }
        if self.rng.one_in(2) {
            self.line(&format!("close({c})"));
        }
        self.open("select");
        self.line(&format!("case {v}, {ok} := <-{c}:"));
        self.indent += 1;
        let printable = self.printable(&t);
        self.line(&format!("_ = {v}"));
        self.scoped(|g| {
            if printable {
                g.show(&v, &t);
                g.scope.push(Var { name: v.clone(), ty: t.clone(), fixed: false });
            }
            g.show(&ok, &Ty::Bool);
            g.assign();
        });
        self.indent -= 1;
        self.line("default:");
        self.indent += 1;
        self.block(1);
        self.indent -= 1;
        self.close("");
        self.show(&format!("len({c})"), &Ty::Int(0));
    }

    /// Goroutines that share channels only, or write to places of their own.
    fn goroutines(&mut self) {
        let t = self.any_ty(1);
        let tn = self.name(&t);
        let n = self.rng.range(1, 5);
        let outer = std::mem::take(&mut self.scope);
        let calls = std::mem::replace(&mut self.calls, Calls::None);
        let i = self.fresh("i");
        self.scope.push(Var { name: i.clone(), ty: Ty::Int(0), fixed: true });
        let c = self.fresh("ch");
        if self.rng.one_in(2) {
            self.line(&format!("{c} := make(chan {tn}, {})", n % 2));
            let e = self.unshared(&t);
            self.line(&format!("go func() {{ defer close({c}); for {i} := range {n} {{ _ = {i}; {c} <- {e} }} }}()"));
        } else {
            let wg = self.fresh("wg");
            self.line(&format!("{c} := make([]{tn}, {n})"));
            self.line(&format!("var {wg} sync.WaitGroup"));
            let e = self.unshared(&t);
            self.open(&format!("for {i} := range {n}"));
            self.line(&format!("{wg}.Add(1)"));
            self.line(&format!("go func() {{ defer {wg}.Done(); {c}[{i}] = {e} }}()"));
            self.close("");
            self.line(&format!("{wg}.Wait()"));
        }
        self.calls = calls;
        self.scope = outer;
        let v = self.fresh("v");
        if self.out.lines().rev().take(3).any(|l| l.contains(".Wait()")) {
            self.open(&format!("for _, {v} := range {c}"));
        } else {
            self.open(&format!("for {v} := range {c}"));
        }
        self.line(&format!("_ = {v}"));
        self.show(&v, &t);
        self.close("");
    }

    /// An expression that reads no global.
    fn unshared(&mut self, t: &Ty) -> String {
        loop {
            let e = self.expr(t, 2).text;
            if !e.contains("lines") {
                return e;
            }
        }
    }

    fn methods(&mut self) {
        if self.rng.one_in(2) {
            let t = Ty::Named(self.rng.below(self.named.len()));
            if let Some(p) = self.path(&t, true) {
                let tn = self.name(&t);
                match self.rng.below(3) {
                    0 => self.line(&format!("{p}.Bump()")),
                    1 => self.line(&format!("(*{tn}).Bump(&{p})")),
                    _ => self.line(&format!("func(f func()) {{ f() }}({p}.Bump)")),
                }
                self.show(&p, &t);
            }
            return;
        }
        let i = self.rng.below(self.structs.len());
        let t = Ty::Struct(i);
        let Some(p) = self.path(&t, true) else { return };
        let tn = self.name(&t);
        let tag = self.fresh("t");
        let e = self.expr(&Ty::Int(0), 1).text;
        if self.pure {
            return;
        }
        let has = self.structs[i].fields.iter().any(|(_, t)| matches!(t, Ty::Int(_) | Ty::Named(_)));
        match self.rng.below(5) {
            0 => self.line(&format!("show(\"{tag}\", {p}.Sum({e}))")),
            1 => self.line(&format!("show(\"{tag}\", {tn}.Val({p}, {e}))")),
            2 if has => self.line(&format!("{p}.Set{i}({e}).Set{i}(9)")),
            3 if has => self.line(&format!("{p} = {p}.With{i}({e}).With{i}(1)")),
            _ => {
                let f = self.fresh("c");
                self.line(&format!("{f} := {p}.Val"));
                if has {
                    self.line(&format!("{p}.Set{i}(5)"));
                }
                self.line(&format!("show(\"{tag}\", {f}(1), {p}.Val(1))"));
            }
        }
    }

    fn constants(&mut self) {
        let (a, b) = (self.fresh("K"), self.fresh("K"));
        let t = self.int_ty();
        let tn = self.name(&t);
        let n = self.number(&t);
        self.line(&format!("const {a} = {n}"));
        self.line(&format!("const ( {b} {tn} = {a} - iota; {b}x = iota + 'a'; {b}y )"));
        let tag = self.fresh("t");
        if !self.pure {
            self.line(&format!("show(\"{tag}\", {tn}({a}), {b}, {b}x, {b}y, {a}/3 == {a}>>1, float64({a}))"));
        }
        if self.rng.one_in(2)
            && let Some(p) = self.path(&t, true)
        {
            self.line(&format!("{p} = {a}"));
        }
    }

    fn print_some(&mut self) {
        let vars: Vec<Var> = self.scope.clone();
        for _ in 0..2 {
            if !vars.is_empty() {
                let v = vars[self.rng.below(vars.len())].clone();
                self.show(&v.name, &v.ty);
            }
        }
    }
}

/// A conversion where the text alone might have another default type.
fn convert(ty: &Ty, name: &str, e: &str) -> String {
    match ty {
        Ty::Int(_) | Ty::Named(_) | Ty::F32 | Ty::F64 | Ty::Complex | Ty::Bool | Ty::Str => format!("{name}({e})"),
        _ => e.to_string(),
    }
}

//! Statements in the shapes an optimiser looks for: small functions in loops, values that do not leave a function, tables, generic
//! functions, iterators, and faults that are caught. Between the shapes stand expressions of the generator's own.

use super::ty::Ty;
use super::{Calls, Gen, Var};

/// What the shapes call; it follows the common prelude.
pub const LIBRARY: &str = r#"
type vec struct{ x, y, z int }

func (v vec) add(o vec) vec     { return vec{v.x + o.x, v.y + o.y, v.z + o.z} }
func (v vec) dot(o vec) int     { return v.x*o.x + v.y*o.y + v.z*o.z }
func (v *vec) scale(k int)      { v.x *= k; v.y *= k; v.z *= k }
func (v *vec) at(i int) *int {
	switch i % 3 {
	case 0:
		return &v.x
	case 1:
		return &v.y
	}
	return &v.z
}

type shape interface {
	area() int
	grow(int) shape
}
type square struct{ side int }
type oblong struct{ w, h int }
type dot struct{}

func (s square) area() int        { return s.side * s.side }
func (s square) grow(k int) shape { return square{s.side + k} }
func (o *oblong) area() int       { return o.w * o.h }
func (o *oblong) grow(k int) shape {
	o.w += k
	return o
}
func (dot) area() int          { return 1 }
func (d dot) grow(k int) shape { return &oblong{k, 2} }

func tri(a, b, c int) int {
	if a > b {
		return a - c
	}
	return b + c&7
}
func clamp(x, lo, hi int) int {
	if x < lo {
		return lo
	}
	if x > hi {
		return hi
	}
	return x
}
func twice(f func(int) int, x int) int { return f(f(x)) }
func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}
func early(s []int, x int) (at int, ok bool) {
	for i, v := range s {
		if v == x {
			return i, true
		}
	}
	return len(s), false
}

type number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64
}

type box[T any] struct {
	v    T
	next *box[T]
}

func (b *box[T]) push(v T) *box[T] { return &box[T]{v, b} }
func (b *box[T]) get() (v T) {
	if b != nil {
		v = b.v
	}
	return
}
func (b *box[T]) all(yield func(int, T) bool) {
	for i := 0; b != nil; i, b = i+1, b.next {
		if !yield(i, b.v) {
			return
		}
	}
}

type pair[A comparable, B any] struct {
	a A
	b B
}

func (p pair[A, B]) same(q pair[A, B]) bool { return p.a == q.a }

func pick[T any](c bool, a, b T) T {
	if c {
		return a
	}
	return b
}
func total[T number](s []T) (sum T) {
	for _, v := range s {
		sum += v
	}
	return
}
func fold[T, A any](s []T, a A, f func(A, T) A) A {
	for _, v := range s {
		a = f(a, v)
	}
	return a
}
func mapped[T, U any](s []T, f func(T) U) []U {
	r := make([]U, 0, len(s))
	for _, v := range s {
		r = append(r, f(v))
	}
	return r
}
func upto(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
func zipped[T any](a, b []T) func(func(T, T) bool) {
	return func(yield func(T, T) bool) {
		defer func() { lines++ }()
		for i := range min(len(a), len(b)) {
			if !yield(a[i], b[i]) {
				return
			}
		}
	}
}
"#;

impl Gen {
    pub fn pattern(&mut self) {
        match self.rng.below(13) {
            0 => self.leaf_calls(),
            1 => self.vectors(),
            2 => self.table(),
            3 => self.captured(),
            4 => self.generic_values(),
            5 => self.generic_functions(),
            6 => self.iterators(),
            7 => self.shapes(),
            8 => self.jumps(),
            9 => self.bytes(),
            10 => self.ordered(),
            _ => self.dispatched(),
        }
    }

    /// An expression of type int without calls of function values (those may trace).
    pub(super) fn plain(&mut self) -> String {
        self.value(&Ty::Int(0), 1)
    }

    fn fixed(&mut self, name: &str) {
        self.scope.push(Var { name: name.into(), ty: Ty::Int(0), fixed: true });
    }

    pub(super) fn number_var(&mut self, start: &str) -> String {
        let acc = self.fresh("v");
        self.line(&format!("{acc} := int({start})"));
        self.declare(acc.clone(), Ty::Int(0));
        acc
    }

    /// Small functions called in a loop.
    fn leaf_calls(&mut self) {
        let start = self.plain();
        let acc = self.number_var(&start);
        let i = self.fresh("i");
        let (a, b, n) = (self.plain(), self.plain(), self.rng.range(3, 60));
        self.open(&format!("for {i} := 0; {i} < {n}; {i}++"));
        let e = match self.rng.below(6) {
            0 => format!("tri({acc}, {i}, {a})"),
            1 => format!("clamp({acc}+{i}, {a}%100, {b}%100+50)"),
            2 => format!("tri(tri({i}, {acc}, 3), clamp({a}, -5, {i}), {acc}&{i})"),
            3 => format!("twice(func(x int) int {{ return x*3 + {i} }}, {acc})"),
            4 => format!("{acc} + fib({i}%9)"),
            _ => format!("{acc} ^ vec{{{i}, {a}, 2}}.add(vec{{1, {i}, {b}}}).dot(vec{{{acc}, 5, {i}}})"),
        };
        self.line(&format!("{acc} = {e}"));
        if self.rng.one_in(3) {
            let c = self.value(&Ty::Bool, 1);
            let word = self.rng.pick(&["break", "continue"]);
            self.line(&format!("if {c} && {i} > 3 {{ {word} }}"));
            self.line(&format!("{acc}++"));
        }
        self.close("");
        self.show(&acc, &Ty::Int(0));
    }

    /// Structs that are changed through methods and pointers, and copies of them.
    fn vectors(&mut self) {
        let (p, q) = (self.fresh("v"), self.fresh("v"));
        let (a, b, c) = (self.plain(), self.plain(), self.plain());
        let make = self.rng.pick(&["", "&"]);
        self.line(&format!("{p} := {make}vec{{{a}, {b}, 3}}"));
        let value = if make.is_empty() { p.clone() } else { format!("*{p}") };
        self.line(&format!("{q} := {value}"));
        for _ in 0..self.rng.range(1, 5) {
            match self.rng.below(5) {
                0 => self.line(&format!("{p}.scale(({c}) % 9)")),
                1 => self.line(&format!("*{p}.at(ix({a}, 3)) += 5")),
                2 => self.line(&format!("{q} = {p}.add({q})")),
                3 => self.line(&format!("{q}, {value} = {value}, {q}")),
                _ => self.line(&format!("{p}.x, {q}.z = {q}.z, {p}.y")),
            }
        }
        if self.rng.one_in(3) {
            let f = self.fresh("c");
            self.line(&format!("{f} := {p}.dot"));
            self.line(&format!("{p}.scale(2)"));
            self.trace(&format!("{f}({q})"));
        }
        self.trace(&format!("{value}, {q}, {p}.dot({q}), {value} == {q}"));
    }

    pub(super) fn trace(&mut self, values: &str) {
        let tag = self.fresh("t");
        if self.pure {
            self.line(&format!("_, _ = \"{tag}\", []any{{{values}}}"));
        } else {
            self.line(&format!("show(\"{tag}\", {values})"));
        }
    }

    /// A table of rows, of slices or of arrays.
    fn table(&mut self) {
        let t = match self.rng.below(4) {
            0 => Ty::Int(6),
            1 => Ty::F64,
            _ => Ty::Int(0),
        };
        let tn = self.name(&t);
        let (rows, i, j) = (self.fresh("v"), self.fresh("i"), self.fresh("i"));
        let (n, m) = (self.rng.range(1, 5), self.rng.range(1, 6));
        let arrays = self.rng.one_in(2);
        if arrays {
            self.line(&format!("var {rows} [{n}][{m}]{tn}"));
        } else {
            self.line(&format!("{rows} := make([][]{tn}, {n})"));
            self.line(&format!("for {i} := range {rows} {{ {rows}[{i}] = make([]{tn}, {m}) }}"));
        }
        let e = self.value(&t, 1);
        self.open(&format!("for {i} := 0; {i} < len({rows}); {i}++"));
        self.open(&format!("for {j} := range {rows}[{i}]"));
        self.scoped(|g| {
            g.fixed(&i);
            g.fixed(&j);
            let (a, b) = (g.plain(), g.plain());
            match g.rng.below(5) {
                0 => g.line(&format!("{rows}[{i}][{j}] = {tn}({i}*7+{j}) + {e}")),
                1 => g.line(&format!("{rows}[{i}][{j}] += {rows}[ix({a}, {n})][ix({b}, {m})] + {tn}({j})")),
                2 => g.line(&format!("{rows}[{i}][{j}], {rows}[0][{j}] = {rows}[0][0]+2, {rows}[{i}][{j}]-1")),
                3 => g.line(&format!("if {j} > 0 {{ {rows}[{i}][{j}] = {rows}[{i}][{j}-1]*2 + {e} }} else {{ {rows}[{i}][{j}] = {tn}({i}) }}")),
                _ => g.line(&format!("{rows}[{i}][{j}]++; {rows}[({i}+1)%{n}][{j}] -= {rows}[{i}][{j}]*3")),
            }
        });
        self.close("");
        self.close("");
        if self.rng.one_in(2) {
            let (r, k, a) = (self.fresh("v"), self.fresh("i"), self.plain());
            self.line(&format!("{r} := ix({a}, {n})"));
            let change = self.rng.pick(&["", "R = 0", "if K == 1 { T[R] = T[0] }", "if T[R][K] > 9 { break }"]);
            let change = change.replace('R', &r).replace('K', &k).replace('T', &rows);
            self.line(&format!(
                "for {k} := 0; {k} < len({rows}[0]); {k}++ {{ {rows}[{r}][{k}] += {rows}[{r}][{m}-1-{k}]*3 + {rows}[{n}-1][{k}]; {change} }}"
            ));
        }
        if self.rng.one_in(3) {
            self.line(&format!("{rows}[0], {rows}[{n}-1] = {rows}[{n}-1], {rows}[0]"));
        }
        if arrays && self.rng.one_in(2) {
            let copy = self.fresh("v");
            self.line(&format!("{copy} := {rows}"));
            self.line(&format!("{copy}[0][0] += 9"));
            self.trace(&format!("{copy} == {rows}, {copy}"));
        }
        self.trace(&rows);
    }

    /// Variables shared by closures, also one of each turn of a loop.
    fn captured(&mut self) {
        let start = self.plain();
        let acc = self.number_var(&start);
        let (fs, i) = (self.fresh("v"), self.fresh("i"));
        self.line(&format!("var {fs} []func(int) int"));
        let n = self.rng.range(1, 5);
        self.open(&format!("for {i} := 0; {i} < {n}; {i}++"));
        let body = self.rng.pick(&[
            "return x + I",
            "A += x; return A - I",
            "I += x; return I",
            "y := x; g := func() { y += A; A-- }; g(); g(); return y + I",
            "defer func() { A += I }(); return A",
        ]);
        let body = body.replace('A', &acc).replace('I', &i);
        self.line(&format!("{fs} = append({fs}, func(x int) int {{ {body} }})"));
        if self.rng.one_in(3) {
            self.line(&format!("{i} += {fs}[0](1) & 1"));
        }
        self.close("");
        self.line(&format!("{acc} += 100"));
        let (f, a) = (self.fresh("c"), self.plain());
        self.open(&format!("for _, {f} := range {fs}"));
        self.trace(&format!("{f}(1), {f}({a}%50)"));
        self.close("");
        self.show(&acc, &Ty::Int(0));
    }

    fn generic_values(&mut self) {
        let t = self.value_ty(1);
        let tn = self.name(&t);
        let b = self.fresh("v");
        self.line(&format!("var {b} *box[{tn}]"));
        for _ in 0..self.rng.range(1, 4) {
            let e = self.expr(&t, 2).text;
            self.line(&format!("{b} = {b}.push({e})"));
        }
        let (k, v) = (self.fresh("k"), self.fresh("e"));
        if !self.pure {
            self.open(&format!("for {k}, {v} := range {b}.all"));
            self.line(&format!("if !step() || {k} > 5 {{ break }}"));
            self.show(&v, &t);
            self.close("");
        }
        let x = self.fresh("v");
        self.line(&format!("{x} := {b}.get()"));
        self.declare(x.clone(), t.clone());
        self.show(&x, &t);
        let key = self.key_ty();
        let kn = self.name(&key);
        let (p, q) = (self.fresh("v"), self.fresh("v"));
        let (ka, kb, e) = (self.expr(&key, 1).text, self.expr(&key, 1).text, self.expr(&t, 1).text);
        self.line(&format!("{p}, {q} := pair[{kn}, {tn}]{{{ka}, {e}}}, pair[{kn}, {tn}]{{a: {kb}}}"));
        self.trace(&format!("{p}.same({q}), {p}, fmt.Sprintf(\"%T\", {q}.a)"));
    }

    fn generic_functions(&mut self) {
        let t = if self.pure { self.value_ty(1) } else { self.any_ty(1) };
        let tn = self.name(&t);
        let v = self.fresh("v");
        match self.rng.below(3) {
            0 => {
                let (c, a, b) = (self.value(&Ty::Bool, 2), self.expr(&t, 2).text, self.expr(&t, 2).text);
                self.line(&format!("{v} := pick[{tn}]({c}, {a}, {b})"));
                if self.printable(&t) {
                    self.declare(v.clone(), t.clone());
                    self.show(&v, &t);
                } else {
                    self.line(&format!("_ = {v}"));
                }
            }
            1 => {
                let t = if self.rng.one_in(4) { Ty::F64 } else { self.int_ty() };
                let tn = self.name(&t);
                let s = self.value(&Ty::Slice(Box::new(t.clone())), 2);
                self.line(&format!("{v} := total[{tn}]({s})"));
                self.declare(v.clone(), t.clone());
                self.show(&v, &t);
            }
            _ => {
                let s = self.value(&Ty::Slice(Box::new(t.clone())), 2);
                let u = self.scalar();
                let un = self.name(&u);
                self.line(&format!("{v} := fold[{tn}]({s}, 0, func(a int, _ {tn}) int {{ return a*2 + 1 }})"));
                self.declare(v.clone(), Ty::Int(0));
                self.show(&v, &Ty::Int(0));
                let (w, x) = (self.fresh("v"), self.fresh("p"));
                let calls = std::mem::replace(&mut self.calls, Calls::None);
                let e = self.expr(&u, 1).text;
                self.calls = calls;
                self.line(&format!("{w} := mapped({s}, func({x} {tn}) {un} {{ _ = {x}; return {e} }})"));
                self.declare(w.clone(), Ty::Slice(Box::new(u.clone())));
                self.show(&w, &Ty::Slice(Box::new(u)));
            }
        }
    }

    /// Loops over functions; leaving them early in every way.
    fn iterators(&mut self) {
        let (k, v) = (self.fresh("k"), self.fresh("e"));
        let label = self.label();
        let one = self.rng.one_in(2);
        let (over, kt) = if one {
            let n = self.rng.range(1, 6);
            (format!("{k} := range upto({n})"), Ty::Int(0))
        } else {
            let t = self.value_ty(1);
            let s = Ty::Slice(Box::new(t.clone()));
            let (a, b) = (self.value(&s, 1), self.value(&s, 1));
            (format!("{k}, {v} := range zipped[{}]({a}, {b})", self.name(&t)), t)
        };
        self.scoped(|g| {
            g.open(&format!("for {over}"));
            g.line(&format!("_ = {k}"));
            g.scope.push(Var { name: k, ty: kt.clone(), fixed: true });
            if !one {
                g.line(&format!("_ = {v}"));
                g.scope.push(Var { name: v, ty: kt, fixed: false });
            }
            g.body(&label);
        });
    }

    /// Calls through an interface, of one type at a place and of several.
    fn shapes(&mut self) {
        let (s, x, i, n) = (self.fresh("v"), self.fresh("e"), self.fresh("i"), self.rng.range(1, 9));
        let start = self.plain();
        let acc = self.number_var("0");
        let items = ["square{2}", "&oblong{3, 4}", "dot{}", "shape(square{}).grow(3)", "dot{}.grow(5)"];
        let list: Vec<&str> = (0..self.rng.range(1, 5)).map(|_| self.rng.pick(&items)).collect();
        self.line(&format!("{s} := []shape{{{}}}", list.join(", ")));
        self.open(&format!("for {i} := 0; {i} < {n}; {i}++"));
        self.line(&format!("{x} := {s}[{i}%len({s})]"));
        self.line(&format!("{acc} += {x}.area()"));
        self.line(&format!("{s}[{i}*3%len({s})] = {x}.grow(int({start}) % 7)"));
        self.line(&format!(
            "switch y := {x}.(type) {{ case square: {acc} += y.side; case *oblong: y.h++; default: {acc}-- }}"
        ));
        self.close("");
        self.trace(&format!("{acc}, {s}[0].area(), {s}[0] == {s}[len({s})-1]"));
        let check = self.rng.pick(&["square", "*oblong", "dot"]);
        self.guarded(&format!("{acc} += {s}[0].({check}).area()"));
        self.show(&acc, &Ty::Int(0));
    }

    /// Jumps by goto, and faults at run time that are caught.
    fn jumps(&mut self) {
        if self.rng.one_in(2) {
            let (l, i, n) = (self.fresh("L"), self.fresh("i"), self.rng.range(1, 5));
            self.open("");
            self.line(&format!("{i} := 0"));
            self.line(&format!("{l}:"));
            self.open(&format!("if {i} < {n} && step()"));
            self.line(&format!("{i}++"));
            self.block(2);
            self.line(&format!("goto {l}"));
            self.close("");
            self.close("");
            return;
        }
        let s = self.value(&Ty::Slice(Box::new(Ty::Int(0))), 1);
        let e = self.plain();
        let fault = match self.rng.below(10) {
            0 => format!("x := {s}; x[len(x)+{}] = 1", self.rng.below(2)),
            1 => format!("x := {s}; _ = x[{e}]"),
            2 => format!("x := {s}; y := x[ix({e}, 4):ix({e}, 3)]; show(\"x\", len(y), cap(y) >= 0)"),
            3 => "var m map[string]int; m[\"a\"]++".to_string(),
            4 => format!("var p *vec; if {e}%2 == 0 {{ p = &vec{{}} }}; p.scale(2); _ = p.dot(*p)"),
            5 => format!("d := {e}; show(\"x\", 7/(d-d), d)"),
            6 => format!("var a any = {e}; show(\"x\", a.(int) == a, a.(string))"),
            7 => format!("x := {s}; a := [3]int(x[:min(3, ix({e}, 4)):min(3, cap(x))]); show(\"x\", a)"),
            8 => "c := make(chan int, 1); close(c); c <- 1".to_string(),
            _ => format!("m := map[any]int{{}}; m[{e}] = 2; m[[]int{{1}}]++"),
        };
        self.guarded(&fault);
    }

    pub(super) fn guarded(&mut self, text: &str) {
        if self.pure {
            return;
        }
        let tag = self.fresh("t");
        self.line(&format!("guard(\"{tag}\", func() {{ {text} }})"));
    }

    /// Bytes and runes of a text, one at a time.
    fn bytes(&mut self) {
        let text = self.value(&Ty::Str, 2);
        let (s, b, i, c) = (self.fresh("v"), self.fresh("v"), self.fresh("i"), self.fresh("e"));
        let acc = self.number_var("0");
        self.line(&format!("{s} := cut({text})"));
        self.line(&format!("{b} := []byte({s})"));
        match self.rng.below(3) {
            0 => {
                self.open(&format!("for {i} := 0; {i} < len({s}); {i}++"));
                self.line(&format!("switch {c} := {s}[{i}]; {{"));
                self.line(&format!("case 'a' <= {c} && {c} <= 'm': {b}[{i}] = {c} - 32"));
                self.line(&format!("case {c} == ' ', {c} >= 0x80: {acc} += int({c}); continue"));
                self.line(&format!("default: {acc} ^= int({c}) << 3 }}"));
            }
            1 => {
                self.open(&format!("for {i}, {c} := range {s}"));
                self.line(&format!("{acc} = {acc}*31 + int({c}) + {i}"));
                self.line(&format!("{b}[{i}], {b}[len({b})-1-{i}] = {b}[len({b})-1-{i}], {b}[{i}]"));
            }
            _ => {
                self.open(&format!("for {i}, {c} := range {b}"));
                self.line(&format!("if {i} > 0 && {c} == {b}[{i}-1] {{ {acc}++ }} else {{ {b}[{i}/2] ^= {c} & 15 }}"));
            }
        }
        self.close("");
        self.declare(s.clone(), Ty::Str);
        self.trace(&format!("{acc}, {b}, {s} == string({b})"));
    }
}

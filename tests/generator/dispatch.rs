//! Functions with parameters of interface types, called with values of types that are known there and with others: receivers that are copies,
//! pointers, slices whose header changes, promoted methods; sorting and heaps.

use super::Gen;
use super::ty::Ty;

/// What these shapes call.
pub const LIBRARY: &str = r#"
type cursor interface {
	next() bool
	val() int
	set(int) int
	peek(int) int
}
type reader interface {
	val() int
	peek(int) int
}

type steps struct{ at, end, by int }

func (s *steps) next() bool     { s.at += s.by; return s.at < s.end }
func (s *steps) val() int       { return s.at }
func (s *steps) set(x int) int  { s.by = 1 + x&3; return s.at }
func (s steps) peek(k int) int  { s.at += k; return s.at*2 + s.by }

type queue []int

func (q *queue) next() bool {
	if len(*q) == 0 {
		return false
	}
	*q = (*q)[1:]
	return len(*q) > 0
}
func (q queue) val() int {
	if len(q) == 0 {
		return -1
	}
	return q[0]
}
func (q *queue) set(x int) int {
	if len(*q) < 9 {
		*q = append(*q, x&15)
	}
	return len(*q)
}
func (q queue) peek(k int) int { return q[k%3] }

type narrow int8

func (n narrow) next() bool    { return n > 3 }
func (n narrow) val() int      { return int(n) }
func (n narrow) set(x int) int { n += narrow(x); return int(n) }
func (n narrow) peek(k int) int {
	for i := 0; i < k&3; i++ {
		n = n*3 + 1
	}
	return int(n)
}

type mixed struct {
	a int8
	s string
	b []int
	f *steps
}

func (m mixed) next() bool     { return m.f.next() }
func (m mixed) val() int       { return int(m.a) + len(m.s) + len(m.b) }
func (m mixed) set(x int) int  { m.a++; m.b[x&1]++; m.b = nil; return m.val() }
func (m mixed) peek(k int) int { return m.b[k&1] + m.f.at }

type within struct {
	pad [3]uint8
	steps
}
type behind struct {
	n int
	*steps
}

func (b *behind) val() int { b.n++; return b.n + b.steps.val() }

type through struct{ cursor }

func (t through) peek(k int) int { return t.cursor.peek(k+1) - 1 }

func drain(c cursor, n int) (t int) {
	for i := 0; i < n; i++ {
		t = t*5 + c.val() + c.peek(i)
		if !c.next() {
			t++
		}
		t ^= c.set(t)
	}
	return t
}
func effects(c cursor, n int) (t int) {
	for i := 1; i <= n; i++ {
		t += c.peek(c.set(i) & 7)
		t = t*3 + c.peek(func() int { c.next(); return c.val() & 3 }())
	}
	return t
}
func reads(r reader, n int) (t int) {
	for i := 0; i < n; i++ {
		t = t*3 + r.val() - r.peek(i&1)
	}
	return t
}
func both(a, b cursor, n int) (t int) {
	for i := 0; i < n; i++ {
		t += a.set(b.val()) - b.peek(a.val()&3)
		if a == b {
			t--
		}
	}
	return t + reads(b, n)
}
func down(c cursor, depth int) int {
	if depth <= 0 || !c.next() {
		return c.val()
	}
	x := down(c, depth-1)
	return x*2 + c.peek(depth) + reads(c, 2)
}
func swapped(c cursor, n int) (t int) {
	for i := 0; i < n; i++ {
		t = t*3 + c.val()
		if i == 1 {
			c = narrow(7)
		}
	}
	return t
}
func asked(c cursor, n int) (t int) {
	for i := 0; i < n; i++ {
		switch x := c.(type) {
		case *steps:
			x.at++
		case narrow:
			x++
			t += int(x)
		case reader:
			t -= x.val()
		}
		t = t*3 + c.peek(i)
	}
	_, ok := c.(through)
	return pick(ok, t+1, t)
}

type entry struct {
	key int
	tag string
	at  int
}
type byKey []entry
type byTag struct{ byKey }
type refs []*entry

func (e byKey) Len() int           { return len(e) }
func (e byKey) Less(i, j int) bool { return e[i].key < e[j].key }
func (e byKey) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e byTag) Less(i, j int) bool { return e.byKey[i].tag < e.byKey[j].tag }
func (r refs) Len() int            { return len(r) }
func (r refs) Less(i, j int) bool  { return r[i].key > r[j].key }
func (r refs) Swap(i, j int) {
	r[i], r[j] = r[j], r[i]
	r[i].at, r[j].at = i, j
}
func (r *refs) Push(x any) {
	e := x.(*entry)
	e.at = len(*r)
	*r = append(*r, e)
}
func (r *refs) Pop() any {
	old := *r
	e := old[len(old)-1]
	*r = old[:len(old)-1]
	e.at = -1
	return e
}
func entries(seed, n int) (e byKey) {
	for i := 0; i < n; i++ {
		seed = (seed*1103515245 + 12345) & 0x7fffffff
		e = append(e, entry{seed >> 8 % 32, strconv.Itoa(seed % 10), i})
	}
	return e
}
func order(e byKey) (s int) {
	for _, x := range e {
		s = s*31 + x.at + x.key
	}
	return s
}
"#;

const CURSORS: [&str; 9] = [
    "&steps{1, 20, 2}",
    "&queue{3, 1, 4, 1, 5, 9, 2, 6}",
    "narrow(5)",
    "mixed{3, \"abc\", []int{7, 8}, &steps{0, 9, 1}}",
    "&within{[3]uint8{1, 2, 3}, steps{2, 30, 3}}",
    "&behind{4, &steps{5, 50, 4}}",
    "through{&steps{3, 12, 2}}",
    "&through{narrow(9)}",
    "&mixed{-2, \"x\", []int{5, 6, 7}, &steps{0, 3, 1}}",
];

impl Gen {
    /// Calls of functions with values that become interfaces there, and with interfaces.
    pub(super) fn dispatched(&mut self) {
        let acc = self.number_var("0");
        let (c, d) = (self.fresh("v"), self.fresh("v"));
        let (made, other) = (self.rng.pick(&CURSORS), self.rng.pick(&CURSORS));
        match self.rng.below(3) {
            0 => self.line(&format!("var {c} cursor = {made}")),
            _ => self.line(&format!("{c} := {made}")),
        }
        self.line(&format!("{d} := {other}"));
        self.line(&format!("_, _ = {c}, {d}"));
        for _ in 0..self.rng.range(2, 6) {
            let n = self.rng.below(7);
            let x = self.rng.pick(&[c.as_str(), d.as_str(), made]).to_string();
            let call = match self.rng.below(9) {
                0 => format!("drain({x}, {n})"),
                1 => format!("effects({x}, {n})"),
                2 => format!("reads({x}, {n})"),
                3 => format!("both({c}, {x}, {n})"),
                4 => format!("both({x}, {made}, {n})"),
                5 => format!("down({x}, {n})"),
                6 => format!("swapped({x}, {n})"),
                7 => format!("asked({x}, {n})"),
                _ => format!("drain(through{{{x}}}, {n})"),
            };
            match self.pure {
                true => self.line(&format!("if false {{ {acc} += {call} }}")),
                false => self.guarded(&format!("{acc} += {call}; show(\"c\", {acc})")),
            }
        }
        if self.rng.one_in(3) {
            let call = self.rng.pick(&["drain", "reads", "down", "asked"]);
            let nil = self.rng.pick(&[
                "(*steps)(nil)",
                "(*mixed)(nil)",
                "(*behind)(nil)",
                "&behind{}",
                "through{}",
                "(*queue)(nil)",
            ]);
            self.guarded(&format!("show(\"n\", {call}({nil}, 2))"));
        }
        self.show(&acc, &Ty::Int(0));
    }

    /// Sorting by types with methods, and heaps.
    pub(super) fn ordered(&mut self) {
        let (seed, n) = (self.plain(), self.rng.below(70));
        let e = self.fresh("v");
        self.line(&format!("{e} := entries(ix({seed}, 1000), {n})"));
        for _ in 0..self.rng.range(1, 4) {
            let by = match self.rng.below(4) {
                0 => format!("byTag{{{e}}}"),
                1 => format!("sort.Reverse({e})"),
                2 => format!("sort.Reverse(byTag{{{e}}})"),
                _ => e.clone(),
            };
            match self.rng.below(5) {
                0 => self.line(&format!("sort.Stable({by})")),
                1 => self.line(&format!(
                    "sort.SliceStable({e}, func(i, j int) bool {{ return {e}[i].key%5 < {e}[j].key%5 }})"
                )),
                _ => self.line(&format!("sort.Sort({by})")),
            }
            self.trace(&format!("order({e}), sort.IsSorted({by})"));
        }
        let (h, i) = (self.fresh("v"), self.fresh("i"));
        let make = self.rng.pick(&["refs{}", "make(refs, 0, 4)"]);
        self.line(&format!("{h} := {make}"));
        self.open(&format!("for {i} := range {e}"));
        self.line(&format!("heap.Push(&{h}, &{e}[{i}])"));
        match self.rng.below(4) {
            0 => self.line(&format!("if {i}%3 == 2 {{ heap.Pop(&{h}).(*entry).key++ }}")),
            1 => self.line(&format!("{h}[{i}/2].key ^= 21; heap.Fix(&{h}, {i}/2)")),
            2 => self.line(&format!("if {i}%4 == 1 {{ heap.Remove(&{h}, len({h})/2) }}")),
            _ => self.line(&format!("if {i} == 9 {{ heap.Init(&{h}) }}")),
        }
        self.close("");
        let s = self.number_var("0");
        self.open(&format!("for len({h}) > 0"));
        self.line(&format!("{s} = {s}*31 + heap.Pop(&{h}).(*entry).key"));
        self.close("");
        self.show(&s, &Ty::Int(0));
    }
}

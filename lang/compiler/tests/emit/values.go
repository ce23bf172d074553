package main

import "errors"

type E struct{ code int }

func (e E) Error() string { return "E" }

type Big struct {
	a, b, c int
	s       string
	xs      []int
}

func mk(n int) Big           { return Big{n, n + 1, n + 2, "s", []int{n}} }
func (b Big) total() int     { return b.a + b.b + b.c + len(b.xs) }
func (b *Big) set(n int) *Big { b.a = n; return b }

type Inner struct{ n int }

func (i Inner) Get() int  { return i.n }
func (i *Inner) Inc()     { i.n++ }

type Mid struct{ *Inner }
type Outer struct {
	Mid
	Getter
	x int
}
type Getter interface{ Val() int }
type G5 struct{}

func (G5) Val() int { return 5 }

type Incer interface {
	Inc()
	Get() int
}
type Huge struct {
	arr [40]int
	n   int
}

func huge(h Huge) Huge { h.arr[3] = 99; h.n++; return h }

func named() (x int, s string) {
	defer func() { x *= 2; s += "!" }()
	x, s = 21, "hi"
	return x, s + "?"
}
func unnamed() (int, error) {
	defer func() { recover() }()
	var p *Big
	return p.a, nil
}
func rethrow() (msg string) {
	defer func() {
		msg = recover().(string)
	}()
	defer func() {
		r := recover()
		panic(r.(string) + "2")
	}()
	panic("p1")
}
func multi() (int, int, string) { return 1, 2, "x" }
func take(a, b int, s string) string { return s }
func anys(xs ...any) int { return len(xs) }

type T8 struct {
	a int8
	b uint16
	c float32
	d bool
}

var global = map[string][]int{"a": {1, 2}, "b": {3}}
var gs = Big{a: 1}
var ga [3]Big
var gp = &gs
var err1 = errors.New("boom")

const (
	A = iota
	B
	C
)

func main() {
	b := mk(3)
	c := b
	c.a = 100
	c.xs[0] = 77
	println(b.a, b.xs[0], c.total())
	println(mk(5).total(), mk(6).xs[0], b.set(9).a, b.a)
	o := Outer{Mid: Mid{&Inner{4}}, Getter: G5{}}
	o.Inc()
	o.Mid.Inner.Inc()
	println(o.Get(), o.Val(), o.n)
	var in Incer = o
	in.Inc()
	println(in.Get(), o.n)
	var in2 Incer = &o
	in2.Inc()
	println(in2.Get())
	var gt Getter = o
	println(gt.Val())
	f := Incer.Get
	println(f(o))
	g := (*Inner).Inc
	g(o.Inner)
	println(o.n, Inner.Get(*o.Inner), Outer.Val(o))
	h := Huge{n: 1}
	h2 := huge(h)
	println(h.arr[3], h2.arr[3], h2.n, h == h2, h == Huge{n: 1})
	x, s := named()
	println(x, s)
	n, e := unnamed()
	println(n, e == nil)
	println(rethrow())
	println(take(multi()), anys(multi()), anys(), anys(1, "a", nil))
	var err error = E{3}
	if ee, ok := err.(E); ok {
		println(ee.code, err == E{3}, err == E{4})
	}
	println(err1.Error(), err1 == errors.New("boom"), err1 == err1)
	global["a"][1] = 50
	global["b"] = append(global["b"], 4, 5)
	println(global["a"][1], len(global["b"]))
	ga[1].xs = append(ga[1].xs, 5)
	ga[1].s = "glob"
	gp.a += 5
	println(ga[1].xs[0], ga[1].s, gs.a, len(ga))
	t := T8{-1, 65535, 1.5, true}
	pt := &t
	pt.a -= 127
	pt.a--
	pt.b++
	println(t.a, t.b, t.c, t.d)
	p8 := &t.a
	*p8 = -3
	u := t
	println(u.a, u == t, u.a < 0)
	ts := []T8{t, {a: 5}}
	ts[1].a -= 10
	println(ts[0].a, ts[1].a)
	m := map[T8]int{t: 4}
	println(m[u])
	mm := map[string]map[string]int{}
	mm["a"] = map[string]int{"z": 1}
	mm["a"]["y"]++
	println(len(mm["a"]), mm["q"]["w"])
	ms := map[int]Big{1: mk(1)}
	println(ms[1].b, ms[2].b, len(ms[1].xs))
	cnt := 0
	for k, v := range map[int]int{1: 2, 3: 4, 5: 6} {
		cnt += k * v
	}
	println(cnt)
	var arr [5]int
	for i := range 5 {
		arr[i] = i * i
	}
	for i, v := range arr {
		arr[4] = 1000
		print(i, v, " ")
	}
	println()
	for i, v := range &arr {
		arr[4] = 2000
		print(i, v, " ")
	}
	println()
	var nilm map[string]int
	println(nilm["a"], len(nilm))
	func() {
		defer func() { println(recover().(error).Error()) }()
		nilm["a"] = 1
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		var xs []int
		i := 5
		xs[i] = 1
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		var a any = "x"
		_ = a.(int)
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		z := 0
		println(1 / z)
	}()
	func() {
		defer func() { println(recover().(error).Error()) }()
		xs := make([]int, 3)
		k := 2
		_ = xs[k:1]
	}()
	var i8 int8 = -128
	println(-i8, i8-1, i8*i8, i8/-1, uint8(i8), uint32(i8), i8>>1)
	var u32 uint32 = 1 << 31
	println(u32<<1, u32*2, ^u32, -u32, u32>>31)
	var sh uint = 70
	println(1<<sh == 0, -1>>sh, uint64(1)<<63>>sh)
	var i64 int64 = -1 << 63
	println(i64, -i64, i64/-1, i64%-1)
	fl := 3.99
	println(int(fl), int(-fl), uint8(fl), float32(0.1) == 0.1, float64(float32(0.1)) == 0.1)
	nan := fl - fl
	nan = nan / nan
	println(nan == nan, nan < 1, nan > 1, !(nan < 1), nan != nan)
	if nan < 1 || nan >= 1 {
		println("bad")
	} else {
		println("nan ok")
	}
	println(A, B, C)
	cp := make([]string, 2, 10)
	cp = append(cp, "a")
	println(len(cp), cap(cp), cp[2])
	var e2 any = cp
	println(len(e2.([]string)))
	ch := make(chan Big, 1)
	ch <- mk(8)
	bb, ok := <-ch
	println(bb.c, ok, len(ch), cap(ch))
	fn := func(fs ...func() int) (r int) {
		for _, f := range fs {
			r += f()
		}
		return
	}
	println(fn(func() int { return 1 }, func() int { return cnt }))
	var fact func(int) int
	fact = func(n int) int {
		if n == 0 {
			return 1
		}
		return n * fact(n-1)
	}
	println(fact(10))
	lit := [...]string{2: "c", 0: "a"}
	println(len(lit), lit[0]+lit[2])
	pb := &[]int{1, 2, 3}
	(*pb)[1] = 9
	println((*pb)[1], len(*pb))
	type pair struct{ a, b any }
	pr := pair{1, "x"}
	println(pr == pair{1, "x"}, pr == pair{1, "y"})
	var st struct {
		x, y int
		in   struct{ z string }
	}
	st.in.z = "deep"
	println(st.in.z, st.x)
	sw := 5
	switch {
	case sw > 3 && sw < 10:
		println("mid")
	case sw > 1:
		println("low")
	}
	switch sw := sw * 2; sw {
	case 1, 2, 3, 4, 5, 6, 7, 8, 9:
		println("small")
	case 10:
		println("ten")
	}
	switch x := any(sw).(type) {
	case int, int8:
		println(x == 5)
	}
	var z8 [0]int
	println(len(z8), z8 == [0]int{})
	var es struct{}
	me := map[string]struct{}{"a": es}
	_, has := me["a"]
	println(has)
	sc := make(chan struct{}, 1)
	sc <- struct{}{}
	<-sc
	println("done")
}

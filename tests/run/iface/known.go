// Interfaces whose type is known at the call, in corners: methods of a parameter that are called without asking what it is.
package main

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// A value receiver: the interface holds a copy.
type pair struct{ a, b int }

func (p pair) Sum() int     { return p.a + p.b }
func (p pair) Bump(n int) int {
	p.a += n
	return p.a
}

type summer interface {
	Sum() int
	Bump(n int) int
}

var spy *pair

func sums(s summer, n int) (t int) {
	for i := 0; i < n; i++ {
		t += s.Sum() + s.Bump(i)
		if spy != nil {
			spy.a += 100
		}
	}
	return t
}

func copies() {
	p := pair{1, 2}
	fmt.Println(sums(p, 3), p)
	spy = &p
	fmt.Println(sums(p, 3), p)
	fmt.Println(sums(&p, 3), p)
	fmt.Println(sums(spy, 3), p)
	spy = nil
}

// What is behind the pointer changes between calls, and while arguments are evaluated.
type box struct{ v, w int }

func (b box) Add(n int) int     { return b.v + b.w + n }
func (b *box) Set(n int) int    { b.v = n; return n }
func (b *box) Swap() *box       { b.v, b.w = b.w, b.v; return b }

type adder interface {
	Add(n int) int
	Set(n int) int
	Swap() *box
}

func order(a adder, n int) (t int) {
	for i := 1; i <= n; i++ {
		t = t*7 + a.Add(a.Set(i))
		t += a.Add(a.Swap().w)
		t += a.Add(func() int { a.Set(50 + i); return 1 }())
	}
	return t
}

// Slices whose headers change behind the pointer.
type stack []int

func (s stack) Len() int       { return len(s) }
func (s stack) At(i int) int   { return s[i] }
func (s *stack) Push(x int)    { *s = append(*s, x) }
func (s *stack) Drop()         { *s = (*s)[:len(*s)-1] }

type pusher interface {
	Len() int
	At(i int) int
	Push(x int)
	Drop()
}

func grow(p pusher, n int) (t int) {
	for i := 0; i < n; i++ {
		p.Push(i * i)
		t += p.At(p.Len() - 1)
		if i%3 == 0 {
			p.Push(-1)
			t += p.At(p.Len()-1) * p.Len()
			p.Drop()
		}
	}
	return t
}

type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { *h = append(*h, x.(int)) }
func (h *ints) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type job struct {
	name     string
	pri, pos int
}
type jobs []*job

func (q jobs) Len() int           { return len(q) }
func (q jobs) Less(i, j int) bool { return q[i].pri > q[j].pri }
func (q jobs) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].pos = i
	q[j].pos = j
}
func (q *jobs) Push(x any) {
	j := x.(*job)
	j.pos = len(*q)
	*q = append(*q, j)
}
func (q *jobs) Pop() any {
	old := *q
	j := old[len(old)-1]
	old[len(old)-1] = nil
	j.pos = -1
	*q = old[:len(old)-1]
	return j
}

func heaps() {
	h := &ints{5, 2, 8}
	heap.Init(h)
	for i := 20; i > 0; i -= 3 {
		heap.Push(h, i)
	}
	fmt.Println(*h)
	heap.Remove(h, 2)
	(*h)[0] = 100
	heap.Fix(h, 0)
	for h.Len() > 0 {
		fmt.Print(heap.Pop(h), " ")
	}
	fmt.Println(len(*h), cap(*h) >= 10)

	var q jobs
	list := []*job{{"a", 3, 0}, {"b", 1, 0}, {"c", 4, 0}, {"d", 1, 0}, {"e", 5, 0}}
	for _, j := range list {
		heap.Push(&q, j)
	}
	list[1].pri = 10
	heap.Fix(&q, list[1].pos)
	heap.Remove(&q, list[2].pos)
	for q.Len() > 0 {
		j := heap.Pop(&q).(*job)
		fmt.Print(j.name, j.pri, j.pos, " ")
	}
	fmt.Println()
}

// Sorting.
type people []struct {
	name string
	age  int
}

func (p people) Len() int           { return len(p) }
func (p people) Less(i, j int) bool { return p[i].age < p[j].age }
func (p people) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

type byName struct{ people }

func (b byName) Less(i, j int) bool { return b.people[i].name < b.people[j].name }

type columns struct {
	keys  []string
	vals  []int
	swaps int
}

func (c *columns) Len() int           { return len(c.keys) }
func (c *columns) Less(i, j int) bool { return c.keys[i] < c.keys[j] }
func (c *columns) Swap(i, j int) {
	c.keys[i], c.keys[j] = c.keys[j], c.keys[i]
	c.vals[i], c.vals[j] = c.vals[j], c.vals[i]
	c.swaps++
}

func sorting() {
	p := people{}
	for i := 0; i < 60; i++ {
		p = append(p, struct {
			name string
			age  int
		}{fmt.Sprintf("n%02d", i*37%60), i * 7 % 10})
	}
	show := func() {
		for _, x := range p {
			fmt.Print(x.name, x.age, " ")
		}
		fmt.Println()
	}
	sort.Sort(byName{p})
	show()
	sort.Stable(p)
	show()
	sort.Sort(p)
	show()
	sort.Sort(sort.Reverse(byName{p}))
	show()
	fmt.Println(sort.IsSorted(p), sort.IsSorted(byName{p}), sort.IsSorted(sort.Reverse(byName{p})))
	c := &columns{keys: strings.Fields("the quick brown fox jumps over the lazy dog and runs away from all of them")}
	for i := range c.keys {
		c.vals = append(c.vals, i)
	}
	sort.Sort(c)
	fmt.Println(c.keys, c.vals, c.swaps)
	x := []int{3, 1, 2}
	sort.Sort(sort.IntSlice(x))
	fmt.Println(x)
	sort.Sort(sort.Reverse(sort.IntSlice(x)))
	fmt.Println(x)
}

// Promoted methods: through values, pointers, and interfaces.
type inner struct{ n int }

func (i inner) Get() int   { return i.n }
func (i *inner) Inc()      { i.n++ }

type byValue struct {
	pad int
	inner
}
type byPointer struct {
	pad string
	*inner
}
type deep struct {
	byValue
	other int
}
type counter interface {
	Get() int
	Inc()
}
type wrapped struct {
	counter
	calls int
}

func (w *wrapped) Inc() { w.calls++; w.counter.Inc() }

func count(c counter, n int) (t int) {
	for i := 0; i < n; i++ {
		c.Inc()
		t = t*3 + c.Get()
	}
	return t
}

func promoted() {
	v := byValue{1, inner{2}}
	fmt.Println(count(&v, 3), v)
	p := byPointer{"x", &inner{5}}
	fmt.Println(count(p, 3), p.n)
	fmt.Println(count(&p, 3), p.n)
	d := deep{byValue{0, inner{7}}, 8}
	fmt.Println(count(&d, 2), d)
	w := &wrapped{counter: &d}
	fmt.Println(count(w, 2), w.calls, d)
	fmt.Println(count(wrapped{counter: p}.counter, 1), p.n)
}

// Panics and nil.
type maybe struct{ x int }

func (m maybe) Val() int  { return m.x }
func (m *maybe) Ptr() int {
	if m == nil {
		return -1
	}
	return m.x
}

type valuer interface {
	Val() int
	Ptr() int
}

var trail []string

func step(s string) int {
	trail = append(trail, s)
	return len(trail)
}

func values(v valuer, n int, log bool) (t int) {
	for i := 0; i < n; i++ {
		t += v.Ptr()
		if log {
			step("ptr")
		}
		t += v.Val()
	}
	return t
}

type argued struct{ *maybe }

func (a argued) Two(i, j int) int { return i + j }
func (m *maybe) Three(i int) int  { return m.x + i }
func (m maybe) Four(i int) int    { return m.x + i }

type arguing interface {
	Two(i, j int) int
	Three(i int) int
	Four(i int) int
}

func argue(a arguing, k int) (t int) {
	for i := 0; i < 2; i++ {
		t += a.Two(step("two"), k)
		if k == 1 {
			t += a.Four(step("four"))
		}
		t += a.Three(step("three"))
	}
	return t
}

func caught(name string, f func() int) {
	trail = nil
	defer func() {
		r := recover()
		if e, ok := r.(error); ok {
			r = e.Error()
		}
		fmt.Println(name, "panics:", r, trail)
	}()
	fmt.Println(name, f())
}

func panics() {
	var none *maybe
	some := &maybe{4}
	caught("some", func() int { return values(some, 2, false) })
	caught("none", func() int { return values(none, 2, true) })
	caught("no calls", func() int { return values(none, 0, true) })
	caught("argued", func() int { return argue(argued{some}, 1) })
	caught("argued nil", func() int { return argue(argued{}, 1) })
	caught("argued nil, pointer", func() int { return argue(argued{}, 0) })
	caught("pointer to argued", func() int { return argue(&argued{some}, 1) })
	var gone *argued
	caught("gone", func() int { return argue(gone, 1) })
	caught("index", func() int { return lesses(ints{1, 2}, 3) })
	caught("nil heap", func() int { var h *ints; heap.Push(h, 1); return 0 })
	caught("sort", func() int { sort.Sort((*columns)(nil)); return 0 })
	caught("job heap", func() int { heap.Pop(&jobs{}); return 0 })
}

type lesser interface{ Less(i, j int) bool }

func lesses(l lesser, n int) (t int) {
	for i := 1; i < n; i++ {
		if l.Less(i-1, i) {
			t++
		}
	}
	return t
}

// The parameter as a value: compared, asserted, switched on, kept, sent, captured, passed on.
type shape interface {
	Area() int
}
type square struct{ s int }
type rect struct{ w, h int }
type unit struct{}
type small int8
type fn func() int

func (s square) Area() int { return s.s * s.s }
func (r *rect) Area() int  { return r.w * r.h }
func (unit) Area() int     { return 1 }
func (s small) Area() int  { return int(s) }
func (f fn) Area() int     { return f() }
func (r *rect) String() string { return fmt.Sprint("rect ", r.w, "x", r.h) }

var keptShape shape

func use(s shape, n int) string {
	t := 0
	for i := 0; i < n; i++ {
		t += s.Area()
	}
	if keptShape == nil {
		keptShape = s
	}
	name := "other"
	switch x := s.(type) {
	case square:
		name = fmt.Sprint("square ", x.s)
	case *rect:
		x.w++
		name = "rect"
	case small:
		x++
		name = fmt.Sprint("small ", x)
	}
	if st, ok := s.(fmt.Stringer); ok {
		name += " " + st.String()
	}
	f := func() int { return s.Area() }
	g := s.Area
	ch := make(chan shape, 1)
	ch <- s
	return fmt.Sprint(t, name, f(), g(), (<-ch).Area(), keptShape == s, s != nil)
}

func asValue() {
	r := &rect{2, 3}
	fmt.Println(use(square{3}, 2))
	fmt.Println(use(r, 2), *r)
	fmt.Println(use(unit{}, 2))
	fmt.Println(use(small(-128), 2))
	fmt.Println(use(small(5), 300))
	fmt.Println(use(shape(square{3}), 1))
	var s shape = r
	fmt.Println(use(s, 1))
	keptShape = r
	fmt.Println(use(r, 1))
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(use(fn(func() int { return 7 }), 1))
	}()
}

// Parameters that change.
func changed(s shape, n int) (t int) {
	for i := 0; i < n; i++ {
		t = t*2 + s.Area()
		if i == 1 {
			s = square{i + 1}
		}
	}
	return t
}
func changedLater(s shape, n int) (t int) {
	p := &s
	for i := 0; i < n; i++ {
		t = t*2 + s.Area()
		*p = small(i)
	}
	return t
}
func changedWithin(s shape, n int) (t int) {
	next := func() { s = unit{} }
	for i := 0; i < n; i++ {
		t = t*2 + s.Area()
		next()
	}
	return t
}

// Recursion, other interfaces on the way, several parameters, variadic ones, methods, generics, functions.
type node struct {
	l, r *node
	v    int
}
type visitor interface {
	Visit(n *node)
	Stop() bool
}
type totals struct{ sum, n, most int }

func (t *totals) Visit(n *node) { t.sum += n.v; t.n++ }
func (t *totals) Stop() bool    { return t.most > 0 && t.n >= t.most }

func (n *node) walk(v visitor) {
	if n == nil || v.Stop() {
		return
	}
	n.l.walk(v)
	v.Visit(n)
	n.r.walk(v)
}

type stopper interface{ Stop() bool }

func stops(s stopper, n int) (k int) {
	for i := 0; i < n; i++ {
		if s.Stop() {
			k++
		}
	}
	return k
}
func both(v visitor, s shape, f func(int) int, more ...shape) (t int) {
	for i := 0; i < 3; i++ {
		v.Visit(&node{v: f(i)})
		t += s.Area() + stops(v, 2)
		for _, m := range more {
			t += m.Area()
		}
	}
	return t
}
func generic[T any, S shape](x T, s S, n int) (T, int) {
	t := 0
	for i := 0; i < n; i++ {
		t += s.Area()
	}
	return x, t + len(use(s, n))
}
func results() (shape, int) { return square{4}, 2 }

func others() {
	keptShape = nil
	var t *node
	for i := 10; i > 0; i-- {
		t = &node{l: t, v: i}
	}
	v := &totals{most: 7}
	t.walk(v)
	fmt.Println(*v)
	k := 10
	fmt.Println(both(v, square{2}, func(i int) int { return i * k }, unit{}, small(3)), *v)
	fmt.Println(both(v, small(2), func(i int) int { k++; return k }), *v)
	fmt.Println(changed(square{5}, 4), changedLater(square{5}, 4), changedWithin(square{5}, 4))
	fmt.Println(changed(&rect{5, 1}, 4), changedLater(small(5), 4), changedWithin(unit{}, 4))
	fmt.Println(generic("x", square{3}, 2))
	fmt.Println(generic(1, shape(small(3)), 2))
	fmt.Println(use(results()))
	a := order(&box{1, 2}, 4)
	b := &box{1, 2}
	fmt.Println(a, order(b, 4), *b)
	var s stack
	fmt.Println(grow(&s, 8), s)
	st := &stack{1, 2}
	fmt.Println(grow(st, 8), *st)
}

// Writers.
type upper struct{ w io.Writer }

func (u upper) Write(p []byte) (int, error) {
	return u.w.Write([]byte(strings.ToUpper(string(p))))
}

type limited struct {
	left int
	buf  []byte
}

var errFull = errors.New("full")

func (l *limited) Write(p []byte) (n int, err error) {
	for _, c := range p {
		if l.left == 0 {
			return n, errFull
		}
		l.left--
		l.buf = append(l.buf, c)
		n++
	}
	return n, nil
}

func emit(w io.Writer, words ...string) (n int, err error) {
	for _, s := range words {
		k, err := w.Write([]byte(s))
		n += k
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func writers() {
	l := &limited{left: 12}
	fmt.Println(emit(upper{l}, "one ", "two ", "three ", "four"))
	fmt.Println(string(l.buf))
	fmt.Println(emit(l, "x"))
	fmt.Println(emit(os.Stdout, "plain ", "words\n"))
	var sb strings.Builder
	fmt.Println(emit(&sb, "a", "b"))
	fmt.Println(sb.String())
}

func main() {
	copies()
	heaps()
	sorting()
	promoted()
	panics()
	asValue()
	others()
	writers()
	defer fmt.Println("end")
	defer heap.Init(&ints{3, 2, 1})
	done := make(chan bool)
	go func() { sort.Sort(ints{2, 1}); done <- true }()
	<-done
}

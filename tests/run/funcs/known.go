// Functions that get literals, in corners: what is called through a parameter that is known at the call.
package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
)

func apply(xs []int, f func(int) int) []int {
	out := make([]int, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

func each(xs []int, f func(int)) {
	for i := range xs {
		f(xs[i])
	}
}

// Captured variables that change meanwhile, here and there.
func captured() {
	n, k := 0, 10
	fmt.Println(apply([]int{1, 2, 3}, func(x int) int { n += x; return n * k }), n)
	k = 100
	fmt.Println(apply([]int{1, 2, 3}, func(x int) int { n -= x; return n * k }), n)
	total := 0
	add := func(x int) { total += x }
	each([]int{1, 2}, add)
	add(10)
	each([]int{3}, add)
	fmt.Println(total)
	var list [3]int
	each([]int{0, 1, 2}, func(i int) { list[i] = i * i })
	fmt.Println(list)
	p := &list
	each([]int{0, 1}, func(i int) { p[i]++ })
	fmt.Println(list)
	s := struct{ a, b int }{1, 2}
	each([]int{5, 6}, func(i int) { s.a, s.b = s.b, s.a+i })
	fmt.Println(s)
	var iface any = 3
	each([]int{7}, func(i int) { iface = fmt.Sprint(iface, i) })
	fmt.Println(iface)
}

// While it runs, the callee changes what the literal captures.
type counter struct{ n int }

func (c *counter) times(k int, f func() int) (sum int) {
	for range k {
		c.n++
		sum += f()
	}
	return sum
}
func (c counter) sum(xs []int, f func(c counter, x int) int) (sum int) {
	for _, x := range xs {
		c.n++
		sum += f(c, x)
	}
	return sum
}

var global = 1

func withGlobal(k int, f func() int) (sum int) {
	for range k {
		global *= 2
		sum += f()
	}
	return sum
}

func changed() {
	var c counter
	fmt.Println(c.times(4, func() int { return c.n }))
	fmt.Println(c.sum([]int{1, 2}, func(d counter, x int) int { return d.n*10 + x + c.n }), c.n)
	fmt.Println(withGlobal(5, func() int { return global }))
}

// Recursion.
type tree struct {
	left, right *tree
	v           int
}

func (t *tree) walk(visit func(int)) {
	if t == nil {
		return
	}
	t.left.walk(visit)
	visit(t.v)
	t.right.walk(visit)
}
func (t *tree) insert(v int) *tree {
	if t == nil {
		return &tree{v: v}
	}
	if v < t.v {
		t.left = t.left.insert(v)
	} else {
		t.right = t.right.insert(v)
	}
	return t
}
func (t *tree) sum() (s int) {
	t.walk(func(v int) { s += v })
	return s
}

// Each level has its own literal, which calls that of the level above.
func levels(n int, visit func(int)) {
	total := n
	if n > 0 {
		levels(n-1, func(x int) { total += x; visit(x * 10); total++ })
	}
	for range 2 {
		visit(total)
	}
}

// The same with a parameter and a variable of the same name in the literal.
func nested(n int, f func(n int) int) int {
	k := 2 * n
	for range 2 {
		k += f(k)
	}
	if n == 0 {
		return k
	}
	return nested(n-1, func(n int) int { k++; return k + n }) + k
}

// Parameters that change places.
func even(n int, f, g func(int) int) int {
	if n <= 0 {
		return f(n)
	}
	return f(n) + odd(n-1, g, f)
}
func odd(n int, f, g func(int) int) int {
	if n <= 0 {
		return g(n)
	}
	return g(n) - even(n-1, g, f)
}

func recursion() {
	var t *tree
	for _, v := range []int{5, 2, 8, 1, 9, 3} {
		t = t.insert(v)
	}
	var order []int
	t.walk(func(v int) { order = append(order, v) })
	fmt.Println(order, t.sum())
	levels(4, func(x int) { fmt.Print(x, " ") })
	fmt.Println()
	fmt.Println(nested(4, func(n int) int { return n }))
	fmt.Println(even(7, func(n int) int { return n }, func(n int) int { return n * n }))
	fix := func(f func(int) int, n int) int {
		for n < 100 {
			n = f(n)
		}
		return n
	}
	fmt.Println(fix(func(n int) int { return n + 7 }, 1), fix(func(n int) int { return n * 3 }, 1))
}

// Generic ones.
func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, len(xs))
	for i, x := range xs {
		out[i] = f(x)
	}
	return out
}
func Filter[T any](xs []T, keep func(T) bool) (out []T) {
	for _, x := range xs {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}
func Reduce[T, A any](xs []T, a A, f func(A, T) A) A {
	for _, x := range xs {
		a = f(a, x)
	}
	return a
}

// Its literal is another one in each instance, and it calls itself as another instance.
func pairs[T any, F func(T) string | func(T, T) string](xs []T, n int, show func(T) string) string {
	type pair struct{ a, b T }
	ps := Map(xs, func(x T) pair { return pair{x, x} })
	text := strings.Join(Map(ps, func(p pair) string { return show(p.a) + show(p.b) }), ",")
	if n > 0 {
		text += ";" + pairs[string, func(string) string](Map(xs, show), n-1, func(s string) string { return "<" + s + ">" })
	}
	return text
}

type number interface{ ~int | ~float64 }

func sumOf[N number](xs []N, f func(N) N) (s N) {
	for _, x := range xs {
		s += f(x)
	}
	return s
}
func squares[N number](xs []N) N { return sumOf(xs, func(x N) N { return x * x }) }
func twice[N number](x N) N      { return x + x }

type list[T any] struct{ items []T }

func (l *list[T]) each(f func(int, T)) {
	for i, x := range l.items {
		f(i, x)
	}
}
func (l *list[T]) add(xs ...T)   { l.items = append(l.items, xs...) }
func (l list[T]) first() T       { return l.items[0] }
func firstOf[T any](l list[T]) T { return l.first() }

func applyAny[F func(int) int](n int, f F) (s int) {
	for i := range n {
		s += f(i)
	}
	return s
}

func generics() {
	words := []string{"a", "bcd", "ef"}
	lens := Map(words, func(s string) int { return len(s) })
	fmt.Println(lens, Map(lens, func(n int) string { return strings.Repeat("x", n) }))
	min := 1
	fmt.Println(Filter(lens, func(n int) bool { return n > min }), Filter(words, func(s string) bool { return s > "b" }))
	fmt.Println(Reduce(words, 0, func(n int, s string) int { return n*10 + len(s) }), Reduce(lens, "", func(s string, n int) string { return s + fmt.Sprint(n) }))
	fmt.Println(pairs[int, func(int) string](lens, 2, func(n int) string { return fmt.Sprint(n * n) }))
	fmt.Println(squares([]int{1, 2, 3}), squares([]float64{0.5, 1.5}))
	fmt.Println(sumOf([]int{1, 2}, twice), sumOf([]float64{0.25, 2}, twice[float64]))
	var l list[string]
	l.add("p", "q")
	text := ""
	l.each(func(i int, s string) { text += fmt.Sprint(i, s) })
	m := list[float64]{[]float64{1.5, 2.5}}
	sum := 0.0
	m.each(func(i int, x float64) { sum += x * float64(i+1) })
	fmt.Println(text, sum, firstOf(l), firstOf(m))
	fmt.Println(applyAny(4, func(i int) int { return i * min }))
}

// What is no clone, or one that keeps the function as a value.
func reassigned(n int, f func(int) int) (s int) {
	for i := range n {
		s += f(i)
		f = func(x int) int { return -x }
	}
	return s
}
func addressed(n int, f func(int) int) (s int) {
	p := &f
	for i := range n {
		s += f(i)
		if i == 1 {
			*p = func(x int) int { return 100 }
		}
	}
	return s
}
func kept(n int, f func(int) int) []func(int) int {
	var out []func(int) int
	for i := range n {
		out = append(out, f, func(x int) int { return f(f(x)) + i })
		f(i)
	}
	return out
}
func shadowed(n int, f func(int) int) (s int) {
	for i := range n {
		s += f(i)
		f := func(x int) int { return x * 1000 }
		s += f(i)
	}
	return s
}
func variadic(f func(int) int, xs ...int) (s int) {
	for _, x := range xs {
		s += f(x)
	}
	return s
}
func many(n int, fs ...func(int) int) (s int) {
	for i := range n {
		for _, f := range fs {
			s += f(i)
		}
	}
	return s
}
func two() (func(int) int, int)              { return func(x int) int { return x + 5 }, 3 }
func twoArgs(f func(int) int, n int) (s int) { s = applyAny(n, f); return s }

type op func(int) int

func (o op) twice(n int) (s int) {
	for range n {
		s += o(o(1))
	}
	return s
}
func useOp(n int, o op) (s int) {
	for i := range n {
		s += o(i) + o.twice(1)
	}
	return s
}

func values() {
	calls := 0
	f := func(x int) int { calls++; return x + 1 }
	fmt.Println(reassigned(4, f), addressed(4, f), shadowed(3, f), calls)
	for _, g := range kept(2, f) {
		fmt.Print(g(10), " ")
	}
	fmt.Println(calls)
	fmt.Println(variadic(f, 1, 2, 3), variadic(f), many(3, f, func(x int) int { return x * x }), twoArgs(two()))
	fmt.Println(useOp(3, func(x int) int { return x + calls }), useOp(2, f))
	g := f
	fmt.Println(apply([]int{1}, g), calls)
	g = func(x int) int { return 7 * x }
	fmt.Println(apply([]int{1}, g), calls)
}

// Loop variables, closures from closures, several results.
func build(n int, make func(int) func() int) []func() int {
	var out []func() int
	for i := range n {
		out = append(out, make(i))
	}
	return out
}
func split(xs []int, f func(int) (int, string, error)) (sum int, text string, err error) {
	for _, x := range xs {
		n, s, e := f(x)
		if e != nil {
			return sum, text, e
		}
		sum += n
		text += s
	}
	return
}

func literals() {
	for i := range 3 {
		fmt.Print(apply([]int{1, 2}, func(x int) int { return x*10 + i }), " ")
	}
	for i := 0; i < 4; i++ {
		each([]int{1}, func(x int) { i += x })
		fmt.Print(i, " ")
	}
	fmt.Println()
	base := 5
	for _, f := range build(3, func(i int) func() int { base++; return func() int { base++; return base*10 + i } }) {
		fmt.Print(f(), " ")
	}
	fmt.Println(base)
	stop := errors.New("stop")
	parse := func(x int) (int, string, error) {
		if x > 3 {
			return 0, "", stop
		}
		return x * x, fmt.Sprint(x), nil
	}
	fmt.Println(split([]int{1, 2, 3}, parse))
	fmt.Println(split([]int{1, 5, 3}, parse))
}

// nil, panics, recover, defer, goroutines.
func guarded(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}
func protect(xs []int, f func(int) int) (out []int) {
	for _, x := range xs {
		func() {
			defer func() {
				if r := recover(); r != nil {
					out = append(out, -1)
				}
			}()
			out = append(out, f(x))
		}()
	}
	return out
}
func later(n int, f func(int)) {
	for i := range n {
		defer f(i)
	}
	f(n)
}
func spread(n int, f func(int) int) (sum int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			v := f(i)
			mu.Lock()
			sum += v
			mu.Unlock()
		}()
	}
	wg.Wait()
	return sum
}
func sender(n int, c chan int, f func(int) int) {
	for i := range n {
		c <- f(i)
	}
	close(c)
}

func ends() {
	guarded("nil", func() { apply([]int{1}, nil) })
	var none func(int) int
	guarded("nil variable", func() { apply([]int{1}, none) })
	fmt.Println(apply(nil, nil), len(apply(nil, none)))
	n := 0
	guarded("index", func() { apply([]int{1, 2, 3}, func(x int) int { n++; return []int{0, 1}[x] }) })
	fmt.Println(n)
	fmt.Println(protect([]int{1, 0, 2}, func(x int) int { return 10 / x }))
	guarded("panic", func() { each([]int{1, 2}, func(x int) { n += x; panic(fmt.Sprint("at ", x, n)) }) })
	later(3, func(i int) { fmt.Print(i, " ") })
	fmt.Println()
	k := 3
	fmt.Println(spread(10, func(i int) int { return i * k }))
	c := make(chan int)
	go sender(4, c, func(i int) int { return i + k })
	for v := range c {
		fmt.Print(v, " ")
	}
	fmt.Println()
	// recover in the literal is not called by a deferred function directly.
	guarded("recovering", func() {
		each([]int{1}, func(x int) {
			defer func() { fmt.Println("inner", recover()) }()
			panic(x)
		})
	})
}

// Arguments are evaluated in order, each once.
func trace(s string, n int) int { fmt.Print(s, " "); return n }
func three(a int, f func(int) int, b int) (s int) {
	for i := a; i < b; i++ {
		s += f(i)
	}
	return s
}

func order() {
	k := 1
	fmt.Println(three(trace("a", 0), func(x int) int { return x * k }, trace("b", 4)))
	f := func(x int) int { return x - k }
	fmt.Println(three(trace("c", k), f, trace("d", 2+func() int { k = 3; return k }())))
}

type byLen []string

func (b byLen) Len() int           { return len(b) }
func (b byLen) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func library() {
	xs := []int{}
	for i := range 40 {
		xs = append(xs, i*7919%41)
	}
	compares := 0
	sort.Slice(xs, func(i, j int) bool { compares++; return xs[i] > xs[j] })
	fmt.Println(xs, compares)
	words := strings.FieldsFunc("one,two;three four", func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	sort.Sort(byLen(words))
	fmt.Println(words, sort.Search(100, func(i int) bool { return i*i > 50 }))
	fmt.Println(strings.Map(func(r rune) rune {
		switch {
		case r == 'a':
			return -1
		case r < 'n':
			return r + 1
		}
		return r
	}, "banana split"), strings.IndexFunc("abc", func(r rune) bool { return r > 'a' }))
}

func main() {
	captured()
	changed()
	recursion()
	generics()
	values()
	literals()
	ends()
	order()
	library()
}

// Small functions stand in the place of their calls, and nobody can tell.
package main

import (
	"fmt"
	"runtime"
	"strings"
)

type point struct{ x, y int }

func (p point) sum() int         { return p.x + p.y }
func (p *point) move(d int)      { p.x, p.y = p.x+d, p.y-d }
func (p point) moved() point     { p.x++; return p }
func (p *point) get() (a, b int) { return p.y, p.x }

func id(n int) int             { return n }
func add(a, b int) int         { return a + b }
func swap(a, b int) (int, int) { return b, a }
func bump(n int) int           { n *= 2; n++; return n }
func address(n int) *int       { return &n }
func sign(n int) string {
	if n < 0 {
		return "minus"
	} else if n == 0 {
		return "zero"
	}
	return "plus"
}
func day(n int) string {
	switch n {
	case 0, 6:
		return "rest"
	case 3:
		if n > 2 {
			break
		}
		fallthrough
	default:
		return "work"
	}
	return "half"
}
func even(n int) bool { return n%2 == 0 }
func odd(n int) bool  { return !even(n) }
func ping(n int) int {
	if n <= 0 {
		return 0
	}
	return 1 + pong(n-1)
}
func pong(n int) int {
	if n <= 0 {
		return 0
	}
	return 10 + ping(n-1)
}
func narrow(a, b int8) int8       { return a + b }
func boxed(x any) bool            { return x == 3 }
func shown(p point) any           { return p }
func first(xs []int) int          { return xs[0] }
func text(s string, n int) string { return s[n:] }
func order(a, b int) int          { trace = append(trace, a, b); return a - b }

var trace []int

func step(n int) int { trace = append(trace, n); return n }

type T struct{ p *point }

func (t T) deep() int { return t.p.x }

type outer struct {
	T
	n int
}

func where() string {
	_, file, line, ok := runtime.Caller(1)
	return fmt.Sprint(file[strings.LastIndex(file, "/")+1:], ":", line, " ", ok)
}
func here() string { return where() }

func try(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

func main() {
	p := point{1, 2}
	p.move(id(3))
	fmt.Println(p, p.sum(), p.moved(), p)
	a, b := p.get()
	a, b = swap(a, b)
	fmt.Println(a, b, add(bump(a), bump(b)), a, b)
	a = add(a, a)
	a, b = swap(b, a)
	fmt.Println(a, b)
	x := address(a)
	y := address(a)
	*x++
	fmt.Println(*x, *y, a, x == y)
	for i := -1; i < 2; i++ {
		fmt.Print(sign(i), " ", day(i+3), " ", odd(i), " ")
	}
	fmt.Println(day(6), ping(7))
	fmt.Println(narrow(100, 100), boxed(3), boxed("3"), shown(p), text("abc", 1))
	n := 0
	for i := 0; i < 10; i++ {
		if even(i) && !odd(i) || odd(n) {
			n += id(i)
		}
	}
	fmt.Println(n, order(step(1), order(step(2), step(3))), trace)
	o := outer{T{&p}, 7}
	fmt.Println(o.deep(), o.n)
	fmt.Println(here())
	var ptrs []*int
	for i := range 3 {
		ptrs = append(ptrs, address(i))
	}
	fmt.Println(*ptrs[0], *ptrs[1], *ptrs[2])
	var none *point
	try("nil", func() { none.move(1) })
	try("nil value", func() { fmt.Println(none.sum()) })
	try("index", func() { fmt.Println(first(nil)) })
	try("slice", func() { fmt.Println(text("abc", 9)) })
	try("embedded", func() { fmt.Println(outer{}.deep()) })
	c := p.sum
	p.x = 100
	fmt.Println(c(), point.sum(p), (*point).sum(&p))
}

// Literals that are only called need no closure: what they change of the variables around must be seen everywhere all the same.
package main

import (
	"fmt"
	"runtime"
)

type P struct{ x, y int }

func named() (n int) {
	inc := func() { n++ }
	inc()
	inc()
	return n + 1
}

func recovered() (n int) {
	defer func() { recover() }()
	inc := func() {
		n++
		if n == 2 {
			panic("x")
		}
	}
	inc()
	inc()
	return 10
}

func safe() int {
	n := 0
	inc := func() { n++; panic("x") }
	try := func() {
		defer func() { recover() }()
		inc()
	}
	try()
	try()
	return n
}

func dfs(g [][]int) (int, []int) {
	seen := make([]bool, len(g))
	count := 0
	var order []int
	var visit func(v int) bool
	visit = func(v int) bool {
		if seen[v] {
			return false
		}
		seen[v] = true
		count++
		for _, w := range g[v] {
			visit(w)
		}
		order = append(order, v)
		return true
	}
	for v := range g {
		visit(v)
	}
	return count, order
}

func mutual(n int) (bool, int) {
	var even, odd func(int) bool
	calls := 0
	even = func(n int) bool {
		calls++
		if n == 0 {
			return true
		}
		return odd(n - 1)
	}
	odd = func(n int) bool {
		calls++
		if n == 0 {
			return false
		}
		return even(n - 1)
	}
	return even(n), calls
}

func nested() int {
	a, b := 1, 2
	f := func(k int) int {
		c := k
		g := func() { c++; a += c }
		g()
		g()
		b = a * 2
		return c
	}
	x := f(10)
	y := f(20)
	return a*1000000 + b*1000 + x + y
}

func sw() string {
	k := 1
	next := func() int { k++; return 5 }
	switch k {
	case next():
		return "five"
	case 1:
		return "one"
	case 2:
		return "two"
	}
	return "none"
}

func order() []int {
	x := 1
	f := func(d int) int {
		x += d
		for i := 0; i < 1; i++ {
			x++
		}
		return x
	}
	var out []int
	out = append(out, f(1), f(2))
	p := P{x, f(3)}
	x += f(4)
	out = append(out, p.y, x)
	q := P{1, 2}
	sw := func() {
		q.x, q.y = q.y, q.x+10
		for i := 0; i < 2; i++ {
			q.x++
		}
	}
	sw()
	sw()
	return append(out, q.x, q.y)
}

func loops() []int {
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { return i })
	}
	for i, j := 0, 10; i < 3; i, j = i+1, j-1 {
		fs = append(fs, func() int { return i*100 + j })
		for k := 0; k < 2; k++ {
			fs = append(fs, func() int { return i + k })
		}
	}
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i++; return i })
		if i == 1 {
			i++
		}
	}
	for i := 0; i < 4; i++ {
		for ; i < 2; i++ {
			fs = append(fs, func() int { return i })
		}
	}
	var out []int
	for _, f := range fs {
		out = append(out, f())
	}
	return out
}

func gen[T any](xs []T, keep func(T) bool) ([]T, int) {
	var out []T
	n := 0
	add := func(x T) {
		for range 2 {
			n++
		}
		out = append(out, x)
	}
	for _, x := range xs {
		if keep(x) {
			add(x)
		}
	}
	return out, n
}

func nilcall() (s string) {
	defer func() { s = fmt.Sprint(recover()) }()
	var f func()
	f()
	f = func() { f() }
	return "no"
}

func caller() (list []string) {
	n := 0
	where := func() {
		for range 2 {
			n++
		}
		_, file, line, ok := runtime.Caller(1)
		list = append(list, fmt.Sprint(file[len(file)-2:], line > 0, ok, n))
	}
	again := func() { where(); where() }
	again()
	return list
}

func jumps() (out []int) {
	i := 0
again:
	x := i
	show := func() { x += 10; out = append(out, x) }
	show()
	i++
	if i < 3 {
		goto again
	}
	show()
	return
}

func inGoroutine() int {
	done := make(chan int)
	total := 0
	go func() {
		sum := 0
		var add func(n int)
		add = func(n int) {
			if n > 0 {
				sum += n
				add(n - 1)
			}
		}
		add(100)
		total += sum
		done <- sum
	}()
	return <-done + total
}

func overFunc() (int, int) {
	n, m := 0, 0
	inc := func() { n++; n += 0 * m }
	seq := func(yield func(int) bool) {
		for i := range 5 {
			m++
			if !yield(i) {
				return
			}
		}
	}
	for i := range seq {
		inc()
		if i == 3 {
			break
		}
	}
	return n, m
}

func deferred() (s string) {
	depth := 0
	defer func() { s = fmt.Sprint(s, recover(), depth) }()
	var down func()
	down = func() {
		depth++
		if depth == 5 {
			var p *P
			p.x = 1
		}
		down()
	}
	down()
	return "no"
}

func main() {
	fmt.Println(caller(), jumps(), inGoroutine())
	fmt.Println(overFunc())
	fmt.Println(deferred())
	fmt.Println(named(), recovered(), safe())
	fmt.Println(dfs([][]int{{1, 2}, {2, 3}, {0}, {}, {1}}))
	fmt.Println(mutual(11))
	fmt.Println(nested(), sw(), order(), loops())
	fmt.Println(gen([]int{1, 2, 3, 4}, func(x int) bool { return x%2 == 0 }))
	fmt.Println(gen([]string{"a", "bb"}, func(s string) bool { return len(s) > 1 }))
	fmt.Println(nilcall())
}

// Calls of literals that a variable keeps.
package main

import "fmt"

func outer(n int) (int, func() int) {
	count := 0
	inc := func(d int) int { count += d; return count }
	get := func() int { return count }
	abs := func(x int) int {
		if x < 0 {
			return -x
		}
		return x
	}
	for i := 0; i < n; i++ {
		if inc(i)%2 == 0 {
			count = abs(count - 20)
		}
	}
	return get() + abs(-3), get
}

func main() {
	a, get := outer(10)
	fmt.Println(a, get())
	var fs []func() int
	for i := 0; i < 3; i++ {
		square := func() int { i++; return i * i }
		fs = append(fs, square)
		fmt.Print(square(), " ")
		i--
	}
	fmt.Println(fs[0](), fs[1](), fs[2](), fs[0]())
	f := func() int { return 1 }
	g := f
	f = func() int { return 2 }
	fmt.Println(f(), g())
	two := func() (int, string) { return len(fs), "two" }
	n, s := two()
	fmt.Println(n, s)
	less := func(a, b []int) bool { return len(a) < len(b) }
	if less(nil, []int{1}) && !less([]int{1}, nil) {
		fmt.Println("less")
	}
	twice := func(x int) int { return x * 2 }
	four := func(x int) int { return twice(twice(x)) }
	fmt.Println(four(5), twice(four(1)))
	fact := func(n int) int { return n }
	_ = fact
	generic()
	defer func() { fmt.Println("recovered:", recover()) }()
	at := func(xs []int, i int) int { return xs[i] }
	fmt.Println(at([]int{4}, 0))
	fmt.Println(at(nil, 1))
}

func pair[T any](a, b T) (T, T) {
	swap := func() (T, T) { return b, a }
	return swap()
}

func generic() {
	a, b := pair("x", "y")
	c, d := pair([2]int{1, 2}, [2]int{3, 4})
	fmt.Println(a, b, c, d)
}

package main

import "fmt"

type T struct{ p *int }

func (t *T) deref(n int) int {
	x := n +
		*t.p
	return x
}

func inner(xs []int,
	i int) int {
	return xs[i]
}

func mid(f func(int) int) int {
	return f(
		3) + 1
}

type I interface{ deref(int) int }

func viaIface(i I) int {
	return i.deref(
		2)
}

func main() {
	defer func() {
		fmt.Println("deferred")
		panic("second")
	}()
	var i I = &T{}
	fmt.Println(mid(func(n int) int {
		y := n
		return y + viaIface(i)
	}))
}

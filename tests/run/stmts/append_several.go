// append of several operands: all of them come first, the array grows once.
package main

import "fmt"

type point struct {
	x, y int
	name string
}

type box struct {
	list  []int
	bytes []byte
	names []string
}

func (b *box) grow() int {
	b.list = append(b.list, 7)
	return len(b.list)
}

func show[T any](s []T) { fmt.Println(s, len(s), cap(s)) }

func fail() int { panic("operand") }

func main() {
	var a []int
	a = append(a, 1, 2)
	show(a)
	a = append(a, 3, 4, 5)
	show(a)
	a = append(a[:1], a[3], a[0], a[2])
	show(a)
	b := append([]byte(nil), 'a', 'b', 'c')
	show(b)
	b = append(b, 1, 2, 3, 4, 5, 6)
	show(b)
	c := append([]int32{1}, 2, 3)
	show(c)
	s := append([]string{"x"}, "y", "z", "w")
	show(s)
	p := append([]point{}, point{1, 2, "a"}, point{3, 4, "b"})
	show(p)
	i := append([]any{}, 1, "two", 3.0, nil, p[0])
	show(i)
	e := append([]struct{}{}, struct{}{}, struct{}{})
	fmt.Println(len(e))
	pp := append([]*point{}, &p[0], nil, &p[1])
	fmt.Println(len(pp), *pp[0], pp[1] == nil, *pp[2])
	f := append([]func() int{}, func() int { return 1 }, func() int { return len(a) })
	fmt.Println(f[0](), f[1]())

	// A slice that shares its array.
	base := make([]int, 2, 6)
	x := append(base, 1, 2)
	y := append(base, 3, 4)
	fmt.Println(x, y, cap(x), cap(y))
	z := append(base, 5, 6, 7, 8, 9)
	fmt.Println(base[:4], z, cap(z))

	var bx box
	for k := 0; k < 5; k++ {
		bx.list = append(bx.list, k, k*k)
		bx.bytes = append(bx.bytes, byte(k), '-')
		bx.names = append(bx.names, fmt.Sprint(k), "n")
	}
	fmt.Println(bx.list, string(bx.bytes[1]), bx.names, cap(bx.list), cap(bx.bytes), cap(bx.names))

	n := 0
	next := func() int { n++; return n }
	a = append(a[:0], next(), next(), next())
	show(a)
	a = append(a, len(a), cap(a), len(a))
	fmt.Println(a)
	func() {
		defer func() { fmt.Println(recover(), a) }()
		a = append(a, 1, fail(), 2)
	}()
	w := append([]int{}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34)
	show(w)
	m := [][]int{{1}, {2}}
	m[0] = append(m[0], m[1][0], m[0][0])
	m = append(m, m[0], append(m[1], 8, 9))
	fmt.Println(m)
	var total int
	for k := 0; k < 1000; k++ {
		var small []int
		small = append(small, k, k+1)
		small = append(small, k+2, k+3, k+4)
		total += len(small) + small[4]
	}
	fmt.Println(total)
}

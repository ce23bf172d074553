// Elements that change places: `x[i], x[j] = x[j], x[i]`, and what only looks like it.
package main

import "fmt"

type three struct {
	a int
	s string
	p *int
}

func caught(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

var calls int

func next() int { calls++; return calls }

type holder struct {
	xs   []three
	rows [][]int
	arr  [4]int
	m    map[int]int
}

func reverse[T any](x []T) {
	for i, j := 0, len(x)-1; i < j; i, j = i+1, j-1 {
		x[i], x[j] = x[j], x[i]
	}
}

func main() {
	n := 7
	t := []three{{1, "a", &n}, {2, "b", nil}, {3, "c", &n}}
	i, j := 0, 2
	t[i], t[j] = t[j], t[i]
	fmt.Println(t[0].a, t[0].s, *t[0].p, t[2].s)
	t[i], t[i] = t[i], t[i]
	t[i+1], t[j-1+0] = t[j-1+0], t[i+1]
	fmt.Println(t[0].s, t[1].s, t[2].s)
	t[0], t[i+1] = t[i+1], t[0]
	fmt.Println(t[0].s, t[1].s, t[2].s)

	bytes, runes, words, fs := []byte("hello"), []rune("wörld"), []string{"x", "y", "z"}, []float32{1, 2, 3}
	reverse(bytes)
	reverse(runes)
	reverse(words)
	reverse(fs)
	reverse(t)
	none := []struct{}{{}, {}}
	reverse(none)
	anys := []any{1, "two", 3.0}
	reverse(anys)
	fmt.Println(string(bytes), string(runes), words, fs, t[0].s, t[2].s, len(none), anys)

	h := &holder{xs: t, rows: [][]int{{1, 2}, {3}, nil}, arr: [4]int{1, 2, 3, 4}, m: map[int]int{1: 10, 2: 20}}
	h.xs[i], h.xs[j] = h.xs[j], h.xs[i]
	h.rows[i], h.rows[j] = h.rows[j], h.rows[i]
	h.rows[2][0], h.rows[2][1] = h.rows[2][1], h.rows[2][0]
	h.arr[i], h.arr[j] = h.arr[j], h.arr[i]
	h.m[1], h.m[2] = h.m[2], h.m[1]
	fmt.Println(h.xs[0].s, h.rows, h.arr, h.m)
	p := &h.xs
	(*p)[0], (*p)[1] = (*p)[1], (*p)[0]
	fmt.Println(h.xs[0].s, h.xs[1].s)

	// Not the same elements.
	x, y := []int{1, 2, 3, 4}, []int{10, 20, 30, 40}
	x[0], y[0] = y[0], x[0]
	x[1], x[2] = x[1], x[2]
	x[1], x[2] = x[3], x[1]
	x[next()], x[next()] = x[next()], x[0]
	i, x[i] = x[i]-9, i
	fmt.Println(x, y, i, calls)
	k := 0
	idx := []int{2, 0, 1, 3}
	idx[idx[k]], idx[k] = idx[k], idx[idx[k]]
	fmt.Println(idx)
	u := []uint8{0, 1, 2}
	x[u[1]], x[u[2]] = x[u[2]], x[u[1]]
	fmt.Println(x)

	// Both indices are looked at before anything changes.
	caught("right", func() { x[0], x[9] = x[9], x[0] })
	caught("left", func() { l := 9; x[l], x[0] = x[0], x[l] })
	caught("negative", func() { l := -1; x[l], x[0] = x[0], x[l] })
	caught("nil", func() { var z []three; z[i], z[j] = z[j], z[i] })
	caught("nil holder", func() { var h *holder; h.xs[0], h.xs[1] = h.xs[1], h.xs[0] })
	fmt.Println(x)
}

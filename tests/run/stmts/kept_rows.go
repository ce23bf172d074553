package main

import (
	"fmt"
	"strings"
)

type matrix struct {
	rows [][]float64
	n    int
}

type row []int

// What fails in a loop fails where the text says, after what came before it.
func try(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "->", r)
		} else {
			fmt.Println(name, "fine")
		}
	}()
	f()
}

func sum(a [][]int, i, from, to int) (s int) {
	for j := from; j < to; j++ {
		s += a[i][j]
	}
	return s
}

func (m *matrix) trace(k int) (t float64) {
	for j := 0; j < m.n; j++ {
		t += m.rows[k][j] * m.rows[k+1][j]
	}
	return t
}

func scale(m *matrix, k int, f float64) {
	for j := range m.n {
		m.rows[k][j] *= f
	}
}

// The row is another one in each iteration, or changes meanwhile: nothing may be kept.
func moving(a [][]int) (s int) {
	i := 0
	for j := 0; j < 3; j++ {
		s = s*10 + a[i][j]
		i++
	}
	for j := 0; j < 3; j++ {
		s = s*10 + a[0][j]
		a[0] = a[1]
	}
	p := &a[1]
	for j := 0; j < 3; j++ {
		s = s*10 + a[1][j]
		*p = a[2]
	}
	b := a
	for j := 0; j < 3; j++ {
		s = s*10 + b[2][j]
		b[2] = append(b[2], j)
		b[2] = b[2][1:]
	}
	for j := 0; j < 3; j++ {
		s = s*10 + a[0][j]
		a = a[1:]
	}
	return s
}

type holder struct{ a [][]int }

func (h *holder) swap() int { h.a[0], h.a[1] = h.a[1], h.a[0]; return 1 }

func calls(h *holder) (s int) {
	for j := 0; j < 4; j++ {
		s = s*10 + h.a[0][j]
		s += h.swap()
	}
	f := func() { h.a = h.a[1:] }
	for j := 0; j < 2; j++ {
		s = s*10 + h.a[0][j]
		f()
	}
	for j := 0; j < 2; j++ {
		s = s*10 + h.a[0][j]
		h.a = [][]int{{7, 8}}
	}
	return s
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

func fill(a [][]int, b []row, names [][]string) string {
	for i := range a {
		for j := 0; j < len(a[i]); j++ {
			if j == 3 && i == 1 {
				continue
			}
			if a[i][j] = abs(i*10 - j); a[i][j] > 25 {
				break
			}
		}
		for j := range b[i] {
			b[i][j], a[i][j] = a[i][j], i+j
		}
		for j := 0; j < len(names[i]); j++ {
			names[i][j] += "x"
		}
	}
	for j := len(a[0]) - 1; j >= 0; j-- {
		a[1][j] += a[0][j] + a[2][j]
	}
	var s []string
	for _, n := range names {
		s = append(s, strings.Join(n, ""))
	}
	return fmt.Sprint(a, b, s)
}

func find(a [][]int, i, x int) int {
	for j := 0; ; j++ {
		if a[i][j] == x {
			return j
		}
	}
}

func grid(n, m int) [][]int {
	g := make([][]int, n)
	for i := range g {
		g[i] = make([]int, m)
		for j := range g[i] {
			g[i][j] = i*m + j
		}
	}
	return g
}

type board [6][7]int

type game struct {
	cells board
	seen  [6][7]bool
	turns int
}

var (
	table  [5][6]int8
	lines  [][]byte
	points [8][2]float64
)

func (b *board) add(r, c, n int) (s int) {
	for i := 0; i < n; i++ {
		b[r][i]++
		s += b[r][i]*10 + b[i][c]
	}
	return s
}

func (g *game) mark(r, n int) int {
	for i := range n {
		if g.seen[r][i] {
			g.turns++
		}
		g.seen[r][i] = i%2 == 0
		g.cells[r][i] += g.cells[r-1][i] + i
	}
	return g.turns
}

func globals(r, n int) (s int) {
	for j := 0; j < n; j++ {
		table[r][j] += int8(j * r)
		lines[r][j] ^= byte(table[r][j])
		s += int(lines[r][j])
	}
	for j := 0; j < n; j++ {
		points[j][0] = points[r][1] + 1
		points[r][1] += float64(j)
	}
	return s
}

func arrays() {
	var b board
	fmt.Println(b.add(2, 3, 6), b[2])
	try("row of array", func() { b.add(6, 0, 5) })
	try("column of array", func() { b.add(0, 0, 9) })
	fmt.Println(b)
	var none *board
	try("nil array", func() { none.add(0, 0, 5) })
	fmt.Println(none.add(0, 0, 0))
	copied := b
	for k := 1; k < 5; k++ {
		r := k
		for i := 0; i < len(copied[r]); i++ {
			copied[r][i] = b[r][i] + copied[r-1][i]
			b[k][i] = i
		}
	}
	fmt.Println(copied, b)
	g := &game{cells: b}
	fmt.Println(g.mark(1, 7), g.mark(1, 7), g.cells[1], g.seen[1])
	try("row of game", func() { g.mark(0, 5) })
	fmt.Println(g.cells[0], g.seen[0])
	var nobody *game
	try("nil game", func() { nobody.mark(1, 5) })
	lines = [][]byte{[]byte("one..."), []byte("two..."), []byte("three.")}
	fmt.Println(globals(1, 6), globals(2, 6), table, points)
	try("line", func() { globals(3, 5) })
	fmt.Println(table[3])
	pointers := [][]*int{{new(int), new(int)}, {new(int), new(int)}}
	for j := 0; j < len(pointers[1]); j++ {
		*pointers[1][j] += 4 + j
		*pointers[0][j] -= *pointers[1][j]
	}
	fmt.Println(*pointers[0][1], *pointers[1][0])
}

func main() {
	arrays()
	a := grid(4, 5)
	fmt.Println(sum(a, 1, 0, 5), sum(a, 3, 2, 2), sum(nil, 9, 0, 0), sum(a, 100, 1, 0))
	try("row", func() { sum(a, 4, 0, 5) })
	try("negative row", func() { sum(a, -1, 0, 5) })
	try("column", func() { sum(a, 2, 3, 7) })
	try("no rows", func() { sum(nil, 0, 0, 1) })
	try("nil row", func() { sum([][]int{nil}, 0, 0, 1) })

	m := &matrix{rows: [][]float64{{1, 2, 3}, {4, 5, 6}}, n: 3}
	fmt.Println(m.trace(0))
	try("next row", func() { m.trace(1) })
	scale(m, 1, 2)
	try("scaled", func() { scale(m, 2, 2) })
	fmt.Println(m.rows)
	var none *matrix
	try("nil matrix", func() { none.trace(0) })
	try("no matrix", func() { (&matrix{n: 1}).trace(0) })
	fmt.Println((&matrix{}).trace(5))

	fmt.Println(moving(grid(4, 5)))
	fmt.Println(calls(&holder{grid(4, 5)}))
	fmt.Println(fill(grid(3, 5), []row{{1, 2}, {3}, {}}, [][]string{{"a"}, {"b", "c"}, nil}))
	fmt.Println(find(a, 2, 13))
	try("find", func() { find(a, 2, 99) })

	// Half a loop is done when it fails.
	b := grid(3, 3)
	try("half", func() {
		for j := 0; j < 9; j++ {
			b[1][j] = 50 + j
		}
	})
	try("order", func() {
		i := 7
		for j := 0; j < 2; j++ {
			b[0][j] = -1
			b[0][j] += b[i][j]
		}
	})
	fmt.Println(b)
}

package main

import "fmt"

func grid(n int) [][]int {
	g := make([][]int, n)
	for i := range g {
		g[i] = make([]int, n+i)
		for j := range g[i] {
			g[i][j] = i*10 + j
		}
	}
	return g
}

func try(f func() int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(r)
		}
	}()
	fmt.Println(f())
}

type cell struct{ a, b int }

func next(i *int) int { *i++; return *i }

func main() {
	g := grid(4)
	s := 0
	for i := range g {
		for j := 0; j < len(g[i]); j++ {
			s += g[i][j] * g[len(g)-1-i][j/2]
		}
	}
	fmt.Println(s, g[3][6])
	b := [][]bool{{true}, {false, true}, nil}
	fmt.Println(b[1][1], b[0][0] && !b[1][0])
	names := [][]string{{"a", "b"}, {"c"}}
	fmt.Println(names[0][1] + names[1][0])
	cells := [][]cell{{{1, 2}}}
	fmt.Println(cells[0][0], cells[0][0].b)
	bytes := [][]byte{[]byte("xyz")}
	small := [][]int8{{-5}}
	fmt.Println(bytes[0][2], small[0][0])
	k := 0
	fmt.Println(g[next(&k)][next(&k)], g[k][k])
	for _, at := range [][2]int{{0, 3}, {0, 4}, {4, 0}, {-1, 0}, {2, -1}, {2, 6}} {
		try(func() int { return g[at[0]][at[1]] })
	}
	try(func() int {
		if b[2][0] {
			return 1
		}
		return 0
	})
	three := [][][]int{{{1, 2}, {3}}}
	fmt.Println(three[0][1][0], three[0][0][1])
	try(func() int { return three[0][2][0] })
	var none [][]int
	try(func() int { return none[0][0] })
}

package main

import "fmt"

func f(g [][]int, y int) (s int) {
	for x := 0; x < len(g[y]); x++ {
		s += g[y][x]
	}
	for x := len(g[y]) - 1; x >= 0; x-- {
		g[y][x]++
	}
	for x := 0; x < cap(g[y]) && x < len(g[y]); x += 2 {
		s = s*3 + g[y][x]
	}
	for x := range g[y] {
		s ^= g[y][x]
	}
	for x, v := range g[y] {
		g[y][x] = v + g[y][len(g[y])-1]
	}
	return
}

func e(g [][]int, y int) (s int) {
	defer func() { fmt.Println(recover(), s) }()
	for x := 0; x < len(g[y]); x++ {
		s += g[y][x]
	}
	return
}
func main() {
	g := [][]int{{1, 2, 3}, {}, {7}}
	fmt.Println(f(g, 0), f(g, 1), f(g, 2), g)
	e(g, 1)
	e(g, 3)
	e(nil, 0)
}

package main

import (
	"fmt"
	"math"
	"sort"
)

type point struct{ x, y int }
type cell struct{ x, y, z int }
type edge struct{ from, to *point }
type mixed struct {
	x int32
	y int64
}
type half struct {
	p point
	f float64
}

func exercise[K comparable](name string, key func(i int) K) {
	m := map[K]int{}
	for i := range 3000 {
		m[key(i%700)] += i
	}
	for i := range 350 {
		delete(m, key(i*2))
	}
	_, gone := m[key(4)]
	v, there := m[key(5)]
	// Entries that are there throughout are visited once, whatever is added and deleted meanwhile.
	visits := map[K]int{}
	n := 0
	for k := range m {
		visits[k]++
		if n < 200 {
			m[key(5000+n)] = 1
			delete(m, key(5000+n-3))
		}
		n++
	}
	once := 0
	for i := range 350 {
		if visits[key(i*2+1)] == 1 {
			once++
		}
	}
	sum := 0
	for _, v := range m {
		sum += v
	}
	copied := map[K]int{}
	for k, v := range m {
		copied[k] = v
	}
	clear(m)
	fmt.Println(name, gone, v, there, once, sum, len(copied), len(m), copied[key(7)])
}

func main() {
	points := make([]point, 10000)
	exercise("point", func(i int) point { return point{i % 30, i / 30} })
	exercise("swapped", func(i int) point { return point{i / 30, i % 30} })
	exercise("array", func(i int) [2]int { return [2]int{i, -i} })
	exercise("cell", func(i int) cell { return cell{i % 10, i / 10 % 10, i / 100} })
	exercise("edge", func(i int) edge { return edge{&points[i], &points[i/2]} })
	exercise("mixed", func(i int) mixed { return mixed{int32(-i), int64(i)} })
	exercise("half", func(i int) half { return half{point{i, i}, float64(i) / 2} })
	exercise("float", func(i int) float64 { return float64(i) / 8 })
	exercise("complex", func(i int) complex128 { return complex(float64(i), -1) })
	exercise("any", func(i int) any { return point{i, 3} })

	zero := math.Copysign(0, -1)
	f := map[float64]string{0: "zero", math.Inf(1): "inf"}
	for k := range f {
		if k == 0 {
			fmt.Println(math.Signbit(k))
		}
	}
	f[zero] = "minus"
	for k := range f {
		if k == 0 {
			fmt.Println(math.Signbit(k), f[0])
		}
	}
	nan := math.NaN()
	f[nan], f[nan], f[math.Inf(-1)] = "a", "b", "c"
	delete(f, nan)
	_, ok := f[nan]
	var all []string
	for k, v := range f {
		if k != k {
			// The map grows under the iteration.
			for i := range 100 {
				f[float64(i+1)] = "more"
			}
		}
		if v != "more" {
			all = append(all, v)
		}
	}
	sort.Strings(all)
	fmt.Println(len(f), ok, all)
	clear(f)
	fmt.Println(len(f))

	var none map[point]int
	delete(none, point{})
	fmt.Println(none[point{1, 2}], len(none))
	defer func() { fmt.Println(recover()) }()
	none[point{1, 2}]++
}

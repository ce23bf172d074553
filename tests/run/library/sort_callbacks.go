// Sorting with functions of the program: elements of all sizes, functions that panic, change the slice, park, and lie.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"strings"
)

type big struct {
	key  int
	name string
	any  any
	rest [2]float64
}

type byName []big

func (b byName) Len() int           { return len(b) }
func (b byName) Less(i, j int) bool { return b[i].name < b[j].name }
func (b byName) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

type holder struct {
	byName
	calls *int
}

func (h holder) Less(i, j int) bool { *h.calls++; return h.byName.Less(j, i) }

type failing []int

func (f failing) Len() int           { return len(f) }
func (f failing) Less(i, j int) bool { return f[i] < f[j+len(f)] }
func (f failing) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }

type empty struct{}

func (empty) Len() int           { return 3 }
func (empty) Less(i, j int) bool { fmt.Print("<"); return false }
func (empty) Swap(i, j int)      {}

var seed = uint32(1)

func rnd(n int) int {
	seed = seed*1664525 + 1013904223
	return int(seed>>8) % n
}

func try(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(what, "panics:", r)
			var e runtime.Error
			if err, ok := r.(error); ok && errors.As(err, &e) {
				fmt.Println("runtime error")
			}
		}
	}()
	f()
	fmt.Println(what, "done")
}

func main() {
	n := 300
	i8 := make([]int8, n)
	u16 := make([]uint16, n)
	i32 := make([]int32, n)
	f32 := make([]float32, n)
	i64 := make([]int64, n)
	strs := make([]string, n)
	ifs := make([]any, n)
	bigs := make([]big, n)
	ptrs := make([]*big, n)
	nothing := make([]struct{}, n)
	for i := 0; i < n; i++ {
		i8[i], u16[i], i32[i], f32[i], i64[i] = int8(rnd(256)-128), uint16(rnd(9)), int32(rnd(1000)-500), float32(rnd(100))/3, int64(rnd(1<<20))
		strs[i] = strings.Repeat("x", rnd(5)) + fmt.Sprint(rnd(50))
		ifs[i] = rnd(1000)
		bigs[i] = big{rnd(20), fmt.Sprint("n", rnd(200)), i, [2]float64{float64(i), 1}}
		ptrs[i] = &bigs[i]
	}
	sort.Slice(i8, func(i, j int) bool { return i8[i] < i8[j] })
	sort.Slice(u16, func(i, j int) bool { return u16[i] < u16[j] })
	sort.Slice(i32, func(i, j int) bool { return i32[i] > i32[j] })
	sort.Slice(f32, func(i, j int) bool { return f32[i] < f32[j] })
	sort.Slice(i64, func(i, j int) bool { return i64[i] < i64[j] })
	sort.Slice(strs, func(i, j int) bool { return strs[i] < strs[j] })
	sort.Slice(ifs, func(i, j int) bool { return ifs[i].(int) < ifs[j].(int) })
	sort.Slice(ptrs, func(i, j int) bool { return ptrs[i].any.(int) > ptrs[j].any.(int) })
	sort.Slice(nothing, func(i, j int) bool { return false })
	fmt.Println(i8[:5], u16[:40], i32[:5], f32[:5], i64[:5])
	fmt.Println(strs[:8], ifs[:8], ptrs[0].any, ptrs[n-1].any)
	// Equal elements end where Go puts them.
	sort.Slice(bigs, func(i, j int) bool { return bigs[i].key < bigs[j].key })
	for _, b := range bigs[:30] {
		fmt.Print(b.key, ":", b.any, " ")
	}
	fmt.Println()
	sort.SliceStable(bigs, func(i, j int) bool { return bigs[i].key > bigs[j].key })
	for _, b := range bigs[:30] {
		fmt.Print(b.key, ":", b.any, " ")
	}
	fmt.Println()
	sort.Sort(byName(bigs))
	fmt.Println(sort.IsSorted(byName(bigs)), bigs[0].name, bigs[n-1].name, bigs[5].any)
	calls := 0
	sort.Sort(holder{byName(bigs), &calls})
	fmt.Println(calls, bigs[0].name, bigs[n-1].name)
	sort.Sort(sort.Reverse(sort.IntSlice([]int{1, 2, 3})))
	sort.Sort(empty{})
	fmt.Println()
	slices.SortFunc(bigs, func(a, b big) int { return a.key - b.key })
	for _, b := range bigs[:20] {
		fmt.Print(b.key, ":", b.any, " ")
	}
	fmt.Println()

	try("nil", func() { sort.Slice(nil, func(i, j int) bool { return false }) })
	try("array", func() { sort.Slice([3]int{}, func(i, j int) bool { return false }) })
	try("nil func", func() { sort.Slice([]int{2, 1}, nil) })
	try("nil func, nothing to do", func() { sort.Slice([]int{}, nil) })
	try("own", func() { sort.Slice(i64, func(i, j int) bool { panic("less") }) })
	try("index", func() { sort.Slice(i64, func(i, j int) bool { return i64[i] < i64[j+n] }) })
	try("method", func() { sort.Sort(failing{3, 1, 2}) })
	try("short", func() { short := i64[:1]; sort.Slice(i64, func(i, j int) bool { return short[i] < short[j] }) })
	try("nil interface", func() { sort.Sort(nil) })
	try("parks", func() {
		c := make(chan int)
		go func() {
			for x := range c {
				_ = x
			}
		}()
		x := []int{5, 2, 8, 1, 9, 3, 7, 4, 6, 0, 11, 15, 13, 12, 14, 10}
		sort.Slice(x, func(i, j int) bool { c <- i; runtime.Gosched(); return x[i] < x[j] })
		close(c)
		fmt.Println(x)
	})
	try("lies", func() {
		x := make([]int, 100)
		sort.Slice(x, func(i, j int) bool { return rnd(2) == 0 })
		sort.Slice(x, func(i, j int) bool { return true })
	})
	try("collects", func() {
		x := make([]*big, 200)
		for i := range x {
			x[i] = &big{key: rnd(100)}
		}
		sort.Slice(x, func(i, j int) bool { _ = make([]byte, 1000); return x[i].key < x[j].key })
		runtime.GC()
		for i := 1; i < len(x); i++ {
			if x[i-1].key > x[i].key {
				fmt.Println("wrong", i)
			}
		}
	})
	try("in itself", func() {
		x := [][]int{{3, 1}, {2, 9, 4}, {0}}
		sort.Slice(x, func(i, j int) bool {
			sort.Slice(x[i], func(a, b int) bool { return x[i][a] < x[i][b] })
			return len(x[i]) < len(x[j])
		})
		fmt.Println(x)
	})
}

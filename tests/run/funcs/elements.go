// Elements of slices that are passed to small functions: a copy for whoever could see the difference. (Where arguments change elements beside
// them, Go leaves the order open; here it is that of the text.)
package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

type rec struct {
	k    int
	s    string
	n    int8
	list []int
	arr  [3]uint8
}

var all = []rec{{3, "c", -3, nil, [3]uint8{1}}, {1, "a", -1, []int{1}, [3]uint8{2}}, {2, "b", -2, []int{2, 3}, [3]uint8{3}}}

func key(a, b rec) int          { return a.k*10 + b.k }
func late(a rec, x int) int     { return a.k*10 + x }
func early(x int, a rec) int    { return a.k*10 + x }
func change() int               { all[0].k++; return all[0].k }
func grow() int                 { all = append(all, rec{k: 9}); return len(all) }
func writes(a rec, i int) int   { all[i].k += 100; return a.k }
func local(a rec) int           { a.k++; return a.k }
func address(a rec) *rec        { return &a }
func whole(a rec) rec           { return a }
func boxed(a rec) any           { return a }
func both(a, b rec) bool        { return b.k < a.k || a.s > b.s && len(a.list) > int(b.n) }
func narrow(a rec) int          { return int(a.n) + int(a.arr[0]) + len(a.list) }
func kept(a rec) func() int     { return func() int { return a.k } }
func nested(a, b rec) int       { return key(b, a) + late(a, 5) + narrow(b) }
func calls(a rec) int           { return change() + a.k }
func (r rec) get() int          { return r.k }
func (r rec) with(o rec) int    { return r.k - o.k }
func (r *rec) bump() int        { r.k++; return r.k }
func branch(a, b rec) (r string) { return strings.ToUpper(a.s) + b.s }
func order(a, b rec) int {
	if c := cmp.Compare(a.s, b.s); c != 0 {
		return c
	}
	return cmp.Compare(a.k, b.k)
}
func never(a rec, c bool) int {
	if c {
		return 1
	}
	return a.k
}

func caught(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func main() {
	i, j := 0, 2
	fmt.Println(key(all[i], all[j]), key(all[j], all[i]), key(all[1], all[1]))
	fmt.Println(late(all[0], change()), early(change(), all[0]), late(all[0], grow()), late(all[0], all[i].bump()))
	fmt.Println(late(all[0], func() int { all[0].k = 50; return 1 }()), all[0].k)
	fmt.Println(writes(all[0], 0), all[0].k, calls(all[0]), local(all[0]), all[0].k)
	p, w, b, f := address(all[1]), whole(all[1]), boxed(all[1]), kept(all[1])
	all[1].k = 77
	fmt.Println(p.k, w.k, b.(rec).k, f(), all[1].k, both(all[0], all[1]), both(all[1], all[2]))
	fmt.Println(narrow(all[2]), nested(all[1], all[2]), all[2].get(), all[0].with(all[2]), branch(all[1], all[2]))
	least := func(a, b rec) bool { return a.k < b.k }
	n := 0
	count := func(a rec) int { n++; all[0].k += n; return a.k }
	fmt.Println(least(all[0], all[1]), count(all[0]), all[0].k, n)
	slices.SortFunc(all, order)
	fmt.Println(all[0].s, all[1].s, all[3].s)
	slices.SortStableFunc(all, func(a, b rec) int { return len(b.list) - len(a.list) })
	fmt.Println(all[0].s, all[1].s, all[3].s)
	at, ok := slices.BinarySearchFunc(all, 1, func(a rec, n int) int { return n - len(a.list) })
	fmt.Println(at, ok)
	caught(func() { fmt.Println(never(all[len(all)], true)) })
	caught(func() { fmt.Println(key(all[7], all[9])) })
	caught(func() { var none []rec; fmt.Println(never(none[i], true)) })
}

// Slices wherever they can lie and of whatever they can be, loaded when a second goroutine is there: none may lose anything.
package main

import "fmt"

type point struct{ x, y, z int }

type row struct {
	id    int
	small [5]int8
	nums  [4]int
	pts   [2]point
	texts [3]string
}

type box struct {
	ints   []int
	octets []byte
	none   []int
	zero   []struct{}
	pts    []point
	big    [][300]int
	nested [][2]int
	pair   [2][]string
	in     struct{ a, b []int16 }
}

var (
	table  [3]row
	large  [5000]int
	raw    [40]byte
	flags  [10]bool
	global box
	heap   = &box{}
	ints   []int
	octets []byte
	rows   [][]int
	lines  [][]byte
	boxes  = map[string]box{}
	lists  = map[int][]int{}
)

func fill(b *box) {
	b.ints = table[1].nums[1:]
	b.octets = raw[3:30:35]
	b.zero = make([]struct{}, 7)
	b.pts = table[2].pts[:]
	b.big = make([][300]int, 2, 3)
	b.nested = [][2]int{{1, 2}, {3, 4}}
	b.pair[1] = table[0].texts[:2]
	b.in.b = make([]int16, 3, 9)
}

func show(b *box) {
	fmt.Println(len(b.ints), cap(b.ints), len(b.octets), cap(b.octets), b.none == nil, len(b.zero), len(b.pts), cap(b.pts))
	i, o, p, n, pr, in := b.ints, b.octets, b.pts, b.nested, b.pair, b.in
	i[len(i)-1]++
	o[len(o)-1]++
	p[1].z++
	n[1][1]++
	pr[1][1] += "!"
	in.b[2]++
	b.ints[0]++
	b.octets[0]++
	c := *b
	fmt.Println(c.ints, c.octets, c.none, len(c.zero), c.pts, len(c.big), cap(c.big), c.nested, c.pair, c.in)
	fmt.Println(len(i), cap(i), len(o), cap(o), len(p), cap(p), len(n), cap(n), len(pr[1]), cap(pr[1]), len(in.b), cap(in.b))
}

func main() {
	done := make(chan bool)
	go func() { done <- true }()
	<-done

	fill(&global)
	fill(heap)
	show(&global)
	show(heap)
	boxes["a"] = global
	m := boxes["a"]
	show(&m)
	for _, b := range boxes {
		fmt.Println(b.ints, b.octets, b.pair)
	}

	ints = large[4990:]
	ints[9] = 5
	fmt.Println(len(ints), cap(ints), ints, large[4999])
	octets = raw[:0]
	octets = append(octets, "xyz"...)
	fmt.Println(string(octets), len(octets), cap(octets), raw[:4])
	part := flags[2:5]
	p := &part
	(*p)[1] = true
	fmt.Println(len(*p), cap(*p), *p)

	rows = append(rows, large[:3], table[0].nums[2:], nil, []int{7}, ints[8:])
	rows[1][1] = 9
	rows[4][1]++
	for i, r := range rows {
		fmt.Println(r, len(r), cap(r), len(rows[i]))
		for j := range r {
			rows[i][j] += 10
		}
	}
	fmt.Println(rows, table[0].nums, large[4998:])
	lines = [][]byte{raw[38:], []byte("text")}
	lines[0][1] = 'q'
	fmt.Println(lines[0][1], lines[1][3], string(lines[1]))
	lists[1] = append(lists[1], 1, 2, 3)
	lists[2] = table[1].nums[:1]
	l, ok := lists[2]
	fmt.Println(lists[1], l, ok, cap(l), lists[3] == nil)

	matrix := [3][4][2]int{}
	q := &matrix
	go func() { done <- q[0][0][0] == 0 }()
	<-done
	plane := q[1][1:]
	shared := &plane
	(*shared)[2][1] = 6
	line := q[1][3][:]
	second := &line
	(*second)[0] = 5
	fmt.Println(len(*shared), cap(*shared), len(*second), cap(*second), matrix)
}

// Output:
// 3 3 27 32 true 7 2 2
// [1 0 1] [1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1] [] 7 [{0 0 0} {0 0 1}] 2 3 [[1 2] [3 5]] [[] [ !]] {[] [0 0 1]}
// 3 3 27 32 2 2 2 2 2 3 3 9
// 3 3 27 32 true 7 2 2
// [2 0 2] [2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 2] [] 7 [{0 0 0} {0 0 2}] 2 3 [[1 2] [3 5]] [[] [ !!]] {[] [0 0 1]}
// 3 3 27 32 2 2 2 2 2 3 3 9
// 3 3 27 32 true 7 2 2
// [3 0 3] [3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3] [] 7 [{0 0 0} {0 0 3}] 2 3 [[1 2] [3 6]] [[] [ !!!]] {[] [0 0 2]}
// 3 3 27 32 2 2 2 2 2 3 3 9
// [3 0 3] [3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3] [[] [ !!!]]
// 10 10 [0 0 0 0 0 0 0 0 0 5] 5
// xyz 3 40 [120 121 122 3]
// 3 8 [false true false]
// [0 0 0] 3 5000 3
// [0 9] 2 2 2
// [] 0 0 0
// [7] 1 1 1
// [0 6] 2 2 2
// [[10 10 10] [10 19] [] [17] [10 16]] [0 0 10 19] [10 16]
// 113 116 text
// [1 2 3] [0] true 4 true
// 3 3 2 2 [[[0 0] [0 0] [0 0] [0 0]] [[0 0] [0 0] [0 0] [5 6]] [[0 0] [0 0] [0 0] [0 0]]]

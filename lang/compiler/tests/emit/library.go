package main

import "fmt"

type Arr [3]byte

func (a Arr) Sum() int   { return int(a[0]) + int(a[1]) + int(a[2]) }
func (a *Arr) Set(b byte) { a[1] = b }

type Summer interface{ Sum() int }
type W struct {
	Arr
	n int16
}
type T int

func (t T) F() {}

type I interface{ F() }

func two() (int, string)     { return 1, "x" }
func cp(b []byte) ([]byte, string) { return b, "zz" }
func ap() ([]int, int, int) { return []int{1}, 2, 3 }

type Matrix [4][4]int32

func (m *Matrix) at(i, j int) *int32 { return &m[i][j] }
func ident() (m Matrix) {
	for i := range m {
		m[i][i] = 1
	}
	return
}

type Ring struct {
	buf  [8]string
	r, w int
}

func (r *Ring) push(s string) { r.buf[r.w%8] = s; r.w++ }
func (r *Ring) pop() string   { s := r.buf[r.r%8]; r.r++; return s }

type Celsius float32
type Weekday uint8

func (d Weekday) String() string { return [...]string{"Sun", "Mon", "Tue"}[d] }

func swap(a, b *int) { *a, *b = *b, *a }
func retmany() (a int, b [20]int, c string) {
	b[19] = 7
	return 1, b, "c"
}

func deferOrder() (s string) {
	for i := 0; i < 3; i++ {
		defer func(n int) { s += fmt.Sprint(n) }(i)
	}
	return "x"
}

type node struct {
	val         int
	left, right *node
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.val + n.left.sum() + n.right.sum()
}

func main() {
	b := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	p := (*[3]byte)(b[1:4])
	*p = [3]byte{100, 101, 102}
	fmt.Println(b, *p, len(p))
	a := Arr(b[4:])
	fmt.Println(a, a.Sum())
	q := (*Arr)(b[2:])
	q.Set(55)
	fmt.Println(q.Sum(), b)
	var s Summer = *q
	fmt.Println(s.Sum())
	s = q
	fmt.Println(s.Sum())
	w := W{Arr{1, 2, 3}, -5}
	w2 := w
	w2.Arr[0] = 9
	w2.Set(8)
	fmt.Println(w, w2, w == w2, w.Sum(), w2.Sum())
	func() {
		defer func() { fmt.Println(recover()) }()
		_ = [20]byte(b)
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var t *T
		var i I = t
		i.F()
	}()
	println(two())
	n := copy(cp(b))
	fmt.Println(n, b[0], b[1])
	fmt.Println(append(ap()))
	fmt.Println(two())
	m := ident()
	*m.at(1, 2) = -7
	m2 := m
	m2[0][0] = 50
	fmt.Println(m, m2[0], m == m2)
	var r Ring
	for i := range 10 {
		r.push(fmt.Sprint("s", i))
	}
	fmt.Println(r.pop(), r.pop(), r.buf)
	c := Celsius(36.6)
	c += 0.1
	fmt.Printf("%.2f %T\n", c, c)
	fmt.Println(Weekday(1), fmt.Sprintf("%d", Weekday(2)))
	x, y := 1, 2
	swap(&x, &y)
	fmt.Println(x, y)
	_, bb, cc := retmany()
	fmt.Println(bb[19], cc)
	fmt.Println(deferOrder())
	t := &node{1, &node{2, nil, nil}, &node{3, &node{4, nil, nil}, nil}}
	fmt.Println(t.sum())
	ms := map[string][]string{}
	ms["a"] = append(ms["a"], "x", "y")
	fmt.Println(ms, len(ms["b"]))
	mp := map[[2]int]struct{ a, b string }{{1, 2}: {"q", "w"}}
	v := mp[[2]int{1, 2}]
	fmt.Println(v.a, v.b, mp)
	mi := map[any]int{1: 1, "a": 2, [1]int{5}: 3, 1.5: 4}
	fmt.Println(mi[1], mi["a"], mi[[1]int{5}], mi[1.5], mi[int8(1)])
	func() {
		defer func() { fmt.Println(recover()) }()
		mi[[]int{1}] = 5
	}()
	var e1, e2 any = []int{1}, []int{1}
	func() {
		defer func() { fmt.Println(recover()) }()
		fmt.Println(e1 == e2)
	}()
	ch := make(chan [3]int, 2)
	ch <- [3]int{1, 2, 3}
	fmt.Println(<-ch)
	fs := map[string]func(int, int) int{"add": func(a, b int) int { return a + b }, "sub": func(a, b int) int { return a - b }}
	fmt.Println(fs["add"](3, 4), fs["sub"](3, 4))
	type kv struct {
		k string
		v int
	}
	kvs := []kv{{"a", 1}, {"b", 2}}
	for i := range kvs {
		kvs[i].v *= 10
	}
	for _, kv := range kvs {
		kv.v = 0
	}
	pk := &kvs[1]
	pk.v++
	fmt.Println(kvs, pk.k)
	grid := make([][]rune, 3)
	for i := range grid {
		grid[i] = []rune("...")
	}
	grid[1][1] = '#'
	for _, row := range grid {
		fmt.Println(string(row))
	}
	var iface interface{ Sum() int }
	func() {
		defer func() { fmt.Println(recover()) }()
		iface.Sum()
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var fn func()
		fn()
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var a any = 3
		fmt.Println(a.(fmt.Stringer))
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		panic(fmt.Errorf("custom %d", 1))
	}()
	const big = 1 << 40
	fmt.Println(big, uint64(1<<63), -1<<63, 'x', "\xff\x00", 1e100, 0x1p-2)
	var u8 uint8 = 200
	var i16 int16 = -300
	fmt.Println(u8+100, u8*2, u8<<1, u8>>1, -u8, ^u8, i16*200, int8(i16), uint16(i16), i16/7, i16%7)
	z := 3 + 4i
	z *= 2
	z /= 1 + 1i
	fmt.Println(z, real(z), imag(z), z == 7+1i)
	lbl := 0
L:
	for {
		switch {
		case lbl > 3:
			break L
		default:
			lbl++
			continue L
		}
	}
	fmt.Println(lbl)
	str := "日本語"
	for i, r := range str {
		fmt.Print(i, ":", string(r), " ")
	}
	fmt.Println(len(str), []rune(str)[1], []byte(str)[:3], str[3:6])
	sl := []int{1, 2, 3, 4, 5}
	s1 := sl[1:3]
	s1 = append(s1, 99)
	fmt.Println(sl, s1, cap(s1), sl[:0], sl[5:])
	sl2 := sl[1:2:2]
	sl2 = append(sl2, 77)
	fmt.Println(sl, sl2)
	clear(sl)
	fmt.Println(sl, min(2, 1.5, 3), max("a", "b"))
	var np *Ring
	func() {
		defer func() { fmt.Println(recover()) }()
		np.push("x")
	}()
}

package main

import "fmt"

type Num interface{ Val() int }
type A struct{ v int }

func (a A) Val() int { return a.v }

type Pair struct {
	a, b Num
}
type Emb struct {
	*A
	Num
	s string
}
type Func func(int) int

func (f Func) Call(x int) int { return f(x) }

type Caller interface{ Call(int) int }
type M map[string]int

func (m M) Inc(k string) { m[k]++ }

type L []int

func (l L) Len() int { return len(l) }

type C chan int

func (c C) Send(v int) { c <- v }

type E struct{}

func (E) Zero() string { return "zero" }

type Zer interface{ Zero() string }

func f0() (a, b, c int)    { return 1, 2, 3 }
func sum(xs ...int) (t int) { for _, x := range xs { t += x }; return }
func cmp(a, b any) bool    { return a == b }

var (
	v1 = v2 + 1
	v2 = f2()
	v3, v4 = two()
)

func f2() int         { return v4 }
func two() (int, int) { return 10, 20 }

type Celsius float64
type List struct {
	head *elem
	n    int
}
type elem struct {
	next *elem
	val  any
}

func (l *List) Push(v any) *List { l.head = &elem{l.head, v}; l.n++; return l }
func (l *List) Each(f func(i int, v any) bool) {
	i := 0
	for e := l.head; e != nil; e = e.next {
		if !f(i, e.val) {
			return
		}
		i++
	}
}
func closureCounter() (func() int, func()) {
	n := 0
	return func() int { n++; return n }, func() { n = 100 }
}
func named(x int) (r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = fmt.Errorf("caught: %v", e)
			r = -1
		}
	}()
	if x > 2 {
		panic(fmt.Sprint("big ", x))
	}
	return x * 2, nil
}
func loopDefer() {
	for i := 0; i < 2; i++ {
		func() {
			defer fmt.Print("d", i, " ")
			fmt.Print("b", i, " ")
		}()
	}
	fmt.Println()
}

func main() {
	p := Pair{A{1}, &A{2}}
	fmt.Println(p.a.Val()+p.b.Val(), p.a == Num(A{1}), p.b == Num(A{2}))
	e := Emb{A: &A{5}, Num: A{6}, s: "s"}
	fmt.Println(e.A.Val(), e.Num.Val(), e.v, e.s)
	var c Caller = Func(func(x int) int { return x * x })
	fmt.Println(c.Call(7))
	m := M{}
	m.Inc("a")
	m.Inc("a")
	fmt.Println(m, L{1, 2, 3}.Len())
	ch := make(C, 1)
	ch.Send(4)
	fmt.Println(<-ch)
	var z Zer = E{}
	fmt.Println(z.Zero(), z == Zer(E{}))
	fmt.Println(sum(f0()), v1, v2, v3, v4)
	fmt.Println(cmp(1, 1), cmp(1, int64(1)), cmp("a", "a"), cmp(1.5, 1.5), cmp(nil, nil), cmp(A{1}, A{1}), cmp(&e, &e))
	var l List
	l.Push(1).Push("two").Push(3.0).Push(nil)
	l.Each(func(i int, v any) bool {
		switch x := v.(type) {
		case nil:
			fmt.Println(i, "nil")
		case int, float64:
			fmt.Printf("%d %T %v\n", i, x, x)
		case string:
			fmt.Println(i, x+"!")
			return true
		}
		return true
	})
	get, reset := closureCounter()
	get()
	reset()
	fmt.Println(get())
	fmt.Println(named(1))
	fmt.Println(named(3))
	loopDefer()
	bound := l.Push
	bound(9)
	fmt.Println(l.n, Celsius(3.5)*2)
	mat := [2][3]int{{1, 2, 3}, {4, 5, 6}}
	for _, row := range mat {
		for j := range row {
			row[j] *= 2
		}
		fmt.Print(row, " ")
	}
	fmt.Println(mat)
	pm := &mat
	for i := range pm {
		pm[i][0] = -1
	}
	fmt.Println(mat, len(pm))
	type pt struct{ x, y int }
	set := map[pt]bool{}
	for i := 0; i < 3; i++ {
		set[pt{i, i * i}] = true
	}
	fmt.Println(len(set), set[pt{2, 4}], set[pt{2, 5}])
	arr := []pt{{1, 2}, {3, 4}}
	for i := range arr {
		q := &arr[i]
		q.x, q.y = q.y, q.x
	}
	fmt.Println(arr)
	var sp []*pt
	for _, a := range arr {
		sp = append(sp, &a)
	}
	fmt.Println(*sp[0], *sp[1])
	x := 10
	ptr := &x
	pp := &ptr
	**pp = 20
	fmt.Println(x)
	func() {
		x := x
		x++
	}()
	fmt.Println(x)
	s := []string{"a", "b", "c", "d"}
	s = append(s[:1], s[2:]...)
	fmt.Println(s, len(s), cap(s))
	s = append(s, s...)
	fmt.Println(s)
	i := 0
	i, s[i] = 2, "Z"
	fmt.Println(i, s)
	var u8 uint8 = 255
	u8++
	var i32 int32 = 1 << 30
	i32 *= 4
	var u uint = 3
	fmt.Println(u8, i32, u-4 > 0, 1<<u, -5>>1)
	goto end
end:
	fmt.Println("end")
	switch i {
	case 0:
	case 1, 2:
		if x > 0 {
			break
		}
		fmt.Println("no")
	}
	b := []byte("hello")
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	fmt.Println(string(b))
	fmt.Printf("%v %v\n", struct {
		A int
		B string
	}{1, "x"}, [2]bool{true})
}

package main

type P struct{ X, Y int }
type Shape interface {
	Area() int
	Name() string
}
type Sq struct{ s int }
type Rect struct {
	P
	w, h int
	name string
}

func (q Sq) Area() int       { return q.s * q.s }
func (q Sq) Name() string    { return "sq" }
func (r *Rect) Area() int    { return r.w * r.h }
func (r *Rect) Name() string { return r.name }
func (p P) Sum() int         { return p.X + p.Y }
func (p *P) Move(d int)      { p.X += d; p.Y += d }

type MyInt int

func (m MyInt) Area() int    { return int(m) }
func (m MyInt) Name() string { return "int" }

func apply(f func(int) int, n int) int { return f(n) }
func variadic(p string, xs ...int) int {
	t := 0
	for _, x := range xs {
		t += x
	}
	println(p, len(xs), t)
	return t
}

func divmod(a, b int) (q, r int, err error) {
	defer func() {
		if e := recover(); e != nil {
			err = e.(error)
		}
	}()
	q = a / b
	r = a % b
	return
}

type Stack []int

func (s *Stack) Push(x int) { *s = append(*s, x) }
func (s *Stack) Pop() int {
	o := *s
	x := o[len(o)-1]
	*s = o[:len(o)-1]
	return x
}

type Node struct {
	l, r *Node
	v    int
}

func (n *Node) insert(v int) *Node {
	if n == nil {
		return &Node{v: v}
	}
	if v < n.v {
		n.l = n.l.insert(v)
	} else {
		n.r = n.r.insert(v)
	}
	return n
}
func (n *Node) walk(f func(int)) {
	if n != nil {
		n.l.walk(f)
		f(n.v)
		n.r.walk(f)
	}
}

var g = initG()
var tab = [5]int{1, 2, 3, 4, 5}
var arr2 [3][4]int8

func initG() int { return 42 }
func init()      { println("init", g) }

func main() {
	shapes := []Shape{Sq{3}, &Rect{P{1, 2}, 2, 5, "rect"}, MyInt(7)}
	for i, s := range shapes {
		println(i, s.Name(), s.Area())
	}
	r := Rect{P: P{10, 20}, w: 1}
	r.Move(5)
	println(r.X, r.Y, r.Sum())
	f := r.Sum
	r.X = 100
	println(f(), r.Sum())
	mv := r.Move
	mv(1)
	println(r.X)
	k := 10
	println(apply(func(n int) int { return n * k }, 5))
	cnt := 0
	inc := func() int { cnt++; return cnt }
	inc()
	inc()
	println(cnt)
	var fs []func() int
	for i := 0; i < 3; i++ {
		fs = append(fs, func() int { i *= 10; return i })
	}
	for _, f := range fs {
		println(f(), f())
	}
	variadic("a")
	variadic("b", 1, 2, 3)
	variadic("c", []int{4, 5}...)
	q, rr, err := divmod(17, 5)
	println(q, rr, err == nil)
	_, _, err = divmod(1, 0)
	println(err.Error())
	var st Stack
	st.Push(1)
	st.Push(2)
	println(st.Pop(), len(st))
	var root *Node
	for _, v := range []int{5, 2, 8, 1, 9} {
		root = root.insert(v)
	}
	sum := 0
	root.walk(func(v int) { sum = sum*10 + v })
	println(sum)
	for i := range tab {
		tab[i] *= 2
	}
	for _, v := range tab {
		print(v, " ")
	}
	println()
	arr2[1][2] = -5
	b := arr2
	b[1][2]++
	println(arr2[1][2], b[1][2], arr2 == b, len(arr2), len(arr2[0]))
	var a [4]byte
	for i := range a {
		a[i] = byte(i * 100)
	}
	println(a[0], a[1], a[2], a[3])
	sl := a[1:3]
	sl[0] = 7
	println(a[1], len(sl), cap(sl))
	pa := &a
	pa[2] = 9
	println(sl[1])
	pp := &tab[2]
	*pp = 1000
	println(tab[2])
	var e any = 5
	switch v := e.(type) {
	case string:
		println("string", v)
	case int:
		println("int", v+1)
	}
	e = "str"
	switch v := e.(type) {
	case string, []int:
		_ = v
		println("string or slice")
	case nil:
		println("nil")
	}
	if s, ok := e.(string); ok {
		println(s)
	}
	_, ok := e.(Shape)
	println(ok)
	e = Sq{4}
	if s, ok := e.(Shape); ok {
		println(s.Area())
	}
	println(e == any(Sq{4}), e == any(Sq{5}), e != nil)
	m := map[P]string{{1, 2}: "a", {3, 4}: "b"}
	println(m[P{1, 2}], m[P{3, 4}], m[P{9, 9}] == "")
	pts := map[string]*P{"x": {1, 1}}
	pts["x"].X += 41
	println(pts["x"].X)
	c := make(chan int, 3)
	go func() {
		for i := 0; i < 5; i++ {
			c <- i
		}
		close(c)
	}()
	t := 0
	for v := range c {
		t += v
	}
	println(t)
	v, ok := <-c
	println(v, ok)
	done := make(chan bool)
	data := make(chan string)
	go func(n int) {
		for i := 0; i < n; i++ {
			select {
			case s := <-data:
				println("got", s)
			}
		}
		done <- true
	}(2)
	data <- "one"
	data <- "two"
	<-done
	select {
	case x := <-data:
		println(x)
	default:
		println("default")
	}
outer:
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			if j == 2 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			print(i, j, ";")
		}
	}
	println()
	for i := 0; i < 3; i++ {
		defer println("deferred", i)
	}
	x := []int{1, 2, 3, 4, 5}
	x[0], x[4] = x[4], x[0]
	y := x[1:3:4]
	println(len(y), cap(y), x[0], x[4])
	copy(x, x[2:])
	println(x[0], x[1], x[2])
	println(min(3, 1, 2), max(2.5, 1), min("b", "a"))
	bs := []byte("abc")
	bs = append(bs, "def"...)
	println(string(bs), string(rune(65)), len([]rune("héé")))
	z := complex(1, 2)
	z = z * z
	println(real(z), imag(z))
	i := 0
loop:
	if i < 3 {
		i++
		goto loop
	}
	println(i)
	var np *Node
	defer func() {
		r := recover()
		println(r.(error).Error())
	}()
	println(np.v)
}

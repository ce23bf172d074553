package main

import "runtime"

type Mutex struct{ ch chan struct{} }

func NewMutex() *Mutex        { m := &Mutex{make(chan struct{}, 1)}; return m }
func (m *Mutex) Lock()        { m.ch <- struct{}{} }
func (m *Mutex) Unlock()      { <-m.ch }
func worker(id int, jobs <-chan int, res chan<- int) {
	for j := range jobs {
		res <- j * j
	}
	_ = id
}
func gen(n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 2; i <= n; i++ {
			c <- i
		}
	}()
	return c
}
func filter(in <-chan int, p int) <-chan int {
	out := make(chan int)
	go func() {
		for v := range in {
			if v%p != 0 {
				out <- v
			}
		}
		close(out)
	}()
	return out
}

type S struct{ v int }

func (s S) show(p string) { println(p, s.v) }
func (s *S) pshow()       { println("p", s.v) }

type I interface{ show(string) }

func main() {
	jobs, res := make(chan int, 10), make(chan int, 10)
	for i := 0; i < 3; i++ {
		go worker(i, jobs, res)
	}
	for i := 1; i <= 9; i++ {
		jobs <- i
	}
	close(jobs)
	t := 0
	for i := 0; i < 9; i++ {
		t += <-res
	}
	println(t)
	c := gen(50)
	for {
		p, ok := <-c
		if !ok {
			break
		}
		print(p, " ")
		c = filter(c, p)
	}
	println()
	s := S{1}
	defer s.show("deferred value")
	defer s.pshow()
	var i I = s
	defer i.show("deferred iface")
	s.v = 2
	m := NewMutex()
	n := 0
	done := make(chan bool)
	for k := 0; k < 10; k++ {
		go func() {
			for j := 0; j < 100; j++ {
				m.Lock()
				n++
				m.Unlock()
				runtime.Gosched()
			}
			done <- true
		}()
	}
	for k := 0; k < 10; k++ {
		<-done
	}
	println(n)
	a, b := make(chan int), make(chan string)
	quit := make(chan struct{})
	go func() {
		for k := 0; k < 3; k++ {
			a <- k
			b <- "s"
		}
		close(quit)
	}()
	na, nb := 0, 0
	for run := true; run; {
		select {
		case v := <-a:
			na += v
		case v, ok := <-b:
			if ok {
				nb += len(v)
			}
		case <-quit:
			run = false
		}
	}
	println(na, nb)
	var nilc chan int
	select {
	case <-nilc:
	default:
		println("nil chan")
	}
	bc := make(chan int, 1)
	for k := 0; k < 4; k++ {
		select {
		case bc <- k:
			println("sent", k)
		case v := <-bc:
			println("recv", v)
		}
	}
	arr := []int{0, 0}
	idx := 0
	cc := make(chan int, 2)
	cc <- 5
	select {
	case arr[idx] = <-cc:
		println(arr[0])
	}
	defer close(cc)
	defer delete(map[int]int{1: 2}, 1)
	defer func(x int) { println("arg", x) }(idx)
	idx = 9
	func() {
		defer println("inner defer", idx)
	}()
	func() {
		defer func() {
			if r := recover(); r != nil {
				println("rec", r.(string))
			}
		}()
		defer panic("from defer")
	}()
	fs := make([]func(), 0)
	for i := 0; i < 3; i++ {
		defer func() { print("loop", i, " ") }()
		fs = append(fs, func() { print(i, ",") })
	}
	for _, f := range fs {
		f()
	}
	for i, w := range []string{"a", "b"} {
		fs = append(fs, func() { w += "x"; print(i, w, ";") })
	}
	fs[3]()
	fs[4]()
	fs[3]()
	println()
	var x int
	px := &x
	inc := func() { *px += 2; x++ }
	inc()
	println(x)
	sum := func(a, b int) int { return a + b }
	apply := func(f func(int, int) int, a, b int) int { return f(a, b) }
	println(apply(sum, 3, 4), func() int { return 9 }())
	mat := [][]float64{{1, 2}, {3, 4}}
	acc := 0.0
	for i := range mat {
		for j := range mat[i] {
			acc += mat[i][j] * mat[j][i]
		}
	}
	println(acc)
	grid := [3][3]int{}
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			grid[i][j] = i * j
		}
	}
	row := grid[2]
	row[2] = 100
	println(grid[2][2], row[2])
	type Mat [2][2]float64
	mul := func(a, b Mat) (c Mat) {
		for i := range a {
			for j := range b {
				for k := range c {
					c[i][j] += a[i][k] * b[k][j]
				}
			}
		}
		return
	}
	mm := mul(Mat{{1, 1}, {1, 0}}, Mat{{1, 1}, {1, 0}})
	println(mm[0][0], mm[0][1], mm[1][1])
	ss := []string{"x", "y"}
	str := ""
	for _, s := range ss {
		str += s + "-" + s
	}
	println(str, str < "z", str == "x-xy-y", str[1], str[1:3], len(str))
	str = str[2:]
	println(str)
}

package main

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func two() (int, string) { return 7, "seven" }

func main() {
	println("hello", fib(20))
	s := 0
	for i := 0; i < 10; i++ {
		s += i
	}
	println(s)
	a, b := two()
	println(a, b)
	x, y := 1, 2
	x, y = y, x
	println(x, y)
	xs := []int{3, 1, 2}
	xs = append(xs, 9, 8)
	for i, v := range xs {
		println(i, v)
	}
	m := map[string]int{"a": 1, "b": 2}
	m["c"] += 5
	println(len(m), m["a"], m["c"], m["zz"])
	v, ok := m["b"]
	println(v, ok)
	delete(m, "b")
	_, ok = m["b"]
	println(ok)
	str := "héy"
	for i, r := range str {
		println(i, r)
	}
	println(str + "!" + str)
	var u8 uint8 = 250
	u8 += 10
	println(u8)
	var i8 int8 = 127
	i8++
	println(i8)
	f := 1.5
	f = f*2 + 1
	println(f, int(f))
	println(-7/2, -7%3, 7>>1, 1<<10)
	switch a {
	case 1, 2:
		println("no")
	case 7:
		println("yes")
		fallthrough
	case 8:
		println("fell")
	default:
		println("def")
	}
}

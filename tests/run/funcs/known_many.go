// More literals than there are clones, functions whose literals call themselves with ever new literals, and names that come again.
package main

import "fmt"

func sum(n int, f func(int) int) (s int) {
	for i := range n {
		s += f(i)
	}
	return s
}

// Each level makes a literal for the next.
func deeper(n int, f func(int) int) int {
	if n == 0 {
		return sum(3, f)
	}
	s := 0
	for i := range 2 {
		s += deeper(n-1, func(x int) int { return f(x) + i })
	}
	return s
}

// Two of them, each made by the other.
func ping(n int, f, g func(int) int) int {
	if n == 0 {
		return sum(2, f) - sum(2, g)
	}
	return pong(n-1, func(x int) int { return g(x) + n }, f)
}
func pong(n int, f, g func(int) int) int {
	if n == 0 {
		return sum(2, g) - sum(2, f)
	}
	return ping(n-1, g, func(x int) int { return f(x) - n }) + ping(n-1, f, f)
}

// The variable that a literal captures is the function's own, of another activation.
func own(n int, f func(int) int) int {
	v := n
	t := 0
	for i := range 3 {
		v += f(i)
		t += v
	}
	if n == 0 {
		return t
	}
	h := func(i int) int { v++; return v*i + n }
	t += own(n-1, h)
	for i := range 2 {
		t += h(i) + v
	}
	return t
}

func twoLoops(f, g func(int) int) (s int) {
	for i := range 3 {
		s = s*3 + f(i)
		for j := range 2 {
			s += g(j) * f(j)
		}
	}
	return s
}

// The same literal twice, with other values.
func pair(n int) int {
	mk := func(k int) func(int) int { return func(x int) int { return x*k + n } }
	return twoLoops(mk(2), mk(3))
}
func again[T int | float64](n int, f func(T) T) T {
	var s T
	for range 3 {
		s += f(T(n)) / 2
	}
	if n == 0 {
		return s
	}
	c := T(n) + 0.0
	return s + again(n-1, func(x T) T { return f(x) + c*1000 })
}

func main() {
	t := 0
	t += sum(1, func(x int) int { return x*0 + t%7 })
	t += sum(2, func(x int) int { return x*1 + t%7 })
	t += sum(3, func(x int) int { return x*2 + t%7 })
	t += sum(4, func(x int) int { return x*3 + t%7 })
	t += sum(1, func(x int) int { return x*4 + t%7 })
	t += sum(2, func(x int) int { return x*5 + t%7 })
	t += sum(3, func(x int) int { return x*6 + t%7 })
	t += sum(4, func(x int) int { return x*7 + t%7 })
	t += sum(1, func(x int) int { return x*8 + t%7 })
	t += sum(2, func(x int) int { return x*9 + t%7 })
	t += sum(3, func(x int) int { return x*10 + t%7 })
	t += sum(4, func(x int) int { return x*11 + t%7 })
	t += sum(1, func(x int) int { return x*12 + t%7 })
	t += sum(2, func(x int) int { return x*13 + t%7 })
	t += sum(3, func(x int) int { return x*14 + t%7 })
	t += sum(4, func(x int) int { return x*15 + t%7 })
	t += sum(1, func(x int) int { return x*16 + t%7 })
	t += sum(2, func(x int) int { return x*17 + t%7 })
	t += sum(3, func(x int) int { return x*18 + t%7 })
	t += sum(4, func(x int) int { return x*19 + t%7 })
	t += sum(1, func(x int) int { return x*20 + t%7 })
	t += sum(2, func(x int) int { return x*21 + t%7 })
	t += sum(3, func(x int) int { return x*22 + t%7 })
	t += sum(4, func(x int) int { return x*23 + t%7 })
	t += sum(1, func(x int) int { return x*24 + t%7 })
	t += sum(2, func(x int) int { return x*25 + t%7 })
	t += sum(3, func(x int) int { return x*26 + t%7 })
	t += sum(4, func(x int) int { return x*27 + t%7 })
	t += sum(1, func(x int) int { return x*28 + t%7 })
	t += sum(2, func(x int) int { return x*29 + t%7 })
	t += sum(3, func(x int) int { return x*30 + t%7 })
	t += sum(4, func(x int) int { return x*31 + t%7 })
	t += sum(1, func(x int) int { return x*32 + t%7 })
	t += sum(2, func(x int) int { return x*33 + t%7 })
	t += sum(3, func(x int) int { return x*34 + t%7 })
	t += sum(4, func(x int) int { return x*35 + t%7 })
	t += sum(1, func(x int) int { return x*36 + t%7 })
	t += sum(2, func(x int) int { return x*37 + t%7 })
	t += sum(3, func(x int) int { return x*38 + t%7 })
	t += sum(4, func(x int) int { return x*39 + t%7 })
	t += sum(1, func(x int) int { return x*40 + t%7 })
	t += sum(2, func(x int) int { return x*41 + t%7 })
	t += sum(3, func(x int) int { return x*42 + t%7 })
	t += sum(4, func(x int) int { return x*43 + t%7 })
	t += sum(1, func(x int) int { return x*44 + t%7 })
	t += sum(2, func(x int) int { return x*45 + t%7 })
	t += sum(3, func(x int) int { return x*46 + t%7 })
	t += sum(4, func(x int) int { return x*47 + t%7 })
	t += sum(1, func(x int) int { return x*48 + t%7 })
	t += sum(2, func(x int) int { return x*49 + t%7 })
	t += sum(3, func(x int) int { return x*50 + t%7 })
	t += sum(4, func(x int) int { return x*51 + t%7 })
	t += sum(1, func(x int) int { return x*52 + t%7 })
	t += sum(2, func(x int) int { return x*53 + t%7 })
	t += sum(3, func(x int) int { return x*54 + t%7 })
	t += sum(4, func(x int) int { return x*55 + t%7 })
	t += sum(1, func(x int) int { return x*56 + t%7 })
	t += sum(2, func(x int) int { return x*57 + t%7 })
	t += sum(3, func(x int) int { return x*58 + t%7 })
	t += sum(4, func(x int) int { return x*59 + t%7 })
	t += sum(1, func(x int) int { return x*60 + t%7 })
	t += sum(2, func(x int) int { return x*61 + t%7 })
	t += sum(3, func(x int) int { return x*62 + t%7 })
	t += sum(4, func(x int) int { return x*63 + t%7 })
	t += sum(1, func(x int) int { return x*64 + t%7 })
	t += sum(2, func(x int) int { return x*65 + t%7 })
	t += sum(3, func(x int) int { return x*66 + t%7 })
	t += sum(4, func(x int) int { return x*67 + t%7 })
	t += sum(1, func(x int) int { return x*68 + t%7 })
	t += sum(2, func(x int) int { return x*69 + t%7 })
	t += sum(3, func(x int) int { return x*70 + t%7 })
	t += sum(4, func(x int) int { return x*71 + t%7 })
	t += sum(1, func(x int) int { return x*72 + t%7 })
	t += sum(2, func(x int) int { return x*73 + t%7 })
	t += sum(3, func(x int) int { return x*74 + t%7 })
	t += sum(4, func(x int) int { return x*75 + t%7 })
	t += sum(1, func(x int) int { return x*76 + t%7 })
	t += sum(2, func(x int) int { return x*77 + t%7 })
	t += sum(3, func(x int) int { return x*78 + t%7 })
	t += sum(4, func(x int) int { return x*79 + t%7 })
	t += sum(1, func(x int) int { return x*80 + t%7 })
	t += sum(2, func(x int) int { return x*81 + t%7 })
	t += sum(3, func(x int) int { return x*82 + t%7 })
	t += sum(4, func(x int) int { return x*83 + t%7 })
	t += sum(1, func(x int) int { return x*84 + t%7 })
	t += sum(2, func(x int) int { return x*85 + t%7 })
	t += sum(3, func(x int) int { return x*86 + t%7 })
	t += sum(4, func(x int) int { return x*87 + t%7 })
	t += sum(1, func(x int) int { return x*88 + t%7 })
	t += sum(2, func(x int) int { return x*89 + t%7 })
	t += sum(3, func(x int) int { return x*90 + t%7 })
	t += sum(4, func(x int) int { return x*91 + t%7 })
	t += sum(1, func(x int) int { return x*92 + t%7 })
	t += sum(2, func(x int) int { return x*93 + t%7 })
	t += sum(3, func(x int) int { return x*94 + t%7 })
	t += sum(4, func(x int) int { return x*95 + t%7 })
	t += sum(1, func(x int) int { return x*96 + t%7 })
	t += sum(2, func(x int) int { return x*97 + t%7 })
	t += sum(3, func(x int) int { return x*98 + t%7 })
	t += sum(4, func(x int) int { return x*99 + t%7 })
	t += sum(1, func(x int) int { return x*100 + t%7 })
	t += sum(2, func(x int) int { return x*101 + t%7 })
	t += sum(3, func(x int) int { return x*102 + t%7 })
	t += sum(4, func(x int) int { return x*103 + t%7 })
	t += sum(1, func(x int) int { return x*104 + t%7 })
	t += sum(2, func(x int) int { return x*105 + t%7 })
	t += sum(3, func(x int) int { return x*106 + t%7 })
	t += sum(4, func(x int) int { return x*107 + t%7 })
	t += sum(1, func(x int) int { return x*108 + t%7 })
	t += sum(2, func(x int) int { return x*109 + t%7 })
	t += sum(3, func(x int) int { return x*110 + t%7 })
	t += sum(4, func(x int) int { return x*111 + t%7 })
	t += sum(1, func(x int) int { return x*112 + t%7 })
	t += sum(2, func(x int) int { return x*113 + t%7 })
	t += sum(3, func(x int) int { return x*114 + t%7 })
	t += sum(4, func(x int) int { return x*115 + t%7 })
	t += sum(1, func(x int) int { return x*116 + t%7 })
	t += sum(2, func(x int) int { return x*117 + t%7 })
	t += sum(3, func(x int) int { return x*118 + t%7 })
	t += sum(4, func(x int) int { return x*119 + t%7 })
	fmt.Println(t)
	fmt.Println(deeper(5, func(x int) int { return x * t }))
	fmt.Println(ping(6, func(x int) int { return x + 1 }, func(x int) int { return x * x }))
	fmt.Println(own(5, func(i int) int { return i * i }))
	fmt.Println(twoLoops(func(x int) int { t++; return x + t }, func(x int) int { t--; return x - t }), pair(4))
	fmt.Println(again(3, func(x int) int { return x + 7 }), again(3, func(x float64) float64 { return x + 0.5 }))
}

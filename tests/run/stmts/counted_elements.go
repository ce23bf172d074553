// Loops that load the element they have counted to, elements of arrays that are added to, intervals and small divisors: what stands beside each
// other does what it does alone, and fails where it would.
package main

import "fmt"

func caught(name string, f func() int) {
	defer func() {
		if e := recover(); e != nil {
			fmt.Println(name, e)
		}
	}()
	fmt.Println(name, f())
}

// The slice gets shorter while the loop counts to what its length was.
func shrinks(s []int) (n int) {
	for i := 0; i < cap(s); i++ {
		n += s[i] * 10
		if i == 2 {
			s = s[:4]
		}
	}
	return n
}

func shrinkingBytes(s []byte) (n int) {
	end := len(s)
	for i := 0; i < end; i++ {
		c := s[i]
		if c == 'c' {
			s = s[:5]
		}
		n = n*3 + int(c)
	}
	return n
}

func beyondText(s string, end int) (n int) {
	for i := 0; i < end; i++ {
		c := s[i]
		if c != 'x' {
			n += int(c)
		}
	}
	return n
}

func textShrinks(s string) (n int) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			s = s[:len(s)-2]
		}
		n = n*2 + int(c)%7
	}
	return n + len(s)
}

func fromBelow(s []int, i int) (n int) {
	for ; i < len(s); i++ {
		n += s[i]
	}
	return n
}

func textFromBelow(s string, i int) (n int) {
	for ; i < len(s); i++ {
		n += int(s[i])
	}
	return n
}

func strides(s string) (n int) {
	for i := 0; i < len(s); i += 3 {
		n = n<<1 ^ int(s[i])
	}
	return n
}

func sums(s []int, by int) [4]int {
	var h [4]int
	for _, x := range s {
		h[x] += by
		h[x]++
	}
	return h
}

func sumThrough(h *[4]int, s []int) int {
	for _, x := range s {
		h[x] += x
	}
	return h[1] + h[3]
}

func kinds(s string) (digits, letters, others, rare int) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			letters++
		case c < ' ' || c > '~':
			rare++
		default:
			others++
		}
		if c == 'e' || c == 'E' {
			letters += 100
		}
		if c <= '~' && c >= ' ' {
			others += 1000
		}
	}
	return
}

func parts(x int) []int {
	return []int{x / 3, x % 3, x / 10, x % 10, x / 7, x % 7, x / 641, x % 641, x / 1000, x % 1000, x / 1023, x % 1023, x / 1025, x % 1025}
}

func turned(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

func swapAt(b []byte, i, j int) int {
	b[i], b[j] = b[j], b[i]
	t := b[0]
	b[0] = b[1]
	b[1] = t
	return int(b[0])
}

// The same variable on several sides, in all orders.
func together(x, y, z int) []int {
	x, y = x+1, y-1
	a, b := x, y
	a, b = b, a
	c, d := x+y, x-y
	c, d = d*2, c*3
	x, y, z = y+1, z+2, 3*x
	x, x = x+1, x*10
	var u, v uint8 = 200, 100
	u, v = v+200, v+v
	f, g := 1.5, 2.5
	f, g = f+0.5, g*f
	return []int{a, b, c, d, x, y, z, int(u), int(v), int(f * 100), int(g * 100)}
}

func compares(s, t string, b []byte, x []int) (n int) {
	for i := 0; i < len(s) && i < len(t); i++ {
		if s[i] == t[len(t)-1-i] {
			n++
		}
		if s[i] < t[i] {
			n += 10
		}
		if b[i] != t[i] {
			n += 100
		}
		if x[i] == x[len(x)-i-1] {
			n += 1000
		}
		if x[i] <= i {
			n += 10000
		}
		if b[len(b)-(1+i)] >= s[i] {
			n += 100000
		}
	}
	return n
}

func main() {
	caught("shrinks", func() int { return shrinks([]int{1, 2, 3, 4, 5, 6}) })
	caught("bytes", func() int { return shrinkingBytes([]byte("abcdefgh")) })
	caught("text", func() int { return beyondText("hexagon", 7) })
	caught("text beyond", func() int { return beyondText("hexagon", 9) })
	caught("no text", func() int { return beyondText("", 1) })
	caught("text shrinks", func() int { return textShrinks("ab.cd.ef.gh") })
	caught("from below", func() int { return fromBelow([]int{1, 2}, 0) })
	caught("from far below", func() int { return fromBelow([]int{1, 2}, -2) })
	caught("text from below", func() int { return textFromBelow("abc", 1) })
	caught("text from far below", func() int { return textFromBelow("abc", -1) })
	fmt.Println(strides("abcdefghij"), strides(""), strides("x"))
	fmt.Println(sums([]int{3, 1, 3, 0, 3}, 5))
	caught("array", func() int { return sums([]int{3, 1, 4}, 1)[3] })
	caught("array below", func() int { return sums([]int{3, -1}, 1)[3] })
	caught("through", func() int { return sumThrough(new([4]int), []int{1, 3, 3, 0}) })
	caught("through nil", func() int { return sumThrough(nil, []int{1, 3}) })
	fmt.Println(kinds("The 3 quick brown foxes, 12 of them: jumped\tover é 0-9 A..Z [`{@"))
	fmt.Println(turned(""), turned("x"), turned("drawer"), turned("reviled"), together(3, 8, -2))
	caught("swap", func() int { return swapAt([]byte("abc"), 0, 2) })
	caught("swap beyond", func() int { return swapAt([]byte("abc"), 3, 1) })
	caught("swap far beyond", func() int { return swapAt([]byte("abc"), 1, 4) })
	caught("swap below", func() int { return swapAt([]byte("abc"), -1, 1) })
	caught("compares", func() int { return compares("abcde", "edcbx", []byte("abxde"), []int{0, 5, 7, 5, 1}) })
	caught("compares beyond", func() int { return compares("abcde", "edcbx", []byte("abxd"), []int{0, 5, 7, 5, 1}) })
	for _, x := range []int{0, 1, 9, 10, 641, 1023, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 7, 1<<63 - 1, -1, -10, -1 << 31, -1 << 63} {
		fmt.Println(x, parts(x))
	}
}

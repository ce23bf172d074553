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
	for _, x := range []int{0, 1, 9, 10, 641, 1023, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 7, 1<<63 - 1, -1, -10, -1 << 31, -1 << 63} {
		fmt.Println(x, parts(x))
	}
}

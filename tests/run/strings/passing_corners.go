// Strings that are only read: where they come from, what is called beside them, who looks at them.
package main

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

type key string
type rec struct {
	b []byte
	s string
	p *rec
}

var g = []byte("global")

func grow(n int) int {
	if n == 0 {
		return 1
	}
	var a [40]int
	a[n%40] = n
	return grow(n-1) + a[(n+1)%40]*0
}
func str(s string) string { grow(300); return s }

func kind(b []byte) int {
	switch string(b) {
	case "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa":
		return 1
	case "xy", "yz":
		fallthrough
	case "q":
		grow(500)
		return 2
	case "":
		return 3
	default:
		return 4
	}
}
func kind2(s string, i, j int) (r int) {
	defer func() {
		if e := recover(); e != nil {
			fmt.Println("rec", e)
			r = -1
		}
	}()
	switch s[i:j] {
	case "lo":
		return 1
	case str("el"):
		return 2
	}
	return 0
}

type G[T ~string | ~[]byte] struct{ v T }

func (x G[T]) eq(s string) bool { return string(x.v) == s }

func main() {
	b := []byte("xyz")
	m := map[string]int{"xy": 1, "z": 2, "": 9}
	a := map[any]int{"xy": 5, key("xy"): 6}
	k := map[key]int{"xy": 7}
	fmt.Println(m[string(b[:2])], a[string(b[:2])], a[key(b[:2])], k[key(b[:2])], m[string(b[:0])], m[string([]byte(nil))])
	v, ok := m[string(b[2:])]
	fmt.Println(v, ok)
	v, ok = m[str("xyz")[:2]]
	fmt.Println(v, ok)
	m[string(b[:1])] += 3
	m[string(b[:1])]++
	m[string(b)] = 4
	b[0] = 'q'
	fmt.Println(m, len(m))
	fmt.Println(kind([]byte("xy")), kind([]byte("q")), kind(nil), kind(b), kind(bytes.Repeat([]byte("a"), 43)))
	fmt.Println(kind2("hello", 3, 5), kind2("hello", 1, 3), kind2("hello", 0, 2), kind2("hello", 3, 9), kind2("hello", 4, 2))
	r := &rec{b: []byte("abc"), s: "abcdef"}
	r.p = r
	fmt.Println(string(r.b) == r.s[:3], r.p.p.s[1:4] == string(r.p.b), strings.HasPrefix(r.s[2:], r.p.s[2:4]), strings.Contains(string(r.b), r.s[1:2]))
	fmt.Println(strings.Index(string(g), "bal"), strings.IndexByte(str("hello")[2:], 'o'), strings.EqualFold(string(b), "QYZ"))
	fmt.Println(len([]rune(r.s[2:])), len([]byte(r.s[2:4])), len(string(r.b[1:])), len([]rune(string(g))), len([]rune("héllo"[1:])))
	fmt.Println(utf8.RuneCountInString(string(g)[1:]))
	fmt.Println(utf8.DecodeRuneInString("héllo"[1:]))
	fmt.Println(G[string]{"xy"}.eq("xy"), G[[]byte]{[]byte("xy")}.eq("xy"), G[key]{"xy"}.eq("x"))
	n := 0
	for i := 0; i < 2000; i++ {
		s := strings.Repeat("ab", i%40)
		if i%40 > 2 && s[2:4] == "ab" && s[1:] > s[:len(s)-1] && string([]byte(s)[1:3]) == "ba" {
			n++
		}
		switch {
		case s[len(s)/2:] == s[:len(s)/2]:
			n += 3
		case strings.HasSuffix(s[1:], s[len(s)-1:]):
			n += 5
		}
	}
	fmt.Println(n)
	var np *rec
	func() {
		defer func() { fmt.Println(recover() != nil) }()
		fmt.Println(string(b) == np.s)
	}()
	done := make(chan int)
	for w := 0; w < 4; w++ {
		go func() {
			t := 0
			for i := 0; i < 5000; i++ {
				bb := []byte(fmt.Sprint("k", i%7))
				switch string(bb) {
				case "k3":
					t++
				case "k5":
					t += 2
				}
				if string(bb[1:]) == "6" {
					t += m[string(bb[:0])]
				}
			}
			done <- t
		}()
	}
	fmt.Println(<-done, <-done, <-done, <-done)
}

// Parts of strings and texts of bytes that are only read: compared, looked up, searched, counted; their bounds are checked all the same, and in order.
package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type word string
type raw []byte
type key struct{ s string }

var global = "package level text"
var calls int

func note(s string) string {
	calls++
	return deep(20, s)
}

// deep makes the stack grow, and memory be asked for.
func deep(n int, s string) string {
	if n == 0 {
		return s
	}
	var pad [32]int
	pad[n%32] = n
	t := deep(n-1, s+"x")
	return t[:len(t)-1+pad[0]]
}

func grow(s string, i int) bool {
	// What comes behind the part makes the stack move.
	return strings.HasPrefix(s[i:], note("va")) && s[i:i+3] == note("val") && note("val") == s[i:i+3]
}

func try(what string, f func()) {
	defer func() { fmt.Println(what, recover()) }()
	f()
}

func kind(b []byte) int {
	switch string(b) {
	case "if", "else":
		return 1
	case "for":
		return 2
	case "":
		return 3
	}
	return 4
}

func kindOf(s string, i, j int) (k int) {
	switch s[i:j] {
	case "value":
		k = 1
		fallthrough
	case "other":
		k += 2
	case global[:3]:
		k = 5
	default:
		k = 7
	}
	return
}

func main() {
	s := "a value = some text; héllo"
	for i := range len(s) - 3 {
		a, b := s[i:i+3] == "val", "val" == s[i:i+3]
		c, d := s[i:i+3] < "som", "som" <= s[i:i+2]
		e := s[i:] != s[2:] && s[:i] == s[:i][0:]+""
		fmt.Print(a, b, c, d, e, kindOf(s, i, i+3), " ")
	}
	fmt.Println()
	fmt.Println(grow(s, 2), calls)
	m := map[string]int{"val": 1, "some": 2, "": 3}
	w := map[word]int{"val": 4}
	k := map[key]int{{"val"}: 5}
	n := map[any]int{"val": 6}
	v, ok := m[s[10:14]]
	fmt.Println(m[s[2:5]], v, ok, m[s[3:3]], w[word(s[2:5])], k[key{s[2:5]}], n[s[2:5]], m[string([]byte("val"))], m[string(raw("some"))])
	m[s[2:6]]++
	m[string([]byte("bytes"))] = 8
	delete(m, s[2:5])
	fmt.Println(m, len(m))
	b := []byte(s)
	fmt.Println(string(b[2:5]) == "val", string(b[:0]) == "", string(raw(b)) == s, kind([]byte("if")), kind([]byte("for")), kind(nil), kind(b))
	b[2] = 'V'
	fmt.Println(string(b[2:5]) == "val", string(b[2:5]) == "Val", strings.Contains(string(b), "Value"), strings.IndexByte(string(b[2:]), '='))
	r, size := utf8.DecodeRuneInString(s[22:])
	fmt.Println(string(r), size, strings.Index(s[5:], "e"), strings.EqualFold(s[2:5], string(b[2:5])), utf8.RuneCountInString(s[20:]), utf8.ValidString(s[:23]))
	x, err := strconv.Atoi("n=1234"[2:])
	y, err2 := strconv.ParseInt(string([]byte("x-77"))[1:3], 10, 64)
	_, err3 := strconv.Atoi(s[2:7])
	_, err4 := strconv.ParseFloat(string(b[2:7]), 64)
	fmt.Println(x, err, y, err2, err3, err4)
	b[3] = '!'
	fmt.Println(err4)
	fmt.Println(len([]rune(s)), len([]byte(s)), len(string(b)), len([]rune(s[21:])), len([]rune("\xff\xfe")), len([]byte(s[1:4])), len(string(raw(nil))), len(word(s)), len(string([]rune(s))))
	fmt.Println(bytes.Equal([]byte(s[2:5]), []byte("val")), global[:7] == "package", strings.HasSuffix(global[:7], "age"))
	at := 30
	try("low", func() { fmt.Println(s[at:] == "x") })
	try("high", func() { fmt.Println("x" == s[:at]) })
	try("order", func() { fmt.Println(m[s[at-10:at-20]]) })
	try("native", func() { fmt.Println(strings.HasPrefix(s[at:], note("q"))) })
	try("length", func() { fmt.Println(len([]rune(s[at:]))) })
	try("switch", func() { fmt.Println(kindOf(s, at, at+1)) })
	try("bytes", func() { fmt.Println(string(b[:at+10]) == "") })
	try("decode", func() { fmt.Println(utf8.DecodeRuneInString(s[at:])) })
	var p *key
	try("nil", func() { fmt.Println(s[1:3] == p.s) })
	fmt.Println(calls)
	done := make(chan int)
	for g := range 4 {
		go func() {
			found := 0
			for i := range 2000 {
				t := strings.Repeat("ab", i%9) + strconv.Itoa(i)
				if t[len(t)-1:] == strconv.Itoa(i % 10)[:1] && m[t[:0]] == 3 && string([]byte(t)[:1]) == t[:1] {
					found++
				}
			}
			done <- found + g
		}()
	}
	total := 0
	for range 4 {
		total += <-done
	}
	fmt.Println(total)
	views()
}

type named []byte

// Bytes of strings that are only read.
func views() {
	s, e := "hello, world", ""
	b := []byte(s)
	fmt.Println(bytes.Equal(b, []byte(s)), bytes.Equal(b, []byte("hello")), bytes.Equal([]byte(e), nil), bytes.Equal([]byte(e), []byte("")))
	fmt.Println(bytes.HasPrefix(b, []byte("hell")), bytes.HasSuffix([]byte(s), []byte("ld")), bytes.Index([]byte(s), []byte{'w'}), bytes.Compare(named(s), named("i")))
	fmt.Println(bytes.IndexByte([]byte(s[2:]), 'o'), bytes.Contains([]byte(note(s)), []byte(note("wor"))), utf8.RuneCount([]byte("größe")))
	b[0] = 'j'
	fmt.Println(bytes.Equal(b, []byte(s)), string(b), s)
	r, n := utf8.DecodeRune([]byte("ö"))
	fmt.Println(r, n, bytes.IndexByte([]byte((&key{s: "abc"}).s), 'c'))
}

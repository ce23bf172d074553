// Natives that read their arguments where they lie: called directly, as values, deferred, in goroutines, with nil and with what is no UTF-8.
package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

type name string
type raw []byte

type record struct {
	s    string
	b    []byte
	r    rune
	runs [3]rune
}

func pair() (string, string)  { return "prefix", "pre" }
func bpair() ([]byte, []byte) { return []byte("same"), []byte("same") }

func changing(s *string) string {
	*s = "other"
	return "oth"
}

func main() {
	s := "héllo, wörld"
	fmt.Println(strings.HasPrefix(s, "hé"), strings.HasPrefix(s, ""), strings.HasPrefix("", s), strings.HasSuffix(s, "ld"), strings.HasSuffix("", ""))
	fmt.Println(strings.HasPrefix(pair()), bytes.Equal(bpair()))
	fmt.Println(strings.HasPrefix(string(name("abc")), "ab"), bytes.Equal(raw("x"), []byte("x")))
	fmt.Println(bytes.Equal(nil, nil), bytes.Equal(nil, []byte{}), bytes.Equal(nil, []byte("a")), bytes.IndexByte(nil, 'a'), bytes.HasPrefix([]byte("a"), nil))
	fmt.Println(strings.Index(s, "w"), strings.Index(s, ""), strings.Index("", "a"), strings.LastIndex(s, "l"), strings.Count(s, ""), strings.Count(s, "l"))
	fmt.Println(strings.IndexByte(s, 'z'), strings.IndexByte(s, 'h'), strings.LastIndexByte(s, 'l'), strings.IndexRune(s, 'ö'), strings.IndexRune("a\xffb", utf8.RuneError))
	fmt.Println(strings.Compare("a", "b"), strings.Compare("b", "a"), strings.Compare("a", "a"), bytes.Compare(nil, []byte{}), bytes.Compare([]byte{255}, []byte{0}))
	fmt.Println(strings.Contains(s, "lo,"), strings.ContainsRune(s, 'é'), strings.EqualFold("HÉ", "hé"), bytes.Contains([]byte(s), []byte("wör")))

	// As values, deferred, in goroutines.
	f := strings.HasPrefix
	g := utf8.DecodeRuneInString
	r, w := g("\xff")
	fmt.Println(f("abc", "ab"), r, w)
	tests := map[string]func(rune) bool{"letter": unicode.IsLetter, "digit": unicode.IsDigit, "space": unicode.IsSpace, "upper": unicode.IsUpper, "punct": unicode.IsPunct}
	names := []string{}
	for n := range tests {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, n := range names {
		for _, c := range []rune{'a', 'Z', '7', ' ', '\u00a0', '!', 'é', 'Ж', '٣', -1, 0x110000, 0xd800} {
			if tests[n](c) {
				fmt.Print(n, " ", int(c), "; ")
			}
		}
	}
	fmt.Println()
	fmt.Println(strings.IndexFunc("12a", unicode.IsLetter), strings.TrimFunc("  x ", unicode.IsSpace), strings.FieldsFunc("a1b22c", unicode.IsDigit), strings.Map(unicode.ToUpper, "aéж\xff"))
	func() {
		defer strings.Contains("a", "b")
		defer fmt.Println("deferred")
	}()
	done := make(chan bool)
	go func() { done <- strings.Contains("abc", "c") }()
	fmt.Println(<-done)

	// Operands in fields, elements, results of calls that change other operands.
	rec := record{s: "field", b: []byte("bytes"), r: 'é', runs: [3]rune{'x', -5, 'Ж'}}
	p := &rec
	fmt.Println(strings.HasPrefix(rec.s, "fi"), strings.HasPrefix(p.s, "fi"), bytes.HasSuffix(p.b, rec.b[2:]), unicode.IsLetter(rec.r), unicode.IsLetter(p.runs[1]), unicode.IsLetter(rec.runs[2]), unicode.ToUpper(rec.runs[0]))
	v := "some"
	t := changing(&v)
	fmt.Println(strings.HasPrefix(v, t), v)
	v = "grow"
	v = v + "n"
	fmt.Println(strings.HasSuffix(v, v[3:]), strings.HasPrefix(v[:2], v[:2]))
	x := strings.Index(v, "w")
	x = strings.Index(v[x:], "n") + x
	fmt.Println(x)

	for _, b := range []string{"", "a", "é", "日", "😀", "\xc3", "\xe6\x97", "\xf0\x9f\x98", "\xed\xa0\x80", "\xff\xfe", "\xc0\x80"} {
		r1, w1 := utf8.DecodeRuneInString(b)
		r2, w2 := utf8.DecodeRune([]byte(b))
		r3, w3 := utf8.DecodeLastRuneInString(b)
		r4, w4 := utf8.DecodeLastRune([]byte(b))
		fmt.Println(r1, w1, r2 == r1, w2 == w1, r3, w3, r4 == r3, w4 == w3, utf8.RuneCountInString(b), utf8.RuneCount([]byte(b)), utf8.ValidString(b), utf8.Valid([]byte(b)), utf8.FullRune([]byte(b)))
	}
	for c := rune(0); c < 0x80; c++ {
		if unicode.IsLetter(c) || unicode.IsPunct(c) {
			fmt.Print(string(unicode.ToLower(c)), string(unicode.ToUpper(c)))
		}
		if unicode.IsSpace(c) != strings.ContainsRune("\t\n\v\f\r ", c) || unicode.IsDigit(c) != unicode.IsNumber(c) || unicode.IsUpper(c) && unicode.IsLower(c) {
			fmt.Println("wrong", c)
		}
	}
	fmt.Println()
}

// Trimming, cutting, searching, folding and taking apart all short texts of a few pieces, and longer ones around the limits of fast ways.
package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode/utf8"
)

var sum = fnv.New64a()

func note(v ...any) { fmt.Fprintln(sum, v...) }

func show(what string) {
	fmt.Printf("%s %x\n", what, sum.Sum64())
	sum.Reset()
}

var pieces = []string{" ", "a", "A", "é", "\u00a0", "\x80", "\u212a"}

func each(n int, s string, f func(string)) {
	f(s)
	if n == 0 {
		return
	}
	for _, p := range pieces {
		each(n-1, s+p, f)
	}
}

func trims(s string) {
	b := []byte(s)
	note(strings.TrimSpace(s), string(bytes.TrimSpace(b)), bytes.TrimSpace(b) == nil)
	for _, set := range []string{"", "a", " aé", "\x80", "\ufffd"} {
		note(strings.Trim(s, set), strings.TrimLeft(s, set), strings.TrimRight(s, set))
		x, y, z := bytes.Trim(b, set), bytes.TrimLeft(b, set), bytes.TrimRight(b, set)
		note(string(x), string(y), string(z), x == nil, y == nil, z == nil, cap(x) == cap(b), cap(z) == cap(b))
	}
}

func cuts(s string) {
	for _, sep := range []string{"", "a", " a", "aa", "é", "\x80", "é ", "aAa"} {
		x, y, ok := strings.Cut(s, sep)
		p, q, has := bytes.Cut([]byte(s), []byte(sep))
		note(x, y, ok, string(p), string(q), has, strings.Index(s, sep), bytes.Index([]byte(s), []byte(sep)), strings.Contains(s, sep), strings.Count(s, sep))
	}
}

func folds(s string) {
	for _, t := range []string{"", "a", "aa", "Kk", "\u212a", "kkkk", "aaé", "AAÉ", "  aA", "ſ"} {
		note(strings.EqualFold(s, t), strings.EqualFold(t, s), bytes.EqualFold([]byte(s), []byte(t)))
	}
	r := []rune(s)
	note(r, len(r), len([]rune(s)), utf8.RuneCountInString(s), len([]byte(s)), string(r))
}

func long() {
	for n := 0; n < 150; n++ {
		base := strings.Repeat("ab", n)[:n]
		for _, sub := range []string{"aa", "ba", "bab", "abababab", "ababababab", base, base + "a"} {
			note(n, strings.Index(base, sub), bytes.Index([]byte(base), []byte(sub)))
		}
		for _, at := range []int{0, n / 2, n - 1, n} {
			at = max(at, 0)
			for _, mark := range []string{"aa", "xyz", "é", "\xff", "ababx", "bb"} {
				s := base[:at] + mark + base[at:]
				note(strings.Index(s, mark), strings.Index(s, "x"), strings.Index(s, "zab"), strings.Contains(s, "bx"))
				note(len([]rune(s)), []rune(s), utf8.RuneCountInString(s), string([]rune(s)))
				upper := strings.ToUpper(s)
				note(strings.EqualFold(s, upper), strings.EqualFold(s, upper+"x"), strings.EqualFold(base, s), strings.EqualFold(base+mark, s))
				note(strings.TrimSpace(" "+s+"\t"), len(strings.Trim(s, "ab")))
			}
		}
	}
}

func main() {
	each(4, "", trims)
	show("trims")
	each(5, "", cuts)
	show("cuts")
	each(4, "", folds)
	show("folds")
	long()
	show("long")
}

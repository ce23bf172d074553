// Sscan, Sscanln and Sscanf of texts put together at random: what they store, how many, and whether there is an error.
package main

import (
	"fmt"
	"hash/fnv"
	"strings"
)

var state = uint32(1)

func pick(n int) int {
	state = state*1664525 + 1013904223
	return int(state>>10) % n
}

var pieces = []string{"1", "12", "-7", "+3", "0", "007", "0x1f", "0b11", "999", "300", "-129", "70000", "123456789012345678", "1234567890123456789", "abc", "héllo",
	"x", "\xff", "12a", "世", ",", "%"}
var spaces = []string{" ", " ", " ", "  ", "\t", "\n", "\r\n", " \n ", "\u00a0", "\v", "", ","}
var verbs = []string{"%d", "%d", "%v", "%s", "%2d", "%3s", " ", ",", "abc"}

func text(from []string, between []string, n int) string {
	var b strings.Builder
	for i := 0; i < n; i++ {
		if i > 0 || pick(4) == 0 {
			b.WriteString(between[pick(len(between))])
		}
		b.WriteString(from[pick(len(from))])
	}
	if pick(3) == 0 {
		b.WriteString(between[pick(len(between))])
	}
	return b.String()
}

func operands() ([]any, func() string) {
	var i int
	var i8 int8
	var i32 int32
	var i64 int64
	var u uint
	var u8 uint8
	var s string
	var b []byte
	all := []any{&i, &i, &s, &i8, &i32, &i64, &u, &u8, &s, &b}
	var use []any
	for k := 1 + pick(3); k > 0; k-- {
		use = append(use, all[pick(len(all))])
	}
	return use, func() string { return fmt.Sprint(i, i8, i32, i64, u, u8, s, b) }
}

func main() {
	for _, c := range []string{"12", " 12 ", "12\n", "\n12", "-5x", "1_0", "0", "010", "18446744073709551616", "é", ""} {
		var a int
		var s string
		n, err := fmt.Sscan(c, &a)
		fmt.Print(n, " ", err, " ", a, "; ")
		n, err = fmt.Sscan(c, &s)
		fmt.Printf("%d %v %q; ", n, err, s)
		n, err = fmt.Sscanf(c, "%d", &a)
		fmt.Println(n, err, a)
	}
	var a, b, d int
	var w string
	fmt.Println(fmt.Sscanf("move 12 from alpha to 7", "move %d from %s to %d", &a, &w, &b))
	fmt.Println(a, w, b)
	fmt.Println(fmt.Sscanf("2024-03-05", "%d-%d-%d", &a, &b, &d))
	fmt.Println(a, b, d)
	fmt.Println(fmt.Sscanf("3,4 5", "%d,%d %d", &a, &b, &d))
	fmt.Println(a, b, d)
	for round := 0; round < 8; round++ {
		sum := fnv.New64a()
		for k := 0; k < 1000; k++ {
			in := text(pieces, spaces, 1+pick(4))
			args, show := operands()
			n, err := fmt.Sscan(in, args...)
			fmt.Fprintf(sum, "%q %d %t %s\n", in, n, err == nil, show())
			args, show = operands()
			n, err = fmt.Sscanln(in, args...)
			fmt.Fprintf(sum, "%q %d %t %s\n", in, n, err == nil, show())
			format := strings.TrimRight(text(verbs, []string{"", " ", "", ","}, 1+pick(4)), " ")
			args, show = operands()
			n, err = fmt.Sscanf(in, format, args...)
			fmt.Fprintf(sum, "%q %q %d %t %s\n", in, format, n, err == nil, show())
		}
		fmt.Printf("%x\n", sum.Sum64())
	}
}

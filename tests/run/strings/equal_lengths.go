// Texts of all lengths that are compared in place, and differences at every byte.
package main

import (
	"bytes"
	"fmt"
	"strings"
)
func main() {
	n := 0
	for _, l := range []int{0, 1, 3, 8, 16, 31, 32, 33, 47, 48, 64, 100, 255, 256, 257, 1000} {
		a, b := bytes.Repeat([]byte("x"), l), bytes.Repeat([]byte("x"), l)
		s := string(a)
		for i := 0; i < 2000; i++ {
			if bytes.Equal(a, b) { n++ }
			if bytes.HasPrefix(a, b) { n++ }
			if strings.HasPrefix(s, string(b)) { n++ }
			if strings.HasSuffix("abc"+s, s) { n++ }
		}
		for i := range b {
			b[i] = 'y'
			if bytes.Equal(a, b) || bytes.HasPrefix(a, b) || bytes.HasSuffix(a, b) || strings.HasPrefix(s, string(b)) { n += 1000000 }
			b[i] = 'x'
		}
	}
	fmt.Println(n)
}

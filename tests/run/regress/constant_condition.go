// A constant part of a condition is a value like any other where nothing is optimised.
package main

import "fmt"

const no = 5 <= 1

func f(n int) int {
	if (18 > 3 && no) || n > 3 {
		return 1
	}
	if n > 1 && (no || 2 > 1) && !(no && true) {
		return 2
	}
	for (no || false) || n < 0 {
		n++
	}
	return n
}

func main() {
	b := (18 > 3 && no) || f(9) == 1
	fmt.Println(f(4), f(2), f(-3), b)
}

// Output:
// 1 2 0 true

// Maps with keys of words and of strings.
package main

import "strconv"

func main() {
	words, squares := map[string]int{}, map[int]int{}
	for i := 0; i < 12000; i++ {
		words["k"+strconv.Itoa(i%700)]++
		squares[i%1500] += i
	}
	sum := 0
	for k, v := range words {
		sum += len(k) * v
	}
	for i := 0; i < 3000; i++ {
		if v, ok := squares[i]; ok {
			sum += v % 7
		}
		if i%3 == 0 {
			delete(squares, i)
		}
	}
	println(sum, len(squares))
}

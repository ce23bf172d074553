// Binary searches in slices that are in order, that are not, and that hold NaN; what Go's loops find is found.
package main

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

func main() {
	ints := []int{-5, -5, 0, 3, 3, 3, 9, math.MaxInt}
	for _, x := range []int{math.MinInt, -6, -5, -4, 0, 3, 4, 9, 10, math.MaxInt} {
		i, found := slices.BinarySearch(ints, x)
		fmt.Print(sort.SearchInts(ints, x), i, found, " ")
	}
	fmt.Println(sort.SearchInts(nil, 1), sort.IntSlice(ints).Search(3))

	floats := []float64{math.Inf(-1), -1, math.Copysign(0, -1), 0, 2.5, math.Inf(1)}
	for _, x := range []float64{math.Inf(-1), -2, 0, 2.5, 3, math.Inf(1), math.NaN()} {
		i, found := slices.BinarySearch(floats, x)
		fmt.Print(sort.SearchFloat64s(floats, x), i, found, " ")
	}
	nans := []float64{math.NaN(), math.NaN(), 1, 2}
	fmt.Println(sort.SearchFloat64s(nans, 1), sort.SearchFloat64s(nans, math.NaN()), sort.Float64Slice(nans).Search(2))

	words := []string{"", "a", "ab", "ab", "b\xff", "ça"}
	for _, x := range []string{"", "a", "aa", "ab", "b", "b\xff\x00", "ça", "é"} {
		i, found := slices.BinarySearch(words, x)
		fmt.Print(sort.SearchStrings(words, x), i, found, " ")
	}
	fmt.Println(sort.SearchStrings([]string{}, "x"), sort.StringSlice(words).Search("ab"))

	// In no order: the same elements are looked at.
	mixed := []int{5, 1, 4, 9, 2, 8, 0, 7, 3}
	for x := range 11 {
		i, found := slices.BinarySearch(mixed, x)
		j := sort.Search(len(mixed), func(k int) bool { return mixed[k] >= x })
		fmt.Print(sort.SearchInts(mixed, x) == j, i == j, found, " ")
	}
	fmt.Println()
}

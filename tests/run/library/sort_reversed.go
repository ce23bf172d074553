// What package sort compares and moves itself is sorted without asking it, reversed or not; others are asked.
package main

import (
	"fmt"
	"sort"
)

type byLen []string

func (b byLen) Len() int           { return len(b) }
func (b byLen) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLen) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func main() {
	x := []int{5, 2, 9, 2, -1, 7}
	sort.Sort(sort.IntSlice(x))
	fmt.Println(x)
	sort.Sort(sort.Reverse(sort.IntSlice(x)))
	fmt.Println(x)
	sort.Stable(sort.Reverse(sort.Reverse(sort.IntSlice(x))))
	fmt.Println(x)
	s := []string{"b", "ccc", "aa", "", "zz"}
	sort.Stable(sort.Reverse(sort.StringSlice(s)))
	fmt.Println(s)
	sort.Sort(sort.StringSlice(s))
	fmt.Println(s)
	sort.Stable(sort.Reverse(byLen(s)))
	fmt.Println(s)
	sort.Sort(sort.Reverse(sort.Float64Slice{}))
	f := sort.Float64Slice{2, 1, 3}
	sort.Sort(sort.Reverse(f))
	fmt.Println(f, sort.IsSorted(sort.Reverse(f)))
	sort.Sort(sort.Reverse(sort.IntSlice(nil)))
	defer func() { fmt.Println(recover() != nil) }()
	sort.Sort(sort.Reverse(nil))
}

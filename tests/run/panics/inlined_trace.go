//gol:exit 2
//gol:stderr index out of range [3] with length 2
//gol:stderr main.inner(...)
//gol:stderr inlined_trace.go:11
//gol:stderr main.outer(...)
//gol:stderr inlined_trace.go:12
//gol:stderr main.main(...)
//gol:stderr inlined_trace.go:17
package main

func inner(xs []int, i int) int { return xs[i] }
func outer(xs []int) int        { return inner(xs, 3) + 1 }

func main() {
	xs := []int{1, 2}
	for range 2 {
		xs[0] += outer(xs)
	}
}

//gol:exit 2
//gol:stderr panic: runtime error: index out of range [3] with length 3
//gol:stderr goroutine 1 [running]:
//gol:stderr main.main.func3(...)
//gol:stderr known_trace.go:63
//gol:stderr main.each(...)
//gol:stderr known_trace.go:36
//gol:stderr main.twice(...)
//gol:stderr known_trace.go:40
//gol:stderr main.main(...)
//gol:stderr known_trace.go:62
package main

import (
	"fmt"
	"runtime"
	"strings"
)

func frames() string {
	pcs := make([]uintptr, 20)
	it := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	var out []string
	for {
		f, more := it.Next()
		if strings.HasPrefix(f.Function, "main.") {
			out = append(out, fmt.Sprintf("%s:%d", f.Function, f.Line))
		}
		if !more {
			return strings.Join(out, " ")
		}
	}
}
func each(n int, f func(int)) {
	for i := range n {
		f(i)
	}
}
func twice(n int, f func(int)) {
	each(n, f)
	for range n {
		each(n, f)
	}
}

func visit(i int) { fmt.Println(frames()) }

func here() {
	_, _, line, ok := runtime.Caller(1)
	fmt.Println(line, ok)
}

func main() {
	each(1, func(i int) {
		fmt.Println(frames())
		here()
	})
	twice(1, visit)
	xs := []int{1, 2, 3}
	each(3, func(i int) { xs[i]++ })
	fmt.Println(xs)
	twice(4, func(i int) {
		xs[i]++
	})
}

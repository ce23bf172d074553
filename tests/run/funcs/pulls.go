package main

import (
	"fmt"
	"iter"
	"runtime"
	"slices"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer fmt.Println("count ends")
		for i := range n {
			if !yield(i) {
				fmt.Println("stopped at", i)
				return
			}
		}
	}
}

func stubborn(yield func(string) bool) {
	n := 0
	for range 5 {
		if !yield("x") {
			n++
		}
	}
	fmt.Println("refused", n)
}

func try(what string, f func()) {
	defer func() { fmt.Println(what, "->", recover()) }()
	f()
}

func main() {
	next, stop := iter.Pull(count(3))
	for range 5 {
		fmt.Println(next())
	}
	stop()
	next, stop = iter.Pull(count(10))
	fmt.Println(next())
	stop()
	stop()
	fmt.Println(next())
	next, stop = iter.Pull(count(10))
	stop()
	fmt.Println(next())
	ns, ss := iter.Pull(iter.Seq[string](stubborn))
	fmt.Println(ns())
	ss()
	fmt.Println(ns())
	p, sp := iter.Pull(func(yield func(int) bool) {
		yield(1)
		panic("in it")
	})
	fmt.Println(p())
	try("next", func() { p() })
	fmt.Println(p())
	sp()
	p, sp = iter.Pull(func(yield func(int) bool) {
		if !yield(1) {
			panic("at the stop")
		}
	})
	fmt.Println(p())
	try("stop", sp)
	var again func() (int, bool)
	again, _ = iter.Pull(func(yield func(int) bool) { again() })
	try("again", func() { again() })
	k, _ := iter.Pull2(slices.All([]string{"a", "b"}))
	for range 3 {
		fmt.Println(k())
	}
	// From several goroutines, one after the other; and several pulls at once.
	a, stopA := iter.Pull(count(1000))
	b, stopB := iter.Pull(count(1000))
	done := make(chan int)
	for range 4 {
		go func() {
			s := 0
			for range 100 {
				x, _ := a()
				y, _ := b()
				s += x * y
				runtime.Gosched()
			}
			done <- s
		}()
		fmt.Println(<-done)
	}
	stopA()
	stopB()
}

func init() {
	// Many at once, each with its own consumer, which moves from goroutine to goroutine.
	sums := make(chan int)
	for k := range 16 {
		go func() {
			next, stop := iter.Pull2(func(yield func(int, int) bool) {
				for i := range 500 {
					if i%50 == k {
						runtime.Gosched()
					}
					if !yield(i, k) {
						return
					}
				}
			})
			s := 0
			for range 20 {
				step := make(chan int)
				go func() {
					t := 0
					for range 30 {
						i, k, ok := next()
						if ok {
							t += i ^ k
						}
					}
					step <- t
				}()
				s += <-step
			}
			stop()
			sums <- s
		}()
	}
	s := 0
	for range 16 {
		s += <-sums
	}
	fmt.Println("together", s)
}

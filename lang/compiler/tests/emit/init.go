package main

import "fmt"

var c = make(chan int)
var d = func() int {
	go func() {
		for i := range 3 {
			c <- i
		}
		close(c)
	}()
	return 1
}()

func init() {
	go func() { fmt.Println("in init goroutine"); done <- true }()
}

var done = make(chan bool)

type big struct{ a [2000]int }

var bg big
var bp = &bg.a[5]

func main() {
	<-done
	for v := range c {
		fmt.Println(v, d)
	}
	bg.a[5] = 7
	x := bg
	x.a[5]++
	fmt.Println(*bp, x.a[5], len(bg.a))
	for i, v := range bg.a {
		if v != 0 {
			fmt.Println(i, v)
		}
	}
}

// Calls: recursion, methods through interfaces, closures.
package main

type shape interface{ area(k int) int }
type square struct{ side int }
type box struct{ w, h int }

func (s *square) area(k int) int {
	if k > 3 {
		return s.side * s.side
	}
	return s.side
}
func (b *box) area(k int) int {
	for k > 5 {
		k -= 3
	}
	return b.w*b.h + k
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func adder(k int) func(int) int { return func(x int) int { return x + k } }

func main() {
	shapes := []shape{&square{3}, &box{2, 5}, &square{4}}
	sum, add := fib(22), adder(3)
	for i := 0; i < 30000; i++ {
		sum += shapes[i%3].area(i%8) + add(i)
	}
	println(sum)
}

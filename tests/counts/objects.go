// Allocation: trees, lists, slices that grow; goroutines over a channel.
package main

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}
func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func main() {
	total := 0
	for i := 0; i < 60; i++ {
		total += tree(9).count()
	}
	var list [][]int
	for i := 0; i < 3000; i++ {
		list = append(list, []int{i, i + 1})
	}
	c, done := make(chan int), make(chan int)
	go func() {
		sum := 0
		for x := range c {
			sum += x
		}
		done <- sum
	}()
	for i := 0; i < 20000; i++ {
		c <- i
	}
	close(c)
	println(total, len(list), <-done)
}

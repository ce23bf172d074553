//gol:flags --profile=ops
//gol:stderr operations executed: 
//gol:stderr         123457 
//gol:stderr  pair
//gol:stderr  CallNC
package main

import "fmt"

func main() {
	s := 0
	for i := 0; i < 123457; i++ {
		s += i
	}
	fmt.Println(s)
}

// Output:
// 7620753696

// Fields that are compared where they are loaded, of new objects, of nil and through loops; narrow values appended to fields.
package main

import (
	"fmt"
	"strings"
)

type node struct {
	next, prev *node
	key, count int
	tag        string
}

type narrow struct {
	bytes []byte
	i8    []int8
	u16   []uint16
	i32   []int32
	flags []bool
	words []uint64
}

func find(n *node, key int) (steps int) {
	for n != nil && n.key != key {
		n = n.next
		steps++
	}
	return steps
}

func between(n *node, low, high int) string {
	switch {
	case n.key < low:
		return "below"
	case n.key <= high:
		return "in"
	case n.next == nil:
		return "above, last"
	case n.next.prev != n:
		return "torn"
	}
	return "above"
}

func balance(n *node) int {
	sum := 0
	for ; n != nil; n = n.next {
		if n.count > n.key {
			sum++
		}
		if n.count >= n.key {
			sum += 10
		}
		if n.key == 3 {
			sum += 100
		}
		if n.next != nil && n.next.key != n.key+1 {
			sum += 1000
		}
	}
	return sum
}

func try(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "panics:", r)
		}
	}()
	f()
	fmt.Println(name, "ends")
}

func (n *narrow) add(i int) {
	n.bytes = append(n.bytes, byte(i*37))
	n.i8 = append(n.i8, int8(i*91))
	n.u16 = append(n.u16, uint16(i*70001))
	n.i32 = append(n.i32, int32(i)*1_000_000_007)
	n.flags = append(n.flags, i&4 != 0)
	n.words = append(n.words, uint64(byte(i*37))<<8|uint64(uint16(i*70001)))
}

func main() {
	var first, last *node
	for i := range 6 {
		n := &node{key: i, count: i*2 - 5, prev: last}
		if last == nil {
			first = n
		} else {
			last.next = n
		}
		last = n
	}
	for _, k := range []int{0, 3, 5, 9} {
		fmt.Print(find(first, k), " ")
	}
	fmt.Println(find(nil, 1))
	for n := first; n != nil; n = n.next {
		fmt.Print(between(n, 1, 3), " ")
	}
	first.next.next.next.next.next.prev = first
	fmt.Println(between(first.next.next.next.next, 1, 3), balance(first))

	try("key of nil", func() { between(nil, 1, 2) })
	try("next of nil", func() { fmt.Println(between(&node{key: 9, next: nil}, 1, 2)) })
	var none *node
	try("count of nil", func() {
		if none.count == 3 {
			fmt.Println("three")
		}
	})
	try("loop over nil", func() {
		for i := 0; i < none.count; i++ {
			fmt.Println(i)
		}
	})

	var n narrow
	p := new(narrow)
	for i := range 300 {
		n.add(i)
		p.bytes = append(p.bytes, byte(i*37))
		p.i32 = append(p.i32, int32(i)*1_000_000_007)
	}
	same := true
	for i := range 300 {
		same = same && n.bytes[i] == byte(i*37) && n.i8[i] == int8(i*91) && n.u16[i] == uint16(i*70001) &&
			n.i32[i] == int32(i)*1_000_000_007 && n.flags[i] == (i&4 != 0) && p.bytes[i] == n.bytes[i] && p.i32[i] == n.i32[i]
	}
	fmt.Println(same, n.bytes[:9], n.i8[:9], n.u16[:5], n.i32[:5], n.flags[3:6], n.words[:4])

	// Objects whose address methods take, made again in each round.
	total := 0
	for i := range 4 {
		var b strings.Builder
		for j := range 200 {
			b.WriteByte(byte('a' + (i+j)%26))
			if j%3 == 0 {
				b.WriteRune('é')
			}
		}
		total += b.Len() + int(b.String()[i])
		c := b
		try("copied", func() { c.WriteByte('x') })
	}
	fmt.Println(total)
}

// Objects and addressed variables of which only inlined methods know the address live in registers: nobody can tell.
package main

import (
	"errors"
	"fmt"
)

type rng struct{ state, n uint32 }

func (r *rng) next() uint32 {
	r.n++
	r.state = r.state*1664525 + 1013904223
	return r.state >> 8
}
func (r *rng) below(k uint32) uint32 { return r.next() % k }
func (r rng) peek() uint32           { return r.next() }
func (r *rng) self() *rng            { return r }
func (r *rng) set(s rng)             { r.state = s.n; r.n = s.state }
func (r *rng) swap(o *rng)           { *r, *o = *o, *r }
func (r *rng) reset()                { *r = rng{7, 0} }

type stack []int

func (s *stack) push(x int) { *s = append(*s, x) }
func (s *stack) pop() int {
	x := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return x
}
func (s stack) top() int { return s[len(s)-1] }

type small struct {
	a int8
	b [2]int8
}

func (s *small) inc() { s.a++ }

type tiny struct {
	a int8
	u uint8
	f float32
}

func (t *tiny) inc() { t.a++; t.u--; t.f += 0.1 }

type node struct {
	next *node
	v    int
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.v + n.next.sum()
}
func (n *node) link(m *node) { n.next = m }

type outer struct {
	rng
	in rng
	f  func() int
	m  map[string]int
}

func (o *outer) step() int {
	o.m["k"] += 2
	return o.f() + o.m["k"]
}

type counter int

func (c *counter) inc() { *c++ }

func random() uint32 {
	r := &rng{state: 1}
	var s uint32
	for i := 0; i < 100; i++ {
		s += r.next() ^ r.below(10)
	}
	s += r.peek()
	return s + r.n
}

func values() (uint32, rng, rng) {
	var r rng
	r.next()
	q := r
	q.next()
	r.set(q)
	x := r.next()
	x += r.state
	r.set(r)
	return x, r, q
}

func stacks() (int, stack) {
	var s stack
	for i := range 10 {
		s.push(i * i)
	}
	t := s.top() * 1000
	t += s.pop() + s.pop()
	s.push(5)
	return t, s
}

func shared() (uint32, uint32) {
	r := &rng{state: 3}
	p := r.self()
	p.next()
	a, b := &rng{1, 2}, &rng{3, 4}
	a.swap(b)
	a.reset()
	return r.n + a.state, b.state
}

func narrow() (int8, uint8, float32, int8) {
	t := &tiny{a: 126}
	s := &small{a: 127}
	for i := 0; i < 3; i++ {
		t.inc()
		s.inc()
	}
	return t.a, t.u, t.f, s.a
}

func lists() int {
	a, b := &node{v: 1}, &node{v: 2}
	a.link(b)
	c := &node{v: 5}
	c.link(a)
	c.v++
	return c.sum()
}

func fields() (int, uint32) {
	o := &outer{m: map[string]int{}, f: func() int { return 40 }}
	x := o.step() + o.step()
	o.next()
	o.in.next()
	return x, o.n + o.in.n + o.rng.n
}

func named() (c counter, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("recovered")
		}
	}()
	c.inc()
	c.inc()
	var p *rng
	p.next()
	return 9, nil
}

func captured() (int, counter) {
	var c counter
	f := func() { c.inc() }
	f()
	f()
	var each []*counter
	for i := counter(0); i < 4; i++ {
		i.inc()
		each = append(each, &i)
	}
	return int(c), *each[0] + *each[1]
}

func iterations() (out []uint32) {
	for i := range 3 {
		r := rng{state: uint32(i)}
		r.next()
		p := &rng{}
		p.next()
		p.n += r.n
		out = append(out, r.n, p.n, p.state)
	}
	return
}

func kind() string {
	r := &rng{state: 1}
	switch r.n {
	case r.below(1) + 5:
		return "five"
	case 0:
		return "zero"
	}
	return fmt.Sprint(r.n)
}

func main() {
	fmt.Println(random())
	fmt.Println(values())
	fmt.Println(stacks())
	fmt.Println(shared())
	fmt.Println(narrow())
	fmt.Println(lists())
	fmt.Println(fields())
	fmt.Println(named())
	fmt.Println(captured())
	fmt.Println(iterations(), kind())
}

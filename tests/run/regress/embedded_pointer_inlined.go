// A small method that an embedded pointer promotes works on what the pointer points to, not on the variable that holds the pointer.
package main

import "fmt"

type in struct{ a, n int }

func (p *in) inc()      { p.n++ }
func (p *in) set(n int) { p.a, p.n = n, n }
func (p *in) get() int  { return p.n }
func (p *in) self() *in { return p }

type out struct{ *in }
type far struct {
	k int
	*out
}
type box[T any] struct{ v T }

func (b *box[T]) put(v T) { b.v = v }

type boxed[T any] struct {
	k int
	*box[T]
}

func main() {
	o := out{&in{1, 2}}
	o.inc()
	o.inc()
	fmt.Println(o.n, o.get(), o.self() == o.in)
	p := o
	p.set(7)
	fmt.Println(o.a, p.get())
	f := far{3, &o}
	f.inc()
	o.in = &in{}
	f.set(f.get() + 5)
	fmt.Println(f.k, o.a, o.n, p.n, f.n)
	b := boxed[string]{1, &box[string]{"a"}}
	c := b
	b.put("b")
	fmt.Println(b.v, c.v, b.k)
}

// What package bufio and strings.Builder do in the machine is the same before and after there is a second goroutine.
package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

func reads() (out []any) {
	r := bufio.NewReaderSize(strings.NewReader("ab\xffé€😀\nsecond line that is longer than the buffer\n\nend"), 16)
	for i := 0; i < 3; i++ {
		c, err := r.ReadByte()
		out = append(out, c, err)
	}
	out = append(out, r.UnreadRune(), r.UnreadByte(), r.UnreadByte())
	for i := 0; i < 4; i++ {
		c, size, err := r.ReadRune()
		out = append(out, c, size, err)
	}
	out = append(out, r.UnreadByte(), r.UnreadRune())
	p, err := r.Peek(5)
	out = append(out, string(p), err, r.UnreadByte())
	n, err := r.Discard(2)
	out = append(out, n, err, r.Buffered())
	line, err := r.ReadSlice('\n')
	out = append(out, string(line), err, r.UnreadByte())
	line, err = r.ReadSlice('\n')
	out = append(out, string(line), err)
	for {
		s, err := r.ReadString('\n')
		out = append(out, s, err)
		if err != nil {
			break
		}
	}
	r = bufio.NewReader(strings.NewReader("xyz"))
	c, _ := r.ReadByte()
	n, err = r.Discard(0)
	out = append(out, c, n, err, r.UnreadByte(), r.Buffered())
	n, err = r.Discard(3)
	out = append(out, n, err, r.UnreadByte())
	_, err = r.ReadByte()
	_, size, err2 := r.ReadRune()
	p, err3 := r.Peek(1)
	n, err4 := r.Discard(1)
	m, err5 := r.Discard(0)
	return append(out, err, size, err2, len(p), err3, n, err4, m, err5)
}

func writes() (out []any) {
	var b strings.Builder
	w := bufio.NewWriterSize(&b, 5)
	for i := 0; i < 12; i++ {
		out = append(out, w.WriteByte(byte('a'+i)), w.Buffered())
	}
	n, err := w.WriteRune('é')
	out = append(out, n, err, w.Buffered())
	n, err = w.WriteRune('z')
	out = append(out, n, err, w.Flush(), b.String())
	w = bufio.NewWriterSize(failing{}, 4)
	for i := 0; i < 6; i++ {
		out = append(out, w.WriteByte('x'))
	}
	return append(out, w.Flush())
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func builds() (out []any) {
	var b strings.Builder
	for i := 0; i < 100; i++ {
		b.WriteByte(byte('a' + i%26))
	}
	out = append(out, b.String())
	func() {
		defer func() { out = append(out, recover()) }()
		copied := b
		copied.WriteByte('!')
	}()
	b.WriteByte('.')
	return append(out, b.Len())
}

// Several goroutines, each with its own.
func many() int {
	sums := make(chan int)
	for g := 0; g < 8; g++ {
		go func() {
			r := bufio.NewReaderSize(strings.NewReader(strings.Repeat("12 ab\n", 300)), 32+g)
			var b strings.Builder
			w := bufio.NewWriterSize(&b, 16+g)
			for {
				c, err := r.ReadByte()
				if err != nil {
					break
				}
				w.WriteByte(c)
			}
			w.Flush()
			sums <- strings.Count(b.String(), "12 ab\n") + b.Len()
		}()
	}
	n := 0
	for g := 0; g < 8; g++ {
		n += <-sums
	}
	return n
}

func main() {
	before := fmt.Sprintf("%q\n%q\n%q", reads(), writes(), builds())
	done := make(chan bool)
	go func() { done <- true }()
	<-done
	after := fmt.Sprintf("%q\n%q\n%q", reads(), writes(), builds())
	fmt.Println(before)
	fmt.Println(before == after, many())
}

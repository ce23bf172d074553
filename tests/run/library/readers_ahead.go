// bufio: looking ahead, leaving out, lines and runes at the ends of small buffers and with errors in between.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// pieces gives one text after the other, and then an error.
type pieces struct {
	list []string
	err  error
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.list) == 0 {
		return 0, p.err
	}
	n := copy(b, p.list[0])
	if p.list[0] = p.list[0][n:]; p.list[0] == "" {
		p.list = p.list[1:]
	}
	return n, nil
}

type broken struct{ left int }

func (w *broken) Write(b []byte) (int, error) {
	if len(b) > w.left {
		n := w.left
		w.left = 0
		return n, errors.New("full")
	}
	w.left -= len(b)
	return len(b), nil
}

func main() {
	r := bufio.NewReaderSize(&pieces{[]string{"hello, wörld", "!\r\nnext\n", "\n\r\r\n", "rest\r"}, errors.New("gone")}, 16)
	for _, n := range []int{0, 3, 12, 13, 16, 17, -1} {
		p, err := r.Peek(n)
		fmt.Printf("%q %v; ", p, err)
	}
	fmt.Println(r.UnreadByte(), r.UnreadRune(), r.Buffered())
	for _, n := range []int{0, 2, -3, 3} {
		k, err := r.Discard(n)
		fmt.Print(k, err, "; ")
	}
	fmt.Println(r.UnreadByte(), r.Buffered())
	for {
		line, more, err := r.ReadLine()
		fmt.Printf("%q %v %v %v; ", line, more, err, r.UnreadRune())
		if err != nil {
			break
		}
	}
	fmt.Println()

	r = bufio.NewReaderSize(strings.NewReader(strings.Repeat("0123456789abcdef\r\n", 3)+"end"), 16)
	for {
		line, more, err := r.ReadLine()
		fmt.Printf("%q %v %v; ", line, more, err)
		if err != nil {
			break
		}
	}
	k, err := r.Discard(5)
	p, perr := r.Peek(1)
	fmt.Println(k, err, len(p), perr)

	r = bufio.NewReaderSize(strings.NewReader("abcdefghijklmnopqrstuvwxyz\n"), 16)
	k, err = r.Discard(20)
	c, _ := r.ReadByte()
	fmt.Println(k, err, string(c), r.UnreadByte())
	k, err = r.Discard(9)
	fmt.Println(k, err)
	k, err = r.Discard(1)
	fmt.Println(k, err == io.EOF)

	// The last byte of a line can be given back.
	r = bufio.NewReader(strings.NewReader("one\ntwo\r\nthree"))
	for range 2 {
		line, _, _ := r.ReadLine()
		again := r.UnreadByte()
		c, _ := r.ReadByte()
		fmt.Printf("%q %v %q; ", line, again, c)
	}
	fmt.Println()

	sink := &broken{left: 40}
	w := bufio.NewWriterSize(sink, 16)
	for i, c := range strings.Repeat("aé€😀\xffz", 8) {
		n, err := w.WriteRune(c)
		if err != nil || i > 70 {
			fmt.Print(i, n, err, w.Buffered(), "; ")
		}
	}
	fmt.Println(w.Flush())
}

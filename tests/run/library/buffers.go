// bufio, strings.Builder and bytes.Buffer: what is short and what is not, runes of all kinds, going back, errors in between.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// limited takes so many bytes, then fails.
type limited struct {
	left int
	got  []byte
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	l.got = append(l.got, p[:n]...)
	if n < len(p) {
		return n, errors.New("full")
	}
	return n, nil
}

// short says it has written less and no error.
type short struct{}

func (short) Write(p []byte) (int, error) { return len(p) / 2, nil }

// drops gives a few bytes at a time.
type drops struct {
	s string
	n int
}

func (d *drops) Read(p []byte) (int, error) {
	if len(d.s) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.s[:min(d.n, len(d.s))])
	d.s = d.s[n:]
	return n, nil
}

var runes = []rune{0, 'a', 0x7f, 0x80, 'é', 0x7ff, 0x800, '日', 0xffff, 0x10000, '😀', 0x10ffff, 0x110000, 0xd800, 0xdfff, -1, utf8.RuneError}

func main() {
	var sb strings.Builder
	var bb bytes.Buffer
	var out []byte
	for _, r := range runes {
		n1, _ := sb.WriteRune(r)
		n2, _ := bb.WriteRune(r)
		before := len(out)
		out = utf8.AppendRune(out, r)
		fmt.Print(n1, n2, len(out)-before, " ")
	}
	fmt.Println(sb.String() == bb.String(), sb.String() == string(out), sb.Len())
	for i := int64(-2); i < 3; i++ {
		out = append(out, string(rune(i*0x8000))...)
	}
	big := uint64(1) << 40
	out = append(out, string(rune(big))...)
	self := []byte("ab")
	r := rune(len(self))
	self = append(self[:1], string(r+'a')...)
	fmt.Printf("%q %q\n", out[len(out)-12:], self)

	// Strings of all short lengths, and appending a buffer's own bytes.
	const text = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	sum := 0
	for n := 0; n <= len(text); n++ {
		var b strings.Builder
		b.Grow(n * 3)
		b.WriteString(text[:n])
		b.WriteString(text[len(text)-n:])
		b.Write([]byte(text[:n]))
		if b.String() != text[:n]+text[len(text)-n:]+text[:n] {
			fmt.Println("wrong", n)
		}
		local := make([]byte, 0, 70)
		local = append(local, text[:n]...)
		local = append(local, text[:n/2]...)
		if string(local) != text[:n]+text[:n/2] {
			fmt.Println("wrong", n)
		}
		sum += len(string(local[n/2:]))
	}
	fmt.Println(sum)
	func() {
		defer func() { fmt.Println(recover()) }()
		var a strings.Builder
		a.WriteByte('x')
		b := a
		b.WriteString("y")
	}()
	func() {
		defer func() { fmt.Println(recover()) }()
		var a *strings.Builder
		a.WriteString("y")
	}()

	// Writers.
	for _, size := range []int{16, 20} {
		l := &limited{left: 50}
		w := bufio.NewWriterSize(l, size)
		fmt.Println(w.Size(), w.Available(), w.Buffered(), len(w.AvailableBuffer()), cap(w.AvailableBuffer()))
		fmt.Println(w.WriteString("short"))
		fmt.Println(w.WriteByte('!'), w.Buffered(), w.Available())
		fmt.Println(w.WriteRune('日'))
		fmt.Println(w.WriteString(text[:30]))
		fmt.Println(w.Write([]byte("bytes")))
		w.Write(append(w.AvailableBuffer(), "own"...))
		fmt.Println(w.Buffered(), string(l.got))
		fmt.Println(w.WriteString(text))
		fmt.Println(w.WriteString("more"))
		fmt.Println(w.WriteByte('x'), w.Flush(), w.Buffered())
		fmt.Println(w.Write(nil))
		fmt.Println(string(l.got))
		l.left = 100
		w.Reset(l)
		fmt.Println(w.Write([]byte(text)))
		n, err := w.ReadFrom(&drops{text, 7})
		fmt.Println(n, err, w.Buffered())
		for i := 0; i < 40; i++ {
			if err := w.WriteByte(byte('a' + i%26)); err != nil {
				fmt.Println(i, err)
				break
			}
		}
		fmt.Println(len(l.got), w.Flush())
	}
	w := bufio.NewWriter(short{})
	w.WriteString("abcdef")
	fmt.Println(w.Flush(), w.Buffered(), w.Flush())

	// Readers, and going back.
	rd := bufio.NewReaderSize(&drops{"aé日😀\xff\xc3z", 3}, 16)
	fmt.Println(rd.UnreadByte(), rd.UnreadRune())
	fmt.Println(rd.ReadByte())
	fmt.Println(rd.UnreadRune(), rd.UnreadByte(), rd.UnreadByte())
	for {
		r, n, err := rd.ReadRune()
		if err != nil {
			fmt.Println(err, rd.UnreadRune())
			break
		}
		fmt.Print(r, " ", n, " ")
		if err := rd.UnreadRune(); err != nil {
			fmt.Println(err)
		}
		b, _ := rd.ReadByte()
		fmt.Print(b, rd.UnreadByte(), rd.UnreadByte(), " ")
		r2, _, _ := rd.ReadRune()
		fmt.Println(r2 == r, rd.Buffered())
	}
	fmt.Println(rd.ReadByte())
	fmt.Println(rd.UnreadByte())
	fmt.Println(rd.ReadByte())
	rd.Reset(strings.NewReader("line one\nline two\r\nlast"))
	rd.ReadByte()
	p, err := rd.Peek(4)
	fmt.Println(string(p), err, rd.UnreadByte())
	line, err := rd.ReadString('\n')
	fmt.Printf("%q %v %v\n", line, err, rd.UnreadByte())
	b, err := rd.ReadByte()
	fmt.Println(b, err, rd.UnreadRune())
	l2, pre, err := rd.ReadLine()
	fmt.Println(string(l2), pre, err)
	rd.Discard(2)
	fmt.Println(rd.UnreadByte())
	rest, err := io.ReadAll(rd)
	fmt.Println(string(rest), err, rd.UnreadByte())

	fmt.Printf("%q\n", strings.Map(func(r rune) rune {
		switch {
		case r == 'b':
			return -1
		case r == 'c':
			return 'é'
		case r == 'd':
			return 0xd800
		case r == utf8.RuneError:
			return '?'
		}
		return r
	}, "abcde\xff日"))
	fmt.Printf("%q %q\n", strings.Map(func(r rune) rune { return -1 }, "abc"), strings.Map(func(r rune) rune { return r }, ""))
	func() {
		defer func() { fmt.Println(recover()) }()
		strings.Map(func(r rune) rune { panic("in map") }, "x")
	}()
}

// scan tells what a Scanner makes of a text that comes in pieces.
func scan(text string, n int, split bufio.SplitFunc, size int) {
	s := bufio.NewScanner(&drops{text, n})
	if split != nil {
		s.Split(split)
	}
	if size > 0 {
		s.Buffer(make([]byte, 0, size), size)
	}
	for s.Scan() {
		fmt.Printf("%q ", s.Text())
	}
	fmt.Println(s.Err(), s.Scan(), len(s.Bytes()))
}

func init() {
	const text = "one two\r\n\r\n  three\u2003four \r\nfïve\r\n\xff six\n\n  \n"
	own := func(data []byte, atEOF bool) (int, []byte, error) { return bufio.ScanWords(data, atEOF) }
	for _, n := range []int{1, 3, 100} {
		scan(text, n, nil, 0)
		scan(text, n, bufio.ScanLines, 0)
		scan(text, n, bufio.ScanWords, 0)
		scan(text, n, own, 0)
		scan(text+"end", n, bufio.ScanWords, 0)
		scan(text+"end\r", n, bufio.ScanLines, 0)
		scan(text, n, bufio.ScanRunes, 0)
		scan("", n, bufio.ScanWords, 0)
		scan("a long word in a small buffer", n, bufio.ScanWords, 4)
		scan("a long line in a small buffer\nx", n, nil, 8)
	}
	count := 0
	scan("a b c d", 100, func(data []byte, atEOF bool) (int, []byte, error) {
		count++
		if count == 3 {
			return 0, []byte("last"), bufio.ErrFinalToken
		}
		return bufio.ScanWords(data, atEOF)
	}, 0)
	scan("abc", 100, func(data []byte, atEOF bool) (int, []byte, error) { return -1, nil, nil }, 0)
	scan("abc", 100, func(data []byte, atEOF bool) (int, []byte, error) { return 9, nil, nil }, 0)
	fmt.Printf("%q %q %q\n", strings.Fields(" a\tbc\u00a0\u2003d\xffé  "), strings.Fields(""), strings.Fields(" \n"))
	fmt.Printf("%q\n", bytes.Fields([]byte("x  y\u3000z")))
}

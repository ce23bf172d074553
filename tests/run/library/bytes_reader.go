package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

func all(r *bytes.Reader) {
	fmt.Println("begins", r.Len(), r.Size())
	for {
		c, err := r.ReadByte()
		if err != nil {
			fmt.Println(err, r.Len())
			return
		}
		fmt.Print(string(rune(c)), " ")
		if c == 'b' {
			x, size, err := r.ReadRune()
			fmt.Print("[", string(x), size, err, r.UnreadRune(), r.UnreadRune(), r.Len(), "]")
		}
		if c == 'd' {
			fmt.Print("(", r.UnreadByte(), r.UnreadRune(), r.Len(), ")")
			c, _ = r.ReadByte()
			fmt.Print(c)
		}
	}
}

func main() {
	all(bytes.NewReader([]byte("ab\u00e9cd")))
	all(bytes.NewReader(nil))
	r := bytes.NewReader([]byte("\u00e9a\xffz\u20ac"))
	fmt.Println(r.UnreadByte(), r.UnreadRune())
	for {
		x, size, err := r.ReadRune()
		fmt.Println(x, size, err, r.Len())
		if err != nil {
			break
		}
		if x == 'a' {
			fmt.Println(r.UnreadRune(), r.Len(), r.UnreadRune())
			r.ReadByte()
			fmt.Println(r.UnreadRune(), r.Len())
		}
	}
	fmt.Println(r.UnreadRune(), r.UnreadByte(), r.Len())
	at, err := r.Seek(100, io.SeekStart)
	fmt.Println(at, err, r.Len())
	_, err = r.ReadByte()
	_, _, err2 := r.ReadRune()
	fmt.Println(err, err2, r.UnreadByte(), r.Len())
	at, err = r.Seek(-3, io.SeekEnd)
	fmt.Println(at, err, r.Len())
	x, size, err := r.ReadRune()
	fmt.Println(string(x), size, err)
	at, err = r.Seek(-4, io.SeekCurrent)
	fmt.Println(at, err)
	_, err = r.Seek(-40, io.SeekCurrent)
	fmt.Println(err)
	n, err := r.WriteTo(os.Stdout)
	fmt.Println("", n, err, r.Len())
	r.Reset([]byte("again"))
	buf := make([]byte, 3)
	m, err := r.Read(buf)
	fmt.Println(m, err, string(buf), r.UnreadRune(), r.Len())
	m, err = r.ReadAt(buf, 4)
	fmt.Println(m, err, string(buf[:m]))
	rest, err := io.ReadAll(r)
	fmt.Println(string(rest), err)

	// Beside another goroutine, and of a slice that changes.
	done := make(chan bool)
	text := bytes.Repeat([]byte("0123456789"), 1000)
	r = bytes.NewReader(text[5:9995])
	go func() { <-done }()
	sum := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			break
		}
		sum += int(c - '0')
		if r.Len() == 5000 {
			copy(text, bytes.Repeat([]byte("1"), 10000))
		}
	}
	done <- true
	fmt.Println(sum)
	defer func() { fmt.Println(recover() != nil) }()
	var none *bytes.Reader
	none.ReadByte()
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// counts claims to have written so many bytes.
type counts int

func (c counts) Write(p []byte) (int, error)        { return int(c), nil }
func (c counts) WriteString(s string) (int, error) { return int(c), nil }

type fails int

func (f fails) Write(p []byte) (int, error) { return int(f), errors.New("full") }

func main() {
	try := func(name string, w io.Writer) {
		for _, r := range []interface {
			io.WriterTo
			Len() int
		}{bytes.NewReader([]byte("hello")), strings.NewReader("hello")} {
			func() {
				defer func() {
					if p := recover(); p != nil {
						fmt.Println(name, "panics:", p)
					}
				}()
				n, err := r.WriteTo(w)
				fmt.Println(name, n, err, r.Len())
				n, err = r.WriteTo(w)
				fmt.Println(name, n, err, r.Len())
			}()
		}
	}
	try("all", counts(5))
	try("short", counts(3))
	try("more", counts(9))
	try("fails", fails(2))
}

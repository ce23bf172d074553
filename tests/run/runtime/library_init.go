// Package-level variables and init functions of library packages, however little of a package is mentioned.
package main

import (
	"flag"
	"fmt"
	"html"
	"io/fs"
	"time"
	"unicode"
)

type page string

func (p page) String() string { return html.UnescapeString("&lt;" + string(p) + "&gt; &eacute;") }

// The library is reached through a method alone.
var first fmt.Stringer = page("p")
var text = fmt.Sprint(first)

func main() {
	fmt.Println(text)
	fmt.Println(html.EscapeString(`a & "b"`))
	fmt.Println(time.March, time.Saturday, time.Duration(1500)*time.Millisecond)
	fmt.Println(unicode.Is(unicode.Greek, 'λ'), fs.ErrNotExist, flag.ErrHelp)
}

// Output:
// <p> é
// a &amp; &#34;b&#34;
// March Saturday 1.5s
// true file does not exist flag: help requested

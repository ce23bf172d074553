// Errors of packages errors and fmt are printed without a call of their method; others with the same names or inside of others are asked.
package main

import (
	"errors"
	"fmt"
	"io"
)

// myError hides the one of package errors behind its own text.
type myError struct{ error }

func (m myError) Error() string { return "my " + m.error.Error() }

// errorString has the name that package errors uses.
type errorString struct{ n int }

func (e *errorString) Error() string { return fmt.Sprint("number ", e.n) }

func main() {
	one := errors.New("one")
	two := fmt.Errorf("two: %w", one)
	three := fmt.Errorf("three: %w; %w", two, io.EOF)
	fmt.Println(one, two, three)
	fmt.Printf("%v|%s|%q|%x|%10v|%-6s|\n", one, two, two, one, one, one)
	fmt.Printf("%+v %d %t\n", two, 1, errors.Is(two, one))
	fmt.Println(fmt.Errorf("a %w, b %w, c %v", myError{one}, &errorString{7}, two))
	var none error
	var nothing *errorString
	fmt.Printf("%v %s\n", none, fmt.Sprint(nothing == nil))
	fmt.Println([]error{one, two, myError{two}}, map[string]error{"k": two}, struct{ E error }{one})
	fmt.Printf("%#v\n", fmt.Sprintf("%v", errors.Join(one, two)))
}

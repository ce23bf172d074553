// Printing functions have twins for operands without methods: which one a call goes to never shows.
package main

import (
	"errors"
	"fmt"
	"os"
)

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

type pair struct{ a, b int }

func (p pair) Error() string { return fmt.Sprint("pair ", p.a, p.b) }

type plain struct{ a, b int }

type kelvin = celsius

type level int

func show[T any](x T) { fmt.Println(x, []T{x}, map[string]T{"k": x}) }

func two() (int, celsius) { return 1, 2 }
func twoPlain() (int, string) { return 1, "one" }

func main() {
	fmt.Println(1, "a", 2.5, 'x', true, 1+2i, nil, []int{1, 2}, map[string][]bool{"m": {true}}, [2]string{"p", "q"})
	fmt.Println(celsius(20), []celsius{1, 2}, map[celsius]int{3: 4}, [1]celsius{5}, kelvin(6))
	fmt.Println(pair{1, 2}, &pair{3, 4}, plain{5, 6}, &plain{7, 8}, []error{errors.New("e")}, level(9))
	var a any = celsius(1)
	fmt.Println(a, []any{a, 2}, error(pair{1, 1}))
	show(1)
	show(celsius(2))
	show(pair{3, 3})
	fmt.Println(two())
	fmt.Println(twoPlain())
	args := []any{celsius(4), 5}
	fmt.Println(args...)
	f := fmt.Println
	f(celsius(7))
	fmt.Printf("%v %d %s %T %T|%q %x\n", 1, "two", 3, 4.5, celsius(1), "q", "hex")
	fmt.Printf("%v %d %s %q\n", 1, "two", 3, []string{"q"})
	fmt.Printf("%v %v\n", celsius(8), pair{9, 9})
	fmt.Printf("%d%%\n", 50)
	fmt.Printf("%!\n")
	fmt.Printf("%d\n")
	fmt.Printf("%w %v\n", 1, "x")
	fmt.Printf("%[2]d %[1]d %*d|\n", 1, 2, 5, 3)
	fmt.Print("a", 1, 2, "b", celsius(3), "\n")
	fmt.Print("a", 1, 2, "b\n")
	fmt.Fprintln(os.Stdout, 1, "two")
	fmt.Fprintln(os.Stdout, 1, celsius(2))
	fmt.Fprintf(os.Stdout, "%05d|%-5s|\n", 42, "ab")
	fmt.Fprint(os.Stdout, "x", 1, 2, "\n")
	n, err := fmt.Fprint(os.Stdout, "four", "\n")
	fmt.Println(n, err)
	n, err = fmt.Println("seven", 1)
	fmt.Println(n, err)
	s := fmt.Sprint("a", 1, 2) + fmt.Sprintln(3, "b") + fmt.Sprintf("%v-%v", 4, []string{"c"})
	fmt.Printf("%q\n", s)
	fmt.Printf("%q\n", fmt.Sprint(celsius(1), celsius(2))+fmt.Sprintln(pair{1, 2})+fmt.Sprintf("%s", celsius(3)))
	fmt.Println(fmt.Errorf("wrapped: %w", pair{1, 2}), fmt.Errorf("plain: %d", 1))
	defer fmt.Println("deferred", 1)
	defer fmt.Println("deferred", celsius(1))
	(fmt.Println)("in parentheses", 1)
	var e error
	fmt.Println(e, error(nil), any(nil))
	fmt.Println()
	var p *int
	fmt.Println(p == nil, p)
}

//! Generated programs that read like written ones: types with methods, loops, switches, maps, closures, channels.

/// A package main of so many parts, about 55 lines each.
pub fn program(parts: usize) -> String {
    let mut text = String::from(HEAD);
    for i in 0..parts {
        text += &PART.replace("#", &i.to_string());
    }
    text + "func main() {\n\tfmt.Println(\"done\")\n}\n"
}

const HEAD: &str = r#"package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

var errEmpty = errors.New("empty")
"#;

const PART: &str = r#"
// Account# is an account with its entries.
type Account# struct {
	ID      int
	Name    string
	Balance float64
	entries []entry#
	tags    map[string]bool
}

type entry# struct {
	at     int64
	amount float64
	note   string
}

func (a *Account#) Add(at int64, amount float64, note string) error {
	if note == "" {
		return fmt.Errorf("account %d: %w", a.ID, errEmpty)
	}
	a.entries = append(a.entries, entry#{at: at, amount: amount, note: note})
	a.Balance += amount
	for _, word := range strings.Fields(note) {
		if len(word) > 3 && word[0] == '@' {
			a.tags[word[1:]] = true
		}
	}
	return nil
}

func (a *Account#) Largest(n int) []entry# {
	sorted := append([]entry#(nil), a.entries...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].amount > sorted[j].amount })
	if n < len(sorted) {
		sorted = sorted[:n]
	}
	return sorted
}

func classify#(amounts []float64, limit float64) (small, large int, sum float64) {
	for i := 0; i < len(amounts); i++ {
		switch x := amounts[i]; {
		case x < 0:
			continue
		case x < limit:
			small++
			sum += x * 0.5
		default:
			large++
			sum += x - limit/2
		}
	}
	return small, large, sum
}

func gather#(n int) map[string]int {
	found, names := make(map[string]int), make(chan string, 4)
	go func() {
		defer close(names)
		for i := range n {
			names <- fmt.Sprint("name", i%7)
		}
	}()
	for name := range names {
		found[name]++
	}
	return found
}
"#;

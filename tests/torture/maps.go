// Goroutines that use the same maps without a lock. The program ends as usual, or in one of Go's three fatal errors.
//
// Arguments: a seed, and for how many milliseconds.
package main

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"sync"
	"time"
)

const mark = 0x5eed_0000_0000_0000

type key struct {
	a    int
	name string
	any  any
}

type cell struct {
	mark  int
	list  []int
	text  string
	inner map[int]*cell
}

var (
	numbers = map[int]int{}
	texts   = map[string][]int{}
	keys    = map[key]*cell{}
	anys    = map[any]cell{}
	floats  = map[float64]string{}
	sets    = map[[2]string]struct{}{}
	stop    bool
)

func seen(v int) {
	if v != 0 && v&^0xffff_ffff != mark {
		fmt.Printf("foreign: %#x\n", v)
		os.Exit(1)
	}
}

type dice uint64

func (d *dice) roll(n int) int {
	*d ^= *d << 13
	*d ^= *d >> 7
	*d ^= *d << 17
	return int(uint64(*d) >> 1 % uint64(n))
}

func (d *dice) text() string { return "k" + strconv.Itoa(d.roll(300)) }

func (d *dice) any() any {
	switch d.roll(4) {
	case 0:
		return d.text()
	case 1:
		return d.roll(300)
	case 2:
		return key{a: d.roll(30)}
	}
	return float64(d.roll(30))
}

func (d *dice) cell() *cell {
	return &cell{mark: mark | 1, list: []int{mark, mark | d.roll(9)}, text: d.text(), inner: map[int]*cell{1: nil}}
}

func (d *dice) step() {
	switch d.roll(20) {
	case 0, 1:
		numbers[d.roll(2000)] = mark | d.roll(5)
	case 2:
		delete(numbers, d.roll(2000))
	case 3:
		seen(numbers[d.roll(2000)])
	case 4:
		k := d.text()
		texts[k] = append(texts[k], mark|2)
		if len(texts[k]) > 20 {
			texts[k] = texts[k][:1]
		}
	case 5:
		for _, v := range texts[d.text()] {
			seen(v)
		}
	case 6:
		keys[key{d.roll(9), d.text(), d.any()}] = d.cell()
	case 7:
		if c := keys[key{d.roll(9), d.text(), d.any()}]; c != nil {
			seen(c.mark)
		}
	case 8:
		anys[d.any()] = *d.cell()
	case 9:
		if c, ok := anys[d.any()]; ok {
			seen(c.mark)
			for _, v := range c.list {
				seen(v)
			}
		}
	case 10:
		for k, c := range anys {
			_ = fmt.Sprint(k)
			seen(c.mark)
			for _, v := range c.list {
				seen(v)
			}
		}
	case 11:
		for _, v := range numbers {
			seen(v)
		}
	case 12:
		for k := range keys {
			if d.roll(3) == 0 {
				delete(keys, k)
			}
		}
	case 13:
		floats[float64(d.roll(50))*0.5] = d.text()
		_ = floats[0]
	case 14:
		sets[[2]string{d.text(), d.text()}] = struct{}{}
	case 15:
		_ = len(sets) + len(numbers)
		if d.roll(20) == 0 {
			clear(sets)
		}
	case 16:
		if d.roll(50) == 0 {
			numbers = map[int]int{}
		}
	case 17:
		_ = fmt.Sprint(texts, keys)
	case 18:
		texts = maps.Clone(texts)
	case 19:
		if d.roll(30) == 0 {
			clear(anys)
		}
	}
}

func main() {
	seed, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	var wg sync.WaitGroup
	for k := range 4 {
		d := dice(seed*1000 + k*77 + 1)
		wg.Go(func() {
			for !stop {
				d.step()
			}
		})
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	stop = true
	wg.Wait()
	fmt.Println("done")
}

// Goroutines that use everything in each other's hands without a lock: slices of all kinds wherever they can lie, strings, interfaces,
// pointers, functions, structs. Any value that was ever there may be seen, mixed as it comes; everything else is a defect.
//
// Arguments: a seed, and for how many milliseconds.
package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Runes of two to four bytes.
var wide = []rune("é世𝄞")

// Every int that a slice here ever holds has these bits; so foreign memory shows.
const mark = 0x5eed_0000_0000_0000

type node struct {
	mark int
	name string
	next *node
	list []*node
}

type mixed struct {
	tag   int
	small [5]int8
	words [7]int
	bytes [13]byte
	texts [3]string
	end   int
}

type holder struct {
	before int
	ints   []int
	bytes  []byte
	rows   [][]int
	nodes  []*node
	texts  []string
	any    any
	pair   [2][]int
	in     struct {
		a, b []mixed
	}
	after int
}

type shape interface{ area() int }

type square struct{ side, same int }

func (s square) area() int { return s.side }
func (n *node) area() int  { return n.mark }

var (
	ints   []int
	small  []int16
	narrow []int32
	octets []byte
	rows   [][]int
	nodes  []*node
	texts  []string
	things []any
	mixes  []mixed
	pairs  [][2][]int
	empty  []struct{}
	held   holder
	heap   = &holder{}
	table  [8]holder
	grid   [3][4]int
	raw    [40]byte
	text   = "start"
	thing  shape
	value  any
	call   = func() int { return mark }
	single mixed
	build  = &strings.Builder{}
	built  strings.Builder
	buffer = &bytes.Buffer{}
	queue  bytes.Buffer
	stop   bool
	// Reads that found what never was there.
	foreign string
)

func bad(format string, args ...any) {
	if foreign == "" {
		foreign = fmt.Sprintf(format, args...)
	}
}

func seen(what string, v int) {
	if v != 0 && v&^0xffff_ffff != mark {
		bad("%s: %#x", what, v)
	}
}

// A random sequence of the goroutine's own.
type dice uint64

func (d *dice) roll(n int) int {
	*d ^= *d << 13
	*d ^= *d >> 7
	*d ^= *d << 17
	return int(uint64(*d) >> 1 % uint64(n))
}

func (d *dice) size() int {
	if d.roll(40) == 0 {
		return d.roll(3000)
	}
	return d.roll(9)
}

func (d *dice) ints() []int {
	switch d.roll(8) {
	case 0:
		return nil
	case 1:
		return grid[d.roll(3)][d.roll(5):]
	case 2:
		return heap.in.a[d.roll(len(heap.in.a)+1):][0].words[d.roll(8):]
	case 3:
		return single.words[:d.roll(8)]
	}
	n := d.size()
	s := make([]int, n, n+d.roll(5))
	for i := range s {
		s[i] = mark | i
	}
	return s
}

func (d *dice) bytes() []byte {
	switch d.roll(8) {
	case 0:
		return raw[d.roll(41):]
	case 1:
		return single.bytes[d.roll(14):]
	case 2:
		return table[0].in.a[0].bytes[:d.roll(14)]
	}
	return []byte(strings.Repeat("ab", d.size()))
}

func (d *dice) nodes() []*node {
	s := make([]*node, d.size())
	for i := range s {
		if d.roll(4) > 0 {
			s[i] = d.node()
		}
	}
	return s
}

func (d *dice) node() *node {
	n := &node{mark: mark | d.roll(100), name: d.text()}
	if d.roll(3) == 0 {
		n.list = nodes
	}
	return n
}

func (d *dice) text() string {
	if d.roll(3) == 0 {
		return "text" + strings.Repeat("-", d.size())
	}
	return "text" + strconv.Itoa(d.roll(1000))
}

func (d *dice) mixed() mixed {
	m := mixed{tag: mark | 1, end: mark | 2}
	m.words[d.roll(7)] = mark | 3
	m.texts[d.roll(3)] = d.text()
	return m
}

func (d *dice) mixes() []mixed {
	s := make([]mixed, 1+d.roll(6))
	for i := range s {
		s[i] = d.mixed()
	}
	return s
}

func (d *dice) holder() *holder {
	switch d.roll(3) {
	case 0:
		return &held
	case 1:
		return &table[d.roll(8)]
	}
	return heap
}

// Two texts under construction, of which runes of several bytes may be seen in part.
func (d *dice) builder() *strings.Builder {
	if d.roll(2) == 0 {
		return &built
	}
	return build
}

func (d *dice) buffer() *bytes.Buffer {
	if d.roll(2) == 0 {
		return &queue
	}
	return buffer
}

func (d *dice) compose() {
	b := d.builder()
	switch d.roll(8) {
	case 0:
		build = &strings.Builder{}
	case 1:
		b.Reset()
	case 2:
		b.Grow(d.size())
	case 3:
		b.WriteByte('-')
	case 4:
		b.WriteRune(wide[d.roll(len(wide))])
	case 5:
		fmt.Fprintf(b, "%5s", d.text())
	default:
		b.WriteString(d.text())
	}
	if b.Len() > 3000 {
		b.Reset()
	}
}

func (d *dice) enqueue() {
	b := d.buffer()
	switch d.roll(9) {
	case 0:
		buffer = bytes.NewBufferString(d.text())
	case 1:
		b.Reset()
	case 2:
		b.Truncate(d.roll(b.Len() + 1))
	case 3:
		b.WriteByte('-')
	case 4:
		b.WriteRune(wide[d.roll(len(wide))])
	case 5:
		b.Write(octets)
	case 6:
		_, _ = b.ReadFrom(strings.NewReader(d.text()))
	case 7:
		_, _ = d.buffer().WriteTo(b)
	default:
		b.WriteString(d.text())
	}
	if b.Len() > 3000 {
		b.Reset()
	}
}

// What a text under construction may hold: its pieces, and zeros where nobody has written yet. Somebody may still be writing.
func composed(s string) {
	for i := range len(s) {
		if c := s[i]; c != 0 && c < 0x80 && strings.IndexByte(" -0123456789textTEXTabABzZ", c) < 0 {
			bad("composed %q", s)
			return
		}
	}
	runes := 0
	for range s {
		runes++
	}
	if runes > len(s) || len([]rune(s)) > len(s) {
		bad("%d runes of %q", runes, s)
	}
}

func (d *dice) write() {
	h := d.holder()
	switch d.roll(32) {
	case 0:
		ints = d.ints()
	case 1:
		small = make([]int16, d.size())
		narrow = make([]int32, d.size())
	case 2:
		octets = d.bytes()
	case 3:
		rows = append(rows, d.ints())
		if len(rows) > 50 {
			rows = nil
		}
	case 4:
		nodes = d.nodes()
	case 5:
		texts = strings.Fields(strings.Repeat("text1 text22 ", d.size()))
	case 6:
		things = append(things, d.text(), mark|5, d.node(), square{mark, mark}, ints)
		if len(things) > 100 {
			things = things[50:]
		}
	case 7:
		mixes = d.mixes()
	case 8:
		pairs = append(pairs, [2][]int{d.ints(), ints})
		if len(pairs) > 20 {
			pairs = pairs[:1]
		}
	case 9:
		h.ints, h.bytes = d.ints(), d.bytes()
	case 10:
		h.rows, h.nodes = rows, d.nodes()
	case 11:
		h.texts, h.any = texts, ints
	case 12:
		h.pair[d.roll(2)] = d.ints()
	case 13:
		h.in.a, h.in.b = d.mixes(), mixes
	case 14:
		*h = table[d.roll(8)]
	case 15:
		heap = &holder{in: h.in}
	case 16:
		text = d.text()
	case 17:
		value = d.text()
	case 18:
		value = h.pair
	case 19:
		thing = square{mark | d.roll(9), mark}
	case 20:
		thing = d.node()
	case 21:
		own := d.ints()
		call = func() int { return mark | len(own) }
	case 22:
		single = d.mixed()
	case 23:
		nodes = append(nodes, d.node())
		if len(nodes) > 4000 {
			nodes = nodes[:10:20]
		}
	case 24:
		if s := nodes; len(s) > 0 {
			copy(s[d.roll(len(s)):], h.nodes)
			clear(s[d.roll(len(s)):])
		}
	case 25:
		ints = append(ints, mark|7)
		octets = append(octets, "zz"...)
	case 26:
		if s := h.ints; len(s) > 0 {
			s[d.roll(len(s))] = mark | 9
			h.ints[0] = mark | 8
		}
	case 27:
		if len(ints) > 0 && len(rows) > 0 && len(rows[0]) > 0 {
			rows[0][len(rows[0])-1] = mark | 4
			ints[len(ints)-1] = mark | 3
		}
	case 28:
		empty = make([]struct{}, d.roll(1000))
		octets = bytes.ToUpper(octets)
	case 29:
		for _, n := range nodes {
			if n != nil {
				n.next, n.name = d.node(), text
				break
			}
		}
	case 30:
		d.compose()
	case 31:
		d.enqueue()
	}
}

func walk(n *node) {
	for steps := 0; n != nil && steps < 30; steps++ {
		seen("node", n.mark)
		if s := n.name; len(s) < 4 || s[:4] != "text" && s != "start" {
			bad("name %q", s)
		}
		if len(n.list) > 0 {
			n = n.list[len(n.list)-1]
		} else {
			n = n.next
		}
	}
}

func (d *dice) read() {
	h := d.holder()
	switch d.roll(27) {
	case 0:
		for _, v := range ints {
			seen("ints", v)
		}
	case 1:
		for i := range h.ints {
			seen("field", h.ints[i])
		}
	case 2:
		for _, row := range rows {
			for _, v := range row {
				seen("row", v)
			}
		}
	case 3:
		if i := len(rows) - 1; i >= 0 {
			for j := range rows[i] {
				seen("rows[i][j]", rows[i][j])
			}
		}
	case 4:
		for _, n := range h.nodes {
			walk(n)
		}
	case 5:
		for i := range nodes {
			walk(nodes[i])
		}
	case 6:
		for _, s := range texts {
			if s != "" && !strings.HasPrefix(s, "text") {
				bad("text %q", s)
			}
		}
		_ = strings.Join(h.texts, ",")
	case 7:
		for _, x := range things {
			switch x := x.(type) {
			case nil:
			case int:
				seen("thing", x)
			case string:
				_ = x == text
			case *node:
				walk(x)
			case square:
				seen("square", x.side)
			case []int:
				for _, v := range x {
					seen("boxed", v)
				}
			default:
				bad("thing %T", x)
			}
		}
	case 8:
		for _, m := range mixes {
			seen("tag", m.tag)
			seen("end", m.end)
			seen("word", m.words[3])
		}
	case 9:
		for _, p := range pairs {
			for _, s := range p {
				for _, v := range s {
					seen("pair", v)
				}
			}
		}
	case 10:
		x := *h
		for _, m := range x.in.b {
			seen("copy", m.end)
		}
		for _, v := range x.pair[d.roll(2)] {
			seen("copied", v)
		}
	case 11:
		for _, m := range h.in.a {
			seen("in", m.tag)
		}
	case 12:
		if s := text; s != "start" && !strings.HasPrefix(s, "text") {
			bad("text %q", s)
		}
	case 13:
		_ = fmt.Sprintf("%v %+v %d", value, h.in, h.pair)
	case 14:
		_ = fmt.Sprint(ints, octets, rows, mixes, &held, small, narrow, empty)
	case 15:
		if s := thing; s != nil {
			seen("area", s.area())
		}
	case 16:
		seen("call", call())
	case 17:
		seen("single", single.tag)
		seen("single", single.end)
		for _, v := range single.small[d.roll(5):] {
			_ = v
		}
	case 18:
		sort.Ints(ints)
		slices.Sort(h.ints)
	case 19:
		sort.Strings(texts)
		sort.Slice(nodes, func(i, j int) bool { return nodes[i] != nil && nodes[j] != nil && nodes[i].name < nodes[j].name })
	case 20:
		_ = string(octets) + string(h.bytes)
		_ = bytes.Count(octets, []byte("ab"))
	case 21:
		for i := range small {
			if small[i] != 0 {
				bad("small %d", small[i])
			}
		}
		for i := range narrow {
			if narrow[i] != 0 {
				bad("narrow %d", narrow[i])
			}
		}
	case 22:
		c := make(chan []int, 1)
		c <- ints
		for _, v := range <-c {
			seen("channel", v)
		}
		clone := append([]*node(nil), nodes...)
		for _, n := range clone {
			walk(n)
		}
	case 23:
		s := slices.Clone(h.pair[0])
		s = append(s[:len(s):len(s)], ints...)
		for _, v := range s {
			seen("clone", v)
		}
	case 24:
		s := d.builder().String()
		composed(s)
		composed(strings.ToUpper(s[d.roll(len(s)+1):]))
		_ = fmt.Sprintf("%q %v", s, strings.Fields(s))
	case 25:
		b := d.buffer()
		composed(b.String())
		composed(string(b.Next(d.roll(9))))
		if line, err := b.ReadString('-'); err == nil {
			composed(line)
		}
		_, _ = b.ReadByte()
		_, _, _ = b.ReadRune()
	case 26:
		s := d.buffer().Bytes()
		composed(string(bytes.TrimSpace(s)))
		_ = bytes.Fields(s)
		_ = utf8.Valid(s)
	}
}

// An index may be out of range and a pointer nil, and a buffer may find its own length wrong; that is what a race does.
func try(f func()) {
	defer func() {
		err := recover()
		if text, ok := err.(string); ok && strings.HasPrefix(text, "bytes.Buffer") {
			return
		}
		if _, ok := err.(interface{ RuntimeError() }); err != nil && err != bytes.ErrTooLarge && !ok {
			panic(err)
		}
	}()
	f()
}

func main() {
	seed, _ := strconv.Atoi(os.Args[1])
	ms, _ := strconv.Atoi(os.Args[2])
	start := dice(seed | 1)
	for i := range table {
		table[i].in.a = start.mixes()
	}
	heap.in.a, mixes = start.mixes(), start.mixes()
	var wg sync.WaitGroup
	for k := range 6 {
		d := dice(seed*1000 + k*77 + 1)
		d.roll(2)
		writes := 1 + k%3
		wg.Go(func() {
			for !stop && foreign == "" {
				for range writes {
					try(d.write)
				}
				try(d.read)
			}
		})
	}
	time.Sleep(time.Duration(ms) * time.Millisecond)
	stop = true
	wg.Wait()
	if foreign != "" {
		fmt.Println("foreign:", foreign)
		os.Exit(1)
	}
	fmt.Println("done")
}

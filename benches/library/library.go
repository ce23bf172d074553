// Functions that lean on a library, as users write them: each line that this program prints is `family name nanoseconds`, the best of
// some rounds of one call. It is a Go program too, so `gol run` and `go run` can be set side by side, by family and by function.
//
// Arguments: a part of a name (only these are run) and a number of rounds; or `values`, which prints what each gives instead.
package main

import (
	"bufio"
	"bytes"
	"container/heap"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

var sink int

type subject struct {
	family, name string
	run          func() int
}

var text = func() string {
	var b strings.Builder
	for i := 0; i < 400; i++ {
		fmt.Fprintf(&b, "line %d: the quick brown fox jumps over %d lazy dogs, größer\tthan x=%d\n", i, i*7%13, i*i)
	}
	return b.String()
}()

var csv = func() string {
	var b strings.Builder
	for i := 0; i < 300; i++ {
		fmt.Fprintf(&b, "%d,name%d,%d.%02d,%t,\"a b\"\n", i, i%17, i*3, i%100, i%3 == 0)
	}
	return b.String()
}()

var words = strings.Fields(text)

var numbers = func() []int {
	x := make([]int, 1000)
	s := uint32(7)
	for i := range x {
		s = s*1664525 + 1013904223
		x[i] = int(s >> 8)
	}
	return x
}()

// --- maps

func mapCount() int {
	m := map[string]int{}
	for _, w := range words {
		m[w]++
	}
	return len(m)
}

func mapGroup() int {
	m := map[int][]string{}
	for _, w := range words {
		m[len(w)] = append(m[len(w)], w)
	}
	n := 0
	for k, v := range m {
		n += k * len(v)
	}
	return n
}

type point struct{ x, y int }

func mapPoints() int {
	seen := map[point]bool{}
	p := point{}
	for i := 0; i < 2000; i++ {
		switch numbers[i%len(numbers)] % 4 {
		case 0:
			p.x++
		case 1:
			p.x--
		case 2:
			p.y++
		default:
			p.y--
		}
		seen[p] = true
	}
	return len(seen)
}

func mapTwoSum() int {
	at := make(map[int]int, len(numbers))
	n := 0
	for i, x := range numbers {
		if j, ok := at[1<<20-x]; ok {
			n += j
		}
		at[x] = i
	}
	return n + len(at)
}

func mapInvert() int {
	m := map[string]int{}
	for i, w := range words[:500] {
		m[w] = i
	}
	inv := make(map[int]string, len(m))
	for k, v := range m {
		inv[v] = k
	}
	keys := slices.Sorted(maps.Keys(inv))
	return len(keys) + keys[0]
}

func mapMemo() int {
	memo := map[int]int{}
	var f func(n int) int
	f = func(n int) int {
		if n < 2 {
			return n
		}
		if v, ok := memo[n]; ok {
			return v
		}
		v := (f(n-1) + f(n-2)) % 1000007
		memo[n] = v
		return v
	}
	return f(300)
}

func mapDelete() int {
	m := map[int]struct{}{}
	for i := 0; i < 1000; i++ {
		m[i] = struct{}{}
	}
	for i := 2; i < 32; i++ {
		for j := i * 2; j < 1000; j += i {
			delete(m, j)
		}
	}
	return len(m)
}

func mapNested() int {
	g := map[string]map[string]int{}
	for i := 1; i < len(words); i++ {
		a, b := words[i-1], words[i]
		if g[a] == nil {
			g[a] = map[string]int{}
		}
		g[a][b]++
	}
	n := 0
	for _, m := range g {
		n += len(m)
	}
	return n
}

// --- strings.Builder

func builderCaesar() int {
	s := text
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z':
			c = 'a' + (c-'a'+13)%26
		case 'A' <= c && c <= 'Z':
			c = 'A' + (c-'A'+13)%26
		}
		b.WriteByte(c)
	}
	return b.Len()
}

func builderJoin() int {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('"')
		b.WriteString(w)
		b.WriteByte('"')
	}
	return len(b.String())
}

func builderHex() int {
	s := csv
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(3 * len(s))
	for i := 0; i < len(s); i++ {
		b.WriteByte(digits[s[i]>>4])
		b.WriteByte(digits[s[i]&15])
		b.WriteByte(' ')
	}
	return b.Len()
}

func builderRunes() int {
	var b strings.Builder
	for _, r := range text {
		if r > 127 {
			b.WriteRune('?')
		} else if r != '\t' {
			b.WriteRune(r)
		}
	}
	return b.Len()
}

func builderRLE() int {
	var b strings.Builder
	s := strings.Repeat("aaabccddddde", 100)
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] == s[i] {
			j++
		}
		b.WriteByte(s[i])
		b.WriteString(strconv.Itoa(j - i))
		i = j
	}
	return b.Len()
}

func builderEscape() int {
	s := csv
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '<':
			b.WriteString("&lt;")
		case '"':
			b.WriteString("&quot;")
		case '&':
			b.WriteString("&amp;")
		default:
			b.WriteByte(c)
		}
	}
	return b.Len()
}

func builderTable() int {
	var b strings.Builder
	for i := 0; i < 40; i++ {
		for j := 0; j < 20; j++ {
			if j > 0 {
				b.WriteByte(' ')
			}
			s := strconv.Itoa(i * j)
			for k := len(s); k < 4; k++ {
				b.WriteByte(' ')
			}
			b.WriteString(s)
		}
		b.WriteByte('\n')
	}
	return b.Len()
}

// --- strconv

func strconvSum() int {
	n := 0
	for _, line := range strings.Split(csv, "\n") {
		f := strings.Split(line, ",")
		if v, err := strconv.Atoi(f[0]); err == nil {
			n += v
		}
	}
	return n
}

func strconvFloats() int {
	t := 0.0
	for _, line := range strings.Split(csv, "\n") {
		f := strings.Split(line, ",")
		if len(f) > 2 {
			v, err := strconv.ParseFloat(f[2], 64)
			if err != nil {
				panic(err)
			}
			t += v
		}
	}
	return int(t)
}

func strconvItoa() int {
	n := 0
	for _, x := range numbers {
		n += len(strconv.Itoa(x))
	}
	return n
}

func strconvBases() int {
	n := 0
	for i, x := range numbers {
		s := strconv.FormatInt(int64(x), 2+i%35)
		v, _ := strconv.ParseInt(s, 2+i%35, 64)
		n += int(v) - x + len(s)
	}
	return n
}

func strconvAppend() int {
	var buf []byte
	n := 0
	for i, x := range numbers {
		buf = strconv.AppendInt(buf[:0], int64(x), 10)
		buf = append(buf, ' ')
		buf = strconv.AppendFloat(buf, float64(x)/8, 'f', 2, 64)
		buf = strconv.AppendBool(buf, i%2 == 0)
		n += len(buf)
	}
	return n
}

func strconvQuote() int {
	n := 0
	for _, w := range words[:600] {
		q := strconv.Quote(w)
		u, err := strconv.Unquote(q)
		if err != nil {
			panic(err)
		}
		n += len(q) + len(u)
	}
	return n
}

func strconvErrors() int {
	n := 0
	for _, w := range words[:300] {
		if _, err := strconv.Atoi(w); err != nil {
			n++
		}
	}
	return n
}

// --- sort

type person struct {
	name string
	age  int
}

type byAge []person

func (p byAge) Len() int           { return len(p) }
func (p byAge) Less(i, j int) bool { return p[i].age < p[j].age }
func (p byAge) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

func people() []person {
	p := make([]person, 500)
	for i := range p {
		p[i] = person{words[i%len(words)], numbers[i] % 1000}
	}
	return p
}

func sortInterface() int { p := people(); sort.Sort(byAge(p)); return p[0].age }
func sortStable() int    { p := people(); sort.Stable(byAge(p)); return p[0].age }
func sortSlice() int {
	p := people()
	sort.Slice(p, func(i, j int) bool {
		if p[i].age != p[j].age {
			return p[i].age < p[j].age
		}
		return p[i].name < p[j].name
	})
	return p[0].age
}
func sortFunc() int {
	p := people()
	slices.SortFunc(p, func(a, b person) int { return a.age - b.age })
	return p[0].age
}
func sortInts() int    { x := slices.Clone(numbers); sort.Ints(x); return x[0] }
func sortStrings() int { x := slices.Clone(words[:800]); sort.Strings(x); return len(x[0]) }
func sortReverse() int {
	x := slices.Clone(numbers)
	sort.Sort(sort.Reverse(sort.IntSlice(x)))
	return x[0]
}
func sortSearch() int {
	x := slices.Clone(numbers)
	slices.Sort(x)
	n := 0
	for i := 0; i < 1000; i++ {
		n += sort.Search(len(x), func(k int) bool { return x[k] >= i*16000 })
	}
	return n
}
func sortTop() int {
	m := map[string]int{}
	for _, w := range words[:1500] {
		m[w]++
	}
	type kv struct {
		k string
		v int
	}
	var all []kv
	for k, v := range m {
		all = append(all, kv{k, v})
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].v > all[j].v || all[i].v == all[j].v && all[i].k < all[j].k
	})
	return all[0].v
}

type intHeap []int

func (h intHeap) Len() int           { return len(h) }
func (h intHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h intHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *intHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *intHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func sortHeap() int {
	h := &intHeap{}
	for _, x := range numbers[:500] {
		heap.Push(h, x)
	}
	n := 0
	for h.Len() > 0 {
		n = n*3 + heap.Pop(h).(int)
	}
	return n
}

// --- fmt

func fmtLines() int {
	n := 0
	for i, x := range numbers[:500] {
		n += len(fmt.Sprintf("%d: %s = %v", i, words[i], x))
	}
	return n
}
func fmtTable() int {
	var b bytes.Buffer
	for i, x := range numbers[:300] {
		fmt.Fprintf(&b, "%-12s|%8d|%6.2f|%x\n", words[i], x, float64(x)/1000, x)
	}
	return b.Len()
}
func fmtStructs() int {
	n := 0
	for _, p := range people()[:200] {
		n += len(fmt.Sprint(p)) + len(fmt.Sprintf("%+v", p))
	}
	return n
}
func fmtScan() int {
	n := 0
	for _, line := range strings.Split(csv, "\n")[:100] {
		var a, b int
		if c, _ := fmt.Sscanf(line, "%d,name%d", &a, &b); c == 2 {
			n += a + b
		}
	}
	return n
}

type celsius float64

func (c celsius) String() string { return fmt.Sprintf("%.1f°C", float64(c)) }

func fmtStringer() int {
	n := 0
	for i := 0; i < 300; i++ {
		n += len(fmt.Sprintf("%v and %s", celsius(i), celsius(i/2)))
	}
	return n
}
func fmtErrors() int {
	n := 0
	for i := 0; i < 300; i++ {
		err := fmt.Errorf("step %d: %w", i, io.EOF)
		n += len(err.Error())
	}
	return n
}

// --- bytes

func bytesWords() int {
	n := 0
	in := false
	for _, c := range []byte(text) {
		if c == ' ' || c == '\n' || c == '\t' {
			in = false
		} else if !in {
			in = true
			n++
		}
	}
	return n
}
func bytesSplit() int {
	n := 0
	for _, line := range bytes.Split([]byte(csv), []byte("\n")) {
		for _, f := range bytes.Split(line, []byte(",")) {
			n += len(bytes.TrimSpace(f))
		}
	}
	return n
}
func bytesCut() int {
	n := 0
	rest := []byte(text)
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		k, v, ok := bytes.Cut(line, []byte(": "))
		if ok {
			n += len(k) ^ len(v)
		}
	}
	return n
}
func bytesBuffer() int {
	var b bytes.Buffer
	for i, w := range words {
		b.WriteString(w)
		if i%10 == 9 {
			b.WriteByte('\n')
		} else {
			b.WriteByte(' ')
		}
	}
	n := 0
	for {
		line, err := b.ReadBytes('\n')
		n += len(line)
		if err != nil {
			return n
		}
	}
}
func bytesReverse() int {
	b := []byte(text)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return int(b[0])
}
func bytesHistogram() int {
	var h [256]int
	for _, c := range []byte(text) {
		h[c]++
	}
	m := 0
	for i := range h {
		if h[i] > h[m] {
			m = i
		}
	}
	return m
}
func bytesReplace() int {
	b := bytes.ReplaceAll([]byte(text), []byte("fox"), []byte("wolf"))
	b = bytes.ToUpper(b)
	return len(b) + bytes.Count(b, []byte("WOLF"))
}
func bytesParse() int {
	n := 0
	b := []byte(csv)
	for i := 0; i < len(b); i++ {
		v := 0
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			v = v*10 + int(b[i]-'0')
			i++
		}
		n += v
	}
	return n
}
func bytesChecksum() int {
	a, b := uint32(1), uint32(0)
	for _, c := range []byte(text) {
		a = (a + uint32(c)) % 65521
		b = (b + a) % 65521
	}
	return int(b<<16 | a)
}

// --- bufio

func bufioLines() int {
	s := bufio.NewScanner(strings.NewReader(text))
	n := 0
	for s.Scan() {
		n += len(s.Text())
	}
	return n
}
func bufioWords() int {
	s := bufio.NewScanner(strings.NewReader(text))
	s.Split(bufio.ScanWords)
	n := 0
	for s.Scan() {
		n += len(s.Bytes())
	}
	return n
}
func bufioBytes() int {
	r := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			return n
		}
		if c == 'o' {
			n++
		}
	}
}
func bufioRunes() int {
	r := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		c, size, err := r.ReadRune()
		if err == io.EOF {
			return n
		}
		if c > 127 {
			n += size
		}
	}
}
func bufioTokens() int {
	r := bufio.NewReader(strings.NewReader(csv))
	n := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			return n
		}
		if c < '0' || c > '9' {
			continue
		}
		v := int(c - '0')
		for {
			c, err = r.ReadByte()
			if err != nil {
				break
			}
			if c < '0' || c > '9' {
				r.UnreadByte()
				break
			}
			v = v*10 + int(c-'0')
		}
		n += v
	}
}
func bufioString() int {
	r := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		line, err := r.ReadString('\n')
		n += len(strings.TrimRight(line, "\n"))
		if err != nil {
			return n
		}
	}
}
func bufioReadLine() int {
	r := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		line, prefix, err := r.ReadLine()
		if err != nil {
			return n
		}
		if !prefix {
			n += len(line)
		}
	}
}
func bufioPeek() int {
	r := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		p, err := r.Peek(2)
		if err != nil {
			return n
		}
		if p[0] == '\n' {
			n++
		}
		r.Discard(1)
	}
}
func bufioWriter() int {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	for i, s := range words {
		w.WriteString(s)
		if i%8 == 7 {
			w.WriteByte('\n')
		} else {
			w.WriteByte(' ')
		}
	}
	w.Flush()
	return out.Len()
}
func bufioPrint() int {
	w := bufio.NewWriter(io.Discard)
	for i, x := range numbers[:500] {
		fmt.Fprintln(w, i, x)
	}
	w.Flush()
	return w.Size()
}
func bufioNumbers() int {
	s := bufio.NewScanner(strings.NewReader(csv))
	s.Split(bufio.ScanLines)
	n := 0
	for s.Scan() {
		line := s.Text()
		if i := strings.IndexByte(line, ','); i > 0 {
			v, _ := strconv.Atoi(line[:i])
			n += v
		}
	}
	return n
}
func bufioCopy() int {
	r := bufio.NewReader(strings.NewReader(text))
	var out strings.Builder
	w := bufio.NewWriter(&out)
	for {
		c, err := r.ReadByte()
		if err != nil {
			break
		}
		if c != '\r' {
			w.WriteByte(c)
		}
	}
	w.Flush()
	return out.Len()
}
func bufioFscan() int {
	r := bufio.NewReader(strings.NewReader("10 20 30 40 x 50\n60 70 80\n"))
	n := 0
	for {
		var v int
		if _, err := fmt.Fscan(r, &v); err != nil {
			return n
		}
		n += v
	}
}

// --- strings

func stringsFields() int {
	n := 0
	for _, f := range strings.Fields(text) {
		n += len(f)
	}
	return n
}
func stringsPalindrome() int {
	n := 0
	for _, w := range words {
		ok := true
		for i := 0; i < len(w)/2; i++ {
			if w[i] != w[len(w)-1-i] {
				ok = false
				break
			}
		}
		if ok {
			n++
		}
	}
	return n
}
func stringsTitle() int {
	n := 0
	for _, w := range words {
		n += len(strings.ToUpper(w[:1]) + strings.ToLower(w[1:]))
	}
	return n
}
func stringsMap() int {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return 'a' + (r-'a'+1)%26
		}
		return r
	}, text)
	return len(s)
}
func stringsTrim() int {
	n := 0
	for _, w := range words {
		w = strings.Trim(w, ",:.")
		w = strings.TrimPrefix(w, "x=")
		if strings.Contains(w, "o") && !strings.HasSuffix(w, "x") {
			n += len(w)
		}
	}
	return n
}
func stringsReplacer() int {
	r := strings.NewReplacer("<", "&lt;", "fox", "cat", "\t", "    ")
	return len(r.Replace(text))
}
func stringsVowels() int {
	n := 0
	for _, r := range text {
		if strings.ContainsRune("aeiou", r) {
			n++
		}
	}
	return n
}

// --- more of all of them, written when the others had been worked on

func mapAnagrams() int {
	m := map[string][]string{}
	for _, w := range words[:800] {
		b := []byte(w)
		slices.Sort(b)
		m[string(b)] = append(m[string(b)], w)
	}
	return len(m)
}

func mapGraph() int {
	next := map[int][]int{}
	for i, x := range numbers {
		next[i%200] = append(next[i%200], x%200)
	}
	seen := map[int]bool{0: true}
	queue := []int{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, to := range next[at] {
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
	}
	return len(seen)
}

func mapInventory() int {
	type item struct {
		count int
		price float64
	}
	stock := map[string]item{}
	for i, w := range words {
		it := stock[w]
		it.count++
		it.price += float64(i)
		stock[w] = it
	}
	total := 0.0
	for _, it := range stock {
		total += it.price * float64(it.count)
	}
	return int(total)
}

func builderWrap() int {
	var b strings.Builder
	width := 0
	for _, w := range words {
		if width+len(w) > 60 {
			b.WriteByte('\n')
			width = 0
		} else if width > 0 {
			b.WriteByte(' ')
			width++
		}
		b.WriteString(w)
		width += len(w)
	}
	return b.Len()
}

func builderFprintf() int {
	var b strings.Builder
	for i, x := range numbers[:300] {
		fmt.Fprintf(&b, "[%d:%04x]", i, x&0xffff)
	}
	return b.Len()
}

func builderSnake() int {
	n := 0
	for _, w := range []string{"someFieldName", "HTTPServer", "getURLPath", "x", "simple", "ThisIsALongerIdentifier"} {
		for k := 0; k < 20; k++ {
			var b strings.Builder
			for i, r := range w {
				if r >= 'A' && r <= 'Z' {
					if i > 0 {
						b.WriteByte('_')
					}
					b.WriteRune(r + 32)
				} else {
					b.WriteRune(r)
				}
			}
			n += b.Len()
		}
	}
	return n
}

func strconvRoundTrip() int {
	n := 0
	for i := 0; i < 300; i++ {
		f := float64(numbers[i]) / 1000
		s := strconv.FormatFloat(f, 'g', -1, 64)
		g, _ := strconv.ParseFloat(s, 64)
		if f == g {
			n += len(s)
		}
	}
	return n
}

func strconvBools() int {
	n := 0
	for _, line := range strings.Split(csv, "\n") {
		if f := strings.Split(line, ","); len(f) > 3 {
			if b, err := strconv.ParseBool(f[3]); err == nil && b {
				n++
			}
		}
	}
	return n
}

func strconvBinary() int {
	n := 0
	for i := 0; i < 256; i++ {
		s := strconv.FormatUint(uint64(i), 2)
		s = strings.Repeat("0", 8-len(s)) + s
		v, _ := strconv.ParseUint(s, 2, 8)
		n += int(v) + len(s)
	}
	return n
}

type version struct{ major, minor, patch int }

func sortVersions() int {
	v := make([]version, 400)
	for i := range v {
		v[i] = version{numbers[i] % 5, numbers[i+1] % 10, numbers[i+2] % 20}
	}
	slices.SortFunc(v, func(a, b version) int {
		if a.major != b.major {
			return a.major - b.major
		}
		if a.minor != b.minor {
			return a.minor - b.minor
		}
		return a.patch - b.patch
	})
	return v[0].patch
}

type byLength []string

func (s byLength) Len() int           { return len(s) }
func (s byLength) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s byLength) Less(i, j int) bool { return len(s[i]) < len(s[j]) }

func sortLengths() int {
	s := slices.Clone(words[:800])
	sort.Sort(byLength(s))
	return len(s[0])
}

func sortStableSlice() int {
	p := people()
	sort.SliceStable(p, func(i, j int) bool { return p[i].age < p[j].age })
	return p[0].age
}

func sortBinary() int {
	x := slices.Clone(numbers)
	slices.Sort(x)
	n := 0
	for i := 0; i < 1000; i++ {
		if at, ok := slices.BinarySearch(x, numbers[i]); ok {
			n += at
		}
		n += sort.SearchInts(x, i*10000)
	}
	return n
}

func sortDistinct() int {
	x := make([]int, len(numbers))
	for i, v := range numbers {
		x[i] = v % 300
	}
	slices.Sort(x)
	x = slices.Compact(x)
	slices.Reverse(x)
	return len(x) + slices.Index(x, 7) + slices.Max(x)
}

func fmtPadded() int {
	n := 0
	for i, w := range words[:300] {
		n += len(fmt.Sprintf("|%-10s|%10s|%+d|%05d|", w, w, i, i))
	}
	return n
}

func fmtValues() int {
	n := 0
	for i := 0; i < 100; i++ {
		n += len(fmt.Sprint(numbers[i:i+5], map[string]int{"a": i}, &point{i, i}, true, 2.5, nil))
	}
	return n
}

func fmtSscan() int {
	n := 0
	for i := 0; i < 100; i++ {
		var a int
		var f float64
		var s string
		if _, err := fmt.Sscan("42 2.5 word", &a, &f, &s); err == nil {
			n += a + len(s)
		}
	}
	return n
}

func bytesFields() int {
	n := 0
	for _, f := range bytes.Fields([]byte(text)) {
		if bytes.HasPrefix(f, []byte("x=")) {
			n += len(bytes.TrimPrefix(f, []byte("x=")))
		}
		if bytes.ContainsAny(f, ",:") {
			n += len(bytes.TrimRight(f, ",:"))
		}
	}
	return n
}

func bytesReader() int {
	r := bytes.NewReader([]byte(text))
	n := 0
	for {
		c, err := r.ReadByte()
		if err != nil {
			return n
		}
		if c == '\n' {
			n++
		}
	}
}

func bytesLines() int {
	n := 0
	b := []byte(text)
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		if bytes.Contains(b[:i], []byte("lazy")) {
			n += i
		}
		b = b[i+1:]
	}
	return n
}

func bytesJoin() int {
	parts := bytes.Split([]byte(csv), []byte(","))
	for i := range parts {
		if bytes.Equal(parts[i], []byte("true")) {
			parts[i] = []byte("1")
		}
	}
	return len(bytes.Join(parts, []byte("; ")))
}

func bytesBufferRead() int {
	b := bytes.NewBufferString(csv)
	n := 0
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			return n
		}
		n += strings.Count(line, ",")
	}
}

func bytesWriteInts() int {
	var b bytes.Buffer
	for _, x := range numbers {
		b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(x), 10))
		b.WriteByte(',')
	}
	return b.Len()
}

func bufioRunesScanned() int {
	s := bufio.NewScanner(strings.NewReader(text[:8000]))
	s.Split(bufio.ScanRunes)
	n := 0
	for s.Scan() {
		if s.Text() == "o" {
			n++
		}
	}
	return n
}

func bufioCommas() int {
	s := bufio.NewScanner(strings.NewReader(csv))
	s.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexAny(data, ",\n"); i >= 0 {
			return i + 1, data[:i], nil
		}
		if atEOF && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	n := 0
	for s.Scan() {
		n += len(s.Bytes())
	}
	return n
}

func bufioTwoLines() int {
	in := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		a, err := in.ReadBytes('\n')
		if err != nil {
			return n
		}
		b, err := in.ReadString('\n')
		if err != nil {
			return n
		}
		if len(a) > len(b) {
			n++
		}
	}
}

func bufioLexer() int {
	in := bufio.NewReader(strings.NewReader(text))
	n := 0
	for {
		r, _, err := in.ReadRune()
		if err != nil {
			return n
		}
		switch {
		case r >= 'a' && r <= 'z':
			for err == nil && r >= 'a' && r <= 'z' {
				r, _, err = in.ReadRune()
			}
			if err == nil {
				in.UnreadRune()
			}
			n += 100
		case r >= '0' && r <= '9':
			n += int(r - '0')
		}
	}
}

func bufioColumns() int {
	s := bufio.NewScanner(strings.NewReader(csv))
	var sums [3]int
	for s.Scan() {
		for i, f := range strings.SplitN(s.Text(), ",", 3) {
			sums[i] += len(f)
		}
	}
	return sums[0] + sums[1]*sums[2]
}

func bufioWriteRunes() int {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	for _, r := range text {
		if r != ' ' {
			w.WriteRune(r)
		}
	}
	w.Flush()
	return out.Len()
}

func stringsCompare() int {
	n := 0
	for i := 1; i < len(words); i++ {
		if words[i-1] < words[i] {
			n++
		}
		if strings.EqualFold(words[i-1], words[i]) {
			n += 10
		}
	}
	return n
}

func stringsBetween() int {
	n := 0
	rest := text
	for {
		i := strings.Index(rest, "jumps")
		if i < 0 {
			return n
		}
		rest = rest[i+5:]
		if j := strings.IndexByte(rest, '\n'); j >= 0 {
			n += len(strings.TrimSpace(rest[:j]))
			rest = rest[j+1:]
		}
	}
}

func stringsLongest() int {
	a, b := text[:150], text[300:450]
	row := make([]int, len(b)+1)
	best := 0
	for i := 0; i < len(a); i++ {
		last := 0
		for j := 0; j < len(b); j++ {
			old := row[j+1]
			if a[i] == b[j] {
				row[j+1] = last + 1
				best = max(best, row[j+1])
			} else {
				row[j+1] = 0
			}
			last = old
		}
	}
	return best
}

func stringsConcat() int {
	s := ""
	for i := 0; i < 200; i++ {
		s += words[i] + " "
	}
	return len(s)
}

var subjects = []subject{
	{"maps", "count", mapCount}, {"maps", "group", mapGroup}, {"maps", "points", mapPoints}, {"maps", "twosum", mapTwoSum},
	{"maps", "invert", mapInvert}, {"maps", "memo", mapMemo}, {"maps", "delete", mapDelete}, {"maps", "nested", mapNested},
	{"builder", "caesar", builderCaesar}, {"builder", "join", builderJoin}, {"builder", "hex", builderHex}, {"builder", "runes", builderRunes},
	{"builder", "rle", builderRLE}, {"builder", "escape", builderEscape}, {"builder", "table", builderTable},
	{"strconv", "sum", strconvSum}, {"strconv", "floats", strconvFloats}, {"strconv", "itoa", strconvItoa}, {"strconv", "bases", strconvBases},
	{"strconv", "append", strconvAppend}, {"strconv", "quote", strconvQuote}, {"strconv", "errors", strconvErrors},
	{"sort", "interface", sortInterface}, {"sort", "stable", sortStable}, {"sort", "slice", sortSlice}, {"sort", "func", sortFunc},
	{"sort", "ints", sortInts}, {"sort", "strings", sortStrings}, {"sort", "reverse", sortReverse}, {"sort", "search", sortSearch},
	{"sort", "top", sortTop}, {"sort", "heap", sortHeap},
	{"fmt", "lines", fmtLines}, {"fmt", "table", fmtTable}, {"fmt", "structs", fmtStructs}, {"fmt", "scan", fmtScan},
	{"fmt", "stringer", fmtStringer}, {"fmt", "errors", fmtErrors},
	{"loops", "words", bytesWords}, {"bytes", "split", bytesSplit}, {"bytes", "cut", bytesCut}, {"bytes", "buffer", bytesBuffer},
	{"loops", "reverse", bytesReverse}, {"loops", "histogram", bytesHistogram}, {"bytes", "replace", bytesReplace},
	{"loops", "parse", bytesParse}, {"loops", "checksum", bytesChecksum},
	{"bufio", "lines", bufioLines}, {"bufio", "words", bufioWords}, {"bufio", "bytes", bufioBytes}, {"bufio", "runes", bufioRunes},
	{"bufio", "tokens", bufioTokens}, {"bufio", "string", bufioString}, {"bufio", "readline", bufioReadLine}, {"bufio", "peek", bufioPeek},
	{"bufio", "writer", bufioWriter}, {"bufio", "print", bufioPrint}, {"bufio", "numbers", bufioNumbers}, {"bufio", "copy", bufioCopy},
	{"bufio", "fscan", bufioFscan},
	{"strings", "fields", stringsFields}, {"loops", "palindrome", stringsPalindrome}, {"strings", "title", stringsTitle},
	{"strings", "map", stringsMap}, {"strings", "trim", stringsTrim}, {"strings", "replacer", stringsReplacer}, {"strings", "vowels", stringsVowels},
	{"maps", "anagrams", mapAnagrams}, {"maps", "graph", mapGraph}, {"maps", "inventory", mapInventory},
	{"builder", "wrap", builderWrap}, {"builder", "fprintf", builderFprintf}, {"builder", "snake", builderSnake},
	{"strconv", "roundtrip", strconvRoundTrip}, {"strconv", "bools", strconvBools}, {"strconv", "binary", strconvBinary},
	{"sort", "versions", sortVersions}, {"sort", "lengths", sortLengths}, {"sort", "stableslice", sortStableSlice},
	{"sort", "binary", sortBinary}, {"sort", "distinct", sortDistinct},
	{"fmt", "padded", fmtPadded}, {"fmt", "values", fmtValues}, {"fmt", "sscan", fmtSscan},
	{"bytes", "fields", bytesFields}, {"bytes", "reader", bytesReader}, {"bytes", "lines", bytesLines}, {"bytes", "join", bytesJoin},
	{"bytes", "bufferread", bytesBufferRead}, {"bytes", "writeints", bytesWriteInts},
	{"bufio", "runesscanned", bufioRunesScanned}, {"bufio", "commas", bufioCommas}, {"bufio", "twolines", bufioTwoLines},
	{"bufio", "lexer", bufioLexer}, {"bufio", "columns", bufioColumns}, {"bufio", "writerunes", bufioWriteRunes},
	{"strings", "compare", stringsCompare}, {"strings", "between", stringsBetween}, {"loops", "longest", stringsLongest},
	{"strings", "concat", stringsConcat},
}

func main() {
	part, rounds := "", 5
	if len(os.Args) > 1 {
		part = os.Args[1]
	}
	if len(os.Args) > 2 {
		rounds, _ = strconv.Atoi(os.Args[2])
	}
	for _, s := range subjects {
		name := s.family + " " + s.name
		if part == "values" {
			fmt.Println(name, s.run())
			continue
		}
		if !strings.Contains(name, part) {
			continue
		}
		calls := 1
		best := time.Duration(1 << 62)
		for round := 0; round <= rounds; round++ {
			start := time.Now()
			for i := 0; i < calls; i++ {
				sink += s.run()
			}
			took := time.Since(start)
			if round == 0 {
				// So many that a round takes some milliseconds.
				calls = max(1, int(4*time.Millisecond/max(took, 1)))
			} else {
				best = min(best, took/time.Duration(calls))
			}
		}
		fmt.Println(name, int64(best))
	}
}

// Natives that have a handler for the common case: all lengths and places around its limits.
package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

var sum = fnv.New64a()

func note(v ...any) { fmt.Fprintln(sum, v...) }

func show(what string) {
	fmt.Printf("%s %x\n", what, sum.Sum64())
	sum.Reset()
}

func text(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + i)
	}
	return string(b)
}

func ends() {
	for n := 0; n < 70; n++ {
		s := text(n)
		for k := 0; k <= n+1; k++ {
			front, back := s[:min(k, n)], s[n-min(k, n):]
			if k > n {
				front, back = front+"x", "x"+back
			}
			note(n, k, strings.HasPrefix(s, front), strings.HasSuffix(s, back), strings.HasPrefix(s, back), strings.HasSuffix(s, front))
			b, f, e := []byte(s), []byte(front), []byte(back)
			note(bytes.HasPrefix(b, f), bytes.HasSuffix(b, e), bytes.HasPrefix(b, e), bytes.HasSuffix(b, f), bytes.Equal(b, f), bytes.Equal(f, []byte(front)), bytes.Equal(f, e))
			for j := range f {
				f[j] ^= 0x80
				note(j, bytes.HasPrefix(b, f), bytes.Equal(b[:min(n, len(f))], f), strings.HasPrefix(s, string(f)))
				f[j] ^= 0x80
			}
		}
	}
	note(bytes.Equal(nil, []byte{}), bytes.HasPrefix(nil, nil), strings.HasPrefix("", ""))
	show("ends")
}

func places() {
	for n := 0; n < 140; n++ {
		s := strings.Repeat("\x81", n)
		b := []byte(s)
		note(n, strings.IndexByte(s, 0x81), strings.IndexByte(s, 0x80), strings.IndexByte(s, 0), bytes.IndexByte(b, 0x01), strings.ContainsRune(s, 'x'), strings.ContainsRune(s, 0x81))
		for k := 0; k < n; k++ {
			for _, c := range []byte{0, 1, 'x', 0x80, 0xff} {
				b[k] = c
				t := string(b)
				note(strings.IndexByte(t, c), bytes.IndexByte(b, c), strings.ContainsRune(t, rune(c)), strings.IndexByte(t[k:], c), strings.IndexByte(t[:k], c), bytes.IndexByte(b[k+1:], c))
			}
			b[k] = 0x81
		}
	}
	show("places")
}

func runes() {
	some := []byte{0, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff}
	for first := 0; first < 256; first++ {
		for n := 0; n <= 4; n++ {
			for _, second := range some {
				for _, third := range some {
					b := []byte{byte(first), second, third, 0x80}[:n]
					r, w := utf8.DecodeRune(b)
					q, v := utf8.DecodeRuneInString(string(b))
					note(r, w, q, v)
				}
			}
		}
	}
	show("runes")
}

func kinds() {
	for r := rune(-2); r < 0x500; r++ {
		note(r, unicode.IsDigit(r), unicode.IsNumber(r), unicode.IsLetter(r), unicode.IsLower(r), unicode.IsUpper(r), unicode.IsSpace(r), unicode.IsPunct(r), unicode.ToUpper(r), unicode.ToLower(r))
	}
	r := rune(math.MaxInt32)
	note(unicode.IsDigit(r), unicode.IsLetter(r), unicode.IsSpace(r), unicode.IsPunct(r), unicode.ToUpper(r), unicode.ToLower(math.MinInt32))
	show("kinds")
}

func words() {
	x := uint64(1)
	for i := 0; i < 200; i++ {
		hi, lo := bits.Mul64(x, x^0xabcdef)
		note(bits.OnesCount64(x), bits.LeadingZeros64(x), bits.TrailingZeros64(x), bits.ReverseBytes64(x), hi, lo)
		note(bits.OnesCount32(uint32(x)), bits.Len8(uint8(x)), bits.TrailingZeros16(uint16(x)), bits.Len64(x>>(i%64)))
		f := math.Float64frombits(x >> 12)
		note(math.Float64bits(f), math.Float64bits(-f))
		x = x*6364136223846793005 + 1442695040888963407
	}
	note(bits.LeadingZeros64(0), bits.TrailingZeros64(0), bits.OnesCount64(math.MaxUint64))
	show("words")
}

func main() {
	ends()
	places()
	runes()
	kinds()
	words()
}

// Text: building, splitting, formatting.
package main

import (
	"fmt"
	"strings"
)

func main() {
	var b strings.Builder
	for i := 0; i < 1500; i++ {
		fmt.Fprintf(&b, "%d:%s ", i, "word")
		b.WriteByte(byte('a' + i%26))
	}
	text := b.String()
	fields := strings.Fields(text)
	vowels := 0
	for _, r := range text {
		if strings.ContainsRune("aeiou", r) {
			vowels++
		}
	}
	joined := ""
	for i := 0; i < 200; i++ {
		joined += fields[i] + ","
	}
	fmt.Println(len(text), len(fields), vowels, len(joined), strings.Count(text, "word"))
}

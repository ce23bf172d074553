// Integer loops over slices of words and of bytes.
package main

func main() {
	composite := make([]bool, 60001)
	primes := 0
	for i := 2; i <= 60000; i++ {
		if composite[i] {
			continue
		}
		primes++
		for j := i + i; j <= 60000; j += i {
			composite[j] = true
		}
	}
	xs := make([]int, 2000)
	for i := range xs {
		xs[i] = i * 7919 % 2003
	}
	for i := 1; i < 300; i++ {
		for j := i; j > 0 && xs[j] < xs[j-1]; j-- {
			xs[j], xs[j-1] = xs[j-1], xs[j]
		}
	}
	steps := 0
	for n := 1; n < 1500; n++ {
		for v := n; v != 1; steps++ {
			if v%2 == 0 {
				v /= 2
			} else {
				v = 3*v + 1
			}
		}
	}
	println(primes, xs[0], xs[299], steps)
}

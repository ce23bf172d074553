package main

type Body struct{ x, y, z, vx, vy, vz, mass float64 }

func advance(bodies []*Body, dt float64) {
	for i, a := range bodies {
		for j := i + 1; j < len(bodies); j++ {
			b := bodies[j]
			dx := a.x - b.x
			dy := a.y - b.y
			dz := a.z - b.z
			d2 := dx*dx + dy*dy + dz*dz
			mag := dt / (d2 * d2)
			a.vx -= dx * b.mass * mag
			b.vx += dx * a.mass * mag
		}
	}
	for _, b := range bodies {
		b.x += dt * b.vx
	}
}
func sieve(n int) int {
	s := make([]bool, n+1)
	c := 0
	for i := 2; i <= n; i++ {
		if !s[i] {
			c++
			for k := i * i; k <= n; k += i {
				s[k] = true
			}
		}
	}
	return c
}
func matmul(a, b, c [][]float64, n int) {
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			sum := 0.0
			for k := 0; k < n; k++ {
				sum += a[i][k] * b[k][j]
			}
			c[i][j] = sum
		}
	}
}

type Stack struct {
	data []int
	n    int
}

func (s *Stack) push(v int) { s.data = append(s.data, v); s.n++ }
func collatz(n int) int {
	steps := 0
	for n != 1 {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
		steps++
	}
	return steps
}
func bubble(a []int) {
	for i := 0; i < len(a); i++ {
		for j := 0; j < len(a)-1-i; j++ {
			if a[j] > a[j+1] {
				a[j], a[j+1] = a[j+1], a[j]
			}
		}
	}
}
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h ^= uint32(s[i])
		h *= 16777619
	}
	return h
}
func main() {
	println(sieve(1000), collatz(27), hash("abc"))
}

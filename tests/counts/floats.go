// Float arithmetic on matrices and on fields of structs.
package main

import "math"

type body struct{ x, y, vx, vy, m float64 }

func weight(i, j int) float64 { return 1 / float64((i+j)*(i+j+1)/2+i+1) }

func main() {
	const n = 40
	a, b := make([][]float64, n), make([][]float64, n)
	for i := range a {
		a[i], b[i] = make([]float64, n), make([]float64, n)
		for j := range a[i] {
			a[i][j], b[i][j] = float64(i-j), weight(i, j)
		}
	}
	trace := 0.0
	for i := 0; i < n; i++ {
		for j := 0; j < n; j++ {
			s := 0.0
			for k := 0; k < n; k++ {
				s += a[i][k] * b[k][j]
			}
			if i == j {
				trace += s
			}
		}
	}
	bodies := []body{{0, 0, 0, 0, 9}, {1, 0, 0, 3, 1}, {0, 2, -2, 0, 1}}
	for step := 0; step < 4000; step++ {
		for i := range bodies {
			p := &bodies[i]
			for j := range bodies {
				if i == j {
					continue
				}
				q := &bodies[j]
				dx, dy := q.x-p.x, q.y-p.y
				d := dx*dx + dy*dy + 0.01
				f := 0.001 * q.m / (d * math.Sqrt(d))
				p.vx += dx * f
				p.vy += dy * f
			}
		}
		for i := range bodies {
			bodies[i].x += 0.001 * bodies[i].vx
			bodies[i].y += 0.001 * bodies[i].vy
		}
	}
	println(trace, bodies[1].x, bodies[2].y)
}

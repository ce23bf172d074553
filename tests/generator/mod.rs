//! A generator of well-typed programs that end: the same text must print the same in Go and in gol, on any number of processors and
//! under any collector schedule.
//!
//! What keeps a program's meaning fixed: names are unique but for deliberate shadowing; operands of one expression have no side effects on
//! each other (Go leaves their order open), so functions that change something are called as whole statements only; every loop
//! and function draws on a common fuel; goroutines share nothing but channels; constants are evaluated here, so that none overflows.
//!
//! Reading order: `rng`, `ty` (types and their declarations), `expr`, `stmt`, `patterns`, `dispatch`, and `program` here.

mod dispatch;
mod expr;
mod patterns;
mod rng;
mod stmt;
mod ty;

use rng::Rng;
use std::fmt::Write as _;
use ty::{Func, Struct, Ty};

/// A variable in scope.
#[derive(Clone)]
struct Var {
    name: String,
    ty: Ty,
    /// Loop variables are read only, so that loops end.
    fixed: bool,
}

/// What may be called inside expressions now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Calls {
    /// Functions without effects.
    Pure,
    /// None, since this code runs beside other code.
    None,
}

struct Gen {
    rng: Rng,
    /// Prefix of every name at top level, so that many programs fit into one package.
    prefix: String,
    out: String,
    indent: usize,
    next: usize,
    structs: Vec<Struct>,
    /// Underlying integer types of the named ones.
    named: Vec<Ty>,
    funcs: Vec<Func>,
    scope: Vec<Var>,
    calls: Calls,
    /// Labels of the enclosing loops of this function; empty for a loop without.
    loops: Vec<String>,
    /// Statements still allowed in this function.
    budget: usize,
    results: Vec<Ty>,
    /// In a function without effects: no globals, no traces.
    pure: bool,
}

/// The program of a seed, with one function `{prefix}main` and no `main`.
fn body(seed: u64, prefix: &str) -> String {
    let mut g = Gen {
        rng: Rng::new(seed),
        prefix: prefix.into(),
        out: String::new(),
        indent: 0,
        next: 0,
        structs: vec![],
        named: vec![],
        funcs: vec![],
        scope: vec![],
        calls: Calls::Pure,
        loops: vec![],
        budget: 0,
        results: vec![],
        pure: false,
    };
    g.declarations();
    let n = g.rng.range(2, 6);
    for i in 0..n {
        g.function(i % 2 == 0);
    }
    g.main();
    g.out
}

/// What every program begins with.
const PRELUDE: &str = r#"package main

import (
	"container/heap"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
)

var fuel = 6000
var lines = 0
var sum uint64 = 14695981039346656037

func step() bool {
	fuel--
	return fuel > 0
}

func show(tag string, v ...any) {
	s := tag
	for _, x := range v {
		s += " " + fmt.Sprintf("%v", x)
	}
	for i := 0; i < len(s); i++ {
		sum = (sum ^ uint64(s[i])) * 1099511628211
	}
	if lines++; lines < 1500 {
		fmt.Println(s)
	}
}

func ix(i, n int) int {
	if n == 0 {
		panic("empty")
	}
	if i %= n; i < 0 {
		i += n
	}
	return i
}

func cut(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

func small(f float64) float64 {
	if f >= 0 && f <= 100 {
		return f
	}
	return 42.5
}

func guard(tag string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			show(tag+" panicked", r)
		}
	}()
	f()
}

var _ = strconv.Itoa
var _ = strings.Repeat
var _ sync.Mutex
var _ = os.Args
var _ = heap.Init
var _ = sort.Ints
"#;

/// A whole program, named as in a batch.
pub fn program(seed: u64) -> String {
    let prefix = format!("p{seed}_");
    let library = [patterns::LIBRARY, dispatch::LIBRARY].concat();
    format!("{PRELUDE}{library}{}\nfunc main() {{\n\t{prefix}main()\n}}\n", body(seed, &prefix))
}

/// Programs of several seeds in one text; the argument says which one runs.
pub fn batch(seeds: impl Iterator<Item = u64>) -> String {
    let mut text = [PRELUDE, patterns::LIBRARY, dispatch::LIBRARY].concat();
    let mut cases = String::new();
    for seed in seeds {
        text += &body(seed, &format!("p{seed}_"));
        let _ = write!(cases, "\tcase \"{seed}\":\n\t\tp{seed}_main()\n");
    }
    text + "\nfunc main() {\n\tswitch os.Args[1] {\n" + &cases + "\t}\n}\n"
}

impl Gen {
    fn line(&mut self, s: &str) {
        for _ in 0..self.indent {
            self.out.push('\t');
        }
        self.out.push_str(s);
        self.out.push('\n');
    }

    fn open(&mut self, s: &str) {
        self.line(&format!("{s} {{"));
        self.indent += 1;
    }

    fn close(&mut self, s: &str) {
        self.indent -= 1;
        self.line(&format!("}}{s}"));
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    fn global(&mut self, stem: &str) -> String {
        let name = self.fresh(stem);
        format!("{}{name}", self.prefix)
    }

    /// Runs `f` and forgets the variables it declared.
    fn scoped(&mut self, f: impl FnOnce(&mut Gen)) {
        let n = self.scope.len();
        f(self);
        self.scope.truncate(n);
    }

    fn main(&mut self) {
        let name = format!("{}main", self.prefix);
        self.open(&format!("func {name}()"));
        for f in self.funcs.clone() {
            for round in 0..2 {
                let args: Vec<String> = f.params.iter().map(|t| self.expr(t, 2).text).collect();
                self.open(&format!("guard(\"{}.{round}\", func()", f.name));
                let vars: Vec<String> = f.results.iter().map(|_| self.fresh("r")).collect();
                self.line(&format!("{} := {}({})", vars.join(", "), f.name, args.join(", ")));
                self.line(&format!("{} = {}", vec!["_"; vars.len()].join(", "), vars.join(", ")));
                for (v, t) in vars.iter().zip(&f.results) {
                    self.show(v, t);
                }
                self.close(")");
            }
        }
        for v in self.scope.clone() {
            self.show(&v.name, &v.ty);
        }
        self.line("fmt.Println(\"sum\", sum)");
        self.close("");
    }
}

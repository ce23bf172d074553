//! Emission: every program in `tests/emit` compiles to code that the verifier accepts, and small functions compile to the
//! operations that they should.

use gol_bytecode::{Op, Program, verify};
use gol_compiler::session::{Library, Session, TextKind};
use std::path::Path;

struct Lib;

const SOURCES: &[(&str, &str)] = &[
    ("errors", include_str!("lib/errors.gol")),
    ("fmt", include_str!("lib/fmt.gol")),
    ("io", include_str!("lib/io.gol")),
    ("math", include_str!("lib/math.gol")),
    ("os", include_str!("lib/os.gol")),
    ("runtime", include_str!("lib/runtime.gol")),
    ("sort", include_str!("lib/sort.gol")),
    ("strings", include_str!("lib/strings.gol")),
    ("sync", include_str!("lib/sync.gol")),
    ("time", include_str!("lib/time.gol")),
];

impl Library for Lib {
    fn source(&self, path: &str) -> Option<&'static str> {
        SOURCES.iter().find(|s| s.0 == path).map(|s| s.1)
    }
    fn paths(&self) -> Vec<&'static str> {
        SOURCES.iter().map(|s| s.0).collect()
    }
}

fn compile(name: &str, text: &str) -> Session {
    let mut s = Session::new(&Lib);
    let c = s.compile(name, text.as_bytes().to_vec(), TextKind::File);
    assert!(c.unit.is_some(), "{name}: {:?}", c.diagnostics);
    if let Err(e) = verify(&s.functions().all(), 0) {
        panic!("{name}: {e}");
    }
    s
}

/// The operations of a function, without data units.
fn ops(p: &Program, name: &str) -> String {
    let f = p.funcs.iter().find(|f| f.name == name).expect("the function is there");
    let names: Vec<&str> = f.code.iter().filter(|i| i.op != Op::Data).map(|i| i.op.name()).collect();
    names.join(" ")
}

#[test]
fn programs_verify() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emit");
    let mut n = 0;
    for entry in std::fs::read_dir(dir).expect("tests/emit") {
        let path = entry.expect("an entry").path();
        if !path.extension().is_some_and(|e| e == "go" || e == "gol") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text");
        compile(&path.to_string_lossy(), &text);
        n += 1;
    }
    assert!(n >= 9);
}

#[test]
fn code_of_small_functions() {
    let cases = [
        (
            "func f(n int) int { if n < 2 { return n }; return f(n-1) + f(n-2) }",
            "JgeK Ret1 AddK Call AddK Call AddI Ret1",
        ),
        ("func f(n int) (s int) { for i := 0; i < n; i++ { s += i }; return }", "LoadI LoadI JleK AddI AddKJltB Ret1"),
        (
            "func f(n int) (s int) { for i := 0; i <= n; i += 3 { s ^= i }; return }",
            "LoadI LoadI JltK Xor AddKJleB Ret1",
        ),
        (
            "func f(xs []float64) (s float64) { for _, x := range xs { s += x * x }; return }",
            "LoadI LoadI JleK LdIdxW MulAddF AddKJltB Ret1",
        ),
        ("func f(a, b int, c bool) int { if a < b && !c || b == 3 { return 1 }; return 2 }", "JleI Jz JneK RetK RetK"),
        ("func f(x float64) bool { return !(x < 1) }", "LoadK JltF RetK RetK"),
        ("func f(a, b uint8) uint8 { return a + b }", "AddI Zext8 Ret1"),
        ("func f(a, b uint8) uint8 { return a & b / 3 }", "And LoadI DivU Ret1"),
        ("func f(a []int, i, j int) { a[i], a[j] = a[j], a[i] }", "SwpIdxW Ret"),
        ("func f(s []int, x int) []int { s = append(s, x); return s }", "AppendV RetN"),
        ("func f(a, b string) string { return a + \"-\" + b + a }", "Mov LoadK Mov2 Concat Ret1"),
        ("type T struct{ x, y int }; func f(t *T) { t.x += t.y }", "LdW AddM Ret"),
        ("const debug = false; func f() int { if debug { println(1) }; return 3 }", "RetK"),
        (
            "func f(n int) int { switch n { case 1: return 5; case 2: return 6; case 3: return 7; case 4: return 8; case 5: return 9 }; return 0 }",
            "JmpTab Jmp Jmp Jmp Jmp Jmp Jmp RetK RetK RetK RetK RetK RetK",
        ),
        (
            "func f(s string) int { switch s { case `a`, `b`, `cd`: return 5; case `e`, ``: return 6 }; return 0 }",
            "FindS JmpTab Jmp Jmp Jmp Jmp Jmp Jmp RetK RetK RetK",
        ),
        ("func g() (int, int); func h() (a, b int) { return 1, 2 }; func f() (int, int) { return h() }", "Call RetN"),
        ("func f(a, b int) (int, int) { a, b = b, a+b; return a, b }", "Mov AddI Mov RetN"),
        // What was loaded or computed before is not again; what only low bits of are wanted is not normalised.
        (
            "type T struct{ s []int; n int }; func f(t *T) int { t.n++; return t.s[t.n] + t.n }",
            "LdW AddK StW LdSl AddIdx Ret1",
        ),
        ("func f(a, b, c uint32) uint32 { return a*b + c }", "MulI AddZ32 Ret1"),
        ("func f(a []int, i, j int) { t := a[i]; a[i] = a[j]; a[j] = t }", "SwpIdxW Ret"),
        ("func f(a, b []int, i, j int) { a[i] = b[j]; a[j-i+1] = 3 }", "CpyIdxW SubIK LoadI StIdxW Ret"),
        (
            "func f(a []int, i, j int) { for i < j { a[i], a[j] = a[j], a[i]; i++; j-- } }",
            "JleI SwpIdxW AddK AddKJltB Ret",
        ),
        (
            "var on []bool; func f(n int) (k int) { for k < n { if on[k] { return }; k++ }; return n }",
            "LoadI JleK JzGIdx8 Ret1 AddKJltB Ret1",
        ),
        (
            "type T struct { on []bool }; func f(t *T, n int) int { if !t.on[n] { return n }; return 0 }",
            "JnzFldIdx8 Ret1 RetK",
        ),
        ("func f(x uint32) uint32 { return x<<5 | x>>27 }", "RotLK32 Ret1"),
        ("func f(a []int, i int) { a[i] += 3; a[i+1]++ }", "IncIdx AddK IncIdx Ret"),
        ("func f(n int) int { if n%4 == 0 { return 1 }; return n }", "JtstK RetK Ret1"),
        ("type N struct{ next *N; v int }; func f(n *N) int { return n.next.v }", "LdWW Ret1"),
        // What is decided by data needs no branch.
        (
            "func max(a, b int) int { if a > b { return a }; return b }; func f(a, b, c int) int { return max(max(a, b), c) }",
            "MaxI MaxI Ret1",
        ),
        (
            "func f(xs []bool) (n int) { for _, x := range xs { if x { n++ } }; return }",
            "LoadI LoadI JleK LdIdxU8 IncNz AddKJltB Ret1",
        ),
        ("func f(n int) func() int { return func() int { return n } }", "MkClosure Ret1"),
        // Literals that are only called are no closures, and what they capture is no object.
        (
            "func f(n int) (s int) { add := func(k int) { for i := 0; i < k; i++ { s += i } }; add(n); return }",
            "LoadI CallMov Ret1",
        ),
        (
            "func f(n int) int { c := 0; inc := func() { c++ }; for i := 0; i < n; i++ { inc() }; return c }",
            "LoadI LoadI JleK AddK AddKJltB Ret1",
        ),
        (
            "func f(n int) int { var r func(int); r = func(k int) { for k > 0 { k--; n++; r(k) } }; r(3); return n }",
            "LoadI CallMov Ret1",
        ),
        // A deferred closure sees what was changed before a panic.
        (
            "func f() (n int) { defer func() { recover() }(); inc := func() { for n < 3 { n++ } }; inc(); return }",
            "New LoadK Defer CallMov RunDefers LdW Ret1",
        ),
        // Objects whose address only inlined methods know live in registers.
        (
            "type C struct{ n, k int }; func (c *C) inc() { c.n += c.k }; func f(n int) int { c := &C{k: n}; c.inc(); c.inc(); return c.n }",
            "ZeroN AddI3 Ret1",
        ),
        (
            "type S []int; func (s *S) push(x int) { *s = append(*s, x) }; func f(n int) S { var s S; for n > 0 { s.push(n); n-- }; return s }",
            "ZeroN JleK AppendV AddK JgtKB Mov3 RetN",
        ),
        (
            "type C struct{ n int }; func (c *C) self() *C { return c }; func f() *C { c := &C{}; return c.self() }",
            "New Ret1",
        ),
        // Each iteration has its own variable, which keeps its value.
        (
            "func f(n int, g func(func() int)) { for i := 0; i < n; i++ { g(func() int { return i }) } }",
            "LoadI JleK MkClosure CallC AddKJltB Ret",
        ),
    ];
    let mut wrong = vec![];
    for (text, want) in cases {
        let text = text.replace("func g() (int, int); ", "");
        let s = compile("case.go", &format!("package main\n{text}\nfunc main() {{}}\n"));
        let got = ops(&s.functions().all(), "main.f");
        if got != want {
            wrong.push(format!("{text}\n  {got}\n  instead of {want}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A table's length has 16 bits: more cases than that get several tables.
#[test]
fn long_jump_tables() {
    let cases: String = (0..70_000).map(|i| format!("case {i}: return {}\n", i % 7)).collect();
    let s = compile(
        "case.go",
        &format!("package main\nfunc f(n int) int {{\nswitch n {{\n{cases}}}\nreturn -1 }}\nfunc main() {{}}\n"),
    );
    let program = s.functions().all();
    let f = program.funcs.iter().find(|f| f.name == "main.f").expect("the function is there");
    let tables: usize = f.code.iter().filter(|i| i.op == Op::JmpTab).map(|i| i.b as usize).sum();
    assert_eq!(tables, 70_000);
}

#[test]
fn frames_too_large_are_refused() {
    let mut s = Session::new(&Lib);
    let text = "package main\nfunc f() [70000]int { var a [70000]int; return a }\nfunc main() { f() }\n";
    let c = s.compile("big.go", text.as_bytes().to_vec(), TextKind::File);
    assert!(c.unit.is_none());
    assert!(c.diagnostics.iter().any(|d| d.code.text() == "E0901"), "{:?}", c.diagnostics);
    // Nothing of it stays.
    let c = s.compile("small.go", b"package main\nfunc main() { println(1) }\n".to_vec(), TextKind::File);
    assert!(c.unit.is_some());
    assert!(verify(&s.functions().all(), 0).is_ok());
}

#[test]
fn prompt_lines_share_a_program() {
    let mut s = Session::new(&Lib);
    for line in [
        "x := 3",
        "func add(n int) int { return n + x }",
        "add(4)",
        "x = 5; y := []int{x}",
        "len(y)",
        "type P struct { a int }",
        "P{add(1)}",
        "func (p P) String() string { return \"p\" }",
        "P{1}",
        "func (p P) String() string { return \"q\" }",
        "interface{ String() string }(P{2})",
    ] {
        let c = s.compile("<prompt>", line.as_bytes().to_vec(), TextKind::Prompt);
        assert!(c.unit.is_some(), "{line}: {:?}", c.diagnostics);
        assert!(verify(&s.functions().all(), 0).is_ok(), "{line}");
    }
}

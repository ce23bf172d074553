//! Wrong programs of every sort must be judged, never break the checker: mutated programs and deep nesting.

use gol_compiler::session::{Library, Session, TextKind};

struct Lib;

impl Library for Lib {
    fn source(&self, path: &str) -> Option<&'static str> {
        match path {
            "fmt" => Some(include_str!("lib/fmt.gol")),
            "io" => Some(include_str!("lib/io.gol")),
            "errors" => Some(include_str!("lib/errors.gol")),
            "time" => Some(include_str!("lib/time.gol")),
            "strings" => Some(include_str!("lib/strings.gol")),
            "runtime" => Some(include_str!("lib/runtime.gol")),
            _ => None,
        }
    }
    fn paths(&self) -> Vec<&'static str> {
        vec!["errors", "fmt", "io", "runtime", "strings", "time"]
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// Pieces of a text: words, numbers, single other characters.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let n = if word(c) { rest.find(|c| !word(c)).unwrap_or(rest.len()) } else { c.len_utf8() };
        out.push(&rest[..n]);
        rest = &rest[n..];
    }
    out
}

fn mutate(text: &str, r: &mut Random) -> String {
    let mut p = pieces(text);
    for _ in 0..1 + r.below(3) {
        let (i, j) = (r.below(p.len()), r.below(p.len()));
        match r.below(4) {
            0 => drop(p.remove(i)),
            1 => p.swap(i, j),
            2 => p.insert(i, p[j]),
            _ => p[i] = p[j],
        }
    }
    p.concat()
}

fn corpus() -> Vec<String> {
    if let Ok(list) = std::env::var("GOL_CORPUS") {
        return list.split_whitespace().filter_map(|f| std::fs::read_to_string(f).ok()).collect();
    }
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let entries = std::fs::read_dir(dir).expect("the folder").map(|f| f.expect("an entry").path());
    entries.filter_map(|f| std::fs::read_to_string(f).ok()).collect()
}

#[test]
fn mutated_programs() {
    let rounds: usize = std::env::var("GOL_ROUNDS").ok().and_then(|r| r.parse().ok()).unwrap_or(30);
    let mut r = Random(7);
    let mut s = Session::new(&Lib);
    for text in corpus() {
        // Whole files with marks are long; functions alone give more for the time.
        let parts: Vec<&str> = text.split("\n}\n").collect();
        for round in 0..rounds {
            let i = r.below(parts.len());
            let part = format!("{}\n}}\n", parts[i]);
            let text = mutate(&part, &mut r);
            let kind = if round % 2 == 0 { TextKind::File } else { TextKind::Prompt };
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                s.compile("mutant", text.clone().into_bytes(), kind);
            }));
            assert!(result.is_ok(), "this breaks the checker:\n{text}");
        }
        s = Session::new(&Lib);
    }
}

#[test]
fn deep_nesting() {
    let deep =
        |n: usize, open: &str, middle: &str, close: &str| format!("{}{middle}{}", open.repeat(n), close.repeat(n));
    let n = 2000;
    let texts = [
        format!("x := {}", deep(n, "(", "1", ")")),
        format!("x := {}", deep(n, "-", "1", "")),
        format!("x := 1{}", " + 1".repeat(20_000)),
        format!("x := \"a\"{}", " + \"b\"".repeat(5_000)),
        format!("var x {}int", "[]".repeat(n)),
        format!("var x {}", deep(n, "struct { f ", "int", " }")),
        format!("x := {}", deep(n, "func() {", "", "}")),
        deep(n, "if true {", "", "}"),
        deep(n, "{", "x := 1; _ = x", "}"),
        format!("if true {{}}{}", " else if true {}".repeat(n)),
        format!("x := {}", deep(n, "f(", "1", ")")),
        format!("x := {}", deep(n, "[]any{", "1", "}")),
        format!("x := y{}", "[0]".repeat(n)),
        format!("x := y{}", ".f".repeat(n)),
        format!("x := y{}", "()".repeat(n)),
        deep(n, "go {", "", "}"),
        deep(n, "par {", "", "}"),
        deep(n, "switch {case true: ", "", "}"),
    ];
    for t in texts {
        let mut s = Session::new(&Lib);
        s.check("deep", t.into_bytes());
    }
}

/// Texts whose size lies in the meaning, and long ones: each must be judged in time that grows with its length.
#[test]
fn many_of_everything() {
    // As much stack as the command gives the compiler.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(judge_many).expect("a thread");
    assert!(thread.join().is_ok());
}

fn judge_many() {
    let many = |n: usize, f: &dyn Fn(usize) -> String| (0..n).map(f).collect::<String>();
    let n = 10_000;
    let good = [
        many(60, &|i| format!("type C{} interface {{ C{i} | C{i} }}\n", i + 1))
            + "type C0 interface { ~int | ~string }\nfunc f[T C60](T) {}\nf(1)\n",
        many(60, &|i| format!("type C{} interface {{ C{i}; D }}\n", i + 1))
            + "type D interface { ~int | ~string | ~bool }\ntype C0 interface { D }\nfunc f[T C60](T) {}\nf(1)\n",
        many(2000, &|i| format!("var g{i} = g{} + 1\n", i + 1)) + "var g2000 = len(s)\nvar s = \"x\"\n",
        many(n, &|i| format!("func f{i}() int {{ return f{}() + v }}\n", (i + 1) % n)) + "var v = 3\nvar w = f0()\n",
        many(2000, &|i| format!("type S{i} struct {{ n *S{}; v S{} }}\n", i + 1, i + 1)) + "type S2000 int\n",
        format!("type S struct {{\n{}}}\n", many(n, &|i| format!("f{i} int\n"))),
        format!("type T int\n{}", many(n, &|i| format!("func (T) m{i}() {{}}\n"))),
        many(n, &|i| format!("type T{i} int\nfunc (T{i}) m() {{}}\n")),
        format!("const c = \"ab\"{}\n", " + \"ab\"".repeat(n)),
        many(1000, &|i| format!("func f{i}[T any](x T) T {{ y := []T{{x}}; return y[0] }}\nvar v{i} = f{i}(1)\n")),
        format!("func f({}) {{}}\n", many(n, &|i| format!("a{i} int, "))),
    ];
    for t in good {
        // Scripts run their statements in order; in a package the order of initialisation is found.
        let text = if t.contains("f(1)") { t } else { format!("package main\n{t}\nfunc main() {{}}\n") };
        let mut s = Session::new(&Lib);
        let d = s.check("many", text.clone().into_bytes());
        assert!(d.is_empty(), "{}: {:?}", &text[..200], d.first());
    }
    let bad = [
        many(60, &|i| format!("type A{} = struct {{ a, b A{i} }}\n", i + 1)) + "type A0 = int\nvar x *A60\n",
        many(n, &|i| format!("x{i} = undefined{i}\n")),
        many(n, &|i| format!("var g{i} = g{} + 1\n", i + 1)) + &format!("var g{n} = len(s)\nvar s = \"x\"\n"),
        many(n, &|i| format!("const g{i} = g{} + 1\n", i + 1)) + &format!("const g{n} = 1\n"),
        many(n, &|i| format!("type S{i} struct {{ n *S{}; v S{} }}\n", i + 1, i + 1)) + &format!("type S{n} int\n"),
        many(n, &|i| format!("type S{i} = []S{}\n", i + 1)) + &format!("type S{n} = int\n"),
    ];
    for t in bad {
        let text = if t.contains("undefined") { t } else { format!("package main\n{t}\nfunc main() {{}}\n") };
        let c = Session::new(&Lib).compile("many", text.clone().into_bytes(), TextKind::File);
        assert!(c.unit.is_none(), "{}", &text[..200]);
    }
}

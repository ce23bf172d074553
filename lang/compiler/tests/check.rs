//! Programs as data: every `tests/check/*.gol` is checked, and what is found must be what its marks say.
//!
//! `// ERROR E0301 "text"` (or `WARN`) at the end of a line: on that line a diagnostic of that code, whose message
//! contains the text. Several marks may follow each other. Nothing else may be reported.

use gol_compiler::info::Mode;
use gol_compiler::session::{Library, Session, TextKind};
use gol_compiler::types::Types;
use gol_syntax::ast::ExprId;
use gol_syntax::diag::{Diagnostic, Severity};
use std::path::Path;

/// A small library for tests, from `tests/lib`.
struct Lib;

const SOURCES: &[(&str, &str)] = &[
    ("errors", include_str!("lib/errors.gol")),
    ("fmt", include_str!("lib/fmt.gol")),
    ("io", include_str!("lib/io.gol")),
    ("math", include_str!("lib/math.gol")),
    ("math/rand", include_str!("lib/math/rand.gol")),
    ("os", include_str!("lib/os.gol")),
    ("runtime", include_str!("lib/runtime.gol")),
    ("sort", include_str!("lib/sort.gol")),
    ("strconv", include_str!("lib/strconv.gol")),
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

fn session() -> Session {
    Session::new(&Lib)
}

/// `line CODE message`
fn show(s: &Session, d: &Diagnostic) -> String {
    let line = s.locate(d.span.lo).map_or(0, |l| l.1);
    let file = s.locate(d.span.lo).map_or(String::new(), |l| l.0.to_string());
    let word = if d.severity == Severity::Error { "ERROR" } else { "WARN" };
    format!("{file}:{line}: {word} {} {:?}", d.code.text(), d.message)
}

/// The marks of a text: line, word, code, text.
fn marks(text: &str) -> Vec<(u32, String, String, String)> {
    let mut out = vec![];
    for (i, line) in text.lines().enumerate() {
        for word in ["ERROR", "WARN"] {
            for part in line.split(&format!("// {word} ")).skip(1) {
                let Some((code, rest)) = part.split_once(' ') else { continue };
                let want = rest.trim_start().trim_start_matches('"');
                let want = want.split_once("\" //").map_or(want, |w| w.0).trim_end();
                let want = want.strip_suffix('"').unwrap_or(want);
                out.push((
                    i as u32 + 1,
                    word.to_string(),
                    code.to_string(),
                    want.replace("\\n", "\n").replace("\\t", "\t"),
                ));
            }
        }
    }
    out
}

fn check_file(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a readable file");
    let mut s = session();
    let diags = s.check(&path.display().to_string(), text.clone().into_bytes());
    let mut wanted = marks(&text);
    let mut wrong = vec![];
    for d in &diags {
        let line = s.locate(d.span.lo).map_or(0, |l| l.1);
        let word = if d.severity == Severity::Error { "ERROR" } else { "WARN" };
        let hit = wanted
            .iter()
            .position(|(l, w, c, t)| *l == line && w == word && c == d.code.text() && d.message.contains(t.as_str()));
        match hit {
            Some(i) => drop(wanted.remove(i)),
            None => wrong.push(format!("unexpected: {}", show(&s, d))),
        }
    }
    for (line, word, code, text) in wanted {
        wrong.push(format!("missing: {}:{line}: {word} {code} {text:?}", path.display()));
    }
    wrong
}

#[test]
fn programs_are_judged_as_marked() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut files: Vec<_> = std::fs::read_dir(dir).expect("the folder").map(|f| f.expect("an entry").path()).collect();
    files.sort();
    let wrong: Vec<String> = files.iter().flat_map(|f| check_file(f)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Values that emission would find without a final type.
fn untyped_leftovers(s: &Session) -> Vec<String> {
    let mut out = vec![];
    for i in 0..s.ast.expr_count() {
        let e = ExprId::new(i);
        let Some(info) = s.info.expr(e) else { continue };
        let wrong = match info.mode {
            Mode::Invalid => true,
            Mode::Var | Mode::MapIndex | Mode::Value | Mode::CommaOk => {
                s.types.is_untyped(info.ty) || info.ty == Types::ERROR
            }
            Mode::Const => s.info.value(e).is_none(),
            Mode::Nil | Mode::NoValue | Mode::Builtin(_) | Mode::Type | Mode::Pkg(_) => false,
        };
        if wrong {
            let at = s.locate(s.ast.expr_span(e).lo);
            out.push(format!("leftover: {at:?} {:?} {:?} {:?}", info.mode, s.types.get(info.ty), s.ast.expr(e)));
        }
    }
    out
}

/// Checks the files named in the environment, for work on the checker.
#[test]
fn files_named_in_gol_check() {
    let Ok(list) = std::env::var("GOL_CHECK") else { return };
    let mut bad = 0;
    for f in list.split_whitespace() {
        let mut s = session();
        let text = std::fs::read(f).expect("a readable file");
        let diags = if std::env::var("GOL_EMIT").is_ok() {
            println!("compiling {f}");
            s.compile(f, text, TextKind::File).diagnostics
        } else {
            s.check(f, text)
        };
        if diags.is_empty() {
            untyped_leftovers(&s).iter().for_each(|l| println!("{l}"));
        }
        bad += usize::from(!diags.is_empty());
        for d in &diags {
            println!("{}", show(&s, d));
        }
    }
    println!("{bad} files with diagnostics");
}

fn lines(texts: &[&str]) -> Vec<String> {
    let mut s = session();
    let mut out = vec![];
    for t in texts {
        let c = s.check_text("<prompt>", t.as_bytes().to_vec(), TextKind::Prompt);
        out.extend(c.diagnostics.iter().map(|d| format!("{}: {}", d.code.text(), d.message)));
    }
    out
}

#[test]
fn prompt_lines_see_earlier_ones() {
    assert_eq!(lines(&["x := 1", "x + 1", "func f() int { return x }", "f() + x", "x := \"a\"", "x + \"b\""]), [""; 0]);
    assert_eq!(lines(&["type T struct { A int }", "func (t T) M() int { return t.A }", "T{1}.M()"]), [""; 0]);
    assert_eq!(lines(&["import \"os\"", "os.Args", "strings.ToUpper(\"a\")"]), [""; 0]);
}

#[test]
fn the_prompt_may_replace_methods_but_not_shadow_fields() {
    let out = lines(&[
        "type T struct { A int }",
        "func (T) M() int { return 1 }",
        "func (T) M() string { return \"a\" }",
        "T{}.M() + \"b\"",
        "func (T) A() {}",
    ]);
    assert_eq!(out, ["E0310: field and method with the same name A"]);
}

#[test]
fn a_wrong_prompt_line_leaves_no_trace() {
    let out = lines(&["type T struct { A int }", "func (t T) M() int { return 1 }; y := 1; z", "T{}.M()", "y"]);
    assert_eq!(
        out,
        ["E0301: undefined: z", "E0309: T{}.M undefined (type T has no field or method M)", "E0301: undefined: y"]
    );
}

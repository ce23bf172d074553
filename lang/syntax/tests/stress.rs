//! Texts that no one writes: whatever comes in, the parser answers, in bounded time and with bounded depth.

use gol_syntax::Parsed;
use gol_syntax::ast::Ast;
use gol_syntax::diag::Code;
use gol_syntax::span::SourceMap;

fn parse(text: &str) -> (Ast, Parsed) {
    let (mut ast, mut map) = (Ast::default(), SourceMap::default());
    let source = map.add("stress", text.into()).expect("there is room");
    let parsed = gol_syntax::parse(&mut ast, &source);
    (ast, parsed)
}

/// The code of the first diagnostic.
fn first(text: &str) -> Option<Code> {
    parse(text).1.diagnostics.first().map(|d| d.code)
}

#[test]
fn token_soup_never_panics() {
    #[rustfmt::skip]
    let pool = [
        "{", "}", "(", ")", "[", "]", ",", ";", ":", "=", ":=", ".", "+", "if", "for", "func", "var", "x", "42", "\"s\"",
        "return", "case", "else", "range", "...", "*", "<-", "type", "struct", "switch", "select", "go", "defer",
        "interface", "map", "chan", "\n", "'a'", "`r`", "/*", "//c\n", "\"u", "é", "“", "package p\n", "import", "const",
        "~", "|", "&&", "==", "++", "+=", "goto", "L", "default", "break", "continue", "fallthrough", "func f",
        "func (r T) m", "\u{feff}", "0x", "1_", "5ms", "1h30m", "par", "par {", "par for", "after", "case after 5s:",
        "$\"", "$\"{x}\"", "$\"{", "{x:%d}", "$\"a{$\"b{c}\"}d\"", "\\", "\"", "'", "L:", "x.(type)", "\r\n", "#", "\0",
    ];
    let mut seed: u64 = 0x9e3779b97f4a7c15;
    let mut next = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % n as u64) as usize
    };
    for _ in 0..10_000 {
        let mut s = String::new();
        match next(3) {
            0 => s.push_str("package p\nfunc f() {\n"),
            1 => s.push_str("func f() {\n"),
            _ => {}
        }
        for _ in 0..next(40) {
            s.push_str(pool[next(pool.len())]);
            if next(2) == 0 {
                s.push(' ');
            }
        }
        let (ast, parsed) = parse(&s);
        gol_syntax::dump(&ast, &parsed.items);
        let end = 1 + s.len() as u32;
        assert!(parsed.diagnostics.iter().all(|d| 1 <= d.span.lo && d.span.hi <= end + 1), "{s:?}");
        assert!(parsed.diagnostics.is_sorted_by_key(|d| d.span.lo), "{s:?}");
        let mut at = 0;
        for (_, r) in gol_syntax::tokens(&s) {
            assert!(at <= r.start && r.start <= r.end && s.get(r.clone()).is_some(), "{s:?} {r:?}");
            at = r.end;
        }
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut seed: u64 = 42;
    for n in 0..2_000 {
        let mut bytes = vec![];
        for _ in 0..n % 60 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            bytes.push((seed >> 56) as u8);
        }
        let len = bytes.len();
        let (text, problems) = gol_syntax::decode(bytes);
        assert_eq!(text.len(), len);
        let (mut ast, mut map) = (Ast::default(), SourceMap::default());
        let source = map.add("bytes", text.into()).expect("there is room");
        gol_syntax::parse_decoded(&mut ast, &source, &problems);
    }
}

#[test]
fn invalid_text_is_told() {
    let (text, problems) = gol_syntax::decode(b"x := \"a\xff\"\ny := \xfe\n".to_vec());
    let (mut ast, mut map) = (Ast::default(), SourceMap::default());
    let source = map.add("bytes", text.into()).expect("there is room");
    let parsed = gol_syntax::parse_decoded(&mut ast, &source, &problems);
    let told: Vec<_> = parsed.diagnostics.iter().map(|d| (d.code, source.line_col(d.span.lo))).collect();
    assert_eq!(told, [(Code::InvalidText, (1, 8)), (Code::InvalidText, (2, 6))]);
    assert_eq!(first("x := 1\0"), Some(Code::InvalidText));
    assert_eq!(first("x := \u{feff}1"), Some(Code::InvalidText));
    assert_eq!(first("\u{feff}x := 1"), None);
}

#[test]
fn deep_nesting_is_refused() {
    let n = 10_000;
    for (open, close) in [
        ("(", ")"),
        ("f(", ")"),
        ("[", "]"),
        ("- ", ""),
        ("*", ""),
        ("<-", ""),
        ("func() ", ""),
        ("func(a ", ")"),
        ("[]", ""),
        ("chan ", ""),
        ("map[int]", ""),
        ("x[", "]"),
        ("T{", "}"),
        ("func() { ", "}"),
        ("struct{ a ", "}"),
        ("interface{ m(", ") }"),
    ] {
        let text = format!("x = {}a{}\n", open.repeat(n), close.repeat(n));
        let (ast, parsed) = parse(&text);
        assert!(parsed.diagnostics.iter().any(|d| d.code == Code::TooDeep), "{open}");
        gol_syntax::dump(&ast, &parsed.items);
    }
    for (open, close) in [
        ("{ ", "}"),
        ("if x { ", "}"),
        ("for { ", "}"),
        ("switch { case x: ", "}"),
        ("go { ", "}"),
        ("par { ", "}"),
        ("L: ", ""),
        ("if x {} else ", "{}"),
        ("x = func() { ", "}"),
    ] {
        let text = format!("{}{}\n", open.repeat(n), close.repeat(n));
        let (ast, parsed) = parse(&text);
        assert!(parsed.diagnostics.iter().any(|d| d.code == Code::TooDeep), "{open}");
        gol_syntax::dump(&ast, &parsed.items);
    }
    let (ast, parsed) = parse(&format!("x = a{}\n", ".b()".repeat(n)));
    assert_eq!(parsed.diagnostics[0].code, Code::TooDeep);
    gol_syntax::dump(&ast, &parsed.items);
}

/// The deepest trees that are let through can be walked by recursion on a test thread's two megabytes.
#[test]
fn what_is_not_too_deep_can_be_walked() {
    for (open, close) in [("(", ")"), ("-(", ")"), ("[]T{", "}"), ("func() { a", " }")] {
        let n = 200;
        let (ast, parsed) = parse(&format!("x = {}a{}\n", open.repeat(n), close.repeat(n)));
        let too_deep = parsed.diagnostics.iter().any(|d| d.code == Code::TooDeep);
        assert!(!too_deep, "{open}");
        gol_syntax::dump(&ast, &parsed.items);
    }
}

#[test]
fn long_sums_are_trees_without_depth() {
    let (ast, parsed) = parse(&format!("x := a{}\n", " + b*c".repeat(100_000)));
    assert!(parsed.diagnostics.is_empty());
    assert!(gol_syntax::dump(&ast, &parsed.items).starts_with("(:="));
    let (_, parsed) = parse(&format!("x := a{}\n", "+a".repeat(500_000)));
    assert!(parsed.diagnostics.is_empty());
}

#[test]
fn huge_lines_are_lines() {
    assert_eq!(first(&format!("x := \"{}\"\n", "a".repeat(5_000_000))), None);
    assert_eq!(first(&format!("x := []byte{{{}}}\n", "1,".repeat(200_000))), None);
    assert_eq!(first(&format!("{}\n", "x".repeat(5_000_000))), None);
    assert_eq!(first(&format!("{}x\n", "\n".repeat(1_000_000))), None);
    assert_eq!(first(&"// a\n".repeat(100_000)), None);
    assert_eq!(first(&format!("x := $\"{}\"\n", "{a}".repeat(20_000))), None);
}

#[test]
fn unterminated_things_end() {
    for (text, code) in [
        ("x := \"abc", Code::Unterminated),
        ("x := `abc\n\n", Code::Unterminated),
        ("x := 'a", Code::Unterminated),
        ("x := 1 /* abc\n", Code::Unterminated),
        ("x := $\"abc", Code::Unterminated),
        ("x := $\"abc{", Code::InvalidInterp),
        ("x := $\"abc{x", Code::InvalidInterp),
        ("x := $\"abc{x:", Code::InvalidInterp),
        ("x := $\"abc{\"", Code::InvalidInterp),
        ("x := $\"abc{'", Code::InvalidInterp),
        ("x := $\"abc\\", Code::Unterminated),
        ("x := \"\\", Code::Unterminated),
        ("x := '\\", Code::Unterminated),
        ("x := f(", Code::UnexpectedEnd),
        ("func f() {\n", Code::UnexpectedEnd),
    ] {
        assert_eq!(first(text), Some(code), "{text:?}");
    }
    for (text, n) in [("/*", 100_000), ("$\"{", 3_000), ("'", 100_000), ("`", 100_001), ("$\"", 100_001)] {
        assert!(first(&text.repeat(n)).is_some());
    }
}

#[test]
fn programs_full_of_errors_end() {
    for text in [
        "a b\n".repeat(20_000),
        "a b ".repeat(20_000),
        ")".repeat(20_000),
        "func f() {\n".repeat(20_000),
        format!("{}{}", "f(".repeat(500), " a b c".repeat(500)),
        format!("{}{}", "switch { case 1:\n".repeat(100), "a b\n".repeat(500)),
        "type T [a, (\n".repeat(20_000),
        "{ par {".repeat(20_000),
        "case x:\n".repeat(20_000),
        "x = ".repeat(20_000),
    ] {
        let (_, parsed) = parse(&text);
        assert!((1..=gol_syntax::MAX_ERRORS).contains(&parsed.diagnostics.len()));
    }
}

#[test]
fn positions_are_those_of_the_session() {
    let (mut ast, mut map) = (Ast::default(), SourceMap::default());
    for name in ["a", "b", "c"] {
        let text = "x := $\"{ab}\"\ny = = 2\n";
        let source = map.add(name, text.into()).expect("there is room");
        let parsed = gol_syntax::parse(&mut ast, &source);
        assert_eq!(ast.stmt_span(parsed.items[0]).lo, source.base);
        let error = parsed.diagnostics[0].span;
        let (file, line, column) = map.locate(error.lo).expect("the position is in a source");
        assert_eq!((&*file, line, column), (name, 2, 5));
    }
}

//! What the prompt asks: is a text complete, and what are its pieces?

use gol_syntax::TokenClass::{self, *};
use gol_syntax::ast::Ast;
use gol_syntax::incomplete;
use gol_syntax::span::SourceMap;

const PROGRAM: &str = include_str!("data/prompt.gol");

/// Entering a good program line by line, the prompt asks for more until each item is complete, and never earlier.
#[test]
fn every_prefix_of_an_item_is_incomplete() {
    let (mut ast, mut map) = (Ast::default(), SourceMap::default());
    let source = map.add("prompt.gol", PROGRAM.into()).expect("there is room");
    let parsed = gol_syntax::parse(&mut ast, &source);
    assert_eq!(parsed.diagnostics, []);
    let mut prefixes = 0;
    for &item in &parsed.items {
        let span = ast.stmt_span(item);
        let text = &PROGRAM[(span.lo - source.base) as usize..(span.hi - source.base) as usize];
        assert!(!incomplete(text), "{text}");
        for (i, _) in text.match_indices('\n') {
            prefixes += 1;
            assert!(incomplete(&text[..i]), "{}", &text[..i]);
            assert!(incomplete(&text[..=i]), "{}", &text[..=i]);
        }
    }
    assert!(prefixes > 50);
}

#[test]
fn more_lines_help_only_at_the_end() {
    for text in [
        "func f() {",
        "f(",
        "f(1,",
        "x := ",
        "x := []int{",
        "if x {",
        "if x {\n} else {",
        "/* a",
        "x := `a",
        "a +",
        "for",
        "par {",
        "par for i := range 3 {",
        "go {",
        "select {\ncase after 5s:",
        "switch x {",
        "import (",
        "type T struct {",
        "var x =",
        "func",
        "package",
        "x.",
    ] {
        assert!(incomplete(text), "{text}");
    }
    for text in [
        "",
        "x",
        "x := 1",
        "// a",
        "f(1",
        "if x",
        "x := []int{1",
        "x = = 1",
        "x := \"a",
        "x := $\"{a",
        "func f()",
        "}",
        ")",
        "x y {",
        "var x",
        "par",
        "if x {\n}\nelse {",
    ] {
        assert!(!incomplete(text), "{text}");
    }
}

#[test]
fn pieces_have_their_colours() {
    let text = "#!x\npar { f(1, $\"a{b}\") } // c\nx := 5ms /* d */ + 'e' ? \"g\n";
    let got: Vec<(TokenClass, &str)> = gol_syntax::tokens(text).into_iter().map(|(c, r)| (c, &text[r])).collect();
    let want = [
        (Comment, "#!x"),
        (Keyword, "par"),
        (Operator, "{"),
        (Name, "f"),
        (Operator, "("),
        (Number, "1"),
        (Operator, ","),
        (String, "$\""),
        (String, "a"),
        (Operator, "{"),
        (Name, "b"),
        (Operator, "}"),
        (String, "\""),
        (Operator, ")"),
        (Operator, "}"),
        (Comment, "// c"),
        (Name, "x"),
        (Operator, ":="),
        (Number, "5ms"),
        (Comment, "/* d */"),
        (Operator, "+"),
        (String, "'e'"),
        (Name, "?"),
        (String, "\"g"),
    ];
    assert_eq!(got, want);
}

//! The front end in parts: `cargo bench --bench front`. Items are lines.
//!
//! divan, because it is small, needs no configuration and takes inputs that are made outside of what is measured.

mod texts;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use gol::machine::Packages;
use gol_compiler::session::{Session, TextKind};
use gol_syntax::ast::Ast;
use gol_syntax::span::SourceMap;

const PARTS: usize = 100;

fn text() -> (String, ItemsCount) {
    let text = texts::program(PARTS);
    let lines = ItemsCount::new(text.lines().count());
    (text, lines)
}

/// A session that has loaded the packages that the text imports.
fn session() -> Session {
    let mut s = Session::new(&Packages);
    assert!(s.compile("warm.go", texts::program(1).into_bytes(), TextKind::File).unit.is_some());
    s
}

#[divan::bench]
fn lex(b: Bencher) {
    let (text, lines) = text();
    b.counter(lines).bench(|| gol_syntax::tokens(black_box(&text)));
}

#[divan::bench]
fn parse(b: Bencher) {
    let (text, lines) = text();
    let source = SourceMap::default().add("text.go", text.into()).expect("it fits");
    let fresh = Ast::default;
    b.counter(lines).with_inputs(fresh).bench_values(|mut ast| {
        let parsed = gol_syntax::parse(&mut ast, black_box(&source));
        assert!(parsed.diagnostics.is_empty());
        ast
    });
}

#[divan::bench]
fn parse_and_check(b: Bencher) {
    let (text, lines) = text();
    b.counter(lines).with_inputs(|| (session(), text.clone().into_bytes())).bench_values(|(mut s, text)| {
        assert!(s.check_text("text.go", text, TextKind::File).ok);
        s
    });
}

#[divan::bench]
fn compile(b: Bencher) {
    let (text, lines) = text();
    b.counter(lines).with_inputs(|| (session(), text.clone().into_bytes())).bench_values(|(mut s, text)| {
        assert!(s.compile("text.go", text, TextKind::File).unit.is_some());
        s
    });
}

/// The smallest program with its library, from nothing.
#[divan::bench]
fn hello(b: Bencher) {
    b.with_inputs(|| Session::new(&Packages)).bench_values(|mut s| {
        let text = b"package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"hello\") }\n";
        assert!(s.compile("hello.go", text.to_vec(), TextKind::File).unit.is_some());
        s
    });
}

fn main() {
    divan::main();
}

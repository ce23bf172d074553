//! The grammar and its messages, as data: `data/trees` holds sources with their trees, `data/errors` sources with their
//! diagnostics. A file is a list of cases: `--- name`, the source, `=>`, what is expected.
//!
//! `UPDATE_CORPUS=1` writes what the parser says now into the files, to be read in the diff.

use gol_syntax::ast::Ast;
use gol_syntax::span::SourceMap;
use std::fmt::Write;
use std::path::Path;

/// The tree and the diagnostics of a text, each as lines.
fn parse(text: &str) -> (String, String) {
    let (mut ast, mut map) = (Ast::default(), SourceMap::default());
    // Something before it, so that offsets and positions differ.
    map.add("before", "x".into()).expect("there is room");
    let source = map.add("case", text.into()).expect("there is room");
    let parsed = gol_syntax::parse(&mut ast, &source);
    let mut told = String::new();
    for d in &parsed.diagnostics {
        let (line, column) = source.line_col(d.span.lo);
        writeln!(told, "{line}:{column} {} {}", d.code.text(), d.message).expect("a string takes it");
        for (span, text) in &d.related {
            let (line, column) = source.line_col(span.lo);
            writeln!(told, "    {line}:{column} {text}").expect("a string takes it");
        }
        if let Some(h) = &d.help {
            writeln!(told, "    help: {h}").expect("a string takes it");
        }
    }
    (gol_syntax::dump(&ast, &parsed.items), told)
}

struct Case<'a> {
    name: &'a str,
    source: &'a str,
    expected: &'a str,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut v = vec![];
    for part in text.split("--- ").skip(1) {
        let (name, rest) = part.split_once('\n').expect("a case has a name line");
        let (source, expected) = rest.split_once("=>\n").unwrap_or((rest, ""));
        v.push(Case { name, source, expected });
    }
    v
}

/// Checks every case of a folder.
fn check(folder: &str, result: fn(&str) -> String) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(dir).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let text = std::fs::read_to_string(&path).expect("the file can be read");
        let mut written = String::new();
        for c in cases(&text) {
            count += 1;
            let got = result(c.source);
            write!(written, "--- {}\n{}=>\n{got}", c.name, c.source).expect("a string takes it");
            if got != c.expected {
                let file = path.display();
                writeln!(wrong, "{file}, {}\nexpected:\n{}got:\n{got}", c.name, c.expected).expect("a string takes it");
            }
        }
        if std::env::var_os("UPDATE_CORPUS").is_some() {
            std::fs::write(&path, written).expect("the file can be written");
        }
    }
    assert!(count > 0);
    assert!(wrong.is_empty() || std::env::var_os("UPDATE_CORPUS").is_some(), "{wrong}");
}

#[test]
fn trees() {
    check("trees", |text| {
        let (tree, told) = parse(text);
        tree + &told
    });
}

#[test]
fn errors() {
    check("errors", |text| parse(text).1);
}

//! A program loads of the library what it needs; here everything is loaded and checked.

use gol_compiler::session::{Library, Session};
use gol_stdlib::Std;
use gol_syntax::ast::{Ast, Stmt};
use gol_syntax::span::SourceMap;

struct Packages;

impl Library for Packages {
    fn source(&self, path: &str) -> Option<&'static str> {
        Std.source(path)
    }
    fn paths(&self) -> Vec<&'static str> {
        Std.paths()
    }
}

#[test]
fn every_function_of_every_package_is_well_formed() {
    for path in Std.paths() {
        let mut session = Session::new(&Packages);
        let diagnostics = session.check_library(path);
        assert!(diagnostics.is_empty(), "{path}: {diagnostics:?}");
    }
}

/// An outline with its bodies is the tree of the whole text.
#[test]
fn bodies_that_are_parsed_later_are_the_same() {
    let mut put_off = 0;
    for path in Std.paths() {
        let text = Std.source(path).expect("the package is there");
        let source = SourceMap::default().add(path, text.into()).expect("it fits");
        let mut whole = Ast::default();
        let items = gol_syntax::parse(&mut whole, &source).items;
        let mut later = Ast::default();
        let outline = gol_syntax::parse_outline(&mut later, &source).items;
        assert_eq!(items.len(), outline.len(), "{path}");
        for (&a, &b) in items.iter().zip(&outline) {
            assert_eq!(whole.stmt_span(a), later.stmt_span(b), "{path}");
            if let Stmt::Func(f) = later.stmt(b).clone()
                && let Some(body) = f.body
            {
                put_off += usize::from(later.is_put_off(body));
                assert!(gol_syntax::parse_body(&mut later, &source, body).is_empty(), "{path}");
            }
        }
        assert_eq!(gol_syntax::dump(&whole, &items), gol_syntax::dump(&later, &outline), "{path}");
    }
    assert!(put_off > 1000, "only {put_off} bodies were put off");
}

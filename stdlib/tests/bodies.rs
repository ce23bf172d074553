//! A program loads of the library what it needs; here everything is loaded and checked.

use gol_compiler::session::{Library, Session};
use gol_stdlib::Std;
use gol_syntax::ast::{Ast, Expr, ExprId, Stmt, StmtId, Sym};
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

/// The pieces of a text with their bodies are the tree of the whole, and what each says that it declares is what it does.
#[test]
fn pieces_and_bodies_that_are_parsed_later_are_the_same() {
    let mut put_off = 0;
    for path in Std.paths() {
        let text = Std.source(path).expect("the package is there");
        let source = SourceMap::default().add(path, text.into()).expect("it fits");
        let mut whole = Ast::default();
        let items = gol_syntax::parse(&mut whole, &source).items;
        let mut later = Ast::default();
        let mut outline = vec![];
        for piece in gol_syntax::pieces(text) {
            let own = gol_syntax::parse_pieces(&mut later, &source, std::slice::from_ref(&piece)).items;
            let [item] = own[..] else { panic!("{path}: {} items in {piece:?}", own.len()) };
            let mut told = vec![];
            piece.names(text, |n| told.push(n.to_string()));
            let clause = matches!(later.stmt(item), Stmt::Package(_) | Stmt::Import(_));
            assert_eq!(piece.is_clause(text), clause, "{path}: {piece:?}");
            assert!(clause || told == declared(&later, item), "{path}: {told:?}");
            outline.push(item);
        }
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

/// The names that a declaration declares; for a method that of its type.
fn declared(ast: &Ast, item: StmtId) -> Vec<String> {
    let name = |s| ast.name(s).to_string();
    match ast.stmt(item) {
        Stmt::Func(f) => match f.recv.as_ref().and_then(|r| r.ty) {
            Some(ty) => vec![name(base(ast, ty))],
            None => vec![name(f.name.sym)],
        },
        Stmt::Type(list) => list.iter().map(|t| name(t.name.sym)).collect(),
        Stmt::Var(list) | Stmt::Const(list) => list.iter().flat_map(|v| &v.names).map(|n| name(n.sym)).collect(),
        other => panic!("not a declaration: {other:?}"),
    }
}

fn base(ast: &Ast, ty: ExprId) -> Sym {
    match ast.expr(ty) {
        Expr::Name(s) => *s,
        Expr::Unary(_, x) | Expr::Index(x, _) | Expr::Paren(x) => base(ast, *x),
        other => panic!("not a receiver: {other:?}"),
    }
}

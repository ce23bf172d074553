//! Any bytes: the lexer and the parser give a tree or diagnostics, and diagnostics can be shown.
#![no_main]

use gol_syntax::ast::Ast;
use gol_syntax::span::SourceMap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (text, problems) = gol_syntax::decode(data.to_vec());
    let (mut sources, mut ast) = (SourceMap::default(), Ast::default());
    let Some(source) = sources.add("fuzz.gol", text.into()) else { return };
    let parsed = gol_syntax::parse_decoded(&mut ast, &source, &problems);
    gol::render::render(&sources, &parsed.diagnostics, gol::render::Format::Short);
    if parsed.diagnostics.is_empty() {
        gol_syntax::dump(&ast, &parsed.items);
    }
});

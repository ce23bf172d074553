//! Parses the files given (or listed on standard input, one a line): every diagnostic, then counts and speed.
//!
//! `parse --dump FILE…` prints the trees instead.

use gol_syntax::ast::Ast;
use gol_syntax::span::SourceMap;
use std::time::{Duration, Instant};

fn main() {
    let mut files: Vec<String> = std::env::args().skip(1).collect();
    let dump = files.first().is_some_and(|a| a == "--dump");
    if dump {
        files.remove(0);
    }
    if files.is_empty() {
        files = std::io::stdin().lines().map_while(Result::ok).collect();
    }
    let (mut failed, mut lines, mut bytes, mut time) = (0, 0, 0, Duration::ZERO);
    for name in &files {
        let content = match std::fs::read(name) {
            Ok(b) => b,
            Err(e) => {
                eprintln!("{name}: {e}");
                continue;
            }
        };
        let (text, problems) = gol_syntax::decode(content);
        let (mut ast, mut map) = (Ast::default(), SourceMap::default());
        lines += text.lines().count();
        bytes += text.len();
        let Some(source) = map.add(name, text.into()) else { continue };
        let start = Instant::now();
        let parsed = gol_syntax::parse_decoded(&mut ast, &source, &problems);
        time += start.elapsed();
        failed += usize::from(!parsed.diagnostics.is_empty());
        for d in &parsed.diagnostics {
            let (line, column) = source.line_col(d.span.lo);
            println!("{name}:{line}:{column}: {}: {}", d.code.text(), d.message);
        }
        if dump {
            print!("{}", gol_syntax::dump(&ast, &parsed.items));
        }
    }
    let s = time.as_secs_f64();
    eprintln!(
        "{} files, {failed} with diagnostics; {lines} lines in {s:.2} s: {:.2} million lines/s, {:.0} MB/s",
        files.len(),
        lines as f64 / s / 1e6,
        bytes as f64 / s / 1e6
    );
}

//! `//line file:10` at the beginning of a line and `/*line file:10:3*/` anywhere: what follows counts as text of another file.
//!
//! Programs that write Go (goyacc, cgo, templates) leave them, so that messages and tracebacks name the text that a person
//! wrote. Go's rules: the file name may be missing (no name; with a column: the one in force), columns are unknown when none is
//! given, and a comment whose last part after a colon is no number is an error. One without a colon is an ordinary comment.

use crate::scan::{LexErrorKind, block_comment};
use crate::token::Lex;
use memchr::memchr;
use std::sync::Arc;

/// Go's limit for lines and columns.
const MAX: u32 = 1 << 30;

/// From this place on, lines are counted in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineMark {
    /// Offset of the first byte that it holds for.
    pub at: u32,
    /// `None`: the file name in force before.
    pub name: Option<Arc<str>>,
    pub line: u32,
    /// Of the first byte; 0: columns are not known.
    pub column: u32,
}

/// A line comment, the slashes of which are matched.
pub fn line_comment(l: &mut Lex) {
    let rest = l.remainder();
    let n = memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    l.bump(n);
    if rest.starts_with("line ") {
        let lo = l.span().start;
        if lo == 0 || l.source().as_bytes()[lo - 1] == b'\n' {
            // The newline belongs to the comment.
            directive(l, rest[5..n].trim_end_matches('\r'), lo + 7, l.span().end + 1);
        }
    }
}

/// A block comment, the opening of which is matched. Tells whether it contains a newline.
pub fn comment(l: &mut Lex) -> bool {
    let newline = block_comment(l);
    if let Some(text) = l.slice().strip_prefix("/*line ") {
        let (lo, hi) = (l.span().start, l.span().end);
        directive(l, text.trim_end_matches("*/"), lo + 7, hi);
    }
    newline
}

/// The text after the last colon, where it begins, and its number.
fn last_number(text: &str) -> Option<(usize, Option<u32>)> {
    let i = text.rfind(':')? + 1;
    let digits = &text[i..];
    let plain = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
    // What does not fit is a number all the same, and out of range.
    Some((i, plain.then(|| digits.parse().unwrap_or(u32::MAX))))
}

/// `text` follows `line ` and lies at `lo`; it holds from `at` on.
fn directive(l: &mut Lex, text: &str, lo: usize, at: usize) {
    let wrong = |l: &mut Lex, kind, i: usize| l.extras.error(kind, lo + i, lo + text.len());
    let in_range = |n: u32| n != 0 && n <= MAX;
    let Some((i, n)) = last_number(text) else { return };
    let Some(n) = n else { return wrong(l, LexErrorKind::LineNumber, i) };
    let (mut i, mut line, mut column) = (i, n, 0);
    if let Some((j, Some(m))) = last_number(&text[..i - 1]) {
        if !in_range(n) {
            return wrong(l, LexErrorKind::ColumnNumber, i);
        }
        (i, line, column) = (j, m, n);
    }
    if !in_range(line) {
        return wrong(l, LexErrorKind::LineNumber, i);
    }
    let name = &text[..i - 1];
    let name = (!name.is_empty() || column == 0).then(|| name.into());
    l.extras.marks.push(LineMark { at: at as u32, name, line, column });
}

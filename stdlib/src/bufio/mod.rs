//! Natives of package bufio.

use crate::abi::{direct, on_buffer};
use crate::text::{category, rune};
use gol_vm::native::{Cursor, Native, Window};

pub const NATIVES: &[Native] = &[
    direct("bufio.same", |w| w.set_bool(0, w.arg(0) == w.arg(1))),
    direct("bufio.scanWords", scan_words),
    on_buffer("bufio.ahead", Cursor::Ahead),
    on_buffer("bufio.nextByte", Cursor::Byte),
    on_buffer("bufio.nextLine", Cursor::Line),
    on_buffer("bufio.nextRune", Cursor::Rune),
    on_buffer("bufio.put", Cursor::Put),
    on_buffer("bufio.skip", Cursor::Skip),
];

/// The first word of the bytes ends before white space, or with them when there are no more.
fn scan_words(w: Window) {
    let (data, at_eof) = (w.arg_bytes(0), w.arg_bool(3));
    let start = find(data, 0, false).map_or(data.len(), |x| x.0);
    let (advance, end) = match find(data, start, true) {
        Some((at, width)) => (at + width, at as i64),
        None if at_eof && start < data.len() => (data.len(), data.len() as i64),
        None => (start, -1),
    };
    w.set_words(0, &[advance as u64, start as u64, end as u64]);
}

/// Where the first rune lies from `at` on that is white space, or is not; and its width.
fn find(data: &[u8], mut at: usize, space: bool) -> Option<(usize, usize)> {
    while let Some(&byte) = data.get(at) {
        let (c, width) = if byte < 0x80 { (byte as char, 1) } else { rune::decode(&data[at..]) };
        if category::is_space(c) == space {
            return Some((at, width));
        }
        at += width;
    }
    None
}

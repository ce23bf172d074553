//! Natives of package bufio.

use crate::abi::direct;
use crate::text::{category, rune};
use gol_vm::native::{Native, Window};

pub const NATIVES: &[Native] = &[direct("bufio.scanWords", scan_words)];

/// The first word of the bytes ends before white space, or with them when there are no more.
fn scan_words(w: Window) {
    let (data, at_eof) = (w.arg_bytes(0), w.arg_bool(3));
    let start = rune::runes(data).find(|x| !category::is_space(x.1)).map_or(data.len(), |x| x.0);
    let end = rune::runes(&data[start..]).find(|x| category::is_space(x.1));
    let (advance, end) = match end {
        Some((at, _, width)) => (start + at + width, (start + at) as i64),
        None if at_eof && start < data.len() => (data.len(), data.len() as i64),
        None => (start, -1),
    };
    w.set_words(0, &[advance as u64, start as u64, end as u64]);
}

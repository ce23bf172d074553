//! Natives of package slices, for the usual element types.

use crate::abi::{direct, leaf};
use crate::sort::{float64s, ints, search, strings};
use crate::text::search::equal;
use gol_vm::native::{Native, Window};

pub const NATIVES: &[Native] = &[
    leaf("slices.sortInts", ints),
    leaf("slices.sortFloats", float64s),
    leaf("slices.sortStrings", strings),
    direct("slices.equalInts", |w| w.set_bool(0, w.arg_words(0) == w.arg_words(3))),
    direct("slices.equalStrings", |w| {
        let same = w.arg_words(0).iter().zip(w.arg_words(3)).all(|(a, b)| equal(w.str_bytes(*a), w.str_bytes(*b)));
        w.set_bool(0, same);
    }),
    direct("slices.equalBytes", |w| w.set_bool(0, w.arg_bytes(0) == w.arg_bytes(3))),
    direct("slices.indexInt", |w| place(w, w.arg_words(0).iter().position(|v| *v == w.arg(3)))),
    direct("slices.indexString", |w| {
        let wanted = w.arg_str(3);
        place(w, w.arg_words(0).iter().position(|v| equal(w.str_bytes(*v), wanted)));
    }),
    direct("slices.indexByte", |w| place(w, memchr::memchr(w.arg(3) as u8, w.arg_bytes(0)))),
    direct("slices.minInt", |w| w.set_i64(0, w.arg_words(0).iter().map(|v| *v as i64).min().unwrap_or(0))),
    direct("slices.maxInt", |w| w.set_i64(0, w.arg_words(0).iter().map(|v| *v as i64).max().unwrap_or(0))),
    direct("slices.searchInts", |w| found(w, |v| v as i64 >= w.arg_i64(3), |v| v == w.arg(3))),
    direct("slices.searchStrings", |w| {
        found(w, |v| w.str_bytes(v) >= w.arg_str(3), |v| w.str_bytes(v) == w.arg_str(3))
    }),
];

fn place(w: Window, at: Option<usize>) {
    w.set_i64(0, at.map_or(-1, |i| i as i64));
}

fn found(w: Window, enough: impl Fn(u64) -> bool, is_it: impl Fn(u64) -> bool) {
    let at = search(w, enough);
    let found = w.arg_words(0).get(at as usize).is_some_and(|v| is_it(*v));
    w.set(0, at);
    w.set_bool(1, found);
}

//! Natives of package unicode/utf8.

use crate::abi::direct;
use crate::text::rune;
use gol_vm::native::{Native, Window};

pub const NATIVES: &[Native] = &[
    direct("unicode/utf8.DecodeRune", |w| pair(w, rune::decode(w.arg_bytes(0)))),
    direct("unicode/utf8.DecodeRuneInString", |w| pair(w, rune::decode(w.arg_str(0)))),
    direct("unicode/utf8.DecodeLastRune", |w| pair(w, rune::decode_last(w.arg_bytes(0)))),
    direct("unicode/utf8.DecodeLastRuneInString", |w| pair(w, rune::decode_last(w.arg_str(0)))),
    direct("unicode/utf8.FullRune", |w| w.set_bool(0, rune::full(w.arg_bytes(0)))),
    direct("unicode/utf8.FullRuneInString", |w| w.set_bool(0, rune::full(w.arg_str(0)))),
    direct("unicode/utf8.RuneCount", |w| w.set_i64(0, rune::count(w.arg_bytes(0)) as i64)),
    direct("unicode/utf8.RuneCountInString", |w| w.set_i64(0, rune::count(w.arg_str(0)) as i64)),
    direct("unicode/utf8.Valid", |w| w.set_bool(0, std::str::from_utf8(w.arg_bytes(0)).is_ok())),
    direct("unicode/utf8.ValidString", |w| w.set_bool(0, std::str::from_utf8(w.arg_str(0)).is_ok())),
];

fn pair(w: Window, (c, width): (char, usize)) {
    w.set_i64(0, i64::from(c as u32));
    w.set_i64(1, width as i64);
}

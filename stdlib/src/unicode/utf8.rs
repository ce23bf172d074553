//! Natives of package unicode/utf8.

use crate::abi::{Done, leaf};
use crate::text::rune;
use gol_vm::native::{Cx, Native};

pub const NATIVES: &[Native] = &[
    leaf("unicode/utf8.DecodeRune", |cx| pair(cx, rune::decode(cx.arg_bytes(0)))),
    leaf("unicode/utf8.DecodeRuneInString", |cx| pair(cx, rune::decode(cx.arg_str(0)))),
    leaf("unicode/utf8.DecodeLastRune", |cx| pair(cx, rune::decode_last(cx.arg_bytes(0)))),
    leaf("unicode/utf8.DecodeLastRuneInString", |cx| pair(cx, rune::decode_last(cx.arg_str(0)))),
    leaf("unicode/utf8.FullRune", |cx| {
        cx.set_bool(0, rune::full(cx.arg_bytes(0)));
        Ok(())
    }),
    leaf("unicode/utf8.FullRuneInString", |cx| {
        cx.set_bool(0, rune::full(cx.arg_str(0)));
        Ok(())
    }),
    leaf("unicode/utf8.RuneCount", |cx| {
        cx.set_i64(0, rune::count(cx.arg_bytes(0)) as i64);
        Ok(())
    }),
    leaf("unicode/utf8.RuneCountInString", |cx| {
        cx.set_i64(0, rune::count(cx.arg_str(0)) as i64);
        Ok(())
    }),
    leaf("unicode/utf8.Valid", |cx| {
        cx.set_bool(0, std::str::from_utf8(cx.arg_bytes(0)).is_ok());
        Ok(())
    }),
    leaf("unicode/utf8.ValidString", |cx| {
        cx.set_bool(0, std::str::from_utf8(cx.arg_str(0)).is_ok());
        Ok(())
    }),
];

fn pair(cx: &Cx, (c, width): (char, usize)) -> Done {
    cx.set_i64(0, i64::from(c as u32));
    cx.set_i64(1, width as i64);
    Ok(())
}

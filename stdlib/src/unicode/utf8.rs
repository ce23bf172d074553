//! Natives of package unicode/utf8.

use crate::abi::{direct, in_place, number, quick, yes};
use crate::text::rune;
use gol_vm::native::{Native, Quick};

pub const NATIVES: &[Native] = &[
    quick("unicode/utf8.DecodeRune", Quick::BytesRune, |s, _, _| pair(rune::decode(s.bytes()))),
    quick("unicode/utf8.DecodeRuneInString", Quick::StrRune, |s, _, _| pair(rune::decode(s.str()))),
    in_place("unicode/utf8.DecodeLastRune", |s, _, _| pair(rune::decode_last(s.bytes()))),
    in_place("unicode/utf8.DecodeLastRuneInString", |s, _, _| pair(rune::decode_last(s.str()))),
    in_place("unicode/utf8.FullRune", |s, _, _| yes(rune::full(s.bytes()))),
    direct("unicode/utf8.FullRuneInString", |w| w.set_bool(0, rune::full(w.arg_str(0)))),
    in_place("unicode/utf8.RuneCount", |s, _, _| number(rune::count(s.bytes()) as i64)),
    in_place("unicode/utf8.RuneCountInString", |s, _, _| number(rune::count(s.str()) as i64)),
    in_place("unicode/utf8.Valid", |s, _, _| yes(std::str::from_utf8(s.bytes()).is_ok())),
    in_place("unicode/utf8.ValidString", |s, _, _| yes(std::str::from_utf8(s.str()).is_ok())),
];

fn pair((c, width): (char, usize)) -> (u64, u64) {
    (u64::from(c as u32), width as u64)
}

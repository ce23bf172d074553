//! Natives of package unicode and its children.

pub mod utf8;

use crate::abi::{direct, quick, yes};
use crate::text::{category, rune};
use gol_vm::native::{Arg, Ascii, Native, Quick, Window};

pub const NATIVES: &[Native] = &[
    direct("unicode.inMask", |w| {
        let c = u32::try_from(w.arg_i64(1)).ok().and_then(char::from_u32);
        w.set_bool(0, c.is_some_and(|c| category::is(w.arg(0) as u32, c)));
    }),
    direct("unicode.inScript", |w| {
        let c = u32::try_from(w.arg_i64(1)).ok().and_then(char::from_u32);
        w.set_bool(0, c.is_some_and(|c| u64::from(category::script(c)) == w.arg(0)));
    }),
    direct("unicode.IsControl", |w| test(w, char::is_control)),
    quick("unicode.IsDigit", Quick::Ascii(Ascii::Digit), |r, _, _| {
        is(r, |b| b.is_ascii_digit(), |c| category::of(c) == category::ND)
    }),
    direct("unicode.IsGraphic", |w| test(w, category::is_graphic)),
    quick("unicode.IsLetter", Quick::Ascii(Ascii::Letter), |r, _, _| {
        is(r, |b| b.is_ascii_alphabetic(), |c| category::is(category::LETTER, c))
    }),
    quick("unicode.IsLower", Quick::Ascii(Ascii::SmallLetter), |r, _, _| {
        is(r, |b| b.is_ascii_lowercase(), |c| category::of(c) == category::LL)
    }),
    direct("unicode.IsMark", |w| test(w, |c| category::is(category::MARK, c))),
    quick("unicode.IsNumber", Quick::Ascii(Ascii::Digit), |r, _, _| {
        is(r, |b| b.is_ascii_digit(), |c| category::is(category::NUMBER, c))
    }),
    direct("unicode.IsPrint", |w| test(w, category::is_print)),
    quick("unicode.IsPunct", Quick::Ascii(Ascii::Punct), |r, _, _| {
        is(r, |b| category::is(category::PUNCT, b as char), |c| category::is(category::PUNCT, c))
    }),
    quick("unicode.IsSpace", Quick::Ascii(Ascii::Space), |r, _, _| {
        is(r, |b| category::is_space(b as char), category::is_space)
    }),
    direct("unicode.IsSymbol", |w| test(w, |c| category::is(category::SYMBOL, c))),
    direct("unicode.IsTitle", |w| test(w, |c| category::of(c) == category::LT)),
    quick("unicode.IsUpper", Quick::Ascii(Ascii::Capital), |r, _, _| {
        is(r, |b| b.is_ascii_uppercase(), |c| category::of(c) == category::LU)
    }),
    quick("unicode.ToUpper", Quick::Upper, |r, _, _| to(r, |b| b.to_ascii_uppercase(), rune::to_upper)),
    quick("unicode.ToLower", Quick::Lower, |r, _, _| to(r, |b| b.to_ascii_lowercase(), rune::to_lower)),
    direct("unicode.ToTitle", |w| map(w, rune::to_title)),
    direct("unicode.SimpleFold", |w| map(w, rune::next_fold)),
];

fn as_char(w: Window) -> Option<char> {
    u32::try_from(w.arg_i64(0)).ok().and_then(char::from_u32)
}

fn test(w: Window, f: impl FnOnce(char) -> bool) {
    w.set_bool(0, as_char(w).is_some_and(f));
}

/// What is no character maps to itself.
fn map(w: Window, f: impl FnOnce(char) -> char) {
    if let Some(c) = as_char(w) {
        w.set_i64(0, i64::from(f(c) as u32));
    }
}

/// Is the rune one of ASCII of this kind, or another character of that?
#[inline(always)]
fn is(r: Arg, ascii: impl FnOnce(u8) -> bool, other: impl FnOnce(char) -> bool) -> (u64, u64) {
    match r.word() {
        byte @ 0..0x80 => yes(ascii(byte as u8)),
        word => yes(u32::try_from(word).ok().and_then(char::from_u32).is_some_and(other)),
    }
}

/// What is no character maps to itself.
#[inline(always)]
fn to(r: Arg, ascii: impl FnOnce(u8) -> u8, other: impl FnOnce(char) -> char) -> (u64, u64) {
    match r.word() {
        byte @ 0..0x80 => (u64::from(ascii(byte as u8)), 0),
        word => (u32::try_from(word).ok().and_then(char::from_u32).map_or(word, |c| other(c) as u64), 0),
    }
}

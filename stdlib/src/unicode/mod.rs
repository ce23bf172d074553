//! Natives of package unicode and its children.

pub mod utf8;

use crate::abi::direct;
use crate::text::{category, rune};
use gol_vm::native::{Native, Window};

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
    direct("unicode.isDigit", |w| test(w, |c| category::of(c) == category::ND)),
    direct("unicode.IsGraphic", |w| test(w, category::is_graphic)),
    direct("unicode.isLetter", |w| test(w, |c| category::is(category::LETTER, c))),
    direct("unicode.isLower", |w| test(w, |c| category::of(c) == category::LL)),
    direct("unicode.IsMark", |w| test(w, |c| category::is(category::MARK, c))),
    direct("unicode.isNumber", |w| test(w, |c| category::is(category::NUMBER, c))),
    direct("unicode.IsPrint", |w| test(w, category::is_print)),
    direct("unicode.IsPunct", |w| test(w, |c| category::is(category::PUNCT, c))),
    direct("unicode.isSpace", |w| test(w, category::is_space)),
    direct("unicode.IsSymbol", |w| test(w, |c| category::is(category::SYMBOL, c))),
    direct("unicode.IsTitle", |w| test(w, |c| category::of(c) == category::LT)),
    direct("unicode.isUpper", |w| test(w, |c| category::of(c) == category::LU)),
    direct("unicode.toUpper", |w| map(w, rune::to_upper)),
    direct("unicode.toLower", |w| map(w, rune::to_lower)),
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

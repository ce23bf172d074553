//! Natives of package unicode and its children.

pub mod utf8;

use crate::abi::{Done, leaf};
use crate::text::{category, rune};
use gol_vm::native::{Cx, Native};

pub const NATIVES: &[Native] = &[
    leaf("unicode.inMask", |cx| {
        let c = u32::try_from(cx.arg_i64(1)).ok().and_then(char::from_u32);
        cx.set_bool(0, c.is_some_and(|c| category::is(cx.arg(0) as u32, c)));
        Ok(())
    }),
    leaf("unicode.inScript", |cx| {
        let c = u32::try_from(cx.arg_i64(1)).ok().and_then(char::from_u32);
        cx.set_bool(0, c.is_some_and(|c| u64::from(category::script(c)) == cx.arg(0)));
        Ok(())
    }),
    leaf("unicode.IsControl", |cx| test(cx, char::is_control)),
    leaf("unicode.isDigit", |cx| test(cx, |c| category::of(c) == category::ND)),
    leaf("unicode.IsGraphic", |cx| test(cx, category::is_graphic)),
    leaf("unicode.isLetter", |cx| test(cx, |c| category::is(category::LETTER, c))),
    leaf("unicode.isLower", |cx| test(cx, |c| category::of(c) == category::LL)),
    leaf("unicode.IsMark", |cx| test(cx, |c| category::is(category::MARK, c))),
    leaf("unicode.isNumber", |cx| test(cx, |c| category::is(category::NUMBER, c))),
    leaf("unicode.IsPrint", |cx| test(cx, category::is_print)),
    leaf("unicode.IsPunct", |cx| test(cx, |c| category::is(category::PUNCT, c))),
    leaf("unicode.isSpace", |cx| test(cx, category::is_space)),
    leaf("unicode.IsSymbol", |cx| test(cx, |c| category::is(category::SYMBOL, c))),
    leaf("unicode.IsTitle", |cx| test(cx, |c| category::of(c) == category::LT)),
    leaf("unicode.isUpper", |cx| test(cx, |c| category::of(c) == category::LU)),
    leaf("unicode.toUpper", |cx| map(cx, rune::to_upper)),
    leaf("unicode.toLower", |cx| map(cx, rune::to_lower)),
    leaf("unicode.ToTitle", |cx| map(cx, rune::to_title)),
    leaf("unicode.SimpleFold", |cx| map(cx, rune::next_fold)),
];

fn as_char(cx: &Cx) -> Option<char> {
    u32::try_from(cx.arg_i64(0)).ok().and_then(char::from_u32)
}

fn test(cx: &Cx, f: impl FnOnce(char) -> bool) -> Done {
    cx.set_bool(0, as_char(cx).is_some_and(f));
    Ok(())
}

/// What is no character maps to itself.
fn map(cx: &Cx, f: impl FnOnce(char) -> char) -> Done {
    if let Some(c) = as_char(cx) {
        cx.set_i64(0, i64::from(f(c) as u32));
    }
    Ok(())
}

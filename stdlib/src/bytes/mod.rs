//! Natives of package bytes.

use crate::abi::{Done, fill, leaf};
use crate::text::{rune, search};
use gol_vm::native::{Cx, Native};
use search::or_minus_one;

pub const NATIVES: &[Native] = &[
    leaf("bytes.Compare", |cx| {
        let order = cx.arg_bytes(0).cmp(cx.arg_bytes(3));
        cx.set_i64(0, order as i64);
        Ok(())
    }),
    leaf("bytes.Contains", |cx| test(cx, search::index(cx.arg_bytes(0), cx.arg_bytes(3)).is_some())),
    leaf("bytes.ContainsAny", |cx| test(cx, search::index_any(cx.arg_bytes(0), cx.arg_str(3)).is_some())),
    leaf("bytes.ContainsRune", |cx| test(cx, search::index_rune(cx.arg_bytes(0), cx.arg_i64(3)).is_some())),
    leaf("bytes.Count", |cx| {
        let n = search::count(cx.arg_bytes(0), cx.arg_bytes(3));
        cx.set_i64(0, n as i64);
        Ok(())
    }),
    leaf("bytes.Equal", |cx| test(cx, cx.arg_bytes(0) == cx.arg_bytes(3))),
    leaf("bytes.EqualFold", |cx| test(cx, search::equal_fold(cx.arg_bytes(0), cx.arg_bytes(3)))),
    leaf("bytes.HasPrefix", |cx| test(cx, cx.arg_bytes(0).starts_with(cx.arg_bytes(3)))),
    leaf("bytes.HasSuffix", |cx| test(cx, cx.arg_bytes(0).ends_with(cx.arg_bytes(3)))),
    leaf("bytes.Index", |cx| answer(cx, search::index(cx.arg_bytes(0), cx.arg_bytes(3)))),
    leaf("bytes.IndexAny", |cx| answer(cx, search::index_any(cx.arg_bytes(0), cx.arg_str(3)))),
    leaf("bytes.IndexByte", |cx| answer(cx, memchr::memchr(cx.arg(3) as u8, cx.arg_bytes(0)))),
    leaf("bytes.IndexRune", |cx| answer(cx, search::index_rune(cx.arg_bytes(0), cx.arg_i64(3)))),
    leaf("bytes.LastIndex", |cx| answer(cx, search::last_index(cx.arg_bytes(0), cx.arg_bytes(3)))),
    leaf("bytes.LastIndexAny", |cx| answer(cx, search::last_index_any(cx.arg_bytes(0), cx.arg_str(3)))),
    leaf("bytes.LastIndexByte", |cx| answer(cx, memchr::memrchr(cx.arg(3) as u8, cx.arg_bytes(0)))),
    leaf("bytes.Title", |cx| made(cx, &search::title(cx.arg_bytes(0)))),
    leaf("bytes.ToLower", |cx| made(cx, &search::to_lower(cx.arg_bytes(0)))),
    leaf("bytes.ToTitle", |cx| made(cx, &search::map_runes(cx.arg_bytes(0), rune::to_title))),
    leaf("bytes.ToUpper", |cx| made(cx, &search::to_upper(cx.arg_bytes(0)))),
    leaf("bytes.ToValidUTF8", |cx| made(cx, &search::to_valid(cx.arg_bytes(0), cx.arg_bytes(3)))),
    leaf("bytes.Runes", runes),
    leaf("bytes.replace", |cx| {
        let (s, old, new) = (cx.arg_bytes(0), cx.arg_bytes(3), cx.arg_bytes(6));
        crate::abi::check_room(cx, search::replaced_len(s, old, new, cx.arg_i64(9)))?;
        let out = search::replace(cx.arg_bytes(0), cx.arg_bytes(3), cx.arg_bytes(6), cx.arg_i64(9));
        made(cx, out.as_deref().unwrap_or(cx.arg_bytes(0)))
    }),
    leaf("bytes.bounds", |cx| {
        let (s, cut) = (cx.arg_bytes(0), cx.arg_str(3));
        let lo = if cx.arg_bool(4) { search::trim_left(s, cut) } else { 0 };
        let hi = if cx.arg_bool(5) { lo + search::trim_right(&s[lo..], cut) } else { s.len() };
        cx.set_words(0, &[lo as u64, hi as u64]);
        Ok(())
    }),
    leaf("bytes.spaceBounds", |cx| {
        let (lo, hi) = search::trim_space(cx.arg_bytes(0));
        cx.set_words(0, &[lo as u64, hi as u64]);
        Ok(())
    }),
    leaf("bytes.cuts", |cx| {
        let parts = search::split(cx.arg_bytes(0), cx.arg_bytes(3), cx.arg(6) as usize, cx.arg_i64(7));
        numbers(cx, &parts)
    }),
    leaf("bytes.words", |cx| numbers(cx, &search::fields(cx.arg_bytes(0)))),
];

fn test(cx: &Cx, yes: bool) -> Done {
    cx.set_bool(0, yes);
    Ok(())
}

fn answer(cx: &Cx, at: Option<usize>) -> Done {
    cx.set_i64(0, or_minus_one(at));
    Ok(())
}

fn made(cx: &Cx, bytes: &[u8]) -> Done {
    let out = if bytes.is_empty() { cx.new_slice(cx.known().bytes, 0)? } else { cx.new_bytes(bytes)? };
    cx.set_words(0, &out);
    Ok(())
}

/// Bounds as a `[]int`, two numbers each.
fn numbers(cx: &Cx, parts: &[(usize, usize)]) -> Done {
    let out = cx.new_slice(cx.known().ints, parts.len() * 2)?;
    fill(out, parts.iter().flat_map(|&(lo, hi)| [lo as u64, hi as u64]));
    cx.set_words(0, &out);
    Ok(())
}

fn runes(cx: &mut Cx) -> Done {
    let s = cx.arg_bytes(0);
    let out = cx.new_slice(cx.known().runes, rune::count(s))?;
    crate::abi::fill_runes(out, rune::runes(s).map(|x| x.1 as u32));
    cx.set_words(0, &out);
    Ok(())
}

//! Natives of package bytes.

use crate::abi::{Done, bounds, direct, fill, in_place, leaf, number, on_buffer, quick, yes};
use crate::text::{rune, search};
use gol_vm::native::{Cursor, Cx, Native, Quick, Window};
use search::or_minus_one;

pub const NATIVES: &[Native] = &[
    in_place("bytes.Compare", |a, b, _| number(a.bytes().cmp(b.bytes()) as i64)),
    in_place("bytes.Contains", |s, sub, _| yes(search::index(s.bytes(), sub.bytes()).is_some())),
    direct("bytes.ContainsAny", |w| test(w, search::index_any(w.arg_bytes(0), w.arg_str(3)).is_some())),
    direct("bytes.ContainsRune", |w| test(w, search::index_rune(w.arg_bytes(0), w.arg_i64(3)).is_some())),
    direct("bytes.Count", |w| {
        let n = search::count(w.arg_bytes(0), w.arg_bytes(3));
        w.set_i64(0, n as i64);
    }),
    quick("bytes.Equal", Quick::BytesEqual, |a, b, _| yes(search::equal(a.bytes(), b.bytes()))),
    direct("bytes.EqualFold", |w| test(w, search::equal_fold(w.arg_bytes(0), w.arg_bytes(3)))),
    quick("bytes.HasPrefix", Quick::BytesPrefix, |s, prefix, _| yes(search::has_prefix(s.bytes(), prefix.bytes()))),
    quick("bytes.HasSuffix", Quick::BytesSuffix, |s, suffix, _| yes(search::has_suffix(s.bytes(), suffix.bytes()))),
    in_place("bytes.Index", |s, sub, _| number(or_minus_one(search::index(s.bytes(), sub.bytes())))),
    direct("bytes.IndexAny", |w| answer(w, search::index_any(w.arg_bytes(0), w.arg_str(3)))),
    quick("bytes.IndexByte", Quick::BytesByte, |s, c, _| {
        number(or_minus_one(memchr::memchr(c.word() as u8, s.bytes())))
    }),
    direct("bytes.IndexRune", |w| answer(w, search::index_rune(w.arg_bytes(0), w.arg_i64(3)))),
    direct("bytes.LastIndex", |w| answer(w, search::last_index(w.arg_bytes(0), w.arg_bytes(3)))),
    direct("bytes.LastIndexAny", |w| answer(w, search::last_index_any(w.arg_bytes(0), w.arg_str(3)))),
    direct("bytes.LastIndexByte", |w| answer(w, memchr::memrchr(w.arg(3) as u8, w.arg_bytes(0)))),
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
    on_buffer("bytes.nextByte", Cursor::Byte),
    on_buffer("bytes.nextRune", Cursor::Rune),
    in_place("bytes.cutBounds", |s, cut, _| bounds(search::trim(s.bytes(), cut.str()))),
    in_place("bytes.cutLeft", |s, cut, _| number(search::trim_left(s.bytes(), cut.str()) as i64)),
    in_place("bytes.cutRight", |s, cut, _| number(search::trim_right(s.bytes(), cut.str()) as i64)),
    quick("bytes.spaceBounds", Quick::BytesTrim, |s, _, _| bounds(search::trim_space(s.bytes()))),
    leaf("bytes.cuts", |cx| {
        let parts = search::split(cx.arg_bytes(0), cx.arg_bytes(3), cx.arg(6) as usize, cx.arg_i64(7));
        numbers(cx, &parts)
    }),
    leaf("bytes.words", |cx| numbers(cx, &search::fields(cx.arg_bytes(0)))),
];

fn test(w: Window, yes: bool) {
    w.set_bool(0, yes);
}

fn answer(w: Window, at: Option<usize>) {
    w.set_i64(0, or_minus_one(at));
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

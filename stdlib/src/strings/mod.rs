//! Natives of package strings.

use crate::abi::{Done, bounds, direct, in_place, leaf, number, quick, substrings, yes};
use crate::text::{rune, search};
use gol_vm::native::{Cx, Fault, Native, Quick, Window};
use search::or_minus_one;

pub const NATIVES: &[Native] = &[
    leaf("strings.Clone", |cx| {
        let copy = cx.new_str(cx.arg_str(0))?;
        cx.set(0, copy);
        Ok(())
    }),
    in_place("strings.Compare", |a, b, _| number(a.str().cmp(b.str()) as i64)),
    in_place("strings.Contains", |s, sub, _| yes(search::index(s.str(), sub.str()).is_some())),
    direct("strings.ContainsAny", |w| {
        let found = search::index_any(w.arg_str(0), w.arg_str(1)).is_some();
        w.set_bool(0, found);
    }),
    quick("strings.ContainsRune", Quick::StrHasByte, |s, c, _| {
        yes(search::index_rune(s.str(), c.word() as i64).is_some())
    }),
    in_place("strings.Count", |s, sub, _| number(search::count(s.str(), sub.str()) as i64)),
    in_place("strings.EqualFold", |a, b, _| yes(search::equal_fold(a.str(), b.str()))),
    leaf("strings.Fields", |cx| {
        let parts = search::fields(cx.arg_str(0));
        let out = substrings(cx, cx.arg(0), &parts)?;
        cx.set_words(0, &out);
        Ok(())
    }),
    quick("strings.HasPrefix", Quick::StrPrefix, |s, prefix, _| yes(search::has_prefix(s.str(), prefix.str()))),
    quick("strings.HasSuffix", Quick::StrSuffix, |s, suffix, _| yes(search::has_suffix(s.str(), suffix.str()))),
    in_place("strings.Index", |s, sub, _| number(or_minus_one(search::index(s.str(), sub.str())))),
    direct("strings.IndexAny", |w| answer(w, search::index_any(w.arg_str(0), w.arg_str(1)))),
    quick("strings.IndexByte", Quick::StrByte, |s, c, _| number(or_minus_one(memchr::memchr(c.word() as u8, s.str())))),
    in_place("strings.IndexRune", |s, c, _| number(or_minus_one(search::index_rune(s.str(), c.word() as i64)))),
    leaf("strings.Join", join),
    in_place("strings.LastIndex", |s, sub, _| number(or_minus_one(search::last_index(s.str(), sub.str())))),
    direct("strings.LastIndexAny", |w| answer(w, search::last_index_any(w.arg_str(0), w.arg_str(1)))),
    in_place("strings.LastIndexByte", |s, c, _| number(or_minus_one(memchr::memrchr(c.word() as u8, s.str())))),
    leaf("strings.Replace", |cx| {
        crate::abi::check_room(cx, search::replaced_len(cx.arg_str(0), cx.arg_str(1), cx.arg_str(2), cx.arg_i64(3)))?;
        let out = search::replace(cx.arg_str(0), cx.arg_str(1), cx.arg_str(2), cx.arg_i64(3));
        changed(cx, out)
    }),
    leaf("strings.replacePairs", replace_pairs),
    leaf("strings.Title", |cx| {
        let out = search::title(cx.arg_str(0));
        changed(cx, Some(out))
    }),
    leaf("strings.ToLower", |cx| {
        let out = search::to_lower(cx.arg_str(0));
        changed(cx, Some(out))
    }),
    leaf("strings.ToTitle", |cx| {
        let out = search::map_runes(cx.arg_str(0), rune::to_title);
        changed(cx, Some(out))
    }),
    leaf("strings.ToUpper", |cx| {
        let out = search::to_upper(cx.arg_str(0));
        changed(cx, Some(out))
    }),
    leaf("strings.ToValidUTF8", |cx| {
        let out = search::to_valid(cx.arg_str(0), cx.arg_str(1));
        changed(cx, Some(out))
    }),
    in_place("strings.cutBounds", |s, cut, _| bounds(search::trim(s.str(), cut.str()))),
    in_place("strings.cutLeft", |s, cut, _| number(search::trim_left(s.str(), cut.str()) as i64)),
    in_place("strings.cutRight", |s, cut, _| number(search::trim_right(s.str(), cut.str()) as i64)),
    quick("strings.spaceBounds", Quick::StrTrim, |s, _, _| bounds(search::trim_space(s.str()))),
    leaf("strings.split", split),
    leaf("strings.repeat", |cx| {
        let s = cx.arg_str(0);
        let len = s.len().checked_mul(cx.arg(1) as usize).ok_or_else(Fault::out_of_memory)?;
        crate::abi::check_room(cx, len)?;
        let out = s.repeat(cx.arg_i64(1) as usize);
        changed(cx, Some(out))
    }),
    leaf("strings.view", |cx| {
        let out = crate::abi::view(cx, cx.arg_slice(0))?;
        cx.set(0, out);
        Ok(())
    }),
];

fn answer(w: Window, at: Option<usize>) {
    w.set_i64(0, or_minus_one(at));
}

/// The result is argument 0 unless it changed.
fn changed(cx: &Cx, out: Option<Vec<u8>>) -> Done {
    match out {
        Some(out) if out != cx.arg_str(0) => cx.set_str(0, &out),
        _ => Ok(()),
    }
}

fn replace_pairs(cx: &mut Cx) -> Done {
    let pairs: Vec<&[u8]> = cx.arg_words(1).iter().map(|s| cx.str_bytes(*s)).collect();
    let mut len = Some(0usize);
    if !search::replace_pairs(cx.arg_str(0), &pairs, |part| len = len.and_then(|n| n.checked_add(part.len()))) {
        return Ok(());
    }
    let len = len.ok_or_else(Fault::out_of_memory)?;
    crate::abi::check_room(cx, len)?;
    let mut out = Vec::with_capacity(len);
    search::replace_pairs(cx.arg_str(0), &pairs, |part| out.extend_from_slice(part));
    cx.set_str(0, &out)
}

fn join(cx: &mut Cx) -> Done {
    let parts = cx.arg_words(0);
    let sep = cx.arg_str(3);
    match parts {
        [] => cx.set(0, 0),
        &[one] => cx.set(0, one),
        _ => {
            let len: usize = parts.iter().map(|&s| cx.str_bytes(s).len()).sum();
            let len = len.saturating_add(sep.len().saturating_mul(parts.len() - 1));
            crate::abi::check_room(cx, len)?;
            let mut out = Vec::with_capacity(len);
            for (k, &s) in parts.iter().enumerate() {
                if k > 0 {
                    out.extend_from_slice(sep);
                }
                out.extend_from_slice(cx.str_bytes(s));
            }
            return cx.set_str(0, &out);
        }
    }
    Ok(())
}

fn split(cx: &mut Cx) -> Done {
    let n = cx.arg_i64(3);
    if n == 0 {
        cx.set_words(0, &[0; 3]);
        return Ok(());
    }
    let s = cx.arg(0);
    let parts = search::split(cx.str_bytes(s), cx.arg_str(1), cx.arg(2) as usize, n);
    let out = substrings(cx, s, &parts)?;
    cx.set_words(0, &out);
    Ok(())
}

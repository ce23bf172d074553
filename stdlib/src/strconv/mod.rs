//! Natives of package strconv.

use crate::abi::{Done, direct, in_place, leaf};
use crate::text::float::{self, ParseError};
use crate::text::quote::{self, Keep};
use crate::text::{category, number};
use gol_vm::native::{Cx, Native, Window};

pub const NATIVES: &[Native] = &[
    in_place("strconv.parseInt", |s, base, size| {
        let (v, err) = number::parse_int(s.str(), base.word() as u32, bits(size.word()));
        (v as u64, code(err))
    }),
    in_place("strconv.parseUint", |s, base, size| {
        let (v, err) = number::parse_uint(s.str(), base.word() as u32, bits(size.word()));
        (v, code(err))
    }),
    in_place("strconv.parseFloat", |s, size, _| {
        let (v, err) = float::parse(s.str(), if size.word() == 32 { 32 } else { 64 });
        (v.to_bits(), code(err))
    }),
    leaf("strconv.Itoa", |cx| cx.set_str(0, number::signed(&mut [0; 64], cx.arg_i64(0)))),
    leaf("strconv.formatInt", |cx| {
        let (v, base) = (cx.arg_i64(0), cx.arg(1) as u32);
        if base == 10 {
            return cx.set_str(0, number::signed(&mut [0; 64], v));
        }
        text(cx, |out| {
            if v < 0 {
                out.push(b'-');
            }
            number::push_base(out, v.unsigned_abs(), base);
        })
    }),
    leaf("strconv.formatUint", |cx| {
        let (v, base) = (cx.arg(0), cx.arg(1) as u32);
        text(cx, |out| number::push_base(out, v, base))
    }),
    direct("strconv.putInt", |w| put(w, w.arg_i64(3) < 0, w.arg_i64(3).unsigned_abs())),
    direct("strconv.putUint", |w| put(w, false, w.arg(3))),
    leaf("strconv.FormatFloat", |cx| {
        let (f, fmt, prec, bits) = (cx.arg_f64(0), cx.arg(1) as u8, cx.arg_i64(2), cx.arg(3) as u32);
        crate::abi::check_room(cx, prec.max(0) as usize)?;
        text(cx, |out| float::format(out, f, fmt, prec, bits))
    }),
    leaf("strconv.Quote", |cx| quoted(cx, Keep::Printable)),
    leaf("strconv.QuoteToASCII", |cx| quoted(cx, Keep::Ascii)),
    leaf("strconv.QuoteToGraphic", |cx| quoted(cx, Keep::Graphic)),
    leaf("strconv.QuoteRune", |cx| quoted_rune(cx, Keep::Printable)),
    leaf("strconv.QuoteRuneToASCII", |cx| quoted_rune(cx, Keep::Ascii)),
    leaf("strconv.QuoteRuneToGraphic", |cx| quoted_rune(cx, Keep::Graphic)),
    direct("strconv.CanBackquote", |w| {
        let yes = quote::can_backquote(w.arg_str(0));
        w.set_bool(0, yes);
    }),
    direct("strconv.IsPrint", |w| w.set_bool(0, as_char(w).is_some_and(category::is_print))),
    direct("strconv.IsGraphic", |w| w.set_bool(0, as_char(w).is_some_and(category::is_graphic))),
    leaf("strconv.unquote", |cx| {
        let out = quote::unquote(cx.arg_str(0));
        cx.set_str(0, out.as_deref().unwrap_or_default())?;
        cx.set_bool(1, out.is_some());
        Ok(())
    }),
    direct("strconv.quotedPrefix", |w| {
        let n = quote::quoted_prefix(w.arg_str(0));
        w.set_i64(0, n.map_or(-1, |n| n as i64));
    }),
    leaf("strconv.unquoteChar", |cx| {
        let c = quote::unquote_char(cx.arg_str(0), cx.arg(1) as u8);
        match c {
            Some(c) => cx.set_words(0, &[u64::from(c.value), u64::from(!c.byte), c.width as u64]),
            None => cx.set_words(0, &[0; 3]),
        }
        Ok(())
    }),
];

/// A bit size; 0 is that of int.
fn bits(n: u64) -> u32 {
    if (1..=64).contains(&n) { n as u32 } else { 64 }
}

fn code(err: Option<ParseError>) -> u64 {
    match err {
        None => 0,
        Some(ParseError::Syntax) => 1,
        Some(ParseError::Range) => 2,
    }
}

/// Writes a number in the base of argument 2 behind the bytes of argument 0, where there is room for it.
fn put(w: Window, negative: bool, magnitude: u64) {
    w.set_i64(
        0,
        w.put_behind(0, |room| {
            let base = u32::try_from(w.arg(4)).ok().filter(|base| (2..=36).contains(base))?;
            let mut buf = [0; 64];
            let digits = number::in_base(&mut buf, magnitude, base);
            let len = digits.len() + usize::from(negative);
            let (sign, rest) = room.get_mut(..len)?.split_at_mut(usize::from(negative));
            sign.fill(b'-');
            rest.copy_from_slice(digits);
            Some(len)
        })
        .map_or(-1, |len| len as i64),
    );
}

fn text(cx: &Cx, write: impl FnOnce(&mut Vec<u8>)) -> Done {
    let mut out = Vec::with_capacity(32);
    write(&mut out);
    cx.set_str(0, &out)
}

fn quoted(cx: &Cx, keep: Keep) -> Done {
    text(cx, |out| quote::quote(out, cx.arg_str(0), keep))
}

fn quoted_rune(cx: &Cx, keep: Keep) -> Done {
    text(cx, |out| quote::quote_rune(out, cx.arg_i64(0), keep))
}

fn as_char(w: Window) -> Option<char> {
    u32::try_from(w.arg_i64(0)).ok().and_then(char::from_u32)
}

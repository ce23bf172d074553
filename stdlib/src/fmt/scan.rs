//! Natives of package fmt's scanning: number and rune decoding, standard input, and stores through pointers to named types.
#![allow(unsafe_code)]

use crate::abi::Done;
use crate::stdio;
use crate::text::float::{self, ParseError};
use crate::text::{category, number, quote as quoting, rune};
use gol_bytecode::program::{Kind, TypeId};
use gol_vm::native::{Cx, Fault};

/// Results `(byte, errno)`; the byte is -1 at the end.
pub fn read_byte(cx: &mut Cx) -> Done {
    let fd = cx.arg(0) as i32;
    let got = stdio::read(cx, fd, 1)?;
    match got {
        Ok(bytes) => cx.set_words(0, &[bytes.first().map_or(-1, |&b| i64::from(b)) as u64, 0]),
        Err(e) => cx.set_words(0, &[0, e as u64]),
    }
    Ok(())
}

pub fn decode_at(cx: &mut Cx) -> Done {
    let s = cx.arg_str(0);
    let s = &s[(cx.arg(1) as usize).min(s.len())..];
    let (c, width) = if rune::full(s) { rune::decode(s) } else { (rune::ERROR, 0) };
    cx.set_words(0, &[u64::from(c as u32), width as u64]);
    Ok(())
}

pub fn is_space(cx: &mut Cx) -> Done {
    let c = u32::try_from(cx.arg_i64(0)).ok().and_then(char::from_u32);
    cx.set_bool(0, c.is_some_and(category::is_space));
    Ok(())
}

/// The end of the word at a place of a text, or -1 when it has more than ASCII.
pub fn word_end(cx: &mut Cx) -> Done {
    let (s, from) = (cx.arg_str(0), cx.arg(1) as usize);
    let word = s.get(from..).unwrap_or(&[]);
    let len = word.iter().position(|b| matches!(b, b'\t'..=b'\r' | b' ' | 0x80..)).unwrap_or(word.len());
    let end = if word.get(len).is_some_and(|b| *b >= 0x80) { -1 } else { (from + len) as i64 };
    cx.set_i64(0, end);
    Ok(())
}

/// Digits that surely fit an int64.
const DIGITS: usize = 18;

/// Text, place, may newlines come before it, may a sign, would a 0 at first tell the base: the number and where it ends, or -1.
pub fn decimal_at(cx: &mut Cx) -> Done {
    let found = decimal(cx.arg_str(0), cx.arg(1) as usize, cx.arg_bool(2), cx.arg_bool(3), cx.arg_bool(4));
    let (v, end) = found.map_or((0, -1), |(v, end)| (v, end as i64));
    cx.set_words(0, &[v as u64, end as u64]);
    Ok(())
}

fn decimal(s: &[u8], from: usize, newlines: bool, signed: bool, based: bool) -> Option<(i64, usize)> {
    let space = |b: &u8| matches!(b, b' ' | b'\t') || newlines && *b == b'\n';
    let mut at = from + s.get(from..)?.iter().take_while(|b| space(b)).count();
    let sign = s.get(at).filter(|b| signed && matches!(b, b'-' | b'+'));
    at += usize::from(sign.is_some());
    let digits = &s[at..];
    let n = digits.iter().take(DIGITS + 1).take_while(|b| b.is_ascii_digit()).count();
    let odd = based && (digits.first() == Some(&b'0') || digits.get(n) == Some(&b'_'));
    if n == 0 || n > DIGITS || odd {
        return None;
    }
    let v = digits[..n].iter().fold(0, |v, b| v * 10 + i64::from(b - b'0'));
    Some((if sign == Some(&b'-') { -v } else { v }, at + n))
}

fn code(err: Option<ParseError>) -> u64 {
    match err {
        None => 0,
        Some(ParseError::Syntax) => 1,
        Some(ParseError::Range) => 2,
    }
}

pub fn parse_int(cx: &mut Cx) -> Done {
    let (v, err) = number::parse_int(cx.arg_str(0), cx.arg(1) as u32, cx.arg(2) as u32);
    cx.set_words(0, &[v as u64, code(err)]);
    Ok(())
}

pub fn parse_uint(cx: &mut Cx) -> Done {
    let (v, err) = number::parse_uint(cx.arg_str(0), cx.arg(1) as u32, cx.arg(2) as u32);
    cx.set_words(0, &[v, code(err)]);
    Ok(())
}

pub fn parse_float(cx: &mut Cx) -> Done {
    let (v, err) = float::parse(cx.arg_str(0), cx.arg(1) as u32);
    cx.set_words(0, &[v.to_bits(), code(err)]);
    Ok(())
}

pub fn unquote(cx: &mut Cx) -> Done {
    let out = quoting::unquote(cx.arg_str(0));
    cx.set_str(0, out.as_deref().unwrap_or_default())?;
    cx.set_bool(1, out.is_some());
    Ok(())
}

pub fn quote(cx: &mut Cx) -> Done {
    let mut out = vec![];
    quoting::quote(&mut out, cx.arg_str(0), quoting::Keep::Printable);
    cx.set_str(0, &out)
}

/// The type and the address that a pointer in an interface has.
fn target(cx: &Cx) -> Option<(TypeId, u64)> {
    let (ty, words) = cx.iface(cx.arg(0))?;
    let t = &cx.types().get(ty).desc;
    if t.kind == Kind::Pointer && words[0] != 0 { Some((t.elem, words[0])) } else { None }
}

pub fn pointee(cx: &mut Cx) -> Done {
    let kind = target(cx).map(|(ty, _)| cx.types().get(ty).desc.kind);
    let (letter, bits) = match kind {
        Some(Kind::Bool) => ('b', 8),
        Some(Kind::Int | Kind::Int64) => ('i', 64),
        Some(Kind::Int8) => ('i', 8),
        Some(Kind::Int16) => ('i', 16),
        Some(Kind::Int32) => ('i', 32),
        Some(Kind::Uint | Kind::Uint64 | Kind::Uintptr) => ('u', 64),
        Some(Kind::Uint8) => ('u', 8),
        Some(Kind::Uint16) => ('u', 16),
        Some(Kind::Uint32) => ('u', 32),
        Some(Kind::Float32) => ('f', 32),
        Some(Kind::Float64) => ('f', 64),
        Some(Kind::String) => ('s', 0),
        _ => ('\0', 0),
    };
    cx.set_words(0, &[u64::from(letter as u32), bits, u64::from(letter != '\0')]);
    Ok(())
}

/// Stores a word (an integer, a bool, a string) through a pointer, as wide as its type.
pub fn store_word(cx: &mut Cx) -> Done {
    let (ty, at) = target(cx).ok_or_else(Fault::nil)?;
    store(cx, ty, at, cx.arg(1));
    Ok(())
}

pub fn store_float(cx: &mut Cx) -> Done {
    let (ty, at) = target(cx).ok_or_else(Fault::nil)?;
    let f = cx.arg_f64(1);
    let narrow = cx.types().get(ty).desc.kind == Kind::Float32;
    store(cx, ty, at, if narrow { u64::from((f as f32).to_bits()) } else { f.to_bits() });
    Ok(())
}

fn store(cx: &Cx, ty: TypeId, at: u64, word: u64) {
    // SAFETY: the address of a live variable of the type; narrow types may lie packed.
    unsafe {
        match cx.types().get(ty).desc.kind {
            Kind::Bool | Kind::Int8 | Kind::Uint8 => *(at as *mut u8) = word as u8,
            Kind::Int16 | Kind::Uint16 => *(at as *mut u16) = word as u16,
            Kind::Int32 | Kind::Uint32 | Kind::Float32 => *(at as *mut u32) = word as u32,
            _ => {
                cx.overwrite(at as *const u64, 1);
                *(at as *mut u64) = word;
            }
        }
    }
}

pub fn type_name(cx: &mut Cx) -> Done {
    let name = cx.iface(cx.arg(0)).map_or("<nil>", |(ty, _)| cx.types().name(ty));
    cx.set_str(0, name.as_bytes())
}

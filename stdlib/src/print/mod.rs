//! What the emitter calls for `print` and `println`: `print.*` writes to standard error as Go does, `printout.*` to standard
//! output (scripts). Each piece is written at once: nothing is buffered.

use crate::abi::{Done, leaf};
use crate::stdio;
use crate::text::number;
use gol_vm::native::{Cx, Native};

pub const ERROR: &[Native] = &[
    leaf("print.bool", |cx| bool(cx, 2)),
    leaf("print.int", |cx| int(cx, 2)),
    leaf("print.uint", |cx| uint(cx, 2)),
    leaf("print.float", |cx| float(cx, 2)),
    leaf("print.complex", |cx| complex(cx, 2)),
    leaf("print.string", |cx| string(cx, 2)),
    leaf("print.pointer", |cx| pointer(cx, 2)),
    leaf("print.iface", |cx| iface(cx, 2)),
    leaf("print.slice", |cx| slice(cx, 2)),
    leaf("print.space", |cx| put(cx, 2, b" ")),
    leaf("print.newline", |cx| put(cx, 2, b"\n")),
];

pub const OUT: &[Native] = &[
    leaf("printout.bool", |cx| bool(cx, 1)),
    leaf("printout.int", |cx| int(cx, 1)),
    leaf("printout.uint", |cx| uint(cx, 1)),
    leaf("printout.float", |cx| float(cx, 1)),
    leaf("printout.complex", |cx| complex(cx, 1)),
    leaf("printout.string", |cx| string(cx, 1)),
    leaf("printout.pointer", |cx| pointer(cx, 1)),
    leaf("printout.iface", |cx| iface(cx, 1)),
    leaf("printout.slice", |cx| slice(cx, 1)),
    leaf("printout.space", |cx| put(cx, 1, b" ")),
    leaf("printout.newline", |cx| put(cx, 1, b"\n")),
];

fn put(cx: &mut Cx, fd: i32, bytes: &[u8]) -> Done {
    // A failed write to these has nobody to tell.
    stdio::write(cx, fd, bytes)?.ok();
    Ok(())
}

fn bool(cx: &mut Cx, fd: i32) -> Done {
    let text: &[u8] = if cx.arg_bool(0) { b"true" } else { b"false" };
    put(cx, fd, text)
}

fn int(cx: &mut Cx, fd: i32) -> Done {
    let mut out = Vec::with_capacity(20);
    number::push_i64(&mut out, cx.arg_i64(0));
    put(cx, fd, &out)
}

fn uint(cx: &mut Cx, fd: i32) -> Done {
    let mut out = Vec::with_capacity(20);
    number::push_u64(&mut out, cx.arg(0));
    put(cx, fd, &out)
}

/// `+1.500000e+000`.
fn float_text(f: f64) -> String {
    if f.is_nan() {
        return "NaN".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let text = format!("{:+.6e}", f);
    let (mantissa, exp) = text.split_once('e').unwrap_or((&text, "0"));
    let exp: i32 = exp.parse().unwrap_or(0);
    let sign = if exp < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:03}", exp.unsigned_abs())
}

fn float(cx: &mut Cx, fd: i32) -> Done {
    let text = float_text(cx.arg_f64(0));
    put(cx, fd, text.as_bytes())
}

fn complex(cx: &mut Cx, fd: i32) -> Done {
    let text = format!("({}{}i)", float_text(cx.arg_f64(0)), float_text(cx.arg_f64(1)));
    put(cx, fd, text.as_bytes())
}

fn string(cx: &mut Cx, fd: i32) -> Done {
    let bytes = cx.arg_str(0).to_vec();
    put(cx, fd, &bytes)
}

fn pointer(cx: &mut Cx, fd: i32) -> Done {
    let text = format!("{:#x}", cx.arg(0));
    put(cx, fd, text.as_bytes())
}

/// An interface is printed as two addresses: of its type and of its value.
fn iface(cx: &mut Cx, fd: i32) -> Done {
    let word = cx.arg(0);
    let ty = cx.iface(word).map_or(0, |x| x.0);
    let text = format!("({ty:#x},{word:#x})");
    put(cx, fd, text.as_bytes())
}

fn slice(cx: &mut Cx, fd: i32) -> Done {
    let s = cx.arg_slice(0);
    let text = format!("[{}/{}]{:#x}", s.len, s.cap, s.ptr);
    put(cx, fd, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        assert_eq!(float_text(1.5), "+1.500000e+000");
        assert_eq!(float_text(-0.00012345678), "-1.234568e-004");
        assert_eq!(float_text(0.0), "+0.000000e+000");
        assert_eq!(float_text(1e300), "+1.000000e+300");
    }
}

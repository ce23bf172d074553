//! What the emitter calls for `print` and `println`: `print.*` writes to standard error as Go does, `printout.*` to standard
//! output (scripts). The pieces of a statement follow one another in the same thread
//! without a stop, so they are collected and written together; a piece that stands alone is written at once.

use crate::abi::Done;
use crate::stdio;
use crate::text::{float, number};
use gol_vm::native::{Cx, Native, NativeFn};
use std::cell::RefCell;

pub const ERROR: &[Native] = &[
    piece("print.bool", |cx, more| bool(cx, Out { fd: 2, more })),
    piece("print.int", |cx, more| int(cx, Out { fd: 2, more })),
    piece("print.uint", |cx, more| uint(cx, Out { fd: 2, more })),
    piece("print.float64", |cx, more| float_value(cx, Out { fd: 2, more }, 64)),
    piece("print.float32", |cx, more| float_value(cx, Out { fd: 2, more }, 32)),
    piece("print.complex128", |cx, more| complex(cx, Out { fd: 2, more }, 64)),
    piece("print.complex64", |cx, more| complex(cx, Out { fd: 2, more }, 32)),
    piece("print.string", |cx, more| string(cx, Out { fd: 2, more })),
    piece("print.pointer", |cx, more| pointer(cx, Out { fd: 2, more })),
    piece("print.iface", |cx, more| iface(cx, Out { fd: 2, more })),
    piece("print.slice", |cx, more| slice(cx, Out { fd: 2, more })),
    piece("print.space", |cx, more| put(cx, Out { fd: 2, more }, b" ")),
    piece("print.newline", |cx, more| put(cx, Out { fd: 2, more }, b"\n")),
];

pub const OUT: &[Native] = &[
    piece("printout.bool", |cx, more| bool(cx, Out { fd: 1, more })),
    piece("printout.int", |cx, more| int(cx, Out { fd: 1, more })),
    piece("printout.uint", |cx, more| uint(cx, Out { fd: 1, more })),
    piece("printout.float64", |cx, more| float_value(cx, Out { fd: 1, more }, 64)),
    piece("printout.float32", |cx, more| float_value(cx, Out { fd: 1, more }, 32)),
    piece("printout.complex128", |cx, more| complex(cx, Out { fd: 1, more }, 64)),
    piece("printout.complex64", |cx, more| complex(cx, Out { fd: 1, more }, 32)),
    piece("printout.string", |cx, more| string(cx, Out { fd: 1, more })),
    piece("printout.pointer", |cx, more| pointer(cx, Out { fd: 1, more })),
    piece("printout.iface", |cx, more| iface(cx, Out { fd: 1, more })),
    piece("printout.slice", |cx, more| slice(cx, Out { fd: 1, more })),
    piece("printout.space", |cx, more| put(cx, Out { fd: 1, more }, b" ")),
    piece("printout.newline", |cx, more| put(cx, Out { fd: 1, more }, b"\n")),
];

/// Where a piece goes.
#[derive(Clone, Copy)]
struct Out {
    fd: i32,
    /// Another piece follows at once.
    more: bool,
}

const fn piece(name: &'static str, run: fn(&mut Cx, bool) -> Done) -> Native {
    Native { name, run: NativeFn::Piece(run) }
}

/// Capacity that a thread keeps for pieces.
const KEPT: usize = 4096;

thread_local! {
    /// Pieces that wait for the next one.
    static PIECES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn put(cx: &mut Cx, out: Out, bytes: &[u8]) -> Done {
    if out.more {
        PIECES.with_borrow_mut(|pieces| pieces.extend_from_slice(bytes));
        return Ok(());
    }
    let mut text = PIECES.take();
    text.extend_from_slice(bytes);
    // A failed write to these has nobody to tell.
    stdio::write(cx, out.fd, &text)?.ok();
    if text.capacity() <= KEPT {
        text.clear();
        // The same thread: a native changes processors, never threads. It has written nothing else meanwhile.
        PIECES.set(text);
    }
    Ok(())
}

fn bool(cx: &mut Cx, out: Out) -> Done {
    let text: &[u8] = if cx.arg_bool(0) { b"true" } else { b"false" };
    put(cx, out, text)
}

fn int(cx: &mut Cx, out: Out) -> Done {
    let mut text = Vec::with_capacity(20);
    number::push_i64(&mut text, cx.arg_i64(0));
    put(cx, out, &text)
}

fn uint(cx: &mut Cx, out: Out) -> Done {
    let mut text = Vec::with_capacity(20);
    number::push_u64(&mut text, cx.arg(0));
    put(cx, out, &text)
}

/// The fewest digits that tell the number from all others of its size.
fn push_float(text: &mut Vec<u8>, f: f64, bits: u32) {
    float::format(text, f, b'g', -1, bits);
}

fn float_value(cx: &mut Cx, out: Out, bits: u32) -> Done {
    let mut text = Vec::with_capacity(24);
    push_float(&mut text, cx.arg_f64(0), bits);
    put(cx, out, &text)
}

fn complex(cx: &mut Cx, out: Out, bits: u32) -> Done {
    let mut text = vec![b'('];
    push_float(&mut text, cx.arg_f64(0), bits);
    let at = text.len();
    push_float(&mut text, cx.arg_f64(1), bits);
    if !matches!(text.get(at), Some(b'+' | b'-')) {
        text.insert(at, b'+');
    }
    text.extend_from_slice(b"i)");
    put(cx, out, &text)
}

fn string(cx: &mut Cx, out: Out) -> Done {
    let bytes = cx.arg_str(0).to_vec();
    put(cx, out, &bytes)
}

fn pointer(cx: &mut Cx, out: Out) -> Done {
    let text = format!("{:#x}", cx.arg(0));
    put(cx, out, text.as_bytes())
}

/// An interface is printed as two addresses: of its type and of its value.
fn iface(cx: &mut Cx, out: Out) -> Done {
    let word = cx.arg(0);
    let ty = cx.iface(word).map_or(0, |x| x.0);
    let text = format!("({ty:#x},{word:#x})");
    put(cx, out, text.as_bytes())
}

fn slice(cx: &mut Cx, out: Out) -> Done {
    let s = cx.arg_slice(0);
    let text = format!("[{}/{}]{:#x}", s.len, s.cap, s.ptr);
    put(cx, out, text.as_bytes())
}

//! The formatter behind package fmt: Go's verbs and flags over type descriptors.
//!
//! It runs as a leaf and never calls gol. Where Go would call a method (`Error`, `String`, `GoString`, `Format`), the first
//! pass notes the call and goes on; package fmt makes the noted calls in gol, in order, and runs a second pass that is given their
//! results. So a method may block, panic, or print itself for ever without a native frame below it.
//!
//! `spec` holds flags and what needs no type: padding, integers, floats, strings. `value` walks values, `read` reads them, `map` orders keys,
//! `directive` reads format strings.

pub mod directive;
mod map;
mod read;
pub mod spec;
mod value;

use gol_bytecode::program::{Kind, TypeId};
use gol_vm::native::{Cx, Fault};
use gol_vm::types::Types;
use spec::Spec;
use std::cell::Cell;

/// Nested values deeper than this are a cycle (a slice that holds itself): Go overflows its stack there.
const DEPTH_MAX: u32 = 1000;

/// Which method a noted call is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    Error = 1,
    String = 2,
    GoString = 3,
    Format = 4,
}

/// Words of `meta` for one noted call: method and verb and flags, width, precision.
pub const META_WORDS: usize = 3;

/// A call that package fmt is to make.
struct Call {
    receiver: u64,
    meta: [i64; META_WORDS],
}

/// Results of the noted calls: strings, and for each the `meta` words, whose first is 0 when the text goes out as it is.
pub struct Answers<'a> {
    pub texts: &'a [u64],
    pub meta: &'a [u64],
}

/// A value: the address of its words (or of its bytes, when it is packed) and its type.
#[derive(Clone, Copy)]
struct Val {
    at: *const u8,
    ty: TypeId,
}

/// How a value was reached: methods are called on what reflection may hand out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reach {
    Open,
    /// Through an unexported embedded field: its exported fields are open again.
    Embedded,
    /// Through an unexported field.
    Closed,
}

/// One formatting operation.
pub struct Printer<'a> {
    cx: &'a Cx,
    types: &'a Types,
    out: Vec<u8>,
    spec: Spec,
    /// Inside a complaint about a verb: no methods.
    erroring: bool,
    calls: Vec<Call>,
    answers: Answers<'a>,
    answered: usize,
    /// `%w` is allowed (Errorf); the indexes of its operands.
    pub wrap: bool,
    pub wrapped: Vec<usize>,
}

thread_local! {
    /// The output of the last operation, kept for its memory. A leaf stays on its thread.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Buffers that grew beyond this are not kept.
const KEEP_MAX: usize = 64 << 10;

/// Keeps the memory of a text for the next operation.
pub fn recycle(out: Vec<u8>) {
    if out.capacity() <= KEEP_MAX {
        BUFFER.with(|kept| kept.replace(out));
    }
}

impl<'a> Printer<'a> {
    pub fn new(cx: &'a Cx, answers: Answers<'a>) -> Printer<'a> {
        let mut out = BUFFER.with(Cell::take);
        out.clear();
        Printer {
            cx,
            types: cx.types(),
            out,
            spec: Spec::default(),
            erroring: false,
            calls: Vec::new(),
            answers,
            answered: 0,
            wrap: false,
            wrapped: Vec::new(),
        }
    }

    /// The text, or the noted calls when there are any. The text's memory is to be given to [`recycle`].
    pub fn into_text(self) -> Result<Vec<u8>, Noted> {
        if self.calls.is_empty() {
            return Ok(self.out);
        }
        recycle(self.out);
        Err(Noted { calls: self.calls })
    }

    /// From now on no methods are called: values are shown by their structure.
    pub fn plain(&mut self) {
        self.erroring = true;
    }

    /// As Sprint: a space between operands of which neither is a string.
    pub fn print(&mut self, args: &[u64]) -> Result<(), Fault> {
        let mut after_string = false;
        for (k, &arg) in args.iter().enumerate() {
            let string = arg != 0 && self.cx.iface(arg).is_some_and(|(ty, _)| self.kind(ty) == Kind::String);
            if k > 0 && !string && !after_string {
                self.out.push(b' ');
            }
            self.arg(arg, 'v')?;
            after_string = string;
        }
        Ok(())
    }

    /// As Sprintln.
    pub fn println(&mut self, args: &[u64]) -> Result<(), Fault> {
        for (k, &arg) in args.iter().enumerate() {
            if k > 0 {
                self.out.push(b' ');
            }
            self.arg(arg, 'v')?;
        }
        self.out.push(b'\n');
        Ok(())
    }

    fn kind(&self, ty: TypeId) -> Kind {
        self.types.get(ty).desc.kind
    }
}

/// Calls to make before the second pass.
pub struct Noted {
    calls: Vec<Call>,
}

impl Noted {
    /// The receivers as `[]any` and the `meta` words as `[]int`.
    pub fn slices(&self, cx: &Cx) -> Result<([u64; 3], [u64; 3]), Fault> {
        let known = cx.known();
        let receivers = cx.new_slice(known.anys, self.calls.len())?;
        let meta = cx.new_slice(known.ints, self.calls.len() * META_WORDS)?;
        crate::abi::fill(receivers, self.calls.iter().map(|c| c.receiver));
        crate::abi::fill(meta, self.calls.iter().flat_map(|c| c.meta).map(|word| word as u64));
        Ok((receivers, meta))
    }
}

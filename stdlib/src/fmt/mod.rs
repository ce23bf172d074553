//! Natives of package fmt: the formatter's two passes to a string, to bytes, to a file descriptor.

mod scan;

use crate::abi::{Done, leaf};
use crate::format::{Answers, Noted, Printer, recycle};
use crate::stdio;
use gol_bytecode::program::Kind;
use gol_vm::native::{Cx, Fault, Native};

pub const NATIVES: &[Native] = &[
    leaf("fmt.text", |cx| match run(cx, 0)? {
        Ok(text) => {
            let s = cx.new_str(&text)?;
            recycle(text);
            cx.set(0, s);
            no_calls(cx);
            Ok(())
        }
        Err(noted) => calls(cx, 0, &noted),
    }),
    leaf("fmt.textAgain", |cx| {
        let text = rerun(cx, 0)?;
        cx.set_str(0, &text)?;
        recycle(text);
        Ok(())
    }),
    leaf("fmt.data", |cx| match run(cx, 0)? {
        Ok(text) => {
            let b = cx.new_bytes(&text)?;
            recycle(text);
            cx.set_words(0, &b);
            cx.set_words(3, &[0; 6]);
            Ok(())
        }
        Err(noted) => {
            let (receivers, meta) = noted.slices(cx)?;
            cx.set_words(0, &[0; 3]);
            cx.set_words(3, &receivers);
            cx.set_words(6, &meta);
            Ok(())
        }
    }),
    leaf("fmt.dataAgain", |cx| {
        let text = rerun(cx, 0)?;
        let b = cx.new_bytes(&text)?;
        recycle(text);
        cx.set_words(0, &b);
        Ok(())
    }),
    leaf("fmt.write", |cx| match run(cx, 1)? {
        Ok(text) => {
            write(cx, text)?;
            no_calls(cx);
            Ok(())
        }
        Err(noted) => calls(cx, NEED_CALLS, &noted),
    }),
    leaf("fmt.writeAgain", |cx| {
        let text = rerun(cx, 1)?;
        write(cx, text)
    }),
    leaf("fmt.wrapped", wrapped),
    leaf("fmt.isNilPointer", |cx| {
        let nil = cx
            .iface(cx.arg(0))
            .is_some_and(|(ty, words)| cx.types().get(ty).desc.kind == Kind::Pointer && words[0] == 0);
        cx.set_bool(0, nil);
        Ok(())
    }),
    leaf("fmt.readByte", scan::read_byte),
    leaf("fmt.decodeAt", scan::decode_at),
    leaf("fmt.decimalAt", scan::decimal_at),
    leaf("fmt.wordEnd", scan::word_end),
    leaf("fmt.isSpace", scan::is_space),
    leaf("fmt.parseInt", scan::parse_int),
    leaf("fmt.parseUint", scan::parse_uint),
    leaf("fmt.parseFloat", scan::parse_float),
    leaf("fmt.unquote", scan::unquote),
    leaf("fmt.quote", scan::quote),
    leaf("fmt.pointee", scan::pointee),
    leaf("fmt.storeWord", scan::store_word),
    leaf("fmt.storeFloat", scan::store_float),
    leaf("fmt.storeString", scan::store_word),
    leaf("fmt.typeName", scan::type_name),
];

/// As in fmt.gol.
const NEED_CALLS: i64 = -1_000_000;
const PRINT: i64 = 0;
const PRINTLN: i64 = 1;
const ERRORF: i64 = 3;

/// Formats with the arguments mode, format, operands from slot `at` on.
fn run(cx: &Cx, at: usize) -> Result<Result<Vec<u8>, Noted>, Fault> {
    format(cx, at, Answers { texts: &[], meta: &[] })
}

/// The same with the results of the calls behind them.
fn rerun(cx: &Cx, at: usize) -> Result<Vec<u8>, Fault> {
    let answers = Answers { texts: cx.arg_words(at + 5), meta: cx.arg_words(at + 8) };
    // A method that changes what is printed can ask for calls that the first pass did not see: they print nothing.
    Ok(format(cx, at, answers)?.unwrap_or_default())
}

fn format(cx: &Cx, at: usize, answers: Answers<'_>) -> Result<Result<Vec<u8>, Noted>, Fault> {
    let args = cx.arg_words(at + 2);
    let mut printer = Printer::new(cx, answers);
    match cx.arg_i64(at) {
        PRINT => printer.print(args)?,
        PRINTLN => printer.println(args)?,
        mode => {
            printer.wrap = mode == ERRORF;
            printer.printf(cx.arg_str(at + 1), args)?;
        }
    }
    Ok(printer.into_text())
}

fn no_calls(cx: &Cx) {
    cx.set_words(1, &[0; 6]);
}

fn calls(cx: &Cx, first: i64, noted: &Noted) -> Done {
    let (receivers, meta) = noted.slices(cx)?;
    cx.set_i64(0, first);
    cx.set_words(1, &receivers);
    cx.set_words(4, &meta);
    Ok(())
}

fn write(cx: &mut Cx, text: Vec<u8>) -> Done {
    let fd = cx.arg(0) as i32;
    let n = match stdio::write(cx, fd, &text)? {
        Ok(n) => n as i64,
        Err(errno) => -i64::from(errno),
    };
    recycle(text);
    cx.set_i64(0, n);
    Ok(())
}

/// The arguments of `%w` by number, when each directive of the format is a verb with one argument: nothing need be formatted to know.
fn plain_wraps(format: &[u8]) -> Option<Vec<usize>> {
    let mut wraps = vec![];
    let mut rest = format;
    for n in 0.. {
        let Some(at) = memchr::memchr(b'%', rest) else { break };
        rest = &rest[at + 1..];
        let verb = *rest.iter().find(|b| !matches!(b, b'+' | b'-' | b'#' | b' ' | b'.' | b'0'..=b'9'))?;
        match verb {
            b'w' => wraps.push(n),
            b'a'..=b'z' | b'A'..=b'Z' => {}
            _ => return None,
        }
    }
    Some(wraps)
}

fn wrapped(cx: &mut Cx) -> Done {
    let (format, args) = (cx.arg_str(0), cx.arg_words(1));
    let mut indexes: Vec<usize> = match plain_wraps(format) {
        Some(wraps) => wraps.into_iter().filter(|&i| i < args.len()).collect(),
        None => {
            let mut printer = Printer::new(cx, Answers { texts: &[], meta: &[] });
            printer.wrap = true;
            printer.printf(format, args)?;
            let indexes = std::mem::take(&mut printer.wrapped);
            if let Ok(text) = printer.into_text() {
                recycle(text);
            }
            indexes
        }
    };
    indexes.sort_unstable();
    let out = cx.new_slice(cx.known().ints, indexes.len())?;
    crate::abi::fill(out, indexes.iter().map(|&i| i as u64));
    cx.set_words(0, &out);
    Ok(())
}

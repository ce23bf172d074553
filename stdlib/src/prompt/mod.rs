//! What the prompt prints of an expression's value: as `%v`, strings quoted, errors and Stringers by their type's shape (the
//! prompt calls no methods while it prints).

use crate::abi::{Done, leaf};
use crate::format::{Answers, Printer, recycle};
use crate::stdio;
use gol_bytecode::program::Kind;
use gol_vm::native::{Cx, Native};

pub const NATIVES: &[Native] = &[leaf("prompt.print", print)];

fn print(cx: &mut Cx) -> Done {
    let text = {
        let mut printer = Printer::new(cx, Answers { texts: &[], meta: &[] });
        printer.plain();
        let kind = cx.iface(cx.arg(0)).map(|(ty, _)| cx.types().get(ty).desc.kind);
        let format: &[u8] = if kind == Some(Kind::String) { b"%q\n" } else { b"%v\n" };
        printer.printf(format, &[cx.arg(0)])?;
        printer.into_text().unwrap_or_default()
    };
    stdio::write(cx, 1, &text)?.ok();
    recycle(text);
    Ok(())
}

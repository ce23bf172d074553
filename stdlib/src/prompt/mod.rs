//! What the prompt prints of an expression's value: as `%v`, with `Error` and `String` methods called, strings quoted.
#![allow(unsafe_code)]

use crate::abi::Done;
use crate::format::{Answers, META_WORDS, Method, Noted, Printer, recycle};
use crate::stdio;
use gol_bytecode::program::Kind;
use gol_vm::native::{CallCx, Cx, Fault, Native, NativeFn};

pub const NATIVES: &[Native] = &[Native { name: "prompt.print", run: NativeFn::Callback(print) }];

const NO_ANSWERS: Answers<'static> = Answers { texts: &[], meta: &[] };

fn print(cx: &mut CallCx) -> Done {
    let value = cx.arg(0);
    let text = match format(cx, value, NO_ANSWERS)? {
        Ok(text) => text,
        Err(noted) => {
            let (texts, meta) = call_all(cx, &noted)?;
            let words = cx.new_strings(&texts)?;
            // SAFETY: a fresh slice of one string word a text; nothing is collected before the last use.
            let words = unsafe { std::slice::from_raw_parts(words[0] as *const u64, texts.len()) };
            format(cx, value, Answers { texts: words, meta: &meta })?.unwrap_or_default()
        }
    };
    stdio::write(cx, 1, &text)?.ok();
    recycle(text);
    Ok(())
}

fn format(cx: &Cx, value: u64, answers: Answers<'_>) -> Result<Result<Vec<u8>, Noted>, Fault> {
    let mut printer = Printer::new(cx, answers);
    let is_string = cx.iface(value).is_some_and(|(ty, _)| {
        let t = &cx.types().get(ty).desc;
        t.kind == Kind::String && t.methods.is_empty()
    });
    printer.printf(if is_string { b"%q\n" } else { b"%v\n" }, &[value])?;
    Ok(printer.into_text())
}

/// Texts of the noted calls, and their meta words for the second pass.
fn call_all(cx: &mut CallCx, noted: &Noted) -> Result<(Vec<Vec<u8>>, Vec<u64>), Fault> {
    // The receivers lie in gol memory: the slice's address on this native's stack keeps them while methods run.
    let (receivers, meta) = noted.slices(cx)?;
    let (mut texts, mut heads) = (vec![], vec![]);
    for k in 0..receivers[1] as usize {
        // SAFETY: `k` is below the number of receivers, and there are `META_WORDS` words for each.
        let (receiver, head) =
            unsafe { (*(receivers[0] as *const u64).add(k), *(meta[0] as *const u64).add(k * META_WORDS)) };
        let name = match head & 0xff {
            m if m == Method::Error as u64 => "Error",
            m if m == Method::String as u64 => "String",
            _ => "",
        };
        let mut result = [0];
        if !name.is_empty() && cx.call_method(receiver, name, &[], &mut result)? {
            texts.push(cx.str_bytes(result[0]).to_vec());
            heads.push(head);
        } else {
            // A Formatter: its structure will do.
            let mut printer = Printer::new(cx, NO_ANSWERS);
            printer.plain();
            printer.print(&[receiver])?;
            texts.push(printer.into_text().unwrap_or_default());
            heads.push(0);
        }
        heads.resize((k + 1) * META_WORDS, 0);
    }
    std::hint::black_box((receivers, meta));
    Ok((texts, heads))
}

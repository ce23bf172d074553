//! What is wrong within a token, as diagnostics.

use crate::diag::{Code, Diagnostic};
use crate::scan::{LexError, LexErrorKind};
use crate::span::Span;

pub fn diagnostic(text: &str, base: u32, e: &LexError) -> Diagnostic {
    use LexErrorKind::*;
    let at = |code: Code, message: &str| Diagnostic::error(code, Span::new(base + e.lo, base + e.hi), message);
    let open = |message: &str| {
        let mut d = at(Code::Unterminated, message).label("opened here");
        d.incomplete = true;
        d
    };
    match e.kind {
        UnterminatedComment => open("comment not terminated"),
        UnterminatedRaw => open("string not terminated").help("a raw string ends at the next back quote"),
        UnterminatedString => at(Code::Unterminated, "string not terminated"),
        NewlineInString => at(Code::Unterminated, "newline in string")
            .help("close the string with \", or use a `raw string` for text over several lines"),
        UnterminatedRune => at(Code::Unterminated, "rune literal not terminated"),
        NewlineInRune => at(Code::Unterminated, "newline in rune literal"),
        EmptyRune => at(Code::InvalidRune, "empty rune literal or unescaped ' in rune literal"),
        LongRune => {
            let inner = text.get(e.lo as usize + 1..e.hi as usize - 1).unwrap_or_default();
            let d = at(Code::InvalidRune, "more than one character in rune literal");
            d.help(format!("strings are written in double quotes: \"{}\"", inner.replace('"', "\\\"")))
        }
        BadEscape => at(Code::InvalidEscape, "unknown escape")
            .help("valid: \\a \\b \\f \\n \\r \\t \\v \\\\ \\' \\\" \\ooo \\xhh \\uhhhh \\Uhhhhhhhh"),
        EscapeRange => at(Code::InvalidEscape, "escape is invalid Unicode code point or out of range"),
        SurrogateEscape => at(Code::InvalidEscape, "escape is invalid Unicode code point (a surrogate half)"),
        ByteEscape => at(Code::InvalidEscape, "an interpolated string holds characters, not single bytes")
            .help("write \\uhhhh for a character"),
        BadNameChar(c) => at(Code::InvalidChar, &format!("invalid character {} in identifier", named(c))),
        LeadingDigit(c) => at(Code::InvalidChar, &format!("identifier cannot begin with digit {}", named(c))),
        BadChar('?') => {
            at(Code::InvalidChar, "invalid character U+003F '?'").help("there is no ?: operator: use if and else")
        }
        BadChar('$') => {
            at(Code::InvalidChar, "invalid character U+0024 '$'").help("an interpolated string is written $\"…{x}…\"")
        }
        BadChar(c) => at(Code::InvalidChar, &format!("invalid character {}", named(c))),
        SmartQuote(c) => at(Code::InvalidChar, &format!("invalid character {}", named(c)))
            .help("this is a typographic quote; use \" or '"),
        Nul => at(Code::InvalidText, "invalid NUL character"),
        Bom => at(Code::InvalidText, "invalid BOM in the middle of the file"),
        Utf8 => at(Code::InvalidText, "invalid UTF-8 encoding"),
        LineNumber => directive(text, at(Code::InvalidDirective, "invalid line number: "), e),
        ColumnNumber => directive(text, at(Code::InvalidDirective, "invalid column number: "), e),
        BadNumber(message) => at(Code::InvalidNumber, message),
        LoneBrace => at(Code::InvalidInterp, "single } in interpolated string").help("write }} for a brace"),
        OpenHole => at(Code::InvalidInterp, "{ in interpolated string is not closed")
            .help("write {{ for a brace, or close the value with }"),
        BadVerb => at(Code::InvalidInterp, "expected a verb after :").help("such as %d, %5.2f, %-10s, %q, %x"),
        DeepHole => at(Code::InvalidInterp, "interpolated strings are nested too deeply"),
    }
}

fn directive(text: &str, mut d: Diagnostic, e: &LexError) -> Diagnostic {
    d.message.push_str(text.get(e.lo as usize..e.hi as usize).unwrap_or_default());
    d.help("a line directive is `//line FILE:LINE` or `//line FILE:LINE:COLUMN`, with numbers from 1 on")
}

/// `U+2026 '…'`, as Go names a character.
fn named(c: char) -> String {
    if c.is_control() { format!("U+{:04X}", c as u32) } else { format!("U+{:04X} '{c}'", c as u32) }
}

//! Format strings: directives, argument indexes, stars, and the complaints about them.

use super::Printer;
use super::spec::Spec;
use crate::text::{number, rune};
use gol_bytecode::program::Kind;
use gol_vm::native::Fault;

/// Widths and precisions beyond this are refused.
const NUMBER_MAX: i64 = 1_000_000;

/// Where the reading of a format string is.
struct Cursor<'f> {
    format: &'f [u8],
    at: usize,
    /// Index of the next operand.
    arg: usize,
    /// The operand's index was given and is in range; no index given is good too.
    good: bool,
    /// Some index was given: extra operands are not complained about.
    reordered: bool,
    /// An index stands directly before what comes now.
    indexed: bool,
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.format.get(self.at).copied().unwrap_or(0)
    }

    /// A decimal number; `None` when there is none or it is too large.
    fn number(&mut self) -> Option<i64> {
        let start = self.at;
        let mut value = 0i64;
        while self.peek().is_ascii_digit() {
            if value > NUMBER_MAX {
                return None;
            }
            value = value * 10 + i64::from(self.peek() - b'0');
            self.at += 1;
        }
        if self.at == start { None } else { Some(value) }
    }

    /// `[n]`, when it is there.
    fn index(&mut self, count: usize) {
        if self.peek() != b'[' || self.at >= self.format.len() {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.at..];
        let Some(close) = rest.iter().position(|&b| b == b']') else {
            self.good = false;
            self.at += 1;
            return;
        };
        let text = &rest[1..close];
        self.at += close + 1;
        let (value, err) = number::parse_uint(text, 10, 32);
        let whole = !text.is_empty() && text.iter().all(u8::is_ascii_digit) && err.is_none();
        if whole && value >= 1 && value as usize <= count {
            self.arg = value as usize - 1;
            self.indexed = true;
        } else {
            self.good = false;
        }
    }
}

impl Printer<'_> {
    /// As Sprintf.
    pub fn printf(&mut self, format: &[u8], args: &[u64]) -> Result<(), Fault> {
        let mut c = Cursor { format, at: 0, arg: 0, good: true, reordered: false, indexed: false };
        while c.at < format.len() {
            let rest = &format[c.at..];
            let plain = rest.iter().position(|&b| b == b'%').unwrap_or(rest.len());
            self.out.extend_from_slice(&rest[..plain]);
            c.at += plain;
            if c.at < format.len() {
                c.at += 1;
                self.directive(&mut c, args)?;
            }
        }
        if !c.reordered && c.arg < args.len() {
            self.extra(&args[c.arg..])?;
        }
        Ok(())
    }

    fn directive(&mut self, c: &mut Cursor<'_>, args: &[u64]) -> Result<(), Fault> {
        self.spec = Spec::default();
        c.good = true;
        c.indexed = false;
        loop {
            match c.peek() {
                b'#' => self.spec.sharp = true,
                b'0' => self.spec.zero = true,
                b'+' => self.spec.plus = true,
                b'-' => self.spec.minus = true,
                b' ' => self.spec.space = true,
                verb @ b'a'..=b'z' if c.arg < args.len() && verb != b'w' => {
                    // The common case: a simple verb and no width.
                    c.at += 1;
                    if verb == b'v' {
                        self.spec.for_v();
                    }
                    c.arg += 1;
                    return self.arg(args[c.arg - 1], verb as char);
                }
                _ => break,
            }
            c.at += 1;
        }
        c.index(args.len());
        self.width(c, args);
        self.precision(c, args);
        if !c.indexed {
            c.index(args.len());
        }
        self.verb(c, args)
    }

    fn width(&mut self, c: &mut Cursor<'_>, args: &[u64]) {
        if c.peek() == b'*' {
            c.at += 1;
            match self.star(c, args) {
                Some(w) => {
                    self.spec.width = Some(w.unsigned_abs() as usize);
                    if w < 0 {
                        self.spec.minus = true;
                        self.spec.zero = false;
                    }
                }
                None => self.out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            c.indexed = false;
            return;
        }
        let before = c.at;
        self.spec.width = c.number().map(|w| w as usize);
        if c.indexed && c.at > before {
            // `%[3]2d`: the index must stand before the verb or a star.
            c.good = false;
        }
    }

    fn precision(&mut self, c: &mut Cursor<'_>, args: &[u64]) {
        // At the very end a point is a verb.
        if c.peek() != b'.' || c.at + 1 >= c.format.len() {
            return;
        }
        c.at += 1;
        if c.indexed {
            c.good = false;
        }
        c.index(args.len());
        if c.peek() == b'*' {
            c.at += 1;
            self.spec.precision = self.star(c, args).and_then(|p| usize::try_from(p).ok());
            if self.spec.precision.is_none() {
                self.out.extend_from_slice(b"%!(BADPREC)");
            }
            c.indexed = false;
            return;
        }
        // A point alone is precision 0.
        let before = c.at;
        let value = c.number();
        self.spec.precision = if c.at == before { Some(0) } else { value.map(|p| p as usize) };
    }

    /// The operand of a star: an integer of moderate size.
    fn star(&mut self, c: &mut Cursor<'_>, args: &[u64]) -> Option<i64> {
        let &arg = args.get(c.arg)?;
        c.arg += 1;
        let (ty, words) = self.cx.iface(arg)?;
        let value = match self.kind(ty) {
            Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => words[0] as i64,
            Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => {
                i64::try_from(words[0]).ok()?
            }
            _ => return None,
        };
        if (-NUMBER_MAX..=NUMBER_MAX).contains(&value) { Some(value) } else { None }
    }

    fn verb(&mut self, c: &mut Cursor<'_>, args: &[u64]) -> Result<(), Fault> {
        if c.at >= c.format.len() {
            self.out.extend_from_slice(b"%!(NOVERB)");
            return Ok(());
        }
        let (verb, width) = rune::decode(&c.format[c.at..]);
        c.at += width;
        if verb == '%' {
            self.out.push(b'%');
            return Ok(());
        }
        if !c.good || c.arg >= args.len() {
            self.out.extend_from_slice(b"%!");
            rune::push(&mut self.out, i64::from(verb as u32));
            self.out.extend_from_slice(if c.good { b"(MISSING)" } else { b"(BADINDEX)" });
            return Ok(());
        }
        let arg = args[c.arg];
        let index = c.arg;
        c.arg += 1;
        match verb {
            'w' => self.wrap_verb(index, arg),
            'v' => {
                self.spec.for_v();
                self.arg(arg, 'v')
            }
            _ => self.arg(arg, verb),
        }
    }

    /// `%w`: as `%v` of an error in Errorf, else a bad verb (of a []byte: for each element).
    fn wrap_verb(&mut self, index: usize, arg: u64) -> Result<(), Fault> {
        self.spec.for_v();
        if self.wrap {
            self.wrapped.push(index);
            if self.is_error(arg) {
                return self.arg(arg, 'v');
            }
        }
        if self.is_plain_bytes(arg) { self.arg(arg, 'w') } else { self.bad_verb_arg(arg, 'w') }
    }

    fn extra(&mut self, args: &[u64]) -> Result<(), Fault> {
        self.spec = Spec::default();
        self.out.extend_from_slice(b"%!(EXTRA ");
        for (k, &arg) in args.iter().enumerate() {
            if k > 0 {
                self.out.extend_from_slice(b", ");
            }
            match self.cx.iface(arg) {
                None => self.out.extend_from_slice(b"<nil>"),
                Some((ty, _)) => {
                    self.out.extend_from_slice(self.types.name(ty).as_bytes());
                    self.out.push(b'=');
                    self.arg(arg, 'v')?;
                }
            }
        }
        self.out.push(b')');
        Ok(())
    }
}

//! Go's regular expressions as the `regex` crate's. Both are of the RE2 family; they differ in what classes such as `\w` contain (ASCII in
//! Go), in set operators inside of brackets, in octal escapes, `\Q…\E` and stray braces. What Go refuses is refused here with Go's text.

use std::fmt::Write;

/// The largest count of a repetition.
const REPEAT_MAX: u32 = 1000;

/// The expression for the crate, or Go's complaint without its "error parsing regexp: ".
pub fn translate(expr: &str) -> Result<String, String> {
    let mut t = Translator {
        whole: expr,
        rest: expr,
        out: String::with_capacity(expr.len() + 16),
        open: 0,
        last: Last::Nothing,
        before: "",
    };
    while let Some(c) = t.rest.chars().next() {
        t.item(c)?;
    }
    if t.open > 0 {
        return Err(format!("missing closing ): `{expr}`"));
    }
    Ok(t.out)
}

/// What stands before a repetition operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Item,
    Repetition,
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    /// Open parentheses.
    open: usize,
    last: Last,
    /// The repetition operator before, with what follows.
    before: &'a str,
}

impl<'a> Translator<'a> {
    fn eat(&mut self, n: usize) -> &'a str {
        let (head, tail) = self.rest.split_at(n);
        self.rest = tail;
        head
    }

    fn copy(&mut self, n: usize) {
        let text = self.eat(n);
        self.out.push_str(text);
    }

    fn item(&mut self, c: char) -> Result<(), String> {
        match c {
            '(' => self.group()?,
            ')' => {
                if self.open == 0 {
                    return Err(format!("unexpected ): `{}`", self.whole));
                }
                self.open -= 1;
                self.out.push(')');
                self.eat(1);
                self.last = Last::Item;
            }
            '|' => {
                self.out.push('|');
                self.eat(1);
                self.last = Last::Nothing;
            }
            '*' | '+' | '?' => self.repetition(1)?,
            '{' => match counts(self.rest) {
                Some((n, lo, hi)) => {
                    if lo > REPEAT_MAX || hi.is_some_and(|hi| hi > REPEAT_MAX || hi < lo) {
                        return Err(format!("invalid repeat count: `{}`", &self.rest[..n]));
                    }
                    self.repetition(n)?;
                }
                None => self.literal(c),
            },
            '[' => self.class()?,
            '\\' => self.escape()?,
            '.' | '^' | '$' => {
                self.out.push(c);
                self.eat(1);
                self.last = Last::Item;
            }
            c => self.literal(c),
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        self.eat(c.len_utf8());
        push_literal(&mut self.out, c);
        self.last = Last::Item;
    }

    fn repetition(&mut self, n: usize) -> Result<(), String> {
        let lazy = usize::from(self.rest[n..].starts_with('?'));
        let from = self.rest;
        let op = self.eat(n + lazy);
        match self.last {
            Last::Nothing => return Err(format!("missing argument to repetition operator: `{}`", &op[..n])),
            Last::Repetition => {
                let end = self.before.len() - self.rest.len();
                return Err(format!("invalid nested repetition operator: `{}`", &self.before[..end]));
            }
            Last::Item => self.out.push_str(op),
        }
        self.before = from;
        self.last = Last::Repetition;
        Ok(())
    }

    fn group(&mut self) -> Result<(), String> {
        self.last = Last::Nothing;
        if !self.rest.starts_with("(?") {
            self.open += 1;
            self.copy(1);
            return Ok(());
        }
        let named = self.rest.starts_with("(?P<") || self.rest.starts_with("(?<");
        if named && !self.rest.starts_with("(?<=") && !self.rest.starts_with("(?<!") {
            let Some(end) = self.rest.find('>') else {
                return Err(format!("invalid named capture: `{}`", self.rest));
            };
            let head = self.eat(end + 1);
            let name = &head[head.find('<').map_or(0, |k| k + 1)..end];
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_alphanumeric()) {
                return Err(format!("invalid named capture: `{head}`"));
            }
            self.open += 1;
            let _ = write!(self.out, "(?P<{name}>");
            return Ok(());
        }
        for (k, c) in self.rest.char_indices().skip(2) {
            match c {
                'i' | 'm' | 's' | 'U' | '-' => {}
                ':' | ')' => {
                    if c == ':' {
                        self.open += 1;
                    }
                    let flags = self.eat(k + 1);
                    // The crate does not know the empty set of flags.
                    self.out.push_str(if flags == "(?)" { "(?:)" } else { flags });
                    return Ok(());
                }
                c => {
                    return Err(format!("invalid or unsupported Perl syntax: `{}`", &self.rest[..k + c.len_utf8()]));
                }
            }
        }
        Err(format!("missing closing ): `{}`", self.rest))
    }

    fn escape(&mut self) -> Result<(), String> {
        if self.rest.starts_with("\\Q") {
            self.eat(2);
            let end = self.rest.find("\\E").unwrap_or(self.rest.len());
            for c in self.eat(end).chars() {
                push_literal(&mut self.out, c);
                self.last = Last::Item;
            }
            let close = self.rest.len().min(2);
            self.eat(close);
            return Ok(());
        }
        self.last = Last::Item;
        let outside = match self.rest.chars().nth(1) {
            Some('A') => r"\A",
            Some('z') => r"\z",
            Some('b') => r"(?-u:\b)",
            Some('B') => r"(?-u:\B)",
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => r"[\t\n\f\r ]",
            Some('S') => r"[^\t\n\f\r ]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            _ => "",
        };
        if !outside.is_empty() {
            self.eat(2);
            self.out.push_str(outside);
            return Ok(());
        }
        if self.property() {
            return Ok(());
        }
        let (c, n) = escaped(self.rest)?;
        self.eat(n);
        push_literal(&mut self.out, c);
        Ok(())
    }

    /// `\pL`, `\p{Greek}`, `\P…`: the same for both.
    fn property(&mut self) -> bool {
        if !self.rest.starts_with("\\p") && !self.rest.starts_with("\\P") {
            return false;
        }
        let n = match self.rest[2..].chars().next() {
            Some('{') => self.rest.find('}').map_or(self.rest.len(), |k| k + 1),
            Some(c) => 2 + c.len_utf8(),
            None => 2,
        };
        let text = self.eat(n);
        self.out.push_str(text);
        true
    }

    fn class(&mut self) -> Result<(), String> {
        let whole = self.rest;
        let missing = || format!("missing closing ]: `{whole}`");
        self.copy(1);
        if self.rest.starts_with('^') {
            self.copy(1);
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            let c = self.rest.chars().next().ok_or_else(missing)?;
            if c == '['
                && self.rest[1..].starts_with(':')
                && let Some(end) = self.rest.find(":]")
            {
                self.copy(end + 2);
                first = false;
                continue;
            }
            first = false;
            if let Some(set) = perl_set(self.rest) {
                self.eat(2);
                self.out.push_str(set);
                continue;
            }
            if self.property() {
                continue;
            }
            let from = self.rest;
            let lo = self.class_char().ok_or_else(missing)??;
            push_literal(&mut self.out, lo);
            if self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]") {
                self.eat(1);
                let hi = self.class_char().ok_or_else(missing)??;
                if hi < lo {
                    let n = from.len() - self.rest.len();
                    return Err(format!("invalid character class range: `{}`", &from[..n]));
                }
                self.out.push('-');
                push_literal(&mut self.out, hi);
            }
        }
        self.copy(1);
        self.last = Last::Item;
        Ok(())
    }

    fn class_char(&mut self) -> Option<Result<char, String>> {
        let c = self.rest.chars().next()?;
        let (c, n) = match c {
            '\\' => match escaped(self.rest) {
                Ok(found) => found,
                Err(e) => return Some(Err(e)),
            },
            c => (c, c.len_utf8()),
        };
        self.eat(n);
        Some(Ok(c))
    }
}

fn perl_set(s: &str) -> Option<&'static str> {
    Some(match s.get(..2)? {
        r"\d" => "0-9",
        r"\D" => "[^0-9]",
        r"\s" => r"\t\n\f\r ",
        r"\S" => r"[^\t\n\f\r ]",
        r"\w" => "0-9A-Za-z_",
        r"\W" => "[^0-9A-Za-z_]",
        _ => return None,
    })
}

fn push_literal(out: &mut String, c: char) {
    if c.is_alphanumeric() || !c.is_ascii() {
        out.push(c);
    } else {
        let _ = write!(out, "\\x{{{:x}}}", c as u32);
    }
}

/// `{3}`, `{3,}`, `{3,5}`: length, least and most.
fn counts(s: &str) -> Option<(usize, u32, Option<u32>)> {
    let end = s.find('}')?;
    let number =
        |s: &str| (!s.is_empty() && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().unwrap_or(u32::MAX));
    let (lo, hi) = match s[1..end].split_once(',') {
        None => (number(&s[1..end])?, None),
        Some((lo, "")) => (number(lo)?, None),
        Some((lo, hi)) => (number(lo)?, Some(number(hi)?)),
    };
    Some((end + 1, lo, hi))
}

/// The character of an escape and the escape's length.
fn escaped(s: &str) -> Result<(char, usize), String> {
    let Some(c) = s.chars().nth(1) else { return Err("trailing backslash at end of expression: ``".into()) };
    let bad = |n: usize| format!("invalid escape sequence: `{}`", s.get(..n).unwrap_or(s));
    let plain = match c {
        'a' => '\x07',
        'f' => '\x0c',
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        'v' => '\x0b',
        '0'..='7' => {
            let digits = s[1..].bytes().take(3).take_while(|b| (b'0'..=b'7').contains(b)).count();
            if c != '0' && digits == 1 {
                return Err(bad(2));
            }
            let value = u32::from_str_radix(&s[1..=digits], 8).unwrap_or(0);
            return char::from_u32(value).map(|c| (c, digits + 1)).ok_or_else(|| bad(digits + 1));
        }
        'x' => {
            let (digits, n) = match s[2..].strip_prefix('{') {
                Some(body) => {
                    let end = body.find('}').ok_or_else(|| bad(3))?;
                    (&body[..end], end + 4)
                }
                None => (s.get(2..4).ok_or_else(|| bad(s.len()))?, 4),
            };
            let value = u32::from_str_radix(digits, 16).map_err(|_| bad(n))?;
            return char::from_u32(value).map(|c| (c, n)).ok_or_else(|| bad(n));
        }
        c if c.is_ascii_punctuation() => c,
        c => return Err(bad(1 + c.len_utf8())),
    };
    Ok((plain, 2))
}

#[cfg(test)]
mod tests {
    use super::translate;

    #[test]
    fn differences_are_handled() {
        assert_eq!(translate(r"a\d+").as_deref(), Ok("a[0-9]+"));
        assert_eq!(translate(r"x{,2}").as_deref(), Ok(r"x\x{7b}\x{2c}2\x{7d}"));
        assert_eq!(translate(r"[a-c[&&]").as_deref(), Ok(r"[a-c\x{5b}\x{26}\x{26}]"));
        assert_eq!(translate(r"\Q.*\E").as_deref(), Ok(r"\x{2e}\x{2a}"));
    }

    #[test]
    fn what_go_refuses_is_refused_with_its_text() {
        let error = |s: &str| translate(s).expect_err("is wrong");
        assert_eq!(error("a(b"), "missing closing ): `a(b`");
        assert_eq!(error("a)b"), "unexpected ): `a)b`");
        assert_eq!(error("*"), "missing argument to repetition operator: `*`");
        assert_eq!(error("a**"), "invalid nested repetition operator: `**`");
        assert_eq!(error("[z-a]"), "invalid character class range: `z-a`");
        assert_eq!(error(r"\y"), r"invalid escape sequence: `\y`");
    }
}

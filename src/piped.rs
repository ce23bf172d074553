//! The prompt's input where nobody types: a pipe or a file, of any size, cut into complete inputs.
//!
//! Whether an input is complete is asked of the parser, which reads all of it. So that a long function does not cost the square
//! of its lines, inputs of more than [`ALWAYS`] lines are asked about when their brackets close and each time they have grown by an eighth.

use crate::input::SOURCE_MAX;
use std::io::{BufRead, Error, ErrorKind, Read as _, Result};

/// Lines up to which every line is asked about.
const ALWAYS: usize = 64;

/// The next complete input, or what is left at the end; `None` when nothing is.
///
/// # Errors
/// The stream fails, or an input is larger than a source file may be.
pub fn next(from: &mut impl BufRead, complete: impl Fn(&str) -> bool) -> Result<Option<Vec<u8>>> {
    let mut text: Vec<u8> = vec![];
    let (mut lines, mut asked, mut depth) = (0, 0, 0i64);
    loop {
        let at = text.len();
        let most = SOURCE_MAX + 1 - at as u64;
        if from.by_ref().take(most).read_until(b'\n', &mut text)? == 0 {
            return Ok((!text.is_empty()).then_some(text));
        }
        if text.len() as u64 > SOURCE_MAX {
            return Err(Error::new(ErrorKind::FileTooLarge, format!("an input of more than {} MiB", SOURCE_MAX >> 20)));
        }
        lines += 1;
        let before = depth;
        depth += text[at..].iter().map(|&b| turn(b)).sum::<i64>();
        let closed = before > 0 && depth <= 0;
        if lines <= ALWAYS || closed || lines > asked + asked / 8 {
            if complete(&String::from_utf8_lossy(&text)) {
                return Ok(Some(text));
            }
            asked = lines;
        }
    }
}

fn turn(b: u8) -> i64 {
    match b {
        b'(' | b'[' | b'{' => 1,
        b')' | b']' | b'}' => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::next;
    use std::cell::Cell;

    fn inputs(mut text: &[u8], complete: impl Fn(&str) -> bool) -> Vec<String> {
        let mut out = vec![];
        while let Some(bytes) = next(&mut text, &complete).expect("bytes in memory can be read") {
            out.push(String::from_utf8(bytes).expect("the test's text is UTF-8"));
        }
        out
    }

    #[test]
    fn inputs_end_where_they_are_complete() {
        let got = inputs(b"a\nf {\nb\n}\nrest {", |t| !t.contains('{') || t.contains('}'));
        assert_eq!(got, ["a\n", "f {\nb\n}\n", "rest {"]);
    }

    #[test]
    fn a_long_input_is_asked_about_seldom() {
        let text = format!("f {{\n{}}}\nb\n", "x\n".repeat(100_000));
        let asked = Cell::new(0);
        let got = inputs(text.as_bytes(), |t| {
            asked.set(asked.get() + 1);
            !t.contains('{') || t.contains('}')
        });
        assert_eq!(got.len(), 2);
        assert!(asked.get() < 200, "{}", asked.get());
    }
}

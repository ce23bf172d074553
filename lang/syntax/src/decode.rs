//! From bytes to text, so that everything behind works on valid UTF-8.

use crate::scan::{LexError, LexErrorKind};

/// Stands for each byte that is not UTF-8.
pub const STAND_IN: char = '\u{1a}';

/// At most so many are reported; a binary file has thousands.
const MAX_REPORTED: usize = 10;

/// Bytes to text of the same length: every invalid byte becomes one [`STAND_IN`], so offsets stay true.
/// The problems go to [`crate::parse_decoded`].
pub fn decode(bytes: Vec<u8>) -> (String, Vec<LexError>) {
    let bytes = match String::from_utf8(bytes) {
        Ok(s) => return (s, vec![]),
        Err(e) => e.into_bytes(),
    };
    let mut problems = vec![];
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        let (lo, n) = (out.len() as u32, chunk.invalid().len());
        if n > 0 && problems.len() < MAX_REPORTED {
            problems.push(LexError { kind: LexErrorKind::Utf8, lo, hi: lo + n as u32 });
        }
        out.extend(std::iter::repeat_n(STAND_IN, n));
    }
    (out, problems)
}

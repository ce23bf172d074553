//! Text as Go writes and reads it: pure functions on bytes, no machine. `float` and `number` format and parse numbers,
//! `quote` quotes, `rune` decodes UTF-8 as Go does (an invalid byte is one U+FFFD), `category` is the Unicode table.

pub mod category;
pub mod float;
pub mod number;
pub mod quote;
pub mod rune;
pub mod search;

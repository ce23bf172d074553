//! General categories of runes, from the Unicode Character Database 17.0 (`category.bin`: little-endian words
//! `first rune << 8 | category`, ascending; a range goes on to the next word), and scripts in a table of the same form,
//! numbered as package unicode numbers them.

const CATEGORIES: &[u8] = include_bytes!("category.bin");
const SCRIPTS: &[u8] = include_bytes!("script.bin");

pub const LU: u8 = 1;
pub const LL: u8 = 2;
pub const LT: u8 = 3;
pub const ND: u8 = 9;
pub const ZS: u8 = 23;
pub const CC: u8 = 26;

/// Masks of category numbers: bit `n` is category `n`.
pub const LETTER: u32 = 0b11_1110;
pub const MARK: u32 = 0b1_1100_0000;
pub const NUMBER: u32 = 0b1110_0000_0000;
pub const PUNCT: u32 = 0b111_1111 << 12;
pub const SYMBOL: u32 = 0b1111 << 19;
pub const SPACE: u32 = 0b111 << 23;
pub const OTHER: u32 = 0b1111 << 26;
pub const PRINT: u32 = LETTER | MARK | NUMBER | PUNCT | SYMBOL;

/// The value of the range that holds the rune.
fn find(table: &[u8], c: char) -> u8 {
    let word = |i: usize| u32::from_le_bytes([table[i * 4], table[i * 4 + 1], table[i * 4 + 2], table[i * 4 + 3]]);
    let want = c as u32;
    let (mut low, mut high) = (0, table.len() / 4);
    while low < high {
        let mid = (low + high) / 2;
        if word(mid) >> 8 <= want { low = mid + 1 } else { high = mid }
    }
    if low == 0 { 0 } else { (word(low - 1) & 0xff) as u8 }
}

/// The category number of a rune: 0 is unassigned.
pub fn of(c: char) -> u8 {
    find(CATEGORIES, c)
}

/// The script number of a rune: 0 is one that package unicode does not name.
pub fn script(c: char) -> u8 {
    find(SCRIPTS, c)
}

/// Is the rune's category in the mask?
#[inline]
pub fn is(mask: u32, c: char) -> bool {
    mask & (1 << of(c)) != 0
}

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
#[inline]
pub fn is_print(c: char) -> bool {
    if c.is_ascii() { (' '..='~').contains(&c) } else { is(PRINT, c) }
}

/// As [`is_print`], with all spaces of category Zs.
pub fn is_graphic(c: char) -> bool {
    is(PRINT | 1 << ZS, c)
}

#[inline]
pub fn is_space(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '\t'..='\r' | ' ');
    }
    matches!(
        c,
        '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories() {
        assert_eq!(of('A'), LU);
        assert_eq!(of('z'), LL);
        assert_eq!(of('5'), ND);
        assert_eq!(of('\n'), CC);
        assert!(is(LETTER, '世'));
        assert!(is(PUNCT, '!'));
        assert!(is(SYMBOL, '+'));
        assert!(!is_print('\u{ad}'));
        assert!(is_print('é') && !is_print('\u{a0}') && is_graphic('\u{a0}'));
    }
}

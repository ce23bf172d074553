//! UTF-8 as Go sees it: any bytes are text, and a byte that starts no valid sequence is one rune U+FFFD of width 1.

/// The rune that stands for an invalid byte.
pub const ERROR: char = '\u{fffd}';

/// The first rune of `s` and its width; width 0 when `s` is empty. An invalid byte is `(ERROR, 1)`.
#[inline]
pub fn decode(s: &[u8]) -> (char, usize) {
    match s.first() {
        None => (ERROR, 0),
        Some(&b) if b < 0x80 => (b as char, 1),
        Some(_) => decode_multi(s),
    }
}

fn cont(s: &[u8], i: usize) -> Option<u32> {
    match s.get(i) {
        Some(&b) if b & 0xc0 == 0x80 => Some(u32::from(b & 0x3f)),
        _ => None,
    }
}

fn decode_multi(s: &[u8]) -> (char, usize) {
    let b = u32::from(s[0]);
    let (value, width) = match b {
        0xc2..=0xdf => (cont(s, 1).map(|c| (b & 0x1f) << 6 | c), 2),
        0xe0..=0xef => (cont(s, 1).zip(cont(s, 2)).map(|(c, d)| (b & 0xf) << 12 | c << 6 | d), 3),
        0xf0..=0xf4 => {
            (cont(s, 1).zip(cont(s, 2)).zip(cont(s, 3)).map(|((c, d), e)| (b & 7) << 18 | c << 12 | d << 6 | e), 4)
        }
        _ => (None, 1),
    };
    let least = match width {
        2 => 0x80,
        3 => 0x800,
        _ => 0x10000,
    };
    match value {
        Some(v) if v >= least => match char::from_u32(v) {
            Some(c) => (c, width),
            None => (ERROR, 1),
        },
        _ => (ERROR, 1),
    }
}

/// The last rune of `s` and its width, as [`decode`].
pub fn decode_last(s: &[u8]) -> (char, usize) {
    if s.is_empty() {
        return (ERROR, 0);
    }
    let end = s.len();
    let mut start = end - 1;
    while start > 0 && end - start < 4 && s[start] & 0xc0 == 0x80 {
        start -= 1;
    }
    let (c, width) = decode(&s[start..]);
    if start + width == end { (c, width) } else { (ERROR, 1) }
}

/// Does `s` start with a whole rune, valid or not (more bytes would not change the answer)?
pub fn full(s: &[u8]) -> bool {
    let Some(&b) = s.first() else { return false };
    let need = match b {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return true,
    };
    if s.len() >= need {
        return true;
    }
    // A prefix is incomplete only while some continuation could make it valid.
    if s.len() > 1 {
        let (low, high) = match b {
            0xe0 => (0xa0, 0xbf),
            0xed => (0x80, 0x9f),
            0xf0 => (0x90, 0xbf),
            0xf4 => (0x80, 0x8f),
            _ => (0x80, 0xbf),
        };
        if s[1] < low || s[1] > high {
            return true;
        }
    }
    s.len() > 2 && s[2] & 0xc0 != 0x80
}

/// Appends the UTF-8 of a Go rune; an invalid one becomes U+FFFD.
pub fn push(out: &mut Vec<u8>, r: i64) {
    if (0..0x80).contains(&r) {
        out.push(r as u8);
        return;
    }
    let c = u32::try_from(r).ok().and_then(char::from_u32).unwrap_or(ERROR);
    let mut buf = [0; 4];
    out.extend_from_slice(c.encode_utf8(&mut buf).as_bytes());
}

/// Number of runes.
pub fn count(s: &[u8]) -> usize {
    if s.is_ascii() {
        return s.len();
    }
    match std::str::from_utf8(s) {
        // Not by the text's own count: somebody may be writing the bytes.
        Ok(_) => s.iter().filter(|b| **b & 0xc0 != 0x80).count(),
        Err(_) => runes(s).count(),
    }
}

/// All runes with byte position and width.
pub fn runes(s: &[u8]) -> Runes<'_> {
    Runes { s, at: 0 }
}

pub struct Runes<'a> {
    s: &'a [u8],
    at: usize,
}

impl Iterator for Runes<'_> {
    type Item = (usize, char, usize);
    fn next(&mut self) -> Option<Self::Item> {
        let (c, width) = decode(&self.s[self.at..]);
        if width == 0 {
            return None;
        }
        let at = self.at;
        self.at += width;
        Some((at, c, width))
    }
}

/// `unicode.ToUpper` and the like map one rune to one rune: Rust's mappings where they are single, else the rune itself.
pub fn to_upper(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    // Go maps by UnicodeData's simple mapping; the few whose full mapping is longer have a simple one of their own.
    single(c, c.to_uppercase())
}

pub fn to_lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    if c == 'İ' {
        return 'i';
    }
    single(c, c.to_lowercase())
}

/// Title case: the digraphs have one of their own, all others are upper case.
pub fn to_title(c: char) -> char {
    match c as u32 {
        0x1c4..=0x1c6 => '\u{1c5}',
        0x1c7..=0x1c9 => '\u{1c8}',
        0x1ca..=0x1cc => '\u{1cb}',
        0x1f1..=0x1f3 => '\u{1f2}',
        0x10d0..=0x10fa | 0x10fd..=0x10ff => c,
        _ => to_upper(c),
    }
}

fn single(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(m), None) => m,
        _ => match c as u32 {
            // Greek letters with iota subscript: the simple mapping is the one with prosgegrammeni.
            v @ (0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7) => char::from_u32(v + 8).unwrap_or(c),
            0x1fb3 => '\u{1fbc}',
            0x1fc3 => '\u{1fcc}',
            0x1ff3 => '\u{1ffc}',
            _ => c,
        },
    }
}

/// The smallest representative of the runes that are equal under simple case folding, for EqualFold.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        'ẞ' => 'ß',
        // The simple mappings do not lead to each other.
        '\u{1fd3}' => '\u{390}',
        '\u{1fe3}' => '\u{3b0}',
        '\u{fb06}' => '\u{fb05}',
        'İ' | 'ı' => c,
        _ => to_lower(to_upper(c)),
    }
}

/// The next rune of the ring of runes that are equal under simple folding, in ascending order and then round again.
pub fn next_fold(c: char) -> char {
    if matches!(c, 'İ' | 'ı') {
        return c;
    }
    let near = [to_lower(c), to_upper(c), to_title(c), fold(c)];
    let extra: &[char] = match fold(c) {
        'k' => &['K', 'k', '\u{212a}'],
        's' => &['S', 's', '\u{17f}'],
        'å' => &['Å', 'å', '\u{212b}'],
        'ω' => &['Ω', 'ω', '\u{2126}'],
        'σ' => &['Σ', 'σ', 'ς'],
        'ß' => &['ß', 'ẞ'],
        'µ' | 'μ' => &['µ', 'Μ', 'μ'],
        'β' | 'ϐ' => &['Β', 'β', 'ϐ'],
        'ε' | 'ϵ' => &['Ε', 'ε', 'ϵ'],
        'θ' | 'ϑ' => &['Θ', 'θ', 'ϑ', 'ϴ'],
        'κ' | 'ϰ' => &['Κ', 'κ', 'ϰ'],
        'π' | 'ϖ' => &['Π', 'π', 'ϖ'],
        'ρ' | 'ϱ' => &['Ρ', 'ρ', 'ϱ'],
        'φ' | 'ϕ' => &['Φ', 'φ', 'ϕ'],
        'ι' => &['\u{345}', 'Ι', 'ι', '\u{1fbe}'],
        'в' => &['В', 'в', '\u{1c80}'],
        'д' => &['Д', 'д', '\u{1c81}'],
        'о' => &['О', 'о', '\u{1c82}'],
        'с' => &['С', 'с', '\u{1c83}'],
        'т' => &['Т', 'т', '\u{1c84}', '\u{1c85}'],
        'ъ' => &['Ъ', 'ъ', '\u{1c86}'],
        'ѣ' => &['Ѣ', 'ѣ', '\u{1c87}'],
        'ꙋ' => &['\u{1c88}', 'Ꙋ', 'ꙋ'],
        'ṡ' => &['Ṡ', 'ṡ', '\u{1e9b}'],
        '\u{390}' => &['\u{390}', '\u{1fd3}'],
        '\u{3b0}' => &['\u{3b0}', '\u{1fe3}'],
        '\u{fb05}' => &['\u{fb05}', '\u{fb06}'],
        _ => &[],
    };
    let ring: Vec<char> = near.into_iter().chain(extra.iter().copied()).collect();
    let above = ring.iter().copied().filter(|&x| x > c).min();
    above.or(ring.into_iter().min()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_single_errors() {
        assert_eq!(decode(b"\xff"), (ERROR, 1));
        assert_eq!(decode(b"\xe4\xb8"), (ERROR, 1));
        assert_eq!(decode("世".as_bytes()), ('世', 3));
        assert_eq!(decode(b"\xed\xa0\x80"), (ERROR, 1));
        assert_eq!(decode(b"\xc0\x80"), (ERROR, 1));
        assert_eq!(decode_last("a世".as_bytes()), ('世', 3));
        assert_eq!(decode_last(b"\x80\x80"), (ERROR, 1));
        assert_eq!(count(b"a\xffb"), 3);
    }

    /// Folding is a ring: from every rune it leads back to it, over all runes that are equal to it, and no others.
    #[test]
    fn rings_of_equal_runes() {
        let all = || (0..=0x10ffff).filter_map(char::from_u32);
        for c in all() {
            let mut ring = vec![c];
            while let Some(next) = ring.last().map(|&last| next_fold(last)).filter(|next| *next != c) {
                ring.push(next);
                assert!(ring.len() <= 4, "{ring:?}");
            }
            assert!(ring.iter().all(|&r| fold(r) == fold(c)), "{ring:?}");
            assert_eq!(
                ring.iter().zip(&ring[1..]).filter(|(a, b)| a > b).count(),
                usize::from(ring.iter().min() != Some(&c))
            );
        }
        for ring in [
            "Ss\u{17f}",
            "Kk\u{212a}",
            "\u{345}\u{399}\u{3b9}\u{1fbe}",
            "\u{422}\u{442}\u{1c84}\u{1c85}",
            "\u{fb05}\u{fb06}",
        ] {
            let ring: Vec<char> = ring.chars().collect();
            for (k, &c) in ring.iter().enumerate() {
                assert_eq!(next_fold(c), ring[(k + 1) % ring.len()]);
            }
        }
        assert_eq!([next_fold('İ'), next_fold('ı'), next_fold('i')], ['İ', 'ı', 'I']);
    }

    #[test]
    fn full_rune() {
        assert!(!full(b"\xe4\xb8"));
        assert!(full(b"\xc0"));
        assert!(full(b"\xe4a"));
        assert!(!full(b""));
    }
}

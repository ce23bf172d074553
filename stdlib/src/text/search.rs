//! Searching and cutting bytes: what packages strings and bytes share.

use super::{category, rune};

/// Equality, without a call for short texts: two overlapping pieces cover what is at most twice as long as one.
#[inline]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().zip(b).all(|(x, y)| x == y),
        4..8 => a.first_chunk::<4>() == b.first_chunk::<4>() && a.last_chunk::<4>() == b.last_chunk::<4>(),
        8..=16 => a.first_chunk::<8>() == b.first_chunk::<8>() && a.last_chunk::<8>() == b.last_chunk::<8>(),
        _ => a == b,
    }
}

#[inline]
pub fn has_prefix(s: &[u8], prefix: &[u8]) -> bool {
    s.get(..prefix.len()).is_some_and(|front| equal(front, prefix))
}

#[inline]
pub fn has_suffix(s: &[u8], suffix: &[u8]) -> bool {
    s.len().checked_sub(suffix.len()).is_some_and(|at| equal(&s[at..], suffix))
}

pub fn index(s: &[u8], sub: &[u8]) -> Option<usize> {
    match sub {
        [] => Some(0),
        [b] => memchr::memchr(*b, s),
        _ if s.len() <= SHORT => index_short(s, sub),
        _ if sub.len() >= SHORT => memchr::memmem::find(s, sub),
        // What is found soon is found without preparation.
        _ => index_short(&s[..SHORT], sub).or_else(|| {
            let seen = SHORT - sub.len() + 1;
            memchr::memmem::find(&s[seen..], sub).map(|at| seen + at)
        }),
    }
}

/// In texts up to this length a search costs less than its preparation.
const SHORT: usize = 128;
const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = LOW << 7;
const PIECE: usize = size_of::<u64>();

#[inline(always)]
fn piece(s: &[u8], at: usize) -> u64 {
    s[at..].first_chunk().map_or(0, |b| u64::from_le_bytes(*b))
}

/// Where a text of two bytes or more begins: eight places at a time are looked at for its first and its last byte.
fn index_short(s: &[u8], sub: &[u8]) -> Option<usize> {
    let (n, places) = (sub.len(), (s.len() + 1).checked_sub(sub.len())?);
    if places < PIECE {
        return (0..places).find(|&at| s[at] == sub[0] && equal(&s[at..at + n], sub));
    }
    let (first, last) = (u64::from(sub[0]) * LOW, u64::from(sub[n - 1]) * LOW);
    let mut at = 0;
    loop {
        let other = (piece(s, at) ^ first) | (piece(s, at + n - 1) ^ last);
        // Bytes that are 0, and perhaps some above one that is.
        let mut hits = other.wrapping_sub(LOW) & !other & HIGH;
        while hits != 0 {
            let k = at + hits.trailing_zeros() as usize / 8;
            if equal(&s[k..k + n], sub) {
                return Some(k);
            }
            hits &= hits - 1;
        }
        if at == places - PIECE {
            return None;
        }
        // The last eight overlap those before.
        at = (at + PIECE).min(places - PIECE);
    }
}

pub fn last_index(s: &[u8], sub: &[u8]) -> Option<usize> {
    match sub {
        [] => Some(s.len()),
        [b] => memchr::memrchr(*b, s),
        _ => memchr::memmem::rfind(s, sub),
    }
}

/// -1 for `None`, as Go's functions answer.
pub fn or_minus_one(i: Option<usize>) -> i64 {
    i.map_or(-1, |i| i as i64)
}

/// Non-overlapping occurrences; the empty one occurs between all runes.
pub fn count(s: &[u8], sub: &[u8]) -> usize {
    match sub {
        [] => rune::count(s) + 1,
        [b] => memchr::memchr_iter(*b, s).count(),
        _ => memchr::memmem::find_iter(s, sub).count(),
    }
}

/// First place of a rune; U+FFFD finds invalid bytes too.
pub fn index_rune(s: &[u8], r: i64) -> Option<usize> {
    let c = u32::try_from(r).ok().and_then(char::from_u32)?;
    if c == rune::ERROR {
        return rune::runes(s).find(|x| x.1 == c).map(|x| x.0);
    }
    let mut buf = [0; 4];
    index(s, c.encode_utf8(&mut buf).as_bytes())
}

pub fn index_any(s: &[u8], chars: &[u8]) -> Option<usize> {
    rune::runes(s).find(|x| has(chars, x.1)).map(|x| x.0)
}

pub fn last_index_any(s: &[u8], chars: &[u8]) -> Option<usize> {
    let mut end = s.len();
    while end > 0 {
        let (c, width) = rune::decode_last(&s[..end]);
        end -= width;
        if has(chars, c) {
            return Some(end);
        }
    }
    None
}

fn has(chars: &[u8], c: char) -> bool {
    if c.is_ascii() { chars.contains(&(c as u8)) } else { rune::runes(chars).any(|x| x.1 == c) }
}

/// Bounds of `s` without leading runes of the set.
pub fn trim_left(s: &[u8], cut: &[u8]) -> usize {
    rune::runes(s).find(|x| !has(cut, x.1)).map_or(s.len(), |x| x.0)
}

/// The end of `s` without trailing runes of the set.
pub fn trim_right(s: &[u8], cut: &[u8]) -> usize {
    let mut end = s.len();
    while end > 0 {
        let (c, width) = rune::decode_last(&s[..end]);
        if !has(cut, c) {
            break;
        }
        end -= width;
    }
    end
}

/// Bounds of `s` without runes of the set at both ends.
pub fn trim(s: &[u8], cut: &[u8]) -> (usize, usize) {
    let lo = trim_left(s, cut);
    (lo, lo + trim_right(&s[lo..], cut))
}

/// Bounds of `s` without white space at both ends.
pub fn trim_space(s: &[u8]) -> (usize, usize) {
    let text = |b: &u8| !matches!(b, b'\t'..=b'\r' | b' ');
    let Some(start) = s.iter().position(text) else { return (s.len(), s.len()) };
    let end = s.iter().rposition(text).map_or(start, |i| i + 1);
    // Only what is no ASCII needs a look at runes.
    if s[start] < 0x80 && s[end - 1] < 0x80 {
        return (start, end);
    }
    let start = rune::runes(s).find(|x| !category::is_space(x.1)).map_or(s.len(), |x| x.0);
    let mut end = s.len();
    while end > start {
        let (c, width) = rune::decode_last(&s[..end]);
        if !category::is_space(c) {
            break;
        }
        end -= width;
    }
    (start, end)
}

/// Room for the parts of most texts.
const FEW_PARTS: usize = 16;

/// Bounds of the words between white space.
pub fn fields(s: &[u8]) -> Vec<(usize, usize)> {
    let mut out = Vec::with_capacity(FEW_PARTS);
    let (mut start, mut at) = (None, 0);
    while let Some(&byte) = s.get(at) {
        let (c, width) = if byte < 0x80 { (byte as char, 1) } else { rune::decode(&s[at..]) };
        if category::is_space(c) {
            if let Some(from) = start.take() {
                out.push((from, at));
            }
        } else if start.is_none() {
            start = Some(at);
        }
        at += width;
    }
    if let Some(from) = start {
        out.push((from, s.len()));
    }
    out
}

/// Bounds of the parts between separators, each with `keep` bytes of the separator behind it; at most `n` parts (all when negative).
/// An empty separator cuts after each rune.
pub fn split(s: &[u8], sep: &[u8], keep: usize, n: i64) -> Vec<(usize, usize)> {
    let most = usize::try_from(n).unwrap_or(usize::MAX);
    let mut out = Vec::with_capacity(FEW_PARTS);
    if most == 0 {
        return out;
    }
    if sep.is_empty() {
        for (at, _, width) in rune::runes(s) {
            if out.len() + 1 == most {
                out.push((at, s.len()));
                return out;
            }
            out.push((at, at + width));
        }
        return out;
    }
    let mut start = 0;
    while out.len() + 1 < most {
        let Some(at) = index(&s[start..], sep) else { break };
        out.push((start, start + at + keep));
        start += at + sep.len();
    }
    out.push((start, s.len()));
    out
}

/// A bound on the length of what [`replace`] makes.
pub fn replaced_len(s: &[u8], old: &[u8], new: &[u8], n: i64) -> usize {
    if new.len() <= old.len() {
        return s.len();
    }
    let times = count(s, old).min(usize::try_from(n).unwrap_or(usize::MAX));
    s.len().saturating_add(times.saturating_mul(new.len()))
}

/// With at most `n` occurrences replaced (all when negative).
pub fn replace(s: &[u8], old: &[u8], new: &[u8], n: i64) -> Option<Vec<u8>> {
    let most = usize::try_from(n).unwrap_or(usize::MAX);
    if old == new || most == 0 {
        return None;
    }
    let times = count(s, old).min(most);
    if times == 0 {
        return None;
    }
    let mut out =
        Vec::with_capacity(s.len().saturating_add(times.saturating_mul(new.len())).saturating_sub(times * old.len()));
    let mut start = 0;
    for k in 0..times {
        let mut at = start;
        if old.is_empty() {
            if k > 0 {
                at += rune::decode(&s[start..]).1;
            }
        } else {
            at += index(&s[start..], old).unwrap_or(0);
        }
        out.extend_from_slice(&s[start..at]);
        out.extend_from_slice(new);
        start = at + old.len();
    }
    out.extend_from_slice(&s[start..]);
    Some(out)
}

/// Gives `out` the parts of `s` with every `pairs[2k]` replaced by `pairs[2k + 1]`: at each place the first one that fits. The empty string
/// fits once at a place; then only what is not empty may follow there. False: nothing fits anywhere, and nothing was given.
pub fn replace_pairs<'a>(s: &'a [u8], pairs: &[&'a [u8]], mut out: impl FnMut(&'a [u8])) -> bool {
    let mut begins = [false; 256];
    let mut empty = false;
    for old in pairs.iter().step_by(2) {
        match old.first() {
            Some(first) => begins[usize::from(*first)] = true,
            None => empty = true,
        }
    }
    let (mut i, mut last, mut any, mut after_empty) = (0, 0, false, false);
    while i <= s.len() {
        let fits = |pair: &&[&'a [u8]]| s[i..].starts_with(pair[0]) && !(after_empty && pair[0].is_empty());
        let worth = empty || s.get(i).is_some_and(|b| begins[usize::from(*b)]);
        let Some(pair) = pairs.chunks_exact(2).find(fits).filter(|_| worth) else {
            after_empty = false;
            i += 1;
            if !empty {
                i += s.get(i..).unwrap_or(&[]).iter().take_while(|b| !begins[usize::from(**b)]).count();
            }
            continue;
        };
        any = true;
        out(&s[last..i]);
        out(pair[1]);
        i += pair[0].len();
        last = i;
        after_empty = pair[0].is_empty();
    }
    if any {
        out(&s[last..]);
    }
    any
}

/// Every rune mapped; invalid bytes become U+FFFD.
pub fn map_runes(s: &[u8], f: impl Fn(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for (_, c, _) in rune::runes(s) {
        rune::push(&mut out, i64::from(f(c) as u32));
    }
    out
}

pub fn to_upper(s: &[u8]) -> Vec<u8> {
    if s.is_ascii() { s.to_ascii_uppercase() } else { map_runes(s, rune::to_upper) }
}

pub fn to_lower(s: &[u8]) -> Vec<u8> {
    if s.is_ascii() { s.to_ascii_lowercase() } else { map_runes(s, rune::to_lower) }
}

/// The first letter of each word in title case: a word starts behind what is no letter, digit or underscore.
pub fn title(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut previous = ' ';
    for (_, c, _) in rune::runes(s) {
        let mapped = if separates(previous) { rune::to_title(c) } else { c };
        rune::push(&mut out, i64::from(mapped as u32));
        previous = c;
    }
    out
}

fn separates(c: char) -> bool {
    if c.is_ascii() {
        return !(c.is_ascii_alphanumeric() || c == '_');
    }
    !category::is(category::LETTER | 1 << category::ND, c) && category::is_space(c)
}

/// The bytes of ASCII with small letters in the place of capital ones.
#[inline(always)]
fn small(x: u64) -> u64 {
    let from = |c: u8| x + LOW * u64::from(0x80 - c);
    x | ((from(b'A') & !from(b'Z' + 1) & HIGH) >> 2)
}

/// Equality but for the case of letters, of texts of one length in ASCII; `None` when they are other ones.
fn equal_fold_ascii(a: &[u8], b: &[u8]) -> Option<bool> {
    let n = a.len();
    if n != b.len() {
        return (a.is_ascii() && b.is_ascii()).then_some(false);
    }
    if n < PIECE {
        return (a.is_ascii() && b.is_ascii()).then(|| a.iter().zip(b).all(|(x, y)| x.eq_ignore_ascii_case(y)));
    }
    let mut at = 0;
    loop {
        let (x, y) = (piece(a, at), piece(b, at));
        if (x | y) & HIGH != 0 {
            return None;
        }
        if x != y && small(x) != small(y) {
            return Some(false);
        }
        if at == n - PIECE {
            return Some(true);
        }
        at = (at + PIECE).min(n - PIECE);
    }
}

pub fn equal_fold(a: &[u8], b: &[u8]) -> bool {
    if let Some(equal) = equal_fold_ascii(a, b) {
        return equal;
    }
    let (mut x, mut y) = (rune::runes(a), rune::runes(b));
    loop {
        match (x.next(), y.next()) {
            (None, None) => return true,
            (Some(p), Some(q)) if p.1 == q.1 || rune::fold(p.1) == rune::fold(q.1) => {}
            _ => return false,
        }
    }
}

/// Runs of invalid bytes replaced by one `with`.
pub fn to_valid(s: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    let mut bad = false;
    for (at, c, width) in rune::runes(s) {
        if c == rune::ERROR && width == 1 {
            if !bad {
                out.extend_from_slice(with);
            }
            bad = true;
        } else {
            out.extend_from_slice(&s[at..at + width]);
            bad = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits() {
        assert_eq!(split(b"a,b,c", b",", 0, -1), [(0, 1), (2, 3), (4, 5)]);
        assert_eq!(split(b"a,b,c", b",", 1, 2), [(0, 2), (2, 5)]);
        assert_eq!(split(b"", b",", 0, -1), [(0, 0)]);
        assert_eq!(split(b"", b"", 0, -1), []);
        assert_eq!(split("aé".as_bytes(), b"", 0, -1), [(0, 1), (1, 3)]);
        assert_eq!(fields(b"  a bc \n"), [(2, 3), (4, 6)]);
    }

    #[test]
    fn equality_looks_at_every_byte() {
        for n in 0..40 {
            let a: Vec<u8> = (0..n).collect();
            assert!(equal(&a, &a.clone()) && has_prefix(&a, &a[..a.len() / 2]) && has_suffix(&a, &a[a.len() / 2..]));
            assert!(!has_prefix(&a, &[&a[..], b"x"].concat()) && !has_suffix(&a, &[b"x", &a[..]].concat()));
            for k in 0..a.len() {
                let mut b = a.clone();
                b[k] ^= 0x80;
                assert!(!equal(&a, &b) && !equal(&a, &a[..k]));
            }
        }
    }

    #[test]
    fn short_searches_find_what_long_ones_do() {
        let mut state = 1u32;
        let mut pick = move |n: u32| {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 12) % n
        };
        for _ in 0..20_000 {
            let letters = 1 + pick(3);
            let mut text =
                |most: u32| -> Vec<u8> { (0..pick(most)).map(|_| b"ab\x80"[pick(letters) as usize]).collect() };
            let (s, sub) = (text(SHORT as u32 + 1), text(12));
            let places = (s.len() + 1).saturating_sub(sub.len());
            assert_eq!(index(&s, &sub), (0..places).find(|&k| s[k..].starts_with(&sub)), "{s:?} {sub:?}");
        }
    }

    #[test]
    fn folding_pieces_is_folding_bytes() {
        for n in [1, 7, 8, 9, 20] {
            for c in 0..=255u8 {
                for d in 0..=255u8 {
                    let (mut a, mut b) = (vec![b'q'; n], vec![b'Q'; n]);
                    (a[n - 1], b[n - 1]) = (c, d);
                    (a[n / 2], b[n / 2]) = (c, d);
                    let ascii = c < 0x80 && d < 0x80;
                    assert_eq!(equal_fold_ascii(&a, &b), ascii.then(|| a.eq_ignore_ascii_case(&b)), "{c} {d} {n}");
                }
            }
        }
    }

    #[test]
    fn replaces() {
        assert_eq!(replace(b"oink oink", b"k", b"ky", 1).as_deref(), Some(&b"oinky oink"[..]));
        assert_eq!(replace(b"ab", b"", b"-", -1).as_deref(), Some(&b"-a-b-"[..]));
        assert_eq!(replace(b"ab", b"x", b"-", -1), None);
    }

    #[test]
    fn cases() {
        assert_eq!(to_upper("straße".as_bytes()), "STRAßE".as_bytes());
        assert_eq!(title(b"hello wor_ld o'x"), b"Hello Wor_ld O'X");
        assert!(equal_fold("Σσς".as_bytes(), "ςΣσ".as_bytes()));
        assert!(equal_fold("K".as_bytes(), "\u{212a}".as_bytes()));
    }
}

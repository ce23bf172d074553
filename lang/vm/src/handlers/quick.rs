//! Natives in place that need no call: the handler does what they mostly do, and leaves the rest (long texts, runes beyond ASCII, nothing there) to
//! the native itself. The loader puts these in the place of `CallD` and `CallD2`, whose operands they have. *(unsafe: see `code.rs`; arguments
//! are strings, slices and words as the native's signature says, which the compiler keeps to)*
use crate::code::*;
use crate::handlers::call::{CallD, CallD2, in_place, in_place2};
use crate::native::{Ascii, Quick};
use crate::object::string::{FEW, Loose, eq_few, str_parts};
use gol_runtime::P;

/// The handler for calls of such a native, with a test of the answer behind it or not.
pub(crate) fn handler(quick: Quick, tested: bool) -> Handler {
    match quick {
        Quick::StrPrefix => StrPrefix,
        Quick::StrSuffix => StrSuffix,
        Quick::StrByte => StrByte,
        Quick::StrHasByte => StrHasByte,
        Quick::StrRune => StrRune,
        Quick::StrTrim => StrTrim,
        Quick::BytesPrefix => BytesPrefix,
        Quick::BytesSuffix => BytesSuffix,
        Quick::BytesEqual => BytesEqual,
        Quick::BytesByte => BytesByte,
        Quick::BytesRune => BytesRune,
        Quick::BytesTrim => BytesTrim,
        Quick::Ascii(set) => ascii(set),
        Quick::Upper => Upper,
        Quick::Lower => Lower,
        Quick::Same => Same,
        Quick::Ones => Ones,
        Quick::LeadingZeros => LeadingZeros,
        Quick::TrailingZeros => TrailingZeros,
        Quick::ReverseBytes => ReverseBytes,
        Quick::Mul => Mul,
        Quick::Cursor(cursor) => super::cursor::handler(cursor, false, tested),
    }
}

/// What does such a native for machine code.
pub(crate) fn work(quick: Quick) -> usize {
    macro_rules! of {
        ($($name:ident)*) => {
            match quick {
                $(Quick::$name => $name::work as *const () as usize,)*
                Quick::Ascii(set) => ascii_work(set),
                Quick::Cursor(cursor) => super::cursor::work(cursor),
            }
        };
    }
    of! {
        StrPrefix StrSuffix StrByte StrHasByte StrRune StrTrim BytesPrefix BytesSuffix BytesEqual BytesByte BytesRune BytesTrim
        Upper Lower Same Ones LeadingZeros TrailingZeros ReverseBytes Mul
    }
}

/// Bytes and their number.
pub(super) type Text = (*const u8, usize);

/// The string in a register.
#[inline(always)]
unsafe fn str(base: Base, k: u16) -> Text {
    // SAFETY: a string word.
    unsafe { str_parts(r(base, k)) }
}

/// The `[]byte` in three registers.
#[inline(always)]
unsafe fn bytes(base: Base, k: u16) -> Text {
    // SAFETY: registers are verified.
    unsafe { (r(base, k) as *const u8, *at(base, k).add(1) as usize) }
}

/// Is `part` the beginning, or the end, of `s`? `None` when it is too long to say here.
#[inline(always)]
unsafe fn is_end(s: Text, part: Text, last: bool) -> Option<u64> {
    if part.1 > s.1 {
        return Some(0);
    }
    // SAFETY: both have so many bytes.
    unsafe {
        let from = if last { s.0.add(s.1 - part.1) } else { s.0 };
        match part.1 {
            0..=FEW => Some(eq_few(from, part.0, part.1) as u64),
            n @ ..=COMPARE => Some(eq_pieces(from, part.0, n) as u64),
            _ => None,
        }
    }
}

/// Texts up to this length are compared here, sixteen bytes at a time.
const COMPARE: usize = 256;

/// Equality of `n` bytes, at least sixteen.
#[inline(always)]
unsafe fn eq_pieces(a: *const u8, b: *const u8, n: usize) -> bool {
    const STEP: usize = size_of::<u128>();
    let mut k = 0;
    // SAFETY: what is read lies below `n`.
    unsafe {
        loop {
            if (*a.add(k).cast::<Loose<u128>>()).0 != (*b.add(k).cast::<Loose<u128>>()).0 {
                return false;
            }
            if k == n - STEP {
                return true;
            }
            // The last piece overlaps the one before.
            k = (k + STEP).min(n - STEP);
        }
    }
}

#[inline(always)]
unsafe fn is_equal(a: Text, b: Text) -> Option<u64> {
    // SAFETY: as for `is_end`.
    if a.1 == b.1 { unsafe { is_end(a, b, false) } } else { Some(0) }
}

/// So many bytes of a text are searched here, eight at a time.
const SEARCH: usize = 64;
const PIECE: usize = size_of::<u64>();

/// Where the first byte `c` of a text is, or -1; `None` when it is not among the first.
#[inline(always)]
unsafe fn find((s, len): Text, c: u64) -> Option<u64> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let n = len.min(SEARCH);
    let nowhere = if n == len { Some(u64::MAX) } else { None };
    let mut k = 0;
    // SAFETY: what is read lies below `n`.
    unsafe {
        if n < PIECE {
            while k < n {
                if *s.add(k) as u64 == c {
                    return Some(k as u64);
                }
                k += 1;
            }
            return Some(u64::MAX);
        }
        let pattern = c * LOW;
        loop {
            // Bytes that are `c` become 0; the lowest zero is told exactly.
            let x = u64::from_le((*s.add(k).cast::<Loose<u64>>()).0) ^ pattern;
            let hit = x.wrapping_sub(LOW) & !x & (LOW << 7);
            if hit != 0 {
                return Some(k as u64 + u64::from(hit.trailing_zeros()) / 8);
            }
            if k == n - PIECE {
                return nowhere;
            }
            // The last piece overlaps the one before.
            k = (k + PIECE).min(n - PIECE);
        }
    }
}

/// Is the ASCII character `c` in a text?
#[inline(always)]
unsafe fn has(s: Text, c: u64) -> Option<u64> {
    if c >= 0x80 {
        return None;
    }
    // SAFETY: the caller's.
    unsafe { find(s, c) }.map(|k| (k != u64::MAX) as u64)
}

/// The ASCII character `c` with letters from `from` on moved to `to`.
#[inline(always)]
fn other_case(c: u64, from: u8, to: u8) -> Option<u64> {
    if c >= 0x80 {
        return None;
    }
    let letter = c.wrapping_sub(from.into());
    Some(if letter < 26 { letter + u64::from(to) } else { c })
}

#[inline(always)]
fn product(x: u64, y: u64) -> (u64, u64) {
    let z = u128::from(x) * u128::from(y);
    ((z >> 64) as u64, z as u64)
}

/// What is in ASCII, or Latin letters and much else that has two or three bytes: the rune and its width.
#[inline(always)]
pub(super) unsafe fn decode((s, n): Text) -> Option<(u64, u64)> {
    // SAFETY: what is read lies below `n`.
    unsafe {
        if n == 0 {
            return None;
        }
        let tail = |k: usize| {
            let b = *s.add(k) as u64;
            (b & 0xc0 == 0x80).then_some(b & 0x3f)
        };
        match *s as u64 {
            b @ 0..0x80 => Some((b, 1)),
            b @ 0xc2..=0xdf if n >= 2 => Some(((b & 0x1f) << 6 | tail(1)?, 2)),
            // E0 and ED have tails that are not allowed.
            b @ (0xe1..=0xec | 0xee..=0xef) if n >= 3 => Some(((b & 0xf) << 12 | tail(1)? << 6 | tail(2)?, 3)),
            _ => None,
        }
    }
}

/// The bounds of a text without white space, when what is left begins and ends in ASCII.
#[inline(always)]
unsafe fn trim((s, n): Text) -> Option<(u64, u64)> {
    let (mut lo, mut hi) = (0, n);
    // SAFETY: what is read lies below `n`.
    unsafe {
        let space = |k: usize| matches!(*s.add(k), b'\t'..=b'\r' | b' ');
        while lo < hi && space(lo) {
            lo += 1;
        }
        if lo == hi {
            return Some((n as u64, n as u64));
        }
        while space(hi - 1) {
            hi -= 1;
        }
        ((*s.add(lo) | *s.add(hi - 1)) < 0x80).then_some((lo as u64, hi as u64))
    }
}

/// Results go to registers.
#[inline(always)]
unsafe fn put<const N: usize>(to: Base, v: [u64; N]) {
    // SAFETY: registers are verified.
    unsafe { *(to as *mut [u64; N]) = v }
}

/// The same for machine code: see `gol_jit::Helper::Work`.
macro_rules! works {
    ([$base:ident $i:ident] $native:ident $($name:ident ($($v:ident)*) $value:expr;)*) => { $(
        #[allow(non_snake_case, unused_parens)]
        pub(super) mod $name {
            use super::*;
            pub(in super::super) unsafe extern "C" fn work(pc: Pc, $base: Base, p: *mut P) -> bool {
                // SAFETY: `pc` is a verified call of this native.
                unsafe {
                    let $i = &*pc;
                    let Some(($($v),*)) = $value else { return $native(pc, $base, p) };
                    put(at($base, $i.a), [$($v),*]);
                    true
                }
            }
        }
    )* };
}

/// Handlers for one word of result, and for two. `None` goes to the native.
macro_rules! answers {
    ([$base:ident $i:ident] $($name:ident $value:expr;)*) => {
        handlers! { [pc $base p $i] $($name {
            let Some(v) = $value else {
                std::hint::cold_path();
                return CallD(pc.sub(1), $base, p)
            };
            w($base, $i.a, v);
            pc = pc.add(1);
        })* }
        works! { [$base $i] in_place $($name (v) $value;)* }
    };
}
macro_rules! pairs {
    ([$base:ident $i:ident] $($name:ident $value:expr;)*) => {
        handlers! { [pc $base p $i] $($name {
            let Some((x, y)) = $value else {
                std::hint::cold_path();
                return CallD2(pc.sub(1), $base, p)
            };
            w($base, $i.a, x);
            *at($base, $i.a).add(1) = y;
            pc = pc.add(1);
        })* }
        works! { [$base $i] in_place2 $($name (x y) $value;)* }
    };
}

answers! { [base i]
    StrPrefix is_end(str(base, i.b), str(base, i.c), false);
    StrSuffix is_end(str(base, i.b), str(base, i.c), true);
    BytesPrefix is_end(bytes(base, i.b), bytes(base, i.c), false);
    BytesSuffix is_end(bytes(base, i.b), bytes(base, i.c), true);
    BytesEqual is_equal(bytes(base, i.b), bytes(base, i.c));
    StrByte find(str(base, i.b), r(base, i.c));
    BytesByte find(bytes(base, i.b), r(base, i.c));
    StrHasByte has(str(base, i.b), r(base, i.c));
    Upper other_case(r(base, i.b), b'a', b'A');
    Lower other_case(r(base, i.b), b'A', b'a');
    Same Some(r(base, i.b));
    Ones Some(r(base, i.b).count_ones() as u64);
    LeadingZeros Some(r(base, i.b).leading_zeros() as u64);
    TrailingZeros Some(r(base, i.b).trailing_zeros() as u64);
    ReverseBytes Some(r(base, i.b).swap_bytes());
}
pairs! { [base i]
    StrRune decode(str(base, i.b));
    BytesRune decode(bytes(base, i.b));
    StrTrim trim(str(base, i.b));
    BytesTrim trim(bytes(base, i.b));
    Mul Some(product(r(base, i.b), r(base, i.c)));
}

/// Sets of ASCII: a bit of two words for each.
macro_rules! sets {
    ($($set:ident |$b:ident| $holds:expr;)*) => {
        handlers! { [pc base p i] $($set {
            const SET: [u64; 2] = {
                let mut bits = [0; 2];
                let mut k = 0;
                while k < 0x80 {
                    let $b = k as u8;
                    if $holds {
                        bits[k / 64] |= 1 << (k % 64);
                    }
                    k += 1;
                }
                bits
            };
            let c = r(base, i.b);
            if c >= 0x80 { std::hint::cold_path(); return CallD(pc.sub(1), base, p) }
            let word = if c < 64 { SET[0] } else { SET[1] };
            w(base, i.a, word >> (c & 63) & 1);
            pc = pc.add(1);
        })* }
        fn ascii_work(_: Ascii) -> usize {
            in_place as *const () as usize
        }
        fn ascii(set: Ascii) -> Handler {
            match set { $(Ascii::$set => $set,)* }
        }
    };
}
sets! {
    Digit |b| b.is_ascii_digit();
    Letter |b| b.is_ascii_alphabetic();
    SmallLetter |b| b.is_ascii_lowercase();
    Capital |b| b.is_ascii_uppercase();
    Space |b| matches!(b, b'\t'..=b'\r' | b' ');
    Punct |b| b.is_ascii_punctuation() && !matches!(b, b'$' | b'+' | b'<' | b'=' | b'>' | b'^' | b'`' | b'|' | b'~');
}

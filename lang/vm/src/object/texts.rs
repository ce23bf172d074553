//! Tables of constant texts, for switches: which of them a string is. *(unsafe: string words; the tables are immortal and never change)*
//!
//! A text's place in the table is found by its first and last bytes and its length, which tell short texts apart. Where two texts
//! want the same slot, the later one takes the next that is free.
use super::string::{Loose, permanent_str, str_eq, str_parts};
use std::sync::Arc;

/// The length up to which a text is told by its ends.
const SHORT: usize = 16;

/// A text, or none when its length is 0.
#[derive(Clone, Copy)]
struct Slot {
    ends: [u64; 2],
    len: u32,
    /// Which of the texts it is; how many there are, when none.
    number: u32,
    /// As a string.
    word: u64,
}

/// Texts that differ.
pub(crate) struct Texts {
    /// Twice as many as texts, and behind them so many that the last text of all finds a free one, and one more.
    slots: Box<[Slot]>,
    /// So many of them are wanted.
    wanted: u32,
    /// The number of the empty text, or of none.
    empty: u32,
}

/// The first and the last bytes of a text of `n` > 0 bytes, overlapping when it is short: up to [`SHORT`], these are all of its bytes.
#[inline(always)]
unsafe fn ends_of(at: *const u8, n: usize) -> [u64; 2] {
    #[inline(always)]
    unsafe fn ends<T: Copy + Into<u64>>(at: *const u8, n: usize) -> [u64; 2] {
        // SAFETY: a piece is no longer than `n`.
        unsafe { [(*at.cast::<Loose<T>>()).0.into(), (*at.add(n - size_of::<T>()).cast::<Loose<T>>()).0.into()] }
    }
    // SAFETY: the caller's.
    unsafe {
        match n {
            8.. => ends::<u64>(at, n),
            4.. => ends::<u32>(at, n),
            2.. => ends::<u16>(at, n),
            _ => ends::<u8>(at, n),
        }
    }
}

impl Texts {
    /// The table of texts that differ, as the word of a constant.
    pub fn permanent(list: &[Arc<[u8]>]) -> u64 {
        let count = list.len() as u32;
        let wanted = list.len() * 2 + 1;
        let free = Slot { ends: [0; 2], len: 0, number: count, word: 0 };
        let slots = vec![free; wanted + list.len() + 1].into();
        let mut table = Texts { slots, wanted: wanted as u32, empty: count };
        for (text, number) in list.iter().zip(0..) {
            let Some(len) = u32::try_from(text.len()).ok().filter(|n| *n > 0) else {
                table.empty = number;
                continue;
            };
            // SAFETY: so many bytes, at least one.
            let ends = unsafe { ends_of(text.as_ptr(), text.len()) };
            let mut k = table.wants(ends, text.len());
            while table.slots[k].len > 0 {
                k += 1;
            }
            table.slots[k] = Slot { ends, len, number, word: permanent_str(text) };
        }
        &raw const *Box::leak(Box::new(table)) as u64
    }
    /// The slot where a text is to be looked for first.
    #[inline(always)]
    fn wants(&self, ends: [u64; 2], n: usize) -> usize {
        let mixed = (ends[0] ^ ends[1].rotate_left(32)).wrapping_add(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (((mixed >> 32) * self.wanted as u64) >> 32) as usize
    }
    /// Which of them a string is; `None` where that takes a look at more than its ends.
    ///
    /// # Safety
    /// `s` is a string word.
    #[inline(always)]
    pub unsafe fn find_short(&self, s: u64) -> Option<u32> {
        // SAFETY: the caller's.
        let (at, n) = unsafe { str_parts(s) };
        if n > SHORT {
            return None;
        }
        // SAFETY: the ends decide.
        Some(unsafe { self.find(at, n, |_| true) })
    }
    /// The same for strings of any length.
    ///
    /// # Safety
    /// `s` is a string word.
    #[inline(never)]
    pub unsafe fn find_long(&self, s: u64) -> u32 {
        // SAFETY: string words.
        unsafe {
            let (at, n) = str_parts(s);
            self.find(at, n, |x| str_eq(x.word, s))
        }
    }
    /// The text of `n` bytes at an address; `same` tells whether one with the same ends is it.
    #[inline(always)]
    unsafe fn find(&self, at: *const u8, n: usize, same: impl Fn(&Slot) -> bool) -> u32 {
        if n == 0 {
            return self.empty;
        }
        // SAFETY: n > 0; there is a free slot behind every other one.
        unsafe {
            let ends = ends_of(at, n);
            let mut x = self.slots.as_ptr().add(self.wants(ends, n));
            while (*x).len != 0 && !((*x).len as usize == n && (*x).ends == ends && same(&*x)) {
                x = x.add(1);
            }
            (*x).number
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(table: u64, text: &[u8]) -> u32 {
        let s = permanent_str(text);
        // SAFETY: a table and a string that were just made.
        unsafe {
            let table = &*(table as *const Texts);
            let (short, long) = (table.find_short(s), table.find_long(s));
            assert_eq!(short.is_some(), text.len() <= SHORT);
            assert!(short.is_none_or(|k| k == long));
            long
        }
    }

    #[test]
    fn texts_of_all_lengths_are_found_and_others_are_not() {
        // Ends and lengths are the same in many of them; those of more than 16 bytes differ in the middle only.
        let text = |k: usize, n: usize| -> Vec<u8> {
            let mut t = vec![b'x'; n];
            if n > 0 {
                t[n / 2] = k as u8;
            }
            t
        };
        let all: Vec<(usize, usize)> = (1..40).flat_map(|n| [1, 2, 7].map(|k| (k, n))).chain([(0, 0)]).collect();
        let list: Vec<Arc<[u8]>> = all.iter().map(|(k, n)| text(*k, *n).into()).collect();
        let table = Texts::permanent(&list);
        for (number, t) in list.iter().enumerate() {
            assert_eq!(find(table, t), number as u32);
        }
        for n in 1..60 {
            assert_eq!(find(table, &text(3, n)), list.len() as u32, "{n}");
        }
        let without = Texts::permanent(&list[..5]);
        assert_eq!(find(without, b""), 5);
        assert_eq!(find(Texts::permanent(&[]), b"any"), 0);
    }
}

//! Names and literal texts, each once, and the keywords among them.
//!
//! The first names of an interner are the keywords in the order of their table, so a keyword is known by its number.

use crate::token::KEYWORDS;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// An interned name or literal text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Sym(pub u32);

/// So many short names are found without the table, if they were seen lately.
const RECENT: usize = 512;

/// Names and literal texts, each once.
pub struct Interner {
    table: HashTable<Sym>,
    /// By a mix of its bytes, the latest name of at most eight of them: the bytes as a word, and its symbol.
    recent: Box<[(u64, Sym)]>,
    /// All texts, one behind the other.
    texts: String,
    /// Where each of them ends.
    ends: Vec<u32>,
}

impl Default for Interner {
    fn default() -> Interner {
        let recent = vec![(0, Sym(u32::MAX)); RECENT].into();
        let mut names = Interner { recent, ..Interner::empty() };
        for (word, _) in KEYWORDS {
            names.intern(word);
        }
        names
    }
}

impl Interner {
    /// Without the keywords: what stands in the place of one that is away. Not for a lexer.
    pub(crate) fn empty() -> Interner {
        Interner { table: HashTable::new(), recent: Box::default(), texts: String::new(), ends: vec![] }
    }
    /// The symbol of a name or number that lies in a text.
    pub fn intern_in(&mut self, text: &str, at: usize, len: usize) -> Sym {
        let key = match text.as_bytes()[at..].first_chunk::<8>() {
            Some(bytes) if (1..=8).contains(&len) => u64::from_le_bytes(*bytes) & (u64::MAX >> (64 - 8 * len)),
            _ => return self.intern(&text[at..at + len]),
        };
        // There is no byte 0 in them, so words of different lengths differ.
        let mix = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize;
        match self.recent.get(mix) {
            Some(&(word, y)) if word == key => y,
            _ => {
                let y = self.intern(&text[at..at + len]);
                if let Some(slot) = self.recent.get_mut(mix) {
                    *slot = (key, y);
                }
                y
            }
        }
    }
    pub fn intern(&mut self, s: &str) -> Sym {
        let hash = hash(s.as_bytes());
        let Interner { table, texts, ends, .. } = self;
        if let Some(y) = table.find(hash, |y| bytes(texts, ends, *y) == s.as_bytes()) {
            return *y;
        }
        let y = Sym(ends.len() as u32);
        texts.push_str(s);
        ends.push(texts.len() as u32);
        table.insert_unique(hash, y, |y| self::hash(bytes(texts, ends, *y)));
        y
    }
    /// The symbol of a text that was interned before.
    pub fn find(&self, s: &str) -> Option<Sym> {
        self.table.find(hash(s.as_bytes()), |y| self.get(*y) == s).copied()
    }
    /// How many there are; their symbols count from 0.
    pub fn count(&self) -> usize {
        self.ends.len()
    }
    pub fn get(&self, s: Sym) -> &str {
        let (from, to) = place(&self.ends, s);
        &self.texts[from..to]
    }
}

fn hash(s: &[u8]) -> u64 {
    FxBuildHasher.hash_one(s)
}

fn place(ends: &[u32], Sym(i): Sym) -> (usize, usize) {
    let from = i.checked_sub(1).map_or(0, |before| ends[before as usize]);
    (from as usize, ends[i as usize] as usize)
}

fn bytes<'a>(texts: &'a str, ends: &[u32], s: Sym) -> &'a [u8] {
    let (from, to) = place(ends, s);
    &texts.as_bytes()[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_come_first_and_stay_apart_from_names() {
        let mut names = Interner::default();
        assert_eq!(names.intern("gopher").0 as usize, KEYWORDS.len());
        for (i, (word, _)) in KEYWORDS.iter().enumerate() {
            assert_eq!(names.intern(word), Sym(i as u32), "{word}");
            assert_eq!(names.get(Sym(i as u32)), *word);
        }
        assert_eq!(names.find("gopher"), Some(Sym(KEYWORDS.len() as u32)));
        assert_eq!(names.find("gophers"), None);
    }
}

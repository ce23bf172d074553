//! What the texts of library packages declare, by name, and what of it is still out of the tree.
//!
//! A declaration is wanted when its name is mentioned: when it occurs in anything that was parsed, in whatever meaning. That is more
//! than what is referred to, never less, and is known before anything is checked. What is wanted once stays.

use super::twin::twin_of;
use crate::types::PkgId;
use gol_syntax::ast::{Interner, Sym};
use gol_syntax::{Piece, pieces};
use rustc_hash::FxHashMap;

/// No further declaration of the name.
const NONE: u32 = u32::MAX;

/// The text of a package.
struct Text {
    /// Where the session's sources have it.
    base: u32,
    /// Its declarations; `None` once they are wanted.
    pieces: Vec<Option<Piece>>,
    left: usize,
    /// Its entries in the list of all.
    entries: std::ops::Range<usize>,
}

/// A name that a piece declares.
struct Entry {
    name: &'static str,
    pkg: PkgId,
    piece: u32,
    /// The next one of the same name.
    next: u32,
}

/// Pieces of one package that are to be parsed now, in the order of the text.
pub struct Due {
    pub pkg: PkgId,
    pub base: u32,
    pub pieces: Vec<Piece>,
}

#[derive(Default)]
pub struct Contents {
    texts: FxHashMap<PkgId, Text>,
    entries: Vec<Entry>,
    /// The first entry of each name.
    heads: FxHashMap<&'static str, u32>,
    /// So many names were looked up.
    names_seen: usize,
    /// Wanted and not handed out yet.
    due: Vec<(PkgId, u32)>,
}

impl Contents {
    /// Takes up a package's text. The clauses before its declarations, which the caller has to parse.
    pub fn add(&mut self, names: &Interner, pkg: PkgId, base: u32, text: &'static str) -> Vec<Piece> {
        let (clauses, own): (Vec<Piece>, Vec<Piece>) = pieces(text).into_iter().partition(|p| p.is_clause(text));
        let first = self.entries.len();
        self.entries.reserve(own.len());
        self.heads.reserve(own.len());
        for (k, p) in own.iter().enumerate() {
            p.names(text, |name| {
                // A twin is mentioned with the function that it stands for.
                for name in [name].into_iter().chain(twin_of(name)) {
                    let next = self.heads.insert(name, self.entries.len() as u32).unwrap_or(NONE);
                    self.entries.push(Entry { name, pkg, piece: k as u32, next });
                    if names.find(name).is_some() {
                        self.due.push((pkg, k as u32));
                    }
                }
            });
        }
        let (left, entries) = (own.len(), first..self.entries.len());
        self.texts.insert(pkg, Text { base, pieces: own.into_iter().map(Some).collect(), left, entries });
        clauses
    }
    /// From now on everything of the package is wanted.
    pub fn want_all(&mut self, pkg: PkgId) {
        let n = self.texts.get(&pkg).map_or(0, |t| t.pieces.len() as u32);
        self.due.extend((0..n).map(|k| (pkg, k)));
    }
    /// Nothing of the package is left out.
    pub fn is_whole(&self, pkg: PkgId) -> bool {
        self.texts.get(&pkg).is_none_or(|t| t.left == 0)
    }
    /// The names of what is left out of a package.
    pub fn names_left(&self, pkg: PkgId) -> impl Iterator<Item = &'static str> + '_ {
        let entries = self.texts.get(&pkg).map_or(0..0, |t| t.entries.clone());
        let left = move |e: &&Entry| self.texts[&pkg].pieces[e.piece as usize].is_some();
        self.entries[entries].iter().filter(left).map(|e| e.name)
    }
    /// What became wanted since the last call.
    pub fn due(&mut self, names: &Interner) -> Vec<Due> {
        for i in self.names_seen..names.count() {
            let mut next = self.heads.get(names.get(Sym(i as u32))).copied().unwrap_or(NONE);
            while let Some(e) = self.entries.get(next as usize) {
                self.due.push((e.pkg, e.piece));
                next = e.next;
            }
        }
        self.names_seen = names.count();
        self.due.sort_unstable();
        let mut out: Vec<Due> = vec![];
        for (pkg, k) in std::mem::take(&mut self.due) {
            let Some(t) = self.texts.get_mut(&pkg) else { continue };
            let Some(piece) = t.pieces[k as usize].take() else { continue };
            t.left -= 1;
            match out.last_mut().filter(|d| d.pkg == pkg) {
                Some(d) => d.pieces.push(piece),
                None => out.push(Due { pkg, base: t.base, pieces: vec![piece] }),
            }
        }
        out
    }
}

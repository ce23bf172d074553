//! Scopes: the names of a package or the universe, and those of the blocks around a place in a body.

use crate::info::ObjId;
use gol_syntax::ast::Sym;
use rustc_hash::FxHashMap;
use smallvec::{SmallVec, smallvec};
use std::ops::Range;

/// So many names are searched one by one: most lists of names are short.
const SMALL: usize = 8;

/// The names of a file, a package or the universe.
pub type Scope = Names<ObjId>;

/// Names, and what each stands for.
#[derive(Clone, Debug)]
pub struct Names<T: Copy> {
    /// In the order of declaration, with those that were replaced.
    order: SmallVec<[(Sym, T); 4]>,
    /// The latest meaning of each name, when there are more than [`SMALL`].
    names: FxHashMap<Sym, T>,
}

impl<T: Copy> Default for Names<T> {
    fn default() -> Names<T> {
        Names { order: smallvec![], names: FxHashMap::default() }
    }
}

impl<T: Copy> Names<T> {
    pub fn get(&self, name: Sym) -> Option<T> {
        if self.order.len() > SMALL {
            return self.names.get(&name).copied();
        }
        self.order.iter().rev().find(|d| d.0 == name).map(|d| d.1)
    }
    /// Replaces an earlier meaning; the caller has checked that it may.
    pub fn insert(&mut self, name: Sym, meaning: T) {
        self.order.push((name, meaning));
        if self.order.len() == SMALL + 1 {
            self.names.extend(self.order.iter().copied());
        } else if self.order.len() > SMALL {
            self.names.insert(name, meaning);
        }
    }
    pub fn objects(&self) -> impl Iterator<Item = T> + '_ {
        self.order.iter().map(|d| d.1)
    }
    /// In the order of declaration; one that was replaced occurs again.
    pub fn symbols(&self) -> impl Iterator<Item = Sym> + '_ {
        self.order.iter().map(|d| d.0)
    }
    /// Takes over the names of another scope, which win.
    pub fn absorb(&mut self, other: Names<T>) {
        for (name, meaning) in other.order {
            self.insert(name, meaning);
        }
    }
}

/// The names of the blocks around the current place. A name's latest declaration is found at once, however many blocks there are.
#[derive(Default)]
pub struct Locals {
    /// Of all open blocks, in the order of declaration.
    declared: Vec<Local>,
    /// By name: the number of its latest declaration, counted from 1; 0 when there is none.
    latest: Vec<u32>,
    /// Where each open block begins in `declared`.
    blocks: Vec<usize>,
    out_of_sight: OutOfSight,
}

struct Local {
    name: Sym,
    obj: ObjId,
    /// The declaration that this one hides, as in `latest`.
    outer: u32,
}

/// Blocks, and declarations in them, that do not count: the current place is not inside of them.
#[derive(Default)]
pub struct OutOfSight {
    blocks: usize,
    declared: usize,
}

impl Locals {
    pub fn open(&mut self) {
        self.blocks.push(self.declared.len());
    }
    /// Closes the innermost block.
    pub fn close(&mut self) {
        let start = self.blocks.pop().unwrap_or(self.declared.len());
        while self.declared.len() > start
            && let Some(d) = self.declared.pop()
        {
            self.latest[d.name.0 as usize] = d.outer;
        }
    }
    /// All blocks closed.
    pub fn emptied(mut self) -> Locals {
        while !self.blocks.is_empty() {
            self.close();
        }
        self.out_of_sight = OutOfSight::default();
        self
    }
    /// What the innermost block declares, for [`Locals::at`].
    pub fn here(&self) -> Range<usize> {
        self.blocks.last().map_or(0, |&b| b)..self.declared.len()
    }
    pub fn at(&self, i: usize) -> ObjId {
        self.declared[i].obj
    }
    /// The current place is outside all functions.
    pub fn is_empty(&self) -> bool {
        self.blocks.len() == self.out_of_sight.blocks
    }
    pub fn get(&self, name: Sym) -> Option<ObjId> {
        self.declared_since(self.out_of_sight.declared, name)
    }
    /// As [`Locals::get`], in the innermost block alone.
    pub fn get_here(&self, name: Sym) -> Option<ObjId> {
        self.declared_since(*self.blocks.last()?, name)
    }
    fn declared_since(&self, start: usize, name: Sym) -> Option<ObjId> {
        let n = *self.latest.get(name.0 as usize)? as usize;
        (n > start).then(|| self.declared[n - 1].obj)
    }
    /// Declares a name in the innermost block.
    pub fn insert(&mut self, name: Sym, obj: ObjId) {
        let i = name.0 as usize;
        if self.latest.len() <= i {
            self.latest.resize((i + 1).next_power_of_two(), 0);
        }
        let outer = self.latest[i];
        self.declared.push(Local { name, obj, outer });
        self.latest[i] = self.declared.len() as u32;
    }
    /// All names, the innermost block's last.
    pub fn symbols(&self) -> impl Iterator<Item = Sym> + '_ {
        self.declared[self.out_of_sight.declared..].iter().map(|d| d.name)
    }
    /// Leaves all blocks, to go elsewhere for a while.
    pub fn leave(&mut self) -> OutOfSight {
        let all = OutOfSight { blocks: self.blocks.len(), declared: self.declared.len() };
        std::mem::replace(&mut self.out_of_sight, all)
    }
    /// Goes back to where [`Locals::leave`] was called.
    pub fn enter(&mut self, before: OutOfSight) {
        self.out_of_sight = before;
    }
}

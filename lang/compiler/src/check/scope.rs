//! Scopes: names of one block, and the stack of them while a body is checked.

use crate::info::ObjId;
use gol_syntax::ast::Sym;
use rustc_hash::FxHashMap;

/// Scopes of so many names are searched one by one: most blocks declare few.
const SMALL: usize = 8;

/// The names of a block, a package or the universe.
#[derive(Default, Clone, Debug)]
pub struct Scope {
    /// In the order of declaration, with those that were replaced.
    order: Vec<ObjId>,
    symbols: Vec<Sym>,
    /// The latest object of each name, when there are more than [`SMALL`] objects.
    names: FxHashMap<Sym, ObjId>,
}

impl Scope {
    pub fn get(&self, name: Sym) -> Option<ObjId> {
        if self.order.len() > SMALL {
            return self.names.get(&name).copied();
        }
        let i = self.symbols.iter().rposition(|&s| s == name)?;
        Some(self.order[i])
    }
    /// Replaces an earlier meaning; the caller has checked that it may.
    pub fn insert(&mut self, name: Sym, obj: ObjId) {
        self.order.push(obj);
        self.symbols.push(name);
        if self.order.len() == SMALL + 1 {
            self.names.extend(self.symbols.iter().copied().zip(self.order.iter().copied()));
        } else if self.order.len() > SMALL {
            self.names.insert(name, obj);
        }
    }
    pub fn objects(&self) -> &[ObjId] {
        &self.order
    }
    /// In the order of declaration; one that was replaced occurs again.
    pub fn symbols(&self) -> impl Iterator<Item = Sym> + '_ {
        self.symbols.iter().copied()
    }
    /// Takes over the names of another scope, which win.
    pub fn absorb(&mut self, other: Scope) {
        for (name, obj) in other.symbols.into_iter().zip(other.order) {
            self.insert(name, obj);
        }
    }
}

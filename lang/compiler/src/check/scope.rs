//! Scopes: names of one block, and the stack of them while a body is checked.

use crate::info::ObjId;
use gol_syntax::ast::Sym;
use rustc_hash::FxHashMap;

/// The names of a block, a package or the universe.
#[derive(Default, Clone, Debug)]
pub struct Scope {
    names: FxHashMap<Sym, ObjId>,
    /// In the order of declaration, with those that were replaced.
    order: Vec<ObjId>,
}

impl Scope {
    pub fn get(&self, name: Sym) -> Option<ObjId> {
        self.names.get(&name).copied()
    }
    /// Replaces an earlier meaning; the caller has checked that it may.
    pub fn insert(&mut self, name: Sym, obj: ObjId) {
        self.names.insert(name, obj);
        self.order.push(obj);
    }
    pub fn objects(&self) -> &[ObjId] {
        &self.order
    }
    pub fn symbols(&self) -> impl Iterator<Item = Sym> + '_ {
        self.names.keys().copied()
    }
    /// Takes over the names of another scope, which win.
    pub fn absorb(&mut self, other: Scope) {
        self.names.extend(other.names);
        self.order.extend(other.order);
    }
}

//! Where the variables of the function under construction live.
//!
//! A function's own variables have neighbouring ids, so most are found in a list that begins at the first one; those of bodies from
//! elsewhere are in a map.

use super::func::Loc;
use crate::info::ObjId;
use rustc_hash::FxHashMap;

/// How far from the first id the list goes.
const NEAR: u32 = 512;
/// A larger map is not used again: clearing it takes time.
const FAR_KEPT: usize = 256;

#[derive(Clone, Default)]
pub(super) struct Vars {
    /// The id at which the list begins.
    first: u32,
    near: Vec<Option<Loc>>,
    far: FxHashMap<ObjId, Loc>,
}

impl Vars {
    /// No variables; room for others.
    pub fn clear(&mut self) {
        self.near.clear();
        if self.far.capacity() > FAR_KEPT {
            self.far = FxHashMap::default();
        }
        self.far.clear();
    }
    #[inline]
    pub fn get(&self, o: ObjId) -> Option<Loc> {
        match self.near.get(o.0.wrapping_sub(self.first) as usize) {
            Some(&loc) => loc,
            None => self.far.get(&o).copied(),
        }
    }
    /// The place that it had before.
    pub fn insert(&mut self, o: ObjId, loc: Loc) -> Option<Loc> {
        if self.near.is_empty() {
            self.first = o.0;
        }
        let i = o.0.wrapping_sub(self.first);
        if i >= NEAR {
            return self.far.insert(o, loc);
        }
        if self.near.len() <= i as usize {
            self.near.resize(i as usize + 1, None);
        }
        self.near[i as usize].replace(loc)
    }
    pub fn remove(&mut self, o: ObjId) {
        match self.near.get_mut(o.0.wrapping_sub(self.first) as usize) {
            Some(loc) => *loc = None,
            None => drop(self.far.remove(&o)),
        }
    }
    /// All of them.
    pub fn list(&self) -> Vec<(ObjId, Loc)> {
        let near = self
            .near
            .iter()
            .enumerate()
            .filter_map(|(i, loc)| Some((ObjId(self.first.wrapping_add(i as u32)), (*loc)?)));
        near.chain(self.far.iter().map(|(o, loc)| (*o, *loc))).collect()
    }
}

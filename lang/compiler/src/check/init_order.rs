//! The order in which package-level variables are initialised (Go spec, "Package initialization"): always the first in
//! source order that depends on no variable that is not initialised yet.

use super::Checker;
use crate::info::{Init, ObjId, ObjKind};
use rustc_hash::{FxHashMap, FxHashSet};

impl Checker<'_> {
    pub(super) fn order_inits(&mut self) {
        // Variables without initial value have their turn too.
        let mut owner: FxHashMap<ObjId, usize> = FxHashMap::default();
        let mut places: Vec<u32> = vec![u32::MAX; self.inits.len()];
        for &(o, init) in &self.var_order {
            let node = init.unwrap_or_else(|| {
                places.push(u32::MAX);
                places.len() - 1
            });
            owner.insert(o, node);
            places[node] = places[node].min(self.info.obj(o).span.lo);
        }
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&i| places[i]);
        let needs: Vec<FxHashSet<usize>> = (0..places.len()).map(|i| self.needs(i, &owner)).collect();
        let mut done = vec![false; places.len()];
        let mut sorted: Vec<Init> = vec![];
        while !order.is_empty() {
            let ready = order.iter().position(|&i| needs[i].iter().all(|&n| done[n] && n != i));
            let at = ready.unwrap_or_else(|| self.break_cycle(&order, &owner));
            let i = order.remove(at);
            done[i] = true;
            sorted.extend(self.inits.get(i).cloned());
        }
        self.facts.inits = sorted;
    }

    /// Reports the first cycle among what is left and gives the place in `order` that it is reported at.
    fn break_cycle(&mut self, order: &[usize], owner: &FxHashMap<ObjId, usize>) -> usize {
        for (at, &i) in order.iter().enumerate() {
            if let Some(cycle) = self.find_cycle(i, owner) {
                self.report_cycle_from(&cycle, 0, false);
                return at;
            }
        }
        0
    }

    /// Initialisations that one depends on, directly and through functions.
    fn needs(&self, init: usize, owner: &FxHashMap<ObjId, usize>) -> FxHashSet<usize> {
        let mut out = FxHashSet::default();
        let mut seen = FxHashSet::default();
        let mut work: Vec<ObjId> = owner.iter().filter(|(_, o)| **o == init).map(|(v, _)| *v).collect();
        while let Some(o) = work.pop() {
            for &d in self.deps.get(&o).into_iter().flatten() {
                if matches!(self.info.obj(d).kind, ObjKind::Global) {
                    out.extend(owner.get(&d));
                } else if seen.insert(d) {
                    work.push(d);
                }
            }
        }
        out
    }

    /// A chain of references from a variable back to itself, if there is one.
    fn find_cycle(&self, init: usize, owner: &FxHashMap<ObjId, usize>) -> Option<Vec<ObjId>> {
        let start: Vec<ObjId> = owner.iter().filter(|(_, o)| **o == init).map(|(v, _)| *v).collect();
        for s in start {
            let mut from: FxHashMap<ObjId, ObjId> = FxHashMap::default();
            let mut work = std::collections::VecDeque::from([s]);
            while let Some(o) = work.pop_front() {
                for &d in self.deps.get(&o).into_iter().flatten() {
                    let d = if owner.get(&d) == Some(&init) { s } else { d };
                    if d == s {
                        let mut chain = vec![o];
                        while let Some(&p) = from.get(chain.last()?) {
                            chain.push(p);
                        }
                        chain.reverse();
                        return Some(chain);
                    }
                    if let std::collections::hash_map::Entry::Vacant(v) = from.entry(d) {
                        v.insert(o);
                        work.push_back(d);
                    }
                }
            }
        }
        None
    }
}

//! The order in which package-level variables are initialised (Go spec, "Package initialization"): always the first in
//! source order that depends on no variable that is not initialised yet.
//!
//! Initialisations and functions are the nodes of one graph. Functions that call each other in a circle are one node, so
//! that only initialisations can wait for themselves.

use super::Checker;
use crate::info::{Init, ObjId, ObjKind};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// What waits for what.
struct Graph {
    /// How many nodes a node waits for.
    waits: Vec<u32>,
    /// Which nodes wait for it.
    waiting: Vec<Vec<u32>>,
}

impl Checker<'_> {
    pub(super) fn order_inits(&mut self) {
        // Variables without initial value have their turn too.
        let mut owner: FxHashMap<ObjId, usize> = FxHashMap::default();
        let mut places: Vec<u32> = vec![u32::MAX; self.inits.len()];
        let mut vars: Vec<Vec<ObjId>> = vec![vec![]; self.inits.len()];
        for &(o, init) in &self.var_order {
            let node = init.unwrap_or_else(|| {
                places.push(u32::MAX);
                vars.push(vec![]);
                places.len() - 1
            });
            owner.insert(o, node);
            vars[node].push(o);
            places[node] = places[node].min(self.info.obj(o).span.lo);
        }
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&i| places[i]);
        let mut rank = vec![0; order.len()];
        order.iter().enumerate().for_each(|(r, &i)| rank[i] = r);

        let mut g = self.init_graph(&owner, &vars);
        let (mut ready, mut free) = (BinaryHeap::new(), vec![]);
        let wake = |n: usize, ready: &mut BinaryHeap<_>, free: &mut Vec<usize>| match rank.get(n) {
            Some(&r) => ready.push(Reverse(r)),
            None => free.push(n),
        };
        (0..g.waits.len()).filter(|&n| g.waits[n] == 0).for_each(|n| wake(n, &mut ready, &mut free));
        let mut done = vec![false; order.len()];
        let mut sorted: Vec<Init> = vec![];
        let mut left = order.len();
        while left > 0 {
            while let Some(n) = free.pop() {
                g.finish(n, |m| wake(m, &mut ready, &mut free));
            }
            let i = match ready.pop() {
                Some(Reverse(r)) => order[r],
                None => self.break_cycle(order.iter().copied().filter(|&i| !done[i]), &owner, &vars),
            };
            // A cycle that was broken may come to its end later.
            if std::mem::replace(&mut done[i], true) {
                continue;
            }
            left -= 1;
            sorted.extend(self.inits.get(i).cloned());
            g.finish(i, |m| wake(m, &mut ready, &mut free));
        }
        self.facts.inits = sorted;
    }

    /// Initialisations first, then groups of functions.
    fn init_graph(&self, owner: &FxHashMap<ObjId, usize>, vars: &[Vec<ObjId>]) -> Graph {
        let refs = |o: ObjId| self.deps.get(&o).into_iter().flatten().copied();
        let is_var = |o: ObjId| matches!(self.info.obj(o).kind, ObjKind::Global);
        // All functions that initial values lead to.
        let mut funcs: FxHashMap<ObjId, usize> = FxHashMap::default();
        let mut list: Vec<ObjId> = vec![];
        let mut work: Vec<ObjId> = vars.iter().flatten().copied().collect();
        while let Some(o) = work.pop() {
            for d in refs(o).filter(|d| !is_var(*d)) {
                funcs.entry(d).or_insert_with(|| {
                    list.push(d);
                    work.push(d);
                    list.len() - 1
                });
            }
        }
        let calls: Vec<Vec<usize>> =
            list.iter().map(|&f| refs(f).filter_map(|d| funcs.get(&d).copied()).collect()).collect();
        let (group, groups) = groups(&calls);
        let mut g = Graph { waits: vec![0; vars.len() + groups], waiting: vec![vec![]; vars.len() + groups] };
        let node = |d: ObjId| owner.get(&d).copied().or_else(|| Some(vars.len() + group[*funcs.get(&d)?]));
        let mut edge = |from: usize, to: usize| {
            g.waits[to] += 1;
            g.waiting[from].push(to as u32);
        };
        for (i, own) in vars.iter().enumerate() {
            own.iter().flat_map(|&v| refs(v)).filter_map(node).for_each(|d| edge(d, i));
        }
        for (f, &o) in list.iter().enumerate() {
            let to = vars.len() + group[f];
            refs(o).filter_map(node).filter(|&d| d != to).for_each(|d| edge(d, to));
        }
        g
    }

    /// Reports the first cycle among what is left and gives the initialisation that it is reported at.
    fn break_cycle(
        &mut self,
        left: impl Iterator<Item = usize>,
        owner: &FxHashMap<ObjId, usize>,
        vars: &[Vec<ObjId>],
    ) -> usize {
        let mut first = None;
        for i in left {
            first.get_or_insert(i);
            if let Some(cycle) = self.find_cycle(i, owner, vars) {
                self.report_cycle_from(&cycle, 0, false);
                return i;
            }
        }
        first.unwrap_or(0)
    }

    /// A chain of references from a variable back to itself, if there is one.
    fn find_cycle(&self, init: usize, owner: &FxHashMap<ObjId, usize>, vars: &[Vec<ObjId>]) -> Option<Vec<ObjId>> {
        for &s in &vars[init] {
            let mut from: FxHashMap<ObjId, ObjId> = FxHashMap::default();
            let mut work = VecDeque::from([s]);
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

impl Graph {
    /// The node is done; `wake` gets what has nothing to wait for any more.
    fn finish(&mut self, node: usize, mut wake: impl FnMut(usize)) {
        for n in std::mem::take(&mut self.waiting[node]) {
            let n = n as usize;
            self.waits[n] -= 1;
            if self.waits[n] == 0 {
                wake(n);
            }
        }
    }
}

/// The strongly connected groups of a graph: the group of each node, and their number. (Tarjan's algorithm without recursion.)
fn groups(next: &[Vec<usize>]) -> (Vec<usize>, usize) {
    const NONE: usize = usize::MAX;
    let n = next.len();
    let (mut group, mut index, mut low) = (vec![NONE; n], vec![NONE; n], vec![0; n]);
    let (mut open, mut count, mut seen) = (vec![], 0, 0);
    for start in 0..n {
        // Nodes on the way, with the number of edges followed.
        let mut way = vec![];
        if index[start] == NONE {
            way.push((start, 0));
        }
        while let Some((v, edge)) = way.pop() {
            if edge == 0 {
                (index[v], low[v]) = (seen, seen);
                seen += 1;
                open.push(v);
            }
            match next[v].get(edge) {
                Some(&w) => {
                    way.push((v, edge + 1));
                    if index[w] == NONE {
                        way.push((w, 0));
                    } else if group[w] == NONE {
                        low[v] = low[v].min(index[w]);
                    }
                }
                None => {
                    if low[v] == index[v] {
                        while let Some(w) = open.pop() {
                            group[w] = count;
                            if w == v {
                                break;
                            }
                        }
                        count += 1;
                    }
                    if let Some(&(parent, _)) = way.last() {
                        low[parent] = low[parent].min(low[v]);
                    }
                }
            }
        }
    }
    (group, count)
}

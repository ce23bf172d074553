//! Instances that need ever larger instances: `func f[T any]() { f[*T]() }` could never be compiled.
//!
//! Every instantiation lets types flow from the type parameters that its arguments mention to the parameters that they are
//! arguments for. A cycle of flows on which a type grows has no end.

use super::Checker;
use crate::types::{TParamId, Ty};
use gol_syntax::diag::{Code, Diagnostic};
use gol_syntax::span::Span;
use rustc_hash::FxHashSet;

struct Flow {
    from: TParamId,
    to: TParamId,
    /// The argument is more than the parameter alone.
    grows: bool,
    at: Span,
}

impl Checker<'_> {
    pub(super) fn check_instance_cycles(&mut self) {
        let mut flows = vec![];
        for (to, arg, at) in std::mem::take(&mut self.flows) {
            let grows = !matches!(self.types.get(arg), Ty::TypeParam(_));
            let mut mentioned = FxHashSet::default();
            self.types.tparams_in(arg, &mut mentioned);
            let mut mentioned: Vec<TParamId> = mentioned.into_iter().collect();
            mentioned.sort();
            flows.extend(mentioned.into_iter().map(|from| Flow { from, to, grows, at }));
        }
        let mut told: FxHashSet<TParamId> = FxHashSet::default();
        for f in flows.iter().filter(|f| f.grows) {
            let cycle = reachable(&flows, f.to);
            if !cycle.contains(&f.from) {
                continue;
            }
            let back = reachable_from(&flows, f.from);
            let on: Vec<TParamId> = cycle.iter().copied().filter(|p| back.contains(p)).collect();
            let first = on.iter().copied().min_by_key(|&p| self.types.tparam(p).pos.lo).unwrap_or(f.from);
            if on.iter().any(|p| told.contains(p)) {
                continue;
            }
            told.extend(&on);
            let at = self.types.tparam(first).pos;
            let d = Diagnostic::error(Code::InstanceCycle, at, "instantiation cycle");
            self.report(d.related(f.at, "the type argument grows here"));
        }
    }
}

/// What types flow to from `start`, with `start` itself.
fn reachable(flows: &[Flow], start: TParamId) -> FxHashSet<TParamId> {
    closure(start, |p| flows.iter().filter(|f| f.from == p).map(|f| f.to).collect())
}
/// Where types at `end` come from.
fn reachable_from(flows: &[Flow], end: TParamId) -> FxHashSet<TParamId> {
    closure(end, |p| flows.iter().filter(|f| f.to == p).map(|f| f.from).collect())
}
fn closure(start: TParamId, next: impl Fn(TParamId) -> Vec<TParamId>) -> FxHashSet<TParamId> {
    let mut seen = FxHashSet::default();
    let mut work = vec![start];
    while let Some(p) = work.pop() {
        if seen.insert(p) {
            work.extend(next(p));
        }
    }
    seen
}

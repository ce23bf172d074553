//! Samples of stacks: where goroutines were when the monitor asked.
//!
//! Samples are taken at polls (function entries and backward jumps) and where a goroutine parks, so what a native or a stretch
//! of straight code takes is counted where the next poll is. Of a stack the innermost `DEPTH` frames count.
use crate::code::Pc;
use crate::frames::{FuncInfo, Walk};
use crate::vm::Shared;
use gol_runtime::P;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Mutex, PoisonError};

const DEPTH: usize = 200;

/// Ticks of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionTicks {
    pub name: String,
    /// Source position of the function.
    pub pos: u32,
    /// It was the innermost one.
    pub own: u64,
    /// It was somewhere on the stack.
    pub all: u64,
}

/// (own, all) by function.
#[derive(Default)]
pub(crate) struct Samples(Mutex<FxHashMap<usize, (&'static FuncInfo, u64, u64)>>);

impl Samples {
    /// By name: a generic function's instances and a function's reloads are one.
    pub fn functions(&self) -> Vec<FunctionTicks> {
        let mut out: FxHashMap<(&str, u32), FunctionTicks> = FxHashMap::default();
        for (func, own, all) in self.0.lock().unwrap_or_else(PoisonError::into_inner).values() {
            let f = out.entry((&func.name, func.pos)).or_default();
            (f.name, f.pos) = (func.name.clone(), func.pos);
            f.own += own;
            f.all += all;
        }
        out.into_values().collect()
    }
}

impl Shared {
    /// # Safety
    /// As `Engine::sample`.
    pub(crate) unsafe fn take_sample(&self, p: *mut P, n: u64) {
        let mut samples = self.samples.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = FxHashSet::default();
        // SAFETY: the goroutine is the caller's, pc and base are saved.
        let walk = unsafe {
            let g = (*p).g;
            Walk::new(&self.code, &self.stubs, g, (*g).pc as Pc, (*g).base as usize)
        };
        for frame in walk.take(DEPTH).filter(|f| !f.func.hidden) {
            let key = &raw const *frame.func as usize;
            let innermost = seen.is_empty();
            if !seen.insert(key) {
                continue;
            }
            let entry = samples.entry(key).or_insert((frame.func, 0, 0));
            entry.1 += if innermost { n } else { 0 };
            entry.2 += n;
        }
    }
}

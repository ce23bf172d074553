//! Samples of stacks: where goroutines were when the monitor asked.
//!
//! Samples are taken at polls (function entries and backward jumps) and where a goroutine parks, so what a native or a stretch
//! of straight code takes is counted where the next poll is. Of a stack the innermost `DEPTH` frames count.
use crate::code::Pc;
use crate::frames::Walk;
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

/// By name: a generic function's instances and a function's reloads are one.
#[derive(Default)]
pub(crate) struct Samples(Mutex<FxHashMap<&'static str, FunctionTicks>>);

impl Samples {
    pub fn functions(&self) -> Vec<FunctionTicks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
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
            let depth = frame.func.depth(frame.pc);
            for up in 0..=depth {
                let (name, at) = frame.func.place(frame.pc, up);
                let innermost = seen.is_empty();
                if !seen.insert(name) {
                    continue;
                }
                // Of a function that was taken over into another one only places inside are known.
                let pos = if up == depth { frame.func.pos } else { at };
                let new = || FunctionTicks { name: name.into(), pos, own: 0, all: 0 };
                let entry = samples.entry(name).or_insert_with(new);
                entry.own += if innermost { n } else { 0 };
                entry.all += n;
            }
        }
    }
}

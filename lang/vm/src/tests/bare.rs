//! One goroutine on one processor without a scheduler: the handlers alone.
use crate::code::{Pc, enter};
use crate::load::{Loaded, load};
use crate::vm::{Hooks, Shared, VmConfig};
use gol_bytecode::Program;
use gol_runtime::{G, Heap, HeapConfig, P, RuntimeConfig};
use std::sync::atomic::Ordering;

pub(crate) struct Bare {
    pub shared: Box<Shared>,
    pub heap: Box<Heap>,
    loaded: Loaded,
    _stack: Vec<u64>,
    pub p: *mut P,
}

pub(crate) fn heap_config() -> HeapConfig {
    HeapConfig { limit: 1 << 30, gogc: None, stress_every: None, poison: false, verify: false, ..HeapConfig::default() }
}

pub(crate) fn config() -> VmConfig {
    VmConfig {
        runtime: RuntimeConfig {
            procs: 2,
            heap: heap_config(),
            max_stack_slots: 1 << 20,
            seed: Some(1),
            ..RuntimeConfig::default()
        },
        profile_ops: false,
        stage: crate::Stage::Never,
        hooks: Hooks::default(),
    }
}

impl Bare {
    pub fn new(program: &Program) -> Bare {
        let shared = Box::new(Shared::new(&[], &mut config()).expect("shared"));
        let heap = Box::new(Heap::new(heap_config()).expect("heap"));
        let mut stack = vec![0u64; 1 << 16];
        // SAFETY: all-zero bytes are a P and a G in every field that is not written here.
        let p = unsafe {
            let p = std::alloc::alloc_zeroed(std::alloc::Layout::new::<P>()) as *mut P;
            let g = std::alloc::alloc_zeroed(std::alloc::Layout::new::<G>()) as *mut G;
            (*p).g = g;
            (*p).heap = &*heap;
            (*p).engine = &raw const *shared as *const u8;
            (&raw mut (*p).cache).write(heap.new_cache());
            (*g).stack = stack.as_mut_ptr();
            (*g).cap = stack.len() as u32;
            (*p).limit = stack.as_ptr().add(stack.len()) as usize;
            (*p).guard.store((*p).limit, Ordering::Relaxed);
            p
        };
        let mut bare = Bare { shared, heap, loaded: Loaded::default(), _stack: stack, p };
        bare.load(program);
        bare
    }
    pub fn load(&mut self, program: &Program) {
        load(&self.shared, &self.heap, &mut self.loaded, program).expect("load");
    }
    /// Runs function `f` to its end: its registers from 0 on.
    pub fn run(&mut self, f: u32, args: &[u64]) -> Vec<u64> {
        // SAFETY: a goroutine with an empty stack.
        unsafe {
            let g = (*self.p).g;
            let stack = (*g).stack;
            *stack = self.shared.stubs.go_exit();
            for (k, a) in args.iter().enumerate() {
                *stack.add(1 + k) = *a;
            }
            let code = enter(self.shared.code_of(f) as Pc, stack.add(1), self.p);
            assert_eq!(code, crate::code::DONE);
            (0..8).map(|k| *stack.add(1 + k)).collect()
        }
    }
}

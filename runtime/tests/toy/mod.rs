//! A toy engine for the scheduler's tests: a goroutine's program is a list of closures ("steps") over slots of its frame.
//!
//! `pc` points at a step; a step says how to go on. Every jump is a poll, as a backward jump of the VM.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod soup;

use gol_runtime::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Arc, Mutex};

pub enum Ctl {
    Next,
    /// To a step of the same program.
    Jump(usize),
    /// A runtime operation: Park goes on after this step, Retry at it.
    Op(Op),
    Yield,
    Done,
}

pub type StepFn = Box<dyn Fn(&Cx) -> Ctl + Send + Sync>;

pub struct Step {
    run: StepFn,
    first: Cell<*const Step>,
}
// SAFETY: `first` is set once, before the program is used.
unsafe impl Sync for Step {}
// SAFETY: as above.
unsafe impl Send for Step {}

/// An entry point.
#[derive(Clone, Copy)]
pub struct Prog(pub *const Step);
// SAFETY: programs are leaked and immutable.
unsafe impl Send for Prog {}
// SAFETY: as above.
unsafe impl Sync for Prog {}

/// What a step sees: its P and the slots of its frame.
pub struct Cx {
    p: Cell<*mut P>,
    pub base: *mut u64,
}

impl Prog {
    pub fn entry(self) -> *const u8 {
        self.0 as *const u8
    }
}

impl Cx {
    pub fn p(&self) -> *mut P {
        self.p.get()
    }
    /// A blocking native: sleeps and comes back, perhaps on another P.
    pub fn block(&self, time: std::time::Duration, long: bool) {
        // SAFETY: nothing of the heap is touched between; the frame does not move.
        unsafe {
            let p = self.p();
            let inside = if long { ops::enter_blocking_long(p) } else { ops::enter_blocking(p) };
            sync::thread::sleep(time);
            let p = ops::exit_blocking(inside);
            assert_eq!((*(*p).g).stack.add(1), self.base);
            self.p.set(p);
        }
    }
    #[expect(clippy::mut_from_ref, reason = "one reference at a time")]
    pub fn r(&self, i: usize) -> &mut u64 {
        // SAFETY: tests ask for large enough frames.
        unsafe { &mut *self.base.add(i) }
    }
    pub fn at(&self, i: usize) -> *mut u64 {
        // SAFETY: as above.
        unsafe { self.base.add(i) }
    }
    pub fn g(&self) -> &G {
        // SAFETY: the running goroutine.
        unsafe { &*(*self.p()).g }
    }
    pub fn runtime(&self) -> &Runtime {
        // SAFETY: alive while goroutines run.
        unsafe { &*(*self.p()).runtime }
    }
    pub fn go(&self, prog: Prog, slots: usize, args: &[u64]) {
        // SAFETY: `prog` is a program; the frame holds the arguments.
        assert!(unsafe { ops::spawn(self.p(), prog.0 as *const u8, 0, slots, args.as_ptr(), args.len(), 0) });
    }
    pub fn send(&self, ch: u64, slot: usize) -> Ctl {
        // SAFETY: tests keep channels in slots.
        Ctl::Op(unsafe { ops::chan_send(self.p(), ch as *mut Chan, self.at(slot)) })
    }
    pub fn recv(&self, ch: u64, slot: usize) -> Ctl {
        // SAFETY: as above.
        Ctl::Op(unsafe { ops::chan_recv(self.p(), ch as *mut Chan, self.at(slot), std::ptr::null_mut()) })
    }
    /// Between cases and waiters, which begin in a slot.
    pub fn select(&self, cases: &[SelectCase], waiters: usize) -> SelectOp {
        // SAFETY: the frame has a waiter for each case.
        unsafe { ops::select(self.p(), cases.as_ptr(), cases.len(), self.at(waiters) as *mut Waiter, false) }
    }
    /// After a select that has parked.
    pub fn select_finish(&self, cases: &[SelectCase], waiters: usize) -> (usize, bool) {
        // SAFETY: as above.
        unsafe { ops::select_finish(self.p(), cases.as_ptr(), cases.len(), self.at(waiters) as *mut Waiter) }
    }
    pub fn close(&self, ch: u64) -> Op {
        // SAFETY: tests keep channels in slots.
        unsafe { ops::chan_close(self.p(), ch as *mut Chan) }
    }
    pub fn lock(&self, mutex: *mut u64) -> Ctl {
        // SAFETY: a word that outlives the run, here and in the next three.
        Ctl::Op(unsafe { ops::mutex_lock(self.p(), mutex) })
    }
    pub fn unlock(&self, mutex: *mut u64) {
        // SAFETY: as above.
        assert!(unsafe { ops::mutex_unlock(self.p(), mutex) });
    }
    pub fn wg_add(&self, group: *mut u64, n: i64) {
        // SAFETY: as above.
        unsafe { ops::wg_add(self.p(), group, n) }.unwrap();
    }
    pub fn wg_wait(&self, group: *mut u64) -> Ctl {
        // SAFETY: as above.
        Ctl::Op(unsafe { ops::wg_wait(self.p(), group) })
    }
    pub fn sleep(&self, ns: i64) -> Ctl {
        // SAFETY: the running P, here and below.
        Ctl::Op(unsafe { ops::sleep(self.p(), ns) })
    }
    pub fn collect(&self) -> Ctl {
        // SAFETY: as above.
        Ctl::Op(unsafe { ops::gc_now(self.p()) })
    }
    pub fn lock_thread(&self) {
        // SAFETY: as above.
        unsafe { ops::lock_thread(self.p()) }
    }
    pub fn unlock_thread(&self) {
        // SAFETY: as above.
        unsafe { ops::unlock_thread(self.p()) }
    }
    /// xorshift over the slot `r`.
    pub fn random(&self, r: usize, below: u64) -> u64 {
        let mut x = *self.r(r);
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        *self.r(r) = x;
        (x >> 16) % below
    }
    pub fn make(&self, desc: DescId, words: u32, cap: u64) -> u64 {
        // SAFETY: `desc` is made by `Toy::chan_desc`.
        let ch = unsafe { ops::chan_make(self.p(), desc, words, cap, 0) } as u64;
        assert_ne!(ch, 0);
        ch
    }
}

pub fn prog(steps: Vec<StepFn>) -> Prog {
    let steps: Vec<Step> = steps.into_iter().map(|run| Step { run, first: Cell::new(std::ptr::null()) }).collect();
    let steps = Vec::leak(steps);
    let first = steps.as_ptr();
    for step in steps.iter() {
        step.first.set(first);
    }
    Prog(first)
}

#[macro_export]
macro_rules! steps {
    ($($e:expr),* $(,)?) => { $crate::toy::prog(vec![$(Box::new($e)),*]) };
}

#[derive(Default)]
pub struct ToyEngine {
    pub deadlocks: Mutex<Vec<Vec<WaitReason>>>,
    pub scanned: AtomicUsize,
}

impl Engine for ToyEngine {
    unsafe fn run(&self, p: *mut P) -> Exit {
        // SAFETY: the caller owns `p` and its goroutine.
        unsafe {
            let g = (*p).g;
            let mut pc = (*g).pc as *const Step;
            let cx = Cx { p: Cell::new(p), base: (*g).stack.add((*g).base as usize) };
            macro_rules! leave {
                ($pc:expr, $exit:expr) => {{
                    (*(*cx.p()).g).pc = $pc as *const u8;
                    return $exit;
                }};
            }
            loop {
                match ((*pc).run)(&cx) {
                    Ctl::Next => pc = pc.add(1),
                    Ctl::Jump(i) => {
                        pc = (*pc).first.get().add(i);
                        if (*cx.p()).guard.load(Relaxed) == 0 {
                            match ops::poll(cx.p(), Place::Loop) {
                                Poll::Go => {}
                                Poll::Yield => leave!(pc, Exit::Yield),
                                Poll::Stop => leave!(pc, Exit::Stop),
                                Poll::Killed => return Exit::Done,
                            }
                        }
                    }
                    Ctl::Op(Op::Done) => pc = pc.add(1),
                    Ctl::Op(Op::Park) => leave!(pc.add(1), Exit::Parked),
                    Ctl::Op(Op::Retry) => leave!(pc, Exit::Parked),
                    Ctl::Op(Op::Yield) => leave!(pc.add(1), Exit::Yield),
                    Ctl::Op(op) => panic!("{op:?}"),
                    Ctl::Yield => leave!(pc.add(1), Exit::Yield),
                    Ctl::Done => return Exit::Done,
                }
            }
        }
    }
    fn roots(&self, _: &mut dyn FnMut(*const u64, usize)) {}
    unsafe fn goroutine_roots(&self, g: *const G, visit: &mut dyn FnMut(*const u64, usize)) {
        self.scanned.fetch_add(1, Relaxed);
        // SAFETY: inline slots are always initialised; of separate stacks the frame is.
        unsafe { visit((*g).stack, (*g).cap as usize) }
    }
    fn deadlock(&self, goroutines: &[*const G]) {
        // SAFETY: live goroutines.
        let reasons = goroutines.iter().map(|&g| unsafe { (*g).wait_reason() }).collect();
        self.deadlocks.lock().unwrap().push(reasons);
    }
}

pub struct Toy {
    pub engine: Arc<ToyEngine>,
    pub rt: Arc<Runtime>,
    /// The descriptor of channels.
    pub chan: DescId,
}

pub fn config(procs: usize) -> RuntimeConfig {
    RuntimeConfig {
        procs,
        heap: HeapConfig {
            limit: 1 << 30,
            gogc: Some(100),
            stress_every: None,
            poison: false,
            verify: false,
            ..HeapConfig::default()
        },
        max_stack_slots: 1 << 20,
        slice_ns: 10_000_000,
        seed: Some(7),
        ..RuntimeConfig::default()
    }
}

pub fn start(procs: usize) -> Toy {
    start_with(config(procs))
}

pub fn start_with(config: RuntimeConfig) -> Toy {
    let engine = Arc::new(ToyEngine::default());
    let rt = Runtime::new(config, engine.clone(), std::ptr::null()).unwrap();
    let chan = rt.heap.add_desc(chan_desc());
    Toy { engine, rt, chan }
}

/// Of all channels.
pub fn chan_desc() -> Desc {
    Desc::new(CHAN_PREFIX_WORDS as u32, PtrMap::None, 8, PtrMap::All)
}

impl Toy {
    pub fn run(&self, main: Prog, slots: usize, args: &[u64]) -> Outcome {
        self.rt.run(main.0 as *const u8, 0, slots, args)
    }
}

/// The numbers of Ps that most tests are repeated with.
pub const PROCS: [usize; 4] = [1, 2, 4, 8];

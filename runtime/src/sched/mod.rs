//! The G-M-P scheduler. Contract between the engine (the VM) and the runtime.
//!
//! **Parking is a return.** An operation that must wait locks, enqueues a waiter, leaves the lock held (recorded in
//! `P::unlock`) and returns [`Op::Park`] or [`Op::Retry`]. The engine saves pc and base in the G and returns
//! [`Exit::Parked`]; the M's loop then sets the state and releases the lock. So nobody can wake a G that still runs.
use crate::heap::{Cache, Heap};
use crate::sync::atomic::{AtomicU32, AtomicUsize};

/// Slots that lie in the G itself.
pub const INLINE_SLOTS: usize = 16;

/// What a runtime operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Op {
    Done,
    /// Parked; when woken, the goroutine goes on after the operation (which a waker has completed; see `G::wake_ok`).
    Park,
    /// Parked; when woken, the goroutine must execute the operation again.
    Retry,
    /// Send on or close of a closed channel, close of nil channel: the engine panics with Go's text.
    Closed,
    /// Close of a nil channel.
    Nil,
}

/// Why the engine came back to the M's loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
#[repr(u8)]
pub enum Exit {
    /// The goroutine's first function returned (or Goexit, or it was killed).
    Done,
    /// An operation returned Park or Retry and pc, base are saved; the lock is still held.
    Parked,
    /// Preempted or Gosched: runnable again, at the tail of the global queue; pc, base are saved.
    Yield,
    /// A stop of the world was asked for at a poll: pc, base are saved, the goroutine goes on first afterwards.
    Stop,
}

/// A place in a wait queue (Go's sudog): embedded in the G for plain operations, in frame slots for select.
#[repr(C)]
pub struct Waiter {
    pub next: *mut Waiter,
    pub prev: *mut Waiter,
    pub g: *mut G,
    /// Where the value lies or goes: slots of the parked goroutine's frame (its stack does not move while parked).
    pub elem: *mut u64,
    /// 0: plain operation; k + 1: case k of a select.
    pub sel: u32,
    pub ok: u32,
}

/// Words that a select case's waiter takes in the frame.
pub const WAITER_WORDS: usize = size_of::<Waiter>() / 8;

/// A goroutine: 256 bytes, type-stable memory, reused. Whoever holds it (queue, P, waker) owns it.
#[repr(C, align(64))]
pub struct G {
    pub state: AtomicU32,
    /// Capacity of `stack` in slots.
    pub cap: u32,
    /// Engine's: where to go on. For a new goroutine the entry of its function.
    pub pc: *const u8,
    /// Bottom of the slot stack: the inline slots, or memory of the stack allocator.
    pub stack: *mut u64,
    /// Slot index of the current frame's base.
    pub base: u32,
    /// 1 when the operation that parked was completed by a value or a receiver, 0 by a close.
    pub wake_ok: u32,
    /// Run queues' spill, free list, semaphore queues: one at a time, the owner's.
    pub link: *mut G,
    /// Engine's: the suspended coroutine when native frames are live, else null.
    pub native: *mut u8,
    /// Which select case won (index), set by the waker.
    pub wake_case: u32,
    /// Select: 0 until one waker has won.
    pub sel_done: AtomicU32,
    pub waiter: Waiter,
    pub id: u64,
    /// Engine's words, scanned as roots: defer chain, panic chain.
    pub roots: [u64; 2],
    pub inline: [u64; INLINE_SLOTS],
    // The scheduler adds: wait reason, wait object, since, flags (killed), links of the list of all goroutines. Keep 256
    // bytes: what does not fit goes to a side table beside the slab.
}

/// A processor: what a goroutine needs to run. The engine's handlers get `*mut P` as their context register.
#[repr(C, align(128))]
pub struct P {
    /// End of the running G's stack in bytes (address), or 0: poisoned, the next check takes the slow path.
    pub guard: AtomicUsize,
    /// The running goroutine.
    pub g: *mut G,
    pub heap: *const Heap,
    pub runtime: *const Runtime,
    /// Engine's own shared state.
    pub engine: *const u8,
    /// Engine's per-P scratch words (nested depth, native job, ...).
    pub scratch: [u64; 6],
    pub cache: Cache,
    // The scheduler adds the rest: deque, run-next, timers, ticks, unlock record, G cache, random state.
}

/// What runs goroutines: the VM.
pub trait Engine: Send + Sync {
    /// Interprets `p.g` from its saved pc and base (or resumes its coroutine) until it parks, yields, stops or ends.
    ///
    /// # Safety
    /// The caller owns `p` and the goroutine.
    unsafe fn run(&self, p: *mut P) -> Exit;
    /// Roots of the engine itself (globals, constants, handles), world stopped.
    fn roots(&self, visit: &mut dyn FnMut(*const u64, usize));
    /// Live slots of a goroutine that does not run, from the bottom of its stack, and its native stack ranges.
    ///
    /// # Safety
    /// World stopped.
    unsafe fn goroutine_roots(&self, g: *const G, visit: &mut dyn FnMut(*const u64, usize));
    /// Nothing can run any more while somebody waits for the main goroutine.
    fn deadlock(&self, goroutines: &[*const G]);
}

#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    pub procs: usize,
    pub heap: crate::heap::HeapConfig,
    /// Slots a goroutine's stack may grow to.
    pub max_stack_slots: usize,
    /// Preempt a goroutine after this many nanoseconds; 0: never.
    pub slice_ns: u64,
}

/// How a run ended, for the thread that waits in [`Runtime::run`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    /// All goroutines are asleep; the main one stays parked for ever.
    Deadlock,
    /// [`Runtime::interrupt`] was called.
    Interrupted,
}

pub struct Runtime {
    pub heap: Heap,
}

impl Runtime {
    pub fn new(
        _config: RuntimeConfig,
        _engine: std::sync::Arc<dyn Engine>,
        _engine_word: *const u8,
    ) -> Result<std::sync::Arc<Runtime>, String> {
        unimplemented!()
    }
    /// Makes a goroutine at `pc` whose first frame needs `frame_slots`, runs it as the main one, waits for its end. Others go on afterwards
    /// (the prompt); a program then exits the process. Slot 0 of the stack is the link (`link_pc`), the base is slot 1, the
    /// arguments lie from the base on.
    pub fn run(&self, _pc: *const u8, _link_pc: u64, _frame_slots: usize, _args: &[u64]) -> Outcome {
        unimplemented!()
    }
    /// From another thread (Ctrl-C): the running main goroutine ends at its next poll, a parked one is abandoned.
    pub fn interrupt(&self) {
        unimplemented!()
    }
}

/// Operations, called by the engine on its P. All are `unsafe`: `p` is the caller's, references are live.
pub mod ops {
    use super::*;

    /// `go`: a new goroutine as in [`Runtime::run`], put into run-next.
    /// # Safety
    /// See the module.
    pub unsafe fn spawn(
        _p: *mut P,
        _pc: *const u8,
        _link_pc: u64,
        _frame_slots: usize,
        _args: *const u64,
        _nargs: usize,
    ) -> bool {
        unimplemented!()
    }
}

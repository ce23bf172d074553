//! The G-M-P scheduler. Contract between the engine (the VM) and the runtime.
//!
//! **Parking is a return.** An operation that must wait locks, enqueues a waiter, leaves the lock held (recorded in
//! `P::unlock`) and returns [`Op::Park`] or [`Op::Retry`]. The engine saves pc and base in the G and returns
//! [`Exit::Parked`]; the M's loop then sets the state and releases the lock. So nobody can wake a G that still runs.
pub mod chan;
pub mod select;
pub mod timer;

pub use chan::{CHAN_PREFIX_WORDS, Chan};
pub use select::{Dir, SelectCase, SelectOp};
pub use timer::{TimerAction, TimerId, now_ns};

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
    pub(crate) reason: u8,
    pub(crate) flags: u8,
    pub(crate) killed: crate::sync::atomic::AtomicU8,
    pub(crate) spare: u8,
    /// Coarse milliseconds of the runtime's clock when it parked.
    pub(crate) since: u32,
}

const _: () = assert!(size_of::<G>() == 256);

impl G {
    /// Why it waits; `None` when it does not.
    pub fn wait_reason(&self) -> WaitReason {
        unimplemented!()
    }
    /// Address of the channel or word it waits for; 0 when there is none.
    pub fn wait_object(&self) -> usize {
        unimplemented!()
    }
    /// Milliseconds it has waited, coarse.
    pub fn waited_ms(&self, _runtime: &Runtime) -> u64 {
        unimplemented!()
    }
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
    pub fn num_goroutine(&self) -> usize {
        unimplemented!()
    }
    pub fn procs(&self) -> usize {
        unimplemented!()
    }
    /// GOMAXPROCS: the old number. 0 changes nothing.
    pub fn set_procs(&self, _n: usize) -> usize {
        unimplemented!()
    }
    /// Calls `f` with every live goroutine; the world is stopped meanwhile when called on an M's thread by `ops`, else
    /// the picture is only a sample.
    pub fn for_each_goroutine(&self, _f: &mut dyn FnMut(&G)) {
        unimplemented!()
    }
    /// Bytes of goroutine stacks outside the heap.
    pub fn stack_bytes(&self) -> usize {
        unimplemented!()
    }
}

/// What a slow path that met a poisoned guard does next. For all but `Go` the engine saves pc and base first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Poll {
    /// Goes on (the guard is the stack limit again, unless a new request came).
    Go,
    /// Returns [`Exit::Yield`].
    Yield,
    /// Returns [`Exit::Stop`].
    Stop,
    /// Was killed: unwinds without running anything and returns [`Exit::Done`].
    Killed,
}

/// What a goroutine waits for; the texts are Go's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum WaitReason {
    None,
    ChanReceive,
    ChanSend,
    ChanReceiveNil,
    ChanSendNil,
    Select,
    SelectNoCases,
    Sleep,
    MutexLock,
    WaitGroupWait,
    CondWait,
    Semacquire,
    GarbageCollection,
}

/// A wait group's counter would be negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Negative;

/// Operations, called by the engine on its P. All are `unsafe`: `p` is the caller's, references are live.
pub mod ops {
    use super::*;

    /// `go`: a new goroutine as in [`Runtime::run`], put into run-next. False: the limit on memory is reached.
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
    /// Doubles the stack of `p.g` until `base + need_slots` fits; `p.g.base` must be saved. False: over the limit. The stack has moved.
    /// # Safety
    /// See the module.
    pub unsafe fn grow_stack(_p: *mut P, _need_slots: usize) -> bool {
        unimplemented!()
    }
    /// After a poisoned guard (0): restores it and says what to do. pc and base of `p.g` need not be saved yet.
    /// # Safety
    /// See the module.
    pub unsafe fn poll(_p: *mut P) -> Poll {
        unimplemented!()
    }
    /// Makes the running goroutine of `p` poll at its next check.
    /// # Safety
    /// See the module.
    pub unsafe fn poll_soon(_p: *mut P) {
        unimplemented!()
    }
    /// Makes a channel: an object of `desc` (prefix [`CHAN_PREFIX_WORDS`], stride `8 * elem_words`); null: out of memory.
    /// # Safety
    /// See the module.
    pub unsafe fn chan_make(_p: *mut P, _desc: crate::heap::DescId, _elem_words: u32, _cap: u64) -> *mut Chan {
        unimplemented!()
    }
    /// Sends `elem_words` words from `src` (slots of the frame). After a park: `g.wake_ok == 0` means closed meanwhile: panic.
    /// # Safety
    /// See the module.
    pub unsafe fn chan_send(_p: *mut P, _ch: *mut Chan, _src: *const u64) -> Op {
        unimplemented!()
    }
    /// Receives into `dst` (slots of the frame, or null: discard). `ok` may be null; after a park it is `g.wake_ok`.
    /// # Safety
    /// See the module.
    pub unsafe fn chan_recv(_p: *mut P, _ch: *mut Chan, _dst: *mut u64, _ok: *mut bool) -> Op {
        unimplemented!()
    }
    /// Done, Closed (already) or Nil.
    /// # Safety
    /// See the module.
    pub unsafe fn chan_close(_p: *mut P, _ch: *mut Chan) -> Op {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn chan_len(_ch: *const Chan) -> u64 {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn chan_cap(_ch: *const Chan) -> u64 {
        unimplemented!()
    }
    /// `waiters`: `n` waiters in slots of the frame. Cases, elements and waiters must stay until [`select_finish`].
    /// # Safety
    /// See the module.
    pub unsafe fn select(
        _p: *mut P,
        _cases: *const SelectCase,
        _n: usize,
        _waiters: *mut Waiter,
        _has_default: bool,
    ) -> SelectOp {
        unimplemented!()
    }
    /// After a parked select was woken: dequeues the losers; (case, ok). `ok == false` on a send case: closed, the engine panics.
    /// # Safety
    /// See the module.
    pub unsafe fn select_finish(
        _p: *mut P,
        _cases: *const SelectCase,
        _n: usize,
        _waiters: *mut Waiter,
    ) -> (usize, bool) {
        unimplemented!()
    }
    /// Done or Retry.
    /// # Safety
    /// See the module.
    pub unsafe fn mutex_lock(_p: *mut P, _m: *mut u64) -> Op {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn mutex_try_lock(_m: *mut u64) -> bool {
        unimplemented!()
    }
    /// False: it was not locked.
    /// # Safety
    /// See the module.
    pub unsafe fn mutex_unlock(_p: *mut P, _m: *mut u64) -> bool {
        unimplemented!()
    }
    /// Takes one from the counter at `addr`: Done or Park.
    /// # Safety
    /// See the module.
    pub unsafe fn sema_acquire(_p: *mut P, _addr: *mut u64) -> Op {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn sema_release(_p: *mut P, _addr: *mut u64) {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn wg_add(_p: *mut P, _w: *mut u64, _delta: i64) -> Result<(), Negative> {
        unimplemented!()
    }
    /// Done or Park.
    /// # Safety
    /// See the module.
    pub unsafe fn wg_wait(_p: *mut P, _w: *mut u64) -> Op {
        unimplemented!()
    }
    /// Takes a ticket, before the user's lock is released.
    /// # Safety
    /// See the module.
    pub unsafe fn cond_ticket(_c: *mut u64) -> u32 {
        unimplemented!()
    }
    /// Done (signalled already) or Park.
    /// # Safety
    /// See the module.
    pub unsafe fn cond_wait(_p: *mut P, _c: *mut u64, _ticket: u32) -> Op {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn cond_signal(_p: *mut P, _c: *mut u64) {
        unimplemented!()
    }
    /// # Safety
    /// See the module.
    pub unsafe fn cond_broadcast(_p: *mut P, _c: *mut u64) {
        unimplemented!()
    }
    /// Done (`ns <= 0`) or Park.
    /// # Safety
    /// See the module.
    pub unsafe fn sleep(_p: *mut P, _ns: i64) -> Op {
        unimplemented!()
    }
    /// `when` on the clock of [`now_ns`]; `period` 0: once.
    /// # Safety
    /// See the module.
    pub unsafe fn timer_start(_p: *mut P, _when: u64, _period: u64, _action: TimerAction) -> TimerId {
        unimplemented!()
    }
    /// True: it was still to come.
    /// # Safety
    /// See the module.
    pub unsafe fn timer_stop(_p: *mut P, _id: TimerId) -> bool {
        unimplemented!()
    }
    /// Parks for ever (`select {}`).
    /// # Safety
    /// See the module.
    pub unsafe fn park_forever(_p: *mut P, _reason: WaitReason) -> Op {
        unimplemented!()
    }
    /// Before a blocking native; pc and base are saved, and the native touches no heap until [`exit_blocking`].
    /// # Safety
    /// See the module.
    pub unsafe fn enter_blocking(_p: *mut P) {
        unimplemented!()
    }
    /// After it: the P to go on with, which may be another one, with the goroutine running on it.
    /// # Safety
    /// See the module.
    pub unsafe fn exit_blocking(_p: *mut P) -> *mut P {
        unimplemented!()
    }
    /// `runtime.GC`: parks until a full collection is done.
    /// # Safety
    /// See the module.
    pub unsafe fn gc_now(_p: *mut P) -> Op {
        unimplemented!()
    }
    /// Asks for a collection at the next safepoint.
    /// # Safety
    /// See the module.
    pub unsafe fn request_gc(_p: *mut P) {
        unimplemented!()
    }
}

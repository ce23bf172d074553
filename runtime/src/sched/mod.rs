//! The G-M-P scheduler. Contract between the engine (the VM) and the runtime.
//!
//! **Parking is a return.** An operation that must wait locks, enqueues a waiter, leaves the lock held (recorded in
//! `P::unlock`) and returns [`Op::Park`] or [`Op::Retry`]. The engine saves pc and base in the G and returns
//! [`Exit::Parked`]; the M's loop then sets the state and releases the lock. So nobody can wake a G that still runs.
//!
//! In reading order: `g` (goroutines and their states), `p` (processors, polls), `m` (the loop), `queue` (ready and
//! find), `choice` (the deterministic world), `idle` (sleep and wake), `world` (stop, collect), `blocking`, `pin` (bound threads), `monitor`,
//! `deadlock`, `inspect`, `hook` (events), `tape` (records of runs), `runtime`; memory: `slab`, `stack`, `spawn`; operations:
//! `chan`, `select`, `sema`, `mutex`, `timer`, all over `lock`; descriptors: `watch`, `poll`.

mod alarm;
mod blocking;
mod chan;
mod choice;
mod deadlock;
mod g;
mod hook;
mod idle;
mod inspect;
mod lock;
mod m;
mod monitor;
mod mutex;
mod p;
mod pin;
mod poll;
mod queue;
mod runtime;
mod scanned;
mod select;
mod sema;
mod slab;
mod spawn;
mod stack;
mod tape;
mod timer;
mod watch;
mod world;

pub use blocking::Blocking;
pub use chan::{CHAN_PREFIX_WORDS, Chan};
pub use choice::{Place, World};
pub use g::{G, GState, INLINE_SLOTS, WAITER_WORDS, WaitReason, Waiter};
pub use hook::{Event, EventKind, Load};
pub use inspect::Stopped;
pub use p::{P, Poll};
pub use poll::Io;
pub use runtime::{Runtime, cores};
pub use select::{Dir, SelectCase, SelectOp};
pub use sema::Negative;
pub use tape::{Head, Input, Tape, hash_of};
pub use timer::{TimerAction, TimerId};
pub use watch::{IoEnd, Way};

use crate::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::sync::{Condvar, Mutex};
use crossbeam_deque::Injector;
use crossbeam_utils::CachePadded;
use std::sync::Arc;

/// Most Ps; the P's index is part of timer ids.
const MAX_PROCS: usize = 256;
/// Threads a program may have unless it says otherwise; as Go.
const MAX_THREADS: usize = 10_000;
/// Bits of `Sched::halt`.
const STOP: u32 = 1;
const SHUTDOWN: u32 = 2;
/// GOMAXPROCS grew beyond 1: the first P has to learn that it is not alone before others may run.
const GROW: u32 = 4;

/// What a runtime operation did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Op {
    Done,
    /// Parked; when woken, the goroutine goes on after the operation (which a waker has completed; see `G::wake_ok`).
    Park,
    /// Parked; when woken, the goroutine must execute the operation again.
    Retry,
    /// Saved behind the operation, the goroutine is runnable: the engine returns [`Exit::Yield`].
    Yield,
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
    /// A profile wants to know where the goroutine of `p` is, `n` ticks long.
    ///
    /// # Safety
    /// The goroutine runs on `p`; its pc and base are saved.
    unsafe fn sample(&self, _p: *mut P, _n: u32) {}
    /// Nothing can run any more while somebody waits for the main goroutine.
    fn deadlock(&self, goroutines: &[*const G]);
}

#[derive(Clone, Debug)]
pub struct RuntimeConfig {
    pub procs: usize,
    pub heap: crate::heap::HeapConfig,
    /// Slots a goroutine's stack may grow to.
    pub max_stack_slots: usize,
    /// Calls that may be nested in one goroutine, counted by the engine; 0: any number.
    pub max_depth: usize,
    /// Preempt a goroutine after this many nanoseconds; 0: never.
    pub slice_ns: u64,
    /// Seeds select and stealing; `None`: from the clock.
    pub seed: Option<u64>,
    pub preempt: Preempt,
    pub world: World,
    /// Of a seeded world: a record to make or to follow.
    pub tape: Option<Arc<Tape>>,
    /// Keep the events for [`Runtime::events`].
    pub trace: bool,
    /// Ask the engine for samples, and count for [`Runtime::load`].
    pub profile: bool,
    /// The engine wants slow polls of goroutines that compute: one a millisecond at first, later less.
    pub hot: bool,
    /// Print a line about the scheduler so often; 0: never.
    pub schedtrace_ms: u64,
}

impl Default for RuntimeConfig {
    fn default() -> RuntimeConfig {
        RuntimeConfig {
            procs: 1,
            heap: crate::heap::HeapConfig::default(),
            max_stack_slots: 1 << 27,
            max_depth: 0,
            slice_ns: 10_000_000,
            seed: None,
            preempt: Preempt::Loops,
            world: World::Real,
            tape: None,
            trace: false,
            profile: false,
            hot: false,
            schedtrace_ms: 0,
        }
    }
}

/// Where a goroutine gives way when it is asked to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Preempt {
    /// At function entries and backward jumps.
    #[default]
    Loops,
    /// At function entries alone, as in Go 1.2.
    Entries,
    /// Nowhere.
    Never,
}

impl Preempt {
    #[inline(always)]
    fn allows(self, place: Place) -> bool {
        match self {
            Preempt::Loops => true,
            Preempt::Entries => place == Place::Entry,
            Preempt::Never => false,
        }
    }
}

/// How a run ended, for the thread that waits in [`Runtime::run`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    /// All goroutines are asleep; the main one stays parked for ever.
    Deadlock,
    /// [`Runtime::interrupt`] was called.
    Interrupted,
    /// There was no memory to begin with, or for a timer's call.
    OutOfMemory,
}

/// All shared state of the scheduler.
struct Sched {
    engine: *const dyn Engine,
    /// Keeps the engine alive.
    engine_owner: Arc<dyn Engine>,
    engine_word: *const u8,
    runtime: std::cell::Cell<*const Runtime>,
    /// Bytes that a stack may have, and that the program may ask for.
    max_stack: AtomicUsize,
    max_stack_ceiling: usize,
    max_depth: usize,
    slice_ns: u64,
    start_ns: u64,
    seed: u64,
    preempt: Preempt,
    choices: choice::Choices,
    tape: Option<Arc<Tape>>,
    trace: Option<hook::Trace>,
    hot: bool,
    profile: Option<hook::Profile>,
    schedtrace_ms: u64,

    /// Idle Ps and searching Ms: see `idle`.
    npidle: CachePadded<AtomicUsize>,
    nspin: CachePadded<AtomicUsize>,
    /// STOP, SHUTDOWN, GROW; read by every schedule, written under `idle`.
    halt: CachePadded<AtomicU32>,
    injector: Injector<g::GRef>,

    ps: Box<[AtomicPtr<P>]>,
    /// Ps made so far.
    nps: AtomicUsize,
    /// GOMAXPROCS.
    procs: AtomicUsize,
    /// What the program of a seeded runtime takes for it.
    said_procs: AtomicUsize,
    idle: Mutex<idle::Idle>,
    /// With `idle`: the leader of a stop waits for Ps; everybody waits for its end; the monitor sleeps; the end waits.
    stopped: Condvar,
    resumed: Condvar,
    monitor_cv: Condvar,
    thread_ended: Condvar,
    /// What the keeper sleeps until; valid while there is one.
    keeper_until: AtomicU64,
    /// When the monitor looks next, at the latest; 0 while it is awake or needs no telling.
    monitor_until: AtomicU64,
    /// Threads there may be; one more ends the program.
    max_threads: AtomicUsize,
    /// Goroutines in natives that have lost their P.
    nretaken: AtomicUsize,

    poller: poll::Poller,
    slabs: slab::Slabs,
    sema: sema::SemaTable,
    /// Begins who calls finalizers and cleanups, see `world::call_finals_by`.
    finals: Mutex<Option<TimerAction>>,
    next_id: AtomicU64,
    born_outside: AtomicU64,
    clock_ms: AtomicU32,
}

impl Sched {
    fn new(config: &RuntimeConfig, engine: Arc<dyn Engine>, engine_word: *const u8) -> Sched {
        let choices = choice::Choices::new(config.world);
        let start_ns = choices.now_ns();
        let seed = match config.world {
            World::Real => config.seed.unwrap_or(start_ns),
            World::Seeded { seed, .. } => seed,
        };
        Sched {
            engine: Arc::as_ptr(&engine),
            engine_owner: engine,
            engine_word,
            runtime: std::cell::Cell::new(std::ptr::null()),
            max_stack: AtomicUsize::new(config.max_stack_slots.saturating_mul(8)),
            max_stack_ceiling: config.max_stack_slots.saturating_mul(16),
            max_depth: config.max_depth,
            slice_ns: if choices.seeded { 0 } else { config.slice_ns },
            start_ns,
            seed,
            preempt: config.preempt,
            choices,
            tape: config.tape.clone(),
            trace: config.trace.then(hook::Trace::new),
            hot: config.hot,
            profile: config.profile.then(hook::Profile::new),
            schedtrace_ms: config.schedtrace_ms,
            npidle: CachePadded::new(AtomicUsize::new(0)),
            nspin: CachePadded::new(AtomicUsize::new(0)),
            halt: CachePadded::new(AtomicU32::new(0)),
            injector: Injector::new(),
            ps: (0..MAX_PROCS).map(|_| AtomicPtr::new(std::ptr::null_mut())).collect(),
            nps: AtomicUsize::new(0),
            procs: AtomicUsize::new(0),
            said_procs: AtomicUsize::new(choice::SAID_PROCS),
            idle: Mutex::new(idle::Idle::new()),
            stopped: Condvar::new(),
            resumed: Condvar::new(),
            monitor_cv: Condvar::new(),
            thread_ended: Condvar::new(),
            keeper_until: AtomicU64::new(0),
            monitor_until: AtomicU64::new(0),
            max_threads: AtomicUsize::new(MAX_THREADS),
            nretaken: AtomicUsize::new(0),
            poller: poll::Poller::new(),
            slabs: slab::Slabs::new(),
            sema: sema::SemaTable::new(),
            finals: Mutex::default(),
            next_id: AtomicU64::new(1),
            born_outside: AtomicU64::new(0),
            clock_ms: AtomicU32::new(0),
        }
    }
    fn engine(&self) -> &dyn Engine {
        &*self.engine_owner
    }
    /// The P of an index below `nps`.
    #[inline(always)]
    fn p_at(&self, i: usize) -> *mut P {
        self.ps[i].load(Ordering::Acquire)
    }
    fn all(&self) -> impl Iterator<Item = *mut P> {
        (0..self.nps.load(Ordering::Acquire)).map(|i| self.p_at(i))
    }
}

/// Operations, called by the engine on its P. All are `unsafe`: `p` is the caller's and runs `p.g`, references are live.
pub mod ops {
    pub use super::blocking::{enter_blocking, enter_blocking_long, exit_blocking};
    pub use super::chan::{
        chan_cap, chan_close, chan_hand_over, chan_len, chan_make, chan_place, chan_recv, chan_send, park_forever,
    };
    pub use super::choice::{is_seeded, random64};
    pub use super::hook::chan_made;
    pub use super::mutex::{
        mutex_holder, mutex_lock, mutex_lock_free, mutex_try_lock, mutex_unlock, mutex_unlock_unwaited,
    };
    pub use super::p::{MARKING, take_sample};
    pub use super::p::{poll, poll_soon};
    pub use super::pin::{lock_thread, unlock_thread};
    pub use super::poll::{io_begin, io_close, io_deadline, io_end, io_open, io_park, io_peek};
    pub use super::queue::yield_now;
    pub use super::select::{select, select_finish};
    pub use super::sema::{
        cond_broadcast, cond_signal, cond_ticket, cond_wait, sema_acquire, sema_release, wg_add, wg_wait,
    };
    pub use super::spawn::spawn;
    pub use super::stack::{allow_depth, grow_stack, stack_may_grow};
    pub use super::timer::{sleep, timer_start, timer_stop};
    pub use super::world::{barrier, call_finals_by, gc_advance, gc_now, gc_target, is_marking, request_gc};
}

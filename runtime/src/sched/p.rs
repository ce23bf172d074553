//! Processors: what a goroutine needs to run, and the poll that requests from other threads go through.
//!
//! Invariants:
//! - A P in state Running or Syscall belongs to one M; all fields but `guard` and `shared` are that M's plain memory. No
//!   `&mut P` is ever made: thieves look at `shared` and at the stealer meanwhile.
//! - `guard` is the stack limit of the running goroutine, or 0. Others only ever store 0. The owner's store of the limit
//!   may overwrite such a poison; so who needs an answer poisons again until it has it (stop of the world, monitor), and
//!   the hot path needs no fence.
//! - `shared.status` is tick and state in one word: a CAS by the M that comes back from a blocking native can only
//!   succeed on its own visit.
//! - Idle to Running only under `Sched::idle`, and only while the world is not stopped.
use super::g::{COMPUTES, G, GRef};
use super::lock::Lock;
use super::m::M;
use super::poll::Io;
use super::slab::GCache;
use super::stack::StackCache;
use super::timer::{Due, Timers};
use super::{Chan, Place, Preempt, Runtime, Sched};
use super::{choice, hook, idle, queue, timer};
use crate::heap::{Cache, Heap};
use crate::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering::*, fence};
use crossbeam_deque::{Stealer, Worker};
use std::ptr::null_mut;

/// A processor: what a goroutine needs to run. The engine's handlers get `*mut P` as their context register.
#[repr(C, align(128))]
pub struct P {
    /// End of the running G's stack in bytes (address), or 0: poisoned, the next check takes the slow path.
    pub guard: AtomicUsize,
    /// The real end of that stack: a check that fails against `guard` compares with this one before it grows the stack.
    pub limit: usize,
    /// The running goroutine.
    pub g: *mut G,
    /// The heap and the runtime that all Ps share.
    pub heap: *const Heap,
    pub runtime: *const Runtime,
    /// Engine's own shared state.
    pub engine: *const u8,
    /// Engine's per-P scratch words (nested depth, native job, ...).
    pub scratch: [u64; 6],
    /// Free objects of each size.
    pub cache: Cache,

    pub(super) sched: *const Sched,
    /// Who has it, running goroutines or in a native; null: nobody (Idle, Retired, or on its way to another M).
    pub(super) m: *mut M,
    /// What the M does when the goroutine has parked: release this lock, or (null) what `commit` says.
    pub(super) unlock: *const Lock,
    pub(super) commit: Commit,
    /// What `Commit::Io` completes.
    pub(super) io: Io,
    /// Who gets the turn by `Commit::HandOver`.
    pub(super) heir: *mut G,
    /// Slow polls left until a deferred wake-up happens; 0: none is pending.
    pub(super) pending: u8,
    /// Run-next picks in a row.
    pub(super) chain: u8,
    /// The deterministic world (see `choice`): its polls left of the slice, whether the last one said Stop in the place of
    /// Yield, and what is runnable.
    pub(super) seeded: bool,
    pub(super) overdue: bool,
    pub(super) left: u32,
    pub(super) pool: Vec<GRef>,
    /// Somebody wants events or samples.
    pub(super) listened: bool,
    /// Every schedule takes the slow path: seeded or listened to.
    pub(super) watched: bool,
    /// Slots from a stack's bottom on within which no calls are nested too deep; without a limit on that, more than there can be.
    pub(super) shallow: usize,
    /// Bits of the limit that the guard never has: none, or (seeded) all, so that every check polls.
    pub(super) veto: usize,
    /// Only one P exists: nobody to wake, no lock contended. Changed where this P holds no lock.
    pub(super) alone: bool,
    /// Counts schedules: at some of them more is looked at (`queue.rs`).
    pub(super) tick: u32,
    /// State of the generator behind stealing, select and the seeded world; never 0.
    pub(super) rng: u32,
    /// Its place in `Sched::ps`.
    pub(super) index: u32,
    /// Dead goroutines to be used again.
    pub(super) gs: GCache,
    /// Numbers for goroutines that it makes: taken from the shared counter some at a time.
    pub(super) next_id: u64,
    pub(super) end_id: u64,
    /// Runnable goroutines in order; others steal at the other end.
    pub(super) queue: Worker<GRef>,
    pub(super) stealer: Stealer<GRef>,
    /// Free stacks of each size.
    pub(super) stacks: StackCache,
    /// Channels of the select at hand in address order, without repetition and nil.
    pub(super) sel_order: Vec<*mut Chan>,
    /// Room for the actions of timers that are due; empty between two looks.
    pub(super) due: Vec<Due>,
    pub(super) shared: Shared,
}

/// What other threads read or write, on cache lines of its own.
#[repr(align(128))]
pub(super) struct Shared {
    /// The goroutine that was readied last and runs next. Stored by the owner, taken by anyone.
    pub runnext: AtomicPtr<G>,
    /// `tick << 8 | state`.
    pub status: AtomicU64,
    /// Counts time slices; written by the owner.
    pub slice: AtomicU32,
    /// The slice that the monitor wants to end.
    pub preempt: AtomicU32,
    /// Milliseconds since the runtime began, stored by the monitor.
    pub clock_ms: AtomicU32,
    /// More Ps exist than GOMAXPROCS: the owner gives this one up at its next schedule.
    pub retired: AtomicBool,
    /// Samples of the running stack that the monitor wants.
    pub samples: AtomicU32,
    /// The monitor has seen events that nobody takes: the owner looks at the poller at its next schedule.
    pub look: AtomicBool,
    /// The engine may take the next slow poll as a sample of what is computed.
    pub(super) hot: AtomicBool,
    /// Goroutines made and ended here, written by the owner: their sums over all Ps give how many there are.
    pub born: AtomicU64,
    pub ended: AtomicU64,
    /// Bytes of stacks outside the heap that were taken here, less those given back here; below 0 when others took them.
    pub stack_bytes: AtomicI64,
    pub timers: Timers,
}

/// What completes a park that holds not just one lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Commit {
    Unlock,
    /// Unlock all of `sel_order`.
    Select,
    /// Nothing: nobody will wake it.
    Forever,
    /// Collect, then go on with it.
    Collect,
    /// Publish it as the waiter of the watch in `io`.
    Io,
    /// Unlock the channel that it waits at; then the `heir` goes on, at once or from the queue.
    HandOver,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Status {
    Idle = 0,
    Running = 1,
    /// Its M is in a blocking native; anyone may take it by CAS.
    Syscall = 2,
    /// Its M waits for the end of the stop.
    Stopped = 3,
    /// Was in a blocking native when the world stopped.
    SyscallStopped = 4,
    /// Given up by a smaller GOMAXPROCS.
    Retired = 5,
}

impl Status {
    pub fn of(word: u64) -> Status {
        match word as u8 {
            0 => Status::Idle,
            1 => Status::Running,
            2 => Status::Syscall,
            3 => Status::Stopped,
            4 => Status::SyscallStopped,
            5 => Status::Retired,
            other => unreachable!("status of a P: {other}"),
        }
    }
}

/// `word` with another state and the next tick.
#[inline(always)]
pub(super) fn next_status(word: u64, to: Status) -> u64 {
    ((word >> 8) + 1) << 8 | to as u64
}

impl Shared {
    pub fn state(&self) -> Status {
        Status::of(self.status.load(SeqCst))
    }
    /// By the owner, or under `Sched::idle`.
    pub fn set(&self, to: Status) {
        self.status.store(next_status(self.status.load(Relaxed), to), SeqCst);
    }
}

impl P {
    pub(super) fn new(sched: &Sched, index: usize) -> *mut P {
        let queue = Worker::new_fifo();
        let stealer = queue.stealer();
        // SAFETY: the runtime is complete before its first P is made.
        let runtime = unsafe { &*sched.runtime.get() };
        Box::into_raw(Box::new(P {
            guard: AtomicUsize::new(0),
            limit: 0,
            g: null_mut(),
            heap: &*runtime.heap,
            runtime,
            engine: sched.engine_word,
            scratch: [0; 6],
            cache: runtime.heap.new_cache(),
            sched,
            m: null_mut(),
            unlock: std::ptr::null(),
            commit: Commit::Forever,
            io: Io::none(),
            heir: null_mut(),
            pending: 0,
            chain: 0,
            seeded: sched.choices.seeded,
            overdue: false,
            left: 0,
            pool: Vec::new(),
            listened: sched.trace.is_some() || sched.profile.is_some(),
            watched: sched.choices.seeded || sched.trace.is_some() || sched.profile.is_some(),
            shallow: if sched.max_depth == 0 { u32::MAX as usize } else { sched.max_depth },
            veto: if sched.choices.seeded { usize::MAX } else { 0 },
            alone: false,
            tick: 0,
            rng: (choice::mix(sched.seed.wrapping_add(index as u64)) as u32).max(1),
            index: index as u32,
            gs: GCache::new(),
            next_id: 0,
            end_id: 0,
            queue,
            stealer,
            stacks: StackCache::new(),
            sel_order: Vec::with_capacity(64),
            due: Vec::new(),
            shared: Shared {
                runnext: AtomicPtr::new(null_mut()),
                status: AtomicU64::new(Status::Retired as u64),
                slice: AtomicU32::new(1),
                preempt: AtomicU32::new(0),
                clock_ms: AtomicU32::new(0),
                retired: AtomicBool::new(true),
                samples: AtomicU32::new(0),
                look: AtomicBool::new(false),
                hot: AtomicBool::new(false),
                born: AtomicU64::new(0),
                ended: AtomicU64::new(0),
                stack_bytes: AtomicI64::new(0),
                timers: Timers::new(),
            },
        }))
    }
}

/// xorshift; the owner's.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub(super) unsafe fn random(p: *mut P) -> u32 {
    // SAFETY: says the caller.
    unsafe {
        let mut x = (*p).rng;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        (*p).rng = x;
        x
    }
}

/// Sets limit and guard for the goroutine that runs or goes on.
///
/// # Safety
/// `p` and `g` are the caller's.
#[inline(always)]
pub(super) unsafe fn set_limit(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        let limit = (*g).stack as usize + ((*g).cap as usize).min((*p).shallow) * 8;
        (*p).limit = limit;
        (*p).guard.store(limit & !(*p).veto, Relaxed);
    }
}

/// Where in P the word lies that is not 0 while a collection marks.
pub const MARKING: usize = std::mem::offset_of!(P, cache) + Cache::MARKING;

/// What a slow path that met a poisoned guard does next. For all but `Go` the engine saves pc and base first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum Poll {
    /// Goes on. The guard is the stack limit again, or still 0 when a request remains: growth is decided by `P::limit`.
    Go,
    /// Returns `Exit::Yield`.
    Yield,
    /// Returns `Exit::Stop`.
    Stop,
    /// Was killed: unwinds without running anything and returns `Exit::Done`.
    Killed,
}

/// After a poisoned guard (0): says what to do. pc and base of `p.g` are saved.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
#[inline(never)]
pub unsafe fn poll(p: *mut P, place: Place) -> Poll {
    // SAFETY: says the caller.
    unsafe {
        let s = &*(*p).sched;
        if (*(*p).g).is_killed() {
            return Poll::Killed;
        }
        hook::sample(p);
        if (*p).seeded {
            return choice::poll(p, place);
        }
        if s.halt.load(Relaxed) != 0 || (*(*p).heap).want_gc() {
            return Poll::Stop;
        }
        let shared = &(*p).shared;
        if s.preempt != Preempt::Never && asked_to_yield(p) {
            (*(*p).g).flags |= COMPUTES;
            // Who may not yield here keeps the guard poisoned for the place where he may.
            return if s.preempt.allows(place) { Poll::Yield } else { Poll::Go };
        }
        if (*p).pending > 0 {
            (*p).pending -= 1;
            if (*p).pending > 0 {
                // The guard stays 0: the goroutine most likely parks before the count is down.
                return Poll::Go;
            }
            if !shared.runnext.load(Relaxed).is_null() {
                fence(SeqCst);
                idle::wake_one(s);
            }
        }
        (*p).guard.store((*p).limit, Relaxed);
        // Narrows the window in which a poison is lost; who needs an answer repeats it.
        if s.halt.load(Relaxed) != 0 || (*(*p).heap).want_gc() {
            (*p).guard.store(0, Relaxed);
        }
        Poll::Go
    }
}

/// Its slice is over, its P is given up, events are to be taken, or a timer is due.
unsafe fn asked_to_yield(p: *mut P) -> bool {
    // SAFETY: as `poll`.
    unsafe {
        let shared = &(*p).shared;
        if shared.preempt.load(Relaxed) == shared.slice.load(Relaxed) || shared.retired.load(Relaxed) {
            return true;
        }
        if shared.look.load(Relaxed) {
            // The next schedule is one that looks at everything.
            (*p).tick = (*p).tick / queue::GLOBAL_TICK * queue::GLOBAL_TICK + queue::GLOBAL_TICK - 1;
            return true;
        }
        let due = timer::due_at_poll(p);
        if due {
            // The next schedule reads the clock.
            (*p).tick |= queue::CLOCK_TICK - 1;
        }
        due
    }
}

/// Was a sample asked for since the last time? See [`RuntimeConfig::hot`](super::RuntimeConfig::hot).
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub unsafe fn take_sample(p: *mut P) -> bool {
    // SAFETY: says the caller.
    let hot = unsafe { &(*p).shared.hot };
    hot.load(Relaxed) && hot.swap(false, Relaxed)
}

/// Makes the running goroutine of `p` poll at its next check.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub unsafe fn poll_soon(p: *mut P) {
    // SAFETY: says the caller.
    unsafe { (*p).guard.store(0, Relaxed) }
}

//! What happens, for whoever listens: a bounded list of events, and requests for samples of stacks.
//!
//! Invariants:
//! - Nothing here decides anything: a run goes on as it would without.
//! - A P of a runtime that nobody listens to pays one predictable branch (`P::listened`) where something happens. One
//!   that is listened to takes the slow path at every schedule (`P::watched`).
//! - Events are in the order of their times; those of one channel in the order of its lock, so the n-th message sent on
//!   it is the n-th received.
//! - The list holds `EVENTS_MAX` events. What comes later is counted only.
use super::g::{G, WaitReason};
use super::p::P;
use super::{Chan, Exit, Sched};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering::*};

/// 18 MB of them; the file has ten times as many bytes.
const EVENTS_MAX: usize = 250_000;
/// Processors wanted at once that a profile tells apart.
const DEMAND_MAX: usize = 64;

/// One event: `g` is the goroutine it happened to (0: none), on processor `p`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    pub at: u64,
    pub kind: EventKind,
    pub p: u32,
    pub g: u64,
    /// See the kinds.
    pub object: u64,
    pub word: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EventKind {
    /// `g` was made by goroutine `object` (0: from outside); `word` is where it begins.
    Spawn,
    Start,
    /// It waits for `object`, from `word` (a pc) on.
    Park(WaitReason),
    /// Gave way because it was asked to.
    Preempt,
    /// Gave way by itself.
    Yield,
    /// Stands still for a collection.
    Stop,
    End,
    /// Can run again, by the doing of goroutine `object` (0: a timer).
    Ready,
    /// Made channel `object`; `word` is the engine's.
    Make {
        pc: u64,
    },
    /// A message went into channel `object`, or came out; its first word, when it has just one.
    Send(Option<u64>),
    Recv(Option<u64>),
    GcBegin,
    GcEnd,
    /// Went into a native that may block, and came back.
    Block,
    Unblock,
}

/// The events of a runtime.
pub(super) struct Trace {
    events: Mutex<Vec<Event>>,
    lost: AtomicU64,
}

impl Trace {
    pub fn new() -> Trace {
        Trace { events: Mutex::new(Vec::new()), lost: AtomicU64::new(0) }
    }
    pub fn take(&self) -> (Vec<Event>, u64) {
        (std::mem::take(&mut *self.events.lock()), self.lost.load(Relaxed))
    }
}

/// How busy the processors were, in ticks of the monitor.
pub(super) struct Profile {
    ticks: AtomicU64,
    busy: Vec<AtomicU64>,
    demand: Vec<AtomicU64>,
}

/// What a profile has counted of processors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub ticks: u64,
    /// By processor: ticks at which it ran a goroutine.
    pub busy: Vec<u64>,
    /// `demand[n]`: ticks at which `n` goroutines ran or could have run.
    pub demand: Vec<u64>,
}

impl Profile {
    pub fn new() -> Profile {
        let zeros = |n| (0..n).map(|_| AtomicU64::new(0)).collect();
        Profile { ticks: AtomicU64::new(0), busy: zeros(super::MAX_PROCS), demand: zeros(DEMAND_MAX + 1) }
    }
    /// A tick: which processors run, and how many goroutines wait to.
    pub fn tick(&self, busy: impl Iterator<Item = usize>, searching: usize, waiting: usize) {
        self.ticks.fetch_add(1, Relaxed);
        let mut running = 0usize;
        for p in busy {
            self.busy[p].fetch_add(1, Relaxed);
            running += 1;
        }
        let wanted = running.saturating_sub(searching) + waiting;
        self.demand[wanted.min(DEMAND_MAX)].fetch_add(1, Relaxed);
    }
    pub fn load(&self, procs: usize) -> Load {
        let read = |v: &[AtomicU64]| v.iter().map(|n| n.load(Relaxed)).collect();
        Load { ticks: self.ticks.load(Relaxed), busy: read(&self.busy[..procs]), demand: read(&self.demand) }
    }
}

fn push(s: &Sched, p: u32, g: u64, kind: EventKind, object: u64, word: u64) {
    let Some(trace) = &s.trace else { return };
    let mut events = trace.events.lock();
    if events.len() >= EVENTS_MAX {
        trace.lost.fetch_add(1, Relaxed);
        return;
    }
    // Read under the lock, so that the list is in order.
    events.push(Event { at: s.choices.now_ns(), kind, p, g, object, word });
}

/// An event of the running goroutine, or of none.
///
/// # Safety
/// `p` is the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn event(p: *mut P, kind: EventKind, object: u64, word: u64) {
    // SAFETY: says the caller.
    unsafe {
        let g = (*p).g;
        push(&*(*p).sched, (*p).index, if g.is_null() { 0 } else { (*g).id }, kind, object, word)
    }
}

/// An event of a goroutine that the caller owns.
///
/// # Safety
/// `p` and `g` are the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn event_of(p: *mut P, g: *mut G, kind: EventKind, object: u64, word: u64) {
    // SAFETY: says the caller.
    unsafe { push(&*(*p).sched, (*p).index, (*g).id, kind, object, word) }
}

/// A goroutine was made by the running one, or (`p` null) from outside.
///
/// # Safety
/// `p` and `g` are the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn spawned(s: &Sched, p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        let (index, by) = if p.is_null() { (0, 0) } else { ((*p).index, running(p)) };
        push(s, index, (*g).id, EventKind::Spawn, by, (*g).pc as u64);
    }
}

unsafe fn running(p: *mut P) -> u64 {
    // SAFETY: the caller's P.
    unsafe { if (*p).g.is_null() { 0 } else { (*(*p).g).id } }
}

/// `g` was made runnable by what `p` does.
///
/// # Safety
/// `p` and `g` are the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn readied(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe { event_of(p, g, EventKind::Ready, running(p), 0) }
}

/// The engine has come back: takes a sample that is due, and says why.
///
/// # Safety
/// `p` is the caller's, its goroutine saved (unless it is over).
#[cold]
#[inline(never)]
pub(super) unsafe fn left(p: *mut P, g: *mut G, exit: Exit) {
    // SAFETY: says the caller.
    unsafe {
        let kind = match exit {
            Exit::Done => EventKind::End,
            Exit::Parked => EventKind::Park((*g).reason),
            Exit::Stop => EventKind::Stop,
            Exit::Yield if asked(p) => EventKind::Preempt,
            Exit::Yield => EventKind::Yield,
        };
        if exit != Exit::Done {
            sample(p);
        }
        event_of(p, g, kind, (*g).link as u64, (*g).pc as u64);
    }
}

unsafe fn asked(p: *mut P) -> bool {
    // SAFETY: the caller's P.
    unsafe {
        let shared = &(*p).shared;
        if (*p).seeded { (*p).left == 0 } else { shared.preempt.load(Relaxed) == shared.slice.load(Relaxed) }
    }
}

/// Lets the engine look at the stack of the running goroutine if the monitor has asked for that.
///
/// # Safety
/// `p` is the caller's, pc and base of its goroutine are saved.
#[inline(always)]
pub(super) unsafe fn sample(p: *mut P) {
    // SAFETY: says the caller.
    unsafe {
        if (*p).shared.samples.load(Relaxed) != 0 {
            let n = (*p).shared.samples.swap(0, Relaxed);
            (*(*p).sched).engine().sample(p, n);
        }
    }
}

unsafe fn value(ch: *const Chan, at: *const u64) -> Option<u64> {
    // SAFETY: slots of an element, or null.
    unsafe { ((*ch).elem_words() == 1 && !at.is_null()).then(|| *at) }
}

/// The running goroutine has sent what lies at `src`, to `to` when that was waiting for it. The lock is held.
///
/// # Safety
/// As `chan_send`; `to` is null or the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn sent(p: *mut P, ch: *mut Chan, src: *const u64, to: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        let word = value(ch, src);
        event(p, EventKind::Send(word), ch as u64, 0);
        if !to.is_null() {
            event_of(p, to, EventKind::Recv(word), ch as u64, 0);
        }
    }
}

/// The running goroutine has received; `from` had waited to send. The lock is held.
///
/// # Safety
/// As `chan_recv`; `from` is null or the caller's.
#[cold]
#[inline(never)]
pub(super) unsafe fn received(p: *mut P, ch: *mut Chan, dst: *const u64, from: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        if !from.is_null() {
            event_of(p, from, EventKind::Send(None), ch as u64, 0);
        }
        event(p, EventKind::Recv(value(ch, dst)), ch as u64, 0);
    }
}

/// The engine has made a channel, at `pc`; `word` comes back in the event.
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub unsafe fn chan_made(p: *mut P, ch: *const Chan, pc: u64, word: u64) {
    // SAFETY: says the caller.
    unsafe {
        if (*p).listened {
            event(p, EventKind::Make { pc }, ch as u64, word);
        }
    }
}

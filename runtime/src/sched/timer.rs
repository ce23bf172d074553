//! Time: the clock, and per-P 4-ary heaps of timers.
//!
//! Invariants:
//! - `min` is the earliest deadline of the heap (`u64::MAX`: none), stored under the lock, read without: a P without timers
//!   never reads the clock.
//! - A slot's `pos` is its place in the heap, kept by every move, so stopping needs no search. Its generation changes
//!   when it is freed: a stale id finds nothing.
//! - Actions are done after the lock is released, by a running P, so no collection comes between taking and doing. But a time is sent
//!   under the lock (the channel's is taken inside): when `timer_stop` returns, nothing will be sent any more.
//! - A retired P keeps its timers; the others look after them.
//! - Words of actions are roots ([`roots`]).
//!
//! Rejected for now: a hierarchical wheel (three times faster to add, but 1 ms ticks).
use super::g::G;
use super::lock::Lock;
use super::p::P;
use super::watch::Way;
use super::{Chan, Sched, chan, hook, monitor, poll, queue, runtime, spawn};
use crate::heap::Heap;
use crate::sync::atomic::{AtomicU64, Ordering::*};
use std::cell::UnsafeCell;

/// What a timer does when it is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimerAction {
    /// Makes a parked goroutine runnable.
    Wake(*mut G),
    /// Sends the time without blocking: word 0 is the wall clock in unix nanoseconds, word 1 (when the element has it)
    /// the monotonic clock, further words are 0.
    SendTime { chan: *mut Chan },
    /// A new goroutine with `closure` as its register 0.
    Spawn { pc: *const u8, link_pc: u64, frame_slots: usize, closure: u64 },
    /// The deadline of a descriptor (`poll.rs`).
    Expire { watch: usize, way: Way, seq: u64 },
}

/// Names a started timer, never 0; a stale one is harmless (28 bits of generation a slot).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerId(pub u64);

const P_BITS: u32 = 10;
const SLOT_BITS: u32 = 26;
const SLOT_MAX: usize = 1 << SLOT_BITS;
const NONE: u32 = u32::MAX;
/// They are counted from 1, so that no timer's name is 0.
const GENERATIONS: u32 = (1 << (64 - P_BITS - SLOT_BITS)) - 1;

/// The timers of one P.
pub(super) struct Timers {
    pub lock: Lock,
    min: AtomicU64,
    state: UnsafeCell<State>,
}

struct State {
    /// (deadline, slot)
    heap: Vec<(u64, u32)>,
    slots: Vec<Slot>,
    free: u32,
}

struct Slot {
    /// Place in the heap; free slots: the next free one.
    pos: u32,
    generation: u32,
    period: u64,
    action: TimerAction,
}

/// An action taken out of a heap, to be done.
pub(super) struct Due(TimerAction);

impl Timers {
    pub fn new() -> Timers {
        let state = State { heap: Vec::new(), slots: Vec::new(), free: NONE };
        Timers { lock: Lock::new(), min: AtomicU64::new(u64::MAX), state: UnsafeCell::new(state) }
    }
    /// The earliest deadline.
    #[inline(always)]
    pub fn next(&self) -> u64 {
        self.min.load(Relaxed)
    }
    /// # Safety
    /// The lock is held.
    #[expect(clippy::mut_from_ref)]
    unsafe fn state(&self) -> &mut State {
        // SAFETY: the lock makes it exclusive.
        unsafe { &mut *self.state.get() }
    }
    fn publish_min(&self, state: &State) {
        self.min.store(state.heap.first().map_or(u64::MAX, |t| t.0), SeqCst);
    }
    /// After an addition. True: the monitor sleeps past it ([`monitor::timer_added`]).
    #[inline(always)]
    fn publish_added(&self, s: &Sched, state: &State, when: u64) -> bool {
        if state.heap.first().is_none_or(|first| first.0 < when) {
            return false;
        }
        self.min.store(when, SeqCst);
        // The monitor stores when it will look, then reads the earliest deadlines: one of us sees the other.
        when < s.monitor_until.load(SeqCst).saturating_sub(monitor::LATE_NS)
    }
}

impl State {
    fn set(&mut self, i: usize, entry: (u64, u32)) {
        self.heap[i] = entry;
        self.slots[entry.1 as usize].pos = i as u32;
    }
    fn up(&mut self, mut i: usize) {
        let entry = self.heap[i];
        while i > 0 {
            let parent = (i - 1) / 4;
            if self.heap[parent].0 <= entry.0 {
                break;
            }
            self.set(i, self.heap[parent]);
            i = parent;
        }
        self.set(i, entry);
    }
    fn down(&mut self, mut i: usize) {
        let entry = self.heap[i];
        let n = self.heap.len();
        loop {
            let first = 4 * i + 1;
            if first >= n {
                break;
            }
            let mut least = first;
            for k in first + 1..(first + 4).min(n) {
                if self.heap[k].0 < self.heap[least].0 {
                    least = k;
                }
            }
            if self.heap[least].0 >= entry.0 {
                break;
            }
            self.set(i, self.heap[least]);
            i = least;
        }
        self.set(i, entry);
    }
    fn add(&mut self, when: u64, period: u64, action: TimerAction) -> u32 {
        let id = if self.free != NONE {
            let id = self.free;
            let slot = &mut self.slots[id as usize];
            self.free = slot.pos;
            (slot.period, slot.action) = (period, action);
            id
        } else {
            assert!(self.slots.len() < SLOT_MAX, "too many timers");
            self.slots.push(Slot { pos: 0, generation: 1, period, action });
            self.slots.len() as u32 - 1
        };
        self.heap.push((when, id));
        self.up(self.heap.len() - 1);
        id
    }
    /// Room for one more timer, which counts as memory of the program; false: there is none. Room is never given back.
    fn make_room(&mut self, heap: &Heap) -> bool {
        const BYTES: usize = size_of::<Slot>() + size_of::<(u64, u32)>();
        if self.free != NONE || self.slots.len() < self.slots.capacity() {
            return true;
        }
        let more = self.slots.len().max(64).min(SLOT_MAX - self.slots.len());
        if more == 0 || !heap.account_external((more * BYTES) as isize) {
            return false;
        }
        self.slots.reserve_exact(more);
        self.heap.reserve(self.slots.capacity() - self.heap.len());
        true
    }
    /// Takes the entry at `i` out of the heap; the slot stays.
    fn unlink(&mut self, i: usize) {
        let Some(last) = self.heap.pop() else { return };
        if i < self.heap.len() {
            self.set(i, last);
            self.down(i);
            let pos = self.slots[last.1 as usize].pos as usize;
            self.up(pos);
        }
    }
    fn free_slot(&mut self, id: u32) {
        let free = self.free;
        let slot = &mut self.slots[id as usize];
        slot.generation = slot.generation % GENERATIONS + 1;
        slot.pos = free;
        self.free = id;
    }
}

/// Monotonic nanoseconds of the machine.
pub(super) fn now_ns() -> u64 {
    crate::sync::now_ns()
}

/// Unix nanoseconds of the machine.
pub(super) fn wall_ns() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |d| d.as_nanos() as u64)
}

/// Parks until `ns` from now: Done (`ns <= 0`) or Park.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn sleep(p: *mut P, ns: i64) -> super::Op {
    if ns <= 0 {
        return super::Op::Done;
    }
    // SAFETY: the lock stays held until the goroutine is saved.
    unsafe {
        let s = &*(*p).sched;
        let when = s.choices.now_ns().saturating_add(ns as u64);
        let timers = &(*p).shared.timers;
        timers.lock.lock((*p).alone);
        let state = timers.state();
        state.add(when, 0, TimerAction::Wake((*p).g));
        if timers.publish_added(s, state, when) {
            monitor::timer_added(s);
        }
        super::chan::park_on(p, &timers.lock, super::WaitReason::Sleep, 0)
    }
}

/// `when` on the clock of [`super::Runtime::now_ns`]; `period` 0: once. `None`: no memory is left for it.
///
/// # Safety
/// `p` is the caller's; the action's words are live.
pub unsafe fn timer_start(p: *mut P, when: u64, period: u64, action: TimerAction) -> Option<TimerId> {
    // SAFETY: says the caller.
    unsafe {
        if let TimerAction::SendTime { chan } = action {
            chan::mark_clock(chan);
        }
        let timers = &(*p).shared.timers;
        timers.lock.lock((*p).alone);
        let state = timers.state();
        if !state.make_room(&*(*p).heap) {
            timers.lock.unlock();
            return None;
        }
        let slot = state.add(when, period, action);
        let late = timers.publish_added(&*(*p).sched, state, when);
        let generation = state.slots[slot as usize].generation;
        timers.lock.unlock();
        if late {
            monitor::timer_added(&*(*p).sched);
        }
        Some(TimerId((generation as u64) << (P_BITS + SLOT_BITS) | (slot as u64) << P_BITS | (*p).index as u64))
    }
}

/// True: it was still to come.
///
/// # Safety
/// `p` is the caller's; `id` comes from this runtime.
pub unsafe fn timer_stop(p: *mut P, id: TimerId) -> bool {
    let index = (id.0 & ((1 << P_BITS) - 1)) as usize;
    let slot = (id.0 >> P_BITS) as u32 & (SLOT_MAX as u32 - 1);
    let generation = (id.0 >> (P_BITS + SLOT_BITS)) as u32;
    // SAFETY: Ps stay; only `shared` of the other is touched.
    unsafe {
        let timers = &(*(*(*p).sched).p_at(index)).shared.timers;
        timers.lock.lock((*p).alone);
        let state = timers.state();
        let live = state.slots.get(slot as usize).is_some_and(|s| {
            s.generation == generation && state.heap.get(s.pos as usize).is_some_and(|entry| entry.1 == slot)
        });
        if live {
            state.unlink(state.slots[slot as usize].pos as usize);
            state.free_slot(slot);
            timers.publish_min(state);
        }
        timers.lock.unlock();
        live
    }
}

/// Does what is due by `now` in the heap of `owner`. The first goroutine goes to run-next of `p`. False: nothing was.
///
/// # Safety
/// `p` is the caller's, `owner` any P.
pub(super) unsafe fn run_due(p: *mut P, owner: *mut P, now: u64) -> bool {
    // SAFETY: says the caller.
    unsafe {
        let timers = &(*owner).shared.timers;
        if timers.next() > now {
            return false;
        }
        let mut due = std::mem::take(&mut (*p).due);
        timers.lock.lock((*p).alone);
        let state = timers.state();
        while let Some(&(when, id)) = state.heap.first() {
            if when > now {
                break;
            }
            let slot = &state.slots[id as usize];
            match slot.action {
                TimerAction::SendTime { chan } => {
                    let choices = &(*(*p).sched).choices;
                    let g = chan::send_time(p, chan, choices.wall_ns(), choices.now_ns());
                    if !g.is_null() {
                        due.push(Due(TimerAction::Wake(g)));
                    }
                }
                action => due.push(Due(action)),
            }
            let period = slot.period;
            // Missed beats are dropped.
            if let Some(missed) = (now - when).checked_div(period) {
                state.heap[0].0 = when.saturating_add((1 + missed).saturating_mul(period));
                state.down(0);
            } else {
                state.unlink(0);
                state.free_slot(id);
            }
        }
        timers.publish_min(state);
        timers.lock.unlock();
        for Due(action) in due.drain(..) {
            act(p, action);
        }
        (*p).due = due;
        true
    }
}

unsafe fn act(p: *mut P, action: TimerAction) {
    // SAFETY: the action's words are roots until it was taken, and no safepoint came since.
    unsafe {
        match action {
            TimerAction::Wake(g) => {
                (*g).wake_ok = 1;
                (*g).wake();
                if (*p).listened {
                    hook::readied(p, g);
                }
                if (*p).shared.runnext.load(Relaxed).is_null() {
                    queue::submit(p, g);
                } else {
                    queue::submit_tail(p, g);
                }
            }
            TimerAction::SendTime { .. } => unreachable!("times are sent under the lock"),
            TimerAction::Spawn { pc, link_pc, frame_slots, closure } => {
                // Whoever waits for the call would do so for ever.
                if !spawn::spawn(p, pc, link_pc, frame_slots, &closure, 1, 0) {
                    runtime::out_of_memory(&*(*p).sched);
                }
            }
            TimerAction::Expire { watch, way, seq } => poll::expire(p, watch, way, seq),
        }
    }
}

/// Runs what is due on Ps that a smaller GOMAXPROCS has retired.
///
/// # Safety
/// `p` is the caller's.
pub(super) unsafe fn run_retired(p: *mut P) -> bool {
    // SAFETY: as `run_due`.
    unsafe {
        let s = &*(*p).sched;
        let n = s.nps.load(Acquire);
        let mut ran = false;
        if n <= s.procs.load(Relaxed) {
            return ran;
        }
        for i in 0..n {
            let v = s.p_at(i);
            if (*v).shared.retired.load(Relaxed) && (*v).shared.timers.next() != u64::MAX {
                ran |= run_due(p, v, s.choices.now_ns());
            }
        }
        ran
    }
}

/// At a poll: whether a timer of `p` is due. What is due on retired Ps is done here, and then it is true as well.
///
/// # Safety
/// `p` is the caller's.
pub(super) unsafe fn due_at_poll(p: *mut P) -> bool {
    // SAFETY: as `run_due`.
    unsafe {
        let s = &*(*p).sched;
        let first = (*p).shared.timers.next();
        if first != u64::MAX && first <= s.choices.now_ns() {
            return true;
        }
        s.nps.load(Relaxed) > s.procs.load(Relaxed) && run_retired(p)
    }
}

/// The earliest deadline of all Ps.
pub(super) fn earliest(s: &Sched) -> u64 {
    (0..s.nps.load(Acquire))
        .map(|i| {
            // SAFETY: Ps stay; `shared` may be read.
            unsafe { (*s.p_at(i)).shared.timers.min.load(SeqCst) }
        })
        .min()
        .unwrap_or(u64::MAX)
}

/// Whether some timer will change something: not one that sends to a full channel, whose value is lost.
///
/// # Safety
/// Under `Sched::idle`, with every P that is not retired idle.
pub(super) unsafe fn promising(s: &Sched) -> bool {
    s.all().any(|p| {
        // SAFETY: nobody else touches timers or channels.
        unsafe {
            let timers = &(*p).shared.timers;
            let state = timers.state();
            state.heap.iter().any(|&(_, id)| match state.slots[id as usize].action {
                TimerAction::SendTime { chan } => !chan::is_full(chan),
                TimerAction::Wake(_) | TimerAction::Spawn { .. } | TimerAction::Expire { .. } => true,
            })
        }
    })
}

/// Visits the words of pending actions.
///
/// # Safety
/// The world is stopped.
pub(super) unsafe fn roots(p: *mut P, visit: &mut dyn FnMut(*const u64, usize)) {
    // SAFETY: no other thread runs; taking the lock anyway costs nothing.
    unsafe {
        let timers = &(*p).shared.timers;
        timers.lock.lock(false);
        let state = timers.state();
        for &(_, id) in &state.heap {
            let word = match state.slots[id as usize].action {
                TimerAction::Wake(_) | TimerAction::Expire { .. } => continue,
                TimerAction::SendTime { chan } => chan as u64,
                TimerAction::Spawn { closure, .. } => closure,
            };
            visit(&word, 1);
        }
        timers.lock.unlock();
    }
}

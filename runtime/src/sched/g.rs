//! Goroutines: the record, its states and who owns it in each.
//!
//! | state | owner of the G and of its stack | leaves by |
//! |---|---|---|
//! | Dead | a free list | `born` |
//! | Runnable | the one queue or run-next slot that holds it | `start` |
//! | Running | the P whose `g` it is | `park`, `requeue`, `enter`, `die` |
//! | Waiting | the wait queue, timer or nobody (for ever), under that one's lock | `wake` |
//! | Syscall | the M inside the blocking native | `leave` |
//!
//! Invariants:
//! - One owner at a time, so everything but `state`, `sel_done` and `scanned` is plain memory. `state` is atomic because
//!   reports and the collector read it from elsewhere; transitions are plain stores.
//! - The memory is type-stable: a stale `*mut G` is always a G, perhaps another goroutine's.
//! - A parked stack does not move: waiters point into it.
use super::Runtime;
use super::lock::Lock;
use super::scanned::ScanMark;
use crate::sync::atomic::{AtomicU8, Ordering::*};

/// Slots that lie in the G itself.
pub const INLINE_SLOTS: usize = 16;

/// A place in a wait queue (Go's sudog): embedded in the G for plain operations, in frame slots for select.
#[repr(C)]
pub struct Waiter {
    pub next: *mut Waiter,
    pub prev: *mut Waiter,
    pub g: *mut G,
    /// Where the value lies or goes: slots of the parked goroutine's frame (its stack does not move while parked).
    pub elem: *mut u64,
    /// 0: plain operation; k + 1: case k of a select; of a condition the ticket.
    pub sel: u32,
    /// Of a mutex: how often it was woken and came too late.
    pub tries: u32,
}

/// Words that a select case's waiter takes in the frame.
pub const WAITER_WORDS: usize = size_of::<Waiter>() / 8;

/// A goroutine: 256 bytes, type-stable memory, reused. Whoever holds it (queue, P, waker) owns it.
#[repr(C, align(64))]
pub struct G {
    state: AtomicU8,
    /// What it waits for, valid while Waiting; written by the parker.
    pub(crate) reason: WaitReason,
    pub(crate) flags: u8,
    pub(super) scanned: ScanMark,
    /// Capacity of `stack` in slots.
    pub cap: u32,
    /// Engine's: where to go on. For a new goroutine the entry of its function.
    pub pc: *const u8,
    /// Bottom of the slot stack: the inline slots, or memory of the stack allocator.
    pub stack: *mut u64,
    /// Slot index of the current frame's base.
    pub base: u32,
    /// Coarse milliseconds of the runtime's clock when it parked.
    pub(crate) since: u32,
    /// Dead: free list. Waiting: the address of what it waits for (when an event has woken it: the next one). Syscall: the M that is inside.
    pub link: *mut G,
    /// Engine's: the suspended coroutine when native frames are live, else null.
    pub native: *mut u8,
    /// Which select case won (index), set by the waker.
    pub wake_case: u16,
    /// 1 when the operation that parked was completed by a value or a receiver, 0 by a close.
    pub wake_ok: u8,
    /// Select: 0 until one waker has won.
    pub sel_done: AtomicU8,
    /// The engine's number for the place of the `go` statement; 0: no statement made it.
    pub place: u32,
    /// Its place in a wait queue, for all operations but select.
    pub waiter: Waiter,
    /// Counted from 1, the program's main goroutine; never used twice.
    pub id: u64,
    /// Who executed that statement, 0 when nobody did.
    pub parent: u64,
    /// Engine's words, scanned as roots: defer chain, panic chain.
    pub roots: [u64; 2],
    /// The stack of a goroutine that needs no more.
    pub inline: [u64; INLINE_SLOTS],
}

const _: () = assert!(size_of::<G>() == 256);

/// Somebody waits for its end in `Runtime::run`.
pub(crate) const MAIN: u8 = 1;
/// It parked with `Op::Retry` and takes the mutex as contended.
pub(crate) const RETRIES: u8 = 2;

/// Nobody waits for its end any more, though it was the main goroutine of a run: reports leave it out.
pub(crate) const ABANDONED: u8 = 4;
/// It is in a queue while its M waits inside a native's end: who picks it gives his P to `link`.
pub(crate) const INSIDE: u8 = 8;
/// It is bound to an M (`pin.rs`).
pub(crate) const PINNED: u8 = 16;
/// It had to be interrupted when it ran last.
pub(crate) const COMPUTES: u8 = 32;
/// Who picks it from a queue cannot run it himself.
pub(crate) const AWAITED: u8 = INSIDE | PINNED;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum GState {
    Dead = 0,
    Runnable = 1,
    Running = 2,
    Waiting = 3,
    Syscall = 4,
}

/// What a goroutine waits for; the texts are Go's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum WaitReason {
    None = 0,
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
    RwMutexRLock,
    RwMutexLock,
    GarbageCollection,
    IoWait,
}

impl WaitReason {
    pub fn text(self) -> &'static str {
        match self {
            WaitReason::None => "",
            WaitReason::ChanReceive => "chan receive",
            WaitReason::ChanSend => "chan send",
            WaitReason::ChanReceiveNil => "chan receive (nil chan)",
            WaitReason::ChanSendNil => "chan send (nil chan)",
            WaitReason::Select => "select",
            WaitReason::SelectNoCases => "select (no cases)",
            WaitReason::Sleep => "sleep",
            WaitReason::MutexLock => "sync.Mutex.Lock",
            WaitReason::WaitGroupWait => "sync.WaitGroup.Wait",
            WaitReason::CondWait => "sync.Cond.Wait",
            WaitReason::Semacquire => "semacquire",
            WaitReason::RwMutexRLock => "sync.RWMutex.RLock",
            WaitReason::RwMutexLock => "sync.RWMutex.Lock",
            WaitReason::GarbageCollection => "garbage collection",
            WaitReason::IoWait => "IO wait",
        }
    }
}

impl G {
    pub fn state(&self) -> GState {
        match self.state.load(Acquire) {
            0 => GState::Dead,
            1 => GState::Runnable,
            2 => GState::Running,
            3 => GState::Waiting,
            4 => GState::Syscall,
            other => unreachable!("goroutine state {other}"),
        }
    }
    /// Why it waits; `None` when it does not.
    pub fn wait_reason(&self) -> WaitReason {
        if self.state() == GState::Waiting { self.reason } else { WaitReason::None }
    }
    /// Address of the channel or word it waits for; 0 when there is none.
    pub fn wait_object(&self) -> usize {
        if self.state() == GState::Waiting { self.link as usize } else { 0 }
    }
    /// It is bound to a thread.
    pub fn is_pinned(&self) -> bool {
        self.flags & PINNED != 0
    }
    /// Milliseconds it has waited, to the precision of the monitor's tick.
    pub fn waited_ms(&self, runtime: &Runtime) -> u64 {
        if self.state() == GState::Waiting { runtime.clock_ms().saturating_sub(self.since as u64) } else { 0 }
    }

    #[inline(always)]
    pub(crate) fn is_killed(&self) -> bool {
        self.scanned.is_killed()
    }
    pub(crate) fn kill(&self) {
        self.scanned.kill();
    }
    #[inline(always)]
    fn go(&self, from: GState, to: GState) {
        debug_assert_eq!(self.state(), from);
        self.state.store(to as u8, Relaxed);
    }
    /// Dead to Runnable, when everything is filled in: the collector may look at it from now on.
    #[inline(always)]
    pub(crate) fn born(&self) {
        debug_assert_eq!(self.state(), GState::Dead);
        self.state.store(GState::Runnable as u8, Release);
    }
    #[inline(always)]
    pub(crate) fn start(&self) {
        self.go(GState::Runnable, GState::Running);
    }
    #[inline(always)]
    pub(crate) fn park(&self) {
        self.go(GState::Running, GState::Waiting);
    }
    #[inline(always)]
    pub(crate) fn wake(&self) {
        self.go(GState::Waiting, GState::Runnable);
    }
    #[inline(always)]
    pub(crate) fn requeue(&self) {
        self.go(GState::Running, GState::Runnable);
    }
    #[inline(always)]
    pub(crate) fn enter(&self) {
        debug_assert_eq!(self.state(), GState::Running);
        self.state.store(GState::Syscall as u8, Release);
    }
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.go(GState::Syscall, GState::Running);
    }
    #[inline(always)]
    pub(crate) fn die(&self) {
        self.go(GState::Running, GState::Dead);
    }
}

/// A doubly linked list of waiters, guarded by the lock beside it. `prev == self` marks a waiter that was taken out.
#[repr(C)]
pub(crate) struct WaitQueue {
    first: *mut Waiter,
    last: *mut Waiter,
}

impl WaitQueue {
    /// # Safety
    /// The lock is held; `w` is in no queue.
    #[inline(always)]
    pub unsafe fn push(q: *mut WaitQueue, w: *mut Waiter) {
        // SAFETY: under the lock all waiters of the queue are alive: their goroutines are parked.
        unsafe {
            let last = (*q).last;
            (*w).next = std::ptr::null_mut();
            (*w).prev = last;
            if last.is_null() {
                (*q).first = w;
            } else {
                (*last).next = w;
            }
            (*q).last = w;
        }
    }
    /// The first waiter whose goroutine the caller now owns: of a select only the winner's. Null when there is none.
    ///
    /// # Safety
    /// The lock is held.
    #[inline(always)]
    pub unsafe fn pop(q: *mut WaitQueue) -> *mut Waiter {
        // SAFETY: as in `push`; losing waiters of selects stay valid until `select_finish` took this lock.
        unsafe {
            loop {
                let w = (*q).first;
                if w.is_null() {
                    return w;
                }
                let next = (*w).next;
                (*q).first = next;
                if next.is_null() {
                    (*q).last = next;
                } else {
                    (*next).prev = std::ptr::null_mut();
                }
                if (*w).sel != 0 {
                    (*w).prev = w;
                    // Pairs with nothing but itself: one winner. What the winner reads was published by the lock.
                    if (*(*w).g).sel_done.compare_exchange(0, 1, AcqRel, Relaxed).is_err() {
                        continue;
                    }
                }
                return w;
            }
        }
    }
    /// # Safety
    /// The lock is held; `w` was pushed to this queue.
    pub unsafe fn remove(q: *mut WaitQueue, w: *mut Waiter) {
        // SAFETY: as in `push`.
        unsafe {
            let (prev, next) = ((*w).prev, (*w).next);
            if prev == w {
                return;
            }
            if prev.is_null() {
                (*q).first = next;
            } else {
                (*prev).next = next;
            }
            if next.is_null() {
                (*q).last = prev;
            } else {
                (*next).prev = prev;
            }
        }
    }
}

/// A `*mut G` in a queue that threads share.
#[derive(Clone, Copy)]
pub(crate) struct GRef(pub *mut G);
// SAFETY: a queue passes ownership of the goroutine on; nobody uses one it does not own.
unsafe impl Send for GRef {}

const _: () = assert!(size_of::<Lock>() <= 4);

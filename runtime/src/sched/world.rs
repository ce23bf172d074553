//! Stopping the world, collecting, and going on.
//!
//! Invariants:
//! - `halt & STOP` is set and cleared under `Sched::idle` by one leader, an M whose P stays Running (or a thread without P:
//!   `inspect.rs`).
//! - The world is stopped when every other P is Idle, Retired, Stopped (its M is in `safepoint`) or SyscallStopped. The
//!   leader looks at the states themselves, poisons what runs and takes what is in natives, again and again until
//!   all are: there is no count that could be wrong, and a lost poison is repeated.
//! - Leaving Idle, Stopped and SyscallStopped needs `halt & STOP == 0`, read under the mutex *again* after every wake-up: a thread
//!   that sleeps through the end of one stop and the begin of the next stays stopped.
//! - Goroutines are only born by running Ps and, under the mutex, by `Runtime::run` while the world is not stopped. So all
//!   live ones are complete and saved while it is.
use super::g::{G, GState};
use super::idle::Idle;
use super::m::M;
use super::p::{P, Status};
use super::{EventKind, GROW, SHUTDOWN, STOP, Sched, hook, queue, runtime, timer};
use crate::heap::{Cache, Heap, Roots};
use crate::sync::MutexGuard;
use crate::sync::atomic::{Ordering::*, fence};
use std::time::{Duration, Instant};

/// Does what is asked for: waits while the world is stopped, collects when the heap wants it. False: the runtime ends.
///
/// # Safety
/// `m` is the calling thread's, with a P and without a running goroutine.
#[inline(always)]
pub(super) unsafe fn safepoint(s: &Sched, m: *mut M) -> bool {
    // SAFETY: says the caller.
    unsafe {
        loop {
            if s.halt.load(Relaxed) != 0 {
                if !wait_stopped(s, m) {
                    return false;
                }
            } else if (*(*(*m).p).heap).want_gc() {
                collect(s, m, false);
            } else {
                return true;
            }
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn wait_stopped(s: &Sched, m: *mut M) -> bool {
    // SAFETY: as `safepoint`.
    unsafe {
        let mut idle = s.idle.lock();
        let shared = &(*(*m).p).shared;
        if s.halt.load(Relaxed) & STOP != 0 {
            shared.set(Status::Stopped);
            s.stopped.notify_one();
            while s.halt.load(Relaxed) & STOP != 0 {
                s.resumed.wait(&mut idle);
            }
            shared.set(Status::Running);
        }
        if s.halt.load(Relaxed) & GROW != 0 {
            runtime::end_alone(s, &mut idle);
        }
        s.halt.load(Relaxed) & SHUTDOWN == 0
    }
}

/// A full collection that begins after this call; `m`'s goroutine waits for it.
///
/// # Safety
/// As [`safepoint`].
pub(super) unsafe fn collect_now(s: &Sched, m: *mut M) {
    // SAFETY: says the caller.
    unsafe { while !collect(s, m, true) && s.halt.load(Relaxed) & SHUTDOWN == 0 {} }
}

/// Stops the world and collects; false when somebody else had stopped it (that stop is over then).
#[cold]
#[inline(never)]
unsafe fn collect(s: &Sched, m: *mut M, force: bool) -> bool {
    // SAFETY: as `safepoint`.
    unsafe {
        (*(*(*m).p).heap).prepare();
        let asked = Instant::now();
        if !stop(s, m) {
            return false;
        }
        let (p, heap) = ((*m).p, &*(*(*m).p).heap);
        if (*p).listened {
            hook::event(p, EventKind::GcBegin, 0, 0);
        }
        if force || heap.want_gc() {
            collect_stopped(s, heap, force, asked);
        }
        if (*p).listened {
            hook::event(p, EventKind::GcEnd, 0, 0);
        }
        resume(s);
        heap.after_stop();
        if heap.finals_are_due() {
            call_finals(s, p);
        }
        true
    }
}

/// Answers what the heap wants; `full`: with a full collection. `asked`: when the stop began.
///
/// # Safety
/// The world is stopped, by the caller.
pub(super) unsafe fn collect_stopped(s: &Sched, heap: &Heap, full: bool, asked: Instant) {
    // SAFETY: says the caller; nobody else uses a P.
    unsafe {
        let mut caches: Vec<&mut Cache> = s.all().map(|p| &mut (*p).cache).collect();
        let mut roots = Roots {
            fixed: &mut |visit| fixed_roots(s, visit),
            stacks: &mut |visit| all_stacks(s, heap.cycle_number(), visit),
        };
        heap.step(&mut caches, &mut roots, full, asked);
    }
}

/// Has finalizers and cleanups called by a goroutine that begins now.
#[cold]
unsafe fn call_finals(s: &Sched, p: *mut P) {
    let Some(action) = *s.finals.lock() else { return };
    // SAFETY: `p` is the caller's; the function has no captures, so it is no object of the heap. Without memory for it they wait
    // for the next collection, for which that is no reason: nobody would run any more.
    unsafe {
        let heap = &*(*p).heap;
        let wanted = heap.want_gc();
        if timer::timer_start(p, s.choices.now_ns(), 0, action).is_none() {
            heap.finals_wait();
            if !wanted {
                heap.withdraw();
            }
        }
    }
}

/// The action that calls [`crate::heap::Heap::next_due`] until it gives nothing: begun after collections that have found something.
///
/// # Safety
/// `p` is the caller's; the action spawns a function without captures.
pub unsafe fn call_finals_by(p: *mut P, action: super::TimerAction) {
    // SAFETY: says the caller.
    unsafe { *(*(*p).sched).finals.lock() = Some(action) }
}

/// A goroutine's stack and words.
///
/// # Safety
/// It is saved and does not run.
unsafe fn goroutine(s: &Sched, g: *mut G, visit: &mut dyn FnMut(*const u64, usize)) {
    // SAFETY: says the caller.
    unsafe {
        visit((&raw const (*g).roots) as *const u64, 2);
        s.engine().goroutine_roots(g, visit);
    }
}

/// Every live goroutine. World stopped.
fn all_stacks(s: &Sched, cycle: u8, visit: &mut dyn FnMut(*const u64, usize)) {
    s.slabs.for_each(&mut |g: *mut G| {
        // SAFETY: carved Gs are valid; live ones are saved, the world being stopped.
        unsafe {
            if (*g).state() != GState::Dead {
                goroutine(s, g, visit);
                (*g).scanned.set_scanned(cycle);
            }
        }
    });
}

/// While a cycle marks: a goroutine's stack is scanned before it runs, if nobody has done it.
///
/// # Safety
/// `p` and `g` are the caller's; `g` is saved and about to run on `p`.
#[inline(always)]
pub(super) unsafe fn scan_first(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        if (*p).cache.marking() && !(*g).scanned.is_scanned((*p).cache.cycle()) {
            scan_now(p, g);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn scan_now(p: *mut P, g: *mut G) {
    // SAFETY: as `scan_first`; who has the claim is alone with the stack.
    unsafe {
        let (s, heap, cycle) = (&*(*p).sched, &*(*p).heap, (*p).cache.cycle());
        if (*g).scanned.claim(cycle) {
            goroutine(s, g, &mut |at, len| (*p).cache.shade(heap, at, len));
            (*g).scanned.set_scanned(cycle);
            // A single word may lead to all there is.
            heap.hand_over(&mut (*p).cache);
        }
        while !(*g).scanned.is_scanned(cycle) {
            crate::sync::thread::yield_now();
        }
    }
}

/// Of the goroutines with numbers in `from..from + n`, those that have not run since the cycle began and that nobody has scanned;
/// false when there are no such numbers. By any thread that marks.
pub(super) fn parked_stacks(
    s: &Sched,
    cycle: u8,
    from: usize,
    n: usize,
    visit: &mut dyn FnMut(*const u64, usize),
) -> bool {
    let (mut at, end) = (from, from + n);
    while at < end {
        let Some((first, here)) = s.slabs.range(at, end - at) else { return at > from };
        for i in 0..here {
            // SAFETY: carved Gs are valid. A live one that was not scanned has not run since the world stood still: it is saved,
            // and who begins it waits for the claim.
            unsafe {
                let g = first.add(i);
                if (*g).state() != GState::Dead && (*g).scanned.claim(cycle) {
                    goroutine(s, g, visit);
                    (*g).scanned.set_scanned(cycle);
                }
            }
        }
        at += here;
    }
    true
}

/// A cycle marks: stores of references need the [`barrier`].
///
/// # Safety
/// `p` is the caller's.
#[inline(always)]
pub unsafe fn is_marking(p: *mut P) -> bool {
    // SAFETY: says the caller.
    unsafe { (*p).cache.marking() }
}

/// The barrier: the `n` words at `at` are about to be overwritten.
///
/// # Safety
/// `p` is the caller's; the words can be read.
#[inline(always)]
pub unsafe fn barrier(p: *mut P, at: *const u64, n: usize) {
    // SAFETY: says the caller.
    unsafe {
        if (*p).cache.marking() {
            std::hint::cold_path();
            shade(p, at, n);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn shade(p: *mut P, at: *const u64, n: usize) {
    // SAFETY: as `barrier`.
    unsafe { (*p).cache.shade(&*(*p).heap, at, n) }
}

/// What is no goroutine's: the engine's, the timers'.
fn fixed_roots(s: &Sched, visit: &mut dyn FnMut(*const u64, usize)) {
    s.engine().roots(visit);
    for i in 0..s.nps.load(Acquire) {
        // SAFETY: as above.
        unsafe { timer::roots(s.p_at(i), visit) };
    }
}

/// False: another leader was first; its stop is over.
unsafe fn stop(s: &Sched, m: *mut M) -> bool {
    // SAFETY: as `safepoint`.
    unsafe {
        let mut idle = s.idle.lock();
        if s.halt.load(Relaxed) != 0 {
            drop(idle);
            wait_stopped(s, m);
            return false;
        }
        lead(s, &mut idle, (*m).p);
        true
    }
}

/// As [`stop`], by a thread without P; it waits for another leader's end. False: the runtime ends.
pub(super) fn stop_from_outside(s: &Sched) -> bool {
    let mut idle = s.idle.lock();
    while s.halt.load(Relaxed) & (STOP | SHUTDOWN) == STOP {
        s.resumed.wait(&mut idle);
    }
    if s.halt.load(Relaxed) & SHUTDOWN != 0 {
        return false;
    }
    // SAFETY: no P is this thread's.
    unsafe { lead(s, &mut idle, std::ptr::null_mut()) };
    true
}

/// Stops every P but `own`.
///
/// # Safety
/// `own` is the calling thread's, or null; nobody else leads a stop.
unsafe fn lead(s: &Sched, idle: &mut MutexGuard<Idle>, own: *mut P) {
    s.halt.fetch_or(STOP, SeqCst);
    let mut tries = 0;
    // SAFETY: says the caller.
    while !unsafe { all_stopped(s, own) } {
        tries += 1;
        if tries < 20 {
            // Most reach a poll within microseconds.
            MutexGuard::unlocked(idle, || {
                for _ in 0..100 {
                    crate::sync::hint::spin_loop();
                }
            });
        } else {
            s.stopped.wait_for(idle, Duration::from_micros(50));
        }
    }
}

/// Looks at all Ps but `own`; asks those that are not stopped yet.
unsafe fn all_stopped(s: &Sched, own: *mut P) -> bool {
    let mut all = true;
    for i in 0..s.nps.load(Acquire) {
        let p = s.p_at(i);
        if p == own {
            continue;
        }
        // SAFETY: Ps stay; only `guard` and `shared` are touched.
        let (guard, shared) = unsafe { (&(*p).guard, &(*p).shared) };
        let word = shared.status.load(SeqCst);
        match Status::of(word) {
            Status::Idle | Status::Retired | Status::Stopped | Status::SyscallStopped => {}
            Status::Running => {
                guard.store(0, SeqCst);
                all = false;
            }
            Status::Syscall => {
                let to = word & !0xff | Status::SyscallStopped as u64;
                if shared.status.compare_exchange(word, to, SeqCst, SeqCst).is_err() {
                    all = false;
                }
            }
        }
    }
    all
}

/// Ends the stop and wakes for what was refused meanwhile.
pub(super) fn resume(s: &Sched) {
    let idle = s.idle.lock();
    for i in 0..s.nps.load(Acquire) {
        // SAFETY: Ps stay, and nobody runs on them yet.
        let shared = unsafe {
            let p = s.p_at(i);
            (*p).cache.follow(&*(*p).heap);
            &(*p).shared
        };
        let word = shared.status.load(SeqCst);
        if Status::of(word) == Status::SyscallStopped {
            // The tick is the one before the stop: the native's end expects its own word.
            shared.status.store(word & !0xff | Status::Syscall as u64, SeqCst);
        }
    }
    s.halt.fetch_and(!STOP, SeqCst);
    s.resumed.notify_all();
    drop(idle);
    fence(SeqCst);
    if queue::anything(s) {
        super::idle::wake_one(s);
    }
}

/// `runtime.GC` beside the program: number of the collection to wait for; 0: [`gc_now`] is to be called.
///
/// # Safety
/// `p` is the caller's.
pub unsafe fn gc_target(p: *mut P) -> u32 {
    // SAFETY: says the caller.
    unsafe { if (*p).seeded { 0 } else { (*(*p).heap).full_target() } }
}

/// Works towards that collection; true: it has ended. Else the goroutine yields before it calls again.
///
/// # Safety
/// `p` is the caller's.
pub unsafe fn gc_advance(p: *mut P, target: u32) -> bool {
    // SAFETY: says the caller.
    unsafe { (*(*p).heap).advance(&mut (*p).cache, target) }
}

/// `runtime.GC`, stopped: parks until a full collection is done.
///
/// # Safety
/// `p` is the caller's and runs `p.g`.
pub unsafe fn gc_now(p: *mut P) -> super::Op {
    // SAFETY: says the caller.
    unsafe {
        let op = super::chan::park_forever(p, super::WaitReason::GarbageCollection);
        (*p).commit = super::p::Commit::Collect;
        op
    }
}

/// After the heap has begun to want a collection: the running goroutine comes to a safepoint at its next poll.
///
/// # Safety
/// `p` is the caller's.
pub unsafe fn request_gc(p: *mut P) {
    // SAFETY: says the caller.
    unsafe { super::p::poll_soon(p) }
}

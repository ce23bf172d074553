//! Machine threads: the loop that schedules, runs and completes parks.
//!
//! Invariants:
//! - **Parking is a return.** The operation has queued the goroutine and holds the lock; the engine has saved pc and base
//!   and returned `Exit::Parked`. Only here the state becomes Waiting and the lock is released: *commit, then unlock*.
//!   After the unlock this thread does not touch the goroutine.
//! - **Handing over** is parking with an heir: commit, unlock, then ready the heir or go on with it on this thread.
//! - An M with a P is in Running state or in a blocking native; one without sleeps in `Idle::ms`, keeps the timers, waits for its
//!   P after a native, or ends.
//! - `fut` goes 0 (armed) to 1 (woken) once per sleep; `next` is written before.
use super::alarm::{self, Alarm};
use super::chan::Chan;
use super::g::{self, AWAITED, COMPUTES, G, MAIN};
use super::idle::Idle;
use super::p::{Commit, P, Status};
use super::{EventKind, Exit, Outcome, Sched, deadlock, hook, idle, pin, queue, runtime, slab, stack, world};
use crate::sync::atomic::{AtomicU32, Ordering::*};
use crate::sync::thread::Thread;
use std::ptr::null_mut;
use std::time::Duration;

/// Natives run on it, so it is as large as a usual thread's; untouched pages cost nothing.
const M_STACK: usize = 4 << 20;

/// About what it takes to put a thread to sleep and wake it.
const PATIENCE_MAX_NS: u32 = 50_000;
/// Costs little, and finds out whether more would pay.
const PATIENCE_MIN_NS: u32 = 2_000;

/// A thread of the scheduler. Its goroutine, if it runs one, is its P's, or (in a native) that one whose `link` it is.
pub(super) struct M {
    /// Its P, which is its own; null: it sleeps, waits, or is in a native (and the P perhaps still its).
    pub p: *mut P,
    /// [`SPINNING`], [`PINNED`]; 0 when schedules are ordinary.
    pub flags: u8,
    /// How often the bound goroutine has asked for it.
    pub depth: u32,
    /// How long it goes on looking for events before it sleeps.
    patience_ns: u32,
    pub alarm: Alarm,
    /// The goroutine that is bound to it (`pin.rs`), or null.
    pub bound: *mut G,
    /// 0: armed, 1: woken. The sleeper's until it is listed, then the waker's.
    fut: AtomicU32,
    /// What the waker gives; read after `fut` is 1.
    next: *mut P,
    /// To be unparked by; set by the thread itself before it can sleep.
    thread: Option<Thread>,
}

/// It searches: counted in `nspin`.
pub(super) const SPINNING: u8 = 1;
/// It runs nothing but its bound goroutine, if that has not ended.
pub(super) const PINNED: u8 = 2;

impl M {
    #[inline(always)]
    pub fn spinning(&self) -> bool {
        self.flags & SPINNING != 0
    }
    pub fn set_spinning(&mut self, spinning: bool) {
        self.flags = self.flags & !SPINNING | if spinning { SPINNING } else { 0 };
    }
    pub fn arm(&self) {
        self.fut.store(0, Relaxed);
    }
    pub fn woken(&self) -> bool {
        self.fut.load(Acquire) != 0
    }
}

/// Wakes a sleeping M, to go on with `p` (null: to look around or end).
///
/// # Safety
/// `m` sleeps or is about to, armed, and the caller is the only one who took it from where it was listed. (The keeper
/// may be woken more than once.)
pub(super) unsafe fn wake(m: *mut M, p: *mut P) {
    // SAFETY: says the caller. The thread handle is cloned first: the M may go on at once.
    unsafe {
        let thread = (*m).thread.clone();
        (*m).next = p;
        (*m).fut.store(1, Release);
        if let Some(thread) = thread {
            thread.unpark();
        }
    }
}

unsafe fn wait(m: *mut M) {
    // SAFETY: the calling thread's M.
    unsafe {
        while (*m).fut.load(Acquire) == 0 {
            crate::sync::thread::park();
        }
    }
}

/// Waits for a wake-up, at most until `deadline`.
///
/// # Safety
/// `m` is the calling thread's and armed.
pub(super) unsafe fn wait_until(m: *mut M, deadline: u64) {
    // SAFETY: the calling thread's M.
    unsafe {
        while (*m).fut.load(Acquire) == 0 {
            let now = super::timer::now_ns();
            if now >= deadline {
                return;
            }
            crate::sync::thread::park_timeout(Duration::from_nanos(deadline - now));
        }
    }
}

/// # Safety
/// Both are the caller's.
pub(super) unsafe fn attach(m: *mut M, p: *mut P) {
    // SAFETY: says the caller.
    unsafe {
        (*m).p = p;
        (*p).m = m;
    }
}

/// Makes a thread that begins with `p`.
pub(super) fn spawn_thread(s: &Sched, idle: &mut Idle, p: *mut P, spinning: bool) -> std::io::Result<()> {
    let most = s.max_threads.load(Relaxed);
    if idle.threads >= most {
        exhausted(most);
    }
    struct Start(*const Sched, *mut M);
    // SAFETY: the scheduler outlives its threads; the M is the new thread's.
    unsafe impl Send for Start {}

    let m = Box::into_raw(Box::new(M {
        p,
        flags: if spinning { SPINNING } else { 0 },
        depth: 0,
        patience_ns: PATIENCE_MAX_NS,
        alarm: Alarm::new(),
        bound: null_mut(),
        fut: AtomicU32::new(0),
        next: null_mut(),
        thread: None,
    }));
    let start = Start(s, m);
    // SAFETY: the P is the new M's from here on: its thread may use it at once.
    unsafe { (*p).m = m };
    let spawned = crate::sync::thread::Builder::new().name("gol-m".into()).stack_size(M_STACK).spawn(move || {
        let Start(s, m) = { start };
        let _ends = crate::EndsProgram;
        crate::runs_handlers();
        // SAFETY: see `Start`.
        unsafe {
            (*m).thread = Some(crate::sync::thread::current());
            short_sleeps();
            run(&*s, m);
            thread_ends(&*s);
        }
    });
    match spawned {
        Ok(_) => {
            idle.threads += 1;
            idle.all_ms.push(m);
            Ok(())
        }
        Err(e) => {
            // SAFETY: the thread does not exist.
            drop(unsafe { Box::from_raw(m) });
            Err(e)
        }
    }
}

/// The program wants more threads than it allowed itself.
#[cold]
pub(super) fn exhausted(most: usize) -> ! {
    crate::tell(&format!("runtime: program exceeds {most}-thread limit\nfatal error: thread exhaustion\n"));
    // SAFETY: only ends the process, whatever the other threads are doing.
    unsafe { libc::_exit(2) }
}

/// Sleeps of a few microseconds shall not take fifty more.
pub(super) fn short_sleeps() {
    #[cfg(target_os = "linux")]
    // SAFETY: concerns only the calling thread's timers.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1, 0, 0, 0);
    }
}

/// The last thing a thread of the scheduler does.
pub(super) fn thread_ends(s: &Sched) {
    let mut idle = s.idle.lock();
    idle.threads -= 1;
    s.thread_ended.notify_all();
}

/// Sleeps without P until one is given. False: the runtime ends.
///
/// # Safety
/// `m` is the calling thread's and has no P.
pub(super) unsafe fn stop(s: &Sched, m: *mut M) -> bool {
    // SAFETY: as said.
    unsafe {
        debug_assert!((*m).p.is_null() && (*m).flags == 0);
        let mut idle = s.idle.lock();
        if s.halt.load(Relaxed) & super::SHUTDOWN != 0 {
            return false;
        }
        (*m).arm();
        idle.ms.push(m);
        drop(idle);
        deadlock::check(s);
        wait(m);
        let p = (*m).next;
        if p.is_null() {
            return false;
        }
        attach(m, p);
        true
    }
}

/// Waits for the P that somebody hands to this M. False: the thread shall end. `m` is armed again.
///
/// # Safety
/// `m` is the calling thread's, armed, and can be found through its goroutine.
pub(super) unsafe fn wait_for_p(m: *mut M) -> bool {
    // SAFETY: as said.
    unsafe {
        wait(m);
        let p = (*m).next;
        if p.is_null() {
            return false;
        }
        (*m).arm();
        attach(m, p);
        true
    }
}

/// The loop of a thread.
unsafe fn run(s: &Sched, m: *mut M) {
    // SAFETY: `m` is this thread's and has a P; the engine gets a goroutine that the P owns.
    unsafe {
        let engine = &*s.engine;
        let mut g: *mut G = null_mut();
        loop {
            if g.is_null() {
                g = schedule(s, m);
                if g.is_null() {
                    return;
                }
            }
            let exit = engine.run((*m).p);
            // A blocking native may have changed the P.
            let p = (*m).p;
            let current = (*p).g;
            if (*p).listened {
                hook::left(p, current, exit);
            }
            g = null_mut();
            match exit {
                Exit::Parked => g = commit(s, p, current),
                Exit::Done => ended(s, p, current),
                Exit::Yield => yielded(s, p, current),
                Exit::Stop if std::mem::take(&mut (*p).overdue) => yielded(s, p, current),
                Exit::Stop => {
                    (*current).requeue();
                    (*p).g = null_mut();
                    if !world::safepoint(s, m) {
                        return;
                    }
                    begin_loudly(p, current);
                    g = current;
                }
            }
        }
    }
}

/// The next goroutine, begun on `m`'s P; null: the runtime ends.
#[inline(always)]
unsafe fn schedule(s: &Sched, m: *mut M) -> *mut G {
    // SAFETY: as `run`.
    unsafe {
        if (*m).flags != 0 {
            return search(s, m, null_mut());
        }
        let p = (*m).p;
        let g = queue::next_fast(p);
        if !g.is_null() && (*g).flags & (AWAITED | COMPUTES) == 0 {
            begin(p, g);
            return g;
        }
        search(s, m, g)
    }
}

#[inline(always)]
unsafe fn begin(p: *mut P, g: *mut G) {
    // SAFETY: `g` was taken from a queue by `p`'s owner.
    unsafe {
        world::scan_first(p, g);
        (*g).start();
        (*p).pending = 0;
        (*p).g = g;
        super::p::set_limit(p, g);
        if (*g).is_killed() {
            (*p).guard.store(0, Relaxed);
        }
    }
}

/// As [`begin`], told to who listens.
///
/// # Safety
/// Both are the caller's, `g` Runnable.
pub(super) unsafe fn begin_loudly(p: *mut P, g: *mut G) {
    // SAFETY: says the caller.
    unsafe {
        begin(p, g);
        if (*p).listened {
            hook::event(p, EventKind::Start, 0, 0);
        }
        if (*g).flags & COMPUTES != 0 {
            (*g).flags &= !COMPUTES;
            expect_timer(p);
        }
    }
}

/// The running goroutine of `p` is one that computes: the next timer of the P shall interrupt it.
unsafe fn expect_timer(p: *mut P) {
    // SAFETY: as `run`.
    unsafe {
        let first = (*p).shared.timers.next();
        if first != u64::MAX && !(*p).seeded {
            alarm::set((*p).m, first);
        }
    }
}

/// The slow path: requests, timers, global queue, stealing, sleep. `picked` was already taken from a queue, or null.
#[inline(never)]
unsafe fn search(s: &Sched, m: *mut M, mut picked: *mut G) -> *mut G {
    // SAFETY: as `run`.
    unsafe {
        loop {
            if (*m).flags & PINNED != 0 {
                debug_assert!(picked.is_null());
                return pin::give_way(s, m);
            }
            let p = (*m).p;
            if picked.is_null() {
                if !world::safepoint(s, m) {
                    return null_mut();
                }
                if (*p).shared.retired.load(Relaxed) {
                    if !runtime::retire(s, m) {
                        return null_mut();
                    }
                    continue;
                }
                picked = look_around(s, m);
            }
            let g = std::mem::replace(&mut picked, null_mut());
            if !g.is_null() {
                idle::found(s, m);
                if (*g).flags & AWAITED == 0 {
                    begin_loudly(p, g);
                    return g;
                }
                (*m).p = null_mut();
                pin::hand_over(s, p, g);
                if !stop(s, m) {
                    return null_mut();
                }
                continue;
            }
            if !idle::sleep(s, m) {
                return null_mut();
            }
        }
    }
}

unsafe fn look_around(s: &Sched, m: *mut M) -> *mut G {
    // SAFETY: as `run`.
    unsafe {
        let p = (*m).p;
        let mut now = 0;
        let g = queue::next_own(p, &mut now);
        if !g.is_null() {
            return g;
        }
        let nps = s.nps.load(Relaxed);
        if nps == 1 {
            return g;
        }
        let busy = nps.saturating_sub(s.npidle.load(SeqCst));
        if !(*m).spinning() {
            if 2 * s.nspin.load(SeqCst) >= busy {
                return null_mut();
            }
            (*m).set_spinning(true);
            s.nspin.fetch_add(1, SeqCst);
        }
        for round in 0..4 {
            if s.halt.load(Relaxed) != 0 {
                return null_mut();
            }
            let g = queue::steal_round(p, &mut now, round == 3);
            if !g.is_null() {
                return g;
            }
            crate::sync::hint::spin_loop();
        }
        if s.poller.waiters() != 0 && s.npidle.load(SeqCst) + 1 < nps { linger(s, m, &mut now) } else { null_mut() }
    }
}

/// Before it sleeps while others run and descriptors are waited for, a searching M goes on looking as long as that has paid lately: their
/// next operation is soon over and often makes a descriptor ready, and to wake a thread takes tens of microseconds.
#[inline(never)]
unsafe fn linger(s: &Sched, m: *mut M, now: &mut u64) -> *mut G {
    // SAFETY: as `run`.
    unsafe {
        let p = (*m).p;
        let end = s.choices.now_ns() + u64::from((*m).patience_ns);
        while s.halt.load(Relaxed) == 0 {
            let mut g = queue::steal_round(p, now, false);
            if g.is_null() {
                g = super::poll::look(s, p);
            }
            if !g.is_null() {
                (*m).patience_ns = PATIENCE_MAX_NS;
                return g;
            }
            if s.choices.now_ns() >= end {
                break;
            }
            crate::sync::hint::spin_loop();
        }
        (*m).patience_ns = ((*m).patience_ns / 2).max(PATIENCE_MIN_NS);
        null_mut()
    }
}

/// Completes a park. Returns the goroutine when it goes on at once.
#[inline(always)]
unsafe fn commit(s: &Sched, p: *mut P, g: *mut G) -> *mut G {
    // SAFETY: the goroutine is saved; until the unlock it is ours.
    unsafe {
        (*g).since = (*p).shared.clock_ms.load(Relaxed);
        (*p).g = null_mut();
        let lock = (*p).unlock;
        if !lock.is_null() {
            (*p).unlock = std::ptr::null();
            (*g).park();
            (*lock).unlock();
            return null_mut();
        }
        commit_rare(s, p, g)
    }
}

#[inline(never)]
unsafe fn commit_rare(s: &Sched, p: *mut P, g: *mut G) -> *mut G {
    // SAFETY: as `commit`.
    unsafe {
        match (*p).commit {
            Commit::Unlock => unreachable!("a park without a lock"),
            Commit::Forever => (*g).park(),
            Commit::Select => {
                (*g).park();
                super::select::unlock_all(p);
            }
            Commit::Io => {
                (*g).park();
                if !super::poll::commit(s, p, g) {
                    (*g).wake();
                    queue::submit(p, g);
                }
            }
            Commit::HandOver => {
                // Read before the unlock: then it may be anybody's.
                let ch = (*g).link as *mut Chan;
                (*g).park();
                (*ch).lock.unlock();
                let heir = std::mem::replace(&mut (*p).heir, null_mut());
                if (*(*p).m).flags == 0 && queue::may_follow(p, heir) {
                    (*heir).wake();
                    begin(p, heir);
                    return heir;
                }
                queue::ready(p, heir);
            }
            Commit::Collect => {
                (*g).park();
                world::collect_now(s, (*p).m);
                (*g).wake();
                queue::submit(p, g);
            }
        }
        null_mut()
    }
}

unsafe fn ended(s: &Sched, p: *mut P, g: *mut G) {
    // SAFETY: the goroutine is over; its stack and record are ours.
    unsafe {
        (*p).g = null_mut();
        let waited_for = if (*g).flags & (MAIN | g::PINNED) != 0 { special_ended(s, p, g) } else { None };
        (*g).die();
        stack::drop_stack(p, g);
        let ended = &(*p).shared.ended;
        ended.store(ended.load(Relaxed) + 1, Relaxed);
        slab::give_g(p, g);
        if let Some((run, outcome)) = waited_for {
            runtime::settle(run, outcome);
        }
    }
}

#[cold]
unsafe fn special_ended(s: &Sched, p: *mut P, g: *mut G) -> Option<(runtime::Run, Outcome)> {
    // SAFETY: as `ended`.
    unsafe {
        if (*g).flags & g::PINNED != 0 {
            pin::ends(s, (*p).m, g);
        }
        if (*g).flags & MAIN != 0 { runtime::main_ended(s, g) } else { None }
    }
}

unsafe fn yielded(s: &Sched, p: *mut P, g: *mut G) {
    // SAFETY: the goroutine is saved; it is ours until it is in a queue.
    unsafe {
        (*p).g = null_mut();
        (*g).requeue();
        let shared = &(*p).shared;
        if shared.preempt.load(Relaxed) == shared.slice.load(Relaxed) {
            queue::new_slice(p);
            queue::inject(s, g);
        } else {
            queue::submit_tail(p, g);
        }
    }
}

/// Frees an M whose thread has ended.
///
/// # Safety
/// Nobody refers to it.
pub(super) unsafe fn release(m: *mut M) {
    // SAFETY: from `spawn_thread`.
    drop(unsafe { Box::from_raw(m) });
}

const _: () = assert!(Status::Idle as u8 == 0);

//! The runtime as others see it: making one, running a main goroutine, interrupts, GOMAXPROCS, the end.
//!
//! Invariants:
//! - A thread in `run` is no M: it injects the main goroutine under `Sched::idle` while the world is not stopped, and waits for its cell.
//!   Many may run at once. Other goroutines go on when the main one is done.
//! - A run leaves the list (and gets its outcome) once: by its goroutine's end, a deadlock, or an interrupt that found it
//!   parked. Only while it is listed its goroutine is the main one, and only then it may be marked killed.
//! - Ps are made lazily and freed with the runtime. A smaller GOMAXPROCS retires them: a running one gives itself up in `schedule`.
//! - At the end all threads are asked to leave. If one does not (it sits in a native, or the machine is busy) all memory stays: the
//!   scheduler's, the heap, and this record, which the thread may still use.
use super::g::{G, GRef, GState, MAIN};
use super::idle::Idle;
use super::m::{self, M};
use super::p::{P, Status};
use super::spawn::Entry;
use super::{
    Engine, Event, GROW, Input, Load, MAX_PROCS, Outcome, RuntimeConfig, SHUTDOWN, STOP, Sched, idle, monitor, queue,
    spawn, stack, timer,
};
use crate::heap::Heap;
use crate::sync::atomic::{Ordering::*, fence};
use crate::sync::{Condvar, Mutex};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How long the end of a runtime waits for its threads.
const END_WAIT_NS: u64 = 500_000_000;

pub struct Runtime {
    pub heap: ManuallyDrop<Heap>,
    sched: NonNull<Sched>,
}

// SAFETY: the scheduler synchronises itself, and the heap is shared by design.
unsafe impl Send for Runtime {}
// SAFETY: as above.
unsafe impl Sync for Runtime {}

/// The heap's way to say that it wants a collection: every running goroutine polls soon.
struct PoisonAll(NonNull<Sched>);
// SAFETY: anyone may poison.
unsafe impl Send for PoisonAll {}
// SAFETY: as above.
unsafe impl Sync for PoisonAll {}

/// The marker's way to the stacks of parked goroutines.
struct Stacks(NonNull<Sched>);
// SAFETY: the claims of `world` keep others away.
unsafe impl Send for Stacks {}
// SAFETY: as above.
unsafe impl Sync for Stacks {}

impl Stacks {
    fn visit(&self, cycle: u8, from: usize, n: usize, visit: &mut dyn FnMut(*const u64, usize)) -> bool {
        // SAFETY: the marker's thread ends before the scheduler does.
        super::world::parked_stacks(unsafe { self.0.as_ref() }, cycle, from, n, visit)
    }
}

impl PoisonAll {
    fn now(&self) {
        // SAFETY: only goroutines allocate, and the scheduler outlives them.
        poison_all(unsafe { self.0.as_ref() });
    }
}

pub(super) fn poison_all(s: &Sched) {
    for p in s.all() {
        // SAFETY: anyone may poison.
        unsafe { (*p).guard.store(0, SeqCst) };
    }
}

/// A thread that waits for a main goroutine.
pub(super) struct Run {
    pub g: *mut G,
    cell: Arc<Cell>,
    pub interrupted: bool,
}

#[derive(Default)]
struct Cell {
    outcome: Mutex<Option<Outcome>>,
    done: Condvar,
}

/// Tells the waiting thread.
pub(super) fn settle(run: Run, outcome: Outcome) {
    *run.cell.outcome.lock() = Some(outcome);
    run.cell.done.notify_one();
}

/// The processors that this process may use, as it was when somebody asked first: finding out reads several files.
pub fn cores() -> usize {
    static CORES: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *CORES.get_or_init(|| crate::sync::thread::available_parallelism().map_or(1, |n| n.get()))
}

impl Runtime {
    pub fn new(config: RuntimeConfig, engine: Arc<dyn Engine>, engine_word: *const u8) -> Result<Arc<Runtime>, String> {
        let heap = Heap::new(config.heap.clone())?;
        let sched = NonNull::from(Box::leak(Box::new(Sched::new(&config, engine, engine_word))));
        let runtime = Arc::new(Runtime { heap: ManuallyDrop::new(heap), sched });
        let s = runtime.sched();
        // The record's memory outlives its last owner until no thread can use it.
        s.runtime.set(Weak::into_raw(Arc::downgrade(&runtime)));
        let poison = PoisonAll(sched);
        runtime.heap.set_gc_hook(Box::new(move || poison.now()));
        if !s.choices.seeded {
            // A seeded run must not hang on when a thread has marked what: it collects stopped.
            let stacks = Stacks(sched);
            runtime.heap.set_stack_hook(Box::new(move |cycle, from, n, visit| stacks.visit(cycle, from, n, visit)));
        }
        runtime.set_procs(if s.choices.seeded { 1 } else { config.procs.max(1) });
        monitor::spawn_thread(s).map_err(|e| format!("cannot start the monitor thread: {e}"))?;
        Ok(runtime)
    }

    pub(super) fn sched(&self) -> &Sched {
        // SAFETY: freed only after `drop`.
        unsafe { self.sched.as_ref() }
    }

    /// Makes a goroutine at `pc` whose first frame needs `frame_slots`, runs it as the main one, waits for its end. Others
    /// go on afterwards (the prompt); a program then exits the process. Slot 0 of the stack is the link (`link_pc`), the
    /// base is slot 1, the arguments lie from the base on.
    pub fn run(&self, pc: *const u8, link_pc: u64, frame_slots: usize, args: &[u64]) -> Outcome {
        assert!(args.len() <= frame_slots);
        let s = self.sched();
        let cell = Arc::new(Cell::default());
        {
            let mut idle = s.idle.lock();
            while s.halt.load(Relaxed) & STOP != 0 {
                s.resumed.wait(&mut idle);
            }
            let entry = Entry { pc, link_pc, frame_slots };
            // SAFETY: the mutex is held, the world not stopped, and the frame holds the arguments.
            let g = unsafe { spawn::spawn_outside(s, entry, args, MAIN) };
            if g.is_null() {
                return Outcome::OutOfMemory;
            }
            idle.runs.push(Run { g, cell: cell.clone(), interrupted: false });
            s.choices.runs_are(idle.runs.len());
            s.injector.push(GRef(g));
            fence(SeqCst);
            // Not as one that searches: there is one goroutine, so nobody else need be woken when it is found.
            let p = idle::take_p(s, &mut idle);
            if !p.is_null() {
                idle::start_m(s, idle, p, false);
            }
        }
        let mut outcome = cell.outcome.lock();
        loop {
            if let Some(outcome) = *outcome {
                return outcome;
            }
            cell.done.wait(&mut outcome);
        }
    }

    /// From another thread (Ctrl-C): the running main goroutine ends at its next poll, a parked one is abandoned.
    pub fn interrupt(&self) {
        let s = self.sched();
        {
            let mut idle = s.idle.lock();
            for run in &mut idle.runs {
                run.interrupted = true;
                // SAFETY: a listed run's goroutine has not ended.
                unsafe { (*run.g).kill() };
            }
            s.monitor_cv.notify_one();
        }
        settle_interrupted(s);
    }

    pub fn num_goroutine(&self) -> usize {
        let s = self.sched();
        let (mut born, mut ended) = (s.born_outside.load(Relaxed), 0);
        for p in s.all() {
            // SAFETY: Ps stay; `shared` may be read.
            let shared = unsafe { &(*p).shared };
            // Ended first: a goroutine that is counted as ended is counted as born.
            ended += shared.ended.load(Acquire);
        }
        for p in s.all() {
            // SAFETY: as above.
            born += unsafe { (*p).shared.born.load(Relaxed) };
        }
        born.saturating_sub(ended) as usize
    }

    pub fn procs(&self) -> usize {
        self.sched().procs.load(Relaxed)
    }

    /// GOMAXPROCS: the old number. 0 changes nothing; more than 256 are 256.
    pub fn set_procs(&self, n: usize) -> usize {
        let s = self.sched();
        let mut idle = s.idle.lock();
        let old = s.procs.load(Relaxed);
        if s.choices.seeded && old != 0 {
            // The number is kept for the program; there is one worker.
            let said = s.said_procs.load(Relaxed);
            if n != 0 {
                s.said_procs.store(n.min(MAX_PROCS), Relaxed);
            }
            return said;
        }
        if n == 0 || n == old {
            return old;
        }
        let n = n.min(MAX_PROCS);
        s.procs.store(n, Relaxed);
        self.heap.set_mark_workers(n.min(cores()));
        let first = s.p_at(0);
        // SAFETY: under the mutex an idle P stays idle.
        let alone = unsafe { !first.is_null() && (*first).alone && (*first).shared.state() != Status::Idle };
        if alone {
            // It holds locks that only it believes in: the others wait until it has come to a safepoint.
            s.halt.fetch_or(GROW, SeqCst);
            poison_all(s);
        } else {
            apply_procs(s, &mut idle);
        }
        drop(idle);
        fence(SeqCst);
        if queue::anything(s) {
            idle::wake_one(s);
        }
        old
    }

    /// Calls `f` with every goroutine that has not ended. Those that run meanwhile are seen as they happen to be.
    pub fn for_each_goroutine(&self, f: &mut dyn FnMut(*const G)) {
        self.sched().slabs.for_each(&mut |g| {
            // SAFETY: carved Gs are valid.
            if unsafe { (*g).state() } != GState::Dead {
                f(g);
            }
        });
    }

    /// Processor time that was to be had since the beginning.
    pub fn offered_ns(&self) -> u64 {
        let s = self.sched();
        s.choices.now_ns().saturating_sub(s.start_ns).saturating_mul(s.procs.load(Relaxed) as u64)
    }

    /// Bytes of goroutine stacks and records outside the heap.
    pub fn stack_bytes(&self) -> usize {
        let s = self.sched();
        // SAFETY: Ps stay; `shared` may be read.
        let stacks: i64 = s.all().map(|p| unsafe { (*p).shared.stack_bytes.load(Relaxed) }).sum();
        stacks.max(0) as usize + s.slabs.bytes()
    }

    /// The monotonic clock, for the program.
    pub fn now_ns(&self) -> u64 {
        let choices = &self.sched().choices;
        choices.was_read();
        choices.now_ns()
    }

    /// How many threads there may be from now on; more end the process with Go's text and status 2. The number before.
    pub fn set_max_threads(&self, most: usize) -> usize {
        let s = self.sched();
        let idle = s.idle.lock();
        if idle.threads > most {
            m::exhausted(most);
        }
        s.max_threads.swap(most, Relaxed)
    }

    /// Bytes that one goroutine's stack may have.
    pub fn max_stack(&self) -> usize {
        self.sched().max_stack.load(Relaxed)
    }

    /// Sets them, at most twice those of the beginning; returns the old number.
    pub fn set_max_stack(&self, bytes: usize) -> usize {
        let s = self.sched();
        s.max_stack.swap(bytes.min(s.max_stack_ceiling), Relaxed)
    }

    /// Calls that may be nested in one goroutine; 0: any number.
    pub fn max_depth(&self) -> usize {
        self.sched().max_depth
    }

    /// The processors of the machine, for the program.
    pub fn num_cpu(&self) -> usize {
        if self.sched().choices.seeded {
            return super::choice::SAID_PROCS;
        }
        cores()
    }

    /// The events since the last call, and how many were lost.
    pub fn events(&self) -> (Vec<Event>, u64) {
        self.sched().trace.as_ref().map_or((Vec::new(), 0), |t| t.take())
    }

    /// What a profile counts of processors.
    pub fn load(&self) -> Load {
        let s = self.sched();
        s.profile.as_ref().map_or_else(Load::default, |p| p.load(s.nps.load(Acquire)))
    }

    /// An answer of the outside: `ask` gives it, or a record that is played back. `None`: the run differs from the record.
    pub fn input(&self, kind: Input, ask: impl FnOnce() -> Vec<u8>) -> Option<Vec<u8>> {
        let s = self.sched();
        let Some(tape) = &s.tape else { return Some(ask()) };
        if tape.plays() {
            let (bytes, waited) = tape.play(kind)?;
            s.choices.passed(waited);
            return Some(bytes);
        }
        let begin = timer::now_ns();
        let bytes = ask();
        let waited = timer::now_ns() - begin;
        s.choices.passed(waited);
        tape.note(kind, &bytes, waited);
        Some(bytes)
    }

    /// Whether answers of the outside are recorded or played back.
    pub fn is_taped(&self) -> bool {
        self.sched().tape.is_some()
    }

    /// Unix nanoseconds, for the program.
    pub fn wall_ns(&self) -> u64 {
        self.sched().choices.wall_ns()
    }

    /// Milliseconds since the runtime was made, as of the monitor's last tick.
    pub fn clock_ms(&self) -> u64 {
        self.sched().clock_ms.load(Relaxed) as u64
    }
}

/// The only P is at a safepoint: others may be made now.
pub(super) fn end_alone(s: &Sched, idle: &mut Idle) {
    s.halt.fetch_and(!GROW, SeqCst);
    apply_procs(s, idle);
}

/// Makes Ps as GOMAXPROCS says; retires and revives. The first P is at a safepoint or idle if it is alone.
fn apply_procs(s: &Sched, idle: &mut Idle) {
    let n = s.procs.load(Relaxed);
    while s.nps.load(Relaxed) < n {
        let i = s.nps.load(Relaxed);
        let p = P::new(s, i);
        // A cycle may be marking. SAFETY: the P is new, and nobody else's.
        unsafe { (*p).cache.follow(&*(*p).heap) };
        s.ps[i].store(p, Release);
        s.nps.store(i + 1, Release);
    }
    // SAFETY: see above. Once there are several Ps, retired ones count: they keep timers with locks.
    unsafe {
        let first = s.p_at(0);
        let alone = s.nps.load(Relaxed) == 1;
        if (*first).alone != alone {
            (*first).alone = alone;
        }
    }
    for (i, p) in s.all().enumerate() {
        // SAFETY: Ps stay; under the mutex the states Idle and Retired do not change.
        let shared = unsafe { &(*p).shared };
        shared.retired.store(i >= n, SeqCst);
        match (shared.state(), i < n) {
            (Status::Retired, true) => {
                idle.live += 1;
                idle::give_p(s, idle, p);
            }
            (Status::Idle, false) => {
                idle.ps.retain(|&q| q != p);
                s.npidle.fetch_sub(1, SeqCst);
                idle.live -= 1;
                shared.set(Status::Retired);
            }
            (Status::Retired, false) | (Status::Idle, true) => {}
            // It gives itself up in `schedule`.
            (Status::Running | Status::Syscall | Status::Stopped | Status::SyscallStopped, _) => {
                // SAFETY: anyone may poison.
                unsafe { (*p).guard.store(0, SeqCst) };
            }
        }
    }
}

/// The goroutine of a run has come to its end; it is not dead yet. The run, to be settled when it is.
pub(super) fn main_ended(s: &Sched, g: *mut G) -> Option<(Run, Outcome)> {
    let mut idle = s.idle.lock();
    let i = idle.runs.iter().position(|r| r.g == g)?;
    let run = idle.runs.swap_remove(i);
    s.choices.runs_are(idle.runs.len());
    let outcome = if run.interrupted { Outcome::Interrupted } else { Outcome::Done };
    Some((run, outcome))
}

/// Ends all runs: nobody who could be told needed the memory.
pub(super) fn out_of_memory(s: &Sched) {
    let mut idle = s.idle.lock();
    let runs = std::mem::take(&mut idle.runs);
    s.choices.runs_are(0);
    drop(idle);
    for run in runs {
        settle(run, Outcome::OutOfMemory);
    }
}

/// Ends interrupted runs whose goroutine is parked, and asks the others again.
pub(super) fn settle_interrupted(s: &Sched) {
    let mut idle = s.idle.lock();
    let mut asked = false;
    let mut i = 0;
    while i < idle.runs.len() {
        let run = &idle.runs[i];
        // SAFETY: a listed run's goroutine has not ended.
        let parked = || unsafe { matches!((*run.g).state(), GState::Waiting | GState::Syscall) };
        if run.interrupted && parked() {
            let run = idle.runs.swap_remove(i);
            s.choices.runs_are(idle.runs.len());
            settle(run, Outcome::Interrupted);
            continue;
        }
        asked |= run.interrupted;
        i += 1;
    }
    drop(idle);
    if asked {
        poison_all(s);
    }
}

/// Gives up `m`'s retired P: what it has goes to the global queue. The M sleeps. False: the runtime ends.
///
/// # Safety
/// `m` is the calling thread's, with a P and without a goroutine.
pub(super) unsafe fn retire(s: &Sched, m: *mut M) -> bool {
    // SAFETY: says the caller.
    unsafe {
        let p = (*m).p;
        if (*m).spinning() {
            (*m).set_spinning(false);
            s.nspin.fetch_sub(1, SeqCst);
        }
        {
            let mut idle = s.idle.lock();
            let shared = &(*p).shared;
            if !shared.retired.load(Relaxed) || s.halt.load(Relaxed) != 0 {
                return true;
            }
            let next = shared.runnext.swap(std::ptr::null_mut(), AcqRel);
            if !next.is_null() {
                s.injector.push(GRef(next));
            }
            while let Some(g) = (*p).queue.pop() {
                s.injector.push(g);
            }
            (*m).p = std::ptr::null_mut();
            (*p).m = std::ptr::null_mut();
            shared.set(Status::Retired);
            idle.live -= 1;
        }
        fence(SeqCst);
        idle::wake_one(s);
        m::stop(s, m)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.heap.stop_background();
        // SAFETY: made by `new`; only the end of this function frees it.
        let s = unsafe { self.sched.as_ref() };
        let mut idle = s.idle.lock();
        s.halt.fetch_or(SHUTDOWN, SeqCst);
        s.resumed.notify_all();
        s.monitor_cv.notify_all();
        let end = crate::sync::now_ns() + END_WAIT_NS;
        while idle.threads > 0 && crate::sync::now_ns() < end {
            for m in std::mem::take(&mut idle.ms) {
                // SAFETY: a sleeping M of the list.
                unsafe { m::wake(m, std::ptr::null_mut()) };
            }
            for &m in idle.bound.values() {
                // SAFETY: it waits, or will find itself woken when it does; nobody else wakes it any more.
                unsafe { m::wake(m, std::ptr::null_mut()) };
            }
            idle::wake_keeper_of(s, &idle);
            poison_all(s);
            s.monitor_cv.notify_all();
            s.thread_ended.wait_for(&mut idle, Duration::from_millis(1));
        }
        if idle.threads > 0 {
            return;
        }
        let ms = std::mem::take(&mut idle.all_ms);
        drop(idle);
        // SAFETY: no thread is left that knows any of it.
        unsafe {
            for m in ms {
                m::release(m);
            }
            for p in s.all() {
                (*p).stacks.release();
                drop(Box::from_raw(p));
            }
            s.slabs.for_each(&mut |g| {
                if (*g).state() != GState::Dead && (*g).cap as usize > super::INLINE_SLOTS {
                    stack::give_back((*g).stack, (*g).cap as usize);
                }
            });
            s.slabs.release();
            let own = Weak::from_raw(s.runtime.get());
            drop(Box::from_raw(self.sched.as_ptr()));
            ManuallyDrop::drop(&mut self.heap);
            drop(own);
        }
    }
}

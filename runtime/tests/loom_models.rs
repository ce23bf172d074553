//! The scheduler's protocols as small loom models: every interleaving (within a bound), weak memory included.
//! Operations on channels and timers are modelled in `loom_ops.rs`.
mod model;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering::*, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use model::{Note, check};

/// What a model may leave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bug {
    None,
    /// The submitter does not fence before it looks at the idle counts.
    NoFence,
    /// Going idle does not look at the queues again.
    NoSecondLook,
    /// The park is committed after the unlock.
    UnlockFirst,
    /// A mutex waiter that has slept takes it without the mark of waiters.
    TakesWithOne,
    /// A mutex is handed over without the mark of the other waiters.
    HandsWithoutMark,
    /// A P that wakes from a stop does not look at `stop` again.
    NoReread,
    /// The status word of a P carries no tick.
    NoTick,
    /// A semaphore's releaser looks for waiters before it adds.
    LookFirst,
    /// Who parks for a descriptor does not look at close and deadline again after it has said so.
    NoRecheck,
    /// An edge that finds nobody is not remembered.
    EdgeForgets,
    /// Who finds an edge as it wants to park takes it away without trying.
    DropsEdge,
    /// The goroutine is published before it is saved.
    PublishFirst,
    /// A bound M arms itself when it begins to wait.
    ArmsLate,
}

/// `queue.rs`, `idle.rs`: work is published while the only searcher goes to sleep.
mod idle {
    use super::*;

    struct Shared {
        queue: AtomicUsize,
        npidle: AtomicUsize,
        nspin: AtomicUsize,
        idle: Mutex<bool>,
        note: Note,
    }

    fn take(queue: &AtomicUsize) -> bool {
        let n = queue.load(Acquire);
        n > 0 && queue.compare_exchange(n, n - 1, AcqRel, Relaxed).is_ok()
    }

    fn wake_one(s: &Shared) {
        if s.npidle.load(SeqCst) != 0
            && s.nspin.load(SeqCst) == 0
            && s.nspin.compare_exchange(0, 1, SeqCst, SeqCst).is_ok()
        {
            if std::mem::replace(&mut *s.idle.lock().unwrap(), false) {
                s.npidle.fetch_sub(1, SeqCst);
                s.note.wake();
            } else {
                s.nspin.fetch_sub(1, SeqCst);
            }
        }
    }

    /// A searching M until it has found one piece of work.
    fn search(s: &Shared, bug: Bug) {
        loop {
            if take(&s.queue) {
                s.nspin.fetch_sub(1, SeqCst);
                wake_one(s);
                return;
            }
            *s.idle.lock().unwrap() = true;
            s.npidle.fetch_add(1, SeqCst);
            s.nspin.fetch_sub(1, SeqCst);
            fence(SeqCst);
            if bug != Bug::NoSecondLook && s.queue.load(SeqCst) > 0 {
                let mut idle = s.idle.lock().unwrap();
                if std::mem::replace(&mut *idle, false) {
                    s.npidle.fetch_sub(1, SeqCst);
                    s.nspin.fetch_add(1, SeqCst);
                    continue;
                }
            }
            s.note.wait();
        }
    }

    pub fn model(items: usize, bug: Bug) {
        let bound = if items > 1 { Some(2) } else { None };
        check(bound, move || {
            let s = Arc::new(Shared {
                queue: AtomicUsize::new(0),
                npidle: AtomicUsize::new(0),
                nspin: AtomicUsize::new(1),
                idle: Mutex::new(false),
                note: Note::new(),
            });
            let searcher = {
                let s = s.clone();
                thread::spawn(move || {
                    for i in 0..items {
                        if i > 0 {
                            s.nspin.fetch_add(1, SeqCst);
                        }
                        search(&s, bug);
                    }
                })
            };
            for _ in 0..items {
                let n = s.queue.load(Relaxed);
                if s.queue.compare_exchange(n, n + 1, Release, Relaxed).is_err() {
                    s.queue.fetch_add(1, Release);
                }
                if bug != Bug::NoFence {
                    fence(SeqCst);
                }
                wake_one(&s);
            }
            searcher.join().unwrap();
        });
    }
}

/// `m.rs`: a goroutine (or its coroutine) is saved before the lock that its waker needs is released.
mod park {
    use super::*;

    pub fn model(bug: Bug) {
        check(None, move || {
            let queue = Arc::new(Mutex::new(false));
            let saved = Arc::new(UnsafeCell::new(false));
            let waker = {
                let (queue, saved) = (queue.clone(), saved.clone());
                thread::spawn(move || {
                    for _ in 0..2 {
                        if std::mem::take(&mut *queue.lock().unwrap()) {
                            // SAFETY: loom reports a concurrent access.
                            saved.with(|p| assert!(unsafe { *p }, "resumed before it was saved"));
                            return;
                        }
                        thread::yield_now();
                    }
                })
            };
            let mut queued = queue.lock().unwrap();
            *queued = true;
            // SAFETY: as above.
            let save = || saved.with_mut(|p| unsafe { *p = true });
            if bug == Bug::UnlockFirst {
                drop(queued);
                save();
            } else {
                save();
                drop(queued);
            }
            waker.join().unwrap();
        });
    }
}

/// `pin.rs`: a bound goroutine parks twice; who picks it hands a P to its thread.
mod pin {
    use super::*;

    struct Shared {
        parked: Mutex<bool>,
        /// The goroutine's record; written where it runs, read by its waker.
        saved: UnsafeCell<u32>,
        woken: AtomicU32,
        /// The P that the waker gives.
        next: UnsafeCell<u32>,
        note: Note,
    }

    fn picker(s: &Shared) {
        let mut given = 0;
        while given < 2 {
            if !std::mem::take(&mut *s.parked.lock().unwrap()) {
                thread::yield_now();
                continue;
            }
            given += 1;
            // SAFETY: loom reports a concurrent access.
            s.saved.with(|g| assert_eq!(unsafe { *g }, given));
            // SAFETY: as above.
            s.next.with_mut(|p| unsafe { *p = given });
            s.woken.store(1, Release);
            s.note.wake();
        }
    }

    pub fn model(bug: Bug) {
        check(None, move || {
            let s = Arc::new(Shared {
                parked: Mutex::new(false),
                saved: UnsafeCell::new(0),
                woken: AtomicU32::new(0),
                next: UnsafeCell::new(0),
                note: Note::new(),
            });
            let waker = {
                let s = s.clone();
                thread::spawn(move || picker(&s))
            };
            for turn in 1..=2 {
                let mut parked = s.parked.lock().unwrap();
                *parked = true;
                // SAFETY: as above.
                s.saved.with_mut(|g| unsafe { *g = turn });
                drop(parked);
                if bug == Bug::ArmsLate {
                    s.woken.store(0, Relaxed);
                }
                while s.woken.load(Acquire) == 0 {
                    s.note.wait();
                }
                // SAFETY: as above.
                s.next.with(|p| assert_eq!(unsafe { *p }, turn));
                s.woken.store(0, Relaxed);
            }
            waker.join().unwrap();
        });
    }
}

/// `g.rs`, `select.rs`: two wakers on two channels, one winner; the loser keeps its value.
mod select {
    use super::*;

    pub fn model() {
        check(None, || {
            // Two channels, each with its lock and one waiter of the same select.
            let queues = Arc::new([Mutex::new(true), Mutex::new(true)]);
            let sel_done = Arc::new(AtomicU32::new(0));
            let slot = Arc::new(UnsafeCell::new(0));
            let wakers: Vec<_> = [0, 1]
                .map(|k: usize| {
                    let (queues, sel_done, slot) = (queues.clone(), sel_done.clone(), slot.clone());
                    thread::spawn(move || {
                        let mut waiter = queues[k].lock().unwrap();
                        if std::mem::take(&mut *waiter) && sel_done.compare_exchange(0, 1, AcqRel, Relaxed).is_ok() {
                            // SAFETY: loom reports a concurrent access.
                            slot.with_mut(|p| unsafe { *p = k + 1 });
                            true
                        } else {
                            false
                        }
                    })
                })
                .into_iter()
                .collect();
            let won: Vec<bool> = wakers.into_iter().map(|w| w.join().unwrap()).collect();
            assert!(won[0] != won[1]);
            // SAFETY: the wakers are done.
            slot.with(|p| assert_eq!(unsafe { *p }, if won[0] { 1 } else { 2 }));
        });
    }
}

/// `mutex.rs`: barging, a list of sleepers, and the hand-over to who came too late.
mod mutex {
    use super::*;

    struct Shared {
        word: AtomicUsize,
        sleepers: Mutex<Vec<usize>>,
        notes: Vec<Note>,
        counter: UnsafeCell<usize>,
    }

    const HELD: usize = 1;
    const WAITERS: usize = 2;
    const HUNGRY: usize = 4;
    const FLAGS: usize = 3;

    /// `TRIES` is 1 here: who comes too late once is handed the mutex.
    fn lock(s: &Shared, me: usize, bug: Bug) {
        let mine = (me + 1) << FLAGS | HELD;
        if s.word.compare_exchange(0, mine, AcqRel, Relaxed).is_ok() {
            return;
        }
        let mut slept = false;
        loop {
            {
                let mut sleepers = s.sleepers.lock().unwrap();
                let hungry = if slept { HUNGRY } else { 0 };
                let now = s.word.load(Relaxed);
                let held = now & HELD != 0;
                let new = if held { now | WAITERS | hungry } else { mine | WAITERS };
                if s.word.compare_exchange(now, new, AcqRel, Relaxed).is_err() {
                    continue;
                }
                if !held {
                    return;
                }
                if slept { sleepers.insert(0, me) } else { sleepers.push(me) }
            }
            slept = true;
            s.notes[me].wait();
            if s.word.load(Acquire) >> FLAGS == me + 1 {
                return;
            }
            if bug == Bug::TakesWithOne && s.word.compare_exchange(0, mine, AcqRel, Relaxed).is_ok() {
                return;
            }
        }
    }

    fn unlock(s: &Shared, bug: Bug) {
        let now = s.word.load(Relaxed);
        if now & WAITERS == 0 && s.word.compare_exchange(now, 0, AcqRel, Relaxed).is_ok() {
            return;
        }
        let first = {
            let mut sleepers = s.sleepers.lock().unwrap();
            let now = s.word.load(Relaxed);
            let first = if sleepers.is_empty() { None } else { Some(sleepers.remove(0)) };
            let next = match first {
                Some(g) if now & HUNGRY != 0 => {
                    let rest = if sleepers.is_empty() || bug == Bug::HandsWithoutMark { 0 } else { WAITERS };
                    (g + 1) << FLAGS | HELD | rest
                }
                Some(_) | None => 0,
            };
            s.word.store(next, Release);
            first
        };
        if let Some(first) = first {
            s.notes[first].wake();
        }
    }

    fn lock_and_count(s: &Shared, me: usize, times: usize, bug: Bug) {
        for _ in 0..times {
            lock(s, me, bug);
            // SAFETY: loom reports a concurrent access.
            s.counter.with_mut(|p| unsafe { *p += 1 });
            unlock(s, bug);
        }
    }

    /// `n` threads; the first one takes it twice, so that another one can come too late.
    pub fn model(n: usize, bug: Bug) {
        let bound = if n == 2 { 3 } else { 2 };
        check(Some(bound), move || {
            let s = Arc::new(Shared {
                word: AtomicUsize::new(0),
                sleepers: Mutex::new(Vec::new()),
                notes: (0..n).map(|_| Note::new()).collect(),
                counter: UnsafeCell::new(0),
            });
            let others: Vec<_> = (1..n)
                .map(|me| {
                    let s = s.clone();
                    thread::spawn(move || lock_and_count(&s, me, 1, bug))
                })
                .collect();
            lock_and_count(&s, 0, 2, bug);
            for other in others {
                other.join().unwrap();
            }
            // SAFETY: the others are done.
            s.counter.with(|p| assert_eq!(unsafe { *p }, n + 1));
        });
    }
}

/// `sema.rs`: acquire against release; nobody sleeps while a unit is there.
mod semaphore {
    use super::*;

    fn take_unit(counter: &AtomicUsize) -> bool {
        let mut n = counter.load(SeqCst);
        while n > 0 {
            match counter.compare_exchange(n, n - 1, SeqCst, SeqCst) {
                Ok(_) => return true,
                Err(seen) => n = seen,
            }
        }
        false
    }

    pub fn model(bug: Bug) {
        check(None, move || {
            let counter = Arc::new(AtomicUsize::new(0));
            let nwait = Arc::new(AtomicUsize::new(0));
            let waiting = Arc::new(Mutex::new(false));
            let note = Arc::new(Note::new());
            let acquirer = {
                let (counter, nwait, waiting, note) = (counter.clone(), nwait.clone(), waiting.clone(), note.clone());
                thread::spawn(move || {
                    if take_unit(&counter) {
                        return;
                    }
                    let mut queued = waiting.lock().unwrap();
                    nwait.store(1, SeqCst);
                    fence(SeqCst);
                    if take_unit(&counter) {
                        nwait.store(0, SeqCst);
                        return;
                    }
                    *queued = true;
                    drop(queued);
                    note.wait();
                })
            };
            let early = nwait.load(SeqCst);
            counter.fetch_add(1, SeqCst);
            fence(SeqCst);
            let look = if bug == Bug::LookFirst { early } else { nwait.load(SeqCst) };
            if look != 0 {
                let mut queued = waiting.lock().unwrap();
                if *queued && take_unit(&counter) {
                    *queued = false;
                    nwait.store(0, SeqCst);
                    drop(queued);
                    note.wake();
                }
            }
            acquirer.join().unwrap();
            assert_eq!(counter.load(SeqCst), 0);
        });
    }
}

/// `blocking.rs`: a native ends while the monitor takes its P, which another M then leads into a native of its own.
mod retake {
    use super::*;

    const RUNNING: u32 = 1;
    const SYSCALL: u32 = 2;

    fn next(word: u32, state: u32, bug: Bug) -> u32 {
        if bug == Bug::NoTick { state } else { ((word >> 8) + 1) << 8 | state }
    }

    pub fn model(bug: Bug) {
        check(None, move || {
            let first = next(RUNNING, SYSCALL, bug);
            let status = Arc::new(AtomicU32::new(first));
            let owner = Arc::new(UnsafeCell::new(0));
            let monitor = {
                let (status, owner) = (status.clone(), owner.clone());
                thread::spawn(move || {
                    let taken = next(first, RUNNING, bug);
                    if status.compare_exchange(first, taken, SeqCst, SeqCst).is_err() {
                        return false;
                    }
                    // The P goes to a second M, which enters a native and comes back.
                    // SAFETY: loom reports a concurrent access.
                    owner.with_mut(|p| unsafe { *p = 2 });
                    let second = next(taken, SYSCALL, bug);
                    status.store(second, Release);
                    let back = status.compare_exchange(second, next(second, RUNNING, bug), SeqCst, SeqCst);
                    assert!(back.is_ok(), "the first M has taken the second one's visit");
                    owner.with_mut(|p| unsafe { *p = 2 });
                    true
                })
            };
            let kept = status.compare_exchange(first, next(first, RUNNING, bug), SeqCst, SeqCst).is_ok();
            if kept {
                // SAFETY: as above.
                owner.with_mut(|p| unsafe { *p = 1 });
            }
            assert!(kept != monitor.join().unwrap());
        });
    }
}

/// `world.rs`, `p.rs`: two stops in a row against a P that schedules, polls and overwrites poisons.
mod stop {
    use super::*;

    const LIMIT: usize = 1;

    #[derive(PartialEq, Eq, Clone, Copy)]
    enum State {
        Running,
        Stopped,
        Idle,
    }

    struct Shared {
        stop: AtomicU32,
        guard: AtomicUsize,
        state: Mutex<State>,
        resumed: Condvar,
        /// What a collection needs to itself.
        heap: UnsafeCell<usize>,
    }

    fn mutator(s: &Shared, bug: Bug) {
        for _ in 0..2 {
            // A schedule: a request may be overwritten here.
            if s.stop.load(Relaxed) != 0 {
                safepoint(s, bug);
            }
            s.guard.store(LIMIT, Relaxed);
            // SAFETY: loom reports a concurrent access.
            s.heap.with_mut(|p| unsafe { *p += 1 });
            if s.guard.load(Relaxed) == 0 {
                safepoint(s, bug);
            }
        }
        // Going idle counts as stopped; refused while the world is stopped.
        loop {
            {
                let mut state = s.state.lock().unwrap();
                if s.stop.load(Relaxed) == 0 {
                    *state = State::Idle;
                    return;
                }
            }
            safepoint(s, bug);
        }
    }

    fn safepoint(s: &Shared, bug: Bug) {
        let mut state = s.state.lock().unwrap();
        if s.stop.load(Relaxed) == 0 {
            return;
        }
        *state = State::Stopped;
        if bug == Bug::NoReread {
            state = s.resumed.wait(state).unwrap();
        } else {
            while s.stop.load(Relaxed) != 0 {
                state = s.resumed.wait(state).unwrap();
            }
        }
        *state = State::Running;
    }

    fn collect(s: &Shared) {
        {
            let _state = s.state.lock().unwrap();
            s.stop.store(1, SeqCst);
        }
        loop {
            {
                let state = s.state.lock().unwrap();
                if *state != State::Running {
                    break;
                }
                // Again and again: the P may overwrite it.
                s.guard.store(0, Release);
            }
            thread::yield_now();
        }
        // SAFETY: as above.
        s.heap.with_mut(|p| unsafe { *p += 100 });
        let _state = s.state.lock().unwrap();
        s.stop.store(0, SeqCst);
        s.resumed.notify_all();
    }

    pub fn model(stops: usize, bug: Bug) {
        check(Some(2), move || {
            let s = Arc::new(Shared {
                stop: AtomicU32::new(0),
                guard: AtomicUsize::new(LIMIT),
                state: Mutex::new(State::Running),
                resumed: Condvar::new(),
                heap: UnsafeCell::new(0),
            });
            let mutator = {
                let s = s.clone();
                thread::spawn(move || mutator(&s, bug))
            };
            for _ in 0..stops {
                collect(&s);
            }
            mutator.join().unwrap();
            // SAFETY: the mutator is done.
            s.heap.with(|p| assert_eq!(unsafe { *p }, 2 + 100 * stops));
        });
    }
}

/// `sched/watch.rs`: readiness, close and deadline against a goroutine that parks.
mod watch {
    use super::*;

    const NIL: usize = 0;
    const READY: usize = 1;
    const WAIT: usize = 2;
    const G: usize = 3;

    struct Shared {
        word: AtomicUsize,
        /// What the system has to read.
        data: AtomicUsize,
        /// Closed, or the deadline has passed.
        ended: AtomicUsize,
        /// The goroutine's record; written by the parker, read by its waker.
        saved: UnsafeCell<u32>,
        note: Note,
    }

    fn wake(s: &Shared, state: usize) {
        let mut old = s.word.load(Acquire);
        loop {
            if old == READY || old == NIL && state == NIL {
                return;
            }
            match s.word.compare_exchange(old, state, AcqRel, Acquire) {
                Ok(G) => {
                    s.saved.with(|g| {
                        // SAFETY: whoever swapped the goroutine out owns it.
                        let _ = unsafe { *g };
                    });
                    return s.note.wake();
                }
                Ok(_) => return,
                Err(now) => old = now,
            }
        }
    }

    fn save(s: &Shared) {
        s.saved.with_mut(|g| {
            // SAFETY: the parker's own until it is published.
            unsafe { *g += 1 }
        });
    }

    /// Stricter than the code: nothing is tried before an edge, so one that is lost shows.
    fn read(s: &Shared, bug: Bug) {
        let mut drained = true;
        loop {
            if s.word.load(Relaxed) == READY {
                s.word.swap(NIL, AcqRel);
                drained = false;
            }
            if s.ended.load(Acquire) == 1 || !drained && s.data.load(Acquire) == 1 {
                return;
            }
            if s.word.compare_exchange(NIL, WAIT, AcqRel, Acquire).is_err() {
                if bug == Bug::DropsEdge {
                    s.word.store(NIL, Relaxed);
                }
                continue;
            }
            if bug != Bug::NoFence {
                fence(SeqCst);
            }
            if bug != Bug::NoRecheck && s.ended.load(Acquire) == 1 {
                let _ = s.word.compare_exchange(WAIT, NIL, AcqRel, Acquire);
                return;
            }
            if bug != Bug::PublishFirst {
                save(s);
            }
            if s.word.compare_exchange(WAIT, G, AcqRel, Acquire).is_err() {
                continue;
            }
            if bug == Bug::PublishFirst {
                save(s);
            }
            s.note.wait();
        }
    }

    /// With an edge, an end, or both at once.
    pub fn model(edge: bool, end: bool, bug: Bug) {
        check((edge && end).then_some(3), move || {
            let s = Arc::new(Shared {
                word: AtomicUsize::new(NIL),
                data: AtomicUsize::new(0),
                ended: AtomicUsize::new(0),
                saved: UnsafeCell::new(0),
                note: Note::new(),
            });
            let mut threads = vec![];
            if edge {
                let s = s.clone();
                threads.push(thread::spawn(move || {
                    s.data.store(1, Release);
                    wake(&s, if bug == Bug::EdgeForgets { NIL } else { READY });
                }));
            }
            if end {
                let s = s.clone();
                threads.push(thread::spawn(move || {
                    s.ended.store(1, Release);
                    if bug != Bug::NoFence {
                        fence(SeqCst);
                    }
                    wake(&s, NIL);
                }));
            }
            read(&s, bug);
            for t in threads {
                t.join().unwrap();
            }
        });
    }
}

#[test]
fn watch_edge() {
    watch::model(true, false, Bug::None);
}
#[test]
fn watch_end() {
    watch::model(false, true, Bug::None);
}
#[test]
fn watch_edge_and_end() {
    watch::model(true, true, Bug::None);
}
#[test]
fn idle_one_item() {
    idle::model(1, Bug::None);
}
#[test]
fn idle_two_items() {
    idle::model(2, Bug::None);
}
#[test]
fn native_park() {
    park::model(Bug::None);
}
#[test]
fn bound_threads_are_woken() {
    pin::model(Bug::None);
}
#[test]
fn select_has_one_winner() {
    select::model();
}
#[test]
fn mutex_of_two() {
    mutex::model(2, Bug::None);
}
#[test]
fn mutex_of_three() {
    mutex::model(3, Bug::None);
}
#[test]
fn semaphore_wakes() {
    semaphore::model(Bug::None);
}
#[test]
fn syscall_retake() {
    retake::model(Bug::None);
}
#[test]
fn stop_and_resume() {
    stop::model(1, Bug::None);
}
#[test]
fn stop_twice() {
    stop::model(2, Bug::None);
}

/// The models that must fail, each in a process of its own.
const SEEDED: &[(&str, fn())] = &[
    ("idle: no fence", || idle::model(1, Bug::NoFence)),
    ("idle: no second look", || idle::model(1, Bug::NoSecondLook)),
    ("park: unlock first", || park::model(Bug::UnlockFirst)),
    ("pin: armed too late", || pin::model(Bug::ArmsLate)),
    ("mutex: takes without mark", || mutex::model(3, Bug::TakesWithOne)),
    ("mutex: hands over without mark", || mutex::model(3, Bug::HandsWithoutMark)),
    ("semaphore: looks first", || semaphore::model(Bug::LookFirst)),
    ("retake: no tick", || retake::model(Bug::NoTick)),
    ("watch: no second look", || watch::model(false, true, Bug::NoRecheck)),
    ("watch: an edge dropped", || watch::model(true, false, Bug::DropsEdge)),
    ("watch: no fence", || watch::model(false, true, Bug::NoFence)),
    ("watch: an edge forgotten", || watch::model(true, false, Bug::EdgeForgets)),
    ("watch: published before it is saved", || watch::model(true, false, Bug::PublishFirst)),
    ("stop: no second reading", || stop::model(2, Bug::NoReread)),
];

#[test]
fn seeded_child() {
    model::seeded_child(SEEDED);
}

#[test]
fn seeded_bugs_are_found() {
    model::seeded_bugs_are_found(SEEDED);
}

//! The poller: readiness of file descriptors as a source of runnable goroutines, and the operations of natives over it.
//!
//! mio is used because it is edge-triggered on every system: a descriptor is registered once, and a wait costs no system call of its own.
//!
//! Invariants:
//! - Nothing of it exists until the first descriptor is opened; a program without network pays one load of `waiters` in its
//!   slow path.
//! - Events are taken under `Core::events`, by one thread at a time: the keeper, which sleeps in it (`idle.rs`); an M whose own
//!   queues are empty, before it steals; a P that the monitor has asked, because events wait while all Ps are busy.
//! - Who serves the last waiter wakes a keeper that sleeps without a deadline: it would hide a deadlock. The keeper sets `endless`, then
//!   reads `waiters`; the other one counts down, then reads `endless`.
//! - `waiters` counts goroutines from before their park is committed until they are in a queue again (else a moment in between
//!   looks like a deadlock).
//! - `Watch` words have their own protocol (`watch.rs`); a list of woken goroutines is linked through `G::link` and belongs to
//!   the thread that took the events.
use super::g::{G, WaitReason};
use super::p::{Commit, P};
use super::timer::{self, TimerAction};
use super::watch::{IoEnd, Watch, Way};
use super::{Op, Sched, queue};
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::*, fence};
use mio::unix::SourceFd;
use mio::{Events, Interest, Registry, Token, Waker};
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::time::Duration;

/// Events taken by one system call.
const EVENTS: usize = 256;
/// Watches are allocated so many at once, and never freed before the end.
const CHUNK: usize = 64;
/// Token of the waker; watches lie at addresses.
const WAKE: Token = Token(0);
/// Below this a wait is measured in nanoseconds; above it the poller's milliseconds do.
const MILLI: u64 = 1_000_000;

/// Edges for urgent data, where the system has them: a read stops short of it.
#[cfg(target_os = "linux")]
const URGENT: Option<Interest> = Some(Interest::PRIORITY);
#[cfg(not(target_os = "linux"))]
const URGENT: Option<Interest> = None;

pub(super) struct Poller {
    core: OnceLock<Core>,
    /// Goroutines that wait for a descriptor.
    waiters: AtomicUsize,
    /// The keeper sleeps in the poller until there is an event.
    endless: AtomicBool,
    /// Counts looks at the events, for the monitor.
    looks: AtomicU64,
    watches: Mutex<Watches>,
}

struct Core {
    events: Mutex<(mio::Poll, Events)>,
    registry: Registry,
    waker: Waker,
    /// Of the poll, to be waited for itself.
    fd: i32,
}

#[derive(Default)]
struct Watches {
    chunks: Vec<Box<[Watch]>>,
    free: Vec<*const Watch>,
}

// SAFETY: the free list points into the chunks; watches are shared by design.
unsafe impl Send for Watches {}

/// Goroutines that were woken, linked through `G::link`; still Waiting, and the holder's.
pub(super) struct Woken {
    first: *mut G,
    last: *mut G,
    n: usize,
}

impl Woken {
    const fn new() -> Woken {
        Woken { first: null_mut(), last: null_mut(), n: 0 }
    }
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }
    fn push(&mut self, g: *mut G) {
        if g.is_null() {
            return;
        }
        // SAFETY: the goroutine was taken out of its watch: it is ours.
        unsafe {
            (*g).link = null_mut();
            if self.first.is_null() {
                self.first = g;
            } else {
                (*self.last).link = g;
            }
        }
        self.last = g;
        self.n += 1;
    }
    /// The next one, Runnable now.
    fn pop(&mut self) -> *mut G {
        let g = self.first;
        if !g.is_null() {
            // SAFETY: as in `push`.
            unsafe {
                self.first = (*g).link;
                (*g).wake();
            }
        }
        g
    }
}

impl Poller {
    pub fn new() -> Poller {
        Poller {
            core: OnceLock::new(),
            waiters: AtomicUsize::new(0),
            endless: AtomicBool::new(false),
            looks: AtomicU64::new(0),
            watches: Mutex::default(),
        }
    }
    #[inline(always)]
    pub fn waiters(&self) -> usize {
        self.waiters.load(SeqCst)
    }
    /// Somebody has opened a descriptor.
    pub fn exists(&self) -> bool {
        self.core.get().is_some()
    }
    pub fn looks(&self) -> u64 {
        self.looks.load(Relaxed)
    }
    fn core(&self) -> io::Result<&Core> {
        if let Some(core) = self.core.get() {
            return Ok(core);
        }
        let poll = mio::Poll::new()?;
        let registry = poll.registry().try_clone()?;
        let waker = Waker::new(&registry, WAKE)?;
        let fd = poll.as_raw_fd();
        let events = Mutex::new((poll, Events::with_capacity(EVENTS)));
        // Another thread may have been faster.
        Ok(self.core.get_or_init(|| Core { events, registry, waker, fd }))
    }
    /// Ends a [`Poller::wait`].
    pub fn interrupt(&self) {
        if let Some(core) = self.core.get() {
            // The counter of an eventfd cannot overflow by our ones, and nothing else can fail.
            let _ = core.waker.wake();
        }
    }
    /// Events wait to be taken.
    pub fn pending(&self) -> bool {
        self.core.get().is_some_and(|core| readable(core.fd, 0))
    }
    /// Takes what is there, unless another thread is at it.
    pub fn look(&self) -> Woken {
        let mut woken = Woken::new();
        if let Some(core) = self.core.get()
            && let Some(mut events) = core.events.try_lock()
        {
            self.looks.fetch_add(1, Relaxed);
            take(&mut events, Some(Duration::ZERO), &mut woken);
        }
        woken
    }
    /// Sleeps until there are events, an interrupt or the deadline. `over` was true before an interrupt: another thread may take its event.
    pub fn wait(&self, deadline: u64, over: impl Fn() -> bool) -> Woken {
        let mut woken = Woken::new();
        let Some(core) = self.core.get() else { return woken };
        let mut events = core.events.lock();
        self.looks.fetch_add(1, Relaxed);
        self.endless.store(deadline == u64::MAX, SeqCst);
        while !over() && (deadline != u64::MAX || self.waiters() != 0) {
            let timeout = match deadline {
                u64::MAX => None,
                _ => {
                    let left = deadline.saturating_sub(timer::now_ns());
                    if left < MILLI && left > 0 {
                        readable(core.fd, left);
                    }
                    Some(Duration::from_millis(left / MILLI))
                }
            };
            let some = take(&mut events, timeout, &mut woken);
            if some || timeout == Some(Duration::ZERO) {
                break;
            }
        }
        self.endless.store(false, Relaxed);
        woken
    }
    /// Goroutines counted as waiting are in queues now.
    fn served(&self, n: usize) {
        if self.waiters.fetch_sub(n, SeqCst) == n && self.endless.load(SeqCst) {
            self.interrupt();
        }
    }
}

/// True when there was any event.
fn take((poll, events): &mut (mio::Poll, Events), timeout: Option<Duration>, woken: &mut Woken) -> bool {
    if poll.poll(events, timeout).is_err() {
        // Interrupted by a signal: no events.
        events.clear();
    }
    for event in events.iter() {
        if event.token() == WAKE {
            continue;
        }
        // SAFETY: a token is the address of a watch, and those are never freed while threads run.
        let watch = unsafe { &*(event.token().0 as *const Watch) };
        let over = event.is_error();
        if over || event.is_read_closed() || event.is_priority() {
            watch.mark_over(Way::Read);
        }
        if event.is_readable() || event.is_read_closed() || event.is_priority() || over {
            woken.push(watch.edge(Way::Read));
        }
        if event.is_writable() || event.is_write_closed() || over {
            woken.push(watch.edge(Way::Write));
        }
    }
    !events.is_empty()
}

/// Waits up to `ns` for the poller's own descriptor.
fn readable(fd: i32, ns: u64) -> bool {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let time = libc::timespec { tv_sec: 0, tv_nsec: ns as _ };
    // SAFETY: one valid pollfd and a valid time below a second.
    unsafe { libc::ppoll(&mut poll, 1, &time, std::ptr::null()) > 0 }
}

/// Puts woken goroutines into the queues of `p`; the first one is returned, to run at once (null: there is none).
///
/// # Safety
/// `p` is the caller's and runs nothing.
pub(super) unsafe fn serve(p: *mut P, mut woken: Woken) -> *mut G {
    if woken.is_empty() {
        return null_mut();
    }
    // SAFETY: says the caller.
    unsafe {
        let n = woken.n;
        let first = woken.pop();
        loop {
            let g = woken.pop();
            if g.is_null() {
                break;
            }
            queue::submit_tail(p, g);
        }
        (*(*p).sched).poller.served(n);
        first
    }
}

/// Puts woken goroutines into the global queue; from any thread.
pub(super) fn inject(s: &Sched, mut woken: Woken) {
    let n = woken.n;
    loop {
        let g = woken.pop();
        if g.is_null() {
            break;
        }
        queue::inject(s, g);
    }
    s.poller.served(n);
}

/// Looks for events on behalf of `p`; the goroutine to run, or null.
///
/// # Safety
/// As [`serve`].
#[inline]
pub(super) unsafe fn look(s: &Sched, p: *mut P) -> *mut G {
    if s.poller.waiters.load(Relaxed) == 0 {
        return null_mut();
    }
    // SAFETY: says the caller.
    unsafe { serve(p, s.poller.look()) }
}

/// An operation under way on a descriptor, made by [`io_begin`]; ends with [`io_end`] or [`io_park`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Io {
    watch: *const Watch,
    way: Way,
}

impl Io {
    pub(super) const fn none() -> Io {
        Io { watch: std::ptr::null(), way: Way::Read }
    }
    fn watch(&self) -> &Watch {
        // SAFETY: made by `io_begin`; watches are never freed while threads run.
        unsafe { &*self.watch }
    }
    /// The descriptor; it stays open until the operation's end.
    pub fn fd(&self) -> i32 {
        self.watch().fd()
    }
    /// A try is in vain: nothing has come since the last one took all.
    pub fn is_drained(&self) -> bool {
        self.watch().is_drained(self.way)
    }
    /// The try has taken less than it had room for.
    pub fn took_less(&self) {
        self.watch().short(self.way);
    }
}

/// Puts a non-blocking descriptor under the poller, which owns it from now on: a handle for the other operations, never 0.
/// `drains`: a read that takes less than it has room for has taken all (a TCP stream).
///
/// # Safety
/// `p` is the caller's; `fd` is open and nobody else closes it. What comes from there cannot be recorded: in a recorded run it fails.
pub unsafe fn io_open(p: *mut P, fd: i32, drains: bool) -> io::Result<u64> {
    // SAFETY: the scheduler outlives its Ps.
    let s = unsafe { &*(*p).sched };
    if s.tape.is_some() {
        return Err(io::Error::from_raw_os_error(libc::ENOTSUP));
    }
    let existed = s.poller.exists();
    let core = s.poller.core()?;
    if !existed {
        // A keeper that sleeps on its own word would not see events.
        super::idle::wake_keeper(s);
    }
    let watch = s.poller.watches.lock().take();
    // SAFETY: from the table.
    let handle = unsafe { (*watch).open(fd, drains && URGENT.is_some()) };
    let both = (Interest::READABLE | Interest::WRITABLE).add(URGENT.unwrap_or(Interest::READABLE));
    if let Err(e) = core.registry.register(&mut SourceFd(&fd), Token(watch as usize), both) {
        // SAFETY: nobody has seen the handle.
        let last = unsafe { (*watch).enter_to_close(handle).is_ok() && (*watch).leave() };
        debug_assert!(last);
        s.poller.watches.lock().free.push(watch);
        return Err(e);
    }
    Ok(handle)
}

impl Watches {
    fn take(&mut self) -> *const Watch {
        if self.free.is_empty() {
            let chunk: Box<[Watch]> = (0..CHUNK).map(|_| Watch::new()).collect();
            self.free.extend(chunk.iter().rev().map(|w| w as *const Watch));
            self.chunks.push(chunk);
        }
        self.free.pop().unwrap_or(std::ptr::null())
    }
}

/// Before an operation is tried.
///
/// # Safety
/// `p` is the caller's; the handle is 0 or comes from this runtime's [`io_open`]. One goroutine at a time uses a `way`.
pub unsafe fn io_begin(p: *mut P, handle: u64, way: Way) -> Result<Io, IoEnd> {
    if handle == 0 {
        return Err(IoEnd::Closed);
    }
    let io = Io { watch: Watch::of(handle), way };
    io.watch().enter(handle)?;
    io.watch().begin(way).map(|()| io).inspect_err(|_| {
        // SAFETY: inside since `enter`.
        unsafe { io_end(p, io) }
    })
}

/// As [`io_begin`] for what never parks and asks for no deadline: several goroutines may.
///
/// # Safety
/// As [`io_begin`], of which it needs no way.
pub unsafe fn io_peek(handle: u64) -> Result<Io, IoEnd> {
    if handle == 0 {
        return Err(IoEnd::Closed);
    }
    let io = Io { watch: Watch::of(handle), way: Way::Read };
    io.watch().enter(handle)?;
    Ok(io)
}

/// The operation is over.
///
/// # Safety
/// `p` is the caller's; `io` was begun and not ended.
#[inline]
pub unsafe fn io_end(p: *mut P, io: Io) {
    if io.watch().leave() {
        // SAFETY: the scheduler outlives its Ps; the last one of a closed watch.
        unsafe { finish(&*(*p).sched, io.watch) };
    }
}

/// Closes the descriptor and frees the watch.
#[cold]
unsafe fn finish(s: &Sched, watch: *const Watch) {
    // SAFETY: nobody is inside and nobody can enter; the descriptor is the poller's.
    unsafe { libc::close((*watch).fd()) };
    s.poller.watches.lock().free.push(watch);
}

/// The operation would block: Park or Retry (both: try again from [`io_begin`] on), or why it need not.
///
/// # Safety
/// As [`io_end`], and `p` runs `p.g`, which is saved before the next `Watch` event can matter (see `m.rs`).
pub unsafe fn io_park(p: *mut P, io: Io) -> Result<Op, IoEnd> {
    // SAFETY: says the caller.
    unsafe {
        let s = &*(*p).sched;
        s.poller.waiters.fetch_add(1, SeqCst);
        let announced = io.watch().announce(io.way);
        if let Err(end) = announced {
            s.poller.served(1);
            io_end(p, io);
            return Err(end);
        }
        // An edge that came already is found by the commit: it is no WAIT.
        let _ = super::chan::park_on(p, std::ptr::null(), WaitReason::IoWait, io.watch as usize);
        (*p).commit = Commit::Io;
        (*p).io = io;
        Ok(Op::Retry)
    }
}

/// Completes a park of [`io_park`]; true: the goroutine parked, else it is still the caller's and Waiting.
///
/// # Safety
/// `p` is the caller's; `g` is Waiting, and its park was begun on `p`.
pub(super) unsafe fn commit(s: &Sched, p: *mut P, g: *mut G) -> bool {
    // SAFETY: says the caller; after the commit the goroutine is not touched.
    unsafe {
        let io = (*p).io;
        let parked = io.watch().commit(io.way, g);
        if !parked {
            s.poller.served(1);
        }
        io_end(p, io);
        parked
    }
}

unsafe fn ready(p: *mut P, g: *mut G) {
    if !g.is_null() {
        // SAFETY: taken out of its watch: ours.
        unsafe {
            queue::ready(p, g);
            (*(*p).sched).poller.served(1);
        }
    }
}

/// Sets the deadline of a side, on the clock of `now_ns`; 0: none. Who waits past it is woken. False: no memory is left for its
/// timer, and the side has no deadline.
///
/// # Safety
/// As [`io_begin`].
pub unsafe fn io_deadline(p: *mut P, handle: u64, way: Way, when: u64) -> Result<bool, IoEnd> {
    if handle == 0 {
        return Err(IoEnd::Closed);
    }
    // SAFETY: says the caller; the watch is not reused while we are inside.
    unsafe {
        let io = Io { watch: Watch::of(handle), way };
        io.watch().enter(handle)?;
        let past = when != 0 && when <= (*(*p).sched).choices.now_ns();
        let mut set = true;
        {
            let mut times = io.watch().times.lock();
            let timing = &mut times[way as usize];
            timing.seq += 1;
            if let Some(timer) = timing.timer.take() {
                timer::timer_stop(p, timer);
            }
            io.watch().expire(way, past);
            if when != 0 && !past {
                let action = TimerAction::Expire { watch: io.watch as usize, way, seq: timing.seq };
                timing.timer = timer::timer_start(p, when, 0, action);
                set = timing.timer.is_some();
            }
        }
        if past {
            ready(p, io.watch().unblock(way));
        }
        io_end(p, io);
        Ok(set)
    }
}

/// A deadline's timer is due.
///
/// # Safety
/// `p` is the caller's; the action was made by [`io_deadline`].
pub(super) unsafe fn expire(p: *mut P, watch: usize, way: Way, seq: u64) {
    // SAFETY: watches are never freed while threads run; a stale `seq` does nothing.
    unsafe {
        let watch = &*(watch as *const Watch);
        {
            let mut times = watch.times.lock();
            let timing = &mut times[way as usize];
            if timing.seq != seq {
                return;
            }
            timing.timer = None;
            watch.expire(way, true);
        }
        ready(p, watch.unblock(way));
    }
}

/// Closes the descriptor: who waits for it is woken, and it is gone when the last operation has left it.
///
/// # Safety
/// As [`io_begin`].
pub unsafe fn io_close(p: *mut P, handle: u64) -> Result<(), IoEnd> {
    if handle == 0 {
        return Err(IoEnd::Closed);
    }
    // SAFETY: says the caller; inside until `io_end`.
    unsafe {
        let s = &*(*p).sched;
        let io = Io { watch: Watch::of(handle), way: Way::Read };
        let watch = io.watch();
        watch.enter_to_close(handle)?;
        {
            let mut times = watch.times.lock();
            for timing in times.iter_mut() {
                timing.seq += 1;
                if let Some(timer) = timing.timer.take() {
                    timer::timer_stop(p, timer);
                }
            }
        }
        fence(SeqCst);
        ready(p, watch.unblock(Way::Read));
        ready(p, watch.unblock(Way::Write));
        if let Some(core) = s.poller.core.get() {
            // It is registered until now; the close below would do it as well, but not for a duplicate.
            let _ = core.registry.deregister(&mut SourceFd(&watch.fd()));
        }
        io_end(p, io);
        Ok(())
    }
}

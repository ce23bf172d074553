//! Atomics, locks, threads and a clock under shuttle.
//!
//! Invariants:
//! - An atomic is std's and an operation on it is one step, before which shuttle may let others go on: interleavings are explored, weak
//!   memory is not (that is loom's part). It has std's layout, so it may overlay zeroed memory.
//! - Who waits gives way until what it waits for has come, or its time. Nobody sleeps, so a hang is a run that exceeds its steps.
//! - The clock is the model's: it goes on a little at each look, and a good deal when somebody gives way who waits for a time.
//! - On threads that are not shuttle's (helpers of a stopped collection) operations are std's and no steps.
use std::cell::{Cell, UnsafeCell};
use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::Ordering::*;
use std::time::Duration;

std::thread_local! {
    /// The steps of this thread are shuttle's.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static CLOCK: Cell<u64> = const { Cell::new(0) };
}

const START_NS: u64 = 1_000_000_000;
/// What a look at the clock takes.
const LOOK_NS: u64 = 50;
/// What giving way takes at least.
const TURN_NS: u64 = 200;
/// Who gives way while it waits for a time lets so large a part of the rest pass.
const PART: u64 = 16;

/// Runs `f` as the first thread of a schedule: to be called by what shuttle runs.
pub fn run(f: impl FnOnce()) {
    INSIDE.set(true);
    CLOCK.set(START_NS);
    f();
    INSIDE.set(false);
}

/// Shuttle may let others go on.
fn step() {
    if INSIDE.get() && !std::thread::panicking() {
        shuttle::sync::atomic::AtomicBool::new(false).load(SeqCst);
    }
}

/// Others shall go on.
fn give_way() {
    if INSIDE.get() && !std::thread::panicking() {
        CLOCK.set(CLOCK.get() + TURN_NS);
        shuttle::thread::yield_now();
    }
}

/// Gives way until `done` or the deadline; what `done` said last.
fn wait_until(deadline: u64, mut done: impl FnMut() -> bool) -> bool {
    loop {
        if done() {
            return true;
        }
        let left = deadline.saturating_sub(CLOCK.get());
        if left == 0 {
            return false;
        }
        if deadline != u64::MAX {
            CLOCK.set(CLOCK.get() + left.div_ceil(PART));
        }
        give_way();
    }
}

fn after(time: Duration) -> u64 {
    CLOCK.get().saturating_add(time.as_nanos() as u64)
}

/// Nanoseconds of the model's clock.
pub fn now_ns() -> u64 {
    CLOCK.set(CLOCK.get() + LOOK_NS);
    CLOCK.get()
}

/// As `std::sync::atomic`.
pub mod atomic {
    use super::step;
    use std::sync::atomic as real;
    pub use std::sync::atomic::Ordering;

    /// A step; the model has no weaker order.
    pub fn fence(order: Ordering) {
        step();
        real::fence(order);
    }

    macro_rules! atomics {
        ($($name:ident($($param:ident)?) $value:ty;)*) => {$(
            /// As std's.
            #[derive(Default, Debug)]
            #[repr(transparent)]
            pub struct $name$(<$param>)?(real::$name$(<$param>)?);

            impl$(<$param>)? $name$(<$param>)? {
                #[doc = "As std's."]
                pub const fn new(value: $value) -> Self {
                    Self(real::$name::new(value))
                }
                #[doc = "As std's."]
                pub fn load(&self, order: Ordering) -> $value {
                    step();
                    self.0.load(order)
                }
                #[doc = "As std's."]
                pub fn store(&self, value: $value, order: Ordering) {
                    step();
                    self.0.store(value, order)
                }
                #[doc = "As std's."]
                pub fn swap(&self, value: $value, order: Ordering) -> $value {
                    step();
                    self.0.swap(value, order)
                }
                #[doc = "As std's."]
                pub fn compare_exchange(&self, old: $value, new: $value, done: Ordering, not: Ordering) -> Result<$value, $value> {
                    step();
                    self.0.compare_exchange(old, new, done, not)
                }
                #[doc = "As std's; never fails without reason."]
                pub fn compare_exchange_weak(&self, old: $value, new: $value, done: Ordering, not: Ordering) -> Result<$value, $value> {
                    self.compare_exchange(old, new, done, not)
                }
                #[doc = "As std's; never tries twice."]
                pub fn fetch_update(&self, set: Ordering, fetch: Ordering, f: impl FnMut($value) -> Option<$value>) -> Result<$value, $value> {
                    step();
                    self.0.fetch_update(set, fetch, f)
                }
                #[doc = "As std's."]
                pub fn get_mut(&mut self) -> &mut $value {
                    self.0.get_mut()
                }
                #[doc = "As std's."]
                pub const fn as_ptr(&self) -> *mut $value {
                    self.0.as_ptr()
                }
                #[doc = "As std's."]
                /// # Safety
                /// As std's.
                pub const unsafe fn from_ptr<'a>(at: *mut $value) -> &'a Self {
                    // SAFETY: the layout is that of the value; the rest says the caller.
                    unsafe { &*(at as *const Self) }
                }
            }
        )*};
    }
    atomics! {
        AtomicBool() bool;
        AtomicU8() u8;
        AtomicU16() u16;
        AtomicU32() u32;
        AtomicI32() i32;
        AtomicU64() u64;
        AtomicI64() i64;
        AtomicUsize() usize;
        AtomicPtr(T) *mut T;
    }

    macro_rules! fetches {
        ($($name:ident $value:ty: $($method:ident)*;)*) => {$(
            impl $name {$(
                #[doc = "As std's."]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    step();
                    self.0.$method(value, order)
                }
            )*}
        )*};
    }
    fetches! {
        AtomicBool bool: fetch_and fetch_or;
        AtomicU8 u8: fetch_and fetch_or fetch_add fetch_sub;
        AtomicU16 u16: fetch_and fetch_or fetch_add fetch_sub;
        AtomicU32 u32: fetch_and fetch_or fetch_add fetch_sub fetch_max;
        AtomicU64 u64: fetch_and fetch_or fetch_add fetch_sub fetch_max;
        AtomicI64 i64: fetch_and fetch_or fetch_add fetch_sub fetch_max;
        AtomicUsize usize: fetch_and fetch_or fetch_add fetch_sub fetch_max;
    }
}

/// As `std::hint`.
pub mod hint {
    /// Gives way: a thread that spins waits for others.
    pub fn spin_loop() {
        super::give_way();
    }
}

/// As `parking_lot::Mutex`.
#[derive(Default)]
pub struct Mutex<T> {
    locked: atomic::AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is touched only under the lock.
unsafe impl<T: Send> Sync for Mutex<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Mutex<T> {}

impl<T> Mutex<T> {
    /// As parking_lot's.
    pub const fn new(value: T) -> Mutex<T> {
        Mutex { locked: atomic::AtomicBool::new(false), value: UnsafeCell::new(value) }
    }
    /// As parking_lot's.
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.take();
        MutexGuard { mutex: self }
    }
    /// As parking_lot's.
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        (!self.locked.swap(true, SeqCst)).then_some(MutexGuard { mutex: self })
    }
    fn take(&self) {
        while self.locked.swap(true, SeqCst) {
            if INSIDE.get() {
                give_way();
            } else {
                std::thread::yield_now();
            }
        }
    }
    fn release(&self) {
        self.locked.store(false, SeqCst);
    }
}

/// As `parking_lot::MutexGuard`.
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
}

impl<T> MutexGuard<'_, T> {
    /// As parking_lot's.
    pub fn unlocked<U>(guard: &mut Self, f: impl FnOnce() -> U) -> U {
        guard.mutex.release();
        let out = f();
        guard.mutex.take();
        out
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.mutex.release();
    }
}

/// One flag for each who waits.
type Waiting = Arc<std::sync::atomic::AtomicBool>;

/// As `parking_lot::Condvar`.
#[derive(Default)]
pub struct Condvar {
    waiting: std::sync::Mutex<VecDeque<Waiting>>,
}

impl Condvar {
    /// As parking_lot's.
    pub const fn new() -> Condvar {
        Condvar { waiting: std::sync::Mutex::new(VecDeque::new()) }
    }
    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(|e| e.into_inner())
    }
    fn wait_to<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: u64) {
        let own = Waiting::default();
        self.queue().push_back(own.clone());
        MutexGuard::unlocked(guard, || wait_until(deadline, || own.load(SeqCst)));
        self.queue().retain(|w| !Arc::ptr_eq(w, &own));
    }
    /// As parking_lot's.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.wait_to(guard, u64::MAX);
    }
    /// As parking_lot's, by the model's clock.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, time: Duration) {
        self.wait_to(guard, after(time));
    }
    /// As parking_lot's.
    pub fn notify_one(&self) {
        step();
        if let Some(first) = self.queue().pop_front() {
            first.store(true, SeqCst);
        }
    }
    /// As parking_lot's.
    pub fn notify_all(&self) {
        step();
        for all in self.queue().drain(..) {
            all.store(true, SeqCst);
        }
    }
}

/// As `std::thread`.
pub mod thread {
    use super::{Duration, Waiting, after, give_way, step, wait_until};
    pub use shuttle::thread::JoinHandle;
    use std::sync::atomic::Ordering::*;
    pub use std::thread::{available_parallelism, panicking};

    shuttle::thread_local! {
        static CURRENT: Thread = Thread(Waiting::default());
    }

    /// As std's.
    #[derive(Clone)]
    pub struct Thread(Waiting);

    impl Thread {
        /// As std's.
        pub fn unpark(&self) {
            step();
            self.0.store(true, SeqCst);
        }
    }

    /// As std's.
    pub fn current() -> Thread {
        CURRENT.with(Clone::clone)
    }
    /// As std's.
    pub fn park() {
        park_to(u64::MAX);
    }
    /// As std's, by the model's clock.
    pub fn park_timeout(time: Duration) {
        park_to(after(time));
    }
    fn park_to(deadline: u64) {
        let Thread(token) = current();
        wait_until(deadline, || token.swap(false, SeqCst));
    }
    /// As std's.
    pub fn yield_now() {
        give_way();
    }
    /// As std's, by the model's clock.
    pub fn sleep(time: Duration) {
        wait_until(after(time), || false);
    }

    /// As std's; names and stacks are shuttle's.
    #[derive(Default)]
    pub struct Builder;

    impl Builder {
        /// As std's.
        pub fn new() -> Builder {
            Builder
        }
        /// Ignored.
        pub fn name(self, _: String) -> Builder {
            self
        }
        /// Ignored: shuttle has one size for all.
        pub fn stack_size(self, _: usize) -> Builder {
            self
        }
        /// As std's; never fails.
        pub fn spawn<T: Send + 'static>(
            self,
            f: impl FnOnce() -> T + Send + 'static,
        ) -> std::io::Result<JoinHandle<T>> {
            Ok(shuttle::thread::spawn(f))
        }
    }
}

//! loom's atomics and locks under the names and in the form of `gol_runtime::sync`: files of the runtime that use only those are
//! compiled into a model as they are.
//!
//! Faults for all of it can be planted: [`WEAKEN`] makes every atomic operation relaxed, [`DEAF`] loses every notification.
use std::ops::{Deref, DerefMut};
use std::sync::atomic::AtomicBool as Switch;
use std::time::Duration;

/// Every order is relaxed.
pub static WEAKEN: Switch = Switch::new(false);
/// Nobody is told of anything.
pub static DEAF: Switch = Switch::new(false);

fn is_on(fault: &Switch) -> bool {
    fault.load(std::sync::atomic::Ordering::Relaxed)
}

pub mod atomic {
    pub use loom::sync::atomic::Ordering;

    fn order(wanted: Ordering) -> Ordering {
        if super::is_on(&super::WEAKEN) { Ordering::Relaxed } else { wanted }
    }

    macro_rules! atomics {
        ($($name:ident $value:ty;)*) => {$(
            pub struct $name(loom::sync::atomic::$name);

            impl $name {
                pub fn new(value: $value) -> Self {
                    Self(loom::sync::atomic::$name::new(value))
                }
                pub fn load(&self, by: Ordering) -> $value {
                    self.0.load(order(by))
                }
                pub fn store(&self, value: $value, by: Ordering) {
                    self.0.store(value, order(by))
                }
                pub fn swap(&self, value: $value, by: Ordering) -> $value {
                    self.0.swap(value, order(by))
                }
                pub fn fetch_or(&self, value: $value, by: Ordering) -> $value {
                    self.0.fetch_or(value, order(by))
                }
                pub fn fetch_update(
                    &self,
                    set: Ordering,
                    fetch: Ordering,
                    f: impl FnMut($value) -> Option<$value>,
                ) -> Result<$value, $value> {
                    self.0.fetch_update(order(set), order(fetch), f)
                }
            }
        )*};
    }

    atomics! {
        AtomicBool bool;
        AtomicU8 u8;
    }

    pub struct AtomicUsize(loom::sync::atomic::AtomicUsize);

    impl AtomicUsize {
        pub fn new(value: usize) -> Self {
            Self(loom::sync::atomic::AtomicUsize::new(value))
        }
        pub fn load(&self, by: Ordering) -> usize {
            self.0.load(order(by))
        }
        pub fn store(&self, value: usize, by: Ordering) {
            self.0.store(value, order(by))
        }
        pub fn fetch_add(&self, value: usize, by: Ordering) -> usize {
            self.0.fetch_add(value, order(by))
        }
    }
}

pub struct Mutex<T>(loom::sync::Mutex<T>);

/// Empty only while its thread waits for a condition.
pub struct MutexGuard<'a, T>(Option<loom::sync::MutexGuard<'a, T>>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard(Some(self.0.lock().unwrap()))
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_ref().unwrap()
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().unwrap()
    }
}

pub struct Condvar(loom::sync::Condvar);

impl Condvar {
    pub fn new() -> Self {
        Self(loom::sync::Condvar::new())
    }
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        guard.0 = guard.0.take().map(|held| self.0.wait(held).unwrap());
    }
    /// Time is up at any moment: others get their turn, and it goes on.
    pub fn wait_for<T>(&self, _guard: &mut MutexGuard<'_, T>, _time: Duration) {
        loom::thread::yield_now();
    }
    pub fn notify_one(&self) {
        if !is_on(&DEAF) {
            self.0.notify_one();
        }
    }
    pub fn notify_all(&self) {
        if !is_on(&DEAF) {
            self.0.notify_all();
        }
    }
}

//! Objects whose end somebody wants to know of: finalizers, cleanups and weak handles.
//!
//! Invariants: the table is keyed by the addresses of payloads and keeps no object alive. Roots are instead the first word of each
//! watch (what is to be called, or the handle), the *content* of objects with a finalizer, so that everything it needs is there when
//! it runs, and whatever waits in `ready`. So an object that its own content leads to is never found dead.
//! Marks are looked at once a collection, when marking is over and before anything is freed: then a dead object loses its weak
//! handles, and either its finalizer becomes ready and the object lives on, or all its cleanups become ready.
//! A handle is an object without references that holds an address: who takes the address out while a cycle marks has to shade it.
//! Content that is overwritten while a concurrent cycle marks is no exception: the barrier keeps it.

use super::Heap;
use super::collect::Visit;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::collections::{HashMap, VecDeque};

/// What happens when an object has died.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watch {
    /// The object comes back to life as the argument of `call`; `how` is the engine's.
    Finalizer { call: u64, how: u64 },
    /// `call` is called.
    Cleanup { call: u64, id: u64 },
    /// The first word of `handle`, which is `at`, becomes 0.
    Weak { handle: u64, at: u64 },
}

impl Watch {
    /// What the table keeps alive.
    fn root(&self) -> u64 {
        match *self {
            Watch::Finalizer { call, .. } | Watch::Cleanup { call, .. } => call,
            Watch::Weak { handle, .. } => handle,
        }
    }
    fn is_finalizer(&self) -> bool {
        matches!(self, Watch::Finalizer { .. })
    }
}

/// A call that is due. `object` is 0 for a cleanup.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Due {
    pub call: u64,
    pub object: u64,
    pub how: u64,
}

#[derive(Default)]
pub struct Finals {
    /// The table is not empty.
    any: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    watched: HashMap<u64, Vec<Watch>>,
    /// Handles of addresses outside of objects, which never die.
    immortal: HashMap<u64, u64>,
    ready: VecDeque<Due>,
    /// Somebody calls what is ready, one after the other.
    running: bool,
    last_id: u64,
}

impl Finals {
    fn all(&self) -> Option<crate::sync::MutexGuard<'_, Table>> {
        self.any.load(Acquire).then(|| self.table.lock())
    }
}

impl Heap {
    /// Sets the finalizer of the object with this payload; false when it has one.
    pub fn set_finalizer(&self, object: u64, call: u64, how: u64) -> bool {
        let mut table = self.finals.table.lock();
        let watches = table.watched.entry(object).or_default();
        if watches.iter().any(Watch::is_finalizer) {
            return false;
        }
        watches.push(Watch::Finalizer { call, how });
        self.finals.any.store(true, Release);
        true
    }

    pub fn remove_finalizer(&self, object: u64) {
        self.remove_watch(object, &|watch| watch.is_finalizer());
    }

    /// Has `call` called when the object has died; gives a number for [`Heap::remove_cleanup`].
    pub fn add_cleanup(&self, object: u64, call: u64) -> u64 {
        let mut table = self.finals.table.lock();
        table.last_id += 1;
        let id = table.last_id;
        table.watched.entry(object).or_default().push(Watch::Cleanup { call, id });
        self.finals.any.store(true, Release);
        id
    }

    pub fn remove_cleanup(&self, object: u64, id: u64) {
        self.remove_watch(object, &|watch| matches!(watch, Watch::Cleanup { id: of, .. } if *of == id));
    }

    fn remove_watch(&self, object: u64, which: &dyn Fn(&Watch) -> bool) {
        let Some(mut table) = self.finals.all() else { return };
        if let Some(watches) = table.watched.get_mut(&object) {
            watches.retain(|watch| !which(watch));
            if watches.is_empty() {
                table.watched.remove(&object);
            }
        }
    }

    /// The weak handle of an address: `fresh`, which becomes it, unless there is one. A handle's first word is the address until the
    /// object that it lies in has died.
    pub fn weak_handle(&self, at: u64, fresh: u64) -> u64 {
        let object = self.resolve(at).map(|(_, payload)| payload as u64);
        let mut table = self.finals.table.lock();
        let known = match object {
            None => table.immortal.get(&at).copied(),
            Some(object) => table.watched.get(&object).into_iter().flatten().find_map(|watch| match *watch {
                Watch::Weak { handle, at: of } => (of == at).then_some(handle),
                Watch::Finalizer { .. } | Watch::Cleanup { .. } => None,
            }),
        };
        if let Some(handle) = known {
            return handle;
        }
        // SAFETY: a new object of the caller's, with one word at least.
        unsafe { AtomicU64::from_ptr(fresh as *mut u64) }.store(at, Relaxed);
        match object {
            None => _ = table.immortal.insert(at, fresh),
            Some(object) => table.watched.entry(object).or_default().push(Watch::Weak { handle: fresh, at }),
        }
        self.finals.any.store(true, Release);
        fresh
    }

    /// Something is ready and nobody calls it: the caller sees to it that [`Heap::next_due`] is called until it gives nothing.
    pub fn finals_are_due(&self) -> bool {
        let Some(mut table) = self.finals.all() else { return false };
        let due = !table.ready.is_empty() && !table.running;
        table.running |= due;
        due
    }

    /// Nobody could be found who calls: it is due again.
    pub fn finals_wait(&self) {
        self.finals.table.lock().running = false;
    }

    /// The next call; `None`: there is none, and the caller is no longer the one who calls.
    pub fn next_due(&self) -> Option<Due> {
        let mut table = self.finals.table.lock();
        let due = table.ready.pop_front();
        table.running = due.is_some();
        due
    }

    /// Roots of the table. World stopped.
    pub(super) fn final_roots(&self, visit: Visit) {
        let Some(table) = self.finals.all() else { return };
        for (&object, watches) in &table.watched {
            for watch in watches {
                visit(&watch.root(), 1);
            }
            if watches.iter().any(Watch::is_finalizer) {
                self.content(object, visit);
            }
        }
        for handle in table.immortal.values() {
            visit(handle, 1);
        }
        for due in &table.ready {
            visit(&due.call, 1);
            visit(&due.object, 1);
        }
    }

    fn content(&self, object: u64, visit: Visit) {
        let Some((page, _, cell)) = self.pages.locate(object as usize) else { return };
        if !page.noscan() {
            let words = page.cell_bytes() / 8 - 1;
            visit(cell.cast::<u64>().wrapping_add(1), words);
        }
    }

    /// Marking of `epoch` is over: finds the dead. World stopped.
    pub(super) fn find_dead(&self, epoch: u8) {
        let Some(mut table) = self.finals.all() else { return };
        let Table { watched, ready, .. } = &mut *table;
        let dead = |object: u64| match self.pages.locate(object as usize) {
            Some((page, cell, _)) => {
                let mark = self.pages.mark(page.first.load(Relaxed) as usize, cell);
                mark.load(Relaxed) != epoch
            }
            None => true,
        };
        let mut due: Vec<(u64, Vec<Watch>)> = Vec::new();
        watched.retain(|&object, watches| {
            if !dead(object) {
                return true;
            }
            due.push((object, std::mem::take(watches)));
            false
        });
        // In the order of addresses: the table's own is different every time.
        due.sort_by_key(|(object, _)| *object);
        for (object, mut watches) in due {
            watches.retain(|watch| match *watch {
                Watch::Weak { handle, .. } => {
                    // SAFETY: the table has kept the handle alive; nobody runs.
                    unsafe { AtomicU64::from_ptr(handle as *mut u64) }.store(0, Relaxed);
                    false
                }
                Watch::Finalizer { .. } | Watch::Cleanup { .. } => true,
            });
            if let Some(at) = watches.iter().position(Watch::is_finalizer) {
                if let Watch::Finalizer { call, how } = watches.remove(at) {
                    ready.push_back(Due { call, object, how });
                    self.revive(object, epoch);
                }
                if !watches.is_empty() {
                    watched.insert(object, watches);
                }
                continue;
            }
            for watch in watches {
                ready.push_back(Due { call: watch.root(), object: 0, how: 0 });
            }
        }
    }

    /// Marks an object whose content is marked.
    fn revive(&self, object: u64, epoch: u8) {
        if let Some((page, cell, _)) = self.pages.locate(object as usize) {
            let first = page.first.load(Relaxed) as usize;
            self.pages.mark(first, cell).store(epoch, Relaxed);
            self.pages.page(first).live.store(epoch, Relaxed);
        }
    }
}

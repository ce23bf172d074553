//! Loom models of the operations on channels and timers; see `model` for the rules.
mod model;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, Ordering::*};
use loom::sync::{Arc, Mutex};
use loom::thread;
use model::{Note, check};

/// What a model may leave out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Bug {
    None,
    /// A sender makes the receiver runnable before the value lies in its slot.
    WakesFirst,
    /// Closing wakes one of the receivers.
    ClosesForOne,
    /// A select that went on leaves its waiters in the other queues.
    LeavesWaiters,
    /// A select takes no care of who else has won.
    NoWinner,
    /// Stopping a timer does not look at the generation of its slot.
    NoGeneration,
    /// A timer that fires is taken out after its action.
    FiresFirst,
}

/// `chan.rs`: an unbuffered channel. Goroutines are threads with a parking place and one slot; parking is: queued under the
/// lock, then asleep.
mod chan {
    use super::*;

    pub struct Chan {
        pub lock: Mutex<State>,
        slots: Vec<UnsafeCell<usize>>,
        ok: Vec<AtomicU32>,
        notes: Vec<Note>,
    }

    #[derive(Default)]
    pub struct State {
        receivers: Vec<usize>,
        senders: Vec<usize>,
        closed: bool,
    }

    impl Chan {
        fn new(n: usize) -> Chan {
            Chan {
                lock: Mutex::new(State::default()),
                slots: (0..n).map(|_| UnsafeCell::new(0)).collect(),
                ok: (0..n).map(|_| AtomicU32::new(9)).collect(),
                notes: (0..n).map(|_| Note::new()).collect(),
            }
        }
        fn set(&self, g: usize, value: usize) {
            // SAFETY: loom reports a concurrent access.
            self.slots[g].with_mut(|p| unsafe { *p = value });
        }
        fn get(&self, g: usize) -> usize {
            // SAFETY: as above.
            self.slots[g].with(|p| unsafe { *p })
        }
        fn told(&self, g: usize, ok: u32) {
            self.ok[g].store(ok, Relaxed);
            self.notes[g].wake();
        }
        fn send(&self, me: usize, value: usize, bug: Bug) {
            self.set(me, value);
            let mut state = self.lock.lock().unwrap();
            if !state.receivers.is_empty() {
                let g = state.receivers.remove(0);
                if bug == Bug::WakesFirst {
                    drop(state);
                    self.told(g, 1);
                    self.set(g, value);
                    return;
                }
                self.set(g, value);
                drop(state);
                self.told(g, 1);
                return;
            }
            state.senders.push(me);
            drop(state);
            self.notes[me].wait();
        }
        fn recv(&self, me: usize) -> Option<usize> {
            let mut state = self.lock.lock().unwrap();
            if !state.senders.is_empty() {
                let g = state.senders.remove(0);
                let value = self.get(g);
                drop(state);
                self.told(g, 1);
                return Some(value);
            }
            if state.closed {
                return None;
            }
            state.receivers.push(me);
            drop(state);
            self.notes[me].wait();
            (self.ok[me].load(Relaxed) == 1).then(|| self.get(me))
        }
        fn close(&self, bug: Bug) {
            let mut state = self.lock.lock().unwrap();
            state.closed = true;
            let mut woken = std::mem::take(&mut state.receivers);
            drop(state);
            if bug == Bug::ClosesForOne {
                woken.truncate(1);
            }
            for g in woken {
                self.told(g, 0);
            }
        }
    }

    /// One value from one to the other, whoever comes first.
    pub fn hand_over(bug: Bug) {
        check(None, move || {
            let c = Arc::new(Chan::new(2));
            let sender = {
                let c = c.clone();
                thread::spawn(move || c.send(1, 7, bug))
            };
            assert_eq!(c.recv(0), Some(7));
            sender.join().unwrap();
        });
    }

    /// The end, for two receivers that wait or are about to.
    pub fn close(bug: Bug) {
        check(None, move || {
            let c = Arc::new(Chan::new(3));
            let receivers: Vec<_> = [1, 2]
                .map(|me| {
                    let c = c.clone();
                    thread::spawn(move || c.recv(me))
                })
                .into_iter()
                .collect();
            c.close(bug);
            let got: Vec<_> = receivers.into_iter().map(|r| r.join().unwrap()).collect();
            assert_eq!(got, [None, None]);
        });
    }
}

/// `select.rs`: a goroutine selects twice over two channels that a sender each serves once: it gets both values. Losing waiters are taken out
/// before `sel_done` is used again.
mod select {
    use super::*;

    struct Shared {
        /// Per channel: does the select wait here; the values of parked senders.
        queues: [Mutex<(bool, Vec<usize>)>; 2],
        sel_done: AtomicU32,
        won: AtomicU32,
        slot: UnsafeCell<usize>,
        note: Note,
    }

    fn send(s: &Shared, k: usize, bug: Bug) {
        let mut queue = s.queues[k].lock().unwrap();
        if std::mem::take(&mut queue.0)
            && (bug == Bug::NoWinner || s.sel_done.compare_exchange(0, 1, AcqRel, Relaxed).is_ok())
        {
            // SAFETY: loom reports a concurrent access.
            s.slot.with_mut(|p| unsafe { *p = k + 1 });
            s.won.store(k as u32, Relaxed);
            drop(queue);
            s.note.wake();
            return;
        }
        queue.1.push(k + 1);
    }

    fn select(s: &Shared, bug: Bug) -> usize {
        let mut queues = [s.queues[0].lock().unwrap(), s.queues[1].lock().unwrap()];
        for queue in &mut queues {
            if let Some(value) = queue.1.pop() {
                return value;
            }
        }
        s.sel_done.store(0, Relaxed);
        for queue in &mut queues {
            assert!(!queue.0, "the waiter is still in the queue");
            queue.0 = true;
        }
        drop(queues);
        s.note.wait();
        let loser = 1 - s.won.load(Relaxed) as usize;
        if bug != Bug::LeavesWaiters {
            s.queues[loser].lock().unwrap().0 = false;
        }
        // SAFETY: as above.
        s.slot.with(|p| unsafe { *p })
    }

    pub fn twice(bug: Bug) {
        check(Some(3), move || {
            let s = Arc::new(Shared {
                queues: [Mutex::new((false, Vec::new())), Mutex::new((false, Vec::new()))],
                sel_done: AtomicU32::new(0),
                won: AtomicU32::new(0),
                slot: UnsafeCell::new(0),
                note: Note::new(),
            });
            let senders: Vec<_> = [0, 1]
                .map(|k| {
                    let s = s.clone();
                    thread::spawn(move || send(&s, k, bug))
                })
                .into_iter()
                .collect();
            let first = select(&s, bug);
            // The frame is used for something else in between: nobody may write to it now.
            // SAFETY: as above.
            s.slot.with_mut(|p| unsafe { *p = 0 });
            let second = select(&s, bug);
            for sender in senders {
                sender.join().unwrap();
            }
            assert_eq!(first + second, 3, "{first} and {second}");
        });
    }
}

/// `timer.rs`: a timer is stopped while it fires and its slot is given to the next one.
mod timer {
    use super::*;

    #[derive(Default)]
    struct State {
        generation: u32,
        live: bool,
    }

    pub fn stop_against_fire(bug: Bug) {
        check(None, move || {
            let state = Arc::new(Mutex::new(State { generation: 1, live: true }));
            let fired = Arc::new(AtomicU32::new(0));
            let owner = {
                let (state, fired) = (state.clone(), fired.clone());
                thread::spawn(move || {
                    if bug == Bug::FiresFirst {
                        let due = state.lock().unwrap().live;
                        if due {
                            fired.fetch_add(1, AcqRel);
                            let mut state = state.lock().unwrap();
                            state.live = false;
                            state.generation += 1;
                        }
                    } else {
                        let due = {
                            let mut state = state.lock().unwrap();
                            let due = std::mem::take(&mut state.live);
                            state.generation += due as u32;
                            due
                        };
                        if due {
                            fired.fetch_add(1, AcqRel);
                        }
                    }
                    // The next timer gets the slot.
                    let mut state = state.lock().unwrap();
                    if !state.live {
                        state.live = true;
                    }
                })
            };
            let stopped = {
                let mut state = state.lock().unwrap();
                let live = state.live && (bug == Bug::NoGeneration || state.generation == 1);
                if live {
                    state.live = false;
                    state.generation += 1;
                }
                live
            };
            owner.join().unwrap();
            assert_eq!(fired.load(Acquire) + stopped as u32, 1, "fired or stopped, not both");
            assert!(state.lock().unwrap().live, "the next timer was stopped");
        });
    }
}

#[test]
fn channel_hands_over() {
    chan::hand_over(Bug::None);
}
#[test]
fn channel_closes_for_all() {
    chan::close(Bug::None);
}
#[test]
fn select_gets_both() {
    select::twice(Bug::None);
}
#[test]
fn timer_fires_or_is_stopped() {
    timer::stop_against_fire(Bug::None);
}

/// The models that must fail, each in a process of its own.
const SEEDED: &[(&str, fn())] = &[
    ("channel: wakes first", || chan::hand_over(Bug::WakesFirst)),
    ("channel: closes for one", || chan::close(Bug::ClosesForOne)),
    ("select: leaves waiters", || select::twice(Bug::LeavesWaiters)),
    ("select: no winner", || select::twice(Bug::NoWinner)),
    ("timer: no generation", || timer::stop_against_fire(Bug::NoGeneration)),
    ("timer: fires first", || timer::stop_against_fire(Bug::FiresFirst)),
];

#[test]
fn seeded_child() {
    model::seeded_child(SEEDED);
}

#[test]
fn seeded_bugs_are_found() {
    model::seeded_bugs_are_found(SEEDED);
}

//! Who waits for what, and who could end the wait: the facts of deadlock and leak reports. *(unsafe)*
//!
//! Invariants: nothing runs meanwhile (all are parked, or the world is stopped). "Refers to" is found conservatively: from a
//! goroutine's own slots over at most [`WALK_MAX`] objects, and from the package variables that its functions (and what they call
//! by name) mention. So a goroutine may be listed that would never have come to it; one that is not listed could not, unless
//! [`Facts::cut`] says that a walk was cut short.
use crate::code::{Handler, Pc, Unit};
use crate::frames::{FuncInfo, Walk};
use crate::handlers::{call, handler_of};
use crate::load;
use crate::vm::Shared;
use gol_bytecode::Op;
use gol_runtime::heap::{Heap, Reach};
use gol_runtime::{Chan, G, WaitReason, ops};
use rustc_hash::{FxHashMap, FxHashSet};

/// Objects that are walked from one goroutine's slots, or from one package variable.
const WALK_MAX: usize = 256;

/// How a goroutine waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Way {
    Receive,
    Send,
    Lock,
    ReadLock,
    WriteLock,
    Group,
    Cond,
    Semaphore,
}

/// One thing that a goroutine waits for; a select has several.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wait {
    pub way: Way,
    /// The channel's or word's address.
    pub object: u64,
}

/// A goroutine and what it waits for: nothing when it does not, or nothing can end it.
pub(crate) struct Blocked {
    pub g: *const G,
    pub waits: Vec<Wait>,
}

/// A parked goroutine that only other goroutines can wake. Who sleeps or waits for the system is not.
pub(crate) fn needs_others(g: &G) -> bool {
    match g.wait_reason() {
        WaitReason::None | WaitReason::Sleep | WaitReason::GarbageCollection | WaitReason::IoWait => false,
        WaitReason::ChanReceive
        | WaitReason::ChanSend
        | WaitReason::ChanReceiveNil
        | WaitReason::ChanSendNil
        | WaitReason::Select
        | WaitReason::SelectNoCases
        | WaitReason::MutexLock
        | WaitReason::WaitGroupWait
        | WaitReason::CondWait
        | WaitReason::Semacquire
        | WaitReason::RwMutexRLock
        | WaitReason::RwMutexLock => true,
    }
}

/// What the goroutine waits for.
///
/// # Safety
/// It does not run meanwhile.
pub(crate) unsafe fn waits(g: *const G) -> Vec<Wait> {
    // SAFETY: the caller's.
    let g = unsafe { &*g };
    let one = |way| vec![Wait { way, object: g.wait_object() as u64 }];
    match g.wait_reason() {
        WaitReason::ChanReceive => one(Way::Receive),
        WaitReason::ChanSend => one(Way::Send),
        WaitReason::MutexLock => one(Way::Lock),
        WaitReason::RwMutexRLock => one(Way::ReadLock),
        WaitReason::RwMutexLock => one(Way::WriteLock),
        WaitReason::WaitGroupWait => one(Way::Group),
        WaitReason::CondWait => one(Way::Cond),
        WaitReason::Semacquire => one(Way::Semaphore),
        // SAFETY: parked in a select.
        WaitReason::Select => unsafe { select_waits(g) },
        WaitReason::None
        | WaitReason::Sleep
        | WaitReason::GarbageCollection
        | WaitReason::IoWait
        | WaitReason::ChanReceiveNil
        | WaitReason::ChanSendNil
        | WaitReason::SelectNoCases => Vec::new(),
    }
}

/// The cases of the select that the goroutine is parked in.
unsafe fn select_waits(g: &G) -> Vec<Wait> {
    // SAFETY: a parked select has saved the pc of its second half, behind a data unit for each case (`handlers::chan`).
    unsafe {
        let pc = g.pc as Pc;
        let (first, n) = ((*pc).a as usize, (*pc).c as usize);
        let channels = g.stack.add(g.base as usize + first);
        let data = pc.sub(n);
        let case = |k: usize| Wait {
            way: if (*data.add(k)).a == 1 { Way::Send } else { Way::Receive },
            object: *channels.add(k),
        };
        (0..n).map(case).filter(|w| w.object != 0).collect()
    }
}

/// The goroutine that holds the lock which is waited for, if it is known.
///
/// # Safety
/// The object is alive.
pub(crate) unsafe fn holder(wait: Wait) -> Option<u64> {
    // Of package sync's RWMutex: {mutex of the writers, their semaphore, the readers' semaphore}.
    const MUTEX_BEFORE_READERS: u64 = 2 * 8;
    let word = match wait.way {
        Way::Lock => wait.object,
        Way::ReadLock => wait.object - MUTEX_BEFORE_READERS,
        Way::Receive | Way::Send | Way::WriteLock | Way::Group | Way::Cond | Way::Semaphore => return None,
    };
    // SAFETY: the caller's.
    ops::mutex_holder(unsafe { *(word as *const u64) })
}

/// The place where a channel was made.
///
/// # Safety
/// A live channel.
pub(crate) unsafe fn made_at(shared: &Shared, chan: u64) -> Option<Pc> {
    // SAFETY: the caller's.
    shared.pc_of(unsafe { ops::chan_place(chan as *const Chan) })
}

/// Goroutines by index, ascending.
#[derive(Clone, Default)]
pub(crate) struct Wakers {
    /// At most [`WAKERS_MAX`] of them.
    pub first: Vec<usize>,
    pub count: usize,
}

/// Wakers of one wait that are looked at; of more only their number is told.
const WAKERS_MAX: usize = 64;

impl Wakers {
    fn add(&mut self, k: usize) {
        self.count += 1;
        if self.first.len() < WAKERS_MAX {
            self.first.push(k);
        }
    }
}

/// All facts about a set of goroutines.
pub(crate) struct Facts {
    pub blocked: Vec<Blocked>,
    by_id: FxHashMap<u64, usize>,
    /// By object and way: who refers to the object and does not itself wait for it in this way.
    others: FxHashMap<(u64, Way), Wakers>,
    /// By object and way: how many wait.
    waiting: FxHashMap<(u64, Way), usize>,
    pub cut: bool,
}

impl Facts {
    /// # Safety
    /// None of them runs meanwhile.
    pub unsafe fn gather(shared: &Shared, heap: &Heap, goroutines: &[*const G]) -> Facts {
        let mut facts = Facts {
            blocked: Vec::with_capacity(goroutines.len()),
            by_id: FxHashMap::default(),
            others: FxHashMap::default(),
            waiting: FxHashMap::default(),
            cut: false,
        };
        for (k, &g) in goroutines.iter().enumerate() {
            // SAFETY: the caller's.
            let (id, waits) = unsafe { ((*g).id, waits(g)) };
            facts.by_id.insert(id, k);
            for w in &waits {
                *facts.waiting.entry((w.object, w.way)).or_default() += 1;
            }
            facts.blocked.push(Blocked { g, waits });
        }
        // SAFETY: the caller's.
        unsafe { facts.find_referrers(shared, heap) };
        facts
    }

    unsafe fn find_referrers(&mut self, shared: &Shared, heap: &Heap) {
        let mut objects: Vec<u64> = self.waiting.keys().map(|k| k.0).collect();
        objects.sort_unstable();
        objects.dedup();
        // What is waited for, by the heap object that it lies in.
        let mut inside: FxHashMap<usize, Vec<u64>> = FxHashMap::default();
        for &o in &objects {
            if let Some((_, payload)) = heap.resolve(o) {
                inside.entry(payload as usize).or_default().push(o);
            }
        }
        let mut cut = false;
        let mut walk = |roots: &[u64]| {
            let mut found = Vec::new();
            let mut reach = Reach::new(heap);
            let mut fresh = |payload| found.extend(inside.get(&payload).into_iter().flatten().copied());
            for &word in roots {
                reach.root(word, &mut fresh);
            }
            // SAFETY: nothing runs.
            cut |= !unsafe { reach.follow(WALK_MAX, &mut fresh) };
            found
        };
        let globals = Globals::new(shared, &objects, &mut walk);
        let mut mentions = Mentions { shared, globals: &globals, known: FxHashMap::default() };
        let ways = self.ways_of_objects();
        let mut others: FxHashMap<(u64, Way), Wakers> = FxHashMap::default();
        for (k, b) in self.blocked.iter().enumerate() {
            let mut roots = Vec::new();
            // SAFETY: parked, so its slots are saved.
            let mut found = unsafe {
                let mut slots = |at: *const u64, n: usize| roots.extend_from_slice(std::slice::from_raw_parts(at, n));
                gol_runtime::Engine::goroutine_roots(shared, b.g, &mut slots);
                let mut found = walk(&roots);
                found.extend(roots.iter().filter(|w| objects.binary_search(w).is_ok()));
                for frame in Walk::new(&shared.code, &shared.stubs, b.g, (*b.g).pc as Pc, (*b.g).base as usize) {
                    found.extend(mentions.of(frame.func));
                }
                found
            };
            found.sort_unstable();
            found.dedup();
            for object in found {
                for &way in ways.get(&object).into_iter().flatten() {
                    if !b.waits.contains(&Wait { way, object }) {
                        others.entry((object, way)).or_default().add(k);
                    }
                }
            }
        }
        self.others = others;
        self.cut = cut;
    }

    /// In which ways each object is waited for.
    fn ways_of_objects(&self) -> FxHashMap<u64, Vec<Way>> {
        let mut ways: FxHashMap<u64, Vec<Way>> = FxHashMap::default();
        for &(object, way) in self.waiting.keys() {
            ways.entry(object).or_default().push(way);
        }
        ways
    }

    /// The goroutines that could end this wait: the holder of a lock, or else who refers to the
    /// object and does not itself wait for it in the same way.
    pub fn wakers(&self, wait: Wait) -> Wakers {
        // SAFETY: a parked goroutine keeps alive what it waits for.
        if let Some(id) = unsafe { holder(wait) } {
            let mut wakers = Wakers::default();
            self.by_id.get(&id).into_iter().for_each(|&k| wakers.add(k));
            return wakers;
        }
        self.others.get(&(wait.object, wait.way)).cloned().unwrap_or_default()
    }

    /// How many wait for the same in the same way.
    pub fn as_many(&self, wait: Wait) -> usize {
        self.waiting.get(&(wait.object, wait.way)).copied().unwrap_or(0)
    }

    /// A shortest circle of goroutines each of which waits for the next, with the wait; empty when there is none.
    pub fn cycle(&self) -> Vec<(usize, Wait)> {
        /// Goroutines from which one is looked for.
        const STARTS: usize = 500;
        let mut best: Vec<(usize, Wait)> = Vec::new();
        for start in 0..self.blocked.len().min(STARTS) {
            if let Some(found) = self.cycle_from(start)
                && (best.is_empty() || found.len() < best.len())
            {
                best = found;
            }
        }
        best
    }

    /// Breadth first, so the first way back to `start` is a shortest one.
    fn cycle_from(&self, start: usize) -> Option<Vec<(usize, Wait)>> {
        /// Goroutines that are visited.
        const VISITS: usize = 2000;
        let mut came: FxHashMap<usize, (usize, Wait)> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(k) = queue.pop_front() {
            for &wait in &self.blocked[k].waits {
                for next in self.wakers(wait).first {
                    if next == start {
                        let mut path = vec![(k, wait)];
                        while path[path.len() - 1].0 != start {
                            path.push(came[&path[path.len() - 1].0]);
                        }
                        path.reverse();
                        return Some(path);
                    }
                    if came.len() < VISITS && !came.contains_key(&next) {
                        came.insert(next, (k, wait));
                        queue.push_back(next);
                    }
                }
            }
        }
        None
    }
}

/// Which package variables lead to what is waited for.
struct Globals {
    /// {first word, words behind the last, objects}, ascending.
    leading: Vec<(u32, u32, Vec<u64>)>,
}

impl Globals {
    fn new(shared: &Shared, objects: &[u64], walk: &mut dyn FnMut(&[u64]) -> Vec<u64>) -> Globals {
        let base = shared.globals.base() as u64;
        let mut leading = Vec::new();
        for name in shared.global_names().iter() {
            let (from, to) = (name.first as usize, (name.first + name.words) as usize);
            if to > shared.globals.len() {
                continue;
            }
            // SAFETY: words of the global area.
            let words = unsafe { std::slice::from_raw_parts(shared.globals.base().add(from), to - from) };
            let mut found = walk(words);
            let addresses = base + 8 * from as u64..base + 8 * to as u64;
            found.extend(objects.iter().filter(|o| addresses.contains(o)));
            if !found.is_empty() {
                leading.push((from as u32, to as u32, found));
            }
        }
        Globals { leading }
    }
    fn of(&self, word: u32) -> &[u64] {
        let k = self.leading.partition_point(|l| l.1 <= word);
        self.leading.get(k).filter(|l| l.0 <= word).map_or(&[], |l| &l.2)
    }
}

/// Which objects a function leads to by the package variables that it, or what it calls by name, mentions.
struct Mentions<'a> {
    shared: &'a Shared,
    globals: &'a Globals,
    known: FxHashMap<usize, Vec<u64>>,
}

impl Mentions<'_> {
    fn of(&mut self, func: &'static FuncInfo) -> Vec<u64> {
        if self.globals.leading.is_empty() {
            return Vec::new();
        }
        let key = func.code as usize;
        if let Some(found) = self.known.get(&key) {
            return found.clone();
        }
        let mut found = FxHashSet::default();
        let mut seen = FxHashSet::from_iter([key]);
        let mut todo = vec![func];
        while let Some(f) = todo.pop() {
            if load::ask(self.shared, &self.shared.runtime().heap, f).is_err() {
                continue;
            }
            // SAFETY: loaded code lies in `len` units from `code` on; those behind its end are zero.
            let units = unsafe { std::slice::from_raw_parts(f.code, f.len) };
            for (k, unit) in units.iter().enumerate() {
                if let Some(word) = mentioned(unit) {
                    found.extend(self.globals.of(word));
                }
                let callee = self.callee(unit, units.get(k + 1));
                if let Some(callee) = callee.and_then(|pc| self.shared.code.find(pc))
                    && seen.insert(callee.code as usize)
                {
                    todo.push(callee);
                }
            }
        }
        let found: Vec<u64> = found.into_iter().collect();
        self.known.insert(key, found.clone());
        found
    }
    /// The function that an instruction names.
    fn callee(&self, unit: &Unit, data: Option<&Unit>) -> Option<Pc> {
        let is = |op| unit.h == handler_of(op);
        let shortcuts = [call::CallLock as Handler, call::CallUnlock as Handler];
        let calls = is(Op::Call) || is(Op::CallMov) || shortcuts.iter().any(|&s| unit.h == s as usize);
        if calls || is(Op::MkClosure) {
            return data.map(|d| d.h as Pc);
        }
        is(Op::Go).then(|| self.shared.code_of(unit.cd()))
    }
}

/// The global word that an instruction names.
fn mentioned(unit: &Unit) -> Option<u32> {
    let ops = [Op::LdG, Op::StG, Op::LdGN, Op::StGN, Op::LdGSl, Op::LeaG];
    let elements = [Op::LdGIdxW, Op::LdGIdxU8, Op::StGIdxW, Op::StGIdx8, Op::JnzGIdx8, Op::JzGIdx8];
    let is = |op| unit.h == handler_of(op) || crate::handlers::shared::alone(op).is_some_and(|h| unit.h == h as usize);
    ops.into_iter().chain(elements).any(is).then(|| unit.cd())
}

/// The goroutines (by index into `goroutines`) that can never go on: only others could wake them, and none that can still run
/// reaches what they wait for. `running` tells whether somebody else can still run gol code (the prompt's next line).
///
/// # Safety
/// The world is stopped.
pub(crate) unsafe fn leaked(
    shared: &Shared,
    heap: &Heap,
    goroutines: &[*const G],
    timer_roots: &[u64],
    running: bool,
) -> Vec<usize> {
    let mut reach = Reach::new(heap);
    // By payload of the object that holds it: who waits for something in there.
    let mut inside: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    let mut in_globals = Vec::new();
    let mut alive: Vec<usize> = Vec::new();
    let mut lives = vec![false; goroutines.len()];
    for (k, &g) in goroutines.iter().enumerate() {
        // SAFETY: the caller's.
        let (needs, waits) = unsafe { (needs_others(&*g), waits(g)) };
        if !needs {
            alive.push(k);
        }
        for w in waits {
            match heap.resolve(w.object) {
                Some((_, payload)) => inside.entry(payload as usize).or_default().push(k),
                None => in_globals.push(k),
            }
        }
    }
    let mut reached: Vec<usize> = Vec::new();
    let mut fresh = |payload| reached.push(payload);
    for &word in timer_roots {
        reach.root(word, &mut fresh);
    }
    // SAFETY: the caller's.
    unsafe { reach.follow(usize::MAX, &mut fresh) };
    let mut globals_seen = false;
    loop {
        for payload in std::mem::take(&mut reached) {
            alive.extend(inside.get(&payload).into_iter().flatten());
        }
        alive.retain(|&k| !std::mem::replace(&mut lives[k], true));
        let globals = !globals_seen && (!alive.is_empty() || running || !timer_roots.is_empty());
        globals_seen |= globals;
        if alive.is_empty() && !globals {
            break;
        }
        let mut fresh = |payload| reached.push(payload);
        let mut take = |at: *const u64, n: usize| {
            for i in 0..n {
                // SAFETY: ranges that can be read.
                reach.root(unsafe { *at.add(i) }, &mut fresh);
            }
        };
        for k in std::mem::take(&mut alive) {
            // SAFETY: the world is stopped.
            unsafe {
                take((&raw const (*goroutines[k]).roots) as *const u64, 2);
                gol_runtime::Engine::goroutine_roots(shared, goroutines[k], &mut take);
            }
        }
        if globals {
            take(shared.globals.base(), shared.globals.len());
            alive.extend(&in_globals);
        }
        // SAFETY: the caller's.
        unsafe { reach.follow(usize::MAX, &mut |payload| reached.push(payload)) };
    }
    (0..goroutines.len()).filter(|&k| !lives[k]).collect()
}

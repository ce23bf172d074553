//! Texts about goroutines that wait: the deadlock report, the leaks, the dump of all goroutines. *(unsafe)*
//!
//! First comes what Go prints, word for word; what Go does not say stands behind it: what each goroutine waits for, where that was made,
//! who could have ended the wait, and the circle. Many goroutines that wait at one place in the same way are told once.
use crate::blocked::{self, Facts, Wait, Way};
use crate::code::Pc;
use crate::frames::Walk;
use crate::trace::{FrameInfo, GoroutineInfo};
use crate::vm::Shared;
use gol_runtime::heap::Heap;
use gol_runtime::{Chan, G, GState, WaitReason, ops};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// More goroutines of one shape than this are told once.
const ALIKE_MAX: usize = 8;
/// Waits that are explained.
const EXPLAINED: usize = 16;
/// Goroutines that one line names.
const NAMED: usize = 4;
/// Sources of the library are called so.
const LIBRARY: &str = "std/";

/// Goroutines that can never go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// One for each shape when there are many, oldest first.
    pub goroutines: Vec<GoroutineInfo>,
    /// What is printed.
    pub text: String,
}

/// Indices of goroutines that are told as one, oldest first.
type Alike = Vec<usize>;

impl Shared {
    /// Nothing can run any more.
    ///
    /// # Safety
    /// All of them are parked, and nothing runs.
    pub(crate) unsafe fn deadlock_report(&self, heap: &Heap, all: &[*const G]) -> Report {
        // SAFETY: the caller's.
        unsafe {
            // A main goroutine that called runtime.Goexit has no frames left.
            let waiting: Vec<*const G> = all.iter().copied().filter(|&g| !self.is_over(g)).collect();
            if waiting.is_empty() && !all.is_empty() {
                let text = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n".into();
                return Report { goroutines: Vec::new(), text };
            }
            let mut text = String::from("fatal error: all goroutines are asleep - deadlock!\n");
            let groups = self.groups(&waiting);
            let goroutines = self.print_groups(&mut text, &waiting, &groups, 0, &|_| false);
            let facts = Facts::gather(self, heap, &waiting);
            Story { shared: self, heap, facts: &facts, letters: FxHashMap::default() }.tell(&mut text, &groups);
            Report { goroutines, text }
        }
    }
    /// Goroutines (indices into `all`) that can never go on, though others can; empty without any.
    ///
    /// # Safety
    /// The world is stopped.
    pub(crate) unsafe fn leak_report(&self, heap: &Heap, all: &[*const G], leaked: &[usize]) -> String {
        if leaked.is_empty() {
            return String::new();
        }
        let lost: Vec<*const G> = leaked.iter().map(|&k| all[k]).collect();
        let many = if lost.len() == 1 { "goroutine".into() } else { format!("{} goroutines", lost.len()) };
        let mut text = format!("leaked: {many} that nothing can wake any more\n");
        // SAFETY: the caller's.
        unsafe {
            let groups = self.groups(&lost);
            self.print_groups(&mut text, &lost, &groups, 0, &|_| true);
            let facts = Facts::gather(self, heap, &lost);
            Story { shared: self, heap, facts: &facts, letters: FxHashMap::default() }.waits(&mut text, &groups);
        }
        text
    }
    /// What the dump or the leaks say, from a thread that has no P.
    fn inspected(&self, running: bool, text: impl FnOnce(&[*const G], &[usize]) -> String) -> String {
        let heap = &self.runtime().heap;
        let seen = self.runtime().inspect(|world| {
            let all = world.goroutines();
            let mut roots = Vec::new();
            world.timer_roots(&mut |at, n| {
                // SAFETY: ranges that can be read.
                roots.extend_from_slice(unsafe { std::slice::from_raw_parts(at, n) });
            });
            // SAFETY: the world is stopped.
            let leaked = unsafe { blocked::leaked(self, heap, &all, &roots, running) };
            text(&all, &leaked)
        });
        seen.unwrap_or_default()
    }
    /// All goroutines, from a thread that has no P. `own` is the one that asks, or 0.
    pub(crate) fn dump_text(&self, own: u64) -> String {
        // SAFETY: the world is stopped.
        self.inspected(own == 0, |all, leaked| unsafe { self.dump(all, leaked, own) })
    }
    /// The goroutines that can never go on, when the program's own code is over.
    pub(crate) fn leak_text(&self) -> String {
        // SAFETY: the world is stopped.
        self.inspected(false, |all, leaked| unsafe { self.leak_report(&self.runtime().heap, all, leaked) })
    }
    /// All goroutines, `own` first, as Go's `runtime.Stack` prints them; who can never go on is marked.
    ///
    /// # Safety
    /// The world is stopped.
    pub(crate) unsafe fn dump(&self, all: &[*const G], leaked: &[usize], own: u64) -> String {
        // SAFETY: the caller's.
        unsafe {
            let shown: Vec<usize> = (0..all.len()).filter(|&k| !self.is_over(all[k])).collect();
            let lost: Vec<bool> = shown.iter().map(|k| leaked.binary_search(k).is_ok()).collect();
            let gs: Vec<*const G> = shown.iter().map(|&k| all[k]).collect();
            let mut groups = self.groups(&gs);
            groups.sort_by_key(|group| (*gs[group[0]]).id != own);
            let mut text = String::new();
            self.print_groups(&mut text, &gs, &groups, own, &|k| lost[k]);
            text.trim_start().into()
        }
    }
    unsafe fn is_over(&self, g: *const G) -> bool {
        // SAFETY: the caller's.
        unsafe {
            let mut walk = Walk::new(&self.code, &self.stubs, g, (*g).pc as Pc, (*g).base as usize);
            (*g).state() == GState::Waiting && walk.all(|f| f.func.hidden)
        }
    }
    /// Many of one shape (place, reason, frames, origin) together, else each alone; in the order of their first ones.
    unsafe fn groups(&self, gs: &[*const G]) -> Vec<Alike> {
        let mut by_shape: FxHashMap<(WaitReason, u32, Vec<usize>), Alike> = FxHashMap::default();
        for (k, &g) in gs.iter().enumerate() {
            // SAFETY: the caller's.
            let shape = unsafe {
                let walk = Walk::new(&self.code, &self.stubs, g, (*g).pc as Pc, (*g).base as usize);
                ((*g).wait_reason(), (*g).place, walk.map(|f| f.pc as usize).collect())
            };
            by_shape.entry(shape).or_default().push(k);
        }
        let mut groups: Vec<Alike> = Vec::new();
        for group in by_shape.into_values() {
            if group.len() > ALIKE_MAX {
                groups.push(group);
            } else {
                groups.extend(group.into_iter().map(|k| vec![k]));
            }
        }
        groups.sort_unstable();
        groups
    }
    unsafe fn print_groups(
        &self,
        out: &mut String,
        gs: &[*const G],
        groups: &[Alike],
        own: u64,
        leaked: &dyn Fn(usize) -> bool,
    ) -> Vec<GoroutineInfo> {
        let mut infos = Vec::new();
        for group in groups {
            // SAFETY: the caller's.
            let (info, waited, pinned) = unsafe {
                let g = gs[group[0]];
                (self.describe(g), (*g).waited_ms(self.runtime()), (*g).is_pinned())
            };
            let mark = if leaked(group[0]) { " (leaked)" } else { "" };
            let minutes = match waited / 60_000 {
                0 => String::new(),
                n => format!(", {n} minutes"),
            };
            let thread = if pinned { ", locked to thread" } else { "" };
            let state = if info.id == own { "running" } else { info.reason };
            let _ = write!(out, "\ngoroutine {} [{state}{mark}{minutes}{thread}]:\n", info.id);
            info.print_frames(out, &|pos| self.hooks.position(pos));
            if group.len() > 1 {
                // SAFETY: the caller's.
                let ids: Vec<u64> = group[1..].iter().map(|&k| unsafe { (*gs[k]).id }).collect();
                let _ = writeln!(
                    out,
                    "...and {} goroutines like it: {}",
                    ids.len(),
                    listed(&ids, ids.len(), 2 * NAMED, "")
                );
            }
            infos.push(info);
        }
        infos
    }
}

/// `1, 2 and 3`; of many (`count`) the first `most`, and how many more.
fn listed(ids: &[u64], count: usize, most: usize, what: &str) -> String {
    let names: Vec<String> = ids.iter().take(most).map(u64::to_string).collect();
    match count - names.len() {
        0 => match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{what}{} and {last}", rest.join(", ")),
            Some(_) | None => format!("{what}{}", names.join("")),
        },
        more => format!("{what}{} and {more} more", names.join(", ")),
    }
}

/// Tells the facts.
struct Story<'a> {
    shared: &'a Shared,
    heap: &'a Heap,
    facts: &'a Facts,
    /// What was told already, by its letter.
    letters: FxHashMap<u64, usize>,
}

impl Story<'_> {
    fn tell(&mut self, out: &mut String, groups: &[Alike]) {
        self.waits(out, groups);
        let cycle = self.facts.cycle();
        // Of a goroutine that waits for itself all is said.
        if cycle.len() > 1 {
            self.circle(out, &cycle);
        }
    }

    /// A paragraph for each wait.
    fn waits(&mut self, out: &mut String, groups: &[Alike]) {
        out.push_str("\nwho waits for what:\n");
        for group in groups.iter().take(EXPLAINED) {
            let k = group[0];
            let others = group.len() - 1;
            let and = if others > 0 { format!(" and {others} like it") } else { String::new() };
            let _ = writeln!(out, "  {}{and}", self.who(k));
            let waits = self.facts.blocked[k].waits.clone();
            if waits.is_empty() {
                let _ = writeln!(out, "    {}", self.hopeless(k));
            }
            for wait in waits {
                let _ = writeln!(out, "    waits {}", self.what(wait));
                let _ = writeln!(out, "    {}", self.waker_text(k, wait));
            }
        }
        if groups.len() > EXPLAINED {
            let _ = writeln!(out, "  ...and {} more", groups.len() - EXPLAINED);
        }
    }

    /// `goroutine 5 (main.f, x.gol:7)`: the innermost place that is not in the library.
    fn who(&self, k: usize) -> String {
        let place = self
            .place(k)
            .map_or(String::new(), |f| format!(" ({}, {})", f.function, self.shared.hooks.position(f.pos)));
        format!("goroutine {}{place}", self.id(k))
    }

    fn id(&self, k: usize) -> u64 {
        // SAFETY: a goroutine of the report.
        unsafe { (*self.facts.blocked[k].g).id }
    }

    fn place(&self, k: usize) -> Option<FrameInfo> {
        // SAFETY: parked.
        unsafe {
            let g = self.facts.blocked[k].g;
            let walk = Walk::new(&self.shared.code, &self.shared.stubs, g, (*g).pc as Pc, (*g).base as usize);
            let frames = walk.filter(|f| !f.func.hidden);
            let mut infos = frames.flat_map(|f| {
                (0..=f.func.depth(f.pc)).map(move |up| {
                    let (name, pos) = f.func.place(f.pc, up);
                    FrameInfo { function: name.into(), pos }
                })
            });
            infos.find(|f| !self.shared.hooks.position(f.pos).starts_with(LIBRARY))
        }
    }

    fn hopeless(&self, k: usize) -> &'static str {
        // SAFETY: a goroutine of the report.
        match unsafe { (*self.facts.blocked[k].g).wait_reason() } {
            WaitReason::ChanReceiveNil => "receives from a nil channel: that waits for ever",
            WaitReason::ChanSendNil => "sends to a nil channel: that waits for ever",
            WaitReason::SelectNoCases => "is in a select without cases: that waits for ever",
            WaitReason::Select => "is in a select whose channels are all nil: that waits for ever",
            WaitReason::None
            | WaitReason::ChanReceive
            | WaitReason::ChanSend
            | WaitReason::Sleep
            | WaitReason::MutexLock
            | WaitReason::WaitGroupWait
            | WaitReason::CondWait
            | WaitReason::Semacquire
            | WaitReason::RwMutexRLock
            | WaitReason::RwMutexLock
            | WaitReason::GarbageCollection
            | WaitReason::IoWait => "waits",
        }
    }

    /// `to receive from channel A, made at x.gol:4`.
    fn what(&mut self, wait: Wait) -> String {
        let object = self.object(wait);
        match wait.way {
            Way::Receive => format!("to receive from {object}"),
            Way::Send => format!("to send to {object}"),
            Way::Lock => format!("for {object}"),
            Way::ReadLock => format!("to read under {object}"),
            Way::WriteLock => format!("to write under {object}"),
            Way::Group => {
                // SAFETY: a goroutine waits for the word, so it is alive.
                let left = unsafe { *(wait.object as *const u64) } >> 1;
                let calls = if left == 1 { "call" } else { "calls" };
                format!("for {object}: {left} {calls} of Done missing")
            }
            Way::Cond => format!("for a Signal of {object}"),
            Way::Semaphore => format!("for {object}"),
        }
    }

    /// The object with its letter; where it was made or what it is, when it is told first.
    fn object(&mut self, wait: Wait) -> String {
        let noun = match wait.way {
            Way::Receive | Way::Send => "channel",
            Way::Lock => "mutex",
            Way::ReadLock | Way::WriteLock => "RWMutex",
            Way::Group => "wait group",
            Way::Cond => "condition",
            Way::Semaphore => "semaphore",
        };
        let next = self.letters.len();
        let is_new = !self.letters.contains_key(&wait.object);
        let name = letter(*self.letters.entry(wait.object).or_insert(next));
        if !is_new {
            return format!("{noun} {name}");
        }
        let more = match wait.way {
            Way::Receive | Way::Send => self.channel(wait.object),
            Way::Lock | Way::ReadLock | Way::WriteLock | Way::Group | Way::Cond | Way::Semaphore => {
                self.variable(wait.object)
            }
        };
        format!("{noun} {name}{more}")
    }

    /// `, made at x.gol:4, its buffer of 3 full`.
    fn channel(&self, chan: u64) -> String {
        // SAFETY: a goroutine waits for the channel, so it is alive.
        let (made, len, cap) = unsafe {
            let ch = chan as *const Chan;
            (blocked::made_at(self.shared, chan), ops::chan_len(ch), ops::chan_cap(ch))
        };
        let mut text = String::new();
        if let Some(pc) = made
            && let Some(func) = self.shared.code.find(pc)
        {
            let _ = write!(text, ", made at {}", self.shared.hooks.position(func.place(pc, 0).1));
        }
        if len > 0 {
            let _ = write!(text, ", with {len} of {cap} places full");
        }
        text
    }

    /// Which variable or field the word is.
    fn variable(&self, word: u64) -> String {
        let base = self.shared.globals.base() as u64;
        if word >= base && word < base + 8 * self.shared.globals.len() as u64 {
            let index = ((word - base) / 8) as u32;
            let names = self.shared.global_names();
            let k = names.partition_point(|n| n.first + n.words <= index);
            let Some(name) = names.get(k).filter(|n| n.first <= index) else { return String::new() };
            let place = self.shared.hooks.position(name.pos);
            return format!(", in the variable {}, declared at {place}", name.name);
        }
        let Some((header, payload)) = self.heap.resolve(word) else { return String::new() };
        let types = &self.shared.types;
        if header.desc() < gol_bytecode::desc::FIRST || header.desc() >= types.len() {
            return String::new();
        }
        let ty = &types.get(header.desc()).desc;
        let words = ty.words.max(1) as u64;
        let offset = ((word - payload as u64) / 8 % words) as u32;
        let field = ty.fields.iter().rev().find(|f| f.offset <= offset);
        match field.filter(|f| !f.name.is_empty() && !ty.name.starts_with("sync.")) {
            Some(f) => format!(", field {} of a {}", f.name, ty.name),
            None => format!(", in a variable of type {}", ty.name),
        }
    }

    /// Who could have ended the wait.
    fn waker_text(&self, k: usize, wait: Wait) -> String {
        let wakers = self.facts.wakers(wait);
        // SAFETY: a goroutine waits for it, so it is alive.
        if let Some(id) = unsafe { blocked::holder(wait) } {
            return match wakers.first.first() {
                Some(&w) if w == k => "which it holds itself".into(),
                Some(&w) => format!("which {} holds", self.who(w)),
                None => format!("which goroutine {id} has locked and will not unlock"),
            };
        }
        let act = match wait.way {
            Way::Receive => "send there",
            Way::Send => "receive there",
            Way::Lock | Way::ReadLock | Way::WriteLock => "unlock it",
            Way::Group => "call Done",
            Way::Cond => "signal",
            Way::Semaphore => "release it",
        };
        let alike = self.facts.as_many(wait) - 1;
        let also = match alike {
            0 => String::new(),
            1 => ", and 1 other goroutine waits for the same".into(),
            n => format!(", and {n} other goroutines wait for the same"),
        };
        let readers = match wait.way {
            Way::WriteLock => "; who reads under it is not recorded, it may be itself",
            Way::Receive | Way::Send | Way::Lock | Way::ReadLock | Way::Group | Way::Cond | Way::Semaphore => "",
        };
        let also = also + readers;
        let ids: Vec<u64> = wakers.first.iter().map(|&w| self.id(w)).collect();
        let named = |what| listed(&ids, wakers.count, NAMED, what);
        match wakers.count {
            0 if self.facts.cut => format!("nobody was found who could {act}{also}"),
            0 => format!("nobody else can {act}: no other goroutine refers to it{also}"),
            1 => format!("{} could {act}, but waits itself{also}", named("goroutine ")),
            _ => format!("{} could {act}, but they wait themselves{also}", named("goroutines ")),
        }
    }

    fn circle(&mut self, out: &mut String, cycle: &[(usize, Wait)]) {
        out.push_str("\nthe circle:\n");
        for (i, &(k, wait)) in cycle.iter().enumerate() {
            let arm = if i == 0 { "┌─▶" } else { "├──" };
            let _ = writeln!(out, "  {arm} {}", self.who(k));
            let link = match wait.way {
                Way::Receive => "; who could send there:",
                Way::Send => "; who could receive there:",
                // SAFETY: a goroutine waits for it, so it is alive.
                Way::Lock | Way::ReadLock if unsafe { blocked::holder(wait) }.is_some() => ", held by",
                Way::Lock | Way::ReadLock | Way::WriteLock => "; who could unlock it:",
                Way::Group => "; who could call Done:",
                Way::Cond => "; who could signal:",
                Way::Semaphore => "; who could release it:",
            };
            let _ = writeln!(out, "  │     waits {}{link}", self.what(wait));
        }
        let _ = writeln!(out, "  └── goroutine {}", self.id(cycle[0].0));
    }
}

/// A, B, ... Z, A2, B2, ...
fn letter(k: usize) -> String {
    let round = k / 26;
    let letter = (b'A' + (k % 26) as u8) as char;
    if round == 0 { letter.to_string() } else { format!("{letter}{}", round + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_english() {
        assert_eq!(listed(&[1], 1, 3, "goroutine "), "goroutine 1");
        assert_eq!(listed(&[1, 2, 3], 3, 3, ""), "1, 2 and 3");
        assert_eq!(listed(&[1, 2, 3, 4], 5, 3, ""), "1, 2, 3 and 2 more");
        assert_eq!((letter(0), letter(25), letter(27)), ("A".into(), "Z".into(), "B2".into()));
    }
}

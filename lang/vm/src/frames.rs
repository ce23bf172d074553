//! Loaded functions by code address, and walks over a goroutine's frames. *(unsafe)*
//!
//! Below a frame's base lies its link, the return pc. A frame that the machine itself called (a deferred closure, a callback of a
//! native, a panic value's Error method) has a *stub* as its link, and below the link two more words: the base index of the frame under it,
//! and a pc inside that frame's function. All pcs that are kept are "behind the instruction": it is found at pc - 1.
use crate::code::{Handler, Pc, Unit};
use crate::handlers::call::CallNCPark;
use crate::load::NATIVE_RESULTS;
use gol_bytecode::{FuncId, Inlined, Ins};
use gol_runtime::G;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::sync::{OnceLock, PoisonError, RwLock};

/// Slots between the last slot of a frame and the base of one that the machine called: pc, base index, link.
pub(crate) const MACHINE_WORDS: usize = 3;

/// A loaded function.
#[derive(Debug)]
pub(crate) struct FuncInfo {
    pub name: &'static str,
    pub regs: u16,
    pub hidden: bool,
    pub pos: u32,
    pub id: FuncId,
    /// Of code that is loaded.
    pub detail: OnceLock<Detail>,
    /// The entry.
    pub code: Pc,
    /// Units behind the header that are the function's; it may use fewer.
    pub len: usize,
    /// Samples that met it: see `jit.rs`.
    pub met: AtomicU32,
    /// The address of machine code that others may call, or 0.
    pub body: AtomicUsize,
}

/// What belongs to the units of a function.
#[derive(Debug)]
pub(crate) struct Detail {
    /// Registers that the code uses; there may be room for more.
    pub regs: u16,
    /// (first unit, position), ascending.
    pub lines: Vec<(u32, u32)>,
    /// Stretches taken over from other functions, inner ones first.
    pub inlined: Vec<Inlined>,
    /// The instructions, when they may be compiled.
    pub code: Option<Box<[Ins]>>,
}

// SAFETY: `code` points to immortal code that no one writes but through atomics.
unsafe impl Send for FuncInfo {}
// SAFETY: as above.
unsafe impl Sync for FuncInfo {}

impl FuncInfo {
    /// Registers of a frame that runs.
    pub fn frame(&self) -> usize {
        self.detail.get().map_or(self.regs, |d| d.regs) as usize
    }
    /// Is the instruction before `pc` one of this function (the header counts as one)?
    #[inline]
    fn holds(&self, pc: Pc) -> bool {
        (self.code as usize..=self.code as usize + self.len * size_of::<Unit>()).contains(&(pc as usize))
    }
    /// The code unit before `pc`.
    fn unit(&self, pc: Pc) -> u32 {
        let unit = (pc as usize - self.code as usize) / size_of::<Unit>();
        unit.saturating_sub(1) as u32
    }
    /// Stretches that the instruction before `pc` lies in, innermost first.
    fn around(&self, pc: Pc) -> impl Iterator<Item = &Inlined> {
        let unit = self.unit(pc);
        let inlined = self.detail.get().map_or(&[][..], |d| &d.inlined);
        inlined.iter().filter(move |i| i.from <= unit && unit < i.to)
    }
    /// Calls whose bodies were taken over that the instruction before `pc` is within.
    pub fn depth(&self, pc: Pc) -> usize {
        self.around(pc).count()
    }
    /// Function and position of the instruction before `pc`, `up` calls further out within this function.
    pub fn place(&self, pc: Pc, up: usize) -> (&str, u32) {
        let mut pos = self.position(pc);
        for (k, i) in self.around(pc).enumerate() {
            if k == up {
                return (&i.name, pos);
            }
            pos = i.call;
        }
        (self.name, pos)
    }
    /// Registers that may still be looked at by a goroutine that stands at `pc`: in a native that may wait, and right behind it, those
    /// behind its window are not. That holds for all who stand there, from wherever they came: who comes out of the native finds anything in
    /// those registers, so nothing there reads them before it writes them.
    pub fn live(&self, pc: Pc) -> usize {
        let unit = (pc as usize - self.code as usize) / size_of::<Unit>();
        for k in unit.saturating_sub(2)..=unit.min(self.len.saturating_sub(1)) {
            // SAFETY: one of the function's units.
            let i = unsafe { &*self.code.add(k) };
            if i.h == CallNCPark as Handler as usize {
                return self.frame().min(i.a as usize + 1 + NATIVE_RESULTS.max(i.b as usize));
            }
        }
        self.frame()
    }
    /// The source position of the instruction before `pc`; the function's own at the entry.
    fn position(&self, pc: Pc) -> u32 {
        let Some(Detail { lines, .. }) = self.detail.get().filter(|_| pc != self.code) else { return self.pos };
        let unit = self.unit(pc);
        let k = lines.partition_point(|l| l.0 <= unit);
        if k == 0 { self.pos } else { lines[k - 1].1 }
    }
}

/// All loaded functions, by address.
#[derive(Default)]
pub(crate) struct CodeMap {
    sorted: RwLock<Vec<&'static FuncInfo>>,
}

impl CodeMap {
    pub fn add(&self, new: &'static [FuncInfo]) {
        let mut sorted = self.sorted.write().unwrap_or_else(PoisonError::into_inner);
        sorted.extend(new);
        sorted.sort_unstable_by_key(|f| f.code as usize);
    }
    /// The function of the instruction before `pc` (the header counts as one).
    pub fn find(&self, pc: Pc) -> Option<&'static FuncInfo> {
        let sorted = self.sorted.read().unwrap_or_else(PoisonError::into_inner);
        let k = sorted.partition_point(|f| f.code as usize <= pc as usize);
        let f = *sorted.get(k.checked_sub(1)?)?;
        f.holds(pc).then_some(f)
    }
}

/// The machine's own return points. Each is preceded by a data unit with window 0.
pub(crate) struct Stubs {
    units: Box<[Unit]>,
}

/// Which machine code called a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stub {
    GoExit,
    PanicNext,
    NativeRet,
    DeferNext,
    FatalNext,
    /// As GoExit, of a main goroutine.
    MainExit,
}

impl Stubs {
    const ORDER: [Stub; 6] =
        [Stub::GoExit, Stub::PanicNext, Stub::NativeRet, Stub::DeferNext, Stub::FatalNext, Stub::MainExit];

    /// `handlers`: in the order of [`Stubs::ORDER`].
    pub fn new(handlers: [usize; 6]) -> Stubs {
        let unit = |h| Unit { h, a: 0, b: 0, c: 0, d: 0 };
        Stubs { units: handlers.iter().flat_map(|h| [unit(0), unit(*h)]).collect() }
    }
    pub fn link(&self, stub: Stub) -> u64 {
        let k = match stub {
            Stub::GoExit => 0,
            Stub::PanicNext => 1,
            Stub::NativeRet => 2,
            Stub::DeferNext => 3,
            Stub::FatalNext => 4,
            Stub::MainExit => 5,
        };
        &raw const self.units[2 * k + 1] as u64
    }
    pub fn go_exit(&self) -> u64 {
        self.link(Stub::GoExit)
    }
    pub fn which(&self, link: u64) -> Option<Stub> {
        let offset = (link as usize).checked_sub(self.units.as_ptr() as usize)?;
        Self::ORDER.get(offset / (2 * size_of::<Unit>())).copied()
    }
}

/// One frame of a walk.
pub(crate) struct Frame {
    pub func: &'static FuncInfo,
    pub pc: Pc,
    /// How it was called, when the machine did it.
    pub stub: Option<Stub>,
}

/// Frames of a goroutine from `pc`, `base` down.
pub(crate) struct Walk<'a> {
    map: &'a CodeMap,
    stubs: &'a Stubs,
    stack: *const u64,
    next: Option<(Pc, usize)>,
    /// The function found last: deep recursion asks for the same one again and again.
    last: Option<&'static FuncInfo>,
}

impl<'a> Walk<'a> {
    /// # Safety
    /// The goroutine does not run meanwhile (or is the caller's); `pc`, `base` are a state of it.
    pub unsafe fn new(map: &'a CodeMap, stubs: &'a Stubs, g: *const G, pc: Pc, base: usize) -> Walk<'a> {
        // SAFETY: the caller's.
        Walk { map, stubs, stack: unsafe { (*g).stack }, next: Some((pc, base)), last: None }
    }
}

impl Iterator for Walk<'_> {
    type Item = Frame;
    fn next(&mut self) -> Option<Frame> {
        let (pc, base) = self.next.take()?;
        let func = match self.last {
            Some(func) if func.holds(pc) => func,
            Some(_) | None => self.map.find(pc)?,
        };
        self.last = Some(func);
        // SAFETY: `base` is the base of a frame of this stack: its link lies below it, and what a stub keeps below that.
        unsafe {
            let link = *self.stack.add(base - 1);
            let stub = self.stubs.which(link);
            self.next = match stub {
                Some(Stub::GoExit | Stub::MainExit) => None,
                Some(Stub::PanicNext | Stub::NativeRet | Stub::DeferNext | Stub::FatalNext) => {
                    Some((*self.stack.add(base - 3) as Pc, *self.stack.add(base - 2) as usize))
                }
                None => {
                    let link = link as Pc;
                    Some((link, base - ((*link.sub(1)).a as usize + 1)))
                }
            };
            Some(Frame { func, pc, stub })
        }
    }
}

//! The compiled stage: which functions get machine code, and when. *(unsafe)* What the code is: crate `gol-jit`.
//!
//! - **Samples.** The monitor asks for one a millisecond while somebody runs: it poisons the guard, and the next slow poll, of a backward branch or at a call,
//!   tells where the goroutine is. A function that was met [`SAMPLES`] times is compiled by who met it. Until then nothing counts.
//! - **Entries.** A unit becomes an entry when its handler is replaced by the code's address (handlers and code are called alike). The rest of the
//!   unit stays, and so does what the interpreter needs to go on at any other one. Code that leaves at an entry calls the handler that was there.
//!
//! Invariants: a handler is replaced by an atomic store after the code is there and executable; code is never freed and never changed; a unit
//! whose handler others replace (`sharing.rs`) is no entry (`gol_jit` sees to it).
use crate::code::{Handler, Pc, Unit, frame_bytes};
use crate::frames::FuncInfo;
use crate::handlers::slice;
use crate::object::string;
use crate::object::torn::{self, is_inside, word};
use crate::unwind::{poll_back, raise};
use crate::vm::{MethodSite, Shared, shared};
use crate::{expand, frames};
use gol_bytecode::{Func, Op, Program};
use gol_jit::{Callee, Compiled, Compiler, Machine, Site, Source};
use gol_runtime::P;
use std::mem::offset_of;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// When functions are compiled to machine code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stage {
    /// Never.
    Never,
    /// When they have run for some milliseconds.
    #[default]
    Hot,
    /// When they are loaded: to test that code.
    Always,
}

/// A function is compiled when it was met so often.
const SAMPLES: u32 = 2;
/// And so many that it calls, or that these call.
const CALLEES: usize = 8;

/// The word of `P::scratch` in which gates say how far the processor's stack may go.
const LIMIT: usize = 5;

/// Whether this build can run machine code: handlers have to be left by jumps.
pub(crate) const CAN: bool = cfg!(gol_tail);

pub(crate) struct Jit {
    stage: Stage,
    compiler: Mutex<Option<Compiler>>,
}

impl Jit {
    pub fn new(stage: Stage) -> Jit {
        Jit { stage: if CAN { stage } else { Stage::Never }, compiler: Mutex::new(None) }
    }
    /// Functions keep what is compiled later.
    pub fn is_on(&self) -> bool {
        self.stage != Stage::Never
    }
    pub fn is_eager(&self) -> bool {
        self.stage == Stage::Always
    }
}

/// A sample that was asked for: the goroutine that polled is in the function that `pc` lies in, or is about to begin it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn sample(p: *mut P, pc: Pc) {
    // SAFETY: the running processor.
    let shared = unsafe { shared(p) };
    let Some(info) = shared.code.find(pc) else { return };
    if info.met.fetch_add(1, Ordering::Relaxed) + 1 == SAMPLES {
        compile_hot(shared, info);
    }
}

/// A function, and what it calls by name, these first: code calls only what has code.
fn compile_hot(shared: &Shared, info: &'static FuncInfo) {
    let Some(finish) = &shared.hooks.functions else { return };
    let mut all = vec![info];
    let mut k = 0;
    while let Some(info) = all.get(k) {
        k += 1;
        let code = info.detail.get().and_then(|d| d.code.as_deref()).unwrap_or_default();
        for call in code.iter().filter(|i| matches!(i.op, Op::Call | Op::CallMov)) {
            let callee = info_of(shared.code_of(call.cd()));
            let loaded = callee.detail.get().is_some();
            if loaded && all.len() <= CALLEES && callee.met.swap(SAMPLES, Ordering::Relaxed) < SAMPLES {
                all.push(callee);
            }
        }
    }
    for info in all.into_iter().rev() {
        // The function as it was loaded: it is optimised in the same way. What cannot be compiled goes on as it is.
        let _ = finish(info.id, &mut |program, f| {
            compile(shared, info, program, &f);
            Ok(())
        });
    }
}

/// What is known of the function that begins at an address.
fn info_of(code: Pc) -> &'static FuncInfo {
    // SAFETY: the unit before an entry is the header, which names what lives for ever.
    unsafe { &*((*code.sub(1)).h as *const FuncInfo) }
}

/// Makes code for a loaded function and leads there.
pub(crate) fn compile(shared: &Shared, info: &FuncInfo, program: &Program, f: &Func) {
    let same = |detail: &frames::Detail| detail.code.as_deref() == Some(&f.code[..]);
    if !info.detail.get().is_some_and(same) {
        return;
    }
    let mut guard = shared.jit.compiler.lock().unwrap_or_else(PoisonError::into_inner);
    if guard.is_none() {
        *guard = Compiler::new().ok();
    }
    let Some(compiler) = &mut *guard else { return };
    let code = info.code as *mut Unit;
    // SAFETY: units of the function; the handler is read as others may store it.
    let handler = |k: usize| unsafe { AtomicUsize::from_ptr(&raw mut (*code.add(k)).h) }.load(Ordering::Acquire);
    /// What stands for the header of the empty text, and its place behind that.
    static EMPTY: [u64; 2] = [0; 2];
    let machine = Machine {
        code: code as u64,
        unit: size_of::<Unit>() as u64,
        limit: (offset_of!(P, scratch) + LIMIT * size_of::<u64>()) as i32,
        raise: raise as Handler as usize as u64,
        next_rune: next_rune as *const () as u64,
        whole: whole as *const () as u64,
        method: method as *const () as u64,
        order_text: order_text as *const () as u64,
        find_text: find_text as *const () as u64,
        same_text: same_text as *const () as u64,
        callee: &|code| {
            let info = info_of(code as Pc);
            // SAFETY: the entry of a function; its frame is settled once it is loaded.
            let frame = info.detail.get().map(|_| unsafe { frame_bytes(info.code) } as u32);
            let body = info.body.load(Ordering::Acquire);
            Callee { frame, body: (body != 0).then_some(body as u64), cell: &raw const info.body as u64 }
        },
        poll: poll_back as Handler as usize as u64,
        guard: offset_of!(P, guard) as i32,
        marking: gol_runtime::ops::MARKING as i32,
        body: offset_of!(FuncInfo, body) as i32,
        frame: offset_of!(Unit, a) as i32 - size_of::<Unit>() as i32,
        window: offset_of!(Unit, a) as i32 - size_of::<Unit>() as i32,
        site: Site {
            ty: offset_of!(MethodSite, ty) as i32,
            boxed: offset_of!(MethodSite, boxed) as i32,
            code: offset_of!(MethodSite, code) as i32,
        },
        globals: shared.globals.base() as u64,
        empty: &raw const EMPTY[1] as u64,
        shared: shared.sharing.flag() as u64,
        // SAFETY: a constant of a verified function.
        constant: &|k| unsafe { *shared.consts.base().add(k as usize) },
        handler: &|k| handler(k) as u64,
    };
    let source = Source {
        program,
        code: &f.code,
        regs: f.regs.max(info.regs),
        epilogue: f.epilogue,
        plain_call: &|id| expand::is_plain_call(shared, id),
        helper: &|k| expand::helper(shared, f, k),
        shared: shared.sharing.has_begun(),
        fast: &|k| {
            // SAFETY: a unit of the function; only handlers change.
            let (b, c, d) = unsafe { ((*code.add(k)).b, (*code.add(k)).c, (*code.add(k)).d) };
            expand::fast(shared, f, k, &Unit { h: handler(k), a: f.code[k].a, b, c, d })
        },
    };
    // A fault of the compiler costs its speed, not the program.
    let made = std::panic::catch_unwind(AssertUnwindSafe(|| compiler.compile(&source, &machine)));
    let Ok(Some(Compiled { bytes, body, entries })) = made else {
        if made.is_err() {
            *guard = None;
        }
        return;
    };
    let Some(at) = place(&bytes) else { return };
    // Handlers that do two or three instructions at once must not pass over an entry.
    let passes = |k: usize| {
        let next = gol_jit::next(&f.code, k);
        let behind = next.iter().flat_map(|&n| gol_jit::next(&f.code, n));
        behind.chain(next.iter().copied()).any(|n| entries.binary_search(&(n as u32)).is_ok())
    };
    for k in 0..f.code.len() {
        if passes(k)
            && let Some(alone) = expand::unpaired(shared, f, k)
        {
            // SAFETY: a unit of the function; the handler does what the instruction says.
            unsafe { AtomicUsize::from_ptr(&raw mut (*code.add(k)).h) }.store(alone, Ordering::Release);
        }
    }
    if let Some(body) = body {
        info.body.store(at + body, Ordering::Release);
    }
    for k in entries {
        // SAFETY: a unit of the function; the code is there.
        unsafe { AtomicUsize::from_ptr(&raw mut (*code.add(k as usize)).h) }.store(at, Ordering::Release);
    }
}

/// A method that was called before, with whatever site.
unsafe extern "C" fn method(p: *mut P, ty: u64, name: u64) -> *const MethodSite {
    // SAFETY: the running processor.
    unsafe { shared(p) }.cached_method(ty as u32, name as u32)
}

/// Equality of two texts that are not empty.
unsafe extern "C" fn same_text(a: u64, b: u64) -> bool {
    // SAFETY: string words.
    unsafe { string::str_eq(a, b) }
}

/// The slice at an address, whole, goes to another.
unsafe extern "C" fn whole(p: *mut P, from: *const u64, stride: u64, to: *mut [u64; 3]) {
    // SAFETY: three words of a slice type, which others may write meanwhile; `to` is the caller's.
    unsafe {
        let words = [word(from), word(from.add(1)), word(from.add(2))];
        let [at, len, cap] = words;
        let quick = len <= cap && is_inside(p, at, cap, stride as u32);
        *to = if quick { words } else { torn::cut(p, words, stride as u32) };
    }
}

/// The character at a place of a text, and the place behind it, go to two words.
unsafe extern "C" fn next_rune(text: u64, at: u64, to: *mut [u64; 2]) {
    // SAFETY: the place lies in the text; `to` is the caller's.
    unsafe {
        let (rune, next) = string::range_str(text, at as usize);
        *to = [rune as i64 as u64, next as u64];
    }
}

/// Order of two texts.
unsafe extern "C" fn order_text(a: u64, b: u64) -> i64 {
    // SAFETY: string words.
    i64::from(unsafe { string::str_cmp(a, b) } as i32)
}

/// Which of a constant's texts one is.
unsafe extern "C" fn find_text(p: *mut P, constant: u64, text: u64) -> u64 {
    // SAFETY: a constant of texts, and a text.
    let texts = unsafe { &*slice::texts(p, constant as u32) };
    // SAFETY: as above.
    unsafe { texts.find_short(text).unwrap_or_else(|| texts.find_long(text)) as u64 }
}

/// Puts code where it can be executed, for ever; `None` when the system refuses.
fn place(bytes: &[u8]) -> Option<usize> {
    const PAGE: usize = 4096;
    let size = bytes.len().next_multiple_of(PAGE);
    // SAFETY: a fresh private mapping of that size.
    unsafe {
        let at = libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if at == libc::MAP_FAILED {
            return None;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), at as *mut u8, bytes.len());
        if libc::mprotect(at, size, libc::PROT_READ | libc::PROT_EXEC) != 0 {
            libc::munmap(at, size);
            return None;
        }
        Some(at as usize)
    }
}

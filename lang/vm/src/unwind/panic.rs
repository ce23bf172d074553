//! Panics and Goexit: their records, the run of deferred closures, recovery, the end of those that nobody recovered. *(unsafe)*
use super::defer::Deferred;
use super::{NO_MEMORY, enter_machine, frame_top, raise_saved, stash, throw};
use crate::callback;
use crate::code::*;
use crate::fault::Fault;
use crate::frames::Stub;
use crate::object::alloc;
use crate::types::desc::WORDS;
use crate::vm::{RunResult, shared};
use gol_runtime::{G, P, ops};

const RECOVERED: u64 = 1;
pub(super) const GOEXIT: u64 = 2;
const REPANICKED: u64 = 4;

/// A panic (or Goexit).
#[repr(C)]
pub(crate) struct Panicking {
    pub next: *mut Panicking,
    pub value: u64,
    flags: u64,
    /// Frame that panicked: base index, and pc behind the instruction.
    pub base: u64,
    pub pc: u64,
    /// Base index of the deferred closure that runs now; 0: none.
    pub running: u64,
    /// The frame that deferred it, and its function's epilogue.
    frame: u64,
    epilogue: u64,
    /// What to print (string), once asked for.
    text: u64,
    /// 0 not asked, 1 its method runs, 2 there, 3 it has no method.
    has_text: u64,
}

impl Panicking {
    pub fn goexit(&self) -> bool {
        self.flags & GOEXIT != 0
    }
    pub fn recovered(&self) -> bool {
        self.flags & RECOVERED != 0
    }
    pub fn repanicked(&self) -> bool {
        self.flags & REPANICKED != 0
    }
    pub fn text(&self) -> Option<u64> {
        (self.has_text == 2).then_some(self.text)
    }
}

raw_handlers! { [pc base p]
    /// Return point of a deferred closure that a panic called.
    PanicNext {
        let code = panic_next(p);
        transfer!(p, code)
    }
    Recover {
        let value = recover(pc, base, p);
        w(base, (*pc).a, value);
        pc = pc.add(1);
        next!(pc, base, p)
    }
    /// Return point of a method that tells what to print.
    FatalNext {
        let code = fatal_next(base, p);
        transfer!(p, code)
    }
}

/// Begins a panic at the saved pc and base.
pub(super) unsafe fn start(p: *mut P, value: u64, flags: u64) -> u64 {
    // SAFETY: the running processor; a record is a zeroed object of words.
    unsafe {
        let g = (*p).g;
        let Ok(record) = alloc(p, WORDS, (size_of::<Panicking>() / 8) as u64) else {
            return throw(p, NO_MEMORY);
        };
        let record = record as *mut Panicking;
        let older = (*g).roots[1] as *mut Panicking;
        *record = Panicking {
            next: older,
            value,
            flags,
            base: (*g).base as u64,
            pc: (*g).pc as u64,
            running: 0,
            frame: 0,
            epilogue: 0,
            text: 0,
            has_text: 0,
        };
        if !older.is_null() && (*older).recovered() && (*older).value == value && flags == 0 {
            (*older).flags |= REPANICKED;
        }
        (*g).roots[1] = record as u64;
        step(p)
    }
}

/// Runs the next deferred closure of the newest panic, or ends.
pub(super) unsafe fn step(p: *mut P) -> u64 {
    // SAFETY: records of this goroutine; frames named by them exist.
    unsafe {
        let g = (*p).g;
        let panic = (*g).roots[1] as *mut Panicking;
        let d = (*g).roots[0] as *mut Deferred;
        if d.is_null() {
            if !(*panic).goexit() {
                return uncaught(p);
            }
            return goexit_done(p);
        }
        if (*d).frame < callback::boundary(p) {
            return PROPAGATE;
        }
        (*g).roots[0] = (*d).next as u64;
        (*panic).frame = (*d).frame;
        (*panic).epilogue = (*d).epilogue;
        (*g).base = (*panic).base as u32;
        (*g).pc = (*panic).pc as *const u8;
        let top = frame_top(p);
        let closure = (*d).closure;
        if closure == 0 {
            stash(p, Err(Fault::nil()));
            return raise_saved(p);
        }
        let code = enter_machine(p, top, Stub::PanicNext, *(closure as *const u64) as Pc, &[], closure);
        if code == GO {
            (*panic).running = (*g).base as u64;
        }
        code
    }
}

/// A Goexit has run all deferred closures.
unsafe fn goexit_done(p: *mut P) -> u64 {
    // SAFETY: the running processor.
    unsafe {
        if callback::on_coroutine(p) {
            return PROPAGATE;
        }
        let g = (*p).g;
        (*g).roots = [0; 2];
        let main = shared(p).stubs.link(Stub::MainExit);
        if *(*g).stack != main {
            return DONE;
        }
        // The main goroutine is over, but not the program: the others go on, and when they are done that is a deadlock.
        (*g).pc = main as *const u8;
        (*g).base = 1;
        let _: gol_runtime::Op = ops::park_forever(p, gol_runtime::WaitReason::SelectNoCases);
        PARKED
    }
}

/// A deferred closure that a panic called has returned.
#[inline(never)]
unsafe fn panic_next(p: *mut P) -> u64 {
    // SAFETY: records of this goroutine.
    unsafe {
        let g = (*p).g;
        let panic = (*g).roots[1] as *mut Panicking;
        (*panic).running = 0;
        if !(*panic).recovered() {
            return step(p);
        }
        let (frame, epilogue) = ((*panic).frame, (*panic).epilogue);
        let mut goexit: *mut Panicking = std::ptr::null_mut();
        let mut top = panic;
        while !top.is_null() && (*top).base >= frame {
            if (*top).goexit() {
                goexit = top;
            }
            top = (*top).next;
        }
        (*g).roots[1] = top as u64;
        if !goexit.is_null() {
            // A Goexit was under way above that frame: it goes on from there.
            // The records between are forgotten, but a value of theirs may be in a slot that was scanned before.
            ops::barrier(p, (&raw const (*goexit).next).cast(), 1);
            (*goexit).next = top;
            (*goexit).base = frame;
            (*goexit).pc = (epilogue as Pc).add(1) as u64;
            (*goexit).running = 0;
            (*g).roots[1] = goexit as u64;
            return step(p);
        }
        (*g).pc = epilogue as *const u8;
        (*g).base = frame as u32;
        GO
    }
}

/// The value that `recover()` gives in the frame at `base`.
#[inline(never)]
unsafe fn recover(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: the running instruction; links are those of its frames.
    unsafe {
        let g = (*p).g;
        let panic = (*g).roots[1] as *mut Panicking;
        if panic.is_null() || (*panic).goexit() || (*panic).recovered() || (*panic).running == 0 {
            return 0;
        }
        let shared = shared(p);
        if shared.code.find(pc.add(1)).is_none_or(|f| f.hidden) {
            return 0; // `defer recover()` itself
        }
        let running = (*g).stack.add((*panic).running as usize);
        let mut at = base;
        // Wrappers that the compiler made stand between the machine and the deferred function.
        while at != running {
            let link = *at.sub(1);
            if shared.stubs.which(link).is_some() {
                return 0;
            }
            let link = link as Pc;
            if shared.code.find(link).is_none_or(|f| !f.hidden) {
                return 0;
            }
            at = at.sub((*link.sub(1)).a as usize + 1);
        }
        (*panic).flags |= RECOVERED;
        (*panic).value
    }
}

/// Nobody recovered: asks the panic values for their texts, one after the other, then prints.
unsafe fn uncaught(p: *mut P) -> u64 {
    // SAFETY: records of this goroutine.
    unsafe {
        let g: *mut G = (*p).g;
        let mut panic = (*g).roots[1] as *mut Panicking;
        while !panic.is_null() {
            if (*panic).has_text == 0 && !(*panic).goexit() {
                (*panic).has_text = 3;
                if let Some((code, recv)) = shared(p).text_method((*panic).value) {
                    (*panic).has_text = 1;
                    let newest = (*g).roots[1] as *mut Panicking;
                    (*g).base = (*newest).base as u32;
                    (*g).pc = (*newest).pc as *const u8;
                    let top = frame_top(p);
                    return enter_machine(p, top, Stub::FatalNext, code, &[recv], 0);
                }
            }
            panic = (*panic).next;
        }
        let newest = (*g).roots[1] as *mut Panicking;
        let shared = shared(p);
        shared.finish(p, RunResult::Panicked, || {
            let frames = shared.traceback(g, (*newest).pc as Pc, (*newest).base as usize);
            format!("{}\n{frames}", crate::trace::panics(shared, newest))
        });
        callback::end_goroutine(p)
    }
}

/// A panic value's method has returned its text in `base[1]`.
#[inline(never)]
unsafe fn fatal_next(base: Base, p: *mut P) -> u64 {
    // SAFETY: the callee's base is one above.
    unsafe {
        let text = *base.add(1);
        // The first record that waits for its text; a panic of the method itself would be in front of it, with its own.
        let mut panic = (*(*p).g).roots[1] as *mut Panicking;
        while !panic.is_null() && (*panic).has_text != 1 {
            panic = (*panic).next;
        }
        if !panic.is_null() {
            (*panic).text = text;
            (*panic).has_text = 2;
        }
        uncaught(p)
    }
}

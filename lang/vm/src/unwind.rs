//! Faults, panics, defer, recover, Goexit. *(unsafe)*
//!
//! **Records** are heap objects of words, chained from the goroutine's root words: `roots[0]` the deferred closures, newest first;
//! `roots[1]` the panics, newest first. A panic runs deferred closures *above* the frame that panicked, so that a traceback still sees it.
//! When one recovered, the stack is cut to the frame that deferred it, and that function goes on at its epilogue. Panics raised at
//! or above that frame are gone then; a Goexit among them goes on.
//!
//! **Callbacks.** The chain of a gol function called by a native ends at the native: the panic leaves the inner run of handlers with `PROPAGATE`, the
//! native returns, and the instruction that called it goes on with the same panic.
//!
//! Nothing here polls, so no collection happens between reading a record and using it.
use crate::callback;
use crate::code::*;
use crate::fault::Fault;
use crate::frames::{MACHINE_WORDS, Stub};
use crate::handlers::call::make_room;
use crate::object::{alloc, iface, string};
use crate::types::desc::WORDS;
use crate::vm::{RunResult, shared};
use gol_runtime::{G, P, Poll, ops};

/// `scratch` word: the fault on its way to `raise` (a `Box<Fault>`).
const STASH: usize = 1;
/// How often an allocation is tried again after a collection. The scratch words 3 and 4 count: instruction, tries.
const OOM_TRIES: u64 = 3;

/// A deferred closure.
#[repr(C)]
struct Deferred {
    next: *mut Deferred,
    /// Base index of the frame that deferred it.
    frame: u64,
    closure: u64,
    /// Where that function goes on after a recovery.
    epilogue: u64,
}

const RECOVERED: u64 = 1;
const GOEXIT: u64 = 2;
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
    running: u64,
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

/// Keeps a fault for `raise`; true when there is none.
#[inline(always)]
pub(crate) unsafe fn stash(p: *mut P, result: Result<(), Fault>) -> bool {
    match result {
        Ok(()) => true,
        Err(fault) => {
            // SAFETY: `p` is the running processor.
            unsafe { keep(p, fault) };
            false
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn keep(p: *mut P, fault: Fault) {
    // SAFETY: `p` is the running processor; nothing else is kept there until `raise` takes it.
    unsafe { (*p).scratch[STASH] = Box::into_raw(Box::new(fault)) as u64 };
}

unsafe fn take_stash(p: *mut P) -> Fault {
    // SAFETY: written by `stash` on this processor just before.
    unsafe {
        let kept = std::mem::take(&mut (*p).scratch[STASH]);
        debug_assert!(kept != 0);
        *Box::from_raw(kept as *mut Fault)
    }
}

/// Failures that hot handlers find.
#[derive(Clone, Copy)]
enum Kind {
    Nil,
    Div,
    Shift,
    IndexLd,
    IndexSt,
    IndexStr,
    IndexArrC,
    IndexArrB,
    IndexChk,
}

/// `pc` is behind the first unit of the instruction that failed.
#[inline(never)]
unsafe fn stash_kind(pc: Pc, base: Base, p: *mut P, kind: Kind) {
    // SAFETY: the instruction is one that fails this way, so its operands are what is read here.
    unsafe {
        let i = &*pc.sub(1);
        let fault = match kind {
            Kind::Nil => Fault::nil(),
            Kind::Div => Fault::divide(),
            Kind::Shift => Fault::shift(),
            Kind::IndexLd => Fault::index(ri(base, i.c), *at(base, i.b).add(1) as i64),
            Kind::IndexSt => Fault::index(ri(base, i.b), *at(base, i.a).add(1) as i64),
            Kind::IndexStr => Fault::index(ri(base, i.c), string::str_len(r(base, i.b)) as i64),
            Kind::IndexArrC => Fault::index(ri(base, i.c), i.d as i64),
            Kind::IndexArrB => Fault::index(ri(base, i.b), i.d as i64),
            Kind::IndexChk => Fault::index(ri(base, i.a), (*pc).ab() as i64),
        };
        stash(p, Err(fault));
    }
}

macro_rules! faults {
    ([$pc:ident $base:ident $p:ident] $($name:ident $kind:ident)*) => {
        raw_handlers! { [$pc $base $p] $(#[cold] $name {
            stash_kind($pc, $base, $p, Kind::$kind);
            return raise($pc, $base, $p)
        })* }
    };
}
faults! { [pc base p]
    fault_nil Nil
    fault_div Div
    fault_shift Shift
    fault_index_ld IndexLd
    fault_index_st IndexSt
    fault_index_str IndexStr
    fault_index_arr_c IndexArrC
    fault_index_arr_b IndexArrB
    fault_index_chk IndexChk
}

raw_handlers! { [pc base p]
    /// The stashed fault happens at the instruction before `pc`.
    #[cold]
    raise {
        let code = raise_at(pc, base, p);
        transfer!(p, code)
    }
    /// A backward branch met a poisoned guard; `pc` is its target.
    #[cold]
    poll_back {
        let code = poll_here(pc, base, p);
        transfer!(p, code)
    }
    Panic {
        let code = panic_op(pc, base, p);
        transfer!(p, code)
    }
    Trap {
        trap_op(pc, p);
        return raise(pc.add(1), base, p)
    }
    Recover {
        let value = recover(pc, base, p);
        w(base, (*pc).a, value);
        pc = pc.add(1);
        next!(pc, base, p)
    }
    Defer {
        if !defer(pc, base, p) {
            return raise(pc.add(1), base, p);
        }
        pc = pc.add(1);
        next!(pc, base, p)
    }
    RunDefers {
        let code = run_defers(pc, base, p);
        transfer!(p, code)
    }
    /// Return point of a deferred closure that `RunDefers` called: executes `RunDefers` again.
    DeferNext {
        let saved = *base.sub(2) as Pc;
        base = (*(*p).g).stack.add(*base.sub(1) as usize);
        pc = saved.sub(1);
        next!(pc, base, p)
    }
    /// Return point of a deferred closure that a panic called.
    PanicNext {
        let code = panic_next(p);
        transfer!(p, code)
    }
    /// Return point of a method that tells what to print.
    FatalNext {
        let code = fatal_next(base, p);
        transfer!(p, code)
    }
    /// Return point of a gol function that a native called; its results are in `base[1..]`.
    NativeRet {
        save(pc, base, p);
        leave!(p, NATIVE_DONE)
    }
    GoExit {
        leave!(p, DONE)
    }
}

#[inline(never)]
unsafe fn poll_here(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: pc and base are the goroutine's state.
    unsafe {
        save(pc, base, p);
        match ops::poll(p) {
            Poll::Go => GO,
            Poll::Yield if shared(p).preempt_entry => GO,
            Poll::Yield => YIELD,
            Poll::Stop => STOP,
            Poll::Killed => callback::end_goroutine(p),
        }
    }
}

/// Turns the stashed fault into a panic or an end; `pc` is behind the instruction.
#[inline(never)]
unsafe fn raise_at(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: pc and base are the goroutine's state.
    unsafe {
        save(pc, base, p);
        raise_saved(p)
    }
}

/// The same with pc and base in the goroutine.
pub(crate) unsafe fn raise_saved(p: *mut P) -> u64 {
    // SAFETY: as above.
    unsafe {
        let g = (*p).g;
        match take_stash(p) {
            Fault::Panic(value) => start(p, value, 0),
            Fault::Runtime(text) | Fault::Plain(text) => match error_value(p, &text) {
                Some(value) => start(p, value, 0),
                None => fatal(p, &text),
            },
            Fault::Fatal(text) => fatal(p, &text),
            Fault::OutOfMemory => out_of_memory(p),
            Fault::Exit(code) => {
                shared(p).exit(p, code);
                callback::end_goroutine(p)
            }
            Fault::Goexit => start(p, 0, GOEXIT),
            Fault::Propagate => {
                if callback::is_killed(p) {
                    return callback::end_goroutine(p);
                }
                let panic = (*g).roots[1] as *mut Panicking;
                if panic.is_null() {
                    return fatal(p, "internal error: a native failed without a panic");
                }
                // The native's frames are gone: the panic goes on from the instruction that called it.
                (*panic).base = (*g).base as u64;
                (*panic).pc = (*g).pc as u64;
                (*panic).running = 0;
                step(p)
            }
        }
    }
}

/// An allocation failed: the instruction is executed again after a collection (it has changed nothing yet), a few times.
unsafe fn out_of_memory(p: *mut P) -> u64 {
    // SAFETY: the running processor; pc is behind the instruction.
    unsafe {
        let g = (*p).g;
        let again = ((*g).pc as Pc).sub(1);
        let [_, _, _, last, tries, _] = &mut (*p).scratch;
        *tries = if *last == again as u64 { *tries + 1 } else { 0 };
        *last = again as u64;
        if *tries >= OOM_TRIES {
            *last = 0;
            return fatal(p, "runtime: out of memory");
        }
        (*g).pc = again as *const u8;
        STOP
    }
}

/// A `runtime.Error` with this text; `None` when the program has no such type.
unsafe fn error_value(p: *mut P, text: &str) -> Option<u64> {
    // SAFETY: the running processor.
    unsafe {
        let known = shared(p).known();
        let ty = if known.runtime_error != 0 { known.runtime_error } else { known.known.string };
        if ty == 0 {
            return None;
        }
        let s = string::new_str(p, text.as_bytes()).ok()?;
        iface::make_iface(p, ty, &s).ok()
    }
}

/// Begins a panic at the saved pc and base.
unsafe fn start(p: *mut P, value: u64, flags: u64) -> u64 {
    // SAFETY: the running processor; a record is a zeroed object of words.
    unsafe {
        let g = (*p).g;
        let Ok(record) = alloc(p, WORDS, (size_of::<Panicking>() / 8) as u64) else {
            return fatal(p, "runtime: out of memory");
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
unsafe fn step(p: *mut P) -> u64 {
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

/// The first slot behind the current frame (saved pc and base).
pub(crate) unsafe fn frame_top(p: *mut P) -> usize {
    // SAFETY: the running processor.
    unsafe {
        let g = (*p).g;
        let regs = shared(p).code.find((*g).pc as Pc).map_or(0, |f| f.regs as usize);
        (*g).base as usize + regs
    }
}

/// Makes the frame of a function that the machine calls from the saved pc and base, at slot index `top`: afterwards the goroutine's pc
/// and base are the callee's. `closure` 0: none.
pub(crate) unsafe fn enter_machine(p: *mut P, top: usize, stub: Stub, code: Pc, args: &[u64], closure: u64) -> u64 {
    // SAFETY: `code` is a loaded function's entry; room is made first.
    unsafe {
        let g = (*p).g;
        let head = &*code.sub(1);
        let regs = head.b as usize;
        let nb = top + MACHINE_WORDS;
        let slots = nb + regs - (*g).base as usize;
        if (*g).stack.add(nb + regs) as usize > (*p).limit && !ops::grow_stack(p, slots) {
            return stack_overflow(p);
        }
        let base = (*g).stack.add(nb);
        *base.sub(3) = (*g).pc as u64;
        *base.sub(2) = (*g).base as u64;
        *base.sub(1) = shared(p).stubs.link(stub);
        debug_assert!(args.len() < regs);
        for (k, a) in args.iter().enumerate() {
            *base.add(k) = *a;
        }
        if closure != 0 {
            *base.add(head.c as usize) = closure;
        }
        (*g).pc = code as *const u8;
        (*g).base = nb as u32;
        GO
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

#[inline(never)]
unsafe fn panic_op(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: the running instruction.
    unsafe {
        let value = r(base, (*pc).a);
        let fault = if value == 0 {
            Fault::Runtime("panic called with nil argument (use GODEBUG=panicnil=1 to disable)".into())
        } else {
            Fault::Panic(value)
        };
        stash(p, Err(fault));
        raise_at(pc.add(1), base, p)
    }
}

#[inline(never)]
unsafe fn trap_op(pc: Pc, p: *mut P) {
    // SAFETY: the running instruction.
    unsafe {
        let fault = match (*pc).a {
            0 => Fault::Fatal("internal error: missing return".into()),
            2 => Fault::nil_map(),
            3 => Fault::divide(),
            _ => Fault::nil(),
        };
        stash(p, Err(fault));
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

#[inline(never)]
unsafe fn defer(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: the loader put the distance to the epilogue into c and d.
    unsafe {
        let g = (*p).g;
        let i = &*pc;
        let record = match alloc(p, WORDS, (size_of::<Deferred>() / 8) as u64) {
            Ok(record) => record as *mut Deferred,
            Err(fault) => return stash(p, Err(fault)),
        };
        *record = Deferred {
            next: (*g).roots[0] as *mut Deferred,
            frame: base.offset_from((*g).stack) as u64,
            closure: r(base, i.a),
            epilogue: pc.offset(i.cd() as i32 as isize) as u64,
        };
        (*g).roots[0] = record as u64;
        true
    }
}

#[inline(never)]
unsafe fn run_defers(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: the running instruction; records of this goroutine.
    unsafe {
        let g = (*p).g;
        save(pc, base, p);
        let d = (*g).roots[0] as *mut Deferred;
        if d.is_null() || (*d).frame != (*g).base as u64 {
            (*g).pc = pc.add(2) as *const u8;
            return GO;
        }
        if guard(p) == 0 {
            // A loop of deferred calls must be stoppable; when it leaves, this is executed again.
            let code = make_room(p, 0);
            if code != GO {
                return code;
            }
        }
        (*g).roots[0] = (*d).next as u64;
        (*g).pc = pc.add(1) as *const u8;
        let closure = (*d).closure;
        if closure == 0 {
            stash(p, Err(Fault::nil()));
            return raise_saved(p);
        }
        let top = (*g).base as usize + (*pc).a as usize;
        enter_machine(p, top, Stub::DeferNext, *(closure as *const u64) as Pc, &[], closure)
    }
}

pub(crate) unsafe fn stack_overflow(p: *mut P) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe {
        let shared = shared(p);
        let bytes = shared.max_stack_bytes;
        shared.print(&format!(
            "runtime: goroutine stack exceeds {bytes}-byte limit
"
        ));
        fatal(p, "stack overflow")
    }
}

/// Prints `fatal error: ...` and the goroutine's frames; the program ends.
pub(crate) unsafe fn fatal(p: *mut P, text: &str) -> u64 {
    // SAFETY: the caller's.
    unsafe { fatal_after(p, text, "") }
}

#[cold]
unsafe fn fatal_after(p: *mut P, text: &str, before: &str) -> u64 {
    // SAFETY: the running processor, pc and base saved.
    unsafe {
        let g = (*p).g;
        let shared = shared(p);
        shared.finish(p, RunResult::Fatal(text.into()), || {
            let frames = shared.traceback(g, (*g).pc as Pc, (*g).base as usize);
            format!("{before}fatal error: {text}\n\n{frames}")
        });
        callback::end_goroutine(p)
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

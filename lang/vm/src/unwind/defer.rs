//! Deferred closures, and frames that the machine itself calls. *(unsafe)*
use super::{grow, no_machine_stack, raise, raise_saved, stash};
use crate::code::*;
use crate::fault::Fault;
use crate::frames::{MACHINE_WORDS, Stub};
use crate::handlers::call::make_room;
use crate::object::alloc;
use crate::types::desc::WORDS;
use crate::vm::shared;
use gol_runtime::P;

/// A deferred closure.
#[repr(C)]
pub(super) struct Deferred {
    pub next: *mut Deferred,
    /// Base index of the frame that deferred it.
    pub frame: u64,
    pub closure: u64,
    /// Where that function goes on after a recovery.
    pub epilogue: u64,
}

raw_handlers! { [pc base p]
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

/// The first slot behind the current frame (saved pc and base).
pub(crate) unsafe fn frame_top(p: *mut P) -> usize {
    // SAFETY: the running processor.
    unsafe {
        let g = (*p).g;
        let regs = shared(p).code.find((*g).pc as Pc).map_or(0, |f| f.frame());
        (*g).base as usize + regs
    }
}

/// Makes the frame of a function that the machine calls from the saved pc and base, at slot index `top`: afterwards the goroutine's pc
/// and base are the callee's. `closure` 0: none.
pub(crate) unsafe fn enter_machine(p: *mut P, top: usize, stub: Stub, code: Pc, args: &[u64], closure: u64) -> u64 {
    // SAFETY: `code` is a loaded function's entry; room is made first.
    unsafe {
        let g = (*p).g;
        let regs = frame_bytes(code) / size_of::<u64>();
        let nb = top + MACHINE_WORDS;
        let slots = nb + regs - (*g).base as usize;
        if (*g).stack.add(nb + regs) as usize > (*p).limit && !grow(p, slots) {
            return no_machine_stack(p, slots);
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
            *base.add((*code.sub(1)).c as usize) = closure;
        }
        (*g).pc = code as *const u8;
        (*g).base = nb as u32;
        GO
    }
}

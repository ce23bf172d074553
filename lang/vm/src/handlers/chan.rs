//! Channels, select, goroutines. An operation that parks leaves pc at its second half (or behind it), so that it can go on anywhere.
//! *(unsafe: channel words of the machine; the verifier bounds values by the counts of the instructions)*
use crate::code::*;
use crate::fault::Fault;
use crate::load::frame_of;
use crate::unwind::stash;
use crate::vm::shared;
use gol_runtime::{Chan, Dir, Op, P, SelectCase, SelectOp, Waiter, ops};

/// "None" in the data units of a select.
const NONE: u16 = 0xffff;
/// Codes of the helpers below, beside `PARKED`.
const FAULT: u64 = 32;
/// Go on behind the second half.
const SKIP: u64 = 33;

/// Answers for the handlers: with `PARKED` pc and base are saved, with `FAULT` the fault is stashed.
unsafe fn settle(op: Op, again: Pc, after: Pc, base: Base, p: *mut P, closed: fn() -> Fault) -> u64 {
    // SAFETY: pc and base belong to the running goroutine of `p`.
    unsafe {
        match op {
            Op::Done => SKIP,
            Op::Park => {
                save(after, base, p);
                PARKED
            }
            Op::Retry => {
                save(again, base, p);
                PARKED
            }
            Op::Yield => {
                save(after, base, p);
                YIELD
            }
            Op::Closed => {
                stash(p, Err(closed()));
                FAULT
            }
            Op::Nil => {
                stash(p, Err(Fault::close_nil()));
                FAULT
            }
        }
    }
}

#[inline(never)]
unsafe fn send(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let i = &*pc;
        let op = ops::chan_send(p, r(base, i.a) as *mut Chan, at(base, i.b));
        settle(op, pc, pc.add(1), base, p, Fault::send_closed)
    }
}
#[inline(never)]
unsafe fn recv(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let i = &*pc;
        let to = if i.c == 0 { std::ptr::null_mut() } else { at(base, i.a) };
        let op = ops::chan_recv(p, r(base, i.b) as *mut Chan, to, std::ptr::null_mut());
        settle(op, pc, pc.add(1), base, p, Fault::close_closed)
    }
}
#[inline(never)]
unsafe fn recv_ok(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let i = &*pc;
        let to = if i.c == 0 { std::ptr::null_mut() } else { at(base, i.a) };
        let mut ok = false;
        let op = ops::chan_recv(p, r(base, i.b) as *mut Chan, to, &mut ok);
        if op == Op::Done {
            w(base, i.d, ok as u64);
        }
        settle(op, pc, pc.add(1), base, p, Fault::close_closed)
    }
}
#[inline(never)]
unsafe fn hand_over(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module; the channel is the argument of a native's window.
    unsafe {
        let window = at(base, (*pc).a).add(1);
        let op = ops::chan_hand_over(p, *window as *mut Chan);
        *window = (op == Op::Park) as u64;
        settle(op, pc, pc.add(2), base, p, Fault::close_closed)
    }
}
#[inline(never)]
unsafe fn close(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let op = ops::chan_close(p, r(base, (*pc).a) as *mut Chan);
        settle(op, pc, pc.add(1), base, p, Fault::close_closed)
    }
}

/// The cases of the select whose first data unit is `data`, for the runtime.
unsafe fn with_cases<T>(i: &Unit, data: Pc, base: Base, f: impl FnOnce(*const SelectCase) -> T) -> T {
    const FEW: usize = 8;
    let n = i.c as usize;
    // SAFETY: `n` data units follow; their registers are verified.
    let case = |k: usize| unsafe {
        let unit = &*data.add(k);
        SelectCase {
            ch: *at(base, i.a).add(k) as *mut Chan,
            elem: if unit.b == NONE { std::ptr::null_mut() } else { at(base, unit.b) },
            dir: if unit.a == 1 { Dir::Send } else { Dir::Recv },
        }
    };
    if n <= FEW {
        let nothing = SelectCase { ch: std::ptr::null_mut(), elem: std::ptr::null_mut(), dir: Dir::Recv };
        let mut few = [nothing; FEW];
        for (k, slot) in few.iter_mut().enumerate().take(n) {
            *slot = case(k);
        }
        return f(few.as_ptr());
    }
    let many: Vec<SelectCase> = (0..n).map(case).collect();
    f(many.as_ptr())
}

/// Sets the ok register of a case.
unsafe fn set_ok(data: Pc, case: usize, base: Base, ok: bool) {
    // SAFETY: `case` is below the number of data units.
    unsafe {
        let unit = &*data.add(case);
        if unit.c != NONE {
            w(base, unit.c, ok as u64);
        }
    }
}

/// `64 + case` (the default is the case behind the last), `PARKED` or `FAULT`.
const CHOSEN: u64 = 64;

#[inline(never)]
unsafe fn select(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let i = &*pc;
        let (n, data) = (i.c as usize, pc.add(1));
        let waiters = at(base, i.b) as *mut Waiter;
        match with_cases(i, data, base, |cases| ops::select(p, cases, n, waiters, i.d & 1 != 0)) {
            SelectOp::Ready { case, ok } => {
                set_ok(data, case, base, ok);
                CHOSEN + case as u64
            }
            SelectOp::Default => CHOSEN + n as u64,
            SelectOp::Park => {
                save(data.add(n), base, p);
                PARKED
            }
            SelectOp::Closed { .. } => {
                stash(p, Err(Fault::send_closed()));
                FAULT
            }
        }
    }
}
#[inline(never)]
unsafe fn select_wake(pc: Pc, base: Base, p: *mut P) -> u64 {
    // SAFETY: see the module.
    unsafe {
        let i = &*pc;
        let (n, data) = (i.c as usize, pc.sub(i.c as usize));
        let waiters = at(base, i.b) as *mut Waiter;
        let (case, ok) = with_cases(i, data, base, |cases| ops::select_finish(p, cases, n, waiters));
        if !ok && (*data.add(case)).a == 1 {
            stash(p, Err(Fault::send_closed()));
            return FAULT;
        }
        set_ok(data, case, base, ok);
        CHOSEN + case as u64
    }
}

macro_rules! parking {
    ([$pc:ident $base:ident $p:ident] $($name:ident $work:ident $units:literal)*) => {
        raw_handlers! { [$pc $base $p] $($name {
            let code = $work($pc, $base, $p);
            if code == SKIP {
                next!($pc.add($units), $base, $p)
            }
            if code == FAULT {
                return crate::unwind::raise($pc.add(1), $base, $p);
            }
            leave!($p, code)
        })* }
    };
}
parking! { [pc base p]
    Send send 2
    Recv recv 1
    RecvOk recv_ok 2
    Close close 1
    HandOver hand_over 2
}

raw_handlers! { [pc base p]
    Select {
        let code = select(pc, base, p);
        if code >= CHOSEN {
            // Behind the data units and SelectWake.
            pc = pc.add(2 + (*pc).c as usize + (code - CHOSEN) as usize);
            next!(pc, base, p)
        }
        if code == FAULT {
            return crate::unwind::raise(pc.add(1), base, p);
        }
        leave!(p, code)
    }
    SelectWake {
        let code = select_wake(pc, base, p);
        if code >= CHOSEN {
            pc = pc.add(1 + (code - CHOSEN) as usize);
            next!(pc, base, p)
        }
        return crate::unwind::raise(pc.add(1), base, p);
    }
}

slow_ops! { [pc base p i]
    SendWake {
        if (*(*p).g).wake_ok == 0 {
            return Err(Fault::send_closed());
        }
    }
    MakeChan {
        let chan = crate::object::chan::make_chan(p, i.d as u32, ri(base, i.b), pc)?;
        ops::chan_made(p, chan as *const Chan, pc as u64, i.d as u64);
        w(base, i.a, chan);
    }
    ChanLen {
        let ch = r(base, i.b) as *const Chan;
        w(base, i.a, if ch.is_null() { 0 } else { ops::chan_len(ch) });
    }
    ChanCap {
        let ch = r(base, i.b) as *const Chan;
        w(base, i.a, if ch.is_null() { 0 } else { ops::chan_cap(ch) });
    }
    Go {
        let f = shared(p).code_of(i.cd());
        spawn(p, f, at(base, i.a), i.b as usize, pc)?;
    }
    GoC {
        let words = i.b as usize;
        let closure = *at(base, i.a).add(words - 1);
        if closure == 0 {
            return Err(Fault::fatal("go of nil func value"));
        }
        spawn(p, *(closure as *const u64) as Pc, at(base, i.a), words, pc)?;
    }
}

/// `go` by the instruction before `pc`.
unsafe fn spawn(p: *mut P, code: Pc, args: *const u64, n: usize, pc: Pc) -> Result<(), Fault> {
    // SAFETY: `code` is a loaded function, whose header is the unit before it.
    let ok = unsafe {
        let shared = shared(p);
        let regs = frame_of(shared, code);
        shared.sharing.begin();
        ops::spawn(p, code as *const u8, shared.stubs.go_exit(), regs, args, n, shared.place_of(pc))
    };
    if ok { Ok(()) } else { Err(Fault::out_of_memory()) }
}

handlers! { [pc base p i]
    RecvWake { w(base, i.a, ((*(*p).g).wake_ok != 0) as u64); }
}

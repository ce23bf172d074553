//! Neighbours in one handler, chosen by the loader: calls of closures and of interfaces' methods with the moves before them, results that are returned at once,
//! words of objects that are loaded or stored together, and package variables that are added to. All units stay as they are, so that a jump to the second one
//! and a second try of it find what they expect. *(unsafe: see `code.rs`)*
use crate::code::*;
use crate::handlers::call::{CallC, CallI};
use crate::unwind::{fault_index_ld, fault_nil};
use crate::vm::shared;
use gol_bytecode::{Ins, Op};

/// The handler that does what code begins with, two or three instructions together; none has another form that the loader may put in its place.
pub(crate) fn handler_of(code: &[Ins]) -> Option<Handler> {
    let (first, second) = (*code.first()?, *code.get(1)?);
    if let Some(&third) = code.get(2)
        && (first.op, third.op) == (Op::LdG, Op::StG)
        && first.cd() == third.cd()
        && second.a == third.a
    {
        match second.op {
            Op::AddI => return Some(GlobalAddI),
            Op::AddK => return Some(GlobalAddK),
            _ => {}
        }
    }
    match second.op {
        Op::CallC => match first.op {
            Op::Mov => Some(MovCallC),
            Op::Mov2 => Some(Mov2CallC),
            Op::LdIdxW => Some(LdIdxWCallC),
            _ => None,
        },
        Op::CallI => match first.op {
            Op::Mov => Some(MovCallI),
            Op::Mov2 => Some(Mov2CallI),
            _ => None,
        },
        Op::LdW if first.op == Op::LdW => Some(LdWLdW),
        Op::StW if first.op == Op::StW => Some(StWStW),
        Op::StW if first.op == Op::AddK => Some(AddKStW),
        Op::Ret1 if second.a == first.a => returning(first.op),
        Op::LdIdxW if first.op == Op::LdN && first.d == 3 && second.b == first.a => Some(LdNLdIdxW),
        _ => None,
    }
}

/// Word `c` of the object that register `at` leads to.
macro_rules! word {
    ($pc:ident $base:ident $p:ident, $at:expr, $c:expr) => {{
        let at = r($base, $at);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        (at as *mut u64).add($c as usize)
    }};
}
/// The variable of an instruction for package variables.
macro_rules! global {
    ($p:ident $i:ident) => {
        shared($p).globals.base().add($i.cd() as usize)
    };
}

handlers! { [pc base p i]
    LdWLdW {
        w(base, i.a, *word!(pc base p, i.b, i.c));
        let i = &*pc;
        pc = pc.add(1);
        w(base, i.a, *word!(pc base p, i.b, i.c));
    }
    StWStW {
        *word!(pc base p, i.a, i.c) = r(base, i.b);
        let i = &*pc;
        pc = pc.add(1);
        *word!(pc base p, i.a, i.c) = r(base, i.b);
    }
    AddKStW {
        w(base, i.a, r(base, i.b).wrapping_add(i.c as i16 as i64 as u64));
        let i = &*pc;
        pc = pc.add(1);
        *word!(pc base p, i.a, i.c) = r(base, i.b);
    }
    GlobalAddI {
        let at = global!(p i);
        w(base, i.a, *at);
        let i = &*pc;
        let sum = r(base, i.b).wrapping_add(r(base, i.c));
        w(base, i.a, sum);
        *at = sum;
        pc = pc.add(2);
    }
    GlobalAddK {
        let at = global!(p i);
        w(base, i.a, *at);
        let i = &*pc;
        let sum = r(base, i.b).wrapping_add(i.c as i16 as i64 as u64);
        w(base, i.a, sum);
        *at = sum;
        pc = pc.add(2);
    }
    MovCallC {
        w(base, i.a, r(base, i.b));
        return CallC(pc, base, p)
    }
    Mov2CallC {
        w(base, i.a, r(base, i.b));
        w(base, i.c, r(base, i.d));
        return CallC(pc, base, p)
    }
    MovCallI {
        w(base, i.a, r(base, i.b));
        return CallI(pc, base, p)
    }
    Mov2CallI {
        w(base, i.a, r(base, i.b));
        w(base, i.c, r(base, i.d));
        return CallI(pc, base, p)
    }
    LdIdxWCallC {
        let k = r(base, i.c);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        w(base, i.a, *(r(base, i.b) as *const u64).add(k as usize));
        return CallC(pc, base, p)
    }
    // A slice that a closure has captured, or a pointer leads to, and an element of it.
    LdNLdIdxW {
        let from = r(base, i.b);
        if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let [ptr, len, cap] = *((from as *const u64).add(i.c as usize) as *const [u64; 3]);
        *(at(base, i.a) as *mut [u64; 3]) = [ptr, len, cap];
        let i = &*pc;
        pc = pc.add(1);
        let k = r(base, i.c);
        if k >= len { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        w(base, i.a, *(ptr as *const u64).add(k as usize));
    }
}

/// Handlers that compute a word and return it; see `Ret1`.
macro_rules! returning {
    ([$base:ident $i:ident] $($name:ident $op:ident $value:block)*) => {
        handlers! { [pc $base p $i] $($name {
            let v: u64 = $value;
            pc = *$base.sub(1) as Pc;
            *$base = v;
            $base = $base.sub((*pc.sub(1)).a as usize + 1);
        })* }
        fn returning(op: Op) -> Option<Handler> {
            match op {
                $(Op::$op => Some($name),)*
                _ => None,
            }
        }
    };
}
returning! { [base i]
    LtIRet LtI { (ri(base, i.b) < ri(base, i.c)) as u64 }
    LeIRet LeI { (ri(base, i.b) <= ri(base, i.c)) as u64 }
    LtURet LtU { (r(base, i.b) < r(base, i.c)) as u64 }
    EqWRet EqW { (r(base, i.b) == r(base, i.c)) as u64 }
    NeWRet NeW { (r(base, i.b) != r(base, i.c)) as u64 }
    LtFRet LtF { (rf(base, i.b) < rf(base, i.c)) as u64 }
    AddIRet AddI { r(base, i.b).wrapping_add(r(base, i.c)) }
    SubIRet SubI { r(base, i.b).wrapping_sub(r(base, i.c)) }
    MulIRet MulI { r(base, i.b).wrapping_mul(r(base, i.c)) }
    AddKRet AddK { r(base, i.b).wrapping_add(i.c as i16 as i64 as u64) }
}

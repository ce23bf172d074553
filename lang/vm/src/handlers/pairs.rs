//! Neighbours in one handler, chosen by the loader: calls of closures and of interfaces' methods with the moves before them, results that are returned at once,
//! words of objects that are loaded or stored together or asked for, package variables and elements of arrays that are added to, what stands before the count of a
//! loop (or jumps to it, or is where the loop goes on), elements that are compared, and words that are compared twice. All units stay as they are, so that a jump
//! to the second one and a second try of it find what they expect. *(unsafe: see `code.rs`)*
use crate::code::*;
use crate::handlers::branch::{jeq_bytes, jne_bytes, quick_differ};
use crate::handlers::call::{CallC, CallI};
use crate::handlers::slice::{FindSLong, texts};
use crate::object::string;
use crate::unwind::{
    fault_index_arr_c, fault_index_cd, fault_index_ld, fault_index_st, fault_index_str, fault_nil, poll_back,
};
use crate::vm::shared;
use gol_bytecode::{Ins, Op};

/// The handler for the instruction at `at` of a function that does what follows it as well, or what it leads to; none has another form that the loader may put in
/// its place.
pub(crate) fn handler_of(function: &[Ins], at: usize) -> Option<Handler> {
    let code = &function[at..];
    // Where the branch so many units on leads.
    let target = |k: usize, off: i32| function.get((at + k + 1).checked_add_signed(off as isize)?).copied();
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
    if let (Op::LdArrW, Some(third)) = (first.op, code.get(2))
        && third.op == Op::StArrW
        && (first.b, first.c, first.d) == (third.a, third.b, third.d)
        && (second.a, third.c) == (first.a, first.a)
        && first.a != first.b
        && first.a != first.c
    {
        match second.op {
            Op::AddI if second.b == first.a => return Some(ArrayAddI),
            Op::AddK if second.b == first.a => return Some(ArrayAddK),
            _ => {}
        }
    }
    if first.op == Op::Jmp {
        let target = code.get((first.cd() as usize).checked_add(1)?)?;
        return (target.op == Op::AddKJltB).then_some(JmpCount as Handler);
    }
    if first.op == Op::LdW
        && let Some(h) = field_test(second.op)
    {
        return Some(h);
    }
    match first.op {
        Op::AddKJltB => return next_of(target(0, first.d as i16 as i32)?, first.a),
        Op::AddK if (second.op, second.a) == (Op::JltLenSB, first.a) => {
            let from = target(1, second.cd() as i32).filter(|t| t.b == second.b);
            return Some(match from.is_some_and(|t| (t.op, t.c) == (Op::LdIdxS, first.a)) {
                true => AddKJltLenSNext,
                false => AddKJltLenS,
            });
        }
        _ => {}
    }
    match second.op {
        Op::AddKJltB => counting(first.op),
        Op::JltI | Op::JleI | Op::JeqW | Op::JneW => element_branch(first.op, second.op),
        Op::JeqK | Op::JneK | Op::JltK | Op::JleK | Op::JgtK | Op::JgeK if second.a == first.a => {
            element_branch(first.op, second.op).or_else(|| two_tests(first.op, second.op))
        }
        Op::Jmp => match first.op {
            Op::Mov => Some(MovJmp),
            Op::LoadI => Some(LoadIJmp),
            _ => None,
        },
        Op::LoadI if first.op == Op::LoadI => Some(LoadILoadI),
        Op::LenS if first.op == Op::LdIdxW => Some(LdIdxWLenS),
        Op::JmpTab if (first.op, first.a) == (Op::FindS, second.a) && second.c == 0 => Some(FindSJmpTab),
        Op::JeqS if first.op == Op::LoadK => Some(LoadKJeqS),
        Op::JneS if first.op == Op::LoadK => Some(LoadKJneS),
        Op::MulF if first.op == Op::MulF => Some(MulFMulF),
        Op::AddF if first.op == Op::AddF => Some(AddFAddF),
        Op::SubF if first.op == Op::SubF => Some(SubFSubF),
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
/// The element of a slice goes to its register.
macro_rules! load_element {
    ($pc:ident $base:ident $p:ident $i:ident, $t:ty) => {{
        let k = r($base, $i.c);
        if k >= *at($base, $i.b).add(1) {
            std::hint::cold_path();
            return fault_index_ld($pc, $base, $p);
        }
        let v = *(r($base, $i.b) as *const $t).add(k as usize) as u64;
        w($base, $i.a, v);
        v
    }};
}
/// The byte of a string.
macro_rules! load_of_text {
    ($pc:ident $base:ident $p:ident $i:ident) => {{
        let (s, k) = (r($base, $i.b), r($base, $i.c));
        if s == 0 || k >= *(s as *const u64).sub(1) >> 24 {
            std::hint::cold_path();
            return fault_index_str($pc, $base, $p);
        }
        let v = *(*(s as *const u64) as *const u8).add(k as usize) as u64;
        w($base, $i.a, v);
        v
    }};
}
/// Where the element of an array lies that `LdArrW` loads.
macro_rules! array_word {
    ($pc:ident $base:ident $p:ident $i:ident) => {{
        let (from, k) = (r($base, $i.b), r($base, $i.c));
        if from == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        if k >= $i.d as u64 {
            std::hint::cold_path();
            return fault_index_arr_c($pc, $base, $p);
        }
        (from as *mut u64).add(k as usize)
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
    // An element of an array that is added to: no reference, so the collector need not know.
    ArrayAddI {
        let x = array_word!(pc base p i);
        let old = *x;
        w(base, i.a, old);
        let sum = old.wrapping_add(r(base, (*pc).c));
        *x = sum;
        w(base, i.a, sum);
        pc = pc.add(2);
    }
    ArrayAddK {
        let x = array_word!(pc base p i);
        let sum = (*x).wrapping_add((*pc).c as i16 as i64 as u64);
        *x = sum;
        w(base, i.a, sum);
        pc = pc.add(2);
    }
    LoadILoadI {
        w(base, i.a, i.cd() as i32 as i64 as u64);
        let i = &*pc;
        pc = pc.add(1);
        w(base, i.a, i.cd() as i32 as i64 as u64);
    }
    MovJmp {
        w(base, i.a, r(base, i.b));
        pc = pc.offset((*pc).cd() as i32 as isize + 1);
    }
    LoadIJmp {
        w(base, i.a, i.cd() as i32 as i64 as u64);
        pc = pc.offset((*pc).cd() as i32 as isize + 1);
    }
    // Texts that are compared with constants, as in a switch; the bytes are looked at only when the lengths are the same.
    LoadKJeqS {
        w(base, i.a, *shared(p).consts.base().add(i.cd() as usize));
        let i = &*pc;
        let (x, y) = (r(base, i.a), r(base, i.b));
        pc = pc.add(1);
        if x == y {
            pc = pc.offset(i.cd() as i32 as isize);
        } else if !quick_differ(x, y) {
            return jeq_bytes(pc, base, p)
        }
    }
    LoadKJneS {
        w(base, i.a, *shared(p).consts.base().add(i.cd() as usize));
        let i = &*pc;
        let (x, y) = (r(base, i.a), r(base, i.b));
        pc = pc.add(1);
        if x != y {
            if !quick_differ(x, y) { return jne_bytes(pc, base, p) }
            pc = pc.offset(i.cd() as i32 as isize);
        }
    }
    // A switch on a text.
    FindSJmpTab {
        let Some(k) = (*texts(p, i.cd())).find_short(r(base, i.b)) else {
            std::hint::cold_path();
            pc = pc.sub(1);
            return FindSLong(pc, base, p)
        };
        w(base, i.a, k as u64);
        let count = (*pc).b as u32;
        pc = pc.add(1);
        if k < count {
            let entry = pc.add(k as usize);
            pc = entry.add(1).offset((*entry).cd() as i32 as isize);
        } else {
            pc = pc.add(count as usize);
        }
    }
    LdIdxWLenS {
        load_element!(pc base p i, u64);
        let i = &*pc;
        pc = pc.add(1);
        w(base, i.a, string::str_len(r(base, i.b)) as u64);
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
        load_element!(pc base p i, u64);
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

/// A loop goes on at the load of an element, whose number it has just counted to: it is loaded, or the load is tried again where it stands.
macro_rules! next_word {
    ($pc:ident $base:ident, $k:expr) => {{
        let t = &*$pc;
        if ($k as u64) < *at($base, t.b).add(1) {
            w($base, t.a, *(r($base, t.b) as *const u64).add($k as usize));
            $pc = $pc.add(1);
        }
    }};
}
macro_rules! next_byte {
    ($pc:ident $base:ident, $k:expr) => {{
        let t = &*$pc;
        if ($k as u64) < *at($base, t.b).add(1) {
            w($base, t.a, *(r($base, t.b) as *const u8).add($k as usize) as u64);
            $pc = $pc.add(1);
        }
    }};
}
macro_rules! next_of_text {
    ($pc:ident $base:ident, $k:expr) => {{
        let t = &*$pc;
        let s = r($base, t.b);
        if s != 0 && ($k as u64) < *(s as *const u64).sub(1) >> 24 {
            w($base, t.a, *(*(s as *const u64) as *const u8).add($k as usize) as u64);
            $pc = $pc.add(1);
        }
    }};
}
/// A loop's count, and `$next` where it goes on.
macro_rules! count_to {
    ($pc:ident $base:ident $p:ident $i:ident, $k:ident, $next:block) => {{
        let $k = ri($base, $i.a).wrapping_add($i.c as i16 as i64);
        w($base, $i.a, $k as u64);
        if $k < ri($base, $i.b) {
            $pc = $pc.offset($i.d as i16 as isize);
            if guard($p) == 0 {
                std::hint::cold_path();
                return poll_back($pc, $base, $p);
            }
            $next
        }
    }};
}
/// Counts to a string's length.
macro_rules! count_to_text {
    ($pc:ident $base:ident $p:ident $i:ident, $k:ident, $next:block) => {{
        let $k = ri($base, $i.b).wrapping_add($i.c as i16 as i64);
        w($base, $i.a, $k as u64);
        let $i = &*$pc;
        $pc = $pc.add(1);
        if $k < string::str_len(r($base, $i.b)) as i64 {
            $pc = $pc.offset($i.cd() as i32 as isize);
            if guard($p) == 0 {
                std::hint::cold_path();
                return poll_back($pc, $base, $p);
            }
            $next
        }
    }};
}
handlers! { [pc base p i]
    NextW { count_to!(pc base p i, k, { next_word!(pc base, k) }); }
    NextU8 { count_to!(pc base p i, k, { next_byte!(pc base, k) }); }
    NextS { count_to!(pc base p i, k, { next_of_text!(pc base, k) }); }
    AddKJltLenS { count_to_text!(pc base p i, k, {}); }
    AddKJltLenSNext { count_to_text!(pc base p i, k, { next_of_text!(pc base, k) }); }
}
/// The handler of a count behind which `t` loads the element `counter`.
fn next_of(t: Ins, counter: u16) -> Option<Handler> {
    match t.op {
        _ if t.c != counter => None,
        Op::LdIdxW => Some(NextW),
        Op::LdIdxU8 => Some(NextU8),
        Op::LdIdxS => Some(NextS),
        _ => None,
    }
}

/// `AddKJltB` at `pc`.
macro_rules! count {
    ($pc:ident $base:ident $p:ident) => {{
        let i = &*$pc;
        $pc = $pc.add(1);
        count_to!($pc $base $p i, k, {});
    }};
}
/// What stands at the bottom of a counting loop, and the count.
macro_rules! counting {
    ([$pc:ident $base:ident $p:ident $i:ident] $($name:ident $op:ident $work:block)*) => {
        handlers! { [$pc $base $p $i] $($name {
            $work
            count!($pc $base $p);
        })* }
        fn counting(op: Op) -> Option<Handler> {
            match op {
                $(Op::$op => Some($name),)*
                _ => None,
            }
        }
    };
}
counting! { [pc base p i]
    AddICount AddI { w(base, i.a, r(base, i.b).wrapping_add(r(base, i.c))); }
    AddFCount AddF { wf(base, i.a, rf(base, i.b) + rf(base, i.c)); }
    MulAddFCount MulAddF { wf(base, i.a, rf(base, i.a) + rf(base, i.b) * rf(base, i.c)); }
    AddIdxU8Count AddIdxU8 {
        let k = r(base, i.d);
        if k >= *at(base, i.c).add(1) { std::hint::cold_path(); return fault_index_cd(pc, base, p) }
        w(base, i.a, r(base, i.b).wrapping_add(*(r(base, i.c) as *const u8).add(k as usize) as u64));
    }
    StIdxWCount StIdxW {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        *(r(base, i.a) as *mut u64).add(k as usize) = r(base, i.c);
    }
    StIdx8Count StIdx8 {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        *(r(base, i.a) as *mut u8).add(k as usize) = r(base, i.c) as u8;
    }
}
handlers! { [pc base p i]
    // Out of a branch of the body.
    JmpCount {
        pc = pc.offset(i.cd() as i32 as isize);
        count!(pc base p);
    }
}

/// An element of words or bytes, or a byte of a string, and a branch that asks for it: for the element itself (`$v`), or for registers.
macro_rules! element_branches {
    ([$base:ident $i:ident $v:ident] $($op:ident $word:ident $byte:ident $text:ident $cond:expr;)*) => {
        handlers! { [pc $base p $i] $(
            $word { tested!(pc $base p $i $v load_element!(pc $base p $i, u64), $cond) }
            $byte { tested!(pc $base p $i $v load_element!(pc $base p $i, u8), $cond) }
            $text { tested!(pc $base p $i $v load_of_text!(pc $base p $i), $cond) }
        )* }
        fn element_branch(load: Op, test: Op) -> Option<Handler> {
            match (load, test) {
                $(
                    (Op::LdIdxW, Op::$op) => Some($word),
                    (Op::LdIdxU8, Op::$op) => Some($byte),
                    (Op::LdIdxS, Op::$op) => Some($text),
                )*
                _ => None,
            }
        }
    };
}
macro_rules! tested {
    ($pc:ident $base:ident $p:ident $i:ident $v:ident $load:expr, $cond:expr) => {{
        let $v = $load as i64;
        let _ = $v;
        let $i = &*$pc;
        $pc = $pc.add(1);
        if $cond {
            $pc = $pc.offset($i.cd() as i32 as isize);
        }
    }};
}
element_branches! { [base i v]
    JltI LdIdxWJltI LdIdxU8JltI LdIdxSJltI ri(base, i.a) < ri(base, i.b);
    JleI LdIdxWJleI LdIdxU8JleI LdIdxSJleI ri(base, i.a) <= ri(base, i.b);
    JeqW LdIdxWJeqW LdIdxU8JeqW LdIdxSJeqW r(base, i.a) == r(base, i.b);
    JneW LdIdxWJneW LdIdxU8JneW LdIdxSJneW r(base, i.a) != r(base, i.b);
    JeqK LdIdxWJeqK LdIdxU8JeqK LdIdxSJeqK v == i.b as i16 as i64;
    JneK LdIdxWJneK LdIdxU8JneK LdIdxSJneK v != i.b as i16 as i64;
    JltK LdIdxWJltK LdIdxU8JltK LdIdxSJltK v < i.b as i16 as i64;
    JgtK LdIdxWJgtK LdIdxU8JgtK LdIdxSJgtK v > i.b as i16 as i64;
}

/// A field, and a branch that most often asks for it.
macro_rules! field_tests {
    ([$base:ident $i:ident] $($op:ident $name:ident $cond:expr;)*) => {
        handlers! { [pc $base p $i] $($name {
            w($base, $i.a, *word!(pc $base p, $i.b, $i.c));
            let $i = &*pc;
            pc = pc.add(1);
            if $cond {
                pc = pc.offset($i.cd() as i32 as isize);
            }
        })* }
        fn field_test(op: Op) -> Option<Handler> {
            match op {
                $(Op::$op => Some($name),)*
                _ => None,
            }
        }
    };
}
field_tests! { [base i]
    JeqW LdWJeqW r(base, i.a) == r(base, i.b);
    JneW LdWJneW r(base, i.a) != r(base, i.b);
    JltI LdWJltI ri(base, i.a) < ri(base, i.b);
    JleI LdWJleI ri(base, i.a) <= ri(base, i.b);
    JeqK LdWJeqK ri(base, i.a) == i.b as i16 as i64;
    JneK LdWJneK ri(base, i.a) != i.b as i16 as i64;
}

/// A word that is compared with two constants: an interval, or cases of a switch.
macro_rules! two_tests {
    ([$v:ident $k:ident] $($name:ident $first:ident $one:expr, $second:ident $other:expr;)*) => {
        handlers! { [pc base p i] $($name {
            let ($v, $k) = (ri(base, i.a), i.b as i16 as i64);
            let off = i.cd() as i32 as isize;
            let i = &*pc;
            if $one {
                pc = pc.offset(off);
            } else {
                pc = pc.add(1);
                let $k = i.b as i16 as i64;
                if $other {
                    pc = pc.offset(i.cd() as i32 as isize);
                }
            }
        })* }
        fn two_tests(first: Op, second: Op) -> Option<Handler> {
            match (first, second) {
                $((Op::$first, Op::$second) => Some($name),)*
                _ => None,
            }
        }
    };
}
two_tests! { [v k]
    JltKJleK JltK v < k, JleK v <= k;
    JltKJgtK JltK v < k, JgtK v > k;
    JgtKJltK JgtK v > k, JltK v < k;
    JgtKJgeK JgtK v > k, JgeK v >= k;
    JeqKJeqK JeqK v == k, JeqK v == k;
    JeqKJneK JeqK v == k, JneK v != k;
}

/// The same operation twice, as vectors have it.
macro_rules! twice {
    ($($name:ident $op:tt;)*) => { handlers! { [pc base p i] $($name {
        wf(base, i.a, rf(base, i.b) $op rf(base, i.c));
        let i = &*pc;
        pc = pc.add(1);
        wf(base, i.a, rf(base, i.b) $op rf(base, i.c));
    })* } };
}
twice! { MulFMulF *; AddFAddF +; SubFSubF -; }

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

//! Slices in memory that other goroutines may write at the same time, and their elements: see `object::torn`. *(unsafe: see `memory.rs` and
//! `slice.rs` for what operands are)*
//!
//! Each operation has three forms: its own, which looks whether the slice is whole; `...Alone`, which the loader puts in its place as
//! long as there is one goroutine (`sharing.rs`); `...Cut`, where the first one goes when the quick look was not enough.
use crate::code::*;
use crate::fault::Fault;
use crate::object::slice;
use crate::object::string::{FEW, copy_few, str_parts};
use crate::object::torn::{self, is_inside, word};
use crate::unwind::{
    fault_index_2d, fault_index_2d_st, fault_index_fld_ld, fault_index_fld_st, fault_index_fld_test, fault_index_g_ld,
    fault_index_g_st, fault_index_ld, fault_index_st, fault_nil, raise, stash,
};
use crate::vm::shared;
use gol_bytecode::{Ins, Op};
use gol_runtime::P;
use gol_runtime::ops::{barrier, is_marking};

/// Words of a slice.
const SLICE: usize = 3;

/// The form of an operation for the time of one goroutine.
pub(crate) fn alone(op: Op) -> Option<Handler> {
    Some(match op {
        Op::LdSl => LdSlAlone,
        Op::LdGSl => LdGSlAlone,
        Op::LdIdxSl => LdIdxSlAlone,
        Op::CutT => super::int::Nop,
        Op::LdIdx2W => LdIdx2WAlone,
        Op::LdIdx2U8 => LdIdx2U8Alone,
        Op::StIdx2W => StIdx2WAlone,
        Op::LdFldIdxW => LdFldIdxWAlone,
        Op::LdFldIdxU8 => LdFldIdxU8Alone,
        Op::StFldIdxW => StFldIdxWAlone,
        Op::StFldIdx8 => StFldIdx8Alone,
        Op::LdGIdxW => LdGIdxWAlone,
        Op::LdGIdxU8 => LdGIdxU8Alone,
        Op::StGIdxW => StGIdxWAlone,
        Op::StGIdx8 => StGIdx8Alone,
        Op::JnzGIdx8 => JnzGIdx8Alone,
        Op::JzGIdx8 => JzGIdx8Alone,
        Op::JnzFldIdx8 => JnzFldIdx8Alone,
        Op::JzFldIdx8 => JzFldIdx8Alone,
        Op::AppFldStr => AppFldStrAlone,
        _ => return None,
    })
}

/// The slice at an address goes to registers when a quick look finds it whole; else the other form has to do it.
macro_rules! load {
    ($pc:ident $base:ident $p:ident $i:ident $from:expr, $stride:expr, $cut:ident) => {{
        let from: *const u64 = $from;
        let (ptr, len, cap) = (word(from), word(from.add(1)), word(from.add(2)));
        if len > cap || !is_inside($p, ptr, cap, $stride as u32) {
            std::hint::cold_path();
            $pc = $pc.sub(1);
            return $cut($pc, $base, $p);
        }
        *(at($base, $i.a) as *mut [u64; SLICE]) = [ptr, len, cap];
    }};
}
/// Without looking.
macro_rules! copy {
    ($base:ident $i:ident $from:expr) => {{
        let from: *const u64 = $from;
        *(at($base, $i.a) as *mut [u64; SLICE]) = *(from as *const [u64; SLICE]);
    }};
}
/// Word `$off` behind the pointer in a register.
macro_rules! field {
    ($pc:ident $base:ident $p:ident, $ptr:expr, $off:expr) => {{
        let at = r($base, $ptr);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        (at as *const u64).add($off as usize)
    }};
}
/// The slice that is element `$k` of a slice in registers.
macro_rules! row {
    ($pc:ident $base:ident $p:ident, $s:expr, $k:expr, $fault:ident) => {{
        let k = r($base, $k);
        if k >= *at($base, $s).add(1) {
            std::hint::cold_path();
            return $fault($pc, $base, $p);
        }
        (r($base, $s) as *const u64).add(k as usize * SLICE)
    }};
}
#[inline(always)]
unsafe fn global(p: *mut P, word: u32) -> *const u64 {
    // SAFETY: the verifier bounds words of the global area.
    unsafe { shared(p).globals.base().add(word as usize) }
}

handlers! { [pc base p i]
    LdSl { load!(pc base p i field!(pc base p, i.b, i.c), i.d, LdSlCut) }
    LdGSl { load!(pc base p i global(p, i.cd()), i.b, LdGSlCut) }
    LdIdxSl { load!(pc base p i row!(pc base p, i.b, i.c, fault_index_ld), i.d, LdIdxSlCut) }
    LdSlAlone { copy!(base i field!(pc base p, i.b, i.c)) }
    LdGSlAlone { copy!(base i global(p, i.cd())) }
    LdIdxSlAlone { copy!(base i row!(pc base p, i.b, i.c, fault_index_ld)) }
}
slow_ops! { [pc base p i]
    LdSlCut { *(at(base, i.a) as *mut [u64; SLICE]) = torn::read(p, (r(base, i.b) as *const u64).add(i.c as usize), i.d as u32); }
    LdGSlCut { *(at(base, i.a) as *mut [u64; SLICE]) = torn::read(p, global(p, i.cd()), i.b as u32); }
    LdIdxSlCut {
        let from = (r(base, i.b) as *const u64).add(r(base, i.c) as usize * SLICE);
        *(at(base, i.a) as *mut [u64; SLICE]) = torn::read(p, from, i.d as u32);
    }
    CutT { torn::cut_value(p, i.d as u32, at(base, i.a)); }
}

/// The address of element `k` of the slice at `from`, in full.
unsafe fn element<T>(p: *mut P, from: *const u64, k: u64) -> Result<*mut T, Fault> {
    // SAFETY: a slice of such elements.
    let [ptr, len, _] = unsafe { torn::read(p, from, size_of::<T>() as u32) };
    if k >= len {
        return Err(Fault::index(k as i64, len as i64));
    }
    Ok((ptr as *mut T).wrapping_add(k as usize))
}

/// Elements of slices in memory. `$slice`: where the slice lies. `$k`: the register of the element's number.
macro_rules! elements {
    ([$pc:ident $base:ident $p:ident $i:ident] $(
        $op:ident $alone:ident $cut:ident $t:ty: $slice:expr, $again:expr, $k:ident, $fault:ident, |$at:ident| $use:expr;
    )*) => {
        handlers! { [$pc $base $p $i] $(
            $op {
                let s: *const u64 = $slice;
                let k = r($base, $i.$k);
                let (ptr, len) = (word(s), word(s.add(1)));
                if k >= len { std::hint::cold_path(); return $fault($pc, $base, $p) }
                if !is_inside($p, ptr, k + 1, size_of::<$t>() as u32) {
                    std::hint::cold_path();
                    $pc = $pc.sub(1);
                    return $cut($pc, $base, $p)
                }
                let $at = (ptr as *mut $t).add(k as usize);
                $use;
            }
            $alone {
                let s: *const u64 = $slice;
                let k = r($base, $i.$k);
                if k >= *s.add(1) { std::hint::cold_path(); return $fault($pc, $base, $p) }
                let $at = (*s as *mut $t).add(k as usize);
                $use;
            }
        )* }
        slow_ops! { [$pc $base $p $i] $($cut {
            let $at = element::<$t>($p, $again, r($base, $i.$k))?;
            $use;
        })* }
    };
}
elements! { [pc base p i]
    LdIdx2W LdIdx2WAlone LdIdx2WCut u64: row!(pc base p, i.b, i.c, fault_index_ld),
        (r(base, i.b) as *const u64).add(r(base, i.c) as usize * SLICE), d, fault_index_2d, |e| w(base, i.a, *e);
    LdIdx2U8 LdIdx2U8Alone LdIdx2U8Cut u8: row!(pc base p, i.b, i.c, fault_index_ld),
        (r(base, i.b) as *const u64).add(r(base, i.c) as usize * SLICE), d, fault_index_2d, |e| w(base, i.a, *e as u64);
    StIdx2W StIdx2WAlone StIdx2WCut u64: row!(pc base p, i.a, i.b, fault_index_st),
        (r(base, i.a) as *const u64).add(r(base, i.b) as usize * SLICE), c, fault_index_2d_st, |e| *e = r(base, i.d);
    LdFldIdxW LdFldIdxWAlone LdFldIdxWCut u64: field!(pc base p, i.b, i.d),
        (r(base, i.b) as *const u64).add(i.d as usize), c, fault_index_fld_ld, |e| w(base, i.a, *e);
    LdFldIdxU8 LdFldIdxU8Alone LdFldIdxU8Cut u8: field!(pc base p, i.b, i.d),
        (r(base, i.b) as *const u64).add(i.d as usize), c, fault_index_fld_ld, |e| w(base, i.a, *e as u64);
    StFldIdxW StFldIdxWAlone StFldIdxWCut u64: field!(pc base p, i.a, i.d),
        (r(base, i.a) as *const u64).add(i.d as usize), b, fault_index_fld_st, |e| *e = r(base, i.c);
    StFldIdx8 StFldIdx8Alone StFldIdx8Cut u8: field!(pc base p, i.a, i.d),
        (r(base, i.a) as *const u64).add(i.d as usize), b, fault_index_fld_st, |e| *e = r(base, i.c) as u8;
    LdGIdxW LdGIdxWAlone LdGIdxWCut u64: global(p, i.cd()), global(p, i.cd()), b, fault_index_g_ld, |e| w(base, i.a, *e);
    LdGIdxU8 LdGIdxU8Alone LdGIdxU8Cut u8: global(p, i.cd()), global(p, i.cd()), b, fault_index_g_ld, |e| w(base, i.a, *e as u64);
    StGIdxW StGIdxWAlone StGIdxWCut u64: global(p, i.cd()), global(p, i.cd()), a, fault_index_g_st, |e| *e = r(base, i.b);
    StGIdx8 StGIdx8Alone StGIdx8Cut u8: global(p, i.cd()), global(p, i.cd()), a, fault_index_g_st, |e| *e = r(base, i.b) as u8;
}

/// Appends to the slice at word `off` behind an address. Nothing has changed when it fails.
#[inline(always)]
unsafe fn append_to(
    p: *mut P,
    at: u64,
    off: u16,
    backing: u16,
    append: impl FnOnce(*mut u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    if at == 0 {
        return Err(Fault::nil());
    }
    // SAFETY: a slice with this backing type lies there.
    unsafe {
        let to = (at as *mut u64).add(off as usize);
        let mut slice = match shared(p).sharing.has_begun() {
            true => torn::read(p, to, shared(p).types.get(backing as u32).stride),
            false => *(to as *const [u64; SLICE]),
        };
        append(slice.as_mut_ptr())?;
        if is_marking(p) {
            barrier(p, to, SLICE);
        }
        *(to as *mut [u64; SLICE]) = slice;
    }
    Ok(())
}

slow_ops! { [pc base p i]
    AppFldV {
        append_to(p, r(base, i.a), i.b, i.d, |s| slice::append_value(p, s, at(base, i.c), 0, i.d as u32))?;
    }
    AppFldS {
        append_to(p, r(base, i.a), i.b, i.d, |s| slice::append_slice(p, s, at(base, i.c), i.d as u32))?;
    }
    AppFldStr {
        append_to(p, r(base, i.a), i.b, i.d, |s| slice::append_str(p, s, r(base, i.c), i.d as u32))?;
    }
}

/// Where the next element of a slice in memory goes, when there is room; the length counts it already. `$whole` looks at address and number of elements.
macro_rules! room {
    ($p:ident $s:expr, $t:ty, |$ptr:ident, $n:ident| $whole:expr) => {{
        let s: *mut u64 = $s;
        let ($ptr, len, cap) = (word(s), word(s.add(1)), word(s.add(2)));
        let $n = len.wrapping_add(1);
        // An element that may be a reference is overwritten, so the collector has to see the old one.
        if len >= cap || !$whole || size_of::<$t>() == size_of::<u64>() && is_marking($p) {
            None
        } else {
            *s.add(1) = $n;
            Some(($ptr as *mut $t).add(len as usize))
        }
    }};
}

/// The forms of `AppFldV` for elements of one size, the loader's choice: where there is room, only the length changes.
macro_rules! append {
    ([$pc:ident $base:ident $p:ident $i:ident] $($name:ident $alone:ident $t:ty;)*) => { handlers! { [$pc $base $p $i] $(
        $name {
            let s = field!($pc $base $p, $i.a, $i.b) as *mut u64;
            let Some(to) = room!($p s, $t, |ptr, n| is_inside($p, ptr, n, size_of::<$t>() as u32)) else {
                std::hint::cold_path();
                $pc = $pc.sub(1);
                return AppFldV($pc, $base, $p)
            };
            *to = r($base, $i.c) as $t;
        }
        $alone {
            let s = field!($pc $base $p, $i.a, $i.b) as *mut u64;
            let Some(to) = room!($p s, $t, |_ptr, n| true) else {
                std::hint::cold_path();
                $pc = $pc.sub(1);
                return AppFldV($pc, $base, $p)
            };
            *to = r($base, $i.c) as $t;
        }
    )* } };
}
append! { [pc base p i]
    AppFldW AppFldWAlone u64;
    AppFld8 AppFld8Alone u8;
}
/// The form of `AppFldV` for elements of so many bytes, and that for the time of one goroutine.
pub(crate) fn append_forms(stride: u32) -> Option<[Handler; 2]> {
    match stride {
        8 => Some([AppFldW, AppFldWAlone]),
        1 => Some([AppFld8, AppFld8Alone]),
        _ => None,
    }
}

/// What these do, for machine code beside others: see `gol_jit::Helper::Work`.
pub(crate) unsafe extern "C" fn append_to_field(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `AppFldV`.
    unsafe {
        let i = &*pc;
        let at = r(base, i.a);
        if at != 0 {
            let s = (at as *mut u64).add(i.b as usize);
            match shared(p).types.get(i.d as u32).stride {
                8 => {
                    if let Some(to) = room!(p s, u64, |ptr, n| is_inside(p, ptr, n, 8)) {
                        *to = r(base, i.c);
                        return true;
                    }
                }
                1 => {
                    if let Some(to) = room!(p s, u8, |ptr, n| is_inside(p, ptr, n, 1)) {
                        *to = r(base, i.c) as u8;
                        return true;
                    }
                }
                _ => {}
            }
        }
        AppFldV::work(pc, base, p)
    }
}
pub(crate) unsafe extern "C" fn append_text_to_field(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `AppFldStr`.
    unsafe {
        let i = &*pc;
        let (at, (bytes, n)) = (r(base, i.a), str_parts(r(base, i.c)));
        if at != 0 && (1..=FEW).contains(&n) {
            let s = (at as *mut u64).add(i.b as usize);
            let (ptr, len, cap) = (word(s), word(s.add(1)), word(s.add(2)));
            let end = len.wrapping_add(n as u64);
            let room = len <= end && end <= cap;
            if room && (!shared(p).sharing.has_begun() || is_inside(p, ptr, end, 1)) {
                copy_few(bytes, (ptr + len) as *mut u8, n);
                *s.add(1) = end;
                return true;
            }
        }
        AppFldStr::work(pc, base, p)
    }
}

handlers! { [pc base p i]
    // `LdW`, `JeqW` and, as long as there is one goroutine, the `AppFldV` of a byte that the branch leads to: a builder that finds its own address
    // in itself appends.
    OwnAppFld8 {
        let at = r(base, i.b);
        if at == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let own = *(at as *const u64).add(i.c as usize);
        w(base, i.a, own);
        let i = &*pc;
        pc = pc.add(1);
        if own == at {
            pc = pc.offset(i.cd() as i32 as isize);
            let i = &*pc;
            let s = (at as *mut u64).add(i.b as usize);
            if let Some(to) = room!(p s, u8, |_ptr, n| !shared(p).sharing.has_begun()) {
                *to = r(base, i.c) as u8;
                pc = pc.add(1);
            }
        }
    }
}

/// The code begins with what `OwnAppFld8` does; `is_byte`: of a backing type.
pub(crate) fn appends_to_own(code: &[Ins], is_byte: impl Fn(u16) -> bool) -> bool {
    let [load, test, ..] = code else { return false };
    let target = || code.get((test.cd() as usize).checked_add(2)?);
    (load.op, test.op) == (Op::LdW, Op::JeqW)
        && (test.a, test.b) == (load.a, load.b)
        && load.a != load.b
        && target().is_some_and(|t| t.op == Op::AppFldV && t.a == load.b && t.c != load.a && is_byte(t.d))
}

handlers! { [pc base p i]
    // A few bytes for one goroutine, where there is room.
    AppFldStrAlone {
        let s = field!(pc base p, i.a, i.b) as *mut u64;
        let str = r(base, i.c);
        let len = *s.add(1);
        if str == 0 { std::hint::cold_path(); pc = pc.sub(1); return AppFldStr(pc, base, p) }
        let n = *(str as *const u64).sub(1) >> 24;
        if n > FEW as u64 || *s.add(2) - len < n { std::hint::cold_path(); pc = pc.sub(1); return AppFldStr(pc, base, p) }
        copy_few(*(str as *const u64) as *const u8, (*s + len) as *mut u8, n as usize);
        *s.add(1) = len + n;
    }
}

/// The byte element `k` of the slice at `from`, in full; less than 0 when there is none, which is stashed.
#[inline(never)]
unsafe fn byte(p: *mut P, from: *const u64, k: u64) -> i32 {
    // SAFETY: as for `element`; the element lies in its array.
    unsafe {
        match element::<u8>(p, from, k) {
            Ok(at) => *at as i32,
            Err(fault) => {
                stash(p, Err(fault));
                -1
            }
        }
    }
}

/// Branches on a byte element of a slice in memory; the offset is in the data unit.
macro_rules! tests {
    ([$pc:ident $base:ident $p:ident $i:ident] $(
        $op:ident $alone:ident $cut:ident $slice:expr, $again:expr, $k:ident, $fault:ident, |$v:ident| $holds:expr;
    )*) => {
        handlers! { [$pc $base $p $i] $(
            $op {
                let s: *const u64 = $slice;
                let k = r($base, $i.$k);
                let (ptr, len) = (word(s), word(s.add(1)));
                if k >= len { std::hint::cold_path(); return $fault($pc, $base, $p) }
                if !is_inside($p, ptr, k + 1, 1) {
                    std::hint::cold_path();
                    $pc = $pc.sub(1);
                    return $cut($pc, $base, $p)
                }
                let off = (*$pc).ab() as i32 as isize;
                $pc = $pc.add(1);
                let $v = *(ptr as *const u8).add(k as usize);
                if $holds { $pc = $pc.offset(off) }
            }
            $alone {
                let s: *const u64 = $slice;
                let k = r($base, $i.$k);
                if k >= *s.add(1) { std::hint::cold_path(); return $fault($pc, $base, $p) }
                let off = (*$pc).ab() as i32 as isize;
                $pc = $pc.add(1);
                let $v = *(*s as *const u8).add(k as usize);
                if $holds { $pc = $pc.offset(off) }
            }
        )* }
        raw_handlers! { [$pc $base $p] $($cut {
            let $i = &*$pc;
            let $v = byte($p, $again, r($base, $i.$k));
            if $v < 0 { return raise($pc.add(1), $base, $p) }
            let off = (*$pc.add(1)).ab() as i32 as isize;
            next!($pc.add(2).offset(if $holds { off } else { 0 }), $base, $p)
        })* }
    };
}
tests! { [pc base p i]
    JnzGIdx8 JnzGIdx8Alone JnzGIdx8Cut global(p, i.cd()), global(p, i.cd()), a, fault_index_g_st, |v| v != 0;
    JzGIdx8 JzGIdx8Alone JzGIdx8Cut global(p, i.cd()), global(p, i.cd()), a, fault_index_g_st, |v| v == 0;
    JnzFldIdx8 JnzFldIdx8Alone JnzFldIdx8Cut field!(pc base p, i.a, i.c),
        (r(base, i.a) as *const u64).add(i.c as usize), b, fault_index_fld_test, |v| v != 0;
    JzFldIdx8 JzFldIdx8Alone JzFldIdx8Cut field!(pc base p, i.a, i.c),
        (r(base, i.a) as *const u64).add(i.c as usize), b, fault_index_fld_test, |v| v == 0;
}

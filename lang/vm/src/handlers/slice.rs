//! Slices and strings. *(unsafe: a slice's three registers are address, length and capacity of live elements; see `code.rs`)*
use crate::code::*;
use crate::fault::Fault;
use crate::object::string::{FEW, copy_few};
use crate::object::texts::Texts;
use crate::object::{slice, string};
use crate::unwind::{fault_index_ld, fault_index_st, fault_index_str, poll_back};
use crate::vm::shared;
use gol_bytecode::program::desc::STRVIEW;
use gol_runtime::ops::{barrier, is_marking};
use gol_runtime::{Header, P};

macro_rules! load {
    ($($name:ident $t:ty as $via:ty;)*) => { handlers! { [pc base p i] $($name {
        let k = r(base, i.c);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        w(base, i.a, *(r(base, i.b) as *const $t).add(k as usize) as $via as u64);
    })* } };
}
macro_rules! store {
    ($($name:ident $t:ty;)*) => { handlers! { [pc base p i] $($name {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        *(r(base, i.a) as *mut $t).add(k as usize) = r(base, i.c) as $t;
    })* } };
}
load! {
    LdIdxW u64 as u64;
    LdIdxU8 u8 as u64;
    LdIdxI8 i8 as i64;
    LdIdxU16 u16 as u64;
    LdIdxI16 i16 as i64;
    LdIdxU32 u32 as u64;
    LdIdxI32 i32 as i64;
}
store! {
    StIdxW u64;
    StIdx8 u8;
    StIdx16 u16;
    StIdx32 u32;
}

/// The table of texts that a constant is.
#[inline(always)]
pub(crate) unsafe fn texts(p: *mut P, constant: u32) -> *const Texts {
    // SAFETY: the verifier saw that the constant is one.
    unsafe { *shared(p).consts.base().add(constant as usize) as *const Texts }
}

/// Elements of so many words change places.
#[inline(always)]
unsafe fn exchange<const N: usize>(ptr: u64, x: u64, y: u64) {
    // SAFETY: both lie in the slice.
    unsafe {
        let (x, y) = ((ptr as *mut [u64; N]).add(x as usize), (ptr as *mut [u64; N]).add(y as usize));
        (*x, *y) = (*y, *x);
    }
}

/// Elements of a few words, the loader's choice instead of `LdIdxN` and `StIdxN`, which call for copying.
macro_rules! elements_of {
    ($($n:literal $load:ident $store:ident;)*) => { handlers! { [pc base p i] $(
        $load {
            let k = r(base, i.c);
            if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
            *(at(base, i.a) as *mut [u64; $n]) = *((r(base, i.b) as *const [u64; $n]).add(k as usize));
        }
        $store {
            let k = r(base, i.b);
            if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
            if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StIdxNMarking(pc, base, p) }
            *(r(base, i.a) as *mut [u64; $n]).add(k as usize) = *(at(base, i.c) as *const [u64; $n]);
        }
    )* } };
}
elements_of! {
    2 LdIdxN2 StIdxN2;
    3 LdIdxN3 StIdxN3;
    4 LdIdxN4 StIdxN4;
}

handlers! { [pc base p i]
    LdIdxN {
        let k = r(base, i.c);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        let n = i.d as usize;
        std::ptr::copy_nonoverlapping((r(base, i.b) as *const u64).add(k as usize * n), at(base, i.a), n);
    }
    StIdxN {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        let n = i.d as usize;
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StIdxNMarking(pc, base, p) }
        std::ptr::copy_nonoverlapping(at(base, i.c), (r(base, i.a) as *mut u64).add(k as usize * n), n);
    }
    StIdxP {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StIdxPMarking(pc, base, p) }
        *(r(base, i.a) as *mut u64).add(k as usize) = r(base, i.c);
    }
    LeaIdx {
        let k = r(base, i.c);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        w(base, i.a, r(base, i.b) + k * i.d as u64);
    }
    LenS {
        let s = r(base, i.b);
        // A string's length is in its header, the word before it; see ARCHITECTURE.md.
        w(base, i.a, if s == 0 { 0 } else { *(s as *const u64).sub(1) >> 24 });
    }
    FindS {
        let Some(k) = (*texts(p, i.cd())).find_short(r(base, i.b)) else {
            std::hint::cold_path();
            pc = pc.sub(1);
            return FindSLong(pc, base, p)
        };
        w(base, i.a, k as u64);
    }
    FindSLong { w(base, i.a, (*texts(p, i.cd())).find_long(r(base, i.b)) as u64); }
    LdIdxS {
        let (s, k) = (r(base, i.b), r(base, i.c));
        if s == 0 || k >= *(s as *const u64).sub(1) >> 24 {
            std::hint::cold_path();
            return fault_index_str(pc, base, p)
        }
        w(base, i.a, *(*(s as *const u64) as *const u8).add(k as usize) as u64);
    }
    SwpElem {
        let [ptr, len, stride] = *(at(base, i.a) as *const [u64; 3]);
        let (x, y) = (r(base, i.b), r(base, i.c));
        if x >= len || y >= len || is_marking(p) {
            std::hint::cold_path();
            pc = pc.sub(1);
            return SwpElemAny(pc, base, p)
        }
        match stride {
            8 => exchange::<1>(ptr, x, y),
            16 => exchange::<2>(ptr, x, y),
            24 => exchange::<3>(ptr, x, y),
            32 => exchange::<4>(ptr, x, y),
            _ => { std::hint::cold_path(); pc = pc.sub(1); return SwpElemAny(pc, base, p) }
        }
    }
    // One-word elements with room left; the loader puts it in the place of AppendV.
    AppendW {
        let s = at(base, i.a);
        let len = *s.add(1);
        if len >= *s.add(2) { std::hint::cold_path(); pc = pc.sub(1); return AppendV(pc, base, p) }
        // Another slice of the array may have something there.
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return AppendV(pc, base, p) }
        *(*s as *mut u64).add(len as usize) = r(base, i.c);
        *s.add(1) = len + 1;
    }
    // A few bytes with room left.
    AppendStr {
        let s = at(base, i.a);
        let str = r(base, i.b);
        let len = *s.add(1);
        if str == 0 { std::hint::cold_path(); pc = pc.sub(1); return AppendStrAny(pc, base, p) }
        let n = *(str as *const u64).sub(1) >> 24;
        if n > FEW as u64 || *s.add(2) - len < n { std::hint::cold_path(); pc = pc.sub(1); return AppendStrAny(pc, base, p) }
        copy_few(*(str as *const u64) as *const u8, (*s + len) as *mut u8, n as usize);
        *s.add(1) = len + n;
    }
    // The same for bytes.
    Append8 {
        let s = at(base, i.a);
        let len = *s.add(1);
        if len >= *s.add(2) { std::hint::cold_path(); pc = pc.sub(1); return AppendV(pc, base, p) }
        *(*s as *mut u8).add(len as usize) = r(base, i.c) as u8;
        *s.add(1) = len + 1;
    }
}

/// The bounds of a slice expression: (low, high, max), checked as Go does it.
struct Bounds {
    lo: i64,
    hi: i64,
    max: i64,
}

/// `what`: limits are an array's or string's length, not a capacity.
unsafe fn bounds(base: Base, i: &Unit, len: i64, cap: i64, array: bool) -> Result<Bounds, Fault> {
    let (has_hi, has_max, has_lo) = (i.d & 1 != 0, i.d & 2 != 0, i.d & 4 != 0);
    // SAFETY: the verifier bounds the registers that the flags name.
    let (lo, hi, max) = unsafe {
        (
            if has_lo { ri(base, i.c) } else { 0 },
            if has_hi { *at(base, i.c).add(1) as i64 } else { len },
            if has_max { *at(base, i.c).add(2) as i64 } else { cap },
        )
    };
    if has_max {
        if max as u64 > cap as u64 {
            return Err(if array { Fault::slice3_len(max, cap) } else { Fault::slice3_cap(max, cap) });
        }
        if hi as u64 > max as u64 {
            return Err(Fault::slice3_high(hi, max));
        }
        if lo as u64 > hi as u64 {
            return Err(Fault::slice3_low(lo, hi));
        }
    } else {
        if hi as u64 > cap as u64 {
            return Err(if array { Fault::slice_len(hi, cap) } else { Fault::slice_cap(hi, cap) });
        }
        if lo as u64 > hi as u64 {
            return Err(Fault::slice_order(lo, hi));
        }
    }
    Ok(Bounds { lo, hi, max })
}

/// Stores the slice; one without room keeps its base address, so that it does not point behind its object.
unsafe fn set_slice(to: Base, ptr: u64, b: Bounds, stride: u64) {
    let room = b.max - b.lo;
    // SAFETY: three registers.
    unsafe {
        *to = if room == 0 { ptr } else { ptr + b.lo as u64 * stride };
        *to.add(1) = (b.hi - b.lo) as u64;
        *to.add(2) = room as u64;
    }
}

handlers! { [pc base p i]
    SliceS {
        let s = at(base, i.b);
        let (ptr, len, cap) = (*s, *s.add(1), *s.add(2));
        let with = at(base, i.c);
        let lo = if i.d & 4 != 0 { *with } else { 0 };
        let hi = if i.d & 1 != 0 { *with.add(1) } else { len };
        let max = if i.d & 2 != 0 { *with.add(2) } else { cap };
        if max > cap || hi > max || lo > hi { std::hint::cold_path(); pc = pc.sub(1); return SliceFault(pc, base, p) }
        let to = at(base, i.a);
        *to = if max == lo { ptr } else { ptr + lo * (*pc).ab() as u64 };
        *to.add(1) = hi - lo;
        *to.add(2) = max - lo;
        pc = pc.add(1);
    }
}

/// A string of a few bytes from an address goes to a register; otherwise the general form has to make it.
macro_rules! few {
    ($pc:ident $base:ident $p:ident $i:ident, $from:expr, $n:expr, $any:ident) => {{
        let n: u64 = $n;
        // Shorter ones are made in advance, longer ones are not few.
        let s = if n.wrapping_sub(2) > FEW as u64 - 2 { 0 } else { string::few_uninit($p, n as usize) };
        if s == 0 {
            std::hint::cold_path();
            $pc = $pc.sub(1);
            return $any($pc, $base, $p);
        }
        copy_few($from, (s as *mut u64).add(1) as *mut u8, n as usize);
        w($base, $i.a, s);
    }};
}
handlers! { [pc base p i]
    SliceStr {
        let s = r(base, i.b);
        let len = if s == 0 { 0 } else { *(s as *const u64).sub(1) >> 24 };
        let with = at(base, i.c);
        let lo = if i.d & 4 != 0 { *with } else { 0 };
        let hi = if i.d & 1 != 0 { *with.add(1) } else { len };
        if s == 0 || hi > len || lo > hi { std::hint::cold_path(); pc = pc.sub(1); return SliceStrAny(pc, base, p) }
        if hi - lo == len {
            w(base, i.a, s);
        } else if hi - lo > FEW as u64 {
            let view = string::view_at_hand(p, (*(s as *const u64) as *const u8).add(lo as usize), (hi - lo) as usize);
            if view == 0 { std::hint::cold_path(); pc = pc.sub(1); return SliceStrAny(pc, base, p) }
            w(base, i.a, view);
        } else {
            few!(pc base p i, (*(s as *const u64) as *const u8).add(lo as usize), hi - lo, SliceStrAny)
        }
    }
    // A view that lies in the frame: nobody keeps it, and what it shows is alive as long as its address is in a register.
    PartS {
        let s = r(base, i.b);
        let len = if s == 0 { 0 } else { *(s as *const u64).sub(1) >> 24 };
        let with = at(base, i.c);
        let lo = if i.d & 4 != 0 { *with } else { 0 };
        let hi = if i.d & 1 != 0 { *with.add(1) } else { len };
        if hi > len || lo > hi { std::hint::cold_path(); pc = pc.sub(1); return SliceStrAny(pc, base, p) }
        let to = at(base, i.a);
        if lo == hi {
            *to = 0;
        } else {
            *to.add(2) = *(s as *const u64) + lo;
            *to.add(1) = Header::new(STRVIEW, hi - lo).0;
            *to = to.add(2) as u64;
        }
    }
    PartB {
        let s = at(base, i.b);
        let (ptr, len) = (*s, *s.add(1));
        let to = at(base, i.a);
        if len == 0 {
            *to = 0;
        } else {
            *to.add(2) = ptr;
            *to.add(1) = Header::new(STRVIEW, len).0;
            *to = to.add(2) as u64;
        }
    }
    ViewS {
        let (ptr, len) = string::str_parts(r(base, i.b));
        *(at(base, i.a) as *mut [u64; 3]) = [ptr as u64, len as u64, len as u64];
    }
    BytesToStr {
        let s = at(base, i.b);
        few!(pc base p i, *s as *const u8, *s.add(1), BytesToStrAny)
    }
}

/// A text of a few bytes from an address, when a cell is at hand; else 0.
unsafe fn few_bytes(p: *mut P, from: *const u8, n: u64) -> u64 {
    // SAFETY: so many bytes lie there.
    unsafe {
        let s = if n.wrapping_sub(2) > FEW as u64 - 2 { 0 } else { string::few_uninit(p, n as usize) };
        if s != 0 {
            copy_few(from, (s as *mut u64).add(1) as *mut u8, n as usize);
        }
        s
    }
}

/// What the handlers above do, for machine code: see `gol_jit::Helper::Work`.
pub(crate) unsafe extern "C" fn slice_str(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `SliceStr`.
    unsafe {
        let i = &*pc;
        let s = r(base, i.b);
        let (bytes, len) = string::str_parts(s);
        let (len, with) = (len as u64, at(base, i.c));
        let lo = if i.d & 4 != 0 { *with } else { 0 };
        let hi = if i.d & 1 != 0 { *with.add(1) } else { len };
        if hi > len || lo > hi {
            return SliceStrAny::work(pc, base, p);
        }
        let (from, n) = (bytes.add(lo as usize), hi - lo);
        let part = match n {
            _ if n == len => s,
            _ if n > FEW as u64 => string::view_at_hand(p, from, n as usize),
            _ => few_bytes(p, from, n),
        };
        if part == 0 {
            return SliceStrAny::work(pc, base, p);
        }
        w(base, i.a, part);
        true
    }
}
pub(crate) unsafe extern "C" fn swap_elements(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `SwpElem`.
    unsafe {
        let i = &*pc;
        let [ptr, len, stride] = *(at(base, i.a) as *const [u64; 3]);
        let (x, y) = (r(base, i.b), r(base, i.c));
        if x >= len || y >= len || is_marking(p) {
            return SwpElemAny::work(pc, base, p);
        }
        match stride {
            8 => exchange::<1>(ptr, x, y),
            16 => exchange::<2>(ptr, x, y),
            24 => exchange::<3>(ptr, x, y),
            32 => exchange::<4>(ptr, x, y),
            _ => return SwpElemAny::work(pc, base, p),
        }
        true
    }
}
pub(crate) unsafe extern "C" fn bytes_to_str(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `BytesToStr`.
    unsafe {
        let i = &*pc;
        let s = at(base, i.b);
        let text = few_bytes(p, *s as *const u8, *s.add(1));
        if text == 0 {
            return BytesToStrAny::work(pc, base, p);
        }
        w(base, i.a, text);
        true
    }
}
pub(crate) unsafe extern "C" fn append_str(pc: Pc, base: Base, p: *mut P) -> bool {
    // SAFETY: `pc` is a verified `AppendStr`.
    unsafe {
        let i = &*pc;
        let s = at(base, i.a);
        let len = *s.add(1);
        let (bytes, n) = string::str_parts(r(base, i.b));
        if n == 0 || n > FEW || *s.add(2) - len < n as u64 {
            return AppendStrAny::work(pc, base, p);
        }
        copy_few(bytes, (*s + len) as *mut u8, n);
        *s.add(1) = len + n as u64;
        true
    }
}

slow_ops! { [pc base p i]
    // While a cycle marks: see `memory.rs`.
    StIdxPMarking {
        let to = (r(base, i.a) as *mut u64).add(r(base, i.b) as usize);
        barrier(p, to, 1);
        *to = r(base, i.c);
    }
    StIdxNMarking {
        let n = i.d as usize;
        let to = (r(base, i.a) as *mut u64).add(r(base, i.b) as usize * n);
        barrier(p, to, n);
        std::ptr::copy_nonoverlapping(at(base, i.c), to, n);
    }
    // Says what is wrong.
    SliceFault + 1 {
        let s = at(base, i.b);
        bounds(base, i, *s.add(1) as i64, *s.add(2) as i64, false)?;
    }
    SliceStrAny {
        let s = r(base, i.b);
        let len = string::str_len(s) as i64;
        let b = bounds(base, i, len, len, true)?;
        let sub = string::substr(p, s, b.lo as usize, b.hi as usize)?;
        w(base, i.a, sub);
    }
    SliceArr + 1 {
        let ptr = r(base, i.b);
        if ptr == 0 {
            return Err(Fault::nil());
        }
        let len = (*pc).cd() as i64;
        let b = bounds(base, i, len, len, true)?;
        set_slice(at(base, i.a), ptr, b, (*pc).ab() as u64);
    }
    AppendV {
        slice::append_value(p, at(base, i.a), at(base, i.c), i.b as u64, i.d as u32)?;
    }
    AppendS {
        slice::append_slice(p, at(base, i.a), at(base, i.b), i.d as u32)?;
    }
    AppendRune {
        let (bytes, n) = string::encode_rune(ri(base, i.b));
        slice::append_bytes(p, at(base, i.a), &bytes[..n], i.d as u32)?;
    }
    AppendStrAny {
        slice::append_str(p, at(base, i.a), r(base, i.b), i.d as u32)?;
    }
    CopyS { w(base, i.a, slice::copy_slice(p, at(base, i.b), at(base, i.c), i.d as u32)); }
    CopyStr { w(base, i.a, slice::copy_str(at(base, i.b), r(base, i.c))); }
    MakeSlice {
        slice::make_slice(p, ri(base, i.b), ri(base, i.c), i.d as u32, at(base, i.a))?;
    }
    SwpElemAny { slice::swap_elements(p, *(at(base, i.a) as *const [u64; 3]), r(base, i.b), r(base, i.c))?; }
    ClearS { slice::clear_slice(p, at(base, i.a), i.d as u32); }

    Concat {
        w(base, i.a, string::concat(p, at(base, i.b), i.c as usize)?);
    }
    StrToBytes {
        string::str_to_bytes(p, r(base, i.b), i.d as u32, at(base, i.a))?;
    }
    BytesToStrAny {
        w(base, i.a, string::bytes_to_str(p, at(base, i.b))?);
    }
    StrToRunes {
        string::str_to_runes(p, r(base, i.b), i.d as u32, at(base, i.a))?;
    }
    RunesToStr {
        w(base, i.a, string::runes_to_str(p, at(base, i.b))?);
    }
    RuneToStr {
        w(base, i.a, string::rune_to_str(p, ri(base, i.b))?);
    }
}

/// The byte at the index of a range, when there is one.
macro_rules! next_byte {
    ($base:ident $i:ident) => {{
        let (s, k) = (r($base, $i.a), r($base, $i.b));
        (s != 0 && k < *(s as *const u64).sub(1) >> 24).then(|| *(*(s as *const u64) as *const u8).add(k as usize))
    }};
}

// The ways for what is not ASCII call a function, so they lie apart.
handlers! { [pc base p i]
    RangeStr {
        let off = (*pc).ab() as i32 as isize;
        match next_byte!(base i) {
            Some(byte) if byte < 0x80 => {
                *at(base, i.c).add(1) = r(base, i.b) + 1;
                w(base, i.c, byte as u64);
                pc = pc.add(1);
            }
            Some(_) => {
                std::hint::cold_path();
                pc = pc.sub(1);
                return RangeStrWide(pc, base, p)
            }
            None => pc = pc.add(1).offset(off),
        }
    }
    RangeStrB {
        let off = (*pc).ab() as i32 as isize;
        match next_byte!(base i) {
            Some(byte) if byte < 0x80 => {
                *at(base, i.c).add(1) = r(base, i.b) + 1;
                w(base, i.c, byte as u64);
                pc = pc.add(1).offset(off);
                if guard(p) == 0 {
                    std::hint::cold_path();
                    return poll_back(pc, base, p)
                }
            }
            Some(_) => {
                std::hint::cold_path();
                pc = pc.sub(1);
                return RangeStrWideB(pc, base, p)
            }
            None => pc = pc.add(1),
        }
    }
    RangeStrWide {
        range_rune(r(base, i.a), r(base, i.b), at(base, i.c));
        pc = pc.add(1);
    }
    RangeStrWideB {
        range_rune(r(base, i.a), r(base, i.b), at(base, i.c));
        pc = pc.add(1).offset((*pc).ab() as i32 as isize);
        if guard(p) == 0 {
            std::hint::cold_path();
            return poll_back(pc, base, p)
        }
    }
}

#[inline(never)]
unsafe fn range_rune(s: u64, k: u64, out: Base) {
    // SAFETY: `k` is below the string's length; two registers at `out`.
    unsafe {
        let (rune, next) = string::range_str(s, k as usize);
        *out = rune as i64 as u64;
        *out.add(1) = next as u64;
    }
}

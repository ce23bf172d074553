//! What neighbouring instructions do, in one. *(unsafe: see `code.rs`, `memory.rs`, `slice.rs` for what operands are)*
use crate::code::*;
use crate::unwind::{
    fault_index_arr_b, fault_index_arr_c, fault_index_arr2_ld, fault_index_arr2_st, fault_index_cd,
    fault_index_fld_str, fault_index_ld, fault_index_ldc, fault_index_ldk, fault_index_st, fault_index_stc,
    fault_index_stk, fault_index_strk, fault_nil,
};

/// The address of word `$off` behind the pointer in a register.
macro_rules! word {
    ($pc:ident $base:ident $p:ident, $ptr:expr, $off:expr) => {{
        let at = r($base, $ptr);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        (at as *mut u64).add($off as usize)
    }};
}
/// The address of an element of a slice in registers.
macro_rules! elem {
    ($pc:ident $base:ident $p:ident, $s:expr, $k:expr, $fault:ident) => {{
        let k: u64 = $k;
        if k >= *at($base, $s).add(1) {
            std::hint::cold_path();
            return $fault($pc, $base, $p);
        }
        (r($base, $s) as *mut u64).add(k as usize)
    }};
}
/// Adds without a branch: what decides is often as good as random.
#[inline(always)]
unsafe fn inc_if(base: Base, a: u16, holds: bool, by: u16) {
    // SAFETY: registers are verified; see `code.rs`.
    unsafe { w(base, a, r(base, a).wrapping_add((by as i16 as i64 & -(holds as i64)) as u64)) };
}
macro_rules! f {
    ($at:expr) => {
        f64::from_bits(*$at)
    };
}

handlers! { [pc base p i]
    Mov2 {
        w(base, i.a, r(base, i.b));
        w(base, i.c, r(base, i.d));
    }
    AddZ32 { w(base, i.a, (r(base, i.b) as u32).wrapping_add(r(base, i.c) as u32) as u64); }
    SubZ32 { w(base, i.a, (r(base, i.b) as u32).wrapping_sub(r(base, i.c) as u32) as u64); }
    MulZ32 { w(base, i.a, (r(base, i.b) as u32).wrapping_mul(r(base, i.c) as u32) as u64); }
    AddKZ32 { w(base, i.a, (r(base, i.b) as u32).wrapping_add(i.c as i16 as u32) as u64); }
    ShlKZ32 { w(base, i.a, (r(base, i.b) << (i.c & 63)) as u32 as u64); }
    AddKZ8 { w(base, i.a, (r(base, i.b) as u8).wrapping_add(i.c as u8) as u64); }
    RotLK { w(base, i.a, r(base, i.b).rotate_left(i.c as u32)); }
    RotLK32 { w(base, i.a, (r(base, i.b) as u32).rotate_left(i.c as u32) as u64); }
    MulAddI { w(base, i.a, r(base, i.b).wrapping_mul(r(base, i.c)).wrapping_add(r(base, i.d))); }
    MulKAddI { w(base, i.a, r(base, i.b).wrapping_mul(i.d as i16 as i64 as u64).wrapping_add(r(base, i.c))); }
    AddI3 { w(base, i.a, r(base, i.b).wrapping_add(r(base, i.c)).wrapping_add(r(base, i.d))); }
    AddIK { w(base, i.a, r(base, i.b).wrapping_add(r(base, i.c)).wrapping_add(i.d as i16 as i64 as u64)); }
    SubIK { w(base, i.a, r(base, i.b).wrapping_sub(r(base, i.c)).wrapping_add(i.d as i16 as i64 as u64)); }
    MulFAddF { wf(base, i.a, rf(base, i.b) * rf(base, i.c) + rf(base, i.d)); }
    MulFAddF32 { wf32(base, i.a, rf32(base, i.b) * rf32(base, i.c) + rf32(base, i.d)); }
    MulFSubF { wf(base, i.a, rf(base, i.b) * rf(base, i.c) - rf(base, i.d)); }

    MinI { w(base, i.a, ri(base, i.b).min(ri(base, i.c)) as u64); }
    MaxI { w(base, i.a, ri(base, i.b).max(ri(base, i.c)) as u64); }
    IncNz { inc_if(base, i.a, r(base, i.b) != 0, i.c); }
    IncZ { inc_if(base, i.a, r(base, i.b) == 0, i.c); }
    IncEqK { inc_if(base, i.a, ri(base, i.b) == i.c as i16 as i64, i.d); }
    IncNeK { inc_if(base, i.a, ri(base, i.b) != i.c as i16 as i64, i.d); }
    IncLtI { inc_if(base, i.a, ri(base, i.b) < ri(base, i.c), i.d); }
    IncLeI { inc_if(base, i.a, ri(base, i.b) <= ri(base, i.c), i.d); }

    LdWW {
        let row = *word!(pc base p, i.b, i.c);
        if row == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        w(base, i.a, *(row as *const u64).add(i.d as usize));
    }
    IncM {
        let at = word!(pc base p, i.a, i.c);
        *at = (*at).wrapping_add(i.b as i16 as i64 as u64);
    }
    AddM {
        let at = word!(pc base p, i.a, i.c);
        *at = (*at).wrapping_add(r(base, i.b));
    }
    AddMF {
        let at = word!(pc base p, i.a, i.c);
        *at = (f!(at) + rf(base, i.b)).to_bits();
    }
    AddLdW { let at = word!(pc base p, i.c, i.d); w(base, i.a, r(base, i.b).wrapping_add(*at)); }
    SubLdW { let at = word!(pc base p, i.c, i.d); w(base, i.a, r(base, i.b).wrapping_sub(*at)); }
    AddLdF { let at = word!(pc base p, i.c, i.d); wf(base, i.a, rf(base, i.b) + f!(at)); }
    SubLdF { let at = word!(pc base p, i.c, i.d); wf(base, i.a, rf(base, i.b) - f!(at)); }
    MulLdF { let at = word!(pc base p, i.c, i.d); wf(base, i.a, rf(base, i.b) * f!(at)); }

    LdIdxKW {
        let k = r(base, i.c).wrapping_add(i.d as i16 as i64 as u64);
        w(base, i.a, *elem!(pc base p, i.b, k, fault_index_ldk));
    }
    LdIdxKU8 {
        let k = r(base, i.c).wrapping_add(i.d as i16 as i64 as u64);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ldk(pc, base, p) }
        w(base, i.a, *(r(base, i.b) as *const u8).add(k as usize) as u64);
    }
    LdIdxKS {
        let (s, k) = (r(base, i.b), r(base, i.c).wrapping_add(i.d as i16 as i64 as u64));
        if s == 0 || k >= *(s as *const u64).sub(1) >> 24 { std::hint::cold_path(); return fault_index_strk(pc, base, p) }
        w(base, i.a, *(*(s as *const u64) as *const u8).add(k as usize) as u64);
    }
    LdFldIdxS {
        let at = r(base, i.b);
        if at == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let (s, k) = (*(at as *const u64).add(i.c as usize), *(at as *const u64).add(i.d as usize));
        if s == 0 || k >= *(s as *const u64).sub(1) >> 24 { std::hint::cold_path(); return fault_index_fld_str(pc, base, p) }
        w(base, i.a, *(*(s as *const u64) as *const u8).add(k as usize) as u64);
    }
    StIdxKW {
        let k = r(base, i.b).wrapping_add(i.d as i16 as i64 as u64);
        *elem!(pc base p, i.a, k, fault_index_stk) = r(base, i.c);
    }
    AddIdx {
        let at = elem!(pc base p, i.c, r(base, i.d), fault_index_cd);
        w(base, i.a, r(base, i.b).wrapping_add(*at));
    }
    AddIdxU8 {
        let k = r(base, i.d);
        if k >= *at(base, i.c).add(1) { std::hint::cold_path(); return fault_index_cd(pc, base, p) }
        w(base, i.a, r(base, i.b).wrapping_add(*(r(base, i.c) as *const u8).add(k as usize) as u64));
    }
    AddIdxF { let at = elem!(pc base p, i.c, r(base, i.d), fault_index_cd); wf(base, i.a, rf(base, i.b) + f!(at)); }
    MulIdxF { let at = elem!(pc base p, i.c, r(base, i.d), fault_index_cd); wf(base, i.a, rf(base, i.b) * f!(at)); }
    MulAddIdxF {
        let at = elem!(pc base p, i.c, r(base, i.d), fault_index_cd);
        wf(base, i.a, rf(base, i.a) + rf(base, i.b) * f!(at));
    }
    IncIdx {
        let at = elem!(pc base p, i.a, r(base, i.b), fault_index_st);
        *at = (*at).wrapping_add(i.c as i16 as i64 as u64);
    }
    AddIdxM {
        let at = elem!(pc base p, i.a, r(base, i.b), fault_index_st);
        *at = (*at).wrapping_add(r(base, i.c));
    }
    AddIdxMF {
        let at = elem!(pc base p, i.a, r(base, i.b), fault_index_st);
        *at = (f!(at) + rf(base, i.c)).to_bits();
    }
    LdIdxFld {
        let k = r(base, i.c);
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ld(pc, base, p) }
        let word = k as usize * (i.d >> 8) as usize + (i.d & 255) as usize;
        w(base, i.a, *(r(base, i.b) as *const u64).add(word));
    }
    StIdxFld {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        let word = k as usize * (i.d >> 8) as usize + (i.d & 255) as usize;
        *(r(base, i.a) as *mut u64).add(word) = r(base, i.c);
    }

    LdIdxC {
        let k = i.c as u64;
        if k >= *at(base, i.b).add(1) { std::hint::cold_path(); return fault_index_ldc(pc, base, p) }
        w(base, i.a, *(r(base, i.b) as *const u64).add(k as usize));
    }
    StIdxC {
        let k = i.b as u64;
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_stc(pc, base, p) }
        *(r(base, i.a) as *mut u64).add(k as usize) = r(base, i.c);
    }
    JnzIdx8 {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        let off = (*pc).ab() as i32 as isize;
        pc = pc.add(1);
        if *(r(base, i.a) as *const u8).add(k as usize) != 0 {
            pc = pc.offset(off);
        }
    }
    JzIdx8 {
        let k = r(base, i.b);
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        let off = (*pc).ab() as i32 as isize;
        pc = pc.add(1);
        if *(r(base, i.a) as *const u8).add(k as usize) == 0 {
            pc = pc.offset(off);
        }
    }
    CpyIdxW {
        let from = elem!(pc base p, i.c, r(base, i.d), fault_index_cd);
        *elem!(pc base p, i.a, r(base, i.b), fault_index_st) = *from;
    }
    SwpIdxW {
        let (x, y) = (elem!(pc base p, i.a, r(base, i.b), fault_index_st), elem!(pc base p, i.c, r(base, i.d), fault_index_cd));
        let (u, v) = (*x, *y);
        *x = v;
        *y = u;
    }
    SwpIdx8 {
        let (k, l) = (r(base, i.b), r(base, i.d));
        if k >= *at(base, i.a).add(1) { std::hint::cold_path(); return fault_index_st(pc, base, p) }
        if l >= *at(base, i.c).add(1) { std::hint::cold_path(); return fault_index_cd(pc, base, p) }
        let (x, y) = ((r(base, i.a) as *mut u8).add(k as usize), (r(base, i.c) as *mut u8).add(l as usize));
        let (u, v) = (*x, *y);
        *x = v;
        *y = u;
    }
    MulAddMF {
        let at = word!(pc base p, i.a, i.d);
        *at = (f!(at) + rf(base, i.b) * rf(base, i.c)).to_bits();
    }
    MulSubMF {
        let at = word!(pc base p, i.a, i.d);
        *at = (f!(at) - rf(base, i.b) * rf(base, i.c)).to_bits();
    }

    RetK {
        let v = i.cd() as i32 as i64 as u64;
        pc = *base.sub(1) as Pc;
        *base = v;
        base = base.sub((*pc.sub(1)).a as usize + 1);
    }
    // As Call; the data unit holds the move, too.
    CallMov {
        let data = &*pc;
        w(base, data.c, r(base, data.b));
        let nb = at(base, i.a).add(1);
        if nb.byte_add(frame_bytes(data.h as Pc)) as usize > guard(p) {
            std::hint::cold_path();
            return crate::handlers::call::enter_call(pc, base, p)
        }
        *nb.sub(1) = pc.add(1) as u64;
        base = nb;
        pc = data.h as Pc;
    }
}

/// Elements of arrays of packed elements in memory.
macro_rules! arrays {
    ($($ld:ident $t:ty as $via:ty;)* / $($st:ident $s:ty;)*) => { handlers! { [pc base p i]
        $($ld {
            let from = r(base, i.b);
            if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            let k = r(base, i.c);
            if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_c(pc, base, p) }
            w(base, i.a, *(from as *const $t).add(k as usize) as $via as u64);
        })*
        $($st {
            let to = r(base, i.a);
            if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            let k = r(base, i.b);
            if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_b(pc, base, p) }
            *(to as *mut $s).add(k as usize) = r(base, i.c) as $s;
        })*
    } };
}
arrays! { LdArrU8 u8 as u64; LdArrU32 u32 as u64; LdArrI32 i32 as i64; / StArr8 u8; StArr32 u32; }

/// Elements of arrays of arrays.
macro_rules! arrays2 {
    ($($ld:ident $st:ident $t:ty;)*) => { handlers! { [pc base p i] $(
        $ld {
            let data = &*pc;
            let from = r(base, i.b);
            if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            let (k, j) = (r(base, i.c), r(base, i.d));
            if k >= data.a as u64 || j >= data.c as u64 {
                std::hint::cold_path();
                return fault_index_arr2_ld(pc, base, p)
            }
            w(base, i.a, *((from + k * data.b as u64) as *const $t).add(j as usize) as u64);
            pc = pc.add(1);
        }
        $st {
            let data = &*pc;
            let to = r(base, i.a);
            if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            let (k, j) = (r(base, i.b), r(base, i.c));
            if k >= data.a as u64 || j >= data.c as u64 {
                std::hint::cold_path();
                return fault_index_arr2_st(pc, base, p)
            }
            *((to + k * data.b as u64) as *mut $t).add(j as usize) = r(base, i.d) as $t;
            pc = pc.add(1);
        }
    )* } };
}
arrays2! { LdArr2W StArr2W u64; LdArr2U8 StArr28 u8; }

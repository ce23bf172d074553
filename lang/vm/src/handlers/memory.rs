//! Memory through pointers, and allocation. *(unsafe: a pointer of the machine is nil or points into a live object; see `code.rs` for
//! register access)*
use crate::code::*;
use crate::handlers::table::MkIface;
use crate::object::{self, next_cell, publish};
use crate::unwind::{fault_index_arr_b, fault_index_arr_c, fault_index_chk, fault_nil};
use gol_runtime::ops::{barrier, is_marking};

macro_rules! load {
    ($pc:ident $base:ident $p:ident $i:ident $t:ty) => {{
        let at = r($base, $i.b);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        *((at + $i.c as u64 * 8) as *const $t)
    }};
}
macro_rules! store {
    ($pc:ident $base:ident $p:ident $i:ident $t:ty) => {{
        let at = r($base, $i.a);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        *((at + $i.c as u64 * 8) as *mut $t) = r($base, $i.b) as $t;
    }};
}

handlers! { [pc base p i]
    LdW { let v = load!(pc base p i u64); w(base, i.a, v); }
    LdU8 { let v = load!(pc base p i u8); w(base, i.a, v as u64); }
    LdI8 { let v = load!(pc base p i i8); w(base, i.a, v as i64 as u64); }
    LdU16 { let v = load!(pc base p i u16); w(base, i.a, v as u64); }
    LdI16 { let v = load!(pc base p i i16); w(base, i.a, v as i64 as u64); }
    LdU32 { let v = load!(pc base p i u32); w(base, i.a, v as u64); }
    LdI32 { let v = load!(pc base p i i32); w(base, i.a, v as i64 as u64); }
    LdN {
        let from = r(base, i.b);
        if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        std::ptr::copy_nonoverlapping((from as *const u64).add(i.c as usize), at(base, i.a), i.d as usize);
    }
    StW { store!(pc base p i u64); }
    StP {
        let to = r(base, i.a);
        if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StPMarking(pc, base, p) }
        *(to as *mut u64).add(i.c as usize) = r(base, i.b);
    }
    St8 { store!(pc base p i u8); }
    St16 { store!(pc base p i u16); }
    St32 { store!(pc base p i u32); }
    StN {
        let to = r(base, i.a);
        if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        std::ptr::copy_nonoverlapping(at(base, i.b), (to as *mut u64).add(i.c as usize), i.d as usize);
    }
    StNP {
        let to = r(base, i.a);
        if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StNPMarking(pc, base, p) }
        std::ptr::copy_nonoverlapping(at(base, i.b), (to as *mut u64).add(i.c as usize), i.d as usize);
    }
    Lea {
        let at = r(base, i.b);
        if at == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        w(base, i.a, at + i.c as u64 * 8);
    }
    ChkNil { if r(base, i.a) == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) } }
    CopyMem {
        let (to, from) = (r(base, i.a), r(base, i.b));
        if to == 0 || from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return CopyMemMarking(pc, base, p) }
        object::torn::move_words(from as *const u64, to as *mut u64, (*pc).ab() as usize);
        pc = pc.add(1);
    }

    LdArrW {
        let from = r(base, i.b);
        if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let k = r(base, i.c);
        if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_c(pc, base, p) }
        w(base, i.a, *(from as *const u64).add(k as usize));
    }
    StArrW {
        let to = r(base, i.a);
        if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let k = r(base, i.b);
        if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_b(pc, base, p) }
        if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StArrWMarking(pc, base, p) }
        *(to as *mut u64).add(k as usize) = r(base, i.c);
    }
    LeaArr {
        let from = r(base, i.b);
        if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
        let k = r(base, i.c);
        if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_c(pc, base, p) }
        w(base, i.a, from + k * (*pc).ab() as u64);
        pc = pc.add(1);
    }
    LdRegW {
        let k = r(base, i.c);
        if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_c(pc, base, p) }
        w(base, i.a, *at(base, i.b).add(k as usize));
    }
    StRegW {
        let k = r(base, i.b);
        if k >= i.d as u64 { std::hint::cold_path(); return fault_index_arr_b(pc, base, p) }
        *at(base, i.a).add(k as usize) = r(base, i.c);
    }
    ChkIdx {
        if r(base, i.a) >= (*pc).ab() as u64 { std::hint::cold_path(); return fault_index_chk(pc, base, p) }
        pc = pc.add(1);
    }
}

/// Copies of a few words without a call: the loader puts them in the place of `LdN`, `StN` and `StNP`.
macro_rules! few {
    ($($ld:ident $st:ident $n:literal)*) => { handlers! { [pc base p i] $(
        $ld {
            let from = r(base, i.b);
            if from == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            *(at(base, i.a) as *mut [u64; $n]) = *((from as *const u64).add(i.c as usize) as *const [u64; $n]);
        }
        $st {
            let to = r(base, i.a);
            if to == 0 { std::hint::cold_path(); return fault_nil(pc, base, p) }
            if is_marking(p) { std::hint::cold_path(); pc = pc.sub(1); return StNPMarking(pc, base, p) }
            *((to as *mut u64).add(i.c as usize) as *mut [u64; $n]) = *(at(base, i.b) as *const [u64; $n]);
        }
    )* } };
}
// Stores while a cycle marks: what is overwritten goes to the marker. Pointers and indices are checked already.
slow_ops! { [pc base p i]
    StPMarking {
        let to = (r(base, i.a) as *mut u64).add(i.c as usize);
        barrier(p, to, 1);
        *to = r(base, i.b);
    }
    StNPMarking {
        let to = (r(base, i.a) as *mut u64).add(i.c as usize);
        barrier(p, to, i.d as usize);
        std::ptr::copy_nonoverlapping(at(base, i.b), to, i.d as usize);
    }
    StArrWMarking {
        let to = (r(base, i.a) as *mut u64).add(r(base, i.b) as usize);
        barrier(p, to, 1);
        *to = r(base, i.c);
    }
    CopyMemMarking + 1 {
        let (to, n) = (r(base, i.a) as *mut u64, (*pc).ab() as usize);
        barrier(p, to, n);
        object::torn::move_words(r(base, i.b) as *const u64, to, n);
    }
}

few! { LdN2 StN2 2 LdN3 StN3 3 LdN4 StN4 4 }

handlers! { [pc base p i]
    // `New` of a small object: the loader put its size in words into b and its kind into the top byte of d.
    NewSmall {
        let cell = next_cell(p, (i.d >> 8) as usize, i.b as usize);
        if cell.is_null() { std::hint::cold_path(); pc = pc.sub(1); return New(pc, base, p) }
        *cell = (i.cd() & 0xff_ffff) as u64 | 1 << 24;
        publish();
        w(base, i.a, cell.add(1) as u64);
    }
    // `MkIface` of a boxed type of one word.
    BoxSmall {
        let cell = next_cell(p, (i.d >> 8) as usize, 2);
        if cell.is_null() { std::hint::cold_path(); pc = pc.sub(1); return MkIface(pc, base, p) }
        *cell = (i.cd() & 0xff_ffff) as u64 | 1 << 24;
        *cell.add(1) = r(base, i.b);
        publish();
        w(base, i.a, cell.add(1) as u64);
    }
}

slow_ops! { [pc base p i]
    New {
        let obj = object::alloc(p, i.cd() & 0xff_ffff, 1)?;
        w(base, i.a, obj as u64);
    }
    NewArr + 1 {
        let obj = object::alloc(p, i.cd(), (*pc).ab() as u64)?;
        w(base, i.a, obj as u64);
    }
    MkClosure + 1 {
        // The loader put the function's code address into the data unit.
        let (code, n) = ((*pc).h, (*pc).a);
        let obj = object::alloc(p, gol_bytecode::desc::CLOSURE, n as u64)?;
        *obj = code as u64;
        std::ptr::copy_nonoverlapping(at(base, i.b), obj.add(1), n as usize);
        w(base, i.a, obj as u64);
    }
}

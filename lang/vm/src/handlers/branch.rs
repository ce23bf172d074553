//! Comparisons and branches. A branch whose name ends in `B` goes backward and polls: one test of the guard word, fused into it.
//! *(unsafe: see `code.rs`; the verifier bounds branch targets)*
#![allow(clippy::neg_cmp_op_on_partial_ord)] // NaN must jump
use crate::code::*;
use crate::object::{iface, string};
use crate::unwind::{fault_nil, poll_back};

macro_rules! jump {
    ($pc:ident $i:ident $cond:expr) => {
        if $cond {
            $pc = $pc.offset($i.cd() as i32 as isize);
        }
    };
}
macro_rules! jump_back {
    ($pc:ident $base:ident $p:ident $cond:expr, $off:expr) => {
        if $cond {
            $pc = $pc.offset($off);
            if guard($p) == 0 {
                std::hint::cold_path();
                return poll_back($pc, $base, $p);
            }
        }
    };
}
macro_rules! branches {
    ([$pc:ident $base:ident $p:ident $i:ident] $($fwd:ident $back:ident $cond:block)*) => {
        handlers! { [$pc $base $p $i] $(
            $fwd { jump!($pc $i $cond); }
            $back { jump_back!($pc $base $p $cond, $i.cd() as i32 as isize); }
        )* }
    };
}

/// The word at a + 8b.
macro_rules! word {
    ($pc:ident $base:ident $p:ident $i:ident) => {{
        let at = r($base, $i.a);
        if at == 0 {
            std::hint::cold_path();
            return fault_nil($pc, $base, $p);
        }
        *(at as *const u64).add($i.b as usize)
    }};
}

/// A string's length is in its header, the word before it; see ARCHITECTURE.md.
#[inline(always)]
unsafe fn str_len(s: u64) -> i64 {
    // SAFETY: 0 or a string.
    unsafe { if s == 0 { 0 } else { (*(s as *const u64).sub(1) >> 24) as i64 } }
}

branches! { [pc base p i]
    Jmp JmpB { true }
    Jnz JnzB { r(base, i.a) != 0 }
    Jz JzB { r(base, i.a) == 0 }
    JeqW JeqWB { r(base, i.a) == r(base, i.b) }
    JneW JneWB { r(base, i.a) != r(base, i.b) }
    JltI JltIB { ri(base, i.a) < ri(base, i.b) }
    JleI JleIB { ri(base, i.a) <= ri(base, i.b) }
    JltU JltUB { r(base, i.a) < r(base, i.b) }
    JleU JleUB { r(base, i.a) <= r(base, i.b) }
    JeqK JeqKB { ri(base, i.a) == i.b as i16 as i64 }
    JneK JneKB { ri(base, i.a) != i.b as i16 as i64 }
    JltK JltKB { ri(base, i.a) < i.b as i16 as i64 }
    JleK JleKB { ri(base, i.a) <= i.b as i16 as i64 }
    JgtK JgtKB { ri(base, i.a) > i.b as i16 as i64 }
    JgeK JgeKB { ri(base, i.a) >= i.b as i16 as i64 }
    JeqF JeqFB { rf(base, i.a) == rf(base, i.b) }
    JneF JneFB { rf(base, i.a) != rf(base, i.b) }
    JltF JltFB { rf(base, i.a) < rf(base, i.b) }
    JleF JleFB { rf(base, i.a) <= rf(base, i.b) }
    JnltF JnltFB { !(rf(base, i.a) < rf(base, i.b)) }
    JnleF JnleFB { !(rf(base, i.a) <= rf(base, i.b)) }
    JtstK JtstKB { ri(base, i.a) & i.b as i16 as i64 != 0 }
    JntstK JntstKB { ri(base, i.a) & i.b as i16 as i64 == 0 }
    JgeLenS JgeLenSB { ri(base, i.a) >= str_len(r(base, i.b)) }
    JltLenS JltLenSB { ri(base, i.a) < str_len(r(base, i.b)) }
    JzM JzMB { word!(pc base p i) == 0 }
    JnzM JnzMB { word!(pc base p i) != 0 }
}

handlers! { [pc base p i]
    EqW { w(base, i.a, (r(base, i.b) == r(base, i.c)) as u64); }
    NeW { w(base, i.a, (r(base, i.b) != r(base, i.c)) as u64); }
    LtI { w(base, i.a, (ri(base, i.b) < ri(base, i.c)) as u64); }
    LeI { w(base, i.a, (ri(base, i.b) <= ri(base, i.c)) as u64); }
    LtU { w(base, i.a, (r(base, i.b) < r(base, i.c)) as u64); }
    LeU { w(base, i.a, (r(base, i.b) <= r(base, i.c)) as u64); }
    EqS {
        let (x, y) = (r(base, i.b), r(base, i.c));
        if x == y {
            w(base, i.a, 1);
        } else if quick_differ(x, y) {
            w(base, i.a, 0);
        } else {
            return eq_bytes(pc, base, p)
        }
    }
    LtS { w(base, i.a, (str_cmp(r(base, i.b), r(base, i.c)) < 0) as u64); }
    LeS { w(base, i.a, (str_cmp(r(base, i.b), r(base, i.c)) <= 0) as u64); }
    JeqS {
        let (x, y) = (r(base, i.a), r(base, i.b));
        if x == y {
            pc = pc.offset(i.cd() as i32 as isize);
        } else if !quick_differ(x, y) {
            return jeq_bytes(pc, base, p)
        }
    }
    JneS {
        let (x, y) = (r(base, i.a), r(base, i.b));
        if x != y {
            if !quick_differ(x, y) { return jne_bytes(pc, base, p) }
            pc = pc.offset(i.cd() as i32 as isize);
        }
    }
    AddKJltB {
        let v = ri(base, i.a).wrapping_add(i.c as i16 as i64);
        w(base, i.a, v as u64);
        jump_back!(pc base p v < ri(base, i.b), i.d as i16 as isize);
    }
    AddKJleB {
        let v = ri(base, i.a).wrapping_add(i.c as i16 as i64);
        w(base, i.a, v as u64);
        jump_back!(pc base p v <= ri(base, i.b), i.d as i16 as isize);
    }
    AddJltB {
        let v = ri(base, i.a).wrapping_add(ri(base, i.b));
        w(base, i.a, v as u64);
        jump_back!(pc base p v < ri(base, i.c), i.d as i16 as isize);
    }
    AddJleB {
        let v = ri(base, i.a).wrapping_add(ri(base, i.b));
        w(base, i.a, v as u64);
        jump_back!(pc base p v <= ri(base, i.c), i.d as i16 as isize);
    }
    JmpTab {
        let k = r(base, i.a).wrapping_sub(i.c as i16 as i64 as u64);
        if k < i.b as u64 {
            let entry = pc.add(k as usize);
            pc = entry.add(1).offset((*entry).cd() as i32 as isize);
        } else {
            pc = pc.add(i.b as usize);
        }
    }
    JneType { jump!(pc i dyn_type(r(base, i.a)) != i.b as u32); }
}

/// The dynamic type of an interface word; 0 when nil.
#[inline(always)]
pub(crate) unsafe fn dyn_type(word: u64) -> u32 {
    // SAFETY: a non-nil interface word.
    if word == 0 { 0 } else { unsafe { iface::iface_type(word) } }
}

/// Different strings whose lengths differ, too (one may be empty, which is 0). False: the bytes must tell.
#[inline(always)]
pub(super) unsafe fn quick_differ(a: u64, b: u64) -> bool {
    // SAFETY: string words; the length is in the header, the word before a string.
    a == 0 || b == 0 || unsafe { *(a as *const u64).sub(1) >> 24 != *(b as *const u64).sub(1) >> 24 }
}

/// Not inlined, so that the handler keeps no stack temporaries.
#[inline(never)]
unsafe fn str_eq(a: u64, b: u64) -> bool {
    // SAFETY: string words.
    unsafe { string::str_eq(a, b) }
}

raw_handlers! { [pc base p]
    eq_bytes {
        let i = &*pc.sub(1);
        w(base, i.a, str_eq(r(base, i.b), r(base, i.c)) as u64);
        next!(pc, base, p)
    }
    jeq_bytes {
        let i = &*pc.sub(1);
        jump!(pc i str_eq(r(base, i.a), r(base, i.b)));
        next!(pc, base, p)
    }
    jne_bytes {
        let i = &*pc.sub(1);
        jump!(pc i !str_eq(r(base, i.a), r(base, i.b)));
        next!(pc, base, p)
    }
}

#[inline(never)]
unsafe fn str_cmp(a: u64, b: u64) -> i32 {
    // SAFETY: string words.
    unsafe { string::str_cmp(a, b) as i32 }
}

slow_ops! { [pc base p i]
    EqIface {
        let (x, y) = (r(base, i.b), r(base, i.c));
        let equal = iface::iface_eq(crate::object::types(p), x, y)?;
        w(base, i.a, equal as u64);
    }
    EqT {
        let equal = iface::value_eq(crate::object::types(p), i.d as u32, at(base, i.b), at(base, i.c))?;
        w(base, i.a, equal as u64);
    }
}

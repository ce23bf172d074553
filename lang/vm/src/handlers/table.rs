//! Interfaces, maps and their iteration. *(unsafe: interface and map words of the machine; the verifier bounds values and keys by the
//! words of their types)*
use crate::code::*;
use crate::handlers::branch::dyn_type;
use crate::object::{iface, map, torn, types};

/// "Not wanted" in `MapNext`.
const NONE: u16 = 0xffff;

#[inline(always)]
unsafe fn copy_words(from: *const u64, to: Base, n: usize) {
    // SAFETY: the caller's.
    unsafe {
        if n == 1 {
            *to = *from;
        } else {
            torn::move_words(from, to, n);
        }
    }
}

/// Copies the value that a look-up found, or zeroes: true when it was there.
#[inline(always)]
unsafe fn give(from: *const u64, to: Base, n: usize) -> bool {
    // SAFETY: `to` has `n` registers; `from` is null or a value of `n` words.
    unsafe {
        if from.is_null() {
            std::ptr::write_bytes(to, 0, n);
            return false;
        }
        copy_words(from, to, n);
        true
    }
}

/// Words of the values of a map type.
#[inline(always)]
unsafe fn value_words(p: *mut gol_runtime::P, ty: u16) -> usize {
    // SAFETY: the loaded types.
    unsafe { types(p).get(ty as u32).map_words.1 as usize }
}

/// Shift of the value in an interface word that holds it.
const VALUE_SHIFT: u32 = 24;

// Special cases that the loader chooses by the type. A value in the word has bit 0 set and the type in the bits behind.
handlers! { [pc base p i]
    MkIfaceS {
        let v = ri(base, i.b);
        if (v << VALUE_SHIFT) >> VALUE_SHIFT != v { std::hint::cold_path(); pc = pc.sub(1); return MkIface(pc, base, p) }
        w(base, i.a, (v << VALUE_SHIFT) as u64 | (i.cd() as u64) << 1 | 1);
    }
    MkIfaceU {
        let v = r(base, i.b);
        if v >> (64 - VALUE_SHIFT) != 0 { std::hint::cold_path(); pc = pc.sub(1); return MkIface(pc, base, p) }
        w(base, i.a, v << VALUE_SHIFT | (i.cd() as u64) << 1 | 1);
    }
    // Types of one word that are always boxed.
    AssertBoxed {
        let word = r(base, i.b);
        if word == 0 || word & 1 != 0 || *(word as *const u64).sub(1) as u32 & 0xff_ffff != i.cd() {
            std::hint::cold_path();
            pc = pc.sub(1);
            return Assert(pc, base, p)
        }
        w(base, i.a, *(word as *const u64));
        pc = pc.add(1);
    }
    AssertOkBoxed {
        let word = r(base, i.b);
        let to = at(base, i.a);
        if word == 0 || word & 1 != 0 || *(word as *const u64).sub(1) as u32 & 0xff_ffff != i.cd() {
            *to = 0;
            *to.add(1) = 0;
        } else {
            *to = *(word as *const u64);
            *to.add(1) = 1;
        }
    }
    // Scalars: in the word, or (seldom) boxed.
    AssertS {
        let word = r(base, i.b);
        if word as u32 & 0xff_ffff != i.cd() << 1 | 1 { std::hint::cold_path(); pc = pc.sub(1); return Assert(pc, base, p) }
        w(base, i.a, (word as i64 >> VALUE_SHIFT) as u64);
        pc = pc.add(1);
    }
    AssertU {
        let word = r(base, i.b);
        if word as u32 & 0xff_ffff != i.cd() << 1 | 1 { std::hint::cold_path(); pc = pc.sub(1); return Assert(pc, base, p) }
        w(base, i.a, word >> VALUE_SHIFT);
        pc = pc.add(1);
    }
}

slow_ops! { [pc base p i]
    MkIface {
        w(base, i.a, iface::make_iface(p, i.cd() & 0xff_ffff, at(base, i.b))?);
    }
    Assert + 1 {
        let word = r(base, i.b);
        if dyn_type(word) != i.cd() {
            return Err(types(p).assert_fault(word, (*pc).ab(), i.cd()));
        }
        iface::iface_load(types(p), word, i.cd(), at(base, i.a));
    }
    AssertOk {
        let word = r(base, i.b);
        let n = types(p).get(i.cd()).words as usize;
        let ok = dyn_type(word) == i.cd();
        if ok {
            iface::iface_load(types(p), word, i.cd(), at(base, i.a));
        } else {
            std::ptr::write_bytes(at(base, i.a), 0, n);
        }
        *at(base, i.a).add(n) = ok as u64;
    }
    AssertI + 1 {
        let word = r(base, i.b);
        let ty = dyn_type(word);
        if ty == 0 || !types(p).implements(ty, i.cd()) {
            return Err(types(p).assert_fault(word, (*pc).ab(), i.cd()));
        }
        w(base, i.a, word);
    }
    AssertIOk {
        let word = r(base, i.b);
        let ty = dyn_type(word);
        let ok = ty != 0 && types(p).implements(ty, i.cd());
        w(base, i.a, if ok { word } else { 0 });
        *at(base, i.a).add(1) = ok as u64;
    }
    Implements {
        let ty = dyn_type(r(base, i.b));
        w(base, i.a, (ty != 0 && types(p).implements(ty, i.cd())) as u64);
    }

    MakeMap {
        w(base, i.a, map::map_new(p, i.d as u32, ri(base, i.b))?);
    }
    MapGet {
        let v = map::map_get(p, r(base, i.b), at(base, i.c), i.d as u32)?;
        give(v, at(base, i.a), value_words(p, i.d));
    }
    MapGetInt {
        let v = map::map_get_int(p, r(base, i.b), r(base, i.c))?;
        give(v, at(base, i.a), value_words(p, i.d));
    }
    MapGetStr {
        let v = map::map_get_str(p, r(base, i.b), r(base, i.c))?;
        give(v, at(base, i.a), value_words(p, i.d));
    }
    MapGetOk {
        let n = value_words(p, i.d);
        let v = map::map_get(p, r(base, i.b), at(base, i.c), i.d as u32)?;
        let ok = give(v, at(base, i.a), n);
        *at(base, i.a).add(n) = ok as u64;
    }
    MapGetOkInt {
        let n = value_words(p, i.d);
        let v = map::map_get_int(p, r(base, i.b), r(base, i.c))?;
        let ok = give(v, at(base, i.a), n);
        *at(base, i.a).add(n) = ok as u64;
    }
    MapGetOkStr {
        let n = value_words(p, i.d);
        let v = map::map_get_str(p, r(base, i.b), r(base, i.c))?;
        let ok = give(v, at(base, i.a), n);
        *at(base, i.a).add(n) = ok as u64;
    }
    MapSet {
        let n = value_words(p, i.d);
        let slot = map::map_set(p, r(base, i.a), at(base, i.b), i.d as u32)?;
        copy_words(at(base, i.c), slot, n);
    }
    MapSetInt {
        let n = value_words(p, i.d);
        let slot = map::map_set_int(p, r(base, i.a), r(base, i.b))?;
        copy_words(at(base, i.c), slot, n);
    }
    MapSetStr {
        let n = value_words(p, i.d);
        let slot = map::map_set_str(p, r(base, i.a), r(base, i.b))?;
        copy_words(at(base, i.c), slot, n);
    }
    MapDel { map::map_delete(p, r(base, i.a), at(base, i.b), i.d as u32)?; }
    MapLen { w(base, i.a, map::map_len(r(base, i.b))); }
    MapClear { map::map_clear(p, r(base, i.a))?; }
    MapIter {
        w(base, i.a, map::map_iter(p, r(base, i.b), i.d as u32)?);
    }
}

raw_handlers! { [pc base p]
    MapNext {
        let code = map_next(pc, base, p);
        let data = pc.add(1);
        pc = pc.add(2);
        if code == 0 {
            pc = pc.offset((*data).ab() as i32 as isize);
        } else if code == 2 {
            pc = pc.sub(1);
            return crate::unwind::raise(pc, base, p)
        }
        next!(pc, base, p)
    }
}

/// The entry behind an iterator's: 0 at the end, 1 with an entry, 2 with a fault, which is stashed.
#[inline(never)]
pub(crate) unsafe extern "C" fn map_next(pc: Pc, base: Base, p: *mut gol_runtime::P) -> u8 {
    // SAFETY: `pc` is a verified `MapNext`.
    unsafe {
        let i = &*pc;
        let key = if i.b == NONE { std::ptr::null_mut() } else { at(base, i.b) };
        let value = if i.c == NONE { std::ptr::null_mut() } else { at(base, i.c) };
        match map::map_next(p, r(base, i.a), key, value) {
            Ok(more) => more as u8,
            Err(fault) => {
                crate::unwind::stash(p, Err(fault));
                2
            }
        }
    }
}

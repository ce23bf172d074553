//! Moves, constants, globals and integers. *(unsafe: see `code.rs` for register access)*
use crate::code::*;
use crate::object::torn::word;
use crate::unwind::{fault_div, fault_shift};
use crate::vm::shared;

/// Divisors that `DivSmall` and `RemSmall` take are below this.
pub(crate) const SMALL: usize = 1024;
/// 2^64 divided by each, rounded up; for 1 that has no place.
static RECIPROCALS: [u64; SMALL] = {
    let mut all = [0; SMALL];
    let mut d = 2;
    while d < SMALL {
        all[d] = u64::MAX / d as u64 + 1;
        d += 1;
    }
    all
};

/// `x / d` for 2 <= d < `SMALL` when x has no more than 32 bits: what the reciprocal is too large, less than d parts of 2^64, makes less than 1 of it then.
#[inline(always)]
fn small_quotient(x: i64, d: usize) -> Option<i64> {
    if x as u64 >> 32 != 0 {
        std::hint::cold_path();
        return None;
    }
    debug_assert!((2..SMALL).contains(&d));
    let reciprocal = RECIPROCALS[d & (SMALL - 1)];
    Some(((u128::from(x as u64) * u128::from(reciprocal)) >> 64) as i64)
}

handlers! { [pc base p i]
    Nop {}
    Mov { w(base, i.a, r(base, i.b)); }
    Mov3 {
        let (x, y, z) = (r(base, i.b), *at(base, i.b).add(1), *at(base, i.b).add(2));
        let to = at(base, i.a);
        *to = x;
        *to.add(1) = y;
        *to.add(2) = z;
    }
    MovN { std::ptr::copy(at(base, i.b), at(base, i.a), i.c as usize); }
    LoadI { w(base, i.a, i.cd() as i32 as i64 as u64); }
    LoadK { w(base, i.a, *shared(p).consts.base().add(i.cd() as usize)); }
    ZeroN { std::ptr::write_bytes(at(base, i.a), 0, i.b as usize); }
    LdG { w(base, i.a, *shared(p).globals.base().add(i.cd() as usize)); }
    StG { *shared(p).globals.base().add(i.cd() as usize) = r(base, i.a); }
    LdGN {
        std::ptr::copy_nonoverlapping(shared(p).globals.base().add(i.cd() as usize), at(base, i.a), i.b as usize);
    }
    StGN {
        std::ptr::copy_nonoverlapping(at(base, i.a), shared(p).globals.base().add(i.cd() as usize), i.b as usize);
    }
    LeaG { w(base, i.a, shared(p).globals.base().add(i.cd() as usize) as u64); }

    AddI { w(base, i.a, r(base, i.b).wrapping_add(r(base, i.c))); }
    SubI { w(base, i.a, r(base, i.b).wrapping_sub(r(base, i.c))); }
    MulI { w(base, i.a, r(base, i.b).wrapping_mul(r(base, i.c))); }
    DivI {
        let d = ri(base, i.c);
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, ri(base, i.b).wrapping_div(d) as u64);
    }
    RemI {
        let d = ri(base, i.c);
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, ri(base, i.b).wrapping_rem(d) as u64);
    }
    DivU {
        let d = r(base, i.c);
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, r(base, i.b) / d);
    }
    RemU {
        let d = r(base, i.c);
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, r(base, i.b) % d);
    }
    And { w(base, i.a, r(base, i.b) & r(base, i.c)); }
    Or { w(base, i.a, r(base, i.b) | r(base, i.c)); }
    Xor { w(base, i.a, r(base, i.b) ^ r(base, i.c)); }
    AndNot { w(base, i.a, r(base, i.b) & !r(base, i.c)); }
    Shl {
        let n = r(base, i.c);
        w(base, i.a, if n < 64 { r(base, i.b) << n } else { 0 });
    }
    ShrI {
        let n = r(base, i.c).min(63);
        w(base, i.a, (ri(base, i.b) >> n) as u64);
    }
    ShrU {
        let n = r(base, i.c);
        w(base, i.a, if n < 64 { r(base, i.b) >> n } else { 0 });
    }
    ChkShift { if ri(base, i.a) < 0 { std::hint::cold_path(); return fault_shift(pc, base, p) } }
    AddK { w(base, i.a, ri(base, i.b).wrapping_add(i.c as i16 as i64) as u64); }
    MulK { w(base, i.a, ri(base, i.b).wrapping_mul(i.c as i16 as i64) as u64); }
    DivK {
        let d = i.c as i16 as i64;
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, ri(base, i.b).wrapping_div(d) as u64);
    }
    RemK {
        let d = i.c as i16 as i64;
        if d == 0 { std::hint::cold_path(); return fault_div(pc, base, p) }
        w(base, i.a, ri(base, i.b).wrapping_rem(d) as u64);
    }
    // By powers of two, the loader puts them in the place of DivK and RemK: what is added to a negative number rounds to zero.
    DivP2 {
        let x = ri(base, i.b);
        let round = ((x >> 63) as u64 >> ((64 - i.d as u32) & 63)) as i64;
        w(base, i.a, (x.wrapping_add(round) >> (i.d & 63)) as u64);
    }
    RemP2 {
        let x = ri(base, i.b);
        let round = ((x >> 63) as u64 >> ((64 - i.d as u32) & 63)) as i64;
        let low = i.c as i64 - 1;
        w(base, i.a, (x.wrapping_add(round) & low).wrapping_sub(round) as u64);
    }
    // By small constants, in the same way: a product is much faster than a division.
    DivSmall {
        let x = ri(base, i.b);
        let d = i.c as usize;
        // The loader puts this where the divisor is from 2 on.
        std::hint::assert_unchecked(d != 0);
        let q = match small_quotient(x, d) {
            Some(q) => q,
            None => x / d as i64,
        };
        w(base, i.a, q as u64);
    }
    RemSmall {
        let x = ri(base, i.b);
        let d = i.c as usize;
        std::hint::assert_unchecked(d != 0);
        let rem = match small_quotient(x, d) {
            Some(q) => x - q * d as i64,
            None => x % d as i64,
        };
        w(base, i.a, rem as u64);
    }
    AndK { w(base, i.a, (ri(base, i.b) & i.c as i16 as i64) as u64); }
    ShlK { w(base, i.a, r(base, i.b) << (i.c & 63)); }
    ShrIK { w(base, i.a, (ri(base, i.b) >> (i.c & 63)) as u64); }
    ShrUK { w(base, i.a, r(base, i.b) >> (i.c & 63)); }
    NegI { w(base, i.a, ri(base, i.b).wrapping_neg() as u64); }
    Com { w(base, i.a, !r(base, i.b)); }
    Not { w(base, i.a, 1u64.wrapping_sub(r(base, i.b))); }
    Sext8 { w(base, i.a, r(base, i.b) as i8 as i64 as u64); }
    Sext16 { w(base, i.a, r(base, i.b) as i16 as i64 as u64); }
    Sext32 { w(base, i.a, r(base, i.b) as i32 as i64 as u64); }
    Zext8 { w(base, i.a, r(base, i.b) as u8 as u64); }
    Zext16 { w(base, i.a, r(base, i.b) as u16 as u64); }
    Zext32 { w(base, i.a, r(base, i.b) as u32 as u64); }
}

/// Copies of a few words without a call: the loader puts them in the place of the general ones.
macro_rules! moves {
    ($($name:ident $n:literal)*) => { handlers! { [pc base p i] $($name {
        let v = *(at(base, i.b) as *const [u64; $n]);
        *(at(base, i.a) as *mut [u64; $n]) = v;
    })* } };
}
moves! { MovN4 4 MovN5 5 MovN6 6 }

handlers! { [pc base p i]
    // Word by word: two words that were just stored one by one would be waited for when they are loaded as one piece.
    MovN2 {
        let from = at(base, i.b);
        let (x, y) = (word(from), word(from.add(1)));
        let to = at(base, i.a);
        *to = x;
        *to.add(1) = y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_by_reciprocals_are_exact() {
        const LAST: i64 = u32::MAX as i64;
        for d in 2..SMALL {
            let top = LAST / d as i64 * d as i64;
            for x in [0, 1, d as i64 - 1, d as i64, d as i64 + 1, 1 << 31, top - 1, top, LAST - 1, LAST] {
                assert_eq!(small_quotient(x, d), Some(x / d as i64), "{x} / {d}");
            }
            assert_eq!([-1, LAST + 1, i64::MIN, i64::MAX].map(|x| small_quotient(x, d)), [None; 4]);
        }
    }
}

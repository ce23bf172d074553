//! Floats and conversions. *(unsafe: see `code.rs` for register access)*
use crate::code::*;

/// As `cvttsd2si`: out of range and NaN give the smallest integer.
#[inline(always)]
fn to_i64(x: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&x) { x as i64 } else { i64::MIN }
}

/// As Go's compiler for amd64 does it: below 2^63 the signed conversion, else of x - 2^63 with the top bit flipped.
#[inline(always)]
fn to_u64(x: f64) -> u64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if x < LIMIT { to_i64(x) as u64 } else { to_i64(x - LIMIT) as u64 ^ (1 << 63) }
}

// The processor's conversions keep the upper part of the register that they write, so each would wait for whatever used that register
// last: a division of the iteration before. Clearing it first makes them independent.
macro_rules! conversions {
    ($($name:ident $t:ty, $clear:literal, $convert:literal;)*) => { $(
        #[cfg(all(target_arch = "x86_64", not(miri)))]
        #[inline(always)]
        fn $name(x: i64) -> $t {
            let out: $t;
            // SAFETY: touches no memory, and only the registers named.
            unsafe {
                std::arch::asm!($clear, $convert, x = in(reg) x, out = out(xmm_reg) out,
                    options(pure, nomem, nostack, preserves_flags));
            }
            out
        }
        #[cfg(not(all(target_arch = "x86_64", not(miri))))]
        #[inline(always)]
        fn $name(x: i64) -> $t {
            x as $t
        }
    )* };
}
conversions! {
    to_f64 f64, "xorps {out}, {out}", "cvtsi2sd {out}, {x}";
    to_f32 f32, "xorps {out}, {out}", "cvtsi2ss {out}, {x}";
}

handlers! { [pc base p i]
    AddF { wf(base, i.a, rf(base, i.b) + rf(base, i.c)); }
    SubF { wf(base, i.a, rf(base, i.b) - rf(base, i.c)); }
    MulF { wf(base, i.a, rf(base, i.b) * rf(base, i.c)); }
    DivF { wf(base, i.a, rf(base, i.b) / rf(base, i.c)); }
    NegF { wf(base, i.a, -rf(base, i.b)); }
    MulAddF { wf(base, i.a, rf(base, i.a) + rf(base, i.b) * rf(base, i.c)); }
    MulSubF { wf(base, i.a, rf(base, i.a) - rf(base, i.b) * rf(base, i.c)); }
    AddF32 { wf32(base, i.a, rf32(base, i.b) + rf32(base, i.c)); }
    SubF32 { wf32(base, i.a, rf32(base, i.b) - rf32(base, i.c)); }
    MulF32 { wf32(base, i.a, rf32(base, i.b) * rf32(base, i.c)); }
    DivF32 { wf32(base, i.a, rf32(base, i.b) / rf32(base, i.c)); }
    NegF32 { wf32(base, i.a, -rf32(base, i.b)); }
    SqrtF { wf(base, i.a, rf(base, i.b).sqrt()); }
    AbsF { wf(base, i.a, rf(base, i.b).abs()); }
    FloorF { wf(base, i.a, rf(base, i.b).floor()); }
    CeilF { wf(base, i.a, rf(base, i.b).ceil()); }
    TruncF { wf(base, i.a, rf(base, i.b).trunc()); }
    IToF { wf(base, i.a, to_f64(ri(base, i.b))); }
    UToF { wf(base, i.a, r(base, i.b) as f64); }
    FToI { w(base, i.a, to_i64(rf(base, i.b)) as u64); }
    FToU { w(base, i.a, to_u64(rf(base, i.b))); }
    FToF32 { wf32(base, i.a, rf(base, i.b) as f32); }
    F32ToF { wf(base, i.a, rf32(base, i.b) as f64); }
    IToF32 { wf32(base, i.a, to_f32(ri(base, i.b))); }
    UToF32 { wf32(base, i.a, r(base, i.b) as f32); }
    EqF { w(base, i.a, (rf(base, i.b) == rf(base, i.c)) as u64); }
    NeF { w(base, i.a, (rf(base, i.b) != rf(base, i.c)) as u64); }
    LtF { w(base, i.a, (rf(base, i.b) < rf(base, i.c)) as u64); }
    LeF { w(base, i.a, (rf(base, i.b) <= rf(base, i.c)) as u64); }
}

#[cfg(test)]
mod tests {
    #[test]
    fn conversions_are_those_of_amd64() {
        assert_eq!(super::to_i64(f64::NAN), i64::MIN);
        assert_eq!(super::to_i64(1e300), i64::MIN);
        assert_eq!(super::to_i64(-1.9), -1);
        assert_eq!(super::to_u64(1.8e19), 18_000_000_000_000_000_000);
        assert_eq!(super::to_u64(-1.0), u64::MAX);
    }
}

//! Natives of package math/rand: the process's generator, one counter that all goroutines advance, so it needs no lock.

use crate::abi::direct;
use gol_vm::native::Native;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

fn state() -> &'static AtomicU64 {
    static STATE: OnceLock<AtomicU64> = OnceLock::new();
    STATE.get_or_init(|| {
        use std::hash::{BuildHasher, Hasher};
        AtomicU64::new(std::collections::hash_map::RandomState::new().build_hasher().finish())
    })
}

/// Makes the generator start from a seed: `rand.Seed`, and runs under `--seed`.
pub fn seed(seed: u64) {
    state().store(seed, Ordering::Relaxed);
}

/// The next 64 bits (splitmix).
pub fn next() -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = state().fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

/// An even number in `0..n`: the high half of a wide product, rejecting the uneven low part.
fn below(n: u64) -> u64 {
    let least = n.wrapping_neg() % n;
    loop {
        let wide = u128::from(next()) * u128::from(n);
        if wide as u64 >= least {
            return (wide >> 64) as u64;
        }
    }
}

pub const NATIVES: &[Native] = &[
    direct("math/rand.global", |w| w.set(0, next())),
    direct("math/rand.seedGlobal", |w| seed(w.arg(0))),
    direct("math/rand.below", |w| w.set(0, below(w.arg(0).max(1)))),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_range() {
        assert!((0..1000).all(|_| below(7) < 7));
        assert_eq!(below(1), 0);
    }
}

//! Hashing of words and bytes: folded multiplication, seeded per map. Not cryptographic; the seed differs from run to run and
//! from map to map.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const K0: u64 = 0x9e37_79b9_7f4a_7c15;
const K1: u64 = 0xa076_1d64_78bd_642f;
const K2: u64 = 0xe703_7ed1_a0b4_28db;

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
pub fn hash_word(word: u64, seed: u64) -> u64 {
    fold(word ^ seed, K0)
}

#[inline(always)]
pub fn hash_bytes(bytes: &[u8], seed: u64) -> u64 {
    let n = bytes.len();
    let seed = seed ^ (n as u64).wrapping_mul(K2);
    if n > 16 {
        return hash_long(bytes, seed);
    }
    let (a, b) = if n >= 8 {
        (word_at(bytes, 0), word_at(bytes, n - 8))
    } else if n >= 4 {
        (half_at(bytes, 0), half_at(bytes, n - 4))
    } else if n > 0 {
        (bytes[0] as u64 | (bytes[n / 2] as u64) << 8, bytes[n - 1] as u64)
    } else {
        (0, 0)
    };
    fold(a ^ seed, b ^ K1)
}

fn hash_long(bytes: &[u8], seed: u64) -> u64 {
    let n = bytes.len();
    let (mut x, mut y) = (seed, seed ^ K0);
    let mut i = 0;
    // Two lanes: their multiplications overlap.
    while i + 32 < n {
        x = fold(word_at(bytes, i) ^ x, word_at(bytes, i + 8) ^ K1);
        y = fold(word_at(bytes, i + 16) ^ y, word_at(bytes, i + 24) ^ K2);
        i += 32;
    }
    if i + 16 < n {
        x = fold(word_at(bytes, i) ^ x, word_at(bytes, i + 8) ^ K1);
    }
    fold(word_at(bytes, n - 16) ^ x, word_at(bytes, n - 8) ^ y ^ K1)
}

#[inline(always)]
fn word_at(bytes: &[u8], i: usize) -> u64 {
    u64::from_le_bytes(*bytes[i..].first_chunk().expect("eight bytes"))
}

#[inline(always)]
fn half_at(bytes: &[u8], i: usize) -> u64 {
    u32::from_le_bytes(*bytes[i..].first_chunk().expect("four bytes")) as u64
}

static SEED: OnceLock<u64> = OnceLock::new();

/// Random words of this process come from `seed` from the start.
pub fn seed(seed: u64) {
    // A second machine in a process keeps the first one's.
    let _ = SEED.set(hash_word(seed, K1));
}

/// A random word: keys of NaN, seeds of maps, starts of iterations. `salt` keeps Ps from needing a common counter.
#[inline]
pub fn random(salt: u64) -> u64 {
    fold(salt ^ *SEED.get_or_init(|| RandomState::new().hash_one(0)), K0)
}

/// A random word each time, without a salt.
#[cold]
pub fn random_next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    random(NEXT.fetch_add(K2, Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_the_length_count() {
        for n in 0..100usize {
            let base = vec![7u8; n];
            let mut seen = vec![hash_bytes(&base, 1), hash_bytes(&vec![7u8; n + 1], 1)];
            for i in 0..n {
                let mut other = base.clone();
                other[i] = 8;
                seen.push(hash_bytes(&other, 1));
            }
            seen.sort_unstable();
            assert!(seen.windows(2).all(|w| w[0] != w[1]), "length {n}");
        }
    }

    #[test]
    fn low_and_high_bits_spread() {
        for step in [1u64, 8, 64, 4096, 1 << 32] {
            let mut low = vec![0u32; 256];
            let mut high = [0u32; 128];
            for i in 0..25600u64 {
                let h = hash_word(i.wrapping_mul(step), 0x1234_5678_9abc_def0);
                low[(h & 255) as usize] += 1;
                high[(h >> 57) as usize] += 1;
            }
            assert!(low.iter().all(|&n| (30..250).contains(&n)), "step {step}: {low:?}");
            assert!(high.iter().all(|&n| (60..500).contains(&n)), "step {step}: {high:?}");
        }
    }
}

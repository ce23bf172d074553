//! The soup (`toy/soup.rs`) with more Ps than cores.
mod toy;

use toy::soup::{Soup, soup};

/// Seeds per test; more with `GOL_SOAK=n`.
fn seeds() -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("GOL_SOAK").ok().and_then(|n| n.parse().ok()).unwrap_or(3)
}

#[test]
fn soups() {
    for seed in seeds() {
        for procs in [1, 2, 4, 8] {
            soup(Soup { procs, seed, stress: None, workers: 16, limit: 20_000, odds: 64 });
        }
    }
}

#[test]
fn soups_under_collection_stress() {
    for seed in seeds() {
        for procs in [1, 2, 8] {
            soup(Soup { procs, seed: seed + 1000, stress: Some(3), workers: 16, limit: 10_000, odds: 64 });
        }
    }
}

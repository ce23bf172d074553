//! Sets of registers, one for each of many places.

/// A table of sets.
pub(crate) struct Sets {
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    /// So many empty sets of numbers below `of`.
    pub fn new(count: usize, of: usize) -> Sets {
        let words = of.div_ceil(64).max(1);
        Sets { words, bits: vec![0; words * count] }
    }
    pub fn row(&self, k: usize) -> &[u64] {
        &self.bits[k * self.words..(k + 1) * self.words]
    }
    pub fn row_mut(&mut self, k: usize) -> &mut [u64] {
        &mut self.bits[k * self.words..(k + 1) * self.words]
    }
}

pub(crate) fn has(set: &[u64], k: usize) -> bool {
    set[k / 64] >> (k % 64) & 1 != 0
}
pub(crate) fn put(set: &mut [u64], k: usize) {
    set[k / 64] |= 1 << (k % 64);
}
pub(crate) fn take(set: &mut [u64], k: usize) {
    set[k / 64] &= !(1 << (k % 64));
}
/// Adds what is in `from`; did that change anything?
pub(crate) fn join(to: &mut [u64], from: &[u64]) -> bool {
    let mut changed = false;
    for (t, f) in to.iter_mut().zip(from) {
        changed |= *f & !*t != 0;
        *t |= f;
    }
    changed
}
pub(crate) fn members(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(w, &bits)| {
        let mut left = bits;
        std::iter::from_fn(move || {
            (left != 0).then(|| {
                let k = left.trailing_zeros() as usize;
                left &= left - 1;
                w * 64 + k
            })
        })
    })
}

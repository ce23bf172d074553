//! Size classes and the arithmetic of cells. Pure: no memory is touched here.
//!
//! Invariants: sizes are multiples of 8 and grow; a span of a class is at most 64 KiB, so that [`index`] with [`magic`] is
//! the exact quotient for every offset inside a span (checked for every byte of every class in the tests).

/// Pages are the unit of the page allocator and of the page table.
pub const PAGE_SHIFT: usize = 14;
pub const PAGE: usize = 1 << PAGE_SHIFT;
/// Mark bytes of a page: one for each cell of the smallest class.
pub const MARKS_PER_PAGE: usize = PAGE / 16;

pub const CLASSES: usize = 48;
/// The largest cell; what is larger has a span of its own.
pub const SMALL_MAX: usize = 16384;
/// Cell sizes: steps of 8 bytes up to 80, then about 12%, chosen to waste little at the end of a span.
pub const SIZES: [u32; CLASSES] = [
    16, 24, 32, 40, 48, 56, 64, 72, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 256, 288, 320, 352, 384, 416, 448,
    512, 576, 640, 704, 768, 896, 1024, 1168, 1360, 1632, 2040, 2336, 2720, 3272, 4096, 4680, 5456, 6552, 8192, 9360,
    10920, 13104, 16384,
];

/// Kinds of spans: every class twice, `class * 2 + noscan`.
pub const KINDS: usize = CLASSES * 2;

/// Class of a size in units of 8 bytes, rounded up.
static CLASS_OF: [u8; SMALL_MAX / 8 + 1] = class_table();

const fn class_table() -> [u8; SMALL_MAX / 8 + 1] {
    let mut table = [0; SMALL_MAX / 8 + 1];
    let (mut class, mut unit) = (0, 0);
    while unit < table.len() {
        while (SIZES[class] as usize) < unit * 8 {
            class += 1;
        }
        table[unit] = class as u8;
        unit += 1;
    }
    table
}

/// The smallest class whose cells hold `size` bytes.
#[inline(always)]
pub fn class_of(size: usize) -> usize {
    debug_assert!(size <= SMALL_MAX);
    // SAFETY: `size <= SMALL_MAX` (the callers' bound, asserted above) keeps the index inside the table.
    unsafe { *CLASS_OF.get_unchecked(size.div_ceil(8)) as usize }
}

static SIZE_TABLE: [u32; CLASSES] = SIZES;

/// Cell size of a kind.
#[inline(always)]
pub fn size_of_kind(kind: usize) -> usize {
    debug_assert!(kind < KINDS);
    // SAFETY: kinds are below KINDS, so their half is below CLASSES.
    unsafe { *SIZE_TABLE.get_unchecked(kind >> 1) as usize }
}

/// Pages of a span of cells of this size.
pub fn span_pages(size: usize) -> usize {
    if size <= 2048 { 1 } else { 4 }
}

/// Cells in a span of cells of this size.
pub fn span_cells(size: usize) -> usize {
    span_pages(size) * PAGE / size
}

/// The factor that [`index`] divides with.
pub fn magic(size: usize) -> u32 {
    (1u64 << 32).div_ceil(size as u64) as u32
}

/// Number of the cell that the byte at `offset` of a span belongs to. A factor of 0 (large objects) gives 0.
#[inline(always)]
pub fn index(offset: usize, magic: u32) -> usize {
    ((offset as u64).wrapping_mul(magic as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_has_the_smallest_class_that_holds_it() {
        for size in 0..=SMALL_MAX {
            let class = class_of(size);
            assert!(SIZES[class] as usize >= size);
            assert!(class == 0 || (SIZES[class - 1] as usize) < size);
        }
    }

    #[test]
    fn sizes_are_aligned_and_grow() {
        assert!(SIZES.iter().all(|s| s % 8 == 0));
        assert!(SIZES.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(SIZES[CLASSES - 1] as usize, SMALL_MAX);
    }

    #[test]
    fn multiplication_divides_exactly_in_every_span() {
        for size in SIZES.map(|s| s as usize) {
            let bytes = span_pages(size) * PAGE;
            for offset in 0..bytes {
                assert_eq!(index(offset, magic(size)), offset / size, "size {size} offset {offset}");
            }
            assert!(span_cells(size) <= MARKS_PER_PAGE);
        }
        assert_eq!(index(usize::MAX >> 16, 0), 0);
    }
}

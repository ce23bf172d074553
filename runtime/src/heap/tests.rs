//! The heap on a small arena: no system calls, so these run under Miri too.

use super::size::{SIZES, SMALL_MAX};
use super::*;

fn config() -> HeapConfig {
    HeapConfig {
        limit: usize::MAX,
        gogc: Some(100),
        stress_every: None,
        poison: false,
        verify: false,
        ..HeapConfig::default()
    }
}

fn arena(config: HeapConfig, bytes: usize) -> Heap {
    Heap::with_regions(&config, bytes, 64, Region::arena).unwrap()
}

/// Objects of `len` words, all of them references.
fn words(heap: &Heap) -> DescId {
    heap.add_desc(Desc::new(0, PtrMap::None, 8, PtrMap::All))
}

fn bytes(heap: &Heap) -> DescId {
    heap.add_desc(Desc::new(0, PtrMap::None, 1, PtrMap::None))
}

fn alloc(heap: &Heap, cache: &mut Cache, desc: DescId, len: u64) -> *mut u64 {
    // SAFETY: the tests use each cache on one thread, with descriptors of its heap.
    unsafe { heap.alloc(cache, desc, len) }
}

fn collect(heap: &Heap, cache: &mut Cache, roots: &[*mut u64]) {
    let words: Vec<u64> = roots.iter().map(|r| *r as u64).collect();
    // SAFETY: one thread, one cache.
    unsafe { heap.collect(&mut std::iter::once(cache), &mut |visit| visit(words.as_ptr(), words.len())) };
}

#[test]
fn every_byte_of_every_cell_gives_its_base() {
    let heap = arena(config(), 8 << 20);
    let (mut cache, bytes) = (heap.new_cache(), bytes(&heap));
    for size in SIZES {
        let len = size as u64 - 8;
        for _ in 0..3 {
            let object = alloc(&heap, &mut cache, bytes, len);
            assert_eq!(object as usize % 8, 0);
            for at in (object as u64 - 8)..(object as u64 + len) {
                assert_eq!(heap.resolve(at), Some((Header::new(bytes, len), object)));
            }
        }
    }
    let large = alloc(&heap, &mut cache, bytes, SMALL_MAX as u64);
    assert_eq!(large as usize % PAGE, 8);
    assert_eq!(heap.resolve(large as u64 + SMALL_MAX as u64 - 1).unwrap().1, large);
    assert_eq!(heap.resolve(0), None);
    assert_eq!(heap.resolve(&large as *const _ as u64), None);
    assert_eq!(heap.resolve(u64::MAX), None);
}

#[test]
fn unallocated_cells_are_no_references() {
    let heap = arena(config(), 1 << 20);
    let (mut cache, words) = (heap.new_cache(), words(&heap));
    let object = alloc(&heap, &mut cache, words, 2);
    assert!(heap.resolve(object as u64 + 15).is_some());
    assert!(heap.resolve(object as u64 + 16).is_none());
    collect(&heap, &mut cache, &[object, object.wrapping_add(2), object.wrapping_add(90)]);
    assert!(heap.resolve(object as u64).is_some());
}

#[test]
fn keys_allocate_like_descriptors() {
    let heap = arena(config(), 1 << 20);
    let (mut cache, words) = (heap.new_cache(), words(&heap));
    for (desc, len) in [(words, 0), (words, 2), (words, 100), (words, 3000)] {
        let key = heap.class_of(desc, len);
        // SAFETY: the key is this heap's.
        let object = unsafe { heap.alloc_key(&mut cache, key) };
        assert_eq!(heap.resolve(object as u64), Some((Header::new(desc, len), object)));
    }
    for key in [heap.class_of(words, u64::MAX), heap.class_of(words, 1 << 40), heap.class_of(60, 1)] {
        // SAFETY: the key is this heap's.
        assert!(unsafe { heap.alloc_key(&mut cache, key) }.is_null());
    }
}

#[test]
fn epochs_wrap_without_losing_or_keeping_anything() {
    let heap = arena(config(), 1 << 20);
    let (mut cache, words) = (heap.new_cache(), words(&heap));
    let kept = alloc(&heap, &mut cache, words, 1);
    let mut last = kept;
    for round in 0..600 {
        let next = alloc(&heap, &mut cache, words, 1);
        // SAFETY: `kept` is alive.
        unsafe { kept.write(next as u64) };
        collect(&heap, &mut cache, &[kept]);
        assert_eq!(heap.stats().heap_objects, 2, "round {round}");
        assert_ne!(next, last);
        last = next;
    }
    assert_eq!(heap.stats().num_gc, 600);
    assert_eq!(heap.stats().mallocs, 601);
}

#[test]
fn a_full_arena_answers_null_and_goes_on_after_a_collection() {
    let heap = arena(config(), 1 << 20);
    let (mut cache, bytes) = (heap.new_cache(), bytes(&heap));
    let mut n = 0;
    while !alloc(&heap, &mut cache, bytes, 1000).is_null() {
        n += 1;
    }
    assert_eq!(n, 64 * 16);
    assert!(heap.want_gc());
    collect(&heap, &mut cache, &[]);
    assert!(!heap.want_gc());
    assert!(!alloc(&heap, &mut cache, bytes, 500_000).is_null());
}

#[test]
fn a_write_after_free_is_found() {
    for len in [3, 5000] {
        let heap = arena(HeapConfig { poison: true, ..config() }, 1 << 20);
        let (mut cache, words) = (heap.new_cache(), words(&heap));
        let kept = alloc(&heap, &mut cache, words, 3);
        let object = alloc(&heap, &mut cache, words, len);
        collect(&heap, &mut cache, &[kept]);
        // SAFETY: the memory of the arena is still there.
        unsafe {
            assert_eq!(object.add(1).read(), 0xdbdb_dbdb_dbdb_dbdb);
            object.add(1).write(1);
        }
        let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..100 {
                alloc(&heap, &mut cache, words, len);
            }
        }));
        let message = *again.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains("was written"), "{message}");
    }
}

/// A heap of one dead object of three words, and an allocation of its size after each of `rounds` collections: whether one of them gets
/// its cell.
fn cell_comes_back(heap: &Heap, rounds: usize, meddle: impl Fn(*mut u64)) -> bool {
    let (mut cache, words) = (heap.new_cache(), words(heap));
    let kept = alloc(heap, &mut cache, words, 3);
    let object = alloc(heap, &mut cache, words, 3);
    collect(heap, &mut cache, &[kept]);
    meddle(object);
    (0..rounds).any(|_| {
        let again = alloc(heap, &mut cache, words, 3);
        collect(heap, &mut cache, &[kept]);
        again == object
    })
}

#[test]
fn the_quarantine_keeps_a_cell_for_some_collections() {
    let heap = |quarantine| arena(HeapConfig { poison: true, quarantine, ..config() }, 1 << 20);
    assert!(cell_comes_back(&heap(0), 1, |_| {}));
    assert!(!cell_comes_back(&heap(4096), 7, |_| {}));
    assert!(cell_comes_back(&heap(4096), 9, |_| {}));
    // No room for five.
    assert!(cell_comes_back(&heap(128), 6, |_| {}));
}

#[test]
fn a_write_to_a_kept_cell_is_found_when_it_leaves() {
    for word in 0..4 {
        let heap = arena(HeapConfig { poison: true, quarantine: 4096, ..config() }, 1 << 20);
        // SAFETY: the memory of the arena is still there.
        let meddle = |object: *mut u64| unsafe { object.sub(1).add(word).write(7) };
        assert!(!cell_comes_back(&heap, 6, meddle));
        let run = || cell_comes_back(&heap, 20, |_| {});
        let end = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
        let message = *end.unwrap_err().downcast::<String>().unwrap();
        assert!(message.contains(&format!("was written: word {word} is 0x7")), "{message}");
    }
}

#[test]
fn memory_that_is_needed_leaves_the_quarantine() {
    let heap = arena(HeapConfig { poison: true, quarantine: 4 << 20, ..config() }, 1 << 20);
    let (mut cache, bytes) = (heap.new_cache(), bytes(&heap));
    for _ in 0..3 {
        let large = alloc(&heap, &mut cache, bytes, 600_000);
        assert!(!large.is_null());
        collect(&heap, &mut cache, &[]);
        assert!(heap.resolve(large as u64).is_none());
        assert!(alloc(&heap, &mut cache, bytes, 600_000).is_null());
        let mut roots = Roots { fixed: &mut |_| {}, stacks: &mut |_| {} };
        // SAFETY: one thread, one cache.
        unsafe { heap.step(&mut [&mut cache], &mut roots, false, std::time::Instant::now()) };
    }
}

#[test]
fn verify_finds_a_marker_that_missed_an_object() {
    let heap = arena(HeapConfig { verify: true, ..config() }, 1 << 20);
    let (mut cache, words) = (heap.new_cache(), words(&heap));
    let (a, b) = (alloc(&heap, &mut cache, words, 1), alloc(&heap, &mut cache, words, 1));
    // SAFETY: `a` is alive.
    unsafe { a.write(b as u64) };
    collect(&heap, &mut cache, &[a]);
    heap.verify(heap.epoch.load(Relaxed), &[a as u64]);
    let fails = |roots: &[u64]| {
        let check = || heap.verify(heap.epoch.load(Relaxed), roots);
        *std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_err().downcast::<String>().unwrap()
    };
    assert!(fails(&[b as u64]).contains("is marked"));
    let c = alloc(&heap, &mut cache, words, 1);
    assert!(fails(&[a as u64, c as u64]).contains("is not marked"));
}

#[test]
fn roots_may_be_passed_on() {
    let heap = arena(config(), 1 << 20);
    let (mut cache, words) = (heap.new_cache(), words(&heap));
    let kept = [alloc(&heap, &mut cache, words, 1) as u64];
    let roots: &mut dyn FnMut(Visit) = &mut |visit| visit(kept.as_ptr(), 1);
    // SAFETY: one thread, one cache.
    unsafe { heap.collect(&mut [&mut cache].into_iter(), roots) };
    assert_eq!(heap.stats().heap_objects, 1);
}

#[test]
fn what_leads_an_object_is_no_reference() {
    // A small one, and one that is scanned in pieces.
    for len in [8, 5000] {
        let heap = arena(HeapConfig { verify: true, ..config() }, 4 << 20);
        let (mut cache, words) = (heap.new_cache(), words(&heap));
        let led = heap.add_desc(Desc { lead: Some(1), ..Desc::new(0, PtrMap::None, 8, PtrMap::All) });
        let object = alloc(&heap, &mut cache, led, len);
        let others: Vec<*mut u64> = (0..len).map(|_| alloc(&heap, &mut cache, words, 1)).collect();
        // SAFETY: the object has `len` words; the first says that two more are no references.
        unsafe {
            object.write(2);
            (1..len as usize).for_each(|i| object.add(i).write(others[i] as u64));
        }
        collect(&heap, &mut cache, &[object]);
        assert_eq!(heap.stats().heap_objects, len - 3 + 1);
        let mut seen = Vec::new();
        // SAFETY: nobody changes the object.
        unsafe { heap.references(object, &mut |word| seen.push(word as *mut u64)) };
        assert_eq!(seen, others[3..]);
    }
}

/// A list of so many objects of two words, the first of which refers to the next.
fn list(heap: &Heap, cache: &mut Cache, desc: DescId, len: usize) -> *mut u64 {
    (0..len).fold(std::ptr::null_mut(), |next, _| {
        let object = alloc(heap, cache, desc, 2);
        // SAFETY: a new object of two words.
        unsafe { object.write(next as u64) };
        object
    })
}

/// The thread that marks in the background gets no processor at all: those who allocate mark in proportion, so that the cycle asks for its end
/// before more than its slack was allocated, whatever is alive.
#[test]
fn assists_alone_are_through_in_time() {
    for (alive, others) in [(1000, 0), (30_000, 0), (100_000, 2), (3000, 200)] {
        let heap = arena(config(), 64 << 20);
        assert!(heap.set_stack_hook(Box::new(|_, _, _, _| false)));
        let (mut cache, words) = (heap.new_cache(), words(&heap));
        let mut roots: Vec<u64> = vec![list(&heap, &mut cache, words, alive) as u64];
        roots.extend((0..others).map(|_| alloc(&heap, &mut cache, words, 3000) as u64));
        let begin = |roots: &[u64], cache: &mut Cache| {
            heap.flush(cache);
            let mut roots =
                Roots { fixed: &mut |visit| visit(roots.as_ptr(), roots.len()), stacks: &mut |_| unreachable!() };
            heap.begin_cycle(&mut roots);
            cache.follow(&heap);
        };
        begin(&roots, &mut cache);
        let (before, slack) = (heap.pacer.granted().0, heap.pacer.growth_left() * 2 / 3);
        while !heap.want_gc() {
            alloc(&heap, &mut cache, words, 2);
        }
        let granted = heap.pacer.granted().0 - before;
        assert!(granted <= slack + (16 << 10), "{granted} of {slack} with {alive} and {others} alive");
        let mut fixed = Roots { fixed: &mut |_| {}, stacks: &mut |_| {} };
        assert_eq!(heap.end_cycle(&mut [&mut cache], &mut fixed, false), cycle::End::Finished);
        assert!(heap.stats().heap_objects as usize >= alive + others);
    }
}

//! The heap through its public API (random programs against a model are in `src/heap/model.rs`): long lists and trees, limits, modes, threads.

use gol_runtime::heap::{Cache, Header};
use gol_runtime::{Desc, DescId, Heap, HeapConfig, PtrMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::{Barrier, Mutex};

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

fn heap(config: HeapConfig) -> Heap {
    Heap::new(config).unwrap()
}

fn desc(heap: &Heap, prefix_words: u32, prefix_ptrs: PtrMap, stride: u32, ptrs: PtrMap) -> DescId {
    heap.add_desc(Desc::new(prefix_words, prefix_ptrs, stride, ptrs))
}

fn bits(word: u64) -> PtrMap {
    PtrMap::Bits([word].into())
}

fn alloc(heap: &Heap, cache: &mut Cache, desc: DescId, len: u64) -> *mut u64 {
    // SAFETY: every test uses a cache on one thread at a time, with descriptors of its heap.
    unsafe { heap.alloc(cache, desc, len) }
}

fn collect(heap: &Heap, cache: &mut Cache, roots: &[u64]) {
    // SAFETY: the tests that call this have one cache and one thread.
    unsafe { heap.collect(&mut std::iter::once(cache), &mut |visit| visit(roots.as_ptr(), roots.len())) };
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// A list of `n` cells `{next, value}`; returns its head.
fn list(heap: &Heap, cache: &mut Cache, cell: DescId, n: u64) -> u64 {
    let mut head = 0;
    for i in 0..n {
        let at = alloc(heap, cache, cell, 1);
        // SAFETY: the object has two words.
        unsafe {
            at.write(head);
            at.add(1).write(i);
        }
        head = at as u64;
    }
    head
}

fn list_len(mut head: u64) -> u64 {
    let mut n = 0;
    while head != 0 {
        // SAFETY: the list is alive.
        head = unsafe { (head as *const u64).read() };
        n += 1;
    }
    n
}

/// A full binary tree of cells `{left, right}`.
fn tree(heap: &Heap, cache: &mut Cache, node: DescId, depth: u32) -> u64 {
    let at = alloc(heap, cache, node, 1);
    if depth > 0 {
        let (left, right) = (tree(heap, cache, node, depth - 1), tree(heap, cache, node, depth - 1));
        // SAFETY: the object has two words.
        unsafe {
            at.write(left);
            at.add(1).write(right);
        }
    }
    at as u64
}

fn tree_size(node: u64) -> u64 {
    if node == 0 {
        return 0;
    }
    // SAFETY: the tree is alive.
    let (left, right) = unsafe { ((node as *const u64).read(), (node as *const u64).add(1).read()) };
    1 + tree_size(left) + tree_size(right)
}

#[test]
fn lists_and_trees_survive_and_garbage_is_freed() {
    let heap = heap(config());
    let mut cache = heap.new_cache();
    let cell = desc(&heap, 0, PtrMap::None, 16, bits(1));
    let node = desc(&heap, 0, PtrMap::None, 16, PtrMap::All);
    let kept = [list(&heap, &mut cache, cell, 500_000), tree(&heap, &mut cache, node, 16)];
    list(&heap, &mut cache, cell, 200_000);
    tree(&heap, &mut cache, node, 15);
    for _ in 0..3 {
        collect(&heap, &mut cache, &kept);
        assert_eq!(heap.stats().heap_objects, 500_000 + (1 << 17) - 1);
        assert_eq!((list_len(kept[0]), tree_size(kept[1])), (500_000, (1 << 17) - 1));
        list(&heap, &mut cache, cell, 100_000);
    }
    collect(&heap, &mut cache, &kept[1..]);
    assert_eq!(heap.stats().heap_objects, (1 << 17) - 1);
}

#[test]
fn several_workers_mark_the_same() {
    let heap = heap(HeapConfig { verify: false, ..config() });
    let mut cache = heap.new_cache();
    let node = desc(&heap, 0, PtrMap::None, 16, PtrMap::All);
    let table = desc(&heap, 0, PtrMap::None, 8, PtrMap::All);
    let pairs = desc(&heap, 0, PtrMap::None, 16, bits(2));
    let mut roots = vec![tree(&heap, &mut cache, node, 19)];
    for (desc, words) in [(table, 1), (pairs, 2)] {
        let big = alloc(&heap, &mut cache, desc, 100_000);
        for i in 0..100_000 {
            // SAFETY: the object has so many elements.
            unsafe { big.add(i * words + words - 1).write(tree(&heap, &mut cache, node, 1)) };
        }
        roots.push(big as u64);
    }
    let objects = (1 << 20) - 1 + 2 * (1 + 300_000);
    for workers in [1, 2, 4, 3, 1] {
        heap.set_mark_workers(workers);
        collect(&heap, &mut cache, &roots);
        assert_eq!(heap.stats().heap_objects, objects, "{workers} workers");
    }
}

#[test]
fn the_limit_is_an_answer_and_not_an_end() {
    let limit = 16 << 20;
    let heap = heap(HeapConfig { limit, gogc: None, ..config() });
    let mut cache = heap.new_cache();
    let bytes = desc(&heap, 0, PtrMap::None, 1, PtrMap::None);
    assert!(alloc(&heap, &mut cache, bytes, 1 << 30).is_null());
    let mut kept = Vec::new();
    loop {
        let at = alloc(&heap, &mut cache, bytes, 10_000);
        if at.is_null() {
            break;
        }
        kept.push(at as u64);
    }
    assert!(heap.want_gc());
    assert!(heap.stats().heap_inuse as usize <= limit);
    assert!(kept.len() * 10_000 > limit / 10 * 8);
    collect(&heap, &mut cache, &kept);
    assert!(alloc(&heap, &mut cache, bytes, 10_000).is_null());
    kept.truncate(10);
    collect(&heap, &mut cache, &kept);
    assert!(!alloc(&heap, &mut cache, bytes, 10_000).is_null());

    assert!(!heap.account_external(limit as isize));
    assert!(heap.account_external(limit as isize - (1 << 20)));
    assert!(alloc(&heap, &mut cache, bytes, 1 << 20).is_null());
    assert!(heap.account_external(-(limit as isize - (1 << 20))));
    assert!(!alloc(&heap, &mut cache, bytes, 1 << 20).is_null());
    heap.set_limit(usize::MAX);
    assert!(!alloc(&heap, &mut cache, bytes, 1 << 25).is_null());
}

#[test]
fn collections_are_asked_for_before_the_limit() {
    let limit = 16 << 20;
    let heap = heap(HeapConfig { limit, ..config() });
    let mut cache = heap.new_cache();
    let cell = desc(&heap, 0, PtrMap::None, 16, bits(1));
    let kept = list(&heap, &mut cache, cell, 300_000);
    for _ in 0..2_000_000 {
        assert!(!alloc(&heap, &mut cache, cell, 1).is_null());
        if heap.want_gc() {
            collect(&heap, &mut cache, &[kept]);
        }
    }
    assert!(heap.stats().num_gc < 100);
}

#[test]
fn absurd_sizes_are_null() {
    let heap = heap(config());
    let mut cache = heap.new_cache();
    let wide = desc(&heap, 0, PtrMap::None, u32::MAX - 7, PtrMap::None);
    let bytes = desc(&heap, 0, PtrMap::None, 1, PtrMap::None);
    let prefix = desc(&heap, 5000, PtrMap::All, 0, PtrMap::None);
    for (desc, len) in
        [(wide, Header::LEN_MAX), (wide, u64::MAX), (bytes, u64::MAX), (bytes, 1 << 40), (bytes, (1 << 40) - 1)]
    {
        assert!(alloc(&heap, &mut cache, desc, len).is_null(), "{desc} {len}");
    }
    for len in [0, 1, Header::LEN_MAX] {
        assert!(!alloc(&heap, &mut cache, prefix, len).is_null());
    }
    assert!(alloc(&heap, &mut cache, prefix, 1 << 40).is_null());
    assert!(!alloc(&heap, &mut cache, bytes, 1 << 34).is_null());
}

#[test]
fn large_objects_are_zeroed_when_their_pages_come_back() {
    let heap = heap(config());
    let mut cache = heap.new_cache();
    let words = desc(&heap, 0, PtrMap::None, 8, PtrMap::All);
    for len in [3_000u64, 40_000, 500_000] {
        for _ in 0..4 {
            let at = alloc(&heap, &mut cache, words, len);
            // SAFETY: the object has `len` words.
            let slice = unsafe { std::slice::from_raw_parts_mut(at, len as usize) };
            assert!(slice.iter().all(|w| *w == 0));
            slice.fill(at as u64 + 1);
            collect(&heap, &mut cache, &[at as u64 + 8 * len - 1]);
            assert_eq!(heap.stats().heap_objects, 1);
            collect(&heap, &mut cache, &[]);
        }
    }
    assert!(heap.stats().heap_sys <= (40_000 + 500_000) * 8 * 2);
}

#[test]
fn only_described_words_are_traced() {
    let heap = heap(HeapConfig { verify: true, ..config() });
    let mut cache = heap.new_cache();
    let leaf = desc(&heap, 0, PtrMap::None, 8, PtrMap::None);
    let cases = [
        (desc(&heap, 0, PtrMap::None, 32, bits(0b0110)), 2, vec![1, 2, 5, 6]),
        (desc(&heap, 0, PtrMap::None, 8, PtrMap::All), 3, vec![0, 1, 2]),
        (desc(&heap, 2, bits(0b01), 8, PtrMap::None), 2, vec![0]),
        (desc(&heap, 1, PtrMap::None, 8, PtrMap::All), 2, vec![1, 2]),
        (desc(&heap, 1, PtrMap::All, 16, bits(0b10)), 2, vec![0, 2, 4]),
        (desc(&heap, 1, PtrMap::All, 0, PtrMap::None), 2, vec![0]),
        (desc(&heap, 1, PtrMap::All, 1, PtrMap::None), 16, vec![0]),
        (desc(&heap, 0, PtrMap::None, 80 * 8, PtrMap::Bits([4, 1 << 15].into())), 2, vec![2, 79, 82, 159]),
        (desc(&heap, 0, PtrMap::None, 24, PtrMap::Bits([0].into())), 1, vec![]),
    ];
    for (desc, len, traced) in cases {
        let object = alloc(&heap, &mut cache, desc, len);
        let (_, payload) = heap.resolve(object as u64).unwrap();
        assert_eq!(payload, object);
        let words = traced.last().map_or(1, |w| w + 1);
        for i in 0..words {
            // SAFETY: the object has at least these words.
            unsafe { object.add(i).write(alloc(&heap, &mut cache, leaf, 1) as u64) };
        }
        collect(&heap, &mut cache, &[object as u64]);
        assert_eq!(heap.stats().heap_objects, 1 + traced.len() as u64, "descriptor {desc}");
    }
}

#[test]
fn stress_asks_at_every_nth_allocation() {
    for n in [1, 5] {
        let heap = heap(HeapConfig { stress_every: Some(n), poison: true, ..config() });
        let mut cache = heap.new_cache();
        let cell = desc(&heap, 0, PtrMap::None, 16, bits(1));
        let key = heap.class_of(cell, 1);
        let kept = list(&heap, &mut cache, cell, 10);
        collect(&heap, &mut cache, &[kept]);
        for i in 1..=100 {
            // SAFETY: the key is this heap's.
            assert!(!unsafe { heap.alloc_key(&mut cache, key) }.is_null());
            assert_eq!(heap.want_gc(), i % n == 0);
            if heap.want_gc() {
                collect(&heap, &mut cache, &[kept]);
                assert_eq!(list_len(kept), 10);
                assert_eq!(heap.stats().heap_objects, 10);
            }
        }
    }
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// One test for what is measured over the whole process.
#[test]
fn memory_is_reused_and_given_back() {
    let heap = heap(config());
    let mut cache = heap.new_cache();
    let cell = desc(&heap, 0, PtrMap::None, 16, bits(1));
    let bytes = desc(&heap, 0, PtrMap::None, 1, PtrMap::None);
    for round in 0..100 {
        let kept = list(&heap, &mut cache, cell, 50_000);
        for _ in 0..20 {
            alloc(&heap, &mut cache, bytes, 100_000 + round * 1000);
        }
        collect(&heap, &mut cache, &[kept]);
    }
    assert!(heap.stats().heap_sys < 16 << 20, "{:?}", heap.stats());

    let before = resident();
    let big = alloc(&heap, &mut cache, bytes, 200 << 20);
    // SAFETY: the object is that large.
    unsafe { std::ptr::write_bytes(big.cast::<u8>(), 1, 200 << 20) };
    assert!(resident() > before + (150 << 20));
    for _ in 0..10 {
        collect(&heap, &mut cache, &[]);
    }
    assert!(heap.stats().heap_released > 180 << 20);
    heap.release_free();
    assert!(heap.stats().heap_released > heap.stats().heap_sys - (1 << 20));
    assert!(resident() < before + (100 << 20));
}

#[test]
fn four_threads_allocate_and_stop_for_collections() {
    const THREADS: usize = 4;
    let heap = heap(HeapConfig { poison: true, limit: 64 << 20, ..config() });
    let cell = desc(&heap, 0, PtrMap::None, 16, bits(1));
    let bytes = desc(&heap, 0, PtrMap::None, 1, PtrMap::None);
    let caches: Vec<Mutex<Cache>> = (0..THREADS).map(|_| Mutex::new(heap.new_cache())).collect();
    let roots: Vec<AtomicUsize> = (0..THREADS).map(|_| AtomicUsize::new(0)).collect();
    let (barrier, stop, hooked) =
        (Barrier::new(THREADS), AtomicBool::new(false), std::sync::Arc::new(AtomicUsize::new(0)));
    let count = hooked.clone();
    assert!(heap.set_gc_hook(Box::new(move || {
        count.fetch_add(1, Relaxed);
    })));
    let run = |me: usize| {
        let mut random = Random(me as u64);
        for _ in 0..200 {
            {
                let mut cache = caches[me].lock().unwrap();
                let head = list(&heap, &mut cache, cell, 2000);
                roots[me].store(head as usize, Relaxed);
                for _ in 0..200 {
                    let len = random.below(3000) as u64;
                    assert!(!alloc(&heap, &mut cache, bytes, len).is_null());
                }
                assert_eq!(list_len(head), 2000);
            }
            // A stop point: all threads meet, the first of them collects when somebody wants it.
            if barrier.wait().is_leader() {
                stop.store(heap.want_gc() || random.below(10) == 0, Relaxed);
                if stop.load(Relaxed) {
                    let words: Vec<u64> = roots.iter().map(|r| r.load(Relaxed) as u64).collect();
                    let mut guards: Vec<_> = caches.iter().map(|c| c.lock().unwrap()).collect();
                    // SAFETY: all other threads wait at the second barrier; all caches are passed.
                    unsafe {
                        heap.collect(&mut guards.iter_mut().map(|g| &mut **g), &mut |visit| {
                            visit(words.as_ptr(), words.len())
                        });
                    }
                    assert_eq!(heap.stats().heap_objects, 2000 * THREADS as u64);
                }
            }
            barrier.wait();
            assert_eq!(list_len(roots[me].load(Relaxed) as u64), 2000);
        }
    };
    std::thread::scope(|scope| {
        for me in 0..THREADS {
            let run = &run;
            scope.spawn(move || run(me));
        }
    });
    assert!(heap.stats().num_gc > 10);
    assert!(hooked.load(Relaxed) > 0);
}

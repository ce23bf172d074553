//! What `runtime.MemStats` tells, and where each number comes from. *(unsafe)*

use crate::abi::Done;
use gol_runtime::heap::{HeapStats, Pauses};
use gol_vm::native::{Cx, Fault};

/// Fields of the struct behind the two rings.
const LAST: usize = 5;
/// And before them.
const FIRST: usize = 24;

/// `(m *MemStats)`: stops the world, as Go does, so that the numbers belong to one moment.
pub fn read_mem_stats(cx: &mut Cx) -> Done {
    let at = cx.arg(0) as *mut u64;
    if at.is_null() {
        return Err(Fault::nil());
    }
    let runtime = cx.runtime() as *const gol_runtime::Runtime;
    // SAFETY: the runtime outlives its goroutines. Not borrowed from `cx`, whose P may change.
    let runtime = unsafe { &*runtime };
    let seen = cx.blocking(|| {
        runtime.inspect(|world| (world.heap_stats(), runtime.heap.pauses(), runtime.stack_bytes() as u64))
    });
    // There is nothing to be seen when the runtime ends, and nobody who will look.
    let Some((stats, pauses, stacks)) = seen else { return Ok(()) };
    let share = stats.cpu_ns as f64 / runtime.offered_ns().max(1) as f64;
    let all = first(&stats, &pauses, stacks).into_iter();
    let all = all.chain(pauses.ns).chain(pauses.end).chain(last(&stats, share));
    for (k, word) in all.enumerate() {
        // SAFETY: the struct has a word for each; the goroutine's own argument keeps it alive.
        unsafe { at.add(k).write(word) };
    }
    Ok(())
}

fn first(s: &HeapStats, pauses: &Pauses, stacks: u64) -> [u64; FIRST] {
    // What is accounted outside of the heap, without the stacks, and what Rust code has taken.
    let other = s.external.saturating_sub(stacks) + gol_runtime::native::large_bytes() as u64;
    let sys = s.heap_sys + stacks + s.page_table + s.caches + s.marks + other;
    let last_gc =
        if s.num_gc == 0 { 0 } else { pauses.end[(s.num_gc as usize + pauses.end.len() - 1) % pauses.end.len()] };
    [
        s.heap_alloc,
        s.total_alloc,
        sys,
        // Lookups: Go's is 0 too.
        0,
        s.mallocs,
        s.frees,
        s.heap_alloc,
        s.heap_sys,
        s.heap_sys - s.heap_inuse,
        s.heap_inuse,
        s.heap_released,
        s.heap_objects,
        stacks,
        stacks,
        s.page_table_inuse,
        s.page_table,
        s.caches,
        s.caches,
        // BuckHashSys: there is no profile of allocations.
        0,
        s.marks,
        other,
        s.next_gc,
        last_gc,
        s.pause_total_ns,
    ]
}

fn last(s: &HeapStats, share: f64) -> [u64; LAST] {
    [u64::from(s.num_gc), u64::from(s.num_forced), share.to_bits(), 1, 0]
}

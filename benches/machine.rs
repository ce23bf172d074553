//! The machine in parts: `cargo bench --bench machine`. Each bench runs one statement in a session that has the declarations;
//! items are the operations that it is named after.

use divan::Bencher;
use divan::counter::ItemsCount;
use gol::machine::Packages;
use gol_bytecode::Unit;
use gol_compiler::session::{Session, TextKind};
use gol_runtime::{HeapConfig, RuntimeConfig};
use gol_vm::{Hooks, RunResult, Vm, VmConfig};

const DECLARATIONS: &str = r#"
import "sync"
import "runtime"
type Node struct { left, right *Node }
func loop(n int) int { s := 0; for i := 0; i < n; i++ { s = s ^ i + 3 }; return s }
func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }
type Shape interface { Area() int }
type Square struct { side int }
func (s Square) Area() int { if s.side < 0 { panic("negative") }; return s.side * s.side }
func areas(s Shape, n int) int { sum := 0; for range n { sum += s.Area() }; return sum }
func tree(depth int) *Node { if depth == 0 { return &Node{} }; return &Node{tree(depth - 1), tree(depth - 1)} }
func pingPong(n int) { a, b := make(chan int), make(chan int); go func() { for x := range a { b <- x }; close(b) }(); for i := range n { a <- i; <-b }; close(a) }
func buffered(n int) { c := make(chan int, 128); go func() { for i := range n { c <- i }; close(c) }(); for range c { } }
func choose(n int) { a, b := make(chan int, 1), make(chan int, 1); for range n { a <- 1; select { case <-a: case <-b: } } }
func spawn(n int) { var wg sync.WaitGroup; for range n { wg.Add(1); go func() { wg.Done() }() }; wg.Wait() }
func fill(n int) map[int]int { m := map[int]int{}; for i := range n { m[i] = i }; return m }
func locks(n int) { var mu sync.Mutex; for range n { mu.Lock(); mu.Unlock() } }
var kept = tree(16)
"#;

/// A machine with the declarations loaded.
struct Bench {
    session: Session,
    vm: Vm,
}

impl Bench {
    fn new() -> Bench {
        let heap = HeapConfig { limit: 4 << 30, gogc: Some(100), ..HeapConfig::default() };
        let runtime = RuntimeConfig { procs: 2, heap, max_stack_slots: 1 << 24, ..RuntimeConfig::default() };
        let config = VmConfig { runtime, profile_ops: false, stage: Default::default(), hooks: Hooks::default() };
        let vm = Vm::new(&gol_stdlib::natives(), config).expect("a machine can be made");
        let mut bench = Bench { session: Session::new(&Packages), vm };
        let unit = bench.unit(DECLARATIONS);
        bench.run(&unit);
        bench
    }
    fn unit(&mut self, text: &str) -> Unit {
        let compiled = self.session.compile("bench", text.as_bytes().to_vec(), TextKind::Prompt);
        let unit = compiled.unit.unwrap_or_else(|| panic!("{text}: {:?}", compiled.diagnostics));
        self.vm.load(&self.session.functions().all()).expect("the program loads");
        unit
    }
    fn run(&self, unit: &Unit) {
        assert!(matches!(self.vm.run_unit(unit), RunResult::Done));
    }
}

/// Runs a statement that does so many operations.
fn statement(b: Bencher, items: usize, text: &str) {
    let mut bench = Bench::new();
    let unit = bench.unit(text);
    b.counter(ItemsCount::new(items)).bench_local(|| bench.run(&unit));
}

/// One turn of the loop is three operations of the machine.
#[divan::bench]
fn dispatch(b: Bencher) {
    statement(b, 300_000, "_ = loop(100_000)");
}

#[divan::bench]
fn calls(b: Bencher) {
    statement(b, 21_891, "_ = fib(20)");
}

#[divan::bench]
fn interface_calls(b: Bencher) {
    statement(b, 20_000, "_ = areas(Square{3}, 20_000)");
}

#[divan::bench]
fn allocation(b: Bencher) {
    statement(b, (1 << 15) - 1, "_ = tree(14)");
}

/// Objects that a collection finds alive.
#[divan::bench]
fn marking(b: Bencher) {
    statement(b, (1 << 17) - 1, "runtime.GC()");
}

#[divan::bench]
fn channel_hops(b: Bencher) {
    statement(b, 20_000, "pingPong(10_000)");
}

#[divan::bench]
fn buffered_channel(b: Bencher) {
    statement(b, 20_000, "buffered(20_000)");
}

#[divan::bench]
fn select(b: Bencher) {
    statement(b, 20_000, "choose(20_000)");
}

#[divan::bench]
fn spawn(b: Bencher) {
    statement(b, 10_000, "spawn(10_000)");
}

#[divan::bench]
fn map_entries(b: Bencher) {
    statement(b, 20_000, "_ = fill(20_000)");
}

#[divan::bench]
fn mutex(b: Bencher) {
    statement(b, 20_000, "locks(20_000)");
}

fn main() {
    divan::main();
}

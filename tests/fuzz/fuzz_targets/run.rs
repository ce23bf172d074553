//! Any bytes: what compiles runs, under limits, with a collection at every few allocations, and is interrupted after a while. Package os
//! reaches nothing outside of the process; what a program prints goes where standard output goes.
#![no_main]

use gol_compiler::session::TextKind;
use gol_runtime::{HeapConfig, RuntimeConfig};
use gol_vm::{Hooks, RunResult, Vm, VmConfig};
use std::sync::{Arc, mpsc};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_millis(300);
/// After an interruption a run must end within this time.
const GRACE: Duration = Duration::from_secs(10);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut session = gol_fuzz::session();
    let Some(unit) = session.compile("fuzz.gol", data.to_vec(), TextKind::File).unit else { return };
    let vm = Arc::new(Vm::new(&gol_fuzz::natives(), config()).expect("a machine"));
    vm.load(&session.functions().all()).expect("what was emitted loads");
    let (done, wait) = mpsc::channel();
    let runner = vm.clone();
    let thread = std::thread::spawn(move || {
        let result = runner.run_unit(&unit);
        let _ = done.send(());
        result
    });
    if wait.recv_timeout(PATIENCE).is_err() {
        vm.interrupt();
        wait.recv_timeout(GRACE).expect("the run does not end when interrupted");
    }
    match thread.join().expect("a run does not panic") {
        RunResult::Fatal(text) => assert!(!text.contains("internal"), "{text}"),
        RunResult::Done
        | RunResult::Panicked
        | RunResult::Exit(_)
        | RunResult::Interrupted
        | RunResult::Deadlock(_) => {}
    }
});

fn config() -> VmConfig {
    let heap = HeapConfig { limit: 64 << 20, gogc: Some(100), stress_every: Some(13), poison: true, verify: true, ..HeapConfig::default() };
    VmConfig {
        runtime: RuntimeConfig { procs: 2, heap, max_stack_slots: 1 << 17, slice_ns: 1_000_000, ..RuntimeConfig::default() },
        profile_ops: false, stage: Default::default(),
        hooks: Hooks { print: Box::new(|_| {}), ..Hooks::default() },
    }
}

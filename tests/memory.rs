//! Running out of memory, at every place where a program can: each must end in gol's own error.

use std::path::Path;
use std::process::{Command, Output};

const GOL: &str = env!("CARGO_BIN_EXE_gol");
/// The exit status for a reached limit.
const LIMIT: i32 = 124;
/// No program here allocates as often.
const ENOUGH: u64 = 20_000;

fn run(program: &Path, failing: u64) -> Output {
    let mut gol = Command::new(GOL);
    gol.arg(format!("--fail-alloc={failing}")).arg(program).env("GOMAXPROCS", "2");
    gol.output().expect("gol starts")
}

/// Fails the n-th allocation and all behind it, for every other n from `first` until the program is through.
fn sweep(name: &str, first: u64) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/memory").join(name);
    for (failures, n) in (first..ENOUGH).step_by(2).enumerate() {
        let out = run(&program, n);
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        if out.status.code() == Some(0) {
            assert!(failures > 20, "{name}: only {failures} allocations can fail");
            return;
        }
        assert_eq!(out.status.code(), Some(LIMIT), "{name}, allocation {n}: {}\n{errors}", out.status);
        assert!(errors.starts_with("fatal error: runtime: out of memory\n"), "{name}, allocation {n}:\n{errors}");
    }
    panic!("{name} never ran through");
}

#[test]
fn every_odd_allocation_can_fail() {
    sweep("everything.gol", 1);
}

#[test]
fn every_even_allocation_can_fail() {
    sweep("everything.gol", 2);
}

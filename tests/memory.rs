//! Running out of memory, at every place where a program can: each run must end in gol's own error, and what it has printed until then
//! is right.
//!
//! Programs are small, and on one subject each, so that the allocation that fails can be each of them. A program's output is the comment
//! block behind its last `// Output:`.
//!
//! `GOL_RELEASE=PATH` takes the binary PATH and fails every allocation. Without it, and a debug build is slow, every seventh.

mod patience;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// The exit status for a reached limit.
const LIMIT: i32 = 124;
/// No program here allocates as often.
const ENOUGH: u64 = 20_000;
/// No run needs more; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(60);

fn programs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/memory");
    let mut all: Vec<PathBuf> = folder.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

fn output_of(program: &Path) -> String {
    let text = std::fs::read_to_string(program).unwrap();
    let (_, block) = text.rsplit_once("// Output:\n").unwrap_or_else(|| panic!("{program:?} has no output"));
    block.lines().map(|line| format!("{}\n", line.trim_start_matches("//").trim_start())).collect()
}

/// The binary to run, and the distance between allocations that fail.
fn binary() -> (String, u64) {
    match std::env::var("GOL_RELEASE") {
        Ok(path) => (path, 1),
        Err(_) => (env!("CARGO_BIN_EXE_gol").into(), 7),
    }
}

fn run(gol: &str, program: &Path, failing: u64) -> Output {
    let mut gol = Command::new(gol);
    gol.arg(format!("--fail-alloc={failing}")).arg(program).env("GOMAXPROCS", "2");
    patience::output(&mut gol, PATIENCE).unwrap_or_else(|e| panic!("{program:?}, allocation {failing}: {e}"))
}

/// Fails the n-th allocation and all behind it, for every `step`-th `n` until the program is through. The last that failed.
fn sweep(program: &Path) -> u64 {
    let want = output_of(program);
    let (gol, step) = binary();
    for n in (1..ENOUGH).step_by(step as usize) {
        let out = run(&gol, program, n);
        let (printed, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        if out.status.code() == Some(0) {
            assert_eq!(printed, want, "{program:?}, allocation {n}\n{errors}");
            return n - 1;
        }
        assert_eq!(out.status.code(), Some(LIMIT), "{program:?}, allocation {n}: {}\n{errors}", out.status);
        assert!(errors.starts_with("fatal error: runtime: out of memory\n"), "{program:?}, allocation {n}:\n{errors}");
        assert!(want.starts_with(&*printed), "{program:?}, allocation {n}, printed:\n{printed}");
    }
    panic!("{program:?} never ran through");
}

#[test]
fn every_allocation_can_fail() {
    let programs = programs();
    assert!(programs.len() >= 11);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Relaxed)) {
                    let failed = sweep(program);
                    println!("{failed:5} allocations of {} failed", program.display());
                    assert!(failed > 20, "{program:?}: only {failed} allocations can fail");
                }
            });
        }
    });
}

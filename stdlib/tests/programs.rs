//! Programs under `tests/programs/*.gol` run through the whole machine; what they print must be what the file beside them
//! (`.out`) holds, which a real Go toolchain has printed. In a `.prompt` file each line is typed at the prompt.
//!
//! Each program runs in a process of its own (this test's executable with `GOL_STDLIB_PROGRAM` set), since it ends by exiting.

use gol_compiler::session::{Library, Session, TextKind};
use gol_runtime::{HeapConfig, RuntimeConfig};
use gol_vm::{Hooks, RunResult, Vm, VmConfig};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PROGRAM: &str = "GOL_STDLIB_PROGRAM";
/// What the test runner prints before the program does.
const RUNNER: &str = "\nrunning 1 test\n";

struct Std;

impl Library for Std {
    fn source(&self, path: &str) -> Option<&'static str> {
        gol_stdlib::Std.source(path)
    }
    fn paths(&self) -> Vec<&'static str> {
        gol_stdlib::Std.paths()
    }
}

/// Set to n: collect at every n-th allocation and fill freed cells.
const STRESS: &str = "GOL_STDLIB_STRESS";

fn config() -> VmConfig {
    let stress_every = std::env::var(STRESS).ok().and_then(|n| n.parse().ok());
    let poison = stress_every.is_some();
    let heap =
        HeapConfig { limit: 1 << 30, gogc: Some(100), stress_every, poison, verify: poison, ..HeapConfig::default() };
    VmConfig {
        runtime: RuntimeConfig { procs: 2, heap, max_stack_slots: 1 << 22, ..RuntimeConfig::default() },
        profile_ops: false,
        stage: Default::default(),
        hooks: Hooks::default(),
    }
}

/// Compiles and runs a program, or the lines of a prompt: the exit code.
fn run(path: &Path) -> i32 {
    let text = std::fs::read(path).expect("the program can be read");
    let mut session = Session::new(&Std);
    gol_stdlib::os::set_args(vec![b"program".to_vec()]);
    let vm = Vm::new(&gol_stdlib::natives(), config()).expect("a machine can be made");
    if path.extension().is_some_and(|x| x == "prompt") {
        let lines = text.split(|&b| b == b'\n').filter(|l| !l.is_empty());
        return lines.map(|l| run_text(&mut session, &vm, "prompt", l.to_vec(), TextKind::Prompt)).max().unwrap_or(0);
    }
    run_text(&mut session, &vm, &path.display().to_string(), text, TextKind::File)
}

fn run_text(session: &mut Session, vm: &Vm, name: &str, text: Vec<u8>, kind: TextKind) -> i32 {
    let compiled = session.compile(name, text, kind);
    for d in &compiled.diagnostics {
        eprintln!("{d:?}");
    }
    let Some(unit) = compiled.unit else { return 126 };
    if let Err(e) = vm.load(&session.functions().all()) {
        eprintln!("load: {e}");
        return 125;
    }
    match vm.run_unit(&unit) {
        RunResult::Done => 0,
        RunResult::Exit(code) => code,
        other => {
            eprintln!("{other:?}");
            2
        }
    }
}

fn programs() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let entries = std::fs::read_dir(dir).expect("tests/programs is there");
    let mut out: Vec<PathBuf> = entries
        .map(|e| e.expect("a directory entry").path())
        .filter(|p| p.extension().is_some_and(|x| x == "gol" || x == "prompt"))
        .collect();
    out.sort();
    out
}

/// Why the program's run is not what it should be.
fn complaint(exe: &Path, path: &Path) -> Option<String> {
    let out = Command::new(exe)
        .args(["programs_print_what_go_prints", "--exact", "--nocapture", "--quiet"])
        .env(PROGRAM, path)
        .stdin(Stdio::null())
        .output()
        .expect("this test can be started");
    let got = String::from_utf8_lossy(&out.stdout);
    let got = got.strip_prefix(RUNNER).unwrap_or(&got);
    let want = std::fs::read(path.with_extension("out")).unwrap_or_default();
    let want = String::from_utf8_lossy(&want);
    if got == want && out.status.success() {
        return None;
    }
    let same = got.lines().zip(want.lines()).take_while(|(a, b)| a == b).count();
    Some(format!(
        "{}: exit {:?}, line {}\n   got: {:?}\n  want: {:?}\nstderr: {}",
        path.display(),
        out.status.code(),
        same + 1,
        got.lines().nth(same),
        want.lines().nth(same),
        String::from_utf8_lossy(&out.stderr)
    ))
}

#[test]
fn programs_print_what_go_prints() {
    if let Ok(path) = std::env::var(PROGRAM) {
        std::process::exit(run(Path::new(&path)));
    }
    let exe = std::env::current_exe().expect("this test has an executable");
    let failed: Vec<String> = programs().iter().filter_map(|p| complaint(&exe, p)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

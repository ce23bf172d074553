//! Generated programs mean the same however they are run: on one processor and on several, with a collection at nearly every allocation,
//! with a scheduler that preempts nowhere, from code without optimisations.
//!
//! `GOL_SEEDS=FROM..TO` runs other seeds. `GOL_OTHER=PATH` compares with another program that takes `run FILE`, as a gol built with
//! the feature `gol-vm/portable`: the two back ends do not fit into one binary. `GOL_WRITE=DIR` writes the programs, and one text
//! of all of them for Go (`go run all.go SEED`), instead of running them.

mod generator;

use std::path::Path;
use std::process::{Command, Output};

const GOL: &str = env!("CARGO_BIN_EXE_gol");
const SEEDS: std::ops::Range<u64> = 0..30;

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("GOL_SEEDS") else { return SEEDS };
    let (from, to) = text.split_once("..").expect("GOL_SEEDS=FROM..TO");
    from.parse().expect("a number")..to.parse().expect("a number")
}

fn run(program: &str, flags: &[&str], procs: &str, file: &Path) -> Output {
    Command::new(program)
        .args(flags)
        .arg("run")
        .arg(file)
        .env("GOMAXPROCS", procs)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"))
}

/// What is wrong with a seed's program, if anything.
fn differs(dir: &Path, seed: u64) -> Option<String> {
    let file = dir.join(format!("{seed}.gol"));
    std::fs::write(&file, generator::program(seed)).unwrap();
    let first = run(GOL, &[], "1", &file);
    if first.status.code() != Some(0) {
        return Some(format!("{:?}\n{}", first.status, String::from_utf8_lossy(&first.stderr)));
    }
    let other = std::env::var("GOL_OTHER").ok();
    let ways: [(&str, &[&str], &str); 7] = [
        (GOL, &[], "4"),
        (GOL, &["--stress-gc=3"], "2"),
        (GOL, &["--preempt=none"], "2"),
        (GOL, &["--no-opt"], "1"),
        (GOL, &["--jit=always"], "1"),
        (GOL, &["--jit=always", "--no-opt", "--stress-gc=41"], "2"),
        (other.as_deref().unwrap_or(GOL), &["--stress-gc=41"], "1"),
    ];
    for (program, flags, procs) in ways {
        let second = run(program, flags, procs, &file);
        if second.status != first.status || second.stdout != first.stdout {
            return Some(format!("{program} {flags:?} GOMAXPROCS={procs}: {:?}, other output", second.status));
        }
    }
    let _ = std::fs::remove_file(&file);
    None
}

#[test]
fn generated_programs_mean_the_same_however_they_run() {
    if let Some(dir) = std::env::var_os("GOL_WRITE") {
        let dir = Path::new(&dir);
        for seed in seeds() {
            let text = generator::program(seed);
            std::fs::write(dir.join(format!("{seed}.gol")), text).unwrap();
        }
        return std::fs::write(dir.join("all.go"), generator::batch(seeds())).unwrap();
    }
    let dir = std::env::temp_dir().join(format!("gol-differential-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let bad: Vec<String> = seeds()
        .filter_map(|s| differs(&dir, s).map(|e| format!("{}: {e}", dir.join(format!("{s}.gol")).display())))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    std::fs::remove_dir_all(&dir).unwrap();
}

//! Instruction counts of small programs against a committed table: they do not depend on the machine's load, so they show what a
//! change costs where times cannot.
//!
//! `GOL_RELEASE=PATH cargo test --test counts` measures the binary PATH (a release build: the table is of one) under valgrind. Without the
//! variable, or where there is no valgrind, the test says so and measures nothing. `GOL_BLESS=1` rewrites the table.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const TABLE: &str = "tests/counts/table.txt";
/// What another compiler version, processor or libc may change.
const TOLERANCE: f64 = 0.10;

/// Which stages are counted: the interpreter alone, for every program; and with all functions compiled before they run, for these, under names that
/// end so. What is compiled while a program runs hangs on the clock.
const PLAIN: &str = "--jit=never";
const COMPILED: &str = "--jit=always";
const AS_CODE: [&str; 2] = ["hello", "loops"];
const MARK: &str = "+jit";

/// Instructions that the binary executes for a program.
fn count(gol: &str, stage: &str, program: &Path) -> u64 {
    let out = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args([Path::new(gol), Path::new(stage), Path::new("run"), program])
        .env("GOMAXPROCS", "1")
        .output()
        .expect("valgrind runs");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: {text}", program.display());
    let refs = text.lines().find_map(|l| l.split_once("refs:")).unwrap_or_else(|| panic!("no count in {text}")).1;
    refs.trim().replace(',', "").parse().expect("a number")
}

#[test]
fn instruction_counts_are_those_of_the_table() {
    let Ok(gol) = std::env::var("GOL_RELEASE") else {
        return eprintln!("instruction counts: not measured, GOL_RELEASE names no binary");
    };
    if Command::new("valgrind").arg("--version").output().is_err() {
        return eprintln!("instruction counts: not measured, there is no valgrind");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join(TABLE)).unwrap_or_default();
    let wanted = |name: &str| {
        let line = table.lines().find(|l| l.split_whitespace().next() == Some(name))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let mut names: Vec<String> = std::fs::read_dir(root.join("tests/counts"))
        .expect("the programs")
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.strip_suffix(".go").map(String::from))
        .collect();
    names.sort();
    names.extend(AS_CODE.map(|name| format!("{name}{MARK}")));
    let (mut new, mut bad) = (String::new(), vec![]);
    for name in names {
        let (program, stage) = name.strip_suffix(MARK).map_or((&*name, PLAIN), |program| (program, COMPILED));
        let got = count(&gol, stage, &root.join(format!("tests/counts/{program}.go")));
        let _ = writeln!(new, "{name:<10} {got:>12}");
        let was = wanted(&name).unwrap_or(0);
        eprintln!("{name:<10} {got:>12}, table {was:>12}");
        if got as f64 > was as f64 * (1.0 + TOLERANCE) {
            bad.push(format!("{name}: {got} instructions, {was} in the table"));
        }
    }
    if std::env::var_os("GOL_BLESS").is_some() {
        return std::fs::write(root.join(TABLE), new).expect("the table");
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

//! Programs with data races, whose threads hammer the same words on several processors: wrong values are allowed, and Go's fatal errors
//! for maps; a crash, a foreign value or a complaint of the collector's checks is not.
//!
//! `GOL_TORTURE=600` makes it go on for so many seconds, with other seeds each time round.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const GOL: &str = env!("CARGO_BIN_EXE_gol");
/// How long a run hammers, in milliseconds.
const RUN: &str = "300";
/// Plain, on code as it was emitted, as machine code, and with collections, poison and verifier.
const FLAGS: [&[&str]; 6] = [
    &[],
    &["--stress-gc=97"],
    &["--no-opt"],
    &["--jit=always"],
    &["--stress-gc=1009"],
    &["--jit=always", "--stress-gc=97"],
];

fn torture(program: &str, may_end: impl Fn(i32, &str) -> bool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture").join(program);
    let seconds = std::env::var("GOL_TORTURE").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let (start, long) = (Instant::now(), Duration::from_secs(seconds));
    let mut seed = 0;
    while seed < FLAGS.len() || start.elapsed() < long {
        let flags = FLAGS[seed % FLAGS.len()];
        let procs = (2 + seed % 3).to_string();
        seed += 1;
        let mut gol = Command::new(GOL);
        gol.args(flags).arg("run").arg(&path).args([seed.to_string().as_str(), RUN]).env("GOMAXPROCS", &procs);
        let out = gol.output().expect("gol starts");
        let (text, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        let done = out.status.success() && text == "done\n" && errors.is_empty();
        assert!(
            done || out.status.code().is_some_and(|code| may_end(code, &errors)),
            "{program}, seed {seed}, {flags:?}, {procs} processors: {}\n{text}{errors}",
            out.status
        );
    }
}

#[test]
fn words() {
    torture("words.go", |_, _| false);
}

#[test]
fn maps() {
    const ENDS: [&str; 3] = [
        "fatal error: concurrent map writes\n",
        "fatal error: concurrent map read and map write\n",
        "fatal error: concurrent map iteration and map write\n",
    ];
    torture("maps.go", |code, errors| code == 2 && ENDS.iter().any(|end| errors.starts_with(end)));
}

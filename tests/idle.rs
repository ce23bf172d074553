//! A program that sleeps uses no processor: idle threads really park.
#![cfg(unix)]

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::process::{Command, Stdio};

/// Processor time of one run in microseconds.
fn cpu_us(code: &str) -> i64 {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system counts");
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
    };
    let before = used();
    let mut gol = Command::new(env!("CARGO_BIN_EXE_gol"));
    let status = gol.args(["-e", code]).env("GOMAXPROCS", "4").stdin(Stdio::null()).status().expect("gol starts");
    assert!(status.success(), "{code}");
    used() - before
}

#[test]
fn sleeping_costs_nothing() {
    let best = |code: &str| (0..3).map(|_| cpu_us(code)).min().unwrap();
    // Goroutines that have run on several processors, then wait: for each other, for a timer, for ever.
    let program = |end: &str| {
        format!(
            "c := make(chan int)\nfor range 100 {{ go {{ for range 100 {{ runtime.Gosched() }}; <-c }} }}\n\
             go {{ time.Sleep(1h) }}\ntime.Sleep({end})"
        )
    };
    let (short, long) = (best(&program("1ms")), best(&program("1s")));
    // 0 is what is meant; one thread that spins would use a million.
    assert!(long - short < 100_000, "{short} us without and {long} us with a second of sleep");
}

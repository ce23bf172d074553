//! A program that sleeps uses no processor: idle threads really park.
#![cfg(unix)]

use std::process::{Command, Stdio};

/// Processor time of one run in microseconds.
fn cpu_us(code: &str) -> i64 {
    let mut gol = Command::new(env!("CARGO_BIN_EXE_gol"));
    let child = gol.args(["-e", code]).env("GOMAXPROCS", "4").stdin(Stdio::null()).spawn().unwrap();
    let mut status = 0;
    // SAFETY: zeroed is a valid rusage, and the child is ours and not waited for otherwise.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage), child.id() as libc::pid_t);
        usage
    };
    assert_eq!(status, 0, "{code}");
    let us = |t: libc::timeval| t.tv_sec as i64 * 1_000_000 + t.tv_usec as i64;
    us(usage.ru_utime) + us(usage.ru_stime)
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

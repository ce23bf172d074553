//! A goroutine that computes is interrupted by a timer of the system when one of its P is due (`sched/alarm.rs`).
#![cfg(all(target_os = "linux", not(feature = "shuttle"), not(miri)))]
mod toy;

use gol_runtime::*;
use std::sync::atomic::{AtomicBool, Ordering::*};
use toy::{Ctl, Cx, start};

/// Timers of this process that raise the last real-time signal; none where the system does not tell.
fn alarms() -> Option<usize> {
    let timers = std::fs::read_to_string("/proc/self/timers").ok()?;
    Some(timers.lines().filter(|line| line.starts_with("signal: 64/")).count())
}

#[test]
fn who_computes_gets_an_alarm_that_ends_with_its_thread() {
    if alarms().is_none() {
        return;
    }
    let flag = || -> &'static AtomicBool { Box::leak(Box::new(AtomicBool::new(false))) };
    let (over, found) = (flag(), flag());
    let t = start(1);
    let computes = steps![|_: &Cx| Ctl::Next, move |_: &Cx| if over.load(Relaxed) { Ctl::Done } else { Ctl::Jump(0) },];
    let main = steps![
        move |c: &Cx| {
            c.go(computes, 0, &[]);
            Ctl::Next
        },
        // SAFETY: the running P.
        |c: &Cx| Ctl::Op(unsafe { ops::sleep(c.p(), 1_000_000) }),
        // r0 counts the sleeps.
        move |c: &Cx| {
            *c.r(0) += 1;
            let seen_now = alarms() == Some(1);
            over.store(seen_now || *c.r(0) == 5_000, Relaxed);
            found.store(seen_now, Relaxed);
            if over.load(Relaxed) { Ctl::Done } else { Ctl::Jump(1) }
        },
    ];
    assert_eq!(t.run(main, 1, &[]), Outcome::Done);
    assert!(found.load(Relaxed), "no alarm in 5,000 sleeps");
    drop(t);
    assert_eq!(alarms(), Some(0));
}

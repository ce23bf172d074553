//! Crashes that really happen, in a second process of this test's own program.
use super::machine::*;
use super::*;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

/// In its environment the second process finds how to crash.
const HOW: &str = "GOL_TEST_CRASH";

/// Runs the test `name` again, where `crash` is called; gives the exit status, the signal and standard error.
fn second_process(name: &str, crash: fn()) -> (Option<i32>, Option<i32>, String) {
    if std::env::var_os(HOW).is_some() {
        // No core files.
        let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: a valid limit.
        unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) };
        crate::crash::tell_crashes();
        crash();
        panic!("still alive");
    }
    let program = std::env::current_exe().expect("a path");
    let name = format!("tests::crash::{name}");
    let out = Command::new(program).args([&name, "--exact", "--nocapture"]).env(HOW, "1").output().expect("runs");
    (out.status.code(), out.status.signal(), String::from_utf8_lossy(&out.stderr).into_owned())
}

/// Uses up whatever stack it is on.
#[inline(never)]
fn recurse(n: u64) -> u64 {
    let room = std::hint::black_box([n; 64]);
    if n == u64::MAX {
        return 0;
    }
    recurse(n + 1) + room[(n % 64) as usize]
}

#[test]
fn a_native_uses_up_its_stack() {
    let (status, _, errors) = second_process("a_native_uses_up_its_stack", || {
        let main = func(
            "main.main",
            0,
            0,
            4,
            vec![k(Op::LoadI, 1, 0, 1), k(Op::CallNC, 0, 1, OVERFLOW), data(), i(Op::Ret, 0, 0, 0, 0)],
        );
        Machine::new(&full(vec![main])).ok(0);
    });
    assert_eq!(status, Some(2), "{errors}");
    assert!(
        errors.contains("runtime: a native function has used up its stack\nfatal error: stack overflow\n"),
        "{errors}"
    );
    assert!(!errors.contains("internal error"), "{errors}");
}

#[test]
fn a_thread_uses_up_its_stack() {
    let (_, signal, errors) = second_process("a_thread_uses_up_its_stack", || {
        let thread = std::thread::spawn(|| recurse(0));
        let _ = thread.join();
    });
    assert_eq!(signal, Some(libc::SIGABRT), "{errors}");
    assert!(errors.contains("gol: internal error: SIGSEGV at address 0x"), "{errors}");
    assert!(errors.contains("; please report this\n"), "{errors}");
    assert!(errors.contains("has overflowed its stack"), "{errors}");
    assert_eq!(errors.matches("please report").count(), 1, "{errors}");
}

#[test]
fn a_wild_access_ends_by_its_signal() {
    let (_, signal, errors) = second_process("a_wild_access_ends_by_its_signal", || {
        // SAFETY: none; it faults, and that is the test.
        unsafe { std::hint::black_box(0x10_0000_0000_usize as *const u8).read_volatile() };
    });
    assert_eq!(signal, Some(libc::SIGSEGV), "{errors}");
    assert!(errors.contains("gol: internal error: SIGSEGV at address 0x1000000000; please report this\n"), "{errors}");
}

#[test]
fn an_abort_ends_by_its_signal() {
    let (_, signal, errors) = second_process("an_abort_ends_by_its_signal", || std::process::abort());
    assert_eq!(signal, Some(libc::SIGABRT), "{errors}");
    assert!(errors.contains("gol: internal error: SIGABRT; please report this\n"), "{errors}");
}

/// `t.overflow()` never returns.
pub(super) fn overflow(cx: &mut crate::CallCx) -> Result<(), crate::Fault> {
    let n = recurse(cx.arg(0));
    cx.set(0, n);
    Ok(())
}

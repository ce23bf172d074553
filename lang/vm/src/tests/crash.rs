//! Crashes that really happen, in a second process of this test's own program.
use super::machine::*;
use super::*;
use gol_bytecode::TypeId;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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

/// Runs `first(0)`, then allocates and collects for a while; between the halves of that, `then(1)`.
fn collect_around(first: i32, then: i32, config: crate::VmConfig) -> crate::RunResult {
    collect_often_around(2000, 24, first, then, config)
}

/// The same with `n` collections in the first half, and allocations of `len` bytes there; the second one has many.
fn collect_often_around(n: i32, len: usize, first: i32, then: i32, config: crate::VmConfig) -> crate::RunResult {
    let rounds = |back| {
        vec![
            k(Op::LoadI, 6, 0, 0),
            i(Op::MakeSlice, 8, 4, 4, BYTES),
            i(Op::AddKJltB, 6, 5, 1, back),
            // Nothing of the last one stays in a register.
            k(Op::LoadI, 8, 0, 0),
        ]
    };
    let call = |native, arg| vec![k(Op::LoadI, 3, 0, arg), k(Op::CallN, 2, 1, native)];
    let code = join(vec![
        vec![k(Op::LoadI, 4, 0, len as i32), k(Op::LoadI, 5, 0, n)],
        call(first, 0),
        rounds(-2),
        call(then, 1),
        vec![k(Op::LoadI, 4, 0, HIDDEN_LEN as i32), k(Op::LoadI, 5, 0, n.max(500))],
        rounds(-2),
        vec![i(Op::Ret, 0, 0, 0, 0)],
    ]);
    Machine::with(&full(vec![func("main.main", 0, 0, 12, code)]), config).run(0)
}

fn checked(verify: bool) -> crate::VmConfig {
    let mut config = super::bare::config();
    config.runtime.heap.stress_every = Some(1);
    config.runtime.heap.poison = true;
    config.runtime.heap.verify = verify;
    config
}

#[test]
fn what_the_verifier_finds_ends_the_program() {
    let (status, _, errors) = second_process("what_the_verifier_finds_ends_the_program", || {
        collect_around(LIE, LIE, checked(true));
    });
    assert_eq!(status, Some(i32::from(gol_runtime::FAULT_STATUS)), "{errors}");
    assert!(errors.contains("heap verify: traced object"), "{errors}");
}

#[test]
fn a_write_to_freed_memory_ends_the_program() {
    let (status, _, errors) = second_process("a_write_to_freed_memory_ends_the_program", || {
        collect_around(STALE, STALE, checked(false));
    });
    assert_eq!(status, Some(i32::from(gol_runtime::FAULT_STATUS)), "{errors}");
    assert!(errors.contains("heap poison: free "), "{errors}");
}

/// Without the quarantine the cell belongs to another object by then.
#[test]
fn a_write_to_a_cell_that_would_be_in_use_again_ends_the_program() {
    let name = "a_write_to_a_cell_that_would_be_in_use_again_ends_the_program";
    let (status, _, errors) = second_process(name, || {
        let mut config = checked(false);
        config.runtime.heap.quarantine = 1 << 20;
        collect_often_around(5, HIDDEN_LEN, STALE, STALE, config);
    });
    assert_eq!(status, Some(i32::from(gol_runtime::FAULT_STATUS)), "{errors}");
    assert!(errors.contains("heap poison: dead cell "), "{errors}");
}

/// The same machine, when natives behave, runs to its end.
#[test]
fn checks_find_nothing_where_nothing_is() {
    let mut config = checked(true);
    config.runtime.heap.quarantine = 1 << 20;
    assert_eq!(collect_around(NOTHING, NOTHING, config), crate::RunResult::Done);
    assert_eq!(collect_around(NOTHING, NOTHING, checked(true)), crate::RunResult::Done);
}

/// `t.lie(int) []byte`: an untraced object whose header says that it holds strings.
pub(super) fn lie(cx: &mut crate::Cx) -> Result<(), crate::Fault> {
    let [at, ..] = cx.new_slice(BYTES as TypeId, 24)?;
    // SAFETY: the word before an object is its header.
    unsafe { (at as *mut u64).sub(1).write(gol_runtime::Header::new(STRING as u32, 3).0) };
    cx.set(0, at);
    Ok(())
}

/// `t.idle(int)`.
pub(super) fn nothing(_: &mut crate::Cx) -> Result<(), crate::Fault> {
    Ok(())
}

/// Of another size class than what is allocated meanwhile.
const HIDDEN_LEN: usize = 400;

/// `t.stale(int)`: 0 makes an object that nothing refers to, 1 writes to it.
pub(super) fn stale(cx: &mut crate::Cx) -> Result<(), crate::Fault> {
    static HIDDEN: AtomicU64 = AtomicU64::new(0);
    if cx.arg(0) == 0 {
        let [at, ..] = cx.new_slice(BYTES as TypeId, HIDDEN_LEN)?;
        HIDDEN.store(!at, Relaxed);
        return Ok(());
    }
    // SAFETY: none; the memory of the heap stays mapped, but this object is dead.
    unsafe { (!HIDDEN.load(Relaxed) as *mut u64).add(1).write(1) };
    Ok(())
}

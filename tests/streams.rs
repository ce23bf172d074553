//! Standard streams that take nothing: the exit status stays what it is, and nothing aborts.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::{Command, Stdio};

/// The exit status of a command whose output and messages meet a full disk.
fn status(args: &[&str]) -> Option<i32> {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("a device of the system"));
    let mut gol = Command::new(env!("CARGO_BIN_EXE_gol"));
    gol.args(args).stdin(Stdio::null()).stdout(full()).stderr(full()).status().expect("gol starts").code()
}

#[test]
fn full_streams_change_no_status() {
    assert_eq!(status(&["-e", "println(1)"]), Some(0));
    assert_eq!(status(&["-e", "panic(1)"]), Some(2));
    assert_eq!(status(&["-e", "<-make(chan int)"]), Some(2));
    assert_eq!(status(&["-e", "var a []int; a[3] = 1"]), Some(2));
    assert_eq!(status(&["-e", "x :="]), Some(126));
    assert_eq!(status(&["run", "no/such/file.gol"]), Some(127));
    assert_eq!(status(&["explain", "E9999"]), Some(2));
    assert_eq!(status(&["--leaks", "-e", "go { select {} }; runtime.Gosched()"]), Some(0));
    assert_eq!(status(&["--profile=ops", "-e", "println(1)"]), Some(0));
}

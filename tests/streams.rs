//! Standard streams: when they take nothing the exit status stays what it is, and nothing aborts; when nothing comes others run.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// The exit status of a command whose output, messages and lines about collections meet a full disk.
fn status(args: &[&str]) -> Option<i32> {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("a device of the system"));
    let mut gol = Command::new(env!("CARGO_BIN_EXE_gol"));
    gol.args(args)
        .env("GOLDEBUG", "gctrace=1")
        .stdin(Stdio::null())
        .stdout(full())
        .stderr(full())
        .status()
        .expect("gol starts")
        .code()
}

#[test]
fn full_streams_change_no_status() {
    assert_eq!(status(&["-e", "println(1)"]), Some(0));
    assert_eq!(status(&["-e", "runtime.GC()"]), Some(0));
    assert_eq!(status(&["-e", "panic(1)"]), Some(2));
    assert_eq!(status(&["-e", "<-make(chan int)"]), Some(2));
    assert_eq!(status(&["-e", "var a []int; a[3] = 1"]), Some(2));
    assert_eq!(status(&["-e", "x :="]), Some(126));
    assert_eq!(status(&["run", "no/such/file.gol"]), Some(127));
    assert_eq!(status(&["explain", "E9999"]), Some(2));
    assert_eq!(status(&["--leaks", "-e", "go { select {} }; runtime.Gosched()"]), Some(0));
    assert_eq!(status(&["--profile=ops", "-e", "println(1)"]), Some(0));
}

/// Reads lines in a goroutine; others work and answer meanwhile, on one processor.
const READER: &str = r#"
package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	lines, beats := make(chan string), make(chan int)
	go func() {
		s := bufio.NewScanner(os.Stdin)
		for s.Scan() {
			lines <- s.Text()
		}
		close(lines)
	}()
	go func() {
		for i := 0; ; i++ {
			beats <- i
		}
	}()
	for {
		// While nothing comes, others take turns a thousand times for each mark.
		for range 1000 {
			<-beats
		}
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			fmt.Println("line", line)
		default:
			fmt.Println("beat")
		}
	}
}
"#;

#[test]
fn a_blocked_read_of_the_input_holds_nobody_up() {
    let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/reader.gol");
    std::fs::write(file, READER).expect("a file of the tests");
    let mut gol = Command::new(env!("CARGO_BIN_EXE_gol"));
    let gol = gol.args(["run", file]).env("GOMAXPROCS", "1").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut gol = gol.spawn().expect("gol starts");
    let (mut input, output) = (gol.stdin.take().expect("piped"), gol.stdout.take().expect("piped"));
    let mut marks = BufReader::new(output).lines().map(|line| line.expect("text"));
    let mut wait_for = |mark| assert!(marks.any(|line| line == mark), "no {mark}");
    // Nothing was written yet: the reader waits, and the others go on.
    wait_for("beat");
    wait_for("beat");
    input.write_all(b"one\n").expect("gol reads");
    wait_for("line one");
    wait_for("beat");
    input.write_all(b"two\n").expect("gol reads");
    wait_for("line two");
    drop(input);
    // Until its end it has something to say.
    marks.for_each(drop);
    assert!(gol.wait().expect("gol ends").success());
}

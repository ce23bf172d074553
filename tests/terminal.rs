//! The prompt at a terminal: what a person types and sees, through a pseudo-terminal.
//!
//! Nothing here waits for a time: each step waits for the text that it must bring, up to `PATIENCE`.
#![cfg(unix)]

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// A session of `gol` at a terminal of its own.
struct Terminal {
    child: Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    /// What was shown and no step has asked for yet.
    text: String,
    _home: tempfile::TempDir,
}

impl Terminal {
    fn new() -> Terminal {
        let size = Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).expect("a pseudo-terminal");
        let home = tempfile::tempdir().expect("a folder");
        let end = || Stdio::from(slave.try_clone().expect("a descriptor"));
        let child = Command::new(env!("CARGO_BIN_EXE_gol"))
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("XDG_STATE_HOME", home.path())
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("gol starts");
        let keys = File::from(master);
        let mut screen = keys.try_clone().expect("a descriptor");
        let (send, shown) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                match screen.read(&mut bytes) {
                    Ok(n) if n > 0 => {
                        if send.send(bytes[..n].to_vec()).is_err() {
                            return;
                        }
                    }
                    Err(e) if e.kind() == ErrorKind::Interrupted => {}
                    // The other end is closed.
                    Ok(_) | Err(_) => return,
                }
            }
        });
        let mut terminal = Terminal { child, keys, shown, text: String::new(), _home: home };
        terminal.sees("gol> ");
        terminal
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Waits until `wanted` is shown; what stands before it is done with.
    fn sees(&mut self, wanted: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.text.find(wanted) {
                self.text.drain(..at + wanted.len());
                return;
            }
            match self.shown.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("not shown: {wanted:?}; but:\n{}", self.text)
                }
            }
        }
    }

    /// The exit status after Ctrl-D at the prompt.
    fn leaves(mut self) -> Option<i32> {
        // Before the prompt is shown the terminal itself would take the key.
        self.sees("gol> ");
        self.types("\x04");
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(Instant::now() < end, "gol does not end:\n{}", self.text);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
    }
}

#[test]
fn lines_typed_ahead_are_not_lost() {
    let mut t = Terminal::new();
    t.types("a := 20\rb := 22\ra * b\rfunc f() int {\rreturn 7\r}\rf() * 11\r");
    t.sees("\n440");
    t.sees("\n77");
    assert_eq!(t.leaves(), Some(0));
}

#[test]
fn an_interrupt_stops_what_runs_and_the_session_lives() {
    let mut t = Terminal::new();
    t.types("println(\"begins\"); for {}\r");
    t.sees("\nbegins");
    kill(Pid::from_raw(t.child.id() as i32), Signal::SIGINT).expect("gol is there");
    t.sees("interrupted");
    t.types("6 * 7\r");
    t.sees("\n42");
    assert_eq!(t.leaves(), Some(0));
}

#[test]
fn goroutines_go_on_while_the_prompt_waits() {
    let mut t = Terminal::new();
    t.types("go { time.Sleep(time.Millisecond); println(\"from\", 40 + 2) }\r");
    t.sees("from 42");
    t.types("1 + 1\r");
    t.sees("\n2");
    assert_eq!(t.leaves(), Some(0));
}

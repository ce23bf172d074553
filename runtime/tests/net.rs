//! Reads that park without a try: bytes, the end, a reset and urgent data in every order must still be found.
#![cfg(target_os = "linux")]
mod toy;

use gol_runtime::*;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use toy::{Ctl, Cx, PROCS, Prog, start};

/// How a reader ended: 0 by the end of the stream, else the error's number.
type Seen = Arc<Mutex<(Vec<u8>, Option<i32>)>>;

/// One read of the handle in r0, with room for more than comes at once.
fn read(c: &Cx, seen: &Seen) -> Ctl {
    // SAFETY: the running P, and a handle of `io_open`; the only reader.
    unsafe {
        let io = ops::io_begin(c.p(), *c.r(0), Way::Read).unwrap();
        let mut room = [0u8; 64];
        let n = match io.is_drained() {
            true => -1,
            false => libc::recv(io.fd(), room.as_mut_ptr().cast(), room.len(), 0),
        };
        let errno =
            if io.is_drained() { libc::EAGAIN } else { std::io::Error::last_os_error().raw_os_error().unwrap() };
        if n < 0 && errno == libc::EAGAIN {
            return Ctl::Op(ops::io_park(c.p(), io).unwrap());
        }
        if n > 0 && (n as usize) < room.len() {
            io.took_less();
        }
        ops::io_end(c.p(), io);
        let mut seen = seen.lock().unwrap();
        if n > 0 {
            seen.0.extend(&room[..n as usize]);
            Ctl::Jump(1)
        } else {
            seen.1 = Some(if n == 0 { 0 } else { errno });
            Ctl::Done
        }
    }
}

fn reader(fd: i32, seen: &Seen) -> Prog {
    let seen = seen.clone();
    steps![
        move |c: &Cx| {
            // SAFETY: the running P; the descriptor is ours.
            *c.r(0) = unsafe { ops::io_open(c.p(), fd, true).unwrap() };
            Ctl::Next
        },
        move |c: &Cx| read(c, &seen),
    ]
}

/// What the other side does.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Act {
    Bytes,
    Urgent,
    Pause,
    Reset,
}

fn play(acts: &[Act], mut peer: TcpStream) {
    for act in acts {
        match act {
            Act::Bytes => peer.write_all(b"ab").unwrap(),
            Act::Urgent => {
                // SAFETY: one valid byte.
                let sent = unsafe { libc::send(peer.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
                assert_eq!(sent, 1);
            }
            Act::Pause => std::thread::sleep(Duration::from_micros(300)),
            Act::Reset => {
                let now = libc::linger { l_onoff: 1, l_linger: 0 };
                let size = size_of::<libc::linger>() as u32;
                // SAFETY: a valid option of its size.
                let set = unsafe {
                    libc::setsockopt(peer.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, (&raw const now).cast(), size)
                };
                assert_eq!(set, 0);
            }
        }
    }
}

#[test]
fn nothing_is_missed() {
    use Act::*;
    let plays: &[&[Act]] = &[
        &[Bytes],
        &[Bytes, Pause],
        &[Bytes, Pause, Bytes],
        &[Bytes, Urgent, Bytes],
        &[Bytes, Pause, Urgent, Bytes, Pause, Bytes],
        &[Bytes, Urgent, Pause, Bytes],
        &[Bytes, Pause, Reset],
        &[Pause, Bytes, Pause, Pause, Reset],
    ];
    let l = TcpListener::bind("127.0.0.1:0").unwrap();
    for round in 0..12 {
        let t = start(PROCS[round % PROCS.len()]);
        for acts in plays {
            let peer = TcpStream::connect(l.local_addr().unwrap()).unwrap();
            let conn = l.accept().unwrap().0;
            conn.set_nonblocking(true).unwrap();
            let seen = Seen::default();
            std::thread::scope(|scope| {
                scope.spawn(|| play(acts, peer));
                assert_eq!(t.run(reader(conn.into_raw_fd(), &seen), 1, &[]), Outcome::Done);
            });
            let seen = seen.lock().unwrap();
            let end = seen.1.unwrap();
            if acts.contains(&Reset) {
                // The reset may overtake bytes.
                assert_eq!(end, libc::ECONNRESET, "{acts:?}");
            } else {
                let bytes = acts.iter().filter(|&&a| a == Bytes).count();
                assert_eq!((seen.0.as_slice(), end), ("ab".repeat(bytes).as_bytes(), 0), "{acts:?}");
            }
        }
    }
}

//! Natives of package net: sockets on the runtime's poller.
//!
//! Every system call here is non-blocking, except the resolver's, which hands the processor over. An operation that would block parks
//! and is tried again from its beginning; so its arguments stay as they are until it has a result.
#![allow(unsafe_code)]

mod sock;

use crate::abi::{Done, fill, leaf, parking};
use crate::stdio::errno;
use gol_runtime::{Io, IoEnd, Op, Way, ops};
use gol_vm::native::{Cx, Fault, Native};
use std::net::{IpAddr, ToSocketAddrs};

/// Answers that are no errno.
const CLOSED: i32 = -1;
const EXPIRED: i32 = -2;

fn end_code(end: IoEnd) -> i32 {
    match end {
        IoEnd::Closed => CLOSED,
        IoEnd::Expired => EXPIRED,
    }
}

/// What an operation came to.
pub(crate) enum Tried<T> {
    Done(Result<T, i32>),
    /// Parked: the native returns this.
    Park(Op),
}

/// Tries `f` on the descriptor of handle argument 0. EAGAIN parks.
pub(crate) fn attempt<T>(cx: &Cx, way: Way, mut f: impl FnMut(&Io) -> Result<T, i32>) -> Tried<T> {
    // SAFETY: the running P; handles come from `io_open`, and package net holds a lock for each way.
    unsafe {
        let io = match ops::io_begin(cx.p(), cx.arg(0), way) {
            Ok(io) => io,
            Err(end) => return Tried::Done(Err(end_code(end))),
        };
        loop {
            let tried = if io.is_drained() { Err(libc::EAGAIN) } else { f(&io) };
            match tried {
                Err(libc::EINTR) => {}
                Err(libc::EAGAIN) => {
                    return match ops::io_park(cx.p(), io) {
                        Ok(op) => Tried::Park(op),
                        Err(end) => Tried::Done(Err(end_code(end))),
                    };
                }
                result => {
                    ops::io_end(cx.p(), io);
                    return Tried::Done(result);
                }
            }
        }
    }
}

/// Runs `f` on the descriptor of handle argument 0, whatever its deadlines say.
fn on_fd<T>(cx: &Cx, f: impl FnOnce(i32) -> Result<T, i32>) -> Result<T, i32> {
    // SAFETY: as in `attempt`; without a way's lock only `fd` is used.
    unsafe {
        match ops::io_peek(cx.arg(0)) {
            Ok(io) => {
                let result = f(io.fd());
                ops::io_end(cx.p(), io);
                result
            }
            Err(end) => Err(end_code(end)),
        }
    }
}

/// The result of a system call: its value, or errno.
fn answer(value: isize) -> Result<isize, i32> {
    if value < 0 { Err(errno()) } else { Ok(value) }
}

/// Puts a descriptor of ours under the poller; closes it when that fails.
fn open(cx: &Cx, fd: i32, tcp: bool) -> Result<u64, i32> {
    // SAFETY: the running P; `fd` is ours and non-blocking.
    unsafe {
        ops::io_open(cx.p(), fd, tcp).map_err(|e| {
            libc::close(fd);
            e.raw_os_error().unwrap_or(libc::EIO)
        })
    }
}

/// Results `(value, errno)`.
fn pair(cx: &Cx, result: Result<u64, i32>) -> Done {
    cx.set(0, result.unwrap_or(0));
    cx.set_i64(1, i64::from(result.err().unwrap_or(0)));
    Ok(())
}

/// Result `errno`.
fn code(cx: &Cx, result: Result<(), i32>) -> Done {
    cx.set_i64(0, i64::from(result.err().unwrap_or(0)));
    Ok(())
}

pub const NATIVES: &[Native] = &[
    leaf("net.socketDial", |cx| {
        let (stream, local, remote) = (cx.arg_bool(0), cx.arg_str(1).to_vec(), cx.arg_str(2).to_vec());
        let (h, e) = match sock::dial(stream, &local, &remote) {
            Ok((fd, going_on)) => match open(cx, fd, stream && !remote.starts_with(b"u")) {
                Ok(h) if going_on => (h, libc::EINPROGRESS),
                Ok(h) => (h, 0),
                Err(e) => (0, e),
            },
            Err(e) => (0, e),
        };
        cx.set(0, h);
        cx.set_i64(1, i64::from(e));
        Ok(())
    }),
    parking("net.dialWait", |cx| match attempt(cx, Way::Write, |io| sock::connected(io.fd())) {
        Tried::Done(result) => code(cx, result).map(|()| Op::Done),
        Tried::Park(op) => Ok(op),
    }),
    leaf("net.socketListen", |cx| {
        let (stream, addr) = (cx.arg_bool(0), cx.arg_str(1).to_vec());
        let fd = sock::listen(stream, &addr, cx.arg_bool(2), cx.arg_bool(3));
        pair(cx, fd.and_then(|fd| open(cx, fd, false)))
    }),
    parking("net.socketAccept", |cx| {
        let accepted = match attempt(cx, Way::Read, |io| sock::accept(io.fd())) {
            Tried::Park(op) => return Ok(op),
            Tried::Done(accepted) => accepted,
        };
        let opened =
            accepted.and_then(|(fd, name)| open(cx, fd, matches!(name.first(), Some(b'4' | b'6'))).map(|h| (h, name)));
        let (h, name, e) = match opened {
            Ok((h, name)) => (h, cx.new_str(&name)?, 0),
            Err(e) => (0, 0, e),
        };
        cx.set_words(0, &[h, name, e as i64 as u64]);
        Ok(Op::Done)
    }),
    parking("net.socketRead", |cx| {
        // SAFETY: no other borrow of the slice lives here.
        let room = unsafe { cx.arg_bytes_mut(1) };
        let read = |io: &Io| {
            // SAFETY: `room` is valid for its length.
            let n = answer(unsafe { libc::recv(io.fd(), room.as_mut_ptr().cast(), room.len(), 0) })?;
            if n > 0 && (n as usize) < room.len() {
                io.took_less();
            }
            Ok(n)
        };
        sized(cx, attempt(cx, Way::Read, read))
    }),
    parking("net.socketWrite", |cx| {
        let bytes = cx.arg_bytes(1);
        // SAFETY: `bytes` is valid for its length.
        let write =
            |io: &Io| answer(unsafe { libc::send(io.fd(), bytes.as_ptr().cast(), bytes.len(), libc::MSG_NOSIGNAL) });
        sized(cx, attempt(cx, Way::Write, write))
    }),
    parking("net.socketReadFrom", |cx| {
        // SAFETY: no other borrow of the slice lives here.
        let room = unsafe { cx.arg_bytes_mut(1) };
        let (n, name, e) = match attempt(cx, Way::Read, |io| sock::read_from(io.fd(), room)) {
            Tried::Park(op) => return Ok(op),
            Tried::Done(Ok((n, name))) => (n as u64, cx.new_str(&name)?, 0),
            Tried::Done(Err(e)) => (0, 0, e),
        };
        cx.set_words(0, &[n, name, e as i64 as u64]);
        Ok(Op::Done)
    }),
    parking("net.socketWriteTo", |cx| {
        let (bytes, to) = (cx.arg_bytes(1), cx.arg_str(4));
        sized(cx, attempt(cx, Way::Write, |io| sock::write_to(io.fd(), bytes, to)))
    }),
    leaf("net.socketShutdown", |cx| {
        let how = if cx.arg_bool(1) { libc::SHUT_WR } else { libc::SHUT_RD };
        // SAFETY: touches no memory.
        let done = on_fd(cx, |fd| answer(unsafe { libc::shutdown(fd, how) } as isize));
        code(cx, done.map(|_| ()))
    }),
    leaf("net.socketClose", |cx| {
        // SAFETY: the running P; a handle of ours.
        let done = unsafe { ops::io_close(cx.p(), cx.arg(0)) };
        code(cx, done.map_err(end_code))
    }),
    leaf("net.socketName", |cx| {
        let remote = cx.arg_bool(1);
        let name = on_fd(cx, |fd| sock::name(fd, remote));
        cx.set_str(0, name.as_deref().unwrap_or_default())?;
        cx.set_i64(1, i64::from(name.err().unwrap_or(0)));
        Ok(())
    }),
    leaf("net.socketOption", |cx| {
        let (option, value) = (cx.arg_i64(1), cx.arg_i64(2));
        let done = on_fd(cx, |fd| sock::set_option(fd, option, value));
        code(cx, done)
    }),
    leaf("net.socketDeadline", |cx| {
        let way = if cx.arg_i64(1) == 0 { Way::Read } else { Way::Write };
        let when = match cx.arg_bool(3) {
            true => cx.runtime().now_ns().saturating_add_signed(cx.arg_i64(2)).clamp(1, i64::MAX as u64),
            false => 0,
        };
        // SAFETY: the running P; a handle of ours.
        let done = unsafe { ops::io_deadline(cx.p(), cx.arg(0), way, when) };
        if done == Ok(false) {
            return Err(Fault::out_of_memory());
        }
        code(cx, done.map(drop).map_err(end_code))
    }),
    leaf("net.lookup", lookup),
    leaf("net.parseIP", |cx| {
        let ip = crate::abi::utf8(cx.arg_str(0)).ok().and_then(|s| s.parse().ok());
        match ip {
            Some(ip) => cx.set_str(0, &bytes_of(ip)),
            None => cx.set_str(0, b""),
        }
    }),
    leaf("net.formatIP", |cx| {
        let bytes = cx.arg_bytes(0);
        let ip =
            <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
        cx.set_str(0, ip.map_or(String::new(), |ip| ip.to_string()).as_bytes())
    }),
];

/// Results `(n, errno)` of something that may have parked.
fn sized(cx: &Cx, tried: Tried<isize>) -> Result<Op, Fault> {
    match tried {
        Tried::Park(op) => Ok(op),
        Tried::Done(n) => pair(cx, n.map(|n| n as u64)).map(|()| Op::Done),
    }
}

fn bytes_of(ip: IpAddr) -> Vec<u8> {
    match ip {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// Asks the system's resolver, which blocks: others use the processor meanwhile.
fn lookup(cx: &mut Cx) -> Done {
    let host = crate::abi::lossy(cx.arg_str(0));
    let found = cx.blocking_long(|| (host.as_str(), 0).to_socket_addrs().map(|all| all.map(|a| a.ip()).collect()));
    let (mut ips, problem): (Vec<IpAddr>, &str) = match found {
        Ok(ips) => (ips, ""),
        // The resolver's errors have no numbers that mean anything here.
        Err(e) if e.raw_os_error().is_some() => (vec![], "server misbehaving"),
        Err(_) => (vec![], "no such host"),
    };
    ips.dedup();
    let out = cx.new_slice(cx.known().strings, ips.len())?;
    // In the window before anything else is made.
    cx.set_words(0, &out);
    let mut words = vec![];
    for ip in ips {
        words.push(cx.new_str(&bytes_of(ip))?);
    }
    fill(out, words.into_iter());
    cx.set_str(3, problem.as_bytes())
}

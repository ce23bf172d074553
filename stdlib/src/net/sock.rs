//! System calls on sockets, non-blocking and closed on exec, and addresses in the form that package net gives them (`net.gol`).
#![allow(unsafe_code)]

use socket2::{Domain, SockAddr, SockRef, Socket, TcpKeepalive, Type};
use std::io;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Once;
use std::time::Duration;

/// Connections that wait to be accepted; the system takes as many as it allows.
const BACKLOG: i32 = 65_535;
/// Silence after which a connection is probed, and between probes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

fn number(e: io::Error) -> i32 {
    e.raw_os_error().unwrap_or(libc::EINVAL)
}

/// `f` on a descriptor that somebody else owns.
fn on<T>(fd: i32, f: impl FnOnce(&Socket) -> io::Result<T>) -> Result<T, i32> {
    // SAFETY: the callers are inside an operation of the poller, which keeps the descriptor open.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    f(&SockRef::from(&fd)).map_err(number)
}

/// An address out of its form.
fn parse(addr: &[u8]) -> Result<SockAddr, i32> {
    let port = |at: usize| u16::from_be_bytes([addr[at], addr[at + 1]]);
    match (addr.first(), addr.len()) {
        (Some(b'4'), 7) => {
            let ip = Ipv4Addr::new(addr[1], addr[2], addr[3], addr[4]);
            Ok(SocketAddrV4::new(ip, port(5)).into())
        }
        (Some(b'6'), 23) => {
            let ip: [u8; 16] = addr[1..17].try_into().map_err(|_| libc::EINVAL)?;
            let scope = u32::from_be_bytes([addr[19], addr[20], addr[21], addr[22]]);
            Ok(SocketAddrV6::new(Ipv6Addr::from(ip), port(17), 0, scope).into())
        }
        (Some(b'u'), _) => {
            // `@name` is an abstract one, which has no file.
            let mut path = addr[1..].to_vec();
            if path.first() == Some(&b'@') {
                path[0] = 0;
            }
            SockAddr::unix(std::ffi::OsStr::from_bytes(&path)).map_err(number)
        }
        _ => Err(libc::EINVAL),
    }
}

/// An address in its form; empty when it is none of ours.
fn form(addr: &SockAddr) -> Vec<u8> {
    let mut out = vec![];
    match addr.as_socket() {
        Some(SocketAddr::V4(a)) => {
            out.push(b'4');
            out.extend(a.ip().octets());
            out.extend(a.port().to_be_bytes());
        }
        Some(SocketAddr::V6(a)) => {
            out.push(b'6');
            out.extend(a.ip().octets());
            out.extend(a.port().to_be_bytes());
            out.extend(a.scope_id().to_be_bytes());
        }
        None if addr.is_unix() => {
            out.push(b'u');
            if let Some(path) = addr.as_pathname() {
                out.extend(path.as_os_str().as_bytes());
            } else if let Some(name) = addr.as_abstract_namespace() {
                out.push(b'@');
                out.extend(name);
            }
        }
        None => {}
    }
    out
}

/// Raises the limit on open files to what the system allows: a server needs one for each connection.
fn raise_limit() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: a valid structure. When it fails the limit is what it was.
        unsafe {
            if libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) == 0 && limit.rlim_cur < limit.rlim_max {
                limit.rlim_cur = limit.rlim_max;
                libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
            }
        }
    });
}

fn make(addr: &SockAddr, stream: bool) -> Result<Socket, i32> {
    raise_limit();
    let kind = if stream { Type::STREAM } else { Type::DGRAM };
    let socket = Socket::new(addr.domain(), kind.nonblocking(), None).map_err(number)?;
    if !stream && addr.domain() != Domain::UNIX {
        socket.set_broadcast(true).map_err(number)?;
    }
    Ok(socket)
}

/// What every TCP connection has: small writes go out at once, dead peers are noticed.
fn tune(socket: &Socket) {
    // A connection that is already gone says so at its first use.
    let _ = socket.set_tcp_nodelay(true);
    let probes = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE);
    let _ = socket.set_tcp_keepalive(&probes);
}

/// Begins to connect: the descriptor, and whether the connection is still being made.
pub fn dial(stream: bool, local: &[u8], remote: &[u8]) -> Result<(i32, bool), i32> {
    let addr = parse(remote)?;
    let socket = make(&addr, stream)?;
    if !local.is_empty() {
        socket.bind(&parse(local)?).map_err(number)?;
    }
    let going_on = match socket.connect(&addr).map_err(number) {
        Ok(()) => false,
        Err(libc::EINPROGRESS | libc::EINTR) => true,
        Err(e) => return Err(e),
    };
    if stream && addr.domain() != Domain::UNIX {
        tune(&socket);
    }
    Ok((socket.into_raw_fd(), going_on))
}

/// Whether connecting has come to its end: EAGAIN when it has not.
pub fn connected(fd: i32) -> Result<(), i32> {
    if let Some(e) = on(fd, Socket::take_error)? {
        return Err(number(e));
    }
    match on(fd, Socket::peer_addr) {
        Ok(_) => Ok(()),
        Err(libc::ENOTCONN) => Err(libc::EAGAIN),
        Err(e) => Err(e),
    }
}

/// `dual`: for IPv4 as well.
pub fn listen(stream: bool, addr: &[u8], dual: bool, reuse: bool) -> Result<i32, i32> {
    let addr = parse(addr)?;
    let socket = make(&addr, stream)?;
    if addr.domain() == Domain::IPV6 {
        socket.set_only_v6(!dual).map_err(number)?;
    }
    if reuse {
        socket.set_reuse_address(true).map_err(number)?;
    }
    socket.bind(&addr).map_err(number)?;
    if stream {
        socket.listen(BACKLOG).map_err(number)?;
    }
    Ok(socket.into_raw_fd())
}

/// A connection, and the address of who made it.
pub fn accept(fd: i32) -> Result<(i32, Vec<u8>), i32> {
    let mut storage = socket2::SockAddrStorage::zeroed();
    let mut len = storage.size_of();
    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    loop {
        // SAFETY: storage and its length are valid.
        let conn = unsafe { libc::accept4(fd, (&raw mut storage).cast(), &mut len, flags) };
        if conn < 0 {
            match crate::stdio::errno() {
                // It was there and is gone: the next one.
                libc::ECONNABORTED => continue,
                e => return Err(e),
            }
        }
        // SAFETY: the system has filled in `len` bytes.
        let from = unsafe { SockAddr::new(storage, len) };
        if from.is_ipv4() || from.is_ipv6() {
            on(conn, |socket| {
                tune(socket);
                Ok(())
            })?;
        }
        return Ok((conn, form(&from)));
    }
}

pub fn read_from(fd: i32, room: &mut [u8]) -> Result<(usize, Vec<u8>), i32> {
    // SAFETY: `recv_from` only writes initialised bytes.
    let room = unsafe { &mut *(room as *mut [u8] as *mut [MaybeUninit<u8>]) };
    let (n, from) = on(fd, |s| s.recv_from(room))?;
    Ok((n, form(&from)))
}

pub fn write_to(fd: i32, bytes: &[u8], to: &[u8]) -> Result<isize, i32> {
    let to = parse(to)?;
    on(fd, |s| s.send_to_with_flags(bytes, &to, libc::MSG_NOSIGNAL)).map(|n| n as isize)
}

pub fn name(fd: i32, remote: bool) -> Result<Vec<u8>, i32> {
    on(fd, |s| if remote { s.peer_addr() } else { s.local_addr() }).map(|a| form(&a))
}

/// The numbers are those of `net.gol`.
pub fn set_option(fd: i32, option: i64, value: i64) -> Result<(), i32> {
    let seconds = Duration::from_secs(value.max(0) as u64);
    on(fd, |s| match option {
        0 => s.set_tcp_nodelay(value != 0),
        1 => s.set_keepalive(value != 0),
        2 => s.set_tcp_keepalive(&TcpKeepalive::new().with_time(seconds).with_interval(seconds)),
        3 => s.set_linger((value >= 0).then_some(seconds)),
        4 => s.set_recv_buffer_size(value.max(0) as usize),
        5 => s.set_send_buffer_size(value.max(0) as usize),
        _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
    })
}

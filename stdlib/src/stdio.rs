//! The door to file descriptors that packages fmt and os and the print statements share.
#![allow(unsafe_code)]

use gol_runtime::Input;
use gol_vm::native::{Cx, Fault};

/// The calling thread's errno.
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Writes all of `bytes`, or says why not. A broken standard output ends the program as SIGPIPE would.
pub fn write(cx: &mut Cx, fd: i32, bytes: &[u8]) -> Result<Result<usize, i32>, Fault> {
    let answer = if ready(fd) { write_all(fd, bytes) } else { cx.blocking(|| write_all(fd, bytes)) };
    if answer == Err(libc::EPIPE) && (fd == 1 || fd == 2) {
        return cx.exit(128 + libc::SIGPIPE);
    }
    Ok(answer)
}

/// Is `fd` one whose writes do not wait for anyone: a regular file or a terminal?
fn ready(_fd: i32) -> bool {
    false
}

fn write_all(fd: i32, bytes: &[u8]) -> Result<usize, i32> {
    let mut done = 0;
    while done < bytes.len() {
        let rest = &bytes[done..];
        // SAFETY: `rest` is valid for its length.
        let n = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
        if n >= 0 {
            done += n as usize;
            continue;
        }
        match errno() {
            libc::EINTR => {}
            libc::EAGAIN => wait(fd, libc::POLLOUT),
            e => return Err(e),
        }
    }
    Ok(done)
}

fn wait(fd: i32, events: i16) {
    let mut poll = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one valid pollfd.
    unsafe { libc::poll(&mut poll, 1, -1) };
}

/// Reads up to `len` bytes; empty at the end.
pub fn read(cx: &mut Cx, fd: i32, len: usize) -> Result<Result<Vec<u8>, i32>, Fault> {
    outside(cx, Input::Read, |cx| read_now(cx, fd, len))
}

/// An answer of the outside, bytes or errno, which goes through the record of the run if there is one.
pub fn outside(
    cx: &mut Cx,
    kind: Input,
    ask: impl FnOnce(&mut Cx) -> Result<Vec<u8>, i32>,
) -> Result<Result<Vec<u8>, i32>, Fault> {
    if !cx.runtime().is_taped() {
        return Ok(ask(cx));
    }
    let packed = cx.input(kind, |cx| match ask(cx) {
        Ok(mut bytes) => {
            bytes.push(0);
            bytes
        }
        Err(errno) => [&errno.to_le_bytes()[..], &[1]].concat(),
    })?;
    Ok(match packed.split_last() {
        Some((0, bytes)) => Ok(bytes.to_vec()),
        Some((_, errno)) => Err(errno.first_chunk().map_or(libc::EIO, |e| i32::from_le_bytes(*e))),
        None => Err(libc::EIO),
    })
}

fn read_now(cx: &mut Cx, fd: i32, len: usize) -> Result<Vec<u8>, i32> {
    cx.blocking(|| {
        let mut buf = vec![0u8; len];
        loop {
            // SAFETY: `buf` is valid for its length.
            let n = unsafe { libc::read(fd, buf.as_mut_ptr().cast(), buf.len()) };
            if n >= 0 {
                buf.truncate(n as usize);
                return Ok(buf);
            }
            match errno() {
                libc::EINTR => {}
                libc::EAGAIN => wait(fd, libc::POLLIN),
                e => return Err(e),
            }
        }
    })
}

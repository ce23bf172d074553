//! Natives of package os over the system's calls. The environment is the process's own; arguments come from [`set_args`].
#![allow(unsafe_code)]

mod path;
pub mod signal;

pub(crate) use path::errno_text;

use crate::abi::{Done, fill, leaf};
use crate::stdio::{self, outside};
use gol_runtime::Input;
use gol_vm::native::{Cx, Fault, Native};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Mutex;

/// What `os.Args` will hold.
static ARGS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Sets `os.Args` for programs that start from now on: the script's name and what follows it.
pub fn set_args(args: Vec<Vec<u8>>) {
    *ARGS.lock().unwrap_or_else(|e| e.into_inner()) = args;
}

pub const NATIVES: &[Native] = &[
    leaf("os.args", |cx| {
        let args = ARGS.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let out = cx.new_strings(&args)?;
        cx.set_words(0, &out);
        Ok(())
    }),
    leaf("os.environ", |cx| {
        let vars = || std::env::vars_os().map(|(k, v)| [k.into_vec(), v.into_vec()].join(&b'='));
        let joined = asked(cx, Input::Environment, || vars().collect::<Vec<_>>().join(&0))?;
        let vars: Vec<&[u8]> = joined.split(|&b| b == 0).filter(|v| !v.is_empty()).collect();
        let out = cx.new_strings(&vars)?;
        cx.set_words(0, &out);
        Ok(())
    }),
    leaf("os.lookupEnv", |cx| {
        let key = cx.arg_str(0).to_vec();
        let bad = key.is_empty() || key.contains(&b'=') || key.contains(&0);
        let value = || if bad { None } else { std::env::var_os(OsStr::from_bytes(&key)) };
        let value = outside(cx, Input::Environment, |_| value().map(OsStringExt::into_vec).ok_or(libc::ENOENT))?;
        cx.set_str(0, value.as_deref().unwrap_or_default())?;
        cx.set_bool(1, value.is_ok());
        Ok(())
    }),
    leaf("os.setEnv", |cx| {
        let value = cx.arg_str(1);
        if !value.contains(&0) {
            // SAFETY: the process reads its environment through std only, which locks it.
            unsafe { std::env::set_var(OsStr::from_bytes(cx.arg_str(0)), OsStr::from_bytes(value)) };
        }
        Ok(())
    }),
    leaf("os.unsetEnv", |cx| {
        let key = cx.arg_str(0);
        if !key.is_empty() && !key.contains(&b'=') && !key.contains(&0) {
            // SAFETY: as for setEnv.
            unsafe { std::env::remove_var(OsStr::from_bytes(key)) };
        }
        Ok(())
    }),
    leaf("os.exit", |cx| cx.exit(cx.arg_i64(0) as i32)),
    leaf("os.getpid", |cx| asked_number(cx, std::process::id)),
    leaf("os.processIds", |cx| {
        let ids = asked(cx, Input::Process, || {
            // SAFETY: none of them can fail or touches memory.
            let ids = unsafe {
                let users = [libc::getuid(), libc::geteuid(), libc::getgid(), libc::getegid()].map(u64::from);
                users.into_iter().chain([libc::getppid() as u64, libc::sysconf(libc::_SC_PAGESIZE) as u64])
            };
            ids.flat_map(u64::to_le_bytes).collect()
        })?;
        let (ids, _) = ids.as_chunks();
        let out = cx.new_slice(cx.known().ints, ids.len())?;
        fill(out, ids.iter().map(|id| u64::from_le_bytes(*id)));
        cx.set_words(0, &out);
        Ok(())
    }),
    leaf("os.pipeFds", |cx| {
        let mut fds = [0; 2];
        // SAFETY: room for two descriptors.
        let e = answer(i64::from(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })).err();
        cx.set_words(0, &[fds[0] as u64, fds[1] as u64, e.unwrap_or(0) as u64]);
        Ok(())
    }),
    leaf("os.openFd", |cx| {
        let name = c_path(cx, 0);
        let (flags, perm) = (cx.arg_i64(1) as i32, cx.arg_i64(2) as u32);
        let fd = cx.blocking(|| {
            // SAFETY: a NUL-terminated path.
            answer(i64::from(unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC, perm) }))
        });
        pair(cx, fd)
    }),
    leaf("os.closeFd", |cx| {
        // SAFETY: closing a descriptor that os.File owns.
        let done = answer(i64::from(unsafe { libc::close(cx.arg_i64(0) as i32) }));
        code(cx, done)
    }),
    leaf("os.readFd", |cx| {
        let (fd, len) = (cx.arg_i64(0) as i32, cx.arg_slice(1).len.min(READ_MAX));
        let got = stdio::read(cx, fd, len)?;
        copy_out(cx, got)
    }),
    leaf("os.preadFd", |cx| {
        let (fd, len, off) = (cx.arg_i64(0) as i32, cx.arg_slice(1).len.min(READ_MAX), cx.arg_i64(4));
        let read = move || {
            let mut buf = vec![0u8; len];
            // SAFETY: `buf` is valid for its length.
            let n = answer(unsafe { libc::pread(fd, buf.as_mut_ptr().cast(), len, off) } as i64)?;
            buf.truncate(n as usize);
            Ok(buf)
        };
        let got = outside(cx, Input::Read, |cx| cx.blocking(read))?;
        copy_out(cx, got)
    }),
    leaf("os.writeFd", |cx| {
        let bytes = cx.arg_bytes(1).to_vec();
        write(cx, &bytes)
    }),
    leaf("os.writeFdString", |cx| {
        let bytes = cx.arg_str(1).to_vec();
        write(cx, &bytes)
    }),
    leaf("os.pwriteFd", |cx| {
        let (fd, bytes, off) = (cx.arg_i64(0) as i32, cx.arg_bytes(1).to_vec(), cx.arg_i64(4));
        // SAFETY: `bytes` is valid for its length.
        let n = cx.blocking(|| answer(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), bytes.len(), off) } as i64));
        pair(cx, n)
    }),
    leaf("os.seekFd", |cx| {
        // SAFETY: touches no memory.
        let at = answer(unsafe { libc::lseek(cx.arg_i64(0) as i32, cx.arg_i64(1), cx.arg_i64(2) as i32) });
        pair(cx, at)
    }),
    leaf("os.syncFd", |cx| {
        let fd = cx.arg_i64(0) as i32;
        // SAFETY: touches no memory.
        let done = cx.blocking(|| answer(i64::from(unsafe { libc::fsync(fd) })));
        code(cx, done)
    }),
    leaf("os.truncateFd", |cx| {
        // SAFETY: touches no memory.
        let done = answer(i64::from(unsafe { libc::ftruncate(cx.arg_i64(0) as i32, cx.arg_i64(1)) }));
        code(cx, done)
    }),
    leaf("os.statFd", |cx| {
        let fd = cx.arg_i64(0) as i32;
        let found = outside(cx, Input::Directory, |_| path::stat_fd(fd))?;
        path::set_stat(cx, found)
    }),
    leaf("os.stat", |cx| {
        let (name, follow) = (c_path(cx, 0), cx.arg_bool(1));
        let found = outside(cx, Input::Directory, |_| path::stat(&name, follow))?;
        path::set_stat(cx, found)
    }),
    leaf("os.remove", |cx| {
        let done = path::remove(&c_path(cx, 0));
        code(cx, done)
    }),
    leaf("os.removeAll", |cx| {
        let done = path::remove_all(cx.arg_str(0));
        code(cx, done)
    }),
    leaf("os.mkdir", |cx| {
        // SAFETY: a NUL-terminated path.
        let done = answer(i64::from(unsafe { libc::mkdir(c_path(cx, 0).as_ptr(), cx.arg_i64(1) as u32) }));
        code(cx, done)
    }),
    leaf("os.rename", |cx| {
        // SAFETY: NUL-terminated paths.
        let done = answer(i64::from(unsafe { libc::rename(c_path(cx, 0).as_ptr(), c_path(cx, 1).as_ptr()) }));
        code(cx, done)
    }),
    leaf("os.link", |cx| {
        let (from, to) = (c_path(cx, 0), c_path(cx, 1));
        // SAFETY: NUL-terminated paths.
        let done = unsafe {
            if cx.arg_bool(2) {
                libc::symlink(from.as_ptr(), to.as_ptr())
            } else {
                libc::link(from.as_ptr(), to.as_ptr())
            }
        };
        code(cx, answer(i64::from(done)))
    }),
    leaf("os.readlink", |cx| {
        let found = std::fs::read_link(OsStr::from_bytes(cx.arg_str(0)));
        let e = found.as_ref().err().map_or(0, |e| e.raw_os_error().unwrap_or(libc::EIO));
        cx.set_str(0, found.unwrap_or_default().as_os_str().as_bytes())?;
        cx.set_i64(1, i64::from(e));
        Ok(())
    }),
    leaf("os.chdir", |cx| {
        // SAFETY: a NUL-terminated path.
        let done = answer(i64::from(unsafe { libc::chdir(c_path(cx, 0).as_ptr()) }));
        code(cx, done)
    }),
    leaf("os.chmod", |cx| {
        // SAFETY: a NUL-terminated path.
        let done = answer(i64::from(unsafe { libc::chmod(c_path(cx, 0).as_ptr(), cx.arg_i64(1) as u32) }));
        code(cx, done)
    }),
    leaf("os.getwd", |cx| match std::env::current_dir() {
        Ok(dir) => {
            cx.set_str(0, dir.as_os_str().as_bytes())?;
            cx.set(1, 0);
            Ok(())
        }
        Err(e) => {
            cx.set(0, 0);
            cx.set_i64(1, i64::from(e.raw_os_error().unwrap_or(libc::EIO)));
            Ok(())
        }
    }),
    leaf("os.readDirNames", |cx| {
        let dir = cx.arg_str(0).to_vec();
        let (joined, e) = match outside(cx, Input::Directory, |_| path::names(&dir).map(|n| n.join(&0)))? {
            Ok(joined) => (joined, 0),
            Err(e) => (vec![], e),
        };
        let names: Vec<&[u8]> = joined.split(|&b| b == 0).filter(|n| !n.is_empty()).collect();
        let out = cx.new_strings(&names)?;
        cx.set_words(0, &out);
        cx.set_i64(3, i64::from(e));
        Ok(())
    }),
    leaf("os.tempName", |cx| {
        let (dir, pattern) = (cx.arg_str(0).to_vec(), cx.arg_str(1).to_vec());
        let name = asked(cx, Input::Process, || path::temp_name(&dir, &pattern))?;
        cx.set_str(0, &name)
    }),
    leaf("os.tempDir", |cx| {
        let dir = asked(cx, Input::Environment, || std::env::temp_dir().into_os_string().into_vec())?;
        cx.set_str(0, &dir)
    }),
    leaf("os.executable", |cx| {
        let exe = || std::env::current_exe().unwrap_or_default().into_os_string().into_vec();
        let exe = asked(cx, Input::Process, exe)?;
        cx.set_str(0, &exe)
    }),
    leaf("os.hostname", |cx| {
        let name = asked(cx, Input::Process, || std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default())?;
        cx.set_str(0, name.trim_ascii_end())
    }),
    leaf("os.userHome", |cx| {
        let home = asked(cx, Input::Environment, || std::env::var_os("HOME").unwrap_or_default().into_vec())?;
        cx.set_str(0, &home)
    }),
];

/// An answer of the outside that always comes.
pub(crate) fn asked(cx: &mut Cx, kind: Input, ask: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, Fault> {
    Ok(outside(cx, kind, |_| Ok(ask()))?.unwrap_or_default())
}

/// As [`asked`], for a native whose result is a number.
pub(crate) fn asked_number(cx: &mut Cx, ask: impl FnOnce() -> u32) -> Done {
    let number = asked(cx, Input::Process, || ask().to_le_bytes().to_vec())?;
    cx.set(0, number.first_chunk().map_or(0, |n| u64::from(u32::from_le_bytes(*n))));
    Ok(())
}

/// Bytes of one read at most: they pass through a buffer of this size.
const READ_MAX: usize = 1 << 20;

/// The result of a system call: its value, or errno.
fn answer(value: i64) -> Result<i64, i32> {
    if value < 0 { Err(stdio::errno()) } else { Ok(value) }
}

/// A path argument; one with a NUL byte names nothing.
fn c_path(cx: &Cx, i: usize) -> CString {
    CString::new(cx.arg_str(i)).unwrap_or_default()
}

/// Results `(value, errno)`.
fn pair(cx: &Cx, result: Result<i64, i32>) -> Done {
    cx.set_i64(0, result.unwrap_or(0));
    cx.set_i64(1, i64::from(result.err().unwrap_or(0)));
    Ok(())
}

/// Result `errno`.
fn code(cx: &Cx, result: Result<i64, i32>) -> Done {
    cx.set_i64(0, i64::from(result.err().unwrap_or(0)));
    Ok(())
}

/// Bytes that were read go into the slice in slots 1..4.
fn copy_out(cx: &Cx, got: Result<Vec<u8>, i32>) -> Done {
    if let Ok(bytes) = &got {
        // SAFETY: no other borrow of the slice lives here.
        let room = unsafe { cx.arg_bytes_mut(1) };
        room[..bytes.len()].copy_from_slice(bytes);
    }
    pair(cx, got.map(|bytes| bytes.len() as i64))
}

fn write(cx: &mut Cx, bytes: &[u8]) -> Done {
    let fd = cx.arg_i64(0) as i32;
    let n = stdio::write(cx, fd, bytes)?;
    pair(cx, n.map(|n| n as i64))
}

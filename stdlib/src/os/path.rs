//! Files by name: what they are, their removal, the names in a directory, the texts of errors.
#![allow(unsafe_code)]

use super::answer;
use crate::abi::Done;
use gol_vm::native::Cx;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::atomic::{AtomicU64, Ordering};

/// Mode as Go's FileMode, size, modification time in unix nanoseconds: three words, as a record of a run keeps them.
type Stat = Vec<u8>;

fn convert(st: &libc::stat) -> Stat {
    let kind = match st.st_mode & libc::S_IFMT {
        libc::S_IFDIR => 1 << 31,
        libc::S_IFLNK => 1 << 27,
        libc::S_IFBLK => 1 << 26,
        libc::S_IFCHR => 1 << 26 | 1 << 21,
        libc::S_IFIFO => 1 << 25,
        libc::S_IFSOCK => 1 << 24,
        _ => 0,
    };
    let special = [(libc::S_ISUID, 1 << 23), (libc::S_ISGID, 1 << 22), (libc::S_ISVTX, 1 << 20)];
    let extra: u32 = special.iter().filter(|(bit, _)| st.st_mode & bit != 0).map(|x| x.1).sum();
    let mtime = st.st_mtime.saturating_mul(1_000_000_000).saturating_add(st.st_mtime_nsec);
    let mode = st.st_mode & 0o777 | kind | extra;
    [u64::from(mode), st.st_size as u64, mtime as u64].iter().flat_map(|w| w.to_le_bytes()).collect()
}

pub fn stat(name: &CStr, follow: bool) -> Result<Stat, i32> {
    // SAFETY: all-zero is a valid `stat`; the path is NUL-terminated.
    unsafe {
        let mut st: libc::stat = std::mem::zeroed();
        let done = if follow { libc::stat(name.as_ptr(), &mut st) } else { libc::lstat(name.as_ptr(), &mut st) };
        answer(i64::from(done))?;
        Ok(convert(&st))
    }
}

pub fn stat_fd(fd: i32) -> Result<Stat, i32> {
    // SAFETY: all-zero is a valid `stat`.
    unsafe {
        let mut st: libc::stat = std::mem::zeroed();
        answer(i64::from(libc::fstat(fd, &mut st)))?;
        Ok(convert(&st))
    }
}

/// Results `(mode, size, mtime, errno)`.
pub fn set_stat(cx: &Cx, found: Result<Stat, i32>) -> Done {
    match found {
        Ok(s) => {
            let mut words = s.chunks(8).map(|w| w.first_chunk().map_or(0, |w| u64::from_le_bytes(*w)));
            let mut next = || words.next().unwrap_or(0);
            cx.set_words(0, &[next(), next(), next(), 0]);
        }
        Err(e) => cx.set_words(0, &[0, 0, 0, e as u64]),
    }
    Ok(())
}

/// Removes a file or an empty directory.
pub fn remove(name: &CStr) -> Result<i64, i32> {
    // SAFETY: a NUL-terminated path.
    unsafe {
        let file = answer(i64::from(libc::unlink(name.as_ptr())));
        if file.is_ok() {
            return file;
        }
        let dir = answer(i64::from(libc::rmdir(name.as_ptr())));
        // Which of the two errors tells more: "not a directory" says that it was a file.
        if dir == Err(libc::ENOTDIR) { file } else { dir }
    }
}

/// Removes a tree; what is not there is no error.
pub fn remove_all(name: &[u8]) -> Result<i64, i32> {
    let path = std::path::Path::new(OsStr::from_bytes(name));
    let done = match path.symlink_metadata() {
        Ok(m) if m.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(e) => Err(e),
    };
    match done {
        Ok(()) => Ok(0),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(e) => Err(e.raw_os_error().unwrap_or(libc::EIO)),
    }
}

/// The names in a directory, sorted.
pub fn names(dir: &[u8]) -> Result<Vec<Vec<u8>>, i32> {
    let code = |e: std::io::Error| e.raw_os_error().unwrap_or(libc::EIO);
    let mut out = vec![];
    for entry in std::fs::read_dir(OsStr::from_bytes(dir)).map_err(code)? {
        out.push(entry.map_err(code)?.file_name().into_vec());
    }
    out.sort();
    Ok(out)
}

/// A name that is probably free: the last `*` of the pattern, or its end, becomes a number.
pub fn temp_name(dir: &[u8], pattern: &[u8]) -> Vec<u8> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
    let mixed = (seed ^ NEXT.fetch_add(0x9e37_79b9, Ordering::Relaxed) ^ u64::from(std::process::id()) << 32)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (mixed >> 32).to_string();
    let star = pattern.iter().rposition(|&b| b == b'*');
    let (before, after) = star.map_or((pattern, &b""[..]), |i| (&pattern[..i], &pattern[i + 1..]));
    [dir, b"/", before, number.as_bytes(), after].concat()
}

/// The system's text in lower case at the front, as Go has it.
pub fn errno_text(e: i32) -> String {
    let full = std::io::Error::from_raw_os_error(e).to_string();
    let text = full.rsplit_once(" (os error").map_or(full.as_str(), |x| x.0);
    let mut chars = text.chars();
    let first: String = chars.next().map(|c| c.to_lowercase().collect()).unwrap_or_default();
    // Abbreviations such as "RPC" stay.
    if chars.clone().next().is_some_and(char::is_uppercase) { text.to_string() } else { first + chars.as_str() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(errno_text(libc::ENOENT), "no such file or directory");
        assert_eq!(errno_text(libc::EACCES), "permission denied");
    }
}

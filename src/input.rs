//! Reading what a user names, however large it turns out to be: `/dev/zero` is a file too.

use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Bytes of a source file or a `go.mod` at most; the largest files that people generate have a tenth of that.
pub const SOURCE_MAX: u64 = 64 << 20;
/// Bytes of a recorded schedule at most.
pub const RECORD_MAX: u64 = 1 << 30;

/// All of a file.
///
/// # Errors
/// It cannot be read, or has more than `most` bytes.
pub fn file(path: &Path, most: u64) -> Result<Vec<u8>> {
    all(std::fs::File::open(path)?, most)
}

/// All of a stream.
///
/// # Errors
/// It cannot be read, or has more than `most` bytes.
pub fn all(from: impl Read, most: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![];
    from.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("more than {} MiB", most >> 20)));
    }
    Ok(bytes)
}

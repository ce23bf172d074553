//! The standard packages of gol: for each a source in gol (`NAME.gol`, where functions without a body are natives) and, where it has
//! natives, their Rust functions beside it. This table is the only list of packages; nothing here knows the compiler.
//!
//! `format` is the formatter behind fmt, `text` what packages share about text, `stdio` the door to file descriptors.
#![deny(unsafe_code)]

mod abi;
pub mod format;
pub mod stdio;
pub mod text;

mod bufio;
mod bytes;
mod complex;
mod context;
mod crypto;
mod errors;
mod fmt;
mod iter;
pub mod math;
mod net;
pub mod os;
mod print;
mod prompt;
mod regexp;
mod runtime;
mod slices;
mod sort;
mod strconv;
mod strings;
mod sync;
mod syscall;
mod time;
mod unicode;
mod weak;

use gol_vm::native::Native;

/// A package: import path, source, natives.
struct Package {
    path: &'static str,
    source: &'static str,
    natives: &'static [Native],
}

const fn package(path: &'static str, source: &'static str, natives: &'static [Native]) -> Package {
    Package { path, source, natives }
}

static PACKAGES: &[Package] = &[
    package("bufio", include_str!("bufio/bufio.gol"), bufio::NATIVES),
    package("bytes", include_str!("bytes/bytes.gol"), bytes::NATIVES),
    package("cmp", include_str!("cmp/cmp.gol"), &[]),
    package("container/heap", include_str!("container/heap/heap.gol"), &[]),
    package("container/list", include_str!("container/list/list.gol"), &[]),
    package("container/ring", include_str!("container/ring/ring.gol"), &[]),
    package("context", include_str!("context/context.gol"), context::NATIVES),
    package("crypto/md5", include_str!("crypto/md5/md5.gol"), crypto::MD5),
    package("crypto/sha1", include_str!("crypto/sha1/sha1.gol"), crypto::SHA1),
    package("crypto/sha256", include_str!("crypto/sha256/sha256.gol"), crypto::SHA256),
    package("crypto/sha512", include_str!("crypto/sha512/sha512.gol"), crypto::SHA512),
    package("encoding/base64", include_str!("encoding/base64/base64.gol"), &[]),
    package("encoding/csv", include_str!("encoding/csv/csv.gol"), &[]),
    package("encoding/hex", include_str!("encoding/hex/hex.gol"), &[]),
    package("errors", include_str!("errors/errors.gol"), errors::NATIVES),
    package("flag", concat!(include_str!("flag/flag.gol"), include_str!("flag/values.gol")), &[]),
    package("fmt", concat!(include_str!("fmt/fmt.gol"), include_str!("fmt/scan.gol")), fmt::NATIVES),
    package("hash", include_str!("hash/hash.gol"), &[]),
    package("hash/adler32", include_str!("hash/adler32/adler32.gol"), &[]),
    package("hash/crc32", include_str!("hash/crc32/crc32.gol"), &[]),
    package("hash/fnv", include_str!("hash/fnv/fnv.gol"), &[]),
    package("html", include_str!("html/html.gol"), &[]),
    package("internal/oserror", include_str!("internal/oserror/oserror.gol"), &[]),
    package("internal/stdio", include_str!("internal/stdio/stdio.gol"), &[]),
    package("io", include_str!("io/io.gol"), &[]),
    package("io/fs", include_str!("io/fs/fs.gol"), &[]),
    package("iter", include_str!("iter/iter.gol"), iter::NATIVES),
    package("log", include_str!("log/log.gol"), &[]),
    package("maps", include_str!("maps/maps.gol"), &[]),
    package("math", include_str!("math/math.gol"), math::NATIVES),
    package("math/bits", include_str!("math/bits/bits.gol"), math::bits::NATIVES),
    package("math/cmplx", include_str!("math/cmplx/cmplx.gol"), &[]),
    package("math/rand", include_str!("math/rand/rand.gol"), math::rand::NATIVES),
    package(
        "net",
        concat!(
            include_str!("net/net.gol"),
            include_str!("net/addr.gol"),
            include_str!("net/ip.gol"),
            include_str!("net/conn.gol"),
            include_str!("net/dial.gol"),
            include_str!("net/pipe.gol"),
        ),
        net::NATIVES,
    ),
    package("os", include_str!("os/os.gol"), os::NATIVES),
    package("os/signal", include_str!("os/signal/signal.gol"), os::signal::NATIVES),
    package("path", include_str!("path/path.gol"), &[]),
    package("path/filepath", include_str!("path/filepath/filepath.gol"), &[]),
    package("regexp", include_str!("regexp/regexp.gol"), regexp::NATIVES),
    package("runtime", include_str!("runtime/runtime.gol"), runtime::NATIVES),
    package("runtime/debug", include_str!("runtime/debug/debug.gol"), runtime::DEBUG),
    package("runtime/pprof", include_str!("runtime/pprof/pprof.gol"), &[]),
    package(
        "slices",
        concat!(include_str!("slices/slices.gol"), include_str!("slices/sort.gol"), include_str!("slices/iter.gol")),
        slices::NATIVES,
    ),
    package("sort", include_str!("sort/sort.gol"), sort::NATIVES),
    package("strconv", include_str!("strconv/strconv.gol"), strconv::NATIVES),
    package("strings", include_str!("strings/strings.gol"), strings::NATIVES),
    package("sync", include_str!("sync/sync.gol"), sync::NATIVES),
    package("sync/atomic", include_str!("sync/atomic/atomic.gol"), sync::atomic::NATIVES),
    package("syscall", include_str!("syscall/syscall.gol"), syscall::NATIVES),
    package("text/tabwriter", include_str!("text/tabwriter/tabwriter.gol"), &[]),
    package(
        "time",
        concat!(
            include_str!("time/time.gol"),
            include_str!("time/format.gol"),
            include_str!("time/timer.gol"),
            include_str!("time/zone.gol"),
        ),
        time::NATIVES,
    ),
    package("unicode", include_str!("unicode/unicode.gol"), unicode::NATIVES),
    package("unicode/utf16", include_str!("unicode/utf16/utf16.gol"), &[]),
    package("unicode/utf8", include_str!("unicode/utf8/utf8.gol"), unicode::utf8::NATIVES),
    package("unique", include_str!("unique/unique.gol"), &[]),
    package("weak", include_str!("weak/weak.gol"), weak::NATIVES),
];

/// All natives, for the machine's registry: those of the packages and those that emitted code calls by itself.
pub fn natives() -> Vec<&'static [Native]> {
    let own = [complex::NATIVES, print::ERROR, print::OUT, prompt::NATIVES, sync::SHORTCUTS];
    PACKAGES.iter().map(|p| p.natives).chain(own).collect()
}

/// The library of packages.
#[derive(Clone, Copy, Default, Debug)]
pub struct Std;

impl Std {
    /// The gol source of a package.
    pub fn source(&self, path: &str) -> Option<&'static str> {
        PACKAGES.iter().find(|p| p.path == path).map(|p| p.source)
    }
    /// Every package that a program may import, sorted.
    pub fn paths(&self) -> Vec<&'static str> {
        PACKAGES.iter().map(|p| p.path).filter(|p| !p.starts_with("internal/")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions without a body in a source, as native names.
    fn bodiless(p: &Package) -> Vec<String> {
        let mut out = vec![];
        for line in p.source.lines().filter(|l| l.starts_with("func ") && !l.contains('{')) {
            let rest = &line["func ".len()..];
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            assert!(!name.is_empty(), "{}: {line}: natives are functions, not methods", p.path);
            out.push(format!("{}.{name}", p.path));
        }
        out
    }

    #[test]
    fn every_bodiless_function_has_its_native_and_every_native_its_function() {
        for p in PACKAGES {
            let mut want = bodiless(p);
            let mut have: Vec<String> = p.natives.iter().map(|n| n.name.to_string()).collect();
            want.sort();
            have.sort();
            assert_eq!(want, have, "package {}", p.path);
        }
    }

    #[test]
    fn natives_called_in_place_are_those_of_the_list() {
        use gol_bytecode::in_place::{IN_PLACE, ON_BUFFERS};
        use gol_vm::native::{NativeFn, Quick};
        let (mut reading, mut on_buffers) = (vec![], vec![]);
        for n in PACKAGES.iter().flat_map(|p| p.natives) {
            match n.run {
                NativeFn::InPlace(_, Some(Quick::Cursor(_))) => on_buffers.push(n.name),
                NativeFn::InPlace(..) => reading.push(n.name),
                _ => {}
            }
        }
        reading.sort_unstable();
        on_buffers.sort_unstable();
        assert_eq!((&reading[..], &on_buffers[..]), (IN_PLACE, ON_BUFFERS));
    }

    #[test]
    fn packages_are_sorted_and_name_themselves() {
        assert!(PACKAGES.is_sorted_by_key(|p| p.path));
        for p in PACKAGES {
            let name = p.path.rsplit('/').next().unwrap_or(p.path);
            assert!(p.source.contains(&format!("\npackage {name}\n")), "package clause of {}", p.path);
        }
    }
}

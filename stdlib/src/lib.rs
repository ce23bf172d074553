//! Provisional table.
mod abi;
pub mod errors;
pub mod fmt;
pub mod format;
pub mod math;
pub mod os;
pub mod runtime;
pub mod sort;
mod stdio;
pub mod strconv;
pub mod strings;
pub mod sync;
pub mod text;
pub mod time;
pub mod unicode;
const T: &[(&str, &str)] = &[
    ("errors", include_str!("errors/errors.gol")),
    ("fmt", include_str!("fmt/fmt.gol")),
    ("internal/stdio", include_str!("internal/stdio/stdio.gol")),
    ("io", include_str!("io/io.gol")),
    ("math", include_str!("math/math.gol")),
    ("math/bits", include_str!("math/bits/bits.gol")),
    ("math/rand", include_str!("math/rand/rand.gol")),
    ("os", include_str!("os/os.gol")),
    ("runtime", include_str!("runtime/runtime.gol")),
    ("sort", include_str!("sort/sort.gol")),
    ("strconv", include_str!("strconv/strconv.gol")),
    ("strings", include_str!("strings/strings.gol")),
    ("sync", include_str!("sync/sync.gol")),
    ("sync/atomic", include_str!("sync/atomic/atomic.gol")),
    ("time", concat!(include_str!("time/time.gol"), include_str!("time/format.gol"), include_str!("time/timer.gol"))),
    ("unicode", include_str!("unicode/unicode.gol")),
    ("unicode/utf8", include_str!("unicode/utf8/utf8.gol")),
];
pub fn source(path: &str) -> Option<&'static str> {
    T.iter().find(|t| t.0 == path).map(|t| t.1)
}
pub fn paths() -> Vec<&'static str> {
    T.iter().map(|t| t.0).collect()
}
pub fn natives() -> Vec<&'static [gol_vm::Native]> {
    vec![unicode::NATIVES, unicode::utf8::NATIVES, runtime::NATIVES, strings::NATIVES, math::NATIVES, math::bits::NATIVES, math::rand::NATIVES, sort::NATIVES, fmt::NATIVES, errors::NATIVES, os::NATIVES, sync::NATIVES, sync::atomic::NATIVES, strconv::NATIVES, time::NATIVES]
}

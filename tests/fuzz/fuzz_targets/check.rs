//! Any bytes: the checker accepts or complains.
#![no_main]

use gol::render::{Format, render};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut session = gol_fuzz::session();
    let diagnostics = session.check("fuzz.gol", data.to_vec());
    let picture = Format::Picture { color: true, unicode: true };
    for format in [picture, Format::Lines, Format::Short, Format::Json] {
        render(&session.sources, &diagnostics, format);
    }
});

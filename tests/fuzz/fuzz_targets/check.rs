//! Any bytes: the checker accepts or complains.
#![no_main]

use gol::render::{Format, render};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut session = gol::machine::session();
    let diagnostics = session.check("fuzz.gol", data.to_vec());
    render(&session.sources, &diagnostics, Format::Json);
});

//! gol: the command line, the prompt, and the machine for embedding.
#![deny(unsafe_code)]

/// A line on standard error, as `eprintln`, but where nobody can be told nothing happens.
#[macro_export]
macro_rules! tell {
    ($($text:tt)*) => { $crate::tell_line(&format!($($text)*)) };
}

/// See [`tell!`].
pub fn tell_line(text: &str) {
    gol_runtime::tell(&format!("{text}\n"));
}

pub mod cli;
pub mod commands;
pub mod folder;
pub mod heap_profile;
pub mod input;
pub mod machine;
pub mod op_profile;
pub mod piped;
pub mod profile;
pub mod quit;
pub mod recording;
pub mod render;
pub mod repl;
pub mod timeline;

//! gol: the command line, the prompt, and the machine for embedding.
#![deny(unsafe_code)]

pub mod cli;
pub mod commands;
pub mod folder;
pub mod machine;
pub mod quit;
pub mod render;
pub mod repl;

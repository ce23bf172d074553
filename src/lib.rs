//! gol: the command line, the prompt, and the machine for embedding.
#![deny(unsafe_code)]

pub mod cli;
pub mod commands;
pub mod folder;
pub mod machine;
pub mod op_profile;
pub mod profile;
pub mod quit;
pub mod recording;
pub mod render;
pub mod repl;
pub mod timeline;

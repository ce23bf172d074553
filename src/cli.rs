//! The command line: what can be said, and nothing else.

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;

/// gol: a small Go-like language with goroutines and channels.
///
/// `gol FILE [args]` runs a file and `gol FOLDER [args]` the program in a folder; `gol` alone is the prompt, `gol -` runs
/// standard input.
#[derive(Parser, Debug)]
#[command(name = "gol", disable_version_flag = true, args_conflicts_with_subcommands = false)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,
    /// Run this text.
    #[arg(short = 'e', value_name = "CODE")]
    pub code: Option<String>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(clap::Args, Debug, Clone)]
pub struct Options {
    /// Diagnostics as one JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Diagnostics as `path:line:column: text`, nothing else.
    #[arg(long, global = true)]
    pub short: bool,
    /// Where goroutines are preempted: at function entries and loops, at entries alone (as Go 1.2), or nowhere.
    #[arg(long, global = true, value_enum, default_value = "loops", value_name = "WHERE")]
    pub preempt: Preempt,
    /// Stress the collector: collect at every N-th allocation, poison freed memory, verify the marking.
    #[arg(long, global = true, value_name = "N")]
    pub stress_gc: Option<u32>,
    /// At the end, list the goroutines that nothing can wake any more.
    #[arg(long, global = true)]
    pub leaks: bool,
    /// Test mode: the N-th allocation and all later ones fail as at the limit.
    #[arg(long, global = true, value_name = "N", hide = true)]
    pub fail_alloc: Option<u64>,
    /// Hard limit on memory in MiB.
    #[arg(long, global = true, value_name = "MIB")]
    pub max_memory: Option<usize>,
    /// Limit on one goroutine's stack in MiB.
    #[arg(long, global = true, value_name = "MIB")]
    pub max_stack: Option<usize>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preempt {
    Loops,
    Entry,
    None,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run a file or the program in a folder; what follows are its arguments.
    Run {
        file: OsString,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Check files or folders, each by itself, and list every error.
    Check {
        #[arg(required = true)]
        files: Vec<OsString>,
    },
    /// Show the bytecode of a file or folder.
    Dis { file: OsString },
    /// Show a file's syntax tree.
    Ast { file: OsString },
    /// Say what a diagnostic's code means; without a code, list them all.
    Explain { code: Option<String> },
    /// Show the version.
    Version,
    #[command(external_subcommand)]
    File(Vec<OsString>),
}

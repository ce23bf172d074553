//! The command line: what can be said, and nothing else.

use clap::{Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

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

#[derive(clap::Args, Debug, Clone, Default)]
pub struct Options {
    /// Diagnostics as one JSON object a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Diagnostics as `path:line:column: text`, nothing else.
    #[arg(long, global = true)]
    pub short: bool,
    /// Where goroutines are preempted: at function entries and loops, at entries alone (as Go 1.2), or nowhere.
    #[arg(long, global = true, value_enum, default_value = "loops", value_name = "WHERE")]
    pub preempt: PreemptAt,
    /// Emit code without any optimisation: slow, for comparisons and for reading it with `dis`.
    #[arg(long, global = true)]
    pub no_opt: bool,
    /// When functions become machine code: never, when they have run for some milliseconds, or before they run.
    #[arg(long, global = true, value_enum, default_value = "hot", value_name = "WHEN")]
    pub jit: Jit,
    /// One worker, and every choice from this seed: the same program does the same in every run.
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// With `fake` sleeping takes no time: the clock goes to the next timer when all goroutines wait.
    #[arg(long, global = true, value_enum, default_value = "real", value_name = "CLOCK")]
    pub time: Time,
    /// Write a record of the run: its seed and what came from outside. The run is one as with --seed.
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Run the same program again as it was recorded.
    #[arg(long, global = true, value_name = "FILE", conflicts_with_all = ["record", "seed", "time", "preempt"])]
    pub replay: Option<PathBuf>,
    /// Write what goroutines, processors and channels did, for ui.perfetto.dev or chrome://tracing.
    #[arg(long, global = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Say at the end where time went: `cpu` by function and processor, `ops` by operation of the machine and pairs of them.
    #[arg(long, global = true, value_enum, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "cpu")]
    pub profile: Option<Profile>,
    /// Write what the heap held, by type, at the end and when most was alive.
    #[arg(long, global = true, value_name = "FILE")]
    pub heap_profile: Option<PathBuf>,
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
    /// Limit on calls nested in one goroutine.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_depth: Option<u32>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PreemptAt {
    #[default]
    Loops,
    Entry,
    None,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Jit {
    Never,
    #[default]
    Hot,
    Always,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Time {
    #[default]
    Real,
    Fake,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    Cpu,
    Ops,
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

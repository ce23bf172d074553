//! The binary `gol`: command line in, exit status out.

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match gol::cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    ExitCode::from(gol::commands::run(cli))
}

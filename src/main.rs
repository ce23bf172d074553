//! The binary `gol`: command line in, exit status out.

use clap::{CommandFactory as _, FromArgMatches as _};
use std::process::ExitCode;

/// Counts what Rust code takes, and ends with a message where the system has no more.
#[global_allocator]
static MEMORY: gol_runtime::native::NativeMemory = gol_runtime::native::NativeMemory;

/// The compiler walks trees that may be 500 levels deep recursively; this is far more than that needs, and untouched pages cost nothing.
const STACK_BYTES: usize = 256 << 20;

fn main() -> ExitCode {
    gol_vm::crash::tell_crashes();
    gol_runtime::native::share();
    gol::quit::block();
    // Its description is not given back piece by piece: the process goes on to its real work.
    let mut command = std::mem::ManuallyDrop::new(gol::cli::Cli::command());
    let said = command.try_get_matches_from_mut(std::env::args_os());
    let cli = match said.and_then(|mut m| gol::cli::Cli::from_arg_matches_mut(&mut m)) {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { gol::commands::status::USAGE } else { 0 });
        }
    };
    let worker = std::thread::Builder::new().name("gol".into()).stack_size(STACK_BYTES);
    // It ends the process itself: giving back its stack first would be for nothing.
    let run = move || -> () {
        let _ended = EndsProcess;
        std::process::exit(gol::commands::run(cli).into())
    };
    match worker.spawn(run) {
        Ok(_) => gol::quit::wait(),
        Err(e) => {
            gol::tell!("gol: cannot start a thread: {e}");
            ExitCode::from(gol::commands::status::FAULT)
        }
    }
}

/// A panic of the worker, whose message is out then, is the end: the main thread waits for signals only.
struct EndsProcess;

impl Drop for EndsProcess {
    fn drop(&mut self) {
        std::process::exit(gol::commands::status::FAULT.into())
    }
}

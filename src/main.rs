//! The binary `gol`: command line in, exit status out.

use clap::Parser as _;
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
    let cli = match gol::cli::Cli::try_parse() {
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

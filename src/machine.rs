//! A compiler session and a machine, joined: what every command that runs something needs.

use crate::cli::{Options, Preempt};
use crate::folder::Folders;
use gol_bytecode::Unit;
use gol_compiler::session::{Library, Session};
use gol_runtime::{HeapConfig, RuntimeConfig};
use gol_syntax::span::SourceMap;
use gol_vm::{Hooks, RunResult, Vm, VmConfig};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the compiler finds the packages of the library.
struct Packages;

impl Library for Packages {
    fn source(&self, path: &str) -> Option<&'static str> {
        gol_stdlib::Std.source(path)
    }
    fn paths(&self) -> Vec<&'static str> {
        gol_stdlib::Std.paths()
    }
}

/// A session over the standard library and the packages that a program in this folder can import.
pub fn session(dir: &Path) -> Session {
    let mut session = Session::new(&Packages);
    session.set_loader(Box::new(Folders::new(dir)));
    session
}

/// Go's limit for one goroutine's stack on 64-bit systems.
const STACK_BYTES: usize = 1_000_000_000;
/// A goroutine gives way after this time when others wait, as Go's does.
const SLICE_NS: u64 = 10_000_000;
const MIB: usize = 1 << 20;

/// How a run ended; messages have been printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    Done,
    Exit(i32),
    /// Panic, deadlock or fatal error.
    Panicked,
    Limit,
    Fault,
    Interrupted,
}

pub struct Machine {
    pub session: Session,
    vm: Arc<Vm>,
    /// The sources that tracebacks name, as of the last load.
    sources: Arc<Mutex<SourceMap>>,
}

impl Machine {
    /// A machine as the options want it; `name` and `args` become `os.Args`; imports are
    /// looked for from the folder `dir`.
    ///
    /// # Errors
    /// The system refuses memory or threads.
    pub fn new(options: &Options, name: &str, dir: &Path, args: Vec<OsString>) -> Result<Machine, String> {
        let mut words = vec![name.as_bytes().to_vec()];
        words.extend(args.into_iter().map(|a| a.into_encoded_bytes()));
        gol_stdlib::os::set_args(words);
        let sources = Arc::new(Mutex::new(SourceMap::default()));
        let places = sources.clone();
        let hooks = Hooks {
            position: Box::new(move |pos| {
                let map = places.lock().unwrap_or_else(PoisonError::into_inner);
                place(&map, pos)
            }),
            ..Hooks::default()
        };
        let config =
            VmConfig { runtime: runtime_config(options), preempt_entry: options.preempt == Preempt::Entry, hooks };
        let vm = Arc::new(Vm::new(&gol_stdlib::natives(), config)?);
        Ok(Machine { session: session(dir), vm, sources })
    }

    /// Loads what the session has compiled and runs the unit.
    pub fn run(&mut self, unit: &Unit) -> Ended {
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = self.session.sources.clone();
        if let Err(e) = self.vm.load(&self.session.program) {
            eprintln!("gol: internal fault: the program does not load: {e}");
            return Ended::Fault;
        }
        match self.vm.run_unit(unit) {
            RunResult::Done => Ended::Done,
            RunResult::Exit(code) => Ended::Exit(code),
            RunResult::Interrupted => Ended::Interrupted,
            RunResult::Panicked => Ended::Panicked,
            RunResult::Fatal(text) if text.contains("out of memory") => Ended::Limit,
            RunResult::Fatal(_) => Ended::Panicked,
            RunResult::Deadlock(report) => {
                eprint!("{}", report.text);
                Ended::Panicked
            }
        }
    }

    /// The goroutines that nothing can wake any more; empty when there are none.
    pub fn leaks(&self) -> String {
        self.vm.leaks()
    }

    /// From now on Ctrl-\ prints all goroutines and ends the process, as in Go.
    pub fn dump_on_quit(&self) {
        let vm = self.vm.clone();
        crate::quit::on_quit(move || {
            eprint!("SIGQUIT: quit\n\n{}", vm.dump());
            std::process::exit(crate::commands::status::PANIC.into());
        });
    }

    /// From now on Ctrl-C interrupts what runs.
    pub fn interrupt_on_ctrl_c(&self) {
        let vm = self.vm.clone();
        // A second handler in one process is refused; then the first one is still there.
        let _ = ctrlc::set_handler(move || vm.interrupt());
    }
}

/// `file:line` of a position, as tracebacks show it.
fn place(sources: &SourceMap, pos: u32) -> String {
    sources.locate(pos).map_or_else(|| "?:0".into(), |(name, line, _)| format!("{name}:{line}"))
}

/// Bytes of memory that this process can have at all: beyond them the system would end it without a word.
fn system_memory() -> usize {
    let number = |text: &str| text.split_whitespace().next().and_then(|word| word.parse::<usize>().ok());
    let read = |path: &str| std::fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| number(text.strip_prefix("MemTotal:")?));
    let group = read("/sys/fs/cgroup/memory.max").and_then(|text| number(&text));
    machine.map_or(usize::MAX, |kib| kib.saturating_mul(1 << 10)).min(group.unwrap_or(usize::MAX))
}

fn runtime_config(options: &Options) -> RuntimeConfig {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let procs = std::env::var("GOMAXPROCS").ok().and_then(|v| v.parse().ok()).filter(|n| *n > 0).unwrap_or(cores);
    let gogc = match std::env::var("GOGC").as_deref() {
        Ok("off") => None,
        Ok(v) => Some(v.parse().unwrap_or(100)),
        Err(_) => Some(100),
    };
    let stressed = options.stress_gc.is_some();
    RuntimeConfig {
        procs,
        heap: HeapConfig {
            limit: options.max_memory.map_or_else(system_memory, |m| m.saturating_mul(MIB)),
            gogc,
            stress_every: options.stress_gc,
            fail_from: options.fail_alloc,
            trace: std::env::var("GOLDEBUG").is_ok_and(|v| v.split(',').any(|word| word == "gctrace=1")),
            poison: stressed,
            verify: stressed,
        },
        max_stack_slots: options.max_stack.map_or(STACK_BYTES, |m| m.saturating_mul(MIB)) / 8,
        seed: None,
        slice_ns: if options.preempt == Preempt::None { 0 } else { SLICE_NS },
    }
}

//! A compiler session and a machine, joined: what every command that runs something needs.

use crate::cli::{Jit, Options, PreemptAt, Profile};
use crate::commands::status;
use crate::folder::Folders;
use crate::recording::{self, Recording};
use gol_bytecode::Unit;
use gol_compiler::session::{Library, Session};
use gol_runtime::{HeapConfig, Preempt, RuntimeConfig, World, hash_of};
use gol_syntax::span::SourceMap;
use gol_vm::census::Census;
use gol_vm::{Hooks, RunResult, Stage, Vm, VmConfig};
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the compiler finds the packages of the library.
pub struct Packages;

impl Library for Packages {
    fn source(&self, path: &str) -> Option<&'static str> {
        gol_stdlib::Std.source(path)
    }
    fn paths(&self) -> Vec<&'static str> {
        gol_stdlib::Std.paths()
    }
}

/// A session over the standard library and the packages that a program in this folder can import.
pub fn session(options: &Options, dir: &Path) -> Session {
    let mut session = Session::new(&Packages);
    if options.no_opt {
        session.without_optimisation();
    }
    if options.preempt == PreemptAt::Entry {
        session.keep_calls();
    }
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

impl From<&RunResult> for Ended {
    fn from(result: &RunResult) -> Ended {
        match result {
            RunResult::Done => Ended::Done,
            RunResult::Exit(code) => Ended::Exit(*code),
            RunResult::Interrupted => Ended::Interrupted,
            RunResult::Panicked | RunResult::Deadlock(_) => Ended::Panicked,
            RunResult::Fatal(text) if text.contains("out of memory") => Ended::Limit,
            RunResult::Fatal(text) if text.starts_with("internal error: ") => Ended::Fault,
            RunResult::Fatal(_) => Ended::Panicked,
        }
    }
}

impl Ended {
    /// The exit status of a program that has ended so.
    pub fn status(self) -> u8 {
        match self {
            Ended::Done => status::OK,
            Ended::Exit(code) => code as u8,
            Ended::Panicked => status::PANIC,
            Ended::Limit => status::LIMIT,
            Ended::Fault => status::FAULT,
            Ended::Interrupted => status::INTERRUPTED,
        }
    }
}

pub struct Machine {
    pub session: Session,
    vm: Arc<Vm>,
    /// The sources that tracebacks name, as of the last load.
    sources: Arc<Mutex<SourceMap>>,
    args: Vec<Vec<u8>>,
    recording: Option<Recording>,
    /// Where the events go.
    trace: Option<(String, std::fs::File)>,
    profile: Option<Profile>,
    heap_profile: Option<(String, std::fs::File, Census)>,
}

/// What a run writes to, or follows.
#[derive(Default)]
pub struct Files {
    recording: Option<Recording>,
    trace: Option<(String, std::fs::File)>,
    heap_profile: Option<(String, std::fs::File)>,
}

impl Files {
    /// # Errors
    /// There is no such file, it cannot be made, or it is no record.
    pub fn open(options: &Options) -> Result<Files, String> {
        let recording = Recording::open(options)?;
        let create = |path: &std::path::PathBuf| {
            let name = path.display().to_string();
            let file = std::fs::File::create(path).map_err(|e| format!("cannot write {name}: {e}"))?;
            Ok::<_, String>((name, file))
        };
        let trace = options.trace.as_ref().map(create).transpose()?;
        let heap_profile = options.heap_profile.as_ref().map(create).transpose()?;
        Ok(Files { recording, trace, heap_profile })
    }
    /// The options with what a record says about the run that it is of.
    pub fn options(&self, given: &Options) -> Options {
        let preempt = self.recording.as_ref().map_or(given.preempt, |r| r.preempt());
        Options { preempt, ..given.clone() }
    }
}

impl Machine {
    /// A machine for what the session has compiled or will compile. The options are those of [`Files::options`]; `name` and
    /// `args` become `os.Args`.
    ///
    /// # Errors
    /// The system refuses memory or threads.
    pub fn new(
        options: &Options,
        session: Session,
        name: &str,
        args: Vec<OsString>,
        files: Files,
    ) -> Result<Machine, String> {
        let Files { recording, trace, heap_profile } = files;
        let mut args: Vec<Vec<u8>> = args.into_iter().map(|a| a.into_encoded_bytes()).collect();
        let mut words = vec![name.as_bytes().to_vec()];
        words.extend(args.iter().cloned());
        gol_stdlib::os::set_args(words);
        // Other code polls at other places: for a record it is another program.
        args.push(vec![u8::from(options.no_opt)]);
        let sources = Arc::new(Mutex::new(SourceMap::default()));
        let places = sources.clone();
        let functions = session.functions();
        let hooks = Hooks {
            functions: Some(Box::new(move |id, visit| functions.with(id, visit))),
            position: Box::new(move |pos| {
                let map = places.lock().unwrap_or_else(PoisonError::into_inner);
                place(&map, pos)
            }),
            ..Hooks::default()
        };
        let config = VmConfig {
            runtime: runtime_config(options, recording.as_ref()),
            profile_ops: options.profile == Some(Profile::Ops),
            stage: match options.jit {
                Jit::Never => Stage::Never,
                Jit::Hot => Stage::Hot,
                Jit::Always => Stage::Always,
            },
            hooks,
        };
        if let World::Seeded { seed, .. } = config.runtime.world {
            gol_stdlib::math::rand::seed(seed);
        }
        let vm = Arc::new(Vm::new(&gol_stdlib::natives(), config)?);
        let heap_profile = heap_profile.map(|(name, file)| (name, file, Census::begin(&vm)));
        let profile = options.profile;
        Ok(Machine { session, vm, sources, args, recording, trace, profile, heap_profile })
    }

    /// Loads what the session has compiled and runs the unit.
    pub fn run(&mut self, unit: &Unit) -> Ended {
        *self.sources.lock().unwrap_or_else(PoisonError::into_inner) = self.session.sources.clone();
        if let Err(e) = self.vm.load(&self.session.program()) {
            tell!("gol: internal fault: the program does not load: {e}");
            return Ended::Fault;
        }
        if let Err(e) = self.begin_record() {
            tell!("gol: {e}");
            return Ended::Fault;
        }
        let ended = self.run_loaded(unit);
        self.write_trace();
        self.print_profile();
        self.write_heap_profile();
        if let Some(recording) = &self.recording
            && let Err(e) = recording.end(ended == Ended::Interrupted)
        {
            tell!("gol: {e}");
            return Ended::Fault;
        }
        ended
    }

    fn begin_record(&self) -> Result<(), String> {
        let Some(recording) = &self.recording else { return Ok(()) };
        let texts = self.session.sources.texts().map(str::as_bytes);
        recording.begin(hash_of(texts.chain(self.args.iter().map(Vec::as_slice))))
    }

    fn write_trace(&mut self) {
        let Some((name, file)) = &mut self.trace else { return };
        let places = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let (events, lost) = self.vm.runtime().events();
        let mut out = std::io::BufWriter::new(file);
        if let Err(e) = crate::timeline::write(&mut out, &self.vm, &events, &|pos| place(&places, pos)) {
            tell!("gol: cannot write {name}: {e}");
        } else if lost > 0 {
            tell!("gol: {name} holds the first {} events, {lost} more are left out", events.len());
        }
    }

    fn write_heap_profile(&mut self) {
        use std::io::Write as _;
        let Some((name, file, census)) = &mut self.heap_profile else { return };
        let (end, most) = census.end();
        if let Err(e) = file.write_all(crate::heap_profile::report(&end, &most).as_bytes()) {
            tell!("gol: cannot write {name}: {e}");
        }
    }

    fn print_profile(&self) {
        let Some(Profile::Cpu) = self.profile else { return };
        let places = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let load = self.vm.runtime().load();
        gol_runtime::tell(&crate::profile::report(self.vm.profile(), &load, &|pos| place(&places, pos)));
    }

    fn run_loaded(&mut self, unit: &Unit) -> Ended {
        let result = self.vm.run_unit(unit);
        if let RunResult::Deadlock(report) = &result {
            gol_runtime::tell(&report.text);
        }
        Ended::from(&result)
    }

    /// The goroutines that nothing can wake any more; empty when there are none.
    pub fn leaks(&self) -> String {
        self.vm.leaks()
    }

    /// From now on Ctrl-\ prints all goroutines and ends the process, as in Go.
    pub fn dump_on_quit(&self) {
        let vm = self.vm.clone();
        crate::quit::on_quit(move || {
            gol_runtime::tell(&format!("SIGQUIT: quit\n\n{}", vm.dump()));
            std::process::exit(crate::commands::status::PANIC.into());
        });
    }

    /// From now on Ctrl-C interrupts what runs.
    pub fn interrupt_on_ctrl_c(&self) {
        let vm = self.vm.clone();
        crate::quit::on_interrupt(move || vm.interrupt());
    }
}

/// `file:line` of a position, as tracebacks show it.
fn place(sources: &SourceMap, pos: u32) -> String {
    match sources.locate(pos) {
        Some((name, line, _)) if name.is_empty() => format!("??:{line}"),
        Some((name, line, _)) => format!("{name}:{line}"),
        None => "?:0".into(),
    }
}

/// Bytes of memory that this process can have at all: beyond them the system would end it without a word.
fn system_memory() -> usize {
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse::<usize>().ok());
    machine_memory().min(group.unwrap_or(usize::MAX))
}

/// Bytes of memory that the machine has, as far as it says so.
#[allow(unsafe_code)]
fn machine_memory() -> usize {
    #[cfg(unix)]
    {
        // SAFETY: no memory is involved; what is not known is -1.
        let (pages, size) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
        if let (Ok(pages), Ok(size)) = (usize::try_from(pages), usize::try_from(size)) {
            return pages.saturating_mul(size);
        }
    }
    usize::MAX
}

/// Milliseconds of `GOLDEBUG=schedtrace=N`; what else is there is ignored, as by Go.
fn schedtrace_ms() -> u64 {
    let text = std::env::var("GOLDEBUG").unwrap_or_default();
    let value = text.split(',').filter_map(|word| word.trim().strip_prefix("schedtrace=")).next_back();
    value.and_then(|ms| ms.parse().ok()).unwrap_or(0)
}

/// Bytes that a program whose collector is stressed must do without.
const QUARANTINE: usize = 4 * MIB;

fn runtime_config(options: &Options, recording: Option<&Recording>) -> RuntimeConfig {
    let procs = std::env::var("GOMAXPROCS")
        .ok()
        .and_then(|v| v.parse().ok())
        .filter(|n| *n > 0)
        .unwrap_or_else(gol_runtime::cores);
    // Pairs of operations are those of one stream.
    let procs = if options.profile == Some(Profile::Ops) { 1 } else { procs };
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
            quarantine: if stressed { QUARANTINE } else { 0 },
            verify: stressed,
        },
        max_stack_slots: options.max_stack.map_or(STACK_BYTES, |m| m.saturating_mul(MIB)) / 8,
        max_depth: options.max_depth.unwrap_or(0) as usize,
        seed: None,
        slice_ns: SLICE_NS,
        preempt: match options.preempt {
            PreemptAt::Loops => Preempt::Loops,
            PreemptAt::Entry => Preempt::Entries,
            PreemptAt::None => Preempt::Never,
        },
        world: recording.map_or_else(|| recording::world(options), |r| r.world(options)),
        tape: recording.map(|r| r.tape.clone()),
        trace: options.trace.is_some(),
        profile: options.profile == Some(Profile::Cpu),
        hot: false,
        schedtrace_ms: schedtrace_ms(),
    }
}

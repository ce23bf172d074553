//! The engine's shared state and the machine's face to the rest: [`Vm`]. *(unsafe)*
use crate::callback;
use crate::code::{Pc, Unit, enter};
use crate::frames::{CodeMap, Stub, Stubs};
use crate::handlers::handler_of;
use crate::jit::{self, Jit, Stage};
use crate::native::{Native, NativeFn};
use crate::object::iface;
use crate::region::Region;
use crate::report::Report;
use crate::types::Types;
use crate::unwind;
use gol_bytecode::{Func, FuncId, Op, Program, Recv, TypeId, WellKnown};
use gol_runtime::{Engine, Exit, G, Outcome, P, Runtime, RuntimeConfig, World};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Calls the visitor with the program and the final form of one of its functions; the visitor's answer is its own.
pub type Functions =
    dyn Fn(FuncId, &mut dyn FnMut(&Program, Func) -> Result<(), String>) -> Result<(), String> + Send + Sync;

/// What the binary sets.
pub struct Hooks {
    /// Finishes a function that is called for the first time, on the thread that calls it; and once more when it
    /// becomes machine code, in the same form. It must have no more registers than the one
    /// that was loaded, and fit into its [`Func::room`]. Without this, functions are what [`Vm::load`] gets.
    pub functions: Option<Box<Functions>>,
    /// `file:line` of a source position.
    pub position: Box<dyn Fn(u32) -> String + Send + Sync>,
    /// Where the machine's own messages go (panics, fatal errors): standard error.
    pub print: Box<dyn Fn(&str) + Send + Sync>,
    /// `os.Exit`, before the run ends: flushes, and may end the process.
    pub exit: Option<Box<dyn Fn(i32) + Send + Sync>>,
}

impl Default for Hooks {
    fn default() -> Hooks {
        let position = Box::new(|pos| format!("position {pos}"));
        Hooks { functions: None, position, print: Box::new(gol_runtime::tell), exit: None }
    }
}

impl Hooks {
    pub(crate) fn position(&self, pos: u32) -> String {
        (self.position)(pos)
    }
}

/// How to make a machine.
pub struct VmConfig {
    pub runtime: RuntimeConfig,
    /// Count operations: see [`crate::op_profile`].
    pub profile_ops: bool,
    /// When functions become machine code. Never where handlers are not left by jumps, and while operations are counted or the world is
    /// seeded.
    pub stage: Stage,
    pub hooks: Hooks,
}

/// How a unit's run ended. Panics and fatal errors have been printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunResult {
    Done,
    /// An uncaught panic; exit code 2.
    Panicked,
    /// Exit code 2; the report has not been printed.
    Deadlock(Report),
    Exit(i32),
    Interrupted,
    /// A fatal error; exit code 2.
    Fatal(String),
}

/// The well-known types of the program, and the type of run-time errors.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Known {
    pub known: WellKnown,
    pub runtime_error: TypeId,
}

/// What an interface method call needs to know of a dynamic type's method. Immortal and immutable.
pub(crate) struct MethodSite {
    pub ty: TypeId,
    pub id: u32,
    /// The receiver is the box's address.
    pub boxed: bool,
    pub code: Pc,
}

// SAFETY: immutable; `code` is immortal.
unsafe impl Send for MethodSite {}
// SAFETY: as above.
unsafe impl Sync for MethodSite {}

/// The cache of call sites that have not run yet.
pub(crate) static NO_METHOD: MethodSite = MethodSite { ty: u32::MAX, id: 0, boxed: false, code: std::ptr::null() };

/// Entries of the cache of methods; a power of two.
const METHOD_CACHE: usize = 1024;

/// What `P::engine` points to; `object::types` relies on the first field.
#[repr(C)]
pub(crate) struct Shared {
    types_ptr: *const Types,
    pub consts: Region<u64>,
    pub globals: Region<u64>,
    pub funcs: Region<Pc>,
    pub natives: Region<NativeFn>,
    /// Expanded code, function behind function.
    pub units: Region<Unit>,
    pub stubs: Stubs,
    pub profile_ops: bool,
    pub types: Box<Types>,
    pub code: CodeMap,
    /// Held while a function is loaded that was called for the first time.
    pub first_calls: Mutex<()>,
    pub hooks: Hooks,
    pub registry: FxHashMap<&'static str, NativeFn>,
    /// Immortal and immutable, replaced by loading: natives read it without a lock.
    known: AtomicPtr<Known>,
    methods: RwLock<FxHashMap<(TypeId, u32), &'static MethodSite>>,
    /// Lossy, by type and method: for call sites with several dynamic types.
    method_cache: Box<[AtomicPtr<MethodSite>; METHOD_CACHE]>,
    /// The runtime that this is the engine of; it owns this.
    runtime: AtomicPtr<Runtime>,
    global_names: RwLock<Vec<gol_bytecode::GlobalName>>,
    pub samples: crate::profile::Samples,
    pub sharing: crate::sharing::Sharing,
    pub jit: Jit,
    outcome: Mutex<Option<RunResult>>,
    ending: AtomicBool,
}

// SAFETY: the raw pointer is that of the boxed table; everything else synchronises itself.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// The engine of a processor.
///
/// # Safety
/// `p` is a processor of a runtime whose engine is a [`Shared`].
#[inline(always)]
pub(crate) unsafe fn shared<'a>(p: *mut P) -> &'a Shared {
    // SAFETY: see above.
    unsafe { &*((*p).engine as *const Shared) }
}

fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Words of constants, functions, natives; the global area of 64 MiB.
    const CONSTS: usize = 32 << 20;
    const GLOBALS: usize = 8 << 20;
    const FUNCS: usize = 8 << 20;
    const NATIVES: usize = 1 << 20;
    /// Units of code: 1 GiB of addresses.
    const UNITS: usize = 1 << 26;

    pub fn new(registry: &[&'static [Native]], config: &mut VmConfig) -> Result<Shared, String> {
        let types = Box::new(Types::new());
        let registry = registry.iter().flat_map(|list| list.iter()).map(|n| (n.name, n.run)).collect();
        let stub = |h: crate::code::Handler| h as usize;
        Ok(Shared {
            types_ptr: &raw const *types,
            consts: Region::new(Self::CONSTS)?,
            globals: Region::new(Self::GLOBALS)?,
            funcs: Region::new(Self::FUNCS)?,
            natives: Region::new(Self::NATIVES)?,
            units: Region::new(Self::UNITS)?,
            stubs: Stubs::new([
                handler_of(Op::GoExit),
                handler_of(Op::PanicNext),
                handler_of(Op::NativeRet),
                stub(unwind::DeferNext),
                stub(unwind::FatalNext),
                handler_of(Op::GoExit),
            ]),
            profile_ops: config.profile_ops,
            types,
            code: CodeMap::default(),
            first_calls: Mutex::default(),
            hooks: std::mem::take(&mut config.hooks),
            registry,
            known: AtomicPtr::new(Box::leak(Box::default())),
            methods: RwLock::default(),
            method_cache: Box::new([const { AtomicPtr::new(std::ptr::null_mut()) }; METHOD_CACHE]),
            runtime: AtomicPtr::new(std::ptr::null_mut()),
            global_names: RwLock::default(),
            samples: Default::default(),
            sharing: Default::default(),
            jit: Jit::new(config.stage),
            outcome: Mutex::new(None),
            ending: AtomicBool::new(false),
        })
    }
    #[inline]
    pub fn known(&self) -> &'static Known {
        // SAFETY: only `set_known` stores, an immortal value that nobody writes to; Acquire pairs with its Release.
        unsafe { &*self.known.load(Ordering::Acquire) }
    }
    /// One thread at a time: loading.
    pub fn set_known(&self, known: Known) {
        if *self.known() != known {
            self.known.store(Box::leak(Box::new(known)), Ordering::Release);
        }
    }
    /// The number of a pc of loaded code: from 1, its distance from the begin of all code.
    #[inline(always)]
    pub fn place_of(&self, pc: Pc) -> u32 {
        // SAFETY: both lie in the region.
        unsafe { pc.offset_from(self.units.base()) as u32 }
    }
    /// The pc of a place; `None` for 0.
    pub fn pc_of(&self, place: u32) -> Option<Pc> {
        // SAFETY: `place_of` gave it.
        (place != 0).then(|| unsafe { self.units.base().add(place as usize) as Pc })
    }
    /// While goroutines exist.
    pub fn runtime(&self) -> &Runtime {
        // SAFETY: set when the machine was made; the runtime outlives its goroutines.
        unsafe { &*self.runtime.load(Ordering::Acquire) }
    }
    /// The package variables, ascending.
    pub fn global_names(&self) -> std::sync::RwLockReadGuard<'_, Vec<gol_bytecode::GlobalName>> {
        self.global_names.read().unwrap_or_else(PoisonError::into_inner)
    }
    /// Learns the names of new package variables.
    pub fn name_globals(&self, all: &[gol_bytecode::GlobalName]) {
        let mut names = self.global_names.write().unwrap_or_else(PoisonError::into_inner);
        let known = names.len().min(all.len());
        names.extend_from_slice(&all[known..]);
    }
    pub fn is_runtime_error(&self, ty: TypeId) -> bool {
        ty == self.known().runtime_error
    }
    /// The entry of a loaded function.
    #[inline(always)]
    pub fn code_of(&self, f: FuncId) -> Pc {
        debug_assert!((f as usize) < self.funcs.len());
        // SAFETY: the verifier bounds function ids.
        unsafe { *self.funcs.base().add(f as usize) }
    }
    #[inline(always)]
    pub fn native(&self, id: u32) -> NativeFn {
        debug_assert!((id as usize) < self.natives.len());
        // SAFETY: the verifier bounds native ids.
        unsafe { *self.natives.base().add(id as usize) }
    }
    #[inline(always)]
    fn method_slots(&self, ty: TypeId, id: u32) -> [&AtomicPtr<MethodSite>; 2] {
        let k = (ty ^ id << 5) as usize % METHOD_CACHE;
        [&self.method_cache[k], &self.method_cache[k ^ (METHOD_CACHE / 2)]]
    }
    /// The method if it is in the cache, else null.
    #[inline(always)]
    pub fn cached_method(&self, ty: TypeId, id: u32) -> *const MethodSite {
        for slot in self.method_slots(ty, id) {
            let site = slot.load(Ordering::Acquire);
            // SAFETY: null, or an immortal entry.
            if let Some(found) = unsafe { site.as_ref() }
                && found.ty == ty
                && found.id == id
            {
                return site;
            }
        }
        std::ptr::null()
    }
    /// How to call method `id` of a dynamic type; puts it into the cache.
    pub fn method_site(&self, ty: TypeId, id: u32) -> Option<&'static MethodSite> {
        let site = self.find_method_site(ty, id)?;
        // The one that was there moves to the second place: two that collide both stay.
        let [first, second] = self.method_slots(ty, id);
        let old = first.swap(&raw const *site as *mut MethodSite, Ordering::AcqRel);
        if !old.is_null() {
            second.store(old, Ordering::Release);
        }
        Some(site)
    }
    fn find_method_site(&self, ty: TypeId, id: u32) -> Option<&'static MethodSite> {
        if let Some(site) = self.methods.read().unwrap_or_else(PoisonError::into_inner).get(&(ty, id)) {
            return Some(site);
        }
        let entry = self.types.find_method(ty, id)?;
        let code = self.code_of(entry.func);
        let new = || &*Box::leak(Box::new(MethodSite { ty, id, boxed: entry.recv == Recv::Box, code }));
        let mut methods = self.methods.write().unwrap_or_else(PoisonError::into_inner);
        Some(*methods.entry((ty, id)).or_insert_with(new))
    }
    /// The code of a panic value's Error or String method and the receiver's word.
    ///
    /// # Safety
    /// An interface word.
    pub unsafe fn text_method(&self, word: u64) -> Option<(Pc, u64)> {
        if word == 0 {
            return None;
        }
        // SAFETY: the caller's.
        unsafe {
            let ty = iface::iface_type(word);
            let named = |name| self.types.method_id(name).and_then(|id| self.types.find_method(ty, id));
            let entry = named("Error").or_else(|| named("String"))?;
            let recv = match entry.recv {
                Recv::Box => word,
                Recv::Word => {
                    let mut small = 0;
                    *iface::iface_payload(&self.types, word, &mut small)
                }
            };
            Some((self.code_of(entry.func), recv))
        }
    }
    pub fn print(&self, text: &str) {
        (self.hooks.print)(text);
    }
    /// The run ends with `result` after `text` was printed; only the first who comes here does it.
    ///
    /// # Safety
    /// The running processor.
    pub unsafe fn finish(&self, p: *mut P, result: RunResult, text: impl FnOnce() -> String) {
        // Relaxed: only who wins matters; the outcome is published by its lock.
        if self.ending.swap(true, Ordering::Relaxed) {
            return;
        }
        let text = text();
        if !text.is_empty() {
            self.print(&text);
        }
        locked(&self.outcome).get_or_insert(result);
        // SAFETY: the runtime outlives its processors.
        unsafe { (*(*p).runtime).interrupt() };
    }
    /// # Safety
    /// The running processor.
    pub unsafe fn exit(&self, p: *mut P, code: i32) {
        if let Some(hook) = &self.hooks.exit {
            hook(code);
        }
        // SAFETY: the caller's.
        unsafe { self.finish(p, RunResult::Exit(code), String::new) };
    }
}

impl Engine for Shared {
    unsafe fn run(&self, p: *mut P) -> Exit {
        // SAFETY: the scheduler owns processor and goroutine; pc and base are what this engine saved (or a new goroutine's).
        let code = unsafe {
            let g = (*p).g;
            if (*g).native.is_null() {
                enter((*g).pc as Pc, (*g).stack.add((*g).base as usize), p)
            } else {
                callback::resume(p)
            }
        };
        match code {
            crate::code::PARKED => Exit::Parked,
            crate::code::YIELD => Exit::Yield,
            crate::code::STOP => Exit::Stop,
            _ => Exit::Done,
        }
    }
    fn roots(&self, visit: &mut dyn FnMut(*const u64, usize)) {
        visit(self.globals.base(), self.globals.len());
    }
    unsafe fn goroutine_roots(&self, g: *const G, visit: &mut dyn FnMut(*const u64, usize)) {
        // SAFETY: the world is stopped; the goroutine's state is saved.
        unsafe {
            let pc = (*g).pc as Pc;
            let regs = self.code.find(pc).map_or(0, |f| f.live(pc));
            let slots = ((*g).base as usize + regs).min((*g).cap as usize);
            visit((*g).stack, slots);
            if !(*g).native.is_null() {
                let (from, words) = callback::stack_range((*g).native);
                visit(from, words);
            }
        }
    }
    unsafe fn sample(&self, p: *mut P, n: u32) {
        // SAFETY: the caller's.
        unsafe { self.take_sample(p, n as u64) }
    }
    fn deadlock(&self, goroutines: &[*const G]) {
        // SAFETY: all of them are parked and nothing runs.
        let report = unsafe { self.deadlock_report(&self.runtime().heap, goroutines) };
        locked(&self.outcome).get_or_insert(RunResult::Deadlock(report));
    }
}

/// A machine: a runtime and the programs loaded into it.
pub struct Vm {
    pub(crate) shared: Arc<Shared>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) loading: Mutex<crate::load::Loaded>,
}

impl Vm {
    /// A machine with the natives of the registry.
    pub fn new(registry: &[&'static [Native]], mut config: VmConfig) -> Result<Vm, String> {
        let seeded = matches!(config.runtime.world, World::Seeded { .. });
        let nobody = config.stage == Stage::Hot && config.hooks.functions.is_none();
        if seeded || config.profile_ops || nobody {
            config.stage = Stage::Never;
        }
        config.runtime.hot = config.stage == Stage::Hot && jit::CAN;
        if let World::Seeded { seed, .. } = config.runtime.world {
            crate::object::hash::seed(seed);
        }
        let shared = Arc::new(Shared::new(registry, &mut config)?);
        let word = Arc::as_ptr(&shared) as *const u8;
        let runtime = Runtime::new(config.runtime, shared.clone(), word)?;
        shared.runtime.store(Arc::as_ptr(&runtime) as *mut Runtime, Ordering::Release);
        Ok(Vm { shared, runtime, loading: Mutex::default() })
    }
    /// Loads what is new in the program since the last call; the code of its functions too, unless [`Hooks::functions`] has it.
    pub fn load(&self, program: &Program) -> Result<(), String> {
        crate::load::load(&self.shared, &self.runtime.heap, &mut locked(&self.loading), program)
    }
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }
    pub fn types(&self) -> &Types {
        &self.shared.types
    }
    /// Runs the functions of a unit, one after the other, in one main goroutine. One run at a time.
    pub fn run_unit(&self, unit: &gol_bytecode::Unit) -> RunResult {
        self.shared.ending.store(false, Ordering::Relaxed);
        locked(&self.shared.outcome).take();
        let main = {
            let _appends = locked(&self.loading);
            crate::load::main_of(&self.shared, &unit.entry)
        };
        let (code, regs) = match main {
            Ok(main) => main,
            Err(text) => return RunResult::Fatal(text),
        };
        let outcome = self.runtime.run(code as *const u8, self.shared.stubs.link(Stub::MainExit), regs, &[]);
        if let Some(result) = locked(&self.shared.outcome).take() {
            return result;
        }
        match outcome {
            Outcome::Done => RunResult::Done,
            Outcome::Deadlock => RunResult::Deadlock(Report { goroutines: Vec::new(), text: String::new() }),
            Outcome::Interrupted => RunResult::Interrupted,
            Outcome::OutOfMemory => {
                let text = "runtime: out of memory";
                self.shared.print(&format!("fatal error: {text}\n"));
                RunResult::Fatal(text.into())
            }
        }
    }
    /// All goroutines with their states and stacks, as Go prints them. From any thread that runs no goroutine.
    pub fn dump(&self) -> String {
        self.shared.dump_text(0)
    }
    /// After a run: the goroutines that nothing can wake any more; empty when there are none.
    pub fn leaks(&self) -> String {
        self.shared.leak_text()
    }
    /// Name of the function at a pc that an event of the runtime has, and the source position there.
    pub fn function_at(&self, pc: u64) -> Option<(&'static str, u32)> {
        let func = self.shared.code.find(pc as Pc)?;
        Some((func.name, func.place(pc as Pc, 0).1))
    }
    /// What a profile has found so far.
    pub fn profile(&self) -> Vec<crate::profile::FunctionTicks> {
        self.shared.samples.functions()
    }
    /// From any thread: ends the running main goroutine.
    pub fn interrupt(&self) {
        self.runtime.interrupt();
    }
    /// The words of the global area from `first` on (the prompt shows values).
    pub fn globals(&self, first: u32, n: usize) -> &[u64] {
        assert!(first as usize + n <= self.shared.globals.len());
        // SAFETY: in the area, which never moves.
        unsafe { std::slice::from_raw_parts(self.shared.globals.base().add(first as usize), n) }
    }
}

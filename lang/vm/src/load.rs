//! Loading: what is new in a program becomes known to the machine at once, the code of a function when it is first called. *(unsafe)*
//!
//! Calls carry their callee's code address, so every new function gets its place: a header, and as many units as its code can have
//! ([`Func::room`]). Code never moves: return addresses, closures and caches point into it.
//!
//! **First calls.** At the entry stands [`FirstCall`], which asks for the function ([`crate::Hooks::functions`]), verifies it, writes
//! its units ([`expand`]) and goes on at the same place. One thread at a time does this; others that come to the entry wait for the lock
//! and find the code there. Nothing else leads to the units behind the entry, and its handler is stored last: who reads the new handler
//! reads what was written before. That needs loads in order, as x86-64 has them; elsewhere everything is loaded at once.
use crate::code::{Handler, Pc, Unit, frame_bytes, next, raw_handlers, set_frame};
use crate::expand;
use crate::fault::Fault;
use crate::frames::{Detail, FuncInfo};
use crate::handlers::handler_of;
use crate::jit;
use crate::native::{NativeFn, Shortcut};
use crate::object::string::permanent_str;
use crate::object::texts::Texts;
use crate::unwind;
use crate::vm::{Known, Shared, shared};
use gol_bytecode::{Const, Func, FuncId, Op, Program, desc};
use gol_runtime::{Header, Heap, P};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{OnceLock, PoisonError};

/// Whether functions may be loaded while others run.
const LAZY: bool = cfg!(target_arch = "x86_64");

/// How much of the program is loaded.
#[derive(Default)]
pub(crate) struct Loaded {
    /// Permanent closures by function.
    closures: Vec<u64>,
}

/// Results of natives may lie behind the arguments in a window: every frame that calls natives has this much room there.
pub(crate) const NATIVE_RESULTS: usize = 8;

pub(crate) fn load(shared: &Shared, heap: &Heap, loaded: &mut Loaded, program: &Program) -> Result<(), String> {
    gol_bytecode::verify_tables(program)?;
    shared.types.load(program, heap);
    shared.set_known(Known { known: program.known, runtime_error: program.runtime_error });
    shared.globals.grow(program.globals as usize)?;
    shared.name_globals(&program.global_names);
    for name in &program.natives[shared.natives.len()..] {
        let native = shared.registry.get(name.as_str());
        shared.natives.push(*native.ok_or_else(|| format!("there is no native function {name}"))?)?;
    }
    let first = shared.funcs.len();
    let new = &program.funcs[first..];
    let infos = places(shared, new, first as FuncId)?;
    let without = loaded.closures.len() as FuncId..program.funcs.len() as FuncId;
    loaded.closures.extend(permanent_closures(without.map(|f| shared.code_of(f))));
    for c in &program.consts[shared.consts.len()..] {
        shared.consts.push(match c {
            Const::Word(word) => *word,
            Const::Str(bytes) => permanent_str(bytes),
            Const::Func(f) => loaded.closures[*f as usize],
            Const::Texts(list) => Texts::permanent(list),
        })?;
    }
    shared.code.add(infos);
    match &shared.hooks.functions {
        Some(_) if LAZY => Ok(()),
        Some(finish) => infos.iter().try_for_each(|info| finish(info.id, &mut |p, f| body(shared, heap, info, p, &f))),
        None => infos.iter().zip(new).try_for_each(|(info, f)| body(shared, heap, info, program, f)),
    }
}

/// Gives functions their places: each a header, and in front of its code the operation that loads the rest. The first id is given.
fn places(shared: &Shared, new: &[Func], first: FuncId) -> Result<&'static [FuncInfo], String> {
    let names: String = new.iter().map(|f| f.name.as_str()).collect();
    let mut names: &'static str = names.leak();
    let mut infos = Vec::with_capacity(new.len());
    for (f, id) in new.iter().zip(first..) {
        if f.code.is_empty() {
            return Err(format!("function {}: no code", f.name));
        }
        let (name, rest) = names.split_at(f.name.len());
        names = rest;
        let (regs, len) = (frame_regs(f)?, f.room());
        // SAFETY: behind the header.
        let code: Pc = unsafe { shared.units.reserve(len + 1)?.add(1) };
        let detail = OnceLock::new();
        infos.push(FuncInfo {
            name,
            regs,
            hidden: f.hidden,
            pos: f.pos,
            id,
            detail,
            code,
            len,
            met: AtomicU32::new(0),
            body: AtomicUsize::new(0),
        });
    }
    let infos: &'static [FuncInfo] = infos.leak();
    for (f, info) in new.iter().zip(infos) {
        let code = info.code as *mut Unit;
        let shortcut = shortcut_mark(shared, f);
        // SAFETY: the two units are reserved, and nobody else's while the function is not known.
        unsafe {
            code.sub(1).write(Unit { h: &raw const *info as usize, a: 0, b: 0, c: f.params, d: shortcut });
            set_frame(code, info.regs);
            code.write(Unit { h: FirstCall as Handler as usize, a: 0, b: 0, c: 0, d: 0 });
        }
        shared.funcs.push(info.code)?;
    }
    Ok(infos)
}

raw_handlers! { [pc base p]
    /// Loads the function that begins here, and begins it.
    #[cold]
    FirstCall {
        if !first_call(pc, p) {
            return unwind::raise(pc, base, p)
        }
        next!(pc, base, p)
    }
}

/// Whether it is there now; else a fault is stashed.
#[inline(never)]
unsafe fn first_call(pc: Pc, p: *mut P) -> bool {
    // SAFETY: `pc` is the entry of a function that was given its place, so the header before it names what lives for ever.
    unsafe {
        let shared = shared(p);
        let info = &*((*pc.sub(1)).h as *const FuncInfo);
        let loaded = ask(shared, &shared.runtime().heap, info);
        unwind::stash(p, loaded.map_err(|e| Fault::fatal(format!("internal error: {e}"))))
    }
}

/// The frame size of a function that a goroutine is to begin with: it is loaded for that, so that no more is asked for than it needs.
///
/// # Safety
/// `code` is a function's entry.
pub(crate) unsafe fn frame_of(shared: &Shared, code: Pc) -> usize {
    // SAFETY: the entry's handler changes once, by an atomic store; the header before it names what lives for ever.
    unsafe {
        let handler = AtomicUsize::from_ptr(&raw mut (*(code as *mut Unit)).h).load(Ordering::Acquire);
        if handler == FirstCall as Handler as usize {
            std::hint::cold_path();
            let info = &*((*code.sub(1)).h as *const FuncInfo);
            // What goes wrong goes wrong again when it is called, which says so.
            let _ = ask(shared, &shared.runtime().heap, info);
        }
        frame_bytes(code) / size_of::<u64>()
    }
}

/// Loads a function's code unless it is there.
pub(crate) fn ask(shared: &Shared, heap: &Heap, info: &FuncInfo) -> Result<(), String> {
    let _one = shared.first_calls.lock().unwrap_or_else(PoisonError::into_inner);
    if info.detail.get().is_some() {
        return Ok(());
    }
    let Some(finish) = &shared.hooks.functions else { return Err(format!("function {} has no code", info.name)) };
    let load = || finish(info.id, &mut |program, f| body(shared, heap, info, program, &f));
    // What is unwound through is used no more: the program ends.
    let done = std::panic::catch_unwind(AssertUnwindSafe(load));
    done.unwrap_or_else(|_| Err(format!("function {} cannot be finished", info.name)))
}

/// Writes a function's code. The entry comes last: who sees it sees all.
fn body(shared: &Shared, heap: &Heap, info: &FuncInfo, program: &Program, f: &Func) -> Result<(), String> {
    gol_bytecode::verify_function(program, f)?;
    if f.code.len() > info.len || frame_regs(f)? > info.regs {
        return Err(format!("function {} has outgrown its place", f.name));
    }
    let regs = frame_regs(f)?;
    let code = info.code as *mut Unit;
    let units = expand::units(shared, heap, f, code)?;
    let Unit { h, a, b, c, d } = units[0];
    // SAFETY: the function's own units, of which so many were reserved. Only the entry can be reached yet; it gets its operands, which
    // `FirstCall` does not read, before the handler that does.
    unsafe {
        std::ptr::copy_nonoverlapping(units[1..].as_ptr(), code.add(1), units.len() - 1);
        ((*code).a, (*code).b, (*code).c, (*code).d) = (a, b, c, d);
        set_frame(code, regs);
        // Only here, under the lock.
        let kept = shared.jit.is_on().then(|| f.code.clone().into());
        let _ = info.detail.set(Detail { regs, lines: f.lines.clone(), inlined: f.inlined.clone(), code: kept });
        AtomicUsize::from_ptr(&raw mut (*code).h).store(h, Ordering::Release);
    }
    if shared.jit.is_eager() {
        jit::compile(shared, info, program, f);
    }
    Ok(())
}

/// Makes the main goroutine's function: calls the entries, then ends. Its entry and frame size.
pub(crate) fn main_of(shared: &Shared, entries: &[FuncId]) -> Result<(Pc, usize), String> {
    const REGS: u16 = 1;
    let mut units = vec![Unit { h: 0, a: 0, b: 0, c: 0, d: 0 }];
    for f in entries {
        let code = shared.code_of(*f);
        units.push(Unit { h: handler_of(Op::Call), a: 0, b: 0, c: 0, d: 0 });
        units.push(Unit { h: code as usize, a: 0, b: 0, c: 0, d: 0 });
    }
    units.push(Unit { h: handler_of(Op::GoExit), a: 0, b: 0, c: 0, d: 0 });
    let len = units.len() - 1;
    // SAFETY: behind the header.
    let code: Pc = unsafe { shared.units.append(units)?.add(1) };
    let name = "runtime.main";
    let detail = OnceLock::from(Detail { regs: REGS, lines: Vec::new(), inlined: Vec::new(), code: None });
    let info = FuncInfo {
        name,
        regs: REGS,
        hidden: true,
        pos: 0,
        id: FuncId::MAX,
        detail,
        code,
        len,
        met: AtomicU32::new(0),
        body: AtomicUsize::new(0),
    };
    shared.code.add(vec![info].leak());
    Ok((code, REGS as usize))
}

/// What a function's header says of its shortcut.
const NO_SHORTCUT: u16 = 0;

fn shortcut_mark(shared: &Shared, f: &Func) -> u16 {
    match shared.registry.get(f.name.as_str()) {
        Some(NativeFn::Shortcut(Shortcut::MutexLock)) => 1,
        Some(NativeFn::Shortcut(Shortcut::MutexUnlock)) => 2,
        Some(
            NativeFn::Direct(_)
            | NativeFn::InPlace(..)
            | NativeFn::Leaf(_)
            | NativeFn::Parking(_)
            | NativeFn::HandOver
            | NativeFn::Callback(_)
            | NativeFn::Piece(_)
            | NativeFn::Atomic(..),
        )
        | None => NO_SHORTCUT,
    }
}

/// The frame's size as the machine uses it: room for the closure behind the parameters, and for results of natives.
fn frame_regs(f: &Func) -> Result<u16, String> {
    let mut regs = (f.regs as usize).max(f.params as usize + 1).max(f.results as usize);
    for ins in &f.code {
        if matches!(ins.op, Op::CallN | Op::CallNC) {
            regs = regs.max(ins.a as usize + 1 + NATIVE_RESULTS.max(ins.b as usize));
        }
    }
    u16::try_from(regs).map_err(|_| format!("function {} needs too many registers", f.name))
}

/// Closures of functions that capture nothing.
fn permanent_closures(entries: impl Iterator<Item = Pc>) -> impl Iterator<Item = u64> {
    let header = Header::new(desc::CLOSURE, 0).0;
    let objects = entries.map(|code| [header, code as u64]).collect::<Vec<_>>().leak();
    objects.iter().map(|object| &raw const object[1] as u64)
}

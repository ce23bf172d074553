//! A native function that panics is a mistake of gol itself: the program ends with a status of its own, whatever kind of native it is,
//! and no deferred function of the program may take it for a panic of the program.

use gol::cli::Options;
use gol::machine::{Ended, session};
use gol_compiler::session::TextKind;
use gol_runtime::RuntimeConfig;
use gol_vm::native::{Native, NativeFn};
use gol_vm::{Hooks, RunResult, Vm, VmConfig};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The library's natives, one of which panics.
fn natives(name: &str) -> Vec<&'static [Native]> {
    let mut all: Vec<Native> = gol_stdlib::natives().into_iter().flatten().copied().collect();
    let native = all.iter_mut().find(|n| n.name == name).unwrap_or_else(|| panic!("no native {name}"));
    native.run = match native.run {
        NativeFn::Direct(_) => NativeFn::Direct(|_| panic!("by hand")),
        NativeFn::InPlace(..) => NativeFn::InPlace(|_, _, _| panic!("by hand"), None),
        NativeFn::Leaf(_) => NativeFn::Leaf(|_| panic!("by hand")),
        NativeFn::Callback(_) => NativeFn::Callback(|_| panic!("by hand")),
        NativeFn::Parking(_) => NativeFn::Parking(|_| panic!("by hand")),
        NativeFn::Piece(_) => NativeFn::Piece(|_, _| panic!("by hand")),
        NativeFn::HandOver | NativeFn::Shortcut(_) | NativeFn::Atomic(..) => panic!("{name} is no function"),
    };
    vec![all.leak()]
}

/// How a text ends, and what the machine says of it.
fn run(natives: &[&'static [Native]], text: &str, kind: TextKind) -> (RunResult, String) {
    let mut session = session(&Options::default(), Path::new("."));
    let compiled = session.compile("main.go", text.as_bytes().to_vec(), kind);
    let unit = compiled.unit.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let said = Arc::new(Mutex::new(String::new()));
    let says = said.clone();
    let print = Box::new(move |text: &str| says.lock().expect("not poisoned").push_str(text));
    let config = VmConfig {
        runtime: RuntimeConfig { procs: 2, ..RuntimeConfig::default() },
        profile_ops: false,
        stage: Default::default(),
        hooks: Hooks { print, ..Hooks::default() },
    };
    let vm = Vm::new(natives, config).expect("a machine can be made");
    vm.load(&session.functions().all()).expect("the program loads");
    let result = vm.run_unit(&unit);
    let said = said.lock().expect("not poisoned").clone();
    (result, said)
}

fn ends_in_a_fault(native: &str, text: &str, kind: TextKind) {
    let (healthy, _) = run(&gol_stdlib::natives(), text, kind);
    assert_eq!(Ended::from(&healthy).status(), 0, "{native}: {healthy:?}");
    let (result, said) = run(&natives(native), text, kind);
    assert_eq!(result, RunResult::Fatal("internal error: a native function panicked".into()), "{native}");
    assert_eq!(Ended::from(&result).status(), 125, "{native}");
    assert!(said.starts_with("fatal error: internal error: a native function panicked\n"), "{native}: {said}");
}

/// A function that calls the native, in a program that would recover from any panic.
fn program(imports: &str, call: &str) -> String {
    format!(
        "package main\n{imports}\nfunc f() {{ defer func() {{ recover() }}(); {call} }}\n\
         func main() {{ done := make(chan int); go func() {{ f(); close(done) }}(); <-done; f() }}\n"
    )
}

#[test]
fn a_direct_native_panics() {
    let text = program("import \"strings\"\nvar s, n = \"abc\", 0", "n = strings.IndexAny(s, \"b\")");
    ends_in_a_fault("strings.IndexAny", &text, TextKind::File);
}

#[test]
fn a_native_in_place_panics() {
    let text = program("import \"strings\"\nvar s, n = \"abc\", 0", "n = strings.Count(s, \"b\")");
    ends_in_a_fault("strings.Count", &text, TextKind::File);
}

#[test]
fn a_leaf_panics() {
    let text = program("import \"strings\"\nvar s = \"abc\"", "s = strings.ToUpper(s)");
    ends_in_a_fault("strings.ToUpper", &text, TextKind::File);
}

#[test]
fn a_native_that_parks_panics() {
    ends_in_a_fault("runtime.Gosched", &program("import \"runtime\"", "runtime.Gosched()"), TextKind::File);
}

#[test]
fn a_piece_panics() {
    ends_in_a_fault("print.int", &program("var n = 1", "println(n)"), TextKind::File);
}

#[test]
fn a_native_that_calls_back_panics() {
    ends_in_a_fault("prompt.print", "6 * 7", TextKind::Prompt);
}

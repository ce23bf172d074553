//! Functions are finished when they are first called: once each, whoever comes first, and what goes wrong there is told.

use gol::machine::{Ended, Packages};
use gol_bytecode::{Func, FuncId, Program};
use gol_compiler::session::{Session, TextKind};
use gol_runtime::RuntimeConfig;
use gol_vm::{Hooks, RunResult, Vm, VmConfig};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

const FUNCTIONS: usize = 200;

/// Eight goroutines call all functions, each beginning somewhere else.
fn program() -> String {
    let mut text = String::from("package main\nimport \"sync\"\n");
    let mut table = String::new();
    for k in 0..FUNCTIONS {
        // Neither small enough to be inlined nor alike.
        let _ = write!(
            text,
            "func f{k}(x int) int {{\ns := {k}\nfor i := 0; i < x; i++ {{ if i%3 == 0 {{ s += i }} else {{ s ^= i }} }}\nreturn s }}\n"
        );
        let _ = write!(table, "f{k}, ");
    }
    let _ = write!(
        text,
        "func main() {{\n\
         all := []func(int) int{{ {table} }}\n\
         sums := make([]int, 8)\n\
         var wg sync.WaitGroup\n\
         for g := range sums {{ wg.Add(1); go func() {{ defer wg.Done()\n\
         for k := range all {{ sums[g] += all[(k + g*25) % len(all)](7) }} }}() }}\n\
         wg.Wait()\n\
         for _, s := range sums {{ if s != sums[0] || s == 0 {{ panic(\"wrong\") }} }} }}\n"
    );
    text
}

/// Runs a program; `change` sees every function that is asked for.
fn run(text: &str, change: impl Fn(&mut Func) -> Result<(), String> + Send + Sync + 'static) -> RunResult {
    let mut session = Session::new(&Packages);
    let compiled = session.compile("main.go", text.as_bytes().to_vec(), TextKind::File);
    let unit = compiled.unit.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics));
    let functions = session.functions();
    let finish = move |id: FuncId, visit: &mut dyn FnMut(&Program, Func) -> Result<(), String>| {
        functions.with(id, |program, mut f| {
            change(&mut f)?;
            visit(program, f)
        })
    };
    let hooks = Hooks { functions: Some(Box::new(finish)), print: Box::new(|_| {}), ..Hooks::default() };
    let runtime = RuntimeConfig { procs: 4, ..RuntimeConfig::default() };
    let vm =
        Vm::new(&gol_stdlib::natives(), VmConfig { runtime, profile_ops: false, stage: gol_vm::Stage::Never, hooks })
            .expect("a machine");
    vm.load(&session.program()).expect("the program loads");
    vm.run_unit(&unit)
}

#[test]
fn each_function_once() {
    let text = program();
    for _ in 0..20 {
        let asked: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let seen = asked.clone();
        let count = move |f: &mut Func| {
            *seen.lock().expect("not poisoned").entry(f.name.clone()).or_default() += 1;
            Ok(())
        };
        assert_eq!(run(&text, count), RunResult::Done);
        let asked = asked.lock().expect("not poisoned");
        let ours = asked.iter().filter(|(name, _)| name.starts_with("main.f"));
        assert!(ours.clone().all(|(_, n)| *n == 1), "{asked:?}");
        assert_eq!(ours.count(), FUNCTIONS);
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_is_never_called_is_never_finished() {
    let text = "package main\nfunc f(n int) int { if n == 0 { return 1 }; return f(n-1) }\n\
                func main() { x := f\nif x(3) == 2 { g(2) } }\nfunc g(n int) { if n > 0 { g(n-1) }; println(n) }\n";
    let refuse_g = |f: &mut Func| if f.name == "main.g" { Err("asked for".into()) } else { Ok(()) };
    assert_eq!(run(text, refuse_g), RunResult::Done);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn what_cannot_be_loaded_is_a_fault() {
    let text = "package main\nfunc f(n int) int { defer println(1); if n == 0 { return 1 }; return f(n-1) }\n\
                func main() { defer func() { recover() }(); println(f(3)) }\n";
    let in_f = |change: fn(&mut Func) -> Result<(), String>| {
        move |f: &mut Func| if f.name == "main.f" { change(f) } else { Ok(()) }
    };
    type Change = fn(&mut Func) -> Result<(), String>;
    let cases: [(Change, &str); 5] = [
        (|_| panic!("by hand"), "internal error: function main.f cannot be finished"),
        (|_| Err("no such function".into()), "internal error: no such function"),
        (
            |f| {
                f.regs += 100;
                Ok(())
            },
            "internal error: function main.f has outgrown its place",
        ),
        (
            |f| {
                let code = f.code.clone();
                (0..10).for_each(|_| f.code.extend_from_slice(&code));
                Ok(())
            },
            "internal error: function main.f has outgrown its place",
        ),
        (
            |f| {
                f.code.pop();
                Ok(())
            },
            "internal error: function main.f: ",
        ),
    ];
    for (change, want) in cases {
        let result = run(text, in_f(change));
        assert_eq!(Ended::from(&result).status(), 125);
        assert!(matches!(&result, RunResult::Fatal(text) if text.starts_with(want)), "{result:?} instead of {want}");
    }
}

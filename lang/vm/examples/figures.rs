//! Times of hand-assembled programs: `cargo run --release -p gol-vm --example figures [NAME]`.
use gol_bytecode::{Const, Func, Ins, Kind, Op, Program, TypeDesc, Unit, desc};
use gol_runtime::{HeapConfig, RuntimeConfig};
use gol_vm::{CallCx, Fault, Hooks, Native, NativeFn, RunResult, Vm, VmConfig};
use std::time::Instant;

fn i(op: Op, a: i32, b: i32, c: i32, d: i32) -> Ins {
    Ins::new(op, a as u16, b as u16, c as u16, d as u16)
}
fn k(op: Op, a: i32, b: i32, cd: i32) -> Ins {
    Ins::wide(op, a as u16, b as u16, cd as u32)
}
fn data() -> Ins {
    i(Op::Data, 0, 0, 0, 0)
}
fn func(name: &str, params: u16, results: u16, regs: u16, code: Vec<Ins>) -> Func {
    let (epilogue, lines) = (None, Vec::new());
    Func {
        name: name.into(),
        code,
        regs,
        spare: 0,
        params,
        results,
        epilogue,
        pos: 0,
        lines,
        hidden: false,
        once: false,
        inlined: Vec::new(),
    }
}

const INT: i32 = 16;
const CHAN: i32 = 17;
const BYTES: i32 = 18;
const MAP: i32 = 19;

fn program(funcs: Vec<Func>) -> Program {
    let ty = |name: &str, kind, words: u32, elem: i32| TypeDesc {
        name: name.into(),
        kind,
        named: false,
        words,
        stride: if kind == Kind::Packed { 1 } else { words * 8 },
        ptrs: vec![matches!(kind, Kind::Chan | Kind::Map); words as usize],
        elem: elem as u32,
        backing: elem as u32,
        key: if kind == Kind::Map { INT as u32 } else { 0 },
        len: 0,
        dir: 0,
        fields: Vec::new(),
        params: Vec::new(),
        results: Vec::new(),
        variadic: false,
        methods: Vec::new(),
        comparable: true,
        pkg: String::new(),
    };
    let mut p = Program { funcs, ..Program::default() };
    p.types = (0..desc::FIRST).map(|_| ty("", Kind::Placeholder, 0, 0)).collect();
    p.types.push(ty("int", Kind::Int, 1, 0));
    p.types.push(ty("chan int", Kind::Chan, 1, INT));
    p.types.push(ty("uint8", Kind::Packed, 1, INT));
    p.types.push(ty("map[int]int", Kind::Map, 1, INT));
    p.natives = vec!["t.call".into()];
    p.consts = (0..p.funcs.len()).map(|f| Const::Func(f as u32)).collect();
    p
}

fn call(cx: &mut CallCx) -> Result<(), Fault> {
    let mut out = [0];
    let (f, x) = (cx.arg(0), cx.arg(1));
    cx.call(f, &[x], &mut out)?;
    cx.set(0, out[0]);
    Ok(())
}
static NATIVES: &[Native] = &[Native { name: "t.call", run: NativeFn::Callback(call) }];

fn fib() -> Vec<Func> {
    let main = vec![k(Op::LoadI, 1, 0, 35), k(Op::Call, 0, 0, 1), data(), i(Op::Ret, 0, 0, 0, 0)];
    let fib = vec![
        k(Op::JgeK, 0, 2, 1),
        i(Op::Ret1, 0, 0, 0, 0),
        i(Op::AddK, 3, 0, -1, 0),
        k(Op::Call, 2, 0, 1),
        data(),
        i(Op::Mov, 1, 3, 0, 0),
        i(Op::AddK, 3, 0, -2, 0),
        k(Op::Call, 2, 0, 1),
        data(),
        i(Op::AddI, 0, 1, 3, 0),
        i(Op::Ret1, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 4, main), func("main.fib", 1, 1, 5, fib)]
}

/// n = 100 000 on a []byte, 100 times.
fn sieve() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 0, 0, 100_000),
        k(Op::LoadI, 1, 0, 0),
        k(Op::LoadI, 2, 0, 100),
        i(Op::MakeSlice, 4, 0, 0, BYTES),
        k(Op::LoadI, 7, 0, 1),
        // 5: again
        i(Op::ClearS, 4, 0, 0, BYTES),
        k(Op::LoadI, 8, 0, 2),
        k(Op::LoadI, 9, 0, 317),
        // 8: outer
        i(Op::LdIdxU8, 10, 4, 8, 0),
        k(Op::Jnz, 10, 0, 4),
        i(Op::MulI, 11, 8, 8, 0),
        k(Op::JgeK, 0, 0, 0),
        // 12: inner
        i(Op::StIdx8, 4, 11, 7, 0),
        i(Op::AddJltB, 11, 8, 0, -2),
        i(Op::AddKJltB, 8, 9, 1, -7),
        i(Op::AddKJltB, 1, 2, 1, -11),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 14, main)]
}

fn ping_pong() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 2, 0, 0),
        i(Op::MakeChan, 0, 2, 0, CHAN),
        i(Op::MakeChan, 1, 2, 0, CHAN),
        k(Op::Go, 0, 2, 1),
        k(Op::LoadI, 3, 0, 1_000_000),
        i(Op::Send, 0, 2, 1, 0),
        i(Op::SendWake, 0, 0, 0, 0),
        i(Op::Recv, 4, 1, 1, 0),
        i(Op::AddKJltB, 2, 3, 1, -4),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    let pong =
        vec![i(Op::Recv, 2, 0, 1, 0), i(Op::Send, 1, 2, 1, 0), i(Op::SendWake, 0, 0, 0, 0), k(Op::JmpB, 0, 0, -4)];
    vec![func("main.main", 0, 0, 6, main), func("main.pong", 2, 0, 4, pong)]
}

/// A million goroutines that do nothing.
fn spawn() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 0, 0, 0),
        k(Op::LoadI, 1, 0, 1_000_000),
        k(Op::Go, 0, 0, 1),
        i(Op::AddKJltB, 0, 1, 1, -2),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 4, main), func("main.f", 0, 0, 2, vec![i(Op::Ret, 0, 0, 0, 0)])]
}

fn callbacks() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 0, 0, 0),
        k(Op::LoadI, 1, 0, 1_000_000),
        k(Op::LoadK, 3, 0, 1),
        k(Op::CallNC, 2, 2, 0),
        data(),
        i(Op::AddKJltB, 0, 1, 1, -4),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 12, main), func("main.f", 1, 1, 4, vec![i(Op::Ret1, 0, 0, 0, 0)])]
}

/// 10 million small objects.
fn objects() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 0, 0, 0),
        k(Op::LoadI, 1, 0, 10_000_000),
        k(Op::New, 2, 0, INT),
        i(Op::AddKJltB, 0, 1, 1, -2),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 4, main)]
}

/// m[i & 1023] += i, 10 million times.
fn maps() -> Vec<Func> {
    let main = vec![
        k(Op::LoadI, 0, 0, 0),
        k(Op::LoadI, 1, 0, 10_000_000),
        i(Op::MakeMap, 2, 0, 0, MAP),
        i(Op::AndK, 3, 0, 1023, 0),
        i(Op::MapGet, 4, 2, 3, MAP),
        i(Op::AddI, 4, 4, 0, 0),
        i(Op::MapSet, 2, 3, 4, MAP),
        i(Op::AddKJltB, 0, 1, 1, -5),
        i(Op::Ret, 0, 0, 0, 0),
    ];
    vec![func("main.main", 0, 0, 8, main)]
}

fn cpu_ms() -> f64 {
    // SAFETY: `usage` is valid.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        let ms = |t: libc::timeval| t.tv_sec as f64 * 1e3 + t.tv_usec as f64 / 1e3;
        ms(usage.ru_utime) + ms(usage.ru_stime)
    }
}

fn main() {
    let only = std::env::args().nth(1);
    let programs: [(&str, Vec<Func>); 7] = [
        ("fib", fib()),
        ("sieve", sieve()),
        ("ping_pong", ping_pong()),
        ("spawn", spawn()),
        ("callbacks", callbacks()),
        ("objects", objects()),
        ("maps", maps()),
    ];
    for (name, funcs) in programs {
        if only.as_deref().is_some_and(|o| o != name) {
            continue;
        }
        let heap = HeapConfig { limit: 1 << 32, ..HeapConfig::default() };
        let runtime =
            RuntimeConfig { procs: 1, heap, max_stack_slots: 1 << 26, seed: Some(1), ..RuntimeConfig::default() };
        let config = VmConfig { runtime, profile_ops: false, stage: Default::default(), hooks: Hooks::default() };
        let vm = Vm::new(&[NATIVES], config).expect("machine");
        vm.load(&program(funcs)).expect("load");
        let mut best = f64::MAX;
        for _ in 0..5 {
            let (start, cpu) = (Instant::now(), cpu_ms());
            assert_eq!(vm.run_unit(&Unit { entry: vec![0] }), RunResult::Done);
            let _wall = start.elapsed();
            best = best.min(cpu_ms() - cpu);
        }
        println!("{name:10} {best:8.1} ms");
    }
}

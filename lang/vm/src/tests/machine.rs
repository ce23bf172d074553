//! A whole machine for tests: types, natives, what it printed.
use super::bare::config;
use super::*;
use crate::native::{Cx, Fault, Native, NativeFn, Shortcut};
use crate::vm::{RunResult, Vm};
use gol_bytecode::{Const, Kind, Method, Recv, TypeId, Unit, WellKnown};
use gol_runtime::Op as Did;
use std::sync::{Arc, Mutex};

/// A machine whose messages are kept.
pub(crate) struct Machine {
    pub vm: Vm,
    printed: Arc<Mutex<String>>,
}

impl Machine {
    pub fn new(program: &Program) -> Machine {
        Machine::with(program, config())
    }
    pub fn with(program: &Program, mut config: crate::VmConfig) -> Machine {
        let printed = Arc::new(Mutex::new(String::new()));
        let to = printed.clone();
        config.hooks.print = Box::new(move |text| to.lock().expect("not poisoned").push_str(text));
        config.hooks.position = Box::new(|pos| format!("t.go:{pos}"));
        let vm = Vm::new(&[NATIVES], config).expect("machine");
        vm.load(program).expect("load");
        Machine { vm, printed }
    }
    pub fn run(&self, f: u32) -> RunResult {
        self.vm.run_unit(&Unit { entry: vec![f] })
    }
    pub fn ok(&self, f: u32) {
        assert_eq!(self.run(f), RunResult::Done, "{}", self.printed());
    }
    pub fn global(&self, k: u32) -> u64 {
        self.vm.globals(k, 1)[0]
    }
    pub fn printed(&self) -> String {
        self.printed.lock().expect("not poisoned").clone()
    }
}

/// `t.call(f func(int) int, x int) int`.
fn call(cx: &mut crate::CallCx) -> Result<(), Fault> {
    let mut out = [0];
    let (f, x) = (cx.arg(0), cx.arg(1));
    cx.call(f, &[x], &mut out)?;
    cx.set(0, out[0]);
    Ok(())
}
fn add(cx: &mut Cx) -> Result<(), Fault> {
    cx.set_i64(0, cx.arg_i64(0).wrapping_add(cx.arg_i64(1)));
    Ok(())
}
fn fail(cx: &mut Cx) -> Result<(), Fault> {
    Err(match cx.arg(0) {
        0 => Fault::runtime("runtime error: by hand"),
        1 => Fault::goexit(),
        2 => Fault::exit(7),
        _ => Fault::fatal("by hand"),
    })
}
fn sleep(cx: &mut Cx) -> Result<Did, Fault> {
    // SAFETY: the running processor.
    Ok(unsafe { gol_runtime::ops::sleep(cx.p(), cx.arg_i64(0)) })
}
fn block(cx: &mut Cx) -> Result<(), Fault> {
    let ms = cx.arg(0);
    cx.blocking(|| std::thread::sleep(std::time::Duration::from_millis(ms)));
    Ok(())
}
fn text(cx: &mut crate::CallCx) -> Result<(), Fault> {
    let mut out = [0];
    let word = cx.arg(0);
    let had = cx.call_method(word, "Error", &[], &mut out)?;
    let len = cx.str_bytes(out[0]).len() as u64;
    cx.set(0, had as u64 * 100 + len);
    Ok(())
}
/// `t.piece(counts *[2]int)`: counts the pieces that stand last and those that another one follows.
fn piece(cx: &mut Cx, more: bool) -> Result<(), Fault> {
    // SAFETY: the argument points to two words.
    unsafe { *(cx.arg(0) as *mut u64).add(more as usize) += 1 };
    Ok(())
}
pub(crate) static NATIVES: &[Native] = &[
    Native { name: "t.call", run: NativeFn::Callback(call) },
    Native { name: "t.add", run: NativeFn::Leaf(add) },
    Native { name: "t.fail", run: NativeFn::Leaf(fail) },
    Native { name: "t.sleep", run: NativeFn::Parking(sleep) },
    Native { name: "t.block", run: NativeFn::Leaf(block) },
    Native { name: "t.text", run: NativeFn::Callback(text) },
    Native { name: "t.piece", run: NativeFn::Piece(piece) },
    Native { name: "t.Lock", run: NativeFn::Shortcut(Shortcut::MutexLock) },
    Native { name: "t.Unlock", run: NativeFn::Shortcut(Shortcut::MutexUnlock) },
    Native { name: "t.overflow", run: NativeFn::Callback(super::crash::overflow) },
    Native { name: "t.lie", run: NativeFn::Leaf(super::crash::lie) },
    Native { name: "t.stale", run: NativeFn::Leaf(super::crash::stale) },
    Native { name: "t.idle", run: NativeFn::Leaf(super::crash::nothing) },
    Native { name: "t.both", run: NativeFn::InPlace(|a, b, _| (a.word() + b.word(), a.word() * b.word()), None) },
    Native { name: "t.broken", run: NativeFn::InPlace(|_, _, _| panic!("by hand"), None) },
];
pub(crate) const CALL: i32 = 0;
pub(crate) const ADD: i32 = 1;
pub(crate) const FAIL: i32 = 2;
pub(crate) const SLEEP: i32 = 3;
pub(crate) const BLOCK: i32 = 4;
pub(crate) const TEXT: i32 = 5;
pub(crate) const PIECE: i32 = 6;
pub(crate) const OVERFLOW: i32 = 9;
pub(crate) const LIE: i32 = 10;
pub(crate) const STALE: i32 = 11;
pub(crate) const NOTHING: i32 = 12;
/// Two words of two words.
pub(crate) const BOTH: i32 = 13;
/// Panics.
pub(crate) const BROKEN: i32 = 14;
/// The shape of two arguments of one word each.
pub(crate) const TWO: i32 = 5;

pub(crate) const INT: i32 = 16;
pub(crate) const STRING: i32 = 17;
pub(crate) const CHAN_INT: i32 = 18;
pub(crate) const MAP: i32 = 19;
pub(crate) const ERROR: i32 = 20;
pub(crate) const SLICE: i32 = 21;
pub(crate) const ANY: i32 = 22;
/// Backing of []byte, before the types that a test adds.
pub(crate) const BYTES: i32 = 23;
/// The first type that a test adds.
pub(crate) const MORE: i32 = 24;

/// Types, natives and globals for everybody; constant 0 is "boom", 1.. the permanent closures of the functions.
pub(crate) fn full(funcs: Vec<Func>) -> Program {
    let mut p = program(funcs);
    p.types.push(plain_type("int", Kind::Int, 1));
    let mut string = plain_type("string", Kind::String, 1);
    string.ptrs = vec![true];
    p.types.push(string.clone());
    let one = |name: &str, kind, elem: i32| {
        let mut t = plain_type(name, kind, 1);
        t.named = false;
        t.elem = elem as TypeId;
        t.backing = elem as TypeId;
        t.ptrs = vec![true];
        t
    };
    p.types.push(one("chan int", Kind::Chan, INT));
    let mut map = one("map[int]int", Kind::Map, INT);
    map.key = INT as TypeId;
    p.types.push(map);
    string.name = "runtime.rtError".into();
    string.pkg = "runtime".into();
    p.types.push(string);
    let mut slice = plain_type("[]int", Kind::Slice, 3);
    slice.named = false;
    slice.elem = INT as TypeId;
    slice.backing = INT as TypeId;
    slice.ptrs = vec![true, false, false];
    p.types.push(slice);
    p.types.push(one("interface {}", Kind::Interface, 0));
    let mut bytes = plain_type("uint8", Kind::Packed, 1);
    bytes.stride = 1;
    bytes.elem = INT as TypeId;
    p.types.push(bytes);
    p.runtime_error = ERROR as TypeId;
    p.known = WellKnown { int: INT as TypeId, string: STRING as TypeId, ..WellKnown::default() };
    p.natives = NATIVES.iter().map(|n| n.name.to_string()).collect();
    p.methods = vec!["Error".into()];
    p.globals = 16;
    p.consts.push(Const::Str((*b"boom").into()));
    for f in 0..p.funcs.len() {
        p.consts.push(Const::Func(f as u32));
    }
    p
}
/// The constant that holds the permanent closure of a function.
pub(crate) fn closure(f: i32) -> i32 {
    1 + f
}

/// `type E int` with the method `Error`.
pub(crate) fn method_type(f: u32) -> gol_bytecode::TypeDesc {
    let mut e = plain_type("main.E", Kind::Int, 1);
    e.methods = vec![Method { id: 0, func: f, recv: Recv::Word, sig: 0 }];
    e
}

/// `panic("boom")` with register `a` for the value.
pub(crate) fn panics(a: i32) -> Vec<Ins> {
    vec![k(Op::LoadK, a, 0, 0), k(Op::MkIface, a, a, STRING), i(Op::Panic, a, 0, 0, 0)]
}

pub(crate) fn with_epilogue(mut f: Func, at: u32) -> Func {
    f.epilogue = Some(at);
    f
}

pub(crate) fn join(parts: Vec<Vec<Ins>>) -> Vec<Ins> {
    parts.into_iter().flatten().collect()
}

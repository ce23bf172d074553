//! The compiled stage: machine code for functions that run long, from the bytecode that the machine runs and over the same frames.
//!
//! Code is a *detour*: it is entered where an instruction of the function would be dispatched (an [`Compiled::entries`]), keeps registers
//! of the frame in those of the processor, and goes back to the dispatch of the instruction that it does not do itself, having put what it
//! changed into the frame. So everything that is rare (failures, polls, parking, growth of stacks) is the interpreter's alone, at the
//! instruction at which it happens, and a goroutine that stops there looks as if the machine had interpreted all along.
//!
//! Reading order: [`plan`] (what is compiled, what is in registers where), `emit` (an operation after the other, in Cranelift's terms), `gate` (the
//! handler in front). Bodies have Cranelift's `Tail` convention: arguments lie where a handler has them, the registers that System V keeps are kept,
//! and four words come back. Only the gate is left by a jump.
#![forbid(unsafe_code)]

mod bits;
mod emit;
mod gate;
mod ops;
mod plan;

use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use gol_bytecode::{Ins, Program};

/// What code has to know of the machine that it runs in: addresses, and places in the processor record (P).
pub struct Machine<'a> {
    /// Where the function's first unit lies.
    pub code: u64,
    /// Bytes of a unit, whose first word is the handler's address.
    pub unit: u64,
    /// The handler that a backward branch goes to when the guard is poisoned.
    pub poll: u64,
    /// Offset of the guard word in P.
    pub guard: i32,
    /// Offset of the 32-bit word in P that is not 0 while a collection marks.
    pub marking: i32,
    /// The first of the global words.
    pub globals: u64,
    /// An address in front of which a word is 0: what stands for the header of the empty text.
    pub empty: u64,
    /// The byte that is not 0 once there is a second goroutine.
    pub shared: u64,
    /// The unit before a function's first one has the address of a record of it; in that is the address of its machine code, or 0. And the
    /// bytes of its frame, 32 bits, are so far from the first unit.
    pub body: i32,
    pub frame: i32,
    /// The window, 16 bits, is so far from a return address.
    pub window: i32,
    /// What is known at the site of an interface's method call.
    pub site: Site,
    /// Offset in P of the address that the processor's stack must not come below, which the gate sets.
    pub limit: i32,
    /// The handler that raises what a helper left.
    pub raise: u64,
    /// Equality of two texts, neither of which is empty.
    pub same_text: u64,
    /// Order of two texts: below 0, 0, above.
    pub order_text: u64,
    /// Which of a constant's texts one is, by P, the constant's number, the text.
    pub find_text: u64,
    /// Finds what a site of a method's call would know, by P, the type's number and the method's; or 0.
    pub method: u64,
    /// Puts the character at a place of a text, which is there, and the place behind it to an address, by text, place, address.
    pub next_rune: u64,
    /// Reads the slice at an address whole, by P, the address, bytes of an element, and puts it at another.
    pub whole: u64,
    /// Of a function by its first unit.
    pub callee: &'a dyn Fn(u64) -> Callee,
    /// Words of constants.
    pub constant: &'a dyn Fn(u32) -> u64,
    /// The handler that a unit has before it is made an entry.
    pub handler: &'a dyn Fn(usize) -> u64,
}

/// Offsets in the record that the data unit of a `CallI` has the address of: the dynamic type's number (32 bits), whether the method gets the box's address
/// (a byte), the method's first unit.
#[derive(Clone, Copy)]
pub struct Site {
    pub ty: i32,
    pub boxed: i32,
    pub code: i32,
}

/// A function to be compiled.
pub struct Source<'a> {
    pub program: &'a Program,
    pub code: &'a [Ins],
    pub regs: u16,
    pub epilogue: Option<u32>,
    /// Is a call of this function nothing but that?
    pub plain_call: &'a dyn Fn(u32) -> bool,
    /// The function that does the instruction at a unit.
    pub helper: &'a dyn Fn(usize) -> Option<Helper>,
    /// There is a second goroutine.
    pub shared: bool,
    /// What the loader found out of the instruction at a unit.
    pub fast: &'a dyn Fn(usize) -> Fast,
}

/// A function, by address, that does an instruction on the frame: it gets the unit's address, the base and P. It neither parks nor calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Helper {
    /// Answers whether it went well, in a byte (of `MapNext`: 0 at the end, 1, 2 when it failed). P stays.
    Work(u64),
    /// Answers the P to go on with, with bit 0 set when it failed.
    Native(u64),
}

/// Instructions that are short for some types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fast {
    No,
    /// `New`, and `MkIface` of one word in a box, of so many words with their header: where in P the next free cell and the limit of such
    /// cells are.
    Cell {
        run: i32,
        words: u32,
        header: u64,
    },
    Box {
        run: i32,
        header: u64,
    },
    /// Between a word and an interface that holds it, from a sign or from zeros on.
    Signed,
    Unsigned,
    /// A word out of a box.
    Boxed,
    /// A native on a buffer: see [`Buffer`].
    Buffer(Buffer),
}

/// What `CallD` and `CallD2` do on the buffer of package bufio or bytes, as far as that is one byte. A reader has the words slice, from, to, last; a
/// writer slice, error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Buffer {
    NextByte,
    NextRune,
    Put,
}

/// A function that is called.
#[derive(Clone, Copy)]
pub struct Callee {
    /// Bytes of its frame, when that is settled.
    pub frame: Option<u32>,
    /// Its machine code.
    pub body: Option<u64>,
    /// Where the address of that will be.
    pub cell: u64,
}

/// Machine code that can lie anywhere.
pub struct Compiled {
    /// First what a handler is, then the body.
    pub bytes: Vec<u8>,
    /// Where the body begins, when other code may call it.
    pub body: Option<usize>,
    /// Units whose handler becomes the code's first byte, ascending.
    pub entries: Vec<u32>,
}

/// The units that may be executed next after the instruction at one, but for where calls lead.
pub fn next(code: &[Ins], unit: usize) -> Vec<usize> {
    ops::flow(code, unit).all().collect()
}

/// Makes machine code; for one function after the other.
pub struct Compiler {
    isa: OwnedTargetIsa,
    room: emit::Room,
    /// The same for every function.
    gate: Option<gate::Gate>,
}

/// Bytes of the processor's stack that nested bodies may use before they leave, and that one may use that is called by another.
const NESTED: i64 = 24 << 10;
const FRAME_MAX: u32 = 4 << 10;

impl Compiler {
    /// For this processor.
    ///
    /// # Errors
    /// The processor is none that code can be made for.
    pub fn new() -> Result<Compiler, String> {
        let isa = target("false")?;
        Ok(Compiler { isa, room: emit::Room::default(), gate: None })
    }

    /// `None`: there is nothing to be gained, or too much to do.
    pub fn compile(&mut self, source: &Source, machine: &Machine) -> Option<Compiled> {
        let plan = plan::Plan::new(source)?;
        let callable = plan.ways[0] == 0;
        let (body, frame, entries) = emit::emit(&*self.isa, &mut self.room, source, machine, plan)?;
        let gate = self.gate.get_or_insert_with(|| gate::Gate::new(machine));
        let mut bytes = gate.before_body()?;
        let at = bytes.len();
        bytes.extend(body);
        Some(Compiled { bytes, body: (callable && frame <= FRAME_MAX).then_some(at), entries })
    }
}

/// Code for this processor. What leaves by jumps needs frame pointers, in Cranelift.
fn target(frame_pointers: &str) -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    let mut set = |name: &str, value: &str| flags.set(name, value).map_err(|e| e.to_string());
    set("opt_level", "speed")?;
    set("preserve_frame_pointers", frame_pointers)?;
    set("enable_probestack", "false")?;
    set("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" })?;
    set("unwind_info", "false")?;
    let mut isa = cranelift_codegen::isa::lookup_by_name("x86_64").map_err(|e| e.to_string())?;
    for feature in features()? {
        isa.enable(feature).map_err(|e| e.to_string())?;
    }
    isa.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())
}

/// What this processor can do beyond what all have; rounding is not left to calls.
#[cfg(target_arch = "x86_64")]
fn features() -> Result<Vec<&'static str>, String> {
    if !std::arch::is_x86_feature_detected!("sse4.1") {
        return Err("the processor cannot round".into());
    }
    let mut all = vec!["has_sse3", "has_ssse3", "has_sse41"];
    macro_rules! see {
        ($($name:tt $flag:literal)*) => { $(if std::arch::is_x86_feature_detected!($name) { all.push($flag); })* };
    }
    see! { "sse4.2" "has_sse42" "popcnt" "has_popcnt" "bmi1" "has_bmi1" "bmi2" "has_bmi2" "lzcnt" "has_lzcnt" }
    Ok(all)
}
#[cfg(not(target_arch = "x86_64"))]
fn features() -> Result<Vec<&'static str>, String> {
    Err("machine code is made for x86-64 only".into())
}

//! What the compiler produces and the VM loads. Append-only: a prompt line adds functions, constants, types and globals
//! behind those that are there, and the VM loads what is new.

use crate::ops::{Ins, Op};
use std::sync::Arc;

/// Index into `Program::funcs`.
pub type FuncId = u32;
/// Index into `Program::types`; also the descriptor id in object headers and interface words.
pub type TypeId = u32;

/// Descriptor ids that exist in every program; the first of the compiler's own is [`desc::FIRST`].
pub mod desc {
    pub const NONE: u32 = 0;
    /// String with its own bytes.
    pub const STR: u32 = 1;
    /// String that points into another.
    pub const STRVIEW: u32 = 2;
    pub const CLOSURE: u32 = 3;
    /// Defer records, panic records, iterators, tables of maps: the VM's own objects.
    pub const VM0: u32 = 4;
    pub const VM1: u32 = 5;
    pub const VM2: u32 = 6;
    pub const VM3: u32 = 7;
    pub const VM4: u32 = 8;
    pub const VM5: u32 = 9;
    pub const FIRST: u32 = 16;
}

#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// Any scalar's word (integers normalised, float bits).
    Word(u64),
    /// Becomes a permanent string object.
    Str(Arc<[u8]>),
    /// Becomes the permanent closure of a function without captures.
    Func(FuncId),
    /// Texts among which one is found (`FindS`); they differ.
    Texts(Arc<[Arc<[u8]>]>),
}

#[derive(Clone, Debug, Default)]
pub struct Program {
    pub funcs: Vec<Func>,
    pub consts: Vec<Const>,
    /// Indexed by TypeId; the first `desc::FIRST` are placeholders.
    pub types: Vec<TypeDesc>,
    /// Words of the global area.
    pub globals: u32,
    /// The variables that lie there, ascending.
    pub global_names: Vec<GlobalName>,
    /// Natives by name, `"strings.Index"`; an instruction's native id indexes this.
    pub natives: Vec<String>,
    /// Method names (unexported ones qualified by package, `"pkg.name"`); an instruction's method id indexes this.
    pub methods: Vec<String>,
    /// The type that run-time errors are boxed as: `runtime.rtError` with underlying type string (its methods Error and
    /// RuntimeError are gol code). Set by the compiler when it compiles package runtime, which every program has.
    pub runtime_error: TypeId,
    /// Type descriptors of common types that natives make: see [`WellKnown`].
    pub known: WellKnown,
}

/// A package variable in the global area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalName {
    /// Its first word and how many it has there.
    pub first: u32,
    pub words: u32,
    pub name: String,
    /// Where it is declared.
    pub pos: u32,
    /// Of a variable that slices may refer to, because there are arrays in its words; else 0.
    pub ty: TypeId,
}

/// Ids of types that natives and the VM must be able to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WellKnown {
    pub bool_: TypeId,
    pub int: TypeId,
    pub int64: TypeId,
    pub uint64: TypeId,
    pub uint8: TypeId,
    pub rune: TypeId,
    pub float64: TypeId,
    pub string: TypeId,
    /// Backing descriptors (packed or not) of []byte, []rune, []string, []any, []int.
    pub bytes: TypeId,
    pub runes: TypeId,
    pub strings: TypeId,
    pub anys: TypeId,
    pub ints: TypeId,
    /// `*errors.errorString`-like: the pointer type that `errors.New` boxes; 0 when errors is not compiled.
    pub error_string: TypeId,
    /// What `fmt.Errorf` boxes for one `%w`; 0 when that is not compiled. Both begin with the text that Error answers.
    pub wrap_error: TypeId,
}

#[derive(Clone, Debug, Default)]
pub struct Func {
    /// `main.fib`, `main.(*T).m`, `main.f.func1`: Go's names, for tracebacks.
    pub name: String,
    pub code: Vec<Ins>,
    /// Registers, call windows included (a window at the end needs only its link and arguments).
    pub regs: u16,
    /// The last so many of them are the optimiser's: emission leaves them alone.
    pub spare: u16,
    /// Words of parameters (receiver included).
    pub params: u16,
    /// Words of results.
    pub results: u16,
    /// Code position of the epilogue (RunDefers …) of a function with defers.
    pub epilogue: Option<u32>,
    /// Function position in the sources (name of the declaration, or `func` of the literal).
    pub pos: u32,
    /// Source positions: (first code unit, position), ascending.
    pub lines: Vec<(u32, u32)>,
    /// Made by the compiler and left out of tracebacks (thunks, wrappers).
    pub hidden: bool,
    /// The program's start calls it, and hardly anybody else.
    pub once: bool,
    /// Stretches of code that were taken over from other functions, inner ones first.
    pub inlined: Vec<Inlined>,
}

impl Func {
    /// Moves of at most so many words are taken apart, so that each word can be followed.
    pub const SPLIT_MAX: u16 = 8;

    /// The units that the function has at most in its final form. Optimisation makes it shorter, but for moves of several words: taken
    /// apart and put together again in pairs they can be more. Each spare register may be filled by one instruction more.
    pub fn room(&self) -> usize {
        let pairs = |ins: &Ins| match ins.op {
            Op::Mov3 => 2,
            Op::MovN if ins.c <= Func::SPLIT_MAX => ins.c.div_ceil(2).max(1) as usize,
            _ => 1,
        };
        self.code.iter().map(pairs).sum::<usize>() + self.spare as usize
    }
}

/// A stretch of code that stands in the place of a call: tracebacks show it as the call's frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inlined {
    /// Code units `from..to`.
    pub from: u32,
    pub to: u32,
    /// The function that was called.
    pub name: String,
    /// Source position of the call.
    pub call: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Placeholder,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    Pointer,
    Slice,
    Array,
    Struct,
    Map,
    Chan,
    Func,
    Interface,
    /// Backing store of slices and arrays of packed elements (`elem`), stride 1, 2 or 4; for other elements the element type's own
    /// descriptor serves (len = number of elements).
    Packed,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: TypeId,
    /// Word offset.
    pub offset: u32,
    pub embedded: bool,
    pub exported: bool,
    pub tag: String,
}

/// How a method of a dynamic type is called through an interface: the function's register 0 gets the receiver word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recv {
    /// The value's single word (unboxed: pointers, and all types of one word).
    Word,
    /// The address of the box's payload (values of 0 or several words): the function is a thunk that loads the value from there.
    Box,
}

#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Index into `Program::methods`.
    pub id: u32,
    pub func: FuncId,
    pub recv: Recv,
    /// The method's signature, without receiver (a Kind::Func type).
    pub sig: TypeId,
}

/// A type at run time: layout, equality, formatting, method table.
#[derive(Clone, Debug)]
pub struct TypeDesc {
    /// As `%T` prints it: `int`, `main.Point`, `[]main.Point`, `map[string]int`.
    pub name: String,
    pub kind: Kind,
    /// Defined type (has a name of its own) or predeclared; else the name is structural.
    pub named: bool,
    /// Words of one value.
    pub words: u32,
    /// Bytes between elements when this descriptor is used for an object: 8 * words, or 1, 2, 4 for Packed.
    pub stride: u32,
    /// Which words hold references (of one element).
    pub ptrs: Vec<bool>,
    /// Pointer, slice, array, map, channel, packed: the element type; else 0.
    pub elem: TypeId,
    /// The descriptor to use for backing arrays of `elem` (slice, array, string conversions): a Packed one or `elem`.
    pub backing: TypeId,
    /// Map: key type.
    pub key: TypeId,
    /// Array: length.
    pub len: u64,
    /// Channel: 0 both, 1 send only, 2 receive only.
    pub dir: u8,
    pub fields: Vec<Field>,
    /// Func: parameter and result types, variadic.
    pub params: Vec<TypeId>,
    pub results: Vec<TypeId>,
    pub variadic: bool,
    /// Method set for interface satisfaction, sorted by id. Interface types: the methods they require (func 0).
    pub methods: Vec<Method>,
    /// `==` works on it without panicking by its static type (interfaces count as comparable).
    pub comparable: bool,
    /// Unnamed types compare by structure: equal structure has one descriptor, so identity of ids is identity of types.
    pub pkg: String,
}

/// What one compilation added, to run: initialisers in order, then main.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// Package initialisation (variables, then init functions), already in dependency order, one function per package; then
    /// `main.main` or the script's body.
    pub entry: Vec<FuncId>,
}

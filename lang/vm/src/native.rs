//! The natives ABI: what a function written in Rust sees of the machine.
//!
//! A native gets its arguments in slots `0..` of its window, flattened as ARCHITECTURE.md says (a slice takes three slots), and writes its
//! results over them, again from slot 0 on. **Nothing is collected while a native runs**, allocations included, except at its
//! *safepoints*: [`Cx::blocking`], [`Cx::input`] and [`CallCx::call`] with their relatives.
//! What takes the part of handles, and what the compiler refuses, is told in [`crate::handles`].
//!
//! Panics of gol programs are [`Fault`]s, never Rust unwinding. [`Fault::Runtime`] and [`Fault::Plain`] carry the complete text that Go's
//! `Error()` gives ("runtime error: " included where Go has it).
use crate::code::Pc;
pub use crate::fault::Fault;
use crate::frames::Walk;
use crate::object::{iface, string, torn};
use crate::types::Types;
use crate::vm::Shared;
use gol_bytecode::{TypeId, WellKnown};
use gol_runtime::{Blocking, G, Input, Op, P, Runtime, TimerAction, TimerId};
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Bits of a pc that are free, for units are aligned to words: how many calls out within the function a frame is.
const UP_MASK: u64 = 7;

/// How a native runs. A leaf may use [`Cx::blocking`].
#[derive(Clone, Copy)]
pub enum NativeFn {
    /// Computes words from words: needs no memory and cannot fail. What it reads may be as long as the program likes.
    Direct(fn(Window)),
    /// The same, called by `CallD`: see `gol_bytecode::in_place`. A single word of results is the first. What programs call most has a
    /// handler that does the common part of it without a call.
    InPlace(InPlace, Option<Quick>),
    /// Cannot call back into gol nor park.
    Leaf(fn(&mut Cx) -> Result<(), Fault>),
    /// May park: it returns the runtime operation's answer. [`Op::Retry`] executes the native again after the wake-up, so a
    /// native must not overwrite its arguments before it returns that.
    Parking(fn(&mut Cx) -> Result<Op, Fault>),
    /// May call gol functions.
    Callback(fn(&mut CallCx) -> Result<(), Fault>),
    /// A leaf that is one piece of a statement's output. The flag says that the next piece follows at once (nothing but moves in
    /// between), so that this one may wait for it.
    Piece(fn(&mut Cx, bool) -> Result<(), Fault>),
    /// The goroutine hands the turn to the one that waits at the channel in argument 0, and waits there: `chan_hand_over`. The result tells
    /// whether one waited.
    HandOver,
    /// An operation of the machine on the variable that argument 0 points to.
    Atomic(Atomic, Width),
    /// No native: the row names a *gol* function, and calls of it need no frame when this can do its work.
    Shortcut(Shortcut),
}

/// What a native called in place is.
pub type InPlace = fn(Arg<'_>, Arg<'_>, Arg<'_>) -> (u64, u64);

/// What handlers of natives in place do; `handlers/quick.rs`. The native itself stays the reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quick {
    /// A string begins, ends with another.
    StrPrefix,
    StrSuffix,
    /// Where a byte is in a string, or -1; whether an ASCII character is in one.
    StrByte,
    StrHasByte,
    /// The first rune of a string and its width.
    StrRune,
    /// Where a string without white space at both ends begins and ends.
    StrTrim,
    BytesPrefix,
    BytesSuffix,
    BytesEqual,
    BytesByte,
    BytesRune,
    BytesTrim,
    /// A rune is one of these.
    Ascii(Ascii),
    Upper,
    Lower,
    /// The same word: what conversions of bits do.
    Same,
    /// On 64 bits.
    Ones,
    LeadingZeros,
    TrailingZeros,
    ReverseBytes,
    /// The high and the low half of a product.
    Mul,
    Cursor(Cursor),
}

/// What is done on a buffer of package bufio, in the handler or not at all; `handlers/cursor.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cursor {
    /// The next byte, and whether there is one.
    Byte,
    /// The next rune and its width, which is 0 when there is none.
    Rune,
    /// Where the bytes up to one with a value begin and end; they end at 0 when that is not there.
    Line,
    /// Where the next so many bytes begin and end; 0 when there are less.
    Ahead,
    /// Leaves so many bytes out: whether they were there.
    Skip,
    /// Appends a byte: whether there was room.
    Put,
}

/// Kinds of ASCII characters; other ones are the native's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ascii {
    Digit,
    Letter,
    SmallLetter,
    Capital,
    Space,
    Punct,
}

/// An argument of a native called in place: the first of its registers.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Arg<'a>(*const u64, PhantomData<&'a u64>);

impl<'a> Arg<'a> {
    pub(crate) fn new(first: *const u64) -> Arg<'a> {
        Arg(first, PhantomData)
    }
    #[inline]
    pub fn word(self) -> u64 {
        // SAFETY: the verifier bounds the argument's registers; the native has as many words there as its signature says.
        unsafe { *self.0 }
    }
    #[inline]
    pub fn f64(self) -> f64 {
        f64::from_bits(self.word())
    }
    /// The bytes of a string; they are not always UTF-8.
    #[inline]
    pub fn str(self) -> &'a [u8] {
        // SAFETY: a string word of the machine; nothing is collected during the call.
        unsafe { string::str_bytes(self.word()) }
    }
    /// The elements of a `[]byte`.
    #[inline]
    pub fn bytes(self) -> &'a [u8] {
        // SAFETY: the three words of a `[]byte`, alive because they lie in registers.
        unsafe { raw(self.word() as *const u8, *self.0.add(1) as usize) }
    }
}

/// What calls of some library functions do in place. The function itself stays the reference: a shortcut that cannot
/// do all of its work changes nothing and the function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shortcut {
    /// A method without results whose receiver points to a mutex word that is free.
    MutexLock,
    /// The same with a mutex word that is held and that nobody waits for.
    MutexUnlock,
}

/// The atomic operations, sequentially consistent. Arguments behind the address and result are those of package sync/atomic's functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Atomic {
    Load,
    Store,
    Add,
    Swap,
    CompareAndSwap,
    And,
    Or,
}

/// What an atomic operation works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 4 bytes, results sign-extended.
    Int32,
    /// 4 bytes, results zero-extended.
    Uint32,
    /// 8 bytes that hold no reference, or are only loaded.
    Word,
}

/// A row of the registry.
#[derive(Clone, Copy)]
pub struct Native {
    /// `"strings.Index"`, `"strings.Builder.Len"`.
    pub name: &'static str,
    pub run: NativeFn,
}

/// A slice as three words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Slice {
    /// Address of element 0; 0 when nil.
    pub ptr: u64,
    pub len: usize,
    pub cap: usize,
}

impl Slice {
    pub fn words(self) -> [u64; 3] {
        [self.ptr, self.len as u64, self.cap as u64]
    }
}

/// The value words of an interface.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// A small scalar, normalised to 64 bits.
    Small([u64; 1]),
    Boxed(&'a [u64]),
}

impl Deref for Payload<'_> {
    type Target = [u64];
    fn deref(&self) -> &[u64] {
        match self {
            Payload::Small(w) => w,
            Payload::Boxed(w) => w,
        }
    }
}

/// The slots of a native's call: arguments, then results.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Window(pub(crate) *mut u64);

impl Window {
    /// The word in slot `i`.
    #[inline]
    pub fn arg(&self, i: usize) -> u64 {
        // SAFETY: the verifier bounds the window of a native call by the caller's frame; `i` is below the words of its parameters.
        unsafe { *self.0.add(i) }
    }
    #[inline]
    pub fn arg_i64(&self, i: usize) -> i64 {
        self.arg(i) as i64
    }
    #[inline]
    pub fn arg_f64(&self, i: usize) -> f64 {
        f64::from_bits(self.arg(i))
    }
    #[inline]
    pub fn arg_bool(&self, i: usize) -> bool {
        self.arg(i) != 0
    }
    /// The bytes of the string in slot `i`; they are not always UTF-8.
    #[inline]
    pub fn arg_str(&self, i: usize) -> &[u8] {
        self.str_bytes(self.arg(i))
    }
    /// Slots `i..i + 3`.
    #[inline]
    pub fn arg_slice(&self, i: usize) -> Slice {
        Slice { ptr: self.arg(i), len: self.arg(i + 1) as usize, cap: self.arg(i + 2) as usize }
    }
    /// The elements of the `[]byte` in slots `i..i + 3`.
    #[inline]
    pub fn arg_bytes(&self, i: usize) -> &[u8] {
        let s = self.arg_slice(i);
        // SAFETY: a `[]byte` of the machine: `len` bytes at `ptr`, alive because its reference lies in the window.
        unsafe { raw(s.ptr as *const u8, s.len) }
    }
    /// The elements of a slice of words (`[]int`, `[]string`, ...) in slots `i..i + 3`.
    #[inline]
    pub fn arg_words(&self, i: usize) -> &[u64] {
        let s = self.arg_slice(i);
        // SAFETY: `len` words at `ptr`, alive because its reference lies in the window.
        unsafe { raw(s.ptr as *const u64, s.len) }
    }
    /// The bytes of a string word.
    #[inline]
    pub fn str_bytes(&self, s: u64) -> &[u8] {
        // SAFETY: `s` is a string word of the machine; nothing is collected while `self` is borrowed.
        unsafe {
            let (ptr, len) = string::str_parts(s);
            raw(ptr, len)
        }
    }
    /// Lets `write` fill the room behind the elements of the `[]byte` in slots `i..i + 3`: what it gives is how many bytes it wrote. The
    /// length of the slice with them, or `None`, as `write` does when there is too little room.
    #[inline]
    pub fn put_behind(&self, i: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<usize> {
        let s = self.arg_slice(i);
        if s.cap == s.len {
            return None;
        }
        // SAFETY: a `[]byte` of the machine has `cap` bytes at `ptr`; no borrow of those behind its length is given out.
        let room = unsafe { std::slice::from_raw_parts_mut((s.ptr as *mut u8).add(s.len), s.cap - s.len) };
        write(room).map(|n| s.len + n)
    }

    /// Sets slot `i`: an argument or a result.
    #[inline]
    pub fn set(&self, i: usize, word: u64) {
        // SAFETY: as in `arg`; the loader gives every frame that calls natives room for results.
        unsafe { *self.0.add(i) = word }
    }
    #[inline]
    pub fn set_i64(&self, i: usize, v: i64) {
        self.set(i, v as u64);
    }
    #[inline]
    pub fn set_f64(&self, i: usize, v: f64) {
        self.set(i, v.to_bits());
    }
    #[inline]
    pub fn set_bool(&self, i: usize, v: bool) {
        self.set(i, v as u64);
    }
    /// Sets slots `i..` to several words (a slice, a struct).
    #[inline]
    pub fn set_words(&self, i: usize, words: &[u64]) {
        for (k, w) in words.iter().enumerate() {
            self.set(i + k, *w);
        }
    }
}

/// What every native but the direct ones gets. Its own setters know that the native has begun.
pub struct Cx {
    pub(crate) p: *mut P,
    pub(crate) window: Window,
    /// It has written to its window or blocked: it cannot be called again from the start.
    touched: Cell<bool>,
}

impl Deref for Cx {
    type Target = Window;
    #[inline]
    fn deref(&self) -> &Window {
        &self.window
    }
}

impl Cx {
    pub(crate) fn new(p: *mut P, window: *mut u64) -> Cx {
        Cx { p, window: Window(window), touched: Cell::new(false) }
    }
    pub(crate) fn is_touched(&self) -> bool {
        self.touched.get()
    }
    /// The native has done something that must not be done twice (beside writing to its window and blocking, which are known): running
    /// out of memory is final from here on. Before, it means a collection and one more call from the start.
    pub fn touch(&self) {
        self.touched.set(true);
    }
    /// The bytes of the `[]byte` in slots `i..i + 3`, to write to. Other goroutines that use them meanwhile make a data race, as in Go.
    ///
    /// # Safety
    /// The caller holds no other borrow of these bytes (another argument may be the same slice).
    #[inline]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn arg_bytes_mut(&self, i: usize) -> &mut [u8] {
        self.touch();
        let s = self.arg_slice(i);
        if s.len == 0 {
            return &mut [];
        }
        // SAFETY: as in `arg_bytes`; the caller excludes aliasing.
        unsafe { std::slice::from_raw_parts_mut(s.ptr as *mut u8, s.len) }
    }
    /// Sets slot `i`: an argument or a result.
    #[inline]
    pub fn set(&self, i: usize, word: u64) {
        self.touch();
        self.window.set(i, word);
    }
    #[inline]
    pub fn set_i64(&self, i: usize, v: i64) {
        self.set(i, v as u64);
    }
    #[inline]
    pub fn set_f64(&self, i: usize, v: f64) {
        self.set(i, v.to_bits());
    }
    #[inline]
    pub fn set_bool(&self, i: usize, v: bool) {
        self.set(i, v as u64);
    }
    /// Makes a string of the bytes and sets slot `i` to it.
    #[inline]
    pub fn set_str(&self, i: usize, bytes: &[u8]) -> Result<(), Fault> {
        let s = self.new_str(bytes)?;
        self.set(i, s);
        Ok(())
    }
    /// Sets slots `i..` to several words (a slice, a struct).
    #[inline]
    pub fn set_words(&self, i: usize, words: &[u64]) {
        for (k, w) in words.iter().enumerate() {
            self.set(i + k, *w);
        }
    }

    /// A string word.
    pub fn new_str(&self, bytes: &[u8]) -> Result<u64, Fault> {
        // SAFETY: `p` is the running P.
        unsafe { string::new_str(self.p, bytes) }
    }
    /// A `[]byte`.
    pub fn new_bytes(&self, bytes: &[u8]) -> Result<[u64; 3], Fault> {
        if bytes.is_empty() {
            return Ok([0; 3]);
        }
        let words = self.new_slice(self.known().bytes, bytes.len())?;
        // SAFETY: a fresh packed object of `len` bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), words[0] as *mut u8, bytes.len()) };
        Ok(words)
    }
    /// A `[]string`.
    pub fn new_strings<S: AsRef<[u8]>>(&self, items: &[S]) -> Result<[u64; 3], Fault> {
        let words = self.new_slice(self.known().strings, items.len())?;
        for (k, s) in items.iter().enumerate() {
            let w = self.new_str(s.as_ref())?;
            // SAFETY: a fresh object of `len` words.
            unsafe { *(words[0] as *mut u64).add(k) = w };
        }
        Ok(words)
    }
    /// A zeroed slice of `len` elements over the backing descriptor; its capacity is `len`.
    pub fn new_slice(&self, backing: TypeId, len: usize) -> Result<[u64; 3], Fault> {
        let ptr = self.alloc(backing, len as u64)?;
        Ok([ptr, len as u64, len as u64])
    }
    /// A zeroed object of one element of the type.
    pub fn new_object(&self, ty: TypeId) -> Result<u64, Fault> {
        self.alloc(ty, 1)
    }
    fn alloc(&self, desc: TypeId, len: u64) -> Result<u64, Fault> {
        // SAFETY: `p` is the running P and `desc` a descriptor of the loaded program.
        unsafe { crate::object::alloc(self.p, desc, len) }.map(|ptr| ptr as u64)
    }
    /// An interface word of type `ty` with the value's words.
    pub fn new_iface(&self, ty: TypeId, value: &[u64]) -> Result<u64, Fault> {
        debug_assert_eq!(value.len(), self.types().get(ty).words as usize);
        // SAFETY: `p` is the running P; `value` has the type's words.
        unsafe { iface::make_iface(self.p, ty, value.as_ptr()) }
    }
    /// As [`Cx::new_iface`], of a value in memory that other goroutines may write meanwhile.
    ///
    /// # Safety
    /// The words of a value of the type lie at `at`.
    pub unsafe fn new_iface_of(&self, ty: TypeId, at: *const u64) -> Result<u64, Fault> {
        let n = self.types().get(ty).words as usize;
        // SAFETY: the caller's words; `p` is the running P.
        let mut value: Vec<u64> = (0..n).map(|i| unsafe { torn::word(at.add(i)) }).collect();
        // SAFETY: a copy of them, this call's own.
        unsafe { torn::cut_value(self.p, ty, value.as_mut_ptr()) };
        self.new_iface(ty, &value)
    }
    /// A slice in memory that other goroutines may write meanwhile; `stride`: bytes between its elements.
    ///
    /// # Safety
    /// The words of such a slice lie at `at`.
    pub unsafe fn slice_at(&self, at: *const u64, stride: u32) -> Slice {
        // SAFETY: the caller's; `p` is the running P.
        let [ptr, len, cap] = unsafe { torn::read(self.p, at, stride) };
        Slice { ptr, len: len as usize, cap: cap as usize }
    }
    /// Other goroutines may run while this native does.
    pub fn is_shared(&self) -> bool {
        self.shared().sharing.has_begun()
    }
    /// Dynamic type and value words of an interface word; `None` when nil.
    pub fn iface(&self, word: u64) -> Option<(TypeId, Payload<'_>)> {
        // SAFETY: `word` is an interface word of the machine.
        unsafe {
            if word == 0 {
                return None;
            }
            let ty = iface::iface_type(word);
            if word & 1 == 1 {
                let mut out = [0];
                iface::iface_load(self.types(), word, ty, out.as_mut_ptr());
                return Some((ty, Payload::Small(out)));
            }
            Some((ty, Payload::Boxed(raw(word as *const u64, self.types().get(ty).words as usize))))
        }
    }
    /// Dynamic type and value of an interface that holds one word.
    #[inline]
    pub fn iface_word(&self, word: u64) -> Option<(TypeId, u64)> {
        if word == 0 {
            return None;
        }
        let mut small = 0;
        // SAFETY: `word` is an interface word of the machine; a payload of one word is read.
        unsafe {
            let ty = iface::iface_type(word);
            (self.types().get(ty).words == 1).then(|| (ty, *iface::iface_payload(self.types(), word, &mut small)))
        }
    }
    #[inline]
    pub fn types(&self) -> &Types {
        &self.shared().types
    }
    /// Types that natives make.
    pub fn known(&self) -> WellKnown {
        self.shared().known().known
    }

    /// Before a native overwrites the `n` words at `at` of an object that is not its own: they may be references.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn overwrite(&self, at: *const u64, n: usize) {
        // SAFETY: the caller's words; `p` is the running P.
        unsafe { gol_runtime::ops::barrier(self.p, at, n) }
    }

    /// Runs `f` while another thread may use this P. `f` must not touch gol memory; afterwards the native may run on another P. A safepoint.
    pub fn blocking<T>(&mut self, f: impl FnOnce() -> T) -> T {
        self.block(gol_runtime::ops::enter_blocking, f)
    }
    /// The same for what is known to take long (standard input): the processor is given away at once.
    pub fn blocking_long<T>(&mut self, f: impl FnOnce() -> T) -> T {
        self.block(gol_runtime::ops::enter_blocking_long, f)
    }
    fn block<T>(&mut self, enter: unsafe fn(*mut P) -> Blocking, f: impl FnOnce() -> T) -> T {
        self.touch();
        // SAFETY: the handler saved pc and base before it called the native.
        let out = unsafe {
            let co = crate::callback::before_blocking(self.p);
            let token = enter(self.p);
            let out = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
            self.p = gol_runtime::ops::exit_blocking(token);
            crate::callback::after_blocking(self.p, co);
            out
        };
        out.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
    /// An answer of the outside, which a record of the run keeps and gives again. Without a record it is what `ask` gives.
    /// A safepoint.
    pub fn input(&mut self, kind: Input, ask: impl FnOnce(&mut Cx) -> Vec<u8>) -> Result<Vec<u8>, Fault> {
        // SAFETY: the runtime outlives its goroutines. Not borrowed from `self`, whose P may change in `ask`.
        let runtime = unsafe { &*(*self.p).runtime };
        runtime.input(kind, || ask(self)).ok_or_else(|| Fault::exit(1))
    }
    /// The processor, for the runtime's operations.
    pub fn p(&self) -> *mut P {
        self.p
    }
    /// The running goroutine.
    pub fn g(&self) -> *mut G {
        // SAFETY: `p` is the running P.
        unsafe { (*self.p).g }
    }
    /// Calls the function value (no parameters, no results; not nil) in a goroutine of its own when the clock is at `when`.
    pub fn call_at(&self, when: u64, closure: u64) -> Result<TimerId, Fault> {
        self.touch();
        self.shared().sharing.begin();
        // SAFETY: `p` is the running P.
        unsafe { gol_runtime::ops::timer_start(self.p, when, 0, self.action(closure)).ok_or_else(Fault::out_of_memory) }
    }
    /// As [`Cx::call_at`], whenever a collection has found dead objects that are watched. The function has no captures.
    pub fn call_finals_by(&self, closure: u64) {
        self.shared().sharing.begin();
        // SAFETY: `p` is the running P.
        unsafe { gol_runtime::ops::call_finals_by(self.p, self.action(closure)) }
    }
    fn action(&self, closure: u64) -> TimerAction {
        // SAFETY: a closure's first word is the code of a loaded function, whose header is the unit before it.
        unsafe {
            let code = *(closure as *const u64) as crate::code::Pc;
            let frame_slots = crate::load::frame_of(self.shared(), code);
            TimerAction::Spawn { pc: code as *const u8, link_pc: self.shared().stubs.go_exit(), frame_slots, closure }
        }
    }
    pub fn runtime(&self) -> &Runtime {
        // SAFETY: the runtime outlives its goroutines.
        unsafe { &*(*self.p).runtime }
    }
    /// The running goroutine's frames, innermost first (a call whose body was taken over is a frame, too): pcs that [`Cx::place`] knows, without the compiler's own functions.
    pub fn callers(&self) -> Vec<u64> {
        let shared = self.shared();
        // SAFETY: the handler saved pc and base of this goroutine before it called the native.
        let walk = unsafe {
            let g = self.g();
            Walk::new(&shared.code, &shared.stubs, g, (*g).pc as Pc, (*g).base as usize)
        };
        walk.filter(|f| !f.func.hidden)
            .flat_map(|f| (0..=f.func.depth(f.pc) as u64).map(move |up| f.pc as u64 + up))
            .collect()
    }
    /// Function and `file:line` of a pc that [`Cx::callers`] gave; `None` for any other number outside of loaded code.
    pub fn place(&self, pc: u64) -> Option<(&'static str, String)> {
        let (pc, up) = (pc & !UP_MASK, (pc & UP_MASK) as usize);
        let func = self.shared().code.find(pc as Pc)?;
        let (name, pos) = func.place(pc as Pc, up);
        Some((name, self.shared().hooks.position(pos)))
    }
    /// `goroutine 1 [running]:` and the running goroutine's frames.
    pub fn traceback(&self) -> String {
        let g = self.g();
        // SAFETY: as in `callers`.
        unsafe { self.shared().traceback(g, (*g).pc as Pc, (*g).base as usize) }
    }
    /// All goroutines, this one first; the others go on behind it.
    pub fn dump(&mut self) -> String {
        // SAFETY: the running P; the engine outlives its goroutines.
        let (shared, own) = unsafe { (crate::vm::shared(self.p), (*self.g()).id) };
        self.blocking(|| shared.dump_text(own))
    }
    /// `return cx.exit(code)`: ends the program.
    pub fn exit<T>(&self, code: i32) -> Result<T, Fault> {
        Err(Fault::exit(code))
    }
    pub(crate) fn shared(&self) -> &Shared {
        // SAFETY: the engine's state outlives its goroutines.
        unsafe { crate::vm::shared(self.p) }
    }
}

/// What a callback native gets: a [`Cx`] that can call gol.
pub struct CallCx {
    pub(crate) cx: Cx,
    pub(crate) co: *mut crate::callback::Co,
    /// The native's call instruction, its frame, and the first slot behind that.
    pub(crate) pc: crate::code::Pc,
    pub(crate) base: u32,
    pub(crate) top: usize,
}

impl Deref for CallCx {
    type Target = Cx;
    fn deref(&self) -> &Cx {
        &self.cx
    }
}

impl DerefMut for CallCx {
    fn deref_mut(&mut self) -> &mut Cx {
        &mut self.cx
    }
}

impl CallCx {
    /// Calls a gol function value. The goroutine may park in it and go on in another thread: no lock and no thread-local
    /// reference may be held over it. An error is to be returned at once. A safepoint.
    pub fn call(&mut self, closure: u64, args: &[u64], results: &mut [u64]) -> Result<(), Fault> {
        crate::callback::call(self, closure, args, results)
    }
    /// Calls the method of an interface's dynamic type; false when it has none of this name. A safepoint.
    pub fn call_method(&mut self, iface: u64, method: &str, args: &[u64], results: &mut [u64]) -> Result<bool, Fault> {
        crate::callback::call_method(self, iface, method, args, results)
    }
}

/// A slice that may be empty with a null address.
///
/// # Safety
/// `ptr` is valid for `len` elements unless `len` is 0.
unsafe fn raw<'a, T>(ptr: *const T, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: see above.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

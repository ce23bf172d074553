//! What goes wrong while a program runs, with Go's texts.
//!
//! Every operation that can fail returns `Result<_, Fault>`; the engine turns the first three kinds into a gol panic and
//! unwinds, the others end goroutine or program.

/// Why an operation did not complete. One word, so that what every operation returns comes back in registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(Box<Cause>);

/// What a [`Fault`] is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// `panic(v)`: the interface word.
    Panic(u64),
    /// A `runtime.Error`; the text is complete ("runtime error: " is in it where Go has it).
    Runtime(String),
    /// A `runtime.Error` that Go prints without "runtime error: " (its plainError): closed channels, nil map.
    Plain(String),
    /// `fatal error: …`: cannot be recovered.
    Fatal(String),
    /// The heap's limit is reached.
    OutOfMemory,
    /// `os.Exit`.
    Exit(i32),
    /// `runtime.Goexit`.
    Goexit,
    /// A panic is already under way in gol code that a native called: hand it on.
    Propagate,
}

impl From<Cause> for Fault {
    #[cold]
    fn from(cause: Cause) -> Fault {
        Fault(Box::new(cause))
    }
}

fn runtime(text: impl std::fmt::Display) -> Fault {
    Fault::runtime(format!("runtime error: {text}"))
}

/// One for each cause.
impl Fault {
    #[cold]
    pub fn panic(value: u64) -> Fault {
        Cause::Panic(value).into()
    }
    #[cold]
    pub fn runtime(text: impl Into<String>) -> Fault {
        Cause::Runtime(text.into()).into()
    }
    #[cold]
    pub fn plain(text: impl Into<String>) -> Fault {
        Cause::Plain(text.into()).into()
    }
    #[cold]
    pub fn fatal(text: impl Into<String>) -> Fault {
        Cause::Fatal(text.into()).into()
    }
    #[cold]
    pub fn out_of_memory() -> Fault {
        Cause::OutOfMemory.into()
    }
    #[cold]
    pub fn exit(code: i32) -> Fault {
        Cause::Exit(code).into()
    }
    #[cold]
    pub fn goexit() -> Fault {
        Cause::Goexit.into()
    }
    #[cold]
    pub fn propagate() -> Fault {
        Cause::Propagate.into()
    }
    pub fn cause(&self) -> &Cause {
        &self.0
    }
    /// The fault as an address, for [`Fault::from_raw`].
    pub(crate) fn into_raw(self) -> u64 {
        Box::into_raw(self.0) as u64
    }
    /// # Safety
    /// `raw` is what [`Fault::into_raw`] gave, and is used once.
    pub(crate) unsafe fn from_raw(raw: u64) -> Fault {
        // SAFETY: the caller's.
        Fault(unsafe { Box::from_raw(raw as *mut Cause) })
    }
}

/// Constructors, one for each of Go's texts.
impl Fault {
    #[cold]
    pub fn index(i: i64, len: i64) -> Fault {
        if i < 0 {
            // Go leaves the length out when the index is negative.
            return runtime(format_args!("index out of range [{i}]"));
        }
        runtime(format_args!("index out of range [{i}] with length {len}"))
    }
    /// An index of unsigned type.
    #[cold]
    pub fn index_unsigned(i: u64, len: i64) -> Fault {
        runtime(format_args!("index out of range [{i}] with length {len}"))
    }
    /// `s[?:x]` of a string or array: `x` > length.
    #[cold]
    pub fn slice_len(x: i64, len: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [:{x}]"));
        }
        runtime(format_args!("slice bounds out of range [:{x}] with length {len}"))
    }
    /// `s[?:x]` of a slice: `x` > capacity.
    #[cold]
    pub fn slice_cap(x: i64, cap: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [:{x}]"));
        }
        runtime(format_args!("slice bounds out of range [:{x}] with capacity {cap}"))
    }
    /// `s[x:y]`: `x` > `y`.
    #[cold]
    pub fn slice_order(x: i64, y: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [{x}:]"));
        }
        runtime(format_args!("slice bounds out of range [{x}:{y}]"))
    }
    /// `s[::x]` of an array: `x` > length.
    #[cold]
    pub fn slice3_len(x: i64, len: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [::{x}]"));
        }
        runtime(format_args!("slice bounds out of range [::{x}] with length {len}"))
    }
    /// `s[::x]` of a slice: `x` > capacity.
    #[cold]
    pub fn slice3_cap(x: i64, cap: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [::{x}]"));
        }
        runtime(format_args!("slice bounds out of range [::{x}] with capacity {cap}"))
    }
    /// `s[:x:y]`: `x` > `y`.
    #[cold]
    pub fn slice3_high(x: i64, y: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [:{x}:]"));
        }
        runtime(format_args!("slice bounds out of range [:{x}:{y}]"))
    }
    /// `s[x:y:]`: `x` > `y`.
    #[cold]
    pub fn slice3_low(x: i64, y: i64) -> Fault {
        if x < 0 {
            return runtime(format_args!("slice bounds out of range [{x}::]"));
        }
        runtime(format_args!("slice bounds out of range [{x}:{y}:]"))
    }
    /// Conversion of a slice of length `len` to an array or array pointer of length `want`.
    #[cold]
    pub fn slice_to_array(len: i64, want: u64) -> Fault {
        runtime(format_args!("cannot convert slice with length {len} to array or pointer to array with length {want}"))
    }
    #[cold]
    pub fn makeslice_len() -> Fault {
        runtime("makeslice: len out of range")
    }
    #[cold]
    pub fn makeslice_cap() -> Fault {
        runtime("makeslice: cap out of range")
    }
    #[cold]
    pub fn growslice() -> Fault {
        runtime("growslice: len out of range")
    }
    #[cold]
    pub fn string_too_long() -> Fault {
        Fault::fatal("string concatenation too long")
    }
    #[cold]
    pub fn makechan_size() -> Fault {
        Fault::plain("makechan: size out of range")
    }
    #[cold]
    pub fn unhashable(ty: &str) -> Fault {
        runtime(format_args!("hash of unhashable type {ty}"))
    }
    #[cold]
    pub fn uncomparable(ty: &str) -> Fault {
        runtime(format_args!("comparing uncomparable type {ty}"))
    }
    #[cold]
    pub fn divide() -> Fault {
        runtime("integer divide by zero")
    }
    #[cold]
    pub fn shift() -> Fault {
        runtime("negative shift amount")
    }
    #[cold]
    pub fn nil() -> Fault {
        runtime("invalid memory address or nil pointer dereference")
    }
    #[cold]
    pub fn nil_map() -> Fault {
        Fault::plain("assignment to entry in nil map")
    }
    #[cold]
    pub fn stack_overflow() -> Fault {
        Fault::fatal("stack overflow")
    }
    #[cold]
    pub fn send_closed() -> Fault {
        Fault::plain("send on closed channel")
    }
    #[cold]
    pub fn close_closed() -> Fault {
        Fault::plain("close of closed channel")
    }
    #[cold]
    pub fn close_nil() -> Fault {
        Fault::plain("close of nil channel")
    }
    #[cold]
    pub fn map_writes() -> Fault {
        Fault::fatal("concurrent map writes")
    }
    #[cold]
    pub fn map_read_write() -> Fault {
        Fault::fatal("concurrent map read and map write")
    }
    #[cold]
    pub fn map_iter_write() -> Fault {
        Fault::fatal("concurrent map iteration and map write")
    }
    /// `x.(T)` of a nil interface of static type `iface`.
    #[cold]
    pub fn assert_nil(iface: &str, want: &str) -> Fault {
        Fault::runtime(format!("interface conversion: {iface} is nil, not {want}"))
    }
    /// `x.(T)` with another dynamic type.
    #[cold]
    pub fn assert_type(iface: &str, have: &str, want: &str) -> Fault {
        let note = if have == want { " (types from different scopes)" } else { "" };
        Fault::runtime(format!("interface conversion: {iface} is {have}, not {want}{note}"))
    }
    /// `x.(I)` where the dynamic type lacks a method of the interface type.
    #[cold]
    pub fn assert_method(have: &str, want: &str, method: &str) -> Fault {
        Fault::runtime(format!("interface conversion: {have} is not {want}: missing method {method}"))
    }
}

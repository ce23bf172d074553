//! What goes wrong while a program runs, with Go's texts.
//!
//! Every operation that can fail returns `Result<_, Fault>`; the engine turns the first three kinds into a gol panic and
//! unwinds, the others end goroutine or program.

/// Why an operation did not complete.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
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

fn runtime(text: impl std::fmt::Display) -> Fault {
    Fault::Runtime(format!("runtime error: {text}"))
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
        Fault::Fatal("string concatenation too long".into())
    }
    #[cold]
    pub fn makechan_size() -> Fault {
        Fault::Plain("makechan: size out of range".into())
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
        Fault::Plain("assignment to entry in nil map".into())
    }
    #[cold]
    pub fn stack_overflow() -> Fault {
        Fault::Fatal("stack overflow".into())
    }
    #[cold]
    pub fn send_closed() -> Fault {
        Fault::Plain("send on closed channel".into())
    }
    #[cold]
    pub fn close_closed() -> Fault {
        Fault::Plain("close of closed channel".into())
    }
    #[cold]
    pub fn close_nil() -> Fault {
        Fault::Plain("close of nil channel".into())
    }
    #[cold]
    pub fn map_writes() -> Fault {
        Fault::Fatal("concurrent map writes".into())
    }
    #[cold]
    pub fn map_read_write() -> Fault {
        Fault::Fatal("concurrent map read and map write".into())
    }
    #[cold]
    pub fn map_iter_write() -> Fault {
        Fault::Fatal("concurrent map iteration and map write".into())
    }
    /// `x.(T)` of a nil interface of static type `iface`.
    #[cold]
    pub fn assert_nil(iface: &str, want: &str) -> Fault {
        Fault::Runtime(format!("interface conversion: {iface} is nil, not {want}"))
    }
    /// `x.(T)` with another dynamic type.
    #[cold]
    pub fn assert_type(iface: &str, have: &str, want: &str) -> Fault {
        let note = if have == want { " (types from different scopes)" } else { "" };
        Fault::Runtime(format!("interface conversion: {iface} is {have}, not {want}{note}"))
    }
    /// `x.(I)` where the dynamic type lacks a method of the interface type.
    #[cold]
    pub fn assert_method(have: &str, want: &str, method: &str) -> Fault {
        Fault::Runtime(format!("interface conversion: {have} is not {want}: missing method {method}"))
    }
}

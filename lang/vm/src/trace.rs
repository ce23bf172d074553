//! Tracebacks and the texts of panics, as Go prints them.
use crate::code::Pc;
use crate::frames::{FuncInfo, Stub, Walk};
use crate::object::{iface, string};
use crate::unwind::Panicking;
use crate::vm::Shared;
use gol_bytecode::Kind;
use gol_runtime::{G, GState};
use std::fmt::Write;

/// A frame for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameInfo {
    pub function: String,
    /// Source position as the compiler gave it.
    pub pos: u32,
}

/// A goroutine for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoroutineInfo {
    pub id: u64,
    /// Innermost function and position.
    pub function: String,
    pub pos: u32,
    /// Go's text for what it waits for: `chan receive`.
    pub reason: &'static str,
    pub frames: Frames,
    pub created: Option<Created>,
}

/// The `go` statement that made a goroutine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    pub by: FrameInfo,
    pub parent: u64,
}

impl GoroutineInfo {
    /// The stack, and who made it.
    pub(crate) fn print_frames(&self, out: &mut String, position: &dyn Fn(u32) -> String) {
        self.frames.print(out, position);
        if let Some(created) = &self.created {
            created.print(out, position);
        }
    }
}

impl Created {
    fn print(&self, out: &mut String, position: &dyn Fn(u32) -> String) {
        let place = position(self.by.pos);
        let _ = writeln!(out, "created by {} in goroutine {}\n\t{place}", self.by.function, self.parent);
    }
}

/// Frames printed of a deep stack: so many from the top and as many from the bottom.
const SHOWN: usize = 50;

/// A stack's frames, innermost first. Of a deep one the middle is only counted: a stack of Go's size has tens of millions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub top: Vec<FrameInfo>,
    /// Frames between `top` and `bottom`.
    pub hidden: usize,
    pub bottom: Vec<FrameInfo>,
}

impl Frames {
    fn print(&self, out: &mut String, position: &dyn Fn(u32) -> String) {
        print_frames(out, &self.top, position);
        if self.hidden > 0 {
            let _ = writeln!(out, "...{} frames elided...", self.hidden);
        }
        print_frames(out, &self.bottom, position);
    }
}

fn print_frames(out: &mut String, frames: &[FrameInfo], position: &dyn Fn(u32) -> String) {
    for frame in frames {
        if frame.pos == PANIC_POS {
            out.push_str("panic(...)\n");
        } else {
            let _ = writeln!(out, "{}(...)\n\t{}", frame.function, position(frame.pos));
        }
    }
}

/// The position of the machine's panics in a traceback.
const PANIC_POS: u32 = u32::MAX;

/// What a walk keeps of a frame.
#[derive(Clone, Copy)]
enum Kept {
    /// So many calls out from the innermost within the function.
    Frame(&'static FuncInfo, Pc, usize),
    Panic,
}

impl Kept {
    fn info(self) -> FrameInfo {
        match self {
            Kept::Frame(func, pc, up) => {
                let (function, pos) = func.place(pc, up);
                FrameInfo { function: function.into(), pos }
            }
            Kept::Panic => FrameInfo { function: "panic".into(), pos: PANIC_POS },
        }
    }
}

/// The first and the last `SHOWN` frames of a walk, and how many there were.
#[derive(Default)]
struct Keeper {
    top: Vec<Kept>,
    /// A ring.
    bottom: Vec<Kept>,
    count: usize,
}

impl Keeper {
    fn add(&mut self, kept: Kept) {
        if self.top.len() < SHOWN {
            self.top.push(kept);
        } else if self.bottom.len() < SHOWN {
            self.bottom.push(kept);
        } else {
            self.bottom[self.count % SHOWN] = kept;
        }
        self.count += 1;
    }
    fn frames(mut self) -> Frames {
        let hidden = self.count - self.top.len() - self.bottom.len();
        if hidden > 0 {
            self.bottom.rotate_left(self.count % SHOWN);
        }
        let infos = |kept: Vec<Kept>| kept.into_iter().map(Kept::info).collect();
        Frames { top: infos(self.top), hidden, bottom: infos(self.bottom) }
    }
}

impl Shared {
    /// The frames from `pc`, `base` down, without the compiler's own functions; `panic` stands for the machine's panics.
    ///
    /// # Safety
    /// As [`Walk::new`].
    pub(crate) unsafe fn frames(&self, g: *const G, pc: Pc, base: usize) -> Frames {
        let mut keeper = Keeper::default();
        // SAFETY: the caller's.
        for frame in unsafe { Walk::new(&self.code, &self.stubs, g, pc, base) } {
            if !frame.func.hidden {
                for up in 0..=frame.func.depth(frame.pc) {
                    keeper.add(Kept::Frame(frame.func, frame.pc, up));
                }
            }
            if frame.stub == Some(Stub::PanicNext) {
                keeper.add(Kept::Panic);
            }
        }
        keeper.frames()
    }
    /// `goroutine 1 [running]:` and its frames.
    ///
    /// # Safety
    /// As [`Walk::new`].
    pub(crate) unsafe fn traceback(&self, g: *const G, pc: Pc, base: usize) -> String {
        // SAFETY: the caller's.
        let (id, thread, frames, created) =
            unsafe { ((*g).id, thread_text(&*g), self.frames(g, pc, base), self.created(&*g)) };
        let mut out = format!("goroutine {id} [running{thread}]:\n");
        let position = |pos| self.hooks.position(pos);
        frames.print(&mut out, &position);
        if let Some(created) = created {
            created.print(&mut out, &position);
        }
        out
    }
    fn created(&self, g: &G) -> Option<Created> {
        let pc = self.pc_of(g.place)?;
        let func = self.code.find(pc)?;
        let (name, pos) = func.place(pc, 0);
        let by = FrameInfo { function: name.into(), pos };
        Some(Created { by, parent: g.parent })
    }
    /// A goroutine that does not run.
    ///
    /// # Safety
    /// The goroutine does not run.
    pub(crate) unsafe fn describe(&self, g: *const G) -> GoroutineInfo {
        // SAFETY: the caller's.
        unsafe {
            let frames = self.frames(g, (*g).pc as Pc, (*g).base as usize);
            let reason = reason_text(&*g);
            let top = frames.top.first().cloned().unwrap_or(FrameInfo { function: String::new(), pos: 0 });
            let created = self.created(&*g);
            GoroutineInfo { id: (*g).id, function: top.function, pos: top.pos, reason, frames, created }
        }
    }
}

/// Behind the state of a goroutine that is bound to a thread.
pub(crate) fn thread_text(g: &G) -> &'static str {
    if g.is_pinned() { ", locked to thread" } else { "" }
}

fn reason_text(g: &G) -> &'static str {
    match g.state() {
        GState::Waiting => g.wait_reason().text(),
        GState::Running => "running",
        GState::Syscall => "syscall",
        GState::Runnable | GState::Dead => "runnable",
    }
}

/// `panic: ...` lines of a chain, oldest first.
///
/// # Safety
/// `newest` is a chain of live records.
pub(crate) unsafe fn panics(shared: &Shared, newest: *const Panicking) -> String {
    let mut chain = Vec::new();
    let mut at = newest;
    while !at.is_null() {
        // SAFETY: the caller's.
        let record = unsafe { &*at };
        if !record.goexit() {
            chain.push(record);
        }
        at = record.next;
    }
    let mut out = String::new();
    let mut skip = false;
    for (k, record) in chain.iter().rev().enumerate() {
        if std::mem::replace(&mut skip, record.repanicked()) {
            continue;
        }
        if k > 0 {
            out.push('\t');
        }
        out.push_str("panic: ");
        match record.text() {
            // SAFETY: a string word.
            Some(s) => out.push_str(&indented(unsafe { string::str_bytes(s) })),
            // SAFETY: an interface word.
            None => out.push_str(&unsafe { value_text(shared, record.value) }),
        }
        if record.repanicked() {
            out.push_str(" [recovered, repanicked]");
        } else if record.recovered() {
            out.push_str(" [recovered]");
        }
        out.push('\n');
    }
    out
}

/// Lines behind the first are indented, so that they are not taken for a traceback.
fn indented(bytes: &[u8]) -> String {
    // A copy, which nobody writes to meanwhile.
    let own = bytes.to_vec();
    String::from_utf8_lossy(&own).replace('\n', "\n\t")
}

/// A panic value without Error or String method, as Go's runtime prints it.
///
/// # Safety
/// An interface word.
unsafe fn value_text(shared: &Shared, word: u64) -> String {
    // SAFETY: the caller's.
    unsafe {
        if word == 0 {
            return "nil".into();
        }
        let ty = iface::iface_type(word);
        let t = shared.types.get(ty);
        let mut buf = 0;
        let words = iface::iface_payload(&shared.types, word, &mut buf);
        let plain = match t.desc.kind {
            Kind::Bool => (*words != 0).to_string(),
            Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => (*words as i64).to_string(),
            Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => {
                (*words).to_string()
            }
            Kind::Float32 => float_text(f32::from_bits(*words as u32) as f64, true),
            Kind::Float64 => float_text(f64::from_bits(*words), false),
            Kind::Complex64 | Kind::Complex128 => {
                let narrow = t.desc.kind == Kind::Complex64;
                let re = float_text(f64::from_bits(*words), narrow);
                let im = float_text(f64::from_bits(*words.add(1)), narrow);
                let plus = if im.starts_with(['+', '-']) { "" } else { "+" };
                let text = format!("{re}{plus}{im}i");
                if is_custom(&t.desc) { text } else { format!("({text})") }
            }
            Kind::String => {
                let text = indented(string::str_bytes(*words));
                if shared.is_runtime_error(ty) || !is_custom(&t.desc) {
                    return text;
                }
                format!("\"{text}\"")
            }
            Kind::Placeholder
            | Kind::UnsafePointer
            | Kind::Pointer
            | Kind::Slice
            | Kind::Array
            | Kind::Struct
            | Kind::Map
            | Kind::Chan
            | Kind::Func
            | Kind::Interface
            | Kind::Packed => return format!("({}) {:#x}", t.desc.name, if word & 1 == 0 { word } else { *words }),
        };
        if is_custom(&t.desc) { format!("{}({plain})", t.desc.name) } else { plain }
    }
}

/// A defined type that is not predeclared: its name has a package.
fn is_custom(t: &gol_bytecode::TypeDesc) -> bool {
    t.named && t.name.contains('.')
}

/// As the built-in `print` writes floats: the fewest digits that tell it from all others of its size (`narrow`: 32 bits).
pub fn float_text(x: f64, narrow: bool) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let text = if narrow { format!("{:e}", x as f32) } else { format!("{x:e}") };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match exponent {
        -4..6 if narrow => format!("{}", x as f32),
        -4..6 => format!("{x}"),
        _ => format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (x, text) in
            [(1.5, "1.5"), (1e6, "1e+06"), (-0.0, "-0"), (100000.0, "100000"), (1e-5, "1e-05"), (1e100, "1e+100")]
        {
            assert_eq!(float_text(x, false), text);
        }
        assert_eq!(float_text(0.1f32.into(), true), "0.1");
    }

    fn frames(n: usize) -> Frames {
        let mut keeper = Keeper::default();
        for k in 0..n {
            let name = k.to_string().leak();
            let code: Pc = std::ptr::null();
            let (lines, inlined) = (Vec::new(), Vec::new());
            let detail = std::sync::OnceLock::from(crate::frames::Detail { regs: 1, lines, inlined, code: None });
            let func = FuncInfo {
                name,
                regs: 1,
                hidden: false,
                pos: 0,
                id: 0,
                detail,
                code,
                len: 0,
                met: Default::default(),
                body: Default::default(),
            };
            keeper.add(Kept::Frame(Box::leak(Box::new(func)), code, 0));
        }
        keeper.frames()
    }

    #[test]
    fn deep_stacks_show_their_ends() {
        for n in [0, 1, SHOWN, SHOWN + 1, 2 * SHOWN, 2 * SHOWN + 1, 3 * SHOWN + 7] {
            let frames = frames(n);
            let shown: Vec<&str> = frames.top.iter().chain(&frames.bottom).map(|f| f.function.as_str()).collect();
            let cut = n.min(SHOWN);
            let want: Vec<String> =
                (0..cut).chain(cut.max(n.saturating_sub(SHOWN))..n).map(|k| k.to_string()).collect();
            assert_eq!(shown, want, "{n} frames");
            assert_eq!(frames.hidden, n - want.len());
        }
    }
}

//! `--trace`: the scheduler's events in the trace format of Chrome and Perfetto (JSON).
//!
//! Goroutines are threads of process 1, processors of process 2. On a goroutine's track its whole life is covered by slices:
//! running, runnable, or what it waits for. Messages, starts of goroutines and wake-ups by locks are arrows; an arrow is only
//! written when both of its ends are known.

use gol_bytecode::program::Kind;
use gol_runtime::{Event, EventKind, WaitReason};
use gol_vm::Vm;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};
use std::io::Write;

const GOROUTINES: u32 = 1;
const PROCESSORS: u32 = 2;

/// What a goroutine does since a time.
struct Life {
    name: String,
    since: u64,
    state: State,
    /// A message wakes it: no arrow for that is needed.
    served: bool,
}

#[derive(Clone)]
enum State {
    Runnable,
    Running(u32),
    Waiting(WaitReason, u64, u64),
    Native,
}

/// A channel: its name, the kind of its elements, messages under way.
#[derive(Default)]
struct Channel {
    name: String,
    elem: Option<Kind>,
    sent: VecDeque<End>,
}

/// One end of an arrow.
struct End {
    at: u64,
    g: u64,
    value: Option<u64>,
}

struct Writer<'a> {
    vm: &'a Vm,
    place: &'a dyn Fn(u32) -> String,
    out: &'a mut dyn Write,
    /// Events written; what went wrong then.
    written: u64,
    trouble: Option<std::io::Error>,
    lives: HashMap<u64, Life>,
    channels: HashMap<u64, Channel>,
    /// How many channels a place has made.
    made: HashMap<String, u32>,
    /// Since when the world is stopped.
    collecting: Option<u64>,
    arrows: u64,
    end: u64,
}

/// Writes all events as one JSON object.
///
/// # Errors
/// `out` refuses them.
pub fn write(out: &mut dyn Write, vm: &Vm, events: &[Event], place: &dyn Fn(u32) -> String) -> std::io::Result<()> {
    let mut w = Writer {
        vm,
        place,
        out,
        written: 0,
        trouble: None,
        lives: HashMap::new(),
        channels: HashMap::new(),
        made: HashMap::new(),
        collecting: None,
        arrows: 0,
        end: events.last().map_or(0, |e| e.at),
    };
    writeln!(w.out, "{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")?;
    let begin = events.first().map_or(0, |e| e.at);
    w.name(GOROUTINES, None, "goroutines");
    w.name(PROCESSORS, None, "processors");
    let processors = events.iter().map(|e| e.p).max().map_or(0, |p| p + 1);
    for p in 0..processors {
        w.name(PROCESSORS, Some(u64::from(p)), &format!("P{p}"));
    }
    w.end -= begin;
    for e in events {
        w.event(&Event { at: e.at - begin, ..*e });
    }
    w.finish();
    if let Some(e) = w.trouble {
        return Err(e);
    }
    writeln!(w.out, "]}}")?;
    w.out.flush()
}

fn micros(ns: u64) -> f64 {
    ns as f64 / 1000.0
}

impl Writer<'_> {
    fn put(&mut self, event: Value) {
        let comma = if self.written == 0 { "" } else { "," };
        self.written += 1;
        if let Err(e) = writeln!(self.out, "{comma}{event}") {
            self.trouble.get_or_insert(e);
        }
    }
    fn name(&mut self, pid: u32, tid: Option<u64>, name: &str) {
        let what = if tid.is_some() { "thread_name" } else { "process_name" };
        self.put(json!({"ph": "M", "pid": pid, "tid": tid.unwrap_or(0), "name": what, "args": {"name": name}}));
    }
    fn slice(&mut self, pid: u32, tid: u64, name: &str, from: u64, to: u64, args: Value) {
        let (ts, dur) = (micros(from), micros(to - from));
        self.put(json!({"ph": "X", "pid": pid, "tid": tid, "name": name, "ts": ts, "dur": dur, "args": args}));
    }
    fn arrow(&mut self, cat: &str, name: &str, from: (u64, u64), to: (u64, u64), args: Value) {
        self.arrows += 1;
        let id = self.arrows;
        let ends = [("s", from), ("f", to)];
        for (ph, (at, g)) in ends {
            let mut event = json!({"ph": ph, "id": id, "cat": cat, "name": name, "pid": GOROUTINES, "tid": g,
                "ts": micros(at), "args": args});
            if ph == "f" {
                event["bp"] = json!("e");
            }
            self.put(event);
        }
    }
    /// The goroutine's slice ends, and `next` begins.
    fn turn(&mut self, at: u64, g: u64, next: Option<State>) {
        let Some(life) = self.lives.get_mut(&g) else { return };
        let (from, state, name) = (life.since, life.state.clone(), life.name.clone());
        life.since = at;
        match next {
            Some(next) => life.state = next,
            None => drop(self.lives.remove(&g)),
        }
        match state {
            State::Runnable => self.slice(GOROUTINES, g, "runnable", from, at, json!({})),
            State::Running(p) => {
                self.slice(GOROUTINES, g, "running", from, at, json!({"processor": p}));
                self.slice(PROCESSORS, u64::from(p), &name, from, at, json!({"goroutine": g}));
            }
            State::Native => self.slice(GOROUTINES, g, "in a native", from, at, json!({})),
            State::Waiting(reason, object, pc) => {
                let at_line = self.vm.function_at(pc).map_or_else(String::new, |(_, pos)| (self.place)(pos));
                let mut args = json!({"at": at_line});
                if let Some(channel) = self.channels.get(&object) {
                    args["channel"] = json!(channel.name);
                }
                self.slice(GOROUTINES, g, reason.text(), from, at, args);
            }
        }
    }
    fn event(&mut self, e: &Event) {
        match e.kind {
            EventKind::Spawn => self.spawned(e),
            EventKind::Start => self.turn(e.at, e.g, Some(State::Running(e.p))),
            EventKind::Park(reason) => {
                if let Some(life) = self.lives.get_mut(&e.g) {
                    life.served = false;
                }
                self.turn(e.at, e.g, Some(State::Waiting(reason, e.object, e.word)));
            }
            EventKind::Preempt => {
                self.turn(e.at, e.g, Some(State::Runnable));
                self.put(json!({"ph": "i", "s": "t", "pid": GOROUTINES, "tid": e.g, "name": "preempted",
                    "ts": micros(e.at)}));
            }
            EventKind::Yield | EventKind::Stop => self.turn(e.at, e.g, Some(State::Runnable)),
            EventKind::End => self.turn(e.at, e.g, None),
            EventKind::Ready => self.readied(e),
            EventKind::Make { pc } => self.made(e, pc),
            EventKind::Send(value) => {
                self.serve(e.g);
                let end = End { at: e.at, g: e.g, value };
                self.channels.entry(e.object).or_default().sent.push_back(end);
            }
            EventKind::Recv(value) => self.received(e, value),
            EventKind::GcBegin => self.collecting = Some(e.at),
            EventKind::GcEnd => {
                if let Some(from) = self.collecting.take() {
                    self.slice(PROCESSORS, u64::from(e.p), "garbage collection", from, e.at, json!({}));
                }
            }
            EventKind::Block => self.turn(e.at, e.g, Some(State::Native)),
            EventKind::Unblock => self.turn(e.at, e.g, Some(State::Running(e.p))),
        }
    }
    fn spawned(&mut self, e: &Event) {
        let function = self.vm.function_at(e.word).map_or("?", |f| f.0);
        let function = if function == "runtime.main" { "main" } else { function };
        let name = format!("{function} {}", e.g);
        self.name(GOROUTINES, Some(e.g), &name);
        self.lives.insert(e.g, Life { name, since: e.at, state: State::Runnable, served: false });
        if self.lives.contains_key(&e.object) {
            self.arrow("go", "go", (e.at, e.object), (e.at, e.g), json!({}));
        }
    }
    fn serve(&mut self, g: u64) {
        if let Some(life) = self.lives.get_mut(&g) {
            life.served = true;
        }
    }
    fn readied(&mut self, e: &Event) {
        let served = self.lives.get(&e.g).is_none_or(|l| l.served);
        if !served && self.lives.contains_key(&e.object) {
            self.arrow("wake", "wakes", (e.at, e.object), (e.at, e.g), json!({}));
        }
        self.turn(e.at, e.g, Some(State::Runnable));
    }
    fn made(&mut self, e: &Event, pc: u64) {
        let place = self.vm.function_at(pc).map_or_else(|| "?".into(), |(_, pos)| (self.place)(pos));
        let types = self.vm.types();
        let ty = &types.get(e.word as u32).desc;
        let n = self.made.entry(place.clone()).or_default();
        *n += 1;
        let number = if *n == 1 { String::new() } else { format!(" #{n}") };
        let name = format!("{} made at {place}{number}", ty.name);
        let elem = Some(types.get(ty.elem).desc.kind);
        self.channels.insert(e.object, Channel { name, elem, sent: VecDeque::new() });
    }
    fn received(&mut self, e: &Event, value: Option<u64>) {
        self.serve(e.g);
        let Some(channel) = self.channels.get_mut(&e.object) else { return };
        let Some(sent) = channel.sent.pop_front() else { return };
        let (name, elem) = (channel.name.clone(), channel.elem);
        if !self.lives.contains_key(&e.g) || sent.g == 0 {
            return;
        }
        let word = sent.value.or(value);
        let shown = word.zip(elem).and_then(|(word, kind)| scalar(kind, word));
        let args = shown.map_or_else(|| json!({"channel": name}), |v| json!({"channel": name, "value": v}));
        self.arrow("message", &name, (sent.at, sent.g), (e.at, e.g), args);
    }
    /// What goes on when the list ends.
    fn finish(&mut self) {
        let mut rest: Vec<u64> = self.lives.keys().copied().collect();
        rest.sort_unstable();
        for g in rest {
            self.turn(self.end, g, None);
        }
    }
}

/// A small value as text.
fn scalar(kind: Kind, word: u64) -> Option<String> {
    match kind {
        Kind::Bool => Some((word != 0).to_string()),
        Kind::Int | Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => Some((word as i64).to_string()),
        Kind::Uint | Kind::Uint8 | Kind::Uint16 | Kind::Uint32 | Kind::Uint64 | Kind::Uintptr => Some(word.to_string()),
        Kind::Float64 => Some(f64::from_bits(word).to_string()),
        Kind::Float32 => Some(f32::from_bits(word as u32).to_string()),
        Kind::Placeholder
        | Kind::Complex64
        | Kind::Complex128
        | Kind::String
        | Kind::UnsafePointer
        | Kind::Pointer
        | Kind::Slice
        | Kind::Array
        | Kind::Struct
        | Kind::Map
        | Kind::Chan
        | Kind::Func
        | Kind::Interface
        | Kind::Packed => None,
    }
}

//! Records of runs, and playing them back.
//!
//! A seeded run hangs on its seed and on what comes from outside. So a record holds the seed, when the run began, and every answer of
//! the outside (see `Input`) in order. It also holds sums over the schedule, at each of these and every `PICKS` schedules: a
//! run that is played back and does something else is found out there.
//!
//! File: `MAGIC`, the version of gol (length, bytes), hash of the program, seed, start, preemption; then entries of a kind byte,
//! the number of schedules and their sum, and for inputs what was asked, how long it took, length and bytes; at the end how the
//! run ended and a checksum over everything before. Numbers are 8 bytes, little-endian.
use crate::sync::Mutex;
use std::io::Write;

const MAGIC: &[u8; 8] = b"goltape1";
/// Schedules between two sums.
const PICKS: u64 = 4096;
/// Kinds of entries; below these are the inputs.
const SUM: u8 = 100;
const END: u8 = 101;

/// What a run asks the outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Input {
    Read = 1,
    Environment,
    Process,
    Directory,
}

impl Input {
    fn text(kind: u8) -> &'static str {
        match kind {
            1 => "reads a file",
            2 => "reads the environment",
            3 => "asks about the process",
            4 => "looks at a file or folder",
            SUM => "goes on",
            _ => "ends",
        }
    }
}

/// What a record begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    pub version: String,
    pub program: u64,
    pub seed: u64,
    pub start_wall_ns: u64,
    pub preempt: u8,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    kind: u8,
    picks: u64,
    sum: u64,
    waited_ns: u64,
    bytes: Vec<u8>,
}

/// A record that is being made or played back.
pub struct Tape(Mutex<State>);

struct State {
    mode: Mode,
    picks: u64,
    sum: u64,
    /// What went wrong, to be said at the end.
    trouble: Option<String>,
}

enum Mode {
    Record { out: Box<dyn Write + Send>, check: u64 },
    Replay { entries: Vec<Entry>, next: usize },
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tape")
    }
}

/// FNV-1a, on from `sum`.
fn hashed(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}

const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// A hash of several texts, as [`Head::program`].
pub fn hash_of<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> u64 {
    texts.into_iter().fold(EMPTY, |h, t| hashed(hashed(h, &(t.len() as u64).to_le_bytes()), t))
}

impl Mode {
    fn put(&mut self, bytes: &[u8]) -> Result<(), String> {
        match self {
            Mode::Record { out, check } => {
                *check = hashed(*check, bytes);
                out.write_all(bytes).map_err(|e| format!("cannot write the record: {e}"))
            }
            Mode::Replay { .. } => Ok(()),
        }
    }
}

impl State {
    /// What the run does now is written, or compared with what it did when it was recorded.
    fn entry(&mut self, kind: u8, waited_ns: u64, bytes: &[u8]) -> Option<Entry> {
        let mut out = vec![kind];
        for n in [self.picks, self.sum, waited_ns, bytes.len() as u64] {
            out.extend(n.to_le_bytes());
        }
        out.extend(bytes);
        match &mut self.mode {
            Mode::Record { .. } => {
                if let Err(e) = self.mode.put(&out) {
                    self.trouble.get_or_insert(e);
                }
                None
            }
            Mode::Replay { entries, next } => {
                let entry = entries.get(*next).cloned();
                *next += 1;
                let same = entry.as_ref().is_some_and(|e| e.kind == kind && e.picks == self.picks && e.sum == self.sum);
                if same {
                    return entry;
                }
                let (then, after) = entry.map_or((END, self.picks), |e| (e.kind, e.picks));
                self.trouble.get_or_insert(format!(
                    "the run differs from the record: after {} schedules it {}, the recorded one {} after {after}",
                    self.picks,
                    Input::text(kind),
                    Input::text(then),
                ));
                None
            }
        }
    }
}

impl Tape {
    /// A new record; [`Tape::begin`] writes its head.
    pub fn record(out: Box<dyn Write + Send>) -> Tape {
        Tape::of(Mode::Record { out, check: EMPTY })
    }
    fn of(mode: Mode) -> Tape {
        Tape(Mutex::new(State { mode, picks: 0, sum: EMPTY, trouble: None }))
    }
    /// A record to play back, and its head.
    ///
    /// # Errors
    /// It is no record, or not a whole one.
    pub fn replay(bytes: &[u8]) -> Result<(Tape, Head), String> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else {
            return Err("is not a record of gol".into());
        };
        let mut reader = Reader(rest);
        let (head, entries) = reader.all().ok_or("is cut off: the recorded run has not come to its end")?;
        let check = reader.number().ok_or("is cut off")?;
        let covered = bytes.len() - reader.0.len() - 8;
        if check != hashed(EMPTY, &bytes[..covered]) || !reader.0.is_empty() {
            return Err("is damaged: its checksum is wrong".into());
        }
        Ok((Tape::of(Mode::Replay { entries, next: 0 }), head))
    }
    pub fn plays(&self) -> bool {
        matches!(self.0.lock().mode, Mode::Replay { .. })
    }
    /// Before the run: writes the head of a new record.
    pub fn begin(&self, head: &Head) {
        let mut out = MAGIC.to_vec();
        out.extend((head.version.len() as u64).to_le_bytes());
        out.extend(head.version.as_bytes());
        for n in [head.program, head.seed, head.start_wall_ns, u64::from(head.preempt)] {
            out.extend(n.to_le_bytes());
        }
        let mut state = self.0.lock();
        if let Err(e) = state.mode.put(&out) {
            state.trouble.get_or_insert(e);
        }
    }
    /// The recorded answer and how long it took; `None` when the run differs.
    pub fn play(&self, kind: Input) -> Option<(Vec<u8>, u64)> {
        let entry = self.0.lock().entry(kind as u8, 0, &[])?;
        Some((entry.bytes, entry.waited_ns))
    }
    pub fn note(&self, kind: Input, bytes: &[u8], waited_ns: u64) {
        self.0.lock().entry(kind as u8, waited_ns, bytes);
    }
    /// A goroutine is picked, for a slice. False: the run differs, or is to stop here as the recorded one did.
    pub(super) fn picked(&self, g: u64, slice: u32) -> bool {
        let mut state = self.0.lock();
        state.picks += 1;
        state.sum = hashed(hashed(state.sum, &g.to_le_bytes()), &slice.to_le_bytes());
        if state.picks.is_multiple_of(PICKS) {
            state.entry(SUM, 0, &[]);
        }
        if let Mode::Replay { entries, next } = &state.mode {
            let interrupted = |e: &Entry| e.kind == END && e.bytes == [INTERRUPTED] && e.picks == state.picks;
            return state.trouble.is_none() && !entries.get(*next).is_some_and(interrupted);
        }
        true
    }
    /// After the run.
    ///
    /// # Errors
    /// The record could not be written, or the run was another one than the recorded.
    pub fn end(&self, interrupted: bool) -> Result<(), String> {
        let mut state = self.0.lock();
        if state.trouble.is_none() {
            state.entry(END, 0, &[if interrupted { INTERRUPTED } else { 0 }]);
        }
        if let Some(trouble) = state.trouble.take() {
            return Err(trouble);
        }
        if let Mode::Record { out, check } = &mut state.mode {
            let check = *check;
            let written = out.write_all(&check.to_le_bytes()).and_then(|()| out.flush());
            return written.map_err(|e| format!("cannot write the record: {e}"));
        }
        Ok(())
    }
}

/// In the last entry of a run that somebody stopped from outside.
const INTERRUPTED: u8 = 1;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: u64) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(usize::try_from(n).ok()?)?;
        self.0 = rest;
        Some(head)
    }
    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.bytes(8)?.first_chunk()?))
    }
    fn all(&mut self) -> Option<(Head, Vec<Entry>)> {
        let len = self.number()?;
        let version = String::from_utf8_lossy(self.bytes(len)?).into_owned();
        let (program, seed, start_wall_ns) = (self.number()?, self.number()?, self.number()?);
        let head = Head { version, program, seed, start_wall_ns, preempt: self.number()? as u8 };
        let mut entries = vec![];
        loop {
            let kind = self.bytes(1)?[0];
            let (picks, sum, waited_ns, len) = (self.number()?, self.number()?, self.number()?, self.number()?);
            entries.push(Entry { kind, picks, sum, waited_ns, bytes: self.bytes(len)?.to_vec() });
            if kind == END {
                return Some((head, entries));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Out(Arc<Mutex<Vec<u8>>>);
    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn head() -> Head {
        Head { version: "1".into(), program: 7, seed: 8, start_wall_ns: 9, preempt: 1 }
    }

    fn recorded() -> Vec<u8> {
        let out = Out::default();
        let tape = Tape::record(Box::new(out.clone()));
        tape.begin(&head());
        assert!(tape.picked(1, 10));
        tape.note(Input::Read, b"hello", 3);
        assert!(tape.picked(2, 20));
        tape.end(false).unwrap();
        out.0.lock().clone()
    }

    #[test]
    fn what_was_recorded_is_played() {
        let (tape, found) = Tape::replay(&recorded()).unwrap();
        assert_eq!(found, head());
        assert!(tape.picked(1, 10));
        assert_eq!(tape.play(Input::Read), Some((b"hello".to_vec(), 3)));
        assert!(tape.picked(2, 20));
        tape.end(false).unwrap();
    }

    #[test]
    fn another_run_is_found_out() {
        let (tape, _) = Tape::replay(&recorded()).unwrap();
        assert!(tape.picked(3, 10));
        assert_eq!(tape.play(Input::Read), None);
        assert!(!tape.picked(2, 20));
        assert!(tape.end(false).unwrap_err().contains("differs"));
        let (tape, _) = Tape::replay(&recorded()).unwrap();
        assert!(tape.picked(1, 10));
        assert!(tape.end(false).unwrap_err().contains("after 1 schedules it ends, the recorded one reads a file"));
    }

    #[test]
    fn bad_records_are_refused() {
        let good = recorded();
        for n in 0..good.len() {
            assert!(Tape::replay(&good[..n]).is_err(), "the first {n} bytes");
            let mut bad = good.clone();
            bad[n] ^= 0x40;
            assert!(Tape::replay(&bad).is_err(), "byte {n} is another one");
        }
        assert!(Tape::replay(&[&good[..], b"x"].concat()).is_err());
    }
}

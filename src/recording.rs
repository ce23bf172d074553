//! `--record` and `--replay`: the files behind a runtime's tape.

use crate::cli::{Options, PreemptAt, Time};
use gol_runtime::{Head, Tape, World};
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// A record that this run makes or follows.
pub struct Recording {
    pub tape: Arc<Tape>,
    file: String,
    head: Head,
}

/// A seed for runs that want none in particular.
fn some_seed() -> u64 {
    use std::hash::BuildHasher as _;
    std::hash::RandomState::new().hash_one(0)
}

/// What decides the run. A seed or a clock of its own make it a deterministic one.
pub fn world(options: &Options) -> World {
    let fake_time = options.time == Time::Fake;
    match options.seed {
        None if !fake_time => World::Real,
        seed => World::Seeded { seed: seed.unwrap_or_else(some_seed), fake_time, start_wall_ns: None },
    }
}

impl Recording {
    /// The record that the options want, if any.
    ///
    /// # Errors
    /// There is no such file, it cannot be made, or it is no record of this version of gol.
    pub fn open(options: &Options) -> Result<Option<Recording>, String> {
        match (&options.record, &options.replay) {
            (Some(file), _) => Recording::make(options, file).map(Some),
            (None, Some(file)) => Recording::follow(file).map(Some),
            (None, None) => Ok(None),
        }
    }
    fn make(options: &Options, file: &Path) -> Result<Recording, String> {
        let name = file.display().to_string();
        let out = std::fs::File::create(file).map_err(|e| format!("cannot write {name}: {e}"))?;
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let head = Head {
            version: env!("CARGO_PKG_VERSION").into(),
            program: 0,
            seed: options.seed.unwrap_or_else(some_seed),
            start_wall_ns: since.map_or(0, |d| d.as_nanos() as u64),
            preempt: options.preempt as u8,
        };
        Ok(Recording { tape: Arc::new(Tape::record(Box::new(BufWriter::new(out)))), file: name, head })
    }
    fn follow(file: &Path) -> Result<Recording, String> {
        let name = file.display().to_string();
        let bytes =
            crate::input::file(file, crate::input::RECORD_MAX).map_err(|e| format!("cannot read {name}: {e}"))?;
        let (tape, head) = Tape::replay(&bytes).map_err(|e| format!("{name} {e}"))?;
        let own = env!("CARGO_PKG_VERSION");
        if head.version != own {
            return Err(format!("{name} was recorded by gol {}, this is {own}", head.version));
        }
        Ok(Recording { tape: Arc::new(tape), file: name, head })
    }
    /// The recorded run's seed and start. Played back, sleeping takes no time.
    pub fn world(&self, options: &Options) -> World {
        World::Seeded {
            seed: self.head.seed,
            fake_time: self.tape.plays() || options.time == Time::Fake,
            start_wall_ns: Some(self.head.start_wall_ns),
        }
    }
    pub fn preempt(&self) -> PreemptAt {
        [PreemptAt::Loops, PreemptAt::Entry, PreemptAt::None][usize::from(self.head.preempt).min(2)]
    }
    /// Before the run of the program with this hash (its texts and arguments).
    ///
    /// # Errors
    /// Another program was recorded.
    pub fn begin(&self, program: u64) -> Result<(), String> {
        if !self.tape.plays() {
            self.tape.begin(&Head { program, ..self.head.clone() });
            return Ok(());
        }
        if program == self.head.program {
            return Ok(());
        }
        Err(format!("{} was recorded of another program, or with other arguments", self.file))
    }
    /// After the run.
    ///
    /// # Errors
    /// The record could not be written, or the run was not the recorded one.
    pub fn end(&self, interrupted: bool) -> Result<(), String> {
        self.tape.end(interrupted).map_err(|e| format!("{}: {e}", self.file))
    }
}

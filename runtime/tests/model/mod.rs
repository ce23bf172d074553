//! What the loom models share.
//!
//! Each model restates a protocol with the same order of the same operations as the code it names. The correct form must
//! hold; with a seeded bug it must fail, else the model says nothing. loom ends the process at a deadlock, so seeded ones run in a
//! child process. loom takes SeqCst accesses as AcqRel, so the models use explicit fences where the code relies on them.

/// Checks every interleaving, or those with at most so many preemptions.
pub fn check(preemptions: Option<usize>, f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.max_branches = 100_000;
    model.check(f);
}

/// A thread's parking place.
pub struct Note {
    set: loom::sync::Mutex<bool>,
    changed: loom::sync::Condvar,
}

impl Note {
    pub fn new() -> Note {
        Note { set: loom::sync::Mutex::new(false), changed: loom::sync::Condvar::new() }
    }
    pub fn wait(&self) {
        let mut set = self.set.lock().unwrap();
        while !*set {
            set = self.changed.wait(set).unwrap();
        }
        *set = false;
    }
    pub fn wake(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

const MODEL: &str = "GOL_SEEDED_MODEL";

/// Runs the model that the environment names; nothing otherwise. Called by the test `seeded_child`.
pub fn seeded_child(seeded: &[(&str, fn())]) {
    if let Ok(name) = std::env::var(MODEL) {
        let (_, model) = seeded.iter().find(|(n, _)| *n == name).unwrap();
        model();
    }
}

/// Every seeded model fails, each in a process of its own.
pub fn seeded_bugs_are_found(seeded: &[(&str, fn())]) {
    for (name, _) in seeded {
        let out = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "seeded_child", "--test-threads=1"])
            .env(MODEL, name)
            .env("RUST_BACKTRACE", "0")
            .output()
            .unwrap();
        assert!(!out.status.success(), "{name}: the model did not see it");
    }
}

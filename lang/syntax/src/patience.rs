//! When to stop parsing a text that is no program. Error recovery costs time for each error, and while it throws tokens
//! away for each of them and each open bracket; the parser's driver cannot be interrupted, but its tokens can end.

use std::cell::Cell;

/// So many errors are recovered from.
const MAX_RECOVERIES: u32 = 250;

/// So many tokens may pass without an expression: the longest run in a program is a list of imports.
const MAX_IDLE: u32 = 20_000;

/// Shared by the tokens, which end with it, and the tree builder.
#[derive(Default)]
pub struct Patience {
    recoveries: Cell<u32>,
    idle: Cell<u32>,
    passed: Cell<usize>,
    given_up: Cell<bool>,
}

impl Patience {
    /// May another token pass?
    pub fn lasts(&self) -> bool {
        self.idle.set(self.idle.get() + 1);
        let lasts = self.idle.get() <= MAX_IDLE && self.recoveries.get() < MAX_RECOVERIES;
        if lasts {
            self.passed.set(self.passed.get() + 1);
        } else {
            self.given_up.set(true);
        }
        lasts
    }

    /// How many tokens passed, if that was not all.
    pub fn given_up_at(&self) -> Option<usize> {
        self.given_up.get().then(|| self.passed.get())
    }

    pub fn progress(&self) {
        self.idle.set(0);
    }

    pub fn recovered(&self) {
        self.recoveries.set(self.recoveries.get() + 1);
        self.idle.set(0);
    }
}

//! When to stop parsing a text that is no program. Error recovery costs time for each error, and while it throws tokens
//! away for each of them and each open bracket; the parser's driver cannot be interrupted, but its tokens can end.

use std::cell::Cell;

/// So many errors are recovered from.
const MAX_RECOVERIES: u32 = 250;

/// So many tokens may pass without an expression: the longest run in a program is a list of imports.
const MAX_IDLE: usize = 20_000;

/// Shared by the tokens, which end with it, and the tree builder.
pub struct Patience {
    recoveries: Cell<u32>,
    passed: Cell<usize>,
    /// How many tokens may have passed.
    limit: Cell<usize>,
    given_up: Cell<bool>,
}

impl Default for Patience {
    fn default() -> Patience {
        let (recoveries, passed) = (Cell::new(0), Cell::new(0));
        Patience { recoveries, passed, limit: Cell::new(MAX_IDLE), given_up: Cell::new(false) }
    }
}

impl Patience {
    /// May another token pass?
    pub fn lasts(&self) -> bool {
        let passed = self.passed.get();
        if passed == self.limit.get() {
            self.given_up.set(true);
            return false;
        }
        self.passed.set(passed + 1);
        true
    }

    /// How many tokens passed, if that was not all.
    pub fn given_up_at(&self) -> Option<usize> {
        self.given_up.get().then(|| self.passed.get())
    }

    pub fn progress(&self) {
        if self.recoveries.get() < MAX_RECOVERIES {
            self.limit.set(self.passed.get() + MAX_IDLE);
        }
    }

    pub fn recovered(&self) {
        self.recoveries.set(self.recoveries.get() + 1);
        // After the last recovery nothing passes any more.
        self.limit.set(self.passed.get());
        self.progress();
    }
}

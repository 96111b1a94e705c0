//! Waits that end: every one has a bound that only a broken program reaches.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use arcadia::clock::Clock;
use arcadia::domain::time::Timestamp;

/// No wait of these tests takes longer, on a loaded machine either.
const PATIENCE: Duration = Duration::from_mins(1);

/// A bound on a wait.
pub(crate) struct Deadline {
    clock: Clock,
    at: Timestamp,
}

impl Deadline {
    /// A wait that begins here.
    pub(crate) fn begin() -> Self {
        let clock = Clock::system();
        let at = clock.now() + PATIENCE;
        Self { clock, at }
    }

    /// The next thing that comes, unless the wait is over.
    pub(crate) fn recv<T>(&self, from: &Receiver<T>) -> Result<T, RecvTimeoutError> {
        from.recv_timeout(self.clock.now().until(self.at))
    }

    /// Whether the wait is over.
    pub(crate) fn is_over(&self) -> bool {
        self.clock.now() >= self.at
    }
}

//! When to read how long steps usually take.
//!
//! News may have been missed before a picture is taken, so each picture wants it read. It is a look at
//! hundreds of histories: of many pictures in a minute the first has it read at once, and the others
//! together when the minute is over.

use std::time::Duration;

use crate::domain::time::Timestamp;

/// How long what is usual is taken for known.
const PAUSE: Duration = Duration::from_mins(1);

/// When to read how long steps usually take.
#[derive(Debug, Default)]
pub struct UsualRead {
    read_at: Option<Timestamp>,
    wanted: Wanted,
}

/// Whether news may have been missed since it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Wanted {
    /// None were.
    #[default]
    No,
    /// They may have been.
    Yes,
}

impl UsualRead {
    /// A picture was taken.
    pub fn want(&mut self) {
        self.wanted = Wanted::Yes;
    }

    /// When it is to be read, if it is: the beginning of time for at once.
    pub fn due(&self) -> Option<Timestamp> {
        let rested = self.read_at.map_or_else(Timestamp::default, |read| read + PAUSE);
        (self.wanted == Wanted::Yes).then_some(rested)
    }

    /// Whether to read it now, which then counts as done.
    pub fn begin(&mut self, now: Timestamp) -> bool {
        let begins = self.due().is_some_and(|due| due <= now);
        if begins {
            *self = Self { read_at: Some(now), wanted: Wanted::No };
        }
        begins
    }
}

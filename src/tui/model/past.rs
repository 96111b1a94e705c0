//! A moment of the open saga's history: the same picture that the screen would have shown then,
//! folded from the same entries.

use std::time::Duration;

use crate::control::Detail;
use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::domain::undo_preview::UndoPreview;
use crate::tui::model::saga::Read;

/// The longest that a replay stands still between two entries, at the speed of life: a deployment
/// that served for a month is not watched for a month.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// A moment of the open saga's history.
#[derive(Debug)]
pub struct Past {
    /// The picture then.
    pub read: Read,
    /// The row then.
    pub row: Summary,
    pace: Pace,
    /// When a replay goes on to the next entry.
    next_at: Option<Timestamp>,
}

/// How fast the history goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// It stands.
    Still,
    /// As fast as it happened, long pauses apart.
    Life,
    /// Ten times as fast.
    Tenfold,
}

impl Pace {
    /// The next one, for a key that goes round.
    const fn next(self) -> Self {
        match self {
            Self::Still => Self::Life,
            Self::Life => Self::Tenfold,
            Self::Tenfold => Self::Still,
        }
    }

    const fn speed(self) -> Option<u32> {
        match self {
            Self::Still => None,
            Self::Life => Some(1),
            Self::Tenfold => Some(10),
        }
    }
}

impl Past {
    /// The picture after the first `shown` entries of what was read; `None` when they make none.
    pub fn at(read: &Read, shown: usize) -> Option<Self> {
        let entries = read.detail.entries.get(..shown)?;
        let aggregate = Aggregate::from_history(entries).ok()?;
        let row = Summary::of(&aggregate);
        let detail = Detail {
            aggregate,
            entries: entries.to_vec(),
            // What undoing would have done then is worded by the steps, which the screen cannot ask.
            undo: UndoPreview::default(),
            leftovers: Vec::new(),
        };
        Some(Self { read: Read::new(detail), row, pace: Pace::Still, next_at: None })
    }

    /// The moment: when the last entry shown was journaled.
    pub fn moment(&self) -> Timestamp {
        self.last().at
    }

    /// The entry that made the picture what it is.
    pub fn last(&self) -> &Entry {
        self.read.detail.entries.last().expect("a picture is folded from one entry at least")
    }

    /// How many entries are shown.
    pub fn shown(&self) -> usize {
        self.read.detail.entries.len()
    }

    /// How fast it goes by.
    pub const fn pace(&self) -> Pace {
        self.pace
    }

    /// When the next entry is shown, if the history goes by.
    pub const fn next_at(&self) -> Option<Timestamp> {
        self.next_at
    }

    /// Goes by at another pace.
    pub fn change_pace(&mut self, live: &Read, now: Timestamp) {
        self.pace = self.pace.next();
        self.plan_next(live, now);
    }

    /// Takes the next entry in, when it is time for it.
    pub fn play(&mut self, live: &Read, now: Timestamp) {
        while self.next_at.is_some_and(|at| at <= now) {
            let due = self.next_at.unwrap_or(now);
            self.forward(live);
            self.plan_next(live, due);
        }
    }

    /// Shows one entry more. Nothing happens at the end.
    fn forward(&mut self, live: &Read) {
        let Some(entry) = live.detail.entries.get(self.shown()) else { return };
        if self.read.fold(entry).is_ok() {
            self.row = Summary::of(&self.read.detail.aggregate);
        }
    }

    fn plan_next(&mut self, live: &Read, from: Timestamp) {
        let next = live.detail.entries.get(self.shown());
        self.next_at = self.pace.speed().zip(next).map(|(speed, next)| {
            let pause = next.at.since(self.moment()).min(LONGEST_PAUSE);
            from + pause / speed
        });
        if self.next_at.is_none() {
            self.pace = Pace::Still;
        }
    }
}

//! Which histories the audit still has to read, and from when on what it knows is whole.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::id::DeploymentId;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;

/// Histories that are read at a time; one has some tens of entries.
pub const PAGE: usize = 64;

/// How many lines more are wanted when older ones are: some screens full.
const MORE: usize = 200;

/// How many pages are read for one key at most: a filter may let nothing through for long.
const PAGES_A_KEY: usize = 8;

/// How long to wait after the journal could not be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// What is still to be read.
#[derive(Debug, Default)]
pub struct Reading {
    stage: Stage,
    /// Histories that were not read, by the moment of their last entry then.
    unread: BTreeSet<(Timestamp, DeploymentId)>,
    /// Those that went on unseen.
    missed: BTreeSet<DeploymentId>,
    asked: Vec<Asked>,
    /// What is known is whole from here on; from the beginning, if `None`.
    whole_from: Option<Timestamp>,
    /// How many lines are wanted to be shown.
    goal: usize,
    /// How many pages may still be read for that.
    pages: usize,
    trouble: Option<Trouble>,
}

/// How far reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Nobody has looked at the audit yet.
    #[default]
    Unseen,
    /// Older histories are read when they are wanted.
    Open,
    /// There is no room for older lines.
    Full,
}

/// A history that is being read: where it comes from, in case that fails.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Older((Timestamp, DeploymentId)),
    Missed(DeploymentId),
}

#[derive(Debug)]
struct Trouble {
    why: String,
    until: Timestamp,
}

impl Reading {
    /// Somebody looks at the audit: the first time, it is known which histories there are.
    pub fn begin<'a>(&mut self, rows: impl Iterator<Item = &'a Summary>) {
        if self.stage == Stage::Unseen {
            self.stage = Stage::Open;
            self.unread = rows.map(|row| (row.changed_at, row.deployment)).collect();
            self.whole_from = self.oldest_whole();
            self.want_older(0);
        }
    }

    /// Whether somebody has looked at the audit.
    pub fn has_begun(&self) -> bool {
        self.stage != Stage::Unseen
    }

    /// Older lines are wanted, beyond the `shown` ones.
    pub fn want_older(&mut self, shown: usize) {
        self.goal = shown + MORE;
        self.pages = PAGES_A_KEY;
    }

    /// A history went on unseen.
    pub fn miss(&mut self, id: DeploymentId) {
        if self.has_begun() {
            self.missed.insert(id);
        }
    }

    /// What to read now, when so many lines are shown.
    pub fn next(&mut self, shown: usize, now: Timestamp) -> Option<Vec<DeploymentId>> {
        if !self.asked.is_empty() || self.due().is_some_and(|due| due > now) {
            return None;
        }
        if !self.missed.is_empty() {
            let missed = std::iter::from_fn(|| self.missed.pop_last());
            self.asked = missed.take(PAGE).map(Asked::Missed).collect();
        } else if shown < self.goal && self.pages > 0 && self.has_older() {
            self.pages -= 1;
            let older = std::iter::from_fn(|| self.unread.pop_last());
            self.asked = older.take(PAGE).map(Asked::Older).collect();
        }
        let ids = self.asked.iter().map(Asked::id).collect();
        (!self.asked.is_empty()).then_some(ids)
    }

    /// When reading is tried again after trouble.
    pub fn due(&self) -> Option<Timestamp> {
        self.trouble.as_ref().map(|trouble| trouble.until)
    }

    /// What was asked was read.
    pub fn done(&mut self) {
        self.asked.clear();
        self.trouble = None;
        if self.stage == Stage::Open {
            self.whole_from = self.oldest_whole();
        }
    }

    /// What was asked could not be read. It is tried again.
    pub fn failed(&mut self, why: String, now: Timestamp) {
        if self.asked.is_empty() {
            return;
        }
        self.pages = self.pages.max(1);
        for asked in self.asked.drain(..) {
            match asked {
                Asked::Older(place) => {
                    self.unread.insert(place);
                }
                Asked::Missed(id) => {
                    self.missed.insert(id);
                }
            }
        }
        self.trouble = Some(Trouble { why, until: now + AFTER_TROUBLE });
    }

    /// There is no more room: the line that was forgotten last is from this moment.
    pub fn fill_up(&mut self, forgotten: Timestamp) {
        self.stage = Stage::Full;
        let next = forgotten + Duration::from_millis(1);
        self.whole_from = Some(self.whole_from.map_or(next, |from| from.max(next)));
    }

    /// From when on what is known is whole; `None` for the beginning.
    pub fn whole_from(&self) -> Option<Timestamp> {
        self.whole_from
    }

    /// Whether nothing is missing from that moment on.
    pub fn is_whole_at(&self, at: Timestamp) -> bool {
        self.whole_from.is_none_or(|from| at >= from)
    }

    /// Whether there is anything older that can be read.
    pub fn has_older(&self) -> bool {
        self.stage == Stage::Open && !self.unread.is_empty()
    }

    /// Whether something is being read.
    pub fn is_under_way(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Why nothing could be read the last time, if that is so.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|trouble| trouble.why.as_str())
    }

    /// A history that is not read may have an entry as late as its last one.
    fn oldest_whole(&self) -> Option<Timestamp> {
        self.unread.last().map(|(at, _)| *at + Duration::from_millis(1))
    }
}

impl Asked {
    fn id(&self) -> DeploymentId {
        match self {
            Self::Older((_, id)) | Self::Missed(id) => *id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// So many histories, the last entry of each a second after that of the one before.
    fn reading(histories: u32) -> Reading {
        let one =
            |number: u32| (at(i64::from(number) * 1_000), DeploymentId::from_u128(number.into()));
        let unread = (1..=histories).map(one).collect();
        let mut reading = Reading { stage: Stage::Open, unread, ..Reading::default() };
        reading.done();
        reading.want_older(0);
        reading
    }

    fn page(reading: &mut Reading, now: Timestamp) -> usize {
        reading.next(0, now).map_or(0, |page| page.len())
    }

    #[test]
    fn nothing_is_whole_that_a_history_may_still_tell_of() {
        let mut reading = reading(100);
        assert_eq!([100_000, 100_001].map(|time| reading.is_whole_at(at(time))), [false, true]);
        assert_eq!(page(&mut reading, at(0)), PAGE);
        reading.done();
        assert_eq!([36_000, 36_001].map(|time| reading.is_whole_at(at(time))), [false, true]);
    }

    #[test]
    fn a_key_reads_some_pages_and_no_more_and_trouble_uses_none_up() {
        let mut reading = reading(1_000);
        for _ in 1..PAGES_A_KEY {
            assert_eq!(page(&mut reading, at(0)), PAGE);
            reading.done();
        }
        assert_eq!(page(&mut reading, at(0)), PAGE);
        reading.failed("the disk is gone".to_owned(), at(0));
        assert_eq!(page(&mut reading, at(4_999)), 0, "it waits");
        assert_eq!(page(&mut reading, at(5_000)), PAGE, "and is tried again");
        reading.done();
        assert_eq!(page(&mut reading, at(5_000)), 0, "a filter may let nothing through for long");
        reading.want_older(0);
        assert_eq!(page(&mut reading, at(5_000)), PAGE);
    }

    #[test]
    fn what_was_forgotten_is_not_whole_again() {
        let mut reading = reading(3);
        reading.fill_up(at(9_000));
        assert_eq!([9_000, 9_001].map(|time| reading.is_whole_at(at(time))), [false, true]);
        reading.fill_up(at(8_000));
        reading.done();
        assert!(!reading.is_whole_at(at(9_000)) && !reading.has_older());
    }
}

//! Which histories the inventory still has to read: all that may tell of something, once; and again
//! those that went on since.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::domain::id::DeploymentId;
use crate::domain::summary::{Standing, StepMark, Summary};
use crate::domain::time::Timestamp;

/// Histories that are read at a time: some tens of milliseconds of a fast disk, half a second of a slow
/// one.
pub const PAGE: usize = 256;

/// How long what happens is gathered before it is read.
const GATHER: Duration = Duration::from_millis(500);

/// How long to wait after the journal could not be read.
const AFTER_TROUBLE: Duration = Duration::from_secs(5);

/// What is still to be read.
#[derive(Debug, Default)]
pub struct Reading {
    wanted: BTreeSet<DeploymentId>,
    /// Those that are being read.
    asked: Vec<DeploymentId>,
    not_before: Option<Timestamp>,
    trouble: Option<String>,
    stage: Stage,
}

/// How far the first look is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Nobody has looked at the inventory yet: nothing is read nor noted.
    #[default]
    Unseen,
    /// Not everything has been read once.
    Filling,
    /// It has.
    Filled,
}

impl Reading {
    /// Somebody looks at the inventory: the first time, everything is wanted.
    pub fn begin<'a>(&mut self, rows: impl Iterator<Item = &'a Summary>) {
        if self.stage == Stage::Unseen {
            self.stage = Stage::Filling;
            self.wanted.extend(rows.filter(|row| may_hold(row)).map(|row| row.deployment));
        }
    }

    /// A history went on, or went on unseen.
    pub fn want(&mut self, id: DeploymentId) {
        if self.stage != Stage::Unseen {
            self.wanted.insert(id);
        }
    }

    /// What to read now; the latest launches first.
    pub fn next(&mut self, now: Timestamp) -> Option<Vec<DeploymentId>> {
        if self.due().is_none_or(|due| due > now) {
            return None;
        }
        self.asked = std::iter::from_fn(|| self.wanted.pop_last()).take(PAGE).collect();
        self.not_before = Some(now + GATHER);
        Some(self.asked.clone())
    }

    /// When there is something to read, if there is and nothing is being read.
    pub fn due(&self) -> Option<Timestamp> {
        if self.wanted.is_empty() || !self.asked.is_empty() {
            return None;
        }
        // The first look gathers nothing: somebody waits for it.
        let waits = self.stage == Stage::Filled || self.trouble.is_some();
        Some(self.not_before.filter(|_| waits).unwrap_or_default())
    }

    /// What was asked was read.
    pub fn done(&mut self) {
        self.asked.clear();
        self.trouble = None;
        if self.wanted.is_empty() && self.stage == Stage::Filling {
            self.stage = Stage::Filled;
        }
    }

    /// What was asked could not be read. It is tried again.
    pub fn failed(&mut self, why: String, now: Timestamp) {
        if self.asked.is_empty() {
            return;
        }
        self.wanted.extend(self.asked.drain(..));
        self.not_before = Some(now + AFTER_TROUBLE);
        self.trouble = Some(why);
    }

    /// How many histories are still to be read before everything was read once; `None` once it was.
    pub fn left(&self) -> Option<usize> {
        (self.stage == Stage::Filling).then_some(self.wanted.len() + self.asked.len())
    }

    /// Why nothing could be read the last time, if that is so.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

/// Whether a deployment may have anything at the provider. What is undone has nothing, unless somebody
/// skipped a part of that.
fn may_hold(row: &Summary) -> bool {
    match row.standing {
        Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Running
        | Standing::Held
        | Standing::Active
        | Standing::Abandoned => true,
        Standing::Failed | Standing::Cancelled | Standing::RolledBack => {
            row.marks.contains(&StepMark::Skipped)
        }
    }
}

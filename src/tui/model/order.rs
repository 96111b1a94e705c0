//! In which order the list stands. Whatever the order, equals stand by their ids, so that nothing moves
//! for nothing.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::id::DeploymentId;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;

/// In which order the list stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// What needs a person first; then what moves, what is slower than usual before the rest and the
    /// longest-running before the others; then what ended, the latest launch first.
    #[default]
    Need,
    /// What changed last first.
    Change,
    /// The longest from launch to end, or until now, first.
    Span,
    /// What was launched last first.
    Launch,
    /// By name; of several of one name the latest launch first.
    Name,
}

/// What the rows do not say of themselves.
pub(super) struct Beside<'l> {
    /// Whether this one stands still because of the journal.
    pub stands_still: &'l dyn Fn(DeploymentId) -> bool,
    /// Which are slower than usual.
    pub slow: &'l BTreeSet<DeploymentId>,
    /// What time it is.
    pub now: Timestamp,
}

impl Sort {
    /// The next one, for a key that goes round.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Need => Self::Change,
            Self::Change => Self::Span,
            Self::Span => Self::Launch,
            Self::Launch => Self::Name,
            Self::Name => Self::Need,
        }
    }

    /// What it says on the screen.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Need => "needs you first, then slowest",
            Self::Change => "latest change first",
            Self::Span => "longest first",
            Self::Launch => "latest launch first",
            Self::Name => "by name",
        }
    }

    /// Sorts rows.
    pub(super) fn apply<'r>(
        self,
        rows: impl Iterator<Item = &'r Summary>,
        beside: &Beside<'_>,
    ) -> Vec<DeploymentId> {
        match self {
            Self::Need => by(rows, |row| {
                let (standing, age, _) = row.urgency();
                let slow = beside.slow.contains(&row.deployment);
                (!(beside.stands_still)(row.deployment), standing, !slow, age)
            }),
            Self::Change => by(rows, |row| Reverse(row.changed_at)),
            Self::Span => {
                by(rows, |row| Reverse(row.ended_at.unwrap_or(beside.now).since(row.launched_at)))
            }
            Self::Launch => by(rows, |row| Reverse(row.launched_at)),
            Self::Name => by(rows, |row| (&*row.tenant, &*row.slug, Reverse(row.launched_at))),
        }
    }
}

fn by<'r, K: Ord>(
    rows: impl Iterator<Item = &'r Summary>,
    key: impl Fn(&'r Summary) -> K,
) -> Vec<DeploymentId> {
    let mut keyed: Vec<_> = rows.map(|row| (key(row), row.deployment)).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, id)| id).collect()
}

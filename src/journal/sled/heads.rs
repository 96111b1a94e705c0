//! The head of a saga: how far its history goes, and what vouches for it.
//!
//! Heads stand apart from the events, so that a history whose end is gone is seen to be too short. A
//! head vouches for the whole history by its last link, for the saga's row by a checksum, and says
//! whether the saga has ended. All heads together are vouched for by a digest, in [`tail`].
//!
//! [`tail`]: crate::journal::sled::tail

use std::collections::BTreeMap;

use crate::domain::id::{DeploymentId, SagaId};
use crate::journal::Fate;
use crate::journal::sled::chain::Link;

/// The heads of the unfinished sagas that were written since the journal was opened.
pub(super) type Heads = BTreeMap<SagaId, Head>;

/// How far a saga's history goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The number that the next entry will carry.
    pub(super) next: u64,
    /// The link of the last record.
    pub(super) link: Link,
    pub(super) course: Course,
    /// The row that was written when the saga last ended.
    pub(super) row: Option<RowSeal>,
}

/// Whether a saga has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Unfinished,
    Ended,
}

/// What vouches for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RowSeal {
    pub(super) deployment: DeploymentId,
    link: Link,
}

impl RowSeal {
    /// The seal of the row that these bytes hold.
    pub(super) fn of(deployment: DeploymentId, row: &[u8]) -> Self {
        Self { deployment, link: Link::START.then(&[&deployment.to_bytes(), row]) }
    }
}

impl Head {
    /// The head of a saga of which nothing is written. It counts as ended until it begins, as one
    /// does that was never heard of.
    pub(super) const NONE: Self =
        Self { next: 0, link: Link::START, course: Course::Ended, row: None };

    /// The head after another group of facts, which ends before number `next` with this link.
    pub(super) fn after(self, next: u64, link: Link, fate: &Fate, row: Option<&[u8]>) -> Self {
        match fate {
            Fate::Begins => Self { next, link, course: Course::Unfinished, ..self },
            Fate::GoesOn => Self { next, link, ..self },
            Fate::Ends(summary) => Self {
                next,
                link,
                course: Course::Ended,
                row: Some(RowSeal::of(summary.deployment, row.unwrap_or_default())),
            },
        }
    }

    /// Its written form: next number, link, course, and the seal of the row if there is one.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(WITH_ROW);
        bytes.extend(self.next.to_be_bytes());
        bytes.extend(self.link.0.to_be_bytes());
        bytes.push(match self.course {
            Course::Ended => 0,
            Course::Unfinished => 1,
        });
        if let Some(row) = self.row {
            bytes.extend(row.deployment.to_bytes());
            bytes.extend(row.link.0.to_be_bytes());
        }
        bytes
    }

    /// The head that these bytes hold.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (next, rest) = bytes.split_first_chunk()?;
        let (link, rest) = rest.split_first_chunk()?;
        let (course, rest) = rest.split_first()?;
        let row = match rest.split_first_chunk() {
            Some((deployment, link)) => Some(RowSeal {
                deployment: DeploymentId::from_bytes(*deployment),
                link: Link(u64::from_be_bytes(link.try_into().ok()?)),
            }),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self {
            next: u64::from_be_bytes(*next),
            link: Link(u64::from_be_bytes(*link)),
            course: match course {
                0 => Course::Ended,
                1 => Course::Unfinished,
                _ => return None,
            },
            row,
        })
    }
}

const WITH_ROW: usize = 8 + 8 + 1 + 16 + 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written_and_nothing_else_is() {
        let ended = Head {
            next: 9,
            link: Link(3),
            course: Course::Ended,
            row: Some(RowSeal::of(DeploymentId::from_u128(4), b"row")),
        };
        for head in [Head::NONE, ended, Head { course: Course::Unfinished, ..Head::NONE }] {
            let bytes = head.to_bytes();
            assert_eq!(Head::from_bytes(&bytes), Some(head));
            assert_eq!(Head::from_bytes(&bytes[1..]), None);
        }
    }
}

//! Small values that many records hold: directions, actors, spans.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::saga::plan::Direction;

/// The two directions of a step.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DirectionTag {
    Do,
    Undo,
}

impl From<Direction> for DirectionTag {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self::Do,
            Direction::Undo => Self::Undo,
        }
    }
}

impl From<DirectionTag> for Direction {
    fn from(tag: DirectionTag) -> Self {
        match tag {
            DirectionTag::Do => Self::Forward,
            DirectionTag::Undo => Self::Undo,
        }
    }
}

/// A span in whole milliseconds; one that is longer than they can say is cut to the longest.
pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

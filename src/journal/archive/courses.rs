//! Which sagas of an archive still matter.

use std::collections::BTreeMap;

use crate::domain::id::SagaId;
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::journal::archive::segment::{self, Kind, Segment};
use crate::journal::archive::{ArchiveError, Damage, base};

/// Where a saga stands at the end of the archive.
pub(super) struct Course {
    /// Whether what ended it is the last that is known of it, and what decides whether it matters.
    ended: Option<Box<Summary>>,
}

impl Course {
    /// Whether it must be kept.
    pub(super) fn matters(&self, cutoff: Option<Timestamp>) -> bool {
        self.ended.as_ref().is_none_or(|row| base::matters(row, cutoff))
    }
}

/// The newest base, and what came after it.
pub(super) fn needed(mut segments: Vec<Segment>) -> Vec<Segment> {
    let base = segments.iter().rposition(|segment| segment.kind == Kind::Base);
    segments.split_off(base.unwrap_or(0))
}

/// Where each saga stands, or what is damaged.
pub(super) fn courses(
    segments: &[Segment],
) -> Result<Result<BTreeMap<SagaId, Course>, Damage>, ArchiveError> {
    let mut courses: BTreeMap<SagaId, Course> = BTreeMap::new();
    let mut damages = Vec::new();
    for segment in segments {
        let found = segment::read(&segment.path, |line, record| {
            let row = if record.ends() { record.row() } else { Ok(None) };
            match (record.saga(), row) {
                (Some(saga), Ok(row)) => {
                    courses.insert(saga, Course { ended: row.map(Box::new) });
                }
                (None, _) | (_, Err(_)) => damages.push(Damage {
                    path: segment.path.clone(),
                    line,
                    what: "holds a record that makes no sense".to_owned(),
                }),
            }
            Ok(())
        })?;
        damages.extend(found.damages.into_iter().chain(found.torn));
    }
    Ok(damages.into_iter().next().map_or(Ok(courses), Err))
}

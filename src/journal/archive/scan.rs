//! Where an archive ends, and whether every segment before that is there.
//!
//! A start waits for this, so it is bounded: one segment line by line, and a line of each that it builds
//! on. Whether what stands in the older ones is as it was written, only [`status`] tells, which reads
//! all of it for `arcadia doctor` and for a rebuild.
//!
//! [`status`]: crate::journal::archive::status

use std::collections::BTreeSet;
use std::path::Path;

use crate::domain::id::SagaId;
use crate::journal::archive::line::{End, Sum};
use crate::journal::archive::segment::{self, Found, Kind, Segment};
use crate::journal::archive::{ArchiveError, Damage};
use crate::journal::sled::chain::Link;
use crate::journal::sled::commits::GroupNumber;
use crate::journal::sled::integrity::Witness;

/// A place in an archive, after a whole group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// The segment that it is in; none in an empty archive.
    pub(super) segment: Option<Segment>,
    /// Bytes before it in the segment.
    pub(super) len: u64,
    /// The last group before it; number zero before the first.
    pub(super) newest: Witness,
    /// The sum of the line before it.
    pub(super) sum: Sum,
}

impl Position {
    /// The number of the last group before it.
    pub(super) fn group(&self) -> u64 {
        self.newest.group.0
    }

    /// The last group before it, if there is one.
    pub(super) fn witness(&self) -> Option<Witness> {
        (self.group() > 0).then_some(self.newest)
    }
}

impl Default for Position {
    fn default() -> Self {
        Self { segment: None, len: 0, newest: NONE, sum: Sum::default() }
    }
}

/// Before the first group.
const NONE: Witness = Witness { group: GroupNumber(0), link: Link::START };

/// What was found in an archive's folder.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where the archive ends.
    pub(super) end: Position,
    /// Why it is not everything that was written up to there, as far as was looked.
    pub(super) broken: Option<Damage>,
    /// What a write left behind that was cut short.
    pub(super) torn: Option<Damage>,
    /// The sagas of which the newest base does not hold everything.
    pub(super) lacking: BTreeSet<SagaId>,
    /// Files that were begun and hold nothing.
    pub(super) empty: Vec<Segment>,
    /// When the oldest segment that is still needed was begun, in milliseconds since 1970.
    pub(super) begun: Option<i64>,
}

/// Reads the newest segment whole, and the first lines of those that it builds on. It changes
/// nothing.
pub(super) fn scan(dir: &Path) -> Result<Scan, ArchiveError> {
    let mut scan = Scan::default();
    let mut segments = segment::list(dir)?;
    while let Some(newest) = segments.last() {
        let found = segment::read(&newest.path, |_, _| Ok(()))?;
        let holds_nothing = found.header.is_none() && found.damages.is_empty();
        if holds_nothing && found.records == 0 && newest.kind == Kind::Log {
            scan.torn = found.torn;
            scan.empty.extend(segments.pop());
            continue;
        }
        scan.judge(newest, &found);
        scan.walk_back(&segments)?;
        break;
    }
    Ok(scan)
}

impl Scan {
    fn judge(&mut self, newest: &Segment, found: &Found) {
        let damage = |what: &str| Damage { path: newest.path.clone(), line: 0, what: what.into() };
        self.broken = found.damages.first().cloned();
        self.end = match newest.kind {
            Kind::Base => {
                let whole = found.end.as_ref().is_some_and(|end| end.records == found.records);
                if !whole {
                    self.broken.get_or_insert_with(|| damage("does not hold what it should"));
                }
                Position {
                    segment: Some(newest.clone()),
                    len: found.whole.len,
                    newest: found.newest().unwrap_or(NONE),
                    sum: found.last,
                }
            }
            Kind::Log => {
                self.torn = self.torn.take().or_else(|| found.torn.clone());
                Position {
                    segment: Some(newest.clone()),
                    len: found.whole.len,
                    newest: found.newest().unwrap_or(NONE),
                    sum: found.whole.sum,
                }
            }
        };
    }

    /// Follows the first lines back to a base, or to the first group of all.
    fn walk_back(&mut self, segments: &[Segment]) -> Result<(), ArchiveError> {
        for (position, segment) in segments.iter().enumerate().rev() {
            let damage = |what: String| Damage { path: segment.path.clone(), line: 1, what };
            let Some(header) = segment::header(&segment.path)? else {
                let what = "is damaged in its first line".to_owned();
                self.broken.get_or_insert_with(|| damage(what));
                return Ok(());
            };
            self.begun = Some(header.at);
            let before = position.checked_sub(1).map(|before| segments[before].name());
            match (segment.kind, header.after) {
                (Kind::Base, _) => {
                    let end = segment::end(&segment.path)?;
                    self.lacking = end.as_ref().map(End::lacks).unwrap_or_default();
                    return Ok(());
                }
                (Kind::Log, Some(after)) if Some(&after.file) == before.as_ref() => {}
                (Kind::Log, Some(after)) => {
                    let what = format!("follows {}, which is not there", after.file);
                    self.broken.get_or_insert_with(|| damage(what));
                    return Ok(());
                }
                (Kind::Log, None) => {
                    if segment.first != 1 {
                        let what = "begins where nothing leads up to".to_owned();
                        self.broken.get_or_insert_with(|| damage(what));
                    }
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

//! A history of which only the beginning is left: what it still says, and what must be made of it.

use std::collections::BTreeSet;

use crate::domain::aggregate::{Aggregate, Entry};
use crate::domain::id::SagaId;
use crate::domain::summary::Summary;
use crate::journal::archive::Archived;
use crate::journal::{Batch, Fate};

/// Whether a saga has ended, as the journal has it beside its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Unfinished,
    Ended,
}

impl Course {
    /// That of a saga, when these have not ended.
    pub(super) fn of(saga: SagaId, unfinished: &BTreeSet<SagaId>) -> Self {
        if unfinished.contains(&saga) { Self::Unfinished } else { Self::Ended }
    }
}

/// The row that a history leads to, when it has ended.
pub(super) fn row_of(entries: &[Entry]) -> Option<Summary> {
    let aggregate = Aggregate::from_history(entries).ok()?;
    aggregate.state.is_finished().then(|| Summary::of(&aggregate))
}

/// What is kept of a saga whose history is lost behind these entries, of which the first `known` are kept
/// already; `row` is the one it had, if any.
///
/// Unless the entries themselves lead to the end that it came to, it counts as unfinished, whatever the
/// row says: a saga that has not ended is shown to a person and held, and one that has ended is
/// looked at by nobody. When they lead to an end that it went on from, that end is left out. None when
/// there is nothing that is not kept already.
pub(super) fn beginning(
    saga: SagaId,
    mut entries: Vec<Entry>,
    known: u64,
    (course, row): (Course, Option<Summary>),
) -> Option<Archived> {
    let mut ended = row_of(&entries);
    let is_another = |ended: &Summary| {
        course == Course::Unfinished
            || row.as_ref().is_some_and(|row| row.standing != ended.standing)
    };
    while ended.as_ref().is_some_and(is_another) {
        entries.pop();
        ended = row_of(&entries);
    }
    let entries = entries.split_off(usize::try_from(known).ok()?.min(entries.len()));
    let (fate, old_row) = match (ended, entries.len()) {
        (_, 0) => return None,
        (Some(ended), _) => (Fate::Ends(Box::new(ended)), None),
        // An old row is that of an end, and something must have come after the end.
        (None, 1) => (Fate::Begins, None),
        (None, _) => (Fate::Begins, row.map(Box::new)),
    };
    Some(Archived { batch: Batch { saga, entries: entries.into(), fate }, old_row })
}

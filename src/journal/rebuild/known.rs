//! What is known of each saga, without holding its history: how far it goes, a checksum over it, and
//! how it stands.

use std::collections::BTreeMap;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use crate::domain::aggregate::{Entry, Fact};
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::summary::Summary;
use crate::domain::time::Timestamp;
use crate::journal::archive::status::{self, Inspection};
use crate::journal::archive::{ArchiveError, Archived};
use crate::journal::rebuild::old::Extent;
use crate::journal::{Batch, Fate, record};

/// A checksum over a history, which grows with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Print(u64);

impl Print {
    /// The checksum with another entry.
    pub(super) fn then(self, entry: &Entry) -> Self {
        let mut hash = Xxh3::new();
        hash.update(&self.0.to_be_bytes());
        hash.update(&record::encode_entries(std::slice::from_ref(entry)));
        Self(hash.digest())
    }

    /// The checksum of a history.
    pub(super) fn of(entries: &[Entry]) -> Self {
        entries.iter().fold(Self::default(), Self::then)
    }

    /// The checksum of a row.
    pub(super) fn of_row(row: &Summary) -> Self {
        let mut hash = Xxh3::new();
        hash.update(&record::encode_summary(row));
        Self(hash.digest())
    }
}

/// Whether a saga has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    Unfinished,
    Ended,
}

/// What is known of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The number of the first entry that is not known.
    pub(super) next: u64,
    pub(super) print: Print,
    pub(super) course: Course,
    /// Its row, if it ever ended: whose it is and a checksum.
    pub(super) row: Option<(DeploymentId, Print)>,
    /// Whether entries are missing behind those that are known.
    pub(super) cut: bool,
    /// How many of the entries come from the damaged journal: the last ones.
    pub(super) salvaged: u64,
    name: Option<String>,
}

impl Known {
    const NOTHING: Self = Self {
        next: 0,
        print: Print(0),
        course: Course::Unfinished,
        row: None,
        cut: false,
        salvaged: 0,
        name: None,
    };

    /// `tenant/slug`, or the id when not even the launch is known.
    pub(super) fn name(&self, saga: SagaId) -> String {
        self.name.clone().unwrap_or_else(|| saga.to_string())
    }

    /// Whether it has not ended, as far as is known.
    pub(super) fn is_unfinished(&self) -> bool {
        self.course == Course::Unfinished
    }

    /// What of `archived` is not known yet and follows what is; none when nothing does.
    pub(super) fn takes(&mut self, archived: &Archived) -> Option<Archived> {
        let Archived { batch, old_row } = archived;
        let first = batch.entries.first()?.seq;
        if first > self.next {
            self.cut = true;
            return None;
        }
        let skipped = usize::try_from(self.next - first).unwrap_or(usize::MAX);
        let entries = batch.entries.get(skipped..).filter(|entries| !entries.is_empty())?;
        // What was missing stands here once more.
        self.cut = false;
        let batch = Batch { entries: entries.into(), ..batch.clone() };
        let archived = Archived { batch, old_row: old_row.clone() };
        self.learn(&archived);
        Some(archived)
    }

    /// Takes in what follows what is known.
    pub(super) fn learn(&mut self, Archived { batch, old_row }: &Archived) {
        for entry in batch.entries.iter() {
            self.print = self.print.then(entry);
            self.next = entry.seq + 1;
            if let Fact::Launched(launch) = &entry.fact {
                self.name = Some(launch.spec.name());
            }
        }
        let row = match &batch.fate {
            Fate::Begins => {
                self.course = Course::Unfinished;
                old_row.as_ref()
            }
            Fate::GoesOn => old_row.as_ref(),
            Fate::Ends(row) => {
                self.course = Course::Ended;
                Some(row)
            }
        };
        if let Some(row) = row {
            self.row = Some((row.deployment, Print::of_row(row)));
            self.name.get_or_insert_with(|| row.name());
        }
    }
}

/// What is known of all sagas.
#[derive(Debug, Clone, Default)]
pub(super) struct Sagas {
    known: BTreeMap<SagaId, Known>,
    newest_at: Option<Timestamp>,
}

impl Sagas {
    /// Takes in what an archive holds, in its order, and gives back what of it was not known.
    pub(super) fn take(&mut self, archived: &Archived) -> Option<Archived> {
        let at = archived.batch.entries.last().map(|entry| entry.at);
        self.newest_at = self.newest_at.max(at);
        self.known.entry(archived.batch.saga).or_insert(Known::NOTHING).takes(archived)
    }

    /// Reads a whole archive, shows what is not known yet of each saga, and says what is known then and
    /// what was found.
    pub(super) fn read(
        folder: &Path,
        mut visit: impl FnMut(Archived),
    ) -> Result<(Inspection, Self), ArchiveError> {
        let mut sagas = Self::default();
        let inspection = status::read_all(folder, |archived| {
            if let Some(archived) = sagas.take(&archived) {
                visit(archived);
            }
            Ok(())
        })?;
        for saga in &inspection.lacking {
            sagas.known.entry(*saga).or_insert(Known::NOTHING).cut = true;
        }
        Ok((inspection, sagas))
    }

    /// Takes in what the damaged journal has beyond that, which is all or not.
    pub(super) fn salvage(&mut self, archived: &Archived, extent: Extent) {
        let known = self.known.entry(archived.batch.saga).or_insert(Known::NOTHING);
        known.learn(archived);
        known.salvaged += archived.batch.entries.len() as u64;
        known.cut = extent == Extent::Beginning;
    }

    /// What is known of a saga; a saga that was never heard of has no entries.
    pub(super) fn get(&self, saga: SagaId) -> &Known {
        self.known.get(&saga).unwrap_or(&Known::NOTHING)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&SagaId, &Known)> {
        self.known.iter()
    }

    /// Whether there is nothing to bring back.
    pub(super) fn is_empty(&self) -> bool {
        self.known.values().all(|known| known.next == 0)
    }

    /// When the newest fact in the archive happened.
    pub(super) fn newest_at(&self) -> Option<Timestamp> {
        self.newest_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::saga::event::EventKind;

    /// An archive that was not begun anew after a rebuild holds every fact a second time.
    #[test]
    fn what_is_missing_is_found_where_it_stands_once_more() {
        let archived = |first: u64, count: u64| {
            let at = Timestamp::from_millis(5);
            let entry = |seq| Entry { seq, at, fact: Fact::Saga(EventKind::Restarted) };
            let entries: Vec<_> = (first..first + count).map(entry).collect();
            let saga = SagaId::from_u128(7);
            Archived {
                batch: Batch { saga, entries: entries.into(), fate: Fate::GoesOn },
                old_row: None,
            }
        };
        let mut known = Known::NOTHING;
        assert!(known.takes(&archived(0, 2)).is_some());
        assert_eq!(known.takes(&archived(3, 1)), None);
        assert!(known.cut);
        assert_eq!(known.takes(&archived(0, 2)), None);
        assert!(known.cut, "what is known already makes nothing good");
        assert_eq!(known.takes(&archived(1, 3)), Some(archived(2, 2)));
        assert_eq!((known.next, known.cut), (4, false));
    }
}

//! The damaged journal: what is wrong with it, and what it still gives.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::domain::failure::with_causes;
use crate::domain::id::SagaId;
use crate::domain::summary::Summary;
use crate::journal::archive::Archived;
use crate::journal::cut::Course;
use crate::journal::rebuild::known::{Print, Sagas};
use crate::journal::sled::SledJournal;
use crate::journal::sled::integrity::Witness;
use crate::journal::sled::opening::{Opening, Taken, is_empty};
use crate::journal::{Batch, Fate, Journal as _, JournalError, cut};

/// How many rows are read at a time.
const ROWS: usize = 256;

/// How much of a history can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// What comes before the damage.
    Beginning,
}

/// The damaged journal. Its folder is held until this is dropped.
pub(super) struct Old {
    /// The journal, when anything of it can be read.
    readable: Option<Arc<SledJournal>>,
    taken: Taken,
    trouble: Option<String>,
    unfinished: BTreeSet<SagaId>,
    rows: BTreeMap<SagaId, Summary>,
    /// The sagas of which it has more than the archive.
    ahead: BTreeMap<SagaId, Extent>,
}

impl Old {
    /// Opens it as far as that goes. `witness` is what the archive knows of it.
    pub(super) async fn look(dir: &Path, witness: Option<Witness>) -> Result<Self, JournalError> {
        let dir = dir.to_owned();
        let looked = tokio::task::spawn_blocking(move || {
            let taken = Taken::take(&dir)?;
            // What looks for a database that is not there makes one.
            if is_empty(&dir) {
                let gone = "there is no database in its folder".to_owned();
                return Ok((None, taken, Some(gone)));
            }
            match Opening::of(&dir).witness(witness).look_at_taken(&taken) {
                Ok(journal) => {
                    let doubt = journal.doubt().map(|doubt| with_causes(doubt));
                    Ok((Some(Arc::new(journal)), taken, doubt))
                }
                // A journal that may be whole must not be replaced for want of a look at it.
                Err(error @ (JournalError::NewerForm { .. } | JournalError::NotCopied { .. })) => {
                    Err(error)
                }
                Err(error) => Ok((None, taken, Some(with_causes(&error)))),
            }
        })
        .await
        .expect("the journal guards what panics, and blocking tasks are not cancelled");
        let (readable, taken, trouble) = looked?;
        let (unfinished, rows, ahead) = <_>::default();
        Ok(Self { readable, taken, trouble, unfinished, rows, ahead })
    }

    /// Reads all of it, and finds out what is wrong with it and where it goes further than the archive.
    pub(super) async fn compare(&mut self, sagas: &Sagas) -> Result<(), JournalError> {
        let Some(journal) = self.readable.clone() else { return Ok(()) };
        if let Some(damaged) = journal.damaged().into_iter().next() {
            self.note(with_causes(&damaged.error));
        }
        match journal.unfinished().await {
            Ok(unfinished) => self.unfinished.extend(unfinished),
            Err(error) => self.note(with_causes(&error)),
        }
        if let Err(error) = self.read_rows(&journal).await {
            self.note(with_causes(&error));
        }
        let listed = self.unfinished.iter().chain(self.rows.keys()).copied();
        let listed: BTreeSet<SagaId> = listed.chain(sagas.iter().map(|(saga, _)| *saga)).collect();
        for saga in listed {
            let known = sagas.get(saga);
            let (entries, extent) = match journal.history(saga).await {
                Ok(entries) => (entries, Extent::All),
                Err(error) => {
                    self.note(with_causes(&error));
                    let Ok(entries) = journal.salvage(saga).await else { continue };
                    (entries, Extent::Beginning)
                }
            };
            let common = usize::try_from(known.next).unwrap_or(usize::MAX);
            match entries.get(..common) {
                Some(same) if Print::of(same) == known.print => {
                    if entries.len() > common {
                        self.ahead.insert(saga, extent);
                    }
                }
                Some(_) => {
                    self.note(format!("the archive tells the history of {saga} otherwise"));
                }
                // Why it is shorter was noted.
                None if extent == Extent::Beginning => {}
                None => self.note(format!(
                    "it has {} entries of {saga}, and the archive {common}",
                    entries.len()
                )),
            }
        }
        Ok(())
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_sound(&self) -> bool {
        self.trouble.is_none()
    }

    /// What is wrong with it.
    pub(super) fn trouble(&self) -> String {
        self.trouble.clone().unwrap_or_default()
    }

    /// Tells `sagas` of what the archive does not have, and says how many entries that is.
    pub(super) async fn salvage(&mut self, sagas: &mut Sagas) -> u64 {
        let mut salvaged = 0;
        for saga in self.ahead.keys().copied().collect::<Vec<_>>() {
            match self.beyond(saga, sagas.get(saga).next).await {
                Some((archived, extent)) => {
                    salvaged += archived.batch.entries.len() as u64;
                    sagas.salvage(&archived, extent);
                }
                None => {
                    self.ahead.remove(&saga);
                }
            }
        }
        salvaged
    }

    /// What it has of a saga from entry `next` on, and whether that is all there was.
    pub(super) async fn beyond(&self, saga: SagaId, next: u64) -> Option<(Archived, Extent)> {
        let extent = *self.ahead.get(&saga)?;
        let journal = self.readable.as_ref()?;
        let row = self.rows.get(&saga).cloned();
        if extent == Extent::Beginning {
            let entries = journal.salvage(saga).await.ok()?;
            let course = Course::of(saga, &self.unfinished);
            return Some((cut::beginning(saga, entries, next, (course, row))?, extent));
        }
        let mut entries = journal.history(saga).await.ok()?;
        let row = row.or_else(|| cut::row_of(&entries)).map(Box::new);
        let entries = entries.split_off(usize::try_from(next).ok()?.min(entries.len()));
        let (fate, old_row) = match (self.unfinished.contains(&saga), row) {
            (true, row) => (Fate::Begins, row),
            (false, Some(row)) => (Fate::Ends(row), None),
            // It has ended, and nothing says how: then the archive's word stands.
            (false, None) => return None,
        };
        let batch = Batch { saga, entries: entries.into(), fate };
        (!batch.entries.is_empty()).then_some((Archived { batch, old_row }, extent))
    }

    /// Lets go of it; the folder may then have another name.
    pub(super) async fn close(self) {
        if let Some(journal) = &self.readable {
            // Nothing is written to it, so there is nothing to wait for.
            drop(journal.close().await);
        }
        drop(self.taken);
    }

    async fn read_rows(&mut self, journal: &SledJournal) -> Result<(), JournalError> {
        let mut after = None;
        loop {
            let rows = journal.summaries(after, ROWS).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.deployment);
            self.rows.extend(rows.into_iter().map(|row| (row.saga, row)));
        }
    }

    /// The first trouble is told; the others are like it.
    fn note(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }
}

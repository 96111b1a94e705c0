//! A base: a segment that stands for everything before it.
//!
//! It is written under another name and put in place when it is whole and synced, so that a crash
//! leaves either the base or what was there before. Only then may the older segments go.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::aggregate::Entry;
use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, StepMark, Summary};
use crate::domain::time::Timestamp;
use crate::journal::archive::file::{OpenSegmentFile, SegmentFile};
use crate::journal::archive::line::{self, Archived, End, Header, Line, Record, Sum};
use crate::journal::archive::scan::Position;
use crate::journal::archive::segment::{Kind, Segment, UNFINISHED};
use crate::journal::archive::{ArchiveError, sync_names};
use crate::journal::cut::Course;
use crate::journal::sled::integrity::Witness;
use crate::journal::{Batch, Fate, Journal, cut};

/// How many rows are read from the journal at a time.
const ROWS: usize = 256;

/// How many bytes are gathered before they are written.
const WRITE_BYTES: usize = 1024 * 1024;

/// A base that is being written.
pub(super) struct Base {
    segment: Segment,
    newest: Witness,
    unfinished: PathBuf,
    file: Box<dyn SegmentFile>,
    written: u64,
    buffer: String,
    sum: Sum,
    records: u64,
    lacks: BTreeSet<SagaId>,
}

impl Base {
    /// Begins the base that stands for everything up to and with group `newest`.
    pub(super) fn begin(
        dir: &Path,
        open_file: &OpenSegmentFile,
        newest: Witness,
        now: Timestamp,
    ) -> Result<Self, ArchiveError> {
        let header = Header::new(newest, now, None);
        let segment = Segment::new(dir, header.first, Kind::Base);
        let unfinished = dir.join(format!("{}{UNFINISHED}", segment.name()));
        let failed = |error| ArchiveError::write(&unfinished, error);
        let file = open_file(&unfinished).map_err(failed)?;
        file.cut(0).map_err(failed)?;
        let (buffer, sum) = line::sealed(&Line::Header(header));
        let (written, records, lacks) = <_>::default();
        Ok(Self { segment, newest, unfinished, file, written, buffer, sum, records, lacks })
    }

    /// Adds what there is of a saga.
    pub(super) fn add(&mut self, archived: &Archived) -> Result<(), ArchiveError> {
        self.push(line::record(self.sum, self.newest, (0, 1), archived))
    }

    /// Adds a record of another segment.
    pub(super) fn carry(&mut self, record: &Record<'_>) -> Result<(), ArchiveError> {
        self.push(record.again(self.sum))
    }

    /// The sagas of which it does not hold everything that was written.
    pub(super) fn lacks(&self) -> &BTreeSet<SagaId> {
        &self.lacks
    }

    /// Makes it whole, durable and visible, in this order.
    ///
    /// # Errors
    /// When it cannot be written, and when it lacks something and would take the place of a base that
    /// may have it.
    pub(super) fn finish(mut self, dir: &Path) -> Result<Position, ArchiveError> {
        if !self.lacks.is_empty() && self.segment.path.exists() {
            let kept = "it may hold what is damaged in the journal, so it is not replaced";
            let error = io::Error::new(io::ErrorKind::AlreadyExists, kept);
            return Err(ArchiveError::write(&self.segment.path, error));
        }
        let end = End::new(self.records, self.sum, &self.lacks);
        let (text, sum) = line::sealed(&Line::End(end));
        self.buffer.push_str(&text);
        self.write()?;
        let failed = |error| ArchiveError::write(&self.unfinished, error);
        self.file.sync().map_err(failed)?;
        fs::rename(&self.unfinished, &self.segment.path).map_err(failed)?;
        sync_names(dir)?;
        Ok(Position { segment: Some(self.segment), len: self.written, newest: self.newest, sum })
    }

    fn push(&mut self, (text, sum): (String, Sum)) -> Result<(), ArchiveError> {
        self.buffer.push_str(&text);
        self.sum = sum;
        self.records += 1;
        if self.buffer.len() >= WRITE_BYTES { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), ArchiveError> {
        let bytes = self.buffer.as_bytes();
        self.file
            .write_at(bytes, self.written)
            .map_err(|error| ArchiveError::write(&self.unfinished, error))?;
        self.written += bytes.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// Adds everything that a journal holds and that matters after `cutoff`. Nobody may write to the
/// journal meanwhile.
///
/// A history that is damaged costs itself and no other: what comes before the damage is added, a
/// warning names it, and the base says that it lacks the rest. The row of a saga that is damaged is
/// made from its history.
///
/// # Errors
/// When the journal cannot be read at all, or the base not be written.
pub(super) async fn add_journal(
    mut base: Base,
    journal: &dyn Journal,
    cutoff: Option<Timestamp>,
) -> Result<Base, ArchiveError> {
    let unfinished: BTreeSet<SagaId> = journal.unfinished().await?.into_iter().collect();
    let mut rowless = unfinished.clone();
    rowless.extend(of_damaged_rows(journal));
    let mut after = None;
    loop {
        let rows = journal.summaries(after, ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.deployment);
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            let saga = row.saga;
            rowless.remove(&saga);
            let course = Course::of(saga, &unfinished);
            let is_over = course == Course::Ended;
            if is_over && !matters(&row, cutoff) {
                continue;
            }
            page.extend(match read(&mut base, journal, saga).await? {
                Found::Whole(entries) => {
                    let row = Box::new(row);
                    let (fate, old_row) =
                        if is_over { (Fate::Ends(row), None) } else { (Fate::Begins, Some(row)) };
                    let batch = Batch { saga, entries: entries.into(), fate };
                    Some(Archived { batch, old_row })
                }
                Found::Beginning(entries) => cut::beginning(saga, entries, 0, (course, Some(row))),
            });
        }
        base = add_page(base, page).await?;
    }
    let rowless: Vec<SagaId> = rowless.into_iter().collect();
    for sagas in rowless.chunks(ROWS) {
        let mut page = Vec::with_capacity(sagas.len());
        for saga in sagas.iter().copied() {
            let course = Course::of(saga, &unfinished);
            let is_over = course == Course::Ended;
            page.extend(match read(&mut base, journal, saga).await? {
                Found::Whole(entries) if is_over => match cut::row_of(&entries) {
                    Some(row) if !matters(&row, cutoff) => None,
                    Some(_) => cut::beginning(saga, entries, 0, (course, None)),
                    None => {
                        tracing::warn!(%saga, "its row is damaged, and its history leads to no end");
                        base.lacks.insert(saga);
                        cut::beginning(saga, entries, 0, (course, None))
                    }
                },
                Found::Whole(entries) => {
                    let batch = Batch { saga, entries: entries.into(), fate: Fate::Begins };
                    Some(Archived { batch, old_row: None })
                }
                Found::Beginning(entries) => cut::beginning(saga, entries, 0, (course, None)),
            });
        }
        base = add_page(base, page).await?;
    }
    Ok(base)
}

/// What the journal gives of a history.
enum Found {
    Whole(Vec<Entry>),
    /// What comes before the damage.
    Beginning(Vec<Entry>),
}

/// Reads a history as far as it can be trusted, and notes when that is not all of it.
async fn read(base: &mut Base, journal: &dyn Journal, saga: SagaId) -> Result<Found, ArchiveError> {
    match journal.history(saga).await {
        Ok(entries) => Ok(Found::Whole(entries)),
        Err(error) if error.is_damage() => {
            let entries = journal.salvage(saga).await?;
            let kept = entries.len();
            tracing::warn!(%saga, %error, kept, "the archive lacks the rest of a damaged history");
            base.lacks.insert(saga);
            Ok(Found::Beginning(entries))
        }
        Err(error) => Err(error.into()),
    }
}

/// The sagas whose rows are damaged.
fn of_damaged_rows(journal: &dyn Journal) -> Vec<SagaId> {
    let damaged = journal.damaged();
    for row in damaged.iter().filter(|row| row.saga.is_none()) {
        tracing::warn!(error = %row.error, "the archive lacks a row that belongs to no history");
    }
    damaged.into_iter().filter_map(|row| row.saga).collect()
}

/// Whether what has ended with this row must be kept: when something may be left of it, or when it
/// ended after `cutoff`.
pub(super) fn matters(row: &Summary, cutoff: Option<Timestamp>) -> bool {
    let Some(cutoff) = cutoff else { return true };
    let nothing_is_left = match row.standing {
        Standing::Failed | Standing::Cancelled | Standing::RolledBack => {
            !row.marks.contains(&StepMark::Skipped)
        }
        Standing::NeedsYou
        | Standing::RollingBack
        | Standing::Running
        | Standing::Held
        | Standing::Active
        | Standing::Abandoned => false,
    };
    !nothing_is_left || row.ended_at.unwrap_or(row.changed_at) >= cutoff
}

/// Writes off the async threads.
async fn add_page(mut base: Base, page: Vec<Archived>) -> Result<Base, ArchiveError> {
    let added = tokio::task::spawn_blocking(move || {
        page.iter().try_for_each(|archived| base.add(archived)).map(|()| base)
    });
    added.await.expect("writing lines does not panic, and a blocking task is not cancelled")
}

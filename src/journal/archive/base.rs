//! A base: a segment that stands for everything before it.
//!
//! It is written under another name and put in place when it is whole and synced, so that a crash
//! leaves either the base or what was there before. Only then may the older segments go.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::domain::id::SagaId;
use crate::domain::summary::{Standing, StepMark, Summary};
use crate::domain::time::Timestamp;
use crate::journal::archive::file::{OpenSegmentFile, SegmentFile};
use crate::journal::archive::line::{self, Archived, End, Header, Line, Record, Sum};
use crate::journal::archive::scan::Position;
use crate::journal::archive::segment::{Kind, Segment, UNFINISHED};
use crate::journal::archive::{ArchiveError, sync_names};
use crate::journal::sled::integrity::Witness;
use crate::journal::{Batch, Fate, Journal};

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
        Ok(Self { segment, newest, unfinished, file, written: 0, buffer, sum, records: 0 })
    }

    /// Adds what there is of a saga.
    pub(super) fn add(&mut self, archived: &Archived) -> Result<(), ArchiveError> {
        self.push(line::record(self.sum, self.newest, (0, 1), archived))
    }

    /// Adds a record of another segment.
    pub(super) fn carry(&mut self, record: &Record<'_>) -> Result<(), ArchiveError> {
        self.push(record.again(self.sum))
    }

    /// Makes it whole, durable and visible, in this order.
    pub(super) fn finish(mut self, dir: &Path) -> Result<Position, ArchiveError> {
        let end = End { records: self.records, prev: self.sum };
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
pub(super) async fn add_journal(
    mut base: Base,
    journal: &dyn Journal,
    cutoff: Option<Timestamp>,
) -> Result<Base, ArchiveError> {
    if let Some(damaged) = journal.damaged().into_iter().next() {
        return Err(damaged.error.into());
    }
    let unfinished: BTreeSet<SagaId> = journal.unfinished().await?.into_iter().collect();
    let mut written = BTreeSet::new();
    let mut after = None;
    loop {
        let rows = journal.summaries(after, ROWS).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.deployment);
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            let saga = row.saga;
            let going_on = unfinished.contains(&saga);
            if going_on || matters(&row, cutoff) {
                let entries = journal.history(saga).await?;
                written.insert(saga);
                let row = Box::new(row);
                let (fate, old_row) =
                    if going_on { (Fate::Begins, Some(row)) } else { (Fate::Ends(row), None) };
                page.push(Archived {
                    batch: Batch { saga, entries: entries.into(), fate },
                    old_row,
                });
            }
        }
        base = add_page(base, page).await?;
    }
    let rest: Vec<SagaId> = unfinished.difference(&written).copied().collect();
    for sagas in rest.chunks(ROWS) {
        let mut page = Vec::with_capacity(sagas.len());
        for saga in sagas.iter().copied() {
            let entries = journal.history(saga).await?;
            let batch = Batch { saga, entries: entries.into(), fate: Fate::Begins };
            page.push(Archived { batch, old_row: None });
        }
        base = add_page(base, page).await?;
    }
    Ok(base)
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

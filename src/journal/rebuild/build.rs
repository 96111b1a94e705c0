//! The journal that takes the place of the damaged one: built beside it, and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::slice;

use futures_util::future::join_all;
use tokio::sync::mpsc;

use crate::clock::{Clock, IdSource};
use crate::domain::aggregate::{Aggregate, Entry, Fact};
use crate::domain::deployment::Actor;
use crate::domain::id::SagaId;
use crate::domain::saga::event::{EventKind, Order};
use crate::journal::archive::{self, Archived};
use crate::journal::rebuild::known::{Course, Print, Sagas};
use crate::journal::rebuild::old::{Extent, Old};
use crate::journal::rebuild::{Plan, RebuildError};
use crate::journal::sled::SledJournal;
use crate::journal::sled::opening::Opening;
use crate::journal::{Batch, Fate, Journal as _, JournalError};

/// The folder in which it is built.
pub(super) const BUILDING: &str = "journal.rebuild";

/// How many groups of facts are appended at a time: they share one sync.
const APPENDS: usize = 512;

/// How many rows are read at a time.
const ROWS: usize = 256;

/// What was built.
pub(super) struct Built {
    /// The sagas that were held, by name.
    pub(super) held: Vec<String>,
}

/// Builds the journal in its folder, closes it, opens it again, and compares it with what it was built
/// from.
pub(super) async fn build(
    data_dir: &Path,
    sagas: Sagas,
    old: &Old,
    plan: &Plan,
    clock: &Clock,
    ids: &IdSource,
) -> Result<Built, RebuildError> {
    let dir = data_dir.join(BUILDING);
    // Half built by a rebuild that was killed, or built and never put in place: all of it is in the
    // archive.
    if let Err(source) = fs::remove_dir_all(&dir)
        && source.kind() != std::io::ErrorKind::NotFound
    {
        return Err(RebuildError::Swap { path: dir, source });
    }
    let built = build_in(&dir, data_dir, sagas, old, plan, (clock, ids)).await;
    if let Err(RebuildError::Journal(_) | RebuildError::Archive(_)) = &built {
        // What is half built is of no use, and a disk that is full needs the room. That it may stay
        // behind does no harm.
        let _ = fs::remove_dir_all(&dir);
    }
    built
}

async fn build_in(
    dir: &Path,
    data_dir: &Path,
    sagas: Sagas,
    old: &Old,
    plan: &Plan,
    (clock, ids): (&Clock, &IdSource),
) -> Result<Built, RebuildError> {
    let journal = open(dir, Some(plan)).await?;
    let filled = fill(&journal, data_dir, sagas, old, (clock, ids)).await;
    let closed = journal.close().await;
    let (sagas, held) = filled?;
    closed?;
    let journal = open(dir, None).await?;
    let verified = verify(&journal, &sagas).await;
    journal.close().await?;
    match verified? {
        None => Ok(Built { held }),
        Some(what) => Err(RebuildError::Unverified { path: dir.to_owned(), what }),
    }
}

async fn open(dir: &Path, new: Option<&Plan>) -> Result<SledJournal, JournalError> {
    let dir = dir.to_owned();
    let last = new.and_then(|plan| plan.archive.newest);
    let opened = tokio::task::spawn_blocking(move || Opening::of(&dir).continuing(last).open());
    opened.await.map_err(|_| JournalError::Closed)?
}

/// Writes everything into the journal, and gives back what is to be found there then.
async fn fill(
    journal: &SledJournal,
    data_dir: &Path,
    surveyed: Sagas,
    old: &Old,
    (clock, ids): (&Clock, &IdSource),
) -> Result<(Sagas, Vec<String>), RebuildError> {
    let (found_tx, mut found_rx) = mpsc::channel(APPENDS);
    let folder = data_dir.join(archive::FOLDER);
    let reading = tokio::task::spawn_blocking(move || {
        let read = Sagas::read(&folder, |archived| {
            // Nobody takes it when the journal cannot be written: then that is the error.
            let _ = found_tx.blocking_send(archived);
        });
        read.map(|(_, sagas)| sagas)
    });
    let mut page = Vec::with_capacity(APPENDS);
    while found_rx.recv_many(&mut page, APPENDS).await > 0 {
        append(journal, page.drain(..)).await?;
    }
    let read = reading.await.expect("reading lines does not panic, nor is it cancelled");
    let mut sagas = read?;
    for (saga, known) in surveyed.iter().filter(|(_, known)| known.salvaged > 0) {
        let next = known.next - known.salvaged;
        if let Some((archived, extent)) = old.beyond(*saga, next).await {
            append(journal, [archived.clone()].into_iter()).await?;
            sagas.salvage(&archived, extent);
        }
    }
    let cut: Vec<SagaId> = sagas
        .iter()
        .filter(|(_, known)| known.cut && known.next > 0 && known.is_unfinished())
        .map(|(saga, _)| *saga)
        .collect();
    let mut held = Vec::new();
    for saga in cut {
        if let Some(hold) = hold(&journal.history(saga).await?, clock, ids) {
            let batch = Batch { saga, entries: vec![hold].into(), fate: Fate::GoesOn };
            let archived = Archived { batch, old_row: None };
            append(journal, [archived.clone()].into_iter()).await?;
            held.push(sagas.get(saga).name(saga));
            sagas.salvage(&archived, Extent::All);
        }
    }
    Ok((sagas, held))
}

async fn append(
    journal: &SledJournal,
    page: impl Iterator<Item = Archived>,
) -> Result<(), JournalError> {
    let mut sagas: BTreeMap<SagaId, Vec<Batch>> = BTreeMap::new();
    for batch in page.flat_map(batches) {
        sagas.entry(batch.saga).or_default().push(batch);
    }
    // Those of one saga one after the other: what is asked for at once is asked for in any order. Those of
    // several share a sync.
    let appends = sagas.into_values().map(async |batches| {
        for batch in batches {
            journal.append(batch).await?;
        }
        Ok(())
    });
    join_all(appends).await.into_iter().collect()
}

/// What is to be appended. A saga that had ended and goes on again has a row, and is unfinished: it
/// ends, and begins again with its last entry.
fn batches(Archived { batch, old_row }: Archived) -> Vec<Batch> {
    let Some(row) = old_row else { return vec![batch] };
    match batch.entries.split_last() {
        Some((last, before)) if !before.is_empty() => {
            let of =
                |entries: &[Entry], fate| Batch { saga: batch.saga, entries: entries.into(), fate };
            vec![of(before, Fate::Ends(row)), of(slice::from_ref(last), Fate::Begins)]
        }
        Some(_) | None => vec![batch],
    }
}

/// The order to hold, where the law allows one: nobody knows what the saga was told in the part that
/// is lost. On the way back it may go on: undoing is what it was told, and it is safe twice.
fn hold(history: &[Entry], clock: &Clock, ids: &IdSource) -> Option<Entry> {
    let mut aggregate = Aggregate::from_history(history).ok()?;
    let by = Actor::Operator("rebuild".to_owned());
    let kind = EventKind::Ordered { command: ids.command(), by, order: Order::Hold };
    let entry = Entry { seq: aggregate.next_seq(), at: clock.now(), fact: Fact::Saga(kind) };
    aggregate.apply(&entry).ok().map(|()| entry)
}

/// What differs between the journal and what should be in it, if anything does.
async fn verify(journal: &SledJournal, sagas: &Sagas) -> Result<Option<String>, JournalError> {
    let mut expected_rows = BTreeMap::new();
    let mut expected_unfinished = BTreeSet::new();
    for (saga, known) in sagas.iter().filter(|(_, known)| known.next > 0) {
        let entries = journal.history(*saga).await?;
        if entries.len() as u64 != known.next || Print::of(&entries) != known.print {
            return Ok(Some(format!("the history of {saga} differs")));
        }
        expected_rows.extend(known.row);
        match known.course {
            Course::Unfinished => expected_unfinished.insert(*saga),
            Course::Ended => false,
        };
    }
    let unfinished: BTreeSet<SagaId> = journal.unfinished().await?.into_iter().collect();
    if unfinished != expected_unfinished {
        return Ok(Some("the sagas that have not ended differ".to_owned()));
    }
    let mut rows = BTreeMap::new();
    loop {
        let page = journal.summaries(rows.keys().next_back().copied(), ROWS).await?;
        if page.is_empty() {
            break;
        }
        rows.extend(page.iter().map(|row| (row.deployment, Print::of_row(row))));
    }
    Ok((rows != expected_rows).then(|| "the rows differ".to_owned()))
}

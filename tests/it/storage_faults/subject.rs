//! A journal to be damaged, and what was acknowledged when it was written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arcadia::domain::aggregate::Entry;
use arcadia::domain::id::{DeploymentId, SagaId};
use arcadia::domain::summary::Summary;
use arcadia::journal::sled::SledJournal;
use arcadia::journal::sled::integrity::Witness;
use arcadia::journal::{Fate, Journal, JournalError};
use futures_util::future::join_all;
use tempfile::TempDir;

use crate::journal_contract::{append, lines, row};
use crate::journal_sled::marked;
use crate::support::database::copy;

/// How many sagas there are: the first third ends early, the second late, the last goes on.
const SAGAS: u128 = 30;

/// How many records each has: half of them are in the older copy.
const RECORDS: u64 = 16;

/// A journal to be damaged, in three copies.
pub(super) struct Subject {
    _parent: TempDir,
    pub(super) older: PathBuf,
    /// As it is after it was closed.
    pub(super) closed: PathBuf,
    /// As a kill leaves it.
    pub(super) killed: PathBuf,
    pub(super) witness: Witness,
    pub(super) acknowledged: Acknowledged,
}

/// What was acknowledged.
#[derive(Default)]
pub(super) struct Acknowledged {
    pub(super) histories: BTreeMap<SagaId, Vec<Entry>>,
    pub(super) unfinished: Vec<SagaId>,
    pub(super) rows: BTreeMap<DeploymentId, Summary>,
}

impl Subject {
    pub(super) async fn new() -> Self {
        let parent = TempDir::new().unwrap();
        let [dir, older, closed, killed] =
            ["journal", "older", "closed", "killed"].map(|name| parent.path().join(name));
        let mut acknowledged = Acknowledged::default();
        let journal = SledJournal::open(&dir).unwrap();
        write(&journal, 0..RECORDS / 2, &mut acknowledged).await;
        journal.close().await.unwrap();
        copy(&dir, &older);
        let journal = SledJournal::open(&dir).unwrap();
        write(&journal, RECORDS / 2..RECORDS, &mut acknowledged).await;
        copy(&dir, &killed);
        let log = journal.commits();
        let newest = *log.newest().borrow();
        let before = arcadia::journal::sled::commits::GroupNumber(newest.0 - 1);
        let commit = log.after(before, 1).unwrap().remove(0);
        journal.close().await.unwrap();
        copy(&dir, &closed);
        let witness = Witness { group: commit.group, link: commit.link };
        Self { _parent: parent, older, closed, killed, witness, acknowledged }
    }
}

impl Acknowledged {
    /// Compares what a journal says with what was acknowledged: how many things it says are damaged.
    /// What is neither as it was nor said to be damaged is lost unnoticed: that is the error.
    pub(super) async fn compare(&self, journal: &SledJournal) -> Result<usize, String> {
        let mut noticed = 0;
        for (saga, expected) in &self.histories {
            match journal.history(*saga).await {
                Ok(entries) if entries == *expected => {}
                Ok(entries) => {
                    let (there, written) = (entries.len(), expected.len());
                    return Err(format!("{saga} has {there} of {written} entries, without a word"));
                }
                Err(JournalError::Closed) => return Err("it is closed".to_owned()),
                Err(_) => noticed += 1,
            }
        }
        match journal.unfinished().await {
            Ok(unfinished) if unfinished == self.unfinished => {}
            Ok(_) => return Err("other sagas are unfinished, without a word".to_owned()),
            Err(_) => noticed += 1,
        }
        let named = journal.damaged();
        let Ok(rows) = journal.summaries(None, usize::MAX).await else { return Ok(noticed + 1) };
        let mut missing = self.rows.clone();
        for row in rows {
            if missing.remove(&row.deployment) != Some(row) {
                return Err("a row is another than was written, without a word".to_owned());
            }
        }
        for deployment in missing.keys() {
            if !named.iter().any(|damaged| damaged.deployment == Some(*deployment)) {
                return Err(format!("the row of {deployment} is missing, without a word"));
            }
            noticed += 1;
        }
        Ok(noticed)
    }
}

async fn write(
    journal: &SledJournal,
    records: std::ops::Range<u64>,
    acknowledged: &mut Acknowledged,
) {
    for record in records {
        let appends = (0..SAGAS).filter_map(|number| {
            let saga = SagaId::from_u128(number);
            let (entries, fate) = planned(number, record)?;
            match &fate {
                Fate::Begins => acknowledged.unfinished.push(saga),
                Fate::GoesOn => {}
                Fate::Ends(row) => {
                    acknowledged.unfinished.retain(|unfinished| *unfinished != saga);
                    acknowledged.rows.insert(row.deployment, (**row).clone());
                }
            }
            acknowledged.histories.entry(saga).or_default().extend(entries.clone());
            Some(append(journal, saga, entries, fate))
        });
        let appends: Vec<_> = appends.collect();
        assert!(join_all(appends).await.iter().all(Result::is_ok));
        journal.append_logs(SagaId::from_u128(1), lines(record..record + 1)).await.unwrap();
    }
    acknowledged.unfinished.sort();
}

/// What saga number `number` is appended as its record number `record`, if it goes so far.
fn planned(number: u128, record: u64) -> Option<(Vec<Entry>, Fate)> {
    let saga = SagaId::from_u128(number);
    let last = match number / (SAGAS / 3) {
        0 => RECORDS / 4,
        1 => RECORDS - 1,
        _ => RECORDS,
    };
    let fate = match record {
        0 => Fate::Begins,
        record if record == last => Fate::Ends(Box::new(row(number + 100, saga, "up"))),
        _ => Fate::GoesOn,
    };
    // Some records are a few bytes, and some take several pieces.
    let len = 200 + (usize::try_from(number).unwrap() * 701) % 9_000;
    (record <= last).then(|| (marked(record, &"x".repeat(len)), fate))
}

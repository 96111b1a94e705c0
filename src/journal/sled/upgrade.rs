//! Brings a journal of form 1 up to date: makes the heads of its histories.
//!
//! The records stay as they are; links are counted over them as over those that carry one. The tail is
//! written last, and until it is the journal is one of form 1: an upgrade that was cut begins anew.

use std::collections::{BTreeMap, BTreeSet};

use ::sled::Batch;

use crate::domain::id::SagaId;
use crate::journal::JournalError;
use crate::journal::record;
use crate::journal::sled::chain::Digest;
use crate::journal::sled::heads::{Course, Head, RowSeal};
use crate::journal::sled::keys;
use crate::journal::sled::pieces::Values;
use crate::journal::sled::reader::{self, Chain};
use crate::journal::sled::store::{Store, TreeName, Write};
use crate::journal::sled::tail::Tail;

/// How many heads are written at once: memory for a few megabytes, whatever the journal holds.
const HEADS_AT_ONCE: usize = 4_096;

/// Makes heads and a tail for a journal in which `groups` groups were written.
///
/// A history of which a record makes no sense gets the head of what comes before it: reading it says
/// what is wrong, and nothing is appended to it.
///
/// # Errors
/// When the database cannot be read or written; it is one of form 1 then, as before.
pub(super) fn run(
    store: &Store,
    groups: u64,
    sync: impl Fn() -> Result<(), JournalError>,
) -> Result<Tail, JournalError> {
    let write = |error| store.read_error(&error);
    // Left by an upgrade that was cut.
    store.heads.clear().map_err(write)?;
    let unfinished = older_unfinished(store)?;
    let rows = rows(store)?;
    let mut heads = Heads { store, digest: Digest::default(), batch: Batch::default(), held: 0 };
    let mut current: Option<Chain> = None;
    let mut broken = None;
    let finish = |chain: Chain, heads: &mut Heads<'_>| {
        let saga = chain.saga();
        let course = if unfinished.contains(&saga) { Course::Unfinished } else { Course::Ended };
        heads.put(saga, chain.into_head(course, rows.get(&saga).copied()))
    };
    for group in Values::new(store, store.events.iter(), keys::NUMBERED_LEN) {
        let (key, bytes) = group?;
        let saga = keys::saga(&key).ok_or_else(|| reader::strange_key(store))?;
        let mut chain = match current.take() {
            Some(chain) if chain.saga() == saga => chain,
            Some(chain) => {
                finish(chain, &mut heads)?;
                Chain::new(saga)
            }
            None => Chain::new(saga),
        };
        if broken != Some(saga)
            && let Err(error) = chain.follow(store, &key, &bytes)
        {
            tracing::warn!(%saga, %error, "a history of an older journal makes no sense");
            broken = Some(saga);
        }
        current = Some(chain);
    }
    if let Some(chain) = current {
        finish(chain, &mut heads)?;
    }
    heads.write()?;
    store.flush().map_err(write)?;
    // A tail that is durable before its heads would call a journal damaged that is not.
    sync()?;
    let tail = Tail { groups, digest: heads.digest, ..Tail::default() };
    let value = Some(tail.to_bytes().into());
    let noted = Write { tree: TreeName::Meta, key: keys::TAIL.into(), value };
    store.apply(&[noted]).map_err(write)?;
    store.flush().map_err(write)?;
    sync()?;
    tracing::info!(groups, "the journal was brought up to date: its histories have heads");
    Ok(tail)
}

/// Heads on their way into the tree.
struct Heads<'a> {
    store: &'a Store,
    digest: Digest,
    batch: Batch,
    held: usize,
}

impl Heads<'_> {
    fn put(&mut self, saga: SagaId, head: Head) -> Result<(), JournalError> {
        let (key, bytes) = (saga.to_bytes(), head.to_bytes());
        self.digest = self.digest.with(&key, &bytes);
        self.batch.insert(&key, bytes);
        self.held += 1;
        if self.held == HEADS_AT_ONCE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<(), JournalError> {
        self.held = 0;
        let batch = std::mem::take(&mut self.batch);
        self.store.heads.apply_batch(batch).map_err(|error| self.store.read_error(&error))
    }
}

fn older_unfinished(store: &Store) -> Result<BTreeSet<SagaId>, JournalError> {
    let keys = store.older_unfinished()?.iter().keys();
    keys.map(|key| {
        let key = key.map_err(|error| store.read_error(&error))?;
        keys::saga(&key).ok_or_else(|| reader::strange_key(store))
    })
    .collect()
}

/// What will vouch for the rows, by the sagas that they name.
fn rows(store: &Store) -> Result<BTreeMap<SagaId, RowSeal>, JournalError> {
    let rows = Values::new(store, store.summaries.iter(), keys::ID_LEN).filter_map(|row| {
        let (key, bytes) = match row {
            Ok(row) => row,
            Err(error) => return Some(Err(error)),
        };
        let Some(deployment) = keys::deployment(&key) else {
            return Some(Err(reader::strange_key(store)));
        };
        match record::decode_summary(&bytes) {
            Ok(row) => Some(Ok((row.saga, RowSeal::of(deployment, &bytes)))),
            Err(error) => {
                tracing::warn!(%deployment, %error, "a row of an older journal makes no sense");
                None
            }
        }
    });
    rows.collect()
}

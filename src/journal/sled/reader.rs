//! Reading: ranges of keys, put together and decoded.

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;
use crate::domain::summary::Summary;
use crate::journal::sled::keys;
use crate::journal::sled::pieces::Values;
use crate::journal::sled::store::{Store, read_error};
use crate::journal::{JournalError, record};

/// A saga's whole history.
pub(super) fn history(store: &Store, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
    let mut entries = Vec::new();
    for group in Values::new(store.events.scan_prefix(saga.to_bytes()), keys::NUMBERED_LEN) {
        let (key, bytes) = group?;
        let first = keys::number(&key).ok_or_else(strange_key)?;
        entries.extend(record::decode_entries(saga, first, &bytes)?);
    }
    Ok(entries)
}

/// The number that the next entry of a saga must carry.
pub(super) fn next_seq(store: &Store, saga: SagaId) -> Result<u64, JournalError> {
    let Some(last) = last_number(&store.events, saga)? else { return Ok(0) };
    let range = store.events.range(keys::numbered(saga, last).to_vec()..=end(saga));
    let mut entries = 0;
    for group in Values::new(range, keys::NUMBERED_LEN) {
        let (_, bytes) = group?;
        entries = record::decode_entries(saga, last, &bytes)?.len() as u64;
    }
    Ok(last + entries)
}

/// The sagas that have not ended.
pub(super) fn unfinished(store: &Store) -> Result<Vec<SagaId>, JournalError> {
    let keys = store.unfinished.iter().keys();
    keys.map(|key| keys::saga(&key.map_err(|error| read_error(&error))?).ok_or_else(strange_key))
        .collect()
}

/// A page of rows.
pub(super) fn summaries(
    store: &Store,
    after: Option<DeploymentId>,
    limit: usize,
) -> Result<Vec<Summary>, JournalError> {
    let range = match after {
        Some(after) => store.summaries.range(keys::after_row(after)..),
        None => store.summaries.iter(),
    };
    let rows = Values::new(range, keys::ID_LEN).take(limit);
    rows.map(|row| record::decode_summary(&row?.1)).collect()
}

/// A page of log lines.
pub(super) fn logs(
    store: &Store,
    saga: SagaId,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, LogLine)>, JournalError> {
    let first = match after {
        Some(after) => after.checked_add(1),
        // Numbers have no gaps, so the last ones can be counted back to.
        None => last_number(&store.logs, saga)?.map(|last| (last + 1).saturating_sub(limit as u64)),
    };
    let Some(first) = first else { return Ok(Vec::new()) };
    let range = store.logs.range(keys::numbered(saga, first).to_vec()..=end(saga));
    let lines = Values::new(range, keys::NUMBERED_LEN).take(limit);
    lines
        .map(|line| {
            let (key, bytes) = line?;
            let number = keys::number(&key).ok_or_else(strange_key)?;
            Ok((number, record::decode_log(saga, number, &bytes)?))
        })
        .collect()
}

/// The number of the last thing of a saga in a tree of numbered things.
pub(super) fn last_number(tree: &::sled::Tree, saga: SagaId) -> Result<Option<u64>, JournalError> {
    match tree.scan_prefix(saga.to_bytes()).next_back() {
        Some(last) => keys::number(&last.map_err(|error| read_error(&error))?.0)
            .map(Some)
            .ok_or_else(strange_key),
        None => Ok(None),
    }
}

/// The number of the first thing of a saga in a tree of numbered things.
pub(super) fn first_number(tree: &::sled::Tree, saga: SagaId) -> Result<Option<u64>, JournalError> {
    match tree.scan_prefix(saga.to_bytes()).next() {
        Some(first) => keys::number(&first.map_err(|error| read_error(&error))?.0)
            .map(Some)
            .ok_or_else(strange_key),
        None => Ok(None),
    }
}

/// A key that sorts after everything of a saga.
fn end(saga: SagaId) -> Vec<u8> {
    let mut key = keys::numbered(saga, u64::MAX).to_vec();
    key.extend([0xff; 3]);
    key
}

fn strange_key() -> JournalError {
    JournalError::Read { reason: "it holds a key that this program did not write".to_owned() }
}

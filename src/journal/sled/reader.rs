//! Reading: ranges of keys, put together, checked against their heads, and decoded.

use ::sled::Tree;

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::summary::Summary;
use crate::journal::sled::chain::Link;
use crate::journal::sled::guard::guarded;
use crate::journal::sled::heads::{Course, Head, RowSeal};
use crate::journal::sled::keys;
use crate::journal::sled::pieces::Values;
use crate::journal::sled::store::Store;
use crate::journal::{JournalError, record};

/// A saga's whole history, checked.
pub(super) fn history(store: &Store, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
    let mut chain = Chain::new(saga);
    let mut entries = Vec::new();
    for group in Values::new(store, store.events.scan_prefix(saga.to_bytes()), keys::NUMBERED_LEN) {
        let (key, bytes) = group?;
        entries.extend(chain.follow(store, &key, &bytes)?);
    }
    chain.reaches(head(store, saga)?)?;
    Ok(entries)
}

/// What comes before the first damage in a saga's history.
pub(super) fn salvage(store: &Store, saga: SagaId) -> Vec<Entry> {
    let mut chain = Chain::new(saga);
    let mut entries = Vec::new();
    let mut groups =
        Values::new(store, store.events.scan_prefix(saga.to_bytes()), keys::NUMBERED_LEN);
    // Guarded one by one: what was read before sled breaks off is kept.
    while let Ok(Some(group)) = guarded(|| groups.next().transpose(), |what| store.damaged(what)) {
        let Ok(more) = chain.follow(store, &group.0, &group.1) else { break };
        entries.extend(more);
    }
    entries
}

/// The record of a saga whose first entry has this number.
pub(super) fn record_at(store: &Store, saga: SagaId, first: u64) -> Result<Vec<u8>, JournalError> {
    let range = store.events.scan_prefix(keys::numbered(saga, first));
    match Values::new(store, range, keys::NUMBERED_LEN).next() {
        Some(record) => Ok(record?.1),
        None => {
            Err(JournalError::History { saga, seq: first, what: "they are missing".to_owned() })
        }
    }
}

/// A saga's head; of a saga that was never heard of, [`Head::NONE`].
pub(super) fn head(store: &Store, saga: SagaId) -> Result<Head, JournalError> {
    let head = store.heads.get(saga.to_bytes()).map_err(|error| store.read_error(&error))?;
    head.map_or(Ok(Head::NONE), |bytes| decode_head(store, saga, &bytes))
}

/// Every head, in the order of the sagas' ids, with its written form.
pub(super) fn heads(
    store: &Store,
) -> impl Iterator<Item = Result<(SagaId, Head, ::sled::IVec), JournalError>> + '_ {
    store.heads.iter().map(|head| {
        let (key, bytes) = head.map_err(|error| store.read_error(&error))?;
        let saga = keys::saga(&key).ok_or_else(|| strange_key(store))?;
        Ok((saga, decode_head(store, saga, &bytes)?, bytes))
    })
}

/// The sagas that have not ended.
pub(super) fn unfinished(store: &Store) -> Result<Vec<SagaId>, JournalError> {
    let unfinished = heads(store).filter_map(|head| match head {
        Ok((saga, head, _)) => (head.course == Course::Unfinished).then_some(Ok(saga)),
        Err(error) => Some(Err(error)),
    });
    unfinished.collect()
}

/// A page of rows. Those that are damaged are left out: the check at the opening has named them.
pub(super) fn summaries(
    store: &Store,
    after: Option<DeploymentId>,
    limit: usize,
) -> Result<Vec<Summary>, JournalError> {
    let range = match after {
        Some(after) => store.summaries.range(keys::after_row(after)..),
        None => store.summaries.iter(),
    };
    let rows = Values::new(store, range, keys::ID_LEN)
        .map(|row| row.and_then(|(key, bytes)| self::row(store, &key, &bytes)));
    let whole = rows.filter(|row| !matches!(row, Err(JournalError::Row { .. })));
    whole.take(limit).collect()
}

/// The row that these bytes hold, if its saga's head vouches for it.
pub(super) fn row(store: &Store, key: &[u8], bytes: &[u8]) -> Result<Summary, JournalError> {
    let deployment = keys::deployment(key).ok_or_else(|| strange_key(store))?;
    let row = record::decode_summary(bytes)
        .map_err(|error| if is_newer(&error) { error } else { JournalError::Row { deployment } })?;
    match head(store, row.saga)?.row {
        Some(seal) if seal == RowSeal::of(deployment, bytes) => Ok(row),
        Some(_) | None => Err(JournalError::Row { deployment }),
    }
}

/// A page of log lines.
pub(super) fn logs(
    store: &Store,
    saga: SagaId,
    page: LogPage,
    limit: usize,
) -> Result<Vec<(u64, LogLine)>, JournalError> {
    // Numbers have no gaps, so the first one can be counted back to.
    let from = |end: u64| end.saturating_sub(limit as u64);
    let (first, last) = match page {
        LogPage::After(after) => (after.checked_add(1), end(saga)),
        LogPage::Before(end) => (Some(from(end)), keys::numbered(saga, end).to_vec()),
        LogPage::Last => {
            let last = last_number(store, &store.logs, saga)?;
            (last.map(|last| from(last + 1)), end(saga))
        }
    };
    let Some(first) = first else { return Ok(Vec::new()) };
    let range = store.logs.range(keys::numbered(saga, first).to_vec()..last);
    let lines = Values::new(store, range, keys::NUMBERED_LEN).take(limit);
    lines
        .map(|line| {
            let (key, bytes) = line?;
            let number = keys::number(&key).ok_or_else(|| strange_key(store))?;
            Ok((number, record::decode_log(saga, number, &bytes)?))
        })
        .collect()
}

/// The number of the last thing of a saga in a tree of numbered things.
pub(super) fn last_number(
    store: &Store,
    tree: &Tree,
    saga: SagaId,
) -> Result<Option<u64>, JournalError> {
    match tree.scan_prefix(saga.to_bytes()).next_back() {
        Some(last) => keys::number(&last.map_err(|error| store.read_error(&error))?.0)
            .map(Some)
            .ok_or_else(|| strange_key(store)),
        None => Ok(None),
    }
}

/// The number of the first thing of a saga in a tree of numbered things.
pub(super) fn first_number(
    store: &Store,
    tree: &Tree,
    saga: SagaId,
) -> Result<Option<u64>, JournalError> {
    match tree.scan_prefix(saga.to_bytes()).next() {
        Some(first) => keys::number(&first.map_err(|error| store.read_error(&error))?.0)
            .map(Some)
            .ok_or_else(|| strange_key(store)),
        None => Ok(None),
    }
}

/// A history that is being read: how far it is, and what vouches for it so far.
pub(super) struct Chain {
    saga: SagaId,
    next: u64,
    link: Link,
}

impl Chain {
    pub(super) fn new(saga: SagaId) -> Self {
        Self { saga, next: 0, link: Link::START }
    }

    pub(super) fn saga(&self) -> SagaId {
        self.saga
    }

    /// Takes the next record in, and gives its entries.
    pub(super) fn follow(
        &mut self,
        store: &Store,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<Vec<Entry>, JournalError> {
        let first = keys::number(key).ok_or_else(|| strange_key(store))?;
        if first != self.next {
            return Err(self.damaged(format!("what follows begins with entry {first}")));
        }
        let link = self.link.of_record(self.saga, first, bytes);
        let stated = record::around_link(bytes).map(|(_, stated, _)| stated);
        if stated.is_some_and(|stated| *stated != *link.to_string().as_bytes()) {
            return Err(self.damaged("it is not as it was written".to_owned()));
        }
        let entries = record::decode_entries(self.saga, first, bytes)?;
        self.next += entries.len() as u64;
        self.link = link;
        Ok(entries)
    }

    /// Checks that this is the whole history, and the one that was written.
    pub(super) fn reaches(&self, head: Head) -> Result<(), JournalError> {
        if self.next != head.next {
            let what = format!("it ends there, and {} entries were written", head.next);
            return Err(self.damaged(what));
        }
        if self.link != head.link {
            let what = "one of the entries is not as it was written".to_owned();
            return Err(JournalError::History { saga: self.saga, seq: 0, what });
        }
        Ok(())
    }

    /// The head of a saga whose history this is.
    pub(super) fn into_head(self, course: Course, row: Option<RowSeal>) -> Head {
        Head { next: self.next, link: self.link, course, row }
    }

    fn damaged(&self, what: String) -> JournalError {
        JournalError::History { saga: self.saga, seq: self.next, what }
    }
}

fn decode_head(store: &Store, saga: SagaId, bytes: &[u8]) -> Result<Head, JournalError> {
    Head::from_bytes(bytes)
        .ok_or_else(|| store.damaged(format!("the head of {saga} makes no sense")))
}

fn is_newer(error: &JournalError) -> bool {
    matches!(error, JournalError::Newer { .. })
}

/// A key that sorts after everything of a saga.
fn end(saga: SagaId) -> Vec<u8> {
    let mut key = keys::numbered(saga, u64::MAX).to_vec();
    key.extend([0xff; 3]);
    key
}

pub(super) fn strange_key(store: &Store) -> JournalError {
    store.damaged("it holds a key that this program did not write".to_owned())
}

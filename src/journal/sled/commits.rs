//! The commit log: every group that was written, in order, for whoever follows the journal.
//!
//! A commit is written in the transaction of its group, so there is one for every group that counts
//! and for no other. It names the records of the group and carries the rows; the facts themselves are
//! read from the records. Each commit holds the link of the one before it, so that a follower sees that
//! it missed nothing, and that the journal is still the one that it followed.
//!
//! A follower reads with [`CommitLog::after`], says how far it is safe with [`CommitLog::forget`], and
//! the commits up to there are dropped with the next group, at no flush of their own. Nobody has to
//! follow: of the commits that nobody forgets only the last [`COMMITS_KEPT`] are kept, and a follower
//! that finds its place gone must take the histories as they are.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use crate::domain::aggregate::Entry;
use crate::journal::sled::chain::Link;
use crate::journal::sled::commit_record::{CommitRecord, Member, Turn};
use crate::journal::sled::integrity::Witness;
use crate::journal::sled::pieces::Values;
use crate::journal::sled::shared::Shared;
use crate::journal::sled::store::Store;
use crate::journal::sled::tail::{Found, Tail};
use crate::journal::sled::{keys, reader};
use crate::journal::{Batch, Fate, JournalError, record};

/// How many commits are kept when nobody forgets them: minutes at full load, and days of an ordinary
/// one. A commit takes about 50 bytes and 37 for each append in it, so they are a few megabytes, and
/// half a gigabyte if every one of them held as many appends as may wait.
pub const COMMITS_KEPT: u64 = 16_384;

/// How many commits are dropped with one group at most. More than one, so that a long log shrinks
/// while the journal is written; few, so that no append waits for it.
pub(super) const FORGOTTEN_AT_ONCE: u64 = 64;

/// The number of a group: the first is 1, and there are no gaps. Zero stands before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GroupNumber(pub u64);

impl fmt::Display for GroupNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A group that was written, and is durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its number.
    pub group: GroupNumber,
    /// The link of the commit before it.
    pub before: Link,
    /// Its own link.
    pub link: Link,
    /// What was appended, in order, as it was handed in.
    pub batches: Vec<Batch>,
}

/// A way to follow the journal. It reads the disk: use it in a thread of its own, or off the async
/// threads. Once the journal is closed, every read answers [`JournalError::Closed`].
#[derive(Clone)]
pub struct CommitLog {
    shared: Arc<Shared>,
}

impl CommitLog {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The number of the newest durable group, and a word whenever there is a newer one. The sender is
    /// gone once the journal is closed and everything is written.
    pub fn newest(&self) -> watch::Receiver<GroupNumber> {
        self.shared.durable.receiver()
    }

    /// The commits after that of `group`, oldest first, at most `limit`, and only durable ones. The
    /// first of them is not number `group` + 1 when commits in between were forgotten.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a commit or a record that it names is not as it was written.
    pub fn after(&self, group: GroupNumber, limit: usize) -> Result<Vec<Commit>, JournalError> {
        let newest = *self.newest().borrow();
        self.shared.read(|store| read(store, group, newest, limit))
    }

    /// The number of the oldest commit that is held; `None` when none is.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn oldest(&self) -> Result<Option<GroupNumber>, JournalError> {
        self.shared.read(oldest)
    }

    /// The last group that was written, as a witness of the journal; `None` before the first. Only
    /// while nobody appends is it sure to be durable.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn last(&self) -> Result<Option<Witness>, JournalError> {
        let found = self.shared.read(Store::tail)?;
        Ok(found.and_then(Found::tail).and_then(Tail::witness))
    }

    /// Lets go of the commits up to that of `group`. They are dropped along with the next groups.
    pub fn forget(&self, group: GroupNumber) {
        self.shared.durable.forget(group);
    }
}

impl fmt::Debug for CommitLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitLog")
            .field("newest", &*self.newest().borrow())
            .finish_non_exhaustive()
    }
}

/// The number of the oldest commit that is held.
pub(super) fn oldest(store: &Store) -> Result<Option<GroupNumber>, JournalError> {
    let first = store.commits.first().map_err(|error| store.read_error(&error))?;
    first
        .map(|(key, _)| {
            keys::group(&key).map(GroupNumber).ok_or_else(|| store.damaged(STRANGE_KEY.to_owned()))
        })
        .transpose()
}

/// The link of the commit of a group, if it is held.
pub(super) fn link(store: &Store, group: GroupNumber) -> Result<Option<Link>, JournalError> {
    let pieces = store.commits.scan_prefix(keys::of_group(group.0));
    match Values::new(store, pieces, keys::GROUP_LEN).next() {
        Some(commit) => {
            let (key, bytes) = commit?;
            Ok(Some(decoded(store, &key, &bytes)?.1.link))
        }
        None => Ok(None),
    }
}

/// The commits that are held, oldest first: number, link before, and link; each is checked by itself.
pub(super) fn held(
    store: &Store,
) -> impl Iterator<Item = Result<(GroupNumber, Link, Link), JournalError>> + '_ {
    Values::new(store, store.commits.iter(), keys::GROUP_LEN).map(|commit| {
        let (key, bytes) = commit?;
        let (group, commit) = decoded(store, &key, &bytes)?;
        Ok((group, commit.before, commit.link))
    })
}

fn read(
    store: &Store,
    after: GroupNumber,
    newest: GroupNumber,
    limit: usize,
) -> Result<Vec<Commit>, JournalError> {
    let Some(first) = after.0.checked_add(1).filter(|first| *first <= newest.0) else {
        return Ok(Vec::new());
    };
    // The pieces of the last one sort behind its key, and before the next.
    let range = match newest.0.checked_add(1) {
        Some(end) => store.commits.range(keys::of_group(first)..keys::of_group(end)),
        None => store.commits.range(keys::of_group(first)..),
    };
    let mut commits: Vec<Commit> = Vec::new();
    for commit in Values::new(store, range, keys::GROUP_LEN).take(limit) {
        let (key, bytes) = commit?;
        let (group, commit) = decoded(store, &key, &bytes)?;
        if commits
            .last()
            .is_some_and(|last| last.group.0 + 1 != group.0 || last.link != commit.before)
        {
            return Err(store.damaged(format!("commit {group} does not follow the one before it")));
        }
        let batches = commit.members.into_iter().map(|member| {
            let entries = entries(store, &member)?;
            let fate = match member.turn {
                Turn::Begins => Fate::Begins,
                Turn::GoesOn => Fate::GoesOn,
                Turn::Ends(row) => Fate::Ends(Box::new(record::decode_summary(&row)?)),
            };
            Ok(Batch { saga: member.saga, entries: entries.into(), fate })
        });
        let batches = batches.collect::<Result<_, JournalError>>()?;
        commits.push(Commit { group, before: commit.before, link: commit.link, batches });
    }
    Ok(commits)
}

fn decoded(
    store: &Store,
    key: &[u8],
    bytes: &[u8],
) -> Result<(GroupNumber, CommitRecord), JournalError> {
    let group = keys::group(key).ok_or_else(|| store.damaged(STRANGE_KEY.to_owned()))?;
    let commit = CommitRecord::from_bytes(group, bytes)
        .ok_or_else(|| store.damaged(format!("commit {group} is not as it was written")))?;
    Ok((GroupNumber(group), commit))
}

/// The entries of one record, which a commit names.
fn entries(store: &Store, member: &Member) -> Result<Vec<Entry>, JournalError> {
    let Member { saga, first, count, seal, .. } = *member;
    let bytes = reader::record_at(store, saga, first)?;
    if Link::START.of_record(saga, first, &bytes) != seal {
        let what = format!("{count} entries are not as they were written");
        return Err(JournalError::History { saga, seq: first, what });
    }
    record::decode_entries(saga, first, &bytes)
}

const STRANGE_KEY: &str = "the commit log holds a key that this program did not write";

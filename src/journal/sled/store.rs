//! The database with its trees.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ::sled::transaction::{TransactionError, Transactional};
use ::sled::{Config, Db, IVec, Tree};

use crate::journal::JournalError;
use crate::journal::sled::guard::guarded;
use crate::journal::sled::tail::Found;
use crate::journal::sled::{folder, keys};

/// How much memory sled may use for pages: the unfinished sagas and the rows of a large installation
/// stay warm in it, and it is small beside the 1 GiB that sled would take.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How often and after which pause sled is opened again when it is locked. Our own lock proves that
/// no other process has it: only a thread of a database that was just closed can.
const LOCK_TRIES: u32 = 1_000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

const DATA_FILE: &str = "db";

/// The database with its trees. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Store {
    dir: Arc<Path>,
    db: Db,
    pub(super) events: Tree,
    pub(super) heads: Tree,
    pub(super) commits: Tree,
    pub(super) summaries: Tree,
    pub(super) logs: Tree,
    meta: Tree,
}

/// One change of one key.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) tree: TreeName,
    pub(super) key: IVec,
    /// `None` removes it.
    pub(super) value: Option<IVec>,
}

/// The trees that change together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TreeName {
    Events,
    Heads,
    Commits,
    Summaries,
    Meta,
}

impl Store {
    /// Opens the database in a folder that is locked. What is in it is still to be checked.
    pub(super) fn open(dir: &Path) -> Result<Self, JournalError> {
        folder::drop_unfinished_snapshots(dir).map_err(|error| folder::open_error(dir, &error))?;
        let store = Self::open_sled(dir)?;
        folder::close_to_others(dir)
            .and_then(|()| folder::sync_names(dir))
            .map_err(|error| folder::open_error(dir, &error))?;
        Ok(store)
    }

    /// The value of a key.
    pub(super) fn get(&self, tree: TreeName, key: &[u8]) -> Result<Option<IVec>, ::sled::Error> {
        let tree = match tree {
            TreeName::Events => &self.events,
            TreeName::Heads => &self.heads,
            TreeName::Commits => &self.commits,
            TreeName::Summaries => &self.summaries,
            TreeName::Meta => &self.meta,
        };
        tree.get(key)
    }

    /// Applies the changes, all or none.
    pub(super) fn apply(&self, writes: &[Write]) -> Result<(), ::sled::Error> {
        let trees = (&self.events, &self.heads, &self.commits, &self.summaries, &self.meta);
        let applied = trees.transaction(|(events, heads, commits, summaries, meta)| {
            for Write { tree, key, value } in writes {
                let view = match tree {
                    TreeName::Events => events,
                    TreeName::Heads => heads,
                    TreeName::Commits => commits,
                    TreeName::Summaries => summaries,
                    TreeName::Meta => meta,
                };
                match value {
                    Some(value) => view.insert(key, value)?,
                    None => view.remove(key)?,
                };
            }
            Ok(())
        });
        applied.map_err(|error: TransactionError<()>| match error {
            TransactionError::Storage(error) => error,
            TransactionError::Abort(()) => {
                ::sled::Error::ReportableBug("a transaction that never aborts did".to_owned())
            }
        })
    }

    /// Hands everything to the operating system. Not durable yet: see `data_file`.
    pub(super) fn flush(&self) -> Result<(), ::sled::Error> {
        self.db.flush().map(drop)
    }

    /// The tail; `None` when there is none.
    pub(super) fn tail(&self) -> Result<Option<Found>, JournalError> {
        let bytes = self.meta.get(keys::TAIL).map_err(|error| self.read_error(&error))?;
        Ok(bytes.map(|bytes| Found::from_bytes(&bytes)))
    }

    /// The index of unfinished sagas that form 1 kept. In this form their heads say so.
    pub(super) fn older_unfinished(&self) -> Result<Tree, JournalError> {
        self.db.open_tree(OLDER_UNFINISHED).map_err(|error| self.read_error(&error))
    }

    /// Things are missing, or are not as they were written.
    pub(super) fn damaged(&self, what: String) -> JournalError {
        damaged(&self.dir, what)
    }

    /// A read that failed.
    pub(super) fn read_error(&self, error: &::sled::Error) -> JournalError {
        match error {
            ::sled::Error::Io(error) => JournalError::Read { reason: error.to_string() },
            ::sled::Error::CollectionNotFound(_)
            | ::sled::Error::Unsupported(_)
            | ::sled::Error::ReportableBug(_)
            | ::sled::Error::Corruption { .. } => self.damaged(words(error)),
        }
    }

    fn open_sled(dir: &Path) -> Result<Self, JournalError> {
        for _ in 1..LOCK_TRIES {
            match Self::try_open(dir) {
                Err(Unopened::Locked) => thread::park_timeout(LOCK_PAUSE),
                Err(Unopened::Broken(error)) => return Err(error),
                Ok(store) => return Ok(store),
            }
        }
        let path = dir.display().to_string();
        Err(JournalError::Locked { path, owner: "a thread that does not end".to_owned() })
    }

    fn try_open(dir: &Path) -> Result<Self, Unopened> {
        let opened =
            guarded(|| Ok(Self::open_trees(dir)), |what| Unopened::Broken(damaged(dir, what)))?;
        opened.map_err(|error| match error {
            ::sled::Error::Io(error) if error.to_string().contains("acquire lock") => {
                Unopened::Locked
            }
            ::sled::Error::Io(error) => Unopened::Broken(folder::open_error(dir, &error)),
            ::sled::Error::CollectionNotFound(_)
            | ::sled::Error::Unsupported(_)
            | ::sled::Error::ReportableBug(_)
            | ::sled::Error::Corruption { .. } => Unopened::Broken(damaged(dir, words(&error))),
        })
    }

    fn open_trees(dir: &Path) -> Result<Self, ::sled::Error> {
        let db = Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            // Durability rests on the writer's own flush and sync. Without this thread nothing but
            // the writer ever writes, so nothing fails behind its back.
            .flush_every_ms(None)
            .open()?;
        Ok(Self {
            dir: Arc::from(dir),
            events: db.open_tree("events")?,
            heads: db.open_tree("heads")?,
            commits: db.open_tree("commits")?,
            summaries: db.open_tree("summaries")?,
            logs: db.open_tree("logs")?,
            meta: db.open_tree("meta")?,
            db,
        })
    }
}

/// Why the database was not opened.
enum Unopened {
    /// A thread of the one before still has it.
    Locked,
    Broken(JournalError),
}

/// Where sled keeps its data.
pub(super) fn data_file_path(dir: &Path) -> PathBuf {
    dir.join(DATA_FILE)
}

/// How long the data file is; zero when there is none.
pub(super) fn data_file_len(dir: &Path) -> u64 {
    data_file_path(dir).metadata().map_or(0, |file| file.len())
}

/// A write that failed, in the folder `dir`.
pub(super) fn write_error(dir: &Path, error: &::sled::Error) -> JournalError {
    match error {
        ::sled::Error::Io(error) => io_write_error(dir, error),
        ::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_)
        | ::sled::Error::Corruption { .. } => JournalError::Write { reason: words(error) },
    }
}

/// A write that the operating system refused.
pub(super) fn io_write_error(dir: &Path, error: &io::Error) -> JournalError {
    if folder::is_full(error.kind()) {
        return JournalError::Full { path: dir.display().to_string() };
    }
    if error.kind() == io::ErrorKind::NotFound {
        return JournalError::Gone { path: dir.display().to_string() };
    }
    JournalError::Write { reason: folder::reason(error) }
}

/// The journal in the folder `dir` is damaged.
pub(super) fn damaged(dir: &Path, what: String) -> JournalError {
    JournalError::Damaged { path: dir.display().to_string(), what }
}

/// What sled says, without the backtrace that it prints of damage.
fn words(error: &::sled::Error) -> String {
    match error {
        ::sled::Error::Corruption { at: Some(at), .. } => {
            format!("what stands in its data file is not as it was written ({at:?})")
        }
        ::sled::Error::Corruption { at: None, .. } => {
            "what stands in its data file is not as it was written".to_owned()
        }
        ::sled::Error::Io(_)
        | ::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_) => error.to_string(),
    }
}

const OLDER_UNFINISHED: &str = "unfinished";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_shown_a_backtrace_of_damage() {
        let damage = ::sled::Error::Corruption { at: None, bt: () };
        assert!(damage.to_string().contains("backtrace"), "then there is nothing to leave out");
        assert!(!words(&damage).contains("backtrace"), "{}", words(&damage));
    }
}

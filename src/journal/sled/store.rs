//! The database with its trees.

use std::any::Any;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ::sled::transaction::{TransactionError, Transactional};
use ::sled::{Config, Db, IVec, Tree};

use crate::journal::JournalError;
use crate::journal::sled::counter::Counter;
use crate::journal::sled::{folder, keys};

/// How much memory sled may use for pages: the unfinished sagas and the rows of a large installation
/// stay warm in it, and it is small beside the 1 GiB that sled would take.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How often and after which pause sled is opened again when it is locked. Our own lock proves that
/// no other process has it: only a thread of a database that was just closed can.
const LOCK_TRIES: u32 = 400;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

const DATA_FILE: &str = "db";

/// The database with its trees. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Store {
    db: Db,
    pub(super) events: Tree,
    pub(super) unfinished: Tree,
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
    Unfinished,
    Summaries,
    Meta,
}

impl Store {
    /// Opens the database in a folder that is locked, and checks that nothing is missing.
    pub(super) fn open(dir: &Path) -> Result<Self, JournalError> {
        let counted = Counter::open(dir)
            .and_then(|mut counter| counter.read())
            .map_err(|error| folder::open_error(dir, &error))?;
        // Asked before sled opens it, because sled would make a new one in its place.
        if counted > 0 && data_file_len(dir) == 0 {
            return Err(lost(dir, counted, 0));
        }
        folder::drop_unfinished_snapshots(dir).map_err(|error| folder::open_error(dir, &error))?;
        if counted == 0 {
            folder::drop_settings(dir).map_err(|error| folder::open_error(dir, &error))?;
        }
        let store = Self::open_sled(dir)?;
        let found = store.groups().map_err(|error| open_error(dir, &error))?;
        if found < counted {
            return Err(lost(dir, counted, found));
        }
        folder::close_to_others(dir)
            .and_then(|()| folder::sync_names(dir))
            .map_err(|error| folder::open_error(dir, &error))?;
        Ok(store)
    }

    /// The value of a key.
    pub(super) fn get(&self, tree: TreeName, key: &[u8]) -> Result<Option<IVec>, ::sled::Error> {
        let tree = match tree {
            TreeName::Events => &self.events,
            TreeName::Unfinished => &self.unfinished,
            TreeName::Summaries => &self.summaries,
            TreeName::Meta => &self.meta,
        };
        tree.get(key)
    }

    /// Applies the changes, all or none.
    pub(super) fn apply(&self, writes: &[Write]) -> Result<(), ::sled::Error> {
        let trees = (&self.events, &self.unfinished, &self.summaries, &self.meta);
        let applied = trees.transaction(|(events, unfinished, summaries, meta)| {
            for Write { tree, key, value } in writes {
                let view = match tree {
                    TreeName::Events => events,
                    TreeName::Unfinished => unfinished,
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

    /// How many groups were ever written.
    pub(super) fn groups(&self) -> Result<u64, ::sled::Error> {
        let bytes = self.meta.get(keys::GROUPS)?;
        Ok(bytes.and_then(|bytes| (*bytes).try_into().ok()).map_or(0, u64::from_be_bytes))
    }

    fn open_sled(dir: &Path) -> Result<Self, JournalError> {
        let mut tries = 1;
        loop {
            // sled panics on some kinds of damage.
            let opened = panic::catch_unwind(AssertUnwindSafe(|| Self::open_trees(dir)));
            match opened {
                Ok(Ok(store)) => return Ok(store),
                Ok(Err(error)) if tries < LOCK_TRIES && is_lock(&error) => {
                    tries += 1;
                    thread::park_timeout(LOCK_PAUSE);
                }
                Ok(Err(error)) => return Err(open_error(dir, &error)),
                Err(panic) => return Err(damaged(dir, &panic_text(&*panic))),
            }
        }
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
            events: db.open_tree("events")?,
            unfinished: db.open_tree("unfinished")?,
            summaries: db.open_tree("summaries")?,
            logs: db.open_tree("logs")?,
            meta: db.open_tree("meta")?,
            db,
        })
    }
}

/// Where sled keeps its data.
pub(super) fn data_file_path(dir: &Path) -> PathBuf {
    dir.join(DATA_FILE)
}

/// A read that failed.
pub(super) fn read_error(error: &::sled::Error) -> JournalError {
    JournalError::Read { reason: error.to_string() }
}

/// A write that failed, in the folder `dir`.
pub(super) fn write_error(dir: &Path, error: &::sled::Error) -> JournalError {
    match error {
        ::sled::Error::Io(error) => io_write_error(dir, error),
        ::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_)
        | ::sled::Error::Corruption { .. } => JournalError::Write { reason: error.to_string() },
    }
}

/// A write that the operating system refused.
pub(super) fn io_write_error(dir: &Path, error: &io::Error) -> JournalError {
    if folder::is_full(error.kind()) {
        return JournalError::Full { path: dir.display().to_string() };
    }
    JournalError::Write { reason: error.to_string() }
}

/// What a panic said.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it does not say why".to_owned())
}

fn data_file_len(dir: &Path) -> u64 {
    data_file_path(dir).metadata().map_or(0, |file| file.len())
}

fn is_lock(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("acquire lock"))
}

fn open_error(dir: &Path, error: &::sled::Error) -> JournalError {
    match error {
        ::sled::Error::Io(error) => folder::open_error(dir, error),
        ::sled::Error::CollectionNotFound(_)
        | ::sled::Error::Unsupported(_)
        | ::sled::Error::ReportableBug(_)
        | ::sled::Error::Corruption { .. } => damaged(dir, &error.to_string()),
    }
}

fn damaged(dir: &Path, what: &str) -> JournalError {
    JournalError::Open {
        path: dir.display().to_string(),
        reason: format!("the database is damaged ({what}); {WHAT_TO_DO}"),
    }
}

fn lost(dir: &Path, counted: u64, found: u64) -> JournalError {
    JournalError::Open {
        path: dir.display().to_string(),
        reason: format!(
            "{counted} groups of facts were written and only {found} are there; {WHAT_TO_DO}"
        ),
    }
}

const WHAT_TO_DO: &str = "keep a copy of the folder as it is, and bring one back that was kept \
     earlier; every droplet that was made has the tag `managed-by-arcadia`";

//! The journal on disk: sled, and what it takes to make sled durable.
//!
//! One writer thread owns the database. It takes everything that waits, writes it as one
//! transaction, flushes, syncs the data file, and only then answers: so an `Ok` of
//! [`Journal::append`] survives the loss of power, and a thousand sagas share one flush.
//!
//! **sled's `flush` alone is not durable**: in version 0.34.7 it ends in `sync_file_range`, which
//! leaves the data in the device's cache. The `fdatasync` that the writer adds ([`data_file`]) is
//! what makes it so. That one covers sled's data file and nothing else, so no value may go to one of
//! sled's separate blob files: [`pieces`] sees to it. Nor does sled sync the note of its settings,
//! without which it does not open: [`folder`] does, at every opening.
//!
//! A failed write or sync leaves the group in doubt. Nothing of it is acknowledged; the database is
//! closed, because sled stays failed once it failed; and the writer opens it again, at once and then
//! with every further append, and takes the doubtful group back before it writes anything else.
//! Reads fail while it is closed, rather than to show what may not stay.
//!
//! A read of facts waits for the group that is on its way to the disk, so that nobody is shown what
//! a crash may still take. Log lines are shown at once: they are never promised.
//!
//! sled finds little of the damage that a disk can do. A counter of groups beside the database
//! ([`counter`]) shows when the tail of it is gone.
//!
//! | tree | key | value |
//! |---|---|---|
//! | `events` | saga id, number of the first entry | a group of entries |
//! | `unfinished` | saga id | nothing |
//! | `summaries` | deployment id | a row |
//! | `logs` | saga id, number of the line | a log line |
//! | `meta` | `groups` | how many groups were ever written |
//!
//! Numbers are big-endian, so that keys sort as numbers do.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::LogLine;
use crate::domain::summary::Summary;
use crate::journal::sled::data_file::OpenDataFile;
use crate::journal::sled::request::Request;
use crate::journal::sled::shared::Shared;
use crate::journal::sled::stats::Stats;
use crate::journal::sled::store::Store;
use crate::journal::sled::writer::Writer;
use crate::journal::{Batch, Journal, JournalError};

mod counter;
pub mod data_file;
mod folder;
mod group;
mod keys;
mod log_numbers;
mod pieces;
mod reader;
mod request;
mod shared;
pub mod stats;
mod store;
mod writer;

/// How many requests may wait for the writer: as many sagas as the engine is built to run at once,
/// so that one group can hold an append of each. Callers beyond that wait to be let in.
const REQUESTS_WAITING: usize = 1_024;

/// The journal on disk.
pub struct SledJournal {
    path: PathBuf,
    shared: Arc<Shared>,
    requests_tx: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SledJournal {
    /// Opens the journal in the folder `dir`, which is made if it is not there (mode 0700, its files
    /// 0600), and locks it. It reads the disk: call it off the async threads.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has the folder, [`JournalError::Open`] when the
    /// database is damaged or lacks what was written; the message says what to do.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        Self::open_with(dir, data_file::system())
    }

    /// Like [`SledJournal::open`], with a data file of the caller's: a test sees and fails its syncs.
    ///
    /// # Errors
    /// As [`SledJournal::open`].
    pub fn open_with(dir: &Path, data_file: OpenDataFile) -> Result<Self, JournalError> {
        let lock = folder::prepare(dir)?;
        let store = Store::open(dir)?;
        let shared = Arc::new(Shared::new(store.clone()));
        let (requests_tx, requests_rx) = mpsc::channel(REQUESTS_WAITING);
        let writer = Writer::new(dir, lock, data_file, Arc::clone(&shared), &store)?;
        drop(store);
        let writer = thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run(requests_rx))
            .map_err(|error| folder::open_error(dir, &error))?;
        Ok(Self {
            path: dir.to_owned(),
            shared,
            requests_tx: Mutex::new(Some(requests_tx)),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// What was written since the journal was opened.
    pub fn stats(&self) -> Stats {
        self.shared.counts.stats()
    }

    /// Writes what waits, closes the database and lets go of the folder. Every later call answers
    /// [`JournalError::Closed`].
    pub async fn close(&self) {
        if let Some(writer) = self.dismiss() {
            // A writer that panicked has said so on the way, and holds nothing any more.
            let _ = tokio::task::spawn_blocking(move || writer.join()).await;
        }
    }

    /// Shuts the door, so that the writer ends when it has answered what waits.
    fn dismiss(&self) -> Option<JoinHandle<()>> {
        self.requests_tx.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn request<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Request,
    ) -> Result<T, JournalError> {
        let requests_tx = self.requests_tx.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let requests_tx = requests_tx.ok_or(JournalError::Closed)?;
        let (ack_tx, ack_rx) = oneshot::channel();
        requests_tx.send(request(ack_tx)).await.map_err(|_| JournalError::Closed)?;
        drop(requests_tx);
        ack_rx.await.map_err(|_| JournalError::Write {
            reason: "its writer stopped before it could answer".to_owned(),
        })?
    }

    /// Reads facts off the async threads: a cold page is a wait for the disk, and it may be
    /// thousands.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        self.off_the_async_threads(move |shared| shared.read_durable(read)).await
    }

    async fn off_the_async_threads<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Shared) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let shared = Arc::clone(&self.shared);
        tokio::task::spawn_blocking(move || read(&shared)).await.map_err(|error| {
            // sled panics on some kinds of damage. The caller gets it as what it is.
            JournalError::Read { reason: format!("the storage engine broke off: {error}") }
        })?
    }
}

impl fmt::Debug for SledJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SledJournal").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        if let Some(writer) = self.dismiss() {
            // Blocks for the last flush at most. A panic of the writer was answered already.
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl Journal for SledJournal {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        let append = request::Append::new(batch);
        self.request(|ack_tx| Request::Append(append, ack_tx)).await
    }

    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        self.read(move |store| reader::history(store, saga)).await
    }

    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError> {
        self.read(reader::unfinished).await
    }

    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError> {
        self.read(move |store| reader::summaries(store, after, limit)).await
    }

    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError> {
        self.request(|ack_tx| Request::Logs { saga, lines, ack_tx }).await
    }

    async fn logs(
        &self,
        saga: SagaId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError> {
        self.off_the_async_threads(move |shared| {
            shared.read(|store| reader::logs(store, saga, after, limit))
        })
        .await
    }
}

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
//! sled finds little of the damage that a disk can do, panics on much of it ([`guard`]), and loses what
//! was written without a word on the rest. So what is written vouches for itself: every record carries
//! a link to the one before it ([`chain`]), a head for each saga says where its history ends ([`heads`]),
//! a digest over all heads and the number of groups stand in the database ([`tail`]) and beside it
//! ([`counter`]), and [`integrity`] checks them. Log lines are not covered: they are not durable either.
//!
//! Whoever keeps a copy follows the [`commits`].
//!
//! | tree | key | value |
//! |---|---|---|
//! | `events` | saga id, number of the first entry | a group of entries, with its link |
//! | `heads` | saga id | number of entries, last link, whether it has ended, seal of its row |
//! | `summaries` | deployment id | a row |
//! | `commits` | number of the group | which records it wrote, and which rows |
//! | `logs` | saga id, number of the line | a log line |
//! | `meta` | `groups` | the form of all this, how many groups were written, digest, link |
//!
//! Numbers are big-endian, so that keys sort as numbers do.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::domain::aggregate::Entry;
use crate::domain::id::{DeploymentId, SagaId};
use crate::domain::log::{LogLine, LogPage};
use crate::domain::summary::Summary;
use crate::journal::sled::commits::CommitLog;
use crate::journal::sled::data_file::OpenDataFile;
use crate::journal::sled::integrity::{Findings, Rows};
use crate::journal::sled::opening::{Held, Opening};
use crate::journal::sled::request::Request;
use crate::journal::sled::shared::Shared;
use crate::journal::sled::stats::Stats;
use crate::journal::sled::store::Store;
use crate::journal::sled::verify::Report;
use crate::journal::{Batch, Damaged, Journal, JournalError};

pub mod chain;
mod commit_record;
pub mod commits;
mod copy;
mod counter;
pub mod data_file;
mod folder;
mod group;
pub mod guard;
mod heads;
pub mod integrity;
mod keys;
mod log_numbers;
pub mod opening;
mod pieces;
mod reader;
mod request;
mod shared;
pub mod stats;
mod store;
mod tail;
mod upgrade;
pub mod verify;
mod writer;

/// How many requests may wait for the writer: as many sagas as the engine is built to run at once,
/// so that one group can hold an append of each. Callers beyond that wait to be let in.
const REQUESTS_WAITING: usize = 1_024;

/// How long the end of the journal may take: many times what a disk needs that is only busy. One that
/// hangs must not hang the program.
pub const CLOSING_GRACE: Duration = Duration::from_secs(10);

/// The thread that writes, which lets go of the other end of this when it has ended.
struct Writing {
    ended_rx: std::sync::mpsc::Receiver<Result<(), JournalError>>,
}

/// Whether the writer has ended, and how.
enum Ended {
    Yes(Result<(), JournalError>),
    No,
}

impl Writing {
    /// Waits for the writer's end. One that panicked has said so on the way, and holds nothing any more.
    fn ended_within(self, grace: Duration) -> Ended {
        match self.ended_rx.recv_timeout(grace) {
            Err(RecvTimeoutError::Timeout) => Ended::No,
            Ok(ended) => Ended::Yes(ended),
            Err(RecvTimeoutError::Disconnected) => Ended::Yes(Ok(())),
        }
    }
}

/// The journal on disk.
pub struct SledJournal {
    path: PathBuf,
    shared: Arc<Shared>,
    findings: Findings,
    requests_tx: Mutex<Option<mpsc::Sender<Request>>>,
    writer: Mutex<Option<Writing>>,
    /// What an append is answered when there is no writer.
    unwritable: JournalError,
    /// Whatever must not be let go of before the journal is closed, when there is no writer to hold it.
    held: Mutex<Option<Held>>,
}

impl SledJournal {
    /// Opens the journal in the folder `dir`, which is made if it is not there (mode 0700, its files
    /// 0600), and locks it. It reads the disk: call it off the async threads. [`Opening`] has more to
    /// choose from.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another process has the folder, [`JournalError::Damaged`] when the
    /// database lacks what was written or is not as it was.
    pub fn open(dir: &Path) -> Result<Self, JournalError> {
        Opening::of(dir).open()
    }

    /// Like [`SledJournal::open`], with a data file of the caller's: a test sees and fails its syncs.
    ///
    /// # Errors
    /// As [`SledJournal::open`].
    pub fn open_with(dir: &Path, data_file: OpenDataFile) -> Result<Self, JournalError> {
        Opening::of(dir).data_file(data_file).open()
    }

    /// The commits, for whoever follows the journal.
    pub fn commits(&self) -> CommitLog {
        CommitLog::new(Arc::clone(&self.shared))
    }

    /// Why the journal as a whole cannot be trusted, when it was opened to be looked at all the same.
    pub fn doubt(&self) -> Option<&JournalError> {
        self.findings.doubt.as_ref()
    }

    /// Reads everything, and says what is whole: minutes for a large journal. Damage is no error, and
    /// nothing is written. Nobody may append meanwhile: a group on its way would look like damage.
    ///
    /// # Errors
    /// When the journal is closed, or shut after a failed write.
    pub async fn verify(&self) -> Result<Report, JournalError> {
        Ok(self.verify_into((), |(), _, _| ()).await?.0)
    }

    /// Like [`SledJournal::verify`], and puts what `take` makes of each whole history into `into`: one
    /// pass finds out what is whole and reads it.
    ///
    /// # Errors
    /// As [`SledJournal::verify`].
    pub async fn verify_into<T: Send + 'static>(
        &self,
        mut into: T,
        take: fn(&mut T, SagaId, &[Entry]),
    ) -> Result<(Report, T), JournalError> {
        let findings = self.findings.clone();
        self.read(move |store| {
            let report = verify::run(store, &findings, |saga, entries| {
                take(&mut into, saga, entries);
            });
            Ok((report, into))
        })
        .await
    }

    /// What was written since the journal was opened.
    pub fn stats(&self) -> Stats {
        self.shared.counts.stats()
    }

    /// Writes what waits, closes the database and lets go of the folder. Every later call answers
    /// [`JournalError::Closed`]. It takes [`CLOSING_GRACE`] at most.
    ///
    /// # Errors
    /// When the writer does not end within that time, because its disk does not answer. What was
    /// acknowledged is durable all the same; what was not may be lost, and so may the last log lines.
    pub async fn close(&self) -> Result<(), JournalError> {
        self.close_within(CLOSING_GRACE).await
    }

    /// Like [`SledJournal::close`], with a patience of the caller's.
    ///
    /// # Errors
    /// As [`SledJournal::close`].
    pub async fn close_within(&self, grace: Duration) -> Result<(), JournalError> {
        if let Some(writing) = self.dismiss() {
            // By the time of the disk, and not by that of a test, which may stand still.
            let ended = tokio::task::spawn_blocking(move || writing.ended_within(grace)).await;
            match ended.unwrap_or(Ended::No) {
                Ended::Yes(ended) => {
                    self.let_go();
                    return ended;
                }
                Ended::No => return Err(self.never_closed(grace)),
            }
        }
        self.let_go();
        Ok(())
    }

    fn never_closed(&self, grace: Duration) -> JournalError {
        let error = JournalError::Write {
            reason: format!(
                "its disk has not answered for {} s; what was acknowledged is kept, and what was \
                 asked last may be lost with the last log lines",
                grace.as_secs()
            ),
        };
        tracing::error!(path = %self.path.display(), %error, "the journal is not closed");
        error
    }

    /// Shuts the door, so that the writer ends when it has answered what waits.
    fn dismiss(&self) -> Option<Writing> {
        self.requests_tx.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Closes a journal that has no writer to do it.
    fn let_go(&self) {
        if let Some(held) = self.held.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.shared.close();
            drop(held);
        }
    }

    async fn request<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Request,
    ) -> Result<T, JournalError> {
        let requests_tx = self.requests_tx.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let requests_tx = requests_tx.ok_or_else(|| self.unwritable.clone())?;
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
        if let Some(writing) = self.dismiss() {
            // Blocks for the last flush, and no longer than a close waits.
            if matches!(writing.ended_within(CLOSING_GRACE), Ended::No) {
                self.never_closed(CLOSING_GRACE);
            }
        }
        self.let_go();
    }
}

#[async_trait]
impl Journal for SledJournal {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        let append = request::Append::new(batch);
        self.request(|ack_tx| Request::Append(append, ack_tx)).await
    }

    async fn history(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        let read = self.read(move |store| reader::history(store, saga)).await;
        // Where sled breaks off is where this history is; others may be whole.
        if let Err(JournalError::Damaged { what, .. }) = read {
            return Err(JournalError::History { saga, seq: 0, what });
        }
        read
    }

    async fn salvage(&self, saga: SagaId) -> Result<Vec<Entry>, JournalError> {
        self.read(move |store| Ok(reader::salvage(store, saga))).await
    }

    async fn unfinished(&self) -> Result<Vec<SagaId>, JournalError> {
        self.read(reader::unfinished).await
    }

    async fn summaries(
        &self,
        after: Option<DeploymentId>,
        limit: usize,
    ) -> Result<Vec<Summary>, JournalError> {
        match self.findings.rows {
            Rows::Readable => self.read(move |store| reader::summaries(store, after, limit)).await,
            Rows::Unreadable => Ok(Vec::new()),
        }
    }

    fn damaged(&self) -> Vec<Damaged> {
        self.findings.damaged.clone()
    }

    async fn append_logs(&self, saga: SagaId, lines: Vec<LogLine>) -> Result<u64, JournalError> {
        self.request(|ack_tx| Request::Logs { saga, lines, ack_tx }).await
    }

    async fn logs(
        &self,
        saga: SagaId,
        page: LogPage,
        limit: usize,
    ) -> Result<Vec<(u64, LogLine)>, JournalError> {
        self.off_the_async_threads(move |shared| {
            shared.read(|store| reader::logs(store, saga, page, limit))
        })
        .await
    }

    async fn heartbeat(&self) -> Result<(), JournalError> {
        self.request(Request::Heartbeat).await
    }
}

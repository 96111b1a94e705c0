//! The one thread that writes.
//!
//! Its law, for every group: apply, `flush()`, `sync_data()`, and only then answer. Never
//! `flush_async()`, which hangs in sled 0.34.7 when several wait for it.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::domain::id::SagaId;
use crate::domain::log::LogLine;
use crate::journal::JournalError;
use crate::journal::sled::REQUESTS_WAITING;
use crate::journal::sled::commits::{FORGOTTEN_AT_ONCE, GroupNumber};
use crate::journal::sled::counter::Counter;
use crate::journal::sled::data_file::{DataFile, OpenDataFile};
use crate::journal::sled::folder::{self, FolderLock};
use crate::journal::sled::group::{Group, Sealed};
use crate::journal::sled::guard::guarded;
use crate::journal::sled::heads::Heads;
use crate::journal::sled::log_numbers::LogNumbers;
use crate::journal::sled::request::{Ack, Append, Request};
use crate::journal::sled::shared::{Shared, Slot};
use crate::journal::sled::store::{self, Store, Write};
use crate::journal::sled::tail::Tail;
use crate::journal::sled::{commits, integrity};

/// The owner of the database.
pub(super) struct Writer {
    dir: PathBuf,
    shared: Arc<Shared>,
    open_data_file: OpenDataFile,
    data_file: Box<dyn DataFile>,
    counter: Counter,
    tail: Tail,
    heads: Heads,
    /// The oldest group whose commit is held.
    oldest_commit: u64,
    commits_kept: u64,
    log_numbers: LogNumbers,
    /// What takes the group back whose write failed, until that is durable.
    doubtful: Vec<Write>,
    /// Last, so that it is given up after everything else.
    _lock: FolderLock,
}

/// What a writer works with.
pub(super) struct Parts {
    pub(super) lock: FolderLock,
    pub(super) open_data_file: OpenDataFile,
    pub(super) data_file: Box<dyn DataFile>,
    pub(super) shared: Arc<Shared>,
    /// How many commits are kept that nobody forgets.
    pub(super) commits_kept: u64,
}

impl Writer {
    /// The writer of a database that was just opened, and whose tail is this.
    pub(super) fn new(
        dir: &Path,
        parts: Parts,
        store: &Store,
        tail: Tail,
    ) -> Result<Self, JournalError> {
        let Parts { lock, open_data_file, data_file, shared, commits_kept } = parts;
        let failed = |error| folder::open_error(dir, &error);
        let counter = Counter::open(dir).map_err(failed)?;
        let oldest_commit = oldest_commit(store, tail)?;
        Counter::fence(dir).and_then(|()| counter.begin(&tail)).map_err(failed)?;
        Ok(Self {
            dir: dir.to_owned(),
            shared,
            open_data_file,
            data_file,
            counter,
            tail,
            heads: Heads::new(),
            oldest_commit,
            commits_kept,
            log_numbers: LogNumbers::default(),
            doubtful: Vec::new(),
            _lock: lock,
        })
    }

    /// Writes until the journal is closed.
    ///
    /// # Errors
    /// When the last log lines may not have reached the disk; facts are durable before they are answered.
    pub(super) fn run(
        mut self,
        mut requests_rx: mpsc::Receiver<Request>,
    ) -> Result<(), JournalError> {
        while let Some(first) = requests_rx.blocking_recv() {
            let mut waiting = vec![first];
            // Bounded, so that those who came first are answered while others keep coming.
            while waiting.len() < REQUESTS_WAITING
                && let Ok(next) = requests_rx.try_recv()
            {
                waiting.push(next);
            }
            self.serve(waiting);
        }
        self.finish()
    }

    fn serve(&mut self, waiting: Vec<Request>) {
        let mut appends = Vec::with_capacity(waiting.len());
        let mut heartbeats = Vec::new();
        for request in waiting {
            match request {
                Request::Append(append, ack_tx) => appends.push((append, ack_tx)),
                Request::Logs { saga, lines, ack_tx } => {
                    answer(ack_tx, self.keep_logs(saga, &lines));
                }
                Request::Heartbeat(ack_tx) => heartbeats.push(ack_tx),
            }
        }
        if !appends.is_empty() {
            self.write(appends);
        }
        // Last: while the disk hangs in the middle of a write, the journal is not alive.
        for ack_tx in heartbeats {
            answer(ack_tx, Ok(()));
        }
    }

    fn keep_logs(&mut self, saga: SagaId, lines: &[LogLine]) -> Result<u64, JournalError> {
        let store = self.store()?;
        let plan = unbroken(|| self.log_numbers.plan(&store, saga, lines))?;
        let applied = unbroken(|| {
            let applied = store.logs.apply_batch(plan.batch.clone());
            applied.map_err(|error| store::write_error(&self.dir, &error))
        });
        drop(store);
        match applied {
            Ok(()) => Ok(self.log_numbers.remember(&plan)),
            Err(error) => {
                self.shut(error.clone());
                Err(error)
            }
        }
    }

    fn write(&mut self, appends: Vec<(Append, Ack<()>)>) {
        let store = match self.store() {
            Ok(store) => store,
            Err(error) => {
                for (_, ack_tx) in appends {
                    answer(ack_tx, Err(error.clone()));
                }
                return;
            }
        };
        let mut group = Group::new(&store, &self.heads, self.tail);
        let mut appends = appends.into_iter();
        let gathered = appends
            .by_ref()
            .try_for_each(|(append, ack_tx)| unbroken(|| group.add(append, ack_tx)));
        let forgotten = self.forgotten();
        let gathered = gathered.and_then(|()| match forgotten.clone() {
            Some(groups) => unbroken(|| group.forget(groups)),
            None => Ok(()),
        });
        let Sealed { writes, undo, plan } = group.seal();
        if let Err(error) = gathered {
            drop(store);
            self.shut(error.clone());
            for ack_tx in plan.acks.into_iter().chain(appends.map(|(_, ack_tx)| ack_tx)) {
                answer(ack_tx, Err(error.clone()));
            }
            return;
        }
        if plan.acks.is_empty() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let undecided = shared.begin_group();
        let written = self.make_durable(&store, &writes);
        drop(store);
        match written {
            Ok(()) => {
                drop(undecided);
                self.tail = plan.tail;
                self.oldest_commit =
                    forgotten.map_or(self.oldest_commit, |groups| groups.end() + 1);
                self.note();
                self.shared.counts.add_group(plan.acks.len(), plan.entries);
                self.shared.durable.advance(GroupNumber(self.tail.groups));
                for ack_tx in plan.remember(&mut self.heads) {
                    answer(ack_tx, Ok(()));
                }
            }
            Err(error) => {
                self.doubtful = undo;
                self.shut(error.clone());
                for ack_tx in plan.acks {
                    answer(ack_tx, Err(error.clone()));
                }
            }
        }
    }

    /// The groups whose commits are wanted by nobody, or are too many; a few at a time.
    fn forgotten(&self) -> Option<RangeInclusive<u64>> {
        let too_many = (self.tail.groups + 1).saturating_sub(self.commits_kept);
        let unwanted = self.shared.durable.forgotten().min(self.tail.groups);
        let last = too_many.max(unwanted).min(self.oldest_commit + FORGOTTEN_AT_ONCE - 1);
        (last >= self.oldest_commit).then_some(self.oldest_commit..=last)
    }

    /// When this returns `Ok`, the changes survive the loss of power.
    fn make_durable(&self, store: &Store, writes: &[Write]) -> Result<(), JournalError> {
        unbroken(|| {
            let failed = |error| store::write_error(&self.dir, &error);
            store.apply(writes).map_err(failed)?;
            store.flush().map_err(failed)?;
            // Without this the flush has reached the device's cache and no further, and a loss of
            // power takes acknowledged facts with it.
            self.data_file.sync_data().map_err(|error| store::io_write_error(&self.dir, &error))
        })
    }

    fn note(&self) {
        if let Err(error) = self.counter.write(&self.tail) {
            // The facts are durable; only the check at the next start knows less.
            tracing::warn!(%error, "the counter beside the journal could not be written");
        }
    }

    /// The database, opened again if a write failed.
    fn store(&mut self) -> Result<Store, JournalError> {
        match self.shared.store() {
            Some(store) => Ok(store),
            None => self.reopen(),
        }
    }

    /// Closes the database after a failure, and tries to open it again at once.
    fn shut(&mut self, error: JournalError) {
        tracing::warn!(%error, "the journal could not be written");
        self.heads.clear();
        self.log_numbers.forget();
        self.shared.replace(Slot::Failed(error));
        if let Err(error) = self.reopen() {
            self.shared.replace(Slot::Failed(error));
        }
    }

    fn reopen(&mut self) -> Result<Store, JournalError> {
        // Asked before sled opens it, because sled would make a new one in its place.
        integrity::before_opening(&self.dir, None)?;
        let store = Store::open(&self.dir)?;
        let data_file = (self.open_data_file)(&store::data_file_path(&self.dir));
        self.data_file = data_file.map_err(|error| folder::open_error(&self.dir, &error))?;
        if !self.doubtful.is_empty() {
            self.make_durable(&store, &self.doubtful)?;
            self.doubtful.clear();
        }
        self.tail = unbroken(|| integrity::tail_again(&store, &self.tail))?;
        self.oldest_commit = unbroken(|| oldest_commit(&store, self.tail))?;
        self.shared.replace(Slot::Open(store.clone()));
        Ok(store)
    }

    /// Log lines were not flushed one by one; now they are.
    fn finish(self) -> Result<(), JournalError> {
        let finished = match self.shared.store() {
            Some(store) => self.make_durable(&store, &[]),
            None => Ok(()),
        };
        if let Err(error) = &finished {
            tracing::warn!(%error, "the last log lines may be missing from the journal");
        }
        self.shared.close();
        finished
    }
}

/// The first group whose commit is held; the next one when none is.
fn oldest_commit(store: &Store, tail: Tail) -> Result<u64, JournalError> {
    Ok(commits::oldest(store)?.map_or(tail.groups + 1, |oldest| oldest.0))
}

/// A panic of sled's becomes an error, so that the thread lives and everybody gets an answer.
fn unbroken<T>(work: impl FnOnce() -> Result<T, JournalError>) -> Result<T, JournalError> {
    guarded(work, |reason| JournalError::Write { reason })
}

fn answer<T>(ack_tx: Ack<T>, result: Result<T, JournalError>) {
    // Whoever asked may be gone; then nobody wants to know.
    drop(ack_tx.send(result));
}
